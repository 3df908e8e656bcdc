/* SPDX-License-Identifier: MIT */
/* Every way to ask what an address means gives the same answer. */
#include "kinds.h"
#include "random.h"
#include "test.h"
#include <string.h>

#define RW   (IOMT_READ | IOMT_WRITE)
#define MANY 100u

/* Ranges of all sizes and some permissions, with holes, from the granule up to the largest leaf. */
static void fill(struct table *t, struct random *random)
{
	uint64_t sizes = iomt_pt_sizes(&t->pt), at = t->first, oa_mask;
	struct iomt_pt_hw hw;

	iomt_pt_hw(&t->pt, &hw);
	oa_mask = (1ULL << hw.oa_bits) - 1;
	table_map(t, t->last - (t->granule - 1), 0, t->granule, RW);
	for (; sizes; sizes &= sizes - 1) {
		uint64_t size = sizes & -sizes, left = t->last - at;

		if (left < 4 * size)
			return;
		at = (at + size - 1) & ~(size - 1);
		for (unsigned i = 0; i < 2; i++, at += size)
			table_map(t, at, at & oa_mask, size,
				  random_below(random, 2) ? RW : IOMT_READ);
		at += t->granule;
	}
}

static uint64_t some_address(const struct table *t, struct random *random)
{
	uint64_t sizes = iomt_pt_sizes(&t->pt);
	unsigned lg2 = (unsigned)random_below(random, 64);

	switch (random_below(random, 8)) {
	case 0: /* anywhere, mostly in no table */
		return random_next(random);
	case 1:
		return t->last - random_below(random, t->granule);
	default: /* where fill has been */
		return t->first + (random_next(random) & (4 * (sizes & -(1ULL << lg2 % 40)) - 1) &
				   (t->last - t->first));
	}
}

static void check_one(struct table *t, uint64_t iova, const struct iomt_pt_leaf *got)
{
	struct iomt_pt_leaf want = {0};
	uint64_t oa = 0x5a5a;
	int err = iomt_pt_translate(&t->pt, iova, &want);

	CHECK_INT(iomt_pt_oa(&t->pt, iova, &oa), err);
	CHECK_EQ(oa, err ? 0x5a5a : want.oa);
	CHECK_EQ(got->oa, want.oa);
	CHECK_EQ(got->entry, want.entry);
	CHECK_EQ(got->prot, want.prot);
	CHECK_EQ(got->size_lg2, want.size_lg2);
	CHECK_EQ(got->level, want.level);
	CHECK_EQ(got->dirty, want.dirty);
}

static void check_many(struct table *t, struct random *random)
{
	struct iomt_pt_leaf leaves[MANY + 1], untouched;
	uint64_t iovas[MANY];

	memset(leaves, 0xa5, sizeof(leaves));
	untouched = leaves[MANY];
	for (unsigned count = 0; count <= MANY; count++) {
		size_t found = 0, mapped = 0;
		uint64_t base = some_address(t, random);

		for (unsigned i = 0; i < count; i++) {
			bool near = count & 1; /* in one table, as far as they go together */

			iovas[i] = near ? base ^ random_below(random, 8 * t->granule)
					: some_address(t, random);
		}
		leaves[count] = untouched;
		found = iomt_pt_translate_many(&t->pt, iovas, count, leaves);
		for (unsigned i = 0; i < count; i++) {
			check_one(t, iovas[i], &leaves[i]);
			mapped += leaves[i].size_lg2 != 0;
		}
		CHECK_EQ(found, mapped);
		CHECK(!memcmp(&leaves[count], &untouched, sizeof(untouched)));
	}
}

static void many(void)
{
	struct random random;

	random_init(&random, 20261121);
	for (size_t i = 0; i < kind_count; i++) {
		for (int p = PROVIDER_LINEAR; p <= PROVIDER_INCOHERENT; p++) {
			struct table t;

			table_open(&t, &kinds[i], (enum provider_kind)p);
			check_many(&t, &random); /* nothing is mapped */
			fill(&t, &random);
			check_many(&t, &random);
			table_close(&t);
		}
	}
}

