/* SPDX-License-Identifier: MIT */
/*
 * Every kind of device table beside a plain array, call by call, read by the reader of the
 * specifications; coherent, through functions, and incoherent, where hardware sees what was cleaned.
 */
#include "device_play.h"
#include "test.h"
#include <iomt/gather.h>

#define SLOTS 96u /* ids that are used: at both ends, and around the edges of tables */
#define STEPS 600u

struct player {
	struct provider provider;
	struct random random;
	struct iomt_device_table table;
	struct iomt_device_table_cfg cfg;
	struct iomt_device_inv inv;
	struct iomt_gather gather;
	uint32_t id[SLOTS];
	bool has[SLOTS];
	struct iomt_device_entry entry[SLOTS];
	uint64_t interrupts[SLOTS][2];
};

static void no_sync(struct iomt_device_inv *inv)
{
	(void)inv;
}

static uint32_t last_id(const struct player *player)
{
	return (uint32_t)((1ULL << player->cfg.id_bits) - 1);
}

/* 32 from 0 on, 32 to the last, 32 around an edge between; fewer where there are not so many. */
static void choose(struct player *player)
{
	uint32_t last = last_id(player);
	uint32_t edge = (uint32_t)(1ULL << (player->cfg.id_bits - player->cfg.id_bits / 3u));

	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		uint32_t from = slot % 32, id = from;

		if (slot >= 64)
			id = edge - 16 + from;
		else if (slot >= 32)
			id = last - from;
		player->id[slot] = id <= last ? id : 0;
	}
}

/* The slot that stands for an id: the first. */
static uint32_t owner(const struct player *player, uint32_t slot)
{
	uint32_t first = 0;

	while (player->id[first] != player->id[slot])
		first++;
	return first;
}

static void compare_slot(struct player *player, const struct device_unit *unit, uint32_t slot)
{
	struct device_meaning is, wanted;
	struct iomt_device_entry entry;
	uint64_t interrupts[2];
	uint32_t i = owner(player, slot);

	device_read(unit, player->id[slot], &is);
	device_wanted(player->cfg.format, player->has[i] ? &player->entry[i] : NULL, &wanted);
	CHECK_MSG(device_same(&is, &wanted), "id %u, seed %" PRIu64, player->id[slot],
		  player->random.seed);
	CHECK_INT(iomt_device_table_get(&player->table, player->id[slot], &entry),
		  player->has[i] ? 0 : IOMT_ENOENT);
	if (player->has[i]) {
		device_wanted(player->cfg.format, &entry, &is);
		CHECK(device_same(&is, &wanted));
	}
	if (player->cfg.format != IOMT_DEVICE_TABLE_AMD)
		return;
	CHECK_INT(iomt_device_table_interrupts(&player->table, player->id[slot], interrupts), 0);
	CHECK(!memcmp(interrupts, player->interrupts[i], sizeof(interrupts)));
}

static void compare(struct player *player)
{
	struct device_unit unit = device_unit_of(&player->provider, &player->table);
	struct iomt_device_table_stats stats;
	uint64_t count = 0, from = 0, next = 0;
	uint32_t id;

	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		compare_slot(player, &unit, slot);
		count += player->has[slot] && owner(player, slot) == slot;
	}
	for (; !iomt_device_table_next(&player->table, from, &id); next++, from = id + 1ULL)
		CHECK(id >= from);
	CHECK_EQ(next, count);
	iomt_device_table_stats(&player->table, &stats);
	CHECK_EQ(stats.entries, count);
	CHECK_EQ(stats.bytes, player->provider.live_bytes);
	CHECK_EQ(stats.tables, player->provider.live_pages);
}

static void set_one(struct player *player, uint32_t slot)
{
	struct iomt_device_entry entry = device_entry(&player->random, player->cfg.format);
	bool sync = random_below(&player->random, 4), may = random_below(&player->random, 4);
	int err;

	player->inv.sync = sync ? no_sync : NULL;
	err = iomt_device_table_set(&player->table, player->id[slot], &entry,
				    may ? IOMT_DEVICE_BREAK : 0, &player->inv);
	if (err == IOMT_EBUSY) {
		CHECK(!sync || (!may && player->has[slot]));
		return;
	}
	CHECK_INT(err, 0);
	player->has[slot] = true;
	player->entry[slot] = entry;
}

static void set_interrupts(struct player *player, uint32_t slot)
{
	uint64_t words[2] = {random_next(&player->random) & ~(3ULL << 54),
			     player->interrupts[slot][1]};
	int err;

	if (player->cfg.format == IOMT_DEVICE_TABLE_AMD && random_below(&player->random, 2))
		words[1] = random_next(&player->random);
	err = iomt_device_table_set_interrupts(&player->table, player->id[slot], words,
					       &player->inv);
	if (player->cfg.format != IOMT_DEVICE_TABLE_AMD) {
		CHECK_INT(err, IOMT_EOPNOTSUPP);
		return;
	}
	if (err) {
		CHECK_INT(err, IOMT_EBUSY);
		CHECK(!(player->cfg.flags & IOMT_DEVICE_TABLE_WIDE));
		CHECK(words[1] != player->interrupts[slot][1]);
		return;
	}
	CHECK_EQ(player->inv.what, IOMT_DEVICE_INV_ENTRY);
	memcpy(player->interrupts[slot], words, sizeof(words));
}

