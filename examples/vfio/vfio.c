/* SPDX-License-Identifier: MIT */
/* Linux, Documentation/driver-api/vfio.rst, and the comments in linux/vfio.h: type 1, version 2. */
#include "vfio.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PATH_BYTES 256

static int fail(struct vfio *vfio, const char *what)
{
	vfio->wrong = what;
	return errno ? -errno : -ENODEV;
}

/* A device's group is a link in sysfs, named by its number. */
static int open_group(struct vfio *vfio, const char *device)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};
	char link[PATH_BYTES], target[PATH_BYTES], path[PATH_BYTES + 16], *number;
	ssize_t length;

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/iommu_group", device);
	length = readlink(link, target, sizeof(target) - 1);
	if (length < 0)
		return fail(vfio, "no such device, or no IOMMU before it");
	target[length] = '\0';
	number = strrchr(target, '/');
	snprintf(path, sizeof(path), "/dev/vfio/%s", number ? number + 1 : target);
	vfio->group = open(path, O_RDWR | O_CLOEXEC);
	if (vfio->group < 0)
		return fail(vfio, "the device's group cannot be opened");
	if (ioctl(vfio->group, VFIO_GROUP_GET_STATUS, &status))
		return fail(vfio, "VFIO_GROUP_GET_STATUS");
	errno = EBUSY;
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return fail(vfio, "another device of the group is not vfio-pci's");
	return 0;
}

