/* SPDX-License-Identifier: MIT */
/*
 * RISC-V IOMMU specification, "Command-Queue": commands are 128 bits, opcode 6:0, function 9:7.
 *
 *	IOTINVAL  1  VMA 0, GVMA 1: AV 10, PSCID 31:12, PSCV 32, GV 33, NL 34, GSCID 59:44, S 73,
 *	             ADDR[63:12] 125:74
 *	IOFENCE   2  C 0: AV 10, WSI 11, PR 12, PW 13, data 63:32, ADDR[63:2] 125:64
 *	IODIR     3  INVAL_DDT 0, INVAL_PDT 1: PID 31:12, DV 33, DID 63:40
 *	ATS       4  INVAL 0: PID 31:12, PV 32, DSV 33, RID 55:40, DSEG 63:56; payload 127:64:
 *	             G 0, S 11, address 63:12
 */
#include "command.h"
#include <iomt/riscv_cmd.h>

enum command { /* opcode and function, 9:0 */
	       VMA = 1,
	       GVMA = 1 | 1 << 7,
	       FENCE = 2,
	       INVAL_DDT = 3,
	       INVAL_PDT = 3 | 1 << 7,
	       ATS_INVAL = 4,
};

#define AV	     (1ULL << 10)
#define PSCV	     (1ULL << 32)
#define GV	     (1ULL << 33)
#define NL	     (1ULL << 34)
#define DV	     (1ULL << 33)
#define PV	     (1ULL << 32)
#define DSV	     (1ULL << 33)
#define ID_20(id)    ((uint64_t)(id) << 12) /* PSCID, PID */
#define GSCID(id)    ((uint64_t)(id) << 44)
#define DID(id)	     ((uint64_t)(id) << 40)
#define SEGMENT(id)  ((uint64_t)(id) << 56)
#define DID_BITS     24
#define S	     (1ULL << 9) /* of the high word of IOTINVAL */
#define ADDR_SHIFT   2		 /* its address stands two bits lower than it counts */
#define PAYLOAD_S    (1ULL << 11)
#define PAYLOAD_G    (1ULL << 0)
#define FENCE_FLAGS  0xfu
#define TARGET_FLAGS (IOMT_RISCV_RANGES | IOMT_RISCV_NON_LEAF | IOMT_RISCV_ALL_PSCIDS)

static uint64_t tags(const struct iomt_riscv_target *target)
{
	uint64_t low = target->stage == IOMT_RISCV_SECOND ? GVMA : VMA;

	if (target->stage != IOMT_RISCV_HOST_FIRST)
		low |= GV | GSCID(target->gscid);
	if (target->stage != IOMT_RISCV_SECOND && !(target->flags & IOMT_RISCV_ALL_PSCIDS))
		low |= PSCV | ID_20(target->pscid);
	return low;
}

static int encode(const void *ctx, const struct iomt_cover *cover, bool leaves,
		  struct iomt_cmd *cmd)
{
	const struct iomt_riscv_target *target = ctx;
	uint64_t low = tags(target) | (leaves ? 0 : NL), high = cover->first;

	if (cover->size_lg2 == 64)
		return cmd_put(cmd, 1, tags(target), 0);
	if (target->flags & IOMT_RISCV_RANGES)
		high = cmd_range(cover->first, cover->size_lg2);
	high >>= ADDR_SHIFT;
	if (target->flags & IOMT_RISCV_RANGES && cmd_range_s(cover->size_lg2))
		high |= S;
	return cmd_put(cmd, 1, low | AV, high);
}

static bool valid(const struct iomt_riscv_target *target)
{
	bool pscid = target->stage != IOMT_RISCV_SECOND && !(target->flags & IOMT_RISCV_ALL_PSCIDS);

	return (unsigned)target->stage <= IOMT_RISCV_SECOND && !(target->flags & ~TARGET_FLAGS) &&
	       cmd_takes_pasid(pscid, target->pscid) &&
	       (target->stage != IOMT_RISCV_HOST_FIRST || !target->gscid) &&
	       (target->stage != IOMT_RISCV_SECOND || !(target->flags & IOMT_RISCV_ALL_PSCIDS));
}

