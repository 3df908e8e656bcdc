/* SPDX-License-Identifier: MIT */
/* Map: memory, and large leaves over tables that are empty. */
#include "map.h"

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

int pt_map_take(const struct pt_format *f, struct pt_mapping *m, bool *again)
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
