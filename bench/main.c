/* SPDX-License-Identifier: MIT */
/*
 * The benchmark program: registers benchmarks, pins itself, runs. IOMT_BENCH=full for all of them,
 * IOMT_BENCH=figures for those that figures are made of.
 */
#define _GNU_SOURCE /* RUSAGE_THREAD */
#include "bench.h"
#include "pool.h"
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define PATIENCE 0.05 /* seconds that go into a round, which the system disturbs again and again */

double bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

uint64_t bench_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

uint32_t *bench_permutation(uint32_t count)
{
	uint32_t *order = malloc(count * sizeof(*order));
	uint64_t state = count;

	for (uint32_t i = 0; order && i < count; i++) {
		uint32_t j = (uint32_t)(bench_random(&state) % (i + 1));

		order[i] = order[j];
		order[j] = i;
	}
	return order;
}

void bench_check(struct round *round, int err, const char *what)
{
	if (__builtin_expect(err != 0, 0) && !round->error) {
		fprintf(stderr, "\n%s: %s\n", what, iomt_strerror(err));
		round->error = what;
	}
}

struct iomt_pt *bench_open_in(const struct kind *kind, uint32_t flags, const struct iomt_mem *mem)
{
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg),
		.format = kind->format,
		.mem = mem,
		.iova_bits = kind->iova_bits,
		.flags = flags,
		.page_sizes = kind->page_sizes,
	};
	struct iomt_pt *pt = malloc(sizeof(*pt));

	if (pt && !iomt_pt_init(pt, &cfg))
		return pt;
	free(pt);
	return NULL;
}

struct iomt_pt *bench_open(const struct kind *kind, uint32_t flags)
{
	return bench_open_in(kind, flags, pool_mem());
}

void bench_close(struct iomt_pt *pt)
{
	iomt_pt_destroy(pt);
	free(pt);
}

bool bench_table(struct round *round, uint32_t flags)
{
	round->pt = round->target->open(round->kind, flags);
	bench_check(round, round->pt ? 0 : IOMT_ENOMEM, "open");
	return round->pt;
}

void bench_drop(struct round *round)
{
	if (round->pt)
		round->target->close(round->pt);
	round->pt = NULL;
}

long bench_interruptions(void)
{
	struct rusage usage = {0};

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nivcsw;
}

/* One round: how long this part took, which is the timed one or the one of a thread alone. */
static double measure(struct round *round, void (*part)(struct round *round))
{
	const struct workload *workload = round->bench->workload;
	double start, end;
	long before;

	round->disturbed = false;
	if (workload->before)
		workload->before(round);
	before = bench_interruptions();
	start = bench_now();
	part(round);
	end = bench_now();
	round->disturbed = round->disturbed || bench_interruptions() != before;
	if (workload->after)
		workload->after(round);
	return end - start;
}

/* The first round that is not disturbed, or else the shortest. */
static double measure_calmly(struct round *round, void (*part)(struct round *round))
{
	double time = measure(round, part), spent = time;

	while (round->disturbed && !round->error && spent < PATIENCE) {
		double again = measure(round, part);

		spent += again;
		if (again < time)
			time = again;
	}
	return time;
}

#define ROUNDS 4096u /* of a repetition that count */

