/* SPDX-License-Identifier: MIT */
/* Tables without mappings: taken in advance, given back, and freed with everything else. */
#include "entry.h"

/* Counts the tables that [v, last] lacks down to level 0; leaves in the way stay. */
static u64 count_missing(const struct pt_format *f, const struct iomt_pt *pt, u64 v, u64 last)
{
	struct pt_missing missing;

	pt_missing_init(&missing);
	for (;;) {
		struct pt_stop stop = pt->format->walk(pt, v);

		if (!stop.entry)
			pt_count_missing(f, &missing, v, 0, stop.level);
		v = pt_slot_last(f, v, 1);
		if (v >= last)
			return missing.count;
		v++;
	}
}

int iomt_pt_reserve(struct iomt_pt *pt, uint64_t iova, uint64_t length)
{
	const struct pt_format *f = pt->format->facts;
	struct pt_chain chain = {NULL};
	struct pt_top top = pt_top(pt);
	unsigned top_level = top.level;
	u64 v, last;
	int err = pt_range(f, pt, iova, length, &v, &last);

	if (err)
		return err;
	DEBUG_CLAIM(pt, iova, length);
	if (f->grows)
		top_level = pt_top_level_for(f, top.level, last);
	err = pt_chain_fill(f, pt, &chain, count_missing(f, pt, v, last) + (top_level - top.level));
	if (err)
		return err;
	if (f->grows)
		top = pt_grow(f, pt, top, top_level, &chain);
	for (;;) {
		pt->format->build(pt, top, v, 0, &chain);
		v = pt_slot_last(f, v, 1);
		if (v >= last)
			break;
		v++;
	}
	pt_settle_top(f, pt, top.level, last);
	pt_chain_drop(f, pt, &chain);
	return 0;
}

/* A trim under way. */
struct trim {
	struct iomt_pt *pt;
	struct iomt_gather *gather;
	u64 v;
	u64 last;
	u64 delta;
};

/*
 * Unlinks the table that "slot" pointed to by "entry", which maps [v, last], if it is empty by now.
 * Hardware may mark the entry meanwhile, and another trim of the range, a caller's error, may have
 * taken the table: what the slot holds then is looked at like the first.
 */
static int unlink_empty(const struct pt_format *f, struct trim *trim, u64 *slot, u64 entry,
			unsigned level, u64 v, u64 last)
{
	u64 room = 1;

	while (f->kind(entry, level) == PT_TABLE &&
	       !pt_words_any(pt_child(f, trim->pt, entry), 1u << f->index_lg2)) {
		int err = iomt_gather_reserve(trim->gather, trim->pt->mem, 1);

		if (err)
			return err;
		if (!pt_replace(slot, &entry, 0))
			continue;
		pt_clean(trim->pt, slot, 1);
		pt_gather_tables(f, trim->pt, entry, level, trim->gather, &room);
		iomt_gather_add(trim->gather, v + trim->delta, last + trim->delta);
		break;
	}
	return 0;
}

/* Goes through a table at "level", the first slot of which maps "base". Deepest tables go first. */
static int trim_table(const struct pt_format *f, struct trim *trim, u64 *table, u64 slots,
		      unsigned level, u64 base)
{
	u64 i = trim->v > base ? (trim->v - base) >> pt_unit_lg2(f, level) : 0;
	int err = 0;

	for (; !err && i < slots; i++) {
		u64 v = base + (i << pt_unit_lg2(f, level));
		u64 last = pt_slot_last(f, v, level);
		u64 entry;

		if (v > trim->last)
			break;
		entry = pt_load(&table[i]);
		if (f->kind(entry, level) != PT_TABLE)
			continue;
		if (level > 1)
			err = trim_table(f, trim, pt_child(f, trim->pt, entry), 1u << f->index_lg2,
					 level - 1, v);
		/* what it could translate beyond all addresses is not asked for; hardware remembers that too */
		if (!err && v >= trim->v && (last & trim->pt->va_mask) <= trim->last)
			err = unlink_empty(f, trim, &table[i], entry, level, v, last);
	}
	return err;
}

int iomt_pt_trim(struct iomt_pt *pt, uint64_t iova, uint64_t length, struct iomt_gather *gather)
{
	const struct pt_format *f = pt->format->facts;
	struct trim trim = {.pt = pt, .gather = gather};
	struct pt_top top = pt_top(pt);
	int err = pt_range(f, pt, iova, length, &trim.v, &trim.last);

	if (!err && !gather)
		err = IOMT_EINVAL;
	if (err || !top.level)
		return err;
	DEBUG_CLAIM(pt, iova, length);
	trim.delta = iova - trim.v;
	return trim_table(f, &trim, top.table, pt_root_slots(f, pt, top.level), top.level, 0);
}

void iomt_pt_destroy(struct iomt_pt *pt)
{
	const struct pt_format *f = pt->format->facts;
	struct pt_top top = pt_top(pt);
	size_t bytes;

	DEBUG_CLAIM(pt, 0, UINT64_MAX);
	for (u64 i = 0; top.level && i < pt_root_slots(f, pt, top.level); i++)
		pt_free_below(f, pt, top.table[i], top.level);
	bytes = (size_t)1 << pt_root_lg2(f, pt, top.level);
	iomt_debug_poison(top.table, bytes);
	pt->mem->free(pt->mem->ctx, top.table, bytes);
	pt->top = 0;
}
