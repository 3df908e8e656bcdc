/* SPDX-License-Identifier: MIT */
/* x86-64 machines with five and with four levels, tables for them, and questions to their MMU. */
#ifndef TESTS_TCG_LA57_H
#define TESTS_TCG_LA57_H

#include "machine.h"
#include <iomt/iomt.h>

/* Physical addresses: memory for mappings to lead to. */
#define LA57_DATA     0x8000000ULL
#define LA57_DATA_END 0x80000000ULL

struct la57_config {
	const char *name;
	uint32_t flags;
	uint8_t iova_bits;
	uint8_t oa_bits;
	uint8_t levels;
};

extern const struct la57_config la57_configs[];
extern const size_t la57_count;

struct la57_table {
	const struct la57_config *config;
	struct machine *machine;
	struct iomt_pt pt;
	struct iomt_gather gather;
	bool nx;
	bool upper; /* has addresses that are negative */
	uint64_t first;
	uint64_t last; /* of the lower half */
};

enum la57_op {
	LA57_READ,
	LA57_WRITE,
	LA57_FETCH,
	LA57_USER_READ = 4,
	LA57_USER_WRITE,
	LA57_USER_FETCH,
};

typedef void (*la57_case)(struct la57_table *table);

/* Runs a test on an empty table (but for the stub's pages) of every configuration. */
void la57_over_all(la57_case run);

void la57_map(struct la57_table *table, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot);
void la57_unmap(struct la57_table *table, uint64_t iova, uint64_t length);

/*
 * Asks, now or with others later, for the eight bytes at an address that is mapped so, or (prot 0)
 * is not; la57_flush waits for answers to all and judges them. Data between two flushes must lie in
 * words of their own.
 */
void la57_ask(struct la57_table *table, enum la57_op op, uint64_t iova, uint64_t oa, uint32_t prot);

/* All operations, one word each, from this address on. */
void la57_ask_all(struct la57_table *table, uint64_t iova, uint64_t oa, uint32_t prot);
void la57_flush(struct la57_table *table);

/* An address that is none: a general-protection fault. */
void la57_ask_noncanonical(struct la57_table *table, uint64_t address);

#endif
