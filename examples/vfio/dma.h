/* SPDX-License-Identifier: MIT */
/*
 * DMA memory of a driver in userspace (NVMe, virtio, a NIC): the piece to copy. Addresses come from iova.h; a page
 * table of the library's mirrors what the IOMMU was told, and answers at any time, in any thread and without a system
 * call, what an IOVA means; what is unmapped is told in as few calls as it has ranges.
 *
 *	dma_map(&dma, queue, sizeof(queue), IOMT_READ | IOMT_WRITE, &iova);
 *	...                     // the device works
 *	dma_unmap(&dma, iova);  // of as many buffers as there are
 *	dma_sync(&dma);         // now the memory may be used for something else
 */
#ifndef EXAMPLE_DMA_H
#define EXAMPLE_DMA_H

#include "iova.h"
#include <pthread.h>

#define DMA_PAGE    4096u
#define DMA_WAITING 256u

/* Who tells the IOMMU. Calls return 0 or a code of iomt/base.h; they are made one at a time. */
struct dma_backend {
	const char *name;

	/* Lets [iova, iova + length - 1] lead to this memory, as IOMT_READ and IOMT_WRITE say. */
	int (*map)(void *ctx, uint64_t iova, void *memory, uint64_t length, uint32_t prot);

	/* Ends all mappings in [first, last], which cuts none, and no DMA goes there any more. */
	int (*unmap)(void *ctx, uint64_t first, uint64_t last);

	/*
	 * Of one mapping: sets a bit for each page that may have been written since it was mapped, or asked
	 * about. IOMT_EOPNOTSUPP.
	 */
	int (*dirty)(void *ctx, uint64_t iova, uint64_t length, uint64_t *bitmap);
};

/* Fields are private but for the counts. */
struct dma {
	const struct dma_backend *backend;
	void *ctx;
	pthread_mutex_t lock; /* of all but dma_at */
	struct iova iova;
	struct iomt_pt mirror;
	uint64_t waiting[DMA_WAITING]; /* slots that were unmapped, and not told yet */
	unsigned count;
	uint64_t maps, unmaps; /* calls of the backend */
};

/* "bits" of address is what the device can send, and the IOMMU translate. */
int dma_open(struct dma *dma, const struct dma_backend *backend, void *ctx, unsigned bits);

/* Unmaps everything. Where the backend refuses, the memory must stay: its error. */
int dma_close(struct dma *dma);

/*
 * Gives the device whole pages of memory, aligned to pages. IOMT_EINVAL, IOMT_ENOSPC, IOMT_ENOMEM, and the
 * backend's errors: nothing changed.
 */
int dma_map(struct dma *dma, void *memory, uint64_t length, uint32_t prot, uint64_t *iova);

/*
 * Ends what dma_map gave. The device may still reach the memory until dma_sync, which is called here too when
 * many wait. IOMT_ENOENT: nothing begins there. Backend's errors: it waits all the same.
 */
int dma_unmap(struct dma *dma, uint64_t iova);

/* The device reaches nothing more of what was unmapped before. On errors it waits still. */
int dma_sync(struct dma *dma);

/*
 * The memory behind [iova, iova + length - 1], if it is mapped, in one piece, and allowed: for addresses that come
 * out of descriptors. NULL if not. Without a lock: what another thread unmaps meanwhile is for that thread to keep
 * until this one is done with it.
 */
void *dma_at(const struct dma *dma, uint64_t iova, uint64_t length, uint32_t prot);

/* Of what dma_map gave: dma_backend.dirty, a bit for each page. IOMT_ENOENT: nothing begins there. */
int dma_dirty(struct dma *dma, uint64_t iova, uint64_t *bitmap);

#endif
