/* SPDX-License-Identifier: MIT */
/* A driver for QEMU's intel-iommu: second stage tables, one domain, in legacy and in scalable mode. */
#ifndef TESTS_QEMU_INTEL_DRIVER_H
#define TESTS_QEMU_INTEL_DRIVER_H

#include "witness.h"
#include <iomt/device_table.h>

/* With 39 or 48 bits of address; invalidation by queue or by registers. */
extern const struct iommu intel_48_queue;
extern const struct iommu intel_48_registers;
extern const struct iommu intel_39_queue;
extern const struct iommu intel_48_scalable;

/* In scalable mode: points the PASID of requests without one at w->pt, or makes it absent. */
void intel_set_pasid(struct witness *w, uint16_t domain);
void intel_clear_pasid(struct witness *w);

/* The context entry by the library's calls: by the table, or as "use" says; or none. */
void intel_set_context(struct witness *w);
void intel_use_context(struct witness *w, const struct iomt_device_use *use);
void intel_clear_context(struct witness *w);

#define INTEL_DOMAIN 0x123

/* Fault reasons: in second stage tables, what is absent is what allows neither. */
#define INTEL_WIDTH    0x4 /* beyond the table's reach */
#define INTEL_NO_WRITE 0x5
#define INTEL_NO_READ  0x6

/* How much an invalidation names (6.5.1.2, 6.5.2.3). */
#define INTEL_GLOBAL	1
#define INTEL_OF_DOMAIN 2
#define INTEL_PAGES	3

/*
 * An IOTLB invalidation, and the wait for it: everything, a domain, or the 4K << order bytes at an
 * aligned address. leaves: paging-structure caches may stay.
 */
void intel_invalidate_iotlb(struct witness *w, unsigned granularity, uint16_t domain, uint64_t iova,
			    unsigned order, bool leaves);

#endif
