/* SPDX-License-Identifier: MIT */
/* Guests' stages on a parent: entries, ids, and what becomes of the guest's commands. */
#include "setup.h"

static struct space parent;
static struct iomt_viommu viommu;
static struct iomt_vdevice names[2];
static struct iomt_device devices[2];

/* The second device may be another kind: its PASIDs, its flags. */
static void begin_with(const struct iomt_iommu_caps *of, const struct iomt_ring_kind *ring,
		       const struct iomt_pt_format *format, uint8_t pasid_bits, uint32_t flags)
{
	struct iomt_viommu_cfg cfg = {.size = sizeof(cfg),
				      .iommu = &iommu,
				      .parent = &parent.domain,
				      .policy = iomt_plan_covers(2)};

	open_iommu(of, ring);
	open_space(&parent, format);
	CHECK_INT(iomt_viommu_init(&viommu, &cfg), 0);
	for (unsigned i = 0; i < 2; i++) {
		add_device(&devices[i], 5 + i, i ? pasid_bits : 8,
			   i ? flags : flags & IOMT_DEVICE_ATS);
		CHECK_INT(iomt_viommu_add(&viommu, &names[i], &devices[i], 0x40 + i), 0);
	}
}

static void begin(const struct iomt_iommu_caps *of, const struct iomt_ring_kind *ring,
		  const struct iomt_pt_format *format)
{
	begin_with(of, ring, format, 8, 0);
}

static void end(void)
{
	for (unsigned i = 0; i < 2; i++) {
		CHECK_INT(iomt_viommu_destroy(&viommu), IOMT_EBUSY);
		iomt_viommu_remove(&viommu, &names[i]);
		remove_device(&devices[i]);
	}
	CHECK_INT(iomt_domain_destroy(&parent.domain), IOMT_EBUSY);
	CHECK_INT(iomt_viommu_destroy(&viommu), 0);
	close_space(&parent);
	close_iommu();
}

/* What a guest's command becomes: the first words, and how many with the sync. */
static void told(const struct iomt_inv *inv, uint64_t count, uint64_t low, uint64_t high)
{
	unit.executed = 0;
	CHECK_INT(iomt_viommu_invalidate(&viommu, inv), 0);
	CHECK_EQ(unit.executed, count);
	if (!count)
		return;
	CHECK_EQ(unit.log[0].word[0], low);
	CHECK_EQ(unit.log[0].word[1], high);
}

/*
 * 48882, 2.2.2.1: Mode and root are the host's, GV 55, GIOV 54, GLX 57:56 and GCR3 the guest's. Devices of one
 * guest id have one id, others another. INVALIDATE_IOMMU_PAGES: PASID 19:0, DomainID 47:32, GN 66.
 */
