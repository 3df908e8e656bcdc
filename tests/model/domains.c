/* SPDX-License-Identifier: MIT */
#include "domains.h"
#include "test.h"
#include "wide.h"

const uint32_t domains_pasids[DOMAINS_PASIDS] = {IOMT_NO_PASID, 1, 2, 70, 0xffff};

static const struct {
	const struct iomt_iommu_caps *caps;
	enum machine_mode mode;
} kinds[] = {
	{&iomt_iommu_amd, MACHINE_AMD},
	{&iomt_iommu_amd_gt, MACHINE_AMD},
	{&iomt_iommu_amd_gio, MACHINE_AMD},
	{&iomt_iommu_vtd_legacy, MACHINE_VTD},
	{&iomt_iommu_vtd_scalable, MACHINE_VTD_SCALABLE},
	{&iomt_iommu_smmu_s1, MACHINE_SMMU},
	{&iomt_iommu_smmu_s2, MACHINE_SMMU},
	{&iomt_iommu_smmu, MACHINE_SMMU},
	{&iomt_iommu_smmu_full, MACHINE_SMMU},
};

const unsigned domains_unit_kinds = sizeof(kinds) / sizeof(kinds[0]);

/* Page tables as units of a vendor walk them. */
static const struct shape {
	const struct iomt_pt_format *format;
	uint8_t granule_lg2, levels, iova_bits, oa_bits;
	bool grows;
} shapes[][7] = {
	{{&iomt_amdv1, 12, 2, 0, 48, true},
	 {&iomt_amdv1, 12, 4, 48, 48, false},
	 {&iomt_x86_64, 12, 0, 48, 48, false},
	 {&iomt_x86_64, 12, 0, 48, 48, false},
	 {&iomt_x86_64, 12, 0, 57, 48, false},
	 {&iomt_amdv1, 12, 2, 0, 48, true},
	 {&iomt_x86_64, 12, 0, 48, 48, false}},
	{{&iomt_vtd_ss, 12, 0, 48, 48, false},
	 {&iomt_vtd_ss, 12, 0, 48, 48, false},
	 {&iomt_x86_64, 12, 0, 48, 48, false},
	 {&iomt_x86_64, 12, 0, 57, 48, false},
	 {&iomt_vtd_ss, 12, 0, 39, 48, false},
	 {&iomt_vtd_ss, 12, 0, 48, 52, false},
	 {&iomt_x86_64, 12, 0, 48, 48, false}},
	{{&iomt_arm_s1_4k, 12, 0, 48, 48, false},
	 {&iomt_arm_s2_4k, 12, 0, 48, 48, false},
	 {&iomt_arm_s1_64k, 16, 0, 48, 48, false},
	 {&iomt_arm_s2_16k, 14, 0, 48, 48, false},
	 {&iomt_arm_s1_16k, 14, 0, 48, 48, false},
	 {&iomt_arm_s1_4k, 12, 0, 39, 48, false},
	 {&iomt_arm_s1_4k_lpa2, 12, 0, 52, 52, false}},
};

uint32_t domains_pick(struct domains *all, uint32_t limit)
{
	uint32_t value;

	if (!all->end)
		return (uint32_t)random_below(&all->random, limit);
	value = all->input < all->end ? *all->input++ : 0;
	return value % limit;
}

static unsigned family_of(const struct iomt_iommu_caps *caps)
{
	return caps->kind == &iomt_iommu_kind_amd ? 0 : caps->kind == &iomt_iommu_kind_vtd ? 1 : 2;
}

