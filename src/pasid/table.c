/* SPDX-License-Identifier: MIT */
/* PASID tables as trees: made, walked, taken in advance, given back. */
#include "table.h"

#define NODE_LG2      9u /* entries of a GCR3 table above level 0 */
#define PASID_BITS    20u
#define LINEAR_BITS   14u /* the largest piece of memory: 1 MiB */
#define MIN_BYTES     64u
#define DIRECTORY_MIN 4096u /* PASIDDIRPTR is a page's address (D51397, 9.4) */

static int wrong(struct iomt_pasid_table_cfg_error *error, const char *field, const char *reason)
{
	if (error)
		*error = (struct iomt_pasid_table_cfg_error){field, reason};
	return IOMT_EINVAL;
}

static bool is_smmu(enum iomt_pasid_format format)
{
	return format == IOMT_PASID_TABLE_CD || format == IOMT_PASID_TABLE_CD_4K ||
	       format == IOMT_PASID_TABLE_CD_64K;
}

/* log2 of the entries of a table at level 0. */
static unsigned leaf_lg2(const struct iomt_pasid_table_cfg *cfg)
{
	switch (cfg->format) {
	case IOMT_PASID_TABLE_GCR3:
		return NODE_LG2;
	case IOMT_PASID_TABLE_CD:
		return cfg->pasid_bits;
	case IOMT_PASID_TABLE_CD_64K:
		return 10;
	default:
		return 6;
	}
}

static int check_flags(const struct iomt_pasid_table_cfg *cfg,
		       struct iomt_pasid_table_cfg_error *error)
{
	uint32_t known = IOMT_PASID_TABLE_RID;

	if (is_smmu(cfg->format))
		known |= IOMT_PASID_TABLE_BYPASS;
	if (cfg->format == IOMT_PASID_TABLE_VTD)
		known |= IOMT_PASID_TABLE_CACHES_ABSENT;
	if (cfg->flags & ~known)
		return wrong(error, "flags", "the format has no such flag");
	if ((cfg->flags & IOMT_PASID_TABLE_RID) && (cfg->flags & IOMT_PASID_TABLE_BYPASS))
		return wrong(error, "flags", "requests without a PASID bypass, or use entry 0");
	return 0;
}

static int check_bits(const struct iomt_pasid_table_cfg *cfg,
		      struct iomt_pasid_table_cfg_error *error)
{
	bool linear = cfg->format == IOMT_PASID_TABLE_CD;
	bool two = is_smmu(cfg->format) && !linear;

	if (cfg->pasid_bits > PASID_BITS || (!cfg->pasid_bits && !linear))
		return wrong(error, "pasid_bits", "must be 1 to 20");
	if (linear && cfg->pasid_bits > LINEAR_BITS)
		return wrong(error, "pasid_bits", "a linear table has 14 at most");
	if (two && cfg->pasid_bits <= leaf_lg2(cfg))
		return wrong(error, "pasid_bits", "one table holds them: use the linear format");
	return 0;
}

static unsigned gcr3_levels(unsigned pasid_bits)
{
	return (pasid_bits + NODE_LG2 - 1) / NODE_LG2;
}

static int check_gcr3(const struct iomt_pasid_table_cfg *cfg,
		      struct iomt_pasid_table_cfg_error *error)
{
	bool amd = cfg->format == IOMT_PASID_TABLE_GCR3;
	unsigned oa_bits = cfg->oa_bits ? cfg->oa_bits : 52;

	if (cfg->levels && !amd)
		return wrong(error, "levels", "follow from the format");
	if (cfg->levels > gcr3_levels(cfg->pasid_bits))
		return wrong(error, "levels", "more than pasid_bits needs");
	if (cfg->enc_bit && !amd)
		return wrong(error, "enc_bit", "the format has no encryption bit");
	if (cfg->enc_bit && (cfg->enc_bit < oa_bits || cfg->enc_bit > 51))
		return wrong(error, "enc_bit", "must lie between oa_bits and 51");
	if (cfg->root_changed && !amd)
		return wrong(error, "root_changed", "the format's root does not change");
	if (cfg->levels && cfg->levels < gcr3_levels(cfg->pasid_bits) && !cfg->root_changed)
		return wrong(error, "root_changed", "needed for fewer levels than pasid_bits");
	return 0;
}

