/* SPDX-License-Identifier: MIT */
/* What the oracle of domains (domain_random) has found, each by the fewest calls. */
#include "setup.h"

static struct space a, b;
static struct iomt_domain identity, blocked;
static struct iomt_device device, other;
static struct iomt_attachment place, beside;

static void begin(const struct iomt_iommu_caps *of, const struct iomt_ring_kind *ring,
		  const struct iomt_pt_format *first, const struct iomt_pt_format *second)
{
	open_iommu(of, ring);
	open_space(&a, first);
	open_space(&b, second);
	open_plain(&identity, IOMT_DOMAIN_IDENTITY);
	open_plain(&blocked, IOMT_DOMAIN_BLOCKED);
}

static void end(void)
{
	CHECK_INT(iomt_domain_destroy(&identity), 0);
	CHECK_INT(iomt_domain_destroy(&blocked), 0);
	close_space(&a);
	close_space(&b);
	close_iommu();
}

/* The first command with this opcode in the lowest bits, from an index on; fails when there is none. */
static uint64_t find(uint64_t opcode, uint64_t mask, uint64_t from)
{
	while (from < unit.executed && from < UNIT_LOG && (unit.log[from].word[0] & mask) != opcode)
		from++;
	CHECK(from < unit.executed && from < UNIT_LOG);
	return from;
}

#define AMD_OPCODE	 (15ULL << 60)
#define AMD_WAIT	 (1ULL << 60)
#define AMD_DEVICE_ENTRY (2ULL << 60)
#define AMD_PAGES	 (3ULL << 60)
#define AMD_IOTLB_PAGES	 (4ULL << 60)
#define SMMU_OPCODE	 0xffULL
#define CFGI_STE	 0x03ULL
#define CFGI_CD		 0x05ULL
#define SYNC		 0x46ULL

/* Scalable mode has an entry for requests without a PASID, of devices that have no PASIDs, too. */
static void vtd_device_without_pasids(void)
{
	begin(&iomt_iommu_vtd_scalable, &iomt_ring_vtd_wide, &iomt_vtd_ss, &iomt_x86_64);
	add_device(&device, 0x10, 0, 0);
	attach(&a.domain, &device, IOMT_NO_PASID, &place);
	CHECK_INT(iomt_domain_replace(&place, &b.domain, IOMT_ATTACH_BREAK), 0);
	detach(&place);
	remove_device(&device);
	end();
}

static void blocked_where_nothing_was(void)
{
	begin(&iomt_iommu_vtd_scalable, &iomt_ring_vtd_wide, &iomt_vtd_ss, &iomt_x86_64);
	add_device(&device, 0x10, 4, 0);
	attach(&blocked, &device, IOMT_NO_PASID, &place);
	detach(&place);
	remove_device(&device);
	end();
}

static size_t users_of(const struct space *space)
{
	const struct iomt_target_list *list = iomt_targets_get(&space->table.targets);
	size_t users = 0;

	for (size_t i = 0; list && i < list->count; i++)
		users += list->targets[i].users;
	return users;
}

/* Without memory to publish one device, the other is still told of changes. */
static void withdrawn_for_another(void)
{
	uint64_t fail = 0;
	int err;

	begin(&iomt_iommu_smmu, &iomt_ring_smmu, &iomt_arm_s1_4k, &iomt_arm_s1_4k);
	add_device(&device, 1, 4, 0);
	add_device(&other, 2, 4, IOMT_DEVICE_ATS);
	attach(&a.domain, &device, IOMT_NO_PASID, &place);
	CHECK_EQ(users_of(&a), 1);
	do {
		provider.fail_at = provider.allocations + ++fail;
		err = iomt_domain_attach(&a.domain, &other, 3, 0, &beside);
		CHECK(!err || err == IOMT_ENOMEM);
		CHECK_EQ(users_of(&a), err ? 1 : 3);
	} while (err);
	CHECK(fail > 1);
	provider.fail_at = 0;
	detach(&beside);
	detach(&place);
	remove_device(&other);
	remove_device(&device);
	end();
}

