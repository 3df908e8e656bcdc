/* SPDX-License-Identifier: MIT */
/*
 * RISC-V privileged architecture, Sv39: V 0, R 1, W 2, X 3, U 4, G 5, A 6, D 7, RSW 9:8, PPN 53:10.
 * Svpbmt: PBMT 62:61, NC 1, IO 2. Svnapot: N 63 with PPN[3:0] = 1000 for 64K.
 */
#include "kinds.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

static const struct kind s1 = {"s1", &iomt_riscv_s1, .walk = WALK_RISCV_S1, .granule_lg2 = 12};
static const struct kind s2 = {"s2", &iomt_riscv_s2, .walk = WALK_RISCV_S2, .granule_lg2 = 12};

static uint64_t entry_with(const struct kind *plain, uint32_t flags, uint64_t oa, uint64_t length,
			   uint32_t prot)
{
	struct kind kind = *plain;
	struct table t;
	uint64_t entry;

	kind.flags = flags;
	kind.page_sizes = 0x8040211000;
	table_open(&t, &kind, PROVIDER_LINEAR);
	table_map(&t, length, oa, length, prot);
	entry = table_entry(&t, length);
	table_expect(&t, length + length / 3, oa + length / 3, (unsigned)__builtin_ctzll(length));
	table_close(&t);
	return entry;
}

static uint64_t entry_of(const struct kind *kind, uint64_t oa, uint64_t length, uint32_t prot)
{
	return entry_with(kind, 0, oa, length, prot);
}

/* V, U, A for all; D for those that are writable. The PPN of 0x23456789000 is 0x23456789. */
static void permissions(void)
{
	const uint64_t oa = 0x23456789000;

	CHECK_EQ(entry_of(&s1, oa, 0x1000, IOMT_READ), 0x8d159e2453);
	CHECK_EQ(entry_of(&s1, oa, 0x1000, RW), 0x8d159e24d7);
	CHECK_EQ(entry_of(&s1, oa, 0x1000, IOMT_READ | IOMT_EXEC), 0x8d159e245b);
	CHECK_EQ(entry_of(&s1, oa, 0x1000, IOMT_EXEC), 0x8d159e2459);
	CHECK_EQ(entry_of(&s1, oa, 0x1000, RW | IOMT_EXEC), 0x8d159e24df);
	CHECK_EQ(entry_of(&s1, oa, 0x1000, RW | IOMT_PRIV), 0x8d159e24c7);
	CHECK_EQ(entry_of(&s1, oa, 0x1000, RW | IOMT_GLOBAL), 0x8d159e24f7);
	CHECK_EQ(entry_of(&s2, oa, 0x1000, RW), 0x8d159e24d7);
	CHECK_EQ(entry_of(&s2, oa, 0x1000, IOMT_READ | IOMT_EXEC), 0x8d159e245b);
}

/* The last page of 56 bits of output. */
static void widest_output(void)
{
	CHECK_EQ(entry_of(&s1, 0xfffffffffff000, 0x1000, RW), 0x3ffffffffffcd7);
}

/* 2M, 1G, 512G: the same bits, at a higher level. */
static void large_leaves(void)
{
	CHECK_EQ(entry_of(&s1, 0x200000, 0x200000, RW), 0x800d7);
	CHECK_EQ(entry_of(&s1, 0x40000000, 0x40000000, RW), 0x100000d7);
	CHECK_EQ(entry_of(&s1, 0x8000000000, 0x8000000000, RW), 0x20000000d7);
	CHECK_EQ(entry_of(&s2, 0x8000000000, 0x8000000000, IOMT_READ), 0x2000000053);
}

static void petapage(void)
{
	struct kind kind = s2;
	struct table t;

	kind.iova_bits = 59;
	table_open(&t, &kind, PROVIDER_LINEAR);
	table_map(&t, 0x7ff000000000000, 0x5000000000000, 0x1000000000000, RW);
	CHECK_EQ(table_entry(&t, 0x7ff000000000000), 0x14000000000d7);
	table_expect(&t, 0x7ffffffffffffff, 0x5ffffffffffff, 48);
	table_close(&t);
}

