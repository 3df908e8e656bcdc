/* SPDX-License-Identifier: MIT */
/*
 * Walks of page tables that a guest wrote, in guest memory, for whoever emulates an IOMMU or an MMU.
 *
 * A walker is made from a format, the guest's memory and what the guest programmed; iomt_walk then
 * answers an access as hardware would: with an output address, or with a fault from which functions
 * below make each architecture's own report.
 *
 * The tables are hostile. They may hold anything, and other threads (the guest's processors) may
 * change them at any time: no call crashes, hangs, or reads outside of the guest's memory. Each entry
 * that an answer is made of was read once and whole; it is the answer of hardware that read these.
 *
 * Not for tables of the library's own: iomt_pt_translate trusts those, and is all that they need.
 *
 * What is judged how, and which fault becomes what: docs/walks.md.
 */
#ifndef IOMT_WALK_H
#define IOMT_WALK_H

#include <iomt/pt.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Guest physical memory that is mapped here: "size" bytes from guest address "base" on. */
struct iomt_guest_region {
	uint64_t base;	/* a multiple of 8 */
	uint64_t size;	/* a multiple of 8, not 0; base + size - 1 does not wrap */
	void *host;	/* where its first byte is; aligned to 8 */
	bool read_only; /* accessed and dirty bits cannot be written there */
};

/*
 * What a callback has read: a value, when err is 0; any negative code when no memory is there. Returned
 * in registers, as the next read waits for it.
 */
struct iomt_guest_word {
	uint64_t value; /* without a meaning on errors */
	int err;	/* 0, or a negative code */
};

/*
 * Guest memory: regions, looked through in their order, and callbacks for what lies in none. Walks are
 * fastest in the first region. Entries have the byte order of the machine that walks. The struct, the
 * regions and what ctx points to must not change while a walker uses them.
 */
struct iomt_guest_mem {
	/* sizeof(struct iomt_guest_mem): the struct may grow. */
	size_t size;

	const struct iomt_guest_region *regions; /* in the order in which they are looked through */
	size_t count;				 /* of these */

	/*
	 * Reads the 8 bytes at guest address "address", a multiple of 8, in one access. NULL: there is
	 * no memory but the regions.
	 */
	struct iomt_guest_word (*read64)(void *ctx, uint64_t address);

	/*
	 * Replaces the word at "address" by "desired" in one atomic access if it is *expected, and
	 * returns 0; else sets *expected to what is there and returns IOMT_EAGAIN. Any other negative
	 * code when it cannot be written. NULL: it never can.
	 */
	int (*cas64)(void *ctx, uint64_t address, uint64_t *expected, uint64_t desired);

	void *ctx; /* passed to both */
};

/*
 * The formats whose tables can be walked. A program links those that it names and no others. They are
 * those of iomt/formats.h; x86_64 is AMD's guest table, VT-d's first stage and the processor's own.
 */
struct iomt_walk_format;
extern const struct iomt_walk_format iomt_walk_amdv1;
extern const struct iomt_walk_format iomt_walk_x86_64;
extern const struct iomt_walk_format iomt_walk_vtd_ss;
extern const struct iomt_walk_format iomt_walk_arm_s1_4k;
extern const struct iomt_walk_format iomt_walk_arm_s1_16k;
extern const struct iomt_walk_format iomt_walk_arm_s1_64k;
extern const struct iomt_walk_format iomt_walk_arm_s1_4k_lpa2;
extern const struct iomt_walk_format iomt_walk_arm_s1_16k_lpa2;
extern const struct iomt_walk_format iomt_walk_arm_s2_4k;
extern const struct iomt_walk_format iomt_walk_arm_s2_16k;
extern const struct iomt_walk_format iomt_walk_arm_s2_64k;
extern const struct iomt_walk_format iomt_walk_arm_s2_4k_lpa2;
extern const struct iomt_walk_format iomt_walk_arm_s2_16k_lpa2;
extern const struct iomt_walk_format iomt_walk_riscv_s1;
extern const struct iomt_walk_format iomt_walk_riscv_s2;

/* iomt_walk_cfg.flags. One that the format does not know is an error. */

/*
 * Input addresses are sign-extended from their top bit (x86 with a PASID, VT-d first stage). RISC-V's
 * first stage does so with or without the flag.
 */
