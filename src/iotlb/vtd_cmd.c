/* SPDX-License-Identifier: MIT */
/*
 * D51397, 6.5.2: descriptors are 128 bits, or 256 whose upper half is 0. The type is in 3:0, its
 * upper bits in 11:9 are 0 here.
 *
 *	context cache      1  G 5:4, DID 31:16, SID 47:32, FM 49:48
 *	IOTLB              2  G 5:4, DW 6, DR 7, DID 31:16; AM 69:64, IH 70, address 127:76
 *	device TLB         3  PFSID[3:0] 15:12, MIP 20:16, SID 47:32, PFSID[15:4] 63:52;
 *	                      S 64, address 127:76
 *	wait               5  IF 4, SW 5, FN 6, PD 7, data 63:32; address 127:66
 *	PASID-based IOTLB  6  G 5:4, DID 31:16, PASID 51:32; AM 69:64, IH 70, address 127:76
 *	PASID cache        7  G 5:4, DID 31:16, PASID 51:32
 *	PASID device TLB   8  MIP 8:4, PFSID[3:0] 15:12, SID 31:16, PASID 51:32,
 *	                      PFSID[15:4] 63:52; G 64, S 75, address 127:76
 */
#include "command.h"
#include <iomt/vtd_cmd.h>

enum type {
	CONTEXT = 1,
	IOTLB = 2,
	DEVICE = 3,
	WAIT = 5,
	PASID_IOTLB = 6,
	PASID = 7,
	PASID_DEVICE = 8,
};

#define GRANULARITY(g) ((uint64_t)(g) << 4)
#define DID(id)	       ((uint64_t)(id) << 16)
#define HIGH_SID(rid)  ((uint64_t)(rid) << 32) /* of the low word */
#define LOW_SID(rid)   ((uint64_t)(rid) << 16)
#define PASID_OF(id)   ((uint64_t)(id) << 32)
#define LEAVES	       (1ULL << 6) /* IH */
#define DRAIN_WRITES   (1ULL << 6)
#define DRAIN_READS    (1ULL << 7)
#define MAMV_MAX       (64 - PAGE_LG2)
#define MIP_MAX	       31

/* G of the IOTLB and the context cache */
#define GLOBAL	 1
#define DOMAIN	 2
#define SELECTED 3
/* and of the others */
#define PIOTLB_PASID  2
#define PIOTLB_PAGES  3
#define PASIDS_DOMAIN 0
#define PASIDS_ONE    1
#define PASIDS_GLOBAL 3

/* One descriptor, of two entries in a wide queue. */
static int put(uint32_t flags, struct iomt_cmd *cmds, size_t n, uint64_t low, uint64_t high)
{
	if (!(flags & IOMT_VTD_WIDE))
		return cmd_put(cmds, n, low, high);
	if (n < 2)
		return IOMT_ENOSPC;
	cmd_put(cmds, 1, low, high);
	cmd_put(cmds + 1, 1, 0, 0);
	return 2;
}

static unsigned entries(uint32_t flags)
{
	return flags & IOMT_VTD_WIDE ? 2 : 1;
}

static uint64_t drains(uint32_t flags)
{
	return (flags & IOMT_VTD_DRAIN_READS ? DRAIN_READS : 0) |
	       (flags & IOMT_VTD_DRAIN_WRITES ? DRAIN_WRITES : 0);
}

static int encode(const void *ctx, const struct iomt_cover *cover, bool leaves,
		  struct iomt_cmd *cmd)
{
	const struct iomt_vtd_target *target = ctx;
	uint64_t pages = cover->first | (leaves ? LEAVES : 0) | (cover->size_lg2 - PAGE_LG2);
	bool all = cover->size_lg2 == 64;
	uint64_t low = DID(target->domain);

	if (target->flags & IOMT_VTD_FIRST_STAGE)
		low |= PASID_IOTLB | GRANULARITY(all ? PIOTLB_PASID : PIOTLB_PAGES) |
		       PASID_OF(target->pasid);
	else
		low |= IOTLB | GRANULARITY(all ? DOMAIN : SELECTED) | drains(target->flags);
	return put(target->flags, cmd, 2, low, all ? 0 : pages);
}

