/* SPDX-License-Identifier: MIT */
/*
 * iomt 0.1.0, I/O memory translation: the whole interface.
 * Made out of iomt's sources by its scripts/amalgamate.py: change those.
 *
 * MIT License
 *
 * Copyright (c) 2026 The iomt authors
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy
 * of this software and associated documentation files (the "Software"), to deal
 * in the Software without restriction, including without limitation the rights
 * to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
 * copies of the Software, and to permit persons to whom the Software is
 * furnished to do so, subject to the following conditions:
 *
 * The above copyright notice and this permission notice shall be included in all
 * copies or substantial portions of the Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
 * IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
 * FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
 * AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
 * LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
 * OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
 * SOFTWARE.
 */
#ifndef IOMT_IOMT_H
#define IOMT_IOMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- iomt/base.h ---- */

/*
 * Errors and small things that every part of iomt shares.
 *
 * Every function that can fail returns 0 or one of the negative codes below. Their values are those
 * of Linux's errno of the same name, so that a driver may pass them on.
 */

/* In place of a PASID: requests that have none. */
#define IOMT_NO_PASID UINT32_MAX

/*
 * A word that threads, or hardware, use at the same time: it is read and written whole, and so it is
 * aligned, on 32-bit x86, where uint64_t need not be, too.
 */
typedef uint64_t iomt_word __attribute__((aligned(8)));

#ifdef __cplusplus
static_assert(__atomic_always_lock_free(sizeof(iomt_word), 0),
	      "no loads and stores of 64 bits at once: iomt cannot run here");
extern "C" {
#else
__extension__ _Static_assert(__atomic_always_lock_free(sizeof(iomt_word), 0),
			     "no loads and stores of 64 bits at once: iomt cannot run here");
#endif

/* What calls return instead of 0; each call says which it returns, and when. */
enum iomt_error {
	IOMT_EPERM = -1,   /* the id is reserved */
	IOMT_ENOENT = -2,  /* nothing is mapped there, or allocated */
	IOMT_EIO = -5,	   /* the hardware refused a command, or says what cannot be */
	IOMT_EAGAIN = -11, /* something else changed meanwhile, or must first; nothing changed */
	IOMT_ENOMEM = -12, /* the provider had no memory that hardware can use; nothing changed */
	IOMT_EACCES = -13, /* it belongs to another */
	IOMT_EFAULT = -14, /* a walk ended in a fault */
	IOMT_EBUSY = -16,  /* break-before-make that is forbidden; not done; used by others still */
	IOMT_EEXIST = -17, /* something is mapped there already, or allocated; nothing changed */
	IOMT_EINVAL = -22, /* misaligned, zero, unknown bits, or a malformed configuration */
	IOMT_ENOSPC = -28, /* the caller's array is too small, or no id is free; nothing changed */
	IOMT_ERANGE = -34, /* wraps, or lies beyond the input or the output address size */
	IOMT_EOVERFLOW = -75,  /* more references than can be counted */
	IOMT_EOPNOTSUPP = -95, /* the format, its configuration or the system has no such thing */
	IOMT_ESTALE = -116,    /* the id was freed already */
	IOMT_EDQUOT = -122,    /* the quota is used up */
};

/*
 * A short English text for an error code, never NULL: "nothing is mapped there". Any int is
 * allowed. Safe from any thread.
 */
const char *iomt_strerror(int error);

/* ---- iomt/mem.h ---- */

/*
 * The memory provider: where page tables live, and how the hardware sees them.
 *
 * All memory of the core comes from one of these, and from nowhere else. A driver fills it once per
 * IOMMU; src/hosted has ready ones for hosted programs.
 */

/*
 * The callbacks run in the thread of the call that needs them, so a provider shared by threads must
 * be safe for threads. The struct and what ctx points to must outlive every table made from it.
 */
struct iomt_mem {
	/* sizeof(struct iomt_mem): the struct may grow, callers built against an older one work. */
	size_t size;

	/*
	 * Returns memory of exactly "bytes" bytes, a power of two from 64 to 1 MiB (what tables
	 * need is the granule: 4, 16 or 64 KiB; roots may be smaller or larger) or, for the largest
	 * device tables, 2 MiB, aligned to "bytes", with any content, or NULL when there is none. Memory whose physical address is
	 * not aligned or lies beyond the table's output address size is given back at once and
	 * counts as none.
	 */
	void *(*alloc)(void *ctx, size_t bytes);

	/* Takes back what alloc returned, with the same "bytes". */
	void (*free)(void *ctx, void *memory, size_t bytes);

	/*
	 * Between the address of memory from alloc and the physical address that hardware uses for
	 * it. Leave both NULL where the two differ by a constant (a direct map): then
	 * physical = (uintptr_t)memory + phys_offset, modulo 2^64. Giving one without the other is
	 * an error. The constant is the fast way.
	 */
	uint64_t (*to_phys)(void *ctx, const void *memory);
	void *(*to_virt)(void *ctx, uint64_t phys);
	uint64_t phys_offset;

	/*
	 * For an IOMMU whose table walks do not snoop the CPU's caches: writes these bytes back to
	 * the point of coherency and returns when that is done, ordered before all later stores.
	 * NULL when walks are coherent.
	 */
	void (*clean)(void *ctx, const void *memory, size_t bytes);

	/* Passed to every callback. */
	void *ctx;
};

/* ---- iomt/gather.h ---- */

/*
 * The gather: what changes of a page table mean for the IOTLB, and which tables to free after it.
 *
 * A caller puts an empty gather on its stack, passes it to one or more calls on page tables, sends
 * the invalidations that it asks for, waits for their completion (and, where other threads
 * translate without a lock, for the readers of that moment), and releases it:
 *
 *	struct iomt_gather gather;
 *
 *	iomt_gather_init(&gather);
 *	iomt_pt_unmap(&pt, iova, length, &unmapped, &gather);
 *	send_invalidations(&gather);
 *	iomt_gather_release(&gather);
 *
 * A gather belongs to one thread at a time. It may collect from several tables that have the same
 * memory provider.
 *
 * Where threads read without a lock, somebody has to know when they are gone. Hosted programs have a
 * reclaimer for that, iomt/reclaim.h, ready for liburcu. Others move the gather to where it can wait,
 * here with a kernel's RCU, and wait themselves where there is no memory for that:
 *
 *	struct later {
 *		struct rcu_head head;
 *		struct iomt_gather gather;
 *	};
 *
 *	static void release_later(struct rcu_head *head)
 *	{
 *		struct later *later = container_of(head, struct later, head);
 *
 *		iomt_gather_release(&later->gather);
 *		free(later);
 *	}
 *
 *	if (later) {
 *		iomt_gather_move(&later->gather, &gather);
 *		call_rcu(&later->head, release_later);
 *	} else {
 *		synchronize_rcu();
 *		iomt_gather_release(&gather);
 *	}
 */

/* Tables that a gather holds without memory of the provider. */
#define IOMT_GATHER_INLINE_TABLES 6

/* iomt_gather.table_levels: tables at every level. */
#define IOMT_GATHER_ALL_LEVELS 0x3fu

struct iomt_gather_chunk;

/* A gather. Its fields may be read; only the two hooks are written by the caller. */
struct iomt_gather {
	/* Every changed IOVA lies in [first, last]; nothing changed when first > last. */
	uint64_t first;
	uint64_t last;

	/*
	 * Bit k: a leaf of 2^k bytes was removed, split or changed. A run counts as one leaf of its
	 * whole size; one of Arm's contiguous bit or of RISC-V's Svnapot, hints that hardware need
	 * not take (DDI 0487, D8.7.1), also as leaves of one entry's size. The lowest bit is the smallest step,
	 * the highest the largest entry, that an invalidation must reckon with.
	 */
	uint64_t leaf_sizes;

	/*
	 * Bit l: an entry at level l stopped pointing, or began to point, to a table where hardware
	 * may have cached something else. (Level 0 holds leaves of one granule.) Zero, beside a
	 * leaf size, means that only leaves changed and walk caches may be kept.
	 */
	uint32_t table_levels;

	/* How many tables wait to be released. */
	uint32_t tables;

	/*
	 * Allows break-before-make. Where hardware needs it (struct iomt_pt_cfg, bbm), a call makes
	 * the entry invalid, adds it to the gather, calls this to invalidate all that is gathered
	 * and wait for completion, and only then writes the new entry. DMA to the range faults in
	 * between. NULL (as iomt_gather_init leaves it) forbids the break: such calls return
	 * IOMT_EBUSY and change nothing. It must not reset or release the gather.
	 */
	void (*sync)(struct iomt_gather *gather);

	/* For the owner of the sync hook; iomt does not touch it after iomt_gather_init. */
	void *ctx;

	/* private: the tables to free, address and log2 of size in one word */
	const struct iomt_mem *mem_;
	struct iomt_gather_chunk *chunks_;
	uint64_t inline_[IOMT_GATHER_INLINE_TABLES];
};

/* Makes an empty gather. Never fails. */
static inline void iomt_gather_init(struct iomt_gather *gather)
{
	gather->first = UINT64_MAX;
	gather->last = 0;
	gather->leaf_sizes = 0;
	gather->table_levels = 0;
	gather->tables = 0;
	gather->sync = NULL;
	gather->ctx = NULL;
	gather->mem_ = NULL;
	gather->chunks_ = NULL;
}

/* True when no IOVA was changed and no table waits for release. */
static inline bool iomt_gather_is_empty(const struct iomt_gather *gather)
{
	return gather->first > gather->last && !gather->tables;
}

/*
 * Adds the IOVAs [first, last] (inclusive, first <= last) to what must be invalidated. Whoever does
 * so for leaves that were there adds their sizes to leaf_sizes, since a command may spare entries
 * of other sizes. While neither leaf_sizes nor table_levels says anything, tables count as changed.
 */
static inline void iomt_gather_add(struct iomt_gather *gather, uint64_t first, uint64_t last)
{
	if (first < gather->first)
		gather->first = first;
	if (__builtin_expect(last > gather->last, 1)) /* ranges are mostly given upwards */
		gather->last = last;
}

/* All that there can be: every address, leaves of any size, tables at all levels. */
static inline struct iomt_gather iomt_gather_all(void)
{
	struct iomt_gather gather;

	__builtin_memset(&gather, 0, sizeof(gather)); /* it is copied as a whole */
	iomt_gather_init(&gather);
	iomt_gather_add(&gather, 0, UINT64_MAX);
	gather.table_levels = IOMT_GATHER_ALL_LEVELS;
	return gather;
}

/*
 * Makes sure that "count" more tables of this provider can be added without fail. IOMT_ENOMEM when
 * the provider has no memory for the bookkeeping (one page for 500 tables; the first few are free),
 * IOMT_EINVAL when the gather holds tables of another provider. Nothing changes then.
 */
int iomt_gather_reserve(struct iomt_gather *gather, const struct iomt_mem *mem, uint32_t count);

/*
 * Adds a table of "bytes" bytes that is no longer linked, to be freed at release. Needs a
 * successful iomt_gather_reserve before.
 */
void iomt_gather_add_table(struct iomt_gather *gather, void *table, size_t bytes);

/*
 * Moves all of a gather to another place, which need not hold a gather yet, its sync hook too. "from"
 * is empty then, and keeps its sync hook. Never fails.
 */
void iomt_gather_move(struct iomt_gather *to, struct iomt_gather *from);

/*
 * Gives all gathered tables back to their provider and makes the gather empty again, keeping its
 * sync hook. Call it when no hardware and no reader can hold a pointer to the tables any more:
 * after the invalidations completed and the readers of that moment are gone.
 */
void iomt_gather_release(struct iomt_gather *gather);

/* ---- iomt/pt.h ---- */

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
	 * hold a larger leaf. Arm stage 2 may name one level more than the
	 * concatenated root needs.
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
 * the tables that it links. IOMT_EINVAL, IOMT_ERANGE as for iomt_pt_map; IOMT_ENOMEM when there is no
 * memory for the gather's bookkeeping: tables gathered before it ran out are gathered, the rest
 * stays.
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

/* ---- iomt/cursor.h ---- */

/*
 * Cursors: a place in a page table, kept by the caller from one call to the next.
 *
 * A cursor remembers the leaf table that it was last used in. The calls below do what those of
 * iomt/pt.h do, with the same errors; on one granule in the remembered table they need no walk. Worth
 * it for callers that map or look up one page after the other: a ring, a pool, a stream of DMA.
 *
 * Where the memory provider is not a direct map, or table walks are not coherent (struct iomt_mem), a
 * cursor works but remembers nothing.
 *
 * A cursor is used by one thread at a time; make as many as there are threads. It must not be used
 * after its table was destroyed. Other threads may do to the table whatever iomt/pt.h allows, trim it
 * too: a cursor notices, as long as gathers are released (iomt_gather_release) only when the calls of
 * that moment are over, those through cursors included.
 */

/* Private, but for its place in memory. */
struct iomt_pt_cursor {
	struct iomt_pt *pt;
	uint64_t *table;   /* a leaf table */
	uint64_t first;	   /* the first IOVA that it maps */
	uint64_t size;	   /* bytes from there on; 0: nothing is remembered */
	uint64_t unlinked; /* iomt_pt.unlinked when it was found */
};

/* A cursor on this table that remembers nothing yet. */
static inline void iomt_pt_cursor_init(struct iomt_pt_cursor *cursor, struct iomt_pt *pt)
{
	cursor->pt = pt;
	cursor->table = NULL;
	cursor->first = 0;
	cursor->size = 0;
	cursor->unlinked = 0;
}

/* As iomt_pt_map. */
int iomt_pt_cursor_map(struct iomt_pt_cursor *cursor, uint64_t iova, uint64_t oa, uint64_t length,
		       uint32_t prot, struct iomt_gather *gather);

/* As iomt_pt_unmap. */
int iomt_pt_cursor_unmap(struct iomt_pt_cursor *cursor, uint64_t iova, uint64_t length,
			 uint64_t *unmapped, struct iomt_gather *gather);

/* As iomt_pt_translate. */
int iomt_pt_cursor_translate(struct iomt_pt_cursor *cursor, uint64_t iova,
			     struct iomt_pt_leaf *leaf);

/* ---- iomt/formats.h ---- */

/*
 * The hardware formats, and their own entry points.
 *
 * Each format is one object, to be named in struct iomt_pt_cfg. A program links the formats that it
 * names and no others. A caller that knows its format at compile time may use the format's own
 * functions (iomt_amdv1_map, ...) in place of the general ones: they do the same without an
 * indirect call, and must only be given tables of their format.
 */

/*
 * Declares a format, iomt_<name>, and its own functions. Each does what the general one of the same ending
 * does, with the same errors: iomt_<name>_map what iomt_pt_map does, iomt_<name>_cursor_map what
 * iomt_pt_cursor_map does.
 */
/* clang-format off */
#define IOMT_PT_DECLARE_FORMAT(name)                                                               \
	extern const struct iomt_pt_format iomt_##name;                                            \
	int iomt_##name##_map(struct iomt_pt *pt, uint64_t iova, uint64_t oa, uint64_t length,     \
			      uint32_t prot, struct iomt_gather *gather);                          \
	int iomt_##name##_map_sg(struct iomt_pt *pt, uint64_t iova, const struct iomt_seg *segs,   \
				 size_t count, uint32_t prot, struct iomt_gather *gather);         \
	int iomt_##name##_unmap(struct iomt_pt *pt, uint64_t iova, uint64_t length,                \
				uint64_t *unmapped, struct iomt_gather *gather);                   \
	int iomt_##name##_protect(struct iomt_pt *pt, uint64_t iova, uint64_t length,              \
				  uint32_t prot, struct iomt_gather *gather);                      \
	int iomt_##name##_translate(const struct iomt_pt *pt, uint64_t iova,                       \
				    struct iomt_pt_leaf *leaf);                                    \
	int iomt_##name##_oa(const struct iomt_pt *pt, uint64_t iova, uint64_t *oa);               \
	size_t iomt_##name##_translate_many(const struct iomt_pt *pt, const uint64_t *iovas,       \
					    size_t count, struct iomt_pt_leaf *leaves);            \
	int iomt_##name##_dirty(struct iomt_pt *pt, uint64_t iova, uint64_t length,                \
				uint64_t page_size, uint64_t *bitmap, uint32_t flags,              \
				struct iomt_gather *gather);                                       \
	int iomt_##name##_cursor_map(struct iomt_pt_cursor *cursor, uint64_t iova, uint64_t oa,    \
				     uint64_t length, uint32_t prot, struct iomt_gather *gather);  \
	int iomt_##name##_cursor_unmap(struct iomt_pt_cursor *cursor, uint64_t iova,               \
				       uint64_t length, uint64_t *unmapped,                        \
				       struct iomt_gather *gather);                                \
	int iomt_##name##_cursor_translate(struct iomt_pt_cursor *cursor, uint64_t iova,           \
					   struct iomt_pt_leaf *leaf)
/* clang-format on */

/* AMD host tables (48882, "I/O Page Tables"): power-of-two leaves from 4K, one to six levels. */
IOMT_PT_DECLARE_FORMAT(amdv1);

/* x86-64 tables, four or five levels: AMD V2 guest tables, VT-d first stage, CPUs. 4K, 2M, 1G. */
IOMT_PT_DECLARE_FORMAT(x86_64);

/* VT-d second stage (D51397), three to five levels. 4K, 2M, 1G. */
IOMT_PT_DECLARE_FORMAT(vtd_ss);

/*
 * Arm VMSAv8-64 (DDI 0487, chapter D8), stage 1 and stage 2. A granule is a format of its own; so
 * is the layout with FEAT_LPA2 (TCR.DS = 1) for 4K and 16K. The 64K formats take 52-bit output
 * (LPA) by iomt_pt_cfg.oa_bits = 52.
 */
IOMT_PT_DECLARE_FORMAT(arm_s1_4k);
IOMT_PT_DECLARE_FORMAT(arm_s1_16k);
IOMT_PT_DECLARE_FORMAT(arm_s1_64k);
IOMT_PT_DECLARE_FORMAT(arm_s1_4k_lpa2);
IOMT_PT_DECLARE_FORMAT(arm_s1_16k_lpa2);
IOMT_PT_DECLARE_FORMAT(arm_s2_4k);
IOMT_PT_DECLARE_FORMAT(arm_s2_16k);
IOMT_PT_DECLARE_FORMAT(arm_s2_64k);
IOMT_PT_DECLARE_FORMAT(arm_s2_4k_lpa2);
IOMT_PT_DECLARE_FORMAT(arm_s2_16k_lpa2);

/*
 * RISC-V (privileged architecture, RISC-V IOMMU), three to five levels: first stage (Sv39, Sv48,
 * Sv57) and second stage (G-stage: Sv39x4, Sv48x4, Sv57x4, with a top table of 16 KiB). 4K, 2M, 1G,
 * 512G, 256T, as far as the levels go, and 64K where iomt_pt_cfg.page_sizes names it: hardware
 * needs Svnapot for that. Entries are little-endian. With IOMT_PT_PBMT (Svpbmt) UNCACHED is NC and
 * DEVICE is IO; WRITE_BACK is what the physical memory attributes say. Hardware that does not set A
 * and D (Svadu, SADE, GADE) finds them set; where it does, IOMT_PT_DIRTY tracks writes.
 */
IOMT_PT_DECLARE_FORMAT(riscv_s1);
IOMT_PT_DECLARE_FORMAT(riscv_s2);

/* A format's name: "amdv1", "arm_s1_64k". */
const char *iomt_pt_format_name(const struct iomt_pt_format *format);

/* All formats, ending with NULL, for tools and tests. Whoever uses it links them all. */
extern const struct iomt_pt_format *const iomt_pt_formats[];

/* ---- iomt/cmd.h ---- */

/*
 * Commands of IOMMUs: what the headers of the vendors share.
 *
 * A command is an entry of a queue that hardware reads, of 128 bits for all of them. Calls that
 * encode put commands into an array of the caller's, to be copied into the queue in that order, and
 * return how many entries they wrote; IOMT_ENOSPC, with nothing written, where the array is too
 * small. Calls that decode say what a command invalidates, for emulators; they accept any bytes, and
 * refuse with IOMT_EINVAL, nothing written, what the specification calls reserved or illegal.
 *
 * Everything here is pure computation: nothing touches hardware, waits or is locked, and all of
 * it may be called from any thread.
 *
 * A driver's invalidation, for AMD (the other vendors' have the same shape):
 *
 *	struct iomt_plan_policy policy = iomt_plan_covers(2);
 *	struct iomt_cmd cmds[2 + 1];
 *	int count = iomt_amd_gather(&target, &gather, &policy, cmds, 2);
 *
 *	count += iomt_amd_wait(IOMT_AMD_WAIT_STORE, done_phys, ++done, &cmds[count], 1);
 *	queue(cmds, count);
 *
 * Where devices cache translations themselves (PCIe ATS), the order is: IOTLB, wait, device TLBs,
 * wait; otherwise a device may ask again and be given what the IOTLB still holds.
 */

/*
 * One entry. word[0] holds bits 63:0 of the specification's figures. Hardware reads memory as
 * little-endian: a big-endian processor swaps each word on the way.
 */
struct iomt_cmd {
	uint64_t word[2]; /* bits 63:0, and 127:64 */
};

/* What a decoded command does. */
enum iomt_inv_kind {
	IOMT_INV_IOTLB,	     /* drops translations */
	IOMT_INV_DEVICE_TLB, /* makes a device drop translations (PCIe ATS) */
	IOMT_INV_DEVICE,     /* drops what is cached of DTE, context entry, STE, device context */
	IOMT_INV_PROCESS,    /* drops what is cached of PASID entry, CD, process context */
	IOMT_INV_WAIT,	     /* completes when the commands before it have */
};

/* iomt_inv.flags: what limits the command (the field of the same name), and how it is meant */
#define IOMT_INV_BY_DOMAIN  0x0001u /* domain */
#define IOMT_INV_BY_PROCESS 0x0002u /* process */
#define IOMT_INV_BY_DEVICE  0x0004u /* device to device_last */
#define IOMT_INV_BY_ADDRESS 0x0008u /* first and last; without it they are 0 and 2^64 - 1 */
#define IOMT_INV_STAGE_1    0x0010u /* first-stage, guest, VMA: alone where STAGE_2 is not set */
#define IOMT_INV_STAGE_2    0x0020u /* second-stage, host, IPA, GVMA */
#define IOMT_INV_LEAVES	    0x0040u /* what is cached of tables may stay */
#define IOMT_INV_GLOBAL	    0x0080u /* global mappings too, though limited by process */
#define IOMT_INV_EL2	    0x0100u /* SMMUv3: of the hypervisor's own streams */
#define IOMT_INV_STORE	    0x0200u /* wait: stores data at address */
#define IOMT_INV_INTERRUPT  0x0400u /* wait: raises an interrupt */
#define IOMT_INV_EVENT	    0x0800u /* wait: sends an event (SMMUv3 SEV) */
#define IOMT_INV_FENCE	    0x1000u /* wait: later commands do not begin before */
#define IOMT_INV_READS	    0x2000u /* IOTLB, wait: reads that were translated are done */
#define IOMT_INV_WRITES	    0x4000u /* and writes */
#define IOMT_INV_DRAIN	    0x8000u /* wait: page requests are drained */

/*
 * With STAGE_2 by address (VT-d): translations of the domain that a first stage took part in, alone
 * or nested, all go, whatever their address.
 */
#define IOMT_INV_ALL_STAGE_1 0x10000u

/*
 * A decoded command. An emulator drops every entry that overlaps [first, last]. Hardware may keep
 * those that lie in it in part (AMD, VT-d), and those of other levels than that hinted at.
 */
struct iomt_inv {
	enum iomt_inv_kind kind; /* what it is about */
	uint32_t flags;		 /* IOMT_INV_* */
	uint32_t domain;	 /* domain id, VMID, GSCID */
	uint32_t process;	 /* PASID, ASID, SSID, PSCID */
	uint32_t device;	 /* RID, StreamID, device_id; RISC-V ATS: segment << 16 | RID */
	uint32_t device_last;	 /* of a range of devices, inclusive; else the same as device */
	uint64_t first;		 /* bytes */
	uint64_t last;		 /* inclusive */
	uint64_t address;	 /* wait: physical address of the store */
	uint64_t data;		 /* and what is stored */
	uint8_t granule_lg2;	 /* SMMUv3: log2 of the granule hinted at, or 0 */
	int8_t level;		 /* SMMUv3: the level of all leaves (0 holds granules), or -1 */
};

/* ---- iomt/plan.h ---- */

/*
 * The planner: which pieces of an address space to invalidate for a gather.
 *
 * No hardware invalidates any range by one command. A piece that one command can name is a cover:
 * a naturally aligned power of two on most hardware, a multiple of one on SMMUv3. The planner turns
 * a gather into covers, as a policy says: fewer commands that drop more than was asked for, or more
 * commands that drop less. It knows no vendor; the calls of iomt/amd_cmd.h, vtd_cmd.h, smmu_cmd.h
 * and riscv_cmd.h use it, and most callers need nothing of this header but a policy:
 *
 *	struct iomt_plan_policy policy = iomt_plan_covers(2);
 *
 * All of this is pure computation: safe from any thread, and it never waits.
 */

/*
 * No plan of naturally aligned covers that are not limited in size needs more than this: an
 * array of so many commands is enough for iomt_plan_exact(IOMT_PLAN_MOST), whatever the range.
 */
#define IOMT_PLAN_MOST 104

/* The kinds of policies, as the functions below make them. */
enum iomt_plan_kind {
	IOMT_PLAN_COVERS, /* iomt_plan_covers */
	IOMT_PLAN_EXACT,  /* iomt_plan_exact */
	IOMT_PLAN_ALL,	  /* iomt_plan_all */
	IOMT_PLAN_COST,	  /* iomt_plan_cost */
};

/* What a caller prefers. Made by the functions below. */
struct iomt_plan_policy {
	enum iomt_plan_kind kind; /* which of these */
	uint16_t most;		  /* covers at most; never 0 */
	uint32_t command_ns;	  /* IOMT_PLAN_COST alone: see iomt_plan_cost */
	uint32_t entry_ns;	  /* the same */
	uint32_t entries;	  /* the same */
};

