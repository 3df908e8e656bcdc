/* SPDX-License-Identifier: MIT */
/*
 * What the interface's promises cost on one page: the same loops with all of them, through the
 * general handle, without a gather, and without any (bare.c).
 */
#include "bare.h"
#include "bench.h"

static int unmap_ungathered(struct iomt_pt *pt, uint64_t iova, uint64_t length, uint64_t *unmapped,
			    struct iomt_gather *gather)
{
	(void)gather;
	return iomt_pt_unmap(pt, iova, length, unmapped, NULL);
}

/* The bare calls make no tables. */
static struct iomt_pt *open_with_tables(const struct kind *kind, uint32_t flags)
{
	struct iomt_pt *pt = bench_open(kind, flags);

	if (!pt || !iomt_pt_reserve(pt, BENCH_BASE, 1ULL << (kind->granule_lg2 + 16)))
		return pt;
	bench_close(pt);
	return NULL;
}

#define ROW(format)                                                        \
	{                                                                  \
		&iomt_##format, bare_##format##_map, bare_##format##_unmap \
	}

static const struct {
	const struct iomt_pt_format *format;
	int (*map)(struct iomt_pt *pt, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot,
		   struct iomt_gather *gather);
	int (*unmap)(struct iomt_pt *pt, uint64_t iova, uint64_t length, uint64_t *unmapped,
		     struct iomt_gather *gather);
} rows[] = {ROW(amdv1), ROW(x86_64), ROW(arm_s1_4k)};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

void bench_promises(const struct kind *kind)
{
	static struct target bare[ROWS], general[ROWS], ungathered[ROWS];
	size_t i = 0;

	while (i < ROWS && (rows[i].format != kind->format || bare[i].name))
		i++;
	if (i == ROWS)
		return;
	bare[i] = general[i] = ungathered[i] = kind->target;
	bare[i].name = "no promises";
	bare[i].open = open_with_tables;
	bare[i].map = rows[i].map;
	bare[i].unmap = rows[i].unmap;
	general[i].name = "general handle";
	general[i].map = iomt_pt_map;
	general[i].unmap = iomt_pt_unmap;
	ungathered[i].name = "handle, no gather";
	ungathered[i].unmap = unmap_ungathered;
	bench_add_target(kind, &bare[i], "map 1 sequential", &bench_map_one, 0);
	bench_add_target(kind, &bare[i], "unmap 1 sequential", &bench_unmap_one, 0);
	bench_add_target(kind, &general[i], "map 1 sequential", &bench_map_one, 0);
	bench_add_target(kind, &general[i], "unmap 1 sequential", &bench_unmap_one, 0);
	bench_add_target(kind, &ungathered[i], "unmap 1 sequential", &bench_unmap_one, 0);
}
