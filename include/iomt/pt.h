/* SPDX-License-Identifier: MIT */
/*
 * I/O page tables: the same calls for every hardware format.
 *
 * A table is made from a format (iomt/formats.h), a memory provider (iomt/mem.h) and a
 * configuration, and lives in a struct iomt_pt of the caller's. Nothing here touches hardware: the
 * caller programs what iomt_pt_hw reports, and sends the invalidations that a gather asks for.
 *
 * Rules that hold for every call:
 *  - Addresses and lengths are in bytes and multiples of the format's granule; a range is
 *    [iova, iova + length - 1] and may end at the last byte of the address space.
 *  - A call that fails changes nothing that is mapped, and leaks nothing.
 *  - Calls on disjoint ranges of one table may run at the same time in any threads, without a lock.
 *    Lookups (iomt_pt_translate, iomt_pt_oa, iomt_pt_translate_many, iomt_pt_next) may run at the
 *    same time as anything, as long as tables are released (iomt_gather_release) only when such
 *    readers are gone. Two writers at once on
 *    overlapping ranges are an error of the caller's: what stays mapped is then unspecified, but
 *    memory is never corrupted.
 *  - The one place where a call may wait for another: splitting a leaf that straddles the edge of a
 *    range. Range calls of unmap, protect and dirty on the same table spin until it is split. Where
 *    such calls also come from interrupts, split with interrupts off.
 *  - While a call breaks a leaf before it is made anew (struct iomt_gather, sync), lookups in other
 *    threads find nothing where it was. Mapping over it is IOMT_EEXIST, as at other times. While a
 *    leaf is split, iomt_pt_leaf.dirty of its parts may be false for a moment though it was written.
 *  - iomt_pt_init and iomt_pt_destroy need the table for themselves.
 */
#ifndef IOMT_PT_H
#define IOMT_PT_H

#include <iomt/gather.h>
#include <iomt/mem.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iomt_pt;
struct iomt_pt_format; /* one hardware format, see iomt/formats.h */

/* The most levels that any format has. */
#define IOMT_PT_MAX_LEVELS 6

/*
 * What a mapping allows, and what the entry says of the memory behind it: the "prot" of the calls
 * below. A bit that is not listed is IOMT_EINVAL; a listed one that the format cannot express, or
 * was not configured for, is IOMT_EOPNOTSUPP. At least one of READ, WRITE and EXEC is needed.
 */
#define IOMT_READ   0x001u /* the device may read */
#define IOMT_WRITE  0x002u /* the device may write */
#define IOMT_EXEC   0x004u /* the device may fetch instructions */
#define IOMT_SNOOP  0x008u /* DMA snoops whatever the request says (AMD FC, VT-d SNP) */
#define IOMT_PRIV   0x010u /* only privileged requests may use the mapping */
#define IOMT_GLOBAL 0x020u /* the same in every address space (x86, RISC-V G, Arm nG = 0) */
#define IOMT_MMIO   0x040u /* the output is not memory: it is never encrypted */

/* The memory type, one of three. Formats without a type have write-back alone. */
#define IOMT_TYPE_WRITE_BACK 0x000u /* normal memory, cacheable */
#define IOMT_TYPE_UNCACHED   0x100u /* normal memory, not cacheable */
#define IOMT_TYPE_DEVICE     0x200u /* device registers */
#define IOMT_TYPE_MASK	     0x300u /* the bits of all three */

/* iomt_pt_cfg.flags */
#define IOMT_PT_DIRTY  0x01u /* the hardware tracks dirty pages: mappings start clean */
#define IOMT_PT_SIGNED 0x02u /* IOVAs are sign-extended from the top bit (x86 PASIDs, RISC-V) */
#define IOMT_PT_TTBR1  0x04u /* the table serves the upper half, addresses that end at 2^64 (Arm) */
#define IOMT_PT_NX     0x08u /* the hardware honours execute-disable (x86 bit 63) */
#define IOMT_PT_PBMT   0x10u /* the hardware has memory types in entries (RISC-V Svpbmt) */

/* How a table is to be. Zero is a good value for every field but size, format and mem. */
struct iomt_pt_cfg {
	/* sizeof(struct iomt_pt_cfg): the struct may grow; callers built with an older one work. */
	size_t size;

	/* The hardware format, such as &iomt_amdv1. */
	const struct iomt_pt_format *format;

	/* Where tables come from. Must outlive the table. */
	const struct iomt_mem *mem;

