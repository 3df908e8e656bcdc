/* SPDX-License-Identifier: MIT */
#include "pool.h"
#include <iomt/hosted.h>

static const struct iomt_mem *mem;
static char *base;

const struct iomt_mem *pool_mem(void)
{
	struct iomt_pool_cfg cfg = {.size = sizeof(cfg), .limit = POOL_BYTES, .keep = UINT64_MAX};
	struct iomt_pool_stats stats;
	struct iomt_pool *pool;

	if (mem || iomt_pool_create(&pool, &cfg))
		return mem;
	iomt_pool_stats(pool, &stats);
	base = stats.base;
	mem = iomt_pool_mem(pool);
	return mem;
}

void *pool_alloc(size_t bytes)
{
	return pool_mem() ? mem->alloc(mem->ctx, bytes) : NULL;
}

void pool_free(void *memory, size_t bytes)
{
	mem->free(mem->ctx, memory, bytes);
}

size_t pool_page(const void *memory)
{
	return (size_t)((const char *)memory - base) >> 12;
}

void *pool_page_at(size_t page)
{
	return base + (page << 12);
}
