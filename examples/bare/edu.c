/* SPDX-License-Identifier: MIT */
#include "edu.h"
#include "mmio.h"

#define BUFFER	      0x40000 /* its address on the device's own side */
#define DMA_SOURCE    0x80
#define DMA_TARGET    0x88
#define DMA_COUNT     0x90
#define DMA_COMMAND   0x98
#define DMA_START     (1u << 0) /* reads as 1 until the DMA is done */
#define DMA_TO_MEMORY (1u << 1)
#define PATIENCE      1000000000ull /* looks at the register; a DMA takes a tenth of a second */

static bool copy(const struct edu *edu, uint64_t source, uint64_t target, uint32_t bytes,
		 uint32_t direction)
{
	mmio_write64(edu->registers + DMA_SOURCE, source);
	mmio_write64(edu->registers + DMA_TARGET, target);
	mmio_write64(edu->registers + DMA_COUNT, bytes);
	mmio_write64(edu->registers + DMA_COMMAND, direction | DMA_START);
	for (uint64_t tries = 0; tries < PATIENCE; tries++) {
		if (!(mmio_read64(edu->registers + DMA_COMMAND) & DMA_START))
			return true;
		mmio_pause();
	}
	return false;
}

bool edu_read(const struct edu *edu, uint64_t iova, uint32_t bytes)
{
	return copy(edu, iova, BUFFER, bytes, 0);
}

bool edu_write(const struct edu *edu, uint64_t iova, uint32_t bytes)
{
	return copy(edu, BUFFER, iova, bytes, DMA_TO_MEMORY);
}