	/* IOMT_PT_* flags. One that the format does not know is an error. */
	uint32_t flags;

	/*
	 * Bits of input address. 0 takes the format's usual width: 48 for x86-64, VT-d, Arm (52
	 * for LPA2) and the RISC-V first stage, 50 for its second, 64 for AMD V1 unless levels says
	 * less. The RISC-V first stage has one bit less without IOMT_PT_SIGNED, at most 38, 47 or
	 * 56 with three, four or five levels: what is above must be copies of a zero.
	 */
	uint8_t iova_bits;

	/*
	 * Bits of output address, as hardware reports. 0 takes 48 for Arm without LPA2, 56 for
	 * RISC-V, else 52; with an encryption bit below that, as many as it leaves.
	 */
	uint8_t oa_bits;

	/*
	 * Levels of tables, 0 for the fewest that reach iova_bits. AMD V1 may begin with fewer and
	 * grow while in use, if top_changed is given: it grows to reach an address, never just to
	 * hold a larger leaf. Arm stage 2 may name one level more than the concatenated root needs,
	 * but for 16K without LPA2; hardware has that start only where its own output is wide enough
	 * (DDI 0487, VTCR_EL2.SL0: 44 bits for four levels of 4K, 42 for three of 16K).
	 */
	uint8_t levels;

	/*
	 * The position of the memory encryption bit (AMD C-bit) in an address, 0 for none. It is
	 * set in tables, and in leaves except IOMT_MMIO. AMD V1 and x86-64; at least oa_bits, at
	 * most 51.
	 */
	uint8_t enc_bit;

	/*
	 * Arm: the break-before-make level of the hardware (ID_AA64MMFR2_EL1.BBM, SMMU_IDR3.BBML).
	 * 0: the size of a live leaf changes only by break-before-make. 1: the contiguous bit may
	 * change in place. 2: blocks and tables too. Other formats change sizes in place; it must
	 * be 0 there.
	 */
	uint8_t bbm;

	/*
	 * Leaf sizes that may be used, bit k for 2^k bytes; must hold the granule. 0 takes all that
	 * the format has but those with known errata (AMD V1: 512 GiB) and those that need an
	 * extension (RISC-V: 64 KiB, Svnapot).
	 */
	uint64_t page_sizes;

	/*
	 * Called when an AMD V1 table got a new top, so that the driver reprograms root and mode
	 * from iomt_pt_hw (under a lock of its own: two threads may be told at once; the last state
	 * counts). No call that needs the new top returns before this hook was called and has
	 * returned. NULL: the table does not grow.
	 */
	void (*top_changed)(void *ctx, struct iomt_pt *pt);
	void *ctx; /* passed to top_changed */
};

/* What is wrong with a configuration: the field's name, and a sentence about it. */
struct iomt_pt_cfg_error {
	const char *field;  /* its name, a constant */
	const char *reason; /* what is wrong with it, a constant */
};

/*
 * Checks a configuration without making a table. Returns 0, or IOMT_EINVAL, or IOMT_EOPNOTSUPP
 * where the format has no such feature; error (may be NULL) then names the first field that is
 * wrong. Safe from any thread.
 */
int iomt_pt_cfg_check(const struct iomt_pt_cfg *cfg, struct iomt_pt_cfg_error *error);

/*
 * Makes an empty table in *pt, with its top table allocated. Errors: those of iomt_pt_cfg_check,
 * and IOMT_ENOMEM. On error *pt is not a table and must not be destroyed.
 */
int iomt_pt_init(struct iomt_pt *pt, const struct iomt_pt_cfg *cfg);

/*
 * Frees every table at once. The hardware must not be using the table any more, nor any other
 * thread. Tables that still wait in a gather stay the gather's.
 */
void iomt_pt_destroy(struct iomt_pt *pt);

/*
 * Maps [iova, iova + length - 1] to the output addresses that begin at oa, with the page sizes that
 * make the fewest IOTLB entries. All or nothing.
 *
 * gather may be NULL, and need not be synchronised afterwards when it stays empty. It collects what
 * a map can change under the hardware's eyes: an empty table that gives way to a large leaf.
 * Without a gather, or where the hardware needs break-before-make for it, such a table is kept and
 * filled with smaller leaves instead. An IOMMU that caches absent entries (VT-d caching mode, AMD
 * NpCache) must have the whole mapped range invalidated by the caller.
 *
 * Errors: IOMT_EINVAL (length 0; iova, oa or length not a multiple of the granule; unknown prot
 * bits, or none of READ, WRITE, EXEC), IOMT_EOPNOTSUPP (prot that the format cannot express),
 * IOMT_ERANGE (either range wraps or leaves its address size), IOMT_EEXIST, IOMT_ENOMEM.
 */
