/* SPDX-License-Identifier: MIT */
/* What goes wrong in the middle, or at the edge of what a unit can do; each by the fewest calls. */
#include "setup.h"
#include "wide.h"
#include <iomt/nested.h>

static struct space a, b;
static struct iomt_domain identity;
static struct iomt_device device, other;
static struct iomt_attachment place, beside;

static void begin(const struct iomt_iommu_caps *of, const struct iomt_ring_kind *ring,
		  uint32_t flags, const struct iomt_pt_format *format)
{
	open_iommu_with(of, ring, flags, 8);
	open_space(&a, format);
	open_space(&b, format);
	open_plain(&identity, IOMT_DOMAIN_IDENTITY);
}

static void end(void)
{
	CHECK_INT(iomt_domain_destroy(&identity), 0);
	close_space(&a);
	close_space(&b);
	close_iommu();
}

/* The first command of AMD's (opcode in 63:60) from an index on; UNIT_LOG when there is none. */
static uint64_t find(uint64_t opcode, uint64_t from)
{
	while (from < unit.executed && from < UNIT_LOG && unit.log[from].word[0] >> 60 != opcode)
		from++;
	return from < unit.executed ? from : UNIT_LOG;
}

/* The next command, or wait, fails with this code; the ring goes on behind it. */
static void refuse_next(int code)
{
	unit.refuse = unit.executed + 1;
	unit.refuse_code = code;
	unit.refuse_skips = true;
	unit.stopped = false;
}

/* 48882, 2.2.2.1: with I (bit 96) the device's own translations are taken for true, also when blocked. */
static void blocked_device_has_no_tlb(void)
{
	static const uint32_t stores[] = {0, WIDE_STORES};

	for (unsigned i = 0; i < 2; i++) {
		begin(&iomt_iommu_amd, &iomt_ring_amd, stores[i], &iomt_amdv1);
		add_device(&device, 0x10, 0, IOMT_DEVICE_ATS);
		CHECK_EQ(dte(0x10, 1) >> 32 & 1, 0);
		attach(&a.domain, &device, IOMT_NO_PASID, &place);
		CHECK_EQ(dte(0x10, 1) >> 32 & 1, 1);
		detach(&place);
		CHECK_EQ(dte(0x10, 1) >> 32 & 1, 0);
		attach(&identity, &device, IOMT_NO_PASID, &place);
		CHECK_EQ(dte(0x10, 1) >> 32 & 1, 1);
		detach(&place);
		CHECK_EQ(dte(0x10, 1) >> 32 & 1, 0);
		remove_device(&device);
		end();
	}
}

/*
 * Without stores of 128 bits a guest's domain id and its tables are two words. The device has the first
 * id, which is the one that is tried when it is looked whether the entry can be written.
 */
static void nested_in_two_words(void)
{
	struct iomt_viommu_cfg cfg = {.size = sizeof(cfg),
				      .iommu = &iommu,
				      .parent = &a.domain,
				      .policy = iomt_plan_covers(2)};
	struct iomt_guest_stage guest = {.id = 3, .amd = {.gcr3 = 0x5000}};
	struct iomt_viommu viommu;
	struct iomt_nested nested;
	uint64_t words[2];

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, 0, &iomt_amdv1);
	CHECK_INT(iomt_viommu_init(&viommu, &cfg), 0);
	CHECK_INT(iomt_nested_init(&nested, &viommu, &guest), 0);
	add_device(&device, 0x10, 0, 0);
	attach(&identity, &device, IOMT_NO_PASID, &place);
	words[0] = dte(0x10, 0);
	words[1] = dte(0x10, 1);
	CHECK_INT(iomt_domain_replace(&place, &nested.domain, 0), IOMT_EBUSY);
	CHECK_EQ(iomt_attachment_id(&place), IOMT_PACK_NO_ID);
	CHECK_EQ(dte(0x10, 0), words[0]);
	CHECK_EQ(dte(0x10, 1), words[1]);
	CHECK_INT(iomt_domain_replace(&place, &nested.domain, IOMT_ATTACH_BREAK), 0);
	CHECK_EQ(dte(0x10, 1) & 0xffff, iomt_attachment_id(&place));
	CHECK_EQ(dte(0x10, 0) >> 55 & 1, 1);
	detach(&place);
	remove_device(&device);
	CHECK_INT(iomt_nested_destroy(&nested), 0);
	CHECK_INT(iomt_viommu_destroy(&viommu), 0);
	end();
}

