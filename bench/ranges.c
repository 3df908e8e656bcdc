/* SPDX-License-Identifier: MIT */
/* Ranges: many leaves of one size in a call; each size of a format; cold maps with their tables. */
#include "bench.h"
#include <stdlib.h>

#define MANY 4096u /* entries that a round writes at least */
#define LIST 16u

/* Ranges of one shape. */
struct shape {
	uint64_t length; /* of a range */
	uint64_t stride; /* from one to the next */
	uint64_t oa;	 /* of each */
};

static void map_ranges(struct round *round)
{
	const struct shape *shape = round->data;
	int err = 0;

	for (uint64_t i = 0; i < round->ops; i++)
		err |= round->target->map(round->pt, BENCH_BASE + i * shape->stride, shape->oa,
					  shape->length, IOMT_READ | IOMT_WRITE, NULL);
	bench_check(round, err, "map");
}

static void unmap_ranges(struct round *round)
{
	const struct shape *shape = round->data;
	uint64_t unmapped;
	int err = 0;

	for (uint64_t i = 0; i < round->ops; i++) {
		err |= round->target->unmap(round->pt, BENCH_BASE + i * shape->stride,
					    shape->length, &unmapped, &round->gather);
		if (unmapped != shape->length)
			err = IOMT_ENOENT;
	}
	bench_check(round, err, "unmap");
}

/* Granules that do not touch, in one call; who has none for that takes them one by one. */
static void map_lists(struct round *round)
{
	const struct target *target = round->target;
	const struct shape *shape = round->data;
	uint64_t size = 1ULL << round->kind->granule_lg2;
	struct iomt_seg segs[LIST];
	int err = 0;

	for (unsigned k = 0; k < LIST; k++)
		segs[k] = (struct iomt_seg){shape->oa + 2 * k * size, size};
	for (uint64_t i = 0; i < round->ops; i++) {
		uint64_t at = BENCH_BASE + i * shape->stride;

		if (target->map_sg) {
			err |= target->map_sg(round->pt, at, segs, LIST, IOMT_READ | IOMT_WRITE,
					      NULL);
			continue;
		}
		for (unsigned k = 0; k < LIST; k++)
			err |= target->map(round->pt, at + k * size, segs[k].oa, size,
					   IOMT_READ | IOMT_WRITE, NULL);
	}
	bench_check(round, err, "map of a list");
}

static bool open_shape(struct round *round, unsigned leaf_lg2, uint64_t leaves, uint64_t slots,
		       bool skew)
{
	struct shape *shape = malloc(sizeof(*shape));
	uint64_t align = 1ULL << leaf_lg2;

	round->data = shape;
	if (!shape || !bench_table(round, 0))
		return false;
	shape->length = leaves << leaf_lg2;
	shape->stride = shape->length;
	/* an output address out of step by one leaf keeps larger leaves away */
	shape->oa = ((BENCH_OA + (align << 9)) & ~((align << 9) - 1)) + (skew ? align : 0);
	round->entries = leaves * slots;
	round->ops = round->entries < MANY ? MANY / round->entries : 1;
	map_ranges(round); /* so that the tables are in place */
	unmap_ranges(round);
	return !round->error;
}

static bool open_granules(struct round *round)
{
	return open_shape(round, round->kind->granule_lg2, round->bench->param, 1, true);
}

static bool open_blocks(struct round *round)
{
	return open_shape(round, round->kind->block_lg2, round->bench->param, 1, true);
}

/* A single leaf of 2^param bytes, in as many slots as it takes. */
static bool open_leaf(struct round *round)
{
	unsigned granule = round->kind->granule_lg2, size = round->bench->param, unit = granule;

	while (unit + granule - 3 <= size)
		unit += granule - 3;
	return open_shape(round, size, 1, 1ULL << (size - unit), false);
}

static void done(struct round *round)
{
	bench_drop(round);
	free(round->data);
}

static bool open_cold(struct round *round)
{
	round->ops = 1;
	round->entries = ((uint64_t)round->bench->param << 30) >> round->kind->granule_lg2;
	return true;
}

static void new_table(struct round *round)
{
	bench_table(round, 0);
}

static void map_cold(struct round *round)
{
	uint64_t granule = 1ULL << round->kind->granule_lg2;

	bench_check(round,
		    round->target->map(round->pt, BENCH_BASE, BENCH_OA + granule,
				       (uint64_t)round->bench->param << 30, IOMT_READ | IOMT_WRITE,
				       NULL),
		    "map");
}

static void drop_table(struct round *round)
{
	bench_drop(round);
}

static void nothing(struct round *round)
{
	(void)round;
}

static void add_pair(const struct kind *kind, const char *what, const struct workload *map,
		     const struct workload *unmap, unsigned param)
{
	char name[64];

	snprintf(name, sizeof(name), "map %s", what);
	bench_add(kind, name, map, param);
	snprintf(name, sizeof(name), "unmap %s", what);
	bench_add(kind, name, unmap, param);
}

static void add_sizes(const struct kind *kind, bool full)
{
	static const struct workload map = {open_leaf, NULL, map_ranges, unmap_ranges, done};
	static const struct workload unmap = {open_leaf, map_ranges, unmap_ranges, NULL, done};
	char what[32];

	for (unsigned size = 12; size <= 30; size++) {
		bool some = size == 13 || size == 16 || size == 20 || size == 22 || size == 29;

		if (kind->format != &iomt_amdv1 || (!full && !some))
			continue;
		snprintf(what, sizeof(what), "leaf of %u%c", 1u << (size % 10),
			 "KMG"[size / 10 - 1]);
		add_pair(kind, what, &map, &unmap, size);
	}
	if (kind->contiguous_lg2)
		add_pair(kind, "contiguous run", &map, &unmap, kind->contiguous_lg2);
}

const struct workload bench_cold_map = {open_cold, new_table, map_cold, drop_table, nothing};

void bench_ranges(const struct kind *kind, bool full)
{
	static const unsigned counts[] = {16, 256, 512, 65536};
	static const struct workload map = {open_granules, NULL, map_ranges, unmap_ranges, done};
	static const struct workload unmap = {open_granules, map_ranges, unmap_ranges, NULL, done};
	static const struct workload map_block = {open_blocks, NULL, map_ranges, unmap_ranges,
						  done};
	static const struct workload unmap_block = {open_blocks, map_ranges, unmap_ranges, NULL,
						    done};
	static const struct workload list = {open_granules, NULL, map_lists, unmap_ranges, done};
	char what[32];

	bench_add(kind, "map list of 16", &list, LIST);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		snprintf(what, sizeof(what), "%u granules", counts[i]);
		add_pair(kind, what, &map, &unmap, counts[i]);
	}
	add_pair(kind, "256 blocks", &map_block, &unmap_block, 256);
	add_pair(kind, "512 blocks", &map_block, &unmap_block, 512);
	add_sizes(kind, full);
	bench_add(kind, "cold map 1G", &bench_cold_map, 1);
	if (full)
		bench_add(kind, "cold map 16G", &bench_cold_map, 16);
}
