/* SPDX-License-Identifier: MIT */
/*
 * Domains: a PASID attached, with all structures, ids and commands; a page unmapped from
 * a domain that is attached at 64 places, every one with an id of its own. The hardware takes commands at
 * once: what is measured is the software's part alone.
 */
#include "bench.h"
#include <stdlib.h>

#define RING_LG2 10u
#define PLACES	 64u
#define PAGES	 1024u

struct hardware {
	const struct iomt_ring_kind *kind;
	struct iomt_cmd entries[2u << RING_LG2];
	struct iomt_ring_slot slots[1u << RING_LG2];
	uint64_t stores[1u << RING_LG2];
	uint32_t tail; /* and head */
};

struct state {
	struct hardware hardware;
	struct iomt_ring ring;
	struct iomt_iommu iommu;
	struct iomt_iommu_caps caps;
	struct iomt_pt pt, others[PLACES];
	struct iomt_domain_table table, other_tables[PLACES];
	struct iomt_domain domain, other_domains[PLACES];
	struct iomt_device devices[PLACES];
	struct iomt_attachment places[PLACES], other_places[PLACES], new_places[PLACES];
	bool attached; /* new_places */
	int err;
};

static uint32_t head(void *ctx)
{
	return ((struct hardware *)ctx)->tail;
}

/* The sync is the last command: AMD's stores 64 bits, VT-d's 32. */
static void doorbell(void *ctx, uint32_t tail)
{
	struct hardware *hardware = ctx;
	uint32_t last = (tail - 1) & ((1u << RING_LG2) - 1);
	const uint64_t *word = hardware->entries[last * hardware->kind->cmds].word;

	if (hardware->kind->vendor == IOMT_VENDOR_AMD)
		*(uint64_t *)(uintptr_t)(word[0] & 0xffffffffffff8) = word[1];
	else if (hardware->kind->vendor == IOMT_VENDOR_VTD)
		*(uint32_t *)(uintptr_t)word[1] = (uint32_t)(word[0] >> 32);
	hardware->tail = tail;
}

static int no_wait(void *ctx, uint64_t tries)
{
	(void)ctx;
	(void)tries;
	return 0;
}

static const struct iomt_ring_ops ops = {.head = head, .doorbell = doorbell, .wait = no_wait};

struct vendor {
	const char *name;
	const struct iomt_iommu_caps *caps;
	const struct iomt_ring_kind *ring;
	const struct iomt_pt_format *format;
};

static const struct vendor vendors[] = {
	{"amd", &iomt_iommu_amd_gio, &iomt_ring_amd, &iomt_x86_64},
	{"vtd", &iomt_iommu_vtd_scalable, &iomt_ring_vtd, &iomt_x86_64},
	{"smmu", &iomt_iommu_smmu_full, &iomt_ring_smmu, &iomt_arm_s1_4k},
};

static int open_unit(struct state *state, const struct vendor *vendor)
{
	struct hardware *hardware = &state->hardware;
	const bool head_tells = vendor->ring == &iomt_ring_smmu;
	struct iomt_ring_cfg ring = {
		.size = sizeof(ring),
		.kind = vendor->ring,
		.ops = &ops,
		.ctx = hardware,
		.entries = hardware->entries,
		.entries_lg2 = RING_LG2,
		.slots = hardware->slots,
		.stores = head_tells ? NULL : hardware->stores,
		.stores_phys = head_tells ? 0 : (uintptr_t)hardware->stores,
	};
	struct iomt_iommu_cfg iommu = {
		.size = sizeof(iommu),
		.caps = &state->caps,
		.mem = &iomt_mem_heap,
		.ring = &state->ring,
		.flags = vendor->ring == &iomt_ring_amd ? IOMT_IOMMU_WIDE_STORES : 0,
		.id_bits = vendor->ring == &iomt_ring_vtd ? 16 : 8,
	};
	int err = iomt_ring_init(&state->ring, &ring);

	hardware->kind = vendor->ring;
	state->caps = *vendor->caps;
	return err ? err : iomt_iommu_init(&state->iommu, &iommu);
}

static int open_domain(const struct vendor *vendor, struct iomt_pt *pt,
		       struct iomt_domain_table *table, struct iomt_domain *domain)
{
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = vendor->format,
				  .mem = &iomt_mem_heap,
				  .iova_bits = 48,
				  .oa_bits = 48,
				  .page_sizes = 4096};
	struct iomt_domain_table_cfg table_cfg = {.size = sizeof(table_cfg),
						  .pt = pt,
						  .mem = &iomt_mem_heap,
						  .policy = iomt_plan_covers(2)};
	struct iomt_domain_cfg domain_cfg = {
		.size = sizeof(domain_cfg), .kind = IOMT_DOMAIN_PAGING, .table = table};
	int err = iomt_pt_init(pt, &cfg);

	if (!err)
		err = iomt_domain_table_init(table, &table_cfg);
	return err ? err : iomt_domain_init(domain, &domain_cfg);
}

