/* SPDX-License-Identifier: MIT */
/*
 * PASID tables: a radix of one to three levels over the PASID. At level 0 stand entries of one or
 * eight words, above it pointers, which all formats write alike: an address and bit 0.
 *
 * A format is a value, with facts and pure functions; table.c walks, table_write.c has
 * entries changed.
 */
#ifndef PASID_TABLE_H
#define PASID_TABLE_H

#include "../entry/entry.h"
#include <iomt/pasid_table.h>

#define PASID_WORDS  ENTRY_WORDS
#define PASID_LEVELS 3u
#define PASID_LINK   1ULL /* of a pointer: it is valid */

struct pasid_facts {
	struct entry_facts entry;

	/* Checks an entry and makes its words. */
	int (*encode)(const struct iomt_pasid_table *table, const struct iomt_pasid_entry *entry,
		      u64 *words);

	/* Only of bits that entry.used names. */
	void (*decode)(const struct iomt_pasid_table *table, const u64 *words,
		       struct iomt_pasid_entry *entry);

	/* What may be cached of a valid entry that becomes another: IOMT_PASID_INV_*, and by which tag. */
	uint32_t (*stale)(const u64 *before, const u64 *after, uint16_t *tag);

	/* What to invalidate when an absent entry becomes this one. */
	uint32_t (*fresh)(const struct iomt_pasid_table *table, const u64 *words, uint16_t *tag);

	void (*hw)(const struct iomt_pasid_table *table, struct iomt_pasid_table_hw *hw);

	/* Gives a valid entry the domain id of another table; NULL: entries have none. */
	void (*retag)(u64 *words, uint16_t tag);
};

extern const struct pasid_facts iomt_pasid_gcr3, iomt_pasid_cd, iomt_pasid_vtd;

static inline const struct pasid_facts *pasid_facts(const struct iomt_pasid_table *table)
{
	switch (table->format) {
	case IOMT_PASID_TABLE_GCR3:
		return &iomt_pasid_gcr3;
	case IOMT_PASID_TABLE_VTD:
		return &iomt_pasid_vtd;
	default:
		return &iomt_pasid_cd;
	}
}

/* What every table takes but a root that has others below it. */
static inline size_t pasid_leaf_bytes(const struct iomt_pasid_table *table)
{
	return pasid_facts(table)->entry.words * sizeof(u64) << table->leaf_lg2;
}

static inline u64 *pasid_child(const struct iomt_pasid_table *table, u64 pointer)
{
	return entry_virt(table->mem, pointer & ~PASID_LINK & ~table->enc);
}

static inline u64 pasid_pointer(const struct iomt_pasid_table *table, const u64 *below)
{
	return entry_phys(table->mem, below) | table->enc | PASID_LINK;
}

/* Sets what a call asks for, and by which tag. */
static inline void pasid_inv_set(struct iomt_pasid_inv *inv, uint32_t what, uint32_t pasid,
				 uint16_t tag)
{
	inv->what = what;
	inv->pasid = pasid;
	inv->tag = tag;
}

/* table.c */

/* What a table of this configuration, which is valid, is but for its memory. */
void iomt_pasid_table_shape(struct iomt_pasid_table *table, const struct iomt_pasid_table_cfg *cfg);
size_t iomt_pasid_table_root_bytes(const struct iomt_pasid_table *table);

/* Tables that PASIDs lack, which are given one after the other and upwards. Begins as zeros. */
struct pasid_missing {
	u64 seen[PASID_LEVELS];
	u64 count;
};

void iomt_pasid_table_missing(const struct iomt_pasid_table *table, uint32_t pasid,
			      struct pasid_missing *missing);
/* Takes so many tables in advance, besides none; the next entries use them. IOMT_ENOMEM: none. */
int iomt_pasid_table_spare(struct iomt_pasid_table *table, uint64_t count);
/* Gives back those that are left; how many bytes they took. */
uint64_t iomt_pasid_table_spare_free(struct iomt_pasid_table *table);

/* table_copy.c */

/* Makes a table with the entries of another. VT-d: of this domain. IOMT_ENOMEM: *copy is no table. */
int iomt_pasid_table_copy(struct iomt_pasid_table *copy, const struct iomt_pasid_table *table,
			  uint16_t tag);

/* table_write.c */

/* Makes an entry that hardware can reach what "target" says. IOMT_EBUSY changes nothing. */
int iomt_pasid_write(const struct iomt_pasid_table *table, u64 *entry, uint32_t pasid,
		     const u64 *target, uint32_t flags, struct iomt_pasid_inv *inv);

#endif
