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

#define PASID_WORDS ENTRY_WORDS

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

/* Sets what a call asks for, and by which tag. */
static inline void pasid_inv_set(struct iomt_pasid_inv *inv, uint32_t what, uint32_t pasid,
				 uint16_t tag)
{
	inv->what = what;
	inv->pasid = pasid;
	inv->tag = tag;
}

/* Makes an entry that hardware can reach what "target" says. IOMT_EBUSY changes nothing. */
int iomt_pasid_write(const struct iomt_pasid_table *table, u64 *entry, uint32_t pasid,
		     const u64 *target, bool may_break, struct iomt_pasid_inv *inv);

#endif
