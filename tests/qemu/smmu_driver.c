/* SPDX-License-Identifier: MIT */
/*
 * IHI 0070: 3.5 queues, 4 commands, 6.3 registers, 7.3 events. The stream table, linear or of two levels,
 * and the context descriptor are the library's; the model reads one descriptor alone, and refuses
 * streams that have more.
 */
#include "smmu_driver.h"
#include "test.h"

#define BASE	    0x09050000ULL
#define IDR3	    (BASE + 0x0c)
#define CR0	    (BASE + 0x20)
#define CR0ACK	    (BASE + 0x24)
#define STRTAB	    (BASE + 0x80)
#define STRTAB_CFG  (BASE + 0x88)
#define CMDQ	    (BASE + 0x90)
#define CMDQ_PROD   (BASE + 0x98)
#define CMDQ_CONS   (BASE + 0x9c)
#define EVENTQ	    (BASE + 0xa0)
#define EVENTQ_PROD (BASE + 0x100a8)
#define EVENTQ_CONS (BASE + 0x100ac)

#define SMMU_ENABLE   (1u << 0)
#define EVENTQ_ENABLE (1u << 2)
#define CMDQ_ENABLE   (1u << 3)

#define LINEAR_BITS   8
#define STREAM_BITS   16 /* of two levels */
#define QUEUE_LG2     7
#define QUEUE_MASK    ((2u << QUEUE_LG2) - 1) /* index and wrap bit */
#define COMMAND_BYTES 16
#define EVENT_BYTES   32
#define EVENT_READ    (1ULL << 35) /* RnW, bit 99 of the record */

/* Commands */
#define TLBI_NH_ASID  0x11
#define TLBI_NH_VA    0x12
#define TLBI_NSNH_ALL 0x30
#define CMD_SYNC      0x46
#define TLBI_ASID(id) ((uint64_t)(id) << 48)
#define TLBI_LEAF     (1ULL << 0)
#define MANY	      256 /* more commands than this are not worth it */

static struct {
	uint64_t commands;
	uint64_t events;
	uint32_t tail;
	struct iomt_mem mem;
	struct iomt_device_table streams;
	struct iomt_pasid_table contexts;
} smmu;

static void command(struct witness *w, uint64_t low, uint64_t high)
{
	uint32_t index = smmu.tail & (QUEUE_MASK >> 1);
	uint64_t *slot = guest_at(&w->guest, smmu.commands + COMMAND_BYTES * index, COMMAND_BYTES);

	slot[0] = low;
	slot[1] = high;
	smmu.tail = (smmu.tail + 1) & QUEUE_MASK;
	qtest_writel(&w->guest.qtest, CMDQ_PROD, smmu.tail);
}

/* The consumer stands at the producer and has reported no error (bits 30:24). */
static void complete(struct witness *w)
{
	command(w, CMD_SYNC, 0);
	WITNESS(w, qtest_readl(&w->guest.qtest, CMDQ_CONS) == smmu.tail,
		"commands were not completed");
}

static void open_with(struct witness *w, const struct iomt_device_table_cfg *wanted)
{
	struct qtest *qtest = &w->guest.qtest;
	uint32_t enabled = SMMU_ENABLE | EVENTQ_ENABLE | CMDQ_ENABLE;
	struct iomt_pasid_table_cfg cfg = {
		.size = sizeof(cfg), .mem = &smmu.mem, .format = IOMT_PASID_TABLE_CD};
	struct iomt_device_table_cfg streams = *wanted;
	struct iomt_device_table_hw hw;

	memset(&smmu, 0, sizeof(smmu));
	smmu.mem = guest_structures(&w->guest);
	CHECK_INT(iomt_pasid_table_init(&smmu.contexts, &cfg), 0);
	streams.size = sizeof(streams);
	streams.mem = &smmu.mem;
	CHECK_INT(iomt_device_table_init(&smmu.streams, &streams), 0);
	iomt_device_table_hw(&smmu.streams, &hw);
	smmu.commands = guest_structure(&w->guest, COMMAND_BYTES << QUEUE_LG2);
	smmu.events = guest_structure(&w->guest, EVENT_BYTES << QUEUE_LG2);
	qtest_writeq(qtest, STRTAB, hw.base);
	qtest_writel(qtest, STRTAB_CFG, hw.cfg);
	qtest_writeq(qtest, CMDQ, smmu.commands | QUEUE_LG2);
	qtest_writeq(qtest, EVENTQ, smmu.events | QUEUE_LG2);
	qtest_writel(qtest, CR0, enabled);
	WITNESS(w, qtest_readl(qtest, CR0ACK) == enabled, "the SMMU is not enabled");
}