/*
 * At most "most" covers (at least 1) that drop as little as possible beyond the range; everything
 * where the hardware's covers are too small for that. One cover is what drivers do as a rule; two
 * drop a third more than asked for on average where one drops twice to four times as much.
 */
static inline struct iomt_plan_policy iomt_plan_covers(uint16_t most)
{
	struct iomt_plan_policy policy = {IOMT_PLAN_COVERS, most, 0, 0, 0};

	return policy;
}

/*
 * The range and nothing else by the fewest covers; everything where that takes more than "most". On
 * hardware whose commands name one page alone (SMMUv3 and RISC-V without ranges) most is the
 * number of pages above which dropping everything is cheaper.
 */
static inline struct iomt_plan_policy iomt_plan_exact(uint16_t most)
{
	struct iomt_plan_policy policy = {IOMT_PLAN_EXACT, most, 0, 0, 0};

	return policy;
}

/* Everything of the target, whatever was gathered. */
static inline struct iomt_plan_policy iomt_plan_all(void)
{
	struct iomt_plan_policy policy = {IOMT_PLAN_ALL, 1, 0, 0, 0};

	return policy;
}

/*
 * The cheapest of these: at most one to eight covers, at most "most" (which is exact, if most is
 * enough), everything. A command costs command_ns; an entry that is dropped in vain costs
 * entry_ns, which is what the walk costs that brings it back. The IOTLB holds "entries" entries at
 * most, so that no command drops more. Entries have the size of the smallest leaf gathered.
 */
static inline struct iomt_plan_policy iomt_plan_cost(uint32_t command_ns, uint32_t entry_ns,
						     uint32_t entries, uint16_t most)
{
	struct iomt_plan_policy policy = {IOMT_PLAN_COST, most, command_ns, entry_ns, entries};

	return policy;
}

/* What one command of some hardware can cover. */
struct iomt_plan_rules {
	/* Covers begin and end at multiples of 2^unit_lg2 bytes, 1 to 63. */
	uint8_t unit_lg2;

	/* A cover has at most 2^scale_max units, with num 32 times as many; at most 2^64 bytes. */
	uint8_t scale_max;

	/*
	 * False: a cover has 2^scale units, and begins at a multiple of its size. True: it has
	 * 1 to 32 times 2^scale units, and begins at any unit.
	 */
	bool num;

	/*
	 * A cached leaf goes only if one cover holds all of it: where none can, everything goes, and
	 * a range that cannot hold the largest leaf gathered is rounded out to it.
	 */
	bool whole;
};

/* A piece to invalidate: num times 2^size_lg2 bytes. Everything is {0, 2^64 - 1, 64, 1}. */
struct iomt_cover {
	uint64_t first;	  /* bytes */
	uint64_t last;	  /* inclusive */
	uint8_t size_lg2; /* log2 of bytes */
	uint8_t num;	  /* 1 to 32; 1 without iomt_plan_rules.num */
};

/* A plan under way. Private, but for its place in memory. */
struct iomt_plan {
	struct iomt_plan_rules rules;
	bool all;
	bool begun;
	uint64_t at;	/* in units: where the next cover begins */
	uint64_t left;	/* units to go up to a boundary that no cover crosses */
	uint64_t right; /* and from there on */
};

/*
 * Plans what to invalidate for the range and the leaf sizes of a gather. Returns how many covers
 * iomt_plan_next will give: 0 for a gather without a range, at most policy->most.
 * IOMT_EINVAL: a policy of no kind or with most 0, rules out of their ranges; *plan is unchanged.
 */
int iomt_plan_init(struct iomt_plan *plan, const struct iomt_gather *gather,
		   const struct iomt_plan_rules *rules, const struct iomt_plan_policy *policy);

/* The next cover, in order of addresses; false after the last. */
bool iomt_plan_next(struct iomt_plan *plan, struct iomt_cover *cover);

/* ---- iomt/amd_cmd.h ---- */

/* Invalidation commands of AMD's IOMMU (48882, section 2.4). See iomt/cmd.h for how to use them. */

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

/* ---- iomt/debug.h ---- */

/*
 * A build that looks for broken rules: IOMT_DEBUG in CMake, or -DIOMT_DEBUG for all of the library's
 * sources. Its interface and its structures are those of other builds. It costs time in every call,
 * and nothing where it is off.
 *
 * Tables that are given back are filled with a word that no format writes, and that each reads as an
 * empty entry. A call that finds it has reached a table that is not the page table's any more, as long
 * as the provider leaves what it was given as it was.
 */

/* What tables that were given back are filled with. */
#define IOMT_DEBUG_POISON 0x6b6b6b6b6b6b6b68ULL

/* Rules that callers can break, and where: what the address in a report is of. */
enum iomt_rule {
	/*
	 * A call has reached a table that was given back: its gather was released while the call was
	 * under way, or an entry still pointed there. Of the entry.
	 */
	IOMT_RULE_RELEASED_EARLY = 1,

	/* A gather holds a table that was given back already: it was copied, not moved. Of the table. */
	IOMT_RULE_RELEASED_TWICE,

	/* A table was added to a gather that had no room for it. It is lost. Of the gather. */
	IOMT_RULE_NO_ROOM,

	/* A call on a page table that was destroyed, or never made. Of the page table. */
	IOMT_RULE_DESTROYED,

	/* A cursor was used whose page table was destroyed and made anew. Of the cursor. */
	IOMT_RULE_OLD_CURSOR,

	/*
	 * Two calls that write were under way at once in ranges that overlap, or beside a destroy. Seen
	 * by the one that began later. Of the page table.
	 */
	IOMT_RULE_OVERLAP,
};

/*
 * From now on broken rules are reported there; NULL ends it. Without a report, the program ends by
 * __builtin_trap. "report" is called in the thread that noticed, in the middle of a call; where it
 * returns, that goes on as it does in other builds, but for tables that are there twice, which are
 * given back once. To be called while no thread uses the library.
 *
 * IOMT_EOPNOTSUPP: this is another build, and nothing will be reported.
 */
int iomt_debug_report(void (*report)(void *ctx, enum iomt_rule rule, const void *where), void *ctx);

/* A short English text for a rule, never NULL. Any value is allowed. Safe from any thread. */
const char *iomt_rule_text(enum iomt_rule rule);

/* ---- iomt/smmu_cmd.h ---- */

/*
 * Invalidation commands of Arm's SMMUv3 (IHI 0070, chapter 4), of non-secure queues. See iomt/cmd.h
 * for how to use them.
 */

/* Which translations: the commands for an address, and for everything. */
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
 * bits and encodings (a range with NUM, SCALE and TTL 0, or with SCALE above 31, 39 with DS; TTL 1
 * with 16K without DS; a misaligned address; ATC_INV of more than 2^52 pages), commands of secure
 * or other queues, and those that invalidate nothing of this.
 */
int iomt_smmu_decode(const struct iomt_cmd *cmd, uint32_t flags, struct iomt_inv *inv);

/* ---- iomt/vtd_cmd.h ---- */

/*
 * Invalidation descriptors of Intel's VT-d (D51397, section 6.5.2). See iomt/cmd.h for how to use
 * them. Of a queue with 256-bit descriptors (IQA_REG.DW), each takes two entries.
 *
 * In caching mode (CAP_REG.CM) the hardware, an emulated one, may remember absent entries of second
 * stages: what is mapped is then gathered too (iomt_gather_add), and goes through the same calls.
 */

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

/* ---- iomt/pasid_table.h ---- */

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

/* ---- iomt/device_table.h ---- */

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
 * blocked in VT-d (clear the entry), PASIDs or PRI in legacy mode, all but PASIDs in scalable mode (give
 * the PASID table an entry for requests without a PASID). *entry is unchanged on errors.
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

/* ---- iomt/ring.h ---- */

/*
 * The command ring: a producer for the queue in memory that an IOMMU reads its commands from (AMD's
 * command buffer, VT-d's invalidation queue, SMMUv3's and RISC-V's command queues).
 *
 * The library touches no registers: the caller's functions read the hardware's index, write the
 * new one, and wait. What is put is a batch, with a sync at its end; whoever put it waits for it:
 *
 *	struct iomt_ring_batch batch = {0};
 *
 *	err = iomt_ring_put(&ring, cmds, count, true, &batch);
 *	if (!err)
 *		err = iomt_ring_wait(&ring, &batch);
 *
 * Any number of threads may put, wait and report faults at the same time. No call holds a lock, and
 * none waits for another thread: places are reserved by compare-and-swap and filled in any
 * order; whoever finishes the oldest passes on to hardware all that is filled behind it. Where a
 * thread is stopped between the two (a few stores), what others put after it waits with it.
 *
 * Positions count commands from 0 on and never wrap; a hardware index is a position's lowest bits.
 */

/* Whose IOMMU, by the language of its commands. */
enum iomt_vendor {
	IOMT_VENDOR_AMD,   /* AMD-Vi, 48882 */
	IOMT_VENDOR_VTD,   /* Intel VT-d, D51397 */
	IOMT_VENDOR_SMMU,  /* Arm SMMUv3, IHI 0070 */
	IOMT_VENDOR_RISCV, /* RISC-V IOMMU */
};

/* What a ring is like on some hardware. */
struct iomt_ring_kind {
	enum iomt_vendor vendor; /* whose commands */

	/*
	 * Indices have one bit more than the ring needs, which tells a full ring from an empty one
	 * (SMMUv3, IHI 0070, 3.5.1). Without it, one entry of the ring stays empty.
	 */
	bool wrap_bit;

	uint8_t cmds; /* struct iomt_cmd in an entry: 1, or 2 (VT-d's 256-bit descriptors) */

	/*
	 * Writes a command that completes when all before it have, one entry. "fence": those after it
	 * do not begin before. address, when not 0: where it then stores data, 32 bits (AMD: 64,
	 * the upper ones 0). Returns how many struct iomt_cmd.
	 */
	int (*sync)(bool fence, uint64_t address, uint32_t data, struct iomt_cmd *cmds);
};

extern const struct iomt_ring_kind iomt_ring_amd;      /* 48882, 2.4 */
extern const struct iomt_ring_kind iomt_ring_vtd;      /* D51397, 6.5.2 */
extern const struct iomt_ring_kind iomt_ring_vtd_wide; /* the same, IQA_REG.DW set */
extern const struct iomt_ring_kind iomt_ring_smmu;     /* IHI 0070, 3.5 and 4 */
extern const struct iomt_ring_kind iomt_ring_riscv;    /* RISC-V IOMMU, "Command-Queue" */

/* The caller's side: all are called with ctx, in the thread whose call needs them. */
struct iomt_ring_ops {
	/*
	 * The index of the entry that hardware takes next, in entries; of rings with a wrap bit with
	 * that bit above the index, and no other. Reads of memory that hardware has written may
	 * not pass it (a load that acquires, readl).
	 */
	uint32_t (*head)(void *ctx);

	/*
	 * Tells hardware that entries up to before this index are there, in the same form. All stores
	 * before it must be visible to hardware first (writel). Never called by two threads at once.
	 */
	void (*doorbell)(void *ctx, uint32_t tail);

	/*
	 * Called again and again while the ring is full or a batch is not done; "tries" counts the
	 * calls of one wait from 0. Returns 0 to look again, or a negative code that ends the wait
	 * and is its result. How to pass the time, for how long, and whether to look for errors
	 * (iomt_ring_fault) is its business. NULL: nothing ever waits, and IOMT_EBUSY is the result.
	 */
	int (*wait)(void *ctx, uint64_t tries);

	/* Writes memory back for hardware that does not snoop (VT-d without ECAP.C), or NULL. */
	void (*clean)(void *ctx, const void *memory, size_t bytes);
};

/* What the library knows of an entry. Private. */
struct iomt_ring_slot {
	iomt_word end;	 /* of the batch that begins here */
	iomt_word fault; /* position + 1 of the last command here that was refused */
	int code;
};

/* The caller's memory and functions; all must outlive the ring. */
struct iomt_ring_cfg {
	size_t size;			   /* sizeof(struct iomt_ring_cfg), for versions to come */
	const struct iomt_ring_kind *kind; /* such as &iomt_ring_amd */
	const struct iomt_ring_ops *ops;   /* how registers are reached */
	void *ctx;			   /* passed to them */

	/* The ring: 2^entries_lg2 entries, 2 to 20; of kind->cmds each; with any content. */
	struct iomt_cmd *entries;
	uint8_t entries_lg2;

	/* As many of these, with any content. */
	struct iomt_ring_slot *slots;

	/*
	 * Where syncs store, one word for each entry, in memory that hardware and processors see
	 * alike, and the physical address of the first: not 0, and within the
	 * reach of kind->sync. Both are multiples of 8. NULL and 0: a sync is complete when
	 * the head has passed it. That is so for SMMUv3's CMD_SYNC (4.7.3) and RISC-V's
	 * IOFENCE.C, not for AMD and VT-d.
	 */
	iomt_word *stores;
	uint64_t stores_phys;
};

/* A ring. All fields are private. */
struct iomt_ring {
	struct iomt_ring_cfg cfg_;
	uint64_t capacity_;
	uint32_t faults_;
	uint64_t apart_[7]; /* on other lines than what is written by every put */
	iomt_word reserved_;
	iomt_word published_;
	uint32_t ringing_;
	uint64_t apart_too_[7]; /* and by waits */
	iomt_word head_;	/* at least so far is hardware */
	iomt_word done_;	/* and so far it is done */
};

/*
 * Makes an empty ring. Hardware's two indices must be 0, and it must not run. IOMT_EINVAL: a field is
 * missing or out of its range, stores without address, or none with a kind that needs them.
 */
int iomt_ring_init(struct iomt_ring *ring, const struct iomt_ring_cfg *cfg);

/* How many entries a put can have at most, its sync included: 2^entries_lg2, or 1 less. */
static inline uint64_t iomt_ring_capacity(const struct iomt_ring *ring)
{
	return ring->capacity_;
}

/* What its hardware is like: cfg.kind. */
static inline const struct iomt_ring_kind *iomt_ring_kind_of(const struct iomt_ring *ring)
{
	return ring->cfg_.kind;
}

/* What to wait for. Begins as {0}. */
struct iomt_ring_batch {
	uint64_t first;	  /* positions: from here on */
	uint64_t end;	  /* up to before this one */
	uint32_t faults;  /* the library's: faults when it began */
	uint32_t refused; /* set by waits that fail with a fault: the index of the command */
	bool begun;	  /* something was put */
	bool synced;	  /* ends with a sync */
};

/*
 * Copies count commands (a multiple of kind->cmds; may be 0) into the ring, in one piece, and a sync
 * behind them if "sync". All or nothing. A batch that has begun is continued: it then holds what others
 * have put in between, too.
 *
 * Waits while the ring is full. Errors, with nothing put: IOMT_ENOSPC (more than the ring's
 * capacity), IOMT_EINVAL (count), IOMT_EBUSY (full, and there is no wait function), IOMT_EIO (an index of
 * the hardware's that cannot be), and what the wait function returned.
 */
int iomt_ring_put(struct iomt_ring *ring, const struct iomt_cmd *cmds, size_t count, bool sync,
		  struct iomt_ring_batch *batch);

/*
 * 0 when the batch is done: all its commands have had their effect. IOMT_EBUSY: not yet. Else the code
 * that iomt_ring_fault gave for a command of the batch, with its index in batch->refused: then
 * nothing is known of what the batch should have dropped. IOMT_EIO as above. IOMT_EINVAL: the batch has no
 * sync at its end.
 *
 * The faults of a batch are found while its positions are among the last 2^entries_lg2; if later
 * ones failed at the same entry, that is reported for the batch.
 */
int iomt_ring_done(struct iomt_ring *ring, struct iomt_ring_batch *batch);

/*
 * Waits until iomt_ring_done is not IOMT_EBUSY. What the wait function returned ends the wait; the batch
 * goes on and may be waited for again. Without a wait function this is iomt_ring_done.
 */
int iomt_ring_wait(struct iomt_ring *ring, struct iomt_ring_batch *batch);

/*
 * Reports that hardware has refused the command at an index (with or without wrap bit), or gave it
 * up: an illegal one, a device that did not answer in time. Whoever waits for it gets "code", which is
 * negative and not IOMT_EBUSY. For the thread that handles the hardware's errors (an interrupt, or the
 * wait function), while hardware stands still, before it is told to go on.
 *
 * skip: the command becomes a sync that stores nothing, so that hardware can go on over it. Not for a
 * sync that timed out and is to be tried again (SMMUv3, CERROR_ATC_INV_SYNC), which is no fault
 * until the driver gives it up. VT-d aborts all waits in flight (FSTS.ITE): report each index from
 * the head to the tail.
 *
 * IOMT_EINVAL: code. IOMT_ERANGE: no command that is in flight; nothing changes.
 */
int iomt_ring_fault(struct iomt_ring *ring, uint32_t index, int code, bool skip);

/* ---- iomt/iommu.h ---- */

/*
 * IOMMUs and devices as data: what a unit can do, and what a device behind it can. The planner
 * (iomt/domain_choice.h) reads these and nothing else. A driver copies the ready description that
 * is next to its hardware and sets what its registers say:
 *
 *	struct iomt_iommu_caps unit = iomt_iommu_amd_gio;
 *
 *	unit.stage[1].oa_bits = 48;              // PASize
 *	unit.flags &= ~IOMT_IOMMU_COHERENT;      // ...
 *	if (iomt_iommu_caps_check(&unit, &error))
 *		...                              // error.field, error.reason
 *
 * Nothing here is changed by the library, and nothing is about one domain. Safe from any thread.
 */

/* Formats of tables, as units and domains name them. */
enum iomt_format {
	IOMT_FORMAT_NONE,	     /* no format, or none in particular */
	IOMT_FORMAT_AMD_V1,	     /* AMD host tables: stage 2 */
	IOMT_FORMAT_AMD_V2,	     /* AMD guest tables: stage 1 */
	IOMT_FORMAT_VTD_FIRST,	     /* VT-d first stage */
	IOMT_FORMAT_VTD_SECOND,	     /* VT-d second stage */
	IOMT_FORMAT_ARM_S1_4K,	     /* Arm stage 1, granule of 4K */
	IOMT_FORMAT_ARM_S1_16K,	     /* Arm stage 1, granule of 16K */
	IOMT_FORMAT_ARM_S1_64K,	     /* Arm stage 1, granule of 64K */
	IOMT_FORMAT_ARM_S1_4K_LPA2,  /* 52 bits (DS) */
	IOMT_FORMAT_ARM_S1_16K_LPA2, /* the same for 52 bits (DS) */
	IOMT_FORMAT_ARM_S2_4K,	     /* Arm stage 2, granule of 4K */
	IOMT_FORMAT_ARM_S2_16K,	     /* Arm stage 2, granule of 16K */
	IOMT_FORMAT_ARM_S2_64K,	     /* Arm stage 2, granule of 64K */
	IOMT_FORMAT_ARM_S2_4K_LPA2,  /* the same for 52 bits (DS) */
	IOMT_FORMAT_ARM_S2_16K_LPA2, /* the same for 52 bits (DS) */
	IOMT_FORMATS,		     /* how many there are, the first of these included */
};

/* The bit of a format in struct iomt_iommu_stage. */
#define IOMT_FORMAT_BIT(format) (1u << (format))

/* "AMD V2"; "no format" for what is none. Never NULL; any value is allowed. */
const char *iomt_format_name(enum iomt_format format);

/* The facts of a format that do not depend on the unit. */
struct iomt_format_facts {
	const struct iomt_pt_format *pt; /* the engine's, iomt/formats.h */
	enum iomt_format format;	 /* as units name it */
	uint8_t stage;			 /* 1 or 2 */
	uint8_t granule_lg2;		 /* of the smallest page */
	uint8_t index_lg2;		 /* bits of address that a level adds */
	uint8_t concat_lg2; /* log2 of the tables that may stand side by side as the top */
	uint8_t min_levels, max_levels;	      /* of tables */
	uint8_t min_iova_bits, max_iova_bits; /* of input address */
	bool iova_within_oa;		      /* the input is at most as wide as the output */
	bool wide;			      /* a layout that only addresses above 48 bits need */

	/*
	 * Addresses are sign-extended from the top bit of what the levels reach, with a PASID, and
	 * without one: below that bit an address is the same for everybody.
	 */
	bool signed_pasid, signed_rid;

	uint64_t oa_widths;  /* bit k: tables can be made for output addresses of k bits */
	uint64_t sizes;	     /* bit k: leaves of 2^k bytes */
	uint64_t sizes_wide; /* those among them that need the widest output address */

	/* By which register, or section of the specification, units say that they can. */
	const char *by_walk, *by_pasid, *by_rid, *by_nesting, *by_dirty;
};

/* What a vendor's units have in common. A program links the formats of vendors that it names. */
struct iomt_iommu_kind {
	enum iomt_vendor vendor;		 /* whose units */
	const struct iomt_format_facts *formats; /* that such units may walk */
	size_t count;				 /* of these */
	uint32_t errata;			 /* IOMT_ERRATUM_* that such units can have */
};

/* The vendors' kinds. */
extern const struct iomt_iommu_kind iomt_iommu_kind_amd;
extern const struct iomt_iommu_kind iomt_iommu_kind_vtd;
extern const struct iomt_iommu_kind iomt_iommu_kind_smmu;

/* A format's facts; NULL when units of this kind never walk it. */
const struct iomt_format_facts *iomt_format_facts(const struct iomt_iommu_kind *kind,
						  enum iomt_format format);

/* iomt_iommu_stage.flags */

/* Serves requests without a PASID. AMD V2 does that by GIOSup alone (48882, 2.2.2.1, GIOV). */
#define IOMT_STAGE_RID 0x01u

/* Serves requests with a PASID. Never AMD V1, nor SMMUv3's stage 2 alone. */
#define IOMT_STAGE_PASID 0x02u

/*
 * Its tables are named in PASID tables alone, so that requests without a PASID use an entry there,
 * by convention entry 0: AMD V2 (GCR3[0]), SMMUv3's stage 1 (S1DSS 0b10), both stages of VT-d in
 * scalable mode (RID_PASID).
 */
#define IOMT_STAGE_ENTRIES 0x04u

/* Hardware sets accessed flags: HA of SMMU_IDR0.HTTU, SSADS, EFR.HASup; x86-64 tables: always. */
#define IOMT_STAGE_ACCESSED 0x08u

/* Hardware tracks dirty pages: HD of SMMU_IDR0.HTTU, SSADS, EFR.HDSup; x86-64 tables: always. */
#define IOMT_STAGE_DIRTY 0x10u

/* Absent entries are cached (AMD NpCache, VT-d CAP_REG.CM): what is mapped is invalidated, too. */
#define IOMT_STAGE_CACHES_ABSENT 0x20u

/* Instruction fetches are told from reads (EFR.NXSup, VT-d NXE). x86-64 tables alone. */
#define IOMT_STAGE_NX 0x40u

/* What a unit does in one stage. Without formats it has no such stage, and all of this is 0. */
struct iomt_iommu_stage {
	uint32_t formats; /* IOMT_FORMAT_BIT of each that the unit walks */
	uint32_t flags;	  /* IOMT_STAGE_*; RID or PASID at least */

	/* Leaf sizes, bit k for 2^k bytes, of all formats together; 0 for all that they have. */
	uint64_t page_sizes;

	/*
	 * Bit k: tables of k levels (HATS, GATS, SAGAW, FS5LP). 0 for Arm, where the width of the
	 * input decides.
	 */
	uint8_t levels;

	/* Bits of input address at most: MGAW, SMMU_IDR5.VAX, IAS; AMD 64. 32 to 64. */
	uint8_t iova_bits;

	/* Bits of output address: PASize, HAW, SMMU_IDR5.OAS. 32 to 52. */
	uint8_t oa_bits;
};

/* iomt_iommu_caps.flags */
#define IOMT_IOMMU_COHERENT 0x1u /* table walks snoop CPU caches (ECAP_REG.C, SMPWC; COHACC) */
#define IOMT_IOMMU_NESTING  0x2u /* stage 1 on stage 2: see below; ECAP_REG.NEST; S1P and S2P */
#define IOMT_IOMMU_SVA_RID  0x4u /* a process' table may serve requests without a PASID */
#define IOMT_IOMMU_RANGES   0x8u /* SMMUv3: range invalidation (SMMU_IDR3.RIL) */

/*
 * NESTING on AMD is EFR2.GCR3TRPMode, which the driver has switched on in the Control register: GCR3 roots
 * on a host table are a guest's addresses. Without it hardware takes what the guest wrote as a system physical
 * address, and the guest reaches the host's memory.
 */

/* iomt_iommu_caps.errata, and what they change */

/* AMD V1: a leaf of 512 GiB is read wrongly. That size is not used. */
#define IOMT_ERRATUM_512G 0x1u

/* VT-d (Sapphire Rapids, SPR17): no read-only leaves in nesting parents: IOMT_QUIRK_NO_READ_ONLY. */
#define IOMT_ERRATUM_READ_ONLY 0x2u

/* SMMUv3 (MMU-600 1209401, MMU-700): stage 1 on stage 2 fails. IOMT_IOMMU_NESTING is void. */
#define IOMT_ERRATUM_NESTING 0x4u

/* SMMUv3 (MMU-700, MMU S3): ranges drop whole contiguous runs alone: IOMT_QUIRK_WHOLE_RUNS. */
#define IOMT_ERRATUM_WHOLE_RUNS 0x8u

/* What one unit can do. What the vendor has no such thing of is 0. */
struct iomt_iommu_caps {
	/* sizeof(struct iomt_iommu_caps): the struct may grow; callers built with an older one work. */
	size_t size;

	const struct iomt_iommu_kind *kind; /* &iomt_iommu_kind_amd, ... */
	uint32_t flags;			    /* IOMT_IOMMU_* */
	uint32_t errata;		    /* IOMT_ERRATUM_* */
	struct iomt_iommu_stage stage[2];   /* stage 1, stage 2 */

	uint8_t pasid_bits; /* PASmax + 1, PSS + 1, SSIDSIZE; 0 to 20; needed by IOMT_STAGE_PASID */
	uint8_t domain_bits; /* AMD 16, VT-d 4 to 16 (ND) */
	uint8_t asid_bits;   /* SMMUv3 with stage 1: 8 or 16 (ASID16) */
	uint8_t vmid_bits;   /* SMMUv3 with stage 2: 8 or 16 (VMID16) */
	uint8_t gcr3_levels; /* AMD with V2: levels of GCR3 tables, 1 to 3 (GLXSup + 1) */
	uint8_t bbm;	     /* SMMUv3: SMMU_IDR3.BBML, 0 to 2 */
	uint8_t mamv;	     /* VT-d: CAP_REG.MAMV, 0 to 52 (without PSI 0) */
	uint8_t enc_bit; /* AMD: memory encryption bit of addresses, oa_bits or more; 0 for none */
};

