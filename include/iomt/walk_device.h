/* SPDX-License-Identifier: MIT */
/*
 * Walks from the device down, in guest memory: what a request means that an emulated IOMMU gets, by
 * the tables that the guest's registers point to. AMD: device table, GCR3 tables. VT-d: root and
 * context tables, legacy and scalable, PASID directory and tables. SMMUv3: stream table and context
 * descriptors, linear and of two levels. RISC-V: device and process directories of up to three levels.
 *
 *	struct iomt_unit_cfg cfg = {.size = sizeof(cfg), .mem = &mem, .arch = IOMT_UNIT_AMD,
 *				    .base = device_table_base, .oa_bits = 48};
 *	struct iomt_request request = {.device = rid, .pasid = IOMT_TLB_NO_PASID, .iova = iova,
 *				       .access = IOMT_READ};
 *
 *	iomt_unit_init(&unit, &cfg, &error);
 *	err = iomt_unit_find(&unit, &request, &context, &fault);
 *	if (!err)
 *		err = iomt_context_walk(&context, &request, &leaf, &fault);
 *
 * A context is what a device and PASID mean: keep it until the guest invalidates (iomt/walk_cached.h
 * does that).
 *
 * The tables are hostile, as for iomt/walk.h. Each word of an entry is read once, by itself; but AMD's
 * device-table entries, which hardware reads at once, again until two reads agree. A find reads a few dozens
 * of words, unless entries change. Which fault becomes what: docs/walks.md.
 */
#ifndef IOMT_WALK_DEVICE_H
#define IOMT_WALK_DEVICE_H

#include <iomt/tlb.h>
#include <iomt/walk_nested.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whose IOMMU is emulated. */
enum iomt_unit_arch {
	IOMT_UNIT_AMD,	 /* 48882 */
	IOMT_UNIT_VTD,	 /* D51397 */
	IOMT_UNIT_SMMU,	 /* IHI 0070 */
	IOMT_UNIT_RISCV, /* RISC-V IOMMU */
};

/* iomt_unit_cfg.features: what the hardware that is emulated has. For RISC-V capabilities say it. */
#define IOMT_UNIT_STAGE_1  0x0001u /* AMD GTSup, VT-d FSTS, SMMUv3 S1P */
#define IOMT_UNIT_STAGE_2  0x0002u /* VT-d SSTS, SMMUv3 S2P; AMD always has */
#define IOMT_UNIT_NESTED   0x0004u /* VT-d NEST; AMD and SMMUv3 have it with both stages */
#define IOMT_UNIT_FIVE	   0x0008u /* first stage of five levels: AMD GATS, VT-d FS5LP */
#define IOMT_UNIT_PASS	   0x0010u /* VT-d PT */
#define IOMT_UNIT_ATS	   0x0020u /* AMD IotlbSup, VT-d DT, SMMUv3 ATS with NS1ATS, without DPT */
#define IOMT_UNIT_ACCESSED 0x0040u /* of stage 2: AMD HASup, VT-d SSADS; SMMUv3 HTTU */
#define IOMT_UNIT_DIRTY	   0x0080u /* AMD HDSup, VT-d SSADS; SMMUv3 HTTU */
#define IOMT_UNIT_SNOOP	   0x0100u /* VT-d SC */
#define IOMT_UNIT_NX	   0x0200u /* AMD NXSup; VT-d always has, where NXE is set */
#define IOMT_UNIT_PRIV	   0x0400u /* VT-d SRS */
#define IOMT_UNIT_GIOV	   0x0800u /* AMD GIOSup */
#define IOMT_UNIT_STALL	   0x1000u /* SMMUv3 STALL_MODEL 0b00 */
#define IOMT_UNIT_GCR3_GPA 0x2000u /* AMD GCR3TRPMode, switched on: see docs/walks.md */

