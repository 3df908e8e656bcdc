/* SPDX-License-Identifier: MIT */
/*
 * The page pool in threads: memory that goes from one to another, threads that end before and after
 * their pools, tables that all share. Meant for the thread sanitizer too.
 */
#include "test.h"
#include <iomt/hosted.h>
#include <iomt/iomt.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define RW	(IOMT_READ | IOMT_WRITE)
#define THREADS 4u
#define SLOTS	256u

/* A failed check must not leave by longjmp from a thread that did not call setjmp. */
#define REQUIRE(condition)                                                              \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                        \
		}                                                                       \
	} while (0)

struct worker {
	pthread_t thread;
	struct iomt_pool *pool;
	unsigned index;
	uint64_t state;
	pthread_barrier_t *barrier;
	struct iomt_pt *pt;
};

static uint64_t draw(struct worker *w)
{
	w->state = w->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return w->state >> 33;
}

static struct iomt_pool *make(uint64_t limit)
{
	struct iomt_pool_cfg cfg = {.size = sizeof(cfg), .limit = limit};
	struct iomt_pool *pool = NULL;

	CHECK_INT(iomt_pool_create(&pool, &cfg), 0);
	return pool;
}

static uint64_t used(struct iomt_pool *pool)
{
	struct iomt_pool_stats stats;

	iomt_pool_stats(pool, &stats);
	return stats.used;
}

/* All is back, also from the caches of threads that have ended. */
static void finish(struct iomt_pool *pool)
{
	struct iomt_pool_stats stats;

	CHECK_EQ(used(pool), 0);
	iomt_pool_trim(pool);
	iomt_pool_stats(pool, &stats);
	CHECK_EQ(stats.taken, 0);
	iomt_pool_destroy(pool);
}

static void start(struct worker workers[THREADS], struct iomt_pool *pool,
		  pthread_barrier_t *barrier, void *(*work)(void *))
{
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i].pool = pool;
		workers[i].index = i;
		workers[i].state = i + 1;
		workers[i].barrier = barrier;
		CHECK(!pthread_create(&workers[i].thread, NULL, work, &workers[i]));
	}
}

static void join(struct worker workers[THREADS])
{
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
}

/* Where threads leave memory for one another: address, and log2 of the size in its low bits. */
static uintptr_t slots[SLOTS];

/* Owner and size are in the memory as long as it is in a slot; whoever takes it looks. */
static void *exchange(void *arg)
{
	struct worker *w = arg;
	const struct iomt_mem *mem = iomt_pool_mem(w->pool);

	for (unsigned round = 0; round < 20000; round++) {
		unsigned lg2 = 6 + (unsigned)(draw(w) % 15);
		uint64_t *mine = NULL;
		uintptr_t theirs;

		if (draw(w) % 2)
			mine = mem->alloc(mem->ctx, (size_t)1 << lg2);
		if (mine) {
			mine[0] = (uintptr_t)mine;
			mine[(8u << (lg2 - 6)) - 1] = lg2;
		}
		theirs = __atomic_exchange_n(&slots[draw(w) % SLOTS],
					     mine ? (uintptr_t)mine | lg2 : 0, __ATOMIC_ACQ_REL);
		if (theirs) {
			uint64_t *memory = (uint64_t *)(theirs & ~(uintptr_t)63);

			lg2 = theirs & 63;
			REQUIRE(memory[0] == (uintptr_t)memory || lg2 == 6);
			REQUIRE(memory[(8u << (lg2 - 6)) - 1] == lg2);
			mem->free(mem->ctx, memory, (size_t)1 << lg2);
		}
	}
	return NULL;
}

static void memory_changes_hands(void)
{
	struct iomt_pool *pool = make(0);
	const struct iomt_mem *mem = iomt_pool_mem(pool);
	static struct worker workers[THREADS];
	struct iomt_pool_stats stats;

	start(workers, pool, NULL, exchange);
	for (unsigned i = 0; i < 100; i++) { /* statistics at any time */
		iomt_pool_stats(pool, &stats);
		CHECK_EQ(stats.taken, stats.used + stats.kept);
		CHECK(stats.taken <= stats.limit);
	}
	join(workers);
	for (unsigned i = 0; i < SLOTS; i++) {
		if (slots[i])
			mem->free(mem->ctx, (void *)(slots[i] & ~(uintptr_t)63),
				  (size_t)1 << (slots[i] & 63));
		slots[i] = 0;
	}
	finish(pool);
}

