/* SPDX-License-Identifier: MIT */
/*
 * Hardware as it was described in public. What a source does not say is chosen plainly: LRU, one
 * unit. docs/iotlb-model.md lists what is known and what is chosen.
 */
#include <iomt/model.h>

#define NS	  1000ULL
#define X86	  (1ULL << 12 | 1ULL << 21 | 1ULL << 30)
#define AMD	  (0x3ffULL << 12 | X86) /* 4K to 2M, and 1G */
#define BASE	  .size = sizeof(struct iomt_model_cfg), .granule_lg2 = 12, .levels = 4, .units = 1
#define LRU(s, w) .sets = (s), .ways = (w), .policy = IOMT_POLICY_LRU

static const struct iomt_model_preset presets[] = {
	{
		.name = "neugebauer2018",
		.about = "64 entries, a miss costs 330 ns: Neugebauer et al., Understanding PCIe "
			 "performance for end host networking, SIGCOMM 2018",
		.cfg = {BASE, .devices = 1, .walkers = 1, .iotlb = {{LRU(1, 64), .sizes = X86}},
			/* all but the leaf's entry is remembered: one read is the whole miss */
			.walk = {{LRU(1, 64)}, {LRU(1, 64)}, {LRU(1, 64)}}, .memory_ps = 330 * NS},
	},
	{
		.name = "hypertrio",
		.about = "ATS over 450 ns of PCIe, two-stage walks of 24 reads of 50 ns, 64 x 8, "
			 "512 x 16, 1024 x 16: Lavrov and Wentzlaff, HyperTRIO, ISCA 2020",
		.cfg = {BASE, .devices = 1024, .nested = 4, .window = 32,
			.device = {LRU(8, 8), .sizes = X86, .latency_ps = 2 * NS},
			.iotlb = {{LRU(8, 8), .sizes = X86, .latency_ps = 2 * NS}},
			.walk = {{LRU(32, 16)}, {LRU(64, 16)}}, .link_ps = 450 * NS,
			.memory_ps = 50 * NS},
	},
	{
		.name = "small",
		.about = "a plain IOMMU to begin with: 64 entries for 4K, 2M and 1G, 32 of each "
			 "level's tables, 8 walkers, reads of 100 ns",
		.cfg = {BASE, .devices = 1, .walkers = 8,
			.iotlb = {{LRU(8, 8), .sizes = X86, .index = IOMT_INDEX_HASH,
				   .latency_ps = 5 * NS}},
			.walk = {{LRU(4, 8), .index = IOMT_INDEX_HASH},
				 {LRU(4, 8), .index = IOMT_INDEX_HASH},
				 {LRU(4, 8), .index = IOMT_INDEX_HASH}},
			.memory_ps = 100 * NS, .invalidate_ps = 500 * NS},
	},
	{
		.name = "amd",
		.about = "the same with entries of every power of two from 4K to 2M, as AMD V1 "
			 "tables "
			 "have leaves",
		.cfg = {BASE, .devices = 1, .walkers = 8,
			.iotlb = {{LRU(8, 8), .sizes = AMD, .index = IOMT_INDEX_HASH,
				   .latency_ps = 5 * NS}},
			.walk = {{LRU(4, 8), .index = IOMT_INDEX_HASH},
				 {LRU(4, 8), .index = IOMT_INDEX_HASH},
				 {LRU(4, 8), .index = IOMT_INDEX_HASH}},
			.memory_ps = 100 * NS, .invalidate_ps = 500 * NS},
	},
	{.name = NULL},
};

static bool same(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return *a == *b;
}

const struct iomt_model_preset *iomt_model_presets(void)
{
	return presets;
}

const struct iomt_model_preset *iomt_model_preset_find(const char *name)
{
	for (const struct iomt_model_preset *preset = presets; preset->name; preset++) {
		if (same(preset->name, name))
			return preset;
	}
	return NULL;
}
