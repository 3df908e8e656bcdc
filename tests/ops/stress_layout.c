/* SPDX-License-Identifier: MIT */
/* Where everything is, and what it may mean. */
#include "stress.h"
#include <sched.h>

static uint64_t table_bytes(const struct stress *s)
{
	return s->slots * s->granule;
}

static uint64_t branch_bytes(const struct stress *s)
{
	return s->slots * table_bytes(s);
}

/* The output of the leaf table with this number, of COLOUR_TABLES. */
static uint64_t table_oa(const struct stress *s, unsigned number)
{
	return number * table_bytes(s);
}

static struct plot *add(struct stress *s, unsigned owner, uint64_t iova, uint64_t oa,
			uint64_t count)
{
	struct plot *plot = &s->plots[s->plot_count++];

	CHECK(s->plot_count <= PLOTS);
	*plot = (struct plot){
		.iova = iova,
		.oa = oa,
		.first = s->granules,
		.count = (uint32_t)count,
		.owner = (uint8_t)owner,
	};
	s->granules += plot->count;
	return plot;
}

/* Leaf tables in which plots of all threads take turns. */
static void add_shared(struct stress *s, unsigned number)
{
	uint64_t count = s->slots / SHARED_PLOTS, at = number * table_bytes(s);

	for (unsigned i = 0; i < SHARED_PLOTS; i++)
		add(s, i % WORKERS, s->base + at + i * count * s->granule,
		    table_oa(s, number) + i * count * s->granule, count);
}

/* A leaf table for each thread, side by side. */
static void add_tables(struct stress *s, unsigned *number)
{
	for (unsigned k = 0; k < WORKERS; k++) {
		uint64_t iova = s->base + *number * table_bytes(s);
		struct plot *plot = add(s, k, iova, table_oa(s, *number), s->slots);

		plot->around = iova;
		plot->around_length = table_bytes(s);
		++*number;
	}
}

/*
 * A branch for each thread, with a plot across the border of two leaf tables. The branches of a top
 * that grows are the further up the later their threads come.
 */
static void add_branches(struct stress *s, unsigned round, unsigned *number)
{
	for (unsigned k = 0; k < WORKERS; k++) {
		uint64_t iova = s->base + (2 + k) * branch_bytes(s), before = 64;
		struct plot *plot;

		if (s->kind->grows && round % 2 == 0)
			iova = (1ULL << (30 + 9 * k)) + (8 + k) * branch_bytes(s);
		/* a second stage's top may have but four */
		if (iova < s->base || iova - s->base > s->pt.va_mask - (s->base - s->pt.va_base) ||
		    s->pt.va_mask - (iova - s->pt.va_base) < branch_bytes(s) - 1)
			continue;
		plot = add(s, k, iova + table_bytes(s) - before * s->granule,
			   table_oa(s, *number + 1) - before * s->granule, 2 * before);
		plot->around = iova;
		plot->around_length = branch_bytes(s);
		*number += 2;
	}
}

static void add_frontier(struct stress *s, unsigned number)
{
	s->frontier_plots = s->plot_count;
	for (unsigned i = 0; i < FRONTIER; i++) {
		for (unsigned k = 0; k < WORKERS; k++)
			add(s, k, s->base + branch_bytes(s) + i * table_bytes(s) + k * s->granule,
			    table_oa(s, number + i) + k * s->granule, 1);
	}
}

/* Granules that many threads share from the beginning: one large leaf, and runs. */
static void map_shared(struct stress *s)
{
	unsigned what = MAPPED | WRITABLE;
	uint64_t half = table_bytes(s) / 2;

	CHECK_INT(iomt_pt_map(&s->pt, s->base, s->plots[0].oa, half, RW, NULL), 0);
	CHECK_INT(iomt_pt_map(&s->pt, s->base + table_bytes(s), table_oa(s, 1), table_bytes(s), RW,
			      NULL),
		  0);
	for (uint32_t g = 0; g < SHARED_TABLES * s->slots; g++) {
		if (g < s->slots / 2 || g >= s->slots)
			s->states[g] = what | what << 8;
	}
}

