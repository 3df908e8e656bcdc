/* SPDX-License-Identifier: MIT */
/* What may not be attached: each with an error and a reason of its own, and nothing has changed. */
#include "setup.h"

static struct space host, guest, arm_1, arm_2, second;
static struct iomt_domain identity, blocked, trusted, plain_only;
static struct iomt_device device;

static void begin(const struct iomt_iommu_caps *of, const struct iomt_ring_kind *ring,
		  uint8_t pasid_bits)
{
	struct iomt_domain_cfg cfg = {.size = sizeof(cfg), .kind = IOMT_DOMAIN_PAGING};

	open_iommu(of, ring);
	open_space(&host, &iomt_amdv1);
	open_space(&guest, &iomt_x86_64);
	open_space(&arm_1, &iomt_arm_s1_4k);
	open_space(&arm_2, &iomt_arm_s2_4k);
	open_space(&second, &iomt_vtd_ss);
	open_plain(&identity, IOMT_DOMAIN_IDENTITY);
	open_plain(&blocked, IOMT_DOMAIN_BLOCKED);
	cfg.table = &guest.table;
	cfg.flags = IOMT_DOMAIN_TRUSTED;
	CHECK_INT(iomt_domain_init(&trusted, &cfg), 0);
	cfg.flags = IOMT_DOMAIN_NO_PASID;
	CHECK_INT(iomt_domain_init(&plain_only, &cfg), 0);
	add_device(&device, 5, pasid_bits, 0);
}

static void end(void)
{
	remove_device(&device);
	CHECK_INT(iomt_domain_destroy(&plain_only), 0);
	CHECK_INT(iomt_domain_destroy(&trusted), 0);
	CHECK_INT(iomt_domain_destroy(&blocked), 0);
	CHECK_INT(iomt_domain_destroy(&identity), 0);
	close_space(&second);
	close_space(&arm_2);
	close_space(&arm_1);
	close_space(&guest);
	close_space(&host);
	close_iommu();
}

static void refused(struct iomt_domain *domain, uint32_t pasid, int err, const char *reason)
{
	struct iomt_domain_refusal refusal = {NULL};
	uint64_t before = provider_checksum(&provider);
	struct iomt_attachment place;

	CHECK_INT(iomt_domain_attach_check(domain, &device, pasid, &refusal), err);
	CHECK_STR(refusal.reason, reason);
	CHECK_INT(iomt_domain_attach_check(domain, &device, pasid, NULL), err);
	CHECK_INT(iomt_domain_attach(domain, &device, pasid, 0, &place), err);
	CHECK_EQ(provider_checksum(&provider), before);
}

static const char other_format[] = "the unit does not walk the table's format";
static const char not_on_pasid[] = "a table of this format cannot be attached to a PASID";

static void amd(void)
{
	struct iomt_attachment rid, process;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, 8);
	refused(&host.domain, 3, IOMT_EOPNOTSUPP, not_on_pasid);
	refused(&arm_1.domain, IOMT_NO_PASID, IOMT_EOPNOTSUPP, other_format);
	refused(&second.domain, 3, IOMT_EOPNOTSUPP, other_format);
	refused(&identity, 3, IOMT_EOPNOTSUPP, "the unit passes on requests without a PASID alone");
	refused(&blocked, 3, IOMT_EOPNOTSUPP, "a PASID with nothing attached is blocked already");
	refused(&trusted, 3, IOMT_EACCES, "the domain is for trusted devices");
	refused(&plain_only, 3, IOMT_EPERM, "the domain was made for no PASID");
	refused(&guest.domain, 0, IOMT_EPERM, "PASID 0 stands for requests without a PASID");
	refused(&guest.domain, 256, IOMT_ERANGE, "the device cannot send this PASID");
	refused(&guest.domain, 1u << 20, IOMT_EINVAL, "no PASID has more than 20 bits");

	attach(&host.domain, &device, IOMT_NO_PASID, &rid);
	refused(&guest.domain, 3, IOMT_EBUSY,
		"the device's host table would translate for its PASIDs, too");
	detach(&rid);
	attach(&guest.domain, &device, 3, &process);
	refused(&host.domain, IOMT_NO_PASID, IOMT_EBUSY,
		"a host table would translate for the device's PASIDs, too");
	detach(&process);
	end();
}

