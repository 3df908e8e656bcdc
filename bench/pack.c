/* SPDX-License-Identifier: MIT */
/*
 * The packer: one PASID given to a device or taken from it, decided, and its plan made, among 1024
 * devices with 256 PASIDs each that are alike, of 32 kinds, or all different. Completion is told at
 * once. In "together" a PASID is given to all devices in one transaction: for each of them.
 */
#include "bench.h"
#include <iomt/hosted.h>
#include <iomt/pack.h>
#include <stdlib.h>

#define DEVICES 1024u
#define KEYS	256u
#define EVENTS	4096u

struct state {
	struct iomt_pack pack;
	iomt_pack_device devices[DEVICES];
	bool has[DEVICES];
	uint64_t random;
	int err;
};

static const struct iomt_pack_leaf extra = {0x7000, {0, 0}};

static void commit(struct state *state)
{
	struct iomt_pack_plan plan;
	int err = iomt_pack_commit(&state->pack, &plan);

	if (!err)
		err = iomt_pack_complete(&state->pack, plan.token);
	state->err = state->err ? state->err : err;
}

static bool fill(struct state *state, unsigned number, unsigned sorts)
{
	struct iomt_pack_device_cfg cfg = {.size = sizeof(cfg),
					   .sends = 1u << 16,
					   .trust = sorts > 1 ? 1 + number % sorts : 1};
	int err = iomt_pack_add(&state->pack, &cfg, &state->devices[number]);

	for (unsigned key = 0; key < KEYS && !err; key++) {
		struct iomt_pack_leaf leaf = {0x1000 * (key + 1ULL), {number % sorts, 0}};

		err = iomt_pack_set(&state->pack, state->devices[number], key, &leaf);
	}
	return !err;
}

/* param: how many sorts, and the relation in bit 16 */
static bool open_pack(struct round *round)
{
	unsigned param = round->bench->param;
	struct iomt_pack_cfg cfg = {.size = sizeof(cfg),
				    .mem = &iomt_mem_heap,
				    .bits = 16,
				    .first_id = 1,
				    .last_id = 0xffff,
				    .relation = param >> 16};
	struct state *state = calloc(1, sizeof(*state));

	round->data = state;
	round->entries = 1;
	round->ops = EVENTS;
	if (!state || iomt_pack_init(&state->pack, &cfg))
		return false;
	for (unsigned i = 0; i < DEVICES; i++) {
		iomt_pack_begin(&state->pack);
		if (!fill(state, i, param & 0xffff))
			return false;
		commit(state);
	}
	return !state->err;
}

static void change(struct state *state, unsigned number)
{
	int err = state->has[number]
			  ? iomt_pack_clear(&state->pack, state->devices[number], KEYS / 2)
			  : iomt_pack_set(&state->pack, state->devices[number], KEYS / 2, &extra);

	state->has[number] = !state->has[number];
	state->err = state->err ? state->err : err;
}

static void one_by_one(struct round *round)
{
	struct state *state = round->data;

	for (unsigned i = 0; i < EVENTS; i++) {
		iomt_pack_begin(&state->pack);
		change(state, bench_random(&state->random) % DEVICES);
		commit(state);
	}
}

static void together(struct round *round)
{
	struct state *state = round->data;

	for (unsigned i = 0; i < EVENTS / DEVICES; i++) {
		iomt_pack_begin(&state->pack);
		for (unsigned number = 0; number < DEVICES; number++)
			change(state, number);
		commit(state);
	}
}

static void check(struct round *round)
{
	bench_check(round, ((struct state *)round->data)->err, "pack");
}

static void done(struct round *round)
{
	struct state *state = round->data;

	if (state)
		iomt_pack_destroy(&state->pack);
	free(state);
}

void bench_pack(void)
{
	static const struct workload single = {open_pack, NULL, one_by_one, check, done};
	static const struct workload all = {open_pack, NULL, together, check, done};
	static const struct kind column = {.name = "packer", .target = {.name = "iomt"}};

	bench_add_own(&column, "equivalent, alike", &single, 1);
	bench_add_own(&column, "equivalent, 32 kinds", &single, 32);
	bench_add_own(&column, "equivalent, all different", &single, DEVICES);
	bench_add_own(&column, "equivalent, alike, together", &all, 1);
	bench_add_own(&column, "isolating, 32 groups", &single, 32 | IOMT_PACK_ISOLATING << 16);
}
