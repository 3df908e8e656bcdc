/* SPDX-License-Identifier: MIT */
/* Invalidation commands of AMD's IOMMU (48882, section 2.4). See iomt/cmd.h for how to use them. */
#ifndef IOMT_AMD_CMD_H
#define IOMT_AMD_CMD_H

#include <iomt/cmd.h>
#include <iomt/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

/* iomt_amd_target.flags */
#define IOMT_AMD_GUEST 0x1u /* translations of guest tables (AMD V2): those of a PASID */

/*
 * The IOMMU is emulated and remembers absent entries (Capability header, NpCache). What is mapped
 * is then gathered too (iomt_gather_add). The hypervisor works through all that commands name, so
 * that they name the range and nothing else, or all pages where that takes more than policy->most:
 * iomt_plan_covers and iomt_plan_cost are iomt_plan_exact.
 */
#define IOMT_AMD_NP_CACHE 0x2u

/* Whose translations. */
struct iomt_amd_target {
	uint32_t flags;	 /* IOMT_AMD_GUEST, IOMT_AMD_NP_CACHE */
	uint32_t pasid;	 /* with IOMT_AMD_GUEST: 20 bits, 0 where requests have none; else 0 */
	uint16_t domain; /* DomainID */
};

/*
 * What a gather asks for, as INVALIDATE_IOMMU_PAGES (2.4.3): covers are powers of two from 4K to
 * 2^51 bytes, each at least as large as a leaf that it must drop; everything is all pages of
 * the domain or PASID. Tables stay cached (PDE clear) when none was touched. At most policy->most
 * commands.
 *
 * Returns how many. IOMT_EINVAL: unknown flags, a PASID above 20 bits or without its flag, a policy
 * that is none. IOMT_ENOSPC: n is too small.
 */
int iomt_amd_gather(const struct iomt_amd_target *target, const struct iomt_gather *gather,
		    const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n);

/* A device that caches translations itself. */
struct iomt_amd_device {
	uint32_t flags;	     /* IOMT_AMD_GUEST */
	uint32_t pasid;	     /* as in struct iomt_amd_target */
	uint16_t rid;	     /* requester id */
	uint16_t queue;	     /* QueueID: the RID again, where functions do not share a queue */
	uint8_t max_pending; /* Maxpend: invalidations that the device takes at once, 0 for 256 */
};

/* The same for its TLB, as INVALIDATE_IOTLB_PAGES (2.4.4). Errors as above. */
int iomt_amd_device_gather(const struct iomt_amd_device *device, const struct iomt_gather *gather,
			   const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n);

/* INVALIDATE_DEVTAB_ENTRY (2.4.2): after the device-table entry of a device has changed. */
int iomt_amd_device_entry(uint16_t rid, struct iomt_cmd *cmds, size_t n);

/* INVALIDATE_IOMMU_ALL (2.4.8): every translation, and every device-table entry. */
int iomt_amd_all(struct iomt_cmd *cmds, size_t n);

#define IOMT_AMD_WAIT_STORE	0x1u /* stores data (64 bits) at address */
#define IOMT_AMD_WAIT_INTERRUPT 0x2u /* raises the completion-wait interrupt */
#define IOMT_AMD_WAIT_FLUSH	0x4u /* later commands wait for this one */

/*
 * COMPLETION_WAIT (2.4.1). address is physical, a multiple of 8 below 2^52, and 0 without STORE, as
 * data is; otherwise IOMT_EINVAL.
 */
int iomt_amd_wait(uint32_t flags, uint64_t address, uint64_t data, struct iomt_cmd *cmds, size_t n);

/*
 * What a command does. INVALIDATE_IOMMU_PAGES and INVALIDATE_IOTLB_PAGES without GN are of stage
 * 2, with it of stage 1; a size of 2^52 or more is all pages (2.4.3). IOMT_EINVAL for reserved
 * bits, and commands that invalidate nothing of this (interrupt tables, PPR).
 */
int iomt_amd_decode(const struct iomt_cmd *cmd, struct iomt_inv *inv);

#ifdef __cplusplus
}
#endif
#endif
