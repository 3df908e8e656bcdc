/* SPDX-License-Identifier: MIT */
/*
 * A device does DMA behind an IOMMU: bytes in, bytes out, and then none. What a driver does stands in
 * attach, map and unmap; the rest looks where bytes have arrived.
 */
#include "board.h"
#include "edu.h"
#include "memory.h"
#include "pci.h"
#include "print.h"
#include "unit.h"

/* IOVAs that the device can send; the memory behind them it cannot. */
#define SOURCE 0x00800000ULL
#define TARGET 0x00c00000ULL
#define BYTES  2048u
#define PAGE   4096u
#define PAGES  3u
#define FROM   0xc00u /* the offset of the secret in its buffer */

/* Pages that lie side by side for the device alone. */
struct buffer {
	unsigned char *page[PAGES];
};

static struct unit unit;
static struct edu edu;
static struct iomt_device device;
static struct iomt_pt pt;
static struct iomt_domain_table table;
static struct iomt_domain domain;
static struct iomt_attachment place;

__attribute__((noreturn)) static void give_up(const char *what, const char *why)
{
	print("failed: %s: %s\n", what, why);
	board_stop(false);
}

static void check(bool holds, const char *what)
{
	if (!holds)
		give_up("it is not so that", what);
}

static void must(int err, const char *what)
{
	if (err)
		give_up(what, iomt_strerror(err));
}

/* The planner chooses a format that the unit walks and that the device's addresses fit. */
static void make_domain(const struct iomt_device_caps *caps)
{
	struct iomt_domain_req req = {.size = sizeof(req)};
	struct iomt_domain_choice choice;
	struct iomt_domain_table_cfg table_cfg = {.size = sizeof(table_cfg),
						  .pt = &pt,
						  .mem = &memory,
						  .policy = iomt_plan_covers(2)};
	struct iomt_domain_cfg domain_cfg = {
		.size = sizeof(domain_cfg), .kind = IOMT_DOMAIN_PAGING, .table = &table};

	must(iomt_domain_choose(&req, &caps, 1, &choice), "choosing a format");
	choice.cfg.mem = unit.mem;
	must(iomt_pt_init(&pt, &choice.cfg), "making a page table");
	must(iomt_domain_table_init(&table, &table_cfg), "making a domain's table");
	must(iomt_domain_init(&domain, &domain_cfg), "making a domain");
	print("domain: %s, %u levels, %u bits to %u bits, stage %u\n", choice.name, choice.levels,
	      choice.iova_bits, choice.oa_bits, choice.stage);
}

static void attach(void)
{
	struct iomt_device_caps caps = {
		.size = sizeof(caps), .iommu = &unit.caps, .id = edu.rid, .dma_last = EDU_DMA_LAST};

	must(iomt_device_add(&unit.iommu, &device, &caps), "adding the device");
	make_domain(&caps);
	must(iomt_domain_attach(&domain, &device, IOMT_NO_PASID, 0, &place), "attaching");
}

static void map(uint64_t iova, const struct buffer *buffer, uint32_t prot)
{
	struct iomt_gather gather;

	iomt_gather_init(&gather);
	for (unsigned i = 0; i < PAGES; i++)
		must(iomt_domain_map(&domain, iova + i * PAGE, (uintptr_t)buffer->page[i], PAGE,
				     prot, &gather),
		     "mapping");
	print("map 0x%lx: 0x%lx and %u pages below it%s\n", iova,
	      (uint64_t)(uintptr_t)buffer->page[0], PAGES - 1,
	      prot & IOMT_WRITE ? "" : ", to read");
}

/* When this returns the device cannot reach the pages any more: they may be given to others. */
static void unmap(uint64_t iova)
{
	struct iomt_gather gather;
	uint64_t unmapped;

	iomt_gather_init(&gather);
	must(iomt_domain_unmap(&domain, NULL, iova, PAGES * PAGE, 0, &unmapped, &gather),
	     "unmapping");
	check(unmapped == PAGES * PAGE, "all pages were unmapped");
	print("unmap 0x%lx\n", iova);
}

static void take(struct buffer *buffer, unsigned char fill)
{
	/* in this order each page lies below the one before it */
	for (unsigned i = PAGES; i--;) {
		buffer->page[i] = memory_take(PAGE);
		check(buffer->page[i], "there is memory");
	}
	for (unsigned i = 0; i < PAGES; i++)
		__builtin_memset(buffer->page[i], fill, PAGE);
}

static void give(struct buffer *buffer)
{
	for (unsigned i = 0; i < PAGES; i++)
		memory_give(buffer->page[i], PAGE);
}

static unsigned char *byte(const struct buffer *buffer, unsigned at)
{
	return &buffer->page[at / PAGE][at % PAGE];
}

/* Bytes that tell where they belong: 251 is prime, so that pages differ. */
static unsigned char secret(unsigned i)
{
	return (unsigned char)(i % 251);
}

/* How many of the buffer's bytes from "at" on are the secret's. */
static unsigned arrived(const struct buffer *buffer, unsigned at)
{
	unsigned count = 0;

	for (unsigned i = 0; i < BYTES; i++)
		count += *byte(buffer, at + i) == secret(i);
	return count;
}

static bool untouched(const struct buffer *buffer, unsigned char fill)
{
	for (unsigned i = 0; i < PAGES * PAGE; i++) {
		if (*byte(buffer, i) != fill)
			return false;
	}
	return true;
}