#define IOMT_WALK_SIGNED 0x0001u
/* The table serves addresses whose upper bits are all ones (Arm TTBR1). */
#define IOMT_WALK_UPPER 0x0002u
/* Bits 63:56 of the input are ignored: each stands for bit 55 (Arm TBI). */
#define IOMT_WALK_TOP_BYTE 0x0004u
/*
 * Hardware sets accessed bits: AMD DTE HAD and always in guest tables, VT-d first stage always and
 * second stage with SSADE, Arm HA, RISC-V SADE and GADE. Without it Arm's AF = 0 and RISC-V's A = 0 are
 * faults, and others' bits are ignored.
 */
#define IOMT_WALK_ACCESSED 0x0008u
/*
 * Hardware sets dirty bits too: as before; Arm HD; RISC-V has both or none. Needs IOMT_WALK_ACCESSED.
 * Without it RISC-V's pages with D = 0 are read-only.
 */
#define IOMT_WALK_DIRTY 0x0010u
/* VT-d first stage: sets EA, bit 10, with A (EAFE). Needs IOMT_WALK_ACCESSED. */
#define IOMT_WALK_EXTENDED_ACCESSED 0x0020u
/* x86: bit 63 forbids execution (NXE). Without it the bit is reserved. */
#define IOMT_WALK_NX 0x0040u
/* x86: privileged writes need RW too (WP, WPE). */
#define IOMT_WALK_WP 0x0080u
/* x86: privileged requests execute nothing that users can access (SMEP). */
#define IOMT_WALK_SMEP 0x0100u
/* Privileged requests neither read nor write what users can access (Arm PAN, x86 SMAP, no RISC-V SUM). */
#define IOMT_WALK_PAN 0x0200u
/* x86: bit 8 of PML4 and PML5 entries is reserved, as AMD has it. */
#define IOMT_WALK_TOP_GLOBAL_RESERVED 0x0400u
/* VT-d second stage: SNP, bit 11 of leaves, is not reserved (ECAP.SC, or scalable mode). */
#define IOMT_WALK_SNOOP 0x0800u
/* VT-d second stage: TM, bit 62, is not reserved (hardware of before revision 3.4). */
#define IOMT_WALK_TRANSIENT 0x1000u
/* Arm stage 1: the permissions of table entries do not count (HPD). */
#define IOMT_WALK_FLAT_PERMISSIONS 0x2000u
/* Arm: AF = 0 is no fault though nobody sets it (SMMUv3 AFFD, S2AFFD). */
#define IOMT_WALK_NO_ACCESS_FAULT 0x4000u
/* Arm stage 1: what can be written is not executed (WXN). */
#define IOMT_WALK_WXN 0x8000u
/* Arm stage 2: XN has two bits (FEAT_XNX), one for each privilege. */
#define IOMT_WALK_XNX 0x10000u
/* RISC-V: leaves have memory types in bits 62:61 (Svpbmt). Without it the bits are reserved. */
#define IOMT_WALK_PBMT 0x20000u
/* RISC-V: bits 60:59 are software's (Svrsw60t59b). Without it they are reserved. */
#define IOMT_WALK_SOFTWARE 0x40000u

struct iomt_walker;
struct iomt_walk_fault;

/* What the guest programmed, and what the hardware that is emulated can do. */
struct iomt_walk_cfg {
	/* sizeof(struct iomt_walk_cfg): the struct may grow. */
	size_t size;

	const struct iomt_walk_format *format; /* such as &iomt_walk_amdv1 */
	const struct iomt_guest_mem *mem;      /* must outlive the walker */

	/*
	 * Guest address of the top table. Bits below the table's own alignment (64 bytes for small ones)
	 * are dropped, as hardware has no such bits. Nothing needs to be there.
	 */
	uint64_t root;

	uint32_t flags; /* IOMT_WALK_* */

	/*
	 * What the entry that points here denies whatever the tables say: IOMT_READ, IOMT_WRITE,
	 * IOMT_EXEC (AMD: DTE IR and IW clear).
	 */
	uint32_t deny;

	/*
	 * Levels of tables: AMD mode; four or five for x86; AW for VT-d; where SL0 says to begin for Arm
	 * stage 2; three to five for RISC-V. 0: as many as iova_bits takes.
	 */
	uint8_t levels;

	/*
	 * Bits of input address (Arm 64 - TxSZ, VT-d MGAW where that is less than the levels translate).
	 * 0: as many as the levels translate; one of the two must be given. RISC-V has no fewer: 39, 48, 57
	 * in the first stage, 41, 50, 59 in the second.
	 */
	uint8_t iova_bits;

	/* Bits of physical address (MAXPHYADDR, HAW, the effective IPS or PS, PAS). 0 takes 48, 52 or 56. */
	uint8_t oa_bits;

