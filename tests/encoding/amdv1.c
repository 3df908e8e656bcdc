/* SPDX-License-Identifier: MIT */
/*
 * AMD 48882, section 2.2.3: PR 0, D 6, NextLevel 11:9, address 51:12, FC 60, IR 61, IW 62.
 */
#include "kinds.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

static const struct kind full = {"amdv1", &iomt_amdv1, .walk = WALK_AMDV1, .granule_lg2 = 12};
static const struct kind encrypted = {"amdv1",		 &iomt_amdv1,	  .walk = WALK_AMDV1,
				      .granule_lg2 = 12, .iova_bits = 48, .levels = 4,
				      .oa_bits = 47,	 .enc_bit = 47};

static void permissions(void)
{
	struct table t;

	table_open(&t, &full, PROVIDER_LINEAR);
	table_map(&t, 0x1000, 0x123456789000, 0x1000, RW);
	table_map(&t, 0x2000, 0x123456789000, 0x1000, IOMT_READ);
	table_map(&t, 0x3000, 0x123456789000, 0x1000, IOMT_WRITE);
	table_map(&t, 0x4000, 0x123456789000, 0x1000, RW | IOMT_SNOOP);
	table_map(&t, 0x5000, 0xffffffffff000, 0x1000, RW);
	CHECK_EQ(table_entry(&t, 0x1000), 0x6000123456789001);
	CHECK_EQ(table_entry(&t, 0x2000), 0x2000123456789001);
	CHECK_EQ(table_entry(&t, 0x3000), 0x4000123456789001);
	CHECK_EQ(table_entry(&t, 0x4000), 0x7000123456789001);
	CHECK_EQ(table_entry(&t, 0x5000), 0x600ffffffffff001);
	table_close(&t);
}

/* "Page Size Encoding": the address field holds ones below a zero at half the size. */
static void every_size(void)
{
	static const uint64_t entries[] = {
		[12] = 0x6000000000000001, [13] = 0x6000000000000e01, [14] = 0x6000000000001e01,
		[15] = 0x6000000000003e01, [16] = 0x6000000000007e01, [17] = 0x600000000000fe01,
		[18] = 0x600000000001fe01, [19] = 0x600000000003fe01, [20] = 0x600000000007fe01,
		[21] = 0x6000000000000001, [22] = 0x60000000001ffe01, [23] = 0x60000000003ffe01,
		[24] = 0x60000000007ffe01, [25] = 0x6000000000fffe01, [26] = 0x6000000001fffe01,
		[27] = 0x6000000003fffe01, [28] = 0x6000000007fffe01, [29] = 0x600000000ffffe01,
		[30] = 0x6000000000000001, [31] = 0x600000003ffffe01, [32] = 0x600000007ffffe01,
		[33] = 0x60000000fffffe01, [34] = 0x60000001fffffe01, [35] = 0x60000003fffffe01,
		[36] = 0x60000007fffffe01, [37] = 0x6000000ffffffe01, [38] = 0x6000001ffffffe01,
		[39] = 0x6000000000000001, [40] = 0x6000007ffffffe01, [41] = 0x600000fffffffe01,
		[42] = 0x600001fffffffe01, [43] = 0x600003fffffffe01, [44] = 0x600007fffffffe01,
		[45] = 0x60000ffffffffe01, [46] = 0x60001ffffffffe01, [47] = 0x60003ffffffffe01,
		[48] = 0x6000000000000001, [49] = 0x6000fffffffffe01, [50] = 0x6001fffffffffe01,
		[51] = 0x6003fffffffffe01,
	};

	for (unsigned lg2 = 12; lg2 <= 51; lg2++) {
		uint64_t size = 1ULL << lg2;
		struct table t;

		table_open(&t, &full, PROVIDER_LINEAR);
		/* one such leaf only, 512G by its own name */
		iomt_pt_destroy(&t.pt);
		t.cfg.page_sizes = size | 0x1000;
		CHECK_INT(iomt_pt_init(&t.pt, &t.cfg), 0);
		table_map(&t, size, size, size, RW);
		CHECK_EQ(table_entry(&t, size), entries[lg2] | size);
		CHECK_EQ(table_entry(&t, size + (size - 1)), entries[lg2] | size);
		table_expect(&t, size + size / 2, size + size / 2, lg2);
		table_close(&t);
	}
}

