/* SPDX-License-Identifier: MIT */
/*
 * VT-d's root and context tables (D51397): 9.1 root entry, 9.2 scalable-mode root entry, 9.3 context
 * entry, 9.4 scalable-mode context entry, 10.4 root table address register, 6.5.3.3 what to invalidate.
 *
 * In scalable mode a root entry has two pointers: of the lower and of the upper 128 functions of a bus.
 */
#include "table.h"

#define PRESENT	     (1ULL << 0)
#define FPD	     (1ULL << 1)
#define PAGE	     0xfffffffffffff000ULL
#define TT(type)     ((uint64_t)(type) << 2)
#define AW(aw)	     ((uint64_t)(aw) << 0) /* word 1 */
#define DOMAIN(id)   ((uint64_t)(id) << 8)
#define PDTS(pdts)   ((uint64_t)(pdts) << 9)
#define DEVICE_TLB   (1ULL << 2) /* DTE */
#define RID_PASID    0xfffffULL	 /* word 1 */
#define TTM_SCALABLE (1ULL << 10)
#define PDTS_MAX     7
#define AW_MAX	     3

static const struct device_flag flags[] = {
	{IOMT_VTD_CONTEXT_FPD, 0, 1},	    {IOMT_VTD_CONTEXT_DTE, 0, 2},
	{IOMT_VTD_CONTEXT_PASIDE, 0, 3},    {IOMT_VTD_CONTEXT_PRE, 0, 4},
	{IOMT_VTD_CONTEXT_RID_PRIV, 1, 20},
};

#define FLAGS	  (sizeof(flags) / sizeof(flags[0]))
#define ALL_FLAGS 0x1fu

static int encode_legacy(const struct iomt_device_table *table,
			 const struct iomt_device_entry *entry, u64 *words)
{
	const struct iomt_vtd_context *context = &entry->context;

	if ((context->flags & ~IOMT_VTD_CONTEXT_FPD) || (unsigned)context->type > IOMT_VTD_PASS)
		return IOMT_EINVAL;
	if (!context->aw || context->aw > AW_MAX)
		return IOMT_EINVAL;
	if (context->type == IOMT_VTD_PASS && context->second)
		return IOMT_EINVAL;
	if (context->pdts || context->directory || context->rid_pasid)
		return IOMT_EINVAL;
	words[0] = PRESENT | TT(context->type) | context->second;
	words[1] = AW(context->aw) | DOMAIN(context->domain);
	device_set_flags(flags, FLAGS, context->flags, words);
	return entry_check_address(context->second, 4096, table->oa_last);
}

static void decode_legacy(const struct iomt_device_table *table, const u64 *words,
			  struct iomt_device_entry *entry)
{
	(void)table;
	entry->context = (struct iomt_vtd_context){
		.flags = words[0] & FPD ? IOMT_VTD_CONTEXT_FPD : 0,
		.type = (enum iomt_vtd_type)entry_bits(words[0], 3, 2),
		.second = words[0] & PAGE,
		.domain = (uint16_t)entry_bits(words[1], 23, 8),
		.aw = (uint8_t)entry_bits(words[1], 2, 0),
	};
}

static int encode_scalable(const struct iomt_device_table *table,
			   const struct iomt_device_entry *entry, u64 *words)
{
	const struct iomt_vtd_context *context = &entry->context;

	if ((context->flags & ~ALL_FLAGS) || context->pdts > PDTS_MAX ||
	    context->rid_pasid > RID_PASID)
		return IOMT_EINVAL;
	if (context->type || context->second || context->domain || context->aw)
		return IOMT_EINVAL;
	words[0] = PRESENT | PDTS(context->pdts) | context->directory;
	words[1] = context->rid_pasid;
	device_set_flags(flags, FLAGS, context->flags, words);
	return entry_check_address(context->directory, 4096, table->oa_last);
}

