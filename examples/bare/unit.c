/* SPDX-License-Identifier: MIT */
#include "unit.h"
#include "memory.h"
#include "mmio.h"

#define RING_BYTES   (sizeof(struct iomt_cmd) << UNIT_RING_LG2)
#define STORES_BYTES (sizeof(uint64_t) << UNIT_RING_LG2)
#define PATIENCE     100000000ull /* looks at a register */
#define EVENT_TRIES  100000u

static struct iomt_ring_slot slots[1 << UNIT_RING_LG2];

int unit_wait(void *ctx, uint64_t tries)
{
	(void)ctx;
	mmio_pause();
	return tries < PATIENCE ? 0 : IOMT_EIO;
}

/* Hardware stores where AMD and VT-d signal completion; SMMUv3's index tells. */
static int open_ring(struct unit *unit)
{
	bool stores = unit_driver.ring != &iomt_ring_smmu;
	struct iomt_ring_cfg cfg = {
		.size = sizeof(cfg),
		.kind = unit_driver.ring,
		.ops = &unit_driver.ops,
		.ctx = unit,
		.entries_lg2 = UNIT_RING_LG2,
		.slots = slots,
	};

	unit->commands = memory_take(RING_BYTES);
	unit->stores = memory_take(STORES_BYTES);
	unit->events = memory_take(UNIT_EVENTS_BYTES);
	unit->event = 0;
	if (!unit->commands || !unit->stores || !unit->events)
		return IOMT_ENOMEM;
	cfg.entries = unit->commands;
	cfg.stores = stores ? unit->stores : NULL;
	cfg.stores_phys = (uintptr_t)cfg.stores; /* memory is mapped one to one */
	return iomt_ring_init(&unit->ring, &cfg);
}

const char *unit_open(struct unit *unit)
{
	struct iomt_iommu_cfg cfg = {.size = sizeof(cfg), .caps = &unit->caps, .ring = &unit->ring};
	struct iomt_device_table_hw devices;
	const char *wrong = unit_driver.find(unit);
	int err;

	if (wrong)
		return wrong;
	unit->mem = unit->caps.flags & IOMT_IOMMU_COHERENT ? &memory : &memory_cleaned;
	cfg.mem = unit->mem;
	cfg.split = unit->split;
	err = open_ring(unit);
	if (!err)
		err = iomt_iommu_init(&unit->iommu, &cfg);
	if (err)
		return iomt_strerror(err);
	iomt_iommu_hw(&unit->iommu, &devices);
	err = unit_driver.start(unit, &devices);
	return err ? iomt_strerror(err) : NULL;
}

void unit_close(struct unit *unit)
{
	unit_driver.stop(unit);
	iomt_iommu_destroy(&unit->iommu);
	memory_give(unit->events, UNIT_EVENTS_BYTES);
	memory_give(unit->stores, STORES_BYTES);
	memory_give(unit->commands, RING_BYTES);
}

int unit_send(struct unit *unit, const struct iomt_cmd *cmds, size_t count)
{
	struct iomt_ring_batch batch = {0};
	int err = iomt_ring_put(&unit->ring, cmds, count, true, &batch);

	return err ? err : iomt_ring_wait(&unit->ring, &batch);
}

bool unit_fault(struct unit *unit, struct unit_fault *fault)
{
	for (unsigned i = 0; i < EVENT_TRIES; i++) {
		if (unit_driver.event(unit, fault))
			return true;
		mmio_pause();
	}
	return false;
}