int iomt_pasid_table_cfg_check(const struct iomt_pasid_table_cfg *cfg,
			       struct iomt_pasid_table_cfg_error *error)
{
	const char *reason;
	int err;

	if (!cfg || !iomt_entry_has_size(cfg, cfg->size, sizeof(*cfg)))
		return wrong(error, "size", "is not that of struct iomt_pasid_table_cfg");
	reason = iomt_entry_mem_wrong(cfg->mem);
	if (reason)
		return wrong(error, "mem", reason);
	if ((unsigned)cfg->format > IOMT_PASID_TABLE_VTD)
		return wrong(error, "format", "no such format");
	err = check_flags(cfg, error);
	if (!err)
		err = check_bits(cfg, error);
	if (err)
		return err;
	if (cfg->oa_bits && (cfg->oa_bits < 32 || cfg->oa_bits > 52))
		return wrong(error, "oa_bits", "must be 32 to 52");
	if (cfg->asid_bits && !is_smmu(cfg->format))
		return wrong(error, "asid_bits", "the format has no ASIDs");
	if (cfg->asid_bits && cfg->asid_bits != 8 && cfg->asid_bits != 16)
		return wrong(error, "asid_bits", "must be 8 or 16");
	return check_gcr3(cfg, error);
}

/* The lowest bit of a PASID that a table at this level is indexed by. */
static unsigned shift(const struct iomt_pasid_table *table, unsigned level)
{
	return level ? table->leaf_lg2 + NODE_LG2 * (level - 1) : 0;
}

/* How many PASIDs share a table at level 0. */
static u64 span_of(const struct iomt_pasid_table *table)
{
	return 1ULL << table->leaf_lg2;
}

/* What a root takes that has other tables below it. Other tables are as large as those at level 0. */
size_t iomt_pasid_table_root_bytes(const struct iomt_pasid_table *table)
{
	size_t bytes = sizeof(u64), least = MIN_BYTES;

	if (table->format == IOMT_PASID_TABLE_GCR3 || table->levels == 1)
		return pasid_leaf_bytes(table);
	if (table->pasid_bits > table->leaf_lg2)
		bytes <<= table->pasid_bits - table->leaf_lg2;
	if (table->format == IOMT_PASID_TABLE_VTD)
		least = DIRECTORY_MIN;
	return bytes > least ? bytes : least;
}

static int chain_fill(struct iomt_pasid_table *table, struct entry_chain *chain, u64 count)
{
	u64 *spare = table->spare, taken = 0;
	int err;

	while (spare && taken < count) {
		spare = *(u64 **)spare;
		taken++;
	}
	err = iomt_entry_chain_fill(chain, table->mem, pasid_leaf_bytes(table), table->oa_last,
				    count - taken);
	while (!err && taken--) {
		u64 *memory = table->spare;

		table->spare = *(u64 **)memory;
		*(u64 **)memory = chain->head;
		chain->head = memory;
	}
	return err;
}

int iomt_pasid_table_spare(struct iomt_pasid_table *table, uint64_t count)
{
	struct entry_chain chain;
	int err = chain_fill(table, &chain, count);

	if (!err)
		table->spare = chain.head;
	return err;
}

uint64_t iomt_pasid_table_spare_free(struct iomt_pasid_table *table)
{
	uint64_t bytes = 0;

	while (table->spare) {
		u64 *memory = table->spare;

		table->spare = *(u64 **)memory;
		table->mem->free(table->mem->ctx, memory, pasid_leaf_bytes(table));
		bytes += pasid_leaf_bytes(table);
	}
	return bytes;
}