/* IHI 0070, 5.2: S2VMID is in bits 15:0 of word 2. An ASID gives way to a VMID, both the first. */
static void asid_to_vmid(void)
{
	begin(&iomt_iommu_smmu, &iomt_ring_smmu, &iomt_arm_s1_4k, &iomt_arm_s2_4k);
	add_device(&device, 1, 0, 0);
	attach(&a.domain, &device, IOMT_NO_PASID, &place);
	CHECK_INT(iomt_domain_replace(&place, &b.domain, IOMT_ATTACH_BREAK), 0);
	CHECK_EQ(iomt_attachment_id(&place), word(devices_root() + 64, 2) & 0xffff);
	CHECK_EQ(users_of(&a), 0);
	CHECK_EQ(users_of(&b), 1);
	detach(&place);
	remove_device(&device);
	end();
}

/* 48882, 2.4.4: INVALIDATE_IOTLB_PAGES, the DeviceID in bits 15:0. */
static void passed_in_device_tlb(void)
{
	begin(&iomt_iommu_amd, &iomt_ring_amd, &iomt_amdv1, &iomt_amdv1);
	add_device(&device, 0x10, 0, IOMT_DEVICE_ATS);
	attach(&identity, &device, IOMT_NO_PASID, &place);
	unit.executed = 0;
	CHECK_INT(iomt_domain_replace(&place, &a.domain, IOMT_ATTACH_BREAK), 0);
	CHECK_EQ(unit.log[find(AMD_IOTLB_PAGES, AMD_OPCODE, 0)].word[0] & 0xffff, 0x10);
	CHECK_INT(iomt_domain_replace(&place, &identity, IOMT_ATTACH_BREAK), 0);
	unit.executed = 0;
	detach(&place);
	(void)find(AMD_IOTLB_PAGES, AMD_OPCODE, 0);
	remove_device(&device);
	end();
}

/* A cached entry leads to the descriptor until a sync: only then may that go. */
static void out_of_stage_1_without_a_gap(void)
{
	uint64_t at;

	begin(&iomt_iommu_smmu, &iomt_ring_smmu, &iomt_arm_s1_4k, &iomt_arm_s1_4k);
	add_device(&device, 1, 0, 0);
	attach(&a.domain, &device, IOMT_NO_PASID, &place);
	unit.executed = 0;
	CHECK_INT(iomt_domain_replace(&place, &identity, 0), 0);
	at = find(CFGI_STE, SMMU_OPCODE, 0);
	at = find(SYNC, SMMU_OPCODE, at);
	(void)find(CFGI_CD, SMMU_OPCODE, at);
	detach(&place);
	remove_device(&device);
	end();
}

/* A PASID that was replaced and detached is none; stage 2 may follow. */
static void replaced_pasid_is_counted_once(void)
{
	static struct space second;

	begin(&iomt_iommu_smmu, &iomt_ring_smmu, &iomt_arm_s1_4k, &iomt_arm_s1_4k);
	open_space(&second, &iomt_arm_s2_4k);
	add_device(&device, 1, 4, 0);
	attach(&a.domain, &device, 3, &place);
	CHECK_INT(iomt_domain_replace(&place, &b.domain, IOMT_ATTACH_BREAK), 0);
	detach(&place);
	attach(&second.domain, &device, IOMT_NO_PASID, &place);
	detach(&place);
	remove_device(&device);
	close_space(&second);
	end();
}

/* 48882, 2.2.2.1: GV is bit 55. */
static void has_guest_tables(void *ctx)
{
	(void)ctx;
	CHECK(dte(0x10, 0) >> 55 & 1);
}

