/* SPDX-License-Identifier: MIT */
#include "pci.h"
#include "board.h"

#define COMMAND	   0x04
#define BAR_0	   0x10
#define MEMORY	   (1u << 1)
#define MASTER	   (1u << 2)
#define BAR_FLAGS  0xfu
#define BUS_0_LAST 0xff

bool pci_find(uint32_t id, uint16_t *rid)
{
	for (uint16_t at = 0; at <= BUS_0_LAST; at++) {
		if (board_config_read(at, 0) == id) {
			*rid = at;
			return true;
		}
	}
	return false;
}

/* There is one device with registers, so that the whole window is its own. */
uint64_t pci_enable(uint16_t rid)
{
	uint64_t window = board_pci_window();

	if (window)
		board_config_write(rid, BAR_0, (uint32_t)window);
	board_config_write(rid, COMMAND, MEMORY | MASTER);
	return board_config_read(rid, BAR_0) & ~BAR_FLAGS;
}