void iomt_pasid_table_shape(struct iomt_pasid_table *table, const struct iomt_pasid_table_cfg *cfg)
{
	unsigned levels = 2;

	if (cfg->format == IOMT_PASID_TABLE_CD)
		levels = 1;
	else if (cfg->format == IOMT_PASID_TABLE_GCR3)
		levels = cfg->levels ? cfg->levels : gcr3_levels(cfg->pasid_bits);
	*table = (struct iomt_pasid_table){
		.mem = cfg->mem,
		.root_changed = cfg->root_changed,
		.ctx = cfg->ctx,
		.oa_last = ~0ULL >> (64 - (cfg->oa_bits ? cfg->oa_bits : 52)),
		.enc = cfg->enc_bit ? 1ULL << cfg->enc_bit : 0,
		.format = cfg->format,
		.flags = cfg->flags,
		.levels = (uint8_t)levels,
		.pasid_bits = cfg->pasid_bits,
		.leaf_lg2 = (uint8_t)leaf_lg2(cfg),
		.asid_bits = cfg->asid_bits ? cfg->asid_bits : 16,
	};
}

int iomt_pasid_table_init(struct iomt_pasid_table *table, const struct iomt_pasid_table_cfg *cfg)
{
	int err = iomt_pasid_table_cfg_check(cfg, NULL);

	if (err)
		return err;
	iomt_pasid_table_shape(table, cfg);
	table->bytes = iomt_pasid_table_root_bytes(table);
	table->root = iomt_entry_alloc(table->mem, table->bytes, table->oa_last);
	if (!table->root)
		return IOMT_ENOMEM;
	table->tables = 1;
	__builtin_memset(table->root, 0, table->bytes);
	entry_clean(table->mem, table->root, table->bytes);
	return 0;
}

/* Where the table at "level", one of "levels", points to the next on the way to a PASID. */
static u64 *pointer_at(const struct iomt_pasid_table *table, u64 *memory, unsigned level,
		       unsigned levels, uint32_t pasid)
{
	u64 index = pasid >> shift(table, level);

	if (level + 1 < levels)
		index &= (1u << NODE_LG2) - 1;
	return &memory[index];
}

/* False for a PASID that needs more levels. */
static bool reaches(const struct iomt_pasid_table *table, unsigned levels, uint32_t pasid)
{
	return table->format != IOMT_PASID_TABLE_GCR3 || !(pasid >> NODE_LG2 * levels);
}

/* The lowest table on the way to a PASID within reach; *level is where it stands. */
static u64 *descend(const struct iomt_pasid_table *table, uint32_t pasid, unsigned *level)
{
	u64 *memory = table->root;

	for (*level = table->levels - 1u; *level; --*level) {
		u64 pointer = entry_load(pointer_at(table, memory, *level, table->levels, pasid));

		if (!pointer)
			break;
		memory = pasid_child(table, pointer);
	}
	return memory;
}

static u64 *entry_at(const struct iomt_pasid_table *table, u64 *leaf, uint32_t pasid)
{
	return leaf + (pasid & (span_of(table) - 1)) * pasid_facts(table)->entry.words;
}

/* A PASID's entry; NULL where there is no table for it. */
static u64 *find(const struct iomt_pasid_table *table, uint32_t pasid)
{
	unsigned level;
	u64 *memory;

	if (!reaches(table, table->levels, pasid))
		return NULL;
	memory = descend(table, pasid, &level);
	return level ? NULL : entry_at(table, memory, pasid);
}

static bool is_valid(const struct iomt_pasid_table *table, const u64 *entry)
{
	return entry && (entry_load(entry) & pasid_facts(table)->entry.valid);
}

static int check_pasid(const struct iomt_pasid_table *table, uint32_t pasid)
{
	return pasid >> table->pasid_bits ? IOMT_ERANGE : 0;
}

static int check_range(const struct iomt_pasid_table *table, uint32_t first, uint32_t last)
{
	return first > last ? IOMT_EINVAL : check_pasid(table, last);
}

/* Counts what a PASID lacks in a tree of "levels" levels. */
static void count_one(const struct iomt_pasid_table *table, unsigned levels, uint32_t pasid,
		      struct pasid_missing *missing)
{
	bool beyond = !reaches(table, table->levels, pasid);
	unsigned lowest = levels - 1;

