/* SPDX-License-Identifier: MIT */
/*
 * A guest's stage 1 on a parent of the library's, walked from the device down by what an emulator would walk
 * with: through the library's device entry and stage 2 to the guest's structures and pages, and no further
 * than the parent maps.
 *
 * The guest's memory is 16 pages from guest address 0 on. Its tables are at 0x6000, 0x7000, 0x8000 and 0x9000:
 * 0x40603456 (slots 0, 1, 3, 3) is guest address 0xa456. GCR3 table or context descriptors: 0x5000.
 */
#include "setup.h"
#include <iomt/walk_device.h>

#define PAGES 16u
#define IOVA  0x40603456ULL
#define NONE  IOMT_TLB_NO_PASID
/* T0SZ 16, EPD1, V, IPS 5, AA64, R, A (IHI 0070, 5.4) */
#define CD0 (16ULL | 1 << 30 | 1ULL << 31 | 5ULL << 32 | 1ULL << 41 | 3ULL << 45)

static struct space parent;
static struct iomt_viommu viommu;
static struct iomt_vdevice name;
static struct iomt_device device;
static struct iomt_nested nested;
static void *pages[PAGES];

static struct iomt_guest_word read64(void *ctx, uint64_t address)
{
	uint64_t *at = provider_word(ctx, address, false);

	if (!at)
		return (struct iomt_guest_word){.err = IOMT_EIO};
	return (struct iomt_guest_word){.value = *at};
}

static uint64_t phys(unsigned page)
{
	return (uintptr_t)pages[page] + provider.mem.phys_offset;
}

static uint64_t *guest(uint64_t address)
{
	return (uint64_t *)pages[address >> 12] + (address & 0xfff) / 8;
}

static void map_page(unsigned page)
{
	struct iomt_gather gather;

	iomt_gather_init(&gather);
	CHECK_INT(iomt_pt_map(&parent.pt, (uint64_t)page << 12, phys(page), 4096,
			      IOMT_READ | IOMT_WRITE, &gather),
		  0);
	CHECK_INT(iomt_flush_strict(iomt_domain_flush(&parent.table), &gather, 1, 0), 0);
}

static void unmap_page(unsigned page)
{
	struct iomt_gather gather;

	iomt_gather_init(&gather);
	CHECK_INT(iomt_pt_unmap(&parent.pt, (uint64_t)page << 12, 4096, NULL, &gather), 0);
	CHECK_INT(iomt_flush_strict(iomt_domain_flush(&parent.table), &gather, 1, 0), 0);
}

/* Tables that end in a leaf with these bits. */
static void begin(const struct iomt_iommu_caps *of, const struct iomt_ring_kind *ring,
		  const struct iomt_pt_format *format, const struct iomt_guest_stage *stage,
		  uint64_t table, uint64_t leaf)
{
	struct iomt_viommu_cfg cfg = {.size = sizeof(cfg),
				      .iommu = &iommu,
				      .parent = &parent.domain,
				      .policy = iomt_plan_covers(2)};

	open_iommu(of, ring);
	open_space(&parent, format);
	for (unsigned page = 0; page < PAGES; page++) {
		pages[page] = provider.mem.alloc(provider.mem.ctx, 4096);
		CHECK(pages[page]);
		memset(pages[page], 0, 4096);
		map_page(page);
	}
	*guest(0x6000) = 0x7000 | table;
	*guest(0x7008) = 0x8000 | table;
	*guest(0x8018) = 0x9000 | table;
	*guest(0x9018) = 0xa000 | leaf;
	CHECK_INT(iomt_viommu_init(&viommu, &cfg), 0);
	add_device(&device, 5, 8, 0);
	CHECK_INT(iomt_viommu_add(&viommu, &name, &device, 0x40), 0);
	CHECK_INT(iomt_nested_init(&nested, &viommu, stage), 0);
}

static void end(void)
{
	CHECK_INT(iomt_nested_destroy(&nested), 0);
	iomt_viommu_remove(&viommu, &name);
	remove_device(&device);
	CHECK_INT(iomt_viommu_destroy(&viommu), 0);
	for (unsigned page = 0; page < PAGES; page++)
		provider.mem.free(provider.mem.ctx, pages[page], 4096);
	close_space(&parent);
	close_iommu();
}

static int walk(enum iomt_unit_arch arch, uint32_t pasid, struct iomt_context *context,
		struct iomt_walk_leaf *leaf, struct iomt_device_fault *fault)
{
	struct iomt_guest_mem mem = {.size = sizeof(mem), .read64 = read64, .ctx = &provider};
	struct iomt_request request = {
		.device = 5, .pasid = pasid, .iova = IOVA, .access = IOMT_READ | IOMT_WALK_LOOK};
	struct iomt_unit_cfg cfg = {.size = sizeof(cfg),
				    .mem = &mem,
				    .arch = arch,
				    .features = IOMT_UNIT_STAGE_1 | IOMT_UNIT_STAGE_2 |
						IOMT_UNIT_NESTED | IOMT_UNIT_PASS | IOMT_UNIT_GIOV |
						IOMT_UNIT_GCR3_GPA,
				    .oa_bits = 48,
				    .pasid_bits = 16};
	struct iomt_device_table_hw hw;
	struct iomt_unit walks;
	int err;

