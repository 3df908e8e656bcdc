/* SPDX-License-Identifier: MIT */
/*
 * QEMU's teaching device "edu" (docs/specs/edu.txt): a buffer of its own, and a DMA engine that copies to and
 * from it. It sends addresses of 28 bits.
 */
#ifndef BARE_EDU_H
#define BARE_EDU_H

#include <stdbool.h>
#include <stdint.h>

#define EDU_DMA_LAST ((uint64_t)0x0fffffff)

struct edu {
	uint64_t registers;
	uint16_t rid; /* its requester id */
};

/* False where the machine has none. */
bool edu_open(struct edu *edu);

/*
 * Copies memory at iova into the buffer, or the buffer to there, and waits. At most 4095 bytes: QEMU 7.2 takes
 * one more as beyond the buffer. False: it does not end.
 */
bool edu_read(const struct edu *edu, uint64_t iova, uint32_t bytes);
bool edu_write(const struct edu *edu, uint64_t iova, uint32_t bytes);

#endif