static int add_device(struct state *state, unsigned number)
{
	struct iomt_device_caps caps = {
		.size = sizeof(caps), .iommu = &state->caps, .id = number, .pasid_bits = 8};

	return iomt_device_add(&state->iommu, &state->devices[number], &caps);
}

/* param: the vendor. Each device has a table of its own, and AMD and VT-d so an id of its own. */
static bool open_places(struct round *round)
{
	const struct vendor *vendor = &vendors[round->bench->param];
	struct state *state = calloc(1, sizeof(*state));
	int err;

	round->data = state;
	round->entries = 1;
	if (!state)
		return false;
	err = open_unit(state, vendor);
	if (!err)
		err = open_domain(vendor, &state->pt, &state->table, &state->domain);
	for (unsigned i = 0; i < PLACES && !err; i++) {
		err = open_domain(vendor, &state->others[i], &state->other_tables[i],
				  &state->other_domains[i]);
		if (!err)
			err = add_device(state, i);
		if (!err)
			err = iomt_domain_attach(&state->other_domains[i], &state->devices[i],
						 IOMT_NO_PASID, 0, &state->other_places[i]);
		if (!err)
			err = iomt_domain_attach(&state->domain, &state->devices[i], 3, 0,
						 &state->places[i]);
	}
	return !err;
}

static bool open_attach(struct round *round)
{
	round->ops = PLACES;
	return open_places(round);
}

static bool open_unmap(struct round *round)
{
	round->ops = PAGES;
	return open_places(round);
}

static void detach(struct round *round)
{
	struct state *state = round->data;

	for (unsigned i = 0; i < PLACES && state->attached; i++) {
		int err = iomt_domain_detach(&state->new_places[i]);

		state->err = state->err ? state->err : err;
	}
	state->attached = false;
}

/* One more PASID for each device, which nobody else has. */
static void attach(struct round *round)
{
	struct state *state = round->data;

	for (unsigned i = 0; i < PLACES; i++) {
		int err = iomt_domain_attach(&state->other_domains[(i + 1) % PLACES],
					     &state->devices[i], 5, 0, &state->new_places[i]);

		state->err = state->err ? state->err : err;
	}
	state->attached = true;
}

static void map(struct round *round)
{
	struct state *state = round->data;
	int err = iomt_pt_map(&state->pt, BENCH_BASE, BENCH_OA, PAGES * 4096ULL,
			      IOMT_READ | IOMT_WRITE, NULL);

	state->err = state->err ? state->err : err;
}

static void unmap(struct round *round)
{
	struct state *state = round->data;
	struct iomt_gather gather;

	iomt_gather_init(&gather);
	for (unsigned i = 0; i < PAGES; i++) {
		int err = iomt_domain_unmap(&state->domain, NULL, BENCH_BASE + i * 4096ULL, 4096, 0,
					    NULL, &gather);

		state->err = state->err ? state->err : err;
	}
}

static void check(struct round *round)
{
	bench_check(round, ((struct state *)round->data)->err, "domain");
}

static void close_domain(struct iomt_pt *pt, struct iomt_domain_table *table,
			 struct iomt_domain *domain)
{
	(void)iomt_domain_destroy(domain);
	(void)iomt_domain_table_destroy(table);
	iomt_pt_destroy(pt);
}

static void done(struct round *round)
{
	struct state *state = round->data;

	if (!state)
		return;
	detach(round);
	for (unsigned i = 0; i < PLACES; i++) {
		(void)iomt_domain_detach(&state->places[i]);
		(void)iomt_domain_detach(&state->other_places[i]);
		(void)iomt_device_remove(&state->devices[i]);
		close_domain(&state->others[i], &state->other_tables[i], &state->other_domains[i]);
	}
	close_domain(&state->pt, &state->table, &state->domain);
	(void)iomt_iommu_destroy(&state->iommu);
	free(state);
}

void bench_domain(void)
{
	static const struct workload attaching = {open_attach, detach, attach, check, done};
	static const struct workload unmapping = {open_unmap, map, unmap, check, done};
	static const struct kind column = {.name = "domain", .target = {.name = "iomt"}};

	for (unsigned i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s, attach a PASID", vendors[i].name);
		bench_add_own(&column, name, &attaching, i);
		snprintf(name, sizeof(name), "%s, unmap at %u places", vendors[i].name, PLACES);
		bench_add_own(&column, name, &unmapping, i);
	}
}
