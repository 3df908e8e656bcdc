/* SPDX-License-Identifier: MIT */
/*
 * PASID tables as hardware reads them: what a device's PASID (SubstreamID) means. AMD's GCR3 tables,
 * SMMUv3's context descriptors, VT-d's PASID directory; one set of calls for all three.
 *
 *	struct iomt_pasid_table_cfg cfg = {
 *		.size = sizeof(cfg), .mem = mem, .format = IOMT_PASID_TABLE_CD_4K, .pasid_bits = 16};
 *	struct iomt_pasid_entry entry = {.cd = {.asid = 5, .flags = IOMT_CD_R | IOMT_CD_A}};
 *	struct iomt_pasid_inv inv = {.sync = send, .ctx = device};
 *
 *	iomt_pasid_table_init(&table, &cfg);
 *	iomt_pasid_table_hw(&table, &hw);
 *	...                               // the STE, with hw's bits
 *	iomt_pt_hw(&pt, &pt_hw);
 *	iomt_cd_use(&entry.cd, &pt_hw, 0);
 *	iomt_pasid_table_set(&table, pasid, &entry, 0, &inv);
 *	send(&inv);                       // what iomt_pasid_inv_smmu makes of it, and the wait
 *
 * Hardware may read the words of an entry of 64 bytes at different times. Calls store words one by
 * one, in such an order that hardware never puts together an entry that is neither the old one nor
 * the new one (IHI 0070, 3.21.3; D51397, 6.5.3.3): docs/pasid-tables.md says how. Between some
 * stores hardware must forget what it has read; then the hook "sync" of struct iomt_pasid_inv is
 * called.
 *
 * After each call send what inv asks for, and wait, before the next call for the same PASID.
 *
 * Threads: one call at a time for each table; hardware reads at any time.
 */
#ifndef IOMT_PASID_TABLE_H
#define IOMT_PASID_TABLE_H

#include <iomt/amd_cmd.h>
#include <iomt/pt.h>
#include <iomt/smmu_cmd.h>
#include <iomt/vtd_cmd.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iomt_pasid_table;

/* Which table: the vendor, and how it is laid out. */
enum iomt_pasid_format {
	IOMT_PASID_TABLE_GCR3,	 /* AMD (48882, 2.2.6): one to three levels of 512 entries */
	IOMT_PASID_TABLE_CD,	 /* SMMUv3 (IHI 0070, 5.4), linear: S1Fmt 0b00 */
	IOMT_PASID_TABLE_CD_4K,	 /* two levels, 64 descriptors a table: S1Fmt 0b01 */
	IOMT_PASID_TABLE_CD_64K, /* two levels, 1024 a table: S1Fmt 0b10 */
	IOMT_PASID_TABLE_VTD,	 /* VT-d (D51397, 9.5 and 9.6): directory, 64 entries a table */
};

/* iomt_pasid_table_cfg.flags */

/*
 * Entry 0 is of requests without a PASID: AMD GIOV, SMMUv3 S1DSS 0b10 (requests with SubstreamID 0
 * are then refused), VT-d RID_PASID 0. Do not give PASID 0 to anybody else.
 */
#define IOMT_PASID_TABLE_RID 0x1u

/* Requests without a SubstreamID bypass stage 1: SMMUv3 S1DSS 0b01. Without both: they are refused. */
#define IOMT_PASID_TABLE_BYPASS 0x2u

/* VT-d: the hardware, an emulated one, may remember absent entries (CAP_REG.CM). */
#define IOMT_PASID_TABLE_CACHES_ABSENT 0x4u

/* How a table is to be. */
struct iomt_pasid_table_cfg {
	/* sizeof(struct iomt_pasid_table_cfg): the struct may grow, as all of these. */
	size_t size;

	/* Where tables come from. Must outlive the table. */
	const struct iomt_mem *mem;

	enum iomt_pasid_format format; /* which table */
	uint32_t flags;		       /* IOMT_PASID_TABLE_* */

	/*
	 * PASIDs are 0 to 2^pasid_bits - 1; 20 bits at most. A linear table has 14 at most, and 0
	 * for a single descriptor without substreams; two levels take more than one table has.
	 */
	uint8_t pasid_bits;

