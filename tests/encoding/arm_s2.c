/* SPDX-License-Identifier: MIT */
/*
 * Arm DDI 0487, D8.3.1: valid 0, page or table 1, MemAttr 5:2, S2AP 7:6, SH 9:8, AF 10, DBM 51,
 * contiguous 52, XN 54:53.
 */
#include "kinds.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

static const struct kind k4 = {"4k", &iomt_arm_s2_4k, .walk = WALK_ARM_S2, .granule_lg2 = 12};
static const struct kind k16 = {"16k", &iomt_arm_s2_16k, .walk = WALK_ARM_S2, .granule_lg2 = 14};
static const struct kind k64 = {"64k", &iomt_arm_s2_64k, .walk = WALK_ARM_S2, .granule_lg2 = 16};
static const struct kind k4_lpa2 = {"4k_lpa2", &iomt_arm_s2_4k_lpa2, .walk = WALK_ARM_S2,
				    .granule_lg2 = 12};
static const struct kind k16_lpa2 = {"16k_lpa2", &iomt_arm_s2_16k_lpa2, .walk = WALK_ARM_S2,
				     .granule_lg2 = 14};

static uint64_t entry_of(const struct kind *kind, uint64_t oa, uint64_t length, uint32_t prot)
{
	struct table t;
	uint64_t entry;

	table_open(&t, kind, PROVIDER_LINEAR);
	table_map(&t, length, oa, length, prot);
	entry = table_entry(&t, length);
	table_close(&t);
	return entry;
}

static void permissions(void)
{
	const uint64_t oa = 0x123456789000;

	CHECK_EQ(entry_of(&k4, oa, 0x1000, RW), 0x00401234567897ff);
	CHECK_EQ(entry_of(&k4, oa, 0x1000, IOMT_READ), 0x004012345678977f);
	CHECK_EQ(entry_of(&k4, oa, 0x1000, IOMT_WRITE), 0x00401234567897bf);
	CHECK_EQ(entry_of(&k4, oa, 0x1000, RW | IOMT_EXEC), 0x00001234567897ff);
}

/* MemAttr: 0xf write-back, 0x5 non-cacheable, 0x1 Device-nGnRE. */
static void memory_types(void)
{
	CHECK_EQ(entry_of(&k4, 0x5000, 0x1000, RW | IOMT_TYPE_UNCACHED), 0x00400000000056d7);
	CHECK_EQ(entry_of(&k4, 0x5000, 0x1000, RW | IOMT_TYPE_DEVICE), 0x00400000000056c7);
}

/* D8.5.2: a writable page that is clean has no write permission, but DBM. */
static void tracked(void)
{
	struct kind kind = k4;

	kind.flags = IOMT_PT_DIRTY;
	CHECK_EQ(entry_of(&kind, 0x5000, 0x1000, RW), 0x004800000000577f);
	CHECK_EQ(entry_of(&kind, 0x5000, 0x1000, IOMT_READ), 0x004000000000577f);
}

static void blocks_and_runs(void)
{
	CHECK_EQ(entry_of(&k4, 0x200000, 0x200000, RW), 0x00400000002007fd);
	CHECK_EQ(entry_of(&k4, 0x10000, 0x10000, RW), 0x00500000000107ff);
	CHECK_EQ(entry_of(&k16, 0x200000, 0x200000, RW), 0x00500000002007ff);
	CHECK_EQ(entry_of(&k64, 0x20000000, 0x20000000, RW), 0x00400000200007fd);
}

static void wide_output(void)
{
	struct kind lpa = k64;

	lpa.iova_bits = lpa.oa_bits = 52;
	CHECK_EQ(entry_of(&lpa, 0x5000012340000, 0x10000, RW), 0x00400000123457ff);
	CHECK_EQ(entry_of(&k4_lpa2, 0x8000000001000, 0x1000, RW), 0x00400000000016ff);
	CHECK_EQ(entry_of(&k16_lpa2, 0x4000000004000, 0x4000, RW), 0x00400000000045ff);
}

