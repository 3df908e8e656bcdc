/* SPDX-License-Identifier: MIT */
/* Reading and clearing dirty state. */
#include "kinds.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

static void hardware_writes(struct table *t, uint64_t iova)
{
	struct walker walker = table_walker(t, false);
	struct walk found = walk(&walker, iova);

	CHECK(found.result == WALK_MAPPED && found.write);
	CHECK(walk_mark_dirty(&walker, &found));
}

static void harvest(struct table *t, uint64_t iova, uint64_t length, uint64_t page,
		    uint64_t *bitmap, uint32_t flags)
{
	CHECK_INT(iomt_pt_dirty(&t->pt, iova, length, page, bitmap, flags, &t->gather), 0);
}

#define FOR_TRACKED(kind)                                                        \
	for (const struct kind *kind = kinds; kind < kinds + kind_count; kind++) \
		if (kind->flags & IOMT_PT_DIRTY)

/* One bit a granule; cleared once, reported once. */
static void granules(void)
{
	FOR_TRACKED(kind)
	{
		uint64_t bitmap[16] = {0}, iova;
		struct table t;

		table_open(&t, kind, PROVIDER_LINEAR);
		iova = table_at(&t, 0x1001);
		table_map(&t, iova, 0, 1000 * t.granule, RW);
		harvest(&t, iova, 1000 * t.granule, t.granule, bitmap, 0);
		for (unsigned i = 0; i < 16; i++)
			CHECK_EQ(bitmap[i], 0);
		CHECK(iomt_gather_is_empty(&t.gather));
		hardware_writes(&t, iova);
		hardware_writes(&t, iova + 77 * t.granule + 5);
		hardware_writes(&t, iova + 999 * t.granule);
		for (int again = 0; again < 3; again++) {
			memset(bitmap, 0, sizeof(bitmap));
			/* reading, clearing, and nothing left */
			harvest(&t, iova, 1000 * t.granule, t.granule, bitmap,
				again ? 0 : IOMT_DIRTY_KEEP);
			for (unsigned i = 0; i < 1000; i++)
				CHECK_EQ(bitmap[i / 64] >> (i % 64) & 1,
					 again < 2 && (i == 0 || i == 77 || i == 999));
			CHECK(iomt_gather_is_empty(&t.gather) == (again != 1));
			if (again == 1) {
				CHECK_EQ(t.gather.first, iova);
				CHECK_EQ(t.gather.last, iova + 1000 * t.granule - 1);
			}
			iomt_gather_release(&t.gather);
		}
		CHECK_EQ(bitmap[15] >> 40, 0);
		table_close(&t);
	}
}

/* A page size larger than the leaves, and smaller. */
static void page_sizes(void)
{
	FOR_TRACKED(kind)
	{
		uint64_t bitmap[64] = {0}, iova, g;
		struct table t;

		table_open(&t, kind, PROVIDER_LINEAR);
		g = t.granule;
		iova = table_at(&t, 0x8000);
		table_map(&t, iova, g, 64 * g, RW);
		hardware_writes(&t, iova + 33 * g);
		harvest(&t, iova, 64 * g, 16 * g, bitmap, IOMT_DIRTY_KEEP);
		CHECK_EQ(bitmap[0], 1 << 2);
		/* a length that is no multiple of the page size; bits are only ever set */
		bitmap[0] = 1ULL << 63;
		harvest(&t, iova + 32 * g, 3 * g, 2 * g, bitmap, IOMT_DIRTY_KEEP);
		CHECK_EQ(bitmap[0], 1ULL << 63 | 1);
		/* one bit for everything */
		bitmap[0] = 0;
		harvest(&t, iova, 64 * g, 1ULL << 63, bitmap, 0);
		CHECK_EQ(bitmap[0], 1);
		table_close(&t);
	}
}

/* One dirty leaf that is larger than the page size sets the bits of all its pages in the range. */
static void large_leaves(void)
{
	FOR_TRACKED(kind)
	{
		unsigned lg2 = kind->granule_lg2 + 1u, pages;
		uint64_t bitmap[512], size, g;
		struct table t;

		table_open(&t, kind, PROVIDER_LINEAR);
		g = t.granule;
		while (!(iomt_pt_sizes(&t.pt) >> lg2 & 1))
			lg2++;
		size = 1ULL << lg2;
		pages = (unsigned)(size / g);
		CHECK(pages <= 64 * 256);
		table_map(&t, t.first + size, size, 2 * size, RW);
		hardware_writes(&t, t.first + size + size / 2);
		/* the edges of the range lie inside the leaf: reported, but it stays dirty */
		for (int again = 0; again < 2; again++) {
			memset(bitmap, 0, sizeof(bitmap));
			harvest(&t, t.first + size + g, size, g, bitmap, 0);
			for (unsigned i = 0; i < pages; i++)
				CHECK_EQ(bitmap[i / 64] >> (i % 64) & 1, i < pages - 1);
			CHECK(iomt_gather_is_empty(&t.gather));
		}
		/* now it lies inside of the range */
		memset(bitmap, 0, sizeof(bitmap));
		harvest(&t, t.first + size, 2 * size, g, bitmap, 0);
		for (unsigned i = 0; i < 2 * pages; i++)
			CHECK_EQ(bitmap[i / 64] >> (i % 64) & 1, i < pages);
		CHECK(t.gather.leaf_sizes & size);
		memset(bitmap, 0, sizeof(bitmap));
		harvest(&t, t.first + size, 2 * size, g, bitmap, 0);
		CHECK_EQ(bitmap[0], 0);
		table_close(&t);
	}
}

