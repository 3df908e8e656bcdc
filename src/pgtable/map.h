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

/* Takes all memory that the mapping needs. Sets *again when it must be looked at anew. */
int pt_map_take(const struct pt_format *f, struct pt_mapping *m, bool *again);

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

/*
 * A piece that fills a table which is not there yet: the table is linked with its entries written,
 * and not zeroed before. False when it is there.
 */
PT_INLINE bool pt_write_table(const struct pt_format *f, struct pt_mapping *m, struct pt_top top,
			      u64 v, const struct pt_piece *piece, u64 oa)
{
	unsigned level = piece->level + 1;
	u64 *slot, *table, entry, found = 0;

	if (!m->chain.head || !(piece->slots >> f->index_lg2) || level > top.level)
		return false;
	slot = pt_walk_build(f, m->pt, top, v, level, &m->chain);
	if (!m->chain.head || !slot || pt_load(slot))
		return false;
	table = pt_chain_take(&m->chain);
	pt_write_piece(f, m->pt, table, piece, oa, m->attrs);
	entry = pt_table_entry(f, m->pt, table, level);
	if (!pt_replace(slot, &found, entry)) {
		pt_chain_put(&m->chain, table);
		return false;
	}
	pt_sync_entry(f, m->pt, slot, entry);
	return true;
}

