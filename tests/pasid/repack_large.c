/* SPDX-License-Identifier: MIT */
/* Hundreds of devices of each kind: how far from the bound; one answer whatever their order. */
#include "random.h"
#include "repack_play.h"
#include "sharing.h"
#include "snapshot.h"
#include "test.h"

#define DEVICES 400u
#define PASIDS	16u

static struct iomt_repack_result solve(const struct snapshot *snapshot,
				       const struct iomt_repack_cfg *cfg)
{
	struct iomt_repack_result result;
	uint32_t ids[DEVICES];

	CHECK_INT(play_solve(cfg, snapshot->devices, snapshot->count, ids, &result), 0);
	return result;
}

/* Different leaves that devices have without a PASID. */
static uint32_t rid_leaves(const struct snapshot *snapshot)
{
	uint32_t leaves[DEVICES], count = 0;

	for (uint32_t i = 0; i < snapshot->count; i++) {
		const struct iomt_repack_device *device = &snapshot->devices[i];

		for (uint32_t k = 0; k < device->count; k++) {
			if (device->keys[k].key == IOMT_PACK_RID)
				leaves[count++] = device->keys[k].leaf;
		}
	}
	return sharing_distinct(leaves, count);
}

/* What each kind must come to; random conflicts are known to be far from their cliques. */
static void check_kind(enum snapshot_kind kind, const struct snapshot *snapshot,
		       const struct iomt_repack_result *result)
{
	uint32_t wanted = 0;

	switch (kind) {
	case SNAPSHOT_IDENTICAL:
		wanted = 1;
		break;
	case SNAPSHOT_DIFFERENT:
	case SNAPSHOT_PER_DEVICE:
		wanted = snapshot->count;
		break;
	case SNAPSHOT_GLOBAL:
	case SNAPSHOT_PROCESSES:
		wanted = rid_leaves(snapshot);
		break;
	case SNAPSHOT_MACHINES: /* four leaves in one machine of four, one in the others */
		wanted = snapshot->count / 16 * 7;
		break;
	case SNAPSHOT_ADVERSARIAL:
	default:
		CHECK(result->bound >= 29 && result->ids <= 49);
		return;
	}
	CHECK_EQ(result->ids, wanted);
	CHECK(result->exact);
}

static void every_kind(void)
{
	for (int kind = 0; kind < SNAPSHOT_KINDS; kind++) {
		struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_COMPATIBLE);
		struct iomt_repack_result result, isolating;
		struct snapshot snapshot;

		CHECK(snapshot_make(&snapshot, (enum snapshot_kind)kind, DEVICES, PASIDS, 1));
		result = solve(&snapshot, &cfg);
		check_kind((enum snapshot_kind)kind, &snapshot, &result);
		cfg.relation = IOMT_REPACK_ISOLATING;
		isolating = solve(&snapshot, &cfg);
		CHECK(isolating.exact && isolating.ids >= result.bound);
		snapshot_free(&snapshot);
	}
}

/* Five keys and three leaves: small enough for a proof. */
static void adversarial_exact(void)
{
	struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_COMPATIBLE);
	struct iomt_repack_result result;
	struct snapshot snapshot;

	CHECK(snapshot_make(&snapshot, SNAPSHOT_ADVERSARIAL, DEVICES, 5, 1));
	result = solve(&snapshot, &cfg);
	CHECK(result.exact && result.contents < DEVICES && result.ids < result.contents / 4);
	snapshot_free(&snapshot);
}

/* Fewest ids, proven, beside the largest clique: the gap between them is none of the solver's. */
static void adversarial_gap(void)
{
	static const struct {
		uint32_t devices, clique, ids;
	} cases[] = {{64, 11, 13}, {100, 15, 17}, {150, 20, 22}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_COMPATIBLE);
		struct iomt_repack_result result;
		struct snapshot snapshot;

		CHECK(snapshot_make(&snapshot, SNAPSHOT_ADVERSARIAL, cases[i].devices, PASIDS, 1));
		result = solve(&snapshot, &cfg);
		CHECK(result.exact);
		CHECK_EQ(result.ids, cases[i].ids);
		CHECK_EQ(result.clique, cases[i].clique);
		snapshot_free(&snapshot);
	}
}

/*
 * Every second pair of 125 disagrees, at a key of its own. Graphs like that take 17 or 18 colours,
 * which is what the best methods find, and have cliques of 9 or 10.
 */
