/* SPDX-License-Identifier: MIT */
/* Reading and clearing the dirty state of granules. */
#include "bench.h"
#include <stdlib.h>

#define PAGES 32768u

struct pages {
	uint64_t bitmap[PAGES / 64];
	uint64_t *slots[PAGES];
};

/* Where hardware would find the entry: with this provider, physical addresses are pointers. */
static uint64_t *find_slot(struct round *round, uint64_t iova)
{
	unsigned granule = round->kind->granule_lg2, index = granule - 3;
	struct iomt_pt_hw hw;
	uint64_t *table, at;

	iomt_pt_hw(round->pt, &hw);
	table = (uint64_t *)(uintptr_t)hw.root;
	for (unsigned level = hw.levels - 1u;; level--) {
		at = iova >> (granule + index * level);
		if (level != hw.levels - 1u)
			at &= (1u << index) - 1;
		if (!level)
			return &table[at];
		table = (uint64_t *)(uintptr_t)((table[at] << round->kind->shift) &
						((1ULL << 48) - (1ULL << granule)));
	}
}

static bool open_pages(struct round *round)
{
	struct pages *pages = calloc(1, sizeof(*pages));
	unsigned shift = round->kind->granule_lg2;

	round->ops = 1;
	round->entries = PAGES;
	round->data = pages;
	if (!pages || !bench_table(round, IOMT_PT_DIRTY))
		return false;
	bench_check(round,
		    iomt_pt_map(round->pt, BENCH_BASE, BENCH_OA + (1ULL << shift),
				(uint64_t)PAGES << shift, IOMT_READ | IOMT_WRITE, NULL),
		    "map");
	for (uint64_t i = 0; !round->error && i < PAGES; i++)
		pages->slots[i] = find_slot(round, BENCH_BASE + (i << shift));
	return !round->error;
}

/* Does what hardware does on a write to every param-th page. */
static void write_pages(struct round *round)
{
	struct pages *pages = round->data;
	uint64_t bit = 1ULL << round->kind->dirty_bit;

	for (uint32_t i = 0; round->bench->param && i < PAGES; i += round->bench->param)
		*pages->slots[i] = round->kind->dirty_when_clear ? *pages->slots[i] & ~bit
								 : *pages->slots[i] | bit;
}

static void harvest(struct round *round)
{
	struct pages *pages = round->data;
	uint64_t granule = 1ULL << round->kind->granule_lg2;

	bench_check(round,
		    round->target->dirty(round->pt, BENCH_BASE, PAGES * granule, granule,
					 pages->bitmap, 0, &round->gather),
		    "dirty");
}

static void check_bitmap(struct round *round)
{
	struct pages *pages = round->data;
	uint32_t want = round->bench->param ? (PAGES - 1) / round->bench->param + 1 : 0, got = 0;

	for (uint32_t i = 0; i < PAGES / 64; i++) {
		got += (uint32_t)__builtin_popcountll(pages->bitmap[i]);
		pages->bitmap[i] = 0;
	}
	bench_check(round, got == want ? 0 : IOMT_ENOENT, "dirty bits");
}

static void done(struct round *round)
{
	bench_drop(round);
	free(round->data);
}

void bench_dirty(const struct kind *kind, bool full)
{
	static const struct workload workload = {open_pages, write_pages, harvest, check_bitmap,
						 done};

	(void)full;
	bench_add_own(kind, "dirty harvest, none dirty", &workload, 0);
	bench_add_own(kind, "dirty harvest, 1 % dirty", &workload, 100);
	bench_add_own(kind, "dirty harvest, all dirty", &workload, 1);
}