static int encode_device(const void *ctx, const struct iomt_cover *cover, bool leaves,
			 struct iomt_cmd *cmd)
{
	const struct iomt_vtd_device *device = ctx;
	uint64_t address = cmd_range(cover->first, cover->size_lg2), size = 1, low;

	(void)leaves;
	low = cmd_bits(device->pf_rid, 3, 0) << 12 | cmd_bits(device->pf_rid, 15, 4) << 52;
	if (device->flags & IOMT_VTD_PASID) {
		low |= PASID_DEVICE | (uint64_t)device->max_pending << 4 | LOW_SID(device->rid) |
		       PASID_OF(device->pasid);
		size <<= 11;
	} else {
		low |= DEVICE | (uint64_t)device->max_pending << 16 | HIGH_SID(device->rid);
	}
	if (cmd_range_s(cover->size_lg2))
		address |= size;
	return put(device->flags, cmd, 2, low, address);
}

int iomt_vtd_gather(const struct iomt_vtd_target *target, const struct iomt_gather *gather,
		    const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n)
{
	/* "whole": the mask must be that of the largest page to drop, or larger (6.5.2.3) */
	struct iomt_plan_rules rules = {
		.unit_lg2 = PAGE_LG2, .scale_max = target->mamv, .whole = true};
	uint32_t known = IOMT_VTD_WIDE | IOMT_VTD_FIRST_STAGE;

	if (!(target->flags & IOMT_VTD_FIRST_STAGE))
		known |= IOMT_VTD_DRAIN_READS | IOMT_VTD_DRAIN_WRITES;
	if (target->flags & ~known || !cmd_is_pasid(target->pasid) || target->mamv > MAMV_MAX)
		return IOMT_EINVAL;
	return cmd_gather(gather, &rules, policy, encode, target, entries(target->flags), cmds, n);
}

int iomt_vtd_device_gather(const struct iomt_vtd_device *device, const struct iomt_gather *gather,
			   const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n)
{
	struct iomt_plan_rules rules = cmd_range_rules();

	if (device->flags & ~(IOMT_VTD_WIDE | IOMT_VTD_PASID) || !cmd_is_pasid(device->pasid) ||
	    device->max_pending > MIP_MAX)
		return IOMT_EINVAL;
	return cmd_gather(gather, &rules, policy, encode_device, device, entries(device->flags),
			  cmds, n);
}

/* Only what the scope is about may be given. */
static bool scoped(enum iomt_vtd_scope scope, uint16_t domain, uint32_t one)
{
	return (unsigned)scope <= IOMT_VTD_ONE && (scope != IOMT_VTD_GLOBAL || !domain) &&
	       (scope == IOMT_VTD_ONE || !one);
}

int iomt_vtd_iotlb(uint32_t flags, enum iomt_vtd_scope scope, uint16_t domain,
		   struct iomt_cmd *cmds, size_t n)
{
	uint64_t g = scope == IOMT_VTD_GLOBAL ? GLOBAL : DOMAIN;

	if (flags & ~(IOMT_VTD_WIDE | IOMT_VTD_DRAIN_READS | IOMT_VTD_DRAIN_WRITES) ||
	    !scoped(scope, domain, 0) || scope == IOMT_VTD_ONE)
		return IOMT_EINVAL;
	return put(flags, cmds, n, IOTLB | GRANULARITY(g) | drains(flags) | DID(domain), 0);
}

int iomt_vtd_context(uint32_t flags, enum iomt_vtd_scope scope, uint16_t domain, uint16_t rid,
		     struct iomt_cmd *cmds, size_t n)
{
	static const uint8_t granularity[] = {GLOBAL, DOMAIN, SELECTED};

	if (flags & ~IOMT_VTD_WIDE || !scoped(scope, domain, rid))
		return IOMT_EINVAL;
	return put(flags, cmds, n,
		   CONTEXT | GRANULARITY(granularity[scope]) | DID(domain) | HIGH_SID(rid), 0);
}

int iomt_vtd_pasid(uint32_t flags, enum iomt_vtd_scope scope, uint16_t domain, uint32_t pasid,
		   struct iomt_cmd *cmds, size_t n)
{
	static const uint8_t granularity[] = {PASIDS_GLOBAL, PASIDS_DOMAIN, PASIDS_ONE};

