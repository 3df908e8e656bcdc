/* SPDX-License-Identifier: MIT */
/* The edges of address spaces: first and last bytes, halves, and tops that grow. */
#include "kinds.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

/* The last granule and the first, with neighbours, one by one and as whole. */
static void first_and_last(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		struct table t;
		uint64_t g, tail;

		table_open(&t, &kinds[i], PROVIDER_LINEAR);
		g = t.granule;
		tail = t.last - (g - 1);
		table_map(&t, tail, 5 * g, g, RW);
		table_map(&t, t.first, 7 * g, g, RW);
		table_expect(&t, t.last, 6 * g - 1, kinds[i].granule_lg2);
		table_expect(&t, t.first, 7 * g, kinds[i].granule_lg2);
		table_unmap(&t, tail, g, g);
		table_expect_empty(&t, t.last);
		table_map(&t, tail - 2 * g, 9 * g, 3 * g, RW);
		table_unmap(&t, tail - 4 * g, 5 * g, 3 * g);
		table_expect(&t, t.first, 7 * g, kinds[i].granule_lg2);
		CHECK_INT(iomt_pt_protect(&t.pt, tail, g, IOMT_READ, NULL), 0);
		CHECK_INT(iomt_pt_reserve(&t.pt, tail, g), 0);
		table_unmap(&t, t.first, g, g);
		table_close(&t);
	}
}

/* The whole address space at once, unmapped, and its last largest page. */
static void everything(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		struct table t;
		uint64_t length, largest;
		unsigned lg2;

		table_open(&t, &kinds[i], PROVIDER_LINEAR);
		lg2 = 63u - (unsigned)__builtin_clzll(iomt_pt_sizes(&t.pt));
		largest = 1ULL << lg2;
		length = t.last - t.first + 1;
		if (largest - 1 <= t.pt.oa_last && (!length || largest <= length)) {
			table_map(&t, t.last - (largest - 1), 0, largest, RW);
			table_expect(&t, t.last, largest - 1, lg2);
			table_expect(&t, t.last - (largest - 1), 0, lg2);
		}
		if (length)
			table_unmap(&t, t.first, length, largest);
		else
			table_unmap(&t, 1ULL << 63, 1ULL << 63, largest);
		table_expect_empty(&t, t.last);
		table_close(&t);
	}
}

/* Half of 2^64 and the other half: lengths that only just fit. */
static void half_of_everything(void)
{
	struct table t;

	table_open(&t, kind_named("amdv1"), PROVIDER_LINEAR);
	table_map(&t, 0xfff0000000000000, 0, 0x10000000000000, RW);
	table_expect(&t, UINT64_MAX, 0xfffffffffffff, 52);
	table_unmap(&t, 1ULL << 63, 1ULL << 63, 0x10000000000000);
	table_unmap(&t, 0x1000, 0 - 0x1000ULL, 0);
	table_close(&t);
}

/* Both halves of a sign-extended space are there, and nothing between them. */
static void signed_halves(void)
{
	const uint64_t top = 0xffff800000000000, hole = 0x0000800000000000;
	struct iomt_pt_leaf leaf;
	struct table t;

	table_open(&t, kind_named("x86_64_signed"), PROVIDER_LINEAR);
	table_map(&t, top, 0x1000, 0x1000, RW);
	table_map(&t, hole - 0x1000, 0x2000, 0x1000, RW);
	table_expect(&t, top, 0x1000, 12);
	table_expect(&t, hole - 1, 0x2fff, 12);
	CHECK_INT(iomt_pt_translate(&t.pt, hole, &leaf), IOMT_ERANGE);
	CHECK_INT(iomt_pt_translate(&t.pt, top - 1, &leaf), IOMT_ERANGE);
	CHECK_INT(iomt_pt_map(&t.pt, hole, 0, 0x1000, RW, NULL), IOMT_ERANGE);
	CHECK_INT(iomt_pt_map(&t.pt, hole - 0x1000, 0, 0x2000, RW, NULL), IOMT_ERANGE);
	CHECK_INT(iomt_pt_map(&t.pt, 0xfffffffffffff000, 0, 0x2000, RW, NULL), IOMT_ERANGE);
	CHECK_INT(iomt_pt_unmap(&t.pt, 0x1000, top, NULL, NULL), IOMT_ERANGE);
	table_unmap(&t, top, 0x800000000000, 0x1000);
	table_unmap(&t, 0, hole, 0x1000);
	table_close(&t);
}