/* One thread takes all the time, another gives back: a driver and its invalidation thread. */
static void *take_side(void *arg)
{
	struct worker *w = arg;
	const struct iomt_mem *mem = iomt_pool_mem(w->pool);

	for (unsigned i = 0; i < 20000; i++) {
		uint64_t *memory;
		uintptr_t none;

		while (!(memory = mem->alloc(mem->ctx, 4096)))
			sched_yield();
		memory[0] = i;
		for (none = 0;
		     !__atomic_compare_exchange_n(&slots[i % 16], &none, (uintptr_t)memory, false,
						  __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
		     none = 0)
			sched_yield();
	}
	return NULL;
}

static void one_takes_another_gives(void)
{
	struct iomt_pool *pool = make(IOMT_POOL_CHUNK); /* small, so that nothing may be lost */
	const struct iomt_mem *mem = iomt_pool_mem(pool);
	struct worker taker = {.pool = pool};

	CHECK(!pthread_create(&taker.thread, NULL, take_side, &taker));
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t *memory;

		while (!(memory = (uint64_t *)__atomic_exchange_n(&slots[i % 16], 0,
								  __ATOMIC_ACQ_REL)))
			sched_yield();
		REQUIRE(memory[0] == i);
		mem->free(mem->ctx, memory, 4096);
	}
	pthread_join(taker.thread, NULL);
	finish(pool);
}

static void *take_and_give(void *arg)
{
	struct worker *w = arg;
	const struct iomt_mem *mem = iomt_pool_mem(w->pool);
	void *pieces[64];

	for (unsigned i = 0; i < 64; i++)
		REQUIRE((pieces[i] = mem->alloc(mem->ctx, 4096)));
	for (unsigned i = 0; i < 64; i++)
		mem->free(mem->ctx, pieces[i], 4096);
	return NULL;
}

/* What threads had in their caches is the next ones', however many come and go. */
static void threads_that_end(void)
{
	struct iomt_pool *pool = make(IOMT_POOL_CHUNK);
	static struct worker workers[THREADS];

	for (unsigned round = 0; round < 100; round++) {
		start(workers, pool, NULL, take_and_give);
		join(workers);
		CHECK_EQ(used(pool), 0);
	}
	finish(pool);
}

/* Uses a pool, waits until it is gone and another is there, uses that, ends after it is gone too. */
static struct iomt_pool *second;

static void *outlive(void *arg)
{
	struct worker *w = arg;

	take_and_give(w);
	pthread_barrier_wait(w->barrier);
	pthread_barrier_wait(w->barrier); /* the first pool is gone */
	w->pool = second;
	take_and_give(w);
	pthread_barrier_wait(w->barrier);
	pthread_barrier_wait(w->barrier); /* the second, too */
	return NULL;
}

static void pools_that_end_first(void)
{
	for (unsigned round = 0; round < 20; round++) {
		static struct worker workers[THREADS];
		struct iomt_pool *first = make(0);
		pthread_barrier_t barrier;

		pthread_barrier_init(&barrier, NULL, THREADS + 1);
		start(workers, first, &barrier, outlive);
		pthread_barrier_wait(&barrier);
		CHECK_EQ(used(first), 0);
		iomt_pool_destroy(first);
		second = make(0);
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		CHECK_EQ(used(second), 0);
		iomt_pool_destroy(second);
		pthread_barrier_wait(&barrier);
		join(workers);
		pthread_barrier_destroy(&barrier);
	}
}

/* Threads that end while their pool goes. */
static void ends_at_the_same_time(void)
{
	for (unsigned round = 0; round < 100; round++) {
		static struct worker workers[THREADS];
		struct iomt_pool *pool = make(0);
		pthread_barrier_t barrier;

		pthread_barrier_init(&barrier, NULL, THREADS + 1);
		start(workers, pool, &barrier, outlive);
		pthread_barrier_wait(&barrier);
		second = make(0);
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier); /* they are ending */
		iomt_pool_destroy(pool);
		iomt_pool_destroy(second);
		join(workers);
		pthread_barrier_destroy(&barrier);
	}
}

/* A driver's threads: each maps, unmaps and trims a part of the table of its own. */
static void *map_and_trim(void *arg)
{
	struct worker *w = arg;
	struct iomt_gather gather;
	uint64_t base = (uint64_t)w->index << 30, bytes;

	iomt_gather_init(&gather);
	for (unsigned round = 0; round < 200; round++) {
		uint64_t length = (1 + draw(w) % 1024) << 12, at = base + ((draw(w) % 4096) << 12);

		REQUIRE(!iomt_pt_map(w->pt, at, 0x1000, length, RW, NULL));
		REQUIRE(!iomt_pt_unmap(w->pt, at, length, &bytes, &gather) && bytes == length);
		if (draw(w) % 4 == 0)
			REQUIRE(!iomt_pt_trim(w->pt, base, 1 << 30, &gather));
		iomt_gather_release(&gather);
	}
	return NULL;
}

