/* SPDX-License-Identifier: MIT */
/*
 * An IOMMU in software, and a device behind it: the backend for machines without VFIO, and for tests of a driver. Its
 * tables are the library's, tracked for dirty pages, and the device's DMA walks them as hardware would.
 */
#ifndef EXAMPLE_SOFT_H
#define EXAMPLE_SOFT_H

#include "dma.h"

#define SOFT_BUFFER_BYTES 4096u

struct soft {
	struct iomt_pt pt;
	struct iomt_guest_mem mem;
	struct iomt_walker walker;
	unsigned char buffer[SOFT_BUFFER_BYTES]; /* the device's own */
};

int soft_open(struct soft *soft, unsigned bits);
void soft_close(struct soft *soft);

/* The device reads memory into its buffer, or writes it there. IOMT_EFAULT: the IOMMU does not let it. */
int soft_dma(struct soft *soft, bool to_memory, uint64_t iova, uint32_t bytes);

/* Its ctx is a struct soft. */
extern const struct dma_backend soft_backend;

#endif
