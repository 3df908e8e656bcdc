/* SPDX-License-Identifier: MIT */
/*
 * What guests' commands become: all that they ask for, and nothing of anybody else's, whatever the guest
 * has written.
 */
#include "random.h"
#include "setup.h"

#define MANY 300
#define CMDS 512
#define ALL  UINT64_MAX

static struct space parent;
static struct iomt_viommu viommu, neighbour;
static struct iomt_vdevice names[MANY];
static struct iomt_device devices[3]; /* the guest's two, and one of another guest's */
static struct iomt_nested nested[3];
static struct iomt_attachment places[3];
static struct iomt_cmd cmds[CMDS];

static const struct vendor {
	const struct iomt_iommu_caps *caps;
	const struct iomt_ring_kind *ring;
	const struct iomt_pt_format *format;
	struct iomt_guest_stage guests[2];
} vendors[] = {
	{&iomt_iommu_amd_gio,
	 &iomt_ring_amd,
	 &iomt_amdv1,
	 {{.id = 0, .amd = {.gcr3 = 0x5000}}, {.id = 8, .amd = {.gcr3 = 0x9000}}}},
	{&iomt_iommu_vtd_scalable,
	 &iomt_ring_vtd,
	 &iomt_vtd_ss,
	 {{.id = 0, .vtd = {.first = 0x5000}}, {.id = 8, .vtd = {.first = 0x9000}}}},
	{&iomt_iommu_vtd_scalable,
	 &iomt_ring_vtd_wide,
	 &iomt_vtd_ss,
	 {{.id = 1, .vtd = {.first = 0x5000}}, {.id = 1, .vtd = {.first = 0x9000}}}},
	{&iomt_iommu_smmu,
	 &iomt_ring_smmu,
	 &iomt_arm_s2_4k,
	 {{.smmu = {.context = 0x5000}}, {.smmu = {.context = 0x9000}}}},
	{&iomt_iommu_smmu_full,
	 &iomt_ring_smmu,
	 &iomt_arm_s2_64k,
	 {{.smmu = {.context = 0x5000}}, {.smmu = {.context = 0x9000}}}},
};

#define VENDORS (sizeof(vendors) / sizeof(vendors[0]))

/* The guest calls 5 and 6 0x40 and 0x41. 7 is another guest's, with the same parent and the same id. */
static void begin(const struct vendor *vendor, struct iomt_plan_policy policy)
{
	struct iomt_viommu_cfg cfg = {
		.size = sizeof(cfg), .iommu = &iommu, .parent = &parent.domain, .policy = policy};

	open_iommu(vendor->caps, vendor->ring);
	open_space(&parent, vendor->format);
	for (unsigned i = 0; i < 3; i++)
		add_device(&devices[i], 5 + i, 8, IOMT_DEVICE_ATS);
	CHECK_INT(iomt_viommu_init(&viommu, &cfg), 0);
	CHECK_INT(iomt_viommu_init(&neighbour, &cfg), 0);
	CHECK_INT(iomt_nested_init(&nested[2], &neighbour, &vendor->guests[0]), 0);
	attach(&nested[2].domain, &devices[2], IOMT_NO_PASID, &places[2]);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_INT(iomt_viommu_add(&viommu, &names[i], &devices[i], 0x40 + i), 0);
		CHECK_INT(iomt_nested_init(&nested[i], &viommu, &vendor->guests[i]), 0);
		attach(&nested[i].domain, &devices[i], IOMT_NO_PASID, &places[i]);
	}
}

static void end(void)
{
	for (unsigned i = 0; i < 3; i++) {
		detach(&places[i]);
		remove_device(&devices[i]);
	}
	for (unsigned i = 0; i < 3; i++)
		CHECK_INT(iomt_nested_destroy(&nested[i]), 0);
	for (unsigned i = 0; i < 2; i++)
		iomt_viommu_remove(&viommu, &names[i]);
	CHECK_INT(iomt_viommu_destroy(&neighbour), 0);
	CHECK_INT(iomt_viommu_destroy(&viommu), 0);
	close_space(&parent);
	close_iommu();
}

