/* SPDX-License-Identifier: MIT */
/*
 * QEMU's teaching device "edu" (docs/specs/edu.txt): a PCI device with a buffer of 4 KiB and a DMA
 * engine, which here makes the DMA that the IOMMU translates.
 */
#ifndef TESTS_QEMU_EDU_H
#define TESTS_QEMU_EDU_H

#include "guest.h"

#define EDU_BUFFER_BYTES 4096u

struct edu {
	struct qtest *qtest;
	uint64_t registers;
	uint16_t rid;  /* requester id: bus 0, device, function 0 */
	uint64_t dmas; /* how many it made */
};

/* Finds a device, the first for number 0, and makes it ready. */
void edu_open(struct edu *edu, struct guest *guest, unsigned number);

/* The device reads memory at iova into its buffer. */
void edu_read(struct edu *edu, uint64_t iova, unsigned offset, unsigned bytes);

/* The same in two halves: what the device writes in between, it writes at some moment of them. */
void edu_start_write(struct edu *edu, uint64_t iova, unsigned offset, unsigned bytes);
void edu_finish(struct edu *edu);

/* The device writes bytes of its buffer to memory at iova. */
void edu_write(struct edu *edu, uint64_t iova, unsigned offset, unsigned bytes);

#endif