static void vary_stages(struct domains *all, struct domains_unit *unit)
{
	bool absent = family_of(&unit->caps) < 2 && !domains_pick(all, 3);

	for (unsigned i = 0; i < 2 && absent; i++)
		if (unit->caps.stage[i].formats)
			unit->caps.stage[i].flags |= IOMT_STAGE_CACHES_ABSENT;
	unit->machine.caches_absent = absent;
	if (unit->caps.kind == &iomt_iommu_kind_smmu && (unit->caps.flags & IOMT_IOMMU_RANGES) &&
	    domains_pick(all, 2)) {
		unit->caps.errata |= IOMT_ERRATUM_WHOLE_RUNS;
		unit->machine.whole_runs = true;
	}
	unit->caps.flags &= ~IOMT_IOMMU_COHERENT;
	if (unit->machine.mode == MACHINE_VTD)
		unit->caps.stage[1].oa_bits = 48; /* where the provider's memory is */
	if (unit->caps.kind == &iomt_iommu_kind_vtd && domains_pick(all, 2))
		unit->caps.domain_bits = 4;
	if (unit->caps.kind == &iomt_iommu_kind_vtd && domains_pick(all, 2))
		unit->caps.mamv = 9;
	unit->ids = (1u << (unit->caps.domain_bits ? unit->caps.domain_bits : 8)) - 1;
}

static void meanwhile(void *ctx)
{
	struct domains_unit *unit = ctx;

	domains_live(unit->all);
}

static void open_unit(struct domains *all, struct domains_unit *unit, unsigned kind)
{
	static const uint8_t splits[] = {0, 6, 8, 10};
	struct iomt_device_table_hw hw;

	unit->all = all;
	unit->caps = *kinds[kind].caps;
	machine_open(&unit->machine, kinds[kind].mode, &all->provider, random_next(&all->random));
	vary_stages(all, unit);
	unit->machine.reader.mamv = unit->caps.mamv;
	unit->machine.meanwhile = meanwhile;
	unit->machine.judge = domains_judge;
	unit->machine.ctx = unit;
	unit->cfg = (struct iomt_iommu_cfg){.size = sizeof(unit->cfg),
					    .caps = &unit->caps,
					    .mem = &all->provider.mem,
					    .ring = &unit->machine.unit.ring,
					    .id_bits = 12};
	if (kinds[kind].mode == MACHINE_AMD) {
		unit->cfg.flags = domains_pick(all, 3) ? WIDE_STORES : 0;
		unit->cfg.relation = domains_pick(all, 2);
		unit->cfg.merging = domains_pick(all, 3);
	} else if (kinds[kind].mode == MACHINE_SMMU) {
		unit->cfg.split = splits[domains_pick(all, 4)];
	} else {
		unit->cfg.id_bits = 16;
	}
	CHECK_INT(iomt_iommu_init(&unit->iommu, &unit->cfg), 0);
	iomt_iommu_hw(&unit->iommu, &hw);
	machine_start(&unit->machine, hw.base, hw.cfg);
	unit->open = true;
}

/* Few ids are left (VT-d has 4 bits at least). */
static void fill(struct domains_unit *unit)
{
	struct iomt_pt_cfg pt = {
		.size = sizeof(pt), .format = &iomt_vtd_ss, .mem = unit->cfg.mem, .oa_bits = 48};
	struct iomt_domain_table_cfg table = {
		.size = sizeof(table), .mem = unit->cfg.mem, .policy = iomt_plan_covers(1)};
	struct iomt_domain_cfg domain = {.size = sizeof(domain), .kind = IOMT_DOMAIN_PAGING};

	for (; unit->filled < DOMAINS_FILLERS; unit->filled++) {
		struct domains_filler *filler = &unit->fillers[unit->filled];

		filler->caps = (struct iomt_device_caps){.size = sizeof(filler->caps),
							 .iommu = &unit->caps,
							 .id = 0x1000 + unit->filled};
		table.pt = &filler->pt;
		domain.table = &filler->table;
		CHECK_INT(iomt_pt_init(&filler->pt, &pt), 0);
		CHECK_INT(iomt_domain_table_init(&filler->table, &table), 0);
		CHECK_INT(iomt_domain_init(&filler->domain, &domain), 0);
		CHECK_INT(iomt_device_add(&unit->iommu, &filler->device, &filler->caps), 0);
		CHECK_INT(iomt_domain_attach(&filler->domain, &filler->device, IOMT_NO_PASID, 0,
					     &filler->place),
			  0);
		unit->ids--;
	}
}