/*
 * An emulated IOMMU tags by the device, too: what one leaves behind under an id that another keeps goes,
 * INVALIDATE_IOMMU_PAGES (48882, 2.4.3) with the old DomainID in 47:32.
 */
static void leaves_an_id_to_another(void)
{
	struct iomt_iommu_caps emulated = iomt_iommu_amd;
	uint64_t at;
	uint32_t id;

	emulated.stage[1].flags |= IOMT_STAGE_CACHES_ABSENT;
	begin(&emulated, &iomt_ring_amd, WIDE_STORES, &iomt_amdv1);
	add_device(&device, 0x10, 0, 0);
	add_device(&other, 0x20, 0, 0);
	attach(&a.domain, &device, IOMT_NO_PASID, &place);
	attach(&a.domain, &other, IOMT_NO_PASID, &beside);
	id = iomt_attachment_id(&place);
	CHECK_EQ(iomt_attachment_id(&beside), id);
	unit.executed = 0;
	CHECK_INT(iomt_domain_replace(&place, &b.domain, WIDE_OR_BREAK), 0);
	CHECK(iomt_attachment_id(&place) != id);
	for (at = find(3, 0); at != UNIT_LOG && (unit.log[at].word[0] >> 32 & 0xffff) != id;)
		at = find(3, at + 1);
	CHECK(at != UNIT_LOG);
	detach(&place);
	detach(&beside);
	remove_device(&device);
	remove_device(&other);
	end();
}

/* The encryption bit is in roots that hardware reads: of the host table, and the GCR3 table's entries. */
static void encrypted(void)
{
	struct iomt_iommu_caps of = iomt_iommu_amd_gio;

	of.enc_bit = 51;
	of.stage[0].oa_bits = of.stage[1].oa_bits = 48;
	begin(&of, &iomt_ring_amd, WIDE_STORES, &iomt_amdv1);
	add_device(&device, 0x10, 0, 0);
	attach(&a.domain, &device, IOMT_NO_PASID, &place);
	CHECK_EQ(dte(0x10, 0) >> 51 & 1, 1);
	detach(&place);
	remove_device(&device);
	end();
}

/* Hardware that did not forget the device may read its PASID table still: it stays until then. */
static void not_forgotten(void)
{
	uint64_t live;

	begin(&iomt_iommu_vtd_scalable, &iomt_ring_vtd_wide, 0, &iomt_vtd_ss);
	add_device(&device, 0x10, 4, 0);
	live = provider.live_bytes;
	refuse_next(-110);
	CHECK_INT(iomt_device_remove(&device), IOMT_EIO);
	CHECK_EQ(provider.live_bytes, live);
	CHECK_INT(iomt_iommu_destroy(&iommu), IOMT_EBUSY);
	CHECK_INT(iomt_domain_attach(&a.domain, &device, IOMT_NO_PASID, 0, &place), IOMT_EBUSY);
	CHECK_INT(iomt_device_remove(&device), IOMT_EIO);
	CHECK_EQ(provider.live_bytes, live);
	iomt_iommu_was_reset(&iommu);
	remove_device(&device);
	CHECK(provider.live_bytes < live);
	end();
}

