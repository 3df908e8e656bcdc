/* SPDX-License-Identifier: MIT */
/* The choice of page sizes: the fewest leaves that alignment and the allowed sizes permit. */
#include "kinds.h"
#include "test.h"
#include <stdlib.h>

#define RW (IOMT_READ | IOMT_WRITE)

/* The fewest leaves for "granules" granules, by dynamic programming over granules. */
static unsigned fewest(const struct table *t, uint64_t iova, uint64_t oa, unsigned granules)
{
	unsigned *best = calloc(granules + 1, sizeof(*best)), result;
	uint64_t sizes = iomt_pt_sizes(&t->pt);

	CHECK(best);
	for (unsigned done = 1; done <= granules; done++) {
		best[done] = ~0u;
		for (unsigned lg2 = t->kind->granule_lg2; lg2 < 64; lg2++) {
			uint64_t size = 1ULL << lg2, n = size / t->granule;
			uint64_t at = (done - n) * t->granule;

			if (!(sizes & size) || n > done || ((iova + at) | (oa + at)) & (size - 1))
				continue;
			if (best[done - n] + 1 < best[done])
				best[done] = best[done - n] + 1;
		}
	}
	result = best[granules];
	free(best);
	return result;
}

static unsigned leaves(const struct table *t, uint64_t first, uint64_t last)
{
	struct iomt_pt_run run;
	uint64_t count = 0;

	for (uint64_t at = first; !iomt_pt_next(&t->pt, at, last, &run); at = run.last + 1) {
		count += (run.last - run.iova + 1) >> run.size_lg2;
		if (run.last == last)
			break;
	}
	return (unsigned)count;
}

static void fewest_leaves(void)
{
	static const struct {
		unsigned at, oa, granules;
	} rows[] = {
		{0, 0, 1},	{0, 0, 2},	 {1, 1, 2},	 {0, 0, 16},	   {0, 8, 16},
		{1, 1, 15},	{1, 1, 16},	 {16, 48, 31},	 {3, 3, 500},	   {0, 0, 512},
		{5, 5, 1024},	{511, 511, 514}, {0, 1, 600},	 {128, 256, 2048}, {0, 0, 2047},
		{32, 64, 4096}, {2048, 0, 2048}, {1, 513, 3000}, {7, 2055, 4099},
	};

	for (size_t i = 0; i < kind_count; i++) {
		/* a top that grows does so for addresses, not for larger leaves */
		for (size_t r = 0; !kinds[i].grows && r < sizeof(rows) / sizeof(rows[0]); r++) {
			uint64_t iova, oa, length;
			struct table t;

			table_open(&t, &kinds[i], PROVIDER_LINEAR);
			iova = table_at(&t, rows[r].at);
			oa = rows[r].oa * t.granule;
			length = rows[r].granules * t.granule;
			table_map(&t, iova, oa, length, RW);
			CHECK_EQ(leaves(&t, iova, iova + length - 1),
				 fewest(&t, iova, oa, rows[r].granules));
			table_unmap(&t, iova, length, length);
			table_close(&t);
		}
	}
}

/* Each allowed size, where both addresses are aligned to it. */
static void every_size(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		for (unsigned lg2 = kinds[i].granule_lg2; lg2 < 52; lg2++) {
			uint64_t size = 1ULL << lg2;
			struct table t;

			table_open(&t, &kinds[i], PROVIDER_LINEAR);
			if ((iomt_pt_sizes(&t.pt) & size) && size - 1 <= t.pt.oa_last - size &&
			    size <= (t.last - t.first) / 2) {
				table_map(&t, t.first + size, size, size, RW);
				table_expect(&t, t.first + size, size, lg2);
				table_expect(&t, t.first + size + (size - 1), size + (size - 1),
					     lg2);
				table_unmap(&t, t.first + size, size, size);
				table_expect_empty(&t, t.first + size);
			}
			table_close(&t);
		}
	}
}

/* Neighbours that touch share larger leaves; those that do not, do not. */
static void scatter_lists_merge(void)
{
	struct iomt_seg segs[] = {
		{0x200000, 0x1000}, {0x201000, 0xff000}, {0x300000, 0x100000},
		{0x800000, 0x1000}, {0x900000, 0x1000},	 {0x901000, 0x1000},
	};
	struct table t;

	table_open(&t, kind_named("x86_64_4"), PROVIDER_LINEAR);
	CHECK_INT(iomt_pt_map_sg(&t.pt, 0x400000, segs, 6, RW, NULL), 0);
	table_expect(&t, 0x400000, 0x200000, 21);
	table_expect(&t, 0x5fffff, 0x3fffff, 21);
	table_expect(&t, 0x600000, 0x800000, 12);
	table_expect(&t, 0x601000, 0x900000, 12);
	table_expect(&t, 0x602fff, 0x901fff, 12);
	table_expect_empty(&t, 0x603000);
	table_close(&t);
}

