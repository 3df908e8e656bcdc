/* SPDX-License-Identifier: MIT */
/* The planner: cases worked out by hand, each thing taken away, what is malformed, the words. */
#include "provider.h"
#include "test.h"
#include "units.h"

#define K4   0x1000ULL
#define X86  0x40201000ULL /* 4K, 2M, 1G */
#define TEXT 8192

enum device_name { NIC, DISK, NARROW, DEVICES };

/* One device of each sort, behind one unit. */
struct machine {
	struct iomt_iommu_caps unit;
	struct iomt_device_caps device[DEVICES];
	const struct iomt_device_caps *all[DEVICES];
};

static void build(struct machine *m, const struct iomt_iommu_caps *unit)
{
	memset(m, 0, sizeof(*m));
	m->unit = *unit;
	for (size_t i = 0; i < DEVICES; i++) {
		m->device[i] = (struct iomt_device_caps){.size = sizeof(m->device[i]),
							 .iommu = &m->unit,
							 .id = (uint32_t)(0x10 - 4 * i),
							 .flags = IOMT_DEVICE_TRUSTED};
		m->all[i] = &m->device[i];
	}
	m->device[NIC].pasid_bits = 12;
	m->device[NARROW].dma_last = 0xffffffff;
}

static int choose(struct machine *m, size_t count, struct iomt_domain_req req,
		  struct iomt_domain_choice *choice)
{
	req.size = sizeof(req);
	memset(choice, 0xa5, sizeof(*choice));
	return iomt_domain_choose(&req, m->all, count, choice);
}

/* The table that was chosen can be made, and is as was said. */
static void make(const struct iomt_domain_choice *choice)
{
	static struct provider provider;
	struct iomt_pt_cfg cfg = choice->cfg;
	struct iomt_pt_hw hw;
	struct iomt_pt pt;

	provider_init(&provider, PROVIDER_LOW);
	cfg.mem = &provider.mem;
	CHECK_INT(iomt_pt_init(&pt, &cfg), 0);
	iomt_pt_hw(&pt, &hw);
	CHECK_EQ(hw.levels, choice->levels);
	CHECK_EQ(hw.iova_bits, choice->iova_bits);
	CHECK_EQ(hw.oa_bits, choice->oa_bits);
	CHECK_EQ(iomt_pt_sizes(&pt), choice->page_sizes);
	iomt_pt_destroy(&pt);
	provider_check_empty(&provider);
}

#define RID   IOMT_WHERE_RID
#define PASID IOMT_WHERE_PASID
#define ZERO  IOMT_WHERE_ENTRY_0

/* NIC has PASIDs, DISK has none: count 1 is NIC alone, 2 both. */
struct chosen {
	const struct iomt_iommu_caps *unit;
	struct iomt_domain_req req;
	size_t count;
	enum iomt_format format;
	uint8_t levels, iova_bits, oa_bits, pasid_bits;
	uint32_t where;
};

