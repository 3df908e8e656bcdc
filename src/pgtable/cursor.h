/* SPDX-License-Identifier: MIT */
/* Cursors: a leaf table that is remembered, so that the next granule needs no walk. */
#ifndef PT_CURSOR_H
#define PT_CURSOR_H

#include "map.h"
#include "translate.h"
#include "unmap.h"
#include <iomt/cursor.h>

/* In a debug build: says when the cursor is older than its page table, or outlives it. */
PT_INLINE void pt_cursor_check(const struct iomt_pt_cursor *cursor)
{
#ifdef IOMT_DEBUG
	u64 generation = pt_load(&cursor->pt->unlinked) >> DEBUG_GENERATION_SHIFT;

	pt_top(cursor->pt);
	if (cursor->size && cursor->unlinked >> DEBUG_GENERATION_SHIFT != generation)
		iomt_debug_broken(IOMT_RULE_OLD_CURSOR, cursor);
#else
	(void)cursor;
#endif
}

/*
 * The slot for iova in the table that the cursor remembers; NULL when it is another's. That table is
 * not freed while this call runs: a table that is unlinked counts before it can be gathered.
 */
PT_INLINE u64 *pt_cursor_slot(const struct pt_format *f, const struct iomt_pt_cursor *cursor,
			      u64 iova)
{
	u64 offset = iova - cursor->first;

	pt_cursor_check(cursor);
	if (pt_unlikely(offset >= cursor->size ||
			cursor->unlinked != pt_load(&cursor->pt->unlinked)))
		return NULL;
	return cursor->table + (offset >> f->granule_lg2);
}

/* Remembers the leaf table of iova, if there is one. */
void pt_cursor_move(struct iomt_pt_cursor *cursor, u64 iova);

int pt_cursor_translate_any(struct iomt_pt_cursor *cursor, u64 iova, struct iomt_pt_leaf *leaf);

/* One granule of usual attributes; false leaves it to the format's map. */
PT_INLINE bool pt_cursor_map_one(const struct pt_format *f, const struct iomt_pt_cursor *cursor,
				 u64 iova, u64 oa, uint32_t prot)
{
	const struct iomt_pt *pt = cursor->pt;
	u64 *slot, attrs;

	if (pt_unlikely(((iova | oa) & (pt_granule(f) - 1)) || prot >= PT_ATTRS ||
			oa > pt->oa_last))
		return false;
	slot = pt_cursor_slot(f, cursor, iova);
	if (pt_unlikely(!slot || pt_load(slot)))
		return false;
	attrs = pt->attrs[prot];
	if (pt_unlikely(!attrs))
		return false;
	pt_store(slot, f->leaf(oa, 0, f->granule_lg2) | attrs);
	return true;
}

PT_INLINE bool pt_cursor_unmap_one(const struct pt_format *f, const struct iomt_pt_cursor *cursor,
				   u64 iova, u64 length, uint64_t *unmapped,
				   struct iomt_gather *gather)
{
	u64 *slot = pt_cursor_slot(f, cursor, iova), entry;

	if (pt_unlikely(length != pt_granule(f) || (iova & (pt_granule(f) - 1)) || !slot))
		return false;
	entry = pt_load(slot);
	if (pt_unlikely(!f->all_single(entry, entry, 0)))
		return false;
	pt_clear_granule(f, slot, iova, unmapped, gather);
	return true;
}

PT_INLINE bool pt_cursor_translate_one(const struct pt_format *f,
				       const struct iomt_pt_cursor *cursor, u64 iova,
				       struct iomt_pt_leaf *leaf)
{
	struct pt_stop stop = {.slot = pt_cursor_slot(f, cursor, iova)};

	if (pt_unlikely(!stop.slot))
		return false;
	stop.entry = pt_load(stop.slot);
	if (pt_unlikely(!pt_granule_at(f, cursor->pt, iova, &stop, leaf)))
		return false;
	leaf->prot = pt_prot(f, cursor->pt, stop.entry);
	return true;
}

#endif
