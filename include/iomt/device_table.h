/* SPDX-License-Identifier: MIT */
/*
 * Device tables as hardware reads them: what a requester id (AMD, VT-d) or StreamID (SMMUv3) means.
 * AMD's device table, SMMUv3's stream table, VT-d's root and context tables; one set of calls for all.
 *
 *	struct iomt_device_table_cfg cfg = {
 *		.size = sizeof(cfg), .mem = mem, .format = IOMT_DEVICE_TABLE_SMMU_8, .id_bits = 16};
 *	struct iomt_device_inv inv = {.sync = send, .ctx = unit};
 *	struct iomt_device_use use = {.table = &pt_hw, .domain = 5};
 *
 *	iomt_device_table_init(&table, &cfg);
 *	iomt_device_table_hw(&table, &hw);
 *	...                               // the registers
 *	iomt_pt_hw(&pt, &pt_hw);
 *	iomt_device_entry_for(&table, &use, &entry);
 *	iomt_device_table_set(&table, rid, &entry, 0, &inv);
 *	send(&inv);                       // what iomt_device_inv_smmu makes of it, and the wait
 *
 * An id without an entry is blocked: its requests fault, in every format. (AMD passes on what an entry
 * of zeros is about: absent entries have V.)
 *
 * Hardware reads entries of 16 to 64 bytes in pieces, at different times. Calls store in such an order
 * that hardware never puts together an entry that is neither the old one nor the new one (IHI 0070,
 * 3.21.3; 48882, 2.2.2.1; D51397, 6.5.3.3): docs/device-tables.md says how. Between some stores
 * hardware must forget what it has read; then the hook "sync" of struct iomt_device_inv is called.
 *
 * After each call send what inv asks for, and wait, before the next call for the same id.
 *
 * Threads: one call at a time for each table; hardware reads at any time.
 */
#ifndef IOMT_DEVICE_TABLE_H
#define IOMT_DEVICE_TABLE_H

#include <iomt/pasid_table.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iomt_device_table;

/* Which table: the vendor, and how it is laid out. */
enum iomt_device_format {
	IOMT_DEVICE_TABLE_AMD,	   /* 48882, 2.2.2: one table of 32-byte entries */
	IOMT_DEVICE_TABLE_SMMU,	   /* IHI 0070, 5.2: linear, 64-byte entries */
	IOMT_DEVICE_TABLE_SMMU_6,  /* 5.1: two levels, 64 entries a table (SPLIT 6) */
	IOMT_DEVICE_TABLE_SMMU_8,  /* 256 a table */
	IOMT_DEVICE_TABLE_SMMU_10, /* 1024 a table */
	IOMT_DEVICE_TABLE_VTD,	   /* D51397, 9.1, 9.3: legacy mode, 256 16-byte entries a table */
	IOMT_DEVICE_TABLE_VTD_SCALABLE, /* 9.2, 9.4: scalable mode, 128 32-byte entries a table */
};

/* iomt_device_table_cfg.flags */

/* VT-d: the hardware, an emulated one, may remember absent entries (CAP_REG.CM). */
#define IOMT_DEVICE_TABLE_CACHES_ABSENT 0x1u

/*
 * AMD: the processor stores 128 bits at once (CPUID's CMPXCHG16B; any AArch64), so that more changes
 * of an entry in use need no break. Without it words of 64 bits are stored.
 */
#define IOMT_DEVICE_TABLE_WIDE 0x2u

/* How a table is to be. */
struct iomt_device_table_cfg {
	/* sizeof(struct iomt_device_table_cfg): the struct may grow, as all of these. */
	size_t size;

	/* Where tables come from. Must outlive the table. */
	const struct iomt_mem *mem;

	enum iomt_device_format format; /* which table */
	uint32_t flags;			/* IOMT_DEVICE_TABLE_* */

	/*
	 * Ids are 0 to 2^id_bits - 1. AMD: 16 at most, all of which take one piece of 2 MiB. SMMUv3:
	 * linear 15 at most, two levels more than SPLIT and 32, SPLIT + 18 at most. VT-d: 16.
	 */
	uint8_t id_bits;

	/* Bits of physical addresses: 32 to 52, 0 for 52. */
	uint8_t oa_bits;