/*
 * VTCR_EL2: SL0 for 4K counts from a start at level 2, for 16K and 64K from level 3; the walk of
 * five levels has SL2 instead (D8.2.8, table D8-16). The root holds 2^(64 - TxSZ - what the levels
 * below translate) entries, concatenated where that is more than one table.
 */
static void registers(void)
{
	static const struct {
		const struct kind *kind;
		uint8_t iova_bits, oa_bits, levels;
		uint8_t tsz, sl, sl2;
		uint64_t root_bytes;
	} rows[] = {
		{&k4, 40, 40, 0, 24, 1, 0, 2 << 12},  /* two tables at level 1 */
		{&k4, 40, 40, 4, 24, 2, 0, 64},	      /* or two entries at level 0 */
		{&k4, 43, 44, 0, 21, 1, 0, 16 << 12}, /* sixteen tables */
		{&k4, 44, 44, 0, 20, 2, 0, 32 * 8},   /* one more bit: four levels */
		{&k4, 48, 48, 0, 16, 2, 0, 1 << 12},	 {&k4, 32, 32, 0, 32, 0, 0, 4 << 12},
		{&k16, 40, 40, 0, 24, 1, 0, 16 << 14},	 {&k16, 48, 48, 0, 16, 2, 0, 2 << 14},
		{&k64, 42, 42, 0, 22, 1, 0, 1 << 16},	 {&k64, 48, 48, 0, 16, 2, 0, 512},
		{&k64, 52, 52, 0, 12, 2, 0, 8 << 10},	 {&k4_lpa2, 52, 52, 0, 12, 2, 0, 16 << 12},
		{&k4_lpa2, 52, 52, 5, 12, 0, 1, 16 * 8}, {&k16_lpa2, 52, 52, 0, 12, 3, 0, 32 * 8},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kind kind = *rows[i].kind;
		struct iomt_pt_stats stats;
		struct iomt_pt_hw hw;
		struct table t;

		kind.iova_bits = rows[i].iova_bits;
		kind.oa_bits = rows[i].oa_bits;
		kind.levels = rows[i].levels;
		table_open(&t, &kind, PROVIDER_LOW);
		iomt_pt_hw(&t.pt, &hw);
		iomt_pt_stats(&t.pt, &stats);
		CHECK_EQ(hw.u.arm.tsz, rows[i].tsz);
		CHECK_EQ(hw.u.arm.sl, rows[i].sl);
		CHECK_EQ(hw.u.arm.sl2, rows[i].sl2);
		CHECK_EQ(stats.bytes, rows[i].root_bytes);
		CHECK_EQ(hw.u.arm.ttbr & (rows[i].root_bytes - 1), 0);
		table_map(&t, t.last - (t.granule - 1), 0, t.granule, RW);
		table_expect(&t, t.last, t.granule - 1, kind.granule_lg2);
		table_close(&t);
	}
}

/* D8.2.1: with 52 bits of output, BADDR keeps root[51:48] in 5:2. */
static void wide_root(void)
{
	struct kind kind = k64;
	struct iomt_pt_hw hw;
	struct table t;

	kind.iova_bits = kind.oa_bits = 52;
	table_open(&t, &kind, PROVIDER_HIGH);
	iomt_pt_hw(&t.pt, &hw);
	CHECK_EQ(hw.root >> 48, 0xa);
	CHECK_EQ(hw.u.arm.ttbr, (hw.root & 0xffffffffffff) | 0xa << 2);
	table_map(&t, 0x10000, 0x5000000010000, 0x10000, RW);
	table_expect(&t, 0x10000, 0x5000000010000, 16);
	table_close(&t);
}

TEST_SUITE(encoding_arm_s2, TEST(permissions), TEST(memory_types), TEST(tracked),
	   TEST(blocks_and_runs), TEST(wide_output), TEST(registers), TEST(wide_root));
