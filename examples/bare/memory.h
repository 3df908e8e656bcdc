/* SPDX-License-Identifier: MIT */
/*
 * The memory provider: all RAM above what the device can address, handed out in powers of two. Memory is
 * mapped one to one, so that the way from a pointer to a physical address is to add nothing.
 */
#ifndef BARE_MEMORY_H
#define BARE_MEMORY_H

#include <iomt/mem.h>

/* Begins with the RAM of [first, last]. */
void memory_open(uint64_t first, uint64_t last);

extern const struct iomt_mem memory;

/* The same for an IOMMU that does not snoop the processor's caches. */
extern const struct iomt_mem memory_cleaned;

/* Writes these bytes back to memory; for iomt_mem.clean and iomt_ring_ops.clean. */
void memory_clean(void *ctx, const void *cached, size_t bytes);

/* Zeroed, aligned to its size, a power of two from 64 bytes on; NULL where there is no more. */
void *memory_take(size_t bytes);
void memory_give(void *taken, size_t bytes);

/* Bytes that are handed out. */
uint64_t memory_used(void);

#endif