/* clang-format off */
static const struct chosen cases[] = {
	/* V1 where no PASID is needed, V2 where one is or may be (M2) */
	{&iomt_iommu_amd, {0}, 2, IOMT_FORMAT_AMD_V1, 4, 48, 52, 0, RID},
	{&iomt_iommu_amd_gt, {0}, 2, IOMT_FORMAT_AMD_V1, 4, 48, 52, 0, RID},
	{&iomt_iommu_amd_gio, {0}, 2, IOMT_FORMAT_AMD_V2, 4, 47, 52, 12, RID | PASID | ZERO},
	{&iomt_iommu_amd_gio, {.flags = IOMT_DOMAIN_NO_PASID}, 2, IOMT_FORMAT_AMD_V1, 4, 48, 52, 0, RID},
	{&iomt_iommu_amd_gio, {.flags = IOMT_DOMAIN_DIRTY}, 2, IOMT_FORMAT_AMD_V2, 4, 47, 52, 12, RID | PASID | ZERO},
	{&iomt_iommu_amd_gio, {.flags = IOMT_DOMAIN_NEST_PARENT}, 2, IOMT_FORMAT_AMD_V1, 4, 48, 52, 0, RID},
	/* devices with and without PASIDs share one V2 domain (M3) */
	{&iomt_iommu_amd_gio, {.flags = IOMT_DOMAIN_PASID}, 2, IOMT_FORMAT_AMD_V2, 4, 47, 52, 12, RID | PASID | ZERO},
	{&iomt_iommu_amd_gt, {.flags = IOMT_DOMAIN_PASID}, 1, IOMT_FORMAT_AMD_V2, 4, 47, 52, 12, PASID},
	/* widths: with a PASID half of the addresses are others', so that 48 bits take five levels */
	{&iomt_iommu_amd_gio, {.flags = IOMT_DOMAIN_PASID, .iova_bits = 48}, 2, IOMT_FORMAT_AMD_V2, 5, 48, 52, 12, RID | PASID | ZERO},
	{&iomt_iommu_amd_gio, {.format = IOMT_FORMAT_AMD_V2, .flags = IOMT_DOMAIN_NO_PASID, .iova_bits = 48}, 2, IOMT_FORMAT_AMD_V2, 4, 48, 52, 0, RID | ZERO},
	{&iomt_iommu_amd, {.iova_bits = 39}, 2, IOMT_FORMAT_AMD_V1, 3, 39, 52, 0, RID},
	{&iomt_iommu_amd, {.iova_bits = 40}, 2, IOMT_FORMAT_AMD_V1, 4, 40, 52, 0, RID},
	{&iomt_iommu_amd, {.iova_bits = 64}, 2, IOMT_FORMAT_AMD_V1, 6, 64, 52, 0, RID},
	{&iomt_iommu_vtd_legacy, {0}, 2, IOMT_FORMAT_VTD_SECOND, 4, 48, 46, 0, RID},
	{&iomt_iommu_vtd_legacy, {.iova_bits = 30}, 2, IOMT_FORMAT_VTD_SECOND, 3, 32, 46, 0, RID},
	{&iomt_iommu_vtd_scalable, {0}, 2, IOMT_FORMAT_VTD_FIRST, 4, 47, 52, 12, RID | PASID | ZERO},
	{&iomt_iommu_vtd_scalable, {.flags = IOMT_DOMAIN_NO_PASID}, 2, IOMT_FORMAT_VTD_FIRST, 4, 47, 52, 0, RID | ZERO},
	{&iomt_iommu_vtd_scalable, {.iova_bits = 48}, 2, IOMT_FORMAT_VTD_SECOND, 4, 48, 52, 12, RID | PASID | ZERO},
	{&iomt_iommu_vtd_scalable, {.iova_bits = 56}, 2, IOMT_FORMAT_VTD_FIRST, 5, 56, 52, 12, RID | PASID | ZERO},
	{&iomt_iommu_vtd_scalable, {.iova_bits = 57}, 2, IOMT_FORMAT_VTD_SECOND, 5, 57, 52, 12, RID | PASID | ZERO},
	{&iomt_iommu_vtd_scalable, {.flags = IOMT_DOMAIN_NEST_PARENT | IOMT_DOMAIN_DIRTY}, 2, IOMT_FORMAT_VTD_SECOND, 4, 48, 52, 12, RID | PASID | ZERO},
	{&iomt_iommu_smmu_s1, {0}, 2, IOMT_FORMAT_ARM_S1_4K, 4, 48, 48, 12, RID | PASID | ZERO},
	{&iomt_iommu_smmu_s2, {0}, 2, IOMT_FORMAT_ARM_S2_4K, 4, 48, 48, 0, RID},
	{&iomt_iommu_smmu, {.flags = IOMT_DOMAIN_NEST_PARENT}, 2, IOMT_FORMAT_ARM_S2_4K, 4, 48, 48, 0, RID},
	{&iomt_iommu_smmu, {.flags = IOMT_DOMAIN_PASID, .format = IOMT_FORMAT_ARM_S1_16K}, 2, IOMT_FORMAT_ARM_S1_16K, 3, 47, 48, 12, RID | PASID | ZERO},
	{&iomt_iommu_smmu, {.iova_bits = 39}, 2, IOMT_FORMAT_ARM_S1_4K, 3, 39, 48, 12, RID | PASID | ZERO},
	/* four tables side by side save a level: 2 ^ (12 + 3 * 9 + 4) */
	{&iomt_iommu_smmu_s2, {.iova_bits = 43}, 2, IOMT_FORMAT_ARM_S2_4K, 3, 43, 48, 0, RID},
	{&iomt_iommu_smmu_s2, {.iova_bits = 44}, 2, IOMT_FORMAT_ARM_S2_4K, 4, 44, 48, 0, RID},
	{&iomt_iommu_smmu_full, {.flags = IOMT_DOMAIN_DIRTY}, 2, IOMT_FORMAT_ARM_S1_4K, 4, 48, 48, 12, RID | PASID | ZERO},
	{&iomt_iommu_smmu_full, {.iova_bits = 52}, 2, IOMT_FORMAT_ARM_S1_4K_LPA2, 5, 52, 52, 12, RID | PASID | ZERO},
	{&iomt_iommu_smmu_full, {.oa_bits = 49}, 2, IOMT_FORMAT_ARM_S1_4K_LPA2, 4, 48, 52, 12, RID | PASID | ZERO},
	{&iomt_iommu_smmu_full, {.page_sizes = 1ULL << 42}, 2, IOMT_FORMAT_ARM_S1_64K, 3, 48, 52, 12, RID | PASID | ZERO},
	{&iomt_iommu_smmu_full, {.page_sizes = 1ULL << 14}, 2, IOMT_FORMAT_ARM_S1_16K, 3, 47, 48, 12, RID | PASID | ZERO},
};
/* clang-format on */

