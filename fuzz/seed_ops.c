/* SPDX-License-Identifier: MIT */
/* Sequences of operations: the usual ones, and those that have a corner in them. */
#include "decode.h"
#include "seed.h"
#include <stdio.h>

/* record.operation, by the table in decode.c */
enum {
	MAP = 0,
	MAP_SG = 1,
	UNMAP = 2,
	PROTECT = 3,
	DIRTY = 4,
	WRITE = 5,
	RESERVE = 6,
	TRIM = 7,
	NEXT = 8,
};

/* record.anchor */
enum {
	FIRST,
	END,
	MIDDLE,
	EDGE, /* of an interval */
	AFTER,
	AGAIN, /* where the last operation was */
	BEHIND,
	BACK = 8, /* count down, not up */
};

/* record.length_shift and at_shift: 2^n granules */
#define SHIFT(n) ((n) < 8 ? (n)*4 : (n) + 28)

#define MOST 8

struct sequence {
	const char *name;
	size_t count;
	struct record records[MOST];
};

#define RW 3
#define R  1

/* clang-format off */
#define RECORD(op, where, distance, lg2, access, ...)                                              \
	{.operation = op, .anchor = where, .at = {distance}, .length_shift = SHIFT(lg2),           \
	 .prot = access, ##__VA_ARGS__}

static const struct sequence sequences[] = {
	{"page", 3, {
		RECORD(MAP, FIRST, 5, 0, RW),
		RECORD(NEXT, FIRST, 0, 3, RW),
		RECORD(UNMAP, AGAIN, 0, 0, RW),
	}},
	{"split", 4, {
		RECORD(MAP, MIDDLE, 0, 18, RW),
		RECORD(UNMAP, MIDDLE, 3, 0, RW),
		RECORD(PROTECT, MIDDLE, 200, 7, R),
		RECORD(UNMAP, MIDDLE, 0, 17, RW),
	}},
	{"last", 3, {
		RECORD(MAP, END | BACK, 1, 0, RW),
		RECORD(MAP, END | BACK, 8, 2, RW),
		RECORD(UNMAP, END | BACK, 8, 3, RW),
	}},
	{"list", 5, {
		RECORD(MAP_SG, MIDDLE | BACK, 2, 1, RW, .length = 3),
		RECORD(MAP, FIRST, 0, 2, RW),
		RECORD(MAP, FIRST, 0, 9, RW, .oa_mode = 3),
		RECORD(MAP, FIRST, 0, 4, RW, .oa_mode = 5),
		RECORD(UNMAP, MIDDLE, 1, 3, RW),
	}},
	{"dirty", 6, {
		RECORD(MAP, MIDDLE, 0, 10, RW),
		RECORD(WRITE, MIDDLE, 7, 0, RW),
		RECORD(DIRTY, MIDDLE, 0, 9, RW, .flags = RECORD_KEEP),
		RECORD(PROTECT, MIDDLE, 7, 0, R),
		RECORD(DIRTY, MIDDLE, 0, 10, RW),
		RECORD(DIRTY, MIDDLE, 0, 10, RW),
	}},
	{"reserve", 5, {
		RECORD(RESERVE, MIDDLE, 0, 10, RW),
		RECORD(MAP, MIDDLE, 1, 4, RW),
		RECORD(UNMAP, MIDDLE, 1, 4, RW),
		RECORD(TRIM, FIRST, 0, 35, RW),
		RECORD(MAP, MIDDLE, 1, 0, RW, .flags = RECORD_RELEASE),
	}},
	{"replace", 4, {
		RECORD(MAP, MIDDLE, 9, 0, RW),
		RECORD(UNMAP, MIDDLE, 9, 0, RW),
		RECORD(MAP, MIDDLE, 0, 18, RW),
		RECORD(UNMAP, FIRST, 0, 35, RW),
	}},
	{"grow", 4, {
		RECORD(MAP, FIRST, 1, 2, RW),
		RECORD(MAP, FIRST, 1, 4, RW, .at_shift = SHIFT(30)),
		RECORD(UNMAP, FIRST, 0, 35, RW),
		RECORD(MAP, FIRST, 0, 20, RW),
	}},
};
/* clang-format on */

/* One file for the kind, with a failure at each call if there is one. */
static void write_sequence(const struct sequence *sequence, const struct header *header,
			   const char *suffix, uint8_t failure)
{
	struct {
		struct header header;
		struct record records[2 * MOST];
	} input = {.header = *header};
	size_t size = sizeof(*header);
	char name[64];

	for (size_t i = 0; i < sequence->count; i++, size += sizeof(struct record)) {
		input.records[i] = sequence->records[i];
		input.records[i].operation |= failure;
	}
	snprintf(name, sizeof(name), "%s%s", sequence->name, suffix);
	seed_write(kinds[header->kind].name, name, &input, size);
}

static void for_all(void (*write)(const struct sequence *sequence, struct header header))
{
	for (size_t k = 0; k < kind_count; k++) {
		for (size_t s = 0; s < sizeof(sequences) / sizeof(sequences[0]); s++)
			write(&sequences[s], (struct header){.kind = (uint8_t)k});
	}
}

static void write_ops(const struct sequence *sequence, struct header header)
{
	write_sequence(sequence, &header, "", 0);
	header.provider = 2;
	/* one of them with each ending that takes long, in turn */
	header.place = HEADER_NEGATIVE;
	if ((size_t)(sequence - sequences) == header.kind % 8u)
		header.place |= (uint8_t)((12 + header.kind % 4) << 4);
	write_sequence(sequence, &header, "-incoherent", 0);
}

void seed_ops(void)
{
	for_all(write_ops);
}

static void write_exhaustion(const struct sequence *sequence, struct header header)
{
	write_sequence(sequence, &header, "-1", 0x70);
	write_sequence(sequence, &header, "-2", 0x80);
	write_sequence(sequence, &header, "-all", 0xc0);
}

void seed_exhaustion(void)
{
	for_all(write_exhaustion);
}

/* Every record twice: once for each thread. */
static void write_threads(const struct sequence *sequence, struct header header)
{
	struct sequence both = {.name = sequence->name};

	for (size_t i = 0; i < sequence->count && both.count + 2 <= MOST; i++) {
		both.records[both.count++] = sequence->records[i];
		both.records[both.count++] = sequence->records[i];
	}
	header.provider = 3 << 3;
	write_sequence(&both, &header, "", 0);
	header.provider = 9 << 3;
	header.more = HEADER_MORE_BELOW;
	write_sequence(&both, &header, "-below", 0);
}

void seed_threads(void)
{
	for_all(write_threads);
}
