/* SPDX-License-Identifier: MIT */
/*
 * What an emulated IOMMU does for a request: it asks the software IOTLB, which knows; or it walks, in a
 * context that it knows, or from the device table on.
 */
#include "bench.h"
#include <stdlib.h>
#include <string.h>

#define LOOKUPS 8192u
#define PAGES	512u	     /* that are mapped */
#define REGION	(1ULL << 46) /* where memory is, and its size: the upper half of user addresses */
#define DEVICE	5u
#define ENTRY	(DEVICE * 4u) /* of the device table, in words */

struct emulated {
	struct iomt_guest_region region;
	struct iomt_guest_mem mem;
	struct iomt_unit unit;
	struct iomt_unit_cache cache;
	struct iomt_unit_device device;
	struct iomt_context context;
	uint64_t *devices;
	void *tlb;
	uint64_t addresses[LOOKUPS];
};

static bool open_tlb(struct emulated *emulated)
{
	struct iomt_tlb_cfg cfg = {.size = sizeof(cfg), .entries = 4 * PAGES, .spaces = 4};
	struct iomt_tlb *tlb;

	return !posix_memalign(&emulated->tlb, IOMT_TLB_ALIGN, iomt_tlb_bytes(&cfg)) &&
	       !iomt_tlb_init(&tlb, &cfg, emulated->tlb) &&
	       !iomt_unit_cache_init(&emulated->cache, &emulated->unit, tlb, 0);
}

/* A unit with one device, whose table is the round's. */
static int open_unit(struct emulated *emulated, const struct iomt_pt *pt)
{
	struct iomt_unit_cfg cfg = {.size = sizeof(cfg),
				    .mem = &emulated->mem,
				    .arch = IOMT_UNIT_AMD,
				    .base = (uintptr_t)emulated->devices + pt->phys_offset,
				    .oa_bits = 52};
	struct iomt_pt_hw hw;

	emulated->region = (struct iomt_guest_region){.base = REGION + pt->phys_offset,
						      .size = REGION,
						      .host = (void *)(uintptr_t)REGION};
	emulated->mem = (struct iomt_guest_mem){
		.size = sizeof(emulated->mem), .regions = &emulated->region, .count = 1};
	iomt_pt_hw(pt, &hw);
	/* V, TV, Mode, root, IR, IW; DomainID (48882, 2.2.2.1) */
	emulated->devices[ENTRY] = 3 | (uint64_t)hw.levels << 9 | hw.root | 3ULL << 61;
	emulated->devices[ENTRY + 1] = 1;
	return iomt_unit_init(&emulated->unit, &cfg, NULL);
}

static void new_addresses(struct round *round)
{
	static uint64_t state = 42;
	struct emulated *emulated = round->data;

	for (uint32_t i = 0; i < LOOKUPS; i++)
		emulated->addresses[i] = BENCH_BASE + bench_random(&state) % (PAGES * 4096);
}

static struct iomt_request request_at(uint64_t iova)
{
	return (struct iomt_request){
		.device = DEVICE, .pasid = IOMT_TLB_NO_PASID, .iova = iova, .access = IOMT_READ};
}

static void cached(struct round *round)
{
	struct emulated *emulated = round->data;
	struct iomt_device_fault fault;
	struct iomt_tlb_entry entry;
	uint64_t sum = 0;
	int err = 0;

	for (uint32_t i = 0; i < LOOKUPS; i++) {
		struct iomt_request request = request_at(emulated->addresses[i]);

		err |= iomt_unit_translate(&emulated->cache, &emulated->device, &request, &entry,
					   &fault);
		sum += entry.oa + entry.prot;
	}
	__asm__ volatile("" : : "r"(sum));
	bench_check(round, err, "translate");
}

static void in_context(struct round *round)
{
	struct emulated *emulated = round->data;
	struct iomt_device_fault fault;
	struct iomt_walk_leaf leaf;
	uint64_t sum = 0;
	int err = 0;

	for (uint32_t i = 0; i < LOOKUPS; i++) {
		struct iomt_request request = request_at(emulated->addresses[i]);

		err |= iomt_context_walk(&emulated->context, &request, &leaf, &fault);
		sum += leaf.oa + leaf.prot;
	}
	__asm__ volatile("" : : "r"(sum));
	bench_check(round, err, "walk");
}

static void from_device(struct round *round)
{
	struct emulated *emulated = round->data;
	struct iomt_device_fault fault;
	struct iomt_walk_leaf leaf;
	uint64_t sum = 0;
	int err = 0;

	for (uint32_t i = 0; i < LOOKUPS; i++) {
		struct iomt_request request = request_at(emulated->addresses[i]);

		err |= iomt_unit_find(&emulated->unit, &request, &emulated->context, &fault);
		err |= iomt_context_walk(&emulated->context, &request, &leaf, &fault);
		sum += leaf.oa + leaf.prot;
	}
	__asm__ volatile("" : : "r"(sum));
	bench_check(round, err, "find");
}

static bool open_emulated(struct round *round)
{
	uint64_t oa = BENCH_OA + 4096; /* out of step with the input: nothing but granules */
	struct emulated *emulated = calloc(1, sizeof(*emulated));
	struct iomt_request request = request_at(BENCH_BASE);
	struct iomt_device_fault fault;

	round->ops = LOOKUPS;
	round->entries = 1;
	round->data = emulated;
	if (!emulated || !bench_table(round, 0))
		return false;
	emulated->devices = aligned_alloc(4096, 4096);
	if (!emulated->devices || !open_tlb(emulated))
		return false;
	memset(emulated->devices, 0, 4096);
	bench_check(round,
		    round->target->map(round->pt, BENCH_BASE, oa, PAGES * 4096,
				       IOMT_READ | IOMT_WRITE, NULL),
		    "map");
	bench_check(round, open_unit(emulated, round->pt), "unit");
	bench_check(round, iomt_unit_find(&emulated->unit, &request, &emulated->context, &fault),
		    "find");
	for (uint32_t i = 0; i < LOOKUPS; i++)
		emulated->addresses[i] = BENCH_BASE + i % PAGES * 4096ULL;
	cached(round);
	return !round->error;
}

static void done(struct round *round)
{
	struct emulated *emulated = round->data;

	bench_drop(round);
	if (emulated) {
		free(emulated->devices);
		free(emulated->tlb);
	}
	free(emulated);
}

void bench_unit(const struct kind *kind)
{
	static const struct workload hits = {open_emulated, new_addresses, cached, NULL, done};
	static const struct workload walks = {open_emulated, new_addresses, in_context, NULL, done};
	static const struct workload finds = {open_emulated, new_addresses, from_device, NULL,
					      done};

	if (kind->format != &iomt_amdv1)
		return;
	bench_add_own(kind, "guest request in 2M, cached", &hits, 2);
	bench_add_own(kind, "guest request in 2M, walked", &walks, 2);
	bench_add_own(kind, "guest request in 2M, found and walked", &finds, 2);
}