static void open_linear(struct witness *w)
{
	open_with(w, &(struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_SMMU,
						     .id_bits = LINEAR_BITS});
}

static void open_two_levels(struct witness *w)
{
	open_with(w, &(struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_SMMU_8,
						     .id_bits = STREAM_BITS});
}

/* What the library asks for after, or between, stores to the context descriptor. */
static void forget_context(struct iomt_pasid_inv *inv)
{
	struct witness *w = inv->ctx;
	struct iomt_cmd cmds[IOMT_PASID_INV_MOST];
	int count = iomt_pasid_inv_smmu(inv, w->edu.rid, 0, cmds, IOMT_PASID_INV_MOST);

	CHECK(count >= 0);
	for (int i = 0; i < count; i++)
		command(w, cmds[i].word[0], cmds[i].word[1]);
	complete(w);
}

void smmu_set_context(struct witness *w, uint16_t asid)
{
	struct iomt_pasid_inv inv = {.sync = forget_context, .ctx = w};
	struct iomt_pasid_entry entry = {.cd = {.flags = IOMT_CD_R | IOMT_CD_A, .asid = asid}};
	struct iomt_pt_hw hw;

	iomt_pt_hw(&w->pt, &hw);
	CHECK_INT(iomt_cd_use(&entry.cd, &hw, w->cfg.flags & IOMT_PT_TTBR1 ? 1 : 0), 0);
	CHECK_INT(iomt_pasid_table_set(&smmu.contexts, 0, &entry, IOMT_PASID_BREAK, &inv), 0);
	forget_context(&inv);
}

void smmu_clear_context(struct witness *w)
{
	struct iomt_pasid_inv inv = {.sync = NULL, .ctx = w};

	CHECK_INT(iomt_pasid_table_clear(&smmu.contexts, 0, &inv), 0);
	forget_context(&inv);
}

/* And to the stream table entry. */
static void forget_stream(struct iomt_device_inv *inv)
{
	struct witness *w = inv->ctx;
	struct iomt_cmd cmds[IOMT_DEVICE_INV_MOST];
	int count = iomt_device_inv_smmu(inv, cmds, IOMT_DEVICE_INV_MOST);

	CHECK(count >= 0);
	for (int i = 0; i < count; i++)
		command(w, cmds[i].word[0], cmds[i].word[1]);
	complete(w);
}

void smmu_use_stream(struct witness *w, const struct iomt_device_use *use)
{
	struct iomt_device_inv inv = {.sync = forget_stream, .ctx = w};
	struct iomt_device_entry entry;

	CHECK_INT(iomt_device_entry_for(&smmu.streams, use, &entry), 0);
	CHECK_INT(iomt_device_table_set(&smmu.streams, w->edu.rid, &entry, IOMT_DEVICE_BREAK, &inv),
		  0);
	forget_stream(&inv);
}

void smmu_set_stream(struct witness *w)
{
	struct iomt_pasid_table_hw hw;
	const struct iomt_device_use use = {.pasids = &hw};

	iomt_pasid_table_hw(&smmu.contexts, &hw);
	smmu_use_stream(w, &use);
}

