/* SPDX-License-Identifier: MIT */
/*
 * Device tables and a plain array, call by call, with memory that runs out: hardware, as the
 * specifications have it, finds what the array says, and never an entry that is not legal. A call that
 * fails changes nothing.
 */
#include "device_play.h"
#include "device_table_input.h"
#include "target.h"
#include "test.h"
#include <iomt/gather.h>

#define MOST_STEPS 48u
#define SLOTS	   48u

struct player {
	struct provider provider;
	struct iomt_device_table_cfg cfg;
	struct iomt_device_table table;
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

/* Ids at both ends and around an edge between, no two the same; fewer than SLOTS in small tables. */
static unsigned choose(struct player *player)
{
	uint32_t last = (uint32_t)((1ULL << player->cfg.id_bits) - 1);
	unsigned count = 0;

	for (uint32_t i = 0; i < SLOTS / 3 && i <= last; i++)
		player->id[count++] = i;
	for (uint32_t i = 0; i < SLOTS / 3 && last > SLOTS; i++) {
		player->id[count++] = last / 2 - 8 + i;
		player->id[count++] = last - i;
	}
	return count;
}

static void compare(struct player *player, unsigned count)
{
	struct device_unit unit = device_unit_of(&player->provider, &player->table);
	struct iomt_device_table_stats stats;
	uint64_t entries = 0, interrupts[2];

	for (unsigned i = 0; i < count; i++) {
		struct device_meaning is, wanted;

		device_read(&unit, player->id[i], &is);
		device_wanted(player->cfg.format, player->has[i] ? &player->entry[i] : NULL,
			      &wanted);
		CHECK_MSG(device_same(&is, &wanted), "id %u", player->id[i]);
		entries += player->has[i];
		if (iomt_device_table_interrupts(&player->table, player->id[i], interrupts))
			continue;
		CHECK_EQ(interrupts[0], player->interrupts[i][0]);
		CHECK_EQ(interrupts[1], player->interrupts[i][1]);
	}
	iomt_device_table_stats(&player->table, &stats);
	CHECK_EQ(stats.entries, entries);
	CHECK_EQ(stats.bytes, player->provider.live_bytes);
	CHECK_EQ(stats.tables, player->provider.live_pages);
}

static int set(struct player *player, const struct device_table_record *record, unsigned i)
{
	struct random random = {.state = record->value};
	bool wild = record->flags & 4;
	struct iomt_device_entry entry = wild ? device_wild_entry(&random, player->cfg.format)
					      : device_entry(&random, player->cfg.format);
	int err;

	player->inv.sync = record->flags & 2 ? no_sync : NULL;
	err = iomt_device_table_set(&player->table, player->id[i], &entry,
				    record->flags & IOMT_DEVICE_BREAK, &player->inv);
	if (wild && (err == IOMT_EINVAL || err == IOMT_ERANGE))
		return 0;
	if (err == IOMT_EBUSY) {
		CHECK(!player->inv.sync || (player->has[i] && !(record->flags & 1)));
		return 0;
	}
	if (!err) {
		player->has[i] = true;
		player->entry[i] = entry;
	}
	return err;
}

static void set_interrupts(struct player *player, const struct device_table_record *record,
			   unsigned i)
{
	uint64_t words[2] = {record->value | (uint64_t)record->high << 56, record->high};
	bool both = words[0] != player->interrupts[i][0] && words[1] != player->interrupts[i][1];
	bool amd = player->cfg.format == IOMT_DEVICE_TABLE_AMD;
	int err = iomt_device_table_set_interrupts(&player->table, player->id[i], words,
						   &player->inv);

	if (!amd) {
		CHECK_INT(err, IOMT_EOPNOTSUPP);
		return;
	}
	CHECK_INT(err, both && !(player->cfg.flags & IOMT_DEVICE_TABLE_WIDE) ? IOMT_EBUSY : 0);
	if (!err)
		memcpy(player->interrupts[i], words, sizeof(words));
}

static int make(struct player *player, const struct device_table_record *record, unsigned count)
{
	unsigned i = record->first % count, j = record->last % count;
	uint32_t a = player->id[i], b = player->id[j];
	uint32_t first = a < b ? a : b, last = a < b ? b : a;
	int err;

	switch (record->operation % 8) {
	case 0: /* few tables, however far apart the slots are */
		return iomt_device_table_reserve(&player->table, a,
						 a + 200 < player->id[count - 1] ? a + 200 : a,
						 &player->inv);
	case 1:
		err = iomt_device_table_trim(&player->table, first, last, &player->inv,
					     &player->gather);
		CHECK(!player->gather.tables == !player->inv.what);
		iomt_gather_release(&player->gather);
		return err;
	case 2:
		set_interrupts(player, record, i);
		return 0;
	case 3:
		CHECK_INT(iomt_device_table_clear(&player->table, a, &player->inv),
			  player->has[i] ? 0 : IOMT_ENOENT);
		player->has[i] = false;
		return 0;
	default:
		return set(player, record, i);
	}
}

static void step(struct player *player, const struct device_table_record *record, unsigned count)
{
	int err;

	if (record->fail)
		player->provider.fail_at = player->provider.allocations + record->fail;
	err = make(player, record, count);
	player->provider.fail_at = 0;
	CHECK(!err || (err == IOMT_ENOMEM && record->fail));
	compare(player, count);
	if (err)
		CHECK_INT(make(player, record, count), 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum provider_kind providers[] = {PROVIDER_LINEAR, PROVIDER_FUNCTIONS,
						       PROVIDER_INCOHERENT};
	static struct player player;
	struct device_table_header header = {0};
	struct device_table_record record;
	unsigned count;

	memset(&player, 0, sizeof(player));
	memcpy(&header, data, size < sizeof(header) ? size : sizeof(header));
	provider_init(&player.provider, providers[header.provider % 3]);
	iomt_gather_init(&player.gather);
	player.cfg = device_kinds[header.kind % device_small_kind_count];
	player.cfg.size = sizeof(player.cfg);
	player.cfg.mem = &player.provider.mem;
	CHECK_INT(iomt_device_table_init(&player.table, &player.cfg), 0);
	count = choose(&player);
	for (unsigned i = 0; i < MOST_STEPS; i++) {
		size_t at = sizeof(header) + i * sizeof(record);

		if (at + sizeof(record) > size)
			break;
		memcpy(&record, data + at, sizeof(record));
		step(&player, &record, count);
	}
	iomt_device_table_destroy(&player.table);
	provider_check_empty(&player.provider);
	return 0;
}
