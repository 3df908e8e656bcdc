/* SPDX-License-Identifier: MIT */
/* The general handle. */
#include "entry.h"

int iomt_pt_map(struct iomt_pt *pt, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot,
		struct iomt_gather *gather)
{
	return pt->format->map(pt, iova, oa, length, prot, gather);
}

int iomt_pt_map_sg(struct iomt_pt *pt, uint64_t iova, const struct iomt_seg *segs, size_t count,
		   uint32_t prot, struct iomt_gather *gather)
{
	return pt_map_sg(pt, iova, segs, count, prot, gather);
}

int iomt_pt_unmap(struct iomt_pt *pt, uint64_t iova, uint64_t length, uint64_t *unmapped,
		  struct iomt_gather *gather)
{
	return pt->format->unmap(pt, iova, length, unmapped, gather);
}

int iomt_pt_protect(struct iomt_pt *pt, uint64_t iova, uint64_t length, uint32_t prot,
		    struct iomt_gather *gather)
{
	return pt_protect(pt, iova, length, prot, gather);
}

int iomt_pt_translate(const struct iomt_pt *pt, uint64_t iova, struct iomt_pt_leaf *leaf)
{
	return pt->format->translate(pt, iova, leaf);
}

int iomt_pt_oa(const struct iomt_pt *pt, uint64_t iova, uint64_t *oa)
{
	return pt->format->oa(pt, iova, oa);
}

size_t iomt_pt_translate_many(const struct iomt_pt *pt, const uint64_t *iovas, size_t count,
			      struct iomt_pt_leaf *leaves)
{
	return pt_translate_many(pt, iovas, count, leaves);
}

int iomt_pt_dirty(struct iomt_pt *pt, uint64_t iova, uint64_t length, uint64_t page_size,
		  uint64_t *bitmap, uint32_t flags, struct iomt_gather *gather)
{
	return pt_dirty(pt, iova, length, page_size, bitmap, flags, gather);
}

int iomt_pt_cursor_map(struct iomt_pt_cursor *cursor, uint64_t iova, uint64_t oa, uint64_t length,
		       uint32_t prot, struct iomt_gather *gather)
{
	return cursor->pt->format->cursor_map(cursor, iova, oa, length, prot, gather);
}

int iomt_pt_cursor_unmap(struct iomt_pt_cursor *cursor, uint64_t iova, uint64_t length,
			 uint64_t *unmapped, struct iomt_gather *gather)
{
	return cursor->pt->format->cursor_unmap(cursor, iova, length, unmapped, gather);
}

int iomt_pt_cursor_translate(struct iomt_pt_cursor *cursor, uint64_t iova,
			     struct iomt_pt_leaf *leaf)
{
	return cursor->pt->format->cursor_translate(cursor, iova, leaf);
}

/* Counts what hangs below the slots of a table at "level". */
static void count_below(const struct pt_format *f, const struct iomt_pt *pt, const u64 *table,
			u64 slots, unsigned level, struct iomt_pt_stats *stats)
{
	for (u64 i = 0; level && i < slots; i++) {
		u64 entry = pt_load(&table[i]);

		if (f->kind(entry, level) != PT_TABLE)
			continue;
		stats->tables[level - 1]++;
		stats->bytes += pt_table_bytes(f);
		count_below(f, pt, pt_child(f, pt, entry), 1u << f->index_lg2, level - 1, stats);
	}
}

void iomt_pt_stats(const struct iomt_pt *pt, struct iomt_pt_stats *stats)
{
	const struct pt_format *f = pt->format->facts;
	struct pt_top top = pt_top(pt);

	*stats = (struct iomt_pt_stats){.bytes = 1ULL << pt_root_lg2(f, pt, top.level)};
	stats->tables[top.level] = 1;
	count_below(f, pt, top.table, pt_root_slots(f, pt, top.level), top.level, stats);
}

void iomt_pt_hw(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	const struct pt_format *f = pt->format->facts;
	struct pt_top top = pt_top(pt);
	unsigned reach = pt_unit_lg2(f, top.level + 1);

	*hw = (struct iomt_pt_hw){
		.root = pt_to_phys(pt, top.table),
		.levels = (uint8_t)(top.level + 1),
		.iova_bits = (uint8_t)(reach < pt->iova_bits && f->grows ? reach : pt->iova_bits),
		.oa_bits = pt->oa_bits,
		.dirty = pt->flags & IOMT_PT_DIRTY,
	};
	f->hw(pt, hw);
}

uint64_t iomt_pt_sizes(const struct iomt_pt *pt)
{
	return pt->sizes;
}

void iomt_pt_bounds(const struct iomt_pt *pt, uint64_t *first, uint64_t *last)
{
	bool halves = pt->flags & IOMT_PT_SIGNED;

	*first = halves ? 0 : pt->va_base;
	*last = halves ? pt->va_mask >> 1 : pt->va_base + pt->va_mask;
}

const char *iomt_pt_format_name(const struct iomt_pt_format *format)
{
	return format->name;
}
