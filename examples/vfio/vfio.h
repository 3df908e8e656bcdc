/* SPDX-License-Identifier: MIT */
/* A PCI device by the kernel's VFIO (linux/vfio.h): its IOMMU as a backend, its registers, its right to do DMA. */
#ifndef EXAMPLE_VFIO_H
#define EXAMPLE_VFIO_H

#include "dma.h"

struct vfio {
	int container, group, device;
	void *registers; /* of BAR 0 */
	uint64_t registers_bytes;
	bool tracks; /* dirty pages */
	const char *wrong;
};

/*
 * Opens a device like "0000:00:02.0" that the driver vfio-pci has, for addresses of so many bits. Returns 0, or a
 * negative errno, and vfio->wrong says what did not work.
 */
int vfio_open(struct vfio *vfio, const char *device, unsigned bits);
void vfio_close(struct vfio *vfio);

/* Its ctx is a struct vfio. */
extern const struct dma_backend vfio_backend;

#endif