static void one_table(void)
{
	struct iomt_pool *pool = make(0);
	static struct worker workers[THREADS];
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg), .format = &iomt_x86_64, .mem = iomt_pool_mem(pool)};
	struct iomt_pt_stats stats;
	struct iomt_pt pt;

	CHECK_INT(iomt_pt_init(&pt, &cfg), 0);
	for (unsigned i = 0; i < THREADS; i++)
		workers[i].pt = &pt;
	start(workers, pool, NULL, map_and_trim);
	join(workers);
	iomt_pt_stats(&pt, &stats);
	CHECK_EQ(used(pool), stats.bytes);
	iomt_pt_destroy(&pt);
	finish(pool);
}

#define IDLE 100u

/* One gives back what the other takes. */
static void *give_on(void *arg)
{
	struct worker *w = arg;
	const struct iomt_mem *mem = iomt_pool_mem(w->pool);

	mem->free(mem->ctx, mem->alloc(mem->ctx, 4096), 4096); /* has a cache now */
	pthread_barrier_wait(w->barrier);
	while (!__atomic_load_n(&w->state, __ATOMIC_RELAXED)) {
		uintptr_t page = __atomic_exchange_n(&slots[0], 0, __ATOMIC_ACQ_REL);

		if (page)
			mem->free(mem->ctx, (void *)page, 4096);
	}
	return NULL;
}

static void *take_on(void *arg)
{
	struct worker *w = arg;
	const struct iomt_mem *mem = iomt_pool_mem(w->pool);

	mem->free(mem->ctx, mem->alloc(mem->ctx, 4096), 4096);
	pthread_barrier_wait(w->barrier);
	while (!__atomic_load_n(&w->state, __ATOMIC_RELAXED)) {
		if (!__atomic_load_n(&slots[0], __ATOMIC_RELAXED))
			__atomic_store_n(&slots[0], (uintptr_t)mem->alloc(mem->ctx, 4096),
					 __ATOMIC_RELEASE);
	}
	return NULL;
}

static void *idle(void *arg)
{
	struct worker *w = arg;
	const struct iomt_mem *mem = iomt_pool_mem(w->pool);

	mem->free(mem->ctx, mem->alloc(mem->ctx, 4096), 4096);
	pthread_barrier_wait(w->barrier);
	pthread_barrier_wait(w->barrier + 1); /* until the end */
	return NULL;
}

/*
 * A page that goes from one thread to the other while the caches are counted may be met in both. Many
 * caches between theirs give it time.
 */
static void statistics_meanwhile(void)
{
	struct iomt_pool *pool = make(0);
	const struct iomt_mem *mem = iomt_pool_mem(pool);
	static struct worker workers[IDLE + 2];
	pthread_barrier_t barriers[2];
	struct iomt_pool_stats stats;
	bool sane = true;

	pthread_barrier_init(&barriers[0], NULL, 2);
	pthread_barrier_init(&barriers[1], NULL, IDLE + 1);
	for (unsigned i = 0; i < IDLE + 2; i++) {
		workers[i] = (struct worker){.pool = pool, .barrier = barriers};
		CHECK(!pthread_create(&workers[i].thread, NULL,
				      !i	 ? give_on
				      : i > IDLE ? take_on
						 : idle,
				      &workers[i]));
		pthread_barrier_wait(&barriers[0]);
	}
	for (unsigned i = 0; i < 300000 && sane; i++) {
		iomt_pool_stats(pool, &stats);
		sane = stats.used <= stats.taken && stats.kept <= stats.taken;
	}
	__atomic_store_n(&workers[0].state, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&workers[IDLE + 1].state, 1, __ATOMIC_RELAXED);
	pthread_barrier_wait(&barriers[1]);
	for (unsigned i = 0; i < IDLE + 2; i++)
		pthread_join(workers[i].thread, NULL);
	CHECK_MSG(sane, "%" PRIu64 " bytes used of %" PRIu64, stats.used, stats.taken);
	if (slots[0])
		mem->free(mem->ctx, (void *)slots[0], 4096);
	slots[0] = 0;
	pthread_barrier_destroy(&barriers[0]);
	pthread_barrier_destroy(&barriers[1]);
	finish(pool);
}

static void *look_cancelled(void *arg)
{
	struct iomt_pool_backing backing;

	pthread_cancel(pthread_self());
	iomt_pool_backing(arg, &backing);
	return NULL;
}

/* Reading files is where threads are cancelled, and the pool's lock is held. */
static void cancelled(void)
{
	struct iomt_pool *pool = make(0);
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, look_cancelled, pool));
	pthread_join(thread, NULL);
	CHECK_EQ(used(pool), 0);
	finish(pool);
}

TEST_SUITE(hosted_threads, TEST(memory_changes_hands), TEST(one_takes_another_gives),
	   TEST(threads_that_end), TEST(pools_that_end_first), TEST(ends_at_the_same_time),
	   TEST(one_table), TEST(statistics_meanwhile), TEST(cancelled));