static void empty(struct domains_unit *unit)
{
	for (; unit->filled; unit->filled--) {
		struct domains_filler *filler = &unit->fillers[unit->filled - 1];

		CHECK_INT(iomt_domain_detach(&filler->place), 0);
		CHECK_INT(iomt_device_remove(&filler->device), 0);
		CHECK_INT(iomt_domain_destroy(&filler->domain), 0);
		CHECK_INT(iomt_domain_table_destroy(&filler->table), 0);
		iomt_pt_destroy(&filler->pt);
	}
}

/* The range may be used again: nobody has what was there. */
static void release(void *ctx, uint64_t first, uint64_t last)
{
	struct domains_table *table = ctx;

	table->all->released++;
	for (unsigned i = 0; i < DOMAINS_PAGES; i++) {
		uint64_t iova = domains_iova(table, i);

		if (iova < first || iova > last)
			continue;
		table->pages[i].olds = 0;
		table->pages[i].waiting = false;
	}
}

static struct iomt_plan_policy some_policy(struct domains *all, struct domains_table *table)
{
	switch (domains_pick(all, 4)) {
	case 0:
		return iomt_plan_covers(4);
	case 1:
		return iomt_plan_exact(2);
	default:
		table->one_each = true;
		return iomt_plan_covers(1);
	}
}

static void open_table(struct domains *all, struct domains_table *table, const struct shape *shape,
		       bool foreign)
{
	static const uint32_t queues[] = {0, 2, 8, 64};
	struct iomt_pt_cfg pt = {.size = sizeof(pt),
				 .format = shape->format,
				 .mem = &all->provider.mem,
				 .levels = shape->levels,
				 .iova_bits = shape->iova_bits,
				 .oa_bits = shape->oa_bits,
				 .page_sizes = foreign ? 1ULL << shape->granule_lg2 : 0};
	struct iomt_domain_table_cfg cfg = {.size = sizeof(cfg),
					    .mem = &all->provider.mem,
					    .policy = some_policy(all, table),
					    .age = 4,
					    .release = release,
					    .ctx = table};

	table->all = all;
	table->foreign = foreign;
	table->granule = 1ULL << shape->granule_lg2;
	table->base[0] = 0x10000000;
	table->base[1] = shape->iova_bits == 39 ? 1ULL << 38 : 1ULL << 40;
	if (shape->grows) {
		pt.top_changed = iomt_domain_top_changed;
		pt.ctx = &table->table;
	}
	CHECK_INT(iomt_pt_init(&table->pt, &pt), 0);
	cfg.pt = &table->pt;
	if (foreign) {
		cfg.pt = NULL;
		cfg.format = shape->format;
		iomt_pt_hw(&table->pt, &cfg.hw);
	}
	CHECK_INT(iomt_domain_table_init(&table->table, &cfg), 0);
	CHECK_INT(iomt_flush_queue_init(&table->queue, iomt_domain_flush(&table->table),
					queues[domains_pick(all, 4)]),
		  0);
}

static void open_domain(struct domains *all, enum iomt_domain_kind kind, uint32_t flags,
			struct domains_table *table)
{
	struct domains_domain *domain = &all->domains[all->domain_count++];
	struct iomt_domain_cfg cfg = {.size = sizeof(cfg),
				      .kind = kind,
				      .flags = flags,
				      .table = table ? &table->table : NULL};

	CHECK(all->domain_count <= DOMAINS_MOST);
	domain->kind = kind;
	domain->flags = flags;
	domain->table = table;
	CHECK_INT(iomt_domain_init(&domain->domain, &cfg), 0);
}