	/*
	 * GCR3: levels to begin with, as many as pasid_bits needs at most; 0 for that many. With
	 * fewer, the table grows when a larger PASID comes, which root_changed must be given for.
	 * Else 0.
	 */
	uint8_t levels;

	/* Bits of physical addresses: 32 to 52, 0 for 52. */
	uint8_t oa_bits;

	/* SMMUv3: bits of ASIDs, 8 or 16 (SMMU_IDR0.ASID16); 0 for 16. Else 0. */
	uint8_t asid_bits;

	/* GCR3: memory encryption bit (C-bit) of addresses, from oa_bits to 51; 0 for none. Else 0. */
	uint8_t enc_bit;

	/*
	 * Called when a GCR3 table has a new root and more levels. The driver writes them to the
	 * device-table entry (iomt_pasid_table_hw): both words at once, by a store of 128 bits; sends
	 * INVALIDATE_DEVTAB_ENTRY, and waits. What was reachable stays so, before and after it.
	 */
	void (*root_changed)(void *ctx, struct iomt_pasid_table *table);
	void *ctx;
};

/* What is wrong with a configuration: the field's name, and a sentence about it. */
struct iomt_pasid_table_cfg_error {
	const char *field;  /* its name, a constant */
	const char *reason; /* what is wrong with it, a constant */
};

/*
 * 0 when iomt_pasid_table_init would accept this configuration, else IOMT_EINVAL; *error, unless
 * NULL, then names the field and says why. Safe from any thread.
 */
int iomt_pasid_table_cfg_check(const struct iomt_pasid_table_cfg *cfg,
			       struct iomt_pasid_table_cfg_error *error);

/* An entry of a GCR3 table. */
struct iomt_gcr3 {
	uint64_t root; /* of a guest table (AMD V2): physical, a multiple of 4096 */
};

/* Bits of a context descriptor's first word (IHI 0070, 5.4); AA64 and V are always set. */
#define IOMT_CD_ENDI (1ULL << 15) /* table walks are big-endian */
#define IOMT_CD_AFFD (1ULL << 35) /* access flag faults are off */
#define IOMT_CD_WXN  (1ULL << 36) /* what can be written is not executed */
#define IOMT_CD_UWXN (1ULL << 37) /* the same of what users can write */
#define IOMT_CD_TBI0 (1ULL << 38) /* the top byte of addresses of TTB0 is ignored */
#define IOMT_CD_TBI1 (1ULL << 39) /* and of TTB1 */
#define IOMT_CD_PAN  (1ULL << 40) /* privileged requests do not reach what users can */
#define IOMT_CD_HD   (1ULL << 42) /* hardware tracks dirty pages */
#define IOMT_CD_HA   (1ULL << 43) /* hardware sets access flags */
#define IOMT_CD_S    (1ULL << 44) /* what faults is stalled */
#define IOMT_CD_R    (1ULL << 45) /* faults are recorded */
#define IOMT_CD_A    (1ULL << 46) /* what faults is aborted, with an error for the device */
#define IOMT_CD_ASET (1ULL << 47) /* the ASID is not shared with processors */

/* One half of the address space. A half that is not used (EPD) is all zeros. */
struct iomt_cd_half {
	uint64_t ttb;		/* physical, a multiple of 16 */
	bool used;		/* else all of this is zeros */
	bool had;		/* HAD: hierarchical attributes are off */
	uint8_t tsz;		/* T0SZ, T1SZ */
	uint8_t tg;		/* TG0 and TG1 have encodings of their own */
	uint8_t irgn, orgn, sh; /* cacheability and shareability of table walks */
};

/* A context descriptor. */
struct iomt_cd {
	struct iomt_cd_half half[2]; /* TTB0, TTB1 */
	uint64_t flags;		     /* IOMT_CD_* */
	uint64_t mair;		     /* memory types that AttrIndx in entries means */
	uint64_t amair;		     /* what the implementation makes of it */
	uint16_t asid;		     /* what translations are tagged with */
	uint8_t ips;		     /* bits of output address, encoded as iomt_pt_hw.u.arm.ps */
	bool ds;		     /* 52-bit addresses with 4K and 16K (LPA2) */
};