static void by_hand(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct chosen *c = &cases[i];
		struct iomt_domain_choice choice;
		struct machine m;

		build(&m, c->unit);
		CHECK_MSG(!choose(&m, c->count, c->req, &choice), "case %zu: %s", i,
			  iomt_lack_name(choice.lack));
		CHECK_MSG(choice.format == c->format, "case %zu: %s", i, choice.name);
		CHECK_MSG(choice.levels == c->levels, "case %zu: %u levels", i, choice.levels);
		CHECK_MSG(choice.iova_bits == c->iova_bits, "case %zu: %u bits", i,
			  choice.iova_bits);
		CHECK_MSG(choice.oa_bits == c->oa_bits, "case %zu: %u bits out", i, choice.oa_bits);
		CHECK_MSG(choice.pasid_bits == c->pasid_bits, "case %zu: %u", i, choice.pasid_bits);
		CHECK_MSG(choice.where == c->where, "case %zu: where %x", i, choice.where);
		CHECK_STR(choice.name, iomt_format_name(choice.format));
		CHECK_EQ(choice.dma_last, (1ULL << (c->iova_bits - 1) << 1) - 1);
		CHECK_EQ(choice.candidates[0].format, choice.format);
		CHECK(!choice.error.field && !choice.lack && !choice.device_known);
		make(&choice);
	}
}

static void page_sizes(void)
{
	const uint64_t v1 = ((1ULL << 48) - K4) & ~(1ULL << 39);
	struct iomt_domain_choice choice;
	struct machine m;

	build(&m, &iomt_iommu_amd);
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){0}, &choice), 0);
	CHECK_EQ(choice.page_sizes, v1);
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){.page_sizes = 1ULL << 39}, &choice),
		  IOMT_EOPNOTSUPP);
	CHECK_EQ(choice.lack, IOMT_LACK_PAGE_SIZES);
	m.unit.errata = 0;
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){.page_sizes = 1ULL << 39}, &choice), 0);
	CHECK_EQ(choice.page_sizes, v1 | 1ULL << 39);
	make(&choice);
	m.unit.stage[1].page_sizes = 0x7f000; /* a unit of 4K to 256K */
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){0}, &choice), 0);
	CHECK_EQ(choice.page_sizes, 0x7f000);
	make(&choice);
	/* no leaf is larger than the addresses */
	m.unit.stage[1].page_sizes = 0;
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){.iova_bits = 20}, &choice), 0);
	CHECK_EQ(choice.page_sizes, 0x1ff000);
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){.iova_bits = 20, .page_sizes = 1ULL << 21},
			 &choice),
		  IOMT_EOPNOTSUPP);
	CHECK_EQ(choice.lack, IOMT_LACK_PAGE_SIZES);
	CHECK(!choice.device_known);
}

/* Two units share what both have. */
static void in_common(void)
{
	struct iomt_domain_choice choice;
	struct machine m, other;

	build(&m, &iomt_iommu_vtd_scalable);
	build(&other, &iomt_iommu_vtd_legacy);
	m.device[DISK].iommu = &other.unit;
	other.unit.stage[1].page_sizes = 0x201000;
	other.unit.stage[1].oa_bits = 44;
	other.unit.flags = 0;
	other.unit.stage[1].flags |= IOMT_STAGE_CACHES_ABSENT;
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){0}, &choice), 0);
	CHECK_EQ(choice.format, IOMT_FORMAT_VTD_SECOND);
	CHECK_EQ(choice.page_sizes, 0x201000);
	CHECK_EQ(choice.oa_bits, 44);
	CHECK_EQ(choice.quirks, IOMT_QUIRK_INCOHERENT | IOMT_QUIRK_CACHES_ABSENT);
	CHECK_EQ(choice.where, RID | PASID | ZERO);
	make(&choice);
	/* 3 levels here, 5 there */
	m.unit.stage[1].levels = 0x20;
	other.unit.stage[1].levels = 0x08;
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){0}, &choice), IOMT_EOPNOTSUPP);
	CHECK_EQ(choice.lack, IOMT_LACK_LEVELS);
	CHECK(!choice.device_known);
	/* vendors have nothing in common */
	build(&other, &iomt_iommu_amd);
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){0}, &choice), IOMT_EOPNOTSUPP);
	CHECK_EQ(choice.lack, IOMT_LACK_FORMAT);
	CHECK_EQ(choice.candidate_count, 4);
}

static void quirks(void)
{
	const struct iomt_domain_req parent = {.flags = IOMT_DOMAIN_NEST_PARENT};
	struct iomt_domain_choice choice;
	struct machine m;

	build(&m, &iomt_iommu_vtd_scalable);
	m.unit.errata = IOMT_ERRATUM_READ_ONLY;
	CHECK_INT(choose(&m, 2, parent, &choice), 0);
	CHECK_EQ(choice.quirks, IOMT_QUIRK_NO_READ_ONLY);
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){0}, &choice), 0);
	CHECK_EQ(choice.quirks, 0);
	CHECK_EQ(choice.cfg.flags, IOMT_PT_NX);
	build(&m, &iomt_iommu_smmu_full);
	m.unit.errata = IOMT_ERRATUM_WHOLE_RUNS;
	m.unit.bbm = 1;
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){.flags = IOMT_DOMAIN_DIRTY}, &choice), 0);
	CHECK_EQ(choice.quirks, IOMT_QUIRK_WHOLE_RUNS);
	CHECK_EQ(choice.cfg.bbm, 1);
	CHECK_EQ(choice.cfg.flags, IOMT_PT_DIRTY);
	build(&m, &iomt_iommu_amd_gio);
	m.unit.enc_bit = 47;
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){0}, &choice), 0);
	CHECK_EQ(choice.cfg.enc_bit, 47);
	CHECK_EQ(choice.oa_bits, 47);
	make(&choice);
}

