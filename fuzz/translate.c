/* SPDX-License-Identifier: MIT */
/*
 * Tables full of any bytes: iomt_pt_translate and iomt_pt_next end, read nothing but tables, and
 * agree with the walker wherever that finds nothing to object to.
 *
 * The library trusts its own tables, so memory is made such that it may: every physical address is
 * some page of a small arena (wild.c), and leaves of AMD V1 have sizes that their level has.
 */
#include "target.h"
#include "test.h"
#include "wild.h"

struct query {
	uint64_t iova;
	uint64_t granules; /* for iomt_pt_next, from there on */
};

#define MOST_QUERIES  4
#define MOST_GRANULES 2048u

static void check_leaf(const struct table *table, uint64_t iova, const struct iomt_pt_leaf *leaf)
{
	const struct kind *kind = table->kind;
	struct iomt_pt_hw hw;

	iomt_pt_hw(&table->pt, &hw);
	/* the library makes no leaves that are larger than the output */
	CHECK_MSG(leaf->oa >> hw.oa_bits == 0 || leaf->size_lg2 > hw.oa_bits,
		  "%s: 0x%" PRIx64 " to 0x%" PRIx64, kind->name, iova, leaf->oa);
	CHECK_MSG(leaf->size_lg2 >= kind->granule_lg2 && leaf->level < hw.levels,
		  "%s: a leaf of 2^%u bytes at level %u", kind->name, leaf->size_lg2, leaf->level);
}

/* Where the walker has no objection, both say the same. */
static void compare(const struct table *table, const struct walker *walker, uint64_t iova)
{
	struct iomt_pt_leaf leaf = {0};
	int got = iomt_pt_translate(&table->pt, iova, &leaf);
	struct walk seen = walk(walker, iova);

	CHECK_MSG(!got || got == IOMT_ENOENT, "%s: translate gave %d", table->kind->name, got);
	if (!got)
		check_leaf(table, iova, &leaf);
	if (seen.result == WALK_BAD)
		return;
	CHECK_MSG(got == (seen.result == WALK_EMPTY ? IOMT_ENOENT : 0),
		  "%s: translate 0x%" PRIx64 " gave %d, the walker thinks otherwise",
		  table->kind->name, iova, got);
	if (got)
		return;
	CHECK_MSG(leaf.oa == seen.oa && leaf.size_lg2 == seen.size_lg2,
		  "%s: 0x%" PRIx64 " to 0x%" PRIx64 ", 2^%u bytes; the walker to 0x%" PRIx64
		  ", 2^%u bytes",
		  table->kind->name, iova, leaf.oa, leaf.size_lg2, seen.oa, seen.size_lg2);
	if (table->kind->flags & IOMT_PT_DIRTY)
		CHECK_MSG(leaf.dirty == seen.dirty, "%s: 0x%" PRIx64 " is %d, should be %d",
			  table->kind->name, iova, leaf.dirty, seen.dirty);
}

/* Tables that point to one another hold more runs than anyone can visit: only so many. */
static void iterate(const struct table *table, uint64_t first, uint64_t last)
{
	struct iomt_pt_run run;
	uint64_t at = first;

	for (int i = 0; i < 64; i++) {
		int got = iomt_pt_next(&table->pt, at, last, &run);

		CHECK_MSG(!got || got == IOMT_ENOENT, "%s: next gave %d", table->kind->name, got);
		if (got)
			return;
		CHECK_MSG(run.iova >= at && run.last >= run.iova && run.last <= last,
			  "%s: a run from 0x%" PRIx64 " to 0x%" PRIx64, table->kind->name, run.iova,
			  run.last);
		if (run.last == last)
			return;
		at = run.last + 1;
	}
}

/* Side by side, with one that is no address, the answers are the same. */
static void compare_many(const struct table *table, uint64_t iova, uint64_t first)
{
	const uint64_t iovas[] = {first, table->last + 1, iova, iova ^ (1ULL << 40)};
	struct iomt_pt_leaf leaves[4];

	iomt_pt_translate_many(&table->pt, iovas, 4, leaves);
	for (unsigned i = 0; i < 4; i++) {
		struct iomt_pt_leaf leaf = {0};
		uint64_t oa = 0;

		iomt_pt_translate(&table->pt, iovas[i], &leaf);
		iomt_pt_oa(&table->pt, iovas[i], &oa);
		CHECK_MSG(leaves[i].oa == leaf.oa && leaves[i].entry == leaf.entry &&
				  leaves[i].prot == leaf.prot && oa == leaf.oa,
			  "%s: 0x%" PRIx64 " in a batch is not what it is alone", table->kind->name,
			  iovas[i]);
	}
}

static void ask(const struct table *table, const struct walker *walker, const struct query *query)
{
	uint64_t span = table->last - table->first, first, last;
	uint64_t iova = table->first + (query->iova & span);

	first = iova & ~(table->granule - 1);
	last = first + ((query->granules % MOST_GRANULES) * table->granule + (table->granule - 1));
	if (last < first || last > table->last)
		last = table->last;
	compare(table, walker, iova);
	compare(table, walker, first);
	compare_many(table, iova, first);
	iterate(table, first, last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct table table;
	struct walker walker;
	struct {
		uint32_t kind;
		uint32_t linear;
		struct query queries[MOST_QUERIES];
	} input;

	memset(&input, 0, sizeof(input));
	memcpy(&input, data, size < sizeof(input) ? size : sizeof(input));
	wild_open(&table, &kinds[input.kind % kind_count], input.linear & 1);
	if (size > sizeof(input))
		wild_fill(&table, data + sizeof(input), size - sizeof(input));
	walker = table_walker(&table, false);
	for (size_t i = 0; i < MOST_QUERIES; i++)
		ask(&table, &walker, &input.queries[i]);
	wild_close();
	return 0;
}