/* The top table has leaves beside one another that lie beside the hole, or at either end of it all. */
static void large_leaves_of_signed_halves(void)
{
	for (unsigned lg2 = 39; lg2 <= 48; lg2 += 9) {
		struct kind kind = *kind_named("riscv_sv57");
		const uint64_t size = 1ULL << lg2;
		uint64_t hole, top;
		struct table t;

		kind.iova_bits = (uint8_t)(lg2 + 9);
		table_open(&t, &kind, PROVIDER_LINEAR);
		hole = t.last + 1;
		top = 0 - hole;
		CHECK_INT(iomt_pt_map(&t.pt, hole - size, 0, 2 * size, RW, &t.gather), IOMT_ERANGE);
		table_expect_empty(&t, hole - 1);
		table_expect_empty(&t, top);
		table_map(&t, hole - size, 0, size, RW);
		table_map(&t, top, size, size, RW);
		table_map(&t, 0 - size, 2 * size, size, RW);
		table_map(&t, 0, 3 * size, size, RW);
		CHECK_INT(iomt_pt_unmap(&t.pt, hole - size, 2 * size, NULL, &t.gather),
			  IOMT_ERANGE);
		CHECK_INT(iomt_pt_unmap(&t.pt, 0 - size, 2 * size, NULL, &t.gather), IOMT_ERANGE);
		CHECK(iomt_gather_is_empty(&t.gather));
		table_expect(&t, hole - 1, size - 1, lg2);
		table_expect(&t, top, size, lg2);
		table_expect(&t, UINT64_MAX, 3 * size - 1, lg2);
		table_expect(&t, 0, 3 * size, lg2);
		table_unmap(&t, 0, hole, 2 * size);
		table_unmap(&t, top, hole, 2 * size);
		table_close(&t);
	}
}

/* The upper half knows no addresses below it. */
static void upper_half(void)
{
	struct iomt_pt_leaf leaf;
	struct table t;

	table_open(&t, kind_named("arm_s1_4k_ttbr1"), PROVIDER_LINEAR);
	CHECK_EQ(t.first, 0xffffff8000000000);
	CHECK_EQ(t.last, UINT64_MAX);
	CHECK_INT(iomt_pt_translate(&t.pt, 0, &leaf), IOMT_ERANGE);
	CHECK_INT(iomt_pt_translate(&t.pt, t.first - 1, &leaf), IOMT_ERANGE);
	CHECK_INT(iomt_pt_map(&t.pt, 0, 0, 0x1000, RW, NULL), IOMT_ERANGE);
	table_map(&t, 0xfffffffffffff000, 0x3000, 0x1000, RW);
	table_expect(&t, UINT64_MAX, 0x3fff, 12);
	table_close(&t);
}

struct heard {
	struct iomt_pt_hw hw;
	unsigned times;
};

static void hear(void *ctx, struct iomt_pt *pt)
{
	struct heard *heard = ctx;

	iomt_pt_hw(pt, &heard->hw);
	heard->times++;
}