static void forget(struct stress *s)
{
	free(s->states);
	free(s->marks);
	free(s->plot_of);
	s->states = calloc(s->granules, sizeof(*s->states));
	s->marks = calloc(s->granules, sizeof(*s->marks));
	s->plot_of = calloc(s->granules, sizeof(*s->plot_of));
	CHECK(s->states && s->marks && s->plot_of);
	for (unsigned p = 0; p < s->plot_count; p++) {
		for (uint32_t i = 0; i < s->plots[p].count; i++)
			s->plot_of[s->plots[p].first + i] = (uint16_t)p;
	}
}

void stress_lay_out(struct stress *s, unsigned round)
{
	uint64_t first, last, room = 8 * branch_bytes(s);
	unsigned number = SHARED_TABLES;

	iomt_pt_bounds(&s->pt, &first, &last);
	s->base = round % 2 && last - first >= room - 1 ? last - (room - 1) : first;
	s->colour = COLOUR_TABLES * table_bytes(s);
	s->plot_count = 0;
	s->granules = 0;
	for (unsigned i = 0; i < SHARED_TABLES; i++)
		add_shared(s, i);
	add_tables(s, &number);
	s->contested = s->base + number * table_bytes(s);
	s->contested_oa = table_oa(s, number++);
	add_branches(s, round, &number);
	add_frontier(s, number);
	CHECK(number + FRONTIER <= COLOUR_TABLES);
	forget(s);
	map_shared(s);
}

void stress_wrong(const struct stress *s, const struct plot *plot, uint64_t index, const char *what)
{
	uint64_t state = stress_state(s, plot->first + (uint32_t)index);

	fprintf(stderr,
		"%s: 0x%" PRIx64
		" of thread %u means 0x%x, is to mean 0x%x: %s (IOMT_TEST_SEED=%" PRIu64 ")\n",
		s->kind->name, plot->iova + index * s->granule, plot->owner, stress_now(state),
		stress_next(state), what, s->seed);
	abort();
}

struct glance stress_look(const struct stress *s, uint32_t granule)
{
	return (struct glance){
		.state = stress_state(s, granule),
		.splits = __atomic_load_n(&s->pt.splits, __ATOMIC_ACQUIRE),
	};
}

static bool is_like(const struct stress *s, const struct plot *plot, uint64_t index, unsigned what,
		    const struct found *found)
{
	if (!what || !found->mapped)
		return !what && !found->mapped;
	return found->oa == stress_oa(s, plot, index, what) &&
	       (found->blind || found->writable == !!(what & WRITABLE));
}

bool stress_judge(const struct stress *s, const struct plot *plot, uint64_t index,
		  struct glance before, const struct found *found)
{
	struct glance after = stress_look(s, plot->first + (uint32_t)index);

	if ((after.state >> 16) - (before.state >> 16) > 1)
		return true; /* more changes than can be told */
	if (is_like(s, plot, index, stress_now(before.state), found) ||
	    is_like(s, plot, index, stress_next(before.state), found) ||
	    is_like(s, plot, index, stress_now(after.state), found) ||
	    is_like(s, plot, index, stress_next(after.state), found))
		return before.state != after.state ||
		       stress_now(after.state) != stress_next(after.state);
	/* while a leaf is broken to be made anew, nothing is there */
	if (s->breaks && !found->mapped && ((before.splits & 1) || before.splits != after.splits))
		return true;
	stress_wrong(s, plot, index,
		     !found->mapped ? "nothing was found"
				    : "what was found is neither old nor new");
}

void stress_linger(struct random *random)
{
	uint64_t lot = random_below(random, 64);

	if (!lot)
		sched_yield();
	for (volatile uint64_t n = lot < 16 ? random_below(random, 64) : 0; n; n--)
		continue;
}
