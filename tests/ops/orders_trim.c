/* SPDX-License-Identifier: MIT */
/*
 * Tables that are taken out while others use them or want them.
 *
 * Who frees a table waits for the calls of that moment, as a grace period does: each call that may
 * meet it counts in and out.
 */
#include "orders.h"

static void enter(unsigned k)
{
	__atomic_exchange_n(&world.calls[k], world.calls[k] + 1, __ATOMIC_ACQ_REL);
}

static void leave(unsigned k)
{
	__atomic_exchange_n(&world.calls[k], world.calls[k] + 1, __ATOMIC_ACQ_REL);
}

static void release(unsigned k)
{
	for (unsigned i = 0; i < count; i++) {
		if (i != k)
			explore_await_even(&world.calls[i]);
	}
	world.releasing = true;
	iomt_gather_release(&world.gathers[k]);
	world.releasing = false;
}

/* A cursor in a table that somebody else trims and frees: it never goes there afterwards. */
static void use_cursor(unsigned k)
{
	for (unsigned i = 0; i < 2; i++) {
		struct iomt_pt_leaf leaf;

		enter(k);
		EXPECT(iomt_pt_cursor_translate(&world.cursors[k], EMPTY, &leaf) == IOMT_ENOENT);
		leave(k);
	}
}

static void trim_first(unsigned k)
{
	EXPECT(!iomt_pt_trim(&world.pt, EMPTY, 8 * GRANULE, &world.gathers[k]));
	release(k);
}

static void use_or_trim(unsigned k)
{
	if (k)
		trim_first(k);
	else
		use_cursor(k);
}

void cursor_and_trim(void)
{
	struct iomt_pt_leaf leaf;

	for (unsigned table = 0; table < KINDS; table++) {
		for (unsigned warm = 0; warm < 2; warm++) {
			begin_own("cursor | trim", table, 2);
			if (warm)
				iomt_pt_cursor_translate(&world.cursors[0], EMPTY, &leaf);
			try_program(use_or_trim, world_end);
		}
	}
	tell_own("cursor against trim");
}

/* Two tables are taken out at once, and both are counted. Only the first is freed. */
static void use_or_trim_one(unsigned k)
{
	if (k < 2)
		use_or_trim(k);
	else
		EXPECT(!iomt_pt_trim(&world.pt, EMPTY + 8 * GRANULE, 8 * GRANULE,
				     &world.gathers[k]));
}

void cursor_and_trims(void)
{
	begin_own("cursor | trim | trim", PLAIN, 3);
	try_program(use_or_trim_one, world_end);
	tell_own("cursor against two trims");
}

/* Readers in a table that is trimmed and freed. */
static void read_or_trim(unsigned k)
{
	struct iomt_pt_leaf leaf;
	struct iomt_pt_run run;

	if (k == 1) {
		trim_first(k);
		return;
	}
	enter(k);
	if (k)
		EXPECT(iomt_pt_next(&world.pt, EMPTY, EMPTY + 8 * GRANULE - 1, &run) ==
		       IOMT_ENOENT);
	else
		EXPECT(iomt_pt_translate(&world.pt, EMPTY, &leaf) == IOMT_ENOENT);
	leave(k);
}

void readers_and_trim(void)
{
	for (unsigned table = 0; table < KINDS; table++) {
		begin_own("translate | trim | next", table, 3);
		try_program(read_or_trim, world_end);
	}
	tell_own("readers against trim");
}

/*
 * A mapper wants the table that is being trimmed. The ranges overlap, so the mapping may be lost;
 * memory is not, and nobody reaches a table that is gone.
 */
static void want_or_trim(unsigned k)
{
	EXPECT(!(k ? iomt_pt_trim(&world.pt, EMPTY, 16 * GRANULE, &world.gathers[k])
		   : op_map(k, EMPTY + GRANULE, 1, OA)));
}

/*
 * A branch: the gather has room for the two tables that are there and no more, and there may be no
 * memory for that. A table that the mapper puts into the branch on its way out may be lost.
 */
