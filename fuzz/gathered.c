/* SPDX-License-Identifier: MIT */
#include "gathered.h"

static void owe(struct owed *owed, uint64_t first, uint64_t last)
{
	if (first < owed->range.first)
		owed->range.first = first;
	if (last > owed->range.last)
		owed->range.last = last;
}

/* The invalidations for a leaf: its size and, for runs of Arm and RISC-V, that of one entry. */
static void owe_size(struct owed *owed, const struct player *player, unsigned size_lg2)
{
	const struct kind *kind = player->field.kind;

	owed->sizes |= 1ULL << size_lg2;
	if (kind->walk >= WALK_ARM_S1)
		owed->sizes |= 1ULL << aim_unit_lg2(kind, aim_level(kind, size_lg2));
}

static void owe_cut(struct owed *owed, const struct player *player, const struct walker *walker,
		    uint64_t edge)
{
	const struct kind *kind = player->field.kind;
	struct walk found = walk(walker, edge);
	uint64_t size;

	if (found.result != WALK_MAPPED)
		return;
	size = (1ULL << found.size_lg2) - 1;
	if (!(edge & size))
		return;
	owe(owed, edge & ~size, edge | size);
	owe_size(owed, player, found.size_lg2);
	if (aim_needs_tables(kind, iomt_pt_sizes(&player->table->pt), found.size_lg2, edge))
		owed->levels |= 1u << aim_level(kind, found.size_lg2);
}

void owe_cuts(struct owed *owed, const struct player *player, const struct range *range)
{
	struct walker walker;

	if (!player->alone)
		return;
	walker = table_walker(player->table, false);
	owe_cut(owed, player, &walker, range->first);
	if (range->last != player->field.table_last)
		owe_cut(owed, player, &walker, range->last + 1);
}

/* What the range has of an interval, and the sizes of the leaves at both ends of that. */
static void owe_part(struct owed *owed, const struct player *player,
		     const struct interval *interval, const struct range *range)
{
	uint64_t first = interval->first > range->first ? interval->first : range->first;
	uint64_t last = interval->last < range->last ? interval->last : range->last;
	struct walker walker;

	if (first > last)
		return;
	owe(owed, first, last);
	if (!player->alone)
		return;
	walker = table_walker(player->table, false);
	owe_size(owed, player, walk(&walker, first).size_lg2);
	owe_size(owed, player, walk(&walker, last).size_lg2);
}

void owe_removed(struct owed *owed, const struct player *player, const struct range *range)
{
	for (size_t i = 0; i < player->model.count; i++)
		owe_part(owed, player, &player->model.intervals[i], range);
}

void owe_changed(struct owed *owed, const struct player *player, const struct range *range,
		 uint32_t mask, uint32_t prot)
{
	for (size_t i = 0; i < player->model.count; i++) {
		if ((player->model.intervals[i].prot & mask) != prot)
			owe_part(owed, player, &player->model.intervals[i], range);
	}
}

void owe_cleaned(struct owed *owed, const struct player *player, const struct range *range)
{
	for (size_t i = 0; i < player->model.count; i++) {
		if (player->model.intervals[i].dirty)
			owe_part(owed, player, &player->model.intervals[i], range);
	}
}

void check_owed(const struct player *player, const struct owed *owed)
{
	const struct iomt_gather *gather = player->gather;

	if (owed->range.first > owed->range.last)
		return;
	EXPECT(player, gather->first <= owed->range.first && gather->last >= owed->range.last,
	       "the gather holds 0x%" PRIx64 " to 0x%" PRIx64 ", not 0x%" PRIx64 " to 0x%" PRIx64,
	       gather->first, gather->last, owed->range.first, owed->range.last);
	EXPECT(player, gather->leaf_sizes && !(owed->sizes & ~gather->leaf_sizes),
	       "the gather does not know of leaf sizes 0x%" PRIx64,
	       owed->sizes & ~gather->leaf_sizes);
	EXPECT(player, !(owed->levels & ~gather->table_levels),
	       "the gather does not know of tables at levels 0x%x",
	       owed->levels & ~gather->table_levels);
}

void check_tables(const struct player *player, const struct iomt_gather *before)
{
	const struct iomt_gather *gather = player->gather;

	EXPECT(player,
	       gather->tables == before->tables ||
		       (gather->first <= gather->last && gather->table_levels),
	       "%u tables gathered, without a range or levels", gather->tables - before->tables);
}
