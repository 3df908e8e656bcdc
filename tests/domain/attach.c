/* SPDX-License-Identifier: MIT */
/* Attaching by hand: what hardware reads afterwards, which commands it was given, who is refused. */
#include "setup.h"
#include "wide.h"

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

	CHECK_INT(iomt_domain_replace(&place, &b.domain, WIDE_OR_BREAK), 0);
	CHECK_EQ(dte(0x10, 0), 0x6000000000000003 | root(&b) | 4 << 9);
	CHECK_EQ(dte(0x10, 1), iomt_attachment_id(&place));
	CHECK_INT(iomt_domain_detach(&place), 0);
	CHECK_EQ(dte(0x10, 0) & 0x6000000000000e03, 3); /* the address means nothing without Mode */
	CHECK_INT(iomt_device_remove(&device), 0);
	close_space(&a);
	close_space(&b);
	close_iommu();
}

/*
 * One table for a device with PASIDs and one without (GCR3[0], GIOV 54, GV 55): the same map, one id, one
 * command. A PASID more, and the ids part.
 */
static void amd_guest_tables(void)
{
	struct iomt_attachment first, second, process;
	struct iomt_device with, without;
	static struct space a, b;

	open_iommu(&iomt_iommu_amd_gio, &iomt_ring_amd);
	open_space(&a, &iomt_x86_64);
	open_space(&b, &iomt_x86_64);
	add_device(&with, 0x10, 8, 0);
	add_device(&without, 0x20, 0, 0);
	attach(&a.domain, &with, IOMT_NO_PASID, &first);
	attach(&a.domain, &without, IOMT_NO_PASID, &second);
	CHECK_EQ(dte(0x10, 0) & 0x63ff000000000fff, 0x60c0000000000003);
	CHECK_EQ(word(gcr3_root(0x10), 0), root(&a) | 1);
	CHECK_EQ(word(gcr3_root(0x20), 0), root(&a) | 1);
	CHECK_EQ(iomt_attachment_id(&first), iomt_attachment_id(&second));
	CHECK_EQ(commands_of_unmap(&a), 2);

	attach(&b.domain, &with, 5, &process);
	CHECK_EQ(word(gcr3_root(0x10), 5), root(&b) | 1);
	CHECK(iomt_attachment_id(&first) != iomt_attachment_id(&second));
	CHECK_EQ(iomt_attachment_id(&process), iomt_attachment_id(&first));
	CHECK_EQ(dte(0x10, 1) & 0xffff, iomt_attachment_id(&first));
	CHECK_EQ(commands_of_unmap(&a), 3);
	CHECK_EQ(commands_of_unmap(&b), 2);

	detach(&process);
	CHECK_EQ(word(gcr3_root(0x10), 5), 0);
	CHECK_EQ(iomt_attachment_id(&first), iomt_attachment_id(&second));
	detach(&first);
	detach(&second);
	CHECK_EQ(dte(0x10, 0) & 0x6080000000000e03, 3);
	remove_device(&with);
	remove_device(&without);
	close_space(&a);
	close_space(&b);
	close_iommu();
}

/* Addresses are passed on, PASIDs are translated: GV without GIOV. Then the same without the first. */
static void amd_identity_beside_pasids(void)
{
	struct iomt_attachment rid, process;
	struct iomt_device device;
	struct iomt_domain identity;
	static struct space a;

	open_iommu(&iomt_iommu_amd_gio, &iomt_ring_amd);
	open_plain(&identity, IOMT_DOMAIN_IDENTITY);
	open_space(&a, &iomt_x86_64);
	add_device(&device, 0x10, 8, 0);
	attach(&identity, &device, IOMT_NO_PASID, &rid);
	CHECK_EQ(dte(0x10, 0), 0x6000000000000003);
	attach(&a.domain, &device, 7, &process);
	CHECK_EQ(dte(0x10, 0) & 0x60c0000000000e03, 0x6080000000000003);
	CHECK_EQ(word(gcr3_root(0x10), 7), root(&a) | 1);
	detach(&rid);
	CHECK_EQ(dte(0x10, 0) & 0x60c0000000000e03, 0x60c0000000000003);
	CHECK_EQ(word(gcr3_root(0x10), 0), 0);
	detach(&process);
	CHECK_EQ(dte(0x10, 0) & 0x6080000000000e03, 3);
	remove_device(&device);
	CHECK_INT(iomt_domain_destroy(&identity), 0);
	close_space(&a);
	close_iommu();
}