/* Hardware sets the bit in any slot of a run, also one outside of the range that is asked for. */
static void any_slot_of_a_run(void)
{
	static const struct {
		const char *kind;
		uint64_t size, unit;
	} rows[] = {
		{"amdv1_dirty", 0x8000, 0x1000},	 {"amdv1_dirty", 0x800000, 0x200000},
		{"arm_s1_4k_ttbr1", 0x10000, 0x1000},	 {"arm_s1_16k", 0x200000, 0x4000},
		{"arm_s2_64k", 0x400000000, 0x20000000},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint64_t at = 0; at < rows[i].size; at += rows[i].unit) {
			uint64_t bitmap[1] = {0}, iova;
			struct iomt_pt_leaf leaf;
			struct table t;

			table_open(&t, kind_named(rows[i].kind), PROVIDER_LINEAR);
			iova = t.first + rows[i].size;
			table_map(&t, iova, rows[i].size, rows[i].size, RW);
			hardware_writes(&t, iova + at);
			harvest(&t, iova + rows[i].size / 2, t.granule, t.granule, bitmap, 0);
			CHECK_EQ(bitmap[0], 1);
			CHECK_INT(iomt_pt_translate(&t.pt, iova, &leaf), 0);
			CHECK(leaf.dirty);
			harvest(&t, iova, rows[i].size, rows[i].size, bitmap, 0);
			CHECK_INT(iomt_pt_translate(&t.pt, iova + at, &leaf), 0);
			CHECK(!leaf.dirty);
			table_close(&t);
		}
	}
}

/* The same where many entries are looked at together: the range ends, or begins, inside the run. */
static void across_a_line(void)
{
	static const char *const names[] = {"amdv1_dirty", "arm_s1_4k_ttbr1", "arm_s2_4k",
					    "riscv_sv39", "riscv_sv39x4"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (uint64_t at = 0; at < 16; at++) {
			uint64_t bitmap[1] = {0}, iova, run;
			struct table t;

			table_open(&t, kind_named(names[i]), PROVIDER_LINEAR);
			iova = table_at(&t, 64);
			run = iova + 16 * t.granule;
			table_map(&t, run, 0x10000, 0x10000, RW);
			table_expect(&t, run, 0x10000, 16);
			hardware_writes(&t, run + at * t.granule);
			harvest(&t, iova + 8 * t.granule, 16 * t.granule, t.granule, bitmap, 0);
			CHECK_EQ(bitmap[0], 0xff00);
			bitmap[0] = 0;
			harvest(&t, run + 8 * t.granule, 16 * t.granule, t.granule, bitmap, 0);
			CHECK_EQ(bitmap[0], 0x00ff);
			table_close(&t);
		}
	}
}

/* A mapping made anew starts clean. */
static void starts_clean(void)
{
	FOR_TRACKED(kind)
	{
		uint64_t bitmap[1] = {0}, iova;
		struct table t;

		table_open(&t, kind, PROVIDER_LINEAR);
		iova = table_at(&t, 9);
		table_map(&t, iova, 0, t.granule, RW);
		hardware_writes(&t, iova);
		table_unmap(&t, iova, t.granule, t.granule);
		table_map(&t, iova, 0, t.granule, RW);
		harvest(&t, iova, t.granule, t.granule, bitmap, 0);
		CHECK_EQ(bitmap[0], 0);
		table_close(&t);
	}
}

struct meanwhile {
	struct table t;
	unsigned cleans;
};

/* When the last leaf was cleaned, another thread splits one elsewhere, and hardware writes to a page. */
static void split_elsewhere(void *ctx)
{
	struct meanwhile *m = ctx;

	if (++m->cleans != 2)
		return;
	CHECK_INT(iomt_pt_unmap(&m->t.pt, 0x40001000, 0x1000, NULL, NULL), 0);
	hardware_writes(&m->t, 0x11000);
}

/* A split meanwhile makes it look again. What was cleaned before is gathered, as what is then. */
static void looks_again(void)
{
	static struct meanwhile m;
	uint64_t bitmap[1] = {0};

	table_open(&m.t, kind_named("x86_64_5"), PROVIDER_INCOHERENT);
	table_map(&m.t, 0x10000, 0, 0x3000, RW);
	table_map(&m.t, 0x40000000, 0, 0x200000, RW);
	hardware_writes(&m.t, 0x10000);
	hardware_writes(&m.t, 0x12000);
	m.cleans = 0;
	m.t.provider.on_clean = split_elsewhere;
	m.t.provider.clean_ctx = &m;
	harvest(&m.t, 0x10000, 0x3000, 0x1000, bitmap, 0);
	CHECK_EQ(bitmap[0], 7);
	CHECK_EQ(m.t.gather.first, 0x10000);
	CHECK_EQ(m.t.gather.last, 0x12fff);
	CHECK_EQ(m.t.gather.leaf_sizes, 0x1000);
	bitmap[0] = 0;
	harvest(&m.t, 0x10000, 0x3000, 0x1000, bitmap, 0);
	CHECK_EQ(bitmap[0], 0);
	table_close(&m.t);
}

TEST_SUITE(dirty, TEST(granules), TEST(page_sizes), TEST(large_leaves), TEST(any_slot_of_a_run),
	   TEST(across_a_line), TEST(starts_clean), TEST(looks_again));
