/* SPDX-License-Identifier: MIT */
/* Memory: reserve, trim, statistics that are exact, tables that are shared by nothing else. */
#include "kinds.h"
#include "random.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

/* After reserve, mapping any of the range takes no memory, however it is mapped. */
static void reserve(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		struct table t;
		uint64_t g, n, iova, taken;

		table_open(&t, &kinds[i], PROVIDER_LINEAR);
		g = t.granule;
		n = 3 * (g / 8); /* three tables' worth */
		iova = table_at(&t, g / 8 - 5);
		CHECK_INT(iomt_pt_reserve(&t.pt, iova, n * g), 0);
		table_check_memory(&t);
		taken = t.provider.allocations;
		CHECK_INT(iomt_pt_reserve(&t.pt, iova, n * g), 0);
		CHECK_EQ(t.provider.allocations, taken);
		t.provider.fail_at = taken + 1;
		for (uint64_t at = 0; at < n; at += 97)
			CHECK_INT(iomt_pt_map(&t.pt, iova + at * g, 0, g, RW, NULL), 0);
		CHECK_INT(iomt_pt_unmap(&t.pt, iova, n * g, NULL, NULL), 0);
		CHECK_INT(iomt_pt_map(&t.pt, iova, g, n * g, RW, NULL), 0);
		CHECK_EQ(t.provider.allocations, taken);
		table_close(&t);
	}
}

/* Reserving around leaves leaves them alone. */
static void reserve_around_leaves(void)
{
	struct table t;

	table_open(&t, kind_named("x86_64_4"), PROVIDER_LINEAR);
	table_map(&t, 0x40000000, 0, 0x40000000, RW);
	table_map(&t, 0x80200000, 0, 0x200000, RW);
	CHECK_INT(iomt_pt_reserve(&t.pt, 0x40000000, 0x80000000), 0);
	table_expect(&t, 0x40000000, 0, 30);
	table_expect(&t, 0x80200000, 0, 21);
	table_close(&t);
}

/* Trim gives back all that unmap left, and nothing that is in use. */
static void trim(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		struct table t;
		uint64_t g, slots, length;

		table_open(&t, &kinds[i], PROVIDER_LINEAR);
		g = t.granule;
		slots = g / 8;
		length = 4 * slots * g;
		if (length - 1 > t.last - t.first) {
			table_close(&t);
			continue;
		}
		for (uint64_t table = 0; table < 4; table++)
			table_map(&t, table_at(&t, table * slots + 7), g, g, RW);
		CHECK_INT(iomt_pt_trim(&t.pt, t.first, length, &t.gather), 0);
		CHECK(iomt_gather_is_empty(&t.gather));
		table_unmap(&t, table_at(&t, slots + 7), g, g);
		iomt_gather_release(&t.gather);
		/* its table lies only partly in this range */
		CHECK_INT(iomt_pt_trim(&t.pt, table_at(&t, slots), slots * g - g, &t.gather), 0);
		CHECK_EQ(t.gather.tables, 0);
		CHECK_INT(iomt_pt_trim(&t.pt, table_at(&t, slots), slots * g, &t.gather), 0);
		CHECK_EQ(t.gather.tables, 1);
		CHECK_EQ(t.gather.first, table_at(&t, slots));
		CHECK_EQ(t.gather.last, table_at(&t, 2 * slots) - 1);
		CHECK_EQ(t.gather.table_levels, 1u << 1);
		iomt_gather_release(&t.gather);
		table_expect(&t, table_at(&t, 7), g, kinds[i].granule_lg2);
		table_unmap(&t, t.first, length, 3 * g);
		table_close(&t);
	}
}

/* Everything given back: only the top stays. */
static void trim_everything(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		struct iomt_pt_stats stats;
		struct iomt_pt_hw hw;
		struct table t;
		uint64_t length;

		table_open(&t, &kinds[i], PROVIDER_LINEAR);
		iomt_pt_hw(&t.pt, &hw);
		table_map(&t, t.first, 0, t.granule, RW);
		table_map(&t, t.last - (t.granule - 1), 0, t.granule, RW);
		iomt_pt_hw(&t.pt, &hw);
		length = t.last - t.first + 1;
		if (!length)
			length = 0 - t.granule; /* all but the last granule */
		table_unmap(&t, t.first, t.granule, t.granule);
		table_unmap(&t, t.last - (t.granule - 1), t.granule, t.granule);
		CHECK_INT(iomt_pt_trim(&t.pt, t.first, length, &t.gather), 0);
		if (t.last == UINT64_MAX && !t.first)
			CHECK_INT(iomt_pt_trim(&t.pt, 1ULL << 63, 1ULL << 63, &t.gather), 0);
		iomt_gather_release(&t.gather);
		iomt_pt_stats(&t.pt, &stats);
		CHECK_EQ(stats.tables[hw.levels - 1], 1);
		CHECK_EQ(t.provider.live_bytes, stats.bytes);
		if (!kinds[i].grows)
			CHECK_EQ(t.provider.live_pages, 1);
		table_close(&t);
	}
}

