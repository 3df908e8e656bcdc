/* SPDX-License-Identifier: MIT */
/*
 * VT-d (D51397): found by the DMAR table (8.3), driven by its registers (11.4). Legacy mode, second stages,
 * queued invalidation.
 */
#include "acpi.h"
#include "memory.h"
#include "mmio.h"
#include "unit.h"

/* DMAR: its host address width, and the first definition of a remapping unit (DRHD) */
#define DMAR_WIDTH  36
#define DMAR_BLOCKS 48
#define DRHD	    0
#define DRHD_BASE   8

#define CAPABILITY   0x08
#define EXTENDED     0x10
#define COMMAND	     0x18 /* GCMD: bits of one kind are switched at a time */
#define STATUS	     0x1c /* GSTS: the same bits */
#define ROOT_TABLE   0x20
#define FAULT_STATUS 0x34
#define QUEUE_HEAD   0x80
#define QUEUE_TAIL   0x88
#define QUEUE_BASE   0x90

#define TRANSLATION_ENABLE (1u << 31)
#define SET_ROOT	   (1u << 30)
#define QUEUE_ENABLE	   (1u << 26)
#define ENABLE_PATIENCE	   1000000u

/* CAP_REG */
#define DOMAIN_BITS(c) (4 + 2 * ((c)&7))      /* ND */
#define CACHES_ABSENT  (1ULL << 7)	      /* CM */
#define LEVELS(c)      ((c) >> 8 & 0x1f)      /* SAGAW: bits 1, 2, 3 are three, four, five levels */
#define ADDRESS(c)     (((c) >> 16 & 63) + 1) /* MGAW */
#define FAULTS(c)      (((c) >> 24 & 0x3ff) * 16)
#define FAULT_COUNT(c) (((c) >> 40 & 0xff) + 1)
#define MASK_BITS(c)   ((c) >> 48 & 63) /* MAMV */
#define BY_PAGE	       (1ULL << 39)	/* PSI */

/* ECAP_REG */
#define COHERENT (1ULL << 0)
#define QUEUES	 (1ULL << 1)

/* A fault recording register (11.4.14), its upper half */
#define FAULT_BYTES    16
#define FAULT_RECORDED (1ULL << 63) /* F; cleared by writing it */
#define FAULT_READ     (1ULL << 62) /* T1: a read; T2 is clear of both */
#define FAULT_OVERFLOW (1u << 0)    /* PFO of FSTS */

#define ENTRY_LG2 4

static uint32_t enabled;

static bool enable(struct unit *unit, uint32_t bit, bool on)
{
	uint32_t wanted = on ? enabled | bit : enabled & ~bit;

	mmio_write32(unit->registers + COMMAND, wanted);
	if (bit != SET_ROOT) /* of one shot */
		enabled = wanted;
	for (unsigned i = 0; i < ENABLE_PATIENCE; i++) {
		if (!(mmio_read32(unit->registers + STATUS) & bit) == !on)
			return true;
		mmio_pause();
	}
	return false;
}

static uint64_t find_registers(uint8_t *width)
{
	uint32_t bytes = 0;
	const unsigned char *dmar = acpi_find("DMAR", &bytes);

	for (uint32_t at = DMAR_BLOCKS; dmar && at < bytes; at = acpi_next(dmar, bytes, at)) {
		*width = (uint8_t)(dmar[DMAR_WIDTH] + 1);
		if (acpi_u16(dmar + at) == DRHD)
			return acpi_u64(dmar + at + DRHD_BASE);
	}
	return 0;
}