/* What is wrong with a description: the field's name, "stage[0].levels", and a sentence. */
struct iomt_iommu_error {
	const char *field;  /* its name, a constant */
	const char *reason; /* what is wrong with it, a constant */
};

/* 0, or IOMT_EINVAL; *error, unless NULL, then names the first field that is wrong. */
int iomt_iommu_caps_check(const struct iomt_iommu_caps *caps, struct iomt_iommu_error *error);

/*
 * Ready descriptions. Widths are those of servers of today: look at yours. All walk coherently, and
 * have the erratum IOMT_ERRATUM_512G where they are AMD's, as drivers assume it of all.
 */
extern const struct iomt_iommu_caps iomt_iommu_amd;	   /* V1 alone: no guest tables */
extern const struct iomt_iommu_caps iomt_iommu_amd_gt;	   /* and V2, on PASIDs alone */
extern const struct iomt_iommu_caps iomt_iommu_amd_gio;	   /* and V2 anywhere; dirty pages of V1 */
extern const struct iomt_iommu_caps iomt_iommu_vtd_legacy; /* second stages */
extern const struct iomt_iommu_caps iomt_iommu_vtd_scalable; /* both, PASIDs, nested */
extern const struct iomt_iommu_caps iomt_iommu_smmu_s1;	     /* stage 1 alone, 8-bit ASIDs */
extern const struct iomt_iommu_caps iomt_iommu_smmu_s2;	     /* stage 2 alone, 8-bit VMIDs */
extern const struct iomt_iommu_caps iomt_iommu_smmu;	     /* both, nested too */
extern const struct iomt_iommu_caps
	iomt_iommu_smmu_full; /* and ranges, HTTU, 16-bit ids, 52-bit addresses */

/* iomt_region.kind: addresses that are not the domain's to give out */
enum iomt_region_kind {
	IOMT_REGION_HOLE,     /* never translated (x86: interrupts at 0xfee00000, peer windows) */
	IOMT_REGION_IDENTITY, /* must be mapped one to one (RMRR, IVMD, RMR) */
	IOMT_REGION_MSI,      /* where the driver maps doorbells of interrupts (Arm) */
};

/* A range of addresses of a device. */
struct iomt_region {
	uint64_t first;		    /* bytes */
	uint64_t last;		    /* inclusive */
	enum iomt_region_kind kind; /* what is there */
};

/* iomt_device_caps.flags */
#define IOMT_DEVICE_ATS	    0x1u /* has a TLB of its own */
#define IOMT_DEVICE_PRI	    0x2u /* asks for pages that are missing; needs ATS */
#define IOMT_DEVICE_TRUSTED 0x4u /* keeps to what it was given: not external, no foreign firmware */

/* What one device can do. */
struct iomt_device_caps {
	/* sizeof(struct iomt_device_caps): the struct may grow, as above. */
	size_t size;

	const struct iomt_iommu_caps *iommu; /* the unit that it is behind */
	uint32_t id;			     /* requester id (16 bits), or StreamID */
	uint32_t flags;			     /* IOMT_DEVICE_* */
	uint8_t pasid_bits;		     /* width of its PASIDs, 1 to 20; 0: it has none */
	uint64_t dma_last;		     /* the highest address it can send; 0: any */
	const struct iomt_region *regions;   /* reserved addresses, in any order */
	size_t region_count;		     /* of these */
};

/* 0, or IOMT_EINVAL as above; "iommu" for a unit that fails its own check. */
int iomt_device_caps_check(const struct iomt_device_caps *device, struct iomt_iommu_error *error);

/* ---- iomt/domain_choice.h ---- */

/*
 * The planner: which page table a domain gets, for a set of devices that are to share it.
 *
 *	const struct iomt_device_caps *devices[] = {&nic, &disk};
 *	struct iomt_domain_req req = {.size = sizeof(req), .flags = IOMT_DOMAIN_PASID};
 *	struct iomt_domain_choice choice;
 *
 *	if (iomt_domain_choose(&req, devices, 2, &choice))
 *		...                                     // choice.lack, choice.device; choice.error
 *	choice.cfg.mem = mem;
 *	iomt_pt_init(&pt, &choice.cfg);
 *
 * Each format of the units is a candidate. It is refused for each thing that is asked for and that
 * some unit or device lacks, never given with less than was asked for. Of those that are left, the
 * first in an order of facts alone is chosen: docs/domains.md. Order and repetition of devices do
 * not matter, only what they are. Pure computation without memory, in time proportional to the
 * devices and their regions: safe from any thread.
 */

/* iomt_domain_req.flags */

/*
 * The table can be attached to PASIDs, of every device that has them; one at least must. Devices
 * without PASIDs take it for all of their requests.
 */
#define IOMT_DOMAIN_PASID 0x01u

/*
 * No PASID will ever be wanted for it. With neither flag, a table that can be attached to PASIDs
 * later is preferred where one of the devices has PASIDs.
 */
#define IOMT_DOMAIN_NO_PASID 0x02u

/* With IOMT_DOMAIN_PASID: for requests without a PASID too, of every device. */
#define IOMT_DOMAIN_RID 0x04u

#define IOMT_DOMAIN_NEST_PARENT 0x08u /* a stage 2 on which stage 1 tables of guests will stand */
#define IOMT_DOMAIN_DIRTY	0x10u /* hardware tracks dirty pages */
#define IOMT_DOMAIN_TRUSTED	0x20u /* for trusted devices alone */
#define IOMT_DOMAIN_COHERENT	0x40u /* tables are in memory that is never cleaned out of caches */

/* What is wanted of a domain. Zero is a good value for every field but size. */
struct iomt_domain_req {
	/* sizeof(struct iomt_domain_req): the struct may grow; callers built with an older one work. */
	size_t size;

	uint32_t flags; /* IOMT_DOMAIN_* */

	/* The format wished for, and no other; IOMT_FORMAT_NONE for the best. */
	enum iomt_format format;

	/* Leaf sizes that must be usable, bit k for 2^k bytes; 0: none in particular. */
	uint64_t page_sizes;

	/*
	 * Addresses of so many bits can be mapped, and every device can send them; 64 at most. 0: as
	 * many as units have, 48 at most, 47 where that saves a level; devices may then be narrower.
	 * Regions that must be mapped may make it more.
	 */
	uint8_t iova_bits;

	/* Memory at addresses of so many bits can be mapped; 52 at most. 0: 48, or what units have. */
	uint8_t oa_bits;

	/* With IOMT_DOMAIN_PASID: PASIDs of so many bits can be used; 20 at most. 0: any. */
	uint8_t pasid_bits;
};

/* What a candidate can lack. Of one that lacks several, the first is named. */
enum iomt_lack {
	IOMT_LACK_NOTHING,	/* it would do */
	IOMT_LACK_FORMAT,	/* a unit does not walk this format */
	IOMT_LACK_WISH,		/* another format was wished for */
	IOMT_LACK_PASID,	/* cannot be attached to a PASID */
	IOMT_LACK_PASID_DEVICE, /* no device has PASIDs */
	IOMT_LACK_PASID_BITS,	/* PASIDs are too narrow */
	IOMT_LACK_RID,		/* cannot serve requests without a PASID */
	IOMT_LACK_NESTING,	/* cannot carry stage 1 tables */
	IOMT_LACK_DIRTY,	/* no dirty tracking */
	IOMT_LACK_IOVA_BITS,	/* units do not reach so far */
	IOMT_LACK_OA_BITS,	/* output addresses are too narrow */
	IOMT_LACK_LEVELS,	/* units have no depth in common that will do */
	IOMT_LACK_PAGE_SIZES,	/* a leaf size is missing */
	IOMT_LACK_ENC_BIT,	/* units differ in their encryption bit */
	IOMT_LACK_COHERENT,	/* table walks do not snoop */
	IOMT_LACK_DMA_BITS,	/* a device cannot send such addresses */
	IOMT_LACK_REGION,	/* a region that must be mapped cannot be, so far up or so fine */
	IOMT_LACK_TRUST,	/* a device is not trusted */
	IOMT_LACKS,		/* how many there are */
};

/* "dirty tracking": what lacks, in a few words; never NULL. Any value is allowed. */
const char *iomt_lack_name(enum iomt_lack lack);

/* One format that was looked at. */
struct iomt_domain_candidate {
	enum iomt_format format; /* which */
	uint32_t lacks;		 /* bits 1 << IOMT_LACK_*: all that it lacks; 0: it would do */
};

/* Where a table can be attached, in iomt_domain_choice.where */
#define IOMT_WHERE_RID	   0x1u /* to every device, for requests without a PASID */
#define IOMT_WHERE_PASID   0x2u /* to a PASID of every device that has PASIDs */
#define IOMT_WHERE_ENTRY_0 0x4u /* of IOMT_WHERE_RID: in entry 0, for devices with PASID tables */

/* iomt_domain_choice.quirks: what whoever uses the table must heed */
#define IOMT_QUIRK_INCOHERENT	 0x1u /* mem needs a clean hook: some unit does not snoop */
#define IOMT_QUIRK_CACHES_ABSENT 0x2u /* what is mapped must be invalidated, too */
#define IOMT_QUIRK_WHOLE_RUNS	 0x4u /* IOMT_SMMU_WHOLE_RUNS for every target */
#define IOMT_QUIRK_NO_READ_ONLY	 0x8u /* no read-only leaves (of a nesting parent) */

/* What was chosen. On errors all is 0 but what is said of them. */
struct iomt_domain_choice {
	enum iomt_format format; /* the one that was chosen */
	const char *name;	 /* of the format */
	uint8_t stage;		 /* 1 or 2 */
	uint8_t levels;		 /* of tables */
	uint8_t iova_bits;	 /* the table translates addresses of so many bits */
	uint8_t oa_bits;	 /* 32, 36, 40, 42, 44, 48 or 52 for Arm */
	uint8_t pasid_bits;  /* width of PASIDs that all devices with PASIDs can take; 0: none */
	uint32_t where;	     /* IOMT_WHERE_* */
	uint32_t quirks;     /* IOMT_QUIRK_* */
	uint64_t page_sizes; /* leaf sizes, bit k for 2^k bytes */
	uint64_t dma_last;   /* the highest address that every device can send and the table has */
	struct iomt_pt_cfg cfg; /* ready for iomt_pt_init but for mem */

	/*
	 * IOMT_EOPNOTSUPP: the first thing that the closest candidate lacks, which is the one that
	 * lacks the fewest. device_known: it is about the device of this id, the smallest of several.
	 */
	enum iomt_lack lack;
	uint32_t device;
	bool device_known;

	/* IOMT_EINVAL: the field, "devices.pasid_bits" for those of devices, and a sentence. */
	struct iomt_iommu_error error;

	/* All that were looked at: what would do, the best first, then the others by their number. */
	uint8_t candidate_count;
	struct iomt_domain_candidate candidates[IOMT_FORMATS];
};

/*
 * Chooses. choice says more about errors: IOMT_EOPNOTSUPP, when every candidate lacks something;
 * IOMT_EINVAL, when what is wanted contradicts itself, something given is malformed, or there are
 * no devices.
 */
int iomt_domain_choose(const struct iomt_domain_req *req,
		       const struct iomt_device_caps *const *devices, size_t count,
		       struct iomt_domain_choice *choice);

/*
 * Explains the same in words, a line for each candidate: what was chosen and how it is to be, why
 * others that would do come after it, and all that the others lack. What was malformed is one line.
 *
 * Writes at most size bytes, the last of them a 0 (nothing with size 0), and returns how many it
 * would have written without that 0, given enough: as snprintf. The text is the same for any order
 * of devices.
 */
size_t iomt_domain_explain(const struct iomt_domain_req *req,
			   const struct iomt_device_caps *const *devices, size_t count, char *text,
			   size_t size);

/* ---- iomt/riscv_cmd.h ---- */

/*
 * Invalidation commands of the RISC-V IOMMU (RISC-V IOMMU specification, "Command-Queue", and the
 * extensions for address ranges and non-leaf entries). See iomt/cmd.h for how to use them.
 */

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

/* IOTINVAL.VMA and GVMA of everything, in that order: two entries. */
int iomt_riscv_all(struct iomt_cmd *cmds, size_t n);

/*
 * What a command does; flags tell the hardware: IOMT_RISCV_RANGES, IOMT_RISCV_NON_LEAF. Without a
 * range a command names one 4K page, and drops all that translates it. IOMT_EINVAL for reserved
 * bits and functions, the range that is unspecified, S and NL where the hardware has none, and
 * commands that invalidate nothing of this (ATS.PRGR, custom ones).
 */
int iomt_riscv_decode(const struct iomt_cmd *cmd, uint32_t flags, struct iomt_inv *inv);

/* ---- iomt/targets.h ---- */

/*
 * Targets: every place where translations of one page table are cached. A table that is attached to
 * many devices, PASIDs and IOMMUs has many; one call tells them all of a change:
 *
 *	struct iomt_target target = {
 *		.ring = &ring, .kind = &iomt_target_amd, .amd = {.domain = 5}};
 *
 *	iomt_targets_init(&targets, &mem);
 *	iomt_targets_add(&targets, &target, &gather);
 *	...
 *	iomt_pt_unmap(&pt, iova, length, &unmapped, &gather);
 *	iomt_targets_invalidate(&targets, &gather, &policy, NULL);
 *
 * They stand in an array, sorted by ring: whoever adds or removes one makes another array and
 * publishes it; only counts change in place. Readers take no lock and may use the array that they met
 * until it is freed, which is up to the caller: it leaves in a gather.
 */

struct iomt_target;

/* How a kind of target is told: a vendor's calls for IOTLBs, or for the TLBs of devices. */
struct iomt_target_kind {
	enum iomt_vendor vendor; /* of rings that it may be reached by */
	bool device;		 /* a device's own TLB, dropped after the IOTLB's */

	/* What a gather asks for, as the vendor's call of this name. */
	int (*gather)(const struct iomt_target *target, const struct iomt_gather *gather,
		      const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n);

	/* All of its ids and flags in two words: equal for targets that are the same. */
	void (*key)(const struct iomt_target *target, uint64_t key[2]);
};

extern const struct iomt_target_kind iomt_target_amd;	       /* iomt_amd_gather */
extern const struct iomt_target_kind iomt_target_amd_device;   /* iomt_amd_device_gather */
extern const struct iomt_target_kind iomt_target_vtd;	       /* iomt_vtd_gather */
extern const struct iomt_target_kind iomt_target_vtd_device;   /* iomt_vtd_device_gather */
extern const struct iomt_target_kind iomt_target_smmu;	       /* iomt_smmu_gather */
extern const struct iomt_target_kind iomt_target_smmu_device;  /* iomt_smmu_device_gather */
extern const struct iomt_target_kind iomt_target_riscv;	       /* iomt_riscv_gather */
extern const struct iomt_target_kind iomt_target_riscv_device; /* iomt_riscv_device_gather */

/* One place: the unit's ring, and the member of the union that "kind" is about. */
struct iomt_target {
	struct iomt_ring *ring;		     /* by which it is told */
	const struct iomt_target_kind *kind; /* how it is told */
	uint32_t users; /* how often it was added, 0: it was removed; the library's, and changes */

	/*
	 * Whatever was gathered, all of it goes: translations by other addresses than the table's, such
	 * as a guest's whose tables stand on this one.
	 */
	bool all;
	union {
		struct iomt_amd_target amd;	       /* iomt_target_amd */
		struct iomt_amd_device amd_device;     /* iomt_target_amd_device */
		struct iomt_vtd_target vtd;	       /* iomt_target_vtd */
		struct iomt_vtd_device vtd_device;     /* iomt_target_vtd_device */
		struct iomt_smmu_target smmu;	       /* iomt_target_smmu */
		struct iomt_smmu_device smmu_device;   /* iomt_target_smmu_device */
		struct iomt_riscv_target riscv;	       /* iomt_target_riscv */
		struct iomt_riscv_device riscv_device; /* iomt_target_riscv_device */
	};
};

/* A published array. Its fields may be read; they never change, but for users. */
struct iomt_target_list {
	size_t count;			   /* of targets */
	size_t bytes;			   /* of the memory that it stands in */
	const struct iomt_target *targets; /* sorted by ring */
};

/* The targets of one table. All fields are private. */
struct iomt_targets {
	const struct iomt_mem *mem_;
	struct iomt_target_list *list_;
};

/* No targets, in no memory. mem must outlive them. Never fails. */
void iomt_targets_init(struct iomt_targets *targets, const struct iomt_mem *mem);

/*
 * Adds a target, before hardware may use the table there (before the device-table entry, STE or
 * PASID entry is written). One that is there already is counted, which needs no memory: it is told
 * once, and stays until it was removed as often.
 *
 * The array that it replaces is added to the gather, which must be of the same provider or empty. It
 * asks for no invalidation, but must be released only when the readers of that moment (threads in
 * iomt_targets_invalidate, or with what iomt_targets_get gave) are gone.
 *
 * One thread at a time adds or removes (the caller's lock); others may invalidate at the same time.
 * Errors, nothing changed: IOMT_EINVAL (a kind that is not of the ring's vendor, or what its gather
 * call refuses), IOMT_ENOMEM, IOMT_ENOSPC (more than 1 MiB of targets).
 */
int iomt_targets_add(struct iomt_targets *targets, const struct iomt_target *target,
		     struct iomt_gather *gather);

/*
 * Removes one that was added, when hardware does not use the table there any more. What is cached
 * there is the caller's to drop, all of it, before the ids are used for anything else: changes of
 * the table do not reach it any more.
 *
 * Without memory for a smaller array, or with a gather of another provider, the target stays there
 * without users until the next array is made: so this fails for targets alone that are not there
 * (IOMT_ENOENT), or could not be (IOMT_EINVAL).
 */
int iomt_targets_remove(struct iomt_targets *targets, const struct iomt_target *target,
			struct iomt_gather *gather);

/*
 * The targets of this moment, or NULL when there never were any. A device whose target is not among
 * them walks tables as the calling thread has left them before, so that it need not be told.
 */
const struct iomt_target_list *iomt_targets_get(const struct iomt_targets *targets);

/* Frees the array at once: nobody reads it any more. */
void iomt_targets_destroy(struct iomt_targets *targets);

/* Which command failed. */
struct iomt_targets_fault {
	struct iomt_ring *ring; /* the ring that it was in */
	uint32_t index;		/* in the ring, where hardware refused a command */
};

/* Units that are started before the first is waited for; of more, the next after these. */
#define IOMT_TARGETS_UNITS 32

/* Policies of more covers count as of so many; half as many in wide rings, and fewer in small ones. */
#define IOMT_TARGETS_MOST 120

/*
 * Drops what a gather asks for, everywhere: puts the commands of all units into their rings, IOTLBs,
 * a sync, device TLBs, a sync, and waits until all units are done. Syncs that nothing needs are
 * left out. Nothing is done for a gather without a range. The gather does not change: release it
 * after success and after the readers of that moment.
 *
 * Any number of threads at the same time, for the same targets too. About 5 KiB of stack.
 *
 * Errors are those of the rings' calls, the first of them; fault (may be NULL) tells where. Other units
 * are served all the same. After an error hardware may still hold what was gathered: call again, or
 * reset the unit, before anything is released.
 */
int iomt_targets_invalidate(const struct iomt_targets *targets, const struct iomt_gather *gather,
			    const struct iomt_plan_policy *policy,
			    struct iomt_targets_fault *fault);

/* ---- iomt/flush.h ---- */

/*
 * The flush queue: deferred invalidation. What was unmapped waits in a queue, and one flush drops
 * all translations of the table for many unmaps at once. Until then a device may go on using what
 * was unmapped, which is what one pays for the speed; so the tables that a gather holds, and the
 * caller's IOVA range, are given back only when such a flush has completed.
 *
 *	iomt_pt_unmap(&pt, iova, length, &unmapped, &gather);
 *	iomt_flush_add(&queue, &gather, iova, iova + length - 1, now);
 *
 * A queue without entries is strict: the same call then invalidates what was gathered, waits, and
 * gives back at once. Which queue a thread uses is the caller's choice: one for each thread or
 * processor, where adds do not meet, or a large one for all. Queues of one table share flushes: one
 * serves them all.
 *
 * Flushes are numbered. An entry is stamped with the number of the last that had begun, and is free
 * when one with a higher number is complete. No call takes a lock or waits for another thread but by the
 * caller's wait function; a step that gives entries back looks at so many of one queue and at
 * nothing of the others.
 *
 * What has to be gone before a table is freed: the hardware's translations, which is what this is for,
 * and software readers (iomt_pt_translate in other threads), which is the caller's: see
 * iomt_flush_cfg.readers.
 *
 * A leaf that two threads unmap in parts, at the same time, on AMD or VT-d: one splits it, and the
 * other, which meets the parts, may be done before the first has told hardware, which then knows
 * the whole leaf still. Parts of one leaf are for one thread at a time, from the unmap to the end of
 * the call here.
 *
 * A flush drops everything of each target. Of an ASID or PSCID that does not hold global mappings
 * (IOMT_GLOBAL): tables that have some are for targets of every ASID (IOMT_SMMU_ANY_ASID,
 * IOMT_RISCV_ALL_PSCIDS).
 *
 * Gathers of iomt_pt_map, and of iomt_pt_trim where something may be mapped again, do not belong in
 * a queue: hardware that still knows an old, empty table would miss what is mapped. They go through
 * iomt_flush_strict.
 */

/* How the invalidations of one table are done. */
struct iomt_flush_cfg {
	size_t size; /* sizeof(struct iomt_flush_cfg), for versions to come */

	/* Where translations are cached; must outlive all queues. */
	const struct iomt_targets *targets;

	/* Where queues stand. */
	const struct iomt_mem *mem;

	/* For strict invalidation. A flush drops everything. */
	struct iomt_plan_policy policy;

	/*
	 * How long an entry may wait before iomt_flush_tick flushes, in the unit of "now", which is the
	 * caller's.
	 */
	uint64_t age;

	/*
	 * Gives back an IOVA range. Called in any thread that uses the queue, also in the middle of
	 * iomt_flush_add, and not for ranges with first > last.
	 */
	void (*release)(void *ctx, uint64_t first, uint64_t last);

	/*
	 * Waits until all threads are gone that read tables, or targets, when it is called (RCU's
	 * synchronize). Called after an invalidation, before what waited for it is released: once for
	 * a flush, and for strict ones that release tables. NULL: there are no such readers, or what
	 * frees memory (iomt_mem.free) takes care of them.
	 */
	void (*readers)(void *ctx);

	void *ctx; /* passed to both */
};

/* The flushes of one table. All fields are private. */
struct iomt_flush {
	struct iomt_flush_cfg cfg_;
	uint64_t apart_[7];   /* on other lines than what is written */
	iomt_word begun_;     /* the number of the last */
	iomt_word completed_; /* the highest that is complete */
	iomt_word deferred_;  /* the lowest that all entries wait for */
};

/* Begins with nothing. IOMT_EINVAL: a field is missing, or the policy is none. */
int iomt_flush_init(struct iomt_flush *flush, const struct iomt_flush_cfg *cfg);

struct iomt_flush_entry;

/* The most entries of a queue. */
#define IOMT_FLUSH_MOST 8192

/* One queue. All fields are private. */
struct iomt_flush_queue {
	struct iomt_flush *flush_;
	struct iomt_flush_entry *entries_;
	uint32_t mask_;
	uint64_t apart_[7]; /* on a line of their own: */
	iomt_word tail_;    /* adders' */
	uint64_t apart_too_[7];
	uint64_t head_; /* of whoever drains */
	uint32_t draining_;
	uint64_t apart_at_last_[7];
};

/*
 * Makes a queue of so many entries of 128 bytes: a power of two from 2 to IOMT_FLUSH_MOST, or 0
 * for a strict one. IOMT_EINVAL. IOMT_ENOMEM: the queue works, but is a strict one.
 */
int iomt_flush_queue_init(struct iomt_flush_queue *queue, struct iomt_flush *flush,
			  uint32_t entries);

/*
 * Takes what a call on the page table has gathered, and the IOVA range [first, last] (inclusive; none
 * where first > last) that may be used again when nobody translates it any more. The gather is then
 * empty. "now" is the time.
 *
 * When the queue is full, this call flushes; when others have taken the room even then, it is strict.
 * Any number of threads may add to a queue at the same time; the fast way is a compare-and-swap and
 * a barrier.
 *
 * Errors are those of iomt_targets_invalidate: nothing was released or taken, gather and range are
 * the caller's still. Call again, or reset the unit.
 */
int iomt_flush_add(struct iomt_flush_queue *queue, struct iomt_gather *gather, uint64_t first,
		   uint64_t last, uint64_t now);

/*
 * Invalidates what was gathered, waits, and releases the gather and the range, now, by no queue.
 * While anything waits in a queue of the same table, and after a failure, this is a flush. Errors as
 * above.
 */
int iomt_flush_strict(struct iomt_flush *flush, struct iomt_gather *gather, uint64_t first,
		      uint64_t last);

/* Drops everything and waits: all that was added before may be released then. Errors as above. */
int iomt_flush_now(struct iomt_flush *flush);

/*
 * A step of upkeep: flushes if an entry has waited for too long, then releases at most "most" entries of
 * this queue; none where most is 0, and nothing is flushed then. To be called now and then for each queue, from any thread, also while others add.
 * Returns how many it released; "most" of them means that there may be more. Where another thread is
 * at it in this queue, 0. Errors as above; what was released stays so.
 */
int iomt_flush_tick(struct iomt_flush_queue *queue, uint64_t now, uint32_t most);

/*
 * Flushes, releases all, and frees the queue. Nobody may use it any more. On an error (as above) the
 * queue stays with what it holds.
 */
int iomt_flush_queue_destroy(struct iomt_flush_queue *queue);

/* ---- iomt/ids.h ---- */