int iomt_pt_map(struct iomt_pt *pt, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot,
		struct iomt_gather *gather);

/* One piece of a scatter list. */
struct iomt_seg {
	uint64_t oa;	 /* output address */
	uint64_t length; /* bytes, not 0 */
};

/*
 * Maps the pieces of a scatter list one after the other from iova on, as one mapping: all or
 * nothing, and neighbours that happen to touch may share larger leaves. count must not be 0. Gather
 * and errors as for iomt_pt_map.
 */
int iomt_pt_map_sg(struct iomt_pt *pt, uint64_t iova, const struct iomt_seg *segs, size_t count,
		   uint32_t prot, struct iomt_gather *gather);

/*
 * Removes exactly [iova, iova + length - 1]; holes are skipped. A leaf or run that straddles an
 * edge is split first and keeps its attributes and its dirty state outside the range. Tables stay,
 * for the next map (iomt_pt_trim gives them back). *unmapped (may be NULL) is set to the bytes that
 * were mapped, also on errors (0).
 *
 * The caller must invalidate what the gather holds before the memory behind the range is used for
 * anything else. gather NULL records nothing, for callers that will invalidate everything.
 *
 * Errors: IOMT_EINVAL, IOMT_ERANGE as for iomt_pt_map; IOMT_ENOMEM (no memory for a split);
 * IOMT_EBUSY (the split needs break-before-make and the gather has no sync hook).
 */
int iomt_pt_unmap(struct iomt_pt *pt, uint64_t iova, uint64_t length, uint64_t *unmapped,
		  struct iomt_gather *gather);

/*
 * Changes what [iova, iova + length - 1] allows to the READ, WRITE, EXEC and PRIV bits of prot;
 * everything else of the entries stays, dirty state too. Holes are skipped, leaves that straddle an
 * edge are split. Any other bit in prot is IOMT_EINVAL. Invalidate what the gather holds, as for
 * iomt_pt_unmap; errors as there, and IOMT_EOPNOTSUPP as for iomt_pt_map.
 */
int iomt_pt_protect(struct iomt_pt *pt, uint64_t iova, uint64_t length, uint32_t prot,
		    struct iomt_gather *gather);

/* What one address means. */
struct iomt_pt_leaf {
	uint64_t oa;	  /* the output address of the address that was asked for */
	uint64_t entry;	  /* the entry as hardware reads it */
	uint32_t prot;	  /* as it was given to iomt_pt_map */
	uint8_t size_lg2; /* log2 of the leaf's (or run's) size in bytes */
	uint8_t level;	  /* 0 is the level whose plain leaf is one granule */
	bool dirty;	  /* written since mapped or cleaned; meaningful with IOMT_PT_DIRTY */
};

/*
 * Looks up the byte address iova (any alignment). IOMT_ENOENT when nothing is mapped there,
 * IOMT_ERANGE when it is no address of this table; *leaf is unchanged then.
 */
int iomt_pt_translate(const struct iomt_pt *pt, uint64_t iova, struct iomt_pt_leaf *leaf);

/* The same for the output address alone, which is faster. *oa is unchanged on errors. */
int iomt_pt_oa(const struct iomt_pt *pt, uint64_t iova, uint64_t *oa);

/*
 * Looks up count addresses at once, side by side: where tables are not in the cache, that is several
 * times as fast as one after the other. leaves[i] is what iomt_pt_translate makes of iovas[i], or
 * all zeros (size_lg2 0 is no leaf's) where that is an error. Returns how many are mapped.
 */
size_t iomt_pt_translate_many(const struct iomt_pt *pt, const uint64_t *iovas, size_t count,
			      struct iomt_pt_leaf *leaves);

/* Leaves of one size and the same prot, with addresses that follow one another on both sides. */
struct iomt_pt_run {
	uint64_t iova;	  /* first input address */
	uint64_t last;	  /* last input address, inclusive */
	uint64_t oa;	  /* output address of iova */
	uint32_t prot;	  /* as it was mapped: IOMT_READ, ... */
	uint8_t size_lg2; /* of each leaf */
	uint8_t level;	  /* of the leaves, 0 for the last */
};

