/* SPDX-License-Identifier: MIT */
/*
 * Tables as memory: taken in advance, linked, given back.
 *
 * An operation first finds out how many tables it may need, takes them all (the only step that can
 * fail), and then links them one by one. What another thread linked first is used, and the spare
 * goes back.
 */
#ifndef PT_TABLE_H
#define PT_TABLE_H

#include "walk.h"

/* Tables of one granule that nobody else sees yet, linked through their first words. */
struct pt_chain {
	u64 *head;
};

/* How many tables a walk over rising addresses lacks; see pt_count_missing. */
struct pt_missing {
	u64 seen[IOMT_PT_MAX_LEVELS]; /* the last table counted, by its address bits */
	u64 count;
};

PT_INLINE size_t pt_table_bytes(const struct pt_format *f)
{
	return (size_t)1 << f->granule_lg2;
}

PT_INLINE void pt_missing_init(struct pt_missing *missing)
{
	missing->count = 0;
	for (unsigned level = 0; level < IOMT_PT_MAX_LEVELS; level++)
		missing->seen[level] = ~0ULL;
}

/*
 * A walk for v to "target" stopped at "stopped": counts the tables between, once each as long as v
 * only rises.
 */
PT_INLINE void pt_count_missing(const struct pt_format *f, struct pt_missing *missing, u64 v,
				unsigned target, unsigned stopped)
{
	for (unsigned level = target; level < stopped; level++) {
		unsigned shift = pt_unit_lg2(f, level + 1);
		u64 table = shift < 64 ? v >> shift : 0;

		if (missing->seen[level] != table) {
			missing->seen[level] = table;
			missing->count++;
		}
	}
}

/* Takes "count" tables more into the chain; IOMT_ENOMEM takes none. */
int pt_chain_fill(const struct pt_format *f, const struct iomt_pt *pt, struct pt_chain *chain,
		  u64 count);

/* Gives what is left back to the provider. */
void pt_chain_drop(const struct pt_format *f, const struct iomt_pt *pt, struct pt_chain *chain);

PT_INLINE u64 *pt_chain_take(struct pt_chain *chain)
{
	u64 *table = chain->head;

	chain->head = *(u64 **)table;
	return table;
}

PT_INLINE void pt_chain_put(struct pt_chain *chain, u64 *table)
{
	*(u64 **)table = chain->head;
	chain->head = table;
}

/* The entry at "level" that points to "table". */
PT_INLINE u64 pt_table_entry(const struct pt_format *f, const struct iomt_pt *pt, const u64 *table,
			     unsigned level)
{
	return f->table(f->pack(pt_to_phys(pt, table)), level) | pt->enc;
}

/*
 * For an incoherent walker, a table is only reachable once the entry that points to it was cleaned,
 * and another thread that walks through it must not return before that. Whoever cleaned the entry
 * marks it; whoever finds it without the mark cleans it too.
 */
void pt_sync_marked(const struct pt_format *f, const struct iomt_pt *pt, u64 *slot, u64 entry);

PT_INLINE void pt_sync_entry(const struct pt_format *f, const struct iomt_pt *pt, u64 *slot,
			     u64 entry)
{
	if (pt_unlikely(pt->incoherent))
		pt_sync_marked(f, pt, slot, entry);
}

/* Links an empty table into an empty slot, or keeps the one that was faster. Returns the entry. */
u64 pt_link_table(const struct pt_format *f, struct iomt_pt *pt, u64 *slot, unsigned level,
		  struct pt_chain *chain);

/* The same of a table that has its entries. False when another was faster. */
PT_INLINE bool pt_link_filled(const struct pt_format *f, struct iomt_pt *pt, u64 *slot,
			      unsigned level, u64 *table)
{
	u64 entry = pt_table_entry(f, pt, table, level), found = 0;

	if (!pt_replace(slot, &found, entry))
		return false;
	pt_sync_entry(f, pt, slot, entry);
	return true;
}

/*
 * As pt_walk, but links tables from the chain where they are missing. NULL only where a leaf is in
 * the way, which takes another writer in the same range.
 */
PT_INLINE u64 *pt_walk_build(const struct pt_format *f, struct iomt_pt *pt, struct pt_top top,
			     u64 v, unsigned target, struct pt_chain *chain)
{
	unsigned level = top.level;
	u64 *slot = top.table + (v >> pt_unit_lg2(f, level));

	while (level > target) {
		u64 entry = pt_load(slot);

		if (!entry && chain->head)
			entry = pt_link_table(f, pt, slot, level, chain);
		if (pt_unlikely(f->kind(entry, level) != PT_TABLE))
			return NULL;
		pt_sync_entry(f, pt, slot, entry);
		level--;
		slot = pt_child(f, pt, entry) + pt_index(f, v, level);
	}
	return slot;
}

/* log2 of the bytes of a top table at "level", and its slots that translate something. */
unsigned pt_root_lg2(const struct pt_format *f, const struct iomt_pt *pt, unsigned level);
u64 pt_root_slots(const struct pt_format *f, const struct iomt_pt *pt, unsigned level);

/* True when nothing is mapped below this table. */
bool pt_table_is_empty(const struct pt_format *f, const struct iomt_pt *pt, const u64 *table,
		       unsigned level);

/* How many tables hang below an entry, itself included: 0 unless the entry is a table. */
u64 pt_tables_below(const struct pt_format *f, const struct iomt_pt *pt, u64 entry, unsigned level);

/*
 * Adds the tables that hang below an unlinked entry to the gather, which has room for so many of
 * them, and takes them off *room. There are more, or leaves in them, only by a caller's error that
 * went on meanwhile; those are dropped.
 */
void pt_gather_tables(const struct pt_format *f, struct iomt_pt *pt, u64 entry, unsigned level,
		      struct iomt_gather *gather, u64 *room);

/* Frees the tables below an entry that no hardware and no other thread can reach. */
void pt_free_below(const struct pt_format *f, struct iomt_pt *pt, u64 entry, unsigned level);

/* The level that the top must have to reach "last". */
PT_INLINE unsigned pt_top_level_for(const struct pt_format *f, unsigned now, u64 last)
{
	while (last > pt_slot_last(f, 0, now + 1))
		now++;
	return now;
}

/* Grows the top to at least "level" with tables from the chain, and returns it. */
struct pt_top pt_grow(const struct pt_format *f, struct iomt_pt *pt, struct pt_top top,
		      unsigned level, struct pt_chain *chain);

/* Tells the driver of a top at this level, at least. */
void pt_announce_top(const struct pt_format *f, struct iomt_pt *pt, unsigned level);

/* Returns when the driver has been told of a top, at this level at least, that reaches "last". */
PT_INLINE void pt_settle_top(const struct pt_format *f, struct iomt_pt *pt, unsigned level,
			     u64 last)
{
	if (f->grows && pt_unlikely(last > pt_load(&pt->reach)))
		pt_announce_top(f, pt, level);
}

/* One top table, zeroed and cleaned. NULL when there is no memory. */
u64 *pt_root_alloc(const struct pt_format *f, const struct iomt_pt *pt, unsigned level);

#endif
