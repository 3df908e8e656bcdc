/* SPDX-License-Identifier: MIT */
/*
 * From an address to its entry: the table's own addresses, its top, and the way down.
 *
 * The engine calls an input address "v" once the bits above iova_bits are gone (they are all zeros,
 * all ones, or copies of the top bit, by configuration): v counts from 0 to va_mask, and the same
 * code serves lower halves, upper halves and signed addresses.
 */
#ifndef PT_WALK_H
#define PT_WALK_H

#include "words.h"

/* A top table and its level, read as one. Or any other table to start from. */
struct pt_top {
	u64 *table;
	unsigned level;
};

/* Where a walk ended. */
struct pt_stop {
	u64 *slot; /* NULL above the top of a table that may grow */
	u64 entry; /* what the slot held */
	unsigned level;
};

#define PT_TOP_LEVEL \
	7u /* bits of iomt_pt.top that hold the level; tables are aligned to 64 bytes */

PT_INLINE struct pt_top pt_top_of(uintptr_t top)
{
	uintptr_t table = top & ~(uintptr_t)PT_TOP_LEVEL;

	return (struct pt_top){(u64 *)table, (unsigned)(top - table)};
}

PT_INLINE struct pt_top pt_top(const struct iomt_pt *pt)
{
	uintptr_t top = __atomic_load_n(&pt->top, __ATOMIC_ACQUIRE);

#ifdef IOMT_DEBUG
	if (!top)
		iomt_debug_broken(IOMT_RULE_DESTROYED, pt);
#endif
	return pt_top_of(top);
}

PT_INLINE u64 pt_to_phys(const struct iomt_pt *pt, const u64 *table)
{
	if (pt_likely(pt->linear))
		return (uintptr_t)table + pt->phys_offset;
	return pt->mem->to_phys(pt->mem->ctx, table);
}

PT_INLINE u64 *pt_child(const struct pt_format *f, const struct iomt_pt *pt, u64 entry)
{
	u64 phys = f->unpack(entry) & pt->addr_mask;

	if (pt_likely(pt->linear))
		return (u64 *)(uintptr_t)(phys - pt->phys_offset);
	return pt->mem->to_virt(pt->mem->ctx, phys);
}

PT_INLINE u64 pt_index(const struct pt_format *f, u64 v, unsigned level)
{
	return (v >> pt_unit_lg2(f, level)) & pt_low_bits(f->index_lg2);
}

/*
 * The table that an entry points to, where the provider is known to be "plain"; false when it points
 * to none. Most often such an entry is the table's address and a constant: then one subtraction gives
 * the address, and shows at its alignment that the entry is one. Of others, false says nothing: of
 * those that hardware marked, and of addresses that are not in place.
 */
PT_INLINE bool pt_plain_child(const struct pt_format *f, const struct iomt_pt *pt, u64 entry,
			      unsigned level, u64 **table)
{
	u64 child = (entry << f->entry_shift) - pt->table_offset -
		    ((f->table(0, level) - f->table(0, 1)) << f->entry_shift);

	if (!f->plain_tables || pt_unlikely(child & (pt_granule(f) - 1)))
		return false;
	*table = (u64 *)(uintptr_t)child;
	return true;
}

/*
 * Goes down towards v's entry at "target" and stops above it where an entry is empty or a leaf. The
 * top's index is all that v has above it, as tops have their own widths.
 */
PT_INLINE struct pt_stop pt_walk(const struct pt_format *f, const struct iomt_pt *pt,
				 struct pt_top top, u64 v, unsigned target)
{
	unsigned level = top.level;
	u64 *slot, entry;

	/* Above what a growing top reaches today there is nothing, as far as v's highest level. */
	if (f->grows && pt_unlikely(v > pt_slot_last(f, 0, level + 1))) {
		level = pt_level_of_size(f, 63u - (unsigned)__builtin_clzll(v));
		return (struct pt_stop){NULL, 0, level};
	}
	slot = top.table + (v >> pt_unit_lg2(f, level));
	entry = pt_load(slot);
	while (level > target && f->kind(entry, level) == PT_TABLE) {
		level--;
		slot = pt_child(f, pt, entry) + pt_index(f, v, level);
		entry = pt_load(slot);
	}
	return (struct pt_stop){slot, entry, level};
}

/* Goes down as far as there are tables. */
PT_INLINE struct pt_stop pt_walk_down(const struct pt_format *f, const struct iomt_pt *pt, u64 v)
{
	return pt_walk(f, pt, pt_top(pt), v, 0);
}

/*
 * The walk of the one-page calls: v within pt->reach, pt->plain set. Unrolled, so that levels,
 * shifts and masks are constants; which of the upper levels a table has is all that is asked at run
 * time. It may stop at a table that pt_plain_child does not know.
 */
