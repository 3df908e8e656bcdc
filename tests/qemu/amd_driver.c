/* SPDX-License-Identifier: MIT */
/* 48882: 2.4 commands, 2.5 event log, 3.4 registers. The device table is the library's. */
#include "amd_driver.h"
#include "test.h"

#define BASE	      0xfed80000ULL
#define DEVICE_TABLE  (BASE + 0x00)
#define COMMAND_BASE  (BASE + 0x08)
#define EVENT_BASE    (BASE + 0x10)
#define CONTROL	      (BASE + 0x18)
#define COMMAND_TAIL  (BASE + 0x2008)
#define EVENT_HEAD    (BASE + 0x2010)
#define EVENT_TAIL    (BASE + 0x2018)
#define RING_BYTES    0x1000
#define RING_LENGTH   (8ULL << 56) /* 256 entries of 16 bytes */
#define IOMMU_ENABLE  (1u << 0)
#define EVENT_ENABLE  (1u << 2)
#define BUFFER_ENABLE (1u << 12)

#define RID_BITS 7 /* one page of device table: bus 0, and devices 0 to 15 */

#define COMPLETION_WAIT	       (1ULL << 60)
#define COMPLETION_STORE       (1ULL << 0)
#define INVALIDATE_IOMMU_PAGES (3ULL << 60)
#define PAGES_SIZE	       (1ULL << 0) /* S: the address tells how much */
#define PAGES_PDE	       (1ULL << 1) /* tables too */

/* IO_PAGE_FAULT */
#define EVENT_PAGE_FAULT 2
#define EVENT_PRESENT	 (1ULL << 52) /* PR */
#define EVENT_WRITE	 (1ULL << 53) /* RW */

static struct {
	uint64_t commands;
	uint64_t events;
	uint64_t done; /* where completion is stored */
	uint64_t tail;
	uint64_t waits;
	struct iomt_mem mem;
	struct iomt_device_table devices;
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
	struct iomt_device_table_cfg cfg = {.size = sizeof(cfg),
					    .mem = &amd.mem,
					    .format = IOMT_DEVICE_TABLE_AMD,
					    .id_bits = RID_BITS};
	struct iomt_device_table_hw hw;

	memset(&amd, 0, sizeof(amd));
	amd.mem = guest_structures(&w->guest);
	CHECK_INT(iomt_device_table_init(&amd.devices, &cfg), 0);
	iomt_device_table_hw(&amd.devices, &hw);
	amd.commands = guest_structure(&w->guest, RING_BYTES);
	amd.events = guest_structure(&w->guest, RING_BYTES);
	amd.done = guest_structure(&w->guest, 64);
	qtest_writeq(qtest, DEVICE_TABLE, hw.base);
	qtest_writeq(qtest, COMMAND_BASE, amd.commands | RING_LENGTH);
	qtest_writeq(qtest, EVENT_BASE, amd.events | RING_LENGTH);
	qtest_writeq(qtest, CONTROL, IOMMU_ENABLE | EVENT_ENABLE | BUFFER_ENABLE);
}

/*
 * The size of an aligned range is told by the lowest zero in the address, from bit 12 on (2.4.3).
 * QEMU 7.2 drops the domain's whole IOTLB, whatever the range.
 */
void amd_invalidate_pages(struct witness *w, uint16_t domain, uint64_t first, uint64_t last,
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

/* By the library's commands. */
static void amd_invalidate(struct witness *w, const struct iomt_gather *gather)
{
	const struct iomt_amd_target target = {.domain = AMD_DOMAIN};
	struct iomt_plan_policy policy = iomt_plan_covers(2);
	struct iomt_cmd cmds[2];
	int count = iomt_amd_gather(&target, gather, &policy, cmds, 2);

	for (int i = 0; i < count; i++)
		command(w, cmds[i].word[0], cmds[i].word[1]);
	complete(w);
}

/* What the library asks for after a store to the device-table entry. */
static void forget_device(struct iomt_device_inv *inv)
{
	struct witness *w = inv->ctx;
	struct iomt_cmd cmds[IOMT_DEVICE_INV_MOST];
	int count = iomt_device_inv_amd(inv, cmds, IOMT_DEVICE_INV_MOST);

	CHECK(count >= 0);
	for (int i = 0; i < count; i++)
		command(w, cmds[i].word[0], cmds[i].word[1]);
	complete(w);
}

/* A table that has grown needs no break: root and mode are one word. */
void amd_attach(struct witness *w)
{
	struct iomt_device_inv inv = {.sync = NULL, .ctx = w};
	struct iomt_device_use use = {.domain = AMD_DOMAIN};
	struct iomt_device_entry entry;
	struct iomt_pt_hw hw;

	iomt_pt_hw(&w->pt, &hw);
	use.table = &hw;
	CHECK_INT(iomt_device_entry_for(&amd.devices, &use, &entry), 0);
	CHECK_INT(iomt_device_table_set(&amd.devices, w->edu.rid, &entry, 0, &inv), 0);
	forget_device(&inv);
}

unsigned amd_take_events(struct witness *w, uint64_t events[][2], unsigned most)
{
	struct qtest *qtest = &w->guest.qtest;
	uint64_t tail = qtest_readq(qtest, EVENT_TAIL), count = tail / 16;

	count = count > most ? most : count;
	memcpy(events, guest_at(&w->guest, amd.events, RING_BYTES), count * 16);
	qtest_writeq(qtest, EVENT_BASE, amd.events | RING_LENGTH);
	return (unsigned)count;
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
		.reason = event[0] & EVENT_PRESENT ? 1 : 0,
	};
	return true;
}

static const char *const args[] = {"-device", "amd-iommu", NULL};
const struct iommu amd_iommu = {
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