/* A command as the guest put it into its queue becomes this one. */
static void becomes(uint64_t guest_low, uint64_t guest_high, uint64_t low, uint64_t high)
{
	const struct iomt_cmd cmd = {{guest_low, guest_high}};
	struct iomt_inv inv;

	CHECK_INT(iomt_smmu_decode(&cmd, IOMT_SMMU_RANGES, &inv), 0);
	CHECK_INT(iomt_viommu_commands(&viommu, &inv, cmds, CMDS), 1);
	CHECK_EQ(cmds[0].word[0], low);
	CHECK_EQ(cmds[0].word[1], high);
}

/*
 * IHI 0070, 4.4.1.1: NUM 16:12, SCALE 25:20; Leaf 64, TTL 73:72, TG 75:74. A level that the guest does not name is
 * none that the host knows, and the granule is the guest's. A VA of an ASID is that of global mappings.
 */
static void hints(void)
{
	uint64_t vmid;

	begin(&vendors[4], iomt_plan_covers(2));
	vmid = (uint64_t)iomt_attachment_id(&places[0]) << 32;
	/* TLBI_NH_VA, Leaf: of a block as well as of a page */
	becomes(3ULL << 48 | 0x12, 0x8001, vmid | 0x13, 0x8001);
	/* eight granules of 4K, of any level; of level 3 */
	becomes(7 << 12 | 0x13, 0x8000 | 1 << 10 | 1, vmid | 7 << 12 | 0x13, 0x8000 | 1 << 10 | 1);
	becomes(7 << 12 | 0x13, 0x8000 | 1 << 10 | 3 << 8 | 1, vmid | 7 << 12 | 0x13,
		0x8000 | 1 << 10 | 3 << 8 | 1);
	/* two of 16K */
	becomes(1 << 12 | 0x13, 0x8000 | 2 << 10, vmid | 1 << 12 | 0x13, 0x8000 | 2 << 10);
	end();
}

/* AMD, VT-d: a page of 1G that the guest names by one command is no smaller ones (2.4.3; 6.5.2.3). */
static void large_pages(void)
{
	struct iomt_inv inv = {.kind = IOMT_INV_IOTLB,
			       .flags = IOMT_INV_BY_DOMAIN | IOMT_INV_BY_PROCESS |
					IOMT_INV_BY_ADDRESS | IOMT_INV_LEAVES,
			       .domain = 8,
			       .process = 3,
			       .first = 1 << 30,
			       .last = (2ULL << 30) - 1};
	uint64_t id;

	begin(&vendors[1], iomt_plan_exact(120));
	id = iomt_attachment_id(&places[1]);
	caps.mamv = 18; /* 1G */
	CHECK_INT(iomt_viommu_commands(&viommu, &inv, cmds, CMDS), 1);
	CHECK_EQ(cmds[0].word[0], 3ULL << 32 | id << 16 | 0x36);
	caps.mamv = 12; /* 16M: all of the PASID goes */
	CHECK_INT(iomt_viommu_commands(&viommu, &inv, cmds, CMDS), 1);
	CHECK_EQ(cmds[0].word[0], 3ULL << 32 | id << 16 | 0x26);
	end();
}

/* More commands than are put at once, or than the ring holds. */
static void many_devices(void)
{
	struct iomt_inv inv = {.kind = IOMT_INV_PROCESS};

	begin(&vendors[3], iomt_plan_covers(2));
	for (unsigned i = 2; i < MANY; i++)
		CHECK_INT(iomt_viommu_add(&viommu, &names[i], &devices[i % 2], 0x40 + i), 0);
	unit.executed = 0;
	unit.syncs = 0;
	CHECK_INT(iomt_viommu_invalidate(&viommu, &inv), 0);
	CHECK_EQ(unit.executed, MANY + 1);
	CHECK_EQ(unit.syncs, 1);
	CHECK_INT(iomt_viommu_commands(&viommu, &inv, cmds, MANY), MANY);
	CHECK_INT(iomt_viommu_commands(&viommu, &inv, cmds, MANY - 1), IOMT_ENOSPC);
	for (unsigned i = 2; i < MANY; i++)
		iomt_viommu_remove(&viommu, &names[i]);
	end();
}

