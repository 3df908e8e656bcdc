/* SPDX-License-Identifier: MIT */
/*
 * Invalidation commands of Arm's SMMUv3 (IHI 0070, chapter 4), of non-secure queues. See iomt/cmd.h
 * for how to use them.
 */
#ifndef IOMT_SMMU_CMD_H
#define IOMT_SMMU_CMD_H

#include <iomt/cmd.h>
#include <iomt/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Which translations: the commands for an address, and for everything. Streams of EL2 have an ASID
 * where SMMU_CR2.E2H is set: without it TLBI_EL2_ASID need not drop anything (4.4.2.10), which takes a
 * TLBI_EL2_ALL that is not made here.
 */
enum iomt_smmu_regime {
	IOMT_SMMU_STAGE_1,  /* of an ASID in a VMID: TLBI_NH_VA, TLBI_NH_ASID */
	IOMT_SMMU_ANY_ASID, /* stage 1 of a VMID, global mappings too: TLBI_NH_VAA, TLBI_NH_ALL */
	IOMT_SMMU_STAGE_2,  /* of a VMID: TLBI_S2_IPA, TLBI_S12_VMALL */
	IOMT_SMMU_EL2,	    /* of an ASID, for streams of EL2: TLBI_EL2_VA, TLBI_EL2_ASID */
};

/* iomt_smmu_target.flags; what the hardware can do, and what it cannot */
#define IOMT_SMMU_RANGES 0x1u /* range invalidation (SMMU_IDR3.RIL) */
#define IOMT_SMMU_DS	 0x2u /* 52-bit addresses with 4K and 16K (SMMU_IDR5.DS): SCALE up to 39 */

/*
 * Stage 2 has stage 1 tables on it: as invalidation by IPA leaves translations from VA to PA, a
 * CMD_SYNC and a TLBI_NH_ALL of the VMID follow (4.4.3.1). TLBI_S12_VMALL needs neither.
 */
#define IOMT_SMMU_NESTED 0x4u

/*
 * A range drops the entry of a contiguous run only when it holds all of the run (errata of MMU-700 and
 * MMU S3): ranges are rounded out to the largest run gathered, and not cut inside of one.
 */
#define IOMT_SMMU_WHOLE_RUNS 0x8u

/* Whose translations. */
struct iomt_smmu_target {
	enum iomt_smmu_regime regime; /* whose tables */
	uint32_t flags;		      /* IOMT_SMMU_RANGES, ... */
	uint16_t vmid;		      /* 0 in IOMT_SMMU_EL2 */
	uint16_t asid;		      /* 0 in IOMT_SMMU_ANY_ASID and IOMT_SMMU_STAGE_2 */
	uint8_t granule_lg2;	      /* of the table: 12, 14 or 16 */
};

/*
 * What a gather asks for (4.4). With ranges, a cover is 1 to 32 times a power of two granules from any
 * granule on: any range is one command that drops a sixteenth more at most, or two that drop
 * nothing more. Without, a command names one address, and a range takes as many as it has leaves of
 * the smallest size. Everything is all of the ASID or VMID; for an ASID without its global mappings.
 *
 * Tables stay cached (Leaf) when none was touched. Then the level of all leaves, if it is one, is
 * hinted at (TTL). At most policy->most commands, and two more with IOMT_SMMU_NESTED.
 *
 * Returns how many. IOMT_EINVAL: an unknown regime or flag, NESTED of another regime than stage 2,
 * an id that should be 0, a granule that is none, a policy that is none. IOMT_ENOSPC: n is too small.
 */
int iomt_smmu_gather(const struct iomt_smmu_target *target, const struct iomt_gather *gather,
		     const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n);

/* Everything of a target, as commands that do not look at addresses. Errors as above. */
int iomt_smmu_all(const struct iomt_smmu_target *target, struct iomt_cmd *cmds, size_t n);

/* TLBI_NSNH_ALL (4.4.4.1): every non-secure translation but those of EL2. */
int iomt_smmu_everything(struct iomt_cmd *cmds, size_t n);

/* iomt_smmu_device.flags: the requests that filled the device's TLB had a SubstreamID (SSV) */
#define IOMT_SMMU_SUBSTREAM 0x1u

/* A device that caches translations itself. */
struct iomt_smmu_device {
	uint32_t flags;	    /* IOMT_SMMU_SUBSTREAM */
	uint32_t stream;    /* StreamID */
	uint32_t substream; /* 20 bits; 0 without IOMT_SMMU_SUBSTREAM */
};

/*
 * What a gather asks for of a device's TLB, as ATC_INV (4.5.1) of power-of-two spans of 4K pages.
 * Without a SubstreamID that drops translations of all SubstreamIDs too. Errors as above.
 */
int iomt_smmu_device_gather(const struct iomt_smmu_device *device, const struct iomt_gather *gather,
			    const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n);

/* CFGI_STE (4.3.1). "leaf": the entry alone, no table on the way to it has changed. */
int iomt_smmu_stream(uint32_t stream, bool leaf, struct iomt_cmd *cmds, size_t n);

/*
 * CFGI_STE_RANGE (4.3.2): the naturally aligned 2^streams_lg2 streams around one; 1 to 32 (CFGI_ALL).
 * IOMT_EINVAL for other numbers.
 */
int iomt_smmu_streams(uint32_t stream, uint8_t streams_lg2, struct iomt_cmd *cmds, size_t n);

/* CFGI_CD (4.3.3): the context descriptor of a SubstreamID of 20 bits; above it IOMT_EINVAL. */
int iomt_smmu_context(uint32_t stream, uint32_t substream, bool leaf, struct iomt_cmd *cmds,
		      size_t n);

/* CFGI_CD_ALL (4.3.4): all context descriptors of a stream. */
int iomt_smmu_contexts(uint32_t stream, struct iomt_cmd *cmds, size_t n);

/* How a CMD_SYNC says that it is complete (CS). */
enum iomt_smmu_signal {
	IOMT_SMMU_SIG_NONE, /* the queue's CONS register tells */
	IOMT_SMMU_SIG_IRQ,  /* an interrupt, or a store where address is not 0 */
	IOMT_SMMU_SIG_SEV,  /* an event for WFE */
};

/* CMD_SYNC's MSIAttr and MSH, as in SMMU_CMDQ registers: write-back and inner shareable for memory. */
#define IOMT_SMMU_MSI_WRITE_BACK 0xfu
#define IOMT_SMMU_MSI_DEVICE	 0x1u

/*
 * CMD_SYNC (4.7.3). With SIG_IRQ and an address (physical, a multiple of 4 below 2^52) the SMMU stores
 * data there, with memory attributes "attr" (4 bits), inner shareable. Otherwise all of these are 0.
 * IOMT_EINVAL.
 */
int iomt_smmu_sync(enum iomt_smmu_signal signal, uint64_t address, uint32_t data, uint8_t attr,
		   struct iomt_cmd *cmds, size_t n);

/*
 * What a command does; flags tell the hardware: IOMT_SMMU_RANGES, IOMT_SMMU_DS. A command by address
 * without a range names one 4K page, and drops all that translates it. IOMT_EINVAL for reserved
 * bits and encodings (a range with NUM, SCALE and TTL 0, or with SCALE above 31 without DS; a misaligned
 * address of a range; ATC_INV of more than 2^52 pages), commands of secure or other queues, and those
 * that invalidate nothing of this. With DS, SCALE above 39 is 39; without, TTL 1 of 16K is none.
 */
int iomt_smmu_decode(const struct iomt_cmd *cmd, uint32_t flags, struct iomt_inv *inv);

#ifdef __cplusplus
}
#endif
#endif
