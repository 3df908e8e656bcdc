/* SPDX-License-Identifier: MIT */
/* Intel D51397, section 9.9: R 0, W 1, PS 7, A 8, D 9, SNP 11, address 51:12. */
#include "kinds.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

static const struct kind plain = {"vtd_ss", &iomt_vtd_ss, .walk = WALK_VTD_SS, .granule_lg2 = 12};

static void permissions(void)
{
	struct table t;

	table_open(&t, &plain, PROVIDER_LINEAR);
	table_map(&t, 0x1000, 0xf23456789000, 0x1000, RW);
	table_map(&t, 0x2000, 0xf23456789000, 0x1000, IOMT_READ);
	table_map(&t, 0x3000, 0xf23456789000, 0x1000, IOMT_WRITE);
	table_map(&t, 0x4000, 0xf23456789000, 0x1000, RW | IOMT_SNOOP);
	CHECK_EQ(table_entry(&t, 0x1000), 0xf23456789003);
	CHECK_EQ(table_entry(&t, 0x2000), 0xf23456789001);
	CHECK_EQ(table_entry(&t, 0x3000), 0xf23456789002);
	CHECK_EQ(table_entry(&t, 0x4000), 0xf23456789803);
	table_close(&t);
}

static void large_leaves(void)
{
	struct table t;

	table_open(&t, &plain, PROVIDER_LINEAR);
	table_map(&t, 0x200000, 0x4000000000, 0x200000, RW);
	table_map(&t, 0x40000000, 0x8000000000, 0x40000000, RW | IOMT_SNOOP);
	CHECK_EQ(table_entry(&t, 0x200000), 0x4000000083);
	CHECK_EQ(table_entry(&t, 0x40000000), 0x8000000883);
	table_expect(&t, 0x3fffff, 0x40001fffff, 21);
	table_close(&t);
}

/* AW in context and PASID entries (9.3): 1, 2, 3 for 39, 48, 57 bits. */
static void depths(void)
{
	static const uint8_t bits[] = {39, 48, 57};

	for (unsigned i = 0; i < 3; i++) {
		struct kind kind = plain;
		struct iomt_pt_hw hw;
		struct table t;

		kind.iova_bits = bits[i];
		table_open(&t, &kind, PROVIDER_LINEAR);
		table_map(&t, t.last - 0xfff, 0x1000, 0x1000, RW);
		iomt_pt_hw(&t.pt, &hw);
		CHECK_EQ(hw.levels, i + 3);
		CHECK_EQ(hw.u.vtd.aw, i + 1);
		CHECK_EQ(hw.iova_bits, bits[i]);
		CHECK_EQ(table_word(&t, hw.root, 511) & ~0xffffffffff000ULL, 0x103);
		table_expect(&t, t.last, 0x1fff, 12);
		table_close(&t);
	}
}

TEST_SUITE(encoding_vtd_ss, TEST(permissions), TEST(large_leaves), TEST(depths));
