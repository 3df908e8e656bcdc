/* SPDX-License-Identifier: MIT */
/* 48882, 3.4; D51397, 11.4; IHI 0070, 6.3: the registers that a domain's driver has to know. */
#include "units.h"
#include "test.h"

/* AMD */
#define AMD_BASE	  0xfed80000ULL
#define AMD_DEVICE_TABLE  (AMD_BASE + 0x00)
#define AMD_COMMAND_BASE  (AMD_BASE + 0x08)
#define AMD_CONTROL	  (AMD_BASE + 0x18)
#define AMD_COMMAND_HEAD  (AMD_BASE + 0x2000)
#define AMD_COMMAND_TAIL  (AMD_BASE + 0x2008)
#define AMD_IOMMU_ENABLE  (1u << 0)
#define AMD_BUFFER_ENABLE (1u << 12)

/* VT-d */
#define VTD_BASE	       0xfed90000ULL
#define VTD_COMMAND	       (VTD_BASE + 0x18)
#define VTD_STATUS	       (VTD_BASE + 0x1c)
#define VTD_ROOT_TABLE	       (VTD_BASE + 0x20)
#define VTD_QUEUE_HEAD	       (VTD_BASE + 0x80)
#define VTD_QUEUE_TAIL	       (VTD_BASE + 0x88)
#define VTD_QUEUE_BASE	       (VTD_BASE + 0x90)
#define VTD_TRANSLATION_ENABLE (1u << 31)
#define VTD_SET_ROOT	       (1u << 30)
#define VTD_QUEUE_ENABLE       (1u << 26)

/* SMMUv3 */
#define SMMU_BASE	 0x09050000ULL
#define SMMU_CR0	 (SMMU_BASE + 0x20)
#define SMMU_CR0ACK	 (SMMU_BASE + 0x24)
#define SMMU_STRTAB	 (SMMU_BASE + 0x80)
#define SMMU_STRTAB_CFG	 (SMMU_BASE + 0x88)
#define SMMU_CMDQ	 (SMMU_BASE + 0x90)
#define SMMU_CMDQ_PROD	 (SMMU_BASE + 0x98)
#define SMMU_CMDQ_CONS	 (SMMU_BASE + 0x9c)
#define SMMU_ENABLE	 (1u << 0)
#define SMMU_CMDQ_ENABLE (1u << 3)
#define SMMU_CONS_INDEX	 0xfffffu

#define COMMAND_LG2 4

#define TWO_DEVICES "-device", "edu,addr=3,dma_mask=0xffffffffffffffff"

/* The model says that it caches absent entries. It does not, but it tags its IOTLB by the device. */
static void amd_caps(struct iomt_iommu_caps *caps)
{
	*caps = iomt_iommu_amd;
	caps->stage[1].flags |= IOMT_STAGE_CACHES_ABSENT;
}

static void amd_open(struct qtest *qtest, const struct iomt_device_table_hw *devices, uint64_t ring)
{
	qtest_writeq(qtest, AMD_DEVICE_TABLE, devices->base);
	qtest_writeq(qtest, AMD_COMMAND_BASE, ring | (uint64_t)UNIT_RING_LG2 << 56);
	qtest_writeq(qtest, AMD_CONTROL, AMD_IOMMU_ENABLE | AMD_BUFFER_ENABLE);
}

static uint32_t amd_head(struct qtest *qtest)
{
	return (uint32_t)(qtest_readq(qtest, AMD_COMMAND_HEAD) >> COMMAND_LG2);
}

static void amd_doorbell(struct qtest *qtest, uint32_t tail)
{
	qtest_writeq(qtest, AMD_COMMAND_TAIL, (uint64_t)tail << COMMAND_LG2);
}

static const char *const amd_args[] = {"-device", "amd-iommu", TWO_DEVICES, NULL};
const struct unit_kind unit_amd = {
	.model = "amd-iommu",
	.board = &board_q35,
	.args = amd_args,
	.ring = &iomt_ring_amd,
	.format = &iomt_amdv1,
	.iova_bits = 48,
	.oa_bits = 48,
	.caps = amd_caps,
	.id_bits = 8,
	.flags = IOMT_IOMMU_WIDE_STORES,
	.open = amd_open,
	.head = amd_head,
	.doorbell = amd_doorbell,
};

