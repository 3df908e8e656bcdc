/* SPDX-License-Identifier: MIT */
/* Calls through a cursor do what the others do, whatever becomes of the table that it remembers. */
#include "kinds.h"
#include "random.h"
#include "test.h"

#define RW     (IOMT_READ | IOMT_WRITE)
#define PLACES 3u /* tables' worth of granules that calls go to */

/* Two tables in step: one through a cursor. */
struct twins {
	struct table with;
	struct table without;
	struct iomt_pt_cursor cursor;
	struct random random;
	uint64_t slots; /* of a table */
};

static uint64_t below(struct twins *t, uint64_t limit)
{
	return random_below(&t->random, limit);
}

/* Mostly one granule near the last, now and then many, or none that is right. */
static uint64_t pick_length(struct twins *t)
{
	uint64_t g = t->with.granule;

	switch (below(t, 16)) {
	case 0:
		return g * t->slots;
	case 1:
		return g * (1 + below(t, 2 * t->slots));
	case 2:
		return below(t, 2) ? 0 : g / 2;
	default:
		return g;
	}
}

static void same_gather(const struct twins *t)
{
	const struct iomt_gather *a = &t->with.gather, *b = &t->without.gather;

	CHECK_EQ(a->first, b->first);
	CHECK_EQ(a->last, b->last);
	CHECK_EQ(a->leaf_sizes, b->leaf_sizes);
	CHECK_EQ(a->table_levels, b->table_levels);
	CHECK_EQ(a->tables, b->tables);
}

static void map_both(struct twins *t, uint64_t iova, uint64_t length)
{
	uint64_t oa = (1 + below(t, 5)) * t->slots * t->with.granule + below(t, 2) * 8;
	uint32_t prot = below(t, 8) ? RW : IOMT_READ | IOMT_TYPE_MASK;
	struct iomt_gather *gather = below(t, 2) ? &t->with.gather : NULL;
	struct iomt_gather *other = gather ? &t->without.gather : NULL;

	oa += below(t, t->slots) * t->with.granule;
	CHECK_INT(iomt_pt_cursor_map(&t->cursor, iova, oa, length, prot, gather),
		  iomt_pt_map(&t->without.pt, iova, oa, length, prot, other));
}

static void unmap_both(struct twins *t, uint64_t iova, uint64_t length)
{
	struct iomt_gather *gather = below(t, 2) ? &t->with.gather : NULL;
	struct iomt_gather *other = gather ? &t->without.gather : NULL;
	uint64_t bytes = 1, want = 1;

	CHECK_INT(iomt_pt_cursor_unmap(&t->cursor, iova, length, &bytes, gather),
		  iomt_pt_unmap(&t->without.pt, iova, length, &want, other));
	CHECK_EQ(bytes, want);
}

static void translate_both(struct twins *t, uint64_t iova)
{
	struct iomt_pt_leaf leaf = {.oa = 1}, want = {.oa = 1};

	CHECK_INT(iomt_pt_cursor_translate(&t->cursor, iova, &leaf),
		  iomt_pt_translate(&t->without.pt, iova, &want));
	CHECK_EQ(leaf.oa, want.oa);
	CHECK_EQ(leaf.prot, want.prot);
	CHECK_EQ(leaf.size_lg2, want.size_lg2);
	CHECK_EQ(leaf.level, want.level);
	CHECK_EQ(leaf.dirty, want.dirty);
}

static void step(struct twins *t)
{
	uint64_t g = t->with.granule, whole = PLACES * t->slots * g;
	uint64_t iova = t->with.first + below(t, PLACES * t->slots) * g;

	switch (below(t, 40)) {
	case 0: /* without the cursor: what it remembers may go */
		CHECK_INT(iomt_pt_unmap(&t->with.pt, t->with.first, whole, NULL, &t->with.gather),
			  0);
		CHECK_INT(iomt_pt_unmap(&t->without.pt, t->with.first, whole, NULL,
					&t->without.gather),
			  0);
		__attribute__((fallthrough));
	case 1:
		CHECK_INT(iomt_pt_trim(&t->with.pt, t->with.first, whole, &t->with.gather), 0);
		CHECK_INT(iomt_pt_trim(&t->without.pt, t->with.first, whole, &t->without.gather),
			  0);
		break;
	case 2: /* outside, beside, below a granule */
		map_both(t, below(t, 2) ? t->with.first - g : iova + 8, g);
		break;
	default:
		if (below(t, 2))
			map_both(t, iova, pick_length(t));
		else
			unmap_both(t, iova, pick_length(t));
		translate_both(t, iova + below(t, g));
		translate_both(t, below(t, 8) ? iova : random_next(&t->random));
	}
	same_gather(t);
	iomt_gather_release(&t->with.gather);
	iomt_gather_release(&t->without.gather);
}

static void in_step(void)
{
	static struct twins t;

	random_init(&t.random, 7041776);
	for (size_t i = 0; i < kind_count; i++) {
		for (int p = PROVIDER_LINEAR; p <= PROVIDER_INCOHERENT; p++) {
			table_open(&t.with, &kinds[i], (enum provider_kind)p);
			table_open(&t.without, &kinds[i], (enum provider_kind)p);
			iomt_pt_cursor_init(&t.cursor, &t.with.pt);
			t.slots = t.with.granule / 8;
			for (unsigned n = 0; n < 300; n++)
				step(&t);
			CHECK_EQ(t.with.provider.live_bytes, t.without.provider.live_bytes);
			table_close(&t.with);
			table_close(&t.without);
		}
	}
}

/* A table that was given back, and perhaps is somebody else's by now, is not written to. */
static void after_a_trim(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		struct iomt_pt_cursor cursor;
		uint64_t iova, g, sum;
		struct table t;

		table_open(&t, &kinds[i], PROVIDER_LINEAR);
		iomt_pt_cursor_init(&cursor, &t.pt);
		g = t.granule;
		iova = table_at(&t, 7);
		CHECK_INT(iomt_pt_cursor_map(&cursor, iova, g, g, RW, NULL), 0);
		CHECK_INT(iomt_pt_cursor_unmap(&cursor, iova, g, NULL, &t.gather), 0);
		CHECK_INT(iomt_pt_trim(&t.pt, t.first, t.last - t.first + 1, &t.gather),
			  t.last - t.first == UINT64_MAX ? IOMT_EINVAL : 0);
		CHECK_INT(iomt_pt_trim(&t.pt, t.first, 1ULL << 33, &t.gather),
			  t.last - t.first < (1ULL << 33) - 1 ? IOMT_ERANGE : 0);
		sum = provider_checksum(&t.provider); /* of the table in the gather, too */
		CHECK_INT(iomt_pt_cursor_unmap(&cursor, iova, g, NULL, NULL), 0);
		CHECK_EQ(provider_checksum(&t.provider), sum);
		iomt_gather_release(&t.gather);
		CHECK_INT(iomt_pt_cursor_map(&cursor, iova, g, g, RW, NULL), 0);
		table_expect(&t, iova, g, t.kind->granule_lg2);
		table_close(&t);
	}
}

TEST_SUITE(cursor, TEST(in_step), TEST(after_a_trim));