	if (!beyond)
		descend(table, pasid, &lowest);
	for (unsigned level = 0; level < lowest && level < PASID_LEVELS; level++) {
		u64 which = pasid >> shift(table, level + 1), number = which + 1;

		if (number == missing->seen[level] || (beyond && level >= table->levels && !which))
			continue; /* counted, or one of the new tables above the root */
		missing->seen[level] = number;
		missing->count++;
	}
}

void iomt_pasid_table_missing(const struct iomt_pasid_table *table, uint32_t pasid,
			      struct pasid_missing *missing)
{
	count_one(table, table->levels, pasid, missing);
}

/* Tables that a range lacks. */
static u64 count_missing(const struct iomt_pasid_table *table, unsigned levels, uint32_t first,
			 uint32_t last)
{
	struct pasid_missing missing = {.count = levels - table->levels};
	u64 span = span_of(table);

	for (u64 id = first & ~(span - 1); id <= last; id += span)
		count_one(table, levels, (uint32_t)id, &missing);
	return missing.count;
}

static void publish(const struct iomt_pasid_table *table, u64 *slot, u64 pointer)
{
	entry_store(slot, pointer);
	entry_clean(table->mem, slot, sizeof(*slot));
}

/* Links what lacks on the way to a PASID. A new table at level 0 gets the entry before. */
static bool link_tables(struct iomt_pasid_table *table, u64 *memory, unsigned levels,
			uint32_t pasid, const u64 *entry, struct entry_chain *chain)
{
	bool linked = false;

	for (unsigned level = levels - 1; level; level--) {
		u64 *slot = pointer_at(table, memory, level, levels, pasid);
		u64 pointer = entry_load(slot);

		if (!pointer) {
			u64 *below = iomt_entry_chain_take(chain, pasid_leaf_bytes(table));

			if (entry && level == 1)
				__builtin_memcpy(entry_at(table, below, pasid), entry,
						 pasid_facts(table)->entry.words * sizeof(u64));
			entry_clean(table->mem, below, pasid_leaf_bytes(table));
			pointer = pasid_pointer(table, below);
			publish(table, slot, pointer);
			linked = true;
		}
		memory = pasid_child(table, pointer);
	}
	return linked;
}

/* How many tables at level 0 were made, and a PASID of the first. */
struct made {
	u64 spans;
	uint32_t pasid;
};

/*
 * Makes the tables of a range; the entry, unless NULL, is for the one PASID of the range, which has no
 * table.
 */
static int build(struct iomt_pasid_table *table, uint32_t first, uint32_t last, const u64 *entry,
		 struct made *made)
{
	unsigned levels = table->levels;
	u64 *root = table->root, span = span_of(table), count;
	struct entry_chain chain;
	int err;

	while (!reaches(table, levels, last))
		levels++;
	count = count_missing(table, levels, first, last);
	err = chain_fill(table, &chain, count);
	if (err)
		return err;
	for (unsigned level = table->levels; level < levels; level++) {
		u64 *above = iomt_entry_chain_take(&chain, pasid_leaf_bytes(table));

		above[0] = pasid_pointer(table, root);
		entry_clean(table->mem, above, pasid_leaf_bytes(table));
		root = above;
	}
	*made = (struct made){.pasid = first};
	for (u64 id = first & ~(span - 1); id <= last; id += span) {
		uint32_t pasid = id < first ? first : (uint32_t)id;

		if (link_tables(table, root, levels, pasid, entry, &chain) && !made->spans++)
			made->pasid = pasid;
	}
	table->tables += count;
	table->bytes += count * pasid_leaf_bytes(table);
	if (levels > table->levels) {
		table->root = root;
		table->levels = (uint8_t)levels;
		table->root_changed(table->ctx, table);
	}
	return 0;
}

/* What new pointers ask for: nothing where hardware forgets what is absent. */
static uint32_t inv_of_pointers(const struct iomt_pasid_table *table, u64 spans)
{
	if (!spans || pasid_facts(table)->entry.words == 1)
		return 0;
	if (!is_smmu(table->format) && !(table->flags & IOMT_PASID_TABLE_CACHES_ABSENT))
		return 0;
	return spans > 1 ? IOMT_PASID_INV_ALL : IOMT_PASID_INV_ENTRY | IOMT_PASID_INV_TABLE;
}

