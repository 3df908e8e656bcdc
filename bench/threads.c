/* SPDX-License-Identifier: MIT */
/*
 * Threads at work side by side, each pinned, each on pages of its own, near to the others' or far from
 * them. A figure is the time for one operation of each thread. One of them also does its part alone, in
 * rounds between: what takes as long together as alone scales.
 */
#include "bench.h"
#include "locked.h"
#include "team.h"
#include <stdlib.h>
#include <string.h>

#define LINE_ENTRIES   8u   /* of a cache line */
#define PAGE_ENTRIES   512u /* of 4096 bytes */
#define TABLES	       64u  /* of leaves, that each thread has, but for one leaf table */
#define MAPS	       16384u
#define LOOKUPS	       32768u
#define PARAM(j, p, n) ((j) << 16 | (p) << 12 | (n))

/* What a thread's entries have to do with those of its neighbour. */
enum place { SAME_LINE, NEXT_LINE, NEXT_PAGE, LEAF_TABLE, UPPER_TABLE, OWN_TABLES, PLACES };

static const char *const places[PLACES] = {
	[SAME_LINE] = "same line",	    [NEXT_LINE] = "64 bytes apart",
	[NEXT_PAGE] = "a page apart",	    [LEAF_TABLE] = "same leaf table",
	[UPPER_TABLE] = "same upper table", [OWN_TABLES] = "own tables",
};

struct worker {
	struct iomt_pt *pt;
	uint64_t base;
	uint64_t span; /* a power of two, from there on */
	struct iomt_gather gather;
	int err;
} __attribute__((aligned(128)));

struct crew {
	const struct target *target;
	const struct job *job;
	struct team *team;
	unsigned granule_lg2;
	struct worker workers[TEAM_MOST];
};

struct job {
	const char *name;
	void (*work)(void *ctx, unsigned index);
	unsigned pages; /* of each call; 0: as many as a leaf table has */
	unsigned calls; /* of each thread in a round */
	unsigned places;
	bool own; /* iomt's alone */
};

static uint64_t job_length(const struct crew *crew)
{
	unsigned lg2 = crew->granule_lg2;

	return crew->job->pages ? (uint64_t)crew->job->pages << lg2 : 1ULL << (2 * lg2 - 3);
}

/* Maps a range and removes it, range after range. */
static void map_and_unmap(void *ctx, unsigned index)
{
	struct crew *crew = ctx;
	const struct target *target = crew->target;
	struct worker *worker = &crew->workers[index];
	uint64_t length = job_length(crew), skew = 1ULL << crew->granule_lg2, unmapped;
	int err = 0;

	for (uint64_t i = 0; i < crew->job->calls; i++) {
		uint64_t at = i * length & (worker->span - 1);

		err |= target->map(worker->pt, worker->base + at, BENCH_OA + skew + at, length,
				   IOMT_READ | IOMT_WRITE, NULL);
		err |= target->unmap(worker->pt, worker->base + at, length, &unmapped,
				     &worker->gather);
	}
	worker->err |= err;
}

/* The same where the table is made for it, and goes with it. */
static void make_and_trim(void *ctx, unsigned index)
{
	struct crew *crew = ctx;
	struct worker *worker = &crew->workers[index];
	uint64_t length = job_length(crew), skew = 1ULL << crew->granule_lg2, unmapped;
	int err = 0;

	for (uint64_t i = 0; i < crew->job->calls; i++) {
		uint64_t at = i * length & (worker->span - 1), iova = worker->base + at;

		err |= crew->target->map(worker->pt, iova, BENCH_OA + skew + at, length,
					 IOMT_READ | IOMT_WRITE, NULL);
		err |= crew->target->unmap(worker->pt, iova, length, &unmapped, &worker->gather);
		err |= iomt_pt_trim(worker->pt, iova, length, &worker->gather);
		iomt_gather_release(&worker->gather);
	}
	worker->err |= err;
}

/* Of pages that are there, in no order. */
static void translate(void *ctx, unsigned index)
{
	struct crew *crew = ctx;
	struct worker *worker = &crew->workers[index];
	uint64_t oa = 0, sum = 0;
	int err = 0;

	for (uint64_t i = 0; i < crew->job->calls; i++) {
		uint64_t at = ((i * 0x9e3779b1u) << crew->granule_lg2) & (worker->span - 1);

		err |= crew->target->oa(worker->pt, worker->base + at, &oa);
		sum += oa;
	}
	__asm__ volatile("" : : "r"(sum));
	worker->err |= err;
}

#define ANY_TABLES (1u << UPPER_TABLE | 1u << OWN_TABLES)

static const struct job jobs[] = {
	{"map+unmap", map_and_unmap, 1, MAPS, (1u << PLACES) - 1, false},
	{"map+unmap 16", map_and_unmap, 16, MAPS / 2, 1u << LEAF_TABLE | ANY_TABLES, false},
	{"map+unmap a table", map_and_unmap, 0, MAPS / 16, ANY_TABLES, false},
	{"make+trim a table", make_and_trim, 0, MAPS / 32, ANY_TABLES, true},
	{"translate", translate, 1, LOOKUPS, 1u << LEAF_TABLE | ANY_TABLES, false},
};

