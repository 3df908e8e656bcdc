/* SPDX-License-Identifier: MIT */
#include "tlb.h"
#include "test.h"

void tlb_init(struct tlb *tlb, struct table *of, bool shadow, uint64_t seed)
{
	memset(tlb, 0, sizeof(*tlb));
	tlb->of = of;
	tlb->shadow = shadow;
	random_init(&tlb->random, seed);
}

static bool covers(uint64_t first, uint64_t last, uint64_t iova)
{
	return iova >= first && iova <= last;
}

/* Input addresses that share an entry of 2^lg2 bytes. */
static uint64_t last_of(uint64_t iova, unsigned lg2)
{
	return lg2 > 63 ? UINT64_MAX : iova | ((1ULL << lg2) - 1);
}

static uint64_t first_of(uint64_t iova, unsigned lg2)
{
	return lg2 > 63 ? 0 : iova & ~((1ULL << lg2) - 1);
}

static unsigned unit_lg2(const struct tlb *tlb, unsigned level)
{
	return tlb->of->kind->granule_lg2 + (tlb->of->kind->granule_lg2 - 3u) * level;
}

/*
 * DDI 0487, D8.16: two entries of different sizes for one address are a conflict, but where the
 * break-before-make level says that hardware copes.
 */
static void check_conflict(const struct tlb *tlb, uint64_t first, unsigned size_lg2)
{
	const struct kind *kind = tlb->of->kind;
	uint64_t last = last_of(first, size_lg2);
	unsigned index_lg2 = kind->granule_lg2 - 3u;

	if ((kind->walk != WALK_ARM_S1 && kind->walk != WALK_ARM_S2) || kind->bbm == 2)
		return;
	for (unsigned i = 0; i < TLB_LEAVES; i++) {
		const struct tlb_leaf *leaf = &tlb->leaves[i];
		bool same_level = (size_lg2 - kind->granule_lg2) / index_lg2 ==
				  (leaf->size_lg2 - kind->granule_lg2) / index_lg2;

		CHECK_MSG(!leaf->used || leaf->first > last || leaf->last < first ||
				  leaf->size_lg2 == size_lg2 || (kind->bbm == 1 && same_level),
			  "%s, seed %" PRIu64 ": sizes 2^%u and 2^%u conflict at 0x%" PRIx64,
			  kind->name, tlb->random.seed, leaf->size_lg2, size_lg2, first);
	}
}

/*
 * The contiguous bit is a hint (DDI 0487, D8.7.1), and so is Svnapot's: entries of a run may be kept
 * one by one.
 */
static bool takes_hint(struct tlb *tlb)
{
	return tlb->of->kind->walk < WALK_ARM_S1 || random_below(&tlb->random, 2);
}

static void remember_leaf(struct tlb *tlb, uint64_t iova, const struct walk *found)
{
	unsigned kept_lg2 = takes_hint(tlb) ? found->size_lg2 : unit_lg2(tlb, found->level);
	uint64_t first = first_of(iova, kept_lg2);

	check_conflict(tlb, first_of(iova, found->size_lg2), found->size_lg2);
	tlb->leaves[random_below(&tlb->random, TLB_LEAVES)] = (struct tlb_leaf){
		.first = first,
		.last = last_of(iova, kept_lg2),
		.oa = found->oa - (iova - first),
		.read = found->read,
		.write = found->write,
		.exec = found->exec,
		.dirty = found->dirty,
		.size_lg2 = (uint8_t)found->size_lg2,
		.kept_lg2 = (uint8_t)kept_lg2,
		.used = true,
	};
}

static void remember_tables(struct tlb *tlb, uint64_t iova, const struct walk_path *path)
{
	unsigned top = 5;

	while (top && !path->table[top])
		top--;
	for (unsigned level = 0; level < top; level++) {
		unsigned lg2 = unit_lg2(tlb, level + 1);

		if (path->table[level] && random_below(&tlb->random, 2))
			tlb->tables[random_below(&tlb->random, TLB_TABLES)] = (struct tlb_table){
				.first = first_of(iova, lg2),
				.last = last_of(iova, lg2),
				.table = path->table[level],
				.level = (uint8_t)(level + 1),
				.used = true,
			};
	}
}

static const struct tlb_leaf *find_leaf(const struct tlb *tlb, uint64_t iova)
{
	for (unsigned i = 0; i < TLB_LEAVES; i++) {
		const struct tlb_leaf *leaf = &tlb->leaves[i];

		if (leaf->used && covers(leaf->first, leaf->last, iova))
			return leaf;
	}
	return NULL;
}

/* Any remembered table on the way; NULL walks from the root. */
static const struct tlb_table *find_table(const struct tlb *tlb, uint64_t iova, uint64_t begin)
{
	for (unsigned i = 0; i < TLB_TABLES; i++) {
		const struct tlb_table *table = &tlb->tables[(begin + i) % TLB_TABLES];

		if (table->used && covers(table->first, table->last, iova))
			return table;
	}
	return NULL;
}