static void amd(void)
{
	struct iomt_guest_stage seven = {.id = 7, .amd = {.gcr3 = 0x5000, .glx = 1, .giov = true}};
	struct iomt_guest_stage eight = {.id = 8, .amd = {.gcr3 = 0x9000}};
	struct iomt_inv inv = {.kind = IOMT_INV_IOTLB,
			       .flags = IOMT_INV_BY_DOMAIN | IOMT_INV_BY_PROCESS |
					IOMT_INV_BY_ADDRESS | IOMT_INV_STAGE_1 | IOMT_INV_LEAVES,
			       .domain = 7,
			       .process = 3,
			       .first = 0x8000,
			       .last = 0x8fff};
	struct iomt_nested first, second;
	struct iomt_attachment places[2];
	uint64_t id;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, &iomt_amdv1);
	CHECK_INT(iomt_nested_init(&first, &viommu, &seven), 0);
	CHECK_INT(iomt_nested_init(&second, &viommu, &eight), 0);
	attach(&parent.domain, &devices[0], IOMT_NO_PASID, &places[0]);
	CHECK_INT(iomt_domain_replace(&places[0], &first.domain, IOMT_ATTACH_BREAK), 0);
	attach(&first.domain, &devices[1], IOMT_NO_PASID, &places[1]);
	CHECK_EQ(dte(5, 0) & 0x63f0000000000fff, 0x61c0000000000003 | 4 << 9);
	CHECK_EQ(dte(5, 0) & 0xffffffffff000, root(&parent));
	CHECK_EQ(gcr3_root(5), 0x5000);
	id = iomt_attachment_id(&places[0]);
	CHECK_EQ(iomt_attachment_id(&places[1]), id);
	CHECK_EQ(dte(6, 1) & 0xffff, id);

	/* one id: everything of it, since the guest's addresses are others */
	unit.executed = 0;
	CHECK_EQ(commands_of_unmap(&parent), 2);
	CHECK_EQ(unit.log[0].word[0], 0x3000000000000000 | id << 32);
	CHECK_EQ(unit.log[0].word[1] & ~2ULL, 0x7ffffffffffff001);

	told(&inv, 2, 0x3000000000000003 | id << 32, 0x8004);
	inv.flags &= ~(IOMT_INV_BY_PROCESS | IOMT_INV_BY_ADDRESS);
	inv.first = 0;
	inv.last = UINT64_MAX;
	told(&inv, 2, 0x3000000000000000 | id << 32, 0x7ffffffffffff001);
	inv.domain = 8;
	told(&inv, 0, 0, 0);

	CHECK_INT(iomt_domain_replace(&places[1], &second.domain, IOMT_ATTACH_BREAK), 0);
	CHECK_EQ(gcr3_root(6), 0x9000);
	CHECK(iomt_attachment_id(&places[1]) != id);
	CHECK_EQ(commands_of_unmap(&parent), 3);
	told(&inv, 2, 0x3000000000000000 | (uint64_t)iomt_attachment_id(&places[1]) << 32,
	     0x7ffffffffffff001);
	inv.flags &= ~IOMT_INV_BY_DOMAIN;
	unit.executed = 0;
	CHECK_INT(iomt_viommu_invalidate(&viommu, &inv), 0);
	CHECK_EQ(unit.executed, 3);

	/* the guest calls the device 0x41, the host 6 */
	inv = (struct iomt_inv){.kind = IOMT_INV_DEVICE_TLB,
				.flags = IOMT_INV_BY_DEVICE | IOMT_INV_BY_ADDRESS,
				.device = 0x41,
				.device_last = 0x41,
				.first = 0x8000,
				.last = 0x8fff};
	told(&inv, 2, 0x4000000600000006, 0x8000);
	inv.device = inv.device_last = 0x42;
	CHECK_INT(iomt_viommu_invalidate(&viommu, &inv), IOMT_ENOENT);

	CHECK_INT(iomt_nested_destroy(&first), IOMT_EBUSY);
	detach(&places[0]);
	CHECK_EQ(dte(5, 0) & 0x6080000000000e03, 3);
	detach(&places[1]);
	CHECK_INT(iomt_nested_destroy(&first), 0);
	CHECK_INT(iomt_nested_destroy(&second), 0);
	end();
}