/*
 * Ids: numbers from 0 to 2^bits - 1, handed out once at a time. PASIDs (20 bits), domain ids, ASIDs
 * and VMIDs (8 to 16 bits), or anything of up to 32 bits.
 *
 *	struct iomt_ids_cfg cfg = {.size = sizeof(cfg), .mem = mem, .bits = 20};
 *	struct iomt_ids ids;
 *	uint32_t pasid;
 *
 *	iomt_ids_init(&ids, &cfg);
 *	iomt_ids_reserve(&ids, 0, 0);
 *	if (!iomt_ids_alloc(&ids, 1, device_max_pasid, &pasid))
 *		...
 *	iomt_ids_free(&ids, pasid);
 *
 * Each id is free, allocated or reserved. What is reserved is nobody's: it is neither handed out nor
 * freed, and says so. It has nothing to do with the least id that one caller may use.
 *
 * Memory: 512 bytes for each 1024 ids (aligned) of which one was ever in use, and 1 KiB for each
 * 2^16, 2^22 and 2^28 that hold such. A full space takes 0.52 bytes for each id; a reserved range
 * takes nothing but at its ends.
 *
 * Threads: all calls but init, trim and destroy may be made at any time in any thread. None takes a
 * lock, and some thread always gets on. With IOMT_IDS_SERIAL no two calls may overlap; most are
 * then two to three times as fast. What is said of single ids is linearizable: each such call takes
 * effect at one moment of its own.
 */

/* iomt_ids_cfg flags */
#define IOMT_IDS_SERIAL \
	0x1u /* the caller makes one call at a time, of one thread or under a lock */

/* How a space of ids is to be. */
struct iomt_ids_cfg {
	/* sizeof(struct iomt_ids_cfg): the struct may grow; callers built with an older one work. */
	size_t size;

	/* Where memory comes from: pieces of 512 and 1024 bytes. How hardware sees it is not asked. */
	const struct iomt_mem *mem;

	uint32_t bits;	/* 1 to 32: ids are 0 to 2^bits - 1 */
	uint32_t flags; /* IOMT_IDS_SERIAL */
};

/* What is wrong with a configuration: the field's name, and a sentence about it. */
struct iomt_ids_cfg_error {
	const char *field;  /* its name, a constant */
	const char *reason; /* what is wrong with it, a constant */
};

/*
 * 0 when iomt_ids_init would accept this configuration, IOMT_EINVAL when not; *error, unless NULL,
 * then names the field and says why. Both are constants.
 */
int iomt_ids_cfg_check(const struct iomt_ids_cfg *cfg, struct iomt_ids_cfg_error *error);

/* Private: part of a space. */
struct iomt_ids_slot {
	iomt_word full;	 /* bit i: no id of the i-th part below is free */
	uintptr_t below; /* the parts, or that none was ever used, or that all are reserved */
};

/* Private: the way to an id. */
struct iomt_ids_path {
	struct iomt_ids_slot *slot[5];
	uintptr_t below; /* the last slot */
	iomt_word *word;
	uint64_t value; /* of the word, when it was read */
	uint32_t height;
};

/* A space of ids. The fields are private; they are here so that a caller can place one anywhere. */
struct iomt_ids {
	struct iomt_ids_slot root;
	uint32_t last; /* the largest id */
	uint8_t height;
	uint8_t serial;
	const struct iomt_mem *mem;
	iomt_word bytes;
	iomt_word solids; /* whole parts that were reserved, ever */

	/* what one call at a time may remember: no id below is free; where one was allocated last */
	uint64_t low;
	uint64_t near_first;
	struct iomt_ids_path near;
};

/* Makes a space in which all ids are free; takes no memory yet. IOMT_EINVAL: see the check. */
int iomt_ids_init(struct iomt_ids *ids, const struct iomt_ids_cfg *cfg);

/* Gives all memory back. No other call at the same time, none afterwards. */
void iomt_ids_destroy(struct iomt_ids *ids);

/*
 * Allocates the smallest free id of [min, max] (both inclusive) into *id.
 *
 * IOMT_EINVAL when min > max, IOMT_ERANGE when max lies beyond the space, IOMT_ENOSPC when at some
 * moment of the call none was free, IOMT_ENOMEM. On errors nothing changes, *id included.
 *
 * It is the smallest when no other call is being made. Else it may be a larger one, where a smaller
 * is in a group (of 16 ids, 1024, 2^16, ...) whose last free id another thread is just taking, or
 * whose first it is freeing. IOMT_ENOSPC is exact all the same; with threads it costs two looks at
 * the whole range, 0.1 ms for 2^20 ids.
 */
int iomt_ids_alloc(struct iomt_ids *ids, uint32_t min, uint32_t max, uint32_t *id);

/*
 * Allocates the next free id of [min, max] after *id, or when there is none up to max, from min on.
 * *id is what the last such call gave; any value outside of the range begins at min. So an id that
 * was freed is handed out again as late as can be. Errors as above.
 *
 * Threads that allocate much should each have an *id of their own, far apart: they then do not
 * meet, where those who want the smallest all want the same.
 */
int iomt_ids_alloc_next(struct iomt_ids *ids, uint32_t min, uint32_t max, uint32_t *id);

/*
 * Allocates this id. IOMT_EEXIST when it is allocated, IOMT_EPERM when it is reserved, IOMT_ERANGE
 * when it lies beyond the space, IOMT_ENOMEM. On errors nothing changes.
 */
int iomt_ids_alloc_at(struct iomt_ids *ids, uint32_t id);

/*
 * Frees an allocated id. IOMT_ESTALE when it was freed already, IOMT_ENOENT when it was never
 * allocated (or not since it was last reserved, or trimmed), IOMT_EPERM when it is reserved,
 * IOMT_ERANGE when it lies beyond the space. On errors nothing changes. Needs no memory.
 */
int iomt_ids_free(struct iomt_ids *ids, uint32_t id);

/*
 * Reserves the ids [first, last]. IOMT_EEXIST when one of them is allocated, IOMT_EPERM when one is
 * reserved already (the lowest that is not free decides), IOMT_EINVAL, IOMT_ERANGE, IOMT_ENOMEM. On
 * errors nothing changes.
 *
 * Single ids become reserved at one moment, the range does not: other threads may find one part of
 * it reserved and the other not yet, also when the call fails and takes all back.
 */
int iomt_ids_reserve(struct iomt_ids *ids, uint32_t first, uint32_t last);

/*
 * Makes the reserved ids [first, last] free, as if they had never been allocated. IOMT_ENOENT when
 * one of them is not reserved, IOMT_EINVAL, IOMT_ERANGE; IOMT_ENOMEM where a large reserved range
 * must be divided. On errors nothing changes. Threads: as iomt_ids_reserve; where two release the
 * same range of more than 16 ids, both may succeed.
 */
int iomt_ids_release(struct iomt_ids *ids, uint32_t first, uint32_t last);

/* What an id is. */
enum iomt_ids_state {
	IOMT_IDS_FREE,	    /* nobody has it */
	IOMT_IDS_ALLOCATED, /* somebody does */
	IOMT_IDS_RESERVED,  /* nobody may */
};

/* The state of an id: an enum iomt_ids_state, or IOMT_ERANGE when it lies beyond the space. */
int iomt_ids_test(const struct iomt_ids *ids, uint32_t id);

/*
 * The smallest allocated id from "from" on, into *id. IOMT_ENOENT when there is none; *id is
 * unchanged then. To go over all:
 *
 *	for (uint64_t from = 0; !iomt_ids_next(&ids, from, &id); from = id + 1ULL)
 *
 * What is allocated all the while is met; what comes or goes meanwhile may be.
 */
int iomt_ids_next(const struct iomt_ids *ids, uint64_t from, uint32_t *id);

/* What a space holds. */
struct iomt_ids_stats {
	uint64_t allocated; /* ids */
	uint64_t reserved;  /* ids */
	uint64_t bytes;	    /* of memory, exactly */
};

/*
 * Counts: goes over all parts in use, about 40 us for 2^20 ids. Exact when no other call is being
 * made; else each group of 16 ids is counted as it is at some moment of the call.
 */
void iomt_ids_stats(const struct iomt_ids *ids, struct iomt_ids_stats *stats);

/*
 * Gives back the memory of parts in which nothing is allocated or reserved. It is forgotten, too,
 * what was ever allocated there. No other call at the same time.
 */
void iomt_ids_trim(struct iomt_ids *ids);

/* ---- iomt/pack.h ---- */

/*
 * The packer: which devices may share an id (a domain id, an ASID, a VMID), so that translations of
 * one table are in the IOTLB once, and never become visible to a device whose own table would not
 * give them. docs/packing.md states the problem and says what each architecture's tag holds.
 *
 *	iomt_pack_begin(&pack);
 *	iomt_pack_add(&pack, &(struct iomt_pack_device_cfg){.size = ..., .sends = 1 << 16}, &device);
 *	iomt_pack_set(&pack, device, IOMT_PACK_RID, &dma);
 *	iomt_pack_set(&pack, device, pasid, &process);
 *	if (!iomt_pack_commit(&pack, &plan))
 *		for (uint32_t i = 0; i < plan.count; i++)
 *			do_step(iomt_pack_step(&pack, i));
 *	iomt_pack_complete(&pack, plan.token);
 *
 * One packer serves one scope in which tags are shared: one IOMMU, or all that share ids. A device
 * is anything that has a map from keys to leaves; where a tag is given to a single table (VT-d first
 * stage, SMMUv3 and RISC-V ASIDs) it is whatever uses the table, with the one key IOMT_PACK_RID.
 *
 * Threads: one call at a time for each packer, of one thread or under a lock.
 */

/* A key: a PASID below 2^20, or this for requests that have none. */
#define IOMT_PACK_RID	    0x100000u
#define IOMT_PACK_KEYS	    0x100001u
#define IOMT_PACK_ALL	    UINT32_MAX /* in steps: every key */
#define IOMT_PACK_NO_ID	    UINT32_MAX
#define IOMT_PACK_DEVICES   0x100000u /* at most */
#define IOMT_PACK_MAX_BITS  20u
#define IOMT_PACK_MAX_TRUST 0xfffffu

/*
 * What an entry of the IOTLB may come from: a table and everything else that decides what an entry
 * holds (format, levels, memory types, permissions from the PASID entry, stage 2, ...), encoded by
 * the caller. Leaves are the same when all bits are.
 */
struct iomt_pack_leaf {
	uint64_t root;	   /* the table, or what stands for it */
	uint64_t attrs[2]; /* all else, encoded by the caller */
};

/* When two devices may have one id. */
enum iomt_pack_relation {
	/* Their maps are equal: the same keys, the same leaves. The number of ids in use is the number of
	   different maps (and fixed words) at any time, unless merging is put off by policy. */
	IOMT_PACK_EQUIVALENT,
	/* Their maps are equal where both have a leaf; and a key that only one has cannot be sent by
	   the other, or both are in the same trust group. */
	IOMT_PACK_ISOLATING,
};

/*
 * When a device that could keep its id moves to another one for the sake of sharing (under
 * IOMT_PACK_EQUIVALENT; under IOMT_PACK_ISOLATING a device that may stay stays until
 * iomt_pack_merge).
 */
enum iomt_pack_merging {
	IOMT_PACK_EAGER, /* always */
	IOMT_PACK_LAZY,	 /* never: when iomt_pack_merge is called */
	IOMT_PACK_COST,	 /* when keys * key_gain >= devices that move * move_cost */
};

/*
 * A replaceable hash of n words, for tests: what it returns decides about time, never about ids.
 */
typedef uint32_t (*iomt_pack_hash)(const uint32_t *words, size_t n);

/* iomt_pack_tables_cfg.flags */

/*
 * AMD: hardware finds what it has cached of GCR3 tables by the domain id, and not by the device alone.
 * Then a device goes from one table to another by one store; else by way of a device-table entry that
 * refuses all requests. Without effect on VT-d and SMMUv3, where what tags
 * translations stands in the PASID's entry.
 */
#define IOMT_PACK_TAGGED_ENTRIES 0x1u

/* PASID tables, one for each id. docs/packing.md, "One table for each id". */
struct iomt_pack_tables_cfg {
	/* sizeof(struct iomt_pack_tables_cfg): the struct may grow. */
	size_t size;

	/*
	 * Of each table. GCR3 has all levels from the beginning: levels is 0, and there is no
	 * root_changed. With IOMT_PASID_TABLE_RID all devices have IOMT_PACK_GIOV, without it none has.
	 */
	struct iomt_pasid_table_cfg table;

	/*
	 * Makes a PASID's entry of a leaf: all of it but VT-d's domain, which is the id. Says always the
	 * same of the same leaf. 0, or an error, which iomt_pack_set then returns. NULL: root is the
	 * GCR3 entry's root.
	 */
	int (*entry)(void *ctx, uint32_t pasid, const struct iomt_pack_leaf *leaf,
		     struct iomt_pasid_entry *entry);
	void *ctx;
	uint32_t flags; /* IOMT_PACK_TAGGED_ENTRIES */
};
struct iomt_pack;
struct iomt_pack_plan;

/* How a packer is to be. */
struct iomt_pack_cfg {
	/* sizeof(struct iomt_pack_cfg): the struct may grow; callers built with an older one work. */
	size_t size;

	/*
	 * Where memory comes from: pieces of 512 to 4096 bytes, and powers of two up to 1 MiB. There are
	 * 64 bytes for each id from first_id to the highest that was ever in use (192 with tables of
	 * ids, which have a provider of their own); isolating, 1088, and IOMT_ENOMEM beyond the first
	 * 2^19 - 1 ids.
	 */
	const struct iomt_mem *mem;

	uint32_t bits;	    /* 1 to 20: ids are 0 to 2^bits - 1 */
	uint32_t first_id;  /* ids from first_id to last_id are handed out: 1 where 0 is reserved */
	uint32_t last_id;   /* below 2^bits */
	uint32_t relation;  /* enum iomt_pack_relation */
	uint32_t merging;   /* enum iomt_pack_merging */
	uint32_t key_gain;  /* IOMT_PACK_COST: what an IOTLB entry less for each key is worth */
	uint32_t move_cost; /* and a device-table write with its invalidations */
	iomt_pack_hash hash; /* NULL for the packer's own */

	/*
	 * Called when all is decided, before anything changes, for callers whose own part of it may
	 * fail: they publish here. The plan and its steps may be read; iomt_pack_get and iomt_pack_next
	 * tell what devices will have. What is not 0 is the result of the call, with nothing changed. May be
	 * NULL; must not call for this packer otherwise.
	 */
	int (*accept)(void *ctx, const struct iomt_pack *pack, const struct iomt_pack_plan *plan);
	void *ctx;

	/*
	 * Equivalent: the packer keeps one PASID table for each id, which all devices of the id use.
	 * NULL: the caller keeps one for each device. Read by init.
	 */
	const struct iomt_pack_tables_cfg *tables;
};

/* What is wrong with a configuration: the field's name, and a sentence about it. */
struct iomt_pack_cfg_error {
	const char *field;  /* its name, a constant */
	const char *reason; /* what is wrong with it, a constant */
};

/*
 * 0 when iomt_pack_init would accept this configuration, IOMT_EINVAL when not; *error, unless NULL,
 * then names the field and says why. Both are constants.
 */
int iomt_pack_cfg_check(const struct iomt_pack_cfg *cfg, struct iomt_pack_cfg_error *error);

/* A device, with a generation: one that was removed is known from its successor. Never 0. */
typedef uint64_t iomt_pack_device;

/* iomt_pack_device_cfg flags */
#define IOMT_PACK_GIOV \
	0x1u		   /* requests without PASID are tagged as PASID 0: IOMT_PACK_RID means 0 */
#define IOMT_PACK_ATS 0x2u /* it has a TLB of its own that is in use */

/* What a device can do, and with whom. */
struct iomt_pack_device_cfg {
	/* sizeof(struct iomt_pack_device_cfg): the struct may grow. */
	size_t size;

	/*
	 * The device can send PASIDs below this, and no others, because hardware (its PASID capability,
	 * the width of its table) stops them: 0 or a power of two up to 2^20.
	 */
	uint32_t sends;
	uint32_t flags; /* IOMT_PACK_GIOV, IOMT_PACK_ATS */
	uint32_t trust; /* a group whose members may hit one another's entries; 0: none */

	/*
	 * Only devices with the same word share an id. Another word for another tenant or stage 2
	 * keeps devices apart; a word for each guest id of each vIOMMU, and no keys, keeps those
	 * together whose sharing the guest decides.
	 */
	uint64_t fixed;
};

/* What a step does. */
enum iomt_pack_op {
	/* From now on changes of the table must be told to (id, key), and to the device's own TLB. */
	IOMT_PACK_PUBLISH,
	/*
	 * They need not be told any more on account of this device. Count: what was published twice
	 * is retracted twice, and a retract that was put off may come after the second publish.
	 */
	IOMT_PACK_RETRACT,
	/*
	 * Clear, write the device's PASID entry of this key (IOMT_PACK_RID: that of no PASID). Where
	 * hardware caches absent entries, too, a write is followed by a flush of the entry. Without a
	 * device: the entry of the id's table, by iomt_pack_table_step.
	 */
	IOMT_PACK_CLEAR_ENTRY,
	IOMT_PACK_WRITE_ENTRY,
	/*
	 * Write the id into the device-table entry; IOMT_PACK_NO_ID: make it refuse all requests
	 * (AMD: with V clear it would let them through). With tables of ids: at once the id, its
	 * table, and the leaf that the device has for IOMT_PACK_RID.
	 */
	IOMT_PACK_WRITE_DEVICE,
	/*
	 * Invalidate: what the IOMMU has cached of the device-table entry (IOMT_PACK_NO_ID, or with
	 * tables of ids: and of all PASID entries of the device); the PASID entry (without a device:
	 * of the id's table, for all that have the id).
	 */
	IOMT_PACK_FLUSH_DEVICE,
	IOMT_PACK_FLUSH_ENTRY,
	/*
	 * Invalidate IOTLB entries: of (id, key), or of the id whatever the key (with tables of ids:
	 * and all that is cached of its table by the id).
	 */
	IOMT_PACK_FLUSH_KEY,
	IOMT_PACK_FLUSH_ID,
	/* Invalidate the device's own TLB (ATS): of a key, or IOMT_PACK_ALL. */
	IOMT_PACK_FLUSH_ATS,
	/* Wait until all invalidations before this, of earlier plans too, are complete. */
	IOMT_PACK_WAIT,
};

/* A step of a plan. */
struct iomt_pack_step {
	uint32_t op; /* enum iomt_pack_op */
	uint32_t id; /* whose keys, or what is written; IOMT_PACK_NO_ID */
	/*
	 * Or IOMT_PACK_ALL: all that the device has after the plan, or when it retracts, all that it
	 * had before.
	 */
	uint32_t key;
	uint32_t was;		    /* write and flush of a device: the id before */
	iomt_pack_device device;    /* or 0 */
	struct iomt_pack_leaf leaf; /* publish, retract and write of one key */
};

/*
 * What hardware must be told, in this order. Plans are carried out in the order of their commits.
 * The steps from "tail" on (a wait, and what it allows) may be put off, also until after later
 * plans.
 *
 * Invalidations between two waits may be carried out in any order. The order of steps, and why:
 *  1. publish: a table that changes must find every place where it may be cached;
 *  2. clear entries that go, while the device still has the id under which others may have them;
 *  3. where others will move into an id whose keys go: wait, flush these, wait. What waits for a
 *     completion of an earlier plan is waited for here too;
 *  4. wait, lest a cached PASID entry that was cleared come under another id; write device-table
 *     entries, flush what is cached of them, wait: until then a device may use the old id, and fill
 *     entries under it. So nothing new is in its table yet, and what goes out of use with it is
 *     flushed later;
 *  5. flush keys that nobody has any more under this id, and ids that nobody has; wait, since a
 *     device could ask again for what is still there; flush TLBs of devices. A device that leaves
 *     others behind needs no flush of the old id: what it filled is true for those who stay;
 *  6. write new entries, after a wait where such a key may still be found with another leaf: that
 *     it had, or that of a device which it trusts, in the IOTLB or in the device's own TLB;
 *  7. (tail) wait, and retract.
 *
 * With tables of ids a device that moves has no entries to clear or write: its device-table entry
 * changes id and table at once, in step 4. Steps 2, 3 and 6 are of tables that change under an id
 * that stays. docs/packing.md gives the reasons.
 */
struct iomt_pack_plan {
	uint64_t token; /* for iomt_pack_complete */
	uint32_t count; /* of steps: iomt_pack_step tells them */
	uint32_t tail;	/* the first that may be put off; count when there is none */
};

/* Private: elements in pieces of memory. */
struct iomt_pack_array {
	unsigned char **pieces;
	uint32_t count;	     /* of pieces */
	uint32_t capacity;   /* of "pieces" */
	uint32_t used;	     /* elements, ever; number 0 is none */
	uint32_t free;	     /* a list of those given back */
	uint32_t free_count; /* its length */
};

/* Private: heads of chains. */
struct iomt_pack_heads {
	struct iomt_pack_array words;
	uint32_t mask;
	uint32_t entries;
};

/* Private: two maps that differ at one key; maps are known by their numbers. */
struct iomt_pack_change {
	uint32_t root[2], rid[2]; /* before and after; all 0: none */
	uint32_t key;
	uint32_t leaf[2];
};

/* A packer. The fields are private; they are here so that a caller can place one anywhere. */
struct iomt_pack {
	struct iomt_pack_cfg cfg;
	struct iomt_ids ids;
	uint64_t bytes; /* but for those of ids */
	struct iomt_pack_array leaves, leaf_refs, nodes, metas, devices, classes, loads, tags;
	struct iomt_pack_array steps, waiting, marked;
	struct iomt_pack_array tables; /* of classes */
	struct iomt_pack_tables_cfg tables_cfg;
	struct iomt_pasid_table shape; /* of all; spare tables for the steps of the last plan */
	uint64_t table_bytes;	       /* with these */
	uint32_t table_count;
	uint32_t
		table_steps; /* of the last plan, that are not carried out; before "next_step" none */
	uint32_t next_step;
	struct iomt_pack_heads leaf_heads, node_heads, class_heads, tag_heads;
	struct iomt_pack_change change; /* that was looked at last */
	uint64_t token;			/* of the last plan */
	uint64_t completed;		/* all plans up to this */
	uint32_t waiting_first, waiting_end;
	uint32_t marked_count;
	uint32_t first_class;	/* in use */
	uint32_t first_drained; /* ids in quarantine, oldest first */
	uint32_t last_drained;
	uint32_t in_use, in_quarantine, device_count, ats_devices;
	uint32_t touched, last_touched; /* devices of the transaction */
	uint32_t stamp;			/* of the transaction */
	uint32_t step_count, tail, flushes;
	bool open;
	bool must_wait; /* before entries are written */
	bool pending;	/* invalidations after the last wait */
	bool waited;
	bool merge;  /* whatever the policy */
	bool shares; /* tables */
};

/* Makes a packer without devices. IOMT_EINVAL: see the check. IOMT_ENOMEM. */
int iomt_pack_init(struct iomt_pack *pack, const struct iomt_pack_cfg *cfg);

/* Gives all memory back. Hardware must not be using its tables any more. */
void iomt_pack_destroy(struct iomt_pack *pack);

/*
 * A transaction: any number of the next four, then commit or abort. Binding one PASID to many
 * devices in one does not divide and merge classes on the way. IOMT_EBUSY when one is open, or a
 * step of the last plan waits for iomt_pack_table_step.
 */
int iomt_pack_begin(struct iomt_pack *pack);

/*
 * Adds a device without keys. IOMT_EINVAL (the struct, or no transaction), IOMT_ENOSPC when there
 * are IOMT_PACK_DEVICES, IOMT_ENOMEM. On errors nothing changes.
 */
int iomt_pack_add(struct iomt_pack *pack, const struct iomt_pack_device_cfg *cfg,
		  iomt_pack_device *device);

/*
 * Removes a device with all its keys. What hardware knows by its requester id may be added anew when
 * the plan of the removal is done: the packer does not know it again, and its own TLB may hold what
 * it had. IOMT_ESTALE: no such device (any more); IOMT_EINVAL.
 */
int iomt_pack_remove(struct iomt_pack *pack, iomt_pack_device device);

/*
 * Gives a key of a device a leaf, in place of any other. IOMT_ERANGE for a PASID that the device
 * cannot send, or no key; IOMT_ESTALE, IOMT_EINVAL, IOMT_ENOMEM. On errors nothing changes. With
 * tables of ids also what their entry refuses: IOMT_ERANGE for a PASID or an address beyond their
 * bits, IOMT_EINVAL, and the errors of the hook.
 */
int iomt_pack_set(struct iomt_pack *pack, iomt_pack_device device, uint32_t key,
		  const struct iomt_pack_leaf *leaf);

/* Takes the leaf of a key away. IOMT_ENOENT when it has none; IOMT_ENOMEM, and as above. */
int iomt_pack_clear(struct iomt_pack *pack, iomt_pack_device device, uint32_t key);

/*
 * Decides who has which id from now on, and ends the transaction. On errors nothing changes and the
 * transaction stays open: IOMT_ENOSPC (no id is free), IOMT_EBUSY (none is free, but some are in
 * quarantine: complete plans, and try again), IOMT_ENOMEM, IOMT_EINVAL (none is open), and what
 * iomt_pack_cfg.accept returned.
 *
 * A transaction that changes every device of an id in different ways takes a new id for each way.
 */
int iomt_pack_commit(struct iomt_pack *pack, struct iomt_pack_plan *plan);

/* A step of the last plan, below its count; until the next begin, merge, commit or destroy. */
const struct iomt_pack_step *iomt_pack_step(const struct iomt_pack *pack, uint32_t index);

/* Ends the transaction as if it had not begun. */
void iomt_pack_abort(struct iomt_pack *pack);

/*
 * Moves devices to make the ids in use fewer, whatever the policy. A plan without steps when
 * nothing is gained. Equivalent: leaves one id for each map. Isolating: the devices of one id go to
 * others with which they share keys; call it again until the plan is empty. Errors as commit;
 * IOMT_EBUSY in a transaction.
 */
int iomt_pack_merge(struct iomt_pack *pack, struct iomt_pack_plan *plan);

