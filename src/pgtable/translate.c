/* SPDX-License-Identifier: MIT */
/* Translate: what is not worth folding per format. */
#include "translate.h"

int pt_translate_any(const struct iomt_pt *pt, u64 iova, struct iomt_pt_leaf *leaf)
{
	u64 v = iova & pt->va_mask;
	struct pt_stop stop;

	if (iova - pt->va_base > pt->va_mask)
		return IOMT_ERANGE;
	stop = pt->format->walk(pt, v);
	return pt->format->leaf_at(pt, v, stop.entry, stop.level, leaf);
}

int pt_oa_any(const struct iomt_pt *pt, u64 iova, uint64_t *oa)
{
	struct iomt_pt_leaf leaf;
	int err = pt_translate_any(pt, iova, &leaf);

	if (!err)
		*oa = leaf.oa;
	return err;
}

size_t pt_translate_many(const struct iomt_pt *pt, const uint64_t *iovas, size_t count,
			 struct iomt_pt_leaf *leaves)
{
	size_t found = 0;

	for (size_t at = 0; pt->plain && at < count; at += PT_BATCH) {
		size_t n = count - at < PT_BATCH ? count - at : PT_BATCH;

		found += pt->format->batch(pt, iovas + at, (unsigned)n, leaves + at);
	}
	for (size_t i = 0; !pt->plain && i < count; i++) {
		if (pt_translate_any(pt, iovas[i], &leaves[i]))
			leaves[i] = (struct iomt_pt_leaf){0};
		else
			found++;
	}
	return found;
}