/* All devices that are named; ranges that end before they begin; ids of too many bits. */
static void spoilt(void)
{
	struct iomt_inv inv = {.kind = IOMT_INV_DEVICE_TLB,
			       .flags = IOMT_INV_BY_DEVICE,
			       .device = 0x3f,
			       .device_last = 0x80};

	begin(&vendors[3], iomt_plan_covers(2));
	CHECK_INT(iomt_viommu_commands(&viommu, &inv, cmds, CMDS), 2);
	/* without an address everything, though first and last say less */
	CHECK_EQ(cmds[0].word[1], 52);
	inv.device_last = 0x3f;
	CHECK_INT(iomt_viommu_commands(&viommu, &inv, cmds, CMDS), IOMT_ENOENT);
	inv.device = 0x41;
	CHECK_INT(iomt_viommu_commands(&viommu, &inv, cmds, CMDS), IOMT_EINVAL);
	inv.kind = IOMT_INV_PROCESS;
	CHECK_INT(iomt_viommu_commands(&viommu, &inv, cmds, CMDS), IOMT_EINVAL);
	inv.device = inv.device_last = 0x41;
	inv.flags |= IOMT_INV_BY_PROCESS;
	inv.process = 0x10003;
	CHECK_INT(iomt_viommu_commands(&viommu, &inv, cmds, CMDS), 1);
	inv.process = 0x100003;
	CHECK_INT(iomt_viommu_commands(&viommu, &inv, cmds, CMDS), IOMT_EINVAL);
	inv.kind = IOMT_INV_IOTLB;
	inv.process = 0x10003; /* no ASID */
	CHECK_INT(iomt_viommu_commands(&viommu, &inv, cmds, CMDS), IOMT_EINVAL);
	inv.process = 3;
	inv.granule_lg2 = 200;
	CHECK_INT(iomt_viommu_commands(&viommu, &inv, cmds, CMDS), IOMT_EINVAL);
	inv.granule_lg2 = 12;
	inv.level = 3;
	CHECK_INT(iomt_viommu_commands(&viommu, &inv, cmds, CMDS), IOMT_EINVAL);
	end();
}

static struct random rnd;

static uint64_t any_number(void)
{
	static const uint64_t known[] = {0,	 1,	 8,	  0x40,	   0x41,
					 0x1000, 0x8fff, 0xfffff, 1 << 30, ALL};
	uint64_t number = random_next(&rnd);

	switch (number % 4) {
	case 0:
		return known[random_below(&rnd, sizeof(known) / sizeof(known[0]))];
	case 1:
		return number >> 44;
	default:
		return number >> (number >> 32) % 64;
	}
}

static struct iomt_inv any_inv(void)
{
	struct iomt_inv inv = {.kind = (enum iomt_inv_kind)random_below(&rnd, 6),
			       .flags = (uint32_t)random_next(&rnd),
			       .domain = (uint32_t)any_number(),
			       .process = (uint32_t)any_number(),
			       .device = (uint32_t)any_number(),
			       .device_last = (uint32_t)any_number(),
			       .first = any_number(),
			       .last = any_number(),
			       .granule_lg2 = (uint8_t)(random_below(&rnd, 10)
								? 8 + 2 * random_below(&rnd, 5)
								: random_next(&rnd)),
			       .level = (int8_t)(random_below(&rnd, 6) - 2)};

	if (inv.granule_lg2 == 8)
		inv.granule_lg2 = 0;
	return inv;
}

/* Nothing but what the guest has: its two devices, the ids by which it is attached. */
static void check_own(const struct iomt_cmd *cmd, struct iomt_inv *inv)
{
	CHECK_INT(unit_decode(&unit, cmd, inv), 0);
	if (inv->kind == IOMT_INV_IOTLB) {
		CHECK(inv->flags & IOMT_INV_BY_DOMAIN);
		CHECK(inv->domain == iomt_attachment_id(&places[0]) ||
		      inv->domain == iomt_attachment_id(&places[1]));
		return;
	}
	CHECK(inv->kind == IOMT_INV_DEVICE_TLB || inv->kind == IOMT_INV_PROCESS);
	CHECK(inv->flags & IOMT_INV_BY_DEVICE);
	CHECK_EQ(inv->device, inv->device_last);
	CHECK(inv->device == 5 || inv->device == 6);
}