/* A top that grows: told before the call returns, and everything below stays. */
static void growing(void)
{
	static struct provider provider;
	struct heard heard = {.times = 0};
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = &iomt_amdv1,
				  .mem = &provider.mem,
				  .levels = 1,
				  .top_changed = hear,
				  .ctx = &heard};
	struct iomt_pt_leaf leaf;
	struct iomt_pt_hw hw;
	struct iomt_pt pt;

	provider_init(&provider, PROVIDER_LINEAR);
	CHECK_INT(iomt_pt_init(&pt, &cfg), 0);
	CHECK_INT(iomt_pt_map(&pt, 0x5000, 0x1000, 0x1000, RW, NULL), 0);
	CHECK_EQ(heard.times, 0);
	/* above the top there is nothing yet, which is no error */
	CHECK_INT(iomt_pt_translate(&pt, UINT64_MAX, &leaf), IOMT_ENOENT);
	CHECK_INT(iomt_pt_unmap(&pt, 0x10000000000, 0x1000, NULL, NULL), 0);
	CHECK_INT(iomt_pt_protect(&pt, 0x1000, 0x10000000000, IOMT_READ, NULL), 0);
	iomt_pt_hw(&pt, &hw);
	CHECK_EQ(hw.levels, 1);
	CHECK_EQ(hw.iova_bits, 21);
	for (uint8_t levels = 2; levels <= 6; levels++) {
		uint64_t iova = 1ULL << (12 + 9 * (levels - 1));

		CHECK_INT(iomt_pt_map(&pt, iova, 0x2000, 0x1000, RW, NULL), 0);
		CHECK_EQ(heard.times, levels - 1);
		CHECK_EQ(heard.hw.u.amdv1.mode, levels);
		iomt_pt_hw(&pt, &hw);
		CHECK_EQ(hw.root, heard.hw.root);
		CHECK_INT(iomt_pt_translate(&pt, 0x5123, &leaf), 0);
		CHECK_EQ(leaf.oa, 0x1123);
		CHECK_INT(iomt_pt_translate(&pt, iova, &leaf), 0);
		CHECK_EQ(leaf.oa, 0x2000);
	}
	iomt_pt_destroy(&pt);
	provider_check_empty(&provider);
}

/* Reserving grows the top too; a leaf of the new top's size makes it grow as far as needed. */
static void growing_at_once(void)
{
	struct kind kind = *kind_named("amdv1_grows");
	struct iomt_pt_hw hw;
	struct table t;

	table_open(&t, &kind, PROVIDER_LINEAR);
	CHECK_INT(iomt_pt_reserve(&t.pt, 0xffffffff00000000, 0x1000), 0);
	CHECK_EQ(t.tops, 1);
	iomt_pt_hw(&t.pt, &hw);
	CHECK_EQ(hw.levels, 6);
	table_close(&t);
	table_open(&t, &kind, PROVIDER_LINEAR);
	table_map(&t, 0, 0, 1ULL << 30, RW);
	iomt_pt_hw(&t.pt, &hw);
	/* two levels reach it; a third only for a larger leaf is not made */
	CHECK_EQ(hw.levels, 2);
	table_expect(&t, (1ULL << 30) - 1, (1ULL << 30) - 1, 29);
	table_close(&t);
}

/* What lies below the old top keeps it, as a table, also when a large leaf would cover it. */
static void growing_over_what_is_there(void)
{
	for (int mapped = 0; mapped < 2; mapped++) {
		struct table t;

		table_open(&t, kind_named("amdv1_grows"), PROVIDER_LINEAR);
		if (mapped) {
			table_map(&t, 0x5000, 0x5000, 0x1000, RW);
			CHECK_INT(iomt_pt_map(&t.pt, 0, 0, 0x1000000, RW, &t.gather), IOMT_EEXIST);
			CHECK_EQ(t.tops, 0);
			table_expect(&t, 0x5000, 0x5000, 12);
		} else {
			table_map(&t, 0, 0x1000000, 0x1000000, RW);
			for (uint64_t at = 0x123; at < 0x1000000; at += 0x1000)
				table_expect(&t, at, 0x1000000 + at,
					     at < 0x200000 ? 20
							   : 63u - (unsigned)__builtin_clzll(at));
		}
		table_close(&t);
	}
}

/* Large leaves above the old top go right into the new one. */
static void growing_for_large_leaves(void)
{
	for (unsigned lg2 = 12; lg2 < 39; lg2++) {
		uint64_t size = 1ULL << lg2;
		struct table t;

		table_open(&t, kind_named("amdv1_grows"), PROVIDER_LINEAR);
		table_map(&t, size, size, size, RW);
		table_expect(&t, size, size, lg2);
		table_expect_empty(&t, 0);
		table_close(&t);
	}
}

TEST_SUITE(edges, TEST(first_and_last), TEST(everything), TEST(half_of_everything),
	   TEST(signed_halves), TEST(large_leaves_of_signed_halves), TEST(upper_half),
	   TEST(growing), TEST(growing_at_once), TEST(growing_over_what_is_there),
	   TEST(growing_for_large_leaves));
