/* SPDX-License-Identifier: MIT */
/* Memory that runs out at every single allocation: nothing leaks, nothing changes. */
#include "kinds.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

struct operation {
	const char *name;
	void (*prepare)(struct table *t);
	int (*run)(struct table *t);
	unsigned allocations; /* at least so many */
};

/* Fails the n-th allocation for all n, until the operation needs no more. */
static void exhaust(const struct kind *kind, const struct operation *op)
{
	unsigned failures = 0;

	for (uint64_t n = 1;; n++) {
		static struct table t;
		unsigned tops;
		uint64_t sum;
		int got;

		table_open(&t, kind, PROVIDER_LINEAR);
		op->prepare(&t);
		iomt_gather_release(&t.gather);
		sum = provider_checksum(&t.provider);
		tops = t.tops;
		t.provider.fail_at = t.provider.allocations + n;
		got = op->run(&t);
		if (!got) {
			table_close(&t);
			break;
		}
		failures++;
		CHECK_MSG(got == IOMT_ENOMEM, "%s, %s: %d", op->name, kind->name, got);
		CHECK_MSG(provider_checksum(&t.provider) == sum, "%s, %s changed something",
			  op->name, kind->name);
		CHECK(iomt_gather_is_empty(&t.gather));
		CHECK_EQ(t.tops, tops);
		table_check_memory(&t);
		CHECK_INT(op->run(&t), 0);
		table_close(&t);
	}
	CHECK_MSG(failures >= op->allocations, "%s, %s: %u allocations", op->name, kind->name,
		  failures);
}

static void nothing(struct table *t)
{
	(void)t;
}

/* An odd distance from input to output: granules, and so many tables. */
static int map_wide(struct table *t)
{
	uint64_t g = t->granule, n = g / 8;

	return iomt_pt_map(&t->pt, table_at(t, n - 3), (n - 4) * g, (3 * n + 7) * g, RW,
			   &t->gather);
}

static int map_list(struct table *t)
{
	uint64_t g = t->granule, n = g / 8;
	struct iomt_seg segs[] = {{0, 5 * g}, {5 * g, n * g}, {g, 2 * n * g}, {7 * g, g}};

	return iomt_pt_map_sg(&t->pt, table_at(t, n - 3), segs, 4, RW, &t->gather);
}

static int reserve(struct table *t)
{
	uint64_t n = t->granule / 8;

	return iomt_pt_reserve(&t->pt, table_at(t, n - 1), (4 * n) * t->granule);
}

/* The largest block that the format has for a space of this size. */
static unsigned block_lg2(const struct table *t)
{
	unsigned lg2 = 35;

	while (!(iomt_pt_sizes(&t->pt) >> lg2 & 1) || 1ULL << lg2 > (t->last - t->first) / 2)
		lg2--;
	return lg2;
}

static void large_leaves(struct table *t)
{
	uint64_t size = 1ULL << block_lg2(t);

	if (size == t->granule)
		return;
	table_map(t, t->first, 0, size, RW);
	table_map(t, t->first + size, 2 * size, size, RW);
}

/* Both edges inside of large leaves. */
static int unmap_across(struct table *t)
{
	uint64_t size = 1ULL << block_lg2(t), bytes = 1;
	int err = iomt_pt_unmap(&t->pt, t->first + size / 2 + t->granule, size, &bytes, &t->gather);

	CHECK_EQ(bytes, err ? 0 : size);
	return err;
}

static int protect_across(struct table *t)
{
	uint64_t size = 1ULL << block_lg2(t);

	return iomt_pt_protect(&t->pt, t->first + size / 2 + t->granule, size, IOMT_READ,
			       &t->gather);
}

static void all_operations(void)
{
	static const struct operation operations[] = {
		{"map", nothing, map_wide, 4},
		{"map_sg", nothing, map_list, 4},
		{"reserve", nothing, reserve, 4},
		{"unmap", large_leaves, unmap_across, 2},
		{"protect", large_leaves, protect_across, 2},
	};

	for (size_t i = 0; i < kind_count; i++) {
		/* a table of one level alone needs no more memory */
		for (size_t o = 0; o < sizeof(operations) / sizeof(operations[0]); o++)
			exhaust(&kinds[i], &operations[o]);
	}
}