static int by_value(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

/* The median of one thread's shares, which are "step" apart. */
static double middle(const double *shares, size_t first, size_t count, size_t step)
{
	double sorted[ROUNDS];
	size_t some = 0;

	for (size_t i = first; i < count; i += step)
		sorted[some++] = shares[i];
	qsort(sorted, some, sizeof(*sorted), by_value);
	return sorted[some / 2];
}

/*
 * How many times the work of one thread they do together. A share is what one of them takes alone of
 * the time that all take together; each had its turn.
 */
static double scaling(const struct round *round, const double *shares, size_t count)
{
	size_t turns = count < round->threads ? count : round->threads;
	double sum = 0;

	for (size_t i = 0; i < turns; i++)
		sum += middle(shares, i, count, round->threads);
	return sum * round->threads / (double)turns;
}

static void run(struct shim_state *state, const void *ctx)
{
	const struct bench *bench = ctx;
	const struct workload *workload = bench->workload;
	struct round round = {.bench = bench, .kind = bench->kind, .target = bench->target};
	double shares[ROUNDS];
	size_t rounds = 0;

	iomt_gather_init(&round.gather);
	if (!workload->open(&round)) {
		shim_fail(state, round.error ? round.error : "out of memory");
		return;
	}
	while (shim_round(state)) {
		double time = measure_calmly(&round, workload->timed);

		shim_time(state, time);
		if (round.alone && rounds < ROUNDS) {
			round.next = (unsigned)(rounds % round.threads);
			shares[rounds++] = measure_calmly(&round, round.alone) / time;
		}
		if (round.error) {
			shim_fail(state, round.error);
			break;
		}
	}
	shim_counter(state, "ops", (double)round.ops);
	shim_counter(state, "entries", (double)round.entries);
	if (rounds) {
		shim_counter(state, "threads_together", round.threads);
		shim_counter(state, "scaling", scaling(&round, shares, rounds));
	}
	if (round.resident[0] > 0) {
		shim_counter(state, "resident_before", round.resident[0]);
		shim_counter(state, "resident_after", round.resident[1]);
		shim_counter(state, "resident_trimmed", round.resident[2]);
	}
	if (round.ids > 0) {
		shim_counter(state, "ids", round.ids);
		shim_counter(state, "fewest", round.fewest);
	}
	if (round.bytes > 0) /* a zero has no relative deviation, and NaN is not JSON */
		shim_counter(state, "bytes", round.bytes);
	if (round.table_bytes > 0)
		shim_counter(state, "table_bytes", round.table_bytes);
	iomt_gather_release(&round.gather);
	workload->close(&round);
}

void bench_add_target(const struct kind *kind, const struct target *target, const char *name,
		      const struct workload *workload, unsigned param)
{
	struct bench *bench = malloc(sizeof(*bench)); /* for as long as the program runs */
	char full[128];

	if (!bench)
		abort();
	*bench = (struct bench){kind, target, workload, param};
	snprintf(full, sizeof(full), "%s/%s/%s", kind ? kind->name : "machine", name,
		 target ? target->name : "limit");
	shim_register(full, run, bench);
}

void bench_add_own(const struct kind *kind, const char *name, const struct workload *workload,
		   unsigned param)
{
	bench_add_target(kind, kind ? &kind->target : NULL, name, workload, param);
}

void bench_add(const struct kind *kind, const char *name, const struct workload *workload,
	       unsigned param)
{
	bench_add_own(kind, name, workload, param);
	if (kind && kind->peer)
		bench_add_target(kind, kind->peer, name, workload, param);
}

static void add_all(bool full)
{
	bench_limits(full);
	bench_threads_limit();
	bench_invalidation();
	bench_flush();
	bench_ids();
	bench_pack(full);
	bench_pack_tables();
	bench_domain();
	for (size_t i = 0; i < kind_count; i++) {
		if (!full && !kinds[i].in_default)
			continue;
		bench_pages(&kinds[i], full);
		bench_ranges(&kinds[i], full);
		bench_walks(&kinds[i], full);
		bench_guest(&kinds[i]);
		bench_nested(&kinds[i]);
		bench_unit(&kinds[i]);
		bench_dirty(&kinds[i], full);
		bench_threads(&kinds[i], full);
		bench_promises(&kinds[i]);
		if (!strcmp(kinds[i].name, "x86_64"))
			bench_providers(&kinds[i]);
	}
	bench_tlb(full);
}

int main(int argc, char **argv)
{
	const char *mode = getenv("IOMT_BENCH");

	bench_machine();
	if (mode && !strcmp(mode, "figures")) {
		bench_flush();
		bench_tlb(true);
	} else {
		add_all(mode && !strcmp(mode, "full"));
	}
	return shim_main(argc, argv);
}
