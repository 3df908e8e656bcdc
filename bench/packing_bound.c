/* SPDX-License-Identifier: MIT */
/*
 * Weights by multiplication (Plotkin, Shmoys and Tardos 1995): the heaviest set is found, its members
 * become lighter, again and again. It is found by branch and bound: those left over are put into groups
 * of which no two share, and a set has at most the heaviest of each.
 */
#include "packing_bound.h"
#include "sharing.h"
#include <stdlib.h>
#include <string.h>

#define ROUNDS 600u
#define ONE    1000u /* the heaviest device */

struct graph {
	uint32_t count, words;
	uint64_t *rows; /* of each device: with whom it may share */
	double *light;
	uint64_t *weight;
	uint64_t *left, *free; /* sets */
	uint32_t *stack, *set; /* the set under way, and the heaviest that was found */
	uint32_t found;
	uint64_t steps, best;
};

static uint64_t *row(const struct graph *graph, uint32_t device)
{
	return graph->rows + (size_t)device * graph->words;
}

static void without(uint64_t *set, uint32_t bit)
{
	set[bit / 64] &= ~(1ULL << bit % 64);
}

/* The first of a set; "count" when it is empty. */
static uint32_t first_of(const struct graph *graph, const uint64_t *set)
{
	for (uint32_t w = 0; w < graph->words; w++) {
		if (set[w])
			return w * 64 + (uint32_t)__builtin_ctzll(set[w]);
	}
	return graph->count;
}

struct place {
	uint32_t device;
	uint64_t bound; /* no set of those up to this one weighs more */
};

/* Groups of which no two share, one after the other. Returns how many devices there are. */
static uint32_t group(struct graph *graph, const uint64_t *set, struct place *places)
{
	uint64_t sum = 0;
	uint32_t size = 0;

	memcpy(graph->left, set, graph->words * sizeof(*set));
	while (first_of(graph, graph->left) < graph->count) {
		uint64_t most = 0;
		uint32_t device;

		memcpy(graph->free, graph->left, graph->words * sizeof(*set));
		while ((device = first_of(graph, graph->free)) < graph->count) {
			without(graph->left, device);
			without(graph->free, device);
			for (uint32_t w = 0; w < graph->words; w++)
				graph->free[w] &= ~row(graph, device)[w];
			most = graph->weight[device] > most ? graph->weight[device] : most;
			places[size++] = (struct place){device, sum + most};
		}
		sum += most;
	}
	return size;
}

/* All sets out of "set" together with those that weigh so much; false when steps have run out. */
static bool search(struct graph *graph, uint64_t *set, struct place *places, uint32_t depth,
		   uint64_t weight)
{
	uint32_t size = group(graph, set, places);
	bool done = true;

	if (weight > graph->best) {
		graph->best = weight;
		graph->found = depth;
		memcpy(graph->set, graph->stack, depth * sizeof(*graph->set));
	}
	while (done && size-- && weight + places[size].bound > graph->best) {
		const uint64_t *with = row(graph, places[size].device);

		if (!graph->steps--)
			return false;
		for (uint32_t w = 0; w < graph->words; w++)
			set[graph->words + w] = set[w] & with[w];
		graph->stack[depth] = places[size].device;
		done = search(graph, set + graph->words, places + graph->count, depth + 1,
			      weight + graph->weight[places[size].device]);
		without(set, places[size].device);
	}
	return done;
}

static int by_keys(const void *a, const void *b)
{
	const struct iomt_repack_device *const *x = a, *const *y = b;

	return ((*x)->count < (*y)->count) - ((*x)->count > (*y)->count);
}

/* Those with many keys first: they share the least, and make large groups. */
static bool fill(struct graph *graph, enum iomt_repack_relation relation,
		 const struct iomt_repack_device *devices)
{
	const struct iomt_repack_device **order = calloc(graph->count, sizeof(*order));
	bool done;

	for (uint32_t i = 0; order && i < graph->count; i++)
		order[i] = &devices[i];
	if (order)
		qsort(order, graph->count, sizeof(*order), by_keys);
	for (uint32_t i = 0; order && i < graph->count; i++) {
		for (uint32_t j = 0; j < graph->count; j++) {
			if (i != j && sharing_may(relation, order[i], order[j]))
				row(graph, i)[j / 64] |= 1ULL << j % 64;
		}
	}
	done = order;
	free(order);
	return done;
}

