/* SPDX-License-Identifier: MIT */
#include "play.h"
#include "arena.h"
#include "check.h"
#include "operations.h"
#include <stdarg.h>

#define LARGE_TOP (1u << 16) /* bytes, with the levels below but the lowest */

void say(const struct player *player, const char *format, ...)
{
	va_list args;

	if (!player->calls)
		return;
	va_start(args, format);
	fputc('\t', player->calls);
	vfprintf(player->calls, format, args);
	fputc('\n', player->calls);
	va_end(args);
}

static struct field whole_field(struct table *table, const struct script *script)
{
	struct field field = {
		.kind = script->kind,
		.first = table->first,
		.last = table->last,
		.sizes = iomt_pt_sizes(&table->pt),
	};
	struct iomt_pt_hw hw;

	iomt_pt_hw(&table->pt, &hw);
	field.oa_last = (1ULL << hw.oa_bits) - 1;
	if ((script->kind->flags & IOMT_PT_SIGNED) && (script->header.place & HEADER_NEGATIVE)) {
		field.first = ~table->last;
		field.last = UINT64_MAX;
	}
	field.table_first = field.first;
	field.table_last = field.last;
	field.recent = (struct range){field.first, field.first + (table->granule - 1)};
	return field;
}

void player_join(struct player *player, struct table *table, const struct script *script,
		 struct iomt_gather *gather)
{
	player->table = table;
	player->field = whole_field(table, script);
	player->model.count = 0; /* its memory stays, for the next input */
	iomt_pt_cursor_init(&player->cursor, &table->pt);
	player->gather = gather;
	player->sync = table->gather.sync;
	player->levels = 0;
	player->shadow = script->provider == PROVIDER_INCOHERENT;
	player->alone = false;
	player->fail_at = 0;
	player->reserved = (struct range){1, 0};
}

void player_open(struct player *player, struct table *table, const struct script *script)
{
	table_open(table, script->kind, script->provider);
	player_join(player, table, script, &table->gather);
	player->alone = true;
}

struct iomt_gather *player_gather(struct player *player, const struct record *record)
{
	bool sync = (record->flags & RECORD_GATHER) != GATHER_NO_SYNC;

	if ((record->flags & RECORD_GATHER) == GATHER_NONE)
		return NULL;
	if (sync != !!player->gather->sync)
		say(player, "(%s)->sync = %s;", player->gather_name, sync ? "sync" : "NULL");
	player->gather->sync = sync ? player->sync : NULL;
	return player->gather;
}

static size_t play(struct player *player, const struct record *records, size_t count)
{
	switch (record_operation(records)) {
	case OP_MAP:
		play_map(player, records);
		return 1;
	case OP_MAP_SG:
		return play_map_sg(player, records, count);
	case OP_UNMAP:
		play_unmap(player, records);
		return 1;
	case OP_PROTECT:
		play_protect(player, records);
		return 1;
	case OP_DIRTY:
		play_dirty(player, records);
		return 1;
	case OP_WRITE:
		play_write(player, records);
		return 1;
	case OP_RESERVE:
		play_reserve(player, records);
		return 1;
	case OP_TRIM:
		play_trim(player, records);
		return 1;
	default:
		play_next(player, records);
		return 1;
	}
}

/* A top that grew was told of before the call returned. */
static void check_top(struct player *player)
{
	struct iomt_pt_hw hw;

	if (!player->field.kind->grows || !player->alone)
		return;
	iomt_pt_hw(&player->table->pt, &hw);
	if (player->levels)
		EXPECT(player, hw.levels == player->levels || player->table->tops,
		       "%u levels, and nobody was told", hw.levels);
	player->levels = hw.levels;
	player->table->tops = 0;
}

size_t player_step(struct player *player, const struct record *records, size_t count)
{
	size_t used = play(player, records, count);

	if (!player->alone)
		return used;
	check_top(player);
	check_edges(player, &player->field.recent);
	if (records->flags & RECORD_RELEASE) {
		say(player, "iomt_gather_release(%s);", player->gather_name);
		iomt_gather_release(player->gather);
	}
	check_memory(player);
	return used;
}

