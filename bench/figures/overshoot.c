/* SPDX-License-Identifier: MIT */
#include "overshoot.h"
#include "stats.h"
#include <stdio.h>
#include <stdlib.h>

#define ROOM 256u

/* Powers of 1/1.3247..., times 2^64: points that fill a plane more evenly than chance does. */
#define STEP_LENGTH 0xc13fa9a902a6328fULL
#define STEP_PLACE  0x91e10da5c79e7b1dULL

static const struct iomt_amd_target amd = {.domain = 1};
static const struct iomt_vtd_target vtd = {.domain = 1, .mamv = 18};
static const struct iomt_smmu_target smmu = {
	.flags = IOMT_SMMU_RANGES, .asid = 1, .granule_lg2 = 12};
static const struct iomt_riscv_target riscv = {.flags = IOMT_RISCV_RANGES, .pscid = 1};
static struct iomt_cmd cmds[ROOM];

const char *const overshoot_vendors[] = {"AMD", "VT-d", "SMMUv3", "RISC-V"};
const struct overshoot_policy overshoot_policies[] = {
	{"one cover", {IOMT_PLAN_COVERS, 1, 0, 0, 0}},
	{"two covers", {IOMT_PLAN_COVERS, 2, 0, 0, 0}},
	{"four covers", {IOMT_PLAN_COVERS, 4, 0, 0, 0}},
	{"exact", {IOMT_PLAN_EXACT, IOMT_PLAN_MOST, 0, 0, 0}},
	{"cost 300/200", {IOMT_PLAN_COST, IOMT_PLAN_MOST, 300, 200, 512}},
};

static int run(unsigned vendor, const struct iomt_gather *gather,
	       const struct iomt_plan_policy *policy)
{
	switch (vendor) {
	case 0:
		return iomt_amd_gather(&amd, gather, policy, cmds, ROOM);
	case 1:
		return iomt_vtd_gather(&vtd, gather, policy, cmds, ROOM);
	case 2:
		return iomt_smmu_gather(&smmu, gather, policy, cmds, ROOM);
	default:
		return iomt_riscv_gather(&riscv, gather, policy, cmds, ROOM);
	}
}

static int decode(unsigned vendor, const struct iomt_cmd *cmd, struct iomt_inv *inv)
{
	switch (vendor) {
	case 0:
		return iomt_amd_decode(cmd, inv);
	case 1:
		return iomt_vtd_decode(cmd, 0, 18, inv);
	case 2:
		return iomt_smmu_decode(cmd, IOMT_SMMU_RANGES, inv);
	default:
		return iomt_riscv_decode(cmd, IOMT_RISCV_RANGES, inv);
	}
}

/* Of the i-th range; least 0: every magnitude in turn. */
static uint64_t some_pages(uint64_t i, uint64_t least, uint64_t most)
{
	unsigned magnitudes = 63 - (unsigned)__builtin_clzll(most);
	double part = (double)(i * STEP_LENGTH) * 0x1p-64;

	if (!least) {
		least = 1ULL << (1 + i % magnitudes);
		most = 2 * least - 1;
	}
	return least + (uint64_t)(part * (double)(most - least + 1));
}

/*
 * Where the i-th range begins, in bytes: the digits that its plan depends on most come first in the number
 * that is spread evenly.
 */
static uint64_t some_place(uint64_t i, uint64_t pages)
{
	unsigned digits = 66 - (unsigned)__builtin_clzll(pages);
	uint64_t number = i * STEP_PLACE;

	return (number << digits | number >> (64 - digits)) << 20 >> 8;
}

/* From the first command's first byte to the last one's last: plans have no holes. */
void overshoot_measure(unsigned vendor, unsigned policy, uint64_t least, uint64_t most,
		       struct overshoot *overshoot)
{
	*overshoot = (struct overshoot){.count = 0};
	for (uint64_t i = 1; i <= OVERSHOOT_RANGES; i++) {
		uint64_t pages = some_pages(i, least, most);
		uint64_t first = some_place(i, pages);
		struct iomt_inv head, tail;
		struct iomt_gather gather;
		int count;

		iomt_gather_init(&gather);
		iomt_gather_add(&gather, first, first + (pages << 12) - 1);
		gather.leaf_sizes = 0x1000;
		count = run(vendor, &gather, &overshoot_policies[policy].policy);
		if (count < 1 || decode(vendor, &cmds[0], &head) ||
		    decode(vendor, &cmds[count - 1], &tail)) {
			fprintf(stderr, "iomt: overshoot: commands that nobody reads\n");
			exit(1);
		}
		overshoot->commands += (double)count / OVERSHOOT_RANGES;
		if (tail.last - head.first == UINT64_MAX)
			continue;
		overshoot->over[overshoot->count] =
			(double)(tail.last - head.first + 1) / (double)(pages << 12);
		overshoot->mean += overshoot->over[overshoot->count++];
	}
	overshoot->mean /= (double)overshoot->count;
	stats_sort(overshoot->over, overshoot->count);
}
