/* SPDX-License-Identifier: MIT */
/* From a gather to commands in an array: the time of one call, of gathers that differ. */
#include "bench.h"
#include <stdlib.h>

#define GATHERS 128u /* in a round; they fit into the first cache */
#define TIMES	16u
#define ROOM	128u

static const struct iomt_plan_policy *policy_of(unsigned number)
{
	static struct iomt_plan_policy policies[5];

	policies[0] = iomt_plan_covers(1);
	policies[1] = iomt_plan_covers(2);
	policies[2] = iomt_plan_covers(4);
	policies[3] = iomt_plan_exact(IOMT_PLAN_MOST);
	policies[4] = iomt_plan_cost(300, 200, 512, IOMT_PLAN_MOST);
	return &policies[number];
}

struct gathers {
	struct iomt_plan_policy policy;
	struct iomt_gather list[GATHERS];
	struct iomt_cmd cmds[ROOM];
	uint64_t sum;
};

/* param: pages, and the policy's number above them; 0 pages: 1 to 65536 of them, short ones more often */
static bool open_gathers(struct round *round)
{
	struct gathers *gathers = calloc(1, sizeof(*gathers));
	uint64_t state = 7, pages = round->bench->param & 0xffff;

	round->data = gathers;
	round->ops = GATHERS * TIMES;
	round->entries = 1;
	if (!gathers)
		return false;
	gathers->policy = *policy_of(round->bench->param >> 16);
	for (unsigned i = 0; i < GATHERS; i++) {
		uint64_t first = bench_random(&state) >> 20 & ~0xfffULL, length = pages;

		if (!length)
			length = 1 + (bench_random(&state) & ((1ULL << (1 + i % 16)) - 1));
		iomt_gather_init(&gathers->list[i]);
		iomt_gather_add(&gathers->list[i], first, first + (length << 12) - 1);
		gathers->list[i].leaf_sizes = 0x1000;
	}
	return true;
}

/* One loop a vendor: the call and nothing else. */
#define LOOP(vendor)                                                                               \
	static void vendor##_loop(struct round *round)                                             \
	{                                                                                          \
		struct gathers *g = round->data;                                                   \
                                                                                                   \
		for (unsigned i = 0; i < GATHERS * TIMES; i++) {                                   \
			int count = iomt_##vendor##_gather(&vendor, &g->list[i % GATHERS],         \
							   &g->policy, g->cmds, ROOM);             \
                                                                                                   \
			if (count < 1)                                                             \
				bench_check(round, count ? count : IOMT_EINVAL, "commands");       \
			g->sum += g->cmds[0].word[1] + (uint64_t)count;                            \
		}                                                                                  \
	}                                                                                          \
	static const struct workload vendor##_workload = {open_gathers, NULL, vendor##_loop, NULL, \
							  done};

static void done(struct round *round)
{
	free(round->data);
}

static const struct iomt_amd_target amd = {.domain = 1};
static const struct iomt_vtd_target vtd = {.domain = 1, .mamv = 18};
static const struct iomt_smmu_target smmu = {
	.flags = IOMT_SMMU_RANGES, .asid = 1, .granule_lg2 = 12};
static const struct iomt_riscv_target riscv = {.flags = IOMT_RISCV_RANGES, .pscid = 1};

LOOP(amd)
LOOP(vtd)
LOOP(smmu)
LOOP(riscv)

static const struct {
	const char *name;
	const struct workload *workload;
} vendors[] = {
	{"AMD", &amd_workload},
	{"VT-d", &vtd_workload},
	{"SMMUv3", &smmu_workload},
	{"RISC-V", &riscv_workload},
};

void bench_invalidation(void)
{
	static const struct kind column = {.name = "commands", .target = {.name = "iomt"}};
	static const struct {
		const char *name;
		unsigned param;
	} cases[] = {
		{"one page", 1},
		{"64K, one cover", 16},
		{"any range, one cover", 0},
		{"any range, two covers", 1u << 16},
		{"any range, four covers", 2u << 16},
		{"any range, exact", 3u << 16},
		{"any range, by cost", 4u << 16},
	};

	for (unsigned v = 0; v < sizeof(vendors) / sizeof(vendors[0]); v++) {
		for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			char name[64];

			snprintf(name, sizeof(name), "%s: %s", vendors[v].name, cases[i].name);
			bench_add_own(&column, name, vendors[v].workload, cases[i].param);
		}
	}
}