/* iomt_unit_cfg.capabilities: bits of RISC-V's register (IOMMU specification, "capabilities") */
#define IOMT_RISCV_CAP_SV39	(1ULL << 9)
#define IOMT_RISCV_CAP_SV48	(1ULL << 10)
#define IOMT_RISCV_CAP_SV57	(1ULL << 11)
#define IOMT_RISCV_CAP_SOFTWARE (1ULL << 14) /* Svrsw60t59b */
#define IOMT_RISCV_CAP_PBMT	(1ULL << 15)
#define IOMT_RISCV_CAP_SV39X4	(1ULL << 17)
#define IOMT_RISCV_CAP_SV48X4	(1ULL << 18)
#define IOMT_RISCV_CAP_SV57X4	(1ULL << 19)
#define IOMT_RISCV_CAP_MSI_FLAT (1ULL << 22) /* device contexts of 64 bytes, MSI page tables */
#define IOMT_RISCV_CAP_AMO_HWAD (1ULL << 24)
#define IOMT_RISCV_CAP_ATS	(1ULL << 25)
#define IOMT_RISCV_CAP_T2GPA	(1ULL << 26)
#define IOMT_RISCV_CAP_PAS(n)	((uint64_t)(n) << 32) /* physical address bits, 32 to 56 */
#define IOMT_RISCV_CAP_PD8	(1ULL << 38)
#define IOMT_RISCV_CAP_PD17	(1ULL << 39)
#define IOMT_RISCV_CAP_PD20	(1ULL << 40)
#define IOMT_RISCV_CAP_QOSID	(1ULL << 41)

/* What the guest programmed, and the hardware that is emulated. */
struct iomt_unit_cfg {
	/* sizeof(struct iomt_unit_cfg): the struct may grow. */
	size_t size;

	const struct iomt_guest_mem *mem; /* must outlive the unit */
	enum iomt_unit_arch arch;	  /* which of these */
	uint32_t features;		  /* IOMT_UNIT_* */

	/*
	 * AMD: the Device Table Base Address Register (48882, 3.4.1). VT-d: RTADDR_REG, with TTM (D51397,
	 * 11.4.5). SMMUv3: SMMU_STRTAB_BASE (IHI 0070, 6.3.24). RISC-V: ddtp. Any value.
	 */
	uint64_t base;
	uint32_t base_cfg; /* SMMUv3: SMMU_STRTAB_BASE_CFG (6.3.25). Any value. Else 0 */

	/* Levels of AMD's host tables, VT-d's second stage (SAGAW): bit n for n. 0: all. */
	uint8_t levels;

	uint8_t oa_bits;    /* physical address bits; 0: 48. SMMUv3: 32, 36, 40, 42, 44, 48, 52 */
	uint8_t pasid_bits; /* of PASIDs and SubstreamIDs; 0: there are none. 20 at most */

	/* SMMUv3: granules, bit k for 2^k: 12, 14, 16; 0: all. Else 0 */
	uint32_t granules;

	/* VT-d: leaf sizes of both stages, as iomt_walk_cfg has them; 0: all. Else 0 */
	uint64_t page_sizes;

	/*
	 * RISC-V: the capabilities register; the other fields that say what hardware has are 0 then. Sv32,
	 * Sv32x4, END and MSI_MRIF are errors: none of these is here. Bits that mean nothing to
	 * translations are ignored. fctl.BE and GXL are as if 0. Else 0
	 */
	uint64_t capabilities;
};

/* A unit. The fields are private. */
struct iomt_unit {
	struct iomt_unit_cfg cfg;
};

/*
 * Makes a unit; there is nothing to give back. IOMT_EINVAL: a field is wrong; error (may be NULL) then
 * names it. When the guest writes the registers: make it anew, with what was cached of it dropped.
 */
int iomt_unit_init(struct iomt_unit *unit, const struct iomt_unit_cfg *cfg,
		   struct iomt_pt_cfg_error *error);

