/* SPDX-License-Identifier: MIT */
/*
 * From a record to arguments. Addresses are counted from places where things happen (ends of the
 * table, edges of what is mapped, the last operation), in units of any power of two.
 */
#ifndef FUZZ_AIM_H
#define FUZZ_AIM_H

#include "decode.h"
#include "model.h"

struct range {
	uint64_t first;
	uint64_t last; /* inclusive */
};

/* Where a player may act, and where it did last. */
struct field {
	const struct kind *kind;
	uint64_t first; /* what this player may touch; a power of two long */
	uint64_t last;
	uint64_t table_first; /* what the table can hold here: half of a sign-extended one */
	uint64_t table_last;
	uint64_t oa_last;
	uint64_t sizes; /* that the table may use */
	struct range recent;
};

/* Slots that one operation may fill at a time, so that no input takes long. */
#define AIM_SLOTS 1024u

/* The most tables that one reserve may take at each level. */
#define AIM_TABLES 4u

struct range aim_range(const struct field *field, const struct model *model,
		       const struct record *record);

/* An output address for the range, and the range made shorter where too much would be written. */
uint64_t aim_output(const struct field *field, const struct model *model,
		    const struct record *record, struct range *range);

/* READ and so on: what the format can express, unless the record wants it as it is. */
uint32_t aim_prot(const struct kind *kind, const struct record *record, uint32_t mask);

/* Whether pt.h and the specifications have an entry for this prot. */
bool aim_expresses(const struct kind *kind, uint32_t prot);

/* The level and the unit of the entries that hold a leaf of this size. */
unsigned aim_level(const struct kind *kind, unsigned size_lg2);
unsigned aim_unit_lg2(const struct kind *kind, unsigned level);

/* Whether a leaf of 2^size_lg2 that is cut at this edge inside it needs tables, with these sizes. */
bool aim_needs_tables(const struct kind *kind, uint64_t sizes, unsigned size_lg2, uint64_t edge);

#endif
