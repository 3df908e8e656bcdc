/* SPDX-License-Identifier: MIT */
/* Bad arguments: each has its error, and nothing changes. */
#include "kinds.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

/* A table with something in it, and what it looked like. */
struct scene {
	struct table t;
	uint64_t sum;
	uint64_t g;    /* the granule */
	uint64_t free; /* an address where nothing is mapped, eight granules long */
	uint64_t used; /* eight granules that are mapped */
};

static void scene_open(struct scene *s, const struct kind *kind)
{
	table_open(&s->t, kind, PROVIDER_LINEAR);
	s->g = s->t.granule;
	s->used = table_at(&s->t, 0x40);
	s->free = table_at(&s->t, 0x80);
	table_map(&s->t, s->used, s->g, 8 * s->g, RW);
	s->sum = provider_checksum(&s->t.provider);
}

static void unchanged(struct scene *s)
{
	CHECK_EQ(provider_checksum(&s->t.provider), s->sum);
	CHECK(iomt_gather_is_empty(&s->t.gather));
}

static void expect_map(struct scene *s, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot,
		       int error)
{
	struct iomt_seg segs[2] = {{oa, length}, {oa, length}};

	CHECK_INT(iomt_pt_map(&s->t.pt, iova, oa, length, prot, &s->t.gather), error);
	unchanged(s);
	CHECK_INT(iomt_pt_map(&s->t.pt, iova, oa, length, prot, NULL), error);
	unchanged(s);
	CHECK_INT(iomt_pt_map_sg(&s->t.pt, iova, segs, 1, prot, &s->t.gather), error);
	unchanged(s);
}

/* A range that unmap, protect, dirty, reserve and trim all refuse. */
static void expect_range(struct scene *s, uint64_t iova, uint64_t length, int error)
{
	uint64_t bitmap[4] = {0}, bytes = 1;
	struct iomt_pt *pt = &s->t.pt;

	CHECK_INT(iomt_pt_unmap(pt, iova, length, &bytes, &s->t.gather), error);
	CHECK_EQ(bytes, 0);
	CHECK_INT(iomt_pt_unmap(pt, iova, length, NULL, NULL), error);
	CHECK_INT(iomt_pt_protect(pt, iova, length, IOMT_READ, &s->t.gather), error);
	CHECK_INT(iomt_pt_reserve(pt, iova, length), error);
	CHECK_INT(iomt_pt_trim(pt, iova, length, &s->t.gather), error);
	CHECK_INT(iomt_pt_dirty(pt, iova, length, s->g, bitmap, 0, &s->t.gather), error);
	CHECK_EQ(bitmap[0] | bitmap[1] | bitmap[2] | bitmap[3], 0);
	unchanged(s);
}

static void ranges(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		static struct scene s;

		scene_open(&s, &kinds[i]);
		expect_map(&s, s.free, 0, 0, RW, IOMT_EINVAL);
		expect_range(&s, s.used, 0, IOMT_EINVAL);
		for (uint64_t odd = 1; odd < s.g; odd *= 2) {
			expect_map(&s, s.free + odd, 0, s.g, RW, IOMT_EINVAL);
			expect_map(&s, s.free, odd, s.g, RW, IOMT_EINVAL);
			expect_map(&s, s.free, 0, s.g + odd, RW, IOMT_EINVAL);
			expect_range(&s, s.used + odd, s.g, IOMT_EINVAL);
			expect_range(&s, s.used, s.g + odd, IOMT_EINVAL);
		}
		/* wrapping past 2^64 */
		expect_range(&s, 0 - s.g, 2 * s.g, IOMT_ERANGE);
		expect_range(&s, s.used, 0 - s.g, IOMT_ERANGE);
		expect_map(&s, 0 - s.g, 0, 2 * s.g, RW, IOMT_ERANGE);
		table_close(&s.t);
	}
}

