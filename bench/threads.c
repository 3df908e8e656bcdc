/* SPDX-License-Identifier: MIT */
/*
 * Threads at work side by side, each pinned, on ranges of their own: in one table, or each in its
 * own. A figure is the time for one operation of each thread: what does not grow with the threads
 * scales.
 */
#include "bench.h"
#include "team.h"
#include <stdlib.h>

#define PAGES 2048u /* of each thread */

enum { ONE_TABLE, OWN_TABLES };

struct worker {
	struct iomt_pt *pt;
	uint64_t base;
	struct iomt_gather gather;
	int err;
} __attribute__((aligned(128)));

struct crew {
	struct round *round;
	struct team *team;
	struct worker workers[TEAM_MOST];
};

/* Maps a page and removes it, page after page. */
static void work(void *ctx, unsigned index)
{
	struct crew *crew = ctx;
	struct worker *worker = &crew->workers[index];
	const struct target *target = crew->round->target;
	uint64_t size = 1ULL << crew->round->kind->granule_lg2, unmapped;
	int err = 0;

	for (uint32_t i = 0; i < PAGES; i++) {
		uint64_t at = worker->base + i * size;

		err |= target->map(worker->pt, at, BENCH_OA + i * size, size,
				   IOMT_READ | IOMT_WRITE, NULL);
		err |= target->unmap(worker->pt, at, size, &unmapped, &worker->gather);
	}
	worker->err |= err;
}

static void timed(struct round *round)
{
	struct crew *crew = round->data;

	round->disturbed = !team_work(crew->team);
}

static void check_all(struct round *round)
{
	struct crew *crew = round->data;

	for (unsigned i = 0; i < round->bench->param; i++)
		bench_check(round, crew->workers[i].err, "map and unmap");
}

static bool start(struct round *round, int tables)
{
	uint64_t span = (uint64_t)PAGES << round->kind->granule_lg2;
	struct crew *crew = aligned_alloc(128, sizeof(*crew));
	unsigned count = round->bench->param;

	round->data = crew;
	round->ops = PAGES;
	round->entries = 1;
	if (!crew || !bench_table(round, 0))
		return false;
	*crew = (struct crew){.round = round};
	for (unsigned i = 0; i < count; i++) {
		struct worker *worker = &crew->workers[i];

		*worker = (struct worker){.pt = round->pt};
		worker->base = BENCH_BASE + i * 2 * span;
		iomt_gather_init(&worker->gather);
		if (i && tables == OWN_TABLES)
			worker->pt = round->target->open(round->kind, 0);
		if (!worker->pt)
			return false;
		work(crew, i); /* so that the tables are in place */
	}
	crew->team = team_start(count, work, crew);
	return crew->team;
}

static bool open_one(struct round *round)
{
	return start(round, ONE_TABLE);
}

static bool open_own(struct round *round)
{
	return start(round, OWN_TABLES);
}

static void stop(struct round *round)
{
	struct crew *crew = round->data;

	team_stop(crew->team);
	for (unsigned i = 1; i < round->bench->param; i++) {
		if (crew->workers[i].pt != round->pt)
			round->target->close(crew->workers[i].pt);
	}
	bench_drop(round);
	free(crew);
}

static const struct kind *column;

static void add(unsigned count)
{
	static const struct workload one = {open_one, NULL, timed, check_all, stop};
	static const struct workload own = {open_own, NULL, timed, check_all, stop};
	char name[64];

	snprintf(name, sizeof(name), "map+unmap, %u thread%s", count, count > 1 ? "s" : "");
	bench_add_own(column, name, &one, count);
	if (count < 2)
		return;
	snprintf(name, sizeof(name), "map+unmap, %u threads, own tables", count);
	bench_add_own(column, name, &own, count);
}

void bench_threads(const struct kind *kind)
{
	column = kind;
	team_sizes(add);
}

/* What processors do side by side when they share nothing at all, in about as much time. */
static void sum_up(void *ctx, unsigned index)
{
	uint64_t sum = index;

	(void)ctx;
	for (uint32_t i = 0; i < PAGES * 8; i++) {
		sum = (sum ^ sum >> 7) + i;
		__asm__ volatile("" : "+r"(sum));
	}
}

static bool open_sums(struct round *round)
{
	round->ops = PAGES;
	round->entries = 1;
	round->data = team_start(round->bench->param, sum_up, NULL);
	return round->data;
}

static void sum_together(struct round *round)
{
	round->disturbed = !team_work(round->data);
}

static void stop_sums(struct round *round)
{
	team_stop(round->data);
}

static void add_sums(unsigned count)
{
	static const struct workload sums = {open_sums, NULL, sum_together, NULL, stop_sums};
	char name[64];

	snprintf(name, sizeof(name), "sums of 8, %u thread%s", count, count > 1 ? "s" : "");
	bench_add(NULL, name, &sums, count);
}

void bench_threads_limit(void)
{
	team_sizes(add_sums);
}
