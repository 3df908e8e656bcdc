/* SPDX-License-Identifier: MIT */
#include "chunk.h"
#include <string.h>

_Static_assert(sizeof(struct chunk) <= CHUNK_BYTES / 100, "bookkeeping is at most 1 %");

static void set(struct chunk *chunk, uint32_t block, unsigned order)
{
	chunk->bits[block / 64] |= 1ULL << block % 64;
	chunk->free[order]++;
	chunk->orders |= 1u << order;
}

static void clear(struct chunk *chunk, uint32_t block, unsigned order)
{
	chunk->bits[block / 64] &= ~(1ULL << block % 64);
	if (!--chunk->free[order])
		chunk->orders &= ~(1u << order);
}

static bool is_set(const struct chunk *chunk, uint32_t block)
{
	return chunk->bits[block / 64] >> block % 64 & 1;
}

/* The first block of an order; they end before twice this. */
static uint32_t first_of(unsigned order)
{
	return 1u << (WHOLE - order);
}

void hosted_chunk_clear(struct chunk *chunk)
{
	chunk->orders = 0;
	memset(chunk->free, 0, sizeof(chunk->free));
	memset(chunk->bits, 0, sizeof(chunk->bits));
	set(chunk, 1, WHOLE);
}

unsigned hosted_chunk_largest(const struct chunk *chunk)
{
	return chunk->orders ? 31 - (unsigned)__builtin_clz(chunk->orders) : NOTHING;
}

/* The lowest free block of an order that has one. */
static uint32_t find(const struct chunk *chunk, unsigned order)
{
	uint32_t first = first_of(order), word = first / 64;
	uint64_t bits = chunk->bits[word];

	if (first < 64) /* the orders of few blocks share the first word */
		bits &= ~0ULL << first;
	while (!bits)
		bits = chunk->bits[++word];
	return word * 64 + (uint32_t)__builtin_ctzll(bits);
}

size_t hosted_chunk_take(struct chunk *chunk, unsigned order)
{
	unsigned at = order + (unsigned)__builtin_ctz(chunk->orders >> order);
	uint32_t block = find(chunk, at);

	clear(chunk, block, at);
	while (at > order) {
		block *= 2;
		set(chunk, block + 1, --at);
	}
	return (size_t)(block - first_of(order)) << (order + SMALLEST_LG2);
}

void hosted_chunk_put(struct chunk *chunk, size_t offset, unsigned order)
{
	uint32_t block = first_of(order) + (uint32_t)(offset >> (order + SMALLEST_LG2));

	while (block > 1 && is_set(chunk, block ^ 1)) {
		clear(chunk, block ^ 1, order++);
		block /= 2;
	}
	set(chunk, block, order);
}