void tlb_access(struct tlb *tlb, uint64_t iova)
{
	struct walker walker = table_walker(tlb->of, tlb->shadow);
	const struct tlb_table *from = NULL;
	struct walk_path path;
	struct walk found;

	walker.live = true;
	if (find_leaf(tlb, iova))
		return;
	if (random_below(&tlb->random, 4))
		from = find_table(tlb, iova, random_below(&tlb->random, TLB_TABLES));
	found = from ? walk_from(&walker, iova, from->table, from->level, &path)
		     : walk_with_path(&walker, iova, &path);
	CHECK_MSG(found.result != WALK_BAD, "%s, seed %" PRIu64 ": a device met %s at 0x%" PRIx64,
		  tlb->of->kind->name, tlb->random.seed, found.why, iova);
	remember_tables(tlb, iova, &path);
	if (found.result == WALK_MAPPED)
		remember_leaf(tlb, iova, &found);
	tlb->fills++;
}

/*
 * Commands go over the range in steps of the smallest size gathered, on the boundaries of the
 * largest: a larger entry than that may stay, and so may a smaller one between two steps.
 */
void tlb_invalidate(struct tlb *tlb, const struct iomt_gather *gather)
{
	uint64_t sizes = gather->leaf_sizes, first = gather->first, last = gather->last;

	if (first > last)
		return;
	if (sizes) {
		unsigned low = (unsigned)__builtin_ctzll(sizes);
		unsigned high = 63u - (unsigned)__builtin_clzll(sizes);

		first = first_of(first, high);
		last = last_of(last, high);
		for (unsigned i = 0; i < TLB_LEAVES; i++) {
			struct tlb_leaf *leaf = &tlb->leaves[i];

			if (leaf->first >= first && leaf->last <= last &&
			    (leaf->kept_lg2 >= low || first_of(leaf->first, low) == leaf->first))
				leaf->used = false;
		}
	}
	for (unsigned i = 0; i < TLB_TABLES; i++) {
		struct tlb_table *table = &tlb->tables[i];

		if (table->first <= last && table->last >= first &&
		    (gather->table_levels >> table->level & 1))
			table->used = false;
	}
}

void tlb_invalidate_all(struct tlb *tlb)
{
	memset(tlb->leaves, 0, sizeof(tlb->leaves));
	memset(tlb->tables, 0, sizeof(tlb->tables));
}

static void check_leaf(struct tlb *tlb, const struct walker *walker, const struct tlb_leaf *leaf)
{
	uint64_t at = leaf->first + random_below(&tlb->random, leaf->last - leaf->first + 1);
	struct walk now = walk(walker, at);

	CHECK_MSG(now.result == WALK_MAPPED && now.oa == leaf->oa + (at - leaf->first),
		  "%s, seed %" PRIu64 ": a stale translation of 0x%" PRIx64 " (2^%u) survives",
		  tlb->of->kind->name, tlb->random.seed, at, leaf->size_lg2);
	CHECK_MSG(now.read == leaf->read && now.write == leaf->write && now.exec == leaf->exec,
		  "%s, seed %" PRIu64 ": stale permissions of 0x%" PRIx64 " survive",
		  tlb->of->kind->name, tlb->random.seed, at);
	/* a device that believes its page dirty does not say so again */
	CHECK_MSG(!(tlb->of->kind->flags & IOMT_PT_DIRTY) || !leaf->dirty || now.dirty,
		  "%s, seed %" PRIu64 ": a stale dirty state of 0x%" PRIx64 " survives",
		  tlb->of->kind->name, tlb->random.seed, at);
}

static void check_table(struct tlb *tlb, const struct walker *walker, const struct tlb_table *table)
{
	struct walk_path path;

	walk_with_path(walker, table->first, &path);
	CHECK_MSG(path.table[table->level - 1] == table->table,
		  "%s, seed %" PRIu64 ": a table for 0x%" PRIx64 " that is gone is remembered",
		  tlb->of->kind->name, tlb->random.seed, table->first);
}

void tlb_check(struct tlb *tlb)
{
	struct walker walker = table_walker(tlb->of, tlb->shadow);

	for (unsigned i = 0; i < TLB_LEAVES; i++) {
		if (tlb->leaves[i].used)
			check_leaf(tlb, &walker, &tlb->leaves[i]);
	}
	for (unsigned i = 0; i < TLB_TABLES; i++) {
		if (tlb->tables[i].used)
			check_table(tlb, &walker, &tlb->tables[i]);
	}
	tlb->checks++;
}

void tlb_check_free(struct tlb *tlb, uint64_t phys)
{
	for (unsigned i = 0; i < TLB_TABLES; i++)
		CHECK_MSG(!tlb->tables[i].used || tlb->tables[i].table != phys,
			  "%s, seed %" PRIu64 ": a table that a device remembers is freed",
			  tlb->of->kind->name, tlb->random.seed);
}
