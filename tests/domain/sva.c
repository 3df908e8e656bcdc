/* SPDX-License-Identifier: MIT */
/* Processes and devices: PASIDs, counts, what comes back afterwards, regions that are no memory. */
#include "setup.h"

static struct iomt_pasid_space pasids;
static struct iomt_process process;
static struct space own;

static const struct iomt_region regions[] = {
	{0xfee00000, 0xfeefffff, IOMT_REGION_HOLE},
	{0xffff800000000000, 0xffff800000000fff, IOMT_REGION_MSI},
};
static uint64_t occupied; /* an address that the process uses */
static unsigned carved;

static int carve(void *ctx, uint64_t first, uint64_t last)
{
	(void)ctx;
	carved++;
	return first <= occupied && occupied <= last ? IOMT_EEXIST : 0;
}

static struct iomt_pt_hw table_of_process(uint64_t at)
{
	struct iomt_pt_hw hw = {.root = at, .levels = 4, .iova_bits = 48, .oa_bits = 48};

	return hw;
}

static void begin(const struct iomt_iommu_caps *of, const struct iomt_ring_kind *ring)
{
	struct iomt_pasid_cfg cfg = {.size = sizeof(cfg), .bits = 20, .quarantine = 16};
	struct iomt_process_cfg of_process = {.size = sizeof(of_process),
					      .format = &iomt_x86_64,
					      .hw = table_of_process(0x123000),
					      .policy = iomt_plan_covers(1),
					      .pasids = &pasids,
					      .carve = carve};

	open_iommu(of, ring);
	open_space(&own, of->kind == &iomt_iommu_kind_amd ? &iomt_x86_64 : &iomt_vtd_ss);
	cfg.mem = &provider.mem;
	CHECK_INT(iomt_pasid_init(&pasids, &cfg), 0);
	CHECK_INT(iomt_pasid_reserve(&pasids, 0, 1), 0);
	of_process.mem = &provider.mem;
	CHECK_INT(iomt_process_init(&process, &of_process), 0);
	carved = 0;
	occupied = 0;
}

static void end(void)
{
	CHECK_INT(iomt_process_destroy(&process), 0);
	iomt_pasid_destroy(&pasids);
	close_space(&own);
	close_iommu();
}

static struct iomt_sva_bond *bind(struct iomt_device *device, uint32_t flags,
				  struct iomt_sva_bond *room)
{
	struct iomt_sva_bond *bond = NULL;

	CHECK_INT(iomt_sva_bind(&process, device, flags, room, &bond, NULL), 0);
	return bond;
}

/* One PASID for two devices, the smallest that is not reserved; the last bond gives it back. */
static void one_pasid(void)
{
	struct iomt_sva_bond rooms[3], *first, *again, *other;
	struct iomt_device a, b;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd);
	add_device(&a, 5, 8, 0);
	add_device(&b, 6, 4, 0);
	CHECK_EQ(iomt_process_pasid(&process), IOMT_NO_PASID);
	first = bind(&a, 0, &rooms[0]);
	again = bind(&a, 0, &rooms[1]);
	other = bind(&b, 0, &rooms[2]);
	CHECK(again == first && other != first);
	CHECK_EQ(iomt_process_pasid(&process), 2);
	CHECK_EQ(word(gcr3_root(5), 2), 0x123001);
	CHECK_EQ(word(gcr3_root(6), 2), 0x123001);
	CHECK_INT(iomt_process_destroy(&process), IOMT_EBUSY);

	/* both devices have the same map and one id: one command, one sync */
	unit.executed = 0;
	CHECK_INT(iomt_process_changed(&process, 0x5000, 0x5fff, 12, false), 0);
	CHECK_EQ(unit.executed, 2);
	CHECK_EQ(unit.log[0].word[0] & 0xf000000000000000, 0x3000000000000000);
	CHECK_EQ(unit.log[0].word[0] & 0xfffff, 2);
	CHECK_INT(iomt_process_changed(&process, 0x5000, 0x4fff, 12, false), IOMT_EINVAL);

	CHECK_INT(iomt_sva_unbind(first), 0);
	CHECK_EQ(word(gcr3_root(5), 2), 0x123001);
	CHECK_INT(iomt_sva_unbind(first), 0);
	CHECK_EQ(word(gcr3_root(5), 2), 0);
	CHECK_EQ(iomt_pasid_test(&pasids, 2), IOMT_PASID_ALLOCATED);
	CHECK_INT(iomt_sva_unbind(other), 0);
	CHECK_EQ(iomt_pasid_test(&pasids, 2), IOMT_PASID_FREE);
	CHECK_EQ(iomt_process_pasid(&process), IOMT_NO_PASID);
	remove_device(&a);
	remove_device(&b);
	end();
}

