/* SPDX-License-Identifier: MIT */
/*
 * Every pair and every triple of operations on one page table, in every order of their atomic steps
 * (docs/concurrency.md), and programs of their own. IOMT_EXPLORE=all tries all triples to their end.
 */
#include "test.h"
#include "world.h"
#include <time.h>

#define MAX_OPS 32u

/* Something that thread k does in a range of its own. */
struct op {
	const char *name;
	void (*run)(unsigned k);
	void (*expect)(unsigned k);    /* what becomes of the table; NULL: nothing */
	uint64_t (*focus)(unsigned k); /* where readers look; NULL: a reader */
	unsigned kinds;		       /* of tables, bit by bit */
};

#define EVERY	((1u << KINDS) - 1)
#define TRACKED (1u << DIRTY | 1u << BREAKS)

static const struct op *ops[EXPLORE_THREADS]; /* of the program under way */
static unsigned count;

static int map(unsigned k, uint64_t iova, uint64_t n, uint64_t oa)
{
	return iomt_pt_map(&world.pt, iova, oa, n * GRANULE, READ, &world.gathers[k]);
}

static void unmap(unsigned k, uint64_t iova, uint64_t n)
{
	uint64_t bytes;

	EXPECT(!iomt_pt_unmap(&world.pt, iova, n * GRANULE, &bytes, &world.gathers[k]));
	EXPECT(bytes == n * GRANULE);
}

static void protect(unsigned k, uint64_t iova, uint64_t n)
{
	EXPECT(!iomt_pt_protect(&world.pt, iova, n * GRANULE, READ, &world.gathers[k]));
}

static uint64_t free_granule(unsigned k)
{
	return SHARED_TABLE + k * GRANULE;
}

static uint64_t mapped_granule(unsigned k)
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
	EXPECT(!map(k, free_granule(k), 1, OA));
}

static void expect_granule(unsigned k)
{
	expect_map(free_granule(k), 1, OA, READ);
}

static void map_new(unsigned k)
{
	EXPECT(!map(k, new_granule(k), 1, OA));
}

static void expect_new(unsigned k)
{
	expect_map(new_granule(k), 1, OA, READ);
}

static void map_far(unsigned k)
{
	EXPECT(!map(k, far_granule(k), 1, OA));
	/* the driver was told, and what it did is seen */
	EXPECT((__atomic_load_n(&world.root, __ATOMIC_RELAXED) & 7) == 2);
}

static void expect_far(unsigned k)
{
	expect_map(far_granule(k), 1, OA, READ);
}

static void map_table(unsigned k)
{
	EXPECT(!map(k, far_table(k), 8, OA_ODD));
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
	EXPECT(!map(k, own_empty(k), 8, OA));
}

static void expect_large(unsigned k)
{
	expect_map(own_empty(k), 8, OA, READ);
}

/* Unmap, protect, dirty */

static void unmap_granule(unsigned k)
{
	unmap(k, mapped_granule(k), 1);
}

static void expect_unmapped(unsigned k)
{
	expect_unmap(mapped_granule(k), 1);
}

static void unmap_run(unsigned k)
{
	unmap(k, own_run(k), 4);
}

static void expect_no_run(unsigned k)
{
	expect_unmap(own_run(k), 4);
}

static void cut_run(unsigned k)
{
	unmap(k, cut_granule(k), 1);
}

static void expect_cut_run(unsigned k)
{
	expect_unmap(cut_granule(k), 1);
}

static void cut_large(unsigned k)
{
	unmap(k, large_granule(k), 1);
}

static void expect_cut_large(unsigned k)
{
	expect_unmap(large_granule(k), 1);
}

static void protect_granule(unsigned k)
{
	protect(k, mapped_granule(k), 1);
}

static void expect_protected(unsigned k)
{
	expect_protect(mapped_granule(k), 1, READ);
}

