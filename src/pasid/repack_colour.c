/* SPDX-License-Identifier: MIT */
/*
 * Colours by saturation (Brélaz 1979): next is always the vertex whose neighbours have the most
 * colours. Gone down once this is DSATUR; with all turns back, branch and bound.
 */
#include "repack_parts.h"

/* Gives a colour, and remembers who may not have it from now on. */
static void give(struct repack_search *s, uint32_t place, uint32_t vertex, uint32_t colour)
{
	uint32_t words = s->graph.words;
	const uint64_t *row = repack_row(&s->graph, vertex);
	uint64_t *blocked = s->blocked + (size_t)colour * words;
	uint64_t *fresh = s->saved + (size_t)place * words;

	for (uint32_t w = 0; w < words; w++) {
		fresh[w] = row[w] & ~blocked[w];
		blocked[w] |= row[w];
		for (uint64_t bits = fresh[w]; bits; bits &= bits - 1)
			s->count[w * 64 + (uint32_t)__builtin_ctzll(bits)]++;
	}
	s->stack[place] = vertex;
	s->colour[vertex] = colour;
	repack_remove(s->set[0], vertex);
}

static void take_back(struct repack_search *s, uint32_t place)
{
	uint32_t words = s->graph.words, vertex = s->stack[place];
	uint64_t *blocked = s->blocked + (size_t)s->colour[vertex] * words;
	const uint64_t *fresh = s->saved + (size_t)place * words;

	for (uint32_t w = 0; w < words; w++) {
		blocked[w] &= ~fresh[w];
		for (uint64_t bits = fresh[w]; bits; bits &= bits - 1)
			s->count[w * 64 + (uint32_t)__builtin_ctzll(bits)]--;
	}
	repack_add(s->set[0], vertex);
}

/* Of those without a colour: the most saturated; of these, the one of the largest degree. */
static uint32_t choose(const struct repack_search *s)
{
	uint32_t words = s->graph.words, best = REPACK_NONE;

	for (uint32_t v = repack_next(s->set[0], words, 0); v != REPACK_NONE;
	     v = repack_next(s->set[0], words, v + 1)) {
		if (best == REPACK_NONE || s->count[v] > s->count[best])
			best = v;
	}
	return best;
}

/* The lowest colour from "from" on that the vertex may have; REPACK_NONE when there is none. */
static uint32_t fitting(const struct repack_search *s, uint32_t vertex, uint32_t from,
			uint32_t used)
{
	for (uint32_t c = from; c < used && c + 1 < s->colours; c++) {
		if (!repack_has(s->blocked + (size_t)c * s->graph.words, vertex))
			return c;
	}
	return from <= used && used + 1 < s->colours ? used : REPACK_NONE;
}

static void begin(struct repack_search *s)
{
	uint32_t size = s->graph.size;

	__builtin_memset(s->count, 0, size * sizeof(*s->count));
	__builtin_memset(s->blocked, 0, (size_t)size * s->graph.words * 8);
	repack_fill(s->set[0], s->graph.words, size);
	for (uint32_t i = 0; i < s->cliques; i++) {
		give(s, i, s->clique[i], i);
		s->used[i] = i;
	}
}

bool iomt_repack_colour(struct repack_search *s, bool first)
{
	uint32_t size = s->graph.size, place = s->cliques, used = s->cliques, vertex, from = 0;

	begin(s);
	vertex = choose(s);
	for (;;) {
		uint32_t colour = REPACK_NONE;

		if (place == size && used < s->colours) {
			__builtin_memcpy(s->best, s->colour, size * sizeof(*s->best));
			s->colours = used;
			if (first || used == s->bound)
				return true;
		} else if (place < size && used < s->colours) {
			colour = fitting(s, vertex, from, used);
		}
		if (colour == REPACK_NONE) {
			if (place == s->cliques)
				return true;
			vertex = s->stack[--place];
			used = s->used[place];
			take_back(s, place);
			from = s->colour[vertex] + 1;
			continue;
		}
		if (!repack_spend(s, 4ULL * s->graph.words + size - place) && !first)
			return false;
		give(s, place, vertex, colour);
		s->used[place++] = used;
		used += colour == used;
		vertex = place < size ? choose(s) : REPACK_NONE;
		from = 0;
	}
}