/* D51397, 9.6: PGTT 3, SSPTPTR 63:12, FSPTPTR 191:140, DID 79:64. On a PASID as well. */
static void vtd(void)
{
	struct iomt_guest_stage guest = {.id = 2,
					 .vtd = {.first = 0x5000, .flags = IOMT_VTD_ENTRY_SRE}};
	struct iomt_inv inv = {.kind = IOMT_INV_IOTLB,
			       .flags = IOMT_INV_BY_DOMAIN | IOMT_INV_BY_PROCESS |
					IOMT_INV_BY_ADDRESS | IOMT_INV_STAGE_1 | IOMT_INV_LEAVES,
			       .domain = 2,
			       .process = 9,
			       .first = 0x8000,
			       .last = 0x8fff};
	struct iomt_attachment rid, process, plain;
	struct iomt_nested nested;
	uint64_t entries, id;

	begin(&iomt_iommu_vtd_scalable, &iomt_ring_vtd, &iomt_vtd_ss);
	CHECK_INT(iomt_nested_init(&nested, &viommu, &guest), 0);
	attach(&nested.domain, &devices[0], IOMT_NO_PASID, &rid);
	attach(&nested.domain, &devices[0], 9, &process);
	attach(&parent.domain, &devices[1], IOMT_NO_PASID, &plain);
	entries = word(word(word(devices_root(), 0) & ~0xfffULL, 4 * 5) & ~0xfffULL, 0) & ~0xfffULL;
	CHECK_EQ(word(entries, 8 * 9) & 0x1c1, 0x0c1);
	CHECK_EQ(word(entries, 8 * 9) & ~0xfffULL, root(&parent));
	CHECK_EQ(word(entries, 8 * 9 + 2) & ~0xfffULL, 0x5000);
	id = iomt_attachment_id(&process);
	CHECK_EQ(iomt_attachment_id(&rid), id);
	CHECK(iomt_attachment_id(&plain) != id);
	CHECK_EQ(word(entries, 8 * 9 + 1) & 0xffff, id);

	/* by the host's addresses: of two domains (6.5.2.3) */
	CHECK_EQ(commands_of_unmap(&parent), 3);
	/* by the guest's: of the PASID (6.5.2.4) */
	told(&inv, 2, 0x0000000000000036 | 9ULL << 32 | id << 16, 0x8040);
	detach(&plain);
	detach(&process);
	detach(&rid);
	CHECK_INT(iomt_nested_destroy(&nested), 0);
	end();
}

/* IHI 0070, 5.2: Config 7; S1ContextPtr is an IPA, S2VMID and S2TTB the host's. 4.4: VMID 47:32, ASID 63:48. */
static void smmu(void)
{
	struct iomt_guest_stage guest = {.smmu = {.context = 0x5000, .s1_cdmax = 4}};
	struct iomt_inv inv = {.kind = IOMT_INV_IOTLB,
			       .flags = IOMT_INV_BY_DOMAIN | IOMT_INV_BY_PROCESS |
					IOMT_INV_BY_ADDRESS | IOMT_INV_STAGE_1 | IOMT_INV_LEAVES,
			       .process = 3,
			       .first = 0x8000,
			       .last = 0x8fff};
	struct iomt_attachment place, other;
	struct iomt_nested nested;
	uint64_t ste, vmid;

	begin(&iomt_iommu_smmu, &iomt_ring_smmu, &iomt_arm_s2_4k);
	guest.id = 1;
	CHECK_INT(iomt_nested_init(&nested, &viommu, &guest), IOMT_EINVAL);
	guest.id = 0;
	CHECK_INT(iomt_nested_init(&nested, &viommu, &guest), 0);
	CHECK_INT(iomt_domain_attach(&nested.domain, &devices[0], 3, 0, &place), IOMT_EOPNOTSUPP);
	attach(&nested.domain, &devices[0], IOMT_NO_PASID, &place);
	attach(&nested.domain, &devices[1], IOMT_NO_PASID, &other);
	ste = devices_root() + 5 * 64;
	vmid = iomt_attachment_id(&place);
	CHECK_EQ(iomt_attachment_id(&other), vmid);
	CHECK_EQ(word(ste, 0), 4ULL << 59 | 0x5000 | 7 << 1 | 1);
	CHECK_EQ(word(ste, 2) & 0xffff, vmid);
	CHECK_EQ(word(ste, 3) & 0xffffffffffff0, root(&parent));

	/* TLBI_S2_IPA, CMD_SYNC, TLBI_NH_ALL (4.4.3.1), CMD_SYNC */
	CHECK_EQ(commands_of_unmap(&parent), 4);
	/* TLBI_NH_VA, Leaf */
	told(&inv, 2, 3ULL << 48 | vmid << 32 | 0x12, 0x8001);
	inv = (struct iomt_inv){.kind = IOMT_INV_PROCESS,
				.flags = IOMT_INV_BY_DEVICE | IOMT_INV_BY_PROCESS | IOMT_INV_LEAVES,
				.device = 0x41,
				.device_last = 0x41,
				.process = 3};
	/* CFGI_CD of the host's stream 6, SSID 31:12 */
	told(&inv, 2, 6ULL << 32 | 3 << 12 | 0x05, 1);
	inv.kind = IOMT_INV_WAIT;
	told(&inv, 0, 0, 0);
	detach(&place);
	detach(&other);
	CHECK_EQ(word(ste, 0) & 1, 0);
	CHECK_INT(iomt_nested_destroy(&nested), 0);
	end();
}