/* A PASID that one device can send and another cannot; none is left; none at all. */
static void widths(void)
{
	struct iomt_sva_bond rooms[2], *bond;
	struct iomt_device wide, narrow, none;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd);
	add_device(&wide, 5, 8, 0);
	add_device(&narrow, 6, 2, 0);
	add_device(&none, 7, 0, 0);
	CHECK_INT(iomt_pasid_reserve(&pasids, 2, 3), 0);
	CHECK_INT(iomt_sva_bind(&process, &none, 0, &rooms[0], &bond, NULL), IOMT_EOPNOTSUPP);
	CHECK_INT(iomt_sva_bind(&process, &narrow, 0, &rooms[0], &bond, NULL), IOMT_ENOSPC);
	CHECK_EQ(iomt_process_pasid(&process), IOMT_NO_PASID);
	bond = bind(&wide, 0, &rooms[0]);
	CHECK_EQ(iomt_process_pasid(&process), 4);
	CHECK_INT(iomt_sva_bind(&process, &narrow, 0, &rooms[1], &bond, NULL), IOMT_ERANGE);
	CHECK_INT(iomt_sva_bind(&process, &wide, 8, &rooms[1], &bond, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_sva_unbind(&rooms[0]), 0);
	remove_device(&wide);
	remove_device(&narrow);
	remove_device(&none);
	end();
}

/* In place of the device's own table, which comes back; where the unit can do that. */
static void without_pasid(void)
{
	struct iomt_sva_bond room, *bond;
	struct iomt_attachment place;
	struct iomt_device device;
	uint64_t context, entries;

	begin(&iomt_iommu_vtd_scalable, &iomt_ring_vtd);
	add_device(&device, 5, 8, 0);
	attach(&own.domain, &device, IOMT_NO_PASID, &place);
	context = word(devices_root(), 0) & ~0xfffULL;
	entries = word(word(context, 4 * 5) & ~0xfffULL, 0) & ~0xfffULL;
	CHECK_EQ(word(entries, 0) & ~0xfffULL, root(&own));
	CHECK_INT(iomt_sva_bind(&process, &device, IOMT_SVA_RID, &room, &bond, NULL), IOMT_EBUSY);
	CHECK_EQ(word(entries, 0) & ~0xfffULL, root(&own));
	bond = bind(&device, IOMT_SVA_RID | IOMT_SVA_BREAK, &room);
	CHECK_EQ(word(entries, 0) & 0x1c1, 0x041);
	CHECK_EQ(word(entries, 2) & ~0xfffULL, 0x123000);
	CHECK_EQ(iomt_process_pasid(&process), IOMT_NO_PASID);
	CHECK_INT(iomt_sva_unbind(bond), 0);
	CHECK_EQ(word(entries, 0) & 0x1c1, 0x081);
	CHECK_EQ(word(entries, 0) & ~0xfffULL, root(&own));
	detach(&place);
	remove_device(&device);
	end();

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd);
	caps.flags &= ~IOMT_IOMMU_SVA_RID;
	add_device(&device, 5, 8, 0);
	CHECK_INT(iomt_sva_bind(&process, &device, IOMT_SVA_RID, &room, &bond, NULL),
		  IOMT_EOPNOTSUPP);
	remove_device(&device);
	end();
}

/* A hole of the device is kept free in the process, or the conflict named; the upper half is not asked. */
static void reserved_regions(void)
{
	struct iomt_device_caps of = {.size = sizeof(of),
				      .iommu = &caps,
				      .id = 5,
				      .pasid_bits = 8,
				      .regions = regions,
				      .region_count = 2};
	struct iomt_sva_conflict conflict;
	struct iomt_sva_bond room, *bond;
	struct iomt_device device;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd);
	CHECK_INT(iomt_device_add(&iommu, &device, &of), 0);
	occupied = 0xfee01000;
	CHECK_INT(iomt_sva_bind(&process, &device, 0, &room, &bond, &conflict), IOMT_EEXIST);
	CHECK_INT(conflict.code, IOMT_EEXIST);
	CHECK_EQ(conflict.region.first, 0xfee00000);
	CHECK_EQ(carved, 1);
	occupied = 0;
	bond = bind(&device, 0, &room);
	CHECK_EQ(carved, 2);
	CHECK_INT(iomt_sva_unbind(bond), 0);
	remove_device(&device);
	end();
}