static int open_container(struct vfio *vfio)
{
	vfio->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (vfio->container < 0)
		return fail(vfio, "/dev/vfio/vfio cannot be opened");
	errno = 0;
	if (ioctl(vfio->container, VFIO_GET_API_VERSION) != VFIO_API_VERSION ||
	    !ioctl(vfio->container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU))
		return fail(vfio, "this VFIO has no type 1 IOMMU");
	if (ioctl(vfio->group, VFIO_GROUP_SET_CONTAINER, &vfio->container))
		return fail(vfio, "VFIO_GROUP_SET_CONTAINER");
	if (ioctl(vfio->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return fail(vfio, "VFIO_SET_IOMMU");
	return 0;
}

/* The capability of this number, in the chain behind the structure. */
static struct vfio_info_cap_header *capability(void *info, uint32_t offset, uint16_t id)
{
	while (offset) {
		struct vfio_info_cap_header *header = (void *)((char *)info + offset);

		if (header->id == id)
			return header;
		offset = header->next;
	}
	return NULL;
}

/* What iova.h gives out of so many bits has to lie in one range that the IOMMU translates. */
static bool translates(struct vfio_iommu_type1_info *info, unsigned bits)
{
	uint64_t first = 1ULL << (bits - 4), last = 15 * first - 1;
	struct vfio_iommu_type1_info_cap_iova_range *ranges;

	if (!(info->flags & VFIO_IOMMU_INFO_CAPS))
		return true; /* an older kernel does not say */
	ranges = (void *)capability(info, info->cap_offset, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
	for (uint32_t i = 0; ranges && i < ranges->nr_iovas; i++) {
		if (ranges->iova_ranges[i].start <= first && ranges->iova_ranges[i].end >= last)
			return true;
	}
	return !ranges;
}

static int check_iommu(struct vfio *vfio, unsigned bits)
{
	struct vfio_iommu_type1_info *info = calloc(1, 4096);
	int err = 0;

	if (!info)
		return -ENOMEM;
	info->argsz = 4096;
	if (ioctl(vfio->container, VFIO_IOMMU_GET_INFO, info)) {
		err = fail(vfio, "VFIO_IOMMU_GET_INFO");
	} else if (!translates(info, bits)) {
		errno = ERANGE;
		err = fail(vfio, "the IOMMU does not translate these addresses");
	} else if (info->flags & VFIO_IOMMU_INFO_CAPS) {
		vfio->tracks =
			capability(info, info->cap_offset, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION);
	}
	free(info);
	return err;
}

static int start_tracking(struct vfio *vfio)
{
	struct vfio_iommu_type1_dirty_bitmap start = {.argsz = sizeof(start),
						      .flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_START};

	if (vfio->tracks && ioctl(vfio->container, VFIO_IOMMU_DIRTY_PAGES, &start))
		return fail(vfio, "VFIO_IOMMU_DIRTY_PAGES");
	return 0;
}

static int map_registers(struct vfio *vfio)
{
	struct vfio_region_info bar = {.argsz = sizeof(bar), .index = VFIO_PCI_BAR0_REGION_INDEX};

	if (ioctl(vfio->device, VFIO_DEVICE_GET_REGION_INFO, &bar))
		return fail(vfio, "VFIO_DEVICE_GET_REGION_INFO");
	vfio->registers = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, vfio->device,
			       (off_t)bar.offset);
	if (vfio->registers == MAP_FAILED)
		return fail(vfio, "the device's registers cannot be mapped");
	vfio->registers_bytes = bar.size;
	return 0;
}

/* VFIO gives a device out without the right to send anything. */
static int allow_dma(struct vfio *vfio)
{
	struct vfio_region_info config = {.argsz = sizeof(config),
					  .index = VFIO_PCI_CONFIG_REGION_INDEX};
	uint16_t command;
	off_t at;

	if (ioctl(vfio->device, VFIO_DEVICE_GET_REGION_INFO, &config))
		return fail(vfio, "VFIO_DEVICE_GET_REGION_INFO");
	at = (off_t)config.offset + PCI_COMMAND;
	if (pread(vfio->device, &command, sizeof(command), at) != sizeof(command))
		return fail(vfio, "configuration space cannot be read");
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	if (pwrite(vfio->device, &command, sizeof(command), at) != sizeof(command))
		return fail(vfio, "configuration space cannot be written");
	return 0;
}

static int open_device(struct vfio *vfio, const char *device)
{
	int err;

	vfio->device = ioctl(vfio->group, VFIO_GROUP_GET_DEVICE_FD, device);
	if (vfio->device < 0)
		return fail(vfio, "VFIO_GROUP_GET_DEVICE_FD");
	err = map_registers(vfio);
	return err ? err : allow_dma(vfio);
}

int vfio_open(struct vfio *vfio, const char *device, unsigned bits)
{
	int err;

	*vfio = (struct vfio){.container = -1, .group = -1, .device = -1, .registers = MAP_FAILED};
	err = open_group(vfio, device);
	if (!err)
		err = open_container(vfio);
	if (!err)
		err = check_iommu(vfio, bits);
	if (!err)
		err = start_tracking(vfio);
	if (!err)
		err = open_device(vfio, device);
	if (err)
		vfio_close(vfio);
	return err;
}

static void close_file(int file)
{
	if (file >= 0)
		close(file);
}

/* With the last of them all mappings go, and the device is reset. */
void vfio_close(struct vfio *vfio)
{
	if (vfio->registers != MAP_FAILED)
		munmap(vfio->registers, vfio->registers_bytes);
	close_file(vfio->device);
	close_file(vfio->group);
	close_file(vfio->container);
}

static int map(void *ctx, uint64_t iova, void *memory, uint64_t length, uint32_t prot)
{
	const struct vfio *vfio = ctx;
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = (prot & IOMT_READ ? VFIO_DMA_MAP_FLAG_READ : 0) |
			 (prot & IOMT_WRITE ? VFIO_DMA_MAP_FLAG_WRITE : 0),
		.vaddr = (uintptr_t)memory,
		.iova = iova,
		.size = length,
	};

	return ioctl(vfio->container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

static int unmap(void *ctx, uint64_t first, uint64_t last)
{
	const struct vfio *vfio = ctx;
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = first, .size = last - first + 1};

	if (!unmap.size)
		unmap.flags = VFIO_DMA_UNMAP_FLAG_ALL; /* 2^64 bytes */
	return ioctl(vfio->container, VFIO_IOMMU_UNMAP_DMA, &unmap) ? -errno : 0;
}

/* Where neither device nor IOMMU tracks them, the kernel takes all pages as dirty. */
static int dirty(void *ctx, uint64_t iova, uint64_t length, uint64_t *bitmap)
{
	const struct vfio *vfio = ctx;
	struct vfio_iommu_type1_dirty_bitmap_get *get;
	struct vfio_iommu_type1_dirty_bitmap *request;
	int err;

	if (!vfio->tracks)
		return IOMT_EOPNOTSUPP;
	request = calloc(1, sizeof(*request) + sizeof(*get));
	if (!request)
		return IOMT_ENOMEM;
	get = (void *)request->data;
	request->argsz = sizeof(*request) + sizeof(*get);
	request->flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
	get->iova = iova;
	get->size = length;
	get->bitmap.pgsize = DMA_PAGE;
	get->bitmap.size = (length / DMA_PAGE + 63) / 64 * sizeof(*bitmap);
	get->bitmap.data = (void *)bitmap;
	err = ioctl(vfio->container, VFIO_IOMMU_DIRTY_PAGES, request) ? -errno : 0;
	free(request);
	return err;
}

const struct dma_backend vfio_backend = {
	.name = "the kernel's VFIO", .map = map, .unmap = unmap, .dirty = dirty};
