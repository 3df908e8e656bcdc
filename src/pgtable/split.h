/* SPDX-License-Identifier: MIT */
/*
 * Cutting at the edges of a range, so that no leaf lies across them. A split changes nothing that
 * an address means. It is the one step that writes several entries for one meaning, so it runs
 * alone: iomt_pt.splits is odd meanwhile. Who finds both edges uncut with no split under way may
 * rely on it: later splits only cut leaves that reach into other ranges.
 */
#ifndef PT_SPLIT_H
#define PT_SPLIT_H

#include "walk.h"

#define PT_SPLIT_AGAIN 1 /* somebody else was faster: look again */

/* Waits for a split under way and returns the count of splits. */
PT_INLINE uint32_t pt_splits(const struct iomt_pt *pt)
{
	uint32_t splits;

	do
		splits = __atomic_load_n(&pt->splits, __ATOMIC_ACQUIRE);
	while (pt_unlikely(splits & 1));
	return splits;
}

/*
 * Whether what was seen since pt_splits returned "splits" is of no split. Entries are loaded with
 * acquire, and so who saw one that a split moved in sees its count here, without an order.
 */
PT_INLINE bool pt_no_split_since(const struct iomt_pt *pt, uint32_t splits)
{
	return pt_likely(splits == __atomic_load_n(&pt->splits, __ATOMIC_RELAXED));
}

/* Splits what lies across v and last + 1; 0, an error, or PT_SPLIT_AGAIN. */
int pt_split_edges(struct iomt_pt *pt, u64 v, u64 last, u64 delta, uint32_t splits,
		   struct iomt_gather *gather);

#endif
