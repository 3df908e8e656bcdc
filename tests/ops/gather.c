/* SPDX-License-Identifier: MIT */
/* The gather: exactly what changed, the sizes and levels in it, and tables that wait. */
#include "kinds.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

static void expect(const struct iomt_gather *gather, uint64_t first, uint64_t last, uint64_t sizes,
		   uint32_t levels, uint32_t tables)
{
	CHECK_EQ(gather->first, first);
	CHECK_EQ(gather->last, last);
	CHECK_EQ(gather->leaf_sizes, sizes);
	CHECK_EQ(gather->table_levels, levels);
	CHECK_EQ(gather->tables, tables);
}

static void empty(void)
{
	struct iomt_gather gather;

	iomt_gather_init(&gather);
	CHECK(iomt_gather_is_empty(&gather));
	expect(&gather, UINT64_MAX, 0, 0, 0, 0);
	iomt_gather_add(&gather, 0x1000, 0x1fff);
	CHECK(!iomt_gather_is_empty(&gather));
	iomt_gather_add(&gather, 0x5000, UINT64_MAX);
	iomt_gather_add(&gather, 0x0, 0x0);
	expect(&gather, 0, UINT64_MAX, 0, 0, 0);
	iomt_gather_release(&gather);
	CHECK(iomt_gather_is_empty(&gather));
}

/* Map changes nothing that hardware can have cached. */
static void map_gathers_nothing(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		struct table t;

		table_open(&t, &kinds[i], PROVIDER_LINEAR);
		table_map(&t, table_at(&t, 3), 0, 1000 * t.granule, RW);
		CHECK(iomt_gather_is_empty(&t.gather));
		table_close(&t);
	}
}

/* The range is that of the leaves removed, not that asked for. */
static void unmap_gathers_leaves(void)
{
	struct table t;

	table_open(&t, kind_named("x86_64_4"), PROVIDER_LINEAR);
	table_map(&t, 0x5000, 0x5000, 0x1000, RW);
	table_unmap(&t, 0x5000, 0x1000, 0x1000);
	expect(&t.gather, 0x5000, 0x5fff, 0x1000, 0, 0);
	iomt_gather_release(&t.gather);
	table_map(&t, 0x5000, 0x5000, 0x2000, RW);
	table_map(&t, 0x400000, 0x400000, 0x200000, RW);
	table_unmap(&t, 0, 0x40000000, 0x202000);
	expect(&t.gather, 0x5000, 0x5fffff, 0x201000, 0, 0);
	iomt_gather_release(&t.gather);
	table_unmap(&t, 0, 0x40000000, 0);
	CHECK(iomt_gather_is_empty(&t.gather));
	table_close(&t);
}

/* Addresses in a gather are those of the caller, in the upper half too. */
static void upper_addresses(void)
{
	struct table t;

	table_open(&t, kind_named("arm_s1_4k_ttbr1"), PROVIDER_LINEAR);
	table_map(&t, 0xfffffffffff00000, 0, 0x2000, RW);
	table_unmap(&t, 0xfffffffffff00000, 0x2000, 0x2000);
	expect(&t.gather, 0xfffffffffff00000, 0xfffffffffff01fff, 0x1000, 0, 0);
	table_close(&t);
}

static void runs_count_whole(void)
{
	struct table t;

	table_open(&t, kind_named("amdv1"), PROVIDER_LINEAR);
	table_map(&t, 0x10000, 0x10000, 0x10000, RW);
	table_unmap(&t, 0x10000, 0x10000, 0x10000);
	expect(&t.gather, 0x10000, 0x1ffff, 0x10000, 0, 0);
	table_close(&t);
	table_open(&t, kind_named("arm_s2_16k"), PROVIDER_LINEAR);
	table_map(&t, 0x200000, 0x200000, 0x204000, RW);
	table_unmap(&t, 0x200000, 0x204000, 0x204000);
	expect(&t.gather, 0x200000, 0x403fff, 0x204000, 0, 0);
	iomt_gather_release(&t.gather);
	/* a run alone: its entries may be remembered one by one */
	table_map(&t, 0x40000000, 0, 0x40000000, RW);
	table_unmap(&t, 0x40000000, 0x40000000, 0x40000000);
	expect(&t.gather, 0x40000000, 0x7fffffff, 0x42000000, 0, 0);
	table_close(&t);
}

