/* SPDX-License-Identifier: MIT */
/*
 * Threads on one table: disjoint ranges, leaves and tables that they share, readers at any time.
 * Meant for the thread sanitizer too.
 */
#include "kinds.h"
#include "test.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define RW	(IOMT_READ | IOMT_WRITE)
#define THREADS 4u

struct worker {
	struct table *t;
	unsigned index;
	uint64_t state;
	struct iomt_gather gather;
	pthread_barrier_t *start;
	bool *stop;
	uint64_t reported;
};

static uint64_t draw(struct worker *w)
{
	w->state = w->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return w->state >> 33;
}

static void no_wait(struct iomt_gather *gather)
{
	(void)gather;
}

/* Runs THREADS workers from a common start, with readers beside them. */
static void together(struct table *t, void *(*work)(void *), void *(*read)(void *),
		     struct worker workers[THREADS + 1])
{
	pthread_t threads[THREADS + 1];
	pthread_barrier_t start;
	bool stop = false;

	pthread_barrier_init(&start, NULL, THREADS + (read ? 1 : 0));
	for (unsigned i = 0; i < THREADS + (read ? 1 : 0); i++) {
		workers[i] = (struct worker){
			.t = t, .index = i, .state = i * 77 + 1, .start = &start, .stop = &stop};
		iomt_gather_init(&workers[i].gather);
		workers[i].gather.sync = no_wait;
		pthread_create(&threads[i], NULL, i < THREADS ? work : read, &workers[i]);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	if (read)
		pthread_join(threads[THREADS], NULL);
	for (unsigned i = 0; i < THREADS + (read ? 1 : 0); i++)
		iomt_gather_release(&workers[i].gather);
	pthread_barrier_destroy(&start);
}

#define OFFSET_OA 0x10000000ULL

/* Whatever a reader finds is right: output follows input. */
static void *read_anything(void *arg)
{
	struct worker *w = arg;
	struct iomt_pt_leaf leaf;
	struct iomt_pt_run run;

	pthread_barrier_wait(w->start);
	while (!__atomic_load_n(w->stop, __ATOMIC_ACQUIRE)) {
		uint64_t at = table_at(w->t, draw(w) % 4096);
		int got = iomt_pt_translate(&w->t->pt, at, &leaf);

		REQUIRE(!got || got == IOMT_ENOENT);
		REQUIRE(got || leaf.oa - OFFSET_OA == at - w->t->first);
		got = iomt_pt_next(&w->t->pt, at, at + 64 * w->t->granule - 1, &run);
		REQUIRE(!got || got == IOMT_ENOENT);
		REQUIRE(got || run.oa - OFFSET_OA == run.iova - w->t->first);
	}
	return NULL;
}

/* Maps and unmaps granules that interleave with the others' in the same leaf tables. */
static void *interleave(void *arg)
{
	struct worker *w = arg;
	uint64_t g = w->t->granule, bytes;

	pthread_barrier_wait(w->start);
	for (unsigned round = 0; round < 300; round++) {
		uint64_t block = draw(w) % 512, at = (block * THREADS + w->index) * 2;
		uint64_t iova = table_at(w->t, at), n = 1 + draw(w) % 2;
		struct iomt_pt_leaf leaf;

		REQUIRE(!iomt_pt_map(&w->t->pt, iova, OFFSET_OA + at * g, n * g, RW, NULL));
		REQUIRE(!iomt_pt_translate(&w->t->pt, iova, &leaf));
		REQUIRE(iomt_pt_map(&w->t->pt, iova, 0, g, RW, NULL) == IOMT_EEXIST);
		REQUIRE(!iomt_pt_protect(&w->t->pt, iova, n * g, IOMT_READ, &w->gather));
		REQUIRE(!iomt_pt_unmap(&w->t->pt, iova, 2 * g, &bytes, &w->gather));
		REQUIRE(bytes == n * g);
		REQUIRE(iomt_pt_translate(&w->t->pt, iova, &leaf) == IOMT_ENOENT);
	}
	return NULL;
}

static void disjoint_ranges(void)
{
	static const char *const names[] = {"amdv1",	 "x86_64_5",	"vtd_ss_3",   "arm_s1_16k",
					    "arm_s2_4k", "amdv1_grows", "riscv_sv39", "riscv_s2"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		static struct worker workers[THREADS + 1];
		static struct table t;

		for (int provider = PROVIDER_LINEAR; provider <= PROVIDER_INCOHERENT; provider++) {
			table_open(&t, kind_named(names[i]), (enum provider_kind)provider);
			together(&t, interleave, read_anything, workers);
			table_close(&t);
		}
	}
}

/* An incoherent walker sees a mapping as soon as map has returned, whoever linked its tables. */
static void *map_and_look(void *arg)
{
	struct worker *w = arg;
	struct walker walker = table_walker(w->t, true);
	uint64_t slots = w->t->granule / 8;

	pthread_barrier_wait(w->start);
	for (uint64_t table = 0; table < 60; table++) {
		uint64_t at = table * slots + w->index, iova = table_at(w->t, at);
		struct walk seen;

		REQUIRE(!iomt_pt_map(&w->t->pt, iova, OFFSET_OA + at * w->t->granule, w->t->granule,
				     RW, NULL));
		seen = walk(&walker, iova);
		REQUIRE(seen.result == WALK_MAPPED);
	}
	return NULL;
}

static void incoherent_walker(void)
{
	static const char *const names[] = {"amdv1",	    "x86_64_4",	  "vtd_ss_4", "arm_s1_4k",
					    "arm_s2_4k_48", "riscv_sv48", "riscv_s2"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		static struct worker workers[THREADS + 1];
		static struct table t;

		table_open(&t, kind_named(names[i]), PROVIDER_INCOHERENT);
		together(&t, map_and_look, NULL, workers);
		table_close(&t);
	}
}

/*
 * Another mapper is faster to link the table that this one is about to link. The moment is when
 * this one cleans it.
 */
struct faster {
	struct table t;
	bool done;
};

static struct faster faster;

static void map_beside(void *ctx)
{
	(void)ctx;
	if (faster.done)
		return;
	faster.done = true;
	REQUIRE(!iomt_pt_map(&faster.t.pt, table_at(&faster.t, 1), OFFSET_OA, faster.t.granule, RW,
			     NULL));
}

static void slower_mapper(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		table_open(&faster.t, &kinds[i], PROVIDER_INCOHERENT);
		faster.done = false;
		faster.t.provider.on_clean = map_beside;
		table_map(&faster.t, faster.t.first, OFFSET_OA, faster.t.granule, RW);
		faster.t.provider.on_clean = NULL;
		table_expect(&faster.t, faster.t.first, OFFSET_OA, kinds[i].granule_lg2);
		table_expect(&faster.t, table_at(&faster.t, 1), OFFSET_OA, kinds[i].granule_lg2);
		/* memory is checked: what the slower one had taken went back */
		table_close(&faster.t);
	}
}