/* Writes [v, last] below a top, with the same pieces that pt_look found. */
PT_INLINE void pt_write(const struct pt_format *f, struct pt_mapping *m, struct pt_top top, u64 v,
			u64 last, u64 oa)
{
	u64 sizes = pt_sizes_at(f, m, v);

	for (;;) {
		struct pt_piece piece = pt_first_piece(f, sizes, v, oa, last);
		u64 *slot = NULL;
		bool written = pt_write_table(f, m, top, v, &piece, oa);

		if (!written)
			slot = pt_walk_build(f, m->pt, top, v, piece.level, &m->chain);
		if (piece.level && slot && pt_words_any(slot, piece.slots)) {
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
		if (piece.last == last)
			return;
		oa += piece.last + 1 - v;
		v = piece.last + 1;
		sizes = pt_sizes_at(f, m, v);
	}
}

PT_INLINE int pt_look_all(const struct pt_format *f, struct pt_mapping *m)
{
	u64 v = m->v;

	pt_missing_init(&m->missing);
	m->replaced = 0;
	for (size_t at = 0; at < m->count;) {
		struct iomt_seg stretch = pt_next_stretch(m, &at);
		int err = pt_look(f, m, v, v + stretch.length - 1, stretch.oa);

		if (err)
			return err;
		v += stretch.length;
	}
	return 0;
}

PT_INLINE void pt_write_all(const struct pt_format *f, struct pt_mapping *m)
{
	u64 v = m->v;

	for (size_t at = 0; at < m->count;) {
		struct iomt_seg stretch = pt_next_stretch(m, &at);

		pt_write(f, m, m->top, v, v + stretch.length - 1, stretch.oa);
		v += stretch.length;
	}
}

PT_INLINE int pt_map_segs(const struct pt_format *f, struct pt_mapping *m)
{
	unsigned level;
	bool again;
	int err;

	m->top = pt_top(m->pt);
	level = m->top.level;
	m->sizes = m->pt->sizes;
	m->top_level = level;
	m->below = 0;
	if (f->grows) {
		m->top_level = pt_top_level_for(f, level, m->last);
		m->sizes &= pt_low_bits(pt_unit_lg2(f, m->top_level + 1));
		m->sizes_below = m->sizes & pt_low_bits(pt_unit_lg2(f, level + 1));
		if (m->top_level > level)
			m->below = pt_slot_last(f, 0, level + 1) + 1;
	}
	m->growth = m->top_level - level;
	m->replace = m->gather && (f->resizes || m->pt->bbm >= 2 || m->gather->sync);
	m->chain.head = NULL;
	m->taken = 0;
	m->room = 0;
	do {
		again = false;
		err = pt_look_all(f, m);
		if (!err)
			err = pt_map_take(f, m, &again);
	} while (again);
	if (!err) {
		if (f->grows)
			m->top = pt_grow(f, m->pt, m->top, m->top_level, &m->chain);
		pt_write_all(f, m);
		pt_settle_top(f, m->pt, m->top.level, m->last);
	}
	if (pt_unlikely(m->chain.head != NULL))
		pt_chain_drop(f, m->pt, &m->chain);
	return err;
}

/* The attribute bits of a leaf with this prot. */
PT_INLINE int pt_attrs(const struct pt_format *f, const struct iomt_pt *pt, uint32_t prot,
		       uint64_t *attrs)
{
	const uint32_t access = IOMT_READ | IOMT_WRITE | IOMT_EXEC;
	const uint32_t known =
		access | IOMT_PRIV | IOMT_GLOBAL | IOMT_SNOOP | IOMT_MMIO | IOMT_TYPE_MASK;

	if (pt_unlikely((prot & ~known) || !(prot & access) ||
			(prot & IOMT_TYPE_MASK) == IOMT_TYPE_MASK))
		return IOMT_EINVAL;
	if (pt_unlikely(!f->encode(prot, pt->flags, attrs)))
		return IOMT_EOPNOTSUPP;
	if (f->encrypts && !(prot & IOMT_MMIO))
		*attrs |= pt->enc;
	return 0;
}

#define PT_ATTRS (sizeof(((struct iomt_pt *)0)->attrs) / sizeof(u64))

/* The same; the usual ones are at hand. */
PT_INLINE int pt_usual_attrs(const struct pt_format *f, const struct iomt_pt *pt, uint32_t prot,
			     uint64_t *attrs)
{
	*attrs = prot < PT_ATTRS ? pt->attrs[prot] : 0;
	return pt_likely(*attrs) ? 0 : pt_attrs(f, pt, prot, attrs);
}

/* Checks one stretch of output addresses. */
PT_INLINE int pt_check_output(const struct pt_format *f, const struct iomt_pt *pt, u64 oa,
			      u64 length)
{
	if (pt_unlikely(!length || ((oa | length) & (pt_granule(f) - 1))))
		return IOMT_EINVAL;
	if (pt_unlikely(oa > pt->oa_last || length - 1 > pt->oa_last - oa))
		return IOMT_ERANGE;
	return 0;
}

/* One piece into a table that is there and free; false leaves it to pt_map_segs. */
PT_INLINE bool pt_map_piece(const struct pt_format *f, struct iomt_pt *pt, u64 v, u64 last, u64 oa,
			    u64 attrs)
{
	struct pt_piece piece = pt_first_piece(f, pt->sizes, v, oa, last);
	struct pt_stop stop;

	if (piece.last != last || !pt->plain || (f->grows && last > pt_load(&pt->reach)))
		return false;
	stop = pt_walk_plain(f, pt, v, true);
	if (stop.level != piece.level || pt_words_any(stop.slot, piece.slots))
		return false;
	pt_write_piece(f, pt, stop.slot, &piece, oa, attrs);
	return true;
}

PT_INLINE int pt_map_range(const struct pt_format *f, int (*map_segs)(struct pt_mapping *m),
			   struct iomt_pt *pt, u64 iova, u64 oa, u64 length, uint32_t prot,
			   struct iomt_gather *gather)
{
	struct iomt_seg seg = {oa, length};
	struct pt_mapping m;
	int err = pt_check_output(f, pt, oa, length);

	if (!err)
		err = pt_range(f, pt, iova, length, &m.v, &m.last);
	if (!err)
		err = pt_usual_attrs(f, pt, prot, &m.attrs);
	if (pt_unlikely(err))
		return err;
	if (pt_likely(pt_map_piece(f, pt, m.v, m.last, oa, m.attrs)))
		return 0;
	m.pt = pt;
	m.gather = gather;
	m.segs = &seg;
	m.count = 1;
	m.delta = iova - m.v;
	return map_segs(&m);
}

/* One granule of usual attributes, where its table is there; false leaves it to pt_map_range. */
PT_INLINE bool pt_map_one(const struct pt_format *f, struct iomt_pt *pt, u64 iova, u64 oa,
			  uint32_t prot)
{
	u64 attrs, low = pt_granule(f) - 1;
	struct pt_stop stop;

	if (pt_unlikely(((iova | oa) & low) || prot >= PT_ATTRS || !pt->plain ||
			iova - pt->va_base > pt_load(&pt->reach) || oa > pt->oa_last))
		return false;
	stop = pt_walk_plain(f, pt, iova & pt->va_mask, false);
	attrs = pt->attrs[prot];
	if (pt_unlikely(stop.level || stop.entry || !attrs))
		return false;
	pt_store(stop.slot, f->leaf(oa, 0, f->granule_lg2) | attrs);
	return true;
}

/*
 * A few granules of usual attributes into one table that is there, where no larger leaf fits; false
 * leaves it to pt_map_range.
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
	stop = pt_walk_plain(f, pt, iova & pt->va_mask, true);
	if (pt_unlikely(stop.level || pt_lines_any(stop.slot, n)))
		return false;
	pt_lines_ramp(stop.slot, n, f->leaf(oa, 0, f->granule_lg2) | attrs,
		      f->leaf(pt_granule(f), 0, f->granule_lg2) - f->leaf(0, 0, f->granule_lg2));
	return true;
}

/* A list into a part of one leaf table that is there and free; false leaves it to pt_map_segs. */
PT_INLINE bool pt_map_list(const struct pt_format *f, const struct pt_mapping *m)
{
	const struct iomt_pt *pt = m->pt;
	u64 n = ((m->last - m->v) >> f->granule_lg2) + 1, v = m->v;
	struct pt_stop stop;

	if (!pt->plain || n >> f->index_lg2 || m->last > pt_slot_last(f, v, 1) ||
	    (f->grows && m->last > pt_load(&pt->reach)))
		return false;
	stop = pt_walk_plain(f, pt, v, true);
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
			piece = pt_first_piece(f, pt->sizes, v, stretch.oa, last);
			pt_write_piece(f, pt, stop.slot, &piece, stretch.oa, m->attrs);
			stop.slot += piece.slots;
			stretch.oa += piece.last + 1 - v;
			v = piece.last + 1;
		} while (piece.last != last);
	}
	return true;
}

PT_INLINE int pt_map_sg(const struct pt_format *f, int (*map_segs)(struct pt_mapping *m),
			struct iomt_pt *pt, u64 iova, const struct iomt_seg *segs, size_t count,
			uint32_t prot, struct iomt_gather *gather)
{
	struct pt_mapping m = {.pt = pt, .gather = gather, .segs = segs, .count = count};
	u64 length = 0;
	int err = segs && count ? 0 : IOMT_EINVAL;

	for (size_t i = 0; !err && i < count; i++) {
		err = pt_check_output(f, pt, segs[i].oa, segs[i].length);
		if (!err && __builtin_add_overflow(length, segs[i].length, &length))
			err = IOMT_ERANGE;
	}
	if (!err)
		err = pt_range(f, pt, iova, length, &m.v, &m.last);
	if (!err)
		err = pt_usual_attrs(f, pt, prot, &m.attrs);
	if (pt_unlikely(err))
		return err;
	m.delta = iova - m.v;
	DEBUG_CLAIM(pt, iova, length);
	return pt_map_list(f, &m) ? 0 : map_segs(&m);
}

#endif