/*
 * Moves devices to these ids, those of a better assignment that was found elsewhere: all that can
 * move at once, in one plan. Call it again with the same arguments until the plan is empty; a device
 * moves when it may share with all that have its new id before the plan. Those that are left then
 * wait for each other in a circle (send one to a free id first), or may not share at all.
 *
 * Isolating alone: else IOMT_EOPNOTSUPP. IOMT_ERANGE for an id that is not handed out here,
 * IOMT_ESTALE, IOMT_ENOMEM; IOMT_EBUSY in a transaction, and when a wanted id is in quarantine. On
 * errors nothing changes.
 */
int iomt_pack_apply(struct iomt_pack *pack, const iomt_pack_device *devices, const uint32_t *ids,
		    uint32_t count, struct iomt_pack_plan *plan);

/*
 * Says that all steps of this plan and those before it are done, waits included: ids and keys that
 * were in quarantine for them may be used again. A token of the past is no error. IOMT_EINVAL: no plan
 * has this token yet.
 */
int iomt_pack_complete(struct iomt_pack *pack, uint64_t token);

/* The device's id after the last commit, IOMT_PACK_NO_ID before its first. IOMT_ESTALE. */
int iomt_pack_id(const struct iomt_pack *pack, iomt_pack_device device, uint32_t *id);

/* The leaf of a key, changes of an open transaction included. IOMT_ENOENT, IOMT_ESTALE, IOMT_ERANGE. */
int iomt_pack_get(const struct iomt_pack *pack, iomt_pack_device device, uint32_t key,
		  struct iomt_pack_leaf *leaf);

/*
 * The first key from "from" on that the device has, changes of an open transaction included. PASIDs
 * first, then IOMT_PACK_RID. IOMT_ENOENT when there is none; IOMT_ESTALE.
 */
int iomt_pack_next(const struct iomt_pack *pack, iomt_pack_device device, uint32_t from,
		   uint32_t *key, struct iomt_pack_leaf *leaf);

/*
 * Carries out a step of the last plan that clears or writes an entry of an id's table. They take no
 * memory: commit has. In their order, each once: else IOMT_EINVAL, also for other steps. What inv
 * asks for is in the plan but for what iomt_pasid_table_set asks of an entry that was absent;
 * IOMT_EBUSY, nothing changed: SMMUv3 needs its hook.
 */
int iomt_pack_table_step(struct iomt_pack *pack, uint32_t index, struct iomt_pasid_inv *inv);

/*
 * The table of an id, from the commit on by which a device has it until its id leaves quarantine, which
 * frees it. NULL: there is none. It is the packer's: look at it, and write iomt_pasid_table_hw.
 */
const struct iomt_pasid_table *iomt_pack_table(const struct iomt_pack *pack, uint32_t id);

/*
 * The device that follows this one among those of an id, after the last commit; of 0, the first.
 * IOMT_ENOENT at the end; IOMT_ESTALE.
 */
int iomt_pack_next_device(const struct iomt_pack *pack, uint32_t id, iomt_pack_device *device);

/* What a packer holds. */
struct iomt_pack_stats {
	uint32_t devices;     /* that were added */
	uint32_t ids;	      /* in use */
	uint32_t quarantine;  /* ids that wait for a completion */
	uint64_t keys;	      /* (id, key) pairs that wait for one */
	uint64_t bytes;	      /* of memory, exactly; without tables */
	uint32_t tables;      /* PASID tables of ids, those in quarantine too */
	uint64_t table_bytes; /* of memory of these */
};

/* Reads the statistics: goes over the ids in use, as iomt_ids_stats. Never fails. */
void iomt_pack_stats(const struct iomt_pack *pack, struct iomt_pack_stats *stats);

/* ---- iomt/domain.h ---- */

/*
 * Domains: what a driver attaches. A domain says what the requests of a device, or of one of its
 * PASIDs, reach; attaching writes device-table entries, PASID entries and ids, in an order that hardware
 * never sees wrong, and makes all that the page table changes reach every place where it is cached.
 *
 *	iomt_iommu_init(&iommu, &iommu_cfg);          // one for each unit
 *	iomt_device_add(&iommu, &nic, &nic_caps);     // blocked until something is attached
 *	iomt_domain_table_init(&table, &table_cfg);   // a page table and its places
 *	iomt_domain_init(&dma, &domain_cfg);
 *
 *	iomt_domain_attach(&dma, &nic, IOMT_NO_PASID, 0, &place);
 *	iomt_domain_map(&dma, iova, oa, length, IOMT_READ | IOMT_WRITE, &gather);
 *	iomt_domain_unmap(&dma, &queue, iova, length, now, &unmapped, &gather);
 *	iomt_domain_detach(&place);
 *
 * The library touches no registers: it fills structures in memory, and puts commands into the ring of
 * the unit (iomt/ring.h), whose callbacks are the driver's.
 *
 * Threads: one call at a time for all units whose devices share tables, of those that add, remove,
 * attach, replace and detach (the caller's lock). Mapping and unmapping may go on at the same time, in
 * any threads, as iomt/pt.h says.
 */

struct iomt_attachment;

/*
 * A page table and every place where it is cached. Any number of domains may use one, on any number of
 * devices, PASIDs and units that walk its format: nothing is copied.
 */
struct iomt_domain_table_cfg {
	/* sizeof(struct iomt_domain_table_cfg): the struct may grow, as all of these. */
	size_t size;

	/*
	 * The table, which must outlive this; made with iomt_domain_top_changed, this as ctx, when it
	 * may grow. NULL for a table that somebody else makes, a process' for one: then "format" and
	 * "hw" say what it is, and iomt_domain_changed is called for its changes.
	 */
	struct iomt_pt *pt;
	const struct iomt_pt_format *format;
	struct iomt_pt_hw hw;

	/* Where bookkeeping stands; not in tables that hardware walks. */
	const struct iomt_mem *mem;

	/* As in struct iomt_flush_cfg; release may be NULL. */
	struct iomt_plan_policy policy;
	uint64_t age;
	void (*release)(void *ctx, uint64_t first, uint64_t last);
	void (*readers)(void *ctx);
	void *ctx;
};

/* All fields are private. */
struct iomt_domain_table {
	struct iomt_domain_table_cfg cfg;
	struct iomt_targets targets;
	struct iomt_flush flush;
	struct iomt_gather retired;    /* arrays of targets that readers may still have */
	struct iomt_attachment *first; /* where it is attached */
	uint32_t domains;
	uint32_t caches_absent; /* places where absent entries are cached */
};

/*
 * IOMT_EINVAL: the size, no mem, neither or both of pt and format, a policy that is none. On errors *table
 * is none.
 */
int iomt_domain_table_init(struct iomt_domain_table *table,
			   const struct iomt_domain_table_cfg *cfg);

/* Ends it; the page table stays. IOMT_EBUSY while a domain has it. */
int iomt_domain_table_destroy(struct iomt_domain_table *table);

/*
 * For iomt_pt_cfg.top_changed of tables that grow in use, with the struct iomt_domain_table as ctx:
 * rewrites the device-table entries that name it. Under the caller's lock for attaching, which whoever
 * maps into such a table must be able to take.
 */
void iomt_domain_top_changed(void *ctx, struct iomt_pt *pt);

/*
 * Somebody else's table has changed (the kernel's notifier): drops what is cached of [first, last],
 * inclusive, leaves of at least 2^leaf_lg2 bytes; table pages too, if "tables". Errors as
 * iomt_targets_invalidate; IOMT_EINVAL for a range or a size that is none.
 */
int iomt_domain_changed(struct iomt_domain_table *table, uint64_t first, uint64_t last,
			uint8_t leaf_lg2, bool tables);

/* What a domain means. */
enum iomt_domain_kind {
	IOMT_DOMAIN_PAGING,   /* a table of the caller's, to map into */
	IOMT_DOMAIN_IDENTITY, /* addresses are not translated */
	IOMT_DOMAIN_BLOCKED,  /* every request faults */
	IOMT_DOMAIN_SVA,      /* a table of somebody else's: of a process, of the kernel */
	IOMT_DOMAIN_NESTED,   /* a guest's stage 1 on a stage 2: see iomt/nested.h */
};

/* What a domain is to be. */
struct iomt_domain_cfg {
	/* sizeof(struct iomt_domain_cfg) */
	size_t size;
	enum iomt_domain_kind kind;
	uint32_t flags; /* IOMT_DOMAIN_NO_PASID, IOMT_DOMAIN_TRUSTED of iomt/domain_choice.h */

	/* PAGING: with a page table; SVA: without one. Else NULL. */
	struct iomt_domain_table *table;

	/*
	 * Arm stage 1: a table of the caller's for the other half of the addresses (IOMT_PT_TTBR1), as
	 * for what the kernel keeps mapped beside a process. Else NULL.
	 */
	struct iomt_domain_table *upper;
};

/* All fields are private. */
struct iomt_domain {
	struct iomt_domain_table *table;
	struct iomt_domain_table *upper;
	enum iomt_domain_kind kind;
	uint32_t flags;
	uint32_t places;
};

/* IOMT_EINVAL: a kind, a flag or a table that does not fit. On errors *domain is none. */
int iomt_domain_init(struct iomt_domain *domain, const struct iomt_domain_cfg *cfg);

/* Ends a domain; its table stays. IOMT_EBUSY while it is attached anywhere. */
int iomt_domain_destroy(struct iomt_domain *domain);

/* iomt_iommu_cfg.flags */

/* AMD: the processor stores 128 bits at once, IOMT_DEVICE_TABLE_WIDE. */
#define IOMT_IOMMU_WIDE_STORES 0x1u

/* How a unit is driven. */
struct iomt_iommu_cfg {
	/* sizeof(struct iomt_iommu_cfg) */
	size_t size;

	/* What it can do; must outlive the unit. */
	const struct iomt_iommu_caps *caps;

	/* Where its structures stand, and its command queue. Both must outlive the unit. */
	const struct iomt_mem *mem;
	struct iomt_ring *ring;

	uint32_t flags; /* IOMT_IOMMU_WIDE_STORES */

	/* Bits of device ids, 0 for 16; SMMUv3 with two levels: split 6, 8 or 10, else 0. */
	uint8_t id_bits;
	uint8_t split;

	/* AMD: when devices share a domain id: enum iomt_pack_relation, and iomt_pack_merging. */
	uint32_t relation;
	uint32_t merging;
};

/*
 * What is being done to a unit. Private. "from" goes, "to" comes; either may be NULL.
 */
struct iomt_iommu_change {
	struct iomt_device *device;
	struct iomt_attachment *from;
	struct iomt_attachment *to;
	struct iomt_pack *first; /* the packer that decides, and one that follows it */
	struct iomt_pack *second;
	struct iomt_pack_plan plan;
	struct iomt_pack_plan second_plan;
	iomt_pack_device
		shadow; /* in place of the device's, for what changes with its id at once */
	uint32_t flags;
	uint32_t left; /* an id that the device has just left */
	bool look;     /* only whether entries can be written */
	bool follows;  /* "second" is carried out */
	bool written;
	bool waiting;	  /* for what was put into the ring */
	bool made_pasids; /* the device's PASID table is new */
	int err;	  /* the first */
	uint32_t used;
	struct iomt_cmd cmds[64];
};

/* A unit. All fields are private. */
struct iomt_iommu {
	struct iomt_iommu_cfg cfg;
	const struct domain_facts *facts;
	struct iomt_device_table devices;
	struct iomt_pack domains; /* domain ids, VMIDs */
	struct iomt_pack asids;	  /* SMMUv3 */
	bool has_domains, has_asids;
	bool lost;			     /* hardware may know what it was told to forget */
	uint64_t domains_token, asids_token; /* of the last plans */
	struct iomt_device *first;
	struct iomt_iommu_change *change;
};

/*
 * Makes a unit with empty structures, every device of which is blocked. IOMT_EINVAL: a field is missing
 * or out of its range, or the caps are not of the ring's vendor; IOMT_ENOMEM. On errors *iommu is none.
 */
int iomt_iommu_init(struct iomt_iommu *iommu, const struct iomt_iommu_cfg *cfg);

/* Frees its structures, which hardware must not use any more. IOMT_EBUSY while it has devices. */
int iomt_iommu_destroy(struct iomt_iommu *iommu);

/*
 * After IOMT_EIO of a call below hardware may hold anything that it was told to drop, and ids that it may
 * know are not given out. Says that it holds nothing: the driver has had all caches of the unit, and of
 * devices with a TLB, invalidated, and waited.
 */
void iomt_iommu_was_reset(struct iomt_iommu *iommu);

/* What goes into the unit's registers: its device table. */
void iomt_iommu_hw(const struct iomt_iommu *iommu, struct iomt_device_table_hw *hw);

/* A device. All fields are private. */
struct iomt_device {
	struct iomt_iommu *iommu;
	struct iomt_device *next, *before;
	struct iomt_device_caps caps;
	struct iomt_pasid_table pasids;
	struct iomt_attachment *first;
	struct iomt_attachment *rid; /* what hardware has for requests without a PASID */
	iomt_pack_device user;	     /* AMD */
	uint32_t id;		     /* AMD: the domain id in its entry, or IOMT_PACK_NO_ID */
	uint32_t pasid_count;	     /* entries of PASIDs that are there */
	bool has_pasids;	     /* there is a PASID table */
	bool gone;		     /* it is being removed */
};

/*
 * Makes a device of the unit known; it is blocked, as before. caps->iommu must be the unit's.
 * IOMT_EINVAL; IOMT_ERANGE for an id beyond id_bits; IOMT_EEXIST; IOMT_ENOMEM, IOMT_ENOSPC, IOMT_EBUSY (no domain
 * id is free, or all that are must be invalidated first): nothing changed, *device is none. IOMT_EIO as
 * iomt_domain_attach: the device is known all the same.
 */
int iomt_device_add(struct iomt_iommu *iommu, struct iomt_device *device,
		    const struct iomt_device_caps *caps);

/*
 * Forgets a device and frees its PASID table. IOMT_EBUSY while anything is attached; IOMT_ENOMEM: nothing
 * changed. IOMT_EIO as iomt_domain_attach: hardware may still read the PASID table, so that the device stays,
 * blocked. Reset the unit, say so, and call again; nothing can be attached meanwhile.
 */
int iomt_device_remove(struct iomt_device *device);

/* Where a domain is attached. In the caller's memory; all fields are private. */
struct iomt_attachment {
	struct iomt_domain *domain;
	struct iomt_device *device;	       /* NULL when it is detached */
	uint32_t pasid;			       /* or IOMT_NO_PASID */
	struct iomt_attachment *next, *before; /* of its device */
	struct iomt_attachment *after, *ahead; /* of its table */
	iomt_pack_device user; /* where each attachment has a tag: the packer's device */
	uint32_t tag;	       /* the id that it is published under, IOMT_PACK_NO_ID: none */
	uint32_t tag_before;   /* another that it was, until it is retracted */
};

/* Why an attachment is refused. Constants. */
struct iomt_domain_refusal {
	const char *reason; /* a sentence, a constant */
};

/* iomt_domain_attach, _replace flags: requests may fault while entries change. */
#define IOMT_ATTACH_BREAK 0x1u

/*
 * 0 when a domain could be attached there, whatever is attached there now, but for memory and ids;
 * *refusal, unless NULL, then says why not. A table is never used in another way than it was made for.
 *
 *  - IOMT_EINVAL: unknown flags, a PASID that is none.
 *  - IOMT_ERANGE: a PASID beyond the device's width, or the unit's; a table for more address bits, of
 *    input or of output, than the unit has.
 *  - IOMT_EPERM: PASID 0, which is requests without a PASID; a domain with IOMT_DOMAIN_NO_PASID on a
 *    PASID.
 *  - IOMT_EACCES: the domain is for trusted devices.
 *  - IOMT_EOPNOTSUPP: the device has no PASIDs; the unit does not walk the table's format, or not with
 *    so many levels, as many as it may grow to, or not there (AMD V1 on a PASID, stage 2 of SMMUv3 on one); no identity on a PASID, but
 *    in VT-d's scalable mode; a process' table does not serve requests without a PASID there.
 *  - IOMT_EOPNOTSUPP for nested domains also: on a PASID where the guest has PASID tables of its own
 *    (AMD, SMMUv3), behind another unit than the vIOMMU's.
 *  - IOMT_EBUSY: what is attached beside it excludes it: AMD V1, or stage 2 of SMMUv3, without a
 *    PASID, and PASIDs; AMD V2 with four and five levels in one device. The device is being removed.
 */
int iomt_domain_attach_check(const struct iomt_domain *domain, const struct iomt_device *device,
			     uint32_t pasid, struct iomt_domain_refusal *refusal);

/*
 * Attaches a domain to a device's PASID, or to its requests without one. *place must stay where it is
 * until it is detached. When this returns, hardware has it.
 *
 * Errors, nothing changed: those of the check; IOMT_EEXIST when something is attached there;
 * IOMT_ENOMEM, IOMT_ENOSPC, IOMT_EBUSY (no id is free; or an entry would have to be broken, without
 * IOMT_ATTACH_BREAK). IOMT_EIO, which nothing else returns: hardware did not take the commands, or
 * the ring's wait function gave up, whatever its code. All is as wished then, books included, but for what
 * hardware may have cached: reset the unit, and call iomt_iommu_was_reset.
 */
int iomt_domain_attach(struct iomt_domain *domain, struct iomt_device *device, uint32_t pasid,
		       uint32_t flags, struct iomt_attachment *place);

/*
 * Puts another domain into the place: requests reach what the old one gives, then what the new one does,
 * without a gap where hardware can do that; elsewhere this is IOMT_EBUSY without IOMT_ATTACH_BREAK. Errors
 * as above.
 */
int iomt_domain_replace(struct iomt_attachment *place, struct iomt_domain *domain, uint32_t flags);

/*
 * Takes it away: requests are blocked, nothing is cached when this returns. IOMT_ENOMEM, and IOMT_ENOSPC
 * or IOMT_EBUSY where it leaves others who had its id (AMD): nothing changed. IOMT_EOPNOTSUPP: AMD without
 * GIOSup, where requests without a PASID cannot be blocked while PASIDs are attached. IOMT_EIO as above.
 */
int iomt_domain_detach(struct iomt_attachment *place);

/* The id that translations are tagged by there: domain id, ASID or VMID; IOMT_PACK_NO_ID for none. */
uint32_t iomt_attachment_id(const struct iomt_attachment *place);

/*
 * iomt_pt_map, and what that asks for everywhere, also of units that cache absent entries. gather is
 * empty afterwards; on errors of the invalidation it is the caller's still, and the range is mapped.
 * IOMT_EPERM: the domain's table is not the caller's to map into.
 */
int iomt_domain_map(struct iomt_domain *domain, uint64_t iova, uint64_t oa, uint64_t length,
		    uint32_t prot, struct iomt_gather *gather);

/*
 * iomt_pt_unmap, and the invalidation of every place: by a queue of iomt_domain_flush, deferred or strict;
 * NULL is strict. The range goes to the table's "release" when nothing translates it any more. On errors of
 * the invalidation gather and range are the caller's still.
 */
int iomt_domain_unmap(struct iomt_domain *domain, struct iomt_flush_queue *queue, uint64_t iova,
		      uint64_t length, uint64_t now, uint64_t *unmapped,
		      struct iomt_gather *gather);

/*
 * Maps in "to" all that "from" maps, under the same addresses: the way from one format to another, as when
 * a PASID is to have what an AMD V1 domain maps. Neither may change meanwhile; iomt_domain_replace
 * follows. The table of "to" must not be attached yet, by any domain. All or nothing: IOMT_EPERM, or what
 * iomt_pt_map returned, of addresses or permissions that the other format has not.
 */
int iomt_domain_copy(struct iomt_domain *to, const struct iomt_domain *from);

/* The flushes of a table, to make queues of. */
static inline struct iomt_flush *iomt_domain_flush(struct iomt_domain_table *table)
{
	return &table->flush;
}

/* ---- iomt/walk.h ---- */

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

/* ---- iomt/inspect.h ---- */

/*
 * Whole page tables in guest memory: what they map, what is wrong with them, how two of them differ.
 *
 * An inspection goes over the tables that a walker (iomt/walk.h) would walk, in the order of input
 * addresses, and gives one range or one finding a call:
 *
 *	while (!(err = iomt_inspect_range(&inspect, &range)))
 *		print(&range);
 *
 * IOMT_ENOENT then says that this was all.
 *
 * The tables are hostile, as for iomt_walk: no call crashes, hangs, or reads outside of the guest's
 * memory, and nothing is written there. Each entry is read once and whole. Where the guest changes
 * them meanwhile, each range and finding is true of the words that were read for it, and of no one
 * moment.
 *
 * How long it can take, and what the scratch memory is for: docs/inspecting.md.
 *
 * An inspection is used by one thread at a time; different ones have nothing in common.
 */

/* What an inspection gives. */
enum iomt_inspect_kind {
	IOMT_INSPECT_RANGES,   /* for iomt_inspect_range and iomt_inspect_diff */
	IOMT_INSPECT_FINDINGS, /* for iomt_inspect_finding */
};

/* What is to be inspected, and at what cost. */
struct iomt_inspect_cfg {
	/* sizeof(struct iomt_inspect_cfg): the struct may grow. */
	size_t size;

	const struct iomt_walker *walker; /* must outlive the inspection */
	enum iomt_inspect_kind kind;	  /* which calls it is for */

	/*
	 * The input addresses whose ranges are wanted, both inclusive; those that the tables do not
	 * translate are left out, and those with a tag (IOMT_WALK_TOP_BYTE). Findings are of whole tables: 0 and UINT64_MAX.
	 */
	uint64_t first;
	uint64_t last;

	/* Entries that may be read: iomt_inspect.budget. */
	uint64_t budget;

	/*
	 * Where tables are remembered: 8 bytes for each, with about half as much again to find them
	 * fast; aligned to 8, of which the largest power of two is used. NULL and 0: none are.
	 */
	void *scratch;
	size_t scratch_bytes;
};

/* Input addresses that leaves of one size map one after the other, all with the same rights. */
struct iomt_inspect_range {
	uint64_t iova;	  /* first */
	uint64_t last;	  /* last, inclusive */
	uint64_t oa;	  /* output address of the first */
	uint32_t prot;	  /* what a user's request may do, as in struct iomt_walk_leaf */
	uint32_t priv;	  /* the same for a privileged request */
	uint8_t size_lg2; /* of each leaf or run, which the edges may cut */
	uint8_t level;	  /* of the leaves, 0 for the last */
	uint8_t type;	  /* as in struct iomt_walk_leaf */
};

/* What is wrong with an entry. */
enum iomt_finding_kind {
	/* walks that come to the entry end there */
	IOMT_FINDING_RESERVED = 1, /* reserved bits are set */
	IOMT_FINDING_LEVEL,    /* a leaf or a table that cannot be at this level, or of this size */
	IOMT_FINDING_OUTPUT,   /* Arm: an address beyond the output address size */
	IOMT_FINDING_ACCESSED, /* Arm: the access flag is clear, and hardware does not set it */
	IOMT_FINDING_MEMORY,   /* a table that is not in memory, or not whole */
	/* hardware need not mind, but this is not what was meant */
	IOMT_FINDING_MISALIGNED,  /* address bits below the leaf's size, or the table's */
	IOMT_FINDING_RUN,	  /* an entry does not fit the run that it or others say it is in */
	IOMT_FINDING_UNREACHABLE, /* no input address comes to this entry */
	IOMT_FINDING_LOOP,	  /* the table is one that the walk went through already */
	IOMT_FINDING_SHARED,	  /* the table was come to before, by another entry */
};

/* Something that is wrong with an entry. */
struct iomt_inspect_finding {
	uint64_t
		address; /* guest address of the entry; MEMORY: 0 where that is the walker's root */
	uint64_t entry;	 /* as it was read */
	uint64_t iova;	 /* the first input address that comes to it; UNREACHABLE: would come */
	uint64_t table;	 /* MEMORY, LOOP, SHARED: guest address of the table; else 0 */
	uint8_t kind;	 /* enum iomt_finding_kind */
	uint8_t level;	 /* of the entry, 0 for the last */
};

/* A table on the way to where an inspection is. Private. */
struct iomt_inspect_frame {
	uint64_t table;
	uint64_t v;   /* of its first slot */
	uint64_t all; /* of the table entries above: their AND, and their OR */
	uint64_t any;
	uint64_t address; /* of the entry that points here */
	uint64_t entry;
	uint64_t run;	  /* the leaf that began a run */
	uint32_t index;	  /* the next slot */
	uint32_t end;	  /* behind the last that input addresses come to */
	uint32_t slots;	  /* behind the last that is looked at */
	uint32_t run_end; /* behind the run's last slot */
	uint8_t level;
	bool whole;	 /* every slot is looked at */
	bool barren;	 /* there was no leaf below yet */
	bool missing;	 /* a word was not in memory, and that was said */
	bool run_broken; /* so was that the run does not fit */
};

/* An inspection, and where it is. */
struct iomt_inspect {
	/*
	 * How many entries may still be read: never more are. May be set anew between calls. It is
	 * also how callers interrupt a long inspection: with a small one, again and again.
	 */
	uint64_t budget;

	/*
	 * Some tables found no place in the scratch memory: SHARED may be missing for these, and
	 * what is below them may be looked at, and found, more than once.
	 */
	bool crowded;

	/* private */
	enum iomt_inspect_kind kind;
	const struct iomt_walker *walker;
	uint64_t first; /* of what is asked for, without the bits that all addresses have */
	uint64_t last;
	uint64_t *places;
	uint32_t places_lg2;
	uint32_t depth;
	struct iomt_inspect_frame frames[IOMT_PT_MAX_LEVELS];
	struct iomt_inspect_range pending; /* leaves that may go on */
	bool has_pending;
	uint32_t found; /* bit k: kind k, of the entry that was read last */
	struct iomt_inspect_finding at;
};

/*
 * Begins an inspection. Nothing is read from guest memory. There is nothing to give back; the scratch
 * memory is in use until the last call. IOMT_EINVAL, and *inspect is none: a size, a kind or no
 * walker, first > last, findings of less than everything, scratch that is not aligned.
 */
int iomt_inspect_init(struct iomt_inspect *inspect, const struct iomt_inspect_cfg *cfg);

