/* SPDX-License-Identifier: MIT */
/* AMD's IOMMU (48882): found by the IVRS (5.2), driven by its registers (3.4). Host tables alone. */
#include "acpi.h"
#include "board.h"
#include "mmio.h"
#include "unit.h"

/* IVRS: its IVinfo, and the first block of I/O virtualization hardware (IVHD) */
#define IVRS_INFO	36
#define IVRS_BLOCKS	48
#define IVINFO_PA(info) ((info) >> 8 & 0x7f) /* bits of physical addresses */
#define IVHD_LEGACY	0x10
#define IVHD_EXTENDED	0x11
#define IVHD_DEVICE	4
#define IVHD_CAPABILITY 6
#define IVHD_BASE	8

#define NP_CACHE (1u << 26) /* Capability Header: absent entries are cached */

/* Registers */
#define DEVICE_TABLE  0x00
#define COMMAND_BASE  0x08
#define EVENT_BASE    0x10
#define CONTROL	      0x18
#define FEATURES      0x30
#define COMMAND_HEAD  0x2000
#define COMMAND_TAIL  0x2008
#define EVENT_HEAD    0x2010
#define EVENT_TAIL    0x2018
#define RING_LENGTH   ((uint64_t)UNIT_RING_LG2 << 56)
#define IOMMU_ENABLE  (1u << 0)
#define EVENT_ENABLE  (1u << 2)
#define BUFFER_ENABLE (1u << 12)
#define INV_ALL	      (1ULL << 6)      /* FEATURES, IASup */
#define HATS(fr)      ((fr) >> 10 & 3) /* levels of host tables, less 4 */

#define ENTRY_LG2 4 /* of command buffer and event log */

/* An event (2.5) */
#define EVENT_WRITE (1ULL << 53) /* RW of IO_PAGE_FAULT */

static const unsigned char *find_block(uint32_t *info)
{
	uint32_t bytes = 0;
	const unsigned char *ivrs = acpi_find("IVRS", &bytes);

	if (!ivrs)
		return NULL;
	*info = acpi_u32(ivrs + IVRS_INFO);
	for (uint32_t at = IVRS_BLOCKS; at < bytes; at = acpi_next(ivrs, bytes, at)) {
		if (ivrs[at] == IVHD_LEGACY || ivrs[at] == IVHD_EXTENDED)
			return ivrs + at;
	}
	return NULL;
}

static const char *find(struct unit *unit)
{
	uint32_t info;
	const unsigned char *block = find_block(&info);
	uint64_t features;
	uint32_t capability;

	if (!block)
		return "the firmware names none";
	unit->registers = acpi_u64(block + IVHD_BASE);
	mmio_write64(unit->registers + CONTROL, 0);
	features = mmio_read64(unit->registers + FEATURES);
	if (!(features & INV_ALL))
		return "it has no INVALIDATE_IOMMU_ALL";
	capability =
		board_config_read(acpi_u16(block + IVHD_DEVICE), acpi_u16(block + IVHD_CAPABILITY));
	unit->caps = iomt_iommu_amd;
	unit->caps.stage[1].oa_bits = (uint8_t)IVINFO_PA(info);
	unit->caps.stage[1].levels = (uint8_t)((1u << (HATS(features) + 5)) - 2); /* 1 to so many */
	if (capability & NP_CACHE)
		unit->caps.stage[1].flags |= IOMT_STAGE_CACHES_ABSENT;
	return NULL;
}

/* What an operating system before us has left in the caches goes before anything is attached. */
static int start(struct unit *unit, const struct iomt_device_table_hw *devices)
{
	struct iomt_cmd cmd;

	mmio_write64(unit->registers + DEVICE_TABLE, devices->base);
	mmio_write64(unit->registers + COMMAND_BASE, (uintptr_t)unit->commands | RING_LENGTH);
	mmio_write64(unit->registers + EVENT_BASE, (uintptr_t)unit->events | RING_LENGTH);
	mmio_write64(unit->registers + CONTROL, IOMMU_ENABLE | EVENT_ENABLE | BUFFER_ENABLE);
	iomt_amd_all(&cmd, 1);
	return unit_send(unit, &cmd, 1);
}

static void stop(struct unit *unit)
{
	mmio_write64(unit->registers + CONTROL, 0);
}

static uint32_t head(void *ctx)
{
	const struct unit *unit = ctx;

	return (uint32_t)(mmio_read64(unit->registers + COMMAND_HEAD) >> ENTRY_LG2);
}

static void doorbell(void *ctx, uint32_t tail)
{
	const struct unit *unit = ctx;

	mmio_write64(unit->registers + COMMAND_TAIL, (uint64_t)tail << ENTRY_LG2);
}

static bool event(struct unit *unit, struct unit_fault *fault)
{
	uint64_t at = (uint64_t)unit->event << ENTRY_LG2;
	uint64_t *words = &unit->events[at / sizeof(uint64_t)];

	if (mmio_read64(unit->registers + EVENT_TAIL) == at)
		return false;
	*fault = (struct unit_fault){
		.device = (uint16_t)words[0],
		.iova = words[1],
		.write = words[0] & EVENT_WRITE,
	};
	unit->event = (unit->event + 1) % (UNIT_EVENTS_BYTES >> ENTRY_LG2);
	mmio_write64(unit->registers + EVENT_HEAD, (uint64_t)unit->event << ENTRY_LG2);
	return true;
}

const struct unit_driver unit_driver = {
	.name = "AMD IOMMU",
	.ring = &iomt_ring_amd,
	.ops = {.head = head, .doorbell = doorbell, .wait = unit_wait},
	.find = find,
	.start = start,
	.event = event,
	.stop = stop,
	.silent = true, /* QEMU 7.2 logs no page faults */
};