/* Guest tables of four and five levels: the device-table entry has one field for all. */
static void amd_levels(void)
{
	static struct space five;
	struct iomt_attachment process;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, 8);
	caps.stage[0].levels = 1u << 4 | 1u << 5;
	open_space_with(&five, &iomt_x86_64, 0, 57);
	attach(&guest.domain, &device, 3, &process);
	refused(&five.domain, 4, IOMT_EBUSY, "the device's guest tables have other levels");
	detach(&process);
	caps.stage[0].levels = 1u << 4;
	refused(&five.domain, 4, IOMT_EOPNOTSUPP, "the unit does not walk so many levels");
	close_space(&five);
	end();
}

/* Without GIOSup: guest tables for PASIDs alone, and then addresses without a PASID are passed on. */
static void amd_without_giosup(void)
{
	static const char cannot_block[] =
		"requests without a PASID cannot be blocked beside PASIDs without GIOSup";
	struct iomt_attachment rid, process;

	begin(&iomt_iommu_amd_gt, &iomt_ring_amd, 8);
	refused(&guest.domain, IOMT_NO_PASID, IOMT_EOPNOTSUPP,
		"the unit uses the table's format for PASIDs alone");
	refused(&guest.domain, 3, IOMT_EOPNOTSUPP, cannot_block);
	attach(&identity, &device, IOMT_NO_PASID, &rid);
	attach(&guest.domain, &device, 3, &process);
	CHECK_INT(iomt_domain_replace(&rid, &blocked, 0), IOMT_EOPNOTSUPP);
	CHECK_INT(iomt_domain_detach(&rid), IOMT_EOPNOTSUPP);
	detach(&process);
	detach(&rid);
	end();
}

static void no_pasids(void)
{
	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, 0);
	refused(&guest.domain, 1, IOMT_EOPNOTSUPP, "the device, or its unit, has no PASIDs");
	end();
	begin(&iomt_iommu_vtd_legacy, &iomt_ring_vtd, 0);
	refused(&guest.domain, IOMT_NO_PASID, IOMT_EOPNOTSUPP, other_format);
	refused(&host.domain, IOMT_NO_PASID, IOMT_EOPNOTSUPP, other_format);
	end();
}

static void smmu(void)
{
	struct iomt_attachment rid, process;

	begin(&iomt_iommu_smmu, &iomt_ring_smmu, 6);
	refused(&arm_2.domain, 3, IOMT_EOPNOTSUPP, not_on_pasid);
	attach(&arm_2.domain, &device, IOMT_NO_PASID, &rid);
	refused(&arm_1.domain, 3, IOMT_EBUSY,
		"the device's stage 2 would translate for its PASIDs, too");
	detach(&rid);
	attach(&arm_1.domain, &device, 3, &process);
	refused(&arm_2.domain, IOMT_NO_PASID, IOMT_EBUSY,
		"stage 2 would translate for the device's PASIDs, too");
	detach(&process);
	end();
}

/* Addresses that the unit cannot put out. */
static void output_addresses(void)
{
	begin(&iomt_iommu_vtd_scalable, &iomt_ring_vtd, 8);
	caps.stage[1].oa_bits = 46;
	refused(&second.domain, IOMT_NO_PASID, IOMT_ERANGE,
		"the table has output addresses beyond the unit's");
	caps.stage[1].oa_bits = 48;
	end();
}