/* Dirty state is a batch's as it is one address's. */
static void dirty(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		struct iomt_pt_leaf leaves[2];
		struct walker walker;
		uint64_t iovas[2];
		struct walk found;
		struct table t;

		if (!(kinds[i].flags & IOMT_PT_DIRTY))
			continue;
		table_open(&t, &kinds[i], PROVIDER_LINEAR);
		for (unsigned k = 0; k < 2; k++) {
			iovas[k] = table_at(&t, 5 + 2 * k);
			table_map(&t, iovas[k], t.granule, t.granule, RW);
		}
		walker = table_walker(&t, false);
		found = walk(&walker, iovas[1]);
		CHECK(walk_mark_dirty(&walker, &found));
		CHECK_EQ(iomt_pt_translate_many(&t.pt, iovas, 2, leaves), 2);
		CHECK(!leaves[0].dirty);
		CHECK(leaves[1].dirty);
		table_close(&t);
	}
}

/* Sets a bit in every table entry above iova, as hardware does that notes what it walked through. */
static void mark(struct table *t, uint64_t iova, uint64_t bit)
{
	unsigned index_lg2 = t->kind->granule_lg2 - 3u, shift;
	struct iomt_pt_hw hw;
	uint64_t phys, *entry;

	iomt_pt_hw(&t->pt, &hw);
	phys = hw.root;
	for (unsigned level = hw.levels - 1u; level > 0; level--) {
		shift = t->kind->granule_lg2 + level * index_lg2;
		entry = provider_word(&t->provider,
				      phys + 8 * (iova >> shift & ((1ULL << index_lg2) - 1)),
				      false);
		CHECK(entry != NULL);
		phys = *entry & ((1ULL << 48) - (1ULL << t->kind->granule_lg2));
		if (t->kind->walk == WALK_RISCV_S1)
			phys = *entry >> 10 << 12;
		*entry |= bit;
	}
}

/* AMD's A in bit 5, Arm's AF in bit 10 (FEAT_HAFT), RSW: tables that are marked are tables. */
static void marked(void)
{
	static const struct {
		const char *kind;
		uint64_t bit;
	} rows[] = {{"amdv1", 1 << 5},
		    {"arm_s1_4k", 1 << 10},
		    {"arm_s1_64k", 1 << 10},
		    {"riscv_s1", 1 << 9}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t iovas[2], g, bytes;
		struct iomt_pt_leaf leaves[2];
		struct iomt_pt_cursor cursor;
		struct iomt_pt_stats stats;
		struct table t;

		table_open(&t, kind_named(rows[i].kind), PROVIDER_LINEAR);
		g = t.granule;
		iovas[0] = table_at(&t, 3);
		iovas[1] = table_at(&t, 4);
		table_map(&t, iovas[0], 5 * g, g, RW);
		mark(&t, iovas[0], rows[i].bit);
		table_map(&t, iovas[1], 7 * g, 3 * g, RW);
		table_expect(&t, iovas[0], 5 * g, t.kind->granule_lg2);
		CHECK_EQ(iomt_pt_translate_many(&t.pt, iovas, 2, leaves), 2);
		CHECK_EQ(leaves[0].oa, 5 * g);
		CHECK_EQ(leaves[1].oa, 7 * g);
		CHECK_INT(iomt_pt_map(&t.pt, iovas[1], 0, g, RW, NULL), IOMT_EEXIST);
		table_unmap(&t, iovas[1], 2 * g, 2 * g);
		table_unmap(&t, iovas[1], g, 0);
		iomt_pt_cursor_init(&cursor, &t.pt);
		CHECK_INT(iomt_pt_cursor_map(&cursor, iovas[1], g, g, RW, NULL), 0);
		CHECK_INT(iomt_pt_cursor_unmap(&cursor, iovas[0], g, &bytes, &t.gather), 0);
		CHECK_EQ(bytes, g);
		table_expect(&t, iovas[1], g, t.kind->granule_lg2);
		iomt_pt_stats(&t.pt, &stats);
		CHECK_EQ(stats.tables[0], 1);
		table_close(&t);
	}
}

TEST_SUITE(translate, TEST(many), TEST(dirty), TEST(marked));
