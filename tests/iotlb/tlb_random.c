/* SPDX-License-Identifier: MIT */
/*
 * Random calls against a list that forgets only what it is told to. The cache may miss; what it says
 * is in the list; and what was just inserted is found.
 */
#include "cache.h"
#include "random.h"
#include "translations.h"
#include <stdio.h>

#define STEPS 60000u

static struct translations list;

struct run {
	struct random random;
	struct cache cache;
	unsigned step;
	uint64_t found;
	uint64_t missed;
};

static uint64_t draw(struct run *run, uint64_t limit)
{
	return random_below(&run->random, limit);
}

static struct translation draw_space(struct run *run)
{
	static const uint32_t units[] = {0, 1, 17, 0xffff}, domains[] = {0, 1, 0xffffff};
	static const uint32_t pasids[] = {IOMT_TLB_NO_PASID, 0, 1, 0xfffff};

	return (struct translation){
		.unit = units[draw(run, 4)],
		.domain = domains[draw(run, 3)],
		.pasid = pasids[draw(run, 4)],
		.stage = (uint32_t)draw(run, 4),
	};
}

/* Near the bottom, the middle or the top, so that many meet. */
static uint64_t draw_address(struct run *run)
{
	static const uint64_t places[] = {0, 0x7ffffffff000, 0x8000000000000000, UINT64_MAX};

	return places[draw(run, 4)] + (draw(run, 64) << (12 + 9 * draw(run, 3))) +
	       draw(run, 0x1000);
}

static uint8_t draw_size(struct run *run)
{
	static const uint8_t usual[] = {12, 12, 12, 21, 21, 30};

	return draw(run, 8) ? usual[draw(run, 6)] : (uint8_t)(12 + draw(run, 53));
}

static void look(struct run *run, struct iomt_tlb_space *space, const struct translation *name,
		 uint64_t iova)
{
	struct iomt_tlb_entry entry;

	if (iomt_tlb_lookup(space, iova, &entry)) {
		run->missed++;
		return;
	}
	run->found++;
	CHECK_MSG(translations_allow(&list, name, iova, entry.oa, entry.prot,
				     UINT64_MAX >> (64 - entry.size_lg2)),
		  "seed %" PRIu64 ", step %u: 0x%" PRIx64 " of %u, %u, %u, %u is 0x%" PRIx64,
		  run->random.seed, run->step, iova, name->unit, name->domain, name->pasid,
		  name->stage, entry.oa);
}

static void add(struct run *run, struct iomt_tlb_space *space, struct translation *name)
{
	struct iomt_tlb_entry entry = {.prot = (uint32_t)draw(run, 0x1000),
				       .size_lg2 = draw_size(run)};
	uint64_t iova = draw_address(run), low = UINT64_MAX >> (64 - entry.size_lg2);

	entry.oa = (random_next(&run->random) & ((1ULL << 52) - 1) & ~low) | (iova & low);
	name->first = iova & ~low;
	name->last = iova | low;
	name->oa = entry.oa & ~low;
	name->prot = entry.prot;
	CHECK_MSG(translations_add(&list, name), "the list is full");
	CHECK_INT(iomt_tlb_insert(space, iomt_tlb_begin(space), iova, &entry), 0);
	CHECK(hits(space, iova));
	look(run, space, name, iova);
}

static void forget(struct run *run, struct iomt_tlb_space *space, const struct translation *name)
{
	uint64_t first = draw_address(run), last = UINT64_MAX;

	switch (draw(run, 60)) {
	case 0:
		iomt_tlb_invalidate_all(space->tlb);
		translations_remove(&list, SCOPE_ALL, name, 0, UINT64_MAX);
		break;
	case 1:
		iomt_tlb_invalidate_unit(space);
		translations_remove(&list, SCOPE_UNIT, name, 0, UINT64_MAX);
		break;
	case 2:
	case 3:
		iomt_tlb_invalidate_domain(space);
		translations_remove(&list, SCOPE_DOMAIN, name, 0, UINT64_MAX);
		break;
	case 4:
	case 5:
	case 6:
		iomt_tlb_invalidate_pasid(space);
		translations_remove(&list, SCOPE_PASID, name, 0, UINT64_MAX);
		break;
	default:
		last = first + (draw(run, 0x4000) << draw(run, 30));
		if (last < first)
			last = UINT64_MAX;
		iomt_tlb_invalidate_range(space, first, last);
		translations_remove(&list, SCOPE_STAGE, name, first, last);
		break;
	}
}

static void play(struct run *run, uint32_t entries, uint32_t spaces)
{
	unsigned steps = (unsigned)random_times(STEPS);

	list.count = 0;
	cache_open(&run->cache, entries, spaces, 0);
	for (run->step = 0; run->step < steps; run->step++) {
		struct translation name = draw_space(run);
		struct iomt_tlb_space space =
			space_of(&run->cache, name.unit, name.domain, name.pasid, name.stage);
		uint64_t what = draw(run, 16);

		if (what < 4)
			add(run, &space, &name);
		else if (what < 6)
			forget(run, &space, &name);
		else
			look(run, &space, &name, draw_address(run));
	}
	cache_close(&run->cache);
}

static void against_a_list(void)
{
	static const uint32_t rooms[][2] = {{1, 1}, {100, 20}, {6000, 1000}};

	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		struct run run = {0};

		random_init(&run.random, 2020 + i);
		play(&run, rooms[i][0], rooms[i][1]);
		printf("tlb_random: %" PRIu64 " hits checked by the list, %" PRIu64 " misses\n",
		       run.found, run.missed);
		CHECK(run.found > 1000);
	}
}

TEST_SUITE(tlb_random, TEST(against_a_list));