static void narrow_devices(void)
{
	struct iomt_domain_choice choice;
	struct machine m;

	build(&m, &iomt_iommu_amd);
	CHECK_INT(choose(&m, DEVICES, (struct iomt_domain_req){0}, &choice), 0);
	CHECK_EQ(choice.iova_bits, 48);
	CHECK_EQ(choice.dma_last, 0xffffffff);
	CHECK_INT(choose(&m, DEVICES, (struct iomt_domain_req){.iova_bits = 32}, &choice), 0);
	CHECK_EQ(choice.iova_bits, 32);
	CHECK_INT(choose(&m, DEVICES, (struct iomt_domain_req){.iova_bits = 33}, &choice),
		  IOMT_EOPNOTSUPP);
	CHECK_EQ(choice.lack, IOMT_LACK_DMA_BITS);
	CHECK(choice.device_known);
	CHECK_EQ(choice.device, 0x8);
}

/* What must be mapped decides the width, and the granule. */
static void regions(void)
{
	struct iomt_region region = {1ULL << 50, (1ULL << 50) + 0xfff, IOMT_REGION_IDENTITY};
	struct iomt_domain_choice choice;
	struct machine m;

	build(&m, &iomt_iommu_amd);
	m.device[DISK].regions = &region;
	m.device[DISK].region_count = 1;
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){.iova_bits = 32}, &choice), 0);
	CHECK_EQ(choice.iova_bits, 51);
	CHECK_EQ(choice.levels, 5);
	m.unit.stage[1].levels = 0x1e;
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){0}, &choice), IOMT_EOPNOTSUPP);
	CHECK_EQ(choice.lack, IOMT_LACK_REGION);
	CHECK_EQ(choice.device, 0xc);
	region.kind = IOMT_REGION_HOLE;
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){0}, &choice), 0);
	CHECK_EQ(choice.iova_bits, 48);
	region.kind = IOMT_REGION_MSI;
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){0}, &choice), IOMT_EOPNOTSUPP);
	/* the last byte of all addresses is one */
	build(&m, &iomt_iommu_amd);
	m.device[DISK].regions = &region;
	m.device[DISK].region_count = 1;
	region = (struct iomt_region){UINT64_MAX - 0xfff, UINT64_MAX, IOMT_REGION_IDENTITY};
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){0}, &choice), 0);
	CHECK_EQ(choice.iova_bits, 64);
	/* 4K pages are needed for 4K */
	build(&m, &iomt_iommu_smmu);
	m.unit.stage[0].formats &= ~IOMT_FORMAT_BIT(IOMT_FORMAT_ARM_S1_4K);
	m.device[DISK].regions = &region;
	m.device[DISK].region_count = 1;
	region = (struct iomt_region){0x8000, 0xbfff, IOMT_REGION_IDENTITY};
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){0}, &choice), 0);
	CHECK_EQ(choice.format, IOMT_FORMAT_ARM_S1_16K);
	region.last = 0x8fff;
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){0}, &choice), 0);
	CHECK_EQ(choice.format, IOMT_FORMAT_ARM_S2_4K);
	region = (struct iomt_region){0xa000, 0xbfff, IOMT_REGION_IDENTITY}; /* half of 16K */
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){.flags = IOMT_DOMAIN_PASID}, &choice),
		  IOMT_EOPNOTSUPP);
	CHECK_EQ(choice.lack, IOMT_LACK_REGION);
	region.kind = IOMT_REGION_MSI;
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){.flags = IOMT_DOMAIN_PASID}, &choice), 0);
}

/* A unit and a wish that can be met, and what is then taken away. */
struct without {
	const struct iomt_iommu_caps *unit;
	struct iomt_domain_req req;
	void (*take)(struct machine *m);
	enum iomt_lack lack;
	int device; /* -1: none in particular */
};

static void take_v2(struct machine *m)
{
	m->unit = iomt_iommu_amd;
}

static void take_gio(struct machine *m)
{
	m->unit.stage[0].flags &= ~IOMT_STAGE_RID;
}

static void take_second(struct machine *m)
{
	m->unit.stage[1] = (struct iomt_iommu_stage){0};
	m->unit.flags &= ~IOMT_IOMMU_NESTING;
	m->unit.vmid_bits = 0;
}

static void take_pasids_of_unit(struct machine *m)
{
	for (int i = 0; i < 2; i++)
		m->unit.stage[i].flags &= ~IOMT_STAGE_PASID;
	m->unit.pasid_bits = 0;
}

static void take_pasids_of_device(struct machine *m)
{
	m->device[NIC].pasid_bits = 0;
}

static void narrow_pasids_of_device(struct machine *m)
{
	m->device[NIC].pasid_bits = 7;
}

static void narrow_pasids_of_unit(struct machine *m)
{
	m->unit.pasid_bits = 7;
}

