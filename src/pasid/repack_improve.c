/* SPDX-License-Identifier: MIT */
/*
 * Local search for one colour less. A class is dissolved; its vertices go into other classes, each of
 * which gives up those in conflict, and so on until nobody is left over (partial colourings with a tabu
 * list: Blöchliger and Zufferey 2008).
 */
#include "repack_parts.h"

struct homeless {
	uint32_t *list; /* vertices without a colour */
	uint32_t size;
	uint32_t *until; /* of each vertex: the step up to which it does not return to its class */
	uint32_t step;
	uint32_t colours;
	uint32_t least; /* the fewest at a time so far */
};

struct move {
	uint32_t at; /* in the list */
	uint32_t colour;
	uint32_t cost;	/* vertices that become homeless */
	uint32_t equal; /* moves that were as good */
};

static uint64_t draw(struct repack_search *s, uint64_t below)
{
	s->random += 0x9e3779b97f4a7c15ULL;
	return repack_mix(s->random) % below;
}

static uint64_t *members(const struct repack_search *s, uint32_t colour)
{
	return s->saved + (size_t)colour * s->graph.words;
}

static uint32_t conflicts(const struct repack_search *s, uint32_t vertex, uint32_t colour)
{
	const uint64_t *row = repack_row(&s->graph, vertex), *set = members(s, colour);
	uint32_t count = 0;

	for (uint32_t w = 0; w < s->graph.words; w++)
		count += repack_bits(row[w] & set[w]);
	return count;
}

static void leave(struct repack_search *s, struct homeless *homeless, uint32_t vertex)
{
	repack_remove(members(s, s->colour[vertex]), vertex);
	homeless->list[homeless->size++] = vertex;
}

/* Dissolves the smallest class; the last one takes its number. */
static void dissolve(struct repack_search *s, struct homeless *homeless)
{
	uint32_t smallest = 0, last = s->colours - 1;

	__builtin_memset(s->count, 0, s->colours * sizeof(*s->count));
	__builtin_memset(s->saved, 0, (size_t)s->colours * s->graph.words * 8);
	for (uint32_t v = 0; v < s->graph.size; v++)
		s->count[s->best[v]]++;
	for (uint32_t c = 1; c <= last; c++)
		smallest = s->count[c] < s->count[smallest] ? c : smallest;
	for (uint32_t v = 0; v < s->graph.size; v++) {
		uint32_t c = s->best[v];

		if (c == smallest)
			homeless->list[homeless->size++] = v;
		s->colour[v] = c == last ? smallest : c;
		if (c != smallest)
			repack_add(members(s, s->colour[v]), v);
		else
			s->colour[v] = REPACK_NONE;
		homeless->until[v] = 0;
	}
	homeless->colours = last;
	homeless->least = homeless->size;
}

static void consider(struct repack_search *s, const struct homeless *homeless, struct move *best,
		     uint32_t at, uint32_t colour)
{
	uint32_t v = homeless->list[at], cost = conflicts(s, v, colour);
	bool tabu = s->colour[v] == colour && homeless->step < homeless->until[v];

	if (cost > best->cost || (tabu && homeless->size - 1 + cost >= homeless->least))
		return;
	if (cost < best->cost)
		best->equal = 0;
	if (!draw(s, ++best->equal))
		*best = (struct move){at, colour, cost, best->equal};
}

/* False when every move is tabu. */
static bool choose(struct repack_search *s, const struct homeless *homeless, struct move *best)
{
	*best = (struct move){.cost = UINT32_MAX};
	for (uint32_t at = 0; at < homeless->size; at++) {
		for (uint32_t colour = 0; colour < homeless->colours; colour++)
			consider(s, homeless, best, at, colour);
	}
	return best->cost != UINT32_MAX;
}

static void make(struct repack_search *s, struct homeless *homeless, const struct move *move)
{
	uint32_t v = homeless->list[move->at], words = s->graph.words;
	const uint64_t *row = repack_row(&s->graph, v), *set = members(s, move->colour);

	homeless->list[move->at] = homeless->list[--homeless->size];
	for (uint32_t w = 0; w < words; w++) {
		for (uint64_t bits = row[w] & set[w]; bits; bits &= bits - 1) {
			uint32_t other = w * 64 + (uint32_t)__builtin_ctzll(bits);

			leave(s, homeless, other);
			homeless->until[other] =
				homeless->step + homeless->size * 3 / 5 + 1 + (uint32_t)draw(s, 10);
		}
	}
	s->colour[v] = move->colour;
	repack_add(members(s, move->colour), v);
	homeless->least = homeless->size < homeless->least ? homeless->size : homeless->least;
}

/* One colour less than the best; true when that was found. */
static bool try_fewer(struct repack_search *s)
{
	struct homeless homeless = {.list = s->stack, .until = s->used};
	struct move move;

	dissolve(s, &homeless);
	while (homeless.size) {
		uint64_t moves = (uint64_t)homeless.size * homeless.colours;

		if (!repack_spend(s, moves * (s->graph.words + 2ULL)))
			return false;
		homeless.step++;
		if (!choose(s, &homeless, &move)) {
			move.at = (uint32_t)draw(s, homeless.size);
			move.colour = (uint32_t)draw(s, homeless.colours);
		}
		make(s, &homeless, &move);
	}
	__builtin_memcpy(s->best, s->colour, s->graph.size * sizeof(*s->best));
	s->colours = homeless.colours;
	return true;
}

void iomt_repack_improve(struct repack_search *s)
{
	while (s->colours > s->bound && s->colours > 1 && try_fewer(s))
		;
}