	/* SMMUv3: bits of VMIDs, 8 or 16 (SMMU_IDR0.VMID16); 0 for 16. Else 0. */
	uint8_t vmid_bits;

	/* AMD: memory encryption bit (C-bit) of addresses, from oa_bits to 51; 0 for none. Else 0. */
	uint8_t enc_bit;
};

/* What is wrong with a configuration: the field's name, and a sentence about it. */
struct iomt_device_table_cfg_error {
	const char *field;  /* its name, a constant */
	const char *reason; /* what is wrong with it, a constant */
};

/*
 * 0 when iomt_device_table_init would accept this configuration, else IOMT_EINVAL, or
 * IOMT_EOPNOTSUPP for WIDE where this build has no such store; *error, unless NULL, then names the
 * field and says why. Safe from any thread.
 */
int iomt_device_table_cfg_check(const struct iomt_device_table_cfg *cfg,
				struct iomt_device_table_cfg_error *error);

/* Bits of an AMD device-table entry (48882, 2.2.2.1); V and TV are always set. */
#define IOMT_DTE_IR    0x001u /* reads are allowed, and writes: of every page of the host table */
#define IOMT_DTE_IW    0x002u /* writes, as IR */
#define IOMT_DTE_PPR   0x004u /* the device may send page requests */
#define IOMT_DTE_GPRP  0x008u /* answers to page requests have a PASID */
#define IOMT_DTE_GIOV  0x010u /* requests without a PASID are of GCR3[0] */
#define IOMT_DTE_GV    0x020u /* gcr3 and what belongs to it hold */
#define IOMT_DTE_I     0x040u /* IOTLB enable: the device may ask for translations (ATS) */
#define IOMT_DTE_SE    0x080u /* one page fault is reported, and not the ones after */
#define IOMT_DTE_SA    0x100u /* none is */
#define IOMT_DTE_CACHE 0x200u /* IOTLB cache hint (Cache) */
#define IOMT_DTE_SD    0x400u /* snoop disable */
#define IOMT_DTE_EX    0x800u /* the exclusion range is for this device too */

/*
 * A device-table entry but for its interrupts. With mode 0 addresses are passed on, if IR and IW allow
 * it, or translated by guest tables alone.
 */
struct iomt_amd_dte {
	uint64_t root;	     /* host table (AMD V1): physical, a multiple of 4096; 0 with mode 0 */
	uint64_t gcr3;	     /* GCR3 table: the same, a guest's unless mode is 0; with GV, else 0 */
	uint32_t flags;	     /* IOMT_DTE_* */
	uint16_t domain;     /* DomainID */
	uint8_t mode;	     /* levels of the host table, 0 to 6 */
	uint8_t glx;	     /* levels of GCR3 tables less one, 0 to 2 */
	uint8_t paging_mode; /* GuestPagingMode: guest tables have 0 four, 1 five levels */
	uint8_t had;	     /* host tables: 1 hardware sets accessed bits, 3 dirty bits too */
	uint8_t ioctl;	     /* IoCtl, SysMgt: two bits each, as IVHD entries want them */
	uint8_t sysmgt;	     /* SysMgt: as ioctl */
};

/* STE.Config (IHI 0070, 5.2). */
enum iomt_smmu_config {
	IOMT_STE_ABORT = 0,   /* without an event; what has no entry is aborted with one */
	IOMT_STE_BYPASS = 4,  /* no translation */
	IOMT_STE_STAGE_1 = 5, /* by context descriptors */
	IOMT_STE_STAGE_2 = 6, /* by the stage 2 table */
	IOMT_STE_NESTED = 7,  /* stage 1 on stage 2 */
};

/* Bits of a stream table entry; those of stage 2 begin with S2 */
#define IOMT_STE_DRE	  0x0001u /* destructive reads are allowed */
#define IOMT_STE_DCP	  0x0002u /* directed cache prefetches are allowed */
#define IOMT_STE_PPAR	  0x0004u /* answers to page requests have a PASID (PRI) */
#define IOMT_STE_MEV	  0x0008u /* events that are alike are merged */
#define IOMT_STE_S1STALLD 0x0010u /* what faults in stage 1 is never stalled */
#define IOMT_STE_MTCFG	  0x0020u /* the memory type is mem_attr */
#define IOMT_STE_S2FWB	  0x0040u /* stage 2 forces the memory type (FEAT_S2FWB) */
#define IOMT_STE_S2ENDI	  0x0080u /* tables are big-endian */
#define IOMT_STE_S2AFFD	  0x0100u /* access flag faults are off */
#define IOMT_STE_S2PTW	  0x0200u /* tables of stage 1 are not walked in device memory */
#define IOMT_STE_S2HD	  0x0400u /* hardware tracks dirty pages */
#define IOMT_STE_S2HA	  0x0800u /* hardware sets access flags */
#define IOMT_STE_S2S	  0x1000u /* what faults is stalled */
#define IOMT_STE_S2R	  0x2000u /* faults are recorded */
#define IOMT_STE_S2DS	  0x4000u /* 52-bit addresses with 4K and 16K (LPA2) */

