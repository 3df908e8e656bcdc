/* SPDX-License-Identifier: MIT */
/*
 * A chunk of memory cut into halves of halves (a buddy allocator). Nothing is written into the memory
 * itself: what is free is a bit for each block of each size, numbered as a heap is. Block 1 is the
 * whole chunk, blocks 2n and 2n + 1 are the halves of block n. A bit is set where a block is free as a
 * whole; then none of its parts' bits is.
 */
#ifndef HOSTED_CHUNK_H
#define HOSTED_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMALLEST_LG2 6u	 /* what struct iomt_mem may ask for */
#define CHUNK_LG2    21u /* the most, too */
#define CHUNK_BYTES  ((size_t)1 << CHUNK_LG2)
#define ORDERS	     (CHUNK_LG2 - SMALLEST_LG2 + 1) /* order o is a block of 64 << o bytes */
#define WHOLE	     (ORDERS - 1)		    /* the order of a chunk */
#define NOTHING	     ORDERS

struct chunk {
	struct chunk *next; /* of the pool's list */
	struct chunk *prev;
	uint32_t index;	       /* place in the pool */
	uint32_t orders;       /* bit o: "free" of o is not 0 */
	bool reserved;	       /* made of a huge page that was set aside */
	uint16_t free[ORDERS]; /* blocks of each order */
	uint64_t bits[(2 << WHOLE) / 64];
};

/* Makes the chunk wholly free. */
void hosted_chunk_clear(struct chunk *chunk);

/* The order of the largest free block, or NOTHING. */
unsigned hosted_chunk_largest(const struct chunk *chunk);

/* Takes a block of an order that is at most the largest free one; its offset in bytes. */
size_t hosted_chunk_take(struct chunk *chunk, unsigned order);

/* Gives it back. */
void hosted_chunk_put(struct chunk *chunk, size_t offset, unsigned order);

#endif
