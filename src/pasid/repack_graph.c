/* SPDX-License-Identifier: MIT */
/* Who may not share with whom. */
#include "repack_parts.h"

static bool sends_fewer(const void *ctx, uint32_t a, uint32_t b)
{
	uint32_t x = repack_sends(repack_of(ctx, a)), y = repack_sends(repack_of(ctx, b));

	return x != y ? x < y : a < b;
}

/* Who sends requests without a PASID. */
static void send_without(const struct repack *r, uint64_t *senders)
{
	repack_fill(senders, r->graph.words, r->contents);
	for (uint32_t i = 0; i < r->contents; i++) {
		if (repack_giov(repack_of(r, i)))
			repack_remove(senders, i);
	}
}

/*
 * Who has a key does not share with those who lack it and can send it. Keys come in order, so those
 * who can send become fewer.
 */
static void add_lacking(struct repack *r)
{
	uint32_t words = r->graph.words, count, key, sent = 0;
	uint64_t *senders = r->bits[0], *lacking = r->bits[1];

	for (uint32_t i = 0; i < r->contents; i++)
		r->by_sends[i] = i;
	iomt_repack_sort(r->by_sends, r->contents, sends_fewer, r);
	repack_fill(senders, words, r->contents);
	iomt_repack_merge_begin(r);
	while ((count = iomt_repack_merge_next(r, &key))) {
		for (; key != IOMT_PACK_RID && sent < r->contents &&
		       repack_sends(repack_of(r, r->by_sends[sent])) <= key;
		     sent++)
			repack_remove(senders, r->by_sends[sent]);
		if (key == IOMT_PACK_RID) /* the last */
			send_without(r, senders);
		__builtin_memcpy(lacking, senders, (size_t)words * 8);
		for (uint32_t i = 0; i < count; i++)
			repack_remove(lacking, r->list[i]);
		for (uint32_t i = 0; i < count; i++) {
			uint64_t *row = repack_row(&r->graph, r->list[i]);

			for (uint32_t w = 0; w < words; w++)
				row[w] |= lacking[w];
		}
	}
}

/* Those who trust one another stand together in the order of contents, with one word. */
static bool is_trusted(const struct iomt_repack_device *a, const struct iomt_repack_device *b)
{
	return a->trust && a->trust == b->trust && a->fixed == b->fixed;
}

static void remove_trusted(struct repack *r)
{
	for (uint32_t first = 0, last; first < r->contents; first = last) {
		for (last = first + 1; last < r->contents; last++) {
			if (!is_trusted(repack_of(r, first), repack_of(r, last)))
				break;
		}
		for (uint32_t i = first; i < last; i++) {
			for (uint32_t j = first; j < last; j++)
				repack_remove(repack_row(&r->graph, i), j);
		}
	}
}

/* Who has a key does not share with those who have another leaf there. Returns how many leaves. */
static uint32_t add_leaves(struct repack *r, uint32_t count)
{
	uint64_t *holders = r->bits[0], *others = r->bits[1];
	uint32_t words = r->graph.words, leaves = 0;

	__builtin_memset(holders, 0, (size_t)words * 8);
	for (uint32_t i = 0; i < count; i++)
		repack_add(holders, r->list[i]);
	for (uint32_t first = 0, last; first < count; first = last, leaves++) {
		uint32_t leaf = iomt_repack_merge_leaf(r, r->list[first]);

		for (last = first; last < count; last++) {
			if (iomt_repack_merge_leaf(r, r->list[last]) != leaf)
				break;
		}
		if (last - first == count)
			return 1;
		__builtin_memcpy(others, holders, (size_t)words * 8);
		for (uint32_t i = first; i < last; i++)
			repack_remove(others, r->list[i]);
		for (uint32_t i = first; i < last; i++) {
			uint64_t *row = repack_row(&r->graph, r->list[i]);

			for (uint32_t w = 0; w < words; w++)
				row[w] |= others[w];
		}
	}
	return leaves;
}

static void add_all_leaves(struct repack *r)
{
	uint32_t count, key;

	r->leaves = 0;
	iomt_repack_merge_begin(r);
	while ((count = iomt_repack_merge_next(r, &key))) {
		uint32_t leaves = add_leaves(r, count);

		r->leaves = leaves > r->leaves ? leaves : r->leaves;
	}
}