PT_INLINE struct pt_stop pt_walk_plain(const struct pt_format *f, const struct iomt_pt *pt, u64 v)
{
	struct pt_top top = pt_top(pt);
	struct pt_stop stop = {top.table, 0, 0};
	u64 *table = top.table;

#pragma GCC unroll 6
	for (unsigned level = f->max_levels - 1u; level > 0; level--) {
		u64 index;

		if (level >= f->min_levels && level > top.level)
			continue;
		index = pt_index(f, v, level);
		/* tables side by side at the top: as many more index bits */
		if (f->root_concat_lg2 &&
		    (level == f->max_levels - 1u || pt_unlikely(level == top.level)))
			index = v >> pt_unit_lg2(f, level);
		stop.slot = table + index;
		stop.entry = pt_load(stop.slot);
		stop.level = level;
		if (pt_unlikely(!pt_plain_child(f, pt, stop.entry, level, &table)))
			return stop;
	}
	stop.slot = table +
		    (f->root_concat_lg2 && !top.level ? v >> f->granule_lg2 : pt_index(f, v, 0));
	stop.entry = pt_load(stop.slot);
	stop.level = 0;
	return stop;
}

/* pt_walk_down, where pt_walk_plain can tell all; false where it cannot. */
PT_INLINE bool pt_walk_known(const struct pt_format *f, const struct iomt_pt *pt, u64 v,
			     struct pt_stop *stop)
{
	if (pt_unlikely(!pt->plain || v > pt_load(&pt->reach)))
		return false;
	*stop = pt_walk_plain(f, pt, v);
	return pt_likely(!stop->level || f->kind(stop->entry, stop->level) != PT_TABLE);
}

/* The same as pt_walk_plain, and goes on where it stopped at a table. */
PT_INLINE struct pt_stop pt_walk_whole(const struct pt_format *f, const struct iomt_pt *pt, u64 v)
{
	struct pt_stop stop = pt_walk_plain(f, pt, v);

	if (pt_unlikely(stop.level && f->kind(stop.entry, stop.level) == PT_TABLE))
		stop = pt->format->walk(pt, v);
	return stop;
}

/* The sizes by which hardware may remember a leaf or run. */
PT_INLINE u64 pt_cached_sizes(const struct pt_format *f, unsigned level, unsigned size_lg2)
{
	return 1ULL << size_lg2 | (f->whole_runs ? 0 : 1ULL << pt_unit_lg2(f, level));
}

/* The output address of a leaf's (or run's) first byte. */
PT_INLINE u64 pt_leaf_oa(const struct pt_format *f, const struct iomt_pt *pt, u64 entry,
			 unsigned size_lg2)
{
	return f->unpack(entry) & pt->addr_mask & ~pt_low_bits(size_lg2);
}

/* Checks a range of IOVAs and turns it into [*v, *last]. */
PT_INLINE int pt_range(const struct pt_format *f, const struct iomt_pt *pt, u64 iova, u64 length,
		       u64 *v, u64 *last)
{
	u64 end = iova + length - 1;

	if (pt_unlikely(!length || ((iova | length) & (pt_granule(f) - 1))))
		return IOMT_EINVAL;
	if (pt_unlikely(end < iova || end - pt->va_base < iova - pt->va_base ||
			end - pt->va_base > pt->va_mask))
		return IOMT_ERANGE;
	*v = iova & pt->va_mask;
	*last = *v + (length - 1);
	return 0;
}

/* All of a range within the reach of a plain table; of the errors of pt_range, not the alignment. */
PT_INLINE bool pt_is_reached(const struct iomt_pt *pt, u64 iova, u64 length)
{
	u64 reach = pt_load(&pt->reach), more = length - 1, at = iova - pt->va_base;

	/* where halves are signed, their ends touch in v at the hole, and at 0 in iova */
	return pt->plain && length && at <= reach && more <= reach - at && iova + more >= iova;
}

/* Granules, side by side in one table within the reach; none of the errors of pt_range. */
PT_INLINE bool pt_in_one_table(const struct pt_format *f, const struct iomt_pt *pt, u64 iova,
			       u64 length)
{
	u64 span = pt_low_bits(pt_unit_lg2(f, 1)) & pt->va_mask;

	return !((iova | length) & (pt_granule(f) - 1)) && length - 1 <= span &&
	       (iova & span) <= span - (length - 1) && iova - pt->va_base <= pt_load(&pt->reach);
}

/* An incoherent walker must see these slots before the call goes on. */
PT_INLINE void pt_clean(const struct iomt_pt *pt, const u64 *slot, u64 count)
{
	if (pt_unlikely(pt->incoherent))
		pt->mem->clean(pt->mem->ctx, slot, count * sizeof(*slot));
}

#endif