/* What a device asks for. */
struct iomt_request {
	uint32_t device; /* requester id (16 bits), StreamID, RISC-V device_id (24 bits) */
	uint32_t pasid;	 /* SubstreamID, process_id; IOMT_TLB_NO_PASID: none. 20 bits */
	uint64_t iova;	 /* the byte that it is about */
	uint32_t access; /* as for iomt_walk; and RISC-V: */
};

/* RISC-V: a translated request. iova is what a translation request was answered with. */
#define IOMT_REQUEST_TRANSLATED 0x40000u

/* What a device and a PASID mean. Fields may be read, not written. */
struct iomt_context {
	/* whose it is: those of the request */
	uint32_t device;
	uint32_t pasid;
	uint32_t domain; /* DomainID, VT-d domain id, VMID, GSCID */
	uint32_t
		process; /* PASID, ASID, PSCID: what stage 1 is tagged with; else IOMT_TLB_NO_PASID */
	uint8_t stages;	 /* 0: addresses are passed on. 1, 2, 3 for both */
	uint8_t arch;	 /* enum iomt_unit_arch */
	uint8_t oa_bits; /* physical address bits */
	bool ats;	 /* the device may ask for translations */
	bool silent;	 /* faults are not reported (AMD SA, VT-d FPD, RISC-V DTF) */
	bool scalable;	 /* VT-d */
	bool privileged; /* requests may be (VT-d SRE, RISC-V ENS; others always) */
	bool supervisor; /* and all are (VT-d RID_PRIV) */
	bool user;	 /* or none is (RISC-V without a process_id) */
	bool sum;	 /* RISC-V SUM */
	bool keep;	 /* RISC-V T2GPA: translation requests are given addresses of stage 2 */
	bool translated; /* RISC-V: it was found for translated requests, and serves these alone */
	bool msi;	 /* RISC-V: there is an MSI page table */
	bool used[2];	 /* the halves of stage 1; others than Arm have the first alone */
	bool tagged[2];	 /* SMMUv3 TBI0, TBI1: bits 63:56 of an address mean nothing */
	uint32_t deny;	 /* IOMT_READ, IOMT_WRITE, IOMT_EXEC: AMD IR, IW clear */
	uint32_t nested; /* IOMT_NESTED_* */
	uint64_t msi_table;		  /* RISC-V: guest address of the MSI page table */
	uint64_t msi_mask;		  /* and which addresses it is for (msi_addr_mask) */
	uint64_t msi_pattern;		  /* the same (msi_addr_pattern) */
	const struct iomt_guest_mem *mem; /* the guest's memory */
	struct iomt_walker first[2];	  /* of stage 1, where there is one */
	struct iomt_walker second;	  /* of stage 2, where there is one */
};

/* Where a request ended. */
enum iomt_device_at {
	IOMT_AT_REGISTER,  /* nothing was read */
	IOMT_AT_ROOT,	   /* VT-d root entry, SMMUv3 level 1 stream table descriptor, RISC-V DDT */
	IOMT_AT_DEVICE,	   /* DTE, context entry, STE, RISC-V DC */
	IOMT_AT_DIRECTORY, /* GCR3 upper level, PASID directory, level 1 context descriptor, PDT */
	IOMT_AT_PROCESS,   /* GCR3 entry, PASID-table entry, CD, RISC-V PC */
	IOMT_AT_PAGES,	   /* page tables */
	IOMT_AT_MSI,	   /* RISC-V MSI page table */
};

/* And why. */
enum iomt_device_fault_kind {
	IOMT_DEVICE_FAULT_WALK =
		1,		  /* "walk" says; a table of contexts may be behind stage 2, too */
	IOMT_DEVICE_FAULT_RANGE,  /* the id or the PASID is beyond the table */
	IOMT_DEVICE_FAULT_ABSENT, /* the entry is not valid */
	IOMT_DEVICE_FAULT_RESERVED, /* a reserved bit is set */
	IOMT_DEVICE_FAULT_ILLEGAL,  /* a field has a value that cannot be, or that hardware lacks */
	IOMT_DEVICE_FAULT_MEMORY,   /* there is no memory where the entry should be */
	IOMT_DEVICE_FAULT_REFUSED,  /* the entry lets no such request through */
};