/* Protect gathers what it changed; nothing when all was so already. */
static void protect_gathers_changes(void)
{
	struct table t;

	table_open(&t, kind_named("vtd_ss_4"), PROVIDER_LINEAR);
	table_map(&t, 0x1000, 0x1000, 0x3000, RW);
	CHECK_INT(iomt_pt_protect(&t.pt, 0x2000, 0x1000, IOMT_READ, &t.gather), 0);
	expect(&t.gather, 0x2000, 0x2fff, 0x1000, 0, 0);
	iomt_gather_release(&t.gather);
	CHECK_INT(iomt_pt_protect(&t.pt, 0, 0x10000, IOMT_READ, &t.gather), 0);
	expect(&t.gather, 0x1000, 0x3fff, 0x1000, 0, 0);
	iomt_gather_release(&t.gather);
	CHECK_INT(iomt_pt_protect(&t.pt, 0, 0x10000, IOMT_READ, &t.gather), 0);
	CHECK(iomt_gather_is_empty(&t.gather));
	table_close(&t);
}

/* AMD's runs are remembered as a whole; those of Arm and RISC-V also slot by slot. */
static void runs_gather_slots(void)
{
	static const struct {
		const char *kind;
		uint64_t sizes;
	} rows[] = {{"amdv1", 0x10000},
		    {"arm_s1_4k", 0x11000},
		    {"riscv_sv48", 0x11000},
		    {"riscv_sv39x4", 0x11000}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct table t;

		table_open(&t, kind_named(rows[i].kind), PROVIDER_LINEAR);
		table_map(&t, 0x10000, 0x30000, 0x10000, RW);
		CHECK_INT(iomt_pt_protect(&t.pt, 0x10000, 0x10000, IOMT_READ, &t.gather), 0);
		expect(&t.gather, 0x10000, 0x1ffff, rows[i].sizes, 0, 0);
		iomt_gather_release(&t.gather);
		table_unmap(&t, 0x10000, 0x10000, 0x10000);
		expect(&t.gather, 0x10000, 0x1ffff, rows[i].sizes, 0, 0);
		iomt_gather_release(&t.gather);
		/* beside a page */
		table_map(&t, 0xf000, 0x7000, 0x1000, RW);
		table_map(&t, 0x10000, 0x30000, 0x10000, RW);
		table_unmap(&t, 0xf000, 0x11000, 0x11000);
		expect(&t.gather, 0xf000, 0x1ffff, rows[i].sizes | 0x1000, 0, 0);
		table_close(&t);
	}
}

/* A split turns a leaf into a table: the leaf is gathered, and its level. */
static void split_gathers_levels(void)
{
	struct table t;

	table_open(&t, kind_named("x86_64_4"), PROVIDER_LINEAR);
	table_map(&t, 0x40000000, 0x40000000, 0x40000000, RW);
	table_unmap(&t, 0x40000000, 0x200000, 0x200000);
	expect(&t.gather, 0x40000000, 0x7fffffff, 0x40200000, 1u << 2, 0);
	table_close(&t);
}

/* Unlinked tables are freed by release and not before. */
static void tables_wait(void)
{
	struct table t;
	uint64_t pages;

	table_open(&t, kind_named("amdv1_dirty"), PROVIDER_LINEAR);
	table_map(&t, 0, 0, 0x1000, RW);
	table_unmap(&t, 0, 0x1000, 0x1000);
	pages = t.provider.live_pages;
	CHECK_INT(iomt_pt_trim(&t.pt, 0, 1ULL << 39, &t.gather), 0);
	expect(&t.gather, 0, (1ULL << 39) - 1, 0x1000, 0xe, 3);
	CHECK_EQ(t.provider.live_pages, pages);
	iomt_gather_release(&t.gather);
	CHECK_EQ(t.provider.live_pages, pages - 3);
	table_close(&t);
}