/*
 * The next range. What a walk would fault for is in none, but for want of permissions: prot and priv
 * may be without READ, WRITE and EXEC.
 *
 * IOMT_ENOENT: there is none. IOMT_EAGAIN: the budget is used up, and all below
 * iomt_inspect_position was told of; with a new budget the calls go on there. A range is cut where a
 * budget ends. IOMT_EINVAL: the inspection is for findings. *range is unchanged on errors.
 */
int iomt_inspect_range(struct iomt_inspect *inspect, struct iomt_inspect_range *range);

/*
 * The next finding, in the order of tables; an entry may have several. Errors as for
 * iomt_inspect_range, IOMT_EAGAIN included.
 *
 * A table that is come to more than once is looked into once for each level that it is used at. So
 * no entry is reported twice at a level, and without IOMT_EAGAIN and crowded there is a finding for
 * every entry at which a walk can end in a RESERVED, OUTPUT, ACCESSED or TABLE fault (for the last,
 * the entry that points to the table).
 */
int iomt_inspect_finding(struct iomt_inspect *inspect, struct iomt_inspect_finding *finding);

/*
 * The input address that is looked at next, by which an inspection of the rest could begin.
 * IOMT_ENOENT, and *iova is unchanged: nothing is left.
 */
int iomt_inspect_position(const struct iomt_inspect *inspect, uint64_t *iova);

/* "reserved bits are set": a short text for a kind of finding, never NULL, whatever the number. */
const char *iomt_finding_text(unsigned kind);

/* iomt_inspect_difference.kinds: the first two alone, or any of the others. */
#define IOMT_DIFF_FIRST	 0x1u /* mapped in the first alone */
#define IOMT_DIFF_SECOND 0x2u /* mapped in the second alone */
#define IOMT_DIFF_OUTPUT 0x4u /* output addresses differ */
#define IOMT_DIFF_RIGHTS 0x8u /* bits of prot or priv differ that were asked about */

/* Input addresses where two tables differ alike. */
struct iomt_inspect_difference {
	uint32_t kinds; /* IOMT_DIFF_* */
	uint64_t iova;	/* first */
	uint64_t last;	/* inclusive */
	/* what maps them in each, from iova to last; all zeros where nothing does */
	struct iomt_inspect_range ranges[2];
};

/* A comparison of two tables. Private, but for its place in memory. */
struct iomt_inspect_diff {
	struct iomt_inspect *inspect[2];
	uint32_t rights;
	bool has[2];
	bool over[2];
	struct iomt_inspect_range ranges[2];
};

/*
 * Begins to compare what two fresh inspections for ranges give: of one format or two, in one guest or
 * two. Both are used up by that, and must stay where they are. rights: the bits of prot and priv
 * that are compared, such as IOMT_READ | IOMT_WRITE; others may have no meaning for both formats.
 * Leaf sizes and memory types are not compared. IOMT_EINVAL: the two are one, or one is for findings.
 */
int iomt_inspect_diff_init(struct iomt_inspect_diff *diff, struct iomt_inspect *first,
			   struct iomt_inspect *second, uint32_t rights);

/*
 * The next difference. IOMT_ENOENT: there is none. IOMT_EAGAIN: a budget is used up; give it a new one
 * and go on. *difference is unchanged on errors.
 */
int iomt_inspect_diff_next(struct iomt_inspect_diff *diff,
			   struct iomt_inspect_difference *difference);

/* ---- iomt/pasid.h ---- */

/*
 * Spaces of PASIDs (PCIe 6.0, 6.20: 20 bits at most): who has which, how many hold it, and when it
 * may be handed out again.
 *
 *	struct iomt_pasid_cfg cfg = {
 *		.size = sizeof(cfg), .mem = mem, .bits = 20, .quarantine = 1024};
 *	struct iomt_pasid_space space;
 *	struct iomt_pasid_set tenant;
 *	uint32_t pasid;
 *
 *	iomt_pasid_init(&space, &cfg);
 *	iomt_pasid_reserve(&space, 0, 0);
 *	iomt_pasid_set_init(&tenant, &space, 100);
 *	iomt_pasid_alloc(&space, &tenant, 1, device_max_pasid, &pasid);
 *	...
 *	clear the PASID's table entries, in all tables
 *	iomt_pasid_put(&space, pasid);
 *
 * One space numbers the processes of all devices (ENQCMD takes the number from the thread, whatever
 * the device), others number what one device knows. A device that takes part in both reserves in
 * its own space what the global one hands out, and uses iomt_pasid_alloc_reserved for what it is
 * given.
 *
 * Each PASID is free, allocated, reserved or in quarantine. It is allocated with one reference, and
 * freed with the last.
 *
 * Quarantine: hardware may know a PASID after it was freed, so it waits until the caller says that
 * its invalidation is complete:
 *
 *	uint64_t token = iomt_pasid_quarantine_token(&space);
 *	invalidate PASID caches, IOTLBs and device TLBs of all IOMMUs, and wait
 *	iomt_pasid_quarantine_done(&space, token);
 *
 * What was freed before the token was taken is free then. A call that frees needs no memory and is
 * never told to come back later, since who tears down cannot. Who allocates is: IOMT_EAGAIN says
 * that the three steps above are due.
 *
 * Memory: that of struct iomt_ids, and 4 KiB for each 256 PASIDs (aligned) of which one was ever in
 * use, and for each 2^17 that hold such. A full space of 20 bits takes 16.5 bytes for each.
 *
 * Threads: all calls but init, trim and destroy may be made at any time in any thread, and none
 * waits for another. With IOMT_PASID_SERIAL no two calls may overlap. A get that meets the last put
 * either comes first, and the PASID stays, or is refused.
 */

/* iomt_pasid_cfg flags: no two calls overlap, of the space and of its sets. */
#define IOMT_PASID_SERIAL IOMT_IDS_SERIAL

/* The most bits, and the most references of one PASID. */
#define IOMT_PASID_BITS	     20u
#define IOMT_PASID_MOST_REFS 0xffffffu

/* How a space is to be. */
struct iomt_pasid_cfg {
	/* sizeof(struct iomt_pasid_cfg): the struct may grow; callers of an older one work. */
	size_t size;

	/* Where memory comes from: pieces of 512 bytes to 4 KiB. */
	const struct iomt_mem *mem;

	uint32_t bits;	/* 1 to IOMT_PASID_BITS: PASIDs are 0 to 2^bits - 1 */
	uint32_t flags; /* IOMT_PASID_SERIAL */

	/*
	 * While so many PASIDs wait in quarantine, none is allocated (IOMT_EAGAIN). UINT32_MAX:
	 * that has no bound. 0: there is no quarantine. A PASID is then free with its last
	 * reference, and the caller invalidates before it puts that.
	 */
	uint32_t quarantine;
};

/*
 * 0 when iomt_pasid_init would accept this configuration, IOMT_EINVAL when not; *error, unless
 * NULL, then names the field and says why.
 */
int iomt_pasid_cfg_check(const struct iomt_pasid_cfg *cfg, struct iomt_ids_cfg_error *error);

/*
 * A space of PASIDs. The fields are private; they are here so that a caller can place one anywhere.
 */
struct iomt_pasid_space {
	struct iomt_ids ids; /* what is not free */
	uintptr_t nodes[8];  /* of 2^17 PASIDs each */
	uint32_t bound;
	iomt_word bytes;

	/* the quarantine: a list, to whose end anybody adds, and one at a time takes away */
	uint64_t apart[8];
	iomt_word open; /* the generation of what is freed now */
	iomt_word waiting;
	iomt_word tail;
	uint64_t apart_too[8];
	iomt_word completed; /* this generation and those before */
	iomt_word released;  /* ever */
	iomt_word head;
	iomt_word releasing;
};

/*
 * A tenant's: a VM, a container, a driver. A PASID is in one set or in none. All fields are
 * private.
 */
struct iomt_pasid_set {
	struct iomt_pasid_space *space;
	uint32_t quota;
	uint32_t count;
	iomt_word groups[16]; /* of 1024 PASIDs: where some of the set were ever */
};

/* Makes a space in which all PASIDs are free; takes no memory yet. IOMT_EINVAL: see the check. */
int iomt_pasid_init(struct iomt_pasid_space *space, const struct iomt_pasid_cfg *cfg);

/* Gives all memory back. No other call at the same time, none afterwards, of the sets neither. */
void iomt_pasid_destroy(struct iomt_pasid_space *space);

/*
 * Allocates the smallest free PASID of [min, max] (both inclusive; max is what the device can send)
 * for a set, or none (NULL), with one reference.
 *
 * IOMT_EINVAL when min > max, IOMT_ERANGE when max lies beyond the space, IOMT_EACCES when the set
 * is one of another space, IOMT_EDQUOT when the set has as many as it may. IOMT_ENOSPC when none is
 * free and none in quarantine. IOMT_EAGAIN when none is free but some are in quarantine, or so many
 * that nothing is to be allocated. IOMT_ENOMEM. On errors nothing changes, but the space may hold
 * memory for the PASID that it did not get.
 *
 * What is smallest while other calls are being made: see iomt_ids_alloc. IOMT_ENOSPC means that at
 * some moment of the call all of the range was allocated or reserved; it costs a look at the range,
 * a few ms for 2^20 where something is in quarantine.
 */
int iomt_pasid_alloc(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t min,
		     uint32_t max, uint32_t *pasid);

/*
 * The next free one of [min, max] after *pasid, or when there is none up to max, from min on: so
 * that each is used again as late as can be. Errors as above.
 */
int iomt_pasid_alloc_next(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t min,
			  uint32_t max, uint32_t *pasid);

/*
 * One that fewer devices could take: of the part of [min, max] that needs as many bits as max the
 * smallest, or else of the part with one bit less, and so on. So devices with wide PASIDs leave the
 * low ones to devices with narrow PASIDs, whoever comes first, and both stay dense. Errors as
 * above.
 */
int iomt_pasid_alloc_wide(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t min,
			  uint32_t max, uint32_t *pasid);

/*
 * This one. IOMT_EEXIST when it is allocated, IOMT_EAGAIN when it is in quarantine (or too many
 * are), IOMT_EPERM when it is reserved; else as above.
 */
int iomt_pasid_alloc_at(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t pasid);

/*
 * This one, which is reserved, and will be again after it was freed and its invalidation completed:
 * for a PASID that another space hands out. IOMT_ENOENT when it is not reserved, IOMT_EEXIST when
 * it was allocated in this way; else as above.
 */
int iomt_pasid_alloc_reserved(struct iomt_pasid_space *space, struct iomt_pasid_set *set,
			      uint32_t pasid);

/*
 * One more reference. IOMT_ERANGE when the PASID lies beyond the space, IOMT_EPERM when it is
 * reserved, IOMT_ESTALE when it was freed (in quarantine or after it), IOMT_ENOENT when it was
 * never allocated, IOMT_EOVERFLOW when it has IOMT_PASID_MOST_REFS. On errors nothing changes.
 */
int iomt_pasid_get(struct iomt_pasid_space *space, uint32_t pasid);

/*
 * One reference less; with the last the PASID is freed. By then no table may hold it any more.
 * Errors but IOMT_EOVERFLOW as above: two last puts are IOMT_ESTALE for one of them, unless the
 * PASID was allocated between, which a number alone does not tell.
 */
int iomt_pasid_put(struct iomt_pasid_space *space, uint32_t pasid);

/*
 * The same for a PASID whose invalidation is complete already, at each IOMMU and device that may have known
 * it: with the last reference it is free, without a quarantine. What others freed waits on.
 */
int iomt_pasid_put_invalidated(struct iomt_pasid_space *space, uint32_t pasid);

/*
 * Frees a PASID of a set (NULL: of none), of which the caller has the only reference. IOMT_EACCES
 * when it is of another set, IOMT_EBUSY when there are more references; else as iomt_pasid_put.
 */
int iomt_pasid_free(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t pasid);

/*
 * Reserves [first, last]: they are nobody's, but by iomt_pasid_alloc_reserved. That is not the same
 * as a minimum: 0 is reserved where it is traffic without a PASID (SMMUv3 with S1DSS, AMD with
 * GIOV), other values where another space hands them out.
 *
 * IOMT_EEXIST when one is allocated, IOMT_EAGAIN when none is but some are in quarantine,
 * IOMT_EPERM when one is reserved already, IOMT_EINVAL, IOMT_ERANGE, IOMT_ENOMEM. On errors nothing
 * changes.
 */
int iomt_pasid_reserve(struct iomt_pasid_space *space, uint32_t first, uint32_t last);

/*
 * Makes reserved PASIDs free. IOMT_EEXIST when one is allocated, IOMT_EAGAIN when one is in
 * quarantine, IOMT_ENOENT when one is not reserved; else as above. Not at the same time as
 * iomt_pasid_alloc_reserved for the same.
 */
int iomt_pasid_release(struct iomt_pasid_space *space, uint32_t first, uint32_t last);

/* What a PASID is. */
enum iomt_pasid_state {
	IOMT_PASID_FREE,	/* nobody has it */
	IOMT_PASID_ALLOCATED,	/* somebody has a reference */
	IOMT_PASID_RESERVED,	/* nobody may have it, but by iomt_pasid_alloc_reserved */
	IOMT_PASID_QUARANTINED, /* it was freed, and hardware may know it */
};

/* The state of a PASID: an enum iomt_pasid_state, or IOMT_ERANGE when it lies beyond the space. */
int iomt_pasid_test(const struct iomt_pasid_space *space, uint32_t pasid);

/* How many references a PASID has, 0 when it is not allocated. Safe from any thread. */
uint32_t iomt_pasid_refs(const struct iomt_pasid_space *space, uint32_t pasid);

/* What a space holds. */
struct iomt_pasid_stats {
	uint64_t allocated;   /* PASIDs with a reference */
	uint64_t reserved;    /* and not allocated nevertheless */
	uint64_t quarantined; /* freed, and hardware may know them */
	uint64_t bytes;	      /* of memory, exactly */
};

/* Counts: goes over all that was ever in use. Exact when no other call is being made. */
void iomt_pasid_stats(const struct iomt_pasid_space *space, struct iomt_pasid_stats *stats);

/*
 * Gives back the memory of parts in which all are free. It is forgotten, too, what was ever
 * allocated there. No other call at the same time.
 */
void iomt_pasid_trim(struct iomt_pasid_space *space);

/*
 * Takes a token for all that was freed before this call. The caller then invalidates, at each IOMMU
 * and device that may know one of these PASIDs, and reports once, when all of them are done. Tokens
 * are numbered from 1; each stands for all before it, and none must be reported.
 */
uint64_t iomt_pasid_quarantine_token(struct iomt_pasid_space *space);

/*
 * The smallest PASID from "from" on that waits for this token, for callers that invalidate PASID by
 * PASID. Call it after the token was taken; all that the token makes free are met, and some that
 * were freed later may be. IOMT_ENOENT when there is none; *pasid is unchanged then.
 */
int iomt_pasid_quarantine_next(const struct iomt_pasid_space *space, uint64_t token, uint32_t from,
			       uint32_t *pasid);

/*
 * The invalidation for this token is complete, everywhere: what waited for it, and for those before
 * it, is free, the first that was freed first. When another thread is doing the same, it takes this
 * over. IOMT_EINVAL when there is no such token yet; nothing changes. One that is reported again,
 * or after a later one, does nothing.
 */
int iomt_pasid_quarantine_done(struct iomt_pasid_space *space, uint64_t token);

/* How many PASIDs are in quarantine. Takes no time; safe from any thread. */
uint64_t iomt_pasid_quarantined(const struct iomt_pasid_space *space);

/* Begins a set of at most "quota" PASIDs (any number). Takes no memory. */
void iomt_pasid_set_init(struct iomt_pasid_set *set, struct iomt_pasid_space *space,
			 uint32_t quota);

/* Another quota. What the set has beyond it, it keeps. */
void iomt_pasid_set_quota(struct iomt_pasid_set *set, uint32_t quota);

/* How many PASIDs a set has. What is in quarantine is in no set. */
uint32_t iomt_pasid_set_count(const struct iomt_pasid_set *set);

/*
 * Puts a PASID that is in no set, and of which the caller has a reference, into a set. IOMT_EACCES
 * when it is in another set, IOMT_EEXIST when it is in this one, IOMT_EDQUOT; else as
 * iomt_pasid_put.
 */
int iomt_pasid_set_join(struct iomt_pasid_set *set, uint32_t pasid);

/*
 * The smallest PASID of a set from "from" on, as iomt_ids_next: IOMT_ENOENT when there is none.
 * Looks at the groups of 1024 in which the set ever had some, so it takes about a microsecond for
 * each.
 */
int iomt_pasid_set_next(const struct iomt_pasid_set *set, uint32_t from, uint32_t *pasid);

/*
 * Frees all PASIDs of a set, into quarantine: a tenant that is gone. IOMT_EBUSY when one of them
 * has more than one reference: then nothing changes. Where other threads get one of them meanwhile,
 * or allocate for the set, those stay, and it is IOMT_EBUSY too.
 */
int iomt_pasid_set_free(struct iomt_pasid_set *set);

/*
 * Ends a set. IOMT_EBUSY when it has a PASID. Nobody may use it afterwards; what it freed may be in
 * quarantine still.
 */
int iomt_pasid_set_destroy(struct iomt_pasid_set *set);

/* ---- iomt/kernel_dma.h ---- */

/*
 * DMA of the kernel's own with a PASID: work queues that want one (ENQCMDS, shared queues), for what is no
 * process'. What its addresses are is the mode:
 *
 *	struct iomt_kernel_dma_cfg cfg = {
 *		.size = sizeof(cfg), .device = &device, .pasid = 1, .mode = IOMT_KERNEL_IOVA};
 *
 *	iomt_kernel_dma_enable(&dma, &cfg);
 *	...
 *	iomt_kernel_dma_disable(&dma);
 *
 * Threads: enabling and disabling as attaching (iomt/domain.h), maps as those of page tables.
 */

/* What an address of the kernel's DMA is. */
enum iomt_kernel_mode {
	/*
	 * Physical addresses. The domain is one of IOMT_DOMAIN_IDENTITY where the unit passes PASIDs on
	 * (VT-d in scalable mode), elsewhere one whose table maps memory one to one. Trusted devices.
	 */
	IOMT_KERNEL_BYPASS,

	/*
	 * The addresses that the device uses without a PASID: its own domain, on the PASID too. That is the
	 * one which is attached when this is enabled: disable it before another takes its place, or the
	 * PASID still reaches the old one.
	 */
	IOMT_KERNEL_IOVA,

	/* Kernel virtual addresses by the CPU's own table: a domain of IOMT_DOMAIN_SVA. Trusted devices. */
	IOMT_KERNEL_KVA_FAST,

	/* Kernel virtual addresses, of which only those work that were mapped: a table of their own. */
	IOMT_KERNEL_KVA_STRICT,
};

/* What DMA with a PASID the kernel wants. */
struct iomt_kernel_dma_cfg {
	/* sizeof(struct iomt_kernel_dma_cfg): the struct may grow. */
	size_t size;
	struct iomt_device *device; /* whose PASID */
	enum iomt_kernel_mode mode; /* what its addresses are */

	/* What is attached; of IOVA NULL. */
	struct iomt_domain *domain;

	/*
	 * The kernel's PASID, and the space in which it is reserved, lest a process get it. NULL: no
	 * space hands out PASIDs.
	 */
	uint32_t pasid;
	const struct iomt_pasid_space *pasids;

	/*
	 * KVA_STRICT: where kernel addresses are: the physical address of "va", and in *last, which is
	 * the end of what is asked for, how far it goes on without a gap. IOMT_ENOENT: nowhere.
	 */
	int (*to_phys)(void *ctx, uint64_t va, uint64_t *last, uint64_t *phys);
	void *ctx;
};

/* All fields are private. */
struct iomt_kernel_dma {
	struct iomt_kernel_dma_cfg cfg;
	struct iomt_attachment place;
};

/*
 * Attaches. IOMT_EINVAL: a field is missing, or of no use for the mode, or the domain is of another kind;
 * IOMT_EPERM: the PASID is not reserved in its space; IOMT_EACCES: the mode is for trusted devices;
 * IOMT_ENOENT: IOVA, and the device has no domain; others as iomt_domain_attach. Nothing changes then.
 */
int iomt_kernel_dma_enable(struct iomt_kernel_dma *dma, const struct iomt_kernel_dma_cfg *cfg);

/* Detaches. The device must have finished its work. Errors as iomt_domain_detach. */
int iomt_kernel_dma_disable(struct iomt_kernel_dma *dma);

/*
 * KVA_STRICT: makes [va, va + length - 1] of the kernel reachable, under the same addresses; whole pages.
 * All or nothing. IOMT_EOPNOTSUPP in other modes; IOMT_EINVAL: the gather is not empty, or to_phys went
 * beyond what it was asked for; IOMT_ENOENT, or what to_phys returned; others as iomt_domain_map. After errors
 * of the invalidation the gather has what the IOTLB may still hold.
 */
int iomt_kernel_dma_map(struct iomt_kernel_dma *dma, uint64_t va, uint64_t length, uint32_t prot,
			struct iomt_gather *gather);

/* And unreachable: when this returns, the device cannot use them. As iomt_domain_unmap, strict. */
int iomt_kernel_dma_unmap(struct iomt_kernel_dma *dma, uint64_t va, uint64_t length,
			  struct iomt_gather *gather);

/* ---- iomt/model.h ---- */

/*
 * A model of the hardware that translates: what a DMA access meets on its way, what it costs, and
 * what page sizes, invalidations and domain ids do to it.
 *
 *	device TLB (one for each requester) -> IOTLB -> walk caches, one a level -> walkers -> memory
 *
 * A model takes events one at a time, in the order in which they happen. The same configuration and
 * events give the same numbers on every machine: time is counted in picoseconds, whatever is random
 * comes from the seed, and nothing is computed in floating point.
 *
 * Nothing here is allocated: iomt_..._bytes says how much memory an object needs, iomt_..._init
 * makes it in a block of the caller's, aligned to 8 bytes. To be rid of it, forget the block.
 * Objects share nothing but what their configuration points to: any thread may use one, one thread
 * at a time.
 *
 * docs/iotlb-model.md says what is modelled and what is not. Times wrap after 213 modelled days.
 */

/* What happens. */
enum iomt_event_op {
	IOMT_EVENT_ACCESS,     /* a device reads or writes */
	IOMT_EVENT_MAP,	       /* software maps the range: counted */
	IOMT_EVENT_UNMAP,      /* software unmaps the range: counted; hardware does not know yet */
	IOMT_EVENT_INVALIDATE, /* hardware is told to forget the range, and does */
};

/* iomt_event.flags, each for one operation */
#define IOMT_EVENT_WRITE      0x1u  /* access: the device writes */
#define IOMT_EVENT_LEAF_ONLY  0x2u  /* invalidate: walk caches are kept */
#define IOMT_EVENT_ANY_PASID  0x4u  /* invalidate: with whatever PASID, or none */
#define IOMT_EVENT_ANY_DOMAIN 0x8u  /* invalidate: of whatever domain and PASID */
#define IOMT_EVENT_ANY_DEVICE 0x10u /* invalidate: device TLBs of all requesters, not only rid's */

/* Something that happens, to hardware or to tables. */
struct iomt_event {
	uint64_t time_ps; /* it does not happen earlier; 0: as soon as it can */
	uint64_t address; /* of the first byte */
	uint64_t bytes;	  /* at least 1; address + bytes - 1 does not wrap */
	uint32_t pasid;	  /* 0..0xfffff, or IOMT_NO_PASID */
	uint16_t rid; /* requester id: bus, device, function (PCIe base specification, 2.2.4.2) */
	uint16_t domain;  /* domain id, or what tags translations there: an ASID, a VMID */
	uint8_t unit;	  /* number of the IOMMU */
	uint8_t op;	  /* enum iomt_event_op */
	uint8_t leaf_lg2; /* access: log2 of the page that maps it; others: not looked at */
	uint8_t flags;	  /* IOMT_EVENT_* */
};

/* Which entry of a full set goes. The optimum needs to know the future: see iomt_future. */
enum iomt_policy {
	IOMT_POLICY_LRU,    /* the least recently used */
	IOMT_POLICY_PLRU,   /* a tree of bits that point away from what was used; ways: 2^n */
	IOMT_POLICY_FIFO,   /* the oldest */
	IOMT_POLICY_RANDOM, /* any */
	IOMT_POLICY_SRRIP, /* two bits an entry: filled with 2, used 0, 3 goes (Jaleel et al. 2010) */
	IOMT_POLICY_OPTIMUM, /* the one that is used last from now on (Belady 1966) */
	IOMT_POLICIES	     /* how many there are */
};

/* Where in a cache an address goes. */
enum iomt_index {
	IOMT_INDEX_PAGE, /* the low bits of the page's number, pages counted in their own size */
	IOMT_INDEX_HASH, /* a hash of that, the domain id and the PASID */
	IOMT_INDEXES	 /* how many there are */
};

/* What is fetched before it is wanted. */
enum iomt_prefetch {
	IOMT_PREFETCH_NONE,   /* nothing */
	IOMT_PREFETCH_NEXT,   /* pages after one that missed, or was prefetched and is now used */
	IOMT_PREFETCH_STRIDE, /* as far on as the requester has gone twice in a row */
	IOMT_PREFETCHES	      /* how many there are */
};

/* One set-associative cache. All zero: there is none. */
struct iomt_cache_cfg {
	uint32_t sets;	     /* a power of two up to 2^20; 0: no such cache */
	uint32_t ways;	     /* 1..65536; sets * ways at most 2^24 */
	uint32_t partitions; /* a power of two, at most sets: so many equal parts, chosen by the low
				bits of the domain id; 0 is 1 */
	uint8_t policy;	     /* enum iomt_policy */
	uint8_t index;	     /* enum iomt_index */
	uint64_t sizes; /* bit k: it holds pages of 2^k bytes; a larger page takes several entries
				of the next smaller size. Of a walk cache: not looked at */
	uint64_t latency_ps; /* of a lookup, at most 2^40 */
};

/* The most IOTLBs of a unit, and the most levels of tables. */
#define IOMT_MODEL_IOTLBS 3
#define IOMT_MODEL_LEVELS 6

/* What a model may tell, and be told: below. */
struct iomt_curve;
struct iomt_future;

/* Hardware, as far as it is modelled. */
struct iomt_model_cfg {
	size_t size;   /* sizeof(struct iomt_model_cfg): the struct may grow */
	uint64_t seed; /* of random replacement */

