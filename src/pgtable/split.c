/* SPDX-License-Identifier: MIT */
/*
 * Splitting a leaf or run into the largest leaves that leave a boundary free. The new entries of
 * its slots are first written to a spare table, with whatever tables hang below them, and then
 * moved in.
 */
#include "split.h"
#include "map.h"

/* A leaf or run, and the boundary inside it that is wanted. */
struct cut {
	u64 *slot; /* its first */
	u64 slots;
	u64 entry; /* what the first slot held */
	u64 first; /* first address */
	u64 at;	   /* the boundary, relative to first */
	unsigned size_lg2;
	unsigned level;
};

static bool find_cut(const struct pt_format *f, const struct iomt_pt *pt, u64 v, struct cut *cut)
{
	struct pt_stop stop = pt->format->walk(pt, v);
	unsigned unit_lg2;

	if (f->kind(stop.entry, stop.level) != PT_LEAF)
		return false;
	unit_lg2 = pt_unit_lg2(f, stop.level);
	cut->size_lg2 = f->leaf_lg2(stop.entry, stop.level);
	cut->level = stop.level;
	cut->at = v & pt_low_bits(cut->size_lg2);
	cut->first = v - cut->at;
	cut->slots = 1ULL << (cut->size_lg2 - unit_lg2);
	cut->slot = stop.slot - (cut->at >> unit_lg2);
	cut->entry = pt_load(cut->slot);
	return cut->at != 0;
}

/* The tables that the two halves need below the leaf's own level. */
static u64 tables_for(const struct pt_format *f, u64 sizes, const struct cut *cut)
{
	struct pt_missing missing;
	u64 end = pt_low_bits(cut->size_lg2), v = 0;

	sizes &= pt_low_bits(cut->size_lg2);
	pt_missing_init(&missing);
	while (v <= end) {
		u64 last = v < cut->at ? cut->at - 1 : end;
		struct pt_piece piece = pt_mixed_piece(f, sizes, v, v, last);

		pt_count_missing(f, &missing, v, piece.level, cut->level);
		v = piece.last + 1;
	}
	return missing.count;
}

/* Whether the parts beside the boundary are smaller than what one slot can hold. */
static bool needs_tables(const struct pt_format *f, const struct iomt_pt *pt, const struct cut *cut)
{
	u64 fit = pt->sizes & (cut->at ^ (cut->at - 1));

	return fit >> pt_unit_lg2(f, cut->level) == 0;
}

/* Whether hardware with this BBM level wants the leaf gone before its parts appear. */
static bool needs_break(const struct pt_format *f, const struct iomt_pt *pt, const struct cut *cut)
{
	return !f->resizes && pt->bbm < (needs_tables(f, pt, cut) ? 2 : 1);
}

/* Writes the parts into a spare table that stands for the run's slots, counted from its first. */
static void write_parts(const struct pt_format *f, struct pt_mapping *m, const struct cut *cut,
			u64 *spare)
{
	struct pt_top top = {spare, cut->level};
	u64 oa = pt_leaf_oa(f, m->pt, cut->entry, cut->size_lg2), end = pt_low_bits(cut->size_lg2);

	m->attrs = cut->entry & (f->attrs | m->pt->enc);
	m->sizes = m->pt->sizes & pt_low_bits(cut->size_lg2);
	pt_words_clear(spare, cut->slots);
	m->pt->format->write(m, top, 0, cut->at - 1, oa);
	m->pt->format->write(m, top, cut->at, end, oa + cut->at);
}

/* Tables that were built but not linked go back to the chain. */
static void take_apart(const struct pt_format *f, struct pt_mapping *m, u64 entry, unsigned level)
{
	u64 *table;

	if (f->kind(entry, level) != PT_TABLE)
		return;
	table = pt_child(f, m->pt, entry);
	for (u64 i = 0; level > 1 && i < 1u << f->index_lg2; i++)
		take_apart(f, m, table[i], level - 1);
	pt_chain_put(&m->chain, table);
}

/* A slot that was replaced was dirty: all leaves of the run are. */
static void mark_dirty(const struct pt_format *f, struct iomt_pt *pt, u64 v, u64 last)
{
	for (;;) {
		struct pt_stop stop = pt->format->walk(pt, v);

		while (f->kind(stop.entry, stop.level) == PT_LEAF &&
		       !pt_replace(stop.slot, &stop.entry, f->make_dirty(stop.entry)))
			continue;
		pt_clean(pt, stop.slot, 1);
		v = pt_slot_last(f, v, stop.level);
		if (v >= last)
			return;
		v++;
	}
}