/* D51397, 9.3: P 0, TT 3:2, SSPTPTR 63:12; AW 66:64, DID 87:72. */
static void vtd_legacy(void)
{
	struct iomt_attachment one, two;
	struct iomt_device first, second;
	struct iomt_domain identity;
	static struct space a;
	uint64_t context;

	open_iommu(&iomt_iommu_vtd_legacy, &iomt_ring_vtd);
	open_plain(&identity, IOMT_DOMAIN_IDENTITY);
	open_space(&a, &iomt_vtd_ss);
	add_device(&first, 0x0110, 0, 0);
	add_device(&second, 0x0111, 0, 0);
	attach(&a.domain, &first, IOMT_NO_PASID, &one);
	attach(&a.domain, &second, IOMT_NO_PASID, &two);
	CHECK_EQ(iomt_attachment_id(&one), iomt_attachment_id(&two));
	context = word(devices_root(), 2 * 1) & ~0xfffULL;
	CHECK_EQ(word(context, 2 * 0x10), root(&a) | 1);
	CHECK_EQ(word(context, 2 * 0x10 + 1), iomt_attachment_id(&one) << 8 | 2);
	CHECK_EQ(commands_of_unmap(&a), 2);
	CHECK_INT(iomt_domain_replace(&two, &identity, 0), IOMT_EBUSY);
	CHECK_EQ(word(context, 2 * 0x11), root(&a) | 1);
	CHECK_INT(iomt_domain_replace(&two, &identity, IOMT_ATTACH_BREAK), 0);
	CHECK_EQ(word(context, 2 * 0x11) & 0xf, 9);
	CHECK(iomt_attachment_id(&one) != iomt_attachment_id(&two));
	detach(&one);
	detach(&two);
	CHECK_EQ(word(context, 2 * 0x10) & 1, 0);
	remove_device(&first);
	remove_device(&second);
	CHECK_INT(iomt_domain_destroy(&identity), 0);
	close_space(&a);
	close_iommu();
}

/* 9.6: P 0, PGTT 8:6 (1 first, 2 second, 4 pass-through), DID 79:64, FSPTPTR 191:140. */
static void vtd_scalable(void)
{
	struct iomt_attachment rid, process, bypass;
	struct iomt_device device;
	struct iomt_domain identity;
	static struct space a, b;
	uint64_t context, directory, entries;

	open_iommu(&iomt_iommu_vtd_scalable, &iomt_ring_vtd_wide);
	open_plain(&identity, IOMT_DOMAIN_IDENTITY);
	open_space(&a, &iomt_vtd_ss);
	open_space(&b, &iomt_x86_64);
	add_device(&device, 0x0110, 10, 0);
	attach(&a.domain, &device, IOMT_NO_PASID, &rid);
	attach(&b.domain, &device, 3, &process);
	attach(&identity, &device, 4, &bypass);
	context = word(devices_root(), 2 * 1) & ~0xfffULL; /* lower: devices 0 to 15 */
	directory = word(context, 4 * 0x10) & ~0xfffULL;
	entries = word(directory, 0) & ~0xfffULL;
	CHECK_EQ(word(entries, 0) & 0x1c1, 0x081);
	CHECK_EQ(word(entries, 0) & ~0xfffULL, root(&a));
	CHECK_EQ(word(entries, 1) & 0xffff, iomt_attachment_id(&rid));
	CHECK_EQ(word(entries, 8 * 3) & 0x1c1, 0x041);
	CHECK_EQ(word(entries, 8 * 3 + 2) & ~0xfffULL, root(&b));
	CHECK_EQ(word(entries, 8 * 3 + 1) & 0xffff, iomt_attachment_id(&process));
	CHECK_EQ(word(entries, 8 * 4) & 0x1c1, 0x101);
	CHECK(iomt_attachment_id(&rid) != iomt_attachment_id(&process));
	CHECK(iomt_attachment_id(&bypass) != iomt_attachment_id(&process));
	detach(&bypass);
	detach(&process);
	detach(&rid);
	CHECK_EQ(word(entries, 0) & 1, 0);
	CHECK_EQ(word(entries, 8 * 3) & 1, 0);
	remove_device(&device);
	CHECK_EQ(word(context, 4 * 0x10) & 1, 0);
	CHECK_INT(iomt_domain_destroy(&identity), 0);
	close_space(&a);
	close_space(&b);
	close_iommu();
}

