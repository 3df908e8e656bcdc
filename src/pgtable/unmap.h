/* SPDX-License-Identifier: MIT */
/* Unmap: cut at the edges, then clear table by table, many leaves at once where they are alike. */
#ifndef PT_UNMAP_H
#define PT_UNMAP_H

#include "visit.h"

/* A visitor. With the edges cut, every run met here lies wholly in the range. */
PT_INLINE u64 pt_clear_slots(const struct pt_format *f, struct iomt_pt *pt, u64 *slot, u64 n,
			     unsigned level, u64 v, void *ctx)
{
	struct pt_touched *removed = ctx;
	unsigned unit_lg2 = pt_unit_lg2(f, level);
	u64 all, any, i, run;

	pt_words_scan(slot, n, &all, &any);
	if (!any)
		return n;
	if (f->all_single(all, any, level)) {
		pt_words_clear(slot, n);
		pt_clean(pt, slot, n);
		pt_touch(removed, v, n << unit_lg2, 1ULL << unit_lg2);
		return n;
	}
	for (i = 0; i < n; i += run) {
		u64 entry = pt_load(&slot[i]), at = v + (i << unit_lg2);
		enum pt_kind kind = f->kind(entry, level);
		unsigned size_lg2;

		run = 1;
		if (kind == PT_TABLE)
			break;
		if (kind == PT_EMPTY)
			continue;
		size_lg2 = f->leaf_lg2(entry, level);
		run = (1ULL << (size_lg2 - unit_lg2)) - pt_run_offset(f, at, level, size_lg2);
		pt_run_fill(&slot[i], run, pt_hidden_zero());
		pt_clean(pt, &slot[i], run);
		pt_touch(removed, at, run << unit_lg2, pt_cached_sizes(f, level, size_lg2));
	}
	return i;
}

/*
 * The sizes to gather when the n slots from v on hold leaves of one slot, or one run that fills them;
 * 0 when it may be anything else. "scan" is a loop of words.h.
 */
PT_INLINE u64 pt_alike(const struct pt_format *f, const struct pt_stop *stop, u64 v, u64 n,
		       void (*scan)(const u64 *p, u64 n, u64 *all, u64 *any))
{
	u64 length = n << pt_unit_lg2(f, stop->level), all, any;
	unsigned size_lg2;

	if (f->all_single(stop->entry, stop->entry, stop->level)) {
		scan(stop->slot, n, &all, &any);
		return f->all_single(all, any, stop->level) ? 1ULL << pt_unit_lg2(f, stop->level)
							    : 0;
	}
	if (f->kind(stop->entry, stop->level) != PT_LEAF)
		return 0;
	size_lg2 = f->leaf_lg2(stop->entry, stop->level);
	if (length != 1ULL << size_lg2 || (v & (length - 1)) ||
	    !pt_run_is_whole(f, stop->slot, n, stop->level, size_lg2))
		return 0;
	return pt_cached_sizes(f, stop->level, size_lg2);
}

/* What an unmap says when all of the range was leaves of one size. */
PT_INLINE void pt_all_gone(u64 iova, u64 length, u64 sizes, uint64_t *unmapped,
			   struct iomt_gather *gather)
{
	if (unmapped)
		*unmapped = length;
	if (gather) {
		iomt_gather_add(gather, iova, iova + (length - 1));
		gather->leaf_sizes |= sizes;
	}
}

/*
 * Leaves of one size that fill the range, in one table: no edge to cut, nothing to skip. False
 * leaves it to pt_unmap_any.
 */
PT_INLINE bool pt_unmap_alike(const struct pt_format *f, struct iomt_pt *pt, u64 iova, u64 length,
			      uint64_t *unmapped, struct iomt_gather *gather)
{
	u64 v = iova & pt->va_mask, last = v + (length - 1), n, sizes;
	struct pt_stop stop;

	if (!pt_is_reached(pt, iova, length))
		return false;
	stop = pt_walk_whole(f, pt, v);
	if (((v | length) & pt_low_bits(pt_unit_lg2(f, stop.level))) ||
	    last > pt_slot_last(f, v, stop.level + 1))
		return false;
	n = length >> pt_unit_lg2(f, stop.level);
	sizes = pt_alike(f, &stop, v, n, pt_words_scan);
	if (!sizes)
		return false;
	pt_words_clear(stop.slot, n);
	pt_all_gone(iova, length, sizes, unmapped, gather);
	return true;
}

PT_INLINE void pt_clear_granule(const struct pt_format *f, u64 *slot, u64 iova, uint64_t *unmapped,
				struct iomt_gather *gather)
{
	pt_store(slot, 0);
	pt_all_gone(iova, pt_granule(f), pt_granule(f), unmapped, gather);
}

/* A few slots of one leaf table; false leaves it to pt_unmap_alike. */
PT_INLINE bool pt_unmap_few(const struct pt_format *f, struct iomt_pt *pt, u64 iova, u64 length,
			    uint64_t *unmapped, struct iomt_gather *gather)
{
	u64 n = length >> f->granule_lg2, sizes;
	struct pt_stop stop;

	if (n > PT_FEW || !pt_in_one_table(f, pt, iova, length) || !pt->plain)
		return false;
	stop = pt_walk_plain(f, pt, iova & pt->va_mask);
	if (pt_unlikely(stop.level))
		return false;
	sizes = pt_alike(f, &stop, iova, n, pt_lines_scan);
	if (pt_unlikely(!sizes))
		return false;
	pt_lines_clear(stop.slot, n);
	pt_all_gone(iova, length, sizes, unmapped, gather);
	return true;
}

/* One granule that is a leaf of its own; false leaves it to the others. */
PT_INLINE bool pt_unmap_one(const struct pt_format *f, struct iomt_pt *pt, u64 iova,
			    uint64_t *unmapped, struct iomt_gather *gather)
{
	struct pt_stop stop;

	if (pt_unlikely((iova & (pt_granule(f) - 1)) || iova - pt->va_base > pt_load(&pt->reach) ||
			!pt->plain))
		return false;
	stop = pt_walk_plain(f, pt, iova & pt->va_mask);
	if (pt_unlikely(stop.level || !f->all_single(stop.entry, stop.entry, 0)))
		return false;
	pt_clear_granule(f, stop.slot, iova, unmapped, gather);
	return true;
}

#endif