static void random_graph(void)
{
	enum { SIZE = 125 };
	static struct iomt_repack_key keys[SIZE][SIZE];
	struct iomt_repack_device devices[SIZE] = {{.count = 0}};
	struct snapshot snapshot = {.devices = devices, .count = SIZE};
	struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_COMPATIBLE);
	struct iomt_repack_result result;
	struct random random = {.state = 5};
	uint32_t key = 0;

	for (uint32_t i = 0; i < SIZE; i++) {
		devices[i].keys = keys[i];
		devices[i].sends = IOMT_PACK_PASIDS;
		for (uint32_t j = 0; j < i; j++, key++) {
			if (random_next(&random) & 1)
				continue;
			keys[i][devices[i].count++] = (struct iomt_repack_key){key, 1};
			keys[j][devices[j].count++] = (struct iomt_repack_key){key, 2};
		}
	}
	cfg.effort = 1u << 24;
	result = solve(&snapshot, &cfg);
	CHECK(result.ids <= 18 && result.bound >= 9);
	CHECK(result.effort <= cfg.effort + cfg.effort / 8);
	/* hardly any effort is an answer, too */
	cfg.effort = 1;
	result = solve(&snapshot, &cfg);
	CHECK(result.ids <= 25 && result.bound >= 2 && !result.exact);
}

/* Devices in another order: each has the id that it had. */
static void any_order(void)
{
	static struct iomt_repack_device shuffled[DEVICES];
	uint32_t ids[DEVICES], again[DEVICES], order[DEVICES];
	struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_COMPATIBLE);
	struct iomt_repack_result result, other;
	struct random random;

	random_init(&random, 3);
	cfg.effort = 1u << 22;
	for (int kind = 0; kind < SNAPSHOT_KINDS; kind++) {
		struct snapshot snapshot;

		CHECK(snapshot_make(&snapshot, (enum snapshot_kind)kind, DEVICES, PASIDS, 2));
		for (uint32_t i = 0; i < DEVICES; i++) {
			uint32_t at = (uint32_t)random_below(&random, i + 1);

			order[i] = order[at];
			order[at] = i;
		}
		for (uint32_t i = 0; i < DEVICES; i++)
			shuffled[i] = snapshot.devices[order[i]];
		CHECK_INT(play_solve(&cfg, snapshot.devices, DEVICES, ids, &result), 0);
		CHECK_INT(play_solve(&cfg, shuffled, DEVICES, again, &other), 0);
		CHECK(result.ids == other.ids && result.bound == other.bound);
		CHECK_EQ(result.effort, other.effort);
		for (uint32_t i = 0; i < DEVICES; i++)
			CHECK_EQ(again[i], ids[order[i]]);
		snapshot_free(&snapshot);
	}
}

/* 400 devices that number their processes alone take 400 ids; numbered jointly, one for each leaf. */
static void joint_numbers_pack(void)
{
	struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_COMPATIBLE);
	struct iomt_repack_result result;
	struct snapshot snapshot;

	CHECK(snapshot_make(&snapshot, SNAPSHOT_PER_DEVICE, DEVICES, PASIDS, 1));
	result = solve(&snapshot, &cfg);
	CHECK(result.bound > 7 * rid_leaves(&snapshot));
	CHECK(snapshot_number(&snapshot));
	result = solve(&snapshot, &cfg);
	CHECK_EQ(result.ids, rid_leaves(&snapshot));
	CHECK_EQ(result.ids, 50);
	CHECK(result.exact);
	/* devices that trust one another need no more */
	for (uint32_t i = 0; i < DEVICES; i++)
		snapshot.devices[i].trust = 1;
	cfg.relation = IOMT_REPACK_ISOLATING;
	CHECK_EQ(solve(&snapshot, &cfg).ids, 50);
	snapshot_free(&snapshot);
}

/* One of 400 devices takes another leaf: at most a few move. */
static void one_change(void)
{
	static uint32_t ids[DEVICES], present[DEVICES];
	struct iomt_repack_cfg cfg = play_cfg(IOMT_REPACK_COMPATIBLE);
	struct iomt_repack_result result;
	struct snapshot snapshot;

	CHECK(snapshot_make(&snapshot, SNAPSHOT_GLOBAL, DEVICES, PASIDS, 1));
	CHECK_INT(play_solve(&cfg, snapshot.devices, DEVICES, present, &result), 0);
	cfg.present = present;
	for (uint32_t i = 0; i < 20; i++) {
		struct iomt_repack_key *rid = &snapshot.keys[i * 7 * (PASIDS + 1) + PASIDS];

		CHECK_EQ(rid->key, IOMT_PACK_RID);
		rid->leaf = (rid->leaf + 1) % 50;
		CHECK_INT(play_solve(&cfg, snapshot.devices, DEVICES, ids, &result), 0);
		CHECK_EQ(result.ids, rid_leaves(&snapshot));
		CHECK(result.moves <= 1);
		memcpy(present, ids, sizeof(present));
	}
	snapshot_free(&snapshot);
}

TEST_SUITE(repack_large, TEST(every_kind), TEST(adversarial_exact), TEST(adversarial_gap),
	   TEST(random_graph), TEST(any_order), TEST(joint_numbers_pack), TEST(one_change));