/* Contents with one word stand together. */
static void add_fixed(struct repack *r)
{
	uint32_t words = r->graph.words;
	uint64_t *others = r->bits[0];

	for (uint32_t first = 0, last; first < r->contents; first = last) {
		repack_fill(others, words, r->contents);
		for (last = first;
		     last < r->contents && repack_of(r, last)->fixed == repack_of(r, first)->fixed;
		     last++)
			repack_remove(others, last);
		for (uint32_t i = first; i < last; i++) {
			uint64_t *row = repack_row(&r->graph, i);

			for (uint32_t w = 0; w < words; w++)
				row[w] |= others[w];
		}
	}
}

static void make_symmetric(struct repack_graph *graph)
{
	for (uint32_t i = 0; i < graph->size; i++) {
		const uint64_t *row = repack_row(graph, i);

		for (uint32_t j = repack_next(row, graph->words, 0); j != REPACK_NONE;
		     j = repack_next(row, graph->words, j + 1))
			repack_add(repack_row(graph, j), i);
	}
}

/*
 * Pairs suffice. A class is safe when none of its devices can hit, at any key, what another has and
 * its own table has not: that is said of each pair alone, and so are equal leaves.
 */
void iomt_repack_graph(struct repack *r)
{
	struct repack_graph *graph = &r->graph;

	graph->size = r->contents;
	graph->words = (r->contents + 63) / 64;
	__builtin_memset(graph->rows, 0, (size_t)graph->size * graph->words * 8);
	if (r->cfg->relation == IOMT_REPACK_ISOLATING) {
		add_lacking(r);
		remove_trusted(r);
	}
	add_all_leaves(r);
	add_fixed(r);
	make_symmetric(graph);
}

uint32_t iomt_repack_split(struct repack *r, uint64_t *open)
{
	struct repack_graph *graph = &r->graph;
	uint64_t *part = r->bits[0];
	uint32_t first = repack_next(open, graph->words, 0), size = 0, found = 0;

	__builtin_memset(part, 0, (size_t)graph->words * 8);
	if (first == REPACK_NONE)
		return 0;
	repack_remove(open, first);
	r->list[size++] = first;
	for (uint32_t i = 0; i < size; i++) {
		const uint64_t *row = repack_row(graph, r->list[i]);

		repack_add(part, r->list[i]);
		for (uint32_t w = 0; w < graph->words; w++) {
			for (uint64_t bits = open[w] & ~row[w]; bits; bits &= bits - 1)
				r->list[size++] = w * 64 + (uint32_t)__builtin_ctzll(bits);
			open[w] &= row[w];
		}
	}
	for (uint32_t i = repack_next(part, graph->words, 0); i != REPACK_NONE;
	     i = repack_next(part, graph->words, i + 1))
		r->part[found++] = i;
	return found;
}

/* By degrees inside of the part, which scratch[0] holds for each content. */
static bool has_more(const void *ctx, uint32_t a, uint32_t b)
{
	const uint32_t *degree = ctx;

	return degree[a] != degree[b] ? degree[a] > degree[b] : a < b;
}

void iomt_repack_take(struct repack *r, uint32_t size)
{
	struct repack_graph *graph = &r->graph, *own = &r->search.graph;
	uint64_t *part = r->bits[0];

	__builtin_memset(part, 0, (size_t)graph->words * 8);
	for (uint32_t i = 0; i < size; i++)
		repack_add(part, r->part[i]);
	for (uint32_t i = 0; i < size; i++) {
		const uint64_t *row = repack_row(graph, r->part[i]);
		uint32_t degree = 0;

		for (uint32_t w = 0; w < graph->words; w++)
			degree += repack_bits(row[w] & part[w]);
		r->scratch[0][r->part[i]] = degree;
		r->list[i] = r->part[i];
	}
	iomt_repack_sort(r->list, size, has_more, r->scratch[0]);
	own->size = size;
	own->words = (size + 63) / 64;
	__builtin_memset(own->rows, 0, (size_t)size * own->words * 8);
	for (uint32_t i = 0; i < size; i++) {
		const uint64_t *row = repack_row(graph, r->list[i]);

		for (uint32_t j = 0; j < size; j++) {
			if (repack_has(row, r->list[j]))
				repack_add(repack_row(own, i), j);
		}
	}
}
