/* SPDX-License-Identifier: MIT */
/* Map, unmap, protect, reserve, trim: in the library and in the model. */
#include "operations.h"
#include "check.h"
#include "gathered.h"

#define PERMISSIONS (IOMT_READ | IOMT_WRITE | IOMT_EXEC | IOMT_PRIV)
#define MOST_SEGS   8u
#define MOST_LEAVES 1024u

/* What translate says of a mapping: without an encryption bit, IOMT_MMIO means nothing. */
static uint32_t seen_prot(const struct player *player, uint32_t prot)
{
	return player->field.kind->enc_bit ? prot : prot & ~(uint32_t)IOMT_MMIO;
}

static bool is_reserved(const struct player *player, const struct args *args)
{
	return player->reserved.first <= args->range.first &&
	       player->reserved.last >= args->range.last;
}

static void forget_reserved(struct player *player)
{
	player->reserved = (struct range){1, 0};
}

/* Empty tables may have given way to large leaves; where hardware needs it, after a break. */
static void note_replaced(struct player *player, const struct before *before)
{
	if (player->gather->tables == before->gather.tables)
		return;
	check_tables(player, &before->gather);
	if (player->alone && kind_breaks(player->field.kind))
		EXPECT(player, player->table->syncs != before->syncs,
		       "tables gave way without a break");
	forget_reserved(player);
}

void play_map(struct player *player, const struct record *record)
{
	struct args args = pick_args(player, record, true);
	struct iomt_gather *gather = player_gather(player, record);
	bool cursor = record->at_shift & RECORD_CURSOR;
	struct errors errors = {.count = 0};
	struct before before;
	int got;

	errors_of_output(&errors, player, args.oa, args.length);
	errors_of_range(&errors, player, &args);
	errors_of_prot(&errors, player, args.prot);
	if (!errors.count && !model_is_free(&player->model, args.range.first, args.range.last))
		errors_add(&errors, IOMT_EEXIST);
	call_begin(player, &before);
	say(player, "%s(iomt_pt_%s, 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%x, %s), %d);",
	    say_check(player), cursor ? "cursor_map(&cursor" : "map(&t.pt", args.iova, args.oa,
	    args.length, args.prot, say_gather(player, record), errors.count ? errors.codes[0] : 0);
	got = cursor ? iomt_pt_cursor_map(&player->cursor, args.iova, args.oa, args.length,
					  args.prot, gather)
		     : iomt_pt_map(&player->table->pt, args.iova, args.oa, args.length, args.prot,
				   gather);
	EXPECT(player, got != IOMT_ENOMEM || !is_reserved(player, &args),
	       "no memory for a map into what is reserved");
	if (call_end(player, &before, "map", got, &errors) != DONE)
		return;
	model_map(&player->model, args.range.first, args.range.last, args.oa,
		  seen_prot(player, args.prot));
	note_replaced(player, &before);
}

/* Addresses out of step with each other allow small leaves alone: not too many of them. */
static uint64_t most_bytes(uint64_t iova, uint64_t oa)
{
	uint64_t differ = iova ^ oa;

	return differ ? MOST_LEAVES * (differ & -differ) : UINT64_MAX;
}

/* The segments that the records describe, as many of them as the field has room for. */
static size_t pick_segs(const struct player *player, const struct record *records, size_t count,
			struct range *range, struct iomt_seg *segs)
{
	uint64_t at = range->first;
	size_t used = 0;

	while (used < count) {
		struct range piece = aim_range(&player->field, &player->model, &records[used]);
		uint64_t bytes = piece.last - piece.first;

		piece.first = at;
		piece.last = bytes < player->field.last - at ? at + bytes : player->field.last;
		segs[used].oa = aim_output(&player->field, &player->model, &records[used], &piece);
		if (used && (records[used].oa_mode & 7) == 3)
			segs[used].oa = segs[used - 1].oa + segs[used - 1].length;
		bytes = most_bytes(at, segs[used].oa) - 1;
		if (bytes < piece.last - piece.first)
			piece.last = piece.first + bytes;
		bytes = piece.last - piece.first;
		if (segs[used].oa > player->field.oa_last ||
		    bytes > player->field.oa_last - segs[used].oa)
			break;
		segs[used++].length = bytes + 1;
		range->last = piece.last;
		if (piece.last == player->field.last)
			break;
		at = piece.last + 1;
	}
	return used;
}

