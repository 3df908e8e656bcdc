/* SPDX-License-Identifier: MIT */
/*
 * Two threads on one table, in blocks that alternate: records of even number are the first
 * thread's, the others the second's. Blocks are from one granule to some tables long, so that both
 * meet in tables, in leaves to split, or only at the top. Afterwards all is as two models say.
 */
#include "check.h"
#include "pair.h"
#include "target.h"
#include <sched.h>

#define MOST_STEPS 16u
#define BLOCKS	   16u /* of each thread */

struct side {
	struct player player;
	struct iomt_gather gather;
	struct record records[MOST_STEPS];
	size_t count;
	struct field field; /* where the blocks are */
	uint64_t block;	    /* bytes */
	bool release;	    /* tables as soon as the record says, not at the end */
	unsigned index;
};

static struct side sides[2];
static struct table table;

/* The side's block number n. */
static void enter_block(struct side *side, uint64_t n)
{
	struct field *field = &side->player.field;

	field->first = side->field.first + (2 * (n % BLOCKS) + side->index) * side->block;
	field->last = field->first + (side->block - 1);
	field->recent = (struct range){field->first, field->last};
}

/* The other thread may be splitting a leaf: only where that takes a break, nothing is there. */
static void look(const struct player *player, uint64_t at)
{
	const struct interval *interval = model_find(&player->model, at);
	struct iomt_pt_leaf leaf = {0};
	int got = iomt_pt_translate(&player->table->pt, at, &leaf);

	if (!interval) {
		EXPECT(player, got == IOMT_ENOENT, "translate 0x%" PRIx64 " gave %d", at, got);
		return;
	}
	if (got == IOMT_ENOENT && kind_breaks(player->field.kind))
		return;
	EXPECT(player,
	       !got && leaf.oa == interval->oa + (at - interval->first) &&
		       leaf.prot == interval->prot,
	       "translate 0x%" PRIx64 " gave %d, 0x%" PRIx64 ", prot 0x%x", at, got, leaf.oa,
	       leaf.prot);
}

static void run_side(void *ctx)
{
	struct side *side = ctx;

	for (size_t i = 0; i < side->count;) {
		enter_block(side, side->records[i].at[1]);
		i += player_step(&side->player, &side->records[i], side->count - i);
		look(&side->player, side->player.field.recent.first);
		look(&side->player, side->player.field.recent.last);
		if (side->release)
			iomt_gather_release(&side->gather);
	}
}

/*
 * What one thread must not do while another acts: break without a hook, or write as hardware, which
 * no model would be told of. Where the other may break a leaf below both, next finds nothing for a
 * moment.
 */
static void tame(const struct script *script, struct record *record)
{
	enum operation operation = record_operation(record);

	if (operation == OP_WRITE)
		record->operation = OP_UNMAP;
	if (!kind_breaks(script->kind))
		return;
	record->flags &= (uint8_t)~RECORD_GATHER;
	if (operation == OP_NEXT && (script->header.more & HEADER_MORE_BELOW))
		record->operation = OP_UNMAP;
}

/* Hardware takes its time, and the other thread uses it. */
static void slow_sync(struct iomt_gather *gather)
{
	(void)gather;
	for (int i = 0; i < 4; i++)
		sched_yield();
}

static void side_open(struct side *side, unsigned index, const struct script *script)
{
	side->index = index;
	side->gather = table.gather;
	player_join(&side->player, &table, script, &side->gather);
	side->player.sync = slow_sync;
	side->gather.sync = slow_sync;
	side->field = side->player.field;
	side->field.first += (side->field.last - side->field.first) / 2 + 1;
	side->block = table.granule << (script->header.provider >> 3) % 14;
	side->release = script->header.more & HEADER_MORE_RELEASE;
	side->count = 0;
	for (size_t i = index; i < script->count && side->count < MOST_STEPS; i += 2) {
		side->records[side->count] = script->records[i];
		tame(script, &side->records[side->count++]);
	}
}

/* Large leaves under all blocks, for both to cut. */
static void map_below(void)
{
	uint64_t first = sides[0].field.first, length = 2 * BLOCKS * sides[0].block;
	uint64_t oa = first & sides[0].field.oa_last & ~(4 * length - 1);

	oa |= first & (4 * length - 1) & sides[0].field.oa_last;
	if (length > sides[0].field.last - first || length - 1 > sides[0].field.oa_last - oa)
		return;
	CHECK_INT(iomt_pt_map(&table.pt, first, oa, length, IOMT_READ | IOMT_WRITE, NULL), 0);
	for (unsigned block = 0; block < 2 * BLOCKS; block++) {
		uint64_t offset = block * sides[0].block;

		model_map(&sides[block & 1].player.model, first + offset,
			  first + offset + (sides[0].block - 1), oa + offset,
			  IOMT_READ | IOMT_WRITE);
	}
}

/* One player for what both left behind. */
static void join(struct player *all, const struct script *script)
{
	player_join(all, &table, script, &table.gather);
	all->alone = true;
	for (unsigned s = 0; s < 2; s++) {
		const struct model *model = &sides[s].player.model;

		for (size_t i = 0; i < model->count; i++) {
			const struct interval *interval = &model->intervals[i];

			model_map(&all->model, interval->first, interval->last, interval->oa,
				  interval->prot);
		}
		iomt_gather_release(&sides[s].gather);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct player all;
	struct script script;

	script_decode(data, size, &script);
	table_open(&table, script.kind, script.provider);
	side_open(&sides[0], 0, &script);
	side_open(&sides[1], 1, &script);
	if (script.header.more & HEADER_MORE_BELOW)
		map_below();
	run_pair(run_side, &sides[0], &sides[1]);
	join(&all, &script);
	player_close(&all, &script);
	return 0;
}