/* An entry larger than the level's unit stands in each slot that it spans. */
static void replicated(void)
{
	struct iomt_pt_hw hw;
	struct table t;
	uint64_t table;

	table_open(&t, &full, PROVIDER_LINEAR);
	table_map(&t, 0x8000, 0x18000, 0x8000, RW);
	iomt_pt_hw(&t.pt, &hw);
	table = hw.root;
	for (int level = 6; level > 1; level--)
		table = table_word(&t, table, 0) & 0xffffffffff000;
	for (unsigned slot = 0; slot < 512; slot++)
		CHECK_EQ(table_word(&t, table, slot),
			 slot >= 8 && slot < 16 ? 0x600000000001be01 : 0);
	table_close(&t);
}

/* Tables: NextLevel is AMD's number of the level below, IR and IW allow both. */
static void tables(void)
{
	struct iomt_pt_hw hw;
	struct table t;
	uint64_t table;

	table_open(&t, &full, PROVIDER_LINEAR);
	table_map(&t, 0xfffffffffffff000, 0x1000, 0x1000, RW);
	iomt_pt_hw(&t.pt, &hw);
	CHECK_EQ(hw.u.amdv1.mode, 6);
	CHECK_EQ(hw.levels, 6);
	CHECK_EQ(hw.iova_bits, 64);
	table = hw.root;
	for (uint64_t level = 6; level > 1; level--) {
		/* the top of six levels has seven index bits, 63:57 */
		uint64_t entry = table_word(&t, table, level == 6 ? 127 : 511);

		CHECK_EQ(entry & ~0xffffffffff000ULL, 0x6000000000000001 | (level - 1) << 9);
		table = entry & 0xffffffffff000;
	}
	CHECK_EQ(table_word(&t, table, 511), 0x6000000000001001);
	table_close(&t);
}

static void encryption_bit(void)
{
	struct iomt_pt_hw hw;
	struct table t;

	table_open(&t, &encrypted, PROVIDER_LINEAR);
	table_map(&t, 0x1000, 0x5000, 0x1000, RW);
	table_map(&t, 0x2000, 0x6000, 0x1000, RW | IOMT_MMIO);
	iomt_pt_hw(&t.pt, &hw);
	CHECK_EQ(table_entry(&t, 0x1000), 0x6000800000005001);
	CHECK_EQ(table_entry(&t, 0x2000), 0x6000000000006001);
	CHECK_EQ(table_word(&t, hw.root, 0) & ~0x7ffffffff000ULL, 0x6000800000000601);
	table_expect(&t, 0x1000, 0x5000, 12);
	table_close(&t);
}

/* Mode is the number of levels. */
static void modes(void)
{
	for (uint8_t levels = 1; levels <= 6; levels++) {
		struct kind kind = full;
		struct iomt_pt_hw hw;
		struct table t;

		kind.levels = levels;
		table_open(&t, &kind, PROVIDER_LINEAR);
		iomt_pt_hw(&t.pt, &hw);
		CHECK_EQ(hw.u.amdv1.mode, levels);
		CHECK_EQ(t.last, levels == 6 ? UINT64_MAX : (1ULL << (12 + 9 * levels)) - 1);
		table_map(&t, t.last - 0xfff, 0x1000, 0x1000, RW);
		table_expect(&t, t.last, 0x1fff, 12);
		table_close(&t);
	}
}

TEST_SUITE(encoding_amdv1, TEST(permissions), TEST(every_size), TEST(replicated), TEST(tables),
	   TEST(encryption_bit), TEST(modes));
