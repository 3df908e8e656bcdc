/* SPDX-License-Identifier: MIT */
/* QEMU's q35 as a PVH loader hands it over: firmware has placed all devices and written ACPI's tables. */
#include "acpi.h"
#include "board.h"

#define COM1	      0x3f8
#define COM1_STATUS   (COM1 + 5)
#define COM1_EMPTY    (1u << 5)
#define COM1_SENT     (1u << 6)
#define PCI_ADDRESS   0xcf8
#define PCI_DATA      0xcfc
#define PCI_ENABLE    (1u << 31)
#define DEBUG_EXIT    0xf4	   /* isa-debug-exit,iobase=0xf4: QEMU's status is 2 * value + 1 */
#define MAPPED	      (1ULL << 32) /* by boot.S */
#define MEMORY_RAM    1
#define START_VERSION 1

/* hvm_start_info of Xen's PVH, version 1, and what it points to. */
struct start_info {
	uint32_t magic, version, flags, modules;
	uint64_t module_list, command_line, rsdp, memory;
	uint32_t memory_count, reserved;
};

struct memory_range {
	uint64_t base, bytes;
	uint32_t kind, reserved;
};

extern char image_end[];

static const struct start_info *info;

static void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static void out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static uint32_t in32(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

void board_open(uintptr_t boot)
{
	info = (const struct start_info *)boot;
	acpi_open(info->rsdp);
}

void board_put(char c)
{
	while (!(in8(COM1_STATUS) & COM1_EMPTY))
		;
	out8(COM1, (uint8_t)c);
}

/* The largest piece below 4 GiB, from the end of this program on. */
bool board_memory(uint64_t *first, uint64_t *last)
{
	const struct memory_range *ranges = (const struct memory_range *)(uintptr_t)info->memory;
	uint64_t most = 0;

	for (uint32_t i = 0; info->version >= START_VERSION && i < info->memory_count; i++) {
		const struct memory_range *range = &ranges[i];

		if (range->kind != MEMORY_RAM || range->bytes <= most ||
		    range->base + range->bytes > MAPPED)
			continue;
		most = range->bytes;
		*first = range->base;
		*last = range->base + (range->bytes - 1);
	}
	if (most && *first < (uintptr_t)image_end)
		*first = (uintptr_t)image_end;
	return most;
}

uint32_t board_config_read(uint16_t rid, unsigned offset)
{
	out32(PCI_ADDRESS, PCI_ENABLE | (uint32_t)rid << 8 | offset);
	return in32(PCI_DATA);
}

void board_config_write(uint16_t rid, unsigned offset, uint32_t value)
{
	out32(PCI_ADDRESS, PCI_ENABLE | (uint32_t)rid << 8 | offset);
	out32(PCI_DATA, value);
}

uint64_t board_pci_window(void)
{
	return 0;
}

void board_stop(bool ok)
{
	while (!(in8(COM1_STATUS) & COM1_SENT))
		;
	out32(DEBUG_EXIT, ok ? 0 : 1);
	for (;;)
		__asm__ volatile("cli; hlt");
}