/* At which allocation, for once or from there on: by the high half of the first byte. */
static uint64_t failure(const struct record *record)
{
	static const uint64_t failures[16] = {
		[7] = 1,
		[8] = 2,
		[9] = 3,
		[10] = 4,
		[11] = 6,
		[12] = 1 | ARENA_FAIL_FROM,
		[13] = 2 | ARENA_FAIL_FROM,
		[14] = 3 | ARENA_FAIL_FROM,
		[15] = 5 | ARENA_FAIL_FROM,
	};

	return failures[record->operation >> 4];
}

void player_run(struct player *player, const struct script *script)
{
	for (size_t i = 0; i < script->count;) {
		player->fail_at = player->fails ? failure(&script->records[i]) : 0;
		i += player_step(player, &script->records[i], script->count - i);
	}
	player->fail_at = 0;
}

/* In two halves: all of a 64-bit address space has no length. */
static void unmap_all(struct player *player)
{
	const struct field *field = &player->field;
	uint64_t half = (field->last - field->first) / 2 + 1, bytes[2] = {0, 0};
	uint64_t want = model_bytes(&player->model, field->first, field->last);

	say(player,
	    "CHECK_INT(iomt_pt_unmap(&%s.pt, 0x%" PRIx64 ", 0x%" PRIx64 ", &bytes, %s), 0);",
	    player->table_name, field->first, half, player->gather_name);
	CHECK_INT(iomt_pt_unmap(&player->table->pt, field->first, half, &bytes[0], player->gather),
		  0);
	say(player,
	    "CHECK_INT(iomt_pt_unmap(&%s.pt, 0x%" PRIx64 ", 0x%" PRIx64 ", &bytes, %s), 0);",
	    player->table_name, field->first + half, half, player->gather_name);
	CHECK_INT(iomt_pt_unmap(&player->table->pt, field->first + half, half, &bytes[1],
				player->gather),
		  0);
	EXPECT(player, bytes[0] + bytes[1] == want,
	       "all is 0x%" PRIx64 " and 0x%" PRIx64 " bytes, not 0x%" PRIx64, bytes[0], bytes[1],
	       want);
	player->model.count = 0;
}

/* When nothing is mapped, trim leaves the top table alone. */
static void trim_all(struct player *player)
{
	const struct field *field = &player->field;
	uint64_t half = (field->last - field->first) / 2 + 1;
	struct iomt_pt *pt = &player->table->pt;
	struct iomt_pt_stats stats;
	uint64_t tables = 0;

	CHECK_INT(iomt_pt_trim(pt, field->first, half, player->gather), 0);
	CHECK_INT(iomt_pt_trim(pt, field->first + half, half, player->gather), 0);
	iomt_pt_stats(pt, &stats);
	for (unsigned level = 0; level < IOMT_PT_MAX_LEVELS; level++)
		tables += stats.tables[level];
	EXPECT(player, tables == 1, "%" PRIu64 " tables after all was trimmed", tables);
}

/* 32768 slots one by one, as with some of Arm's concatenated tops, are too many for every input. */
static enum ending pick_ending(const struct player *player, const struct header *header)
{
	struct iomt_pt_stats stats;

	iomt_pt_stats(&player->table->pt, &stats);
	if (stats.bytes - stats.tables[0] * player->table->granule > LARGE_TOP &&
	    !(header->more & HEADER_MORE_PATIENT))
		return ENDING_LEAVE;
	return header_ending(header);
}

void player_close(struct player *player, const struct script *script)
{
	enum ending ending = pick_ending(player, &script->header);

	player->gather->sync = player->sync;
	check_all(player);
	if (ending == ENDING_SEARCH)
		check_runs(player, player->field.first, player->field.last);
	if (!kind_breaks(script->kind))
		EXPECT(player, !player->table->syncs, "a break where none is needed");
	if (ending == ENDING_UNMAP || ending == ENDING_TRIM)
		unmap_all(player);
	if (ending == ENDING_TRIM)
		trim_all(player);
	say(player, "table_close(&%s);", player->table_name);
	iomt_gather_release(player->gather);
	check_memory(player);
	if (ending != ENDING_DESTROY)
		return;
	iomt_pt_destroy(&player->table->pt);
	provider_check_empty(&player->table->provider);
}