/* Of a table that could translate more than there are addresses, those are all. */
static void trim_narrow_inputs(void)
{
	static const struct {
		const char *kind;
		uint8_t iova_bits, levels;
	} rows[] = {{"amdv1", 20, 2}, {"amdv1", 40, 6}, {"x86_64_4", 32, 0}, {"vtd_ss_5", 40, 5}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kind kind = *kind_named(rows[i].kind);
		struct table t;

		kind.iova_bits = rows[i].iova_bits;
		kind.levels = rows[i].levels;
		table_open(&t, &kind, PROVIDER_LINEAR);
		table_map(&t, 0x5000, 0, 0x1000, RW);
		table_unmap(&t, 0, t.last + 1, 0x1000);
		iomt_gather_release(&t.gather);
		CHECK_INT(iomt_pt_trim(&t.pt, 0, t.last + 1 - 0x1000, &t.gather), 0);
		CHECK(t.gather.last < t.last || t.gather.first > t.gather.last);
		CHECK_INT(iomt_pt_trim(&t.pt, 0, t.last + 1, &t.gather), 0);
		CHECK(t.gather.first == 0 && t.gather.last >= t.last);
		iomt_gather_release(&t.gather);
		CHECK_EQ(t.provider.live_pages, 1);
		table_close(&t);
	}
}

static void statistics(void)
{
	struct iomt_pt_stats stats;
	struct table t;

	table_open(&t, kind_named("x86_64_4"), PROVIDER_LINEAR);
	table_map(&t, 0x0, 0, 0x1000, RW);
	table_map(&t, 0x200000, 0, 0x1000, RW);
	table_map(&t, 0x40000000, 0, 0x200000, RW);
	table_map(&t, 0x8000000000, 0, 0x40000000, RW);
	iomt_pt_stats(&t.pt, &stats);
	CHECK_EQ(stats.tables[0], 2);
	CHECK_EQ(stats.tables[1], 2);
	CHECK_EQ(stats.tables[2], 2);
	CHECK_EQ(stats.tables[3], 1);
	CHECK_EQ(stats.bytes, 7 * 4096);
	table_check_memory(&t);
	table_close(&t);
}

/* A scatter list takes each missing table once. */
static void tables_of_a_list(void)
{
	struct iomt_seg segs[64];
	struct table t;

	for (uint64_t i = 0; i < 64; i++)
		segs[i] = (struct iomt_seg){0x1000 * (i * 37 % 64), 0x1000 * (1 + i % 32)};
	table_open(&t, kind_named("amdv1"), PROVIDER_LINEAR);
	CHECK_INT(iomt_pt_map_sg(&t.pt, 0x1f8000, segs, 64, RW, NULL), 0);
	CHECK_EQ(t.provider.allocations, t.provider.live_pages);
	table_close(&t);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* How many different values there are when so many low bits do not count. */
static uint64_t distinct(const uint64_t *sorted, size_t n, unsigned shift)
{
	uint64_t count = n > 0;

	for (size_t i = 1; i < n; i++)
		count += shift < 64 && sorted[i] >> shift != sorted[i - 1] >> shift;
	return count;
}

/* There is a table where something below it is mapped, and nowhere else. */
static void fewest_tables(void)
{
	enum { GRANULES = 300 };
	struct random random;

	random_init(&random, 77);
	for (size_t i = 0; i < kind_count; i++) {
		uint64_t at[GRANULES], root;
		struct iomt_pt_stats stats;
		struct iomt_pt_hw hw;
		size_t mapped = 0;
		unsigned index_lg2;
		struct table t;

		table_open(&t, &kinds[i], PROVIDER_LINEAR);
		index_lg2 = t.kind->granule_lg2 - 3u;
		while (mapped < GRANULES) {
			uint64_t bits = random_below(&random, 40), v = random_next(&random);

			v = v >> bits & (t.last - t.first) & ~(t.granule - 1);
			if (!mapped) /* a top that has grown leaves the one before here */
				v = 0;
			if (!iomt_pt_map(&t.pt, t.first + v, t.granule, t.granule, RW, NULL))
				at[mapped++] = v;
			else if (mapped > 5 && !random_below(&random, 50))
				break; /* a small table is full of them */
		}
		qsort(at, mapped, sizeof(at[0]), by_value);
		iomt_pt_stats(&t.pt, &stats);
		iomt_pt_hw(&t.pt, &hw);
		for (unsigned level = 0; level + 1 < hw.levels; level++)
			CHECK_EQ(stats.tables[level],
				 distinct(at, mapped,
					  t.kind->granule_lg2 + index_lg2 * (level + 1)));
		CHECK_EQ(stats.tables[hw.levels - 1], 1);
		root = stats.bytes;
		for (unsigned level = 0; level + 1 < hw.levels; level++)
			root -= stats.tables[level] * t.granule;
		CHECK(root <= t.granule << 4); /* up to 16 tables side by side at Arm's stage 2 */
		table_check_memory(&t);
		table_close(&t);
	}
}

TEST_SUITE(memory, TEST(reserve), TEST(reserve_around_leaves), TEST(trim), TEST(trim_everything),
	   TEST(trim_narrow_inputs), TEST(statistics), TEST(tables_of_a_list), TEST(fewest_tables));
