/* SPDX-License-Identifier: MIT */
#include "setup.h"
#include "wide.h"

struct provider provider;
struct unit unit;
struct iomt_iommu iommu;
struct iomt_iommu_caps caps;

void open_iommu(const struct iomt_iommu_caps *of, const struct iomt_ring_kind *ring)
{
	open_iommu_with(of, ring, of->kind == &iomt_iommu_kind_amd ? WIDE_STORES : 0, 8);
}

void open_iommu_with(const struct iomt_iommu_caps *of, const struct iomt_ring_kind *ring,
		     uint32_t flags, unsigned ring_lg2)
{
	struct iomt_iommu_cfg cfg = {.size = sizeof(cfg),
				     .mem = &provider.mem,
				     .ring = &unit.ring,
				     .caps = &caps,
				     .flags = flags};

	provider_init(&provider, PROVIDER_LINEAR);
	unit_open(&unit, ring, ring_lg2, true);
	caps = *of;
	if (caps.kind == &iomt_iommu_kind_vtd)
		caps.stage[1].oa_bits = 48;
	cfg.id_bits = caps.kind == &iomt_iommu_kind_vtd ? 16 : 8;
	CHECK_INT(iomt_iommu_init(&iommu, &cfg), 0);
}

void close_iommu(void)
{
	CHECK_INT(iomt_iommu_destroy(&iommu), 0);
	provider_check_empty(&provider);
}

void open_space(struct space *space, const struct iomt_pt_format *format)
{
	open_space_with(space, format, 0, 48);
}

void open_space_with(struct space *space, const struct iomt_pt_format *format, uint32_t flags,
		     uint8_t iova_bits)
{
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = format,
				  .mem = &provider.mem,
				  .flags = flags,
				  .oa_bits = 48,
				  .iova_bits = iova_bits};
	struct iomt_domain_table_cfg table = {.size = sizeof(table),
					      .pt = &space->pt,
					      .mem = &provider.mem,
					      .policy = iomt_plan_covers(2)};
	struct iomt_domain_cfg domain = {
		.size = sizeof(domain), .kind = IOMT_DOMAIN_PAGING, .table = &space->table};

	CHECK_INT(iomt_pt_init(&space->pt, &cfg), 0);
	CHECK_INT(iomt_domain_table_init(&space->table, &table), 0);
	CHECK_INT(iomt_domain_init(&space->domain, &domain), 0);
}

void close_space(struct space *space)
{
	CHECK_INT(iomt_domain_destroy(&space->domain), 0);
	CHECK_INT(iomt_domain_table_destroy(&space->table), 0);
	iomt_pt_destroy(&space->pt);
}

void add_device(struct iomt_device *device, uint32_t id, uint8_t pasid_bits, uint32_t flags)
{
	struct iomt_device_caps of = {.size = sizeof(of),
				      .iommu = &caps,
				      .id = id,
				      .pasid_bits = pasid_bits,
				      .flags = flags};

	CHECK_INT(iomt_device_add(&iommu, device, &of), 0);
}

/* Word "index" of an AMD device-table entry. */
uint64_t dte(uint32_t id, unsigned index)
{
	struct iomt_device_table_hw hw;

	iomt_iommu_hw(&iommu, &hw);
	return *provider_word(&provider, hw.root + id * 32 + index * 8, false);
}

uint64_t root(const struct space *space)
{
	struct iomt_pt_hw hw;

	iomt_pt_hw(&space->pt, &hw);
	return hw.root;
}

uint64_t word(uint64_t phys, unsigned index)
{
	return *provider_word(&provider, phys + index * 8, false);
}

uint64_t devices_root(void)
{
	struct iomt_device_table_hw hw;

	iomt_iommu_hw(&iommu, &hw);
	return hw.root;
}

void attach(struct iomt_domain *domain, struct iomt_device *device, uint32_t pasid,
	    struct iomt_attachment *place)
{
	CHECK_INT(iomt_domain_attach(domain, device, pasid, 0, place), 0);
}

void detach(struct iomt_attachment *place)
{
	CHECK_INT(iomt_domain_detach(place), 0);
}

void remove_device(struct iomt_device *device)
{
	CHECK_INT(iomt_device_remove(device), 0);
}

void open_plain(struct iomt_domain *domain, enum iomt_domain_kind kind)
{
	struct iomt_domain_cfg cfg = {.size = sizeof(cfg), .kind = kind};

	CHECK_INT(iomt_domain_init(domain, &cfg), 0);
}

/* Unmaps a page that it maps first; how many commands that took, syncs included. */
uint64_t commands_of_unmap(struct space *space)
{
	struct iomt_gather gather;
	uint64_t unmapped, executed;

	iomt_gather_init(&gather);
	CHECK_INT(iomt_domain_map(&space->domain, 0x5000, 0x7000, 0x1000, IOMT_READ, &gather), 0);
	executed = unit.executed;
	CHECK_INT(iomt_domain_unmap(&space->domain, NULL, 0x5000, 0x1000, 0, &unmapped, &gather),
		  0);
	CHECK_EQ(unmapped, 0x1000);
	return unit.executed - executed;
}

uint64_t gcr3_root(uint32_t id)
{
	return (dte(id, 0) >> 58 & 7) << 12 | (dte(id, 1) >> 16 & 0xffff) << 15 |
	       (dte(id, 1) >> 43 & 0x1fffff) << 31;
}
