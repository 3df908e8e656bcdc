/* SPDX-License-Identifier: MIT */
/* Threads on one space: no id twice, none lost, no memory lost; reserved means reserved. */
#include "provider.h"
#include "random.h"
#include "test.h"
#include <iomt/ids.h>
#include <pthread.h>

#define THREADS 4u
#define HELD	64u

static struct provider provider;
static struct iomt_ids ids;
static uint32_t last;
static uint8_t owners[1u << 14]; /* of each id, counted */
static pthread_barrier_t start;

static void open_ids(uint32_t bits)
{
	struct iomt_ids_cfg cfg = {.size = sizeof(cfg), .mem = &provider.mem, .bits = bits};

	provider_init(&provider, PROVIDER_LINEAR);
	CHECK_INT(iomt_ids_init(&ids, &cfg), 0);
	last = (1u << bits) - 1;
	memset(owners, 0, sizeof(owners));
}

static void together(void *(*work)(void *))
{
	pthread_t threads[THREADS];
	uintptr_t started;

	pthread_barrier_init(&start, NULL, THREADS);
	for (started = 0; started < THREADS; started++)
		CHECK(!pthread_create(&threads[started], NULL, work, (void *)started));
	while (started)
		pthread_join(threads[--started], NULL);
	pthread_barrier_destroy(&start);
}

static void close_ids(uint64_t allocated, uint64_t reserved)
{
	struct iomt_ids_stats stats;

	iomt_ids_stats(&ids, &stats);
	CHECK_EQ(stats.allocated, allocated);
	CHECK_EQ(stats.reserved, reserved);
	CHECK_EQ(stats.bytes, provider.live_bytes);
	iomt_ids_destroy(&ids);
	provider_check_empty(&provider);
}

static void own(uint32_t id)
{
	REQUIRE(!__atomic_fetch_add(&owners[id], 1, __ATOMIC_RELAXED));
}

static void disown(uint32_t id)
{
	REQUIRE(__atomic_fetch_sub(&owners[id], 1, __ATOMIC_RELAXED) == 1);
	REQUIRE(!iomt_ids_free(&ids, id));
}

/* Allocates in every way and frees, never more than a quarter of what is there. */
static void *churn(void *arg)
{
	uint32_t held[HELD], count = 0, most = (last + 1) / THREADS, id = 0;
	struct random random;

	if (most > HELD)
		most = HELD;
	random_init(&random, (uintptr_t)arg + 1);
	pthread_barrier_wait(&start);
	for (unsigned i = 0; i < 30000; i++) {
		uint32_t at = (uint32_t)random_below(&random, last + 1ULL);
		int err = 0;

		if (count == most || random_below(&random, 5) < 2) {
			uint32_t pick = (uint32_t)random_below(&random, count + !count);

			if (count) {
				disown(held[pick]);
				held[pick] = held[--count];
			}
			continue;
		}
		switch (random_below(&random, 4)) {
		case 0:
			err = iomt_ids_alloc_at(&ids, id = at);
			REQUIRE(!err || err == IOMT_EEXIST);
			break;
		case 1:
			err = iomt_ids_alloc(&ids, at, last, &id);
			REQUIRE(!err || err == IOMT_ENOSPC);
			break;
		case 2:
			id = at;
			/* of all there are always some free */
			REQUIRE(!iomt_ids_alloc_next(&ids, 0, last, &id));
			break;
		default:
			REQUIRE(!iomt_ids_alloc(&ids, 0, last, &id));
		}
		if (!err) {
			REQUIRE(iomt_ids_test(&ids, id) == IOMT_IDS_ALLOCATED);
			own(id);
			held[count++] = id;
		}
	}
	while (count)
		disown(held[--count]);
	return NULL;
}

/* No summary hides one. */
static void alloc_all(void)
{
	uint32_t id;

	for (uint32_t wanted = 0; wanted <= last; wanted++) {
		CHECK_INT(iomt_ids_alloc(&ids, 0, last, &id), 0);
		CHECK_EQ(id, wanted);
	}
}

static void no_id_twice(void)
{
	static const uint32_t widths[] = {3, 5, 8, 11, 14};

	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		uint32_t id;

		open_ids(widths[i]);
		together(churn);
		alloc_all();
		CHECK_INT(iomt_ids_alloc(&ids, 0, last, &id), IOMT_ENOSPC);
		close_ids(last + 1ULL, 0);
	}
}

/* One id more than threads: whoever wants one when he has none gets one. */
static void *one_each(void *arg)
{
	uint32_t id = (uint32_t)(uintptr_t)arg;

	pthread_barrier_wait(&start);
	for (unsigned i = 0; i < 50000; i++) {
		int err = i % 2 ? iomt_ids_alloc(&ids, 1000, 1000 + THREADS - 1, &id)
				: iomt_ids_alloc_next(&ids, 1000, 1000 + THREADS - 1, &id);

		REQUIRE(!err);
		if (err)
			break;
		own(id);
		disown(id);
	}
	return NULL;
}

static void never_exhausted(void)
{
	open_ids(14);
	CHECK_INT(iomt_ids_reserve(&ids, 0, 999), 0);
	CHECK_INT(iomt_ids_reserve(&ids, 1000 + THREADS, 0x3fff), 0);
	together(one_each);
	close_ids(0, 0x4000 - THREADS);
}

/* Whole parts come and go as reserved, and are divided, while others allocate around them. */
static void *reserve(void *arg)
{
	struct random random;

	random_init(&random, (uintptr_t)arg + 100);
	pthread_barrier_wait(&start);
	for (unsigned i = 0; i < 3000; i++) {
		uint32_t first = (uint32_t)random_below(&random, last + 1ULL);
		uint32_t end = first + (uint32_t)random_below(&random, 3000), id;
		int err;

		if (end > last)
			end = last;
		err = iomt_ids_reserve(&ids, first, end);
		REQUIRE(!err || err == IOMT_EEXIST || err == IOMT_EPERM);
		if (!err) {
			for (id = first; id <= end; id++)
				own(id);
			REQUIRE(iomt_ids_free(&ids, first) == IOMT_EPERM);
			for (id = first; id <= end; id++)
				__atomic_fetch_sub(&owners[id], 1, __ATOMIC_RELAXED);
			REQUIRE(!iomt_ids_release(&ids, first, end));
		}
		err = iomt_ids_alloc(&ids, first, last, &id);
		REQUIRE(!err || err == IOMT_ENOSPC);
		if (!err) {
			own(id);
			disown(id);
		}
	}
	return NULL;
}

static void ranges(void)
{
	open_ids(14);
	together(reserve);
	alloc_all();
	close_ids(last + 1ULL, 0);
}

TEST_SUITE(ids_threads, TEST(no_id_twice), TEST(never_exhausted), TEST(ranges));