/* What EATS may be. */
enum iomt_smmu_ats {
	IOMT_ATS_OFF = 0,   /* no translation requests */
	IOMT_ATS_FULL = 1,  /* they are answered with physical addresses */
	IOMT_ATS_SPLIT = 2, /* with stage 1's outputs, which stage 2 translates again */
};

/*
 * A stream table entry of a non-secure stream. What config has no use for is 0: shcfg, mem_attr with
 * MTCFG, and alloc count where stage 1 does not translate (BYPASS, STAGE_2, or with s1_dss 1).
 */
struct iomt_smmu_ste {
	enum iomt_smmu_config config; /* Config */
	uint32_t flags;		      /* IOMT_STE_* */

	/* Stage 1. */
	uint64_t context;		  /* S1ContextPtr: a multiple of 64; an IPA when nested */
	uint8_t s1_fmt, s1_cdmax, s1_dss; /* S1Fmt, S1CDMax, S1DSS */
	uint8_t s1_cir, s1_cor, s1_csh;	  /* S1CIR, S1COR, S1CSH: how descriptors are read */
	uint8_t strw;			  /* of STAGE_1: 0 EL1, 2 EL2 */

	enum iomt_smmu_ats ats;	  /* EATS */
	uint8_t mem_attr;	  /* MemAttr, with IOMT_STE_MTCFG: 4 bits */
	uint8_t alloc;		  /* ALLOCCFG: 4 bits */
	uint8_t shcfg;		  /* 1: as the request says */
	uint8_t privcfg, instcfg; /* PRIVCFG, INSTCFG: 2 bits each */

	uint16_t vmid; /* S2VMID, of stage 1 of EL1 too */

	/* Stage 2, the fields of VTCR_EL2. */
	uint8_t s2_tsz;
	uint8_t s2_sl;				       /* S2SL0, and in bit 2 S2SL0_2 */
	uint8_t s2_irgn, s2_orgn, s2_sh, s2_tg, s2_ps; /* as iomt_pt_hw.u.arm has them */
	uint64_t s2_ttb;			       /* physical, a multiple of 16 */
};

/* TT: how a context entry of legacy mode translates (D51397, 9.3). */
enum iomt_vtd_type {
	IOMT_VTD_TABLE = 0,	/* by a second-stage table */
	IOMT_VTD_TABLE_ATS = 1, /* the same, and the device may ask for translations */
	IOMT_VTD_PASS = 2,	/* not at all (ECAP_REG.PT) */
};

/* Bits of a context entry; all but FPD are of scalable mode (9.4) */
#define IOMT_VTD_CONTEXT_FPD	  0x01u /* faults are not reported */
#define IOMT_VTD_CONTEXT_DTE	  0x02u /* the device may ask for translations (ATS) */
#define IOMT_VTD_CONTEXT_PASIDE	  0x04u /* requests may have a PASID */
#define IOMT_VTD_CONTEXT_PRE	  0x08u /* the device may send page requests */
#define IOMT_VTD_CONTEXT_RID_PRIV 0x10u /* requests without a PASID are a supervisor's */

/* A context entry. What the mode has no use for is 0. */
struct iomt_vtd_context {
	uint32_t flags; /* IOMT_VTD_CONTEXT_* */

	/* Legacy mode. */
	enum iomt_vtd_type type;
	uint64_t second; /* SSPTPTR: physical, a multiple of 4096; 0 for IOMT_VTD_PASS */
	uint16_t domain; /* domain id */
	uint8_t aw;	 /* 1, 2, 3 for three, four, five levels; PASS: the most that SAGAW has */

