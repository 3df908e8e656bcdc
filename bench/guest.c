/* SPDX-License-Identifier: MIT */
/*
 * Walks of the same tables as a guest's: each entry judged, nothing read outside of what is memory.
 * Beside "translate ..., whole leaf", which trusts the tables.
 */
#include "bench.h"
#include <stdlib.h>
#include <string.h>

#define LOOKUPS 8192u
#define REGION	(1ULL << 46) /* where it is, and its size: the upper half of all user addresses */

struct guest {
	struct iomt_guest_region region;
	struct iomt_guest_mem mem;
	struct iomt_walker walker;
	uint32_t access;
	uint64_t addresses[LOOKUPS];
	/* leaves that are to be marked */
	uint64_t *leaves[LOOKUPS];
	uint64_t unmarked[LOOKUPS];
};

static const struct format {
	const struct iomt_pt_format *format;
	const struct iomt_walk_format *walk;
	uint64_t accessed; /* of leaves */
} formats[] = {
	{&iomt_amdv1, &iomt_walk_amdv1, 1 << 5},
	{&iomt_x86_64, &iomt_walk_x86_64, 1 << 5},
	{&iomt_vtd_ss, &iomt_walk_vtd_ss, 1 << 8},
	{&iomt_arm_s1_4k, &iomt_walk_arm_s1_4k, 1 << 10},
	{&iomt_arm_s1_16k, &iomt_walk_arm_s1_16k, 1 << 10},
	{&iomt_arm_s1_64k, &iomt_walk_arm_s1_64k, 1 << 10},
	{&iomt_arm_s1_4k_lpa2, &iomt_walk_arm_s1_4k_lpa2, 1 << 10},
	{&iomt_arm_s2_4k, &iomt_walk_arm_s2_4k, 1 << 10},
	{&iomt_arm_s2_16k, &iomt_walk_arm_s2_16k, 1 << 10},
	{&iomt_arm_s2_64k, &iomt_walk_arm_s2_64k, 1 << 10},
	{&iomt_riscv_s1, &iomt_walk_riscv_s1, 1 << 6},
	{&iomt_riscv_s2, &iomt_walk_riscv_s2, 1 << 6},
};

static const struct format *format_of(const struct kind *kind)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].format == kind->format)
			return &formats[i];
	}
	return NULL;
}

static struct iomt_guest_word read64(void *ctx, uint64_t address)
{
	const struct iomt_guest_region *region = ctx;
	uint64_t offset = address - region->base;

	if (offset >= region->size)
		return (struct iomt_guest_word){.err = IOMT_EIO};
	return (struct iomt_guest_word){
		.value = __atomic_load_n((uint64_t *)((char *)region->host + offset),
					 __ATOMIC_ACQUIRE)};
}

/* Tables of the pool, in one region as large as a process. */
static bool open_guest(struct round *round, bool mapped, bool large, uint32_t flags)
{
	/* out of step with the input, so that there is nothing but granules */
	uint64_t oa = BENCH_OA + (large ? 0 : 1ULL << round->kind->granule_lg2);
	uint64_t size = (uint64_t)round->bench->param << 20;
	struct iomt_pt_cfg_error error = {"", ""};
	struct guest *guest = calloc(1, sizeof(*guest));
	struct iomt_walk_cfg cfg = {
		.size = sizeof(cfg), .format = format_of(round->kind)->walk, .flags = flags};
	struct iomt_pt_hw hw;

	round->ops = LOOKUPS;
	round->entries = 1;
	round->data = guest;
	if (!guest || !bench_table(round, 0))
		return false;
	bench_check(round,
		    round->target->map(round->pt, BENCH_BASE, oa, size, IOMT_READ | IOMT_WRITE,
				       NULL),
		    "map");
	iomt_pt_hw(round->pt, &hw);
	guest->region = (struct iomt_guest_region){.base = REGION + round->pt->phys_offset,
						   .size = REGION,
						   .host = (void *)(uintptr_t)REGION};
	guest->access = IOMT_READ | IOMT_WRITE;
	guest->mem = (struct iomt_guest_mem){.size = sizeof(guest->mem),
					     .regions = &guest->region,
					     .count = mapped,
					     .read64 = read64,
					     .ctx = &guest->region};
	cfg.mem = &guest->mem;
	cfg.root = hw.root;
	cfg.levels = hw.levels;
	/* RISC-V's is as wide as the levels */
	cfg.iova_bits = strncmp(round->kind->name, "riscv", 5) ? hw.iova_bits : 0;
	cfg.oa_bits = hw.oa_bits;
	cfg.mair = 0x04ff44; /* as the library's stage 1 expects it */
	bench_check(round, iomt_walker_init(&guest->walker, &cfg, &error), error.field);
	return !round->error;
}