void smmu_clear_stream(struct witness *w)
{
	struct iomt_device_inv inv = {.sync = NULL, .ctx = w};

	CHECK_INT(iomt_device_table_clear(&smmu.streams, w->edu.rid, &inv), 0);
	forget_stream(&inv);
}

static void smmu_attach(struct witness *w)
{
	smmu_set_stream(w);
	smmu_set_context(w, SMMU_ASID);
	command(w, TLBI_NSNH_ALL, 0);
	complete(w);
}

void smmu_invalidate_va(struct witness *w, uint16_t asid, uint64_t iova)
{
	command(w, TLBI_NH_VA | TLBI_ASID(asid), iova & ~0xfffULL);
	complete(w);
}

void smmu_invalidate_asid(struct witness *w, uint16_t asid)
{
	command(w, TLBI_NH_ASID | TLBI_ASID(asid), 0);
	complete(w);
}

/* One command for each of the smallest entries that were removed. */
static void invalidate_leaves(struct witness *w, const struct iomt_gather *gather)
{
	uint64_t step = gather->leaf_sizes ? gather->leaf_sizes & -gather->leaf_sizes : w->granule;
	uint64_t left = (gather->last - gather->first) / step + 1;

	if (left > MANY) {
		smmu_invalidate_asid(w, SMMU_ASID);
		return;
	}
	for (uint64_t iova = gather->first; left; left--, iova += step)
		command(w, TLBI_NH_VA | TLBI_ASID(SMMU_ASID),
			iova | (gather->table_levels ? 0 : TLBI_LEAF));
	complete(w);
}

/* By the library's commands. */
static void invalidate_ranges(struct witness *w, const struct iomt_gather *gather)
{
	const struct iomt_smmu_target target = {
		.regime = IOMT_SMMU_STAGE_1,
		.flags = IOMT_SMMU_RANGES,
		.asid = SMMU_ASID,
		.granule_lg2 = (uint8_t)__builtin_ctzll(w->granule),
	};
	struct iomt_plan_policy policy = iomt_plan_covers(2);
	struct iomt_cmd cmds[2];
	int count = iomt_smmu_gather(&target, gather, &policy, cmds, 2);

	for (int i = 0; i < count; i++)
		command(w, cmds[i].word[0], cmds[i].word[1]);
	complete(w);
}

static bool smmu_fault(struct witness *w, struct fault *fault)
{
	struct qtest *qtest = &w->guest.qtest;
	uint32_t head = qtest_readl(qtest, EVENTQ_CONS) & QUEUE_MASK;
	uint64_t at = smmu.events + EVENT_BYTES * (head & (QUEUE_MASK >> 1));
	const uint64_t *event = guest_at(&w->guest, at, EVENT_BYTES);

	if (head == (qtest_readl(qtest, EVENTQ_PROD) & QUEUE_MASK))
		return false;
	qtest_writel(qtest, EVENTQ_CONS, (head + 1) & QUEUE_MASK);
	*fault = (struct fault){
		.iova = event[2],
		.rid = (uint16_t)(event[0] >> 32),
		.write = !(event[1] & EVENT_READ),
		.reason = event[0] & 0xff,
	};
	return true;
}

uint8_t smmu_bbm(struct witness *w)
{
	return qtest_readl(&w->guest.qtest, IDR3) >> 11 & 3;
}

static const char *const no_args[] = {NULL};

#define SMMU_IOMMU(open_function, invalidate_function)                                           \
	{                                                                                        \
		.suite = "qemu_smmu", .model = "smmuv3", .board = &board_virt, .args = no_args,  \
		.open = open_function, .attach = smmu_attach, .invalidate = invalidate_function, \
		.fault = smmu_fault, .hints = IOMT_EXEC | IOMT_TYPE_UNCACHED,                    \
	}

const struct iommu smmu_leaves = SMMU_IOMMU(open_linear, invalidate_leaves);
const struct iommu smmu_ranges = SMMU_IOMMU(open_two_levels, invalidate_ranges);