int iomt_riscv_gather(const struct iomt_riscv_target *target, const struct iomt_gather *gather,
		      const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n)
{
	struct iomt_plan_rules rules = cmd_range_rules();
	struct iomt_plan_policy wanted = *policy;

	if (!valid(target))
		return IOMT_EINVAL;
	if (!(target->flags & IOMT_RISCV_RANGES))
		rules = (struct iomt_plan_rules){.unit_lg2 =
							 (uint8_t)cmd_step_lg2(gather, PAGE_LG2)};
	if (cmd_tables_changed(gather) && !(target->flags & IOMT_RISCV_NON_LEAF))
		cmd_want_all(&wanted);
	return cmd_gather(gather, &rules, &wanted, encode, target, 1, cmds, n);
}

static int encode_device(const void *ctx, const struct iomt_cover *cover, bool leaves,
			 struct iomt_cmd *cmd)
{
	const struct iomt_riscv_device *device = ctx;
	uint64_t low =
		ATS_INVAL | ID_20(device->pasid) | DID(device->rid) | SEGMENT(device->segment);

	(void)leaves;
	low |= (device->flags & IOMT_RISCV_PASID ? PV : 0) |
	       (device->flags & IOMT_RISCV_SEGMENT ? DSV : 0);
	return cmd_put(cmd, 1, low,
		       cmd_range(cover->first, cover->size_lg2) |
			       (cmd_range_s(cover->size_lg2) ? PAYLOAD_S : 0));
}

int iomt_riscv_device_gather(const struct iomt_riscv_device *device,
			     const struct iomt_gather *gather,
			     const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n)
{
	struct iomt_plan_rules rules = cmd_range_rules();

	if (device->flags & ~(IOMT_RISCV_PASID | IOMT_RISCV_SEGMENT) ||
	    !cmd_takes_pasid(device->flags & IOMT_RISCV_PASID, device->pasid) ||
	    (!(device->flags & IOMT_RISCV_SEGMENT) && device->segment))
		return IOMT_EINVAL;
	return cmd_gather(gather, &rules, policy, encode_device, device, 1, cmds, n);
}

int iomt_riscv_device_context(uint32_t device, struct iomt_cmd *cmds, size_t n)
{
	if (device == IOMT_RISCV_ALL_DEVICES)
		return cmd_put(cmds, n, INVAL_DDT, 0);
	if (device >> DID_BITS)
		return IOMT_EINVAL;
	return cmd_put(cmds, n, INVAL_DDT | DV | DID(device), 0);
}

int iomt_riscv_process_context(uint32_t device, uint32_t process, struct iomt_cmd *cmds, size_t n)
{
	if (device >> DID_BITS || !cmd_is_pasid(process))
		return IOMT_EINVAL;
	return cmd_put(cmds, n, INVAL_PDT | DV | DID(device) | ID_20(process), 0);
}

int iomt_riscv_fence(uint32_t flags, uint64_t address, uint32_t data, struct iomt_cmd *cmds,
		     size_t n)
{
	if (flags & ~FENCE_FLAGS || address & 3 ||
	    (!(flags & IOMT_RISCV_FENCE_STORE) && (address || data)))
		return IOMT_EINVAL;
	return cmd_put(cmds, n, FENCE | (uint64_t)flags << 10 | (uint64_t)data << 32, address >> 2);
}

int iomt_riscv_all(struct iomt_cmd *cmds, size_t n)
{
	if (n < 2)
		return IOMT_ENOSPC;
	cmd_put(&cmds[0], 1, VMA, 0);
	cmd_put(&cmds[1], 1, GVMA, 0);
	return 2;
}

/* The second stage without a GSCID ignores addresses; so does every command without AV. */
static bool decode_iotinval(uint64_t low, uint64_t high, uint32_t flags, struct iomt_inv *inv)
{
	bool second = low >> 7 & 1, address = low & AV && (!second || low & GV);
	bool tables = low & NL && flags & IOMT_RISCV_NON_LEAF;

	inv->kind = IOMT_INV_IOTLB;
	inv->flags = second ? IOMT_INV_STAGE_2 : IOMT_INV_STAGE_1;
	if (low & GV) {
		inv->flags |= IOMT_INV_BY_DOMAIN;
		inv->domain = (uint32_t)cmd_bits(low, 59, 44);
	}
	if (low & PSCV) {
		inv->flags |= IOMT_INV_BY_PROCESS;
		inv->process = (uint32_t)cmd_bits(low, 31, 12);
	}
	if (cmd_bits(low, 11, 11) || cmd_bits(low, 43, 35) || cmd_bits(low, 63, 60) ||
	    cmd_bits(high, 8, 0) || cmd_bits(high, 63, 62) || (second && low & PSCV) ||
	    (low & NL && !tables) || (high & S && !(flags & IOMT_RISCV_RANGES)))
		return false;
	if (!address)
		return true;
	inv->flags |= tables ? 0 : IOMT_INV_LEAVES;
	return cmd_decode_range((high & ~S) << ADDR_SHIFT, high & S, inv);
}

