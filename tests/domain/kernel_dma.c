/* SPDX-License-Identifier: MIT */
/* The kernel's PASID in its modes: what the device reaches by it, and who may have which. */
#include "setup.h"
#include "wide.h"

#define PASID 7u

static struct iomt_pasid_space pasids;
static struct iomt_device device;

static void begin(const struct iomt_iommu_caps *of, const struct iomt_ring_kind *ring,
		  uint32_t flags)
{
	struct iomt_pasid_cfg cfg = {.size = sizeof(cfg), .bits = 20};

	open_iommu(of, ring);
	cfg.mem = &provider.mem;
	CHECK_INT(iomt_pasid_init(&pasids, &cfg), 0);
	CHECK_INT(iomt_pasid_reserve(&pasids, PASID, PASID), 0);
	add_device(&device, 5, 8, flags);
}

static void end(void)
{
	remove_device(&device);
	iomt_pasid_destroy(&pasids);
	close_iommu();
}

static struct iomt_kernel_dma_cfg wanted(enum iomt_kernel_mode mode, struct iomt_domain *domain)
{
	return (struct iomt_kernel_dma_cfg){.size = sizeof(struct iomt_kernel_dma_cfg),
					    .device = &device,
					    .mode = mode,
					    .domain = domain,
					    .pasid = PASID,
					    .pasids = &pasids};
}

/* The device's own domain, by two names; a map reaches both, an unmap tells both. */
static void iova(void)
{
	struct iomt_kernel_dma_cfg cfg = wanted(IOMT_KERNEL_IOVA, NULL);
	struct {
		struct iomt_kernel_dma_cfg cfg;
		uint64_t more;
	} newer = {.more = 1};
	struct iomt_attachment place;
	struct iomt_kernel_dma dma;
	static struct space own;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, 0);
	open_space(&own, &iomt_x86_64);
	CHECK_INT(iomt_kernel_dma_enable(&dma, &cfg), IOMT_ENOENT);
	attach(&own.domain, &device, IOMT_NO_PASID, &place);
	newer.cfg = cfg;
	newer.cfg.size = sizeof(newer); /* and wants what is not known here */
	CHECK_INT(iomt_kernel_dma_enable(&dma, &newer.cfg), IOMT_EINVAL);
	cfg.pasid = 8;
	CHECK_INT(iomt_kernel_dma_enable(&dma, &cfg), IOMT_EPERM);
	cfg.pasid = PASID;
	CHECK_INT(iomt_kernel_dma_enable(&dma, &cfg), 0);
	CHECK_EQ(word(gcr3_root(5), PASID), root(&own) | 1);
	CHECK_EQ(commands_of_unmap(&own), 3);
	CHECK_INT(iomt_kernel_dma_map(&dma, 0, 0x1000, IOMT_READ, NULL), IOMT_EOPNOTSUPP);
	CHECK_INT(iomt_kernel_dma_unmap(&dma, 0, 0x1000, NULL), IOMT_EOPNOTSUPP);
	CHECK_INT(iomt_kernel_dma_disable(&dma), 0);
	CHECK_EQ(commands_of_unmap(&own), 2);
	detach(&place);
	close_space(&own);
	end();
}

/* A host table cannot be aliased by a PASID; the way there is a copy in the other format. */
static void iova_of_a_host_table(void)
{
	struct iomt_kernel_dma_cfg cfg = wanted(IOMT_KERNEL_IOVA, NULL);
	struct iomt_attachment place;
	static struct space host, guest;
	struct iomt_kernel_dma dma;
	struct iomt_gather gather;
	struct iomt_pt_leaf leaf;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, 0);
	open_space(&host, &iomt_amdv1);
	open_space(&guest, &iomt_x86_64);
	attach(&host.domain, &device, IOMT_NO_PASID, &place);
	iomt_gather_init(&gather);
	CHECK_INT(iomt_domain_map(&host.domain, 0x10000, 0x50000, 0x8000, IOMT_READ, &gather), 0);
	CHECK_INT(iomt_domain_map(&host.domain, 0xfffffffff000, 0x3000, 0x1000,
				  IOMT_READ | IOMT_WRITE, &gather),
		  0);
	CHECK_INT(iomt_kernel_dma_enable(&dma, &cfg), IOMT_EOPNOTSUPP);

	CHECK_INT(iomt_domain_copy(&guest.domain, &host.domain), 0);
	CHECK_INT(iomt_pt_translate(&guest.pt, 0x12345, &leaf), 0);
	CHECK_EQ(leaf.oa, 0x52345);
	CHECK_EQ(leaf.prot, IOMT_READ);
	CHECK_INT(iomt_pt_translate(&guest.pt, 0xfffffffff000, &leaf), 0);
	CHECK_EQ(leaf.oa, 0x3000);
	CHECK_INT(iomt_domain_copy(&guest.domain, &host.domain), IOMT_EEXIST);
	CHECK_INT(iomt_pt_translate(&guest.pt, 0x12345, &leaf), 0);
	CHECK_INT(iomt_domain_replace(&place, &guest.domain, WIDE_OR_BREAK), 0);
	CHECK_EQ(word(gcr3_root(5), 0), root(&guest) | 1);
	CHECK_INT(iomt_kernel_dma_enable(&dma, &cfg), 0);
	CHECK_INT(iomt_domain_copy(&guest.domain, &host.domain), IOMT_EPERM);
	CHECK_INT(iomt_kernel_dma_disable(&dma), 0);
	detach(&place);
	close_space(&guest);
	close_space(&host);
	end();
}

