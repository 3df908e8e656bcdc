/* SPDX-License-Identifier: MIT */
#include "edu.h"
#include "test.h"
#include <time.h>

#define PCI_COMMAND    0x04
#define PCI_BAR	       0x10
#define MEMORY_ENABLE  (1u << 1)
#define MASTER_ENABLE  (1u << 2)
#define EDU_PCI_ID     0x11e81234
#define PCI_DEVICES    32
#define BUFFER	       0x40000 /* the buffer's address on the device's own side */
#define DMA_SOURCE     0x80
#define DMA_TARGET     0x88
#define DMA_COUNT      0x90
#define DMA_COMMAND    0x98
#define DMA_START      (1u << 0) /* reads as 1 until the DMA is done */
#define DMA_TO_MEMORY  (1u << 1)
#define PATIENCE_S     20
#define REGISTER_BYTES 0x100000ULL

void edu_open(struct edu *edu, struct guest *guest, unsigned number)
{
	uint64_t registers = guest->board->edu + number * REGISTER_BYTES;
	unsigned device = 0;

	while (guest_config_read(guest, device, 0) != EDU_PCI_ID || number--)
		CHECK_MSG(++device < PCI_DEVICES, "no edu device");
	guest_config_write(guest, device, PCI_BAR, (uint32_t)registers);
	guest_config_write(guest, device, PCI_COMMAND, MEMORY_ENABLE | MASTER_ENABLE);
	*edu = (struct edu){
		.qtest = &guest->qtest,
		.registers = registers,
		.rid = (uint16_t)(device << 3),
	};
}

static void start(struct edu *edu, uint64_t source, uint64_t target, unsigned bytes,
		  uint32_t command)
{
	qtest_post_writeq(edu->qtest, edu->registers + DMA_SOURCE, source);
	qtest_post_writeq(edu->qtest, edu->registers + DMA_TARGET, target);
	qtest_post_writeq(edu->qtest, edu->registers + DMA_COUNT, bytes);
	qtest_post_writeq(edu->qtest, edu->registers + DMA_COMMAND, command | DMA_START);
}

void edu_finish(struct edu *edu)
{
	time_t deadline = time(NULL) + PATIENCE_S;

	while (qtest_readq(edu->qtest, edu->registers + DMA_COMMAND) & DMA_START)
		CHECK_MSG(time(NULL) < deadline, "a DMA does not end");
	edu->dmas++;
}

void edu_read(struct edu *edu, uint64_t iova, unsigned offset, unsigned bytes)
{
	CHECK(offset + bytes <= EDU_BUFFER_BYTES);
	start(edu, iova, BUFFER + offset, bytes, 0);
	edu_finish(edu);
}

void edu_start_write(struct edu *edu, uint64_t iova, unsigned offset, unsigned bytes)
{
	CHECK(offset + bytes <= EDU_BUFFER_BYTES);
	start(edu, BUFFER + offset, iova, bytes, DMA_TO_MEMORY);
}

void edu_write(struct edu *edu, uint64_t iova, unsigned offset, unsigned bytes)
{
	edu_start_write(edu, iova, offset, bytes);
	edu_finish(edu);
}