static bool decode_fence(uint64_t low, uint64_t high, struct iomt_inv *inv)
{
	uint32_t flags = (uint32_t)(low >> 10);

	inv->kind = IOMT_INV_WAIT;
	inv->flags = (flags & IOMT_RISCV_FENCE_STORE ? IOMT_INV_STORE : 0) |
		     (flags & IOMT_RISCV_FENCE_INTERRUPT ? IOMT_INV_INTERRUPT : 0) |
		     (flags & IOMT_RISCV_FENCE_READS ? IOMT_INV_READS : 0) |
		     (flags & IOMT_RISCV_FENCE_WRITES ? IOMT_INV_WRITES : 0);
	if (flags & IOMT_RISCV_FENCE_STORE) {
		inv->address = high << 2;
		inv->data = low >> 32;
	}
	return !cmd_bits(low, 31, 14) && !cmd_bits(high, 63, 62);
}

static bool decode_iodir(uint64_t low, uint64_t high, struct iomt_inv *inv)
{
	bool process = low >> 7 & 1;

	inv->kind = process ? IOMT_INV_PROCESS : IOMT_INV_DEVICE;
	if (low & DV) {
		inv->flags = IOMT_INV_BY_DEVICE | (process ? IOMT_INV_BY_PROCESS : 0);
		inv->device = inv->device_last = (uint32_t)cmd_bits(low, 63, 40);
		inv->process = (uint32_t)cmd_bits(low, 31, 12);
	}
	return !cmd_bits(low, 11, 10) && !cmd_bits(low, 32, 32) && !cmd_bits(low, 39, 34) &&
	       !high && (process ? (low & DV) != 0 : !cmd_bits(low, 31, 12));
}

static bool decode_ats(uint64_t low, uint64_t high, struct iomt_inv *inv)
{
	inv->kind = IOMT_INV_DEVICE_TLB;
	inv->flags = IOMT_INV_BY_DEVICE;
	inv->device = (uint32_t)cmd_bits(low, 55, 40);
	inv->device |= low & DSV ? (uint32_t)cmd_bits(low, 63, 56) << 16 : 0;
	inv->device_last = inv->device;
	if (low & PV && !(high & PAYLOAD_G)) {
		inv->flags |= IOMT_INV_BY_PROCESS;
		inv->process = (uint32_t)cmd_bits(low, 31, 12);
	}
	return !cmd_bits(low, 11, 10) && !cmd_bits(low, 39, 34) && !cmd_bits(high, 10, 1) &&
	       cmd_decode_range(high & ~PAGE_MASK, high & PAYLOAD_S, inv);
}

static bool decode(uint64_t low, uint64_t high, uint32_t flags, struct iomt_inv *inv)
{
	switch (low & 0x3ff) {
	case VMA:
	case GVMA:
		return decode_iotinval(low, high, flags, inv);
	case FENCE:
		return decode_fence(low, high, inv);
	case INVAL_DDT:
	case INVAL_PDT:
		return decode_iodir(low, high, inv);
	case ATS_INVAL:
		return decode_ats(low, high, inv);
	default:
		return false;
	}
}

int iomt_riscv_decode(const struct iomt_cmd *cmd, uint32_t flags, struct iomt_inv *inv)
{
	struct iomt_inv found = {.last = UINT64_MAX, .level = -1};

	if (flags & ~(IOMT_RISCV_RANGES | IOMT_RISCV_NON_LEAF) ||
	    !decode(cmd->word[0], cmd->word[1], flags, &found))
		return IOMT_EINVAL;
	*inv = found;
	return 0;
}
