/* SPDX-License-Identifier: MIT */
/* The results of a run, as the report's parts share them. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>

struct result {
	char format[32];
	char workload[64];
	char target[16];
	int order; /* of registration: a run shuffles */
	double ns_per_op;
	double ns_per_entry;
	double entries; /* per operation */
	double spread;	/* coefficient of variation over the repetitions */
	double limit;	/* ns per entry that the machine can do; 0 where no limit applies */
	double ratio;	/* a peer: its time over iomt's; iomt: its time over the limit's; or 0 */
};

struct results {
	struct result *list;
	size_t count;
};

/* The result of a target ("iomt", "limit", a peer) in a format's workload, or NULL. */
const struct result *result_find(const struct results *results, const char *format,
				 const char *workload, const char *target);

/* Formats or workloads in the order of their first appearance. Returns how many. */
size_t result_formats(const struct results *results, const char **names, size_t room);
size_t result_workloads(const struct results *results, const char **names, size_t room);

/* Draws pages.svg, ranges.svg and walks.svg into the folder, with gnuplot. */
bool plots_draw(const struct results *results, const char *folder);

#endif
