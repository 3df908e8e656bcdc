/* SPDX-License-Identifier: MIT */
/* The ready descriptions, as a list. */
#ifndef TESTS_DOMAIN_UNITS_H
#define TESTS_DOMAIN_UNITS_H

#include <iomt/iomt.h>

#define UNITS 9

static const struct iomt_iommu_caps *const units[UNITS] = {
	&iomt_iommu_amd,	&iomt_iommu_amd_gt,	  &iomt_iommu_amd_gio,
	&iomt_iommu_vtd_legacy, &iomt_iommu_vtd_scalable, &iomt_iommu_smmu_s1,
	&iomt_iommu_smmu_s2,	&iomt_iommu_smmu,	  &iomt_iommu_smmu_full};

#endif
