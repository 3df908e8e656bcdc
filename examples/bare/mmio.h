/* SPDX-License-Identifier: MIT */
/*
 * Registers. A write comes after all stores to memory before it, a read before all loads after it:
 * that is what iomt/ring.h asks of doorbell and head.
 */
#ifndef BARE_MMIO_H
#define BARE_MMIO_H

#include <stdint.h>

#if defined(__aarch64__)
#define MMIO_BEFORE_WRITE() __asm__ volatile("dmb oshst" ::: "memory")
#define MMIO_AFTER_READ()   __asm__ volatile("dmb oshld" ::: "memory")
#else /* x86 keeps this order by itself where registers are not cached */
#define MMIO_BEFORE_WRITE() __asm__ volatile("" ::: "memory")
#define MMIO_AFTER_READ()   __asm__ volatile("" ::: "memory")
#endif

static inline uint32_t mmio_read32(uint64_t address)
{
	uint32_t value = *(const volatile uint32_t *)(uintptr_t)address;

	MMIO_AFTER_READ();
	return value;
}

static inline uint64_t mmio_read64(uint64_t address)
{
	uint64_t value = *(const volatile uint64_t *)(uintptr_t)address;

	MMIO_AFTER_READ();
	return value;
}

static inline void mmio_write32(uint64_t address, uint32_t value)
{
	MMIO_BEFORE_WRITE();
	*(volatile uint32_t *)(uintptr_t)address = value;
}

static inline void mmio_write64(uint64_t address, uint64_t value)
{
	MMIO_BEFORE_WRITE();
	*(volatile uint64_t *)(uintptr_t)address = value;
}

/* The processor has nothing to do but to look again. */
static inline void mmio_pause(void)
{
#if defined(__aarch64__)
	__asm__ volatile("yield");
#else
	__asm__ volatile("pause");
#endif
}

#endif
