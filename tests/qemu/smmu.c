/* SPDX-License-Identifier: MIT */
/* Arm stage 1 tables with every granule, walked by QEMU's smmuv3. */
#include "play.h"
#include "smmu_driver.h"
#include "test.h"

#define RW	(IOMT_READ | IOMT_WRITE)
#define OA_BITS 44 /* what the model has (SMMU_IDR5.OAS) */

struct granule {
	const struct iomt_pt_format *format;
	unsigned sizes[2]; /* log2 of the leaves that a TLB can hold: page and block */
	uint8_t iova_bits; /* other than 48 */
};

static const struct granule granule_4k = {&iomt_arm_s1_4k, {12, 21}, 39};
static const struct granule granule_16k = {&iomt_arm_s1_16k, {14, 25}, 36};
static const struct granule granule_64k = {&iomt_arm_s1_64k, {16, 29}, 42};

/* Opens a table of the lower half; home is the upper half of what it reaches. */
static void open_table(struct witness *w, const struct granule *granule, uint8_t iova_bits,
		       uint8_t bbm)
{
	const struct iomt_pt_cfg cfg = {
		.format = granule->format,
		.iova_bits = iova_bits,
		.oa_bits = OA_BITS,
		.bbm = bbm,
	};

	witness_open(w, &cfg, 1ULL << (iova_bits - 1));
}

/* A leaf or run of every size, low and high in the table. */
static void check_sizes(struct witness *w, uint64_t base, uint8_t iova_bits)
{
	for (uint64_t sizes = iomt_pt_sizes(&w->pt); sizes; sizes &= sizes - 1) {
		unsigned lg2 = (unsigned)__builtin_ctzll(sizes);
		struct mapping mapping = {.length = 1ULL << lg2, .prot = RW};
		struct iomt_pt_leaf leaf;

		mapping.iova = base + (3ULL << (iova_bits - 2) & ~(mapping.length - 1));
		mapping.oa = lg2 <= 33 ? 1ULL << 33 : 0;
		if (lg2 > iova_bits - 3u)
			continue;
		witness_map(w, mapping.iova, mapping.oa, mapping.length, RW);
		CHECK_INT(iomt_pt_translate(&w->pt, mapping.iova, &leaf), 0);
		CHECK_EQ(leaf.size_lg2, lg2);
		for (unsigned probe = 0; probe < 6; probe++)
			play_probe(w, &mapping);
		witness_unmap(w, mapping.iova, mapping.length);
		witness_sync(w);
	}
}

/* Several widths: the depth of the walk and the size of its top follow. */
static void sizes_of(const struct granule *granule, const char *name)
{
	struct witness *w = witness_start(&smmu_leaves, name);
	static const uint8_t widths[] = {48, 47, 42, 40, 39, 36, 33, 32};

	if (!w)
		return;
	for (unsigned i = 0; i < sizeof(widths); i++) {
		open_table(w, granule, widths[i], smmu_bbm(w));
		check_sizes(w, 0, widths[i]);
		witness_close(w);
	}
	witness_stop(w);
}

static void sizes_4k(void)
{
	sizes_of(&granule_4k, __func__);
}

static void sizes_16k(void)
{
	sizes_of(&granule_16k, __func__);
}

static void sizes_64k(void)
{
	sizes_of(&granule_64k, __func__);
}

/* Old translations stay until a command that names them: other ASIDs and neighbours do not. */
static void stale_of(const struct granule *granule, const struct iommu *iommu, const char *name)
{
	struct witness *w = witness_start(iommu, name);
	uint64_t old = 4ULL << 30, new = 5ULL << 30, iova = 3ULL << 30;

	if (!w)
		return;
	open_table(w, granule, 48, smmu_bbm(w));
	for (unsigned i = 0; i < 2; i++) {
		uint64_t length = 1ULL << granule->sizes[i];

		witness_map(w, iova, old, length, RW);
		witness_writes(w, iova, old, 64);
		witness_unmap(w, iova, length);
		witness_map(w, iova, new, length, RW);
		witness_writes(w, iova, old, 64);
		smmu_invalidate_asid(w, SMMU_ASID + 1);
		smmu_invalidate_va(w, SMMU_ASID + 1, iova);
		smmu_invalidate_va(w, SMMU_ASID, iova - w->granule);
		smmu_invalidate_va(w, SMMU_ASID, iova + length);
		witness_writes(w, iova, old, 64);
		witness_sync(w);
		witness_writes(w, iova, new, 64);
		witness_unmap(w, iova, length);
		witness_writes(w, iova, new, 64);
		smmu_invalidate_asid(w, SMMU_ASID);
		witness_no_write(w, iova, new, 64);
		witness_sync(w);
	}
	witness_close(w);
	witness_stop(w);
}