/* What is attached by another domain is attached. */
static void copied_into_what_is_attached(void)
{
	struct iomt_domain_cfg cfg = {
		.size = sizeof(cfg), .kind = IOMT_DOMAIN_PAGING, .table = &a.table};
	struct iomt_domain second;
	uint64_t oa;

	begin(&iomt_iommu_amd, &iomt_ring_amd, WIDE_STORES, &iomt_amdv1);
	CHECK_INT(iomt_domain_init(&second, &cfg), 0);
	add_device(&device, 0x10, 0, 0);
	CHECK_INT(iomt_pt_map(&b.pt, 0x5000, 0x7000, 0x1000, IOMT_READ, NULL), 0);
	attach(&second, &device, IOMT_NO_PASID, &place);
	CHECK_INT(iomt_domain_copy(&a.domain, &b.domain), IOMT_EPERM);
	CHECK_INT(iomt_pt_oa(&a.pt, 0x5000, &oa), IOMT_ENOENT);
	detach(&place);
	CHECK_INT(iomt_domain_copy(&a.domain, &b.domain), 0);
	remove_device(&device);
	CHECK_INT(iomt_domain_destroy(&second), 0);
	end();
}

/* EFR.HATS: a table of three levels that may grow to six, and a unit that walks four at most. */
static void grows_beyond_the_unit(void)
{
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = &iomt_amdv1,
				  .mem = &provider.mem,
				  .levels = 3,
				  .oa_bits = 48,
				  .top_changed = iomt_domain_top_changed,
				  .ctx = &a.table};
	struct iomt_iommu_caps of = iomt_iommu_amd;

	of.stage[1].levels = 0x1e;
	begin(&of, &iomt_ring_amd, WIDE_STORES, &iomt_amdv1);
	add_device(&device, 0x10, 0, 0);
	iomt_pt_destroy(&a.pt);
	CHECK_INT(iomt_pt_init(&a.pt, &cfg), 0);
	CHECK_INT(iomt_domain_attach(&a.domain, &device, IOMT_NO_PASID, 0, &place),
		  IOMT_EOPNOTSUPP);
	iomt_pt_destroy(&a.pt);
	cfg.iova_bits = 48;
	CHECK_INT(iomt_pt_init(&a.pt, &cfg), 0);
	attach(&a.domain, &device, IOMT_NO_PASID, &place);
	refuse_next(-110); /* hardware may see the new top later: no id waits for that */
	CHECK_INT(iomt_pt_map(&a.pt, 1ULL << 47, 0, 0x1000, IOMT_READ, NULL), 0);
	CHECK_EQ(dte(0x10, 0) >> 9 & 7, 4);
	CHECK(unit.executed >= unit.refuse);
	CHECK(!iommu.lost);
	detach(&place);
	remove_device(&device);
	end();
}

/* More commands at once than the ring holds: of every PASID's TLB, when the id changes. */
static void short_ring(void)
{
	struct iomt_attachment first[5], second[5], more;

	open_iommu_with(&iomt_iommu_amd_gio, &iomt_ring_amd, WIDE_STORES, 2);
	open_space(&a, &iomt_x86_64);
	add_device(&device, 0x10, 4, IOMT_DEVICE_ATS);
	add_device(&other, 0x20, 4, IOMT_DEVICE_ATS);
	for (uint32_t i = 0; i < 5; i++) {
		attach(&a.domain, &device, i + 1, &first[i]);
		attach(&a.domain, &other, i + 1, &second[i]);
	}
	attach(&a.domain, &device, 6, &more);
	CHECK(iomt_attachment_id(&more) != iomt_attachment_id(&second[0]));
	detach(&more);
	for (uint32_t i = 0; i < 5; i++) {
		detach(&first[i]);
		detach(&second[i]);
	}
	remove_device(&device);
	remove_device(&other);
	close_space(&a);
	close_iommu();
}

/* D51397, 11.4.2, MGAW: what lies above is never translated, however many levels there are. */
static void wider_than_the_unit(void)
{
	struct iomt_iommu_caps of = iomt_iommu_vtd_legacy;

	of.stage[1].iova_bits = 47;
	begin(&of, &iomt_ring_vtd, 0, &iomt_vtd_ss);
	add_device(&device, 0x10, 0, 0);
	CHECK_INT(iomt_domain_attach(&a.domain, &device, IOMT_NO_PASID, 0, &place), IOMT_ERANGE);
	remove_device(&device);
	end();
}