/*
 * Fills the parts that follow from a stage 1 table (what iomt_pt_hw says of it): half 0 or 1, IPS,
 * MAIR, DS, HA and HD. IOMT_EINVAL, nothing changed, for another half, or where the other half is
 * used and needs other values.
 */
int iomt_cd_use(struct iomt_cd *cd, const struct iomt_pt_hw *hw, unsigned half);

/* PGTT: what translates. */
enum iomt_vtd_stages {
	IOMT_VTD_FIRST = 1,	   /* a first-stage table */
	IOMT_VTD_SECOND = 2,	   /* a second-stage table */
	IOMT_VTD_NESTED = 3,	   /* a first-stage table on a second-stage one */
	IOMT_VTD_PASS_THROUGH = 4, /* nothing */
};

/* Bits of a PASID-table entry (D51397, 9.6). */
#define IOMT_VTD_ENTRY_FPD   0x001u /* faults are not reported */
#define IOMT_VTD_ENTRY_SSADE 0x002u /* second stage: accessed and dirty bits */
#define IOMT_VTD_ENTRY_PWSNP 0x004u /* table walks snoop */
#define IOMT_VTD_ENTRY_PGSNP 0x008u /* requests snoop */
#define IOMT_VTD_ENTRY_CD    0x010u /* caching is disabled */
#define IOMT_VTD_ENTRY_EMTE  0x020u /* second stage: extended memory types, emt */
#define IOMT_VTD_ENTRY_PWT   0x040u /* first stage: the top table is write-through */
#define IOMT_VTD_ENTRY_PCD   0x080u /* first stage: and not cached */
#define IOMT_VTD_ENTRY_SRE   0x100u /* first stage: supervisor requests */
#define IOMT_VTD_ENTRY_WPE   0x200u /* first stage: write protection holds for supervisors */
#define IOMT_VTD_ENTRY_NXE   0x400u /* first stage: execute-disable */
#define IOMT_VTD_ENTRY_EAFE  0x800u /* first stage: extended accessed flags */

/* A PASID-table entry. What the stages have no use for is 0. */
struct iomt_vtd_entry {
	enum iomt_vtd_stages stages; /* PGTT */
	uint32_t flags;		     /* IOMT_VTD_ENTRY_* */
	uint64_t first;		     /* FSPTPTR: physical, a multiple of 4096 */
	uint64_t second;	     /* SSPTPTR: the same */
	uint16_t domain;	     /* domain id, 16 bits */
	uint8_t fspm;		     /* first stage: 0 for four levels, 1 for five */
	uint8_t aw;   /* 1, 2, 3 for three, four, five levels; with a first stage alone also 0 */
	uint8_t emt;  /* 3 bits */
	uint32_t pat; /* first stage: page attribute table, eight types of 4 bits */
};

/* An entry: the member that the table's format has. */
struct iomt_pasid_entry {
	union {
		struct iomt_gcr3 gcr3;	   /* IOMT_PASID_TABLE_GCR3 */
		struct iomt_cd cd;	   /* IOMT_PASID_TABLE_CD and those of two levels */
		struct iomt_vtd_entry vtd; /* IOMT_PASID_TABLE_VTD */
	};
};

/* iomt_pasid_inv.what */
#define IOMT_PASID_INV_ENTRY	  0x01u /* the entry of one PASID, or that it is absent */
#define IOMT_PASID_INV_TABLE	  0x02u /* and the pointers on the way to it */
#define IOMT_PASID_INV_ALL	  0x04u /* all entries of the device, and the pointers to them */
#define IOMT_PASID_INV_IOTLB	  0x08u /* translations by the old entry */
#define IOMT_PASID_INV_DEVICE_TLB 0x10u /* the same in the device, after the IOTLB */
#define IOMT_PASID_INV_DOMAIN	  0x20u /* VT-d: translations are tagged by domain alone */

/*
 * What a call asks to be invalidated. It belongs to one call: each sets all fields but the first two
 * anew. Devices that share one table need it each.
 */
struct iomt_pasid_inv {
	/*
	 * Sends what inv asks for at that moment, and waits for completion: called between two
	 * stores. NULL forbids calls that need it: IOMT_EBUSY, nothing changed. It must not call
	 * for this table.
	 */
	void (*sync)(struct iomt_pasid_inv *inv);
	void *ctx; /* the hook's owner's */