/* Malformed units, devices, tables and domains. */
static void malformed(void)
{
	struct iomt_iommu_cfg unit_cfg = {
		.size = sizeof(unit_cfg), .mem = &provider.mem, .ring = &unit.ring, .caps = &caps};
	struct iomt_device_caps of = {.size = sizeof(of), .iommu = &caps, .id = 5};
	struct iomt_domain_table_cfg table = {.size = sizeof(table), .mem = &provider.mem};
	struct iomt_domain_cfg domain = {.size = sizeof(domain)};
	struct iomt_domain_table unused_table;
	struct iomt_iommu unused_iommu;
	struct iomt_device unused_device;
	struct iomt_domain unused;
	struct iomt_iommu_caps other;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, 8);
	other = caps;
	unit_cfg.split = 8;
	CHECK_INT(iomt_iommu_init(&unused_iommu, &unit_cfg), IOMT_EINVAL);
	unit_cfg.split = 0;
	unit_cfg.ring = NULL;
	CHECK_INT(iomt_iommu_init(&unused_iommu, &unit_cfg), IOMT_EINVAL);
	unit_cfg.ring = &unit.ring;
	unit_cfg.caps = &iomt_iommu_smmu;
	CHECK_INT(iomt_iommu_init(&unused_iommu, &unit_cfg), IOMT_EINVAL);
	CHECK_INT(iomt_iommu_init(&unused_iommu, NULL), IOMT_EINVAL);

	CHECK_INT(iomt_device_add(&iommu, &unused_device, &of), IOMT_EEXIST);
	of.id = 256;
	CHECK_INT(iomt_device_add(&iommu, &unused_device, &of), IOMT_ERANGE);
	of.id = 6;
	of.iommu = &other;
	CHECK_INT(iomt_device_add(&iommu, &unused_device, &of), IOMT_EINVAL);
	CHECK_INT(iomt_iommu_destroy(&iommu), IOMT_EBUSY);

	CHECK_INT(iomt_domain_table_init(&unused_table, &table), IOMT_EINVAL);
	table.policy = iomt_plan_covers(1);
	CHECK_INT(iomt_domain_table_init(&unused_table, &table), IOMT_EINVAL);
	table.pt = &host.pt;
	table.format = &iomt_amdv1;
	CHECK_INT(iomt_domain_table_init(&unused_table, &table), IOMT_EINVAL);

	domain.kind = IOMT_DOMAIN_PAGING;
	CHECK_INT(iomt_domain_init(&unused, &domain), IOMT_EINVAL);
	domain.kind = IOMT_DOMAIN_SVA;
	domain.table = &host.table;
	CHECK_INT(iomt_domain_init(&unused, &domain), IOMT_EINVAL);
	domain.kind = IOMT_DOMAIN_IDENTITY;
	CHECK_INT(iomt_domain_init(&unused, &domain), IOMT_EINVAL);
	domain.kind = (enum iomt_domain_kind)99;
	CHECK_INT(iomt_domain_init(&unused, &domain), IOMT_EINVAL);
	end();
}

/* A table that tracks dirty pages, where hardware would never mark one: what is written would not be seen. */
static void not_tracked(void)
{
	static const char untracked[] = "the table tracks dirty pages, which the unit does not";
	static const struct {
		const struct iomt_iommu_caps *caps;
		const struct iomt_ring_kind *ring;
		const struct iomt_pt_format *format;
	} cases[] = {
		{&iomt_iommu_amd, &iomt_ring_amd, &iomt_amdv1},
		{&iomt_iommu_vtd_legacy, &iomt_ring_vtd, &iomt_vtd_ss},
		{&iomt_iommu_smmu, &iomt_ring_smmu, &iomt_arm_s1_4k},
		{&iomt_iommu_smmu, &iomt_ring_smmu, &iomt_arm_s2_4k},
	};
	struct space dirty;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(cases[i].caps, cases[i].ring, 0);
		open_space_with(&dirty, cases[i].format, IOMT_PT_DIRTY, 40);
		refused(&dirty.domain, IOMT_NO_PASID, IOMT_EOPNOTSUPP, untracked);
		close_space(&dirty);
		end();
	}
}

TEST_SUITE(domain_refusals, TEST(amd), TEST(amd_levels), TEST(amd_without_giosup), TEST(no_pasids),
	   TEST(smmu), TEST(output_addresses), TEST(malformed), TEST(not_tracked));
