/* SPDX-License-Identifier: MIT */
/*
 * SMMUv3 (IHI 0070). Stage 1 is named in context descriptors (5.4), stage 2 in stream-table
 * entries (5.2); 6.3 has the identification registers. Tables: DDI 0487, chapter D8.
 */
#include <iomt/formats.h>
#include <iomt/iommu.h>

#define OA_48 (1ULL << 32 | 1ULL << 36 | 1ULL << 40 | 1ULL << 42 | 1ULL << 44 | 1ULL << 48)
#define OA_52 (OA_48 | 1ULL << 52)

/* Leaves: pages and contiguous runs of pages; blocks and runs of blocks, level by level. */
#define SIZES_4K  (1ULL << 12 | 1ULL << 16 | 1ULL << 21 | 1ULL << 25 | 1ULL << 30 | 1ULL << 34)
#define SIZES_16K (1ULL << 14 | 1ULL << 21 | 1ULL << 25 | 1ULL << 30)
#define SIZES_64K (1ULL << 16 | 1ULL << 21 | 1ULL << 29 | 1ULL << 34)

#define GRANULE_4K                                                               \
	.granule_lg2 = 12, .index_lg2 = 9, .max_levels = 4, .min_iova_bits = 25, \
	.max_iova_bits = 48, .oa_widths = OA_48, .sizes = SIZES_4K
#define GRANULE_16K                                                               \
	.granule_lg2 = 14, .index_lg2 = 11, .max_levels = 4, .min_iova_bits = 25, \
	.max_iova_bits = 48, .oa_widths = OA_48, .sizes = SIZES_16K
#define GRANULE_64K                                                               \
	.granule_lg2 = 16, .index_lg2 = 13, .max_levels = 3, .min_iova_bits = 25, \
	.max_iova_bits = 52, .oa_widths = OA_52, .sizes = SIZES_64K | 1ULL << 42, \
	.sizes_wide = 1ULL << 42
#define GRANULE_4K_LPA2                                                          \
	.granule_lg2 = 12, .index_lg2 = 9, .max_levels = 5, .min_iova_bits = 25, \
	.max_iova_bits = 52, .oa_widths = OA_52, .sizes = SIZES_4K | 1ULL << 39, .wide = true
#define GRANULE_16K_LPA2                                                          \
	.granule_lg2 = 14, .index_lg2 = 11, .max_levels = 4, .min_iova_bits = 25, \
	.max_iova_bits = 52, .oa_widths = OA_52, .sizes = SIZES_16K | 1ULL << 36, .wide = true

#define STAGE_1                                                                               \
	.stage = 1, .min_levels = 1, .by_pasid = "SMMU_IDR1.SSIDSIZE", .by_rid = "STE.S1DSS", \
	.by_nesting = "IHI 0070, 3.3.2", .by_dirty = "SMMU_IDR0.HTTU"
#define STAGE_2                                                                                    \
	.stage = 2, .concat_lg2 = 4, .iova_within_oa = true,                                       \
	.by_pasid = "substreams select stage 1 alone: IHI 0070, 3.3.2", .by_rid = "IHI 0070, 5.2", \
	.by_nesting = "SMMU_IDR0.S1P and S2P", .by_dirty = "SMMU_IDR0.HTTU"

/* clang-format off */
static const struct iomt_format_facts formats[] = {
	{.format = IOMT_FORMAT_ARM_S1_4K, .pt = &iomt_arm_s1_4k, STAGE_1, GRANULE_4K,
	 .by_walk = "SMMU_IDR0.S1P, SMMU_IDR5.GRAN4K"},
	{.format = IOMT_FORMAT_ARM_S1_16K, .pt = &iomt_arm_s1_16k, STAGE_1, GRANULE_16K,
	 .by_walk = "SMMU_IDR0.S1P, SMMU_IDR5.GRAN16K"},
	{.format = IOMT_FORMAT_ARM_S1_64K, .pt = &iomt_arm_s1_64k, STAGE_1, GRANULE_64K,
	 .by_walk = "SMMU_IDR0.S1P, SMMU_IDR5.GRAN64K"},
	{.format = IOMT_FORMAT_ARM_S1_4K_LPA2, .pt = &iomt_arm_s1_4k_lpa2, STAGE_1,
	 GRANULE_4K_LPA2, .by_walk = "SMMU_IDR0.S1P, SMMU_IDR5.GRAN4K and DS"},
	{.format = IOMT_FORMAT_ARM_S1_16K_LPA2, .pt = &iomt_arm_s1_16k_lpa2, STAGE_1,
	 GRANULE_16K_LPA2, .by_walk = "SMMU_IDR0.S1P, SMMU_IDR5.GRAN16K and DS"},
	{.format = IOMT_FORMAT_ARM_S2_4K, .pt = &iomt_arm_s2_4k, STAGE_2, GRANULE_4K,
	 .min_levels = 2, .by_walk = "SMMU_IDR0.S2P, SMMU_IDR5.GRAN4K"},
	{.format = IOMT_FORMAT_ARM_S2_16K, .pt = &iomt_arm_s2_16k, STAGE_2, GRANULE_16K,
	 .min_levels = 1, .by_walk = "SMMU_IDR0.S2P, SMMU_IDR5.GRAN16K"},
	{.format = IOMT_FORMAT_ARM_S2_64K, .pt = &iomt_arm_s2_64k, STAGE_2, GRANULE_64K,
	 .min_levels = 1, .by_walk = "SMMU_IDR0.S2P, SMMU_IDR5.GRAN64K"},
	{.format = IOMT_FORMAT_ARM_S2_4K_LPA2, .pt = &iomt_arm_s2_4k_lpa2, STAGE_2,
	 GRANULE_4K_LPA2, .min_levels = 2, .by_walk = "SMMU_IDR0.S2P, SMMU_IDR5.GRAN4K and DS"},
	{.format = IOMT_FORMAT_ARM_S2_16K_LPA2, .pt = &iomt_arm_s2_16k_lpa2, STAGE_2,
	 GRANULE_16K_LPA2, .min_levels = 1, .by_walk = "SMMU_IDR0.S2P, SMMU_IDR5.GRAN16K and DS"},
};
/* clang-format on */

