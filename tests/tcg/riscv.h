/* SPDX-License-Identifier: MIT */
/* A RISC-V machine with the hypervisor extension, tables for it, and questions to its MMU. */
#ifndef TESTS_TCG_RISCV_H
#define TESTS_TCG_RISCV_H

#include "machine.h"
#include <iomt/iomt.h>

/* Physical addresses: where RAM begins, where tables are, where mappings may lead. */
#define RISCV_RAM     0x80000000ULL
#define RISCV_TABLES  0x81000000ULL
#define RISCV_DATA    0x88000000ULL
#define RISCV_RAM_END 0x100000000ULL
#define RISCV_GIGA    0xc0000000ULL /* memory for a leaf of 1G */

struct riscv_config {
	const char *name;
	bool stage2;
	uint32_t flags;
	uint8_t iova_bits;
	uint8_t oa_bits;
	uint8_t levels;
	uint64_t page_sizes;
};

extern const struct riscv_config riscv_configs[];
extern const size_t riscv_count;

/* The configuration of this name; fails the test when there is none. */
const struct riscv_config *riscv_config_named(const char *name);

struct riscv_table {
	const struct riscv_config *config;
	struct machine *machine;
	struct iomt_pt pt;
	struct iomt_gather gather;
	uint64_t first;
	uint64_t last; /* of the lower half, or that the machine takes */
};

enum riscv_op {
	RISCV_LOAD,
	RISCV_STORE,
	RISCV_FETCH,
	RISCV_USER_LOAD = 4,
	RISCV_USER_STORE,
	RISCV_USER_FETCH,
	RISCV_VIRTUAL = 8,  /* through vsatp and hgatp */
	RISCV_LENIENT = 16, /* with SUM: supervisors may load and store what is the user's */
};

/* What one stage makes of an access: allowed, or a page fault of that stage. */
struct riscv_want {
	bool fault;
	bool guest;    /* the fault is of the second stage, at this address */
	bool on_table; /* which is that of an entry of the first */
	uint64_t gpa;
	uint64_t oa; /* else it leads here, to RAM or to nothing */
};

typedef void (*riscv_case)(struct riscv_table *table);

/* The machine, or NULL where this suite cannot run. */
struct machine *riscv_machine(void);

/*
 * Early QEMUs take the top bit of a guest physical address for a sign, and refuse the upper half of
 * what a second stage has.
 */
bool riscv_halves(const struct machine *machine);

/* Runs a test on an empty table of every configuration, loaded. */
void riscv_over_all(riscv_case run);

void riscv_open(struct riscv_table *table, struct machine *machine,
		const struct riscv_config *config);
void riscv_close(struct riscv_table *table);

/* One of the stages, or both. */
void riscv_load(struct machine *machine, const struct riscv_table *s1,
		const struct riscv_table *s2);

void riscv_map(struct riscv_table *table, uint64_t iova, uint64_t oa, uint64_t length,
	       uint32_t prot);
void riscv_unmap(struct riscv_table *table, uint64_t iova, uint64_t length);

/* What each stage wants of an access to what is mapped so, or (prot 0) is not. */
struct riscv_want riscv_want_s1(enum riscv_op op, uint64_t oa, uint32_t prot);
struct riscv_want riscv_want_s2(enum riscv_op op, uint64_t gpa, uint64_t oa, uint32_t prot);

/*
 * Asks, now or with others later, for the eight bytes at an address; riscv_flush waits for answers
 * to all and judges them. Data between two flushes must lie in words of their own.
 */
void riscv_ask(struct machine *machine, enum riscv_op op, uint64_t address, struct riscv_want want);

/* All operations on what one table maps so, a word each, from this address on. */
void riscv_ask_all(struct riscv_table *table, uint64_t iova, uint64_t oa, uint32_t prot);

/* One of them. */
void riscv_ask_one(struct riscv_table *table, enum riscv_op op, uint64_t iova, uint64_t oa,
		   uint32_t prot);
void riscv_flush(struct machine *machine);

/* Other files of the suite. */
void riscv_nested(void);
void riscv_both(void);
void riscv_faults(void);

#endif
