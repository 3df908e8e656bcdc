/* SPDX-License-Identifier: MIT */
/* Attaching by hand: what hardware reads afterwards, which commands it was given, who is refused. */
#include "provider.h"
#include "test.h"
#include "unit.h"

static struct provider provider;
static struct unit unit;
static struct iomt_iommu iommu;
static struct iomt_iommu_caps caps;

/* A page table with its places, and a domain on it. */
struct space {
	struct iomt_pt pt;
	struct iomt_domain_table table;
	struct iomt_domain domain;
};

static void open_iommu(const struct iomt_iommu_caps *of, const struct iomt_ring_kind *ring)
{
	struct iomt_iommu_cfg cfg = {
		.size = sizeof(cfg), .mem = &provider.mem, .ring = &unit.ring, .caps = &caps};

	provider_init(&provider, PROVIDER_LINEAR);
	unit_open(&unit, ring, 8, true);
	caps = *of;
	if (caps.kind == &iomt_iommu_kind_amd)
		cfg.flags = IOMT_IOMMU_WIDE_STORES;
	cfg.id_bits = caps.kind == &iomt_iommu_kind_vtd ? 16 : 8;
	CHECK_INT(iomt_iommu_init(&iommu, &cfg), 0);
}

static void close_iommu(void)
{
	CHECK_INT(iomt_iommu_destroy(&iommu), 0);
	provider_check_empty(&provider);
}

static void open_space(struct space *space, const struct iomt_pt_format *format)
{
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = format,
				  .mem = &provider.mem,
				  .oa_bits = 48,
				  .iova_bits = 48};
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

static void close_space(struct space *space)
{
	CHECK_INT(iomt_domain_destroy(&space->domain), 0);
	CHECK_INT(iomt_domain_table_destroy(&space->table), 0);
	iomt_pt_destroy(&space->pt);
}

static void add_device(struct iomt_device *device, uint32_t id, uint8_t pasid_bits, uint32_t flags)
{
	struct iomt_device_caps of = {.size = sizeof(of),
				      .iommu = &caps,
				      .id = id,
				      .pasid_bits = pasid_bits,
				      .flags = flags};

	CHECK_INT(iomt_device_add(&iommu, device, &of), 0);
}

/* Word "index" of an AMD device-table entry. */
static uint64_t dte(uint32_t id, unsigned index)
{
	struct iomt_device_table_hw hw;

	iomt_iommu_hw(&iommu, &hw);
	return *provider_word(&provider, hw.root + id * 32 + index * 8, false);
}

static uint64_t root(const struct space *space)
{
	struct iomt_pt_hw hw;

	iomt_pt_hw(&space->pt, &hw);
	return hw.root;
}

/* 48882, 2.2.2.1: V 0, TV 1, Mode 11:9, IR 61, IW 62; DomainID 79:64. */
static void amd_host_table(void)
{
	struct iomt_attachment place;
	struct iomt_device device;
	struct iomt_gather gather;
	static struct space a, b;
	uint64_t unmapped;

	open_iommu(&iomt_iommu_amd, &iomt_ring_amd);
	open_space(&a, &iomt_amdv1);
	open_space(&b, &iomt_amdv1);
	add_device(&device, 0x10, 0, 0);
	CHECK_EQ(dte(0x10, 0), 3);
	CHECK_INT(iomt_domain_attach(&a.domain, &device, IOMT_NO_PASID, 0, &place), 0);
	CHECK_EQ(dte(0x10, 0), 0x6000000000000003 | root(&a) | 4 << 9);
	CHECK_EQ(dte(0x10, 1), iomt_attachment_id(&place));
	CHECK_INT(iomt_domain_attach(&b.domain, &device, IOMT_NO_PASID, 0, &place), IOMT_EEXIST);
	CHECK_INT(iomt_domain_table_destroy(&a.table), IOMT_EBUSY);
	CHECK_INT(iomt_domain_destroy(&a.domain), IOMT_EBUSY);

	iomt_gather_init(&gather);
	CHECK_INT(iomt_domain_map(&a.domain, 0x5000, 0x7000, 0x1000, IOMT_READ, &gather), 0);
	unit.executed = 0;
	CHECK_INT(iomt_domain_unmap(&a.domain, NULL, 0x5000, 0x1000, 0, &unmapped, &gather), 0);
	CHECK_EQ(unit.executed, 2);
	CHECK_EQ(unit.log[0].word[0], 0x3000000000000000 | (uint64_t)iomt_attachment_id(&place)
								   << 32);
	CHECK_EQ(unit.log[0].word[1], 0x5000);

	CHECK_INT(iomt_domain_replace(&place, &b.domain, 0), 0);
	CHECK_EQ(dte(0x10, 0), 0x6000000000000003 | root(&b) | 4 << 9);
	CHECK_EQ(dte(0x10, 1), iomt_attachment_id(&place));
	CHECK_INT(iomt_domain_detach(&place), 0);
	CHECK_EQ(dte(0x10, 0) & 0x6000000000000e03, 3); /* the address means nothing without Mode */
	CHECK_INT(iomt_device_remove(&device), 0);
	close_space(&a);
	close_space(&b);
	close_iommu();
}

TEST_SUITE(domain_attach, TEST(amd_host_table));
