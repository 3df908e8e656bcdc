/* SPDX-License-Identifier: MIT */
/* The report for a terminal: a row a workload, a column a format. */
#include "text.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static void print_context(const struct run *run)
{
	static const char *const names[] = {"machine", "cache levels", "pinned to", "compiler",
					    "flags",   "commit",       "peers",	    "date"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		printf("%-12s %s\n", names[i], run_note(run, names[i]));
	if (!strcmp(run_note(run, "library_build_type"), "debug"))
		printf("%-12s %s\n", "note",
		       "libbenchmark calls itself a debug build: harmless, as none of it runs\n"
		       "             inside a timed part");
}

static void print_spread(double spread)
{
	if (isnan(spread))
		printf(" %7s\n", "-");
	else
		printf(" %6.1f%%\n", 100 * spread);
}

static double figure(const struct result *result, bool per_entry)
{
	return per_entry ? result->ns_per_entry : result->ns_per_op;
}

/* One row: a workload in all formats, per operation or per entry, and the worst spread. */
static void print_own(const struct run *run, const char *workload, bool per_entry)
{
	double spread = NAN, limit = 0;

	printf("%-30s", workload);
	for (size_t i = 0; i < run->formats.count; i++) {
		const struct result *result = run_find(run, run->formats.list[i], workload, "iomt");

		if (!result || result->error) {
			printf(" %11s", result ? "failed" : "-");
			continue;
		}
		printf(" %11.*f", per_entry ? 3 : 2, figure(result, per_entry));
		spread = fmax(spread, result->spread);
		limit = result->limit;
	}
	if (limit > 0)
		printf(" %9.3f", limit);
	else
		printf(" %9s", "-");
	print_spread(spread);
}

/* The row below: the same by a peer, and how many times iomt's time that is. */
static void print_peer(const struct run *run, const char *workload, bool per_entry,
		       const char *peer)
{
	double spread = NAN;

	printf("  %-28s", peer);
	for (size_t i = 0; i < run->formats.count; i++) {
		const struct result *result = run_find(run, run->formats.list[i], workload, peer);
		char cell[64] = "-";

		if (result && result->error) {
			strcpy(cell, "failed");
		} else if (result) {
			int length = snprintf(cell, sizeof(cell), "%.*f", per_entry ? 2 : 1,
					      figure(result, per_entry));

			if (result->ratio.value > 0)
				snprintf(cell + length, sizeof(cell) - (size_t)length, " x%.1f",
					 result->ratio.value);
			spread = fmax(spread, result->spread);
		}
		printf(" %11s", cell);
	}
	printf(" %9s", "");
	print_spread(spread);
}

/* A result of the target in any format, one with figures where there is one; or NULL. */
static const struct result *find_any(const struct run *run, const char *workload,
				     const char *target)
{
	const struct result *any = NULL;

	for (size_t i = 0; i < run->formats.count && (!any || any->error); i++) {
		const struct result *result = run_find(run, run->formats.list[i], workload, target);

		any = result ? result : any;
	}
	return any;
}

static void print_table(const struct run *run, bool per_entry)
{
	printf("\n%-30s", per_entry ? "ns per entry" : "ns per operation");
	for (size_t i = 0; i < run->formats.count; i++)
		printf(" %11.11s", run->formats.list[i]);
	printf(" %9s %7s\n", "limit", "spread");
	for (size_t i = 0; i < run->workloads.count; i++) {
		const char *workload = run->workloads.list[i];
		const struct result *any = find_any(run, workload, "iomt");

		if (!any || any->threads || (any->entries > 1) != per_entry)
			continue;
		print_own(run, workload, per_entry);
		for (size_t t = 0; t < run->targets.count; t++) {
			const char *target = run->targets.list[t];

			if (strcmp(target, "iomt") && find_any(run, workload, target))
				print_peer(run, workload, per_entry, target);
		}
	}
}

static void print_limits(const struct run *run)
{
	printf("\n%-40s %9s %7s\n", "the machine's limits", "ns", "spread");
	for (size_t i = 0; i < run->count; i++) {
		const struct result *result = &run->list[i];

		if (!result_is_limit(result) || result->error)
			continue;
		printf("%-40s %9.3f", result->workload, result->ns_per_entry);
		if (result->threads)
			printf(" x%.3f", result->scaled.value);
		print_spread(result->spread);
	}
}

/* A target's row of a workload of threads: in each format throughput, and how it scales. */
static void print_threads_row(const struct run *run, const char *workload, const char *target)
{
	bool own = !strcmp(target, "iomt");

	printf("%s%-*s", own ? "" : "  ", own ? 44 : 42, own ? workload : target);
	for (size_t i = 0; i < run->formats.count; i++) {
		const struct result *result = run_find(run, run->formats.list[i], workload, target);
		char cell[64] = "-";

		if (result && result->error)
			strcpy(cell, "failed");
		else if (result && result->threads)
			snprintf(cell, sizeof(cell), "%.1f x%.2f", result_rate(result),
				 result->scaled.value);
		printf(" %13s", cell);
	}
	printf("\n");
}

static void print_threads_head(const struct run *run)
{
	printf("\n%-44s", "million a second, all threads");
	for (size_t i = 0; i < run->formats.count; i++)
		printf(" %13.13s", run->formats.list[i]);
	printf("\n");
}

/* Threads at the same time: what all of them do, and how many times what one does alone. */
static void print_threads(const struct run *run)
{
	bool begun = false;

	for (size_t i = 0; i < run->workloads.count * run->targets.count; i++) {
		const char *workload = run->workloads.list[i / run->targets.count];
		const char *target = run->targets.list[i % run->targets.count];
		const struct result *any = find_any(run, workload, target);

		if (!any || !any->threads)
			continue;
		if (!begun)
			print_threads_head(run);
		begun = true;
		print_threads_row(run, workload, target);
	}
}

/* What memory providers had left when all was taken down. */
static void print_kept(const struct run *run)
{
	bool first = true;

	for (size_t i = 0; i < run->count; i++) {
		const struct result *result = &run->list[i];
		const double *resident = result->resident;

		if (result->error || resident[0] <= 0)
			continue;
		if (first)
			printf("\n%-40s %9s %9s\n", "memory kept, MiB", "", "trimmed");
		printf("%-29s %10s %9.1f %9.1f\n", result->workload, result->target,
		       (resident[1] - resident[0]) / (1 << 20),
		       (resident[2] - resident[0]) / (1 << 20));
		first = false;
	}
}

static void print_failures(const struct run *run)
{
	bool first = true;

	for (size_t i = 0; i < run->count; i++) {
		const struct result *result = &run->list[i];

		if (!result->error)
			continue;
		printf("%sfailed: %s/%s/%s: %s\n", first ? "\n" : "", result->format,
		       result->workload, result->target, result->error);
		first = false;
	}
}

void text_print(const struct run *run)
{
	print_context(run);
	print_table(run, false);
	print_table(run, true);
	print_threads(run);
	print_limits(run);
	print_kept(run);
	print_failures(run);
	printf("\nMedians; spread is the worst coefficient of variation of a row. Limits are ns "
	       "per\n"
	       "entry (or load). x: how many times iomt's time; of threads, how many times what "
	       "one\n"
	       "of them does alone.\n");
}
