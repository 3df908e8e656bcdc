/* SPDX-License-Identifier: MIT */
#include "pool.h"
#include "test.h"

/* Pieces are aligned as physical addresses; both addresses agree in that. */
static void *pool_alloc(void *ctx, size_t bytes)
{
	struct pool *pool = ctx;
	unsigned lg2 = (unsigned)__builtin_ctzll(bytes);
	struct pool_piece *piece;
	uint64_t at;

	CHECK(lg2 < POOL_SIZES && bytes == 1ULL << lg2);
	piece = pool->free[lg2];
	if (piece) {
		pool->free[lg2] = piece->next;
	} else {
		at = (pool->used + bytes - 1) & ~(uint64_t)(bytes - 1);
		if (at + bytes > pool->bytes)
			return NULL;
		pool->used = at + bytes;
		piece = (struct pool_piece *)(pool->memory + at);
	}
	pool->live++;
	memset(piece, 0xa5, bytes);
	return piece;
}

static void pool_free(void *ctx, void *memory, size_t bytes)
{
	struct pool *pool = ctx;
	unsigned lg2 = (unsigned)__builtin_ctzll(bytes);
	struct pool_piece *piece = memory;

	memset(memory, 0xde, bytes);
	piece->next = pool->free[lg2];
	pool->free[lg2] = piece;
	pool->live--;
}

void pool_init(struct pool *pool, void *memory, uint64_t bytes, uint64_t phys)
{
	memset(pool, 0, sizeof(*pool));
	CHECK(!(((uintptr_t)memory | phys) & ((1u << (POOL_SIZES - 1)) - 1)));
	pool->memory = memory;
	pool->bytes = bytes;
	pool->mem = (struct iomt_mem){
		.size = sizeof(pool->mem),
		.alloc = pool_alloc,
		.free = pool_free,
		.phys_offset = phys - (uint64_t)(uintptr_t)memory,
		.ctx = pool,
	};
}