	uint32_t what;	/* IOMT_PASID_INV_*; 0: nothing */
	uint32_t pasid; /* of the call; of a range, one by which hardware finds what is new */
	uint16_t tag;	/* ASID, or VT-d domain id, of the old entry; of the new, where none was */
};

/* Entries of a command queue that one of the calls below writes at most. */
#define IOMT_PASID_INV_MOST 4

/*
 * The commands for one device's unit. A wait (iomt_amd_wait, iomt_vtd_wait, iomt_smmu_sync) comes
 * after them. They return how many; IOMT_EINVAL, IOMT_ENOSPC as the calls of the vendors' headers.
 *
 * AMD: domain is that of the device-table entry. VT-d: flags are 0 or IOMT_VTD_WIDE. SMMUv3: of
 * streams of EL1, with the STE's VMID; a CMD_SYNC is among them, as TLBIs do not wait for CFGIs
 * (IHI 0070, 3.21.3).
 */
int iomt_pasid_inv_amd(const struct iomt_pasid_inv *inv, uint16_t rid, uint16_t domain,
		       struct iomt_cmd *cmds, size_t n);
int iomt_pasid_inv_vtd(const struct iomt_pasid_inv *inv, uint32_t flags, struct iomt_cmd *cmds,
		       size_t n);
int iomt_pasid_inv_smmu(const struct iomt_pasid_inv *inv, uint32_t stream, uint16_t vmid,
			struct iomt_cmd *cmds, size_t n);

/*
 * The commands for the device's own TLB (PCIe ATS), after the wait; another wait comes after them.
 * The flag by which "device" has a PASID (IOMT_AMD_GUEST, IOMT_VTD_PASID, IOMT_SMMU_SUBSTREAM) says
 * whether its requests of this entry carry one; its number is that of inv.
 */
int iomt_pasid_inv_amd_device(const struct iomt_pasid_inv *inv,
			      const struct iomt_amd_device *device, struct iomt_cmd *cmds,
			      size_t n);
int iomt_pasid_inv_vtd_device(const struct iomt_pasid_inv *inv,
			      const struct iomt_vtd_device *device, struct iomt_cmd *cmds,
			      size_t n);
int iomt_pasid_inv_smmu_device(const struct iomt_pasid_inv *inv,
			       const struct iomt_smmu_device *device, struct iomt_cmd *cmds,
			       size_t n);

/*
 * Makes an empty table, with its root. IOMT_EINVAL: see the check; IOMT_ENOMEM. On errors *table is
 * no table.
 */
int iomt_pasid_table_init(struct iomt_pasid_table *table, const struct iomt_pasid_table_cfg *cfg);

/* Frees all of it. Hardware must not be using it any more. */
void iomt_pasid_table_destroy(struct iomt_pasid_table *table);

/* iomt_pasid_table_set flags: the PASID's requests may fault while its entry changes. */
#define IOMT_PASID_BREAK 0x1u

/* The same: changes nothing. 0 where the call would do it, but for memory; inv is not set. */
#define IOMT_PASID_LOOK 0x2u

/*
 * Makes an entry what a PASID means, whether it had one or not.
 *
 * In a new table, and where one store is enough, that is done at once. The hook is needed (else
 * IOMT_EBUSY) where hardware must forget between two stores: for a context descriptor in a table that
 * was there before, when it becomes valid, or uses the other half of the address space too, unless
 * its other words are there already; and for changes of words that are in use, with IOMT_PASID_BREAK,
 * when they are two or more: the entry is invalid then for a while. AMD needs neither, ever.
 *
 * Errors, nothing changed: IOMT_ERANGE (pasid beyond pasid_bits, or an address, an ASID beyond its
 * bits; TTB0 and TTB1 also beyond IPS, or beyond 48 bits without DS or 64K), IOMT_EINVAL (unknown
 * flags, an entry that the specification does not allow), IOMT_ENOMEM, IOMT_EBUSY.
 */
int iomt_pasid_table_set(struct iomt_pasid_table *table, uint32_t pasid,
			 const struct iomt_pasid_entry *entry, uint32_t flags,
			 struct iomt_pasid_inv *inv);