static void protect_large(unsigned k)
{
	protect(k, large_granule(k), 1);
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

static const struct op catalogue[] = {
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
#define OPS (sizeof(catalogue) / sizeof(catalogue[0]))

static void act(unsigned k)
{
	ops[k]->run(k);
}

/* All that was tried */
static uint64_t programs, unfinished, runs, pruned, steps;

static void tell(const char *what, const char *tables)
{
	printf("%s, tables that are %s: %" PRIu64 " programs, %" PRIu64
	       " not to their end; %" PRIu64 " interleavings (and %" PRIu64
	       " abandoned as known), %" PRIu64 " steps\n",
	       what, tables, programs, unfinished, runs, pruned, steps);
	fflush(stdout);
	programs = unfinished = runs = pruned = steps = 0;
}

static void name_program(char *name, size_t size)
{
	size_t at = (size_t)snprintf(name, size, "%s:", world_kind->name);

	for (unsigned k = 0; k < count; k++)
		at += (size_t)snprintf(name + at, size - at, " %s%s", k ? "| " : "", ops[k]->name);
}

static void try_program_to(void (*work)(unsigned k), void (*end)(void), unsigned threads,
			   uint64_t limit)
{
	struct explore program = {.threads = threads,
				  .act = work,
				  .look = world_look,
				  .end = end,
				  .memory = &world,
				  .bytes = sizeof(world),
				  .target = world_target,
				  .spins = &world.pt.splits,
				  .limit = limit};

	explore(&program);
	programs++;
	unfinished += !program.complete && !program.wrong;
	runs += program.runs;
	pruned += program.pruned;
	steps += program.steps;
	if (getenv("IOMT_EXPLORE_VERBOSE") && ops[0]) {
		char name[200];

		name_program(name, sizeof(name));
		printf("%s: %" PRIu64 " + %" PRIu64 "%s\n", name, program.runs, program.pruned,
		       program.complete ? "" : ", not to the end");
	}
	if (program.wrong) {
		char name[200] = "";

		if (ops[0])
			name_program(name, sizeof(name));
		CHECK_MSG(false, "%s: %s", name, program.wrong);
	}
}

static void try_program(void (*work)(unsigned k), unsigned threads, uint64_t limit)
{
	try_program_to(work, world_end, threads, limit);
}

static bool chosen(unsigned table, const unsigned *which, unsigned n)
{
	bool writes = false;

	count = n;
	for (unsigned k = 0; k < n; k++) {
		ops[k] = &catalogue[which[k]];
		writes = writes || ops[k]->focus;
		if (!(ops[k]->kinds & 1u << table))
			return false;
	}
	return writes;
}

static void try_ops(unsigned table, const unsigned *which, unsigned n, uint64_t limit)
{
	if (!chosen(table, which, n))
		return;
	world_open(&table_kinds[table]);
	for (unsigned k = 0; k < n; k++) {
		if (ops[k]->expect)
			ops[k]->expect(k);
	}
	try_program(act, n, limit);
}

/* Of the processor: what else the machine does is nothing to us. */
static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Every pair, to its end. */
static void pairs(void)
{
	for (unsigned table = 0; table < KINDS; table++) {
		for (unsigned a = 0; a < OPS; a++) {
			for (unsigned b = a; b < OPS; b++)
				try_ops(table, (unsigned[]){a, b}, 2, 0);
		}
		CHECK_EQ(unfinished, 0);
		tell("pairs", table_kinds[table].name);
	}
}

/*
 * Every triple. Short of IOMT_EXPLORE=all, this stops at so many interleavings of each, and on each
 * table after so many seconds of the processor.
 */
#define TRIPLE_RUNS    1000u
#define TRIPLE_SECONDS 1u

static void triples(void)
{
	bool all = getenv("IOMT_EXPLORE") && !strcmp(getenv("IOMT_EXPLORE"), "all");
	uint64_t left_out = 0;

	for (unsigned table = 0; table < KINDS; table++) {
		uint64_t until = now_ms() + TRIPLE_SECONDS * 1000;

		for (unsigned i = 0; i < OPS * OPS * OPS; i++) {
			unsigned a = i / OPS / OPS, b = i / OPS % OPS, c = i % OPS;

			if (a > b || b > c)
				continue;
			if (all || now_ms() < until)
				try_ops(table, (unsigned[]){a, b, c}, 3, all ? 0 : TRIPLE_RUNS);
			else
				left_out += chosen(table, (unsigned[]){a, b, c}, 3);
		}
		tell("triples", table_kinds[table].name);
	}
	if (left_out)
		printf("triples: no time for %" PRIu64 " of them\n", left_out);
}

/* A program of n threads that is not of the catalogue. */
static void begin_own(unsigned table, unsigned n)
{
	world_open(&table_kinds[table]);
	count = n;
	memset(ops, 0, sizeof(ops));
}

/*
 * Programs of their own.
 *
 * Who frees a table waits for the calls of that moment, as a grace period does: each call that may
 * meet it counts in and out.
 */
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

static void cursor_and_trim(void)
{
	struct iomt_pt_leaf leaf;

	for (unsigned table = 0; table < KINDS; table++) {
		for (unsigned warm = 0; warm < 2; warm++) {
			begin_own(table, 2);
			if (warm)
				iomt_pt_cursor_translate(&world.cursors[0], EMPTY, &leaf);
			try_program(use_or_trim, 2, 0);
		}
	}
	tell("cursor against trim", "all");
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

static void readers_and_trim(void)
{
	for (unsigned table = 0; table < KINDS; table++) {
		begin_own(table, 3);
		try_program(read_or_trim, 3, 0);
	}
	tell("readers against trim", "all");
}

/*
 * A mapper wants the table that is being trimmed. The ranges overlap, so the mapping may be lost;
 * memory is not, and nobody reaches a table that is gone.
 */
static void want_or_trim(unsigned k)
{
	EXPECT(!(k ? iomt_pt_trim(&world.pt, EMPTY, 16 * GRANULE, &world.gathers[k])
		   : map(k, EMPTY + GRANULE, 1, OA)));
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
		EXPECT(!map(k, EMPTY_BRANCH + 9 * GRANULE, 1, OA));
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

static void mapper_and_trim(void)
{
	for (unsigned table = 0; table < KINDS; table++) {
		begin_own(table, 3);
		memset(unspecified, true, sizeof(unspecified));
		try_program(want_or_trim, 3, 0);
		if (table == GROWS)
			continue;
		begin_own(table, 2);
		memset(unspecified, true, sizeof(unspecified));
		fill_gather(&world.gathers[1]);
		try_program_to(want_or_trim_branch, give_all_back, 2, 0);
	}
	tell("mapper against trim", "all");
}

static uint64_t wanted;

/* Who finds a mapping sees what its mapper wrote before; who finds none any more, too. */
static void write_and_map(unsigned k)
{
	struct iomt_pt_leaf leaf;

	if (!k) {
		__atomic_store_n(&world.data, 1, __ATOMIC_RELAXED);
		EXPECT(!map(k, wanted, 1, OA));
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

static void messages(void)
{
	static const uint64_t places[] = {SHARED_TABLE, NO_TABLE, NO_BRANCH};

	for (unsigned table = 0; table < KINDS; table++) {
		for (unsigned i = 0; i < 3; i++) {
			begin_own(table, 2);
			wanted = places[i];
			expect_map(wanted, 1, OA, READ);
			try_program(write_and_map, 2, 0);
		}
		begin_own(table, 2);
		wanted = mapped_granule(0);
		expect_unmap(wanted, 1);
		try_program(write_and_unmap, 2, 0);
	}
	tell("messages through a mapping", "all");
}

/* Hardware writes while something is done to the same leaf: the write is reported, now or later. */
static void (*beside)(unsigned k);

static void write_or(unsigned k)
{
	uint64_t *slot, entry;

	if (!k) {
		beside(k);
		return;
	}
	do {
		if (!world_walk(wanted, &slot, &entry))
			return;
	} while (!__atomic_compare_exchange_n(slot, &entry, entry | (1ULL << 60), false,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	world.data = 1;
}

static void no_write_is_lost(void)
{
	uint64_t *slot, entry;
	uint64_t found = world_walk(wanted, &slot, &entry);

	if (world.data && found && !(found & WRITTEN) && !(world.bitmaps[0] & 1))
		explore_wrong("a write is lost");
	world_end();
}

static void harvest_any(unsigned k)
{
	EXPECT(!iomt_pt_dirty(&world.pt, wanted, GRANULE, GRANULE, &world.bitmaps[k], 0,
			      &world.gathers[k]));
}

static void protect_any(unsigned k)
{
	protect(k, wanted, 1);
}

static void cut_beside(unsigned k)
{
	unmap(k, wanted ^ GRANULE, 1);
}

static void writes(void)
{
	static void (*const rivals[])(unsigned k) = {harvest_any, protect_any, cut_beside};
	static const uint64_t places[] = {SHARED_TABLE + 4 * GRANULE, CUT_RUN, CUT_RUN + GRANULE,
					  CUT_RUN + 3 * GRANULE, LARGE + 2 * GRANULE};

	for (unsigned i = 0; i < 3 * 5; i++) {
		beside = rivals[i / 5];
		wanted = places[i % 5];
		begin_own(DIRTY, 2);
		memset(unspecified, true, sizeof(unspecified));
		try_program_to(write_or, no_write_is_lost, 2, 0);
	}
	tell("hardware that writes", "dirty");
}

TEST_SUITE(orders, TEST(pairs), TEST(cursor_and_trim), TEST(readers_and_trim),
	   TEST(mapper_and_trim), TEST(messages), TEST(writes), TEST(triples));
