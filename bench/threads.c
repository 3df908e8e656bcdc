/* SPDX-License-Identifier: MIT */
/*
 * Threads at work side by side, each pinned, on ranges of their own: in one table, or each in its
 * own. A figure is the time for one operation of each thread: what does not grow with the threads
 * scales.
 */
#include "bench.h"
#include <pthread.h>
#include <stdlib.h>

#define PAGES 2048u /* of each thread */
#define MOST  256u

enum { ONE_TABLE, OWN_TABLES };

struct team;

struct worker {
	struct team *team;
	unsigned index;
	struct iomt_pt *pt;
	uint64_t base;
	struct iomt_gather gather;
	int err;
	pthread_t thread;
} __attribute__((aligned(128)));

struct team {
	struct round *round;
	unsigned count;
	unsigned started;
	/* each on a line of its own: one is written by the first thread, one by the others */
	_Alignas(128) uint32_t turn; /* rounds begun; the last is UINT32_MAX */
	_Alignas(128) uint32_t done; /* turns that other threads have ended */
	struct worker workers[MOST];
};

static void wait_for(const uint32_t *count, uint32_t value)
{
	while (__atomic_load_n(count, __ATOMIC_ACQUIRE) != value)
		continue;
}

/* Maps a page and removes it, page after page. */
static void work(struct worker *worker)
{
	const struct target *target = worker->team->round->target;
	uint64_t size = 1ULL << worker->team->round->kind->granule_lg2, unmapped;
	int err = 0;

	for (uint32_t i = 0; i < PAGES; i++) {
		uint64_t at = worker->base + i * size;

		err |= target->map(worker->pt, at, BENCH_OA + i * size, size,
				   IOMT_READ | IOMT_WRITE, NULL);
		err |= target->unmap(worker->pt, at, size, &unmapped, &worker->gather);
	}
	worker->err |= err;
}

static void *take_turns(void *ctx)
{
	struct worker *worker = ctx;
	struct team *team = worker->team;
	uint32_t turn = 0;

	bench_pin(worker->index);
	for (;;) {
		uint32_t next;

		do
			next = __atomic_load_n(&team->turn, __ATOMIC_ACQUIRE);
		while (next == turn);
		turn = next;
		if (turn == UINT32_MAX)
			return NULL;
		work(worker);
		__atomic_fetch_add(&team->done, 1, __ATOMIC_RELEASE);
	}
}

static void timed(struct round *round)
{
	struct team *team = round->data;

	__atomic_store_n(&team->done, 0, __ATOMIC_RELAXED);
	__atomic_fetch_add(&team->turn, 1, __ATOMIC_RELEASE);
	work(&team->workers[0]);
	wait_for(&team->done, team->count - 1);
}

static void check_all(struct round *round)
{
	struct team *team = round->data;

	for (unsigned i = 0; i < team->count; i++)
		bench_check(round, team->workers[i].err, "map and unmap");
}

static bool start(struct round *round, unsigned count, int tables)
{
	uint64_t span = (uint64_t)PAGES << round->kind->granule_lg2;
	struct team *team = aligned_alloc(128, sizeof(*team));

	round->data = team;
	round->ops = PAGES;
	round->entries = 1;
	if (!team || !bench_table(round, 0))
		return false;
	*team = (struct team){.round = round, .count = count};
	for (unsigned i = 0; i < count; i++) {
		struct worker *worker = &team->workers[i];

		*worker = (struct worker){.team = team, .index = i, .pt = round->pt};
		worker->base = BENCH_BASE + i * 2 * span;
		iomt_gather_init(&worker->gather);
		if (i && tables == OWN_TABLES)
			worker->pt = round->target->open(round->kind, 0);
		if (!worker->pt)
			return false;
		work(worker); /* so that the tables are in place */
		if (i && pthread_create(&worker->thread, NULL, take_turns, worker))
			return false;
		team->started = i;
	}
	return true;
}

static bool open_one(struct round *round)
{
	return start(round, round->bench->param, ONE_TABLE);
}

static bool open_own(struct round *round)
{
	return start(round, round->bench->param, OWN_TABLES);
}

static void stop(struct round *round)
{
	struct team *team = round->data;

	__atomic_store_n(&team->turn, UINT32_MAX, __ATOMIC_RELEASE);
	for (unsigned i = 1; i <= team->started; i++)
		pthread_join(team->workers[i].thread, NULL);
	for (unsigned i = 1; i < team->count; i++) {
		if (team->workers[i].pt && team->workers[i].pt != round->pt)
			round->target->close(team->workers[i].pt);
	}
	bench_drop(round);
	free(team);
}

void bench_threads(const struct kind *kind)
{
	static const struct workload one = {open_one, NULL, timed, check_all, stop};
	static const struct workload own = {open_own, NULL, timed, check_all, stop};
	unsigned most = bench_processors(), counts[3] = {1, 2, most};
	char name[64];

	for (unsigned i = 0; i < 3 && counts[i] <= most && counts[i] <= MOST; i++) {
		if (i && counts[i] == counts[i - 1])
			continue;
		snprintf(name, sizeof(name), "map+unmap, %u thread%s", counts[i],
			 counts[i] > 1 ? "s" : "");
		bench_add_own(kind, name, &one, counts[i]);
		if (counts[i] < 2)
			continue;
		snprintf(name, sizeof(name), "map+unmap, %u threads, own tables", counts[i]);
		bench_add_own(kind, name, &own, counts[i]);
	}
}
