/* SPDX-License-Identifier: MIT */
/*
 * The EL1&0 translation regime of the Arm machine: registers from what iomt_pt_hw reports, and
 * questions to its MMU with the answers that the specification asks for.
 */
#ifndef TESTS_TCG_ARM_H
#define TESTS_TCG_ARM_H

#include "machine.h"
#include <iomt/iomt.h>

struct arm_config {
	const char *name;
	const struct iomt_pt_format *format;
	bool stage2;
	uint8_t granule_lg2;
	uint32_t flags;
	uint8_t iova_bits;
	uint8_t oa_bits;
	uint8_t levels;
	uint8_t bbm;
};

/* A table in the machine's RAM. */
struct arm_table {
	const struct arm_config *config;
	struct machine *machine;
	struct iomt_pt pt;
	struct iomt_gather gather; /* its hook lets the machine forget */
	uint64_t granule;
	bool ds;
	uint64_t first;
	uint64_t last;
};

/* Physical addresses: where accesses may lead, and where tables are. */
#define ARM_DATA       0x42000000ULL
#define ARM_DATA_BYTES 0x2000000ULL
#define ARM_TABLES     0x44000000ULL
#define ARM_RAM_END    0x4c000000ULL

enum arm_op {
	ARM_AT_S1E1R,
	ARM_AT_S1E1W,
	ARM_AT_S1E0R,
	ARM_AT_S1E0W,
	ARM_AT_S12E1R,
	ARM_AT_S12E1W,
	ARM_AT_S12E0R,
	ARM_AT_S12E0W,
	ARM_LOAD,
	ARM_STORE,
	ARM_LOAD_EL0,
	ARM_STORE_EL0,
	ARM_FETCH,
	ARM_FETCH_EL0,
};

enum arm_result { ARM_OK, ARM_NO_TRANSLATION, ARM_NO_PERMISSION };

/* What an address must turn out to be. */
struct arm_want {
	enum arm_result result;
	bool stage2; /* the stage that faults */
	uint64_t oa;
	bool raw_sh;   /* shareability is not in the entry */
	uint32_t prot; /* memory type, by stage 1 and stage 2 together */
};

/* The machine, or NULL where this suite cannot run. */
struct machine *arm_machine(void);

/* Why the machine cannot check such tables, or NULL when it can. */
const char *arm_lacks(struct machine *machine, const struct arm_config *config);

void arm_open(struct arm_table *table, struct machine *machine, const struct arm_config *config);
void arm_close(struct arm_table *table);

void arm_map(struct arm_table *table, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot);

/* Maps the stub to where it is, so that EL1 and EL0 can run it. */
void arm_map_stub(struct arm_table *table);

/*
 * Loads the registers: any of the tables may be NULL. Without a stage 1, addresses are IPAs, of
 * write-back memory (HCR_EL2.DC).
 */
void arm_load(struct machine *machine, const struct arm_table *lower, const struct arm_table *upper,
	      const struct arm_table *stage2);

/*
 * Asks, now or with others later; arm_flush waits for answers to all and judges them. Accesses
 * between two flushes must lead to words of their own.
 */
void arm_ask(struct machine *machine, enum arm_op op, uint64_t address, struct arm_want want);
void arm_flush(struct machine *machine);

/* All translations that the table takes part in, of what is mapped so, or (prot 0) is not. */
void arm_ask_all(struct arm_table *table, uint64_t iova, uint64_t oa, uint32_t prot);

/* What a mapping of these must give for an operation. */
struct arm_want arm_want_s1(enum arm_op op, uint64_t oa, uint32_t prot);
struct arm_want arm_want_s2(enum arm_op op, uint64_t oa, uint32_t prot);

#endif
