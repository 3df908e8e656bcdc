/* SPDX-License-Identifier: MIT */
/*
 * Map. One granule into a table that is there is one descent and one store. Everything else goes in
 * three steps: look (is all of it free, which tables are missing), take those tables, write. Only
 * the first two can fail, and nothing can be seen of them.
 */
#ifndef PT_MAP_H
#define PT_MAP_H

#include "piece.h"
#include "table.h"

/* One mapping under way. */
struct pt_mapping {
	struct iomt_pt *pt;
	struct iomt_gather *gather;
	const struct iomt_seg *segs;
	size_t count;
	u64 v;
	u64 last;
	u64 delta; /* IOVA less v */
	u64 attrs;
	struct pt_top top;  /* as it was found, then as it has grown */
	u64 sizes;	    /* leaf sizes that the top can hold */
	u64 below;	    /* what a top that grows reached before; 0 when it does not */
	u64 sizes_below;    /* and the leaf sizes there: that top stays, as a table */
	unsigned top_level; /* that reaches last */
	unsigned growth;    /* levels that are missing for that */
	bool replace;	    /* empty tables give way to leaves */
	u64 replaced;	    /* how many do */
	u64 room;	    /* for so many in the gather */
	u64 taken;	    /* tables put into the chain so far */
	struct pt_missing missing;
	struct pt_chain chain;
};

/*
 * Some slot of the piece at v holds something. IOMT_EEXIST when something is mapped there. Else the
 * slots hold empty tables: where they may give way, all is well. Where one must stay, the piece
 * shrinks to the leaves before it; if there are none, piece->slots is 0 and *sizes loses the sizes
 * that would cover it.
 */
int pt_settle_piece(const struct pt_format *f, struct pt_mapping *m, const u64 *slot, u64 v,
		    struct pt_piece *piece, u64 *sizes);

/* Takes the empty tables out of the piece's slots and gathers them. */
void pt_remove_tables(const struct pt_format *f, struct pt_mapping *m, u64 *slot, u64 v,
		      const struct pt_piece *piece);

/* The next stretch of contiguous output: neighbouring segments that touch become one. */
PT_INLINE struct iomt_seg pt_next_stretch(const struct pt_mapping *m, size_t *at)
{
	struct iomt_seg stretch = m->segs[(*at)++];

	while (*at < m->count && m->segs[*at].oa == stretch.oa + stretch.length)
		stretch.length += m->segs[(*at)++].length;
	return stretch;
}

PT_INLINE u64 pt_sizes_at(const struct pt_format *f, const struct pt_mapping *m, u64 v)
{
	return f->grows && v < m->below ? m->sizes_below : m->sizes;
}

/* Looks at [v, last], to be mapped to oa. */
PT_INLINE int pt_look(const struct pt_format *f, struct pt_mapping *m, u64 v, u64 last, u64 oa)
{
	u64 sizes = pt_sizes_at(f, m, v);

	for (;;) {
		struct pt_piece piece = pt_first_piece(f, sizes, v, oa, last);
		struct pt_stop stop = pt_walk(f, m->pt, m->top, v, piece.level);

		if (stop.level != piece.level) {
			if (stop.entry)
				return IOMT_EEXIST;
			pt_count_missing(f, &m->missing, v, piece.level, stop.level);
		} else if (pt_unlikely(stop.slot && pt_words_any(stop.slot, piece.slots))) {
			int err = pt_settle_piece(f, m, stop.slot, v, &piece, &sizes);

			if (err)
				return err;
			if (!piece.slots)
				continue;
		}
		if (piece.last == last)
			return 0;
		oa += piece.last + 1 - v;
		v = piece.last + 1;
		sizes = pt_sizes_at(f, m, v);
	}
}

typedef u64 *(*pt_builder)(struct iomt_pt *pt, struct pt_top top, u64 v, unsigned target,
			   struct pt_chain *chain);