/* Of a table of somebody else's: levels and widths that are none, a newer struct. */
static void nonsense(void)
{
	struct iomt_domain_cfg domain_cfg = {.size = sizeof(domain_cfg), .kind = IOMT_DOMAIN_SVA};
	struct {
		struct iomt_domain_table_cfg cfg;
		uint64_t unknown;
	} table = {.cfg = {.size = sizeof(table),
			   .format = &iomt_x86_64,
			   .policy = iomt_plan_covers(1)}};
	struct iomt_domain_table foreign;
	struct iomt_domain domain;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, WIDE_STORES, &iomt_amdv1);
	table.cfg.mem = &provider.mem;
	table.unknown = 1;
	CHECK_INT(iomt_domain_table_init(&foreign, &table.cfg), IOMT_EINVAL);
	table.unknown = 0;
	iomt_pt_hw(&a.pt, &table.cfg.hw);
	table.cfg.hw.levels = 36;
	table.cfg.hw.iova_bits = 48;
	CHECK_INT(iomt_domain_table_init(&foreign, &table.cfg), 0);
	domain_cfg.table = &foreign;
	CHECK_INT(iomt_domain_init(&domain, &domain_cfg), 0);
	add_device(&device, 0x10, 4, 0);
	CHECK_INT(iomt_domain_attach(&domain, &device, 3, 0, &place), IOMT_EOPNOTSUPP);
	remove_device(&device);
	CHECK_INT(iomt_domain_destroy(&domain), 0);
	CHECK_INT(iomt_domain_table_destroy(&foreign), 0);
	end();
}

/* Whatever the driver's code for it is: what was asked for is there, and can be taken away. */
static void done_though_refused(void)
{
	begin(&iomt_iommu_smmu, &iomt_ring_smmu, 0, &iomt_arm_s1_4k);
	add_device(&device, 1, 0, 0);
	refuse_next(IOMT_ENOMEM);
	CHECK_INT(iomt_domain_attach(&a.domain, &device, IOMT_NO_PASID, 0, &place), IOMT_EIO);
	CHECK_EQ(word(devices_root() + 64, 0) & 1, 1);
	CHECK_INT(iomt_domain_attach(&a.domain, &device, IOMT_NO_PASID, 0, &beside), IOMT_EEXIST);
	refuse_next(-110);
	CHECK_INT(iomt_domain_replace(&place, &b.domain, IOMT_ATTACH_BREAK), IOMT_EIO);
	refuse_next(-110);
	CHECK_INT(iomt_domain_detach(&place), IOMT_EIO);
	CHECK_EQ(word(devices_root() + 64, 0) & 1, 0);
	iomt_iommu_was_reset(&iommu);
	remove_device(&device);
	end();
}

/* An ASID that hardware may know, as the flush of it failed, is nobody's until all has been flushed. */
static void id_of_a_refused_flush(void)
{
	uint32_t id;

	begin(&iomt_iommu_smmu, &iomt_ring_smmu, 0, &iomt_arm_s1_4k);
	add_device(&device, 1, 0, 0);
	attach(&a.domain, &device, IOMT_NO_PASID, &place);
	id = iomt_attachment_id(&place);
	refuse_next(-110);
	CHECK_INT(iomt_domain_detach(&place), IOMT_EIO);
	for (unsigned i = 0; i < 600; i++) { /* more than there are ASIDs */
		int err = iomt_domain_attach(&b.domain, &device, IOMT_NO_PASID, 0, &place);

		CHECK(!err || err == IOMT_EBUSY);
		if (err)
			break;
		CHECK(iomt_attachment_id(&place) != id);
		detach(&place);
	}
	CHECK_INT(iomt_domain_attach(&b.domain, &device, IOMT_NO_PASID, 0, &place), IOMT_EBUSY);
	iomt_iommu_was_reset(&iommu);
	attach(&b.domain, &device, IOMT_NO_PASID, &place);
	CHECK_EQ(iomt_attachment_id(&place), id);
	detach(&place);
	remove_device(&device);
	end();
}

/*
 * A call that fails for another reason has told hardware of nothing but tables that were taken in advance. Where
 * it did not take that, no id was left that it may know: none is held back, as only IOMT_EIO says.
 */
