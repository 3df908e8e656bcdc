/* SPDX-License-Identifier: MIT */
/*
 * How tables of fields are written: each row is { what it is, IF(when it is) }.
 *
 *	{FLAG(62, "IW", "writes are allowed|no writes"), IF(PRESENT)},
 *
 * IF and AND take a selection: which values of some bits are meant, and the bits. A table #defines its
 * selections first.
 */
#ifndef IOMT_TOOL_DECODE_FIELDS_H
#define IOMT_TOOL_DECODE_FIELDS_H

#include "decode.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Bits high:low, which stand at "at" of the field's value. */
#define P(high, low, at)                    \
	{                                   \
		low, (high) - (low) + 1, at \
	}
#define LEVEL_AT  (64 * DECODE_WORDS)
#define LEVEL(at) P(LEVEL_AT + 2, LEVEL_AT, at)
#define SELECT(values_, ...)                                  \
	{                                                     \
		.values = (values_), .pieces = {__VA_ARGS__}, \
	}
#define IF(...)	 .when[0] = __VA_ARGS__
#define AND(...) .when[1] = __VA_ARGS__

/* One bit, set or clear. */
#define SET(bit)   SELECT(2, P(bit, bit, 0))
#define CLEAR(bit) SELECT(1, P(bit, bit, 0))
#define V(value)   (1ULL << (value))

#define FIELD(kind_, name_, text_, ...) \
	.kind = DECODE_##kind_, .name = (name_), .text = (text_), .pieces = {__VA_ARGS__}

#define FLAG(bit, name, text)		   FIELD(FLAG, name, text, P(bit, bit, 0))
#define NUMBER(high, low, name, text)	   FIELD(NUMBER, name, text, P(high, low, 0))
#define ADDRESS(high, low, at, name, text) FIELD(ADDRESS, name, text, P(high, low, at))
#define RANGE(high, low, at, name, text)   FIELD(RANGE, name, text, P(high, low, at))
#define CHOICE(high, low, name, choices_) \
	FIELD(CHOICE, name, NULL, P(high, low, 0)), .choices = (choices_)
#define NAMES(high, low, name, choices_) \
	FIELD(NAMES, name, NULL, P(high, low, 0)), .choices = (choices_)
#define POWER(high, low, add_, name, text) FIELD(POWER, name, text, P(high, low, 0)), .add = (add_)
#define REST(high, low, name, text)	   FIELD(REST, name, text, P(high, low, 0))
#define RID(high, low, name)		   FIELD(RID, name, NULL, P(high, low, 0))
#define RESERVED(high, low)		   FIELD(RESERVED, "reserved", NULL, P(high, low, 0))
#define RESERVED_BY(high, low, text)	   FIELD(RESERVED, "reserved", text, P(high, low, 0))
#define IGNORED(high, low)		   FIELD(IGNORED, "ignored", NULL, P(high, low, 0))
#define IGNORED_BY(high, low, text)	   FIELD(IGNORED, "ignored", text, P(high, low, 0))

#define LAYOUT(first, last, title, section, fields)                \
	{                                                          \
		first, last, title, section, fields, COUNT(fields) \
	}

/* A format of one layout. */
#define FORMAT(name_, title_, spec_, section_, words_, fields_)                  \
	static const struct decode_layout name_##_layouts[] = {                  \
		LAYOUT(0, 0, title_, section_, fields_)};                        \
	const struct decode_format decode_##name_ = {.name = #name_,             \
						     .title = title_,            \
						     .spec = spec_,              \
						     .layouts = name_##_layouts, \
						     .count = 1,                 \
						     .words = words_}

/* A page-table entry, whose level is known by its names. */
#define ENTRY_FORMAT(name_, title_, spec_, section_, levels_, optional_, fields_)   \
	static const struct decode_layout name_##_layouts[] = {                     \
		LAYOUT(0, 0, title_, section_, fields_)};                           \
	const struct decode_format decode_##name_ = {.name = #name_,                \
						     .title = title_,               \
						     .spec = spec_,                 \
						     .layouts = name_##_layouts,    \
						     .count = 1,                    \
						     .levels = levels_,             \
						     .level_count = COUNT(levels_), \
						     .level_optional = optional_,   \
						     .words = 1}

/* A format whose layout its own bits choose. */
#define UNION_FORMAT(name_, title_, spec_, words_, layouts_, ...)               \
	const struct decode_format decode_##name_ = {.name = #name_,            \
						     .title = title_,           \
						     .spec = spec_,             \
						     .selector = {__VA_ARGS__}, \
						     .layouts = layouts_,       \
						     .count = COUNT(layouts_),  \
						     .words = words_}

#endif