static void stale_4k(void)
{
	stale_of(&granule_4k, &smmu_leaves, __func__);
}

static void stale_16k(void)
{
	stale_of(&granule_16k, &smmu_leaves, __func__);
}

static void stale_64k(void)
{
	stale_of(&granule_64k, &smmu_leaves, __func__);
}

static void stale_ranges(void)
{
	stale_of(&granule_4k, &smmu_ranges, __func__);
	stale_of(&granule_16k, &smmu_ranges, __func__);
	stale_of(&granule_64k, &smmu_ranges, __func__);
}

static void faults(void)
{
	struct witness *w = witness_start(&smmu_leaves, __func__);
	uint64_t oa = 0x60000000;

	if (!w)
		return;
	open_table(w, &granule_4k, 39, smmu_bbm(w));
	witness_map(w, 0x100000, oa, 0x10000, IOMT_READ);
	witness_reads(w, 0x100000, oa, 64);
	witness_no_faults(w);
	witness_no_write(w, 0x101000, oa + 0x1000, 64);
	witness_fault(w, 0x101000, true, SMMU_F_PERMISSION);
	witness_no_write(w, 0x300000, oa, 64);
	witness_fault(w, 0x300000, true, SMMU_F_TRANSLATION);
	witness_no_read(w, 0x40300000, oa, 64);
	witness_fault(w, 0x40300000, false, SMMU_F_TRANSLATION);
	witness_no_write(w, 1ULL << 39, oa, 64);
	witness_fault(w, 1ULL << 39, true, SMMU_F_TRANSLATION);
	witness_no_faults(w);
	witness_close(w);
	witness_stop(w);
}

/* A context descriptor that goes, comes back, and gets another ASID while it is in use. */
static void contexts(void)
{
	struct witness *w = witness_start(&smmu_leaves, __func__);
	uint64_t oa = 0x60000000, iova = 0x100000;
	struct fault fault;
	unsigned faults = 0;

	if (!w)
		return;
	open_table(w, &granule_4k, 39, smmu_bbm(w));
	witness_map(w, iova, oa, 0x10000, RW);
	witness_writes(w, iova, oa, 64);
	witness_no_faults(w);
	smmu_clear_context(w);
	CHECK(!witness_try_write(w, iova, oa, 64));
	for (; w->iommu->fault(w, &fault); faults++)
		CHECK_EQ(fault.reason, SMMU_C_BAD_CD);
	CHECK(faults);
	smmu_set_context(w, SMMU_ASID + 1);
	witness_writes(w, iova + 0x1000, oa + 0x1000, 64);
	smmu_set_context(w, SMMU_ASID);
	witness_writes(w, iova + 0x2000, oa + 0x2000, 64);
	witness_no_faults(w);
	witness_close(w);
	witness_stop(w);
}

/* The entry of a stream that goes, aborts, translates nothing, and comes back while it is in use. */
static void stream_entry(void)
{
	struct witness *w = witness_start(&smmu_ranges, __func__);
	const struct iomt_device_use blocked = {.flags = 0};
	const struct iomt_device_use identity = {.flags = IOMT_DEVICE_USE_IDENTITY};
	uint64_t oa = 0x60000000, iova = 0x100000;
	struct fault fault;
	unsigned faults = 0;

	if (!w)
		return;
	open_table(w, &granule_4k, 39, smmu_bbm(w));
	witness_map(w, iova, oa, 0x10000, RW);
	witness_writes(w, iova, oa, 64);
	smmu_use_stream(w, &identity);
	witness_writes(w, oa + 0x1000, oa + 0x1000, 64);
	smmu_use_stream(w, &blocked); /* without an event */
	CHECK(!witness_try_write(w, oa + 0x1000, oa + 0x1000, 64));
	witness_no_faults(w);
	smmu_clear_stream(w);
	CHECK(!witness_try_write(w, iova, oa, 64));
	for (; w->iommu->fault(w, &fault); faults++)
		CHECK_EQ(fault.reason, SMMU_C_BAD_STE);
	CHECK(faults);
	smmu_set_stream(w);
	witness_writes(w, iova + 0x2000, oa + 0x2000, 64);
	witness_no_faults(w);
	witness_close(w);
	witness_stop(w);
}

