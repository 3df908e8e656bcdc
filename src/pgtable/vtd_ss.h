/* SPDX-License-Identifier: MIT */
/*
 * VT-d second stage tables with three to five levels.
 * Intel Virtualization Technology for Directed I/O, D51397, sections 3.7, "Second-Stage
 * Translation", and 9.9, "Second-Stage Paging Entries".
 *
 *	Intel's name  SS-PML5E  SS-PML4E  SS-PDPE  SS-PDE  SS-PTE
 *	ours          4         3         2        1       0
 *	leaf          -         -         1G       2M      4K
 *
 * There is no present bit: an entry that allows neither read nor write is empty.
 */
#ifndef PT_VTD_SS_H
#define PT_VTD_SS_H

#include "format.h"

#define READ_ALLOWED  (1ULL << 0)
#define WRITE_ALLOWED (1ULL << 1)
#define ALLOWED	      (READ_ALLOWED | WRITE_ALLOWED)
#define PAGE_SIZE     (1ULL << 7) /* PS; ignored in a 4K leaf, and stays 0 */
#define ACCESSED      (1ULL << 8)
#define DIRTY	      (1ULL << 9)
#define SNOOP	      (1ULL << 11) /* SNP */

PT_INLINE enum pt_kind vtd_ss_kind(u64 entry, unsigned level)
{
	if (!(entry & ALLOWED))
		return PT_EMPTY;
	return !level || (entry & PAGE_SIZE) ? PT_LEAF : PT_TABLE;
}

PT_INLINE u64 vtd_ss_pack(u64 addr)
{
	return addr;
}

PT_INLINE u64 vtd_ss_table(u64 addr, unsigned level)
{
	(void)level;
	return addr | ALLOWED | ACCESSED; /* which hardware would set otherwise */
}

PT_INLINE u64 vtd_ss_leaf(u64 oa, unsigned level, unsigned size_lg2)
{
	(void)size_lg2;
	return oa | (level ? PAGE_SIZE : 0);
}

PT_INLINE unsigned vtd_ss_leaf_lg2(u64 entry, unsigned level)
{
	(void)entry;
	return 12 + 9 * level;
}

PT_INLINE bool vtd_ss_all_single(u64 all, u64 any, unsigned level)
{
	(void)any;
	return (all & ALLOWED) && (!level || (all & PAGE_SIZE));
}

PT_INLINE bool vtd_ss_encode(uint32_t prot, uint32_t flags, uint64_t *attrs)
{
	(void)flags;
	*attrs = (prot & (IOMT_READ | IOMT_WRITE)) | (prot & IOMT_SNOOP ? SNOOP : 0);
	return !(prot & (IOMT_EXEC | IOMT_PRIV | IOMT_GLOBAL | IOMT_TYPE_MASK));
}

PT_INLINE uint32_t vtd_ss_decode(u64 entry, uint32_t flags)
{
	(void)flags;
	return (uint32_t)(entry & ALLOWED) | (entry & SNOOP ? IOMT_SNOOP : 0);
}

PT_INLINE u64 vtd_ss_permissions(uint32_t flags)
{
	(void)flags;
	return ALLOWED;
}

PT_INLINE bool vtd_ss_none_dirty(u64 all, u64 any)
{
	(void)all;
	return !(any & DIRTY);
}

PT_INLINE bool vtd_ss_dirty(u64 entry)
{
	return entry & DIRTY;
}

PT_INLINE u64 vtd_ss_make_dirty(u64 entry)
{
	return entry | DIRTY;
}

PT_INLINE u64 vtd_ss_make_clean(u64 entry)
{
	return entry & ~DIRTY;
}

static void vtd_ss_hw(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	(void)pt;
	hw->u.vtd.aw = hw->levels - 2; /* AW in context and PASID entries, section 9.3 */
}

static const struct pt_format vtd_ss = {
	.granule_lg2 = 12,
	.index_lg2 = 9,
	.min_levels = 3,
	.max_levels = 5,
	.root_min_lg2 = 12,
	.min_iova_bits = 32,
	.max_iova_bits = 57,
	.usual_iova_bits = 48,
	.usual_oa_bits = 52,
	.oa_widths = (1ULL << 53) - (1ULL << 32),
	.linear_lg2 = 64,
	.sizes = 1ULL << 12 | 1ULL << 21 | 1ULL << 30,
	.resizes = true,
	.plain_tables = true,
	.flags = IOMT_PT_DIRTY,
	.synced = 1ULL << 10,
	.attrs = ALLOWED | ACCESSED | DIRTY | SNOOP,
	.kind = vtd_ss_kind,
	.pack = vtd_ss_pack,
	.unpack = vtd_ss_pack,
	.table = vtd_ss_table,
	.leaf = vtd_ss_leaf,
	.leaf_lg2 = vtd_ss_leaf_lg2,
	.all_single = vtd_ss_all_single,
	.none_dirty = vtd_ss_none_dirty,
	.encode = vtd_ss_encode,
	.decode = vtd_ss_decode,
	.permissions = vtd_ss_permissions,
	.dirty = vtd_ss_dirty,
	.make_dirty = vtd_ss_make_dirty,
	.make_clean = vtd_ss_make_clean,
	.hw = vtd_ss_hw,
};

#endif
