/* SPDX-License-Identifier: MIT */
/*
 * The memory provider: where page tables live, and how the hardware sees them.
 *
 * All memory of the core comes from one of these, and from nowhere else. A driver fills it once per
 * IOMMU; src/hosted has ready ones for hosted programs.
 */
#ifndef IOMT_MEM_H
#define IOMT_MEM_H

#include <iomt/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The callbacks run in the thread of the call that needs them, so a provider shared by threads must
 * be safe for threads. The struct and what ctx points to must outlive every table made from it.
 */
struct iomt_mem {
	/* sizeof(struct iomt_mem): the struct may grow, callers built against an older one work. */
	size_t size;

	/*
	 * Returns memory of exactly "bytes" bytes, a power of two from 64 to 1 MiB (what tables
	 * need is the granule: 4, 16 or 64 KiB; roots may be smaller or larger) or, for the largest
	 * device tables, 2 MiB, aligned to "bytes", with any content, or NULL when there is none. Memory whose physical address is
	 * not aligned or lies beyond the table's output address size is given back at once and
	 * counts as none.
	 */
	void *(*alloc)(void *ctx, size_t bytes);

	/* Takes back what alloc returned, with the same "bytes". */
	void (*free)(void *ctx, void *memory, size_t bytes);

	/*
	 * Between the address of memory from alloc and the physical address that hardware uses for
	 * it. Leave both NULL where the two differ by a constant (a direct map): then
	 * physical = (uintptr_t)memory + phys_offset, modulo 2^64. Giving one without the other is
	 * an error. The constant is the fast way.
	 */
	uint64_t (*to_phys)(void *ctx, const void *memory);
	void *(*to_virt)(void *ctx, uint64_t phys);
	uint64_t phys_offset;

	/*
	 * For an IOMMU whose table walks do not snoop the CPU's caches: writes these bytes back to
	 * the point of coherency and returns when that is done, ordered before all later stores.
	 * NULL when walks are coherent.
	 */
	void (*clean)(void *ctx, const void *memory, size_t bytes);

	/* Passed to every callback. */
	void *ctx;
};

#ifdef __cplusplus
}
#endif
#endif
