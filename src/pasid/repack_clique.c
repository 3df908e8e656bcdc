/* SPDX-License-Identifier: MIT */
/* Cliques: greedy ones from every vertex, then the largest, by branch and bound. */
#include "repack_parts.h"

static void keep(struct repack_search *s, uint32_t size)
{
	if (size <= s->cliques)
		return;
	s->cliques = size;
	__builtin_memcpy(s->clique, s->stack, size * sizeof(*s->clique));
}

/* What is in both. */
static void meet(uint64_t *both, const uint64_t *a, const uint64_t *b, uint32_t words)
{
	for (uint32_t w = 0; w < words; w++)
		both[w] = a[w] & b[w];
}

void iomt_repack_clique_greedy(struct repack_search *s)
{
	uint32_t words = s->graph.words;
	uint64_t *left = s->set[0];

	s->cliques = 0;
	for (uint32_t first = 0; first < s->graph.size; first++) {
		uint32_t size = 0;

		__builtin_memcpy(left, repack_row(&s->graph, first), words * sizeof(*left));
		s->stack[size++] = first;
		for (uint32_t v = repack_next(left, words, 0); v != REPACK_NONE;
		     v = repack_next(left, words, 0)) {
			s->stack[size++] = v;
			meet(left, left, repack_row(&s->graph, v), words);
		}
		keep(s, size);
		if (!repack_spend(s, (uint64_t)size * words))
			break;
	}
}

/* Whether the vertices of a set take more than so many colours, given one after the other. */
static bool takes_more(struct repack_search *s, const uint64_t *set, uint32_t colours)
{
	uint32_t words = s->graph.words, looked = 0;
	uint64_t *left = s->set[0], *free = s->set[1];
	bool more;

	__builtin_memcpy(left, set, words * sizeof(*left));
	for (;; colours--) {
		uint32_t v = repack_next(left, words, 0);

		more = v != REPACK_NONE && !colours;
		if (v == REPACK_NONE || !colours)
			break;
		__builtin_memcpy(free, left, words * sizeof(*free));
		for (; v != REPACK_NONE; v = repack_next(free, words, v + 1), looked++) {
			const uint64_t *row = repack_row(&s->graph, v);

			repack_remove(left, v);
			for (uint32_t w = v / 64; w < words; w++)
				free[w] &= ~row[w];
		}
	}
	return repack_spend(s, (uint64_t)(looked + 1) * words) && more;
}

/*
 * At each place of the stack saved[] has who may still join there. A place is left when its
 * candidates, colourable with too few colours, cannot make the clique larger.
 */
void iomt_repack_clique_exact(struct repack_search *s)
{
	uint32_t words = s->graph.words, size = 0;
	uint64_t *join = s->saved;

	repack_fill(join, words, s->graph.size);
	while (s->effort) {
		uint32_t v;

		if (size + repack_size(join, words) <= s->cliques ||
		    !takes_more(s, join, s->cliques > size ? s->cliques - size : 0)) {
			if (!size)
				return;
			size--;
			join -= words;
			continue;
		}
		v = repack_next(join, words, 0);
		repack_remove(join, v);
		meet(join + words, join, repack_row(&s->graph, v), words);
		s->stack[size++] = v;
		join += words;
		keep(s, size);
	}
}
