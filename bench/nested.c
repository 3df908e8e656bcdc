/* SPDX-License-Identifier: MIT */
/*
 * Walks of two stages of four levels each, all in pages of 4K: five walks of stage 2 for one of stage 1. The
 * tables lie in one flat piece of guest memory, which stage 2 maps page by page to itself.
 */
#include "bench.h"
#include <stdlib.h>

#define LOOKUPS 8192u
#define BYTES	(2ULL << 20) /* of memory, and of what stage 1 maps */
#define GUEST	0x100000ULL  /* where memory begins */
#define FIRST	0x4000000000ULL
#define OUTPUT	0x40000000ULL /* of stage 1; stage 2 maps it elsewhere */

struct nested {
	struct iomt_guest_region region;
	struct iomt_guest_mem mem;
	struct iomt_walker first, second;
	uint64_t used;
	void *memory;
	uint64_t addresses[LOOKUPS];
};

static const struct {
	const struct iomt_pt_format *second;
	const struct iomt_pt_format *first;
	const struct iomt_walk_format *walk_second;
	const struct iomt_walk_format *walk_first;
} pairs[] = {
	{&iomt_amdv1, &iomt_x86_64, &iomt_walk_amdv1, &iomt_walk_x86_64},
	{&iomt_vtd_ss, &iomt_x86_64, &iomt_walk_vtd_ss, &iomt_walk_x86_64},
	{&iomt_arm_s2_4k, &iomt_arm_s1_4k, &iomt_walk_arm_s2_4k, &iomt_walk_arm_s1_4k},
	{&iomt_riscv_s2, &iomt_riscv_s1, &iomt_walk_riscv_s2, &iomt_walk_riscv_s1},
};

/* Memory that is given out and never taken back. */
static void *take(void *ctx, size_t bytes)
{
	struct nested *nested = ctx;
	uint64_t at = (nested->used + bytes - 1) & ~(uint64_t)(bytes - 1);

	if (at + bytes > BYTES)
		return NULL;
	nested->used = at + bytes;
	return (char *)nested->memory + at;
}

static void give_back(void *ctx, void *memory, size_t bytes)
{
	(void)ctx;
	(void)memory;
	(void)bytes;
}

/* A table, and its walker. */
static int make(struct nested *nested, const struct iomt_mem *mem,
		const struct iomt_pt_format *format, const struct iomt_walk_format *walk,
		const uint64_t maps[2][3], struct iomt_walker *walker)
{
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = format,
				  .mem = mem,
				  .page_sizes = 4096,
				  .levels = 4,
				  .iova_bits = 47,
				  .oa_bits = 48};
	struct iomt_walk_cfg walk_cfg = {.size = sizeof(walk_cfg),
					 .format = walk,
					 .mem = maps[1][2] ? &nested->mem : &iomt_walk_by_stage_2,
					 .levels = 4,
					 .oa_bits = 48,
					 .mair = 0x04ff44};
	bool riscv = format == &iomt_riscv_s1 || format == &iomt_riscv_s2;
	struct iomt_pt_hw hw;
	struct iomt_pt pt;
	int err;

	if (format == &iomt_riscv_s2)
		cfg.iova_bits = 50; /* it has no fewer */
	err = iomt_pt_init(&pt, &cfg);

	for (unsigned i = 0; i < 2 && !err && maps[i][2]; i++)
		err = iomt_pt_map(&pt, maps[i][0], maps[i][1], maps[i][2], IOMT_READ | IOMT_WRITE,
				  NULL);
	if (err)
		return err;
	iomt_pt_hw(&pt, &hw);
	walk_cfg.root = hw.root;
	walk_cfg.levels = hw.levels;
	walk_cfg.iova_bits = riscv ? 0 : hw.iova_bits; /* RISC-V's is as wide as the levels */
	return iomt_walker_init(walker, &walk_cfg, NULL);
}

static bool open_nested(struct round *round)
{
	static const uint64_t second[2][3] = {{GUEST, GUEST, BYTES}, {OUTPUT, 2 * OUTPUT, BYTES}};
	static const uint64_t first[2][3] = {{FIRST, OUTPUT, BYTES}, {0, 0, 0}};
	struct nested *nested = calloc(1, sizeof(*nested));
	struct iomt_mem mem = {
		.size = sizeof(mem), .alloc = take, .free = give_back, .ctx = nested};

	round->ops = LOOKUPS;
	round->entries = 1;
	round->data = nested;
	if (!nested)
		return false;
	nested->memory = aligned_alloc(BYTES, BYTES);
	if (!nested->memory)
		return false;
	mem.phys_offset = GUEST - (uintptr_t)nested->memory;
	nested->region =
		(struct iomt_guest_region){.base = GUEST, .size = BYTES, .host = nested->memory};
	nested->mem = (struct iomt_guest_mem){
		.size = sizeof(nested->mem), .regions = &nested->region, .count = 1};
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i].second != round->kind->format)
			continue;
		bench_check(round,
			    make(nested, &mem, pairs[i].second, pairs[i].walk_second, second,
				 &nested->second),
			    "stage 2");
		bench_check(round,
			    make(nested, &mem, pairs[i].first, pairs[i].walk_first, first,
				 &nested->first),
			    "stage 1");
	}
	return !round->error;
}

static void new_addresses(struct round *round)
{
	static uint64_t state = 42;
	struct nested *nested = round->data;

	for (uint32_t i = 0; i < LOOKUPS; i++)
		nested->addresses[i] = FIRST + bench_random(&state) % BYTES;
}

static void walk(struct round *round)
{
	const struct nested *nested = round->data;
	struct iomt_walk_fault fault;
	struct iomt_walk_leaf leaf;
	uint64_t sum = 0;
	int err = 0;

	for (uint32_t i = 0; i < LOOKUPS; i++) {
		err |= iomt_walk_nested(&nested->first, &nested->second, 0, nested->addresses[i],
					IOMT_READ | IOMT_WRITE, &leaf, &fault);
		sum += leaf.oa + leaf.prot;
	}
	__asm__ volatile("" : : "r"(sum));
	bench_check(round, err, "walk");
}

static void done(struct round *round)
{
	struct nested *nested = round->data;

	if (nested)
		free(nested->memory);
	free(nested);
}

void bench_nested(const struct kind *kind)
{
	static const struct workload workload = {open_nested, new_addresses, walk, NULL, done};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i].second == kind->format)
			bench_add_own(kind, "nested guest walk in 2M", &workload, 2);
	}
}
