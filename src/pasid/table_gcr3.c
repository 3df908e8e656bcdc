/* SPDX-License-Identifier: MIT */
/*
 * AMD's GCR3 tables (48882): 2.2.6 guest CR3 tables, 2.2.2.1 device-table entry with GIOV.
 * GLX is levels - 1. An entry is one word: V 0, address 51:12.
 */
#include "table.h"

#define VALID	1ULL
#define ADDRESS 0x000ffffffffff000ULL

/* Device-table entry, words 0 and 1 */
#define DTE_GIOV	  (1ULL << 54)
#define DTE_GV		  (1ULL << 55)
#define DTE_GLX(glx)	  ((uint64_t)(glx) << 56)
#define DTE_ROOT_LOW(at)  (entry_bits(at, 14, 12) << 58)
#define DTE_ROOT_MID(at)  (entry_bits(at, 30, 15) << 16)
#define DTE_ROOT_HIGH(at) (entry_bits(at, 51, 31) << 43)

static int encode(const struct iomt_pasid_table *table, const struct iomt_pasid_entry *entry,
		  u64 *words)
{
	words[0] = entry->gcr3.root | table->enc | VALID;
	return entry_check_address(entry->gcr3.root, 4096, table->oa_last);
}

static void decode(const struct iomt_pasid_table *table, const u64 *words,
		   struct iomt_pasid_entry *entry)
{
	entry->gcr3.root = words[0] & ADDRESS & ~table->enc;
}

static void used(const u64 *words, u64 *bits)
{
	bits[0] = words[0] & VALID ? ~0ULL : VALID;
}

static uint32_t stale(const u64 *before, const u64 *after, uint16_t *tag)
{
	(void)before;
	(void)after;
	*tag = 0;
	return IOMT_PASID_INV_ENTRY | IOMT_PASID_INV_IOTLB | IOMT_PASID_INV_DEVICE_TLB;
}

/*
 * Linux flushes the PASID after it has set an entry too, and nothing in the specification says that
 * absent ones are not remembered.
 */
static uint32_t fresh(const struct iomt_pasid_table *table, const u64 *words, uint16_t *tag)
{
	(void)table;
	(void)words;
	*tag = 0;
	return IOMT_PASID_INV_ENTRY | IOMT_PASID_INV_IOTLB;
}

static void hw(const struct iomt_pasid_table *table, struct iomt_pasid_table_hw *hw)
{
	u64 root = hw->root | table->enc;

	hw->word[0] = DTE_GV | DTE_GLX(table->levels - 1) | DTE_ROOT_LOW(root);
	if (table->flags & IOMT_PASID_TABLE_RID)
		hw->word[0] |= DTE_GIOV;
	hw->mask[0] = DTE_GIOV | DTE_GV | DTE_GLX(3) | DTE_ROOT_LOW(~0ULL);
	hw->word[1] = DTE_ROOT_MID(root) | DTE_ROOT_HIGH(root);
	hw->mask[1] = DTE_ROOT_MID(~0ULL) | DTE_ROOT_HIGH(~0ULL);
}

const struct pasid_facts iomt_pasid_gcr3 = {
	.entry = {.words = 1, .valid = VALID, .stays = ~VALID, .used = used},
	.encode = encode,
	.decode = decode,
	.stale = stale,
	.fresh = fresh,
	.hw = hw,
};