/* A command without a range drops all that translates its page: at least a granule of the guest's. */
static uint64_t last_of(const struct iomt_inv *told, const struct iomt_inv *asked)
{
	bool granule = unit.kind == &iomt_ring_smmu && told->kind == IOMT_INV_IOTLB &&
		       (told->flags & IOMT_INV_BY_ADDRESS) && !told->granule_lg2;

	return granule ? told->last | ((1ULL << asked->granule_lg2) - 1) : told->last;
}

/* Whether "told" drops the byte at an address of what is asked for in a place. */
static bool drops(const struct iomt_inv *told, const struct iomt_inv *asked, unsigned place,
		  uint64_t at)
{
	bool one = told->flags & IOMT_INV_BY_PROCESS;
	bool ids = told->kind == IOMT_INV_IOTLB;

	if (told->kind != asked->kind || at < told->first || at > last_of(told, asked))
		return false;
	if (ids ? told->domain != iomt_attachment_id(&places[place]) : told->device != 5 + place)
		return false;
	return !one || ((asked->flags & IOMT_INV_BY_PROCESS) && told->process == asked->process);
}

/* All of what is asked for in a place is told. */
static void check_reached(const struct iomt_inv *told, unsigned count, const struct iomt_inv *asked,
			  unsigned place)
{
	uint64_t at = asked->flags & IOMT_INV_BY_ADDRESS ? asked->first : 0;
	uint64_t last = asked->flags & IOMT_INV_BY_ADDRESS ? asked->last : ALL;

	for (unsigned left = count; left; left--) {
		unsigned i = 0;

		while (i < count && !drops(&told[i], asked, place, at))
			i++;
		CHECK(i < count);
		if (i == count || last_of(&told[i], asked) >= last)
			return;
		at = last_of(&told[i], asked) + 1;
	}
	CHECK(false);
}

static bool asks(const struct iomt_inv *inv, const struct vendor *vendor, unsigned place)
{
	bool by_id = vendor->ring != &iomt_ring_smmu && (inv->flags & IOMT_INV_BY_DOMAIN);

	if (inv->kind == IOMT_INV_IOTLB)
		return !by_id || inv->domain == vendor->guests[place].id;
	return inv->kind == IOMT_INV_DEVICE_TLB &&
	       (!(inv->flags & IOMT_INV_BY_DEVICE) ||
		(inv->device <= 0x40 + place && 0x40 + place <= inv->device_last));
}

static uint64_t told_ids;
static unsigned told_devices;

static void note_told(void *ctx, const struct iomt_cmd *cmd, const struct iomt_inv *inv)
{
	(void)ctx;
	(void)cmd;
	CHECK(inv);
	if (inv && inv->kind == IOMT_INV_IOTLB && inv->domain < 64)
		told_ids |= 1ULL << inv->domain;
	if (inv && inv->kind == IOMT_INV_DEVICE_TLB)
		told_devices |= 1u << inv->device;
}

/* Two guests have the same parent and say the same; each has an id, and what the host unmaps reaches both. */
static void neighbours(void)
{
	struct iomt_gather gather;

	iomt_gather_init(&gather);
	for (unsigned v = 0; v < VENDORS; v++) {
		begin(&vendors[v], iomt_plan_covers(1));
		CHECK(iomt_attachment_id(&places[0]) != iomt_attachment_id(&places[2]));
		told_ids = 0;
		told_devices = 0;
		unit.execute = note_told;
		CHECK_INT(iomt_domain_map(&parent.domain, 0x10000, 0x20000, 0x10000, IOMT_READ,
					  &gather),
			  0);
		CHECK_INT(iomt_domain_unmap(&parent.domain, NULL, 0x10000, 0x10000, 0, NULL,
					    &gather),
			  0);
		for (unsigned i = 0; i < 3; i++) {
			CHECK(told_ids >> iomt_attachment_id(&places[i]) & 1);
			CHECK(told_devices >> (5 + i) & 1);
		}
		end();
	}
}