/* All threads cut their ranges out of the same large leaf. */
static void *cut(void *arg)
{
	struct worker *w = arg;
	uint64_t g = w->t->granule, total = 0, bytes;

	pthread_barrier_wait(w->start);
	for (uint64_t at = w->index; at < 512; at += THREADS) {
		if (at % 3)
			REQUIRE(!iomt_pt_protect(&w->t->pt, table_at(w->t, at), g, IOMT_READ,
						 &w->gather));
		REQUIRE(!iomt_pt_unmap(&w->t->pt, table_at(w->t, at), g, &bytes, &w->gather));
		total += bytes;
	}
	w->reported = total;
	return NULL;
}

static void one_leaf_for_all(void)
{
	static const char *const names[] = {"amdv1",	    "x86_64_4",	  "vtd_ss_4", "arm_s1_4k",
					    "arm_s2_4k_48", "riscv_sv48", "riscv_s2"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		static struct worker workers[THREADS + 1];
		static struct table t;
		uint64_t total = 0;

		for (unsigned round = 0; round < 8; round++) {
			table_open(&t, kind_named(names[i]), PROVIDER_LINEAR);
			table_map(&t, t.first, OFFSET_OA, 512 * t.granule, RW);
			together(&t, cut, read_anything, workers);
			total = 0;
			for (unsigned w = 0; w < THREADS; w++)
				total += workers[w].reported;
			CHECK_EQ(total, 512 * t.granule);
			table_close(&t);
		}
	}
}

