/* SPDX-License-Identifier: MIT */
#include "check.h"

static void check_empty(const struct player *player, uint64_t at, int got, const struct walk *seen)
{
	EXPECT(player, got == IOMT_ENOENT, "translate 0x%" PRIx64 " gave %d, nothing is there", at,
	       got);
	EXPECT(player, seen->result == WALK_EMPTY, "the walker finds something at 0x%" PRIx64, at);
}

/* What hardware may do here, by the specification. */
static void check_permissions(const struct player *player, uint64_t at,
			      const struct interval *interval, const struct walk *seen)
{
	bool exec = (interval->prot & IOMT_EXEC) != 0;

	/* in these formats, nobody asks */
	if (player->field.kind->walk == WALK_AMDV1 || player->field.kind->walk == WALK_VTD_SS)
		exec = false;
	EXPECT(player,
	       seen->read == !!(interval->prot & IOMT_READ) &&
		       seen->write == !!(interval->prot & IOMT_WRITE) && seen->exec == exec,
	       "the walker sees other permissions at 0x%" PRIx64 ": %d%d%d for 0x%x", at,
	       seen->read, seen->write, seen->exec, interval->prot);
}

void check_at(const struct player *player, const struct walker *walker, uint64_t at)
{
	const struct interval *interval = model_find(&player->model, at);
	struct iomt_pt_leaf leaf = {0};
	int got = iomt_pt_translate(&player->table->pt, at, &leaf);
	struct walk seen = walk(walker, at);

	EXPECT(player, seen.result != WALK_BAD, "the walker at 0x%" PRIx64 ": %s", at,
	       seen.why ? seen.why : "");
	if (!interval) {
		check_empty(player, at, got, &seen);
		return;
	}
	EXPECT(player, !got && leaf.oa == interval->oa + (at - interval->first),
	       "translate 0x%" PRIx64 " gave %d, 0x%" PRIx64 ", not 0x%" PRIx64, at, got, leaf.oa,
	       interval->oa + (at - interval->first));
	EXPECT(player, leaf.prot == interval->prot, "prot of 0x%" PRIx64 " is 0x%x, not 0x%x", at,
	       leaf.prot, interval->prot);
	EXPECT(player, seen.result == WALK_MAPPED && seen.oa == leaf.oa,
	       "the walker at 0x%" PRIx64 " sees 0x%" PRIx64, at, seen.oa);
	EXPECT(player, seen.size_lg2 == leaf.size_lg2,
	       "the walker sees 2^%u bytes at 0x%" PRIx64 ", not 2^%u", seen.size_lg2, at,
	       leaf.size_lg2);
	EXPECT(player, leaf.level == aim_level(player->field.kind, leaf.size_lg2),
	       "a leaf of 2^%u bytes at level %u", leaf.size_lg2, leaf.level);
	check_permissions(player, at, interval, &seen);
	if (player->field.kind->flags & IOMT_PT_DIRTY)
		EXPECT(player, leaf.dirty == interval->dirty && seen.dirty == interval->dirty,
		       "0x%" PRIx64 " is %d, %d by the walker, should be %d", at, leaf.dirty,
		       seen.dirty, interval->dirty);
}

/* Asked together, or for the output address alone, the library says the same. */
static void check_many(const struct player *player, const uint64_t *iovas, unsigned count)
{
	const struct iomt_pt *pt = &player->table->pt;
	struct iomt_pt_leaf leaves[3];

	iomt_pt_translate_many(pt, iovas, count, leaves);
	for (unsigned i = 0; i < count; i++) {
		struct iomt_pt_leaf leaf = {0};
		uint64_t oa = 0;

		iomt_pt_translate(pt, iovas[i], &leaf);
		iomt_pt_oa(pt, iovas[i], &oa);
		EXPECT(player,
		       oa == leaf.oa && leaves[i].entry == leaf.entry && leaves[i].oa == oa &&
			       leaves[i].prot == leaf.prot && leaves[i].size_lg2 == leaf.size_lg2 &&
			       leaves[i].dirty == leaf.dirty,
		       "0x%" PRIx64 " in a batch is not what it is alone", iovas[i]);
	}
}

