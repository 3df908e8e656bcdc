/* SPDX-License-Identifier: MIT */
/* Tables from the C library's heap. */
#include <iomt/hosted.h>
#include <stdlib.h>

static void *heap_alloc(void *ctx, size_t bytes)
{
	(void)ctx;
	return aligned_alloc(bytes, bytes);
}

static void heap_free(void *ctx, void *memory, size_t bytes)
{
	(void)ctx;
	(void)bytes;
	free(memory);
}

const struct iomt_mem iomt_mem_heap = {
	.size = sizeof(struct iomt_mem),
	.alloc = heap_alloc,
	.free = heap_free,
};
