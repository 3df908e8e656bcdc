/* SPDX-License-Identifier: MIT */
/* Tables as memory: the parts that are not worth folding per format. */
#include "table.h"

/* Memory that the hardware cannot address is as good as none. */
static u64 *table_alloc(const struct iomt_pt *pt, size_t bytes)
{
	u64 *table = pt->mem->alloc(pt->mem->ctx, bytes), phys;

	if (!table)
		return NULL;
	phys = pt_to_phys(pt, table);
	if (phys <= pt->oa_last - (bytes - 1) && !(phys & (bytes - 1)))
		return table;
	pt->mem->free(pt->mem->ctx, table, bytes);
	return NULL;
}

int pt_chain_fill(const struct pt_format *f, const struct iomt_pt *pt, struct pt_chain *chain,
		  u64 count)
{
	struct pt_chain fresh = {NULL};

	for (u64 i = 0; i < count; i++) {
		u64 *table = table_alloc(pt, pt_table_bytes(f));

		if (!table) {
			pt_chain_drop(f, pt, &fresh);
			return IOMT_ENOMEM;
		}
		pt_chain_put(&fresh, table);
	}
	while (fresh.head)
		pt_chain_put(chain, pt_chain_take(&fresh));
	return 0;
}

void pt_chain_drop(const struct pt_format *f, const struct iomt_pt *pt, struct pt_chain *chain)
{
	while (chain->head)
		pt->mem->free(pt->mem->ctx, pt_chain_take(chain), pt_table_bytes(f));
}

void pt_sync_marked(const struct pt_format *f, const struct iomt_pt *pt, u64 *slot, u64 entry)
{
	if (entry & f->synced)
		return;
	pt_clean(pt, slot, 1);
	pt_replace(slot, &entry, entry | f->synced);
}

u64 pt_link_table(const struct pt_format *f, struct iomt_pt *pt, u64 *slot, unsigned level,
		  struct pt_chain *chain)
{
	u64 *table = pt_chain_take(chain);
	u64 entry = pt_table_entry(f, pt, table, level), found = 0;

	pt_words_clear(table, 1u << f->index_lg2);
	pt_clean(pt, table, 1u << f->index_lg2);
	if (!pt_replace(slot, &found, entry)) {
		pt_chain_put(chain, table);
		return found;
	}
	return entry;
}

/* Index bits of a top table at "level". */
static unsigned root_index_lg2(const struct pt_format *f, const struct iomt_pt *pt, unsigned level)
{
	unsigned unit_lg2 = pt_unit_lg2(f, level);
	unsigned lg2 = pt->iova_bits > unit_lg2 ? pt->iova_bits - unit_lg2 : 0;

	return f->grows && lg2 > f->index_lg2 ? f->index_lg2 : lg2;
}

unsigned pt_root_lg2(const struct pt_format *f, const struct iomt_pt *pt, unsigned level)
{
	unsigned lg2 = root_index_lg2(f, pt, level) + 3;

	return lg2 > f->root_min_lg2 ? lg2 : f->root_min_lg2;
}

u64 pt_root_slots(const struct pt_format *f, const struct iomt_pt *pt, unsigned level)
{
	return 1ULL << root_index_lg2(f, pt, level);
}

u64 *pt_root_alloc(const struct pt_format *f, const struct iomt_pt *pt, unsigned level)
{
	size_t bytes = (size_t)1 << pt_root_lg2(f, pt, level);
	u64 *root = table_alloc(pt, bytes);

	if (root) {
		pt_words_clear(root, bytes / sizeof(*root));
		pt_clean(pt, root, bytes / sizeof(*root));
	}
	return root;
}

bool pt_table_is_empty(const struct pt_format *f, const struct iomt_pt *pt, const u64 *table,
		       unsigned level)
{
	u64 slots = 1u << f->index_lg2;

	if (!level || !pt_words_any(table, slots))
		return !pt_words_any(table, slots);
	for (u64 i = 0; i < slots; i++) {
		u64 entry = pt_load(&table[i]);
		enum pt_kind kind = f->kind(entry, level);

		if (entry && (kind != PT_TABLE ||
			      !pt_table_is_empty(f, pt, pt_child(f, pt, entry), level - 1)))
			return false;
	}
	return true;
}

u64 pt_tables_below(const struct pt_format *f, const struct iomt_pt *pt, u64 entry, unsigned level)
{
	const u64 *table;
	u64 count = 1;

	if (f->kind(entry, level) != PT_TABLE)
		return 0;
	table = pt_child(f, pt, entry);
	for (u64 i = 0; level > 1 && i < 1u << f->index_lg2; i++)
		count += pt_tables_below(f, pt, pt_load(&table[i]), level - 1);
	return count;
}

void pt_gather_tables(const struct pt_format *f, struct iomt_pt *pt, u64 entry, unsigned level,
		      struct iomt_gather *gather, u64 *room)
{
	u64 *table;

	if (f->kind(entry, level) != PT_TABLE || !*room)
		return;
	--*room;
	table = pt_child(f, pt, entry);
	/* hardware may mark entries, and who trims the same by error takes tables out: one gathers each */
	for (u64 i = 0; level > 1 && i < 1u << f->index_lg2; i++) {
		u64 below = pt_load(&table[i]);

		while (f->kind(below, level - 1) == PT_TABLE && !pt_replace(&table[i], &below, 0))
			continue;
		pt_gather_tables(f, pt, below, level - 1, gather, room);
	}
	gather->table_levels |= 1u << level;
	__atomic_fetch_add(&pt->unlinked, 1, __ATOMIC_RELEASE);
	iomt_gather_add_table(gather, table, pt_table_bytes(f));
}

void pt_free_below(const struct pt_format *f, struct iomt_pt *pt, u64 entry, unsigned level)
{
	u64 *table;

	if (f->kind(entry, level) != PT_TABLE)
		return;
	table = pt_child(f, pt, entry);
	for (u64 i = 0; level > 1 && i < 1u << f->index_lg2; i++)
		pt_free_below(f, pt, pt_load(&table[i]), level - 1);
	if (iomt_debug_poison(table, pt_table_bytes(f)))
		pt->mem->free(pt->mem->ctx, table, pt_table_bytes(f));
}

struct pt_top pt_grow(const struct pt_format *f, struct iomt_pt *pt, struct pt_top top,
		      unsigned level, struct pt_chain *chain)
{
	u64 slots = 1u << f->index_lg2;

	while (top.level < level) {
		u64 *table = pt_chain_take(chain);
		uintptr_t now = (uintptr_t)top.table | top.level;
		uintptr_t new = (uintptr_t)table | (top.level + 1);

		pt_words_clear(table, slots);
		pt_store(&table[0], pt_table_entry(f, pt, top.table, top.level + 1));
		pt_clean(pt, table, slots);
		if (__atomic_compare_exchange_n(&pt->top, &now, new, false, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE)) {
			now = new;
		} else {
			pt_chain_put(chain, table);
		}
		top = pt_top_of(now);
	}
	return top;
}

void pt_announce_top(const struct pt_format *f, struct iomt_pt *pt, unsigned level)
{
	u64 reach = pt_slot_last(f, 0, level + 1) & pt->va_mask;
	u64 before = __atomic_load_n(&pt->reach, __ATOMIC_RELAXED);

	pt->top_changed(pt->ctx, pt);
	/* only now may one-page calls go there; and no call returns before they may */
	while (before < reach && !pt_replace(&pt->reach, &before, reach))
		continue;
}
