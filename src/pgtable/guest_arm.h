/* SPDX-License-Identifier: MIT */
/*
 * Arm tables of a guest: what stage 1 and stage 2 share. DDI 0487, D8.2, "Translation process", D8.3,
 * "Translation table descriptor formats", D8.5, "Hardware updates to the translation tables", D8.14,
 * "Memory aborts": an entry is judged for validity, then for its address, then for AF.
 */
#ifndef PT_GUEST_ARM_H
#define PT_GUEST_ARM_H

#include "arm_lpae.h"
#include "guest_walk.h"

#define ARM_IGNORED (1ULL << 63 | 0xfULL << 55) /* of leaves: for software, and nothing */

/*
 * A block at a level that has none is no valid descriptor, and so is bit 1 clear at the last level.
 */
PT_INLINE unsigned arm_judge(const struct pt_format *f, const struct iomt_walker *w, u64 entry,
			     unsigned level)
{
	bool leaf = !level || !(entry & PAGE);

	if (!(entry & VALID) || (!level && !(entry & PAGE)))
		return IOMT_WALK_FAULT_ABSENT;
	if (level && leaf && !(w->page_sizes >> pt_unit_lg2(f, level) & 1))
		return IOMT_WALK_FAULT_ABSENT;
	if (f->unpack(entry) & w->beyond)
		return IOMT_WALK_FAULT_OUTPUT;
	return leaf ? GUEST_LEAF : GUEST_TABLE;
}

/*
 * A contiguous run is passed on where the level has such runs, the input has room for it, and the
 * entry's address is the one that its place in the run asks for (D8.7.1). Of others hardware may
 * remember one entry or all; one is always right.
 */
PT_INLINE unsigned arm_size(const struct pt_format *f, const struct iomt_walker *w, u64 entry,
			    unsigned level, u64 v)
{
	unsigned unit_lg2 = pt_unit_lg2(f, level), size_lg2 = f->leaf_lg2(entry, level);
	u64 within = pt_low_bits(size_lg2) & ~pt_low_bits(unit_lg2);

	if (!within || !(w->page_sizes >> size_lg2 & 1) || pt_low_bits(size_lg2) > w->va_mask)
		return unit_lg2;
	return (f->unpack(entry) ^ v) & within ? unit_lg2 : size_lg2;
}

#endif
