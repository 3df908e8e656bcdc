/* SPDX-License-Identifier: MIT */
/* A driver for QEMU's amd-iommu: host tables, one domain. */
#ifndef TESTS_QEMU_AMD_DRIVER_H
#define TESTS_QEMU_AMD_DRIVER_H

#include "witness.h"

#define AMD_DOMAIN 0x1234

extern const struct iommu amd_iommu;

/* Writes the device table entry anew and drops what was cached. */
void amd_attach(struct witness *w);

/* INVALIDATE_IOMMU_PAGES for the smallest aligned range that holds [first, last], and waits. */
void amd_invalidate_pages(struct witness *w, uint16_t domain, uint64_t first, uint64_t last,
			  bool tables);

/* Takes events out of the log, the oldest first, and empties it. */
unsigned amd_take_events(struct witness *w, uint64_t events[][2], unsigned most);

#endif
