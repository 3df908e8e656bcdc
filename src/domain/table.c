/* SPDX-License-Identifier: MIT */
/* Device tables: made, walked, taken in advance, given back. */
#include "table.h"

#define PAGE_BYTES     4096u
#define MIN_BYTES      64u
#define MAX_LG2	       21u /* of the largest piece of memory, 2 MiB */
#define DTE_LG2	       5u
#define STE_LG2	       6u
#define POINTER_LG2    3u
#define SMMU_ID_BITS   32u
#define RID_BITS       16u
#define POINTER_SPARE  0x3fULL /* bits beside the address: Span; P */
#define EVERYTHING_LG2 32

static int wrong(struct iomt_device_table_cfg_error *error, const char *field, const char *reason)
{
	if (error)
		*error = (struct iomt_device_table_cfg_error){field, reason};
	return IOMT_EINVAL;
}

static bool is_amd(enum iomt_device_format format)
{
	return format == IOMT_DEVICE_TABLE_AMD;
}

static bool is_vtd(enum iomt_device_format format)
{
	return format == IOMT_DEVICE_TABLE_VTD || format == IOMT_DEVICE_TABLE_VTD_SCALABLE;
}

/* log2 of the entries of a table below a root; 0 where there is one table alone. */
static unsigned split_of(enum iomt_device_format format)
{
	switch (format) {
	case IOMT_DEVICE_TABLE_SMMU_6:
		return 6;
	case IOMT_DEVICE_TABLE_SMMU_8:
	case IOMT_DEVICE_TABLE_VTD:
		return 8;
	case IOMT_DEVICE_TABLE_SMMU_10:
		return 10;
	case IOMT_DEVICE_TABLE_VTD_SCALABLE:
		return 7;
	default:
		return 0;
	}
}

static int check_flags(const struct iomt_device_table_cfg *cfg,
		       struct iomt_device_table_cfg_error *error)
{
	uint32_t known = 0;

	if (is_vtd(cfg->format))
		known = IOMT_DEVICE_TABLE_CACHES_ABSENT;
	else if (is_amd(cfg->format))
		known = IOMT_DEVICE_TABLE_WIDE;
	if (cfg->flags & ~known)
		return wrong(error, "flags", "the format has no such flag");
	if ((cfg->flags & IOMT_DEVICE_TABLE_WIDE) && !ENTRY_HAS_WIDE) {
		wrong(error, "flags", "no stores of 128 bits in this build");
		return IOMT_EOPNOTSUPP;
	}
	return 0;
}

static int check_bits(const struct iomt_device_table_cfg *cfg,
		      struct iomt_device_table_cfg_error *error)
{
	unsigned split = split_of(cfg->format);

	if (is_vtd(cfg->format) && cfg->id_bits != RID_BITS)
		return wrong(error, "id_bits", "must be 16");
	if (is_amd(cfg->format) && (!cfg->id_bits || cfg->id_bits > MAX_LG2 - DTE_LG2))
		return wrong(error, "id_bits", "must be 1 to 16");
	if (cfg->format == IOMT_DEVICE_TABLE_SMMU && cfg->id_bits > MAX_LG2 - STE_LG2)
		return wrong(error, "id_bits", "a linear table has 15 at most");
	if (is_vtd(cfg->format) || !split)
		return 0;
	if (cfg->id_bits <= split)
		return wrong(error, "id_bits", "one table holds them: use the linear format");
	if (cfg->id_bits > SMMU_ID_BITS || cfg->id_bits > split + MAX_LG2 - POINTER_LG2)
		return wrong(error, "id_bits", "more than the root can point to");
	return 0;
}

static int check_widths(const struct iomt_device_table_cfg *cfg,
			struct iomt_device_table_cfg_error *error)
{
	unsigned oa_bits = cfg->oa_bits ? cfg->oa_bits : 52;
	bool smmu = !is_amd(cfg->format) && !is_vtd(cfg->format);

	if (cfg->oa_bits && (cfg->oa_bits < 32 || cfg->oa_bits > 52))
		return wrong(error, "oa_bits", "must be 32 to 52");
	if (cfg->vmid_bits && !smmu)
		return wrong(error, "vmid_bits", "the format has no VMIDs");
	if (cfg->vmid_bits && cfg->vmid_bits != 8 && cfg->vmid_bits != 16)
		return wrong(error, "vmid_bits", "must be 8 or 16");
	if (cfg->enc_bit && !is_amd(cfg->format))
		return wrong(error, "enc_bit", "the format has no encryption bit");
	if (cfg->enc_bit && (cfg->enc_bit < oa_bits || cfg->enc_bit > 51))
		return wrong(error, "enc_bit", "must lie between oa_bits and 51");
	return 0;
}

