/* SPDX-License-Identifier: MIT */
#include "kinds.h"
#include "test.h"

#define DIRTY  IOMT_PT_DIRTY
#define SIGNED IOMT_PT_SIGNED
#define PBMT   IOMT_PT_PBMT

/* clang-format off */
const struct kind kinds[] = {
	{"amdv1", &iomt_amdv1, WALK_AMDV1, 12, 0, 0, 0, 0, 0, 0, false, 0},
	{"amdv1_dirty", &iomt_amdv1, WALK_AMDV1, 12, DIRTY, 48, 0, 0, 0, 0, false, 0},
	{"amdv1_grows", &iomt_amdv1, WALK_AMDV1, 12, 0, 64, 0, 1, 0, 0, true, 0},
	{"amdv1_few", &iomt_amdv1, WALK_AMDV1, 12, DIRTY, 48, 0, 0, 0, 0, false, 0x40102011000},
	{"amdv1_enc", &iomt_amdv1, WALK_AMDV1, 12, 0, 48, 47, 0, 0, 47, false, 0},
	{"x86_64_4", &iomt_x86_64, WALK_X86_64, 12, 0, 0, 0, 0, 0, 0, false, 0},
	{"x86_64_5", &iomt_x86_64, WALK_X86_64, 12, DIRTY | IOMT_PT_NX, 57, 0, 0, 0, 0, false, 0},
	{"x86_64_enc", &iomt_x86_64, WALK_X86_64, 12, DIRTY, 0, 48, 0, 0, 51, false, 0},
	{"x86_64_signed", &iomt_x86_64, WALK_X86_64, 12, IOMT_PT_SIGNED, 48, 0, 0, 0, 0, false, 0},
	{"vtd_ss_3", &iomt_vtd_ss, WALK_VTD_SS, 12, DIRTY, 39, 0, 0, 0, 0, false, 0},
	{"vtd_ss_4", &iomt_vtd_ss, WALK_VTD_SS, 12, 0, 0, 0, 0, 0, 0, false, 0},
	{"vtd_ss_5", &iomt_vtd_ss, WALK_VTD_SS, 12, DIRTY, 57, 0, 0, 0, 0, false, 0},
	{"arm_s1_4k", &iomt_arm_s1_4k, WALK_ARM_S1, 12, 0, 0, 0, 0, 0, 0, false, 0},
	{"arm_s1_4k_ttbr1", &iomt_arm_s1_4k, WALK_ARM_S1, 12, IOMT_PT_TTBR1 | DIRTY, 39, 0, 0, 2, 0, false, 0},
	{"arm_s1_4k_few", &iomt_arm_s1_4k, WALK_ARM_S1, 12, DIRTY, 0, 0, 0, 1, 0, false, 0x402001000},
	{"arm_s1_16k", &iomt_arm_s1_16k, WALK_ARM_S1, 14, DIRTY, 0, 0, 0, 1, 0, false, 0},
	{"arm_s1_64k", &iomt_arm_s1_64k, WALK_ARM_S1, 16, 0, 0, 0, 0, 2, 0, false, 0},
	{"arm_s1_64k_lpa", &iomt_arm_s1_64k, WALK_ARM_S1, 16, DIRTY, 52, 52, 0, 2, 0, false, 0},
	{"arm_s1_4k_lpa2", &iomt_arm_s1_4k_lpa2, WALK_ARM_S1, 12, 0, 0, 0, 0, 2, 0, false, 0},
	{"arm_s1_16k_lpa2", &iomt_arm_s1_16k_lpa2, WALK_ARM_S1, 14, DIRTY, 0, 0, 0, 2, 0, false, 0},
	{"arm_s2_4k", &iomt_arm_s2_4k, WALK_ARM_S2, 12, DIRTY, 40, 48, 0, 2, 0, false, 0},
	{"arm_s2_4k_48", &iomt_arm_s2_4k, WALK_ARM_S2, 12, 0, 0, 0, 0, 0, 0, false, 0},
	{"arm_s2_16k", &iomt_arm_s2_16k, WALK_ARM_S2, 14, DIRTY, 40, 48, 0, 2, 0, false, 0},
	{"arm_s2_64k", &iomt_arm_s2_64k, WALK_ARM_S2, 16, DIRTY, 44, 48, 0, 2, 0, false, 0},
	{"arm_s2_64k_lpa", &iomt_arm_s2_64k, WALK_ARM_S2, 16, 0, 52, 52, 0, 2, 0, false, 0},
	{"arm_s2_4k_lpa2", &iomt_arm_s2_4k_lpa2, WALK_ARM_S2, 12, DIRTY, 0, 0, 0, 2, 0, false, 0},
	{"arm_s2_16k_lpa2", &iomt_arm_s2_16k_lpa2, WALK_ARM_S2, 14, 0, 0, 0, 0, 1, 0, false, 0},
	{"riscv_s1", &iomt_riscv_s1, WALK_RISCV_S1, 12, 0, 0, 0, 0, 0, 0, false, 0},
	{"riscv_sv39", &iomt_riscv_s1, WALK_RISCV_S1, 12, SIGNED | DIRTY, 39, 50, 0, 0, 0, false, 0x40211000},
	{"riscv_sv48", &iomt_riscv_s1, WALK_RISCV_S1, 12, PBMT, 47, 48, 0, 0, 0, false, 0x8040211000},
	{"riscv_sv57", &iomt_riscv_s1, WALK_RISCV_S1, 12, SIGNED | PBMT | DIRTY, 57, 0, 0, 0, 0, false, 0},
	{"riscv_sv39x4", &iomt_riscv_s2, WALK_RISCV_S2, 12, DIRTY | PBMT, 41, 0, 0, 0, 0, false, 0x40211000},
	{"riscv_s2", &iomt_riscv_s2, WALK_RISCV_S2, 12, 0, 0, 0, 0, 0, 0, false, 0},
	{"riscv_sv57x4", &iomt_riscv_s2, WALK_RISCV_S2, 12, 0, 59, 0, 0, 0, 0, false, 0x1008040211000},
};
/* clang-format on */
const size_t kind_count = sizeof(kinds) / sizeof(kinds[0]);

