/* SPDX-License-Identifier: MIT */
/* Map: what is not worth folding per format. Any range, memory, large leaves over tables that are empty. */
#include "map.h"

struct pt_piece pt_mixed_piece(const struct pt_format *f, u64 sizes, u64 v, u64 oa, u64 last)
{
	return pt_first_piece(f, sizes, v, oa, last);
}

int pt_settle_piece(const struct pt_format *f, struct pt_mapping *m, const u64 *slot, u64 v,
		    struct pt_piece *piece, u64 *sizes)
{
	unsigned level = piece->level;
	u64 run = 1ULL << (piece->size_lg2 - pt_unit_lg2(f, level)), keep = piece->slots;

	for (u64 i = 0; i < piece->slots; i++) {
		u64 entry = pt_load(&slot[i]);
		enum pt_kind kind = f->kind(entry, level);

		if (!entry)
			continue;
		if (kind != PT_TABLE ||
		    !pt_table_is_empty(f, m->pt, pt_child(f, m->pt, entry), level - 1))
			return IOMT_EEXIST;
		if (m->replace)
			m->replaced += pt_tables_below(f, m->pt, entry, level);
		else if (keep == piece->slots)
			keep = i & ~(run - 1);
	}
	if (!keep)
		*sizes &= pt_low_bits(piece->size_lg2);
	piece->slots = keep;
	piece->last = v + (keep << pt_unit_lg2(f, level)) - 1;
	return 0;
}

/* Before it became a leaf the range translated to nothing, and hardware saw as much either way. */
void pt_remove_tables(const struct pt_format *f, struct pt_mapping *m, u64 *slot, u64 v,
		      const struct pt_piece *piece)
{
	struct iomt_gather *gather = m->gather;

	for (u64 i = 0; i < piece->slots; i++) {
		/* no order: what hangs below is taken out by compare-and-swap, too, before it is used */
		u64 entry = __atomic_exchange_n(&slot[i], 0, __ATOMIC_RELAXED);

		pt_gather_tables(f, m->pt, entry, piece->level, gather, &m->room);
	}
	pt_clean(m->pt, slot, piece->slots);
	iomt_gather_add(gather, v + m->delta, piece->last + m->delta);
	if (!f->resizes && m->pt->bbm < 2)
		gather->sync(gather);
}

/* Takes all memory that the mapping needs. Sets *again when it must be looked at anew. */
static int map_take(const struct pt_format *f, struct pt_mapping *m, bool *again)
{
	u64 need = m->missing.count + m->growth;
	int err = 0;

	if (need > m->taken) {
		err = pt_chain_fill(f, m->pt, &m->chain, need - m->taken);
		if (!err)
			m->taken = need;
	}
	if (err || !m->replaced)
		return err;
	if (!iomt_gather_reserve(m->gather, m->pt->mem, (uint32_t)m->replaced)) {
		m->room = m->replaced;
	} else {
		/* no room to remember the tables: keep them, and use smaller leaves */
		m->replace = false;
		*again = true;
	}
	return 0;
}

static int look_all(struct pt_mapping *m)
{
	u64 v = m->v;

	pt_missing_init(&m->missing);
	m->replaced = 0;
	for (size_t at = 0; at < m->count;) {
		struct iomt_seg stretch = pt_next_stretch(m, &at);
		int err = m->pt->format->look(m, v, v + stretch.length - 1, stretch.oa);

		if (err)
			return err;
		v += stretch.length;
	}
	return 0;
}

static void write_all(struct pt_mapping *m)
{
	u64 v = m->v;

	for (size_t at = 0; at < m->count;) {
		struct iomt_seg stretch = pt_next_stretch(m, &at);

		m->pt->format->write(m, m->top, v, v + stretch.length - 1, stretch.oa);
		v += stretch.length;
	}
}

/* Looks at all of m, takes what it needs, and writes it. */
static int map_segs(struct pt_mapping *m)
{
	const struct pt_format *f = m->pt->format->facts;
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
		err = look_all(m);
		if (!err)
			err = map_take(f, m, &again);
	} while (again);
	if (!err) {
		if (f->grows)
			m->top = pt_grow(f, m->pt, m->top, m->top_level, &m->chain);
		write_all(m);
		pt_settle_top(f, m->pt, m->top.level, m->last);
	}
	pt_chain_drop(f, m->pt, &m->chain);
	return err;
}

int pt_attrs(const struct pt_format *f, const struct iomt_pt *pt, uint32_t prot, uint64_t *attrs)
{
	const uint32_t access = IOMT_READ | IOMT_WRITE | IOMT_EXEC;
	const uint32_t known =
		access | IOMT_PRIV | IOMT_GLOBAL | IOMT_SNOOP | IOMT_MMIO | IOMT_TYPE_MASK;

	if ((prot & ~known) || !(prot & access) || (prot & IOMT_TYPE_MASK) == IOMT_TYPE_MASK)
		return IOMT_EINVAL;
	if (!f->encode(prot, pt->flags, attrs))
		return IOMT_EOPNOTSUPP;
	if (f->encrypts && !(prot & IOMT_MMIO))
		*attrs |= pt->enc;
	return 0;
}

/* Checks one stretch of output addresses. */
static int check_output(const struct iomt_pt *pt, u64 granule, u64 oa, u64 length)
{
	if (pt_unlikely(!length || ((oa | length) & (granule - 1))))
		return IOMT_EINVAL;
	if (pt_unlikely(oa > pt->oa_last || length - 1 > pt->oa_last - oa))
		return IOMT_ERANGE;
	return 0;
}

int pt_map_any(struct iomt_pt *pt, u64 iova, u64 oa, u64 length, uint32_t prot,
	       struct iomt_gather *gather)
{
	const struct pt_format *f = pt->format->facts;
	struct iomt_seg seg = {oa, length};
	struct pt_mapping m;
	int err = check_output(pt, pt_granule(f), oa, length);

	if (!err)
		err = pt_range(f, pt, iova, length, &m.v, &m.last);
	if (!err)
		err = pt_usual_attrs(f, pt, prot, &m.attrs);
	if (err)
		return err;
	m.pt = pt;
	m.gather = gather;
	m.segs = &seg;
	m.count = 1;
	m.delta = iova - m.v;
	return map_segs(&m);
}

int pt_map_sg(struct iomt_pt *pt, u64 iova, const struct iomt_seg *segs, size_t count,
	      uint32_t prot, struct iomt_gather *gather)
{
	const struct pt_format *f = pt->format->facts;
	struct pt_mapping m;
	u64 granule = pt_granule(f), length = 0;
	int err = segs && count ? 0 : IOMT_EINVAL;

	for (size_t i = 0; !err && i < count; i++) {
		err = check_output(pt, granule, segs[i].oa, segs[i].length);
		if (!err && __builtin_add_overflow(length, segs[i].length, &length))
			err = IOMT_ERANGE;
	}
	if (!err)
		err = pt_range(f, pt, iova, length, &m.v, &m.last);
	if (!err)
		err = pt_usual_attrs(f, pt, prot, &m.attrs);
	if (pt_unlikely(err))
		return err;
	m.pt = pt;
	m.gather = gather;
	m.segs = segs;
	m.count = count;
	m.delta = iova - m.v;
	DEBUG_CLAIM(pt, iova, length);
	return pt->format->list(&m) ? 0 : map_segs(&m);
}