	/* Scalable mode. */
	uint8_t pdts;	    /* the directory has 2^(pdts + 7) entries; 0 to 7 */
	uint64_t directory; /* PASIDDIRPTR: physical, a multiple of 4096 */
	uint32_t rid_pasid; /* the PASID of requests without one: 20 bits */
};

/* An entry: the member that the table's format has. */
struct iomt_device_entry {
	union {
		struct iomt_amd_dte dte;  /* IOMT_DEVICE_TABLE_AMD */
		struct iomt_smmu_ste ste; /* IOMT_DEVICE_TABLE_SMMU and those of two levels */
		struct iomt_vtd_context context; /* IOMT_DEVICE_TABLE_VTD, _VTD_SCALABLE */
	};
};

/* iomt_device_use.flags */
#define IOMT_DEVICE_USE_IDENTITY 0x1u /* without any table: addresses are passed on, not blocked */
#define IOMT_DEVICE_USE_ATS	 0x2u /* the device may ask for translations */
#define IOMT_DEVICE_USE_PRI	 0x4u /* and for pages; nothing in the entry for SMMUv3 */

/* What a device is to have: the usual entries. */
struct iomt_device_use {
	/* AMD V1, Arm stage 2, VT-d second stage in legacy mode; of an address space of its own. */
	const struct iomt_pt_hw *table;

	/* GCR3 table, context descriptors, PASID directory; with "table" on top of it: nested. */
	const struct iomt_pasid_table_hw *pasids;

	uint32_t flags; /* IOMT_DEVICE_USE_* */

	uint16_t domain; /* DomainID, VMID, domain id of legacy mode; else 0 */

	/* AMD, of guest tables: iomt_pt_hw's u.x86.paging_mode. Else 0. */
	uint8_t paging_mode;

	/* VT-d in legacy mode, IDENTITY: the most that CAP_REG.SAGAW has, as AW. Else 0. */
	uint8_t aw;
};

/*
 * Makes *entry what a device with such a use needs. Neither table nor PASIDs, nor IDENTITY: blocked.
 *
 * IOMT_EINVAL: unknown flags, a field that the format or the use has no use for, IDENTITY with a
 * table, flags for one that is blocked. IOMT_EOPNOTSUPP, where entries of the format cannot say it:
 * blocked in VT-d (clear the entry), PASIDs, PRI or a table that tracks dirty pages in legacy mode, all
 * but PASIDs in scalable mode (give the PASID table an entry for requests without a PASID). *entry is
 * unchanged on errors.
 */
int iomt_device_entry_for(const struct iomt_device_table *table, const struct iomt_device_use *use,
			  struct iomt_device_entry *entry);

/* iomt_device_inv.what */
#define IOMT_DEVICE_INV_ENTRY	   0x01u /* the entry of one id, or that it is absent */
#define IOMT_DEVICE_INV_TABLE	   0x02u /* and the pointers on the way to it */
#define IOMT_DEVICE_INV_SPAN	   0x04u /* all entries of 2^span_lg2 ids, and the pointers to them */
#define IOMT_DEVICE_INV_IOTLB	   0x08u /* translations by the old entry: those of "domain" */
#define IOMT_DEVICE_INV_PASIDS	   0x10u /* VT-d: PASID entries, and what is translated by them */
#define IOMT_DEVICE_INV_DEVICE_TLB 0x20u /* translations in the device, after the IOTLB */

/*
 * What a call asks to be invalidated. It belongs to one call: each sets all fields but the first two
 * anew.
 *
 * SMMUv3 tags translations of stage 1 with an ASID, and an entry does not know which: they stay, as
 * they are right for all who use that ASID's table. They go when the ASID's context descriptor does
 * (iomt_pasid_table_clear); do not give an ASID another table before.
 */
struct iomt_device_inv {
	/*
	 * Sends what inv asks for at that moment, and waits for completion: called between two
	 * stores. NULL forbids calls that need it: IOMT_EBUSY, nothing changed. It must not call
	 * for this table. While no unit uses the table yet, it may do nothing.
	 */
	void (*sync)(struct iomt_device_inv *inv);
	void *ctx; /* the hook's owner's */

