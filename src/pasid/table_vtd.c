/* SPDX-License-Identifier: MIT */
/*
 * VT-d's PASID directory and tables (D51397): 9.5 directory entry, 9.6 table entry, 9.4 scalable-mode
 * context entry, 6.5.3.3 what to invalidate.
 */
#include "table.h"

#define PRESENT		  1ULL
#define FPD		  (1ULL << 1)
#define AW(aw)		  ((uint64_t)(aw) << 2)
#define PGTT(stages)	  ((uint64_t)(stages) << 6)
#define PAGE		  0xfffffffffffff000ULL
#define DOMAIN_MASK	  0xffffULL
#define EMT(emt)	  ((uint64_t)(emt) << 27)
#define PAT(pat)	  ((uint64_t)(pat) << 32)
#define FSPM(fspm)	  ((uint64_t)(fspm) << 2)
#define CONTEXT_PDTS(x)	  ((uint64_t)(x) << 9)
#define CONTEXT_RID_PASID 0xfffffULL
#define PDTS_BASE	  13 /* 2^(PDTS + 7) directory entries of 2^6 PASIDs */

/* Which stages have a use for a flag */
#define OF_FIRST  (1u << IOMT_VTD_FIRST | 1u << IOMT_VTD_NESTED)
#define OF_SECOND (1u << IOMT_VTD_SECOND | 1u << IOMT_VTD_NESTED)
#define OF_ALL	  (OF_FIRST | OF_SECOND | 1u << IOMT_VTD_PASS_THROUGH)

/* Where each flag stands. */
static const struct {
	uint32_t flag;
	uint32_t stages;
	uint8_t word, bit;
} flags[] = {
	{IOMT_VTD_ENTRY_FPD, OF_ALL, 0, 1},    {IOMT_VTD_ENTRY_SSADE, OF_SECOND, 0, 9},
	{IOMT_VTD_ENTRY_PWSNP, OF_ALL, 1, 23}, {IOMT_VTD_ENTRY_PGSNP, OF_ALL, 1, 24},
	{IOMT_VTD_ENTRY_CD, OF_ALL, 1, 25},    {IOMT_VTD_ENTRY_EMTE, OF_ALL, 1, 26},
	{IOMT_VTD_ENTRY_PWT, OF_ALL, 1, 30},   {IOMT_VTD_ENTRY_PCD, OF_ALL, 1, 31},
	{IOMT_VTD_ENTRY_SRE, OF_FIRST, 2, 0},  {IOMT_VTD_ENTRY_WPE, OF_FIRST, 2, 4},
	{IOMT_VTD_ENTRY_NXE, OF_FIRST, 2, 5},  {IOMT_VTD_ENTRY_EAFE, OF_FIRST, 2, 7},
};

#define FLAGS (sizeof(flags) / sizeof(flags[0]))

static bool has_first(enum iomt_vtd_stages stages)
{
	return stages == IOMT_VTD_FIRST || stages == IOMT_VTD_NESTED;
}

static bool has_second(enum iomt_vtd_stages stages)
{
	return stages == IOMT_VTD_SECOND || stages == IOMT_VTD_NESTED;
}

static bool fields_fit(const struct iomt_vtd_entry *vtd)
{
	if (vtd->stages < IOMT_VTD_FIRST || vtd->stages > IOMT_VTD_PASS_THROUGH)
		return false;
	if (vtd->emt > 7 || vtd->fspm > 1 || vtd->aw > 3)
		return false;
	if (!vtd->aw && vtd->stages != IOMT_VTD_FIRST)
		return false;
	if (!has_first(vtd->stages) && (vtd->first || vtd->fspm))
		return false;
	return has_second(vtd->stages) || !vtd->second;
}