/* Most domains are for anybody, some for few; tables are of several. */
static void open_domains(struct domains *all)
{
	static const uint32_t flags[] = {0, IOMT_DOMAIN_NO_PASID, IOMT_DOMAIN_TRUSTED,
					 IOMT_DOMAIN_NO_PASID | IOMT_DOMAIN_TRUSTED};
	unsigned family = family_of(&all->units[0].caps);

	all->table_count = DOMAINS_TABLES;
	for (unsigned i = 0; i < DOMAINS_TABLES; i++) {
		unsigned of = i == 4 ? family_of(&all->units[all->unit_count - 1].caps) : family;
		const struct shape *shape = &shapes[of][domains_pick(all, 7)];
		bool foreign =
			i == 3 && shape->format != &iomt_amdv1 && shape->format != &iomt_vtd_ss;

		open_table(all, &all->tables[i], shape, foreign);
		open_domain(all, foreign ? IOMT_DOMAIN_SVA : IOMT_DOMAIN_PAGING, 0,
			    &all->tables[i]);
		if (i < 2)
			open_domain(all, IOMT_DOMAIN_PAGING, flags[domains_pick(all, 4)],
				    &all->tables[i]);
	}
	open_domain(all, IOMT_DOMAIN_IDENTITY, 0, NULL);
	open_domain(all, IOMT_DOMAIN_IDENTITY, IOMT_DOMAIN_TRUSTED, NULL);
	open_domain(all, IOMT_DOMAIN_BLOCKED, 0, NULL);
}

void domains_open(struct domains *all, unsigned kind, const uint8_t *input, size_t size,
		  uint64_t seed)
{
	static const uint16_t ids[DOMAINS_DEVICES] = {0, 3, 0x47, 0x80, 0x3c1, 0xfff};

	memset(all, 0, sizeof(*all));
	random_init(&all->random, seed);
	random_init(&all->looks, seed + 1);
	all->input = input;
	all->end = input ? input + size : NULL;
	provider_init(&all->provider, PROVIDER_INCOHERENT);
	all->unit_count = 1 + domains_pick(all, DOMAINS_UNITS);
	for (unsigned i = 0; i < all->unit_count; i++) {
		unsigned other = domains_pick(all, domains_unit_kinds);

		if (i && domains_pick(all, 3)) /* mostly of the same vendor */
			while (family_of(kinds[other].caps) != family_of(kinds[kind].caps))
				other = (other + 1) % domains_unit_kinds;
		open_unit(all, &all->units[i], i ? other : kind);
	}
	for (unsigned i = 0; i < all->unit_count; i++)
		if (all->units[i].ids == 15)
			fill(&all->units[i]);
	for (unsigned i = 0; i < DOMAINS_DEVICES; i++) {
		all->devices[i].unit = domains_pick(all, all->unit_count);
		all->devices[i].caps.id = ids[i];
	}
	open_domains(all);
	all->provider.on_clean = domains_live;
	all->provider.clean_ctx = all;
}

/* All goes as it came, and nothing stays. */
void domains_close(struct domains *all)
{
	all->provider.fail_at = 0;
	for (unsigned i = 0; i < DOMAINS_DEVICES; i++) {
		struct domains_device *device = &all->devices[i];

		for (unsigned k = 0; k < DOMAINS_PASIDS; k++) {
			unsigned at = DOMAINS_PASIDS - 1 - k;

			if (!device->places[at].now)
				continue;
			device->places[at].changing = true;
			CHECK_INT(iomt_domain_detach(&device->places[at].attachment), 0);
			device->places[at].changing = false;
			device->places[at].now = NULL;
		}
		if (device->present)
			CHECK_INT(iomt_device_remove(&device->device), 0);
		device->present = false;
	}
	domains_check(all);
	for (unsigned i = 0; i < all->domain_count; i++)
		CHECK_INT(iomt_domain_destroy(&all->domains[i].domain), 0);
	for (unsigned i = 0; i < all->table_count; i++) {
		CHECK_INT(iomt_flush_queue_destroy(&all->tables[i].queue), 0);
		CHECK_INT(iomt_domain_table_destroy(&all->tables[i].table), 0);
		iomt_pt_destroy(&all->tables[i].pt);
	}
	for (unsigned i = 0; i < all->unit_count; i++) {
		all->units[i].open = false;
		empty(&all->units[i]);
		CHECK_INT(iomt_iommu_destroy(&all->units[i].iommu), 0);
	}
	provider_check_empty(&all->provider);
}
