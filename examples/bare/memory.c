/* SPDX-License-Identifier: MIT */
/* Pieces are cut from the start of what was never used; what comes back is kept by its size. */
#include "memory.h"

#define SIZES 22 /* up to 2 MiB */

struct piece {
	struct piece *next;
};

static struct {
	uint64_t next, last;
	uint64_t used;
	struct piece *free[SIZES];
} pool;

void memory_open(uint64_t first, uint64_t last)
{
	pool.next = first;
	pool.last = last;
}

static void *cut(size_t bytes)
{
	uint64_t at = (pool.next + bytes - 1) & ~(uint64_t)(bytes - 1);

	if (at + (bytes - 1) > pool.last)
		return NULL;
	pool.next = at + bytes;
	return (void *)(uintptr_t)at;
}

static void *take(void *ctx, size_t bytes)
{
	unsigned lg2 = (unsigned)__builtin_ctzll(bytes);
	struct piece *piece = lg2 < SIZES ? pool.free[lg2] : NULL;
	void *taken = piece;

	(void)ctx;
	if (piece)
		pool.free[lg2] = piece->next;
	else if (lg2 < SIZES)
		taken = cut(bytes);
	if (taken)
		pool.used += bytes;
	return taken;
}

static void give(void *ctx, void *taken, size_t bytes)
{
	unsigned lg2 = (unsigned)__builtin_ctzll(bytes);
	struct piece *piece = taken;

	(void)ctx;
	piece->next = pool.free[lg2];
	pool.free[lg2] = piece;
	pool.used -= bytes;
}

#if defined(__aarch64__)
#define LINE	    16 /* no cache has shorter ones */
#define CLEAN(line) __asm__ volatile("dc cvac, %0" : : "r"(line) : "memory")
#define CLEANED()   __asm__ volatile("dsb sy" ::: "memory")
#else
#define LINE	    64
#define CLEAN(line) __asm__ volatile("clflush (%0)" : : "r"(line) : "memory")
#define CLEANED()   __asm__ volatile("mfence" ::: "memory")
#endif

void memory_clean(void *ctx, const void *cached, size_t bytes)
{
	uintptr_t first = (uintptr_t)cached & ~(uintptr_t)(LINE - 1);

	(void)ctx;
	for (uintptr_t line = first; line < (uintptr_t)cached + bytes; line += LINE)
		CLEAN(line);
	CLEANED();
}

const struct iomt_mem memory = {.size = sizeof(memory), .alloc = take, .free = give};
const struct iomt_mem memory_cleaned = {
	.size = sizeof(memory_cleaned), .alloc = take, .free = give, .clean = memory_clean};

void *memory_take(size_t bytes)
{
	void *taken = take(NULL, bytes);

	if (taken)
		__builtin_memset(taken, 0, bytes);
	return taken;
}

void memory_give(void *taken, size_t bytes)
{
	give(NULL, taken, bytes);
}

uint64_t memory_used(void)
{
	return pool.used;
}
