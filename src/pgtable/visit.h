/* SPDX-License-Identifier: MIT */
/* Going over a range, one table after the other. */
#ifndef PT_VISIT_H
#define PT_VISIT_H

#include "walk.h"

/*
 * Looks at up to n slots at "level", the first of which begins at v, and returns how many it went
 * through. It stops, with 0 or more, at a table.
 */
typedef u64 (*pt_visitor)(const struct pt_format *f, struct iomt_pt *pt, u64 *slot, u64 n,
			  unsigned level, u64 v, void *ctx);

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

/* Calls the visitor for every stretch of slots in [v, last] that are not tables. */
PT_INLINE void pt_visit(const struct pt_format *f, struct iomt_pt *pt, u64 v, u64 last,
			pt_visitor visitor, void *ctx)
{
	for (;;) {
		struct pt_stop stop = pt_walk_down(f, pt, v);
		unsigned unit_lg2 = pt_unit_lg2(f, stop.level);
		u64 begin = v & ~pt_low_bits(unit_lg2), passed = 1;

		if (pt_likely(stop.slot != NULL))
			passed = visitor(f, pt, stop.slot, pt_slots_to(f, v, last, stop.level),
					 stop.level, begin, ctx);
		/* nothing passed: a table has come in, and the next walk goes down into it */
		if (pt_unlikely(!passed))
			continue;
		v = pt_slot_last(f, begin + ((passed - 1) << unit_lg2), stop.level);
		if (v >= last)
			return;
		v++;
	}
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

PT_INLINE void pt_touched_gather(const struct pt_touched *touched, u64 delta,
				 struct iomt_gather *gather)
{
	if (gather && touched->bytes) {
		iomt_gather_add(gather, touched->first + delta, touched->last + delta);
		gather->leaf_sizes |= touched->leaf_sizes;
	}
}

#endif
