/* SPDX-License-Identifier: MIT */
/*
 * Units that are not there: the library's own objects in memory that nobody walks, with a command queue
 * that is done as soon as it is written. What can be attached to what is asked of these.
 */
#ifndef IOMT_TOOL_VIRTUAL_H
#define IOMT_TOOL_VIRTUAL_H

#include "machine.h"

#define VIRTUAL_RING_LG2 8
#define VIRTUAL_ID_BITS	 12 /* MACHINE_RIDS */

struct virtual_unit {
	const struct iomt_ring_kind *kind;
	struct iomt_ring ring;
	uint32_t head, tail;
	struct iomt_cmd entries[2 << VIRTUAL_RING_LG2];
	struct iomt_ring_slot slots[1 << VIRTUAL_RING_LG2];
	uint64_t stores[1 << VIRTUAL_RING_LG2];
	struct iomt_iommu iommu;
};

/* Errors of iomt_iommu_init. Devices are numbered from 0, whatever their requester ids. */
int virtual_open(struct virtual_unit *unit, const struct iomt_iommu_caps *caps,
		 const struct iomt_mem *mem);

#endif
