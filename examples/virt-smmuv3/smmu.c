/* SPDX-License-Identifier: MIT */
/*
 * SMMUv3 (IHI 0070): found by the device tree, driven by its registers (6.3). Stage 1, streams without substreams;
 * StreamIDs are requester ids, as the tree's iommu-map says of this machine.
 */
#include "fdt.h"
#include "mmio.h"
#include "unit.h"

#define IDR0	    0x00
#define IDR1	    0x04
#define IDR3	    0x0c
#define IDR5	    0x14
#define CR0	    0x20
#define CR0ACK	    0x24
#define CR1	    0x28
#define CR2	    0x2c
#define STRTAB	    0x80
#define STRTAB_CFG  0x88
#define CMDQ	    0x90
#define CMDQ_PROD   0x98
#define CMDQ_CONS   0x9c
#define EVENTQ	    0xa0
#define EVENTQ_PROD 0x100a8
#define EVENTQ_CONS 0x100ac

#define IDR0_S1P    (1u << 1)
#define IDR0_COHACC (1u << 4)
#define IDR0_ASID16 (1u << 12)
#define IDR0_LEVELS (1u << 27) /* ST_LEVEL: stream tables of two */
#define SIDSIZE(r)  ((r)&0x3f)
#define CMDQS(r)    ((r) >> 21 & 0x1f)
#define EVENTQS(r)  ((r) >> 16 & 0x1f)
#define IDR3_RIL    (1u << 10)
#define BBML(r)	    ((r) >> 11 & 3)
#define OAS(r)	    ((r)&7)
#define GRAN4K	    (1u << 4)

#define SMMU_ENABLE   (1u << 0)
#define EVENTQ_ENABLE (1u << 2)
#define CMDQ_ENABLE   (1u << 3)
#define CR1_MEMORY    0xd75u /* tables and queues: inner shareable, write-back */
#define CR2_EVENTS    0x2u   /* RECINVSID: an event for StreamIDs beyond the table */
#define CR2_PRIVATE   0x4u   /* PTM: TLBIs of processors are not for us */
#define READ_ALLOCATE (1ULL << 62)

#define CONS_INDEX	0xfffffu
#define CONS_ERROR(r)	((r) >> 24 & 0x7f)
#define EVENT_LG2	5
#define EVENTQ_LG2	7 /* UNIT_EVENTS_BYTES >> EVENT_LG2 entries */
#define EVENT_WORDS	((1u << EVENT_LG2) / sizeof(uint64_t))
#define EVENT_READ	(1ULL << 35) /* RnW of an event's second word (7.3) */
#define ENABLE_PATIENCE 1000000u

/* True when the unit has taken it. */
static bool enable(struct unit *unit, uint32_t bits)
{
	mmio_write32(unit->registers + CR0, bits);
	for (unsigned i = 0; i < ENABLE_PATIENCE; i++) {
		if (mmio_read32(unit->registers + CR0ACK) == bits)
			return true;
		mmio_pause();
	}
	return false;
}

static const char *lacks(uint32_t idr0, uint32_t idr1, uint32_t idr5)
{
	if (!(idr0 & IDR0_S1P))
		return "it has no stage 1";
	if (!(idr0 & IDR0_COHACC))
		return "its walks do not snoop: memory would need a clean function";
	if (!(idr0 & IDR0_LEVELS) || SIDSIZE(idr1) < 16)
		return "it has no stream table for 16 bits";
	if (CMDQS(idr1) < UNIT_RING_LG2 || EVENTQS(idr1) < EVENTQ_LG2)
		return "its queues are too short";
	if (!(idr5 & GRAN4K))
		return "it has no pages of 4 KiB";
	return NULL;
}

