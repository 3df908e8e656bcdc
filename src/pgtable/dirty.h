/* SPDX-License-Identifier: MIT */
/* Dirty state: what hardware has written to since it was mapped or last cleaned. */
#ifndef PT_DIRTY_H
#define PT_DIRTY_H

#include "split.h"
#include "visit.h"

struct pt_harvest {
	u64 first; /* the range */
	u64 last;
	uint64_t *bitmap;
	unsigned page_lg2;
	bool keep;
	struct pt_touched cleaned;
};

/* Sets bits from..to, both included. */
PT_INLINE void pt_set_bits(uint64_t *bitmap, u64 from, u64 to)
{
	for (; from / 64 < to / 64; from = (from | 63) + 1)
		bitmap[from / 64] |= ~0ULL << (from % 64);
	bitmap[to / 64] |= (~0ULL << (from % 64)) & (~0ULL >> (63 - to % 64));
}

/* Hardware may set the dirty bit in any slot of a run. */
PT_INLINE bool pt_run_is_dirty(const struct pt_format *f, const u64 *slot, u64 run)
{
	for (u64 i = 0; i < run; i++) {
		if (f->dirty(pt_load(&slot[i])))
			return true;
	}
	return false;
}

PT_INLINE void pt_clean_run(const struct pt_format *f, const struct iomt_pt *pt, u64 *slot, u64 run)
{
	for (u64 i = 0; i < run; i++) {
		u64 entry = pt_load(&slot[i]);

		while (f->dirty(entry) && !pt_replace(&slot[i], &entry, f->make_clean(entry)))
			continue;
	}
	pt_clean(pt, slot, run);
}

/* Reports the leaf of size_lg2 that begins at v with these slots. */
PT_INLINE void pt_harvest_leaf(const struct pt_format *f, const struct iomt_pt *pt, u64 *slot,
			       u64 run, u64 v, unsigned size_lg2, struct pt_harvest *harvest)
{
	u64 end = v + pt_low_bits(size_lg2);
	u64 from = v > harvest->first ? v : harvest->first;
	u64 to = end < harvest->last ? end : harvest->last;

	if (pt_likely(!pt_run_is_dirty(f, slot, run)))
		return;
	pt_set_bits(harvest->bitmap, (from - harvest->first) >> harvest->page_lg2,
		    (to - harvest->first) >> harvest->page_lg2);
	if (harvest->keep || from != v || to != end)
		return;
	/* a split under way: pt_dirty looks again after it */
	if (!pt_run_is_whole(f, slot, run, pt_level_of_size(f, size_lg2), size_lg2))
		return;
	pt_clean_run(f, pt, slot, run);
	pt_touch(&harvest->cleaned, v, 1ULL << size_lg2,
		 pt_cached_sizes(f, pt_level_of_size(f, size_lg2), size_lg2));
}

/* Surely nothing to report in n entries. "scan" is a loop of words.h. */
PT_INLINE bool pt_are_clean(const struct pt_format *f, const u64 *slot, u64 n,
			    void (*scan)(const u64 *p, u64 n, u64 *all, u64 *any))
{
	u64 all, any;

	scan(slot, n, &all, &any);
	return !any || f->none_dirty(all, any);
}

#define PT_CLEAN 64u /* entries that are likely to be clean together */

/* The first of a line's entries that is dirty, or PT_LINE: no branch, as nobody could foretell it. */
PT_INLINE u64 pt_first_dirty(const struct pt_format *f, const u64 *slot)
{
	unsigned dirty = 1u << PT_LINE;

#pragma GCC unroll 8
	for (unsigned i = 0; i < PT_LINE; i++)
		dirty |= (unsigned)f->dirty(pt_load(&slot[i])) << i;
	return (unsigned)__builtin_ctz(dirty);
}

/* How many of n entries surely have nothing to report until one does, line by line. */
PT_INLINE u64 pt_count_clean(const struct pt_format *f, const u64 *slot, u64 n)
{
	u64 i = 0, clean = PT_LINE;

	while (clean == PT_LINE && n - i >= PT_LINE) {
		bool aligned = !((uintptr_t)(slot + i) % (PT_CLEAN * sizeof(u64)));

		if (aligned && n - i >= PT_CLEAN &&
		    pt_are_clean(f, slot + i, PT_CLEAN, pt_words_scan))
			i += PT_CLEAN;
		else if (pt_are_clean(f, slot + i, PT_LINE, pt_lines_scan))
			i += PT_LINE;
		else
			i += clean = pt_first_dirty(f, slot + i);
	}
	return i;
}

/* A visitor. */
PT_INLINE u64 pt_harvest_slots(const struct pt_format *f, struct iomt_pt *pt, u64 *slot, u64 n,
			       unsigned level, u64 v, void *ctx)
{
	unsigned unit_lg2 = pt_unit_lg2(f, level);
	bool whole = n == 1u << f->index_lg2;
	u64 i, left, lines = whole ? n : n - 1;

	for (i = 0; i < n; i += left) {
		u64 entry, at, before;
		enum pt_kind kind;
		unsigned size_lg2;

		/* the first and the last may belong to runs that are dirty outside of the range */
		if (!level && (i || whole) && i < lines)
			i += pt_count_clean(f, &slot[i], lines - i);
		if (i == n)
			break;
		entry = pt_load(&slot[i]);
		kind = f->kind(entry, level);
		at = v + (i << unit_lg2);
		left = 1;
		if (kind == PT_TABLE)
			break;
		if (kind == PT_EMPTY)
			continue;
		size_lg2 = f->leaf_lg2(entry, level);
		before = pt_run_offset(f, at, level, size_lg2);
		left = (1ULL << (size_lg2 - unit_lg2)) - before;
		pt_harvest_leaf(f, pt, &slot[i] - before, before + left,
				at & ~pt_low_bits(size_lg2), size_lg2, ctx);
	}
	return i;
}

#endif