static void take_nesting(struct machine *m)
{
	m->unit.flags &= ~IOMT_IOMMU_NESTING;
}

static void break_nesting(struct machine *m)
{
	m->unit.errata |= IOMT_ERRATUM_NESTING;
}

static void take_dirty(struct machine *m)
{
	for (int i = 0; i < 2; i++)
		m->unit.stage[i].flags &= ~IOMT_STAGE_DIRTY;
}

static void take_levels(struct machine *m)
{
	for (int i = 0; i < 2; i++)
		m->unit.stage[i].levels &= 0x1f;
}

static void narrow_input(struct machine *m)
{
	for (int i = 0; i < 2; i++)
		m->unit.stage[i].iova_bits = m->unit.stage[i].formats ? 47 : 0;
}

static void narrow_output(struct machine *m)
{
	for (int i = 0; i < 2; i++)
		m->unit.stage[i].oa_bits = m->unit.stage[i].formats ? 47 : 0;
}

static void take_gigabyte(struct machine *m)
{
	for (int i = 0; i < 2; i++)
		m->unit.stage[i].page_sizes = m->unit.stage[i].formats ? 0x201000 : 0;
}

static void take_snooping(struct machine *m)
{
	m->unit.flags &= ~IOMT_IOMMU_COHERENT;
}

static void narrow_device(struct machine *m)
{
	m->device[DISK].dma_last = (1ULL << 48) - 2;
}

static void take_trust(struct machine *m)
{
	m->device[DISK].flags = 0;
}

static void encrypt_elsewhere(struct machine *m)
{
	static struct iomt_iommu_caps other;

	other = m->unit;
	other.enc_bit = 51;
	m->device[DISK].iommu = &other;
}

static const struct without withouts[] = {
	{&iomt_iommu_amd_gio, {.format = IOMT_FORMAT_AMD_V2}, take_v2, IOMT_LACK_FORMAT, 0xc},
	{&iomt_iommu_amd_gio, {.flags = IOMT_DOMAIN_PASID}, take_v2, IOMT_LACK_PASID, 0x10},
	{&iomt_iommu_amd_gio, {.flags = IOMT_DOMAIN_PASID}, take_gio, IOMT_LACK_RID, 0xc},
	{&iomt_iommu_amd_gio, {.format = IOMT_FORMAT_AMD_V2}, take_gio, IOMT_LACK_RID, 0xc},
	{&iomt_iommu_vtd_scalable,
	 {.format = IOMT_FORMAT_VTD_SECOND},
	 take_second,
	 IOMT_LACK_FORMAT,
	 0xc},
	{&iomt_iommu_smmu, {.flags = IOMT_DOMAIN_NEST_PARENT}, take_second, IOMT_LACK_NESTING, 0xc},
	{&iomt_iommu_vtd_scalable,
	 {.flags = IOMT_DOMAIN_PASID},
	 take_pasids_of_unit,
	 IOMT_LACK_PASID,
	 0x10},
	{&iomt_iommu_smmu_s1,
	 {.flags = IOMT_DOMAIN_PASID},
	 take_pasids_of_unit,
	 IOMT_LACK_PASID,
	 0x10},
	{&iomt_iommu_amd_gio,
	 {.flags = IOMT_DOMAIN_PASID},
	 take_pasids_of_device,
	 IOMT_LACK_PASID_DEVICE,
	 -1},
	{&iomt_iommu_smmu,
	 {.flags = IOMT_DOMAIN_PASID, .pasid_bits = 8},
	 narrow_pasids_of_device,
	 IOMT_LACK_PASID_BITS,
	 0x10},
	{&iomt_iommu_amd_gio,
	 {.flags = IOMT_DOMAIN_PASID, .pasid_bits = 8},
	 narrow_pasids_of_unit,
	 IOMT_LACK_PASID_BITS,
	 0x10},
	{&iomt_iommu_vtd_scalable,
	 {.flags = IOMT_DOMAIN_NEST_PARENT},
	 take_nesting,
	 IOMT_LACK_NESTING,
	 0xc},
	{&iomt_iommu_smmu,
	 {.flags = IOMT_DOMAIN_NEST_PARENT},
	 break_nesting,
	 IOMT_LACK_NESTING,
	 0xc},
	{&iomt_iommu_amd_gio, {.flags = IOMT_DOMAIN_DIRTY}, take_dirty, IOMT_LACK_DIRTY, 0xc},
	{&iomt_iommu_vtd_scalable, {.flags = IOMT_DOMAIN_DIRTY}, take_dirty, IOMT_LACK_DIRTY, 0xc},
	{&iomt_iommu_smmu_full,
	 {.flags = IOMT_DOMAIN_DIRTY | IOMT_DOMAIN_NEST_PARENT},
	 take_dirty,
	 IOMT_LACK_DIRTY,
	 0xc},
	{&iomt_iommu_amd_gio,
	 {.flags = IOMT_DOMAIN_PASID, .iova_bits = 48},
	 take_levels,
	 IOMT_LACK_IOVA_BITS,
	 0xc},
	{&iomt_iommu_vtd_scalable, {.iova_bits = 49}, take_levels, IOMT_LACK_IOVA_BITS, 0xc},
	{&iomt_iommu_smmu, {.iova_bits = 48}, narrow_input, IOMT_LACK_IOVA_BITS, 0xc},
	{&iomt_iommu_smmu_s2, {.iova_bits = 48}, narrow_output, IOMT_LACK_IOVA_BITS, 0xc},
	{&iomt_iommu_smmu_s1, {.oa_bits = 48}, narrow_output, IOMT_LACK_OA_BITS, 0xc},
	{&iomt_iommu_amd, {.oa_bits = 48}, narrow_output, IOMT_LACK_OA_BITS, 0xc},
	{&iomt_iommu_vtd_legacy, {.page_sizes = 1 << 30}, take_gigabyte, IOMT_LACK_PAGE_SIZES, 0xc},
	{&iomt_iommu_amd_gio, {.page_sizes = X86}, take_gigabyte, IOMT_LACK_PAGE_SIZES, 0xc},
	{&iomt_iommu_smmu_s1,
	 {.flags = IOMT_DOMAIN_COHERENT},
	 take_snooping,
	 IOMT_LACK_COHERENT,
	 0xc},
	{&iomt_iommu_amd, {.iova_bits = 48}, narrow_device, IOMT_LACK_DMA_BITS, 0xc},
	{&iomt_iommu_amd, {.flags = IOMT_DOMAIN_TRUSTED}, take_trust, IOMT_LACK_TRUST, 0xc},
	{&iomt_iommu_amd, {0}, encrypt_elsewhere, IOMT_LACK_ENC_BIT, -1},
};