/*
 * Two threads meet in a run: one cuts it at "cut", the other works on a part of it that lies between
 * boundaries then. What is not that part's stays as it was.
 */
struct meeting {
	struct table t;
	uint64_t run; /* where it begins */
	uint64_t size;
	uint64_t cut;	  /* a granule to remove */
	bool harvest;	  /* the other part's work: else it is removed */
	uint32_t arrived; /* at all rendezvous so far */
};

static struct meeting meeting;

#define MEETINGS 3000u

/* Both leave at the same moment, as sleepers never do. */
static void rendezvous(void)
{
	uint32_t all = (__atomic_fetch_add(&meeting.arrived, 1, __ATOMIC_ACQ_REL) | 1) + 1;

	while ((int32_t)(__atomic_load_n(&meeting.arrived, __ATOMIC_ACQUIRE) - all) < 0)
		continue;
}

/* So that each meets the other at every moment of what it does. */
static void linger(unsigned i)
{
	for (volatile unsigned n = i * 37 % 12000; n; n--)
		continue;
}

static void *cut_it(void *arg)
{
	struct iomt_gather gather;

	(void)arg;
	iomt_gather_init(&gather);
	gather.sync = no_wait;
	for (unsigned i = 0; i < MEETINGS; i++) {
		rendezvous();
		if (meeting.harvest)
			linger(i);
		REQUIRE(!iomt_pt_unmap(&meeting.t.pt, meeting.cut, meeting.t.granule, NULL,
				       &gather));
		rendezvous();
	}
	iomt_gather_release(&gather);
	return NULL;
}

static void write_to(const struct walker *walker, uint64_t iova)
{
	struct walk found = walk(walker, iova);

	REQUIRE(walk_mark_dirty(walker, &found));
}

/* A write into the run's lower half; others before it make the harvest come there late. */
static void writes(void)
{
	struct walker walker = table_walker(&meeting.t, false);

	for (uint64_t at = meeting.t.first; at < meeting.run; at += 8 * meeting.t.granule)
		write_to(&walker, at);
	write_to(&walker, meeting.run + meeting.size / 2 - 2 * meeting.t.granule);
}

/* Maps the run, lets the threads meet, and takes what is left away. */
static void meet(uint64_t first, uint64_t length, void (*check)(void))
{
	struct table *t = &meeting.t;
	static uint64_t bitmap[64];
	pthread_t other;

	meeting.arrived = 0;
	pthread_create(&other, NULL, cut_it, NULL);
	for (unsigned i = 0; i < MEETINGS; i++) {
		table_map(t, meeting.run, meeting.size, meeting.size, RW);
		if (meeting.harvest)
			writes();
		rendezvous();
		if (!meeting.harvest)
			linger(i);
		if (meeting.harvest)
			REQUIRE(!iomt_pt_dirty(&t->pt, first, length, t->granule, bitmap, 0,
					       &t->gather));
		else
			REQUIRE(!iomt_pt_unmap(&t->pt, first, length, NULL, &t->gather));
		rendezvous();
		check();
		REQUIRE(!iomt_pt_unmap(&t->pt, meeting.run, meeting.size, NULL, &t->gather));
		iomt_gather_release(&t->gather);
	}
	pthread_join(other, NULL);
}

static void upper_half_is_gone(void)
{
	uint64_t last = meeting.run + meeting.size - 1, half = meeting.run + meeting.size / 2;
	struct iomt_pt_run run;

	REQUIRE(iomt_pt_next(&meeting.t.pt, half, last, &run) == IOMT_ENOENT);
	REQUIRE(!iomt_pt_next(&meeting.t.pt, meeting.run, last, &run));
	REQUIRE(run.iova == meeting.run + meeting.t.granule);
}

static void upper_half_is_dirty(void)
{
	struct iomt_pt_leaf leaf;

	REQUIRE(!iomt_pt_translate(&meeting.t.pt, meeting.run + meeting.size / 2, &leaf));
	REQUIRE(leaf.dirty);
}