/*
 * Makes the run's slots invalid, though not free for other threads, and waits until no IOTLB
 * remembers them. True if one was dirty.
 */
static bool break_run(const struct pt_format *f, struct pt_mapping *m, const struct cut *cut)
{
	bool dirty = false;

	for (u64 i = 0; i < cut->slots; i++)
		dirty |= f->dirty(__atomic_exchange_n(&cut->slot[i], f->held, __ATOMIC_RELEASE));
	pt_clean(m->pt, cut->slot, cut->slots);
	m->gather->sync(m->gather);
	return dirty;
}

/* Moves the parts in. False when the first slot changed meanwhile (hardware set a bit). */
static bool move_in(const struct pt_format *f, struct pt_mapping *m, const struct cut *cut,
		    u64 *spare, bool brk)
{
	u64 expected = cut->entry;
	bool dirty = false;

	if (!pt_replace(cut->slot, &expected, brk ? f->held : spare[0]))
		return false;
	if (brk)
		dirty = break_run(f, m, cut);
	for (u64 i = brk ? 0 : 1; i < cut->slots; i++)
		dirty |= f->dirty(__atomic_exchange_n(&cut->slot[i], spare[i], __ATOMIC_RELEASE));
	pt_clean(m->pt, cut->slot, cut->slots);
	if (dirty && (m->pt->flags & IOMT_PT_DIRTY))
		mark_dirty(f, m->pt, cut->first, cut->first + pt_low_bits(cut->size_lg2));
	return true;
}

static void record(const struct pt_format *f, const struct pt_mapping *m, const struct cut *cut,
		   bool tables)
{
	u64 first = cut->first + m->delta;

	if (!m->gather)
		return;
	iomt_gather_add(m->gather, first, first + pt_low_bits(cut->size_lg2));
	m->gather->leaf_sizes |= pt_cached_sizes(f, cut->level, cut->size_lg2);
	if (tables)
		m->gather->table_levels |= 1u << cut->level;
}

static void split_at(const struct pt_format *f, struct pt_mapping *m, u64 v)
{
	u64 *spare = pt_chain_take(&m->chain);
	struct cut cut;

	while (find_cut(f, m->pt, v, &cut)) {
		write_parts(f, m, &cut, spare);
		record(f, m, &cut, needs_tables(f, m->pt, &cut));
		for (u64 i = 0; i < cut.slots; i++) {
			/* the mark speaks of the spare table's slot, not of the one to come */
			if (f->kind(spare[i], cut.level) == PT_TABLE)
				spare[i] &= ~f->synced;
		}
		if (move_in(f, m, &cut, spare, needs_break(f, m->pt, &cut)))
			break;
		for (u64 i = 0; i < cut.slots; i++)
			take_apart(f, m, spare[i], cut.level);
	}
	pt_chain_put(&m->chain, spare);
}

static int take_tables(const struct pt_format *f, struct pt_mapping *m, const u64 edges[2])
{
	struct cut cut;
	u64 need = 1; /* the spare */

	for (int i = 0; i < 2; i++) {
		if (!edges[i] || !find_cut(f, m->pt, edges[i], &cut))
			continue;
		if (needs_break(f, m->pt, &cut) && !(m->gather && m->gather->sync))
			return IOMT_EBUSY;
		need += tables_for(f, m->pt->sizes, &cut);
	}
	return pt_chain_fill(f, m->pt, &m->chain, need);
}

int pt_split_edges(struct iomt_pt *pt, u64 v, u64 last, u64 delta, uint32_t splits,
		   struct iomt_gather *gather)
{
	const struct pt_format *f = pt->format->facts;
	struct pt_mapping m = {.pt = pt, .gather = gather, .delta = delta};
	const u64 edges[2] = {v, last == pt->va_mask ? 0 : last + 1};
	int err;

	/* no order: pt_splits acquired this count, and what is moved in releases the next */
	if (!__atomic_compare_exchange_n(&pt->splits, &splits, splits + 1, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return PT_SPLIT_AGAIN;
	err = take_tables(f, &m, edges);
	for (int i = 0; !err && i < 2; i++) {
		if (edges[i])
			split_at(f, &m, edges[i]);
	}
	__atomic_store_n(&pt->splits, splits + 2, __ATOMIC_RELEASE);
	pt_chain_drop(f, pt, &m.chain);
	return err;
}