static void memory_types(void)
{
	const uint32_t flags = IOMT_PT_PBMT;

	CHECK_EQ(entry_with(&s1, flags, 0x5000, 0x1000, RW), 0x14d7);
	CHECK_EQ(entry_with(&s1, flags, 0x5000, 0x1000, RW | IOMT_TYPE_UNCACHED),
		 0x20000000000014d7);
	CHECK_EQ(entry_with(&s1, flags, 0x5000, 0x1000, RW | IOMT_TYPE_DEVICE), 0x40000000000014d7);
	CHECK_EQ(entry_with(&s2, flags, 0x5000, 0x1000, RW | IOMT_TYPE_DEVICE), 0x40000000000014d7);
	CHECK_EQ(entry_with(&s1, flags, 0x50000, 0x10000, IOMT_READ | IOMT_TYPE_UNCACHED),
		 0xa000000000016053);
}

/* With hardware that sets D, what is writable begins clean. */
static void tracked(void)
{
	CHECK_EQ(entry_with(&s1, IOMT_PT_DIRTY, 0x5000, 0x1000, RW), 0x1457);
	CHECK_EQ(entry_with(&s2, IOMT_PT_DIRTY, 0x5000, 0x1000, IOMT_READ), 0x1453);
}

/* Sixteen times the same entry; the PPN of 0x50000 is 0x50, that of the run 0x58. */
static void contiguous(void)
{
	struct kind kind = s1;
	struct iomt_pt_hw hw;
	struct table t;
	uint64_t table;

	kind.page_sizes = 0x211000;
	table_open(&t, &kind, PROVIDER_LINEAR);
	table_map(&t, 0x30000, 0x50000, 0x10000, RW);
	table_map(&t, 0x40000, 0x70000, 0xf000, RW);
	iomt_pt_hw(&t.pt, &hw);
	table = hw.root;
	for (unsigned level = 3; level; level--)
		table = (table_word(&t, table, 0) >> 10) << 12;
	for (unsigned i = 0; i < 16; i++)
		CHECK_EQ(table_word(&t, table, 0x30 + i), 0x80000000000160d7);
	CHECK_EQ(table_word(&t, table, 0x40), 0x1c0d7);
	CHECK_EQ(table_word(&t, table, 0x4e), 0x1f8d7);
	CHECK_EQ(table_word(&t, table, 0x4f), 0);
	table_expect(&t, 0x3f123, 0x5f123, 16);
	table_close(&t);
}

/* Without a name there is no 64K: not all hardware has Svnapot. */
static void contiguous_by_name(void)
{
	struct table t;

	table_open(&t, &s1, PROVIDER_LINEAR);
	table_map(&t, 0x30000, 0x50000, 0x10000, RW);
	CHECK_EQ(table_entry(&t, 0x30000), 0x140d7);
	table_expect(&t, 0x3f123, 0x5f123, 12);
	table_close(&t);
}