static int map_far(struct table *t)
{
	return iomt_pt_map(&t->pt, 0xfffffffffffff000, 0, 0x1000, RW, NULL);
}

static void growth(void)
{
	static const struct operation grow = {"growth", nothing, map_far, 10};

	exhaust(kind_named("amdv1_grows"), &grow);
}

static void init(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		struct table t;

		table_open(&t, &kinds[i], PROVIDER_LINEAR);
		iomt_pt_destroy(&t.pt);
		t.provider.fail_at = t.provider.allocations + 1;
		CHECK_INT(iomt_pt_init(&t.pt, &t.cfg), IOMT_ENOMEM);
		provider_check_empty(&t.provider);
	}
}

static void gather_reserve(void)
{
	static struct provider provider;
	struct iomt_gather gather;

	for (uint64_t n = 1; n <= 3; n++) {
		provider_init(&provider, PROVIDER_LINEAR);
		iomt_gather_init(&gather);
		provider.fail_at = n;
		CHECK_INT(iomt_gather_reserve(&gather, &provider.mem, 1200), IOMT_ENOMEM);
		CHECK_EQ(provider.live_pages, 0);
		provider.fail_at = 0;
		CHECK_INT(iomt_gather_reserve(&gather, &provider.mem, 1200), 0);
		CHECK_EQ(provider.live_pages, 3);
		iomt_gather_release(&gather);
		provider_check_empty(&provider);
	}
}

/* No memory to remember the tables that a large leaf would replace: smaller leaves do. */
static void replaced_tables(void)
{
	for (int fail = 0; fail < 2; fail++) {
		struct iomt_pt_leaf leaf;
		struct table t;

		table_open(&t, kind_named("x86_64_4"), PROVIDER_LINEAR);
		for (uint64_t i = 0; i < 40; i++)
			table_map(&t, 0x40000000 + (i << 21), 0, 0x1000, RW);
		table_unmap(&t, 0x40000000, 0x40000000, 40 * 0x1000);
		iomt_gather_release(&t.gather);
		t.provider.fail_at = fail ? t.provider.allocations + 1 : 0;
		table_map(&t, 0x40000000, 0x80000000, 0x40000000, RW);
		CHECK_EQ(t.gather.tables, fail ? 0 : 41);
		table_expect(&t, 0x40000000, 0x80000000, fail ? 12 : 30);
		for (uint64_t at = 0x40000000; at < 0x80000000; at += 0x123000) {
			CHECK_INT(iomt_pt_translate(&t.pt, at, &leaf), 0);
			CHECK_EQ(leaf.oa, at + 0x40000000);
		}
		table_close(&t);
	}
}

/* Trim stops where the bookkeeping has no memory; what it gathered is gathered, the rest stays. */
static void trim(void)
{
	struct table t;
	uint64_t pages;

	table_open(&t, kind_named("x86_64_4"), PROVIDER_LINEAR);
	for (uint64_t i = 0; i < 40; i++)
		table_map(&t, i << 21, 0, 0x1000, RW);
	table_unmap(&t, 0, 0x40000000, 40 * 0x1000);
	pages = t.provider.live_pages;
	t.provider.fail_at = t.provider.allocations + 1;
	CHECK_INT(iomt_pt_trim(&t.pt, 0, 0x40000000, &t.gather), IOMT_ENOMEM);
	CHECK_EQ(t.gather.tables, 6);
	iomt_gather_release(&t.gather);
	CHECK_EQ(t.provider.live_pages, pages - 6);
	table_check_memory(&t);
	CHECK_INT(iomt_pt_trim(&t.pt, 0, 0x40000000, &t.gather), 0);
	iomt_gather_release(&t.gather);
	CHECK_EQ(t.provider.live_pages, 2);
	table_close(&t);
}

TEST_SUITE(exhaustion, TEST(all_operations), TEST(growth), TEST(init), TEST(gather_reserve),
	   TEST(replaced_tables), TEST(trim));
