/* SPDX-License-Identifier: MIT */
/* Iterating over leaves as runs. */
#include "kinds.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

static void expect_run(struct table *t, uint64_t from, uint64_t to, uint64_t first, uint64_t last,
		       uint64_t oa, unsigned size_lg2)
{
	struct iomt_pt_run run;

	CHECK_INT(iomt_pt_next(&t->pt, from, to, &run), 0);
	CHECK_EQ(run.iova, first);
	CHECK_EQ(run.last, last);
	CHECK_EQ(run.oa, oa);
	CHECK_EQ(run.size_lg2, size_lg2);
}

static void nothing(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		struct iomt_pt_run run;
		struct table t;

		table_open(&t, &kinds[i], PROVIDER_LINEAR);
		CHECK_INT(iomt_pt_next(&t.pt, t.first, t.last, &run), IOMT_ENOENT);
		CHECK_INT(iomt_pt_reserve(&t.pt, table_at(&t, 100), t.granule), 0);
		CHECK_INT(iomt_pt_next(&t.pt, t.first, t.last, &run), IOMT_ENOENT);
		table_close(&t);
	}
}

/* Found from far below, clipped at both ends, across tables. */
static void one_run(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		struct table t;
		uint64_t g, n, iova, last;

		table_open(&t, &kinds[i], PROVIDER_LINEAR);
		g = t.granule;
		n = g / 8; /* slots of a table */
		iova = table_at(&t, n - 3);
		last = iova + 6 * g - 1;
		/* an odd distance between input and output: granules only */
		table_map(&t, iova, 2 * g, 6 * g, RW);
		expect_run(&t, t.first, t.last, iova, last, 2 * g, kinds[i].granule_lg2);
		expect_run(&t, iova + g, last - g, iova + g, last - g, 3 * g, kinds[i].granule_lg2);
		table_map(&t, t.last - (g - 1), 0, g, RW);
		expect_run(&t, last + 1, t.last, t.last - (g - 1), t.last, 0, kinds[i].granule_lg2);
		table_close(&t);
	}
}

/* Size, prot, or a gap on either side ends a run. */
static void what_ends_a_run(void)
{
	struct table t;

	table_open(&t, kind_named("x86_64_4"), PROVIDER_LINEAR);
	table_map(&t, 0x1000, 0x1000, 0x2000, RW);
	table_map(&t, 0x3000, 0x3000, 0x1000, IOMT_READ); /* prot */
	table_map(&t, 0x4000, 0x9000, 0x1000, IOMT_READ); /* output */
	table_map(&t, 0x6000, 0xb000, 0x1000, IOMT_READ); /* input */
	table_map(&t, 0x1ff000, 0x5ff000, 0x1000, RW);
	table_map(&t, 0x200000, 0x600000, 0x400000, RW); /* size */
	expect_run(&t, 0, t.last, 0x1000, 0x2fff, 0x1000, 12);
	expect_run(&t, 0x3000, t.last, 0x3000, 0x3fff, 0x3000, 12);
	expect_run(&t, 0x4000, t.last, 0x4000, 0x4fff, 0x9000, 12);
	expect_run(&t, 0x5000, t.last, 0x6000, 0x6fff, 0xb000, 12);
	expect_run(&t, 0x7000, t.last, 0x1ff000, 0x1fffff, 0x5ff000, 12);
	expect_run(&t, 0x200000, t.last, 0x200000, 0x5fffff, 0x600000, 21);
	expect_run(&t, 0x201000, 0x201fff, 0x201000, 0x201fff, 0x601000, 21);
	table_close(&t);
}

/* The next output address after the last would carry into the encryption bit above. */
static void last_output(void)
{
	struct iomt_pt_run run;
	struct table t;

	table_open(&t, kind_named("amdv1_enc"), PROVIDER_LINEAR);
	table_map(&t, 0x1000, (1ULL << 47) - 0x2000, 0x2000, RW | IOMT_MMIO);
	table_map(&t, 0x3000, 0, 0x2000, RW);
	CHECK_INT(iomt_pt_next(&t.pt, 0, 0x4fff, &run), 0);
	CHECK_EQ(run.last, 0x2fff);
	CHECK_EQ(run.size_lg2, 12);
	CHECK_EQ(run.prot, RW | IOMT_MMIO);
	CHECK_INT(iomt_pt_next(&t.pt, 0x3000, 0x4fff, &run), 0);
	CHECK_EQ(run.last, 0x4fff);
	CHECK_EQ(run.oa, 0);
	CHECK_EQ(run.prot, RW);
	table_close(&t);
}

static void prot_and_level(void)
{
	struct iomt_pt_run run;
	struct table t;

	table_open(&t, kind_named("amdv1"), PROVIDER_LINEAR);
	table_map(&t, 0x100000000, 0, 0x80000000, IOMT_WRITE | IOMT_SNOOP);
	CHECK_INT(iomt_pt_next(&t.pt, 0, UINT64_MAX, &run), 0);
	CHECK_EQ(run.prot, IOMT_WRITE | IOMT_SNOOP);
	CHECK_EQ(run.size_lg2, 31);
	CHECK_EQ(run.level, 2);
	table_close(&t);
}

/* The loop of the header's comment ends at the top of a 64-bit space. */
static void to_the_top(void)
{
	struct iomt_pt_run run;
	unsigned found = 0;
	struct table t;

	table_open(&t, kind_named("amdv1"), PROVIDER_LINEAR);
	table_map(&t, 0xfffffffffffff000, 0, 0x1000, RW);
	table_map(&t, 0, 0x1000, 0x1000, RW);
	for (uint64_t at = 0; !iomt_pt_next(&t.pt, at, UINT64_MAX, &run); at = run.last + 1) {
		found++;
		if (run.last == UINT64_MAX)
			break;
	}
	CHECK_EQ(found, 2);
	table_close(&t);
}

TEST_SUITE(iterate, TEST(nothing), TEST(one_run), TEST(what_ends_a_run), TEST(last_output),
	   TEST(prot_and_level), TEST(to_the_top));