/* Whatever may fault in a break, PASIDs do not pass with the requests that have none. */
static void pasids_do_not_pass_in_a_break(void)
{
	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, &iomt_x86_64, &iomt_x86_64);
	add_device(&device, 0x10, 4, 0);
	attach(&identity, &device, IOMT_NO_PASID, &place);
	CHECK_INT(iomt_domain_attach(&a.domain, &device, 3, IOMT_ATTACH_BREAK, &beside), 0);
	unit.meanwhile = has_guest_tables;
	CHECK_INT(iomt_domain_replace(&beside, &b.domain, IOMT_ATTACH_BREAK), 0);
	unit.meanwhile = NULL;
	CHECK_EQ(word(gcr3_root(0x10), 3), root(&b) | 1);
	CHECK_INT(iomt_domain_detach(&beside), 0);
	detach(&place);
	remove_device(&device);
	end();
}

/* GuestPagingMode is in bits 183:182. */
static void levels_of_a_replaced_pasid(void)
{
	static struct space five;
	uint64_t at;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, &iomt_x86_64, &iomt_x86_64);
	open_space_with(&five, &iomt_x86_64, 0, 57);
	add_device(&device, 0x10, 4, 0);
	attach(&five.domain, &device, 3, &place);
	CHECK_EQ(dte(0x10, 2) >> 54 & 3, 1);
	unit.executed = 0;
	CHECK_INT(iomt_domain_replace(&place, &a.domain, IOMT_ATTACH_BREAK), 0);
	CHECK_EQ(dte(0x10, 2) >> 54 & 3, 0);
	/* the old root is forgotten before levels change, and those before the new root comes */
	at = find(AMD_PAGES, AMD_OPCODE, 0);
	at = find(AMD_WAIT, AMD_OPCODE, at);
	at = find(AMD_DEVICE_ENTRY, AMD_OPCODE, at);
	(void)find(AMD_WAIT, AMD_OPCODE, at);
	detach(&place);
	remove_device(&device);
	close_space(&five);
	end();
}

/* A device that shares its id is to move out of it, and cannot: its places are tagged as they were. */
static void ids_after_a_move_that_failed(void)
{
	struct iomt_attachment more[3];
	uint64_t fail = 0;
	int err;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, &iomt_x86_64, &iomt_x86_64);
	add_device(&device, 0x10, 4, 0);
	add_device(&other, 0x20, 4, 0);
	attach(&a.domain, &device, 1, &place);
	attach(&b.domain, &device, 2, &beside);
	attach(&a.domain, &other, 1, &more[0]);
	attach(&b.domain, &other, 2, &more[1]);
	CHECK_EQ(dte(0x10, 1) & 0xffff, dte(0x20, 1) & 0xffff);
	do {
		provider.fail_at = provider.allocations + ++fail;
		err = iomt_domain_attach(&a.domain, &device, 3, 0, &more[2]);
		CHECK(!err || err == IOMT_ENOMEM);
		CHECK_EQ(iomt_attachment_id(&place), dte(0x10, 1) & 0xffff);
		CHECK_EQ(iomt_attachment_id(&beside), dte(0x10, 1) & 0xffff);
		CHECK_EQ(users_of(&b), 2);
	} while (err);
	CHECK(fail > 2);
	provider.fail_at = 0;
	CHECK(iomt_attachment_id(&place) != iomt_attachment_id(&more[0]));
	for (unsigned i = 0; i < 3; i++)
		detach(&more[i]);
	detach(&beside);
	detach(&place);
	remove_device(&other);
	remove_device(&device);
	end();
}

TEST_SUITE(domain_bugs, TEST(vtd_device_without_pasids), TEST(blocked_where_nothing_was),
	   TEST(withdrawn_for_another), TEST(asid_to_vmid), TEST(passed_in_device_tlb),
	   TEST(out_of_stage_1_without_a_gap), TEST(replaced_pasid_is_counted_once),
	   TEST(pasids_do_not_pass_in_a_break), TEST(levels_of_a_replaced_pasid),
	   TEST(ids_after_a_move_that_failed));