static void say_segs(const struct player *player, const struct iomt_seg *segs, size_t count)
{
	if (!player->calls)
		return;
	fprintf(player->calls, "\tmemcpy(segs, (struct iomt_seg[]){");
	for (size_t i = 0; i < count; i++)
		fprintf(player->calls, "{0x%" PRIx64 ", 0x%" PRIx64 "}, ", segs[i].oa,
			segs[i].length);
	fprintf(player->calls, "}, %zu * sizeof(*segs));\n", count);
}

static void model_map_segs(struct player *player, const struct args *args,
			   const struct iomt_seg *segs, size_t count)
{
	uint64_t at = args->range.first;

	for (size_t i = 0; i < count; at += segs[i++].length)
		model_map(&player->model, at, at + segs[i].length - 1, segs[i].oa,
			  seen_prot(player, args->prot));
}

size_t play_map_sg(struct player *player, const struct record *records, size_t count)
{
	struct iomt_gather *gather = player_gather(player, &records[0]);
	struct args args = pick_args(player, &records[0], true);
	struct iomt_seg segs[MOST_SEGS];
	size_t wanted = 1 + (records[0].length & (MOST_SEGS - 1)), used;
	struct errors errors = {.count = 0};
	struct before before;
	int got;

	used = pick_segs(player, records, wanted < count ? wanted : count, &args.range, segs);
	if (!used)
		return 1;
	if (RECORD_SPOIL(records[0].flags) == SPOIL_OA)
		segs[used - 1].oa = spoilt_output(player, &records[0], segs[used - 1].oa,
						  segs[used - 1].length);
	if (RECORD_SPOIL(records[0].flags) == SPOIL_EMPTY)
		segs[used - 1].length = 0;
	args.length = 0;
	for (size_t i = 0; i < used; i++) {
		args.length += segs[i].length;
		if (!errors.count)
			errors_of_output(&errors, player, segs[i].oa, segs[i].length);
	}
	errors_of_range(&errors, player, &args);
	errors_of_prot(&errors, player, args.prot);
	if (!errors.count && !model_is_free(&player->model, args.range.first, args.range.last))
		errors_add(&errors, IOMT_EEXIST);
	call_begin(player, &before);
	say_segs(player, segs, used);
	say(player, "%s(iomt_pt_map_sg(&%s.pt, 0x%" PRIx64 ", segs, %zu, 0x%x, %s), %d);",
	    say_check(player), player->table_name, args.iova, used, args.prot,
	    say_gather(player, &records[0]), errors.count ? errors.codes[0] : 0);
	got = iomt_pt_map_sg(&player->table->pt, args.iova, segs, used, args.prot, gather);
	EXPECT(player, got != IOMT_ENOMEM || !is_reserved(player, &args),
	       "no memory for a map into what is reserved");
	if (call_end(player, &before, "map_sg", got, &errors) == DONE) {
		model_map_segs(player, &args, segs, used);
		note_replaced(player, &before);
	}
	player->field.recent = args.range;
	return used;
}

void play_unmap(struct player *player, const struct record *record)
{
	struct args args = pick_args(player, record, false);
	struct iomt_gather *gather = player_gather(player, record);
	bool cursor = record->at_shift & RECORD_CURSOR;
	struct errors errors = {.count = 0};
	struct owed owed = OWED_NOTHING;
	uint64_t bytes = 1, want = 0;
	struct before before;
	enum outcome outcome;
	int got;

	errors_of_range(&errors, player, &args);
	errors_of_cut(&errors, player, &args, gather);
	if (!errors.count) {
		want = model_bytes(&player->model, args.range.first, args.range.last);
		owe_cuts(&owed, player, &args.range);
		owe_removed(&owed, player, &args.range);
	}
	call_begin(player, &before);
	say(player, "%s(iomt_pt_%s, 0x%" PRIx64 ", 0x%" PRIx64 ", &bytes, %s), %d);",
	    say_check(player), cursor ? "cursor_unmap(&cursor" : "unmap(&t.pt", args.iova,
	    args.length, say_gather(player, record), errors.count ? errors.codes[0] : 0);
	got = cursor ? iomt_pt_cursor_unmap(&player->cursor, args.iova, args.length, &bytes, gather)
		     : iomt_pt_unmap(&player->table->pt, args.iova, args.length, &bytes, gather);
	outcome = call_end(player, &before, "unmap", got, &errors);
	EXPECT(player, bytes == (got ? 0 : want),
	       "unmap removed 0x%" PRIx64 " bytes, not 0x%" PRIx64, bytes, got ? 0 : want);
	if (outcome != DONE)
		return;
	say(player, "CHECK_EQ(bytes, 0x%" PRIx64 ");", want);
	if (gather)
		check_owed(player, &owed);
	model_unmap(&player->model, args.range.first, args.range.last);
}

