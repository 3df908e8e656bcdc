/* SPDX-License-Identifier: MIT */
/* Translate: what one address means, and what many mean, walked side by side. */
#ifndef PT_TRANSLATE_H
#define PT_TRANSLATE_H

#include "dirty.h"
#include "visit.h"

/* The prot of a leaf, as it was given to map. */
PT_INLINE uint32_t pt_prot(const struct pt_format *f, const struct iomt_pt *pt, u64 entry)
{
	uint32_t usual = IOMT_READ | IOMT_WRITE, prot;

	/* what most leaves hold needs no decoding */
	if (pt_likely((entry & (f->attrs | pt->enc)) == pt->attrs[usual]))
		return usual;
	prot = f->decode(entry, pt->flags);
	if (f->encrypts && (~entry & pt->enc))
		prot |= IOMT_MMIO;
	return prot;
}

/*
 * What v means, for a walk that stopped at this entry. At a table, as pt_walk_plain may, and where
 * the entry is not all that tells: once more.
 */
PT_INLINE int pt_leaf_at(const struct pt_format *f, const struct iomt_pt *pt, u64 v, u64 entry,
			 unsigned level, struct iomt_pt_leaf *leaf)
{
	enum pt_kind kind = f->kind(entry, level);
	struct pt_stop stop = {NULL, entry, level};
	unsigned size_lg2;
	u64 offset;

	if (kind == PT_EMPTY)
		return IOMT_ENOENT;
	if (pt_unlikely(kind == PT_TABLE || (pt->flags & IOMT_PT_DIRTY)))
		stop = pt->format->walk(pt, v);
	if (pt_unlikely(f->kind(stop.entry, stop.level) != PT_LEAF))
		return IOMT_ENOENT;
	size_lg2 = f->leaf_lg2(stop.entry, stop.level);
	offset = v & pt_low_bits(size_lg2);
	leaf->oa = pt_leaf_oa(f, pt, stop.entry, size_lg2) | offset;
	leaf->entry = stop.entry;
	leaf->prot = pt_prot(f, pt, stop.entry);
	leaf->size_lg2 = (uint8_t)size_lg2;
	leaf->level = (uint8_t)stop.level;
	leaf->dirty = (pt->flags & IOMT_PT_DIRTY) &&
		      pt_run_is_dirty(f, stop.slot - (offset >> pt_unit_lg2(f, stop.level)),
				      1ULL << (size_lg2 - pt_unit_lg2(f, stop.level)));
	return 0;
}

/* A leaf of one granule, where nothing tracks writes: all but prot, which costs the most. */
PT_INLINE bool pt_granule_at(const struct pt_format *f, const struct iomt_pt *pt, u64 v,
			     const struct pt_stop *stop, struct iomt_pt_leaf *leaf)
{
	if (stop->level || !f->all_single(stop->entry, stop->entry, 0) ||
	    (pt->flags & IOMT_PT_DIRTY))
		return false;
	leaf->oa = pt_leaf_oa(f, pt, stop->entry, f->granule_lg2) | (v & (pt_granule(f) - 1));
	leaf->entry = stop->entry;
	leaf->size_lg2 = f->granule_lg2;
	leaf->level = 0;
	leaf->dirty = false;
	return true;
}

typedef int (*pt_leaf_reader)(const struct iomt_pt *pt, u64 v, u64 entry, unsigned level,
			      struct iomt_pt_leaf *leaf);

/* Any address, and whatever is wrong with one. */
int pt_translate_any(const struct iomt_pt *pt, u64 iova, struct iomt_pt_leaf *leaf);
int pt_oa_any(const struct iomt_pt *pt, u64 iova, uint64_t *oa);
size_t pt_translate_many(const struct iomt_pt *pt, const uint64_t *iovas, size_t count,
			 struct iomt_pt_leaf *leaves);

/* The usual case at once, others of plain tables by the reader. */
PT_INLINE int pt_translate(const struct pt_format *f, pt_leaf_reader read, const struct iomt_pt *pt,
			   u64 iova, struct iomt_pt_leaf *leaf)
{
	u64 v = iova & pt->va_mask;
	struct pt_stop stop;

	if (pt_unlikely(iova - pt->va_base > pt_load(&pt->reach) || !pt->plain))
		return pt_translate_any(pt, iova, leaf);
	stop = pt_walk_plain(f, pt, v);
	if (!pt_likely(pt_granule_at(f, pt, v, &stop, leaf)))
		return read(pt, v, stop.entry, stop.level, leaf);
	leaf->prot = pt_prot(f, pt, stop.entry);
	return 0;
}

/* The same for the output address alone. */
PT_INLINE bool pt_oa_one(const struct pt_format *f, const struct iomt_pt *pt, u64 iova,
			 uint64_t *oa)
{
	struct pt_stop stop;

	if (pt_unlikely(iova - pt->va_base > pt_load(&pt->reach) || !pt->plain))
		return false;
	stop = pt_walk_plain(f, pt, iova & pt->va_mask);
	if (pt_unlikely(stop.level || !f->all_single(stop.entry, stop.entry, 0)))
		return false;
	*oa = pt_leaf_oa(f, pt, stop.entry, f->granule_lg2) | (iova & (pt_granule(f) - 1));
	return true;
}