int iomt_device_table_cfg_check(const struct iomt_device_table_cfg *cfg,
				struct iomt_device_table_cfg_error *error)
{
	const char *reason;
	int err;

	if (!cfg || !iomt_entry_has_size(cfg, cfg->size, sizeof(*cfg)))
		return wrong(error, "size", "is not that of struct iomt_device_table_cfg");
	reason = iomt_entry_mem_wrong(cfg->mem);
	if (reason)
		return wrong(error, "mem", reason);
	if ((unsigned)cfg->format > IOMT_DEVICE_TABLE_VTD_SCALABLE)
		return wrong(error, "format", "no such format");
	err = check_flags(cfg, error);
	if (!err)
		err = check_bits(cfg, error);
	return err ? err : check_widths(cfg, error);
}

/* How many ids share a table at level 0. */
static u64 span_of(const struct iomt_device_table *table)
{
	return 1ULL << table->leaf_lg2;
}

static size_t entry_bytes(const struct iomt_device_table *table)
{
	return device_facts(table)->entry.words * sizeof(u64);
}

static size_t leaf_bytes(const struct iomt_device_table *table)
{
	return entry_bytes(table) << table->leaf_lg2;
}

static size_t root_bytes(const struct iomt_device_table *table)
{
	size_t least = is_amd(table->format) ? PAGE_BYTES : MIN_BYTES, bytes = leaf_bytes(table);

	if (table->levels == 2)
		bytes = device_facts(table)->stride * sizeof(u64)
			<< (table->id_bits - table->leaf_lg2);
	return bytes > least ? bytes : least;
}

/* No id has an entry. Tables below a root are all zeros when they are made. */
static void make_absent(struct iomt_device_table *table)
{
	u64 absent = device_facts(table)->absent;

	__builtin_memset(table->root, 0, table->bytes);
	for (size_t i = 0; absent && i < table->bytes / sizeof(u64);
	     i += device_facts(table)->entry.words)
		table->root[i] = absent;
	entry_clean(table->mem, table->root, table->bytes);
}

int iomt_device_table_init(struct iomt_device_table *table, const struct iomt_device_table_cfg *cfg)
{
	int err = iomt_device_table_cfg_check(cfg, NULL);
	unsigned split;

	if (err)
		return err;
	split = split_of(cfg->format);
	*table = (struct iomt_device_table){
		.mem = cfg->mem,
		.oa_last = ~0ULL >> (64 - (cfg->oa_bits ? cfg->oa_bits : 52)),
		.enc = cfg->enc_bit ? 1ULL << cfg->enc_bit : 0,
		.format = cfg->format,
		.flags = cfg->flags,
		.levels = split ? 2 : 1,
		.id_bits = cfg->id_bits,
		.leaf_lg2 = split ? (uint8_t)split : cfg->id_bits,
		.vmid_bits = cfg->vmid_bits ? cfg->vmid_bits : 16,
	};
	table->bytes = root_bytes(table);
	table->root = iomt_entry_alloc(table->mem, table->bytes, table->oa_last);
	if (!table->root)
		return IOMT_ENOMEM;
	table->tables = 1;
	make_absent(table);
	return 0;
}

/* Where the root points to the table of an id. */
static u64 *pointer_at(const struct iomt_device_table *table, u64 id)
{
	return &table->root[(id >> table->leaf_lg2) * device_facts(table)->stride];
}

static u64 *child(const struct iomt_device_table *table, u64 pointer)
{
	return entry_virt(table->mem, pointer & ~POINTER_SPARE);
}

static u64 *entry_at(const struct iomt_device_table *table, u64 *leaf, u64 id)
{
	return leaf + (id & (span_of(table) - 1)) * device_facts(table)->entry.words;
}

/* An id's entry; NULL where there is no table for it. */
static u64 *find(const struct iomt_device_table *table, u64 id)
{
	u64 pointer;

	if (table->levels == 1)
		return entry_at(table, table->root, id);
	pointer = entry_load(pointer_at(table, id));
	return pointer ? entry_at(table, child(table, pointer), id) : NULL;
}