	uint32_t what; /* IOMT_DEVICE_INV_*; 0: nothing */
	uint32_t id;   /* of the call; of a range, one by which hardware finds what is new */
	uint16_t
		domain; /* DomainID, VMID, VT-d domain id, of the old entry; of the new, where none was */
	uint16_t tag;	  /* VT-d: the domain id that the context cache has the entry under */
	uint8_t span_lg2; /* of SPAN: aligned ids around id; 32 for all */
};

/* Entries of a command queue that one of the calls below writes at most. */
#define IOMT_DEVICE_INV_MOST 6

/*
 * The commands for the unit. A wait (iomt_amd_wait, iomt_vtd_wait, iomt_smmu_sync) comes after them.
 * They return how many; IOMT_EINVAL, IOMT_ENOSPC as the calls of the vendors' headers. VT-d: flags are
 * 0 or IOMT_VTD_WIDE. SMMUv3: a CMD_SYNC is among them, as TLBIs do not wait for CFGIs (IHI 0070,
 * 3.21.3).
 */
int iomt_device_inv_amd(const struct iomt_device_inv *inv, struct iomt_cmd *cmds, size_t n);
int iomt_device_inv_vtd(const struct iomt_device_inv *inv, uint32_t flags, struct iomt_cmd *cmds,
			size_t n);
int iomt_device_inv_smmu(const struct iomt_device_inv *inv, struct iomt_cmd *cmds, size_t n);

/*
 * The commands for the device's own TLB (PCIe ATS), after the wait; another wait comes after them. With
 * a PASID in "device" they are about that PASID: call for each that the device may have used, and
 * without one. 0 commands where inv does not ask for it.
 */
int iomt_device_inv_amd_device(const struct iomt_device_inv *inv,
			       const struct iomt_amd_device *device, struct iomt_cmd *cmds,
			       size_t n);
int iomt_device_inv_vtd_device(const struct iomt_device_inv *inv,
			       const struct iomt_vtd_device *device, struct iomt_cmd *cmds,
			       size_t n);
int iomt_device_inv_smmu_device(const struct iomt_device_inv *inv,
				const struct iomt_smmu_device *device, struct iomt_cmd *cmds,
				size_t n);

/*
 * Makes an empty table, with its root: every id is blocked. IOMT_EINVAL, IOMT_EOPNOTSUPP: see the
 * check; IOMT_ENOMEM. On errors *table is no table.
 */
int iomt_device_table_init(struct iomt_device_table *table,
			   const struct iomt_device_table_cfg *cfg);

/* Frees all of it. Hardware must not be using it any more. */
void iomt_device_table_destroy(struct iomt_device_table *table);

/* iomt_device_table_set flags: the id's requests may fault while its entry changes. */
#define IOMT_DEVICE_BREAK 0x1u

/* The same: changes nothing. 0 where the call would do it, but for memory; inv is not set. */
#define IOMT_DEVICE_LOOK 0x2u

/*
 * Makes an entry what an id means, whether it had one or not. AMD: its interrupts stay as they are.
 *
 * In a new table, and where one store is enough, that is done at once. The hook is needed (else
 * IOMT_EBUSY) where hardware must forget between two stores: for a stream table entry in a table that
 * was there before, when it becomes valid, unless its other words are there already; for changes that
 * make hardware look at words that it ignored until then; and for changes of words that are in use,
 * with IOMT_DEVICE_BREAK, when one store cannot do them: the id is blocked then for a while. With
 * IOMT_DEVICE_TABLE_WIDE that store has 128 bits, else 64.
 *
 * Errors, nothing changed: IOMT_ERANGE (id beyond id_bits, an address or a VMID beyond its bits, S2TTB
 * beyond S2PS), IOMT_EINVAL (unknown flags, an entry that the specification does not allow),
 * IOMT_ENOMEM, IOMT_EBUSY.
 */
int iomt_device_table_set(struct iomt_device_table *table, uint32_t id,
			  const struct iomt_device_entry *entry, uint32_t flags,
			  struct iomt_device_inv *inv);

/*
 * Takes an id's entry away, by one store: it is blocked. Needs no hook. AMD: its interrupts stay as they
 * are. Turn ATS off in the device before. IOMT_ENOENT when it has none, IOMT_ERANGE, IOMT_EINVAL.
 */
int iomt_device_table_clear(struct iomt_device_table *table, uint32_t id,
			    struct iomt_device_inv *inv);

