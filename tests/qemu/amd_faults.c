/* SPDX-License-Identifier: MIT */
/*
 * Damaged AMD V1 tables, walked by QEMU's amd-iommu, which judges little: what it takes that the
 * specification does not is followed here. Its event log is not compared, as it has entries for few
 * faults and stops early.
 */
#include "amd_driver.h"
#include "test.h"
#include "walks.h"

#define PLACE	   0x501040603800ULL
#define ZEROS	   0x500000000800ULL /* slots 0 below the top */
#define TARGET	   0x30603000ULL
#define ADDRESS	   0xffffffffff000ULL
#define PRESENT	   (1ULL << 0)
#define NEXT(pte)  ((unsigned)((pte) >> 9 & 7))
#define RIGHT_READ (1ULL << 61)

/* A leaf's size is its level's, or is told by the lowest zero of its address, whatever the level. */
static uint64_t leaf_mask(uint64_t pte, unsigned level)
{
	unsigned lg2 = 3 + 9 * level;

	if (NEXT(pte) == 7)
		lg2 = 1 + (unsigned)__builtin_ctzll(~(pte | 0xfff));
	return ~0ULL << lg2;
}

/* Levels count from 1, as NextLevel does. */
static struct answer walk_as_known(const struct walks *t, uint64_t iova, bool write)
{
	struct answer answer = {.iova = iova & ~0xfffULL};
	uint64_t table = t->cfg.root, right = RIGHT_READ << write, pte;
	unsigned level = t->cfg.levels;

	for (;;) {
		uint64_t address = table + 8 * (iova >> (3 + 9 * level) & 0x1ff);
		const uint64_t *word = walks_word(t, address);

		answer.untold = !walks_may_read(t, address);
		pte = word ? *word : 0;
		if (answer.untold || !pte || !(pte & right))
			return answer;
		if (NEXT(pte) == 0 || NEXT(pte) == 7)
			break;
		answer.untold = NEXT(pte) >= level; /* it goes up, and may never end */
		if (answer.untold || !(pte & PRESENT))
			return answer;
		level = NEXT(pte);
		table = pte & ADDRESS;
	}
	answer.passes = true;
	answer.oa = (pte & ADDRESS & leaf_mask(pte, level)) | (iova & ~leaf_mask(pte, level));
	return answer;
}

static const char *known(struct walks *t, bool write, struct answer *answer)
{
	*answer = walk_as_known(t, t->fault.iova, write);
	if (!answer->passes)
		return NULL;
	switch (t->fault.kind) {
	case IOMT_WALK_FAULT_INPUT:
		return "amd-iommu ignores IOVA bits above the table's reach";
	case IOMT_WALK_FAULT_ABSENT:
		return "amd-iommu ignores PR of leaves";
	case IOMT_WALK_FAULT_RESERVED:
	case IOMT_WALK_FAULT_LEVEL:
		return "amd-iommu judges neither reserved bits nor the sizes of leaves";
	case IOMT_WALK_FAULT_SKIPPED:
		return "amd-iommu ignores the address bits of levels that are skipped";
	default:
		return NULL;
	}
}

static const struct walks_kind kind = {&iomt_walk_amdv1, 0, false, NULL, known};

static void damage_of(const char *name, uint64_t place, uint8_t levels, unsigned lg2)
{
	struct witness *w = witness_start(&amd_iommu, name);
	uint8_t bits = 12 + 9 * levels;
	const struct iomt_pt_cfg cfg = {.format = &iomt_amdv1, .iova_bits = bits, .levels = levels};
	uint64_t size = 1ULL << lg2;
	static struct walks t;

	if (!w)
		return;
	place &= (1ULL << bits) - 1;
	witness_open(w, &cfg, 1ULL << (bits - 1));
	witness_map(w, place & -size, TARGET & -size, size, IOMT_READ | IOMT_WRITE);
	walks_open(&t, w, &kind, place, 52);
	for (unsigned bit = bits; bit < 64; bit++)
		walks_other(&t, place ^ 1ULL << bit);
	walks_bits(&t);
	walks_random(&t, 200);
	walks_close(&t, 250);
	witness_close(w);
	witness_stop(w);
}

static void pages_4_levels(void)
{
	damage_of(__func__, PLACE, 4, 12);
}

static void large_3_levels(void)
{
	damage_of(__func__, PLACE, 3, 21);
}

/* NextLevel 7 */
static void sizes_3_levels(void)
{
	damage_of(__func__, PLACE, 3, 16);
}

static void zeros_4_levels(void)
{
	damage_of(__func__, ZEROS, 4, 12);
}

TEST_SUITE(qemu_amd_faults, TEST(pages_4_levels), TEST(large_3_levels), TEST(sizes_3_levels),
	   TEST(zeros_4_levels));