/* What cannot be copied leaves nothing behind. */
static void copies_fail(void)
{
	static struct space host, guest;
	struct iomt_gather gather;
	struct iomt_pt_leaf leaf;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, 0);
	open_space_with(&host, &iomt_amdv1, 0, 52);
	open_space(&guest, &iomt_x86_64);
	iomt_gather_init(&gather);
	CHECK_INT(iomt_domain_map(&host.domain, 0x1000, 0x5000, 0x1000, IOMT_READ, &gather), 0);
	CHECK_INT(iomt_domain_map(&host.domain, 1ULL << 50, 0x5000, 0x1000, IOMT_READ, &gather), 0);
	CHECK_INT(iomt_domain_copy(&guest.domain, &host.domain), IOMT_ERANGE);
	CHECK_INT(iomt_pt_translate(&guest.pt, 0x1000, &leaf), IOMT_ENOENT);
	close_space(&guest);
	close_space(&host);
	end();
}

/* Physical addresses: by the unit itself, or by a table; for trusted devices. */
static void bypass(void)
{
	struct iomt_kernel_dma_cfg cfg;
	struct iomt_domain identity;
	struct iomt_kernel_dma dma;
	static struct space one_to_one;
	uint64_t entries;

	open_plain(&identity, IOMT_DOMAIN_IDENTITY);
	cfg = wanted(IOMT_KERNEL_BYPASS, &identity);
	begin(&iomt_iommu_vtd_scalable, &iomt_ring_vtd, 0);
	CHECK_INT(iomt_kernel_dma_enable(&dma, &cfg), IOMT_EACCES);
	end();
	begin(&iomt_iommu_vtd_scalable, &iomt_ring_vtd, IOMT_DEVICE_TRUSTED);
	CHECK_INT(iomt_kernel_dma_enable(&dma, &cfg), 0);
	entries = word(word(word(devices_root(), 0) & ~0xfffULL, 4 * 5) & ~0xfffULL, 0) & ~0xfffULL;
	CHECK_EQ(word(entries, 8 * PASID) & 0x1c1, 0x101);
	CHECK_INT(iomt_kernel_dma_disable(&dma), 0);
	end();

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, IOMT_DEVICE_TRUSTED);
	CHECK_INT(iomt_kernel_dma_enable(&dma, &cfg), IOMT_EOPNOTSUPP);
	open_space(&one_to_one, &iomt_x86_64);
	cfg.domain = &one_to_one.domain;
	CHECK_INT(iomt_kernel_dma_enable(&dma, &cfg), 0);
	CHECK_EQ(word(gcr3_root(5), PASID), root(&one_to_one) | 1);
	CHECK_INT(iomt_kernel_dma_disable(&dma), 0);
	close_space(&one_to_one);
	end();
	CHECK_INT(iomt_domain_destroy(&identity), 0);
}

