/* SPDX-License-Identifier: MIT */
/*
 * Long random runs: every operation against the reference model, every state against the walker.
 * IOMT_TEST_SEED=n repeats a run; each run prints its seed when it fails.
 */
#include "random.h"
#include "kinds.h"
#include "model.h"
#include "test.h"
#include "tlb.h"
#include <stdio.h>
#include <stdlib.h>

#define ACCESS	 (IOMT_READ | IOMT_WRITE)
#define MAX_BITS (1u << 16)
#define MAX_SEGS 24
#define WINDOW_G (1ULL << 19) /* granules that a run plays with */

struct run {
	struct table table;
	struct iomt_pt_cursor cursor;
	struct model model;
	struct random random;
	uint64_t base; /* window */
	uint64_t last;
	uint64_t oa_last;
	uint64_t first; /* the range of the operation under way */
	uint64_t until;
	bool shadow;
	bool unrecorded; /* an operation ran without a gather: everything must be invalidated */
	unsigned steps;
	struct tlb tlb; /* of a device that is busy all the time; with the shadow only */
};

/* Questions that the walker answered in all runs, and what the device remembered. */
static uint64_t asked, remembered;

static uint64_t next_random(struct run *run)
{
	return random_next(&run->random);
}

static uint64_t below(struct run *run, uint64_t limit)
{
	return random_below(&run->random, limit);
}

