/* SPDX-License-Identifier: MIT */
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
#ifndef IOMT_GATHER_H
#define IOMT_GATHER_H

#include <iomt/mem.h>

#ifdef __cplusplus
extern "C" {
#endif

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

#ifdef __cplusplus
}
#endif
#endif