/* The CPU's table: its changes reach the IOTLB by the notifier (row T5). Untrusted devices do not get it. */
static void kva_fast(void)
{
	struct iomt_domain_table_cfg table_cfg = {
		.size = sizeof(table_cfg),
		.format = &iomt_x86_64,
		.hw = {.root = 0xabc000, .levels = 4, .iova_bits = 48, .oa_bits = 48},
		.mem = &provider.mem,
		.policy = iomt_plan_covers(1)};
	struct iomt_domain_cfg domain_cfg = {
		.size = sizeof(domain_cfg), .kind = IOMT_DOMAIN_SVA, .flags = IOMT_DOMAIN_TRUSTED};
	struct iomt_domain_table table;
	struct iomt_kernel_dma_cfg cfg;
	struct iomt_kernel_dma dma;
	struct iomt_domain kernel;

	for (unsigned trusted = 0; trusted < 2; trusted++) {
		begin(&iomt_iommu_amd_gio, &iomt_ring_amd, trusted ? IOMT_DEVICE_TRUSTED : 0);
		CHECK_INT(iomt_domain_table_init(&table, &table_cfg), 0);
		domain_cfg.table = &table;
		CHECK_INT(iomt_domain_init(&kernel, &domain_cfg), 0);
		cfg = wanted(IOMT_KERNEL_KVA_FAST, &kernel);
		CHECK_INT(iomt_kernel_dma_enable(&dma, &cfg), trusted ? 0 : IOMT_EACCES);
		unit.executed = 0;
		CHECK_INT(iomt_domain_changed(&table, 0xffff800000005000, 0xffff800000005fff, 12,
					      true),
			  0);
		CHECK_EQ(unit.executed, trusted ? 2 : 0);
		if (trusted) {
			CHECK_EQ(unit.log[0].word[0] & 0xfffff, PASID);
			CHECK_EQ(unit.log[0].word[1], 0xffff800000005006); /* PDE 1, GN 2 */
			CHECK_INT(iomt_kernel_dma_disable(&dma), 0);
		}
		CHECK_INT(iomt_domain_destroy(&kernel), 0);
		CHECK_INT(iomt_domain_table_destroy(&table), 0);
		end();
	}
}

/* Kernel addresses in pieces of 12 KiB, with a hole. */
static uint64_t hole;

static int to_phys(void *ctx, uint64_t va, uint64_t *last, uint64_t *phys)
{
	uint64_t piece = va - va % 0x3000;

	(void)ctx;
	if (va == hole)
		return IOMT_ENOENT;
	if (*last > piece + 0x2fff)
		*last = piece + 0x2fff;
	if (hole > va && *last >= hole)
		*last = hole - 1;
	*phys = 0x40000000 + (va & 0xfffffff) * 2;
	return 0;
}

static void kva_strict(void)
{
	const uint64_t va = 0x7f0000003000;
	struct iomt_kernel_dma_cfg cfg;
	static struct space strict;
	struct iomt_kernel_dma dma;
	struct iomt_gather gather;
	struct iomt_pt_leaf leaf;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, 0);
	open_space(&strict, &iomt_x86_64);
	cfg = wanted(IOMT_KERNEL_KVA_STRICT, &strict.domain);
	CHECK_INT(iomt_kernel_dma_enable(&dma, &cfg), IOMT_EINVAL);
	cfg.to_phys = to_phys;
	CHECK_INT(iomt_kernel_dma_enable(&dma, &cfg), 0);
	iomt_gather_init(&gather);
	hole = 0;
	CHECK_INT(iomt_kernel_dma_map(&dma, va, 0x7000, IOMT_READ, &gather), 0);
	for (unsigned i = 0; i < 7; i++) {
		uint64_t last = UINT64_MAX, phys;

		CHECK_INT(to_phys(NULL, va + i * 0x1000, &last, &phys), 0);
		CHECK_INT(iomt_pt_translate(&strict.pt, va + i * 0x1000, &leaf), 0);
		CHECK_EQ(leaf.prot, IOMT_READ);
	}
	CHECK_INT(iomt_pt_translate(&strict.pt, va + 0x7000, &leaf), IOMT_ENOENT);
	unit.executed = 0;
	CHECK_INT(iomt_kernel_dma_unmap(&dma, va, 0x7000, &gather), 0);
	CHECK(unit.executed >= 2);
	CHECK_INT(iomt_pt_translate(&strict.pt, va, &leaf), IOMT_ENOENT);

	hole = va + 0x5000;
	CHECK_INT(iomt_kernel_dma_map(&dma, va, 0x7000, IOMT_READ, &gather), IOMT_ENOENT);
	CHECK_INT(iomt_pt_translate(&strict.pt, va, &leaf), IOMT_ENOENT);
	CHECK_INT(iomt_kernel_dma_map(&dma, va, 0, IOMT_READ, &gather), IOMT_EINVAL);
	CHECK_INT(iomt_kernel_dma_map(&dma, va, -va + 1, IOMT_READ, &gather), IOMT_ERANGE);
	CHECK_INT(iomt_kernel_dma_disable(&dma), 0);
	close_space(&strict);
	end();
}