static int encode(const struct iomt_pasid_table *table, const struct iomt_pasid_entry *entry,
		  u64 *words)
{
	const struct iomt_vtd_entry *vtd = &entry->vtd;
	uint32_t left = vtd->flags;
	int err;

	if (!fields_fit(vtd))
		return IOMT_EINVAL;
	words[0] = PRESENT | AW(vtd->aw) | PGTT(vtd->stages) | vtd->second;
	words[1] = vtd->domain | EMT(vtd->emt) | PAT(vtd->pat);
	words[2] = FSPM(vtd->fspm) | vtd->first;
	for (unsigned i = 0; i < FLAGS; i++) {
		if (!(left & flags[i].flag) || !(flags[i].stages >> vtd->stages & 1))
			continue;
		words[flags[i].word] |= 1ULL << flags[i].bit;
		left &= ~flags[i].flag;
	}
	if (left)
		return IOMT_EINVAL;
	err = entry_check_address(vtd->first, 4096, table->oa_last);
	return err ? err : entry_check_address(vtd->second, 4096, table->oa_last);
}

static void decode(const struct iomt_pasid_table *table, const u64 *words,
		   struct iomt_pasid_entry *entry)
{
	struct iomt_vtd_entry *vtd = &entry->vtd;

	(void)table;
	*vtd = (struct iomt_vtd_entry){
		.stages = (enum iomt_vtd_stages)entry_bits(words[0], 8, 6),
		.first = words[2] & PAGE,
		.second = words[0] & PAGE,
		.domain = (uint16_t)words[1],
		.fspm = (uint8_t)entry_bits(words[2], 3, 2),
		.aw = (uint8_t)entry_bits(words[0], 4, 2),
		.emt = (uint8_t)entry_bits(words[1], 29, 27),
		.pat = (uint32_t)entry_bits(words[1], 63, 32),
	};
	for (unsigned i = 0; i < FLAGS; i++) {
		if (words[flags[i].word] >> flags[i].bit & 1)
			vtd->flags |= flags[i].flag;
	}
}

/*
 * Which fields hardware ignores differs between revisions of the specification: all of them count. FPD
 * holds for an entry that is not present, too.
 */
static void used(const u64 *words, u64 *bits)
{
	bits[0] = PRESENT | FPD;
	for (unsigned i = 0; words[0] & PRESENT && i < PASID_WORDS; i++)
		bits[i] = ~0ULL;
}

/* The IOTLB's tags are those of what the entry was: PASID and domain, or domain alone. */
static uint32_t tagged(u64 word)
{
	return has_second((enum iomt_vtd_stages)entry_bits(word, 8, 6))
		       ? IOMT_PASID_INV_IOTLB | IOMT_PASID_INV_DOMAIN
		       : IOMT_PASID_INV_IOTLB;
}

static uint32_t stale(const u64 *before, const u64 *after, uint16_t *tag)
{
	(void)after;
	*tag = (uint16_t)(before[1] & DOMAIN_MASK);
	return IOMT_PASID_INV_ENTRY | IOMT_PASID_INV_DEVICE_TLB | tagged(before[0]);
}

static uint32_t fresh(const struct iomt_pasid_table *table, const u64 *words, uint16_t *tag)
{
	*tag = (uint16_t)(words[1] & DOMAIN_MASK);
	if (!(table->flags & IOMT_PASID_TABLE_CACHES_ABSENT))
		return 0;
	return IOMT_PASID_INV_ENTRY | tagged(words[0]);
}

static void hw(const struct iomt_pasid_table *table, struct iomt_pasid_table_hw *hw)
{
	unsigned pdts = table->pasid_bits > PDTS_BASE ? table->pasid_bits - PDTS_BASE : 0;

	hw->word[0] = hw->root | CONTEXT_PDTS(pdts);
	hw->mask[0] = PAGE | CONTEXT_PDTS(7);
	if (table->flags & IOMT_PASID_TABLE_RID)
		hw->mask[1] = CONTEXT_RID_PASID;
}

const struct pasid_facts iomt_pasid_vtd = {
	.entry = {.words = PASID_WORDS, .valid = PRESENT, .stays = ~PRESENT, .used = used},
	.encode = encode,
	.decode = decode,
	.stale = stale,
	.fresh = fresh,
	.hw = hw,
};