/* MODE 63:60 is 8, 9, 10, PPN 43:0; tables have V and nothing else. */
static void registers(void)
{
	static const struct {
		const struct kind *kind;
		uint32_t flags;
		uint8_t bits, levels;
		uint64_t slot; /* of the last address, in the top table */
		uint64_t root; /* bytes */
	} rows[] = {
		{&s1, 0, 38, 3, 255, 0x1000},
		{&s1, 0, 47, 4, 255, 0x1000},
		{&s1, 0, 56, 5, 255, 0x1000},
		{&s1, IOMT_PT_SIGNED, 39, 3, 255, 0x1000},
		{&s1, IOMT_PT_SIGNED, 48, 4, 255, 0x1000},
		{&s1, IOMT_PT_SIGNED, 57, 5, 255, 0x1000},
		{&s2, 0, 41, 3, 2047, 0x4000},
		{&s2, 0, 50, 4, 2047, 0x4000},
		{&s2, 0, 59, 5, 2047, 0x4000},
		{&s2, 0, 39, 3, 511, 0x4000},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kind kind = *rows[i].kind;
		struct iomt_pt_stats stats;
		struct iomt_pt_hw hw;
		struct table t;

		kind.flags = rows[i].flags;
		kind.iova_bits = rows[i].bits;
		table_open(&t, &kind, PROVIDER_LINEAR);
		iomt_pt_stats(&t.pt, &stats);
		CHECK_EQ(stats.bytes, rows[i].root);
		table_map(&t, t.last - 0xfff, 0x1000, 0x1000, RW);
		iomt_pt_hw(&t.pt, &hw);
		CHECK_EQ(hw.levels, rows[i].levels);
		CHECK_EQ(hw.u.riscv.mode, rows[i].levels + 5);
		CHECK_EQ(hw.u.riscv.atp >> 60, rows[i].levels + 5u);
		CHECK_EQ((hw.u.riscv.atp & 0xfffffffffff) << 12, hw.root);
		CHECK_EQ(hw.root & (rows[i].root - 1), 0);
		CHECK(!hw.u.riscv.ade);
		CHECK_EQ(table_word(&t, hw.root, rows[i].slot) & ~0x3ffffffffffc00ULL, 1);
		table_expect(&t, t.last, 0x1fff, 12);
		table_close(&t);
	}
}

/* The upper half of a sign-extended table stands in the upper half of the top. */
static void upper_half(void)
{
	struct kind kind = s1;
	struct iomt_pt_hw hw;
	struct table t;

	kind.flags = IOMT_PT_SIGNED | IOMT_PT_DIRTY;
	kind.iova_bits = 39;
	table_open(&t, &kind, PROVIDER_LINEAR);
	table_map(&t, 0xffffffc000000000, 0x1000, 0x1000, RW);
	table_map(&t, 0xfffffffffffff000, 0x2000, 0x1000, RW);
	iomt_pt_hw(&t.pt, &hw);
	CHECK(hw.u.riscv.ade);
	CHECK_EQ(table_word(&t, hw.root, 256) & 0x3ff, 1);
	CHECK_EQ(table_word(&t, hw.root, 511) & 0x3ff, 1);
	table_expect(&t, 0xffffffc000000123, 0x1123, 12);
	table_expect(&t, UINT64_MAX, 0x2fff, 12);
	CHECK_INT(iomt_pt_map(&t.pt, 0x4000000000, 0, 0x1000, RW, NULL), IOMT_ERANGE);
	table_close(&t);
}

/* A write may set D in any slot of a run; harvesting reads and clears them all. */
static void dirty_anywhere(void)
{
	struct kind kind = s2;
	struct iomt_pt_hw hw;
	struct table t;
	uint64_t table, bitmap = 0, *word;

	kind.flags = IOMT_PT_DIRTY;
	kind.page_sizes = 0x211000;
	table_open(&t, &kind, PROVIDER_LINEAR);
	table_map(&t, 0, 0, 0x10000, RW);
	iomt_pt_hw(&t.pt, &hw);
	table = hw.root;
	for (unsigned level = 3; level; level--)
		table = (table_word(&t, table, 0) >> 10) << 12;
	word = provider_word(&t.provider, table + 8 * 11, false);
	CHECK_EQ(*word, 0x8000000000002057);
	*word |= 1u << 7;
	CHECK_INT(iomt_pt_dirty(&t.pt, 0, 0x10000, 0x10000, &bitmap, 0, &t.gather), 0);
	CHECK_EQ(bitmap, 1);
	CHECK_EQ(*word, 0x8000000000002057);
	/* hardware may remember it as a whole, or slot by slot */
	CHECK_EQ(t.gather.leaf_sizes, 0x11000);
	table_close(&t);
}

TEST_SUITE(encoding_riscv, TEST(permissions), TEST(widest_output), TEST(large_leaves),
	   TEST(petapage), TEST(memory_types), TEST(tracked), TEST(contiguous),
	   TEST(contiguous_by_name), TEST(registers), TEST(upper_half), TEST(dirty_anywhere));