	if (flags & ~IOMT_VTD_WIDE || !scoped(scope, domain, pasid) || !cmd_is_pasid(pasid))
		return IOMT_EINVAL;
	return put(flags, cmds, n,
		   PASID | GRANULARITY(granularity[scope]) | DID(domain) | PASID_OF(pasid), 0);
}

int iomt_vtd_wait(uint32_t flags, uint64_t address, uint32_t data, struct iomt_cmd *cmds, size_t n)
{
	uint64_t bits = flags >> 8; /* as they stand in the descriptor, from bit 4 on */

	if (flags & ~(IOMT_VTD_WIDE | IOMT_VTD_WAIT_INTERRUPT | IOMT_VTD_WAIT_STORE |
		      IOMT_VTD_WAIT_FENCE | IOMT_VTD_WAIT_DRAIN) ||
	    address & 3 || (!(flags & IOMT_VTD_WAIT_STORE) && (address || data)))
		return IOMT_EINVAL;
	return put(flags, cmds, n, WAIT | bits << 4 | (uint64_t)data << 32, address);
}

/* The pages that an address mask names. */
static bool decode_mask(uint64_t high, uint8_t mamv, struct iomt_inv *inv)
{
	unsigned am = high & 0x3f;
	uint64_t low = ~0ULL >> (MAMV_MAX - (am <= MAMV_MAX ? am : 0));

	if (am > mamv)
		return false;
	inv->first = high & ~PAGE_MASK & ~low;
	inv->last = inv->first | low;
	inv->flags |= IOMT_INV_BY_ADDRESS | (high & LEAVES ? IOMT_INV_LEAVES : 0);
	return true;
}

static bool decode_iotlb(uint64_t low, uint64_t high, uint8_t mamv, struct iomt_inv *inv)
{
	unsigned g = low >> 4 & 3;

	inv->kind = IOMT_INV_IOTLB;
	inv->flags = IOMT_INV_STAGE_2 | (low & DRAIN_READS ? IOMT_INV_READS : 0) |
		     (low & DRAIN_WRITES ? IOMT_INV_WRITES : 0);
	if (!g || cmd_bits(low, 15, 8) || cmd_bits(low, 63, 32) || cmd_bits(high, 11, 7))
		return false;
	if (g != GLOBAL) {
		inv->flags |= IOMT_INV_BY_DOMAIN;
		inv->domain = (uint32_t)cmd_bits(low, 31, 16);
	}
	if (g == SELECTED)
		return decode_mask(high, mamv, inv);
	inv->flags |= IOMT_INV_STAGE_1;
	return true;
}

static bool decode_pasid_iotlb(uint64_t low, uint64_t high, uint8_t mamv, struct iomt_inv *inv)
{
	unsigned g = low >> 4 & 3;

	inv->kind = IOMT_INV_IOTLB;
	inv->flags = IOMT_INV_STAGE_1 | IOMT_INV_BY_DOMAIN | IOMT_INV_BY_PROCESS;
	inv->domain = (uint32_t)cmd_bits(low, 31, 16);
	inv->process = (uint32_t)cmd_bits(low, 51, 32);
	if (g < PIOTLB_PASID || cmd_bits(low, 8, 6) || cmd_bits(low, 15, 12) ||
	    cmd_bits(low, 63, 52) || cmd_bits(high, 11, 7))
		return false;
	return g == PIOTLB_PASID || decode_mask(high, mamv, inv);
}

static bool decode_context(uint64_t low, uint64_t high, struct iomt_inv *inv)
{
	unsigned g = low >> 4 & 3;

	inv->kind = IOMT_INV_DEVICE;
	if (!g || cmd_bits(low, 8, 6) || cmd_bits(low, 15, 12) || cmd_bits(low, 63, 50) || high)
		return false;
	if (g != GLOBAL) {
		inv->flags = IOMT_INV_BY_DOMAIN;
		inv->domain = (uint32_t)cmd_bits(low, 31, 16);
	}
	if (g == SELECTED) {
		/* FM: as many function bits, from the highest on, do not count; with those between */
		uint32_t ignored = 8u - (8u >> cmd_bits(low, 49, 48));

		inv->flags |= IOMT_INV_BY_DEVICE;
		inv->device = (uint32_t)cmd_bits(low, 47, 32) & ~ignored;
		inv->device_last = inv->device | ignored;
	}
	return true;
}

