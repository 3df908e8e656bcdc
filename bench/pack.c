/* SPDX-License-Identifier: MIT */
/*
 * The packer: one PASID given to a device or taken from it, decided, and its plan made, among devices
 * that are alike, of 32 kinds, or all different; completion is told at once. Which device it is, is
 * random, so that those of a kind are apart all the time. "Together" a PASID is given to all devices
 * in one transaction: for each of them. Isolating, kinds are trust groups, and the PASID gets another
 * table each time, so that the device leaves its id or comes back.
 *
 * Beside the time: ids in use after that, the fewest that there can be, and bytes.
 */
#include "bench.h"
#include <iomt/hosted.h>
#include <iomt/pack.h>
#include <stdlib.h>

#define EVENTS 4096u
#define SORTS  32u
#define STATES 3u

struct scene {
	const char *name;
	unsigned devices, pasids;
	unsigned sorts;
	unsigned relation;
	bool together;
};

/* What a device has at the PASID that changes. */
enum has { FIRST, OTHER, NOTHING };

struct state {
	const struct scene *scene;
	struct iomt_pack pack;
	iomt_pack_device *devices;
	unsigned char *has;
	uint64_t random;
	int err;
};

static const struct scene scenes[] = {
	{"equivalent, alike", 1024, 256, 1, IOMT_PACK_EQUIVALENT, false},
	{"equivalent, 32 kinds", 1024, 256, SORTS, IOMT_PACK_EQUIVALENT, false},
	{"equivalent, all different", 1024, 256, 1024, IOMT_PACK_EQUIVALENT, false},
	{"equivalent, alike, together", 1024, 256, 1, IOMT_PACK_EQUIVALENT, true},
	{"isolating, 32 groups", 1024, 256, SORTS, IOMT_PACK_ISOLATING, false},
};

static const unsigned counts[] = {16, 256, 1024, 4096}, pasids[] = {1, 16, 256, 1024};

static struct iomt_pack_leaf leaf_of(const struct state *state, unsigned number, unsigned key)
{
	return (struct iomt_pack_leaf){0x1000 * (key + 1ULL), {number % state->scene->sorts, 0}};
}

static void commit(struct state *state)
{
	struct iomt_pack_plan plan;
	int err = iomt_pack_commit(&state->pack, &plan);

	if (!err)
		err = iomt_pack_complete(&state->pack, plan.token);
	state->err = state->err ? state->err : err;
}

static bool fill(struct state *state, unsigned number)
{
	struct iomt_pack_device_cfg cfg = {
		.size = sizeof(cfg), .sends = 1u << 16, .trust = 1 + number % state->scene->sorts};
	int err = iomt_pack_add(&state->pack, &cfg, &state->devices[number]);

	for (unsigned key = 0; key < state->scene->pasids && !err; key++) {
		struct iomt_pack_leaf leaf = leaf_of(state, number, key);

		err = iomt_pack_set(&state->pack, state->devices[number], key, &leaf);
	}
	return !err;
}

/* Another table or none, in turns; isolating, another table or the first. */
static void change(struct state *state, unsigned number)
{
	unsigned key = state->scene->pasids / 2;
	struct iomt_pack_leaf leaf = {0x7000, {UINT64_MAX, 0}};
	unsigned char *has = &state->has[number];
	bool isolates = state->scene->relation == IOMT_PACK_ISOLATING;
	int err;

	if (*has == OTHER && isolates)
		leaf = leaf_of(state, number, key);
	if (*has == OTHER && !isolates)
		err = iomt_pack_clear(&state->pack, state->devices[number], key);
	else
		err = iomt_pack_set(&state->pack, state->devices[number], key, &leaf);
	*has = *has != OTHER ? OTHER : isolates ? FIRST : NOTHING;
	state->err = state->err ? state->err : err;
}

static void change_one(struct state *state, unsigned number)
{
	iomt_pack_begin(&state->pack);
	change(state, number);
	commit(state);
}

/* Every second device has the other table, and those between none, or the first. */
static bool prepare(struct state *state)
{
	for (unsigned i = 0; i < state->scene->devices; i++) {
		iomt_pack_begin(&state->pack);
		if (!fill(state, i))
			return false;
		commit(state);
	}
	for (unsigned i = 0; i < state->scene->devices; i++) {
		change_one(state, i);
		if (i % 2)
			change_one(state, i);
	}
	return !state->err;
}