static void beyond_the_input(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		static struct scene s;
		uint64_t next, bitmap[1] = {0};
		struct iomt_pt_leaf leaf;
		struct iomt_pt_run run;

		scene_open(&s, &kinds[i]);
		next = s.t.last + 1; /* 0 for tables that end at 2^64 */
		expect_range(&s, s.t.last - (s.g - 1), 2 * s.g, IOMT_ERANGE);
		expect_map(&s, s.t.last - (s.g - 1), 0, 2 * s.g, RW, IOMT_ERANGE);
		if (s.t.first || next) {
			uint64_t outside = next ? next : s.t.first - s.g;

			expect_range(&s, outside, s.g, IOMT_ERANGE);
			expect_map(&s, outside, 0, s.g, RW, IOMT_ERANGE);
			CHECK_INT(iomt_pt_translate(&s.t.pt, outside, &leaf), IOMT_ERANGE);
			CHECK_INT(iomt_pt_next(&s.t.pt, outside, outside + s.g - 1, &run),
				  IOMT_ERANGE);
		}
		/* a range that begins inside and ends outside */
		if (next)
			CHECK_INT(iomt_pt_dirty(&s.t.pt, s.used, s.t.last - s.used + 1 + s.g, s.g,
						bitmap, 0, &s.t.gather),
				  IOMT_ERANGE);
		unchanged(&s);
		table_close(&s.t);
	}
}

static void beyond_the_output(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		static struct scene s;
		uint64_t end;

		scene_open(&s, &kinds[i]);
		end = s.t.pt.oa_last + 1;
		expect_map(&s, s.free, end, s.g, RW, IOMT_ERANGE);
		expect_map(&s, s.free, end - s.g, 2 * s.g, RW, IOMT_ERANGE);
		expect_map(&s, s.free, 0 - s.g, s.g, RW, IOMT_ERANGE);
		expect_map(&s, s.free, 0 - s.g, 2 * s.g, RW, IOMT_ERANGE);
		table_map(&s.t, s.free, end - s.g, s.g, RW);
		table_expect(&s.t, s.free, end - s.g, kinds[i].granule_lg2);
		table_close(&s.t);
	}
}

static void already_mapped(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		static struct scene s;

		scene_open(&s, &kinds[i]);
		expect_map(&s, s.used, 0, s.g, RW, IOMT_EEXIST);
		expect_map(&s, s.used + 7 * s.g, 0, s.g, RW, IOMT_EEXIST);
		expect_map(&s, s.used - s.g, 0, 2 * s.g, RW, IOMT_EEXIST);
		expect_map(&s, s.used + 7 * s.g, 0, 2 * s.g, RW, IOMT_EEXIST);
		expect_map(&s, table_at(&s.t, 0), 0, 0x100 * s.g, RW, IOMT_EEXIST);
		/* a leaf that is larger than all that is mapped */
		expect_map(&s, table_at(&s.t, 0), 0, 0x2000 * s.g, RW, IOMT_EEXIST);
		table_close(&s.t);
	}
}

static void protections(void)
{
	static const uint32_t bad[] = {
		0,	    IOMT_SNOOP,	   IOMT_PRIV | IOMT_MMIO, RW | 0x80, RW | 0x300,
		RW | 0x400, RW | 1u << 31, IOMT_TYPE_DEVICE,	  UINT32_MAX};

	for (size_t i = 0; i < kind_count; i++) {
		static struct scene s;

		scene_open(&s, &kinds[i]);
		for (size_t b = 0; b < sizeof(bad) / sizeof(bad[0]); b++)
			expect_map(&s, s.free, 0, s.g, bad[b], IOMT_EINVAL);
		for (size_t b = 0; b < sizeof(bad) / sizeof(bad[0]); b++)
			CHECK_INT(iomt_pt_protect(&s.t.pt, s.used, s.g, bad[b], &s.t.gather),
				  IOMT_EINVAL);
		/* protect changes permissions, nothing else */
		CHECK_INT(iomt_pt_protect(&s.t.pt, s.used, s.g, RW | IOMT_SNOOP, NULL),
			  IOMT_EINVAL);
		unchanged(&s);
		table_close(&s.t);
	}
}

