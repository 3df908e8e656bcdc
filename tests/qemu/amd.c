/* SPDX-License-Identifier: MIT */
/* AMD V1 tables, walked by QEMU's amd-iommu. */
#include "amd_driver.h"
#include "play.h"
#include "test.h"

#define ALL_SIZES ((1ULL << 53) - (1ULL << 12)) /* 512G too, which some silicon gets wrong */
#define RW	  (IOMT_READ | IOMT_WRITE)

static struct iomt_pt_cfg config(uint8_t iova_bits, uint8_t levels)
{
	return (struct iomt_pt_cfg){
		.format = &iomt_amdv1,
		.iova_bits = iova_bits,
		.levels = levels,
		.page_sizes = ALL_SIZES,
	};
}

/* One leaf of every size, with output addresses other than zero as far as memory reaches. */
static void sizes(void)
{
	struct witness *w = witness_start(&amd_iommu, __func__);
	const struct iomt_pt_cfg cfg = config(64, 0);

	if (!w)
		return;
	witness_open(w, &cfg, 0);
	for (unsigned lg2 = 12; lg2 <= 52; lg2++) {
		struct mapping mapping = {6ULL << lg2, lg2 <= 33 ? 1ULL << 33 : 0, 1ULL << lg2, RW};
		struct iomt_pt_leaf leaf;

		witness_map(w, mapping.iova, mapping.oa, mapping.length, mapping.prot);
		CHECK_INT(iomt_pt_translate(&w->pt, mapping.iova, &leaf), 0);
		CHECK_EQ(leaf.size_lg2, lg2);
		for (unsigned i = 0; i < 6; i++)
			play_probe(w, &mapping);
		witness_unmap(w, mapping.iova, mapping.length);
		witness_sync(w);
	}
	witness_close(w);
	witness_stop(w);
}

/* Every mode of a device table entry, at the first and the last page that it reaches. */
static void modes(void)
{
	struct witness *w = witness_start(&amd_iommu, __func__);

	if (!w)
		return;
	for (uint8_t levels = 1; levels <= 6; levels++) {
		uint8_t bits = levels == 6 ? 64 : (uint8_t)(12 + 9 * levels);
		const struct iomt_pt_cfg cfg = config(bits, levels);
		uint64_t last = UINT64_MAX >> (64 - bits) & ~0xfffULL;

		witness_open(w, &cfg, 0x8000);
		witness_map(w, 0, 0x30000000, 0x1000, RW);
		witness_map(w, last, 0x30001000, 0x1000, RW);
		witness_writes(w, 0, 0x30000000, 64);
		witness_writes(w, last, 0x30001000, 64);
		witness_reads(w, last + 0x100, 0x30001100, 64);
		witness_close(w);
	}
	witness_stop(w);
}

static void new_top(void *ctx, struct iomt_pt *pt)
{
	(void)pt;
	amd_attach(ctx);
}

/* The top grows while the device uses the table: what was mapped stays where it is. */
static void growth(void)
{
	struct witness *w = witness_start(&amd_iommu, __func__);
	struct iomt_pt_cfg cfg = config(64, 1);
	struct iomt_pt_hw hw;

	if (!w)
		return;
	cfg.top_changed = new_top;
	cfg.ctx = w;
	witness_open(w, &cfg, 0x8000);
	for (unsigned i = 0; i < 6; i++) {
		struct mapping mapping = {1ULL << (12 + 9 * i), 0x30000000 + i * 0x1000, 0x1000,
					  RW};

		witness_map(w, mapping.iova, mapping.oa, mapping.length, mapping.prot);
		iomt_pt_hw(&w->pt, &hw);
		CHECK_EQ(hw.u.amdv1.mode, i + 1);
		play_probe(w, &mapping);
		witness_writes(w, 0x1000, 0x30000000, 64);
	}
	witness_close(w);
	witness_stop(w);
}

/* A translation once used stays in use until the command that the gather makes. */
static void stale(void)
{
	struct witness *w = witness_start(&amd_iommu, __func__);
	const struct iomt_pt_cfg cfg = config(48, 0);

	if (!w)
		return;
	witness_open(w, &cfg, 0);
	for (unsigned lg2 = 12; lg2 <= 32; lg2++) {
		uint64_t iova = 1ULL << 40, length = 1ULL << lg2, in = 0x40000;
		uint64_t old = 1ULL << 32, new = 1ULL << 33;

		in &= length - 1;
		witness_map(w, iova, old, length, RW);
		witness_writes(w, iova + in, old + in, 64);
		witness_unmap(w, iova, length);
		witness_map(w, iova, new, length, RW);
		witness_writes(w, iova + in, old + in, 64);
		amd_invalidate_pages(w, AMD_DOMAIN + 1, iova, iova + (length - 1), true);
		witness_writes(w, iova + in, old + in, 64);
		witness_sync(w);
		witness_writes(w, iova + in, new + in, 64);
		witness_reads(w, iova + in, new + in, 64);
		witness_unmap(w, iova, length);
		witness_sync(w);
	}
	witness_close(w);
	witness_stop(w);
}