	struct iomt_cache_cfg device; /* each requester's TLB (ATS), or none */

	/*
	 * Each unit's IOTLB, in up to three parts for different page sizes. A page goes to the part
	 * that has the largest size that is not larger than the page.
	 */
	struct iomt_cache_cfg iotlb[IOMT_MODEL_IOTLBS];

	/* Each unit's walk caches: walk[l] knows where tables of level l are. Level 0 holds leaves of
	 * one granule. */
	struct iomt_cache_cfg walk[IOMT_MODEL_LEVELS];

	uint32_t units;	  /* IOMMUs, 1..256 */
	uint32_t devices; /* requesters at most, 1..65536; only counts where they have a TLB */
	uint32_t walkers; /* table walks of a unit at the same time, 1..65536; 0: any number */
	uint32_t window; /* translations of all devices at the same time, 1..65536; 0: any number */

	uint8_t granule_lg2; /* 12, 14, 16: a table has as many bytes, an entry has 8 */
	uint8_t levels;	     /* of the table, 1..6 */
	uint8_t nested; /* reads to translate each address that stage 1 needs, 0..6; 0: one stage */
	uint8_t prefetch;	/* enum iomt_prefetch, into the IOTLB */
	uint8_t prefetch_pages; /* pages ahead, 1..16 */

	uint64_t link_ps;   /* one way between device and IOMMU, paid where the device has a TLB */
	uint64_t memory_ps; /* one read of a table */
	uint64_t invalidate_ps; /* one invalidation; those of a unit wait for each other */

	struct iomt_curve *curve;   /* told of every lookup in the IOTLB, or NULL */
	struct iomt_future *future; /* the same; where the IOTLB's policy is the optimum: asked */
};

/* What is wrong with a configuration: the field's name, and a sentence about it. */
struct iomt_model_error {
	const char *field;  /* its name, a constant */
	const char *reason; /* what is wrong with it, a constant */
};

/*
 * Checks a configuration. 0, or IOMT_EINVAL, or IOMT_EOPNOTSUPP for what cannot go together (the
 * optimum outside the IOTLB, without a recorded future, or with a prefetcher); error (may be NULL)
 * then names the first field that is wrong. Safe from any thread.
 */
int iomt_model_cfg_check(const struct iomt_model_cfg *cfg, struct iomt_model_error *error);

/* Hardware that was described in public, as far as it was; docs/iotlb-model.md has the sources. */
struct iomt_model_preset {
	const char *name;	   /* by which iomt_model_preset_find knows it */
	const char *about;	   /* a sentence */
	struct iomt_model_cfg cfg; /* ready for iomt_model_init */
};

extern const struct iomt_model_preset iomt_model_presets[]; /* the last has no name */

/* The preset of this name, or NULL. */
const struct iomt_model_preset *iomt_model_preset_find(const char *name);

/* A model. What is in it is private. */
struct iomt_model;

/* The bytes that a model of this configuration needs, 0 where iomt_model_cfg_check refuses it. */
size_t iomt_model_bytes(const struct iomt_model_cfg *cfg);

/*
 * Makes a model in memory, all caches empty, at time 0. Errors: those of iomt_model_cfg_check;
 * IOMT_EINVAL for memory that is not aligned to 8; IOMT_ENOMEM for fewer bytes than it needs. *model
 * is unchanged then. The configuration is copied; what it points to must live as long.
 */
int iomt_model_init(struct iomt_model **model, const struct iomt_model_cfg *cfg, void *memory,
		    size_t bytes);

/*
 * Plays an event. An access is one lookup for each page that it touches. *done_ps (may be NULL) is
 * when the last translation is at the device, or when the invalidation is complete.
 * IOMT_EINVAL: an unknown operation or flag, no bytes, a page smaller than a granule.
 * IOMT_ERANGE: it wraps, touches more than 65536 pages, or names a unit, PASID or page size that
 * the configuration does not have.
 * IOMT_ENOMEM: more requesters than cfg.devices, or more lookups than the future has room for.
 * Nothing changes on an error, but that the pages of an access before such a lookup are played.
 */
int iomt_model_play(struct iomt_model *model, const struct iomt_event *event, uint64_t *done_ps);

/* Of a cache, or of all of its kind. */
struct iomt_cache_stats {
	uint64_t hits;	      /* the entry was there */
	uint64_t merged;      /* it was there, but still on its way: the request waited for it */
	uint64_t misses;      /* it was not there */
	uint64_t evictions;   /* entries that gave way to others */
	uint64_t invalidated; /* entries that were dropped by invalidations */
};

/* What was counted since the statistics began. */
struct iomt_model_stats {
	uint64_t accesses, bytes; /* events, and what devices read and wrote in them */
	uint64_t lookups;	  /* translations that devices wanted */
	uint64_t maps;		  /* events */
	uint64_t unmaps;	  /* events */
	uint64_t invalidates;	  /* events */
	struct iomt_cache_stats device, iotlb,
		walk[IOMT_MODEL_LEVELS]; /* of all caches of a kind */
	uint64_t walks;			 /* those of prefetches among them */
	uint64_t reads;			 /* of tables, in all walks */
	uint64_t prefetches;		 /* translations fetched in advance */
	uint64_t prefetches_used;	 /* and looked up before they went */
	uint64_t latency_ps;		 /* of all lookups together, from when they began */
	uint64_t stalled_ps;	/* that accesses waited for a place in the window, together */
	uint64_t invalidate_ps; /* from the wish to its end, of all invalidations together */
	uint64_t last_ps;	/* when all is done that was begun */
};

/* Copies the statistics since init or the last iomt_model_restart. */
void iomt_model_stats(const struct iomt_model *model, struct iomt_model_stats *stats);

/* Sets all statistics but last_ps to zero. Caches and time stay: for runs that begin warm. */
void iomt_model_restart(struct iomt_model *model);

/*
 * Misses of a fully associative LRU cache of every size, in one pass, by the distances in its stack
 * (Mattson et al. 1970). An entry that is invalidated leaves a hole, which the next entry fills, so
 * the curve is exact with invalidations too.
 */

/* Bytes for a curve up to "entries" entries, 1..2^24; 0 for others. */
size_t iomt_curve_bytes(uint32_t entries);

/* Makes an empty curve in memory. IOMT_EINVAL: entries or alignment; IOMT_ENOMEM: too few bytes. */
int iomt_curve_init(struct iomt_curve **curve, uint32_t entries, void *memory, size_t bytes);

/* Lookups so far, and those that a cache of so many entries would have missed; a cache larger than
 * the curve misses as the curve's largest, one of no entries always. */
uint64_t iomt_curve_lookups(const struct iomt_curve *curve);
uint64_t iomt_curve_misses(const struct iomt_curve *curve, uint32_t entries);

/*
 * What the optimum must know: when each page is wanted again. First play all events in a model with
 * cfg.future and any other policy, then call iomt_future_rewind, then play the same events in a
 * model whose IOTLB has IOMT_POLICY_OPTIMUM and otherwise the same configuration. A page that is
 * invalidated before it is wanted again is never wanted again.
 */

/* Bytes for so many lookups, 1..2^31, of so many different pages, 1..2^24; 0 for others. */
size_t iomt_future_bytes(uint64_t lookups, uint32_t pages);
/* Makes a future that knows nothing yet. IOMT_EINVAL: a number or alignment; IOMT_ENOMEM: too few bytes. */
int iomt_future_init(struct iomt_future **future, uint64_t lookups, uint32_t pages, void *memory,
		     size_t bytes);

/* From the first lookup again, this time to be asked. May be called again for another run. */
void iomt_future_rewind(struct iomt_future *future);

/* ---- iomt/nested.h ---- */

/*
 * Nesting: a guest's stage 1 tables, in guest memory, on a stage 2 of the host's, both walked by hardware.
 * A vIOMMU is what a guest sees of a unit; its guest ids stand for ids of the host, and what the guest
 * invalidates is told to hardware in the host's ids.
 *
 *	iomt_viommu_init(&viommu, &viommu_cfg);          // unit, and the parent: stage 2
 *	iomt_viommu_add(&viommu, &vdevice, &device, 0x10); // the guest calls the device 0x10
 *	...                                              // the guest writes its device-table entry
 *	iomt_nested_init(&nested, &viommu, &guest);      // what it says
 *	iomt_domain_replace(&place, &nested.domain, IOMT_ATTACH_BREAK);
 *	...                                              // the guest puts a command into its queue
 *	iomt_amd_decode(&cmd, &inv);
 *	iomt_viommu_invalidate(&viommu, &inv);
 *
 * What the guest maps is unknown to the host: a change of the parent drops all that guests have of it
 * (VT-d and SMMUv3 have commands for that, elsewhere it is everything of the guest's ids).
 *
 * Threads: as iomt/domain.h; iomt_viommu_commands and iomt_viommu_invalidate at any time but when something of the
 * parent's table is being attached or detached, in any unit, or the vIOMMU and its devices change.
 */

/* How a vIOMMU is to be. */
struct iomt_viommu_cfg {
	/* sizeof(struct iomt_viommu_cfg): the struct may grow. */
	size_t size;
	struct iomt_iommu *iommu; /* with IOMT_IOMMU_NESTING */

	/*
	 * A domain with a stage 2 table, which maps the guest's memory: any number of vIOMMUs have one. Its
	 * flags hold for nested domains, too.
	 */
	struct iomt_domain *parent;

	/* How guests' ranges are told. As for targets, at most IOMT_TARGETS_MOST covers, fewer in small rings. */
	struct iomt_plan_policy policy;
};

struct iomt_nested;

/* A device as its guest calls it. In the caller's memory, as the next; all fields are private. */
struct iomt_vdevice {
	struct iomt_vdevice *next;
	struct iomt_device *device;
	uint32_t id;
};

/* All fields are private. It stays where it is until it is destroyed, as nested domains do. */
struct iomt_viommu {
	struct iomt_viommu_cfg cfg;
	struct iomt_nested *first;
	struct iomt_vdevice *devices;
};

/*
 * IOMT_EINVAL: a field is missing, or the policy is none; IOMT_EOPNOTSUPP: the unit cannot nest, or not on
 * this parent. On errors *viommu is none.
 */
int iomt_viommu_init(struct iomt_viommu *viommu, const struct iomt_viommu_cfg *cfg);

/* IOMT_EBUSY while a nested domain or a device belongs to it. */
int iomt_viommu_destroy(struct iomt_viommu *viommu);

/*
 * The guest's name of a device, which must be removed here before it is there (iomt_device_remove).
 * IOMT_EEXIST: it names another; IOMT_EINVAL: of another unit.
 */
int iomt_viommu_add(struct iomt_viommu *viommu, struct iomt_vdevice *vdevice,
		    struct iomt_device *device, uint32_t id);
/* Forgets the name. One that is not there is no error. */
void iomt_viommu_remove(struct iomt_viommu *viommu, struct iomt_vdevice *vdevice);

/* AMD: GCR3 root, GLX, GIOV, GuestPagingMode of the guest's DTE. */
struct iomt_guest_amd {
	uint64_t gcr3;	     /* a guest address */
	uint8_t glx;	     /* levels of the GCR3 tables less one */
	uint8_t paging_mode; /* 0 is four, 1 is five levels */
	bool giov;	     /* requests without a PASID use GCR3[0] */
};

/* VT-d: FSPTPTR, FSPM and the bits IOMT_VTD_ENTRY_SRE, WPE, NXE, EAFE of a PASID entry. */
struct iomt_guest_vtd {
	uint64_t first; /* FSPTPTR: a guest address */
	uint32_t flags; /* IOMT_VTD_ENTRY_* */
	uint8_t fspm;	/* 0 is four, 1 is five levels */
};

/* SMMUv3: the fields of the same names of the guest's STE. */
struct iomt_guest_smmu {
	uint64_t context;		  /* S1ContextPtr: a guest address */
	uint8_t s1_fmt, s1_cdmax, s1_dss; /* S1Fmt, S1CDMax, S1DSS */
	uint8_t s1_cir, s1_cor, s1_csh;	  /* S1CIR, S1COR, S1CSH */
};

/*
 * What a guest's entry says of its stage 1, addresses being the guest's: the member that the unit's vendor
 * has. All of it comes from the guest and is checked when it is attached: what the unit cannot do, or
 * nothing means, is IOMT_EINVAL or IOMT_ERANGE.
 */
struct iomt_guest_stage {
	/* Its own id: DomainID of its device-table entry, or of its PASID entry; SMMUv3: 0. */
	uint32_t id;
	union {
		struct iomt_guest_amd amd;
		struct iomt_guest_vtd vtd;
		struct iomt_guest_smmu smmu;
	};
};

/* A domain with two stages: attach its "domain". All other fields are private. */
struct iomt_nested {
	struct iomt_domain domain;
	struct iomt_viommu *viommu;
	struct iomt_nested *next;
	struct iomt_guest_stage guest;
};

/*
 * Where the guest's entries say the same, one nested domain may be attached to all its devices; places of
 * one guest id have one id of the host's. AMD and SMMUv3: for devices without a PASID (guests have theirs in
 * tables of their own). IOMT_EINVAL: an id of more than 16 bits, or none of the vendor's.
 */
int iomt_nested_init(struct iomt_nested *nested, struct iomt_viommu *viommu,
		     const struct iomt_guest_stage *guest);

/* Ends a nested domain. IOMT_EBUSY while it is attached. */
int iomt_nested_destroy(struct iomt_nested *nested);

/*
 * What a guest's command asks for, in ids of the host, for the unit: returns how many entries it wrote.
 *
 *  - IOMT_INV_IOTLB: of the guest's id, or of all it has; by process and address as it says. A guest's id
 *    that nothing is attached by needs nothing.
 *  - IOMT_INV_DEVICE_TLB: of the devices that the guest calls so. IOMT_ENOENT: it has none of that name.
 *  - IOMT_INV_PROCESS: what hardware caches of the guest's context descriptors (SMMUv3) or GCR3 entries.
 *    VT-d's PASID entries are the host's: 0; read the guest's again.
 *  - IOMT_INV_DEVICE, IOMT_INV_WAIT: 0. Read the guest's entry again, and attach what it says; complete the
 *    guest's wait when what it put before is done.
 *
 * IOMT_EINVAL: an inv that is none (ranges that end before they begin, a PASID of more than 20 bits, an ASID
 * of more than 16, no granule of Arm's); IOMT_ENOSPC: n is too small.
 */
int iomt_viommu_commands(const struct iomt_viommu *viommu, const struct iomt_inv *inv,
			 struct iomt_cmd *cmds, size_t n);

/*
 * The same, put into the unit's ring, whatever it holds, and waited for. IOMT_EINVAL, IOMT_ENOENT, and errors of
 * the ring: not all may have been told then.
 */
int iomt_viommu_invalidate(const struct iomt_viommu *viommu, const struct iomt_inv *inv);

/* ---- iomt/repack.h ---- */

/*
 * Domain ids for devices at rest: the fewest ids for a set of devices whose translations are known.
 *
 * Where hardware tags its IOTLB with an id of the device and a PASID (AMD's device table entry,
 * 48882, section 2.2.2), devices may share an id only if no one of them can hit what another's
 * table said. Fewest ids are a colouring of the graph of those that may not share. This is done
 * here, for a snapshot, with a lower bound beside the answer. docs/repacking.md has the problem,
 * the methods and figures.
 *
 * Nothing is allocated: iomt_repack_bytes says how much memory a call needs. Answers depend on what
 * is given, never on the order of devices, nor on time. Threads: calls share nothing; any thread may
 * make one.
 */

#define IOMT_PACK_PASIDS 0x100000u /* PASIDs are below this (PCIe base specification, 6.20) */

/* What a device has at one key. */
struct iomt_repack_key {
	/* a PASID, or IOMT_PACK_RID; a device with IOMT_PACK_GIOV has 0 in place of that */
	uint32_t key;
	uint32_t
		leaf; /* the caller's number of a root and all attributes that a TLB entry may hold */
};

/* A device, with all that it has. */
struct iomt_repack_device {
	const struct iomt_repack_key *keys; /* in order of keys, each once */
	uint32_t count;			    /* of these */
	uint32_t sends; /* it can send the PASIDs below this, and has no other PASIDs */
	/*
	 * Those of the packer. IOMT_PACK_GIOV: requests without a PASID are tagged as PASID 0, so that
	 * it sends PASID 0 whatever "sends" says, and never IOMT_PACK_RID. IOMT_PACK_ATS says nothing
	 * here.
	 */
	uint32_t flags;
	uint32_t trust; /* devices of one nonzero value trust one another; 0: none */
	uint64_t
		fixed; /* devices with different words never share: a tenant, a stage 2, a guest's id */
};

/* When two devices may share an id. */
enum iomt_repack_relation {
	/* The same keys, with the same leaves. */
	IOMT_REPACK_EQUIVALENT,
	/*
	 * The same leaf wherever both have a key; and a key that one alone has, the other cannot
	 * send, or they trust one another. Every device can send requests without a PASID, under
	 * IOMT_PACK_RID or under PASID 0.
	 */
	IOMT_REPACK_ISOLATING,
	/*
	 * The same leaf wherever both have a key. A device may hit what its own table would refuse:
	 * for sets of devices that are trusted as a whole.
	 */
	IOMT_REPACK_COMPATIBLE,
	IOMT_REPACK_RELATIONS /* how many there are */
};

/* No id: of a device that has none yet. */
#define IOMT_REPACK_NO_ID UINT32_MAX

#define IOMT_REPACK_DEVICES 65536u /* at most */

/* What is wanted of the answer. */
struct iomt_repack_cfg {
	size_t size; /* sizeof(struct iomt_repack_cfg): the struct may grow */

	/* The ids of devices as they are, or NULL: ids stay with most of those who have them. */
	const uint32_t *present;

	uint64_t effort; /* 64-bit words that the search may look at; 1 to 2 ns each; 0: 2^28 */
	uint64_t seed;	 /* of the search */
	uint32_t first;	 /* the ids that there are: first to last, both inclusive */
	uint32_t last;	 /* below IOMT_REPACK_NO_ID */

	/*
	 * So many ids are few enough: devices with nothing in common are then not put together while
	 * there are no more than this. 0: as few as can be.
	 */
	uint32_t enough;

	/*
	 * What an id, a tag (an id with a key: what invalidations of a leaf must reach, and what the
	 * IOTLB holds twice), and a device that gets another id cost. Where all stays cheaper as it is,
	 * it stays. All 0: ids before moves, tags do not count.
	 */
	uint32_t id_cost;
	uint32_t tag_cost;
	uint32_t move_cost;

	uint8_t relation; /* enum iomt_repack_relation */
};

/* What was found. */
struct iomt_repack_result {
	uint32_t ids;	 /* in use */
	uint32_t fewest; /* ids that were found to do: fewer, where that was dearer or not wanted */
	uint32_t bound;	 /* no answer has fewer ids */
	uint32_t clique; /* devices of which no two may share */
	uint32_t leaves; /* the most leaves that one key has: a bound, too */
	uint32_t contents; /* devices that differ */
	uint32_t moves;	   /* devices that had an id and get another */
	bool exact;	   /* fewest is the bound; else the effort was too small to know */
	uint64_t tags;	   /* keys of all ids together */
	uint64_t effort;   /* words that were looked at */
};

/* What is wrong with an argument. */
struct iomt_repack_fault {
	const char *reason; /* a constant sentence */
	uint32_t device;    /* which, or the number of devices where it is none of them */
	uint32_t index;	    /* of its key, or its count where it is none of them */
};

/* Bytes that iomt_repack_solve needs for so many devices; 0: the configuration or count is wrong. */
size_t iomt_repack_bytes(const struct iomt_repack_cfg *cfg, uint32_t count);

/*
 * Gives each device an id, into ids[count]; devices that are equal get the same one, unless all stays
 * as it is. Up to 16 different devices (of those that hang together by sharing) the answer is always
 * exact; beyond that as far as the effort goes, and *result says how far it may be off.
 *
 * memory: "bytes" bytes, aligned to 8. clique, unless NULL, has room for "count" devices, and gets
 * result->clique of which no two may share. fault may be NULL.
 *
 * IOMT_EINVAL: the configuration, memory that is not aligned, unknown flags, keys out of order or twice.
 * IOMT_ERANGE: a key that the device cannot send; more PASIDs than there are; a
 * present id that is not of this range. IOMT_ENOMEM: fewer bytes than needed. IOMT_ENOSPC: no answer
 * was found with as few ids as there are; *result is filled then, so that bound tells whether there
 * may be one. On errors nothing else changes.
 */
int iomt_repack_solve(const struct iomt_repack_cfg *cfg, const struct iomt_repack_device *devices,
		      uint32_t count, void *memory, size_t bytes, uint32_t *ids, uint32_t *clique,
		      struct iomt_repack_result *result, struct iomt_repack_fault *fault);

/* Bytes that iomt_repack_check needs for these devices; 0: too many of them. */
size_t iomt_repack_check_bytes(const struct iomt_repack_device *devices, uint32_t count);

/*
 * Checks that devices with one id may share it, by other means than it was found: 0, or IOMT_EPERM
 * where two may not; *fault (may be NULL) names one of them and the key. Takes time that grows with
 * the keys, and not with pairs of devices. IOMT_EINVAL: memory that is not aligned, a relation that is
 * none; IOMT_ENOMEM: fewer bytes than needed. The devices must be as iomt_repack_solve takes them.
 */
int iomt_repack_check(enum iomt_repack_relation relation, const struct iomt_repack_device *devices,
		      uint32_t count, const uint32_t *ids, void *memory, size_t bytes,
		      struct iomt_repack_fault *fault);

/*
 * The devices that get another id, in order, into moves[] (room for count). Returns how many. Those
 * that had none are not among them.
 */
uint32_t iomt_repack_moves(const uint32_t *present, const uint32_t *ids, uint32_t count,
			   uint32_t *moves);

/* A leaf that is to have a PASID on a device. */
struct iomt_repack_binding {
	uint32_t leaf;	/* the caller's number of a table */
	uint32_t sends; /* the device can send the PASIDs below this */
};

/* Bytes that iomt_repack_number needs for so many bindings. */
size_t iomt_repack_number_bytes(uint32_t count);

/*
 * Numbers PASIDs jointly: a leaf has the same one on every device, no two leaves have the same one.
 * Then devices never disagree at a PASID, and the fewest ids of compatible devices are the number of
 * their different leaves at IOMT_PACK_RID. A leaf of narrower devices gets a smaller PASID.
 *
 * pasids[i] is of bindings[i]; PASIDs begin at "first". IOMT_ENOSPC when some leaf has none left that
 * all its devices can send: then no such numbering exists; *leaf (may be NULL) says which. IOMT_ERANGE:
 * first, or sends, is beyond IOMT_PACK_PASIDS; IOMT_EINVAL: alignment; IOMT_ENOMEM. On errors nothing
 * changes.
 */
int iomt_repack_number(const struct iomt_repack_binding *bindings, uint32_t count, uint32_t first,
		       void *memory, size_t bytes, uint32_t *pasids, uint32_t *leaf);

/* ---- iomt/sva.h ---- */

/*
 * Shared virtual addresses: devices use the table of a process, by the PASID of the process, or in
 * place of a table of their own.
 *
 *	iomt_process_init(&process, &cfg);         // its table, and the space that PASIDs are of
 *	iomt_sva_bind(&process, &device, 0, &bond);
 *	...                                        // the device works with iomt_process_pasid(&process)
 *	iomt_process_changed(&process, first, last, 12, tables); // out of the kernel's notifier
 *	iomt_sva_unbind(&bond);
 *
 * A process has one PASID, whatever the device (ENQCMD takes it from the thread), from the first bond
 * that needs one to the last. Bonds of a process with a device are counted.
 *
 * A device may have addresses that its requests do not, or must not, reach through any table: MSI
 * windows, holes of the root complex. In a process these belong to anybody; so the kernel is asked to
 * keep them free in it, or maps them in a table for the upper half of addresses, which processes have not
 * (Arm's TTBR1).
 *
 * Threads: as iomt/domain.h; iomt_process_changed at any time.
 */

/* A process, as devices are to see it. */
struct iomt_process_cfg {
	/* sizeof(struct iomt_process_cfg): the struct may grow. */
	size_t size;

	/* As struct iomt_domain_table_cfg without "pt": the process' table. */
	const struct iomt_pt_format *format;
	struct iomt_pt_hw hw;
	const struct iomt_mem *mem;
	struct iomt_plan_policy policy;
	void (*readers)(void *ctx);

	/*
	 * Where its PASID comes from, and for whom it counts (may be NULL); it lies in [min_pasid,
	 * max_pasid], which every device that will be bound must be able to send, and is none that is
	 * reserved. max_pasid 0: the last that the first device can send.
	 */
	struct iomt_pasid_space *pasids;
	struct iomt_pasid_set *set;
	uint32_t min_pasid;
	uint32_t max_pasid;

	/* IOMT_DOMAIN_TRUSTED: its table is for trusted devices alone (the kernel's own). */
	uint32_t flags;

	/*
	 * Keeps [first, last] free in the process from now on. 0, or IOMT_EEXIST where something is
	 * there, or another code. NULL: the process has nothing there, the caller knows.
	 */
	int (*carve)(void *ctx, uint64_t first, uint64_t last);

	/* Arm: the caller's table of the upper half, which has the MSI windows. Else NULL. */
	struct iomt_domain_table *upper;

	void *ctx; /* passed to all */
};

struct iomt_sva_bond;

/* A process. All fields are private. */
struct iomt_process {
	struct iomt_process_cfg cfg;
	struct iomt_domain_table table;
	struct iomt_domain domain;
	struct iomt_sva_bond *first;
	uint32_t pasid; /* or IOMT_NO_PASID */
	uint32_t pasid_users;
	bool pasid_cached; /* hardware has failed to forget it */
};

/* IOMT_EINVAL: a field is missing, or the PASIDs are none. On errors *process is none. */
int iomt_process_init(struct iomt_process *process, const struct iomt_process_cfg *cfg);

/* Ends it; the process' table stays. IOMT_EBUSY while a bond is there. */
int iomt_process_destroy(struct iomt_process *process);

/* Its PASID, IOMT_NO_PASID while it has none. */
uint32_t iomt_process_pasid(const struct iomt_process *process);

