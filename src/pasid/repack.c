/* SPDX-License-Identifier: MIT */
/* The solver, from beginning to end: see repack_parts.h. */
#include "repack_parts.h"

#define EFFORT	  (1ULL << 28)
#define SMALL	  16u /* contents for which no effort is too much */
#define UNBOUNDED (1ULL << 62)

struct room {
	unsigned char *memory; /* NULL: only counted */
	size_t used;
};

static void *take(struct room *room, size_t bytes)
{
	size_t at = room->used;

	room->used += (bytes + 7) & ~(size_t)7;
	return room->memory ? room->memory + at : NULL;
}

/* Gives each array its place. */
static void arrange(struct repack *r, struct room *room, bool graph)
{
	size_t count = r->count, list = (count + 1) * sizeof(uint32_t);
	size_t set = (count + 63) / 64 * 8, matrix = graph ? (count + 1) * set : 0;
	struct repack_search *s = &r->search;
	uint32_t **const lists[] = {&r->order,	    &r->content,  &r->device, &r->by_sends,
				    &r->colour,	    &r->part,	  &r->list,   &r->first,
				    &r->merge.heap, &r->merge.at, &s->best,   &s->colour,
				    &s->count,	    &s->stack,	  &s->used,   &s->clique};
	uint64_t **const matrices[] = {&r->graph.rows, &s->graph.rows, &s->blocked, &s->saved};
	uint64_t **const sets[] = {&r->bits[0], &r->bits[1], &s->set[0], &s->set[1]};

	r->hash = take(room, count * sizeof(*r->hash));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		*lists[i] = take(room, list);
	for (size_t i = 0; i < sizeof(r->scratch) / sizeof(r->scratch[0]); i++)
		r->scratch[i] = take(room, list);
	for (size_t i = 0; i < sizeof(matrices) / sizeof(matrices[0]); i++)
		*matrices[i] = take(room, matrix);
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		*sets[i] = take(room, set);
}

size_t iomt_repack_bytes(const struct iomt_repack_cfg *cfg, uint32_t count)
{
	struct repack r = {.count = count};
	struct room room = {NULL, 0};

	if (!iomt_repack_cfg_ok(cfg) || count > IOMT_REPACK_DEVICES)
		return 0;
	arrange(&r, &room, cfg->relation != IOMT_REPACK_EQUIVALENT);
	return room.used;
}

/*
 * Colours one part, with what is cheap first: a clique and DSATUR; the largest clique; a proof, if it is
 * short; local search; the proof with all effort that is left. Returns whether the bound was met.
 */
static bool search(struct repack_search *s, uint64_t effort)
{
	bool small = s->graph.size <= SMALL, proven = false;

	s->effort = small ? UNBOUNDED : effort / 8;
	s->colours = s->graph.size + 1;
	iomt_repack_clique_greedy(s);
	s->bound = s->cliques;
	iomt_repack_colour(s, true);
	if (s->colours > s->bound)
		iomt_repack_clique_exact(s);
	s->bound = s->cliques;
	if (s->colours > s->bound) {
		s->effort += effort / 8;
		proven = iomt_repack_colour(s, false);
	}
	if (s->colours > s->bound && !proven) {
		s->effort += effort / 2;
		iomt_repack_improve(s);
	}
	if (s->colours > s->bound && !proven) {
		s->effort += effort / 4;
		proven = iomt_repack_colour(s, false);
	}
	s->bound = proven ? s->colours : s->bound;
	return s->colours == s->bound;
}

/* Solves part after part; what can share with nobody in another part has its own colours. */
static uint32_t colour_parts(struct repack *r, struct iomt_repack_result *result, uint32_t *clique)
{
	struct repack_search *s = &r->search;
	uint64_t all = r->cfg->effort ? r->cfg->effort : EFFORT, *open = r->bits[1];
	uint32_t classes = 0, size;

	s->random = r->cfg->seed;
	repack_fill(open, r->graph.words, r->contents);
	while ((size = iomt_repack_split(r, open))) {
		iomt_repack_take(r, size);
		result->exact = search(s, all / r->contents * size) && result->exact;
		for (uint32_t i = 0; i < size; i++)
			r->colour[r->list[i]] = classes + s->best[i];
		for (uint32_t i = 0; clique && i < s->cliques; i++)
			clique[result->clique + i] = r->device[r->list[s->clique[i]]];
		result->clique += s->cliques;
		result->bound += s->bound;
		classes += s->colours;
	}
	return classes;
}