static const char *find(struct unit *unit)
{
	static const uint8_t sizes[] = {32, 36, 40, 42, 44, 48, 48, 48}; /* 52 without LPA2 */
	uint32_t bytes, idr0, idr1, idr3, idr5;
	const unsigned char *reg = fdt_find("compatible", "arm,smmu-v3", "reg", &bytes);
	const char *wrong;

	if (!reg)
		return "the device tree names none";
	unit->registers = fdt_u64(reg);
	if (!enable(unit, 0))
		return "it does not go off";
	idr0 = mmio_read32(unit->registers + IDR0);
	idr1 = mmio_read32(unit->registers + IDR1);
	idr3 = mmio_read32(unit->registers + IDR3);
	idr5 = mmio_read32(unit->registers + IDR5);
	wrong = lacks(idr0, idr1, idr5);
	if (wrong)
		return wrong;
	unit->split = 8; /* tables of 256 streams, a bus each */
	unit->caps = iomt_iommu_smmu_s1;
	unit->caps.stage[0].formats = IOMT_FORMAT_BIT(IOMT_FORMAT_ARM_S1_4K);
	unit->caps.stage[0].flags &= ~IOMT_STAGE_PASID;
	unit->caps.stage[0].oa_bits = sizes[OAS(idr5)];
	unit->caps.pasid_bits = 0;
	unit->caps.asid_bits = idr0 & IDR0_ASID16 ? 16 : 8;
	unit->caps.bbm = (uint8_t)BBML(idr3);
	if (idr3 & IDR3_RIL)
		unit->caps.flags |= IOMT_IOMMU_RANGES;
	return NULL;
}

/* Commands go first, to empty the caches of what was before us; then translation (3.11). */
static int start(struct unit *unit, const struct iomt_device_table_hw *devices)
{
	uint64_t at = unit->registers;
	struct iomt_cmd cmds[2];
	int err;

	mmio_write32(at + CR1, CR1_MEMORY);
	mmio_write32(at + CR2, CR2_EVENTS | CR2_PRIVATE);
	mmio_write64(at + STRTAB, devices->base);
	mmio_write32(at + STRTAB_CFG, devices->cfg);
	mmio_write64(at + CMDQ, (uintptr_t)unit->commands | READ_ALLOCATE | UNIT_RING_LG2);
	mmio_write32(at + CMDQ_PROD, 0);
	mmio_write32(at + CMDQ_CONS, 0);
	mmio_write64(at + EVENTQ, (uintptr_t)unit->events | READ_ALLOCATE | EVENTQ_LG2);
	mmio_write32(at + EVENTQ_PROD, 0);
	mmio_write32(at + EVENTQ_CONS, 0);
	if (!enable(unit, CMDQ_ENABLE | EVENTQ_ENABLE))
		return IOMT_EIO;
	iomt_smmu_streams(0, 32, &cmds[0], 1);
	iomt_smmu_everything(&cmds[1], 1);
	err = unit_send(unit, cmds, 2);
	if (!err && !enable(unit, CMDQ_ENABLE | EVENTQ_ENABLE | SMMU_ENABLE))
		err = IOMT_EIO;
	return err;
}

static void stop(struct unit *unit)
{
	enable(unit, 0);
}

static uint32_t head(void *ctx)
{
	const struct unit *unit = ctx;

	return mmio_read32(unit->registers + CMDQ_CONS) & CONS_INDEX;
}

static void doorbell(void *ctx, uint32_t tail)
{
	const struct unit *unit = ctx;

	mmio_write32(unit->registers + CMDQ_PROD, tail);
}

/* A command that was refused stops the queue: waiting longer would not help. */
static int wait(void *ctx, uint64_t tries)
{
	const struct unit *unit = ctx;

	if (CONS_ERROR(mmio_read32(unit->registers + CMDQ_CONS)))
		return IOMT_EIO;
	return unit_wait(ctx, tries);
}

/* Positions have the wrap bit above the index, as the registers do. */
static bool event(struct unit *unit, struct unit_fault *fault)
{
	uint32_t index = unit->event & ((1u << EVENTQ_LG2) - 1);
	const uint64_t *words = &unit->events[index * EVENT_WORDS];

	if (mmio_read32(unit->registers + EVENTQ_PROD) == unit->event)
		return false;
	*fault = (struct unit_fault){
		.device = (uint32_t)(words[0] >> 32),
		.iova = words[2],
		.write = !(words[1] & EVENT_READ),
	};
	unit->event = (unit->event + 1) & ((2u << EVENTQ_LG2) - 1);
	mmio_write32(unit->registers + EVENTQ_CONS, unit->event);
	return true;
}

const struct unit_driver unit_driver = {
	.name = "SMMUv3",
	.ring = &iomt_ring_smmu,
	.ops = {.head = head, .doorbell = doorbell, .wait = wait},
	.find = find,
	.start = start,
	.event = event,
	.stop = stop,
};
