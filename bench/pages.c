/* SPDX-License-Identifier: MIT */
/* One page at a time, with its table in place. */
#include "bench.h"
#include <stdlib.h>

#define PAGES 4096u /* of a driver's pool */

static void map_all(struct round *round)
{
	int (*map)(struct iomt_pt *, uint64_t, uint64_t, uint64_t, uint32_t, struct iomt_gather *) =
		round->target->map;
	const uint32_t *order = round->data;
	unsigned shift = round->kind->granule_lg2;
	int err = 0;

	for (uint32_t i = 0; i < PAGES; i++) {
		uint64_t at = (uint64_t)order[i] << shift;

		err |= map(round->pt, BENCH_BASE + at, BENCH_OA + at, 1ULL << shift,
			   IOMT_READ | IOMT_WRITE, NULL);
	}
	bench_check(round, err, "map");
}

static void unmap_all(struct round *round)
{
	int (*unmap)(struct iomt_pt *, uint64_t, uint64_t, uint64_t *, struct iomt_gather *) =
		round->target->unmap;
	const uint32_t *order = round->data;
	unsigned shift = round->kind->granule_lg2;
	uint64_t unmapped, total = 0;
	int err = 0;

	for (uint32_t i = 0; i < PAGES; i++) {
		err |= unmap(round->pt, BENCH_BASE + ((uint64_t)order[i] << shift), 1ULL << shift,
			     &unmapped, &round->gather);
		total += unmapped;
	}
	if (total != (uint64_t)PAGES << shift)
		err = IOMT_ENOENT;
	bench_check(round, err, "unmap");
}

/* The same through a cursor, for those who have one. */
static void map_by_cursor(struct round *round)
{
	const struct target *target = round->target;
	uint64_t size = 1ULL << round->kind->granule_lg2;
	int err = 0;

	if (!target->cursor_map) {
		map_all(round);
		return;
	}
	iomt_pt_cursor_init(&round->cursor, round->pt);
	for (uint64_t at = 0; at < PAGES * size; at += size)
		err |= target->cursor_map(&round->cursor, BENCH_BASE + at, BENCH_OA + at, size,
					  IOMT_READ | IOMT_WRITE, NULL);
	bench_check(round, err, "map");
}

static void unmap_by_cursor(struct round *round)
{
	const struct target *target = round->target;
	uint64_t size = 1ULL << round->kind->granule_lg2, unmapped, total = 0;
	int err = 0;

	if (!target->cursor_unmap) {
		unmap_all(round);
		return;
	}
	iomt_pt_cursor_init(&round->cursor, round->pt);
	for (uint64_t at = 0; at < PAGES * size; at += size) {
		err |= target->cursor_unmap(&round->cursor, BENCH_BASE + at, size, &unmapped,
					    &round->gather);
		total += unmapped;
	}
	if (total != PAGES * size)
		err = IOMT_ENOENT;
	bench_check(round, err, "unmap");
}

static bool open_in_order(struct round *round)
{
	round->ops = PAGES;
	round->entries = 1;
	round->data = malloc(PAGES * sizeof(uint32_t));
	for (uint32_t i = 0; round->data && i < PAGES; i++)
		((uint32_t *)round->data)[i] = i;
	if (!round->data || !bench_table(round, 0))
		return false;
	map_all(round); /* so that the tables are in place */
	unmap_all(round);
	return !round->error;
}

static bool open_at_random(struct round *round)
{
	if (!open_in_order(round))
		return false;
	free(round->data);
	round->data = bench_permutation(PAGES);
	return round->data;
}

static void pairs(struct round *round)
{
	const struct target *target = round->target;
	uint64_t size = 1ULL << round->kind->granule_lg2, unmapped;
	int err = 0;

	for (uint32_t i = 0; i < PAGES / 2; i++) {
		err |= target->map(round->pt, BENCH_BASE, BENCH_OA, size, IOMT_READ | IOMT_WRITE,
				   NULL);
		err |= target->unmap(round->pt, BENCH_BASE, size, &unmapped, &round->gather);
	}
	bench_check(round, err, "map and unmap");
}

static void done(struct round *round)
{
	bench_drop(round);
	free(round->data);
}

const struct workload bench_map_one = {open_in_order, NULL, map_all, unmap_all, done};
const struct workload bench_unmap_one = {open_in_order, map_all, unmap_all, NULL, done};

void bench_pages(const struct kind *kind, bool full)
{
	static const struct workload map_random = {open_at_random, NULL, map_all, unmap_all, done};
	static const struct workload unmap_random = {open_at_random, map_all, unmap_all, NULL,
						     done};
	static const struct workload map_cursor = {open_in_order, NULL, map_by_cursor, unmap_all,
						   done};
	static const struct workload unmap_cursor = {open_in_order, map_all, unmap_by_cursor, NULL,
						     done};
	static const struct workload same = {open_in_order, NULL, pairs, NULL, done};

	(void)full;
	bench_add(kind, "map 1 sequential", &bench_map_one, 0);
	bench_add(kind, "unmap 1 sequential", &bench_unmap_one, 0);
	bench_add(kind, "map 1, cursor", &map_cursor, 0);
	bench_add(kind, "unmap 1, cursor", &unmap_cursor, 0);
	bench_add(kind, "map 1 random", &map_random, 0);
	bench_add(kind, "unmap 1 random", &unmap_random, 0);
	bench_add(kind, "map+unmap same page", &same, 0);
}
