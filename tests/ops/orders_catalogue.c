/* SPDX-License-Identifier: MIT */
/* The operations that every pair and every triple is made of. */
#include "orders.h"

#define EVERY	((1u << KINDS) - 1)
#define TRACKED (1u << DIRTY | 1u << BREAKS)

int op_map(unsigned k, uint64_t iova, uint64_t n, uint64_t oa)
{
	return iomt_pt_map(&world.pt, iova, oa, n * GRANULE, READ, &world.gathers[k]);
}

void op_unmap(unsigned k, uint64_t iova, uint64_t n)
{
	uint64_t bytes;

	EXPECT(!iomt_pt_unmap(&world.pt, iova, n * GRANULE, &bytes, &world.gathers[k]));
	EXPECT(bytes == n * GRANULE);
}

void op_protect(unsigned k, uint64_t iova, uint64_t n)
{
	EXPECT(!iomt_pt_protect(&world.pt, iova, n * GRANULE, READ, &world.gathers[k]));
}

static uint64_t free_granule(unsigned k)
{
	return SHARED_TABLE + k * GRANULE;
}

uint64_t mapped_granule(unsigned k)
{
	return SHARED_TABLE + (3 + k) * GRANULE;
}

static uint64_t new_granule(unsigned k)
{
	return NO_TABLE + k * GRANULE;
}

static uint64_t far_granule(unsigned k)
{
	return NO_BRANCH + k * GRANULE;
}

static uint64_t far_table(unsigned k)
{
	return NO_BRANCH + (k + 1) * 8 * GRANULE;
}

static uint64_t cut_granule(unsigned k)
{
	return CUT_RUN + k * GRANULE;
}

static uint64_t own_run(unsigned k)
{
	return RUNS + k * 4 * GRANULE;
}

static uint64_t large_granule(unsigned k)
{
	return LARGE + (2 * k + 1) * GRANULE;
}

static uint64_t own_empty(unsigned k)
{
	return EMPTY + k * 8 * GRANULE;
}

static uint64_t own_branch(unsigned k)
{
	return EMPTY_BRANCH + k * 64 * GRANULE;
}

/* Map */

static void map_granule(unsigned k)
{
	EXPECT(!op_map(k, free_granule(k), 1, OA));
}

static void expect_granule(unsigned k)
{
	expect_map(free_granule(k), 1, OA, READ);
}

static void map_new(unsigned k)
{
	EXPECT(!op_map(k, new_granule(k), 1, OA));
}

static void expect_new(unsigned k)
{
	expect_map(new_granule(k), 1, OA, READ);
}

static void map_far(unsigned k)
{
	EXPECT(!op_map(k, far_granule(k), 1, OA));
	/* the driver was told, and what it did is seen */
	EXPECT((__atomic_load_n(&world.root, __ATOMIC_RELAXED) & 7) == 2);
}

static void expect_far(unsigned k)
{
	expect_map(far_granule(k), 1, OA, READ);
}

static void map_table(unsigned k)
{
	EXPECT(!op_map(k, far_table(k), 8, OA_ODD));
}

static void expect_table(unsigned k)
{
	expect_map(far_table(k), 8, OA_ODD, READ);
}

static void map_list(unsigned k)
{
	const struct iomt_seg segs[] = {{OA, GRANULE}, {OA + 0x1000, GRANULE}};

	EXPECT(!iomt_pt_map_sg(&world.pt, far_table(k), segs, 2, READ, &world.gathers[k]));
}

static void expect_list(unsigned k)
{
	expect_map(far_table(k), 1, OA, READ);
	expect_map(far_table(k) + GRANULE, 1, OA + 0x1000, READ);
}

/* An empty table gives way to a leaf, or is filled where that takes a break. */
static void map_large(unsigned k)
{
	EXPECT(!op_map(k, own_empty(k), 8, OA));
}

static void expect_large(unsigned k)
{
	expect_map(own_empty(k), 8, OA, READ);
}

/* Unmap, protect, dirty */

static void unmap_granule(unsigned k)
{
	op_unmap(k, mapped_granule(k), 1);
}

static void expect_unmapped(unsigned k)
{
	expect_unmap(mapped_granule(k), 1);
}

static void unmap_run(unsigned k)
{
	op_unmap(k, own_run(k), 4);
}

static void expect_no_run(unsigned k)
{
	expect_unmap(own_run(k), 4);
}

static void cut_run(unsigned k)
{
	op_unmap(k, cut_granule(k), 1);
}

static void expect_cut_run(unsigned k)
{
	expect_unmap(cut_granule(k), 1);
}

static void cut_large(unsigned k)
{
	op_unmap(k, large_granule(k), 1);
}

static void expect_cut_large(unsigned k)
{
	expect_unmap(large_granule(k), 1);
}

static void protect_granule(unsigned k)
{
	op_protect(k, mapped_granule(k), 1);
}

static void expect_protected(unsigned k)
{
	expect_protect(mapped_granule(k), 1, READ);
}

static void protect_large(unsigned k)
{
	op_protect(k, large_granule(k), 1);
}

static void expect_large_protected(unsigned k)
{
	expect_protect(large_granule(k), 1, READ);
}

static void harvest(unsigned k)
{
	EXPECT(!iomt_pt_dirty(&world.pt, mapped_granule(k), GRANULE, GRANULE, &world.bitmaps[k], 0,
			      &world.gathers[k]));
	EXPECT(world.bitmaps[k] == 1);
}

static void expect_clean(unsigned k)
{
	to_mean[mapped_granule(k) / GRANULE] &= ~WRITTEN;
}