/* A heavy set, lighter ever after: the heaviest, when there are steps enough to know. */
static bool lighten(struct graph *graph, uint64_t *sets, struct place *places, uint64_t steps,
		    double by)
{
	bool done;

	memset(sets, 0, graph->words * sizeof(*sets));
	for (uint32_t i = 0; i < graph->count; i++) {
		graph->weight[i] = (uint64_t)(graph->light[i] * ONE);
		if (graph->weight[i])
			sets[i / 64] |= 1ULL << i % 64;
	}
	graph->best = 0;
	graph->steps = steps;
	done = search(graph, sets, places, 0, 0);
	for (uint32_t i = 0; i < graph->found; i++)
		graph->light[graph->set[i]] *= by;
	return done;
}

/* Weights stay between 0 and 1. */
static void scale(struct graph *graph)
{
	double most = 0;

	for (uint32_t i = 0; i < graph->count; i++)
		most = graph->light[i] > most ? graph->light[i] : most;
	for (uint32_t i = 0; i < graph->count; i++)
		graph->light[i] /= most;
}

/* Whether all who may share with one device may share with another, and both may: then it costs nothing. */
static bool is_easy(const struct graph *graph, uint32_t device, uint32_t than)
{
	const uint64_t *own = row(graph, device), *other = row(graph, than);

	if (!(own[than / 64] >> than % 64 & 1))
		return false;
	for (uint32_t w = 0; w < graph->words; w++) {
		uint64_t more = other[w] & ~own[w];

		if (w == device / 64)
			more &= ~(1ULL << device % 64);
		if (more)
			return false;
	}
	return true;
}

static void drop_easy(struct graph *graph)
{
	for (uint32_t i = 0; i < graph->count; i++)
		graph->light[i] = 1;
	for (uint32_t i = 0; i < graph->count; i++) {
		for (uint32_t j = 0; j < graph->count && graph->light[i] > 0; j++) {
			if (i != j && graph->light[j] > 0 && is_easy(graph, i, j))
				graph->light[i] = 0;
		}
	}
}

static uint32_t find_bound(struct graph *graph, uint64_t *sets, struct place *places,
			   uint64_t steps)
{
	uint32_t bound = 0;

	drop_easy(graph);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		double by = 0.85 + 0.14 * i / ROUNDS; /* ever more careful */
		bool done = lighten(graph, sets, places, steps / ROUNDS, by);
		uint64_t all = 0;

		for (uint32_t j = 0; j < graph->count; j++)
			all += graph->weight[j];
		if (done && (all + graph->best - 1) / graph->best > bound)
			bound = (uint32_t)((all + graph->best - 1) / graph->best);
		scale(graph);
	}
	return bound;
}

uint32_t packing_bound(enum iomt_repack_relation relation, const struct iomt_repack_device *devices,
		       uint32_t count, uint64_t steps)
{
	struct graph graph = {.count = count, .words = (count + 63) / 64, .found = 0};
	size_t set = graph.words * sizeof(uint64_t);
	uint64_t *sets = calloc(count + 1, set);
	struct place *places = calloc((size_t)(count + 1) * count, sizeof(*places));
	uint32_t bound = 0;

	graph.rows = calloc(count, set);
	graph.light = calloc(count, sizeof(*graph.light));
	graph.weight = calloc(count, sizeof(*graph.weight));
	graph.left = calloc(2, set);
	graph.stack = calloc(count, sizeof(*graph.stack));
	graph.set = calloc(count, sizeof(*graph.set));
	if (sets && places && graph.rows && graph.light && graph.weight && graph.left &&
	    graph.stack && graph.set) {
		graph.free = graph.left + graph.words;
		if (fill(&graph, relation, devices))
			bound = find_bound(&graph, sets, places, steps);
	}
	free(graph.set);
	free(graph.stack);
	free(graph.left);
	free(graph.weight);
	free(graph.light);
	free(graph.rows);
	free(places);
	free(sets);
	return bound;
}
