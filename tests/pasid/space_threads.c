/* SPDX-License-Identifier: MIT */
/*
 * Threads on one space, with hardware that remembers: no PASID is handed out while anybody has a
 * reference, or before an invalidation that began after the last was put. Nothing is lost.
 */
#include "provider.h"
#include "random.h"
#include "test.h"
#include <iomt/pasid.h>
#include <pthread.h>

#define THREADS 4u
#define HELD	16u
#define STEPS	20000u

static struct provider provider;
static struct iomt_pasid_space space;
static struct iomt_pasid_set sets[THREADS];
static uint32_t last;
static uint32_t owned[1u << 12];      /* by who allocated it */
static uint32_t turns[1u << 12];      /* how often that ended */
static uint32_t remembered[1u << 12]; /* by hardware */
static pthread_barrier_t start;

static void open_space(uint32_t bits, uint32_t quarantine)
{
	struct iomt_pasid_cfg cfg = {
		.size = sizeof(cfg), .mem = &provider.mem, .bits = bits, .quarantine = quarantine};

	provider_init(&provider, PROVIDER_LINEAR);
	CHECK_INT(iomt_pasid_init(&space, &cfg), 0);
	last = (1u << bits) - 1;
	memset(owned, 0, sizeof(owned));
	memset(turns, 0, sizeof(turns));
	memset(remembered, 0, sizeof(remembered));
	for (unsigned i = 0; i < THREADS; i++)
		iomt_pasid_set_init(&sets[i], &space, HELD);
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

static void close_space(void)
{
	struct iomt_pasid_stats stats;

	for (unsigned i = 0; i < THREADS; i++)
		CHECK_INT(iomt_pasid_set_destroy(&sets[i]), 0);
	CHECK_INT(iomt_pasid_quarantine_done(&space, iomt_pasid_quarantine_token(&space)), 0);
	iomt_pasid_stats(&space, &stats);
	CHECK_EQ(stats.allocated, 0);
	CHECK_EQ(stats.quarantined, 0);
	CHECK_EQ(iomt_pasid_quarantined(&space), 0);
	CHECK_EQ(stats.bytes, provider.live_bytes);
	for (uint32_t i = 0; i <= last; i++)
		CHECK_INT(iomt_pasid_alloc_at(&space, NULL, i), 0);
	iomt_pasid_destroy(&space);
	provider_check_empty(&provider);
}

/* Invalidates all, or what waits and nothing else. */
static void flush(bool each)
{
	uint64_t token = iomt_pasid_quarantine_token(&space);
	uint32_t pasid;

	for (uint32_t i = 0; !each && i <= last; i++)
		__atomic_store_n(&remembered[i], 0, __ATOMIC_SEQ_CST);
	for (uint32_t from = 0; each && !iomt_pasid_quarantine_next(&space, token, from, &pasid);
	     from = pasid + 1)
		__atomic_store_n(&remembered[pasid], 0, __ATOMIC_SEQ_CST);
	REQUIRE(!iomt_pasid_quarantine_done(&space, token));
}

/* Tables of hardware are set up, and cleared before the put. */
static void own(uint32_t pasid)
{
	REQUIRE(!__atomic_load_n(&remembered[pasid], __ATOMIC_SEQ_CST));
	REQUIRE(!__atomic_fetch_add(&owned[pasid], 1, __ATOMIC_SEQ_CST));
}

static void disown(uint32_t pasid)
{
	__atomic_fetch_add(&turns[pasid], 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&remembered[pasid], 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_sub(&owned[pasid], 1, __ATOMIC_SEQ_CST);
	REQUIRE(!iomt_pasid_put(&space, pasid));
}

/* Anybody's, if he has not put it yet: nobody else's meanwhile, though its owner may leave. */
static void borrow(uint32_t pasid)
{
	uint32_t turn, since;

	if (iomt_pasid_get(&space, pasid))
		return;
	turn = __atomic_load_n(&turns[pasid], __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < 20; i++) {
		REQUIRE(iomt_pasid_test(&space, pasid) == IOMT_PASID_ALLOCATED);
		REQUIRE(iomt_pasid_refs(&space, pasid));
	}
	since = __atomic_load_n(&turns[pasid], __ATOMIC_SEQ_CST) - turn;
	REQUIRE(since <= 1);
	if (since)
		__atomic_store_n(&remembered[pasid], 1, __ATOMIC_SEQ_CST);
	REQUIRE(!iomt_pasid_put(&space, pasid));
}

static int take(struct random *random, struct iomt_pasid_set *set, uint32_t *pasid)
{
	uint32_t at = (uint32_t)random_below(random, last + 1ULL);

	*pasid = at;
	switch (random_below(random, 4)) {
	case 0:
		return iomt_pasid_alloc_at(&space, set, at);
	case 1:
		return iomt_pasid_alloc_next(&space, set, 0, last, pasid);
	case 2:
		return iomt_pasid_alloc_wide(&space, set, 0, last, pasid);
	default:
		return iomt_pasid_alloc(&space, set, 0, last, pasid);
	}
}

static void step(struct random *random, struct iomt_pasid_set *set, uint32_t *held, uint32_t *count)
{
	uint32_t pasid = (uint32_t)random_below(random, last + 1ULL), pick;
	int err;

	switch (random_below(random, 6)) {
	case 0:
	case 1:
		if (*count == HELD)
			break;
		err = take(random, set, &pasid);
		/* what is borrowed is in the set still */
		REQUIRE(!err || err == IOMT_EAGAIN || err == IOMT_EEXIST || err == IOMT_ENOSPC ||
			err == IOMT_EDQUOT);
		if (err == IOMT_EAGAIN)
			flush(random_below(random, 2));
		if (err)
			break;
		own(pasid);
		held[(*count)++] = pasid;
		break;
	case 2:
		borrow(pasid);
		break;
	case 3:
		flush(random_below(random, 2));
		break;
	default:
		if (!*count)
			break;
		pick = (uint32_t)random_below(random, *count);
		pasid = held[pick];
		held[pick] = held[--*count];
		disown(pasid);
	}
}

static void *churn(void *arg)
{
	uint32_t held[HELD], count = 0;
	struct iomt_pasid_set *set = &sets[(uintptr_t)arg];
	struct random random;

	random_init(&random, (uintptr_t)arg + 1);
	pthread_barrier_wait(&start);
	for (unsigned i = 0; i < STEPS; i++)
		step(&random, set, held, &count);
	while (count)
		disown(held[--count]);
	return NULL;
}

static void not_before_its_time(void)
{
	static const struct {
		uint32_t bits, quarantine;
	} spaces[] = {{1, UINT32_MAX}, {3, UINT32_MAX}, {5, 4},
		      {5, UINT32_MAX}, {9, 64},		{12, 100}};

	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		open_space(spaces[i].bits, spaces[i].quarantine);
		together(churn);
		close_space();
	}
}

/* Each has a whole set freed at once, while others allocate in the same groups. */
static void *come_and_go(void *arg)
{
	struct iomt_pasid_set *set = &sets[(uintptr_t)arg];
	struct random random;

	random_init(&random, (uintptr_t)arg + 50);
	pthread_barrier_wait(&start);
	for (unsigned i = 0; i < 2000; i++) {
		uint32_t pasid, count = 0, met = 0;
		int err;

		while (count < HELD) {
			err = iomt_pasid_alloc(&space, set, 0, last, &pasid);
			REQUIRE(!err || err == IOMT_EAGAIN);
			if (err) {
				flush(random_below(&random, 2));
				continue;
			}
			REQUIRE(!__atomic_load_n(&remembered[pasid], __ATOMIC_SEQ_CST));
			count++;
		}
		err = iomt_pasid_alloc(&space, set, 0, last, &pasid);
		REQUIRE(err == IOMT_EDQUOT || err == IOMT_EAGAIN);
		for (uint32_t from = 0; !iomt_pasid_set_next(set, from, &pasid); from = pasid + 1) {
			__atomic_store_n(&remembered[pasid], 1, __ATOMIC_SEQ_CST);
			met++;
		}
		REQUIRE(met == HELD);
		REQUIRE(!iomt_pasid_set_free(set));
		REQUIRE(!iomt_pasid_set_count(set));
	}
	return NULL;
}

static void sets_at_once(void)
{
	open_space(7, 48);
	together(come_and_go);
	close_space();
}

TEST_SUITE(space_threads, TEST(not_before_its_time), TEST(sets_at_once));