/* Others may cut the leaf to pieces: this one is all dirty, before and after. */
static void harvest_large(unsigned k)
{
	EXPECT(!iomt_pt_dirty(&world.pt, large_granule(k), GRANULE, GRANULE, &world.bitmaps[k],
			      IOMT_DIRTY_KEEP, &world.gathers[k]));
	EXPECT(world.bitmaps[k] == 1);
}

/* Tables */

static void trim(unsigned k)
{
	EXPECT(!iomt_pt_trim(&world.pt, own_empty(k), 8 * GRANULE, &world.gathers[k]));
	EXPECT(world.gathers[k].tables == 1);
}

static void trim_branch(unsigned k)
{
	EXPECT(!iomt_pt_trim(&world.pt, own_branch(k), 64 * GRANULE, &world.gathers[k]));
	EXPECT(world.gathers[k].tables == 2);
}

static void reserve(unsigned k)
{
	EXPECT(!iomt_pt_reserve(&world.pt, far_table(k), 8 * GRANULE));
}

/* Cursors: one that goes on from what the first call remembered */

static void cursor_map(unsigned k)
{
	EXPECT(!iomt_pt_cursor_unmap(&world.cursors[k], mapped_granule(k), GRANULE, NULL,
				     &world.gathers[k]));
	EXPECT(!iomt_pt_cursor_map(&world.cursors[k], free_granule(k), OA, GRANULE, READ,
				   &world.gathers[k]));
}

static void expect_cursor(unsigned k)
{
	expect_unmapped(k);
	expect_granule(k);
}

/* Readers */

static uint64_t leaf_means(int err, const struct iomt_pt_leaf *leaf, uint64_t iova)
{
	return err ? 0 : meaning(leaf->oa - iova % GRANULE, leaf->prot, leaf->dirty);
}

static uint64_t ask(uint64_t iova)
{
	struct iomt_pt_leaf leaf;
	int err = iomt_pt_translate(&world.pt, iova, &leaf);
	uint64_t seen = leaf_means(err, &leaf, iova);

	EXPECT(!err || err == IOMT_ENOENT);
	world_judge(iova, seen);
	return seen & ~WRITTEN;
}

/* Once it is new it is never old again. */
static void translate(unsigned k)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t iova, g, first, second;

		if (i == k || !ops[i]->focus)
			continue;
		iova = ops[i]->focus(i);
		g = iova / GRANULE;
		first = ask(iova);
		second = ask(iova);
		if (first != second && first == (to_mean[g] & ~WRITTEN) && !breaks[g])
			explore_wrong("a new meaning became an old one");
	}
}

static void translate_many(unsigned k)
{
	uint64_t iovas[EXPLORE_THREADS] = {0};
	struct iomt_pt_leaf leaves[EXPLORE_THREADS];
	size_t n = 0;

	for (unsigned i = 0; i < count; i++) {
		if (i != k && ops[i]->focus)
			iovas[n++] = ops[i]->focus(i);
	}
	iomt_pt_translate_many(&world.pt, iovas, n, leaves);
	for (size_t i = 0; i < n; i++)
		world_judge(iovas[i], leaf_means(!leaves[i].size_lg2, &leaves[i], iovas[i]));
}

static void next(unsigned k)
{
	for (unsigned i = 0; i < count; i++) {
		struct iomt_pt_run run;
		uint64_t iova, seen = 0;
		int err;

		if (i == k || !ops[i]->focus)
			continue;
		iova = ops[i]->focus(i);
		err = iomt_pt_next(&world.pt, iova, iova + GRANULE - 1, &run);
		EXPECT(!err || err == IOMT_ENOENT);
		if (!err) {
			EXPECT(run.iova == iova && run.last == iova + GRANULE - 1);
			seen = meaning(run.oa, run.prot, false);
		}
		world_judge(iova, seen);
	}
}

/* Hardware, with a walker of its own */
static void device(unsigned k)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t *slot, entry;

		if (i != k && ops[i]->focus)
			world_judge(ops[i]->focus(i), world_walk(ops[i]->focus(i), &slot, &entry));
	}
}

const struct op catalogue[] = {
	{"map", map_granule, expect_granule, free_granule, EVERY},
	{"map, table missing", map_new, expect_new, new_granule, EVERY},
	{"map, branch missing", map_far, expect_far, far_granule, EVERY},
	{"map a table", map_table, expect_table, far_table, EVERY},
	{"map a list", map_list, expect_list, far_table, EVERY},
	{"map over a table", map_large, expect_large, own_empty, EVERY},
	{"unmap", unmap_granule, expect_unmapped, mapped_granule, EVERY},
	{"unmap a run", unmap_run, expect_no_run, own_run, EVERY},
	{"unmap a part of a run", cut_run, expect_cut_run, cut_granule, EVERY},
	{"unmap a part of a leaf", cut_large, expect_cut_large, large_granule, EVERY},
	{"protect", protect_granule, expect_protected, mapped_granule, EVERY},
	{"protect a part of a leaf", protect_large, expect_large_protected, large_granule, EVERY},
	{"dirty", harvest, expect_clean, mapped_granule, TRACKED},
	{"dirty, a part of a leaf", harvest_large, NULL, large_granule, TRACKED},
	{"trim", trim, NULL, own_empty, EVERY},
	{"trim a branch", trim_branch, NULL, own_branch, EVERY & ~(1u << GROWS)},
	{"reserve", reserve, NULL, far_table, EVERY},
	{"cursor", cursor_map, expect_cursor, free_granule, EVERY},
	{"translate", translate, NULL, NULL, EVERY},
	{"translate many", translate_many, NULL, NULL, EVERY},
	{"next", next, NULL, NULL, EVERY},
	{"device", device, NULL, NULL, EVERY},
};
const unsigned catalogue_ops = sizeof(catalogue) / sizeof(catalogue[0]);
