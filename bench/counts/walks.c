/* SPDX-License-Identifier: MIT */
/* Walks of a guest's tables: in a region that begins where no granule does, behind callbacks, of two stages. */
#include "counts.h"
#include <stdio.h>
#include <stdlib.h>

#define RW (IOMT_READ | IOMT_WRITE)

struct kind {
	const char *name;
	const struct iomt_pt_format *format;
	const struct iomt_walk_format *walk;
	uint64_t granule;
	uint8_t iova_bits;
};

static const struct kind kinds[] = {
	{"amdv1", &iomt_amdv1, &iomt_walk_amdv1, PAGE, 48},
	{"x86_64", &iomt_x86_64, &iomt_walk_x86_64, PAGE, 48},
	{"vtd_ss", &iomt_vtd_ss, &iomt_walk_vtd_ss, PAGE, 48},
	{"arm_s1_4k", &iomt_arm_s1_4k, &iomt_walk_arm_s1_4k, PAGE, 48},
	{"arm_s2_4k", &iomt_arm_s2_4k, &iomt_walk_arm_s2_4k, PAGE, 48},
	{"arm_s1_64k", &iomt_arm_s1_64k, &iomt_walk_arm_s1_64k, 16 * PAGE, 48},
	{"riscv_s1", &iomt_riscv_s1, &iomt_walk_riscv_s1, PAGE, 47},
};

struct work {
	const struct kind *kind;
	struct iomt_guest_region region;
	struct iomt_guest_mem mem;
	struct iomt_walker walker, second;
	uint32_t access;
	int err;
};

static void must(const struct kind *kind, int err)
{
	if (!err)
		return;
	fprintf(stderr, "%s: %s\n", kind->name, iomt_strerror(err));
	exit(1);
}

static struct iomt_guest_word read64(void *ctx, uint64_t address)
{
	(void)ctx;
	return (struct iomt_guest_word){.value = *(const uint64_t *)(uintptr_t)address};
}

/* A table of granules that are no larger leaf, and its walker. */
static void open_walker(const struct kind *kind, const struct iomt_guest_mem *mem,
			const uint64_t (*maps)[3], struct iomt_walker *walker)
{
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = kind->format,
				  .mem = &counts_mem,
				  .iova_bits = kind->iova_bits,
				  .page_sizes = kind->granule};
	struct iomt_walk_cfg walk_cfg = {
		.size = sizeof(walk_cfg),
		.format = kind->walk,
		.mem = mem,
		.mair = 0x04ff44}; /* as the library's stage 1 expects it */
	struct iomt_pt_hw hw;
	struct iomt_pt pt;

	must(kind, iomt_pt_init(&pt, &cfg));
	for (; (*maps)[2]; maps++)
		must(kind, iomt_pt_map(&pt, (*maps)[0], (*maps)[1], (*maps)[2], RW, NULL));
	iomt_pt_hw(&pt, &hw);
	walk_cfg.root = hw.root;
	walk_cfg.levels = hw.levels;
	walk_cfg.iova_bits = kind->iova_bits == 48 ? hw.iova_bits : 0; /* RISC-V's are all */
	walk_cfg.oa_bits = hw.oa_bits;
	must(kind, iomt_walker_init(walker, &walk_cfg, NULL));
}

static void open_work(struct work *w, const struct kind *kind)
{
	*w = (struct work){.kind = kind, .access = RW};
	counts_clear();
	/* no granule of 64K begins with it */
	w->region = (struct iomt_guest_region){
		.base = (uintptr_t)counts_shelf(), .size = SHELF, .host = counts_shelf()};
	w->mem = (struct iomt_guest_mem){.size = sizeof(w->mem), .regions = &w->region, .count = 1};
}

static void walk(void *ctx)
{
	struct work *w = ctx;
	struct iomt_walk_fault fault;
	struct iomt_walk_leaf leaf;

	for (uint64_t i = 0; i < PAGES; i++)
		w->err |= iomt_walk(&w->walker, IOVA + i * w->kind->granule + 8, w->access, &leaf,
				    &fault);
}

static void walk_nested(void *ctx)
{
	struct work *w = ctx;
	struct iomt_walk_fault fault;
	struct iomt_walk_leaf leaf;

	for (uint64_t i = 0; i < PAGES; i++)
		w->err |= iomt_walk_nested(&w->walker, &w->second, 0, IOVA + i * PAGE + 8, RW,
					   &leaf, &fault);
}

static void count_walks(struct work *w, const struct kind *kind)
{
	const uint64_t maps[][3] = {{IOVA, OA, PAGES * kind->granule}, {0, 0, 0}};

	open_work(w, kind);
	open_walker(kind, &w->mem, maps, &w->walker);
	counts_loop(kind->name, "walk", walk, w, &w->err, PAGES);
	w->access |= IOMT_PRIV;
	counts_loop(kind->name, "walk-privileged", walk, w, &w->err, PAGES);

	open_work(w, kind);
	w->mem.count = 0;
	w->mem.read64 = read64;
	open_walker(kind, &w->mem, maps, &w->walker);
	counts_loop(kind->name, "walk-callbacks", walk, w, &w->err, PAGES);
}

/* The guest's memory is where it is; its pages are elsewhere. */
static void count_nested(struct work *w, const struct kind *first, const struct kind *second)
{
	const uint64_t inner[][3] = {{IOVA, OA, PAGES * PAGE}, {0, 0, 0}};
	const uint64_t outer[][3] = {{(uintptr_t)counts_shelf(), (uintptr_t)counts_shelf(), SHELF},
				     {OA, 2 * OA, PAGES * PAGE},
				     {0, 0, 0}};

	open_work(w, second);
	open_walker(second, &w->mem, outer, &w->second);
	open_walker(first, &iomt_walk_by_stage_2, inner, &w->walker);
	counts_loop(second->name, "walk-nested", walk_nested, w, &w->err, PAGES);
}

void counts_walks(void)
{
	static struct work w;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		count_walks(&w, &kinds[i]);
	count_nested(&w, &kinds[1], &kinds[0]);
	count_nested(&w, &kinds[1], &kinds[2]);
	count_nested(&w, &kinds[3], &kinds[4]);
}
