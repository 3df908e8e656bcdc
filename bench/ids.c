/* SPDX-License-Identifier: MIT */
/*
 * Ids of 20 bits: allocated and freed again and again, in a space that is empty, half full or all
 * but full, its holes anywhere; and each of those in use freed in turn, in random order, for another.
 */
#include "ids.h"
#include "team.h"
#include <stdlib.h>
#include <string.h>

#ifdef BENCH_ROARING
#include <roaring/roaring.h>
#endif

#define BITS  20u
#define IDS   (1u << BITS)
#define PAIRS 4096u
#define MOST  (IDS - 1)

/* iomt's. */

static void *open_own(unsigned bits, uint32_t flags)
{
	struct iomt_ids_cfg cfg = {
		.size = sizeof(cfg), .mem = &iomt_mem_heap, .bits = bits, .flags = flags};
	struct iomt_ids *ids = aligned_alloc(128, (sizeof(*ids) + 127) & ~(size_t)127);

	if (!ids || !iomt_ids_init(ids, &cfg))
		return ids;
	free(ids);
	return NULL;
}

static void *open_serial(unsigned bits)
{
	return open_own(bits, IOMT_IDS_SERIAL);
}

static void *open_shared(unsigned bits)
{
	return open_own(bits, 0);
}

static void close_own(void *ids)
{
	iomt_ids_destroy(ids);
	free(ids);
}

static int take_next(struct iomt_ids *ids, uint32_t *last, uint32_t *id)
{
	int err = iomt_ids_alloc_next(ids, 0, MOST, last);

	*id = *last;
	return err;
}

IDS_LOOPS(own, iomt_ids_alloc(ids, 0, MOST, &id), iomt_ids_free(ids, id))
IDS_LOOPS(own_next, take_next(ids, last, &id), iomt_ids_free(ids, id))

/* A plain bitmap, and the lowest word that may have a free bit. */
struct bitmap {
	uint64_t words[IDS / 64];
	unsigned low;
};

static void *open_bitmap(unsigned bits)
{
	(void)bits;
	return calloc(1, sizeof(struct bitmap));
}

static int bitmap_take(struct bitmap *bitmap, uint32_t *id)
{
	while (bitmap->low < IDS / 64 && !~bitmap->words[bitmap->low])
		bitmap->low++;
	if (bitmap->low == IDS / 64)
		return 1;
	*id = bitmap->low * 64 + (unsigned)__builtin_ctzll(~bitmap->words[bitmap->low]);
	bitmap->words[*id / 64] |= 1ULL << *id % 64;
	return 0;
}

static void bitmap_free(struct bitmap *bitmap, uint32_t id)
{
	bitmap->words[id / 64] &= ~(1ULL << id % 64);
	if (id / 64 < bitmap->low)
		bitmap->low = id / 64;
}

IDS_LOOPS(bits, bitmap_take(ids, &id), bitmap_free(ids, id))

#ifdef BENCH_ROARING

/* The set of those that are free. */
static void *open_roaring(unsigned bits)
{
	return roaring_bitmap_from_range(0, 1ULL << bits, 1);
}

static void close_roaring(void *ids)
{
	roaring_bitmap_free(ids);
}

static int roaring_take(roaring_bitmap_t *set, uint32_t *id)
{
	*id = roaring_bitmap_minimum(set);
	return !roaring_bitmap_remove_checked(set, *id);
}

IDS_LOOPS(roaring, roaring_take(ids, &id), roaring_bitmap_add(ids, id))

#endif

static const struct allocator serial = {
	{.name = "iomt"}, false, open_serial, close_own, IDS_MEMBERS(own)};
static const struct allocator serial_next = {
	{.name = "iomt, next"}, false, open_serial, close_own, IDS_MEMBERS(own_next)};
static const struct allocator shared = {
	{.name = "iomt, threads"}, true, open_shared, close_own, IDS_MEMBERS(own)};
static const struct allocator shared_next = {
	{.name = "iomt, threads, next"}, true, open_shared, close_own, IDS_MEMBERS(own_next)};
static const struct allocator bitmap = {
	{.name = "bitmap"}, false, open_bitmap, free, IDS_MEMBERS(bits)};
#ifdef BENCH_ROARING
static const struct allocator roaring = {
	{.name = "CRoaring"}, false, open_roaring, close_roaring, IDS_MEMBERS(roaring)};
#endif

static const struct allocator *const allocators[] = {
	&serial,	&serial_next,	     &shared,
	&shared_next,	&spaces_serial,	     &spaces_serial_late,
	&spaces_shared, &spaces_shared_next, &spaces_shared_late,
#ifdef BENCH_LINUX
	&ids_linux,
#endif
	&bitmap,
#ifdef BENCH_ROARING
	&roaring,
#endif
};

