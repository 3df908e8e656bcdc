/* SPDX-License-Identifier: MIT */
/*
 * PASID tables: a radix of one to three levels over the PASID. At level 0 stand entries of one or
 * eight words, above it pointers, which all formats write alike: an address and bit 0.
 *
 * A format is a value, with facts and pure functions; table.c walks, table_write.c changes entries.
 */
#ifndef PASID_TABLE_H
#define PASID_TABLE_H

#include <iomt/pasid_table.h>

#define PASID_WORDS  8u
#define PASID_LEVELS 3u
#define PASID_LINK   1ULL /* of a pointer: it is valid */

typedef uint64_t u64;

struct pasid_facts {
	unsigned words; /* of an entry */
	u64 valid;	/* the bit of its first word */

	/*
	 * Hardware may see a first word that is valid together with other words from before: between
	 * their stores it must forget (IHI 0070, 3.21.3.1).
	 */
	bool any_order;

	/* Checks an entry and makes its words. */
	int (*encode)(const struct iomt_pasid_table *table, const struct iomt_pasid_entry *entry,
		      u64 *words);

	/* Only of bits that "used" names. */
	void (*decode)(const struct iomt_pasid_table *table, const u64 *words,
		       struct iomt_pasid_entry *entry);

	/* The bits of each word that hardware looks at, which may depend on the others. */
	void (*used)(const u64 *words, u64 *used);

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

static inline u64 pasid_load(const u64 *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void pasid_store(u64 *word, u64 value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static inline void pasid_clean(const struct iomt_pasid_table *table, const u64 *words, size_t bytes)
{
	if (table->mem->clean)
		table->mem->clean(table->mem->ctx, words, bytes);
}

static inline u64 pasid_phys(const struct iomt_pasid_table *table, const void *memory)
{
	if (table->mem->to_phys)
		return table->mem->to_phys(table->mem->ctx, memory);
	return (uintptr_t)memory + table->mem->phys_offset;
}

/* What every table takes but a root that has others below it. */
static inline size_t pasid_leaf_bytes(const struct iomt_pasid_table *table)
{
	return pasid_facts(table)->words * sizeof(u64) << table->leaf_lg2;
}

static inline u64 *pasid_child(const struct iomt_pasid_table *table, u64 pointer)
{
	u64 phys = pointer & ~PASID_LINK & ~table->enc;

	if (table->mem->to_virt)
		return table->mem->to_virt(table->mem->ctx, phys);
	return (u64 *)(uintptr_t)(phys - table->mem->phys_offset);
}

static inline u64 pasid_pointer(const struct iomt_pasid_table *table, const u64 *below)
{
	return pasid_phys(table, below) | table->enc | PASID_LINK;
}

static inline u64 pasid_bits(u64 word, unsigned high, unsigned low)
{
	return word >> low & (~0ULL >> (63 - (high - low)));
}

/* 0 for an address that an entry can hold. */
static inline int pasid_check_address(const struct iomt_pasid_table *table, u64 address, u64 align)
{
	if (address & (align - 1))
		return IOMT_EINVAL;
	return address > table->oa_last ? IOMT_ERANGE : 0;
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
/* With any content, or NULL. */
u64 *iomt_pasid_table_alloc(const struct iomt_pasid_table *table, size_t bytes);

/* Tables that PASIDs lack, which are given one after the other and upwards. Begins as zeros. */
struct pasid_missing {
	u64 seen[PASID_LEVELS];
	u64 count;
};

void iomt_pasid_table_missing(const struct iomt_pasid_table *table, uint32_t pasid,
			      struct pasid_missing *missing);
/* Takes so many tables in advance, besides none; the next entries use them. IOMT_ENOMEM: none. */
int iomt_pasid_table_spare(struct iomt_pasid_table *table, uint64_t count);
void iomt_pasid_table_spare_free(struct iomt_pasid_table *table);

/* table_copy.c */

/* Makes a table with the entries of another. VT-d: of this domain. IOMT_ENOMEM: *copy is no table. */
int iomt_pasid_table_copy(struct iomt_pasid_table *copy, const struct iomt_pasid_table *table,
			  uint16_t tag);

/* table_write.c */

/* Makes an entry that hardware can reach what "target" says. IOMT_EBUSY changes nothing. */
int iomt_pasid_write(const struct iomt_pasid_table *table, u64 *entry, uint32_t pasid,
		     const u64 *target, bool may_break, struct iomt_pasid_inv *inv);

#endif