	/*
	 * Leaf sizes that the hardware has, bit k for 2^k bytes: without 1 GiB, say. 0: all of the
	 * format (AMD V1: to 2^52 bytes; RISC-V: Svnapot's 64 KiB too).
	 */
	uint64_t page_sizes;

	uint64_t mair; /* Arm stage 1: MAIR, where leaves take their type from */
};

/* What an address means. */
struct iomt_walk_leaf {
	uint64_t oa;	/* the output address of the address that was asked for */
	uint64_t entry; /* the leaf, as the walk left it */

	/*
	 * What a request of this privilege may do: READ, WRITE, EXEC. SNOOP, PRIV (users may not use the
	 * page), GLOBAL and the memory type as for iomt_pt_map, as far as the format has them. Formats
	 * that do not know EXEC allow it with READ.
	 */
	uint32_t prot;

	uint8_t size_lg2; /* log2 of the bytes that translate alike, leaf or run */
	uint8_t level;	  /* of the leaf; 0 is the level whose plain leaf is one granule */

	/*
	 * The memory type as the architecture has it: x86 PAT << 2 | PCD << 1 | PWT; VT-d second stage
	 * IPAT << 3 | EMT; Arm stage 1 the byte of MAIR, stage 2 MemAttr; RISC-V PBMT; else 0.
	 */
	uint8_t type;

	/* Hardware sets dirty bits and this one is clear: prot has WRITE, but a write must walk first. */
	bool clean;
};

/* A walker. The fields are private. */
struct iomt_walker {
	/* what usual walks read */
	int (*walk)(const struct iomt_walker *walker, uint64_t iova, uint32_t access,
		    struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault);
	uint64_t va_base;
	uint64_t va_mask;
	uint64_t top;	     /* where the top table is: here, or of callbacks its guest address */
	uint64_t tables;     /* where the first region's first granule is */
	uint64_t table_mask; /* of entries that point to tables: what must be as in table_want */
	uint64_t table_move; /* from such an entry at level 1 to where its table is */
	uint64_t table_odd;  /* bits that a table's offset from "tables" does not have */
	uint64_t addr_mask;  /* address bits of an unpacked entry */
	uint64_t usual_mask; /* of leaves */
	uint64_t usual_want;
	struct iomt_walk_leaf usual; /* what such a leaf means, but for addresses */
	uint32_t usual_exec;
	uint8_t tag_bits; /* ignored at the top of an input address */
	uint8_t top_level;
	struct iomt_guest_word (*read64)(void *ctx, uint64_t address);
	void *ctx;

	uint64_t last_table; /* the highest offset of a whole table */
	const char *host;    /* the first region, its guest address, the offset of its last word */
	uint64_t base;
	uint64_t last_word;
	uint64_t table_want;
	uint64_t beyond; /* those of addr_mask that the hardware does not have */
	uint64_t root;
	uint64_t page_sizes;
	uint64_t mair;
	uint32_t flags;
	uint32_t deny;
	const struct iomt_guest_mem *mem;
	const struct iomt_walk_format *format;
};

/*
 * Makes a walker: some tens of nanoseconds, and nothing to give back. Nothing is read from guest
 * memory. IOMT_EINVAL: a field is wrong; error (may be NULL) then names it, and *walker is not one.
 *
 * A walker does not change. Any number of threads may use it at the same time.
 */
int iomt_walker_init(struct iomt_walker *walker, const struct iomt_walk_cfg *cfg,
		     struct iomt_pt_cfg_error *error);

/*
 * Makes *over a walker of the same tables that reads them by the callbacks of another memory: a stage 1 of
 * iomt_walk_nested, say, for an inspection (iomt/inspect.h) through a memory that asks stage 2. mem must
 * outlive it. IOMT_EINVAL, and *over is unchanged: mem is not as iomt_walker_init wants it, has regions or
 * no read64; or the walker's own memory has regions.
 */
int iomt_walker_over(struct iomt_walker *over, const struct iomt_walker *walker,
		     const struct iomt_guest_mem *mem);

/*
 * What iomt_walk is asked for: IOMT_READ, IOMT_WRITE, IOMT_EXEC, at least one of them; all must be
 * allowed (an atomic operation is READ | WRITE). IOMT_PRIV: the request is privileged. And:
 */

/*
 * A translation request of a device (PCIe ATS): it may be given less than what it asks for, and nothing that
 * may be executed and not read.
 */