static const char *find(struct unit *unit)
{
	struct iomt_iommu_stage *stage = &unit->caps.stage[1];
	uint64_t capability, extended;
	uint8_t width = 0;

	unit->registers = find_registers(&width);
	if (!unit->registers)
		return "the firmware names none";
	enabled = mmio_read32(unit->registers + STATUS) & (TRANSLATION_ENABLE | QUEUE_ENABLE);
	if (!enable(unit, TRANSLATION_ENABLE, false) || !enable(unit, QUEUE_ENABLE, false))
		return "it does not go off";
	capability = mmio_read64(unit->registers + CAPABILITY);
	extended = mmio_read64(unit->registers + EXTENDED);
	if (!(extended & QUEUES))
		return "it has no invalidation queue";
	unit->caps = iomt_iommu_vtd_legacy;
	stage->levels = (uint8_t)(LEVELS(capability) << 2);
	stage->iova_bits = (uint8_t)ADDRESS(capability);
	stage->oa_bits = width;
	if (capability & CACHES_ABSENT)
		stage->flags |= IOMT_STAGE_CACHES_ABSENT;
	unit->caps.domain_bits = (uint8_t)DOMAIN_BITS(capability);
	unit->caps.mamv = capability & BY_PAGE ? (uint8_t)MASK_BITS(capability) : 0;
	unit->faults = unit->registers + FAULTS(capability);
	unit->fault_count = (uint32_t)FAULT_COUNT(capability);
	if (!(extended & COHERENT))
		unit->caps.flags &= ~IOMT_IOMMU_COHERENT;
	return NULL;
}

/* The queue first: by it goes what was cached by another root table (6.6); then translation. */
static int start(struct unit *unit, const struct iomt_device_table_hw *devices)
{
	struct iomt_cmd cmds[2];
	int err;

	mmio_write64(unit->registers + ROOT_TABLE, devices->base);
	if (!enable(unit, SET_ROOT, true))
		return IOMT_EIO;
	mmio_write64(unit->registers + QUEUE_TAIL, 0);
	mmio_write64(unit->registers + QUEUE_BASE, (uintptr_t)unit->commands); /* QS 0: 256 */
	if (!enable(unit, QUEUE_ENABLE, true))
		return IOMT_EIO;
	iomt_vtd_context(0, IOMT_VTD_GLOBAL, 0, 0, &cmds[0], 1);
	iomt_vtd_iotlb(0, IOMT_VTD_GLOBAL, 0, &cmds[1], 1);
	err = unit_send(unit, &cmds[0], 1);
	if (!err)
		err = unit_send(unit, &cmds[1], 1); /* after the context cache is empty */
	if (!err && !enable(unit, TRANSLATION_ENABLE, true))
		err = IOMT_EIO;
	return err;
}

static void stop(struct unit *unit)
{
	enable(unit, TRANSLATION_ENABLE, false);
	enable(unit, QUEUE_ENABLE, false);
}

static uint32_t head(void *ctx)
{
	const struct unit *unit = ctx;

	return (uint32_t)(mmio_read64(unit->registers + QUEUE_HEAD) >> ENTRY_LG2);
}

static void doorbell(void *ctx, uint32_t tail)
{
	const struct unit *unit = ctx;

	mmio_write64(unit->registers + QUEUE_TAIL, (uint64_t)tail << ENTRY_LG2);
}

/* A log of registers, used in turn; a device's faults may be pressed into one. */
static bool event(struct unit *unit, struct unit_fault *fault)
{
	uint64_t at = unit->faults + unit->event * FAULT_BYTES;
	uint64_t upper = mmio_read64(at + 8);

	if (!(upper & FAULT_RECORDED))
		return false;
	*fault = (struct unit_fault){
		.device = (uint16_t)upper,
		.iova = mmio_read64(at),
		.write = !(upper & FAULT_READ),
	};
	mmio_write64(at + 8, FAULT_RECORDED);
	mmio_write32(unit->registers + FAULT_STATUS, FAULT_OVERFLOW);
	unit->event = (unit->event + 1) % unit->fault_count;
	return true;
}

const struct unit_driver unit_driver = {
	.name = "VT-d",
	.ring = &iomt_ring_vtd,
	.ops = {.head = head, .doorbell = doorbell, .wait = unit_wait, .clean = memory_clean},
	.find = find,
	.start = start,
	.event = event,
	.stop = stop,
};