const struct kind *kind_named(const char *name)
{
	for (size_t i = 0; i < kind_count; i++) {
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	}
	test_fail(__FILE__, __LINE__, "no kind %s", name);
}

static void count_top(void *ctx, struct iomt_pt *pt)
{
	struct table *table = ctx;

	(void)pt;
	__atomic_fetch_add(&table->tops, 1, __ATOMIC_RELAXED);
}

static void count_sync(struct iomt_gather *gather)
{
	struct table *table = gather->ctx;

	__atomic_fetch_add(&table->syncs, 1, __ATOMIC_RELAXED);
}

struct iomt_pt_cfg kind_cfg(const struct kind *kind)
{
	return (struct iomt_pt_cfg){
		.size = sizeof(struct iomt_pt_cfg),
		.format = kind->format,
		.flags = kind->flags,
		.iova_bits = kind->iova_bits,
		.oa_bits = kind->oa_bits,
		.levels = kind->levels,
		.bbm = kind->bbm,
		.enc_bit = kind->enc_bit,
		.page_sizes = kind->page_sizes,
	};
}

void table_open(struct table *table, const struct kind *kind, enum provider_kind provider)
{
	memset(table, 0, sizeof(*table));
	table->kind = kind;
	provider_init(&table->provider, provider);
	table->cfg = kind_cfg(kind);
	table->cfg.mem = &table->provider.mem;
	table->cfg.top_changed = kind->grows ? count_top : NULL;
	table->cfg.ctx = table;
	CHECK_INT(iomt_pt_init(&table->pt, &table->cfg), 0);
	iomt_gather_init(&table->gather);
	table->gather.sync = count_sync;
	table->gather.ctx = table;
	table->granule = 1ULL << kind->granule_lg2;
	iomt_pt_bounds(&table->pt, &table->first, &table->last);
}