/* The model's widest: three levels (SAGAW). */
static void vtd_caps(struct iomt_iommu_caps *caps)
{
	*caps = iomt_iommu_vtd_legacy;
	caps->stage[1].levels = 1u << 3;
	caps->stage[1].iova_bits = 39;
	caps->stage[1].oa_bits = 39;
}

static void vtd_set(struct qtest *qtest, uint32_t enabled, uint32_t bit)
{
	qtest_writel(qtest, VTD_COMMAND, enabled | bit);
	CHECK(qtest_readl(qtest, VTD_STATUS) & bit);
}

static void vtd_open(struct qtest *qtest, const struct iomt_device_table_hw *devices, uint64_t ring)
{
	qtest_writeq(qtest, VTD_ROOT_TABLE, devices->base);
	vtd_set(qtest, 0, VTD_SET_ROOT);
	qtest_writeq(qtest, VTD_QUEUE_BASE, ring); /* QS 0: 256 entries */
	vtd_set(qtest, 0, VTD_QUEUE_ENABLE);
	vtd_set(qtest, VTD_QUEUE_ENABLE, VTD_TRANSLATION_ENABLE);
}

static uint32_t vtd_head(struct qtest *qtest)
{
	return (uint32_t)(qtest_readq(qtest, VTD_QUEUE_HEAD) >> COMMAND_LG2);
}

static void vtd_doorbell(struct qtest *qtest, uint32_t tail)
{
	qtest_writeq(qtest, VTD_QUEUE_TAIL, (uint64_t)tail << COMMAND_LG2);
}

static const char *const vtd_args[] = {"-device", "intel-iommu", TWO_DEVICES, NULL};
const struct unit_kind unit_intel = {
	.model = "intel-iommu",
	.board = &board_q35,
	.args = vtd_args,
	.ring = &iomt_ring_vtd,
	.format = &iomt_vtd_ss,
	.iova_bits = 39,
	.oa_bits = 39,
	.caps = vtd_caps,
	.id_bits = 16,
	.open = vtd_open,
	.head = vtd_head,
	.doorbell = vtd_doorbell,
};

/* Stage 1 alone, and no substreams. */
static void smmu_caps(struct iomt_iommu_caps *caps)
{
	*caps = iomt_iommu_smmu_s1;
	caps->pasid_bits = 0;
	caps->stage[0].flags &= ~IOMT_STAGE_PASID;
}

static void smmu_open(struct qtest *qtest, const struct iomt_device_table_hw *devices,
		      uint64_t ring)
{
	uint32_t enabled = SMMU_ENABLE | SMMU_CMDQ_ENABLE;

	qtest_writeq(qtest, SMMU_STRTAB, devices->base);
	qtest_writel(qtest, SMMU_STRTAB_CFG, devices->cfg);
	qtest_writeq(qtest, SMMU_CMDQ, ring | UNIT_RING_LG2);
	qtest_writel(qtest, SMMU_CR0, enabled);
	CHECK_EQ(qtest_readl(qtest, SMMU_CR0ACK), enabled);
}

static uint32_t smmu_head(struct qtest *qtest)
{
	uint32_t cons = qtest_readl(qtest, SMMU_CMDQ_CONS);

	CHECK(!(cons & ~SMMU_CONS_INDEX)); /* no command was refused */
	return cons;
}

static void smmu_doorbell(struct qtest *qtest, uint32_t tail)
{
	qtest_writel(qtest, SMMU_CMDQ_PROD, tail);
}

static const char *const smmu_args[] = {TWO_DEVICES, NULL};
const struct unit_kind unit_smmu = {
	.model = "smmuv3",
	.board = &board_virt,
	.args = smmu_args,
	.ring = &iomt_ring_smmu,
	.format = &iomt_arm_s1_4k,
	.iova_bits = 48,
	.oa_bits = 44,
	.caps = smmu_caps,
	.id_bits = 8,
	.open = smmu_open,
	.head = smmu_head,
	.doorbell = smmu_doorbell,
};
