/* SPDX-License-Identifier: MIT */
/* Cursors: the way to another table. */
#include "cursor.h"

void pt_cursor_move(struct iomt_pt_cursor *cursor, u64 iova)
{
	const struct iomt_pt *pt = cursor->pt;
	const struct pt_format *f = pt->format->facts;
	u64 v = iova & pt->va_mask, span = pt_low_bits(pt_unit_lg2(f, 1)) & pt->va_mask;
	struct pt_stop stop;

	if (pt_cursor_slot(f, cursor, iova))
		return;
	cursor->size = 0;
	if (!pt->plain || iova - pt->va_base > pt_load(&pt->reach))
		return;
	cursor->unlinked = pt_load(&pt->unlinked);
	stop = pt->format->walk(pt, v);
	if (stop.level)
		return;
	cursor->table = stop.slot - ((v & span) >> f->granule_lg2);
	cursor->first = iova & ~span;
	cursor->size = span + 1;
}

int pt_cursor_translate_any(struct iomt_pt_cursor *cursor, u64 iova, struct iomt_pt_leaf *leaf)
{
	pt_cursor_move(cursor, iova);
	return pt_translate_any(cursor->pt, iova, leaf);
}
