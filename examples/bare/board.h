/* SPDX-License-Identifier: MIT */
/* What a board gives, and where a program begins: one boot.S and one board file for each. */
#ifndef BARE_BOARD_H
#define BARE_BOARD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Called by boot.S with one processor, the first gigabytes mapped one to one and interrupts off.
 * "boot" is what the loader leaves: where its tables are.
 */
__attribute__((noreturn)) void bare_main(uintptr_t boot);

/* Learns from the loader's tables what is where. */
void board_open(uintptr_t boot);

/* A character to the serial line. */
void board_put(char c);

/* RAM that nobody uses: [first, last]. False where there is none. */
bool board_memory(uint64_t *first, uint64_t *last);

/* Configuration space of PCI segment 0: 32 bits at a multiple of 4. */
uint32_t board_config_read(uint16_t rid, unsigned offset);
void board_config_write(uint16_t rid, unsigned offset, uint32_t value);

/* Where registers of PCI devices can be put that no firmware has placed; 0: firmware places all. */
uint64_t board_pci_window(void);

/* Switches the machine off. */
__attribute__((noreturn)) void board_stop(bool ok);

#endif
