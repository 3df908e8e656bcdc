/* SPDX-License-Identifier: MIT */
/* VT-d second stage tables, walked by QEMU's intel-iommu in legacy mode and in scalable mode. */
#include "intel_driver.h"
#include "play.h"
#include "test.h"

#define RW (IOMT_READ | IOMT_WRITE)

/* Opens a table at once; NULL when QEMU is missing. */
static struct witness *start(const struct iommu *iommu, const char *name, uint8_t iova_bits)
{
	struct witness *w = witness_start(iommu, name);
	const struct iomt_pt_cfg cfg = {
		.format = &iomt_vtd_ss, .iova_bits = iova_bits, .oa_bits = 39};

	if (w)
		witness_open(w, &cfg, 1ULL << 38);
	return w;
}

static void stop(struct witness *w)
{
	witness_close(w);
	witness_stop(w);
}

/* Leaves of every size, at the start and at the end of the table's reach. */
static void sizes_of(const struct iommu *iommu, const char *name, uint8_t iova_bits)
{
	struct witness *w = start(iommu, name, iova_bits);
	static const unsigned lg2s[] = {12, 21, 30};

	if (!w)
		return;
	for (unsigned i = 0; i < 6; i++) {
		unsigned lg2 = lg2s[i / 2];
		uint64_t length = 1ULL << lg2;
		struct mapping mapping = {0, 9ULL << 30, length, RW};
		struct iomt_pt_leaf leaf;

		if (i % 2)
			mapping.iova = (1ULL << iova_bits) - length;
		witness_map(w, mapping.iova, mapping.oa, length, RW);
		CHECK_INT(iomt_pt_translate(&w->pt, mapping.iova, &leaf), 0);
		CHECK_EQ(leaf.size_lg2, lg2);
		for (unsigned probe = 0; probe < 8; probe++)
			play_probe(w, &mapping);
		witness_unmap(w, mapping.iova, length);
		witness_sync(w);
	}
	stop(w);
}

static void sizes_3_levels(void)
{
	sizes_of(&intel_39_queue, __func__, 39);
}

static void sizes_4_levels(void)
{
	sizes_of(&intel_48_queue, __func__, 48);
}

/* Three levels under an IOMMU that has four. */
static void sizes_3_of_4_levels(void)
{
	sizes_of(&intel_48_registers, __func__, 39);
}

/* By the library's PASID directory. */
static void sizes_scalable(void)
{
	sizes_of(&intel_48_scalable, __func__, 48);
}

/* A PASID's entry that goes, comes back, and gets another domain. */
static void pasid_entry(void)
{
	struct witness *w = start(&intel_48_scalable, __func__, 48);
	uint64_t oa = 0x30000000, iova = 0x10000000;
	struct fault fault;
	unsigned faults = 0;

	if (!w)
		return;
	witness_map(w, iova, oa, 0x10000, RW);
	witness_writes(w, iova, oa, 64);
	witness_no_faults(w);
	intel_clear_pasid(w);
	CHECK(!witness_try_write(w, iova, oa, 64));
	while (w->iommu->fault(w, &fault))
		faults++;
	CHECK(faults);
	intel_set_pasid(w, INTEL_DOMAIN + 1);
	witness_writes(w, iova + 0x1000, oa + 0x1000, 64);
	intel_set_pasid(w, INTEL_DOMAIN);
	witness_writes(w, iova + 0x2000, oa + 0x2000, 64);
	witness_no_faults(w);
	stop(w);
}

/* A context entry that goes and comes back while it is in use, and one that passes through between. */
static void context_entry_of(const struct iommu *iommu, const char *name, bool passes)
{
	const struct iomt_device_use identity = {
		.flags = IOMT_DEVICE_USE_IDENTITY, .domain = INTEL_DOMAIN + 1, .aw = 2};
	struct witness *w = start(iommu, name, 48);
	uint64_t oa = 0x30000000, iova = 0x10000000;
	struct fault fault;
	unsigned faults = 0;

	if (!w)
		return;
	witness_map(w, iova, oa, 0x10000, RW);
	witness_writes(w, iova, oa, 64);
	witness_no_faults(w);
	intel_clear_context(w);
	CHECK(!witness_try_write(w, iova, oa, 64));
	while (w->iommu->fault(w, &fault))
		faults++;
	CHECK(faults);
	if (passes) {
		intel_use_context(w, &identity);
		witness_writes(w, oa + 0x1000, oa + 0x1000, 64);
	}
	intel_set_context(w);
	witness_writes(w, iova + 0x2000, oa + 0x2000, 64);
	witness_no_faults(w);
	stop(w);
}

static void context_entry(void)
{
	context_entry_of(&intel_48_queue, __func__, true);
}

static void scalable_context_entry(void)
{
	context_entry_of(&intel_48_scalable, __func__, false);
}

/*
 * Old translations stay until an invalidation that names them: other domains and the pages next
 * to a leaf do not.
 */
