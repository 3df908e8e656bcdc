/* SPDX-License-Identifier: MIT */
/*
 * Invalidation descriptors of Intel's VT-d (D51397, section 6.5.2). See iomt/cmd.h for how to use
 * them. Of a queue with 256-bit descriptors (IQA_REG.DW), each takes two entries.
 *
 * In caching mode (CAP_REG.CM) the hardware, an emulated one, may remember absent entries of second
 * stages: what is mapped is then gathered too (iomt_gather_add), and goes through the same calls.
 */
#ifndef IOMT_VTD_CMD_H
#define IOMT_VTD_CMD_H

#include <iomt/cmd.h>
#include <iomt/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Flags of all calls here */
#define IOMT_VTD_WIDE 0x1u /* the queue has 256-bit descriptors */

/* iomt_vtd_target.flags */
#define IOMT_VTD_FIRST_STAGE  0x2u /* translations of a PASID's first-stage table */
#define IOMT_VTD_DRAIN_READS  0x4u /* wait for reads that were translated (CAP_REG.DRD) */
#define IOMT_VTD_DRAIN_WRITES 0x8u /* and for writes (CAP_REG.DWD) */

/* Whose translations. */
struct iomt_vtd_target {
	uint32_t flags;	 /* IOMT_VTD_FIRST_STAGE, ... */
	uint32_t pasid;	 /* with IOMT_VTD_FIRST_STAGE: 20 bits; else 0 */
	uint16_t domain; /* domain id */
	uint8_t mamv; /* CAP_REG.MAMV: log2 of the most 4K pages that one command covers; 0 to 52 */
};

/*
 * What a gather asks for, as page-selective IOTLB invalidations (6.5.2.3), or PASID-based ones
 * (6.5.2.4, which cannot drain): covers are powers of two up to 2^mamv pages, each at least as
 * large as a leaf that it must drop; everything is all of the domain or PASID, which is all that
 * hardware without CAP_REG.PSI can do: give it iomt_plan_all() alone. Tables stay cached (IH) when
 * none was touched. At most policy->most commands.
 *
 * Returns how many entries: twice as many as commands with IOMT_VTD_WIDE. IOMT_EINVAL: unknown
 * flags, a PASID above 20 bits or without its flag, mamv above 52, a policy that is none.
 * IOMT_ENOSPC: n is too small.
 */
int iomt_vtd_gather(const struct iomt_vtd_target *target, const struct iomt_gather *gather,
		    const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n);

/* iomt_vtd_device.flags: the requests that filled the device's TLB had a PASID. */
#define IOMT_VTD_PASID 0x10u

/* A device that caches translations itself. */
struct iomt_vtd_device {
	uint32_t flags;	     /* IOMT_VTD_WIDE, IOMT_VTD_PASID */
	uint32_t pasid;	     /* 20 bits; 0 without IOMT_VTD_PASID */
	uint16_t rid;	     /* requester id */
	uint16_t pf_rid;     /* PFSID: of the physical function, where the unit wants it; else 0 */
	uint8_t max_pending; /* 5 bits: invalidations that the device takes at once, 0 for 32 */
};

/*
 * The same for its TLB (6.5.2.5, with a PASID 6.5.2.6), in powers of two of any size. Errors as
 * above, and IOMT_EINVAL for max_pending above 31.
 */
int iomt_vtd_device_gather(const struct iomt_vtd_device *device, const struct iomt_gather *gather,
			   const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n);

/* How much a command is about. */
enum iomt_vtd_scope {
	IOMT_VTD_GLOBAL, /* everything; domain, rid and pasid are 0 */
	IOMT_VTD_DOMAIN, /* of one domain; rid and pasid are 0 */
	IOMT_VTD_ONE,	 /* one device's context entry, or one PASID's entry, of the domain */
};

/*
 * IOTLB invalidation of everything or of a domain, with the flags WIDE, DRAIN_READS and
 * DRAIN_WRITES. This and the next calls give IOMT_EINVAL for unknown flags, scopes that they do not
 * have, and values that should be 0 or have too many bits; IOMT_ENOSPC.
 */
int iomt_vtd_iotlb(uint32_t flags, enum iomt_vtd_scope scope, uint16_t domain,
		   struct iomt_cmd *cmds, size_t n);

/* Context-cache invalidation (6.5.2.1): after root or context entries have changed. */
int iomt_vtd_context(uint32_t flags, enum iomt_vtd_scope scope, uint16_t domain, uint16_t rid,
		     struct iomt_cmd *cmds, size_t n);

/* PASID-cache invalidation (6.5.2.2): after PASID entries have changed. */
int iomt_vtd_pasid(uint32_t flags, enum iomt_vtd_scope scope, uint16_t domain, uint32_t pasid,
		   struct iomt_cmd *cmds, size_t n);

#define IOMT_VTD_WAIT_INTERRUPT 0x100u /* IF: raises the invalidation-completion event */
#define IOMT_VTD_WAIT_STORE	0x200u /* SW: stores data (32 bits) at address */
#define IOMT_VTD_WAIT_FENCE	0x400u /* FN: later descriptors do not begin before */
#define IOMT_VTD_WAIT_DRAIN	0x800u /* PD: page requests of the devices are drained */

/*
 * Invalidation wait (6.5.2.8). flags: WIDE and WAIT_*. address is physical, a multiple of 4, and 0
 * without STORE, as data is; otherwise IOMT_EINVAL.
 */
int iomt_vtd_wait(uint32_t flags, uint64_t address, uint32_t data, struct iomt_cmd *cmds, size_t n);

/*
 * What a descriptor does: with IOMT_VTD_WIDE in flags, of the two entries at cmd. A page-selective
 * IOTLB invalidation is of second stages by address, and of all of the domain's first stages
 * (IOMT_INV_ALL_STAGE_1), as their addresses are others. IOMT_EINVAL for
 * reserved bits and granularities, address masks above mamv, sizes that are none, descriptors that
 * invalidate nothing of this (interrupt entries, page responses), and for bad flags or mamv.
 */
int iomt_vtd_decode(const struct iomt_cmd *cmd, uint32_t flags, uint8_t mamv, struct iomt_inv *inv);

#ifdef __cplusplus
}
#endif
#endif