/* Reads an id's entry. IOMT_ENOENT, IOMT_ERANGE; *entry is unchanged on errors. */
int iomt_device_table_get(const struct iomt_device_table *table, uint32_t id,
			  struct iomt_device_entry *entry);

/*
 * The smallest id from "from" on that has an entry. IOMT_ENOENT when there is none; *id is unchanged
 * then. To go over all:
 *
 *	for (uint64_t from = 0; !iomt_device_table_next(&table, from, &id); from = id + 1ULL)
 */
int iomt_device_table_next(const struct iomt_device_table *table, uint64_t from, uint32_t *id);

/*
 * AMD: bits 255:128 of an entry, which are about interrupts (IV, IntTabLen, the table's address, ...) but
 * for GuestPagingMode, which is 0 here. They do not depend on whether the id has an entry, and start
 * as zeros: interrupts are not remapped. Setting both words at once needs IOMT_DEVICE_TABLE_WIDE, else
 * IOMT_EBUSY where both differ; reserved bits are the caller's to avoid. IOMT_EINVAL (GuestPagingMode,
 * no inv), IOMT_ERANGE, IOMT_EOPNOTSUPP (another format).
 */
int iomt_device_table_set_interrupts(struct iomt_device_table *table, uint32_t id,
				     const uint64_t words[2], struct iomt_device_inv *inv);
int iomt_device_table_interrupts(const struct iomt_device_table *table, uint32_t id,
				 uint64_t words[2]);

/*
 * Takes the tables of the ids [first, last] in advance: setting them needs no memory until they are
 * trimmed. All or nothing: IOMT_EINVAL (first > last, no inv), IOMT_ERANGE, IOMT_ENOMEM.
 */
int iomt_device_table_reserve(struct iomt_device_table *table, uint32_t first, uint32_t last,
			      struct iomt_device_inv *inv);

/*
 * Unlinks tables without an entry that lie wholly in [first, last], into the gather: release it after
 * what inv asks for is done. The root stays. IOMT_EINVAL, IOMT_ERANGE; IOMT_ENOMEM, or IOMT_EINVAL for
 * a gather of another provider: what was gathered before is, with inv for it.
 */
int iomt_device_table_trim(struct iomt_device_table *table, uint32_t first, uint32_t last,
			   struct iomt_device_inv *inv, struct iomt_gather *gather);

/*
 * What a driver writes to registers.
 *
 *  - AMD: base is that of the Device Table Base Address Register (48882, 3.4.1), with Size.
 *  - SMMUv3: base and cfg are those of SMMU_STRTAB_BASE and SMMU_STRTAB_BASE_CFG (IHI 0070, 6.3.24,
 *    6.3.25), with RA unless mem has a clean hook.
 *  - VT-d: base is that of RTADDR_REG (D51397, 11.4.5), with TTM.
 */
struct iomt_device_table_hw {
	uint64_t root;	 /* physical address of the first table */
	uint64_t base;	 /* as above */
	uint32_t cfg;	 /* SMMUv3, else 0 */
	uint8_t levels;	 /* 1 or 2 */
	uint8_t split;	 /* two levels: log2 of the ids of a table; else 0 */
	uint8_t id_bits; /* as configured */
};

/* Fills *hw. Never fails. */
void iomt_device_table_hw(const struct iomt_device_table *table, struct iomt_device_table_hw *hw);

/* What a table holds. */
struct iomt_device_table_stats {
	uint64_t entries; /* ids that have one */
	uint64_t tables;  /* of all levels, the root included */
	uint64_t bytes;	  /* of memory, exactly */
};

/* Reads the statistics, which calls keep: takes no time. Never fails. */
void iomt_device_table_stats(const struct iomt_device_table *table,
			     struct iomt_device_table_stats *stats);

/* A table. The fields are private; they are here so that a caller can place one anywhere. */
struct iomt_device_table {
	const struct iomt_mem *mem;
	iomt_word *root;
	uint64_t oa_last;
	uint64_t enc;
	uint64_t entries;
	uint64_t tables;
	uint64_t bytes;
	enum iomt_device_format format;
	uint32_t flags;
	uint8_t levels;
	uint8_t id_bits;
	uint8_t leaf_lg2; /* entries of a table at level 0 */
	uint8_t vmid_bits;
};

#ifdef __cplusplus
}
#endif
#endif