static bool is_valid(const struct iomt_device_table *table, const u64 *entry)
{
	return entry && (entry_load(entry) & device_facts(table)->entry.valid);
}

static void load(const struct iomt_device_table *table, const u64 *slot, u64 *words)
{
	for (unsigned i = 0; i < device_facts(table)->entry.words; i++)
		words[i] = entry_load(&slot[i]);
}

static int check_id(const struct iomt_device_table *table, u64 id)
{
	return id >> table->id_bits ? IOMT_ERANGE : 0;
}

static int check_range(const struct iomt_device_table *table, uint32_t first, uint32_t last)
{
	return first > last ? IOMT_EINVAL : check_id(table, last);
}

static void inv_reset(struct iomt_device_inv *inv, uint32_t id)
{
	inv->what = 0;
	inv->id = id;
	inv->domain = inv->tag = 0;
	inv->span_lg2 = 0;
}

static void publish(const struct iomt_device_table *table, u64 *slot, u64 pointer)
{
	entry_store(slot, pointer);
	entry_clean(table->mem, slot, sizeof(*slot));
}

/* How many tables were made, and an id of the first. */
struct made {
	u64 tables;
	uint32_t id;
};

static u64 count_missing(const struct iomt_device_table *table, u64 first, u64 last)
{
	u64 count = 0, span = span_of(table);

	for (u64 id = first & ~(span - 1); table->levels == 2 && id <= last; id += span)
		count += !entry_load(pointer_at(table, id));
	return count;
}

/*
 * Makes the tables of a range; the entry, unless NULL, is for the one id of the range, which has no
 * table.
 */
static int build(struct iomt_device_table *table, uint32_t first, uint32_t last, const u64 *entry,
		 struct made *made)
{
	u64 span = span_of(table), count = count_missing(table, first, last);
	struct entry_chain chain;
	int err;

	*made = (struct made){.id = first};
	err = iomt_entry_chain_fill(&chain, table->mem, leaf_bytes(table), table->oa_last, count);
	if (err)
		return err;
	for (u64 id = first & ~(span - 1); made->tables < count; id += span) {
		u64 *slot = pointer_at(table, id), *leaf;

		if (entry_load(slot))
			continue;
		leaf = iomt_entry_chain_take(&chain, leaf_bytes(table));
		if (entry)
			__builtin_memcpy(entry_at(table, leaf, first), entry, entry_bytes(table));
		entry_clean(table->mem, leaf, leaf_bytes(table));
		publish(table, slot,
			entry_phys(table->mem, leaf) | device_facts(table)->pointer(table));
		if (!made->tables++ && id > first)
			made->id = (uint32_t)id;
	}
	table->tables += count;
	table->bytes += count * leaf_bytes(table);
	return 0;
}

/* What new pointers ask for: nothing where hardware forgets what is absent. */
static void inv_of_pointers(const struct iomt_device_table *table, u64 tables,
			    struct iomt_device_inv *inv)
{
	if (!tables)
		return;
	if (is_vtd(table->format) && !(table->flags & IOMT_DEVICE_TABLE_CACHES_ABSENT))
		return;
	inv->what |= IOMT_DEVICE_INV_ENTRY | IOMT_DEVICE_INV_TABLE;
	if (tables > 1) {
		inv->what = IOMT_DEVICE_INV_SPAN;
		inv->span_lg2 = EVERYTHING_LG2;
	}
}

/* A change of an entry in use: what src/entry asks, said as struct iomt_device_inv. */
struct call {
	const struct iomt_device_table *table;
	struct iomt_device_inv *inv;
	uint32_t id;
};

static void ask(void *ctx, enum entry_ask ask, const u64 *before, const u64 *after)
{
	const struct call *call = ctx;
	const struct device_facts *f = device_facts(call->table);

	inv_reset(call->inv, call->id);
	if (ask != ENTRY_NOTHING && before)
		f->stale(before, after, call->inv);
	else if (ask != ENTRY_NOTHING)
		f->fresh(call->table, after, call->inv);
	if (ask == ENTRY_ALONE)
		call->inv->what = IOMT_DEVICE_INV_ENTRY;
}

static void sync(void *ctx)
{
	const struct call *call = ctx;

	call->inv->sync(call->inv);
}

