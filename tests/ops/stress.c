/* SPDX-License-Identifier: MIT */
/*
 * All that threads may do with one table, at once and at random, in every kind of table; see stress.h.
 * A round lays a table out, lets the threads loose on it, and when they have ended compares all of it
 * with what each of them knows, counts memory, and takes everything away.
 *
 * IOMT_TEST_TIMES makes rounds many times as many; so does IOMT_STRESS=n, for n operations in all. Then
 * what happened is printed by format, and races that never happened are failures.
 */
#include "stress.h"
#include <iomt/debug.h>
#include <pthread.h>

#define USUAL (stress_pauses ? 2000u : 20000u)	 /* operations of a round */
#define LONG  (stress_pauses ? 20000u : 200000u) /* in long runs */
#define PAGES 1024u
#define GROWS 8u /* times as many rounds, and as much shorter, where tops grow */
#define SEEDS 0x57e55

/* 0: the usual round of each, and no more. */
static uint64_t operations_wanted(void)
{
	const char *given = getenv("IOMT_STRESS");
	uint64_t usual = USUAL * ARENA_KINDS * kind_count, wanted = random_times(usual);

	if (given)
		return strtoull(given, NULL, 0);
	return wanted > usual ? wanted : 0;
}

/* As a driver programs hardware: the last state counts. */
static void tell(void *ctx, struct iomt_pt *pt)
{
	struct stress *s = ctx;
	uint64_t told = __atomic_load_n(&s->told, __ATOMIC_ACQUIRE);
	struct iomt_pt_hw hw;

	iomt_pt_hw(pt, &hw);
	while ((told & 7) < hw.levels &&
	       !__atomic_compare_exchange_n(&s->told, &told, hw.root | hw.levels, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		continue;
	__atomic_fetch_add(&s->counts.tops_told, 1, __ATOMIC_RELAXED);
}

static void open_table(struct stress *s, unsigned round)
{
	s->cfg = kind_cfg(s->kind);
	s->cfg.mem = &s->arena.mem;
	s->cfg.top_changed = s->kind->grows ? tell : NULL;
	s->cfg.ctx = s;
	CHECK_INT(iomt_pt_init(&s->pt, &s->cfg), 0);
	s->told = 0;
	if (s->kind->grows)
		tell(s, &s->pt);
	stress_lay_out(s, round);
}

/* What the device finds when all is quiet, with all slots of runs alike. */
static void compare_by_walker(struct stress *s)
{
	struct walker walker = kind_walker(s->kind);

	walker.word = arena_word;
	walker.ctx = &s->arena;
	iomt_pt_hw(&s->pt, &walker.hw);
	for (unsigned p = 0; p < s->plot_count; p++) {
		const struct plot *plot = &s->plots[p];

		for (uint32_t i = 0; i < plot->count; i++) {
			struct walk seen = walk(&walker, plot->iova + i * s->granule);
			struct found found = {seen.result == WALK_MAPPED, seen.write, false,
					      seen.oa};

			if (seen.result == WALK_BAD)
				stress_wrong(s, plot, i, seen.why);
			stress_judge(s, plot, i, stress_look(s, plot->first + i), &found);
		}
	}
	CHECK_EQ(walk_count_tables(&walker), s->arena.live_pages);
}

static void compare_by_library(struct stress *s)
{
	for (unsigned p = 0; p < s->plot_count; p++) {
		const struct plot *plot = &s->plots[p];

		for (uint32_t i = 0; i < plot->count; i++) {
			struct iomt_pt_leaf leaf = {0};
			int err = iomt_pt_translate(&s->pt, plot->iova + i * s->granule, &leaf);
			struct found found = {!err, leaf.prot & IOMT_WRITE, false, leaf.oa};

			stress_judge(s, plot, i, stress_look(s, plot->first + i), &found);
		}
	}
}

/* Writes that nobody has read of yet are still there. */
static void compare_writes(struct stress *s)
{
	for (uint32_t g = 0; s->tracked && g < s->granules; g++) {
		const struct plot *plot = &s->plots[s->plot_of[g]];
		struct iomt_pt_leaf leaf = {0};

		if (s->marks[g] != MARK_WRITTEN)
			continue;
		iomt_pt_translate(&s->pt, plot->iova + (g - plot->first) * s->granule, &leaf);
		if (!leaf.dirty)
			stress_wrong(s, plot, g - plot->first, "a write is lost");
	}
}

static void compare_memory(struct stress *s)
{
	struct iomt_pt_stats stats;
	uint64_t tables = 0;

	iomt_pt_stats(&s->pt, &stats);
	for (unsigned level = 0; level < IOMT_PT_MAX_LEVELS; level++)
		tables += stats.tables[level];
	CHECK_EQ(stats.bytes, s->arena.live_bytes);
	CHECK_EQ(tables, s->arena.live_pages);
}

/* Unmaps and trims all of the table: as much goes as was there, and one table stays. */
static void clear(struct stress *s)
{
	uint64_t expected = 0, removed = 0, bytes, first, last, half;
	struct iomt_gather gather;

	iomt_gather_init(&gather);
	for (uint32_t g = 0; g < s->granules; g++)
		expected += (s->states[g] & 0xff) != 0;
	CHECK_INT(iomt_pt_unmap(&s->pt, s->contested, s->slots * s->granule, NULL, &gather), 0);
	iomt_pt_bounds(&s->pt, &first, &last);
	half = (last - first) / 2 + 1; /* all of it may be 2^64 bytes */
	for (unsigned i = 0; i < 2; i++) {
		CHECK_INT(iomt_pt_unmap(&s->pt, first + i * half, half, &bytes, &gather), 0);
		CHECK_INT(iomt_pt_trim(&s->pt, first + i * half, half, &gather), 0);
		removed += bytes;
	}
	CHECK_EQ(removed, expected * s->granule);
	arena_begin_release();
	iomt_gather_release(&gather);
	CHECK_EQ(s->arena.live_pages, 1);
	iomt_pt_destroy(&s->pt);
	arena_end_release();
	CHECK_EQ(s->arena.live_pages, 0);
}

static void add_counts(struct counts *sum, const struct counts *more)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)more;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

static void run_threads(struct stress *s)
{
	static struct worker workers[THREADS];
	pthread_t threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.s = s, .index = i};
		random_init(&workers[i].random, s->seed);
		workers[i].random.state += i * 0x9e3779b97f4a7c15ULL << 32;
		s->epochs.threads[i].seen = s->epochs.now;
	}
	for (unsigned i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, i == HARDWARE ? stress_walk : stress_work,
				      &workers[i]));
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	arena_begin_release();
	for (unsigned i = 0; i < THREADS; i++) {
		for (unsigned k = 0; k < 2 && i != HARDWARE; k++) {
			workers[i].counts.released += workers[i].gathers[k].tables;
			iomt_gather_release(&workers[i].gathers[k]);
		}
		add_counts(&s->counts, &workers[i].counts);
	}
	arena_end_release();
}