static void decode_scalable(const struct iomt_device_table *table, const u64 *words,
			    struct iomt_device_entry *entry)
{
	(void)table;
	entry->context = (struct iomt_vtd_context){
		.flags = device_get_flags(flags, FLAGS, words),
		.pdts = (uint8_t)entry_bits(words[0], 11, 9),
		.directory = words[0] & PAGE,
		.rid_pasid = (uint32_t)(words[1] & RID_PASID),
	};
}

/*
 * Which fields hardware ignores differs between revisions of the specification: all of them count. FPD
 * holds for an entry that is not present, too.
 */
static void used(const u64 *words, u64 *bits)
{
	bits[0] = PRESENT | FPD;
	if (words[0] & PRESENT)
		bits[0] = bits[1] = ~0ULL;
}

static void used_scalable(const u64 *words, u64 *bits)
{
	used(words, bits);
	if (words[0] & PRESENT)
		bits[2] = bits[3] = ~0ULL;
}

/* The context cache has the entry under its domain id, and so has the IOTLB. */
static void stale_legacy(const u64 *before, const u64 *after, struct iomt_device_inv *inv)
{
	(void)after;
	inv->what = IOMT_DEVICE_INV_ENTRY | IOMT_DEVICE_INV_IOTLB;
	if (entry_bits(before[0], 3, 2) == IOMT_VTD_TABLE_ATS)
		inv->what |= IOMT_DEVICE_INV_DEVICE_TLB;
	inv->domain = inv->tag = (uint16_t)entry_bits(before[1], 23, 8);
}

/* What is absent is remembered under domain id 0 (6.1). */
static void fresh_legacy(const struct iomt_device_table *table, const u64 *words,
			 struct iomt_device_inv *inv)
{
	if (table->flags & IOMT_DEVICE_TABLE_CACHES_ABSENT)
		inv->what = IOMT_DEVICE_INV_ENTRY | IOMT_DEVICE_INV_IOTLB;
	inv->domain = (uint16_t)entry_bits(words[1], 23, 8);
}

static void stale_scalable(const u64 *before, const u64 *after, struct iomt_device_inv *inv)
{
	(void)after;
	inv->what = IOMT_DEVICE_INV_ENTRY | IOMT_DEVICE_INV_PASIDS;
	if (before[0] & DEVICE_TLB)
		inv->what |= IOMT_DEVICE_INV_DEVICE_TLB;
}

static void fresh_scalable(const struct iomt_device_table *table, const u64 *words,
			   struct iomt_device_inv *inv)
{
	(void)words;
	if (table->flags & IOMT_DEVICE_TABLE_CACHES_ABSENT)
		inv->what = IOMT_DEVICE_INV_ENTRY | IOMT_DEVICE_INV_PASIDS;
}

static u64 pointer(const struct iomt_device_table *table)
{
	(void)table;
	return PRESENT;
}

static void hw_legacy(const struct iomt_device_table *table, struct iomt_device_table_hw *hw)
{
	(void)table;
	hw->base = hw->root;
}

static void hw_scalable(const struct iomt_device_table *table, struct iomt_device_table_hw *hw)
{
	(void)table;
	hw->base = hw->root | TTM_SCALABLE;
}

const struct device_facts iomt_device_vtd = {
	.entry = {.words = 2, .valid = PRESENT, .stays = ~PRESENT, .used = used},
	.stride = 2, /* words 2n + 1 of the root are reserved */
	.pointer = pointer,
	.encode = encode_legacy,
	.decode = decode_legacy,
	.stale = stale_legacy,
	.fresh = fresh_legacy,
	.hw = hw_legacy,
};

const struct device_facts iomt_device_vtd_scalable = {
	.entry = {.words = 4, .valid = PRESENT, .stays = ~PRESENT, .used = used_scalable},
	.stride = 1,
	.pointer = pointer,
	.encode = encode_scalable,
	.decode = decode_scalable,
	.stale = stale_scalable,
	.fresh = fresh_scalable,
	.hw = hw_scalable,
};
