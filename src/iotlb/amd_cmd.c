/* SPDX-License-Identifier: MIT */
/*
 * 48882, 2.4: commands are 128 bits, with the opcode in 63:60.
 *
 *	COMPLETION_WAIT          1   S 0, I 1, F 2, address 51:3, data 127:64
 *	INVALIDATE_DEVTAB_ENTRY  2   DeviceID 15:0
 *	INVALIDATE_IOMMU_PAGES   3   PASID 19:0, DomainID 47:32, S 64, PDE 65, GN 66, address 127:76
 *	INVALIDATE_IOTLB_PAGES   4   DeviceID 15:0, PASID[15:8] 23:16, Maxpend 31:24, QueueID 47:32,
 *	                             PASID[7:0] 55:48, PASID[19:16] 59:56, S 64, GN 66, address 127:76
 *	INVALIDATE_IOMMU_ALL     8
 */
#include "command.h"
#include <iomt/amd_cmd.h>

#define OPCODE(number)	  ((uint64_t)(number) << 60)
#define COMPLETION_WAIT	  1
#define INVALIDATE_DEVTAB 2
#define INVALIDATE_PAGES  3
#define INVALIDATE_IOTLB  4
#define INVALIDATE_ALL	  8

#define WAIT_FLAGS   0x7u
#define WAIT_ADDRESS 0x000ffffffffffff8ULL

#define SIZE	     (1ULL << 0) /* S, of the high word */
#define TABLES	     (1ULL << 1) /* PDE */
#define GUEST	     (1ULL << 2) /* GN */
#define SIZE_MAX_LG2 51		 /* above it only all pages (2.4.3, table 14) */
#define ALL_PAGES    0x0007fffffffff000ULL

static uint64_t pages(const struct iomt_cover *cover, uint32_t flags)
{
	return cmd_range(cover->first, cover->size_lg2) |
	       (cmd_range_s(cover->size_lg2) ? SIZE : 0) | (flags & IOMT_AMD_GUEST ? GUEST : 0);
}

static int encode(const void *ctx, const struct iomt_cover *cover, bool leaves,
		  struct iomt_cmd *cmd)
{
	const struct iomt_amd_target *target = ctx;

	return cmd_put(cmd, 1,
		       OPCODE(INVALIDATE_PAGES) | (uint64_t)target->domain << 32 | target->pasid,
		       pages(cover, target->flags) | (leaves ? 0 : TABLES));
}

static int encode_device(const void *ctx, const struct iomt_cover *cover, bool leaves,
			 struct iomt_cmd *cmd)
{
	const struct iomt_amd_device *device = ctx;
	uint64_t pasid = device->pasid;

	(void)leaves;
	return cmd_put(cmd, 1,
		       OPCODE(INVALIDATE_IOTLB) | cmd_bits(pasid, 19, 16) << 56 |
			       cmd_bits(pasid, 7, 0) << 48 | (uint64_t)device->queue << 32 |
			       (uint64_t)device->max_pending << 24 | cmd_bits(pasid, 15, 8) << 16 |
			       device->rid,
		       pages(cover, device->flags));
}

/* "whole": a larger page than the command's may stay cached. */
static struct iomt_plan_rules rules(void)
{
	return (struct iomt_plan_rules){
		.unit_lg2 = PAGE_LG2, .scale_max = SIZE_MAX_LG2 - PAGE_LG2, .whole = true};
}

int iomt_amd_gather(const struct iomt_amd_target *target, const struct iomt_gather *gather,
		    const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n)
{
	struct iomt_plan_policy wanted = *policy;
	struct iomt_plan_rules covers = rules();

	if (target->flags & ~(IOMT_AMD_GUEST | IOMT_AMD_NP_CACHE) ||
	    !cmd_takes_pasid(target->flags & IOMT_AMD_GUEST, target->pasid))
		return IOMT_EINVAL;
	if (target->flags & IOMT_AMD_NP_CACHE &&
	    (wanted.kind == IOMT_PLAN_COVERS || wanted.kind == IOMT_PLAN_COST))
		wanted.kind = IOMT_PLAN_EXACT;
	return cmd_gather(gather, &covers, &wanted, encode, target, 1, cmds, n);
}

int iomt_amd_device_gather(const struct iomt_amd_device *device, const struct iomt_gather *gather,
			   const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n)
{
	struct iomt_plan_rules covers = rules();

	if (device->flags & ~IOMT_AMD_GUEST ||
	    !cmd_takes_pasid(device->flags & IOMT_AMD_GUEST, device->pasid))
		return IOMT_EINVAL;
	return cmd_gather(gather, &covers, policy, encode_device, device, 1, cmds, n);
}