/* The kernel has changed its table: as iomt_domain_changed. */
int iomt_process_changed(struct iomt_process *process, uint64_t first, uint64_t last,
			 uint8_t leaf_lg2, bool tables);

/* iomt_sva_bind flags */

/*
 * Requests without a PASID, in place of what is attached there, which comes back afterwards: unless somebody
 * has attached something else meanwhile, or detached it. One process at a time.
 */
#define IOMT_SVA_RID 0x1u

/* With RID: requests may fault while entries change (IOMT_ATTACH_BREAK). */
#define IOMT_SVA_BREAK 0x2u

/* What a process and a device have. In the caller's memory; all fields are private. */
struct iomt_sva_bond {
	struct iomt_process *process;
	struct iomt_device *device;
	struct iomt_sva_bond *next;
	struct iomt_attachment *at; /* where it is: its own place, or that of the device's domain */
	struct iomt_attachment place;
	struct iomt_domain *before; /* RID: what was there, or NULL */
	uint32_t refs;
	uint32_t flags;
};

/* A region of the device that the process could not be kept from. */
struct iomt_sva_conflict {
	struct iomt_region region; /* the device's */
	int code;		   /* what "carve" returned */
};

/*
 * Binds. Where the two are bound already in the same way, that bond counts one more; *bond is the one,
 * "room" (of the caller's, until it is unbound for the last time) or an older one.
 *
 * Errors, nothing changed: IOMT_EINVAL (flags, or a space of PASIDs is missing); IOMT_EEXIST, and what
 * "carve" returns, with *conflict, unless NULL: the process has something in a region of the device;
 * IOMT_EACCES, IOMT_EOPNOTSUPP, IOMT_ERANGE (its PASID is beyond the device's), IOMT_EBUSY (RID: a
 * process is there), and all others of iomt_domain_attach and iomt_pasid_alloc. IOMT_EOVERFLOW.
 * Regions that "carve" has kept free stay so. Where hardware did not take commands the PASID is as after
 * iomt_sva_unbind.
 */
int iomt_sva_bind(struct iomt_process *process, struct iomt_device *device, uint32_t flags,
		  struct iomt_sva_bond *room, struct iomt_sva_bond **bond,
		  struct iomt_sva_conflict *conflict);

/*
 * One less; with the last the device loses the table, or gets back what it had, and with the last of
 * all the PASID is free. IOMT_EBUSY, nothing changed, where that needs IOMT_SVA_BREAK; others as
 * iomt_domain_detach: after those of hardware the bond is gone, and the PASID is in the quarantine of its
 * space, if that has one: report a token when the unit has been reset.
 */
int iomt_sva_unbind(struct iomt_sva_bond *bond);

/* ---- iomt/tlb.h ---- */

/*
 * The software IOTLB: what an emulator's walks of guest tables found, kept for the next access.
 *
 * Entries belong to an address space (unit, domain id, PASID or none, stage) and may have any size
 * from 4 KiB to 2^64 bytes; a lookup probes the sizes that its address space has, and no others.
 * Memory is one block of the caller's. When it is full a new entry takes the place of an old one;
 * nothing is ever flushed because of that. Faults are not cached.
 *
 *	int translate(struct iomt_tlb_space *space, uint64_t iova,
 *		      struct iomt_tlb_entry *entry)
 *	{
 *		uint64_t token;
 *		int err;
 *
 *		if (!iomt_tlb_lookup(space, iova, entry))
 *			return 0;
 *		token = iomt_tlb_begin(space);
 *		err = walk(space, iova, entry);
 *		if (!err)
 *			iomt_tlb_insert(space, token, iova, entry);
 *		return err;
 *	}
 *
 * Threads. After iomt_tlb_init every call may be made at any time in any thread. None takes a lock,
 * none waits for another thread longer than some hundred loads, and lookups write nothing.
 *
 * Invalidation. When an invalidation has returned,
 *  - no lookup that begins after it finds what it removed;
 *  - no insert whose iomt_tlb_begin came before it caches anything of its address space;
 *  - a lookup that began before it may still give the old entry to its caller, who may still be
 *    using it. Before the guest is told that the invalidation is complete, such accesses must be
 *    over: by the caller's own means (RCU, a lock), or by iomt_tlb_enter and iomt_tlb_grace.
 * "After" is C's "happens after": whoever publishes the completion does it with a release store at
 * least. An invalidation may forget more than it was asked to; it never forgets less.
 */

struct iomt_tlb;

/* The most that a cache may have room for, and the most threads that may enter it. */
#define IOMT_TLB_MAX_ENTRIES 0x300000u
#define IOMT_TLB_MAX_SPACES  0x700000u
#define IOMT_TLB_MAX_READERS 0x10000u

/* How a cache is to be. */
struct iomt_tlb_cfg {
	/* sizeof(struct iomt_tlb_cfg): the struct may grow; callers built with an older one work. */
	size_t size;

	/* Room for at least so many entries, 1 to IOMT_TLB_MAX_ENTRIES; 21 to 43 bytes for each. */
	uint32_t entries;

	/*
	 * Room for about so many address spaces at a time, 1 to IOMT_TLB_MAX_SPACES; 91 to 183 bytes
	 * for each. One that is inserted into when its group of seven is full takes the place of
	 * another, whose entries are forgotten: where that must be rare, ask for twice as many as
	 * are in use.
	 */
	uint32_t spaces;

	/* Threads that use iomt_tlb_enter, 0 to IOMT_TLB_MAX_READERS. */
	uint32_t readers;
};

/* The alignment of a cache's memory in bytes. */
#define IOMT_TLB_ALIGN 128u

/* The bytes of memory that such a cache needs, or 0 when cfg is not valid. */
size_t iomt_tlb_bytes(const struct iomt_tlb_cfg *cfg);

/*
 * Makes an empty cache in the caller's memory: iomt_tlb_bytes(cfg) bytes with any content, aligned
 * to IOMT_TLB_ALIGN. The cache is that memory and nothing else: to end it, stop using it. Names of a
 * cache that was in this memory before must be made anew; to empty a cache that is in use, call
 * iomt_tlb_invalidate_all instead.
 * IOMT_EINVAL when cfg is not valid or memory is NULL or not aligned; *tlb is unchanged then.
 */
int iomt_tlb_init(struct iomt_tlb **tlb, const struct iomt_tlb_cfg *cfg, void *memory);

/* The largest numbers that name an address space. */
#define IOMT_TLB_MAX_UNIT   0xffffu
#define IOMT_TLB_MAX_DOMAIN 0xffffffu
#define IOMT_TLB_MAX_PASID  0xfffffu
#define IOMT_TLB_MAX_STAGE  3u
#define IOMT_TLB_NO_PASID   UINT32_MAX /* which is not PASID 0 */

/*
 * An address space, and what its last use learnt: one thread at a time uses it, others use copies.
 * Private, but for its place in memory.
 */
struct iomt_tlb_space {
	struct iomt_tlb *tlb;
	uint64_t mask_;
	uint64_t tag_;
	uint64_t high_;
	uint64_t news_;
	uint32_t size_lg2_;
	uint32_t low_;
	uint64_t sizes_;
	uint64_t stamp_;
	uint64_t serial_;
	uint64_t key_;
	uint32_t pasid_;
	uint32_t domain_;
	bool settled_;
};

/*
 * Names an address space of a cache: a unit (whatever number the caller gives an IOMMU), a domain
 * id or VMID, a PASID, SSID or ASID or IOMT_TLB_NO_PASID, and a stage, such as 1, 2, or 3 for both.
 * It is a name and holds nothing: make it once for a device, or for each command. IOMT_EINVAL when
 * a number is larger than the limits above; *space is unchanged then.
 */
int iomt_tlb_space_init(struct iomt_tlb_space *space, struct iomt_tlb *tlb, uint32_t unit,
			uint32_t domain, uint32_t pasid, uint32_t stage);

/* prot bits that neither iomt/pt.h nor the cache has a meaning for: the caller's. */
#define IOMT_TLB_USER0	   0x400u
#define IOMT_TLB_USER1	   0x800u
#define IOMT_TLB_PROT_MASK 0xfffu

/* A translation. */
struct iomt_tlb_entry {
	uint64_t oa;   /* the output address of the address that was asked for */
	uint32_t prot; /* as it was inserted: IOMT_READ and the others of iomt/pt.h, or any bits */
	uint8_t size_lg2; /* log2 of the entry's size in bytes, 12 to 64 */
};

/*
 * Looks up the byte address iova (any alignment). IOMT_ENOENT when it is not cached; *entry is
 * unchanged then. What the entry allows is for the caller to judge: a write that finds an entry
 * without IOMT_WRITE is a fault, or for an emulator that keeps dirty bits, a reason to walk.
 */
int iomt_tlb_lookup(struct iomt_tlb_space *space, uint64_t iova, struct iomt_tlb_entry *entry);

/*
 * To be called before the first read of a table: what iomt_tlb_insert wants to know of the time, for
 * this struct and no copy of it.
 */
uint64_t iomt_tlb_begin(struct iomt_tlb_space *space);

/*
 * Caches what a walk of the tables found for iova. An entry of the same address space, address and
 * size is replaced.
 *
 * IOMT_EAGAIN when nothing was cached because an invalidation of the address space (or of one that
 * shares a counter with it) came after iomt_tlb_begin, or another thread is inserting in the same
 * place or for a new address space: no reason to worry, but after the first this translation is good
 * for an access that is already under way and for no other.
 * IOMT_EINVAL when size_lg2 is not 12 to 64, prot is beyond IOMT_TLB_PROT_MASK, oa and iova differ
 * in the bits below the size, or the output of the entry begins at 2^52 or above.
 */
int iomt_tlb_insert(struct iomt_tlb_space *space, uint64_t token, uint64_t iova,
		    const struct iomt_tlb_entry *entry);

/*
 * Forgets what is cached of [first, last] (inclusive byte addresses) in one address space: every
 * entry that overlaps it, larger ones too. Looks at one place for each page of each size that the
 * address space has, or at the whole cache where that is less. Nothing when first > last.
 */
void iomt_tlb_invalidate_range(struct iomt_tlb_space *space, uint64_t first, uint64_t last);

/*
 * Forget all address spaces that share with this one unit, domain id and PASID; unit and domain id;
 * the unit. All in one step that does not depend on what is cached.
 */
void iomt_tlb_invalidate_pasid(const struct iomt_tlb_space *space);
void iomt_tlb_invalidate_domain(const struct iomt_tlb_space *space);
void iomt_tlb_invalidate_unit(const struct iomt_tlb_space *space);

/* Forgets everything, of every unit. */
void iomt_tlb_invalidate_all(struct iomt_tlb *tlb);

/*
 * Between these two a thread may use what its lookups gave. "reader" is a number below
 * iomt_tlb_cfg.readers that one thread at a time uses, and does not use while it is inside. Entering
 * costs about as much as two lookups: once for a request, not for each access. Readers are not
 * needed by callers that wait for accesses by means of their own. IOMT_EINVAL, and nothing is
 * entered or left, when there is no such reader.
 */
int iomt_tlb_enter(struct iomt_tlb *tlb, uint32_t reader);
void iomt_tlb_leave(struct iomt_tlb *tlb, uint32_t reader);

/*
 * After invalidations: begins to wait for all readers that may still use what was forgotten. The
 * wait is the caller's, who polls iomt_tlb_grace_over with what iomt_tlb_grace returned, and may do
 * other things meanwhile. Must not be waited for by a thread that is inside.
 */
uint64_t iomt_tlb_grace(struct iomt_tlb *tlb);

/* True when every reader that was inside at that iomt_tlb_grace has left since. */
bool iomt_tlb_grace_over(const struct iomt_tlb *tlb, uint64_t grace);

/* ---- iomt/traffic.h ---- */

/*
 * Traffic of devices, made up: streams of events for the model in model.h. The same configuration
 * gives the same stream on every machine.
 *
 * An item is what a device works on: a packet, a command, a request, a touch. Each begins with what
 * the driver maps, goes on with what the device reads and writes, and ends with what the driver
 * unmaps and invalidates.
 *
 *	NIC:    descriptor (read 16 bytes), packet (write), completion (write 16)
 *	NVMe:   submission (read 64), PRP list (read 8 a page, beyond two pages), data (read or
 *	        write), completion (write 16)
 *	virtio: available ring (read 2), descriptor (read 16), buffer (write), used ring (write 8)
 *	GPU:    one read at every stride; after "span" bytes again from the begin, item_bytes further
 */

/* What the devices are. */
enum iomt_traffic_kind {
	IOMT_TRAFFIC_NIC,    /* network cards */
	IOMT_TRAFFIC_NVME,   /* disks */
	IOMT_TRAFFIC_VIRTIO, /* virtual devices */
	IOMT_TRAFFIC_GPU,    /* processors that read memory in strides */
	IOMT_TRAFFIC_KINDS   /* how many there are */
};

/* When buffers are mapped. */
enum iomt_traffic_mapping {
	IOMT_MAPPING_PERMANENT, /* buffers are mapped once and for all, and reused in turn */
	IOMT_MAPPING_STRICT,	/* each is mapped for its item, then unmapped and invalidated */
	IOMT_MAPPING_DEFERRED,	/* each is unmapped at once; one invalidation for "batch" of them */
	IOMT_MAPPINGS		/* how many there are */
};

/* iomt_traffic_cfg.flags */
#define IOMT_TRAFFIC_PASIDS  0x1u  /* tenants share requester 0 and domain 1: a PASID each */
#define IOMT_TRAFFIC_PACKED  0x2u  /* tenants share domain 1 and one table: addresses differ */
#define IOMT_TRAFFIC_COMMON  0x4u  /* tenants use the same buffers; their rings stay apart */
#define IOMT_TRAFFIC_RANDOM  0x8u  /* tenants and flows take turns at random, not in a circle */
#define IOMT_TRAFFIC_FLUSH   0x10u /* strict invalidations drop the walk caches, too */
#define IOMT_TRAFFIC_ONE_RID 0x40u /* tenants are behind one requester, and share its TLB */
#define IOMT_TRAFFIC_SINGLE \
	0x20u /* deferred: all flows of a tenant fill one queue, not each its own */

/* What the traffic is like. */
struct iomt_traffic_cfg {
	size_t size;	  /* sizeof(struct iomt_traffic_cfg): the struct may grow */
	uint64_t seed;	  /* of what is random */
	uint64_t items;	  /* in all, 0: without end */
	uint64_t gap_ps;  /* from one item to the next, at least */
	uint64_t stride;  /* GPU: bytes from a touch to the next */
	uint64_t span;	  /* GPU: bytes of a flow, at least item_bytes, up to 2^32 */
	uint32_t tenants; /* 1..4096: tenant t has requester id t and, unless the flags say
				otherwise, domain id t + 1 and addresses as all others */
	uint32_t flows;	  /* rings of a tenant, 1..65536 */
	uint32_t ring;	  /* entries of a ring, and buffers that are mapped at a time; 1..65536 */
	uint32_t item_bytes; /* of a packet, a command's data, a touch; 1..16 MiB */
	uint32_t batch;	     /* deferred: 1..65536 */
	uint32_t burst;	     /* items before the next tenant's turn; 0 is 1 */
	uint8_t kind;	     /* enum iomt_traffic_kind */
	uint8_t mapping;     /* enum iomt_traffic_mapping; GPU: permanent */
	uint8_t leaf_lg2;    /* log2 of the pages that map buffers, 12..30 */
	uint8_t spread_lg2;  /* each flow's buffers begin at a multiple of 2^n; 0: close together */
	uint8_t flags;	     /* IOMT_TRAFFIC_* */
};

struct iomt_traffic;

/*
 * Checks a configuration: 0, or IOMT_EINVAL, or IOMT_ERANGE where a tenant's buffers take more than
 * 8 GiB, or its rings; error (may be NULL) names the field. Safe from any thread.
 */
int iomt_traffic_cfg_check(const struct iomt_traffic_cfg *cfg, struct iomt_model_error *error);

/* The bytes that such traffic needs, 0 where iomt_traffic_cfg_check refuses it. */
size_t iomt_traffic_bytes(const struct iomt_traffic_cfg *cfg);

/* Makes traffic in memory, aligned to 8. Errors: those of the check, IOMT_EINVAL for the alignment,
 * IOMT_ENOMEM for too few bytes. */
int iomt_traffic_init(struct iomt_traffic **traffic, const struct iomt_traffic_cfg *cfg,
		      void *memory, size_t bytes);

/* The next event; false when there are no more. */
bool iomt_traffic_next(struct iomt_traffic *traffic, struct iomt_event *event);

/* Items that have begun. */
uint64_t iomt_traffic_items(const struct iomt_traffic *traffic);

/* Begins anew: the same events come again, from the first on. */
void iomt_traffic_rewind(struct iomt_traffic *traffic);

/* ---- iomt/walk_nested.h ---- */

/*
 * Walks of two stages: a stage 1 whose tables lie in the address space of a stage 2, and whose outputs
 * are inputs of it. AMD's guest tables on a host table (48882, 2.2.6), VT-d's nested translation
 * (D51397, 3.8), SMMUv3's stage 1 on stage 2 (IHI 0070, 3.3), RISC-V's first stage on a second
 * (Privileged Architecture, "Two-Stage Address Translation").
 *
 *	first_cfg.mem = &iomt_walk_by_stage_2;
 *	iomt_walker_init(&first, &first_cfg, NULL);
 *	iomt_walker_init(&second, &second_cfg, NULL);
 *	err = iomt_walk_nested(&first, &second, 0, iova, IOMT_READ, &leaf, &fault);
 *
 * What single walks promise about hostile tables holds here too.
 */

/*
 * The memory of a stage 1 walker for iomt_walk_nested: whatever its stage 2 makes of an address. For
 * iomt_walk there is no memory in it.
 */
extern const struct iomt_guest_mem iomt_walk_by_stage_2;

/*
 * iomt_walk_nested's flags: tables of stage 1 must not be device memory of stage 2 (SMMUv3 STE.S2PTW): a
 * permission fault.
 */
#define IOMT_NESTED_PROTECTED 0x1u
/* The leaf's oa is stage 1's output, all else what both mean together (RISC-V DC.tc.T2GPA). */
#define IOMT_NESTED_KEEP 0x2u
/* Stage 2 is for stage 1's tables alone: the leaf is stage 1's. */
#define IOMT_NESTED_FIRST 0x4u

/*
 * Walks both stages for one access to the byte at iova. *leaf is what both mean together:
 *  - oa is stage 2's output, size_lg2 the smaller size;
 *  - prot has what both allow; SNOOP if either has it; the stronger type (device, then uncached), but
 *    for RISC-V, where a type of stage 1 takes the place of stage 2's; PRIV and GLOBAL of stage 1. With
 *    IOMT_WALK_ATS, where stage 1 allows nothing, oa is stage 1's output;
 *  - entry, level and type are stage 1's (RISC-V: PBMT of stage 2 where stage 1 has none); clean if
 *    either is.
 *
 * Faults of stage 2 have stage 2, and stage 1's address as "input"; on_table says that it was that of an
 * entry of a table, on_top of the top one, on_update that the entry was to be written. Where such an entry has an output but there is no memory, it
 * is stage 1's fault, and "address" is that output.
 *
 * Stage 1 sets accessed and dirty bits when both stages let the access through; stage 2 does for each
 * address that it translates, so that those of stage 1's tables may be set though the walk faults later.
 * Setting a bit of stage 1 is a write for stage 2, reading an entry is a read.
 *
 * Results as for iomt_walk; IOMT_EINVAL also when flags has unknown bits, or first has a memory of its own.
 * Safe from any thread.
 */
int iomt_walk_nested(const struct iomt_walker *first, const struct iomt_walker *second,
		     uint32_t flags, uint64_t iova, uint32_t access, struct iomt_walk_leaf *leaf,
		     struct iomt_walk_fault *fault);

/*
 * Reads the 8 bytes at guest address "address" by one access. IOMT_EINVAL when it is no multiple of 8,
 * IOMT_EIO when no memory is there; *value is unchanged on errors. Safe from any thread.
 */
int iomt_guest_read64(const struct iomt_guest_mem *mem, uint64_t address, uint64_t *value);

/*
 * The same at an input address of a walker (NULL: a guest address). "access" is IOMT_READ with
 * IOMT_PRIV, IOMT_WALK_LOOK or neither. IOMT_EIO: the output has no memory, and fault->address is that
 * output; else errors as for iomt_walk.
 */
int iomt_walk_read64(const struct iomt_walker *walker, const struct iomt_guest_mem *mem,
		     uint64_t address, uint32_t access, uint64_t *value,
		     struct iomt_walk_fault *fault);

/* ---- iomt/walk_device.h ---- */

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
 * The tables are hostile, as for iomt/walk.h. Each word of an entry is read once, by itself; a find reads
 * a few dozens of words at most. Which fault becomes what: docs/walks.md.
 */

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
#define IOMT_UNIT_ATS	   0x0020u /* AMD IotlbSup, VT-d DT, SMMUv3 ATS */
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
 *  - IOMT_EAGAIN: as for iomt_walk, for tables behind stage 2;
 *  - IOMT_EINVAL: the PASID has more than 20 bits, the id of AMD or VT-d more than 16, RISC-V's more than
 *    24.
 * iova and access matter to *fault alone; but RISC-V has no process context for translated requests, and
 * refuses them and translation requests before it reads one. Safe from any thread.
 */
int iomt_unit_find(const struct iomt_unit *unit, const struct iomt_request *request,
		   struct iomt_context *context, struct iomt_device_fault *fault);

/*
 * Walks for a request of that device and PASID. As iomt_walk, with faults of a device. Where stages is
 * 0 the leaf is the whole address space: size_lg2 is 64. IOMT_EINVAL: so for iomt_walk; or the context
 * was found for translated requests, and this is none. Safe from any thread.
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

/* ---- iomt/walk_cached.h ---- */

/*
 * The software IOTLB in front of walks from the device down: what an emulated IOMMU does for a DMA, and
 * for an invalidation command of the guest.
 *
 *	iomt_unit_cache_init(&cache, &unit, tlb, 0);
 *	...
 *	err = iomt_unit_translate(&cache, &device, &request, &entry, &fault);
 *	...
 *	if (!iomt_amd_decode(&cmd, &inv))
 *		iomt_unit_invalidate(&cache, &inv);
 *
 * What is cached is tagged as hardware tags it, by domain and PASID or ASID; contexts are kept in structs
 * of the caller's, and found anew after each command that could be about any of them.
 *
 * An invalidation forgets all that the command is about, and sometimes more. What iomt/tlb.h says of
 * threads and of accesses that are under way holds here.
 */

/* A unit with an IOTLB. The fields are private. */
struct iomt_unit_cache {
	const struct iomt_unit *unit;
	struct iomt_tlb *tlb;
	iomt_word generation; /* goes up when contexts must be found anew */
	uint32_t number;
	uint32_t seen; /* kinds of pages that were ever cached */
};

/*
 * number: the unit's in this tlb. Both must outlive *cache. IOMT_EINVAL when number is larger than
 * IOMT_TLB_MAX_UNIT.
 */
int iomt_unit_cache_init(struct iomt_unit_cache *cache, const struct iomt_unit *unit,
			 struct iomt_tlb *tlb, uint32_t number);

/* A device, or one of its PASIDs, to begin with all zeros: one thread at a time uses it. */
struct iomt_unit_device {
	struct iomt_context context; /* what it means */
	struct iomt_tlb_space space; /* where its translations are cached */
	uint64_t generation;	     /* the library's: of iomt_unit_cache when it was found */
	uint64_t usual; /* the same, where a user's plain requests are cached; else 0 */
};

/* Private: of a cached entry, that its rights are those of privileged requests; and all that is no hit. */
#define IOMT_UNIT_PRIVILEGED_ IOMT_TLB_USER0
int iomt_unit_translate_(struct iomt_unit_cache *cache, struct iomt_unit_device *device,
			 const struct iomt_request *request, struct iomt_tlb_entry *entry,
			 struct iomt_device_fault *fault);

/*
 * Translates for request, out of the IOTLB or by walks, whose result is cached. device belongs to
 * request->device and request->pasid, or did to others: then it is found anew. entry->prot is what this
 * request's privilege may do. Where the page is clean and this was no write, it lacks WRITE: a write walks.
 *
 * Translation requests (IOMT_WALK_ATS), translated ones and looks (IOMT_WALK_LOOK) always walk, and are not
 * cached; nor is what is passed on.
 *
 * Results as for iomt_unit_find and iomt_context_walk. IOMT_EAGAIN: tables changed again and again.
 */
static inline int iomt_unit_translate(struct iomt_unit_cache *cache,
				      struct iomt_unit_device *device,
				      const struct iomt_request *request,
				      struct iomt_tlb_entry *entry, struct iomt_device_fault *fault)
{
	const uint32_t rights = IOMT_READ | IOMT_WRITE | IOMT_EXEC;
	struct iomt_tlb_entry found;

	/* most requests are a user's, in a context that is known, and what they ask for is cached */
	if (request->access - 1 >= rights ||
	    device->usual != __atomic_load_n(&cache->generation, __ATOMIC_ACQUIRE) ||
	    device->context.device != request->device || device->context.pasid != request->pasid ||
	    iomt_tlb_lookup(&device->space, request->iova, &found) ||
	    ((found.prot ^ rights) & (request->access | IOMT_UNIT_PRIVILEGED_)))
		return iomt_unit_translate_(cache, device, request, entry, fault);
	/* one by one: a copy of the whole would wait until all of it is written */
	entry->oa = found.oa;
	entry->prot = found.prot;
	entry->size_lg2 = found.size_lg2;
	return 0;
}

/* Forgets what a decoded command is about. Device TLBs and waits are the caller's. Safe from any thread. */
void iomt_unit_invalidate(struct iomt_unit_cache *cache, const struct iomt_inv *inv);

/* Forgets all of the unit: when the guest writes its registers. */
void iomt_unit_invalidate_all(struct iomt_unit_cache *cache);

/* ---- iomt/iomt.h ---- */

/* iomt: I/O memory translation. The freestanding core's whole interface. */

/* The version of these headers: semantic versioning. */
#define IOMT_VERSION_MAJOR 0
#define IOMT_VERSION_MINOR 1
#define IOMT_VERSION_PATCH 0

#ifdef __cplusplus
}
#endif

#endif