/* The empty slot of a table which is not there yet and which the piece would fill, or NULL. */
PT_INLINE u64 *pt_slot_to_fill(const struct pt_format *f, pt_builder build, struct pt_mapping *m,
			       struct pt_top top, u64 v, const struct pt_piece *piece)
{
	u64 *slot;

	if (!m->chain.head || !(piece->slots >> f->index_lg2) || piece->level >= top.level)
		return NULL;
	slot = build(m->pt, top, v, piece->level + 1, &m->chain);
	return m->chain.head && slot && !pt_load(slot) ? slot : NULL;
}

/*
 * Writes [v, last] below a top, with the same pieces that pt_look found. A table that a piece fills is
 * linked with its entries written, and not zeroed before.
 */
PT_INLINE void pt_write(const struct pt_format *f, pt_builder build, struct pt_mapping *m,
			struct pt_top top, u64 v, u64 last, u64 oa)
{
	u64 sizes = pt_sizes_at(f, m, v);

	for (;;) {
		struct pt_piece piece = pt_first_piece(f, sizes, v, oa, last);
		u64 *above = pt_slot_to_fill(f, build, m, top, v, &piece);
		u64 *slot = above ? pt_chain_take(&m->chain)
				  : build(m->pt, top, v, piece.level, &m->chain);

		if (!above && piece.level && slot && pt_words_any(slot, piece.slots)) {
			if (pt_settle_piece(f, m, slot, v, &piece, &sizes))
				slot = NULL;
			else if (!piece.slots)
				continue;
			else if (m->replace)
				pt_remove_tables(f, m, slot, v, &piece);
		}
		/* no slot: another writer in our range, the caller's error; its mapping stays */
		if (pt_likely(slot != NULL))
			pt_write_piece(f, m->pt, slot, &piece, oa, m->attrs);
		if (above && !pt_link_filled(f, m->pt, above, piece.level + 1, slot)) {
			pt_chain_put(&m->chain, slot);
			continue;
		}
		if (piece.last == last)
			return;
		oa += piece.last + 1 - v;
		v = piece.last + 1;
		sizes = pt_sizes_at(f, m, v);
	}
}

/* The attribute bits of a leaf with this prot. */
int pt_attrs(const struct pt_format *f, const struct iomt_pt *pt, uint32_t prot, uint64_t *attrs);

#define PT_ATTRS (sizeof(((struct iomt_pt *)0)->attrs) / sizeof(u64))

/* The same; the usual ones are at hand. */
PT_INLINE int pt_usual_attrs(const struct pt_format *f, const struct iomt_pt *pt, uint32_t prot,
			     uint64_t *attrs)
{
	*attrs = prot < PT_ATTRS ? pt->attrs[prot] : 0;
	return pt_likely(*attrs) ? 0 : pt_attrs(f, pt, prot, attrs);
}

/* One piece into a table that is there and free; false leaves it to pt_map_any. */
PT_INLINE bool pt_map_piece(const struct pt_format *f, struct iomt_pt *pt, u64 iova, u64 oa,
			    u64 length, uint32_t prot)
{
	u64 v = iova & pt->va_mask, last = v + (length - 1), attrs;
	struct pt_piece piece;
	struct pt_stop stop;

	if (((iova | oa | length) & (pt_granule(f) - 1)) || !pt_is_reached(pt, iova, length) ||
	    oa > pt->oa_last || length - 1 > pt->oa_last - oa)
		return false;
	piece = pt_first_piece(f, pt->sizes, v, oa, last);
	if (piece.last != last || pt_usual_attrs(f, pt, prot, &attrs))
		return false;
	stop = pt_walk_whole(f, pt, v);
	if (stop.level != piece.level)
		return false;
	if (piece.slots == 1 && !stop.entry) {
		pt_store(stop.slot, f->leaf(oa, piece.level, piece.size_lg2) | attrs);
		return true;
	}
	if (pt_words_any(stop.slot, piece.slots))
		return false;
	pt_write_piece(f, pt, stop.slot, &piece, oa, attrs);
	return true;
}