/* The entries of a contiguous run are kept one by one: to forget one is not to forget the run. */
static void runs_are_hints(void)
{
	struct witness *w = witness_start(&smmu_leaves, __func__);
	uint64_t oa = 0x60000000, iova = 0x100000;

	if (!w)
		return;
	open_table(w, &granule_4k, 48, smmu_bbm(w));
	witness_map(w, iova, oa, 0x10000, RW);
	witness_writes(w, iova, oa, 64);
	witness_writes(w, iova + 0xf000, oa + 0xf000, 64);
	witness_unmap(w, iova, 0x10000);
	CHECK_EQ(w->gather.leaf_sizes, 0x11000);
	smmu_invalidate_va(w, SMMU_ASID, iova);
	witness_no_write(w, iova, oa, 64);
	witness_writes(w, iova + 0xf000, oa + 0xf000, 64);
	witness_sync(w);
	witness_no_write(w, iova + 0xf000, oa + 0xf000, 64);
	witness_close(w);
	witness_stop(w);
}

/* Addresses of the upper half, translated by TTBR1. */
static void known_upper_half(void)
{
	struct witness *w = witness_start(&smmu_leaves, __func__);
	uint64_t base = 0 - (1ULL << 39), oa = 0x60000000;
	struct iomt_pt_cfg cfg = {
		.format = &iomt_arm_s1_4k,
		.flags = IOMT_PT_TTBR1,
		.iova_bits = 39,
		.oa_bits = OA_BITS,
	};
	bool right;

	if (!w)
		return;
	cfg.bbm = smmu_bbm(w);
	witness_open(w, &cfg, base + (1ULL << 38));
	witness_map(w, base, oa, 0x10000, RW);
	right = witness_try_write(w, base, oa, 64);
	witness_known(w, right, !right,
		      "smmuv3 ends at 48 bits and never uses TTBR1; QEMU 8.0 does (commits "
		      "ca3fbed896ec, e431b8f608d2)");
	witness_unmap(w, base, 0x10000);
	witness_sync(w);
	if (right)
		check_sizes(w, base, 39);
	witness_close(w);
	witness_stop(w);
}

/* With bbm below what the hardware has, splits break first: the hook invalidates in the middle. */
static void random_of(const struct granule *granule, const struct iommu *iommu, const char *name)
{
	struct witness *w = witness_start(iommu, name);
	unsigned largest = granule->sizes[1] < 30 ? 30 : granule->sizes[1];

	if (!w)
		return;
	for (uint8_t bbm = 0; bbm <= smmu_bbm(w); bbm++) {
		open_table(w, granule, bbm == 1 ? granule->iova_bits : 48, bbm);
		play(w, 0, 1ULL << 34, largest, 70);
		witness_close(w);
	}
	witness_stop(w);
}

static void random_4k(void)
{
	random_of(&granule_4k, &smmu_leaves, __func__);
}

static void random_16k(void)
{
	random_of(&granule_16k, &smmu_ranges, __func__);
}

static void random_64k(void)
{
	random_of(&granule_64k, &smmu_ranges, __func__);
}

TEST_SUITE(qemu_smmu, TEST(sizes_4k), TEST(sizes_16k), TEST(sizes_64k), TEST(stale_4k),
	   TEST(stale_16k), TEST(stale_64k), TEST(stale_ranges), TEST(faults), TEST(contexts),
	   TEST(stream_entry), TEST(runs_are_hints), TEST(known_upper_half), TEST(random_4k),
	   TEST(random_16k), TEST(random_64k));
