/* SPDX-License-Identifier: MIT */
#include "pool.h"
#include <sys/mman.h>

#define LARGEST_LG2 20

struct piece {
	struct piece *next;
};

static char *base;
static size_t used;
static struct piece *pieces[LARGEST_LG2 + 1];

/* Address space is taken once; memory comes to it as it is touched. */
static bool open_pool(void)
{
	void *memory = mmap(NULL, POOL_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	base = memory;
	used = -(uintptr_t)memory & ((1u << LARGEST_LG2) - 1);
	return true;
}

void *pool_alloc(size_t bytes)
{
	unsigned lg2 = (unsigned)__builtin_ctzll(bytes);
	struct piece *piece = pieces[lg2];
	size_t at;

	if (piece) {
		pieces[lg2] = piece->next;
		return piece;
	}
	if (!base && !open_pool())
		return NULL;
	at = used + (-(uintptr_t)(base + used) & (bytes - 1));
	if (at + bytes > POOL_BYTES)
		return NULL;
	used = at + bytes;
	return base + at;
}

void pool_free(void *memory, size_t bytes)
{
	unsigned lg2 = (unsigned)__builtin_ctzll(bytes);
	struct piece *piece = memory;

	piece->next = pieces[lg2];
	pieces[lg2] = piece;
}

size_t pool_page(const void *memory)
{
	return (size_t)((const char *)memory - base) >> 12;
}

void *pool_page_at(size_t page)
{
	return base + (page << 12);
}

static void *mem_alloc(void *ctx, size_t bytes)
{
	(void)ctx;
	return pool_alloc(bytes);
}

static void mem_free(void *ctx, void *memory, size_t bytes)
{
	(void)ctx;
	pool_free(memory, bytes);
}

const struct iomt_mem pool_mem = {
	.size = sizeof(struct iomt_mem),
	.alloc = mem_alloc,
	.free = mem_free,
};