static bool decode_pasid(uint64_t low, uint64_t high, struct iomt_inv *inv)
{
	unsigned g = low >> 4 & 3;

	inv->kind = IOMT_INV_PROCESS;
	if (g == 2 || cmd_bits(low, 8, 6) || cmd_bits(low, 15, 12) || cmd_bits(low, 63, 52) || high)
		return false;
	if (g != PASIDS_GLOBAL) {
		inv->flags = IOMT_INV_BY_DOMAIN;
		inv->domain = (uint32_t)cmd_bits(low, 31, 16);
	}
	if (g == PASIDS_ONE) {
		inv->flags |= IOMT_INV_BY_PROCESS;
		inv->process = (uint32_t)cmd_bits(low, 51, 32);
	}
	return true;
}

static bool decode_device(uint64_t low, uint64_t high, struct iomt_inv *inv)
{
	inv->kind = IOMT_INV_DEVICE_TLB;
	inv->flags = IOMT_INV_BY_DEVICE;
	inv->device = inv->device_last = (uint32_t)cmd_bits(low, 47, 32);
	return !cmd_bits(low, 8, 4) && !cmd_bits(low, 31, 21) && !cmd_bits(low, 51, 48) &&
	       !cmd_bits(high, 11, 1) && cmd_decode_range(high & ~PAGE_MASK, high & 1, inv);
}

static bool decode_pasid_device(uint64_t low, uint64_t high, struct iomt_inv *inv)
{
	inv->kind = IOMT_INV_DEVICE_TLB;
	inv->flags = IOMT_INV_BY_DEVICE;
	inv->device = inv->device_last = (uint32_t)cmd_bits(low, 31, 16);
	if (!(high & 1)) { /* G: of all PASIDs */
		inv->flags |= IOMT_INV_BY_PROCESS;
		inv->process = (uint32_t)cmd_bits(low, 51, 32);
	}
	return !cmd_bits(high, 10, 1) && cmd_decode_range(high & ~PAGE_MASK, high >> 11 & 1, inv);
}

static bool decode_wait(uint64_t low, uint64_t high, struct iomt_inv *inv)
{
	inv->kind = IOMT_INV_WAIT;
	inv->flags = (low >> 4 & 1 ? IOMT_INV_INTERRUPT : 0) | (low >> 5 & 1 ? IOMT_INV_STORE : 0) |
		     (low >> 6 & 1 ? IOMT_INV_FENCE : 0) | (low >> 7 & 1 ? IOMT_INV_DRAIN : 0);
	if (inv->flags & IOMT_INV_STORE) {
		inv->address = high;
		inv->data = cmd_bits(low, 63, 32);
	}
	return !cmd_bits(low, 8, 8) && !cmd_bits(low, 31, 12) && !(high & 3);
}

static bool decode(uint64_t low, uint64_t high, uint8_t mamv, struct iomt_inv *inv)
{
	if (cmd_bits(low, 11, 9))
		return false;
	switch (low & 0xf) {
	case CONTEXT:
		return decode_context(low, high, inv);
	case IOTLB:
		return decode_iotlb(low, high, mamv, inv);
	case DEVICE:
		return decode_device(low, high, inv);
	case WAIT:
		return decode_wait(low, high, inv);
	case PASID_IOTLB:
		return decode_pasid_iotlb(low, high, mamv, inv);
	case PASID:
		return decode_pasid(low, high, inv);
	case PASID_DEVICE:
		return decode_pasid_device(low, high, inv);
	default:
		return false;
	}
}

int iomt_vtd_decode(const struct iomt_cmd *cmd, uint32_t flags, uint8_t mamv, struct iomt_inv *inv)
{
	struct iomt_inv found = {.last = UINT64_MAX, .level = -1};

	if (flags & ~IOMT_VTD_WIDE || mamv > MAMV_MAX ||
	    (flags & IOMT_VTD_WIDE && (cmd[1].word[0] || cmd[1].word[1])) ||
	    !decode(cmd[0].word[0], cmd[0].word[1], mamv, &found))
		return IOMT_EINVAL;
	*inv = found;
	return 0;
}
