/* SPDX-License-Identifier: MIT */
/* What comes with a mapping: messages, and what hardware writes to entries meanwhile. */
#include "orders.h"

static uint64_t wanted;

/* Who finds a mapping sees what its mapper wrote before; who finds none any more, too. */
static void write_and_map(unsigned k)
{
	struct iomt_pt_leaf leaf;

	if (!k) {
		__atomic_store_n(&world.data, 1, __ATOMIC_RELAXED);
		EXPECT(!op_map(k, wanted, 1, OA));
		return;
	}
	if (!iomt_pt_translate(&world.pt, wanted, &leaf))
		EXPECT(__atomic_load_n(&world.data, __ATOMIC_RELAXED) == 1);
}

static void write_and_unmap(unsigned k)
{
	struct iomt_pt_leaf leaf;

	if (!k) {
		__atomic_store_n(&world.data, 1, __ATOMIC_RELAXED);
		EXPECT(!iomt_pt_unmap(&world.pt, wanted, GRANULE, NULL, NULL));
		return;
	}
	if (iomt_pt_translate(&world.pt, wanted, &leaf))
		EXPECT(__atomic_load_n(&world.data, __ATOMIC_RELAXED) == 1);
}

void messages(void)
{
	static const uint64_t places[] = {SHARED_TABLE, NO_TABLE, NO_BRANCH};

	for (unsigned table = 0; table < KINDS; table++) {
		for (unsigned i = 0; i < 3; i++) {
			begin_own("write, map | translate, read", table, 2);
			wanted = places[i];
			expect_map(wanted, 1, OA, READ);
			try_program(write_and_map, world_end);
		}
		begin_own("write, unmap | translate, read", table, 2);
		wanted = mapped_granule(0);
		expect_unmap(wanted, 1);
		try_program(write_and_unmap, world_end);
	}
	tell_own("messages through a mapping");
}

/* Hardware sets a bit of the leaf while something is done to it. */
static void (*beside)(unsigned k);
static uint64_t bit;
static unsigned reported; /* the wanted granule's bit in the first bitmap */

