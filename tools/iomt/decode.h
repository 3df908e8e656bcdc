/* SPDX-License-Identifier: MIT */
/*
 * What iomt decode knows: formats of entries, commands and records, as tables. A format has one layout
 * or several, of which bits of the value choose; a layout is a list of fields; a field is bits, what
 * they mean, and when they do: which depends on other bits. decode_engine.c reads the tables, and has no
 * fact of a format in it.
 *
 * Bits are counted through the whole value: bit 64 is the lowest of its second word. The level of a
 * page-table entry, which the caller knows, stands above them all (decode_fields.h, LEVEL).
 */
#ifndef IOMT_TOOL_DECODE_H
#define IOMT_TOOL_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECODE_WORDS  8 /* of 64 bits, at most */
#define DECODE_PIECES 3

/* Bits of one word, and where they stand in a field's value. */
struct decode_piece {
	uint16_t low;
	uint8_t width; /* 0: there is none */
	uint8_t at;
};

/* "values" has a bit for each value of these pieces that is meant; 0: any. They have 6 bits at most. */
struct decode_when {
	struct decode_piece pieces[DECODE_PIECES];
	uint64_t values;
};

enum decode_kind {
	DECODE_NUMBER,
	DECODE_FLAG,	/* text: "set|clear" */
	DECODE_ADDRESS, /* its value is the address, by the places of its pieces */
	DECODE_RANGE, /* the same, with the size in its low bits: ones below a zero at half of it */
	DECODE_CHOICE,	 /* one of "choices"; others are reserved */
	DECODE_NAMES,	 /* the same, and others are not reserved */
	DECODE_POWER,	 /* 2^(value + add) of what text says */
	DECODE_REST,	 /* 64 - value */
	DECODE_RID,	 /* bus, device, function */
	DECODE_RESERVED, /* must be 0 */
	DECODE_IGNORED,	 /* may be anything */
};

struct decode_choice {
	uint16_t value;
	const char *text; /* NULL: the last */
};

struct decode_field {
	const char *name;
	const char *text;
	const struct decode_choice *choices;
	uint64_t barred;	    /* of choices: those that are reserved here */
	struct decode_when when[2]; /* both */
	struct decode_piece pieces[DECODE_PIECES];
	uint8_t kind;
	uint8_t add;
};

struct decode_layout {
	uint16_t first, last; /* the selector's values */
	const char *title;
	const char *section;
	const struct decode_field *fields;
	size_t count;
};

struct decode_format {
	const char *name;
	const char *title;
	const char *spec;
	struct decode_piece selector[DECODE_PIECES]; /* without one: a single layout */
	const struct decode_layout *layouts;	     /* between them they have every value */
	size_t count;
	const char *const *levels; /* of page tables: names of entries, from level 0 on */
	unsigned level_count;
	bool level_optional;
	unsigned words;
};

/* A value to decode: the words, and the level after them. */
struct decode_value {
	uint64_t word[DECODE_WORDS + 1];
};

#define DECODE_NO_LEVEL 7

/* All formats; NULL ends them. */
extern const struct decode_format *const decode_formats[];

uint64_t decode_bits(const struct decode_piece pieces[DECODE_PIECES],
		     const struct decode_value *value);
bool decode_applies(const struct decode_field *field, const struct decode_value *value);
const struct decode_layout *decode_layout(const struct decode_format *format,
					  const struct decode_value *value);

/* Whether bits of a field that must be 0 are not, or its value is reserved. */
bool decode_is_reserved(const struct decode_field *field, uint64_t bits);

/* What a field's value means, in words; may be "". */
void decode_meaning(const struct decode_field *field, uint64_t bits, char *text, size_t size);

/* Where a field stands: "63:43,31:16". */
void decode_place(const struct decode_field *field, char *text, size_t size);

#endif