/*
 * A large leaf over tables that unmap left empty: with a gather the tables go, without one they
 * stay and hold smaller leaves.
 */
static void over_empty_tables(void)
{
	for (int with_gather = 0; with_gather < 2; with_gather++) {
		struct iomt_pt_stats stats;
		struct table t;

		table_open(&t, kind_named("x86_64_4"), PROVIDER_LINEAR);
		table_map(&t, 0x40000000, 0, 0x1000, RW);
		table_unmap(&t, 0x40000000, 0x1000, 0x1000);
		iomt_gather_release(&t.gather);
		CHECK_INT(iomt_pt_map(&t.pt, 0x40000000, 0x40000000, 0x40000000, RW,
				      with_gather ? &t.gather : NULL),
			  0);
		table_expect(&t, 0x40000000, 0x40000000, with_gather ? 30 : 12);
		table_expect(&t, 0x40200000, 0x40200000, with_gather ? 30 : 21);
		iomt_pt_stats(&t.pt, &stats);
		CHECK_EQ(stats.tables[0], with_gather ? 0 : 1);
		CHECK_EQ(stats.tables[1], with_gather ? 0 : 1);
		if (with_gather) {
			CHECK_EQ(t.gather.tables, 2);
			CHECK_EQ(t.gather.table_levels, 1u << 1 | 1u << 2);
			CHECK_EQ(t.gather.first, 0x40000000);
			CHECK_EQ(t.gather.last, 0x7fffffff);
		}
		table_close(&t);
	}
}

/* Where blocks may not replace tables in place, it takes the break that the hook allows. */
static void over_empty_tables_with_break(void)
{
	struct kind kind = *kind_named("arm_s1_4k");

	for (uint8_t bbm = 0; bbm <= 2; bbm++) {
		struct table t;

		kind.bbm = bbm;
		table_open(&t, &kind, PROVIDER_LINEAR);
		table_map(&t, 0x200000, 0, 0x1000, RW);
		table_unmap(&t, 0x200000, 0x1000, 0x1000);
		table_map(&t, 0x200000, 0x200000, 0x200000, RW);
		table_expect(&t, 0x200000, 0x200000, 21);
		CHECK_EQ(t.syncs, bbm < 2 ? 1 : 0);
		table_unmap(&t, 0x200000, 0x200000, 0x200000);
		iomt_gather_release(&t.gather);
		/* no hook, no break: smaller leaves, unless hardware takes it in place */
		table_map(&t, 0x200000, 0, 0x1000, RW);
		table_unmap(&t, 0x200000, 0x1000, 0x1000);
		t.gather.sync = NULL;
		table_map(&t, 0x200000, 0x200000, 0x200000, RW);
		table_expect(&t, 0x200000, 0x200000, bbm < 2 ? 16 : 21);
		table_close(&t);
	}
}

/* The addresses of a 64K-granule leaf change their places in the entry at 2^48. */
static void across_packing_boundaries(void)
{
	static const struct {
		const char *kind;
		uint64_t boundary;
	} rows[] = {
		{"arm_s1_64k_lpa", 1ULL << 48},
		{"arm_s2_64k_lpa", 1ULL << 49},
		{"arm_s1_4k_lpa2", 1ULL << 50},
		{"arm_s2_16k_lpa2", 1ULL << 51},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct table t;
		uint64_t iova, oa;

		table_open(&t, kind_named(rows[i].kind), PROVIDER_LINEAR);
		iova = table_at(&t, 1);
		oa = rows[i].boundary - 3 * t.granule;
		table_map(&t, iova, oa, 6 * t.granule, RW);
		for (unsigned g = 0; g < 6; g++)
			table_expect(&t, iova + g * t.granule, oa + g * t.granule,
				     t.kind->granule_lg2);
		table_close(&t);
	}
}

TEST_SUITE(sizes, TEST(fewest_leaves), TEST(every_size), TEST(scatter_lists_merge),
	   TEST(over_empty_tables), TEST(over_empty_tables_with_break),
	   TEST(across_packing_boundaries));
