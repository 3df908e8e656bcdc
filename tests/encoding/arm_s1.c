/* SPDX-License-Identifier: MIT */
/*
 * Arm DDI 0487, D8.3.1: valid 0, page or table 1, AttrIndx 4:2, AP 7:6, SH 9:8, AF 10, nG 11,
 * DBM 51, contiguous 52, PXN 53, UXN 54.
 */
#include "kinds.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

static const struct kind k4 = {"4k", &iomt_arm_s1_4k, .walk = WALK_ARM_S1, .granule_lg2 = 12};
static const struct kind k16 = {"16k", &iomt_arm_s1_16k, .walk = WALK_ARM_S1, .granule_lg2 = 14};
static const struct kind k64 = {"64k", &iomt_arm_s1_64k, .walk = WALK_ARM_S1, .granule_lg2 = 16};
static const struct kind k4_lpa2 = {"4k_lpa2", &iomt_arm_s1_4k_lpa2, .walk = WALK_ARM_S1,
				    .granule_lg2 = 12};
static const struct kind k16_lpa2 = {"16k_lpa2", &iomt_arm_s1_16k_lpa2, .walk = WALK_ARM_S1,
				     .granule_lg2 = 14};

static uint64_t entry_of(const struct kind *kind, uint64_t oa, uint64_t length, uint32_t prot)
{
	struct table t;
	uint64_t entry;

	table_open(&t, kind, PROVIDER_LINEAR);
	table_map(&t, t.first + length, oa, length, prot);
	entry = table_entry(&t, t.first + length);
	table_close(&t);
	return entry;
}

static void permissions(void)
{
	const uint64_t oa = 0x123456789000;

	CHECK_EQ(entry_of(&k4, oa, 0x1000, RW), 0x0060123456789f47);
	CHECK_EQ(entry_of(&k4, oa, 0x1000, IOMT_READ), 0x0060123456789fc7);
	CHECK_EQ(entry_of(&k4, oa, 0x1000, RW | IOMT_PRIV), 0x0060123456789f07);
	CHECK_EQ(entry_of(&k4, oa, 0x1000, RW | IOMT_GLOBAL), 0x0060123456789747);
	CHECK_EQ(entry_of(&k4, oa, 0x1000, IOMT_READ | IOMT_EXEC), 0x0000123456789fc7);
	CHECK_EQ(entry_of(&k4, oa, 0x1000, IOMT_READ | IOMT_EXEC | IOMT_PRIV), 0x0040123456789f87);
}

/* MAIR as reported: 0 is non-cacheable, 1 write-back, 2 device. */
static void memory_types(void)
{
	struct iomt_pt_hw hw;
	struct table t;

	CHECK_EQ(entry_of(&k4, 0x5000, 0x1000, RW | IOMT_TYPE_UNCACHED), 0x0060000000005e43);
	CHECK_EQ(entry_of(&k4, 0x5000, 0x1000, RW | IOMT_TYPE_DEVICE), 0x0060000000005e4b);
	table_open(&t, &k4, PROVIDER_LINEAR);
	iomt_pt_hw(&t.pt, &hw);
	CHECK_EQ(hw.u.arm.mair, 0x04ff44);
	table_close(&t);
}

/* D8.5.2: a writable page that is clean is read-only, with DBM. */
static void tracked(void)
{
	struct kind kind = k4;

	kind.flags = IOMT_PT_DIRTY;
	CHECK_EQ(entry_of(&kind, 0x5000, 0x1000, RW), 0x0068000000005fc7);
	CHECK_EQ(entry_of(&kind, 0x5000, 0x1000, IOMT_READ), 0x0060000000005fc7);
}

static void blocks(void)
{
	CHECK_EQ(entry_of(&k4, 0x40200000, 0x200000, RW), 0x0060000040200f45);
	CHECK_EQ(entry_of(&k4, 0x40000000, 0x40000000, RW), 0x0060000040000f45);
	CHECK_EQ(entry_of(&k16, 0x2000000, 0x2000000, RW), 0x0060000002000f45);
	CHECK_EQ(entry_of(&k64, 0x20000000, 0x20000000, RW), 0x0060000020000f45);
}

/* D8.7.1: each entry of a contiguous run has the bit and an address of its own. */
static void contiguous(void)
{
	static const struct {
		const struct kind *kind;
		uint64_t size, unit, entry;
	} runs[] = {
		{&k4, 0x10000, 0x1000, 0x0070000000000f47},
		{&k4, 0x2000000, 0x200000, 0x0070000000000f45},
		{&k4, 0x400000000, 0x40000000, 0x0070000000000f45},
		{&k16, 0x200000, 0x4000, 0x0070000000000f47},
		{&k16, 0x40000000, 0x2000000, 0x0070000000000f45},
		{&k64, 0x200000, 0x10000, 0x0070000000000f47},
		{&k64, 0x400000000, 0x20000000, 0x0070000000000f45},
	};

	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		struct table t;

		table_open(&t, runs[i].kind, PROVIDER_LINEAR);
		table_map(&t, runs[i].size, 3 * runs[i].size, runs[i].size, RW);
		for (uint64_t at = 0; at < runs[i].size; at += runs[i].unit)
			CHECK_EQ(table_entry(&t, runs[i].size + at),
				 runs[i].entry | (3 * runs[i].size + at));
		table_expect(&t, 2 * runs[i].size - 1, 4 * runs[i].size - 1,
			     (unsigned)__builtin_ctzll(runs[i].size));
		table_close(&t);
	}
}