void table_close(struct table *table)
{
	iomt_gather_release(&table->gather);
	table_check_memory(table);
	iomt_pt_destroy(&table->pt);
	provider_check_empty(&table->provider);
}

struct walker kind_walker(const struct kind *kind)
{
	return (struct walker){
		.format = kind->walk,
		.granule_lg2 = kind->granule_lg2,
		.nx = kind->flags & IOMT_PT_NX,
		.pbmt = kind->flags & IOMT_PT_PBMT,
		.napot = kind->page_sizes >> 16 & 1,
		.enc = kind->enc_bit ? 1ULL << kind->enc_bit : 0,
	};
}

struct walker table_walker(struct table *table, bool shadow)
{
	struct walker walker = kind_walker(table->kind);

	walker.provider = &table->provider;
	walker.shadow = shadow;
	iomt_pt_hw(&table->pt, &walker.hw);
	return walker;
}

void table_check_memory(struct table *table)
{
	struct iomt_pt_stats stats;
	struct walker walker = table_walker(table, false);
	uint64_t tables = 0;

	if (table->kind->granule_lg2) /* the kind says how to walk */
		CHECK_EQ(walk_count_tables(&walker), table->provider.live_pages);
	iomt_pt_stats(&table->pt, &stats);
	for (unsigned level = 0; level < IOMT_PT_MAX_LEVELS; level++)
		tables += stats.tables[level];
	CHECK_EQ(stats.bytes, table->provider.live_bytes);
	CHECK_EQ(tables, table->provider.live_pages);
}

uint64_t table_at(const struct table *table, uint64_t granules)
{
	return table->first + granules * table->granule;
}

void table_map(struct table *table, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot)
{
	CHECK_INT(iomt_pt_map(&table->pt, iova, oa, length, prot, &table->gather), 0);
}

void table_unmap(struct table *table, uint64_t iova, uint64_t length, uint64_t unmapped)
{
	uint64_t bytes = ~unmapped;

	CHECK_INT(iomt_pt_unmap(&table->pt, iova, length, &bytes, &table->gather), 0);
	CHECK_EQ(bytes, unmapped);
}

uint64_t table_entry(struct table *table, uint64_t iova)
{
	struct iomt_pt_leaf leaf;

	CHECK_INT(iomt_pt_translate(&table->pt, iova, &leaf), 0);
	return leaf.entry;
}

uint64_t table_word(struct table *table, uint64_t phys, uint64_t index)
{
	uint64_t *word = provider_word(&table->provider, phys + 8 * index, false);

	CHECK_MSG(word, "no table at 0x%" PRIx64, phys);
	return *word;
}

void table_expect(struct table *table, uint64_t iova, uint64_t oa, unsigned size_lg2)
{
	struct walker walker = table_walker(table, false);
	struct walk seen = walk(&walker, iova);
	struct iomt_pt_leaf leaf;

	CHECK_INT(iomt_pt_translate(&table->pt, iova, &leaf), 0);
	CHECK_EQ(leaf.oa, oa);
	CHECK_EQ(leaf.size_lg2, size_lg2);
	CHECK_MSG(seen.result == WALK_MAPPED, "walker: %s", seen.why ? seen.why : "empty");
	CHECK_EQ(seen.oa, oa);
	CHECK_EQ(seen.size_lg2, size_lg2);
}

void table_expect_empty(struct table *table, uint64_t iova)
{
	struct walker walker = table_walker(table, false);
	struct walk seen = walk(&walker, iova);
	struct iomt_pt_leaf leaf;

	CHECK_INT(iomt_pt_translate(&table->pt, iova, &leaf), IOMT_ENOENT);
	CHECK_MSG(seen.result == WALK_EMPTY, "walker: %s", seen.why ? seen.why : "mapped");
}