static void no_fault(void)
{
	struct unit_fault fault;

	if (unit_driver.event(&unit, &fault)) {
		print("fault: device 0x%x %s 0x%lx\n", fault.device,
		      fault.write ? "writes" : "reads", fault.iova);
		give_up("DMA", "a fault that should not be");
	}
}

/* The log has the refused request; a DMA of several pages may have left several. */
static void fault_at(uint64_t iova)
{
	struct unit_fault fault, more;

	if (!unit_fault(&unit, &fault)) {
		check(unit_driver.silent, "the event log has the fault");
		print("fault: this IOMMU does not log it\n");
		return;
	}
	print("fault: device 0x%x %s 0x%lx\n", fault.device, fault.write ? "writes" : "reads",
	      fault.iova);
	check(fault.device == edu.rid && fault.write && fault.iova / PAGE == iova / PAGE,
	      "the fault is of this DMA");
	while (unit_driver.event(&unit, &more))
		;
}

static void read_dma(uint64_t iova)
{
	check(edu_read(&edu, iova, BYTES), "the DMA ends");
	print("dma: %u bytes from 0x%lx\n", BYTES, iova);
}

static void write_dma(uint64_t iova)
{
	check(edu_write(&edu, iova, BYTES), "the DMA ends");
	print("dma: %u bytes to 0x%lx\n", BYTES, iova);
}

/* Both DMAs begin in the middle of a page and end in the next. */
static void bytes_move(struct buffer *source, struct buffer *target)
{
	const unsigned from = FROM, to = 0xd00;

	for (unsigned i = 0; i < BYTES; i++)
		*byte(source, from + i) = secret(i);
	map(SOURCE, source, IOMT_READ);
	map(TARGET, target, IOMT_READ | IOMT_WRITE);
	read_dma(SOURCE + from);
	write_dma(TARGET + to);
	no_fault();
	check(arrived(target, to) == BYTES, "all bytes arrived");
	print("%u bytes arrived\n", arrived(target, to));
}

/* Of a page that nobody has read yet: for what its IOTLB knows, QEMU's VT-d reports nothing. */
static void read_only_stays(const struct buffer *source)
{
	const unsigned last = (PAGES - 1) * PAGE;

	write_dma(SOURCE + last);
	fault_at(SOURCE + last);
	check(*byte(source, last) == 0x11 && arrived(source, FROM) == BYTES,
	      "what was mapped to read was not written");
	print("nothing arrived\n");
}

static void unmapped_stays(struct buffer *target)
{
	unmap(TARGET);
	for (unsigned i = 0; i < PAGES; i++)
		__builtin_memset(target->page[i], 0xff, PAGE); /* somebody else has it now */
	write_dma(TARGET);
	fault_at(TARGET);
	check(untouched(target, 0xff), "what was unmapped was not written");
	print("nothing arrived\n");
}

/* The same IOVA leads to other memory, and nothing knows the old way. */
static void mapped_again(const struct buffer *target)
{
	struct buffer other;

	take(&other, 0xee);
	map(TARGET, &other, IOMT_READ | IOMT_WRITE);
	write_dma(TARGET);
	no_fault();
	check(arrived(&other, 0) == BYTES, "all bytes arrived");
	check(untouched(target, 0xff), "the old pages were not written");
	print("%u bytes arrived\n", arrived(&other, 0));
	unmap(TARGET);
	give(&other);
}

/* A device without a domain reaches nothing. */
static void detached(struct buffer *source)
{
	must(iomt_domain_detach(&place), "detaching");
	print("detach\n");
	for (unsigned i = 0; i < PAGES; i++)
		__builtin_memset(source->page[i], 0xff, PAGE);
	write_dma(SOURCE);
	check(untouched(source, 0xff), "a detached device reaches nothing");
	print("nothing arrived\n");
}

static void close_all(void)
{
	unmap(SOURCE);
	must(iomt_device_remove(&device), "removing the device");
	must(iomt_domain_destroy(&domain), "the domain's end");
	must(iomt_domain_table_destroy(&table), "the end of its table");
	iomt_pt_destroy(&pt);
	unit_close(&unit);
}

static void open_all(void)
{
	uint64_t first, last;
	const char *wrong;

	check(board_memory(&first, &last), "there is memory");
	if (first <= EDU_DMA_LAST)
		first = EDU_DMA_LAST + 1; /* where no DMA of the device goes by itself */
	memory_open(first, last);
	check(pci_find(EDU_PCI_ID, &edu.rid), "there is an edu device");
	edu.registers = pci_enable(edu.rid);
	wrong = unit_open(&unit);
	if (wrong)
		give_up(unit_driver.name, wrong);
	print("%s: on; device 0x%x sends addresses up to 0x%lx\n", unit_driver.name, edu.rid,
	      EDU_DMA_LAST);
}

void bare_main(uintptr_t boot)
{
	struct buffer source, target;

	board_open(boot);
	open_all();
	attach();
	take(&source, 0x11);
	take(&target, 0x22);
	bytes_move(&source, &target);
	read_only_stays(&source);
	unmapped_stays(&target);
	mapped_again(&target);
	detached(&source);
	close_all();
	give(&source);
	give(&target);
	check(!memory_used(), "all memory came back");
	print("ok\n");
	board_stop(true);
}
