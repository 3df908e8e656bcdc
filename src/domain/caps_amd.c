/* SPDX-License-Identifier: MIT */
/*
 * AMD's IOMMUs (48882). V1 tables are named in device-table entries (2.2.2.1), V2 tables in GCR3
 * tables (2.2.6). The Extended Feature Register (EFR) says what a unit can do.
 */
#include <iomt/formats.h>
#include <iomt/iommu.h>

static const struct iomt_format_facts formats[] = {
	{
		.format = IOMT_FORMAT_AMD_V1,
		.pt = &iomt_amdv1,
		.stage = 2,
		.granule_lg2 = 12,
		.index_lg2 = 9,
		.min_levels = 1,
		.max_levels = 6,
		.min_iova_bits = 12,
		.max_iova_bits = 64,
		.oa_widths = (1ULL << 53) - (1ULL << 32),
		.sizes = (1ULL << 53) - (1ULL << 12),
		.by_walk = "HATDis in the IVRS",
		.by_pasid = "GCR3 tables name V2 tables alone: 48882, 2.2.6",
		.by_rid = "48882, 2.2.2.1",
		.by_nesting = "EFR2.GCR3TRPMode",
		.by_dirty = "EFR.HDSup",
	},
	{
		.format = IOMT_FORMAT_AMD_V2,
		.pt = &iomt_x86_64,
		.stage = 1,
		.granule_lg2 = 12,
		.index_lg2 = 9,
		.min_levels = 4,
		.max_levels = 5,
		.min_iova_bits = 32,
		.max_iova_bits = 57,
		.signed_pasid = true, /* with GIOV and without a PASID they are not */
		.oa_widths = (1ULL << 53) - (1ULL << 32),
		.sizes = 1ULL << 12 | 1ULL << 21 | 1ULL << 30,
		.by_walk = "EFR.GTSup",
		.by_pasid = "EFR.PASmax",
		.by_rid = "EFR.GIOSup",
		.by_nesting = "48882, 2.2.6",
		.by_dirty = "48882, 2.2.6",
	},
};

const struct iomt_iommu_kind iomt_iommu_kind_amd = {
	.vendor = IOMT_VENDOR_AMD,
	.formats = formats,
	.count = sizeof(formats) / sizeof(formats[0]),
	.errata = IOMT_ERRATUM_512G,
};

/* HATS: up to six levels. */
#define V1(more)                                                                          \
	.formats = IOMT_FORMAT_BIT(IOMT_FORMAT_AMD_V1), .flags = IOMT_STAGE_RID | (more), \
	.levels = 0x7e, .iova_bits = 64, .oa_bits = 52
#define V2(more, depths, bits)                                                                    \
	.formats = IOMT_FORMAT_BIT(IOMT_FORMAT_AMD_V2),                                           \
	.flags = IOMT_STAGE_PASID | IOMT_STAGE_ENTRIES | IOMT_STAGE_ACCESSED | IOMT_STAGE_DIRTY | \
		 IOMT_STAGE_NX | (more),                                                          \
	.levels = (depths), .iova_bits = (bits), .oa_bits = 52

const struct iomt_iommu_caps iomt_iommu_amd = {
	.size = sizeof(struct iomt_iommu_caps),
	.kind = &iomt_iommu_kind_amd,
	.flags = IOMT_IOMMU_COHERENT,
	.errata = IOMT_ERRATUM_512G,
	.stage = {{0}, {V1(0)}},
	.domain_bits = 16,
};

const struct iomt_iommu_caps iomt_iommu_amd_gt = {
	.size = sizeof(struct iomt_iommu_caps),
	.kind = &iomt_iommu_kind_amd,
	.flags = IOMT_IOMMU_COHERENT,
	.errata = IOMT_ERRATUM_512G,
	.stage = {{V2(0, 0x10, 48)}, {V1(0)}},
	.pasid_bits = 16,
	.domain_bits = 16,
	.gcr3_levels = 2,
};

const struct iomt_iommu_caps iomt_iommu_amd_gio = {
	.size = sizeof(struct iomt_iommu_caps),
	.kind = &iomt_iommu_kind_amd,
	.flags = IOMT_IOMMU_COHERENT | IOMT_IOMMU_NESTING,
	.errata = IOMT_ERRATUM_512G,
	.stage = {{V2(IOMT_STAGE_RID, 0x30, 57)}, {V1(IOMT_STAGE_ACCESSED | IOMT_STAGE_DIRTY)}},
	.pasid_bits = 16,
	.domain_bits = 16,
	.gcr3_levels = 2,
};