/* IHI 0070, 5.2: V 0, Config 3:1, S1ContextPtr 55:6; S1DSS 65:64; S2VMID 143:128, S2TTB 243:196. */
static void smmu(void)
{
	struct iomt_attachment rid, process;
	struct iomt_device device;
	struct iomt_domain identity;
	static struct space a, b;
	uint64_t ste, descriptors;

	open_iommu(&iomt_iommu_smmu, &iomt_ring_smmu);
	open_plain(&identity, IOMT_DOMAIN_IDENTITY);
	open_space(&a, &iomt_arm_s1_4k);
	open_space(&b, &iomt_arm_s2_4k);
	add_device(&device, 3, 6, 0);
	ste = devices_root() + 3 * 64;
	CHECK_EQ(word(ste, 0) & 1, 0);
	attach(&identity, &device, IOMT_NO_PASID, &rid);
	CHECK_EQ(word(ste, 0) & 0xf, 4 << 1 | 1);
	attach(&a.domain, &device, 3, &process);
	CHECK_EQ(word(ste, 0) & 0xf, 5 << 1 | 1);
	CHECK_EQ(word(ste, 1) & 3, 1);
	descriptors = word(ste, 0) & 0xffffffffffffc0;
	CHECK_EQ(word(descriptors, 8 * 3) & 1ULL << 31, 1ULL << 31);
	CHECK_EQ(word(descriptors, 8 * 3) >> 48, iomt_attachment_id(&process));
	CHECK_EQ(word(descriptors, 8 * 3 + 1), root(&a));

	CHECK_INT(iomt_domain_attach_check(&b.domain, &device, IOMT_NO_PASID, NULL), IOMT_EBUSY);
	CHECK_INT(iomt_domain_replace(&rid, &a.domain, 0), 0);
	CHECK_EQ(word(ste, 1) & 3, 2);
	CHECK_EQ(word(descriptors, 1), root(&a));
	CHECK_EQ(iomt_attachment_id(&rid), iomt_attachment_id(&process));
	CHECK_EQ(commands_of_unmap(&a), 2);
	detach(&rid);
	CHECK_EQ(word(ste, 1) & 3, 0);
	CHECK_EQ(word(descriptors, 0) & 1ULL << 31, 0);
	detach(&process);
	CHECK_EQ(word(ste, 0) & 1, 0);

	attach(&b.domain, &device, IOMT_NO_PASID, &rid);
	CHECK_EQ(word(ste, 0) & 0xf, 6 << 1 | 1);
	CHECK_EQ(word(ste, 2) & 0xffff, iomt_attachment_id(&rid));
	CHECK_EQ(word(ste, 3) & 0xffffffffffff0, root(&b));
	CHECK_EQ(commands_of_unmap(&b), 2);
	CHECK_INT(iomt_domain_replace(&rid, &identity, 0), 0);
	CHECK_EQ(word(ste, 0) & 0xf, 4 << 1 | 1);
	detach(&rid);
	remove_device(&device);
	CHECK_INT(iomt_domain_destroy(&identity), 0);
	close_space(&a);
	close_space(&b);
	close_iommu();
}

/* INVALIDATE_IOMMU_PAGES among what was executed. */
static unsigned page_commands(void)
{
	unsigned count = 0;

	for (uint64_t i = 0; i < unit.executed && i < UNIT_LOG; i++)
		count += unit.log[i].word[0] >> 60 == 3;
	return count;
}