/* Anything as a decoded command. */
static void any_commands(void)
{
	static struct iomt_inv told[CMDS];
	unsigned good = 0;

	random_init(&rnd, 0x6e65);
	for (unsigned v = 0; v < VENDORS; v++) {
		begin(&vendors[v], v & 1 ? iomt_plan_covers(3) : iomt_plan_exact(300));
		for (unsigned i = 0; i < 20000; i++) {
			const struct iomt_inv inv = any_inv();
			int count = iomt_viommu_commands(&viommu, &inv, cmds, CMDS);
			unsigned step = vendors[v].ring->cmds, entries = 0;

			CHECK(count >= 0 || count == IOMT_EINVAL || count == IOMT_ENOENT);
			for (int j = 0; j < count; j += (int)step)
				check_own(&cmds[j], &told[entries++]);
			for (unsigned place = 0; count >= 0 && place < 2; place++) {
				if (!asks(&inv, &vendors[v], place))
					continue;
				check_reached(told, entries, &inv, place);
				good++;
			}
		}
		end();
	}
	CHECK(good > 5000);
}

/* Anything as a guest's entry: refused, or in the host's entry beside what is the host's. */
static void any_stages(void)
{
	unsigned good = 0;

	random_init(&rnd, 0x7374);
	for (unsigned v = 0; v < VENDORS; v++) {
		begin(&vendors[v], iomt_plan_covers(1));
		detach(&places[0]);
		for (unsigned i = 0; i < 20000; i++) {
			struct iomt_guest_stage guest;
			struct iomt_device_entry entry;
			struct iomt_nested any;
			int err;

			for (unsigned j = 0; j < sizeof(guest); j++)
				((uint8_t *)&guest)[j] = (uint8_t)(any_number() & 3);
			if (vendors[v].ring == &iomt_ring_amd) {
				guest.amd.gcr3 = any_number() & ~0xfffULL;
				guest.amd.giov = random_below(&rnd, 2);
			} else if (vendors[v].ring == &iomt_ring_smmu) {
				guest.id = 0;
				guest.smmu.context = any_number() & ~0xfffULL;
			} else {
				guest.vtd.first = any_number() & ~0xfffULL;
			}
			guest.id &= random_below(&rnd, 4) ? 0xffff : ~0u;
			if (iomt_nested_init(&any, &viommu, &guest)) {
				CHECK(guest.id >> 16);
				continue;
			}
			err = iomt_domain_attach(&any.domain, &devices[0], IOMT_NO_PASID, 0,
						 &places[0]);
			CHECK(!err || err == IOMT_EINVAL || err == IOMT_ERANGE);
			if (!err) {
				uint32_t id = iomt_attachment_id(&places[0]);

				good++;
				CHECK(id != iomt_attachment_id(&places[2]));
				CHECK_INT(iomt_device_table_get(&iommu.devices, 5, &entry), 0);
				if (vendors[v].ring == &iomt_ring_amd) {
					CHECK_EQ(entry.dte.root, root(&parent));
					CHECK_EQ(entry.dte.domain, id);
					CHECK(entry.dte.mode);
				} else if (vendors[v].ring == &iomt_ring_smmu) {
					CHECK_EQ(entry.ste.s2_ttb, root(&parent));
					CHECK_EQ(entry.ste.vmid, id);
					CHECK_EQ(entry.ste.config, IOMT_STE_NESTED);
				} else {
					struct iomt_pasid_entry of_rid;

					CHECK_INT(iomt_pasid_table_get(&devices[0].pasids, 0,
								       &of_rid),
						  0);
					CHECK_EQ(of_rid.vtd.second, root(&parent));
					CHECK_EQ(of_rid.vtd.domain, id);
					CHECK_EQ(of_rid.vtd.stages, IOMT_VTD_NESTED);
				}
				detach(&places[0]);
			}
			CHECK_INT(iomt_nested_destroy(&any), 0);
		}
		attach(&nested[0].domain, &devices[0], IOMT_NO_PASID, &places[0]);
		end();
	}
	CHECK(good > 1000);
}

TEST_SUITE(domain_guest_commands, TEST(hints), TEST(large_pages), TEST(many_devices), TEST(spoilt),
	   TEST(neighbours), TEST(any_commands), TEST(any_stages));