/* FEAT_LPA keeps OA[51:48] in 15:12. */
static void lpa(void)
{
	struct kind kind = k64;

	kind.iova_bits = kind.oa_bits = 52;
	CHECK_EQ(entry_of(&kind, 0xf000012340000, 0x10000, RW), 0x006000001234ff47);
	CHECK_EQ(entry_of(&kind, 0x8000020000000, 0x20000000, RW), 0x0060000020008f45);
	CHECK_EQ(entry_of(&kind, 0x40000000000, 0x40000000000, RW), 0x0060040000000f45);
}

/* FEAT_LPA2 keeps OA[51:50] in 9:8, where SH was. */
static void lpa2(void)
{
	CHECK_EQ(entry_of(&k4_lpa2, 0xc000000001000, 0x1000, RW), 0x0060000000001f47);
	CHECK_EQ(entry_of(&k4_lpa2, 0x6000000001000, 0x1000, RW), 0x0062000000001d47);
	CHECK_EQ(entry_of(&k4_lpa2, 0x8000000000, 0x8000000000, RW), 0x0060008000000c45);
	CHECK_EQ(entry_of(&k16_lpa2, 0x8000000004000, 0x4000, RW), 0x0060000000004e47);
	CHECK_EQ(entry_of(&k16_lpa2, 0x1000000000, 0x1000000000, RW), 0x0060001000000c45);
}

static void tables(void)
{
	struct iomt_pt_hw hw;
	struct table t;
	uint64_t table;

	table_open(&t, &k4, PROVIDER_LINEAR);
	table_map(&t, 0x1000, 0x1000, 0x1000, RW);
	iomt_pt_hw(&t.pt, &hw);
	table = hw.root;
	for (int level = 4; level > 1; level--) {
		uint64_t entry = table_word(&t, table, 0);

		CHECK_EQ(entry & ~0xfffffffff000ULL, 0x3);
		table = entry & 0xfffffffff000;
	}
	table_close(&t);
}

/* TCR_EL1: TG0 4K 0, 64K 1, 16K 2; TG1 16K 1, 4K 2, 64K 3; IPS 32 to 52 bits are 0 to 6. */
static void registers(void)
{
	static const struct {
		const struct kind *kind;
		uint32_t flags;
		uint8_t iova_bits, oa_bits;
		uint8_t levels, tsz, tg, ps;
		bool ds;
	} rows[] = {
		{&k4, 0, 48, 48, 4, 16, 0, 5, false},
		{&k4, IOMT_PT_TTBR1, 39, 40, 3, 25, 2, 2, false},
		{&k16, 0, 47, 44, 3, 17, 2, 4, false},
		{&k16, IOMT_PT_TTBR1, 48, 42, 4, 16, 1, 3, false},
		{&k64, 0, 42, 36, 2, 22, 1, 1, false},
		{&k64, IOMT_PT_TTBR1, 52, 52, 3, 12, 3, 6, false},
		{&k4_lpa2, 0, 52, 52, 5, 12, 0, 6, true},
		{&k16_lpa2, IOMT_PT_TTBR1, 52, 52, 4, 12, 1, 6, true},
		{&k4, 0, 25, 32, 2, 39, 0, 0, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kind kind = *rows[i].kind;
		struct iomt_pt_hw hw;
		struct table t;

		kind.flags = rows[i].flags;
		kind.iova_bits = rows[i].iova_bits;
		kind.oa_bits = rows[i].oa_bits;
		table_open(&t, &kind, PROVIDER_LOW);
		iomt_pt_hw(&t.pt, &hw);
		CHECK_EQ(hw.levels, rows[i].levels);
		CHECK_EQ(hw.u.arm.tsz, rows[i].tsz);
		CHECK_EQ(hw.u.arm.tg, rows[i].tg);
		CHECK_EQ(hw.u.arm.ps, rows[i].ps);
		CHECK(hw.u.arm.ds == rows[i].ds);
		CHECK_EQ(hw.u.arm.sh, 3);
		CHECK_EQ(hw.u.arm.irgn, 1);
		CHECK_EQ(hw.u.arm.orgn, 1);
		CHECK(!hw.u.arm.ha && !hw.u.arm.hd);
		table_close(&t);
	}
}

TEST_SUITE(encoding_arm_s1, TEST(permissions), TEST(memory_types), TEST(tracked), TEST(blocks),
	   TEST(contiguous), TEST(lpa), TEST(lpa2), TEST(tables), TEST(registers));