#define PT_BATCH 32u /* walks side by side */

/* Walks side by side, a level at a time, so that their misses overlap. */
struct pt_batch {
	u64 v[PT_BATCH];
	u64 *slots[PT_BATCH];		/* at level 0, but for those that stopped before */
	struct pt_stop stops[PT_BATCH]; /* where those did */
	uint32_t stopped;		/* one bit for each */
	u64 nothing;			/* what their slots hold meanwhile */
};

PT_INLINE void pt_batch_stop(struct pt_batch *batch, unsigned i, u64 *slot, u64 entry,
			     unsigned level)
{
	batch->stops[i] = (struct pt_stop){slot, entry, level};
	batch->stopped |= 1u << i;
	batch->slots[i] = &batch->nothing;
}

/* Goes down from the top as long as all of the batch go the same way: "all" but for bits that differ. */
PT_INLINE unsigned pt_batch_descend(const struct pt_format *f, const struct iomt_pt *pt, unsigned n,
				    u64 all, u64 differ, struct pt_batch *batch)
{
	struct pt_top top = pt_top(pt);
	u64 within = ~0ULL; /* the bits that count in this table */

	while (top.level && !(differ >> pt_unit_lg2(f, top.level))) {
		u64 entry = pt_load(&top.table[(all & within) >> pt_unit_lg2(f, top.level)]);

		if (!pt_plain_child(f, pt, entry, top.level, &top.table))
			break;
		within = pt_low_bits(pt_unit_lg2(f, top.level));
		top.level--;
	}
	for (unsigned i = 0; i < n; i++)
		batch->slots[i] = top.table + ((batch->v[i] & within) >> pt_unit_lg2(f, top.level));
	return top.level;
}

/* Returns the level that all begin at. Addresses that the table does not have end there. */
PT_INLINE unsigned pt_batch_begin(const struct pt_format *f, const struct iomt_pt *pt,
				  const uint64_t *iovas, unsigned n, struct pt_batch *batch)
{
	u64 reach = pt_load(&pt->reach), all = ~0ULL, any = 0;
	uint32_t outside = 0;
	unsigned level;

	for (unsigned i = 0; i < n; i++) {
		u64 v = iovas[i] & pt->va_mask;

		if (pt_unlikely(iovas[i] - pt->va_base > reach)) {
			outside |= 1u << i;
			v = 0;
		}
		batch->v[i] = v;
		all &= v;
		any |= v;
	}
	batch->stopped = 0;
	batch->nothing = 0;
	level = pt_batch_descend(f, pt, n, all, all ^ any, batch);
	for (; pt_unlikely(outside); outside &= outside - 1)
		pt_batch_stop(batch, (unsigned)__builtin_ctz(outside), NULL, 0, 0);
	return level;
}

PT_INLINE void pt_batch_walk(const struct pt_format *f, const struct iomt_pt *pt,
			     const uint64_t *iovas, unsigned n, struct pt_batch *batch)
{
	unsigned top = pt_batch_begin(f, pt, iovas, n, batch);

#pragma GCC unroll 6
	for (unsigned level = f->max_levels - 1u; level > 0; level--) {
		if (level > top)
			continue;
		for (unsigned i = 0; i < n; i++) {
			u64 *slot = batch->slots[i], entry = pt_load(slot);
			u64 *table;

			if (pt_likely(pt_plain_child(f, pt, entry, level, &table))) {
				slot = table + pt_index(f, batch->v[i], level - 1);
				__builtin_prefetch(slot);
				batch->slots[i] = slot;
			} else if (!(batch->stopped >> i & 1)) {
				pt_batch_stop(batch, i, slot, entry, level);
			}
		}
	}
}

/* Where walk i ended. */
PT_INLINE struct pt_stop pt_batch_end(const struct pt_batch *batch, unsigned i)
{
	if (pt_unlikely(batch->stopped >> i & 1))
		return batch->stops[i];
	return (struct pt_stop){batch->slots[i], pt_load(batch->slots[i]), 0};
}

PT_INLINE size_t pt_translate_batch(const struct pt_format *f, pt_leaf_reader read,
				    const struct iomt_pt *pt, const uint64_t *iovas, unsigned n,
				    struct iomt_pt_leaf *restrict leaves)
{
	struct pt_batch batch;
	size_t found = n;

	pt_batch_walk(f, pt, iovas, n, &batch);
	for (unsigned i = 0; i < n; i++) {
		struct pt_stop stop = pt_batch_end(&batch, i);

		if (pt_likely(pt_granule_at(f, pt, batch.v[i], &stop, &leaves[i]))) {
			leaves[i].prot = pt_prot(f, pt, stop.entry);
		} else if (read(pt, batch.v[i], stop.entry, stop.level, &leaves[i])) {
			leaves[i] = (struct iomt_pt_leaf){0};
			found--;
		}
	}
	return found;
}

#endif
