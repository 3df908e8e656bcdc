/* SPDX-License-Identifier: MIT */
/*
 * Intel SDM volume 3A, section 4.5, tables 4-14 to 4-20: P 0, RW 1, US 2, PWT 3, PCD 4, A 5, D 6,
 * PS 7, G 8, address 51:12, XD 63.
 */
#include "kinds.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

static const struct kind plain = {"x86_64", &iomt_x86_64, .walk = WALK_X86_64, .granule_lg2 = 12};

static uint64_t entry_of(const struct kind *kind, uint32_t prot)
{
	struct table t;
	uint64_t entry;

	table_open(&t, kind, PROVIDER_LINEAR);
	table_map(&t, 0x1000, 0x123456789000, 0x1000, prot);
	entry = table_entry(&t, 0x1000);
	table_close(&t);
	return entry;
}

static void permissions(void)
{
	CHECK_EQ(entry_of(&plain, RW), 0x123456789067);
	CHECK_EQ(entry_of(&plain, IOMT_READ), 0x123456789025);
	CHECK_EQ(entry_of(&plain, RW | IOMT_PRIV), 0x123456789063);
	CHECK_EQ(entry_of(&plain, RW | IOMT_GLOBAL), 0x123456789167);
}

/* With PAT as after reset: PCD is UC-, PCD and PWT are UC. */
static void memory_types(void)
{
	CHECK_EQ(entry_of(&plain, RW | IOMT_TYPE_UNCACHED), 0x123456789077);
	CHECK_EQ(entry_of(&plain, RW | IOMT_TYPE_DEVICE), 0x12345678907f);
}

static void execute_disable(void)
{
	struct kind nx = plain;

	nx.flags = IOMT_PT_NX;
	CHECK_EQ(entry_of(&nx, RW), 0x8000123456789067);
	CHECK_EQ(entry_of(&nx, RW | IOMT_EXEC), 0x0000123456789067);
	CHECK_EQ(entry_of(&nx, IOMT_READ | IOMT_EXEC), 0x0000123456789025);
}

/* A mapping starts clean where hardware sets D. */
static void tracked(void)
{
	struct kind dirty = plain;

	dirty.flags = IOMT_PT_DIRTY;
	CHECK_EQ(entry_of(&dirty, RW), 0x123456789027);
	CHECK_EQ(entry_of(&dirty, IOMT_READ), 0x123456789025);
}

static void large_leaves(void)
{
	struct table t;

	table_open(&t, &plain, PROVIDER_LINEAR);
	table_map(&t, 0x200000, 0x4000000000, 0x200000, RW);
	table_map(&t, 0x40000000, 0x8000000000, 0x40000000, IOMT_READ);
	CHECK_EQ(table_entry(&t, 0x200000), 0x40000000e7);
	CHECK_EQ(table_entry(&t, 0x40000000), 0x80000000a5);
	table_expect(&t, 0x3fffff, 0x40001fffff, 21);
	table_expect(&t, 0x7fffffff, 0x803fffffff, 30);
	table_close(&t);
}

static void tables(void)
{
	for (uint8_t levels = 4; levels <= 5; levels++) {
		struct kind kind = plain;
		struct iomt_pt_hw hw;
		struct table t;

		kind.levels = levels;
		table_open(&t, &kind, PROVIDER_LINEAR);
		table_map(&t, 0x1000, 0x1000, 0x1000, RW);
		iomt_pt_hw(&t.pt, &hw);
		CHECK_EQ(hw.levels, levels);
		CHECK_EQ(hw.u.x86.paging_mode, levels - 4);
		CHECK_EQ(hw.iova_bits, levels == 4 ? 48 : 57);
		CHECK(!hw.u.x86.nx);
		for (uint64_t table = hw.root; levels > 1; levels--) {
			uint64_t entry = table_word(&t, table, 0);

			CHECK_EQ(entry & ~0xffffffffff000ULL, 0x27);
			table = entry & 0xffffffffff000;
		}
		levels = hw.levels;
		table_close(&t);
	}
}

static void encryption_bit(void)
{
	struct kind kind = plain;
	struct iomt_pt_hw hw;
	struct table t;

	kind.enc_bit = 51;
	kind.flags = IOMT_PT_NX;
	table_open(&t, &kind, PROVIDER_LINEAR);
	table_map(&t, 0x1000, 0x5000, 0x1000, RW);
	table_map(&t, 0x2000, 0x6000, 0x1000, RW | IOMT_MMIO | IOMT_TYPE_DEVICE);
	iomt_pt_hw(&t.pt, &hw);
	CHECK(hw.u.x86.nx);
	CHECK_EQ(hw.oa_bits, 51);
	CHECK_EQ(table_entry(&t, 0x1000), 0x8008000000005067);
	CHECK_EQ(table_entry(&t, 0x2000), 0x800000000000607f);
	CHECK_EQ(table_word(&t, hw.root, 0) & ~0x7fffffffff000ULL, 0x8000000000027);
	table_close(&t);
}

/* Canonical addresses: bits above the top level's repeat bit 47. */
static void sign_extended(void)
{
	struct kind kind = plain;
	struct iomt_pt_hw hw;
	struct table t;

	kind.flags = IOMT_PT_SIGNED;
	table_open(&t, &kind, PROVIDER_LINEAR);
	CHECK_EQ(t.first, 0);
	CHECK_EQ(t.last, 0x00007fffffffffff);
	table_map(&t, 0xffff800000000000, 0x5000, 0x1000, RW);
	table_map(&t, 0xfffffffffffff000, 0x6000, 0x1000, RW);
	iomt_pt_hw(&t.pt, &hw);
	CHECK_EQ(table_word(&t, hw.root, 256) & 0xfff, 0x27);
	CHECK_EQ(table_word(&t, hw.root, 511) & 0xfff, 0x27);
	table_expect(&t, 0xffff800000000123, 0x5123, 12);
	table_expect(&t, 0xffffffffffffffff, 0x6fff, 12);
	table_close(&t);
}

TEST_SUITE(encoding_x86_64, TEST(permissions), TEST(memory_types), TEST(execute_disable),
	   TEST(tracked), TEST(large_leaves), TEST(tables), TEST(encryption_bit),
	   TEST(sign_extended));
