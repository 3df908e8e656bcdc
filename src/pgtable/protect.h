/* SPDX-License-Identifier: MIT */
/* Protect: new permissions in entries that otherwise stay as they are. */
#ifndef PT_PROTECT_H
#define PT_PROTECT_H

#include "map.h"
#include "split.h"
#include "visit.h"

struct pt_protection {
	u64 mask; /* the bits that change, and what to */
	u64 bits;
	struct pt_touched touched;
};

PT_INLINE void pt_protect_entry(const struct pt_format *f, const struct iomt_pt *pt, u64 *slot,
				u64 entry, unsigned level, u64 v, struct pt_protection *change)
{
	bool tracked = pt->flags & IOMT_PT_DIRTY;
	u64 changed;

	do {
		changed = (entry & ~change->mask) | change->bits;
		if (tracked && f->dirty(entry))
			changed = f->make_dirty(changed);
		if (changed == entry)
			return;
		if (!tracked)
			pt_store(slot, changed);
	} while (tracked && !pt_replace(slot, &entry, changed));
	pt_clean(pt, slot, 1);
	pt_touch(&change->touched, v, 1ULL << pt_unit_lg2(f, level),
		 pt_cached_sizes(f, level, f->leaf_lg2(entry, level)));
}

/* Leaves of one entry each that allow the same, and that hardware does not write to: all at once. */
PT_INLINE bool pt_protect_alike(const struct pt_format *f, const struct iomt_pt *pt, u64 *slot,
				u64 n, unsigned level, u64 v, struct pt_protection *change)
{
	u64 all, any, unit = 1ULL << pt_unit_lg2(f, level);

	if (pt->flags & IOMT_PT_DIRTY)
		return false;
	pt_words_scan(slot, n, &all, &any);
	if (!f->all_single(all, any, level) || ((all ^ any) & change->mask))
		return false;
	if ((all & change->mask) == change->bits)
		return true;
	pt_words_change(slot, n, change->mask, change->bits);
	pt_clean(pt, slot, n);
	pt_touch(&change->touched, v, n * unit, pt_cached_sizes(f, level, pt_unit_lg2(f, level)));
	return true;
}

/* A visitor. */
PT_INLINE u64 pt_protect_slots(const struct pt_format *f, struct iomt_pt *pt, u64 *slot, u64 n,
			       unsigned level, u64 v, void *ctx)
{
	if (pt_protect_alike(f, pt, slot, n, level, v, ctx))
		return n;
	for (u64 i = 0; i < n; i++) {
		u64 entry = pt_load(&slot[i]);
		enum pt_kind kind = f->kind(entry, level);

		if (kind == PT_TABLE)
			return i;
		if (kind == PT_LEAF)
			pt_protect_entry(f, pt, &slot[i], entry, level,
					 v + (i << pt_unit_lg2(f, level)), ctx);
	}
	return n;
}

#endif