/* Why a request was refused, and where. */
struct iomt_device_fault {
	struct iomt_request request; /* which it was */
	uint64_t address; /* guest address of the entry that ended it; 0: there was none */
	uint64_t entry;	  /* the word of it that did; 0 when none was read */
	uint32_t domain;  /* where known */
	uint8_t arch;	  /* enum iomt_unit_arch */
	uint8_t at;	  /* enum iomt_device_at */
	uint8_t kind;	  /* enum iomt_device_fault_kind */

	/*
	 * AMD's event code, 1 to 8; VT-d's fault reason; SMMUv3's event number; RISC-V's cause. 0: the
	 * architecture has none, the request is aborted (STE.Config 0b0xx).
	 */
	uint16_t code;

	bool silent;		     /* it is not to be reported (AMD SA, VT-d FPD, RISC-V DTF) */
	bool guest;		     /* AMD: GN */
	struct iomt_walk_fault walk; /* WALK alone */
};

/*
 * Finds what request->device and request->pasid mean. Returns
 *  - 0: *context says so, *fault is unchanged;
 *  - IOMT_EFAULT: *fault says why not, *context is not one;
 *  - IOMT_EAGAIN: as for iomt_walk, for tables behind stage 2; or AMD's device-table entry changed again
 *    and again. *fault is unchanged;
 *  - IOMT_EINVAL: the PASID has more than 20 bits, the id of AMD or VT-d more than 16, RISC-V's more than
 *    24.
 * iova and access matter to *fault alone; but RISC-V has no process context for translated requests, and
 * refuses them and translation requests before it reads one. Safe from any thread.
 */
int iomt_unit_find(const struct iomt_unit *unit, const struct iomt_request *request,
		   struct iomt_context *context, struct iomt_device_fault *fault);

/*
 * Walks for a request of that device and PASID. As iomt_walk, with faults of a device. Where stages is
 * 0 the leaf is the whole address space: size_lg2 is 64. By a context with an MSI page table a leaf has no
 * interrupt file in it but as its own page. IOMT_EINVAL: so for iomt_walk; or the context was found for
 * translated requests, and this is none. Safe from any thread.
 */
int iomt_context_walk(const struct iomt_context *context, const struct iomt_request *request,
		      struct iomt_walk_leaf *leaf, struct iomt_device_fault *fault);

/*
 * Faults as their architecture reports them, whole. Where fault->code is 0 or fault->silent is set,
 * hardware reports nothing; for a translation request (IOMT_WALK_ATS) see docs/walks.md.
 */

/* An entry of AMD's event log (48882, 2.5). */
struct iomt_walk_amd_event iomt_device_amd_event(const struct iomt_device_fault *fault);

/* VT-d's fault recording register (D51397, 11.4.14), F set: low and high half. */
void iomt_device_vtd_record(const struct iomt_device_fault *fault, uint64_t record[2]);

/* SMMUv3's event record (IHI 0070, 7.3). */
void iomt_device_smmu_event(const struct iomt_device_fault *fault, uint64_t record[4]);

/*
 * RISC-V's record in the fault queue ("Fault/Event-Queue"). A translation request has one where
 * iomt_device_riscv_completion is not EMPTY.
 */
void iomt_device_riscv_record(const struct iomt_device_fault *fault, uint64_t record[4]);

/* What a translation request is answered with that ended in this fault ("PCIe ATS translation request handling"). */
enum iomt_walk_completion iomt_device_riscv_completion(const struct iomt_device_fault *fault);

#ifdef __cplusplus
}
#endif
#endif