#define IOMT_WALK_ATS 0x10000u
/* To look only: accessed and dirty bits stay as they are. */
#define IOMT_WALK_LOOK 0x20000u

/* What went wrong. */
enum iomt_walk_fault_kind {
	IOMT_WALK_FAULT_INPUT = 1, /* the address is beyond the tables, or not canonical */
	IOMT_WALK_FAULT_ABSENT,	   /* an entry is not present (Arm: or no valid descriptor) */
	IOMT_WALK_FAULT_RESERVED, /* reserved bits; but for AMD V1 a level or size that cannot be */
	IOMT_WALK_FAULT_SKIPPED,  /* AMD V1: address bits of levels that are skipped are not 0 */
	IOMT_WALK_FAULT_OUTPUT,	  /* Arm, RISC-V: an address beyond the output address size */
	IOMT_WALK_FAULT_ACCESSED, /* the same: accessed is clear, and hardware does not set it */
	IOMT_WALK_FAULT_PERMISSION, /* the access is not allowed */
	IOMT_WALK_FAULT_USER,	    /* x86, RISC-V: a user's request, and the page is privileged */
	IOMT_WALK_FAULT_TABLE,	    /* no memory where a table should be */
	IOMT_WALK_FAULT_UPDATE,	    /* accessed and dirty bits cannot be written */
	IOMT_WALK_FAULT_LEVEL,	    /* AMD V1: a level, or a page size, that cannot be */
};

/* Why a walk ended without a translation, and where. */
struct iomt_walk_fault {
	uint64_t iova;	  /* the input address of the whole walk */
	uint64_t input;	  /* of the stage that failed; the same but for stage 2 under a stage 1 */
	uint64_t address; /* guest address of the entry that ended the walk; 0: there was none */
	uint64_t entry;	  /* what it was; 0 when none was read */
	uint32_t access;  /* as it was asked for */
	uint32_t denied;  /* PERMISSION: which of READ, WRITE, EXEC were missing */
	uint8_t kind;	  /* enum iomt_walk_fault_kind */
	uint8_t level;	  /* of that entry, 0 for the last; the top's when none was read */
	bool top;	  /* it is in the top table, or none was read */
	uint8_t stage;	  /* 1: x86_64, stage 1 of Arm and RISC-V. 2: the others */
	bool on_table;	  /* stage 2 failed for an address of a stage 1 table */
	bool on_top;	  /* which was the top one */
	bool on_update;	  /* and the entry's accessed or dirty bit was to be set */
};

/* The entries that a walk went through, the top's first. */
struct iomt_walk_path {
	unsigned count; /* of steps */
	struct {
		uint64_t address;    /* guest address */
		uint64_t entry;	     /* as it was read */
		uint8_t level;	     /* of its table, 0 for the last */
	} steps[IOMT_PT_MAX_LEVELS]; /* each an entry */
};

/*
 * Walks for one access to the byte at iova. Returns
 *  - 0: *leaf says what it means, *fault is unchanged. With IOMT_WALK_ATS leaf->prot may lack some or
 *    all of what was asked for;
 *  - IOMT_EFAULT: *fault says why not, *leaf is unchanged;
 *  - IOMT_EAGAIN: entries changed again and again while accessed or dirty bits were to be set; both
 *    are unchanged. Ask again;
 *  - IOMT_EINVAL: "access" has unknown bits, or nothing that it asks for.
 *
 * Accessed bits of all entries on the way, and the dirty bit of the leaf for a write, are set by
 * compare-and-swap before 0 is returned, as the walker's flags say; a walk that ends in a fault sets
 * none, but those that it came to before IOMT_WALK_FAULT_UPDATE.
 *
 * Safe from any thread.
 */
int iomt_walk(const struct iomt_walker *walker, uint64_t iova, uint32_t access,
	      struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault);

/* The same, and the way: *path is what was read, whatever the result but IOMT_EINVAL. */
int iomt_walk_with_path(const struct iomt_walker *walker, uint64_t iova, uint32_t access,
			struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault,
			struct iomt_walk_path *path);

/*
 * Arm stage 1 has two tables: bit 55 of the address says which (DDI 0487, D8.2.4). Either may be NULL,
 * for a half whose walks are disabled (TCR.EPDn, SMMUv3 CD.EPDn): IOMT_WALK_FAULT_INPUT then, at the
 * level of the other half's top. Errors as for iomt_walk; IOMT_EINVAL when both are NULL.
 */