/* Any range, and whatever is wrong with one. */
int pt_map_any(struct iomt_pt *pt, u64 iova, u64 oa, u64 length, uint32_t prot,
	       struct iomt_gather *gather);

/* One granule of usual attributes, where its table is there; false leaves it to the others. */
PT_INLINE bool pt_map_one(const struct pt_format *f, struct iomt_pt *pt, u64 iova, u64 oa,
			  uint32_t prot)
{
	u64 attrs, low = pt_granule(f) - 1;
	struct pt_stop stop;

	if (pt_unlikely(((iova | oa) & low) || prot >= PT_ATTRS || !pt->plain ||
			iova - pt->va_base > pt_load(&pt->reach) || oa > pt->oa_last))
		return false;
	stop = pt_walk_plain(f, pt, iova & pt->va_mask);
	attrs = pt->attrs[prot];
	if (pt_unlikely(stop.level || stop.entry || !attrs))
		return false;
	pt_store(stop.slot, f->leaf(oa, 0, f->granule_lg2) | attrs);
	return true;
}

/*
 * A few granules of usual attributes into one table that is there, where no larger leaf fits; false
 * leaves it to pt_map_piece.
 */
PT_INLINE bool pt_map_few(const struct pt_format *f, struct iomt_pt *pt, u64 iova, u64 oa,
			  u64 length, uint32_t prot)
{
	u64 n = length >> f->granule_lg2, attrs;
	struct pt_stop stop;

	if (f->linear_lg2 < 64 || n > PT_FEW || !pt_in_one_table(f, pt, iova, length) ||
	    (oa & (pt_granule(f) - 1)) || oa > pt->oa_last - (length - 1) || prot >= PT_ATTRS ||
	    !pt_granules_only(pt->sizes, iova, oa, length - 1))
		return false;
	attrs = pt->attrs[prot];
	if (pt_unlikely(!attrs))
		return false;
	stop = pt_walk_plain(f, pt, iova & pt->va_mask);
	if (pt_unlikely(stop.level || pt_lines_any(stop.slot, n)))
		return false;
	pt_lines_ramp(stop.slot, n, f->leaf(oa, 0, f->granule_lg2) | attrs,
		      f->leaf(pt_granule(f), 0, f->granule_lg2) - f->leaf(0, 0, f->granule_lg2));
	return true;
}

/* A list into a part of one leaf table that is there and free; false leaves it to pt_map_sg. */
PT_INLINE bool pt_map_list(const struct pt_format *f, const struct pt_mapping *m)
{
	const struct iomt_pt *pt = m->pt;
	u64 n = ((m->last - m->v) >> f->granule_lg2) + 1, v = m->v;
	struct pt_stop stop;

	if (!pt->plain || n >> f->index_lg2 || m->last > pt_slot_last(f, v, 1) ||
	    (f->grows && m->last > pt_load(&pt->reach)))
		return false;
	stop = pt_walk_whole(f, pt, v);
	if (stop.level || pt_words_any(stop.slot, n))
		return false;
	for (size_t at = 0; at < m->count;) {
		struct iomt_seg stretch = pt_next_stretch(m, &at);
		u64 last = v + stretch.length - 1;
		struct pt_piece piece;

		if (pt_likely(last - v < pt_granule(f))) {
			pt_store(stop.slot++, f->leaf(stretch.oa, 0, f->granule_lg2) | m->attrs);
			v = last + 1;
			continue;
		}
		do {
			piece = pt_mixed_piece(f, pt->sizes, v, stretch.oa, last);
			pt_write_piece(f, pt, stop.slot, &piece, stretch.oa, m->attrs);
			stop.slot += piece.slots;
			stretch.oa += piece.last + 1 - v;
			v = piece.last + 1;
		} while (piece.last != last);
	}
	return true;
}

int pt_map_sg(struct iomt_pt *pt, u64 iova, const struct iomt_seg *segs, size_t count,
	      uint32_t prot, struct iomt_gather *gather);

#endif
