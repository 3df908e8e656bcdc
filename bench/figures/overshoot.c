/* SPDX-License-Identifier: MIT */
/*
 * What commands drop beyond what was asked for, and how many they are: random ranges of pages by
 * their length, for each hardware and policy. The library's own decoders say what is dropped. Plans
 * that drop everything are counted apart.
 */
#include "stats.h"
#include <iomt/iomt.h>
#include <stdio.h>
#include <stdlib.h>

#define RANGES 20000u
#define ROOM   256u

static const struct iomt_amd_target amd = {.domain = 1};
static const struct iomt_vtd_target vtd = {.domain = 1, .mamv = 18};
static const struct iomt_smmu_target smmu = {
	.flags = IOMT_SMMU_RANGES, .asid = 1, .granule_lg2 = 12};
static const struct iomt_riscv_target riscv = {.flags = IOMT_RISCV_RANGES, .pscid = 1};
static struct iomt_cmd cmds[ROOM];

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

/* splitmix64 */
static uint64_t any(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

struct figures {
	double over[RANGES];
	size_t count; /* of those that are not everything */
	double commands;
	double mean;
};

/* least == 0: any length up to most, every magnitude as often. */
static uint64_t some_pages(uint64_t *state, uint64_t least, uint64_t most)
{
	uint64_t bits = 1;

	if (least)
		return least + any(state) % (most - least + 1);
	while (most >> bits)
		bits++;
	bits = 1 + any(state) % (bits - 1);
	return (1ULL << bits) + any(state) % (1ULL << bits);
}

/* From the first command's first byte to the last one's last: plans have no holes. */
static void measure(unsigned vendor, uint64_t least, uint64_t most,
		    const struct iomt_plan_policy *policy, struct figures *figures)
{
	uint64_t state = least;

	*figures = (struct figures){.count = 0};
	for (unsigned i = 0; i < RANGES; i++) {
		uint64_t pages = some_pages(&state, least, most);
		uint64_t first = any(&state) >> 20 & ~0xfffULL;
		struct iomt_inv head, tail;
		struct iomt_gather gather;
		int count;

		iomt_gather_init(&gather);
		iomt_gather_add(&gather, first, first + (pages << 12) - 1);
		gather.leaf_sizes = 0x1000;
		count = run(vendor, &gather, policy);
		if (count < 1 || decode(vendor, &cmds[0], &head) ||
		    decode(vendor, &cmds[count - 1], &tail)) {
			fprintf(stderr, "iomt: overshoot: commands that nobody reads\n");
			exit(1);
		}
		figures->commands += (double)count / RANGES;
		if (tail.last - head.first == UINT64_MAX)
			continue;
		figures->over[figures->count] =
			(double)(tail.last - head.first + 1) / (double)(pages << 12);
		figures->mean += figures->over[figures->count++];
	}
	figures->mean /= (double)figures->count;
	stats_sort(figures->over, figures->count);
}

int main(void)
{
	static const char *const vendors[] = {"AMD", "VT-d", "SMMUv3", "RISC-V"};
	static const struct {
		uint64_t least, most;
	} lengths[] = {{2, 15}, {16, 255}, {256, 4095}, {4096, 65535}, {0, 65535}};
	const struct {
		const char *name;
		struct iomt_plan_policy policy;
	} policies[] = {
		{"one cover", iomt_plan_covers(1)},
		{"two covers", iomt_plan_covers(2)},
		{"four covers", iomt_plan_covers(4)},
		{"exact", iomt_plan_exact(IOMT_PLAN_MOST)},
		{"cost 300/200", iomt_plan_cost(300, 200, 512, IOMT_PLAN_MOST)},
	};
	static struct figures figures;

	printf("%-8s %-13s %-12s %9s %9s %9s %9s %9s\n", "hardware", "pages", "policy", "commands",
	       "mean", "median", "99 %", "all, %");
	for (unsigned v = 0; v < 4; v++) {
		for (unsigned l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++) {
			char pages[32] = "any magnitude";

			if (lengths[l].least)
				snprintf(pages, sizeof(pages), "%u..%u", (unsigned)lengths[l].least,
					 (unsigned)lengths[l].most);
			for (unsigned p = 0; p < sizeof(policies) / sizeof(policies[0]); p++) {
				measure(v, lengths[l].least, lengths[l].most, &policies[p].policy,
					&figures);
				printf("%-8s %-13s %-12s %9.2f %9.3f %9.3f %9.2f %9.2f\n",
				       vendors[v], pages, policies[p].name, figures.commands,
				       figures.mean,
				       stats_quantile(figures.over, figures.count, 0.5),
				       stats_quantile(figures.over, figures.count, 0.99),
				       100.0 * (double)(RANGES - figures.count) / RANGES);
			}
		}
	}
	return 0;
}