int iomt_walk_halves(const struct iomt_walker *lower, const struct iomt_walker *upper,
		     uint64_t iova, uint32_t access, struct iomt_walk_leaf *leaf,
		     struct iomt_walk_fault *fault);

/*
 * Faults as architectures report them. What a request is answered with where it is IOMT_WALK_ATS, and
 * whether anything is reported then, is iomt_walk_ats's to say.
 */

/* The low and high half of an entry of AMD's event log (48882, 2.5), but for DeviceID, PASID and
 * DomainID, which are zero: IO_PAGE_FAULT, or PAGE_TAB_HARDWARE_ERROR. */
struct iomt_walk_amd_event {
	uint64_t word[2]; /* bits 63:0 and 127:64 */
};

/* guest: the tables were the guest's (GN), or the request had a PASID. */
struct iomt_walk_amd_event iomt_walk_amd_event(const struct iomt_walk_fault *fault, bool guest);

/*
 * VT-d's fault reason (D51397, 7.1.3, "Fault reason encodings"), of the legacy mode or of the
 * scalable mode. Stage 1 has reasons in scalable mode alone: 0 else.
 */
uint8_t iomt_walk_vtd_reason(const struct iomt_walk_fault *fault, bool scalable);

/* What SMMUv3's event record says of a walk (IHI 0070, 7.3). */
struct iomt_walk_smmu_event {
	uint64_t input; /* InputAddr */
	uint64_t ipa;	/* IPA, where s2; its low 12 bits are zero */
	uint64_t fetch; /* F_WALK_EABT: FetchAddr */
	uint8_t type; /* F_WALK_EABT 0x0b, F_TRANSLATION 0x10, F_ADDR_SIZE, F_ACCESS, F_PERMISSION */
	uint8_t cls;  /* CLASS: 1 a table of stage 1 (TTD), 2 the input (IN) */
	bool s2;      /* S2: the fault is of stage 2 */
	bool rnw;     /* RnW: a read */
	bool ind;     /* InD: an instruction fetch */
	bool pnu;     /* PnU: a privileged request */
};

/* What it says of a fault of iomt_walk or iomt_walk_nested in Arm's formats. */
struct iomt_walk_smmu_event iomt_walk_smmu_event(const struct iomt_walk_fault *fault);

/*
 * Arm's fault status code, the six bits FST of PAR_EL1 and of ISS (DDI 0487, D17.2.37): what kind, and
 * at which of Arm's levels.
 */
uint8_t iomt_walk_arm_status(const struct iomt_walk_fault *fault);

/*
 * The error code of an x86 page fault (Intel SDM 3A, 4.7): P 0, W 1, U 2, RSVD 3, I/D 4. Negative where
 * there is no such fault: IOMT_ERANGE for an address that is not canonical (a general protection
 * fault), IOMT_EIO for a table without memory.
 */
int iomt_walk_x86_error(const struct iomt_walk_fault *fault, bool nx);

/*
 * The cause of a RISC-V trap, or of a record in the RISC-V IOMMU's fault queue (IOMMU specification,
 * "Fault/Event-Queue"): 1, 5, 7 are access faults, 12, 13, 15 page faults, 20, 21, 23 guest page faults; of
 * an instruction, a read, a write (or of an atomic operation).
 */
uint8_t iomt_walk_riscv_cause(const struct iomt_walk_fault *fault);

/*
 * What goes with it in iotval2: the guest physical address of a guest page fault, bits 1:0 dropped; bit 0
 * says that it was of an entry of a first stage's table, bit 1 that this was to be written. Else 0.
 */
uint64_t iomt_walk_riscv_iotval2(const struct iomt_walk_fault *fault);

/* What a device's translation request is answered with (PCIe 10.2.3). */
enum iomt_walk_completion {
	IOMT_WALK_COMPLETION_EMPTY,	  /* success without permissions; nothing is reported */
	IOMT_WALK_COMPLETION_ABORT,	  /* completer abort; the fault is reported */
	IOMT_WALK_COMPLETION_UNSUPPORTED, /* unsupported request; the same */
};

/*
 * Of a walk that returned IOMT_EFAULT. The RISC-V IOMMU aborts for every access fault: there
 * IOMT_WALK_FAULT_OUTPUT too, of which this says EMPTY, as for Arm.
 */
enum iomt_walk_completion iomt_walk_ats(const struct iomt_walk_fault *fault);

/* "a reserved bit is set": a short text for a kind of fault, never NULL, whatever the number. */
const char *iomt_walk_fault_text(unsigned kind);

#ifdef __cplusplus
}
#endif
#endif