static void parts_of_a_run(void)
{
	static const struct {
		const char *kind;
		uint64_t size;
	} rows[] = {{"amdv1", 0x100000},
		    {"arm_s1_4k", 0x10000},
		    {"arm_s1_16k", 0x200000},
		    {"riscv_sv48", 0x10000}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		table_open(&meeting.t, kind_named(rows[i].kind), PROVIDER_LINEAR);
		meeting.size = rows[i].size;
		meeting.run = meeting.t.first + 8 * rows[i].size;
		meeting.cut = meeting.run;
		meeting.harvest = false;
		meet(meeting.run + meeting.size / 2, meeting.size / 2, upper_half_is_gone);
		table_close(&meeting.t);
	}
}

static void dirty_parts_of_a_run(void)
{
	table_open(&meeting.t, kind_named("amdv1_dirty"), PROVIDER_LINEAR);
	meeting.size = 0x100000;
	meeting.run = meeting.t.first + 8 * meeting.size;
	meeting.cut = meeting.run + meeting.size - meeting.t.granule;
	meeting.harvest = true;
	table_map(&meeting.t, meeting.t.first, meeting.t.granule, meeting.run - meeting.t.first,
		  RW);
	meet(meeting.t.first, meeting.run - meeting.t.first + meeting.size / 2,
	     upper_half_is_dirty);
	table_close(&meeting.t);
}

/*
 * Cursors in tables that come and go: each thread trims what is its own, while the others' tables
 * next to it are in use, and finds its cursor right afterwards.
 */
static void *map_and_trim(void *arg)
{
	struct worker *w = arg;
	uint64_t g = w->t->granule, slots = g / 8, bytes;
	uint64_t base = table_at(w->t, 2 * w->index * slots);
	struct iomt_pt_cursor cursor;

	iomt_pt_cursor_init(&cursor, &w->t->pt);
	pthread_barrier_wait(w->start);
	for (unsigned round = 0; round < 100; round++) {
		uint64_t at = base + draw(w) % (2 * slots - 8) * g;
		struct iomt_pt_leaf leaf;

		for (uint64_t i = 0; i < 8; i++) {
			uint64_t iova = at + i * g, oa = OFFSET_OA + (iova - w->t->first);

			REQUIRE(!iomt_pt_cursor_map(&cursor, iova, oa, g, RW, NULL));
			REQUIRE(!iomt_pt_cursor_translate(&cursor, iova + 5, &leaf));
			REQUIRE(leaf.oa == oa + 5);
		}
		for (uint64_t i = 0; i < 8; i++) {
			REQUIRE(!iomt_pt_cursor_unmap(&cursor, at + i * g, g, &bytes, &w->gather));
			REQUIRE(bytes == g);
		}
		if (draw(w) % 2)
			REQUIRE(!iomt_pt_trim(&w->t->pt, base, 2 * slots * g, &w->gather));
	}
	return NULL;
}

static void cursors(void)
{
	static const char *const names[] = {"amdv1", "x86_64_4", "arm_s1_16k", "arm_s2_4k",
					    "riscv_sv57x4"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		static struct worker workers[THREADS + 1];
		static struct table t;

		table_open(&t, kind_named(names[i]), PROVIDER_LINEAR);
		together(&t, map_and_trim, read_anything, workers);
		table_close(&t);
	}
}

/*
 * Hardware writes while permissions change and dirty state is read: each write is reported, now or
 * next time. A page is written again only after its last write was reported, so that a report that
 * is lost stays lost.
 */
#define PAGES 64u

static bool unreported[PAGES];