/* What is taken away is named, never made up for by less (M1). */
static void one_thing_away(void)
{
	for (size_t i = 0; i < sizeof(withouts) / sizeof(withouts[0]); i++) {
		const struct without *w = &withouts[i];
		struct iomt_domain_choice choice;
		struct machine m;

		build(&m, w->unit);
		CHECK_MSG(!choose(&m, 2, w->req, &choice), "case %zu: %s", i,
			  iomt_lack_name(choice.lack));
		w->take(&m);
		CHECK_MSG(!iomt_iommu_caps_check(&m.unit, &choice.error), "case %zu: %s: %s", i,
			  choice.error.field, choice.error.reason);
		CHECK_MSG(choose(&m, 2, w->req, &choice) == IOMT_EOPNOTSUPP, "case %zu", i);
		CHECK_MSG(choice.lack == w->lack, "case %zu: %s", i, iomt_lack_name(choice.lack));
		CHECK_MSG(choice.device_known == (w->device >= 0), "case %zu", i);
		CHECK_MSG(choice.device == (w->device < 0 ? 0 : (uint32_t)w->device),
			  "case %zu: %x", i, choice.device);
		CHECK(!choice.format && !choice.name && !choice.cfg.format && !choice.error.field);
	}
}

/* A wish is kept or refused, whatever else would do. */
static void wishes(void)
{
	struct iomt_domain_choice choice;
	struct machine m;

	build(&m, &iomt_iommu_vtd_scalable);
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){.format = IOMT_FORMAT_VTD_SECOND},
			 &choice),
		  0);
	CHECK_EQ(choice.format, IOMT_FORMAT_VTD_SECOND);
	CHECK_EQ(choice.candidates[1].lacks, 1 << IOMT_LACK_WISH);
	CHECK_INT(choose(&m, 2, (struct iomt_domain_req){.format = IOMT_FORMAT_AMD_V1}, &choice),
		  IOMT_EOPNOTSUPP);
	CHECK_EQ(choice.lack, IOMT_LACK_FORMAT);
	CHECK_EQ(choice.candidate_count, 3);
	/* each of these can be met, not both */
	build(&m, &iomt_iommu_amd_gio);
	CHECK_INT(choose(&m, 2,
			 (struct iomt_domain_req){.format = IOMT_FORMAT_AMD_V1,
						  .flags = IOMT_DOMAIN_PASID},
			 &choice),
		  IOMT_EOPNOTSUPP);
	CHECK_EQ(choice.lack, IOMT_LACK_PASID);
}

static void expect_malformed(const struct iomt_domain_req *req,
			     const struct iomt_device_caps *const *devices, size_t count,
			     const char *field)
{
	struct iomt_domain_choice choice;
	char text[TEXT], expected[TEXT];

	memset(&choice, 0xa5, sizeof(choice));
	CHECK_INT(iomt_domain_choose(req, devices, count, &choice), IOMT_EINVAL);
	CHECK_STR(choice.error.field, field);
	CHECK(choice.error.reason && *choice.error.reason);
	CHECK(!choice.format && !choice.candidate_count && !choice.lack);
	CHECK_INT(iomt_domain_choose(req, devices, count, NULL), IOMT_EINVAL);
	snprintf(expected, sizeof(expected), "Malformed: %s: %s.\n", field, choice.error.reason);
	CHECK_EQ(iomt_domain_explain(req, devices, count, text, sizeof(text)), strlen(expected));
	CHECK_STR(text, expected);
}