static int change(struct iomt_device_table *table, u64 *slot, uint32_t id, const u64 *words,
		  bool may_break, struct iomt_device_inv *inv)
{
	struct call call = {.table = table, .inv = inv, .id = id};
	const struct entry_writer writer = {
		.mem = table->mem,
		.facts = &device_facts(table)->entry,
		.unit = table->flags & IOMT_DEVICE_TABLE_WIDE ? 2 : 1,
		.may_break = may_break,
		.may_sync = inv->sync,
		.ask = ask,
		.sync = sync,
		.ctx = &call,
	};

	return iomt_entry_write(&writer, slot, words);
}

int iomt_device_table_set(struct iomt_device_table *table, uint32_t id,
			  const struct iomt_device_entry *entry, uint32_t flags,
			  struct iomt_device_inv *inv)
{
	const struct device_facts *f = device_facts(table);
	u64 words[ENTRY_WORDS] = {0}, *slot;
	struct made made;
	int err = check_id(table, id);
	bool valid;

	if (err)
		return err;
	if (!entry || !inv || (flags & ~IOMT_DEVICE_BREAK))
		return IOMT_EINVAL;
	err = f->encode(table, entry, words);
	if (err)
		return err;
	slot = find(table, id);
	valid = is_valid(table, slot);
	for (unsigned i = 0; slot && i < f->entry.words; i++)
		words[i] |= entry_load(&slot[i]) & f->others[i];
	if (slot) {
		err = change(table, slot, id, words, flags & IOMT_DEVICE_BREAK, inv);
	} else {
		err = build(table, id, id, words, &made);
		if (!err) {
			inv_reset(inv, id);
			f->fresh(table, words, inv);
			inv_of_pointers(table, made.tables, inv);
		}
	}
	if (!err)
		table->entries += !valid;
	return err;
}

int iomt_device_table_clear(struct iomt_device_table *table, uint32_t id,
			    struct iomt_device_inv *inv)
{
	const struct device_facts *f = device_facts(table);
	u64 before[ENTRY_WORDS], after[ENTRY_WORDS] = {f->absent}, *slot;
	int err = check_id(table, id);

	if (err)
		return err;
	if (!inv)
		return IOMT_EINVAL;
	slot = find(table, id);
	if (!is_valid(table, slot))
		return IOMT_ENOENT;
	load(table, slot, before);
	/* the other words are nothing to hardware now: what one store does not reach stays */
	if (table->flags & IOMT_DEVICE_TABLE_WIDE)
		entry_store_wide(slot, f->absent, 0);
	else
		entry_store(slot, f->absent);
	entry_clean(table->mem, slot, 2 * sizeof(*slot));
	inv_reset(inv, id);
	f->stale(before, after, inv);
	table->entries--;
	return 0;
}

int iomt_device_table_get(const struct iomt_device_table *table, uint32_t id,
			  struct iomt_device_entry *entry)
{
	const struct device_facts *f = device_facts(table);
	u64 words[ENTRY_WORDS], used[ENTRY_WORDS] = {0}, *slot;
	int err = check_id(table, id);

	if (err)
		return err;
	slot = find(table, id);
	if (!is_valid(table, slot))
		return IOMT_ENOENT;
	load(table, slot, words);
	f->entry.used(words, used);
	for (unsigned i = 0; i < f->entry.words; i++)
		words[i] &= used[i];
	__builtin_memset(entry, 0, sizeof(*entry));
	f->decode(table, words, entry);
	return 0;
}

int iomt_device_table_next(const struct iomt_device_table *table, uint64_t from, uint32_t *id)
{
	u64 last = (1ULL << table->id_bits) - 1, span = span_of(table);

	while (from <= last) {
		u64 *slot = find(table, from);

		if (is_valid(table, slot)) {
			*id = (uint32_t)from;
			return 0;
		}
		from = slot ? from + 1 : (from | (span - 1)) + 1;
	}
	return IOMT_ENOENT;
}

int iomt_device_table_set_interrupts(struct iomt_device_table *table, uint32_t id,
				     const uint64_t words[2], struct iomt_device_inv *inv)
{
	const u64 *others = &device_facts(table)->others[2];
	u64 low, *slot;
	int err = check_id(table, id);

	if (!is_amd(table->format))
		return IOMT_EOPNOTSUPP;
	if (err)
		return err;
	if (!words || !inv || (words[0] & ~others[0]))
		return IOMT_EINVAL;
	slot = find(table, id) + 2;
	low = words[0] | (entry_load(&slot[0]) & ~others[0]);
	if (table->flags & IOMT_DEVICE_TABLE_WIDE) {
		entry_store_wide(slot, low, words[1]);
	} else {
		if (low != entry_load(&slot[0]) && words[1] != entry_load(&slot[1]))
			return IOMT_EBUSY;
		entry_store(&slot[0], low);
		entry_store(&slot[1], words[1]);
	}
	entry_clean(table->mem, slot, 2 * sizeof(u64));
	inv_reset(inv, id);
	inv->what = IOMT_DEVICE_INV_ENTRY;
	return 0;
}