/*
 * Finds the first run at or after "first" and clips it to [first, last] (inclusive). To visit all:
 *
 *	for (uint64_t at = first; !iomt_pt_next(pt, at, last, &run); at = run.last + 1) {
 *		...
 *		if (run.last == last)
 *			break;
 *	}
 *
 * IOMT_ENOENT when nothing more is mapped, IOMT_ERANGE when the range is none of this table,
 * IOMT_EINVAL when either edge is not on the granule. *run is unchanged on errors.
 */
int iomt_pt_next(const struct iomt_pt *pt, uint64_t first, uint64_t last, struct iomt_pt_run *run);

/* iomt_pt_dirty flags */
#define IOMT_DIRTY_KEEP 0x1u /* read only: dirty states stay, nothing is gathered */

/*
 * Reads, and unless IOMT_DIRTY_KEEP is given clears, the dirty state of [iova, iova + length - 1].
 * Bit i of the caller's bitmap (bit i % 64 of word i / 64) stands for the bytes from
 * iova + i * page_size on and is set when a leaf in them was written to; bits are only ever set,
 * never cleared. page_size is a power of two, at least the granule; length need not be a multiple
 * of it, and the bitmap has ceil(length / page_size) bits.
 *
 * Clears are atomic: a write by hardware at the same time is reported now or next time. A leaf that
 * straddles an edge of the range is reported but stays dirty. What was cleared is gathered, and
 * must be invalidated before later writes show.
 *
 * Errors: IOMT_EINVAL, IOMT_ERANGE as for iomt_pt_map, and IOMT_EINVAL for page_size, flags, a NULL
 * bitmap, or a missing gather when clearing; IOMT_EOPNOTSUPP without IOMT_PT_DIRTY.
 */
int iomt_pt_dirty(struct iomt_pt *pt, uint64_t iova, uint64_t length, uint64_t page_size,
		  uint64_t *bitmap, uint32_t flags, struct iomt_gather *gather);

/*
 * Takes all tables of [iova, iova + length - 1] in advance, so that mapping any of it later, in any
 * page size, cannot fail for memory (until iomt_pt_trim, or a large leaf, gives them back). All or
 * nothing: IOMT_EINVAL, IOMT_ERANGE, IOMT_ENOMEM.
 */
int iomt_pt_reserve(struct iomt_pt *pt, uint64_t iova, uint64_t length);

/*
 * Unlinks the empty tables that lie wholly inside [iova, iova + length - 1] and adds them to the
 * gather, which must not be NULL; they are freed by iomt_gather_release, after the invalidation.
 * The top table stays. This writes to all of the range: a map in it at the same time may be lost, with
 * the tables that it links. IOMT_EINVAL, IOMT_ERANGE as for iomt_pt_map; IOMT_EINVAL also when the
 * gather is NULL, or holds tables of another provider; IOMT_ENOMEM when there is no memory for the
 * gather's bookkeeping: tables gathered before it ran out are gathered, the rest stays.
 */
int iomt_pt_trim(struct iomt_pt *pt, uint64_t iova, uint64_t length, struct iomt_gather *gather);

/* The memory that a table uses, exactly. */
struct iomt_pt_stats {
	uint64_t bytes;			     /* all tables that are linked, the top included */
	uint64_t tables[IOMT_PT_MAX_LEVELS]; /* tables linked at each level; [0] holds granules */
};

/*
 * Counts the tables, by going over all of them but leaf tables, whose number stands above. (Nothing
 * is counted along the way: threads that link tables would meet at the count.) Tables that others
 * link or take out meanwhile are counted or not. Safe from any thread, on the terms of a lookup.
 */
void iomt_pt_stats(const struct iomt_pt *pt, struct iomt_pt_stats *stats);

