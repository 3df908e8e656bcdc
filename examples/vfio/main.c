/* SPDX-License-Identifier: MIT */
/*
 * iomt-vfio [DEVICE]: a driver in userspace has a device do DMA. DEVICE is a PCI address that vfio-pci has, of QEMU's
 * teaching device "edu"; without one, a device in software does the same behind an IOMMU in software.
 */
#include "dma.h"
#include "edu.h"
#include "soft.h"
#include "vfio.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BITS	28 /* of address that edu sends */
#define BYTES	2048u
#define PAGES	5u
#define LENGTH	((uint64_t)PAGES * DMA_PAGE)
#define BUFFERS 32u
#define RW	(IOMT_READ | IOMT_WRITE)

static struct dma dma;
static struct soft soft;
static struct vfio vfio;
static struct edu edu;
static const struct dma_backend *backend;
static unsigned dmas;

__attribute__((noreturn, format(printf, 1, 2))) static void give_up(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fprintf(stderr, "iomt-vfio: ");
	vfprintf(stderr, format, list);
	fprintf(stderr, "\n");
	va_end(list);
	exit(1);
}

static void check(bool holds, const char *what)
{
	if (!holds)
		give_up("it is not so that %s", what);
}

static void must(int err, const char *what)
{
	if (err)
		give_up("%s: %s", what, iomt_strerror(err));
}

static unsigned char *take(uint64_t length, unsigned char fill)
{
	unsigned char *memory = aligned_alloc(DMA_PAGE, length);

	check(memory, "there is memory");
	memset(memory, fill, length);
	return memory;
}

/* A device whose DMA is refused is told nothing: software's and edu alike, it goes on. */
static void transfer(bool to_memory, uint64_t iova)
{
	dmas++;
	printf("dma: %u bytes %s 0x%" PRIx64 "\n", BYTES, to_memory ? "to" : "from", iova);
	if (backend == &soft_backend) {
		int err = soft_dma(&soft, to_memory, iova, BYTES);

		if (err != IOMT_EFAULT)
			must(err, "the DMA of software");
	} else {
		check(to_memory ? edu_write(&edu, iova, BYTES) : edu_read(&edu, iova, BYTES),
		      "the DMA ends");
	}
}

/* Both begin in the middle of a page and end in the next. */
static void move_bytes(unsigned char *source, const unsigned char *target, uint64_t from,
		       uint64_t to)
{
	for (unsigned i = 0; i < BYTES; i++)
		source[0xc00 + i] = (unsigned char)(i % 251);
	transfer(false, from + 0xc00);
	transfer(true, to + 0x1d00);
	check(!memcmp(source + 0xc00, target + 0x1d00, BYTES), "all bytes arrived");
	printf("%u bytes arrived\n", BYTES);
}

/* What a descriptor names is looked up before it is used: without a system call, and never beyond. */
static void look_up(const unsigned char *source, const unsigned char *target, uint64_t from,
		    uint64_t to)
{
	check(dma_at(&dma, to, LENGTH, RW) == target, "an IOVA leads to its memory");
	check(dma_at(&dma, to + 4000, 200, IOMT_WRITE) == target + 4000, "and inside of it");
	check(dma_at(&dma, from, 1, IOMT_READ) == source, "another to another");
	check(!dma_at(&dma, from, 1, IOMT_WRITE), "what is to be read is not to be written");
	check(!dma_at(&dma, to, LENGTH + 1, IOMT_READ), "and none goes beyond");
	printf("lookups: as mapped\n");
}

/* The second and third page were written; who does not track says that all were. */
static void dirty_pages(uint64_t to)
{
	uint64_t bitmap = 0;
	int err = dma_dirty(&dma, to, &bitmap);

	if (err == IOMT_EOPNOTSUPP) {
		printf("dirty: not tracked here\n");
		return;
	}
	must(err, "asking for dirty pages");
	check((bitmap & 6) == 6 && bitmap < 1u << PAGES, "what was written is dirty");
	printf("dirty: pages 0x%" PRIx64 " of %u\n", bitmap, PAGES);
}