/*
 * A device that leaves others behind needs no flush of their id, but where emulated caches know the device
 * as well: there what it used goes with it.
 */
static void leaving_others_behind(void)
{
	for (unsigned emulated = 0; emulated < 2; emulated++) {
		struct iomt_attachment first, second;
		struct iomt_iommu_caps of = iomt_iommu_amd;
		struct iomt_device a, b;
		static struct space space;

		if (emulated)
			of.stage[1].flags |= IOMT_STAGE_CACHES_ABSENT;
		open_iommu(&of, &iomt_ring_amd);
		open_space(&space, &iomt_amdv1);
		add_device(&a, 5, 0, 0);
		add_device(&b, 6, 0, 0);
		attach(&space.domain, &a, IOMT_NO_PASID, &first);
		attach(&space.domain, &b, IOMT_NO_PASID, &second);
		unit.executed = 0;
		detach(&first);
		CHECK_EQ(page_commands(), emulated);
		unit.executed = 0;
		detach(&second);
		CHECK(page_commands() >= 1);
		remove_device(&a);
		remove_device(&b);
		close_space(&space);
		close_iommu();
	}
}

/*
 * Hardware marks dirty pages where its entries say so: HAD, bits 8:7 of a device-table entry (48882, 2.2.2.1), SSADE,
 * bit 9 of a PASID-table entry (D51397, 9.6), S2HD and S2HA, bits 183 and 184 of a stream table entry (IHI 0070, 5.2).
 */
static uint64_t tracking_amd(void)
{
	return dte(2, 0) >> 7 & 3;
}

static uint64_t tracking_vtd(void)
{
	uint64_t context = word(devices_root(), 0) & ~0xfffULL;
	uint64_t directory = word(context, 4 * 2) & ~0xfffULL;

	return word(word(directory, 0) & ~0xfffULL, 0) >> 9 & 1;
}

static uint64_t tracking_smmu(void)
{
	return word(devices_root() + 2 * 64, 2) >> 55 & 3;
}

static void dirty_pages_are_tracked(void)
{
	static const struct {
		const struct iomt_iommu_caps *caps;
		const struct iomt_ring_kind *ring;
		const struct iomt_pt_format *format;
		uint64_t (*tracking)(void);
		uint64_t on;
	} cases[] = {
		{&iomt_iommu_amd_gio, &iomt_ring_amd, &iomt_amdv1, tracking_amd, 3},
		{&iomt_iommu_vtd_scalable, &iomt_ring_vtd, &iomt_vtd_ss, tracking_vtd, 1},
		{&iomt_iommu_smmu_full, &iomt_ring_smmu, &iomt_arm_s2_4k, tracking_smmu, 3},
	};
	struct iomt_attachment place;
	struct iomt_device device;
	struct space plain, dirty;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_iommu(cases[i].caps, cases[i].ring);
		open_space_with(&plain, cases[i].format, 0, 40);
		open_space_with(&dirty, cases[i].format, IOMT_PT_DIRTY, 40);
		add_device(&device, 2, 0, 0);
		attach(&plain.domain, &device, IOMT_NO_PASID, &place);
		CHECK_EQ(cases[i].tracking(), 0);
		CHECK_INT(iomt_domain_replace(&place, &dirty.domain, IOMT_ATTACH_BREAK), 0);
		CHECK_EQ(cases[i].tracking(), cases[i].on);
		CHECK_INT(iomt_domain_replace(&place, &plain.domain, IOMT_ATTACH_BREAK), 0);
		CHECK_EQ(cases[i].tracking(), 0);
		detach(&place);
		remove_device(&device);
		close_space(&dirty);
		close_space(&plain);
		close_iommu();
	}
}

TEST_SUITE(domain_attach, TEST(amd_host_table), TEST(amd_guest_tables),
	   TEST(amd_identity_beside_pasids), TEST(vtd_legacy), TEST(vtd_scalable), TEST(smmu),
	   TEST(leaving_others_behind), TEST(dirty_pages_are_tracked));
