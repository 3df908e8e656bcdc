/* SPDX-License-Identifier: MIT */
/* Going over a range, one table after the other. */
#ifndef PT_VISIT_H
#define PT_VISIT_H

#include "walk.h"

/* Above level 0, tables stand among leaves: look ahead this far for leaves alike. */
#define PT_AHEAD 64u

/* The slots from v's on that [v, last] reaches in one table. */
PT_INLINE u64 pt_slots_to(const struct pt_format *f, u64 v, u64 last, unsigned level)
{
	u64 end = pt_slot_last(f, v, level + 1);
	unsigned unit_lg2 = pt_unit_lg2(f, level);
	u64 n = ((last < end ? last : end) >> unit_lg2) - (v >> unit_lg2) + 1;

	return level && n > PT_AHEAD ? PT_AHEAD : n;
}

/* How many slots of its run come before the slot that holds v. */
PT_INLINE u64 pt_run_offset(const struct pt_format *f, u64 v, unsigned level, unsigned size_lg2)
{
	return (v & pt_low_bits(size_lg2)) >> pt_unit_lg2(f, level);
}

/*
 * Whether a run that its first slot tells of is all there. A split moves parts in from the first slot
 * to the last, which still tells of the larger run until then.
 */
PT_INLINE bool pt_run_is_whole(const struct pt_format *f, const u64 *slot, u64 run, unsigned level,
			       unsigned size_lg2)
{
	u64 last = pt_load(&slot[run - 1]);

	return f->kind(last, level) == PT_LEAF && f->leaf_lg2(last, level) == size_lg2;
}

/* What an operation changed, for the gather. */
struct pt_touched {
	u64 bytes;
	u64 first;
	u64 last;
	u64 leaf_sizes;
};

PT_INLINE void pt_touch(struct pt_touched *touched, u64 v, u64 bytes, u64 sizes)
{
	if (!touched->bytes)
		touched->first = v;
	touched->last = v + bytes - 1;
	touched->bytes += bytes;
	touched->leaf_sizes |= sizes;
}

/* The operations that go over ranges: whatever is there, and whatever is wrong with the arguments. */
int pt_unmap_any(struct iomt_pt *pt, u64 iova, u64 length, uint64_t *unmapped,
		 struct iomt_gather *gather);
int pt_protect(struct iomt_pt *pt, u64 iova, u64 length, uint32_t prot, struct iomt_gather *gather);
int pt_dirty(struct iomt_pt *pt, u64 iova, u64 length, u64 page_size, uint64_t *bitmap,
	     uint32_t flags, struct iomt_gather *gather);

#endif