int iomt_amd_device_entry(uint16_t rid, struct iomt_cmd *cmds, size_t n)
{
	return cmd_put(cmds, n, OPCODE(INVALIDATE_DEVTAB) | rid, 0);
}

int iomt_amd_all(struct iomt_cmd *cmds, size_t n)
{
	return cmd_put(cmds, n, OPCODE(INVALIDATE_ALL), 0);
}

int iomt_amd_wait(uint32_t flags, uint64_t address, uint64_t data, struct iomt_cmd *cmds, size_t n)
{
	if (flags & ~WAIT_FLAGS || address & ~WAIT_ADDRESS ||
	    (!(flags & IOMT_AMD_WAIT_STORE) && (address || data)))
		return IOMT_EINVAL;
	return cmd_put(cmds, n, OPCODE(COMPLETION_WAIT) | address | flags, data);
}

/* From the first clear bit at 51 on, all pages. */
static void decode_pages(uint64_t high, struct iomt_inv *inv)
{
	uint64_t address = high & ~PAGE_MASK;

	inv->flags |= high & GUEST ? IOMT_INV_STAGE_1 | IOMT_INV_BY_PROCESS : IOMT_INV_STAGE_2;
	if (!(high & SIZE) || (address & ALL_PAGES) != ALL_PAGES)
		cmd_decode_range(address, high & SIZE, inv);
}

static bool decode_wait(uint64_t low, uint64_t high, struct iomt_inv *inv)
{
	inv->kind = IOMT_INV_WAIT;
	inv->flags = (low & IOMT_AMD_WAIT_STORE ? IOMT_INV_STORE : 0) |
		     (low & IOMT_AMD_WAIT_INTERRUPT ? IOMT_INV_INTERRUPT : 0) |
		     (low & IOMT_AMD_WAIT_FLUSH ? IOMT_INV_FENCE : 0);
	if (low & IOMT_AMD_WAIT_STORE) {
		inv->address = low & WAIT_ADDRESS;
		inv->data = high;
	}
	return !cmd_bits(low, 59, 52);
}

static bool decode(uint64_t low, uint64_t high, struct iomt_inv *inv)
{
	switch (low >> 60) {
	case COMPLETION_WAIT:
		return decode_wait(low, high, inv);
	case INVALIDATE_DEVTAB:
		inv->kind = IOMT_INV_DEVICE;
		inv->flags = IOMT_INV_BY_DEVICE;
		inv->device = inv->device_last = (uint16_t)low;
		return !cmd_bits(low, 59, 16) && !high;
	case INVALIDATE_PAGES:
		inv->kind = IOMT_INV_IOTLB;
		inv->flags = IOMT_INV_BY_DOMAIN | (high & TABLES ? 0 : IOMT_INV_LEAVES);
		inv->domain = (uint32_t)cmd_bits(low, 47, 32);
		inv->process = high & GUEST ? (uint32_t)cmd_bits(low, 19, 0) : 0;
		decode_pages(high, inv);
		return !cmd_bits(low, 31, 20) && !cmd_bits(low, 59, 48) && !cmd_bits(high, 11, 3);
	case INVALIDATE_IOTLB:
		inv->kind = IOMT_INV_DEVICE_TLB;
		inv->flags = IOMT_INV_BY_DEVICE;
		inv->device = inv->device_last = (uint16_t)low;
		if (high & GUEST)
			inv->process =
				(uint32_t)(cmd_bits(low, 59, 56) << 16 |
					   cmd_bits(low, 23, 16) << 8 | cmd_bits(low, 55, 48));
		decode_pages(high, inv);
		return !cmd_bits(high, 1, 1) && !cmd_bits(high, 11, 3);
	case INVALIDATE_ALL:
		inv->kind = IOMT_INV_IOTLB;
		inv->flags = IOMT_INV_STAGE_1 | IOMT_INV_STAGE_2;
		return !cmd_bits(low, 59, 0) && !high;
	default:
		return false;
	}
}

int iomt_amd_decode(const struct iomt_cmd *cmd, struct iomt_inv *inv)
{
	struct iomt_inv found = {.last = UINT64_MAX, .level = -1};

	if (!decode(cmd->word[0], cmd->word[1], &found))
		return IOMT_EINVAL;
	*inv = found;
	return 0;
}