/*
 * Leaves of 4K and more: of 2M, no hint of level 3 (TTL, 4.4.1.1), which would spare a block. NUM 16:12, SCALE
 * 25:20, TTL 73:72, TG 75:74, Leaf 64.
 */
static void larger_leaves(void)
{
	struct iomt_process_cfg cfg = {.size = sizeof(cfg),
				       .format = &iomt_arm_s1_4k,
				       .policy = iomt_plan_covers(1),
				       .pasids = &pasids};
	struct iomt_pasid_cfg of_pasids = {.size = sizeof(of_pasids), .bits = 20};
	struct {
		struct iomt_process_cfg cfg;
		uint64_t more;
	} newer = {.more = 1};
	static struct space lower;
	struct iomt_process changing;
	struct iomt_sva_bond room, *bond;
	struct iomt_device device;

	open_iommu(&iomt_iommu_smmu_full, &iomt_ring_smmu);
	open_space(&lower, &iomt_arm_s1_4k);
	of_pasids.mem = &provider.mem;
	CHECK_INT(iomt_pasid_init(&pasids, &of_pasids), 0);
	cfg.mem = &provider.mem;
	iomt_pt_hw(&lower.pt, &cfg.hw);
	newer.cfg = cfg;
	newer.cfg.size = sizeof(newer); /* and wants what is not known here */
	CHECK_INT(iomt_process_init(&changing, &newer.cfg), IOMT_EINVAL);
	CHECK_INT(iomt_process_init(&changing, &cfg), 0);
	add_device(&device, 3, 6, 0);
	CHECK_INT(iomt_sva_bind(&changing, &device, 0, &room, &bond, NULL), 0);
	unit.executed = 0;
	CHECK_INT(iomt_process_changed(&changing, 0x200000, 0x3fffff, 12, false), 0);
	CHECK_EQ(unit.executed, 2);
	CHECK_EQ(unit.log[0].word[0] & 0x3fff0ff, 15 << 12 | 5 << 20 | 0x12);
	CHECK_EQ(unit.log[0].word[1], 0x200000 | 1 << 10 | 1);
	unit.executed = 0;
	CHECK_INT(iomt_process_changed(&changing, 0x200000, 0x207fff, 12, false), 0);
	CHECK_EQ(unit.log[0].word[1], 0x200000 | 1 << 10 | 3 << 8 | 1);
	CHECK_INT(iomt_sva_unbind(bond), 0);
	remove_device(&device);
	CHECK_INT(iomt_process_destroy(&changing), 0);
	iomt_pasid_destroy(&pasids);
	close_space(&lower);
	close_iommu();
}

/* What the kernel keeps mapped is in the upper half, in the same descriptor (TTB1, EPD1 30). */
static void upper_half(void)
{
	struct iomt_process_cfg cfg = {.size = sizeof(cfg),
				       .format = &iomt_arm_s1_4k,
				       .policy = iomt_plan_covers(1),
				       .pasids = &pasids};
	struct iomt_pasid_cfg of_pasids = {.size = sizeof(of_pasids), .bits = 20};
	static struct space lower, upper;
	struct iomt_process kernel_aided;
	struct iomt_sva_bond room, *bond;
	struct iomt_device device;
	uint64_t descriptors;

	open_iommu(&iomt_iommu_smmu, &iomt_ring_smmu);
	open_space(&lower, &iomt_arm_s1_4k);
	open_space_with(&upper, &iomt_arm_s1_4k, IOMT_PT_TTBR1, 48);
	of_pasids.mem = &provider.mem;
	CHECK_INT(iomt_pasid_init(&pasids, &of_pasids), 0);
	cfg.mem = &provider.mem;
	iomt_pt_hw(&lower.pt, &cfg.hw);
	cfg.upper = &upper.table;
	CHECK_INT(iomt_process_init(&kernel_aided, &cfg), 0);
	add_device(&device, 3, 6, 0);
	CHECK_INT(iomt_sva_bind(&kernel_aided, &device, 0, &room, &bond, NULL), 0);
	descriptors = word(devices_root() + 3 * 64, 0) & 0xffffffffffffc0;
	CHECK_EQ(iomt_process_pasid(&kernel_aided), 1);
	CHECK_EQ(word(descriptors, 8 + 0) & 1ULL << 30, 0);
	CHECK_EQ(word(descriptors, 8 + 1), root(&lower));
	CHECK_EQ(word(descriptors, 8 + 2), root(&upper));
	unit.executed = 0;
	CHECK_INT(iomt_domain_changed(&upper.table, 0xffff800000000000, 0xffff800000000fff, 12,
				      false),
		  0);
	CHECK_EQ(unit.executed, 2);
	CHECK_INT(iomt_sva_unbind(bond), 0);
	remove_device(&device);
	CHECK_INT(iomt_process_destroy(&kernel_aided), 0);
	iomt_pasid_destroy(&pasids);
	close_space(&upper);
	close_space(&lower);
	close_iommu();
}