static void malformed_wishes(void)
{
	static const struct {
		struct iomt_domain_req req;
		const char *field;
	} rows[] = {
		{{.flags = 0x80}, "flags"},
		{{.flags = IOMT_DOMAIN_PASID | IOMT_DOMAIN_NO_PASID}, "flags"},
		{{.flags = IOMT_DOMAIN_RID}, "flags"},
		{{.flags = IOMT_DOMAIN_RID | IOMT_DOMAIN_NO_PASID}, "flags"},
		{{.format = IOMT_FORMATS}, "format"},
		{{.format = (enum iomt_format) - 1}, "format"},
		{{.format = IOMT_FORMAT_AMD_V2, .flags = IOMT_DOMAIN_NEST_PARENT}, "format"},
		{{.iova_bits = 65}, "iova_bits"},
		{{.oa_bits = 53}, "oa_bits"},
		{{.pasid_bits = 1}, "pasid_bits"},
		{{.pasid_bits = 21, .flags = IOMT_DOMAIN_PASID}, "pasid_bits"},
	};
	struct iomt_domain_req req = {.size = sizeof(req)}, small = {.size = sizeof(req) - 1};
	struct machine m;

	build(&m, &iomt_iommu_amd_gio);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		req = rows[i].req;
		req.size = sizeof(req);
		expect_malformed(&req, m.all, DEVICES, rows[i].field);
	}
	expect_malformed(NULL, m.all, DEVICES, "size");
	expect_malformed(&small, m.all, DEVICES, "size");
	req = (struct iomt_domain_req){.size = sizeof(req)};
	expect_malformed(&req, NULL, DEVICES, "devices");
	expect_malformed(&req, m.all, 0, "devices");
}

static void malformed_devices(void)
{
	struct iomt_domain_req req = {.size = sizeof(req)};
	struct machine m;

	build(&m, &iomt_iommu_amd_gio);
	m.device[DISK].size = 0;
	expect_malformed(&req, m.all, DEVICES, "devices.size");
	m.device[NIC].flags = 0x80;
	expect_malformed(&req, m.all, DEVICES, "devices.flags");
	m.device[NARROW].pasid_bits = 21; /* has the smallest id */
	expect_malformed(&req, m.all, DEVICES, "devices.pasid_bits");
	m.device[NARROW].region_count = 1;
	m.device[NARROW].pasid_bits = 0;
	expect_malformed(&req, m.all, DEVICES, "devices.regions");
	m.device[NARROW].iommu = NULL;
	expect_malformed(&req, m.all, DEVICES, "devices.iommu");
	build(&m, &iomt_iommu_amd_gio);
	m.device[NIC].id = 0x10000;
	expect_malformed(&req, m.all, DEVICES, "devices.id");
	m.all[DISK] = NULL;
	expect_malformed(&req, m.all, DEVICES, "devices.id");
	m.all[NIC] = NULL;
	expect_malformed(&req, m.all, DEVICES, "devices.size");
}

/* Of several errors of one id the first by its words is named, in any order. */
static void malformed_alike(void)
{
	struct iomt_domain_req req = {.size = sizeof(req)};
	const struct iomt_device_caps *turned[2];
	struct machine m;

	build(&m, &iomt_iommu_amd_gio);
	m.device[DISK].id = m.device[NIC].id;
	m.device[NIC].flags = 0x80;
	m.device[DISK].flags = IOMT_DEVICE_PRI;
	turned[0] = m.all[1];
	turned[1] = m.all[0];
	for (int i = 0; i < 2; i++) {
		struct iomt_domain_choice choice;

		CHECK_INT(iomt_domain_choose(&req, i ? turned : m.all, 2, &choice), IOMT_EINVAL);
		CHECK_STR(choice.error.field, "devices.flags");
		CHECK_STR(choice.error.reason, "PRI needs ATS");
	}
}

static void expect_text(struct machine *m, size_t count, struct iomt_domain_req req,
			const char *expected)
{
	char text[TEXT];

	req.size = sizeof(req);
	CHECK_EQ(iomt_domain_explain(&req, m->all, count, text, sizeof(text)), strlen(expected));
	CHECK_STR(text, expected);
}

