/* SPDX-License-Identifier: MIT */
/* Random snapshots of up to ten devices against all partitions, in each relation. */
#include "random.h"
#include "repack_play.h"
#include "sharing.h"
#include "test.h"

#define MOST  10u
#define KEYS  5u
#define TIMES 100000u

struct deal {
	struct iomt_repack_key keys[MOST][KEYS];
	struct iomt_repack_device devices[MOST];
	uint32_t count;
};

/* Few keys and leaves, so that much is equal, compatible or not. */
static void deal(struct deal *deal, struct random *random)
{
	uint32_t leaves = 1 + (uint32_t)random_below(random, 3);
	uint32_t chance = 1 + (uint32_t)random_below(random, 3);
	uint32_t trusts = 1 + (uint32_t)random_below(random, 3);
	uint32_t words = random_below(random, 4) ? 1 : 2;
	uint32_t giov = 1 + (uint32_t)random_below(random, 3);

	deal->count = (uint32_t)random_below(random, MOST + 1);
	for (uint32_t i = 0; i < deal->count; i++) {
		struct iomt_repack_device *device = &deal->devices[i];

		*device = (struct iomt_repack_device){
			.keys = deal->keys[i],
			.sends = (uint32_t)random_below(random, KEYS),
			.flags = random_below(random, giov) ? IOMT_PACK_GIOV : 0,
			.trust = (uint32_t)random_below(random, trusts),
			.fixed = random_below(random, words)};
		for (uint32_t key = 0; key < KEYS; key++) {
			bool rid = key == KEYS - 1;

			if (random_below(random, chance + 1) < chance &&
			    sharing_sends(device, rid ? IOMT_PACK_RID : key))
				deal->keys[i][device->count++] = (struct iomt_repack_key){
					rid ? IOMT_PACK_RID : key,
					(uint32_t)random_below(random, leaves)};
		}
	}
}

/* Another order of devices: the same answer. */
static void shuffle(const struct iomt_repack_cfg *cfg, const struct deal *deal,
		    struct random *random, const uint32_t *ids)
{
	struct iomt_repack_device devices[MOST];
	struct iomt_repack_cfg other = *cfg;
	struct iomt_repack_result result;
	uint32_t order[MOST], present[MOST], again[MOST];

	for (uint32_t i = 0; i < deal->count; i++) {
		uint32_t at = (uint32_t)random_below(random, i + 1);

		order[i] = order[at];
		order[at] = i;
	}
	for (uint32_t i = 0; i < deal->count; i++) {
		devices[i] = deal->devices[order[i]];
		present[i] = cfg->present ? cfg->present[order[i]] : 0;
	}
	other.present = cfg->present ? present : NULL;
	CHECK_INT(play_solve(&other, devices, deal->count, again, &result), 0);
	for (uint32_t i = 0; i < deal->count; i++)
		CHECK_EQ(again[i], ids[order[i]]);
}

/* The certificate says of any ids what the definition says. */
static void judge(enum iomt_repack_relation relation, const struct deal *deal,
		  struct random *random, uint32_t *ids)
{
	for (uint32_t i = 0; i < deal->count; i++) {
		if (!random_below(random, 4))
			ids[i] = ids[random_below(random, deal->count)];
	}
	CHECK_INT(play_check(relation, deal->devices, deal->count, ids),
		  sharing_holds(relation, deal->devices, deal->count, ids) ? 0 : IOMT_EPERM);
}

static uint64_t times(void)
{
	return random_times(TIMES);
}

static void run(enum iomt_repack_relation relation)
{
	struct iomt_repack_cfg cfg = play_cfg(relation);
	struct iomt_repack_result result;
	struct random random;
	static struct deal cards;
	uint32_t ids[MOST], shared = 0;

	random_init(&random, 1 + relation);
	for (uint64_t i = 0, end = times(); i < end; i++) {
		deal(&cards, &random);
		CHECK_INT(play_solve(&cfg, cards.devices, cards.count, ids, &result), 0);
		CHECK(result.exact);
		CHECK_EQ(result.ids, sharing_fewest(relation, cards.devices, cards.count));
		CHECK(sharing_holds(relation, cards.devices, cards.count, ids));
		shared += result.ids < cards.count;
		if (i % 8 == 0)
			shuffle(&cfg, &cards, &random, ids);
		judge(relation, &cards, &random, ids);
	}
	CHECK(shared > times() / 4);
}

static void equivalent(void)
{
	run(IOMT_REPACK_EQUIVALENT);
}

static void isolating(void)
{
	run(IOMT_REPACK_ISOLATING);
}

static void compatible(void)
{
	run(IOMT_REPACK_COMPATIBLE);
}

/* Ids at random, or an answer to an easier question, some of them missing. */
static void some_ids(const struct iomt_repack_cfg *cfg, const struct deal *deal,
		     struct random *random, uint32_t *ids)
{
	struct iomt_repack_result result;
	bool any = random_below(random, 2), missing = !random_below(random, 4);

	CHECK_INT(play_solve(cfg, deal->devices, deal->count, ids, &result), 0);
	for (uint32_t d = 0; d < deal->count; d++) {
		if (any)
			ids[d] = 1 + (uint32_t)random_below(random, MOST);
		if (missing && !random_below(random, 4))
			ids[d] = IOMT_REPACK_NO_ID;
	}
}