int iomt_pasid_table_set(struct iomt_pasid_table *table, uint32_t pasid,
			 const struct iomt_pasid_entry *entry, uint32_t flags,
			 struct iomt_pasid_inv *inv)
{
	const struct pasid_facts *f = pasid_facts(table);
	u64 words[PASID_WORDS] = {0}, *slot;
	struct made made;
	int err = check_pasid(table, pasid);
	uint16_t tag = 0;
	bool valid;

	if (err)
		return err;
	if (!entry || !inv || (flags & ~(IOMT_PASID_BREAK | IOMT_PASID_LOOK)))
		return IOMT_EINVAL;
	err = f->encode(table, entry, words);
	if (err)
		return err;
	slot = find(table, pasid);
	valid = is_valid(table, slot);
	if (slot) {
		err = iomt_pasid_write(table, slot, pasid, words, flags, inv);
	} else if (!(flags & IOMT_PASID_LOOK)) {
		uint32_t what = f->fresh(table, words, &tag);

		err = build(table, pasid, pasid, words, &made);
		if (!err)
			pasid_inv_set(inv, what | inv_of_pointers(table, made.spans), pasid, tag);
	}
	if (!err && !(flags & IOMT_PASID_LOOK))
		table->entries += !valid;
	return err;
}

int iomt_pasid_table_clear(struct iomt_pasid_table *table, uint32_t pasid,
			   struct iomt_pasid_inv *inv)
{
	const struct pasid_facts *f = pasid_facts(table);
	u64 before[PASID_WORDS], after[PASID_WORDS] = {0}, *slot;
	int err = check_pasid(table, pasid);
	uint16_t tag = 0;
	uint32_t what;

	if (err)
		return err;
	if (!inv)
		return IOMT_EINVAL;
	slot = find(table, pasid);
	if (!is_valid(table, slot))
		return IOMT_ENOENT;
	for (unsigned i = 0; i < f->entry.words; i++)
		before[i] = entry_load(&slot[i]);
	what = f->stale(before, after, &tag);
	/* the other words are nothing to hardware now: they stay */
	entry_store(slot, 0);
	entry_clean(table->mem, slot, sizeof(*slot));
	pasid_inv_set(inv, what, pasid, tag);
	table->entries--;
	return 0;
}

int iomt_pasid_table_get(const struct iomt_pasid_table *table, uint32_t pasid,
			 struct iomt_pasid_entry *entry)
{
	const struct pasid_facts *f = pasid_facts(table);
	u64 words[PASID_WORDS] = {0}, used[PASID_WORDS] = {0}, *slot;
	int err = check_pasid(table, pasid);

	if (err)
		return err;
	slot = find(table, pasid);
	if (!is_valid(table, slot))
		return IOMT_ENOENT;
	for (unsigned i = 0; i < f->entry.words; i++)
		words[i] = entry_load(&slot[i]);
	f->entry.used(words, used);
	for (unsigned i = 0; i < f->entry.words; i++)
		words[i] &= used[i];
	*entry = (struct iomt_pasid_entry){.gcr3 = {0}};
	f->decode(table, words, entry);
	return 0;
}

int iomt_pasid_table_next(const struct iomt_pasid_table *table, uint64_t from, uint32_t *pasid)
{
	u64 last = (1ULL << table->pasid_bits) - 1, span = span_of(table);

	while (from <= last) {
		u64 *slot = find(table, (uint32_t)from);

		if (is_valid(table, slot)) {
			*pasid = (uint32_t)from;
			return 0;
		}
		from = slot ? from + 1 : (from | (span - 1)) + 1;
	}
	return IOMT_ENOENT;
}

int iomt_pasid_table_reserve(struct iomt_pasid_table *table, uint32_t first, uint32_t last,
			     struct iomt_pasid_inv *inv)
{
	int err = check_range(table, first, last);
	struct made made;

	if (err)
		return err;
	if (!inv)
		return IOMT_EINVAL;
	err = build(table, first, last, NULL, &made);
	if (!err)
		pasid_inv_set(inv, inv_of_pointers(table, made.spans), made.pasid, 0);
	return err;
}

