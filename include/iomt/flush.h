/* SPDX-License-Identifier: MIT */
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
#ifndef IOMT_FLUSH_H
#define IOMT_FLUSH_H

#include <iomt/targets.h>

#ifdef __cplusplus
extern "C" {
#endif

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

#ifdef __cplusplus
}
#endif
#endif