/* Whoever has the place without a PASID after the bond keeps it; one process at a time, and what waits stays. */
static void shadowed(void)
{
	struct iomt_sva_bond room, other_room, *bond, *other_bond;
	struct iomt_process_cfg cfg = {.size = sizeof(cfg),
				       .format = &iomt_x86_64,
				       .hw = table_of_process(0x456000),
				       .policy = iomt_plan_covers(1),
				       .pasids = &pasids};
	struct iomt_domain blocked;
	struct iomt_attachment place;
	struct iomt_process other;
	struct iomt_device device;

	begin(&iomt_iommu_vtd_scalable, &iomt_ring_vtd);
	cfg.mem = &provider.mem;
	CHECK_INT(iomt_process_init(&other, &cfg), 0);
	open_plain(&blocked, IOMT_DOMAIN_BLOCKED);
	add_device(&device, 5, 8, 0);
	attach(&own.domain, &device, IOMT_NO_PASID, &place);
	bond = bind(&device, IOMT_SVA_RID | IOMT_SVA_BREAK, &room);
	CHECK_INT(iomt_sva_bind(&other, &device, IOMT_SVA_RID | IOMT_SVA_BREAK, &other_room,
				&other_bond, NULL),
		  IOMT_EBUSY);
	CHECK_INT(iomt_domain_destroy(&own.domain), IOMT_EBUSY);

	/* somebody blocks the device: to unbind does not open it again */
	CHECK_INT(iomt_domain_replace(&place, &blocked, IOMT_ATTACH_BREAK), 0);
	CHECK_INT(iomt_sva_bind(&process, &device, IOMT_SVA_RID | IOMT_SVA_BREAK, &other_room,
				&other_bond, NULL),
		  IOMT_EBUSY);
	CHECK_INT(iomt_sva_unbind(bond), 0);
	CHECK(place.domain == &blocked);
	CHECK_INT(iomt_process_destroy(&process), 0);

	/* or takes the place away */
	CHECK_INT(iomt_sva_bind(&other, &device, IOMT_SVA_RID | IOMT_SVA_BREAK, &other_room,
				&other_bond, NULL),
		  0);
	detach(&place);
	memset(&place, 0xa5, sizeof(place));
	CHECK_INT(iomt_sva_unbind(other_bond), 0);
	CHECK_INT(iomt_process_destroy(&other), 0);
	CHECK_INT(iomt_domain_destroy(&blocked), 0);
	remove_device(&device);
	iomt_pasid_destroy(&pasids);
	close_space(&own);
	close_iommu();
}

/* What others freed waits for their invalidation, not for that of a bond. */
static void quarantine_of_others(void)
{
	struct iomt_sva_bond room, *bond;
	struct iomt_device device;
	uint32_t other;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd);
	add_device(&device, 5, 8, 0);
	bond = bind(&device, 0, &room);
	CHECK_INT(iomt_pasid_alloc(&pasids, NULL, 9, 9, &other), 0);
	CHECK_INT(iomt_pasid_put(&pasids, other), 0);
	CHECK_INT(iomt_sva_unbind(bond), 0);
	CHECK_EQ(iomt_pasid_test(&pasids, 2), IOMT_PASID_FREE);
	CHECK_EQ(iomt_pasid_test(&pasids, 9), IOMT_PASID_QUARANTINED);
	CHECK_EQ(iomt_pasid_quarantined(&pasids), 1);
	remove_device(&device);
	end();
}