/* A walk that unlinks empty tables of a range. */
struct trimming {
	struct iomt_pasid_table *table;
	u64 first, last;
	struct iomt_gather *gather;
	u64 count;
};

static bool is_empty(const struct iomt_pasid_table *table, const u64 *memory, unsigned level)
{
	u64 words = pasid_leaf_bytes(table) / sizeof(u64),
	    step = level ? 1 : pasid_facts(table)->entry.words;
	u64 any = level ? ~0ULL : pasid_facts(table)->entry.valid;

	for (u64 i = 0; i < words; i += step) {
		if (entry_load(&memory[i]) & any)
			return false;
	}
	return true;
}

/* The table at "level" that *slot points to, whose first PASID is "base", and all below it. */
static int trim(struct trimming *t, u64 *slot, unsigned level, u64 base)
{
	struct iomt_pasid_table *table = t->table;
	u64 pointer = entry_load(slot), last = base + (1ULL << shift(table, level + 1)) - 1;
	u64 *memory;
	int err = 0;

	if (!pointer || base > t->last || last < t->first)
		return 0;
	memory = pasid_child(table, pointer);
	for (u64 i = 0; level && !err && i < 1u << NODE_LG2; i++)
		err = trim(t, &memory[i], level - 1, base + (i << shift(table, level)));
	if (err || base < t->first || last > t->last || !is_empty(table, memory, level))
		return err;
	err = iomt_gather_reserve(t->gather, table->mem, 1);
	if (err)
		return err;
	publish(table, slot, 0);
	iomt_gather_add_table(t->gather, memory, pasid_leaf_bytes(table));
	table->tables--;
	table->bytes -= pasid_leaf_bytes(table);
	t->count++;
	return 0;
}

int iomt_pasid_table_trim(struct iomt_pasid_table *table, uint32_t first, uint32_t last,
			  struct iomt_pasid_inv *inv, struct iomt_gather *gather)
{
	struct trimming t = {.table = table, .first = first, .last = last, .gather = gather};
	unsigned top = table->levels - 1u;
	int err = check_range(table, first, last);

	if (err)
		return err;
	if (!inv || !gather)
		return IOMT_EINVAL;
	/* the last table may hold more than there are PASIDs, and the root fewer */
	if (last + 1ULL == 1ULL << table->pasid_bits)
		t.last = UINT64_MAX;
	for (u64 i = first >> shift(table, top); top && !err && i <= last >> shift(table, top);
	     i++) {
		if (!reaches(table, table->levels, (uint32_t)(i << shift(table, top))))
			break;
		err = trim(&t, &table->root[i], top - 1, i << shift(table, top));
	}
	pasid_inv_set(inv, t.count ? IOMT_PASID_INV_ALL : 0, first, 0);
	return err;
}

static void destroy(struct iomt_pasid_table *table, u64 *memory, unsigned level, size_t bytes)
{
	for (size_t i = 0; level && i < bytes / sizeof(u64); i++) {
		if (memory[i])
			destroy(table, pasid_child(table, memory[i]), level - 1,
				pasid_leaf_bytes(table));
	}
	table->mem->free(table->mem->ctx, memory, bytes);
}

void iomt_pasid_table_destroy(struct iomt_pasid_table *table)
{
	destroy(table, table->root, table->levels - 1u, iomt_pasid_table_root_bytes(table));
	table->root = NULL;
	table->bytes = table->tables = table->entries = 0;
}

void iomt_pasid_table_hw(const struct iomt_pasid_table *table, struct iomt_pasid_table_hw *hw)
{
	*hw = (struct iomt_pasid_table_hw){.root = entry_phys(table->mem, table->root),
					   .levels = table->levels};
	pasid_facts(table)->hw(table, hw);
}

void iomt_pasid_table_stats(const struct iomt_pasid_table *table,
			    struct iomt_pasid_table_stats *stats)
{
	*stats = (struct iomt_pasid_table_stats){table->entries, table->tables, table->bytes};
}
