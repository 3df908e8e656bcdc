/* SPDX-License-Identifier: MIT */
/*
 * The packer with the tables that its plans are about: GCR3 tables, one for each id or one for each of
 * 1024 devices with 256 PASIDs, are rewritten, and device-table entries; what hardware would be told to
 * forget is left out. "Alone" one device at a time leaves the others and comes back; "together" a PASID is
 * given to all devices in one transaction: for each of them.
 */
#include "bench.h"
#include <iomt/hosted.h>
#include <iomt/pack.h>
#include <stdlib.h>

#define DEVICES 1024u
#define KEYS	256u
#define EVENTS	4096u

/* param: how many sorts; where tables are */
#define SORTS  0xffffu
#define SHARED 0x20000u
#define EACH   0x40000u

/* The first half of a device-table entry. */
struct entry {
	_Alignas(16) uint64_t word[2];
};

struct state {
	struct iomt_pack pack;
	struct iomt_pasid_table tables[DEVICES]; /* EACH */
	struct entry entries[DEVICES];
	uint32_t ids[DEVICES];
	unsigned param;
	iomt_pack_device devices[DEVICES];
	bool has[DEVICES];
	uint64_t random;
	int err;
};

static const struct iomt_pack_leaf extra = {0x7000, {0, 0}};

/* Handles of devices that nobody ever removed count from 1. */
static uint32_t number_of(const struct iomt_pack_step *step)
{
	return ((uint32_t)step->device - 1) % DEVICES;
}

static void write_device(struct state *state, const struct iomt_pack_step *step)
{
	uint32_t number = number_of(step);
	struct iomt_pasid_table_hw hw;

	iomt_pasid_table_hw(state->param & EACH ? &state->tables[number]
						: iomt_pack_table(&state->pack, step->id),
			    &hw);
	state->entries[number] = (struct entry){{hw.word[0] | 1, hw.word[1]}};
	state->ids[number] = step->id;
}

static int write_entry(struct state *state, uint32_t index, const struct iomt_pack_step *step)
{
	const struct iomt_pasid_entry entry = {.gcr3 = {step->leaf.root}};
	struct iomt_pasid_inv inv = {0};
	struct iomt_pasid_table *table;

	if (state->param & SHARED)
		return iomt_pack_table_step(&state->pack, index, &inv);
	table = &state->tables[number_of(step)];
	if (step->op == IOMT_PACK_CLEAR_ENTRY)
		return iomt_pasid_table_clear(table, step->key, &inv);
	return iomt_pasid_table_set(table, step->key, &entry, 0, &inv);
}

static int carry_out(struct state *state, const struct iomt_pack_plan *plan)
{
	int err = 0;

	for (uint32_t i = 0; i < plan->tail && !err; i++) {
		const struct iomt_pack_step *step = iomt_pack_step(&state->pack, i);

		if (step->op == IOMT_PACK_WRITE_DEVICE)
			write_device(state, step);
		if (step->op == IOMT_PACK_CLEAR_ENTRY || step->op == IOMT_PACK_WRITE_ENTRY)
			err = write_entry(state, i, step);
	}
	return err;
}

static void commit(struct state *state)
{
	struct iomt_pack_plan plan;
	int err = iomt_pack_commit(&state->pack, &plan);

	if (!err && (state->param & (SHARED | EACH)))
		err = carry_out(state, &plan);
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

static const struct iomt_pasid_table_cfg table_cfg = {.size = sizeof(table_cfg),
						      .mem = &iomt_mem_heap,
						      .format = IOMT_PASID_TABLE_GCR3,
						      .pasid_bits = 9};

static bool open_pack(struct round *round)
{
	unsigned param = round->bench->param;
	struct iomt_pack_tables_cfg tables = {
		.size = sizeof(tables), .table = table_cfg, .flags = IOMT_PACK_TAGGED_ENTRIES};
	struct iomt_pack_cfg cfg = {.size = sizeof(cfg),
				    .mem = &iomt_mem_heap,
				    .bits = 16,
				    .first_id = 1,
				    .last_id = 0xffff,
				    .relation = IOMT_PACK_EQUIVALENT,
				    .tables = param & SHARED ? &tables : NULL};
	struct state *state = aligned_alloc(64, (sizeof(*state) + 63) & ~63UL);

	round->data = state;
	round->entries = 1;
	round->ops = EVENTS;
	if (!state)
		return false;
	*state = (struct state){.param = param};
	if (iomt_pack_init(&state->pack, &cfg))
		return false;
	for (unsigned i = 0; i < DEVICES; i++) {
		if (param & EACH && iomt_pasid_table_init(&state->tables[i], &table_cfg))
			return false;
		iomt_pack_begin(&state->pack);
		if (!fill(state, i, param & SORTS))
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

/* Nobody has the map that a device comes to: a new id, and a copy of its table, each second time. */
static void alone(struct round *round)
{
	struct state *state = round->data;

	for (unsigned i = 0; i < EVENTS; i++) {
		iomt_pack_begin(&state->pack);
		change(state, i / 2 % DEVICES);
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
	const struct state *state = round->data;
	struct iomt_pack_stats stats;

	iomt_pack_stats(&state->pack, &stats);
	round->bytes = (double)stats.bytes;
	round->table_bytes = (double)stats.table_bytes;
	for (unsigned i = 0; i < DEVICES && state->param & EACH; i++)
		round->table_bytes += (double)state->tables[i].bytes;
	bench_check(round, ((struct state *)round->data)->err, "pack");
}

static void done(struct round *round)
{
	struct state *state = round->data;

	if (!state)
		return;
	for (unsigned i = 0; i < DEVICES; i++) {
		if (state->tables[i].root)
			iomt_pasid_table_destroy(&state->tables[i]);
	}
	iomt_pack_destroy(&state->pack);
	free(state);
}

void bench_pack_tables(void)
{
	static const struct workload single = {open_pack, NULL, one_by_one, check, done};
	static const struct workload lonely = {open_pack, NULL, alone, check, done};
	static const struct workload all = {open_pack, NULL, together, check, done};
	static const struct kind column = {.name = "packer", .target = {.name = "iomt"}};

	bench_add_own(&column, "a table each, alike", &single, EACH | 1);
	bench_add_own(&column, "a table each, 32 kinds", &single, EACH | 32);
	bench_add_own(&column, "a table each, all different", &single, EACH | DEVICES);
	bench_add_own(&column, "a table each, alike, alone", &lonely, EACH | 1);
	bench_add_own(&column, "a table each, alike, together", &all, EACH | 1);
	bench_add_own(&column, "shared tables, alike", &single, SHARED | 1);
	bench_add_own(&column, "shared tables, 32 kinds", &single, SHARED | 32);
	bench_add_own(&column, "shared tables, all different", &single, SHARED | DEVICES);
	bench_add_own(&column, "shared tables, alike, alone", &lonely, SHARED | 1);
	bench_add_own(&column, "shared tables, alike, together", &all, SHARED | 1);
}
