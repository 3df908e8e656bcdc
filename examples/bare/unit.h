/* SPDX-License-Identifier: MIT */
/*
 * An IOMMU: what its vendors have in common stands in unit.c, registers in the one file that each of
 * them has.
 */
#ifndef BARE_UNIT_H
#define BARE_UNIT_H

#include <iomt/iomt.h>

#define UNIT_RING_LG2	  8
#define UNIT_EVENTS_BYTES 4096u

/* A request that was refused, as the event log says. */
struct unit_fault {
	uint32_t device;
	uint64_t iova;
	bool write;
};

struct unit;

/* A vendor's registers. */
struct unit_driver {
	const char *name;
	const struct iomt_ring_kind *ring;
	struct iomt_ring_ops ops; /* their ctx is the unit */

	/* Finds the unit, switches it off, and sets registers and caps. NULL, or what is wrong. */
	const char *(*find)(struct unit *unit);

	/* Points registers at device table, ring and event log; on, with nothing old in its caches. */
	int (*start)(struct unit *unit, const struct iomt_device_table_hw *devices);

	/* Takes the oldest event out of the log. False where there is none. */
	bool (*event)(struct unit *unit, struct unit_fault *fault);

	void (*stop)(struct unit *unit);

	/* QEMU's model refuses requests without an event. */
	bool silent;
};

struct unit {
	uint64_t registers;
	uint8_t split; /* of device ids, as struct iomt_iommu_cfg has it */
	struct iomt_iommu_caps caps;
	const struct iomt_mem *mem; /* for what it walks */
	struct iomt_iommu iommu;
	struct iomt_ring ring;
	struct iomt_cmd *commands;
	uint64_t *stores;
	uint64_t *events;
	uint32_t event;	 /* the next to be read */
	uint64_t faults; /* VT-d: so many registers in place of a log in memory */
	uint32_t fault_count;
};

/* The board's. */
extern const struct unit_driver unit_driver;

/* Every device is blocked then. NULL, or what is wrong. */
const char *unit_open(struct unit *unit);
void unit_close(struct unit *unit);

/* Puts commands into the ring and waits for them. */
int unit_send(struct unit *unit, const struct iomt_cmd *cmds, size_t count);

/* Waits for the next event, a moment. */
bool unit_fault(struct unit *unit, struct unit_fault *fault);

/* For unit_driver.ops: looks again for some seconds, then gives up. */
int unit_wait(void *ctx, uint64_t tries);

#endif