const struct iomt_iommu_kind iomt_iommu_kind_smmu = {
	.vendor = IOMT_VENDOR_SMMU,
	.formats = formats,
	.count = sizeof(formats) / sizeof(formats[0]),
	.errata = IOMT_ERRATUM_NESTING | IOMT_ERRATUM_WHOLE_RUNS,
};

#define S1_FORMATS                                                                          \
	(IOMT_FORMAT_BIT(IOMT_FORMAT_ARM_S1_4K) | IOMT_FORMAT_BIT(IOMT_FORMAT_ARM_S1_16K) | \
	 IOMT_FORMAT_BIT(IOMT_FORMAT_ARM_S1_64K))
#define S2_FORMATS                                                                          \
	(IOMT_FORMAT_BIT(IOMT_FORMAT_ARM_S2_4K) | IOMT_FORMAT_BIT(IOMT_FORMAT_ARM_S2_16K) | \
	 IOMT_FORMAT_BIT(IOMT_FORMAT_ARM_S2_64K))
#define S1_LPA2 \
	(IOMT_FORMAT_BIT(IOMT_FORMAT_ARM_S1_4K_LPA2) | IOMT_FORMAT_BIT(IOMT_FORMAT_ARM_S1_16K_LPA2))
#define S2_LPA2 \
	(IOMT_FORMAT_BIT(IOMT_FORMAT_ARM_S2_4K_LPA2) | IOMT_FORMAT_BIT(IOMT_FORMAT_ARM_S2_16K_LPA2))
#define S1_FLAGS (IOMT_STAGE_RID | IOMT_STAGE_PASID | IOMT_STAGE_ENTRIES)
#define TRACKED	 (IOMT_STAGE_ACCESSED | IOMT_STAGE_DIRTY)
#define S1                                                                               \
	{                                                                                \
		.formats = S1_FORMATS, .flags = S1_FLAGS, .iova_bits = 48, .oa_bits = 48 \
	}
#define S2                                                                                     \
	{                                                                                      \
		.formats = S2_FORMATS, .flags = IOMT_STAGE_RID, .iova_bits = 48, .oa_bits = 48 \
	}

const struct iomt_iommu_caps iomt_iommu_smmu_s1 = {
	.size = sizeof(struct iomt_iommu_caps),
	.kind = &iomt_iommu_kind_smmu,
	.flags = IOMT_IOMMU_COHERENT | IOMT_IOMMU_SVA_RID,
	.stage = {S1, {0}},
	.pasid_bits = 20,
	.asid_bits = 8,
};

const struct iomt_iommu_caps iomt_iommu_smmu_s2 = {
	.size = sizeof(struct iomt_iommu_caps),
	.kind = &iomt_iommu_kind_smmu,
	.flags = IOMT_IOMMU_COHERENT,
	.stage = {{0}, S2},
	.vmid_bits = 8,
};

const struct iomt_iommu_caps iomt_iommu_smmu = {
	.size = sizeof(struct iomt_iommu_caps),
	.kind = &iomt_iommu_kind_smmu,
	.flags = IOMT_IOMMU_COHERENT | IOMT_IOMMU_NESTING | IOMT_IOMMU_SVA_RID,
	.stage = {S1, S2},
	.pasid_bits = 20,
	.asid_bits = 8,
	.vmid_bits = 8,
};

const struct iomt_iommu_caps iomt_iommu_smmu_full = {
	.size = sizeof(struct iomt_iommu_caps),
	.kind = &iomt_iommu_kind_smmu,
	.flags = IOMT_IOMMU_COHERENT | IOMT_IOMMU_NESTING | IOMT_IOMMU_SVA_RID | IOMT_IOMMU_RANGES,
	.stage = {{.formats = S1_FORMATS | S1_LPA2,
		   .flags = S1_FLAGS | TRACKED,
		   .iova_bits = 52,
		   .oa_bits = 52},
		  {.formats = S2_FORMATS | S2_LPA2,
		   .flags = IOMT_STAGE_RID | TRACKED,
		   .iova_bits = 52,
		   .oa_bits = 52}},
	.pasid_bits = 20,
	.asid_bits = 16,
	.vmid_bits = 16,
	.bbm = 2,
};
