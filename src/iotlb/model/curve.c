/* SPDX-License-Identifier: MIT */
/*
 * Stack distances. Each page stands at the time of its last use; how many places are taken since
 * then is its distance. Places are counted by a binary indexed tree over time (Bennett and Kruskal
 * 1975). What was invalidated leaves its place as a hole. An entry that comes to the top of the
 * stack pushes the others down as far as the first hole, or as far as where it came from: if the
 * hole is nearer, the hole moves there.
 *
 * There are twice as many times as entries. When they run out, those that are taken move together.
 */
#include "curve.h"
#include "pages.h"

#define HOLE UINT32_MAX

struct tree {
	uint32_t *sums; /* binary indexed, from 1 */
	uint32_t size, total;
};

struct iomt_curve {
	struct pages pages; /* value: the time of the last use */
	struct tree taken;  /* by pages and holes */
	struct tree holes;
	uint32_t *at;	/* what took a time: index of the page + 1, HOLE, or 0 */
	uint64_t *hits; /* by distance, from 1 */
	uint64_t lookups;
	uint32_t entries, times, now; /* now: the last time given away */
	uint32_t oldest;	      /* no earlier time is taken */
};

static void tree_add(struct tree *tree, uint32_t at, uint32_t what)
{
	tree->total += what;
	for (; at <= tree->size; at += at & (0 - at))
		tree->sums[at] += what;
}

static void tree_set(struct tree *tree, uint32_t at)
{
	tree_add(tree, at, 1);
}

static void tree_clear(struct tree *tree, uint32_t at)
{
	tree_add(tree, at, (uint32_t)-1);
}

/* How many are set at times up to this one. */
static uint32_t tree_upto(const struct tree *tree, uint32_t at)
{
	uint32_t sum = 0;

	for (; at; at -= at & (0 - at))
		sum += tree->sums[at];
	return sum;
}

/* The last time that is set; there is one. */
static uint32_t tree_last(const struct tree *tree)
{
	uint32_t at = 0, before = tree->total - 1;

	for (uint32_t step = 1u << (31 - __builtin_clz(tree->size)); step; step /= 2) {
		if (at + step <= tree->size && tree->sums[at + step] <= before) {
			at += step;
			before -= tree->sums[at];
		}
	}
	return at + 1;
}

static void lay(struct iomt_curve *curve, uint32_t entries, struct block *block)
{
	uint32_t times = 2 * entries + 2;
	struct tree taken = {block_take(block, times + 1, sizeof(uint32_t)), times, 0};
	struct tree holes = {block_take(block, times + 1, sizeof(uint32_t)), times, 0};
	uint32_t *at = block_take(block, times + 1, sizeof(uint32_t));
	uint64_t *hits = block_take(block, entries + 1, sizeof(uint64_t));

	if (curve)
		*curve = (struct iomt_curve){.taken = taken,
					     .holes = holes,
					     .at = at,
					     .hits = hits,
					     .entries = entries,
					     .times = times,
					     .oldest = 1};
	iomt_pages_lay(curve ? &curve->pages : NULL, entries + 1, block);
}

size_t iomt_curve_bytes(uint32_t entries)
{
	struct block block = {NULL, 0};

	if (!entries || entries > 1u << 24)
		return 0;
	block_take(&block, 1, sizeof(struct iomt_curve));
	lay(NULL, entries, &block);
	return block_size(block.used);
}

int iomt_curve_init(struct iomt_curve **curve, uint32_t entries, void *memory, size_t bytes)
{
	struct block block = {memory, 0};
	int err = block_check(memory, bytes, iomt_curve_bytes(entries));

	if (err)
		return err;
	*curve = block_take(&block, 1, sizeof(struct iomt_curve));
	lay(*curve, entries, &block);
	return 0;
}

static void take(struct iomt_curve *curve, uint32_t at, uint32_t what)
{
	curve->at[at] = what;
	tree_set(&curve->taken, at);
	if (what == HOLE)
		tree_set(&curve->holes, at);
	else
		curve->pages.list[what - 1].value = at;
}

static void leave(struct iomt_curve *curve, uint32_t at)
{
	if (curve->at[at] == HOLE)
		tree_clear(&curve->holes, at);
	tree_clear(&curve->taken, at);
	curve->at[at] = 0;
}

/* A page's place becomes a hole. */
static void open_hole(struct iomt_curve *curve, uint32_t at)
{
	curve->at[at] = HOLE;
	tree_set(&curve->holes, at);
}

/* Moves all places together, in their order. */
static void renumber(struct iomt_curve *curve)
{
	uint32_t to = 0;

	for (uint32_t from = curve->oldest; from <= curve->now; from++) {
		uint32_t what = curve->at[from];

		if (!what)
			continue;
		leave(curve, from);
		take(curve, ++to, what);
	}
	curve->now = to;
	curve->oldest = 1;
}

/* The stack is never deeper than the largest cache of interest. */
static void drop_deepest(struct iomt_curve *curve)
{
	uint32_t what;

	while (!curve->at[curve->oldest])
		curve->oldest++;
	what = curve->at[curve->oldest];
	leave(curve, curve->oldest);
	if (what != HOLE)
		iomt_pages_remove(&curve->pages, &curve->pages.list[what - 1]);
}

/* Where it stood is free for those above, unless a hole was nearer. */
static void close_ranks(struct iomt_curve *curve, uint32_t stood)
{
	uint32_t hole = curve->holes.total ? tree_last(&curve->holes) : 0;

	if (hole <= stood) {
		if (stood)
			leave(curve, stood);
		return;
	}
	leave(curve, hole);
	if (stood)
		open_hole(curve, stood);
}

void iomt_curve_note(struct iomt_curve *curve, const struct key *key)
{
	struct page *page = iomt_pages_find(&curve->pages, key);
	uint32_t stood = page ? (uint32_t)page->value : 0;

	if (curve->now == curve->times) {
		renumber(curve);
		stood = page ? (uint32_t)page->value : 0;
	}
	curve->lookups++;
	if (stood)
		curve->hits[curve->taken.total - tree_upto(&curve->taken, stood - 1)]++;
	close_ranks(curve, stood);
	if (!page)
		page = iomt_pages_add(&curve->pages, key, 0);
	take(curve, ++curve->now, (uint32_t)(page - curve->pages.list) + 1);
	if (curve->taken.total > curve->entries)
		drop_deepest(curve);
}

static void removing(void *ctx, struct page *page)
{
	open_hole(ctx, (uint32_t)page->value);
}

void iomt_curve_invalidate(struct iomt_curve *curve, const struct span *span)
{
	iomt_pages_remove_span(&curve->pages, span, removing, curve);
}

uint64_t iomt_curve_lookups(const struct iomt_curve *curve)
{
	return curve->lookups;
}

uint64_t iomt_curve_misses(const struct iomt_curve *curve, uint32_t entries)
{
	uint64_t misses = curve->lookups;

	for (uint32_t d = 1; d <= entries && d <= curve->entries; d++)
		misses -= curve->hits[d];
	return misses;
}