/* Many small buffers, as of a ring of packets: a call for each to map, one for all to unmap. */
static void many_buffers(void)
{
	unsigned char *memory = take((uint64_t)BUFFERS * DMA_PAGE, 0);
	uint64_t iovas[BUFFERS], maps = dma.maps, unmaps = dma.unmaps;

	for (unsigned i = 0; i < BUFFERS; i++)
		must(dma_map(&dma, memory + i * DMA_PAGE, DMA_PAGE, RW, &iovas[i]), "mapping");
	for (unsigned i = 0; i < BUFFERS; i++)
		must(dma_unmap(&dma, iovas[i]), "unmapping");
	check(!dma_at(&dma, iovas[0], 1, IOMT_READ), "what is unmapped is not looked up any more");
	must(dma_sync(&dma), "telling the IOMMU");
	printf("%" PRIu64 " mapped by %" PRIu64 " calls, unmapped by %" PRIu64 "\n",
	       (uint64_t)BUFFERS, dma.maps - maps, dma.unmaps - unmaps);
	free(memory);
}

/* When dma_sync has returned, the memory is the program's alone. */
static void unmapped_stays(unsigned char *target, uint64_t to)
{
	must(dma_unmap(&dma, to), "unmapping");
	check(dma_unmap(&dma, to) == IOMT_ENOENT, "it cannot be unmapped twice");
	must(dma_sync(&dma), "telling the IOMMU");
	printf("unmap 0x%" PRIx64 "\n", to);
	memset(target, 0xff, LENGTH);
	transfer(true, to);
	for (uint64_t i = 0; i < LENGTH; i++)
		check(target[i] == 0xff, "what was unmapped is not written");
	printf("nothing arrived\n");
}

static void story(void)
{
	unsigned char *source = take(LENGTH, 0x11), *target = take(LENGTH, 0x22);
	uint64_t from, to;

	must(dma_open(&dma, backend, backend == &soft_backend ? (void *)&soft : &vfio, BITS),
	     "opening");
	printf("dma memory of %u bits by %s\n", BITS, backend->name);
	must(dma_map(&dma, source, LENGTH, IOMT_READ, &from), "mapping");
	must(dma_map(&dma, target, LENGTH, RW, &to), "mapping");
	printf("map 0x%" PRIx64 ": %u pages, to read\nmap 0x%" PRIx64 ": %u pages\n", from, PAGES,
	       to, PAGES);
	move_bytes(source, target, from, to);
	look_up(source, target, from, to);
	dirty_pages(to);
	transfer(true, from);
	check(source[0] == 0x11, "what is to be read is not written");
	printf("nothing arrived\n");
	many_buffers();
	unmapped_stays(target, to);
	must(dma_close(&dma), "closing");
	free(source);
	free(target);
}

static void open_backend(const char *device)
{
	backend = device ? &vfio_backend : &soft_backend;
	if (device) {
		int err = vfio_open(&vfio, device, BITS);

		if (err)
			give_up("%s: %s (%s)", device, vfio.wrong, strerror(-err));
		edu.registers = (uintptr_t)vfio.registers;
		return;
	}
	printf("no device named: one in software (this machine has %s /dev/vfio/vfio)\n",
	       access("/dev/vfio/vfio", F_OK) ? "no" : "a");
	must(soft_open(&soft, BITS), "opening");
}

int main(int argc, char **argv)
{
	if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
		fprintf(stderr, "usage: iomt-vfio [DEVICE], as 0000:00:02.0\n");
		return 2;
	}
	open_backend(argv[1]);
	story();
	if (argc == 2)
		vfio_close(&vfio);
	else
		soft_close(&soft);
	printf("ok: %u DMAs\n", dmas);
	return 0;
}