/* What a guest writes may be nonsense: an address beyond the bus, levels that are none. */
static void nonsense(void)
{
	static const struct iomt_guest_stage guests[] = {
		{.amd = {.gcr3 = 0x5001}},
		{.amd = {.gcr3 = 1ULL << 52}},
		{.amd = {.gcr3 = 0x5000, .glx = 3}},
		{.amd = {.gcr3 = 0x5000, .paging_mode = 2}},
	};
	struct iomt_attachment place, other;
	struct iomt_nested nested;
	uint64_t before;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, &iomt_amdv1);
	attach(&parent.domain, &devices[0], IOMT_NO_PASID, &place);
	before = provider_checksum(&provider);
	for (unsigned i = 0; i < sizeof(guests) / sizeof(guests[0]); i++) {
		int err;

		CHECK_INT(iomt_nested_init(&nested, &viommu, &guests[i]), 0);
		err = iomt_domain_replace(&place, &nested.domain, IOMT_ATTACH_BREAK);
		CHECK(err == IOMT_EINVAL || err == IOMT_ERANGE);
		CHECK_INT(iomt_domain_attach(&nested.domain, &devices[1], IOMT_NO_PASID, 0, &other),
			  err);
		CHECK_EQ(provider_checksum(&provider), before);
		CHECK_INT(iomt_nested_destroy(&nested), 0);
	}
	detach(&place);
	end();
}

static void refused(void)
{
	struct iomt_viommu_cfg cfg = {.size = sizeof(cfg),
				      .iommu = &iommu,
				      .parent = &parent.domain,
				      .policy = iomt_plan_covers(2)};
	struct {
		struct iomt_viommu_cfg cfg;
		uint64_t more;
	} newer = {.more = 1};
	struct iomt_guest_stage guest = {.id = 1u << 16};
	struct iomt_device stranger;
	static struct space stage_1;
	struct iomt_viommu unused;
	struct iomt_nested nested;
	struct iomt_vdevice name;
	struct iomt_iommu other;
	struct iomt_inv inv = {.kind = (enum iomt_inv_kind)77};

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, &iomt_amdv1);
	open_space(&stage_1, &iomt_x86_64);
	CHECK_INT(iomt_viommu_add(&viommu, &name, &devices[1], 0x40), IOMT_EEXIST);
	stranger.iommu = &other;
	CHECK_INT(iomt_viommu_add(&viommu, &name, &stranger, 0x50), IOMT_EINVAL);
	CHECK_INT(iomt_nested_init(&nested, &viommu, &guest), IOMT_EINVAL);
	CHECK_INT(iomt_viommu_invalidate(&viommu, &inv), IOMT_EINVAL);
	inv = (struct iomt_inv){.kind = IOMT_INV_IOTLB, .first = 1, .last = 0};
	CHECK_INT(iomt_viommu_invalidate(&viommu, &inv), IOMT_EINVAL);
	cfg.parent = &stage_1.domain;
	CHECK_INT(iomt_viommu_init(&unused, &cfg), IOMT_EOPNOTSUPP);
	cfg.parent = NULL;
	CHECK_INT(iomt_viommu_init(&unused, &cfg), IOMT_EINVAL);
	cfg.parent = &parent.domain;
	cfg.policy.kind = (enum iomt_plan_kind)77;
	CHECK_INT(iomt_viommu_init(&unused, &cfg), IOMT_EINVAL);
	cfg.policy = iomt_plan_covers(2);
	newer.cfg = cfg;
	newer.cfg.size = sizeof(newer); /* and wants what is not known here */
	CHECK_INT(iomt_viommu_init(&unused, &newer.cfg), IOMT_EINVAL);
	caps.flags &= ~IOMT_IOMMU_NESTING;
	CHECK_INT(iomt_viommu_init(&unused, &cfg), IOMT_EOPNOTSUPP);
	close_space(&stage_1);
	end();
}