#define EXPECT(run, condition, format, ...)                                                     \
	CHECK_MSG(condition, "%s, seed %" PRIu64 ", step %u: " format, (run)->table.kind->name, \
		  (run)->random.seed, (run)->steps, ##__VA_ARGS__)

/* A range in the window: any length from one granule up, often aligned to something large. */
static void pick_range(struct run *run, uint64_t *first, uint64_t *last)
{
	uint64_t granule = run->table.granule, granules = (run->last - run->base + 1) / granule;
	uint64_t length = 1 + below(run, 1ULL << below(run, 20));
	uint64_t at = below(run, granules);

	if (below(run, 2)) {
		uint64_t align = 1ULL << below(run, 19);

		at &= ~(align - 1);
		length = (length + align - 1) & ~(align - 1);
	}
	if (length > granules - at)
		length = granules - at;
	*first = run->first = run->base + at * granule;
	*last = run->until = *first + (length * granule - 1);
}

/* An output address for "length" bytes that often lets large leaves happen. */
static uint64_t pick_oa(struct run *run, uint64_t first, uint64_t length)
{
	uint64_t granule = run->table.granule;
	uint64_t oa = next_random(run) & run->oa_last & ~(granule - 1);

	if (below(run, 3))
		oa = (oa & ~((WINDOW_G * granule) - 1)) | (first & (WINDOW_G * granule - 1));
	if (length - 1 > run->oa_last - oa)
		oa = (run->oa_last - length + 1) & ~(granule - 1);
	return oa;
}

static uint32_t pick_access(struct run *run)
{
	return below(run, 2) ? IOMT_READ : ACCESS;
}

static struct iomt_gather *pick_gather(struct run *run, bool needed)
{
	return needed || below(run, 2) ? &run->table.gather : NULL;
}

/* Where the device looks: in the range that is being changed, at its edges, anywhere. */
static void device_access(struct run *run)
{
	uint64_t at = run->base + below(run, run->last - run->base + 1);

	switch (below(run, 4)) {
	case 0:
		at = run->first;
		break;
	case 1:
		at = run->until < run->last ? run->until + 1 : run->until;
		break;
	case 2:
		at = run->first + below(run, run->until - run->first + 1);
		break;
	}
	tlb_access(&run->tlb, at);
}

/* Hardware sees something new: a good moment to look. */
static void device_at_clean(void *ctx)
{
	struct run *run = ctx;

	if (!below(run, 4))
		device_access(run);
}

static void device_at_free(void *ctx, uint64_t phys)
{
	struct run *run = ctx;

	tlb_check_free(&run->tlb, phys);
}

/* What a gather says, or what commands say that were made of it. */
static void device_forgets(struct run *run, const struct iomt_gather *gather)
{
	if (random_below(&run->tlb.random, 2))
		tlb_obey(&run->tlb, gather);
	else
		tlb_invalidate(&run->tlb, gather);
}

/* The break of a break-before-make. */
static void device_at_sync(struct iomt_gather *gather)
{
	struct run *run = (struct run *)gather->ctx; /* the table is its first member */

	device_forgets(run, gather);
	if (run->shadow)
		tlb_check(&run->tlb);
}

/* After each operation: what the driver invalidates is enough for the device. */
static void device_after(struct run *run)
{
	if (run->unrecorded)
		tlb_invalidate_all(&run->tlb);
	device_forgets(run, &run->table.gather);
	tlb_check(&run->tlb);
	run->unrecorded = false;
	iomt_gather_release(&run->table.gather);
	for (int i = 0; i < 6; i++)
		device_access(run);
}

static void do_map(struct run *run)
{
	uint64_t first, last, oa, length;
	uint32_t prot = pick_access(run);
	int want, got;

	pick_range(run, &first, &last);
	length = last - first + 1;
	oa = pick_oa(run, first, length);
	want = model_is_free(&run->model, first, last) ? 0 : IOMT_EEXIST;
	if (below(run, 2))
		got = iomt_pt_map(&run->table.pt, first, oa, length, prot, pick_gather(run, false));
	else
		got = iomt_pt_cursor_map(&run->cursor, first, oa, length, prot,
					 pick_gather(run, false));
	EXPECT(run, got == want, "map gave %d, not %d", got, want);
	if (!got)
		model_map(&run->model, first, last, oa, prot);
}

static void do_map_sg(struct run *run)
{
	struct iomt_seg segs[MAX_SEGS];
	size_t count = 1 + below(run, MAX_SEGS);
	uint64_t granule = run->table.granule, at = run->base, length = 0;
	uint32_t prot = pick_access(run);
	int want, got;

	for (size_t i = 0; i < count; i++) {
		segs[i].length = (1 + below(run, 1ULL << below(run, 12))) * granule;
		segs[i].oa = pick_oa(run, at + length, segs[i].length);
		if (i && below(run, 2) &&
		    segs[i].length - 1 <= run->oa_last - (segs[i - 1].oa + segs[i - 1].length) &&
		    segs[i - 1].oa + segs[i - 1].length <= run->oa_last)
			segs[i].oa = segs[i - 1].oa + segs[i - 1].length;
		length += segs[i].length;
	}
	if (length > run->last - run->base + 1)
		return;
	at += below(run, (run->last - run->base + 1 - length) / granule + 1) * granule;
	want = model_is_free(&run->model, at, at + length - 1) ? 0 : IOMT_EEXIST;
	got = iomt_pt_map_sg(&run->table.pt, at, segs, count, prot, pick_gather(run, false));
	EXPECT(run, got == want, "map_sg gave %d, not %d", got, want);
	for (size_t i = 0; !got && i < count; at += segs[i++].length)
		model_map(&run->model, at, at + segs[i].length - 1, segs[i].oa, prot);
}

static void check_gathered(struct run *run, uint64_t first, uint64_t last)
{
	const struct interval *interval = model_next(&run->model, first);
	const struct iomt_gather *gather = &run->table.gather;

	for (; interval && interval->first <= last && interval->last >= first;
	     interval = model_next(&run->model, interval->last + 1)) {
		EXPECT(run, gather->first <= interval->first || gather->first <= first,
		       "the gather begins too late: %" PRIx64 "..%" PRIx64 ", interval %" PRIx64
		       "..%" PRIx64 ", range %" PRIx64 "..%" PRIx64,
		       gather->first, gather->last, interval->first, interval->last, first, last);
		EXPECT(run, gather->last >= interval->last || gather->last >= last,
		       "the gather ends too early");
		if (interval->last >= last)
			break;
	}
}

static void do_unmap(struct run *run)
{
	uint64_t first, last, bytes = 1, want;
	struct iomt_gather *gather = pick_gather(run, run->table.kind->bbm < 2);
	int got;

	pick_range(run, &first, &last);
	want = model_bytes(&run->model, first, last);
	if (below(run, 2))
		got = iomt_pt_unmap(&run->table.pt, first, last - first + 1, &bytes, gather);
	else
		got = iomt_pt_cursor_unmap(&run->cursor, first, last - first + 1, &bytes, gather);
	EXPECT(run, !got && bytes == want, "unmap gave %d, %" PRIx64 " bytes, not %" PRIx64, got,
	       bytes, want);
	if (gather)
		check_gathered(run, first, last);
	run->unrecorded = !gather;
	model_unmap(&run->model, first, last);
}

static void do_protect(struct run *run)
{
	struct iomt_gather *gather;
	uint64_t first, last;
	uint32_t prot = pick_access(run);
	int got;

	pick_range(run, &first, &last);
	gather = pick_gather(run, run->table.kind->bbm < 2);
	got = iomt_pt_protect(&run->table.pt, first, last - first + 1, prot, gather);
	run->unrecorded = !gather;
	EXPECT(run, !got, "protect gave %d", got);
	model_protect(&run->model, first, last, ACCESS, prot);
}

static void do_trim_or_reserve(struct run *run)
{
	uint64_t first, last;
	int got;

	pick_range(run, &first, &last);
	if (below(run, 3))
		got = iomt_pt_trim(&run->table.pt, first, last - first + 1, &run->table.gather);
	else
		got = iomt_pt_reserve(&run->table.pt, first, last - first + 1);
	EXPECT(run, !got, "trim or reserve gave %d", got);
}

/* Hardware writes somewhere. */
static void do_write(struct run *run)
{
	struct walker walker = table_walker(&run->table, false);

	if (!(run->table.kind->flags & IOMT_PT_DIRTY))
		return;
	for (int i = 0; i < 8; i++) {
		uint64_t at = run->base + below(run, run->last - run->base + 1), first;
		const struct interval *interval = model_next(&run->model, at);
		struct walk found;

		if (!interval || interval->first > run->last)
			continue;
		at = interval->first + below(run, interval->last - interval->first + 1);
		found = walk(&walker, at);
		if (found.result != WALK_MAPPED || !found.write)
			continue;
		EXPECT(run, walk_mark_dirty(&walker, &found), "an entry changed by itself");
		if (run->shadow)
			run->table.provider.mem.clean(&run->table.provider, found.slot, 8);
		first = at & ~((1ULL << found.size_lg2) - 1);
		model_set_dirty(&run->model, first, first + ((1ULL << found.size_lg2) - 1), true);
	}
}

/* What a harvest with clearing leaves: only leaves across an edge stay dirty. */
static void clean_model(struct run *run, uint64_t first, uint64_t last)
{
	struct walker walker = table_walker(&run->table, false);
	uint64_t at = first;

	for (;;) {
		const struct interval *interval = model_next(&run->model, at);
		uint64_t begin, end, size;

		if (!interval || interval->first > last)
			return;
		begin = interval->first > at ? interval->first : at;
		end = interval->last;
		if (interval->dirty) {
			size = (1ULL << walk(&walker, begin).size_lg2) - 1;
			end = begin | size;
			if ((begin & ~size) >= first && end <= last)
				model_set_dirty(&run->model, begin & ~size, end, false);
		}
		if (end >= last)
			return;
		at = end + 1;
	}
}

static void do_harvest(struct run *run)
{
	static uint64_t bitmap[MAX_BITS / 64];
	uint64_t first, last, page = run->table.granule << below(run, 12), pages;
	uint32_t flags = below(run, 2) ? IOMT_DIRTY_KEEP : 0;
	int got;

	if (!(run->table.kind->flags & IOMT_PT_DIRTY))
		return;
	pick_range(run, &first, &last);
	while ((last - first) / page >= MAX_BITS)
		page *= 2;
	pages = (last - first) / page + 1;
	memset(bitmap, 0, sizeof(bitmap));
	got = iomt_pt_dirty(&run->table.pt, first, last - first + 1, page, bitmap, flags,
			    &run->table.gather);
	EXPECT(run, !got, "dirty gave %d", got);
	for (uint64_t i = 0; i < pages; i++) {
		uint64_t begin = first + i * page;
		uint64_t end = last - begin < page ? last : begin + (page - 1);
		bool want = model_is_dirty(&run->model, begin, end);

		EXPECT(run, (bitmap[i / 64] >> (i % 64) & 1) == want,
		       "page %" PRIu64 " of %" PRIu64 " should be %s", i, pages,
		       want ? "dirty" : "clean");
	}
	if (!flags)
		clean_model(run, first, last);
}

static void probe(struct run *run, const struct walker *walker, uint64_t at)
{
	const struct interval *interval = model_find(&run->model, at);
	struct iomt_pt_leaf leaf;
	struct walk seen;
	int got;

	if (at < run->base || at > run->last)
		return;
	got = below(run, 2) ? iomt_pt_translate(&run->table.pt, at, &leaf)
			    : iomt_pt_cursor_translate(&run->cursor, at, &leaf);
	seen = walk(walker, at);
	asked++;
	EXPECT(run, seen.result != WALK_BAD, "walker at %" PRIx64 ": %s", at, seen.why);
	if (!interval) {
		EXPECT(run, got == IOMT_ENOENT, "translate %" PRIx64 " gave %d", at, got);
		EXPECT(run, seen.result == WALK_EMPTY, "walker finds %" PRIx64, at);
		return;
	}
	EXPECT(run, !got && leaf.oa == interval->oa + (at - interval->first),
	       "translate %" PRIx64 " gave %d, %" PRIx64, at, got, leaf.oa);
	EXPECT(run, leaf.prot == interval->prot, "prot of %" PRIx64 " is %x", at, leaf.prot);
	EXPECT(run,
	       seen.result == WALK_MAPPED && seen.oa == leaf.oa && seen.size_lg2 == leaf.size_lg2 &&
		       seen.level == leaf.level,
	       "walker at %" PRIx64 " sees %" PRIx64 ", size %u", at, seen.oa, seen.size_lg2);
	EXPECT(run, seen.read && seen.write == !!(interval->prot & IOMT_WRITE) && !seen.exec,
	       "walker sees other permissions at %" PRIx64, at);
	if (run->table.kind->flags & IOMT_PT_DIRTY)
		EXPECT(run, leaf.dirty == interval->dirty && seen.dirty == interval->dirty,
		       "dirty state of %" PRIx64, at);
}

static void probe_around(struct run *run)
{
	struct walker walker = table_walker(&run->table, run->shadow);

	for (int i = 0; i < 12; i++) {
		uint64_t at = run->base + below(run, run->last - run->base + 1);
		const struct interval *interval = model_next(&run->model, at);

		probe(run, &walker, at);
		if (!interval)
			continue;
		probe(run, &walker, interval->first);
		probe(run, &walker, interval->first - 1);
		probe(run, &walker, interval->last);
		probe(run, &walker, interval->last + 1);
	}
}

/* All runs together are what the model holds. */
static void check_runs(struct run *run)
{
	uint64_t bytes = 0;
	struct iomt_pt_run found;

	for (uint64_t at = run->base; !iomt_pt_next(&run->table.pt, at, run->last, &found);
	     at = found.last + 1) {
		const struct interval *interval = model_find(&run->model, found.iova);

		EXPECT(run,
		       interval && found.oa == interval->oa + (found.iova - interval->first) &&
			       found.prot == interval->prot,
		       "run at %" PRIx64, found.iova);
		bytes += found.last - found.iova + 1;
		if (found.last == run->last)
			break;
	}
	EXPECT(run, bytes == model_bytes(&run->model, run->base, run->last),
	       "runs hold %" PRIx64 " bytes", bytes);
}

static void step(struct run *run)
{
	static void (*const operations[])(struct run *) = {
		do_map,	  do_map,   do_map,	do_map_sg, do_map_sg,  do_unmap,
		do_unmap, do_unmap, do_protect, do_write,  do_harvest, do_trim_or_reserve,
	};

	operations[below(run, sizeof(operations) / sizeof(operations[0]))](run);
	if (run->shadow)
		device_after(run);
	else if (below(run, 2))
		iomt_gather_release(&run->table.gather);
	probe_around(run);
	if (!run->table.gather.tables && !run->table.gather.chunks_)
		table_check_memory(&run->table);
	if (run->steps % 64 == 0)
		check_runs(run);
}

static uint64_t seed_for(const char *name)
{
	uint64_t seed = 1469598103934665603ULL;

	while (*name)
		seed = (seed ^ (unsigned char)*name++) * 1099511628211ULL;
	return seed;
}

/* Plays in a window at the bottom, somewhere, or at the top of the address space. */
static void play(const struct kind *kind, enum provider_kind provider, int place, unsigned steps)
{
	static struct run run;
	uint64_t size, bytes;

	memset(&run, 0, sizeof(run));
	random_init(&run.random, seed_for(kind->name) + (uint64_t)place * 3 + provider);
	run.shadow = provider == PROVIDER_INCOHERENT;
	table_open(&run.table, kind, provider);
	iomt_pt_cursor_init(&run.cursor, &run.table.pt);
	model_init(&run.model);
	tlb_init(&run.tlb, &run.table, run.shadow, run.random.seed);
	run.table.gather.sync = device_at_sync;
	size = WINDOW_G * run.table.granule;
	run.oa_last = run.table.pt.oa_last;
	run.base = run.table.first;
	if (place == 1)
		run.base += (run.table.last - run.table.first) / 3 & ~(size - 1);
	if (place == 2)
		run.base = run.table.last - size + 1;
	if (place == 3) /* the negative half */
		run.base = 0 - size;
	run.last = run.until = run.base + (size - 1);
	run.first = run.base;
	if (run.shadow) {
		run.table.provider.on_clean = device_at_clean;
		run.table.provider.clean_ctx = &run;
		run.table.provider.on_free = device_at_free;
		run.table.provider.free_ctx = &run;
	}
	for (run.steps = 0; run.steps < steps; run.steps++)
		step(&run);
	bytes = model_bytes(&run.model, run.base, run.last);
	CHECK_INT(iomt_pt_unmap(&run.table.pt, run.base, size, &size, &run.table.gather), 0);
	remembered += run.tlb.fills;
	tlb_invalidate_all(&run.tlb);
	CHECK_EQ(size, bytes);
	table_close(&run.table);
	model_destroy(&run.model);
}

static void all_kinds(enum provider_kind provider, unsigned steps)
{
	for (size_t i = 0; i < kind_count; i++) {
		for (int place = 0; place < 3; place++)
			play(&kinds[i], provider, place, (unsigned)random_times(steps));
		if (kinds[i].flags & IOMT_PT_SIGNED)
			play(&kinds[i], provider, 3, (unsigned)random_times(steps));
	}
}

static void linear(void)
{
	all_kinds(PROVIDER_LINEAR, 600);
}

static void functions(void)
{
	all_kinds(PROVIDER_FUNCTIONS, 150);
}

static void incoherent(void)
{
	all_kinds(PROVIDER_INCOHERENT, 250);
	printf("random: %" PRIu64 " translations checked by the walker, %" PRIu64
	       " that a device remembered\n",
	       asked, remembered);
}

TEST_SUITE(random, TEST(linear), TEST(functions), TEST(incoherent));
