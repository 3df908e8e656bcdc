/* SPDX-License-Identifier: MIT */
/* Leaves and runs that straddle the edge of a range: what stays, and what hardware is told. */
#include "kinds.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

/* One leaf of this size at an address aligned to it, with output three sizes up. */
static uint64_t one_leaf(struct table *t, unsigned lg2)
{
	uint64_t size = 1ULL << lg2, iova = t->first + size;

	table_map(t, iova, 3 * size, size, RW);
	table_expect(t, iova, 3 * size, lg2);
	return iova;
}

/* True for sizes that a test can put three times into both address spaces. */
static bool fits(const struct table *t, unsigned lg2)
{
	uint64_t size = 1ULL << lg2;

	return (iomt_pt_sizes(&t->pt) & size) && size > t->granule && size <= t->pt.oa_last / 4 &&
	       size <= (t->last - t->first) / 2;
}

static void check_prot(struct table *t, uint64_t iova, uint32_t prot)
{
	struct iomt_pt_leaf leaf;

	CHECK_INT(iomt_pt_translate(&t->pt, iova, &leaf), 0);
	CHECK_EQ(leaf.prot, prot);
}

/* A hole of one granule in each size: at the beginning, in the middle, at the end. */
static void holes(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		for (unsigned lg2 = kinds[i].granule_lg2 + 1u; lg2 < 45; lg2++) {
			uint64_t size = 1ULL << lg2, g = 1ULL << kinds[i].granule_lg2;
			uint64_t holes[] = {0, size / 2, size / 2 - g, size - g};

			for (unsigned h = 0; h < 4; h++) {
				uint64_t at = holes[h], iova;
				struct table t;

				table_open(&t, &kinds[i], PROVIDER_LINEAR);
				if (!fits(&t, lg2)) {
					table_close(&t);
					continue;
				}
				iova = one_leaf(&t, lg2);
				table_unmap(&t, iova + at, g, g);
				table_expect_empty(&t, iova + at);
				table_expect_empty(&t, iova + at + (g - 1));
				for (unsigned side = 0; side < 2; side++) {
					uint64_t near = side ? at + g : at - 1;
					struct iomt_pt_leaf leaf;

					if (near >= size)
						continue;
					CHECK_INT(iomt_pt_translate(&t.pt, iova + near, &leaf), 0);
					CHECK_EQ(leaf.oa, 3 * size + near);
					CHECK_EQ(leaf.prot, RW);
				}
				CHECK(t.gather.leaf_sizes & size);
				CHECK(t.gather.first <= iova);
				CHECK(t.gather.last >= iova + (size - 1));
				table_unmap(&t, iova, size, size - g);
				table_close(&t);
			}
		}
	}
}

/* The parts are the largest that fit: the other half of a power of two stays one leaf. */
static void largest_parts(void)
{
	struct table t;

	table_open(&t, kind_named("amdv1"), PROVIDER_LINEAR);
	table_map(&t, 0x100000, 0x500000, 0x100000, RW);
	table_unmap(&t, 0x100000, 0x1000, 0x1000);
	for (unsigned lg2 = 12; lg2 < 20; lg2++)
		table_expect(&t, 0x100000 + (1ULL << lg2), 0x500000 + (1ULL << lg2), lg2);
	table_close(&t);
	table_open(&t, kind_named("arm_s1_4k"), PROVIDER_LINEAR);
	table_map(&t, 0x2000000, 0x6000000, 0x2000000, RW); /* a run of 16 blocks */
	table_unmap(&t, 0x2000000, 0x1000, 0x1000);
	table_expect(&t, 0x2001000, 0x6001000, 12);
	table_expect(&t, 0x2010000, 0x6010000, 16);
	table_expect(&t, 0x2200000, 0x6200000, 21);
	table_close(&t);
}