static void step(struct player *player)
{
	uint32_t slot = owner(player, (uint32_t)random_below(&player->random, SLOTS));
	uint32_t other = player->id[random_below(&player->random, SLOTS)];
	uint32_t first = player->id[slot] < other ? player->id[slot] : other;
	uint32_t last = player->id[slot] < other ? other : player->id[slot];

	switch (random_below(&player->random, 16)) {
	case 0:
		if (last - first < 1u << 14)
			CHECK_INT(iomt_device_table_reserve(&player->table, first, last,
							    &player->inv),
				  0);
		break;
	case 1:
		CHECK_INT(iomt_device_table_trim(&player->table, first, last, &player->inv,
						 &player->gather),
			  0);
		CHECK(!player->gather.tables == !player->inv.what);
		iomt_gather_release(&player->gather);
		break;
	case 2:
		set_interrupts(player, slot);
		break;
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
		CHECK_INT(iomt_device_table_clear(&player->table, player->id[slot], &player->inv),
			  player->has[slot] ? 0 : IOMT_ENOENT);
		player->has[slot] = false;
		break;
	default:
		set_one(player, slot);
	}
}

static void finish(struct player *player)
{
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		if (player->has[slot])
			CHECK_INT(iomt_device_table_clear(&player->table, player->id[slot],
							  &player->inv),
				  0);
		player->has[slot] = false;
	}
	CHECK_INT(iomt_device_table_trim(&player->table, 0, last_id(player), &player->inv,
					 &player->gather),
		  0);
	iomt_gather_release(&player->gather);
	compare(player);
	CHECK_EQ(player->provider.live_pages, 1);
	iomt_device_table_destroy(&player->table);
	provider_check_empty(&player->provider);
}

static void play(size_t kind, enum provider_kind provider)
{
	static struct player player;

	memset(&player, 0, sizeof(player));
	provider_init(&player.provider, provider);
	random_init(&player.random, 7 * kind + (uint64_t)provider);
	iomt_gather_init(&player.gather);
	player.cfg = device_kinds[kind];
	player.cfg.size = sizeof(player.cfg);
	player.cfg.mem = &player.provider.mem;
	choose(&player);
	CHECK_INT(iomt_device_table_init(&player.table, &player.cfg), 0);
	for (unsigned i = 0; i < STEPS; i++) {
		step(&player);
		if (i % 8 == 7)
			compare(&player);
	}
	finish(&player);
}

static void play_all(enum provider_kind provider)
{
	for (size_t kind = 0; kind < device_kind_count; kind++)
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

/* Whatever is asked for, what is accepted is legal, and what was asked for. */
static void wild_entries(void)
{
	static struct provider provider;
	struct iomt_device_inv inv = {.sync = no_sync};
	struct device_meaning is, wanted;
	struct iomt_device_table table;
	struct iomt_device_table_cfg cfg;
	struct iomt_device_entry entry;
	struct device_unit unit;
	struct random random;
	unsigned accepted, refused;
	int err;

	for (size_t kind = 0; kind < device_small_kind_count; kind++) {
		provider_init(&provider, PROVIDER_LINEAR);
		random_init(&random, kind);
		cfg = device_kinds[kind];
		cfg.size = sizeof(cfg);
		cfg.mem = &provider.mem;
		CHECK_INT(iomt_device_table_init(&table, &cfg), 0);
		unit = device_unit_of(&provider, &table);
		accepted = refused = 0;
		for (unsigned i = 0; i < 20000; i++) {
			entry = device_wild_entry(&random, cfg.format);
			err = iomt_device_table_set(&table, 0, &entry, IOMT_DEVICE_BREAK, &inv);
			refused += err != 0;
			accepted += !err;
			if (err) {
				CHECK(err == IOMT_EINVAL || err == IOMT_ERANGE);
				continue;
			}
			device_wanted(cfg.format, &entry, &wanted);
			device_read(&unit, 0, &is);
			CHECK_MSG(device_same(&is, &wanted), "kind %zu, step %u, seed %" PRIu64,
				  kind, i, random.seed);
		}
		CHECK(accepted > 1000 && refused > 1000);
		iomt_device_table_destroy(&table);
		provider_check_empty(&provider);
	}
}

TEST_SUITE(device_table_random, TEST(linear), TEST(by_functions), TEST(incoherent),
	   TEST(wild_entries));