void check_edges(struct player *player, const struct range *range)
{
	struct walker walker = table_walker(player->table, player->shadow);
	uint64_t middle = range->first + (range->last - range->first) / 2;

	if (player->alone)
		check_many(player, (uint64_t[]){range->first, middle, range->last}, 3);

	check_at(player, &walker, range->first);
	check_at(player, &walker, range->last);
	check_at(player, &walker, middle);
	if (range->first != player->field.first)
		check_at(player, &walker, range->first - 1);
	if (range->last != player->field.last)
		check_at(player, &walker, range->last + 1);
}

static void check_run(const struct player *player, const struct iomt_pt_run *run, uint64_t at,
		      uint64_t last)
{
	const struct interval *interval = model_find(&player->model, run->iova);

	EXPECT(player, run->iova >= at && run->last >= run->iova && run->last <= last,
	       "a run from 0x%" PRIx64 " to 0x%" PRIx64 " when asked from 0x%" PRIx64
	       " to 0x%" PRIx64,
	       run->iova, run->last, at, last);
	EXPECT(player,
	       interval && run->oa == interval->oa + (run->iova - interval->first) &&
		       run->prot == interval->prot,
	       "a run at 0x%" PRIx64 ", to 0x%" PRIx64 ", prot 0x%x", run->iova, run->oa,
	       run->prot);
	while (interval->last < run->last) {
		const struct interval *next = model_find(&player->model, interval->last + 1);

		EXPECT(player,
		       next && next->prot == run->prot &&
			       next->oa == run->oa + (next->first - run->iova),
		       "a run from 0x%" PRIx64 " to 0x%" PRIx64 " joins what differs", run->iova,
		       run->last);
		interval = next;
	}
}

void check_runs(const struct player *player, uint64_t first, uint64_t last)
{
	uint64_t bytes = 0;
	struct iomt_pt_run run;

	for (uint64_t at = first; !iomt_pt_next(&player->table->pt, at, last, &run);
	     at = run.last + 1) {
		check_run(player, &run, at, last);
		bytes += run.last - run.iova + 1;
		if (run.last == last)
			break;
	}
	/* what another thread is splitting may be gone for a moment, where that takes a break */
	if (!player->alone && kind_breaks(player->table->kind))
		return;
	EXPECT(player, bytes == model_bytes(&player->model, first, last),
	       "runs from 0x%" PRIx64 " to 0x%" PRIx64 " hold 0x%" PRIx64 " bytes", first, last,
	       bytes);
}

/* Leaf by leaf, but in long intervals only near their ends. */
#define MOST_GRANULES 16

static void check_around(const struct player *player, const struct interval *interval)
{
	uint64_t granule = player->table->granule, most = MOST_GRANULES * granule;
	uint64_t first = interval->first, last = interval->last;

	if (first != player->field.first)
		first -= granule;
	if (last != player->field.last)
		last += granule;
	if (last - first < 2 * most) {
		check_runs(player, first, last);
		return;
	}
	check_runs(player, first, first + most - 1);
	check_runs(player, last - most + 1, last);
}

void check_all(struct player *player)
{
	struct walker walker = table_walker(player->table, player->shadow);

	for (size_t i = 0; i < player->model.count; i++) {
		const struct interval *interval = &player->model.intervals[i];

		check_at(player, &walker, interval->first);
		check_at(player, &walker, interval->last);
		if (interval->last != player->field.last)
			check_at(player, &walker, interval->last + 1);
		check_around(player, interval);
	}
}

void check_memory(const struct player *player)
{
	const struct provider *provider = &player->table->provider;
	struct iomt_pt_stats stats;
	uint64_t tables = 0;

	if (player->gather->tables || player->gather->chunks_)
		return;
	iomt_pt_stats(&player->table->pt, &stats);
	for (unsigned level = 0; level < IOMT_PT_MAX_LEVELS; level++)
		tables += stats.tables[level];
	CHECK_EQ(stats.bytes, provider->live_bytes);
	CHECK_EQ(tables, provider->live_pages);
}