/* A split for protect: permissions change inside, and only there. */
static void protecting(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		for (unsigned lg2 = kinds[i].granule_lg2 + 1u; lg2 < 40; lg2++) {
			uint64_t size = 1ULL << lg2, g = 1ULL << kinds[i].granule_lg2, iova;
			struct table t;

			table_open(&t, &kinds[i], PROVIDER_LINEAR);
			if (!fits(&t, lg2)) {
				table_close(&t);
				continue;
			}
			iova = one_leaf(&t, lg2);
			CHECK_INT(iomt_pt_protect(&t.pt, iova + size / 2, g, IOMT_READ, &t.gather),
				  0);
			check_prot(&t, iova + size / 2, IOMT_READ);
			check_prot(&t, iova + size / 2 - 1, RW);
			if (size / 2 + g < size)
				check_prot(&t, iova + size / 2 + g, RW);
			table_expect(&t, iova + size / 2, 3 * size + size / 2,
				     kinds[i].granule_lg2);
			table_close(&t);
		}
	}
}

/* Attributes survive a split: the encryption bit, memory types, execute, snoop. */
static void attributes(void)
{
	static const struct {
		const char *kind;
		uint32_t prot;
	} rows[] = {
		{"amdv1", RW | IOMT_SNOOP},
		{"amdv1_enc", RW | IOMT_MMIO},
		{"amdv1_enc", IOMT_READ},
		{"x86_64_5", RW | IOMT_EXEC | IOMT_PRIV | IOMT_GLOBAL | IOMT_TYPE_UNCACHED},
		{"x86_64_enc", IOMT_READ | IOMT_MMIO | IOMT_TYPE_DEVICE},
		{"vtd_ss_3", RW | IOMT_SNOOP},
		{"arm_s1_4k", IOMT_READ | IOMT_EXEC | IOMT_PRIV},
		{"arm_s1_16k", RW | IOMT_GLOBAL | IOMT_TYPE_DEVICE},
		{"arm_s1_4k_lpa2", RW | IOMT_TYPE_UNCACHED},
		{"arm_s2_64k", IOMT_READ | IOMT_EXEC},
		{"arm_s2_16k_lpa2", RW | IOMT_TYPE_DEVICE},
		{"riscv_sv57", RW | IOMT_EXEC | IOMT_PRIV | IOMT_GLOBAL | IOMT_TYPE_UNCACHED},
		{"riscv_sv39x4", IOMT_EXEC | IOMT_TYPE_DEVICE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned lg2 = 63;
		struct table t;
		uint64_t size, iova;

		table_open(&t, kind_named(rows[i].kind), PROVIDER_LINEAR);
		while (!fits(&t, lg2) || lg2 > 35)
			lg2--;
		size = 1ULL << lg2;
		iova = t.first + size;
		table_map(&t, iova, 3 * size, size, rows[i].prot);
		table_unmap(&t, iova + t.granule, t.granule, t.granule);
		check_prot(&t, iova, rows[i].prot);
		check_prot(&t, iova + 2 * t.granule, rows[i].prot);
		check_prot(&t, iova + (size - 1), rows[i].prot);
		table_close(&t);
	}
}

static void mark_dirty(struct table *t, uint64_t iova)
{
	struct walker walker = table_walker(t, false);
	struct walk found = walk(&walker, iova);

	CHECK(found.result == WALK_MAPPED && found.write);
	CHECK(walk_mark_dirty(&walker, &found));
}

static bool is_dirty(struct table *t, uint64_t iova)
{
	struct iomt_pt_leaf leaf;

	CHECK_INT(iomt_pt_translate(&t->pt, iova, &leaf), 0);
	return leaf.dirty;
}

/* What was dirty as one leaf is dirty in all of its parts; what was clean is clean. */
static void dirty_state(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		unsigned lg2 = 35;
		struct table t;
		uint64_t size, iova;

		if (!(kinds[i].flags & IOMT_PT_DIRTY))
			continue;
		for (int dirty = 0; dirty < 2; dirty++) {
			table_open(&t, &kinds[i], PROVIDER_LINEAR);
			while (!fits(&t, lg2))
				lg2--;
			size = 1ULL << lg2;
			iova = one_leaf(&t, lg2);
			if (dirty)
				mark_dirty(&t, iova + size / 3);
			table_unmap(&t, iova + t.granule, t.granule, t.granule);
			CHECK(is_dirty(&t, iova) == dirty);
			CHECK(is_dirty(&t, iova + 2 * t.granule) == dirty);
			CHECK(is_dirty(&t, iova + (size - 1)) == dirty);
			table_close(&t);
		}
	}
}