/* Entries of each thread, and from its first to the next one's; 0 where there are too many threads. */
static uint64_t entries_of(enum place place, unsigned count, uint64_t table, uint64_t *apart)
{
	static const unsigned single[] = {
		[SAME_LINE] = 1, [NEXT_LINE] = LINE_ENTRIES, [NEXT_PAGE] = PAGE_ENTRIES};
	uint64_t entries = TABLES * table;

	if (place <= NEXT_PAGE) {
		*apart = single[place];
		return place == SAME_LINE && count > LINE_ENTRIES ? 0 : 1;
	}
	for (; place == LEAF_TABLE && entries * count > table; entries /= 2)
		continue;
	*apart = entries;
	return entries >= 2 * LINE_ENTRIES ? entries : 0;
}

static void timed(struct round *round)
{
	struct crew *crew = round->data;

	round->disturbed = !team_work(crew->team);
}

static void alone(struct round *round)
{
	struct crew *crew = round->data;

	round->disturbed = !team_alone(crew->team, round->next);
}

static void check_all(struct round *round)
{
	struct crew *crew = round->data;

	for (unsigned i = 0; i < round->threads; i++)
		bench_check(round, crew->workers[i].err, crew->job->name);
}

static bool start_worker(struct round *round, struct worker *worker, bool own)
{
	struct crew *crew = round->data;

	iomt_gather_init(&worker->gather);
	worker->pt = own ? round->target->open(round->kind, 0) : round->pt;
	if (!worker->pt)
		return false;
	if (crew->job->work == translate)
		worker->err = round->target->map(worker->pt, worker->base,
						 BENCH_OA + (1ULL << crew->granule_lg2),
						 worker->span, IOMT_READ | IOMT_WRITE, NULL);
	crew->job->work(crew, (unsigned)(worker - crew->workers)); /* so that tables are in place */
	return true;
}

static bool start(struct round *round)
{
	unsigned param = round->bench->param, granule_lg2 = round->kind->granule_lg2;
	enum place place = param >> 12 & 0xf;
	struct crew *crew = aligned_alloc(128, sizeof(*crew));
	uint64_t apart, entries;

	round->data = crew;
	round->threads = param & 0xfff;
	round->alone = alone;
	round->entries = 1;
	if (!crew || !bench_table(round, 0))
		return false;
	*crew = (struct crew){
		.target = round->target, .job = &jobs[param >> 16], .granule_lg2 = granule_lg2};
	round->ops = crew->job->calls;
	entries = entries_of(place, round->threads, 1ULL << (granule_lg2 - 3), &apart);
	for (unsigned i = 0; i < round->threads; i++) {
		struct worker *worker = &crew->workers[i];

		worker->base = BENCH_BASE + (i * apart << granule_lg2);
		worker->span = entries << granule_lg2;
		if (!start_worker(round, worker, i && place == OWN_TABLES))
			return false;
	}
	crew->team = team_start(round->threads, crew->job->work, crew);
	return crew->team;
}

static void stop(struct round *round)
{
	struct crew *crew = round->data;

	team_stop(crew->team);
	for (unsigned i = 1; i < round->threads; i++) {
		if (crew->workers[i].pt != round->pt)
			round->target->close(crew->workers[i].pt);
	}
	bench_drop(round);
	free(crew);
}

static const struct kind *column;

static void add_job(unsigned job, enum place place, unsigned count)
{
	static const struct workload together = {start, NULL, timed, check_all, stop};
	unsigned param = PARAM(job, (unsigned)place, count);
	uint64_t apart;
	char name[64];

	if (!entries_of(place, count, 1ULL << (column->granule_lg2 - 3), &apart))
		return;
	snprintf(name, sizeof(name), "%s, %s, %u threads", jobs[job].name, places[place], count);
	if (jobs[job].own) {
		bench_add_own(column, name, &together, param);
		return;
	}
	bench_add(column, name, &together, param);
	bench_add_target(column, &locked_target, name, &together, param);
}

static void add(unsigned count)
{
	for (unsigned job = 0; count > 1 && job < sizeof(jobs) / sizeof(jobs[0]); job++) {
		for (enum place place = 0; place < PLACES; place++) {
			if (jobs[job].places >> place & 1)
				add_job(job, place, count);
		}
	}
}

void bench_threads(const struct kind *kind, bool full)
{
	static const char *const usual[] = {"amdv1", "x86_64", "vtd_ss", "arm_s1_4k"};
	bool wanted = full;

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		wanted = wanted || !strcmp(kind->name, usual[i]);
	column = kind;
	if (wanted)
		team_sizes(add);
}

/* What processors do side by side when they share nothing at all: sums that keep all of a core busy. */
static void sum_up(void *ctx, unsigned index)
{
	uint64_t sums[] = {index, 1, 2, 3, 4, 5};

	(void)ctx;
	for (uint32_t i = 0; i < MAPS * 8; i++) {
		for (unsigned k = 0; k < 6; k++) {
			sums[k] += i;
			__asm__ volatile("" : "+r"(sums[k]));
		}
	}
}

static void sum_alone(struct round *round)
{
	round->disturbed = !team_alone(round->data, round->next);
}

static bool open_sums(struct round *round)
{
	round->ops = MAPS;
	round->entries = 1;
	round->threads = round->bench->param;
	round->alone = sum_alone;
	round->data = team_start(round->threads, sum_up, NULL);
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

	snprintf(name, sizeof(name), "48 sums, %u threads", count);
	if (count > 1)
		bench_add(NULL, name, &sums, count);
}

void bench_threads_limit(void)
{
	team_sizes(add_sums);
}
