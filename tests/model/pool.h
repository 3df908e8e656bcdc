/* SPDX-License-Identifier: MIT */
/*
 * A memory provider inside of a block of memory that something else sees at physical addresses of
 * its own: a virtual machine's memory, say.
 */
#ifndef TESTS_MODEL_POOL_H
#define TESTS_MODEL_POOL_H

#include <iomt/mem.h>

#define POOL_SIZES 21 /* log2 of the largest piece is one less */

struct pool_piece {
	struct pool_piece *next;
};

struct pool {
	struct iomt_mem mem;
	char *memory;
	uint64_t bytes;
	uint64_t used;
	uint64_t live; /* pieces handed out */
	struct pool_piece *free[POOL_SIZES];
};

/* Hands out pieces of memory[0..bytes - 1], whose first byte is at a physical address. */
void pool_init(struct pool *pool, void *memory, uint64_t bytes, uint64_t phys);

#endif
