/* SPDX-License-Identifier: MIT */
/*
 * PASID tables and a plain array, call by call, with memory that runs out: hardware, as the
 * specifications have it, finds what the array says. A call that fails changes nothing.
 */
#include "pasid_table_input.h"
#include "table_play.h"
#include "target.h"
#include "test.h"
#include <iomt/gather.h>

#define MOST_STEPS 48u
#define SLOTS	   48u

struct player {
	struct provider provider;
	struct iomt_pasid_table_cfg cfg;
	struct iomt_pasid_table table;
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

/* PASIDs at both ends and around an edge between, no two the same; fewer than SLOTS in small tables. */
static unsigned choose(struct player *player)
{
	uint32_t last = (uint32_t)((1ULL << player->cfg.pasid_bits) - 1);
	unsigned count = 0;

	for (uint32_t i = 0; i < SLOTS / 3 && i <= last; i++)
		player->pasid[count++] = i;
	for (uint32_t i = 0; i < SLOTS / 3 && last > SLOTS; i++) {
		player->pasid[count++] = last / 2 - 8 + i;
		player->pasid[count++] = last - i;
	}
	return count;
}

static void compare(struct player *player, unsigned count)
{
	struct pasid_device device = {.provider = &player->provider,
				      .format = player->cfg.format,
				      .shadow = player->provider.kind == PROVIDER_INCOHERENT};
	struct iomt_pasid_table_stats stats;
	struct iomt_pasid_table_hw hw;
	uint64_t entries = 0;

	iomt_pasid_table_hw(&player->table, &hw);
	memcpy(device.word, hw.word, sizeof(device.word));
	for (unsigned i = 0; i < count; i++) {
		struct pasid_meaning is, wanted;

		pasid_read(&device, player->pasid[i], &is);
		pasid_wanted(player->cfg.format, player->has[i] ? &player->entry[i] : NULL,
			     &wanted);
		CHECK_MSG(pasid_same(&is, &wanted), "pasid %u", player->pasid[i]);
		entries += player->has[i];
	}
	iomt_pasid_table_stats(&player->table, &stats);
	CHECK_EQ(stats.entries, entries);
	CHECK_EQ(stats.bytes, player->provider.live_bytes);
	CHECK_EQ(stats.tables, player->provider.live_pages);
}

/* Makes one field what the specification does not allow. */
static void spoil(const struct player *player, struct iomt_pasid_entry *entry, unsigned which)
{
	if (player->cfg.format == IOMT_PASID_TABLE_GCR3) {
		entry->gcr3.root |= which % 2 ? 0x10 : 1ULL << 52;
	} else if (player->cfg.format == IOMT_PASID_TABLE_VTD) {
		switch (which % 4) {
		case 0:
			entry->vtd.stages = (enum iomt_vtd_stages)(5 + which);
			break;
		case 1:
			entry->vtd.aw = 4;
			break;
		case 2:
			entry->vtd.emt = 8;
			break;
		default:
			entry->vtd.flags |= 0x1000;
		}
	} else {
		switch (which % 4) {
		case 0:
			entry->cd.ips = 7;
			break;
		case 1:
			entry->cd.flags |= 1ULL << which % 15;
			break;
		case 2:
			entry->cd.half[0].used = true;
			entry->cd.half[0].tsz = 64;
			break;
		default:
			entry->cd.half[1] = (struct iomt_cd_half){.used = true};
		}
	}
}

static int set(struct player *player, const struct pasid_table_record *record, unsigned i)
{
	struct random random = {.state = record->value};
	struct iomt_pasid_entry entry = table_entry(&random, player->cfg.format);
	int err;

	if (record->flags & 4)
		spoil(player, &entry, record->spoilt);
	player->inv.sync = record->flags & 2 ? no_sync : NULL;
	err = iomt_pasid_table_set(&player->table, player->pasid[i], &entry,
				   record->flags & IOMT_PASID_BREAK, &player->inv);
	if (record->flags & 4) {
		CHECK(err == IOMT_EINVAL || err == IOMT_ERANGE);
		return 0;
	}
	if (err == IOMT_EBUSY) {
		CHECK(!player->inv.sync || (player->has[i] && !(record->flags & 1)));
		CHECK(player->cfg.format != IOMT_PASID_TABLE_GCR3);
		return 0;
	}
	if (!err) {
		player->has[i] = true;
		player->entry[i] = entry;
	}
	return err;
}

static int make(struct player *player, const struct pasid_table_record *record, unsigned count)
{
	unsigned i = record->first % count, j = record->last % count;
	uint32_t a = player->pasid[i], b = player->pasid[j];
	uint32_t first = a < b ? a : b, last = a < b ? b : a;
	int err;

	switch (record->operation % 8) {
	case 0: /* few tables, however far apart the slots are */
		return iomt_pasid_table_reserve(&player->table, a,
						a + 200 < player->pasid[count - 1] ? a + 200 : a,
						&player->inv);
	case 1:
		err = iomt_pasid_table_trim(&player->table, first, last, &player->inv,
					    &player->gather);
		CHECK(!player->gather.tables == !player->inv.what);
		iomt_gather_release(&player->gather);
		return err;
	case 2:
	case 3:
		CHECK_INT(iomt_pasid_table_clear(&player->table, a, &player->inv),
			  player->has[i] ? 0 : IOMT_ENOENT);
		player->has[i] = false;
		return 0;
	default:
		return set(player, record, i);
	}
}

static void step(struct player *player, const struct pasid_table_record *record, unsigned count)
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
	struct pasid_table_header header = {0};
	struct pasid_table_record record;
	unsigned count;

	memset(&player, 0, sizeof(player));
	memcpy(&header, data, size < sizeof(header) ? size : sizeof(header));
	provider_init(&player.provider, providers[header.provider % 3]);
	iomt_gather_init(&player.gather);
	player.cfg = table_kinds[header.kind % table_kind_count];
	player.cfg.size = sizeof(player.cfg);
	player.cfg.mem = &player.provider.mem;
	CHECK_INT(iomt_pasid_table_init(&player.table, &player.cfg), 0);
	count = choose(&player);
	for (unsigned i = 0; i < MOST_STEPS; i++) {
		size_t at = sizeof(header) + i * sizeof(record);

		if (at + sizeof(record) > size)
			break;
		memcpy(&record, data + at, sizeof(record));
		step(&player, &record, count);
	}
	iomt_pasid_table_destroy(&player.table);
	provider_check_empty(&player.provider);
	return 0;
}
