/* SPDX-License-Identifier: MIT */
/* Memory of the caller's, cut into arrays. Without memory it only counts. */
#ifndef MODEL_BLOCK_H
#define MODEL_BLOCK_H

#include <iomt/base.h>

struct block {
	unsigned char *memory; /* or NULL */
	uint64_t used;
};

/* Zeroed, aligned to 8; NULL while counting. */
static inline void *block_take(struct block *block, uint64_t count, uint64_t bytes)
{
	unsigned char *taken = block->memory ? block->memory + block->used : NULL;
	uint64_t size = (count * bytes + 7) & ~(uint64_t)7;

	if (taken)
		__builtin_memset(taken, 0, (size_t)size);
	block->used += size;
	return taken;
}

static inline int block_check(const void *memory, size_t bytes, uint64_t needed)
{
	if (!needed || !memory || (uintptr_t)memory & 7)
		return IOMT_EINVAL;
	return bytes < needed ? IOMT_ENOMEM : 0;
}

/* What was counted, where the machine can address it; else 0. */
static inline size_t block_size(uint64_t needed)
{
	return needed > SIZE_MAX / 2 ? 0 : (size_t)needed;
}

#endif