/* What may not be done is not done; that QEMU logs nothing of it is its own affair. */
static void faults(void)
{
	struct witness *w = witness_start(&amd_iommu, __func__);
	const struct iomt_pt_cfg cfg = config(48, 0);
	struct fault fault;
	bool logged;

	if (!w)
		return;
	witness_open(w, &cfg, 0);
	witness_map(w, 0x100000, 0x30000000, 0x10000, IOMT_READ);
	witness_map(w, 0x200000, 0x30000000, 0x10000, IOMT_WRITE);
	witness_reads(w, 0x100000, 0x30000000, 64);
	witness_no_write(w, 0x100000, 0x30000000, 64);
	witness_writes(w, 0x200000, 0x30000000, 64);
	witness_no_read(w, 0x200000, 0x30000000, 64);
	witness_no_write(w, 0x300000, 0x30000000, 64);
	witness_no_read(w, 0x300000, 0x30000000, 64);
	logged = amd_iommu.fault(w, &fault);
	witness_known(w, logged, !logged,
		      "amd-iommu does not log IO_PAGE_FAULT for what is not mapped");
	witness_close(w);
	witness_stop(w);
}

/* IOVAs that differ in the bits at 48 and above, where QEMU keeps the device in its key. */
static void known_keys(void)
{
	struct witness *w = witness_start(&amd_iommu, __func__);
	const struct iomt_pt_cfg cfg = config(64, 0);
	uint64_t high = (uint64_t)0x10 << 48;
	bool right;

	if (!w)
		return;
	witness_open(w, &cfg, 0);
	witness_map(w, 0x100000, 0x30000000, 0x1000, RW);
	witness_map(w, high | 0x100000, 0x30001000, 0x1000, RW);
	witness_writes(w, 0x100000, 0x30000000, 64);
	right = witness_try_write(w, high | 0x100000, 0x30001000, 64);
	witness_known(w, right, witness_try_write(w, high | 0x100000, 0x30000000, 64),
		      "amd-iommu mixes up IOVAs above 2^48 in its IOTLB; QEMU 10.2 does not "
		      "(commit 637dc49a3ae6)");
	witness_close(w);
	witness_stop(w);
}

/* An IOVA that the mode does not reach faults; QEMU walks on with its lower bits. */
static void known_reach(void)
{
	struct witness *w = witness_start(&amd_iommu, __func__);
	const struct iomt_pt_cfg cfg = config(30, 2);
	bool wrapped;

	if (!w)
		return;
	witness_open(w, &cfg, 0);
	witness_map(w, 0x100000, 0x30000000, 0x1000, RW);
	wrapped = witness_try_write(w, 0x40100000, 0x30000000, 64);
	witness_known(w, !wrapped, wrapped, "amd-iommu ignores IOVA bits above the table's reach");
	witness_close(w);
	witness_stop(w);
}

static void random_48(void)
{
	struct witness *w = witness_start(&amd_iommu, __func__);
	const struct iomt_pt_cfg cfg = {.format = &iomt_amdv1, .iova_bits = 48};

	if (!w)
		return;
	witness_open(w, &cfg, 1ULL << 46);
	play(w, 0, 1ULL << 36, 32, 250);
	witness_close(w);
	witness_stop(w);
}

static void random_64(void)
{
	struct witness *w = witness_start(&amd_iommu, __func__);
	const struct iomt_pt_cfg cfg = {.format = &iomt_amdv1};

	if (!w)
		return;
	witness_open(w, &cfg, 0xfe00ULL << 48);
	play(w, 0xfe0fULL << 48, 1ULL << 42, 40, 150);
	witness_close(w);
	witness_stop(w);
}

TEST_SUITE(qemu_amd, TEST(sizes), TEST(modes), TEST(growth), TEST(stale), TEST(faults),
	   TEST(known_keys), TEST(known_reach), TEST(random_48), TEST(random_64));
