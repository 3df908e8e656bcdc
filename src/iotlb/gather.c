/* SPDX-License-Identifier: MIT */
/*
 * The tables of a gather. Their addresses are kept outside of them: hardware and readers may still
 * walk a table that waits here, so nothing may be written into it.
 */
#include "../entry/debug.h"
#include <iomt/gather.h>

#define CHUNK_BYTES 4096
#define SIZE_BITS   63u /* tables are aligned to 64 bytes; the low bits hold log2 of their size */

/*
 * Chunks stand in a circle: behind the one that is being filled the empty ones, then the full ones. So
 * no call looks for a place, however many tables there are.
 */
struct iomt_gather_chunk {
	struct iomt_gather_chunk *next;
	uint32_t count; /* tables that are noted here */
	uint32_t spare; /* of the one that is being filled: how many empty ones there are */
	uint64_t tables[CHUNK_BYTES / sizeof(uint64_t) - 2];
};

_Static_assert(sizeof(struct iomt_gather_chunk) <= CHUNK_BYTES, "one page");

#define CHUNK_TABLES (sizeof(((struct iomt_gather_chunk *)0)->tables) / sizeof(uint64_t))

/* Tables that can be added; the first few stand in the gather itself. */
static uint64_t room(const struct iomt_gather *gather)
{
	const struct iomt_gather_chunk *chunk = gather->chunks_;
	uint64_t count = 0;

	if (gather->tables < IOMT_GATHER_INLINE_TABLES)
		count = IOMT_GATHER_INLINE_TABLES - gather->tables;
	if (chunk)
		count += (chunk->spare + 1ULL) * CHUNK_TABLES - chunk->count;
	return count;
}

static void add_chunk(struct iomt_gather *gather, struct iomt_gather_chunk *chunk)
{
	struct iomt_gather_chunk *filled = gather->chunks_;

	chunk->count = 0;
	chunk->spare = 0;
	if (filled) {
		chunk->next = filled->next;
		filled->next = chunk;
		filled->spare++;
	} else {
		chunk->next = chunk;
		gather->chunks_ = chunk;
	}
}

/* A list that ends, not a circle. */
static void free_list(const struct iomt_mem *mem, struct iomt_gather_chunk *chunk)
{
	while (chunk) {
		struct iomt_gather_chunk *next = chunk->next;

		iomt_debug_poison(chunk, CHUNK_BYTES);
		mem->free(mem->ctx, chunk, CHUNK_BYTES);
		chunk = next;
	}
}

int iomt_gather_reserve(struct iomt_gather *gather, const struct iomt_mem *mem, uint32_t count)
{
	struct iomt_gather_chunk *fresh = NULL;

	if (gather->mem_ != mem && (gather->tables || gather->chunks_))
		return IOMT_EINVAL;
	for (uint64_t have = room(gather); have < count; have += CHUNK_TABLES) {
		struct iomt_gather_chunk *chunk = mem->alloc(mem->ctx, CHUNK_BYTES);

		if (!chunk) {
			free_list(mem, fresh);
			return IOMT_ENOMEM;
		}
		chunk->next = fresh;
		fresh = chunk;
	}
	gather->mem_ = mem;
	while (fresh) {
		struct iomt_gather_chunk *chunk = fresh;

		fresh = chunk->next;
		add_chunk(gather, chunk);
	}
	return 0;
}

/* Where the next table is noted. */
static uint64_t *place(struct iomt_gather *gather)
{
	struct iomt_gather_chunk *chunk = gather->chunks_;

	if (gather->tables < IOMT_GATHER_INLINE_TABLES)
		return &gather->inline_[gather->tables];
	if (chunk->count == CHUNK_TABLES) {
		chunk->next->spare = chunk->spare - 1;
		chunk = gather->chunks_ = chunk->next;
	}
	return &chunk->tables[chunk->count++];
}

void iomt_gather_add_table(struct iomt_gather *gather, void *table, size_t bytes)
{
#ifdef IOMT_DEBUG
	if (!gather->mem_ || !room(gather)) {
		iomt_debug_broken(IOMT_RULE_NO_ROOM, gather);
		return;
	}
#endif
	*place(gather) = (uintptr_t)table | (unsigned)__builtin_ctzll(bytes);
	gather->tables++;
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

static void free_tables(const struct iomt_mem *mem, const uint64_t *noted, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		void *table = (void *)(uintptr_t)(noted[i] & ~(uint64_t)SIZE_BITS);
		size_t bytes = (size_t)1 << (noted[i] & SIZE_BITS);

		if (iomt_debug_poison(table, bytes))
			mem->free(mem->ctx, table, bytes);
	}
}

void iomt_gather_release(struct iomt_gather *gather)
{
	struct iomt_gather_chunk *filled = gather->chunks_, *first = NULL;
	uint32_t here = gather->tables;

	if (here > IOMT_GATHER_INLINE_TABLES)
		here = IOMT_GATHER_INLINE_TABLES;
	free_tables(gather->mem_, gather->inline_, here);
	if (filled) {
		first = filled->next;
		filled->next = NULL;
	}
	for (const struct iomt_gather_chunk *chunk = first; chunk; chunk = chunk->next)
		free_tables(gather->mem_, chunk->tables, chunk->count);
	free_list(gather->mem_, first);
	empty(gather);
}
