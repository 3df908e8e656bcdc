/* SPDX-License-Identifier: MIT */
/* What the engine takes a format's facts for must hold for every entry that it writes. */
#include "entry.h"
#include "random.h"
#include "test.h"

#define TRIES 20000

static const struct pt_format *facts_of(size_t i)
{
	return iomt_pt_formats()[i]->facts;
}

static u64 some_address(const struct pt_format *f, struct random *random, unsigned align_lg2)
{
	return random_next(random) & pt_low_bits(f->usual_oa_bits) & ~pt_low_bits(align_lg2);
}

/* A leaf of any size that can stand above level 0; 0 when that prot has none. */
static u64 some_leaf(const struct pt_format *f, struct random *random, unsigned *level)
{
	u64 sizes = f->sizes & ~pt_low_bits(pt_unit_lg2(f, 1)), attrs;
	unsigned size_lg2;

	do
		size_lg2 = (unsigned)random_below(random, 64);
	while (!(sizes >> size_lg2 & 1));
	*level = pt_level_of_size(f, size_lg2);
	if (!f->encode((uint32_t)random_below(random, 0x400) | IOMT_READ,
		       f->flags & (uint32_t)random->state, &attrs))
		return 0;
	return f->leaf(some_address(f, random, size_lg2), *level, size_lg2) | attrs;
}

/* Bits below the granule tell tables from leaves, dirty ones too, and from what is empty. */
static void tables_are_told(void)
{
	struct random random;

	random_init(&random, 41);
	for (size_t i = 0; iomt_pt_formats()[i]; i++) {
		const struct pt_format *f = facts_of(i);
		u64 low = (pt_granule(f) - 1) >> f->entry_shift, leaves = 0;

		if (!f->plain_tables)
			continue;
		for (unsigned level = 1; level < f->max_levels; level++) {
			CHECK((f->table(0, level) & low) != 0);
			CHECK((f->table(0, level) & low) != (f->held & low));
		}
		for (unsigned n = 0; n < TRIES; n++) {
			unsigned level;
			u64 leaf = some_leaf(f, &random, &level);

			if (!leaf)
				continue;
			leaves++;
			CHECK(f->kind(leaf, level) == PT_LEAF);
			CHECK(((leaf ^ f->table(0, level)) & low) != 0);
			CHECK(((f->make_dirty(leaf) ^ f->table(0, level)) & low) != 0);
		}
		CHECK(leaves > TRIES / 100);
	}
}

/* Below 2^48 a table's address is in place, or so many bits lower, beside a constant. */
static void tables_are_in_place(void)
{
	struct random random;

	random_init(&random, 42);
	for (size_t i = 0; iomt_pt_formats()[i]; i++) {
		const struct pt_format *f = facts_of(i);

		for (unsigned n = 0; f->plain_tables && n < TRIES; n++) {
			u64 addr = some_address(f, &random, f->granule_lg2) & pt_low_bits(48);
			unsigned level = 1 + (unsigned)random_below(&random, f->max_levels - 1u);
			u64 entry = f->table(f->pack(addr), level);

			CHECK_EQ((entry - f->table(0, level)) << f->entry_shift, addr);
			CHECK(f->kind(entry, level) == PT_TABLE);
		}
	}
}

TEST_SUITE(encoding_facts, TEST(tables_are_told), TEST(tables_are_in_place));