static unsigned device_tlbs[2];

static void count_device_tlbs(void *ctx, const struct iomt_cmd *cmd, const struct iomt_inv *inv)
{
	(void)ctx;
	(void)cmd;
	if (inv && inv->kind == IOMT_INV_DEVICE_TLB)
		device_tlbs[inv->device - 5]++;
}

static const struct {
	const struct iomt_iommu_caps *caps;
	const struct iomt_ring_kind *ring;
	const struct iomt_pt_format *format;
	struct iomt_guest_stage guest;
} vendors[] = {
	{&iomt_iommu_amd_gio, &iomt_ring_amd, &iomt_amdv1, {.amd = {.gcr3 = 0x5000}}},
	{&iomt_iommu_vtd_scalable,
	 &iomt_ring_vtd,
	 &iomt_vtd_ss,
	 {.vtd = {.first = 0x5000, .flags = IOMT_VTD_ENTRY_SRE}}},
	{&iomt_iommu_smmu, &iomt_ring_smmu, &iomt_arm_s2_4k, {.smmu = {.context = 0x5000}}},
};

/* What a device remembers of the parent goes when a guest comes, and what it does of the guest's with it. */
static void device_tlb(void)
{
	for (unsigned i = 0; i < 3; i++) {
		struct iomt_attachment places[2];
		struct iomt_nested nested;

		begin_with(vendors[i].caps, vendors[i].ring, vendors[i].format, 8, IOMT_DEVICE_ATS);
		unit.execute = count_device_tlbs;
		CHECK_INT(iomt_nested_init(&nested, &viommu, &vendors[i].guest), 0);
		attach(&parent.domain, &devices[0], IOMT_NO_PASID, &places[0]);
		attach(&nested.domain, &devices[1], IOMT_NO_PASID, &places[1]);

		memset(device_tlbs, 0, sizeof(device_tlbs));
		CHECK_INT(iomt_domain_replace(&places[0], &nested.domain, IOMT_ATTACH_BREAK), 0);
		CHECK(device_tlbs[0]);
		memset(device_tlbs, 0, sizeof(device_tlbs));
		commands_of_unmap(&parent);
		CHECK(device_tlbs[0] && device_tlbs[1]);
		memset(device_tlbs, 0, sizeof(device_tlbs));
		CHECK_INT(iomt_domain_replace(&places[0], &parent.domain, IOMT_ATTACH_BREAK), 0);
		CHECK(device_tlbs[0]);
		memset(device_tlbs, 0, sizeof(device_tlbs));
		detach(&places[0]);
		CHECK(device_tlbs[0]);
		memset(device_tlbs, 0, sizeof(device_tlbs));
		detach(&places[1]);
		CHECK(device_tlbs[1]);
		CHECK_INT(iomt_nested_destroy(&nested), 0);
		end();
	}
}

/* Devices that send PASIDs of different widths, one of them trusted, have one id by the guest's. */
static void unlike_devices(void)
{
	for (unsigned i = 0; i < 3; i++) {
		struct iomt_attachment places[2];
		struct iomt_nested nested;

		begin_with(vendors[i].caps, vendors[i].ring, vendors[i].format, 4,
			   IOMT_DEVICE_TRUSTED);
		CHECK_INT(iomt_nested_init(&nested, &viommu, &vendors[i].guest), 0);
		for (unsigned j = 0; j < 2; j++)
			attach(&nested.domain, &devices[j], IOMT_NO_PASID, &places[j]);
		CHECK_EQ(iomt_attachment_id(&places[0]), iomt_attachment_id(&places[1]));
		detach(&places[0]);
		detach(&places[1]);
		CHECK_INT(iomt_nested_destroy(&nested), 0);
		end();
	}
}

