/* SPDX-License-Identifier: MIT */
/* The engine on a format that nobody built (tiny.h), tried out completely. */
#include "tiny.h"
#include "model.h"
#include "provider.h"
#include "test.h"

#define DIRTY	 TINY_DIRTY
#define GRANULE	 TINY_GRANULE
#define GRANULES TINY_GRANULES

static const struct pt_format tiny = {
	TINY_FACTS,
	.min_levels = 3,
	.max_levels = 3,
	.resizes = true,
};

IOMT_PT_DECLARE_FORMAT(tiny);
PT_FORMAT_ENTRY(tiny, tiny);

struct tiny_table {
	struct provider provider;
	struct iomt_pt pt;
	struct iomt_gather gather;
	struct model model;
};

static void tiny_open(struct tiny_table *t)
{
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = &iomt_tiny,
				  .mem = &t->provider.mem,
				  .flags = IOMT_PT_DIRTY};

	provider_init(&t->provider, PROVIDER_LOW);
	CHECK_INT(iomt_pt_init(&t->pt, &cfg), 0);
	iomt_gather_init(&t->gather);
	model_init(&t->model);
}

static void tiny_close(struct tiny_table *t)
{
	iomt_gather_release(&t->gather);
	iomt_pt_destroy(&t->pt);
	model_destroy(&t->model);
	provider_check_empty(&t->provider);
}

/* Every address against the model. */
static void compare(struct tiny_table *t)
{
	for (u64 at = 0; at < GRANULES * GRANULE; at += GRANULE) {
		const struct interval *interval = model_find(&t->model, at);
		struct iomt_pt_leaf leaf;
		int got = iomt_pt_translate(&t->pt, at + 5, &leaf);

		CHECK_INT(got, interval ? 0 : IOMT_ENOENT);
		if (got)
			continue;
		CHECK_EQ(leaf.oa, interval->oa + (at - interval->first) + 5);
		CHECK_EQ(leaf.prot, interval->prot);
		CHECK(leaf.dirty == interval->dirty);
	}
}

/* Maps every range of the first two tables and a bit, with every small misalignment. */
static void every_range(void)
{
	static struct tiny_table t;

	for (u64 from = 0; from < 20; from++) {
		for (u64 to = from + 1; to < 140; to += 1 + to / 20) {
			u64 iova = from * GRANULE, length = (to - from) * GRANULE;
			u64 oa = iova + (to % 5) * GRANULE;

			tiny_open(&t);
			CHECK_INT(iomt_pt_map(&t.pt, iova, oa, length, 3, NULL), 0);
			model_map(&t.model, iova, iova + length - 1, oa, 3);
			compare(&t);
			tiny_close(&t);
		}
	}
}

/* Unmaps and protects every range out of one mapping of the largest leaves. */
static void every_hole(void)
{
	static struct tiny_table t;
	const u64 all = GRANULES * GRANULE;

	for (u64 from = 0; from < 70; from += 1 + from / 16) {
		for (u64 to = from + 1; to <= GRANULES; to += 1 + to / 16) {
			u64 iova = from * GRANULE, length = (to - from) * GRANULE, bytes;

			tiny_open(&t);
			CHECK_INT(iomt_pt_map(&t.pt, 0, all, all, 3, NULL), 0);
			model_map(&t.model, 0, all - 1, all, 3);
			CHECK_INT(iomt_pt_protect(&t.pt, iova, length, 1, &t.gather), 0);
			model_protect(&t.model, iova, iova + length - 1, 3, 1);
			compare(&t);
			CHECK_INT(iomt_pt_unmap(&t.pt, iova,
						length / 2 / GRANULE * GRANULE + GRANULE, &bytes,
						&t.gather),
				  0);
			CHECK_EQ(bytes, length / 2 / GRANULE * GRANULE + GRANULE);
			model_unmap(&t.model, iova, iova + bytes - 1);
			compare(&t);
			tiny_close(&t);
		}
	}
}

/* Each slot of each leaf made dirty by itself, then harvested. */
static void every_dirty_slot(void)
{
	static struct tiny_table t;
	const u64 all = GRANULES * GRANULE;
	struct iomt_pt_leaf leaf;

	tiny_open(&t);
	CHECK_INT(iomt_pt_map(&t.pt, 0, 0, 100 * GRANULE, 3, NULL), 0);
	CHECK_INT(iomt_pt_map(&t.pt, 100 * GRANULE, all, all - 100 * GRANULE, 3, NULL), 0);
	for (u64 at = 0; at < all; at += GRANULE) {
		struct pt_stop stop = pt_walk_down(&tiny, &t.pt, at);
		u64 bitmap[GRANULES / 64] = {0}, first, last;

		CHECK_INT(iomt_pt_translate(&t.pt, at, &leaf), 0);
		*stop.slot |= DIRTY;
		first = at >> leaf.size_lg2 << leaf.size_lg2;
		last = first + (1ULL << leaf.size_lg2) - 1;
		CHECK_INT(iomt_pt_dirty(&t.pt, 0, all, GRANULE, bitmap, 0, &t.gather), 0);
		for (u64 g = 0; g < GRANULES; g++)
			CHECK_EQ(bitmap[g / 64] >> (g % 64) & 1,
				 g * GRANULE >= first && g * GRANULE <= last);
		CHECK_INT(iomt_pt_translate(&t.pt, at, &leaf), 0);
		CHECK(!leaf.dirty);
	}
	tiny_close(&t);
}

TEST_SUITE(tiny, TEST(every_range), TEST(every_hole), TEST(every_dirty_slot));
