/* SPDX-License-Identifier: MIT */
/* The vendors' calls as rings and targets know them: facts, no algorithm. */
#include <iomt/targets.h>

static int sync_amd(bool fence, uint64_t address, uint32_t data, struct iomt_cmd *cmds)
{
	uint32_t flags = (address ? IOMT_AMD_WAIT_STORE : 0) | (fence ? IOMT_AMD_WAIT_FLUSH : 0);

	return iomt_amd_wait(flags, address, data, cmds, 1);
}

static uint32_t vtd_sync_flags(bool fence, uint64_t address)
{
	return (address ? IOMT_VTD_WAIT_STORE : 0) | (fence ? IOMT_VTD_WAIT_FENCE : 0);
}

static int sync_vtd(bool fence, uint64_t address, uint32_t data, struct iomt_cmd *cmds)
{
	return iomt_vtd_wait(vtd_sync_flags(fence, address), address, data, cmds, 1);
}

static int sync_vtd_wide(bool fence, uint64_t address, uint32_t data, struct iomt_cmd *cmds)
{
	return iomt_vtd_wait(vtd_sync_flags(fence, address) | IOMT_VTD_WIDE, address, data, cmds,
			     2);
}

/* Nothing after a CMD_SYNC begins before it (4.7.3). */
static int sync_smmu(bool fence, uint64_t address, uint32_t data, struct iomt_cmd *cmds)
{
	(void)fence;
	if (!address)
		return iomt_smmu_sync(IOMT_SMMU_SIG_NONE, 0, 0, 0, cmds, 1);
	return iomt_smmu_sync(IOMT_SMMU_SIG_IRQ, address, data, IOMT_SMMU_MSI_WRITE_BACK, cmds, 1);
}

/* Nor after an IOFENCE.C. Before memory changes hands, accesses that were translated must be done. */
static int sync_riscv(bool fence, uint64_t address, uint32_t data, struct iomt_cmd *cmds)
{
	uint32_t flags = address ? IOMT_RISCV_FENCE_STORE : 0;

	if (!fence)
		flags |= IOMT_RISCV_FENCE_READS | IOMT_RISCV_FENCE_WRITES;
	return iomt_riscv_fence(flags, address, data, cmds, 1);
}

const struct iomt_ring_kind iomt_ring_amd = {IOMT_VENDOR_AMD, false, 1, sync_amd};
const struct iomt_ring_kind iomt_ring_vtd = {IOMT_VENDOR_VTD, false, 1, sync_vtd};
const struct iomt_ring_kind iomt_ring_vtd_wide = {IOMT_VENDOR_VTD, false, 2, sync_vtd_wide};
const struct iomt_ring_kind iomt_ring_smmu = {IOMT_VENDOR_SMMU, true, 1, sync_smmu};
const struct iomt_ring_kind iomt_ring_riscv = {IOMT_VENDOR_RISCV, false, 1, sync_riscv};

#define TARGET(name, vendor, device)                                                           \
	static int name##_gather(const struct iomt_target *target,                             \
				 const struct iomt_gather *gather,                             \
				 const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, \
				 size_t n)                                                     \
	{                                                                                      \
		return iomt_##name##_gather(&target->name, gather, policy, cmds, n);           \
	}                                                                                      \
	const struct iomt_target_kind iomt_target_##name = {vendor, device, name##_gather,     \
							    name##_key}

static uint64_t two(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

static void amd_key(const struct iomt_target *target, uint64_t key[2])
{
	key[0] = two(target->amd.pasid, target->amd.domain);
	key[1] = target->amd.flags;
}

static void amd_device_key(const struct iomt_target *target, uint64_t key[2])
{
	const struct iomt_amd_device *device = &target->amd_device;

	key[0] = two(device->pasid, device->rid);
	key[1] = two(device->flags, device->queue | (uint32_t)device->max_pending << 16);
}

static void vtd_key(const struct iomt_target *target, uint64_t key[2])
{
	key[0] = two(target->vtd.pasid, target->vtd.domain);
	key[1] = two(target->vtd.flags, target->vtd.mamv);
}

static void vtd_device_key(const struct iomt_target *target, uint64_t key[2])
{
	const struct iomt_vtd_device *device = &target->vtd_device;

	key[0] = two(device->pasid, device->rid);
	key[1] = two(device->flags, device->pf_rid | (uint32_t)device->max_pending << 16);
}

static void smmu_key(const struct iomt_target *target, uint64_t key[2])
{
	const struct iomt_smmu_target *smmu = &target->smmu;

	key[0] = two(smmu->asid, smmu->vmid);
	key[1] = two(smmu->flags, (uint32_t)smmu->regime << 8 | smmu->granule_lg2);
}

static void smmu_device_key(const struct iomt_target *target, uint64_t key[2])
{
	key[0] = two(target->smmu_device.substream, target->smmu_device.stream);
	key[1] = target->smmu_device.flags;
}

static void riscv_key(const struct iomt_target *target, uint64_t key[2])
{
	key[0] = two(target->riscv.pscid, target->riscv.gscid);
	key[1] = two(target->riscv.flags, (uint32_t)target->riscv.stage);
}

static void riscv_device_key(const struct iomt_target *target, uint64_t key[2])
{
	const struct iomt_riscv_device *device = &target->riscv_device;

	key[0] = two(device->pasid, (uint32_t)device->segment << 16 | device->rid);
	key[1] = device->flags;
}

TARGET(amd, IOMT_VENDOR_AMD, false);
TARGET(amd_device, IOMT_VENDOR_AMD, true);
TARGET(vtd, IOMT_VENDOR_VTD, false);
TARGET(vtd_device, IOMT_VENDOR_VTD, true);
TARGET(smmu, IOMT_VENDOR_SMMU, false);
TARGET(smmu_device, IOMT_VENDOR_SMMU, true);
TARGET(riscv, IOMT_VENDOR_RISCV, false);
TARGET(riscv_device, IOMT_VENDOR_RISCV, true);