static void play_round(struct stress *s, unsigned round, uint64_t operations)
{
	struct iomt_pt_hw before, after;

	s->seed++;
	open_table(s, round);
	iomt_pt_hw(&s->pt, &before);
	s->frontier = 0;
	s->focus = 0;
	s->contest = 0;
	s->done = 0;
	s->took_part = 0;
	s->wanted = operations;
	run_threads(s);
	iomt_pt_hw(&s->pt, &after);
	s->counts.growths += after.levels - before.levels;
	s->counts.splits += s->pt.splits / 2;
	CHECK_EQ(s->pt.splits % 2, 0);
	compare_by_walker(s);
	compare_by_library(s);
	compare_writes(s);
	compare_memory(s);
	clear(s);
}

static void play_kind(struct stress *s, enum arena_kind memory, unsigned rounds,
		      uint64_t operations)
{
	bool arm = s->kind->walk == WALK_ARM_S1 || s->kind->walk == WALK_ARM_S2;

	s->granule = 1ULL << s->kind->granule_lg2;
	s->slots = s->granule / 8;
	s->breaks = arm && s->kind->bbm < 2;
	s->tracked = s->kind->flags & IOMT_PT_DIRTY;
	if (s->kind->grows) { /* but a few times in a table's life */
		rounds *= GROWS;
		operations /= GROWS;
	}
	arena_init(&s->arena, memory, s->kind->granule_lg2, PAGES);
	for (unsigned round = 0; round < rounds; round++)
		play_round(s, round, operations);
	arena_destroy(&s->arena);
	free(s->states);
	free(s->marks);
	free(s->plot_of);
	s->states = NULL;
	s->marks = NULL;
	s->plot_of = NULL;
}

