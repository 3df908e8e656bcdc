/* SPDX-License-Identifier: MIT */
/*
 * Every kind of PASID table beside a plain array, call by call, read by the reader of the
 * specifications; coherent, through functions, and incoherent, where hardware sees what was cleaned.
 */
#include "table_play.h"
#include "test.h"
#include <iomt/gather.h>

#define SLOTS 96u /* PASIDs that are used: at both ends, and around the edges of tables */
#define STEPS 600u

struct player {
	struct provider provider;
	struct random random;
	struct iomt_pasid_table table;
	struct iomt_pasid_table_cfg cfg;
	struct iomt_pasid_inv inv;
	struct iomt_gather gather;
	uint32_t pasid[SLOTS];
	bool has[SLOTS];
	struct iomt_pasid_entry entry[SLOTS];
};

static void no_sync(struct iomt_pasid_inv *inv)
{
	(void)inv;
}

/* 32 from 0 on, 32 to the last, 32 around an edge between; fewer where there are not so many. */
static void choose(struct player *player)
{
	uint32_t last = (uint32_t)((1ULL << player->cfg.pasid_bits) - 1);
	uint32_t edge = 1u << (player->cfg.pasid_bits - player->cfg.pasid_bits / 3u);

	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		uint32_t from = slot % 32, pasid = from;

		if (slot >= 64)
			pasid = edge - 16 + from;
		else if (slot >= 32)
			pasid = last - from;
		player->pasid[slot] = pasid <= last ? pasid : 0;
	}
}

/* The slot that stands for a PASID: the first. */
static uint32_t owner(const struct player *player, uint32_t slot)
{
	uint32_t first = 0;

	while (player->pasid[first] != player->pasid[slot])
		first++;
	return first;
}

static void compare(struct player *player)
{
	struct iomt_pasid_table_stats stats;
	struct iomt_pasid_table_hw hw;
	struct pasid_meaning is, wanted;
	struct iomt_pasid_entry entry;
	struct pasid_device device = {.provider = &player->provider,
				      .format = player->cfg.format,
				      .shadow = player->provider.kind == PROVIDER_INCOHERENT};
	uint64_t count = 0, from = 0, next = 0;
	uint32_t pasid;

	iomt_pasid_table_hw(&player->table, &hw);
	memcpy(device.word, hw.word, sizeof(device.word));
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		uint32_t i = owner(player, slot);

		pasid_read(&device, player->pasid[slot], &is);
		pasid_wanted(player->cfg.format, player->has[i] ? &player->entry[i] : NULL,
			     &wanted);
		CHECK_MSG(pasid_same(&is, &wanted), "pasid %u, seed %" PRIu64, player->pasid[slot],
			  player->random.seed);
		CHECK_INT(iomt_pasid_table_get(&player->table, player->pasid[slot], &entry),
			  player->has[i] ? 0 : IOMT_ENOENT);
		if (player->has[i]) {
			pasid_wanted(player->cfg.format, &entry, &is);
			CHECK(pasid_same(&is, &wanted));
		}
		count += player->has[i] && i == slot;
	}
	for (; !iomt_pasid_table_next(&player->table, from, &pasid); next++, from = pasid + 1ULL)
		CHECK(pasid >= from);
	CHECK_EQ(next, count);
	iomt_pasid_table_stats(&player->table, &stats);
	CHECK_EQ(stats.entries, count);
	CHECK_EQ(stats.bytes, player->provider.live_bytes);
	CHECK_EQ(stats.tables, player->provider.live_pages);
}

static void set_one(struct player *player, uint32_t slot)
{
	struct iomt_pasid_entry entry = table_entry(&player->random, player->cfg.format);
	bool sync = random_below(&player->random, 4), may = random_below(&player->random, 4);
	int err;

	player->inv.sync = sync ? no_sync : NULL;
	err = iomt_pasid_table_set(&player->table, player->pasid[slot], &entry,
				   may ? IOMT_PASID_BREAK : 0, &player->inv);
	if (err == IOMT_EBUSY) {
		CHECK(!sync || (!may && player->has[slot]));
		CHECK(player->cfg.format != IOMT_PASID_TABLE_GCR3);
		return;
	}
	CHECK_INT(err, 0);
	player->has[slot] = true;
	player->entry[slot] = entry;
}

static void step(struct player *player)
{
	uint32_t slot = owner(player, (uint32_t)random_below(&player->random, SLOTS));
	uint32_t other = player->pasid[random_below(&player->random, SLOTS)];
	uint32_t first = player->pasid[slot] < other ? player->pasid[slot] : other;
	uint32_t last = player->pasid[slot] < other ? other : player->pasid[slot];

	switch (random_below(&player->random, 16)) {
	case 0:
		if (last - first < 1u << 14)
			CHECK_INT(iomt_pasid_table_reserve(&player->table, first, last,
							   &player->inv),
				  0);
		break;
	case 1:
		CHECK_INT(iomt_pasid_table_trim(&player->table, first, last, &player->inv,
						&player->gather),
			  0);
		CHECK(!player->gather.tables == !player->inv.what);
		iomt_gather_release(&player->gather);
		break;
	case 2:
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
		CHECK_INT(iomt_pasid_table_clear(&player->table, player->pasid[slot], &player->inv),
			  player->has[slot] ? 0 : IOMT_ENOENT);
		player->has[slot] = false;
		break;
	default:
		set_one(player, slot);
	}
}

static void play(size_t kind, enum provider_kind provider)
{
	static struct player player;

	memset(&player, 0, sizeof(player));
	provider_init(&player.provider, provider);
	random_init(&player.random, 7 * kind + (uint64_t)provider);
	iomt_gather_init(&player.gather);
	player.cfg = table_kinds[kind];
	player.cfg.size = sizeof(player.cfg);
	player.cfg.mem = &player.provider.mem;
	choose(&player);
	CHECK_INT(iomt_pasid_table_init(&player.table, &player.cfg), 0);
	for (unsigned i = 0; i < STEPS; i++) {
		step(&player);
		if (i % 4 == 3)
			compare(&player);
	}
	/* all gone, and all memory but the root */
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		if (player.has[slot])
			CHECK_INT(iomt_pasid_table_clear(&player.table, player.pasid[slot],
							 &player.inv),
				  0);
		player.has[slot] = false;
	}
	CHECK_INT(iomt_pasid_table_trim(&player.table, 0,
					(uint32_t)((1ULL << player.cfg.pasid_bits) - 1),
					&player.inv, &player.gather),
		  0);
	iomt_gather_release(&player.gather);
	compare(&player);
	CHECK_EQ(player.provider.live_pages, 1);
	iomt_pasid_table_destroy(&player.table);
	provider_check_empty(&player.provider);
}

static void play_all(enum provider_kind provider)
{
	for (size_t kind = 0; kind < table_kind_count; kind++)
		play(kind, provider);
}

static void linear(void)
{
	play_all(PROVIDER_LINEAR);
}

static void by_functions(void)
{
	play_all(PROVIDER_FUNCTIONS);
}

static void incoherent(void)
{
	play_all(PROVIDER_INCOHERENT);
}

TEST_SUITE(pasid_table_random, TEST(linear), TEST(by_functions), TEST(incoherent));
