/* SPDX-License-Identifier: MIT */
/* Values taken apart by the tables of iomt decode, for suites that know what must come out. */
#ifndef TESTS_DECODE_EXPLAINED_H
#define TESTS_DECODE_EXPLAINED_H

#include "decode.h"
#include "test.h"

struct explained {
	const struct decode_format *format;
	const struct decode_layout *layout;
	struct decode_value value;
};

static inline struct explained explain(const char *name, unsigned level, const uint64_t *words)
{
	struct explained explained = {.format = NULL};

	for (size_t i = 0; decode_formats[i]; i++) {
		if (!strcmp(decode_formats[i]->name, name))
			explained.format = decode_formats[i];
	}
	CHECK_MSG(explained.format, "no format %s", name);
	for (unsigned i = 0; i < explained.format->words; i++)
		explained.value.word[i] = words[i];
	explained.value.word[DECODE_WORDS] = level;
	explained.layout = decode_layout(explained.format, &explained.value);
	return explained;
}

/* The one field of this name that holds; NULL: there is none. */
static inline const struct decode_field *field_named(const struct explained *explained,
						     const char *name)
{
	for (size_t i = 0; i < explained->layout->count; i++) {
		const struct decode_field *field = &explained->layout->fields[i];

		if (!strcmp(field->name, name) && decode_applies(field, &explained->value))
			return field;
	}
	return NULL;
}

static inline uint64_t bits_of(const struct explained *explained, const struct decode_field *field)
{
	return decode_bits(field->pieces, &explained->value);
}

/* How many fields have what is reserved. */
static inline unsigned reserved(const struct explained *explained)
{
	unsigned count = 0;

	for (size_t i = 0; i < explained->layout->count; i++) {
		const struct decode_field *field = &explained->layout->fields[i];

		if (decode_applies(field, &explained->value))
			count += decode_is_reserved(field, bits_of(explained, field));
	}
	return count;
}

/* A field's value. */
#define FIELD_IS(explained, name, expected)                                             \
	do {                                                                            \
		const struct decode_field *field_ = field_named(explained, name);       \
		uint64_t value_, wanted_ = (uint64_t)(expected);                        \
		CHECK_MSG(field_, "%s has no %s", (explained)->layout->title, name);    \
		value_ = bits_of(explained, field_);                                    \
		CHECK_MSG(value_ == wanted_, "%s, %s is 0x%" PRIx64 ", not 0x%" PRIx64, \
			  (explained)->layout->title, name, value_, wanted_);           \
	} while (0)

#define NO_FIELD(explained, name) \
	CHECK_MSG(!field_named(explained, name), "%s has %s", (explained)->layout->title, name)

/* What a field means. */
#define FIELD_SAYS(explained, name, expected)                                             \
	do {                                                                              \
		const struct decode_field *field_ = field_named(explained, name);         \
		char text_[256];                                                          \
		CHECK_MSG(field_, "%s has no %s", (explained)->layout->title, name);      \
		decode_meaning(field_, bits_of(explained, field_), text_, sizeof(text_)); \
		CHECK_STR(text_, expected);                                               \
	} while (0)

#define NONE_RESERVED(explained)                                                    \
	CHECK_MSG(!reserved(explained),                                             \
		  "%s, %s: 0x%016" PRIx64 " 0x%016" PRIx64 " has what is reserved", \
		  (explained)->format->name, (explained)->layout->title,            \
		  (explained)->value.word[0], (explained)->value.word[1])

#endif