static bool open_scene(struct round *round, const struct scene *scene)
{
	struct iomt_pack_cfg cfg = {.size = sizeof(cfg),
				    .mem = &iomt_mem_heap,
				    .bits = 16,
				    .first_id = 1,
				    .last_id = 0xffff,
				    .relation = scene->relation};
	struct state *state = calloc(1, sizeof(*state));

	round->data = state;
	round->entries = 1;
	round->ops = EVENTS;
	if (!state || iomt_pack_init(&state->pack, &cfg))
		return false;
	state->scene = scene;
	state->devices = calloc(scene->devices, sizeof(*state->devices));
	state->has = calloc(scene->devices, sizeof(*state->has));
	return state->devices && state->has && prepare(state);
}

static bool open_pack(struct round *round)
{
	return open_scene(round, &scenes[round->bench->param]);
}

/* Of the grid: how many devices, PASIDs, and kinds, two bits each. */
static struct scene grid_scene(unsigned param)
{
	struct scene scene = {.devices = counts[param & 3], .pasids = pasids[param >> 2 & 3]};
	unsigned how = param >> 4;

	scene.sorts = how == 2 ? scene.devices : how == 1 ? SORTS : 1;
	scene.relation = how == 3 ? IOMT_PACK_ISOLATING : IOMT_PACK_EQUIVALENT;
	return scene;
}

static bool open_grid(struct round *round)
{
	static struct scene scene; /* one is open at a time */

	scene = grid_scene(round->bench->param);
	return open_scene(round, &scene);
}

static void one_by_one(struct round *round)
{
	struct state *state = round->data;

	for (unsigned i = 0; i < EVENTS; i++)
		change_one(state, (unsigned)(bench_random(&state->random) % state->scene->devices));
}

static void together(struct round *round)
{
	struct state *state = round->data;

	for (unsigned i = 0; i < EVENTS / state->scene->devices; i++) {
		iomt_pack_begin(&state->pack);
		for (unsigned number = 0; number < state->scene->devices; number++)
			change(state, number);
		commit(state);
	}
}

/*
 * Devices of one kind that have the same may share, and no others: kinds differ, apart from a single
 * PASID that is not as it was.
 */
static unsigned fewest(const struct state *state)
{
	unsigned sorts = state->scene->sorts, found = 0;
	bool *seen = calloc((size_t)sorts * STATES, sizeof(*seen));

	for (unsigned i = 0; seen && i < state->scene->devices; i++) {
		bool alike = state->scene->pasids == 1 && state->has[i] != FIRST;
		bool *at = &seen[(alike ? 0 : i % sorts) * STATES + state->has[i]];

		found += !*at;
		*at = true;
	}
	free(seen);
	return found;
}

static void check(struct round *round)
{
	struct state *state = round->data;
	struct iomt_pack_stats stats;

	bench_check(round, state->err, "pack");
	iomt_pack_stats(&state->pack, &stats);
	round->ids = stats.ids;
	round->fewest = fewest(state);
	round->bytes = (double)stats.bytes;
}

static void done(struct round *round)
{
	struct state *state = round->data;

	if (!state)
		return;
	iomt_pack_destroy(&state->pack);
	free(state->devices);
	free(state->has);
	free(state);
}

static const struct kind column = {.name = "packer", .target = {.name = "iomt"}};

/* From 16 devices with a PASID to 4096 with 1024, of each kind. */
static void add_grid(void)
{
	static const struct workload workload = {open_grid, NULL, one_by_one, check, done};
	static const char *const names[] = {"equivalent, alike", "equivalent, 32 kinds",
					    "equivalent, all different", "isolating, one group"};

	for (unsigned param = 0; param < 1u << 6; param++) {
		struct scene scene = grid_scene(param);
		char name[80];

		if (scene.devices < scene.sorts)
			continue;
		snprintf(name, sizeof(name), "%s, %u x %u", names[param >> 4], scene.devices,
			 scene.pasids);
		bench_add_own(&column, name, &workload, param);
	}
}

void bench_pack(bool full)
{
	static const struct workload single = {open_pack, NULL, one_by_one, check, done};
	static const struct workload all = {open_pack, NULL, together, check, done};

	for (unsigned i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		bench_add_own(&column, scenes[i].name, scenes[i].together ? &all : &single, i);
	if (full)
		add_grid();
}