/* Equal or not: each content is a class, and all of them together the clique. */
static uint32_t colour_contents(struct repack *r, struct iomt_repack_result *result,
				uint32_t *clique)
{
	for (uint32_t i = 0; i < r->contents; i++) {
		r->colour[i] = i;
		if (clique)
			clique[i] = r->device[i];
	}
	result->clique = r->contents;
	result->bound = r->contents;
	return r->contents;
}

/* From classes to ids, or everything as it is. */
static int decide(struct repack *r, uint32_t classes, uint32_t *ids,
		  struct iomt_repack_result *result)
{
	const struct iomt_repack_cfg *cfg = r->cfg;
	uint32_t present = cfg->present ? iomt_repack_present(r) : 0, room = cfg->last - cfg->first;
	struct iomt_repack_result as_is = *result;
	bool fits = !classes || classes - 1 <= room;

	result->ids = classes;
	if (!fits && !present)
		return IOMT_ENOSPC;
	if (fits) {
		uint32_t enough = cfg->enough && cfg->enough - 1 > room ? room + 1 : cfg->enough;

		classes = iomt_repack_spread(r, classes, enough);
		iomt_repack_label(r, classes, ids);
		if (cfg->present && !cfg->tag_cost && cfg->relation != IOMT_REPACK_EQUIVALENT)
			iomt_repack_settle(r, ids);
		iomt_repack_count(r, ids, result);
	}
	if (present)
		iomt_repack_count(r, cfg->present, &as_is);
	if (present && (!fits || !product_less(iomt_repack_cost(cfg, result),
					       iomt_repack_cost(cfg, &as_is)))) {
		*result = as_is;
		__builtin_memcpy(ids, cfg->present, r->count * sizeof(*ids));
	}
	return 0;
}

int iomt_repack_solve(const struct iomt_repack_cfg *cfg, const struct iomt_repack_device *devices,
		      uint32_t count, void *memory, size_t bytes, uint32_t *ids, uint32_t *clique,
		      struct iomt_repack_result *result, struct iomt_repack_fault *fault)
{
	struct repack r = {.cfg = cfg, .devices = devices, .count = count};
	struct room room = {memory, 0};
	struct iomt_repack_result found = {.exact = true};
	int err = iomt_repack_validate(cfg, devices, count, fault);
	uint32_t classes;

	if (err)
		return err;
	if (!memory || (uintptr_t)memory % 8)
		return IOMT_EINVAL;
	if (bytes < iomt_repack_bytes(cfg, count))
		return IOMT_ENOMEM;
	arrange(&r, &room, cfg->relation != IOMT_REPACK_EQUIVALENT);
	iomt_repack_collapse(&r);
	if (cfg->relation == IOMT_REPACK_EQUIVALENT) {
		classes = colour_contents(&r, &found, clique);
	} else {
		iomt_repack_graph(&r);
		classes = colour_parts(&r, &found, clique);
	}
	found.effort = r.search.spent;
	found.leaves = r.leaves;
	found.contents = r.contents;
	found.bound = found.bound > r.leaves ? found.bound : r.leaves;
	found.fewest = classes;
	err = decide(&r, classes, ids, &found);
	found.fewest = found.ids < classes ? found.ids : classes;
	found.exact = found.fewest == found.bound;
	*result = found;
	return err;
}

uint32_t iomt_repack_moves(const uint32_t *present, const uint32_t *ids, uint32_t count,
			   uint32_t *moves)
{
	uint32_t moved = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (present[i] != IOMT_REPACK_NO_ID && present[i] != ids[i])
			moves[moved++] = i;
	}
	return moved;
}