/* Hardware writes through slot number "at" just when the parts are ready to be moved in. */
struct racing {
	struct table t;
	uint64_t iova;
	bool done;
};

static struct racing racing;

static void write_once(void *ctx)
{
	(void)ctx;
	if (!racing.done)
		mark_dirty(&racing.t, racing.iova);
	racing.done = true;
}

static void dirty_while_splitting(void)
{
	static const struct {
		const char *kind;
		unsigned lg2, unit_lg2;
	} rows[] = {
		{"amdv1_dirty", 24, 21}, {"x86_64_5", 21, 21},	   {"vtd_ss_3", 30, 30},
		{"arm_s1_16k", 30, 25},	 {"arm_s2_4k", 25, 21},	   {"arm_s1_4k_ttbr1", 21, 21},
		{"riscv_sv39", 16, 12},	 {"riscv_sv39x4", 21, 21},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint64_t slot = 0; slot < 1u << (rows[i].lg2 - rows[i].unit_lg2); slot++) {
			struct table *t = &racing.t;
			uint64_t size = 1ULL << rows[i].lg2, iova;

			table_open(t, kind_named(rows[i].kind), PROVIDER_INCOHERENT);
			iova = one_leaf(t, rows[i].lg2);
			racing.iova = iova + (slot << rows[i].unit_lg2);
			racing.done = false;
			t->provider.on_clean = write_once;
			table_unmap(t, iova + size / 2, t->granule, t->granule);
			t->provider.on_clean = NULL;
			CHECK(racing.done);
			CHECK(is_dirty(t, iova));
			CHECK(is_dirty(t, iova + size / 2 - 1));
			CHECK(is_dirty(t, iova + size / 2 + t->granule));
			CHECK(is_dirty(t, iova + (size - 1)));
			table_close(t);
		}
	}
}

/* Read-only entries remember that they were written to before. */
static void dirty_and_read_only(void)
{
	for (size_t i = 0; i < kind_count; i++) {
		struct table t;
		uint64_t bitmap[1] = {0}, iova;

		if (!(kinds[i].flags & IOMT_PT_DIRTY))
			continue;
		table_open(&t, &kinds[i], PROVIDER_LINEAR);
		iova = table_at(&t, 5);
		table_map(&t, iova, t.granule, t.granule, RW);
		mark_dirty(&t, iova);
		CHECK_INT(iomt_pt_protect(&t.pt, iova, t.granule, IOMT_READ, &t.gather), 0);
		CHECK(is_dirty(&t, iova));
		check_prot(&t, iova, IOMT_READ);
		CHECK_INT(iomt_pt_protect(&t.pt, iova, t.granule, RW, &t.gather), 0);
		CHECK(is_dirty(&t, iova));
		CHECK_INT(iomt_pt_dirty(&t.pt, iova, t.granule, t.granule, bitmap, 0, &t.gather),
			  0);
		CHECK_EQ(bitmap[0], 1);
		CHECK(!is_dirty(&t, iova));
		check_prot(&t, iova, RW);
		table_close(&t);
	}
}

/*
 * DDI 0487, D8.16: level 0 needs break-before-make for any change of size, level 1 only between
 * blocks and tables, level 2 never.
 */
