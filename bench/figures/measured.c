/* SPDX-License-Identifier: MIT */
/*
 * Figures out of a run: a line is one target's rows whose names differ by a number, which is x.
 */
#include "figure.h"
#include <stdlib.h>
#include <string.h>

struct line {
	const char *label;
	const char *before, *after; /* the number in the workload's name */
	const char *target;
};

struct measured {
	const char *format;
	bool rate; /* of all threads, in millions a second; else ns of one */
	struct line lines[4];
};

#define POINTS 64
#define LINES  (sizeof(((struct measured *)0)->lines) / sizeof(struct line))

static const struct run *the_run; /* one page shows one run */

/* x of a result, or 0 where the line is another one. Names have "1 thread", but "2 threads". */
static unsigned long x_of(const struct measured *measured, const struct line *line,
			  const struct result *result)
{
	size_t before = strlen(line->before), after = strlen(line->after);
	unsigned long x;
	char *rest;

	if (strcmp(result->format, measured->format) || strcmp(result->target, line->target) ||
	    strncmp(result->workload, line->before, before))
		return 0;
	x = strtoul(result->workload + before, &rest, 10);
	if (strncmp(rest, line->after, after))
		return 0;
	rest += after;
	return !*rest || !strcmp(rest, "s") ? x : 0;
}

static const struct result *at(const struct measured *measured, const struct line *line,
			       unsigned long x)
{
	for (size_t i = 0; i < the_run->count; i++) {
		if (x_of(measured, line, &the_run->list[i]) == x)
			return &the_run->list[i];
	}
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	unsigned long one = *(const unsigned long *)a, other = *(const unsigned long *)b;

	return (one > other) - (one < other);
}

/* Every x of any line, once, in rising order; "shown" tells which lines have one. */
static size_t find_points(const struct measured *measured, unsigned long *points, bool *shown)
{
	size_t count = 0;

	for (size_t i = 0; i < the_run->count; i++) {
		for (size_t l = 0; l < LINES && measured->lines[l].label; l++) {
			unsigned long x = x_of(measured, &measured->lines[l], &the_run->list[i]);
			size_t known = 0;

			if (!x)
				continue;
			shown[l] = true;
			while (known < count && points[known] != x)
				known++;
			if (known == count && count < POINTS)
				points[count++] = x;
		}
	}
	qsort(points, count, sizeof(*points), by_value);
	return count;
}

static bool write_lines(FILE *csv, const struct figure *figure)
{
	const struct measured *measured = figure->what;
	unsigned long points[POINTS];
	bool shown[LINES] = {false};
	size_t count = find_points(measured, points, shown);

	fprintf(csv, "%s", figure->x);
	for (size_t l = 0; l < LINES; l++) {
		if (shown[l])
			fprintf(csv, ",%s", measured->lines[l].label);
	}
	for (size_t p = 0; p < count; p++) {
		fprintf(csv, "\n%lu", points[p]);
		for (size_t l = 0; l < LINES; l++) {
			const struct result *result;

			if (!shown[l])
				continue;
			result = at(measured, &measured->lines[l], points[p]);
			if (!result || result->error)
				fprintf(csv, ",NaN");
			else if (measured->rate)
				fprintf(csv, ",%.4g", 1e3 * (double)points[p] / result->ns_per_op);
			else
				fprintf(csv, ",%.4g", result->ns_per_op);
		}
	}
	fprintf(csv, "\n");
	return count;
}

#define CACHES(before, after)                                                             \
	{                                                                                 \
		{"iomt", before, after, "iomt"},                                          \
			{"GHashTable as in QEMU's VT-d", before, after, "GHashTable"},    \
			{"GHashTable as in its SMMU", before, after, "GHashTable, SMMU"}, \
			{"list as in DPDK's vhost", before, after, "list"},               \
	}

static const struct measured lookups = {.format = "iotlb", .lines = CACHES("lookup random ", "")};
static const struct measured pages = {.format = "iotlb", .lines = CACHES("forget 1 page of ", "")};
static const struct measured pasids = {.format = "iotlb",
				       .lines = CACHES("forget PASID of ", " entries")};
static const struct measured domains = {.format = "iotlb",
					.lines = CACHES("forget domain of ", " entries")};
static const struct measured flushes = {
	.format = "flush",
	.rate = true,
	.lines = {
		{"unmap alone", "unmap alone, ", " thread", "iomt"},
		{"strict", "unmap, strict, ", " thread", "iomt"},
		{"deferred: a queue each", "unmap, a queue each, ", " thread", "iomt"},
		{"deferred: one queue", "unmap, one queue, ", " thread", "iomt"},
	}};

#define CACHED "4K pages that are cached"

static const struct figure figures[] = {
	{"lookup", "Lookups in software IOTLBs by what is in them", CACHED, "ns per lookup", true,
	 "Hits anywhere in so many pages, by one thread.", .what = &lookups, .log_y = true},
	{"forget-page", "Invalidations of a page by what is cached", CACHED, "ns per invalidation",
	 true, "Pages that are there, while the others stay.", .what = &pages, .log_y = true},
	{"forget-pasid", "Invalidations of a PASID by what is cached", CACHED,
	 "ns per invalidation", true,
	 "1024 PASIDs have the pages among them; a quarter of them is invalidated in turn.",
	 .what = &pasids, .log_y = true},
	{"forget-domain", "Invalidations of a domain by what is cached", CACHED,
	 "ns per invalidation", true, "The same with 1024 domains.", .what = &domains,
	 .log_y = true},
	{"unmaps", "Unmaps by threads and flush policy", "threads", "million pages a second", true,
	 "Each thread removes pages of its own from one AMD V1 table, with all that follows until "
	 "they may be used again. The hardware is done at once, so that this is the software's "
	 "part alone; the model's figure of callers has the hardware's.",
	 .what = &flushes},
};

struct chapter chapter_measured(const struct run *run)
{
	the_run = run;
	return (struct chapter){"Software IOTLB and flush queues, measured",
				"Times of one machine, named below: another has others.",
				write_lines, figures, sizeof(figures) / sizeof(figures[0])};
}
