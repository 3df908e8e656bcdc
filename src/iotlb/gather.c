/* SPDX-License-Identifier: MIT */
/*
 * The tables of a gather. Their addresses are kept outside of them: hardware and readers may still
 * walk a table that waits here, so nothing may be written into it.
 */
#include "../entry/debug.h"
#include <iomt/gather.h>

#define CHUNK_BYTES 4096
#define SIZE_BITS   63u /* tables are aligned to 64 bytes; the low bits hold log2 of their size */

struct iomt_gather_chunk {
	struct iomt_gather_chunk *next;
	uint64_t tables[CHUNK_BYTES / sizeof(uint64_t) - 1];
};

#define CHUNK_TABLES (sizeof(((struct iomt_gather_chunk *)0)->tables) / sizeof(uint64_t))

/* Chunks needed for "tables" tables; the first few stand in the gather itself. */
static uint64_t chunks_for(uint64_t tables)
{
	if (tables <= IOMT_GATHER_INLINE_TABLES)
		return 0;
	return (tables - IOMT_GATHER_INLINE_TABLES + CHUNK_TABLES - 1) / CHUNK_TABLES;
}

static uint64_t chunks_held(const struct iomt_gather *gather)
{
	uint64_t count = 0;

	for (const struct iomt_gather_chunk *chunk = gather->chunks_; chunk; chunk = chunk->next)
		count++;
	return count;
}

static void free_chunk(struct iomt_gather *gather)
{
	struct iomt_gather_chunk *chunk = gather->chunks_;

	gather->chunks_ = chunk->next;
	iomt_debug_poison(chunk, CHUNK_BYTES);
	gather->mem_->free(gather->mem_->ctx, chunk, CHUNK_BYTES);
}

int iomt_gather_reserve(struct iomt_gather *gather, const struct iomt_mem *mem, uint32_t count)
{
	const struct iomt_mem *before = gather->mem_;
	uint64_t held = chunks_held(gather), want = chunks_for((uint64_t)gather->tables + count);
	uint64_t added = 0;

	if (before != mem && (gather->tables || gather->chunks_))
		return IOMT_EINVAL;
	gather->mem_ = mem;
	for (; held + added < want; added++) {
		struct iomt_gather_chunk *chunk = mem->alloc(mem->ctx, CHUNK_BYTES);

		if (!chunk) {
			for (; added; added--)
				free_chunk(gather);
			gather->mem_ = before;
			return IOMT_ENOMEM;
		}
		chunk->next = gather->chunks_;
		gather->chunks_ = chunk;
	}
	return 0;
}

/* Where table number i of the gather is noted. Chunks are numbered from the oldest, at the end. */
static uint64_t *place(struct iomt_gather *gather, uint64_t i)
{
	struct iomt_gather_chunk *chunk = gather->chunks_;

	if (i < IOMT_GATHER_INLINE_TABLES)
		return &gather->inline_[i];
	i -= IOMT_GATHER_INLINE_TABLES;
	for (uint64_t skip = chunks_held(gather) - 1 - i / CHUNK_TABLES; skip; skip--)
		chunk = chunk->next;
	return &chunk->tables[i % CHUNK_TABLES];
}

void iomt_gather_add_table(struct iomt_gather *gather, void *table, size_t bytes)
{
#ifdef IOMT_DEBUG
	if (!gather->mem_ || chunks_held(gather) < chunks_for((uint64_t)gather->tables + 1)) {
		iomt_debug_broken(IOMT_RULE_NO_ROOM, gather);
		return;
	}
#endif
	*place(gather, gather->tables++) = (uintptr_t)table | (unsigned)__builtin_ctzll(bytes);
}

/* Makes it empty; the sync hook stays. */
static void empty(struct iomt_gather *gather)
{
	void (*sync)(struct iomt_gather *) = gather->sync;
	void *ctx = gather->ctx;

	iomt_gather_init(gather);
	gather->sync = sync;
	gather->ctx = ctx;
}

void iomt_gather_move(struct iomt_gather *to, struct iomt_gather *from)
{
	*to = *from;
	empty(from);
}

void iomt_gather_release(struct iomt_gather *gather)
{
	const struct iomt_mem *mem = gather->mem_;

	for (uint32_t i = 0; i < gather->tables; i++) {
		uint64_t noted = *place(gather, i);
		void *table = (void *)(uintptr_t)(noted & ~(uint64_t)SIZE_BITS);
		size_t bytes = (size_t)1 << (noted & SIZE_BITS);

		if (iomt_debug_poison(table, bytes))
			mem->free(mem->ctx, table, bytes);
	}
	while (gather->chunks_)
		free_chunk(gather);
	empty(gather);
}
