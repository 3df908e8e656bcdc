/* SPDX-License-Identifier: MIT */
/*
 * How libFuzzer changes scripts: record by record, so that what comes after a change stays what it
 * was. Now and then it may do as it likes.
 */
#include "decode.h"
#include <string.h>

#define HEADER sizeof(struct header)
#define RECORD sizeof(struct record)

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two,
				 size_t two_size, uint8_t *out, size_t most, unsigned int seed);

/* libFuzzer's own; other fuzzers have none, and call none of this. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

static unsigned below(unsigned *state, size_t limit)
{
	*state = *state * 1664525u + 1013904223u;
	return limit ? (*state >> 8) % (unsigned)limit : 0;
}

static size_t count_of(size_t size)
{
	return size < HEADER ? 0 : (size - HEADER) / RECORD;
}

static uint8_t *record_at(uint8_t *data, size_t i)
{
	return data + HEADER + i * RECORD;
}

/* A copy of one record, put in before another. */
static size_t duplicate(uint8_t *data, size_t count, unsigned *state)
{
	struct record copy;
	size_t to = below(state, count + 1);

	memcpy(&copy, record_at(data, below(state, count)), RECORD);
	memmove(record_at(data, to + 1), record_at(data, to), (count - to) * RECORD);
	memcpy(record_at(data, to), &copy, RECORD);
	return to;
}

static void erase(uint8_t *data, size_t count, unsigned *state)
{
	size_t at = below(state, count);

	memmove(record_at(data, at), record_at(data, at + 1), (count - at - 1) * RECORD);
}

static void swap(uint8_t *data, size_t count, unsigned *state)
{
	size_t one = below(state, count), two = below(state, count);
	struct record copy;

	memcpy(&copy, record_at(data, one), RECORD);
	memcpy(record_at(data, one), record_at(data, two), RECORD);
	memcpy(record_at(data, two), &copy, RECORD);
}

/* Changes bytes in place: a few of a record, or of the header. */
static void change(uint8_t *bytes, size_t length, unsigned *state)
{
	for (unsigned n = 1 + below(state, 3); n; n--) {
		uint8_t *byte = &bytes[below(state, length)];

		switch (below(state, 3)) {
		case 0:
			*byte ^= (uint8_t)(1u << below(state, 8));
			break;
		case 1:
			*byte = (uint8_t)(*byte + below(state, 7) - 3);
			break;
		default:
			*byte = (uint8_t)below(state, 256);
			break;
		}
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed)
{
	unsigned state = seed;
	size_t count = count_of(size), at;

	if (!count || below(&state, 12) == 0)
		return LLVMFuzzerMutate(data, size, most);
	size = HEADER + count * RECORD;
	switch (below(&state, 8)) {
	case 0:
		change(data, HEADER, &state);
		return size;
	case 1:
		swap(data, count, &state);
		return size;
	case 2:
		erase(data, count, &state);
		return size - RECORD;
	case 3:
	case 4:
		if (size + RECORD > most)
			break;
		at = duplicate(data, count, &state);
		change(record_at(data, at), RECORD, &state);
		return size + RECORD;
	default:
		break;
	}
	change(record_at(data, below(&state, count)), RECORD, &state);
	return size;
}

/* The beginning of one and the end of the other. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two,
				 size_t two_size, uint8_t *out, size_t most, unsigned int seed)
{
	unsigned state = seed;
	size_t head = below(&state, count_of(one_size) + 1);
	size_t tail = below(&state, count_of(two_size) + 1);
	size_t from = count_of(two_size) - tail;

	if (one_size < HEADER || most < HEADER)
		return 0;
	while (HEADER + (head + tail) * RECORD > most) {
		if (tail)
			tail--;
		else
			head--;
	}
	memcpy(out, one, HEADER + head * RECORD);
	if (tail)
		memcpy(out + HEADER + head * RECORD, two + HEADER + from * RECORD, tail * RECORD);
	return HEADER + (head + tail) * RECORD;
}