/* More tables than one chunk of bookkeeping holds. */
static void many_tables(void)
{
	struct table t;
	uint64_t spaced = 1200;

	table_open(&t, kind_named("x86_64_4"), PROVIDER_LINEAR);
	for (uint64_t i = 0; i < spaced; i++)
		table_map(&t, i << 21, 0, 0x1000, RW);
	table_unmap(&t, 0, spaced << 21, spaced << 12);
	CHECK_INT(iomt_pt_trim(&t.pt, 0, 1ULL << 47, &t.gather), 0);
	/* leaf tables, their parents, and the one above */
	CHECK_EQ(t.gather.tables, spaced + 3 + 1);
	iomt_gather_release(&t.gather);
	CHECK_EQ(t.provider.live_pages, 1);
	table_close(&t);
}

static void add_tables(struct iomt_gather *gather, struct provider *provider, uint32_t count)
{
	CHECK_INT(iomt_gather_reserve(gather, &provider->mem, count), 0);
	for (uint32_t i = 0; i < count; i++) {
		size_t bytes = i % 100 ? 4096 : 16384;

		iomt_gather_add_table(gather, provider->mem.alloc(provider, bytes), bytes);
	}
}

/* Room for many at once, for more than that, and room that is never used. */
static void room_in_advance(void)
{
	static const uint32_t rooms[] = {1, 6, 7, 600, 1, 5000, 1, 3};
	static struct provider provider;
	struct iomt_gather gather, moved;
	uint64_t live;

	provider_init(&provider, PROVIDER_LINEAR);
	iomt_gather_init(&gather);
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
		add_tables(&gather, &provider, rooms[i]);
	CHECK_EQ(gather.tables, 5619);
	CHECK_INT(iomt_gather_reserve(&gather, &provider.mem, 2000), 0);
	/* without memory for all of it, none of it stays */
	live = provider.live_pages;
	provider.fail_at = provider.allocations + 5;
	CHECK_INT(iomt_gather_reserve(&gather, &provider.mem, 5000), IOMT_ENOMEM);
	CHECK_EQ(provider.live_pages, live);
	add_tables(&gather, &provider, 5000);
	CHECK_EQ(gather.tables, 10619);
	live = provider.live_pages;
	iomt_gather_move(&moved, &gather);
	iomt_gather_release(&gather);
	CHECK_EQ(provider.live_pages, live);
	iomt_gather_release(&moved);
	provider_check_empty(&provider);
}

/* One gather for several tables of one provider; another provider is refused. */
static void shared_by_tables(void)
{
	static struct provider other;
	struct iomt_gather *gather;
	struct table t;

	provider_init(&other, PROVIDER_LINEAR);
	table_open(&t, kind_named("x86_64_4"), PROVIDER_LINEAR);
	gather = &t.gather;
	table_map(&t, 0, 0, 0x1000, RW);
	table_unmap(&t, 0, 0x1000, 0x1000);
	CHECK_INT(iomt_pt_trim(&t.pt, 0, 0x40000000, gather), 0);
	CHECK_EQ(gather->tables, 2);
	CHECK_INT(iomt_gather_reserve(gather, &other.mem, 1), IOMT_EINVAL);
	CHECK_INT(iomt_gather_reserve(gather, &t.provider.mem, 5000), 0);
	CHECK_EQ(gather->tables, 2);
	iomt_gather_release(gather);
	/* empty again, it may serve anybody */
	CHECK_INT(iomt_gather_reserve(gather, &other.mem, 1), 0);
	iomt_gather_release(gather);
	provider_check_empty(&other);
	table_close(&t);
}

/* Release keeps the owner's hook. */
static void release_keeps_hook(void)
{
	struct table t;

	table_open(&t, kind_named("x86_64_4"), PROVIDER_LINEAR);
	CHECK(t.gather.sync);
	iomt_gather_release(&t.gather);
	CHECK(t.gather.sync);
	CHECK(t.gather.ctx == &t);
	table_close(&t);
}

TEST_SUITE(gather, TEST(empty), TEST(map_gathers_nothing), TEST(unmap_gathers_leaves),
	   TEST(upper_addresses), TEST(runs_count_whole), TEST(protect_gathers_changes),
	   TEST(runs_gather_slots), TEST(split_gathers_levels), TEST(tables_wait),
	   TEST(many_tables), TEST(room_in_advance), TEST(shared_by_tables),
	   TEST(release_keeps_hook));
