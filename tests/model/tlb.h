/* SPDX-License-Identifier: MIT */
/*
 * A translation cache as hardware may have it: it remembers leaves and tables that it met in walks
 * at any moment, walks on from tables that it remembers, and forgets only what a gather says. What
 * it still holds after that must be true.
 */
#ifndef TESTS_MODEL_TLB_H
#define TESTS_MODEL_TLB_H

#include "kinds.h"
#include "random.h"

#define TLB_LEAVES 96
#define TLB_TABLES 96

struct tlb_leaf {
	uint64_t first; /* input */
	uint64_t last;
	uint64_t oa; /* of first */
	bool read, write, exec, dirty;
	uint8_t size_lg2; /* of the leaf or run in the table */
	uint8_t kept_lg2; /* and of what is remembered of it */
	bool used;
};

/* An entry at "level" (0 holds granules) that points to a table. */
struct tlb_table {
	uint64_t first;
	uint64_t last;
	uint64_t table;
	uint8_t level;
	bool used;
};

struct tlb {
	struct table *of;
	bool shadow;
	struct random random;
	struct tlb_leaf leaves[TLB_LEAVES];
	struct tlb_table tables[TLB_TABLES];
	uint64_t fills;
	uint64_t checks;
};

void tlb_init(struct tlb *tlb, struct table *of, bool shadow, uint64_t seed);

/* A device accesses the address: hits, or walks and remembers. Any moment is right for it. */
void tlb_access(struct tlb *tlb, uint64_t iova);

/* What hardware does for the invalidations that a gather asks for, no more. */
void tlb_invalidate(struct tlb *tlb, const struct iomt_gather *gather);
void tlb_invalidate_all(struct tlb *tlb);

/* The same, by the commands that the library makes of the gather for hardware of the table's kind. */
void tlb_obey(struct tlb *tlb, const struct iomt_gather *gather);

/* Fails the test when something is remembered that is not in the tables. */
void tlb_check(struct tlb *tlb);

/* Fails the test when the memory, about to be freed, is a table that is remembered. */
void tlb_check_free(struct tlb *tlb, uint64_t phys);

#endif