/* What this unit cannot, or no guest says: GLX, levels, GIOV; levels, flags; so many substreams. */
static void beyond_the_unit(void)
{
	static const struct {
		unsigned vendor;
		struct iomt_guest_stage guest;
	} cases[] = {
		{0, {.amd = {.gcr3 = 0x5000, .glx = 1}}},
		{0, {.amd = {.gcr3 = 0x5000, .paging_mode = 1}}},
		{0, {.amd = {.gcr3 = 0x5000, .giov = true}}},
		{1, {.vtd = {.first = 0x5000, .fspm = 1}}},
		{1, {.vtd = {.first = 0x5000, .flags = IOMT_VTD_ENTRY_SSADE}}},
		{1, {.vtd = {.first = 0x5000, .flags = 1u << 31}}},
		{2, {.smmu = {.context = 0x5000, .s1_cdmax = 9}}},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned of = cases[i].vendor;
		struct iomt_attachment place;
		struct iomt_nested nested;

		begin(vendors[of].caps, vendors[of].ring, vendors[of].format);
		CHECK_INT(iomt_nested_init(&nested, &viommu, &cases[i].guest), 0);
		caps.stage[0].levels &= ~(1u << 5);
		caps.pasid_bits = 8;
		if (of == 0) {
			caps.gcr3_levels = 1;
			caps.stage[0].flags &= ~IOMT_STAGE_RID;
		}
		CHECK_INT(iomt_domain_attach(&nested.domain, &devices[0], IOMT_NO_PASID, 0, &place),
			  IOMT_EINVAL);
		CHECK_INT(iomt_nested_destroy(&nested), 0);
		end();
	}
}

/* A parent for trusted devices alone is no other's by way of a guest. */
static void trusted_parent(void)
{
	struct iomt_domain_cfg cfg = {.size = sizeof(cfg),
				      .kind = IOMT_DOMAIN_PAGING,
				      .flags = IOMT_DOMAIN_TRUSTED | IOMT_DOMAIN_NO_PASID,
				      .table = &parent.table};
	struct iomt_viommu_cfg of_viommu = {
		.size = sizeof(of_viommu), .iommu = &iommu, .policy = iomt_plan_covers(2)};
	struct iomt_attachment place;
	struct iomt_viommu narrow;
	struct iomt_domain trusted;
	struct iomt_nested nested;

	begin_with(&iomt_iommu_vtd_scalable, &iomt_ring_vtd, &iomt_vtd_ss, 8, IOMT_DEVICE_TRUSTED);
	CHECK_INT(iomt_domain_init(&trusted, &cfg), 0);
	of_viommu.parent = &trusted;
	CHECK_INT(iomt_viommu_init(&narrow, &of_viommu), 0);
	CHECK_INT(iomt_nested_init(&nested, &narrow, &vendors[1].guest), 0);
	CHECK_INT(iomt_domain_attach(&nested.domain, &devices[0], IOMT_NO_PASID, 0, &place),
		  IOMT_EACCES);
	CHECK_INT(iomt_domain_attach(&nested.domain, &devices[1], 3, 0, &place), IOMT_EPERM);
	attach(&nested.domain, &devices[1], IOMT_NO_PASID, &place);
	detach(&place);
	CHECK_INT(iomt_nested_destroy(&nested), 0);
	CHECK_INT(iomt_viommu_destroy(&narrow), 0);
	CHECK_INT(iomt_domain_destroy(&trusted), 0);
	end();
}

/* A name that is forgotten already, or never was one, is no error. */
static void name_that_is_not_there(void)
{
	struct iomt_vdevice never = {0};

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, &iomt_amdv1);
	iomt_viommu_remove(&viommu, &never);
	iomt_viommu_remove(&viommu, &names[0]);
	iomt_viommu_remove(&viommu, &names[0]);
	CHECK(viommu.devices == &names[1] && !names[1].next);
	CHECK_INT(iomt_viommu_add(&viommu, &names[0], &devices[0], 0x40), 0);
	end();
}

TEST_SUITE(domain_nested, TEST(amd), TEST(vtd), TEST(smmu), TEST(nonsense), TEST(refused),
	   TEST(device_tlb), TEST(unlike_devices), TEST(trusted_parent), TEST(beyond_the_unit),
	   TEST(name_that_is_not_there));