static bool open_mapped(struct round *round)
{
	return open_guest(round, true, false, 0);
}

static bool open_callbacks(struct round *round)
{
	return open_guest(round, false, false, 0);
}

static bool open_large(struct round *round)
{
	return open_guest(round, true, true, 0);
}

static bool open_privileged(struct round *round)
{
	bool open = open_guest(round, true, false, 0);
	struct guest *guest = round->data;

	if (open)
		guest->access |= IOMT_PRIV;
	return open;
}

/* Each page once, and where its leaf is. */
static bool open_marking(struct round *round)
{
	uint64_t size = (uint64_t)round->bench->param << 20,
		 granule = 1ULL << round->kind->granule_lg2;
	bool open = open_guest(round, true, false, IOMT_WALK_ACCESSED);
	uint64_t accessed = format_of(round->kind)->accessed;
	struct guest *guest = round->data;

	for (round->ops = 0; open && round->ops < size / granule; round->ops++) {
		uint64_t iova = BENCH_BASE + round->ops * granule;
		struct iomt_walk_fault fault;
		struct iomt_walk_path path;
		struct iomt_walk_leaf leaf;

		bench_check(round,
			    iomt_walk_with_path(&guest->walker, iova, guest->access, &leaf, &fault,
						&path),
			    "walk");
		guest->addresses[round->ops] = iova;
		guest->leaves[round->ops] =
			(uint64_t *)(uintptr_t)(path.steps[path.count - 1].address -
						round->pt->phys_offset);
		guest->unmarked[round->ops] = leaf.entry & ~accessed;
	}
	return open && !round->error;
}

static void unmark(struct round *round)
{
	struct guest *guest = round->data;

	for (uint64_t i = 0; i < round->ops; i++)
		*guest->leaves[i] = guest->unmarked[i];
}

static void new_addresses(struct round *round)
{
	static uint64_t state = 42;
	uint64_t size = (uint64_t)round->bench->param << 20;
	struct guest *guest = round->data;

	for (uint32_t i = 0; i < LOOKUPS; i++)
		guest->addresses[i] = BENCH_BASE + bench_random(&state) % size;
}

static void walk(struct round *round)
{
	const struct guest *guest = round->data;
	struct iomt_walk_fault fault;
	struct iomt_walk_leaf leaf;
	uint64_t sum = 0;
	int err = 0;

	for (uint64_t i = 0; i < round->ops; i++) {
		err |= iomt_walk(&guest->walker, guest->addresses[i], guest->access, &leaf, &fault);
		sum += leaf.oa + leaf.prot;
	}
	__asm__ volatile("" : : "r"(sum));
	bench_check(round, err, "walk");
}

static void done(struct round *round)
{
	bench_drop(round);
	free(round->data);
}

void bench_guest(const struct kind *kind)
{
	static const struct workload mapped = {open_mapped, new_addresses, walk, NULL, done};
	static const struct workload callbacks = {open_callbacks, new_addresses, walk, NULL, done};
	static const struct workload large = {open_large, new_addresses, walk, NULL, done};

	static const struct workload privileged = {open_privileged, new_addresses, walk, NULL,
						   done};
	static const struct workload marking = {open_marking, unmark, walk, NULL, done};

	if (!format_of(kind))
		return;
	bench_add_own(kind, "guest walk in 2M", &mapped, 2);
	bench_add_own(kind, "guest walk in 2M, callbacks", &callbacks, 2);
	bench_add_own(kind, "guest walk in 2M, privileged", &privileged, 2);
	bench_add_own(kind, "guest walk in 2M, marking", &marking, 2);
	bench_add_own(kind, "guest walk in 1G", &mapped, 1024);
	bench_add_own(kind, "guest walk in 1G of large pages", &large, 1024);
}
