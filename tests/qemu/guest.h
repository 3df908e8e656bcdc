/* SPDX-License-Identifier: MIT */
/*
 * A machine under QEMU whose memory the test shares: page tables that the library writes are in
 * guest memory at once. Part of that memory is a pool for tables, with a provider of its own.
 */
#ifndef TESTS_QEMU_GUEST_H
#define TESTS_QEMU_GUEST_H

#include "board.h"
#include "qtest.h"
#include <iomt/mem.h>

#define GUEST_POOL_BYTES (128ULL << 20)
#define GUEST_POOL_SIZES 21 /* log2 of the largest allocation, and one */

struct guest {
	const struct board *board;
	struct qtest qtest;
	unsigned char *ram; /* the whole file */
	int ram_file;
	struct iomt_mem mem;
	uint64_t pool_used;
	void *pool_free[GUEST_POOL_SIZES]; /* lists by log2 of size */
	uint64_t pool_live;		   /* bytes of tables */
};

/*
 * Starts the machine with these arguments after the board's. The guest must be static, zero at
 * first: what a failed test left in it is cleaned up here.
 */
void guest_start(struct guest *guest, const struct board *board, const char *const args[]);
void guest_stop(struct guest *guest);

/* The memory at a guest-physical address, or NULL when [gpa, gpa + bytes - 1] is not all RAM. */
void *guest_at(const struct guest *guest, uint64_t gpa, uint64_t bytes);

/* The same for memory that nobody uses: not the pool, not what the machine keeps for itself. */
void *guest_data(const struct guest *guest, uint64_t gpa, uint64_t bytes);

/* A zeroed structure for the IOMMU, aligned to its size (a power of two); its physical address. */
uint64_t guest_structure(struct guest *guest, uint64_t bytes);

/* A provider of such memory, for the library's tables that are not page tables. It takes nothing back. */
struct iomt_mem guest_structures(struct guest *guest);

/* PCI configuration space, bus 0. */
uint32_t guest_config_read(struct guest *guest, unsigned device, unsigned offset);
void guest_config_write(struct guest *guest, unsigned device, unsigned offset, uint32_t value);

#endif