void play_protect(struct player *player, const struct record *record)
{
	struct args args = pick_args(player, record, false);
	struct iomt_gather *gather = player_gather(player, record);
	struct errors errors = {.count = 0};
	struct owed owed = OWED_NOTHING;
	struct before before;
	int got;

	errors_of_range(&errors, player, &args);
	if (args.prot & ~(uint32_t)PERMISSIONS)
		errors_add(&errors, IOMT_EINVAL);
	else
		errors_of_prot(&errors, player, args.prot);
	errors_of_cut(&errors, player, &args, gather);
	if (!errors.count) {
		owe_cuts(&owed, player, &args.range);
		owe_changed(&owed, player, &args.range, PERMISSIONS, args.prot);
	}
	call_begin(player, &before);
	say(player, "%s(iomt_pt_protect(&%s.pt, 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%x, %s), %d);",
	    say_check(player), player->table_name, args.iova, args.length, args.prot,
	    say_gather(player, record), errors.count ? errors.codes[0] : 0);
	got = iomt_pt_protect(&player->table->pt, args.iova, args.length, args.prot, gather);
	if (call_end(player, &before, "protect", got, &errors) != DONE)
		return;
	if (gather)
		check_owed(player, &owed);
	model_protect(&player->model, args.range.first, args.range.last, PERMISSIONS, args.prot);
}

void play_reserve(struct player *player, const struct record *record)
{
	struct args args = pick_args(player, record, false);
	unsigned span_lg2 = aim_unit_lg2(player->field.kind, 1);
	uint64_t most = ((uint64_t)AIM_TABLES << span_lg2) - 1;
	struct errors errors = {.count = 0};
	struct before before;
	int got;

	if (args.range.last - args.range.first > most) {
		args.range.last = args.range.first + most;
		if (args.length > most + 1 && RECORD_SPOIL(record->flags) != SPOIL_FAR)
			args.length = most + 1;
	}
	errors_of_range(&errors, player, &args);
	call_begin(player, &before);
	say(player, "%s(iomt_pt_reserve(&%s.pt, 0x%" PRIx64 ", 0x%" PRIx64 "), %d);",
	    say_check(player), player->table_name, args.iova, args.length,
	    errors.count ? errors.codes[0] : 0);
	got = iomt_pt_reserve(&player->table->pt, args.iova, args.length);
	if (call_end(player, &before, "reserve", got, &errors) == DONE &&
	    model_is_free(&player->model, args.range.first, args.range.last))
		player->reserved = args.range;
}

void play_trim(struct player *player, const struct record *record)
{
	struct args args = pick_args(player, record, false);
	struct iomt_gather *gather = player_gather(player, record);
	struct errors errors = {.count = 0};
	struct before before;
	int got;

	errors_of_range(&errors, player, &args);
	if (!gather)
		errors_add(&errors, IOMT_EINVAL);
	call_begin(player, &before);
	say(player, "%s(iomt_pt_trim(&%s.pt, 0x%" PRIx64 ", 0x%" PRIx64 ", %s), %d);",
	    say_check(player), player->table_name, args.iova, args.length,
	    say_gather(player, record), errors.count ? errors.codes[0] : 0);
	got = iomt_pt_trim(&player->table->pt, args.iova, args.length, gather);
	call_end(player, &before, "trim", got, &errors);
	check_tables(player, &before.gather);
	if (args.range.first <= player->reserved.last && args.range.last >= player->reserved.first)
		forget_reserved(player);
}

/* All that the range holds, or an edge that is refused. */
void play_next(struct player *player, const struct record *record)
{
	struct args args = pick_args(player, record, false);
	struct errors errors = {.count = 0};
	struct iomt_pt_run run;
	int got;

	errors_of_range(&errors, player, &args);
	if (!errors.count) {
		say(player, "/* all runs from 0x%" PRIx64 " to 0x%" PRIx64 " */", args.range.first,
		    args.range.last);
		check_runs(player, args.range.first, args.range.last);
		return;
	}
	/* a length of 0 is a range that ends before it begins, but at 0 */
	if (!args.iova && !args.length)
		return;
	got = iomt_pt_next(&player->table->pt, args.iova, args.iova + args.length - 1, &run);
	EXPECT(player, got == IOMT_EINVAL || got == IOMT_ERANGE, "next gave %d", got);
}
