/* SPDX-License-Identifier: MIT */
#include "region.h"
#include "chunk.h"
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif
#define NOWHERE (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

/* Wishes for memory that is not there yet. Huge pages are a wish, a node is a condition. */
static bool advise(const struct region *region, void *memory, size_t bytes, bool *huge)
{
#ifdef MADV_HUGEPAGE
	bool small = region->flags & IOMT_POOL_SMALL;

	*huge = !madvise(memory, bytes, small ? MADV_NOHUGEPAGE : MADV_HUGEPAGE) && !small;
#else
	*huge = false;
#endif
	return !region->node || hosted_node_bind(region->node, memory, bytes);
}

int hosted_region_open(struct region *region, size_t bytes, uint32_t flags, struct node *node)
{
	void *got;

	if (bytes + CHUNK_BYTES < bytes)
		return IOMT_ENOMEM;
	got = mmap(NULL, bytes + CHUNK_BYTES, PROT_NONE, NOWHERE, -1, 0);
	if (got == MAP_FAILED)
		return IOMT_ENOMEM;
	/* what stays over at the end keeps the kernel from joining the region with its neighbour */
	*region = (struct region){
		.base = (char *)got + (-(uintptr_t)got & (CHUNK_BYTES - 1)),
		.bytes = bytes,
		.reservation = got,
		.flags = flags,
		.node = node,
	};
	if (advise(region, region->base, bytes, &region->huge))
		return 0;
	hosted_region_close(region);
	return IOMT_EOPNOTSUPP;
}

void hosted_region_close(struct region *region)
{
	munmap(region->reservation, region->bytes + CHUNK_BYTES);
}

/* Puts a chunk back to how it was in the beginning. */
static bool restore(const struct region *region, void *memory)
{
	bool huge;

	return mmap(memory, CHUNK_BYTES, PROT_NONE, NOWHERE | MAP_FIXED, -1, 0) != MAP_FAILED &&
	       advise(region, memory, CHUNK_BYTES, &huge);
}

/*
 * A huge page that was set aside, or MAP_FAILED. They are counted for all nodes together, so only
 * touching it tells whether this node has one; MADV_POPULATE_WRITE touches without the risk of
 * SIGBUS.
 */
static void *find_reserved(const struct region *region)
{
#if defined(MAP_HUGETLB) && defined(MAP_HUGE_SHIFT) && defined(MADV_POPULATE_WRITE)
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (int)(CHUNK_LG2 << MAP_HUGE_SHIFT);
	void *page = mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (page == MAP_FAILED)
		return page;
	if ((!region->node || hosted_node_bind(region->node, page, CHUNK_BYTES)) &&
	    !madvise(page, CHUNK_BYTES, MADV_POPULATE_WRITE))
		return page;
	munmap(page, CHUNK_BYTES);
#else
	(void)region;
#endif
	return MAP_FAILED;
}

/*
 * Such pages are moved to where they are wanted: a MAP_FIXED that fails would leave a hole there, for
 * anyone to map. Linux before 5.16 cannot move them, which is tried once.
 */
static int take_reserved(struct region *region, void *memory, bool *reserved)
{
#ifdef MREMAP_FIXED
	void *page = find_reserved(region);

	if (page == MAP_FAILED)
		return 0;
	*reserved = mremap(page, CHUNK_BYTES, CHUNK_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, memory) !=
		    MAP_FAILED;
	if (*reserved)
		return 0;
	munmap(page, CHUNK_BYTES);
	region->flags &= ~IOMT_POOL_RESERVED;
	return restore(region, memory) ? 0 : IOMT_ENOENT;
#else
	(void)region, (void)memory, (void)reserved;
	return 0;
#endif
}

int hosted_region_take(struct region *region, size_t chunk, bool *reserved)
{
	void *memory = region->base + (chunk << CHUNK_LG2);
	int err = 0;

	*reserved = false;
	if (region->flags & IOMT_POOL_RESERVED)
		err = take_reserved(region, memory, reserved);
	if (!err && !*reserved && mprotect(memory, CHUNK_BYTES, PROT_READ | PROT_WRITE))
		err = IOMT_ENOMEM;
	return err;
}

bool hosted_region_give(const struct region *region, size_t chunk, bool reserved)
{
	void *memory = region->base + (chunk << CHUNK_LG2);

	if (reserved)
		return restore(region, memory);
	if (madvise(memory, CHUNK_BYTES, MADV_DONTNEED))
		return false;
	mprotect(memory, CHUNK_BYTES, PROT_NONE); /* only to find stray accesses */
	return true;
}

/* One line of smaps: the beginning of a mapping, or a figure of it in KiB. */
static void read_line(const struct region *region, const char *line, bool *inside,
		      struct iomt_pool_backing *sum)
{
	uint64_t first = (uintptr_t)region->base, last = first + region->bytes - 1, from, to, kib;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &from, &to) == 2)
		*inside = from <= last && to > first;
	else if (!*inside)
		return;
	else if (sscanf(line, "Rss: %" SCNu64, &kib) == 1)
		sum->resident += kib << 10;
	else if (sscanf(line, "AnonHugePages: %" SCNu64, &kib) == 1)
		sum->huge += kib << 10;
	else if (sscanf(line, "Private_Hugetlb: %" SCNu64, &kib) == 1) {
		sum->resident += kib << 10; /* Rss leaves them out */
		sum->huge += kib << 10;
	}
}

bool hosted_region_backing(const struct region *region, struct iomt_pool_backing *backing)
{
	struct iomt_pool_backing sum = {0};
	FILE *file = fopen("/proc/self/smaps", "re");
	bool inside = false;
	char line[512];

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		read_line(region, line, &inside, &sum);
	fclose(file);
	*backing = sum;
	return true;
}