static void stale_by(const struct iommu *iommu, const char *name)
{
	struct witness *w = start(iommu, name, 39);
	static const unsigned lg2s[] = {12, 21, 30};
	uint64_t old = 4ULL << 30, new = 5ULL << 30, iova = 3ULL << 30;

	if (!w)
		return;
	for (unsigned i = 0; i < 3; i++) {
		uint64_t length = 1ULL << lg2s[i];

		witness_map(w, iova, old, length, RW);
		witness_writes(w, iova, old, 64);
		witness_unmap(w, iova, length);
		witness_map(w, iova, new, length, RW);
		witness_writes(w, iova, old, 64);
		intel_invalidate_iotlb(w, INTEL_OF_DOMAIN, INTEL_DOMAIN + 1, 0, 0, false);
		intel_invalidate_iotlb(w, INTEL_PAGES, INTEL_DOMAIN + 1, iova, 0, false);
		intel_invalidate_iotlb(w, INTEL_PAGES, INTEL_DOMAIN, iova - 0x1000, 0, false);
		intel_invalidate_iotlb(w, INTEL_PAGES, INTEL_DOMAIN, iova + length + 0x1000, 0,
				       false);
		witness_writes(w, iova, old, 64);
		witness_sync(w);
		witness_writes(w, iova, new, 64);
		witness_unmap(w, iova, length);
		witness_writes(w, iova, new, 64);
		intel_invalidate_iotlb(w, i ? INTEL_OF_DOMAIN : INTEL_GLOBAL, INTEL_DOMAIN, 0, 0,
				       false);
		witness_no_write(w, iova, new, 64);
		witness_sync(w);
	}
	stop(w);
}

static void stale_queue(void)
{
	stale_by(&intel_48_queue, __func__);
}

static void stale_scalable(void)
{
	stale_by(&intel_48_scalable, __func__);
}

static void stale_registers(void)
{
	stale_by(&intel_48_registers, __func__);
}

/* A page-selective invalidation drops pages too whose numbers agree in their low eight bits. */
static void known_mask(void)
{
	struct witness *w = start(&intel_48_queue, __func__, 39);
	bool right;

	if (!w)
		return;
	witness_map(w, 0x10000000, 0x30000000, 0x1000, RW);
	witness_writes(w, 0x10000000, 0x30000000, 64);
	witness_unmap(w, 0x10000000, 0x1000);
	intel_invalidate_iotlb(w, INTEL_PAGES, INTEL_DOMAIN, 0x10100000, 0, false);
	right = witness_try_write(w, 0x10000000, 0x30000000, 64);
	witness_known(w, right, !right,
		      "intel-iommu compares eight bits of page numbers; QEMU 9.1 all of them "
		      "(commit d7258f7a2507)");
	stop(w);
}

static void faults(void)
{
	struct witness *w = start(&intel_48_queue, __func__, 39);
	uint64_t oa = 0x30000000;

	if (!w)
		return;
	witness_map(w, 0x100000, oa, 0x10000, IOMT_READ);
	witness_map(w, 0x200000, oa, 0x10000, IOMT_WRITE);
	witness_reads(w, 0x100000, oa, 64);
	witness_writes(w, 0x200000, oa, 64);
	witness_no_faults(w);
	witness_no_write(w, 0x101000, oa + 0x1000, 64);
	witness_fault(w, 0x101000, true, INTEL_NO_WRITE);
	witness_no_read(w, 0x202000, oa + 0x2000, 64);
	witness_fault(w, 0x202000, false, INTEL_NO_READ);
	witness_no_write(w, 0x300000, oa, 64);
	witness_fault(w, 0x300000, true, INTEL_NO_WRITE);
	witness_no_read(w, 0x40300000, oa, 64);
	witness_fault(w, 0x40300000, false, INTEL_NO_READ);
	witness_no_write(w, 1ULL << 39, oa, 64);
	witness_fault(w, 1ULL << 39, true, INTEL_WIDTH);
	witness_no_faults(w);
	stop(w);
}

/* Protection changes in place, and shows after the invalidation. */
static void protect(void)
{
	struct witness *w = start(&intel_48_queue, __func__, 48);
	uint64_t oa = 6ULL << 30, iova = 7ULL << 30;

	if (!w)
		return;
	witness_map(w, iova, oa, 1ULL << 30, RW);
	witness_writes(w, iova + 0x12345, oa + 0x12345, 64);
	CHECK_INT(iomt_pt_protect(&w->pt, iova, 0x200000, IOMT_READ, &w->gather), 0);
	witness_writes(w, iova + 0x12345, oa + 0x12345, 64);
	witness_sync(w);
	witness_no_write(w, iova + 0x12345, oa + 0x12345, 64);
	witness_reads(w, iova + 0x12345, oa + 0x12345, 64);
	witness_writes(w, iova + 0x212345, oa + 0x212345, 64);
	stop(w);
}

static void random_by(const struct iommu *iommu, const char *name, uint8_t iova_bits)
{
	struct witness *w = start(iommu, name, iova_bits);

	if (!w)
		return;
	play(w, (1ULL << iova_bits) - (1ULL << 37), 1ULL << 36, 30, 120);
	stop(w);
}

static void random_3_levels(void)
{
	random_by(&intel_39_queue, __func__, 39);
}

static void random_4_levels(void)
{
	random_by(&intel_48_queue, __func__, 48);
}

static void random_scalable(void)
{
	random_by(&intel_48_scalable, __func__, 48);
}

static void random_registers(void)
{
	random_by(&intel_48_registers, __func__, 48);
}

TEST_SUITE(qemu_intel, TEST(sizes_3_levels), TEST(sizes_4_levels), TEST(sizes_3_of_4_levels),
	   TEST(stale_queue), TEST(stale_registers), TEST(known_mask), TEST(faults), TEST(protect),
	   TEST(random_3_levels), TEST(random_4_levels), TEST(random_registers),
	   TEST(sizes_scalable), TEST(pasid_entry), TEST(context_entry),
	   TEST(scalable_context_entry), TEST(stale_scalable), TEST(random_scalable));