/* Hardware takes no commands: what was mapped is not, where absent entries are cached, too. */
static void dead_hardware(void)
{
	struct iomt_iommu_caps emulated = iomt_iommu_vtd_scalable;
	const uint64_t va = 0x7f0000003000;
	struct iomt_kernel_dma_cfg cfg;
	static struct space strict;
	struct iomt_kernel_dma dma;
	struct iomt_gather gather;
	struct iomt_pt_leaf leaf;

	emulated.stage[1].flags |= IOMT_STAGE_CACHES_ABSENT;
	begin(&emulated, &iomt_ring_vtd, 0);
	open_space(&strict, &iomt_vtd_ss);
	cfg = wanted(IOMT_KERNEL_KVA_STRICT, &strict.domain);
	cfg.to_phys = to_phys;
	hole = 0;
	unit.patience = 1;
	unit.pace = 0;
	CHECK_INT(iomt_kernel_dma_enable(&dma, &cfg), IOMT_EIO);
	CHECK_EQ(strict.domain.places, 0);
	unit.patience = 1000;
	unit.pace = 1;
	iomt_iommu_was_reset(&iommu);
	CHECK_INT(iomt_kernel_dma_enable(&dma, &cfg), 0);

	iomt_gather_init(&gather);
	unit.patience = 1;
	unit.pace = 0;
	CHECK_INT(iomt_kernel_dma_map(&dma, va, 0x7000, IOMT_READ, &gather), unit.give_up);
	CHECK_INT(iomt_pt_translate(&strict.pt, va, &leaf), IOMT_ENOENT);
	CHECK(!iomt_gather_is_empty(&gather));
	CHECK_INT(iomt_kernel_dma_map(&dma, va, 0x7000, IOMT_READ, &gather), IOMT_EINVAL);
	unit.patience = 1000;
	unit.pace = 1;
	iomt_gather_release(&gather);
	iomt_gather_init(&gather);
	CHECK_INT(iomt_kernel_dma_map(&dma, va, 0x7000, IOMT_READ, &gather), 0);
	CHECK_INT(iomt_kernel_dma_unmap(&dma, va, 0x7000, &gather), 0);
	CHECK_INT(iomt_kernel_dma_disable(&dma), 0);
	close_space(&strict);
	end();
}

static int too_far(void *ctx, uint64_t va, uint64_t *last, uint64_t *phys)
{
	const int64_t *beyond = ctx;

	*last = *beyond < 0 ? va - 1 : *last + (uint64_t)*beyond;
	*phys = 0x40000000;
	return 0;
}

/* The kernel says more than it was asked for, or less than nothing. */
static void wrong_answers(void)
{
	int64_t beyond[] = {0x1000, -1};
	struct iomt_kernel_dma_cfg cfg;
	static struct space strict;
	struct iomt_kernel_dma dma;
	struct iomt_gather gather;
	struct iomt_pt_leaf leaf;

	begin(&iomt_iommu_amd_gio, &iomt_ring_amd, 0);
	open_space(&strict, &iomt_x86_64);
	iomt_gather_init(&gather);
	for (unsigned i = 0; i < 2; i++) {
		cfg = wanted(IOMT_KERNEL_KVA_STRICT, &strict.domain);
		cfg.to_phys = too_far;
		cfg.ctx = &beyond[i];
		CHECK_INT(iomt_kernel_dma_enable(&dma, &cfg), 0);
		CHECK_INT(iomt_kernel_dma_map(&dma, 0x5000, 0x1000, IOMT_READ, &gather),
			  IOMT_EINVAL);
		CHECK_INT(iomt_pt_translate(&strict.pt, 0x6000, &leaf), IOMT_ENOENT);
		CHECK_INT(iomt_kernel_dma_disable(&dma), 0);
	}
	close_space(&strict);
	end();
}

TEST_SUITE(domain_kernel_dma, TEST(iova), TEST(iova_of_a_host_table), TEST(copies_fail),
	   TEST(bypass), TEST(kva_fast), TEST(kva_strict), TEST(dead_hardware),
	   TEST(wrong_answers));
