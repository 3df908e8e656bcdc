/* SPDX-License-Identifier: MIT */
/* A driver for QEMU's smmuv3: stage 1 tables, one context, one ASID. */
#ifndef TESTS_QEMU_SMMU_DRIVER_H
#define TESTS_QEMU_SMMU_DRIVER_H

#include "witness.h"
#include <iomt/device_table.h>

/* Invalidation leaf by leaf, or by range commands. */
extern const struct iommu smmu_leaves;
extern const struct iommu smmu_ranges;

#define SMMU_ASID 0x51

/* Types of events (IHI 0070, 7.3) */
#define SMMU_C_BAD_STE	   0x04
#define SMMU_C_BAD_CD	   0x0a
#define SMMU_F_TRANSLATION 0x10
#define SMMU_F_PERMISSION  0x13

/* TLBI_NH_VA of the leaf that translates iova, and the wait for it. */
void smmu_invalidate_va(struct witness *w, uint16_t asid, uint64_t iova);

/* TLBI_NH_ASID, and the wait for it. */
void smmu_invalidate_asid(struct witness *w, uint16_t asid);

/* Points the context at w->pt by the library's calls, under an ASID; or makes it invalid. */
void smmu_set_context(struct witness *w, uint16_t asid);
void smmu_clear_context(struct witness *w);

/* The stream's entry by the library's calls: by context descriptors, or as "use" says; or none. */
void smmu_set_stream(struct witness *w);
void smmu_use_stream(struct witness *w, const struct iomt_device_use *use);
void smmu_clear_stream(struct witness *w);

/* The break-before-make level that the model claims (SMMU_IDR3.BBML). */
uint8_t smmu_bbm(struct witness *w);

#endif
