/* SPDX-License-Identifier: MIT */
/*
 * VT-d (D51397). Legacy mode names second stages in context entries (9.3), scalable mode both
 * stages in PASID-table entries (9.6), also for requests without a PASID. CAP_REG and ECAP_REG say
 * what a unit can do.
 */
#include <iomt/formats.h>
#include <iomt/iommu.h>

#define WIDTHS ((1ULL << 53) - (1ULL << 32))
#define SIZES  (1ULL << 12 | 1ULL << 21 | 1ULL << 30)

static const struct iomt_format_facts formats[] = {
	{
		.format = IOMT_FORMAT_VTD_FIRST,
		.pt = &iomt_x86_64,
		.stage = 1,
		.granule_lg2 = 12,
		.index_lg2 = 9,
		.min_levels = 4,
		.max_levels = 5,
		.min_iova_bits = 32,
		.max_iova_bits = 57,
		.signed_pasid = true, /* 3.6: the address is canonical, RID_PASID's too */
		.signed_rid = true,
		.oa_widths = WIDTHS,
		.sizes = SIZES,
		.by_walk = "ECAP_REG.FSTS",
		.by_pasid = "ECAP_REG.PASID",
		.by_rid = "ECAP_REG.SMTS",
		.by_nesting = "D51397, 3.8",
		.by_dirty = "D51397, 3.6",
	},
	{
		.format = IOMT_FORMAT_VTD_SECOND,
		.pt = &iomt_vtd_ss,
		.stage = 2,
		.granule_lg2 = 12,
		.index_lg2 = 9,
		.min_levels = 3,
		.max_levels = 5,
		.min_iova_bits = 32,
		.max_iova_bits = 57,
		.oa_widths = WIDTHS,
		.sizes = SIZES,
		.by_walk = "ECAP_REG.SSTS",
		.by_pasid = "ECAP_REG.SMTS and PASID",
		.by_rid = "D51397, 9.3",
		.by_nesting = "ECAP_REG.NEST",
		.by_dirty = "ECAP_REG.SSADS",
	},
};

const struct iomt_iommu_kind iomt_iommu_kind_vtd = {
	.vendor = IOMT_VENDOR_VTD,
	.formats = formats,
	.count = sizeof(formats) / sizeof(formats[0]),
	.errata = IOMT_ERRATUM_READ_ONLY,
};

const struct iomt_iommu_caps iomt_iommu_vtd_legacy = {
	.size = sizeof(struct iomt_iommu_caps),
	.kind = &iomt_iommu_kind_vtd,
	.flags = IOMT_IOMMU_COHERENT,
	.stage = {{0},
		  {.formats = IOMT_FORMAT_BIT(IOMT_FORMAT_VTD_SECOND),
		   .flags = IOMT_STAGE_RID,
		   .levels = 0x18,
		   .iova_bits = 48,
		   .oa_bits = 46}},
	.domain_bits = 16,
	.mamv = 18,
};

#define ANYWHERE (IOMT_STAGE_RID | IOMT_STAGE_PASID | IOMT_STAGE_ENTRIES)
#define TRACKED	 (IOMT_STAGE_ACCESSED | IOMT_STAGE_DIRTY)

const struct iomt_iommu_caps iomt_iommu_vtd_scalable = {
	.size = sizeof(struct iomt_iommu_caps),
	.kind = &iomt_iommu_kind_vtd,
	.flags = IOMT_IOMMU_COHERENT | IOMT_IOMMU_NESTING | IOMT_IOMMU_SVA_RID,
	.stage = {{.formats = IOMT_FORMAT_BIT(IOMT_FORMAT_VTD_FIRST),
		   .flags = ANYWHERE | TRACKED | IOMT_STAGE_NX,
		   .levels = 0x30,
		   .iova_bits = 57,
		   .oa_bits = 52},
		  {.formats = IOMT_FORMAT_BIT(IOMT_FORMAT_VTD_SECOND),
		   .flags = ANYWHERE | TRACKED,
		   .levels = 0x30,
		   .iova_bits = 57,
		   .oa_bits = 52}},
	.pasid_bits = 20,
	.domain_bits = 16,
	.mamv = 52,
};
