/* SPDX-License-Identifier: MIT */
/*
 * The software IOTLB with readers, walkers and invalidators at once. Blocks of 2M have an output
 * that tells their generation, so that whoever finds a translation can say how old it is. Meant for
 * the thread sanitizer too.
 */
#include "cache.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#define BLOCKS	   8u /* 2M each */
#define PASIDS	   3u
#define WRITERS	   2u
#define THREADS	   4u
#define ROUNDS	   10000u
#define GENERATION 21 /* log2 of what is below the generation in an output */

/* The "tables" and, for each block, the generation whose invalidation has returned. */
static uint64_t table[PASIDS][BLOCKS], invalidated[PASIDS][BLOCKS];
static struct cache cache;
static unsigned writers;
static uint64_t hit_count;

struct worker {
	pthread_t thread;
	unsigned index;
	uint64_t state;
};

static uint64_t draw(struct worker *w, uint64_t limit)
{
	w->state = w->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (w->state >> 33) % limit;
}

static struct iomt_tlb_space name(uint32_t pasid)
{
	struct iomt_tlb_space space;

	REQUIRE(!iomt_tlb_space_init(&space, cache.tlb, 1, 1, pasid, 1));
	return space;
}

/* A writer goes on until it has done its part, and readers have found something. */
static bool goes_on(unsigned round, unsigned rounds)
{
	return round < rounds || __atomic_load_n(&hit_count, __ATOMIC_RELAXED) < rounds;
}

/* Reads the table, takes its time, and caches the block or the page. */
static void walk(struct worker *w, struct iomt_tlb_space *space, uint32_t pasid, uint64_t iova)
{
	uint64_t token = iomt_tlb_begin(space);
	uint64_t generation = __atomic_load_n(&table[pasid][iova >> 21], __ATOMIC_ACQUIRE);
	struct iomt_tlb_entry entry = {.prot = RW, .size_lg2 = draw(w, 2) ? 12 : 21};
	int err;

	if (!draw(w, 8))
		sched_yield();
	entry.oa = generation << GENERATION | (iova & 0x1fffff);
	err = iomt_tlb_insert(space, token, iova, &entry);
	REQUIRE(!err || err == IOMT_EAGAIN);
}

static void *read_and_walk(void *arg)
{
	struct worker *w = arg;
	struct iomt_tlb_space spaces[PASIDS];

	for (uint32_t pasid = 0; pasid < PASIDS; pasid++)
		spaces[pasid] = name(pasid);
	while (__atomic_load_n(&writers, __ATOMIC_ACQUIRE)) {
		uint32_t pasid = (uint32_t)draw(w, PASIDS);
		uint64_t iova = draw(w, BLOCKS) << 21 | draw(w, 4) << 12 | draw(w, 4096);
		uint64_t least = __atomic_load_n(&invalidated[pasid][iova >> 21], __ATOMIC_ACQUIRE);
		struct iomt_tlb_entry entry;

		if (iomt_tlb_lookup(&spaces[pasid], iova, &entry)) {
			walk(w, &spaces[pasid], pasid, iova);
			continue;
		}
		__atomic_fetch_add(&hit_count, 1, __ATOMIC_RELAXED);
		REQUIRE(entry.oa >> GENERATION >= least);
		REQUIRE((entry.oa & 0x1fffff) == (iova & 0x1fffff));
		REQUIRE(entry.prot == RW);
	}
	return NULL;
}