static void break_before_make(void)
{
	struct kind kind = *kind_named("arm_s1_4k");

	for (uint8_t bbm = 0; bbm <= 2; bbm++) {
		for (int block = 0; block < 2; block++) {
			uint64_t size = block ? 0x200000 : 0x10000, sum, bytes = 1;
			bool breaks = bbm < (block ? 2 : 1);
			struct table t;

			kind.bbm = bbm;
			table_open(&t, &kind, PROVIDER_LINEAR);
			table_map(&t, size, size, size, RW);
			t.gather.sync = NULL;
			sum = provider_checksum(&t.provider);
			CHECK_INT(iomt_pt_unmap(&t.pt, size, 0x1000, &bytes, &t.gather),
				  breaks ? IOMT_EBUSY : 0);
			if (breaks) {
				CHECK_EQ(bytes, 0);
				CHECK_EQ(provider_checksum(&t.provider), sum);
				CHECK(iomt_gather_is_empty(&t.gather));
				CHECK_INT(iomt_pt_unmap(&t.pt, size, 0x1000, NULL, NULL),
					  IOMT_EBUSY);
				CHECK_INT(iomt_pt_protect(&t.pt, size, 0x1000, IOMT_READ, NULL),
					  IOMT_EBUSY);
			}
			table_close(&t);
			table_open(&t, &kind, PROVIDER_LINEAR);
			table_map(&t, size, size, size, RW);
			table_unmap(&t, size, 0x1000, 0x1000);
			CHECK_EQ(t.syncs, breaks ? 1 : 0);
			table_expect(&t, size + 0x1000, size + 0x1000, 12);
			table_close(&t);
		}
	}
}

/*
 * A boundary between two slots, where a leaf of one slot is not allowed: tables come in all the same,
 * with all that this means.
 */
static void no_leaf_of_one_slot(void)
{
	struct kind kind = *kind_named("arm_s1_4k");
	struct table t;

	kind.bbm = 1;
	kind.page_sizes = 1ULL << 12 | 1ULL << 25;
	table_open(&t, &kind, PROVIDER_LINEAR);
	table_map(&t, 0, 0, 1ULL << 25, RW);
	table_expect(&t, 0, 0, 25);
	t.gather.sync = NULL;
	CHECK_INT(iomt_pt_unmap(&t.pt, 1ULL << 21, 1ULL << 21, NULL, &t.gather), IOMT_EBUSY);
	table_close(&t);
	table_open(&t, &kind, PROVIDER_LINEAR);
	table_map(&t, 0, 0, 1ULL << 25, RW);
	table_unmap(&t, 1ULL << 21, 1ULL << 21, 1ULL << 21);
	CHECK_EQ(t.syncs, 1);
	CHECK_EQ(t.gather.table_levels, 1 << 1);
	table_close(&t);

	/* AMD V1 without the leaf of 2^39, which is not used unless named */
	table_open(&t, kind_named("amdv1_dirty"), PROVIDER_LINEAR);
	table_map(&t, 0, 0, 1ULL << 48, RW);
	table_unmap(&t, 0xc8000000000, 1ULL << 39, 1ULL << 39);
	CHECK_EQ(t.gather.table_levels, 1 << 3);
	table_close(&t);
	table_open(&t, kind_named("amdv1_dirty"), PROVIDER_LINEAR);
	table_map(&t, 0, 0, 1ULL << 48, RW);
	table_unmap(&t, 0xc0000000000, 1ULL << 40, 1ULL << 40);
	CHECK_EQ(t.gather.table_levels, 0);
	table_close(&t);
}

/* While broken, the run is invalid in the tables and in the gather. */
struct broken {
	struct table t;
	unsigned seen;
};

static struct broken broken;

static void never(struct iomt_gather *gather)
{
	(void)gather;
	CHECK_MSG(false, "nothing may be broken");
}

/* A caller's error, which is refused all the same. */
static void overlap_is_meant(void *ctx, enum iomt_rule rule, const void *where)
{
	(void)ctx;
	(void)where;
	CHECK_INT((int)rule, IOMT_RULE_OVERLAP);
}