static void refused_in_advance(void)
{
	unsigned failed = 0;
	int err = IOMT_ENOMEM;

	begin(&iomt_iommu_smmu, &iomt_ring_smmu, 0, &iomt_arm_s1_4k);
	add_device(&device, 1, 8, 0);
	for (uint64_t n = 1; err == IOMT_ENOMEM; n++) {
		uint64_t executed;

		add_device(&other, 2, 8, 0);
		executed = unit.executed;
		refuse_next(-110);
		provider.fail_at = provider.allocations + n;
		err = iomt_domain_attach(&a.domain, &other, 1, 0, &beside);
		provider.fail_at = 0;
		unit.refuse = 0;
		if (err == IOMT_ENOMEM) {
			failed += unit.executed > executed; /* and was refused */
			remove_device(&other);
		}
		for (unsigned i = 0; err == IOMT_ENOMEM && i < 300; i++) { /* ASIDs are fewer */
			attach(&a.domain, &device, IOMT_NO_PASID, &place);
			detach(&place);
		}
	}
	CHECK_INT(err, IOMT_EIO);
	CHECK(failed);
	iomt_iommu_was_reset(&iommu);
	detach(&beside);
	remove_device(&other);
	remove_device(&device);
	end();
}

/* Arrays of targets that readers have had are given back now and then, however many go at once. */
static void retired_arrays_go(void)
{
	uint64_t most = 0;

	begin(&iomt_iommu_amd, &iomt_ring_amd, WIDE_STORES, &iomt_amdv1);
	add_device(&device, 0x10, 0, IOMT_DEVICE_ATS);
	for (unsigned i = 0; i < 100; i++) {
		attach(&a.domain, &device, IOMT_NO_PASID, &place);
		detach(&place);
		if (i == 10)
			most = provider.live_bytes + 4096;
	}
	CHECK(provider.live_bytes < most);
	remove_device(&device);
	end();
}

static bool same_id(void)
{
	return !((dte(0x10, 1) ^ dte(0x20, 1)) & 0xffff);
}

/*
 * A domain id tags what host tables translate, whatever the PASID: devices of one id have one host table, or
 * none of them has, also those that trust one another.
 */
static void one_id_one_host_table(void)
{
	struct iomt_iommu_cfg cfg;
	struct space guest;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, WIDE_STORES, &iomt_amdv1);
	cfg = iommu.cfg;
	cfg.relation = IOMT_PACK_ISOLATING;
	CHECK_INT(iomt_iommu_destroy(&iommu), 0);
	CHECK_INT(iomt_iommu_init(&iommu, &cfg), 0);
	open_space(&guest, &iomt_x86_64);
	add_device(&device, 0x10, 4, IOMT_DEVICE_TRUSTED);
	add_device(&other, 0x20, 4, IOMT_DEVICE_TRUSTED);
	CHECK(same_id());
	attach(&a.domain, &device, IOMT_NO_PASID, &place);
	CHECK(!same_id());
	attach(&identity, &other, IOMT_NO_PASID, &beside);
	CHECK(!same_id());
	detach(&beside);
	attach(&guest.domain, &other, IOMT_NO_PASID, &beside);
	CHECK(!same_id());
	detach(&beside);
	attach(&guest.domain, &other, 3, &beside);
	CHECK(!same_id());
	detach(&beside);
	detach(&place);
	remove_device(&device);
	remove_device(&other);
	close_space(&guest);
	end();
}

TEST_SUITE(domain_edges, TEST(blocked_device_has_no_tlb), TEST(nested_in_two_words),
	   TEST(leaves_an_id_to_another), TEST(encrypted), TEST(not_forgotten),
	   TEST(copied_into_what_is_attached), TEST(grows_beyond_the_unit), TEST(short_ring),
	   TEST(wider_than_the_unit), TEST(nonsense), TEST(done_though_refused),
	   TEST(id_of_a_refused_flush), TEST(refused_in_advance), TEST(retired_arrays_go),
	   TEST(one_id_one_host_table));