static void set_bit(void)
{
	uint64_t *slot, entry;

	do {
		if (!world_walk(wanted, &slot, &entry))
			return;
	} while (!__atomic_compare_exchange_n(slot, &entry, entry | bit, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
	world.data = 1;
}

static void write_or(unsigned k)
{
	if (k)
		set_bit();
	else
		beside(k);
}

/* A write is reported, now or later. Another bit of the hardware's stays as long as the entry does. */
static void no_write_is_lost(void)
{
	uint64_t *slot, entry;
	bool known = world.bitmaps[0] >> reported & 1;

	if (world.data && world_walk(wanted, &slot, &entry) && !(entry & bit) &&
	    !(bit == WRITTEN && known))
		explore_wrong("what hardware wrote to an entry is lost");
	world_end();
}

static void harvest_any(unsigned k)
{
	EXPECT(!iomt_pt_dirty(&world.pt, wanted, GRANULE, GRANULE, &world.bitmaps[k], 0,
			      &world.gathers[k]));
}

static void protect_any(unsigned k)
{
	op_protect(k, wanted, 1);
}

static void cut_beside(unsigned k)
{
	op_unmap(k, wanted ^ GRANULE, 1);
}

static void try_writes(unsigned table)
{
	static void (*const rivals[])(unsigned k) = {harvest_any, protect_any, cut_beside};
	static const uint64_t places[] = {SHARED_TABLE + 4 * GRANULE, CUT_RUN, CUT_RUN + GRANULE,
					  CUT_RUN + 3 * GRANULE, LARGE + 2 * GRANULE};

	for (unsigned i = 0; i < 3 * 5; i++) {
		beside = rivals[i / 5];
		wanted = places[i % 5];
		begin_own("a call | hardware writes", table, 2);
		memset(unspecified, true, sizeof(unspecified));
		try_program(write_or, no_write_is_lost);
	}
}

void writes(void)
{
	reported = 0;
	bit = WRITTEN;
	try_writes(DIRTY);
	try_writes(BREAKS);
	bit = ACCESSED;
	for (unsigned i = 0; i < 2; i++) {
		beside = i ? protect_any : harvest_any;
		wanted = mapped_granule(0);
		begin_own("a call | hardware reads", DIRTY, 2);
		memset(unspecified, true, sizeof(unspecified));
		try_program(write_or, no_write_is_lost);
	}
	tell_own("hardware that writes");
}

/*
 * Dirty state of a part of a table, which is read many entries at once and without an order, while a
 * run across its edge is cut at that edge by others. One slot of the run is dirty, and so is all of it.
 */
static struct {
	uint64_t iova, cut; /* where what is harvested begins, and what others cut off */
	uint64_t n, n_cut;  /* granules */
	uint64_t expected;  /* bits */
	uint32_t flags;
} part;

static void harvest_part(unsigned k)
{
	if (k == 0)
		EXPECT(!iomt_pt_dirty(&world.pt, part.iova, part.n * GRANULE, GRANULE,
				      &world.bitmaps[k], part.flags, &world.gathers[k]));
	else if (k == 1)
		op_unmap(k, part.cut, part.n_cut);
	else
		set_bit();
}

static void all_reported(void)
{
	EXPECT((world.bitmaps[0] & part.expected) == part.expected);
	no_write_is_lost();
}

/* Of the run, slot "dirty" is; 4 is none, but hardware writes to one. */
static void try_part(unsigned table, bool at_end, unsigned dirty, unsigned n_cut)
{
	uint64_t run = at_end ? RUNS : CUT_RUN, *slot, entry;

	begin_own("dirty, many entries | cut | hardware writes", table, dirty < 4 ? 2 : 3);
	memset(unspecified, true, sizeof(unspecified));
	part.n = 8 - n_cut;
	part.n_cut = n_cut;
	part.iova = at_end ? CUT_RUN : CUT_RUN + n_cut * GRANULE;
	part.cut = at_end ? CUT_RUN + part.n * GRANULE : CUT_RUN;
	part.expected = dirty < 4 ? ((1ULL << (4 - n_cut)) - 1) << (at_end ? 4 : 0) : 0;
	reported = at_end ? 5 : 1;
	wanted = part.iova + reported * GRANULE;
	if (dirty < 4) {
		world_walk(run + dirty * GRANULE, &slot, &entry);
		*slot |= WRITTEN;
	}
	try_program(harvest_part, all_reported);
}

void lines(void)
{
	bit = WRITTEN;
	for (unsigned i = 0; i < 2 * 2 * 2 * 5; i++) {
		part.flags = i & 1 ? IOMT_DIRTY_KEEP : 0;
		try_part(DIRTY, i >> 1 & 1, i >> 3, 1 + (i >> 2 & 1));
		if (!part.flags)
			try_part(BREAKS, i >> 1 & 1, i >> 3, 1 + (i >> 2 & 1));
	}
	tell_own("dirty state of many entries");
}

/*
 * Eight granules, two runs or one leaf: a thread cuts some off at one end, and another does something to all
 * the others. Its gather has all that it changed, however often it had to look.
 */
enum what { UNMAP, PROTECT, CLEAN };

static struct {
	enum what what;
	uint64_t iova, n;	 /* granules that stay together */
	uint64_t before, behind; /* granules that are cut off */
} most;

static void change_most(unsigned k)
{
	if (k == 1 && most.before)
		op_unmap(k, most.iova - most.before * GRANULE, most.before);
	else if (k)
		op_unmap(k, most.iova + most.n * GRANULE, most.behind);
	else if (most.what == UNMAP)
		op_unmap(k, most.iova, most.n);
	else if (most.what == PROTECT)
		op_protect(k, most.iova, most.n);
	else
		EXPECT(!iomt_pt_dirty(&world.pt, most.iova, most.n * GRANULE, GRANULE,
				      &world.bitmaps[k], 0, &world.gathers[k]));
}

static void all_gathered(void)
{
	const struct iomt_gather *gather = &world.gathers[0];

	for (uint64_t i = 0; i < most.n; i++) {
		uint64_t at = most.iova + i * GRANULE, *slot, entry = 0;

		if (most.what != CLEAN) {
			EXPECT(gather->first <= at && gather->last >= at + GRANULE - 1);
			continue;
		}
		EXPECT(world.bitmaps[0] >> i & 1);
		EXPECT(world_walk(at, &slot, &entry));
		EXPECT((entry & WRITTEN) ||
		       (gather->first <= at && gather->last >= at + GRANULE - 1));
	}
	EXPECT(most.what == CLEAN || (gather->leaf_sizes & GRANULE));
	world_end();
}

static void try_most(unsigned table, uint64_t iova, enum what what, uint64_t before,
		     uint64_t behind)
{
	uint64_t *slot, entry;

	begin_own("change the most | cut the rest", table, 2);
	memset(unspecified, true, sizeof(unspecified));
	most.what = what;
	most.before = before;
	most.behind = behind;
	most.n = 8 - before - behind;
	most.iova = iova + before * GRANULE;
	for (uint64_t i = 0; i < 8; i++) {
		CHECK(world_walk(iova + i * GRANULE, &slot, &entry));
		*slot |= WRITTEN;
	}
	try_program(change_most, all_gathered);
}

void ranges(void)
{
	for (unsigned i = 0; i < 2 * 3 * 2 * 3; i++) {
		uint64_t iova = i & 1 ? LARGE : CUT_RUN, n = 1 + i / 12;
		enum what what = (enum what)(i / 2 % 3);

		try_most(DIRTY, iova, what, i / 6 % 2 ? n : 0, i / 6 % 2 ? 0 : n);
		try_most(BREAKS, iova, what, i / 6 % 2 ? n : 0, i / 6 % 2 ? 0 : n);
	}
	tell_own("ranges that others cut at an end");
}
