/* SPDX-License-Identifier: MIT */
/* Translate: what one address means. */
#ifndef PT_TRANSLATE_H
#define PT_TRANSLATE_H

#include "dirty.h"
#include "visit.h"

/* The prot of a leaf, as it was given to map. */
PT_INLINE uint32_t pt_prot(const struct pt_format *f, const struct iomt_pt *pt, u64 entry)
{
	uint32_t prot = f->decode(entry, pt->flags);

	if (f->encrypts && (~entry & pt->enc))
		prot |= IOMT_MMIO;
	return prot;
}

PT_INLINE int pt_translate(const struct pt_format *f, const struct iomt_pt *pt, u64 iova,
			   struct iomt_pt_leaf *leaf)
{
	u64 v = iova & pt->va_mask, entry, offset;
	struct pt_stop stop;
	unsigned size_lg2;

	if (pt_likely(iova - pt->va_base <= pt_load(&pt->reach) && pt->plain))
		stop = pt_walk_plain(f, pt, v);
	else if (iova - pt->va_base <= pt->va_mask)
		stop = pt_walk_down(f, pt, v);
	else
		return IOMT_ERANGE;
	entry = stop.entry;
	if (pt_unlikely(f->kind(entry, stop.level) != PT_LEAF))
		return IOMT_ENOENT;
	size_lg2 = f->leaf_lg2(entry, stop.level);
	offset = v & pt_low_bits(size_lg2);
	leaf->oa = pt_leaf_oa(f, pt, entry, size_lg2) | offset;
	leaf->entry = entry;
	leaf->prot = pt_prot(f, pt, entry);
	leaf->size_lg2 = (uint8_t)size_lg2;
	leaf->level = (uint8_t)stop.level;
	leaf->dirty = (pt->flags & IOMT_PT_DIRTY) &&
		      pt_run_is_dirty(f, stop.slot - (offset >> pt_unit_lg2(f, stop.level)),
				      1ULL << (size_lg2 - pt_unit_lg2(f, stop.level)));
	return 0;
}

#endif