static void words(void)
{
	struct iomt_region region = {0x9000, 0x9fff, IOMT_REGION_IDENTITY};
	struct machine m;

	build(&m, &iomt_iommu_amd_gio);
	expect_text(&m, DEVICES, (struct iomt_domain_req){.flags = IOMT_DOMAIN_PASID},
		    "AMD V2: chosen: 4 levels, addresses of 47 bits to 52 bits, pages of 4K 2M "
		    "1G; for requests without a PASID by entry 0 of PASID tables and with PASIDs "
		    "of 12 bits; devices send none above 0xffffffff.\n"
		    "AMD V1: refused: a PASID is wanted, and device 0x0010 cannot use it with one "
		    "(GCR3 tables name V2 tables alone: 48882, 2.2.6).\n");
	expect_text(&m, 2, (struct iomt_domain_req){.flags = IOMT_DOMAIN_NO_PASID},
		    "AMD V1: chosen: 4 levels, addresses of 48 bits to 52 bits, pages of "
		    "4K..256G 1T..128T; for requests without a PASID.\n"
		    "AMD V2: would do, but it has fewer page sizes, thus more IOTLB entries.\n");
	expect_text(&m, 2, (struct iomt_domain_req){0},
		    "AMD V2: chosen: 4 levels, addresses of 47 bits to 52 bits, pages of 4K 2M "
		    "1G; for requests without a PASID by entry 0 of PASID tables and with PASIDs "
		    "of 12 bits.\n"
		    "AMD V1: would do, but cannot be attached to a PASID later.\n");
	build(&m, &iomt_iommu_amd_gt);
	m.unit.flags = IOMT_IOMMU_NESTING;
	m.unit.stage[1].flags |= IOMT_STAGE_CACHES_ABSENT;
	expect_text(&m, 1, (struct iomt_domain_req){.iova_bits = 21, .page_sizes = 0x3000},
		    "AMD V1: chosen: 1 level, addresses of 21 bits to 52 bits, pages of 4K..1M; "
		    "for requests without a PASID; its tables must be cleaned out of caches; "
		    "what is mapped must be invalidated too.\n"
		    "AMD V2: refused: device 0x0010 cannot use it without a PASID (EFR.GIOSup); "
		    "pages are wanted of 4K 8K, and the unit of device 0x0010 lacks 8K.\n");
	build(&m, &iomt_iommu_vtd_legacy);
	m.device[NIC].regions = &region;
	m.device[NIC].region_count = 1;
	region.last = 0x9ffe;
	expect_text(&m, DEVICES,
		    (struct iomt_domain_req){.flags = IOMT_DOMAIN_PASID | IOMT_DOMAIN_NEST_PARENT |
						      IOMT_DOMAIN_DIRTY | IOMT_DOMAIN_TRUSTED |
						      IOMT_DOMAIN_COHERENT,
					     .pasid_bits = 3,
					     .oa_bits = 52,
					     .iova_bits = 48,
					     .page_sizes = 1ULL << 39},
		    "No format will do: VT-d second stage comes closest and lacks use with a PASID "
		    "for device 0x0010.\n"
		    "VT-d first stage: refused: the unit of device 0x0008 does not walk it "
		    "(ECAP_REG.FSTS).\n"
		    "VT-d second stage: refused: a PASID is wanted, and device 0x0010 cannot use "
		    "it with one (ECAP_REG.SMTS and PASID); a nesting parent is wanted, and the "
		    "unit of device 0x0008 does not nest (ECAP_REG.NEST); dirty tracking is "
		    "wanted, and the unit of device 0x0008 has none (ECAP_REG.SSADS); output "
		    "addresses of 52 bits are wanted, and device 0x0008 has a unit that reaches "
		    "46 bits; pages are wanted of 512G, and the unit of device 0x0008 lacks 512G; "
		    "addresses of 48 bits are wanted, and device 0x0008 sends none above "
		    "0xffffffff; a region of device 0x0010 at 0x9000 cannot be mapped, so far up "
		    "or so fine.\n");
}

/* As snprintf: the length is that of all of it, and no byte beyond the size is touched. */
static void cut_short(void)
{
	struct iomt_domain_req req = {.size = sizeof(req), .page_sizes = ~0ULL};
	char whole[TEXT], text[TEXT];
	struct machine m;
	size_t length;

	build(&m, &iomt_iommu_smmu_full);
	length = iomt_domain_explain(&req, m.all, DEVICES, whole, sizeof(whole));
	CHECK(length > 1000 && length == strlen(whole));
	CHECK_EQ(iomt_domain_explain(&req, m.all, DEVICES, NULL, 0), length);
	CHECK_EQ(iomt_domain_explain(&req, m.all, DEVICES, NULL, 100), length);
	for (size_t size = 0; size < length + 3; size++) {
		size_t kept = size > length ? length : size ? size - 1 : 0;

		memset(text, '#', sizeof(text));
		CHECK_EQ(iomt_domain_explain(&req, m.all, DEVICES, text, size), length);
		CHECK(!memcmp(text, whole, kept));
		CHECK(!size || !text[kept]);
		CHECK_EQ(text[size ? kept + 1 : 0], '#');
	}
}

static void lack_names(void)
{
	for (unsigned a = 0; a < IOMT_LACKS; a++) {
		for (unsigned b = 0; b < a; b++)
			CHECK(strcmp(iomt_lack_name((enum iomt_lack)a),
				     iomt_lack_name((enum iomt_lack)b)) != 0);
	}
	CHECK_STR(iomt_lack_name(IOMT_LACKS), "nothing");
	CHECK_STR(iomt_lack_name((enum iomt_lack) - 1), "nothing");
}

TEST_SUITE(domain_choice, TEST(by_hand), TEST(page_sizes), TEST(in_common), TEST(quirks),
	   TEST(narrow_devices), TEST(regions), TEST(one_thing_away), TEST(wishes),
	   TEST(malformed_wishes), TEST(malformed_devices), TEST(malformed_alike), TEST(words),
	   TEST(cut_short), TEST(lack_names));