static void look_at_break(struct iomt_gather *gather)
{
	struct walker walker = table_walker(&broken.t, false);
	struct iomt_pt *pt = &broken.t.pt;
	struct iomt_gather other;
	uint64_t sum = provider_checksum(&broken.t.provider);

	walker.live = true;
	CHECK(walk(&walker, 0x200000).result == WALK_EMPTY);
	CHECK(walk(&walker, 0x3fffff).result == WALK_EMPTY);
	CHECK_EQ(gather->first, 0x200000);
	CHECK_EQ(gather->last, 0x3fffff);
	CHECK_EQ(gather->leaf_sizes, 0x200000);
	/* what others ask of their parts: it is all still taken */
	iomt_gather_init(&other);
	other.sync = never;
	CHECK_INT(iomt_pt_map(pt, 0x200000, 0, 0x1000, RW, NULL), IOMT_EEXIST);
	CHECK_INT(iomt_pt_map(pt, 0x210000, 0x10000, 0x10000, RW, &other), IOMT_EEXIST);
	iomt_debug_report(overlap_is_meant, NULL);
	CHECK_INT(iomt_pt_map(pt, 0x200000, 0, 0x200000, RW, &other), IOMT_EEXIST);
	CHECK_INT(iomt_pt_map(pt, 0, 0, 0x40000000, RW, &other), IOMT_EEXIST);
	CHECK_INT(iomt_pt_reserve(pt, 0x200000, 0x200000), 0);
	CHECK_INT(iomt_pt_trim(pt, 0, 0x40000000, &other), 0);
	iomt_debug_report(NULL, NULL);
	CHECK(iomt_gather_is_empty(&other));
	CHECK_EQ(provider_checksum(&broken.t.provider), sum);
	broken.seen++;
}

static void during_the_break(void)
{
	struct kind kind = *kind_named("arm_s1_4k");

	kind.bbm = 1; /* one break: the block; the run inside of it is split in place */
	broken.seen = 0;
	table_open(&broken.t, &kind, PROVIDER_LINEAR);
	table_map(&broken.t, 0x200000, 0x200000, 0x200000, RW);
	broken.t.gather.sync = look_at_break;
	table_unmap(&broken.t, 0x300000, 0x1000, 0x1000);
	CHECK_EQ(broken.seen, 1);
	table_close(&broken.t);
}

/* Hardware that sees cleaned lines only, looking after every clean: the rest never disappears. */
struct watched {
	struct table t;
	uint64_t outside;
	unsigned looks;
};

static struct watched watched;

static void watch(void *ctx)
{
	struct walker walker = table_walker(&watched.t, true);
	struct walk seen = walk(&walker, watched.outside);

	(void)ctx;
	CHECK_MSG(seen.result == WALK_MAPPED, "it is gone: %s", seen.why ? seen.why : "empty");
	CHECK_EQ(seen.oa, watched.outside + 0x10000000);
	watched.looks++;
}

static void hitless(void)
{
	static const char *const names[] = {"amdv1", "x86_64_4", "vtd_ss_4", "riscv_sv48"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		table_open(&watched.t, kind_named(names[i]), PROVIDER_INCOHERENT);
		watched.outside = 0x3ff123;
		watched.looks = 0;
		table_map(&watched.t, 0x200000, 0x10200000, 0x200000, RW);
		watched.t.provider.on_clean = watch;
		table_unmap(&watched.t, 0x200000, 0x1000, 0x1000);
		CHECK(watched.looks > 0);
		watched.t.provider.on_clean = NULL;
		table_close(&watched.t);
	}
}

TEST_SUITE(split, TEST(holes), TEST(largest_parts), TEST(protecting), TEST(attributes),
	   TEST(dirty_state), TEST(dirty_while_splitting), TEST(dirty_and_read_only),
	   TEST(break_before_make), TEST(no_leaf_of_one_slot), TEST(during_the_break),
	   TEST(hitless));
