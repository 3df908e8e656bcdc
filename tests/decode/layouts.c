/* SPDX-License-Identifier: MIT */
/*
 * Every layout of iomt decode has each bit of its entry in one field and no other, whatever the bits say
 * that fields depend on; and says something of any bits.
 */
#include "decode.h"
#include "random.h"
#include "test.h"

#define BITS_MOST 24 /* that fields of one layout depend on */

/* The bits that fields of a layout depend on, but for the selector's and the level's. */
struct free_bits {
	uint16_t bits[BITS_MOST];
	unsigned count;
};

static bool has(const struct decode_piece *pieces, unsigned bit)
{
	for (unsigned i = 0; i < DECODE_PIECES; i++) {
		if (bit >= pieces[i].low && bit < pieces[i].low + (unsigned)pieces[i].width)
			return true;
	}
	return false;
}

static void add(struct free_bits *set, const struct decode_format *format, unsigned bit)
{
	for (unsigned i = 0; i < set->count; i++) {
		if (set->bits[i] == bit)
			return;
	}
	if (bit >= 64 * DECODE_WORDS || has(format->selector, bit))
		return;
	CHECK(set->count < BITS_MOST);
	set->bits[set->count++] = (uint16_t)bit;
}

static struct free_bits free_bits(const struct decode_format *format,
				  const struct decode_layout *layout)
{
	struct free_bits set = {.count = 0};

	for (size_t i = 0; i < layout->count; i++) {
		for (unsigned w = 0; w < 2; w++) {
			const struct decode_when *when = &layout->fields[i].when[w];

			for (unsigned bit = 0; when->values && bit < 64 * DECODE_WORDS; bit++) {
				if (has(when->pieces, bit))
					add(&set, format, bit);
			}
		}
	}
	return set;
}

static void set_bit(struct decode_value *value, unsigned bit, uint64_t to)
{
	uint64_t *word = &value->word[bit / 64];

	*word = (*word & ~(1ULL << bit % 64)) | to << bit % 64;
}

static void select_value(const struct decode_format *format, struct decode_value *value,
			 uint64_t selected)
{
	for (unsigned i = 0; i < DECODE_PIECES; i++) {
		const struct decode_piece *piece = &format->selector[i];

		for (unsigned bit = 0; bit < piece->width; bit++)
			set_bit(value, piece->low + bit, selected >> (piece->at + bit) & 1);
	}
}

static void check_cover(const struct decode_format *format, const struct decode_layout *layout,
			const struct decode_value *value)
{
	uint8_t seen[64 * DECODE_WORDS] = {0};

	for (size_t i = 0; i < layout->count; i++) {
		const struct decode_field *field = &layout->fields[i];

		if (!decode_applies(field, value))
			continue;
		for (unsigned p = 0; p < DECODE_PIECES; p++) {
			for (unsigned bit = 0; bit < field->pieces[p].width; bit++)
				seen[field->pieces[p].low + bit]++;
		}
	}
	for (unsigned bit = 0; bit < 64 * DECODE_WORDS; bit++) {
		CHECK_MSG(seen[bit] == (bit < 64 * format->words),
			  "%s, %s, level %d: %u fields have bit %u of 0x%016" PRIx64
			  " 0x%016" PRIx64,
			  format->name, layout->title, (int)value->word[DECODE_WORDS], seen[bit],
			  bit, value->word[0], value->word[1]);
	}
}

/* All values of the bits that matter, over bits that do not. */
static void cover_layout(const struct decode_format *format, const struct decode_layout *layout,
			 struct decode_value value)
{
	struct free_bits set = free_bits(format, layout);

	CHECK_MSG(set.count <= 16, "%s: its fields depend on %u bits", layout->title, set.count);
	for (uint64_t values = 0; values < 1ULL << set.count; values++) {
		for (unsigned i = 0; i < set.count; i++)
			set_bit(&value, set.bits[i], values >> i & 1);
		check_cover(format, layout, &value);
	}
}

static unsigned selector_width(const struct decode_format *format)
{
	unsigned width = 0;

	for (unsigned i = 0; i < DECODE_PIECES; i++)
		width += format->selector[i].width;
	return width;
}

static bool has_level(const struct decode_format *format, unsigned level)
{
	return level < format->level_count ||
	       (level == DECODE_NO_LEVEL && (format->level_optional || !format->level_count));
}

