/* SPDX-License-Identifier: MIT */
/*
 * AMD V1 tables, read by QEMU's amd-iommu.
 * Sections of 48882: 2.2.2.1 device table entry, 2.4 commands, 2.5 event log, 3.4 registers.
 */
#include "play.h"
#include "test.h"
#include "witness.h"

#define BASE	      0xfed80000ULL
#define DEVICE_TABLE  (BASE + 0x00)
#define COMMAND_BASE  (BASE + 0x08)
#define EVENT_BASE    (BASE + 0x10)
#define CONTROL	      (BASE + 0x18)
#define COMMAND_HEAD  (BASE + 0x2000)
#define COMMAND_TAIL  (BASE + 0x2008)
#define EVENT_HEAD    (BASE + 0x2010)
#define EVENT_TAIL    (BASE + 0x2018)
#define RING_BYTES    0x1000
#define RING_LENGTH   (8ULL << 56) /* 256 entries of 16 bytes */
#define IOMMU_ENABLE  (1u << 0)
#define EVENT_ENABLE  (1u << 2)
#define BUFFER_ENABLE (1u << 12)

#define DTE_VALID	(1ULL << 0)
#define DTE_TRANSLATION (1ULL << 1) /* TV */
#define DTE_MODE(mode)	((uint64_t)(mode) << 9)
#define DTE_READ	(1ULL << 61)
#define DTE_WRITE	(1ULL << 62)
#define DTE_BYTES	32

#define COMPLETION_WAIT	       (1ULL << 60)
#define COMPLETION_STORE       (1ULL << 0)
#define INVALIDATE_DEVTAB      (2ULL << 60)
#define INVALIDATE_IOMMU_PAGES (3ULL << 60)
#define PAGES_SIZE	       (1ULL << 0) /* S: the address tells how much */
#define PAGES_PDE	       (1ULL << 1) /* tables too */

/* IO_PAGE_FAULT */
#define EVENT_PAGE_FAULT 2
#define EVENT_PRESENT	 (1ULL << 52) /* PR */
#define EVENT_WRITE	 (1ULL << 53) /* RW */

#define ALL_SIZES ((1ULL << 53) - (1ULL << 12)) /* 512G too, which some silicon gets wrong */
#define RW	  (IOMT_READ | IOMT_WRITE)
#define DOMAIN_ID 0x1234

static struct {
	uint64_t device_table;
	uint64_t commands;
	uint64_t events;
	uint64_t done; /* where completion is stored */
	uint64_t tail;
	uint64_t waits;
} amd;

static void command(struct witness *w, uint64_t low, uint64_t high)
{
	uint64_t *slot = guest_at(&w->guest, amd.commands + amd.tail, 16);

	slot[0] = low;
	slot[1] = high;
	amd.tail = (amd.tail + 16) % RING_BYTES;
	qtest_writeq(&w->guest.qtest, COMMAND_TAIL, amd.tail);
}

static void complete(struct witness *w)
{
	const uint64_t *done = guest_at(&w->guest, amd.done, 8);

	command(w, COMPLETION_WAIT | COMPLETION_STORE | amd.done, ++amd.waits);
	WITNESS(w, __atomic_load_n(done, __ATOMIC_ACQUIRE) == amd.waits,
		"commands were not completed");
}

static void amd_open(struct witness *w)
{
	struct qtest *qtest = &w->guest.qtest;

	memset(&amd, 0, sizeof(amd));
	amd.device_table = guest_structure(&w->guest, 0x1000);
	amd.commands = guest_structure(&w->guest, RING_BYTES);
	amd.events = guest_structure(&w->guest, RING_BYTES);
	amd.done = guest_structure(&w->guest, 64);
	qtest_writeq(qtest, DEVICE_TABLE, amd.device_table);
	qtest_writeq(qtest, COMMAND_BASE, amd.commands | RING_LENGTH);
	qtest_writeq(qtest, EVENT_BASE, amd.events | RING_LENGTH);
	qtest_writeq(qtest, CONTROL, IOMMU_ENABLE | EVENT_ENABLE | BUFFER_ENABLE);
}

/* The size of an aligned range is told by the lowest zero in the address, from bit 12 on. */
static void invalidate_pages(struct witness *w, uint16_t domain, uint64_t first, uint64_t last,
			     bool tables)
{
	uint64_t address = first & ~0xfffULL, size = 0;

	if ((first ^ last) >> 12) {
		unsigned top = 63 - (unsigned)__builtin_clzll(first ^ last);

		size = PAGES_SIZE;
		address |= (1ULL << top) - 1;
		address &= ~(1ULL << top) & ~0xfffULL;
		if (top > 51)
			address = 0x7ffffffffffff000;
	}
	command(w, INVALIDATE_IOMMU_PAGES | (uint64_t)domain << 32,
		address | size | (tables ? PAGES_PDE : 0));
	complete(w);
}

static void amd_invalidate(struct witness *w, const struct iomt_gather *gather)
{
	invalidate_pages(w, DOMAIN_ID, gather->first, gather->last, gather->table_levels);
}

static void amd_attach(struct witness *w)
{
	uint64_t *dte = guest_at(&w->guest, amd.device_table + DTE_BYTES * w->edu.rid, DTE_BYTES);
	struct iomt_pt_hw hw;

	iomt_pt_hw(&w->pt, &hw);
	dte[1] = DOMAIN_ID;
	dte[0] = DTE_VALID | DTE_TRANSLATION | DTE_MODE(hw.u.amdv1.mode) | hw.root | DTE_READ |
		 DTE_WRITE;
	command(w, INVALIDATE_DEVTAB | w->edu.rid, 0);
	invalidate_pages(w, DOMAIN_ID, 0, UINT64_MAX, true);
}

static bool amd_fault(struct witness *w, struct fault *fault)
{
	struct qtest *qtest = &w->guest.qtest;
	uint64_t head = qtest_readq(qtest, EVENT_HEAD);
	const uint64_t *event = guest_at(&w->guest, amd.events + head, 16);

	if (head == qtest_readq(qtest, EVENT_TAIL))
		return false;
	qtest_writeq(qtest, EVENT_HEAD, (head + 16) % RING_BYTES);
	CHECK_EQ(event[0] >> 60, EVENT_PAGE_FAULT);
	*fault = (struct fault){
		.iova = event[1],
		.rid = (uint16_t)event[0],
		.write = event[0] & EVENT_WRITE,
		.permission = event[0] & EVENT_PRESENT,
	};
	return true;
}

static const char *const args[] = {"-device", "amd-iommu", NULL};
static const struct iommu amd_iommu = {
	.suite = "qemu_amd",
	.model = "amd-iommu",
	.board = &board_q35,
	.args = args,
	.open = amd_open,
	.attach = amd_attach,
	.invalidate = amd_invalidate,
	.fault = amd_fault,
	.write_only = true,
	.hints = IOMT_SNOOP,
};

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
		invalidate_pages(w, DOMAIN_ID + 1, iova, iova + (length - 1), true);
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
	logged = amd_fault(w, &fault);
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
