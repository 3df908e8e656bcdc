/* SPDX-License-Identifier: MIT */
#include "decode.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t low_bits(unsigned count)
{
	return count < 64 ? (1ULL << count) - 1 : ~0ULL;
}

uint64_t decode_bits(const struct decode_piece pieces[DECODE_PIECES],
		     const struct decode_value *value)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < DECODE_PIECES && pieces[i].width; i++) {
		uint64_t word = value->word[pieces[i].low / 64] >> pieces[i].low % 64;

		bits |= (word & low_bits(pieces[i].width)) << pieces[i].at;
	}
	return bits;
}

bool decode_applies(const struct decode_field *field, const struct decode_value *value)
{
	for (unsigned i = 0; i < sizeof(field->when) / sizeof(field->when[0]); i++) {
		const struct decode_when *when = &field->when[i];

		if (when->values && !(when->values >> decode_bits(when->pieces, value) & 1))
			return false;
	}
	return true;
}

const struct decode_layout *decode_layout(const struct decode_format *format,
					  const struct decode_value *value)
{
	uint64_t selected = decode_bits(format->selector, value);
	size_t i = 0;

	while (i + 1 < format->count &&
	       (selected < format->layouts[i].first || selected > format->layouts[i].last))
		i++;
	return &format->layouts[i];
}

static const struct decode_choice *choice(const struct decode_field *field, uint64_t bits)
{
	for (const struct decode_choice *one = field->choices; one && one->text; one++) {
		if (one->value == bits && !(bits < 64 && field->barred >> bits & 1))
			return one;
	}
	return NULL;
}

/* "4K" for powers of two. */
static void size_text(unsigned lg2, char *text, size_t size)
{
	static const char units[] = "\0KMGTPE";

	snprintf(text, size, "%u%.1s", 1U << lg2 % 10, &units[lg2 / 10]);
}

/* log2 of a range's bytes; one more than all of its bits can say where they are ones. */
static unsigned range_lg2(const struct decode_field *field, uint64_t bits)
{
	unsigned low = field->pieces[0].at, high = low + field->pieces[0].width;
	uint64_t clear = ~bits & low_bits(high) & ~low_bits(low);

	return clear ? (unsigned)__builtin_ctzll(clear) + 1 : high + 1;
}

bool decode_is_reserved(const struct decode_field *field, uint64_t bits)
{
	switch (field->kind) {
	case DECODE_RESERVED:
		return bits;
	case DECODE_CHOICE:
		return !choice(field, bits);
	case DECODE_POWER:
		return field->barred >> (bits & 63) & 1;
	case DECODE_RANGE:
		return field->barred >> (range_lg2(field, bits) & 63) & 1;
	default:
		return false;
	}
}

static void range_text(const struct decode_field *field, uint64_t bits, char *text, size_t size)
{
	unsigned lg2 = range_lg2(field, bits);
	char bytes[16];

	if (lg2 > (unsigned)field->pieces[0].at + field->pieces[0].width) {
		snprintf(text, size, "%s, of a size that is too large to be told", field->text);
		return;
	}
	if (lg2 == 64) {
		snprintf(text, size, "%s, all of them", field->text);
		return;
	}
	size_text(lg2, bytes, sizeof(bytes));
	snprintf(text, size, "%s, %s at 0x%" PRIx64, field->text, bytes, bits & ~low_bits(lg2));
}

/* "set|clear" */
static void flag_text(const char *both, uint64_t bits, char *text, size_t size)
{
	size_t set = strcspn(both, "|");

	if (bits)
		snprintf(text, size, "%.*s", (int)set, both);
	else
		snprintf(text, size, "%s", both[set] ? both + set + 1 : "");
}

static void choice_text(const struct decode_field *field, uint64_t bits, char *text, size_t size)
{
	const struct decode_choice *one = choice(field, bits);

	if (one)
		snprintf(text, size, "%s", one->text);
	else
		snprintf(text, size, "%s",
			 field->kind == DECODE_CHOICE ? "this value means nothing" : "");
}

void decode_meaning(const struct decode_field *field, uint64_t bits, char *text, size_t size)
{
	const char *more = field->text ? field->text : "";

	switch ((enum decode_kind)field->kind) {
	case DECODE_FLAG:
		flag_text(more, bits, text, size);
		break;
	case DECODE_RANGE:
		range_text(field, bits, text, size);
		break;
	case DECODE_CHOICE:
	case DECODE_NAMES:
		choice_text(field, bits, text, size);
		break;
	case DECODE_POWER:
		if (bits + field->add < 64)
			snprintf(text, size, "%llu %s", 1ULL << (bits + field->add), more);
		else
			snprintf(text, size, "2^%" PRIu64 " %s", bits + field->add, more);
		break;
	case DECODE_REST:
		snprintf(text, size, "%d %s", 64 - (int)bits, more);
		break;
	case DECODE_RID:
		snprintf(text, size, "%02x:%02x.%x", (unsigned)bits >> 8 & 0xff,
			 (unsigned)bits >> 3 & 0x1f, (unsigned)bits & 7);
		break;
	case DECODE_RESERVED:
		snprintf(text, size, "%s%s%s", bits ? "must be 0" : "", bits && *more ? ": " : "",
			 bits ? more : "");
		break;
	case DECODE_NUMBER:
	case DECODE_ADDRESS:
	case DECODE_IGNORED:
		snprintf(text, size, "%s", more);
		break;
	}
}

void decode_place(const struct decode_field *field, char *text, size_t size)
{
	size_t used = 0;

	for (unsigned i = 0; i < DECODE_PIECES && field->pieces[i].width && used < size; i++) {
		unsigned low = field->pieces[i].low, high = low + field->pieces[i].width - 1;

		used += (size_t)snprintf(text + used, size - used, i ? ",%u" : "%u", high);
		if (high != low && used < size)
			used += (size_t)snprintf(text + used, size - used, ":%u", low);
	}
}