/* One that is measured, which ids are in use, and for each thread where it is and what failed. */
struct state {
	const struct allocator *allocator;
	void *ids;
	uint32_t *order; /* of all ids; the first "used" of them are in use at first */
	uint32_t *live;	 /* those that are now */
	unsigned used;
	unsigned at; /* in "live" */
	struct team *team;
	struct {
		uint32_t last;
		unsigned wrong;
	} __attribute__((aligned(128))) threads[TEAM_MOST];
};

static void work(void *ctx, unsigned index)
{
	struct state *state = ctx;

	state->threads[index].wrong +=
		state->allocator->pairs(state->ids, &state->threads[index].last, PAIRS);
}

/* A new one, in which those are in use that the random order begins with. */
static bool occupy(struct state *state)
{
	if (state->ids)
		state->allocator->close(state->ids);
	state->ids = state->allocator->open(BITS);
	if (!state->ids || state->allocator->fill(state->ids, IDS))
		return false;
	state->allocator->free(state->ids, state->order + state->used, IDS - state->used);
	memcpy(state->live, state->order, state->used * sizeof(*state->live));
	state->at = 0;
	return true;
}

static bool prepare(struct round *round, unsigned used, unsigned threads)
{
	struct state *state = aligned_alloc(128, sizeof(*state));

	round->data = state;
	round->ops = PAIRS;
	round->entries = 1;
	if (!state)
		return false;
	memset(state, 0, sizeof(*state));
	state->allocator = (const struct allocator *)round->target; /* its first member */
	state->used = used;
	state->order = bench_permutation(IDS);
	state->live = malloc(IDS * sizeof(*state->live));
	if (!state->order || !state->live)
		return false;
	if (!occupy(state))
		round->error = "fill";
	for (unsigned i = 0; i < threads; i++)
		state->threads[i].last = i * (IDS / threads);
	if (threads)
		state->team = team_start(threads, work, state);
	return !round->error && (!threads || state->team);
}

/* param: in use, of 1000 */
static bool open_pairs(struct round *round)
{
	return prepare(round, (unsigned)((uint64_t)IDS * round->bench->param / 1000), 0);
}

/* param: threads */
static bool open_team(struct round *round)
{
	return prepare(round, IDS / 2, round->bench->param);
}

static void pairs(struct round *round)
{
	work(round->data, 0);
}

static void pairs_together(struct round *round)
{
	round->disturbed = !team_work(((struct state *)round->data)->team);
}

/* Where the smallest are handed out, what was random is soon in order: once around, and anew. */
static void renew(struct round *round)
{
	struct state *state = round->data;

	if (state->at + PAIRS > state->used && !occupy(state))
		round->error = "fill";
}

static void churn(struct round *round)
{
	struct state *state = round->data;

	state->threads[0].wrong += state->allocator->churn(state->ids, &state->threads[0].last,
							   state->live + state->at, PAIRS);
	state->at += PAIRS;
}

static void check(struct round *round)
{
	const struct state *state = round->data;

	for (unsigned i = 0; i < TEAM_MOST; i++)
		bench_check(round, state->threads[i].wrong ? IOMT_ENOSPC : 0, "alloc");
}

static void finish(struct round *round)
{
	struct state *state = round->data;

	if (state->team)
		team_stop(state->team);
	if (state->ids)
		state->allocator->close(state->ids);
	free(state->order);
	free(state->live);
	free(state);
}

static const struct kind column = {.name = "ids"};

static void add(const char *name, const struct workload *workload, unsigned param, bool threads)
{
	for (size_t i = 0; i < sizeof(allocators) / sizeof(allocators[0]); i++) {
		if (!threads || allocators[i]->threads)
			bench_add_target(&column, &allocators[i]->target, name, workload, param);
	}
}

static void add_team(unsigned count)
{
	static const struct workload together = {open_team, NULL, pairs_together, check, finish};
	char name[64];

	snprintf(name, sizeof(name), "alloc+free, %u thread%s", count, count > 1 ? "s" : "");
	add(name, &together, count, true);
}

void bench_ids(void)
{
	static const struct workload again = {open_pairs, NULL, pairs, check, finish};
	static const struct workload others = {open_pairs, renew, churn, check, finish};

	add("alloc+free, empty", &again, 0, false);
	add("alloc+free, half full", &again, 500, false);
	add("alloc+free, 99 % full", &again, 990, false);
	add("alloc+free, 99.9 % full", &again, 999, false);
	add("free+alloc, half full", &others, 500, false);
	add("free+alloc, 99.9 % full", &others, 999, false);
	team_sizes(add_team);
}
