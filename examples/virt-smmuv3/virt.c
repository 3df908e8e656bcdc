/* SPDX-License-Identifier: MIT */
/* QEMU's virt, which says in its device tree where things are. No firmware has run. */
#include "board.h"
#include "fdt.h"
#include "mmio.h"

#define UART_DATA  0x00
#define UART_FLAGS 0x18
#define UART_FULL  (1u << 5)

#define RANGE_BYTES 28 /* of "ranges": address on the bus (3 cells), in memory (2), length (2) */
#define RANGE_SPACE 0x03000000u
#define RANGE_MEM32 0x02000000u

#define MAPPED_LAST 0x7fffffffULL /* by boot.S: the first GiB of memory */

#define PSCI_SYSTEM_OFF 0x84000008u

extern char image_end[];

static uint64_t uart, ecam, window;

static uint64_t first_register(const char *compatible)
{
	uint32_t bytes;
	const unsigned char *reg = fdt_find("compatible", compatible, "reg", &bytes);

	return reg ? fdt_u64(reg) : 0;
}

/* Where addresses on the bus are those of memory, and below 4 GiB. */
static uint64_t find_window(void)
{
	uint32_t bytes = 0;
	const unsigned char *ranges =
		fdt_find("compatible", "pci-host-ecam-generic", "ranges", &bytes);

	for (uint32_t at = 0; ranges && at + RANGE_BYTES <= bytes; at += RANGE_BYTES) {
		if ((fdt_u32(ranges + at) & RANGE_SPACE) == RANGE_MEM32)
			return fdt_u64(ranges + at + 12);
	}
	return 0;
}

void board_open(uintptr_t boot)
{
	if (!fdt_open(boot))
		board_stop(false);
	uart = first_register("arm,pl011");
	ecam = first_register("pci-host-ecam-generic");
	window = find_window();
}

void board_put(char c)
{
	while (mmio_read32(uart + UART_FLAGS) & UART_FULL)
		;
	mmio_write32(uart + UART_DATA, (uint8_t)c);
}

bool board_memory(uint64_t *first, uint64_t *last)
{
	uint32_t bytes;
	const unsigned char *reg = fdt_find("device_type", "memory", "reg", &bytes);

	if (!reg)
		return false;
	*first = (uintptr_t)image_end; /* all that is below is the tree's, or this program's */
	*last = fdt_u64(reg) + (fdt_u64(reg + 8) - 1);
	if (*last > MAPPED_LAST)
		*last = MAPPED_LAST;
	return true;
}

uint32_t board_config_read(uint16_t rid, unsigned offset)
{
	return mmio_read32(ecam + ((uint64_t)rid << 12) + offset);
}

void board_config_write(uint16_t rid, unsigned offset, uint32_t value)
{
	mmio_write32(ecam + ((uint64_t)rid << 12) + offset, value);
}

uint64_t board_pci_window(void)
{
	return window;
}

/* PSCI knows no status: the last line tells. */
void board_stop(bool ok)
{
	register uint64_t function __asm__("x0") = PSCI_SYSTEM_OFF;

	(void)ok;
	__asm__ volatile("hvc #0" : "+r"(function) : : "memory");
	for (;;)
		__asm__ volatile("wfi");
}
