/* SPDX-License-Identifier: MIT */
/*
 * Invalidation commands of the RISC-V IOMMU (RISC-V IOMMU specification, "Command-Queue", and the
 * extensions for address ranges and non-leaf entries). See iomt/cmd.h for how to use them.
 */
#ifndef IOMT_RISCV_CMD_H
#define IOMT_RISCV_CMD_H

#include <iomt/cmd.h>
#include <iomt/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which translations. */
enum iomt_riscv_stage {
	IOMT_RISCV_HOST_FIRST,	/* of a PSCID, second stage Bare: IOTINVAL.VMA, GV 0 */
	IOMT_RISCV_GUEST_FIRST, /* of a PSCID in a GSCID: IOTINVAL.VMA, GV 1 */
	IOMT_RISCV_SECOND,	/* of a GSCID: IOTINVAL.GVMA */
};

/* iomt_riscv_target.flags */
#define IOMT_RISCV_RANGES     0x1u /* address ranges (capabilities.S) */
#define IOMT_RISCV_NON_LEAF   0x2u /* tables by address (capabilities.NL) */
#define IOMT_RISCV_ALL_PSCIDS 0x4u /* PSCV 0: first stages of every PSCID, global mappings too */

/* Whose translations. */
struct iomt_riscv_target {
	enum iomt_riscv_stage stage; /* which translations */
	uint32_t flags;		     /* IOMT_RISCV_RANGES, ... */
	uint32_t pscid; /* 20 bits; 0 with IOMT_RISCV_ALL_PSCIDS and for the second stage */
	uint16_t gscid; /* 0 for IOMT_RISCV_HOST_FIRST */
};

/*
 * What a gather asks for. With RANGES, covers are powers of two from 4K up; without, a command
 * names one address, and a range takes as many as it has leaves of the smallest size, a Svnapot run
 * sixteen. Everything is all of the PSCID or GSCID. Global mappings go with ALL_PSCIDS alone, by
 * address too. Where a table was touched, addresses are enough with NON_LEAF; without, everything
 * is dropped. At most policy->most commands.
 *
 * Returns how many. IOMT_EINVAL: an unknown stage or flag, an id that should be 0 or is above 20
 * bits, a policy that is none. IOMT_ENOSPC: n is too small.
 */
int iomt_riscv_gather(const struct iomt_riscv_target *target, const struct iomt_gather *gather,
		      const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n);

/* iomt_riscv_device.flags */
#define IOMT_RISCV_PASID   0x1u /* PV: the requests that filled the device's TLB had a PASID */
#define IOMT_RISCV_SEGMENT 0x2u /* DSV: the segment is given */

/* A device that caches translations itself. */
struct iomt_riscv_device {
	uint32_t flags;	 /* IOMT_RISCV_PASID, IOMT_RISCV_SEGMENT */
	uint32_t pasid;	 /* 20 bits; 0 without IOMT_RISCV_PASID */
	uint16_t rid;	 /* requester id */
	uint8_t segment; /* 0 without IOMT_RISCV_SEGMENT */
};

/* The same for its TLB, as ATS.INVAL of powers of two. */
int iomt_riscv_device_gather(const struct iomt_riscv_device *device,
			     const struct iomt_gather *gather,
			     const struct iomt_plan_policy *policy, struct iomt_cmd *cmds,
			     size_t n);

/*
 * IODIR.INVAL_DDT: the device context of a device (24 bits) and its process contexts; of all devices
 * with IOMT_RISCV_ALL_DEVICES. This and the next give IOMT_EINVAL for ids with more bits.
 */
#define IOMT_RISCV_ALL_DEVICES UINT32_MAX
int iomt_riscv_device_context(uint32_t device, struct iomt_cmd *cmds, size_t n);

/* IODIR.INVAL_PDT: the process context of a process_id (20 bits) of a device. */
int iomt_riscv_process_context(uint32_t device, uint32_t process, struct iomt_cmd *cmds, size_t n);

#define IOMT_RISCV_FENCE_STORE	   0x1u /* AV: stores data (32 bits) at address */
#define IOMT_RISCV_FENCE_INTERRUPT 0x2u /* WSI: raises the queue's wired interrupt (fctl.WSI) */
#define IOMT_RISCV_FENCE_READS	   0x4u /* PR: reads that were translated are done */
#define IOMT_RISCV_FENCE_WRITES	   0x8u /* PW: and writes. Before memory is used otherwise */

/*
 * IOFENCE.C: completes when the commands before it have. address is physical, a multiple of 4, and 0
 * without STORE, as data is; otherwise IOMT_EINVAL.
 */
int iomt_riscv_fence(uint32_t flags, uint64_t address, uint32_t data, struct iomt_cmd *cmds,
		     size_t n);

/*
 * IOTINVAL.VMA of all PSCIDs of the host and IOTINVAL.GVMA of all GSCIDs, in that order: two entries.
 * Where hardware caches first stages of guests apart from second stages, the former stay: the
 * specification has a command for those of one GSCID alone (IOMT_RISCV_GUEST_FIRST, ALL_PSCIDS).
 */
int iomt_riscv_all(struct iomt_cmd *cmds, size_t n);

/*
 * What a command does; flags tell the hardware: IOMT_RISCV_RANGES, IOMT_RISCV_NON_LEAF. Without a
 * range a command names one 4K page, and drops all that translates it. IOMT_EINVAL for reserved
 * bits and functions, the range that is unspecified, S and NL where the hardware has none, and
 * commands that invalidate nothing of this (ATS.PRGR, custom ones).
 */
int iomt_riscv_decode(const struct iomt_cmd *cmd, uint32_t flags, struct iomt_inv *inv);

#ifdef __cplusplus
}
#endif
#endif
