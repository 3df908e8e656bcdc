/* SPDX-License-Identifier: MIT */
/* The machines that QEMU plays: where memory and PCI are, and a program that does nothing. */
#ifndef TESTS_QEMU_BOARD_H
#define TESTS_QEMU_BOARD_H

#include <stdint.h>

#define BOARD_BANKS	2
#define BOARD_RAM_BYTES 0x400000000ULL /* 16 GiB, in a file with holes */
#define BOARD_ARGS_MAX	16

/* RAM at guest-physical addresses; the banks follow one another in the file. */
struct bank {
	uint64_t base;
	uint64_t bytes;
};

struct board {
	const char *program;
	const char *args[BOARD_ARGS_MAX]; /* ends with NULL */
	struct bank banks[BOARD_BANKS];
	uint64_t data;	  /* RAM below this address is not all plain memory */
	uint64_t tables;  /* where page tables and the IOMMU's structures go, in the first bank */
	uint64_t ecam;	  /* PCI configuration space, or 0 for the ports 0xcf8 and 0xcfc */
	uint64_t edu;	  /* a free place for the registers of the edu device */
	uint64_t code;	  /* instructions that sleep for ever */
	uint64_t code_at; /* and where they stand in the firmware */
};

extern const struct board board_q35;
extern const struct board board_virt;

#endif