/* What a format cannot express is refused, never dropped. */
static void inexpressible(void)
{
	static const struct {
		const char *kind;
		uint32_t prot;
	} rows[] = {
		{"amdv1", RW | IOMT_EXEC},
		{"amdv1", RW | IOMT_PRIV},
		{"amdv1", RW | IOMT_GLOBAL},
		{"amdv1", RW | IOMT_TYPE_UNCACHED},
		{"amdv1", RW | IOMT_TYPE_DEVICE},
		{"x86_64_4", IOMT_WRITE},
		{"x86_64_4", RW | IOMT_EXEC}, /* without IOMT_PT_NX everything is executable */
		{"x86_64_5", IOMT_EXEC},
		{"x86_64_4", RW | IOMT_SNOOP},
		{"vtd_ss_4", RW | IOMT_EXEC},
		{"vtd_ss_4", RW | IOMT_PRIV},
		{"vtd_ss_4", RW | IOMT_GLOBAL},
		{"vtd_ss_4", RW | IOMT_TYPE_UNCACHED},
		{"arm_s1_4k", IOMT_WRITE},
		{"arm_s1_4k", IOMT_EXEC},
		{"arm_s1_4k", RW | IOMT_SNOOP},
		{"arm_s2_4k", RW | IOMT_PRIV},
		{"arm_s2_4k", RW | IOMT_GLOBAL},
		{"arm_s2_4k", RW | IOMT_SNOOP},
		{"arm_s2_4k", IOMT_WRITE | IOMT_EXEC},
		{"riscv_s1", IOMT_WRITE},
		{"riscv_s1", IOMT_WRITE | IOMT_EXEC},
		{"riscv_s1", RW | IOMT_SNOOP},
		{"riscv_s1", RW | IOMT_TYPE_UNCACHED}, /* without IOMT_PT_PBMT */
		{"riscv_s1", RW | IOMT_TYPE_DEVICE},
		{"riscv_s2", IOMT_WRITE},
		{"riscv_s2", RW | IOMT_PRIV},
		{"riscv_s2", RW | IOMT_GLOBAL},
		{"riscv_s2", RW | IOMT_TYPE_DEVICE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t access = rows[i].prot & (RW | IOMT_EXEC | IOMT_PRIV);
		static struct scene s;

		scene_open(&s, kind_named(rows[i].kind));
		expect_map(&s, s.free, 0, s.g, rows[i].prot, IOMT_EOPNOTSUPP);
		if (access == rows[i].prot)
			CHECK_INT(iomt_pt_protect(&s.t.pt, s.used, s.g, access, &s.t.gather),
				  IOMT_EOPNOTSUPP);
		unchanged(&s);
		table_close(&s.t);
	}
}

static void scatter_lists(void)
{
	static struct scene s;
	struct iomt_seg segs[3];
	const uint64_t g = 0x1000;

	scene_open(&s, kind_named("x86_64_4"));
	segs[0] = (struct iomt_seg){g, g};
	segs[1] = (struct iomt_seg){g, 0};
	segs[2] = (struct iomt_seg){g, g};
	CHECK_INT(iomt_pt_map_sg(&s.t.pt, s.free, NULL, 1, RW, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_pt_map_sg(&s.t.pt, s.free, segs, 0, RW, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_pt_map_sg(&s.t.pt, s.free, segs, 3, RW, NULL), IOMT_EINVAL);
	segs[1].length = g / 2;
	CHECK_INT(iomt_pt_map_sg(&s.t.pt, s.free, segs, 3, RW, NULL), IOMT_EINVAL);
	segs[1] = (struct iomt_seg){1ULL << 52, g};
	CHECK_INT(iomt_pt_map_sg(&s.t.pt, s.free, segs, 3, RW, NULL), IOMT_ERANGE);
	segs[1] = (struct iomt_seg){g, g};
	CHECK_INT(iomt_pt_map_sg(&s.t.pt, s.used - 2 * g, segs, 3, RW, NULL), IOMT_EEXIST);
	CHECK_INT(iomt_pt_map_sg(&s.t.pt, s.t.last - (2 * g - 1), segs, 3, RW, NULL), IOMT_ERANGE);
	unchanged(&s);
	table_close(&s.t);
}

/* The lengths of a list may add up to more than 2^64. */
static void scatter_lists_that_wrap(void)
{
	static struct iomt_seg segs[8192];
	static struct scene s;

	for (size_t i = 0; i < 8192; i++)
		segs[i] = (struct iomt_seg){0, 1ULL << 51};
	scene_open(&s, kind_named("amdv1"));
	CHECK_INT(iomt_pt_map_sg(&s.t.pt, s.free, segs, 8192, RW, NULL), IOMT_ERANGE);
	unchanged(&s);
	table_close(&s.t);
}

static void dirty_arguments(void)
{
	static struct scene s;
	uint64_t bitmap[1] = {0};
	struct iomt_pt *pt = &s.t.pt;

	scene_open(&s, kind_named("x86_64_5"));
	CHECK_INT(iomt_pt_dirty(pt, s.used, s.g, 0, bitmap, 0, &s.t.gather), IOMT_EINVAL);
	CHECK_INT(iomt_pt_dirty(pt, s.used, s.g, 0x800, bitmap, 0, &s.t.gather), IOMT_EINVAL);
	CHECK_INT(iomt_pt_dirty(pt, s.used, s.g, 0x3000, bitmap, 0, &s.t.gather), IOMT_EINVAL);
	CHECK_INT(iomt_pt_dirty(pt, s.used, s.g, s.g, NULL, 0, &s.t.gather), IOMT_EINVAL);
	CHECK_INT(iomt_pt_dirty(pt, s.used, s.g, s.g, bitmap, 2, &s.t.gather), IOMT_EINVAL);
	CHECK_INT(iomt_pt_dirty(pt, s.used, s.g, s.g, bitmap, 0, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_pt_dirty(pt, s.used, s.g, s.g, bitmap, IOMT_DIRTY_KEEP, NULL), 0);
	unchanged(&s);
	table_close(&s.t);
	scene_open(&s, kind_named("x86_64_4"));
	CHECK_INT(iomt_pt_dirty(pt, s.used, s.g, s.g, bitmap, 0, &s.t.gather), IOMT_EOPNOTSUPP);
	unchanged(&s);
	table_close(&s.t);
}

static void other_arguments(void)
{
	static struct scene s;
	struct iomt_pt_run run = {.iova = 42};

	scene_open(&s, kind_named("arm_s1_4k"));
	CHECK_INT(iomt_pt_trim(&s.t.pt, s.used, s.g, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_pt_next(&s.t.pt, 1, s.g - 1, &run), IOMT_EINVAL);
	CHECK_INT(iomt_pt_next(&s.t.pt, 0, s.g, &run), IOMT_EINVAL);
	CHECK_INT(iomt_pt_next(&s.t.pt, 2 * s.g, s.g - 1, &run), IOMT_ERANGE);
	CHECK_INT(iomt_pt_next(&s.t.pt, 0, s.g - 1, &run), IOMT_ENOENT);
	CHECK_EQ(run.iova, 42);
	unchanged(&s);
	table_close(&s.t);
}

static void translations(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		struct iomt_pt_leaf leaf = {.oa = 42};
		static struct scene s;

		scene_open(&s, &kinds[i]);
		CHECK_INT(iomt_pt_translate(&s.t.pt, s.free, &leaf), IOMT_ENOENT);
		CHECK_INT(iomt_pt_translate(&s.t.pt, s.used - 1, &leaf), IOMT_ENOENT);
		CHECK_INT(iomt_pt_translate(&s.t.pt, s.t.last, &leaf), IOMT_ENOENT);
		CHECK_EQ(leaf.oa, 42);
		table_close(&s.t);
	}
}

TEST_SUITE(errors, TEST(ranges), TEST(beyond_the_input), TEST(beyond_the_output),
	   TEST(already_mapped), TEST(protections), TEST(inexpressible), TEST(scatter_lists),
	   TEST(scatter_lists_that_wrap), TEST(dirty_arguments), TEST(other_arguments),
	   TEST(translations));
