/* SPDX-License-Identifier: MIT */
/*
 * QEMU's teaching device "edu" (docs/specs/edu.txt): a buffer of its own, and a DMA engine that copies to and
 * from it. It sends addresses of 28 bits.
 */
#ifndef BARE_EDU_H
#define BARE_EDU_H

#include <stdbool.h>
#include <stdint.h>

#define EDU_PCI_ID   0x11e81234 /* vendor and device */
#define EDU_DMA_LAST ((uint64_t)0x0fffffff)

struct edu {
	uint64_t registers; /* of BAR 0, where this program sees them */
	uint16_t rid;	    /* its requester id */
};

/*
 * Copies memory at iova into the buffer, or the buffer to there, and waits. At most 4095 bytes: QEMU 7.2 takes
 * one more as beyond the buffer. False: it does not end.
 */
bool edu_read(const struct edu *edu, uint64_t iova, uint32_t bytes);
bool edu_write(const struct edu *edu, uint64_t iova, uint32_t bytes);

#endif
