/* SPDX-License-Identifier: MIT */
/*
 * Device tables: entries of two to eight words by requester id, in one table, or in tables that a root
 * points to. A format is a value, with facts and pure functions; table.c walks, and has entries changed
 * by src/entry.
 */
#ifndef DOMAIN_TABLE_H
#define DOMAIN_TABLE_H

#include "../entry/entry.h"
#include <iomt/device_table.h>

struct device_facts {
	struct entry_facts entry;
	u64 absent;		 /* the first word of an id without an entry; the others are 0 */
	u64 others[ENTRY_WORDS]; /* bits that are not the entry's: they stay as they are */

	/* Of two levels: words from one pointer to the next, and the bits beside the address. */
	unsigned stride;
	u64 (*pointer)(const struct iomt_device_table *table);

	/* Checks an entry and makes its words. */
	int (*encode)(const struct iomt_device_table *table, const struct iomt_device_entry *entry,
		      u64 *words);

	/* Only of bits that entry.used names. */
	void (*decode)(const struct iomt_device_table *table, const u64 *words,
		       struct iomt_device_entry *entry);

	/* What may be cached of a valid entry that becomes another: what, domain and tag of *inv. */
	void (*stale)(const u64 *before, const u64 *after, struct iomt_device_inv *inv);

	/* What to invalidate when an absent entry becomes this one. */
	void (*fresh)(const struct iomt_device_table *table, const u64 *words,
		      struct iomt_device_inv *inv);

	void (*hw)(const struct iomt_device_table *table, struct iomt_device_table_hw *hw);
};

extern const struct device_facts iomt_device_amd, iomt_device_smmu, iomt_device_vtd,
	iomt_device_vtd_scalable;

static inline const struct device_facts *device_facts(const struct iomt_device_table *table)
{
	switch (table->format) {
	case IOMT_DEVICE_TABLE_AMD:
		return &iomt_device_amd;
	case IOMT_DEVICE_TABLE_VTD:
		return &iomt_device_vtd;
	case IOMT_DEVICE_TABLE_VTD_SCALABLE:
		return &iomt_device_vtd_scalable;
	default:
		return &iomt_device_smmu;
	}
}

/* A flag of an entry, and where it stands. */
struct device_flag {
	uint32_t flag;
	uint8_t word, bit;
};

static inline void device_set_flags(const struct device_flag *flags, size_t count, uint32_t set,
				    u64 *words)
{
	for (size_t i = 0; i < count; i++) {
		if (set & flags[i].flag)
			words[flags[i].word] |= 1ULL << flags[i].bit;
	}
}

static inline uint32_t device_get_flags(const struct device_flag *flags, size_t count,
					const u64 *words)
{
	uint32_t set = 0;

	for (size_t i = 0; i < count; i++) {
		if (words[flags[i].word] >> flags[i].bit & 1)
			set |= flags[i].flag;
	}
	return set;
}

#endif