static const struct {
	const char *what;
	size_t at;
} races[] = {
#define RACE(name, field)                                               \
	{                                                               \
		name, offsetof(struct counts, field) / sizeof(uint64_t) \
	}
	RACE("tables installed by somebody faster", lost_installs),
	RACE("tables taken out", trimmed),
	RACE("and freed after their epoch", released),
	RACE("levels that tops grew by", growths),
	RACE("tops told of", tops_told),
	RACE("splits", splits),
	RACE("breaks before leaves were made anew", breaks),
	RACE("lookups while the granule changed", overtaken),
	RACE("walks by the device", walks),
	RACE("walks while the granule changed", walks_overtaken),
	RACE("writes by the device", writes),
	RACE("writes that met a changed entry", writes_lost),
	RACE("writes reported", reports),
	RACE("mappings lost where the rules are broken", lost_mappings),
#undef RACE
};

static void print(const struct counts *sum, bool must)
{
	const uint64_t *counts = (const uint64_t *)sum;

	for (size_t i = 0; i < sizeof(races) / sizeof(races[0]); i++) {
		printf("stress: %12" PRIu64 " %s\n", counts[races[i].at], races[i].what);
		CHECK_MSG(!must || counts[races[i].at], "it never happened: %s", races[i].what);
	}
	if (stress_pauses)
		printf("stress: %12" PRIu64 " pauses, %" PRIu64 " compare-and-swaps lost\n",
		       stress_paused(), stress_lost_swaps());
	CHECK(!must || !stress_pauses || stress_lost_swaps());
}

/* In a debug build: where all break the rules, calls overlap. Nothing else is ever noticed. */
static void overlap_is_meant(void *ctx, enum iomt_rule rule, const void *where)
{
	(void)ctx;
	(void)where;
	REQUIRE(rule == IOMT_RULE_OVERLAP);
}

static void all_kinds(void)
{
	static struct stress s;
	uint64_t wanted = operations_wanted(), each = wanted / (kind_count * ARENA_KINDS);
	uint64_t operations = wanted ? LONG : USUAL;
	unsigned rounds = wanted ? (unsigned)(each / operations) + 1 : 1;
	struct counts sum = {0};

	iomt_debug_report(overlap_is_meant, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0); /* what was done before something goes wrong */
	for (size_t i = 0; i < kind_count; i++) {
		s.kind = &kinds[i];
		s.seed = SEEDS + ((uint64_t)i << 32);
		s.counts = (struct counts){0};
		for (int memory = 0; memory < ARENA_KINDS; memory++)
			play_kind(&s, (enum arena_kind)memory, rounds, operations);
		if (wanted)
			printf("stress: %12" PRIu64 " operations on %s, in %u rounds\n",
			       s.counts.operations, s.kind->name, ARENA_KINDS * rounds);
		add_counts(&sum, &s.counts);
	}
	printf("stress: %12" PRIu64 " operations on all kinds of tables\n", sum.operations);
	iomt_debug_report(NULL, NULL);
	print(&sum, wanted);
}

TEST_SUITE(stress, TEST(all_kinds));