static void want_or_trim_branch(unsigned k)
{
	if (k)
		iomt_pt_trim(&world.pt, EMPTY_BRANCH, 64 * GRANULE, &world.gathers[k]);
	else
		EXPECT(!op_map(k, EMPTY_BRANCH + 9 * GRANULE, 1, OA));
}

static void give_all_back(void)
{
	for (unsigned k = 0; k < count; k++) {
		EXPECT(world.gathers[k].tables <= IOMT_GATHER_INLINE_TABLES);
		iomt_gather_release(&world.gathers[k]);
	}
	iomt_pt_destroy(&world.pt);
}

static void fill_gather(struct iomt_gather *gather)
{
	CHECK_INT(iomt_pt_trim(&world.pt, EMPTY, 3 * 8 * GRANULE, gather), 0);
	CHECK_INT(iomt_pt_trim(&world.pt, EMPTY_BRANCH + 64 * GRANULE, 8 * GRANULE, gather), 0);
	CHECK_EQ(gather->tables, IOMT_GATHER_INLINE_TABLES - 2);
}

void mapper_and_trim(void)
{
	for (unsigned table = 0; table < KINDS; table++) {
		begin_own("map | trim | trim", table, 3);
		memset(unspecified, true, sizeof(unspecified));
		try_program(want_or_trim, world_end);
		if (table == GROWS)
			continue;
		begin_own("map | trim a branch", table, 2);
		memset(unspecified, true, sizeof(unspecified));
		fill_gather(&world.gathers[1]);
		try_program(want_or_trim_branch, give_all_back);
	}
	tell_own("mapper against trim");
}

/*
 * A large leaf takes the place of an empty branch, which others trim and build anew: what is taken
 * out is what is gathered, whole, and each table once.
 */
static void replace_or_build(unsigned k)
{
	if (!k) {
		op_map(k, EMPTY_BRANCH, 64, OA);
		return;
	}
	iomt_pt_trim(&world.pt, EMPTY_BRANCH, 64 * GRANULE, &world.gathers[k]);
	op_map(k, EMPTY_BRANCH + 9 * GRANULE, 1, OA);
}

void leaf_and_trim(void)
{
	begin_own("map over a branch | trim and map", PLAIN, 2);
	memset(unspecified, true, sizeof(unspecified));
	world_garbage_tables();
	try_program(replace_or_build, give_all_back);
	tell_own("large leaf against trim");
}

/*
 * Hardware marks entries that it walks through, tables' too, as long as it remembers what led there:
 * such an entry is what it was, and its table goes like any other.
 */
static uint64_t *marked[2]; /* what points to an empty leaf table, and to its branch */

static void mark(void)
{
	for (unsigned i = 0; i < 2; i++) {
		uint64_t entry = __atomic_load_n(marked[i], __ATOMIC_RELAXED);

		while (entry &&
		       !__atomic_compare_exchange_n(marked[i], &entry, entry | ACCESSED, false,
						    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			continue;
	}
}

static void trim_marked(unsigned k)
{
	if (k) {
		mark();
		return;
	}
	EXPECT(!iomt_pt_trim(&world.pt, EMPTY_BRANCH, 64 * GRANULE, &world.gathers[k]));
	EXPECT(world.gathers[k].tables == 2);
}

static void replace_marked(unsigned k)
{
	if (k)
		mark();
	else
		EXPECT(!op_map(k, EMPTY_BRANCH, 64, OA));
}

void marks(void)
{
	static void (*const works[])(unsigned k) = {trim_marked, replace_marked};

	for (unsigned i = 0; i < 2 * KINDS; i++) {
		size_t bytes;

		if (i / 2 == GROWS)
			continue;
		begin_own(i % 2 ? "map over a branch | hardware marks"
				: "trim a branch | hardware marks",
			  i / 2, 2);
		if (i % 2)
			expect_map(EMPTY_BRANCH, 64, OA, READ);
		marked[1] =
			(uint64_t *)(uintptr_t)(world.root & ~7ULL) + EMPTY_BRANCH / (64 * GRANULE);
		marked[0] = world_target(*marked[1], &bytes);
		try_program(works[i % 2], world_end);
	}
	tell_own("tables that are marked");
}