static uint64_t cost(const struct iomt_repack_cfg *cfg, uint64_t ids, uint64_t tags, uint64_t moves)
{
	if (!cfg->id_cost && !cfg->tag_cost && !cfg->move_cost)
		return ids * 1000 + moves;
	return cfg->id_cost * ids + cfg->tag_cost * tags + cfg->move_cost * moves;
}

/* What is there may stay, and nothing is found that is dearer. */
static bool compare_costs(const struct iomt_repack_cfg *cfg, const struct deal *deal,
			  const struct iomt_repack_result *result)
{
	for (uint32_t d = 0; d < deal->count; d++) {
		if (cfg->present[d] == IOMT_REPACK_NO_ID)
			return false;
	}
	if (!sharing_holds(cfg->relation, deal->devices, deal->count, cfg->present))
		return false;
	CHECK(cost(cfg, result->ids, result->tags, result->moves) <=
	      cost(cfg, sharing_distinct(cfg->present, deal->count),
		   play_tags(deal->devices, deal->count, cfg->present), 0));
	return true;
}

static void with_present(void)
{
	struct random random;
	static struct deal cards;
	uint64_t stays = 0, moves = 0, end = times() / 4;

	random_init(&random, 77);
	for (uint64_t i = 0; i < end; i++) {
		struct iomt_repack_cfg cfg = play_cfg(
			(enum iomt_repack_relation)random_below(&random, IOMT_REPACK_RELATIONS));
		bool priced = random_below(&random, 2);
		struct iomt_repack_result result;
		uint32_t ids[MOST], present[MOST];

		cfg.last = MOST;
		deal(&cards, &random);
		cfg.relation = (uint8_t)random_below(&random, IOMT_REPACK_RELATIONS);
		some_ids(&cfg, &cards, &random, present);
		cfg.relation = (uint8_t)random_below(&random, IOMT_REPACK_RELATIONS);
		cfg.present = present;
		cfg.id_cost = priced ? (uint32_t)random_below(&random, 5) : 0;
		cfg.tag_cost = priced ? (uint32_t)random_below(&random, 3) : 0;
		cfg.move_cost = priced ? (uint32_t)random_below(&random, 5) : 0;
		CHECK_INT(play_solve(&cfg, cards.devices, cards.count, ids, &result), 0);
		CHECK_EQ(result.fewest, sharing_fewest(cfg.relation, cards.devices, cards.count));
		CHECK(priced || result.ids == result.fewest);
		stays += compare_costs(&cfg, &cards, &result) && !result.moves;
		moves += result.moves;
		if (i % 8 == 0)
			shuffle(&cfg, &cards, &random, ids);
	}
	CHECK(stays > end / 10 && moves > end / 10);
}

/* Few enough: not fewer than that without need, and never more. */
static void enough(void)
{
	struct random random;
	static struct deal cards;
	uint64_t apart = 0, end = times() / 4;

	random_init(&random, 78);
	for (uint64_t i = 0; i < end; i++) {
		struct iomt_repack_cfg cfg = play_cfg(
			(enum iomt_repack_relation)random_below(&random, IOMT_REPACK_RELATIONS));
		struct iomt_repack_result result, wide;
		uint32_t ids[MOST];

		deal(&cards, &random);
		CHECK_INT(play_solve(&cfg, cards.devices, cards.count, ids, &result), 0);
		cfg.enough = (uint32_t)random_below(&random, MOST + 2);
		cfg.last = cfg.first + MOST - 1;
		CHECK_INT(play_solve(&cfg, cards.devices, cards.count, ids, &wide), 0);
		CHECK_EQ(wide.fewest, result.fewest);
		CHECK(wide.ids == wide.fewest || wide.ids <= cfg.enough);
		CHECK_EQ(wide.tags, result.tags);
		apart += wide.ids > wide.fewest;
		if (i % 8 == 0)
			shuffle(&cfg, &cards, &random, ids);
	}
	CHECK(apart > end / 20);
}

/* Fewer ids than needed: said so, with the bound, and nothing changes. */
static void too_few(void)
{
	struct random random;
	static struct deal cards;
	uint64_t refused = 0, end = times() / 10;

	random_init(&random, 79);
	for (uint64_t i = 0; i < end; i++) {
		struct iomt_repack_cfg cfg = play_cfg(
			(enum iomt_repack_relation)random_below(&random, IOMT_REPACK_RELATIONS));
		struct iomt_repack_result result;
		uint32_t ids[MOST + 1] = {0}, fewest, room = 1 + (uint32_t)random_below(&random, 5);
		int err;

		deal(&cards, &random);
		cfg.last = cfg.first + room - 1;
		err = play_solve(&cfg, cards.devices, cards.count, ids, &result);
		fewest = sharing_fewest(cfg.relation, cards.devices, cards.count);
		CHECK_INT(err, fewest > room ? IOMT_ENOSPC : 0);
		CHECK_EQ(result.bound, fewest);
		refused += err != 0;
		for (uint32_t d = 0; err && d <= MOST; d++)
			CHECK_EQ(ids[d], 0);
	}
	CHECK(refused > end / 10);
}

TEST_SUITE(repack_random, TEST(equivalent), TEST(isolating), TEST(compatible), TEST(with_present),
	   TEST(enough), TEST(too_few));