int iomt_device_table_interrupts(const struct iomt_device_table *table, uint32_t id,
				 uint64_t words[2])
{
	const u64 *others = &device_facts(table)->others[2], *slot;
	int err = check_id(table, id);

	if (!is_amd(table->format))
		return IOMT_EOPNOTSUPP;
	if (err)
		return err;
	slot = find(table, id) + 2;
	words[0] = entry_load(&slot[0]) & others[0];
	words[1] = entry_load(&slot[1]) & others[1];
	return 0;
}

int iomt_device_table_reserve(struct iomt_device_table *table, uint32_t first, uint32_t last,
			      struct iomt_device_inv *inv)
{
	int err = check_range(table, first, last);
	struct made made;

	if (err)
		return err;
	if (!inv)
		return IOMT_EINVAL;
	err = build(table, first, last, NULL, &made);
	if (err)
		return err;
	inv_reset(inv, made.id);
	inv_of_pointers(table, made.tables, inv);
	return 0;
}

static bool is_empty(const struct iomt_device_table *table, const u64 *leaf)
{
	for (u64 i = 0; i < span_of(table); i++) {
		if (is_valid(table, leaf + i * device_facts(table)->entry.words))
			return false;
	}
	return true;
}

/* Unlinks the table that *slot points to, if there is one and it is empty: 1, 0, or an error. */
static int trim(struct iomt_device_table *table, u64 *slot, struct iomt_gather *gather)
{
	u64 pointer = entry_load(slot), *leaf;
	int err;

	if (!pointer)
		return 0;
	leaf = child(table, pointer);
	if (!is_empty(table, leaf))
		return 0;
	err = iomt_gather_reserve(gather, table->mem, 1);
	if (err)
		return err;
	publish(table, slot, 0);
	iomt_gather_add_table(gather, leaf, leaf_bytes(table));
	table->tables--;
	table->bytes -= leaf_bytes(table);
	return 1;
}

int iomt_device_table_trim(struct iomt_device_table *table, uint32_t first, uint32_t last,
			   struct iomt_device_inv *inv, struct iomt_gather *gather)
{
	u64 span = span_of(table), id = (first + span - 1) & ~(span - 1), count = 0;
	uint32_t trimmed = first;
	int err = check_range(table, first, last);

	if (err)
		return err;
	if (!inv || !gather)
		return IOMT_EINVAL;
	for (; table->levels == 2 && err >= 0 && id + span - 1 <= last; id += span) {
		err = trim(table, pointer_at(table, id), gather);
		if (err > 0 && !count++)
			trimmed = (uint32_t)id;
	}
	inv_reset(inv, trimmed);
	if (count) {
		inv->what = IOMT_DEVICE_INV_SPAN;
		inv->span_lg2 = count > 1 ? EVERYTHING_LG2 : table->leaf_lg2;
	}
	return err < 0 ? err : 0;
}

void iomt_device_table_destroy(struct iomt_device_table *table)
{
	u64 last = (1ULL << table->id_bits) - 1;

	for (u64 id = 0; table->levels == 2 && id <= last; id += span_of(table)) {
		u64 pointer = *pointer_at(table, id);

		if (pointer)
			table->mem->free(table->mem->ctx, child(table, pointer), leaf_bytes(table));
	}
	table->mem->free(table->mem->ctx, table->root, root_bytes(table));
	table->root = NULL;
	table->bytes = table->tables = table->entries = 0;
}

void iomt_device_table_hw(const struct iomt_device_table *table, struct iomt_device_table_hw *hw)
{
	*hw = (struct iomt_device_table_hw){
		.root = entry_phys(table->mem, table->root),
		.levels = table->levels,
		.split = table->levels == 2 ? table->leaf_lg2 : 0,
		.id_bits = table->id_bits,
	};
	device_facts(table)->hw(table, hw);
}

void iomt_device_table_stats(const struct iomt_device_table *table,
			     struct iomt_device_table_stats *stats)
{
	*stats = (struct iomt_device_table_stats){table->entries, table->tables, table->bytes};
}