/* What a driver must program into registers or context structures for this table. */
struct iomt_pt_hw {
	uint64_t root;	   /* physical address of the top table */
	uint8_t levels;	   /* levels that the hardware walks */
	uint8_t iova_bits; /* bits of input address that the levels take part in */
	uint8_t oa_bits;   /* bits of output address */
	bool dirty; /* IOMT_PT_DIRTY: hardware must be told to track (AMD HAD 3, VT-d SSADE) */
	/* The format's own: the member that the table is one of. */
	union {
		/* AMD 48882, device table entry */
		struct {
			uint8_t mode; /* DTE[11:9] */
		} amdv1;
		/* AMD DTE[183:182] guest paging mode, VT-d PASID entry FSPM */
		struct {
			uint8_t paging_mode; /* 0 is four, 1 is five levels */
			bool nx;	     /* set NXE / EXE with it */
		} x86;
		/* VT-d context and PASID entry */
		struct {
			uint8_t aw; /* AW: 1, 2, 3 for three, four, five levels */
		} vtd;
		/* Arm DDI 0487 TCR_EL1, VTCR_EL2, and the fields of the same names in SMMUv3 CD and
		 * STE */
		struct {
			uint64_t ttbr; /* BADDR of TTBR0, TTBR1 or VTTBR; ASID and CnP zero */
			uint64_t mair; /* stage 1: MAIR_EL1 that the entries' AttrIndx expect */
			uint8_t tsz;   /* T0SZ or T1SZ */
			uint8_t tg;    /* TG0, or TG1 with IOMT_PT_TTBR1 (their encodings differ) */
			uint8_t sh;    /* SH0/SH1 of table walks; with ds of all leaves too */
			uint8_t irgn;  /* inner cacheability of table walks */
			uint8_t orgn;  /* and outer */
			uint8_t ps;    /* IPS or PS */
			uint8_t sl;    /* stage 2: VTCR SL0 */
			uint8_t sl2;   /* stage 2: VTCR SL2 */
			bool ds;       /* DS: the LPA2 descriptor layout */
			bool ha;       /* HA and HD: set both with IOMT_PT_DIRTY */
			bool hd;       /* the same */
		} arm;
		/* RISC-V satp and hgatp; FSC (iosatp) and iohgatp of the IOMMU's contexts */
		struct {
			uint64_t atp; /* MODE 63:60 and PPN 43:0; ASID, VMID or GSCID zero */
			uint8_t mode; /* 8, 9, 10 for three, four, five levels */
			bool ade; /* SADE or GADE, or menvcfg/henvcfg.ADUE: set with IOMT_PT_DIRTY */
		} riscv;
	} u;
};

/*
 * Fills *hw. A table that may grow (iomt_pt_cfg.top_changed) reports a root and levels that belong
 * together. Safe from any thread.
 */
void iomt_pt_hw(const struct iomt_pt *pt, struct iomt_pt_hw *hw);

/* The leaf sizes that the table uses, bit k for 2^k bytes. The lowest is the granule. */
uint64_t iomt_pt_sizes(const struct iomt_pt *pt);

/* The first and the last IOVA of the table's (lower, with IOMT_PT_SIGNED) range. */
void iomt_pt_bounds(const struct iomt_pt *pt, uint64_t *first, uint64_t *last);

/*
 * A page table. The fields are here so that a caller can place one anywhere, and for debuggers;
 * they are private.
 */
struct iomt_pt {
	/* what one call on one page reads */
	const struct iomt_pt_format *format;
	uintptr_t top;	       /* the top table's address, and its level in the low three bits */
	uint64_t va_base;      /* the lowest IOVA, as a signed offset from 0 */
	uint64_t va_mask;      /* the IOVA bits that tables translate; also last - base */
	uint64_t oa_last;      /* highest output address */
	uint64_t addr_mask;    /* address bits of an unpacked entry */
	uint64_t phys_offset;  /* from a table's address to its physical address */
	uint64_t table_offset; /* from its address to an entry at level 1, its address in place */
	uint32_t flags;
	uint8_t plain;	    /* mem translates by phys_offset, and walks are coherent */
	uint8_t linear;	    /* mem translates by phys_offset */
	uint8_t incoherent; /* mem has a clean hook */
	uint8_t bbm;
	iomt_word reach;    /* last - base of what top_changed was told of */
	uint64_t attrs[16]; /* of leaves by READ, WRITE, EXEC, SNOOP; 0: not the usual case */

	const struct iomt_mem *mem;
	uint64_t enc;	/* encryption bit, in place */
	uint64_t sizes; /* allowed leaf sizes, bit k for 2^k */
	uint8_t iova_bits;
	uint8_t oa_bits;
	uint8_t max_level; /* highest level that the top may grow to */
	uint8_t reserved[5];
	void (*top_changed)(void *ctx, struct iomt_pt *pt);
	void *ctx;

	/* what calls write, in a cache line that nothing shares with it, wherever this is placed */
	uint8_t apart_before[56];
	iomt_word unlinked; /* tables that were taken out, ever: cursors look */
	uint32_t splits;    /* odd while a leaf is being split */
	uint8_t apart_after[60];
};

#ifdef __cplusplus
}
#endif
#endif