/* Blocks of its own get another output, and are invalidated in one way or another. */
static void *change_and_invalidate(void *arg)
{
	struct worker *w = arg;

	for (unsigned round = 0; goes_on(round, ROUNDS); round++) {
		uint32_t pasid = (uint32_t)draw(w, PASIDS);
		uint64_t block = draw(w, BLOCKS / WRITERS) * WRITERS + w->index;
		struct iomt_tlb_space space = name(pasid);
		uint64_t generation = table[pasid][block] + 1, first = block << 21;

		__atomic_store_n(&table[pasid][block], generation, __ATOMIC_RELEASE);
		switch (draw(w, 16)) {
		case 0:
			iomt_tlb_invalidate_all(cache.tlb);
			break;
		case 1:
			iomt_tlb_invalidate_unit(&space);
			break;
		case 2:
			iomt_tlb_invalidate_domain(&space);
			break;
		case 3:
		case 4:
			iomt_tlb_invalidate_pasid(&space);
			break;
		case 5:
			iomt_tlb_invalidate_range(&space, 0, UINT64_MAX);
			break;
		default:
			iomt_tlb_invalidate_range(&space, first, first + 0x1fffff);
			break;
		}
		__atomic_store_n(&invalidated[pasid][block], generation, __ATOMIC_RELEASE);
		if (!draw(w, 4))
			sched_yield();
	}
	__atomic_sub_fetch(&writers, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void run(void *(*write)(void *), void *(*read)(void *))
{
	static struct worker workers[THREADS];

	writers = WRITERS;
	hit_count = 0;
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.index = i, .state = i * 77 + 1};
		CHECK(!pthread_create(&workers[i].thread, NULL, i < WRITERS ? write : read,
				      &workers[i]));
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
}

/* Once an invalidation has returned, nobody finds what was there before. In large caches and small. */
static void never_stale(void)
{
	static const uint32_t entries[] = {3, 48, 3000};

	for (unsigned i = 0; i < 6; i++) {
		memset(table, 0, sizeof(table));
		memset(invalidated, 0, sizeof(invalidated));
		cache_open(&cache, entries[i % 3], i < 3 ? 1 : 100, 0);
		run(change_and_invalidate, read_and_walk);
		cache_close(&cache);
	}
}

/* One set, and more pages than it has places: nobody reads the key of one and the value of another. */
static void *insert_in_turn(void *arg)
{
	struct iomt_tlb_space space = name(0);

	(void)arg;
	for (unsigned round = 0; goes_on(round, 1000 * ROUNDS); round++) {
		struct iomt_tlb_entry entry = {.prot = RW, .size_lg2 = 12};
		uint64_t page = round % 5;

		entry.oa = page << 12;
		iomt_tlb_insert(&space, iomt_tlb_begin(&space), page << 12, &entry);
	}
	__atomic_sub_fetch(&writers, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void *read_in_turn(void *arg)
{
	struct iomt_tlb_space space = name(0);

	(void)arg;
	for (uint64_t page = 0; __atomic_load_n(&writers, __ATOMIC_ACQUIRE);
	     page = page < 4 ? page + 1 : 0) {
		struct iomt_tlb_entry entry;

		if (iomt_tlb_lookup(&space, page << 12, &entry))
			continue;
		__atomic_fetch_add(&hit_count, 1, __ATOMIC_RELAXED);
		REQUIRE(entry.oa == page << 12);
	}
	return NULL;
}

static void never_torn(void)
{
	cache_open(&cache, 3, 10, 0);
	run(insert_in_turn, read_in_turn);
	cache_close(&cache);
}

/*
 * Memory behind translations: a page has two frames in turn. The one that it leaves is taken away
 * when the readers of that moment have gone, and not before.
 */
static struct {
	uint64_t current;
	uint64_t taken[2];
} frames[BLOCKS];

static void *use_frames(void *arg)
{
	struct worker *w = arg;
	struct iomt_tlb_space space = name(0);

	while (__atomic_load_n(&writers, __ATOMIC_ACQUIRE)) {
		uint64_t page = draw(w, BLOCKS), token;
		struct iomt_tlb_entry entry = {.prot = RW, .size_lg2 = 12};

		REQUIRE(!iomt_tlb_enter(cache.tlb, w->index));
		if (!iomt_tlb_lookup(&space, page << 12, &entry)) {
			__atomic_fetch_add(&hit_count, 1, __ATOMIC_RELAXED);
		} else {
			token = iomt_tlb_begin(&space);
			entry.oa = __atomic_load_n(&frames[page].current, __ATOMIC_ACQUIRE) << 12;
			iomt_tlb_insert(&space, token, page << 12, &entry);
		}
		if (!draw(w, 8))
			sched_yield();
		REQUIRE(!__atomic_load_n(&frames[page].taken[entry.oa >> 12], __ATOMIC_RELAXED));
		iomt_tlb_leave(cache.tlb, w->index);
	}
	return NULL;
}

static void *take_frames(void *arg)
{
	struct worker *w = arg;
	struct iomt_tlb_space space = name(0);

	for (unsigned round = 0; goes_on(round, ROUNDS / 4); round++) {
		uint64_t page = draw(w, BLOCKS / WRITERS) * WRITERS + w->index;
		uint64_t old = frames[page].current, grace;

		__atomic_store_n(&frames[page].taken[1 - old], 0, __ATOMIC_RELAXED);
		__atomic_store_n(&frames[page].current, 1 - old, __ATOMIC_RELEASE);
		iomt_tlb_invalidate_range(&space, page << 12, page << 12);
		grace = iomt_tlb_grace(cache.tlb);
		while (!iomt_tlb_grace_over(cache.tlb, grace))
			sched_yield();
		__atomic_store_n(&frames[page].taken[old], 1, __ATOMIC_RELAXED);
	}
	__atomic_sub_fetch(&writers, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void readers_are_waited_for(void)
{
	memset(frames, 0, sizeof(frames));
	cache_open(&cache, 100, 10, THREADS);
	run(take_frames, use_frames);
	cache_close(&cache);
}

/* What a grace waits for, step by step. */
static void graces(void)
{
	uint64_t first, second;

	cache_open(&cache, 100, 10, 2);
	CHECK_INT(iomt_tlb_enter(cache.tlb, 2), IOMT_EINVAL);
	iomt_tlb_leave(cache.tlb, 2);
	CHECK(iomt_tlb_grace_over(cache.tlb, iomt_tlb_grace(cache.tlb)));
	CHECK_INT(iomt_tlb_enter(cache.tlb, 0), 0);
	first = iomt_tlb_grace(cache.tlb);
	CHECK(!iomt_tlb_grace_over(cache.tlb, first));
	CHECK_INT(iomt_tlb_enter(cache.tlb, 1), 0); /* after it: not waited for */
	second = iomt_tlb_grace(cache.tlb);
	iomt_tlb_leave(cache.tlb, 0);
	CHECK(iomt_tlb_grace_over(cache.tlb, first));
	CHECK(!iomt_tlb_grace_over(cache.tlb, second));
	iomt_tlb_leave(cache.tlb, 1);
	CHECK(iomt_tlb_grace_over(cache.tlb, second));
	cache_close(&cache);
}

TEST_SUITE(tlb_threads, TEST(never_stale), TEST(never_torn), TEST(readers_are_waited_for),
	   TEST(graces));