static void *hardware(void *arg)
{
	struct worker *w = arg;
	struct walker walker = table_walker(w->t, false);

	pthread_barrier_wait(w->start);
	while (!__atomic_load_n(w->stop, __ATOMIC_ACQUIRE)) {
		uint64_t page = draw(w) % PAGES;
		struct walk found;

		if (__atomic_load_n(&unreported[page], __ATOMIC_ACQUIRE))
			continue;
		found = walk(&walker, table_at(w->t, page));
		if (found.result != WALK_MAPPED || !found.write)
			continue;
		__atomic_store_n(&unreported[page], true, __ATOMIC_RELEASE);
		if (!walk_mark_dirty(&walker, &found))
			__atomic_store_n(&unreported[page], false, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* Clears the marks of the pages from "from" on that a bitmap reports. */
static void take_reports(uint64_t bitmap, uint64_t from, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		if (bitmap >> i & 1)
			__atomic_store_n(&unreported[from + i], false, __ATOMIC_RELEASE);
	}
}

/* Changes permissions and back, then reads and clears dirty state, each thread in its quarter. */
static void *harvest(void *arg)
{
	struct worker *w = arg;
	uint64_t g = w->t->granule, n = PAGES / THREADS, from = w->index * n;

	pthread_barrier_wait(w->start);
	for (unsigned round = 0; round < 2000; round++) {
		uint64_t iova = table_at(w->t, from), bitmap = 0;

		for (int i = 0; i < 3; i++) {
			REQUIRE(!iomt_pt_protect(&w->t->pt, iova, n * g, IOMT_READ, &w->gather));
			REQUIRE(!iomt_pt_protect(&w->t->pt, iova, n * g, RW, &w->gather));
		}
		REQUIRE(!iomt_pt_dirty(&w->t->pt, iova, n * g, g, &bitmap, 0, &w->gather));
		take_reports(bitmap, from, n);
	}
	return NULL;
}

static void no_dirty_page_is_lost(void)
{
	static const char *const names[] = {"amdv1_dirty",     "x86_64_5",  "vtd_ss_3",
					    "arm_s1_4k_ttbr1", "arm_s2_4k", "riscv_sv39",
					    "riscv_sv39x4"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		static struct worker workers[THREADS + 1];
		static struct table t;
		uint64_t bitmap = 0;

		memset(unreported, 0, sizeof(unreported));
		table_open(&t, kind_named(names[i]), PROVIDER_LINEAR);
		/* single granules: output addresses that no run can have */
		table_map(&t, t.first, t.granule, PAGES * t.granule, RW);
		together(&t, harvest, hardware, workers);
		CHECK_INT(iomt_pt_dirty(&t.pt, t.first, PAGES * t.granule, t.granule, &bitmap, 0,
					&t.gather),
			  0);
		take_reports(bitmap, 0, PAGES);
		for (uint64_t page = 0; page < PAGES; page++)
			CHECK_MSG(!unreported[page], "%s: the write to page %" PRIu64 " is lost",
				  names[i], page);
		table_close(&t);
	}
}

/* Threads that make the top grow at the same time; nobody returns before the driver was told. */
static uint64_t told_levels;

static void tell(void *ctx, struct iomt_pt *pt)
{
	struct iomt_pt_hw hw;
	uint64_t before = __atomic_load_n(&told_levels, __ATOMIC_ACQUIRE);

	(void)ctx;
	iomt_pt_hw(pt, &hw);
	while (before < hw.levels &&
	       !__atomic_compare_exchange_n(&told_levels, &before, hw.levels, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		continue;
}

static void *grow(void *arg)
{
	struct worker *w = arg;

	pthread_barrier_wait(w->start);
	for (unsigned levels = 2; levels <= 6; levels++) {
		uint64_t iova = (1ULL << (12 + 9 * (levels - 1))) + w->index * 0x1000;
		struct iomt_pt_leaf leaf;

		REQUIRE(!iomt_pt_map(&w->t->pt, iova, 0x1000, 0x1000, RW, NULL));
		REQUIRE(__atomic_load_n(&told_levels, __ATOMIC_ACQUIRE) >= levels);
		REQUIRE(!iomt_pt_translate(&w->t->pt, iova, &leaf));
		REQUIRE(iomt_pt_translate_many(&w->t->pt, &iova, 1, &leaf) == 1);
	}
	return NULL;
}

static void growing_top(void)
{
	for (unsigned round = 0; round < 50; round++) {
		static struct worker workers[THREADS + 1];
		static struct table t;

		table_open(&t, kind_named("amdv1_grows"), PROVIDER_LINEAR);
		iomt_pt_destroy(&t.pt);
		t.cfg.top_changed = tell;
		told_levels = 1;
		CHECK_INT(iomt_pt_init(&t.pt, &t.cfg), 0);
		together(&t, grow, NULL, workers);
		table_close(&t);
	}
}

TEST_SUITE(threads, TEST(disjoint_ranges), TEST(cursors), TEST(parts_of_a_run),
	   TEST(dirty_parts_of_a_run), TEST(incoherent_walker), TEST(slower_mapper),
	   TEST(one_leaf_for_all), TEST(no_dirty_page_is_lost), TEST(growing_top));