static void each_bit_in_one_field(void)
{
	struct random random;

	random_init(&random, 1);
	for (size_t f = 0; decode_formats[f]; f++) {
		const struct decode_format *format = decode_formats[f];
		uint64_t selected = 0, last = 1ULL << selector_width(format);
		uint64_t layouts = 0;

		CHECK(format->words <= DECODE_WORDS);
		for (; selected < last; selected++) {
			for (unsigned level = 0; level <= DECODE_NO_LEVEL; level++) {
				struct decode_value value;
				const struct decode_layout *layout;

				for (unsigned i = 0; i < DECODE_WORDS; i++)
					value.word[i] = random_next(&random);
				value.word[DECODE_WORDS] = level;
				select_value(format, &value, selected);
				layout = decode_layout(format, &value);
				layouts |= 1ULL << (layout - format->layouts);
				if (has_level(format, level))
					cover_layout(format, layout, value);
			}
		}
		CHECK_MSG(layouts == ~0ULL >> (64 - format->count), "%s: a layout is never chosen",
			  format->name);
	}
}

/* A field of a word; a piece where no other is; a value of 64 bits; a condition of 64 values. */
static void fields_are_sound(void)
{
	for (size_t f = 0; decode_formats[f]; f++) {
		for (size_t l = 0; l < decode_formats[f]->count; l++) {
			const struct decode_layout *layout = &decode_formats[f]->layouts[l];

			for (size_t i = 0; i < layout->count; i++) {
				const struct decode_field *field = &layout->fields[i];
				uint64_t value = 0;

				CHECK(field->name && field->pieces[0].width);
				CHECK(field->kind != DECODE_FLAG || strchr(field->text, '|'));
				CHECK((field->kind == DECODE_CHOICE ||
				       field->kind == DECODE_NAMES) == (field->choices != NULL));
				for (unsigned p = 0; p < DECODE_PIECES; p++) {
					const struct decode_piece *piece = &field->pieces[p];
					uint64_t bits =
						piece->width ? ~0ULL >> (64 - piece->width) : 0;

					CHECK(piece->low % 64 + piece->width <= 64);
					CHECK(piece->at + piece->width <= 64);
					CHECK(!(value & bits << piece->at));
					value |= bits << piece->at;
				}
				for (unsigned w = 0; w < 2; w++) {
					unsigned width = 0;

					for (unsigned p = 0; p < DECODE_PIECES; p++)
						width += field->when[w].pieces[p].width;
					CHECK(width <= 6 &&
					      (width > 0) == (field->when[w].values != 0));
				}
			}
		}
	}
}

/* Names are of the command line, and of one format each. */
static void names_differ(void)
{
	for (size_t f = 0; decode_formats[f]; f++) {
		CHECK(strspn(decode_formats[f]->name, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
		      strlen(decode_formats[f]->name));
		for (size_t g = 0; g < f; g++)
			CHECK(strcmp(decode_formats[f]->name, decode_formats[g]->name) != 0);
	}
}

static void say(const struct decode_format *format, const struct decode_value *value)
{
	const struct decode_layout *layout = decode_layout(format, value);
	size_t said = 0;

	for (size_t i = 0; i < layout->count; i++) {
		const struct decode_field *field = &layout->fields[i];
		uint64_t bits = decode_bits(field->pieces, value);
		char text[256] = "", place[64] = "";

		if (!decode_applies(field, value))
			continue;
		decode_meaning(field, bits, text, sizeof(text));
		decode_place(field, place, sizeof(place));
		CHECK(strlen(text) < sizeof(text) - 1 && place[0]);
		CHECK(!decode_is_reserved(field, bits) || text[0]);
		said++;
	}
	CHECK(said);
}

static void any_bits_are_explained(void)
{
	struct random random;

	random_init(&random, 2);
	for (size_t f = 0; decode_formats[f]; f++) {
		for (uint64_t i = 0; i < random_times(4000); i++) {
			struct decode_value value;

			for (unsigned w = 0; w < DECODE_WORDS; w++)
				value.word[w] =
					i == 0	 ? 0
					: i == 1 ? ~0ULL
					: i & 1	 ? random_next(&random)
						 : random_next(&random) & random_next(&random);
			value.word[DECODE_WORDS] = i / 4 % (DECODE_NO_LEVEL + 1);
			if (has_level(decode_formats[f], (unsigned)value.word[DECODE_WORDS]))
				say(decode_formats[f], &value);
		}
	}
}

TEST_SUITE(decode_layouts, TEST(each_bit_in_one_field), TEST(fields_are_sound), TEST(names_differ),
	   TEST(any_bits_are_explained));