	iomt_iommu_hw(&iommu, &hw);
	cfg.base = hw.base;
	cfg.base_cfg = arch == IOMT_UNIT_SMMU ? hw.cfg : 0;
	CHECK_INT(iomt_unit_init(&walks, &cfg, NULL), 0);
	err = iomt_unit_find(&walks, &request, context, fault);
	return err ? err : iomt_context_walk(context, &request, leaf, fault);
}

/* It comes to the guest's page, by the ids of the host; where the parent ends, nothing does. */
static void check(enum iomt_unit_arch arch, uint32_t pasid, uint32_t id, uint32_t process)
{
	static struct iomt_context context;
	struct iomt_device_fault fault = {0};
	struct iomt_walk_leaf leaf = {0};

	CHECK_INT(walk(arch, pasid, &context, &leaf, &fault), 0);
	CHECK_EQ(leaf.oa, phys(10) | 0x456);
	CHECK_EQ(context.stages, 3);
	CHECK_EQ(context.domain, id);
	CHECK_EQ(context.process, process);
	for (unsigned page = 6; page <= 10; page++) {
		unmap_page(page);
		CHECK_INT(walk(arch, pasid, &context, &leaf, &fault), IOMT_EFAULT);
		CHECK_EQ(fault.at, IOMT_AT_PAGES);
		CHECK_EQ(fault.walk.stage, 2);
		CHECK_EQ(fault.walk.on_table, page < 10);
		CHECK_EQ(fault.walk.input >> 12, page);
		map_page(page);
	}
	if (arch != IOMT_UNIT_VTD) { /* which has the guest's entries copied */
		unmap_page(5);
		CHECK_INT(walk(arch, pasid, &context, &leaf, &fault), IOMT_EFAULT);
		CHECK_EQ(fault.at, IOMT_AT_PROCESS);
		CHECK_EQ(fault.walk.input >> 12, 5);
		map_page(5);
	}
	CHECK_INT(walk(arch, pasid, &context, &leaf, &fault), 0);
}

static void gone(enum iomt_unit_arch arch, uint32_t pasid)
{
	static struct iomt_context context;
	struct iomt_device_fault fault;
	struct iomt_walk_leaf leaf;

	CHECK_INT(walk(arch, pasid, &context, &leaf, &fault), IOMT_EFAULT);
}

static void amd(void)
{
	struct iomt_guest_stage stage = {.id = 7, .amd = {.gcr3 = 0x5000, .giov = true}};
	struct iomt_attachment place;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, &iomt_amdv1, &stage, 0x27, 0x67);
	*guest(0x5000) = 0x6001;
	*guest(0x5018) = 0x6001;
	attach(&nested.domain, &device, IOMT_NO_PASID, &place);
	check(IOMT_UNIT_AMD, NONE, iomt_attachment_id(&place), 0);
	check(IOMT_UNIT_AMD, 3, iomt_attachment_id(&place), 3);
	gone(IOMT_UNIT_AMD, 4);
	detach(&place);
	gone(IOMT_UNIT_AMD, NONE);
	gone(IOMT_UNIT_AMD, 3);
	end();
}

static void vtd(void)
{
	struct iomt_guest_stage stage = {.id = 2, .vtd = {.first = 0x6000}};
	struct iomt_attachment rid, process;

	begin(&iomt_iommu_vtd_scalable, &iomt_ring_vtd, &iomt_vtd_ss, &stage, 0x27, 0x67);
	attach(&nested.domain, &device, IOMT_NO_PASID, &rid);
	attach(&nested.domain, &device, 9, &process);
	check(IOMT_UNIT_VTD, NONE, iomt_attachment_id(&rid), 0);
	check(IOMT_UNIT_VTD, 9, iomt_attachment_id(&process), 9);
	detach(&process);
	gone(IOMT_UNIT_VTD, 9);
	check(IOMT_UNIT_VTD, NONE, iomt_attachment_id(&rid), 0);
	detach(&rid);
	gone(IOMT_UNIT_VTD, NONE);
	end();
}

static void smmu(void)
{
	struct iomt_guest_stage stage = {.smmu = {.context = 0x5000, .s1_cdmax = 4, .s1_dss = 2}};
	struct iomt_attachment place;

	begin(&iomt_iommu_smmu, &iomt_ring_smmu, &iomt_arm_s2_4k, &stage, 3, 0xc43);
	for (uint64_t at = 0x5000; at < 0x5100; at += 0xc0) { /* of no substream, and of 3 */
		*guest(at) = CD0 | (at == 0x5000 ? 1ULL : 33ULL) << 48;
		*guest(at + 8) = 0x6000;
		*guest(at + 24) = 0xff;
	}
	attach(&nested.domain, &device, IOMT_NO_PASID, &place);
	check(IOMT_UNIT_SMMU, NONE, iomt_attachment_id(&place), 1);
	check(IOMT_UNIT_SMMU, 3, iomt_attachment_id(&place), 33);
	gone(IOMT_UNIT_SMMU, 4);
	detach(&place);
	gone(IOMT_UNIT_SMMU, NONE);
	end();
}

TEST_SUITE(domain_nested_walks, TEST(amd), TEST(vtd), TEST(smmu));