/* Takes a PASID's entry away, by one store; needs no hook. IOMT_ENOENT when it has none, IOMT_ERANGE. */
int iomt_pasid_table_clear(struct iomt_pasid_table *table, uint32_t pasid,
			   struct iomt_pasid_inv *inv);

/* Reads a PASID's entry. IOMT_ENOENT, IOMT_ERANGE; *entry is unchanged on errors. */
int iomt_pasid_table_get(const struct iomt_pasid_table *table, uint32_t pasid,
			 struct iomt_pasid_entry *entry);

/*
 * The smallest PASID from "from" on that has an entry. IOMT_ENOENT when there is none; *pasid is
 * unchanged then. To go over all:
 *
 *	for (uint64_t from = 0; !iomt_pasid_table_next(&table, from, &pasid); from = pasid + 1ULL)
 */
int iomt_pasid_table_next(const struct iomt_pasid_table *table, uint64_t from, uint32_t *pasid);

/*
 * Takes the tables of the PASIDs [first, last] in advance: setting them needs no memory until they
 * are trimmed. All or nothing: IOMT_EINVAL (first > last, no inv), IOMT_ERANGE, IOMT_ENOMEM.
 */
int iomt_pasid_table_reserve(struct iomt_pasid_table *table, uint32_t first, uint32_t last,
			     struct iomt_pasid_inv *inv);

/*
 * Unlinks tables without an entry that lie wholly in [first, last], into the gather: release it
 * after what inv asks for is done. The root stays, and the levels. IOMT_EINVAL, IOMT_ERANGE;
 * IOMT_ENOMEM, or IOMT_EINVAL for a gather of another provider: what was gathered before is, with
 * inv for it.
 */
int iomt_pasid_table_trim(struct iomt_pasid_table *table, uint32_t first, uint32_t last,
			  struct iomt_pasid_inv *inv, struct iomt_gather *gather);

/*
 * What a driver writes to the entry of the device: bits of words 0 and 1, and which bits those are.
 * All other bits (V, Config, DTE, PASIDE, DomainID, ...) are the driver's.
 *
 *  - AMD device-table entry (48882, 2.2.2.1): GIOV, GV, GLX, the GCR3 root.
 *  - SMMUv3 STE (IHI 0070, 5.2): S1Fmt, S1ContextPtr, S1CDMax; S1DSS, S1CIR, S1COR, S1CSH, which
 *    are write-back and inner shareable unless mem has a clean hook.
 *  - VT-d scalable-mode context entry (D51397, 9.4): PASIDDIRPTR, PDTS; RID_PASID with
 *    IOMT_PASID_TABLE_RID.
 */
struct iomt_pasid_table_hw {
	uint64_t root;	  /* physical address of the first table */
	uint64_t word[2]; /* bits, in place */
	uint64_t mask[2]; /* which bits those are */
	uint8_t levels;	  /* of the table */
};

/* Fills *hw. Never fails. */
void iomt_pasid_table_hw(const struct iomt_pasid_table *table, struct iomt_pasid_table_hw *hw);

/* What a table holds. */
struct iomt_pasid_table_stats {
	uint64_t entries; /* PASIDs that have one */
	uint64_t tables;  /* of all levels, the root included */
	uint64_t bytes;	  /* of memory, exactly */
};

/* Reads the statistics, which calls keep: takes no time. Never fails. */
void iomt_pasid_table_stats(const struct iomt_pasid_table *table,
			    struct iomt_pasid_table_stats *stats);

/* A table. The fields are private; they are here so that a caller can place one anywhere. */
struct iomt_pasid_table {
	const struct iomt_mem *mem;
	iomt_word *root;
	void (*root_changed)(void *ctx, struct iomt_pasid_table *table);
	void *ctx;
	uint64_t oa_last;
	uint64_t enc;
	uint64_t entries;
	uint64_t tables;
	uint64_t bytes;
	iomt_word *spare; /* empty tables for the next entries, linked; not counted */
	enum iomt_pasid_format format;
	uint32_t flags;
	uint8_t levels;
	uint8_t pasid_bits;
	uint8_t leaf_lg2; /* entries of a table at level 0 */
	uint8_t asid_bits;
};

#ifdef __cplusplus
}
#endif
#endif