/*
 * Hardware takes no commands: a bind leaves nothing attached, an unbind ends the bond, and in either case
 * nobody gets a PASID that may be cached.
 */
static void dead_hardware(void)
{
	struct iomt_sva_bond room, *bond;
	struct iomt_device device;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd);
	add_device(&device, 5, 8, 0);
	bond = bind(&device, 0, &room);
	unit.patience = 1;
	unit.pace = 0;
	CHECK_INT(iomt_sva_unbind(bond), IOMT_EIO);
	CHECK_EQ(word(gcr3_root(5), 2), 0);
	CHECK_INT(iomt_process_destroy(&process), 0);
	CHECK_EQ(iomt_pasid_test(&pasids, 2), IOMT_PASID_QUARANTINED);
	unit.pace = 1;
	unit.patience = 1000;
	iomt_iommu_was_reset(&iommu);
	remove_device(&device);
	iomt_pasid_destroy(&pasids);
	close_space(&own);
	close_iommu();

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd);
	add_device(&device, 5, 8, 0);
	unit.patience = 1;
	unit.pace = 0;
	CHECK_INT(iomt_sva_bind(&process, &device, 0, &room, &bond, NULL), IOMT_EIO);
	CHECK_EQ(process.domain.places, 0);
	CHECK_EQ(iomt_process_pasid(&process), IOMT_NO_PASID);
	CHECK_EQ(iomt_pasid_test(&pasids, 2), IOMT_PASID_QUARANTINED);
	unit.pace = 1;
	unit.patience = 1000;
	iomt_iommu_was_reset(&iommu);
	remove_device(&device);
	end();
}

/* What the kernel says of its table fits into no entry: PCID in CR3 for one. That is no error of hardware. */
static void table_that_is_none(void)
{
	static const struct {
		const struct iomt_iommu_caps *caps;
		const struct iomt_ring_kind *ring;
		uint64_t at;
		uint8_t paging_mode;
		int err;
	} cases[] = {
		{&iomt_iommu_amd_gio, &iomt_ring_amd, 0x123001, 0, IOMT_EINVAL},
		{&iomt_iommu_amd_gio, &iomt_ring_amd, 0x123000, 2, IOMT_EINVAL},
		{&iomt_iommu_amd_gio, &iomt_ring_amd, 1ULL << 52, 0, IOMT_ERANGE},
		{&iomt_iommu_vtd_scalable, &iomt_ring_vtd, 0x123001, 0, IOMT_EINVAL},
		{&iomt_iommu_vtd_scalable, &iomt_ring_vtd, 0x123000, 2, IOMT_EINVAL},
		{&iomt_iommu_vtd_scalable, &iomt_ring_vtd, 1ULL << 52, 0, IOMT_ERANGE},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct iomt_sva_bond room, *bond;
		struct iomt_attachment place;
		struct iomt_device device;

		begin(cases[i].caps, cases[i].ring);
		add_device(&device, 5, 8, 0);
		process.table.cfg.hw = table_of_process(cases[i].at);
		process.table.cfg.hw.u.x86.paging_mode = cases[i].paging_mode;
		CHECK_INT(iomt_sva_bind(&process, &device, 0, &room, &bond, NULL), cases[i].err);
		CHECK_EQ(iomt_process_pasid(&process), IOMT_NO_PASID);
		CHECK_INT(iomt_domain_attach(&process.domain, &device, 3, IOMT_ATTACH_BREAK,
					     &place),
			  cases[i].err);
		CHECK_EQ(process.domain.places, 0);
		CHECK(!iommu.lost);
		process.table.cfg.hw = table_of_process(0x123000);
		attach(&process.domain, &device, 3, &place);
		detach(&place);
		remove_device(&device);
		end();
	}
}

TEST_SUITE(domain_sva, TEST(one_pasid), TEST(widths), TEST(without_pasid), TEST(reserved_regions),
	   TEST(upper_half), TEST(larger_leaves), TEST(shadowed), TEST(quarantine_of_others),
	   TEST(dead_hardware), TEST(table_that_is_none));
