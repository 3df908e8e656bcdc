/* SPDX-License-Identifier: MIT */
/*
 * x86-64 tables with four and five levels: AMD guest tables ("V2"), VT-d first stage, CPUs.
 * Intel SDM volume 3A, section 4.5, "4-Level Paging and 5-Level Paging", tables 4-14 to 4-20; AMD
 * 48882, section 2.2.6, "I/O Page Tables for Guest Translations"; Intel D51397, section 9.8.
 *
 *	Intel's name  PML5E  PML4E  PDPTE  PDE  PTE
 *	ours          4      3      2      1    0
 *	leaf          -      -      1G     2M   4K
 */
#ifndef PT_X86_64_H
#define PT_X86_64_H

#include "format.h"

#define PRESENT	      (1ULL << 0)
#define WRITABLE      (1ULL << 1)
#define USER	      (1ULL << 2)
#define WRITE_THROUGH (1ULL << 3) /* PWT */
#define NO_CACHE      (1ULL << 4) /* PCD */
#define ACCESSED      (1ULL << 5)
#define DIRTY	      (1ULL << 6)
#define PAGE_SIZE     (1ULL << 7) /* PS; in a 4K leaf this bit is PAT, and stays 0 */
#define GLOBAL	      (1ULL << 8)
#define NO_EXEC	      (1ULL << 63) /* XD */

PT_INLINE enum pt_kind x86_64_kind(u64 entry, unsigned level)
{
	if (!(entry & PRESENT))
		return PT_EMPTY;
	return !level || (entry & PAGE_SIZE) ? PT_LEAF : PT_TABLE;
}

PT_INLINE u64 x86_64_pack(u64 addr)
{
	return addr;
}

PT_INLINE u64 x86_64_table(u64 addr, unsigned level)
{
	(void)level;
	return addr | PRESENT | WRITABLE | USER | ACCESSED;
}

PT_INLINE u64 x86_64_leaf(u64 oa, unsigned level, unsigned size_lg2)
{
	(void)size_lg2;
	return oa | PRESENT | (level ? PAGE_SIZE : 0);
}

PT_INLINE unsigned x86_64_leaf_lg2(u64 entry, unsigned level)
{
	(void)entry;
	return 12 + 9 * level;
}

PT_INLINE bool x86_64_all_single(u64 all, u64 any, unsigned level)
{
	(void)any;
	return (all & PRESENT) && (!level || (all & PAGE_SIZE));
}

/* Without dirty tracking the hardware never needs to set D: whatever is writable has it. */
PT_INLINE bool x86_64_encode(uint32_t prot, uint32_t flags, uint64_t *attrs)
{
	u64 bits = ACCESSED;

	bits |= prot & IOMT_WRITE ? WRITABLE : 0;
	bits |= (prot & IOMT_WRITE) && !(flags & IOMT_PT_DIRTY) ? DIRTY : 0;
	bits |= prot & IOMT_PRIV ? 0 : USER;
	bits |= prot & IOMT_GLOBAL ? GLOBAL : 0;
	bits |= prot & IOMT_TYPE_MASK ? NO_CACHE : 0;
	bits |= prot & IOMT_TYPE_DEVICE ? WRITE_THROUGH : 0;
	bits |= (flags & IOMT_PT_NX) && !(prot & IOMT_EXEC) ? NO_EXEC : 0;
	*attrs = bits;
	return (prot & IOMT_READ) && !(prot & IOMT_SNOOP) &&
	       !((prot & IOMT_EXEC) && !(flags & IOMT_PT_NX));
}

PT_INLINE uint32_t x86_64_decode(u64 entry, uint32_t flags)
{
	uint32_t prot = IOMT_READ;

	prot |= entry & WRITABLE ? IOMT_WRITE : 0;
	prot |= entry & USER ? 0 : IOMT_PRIV;
	prot |= entry & GLOBAL ? IOMT_GLOBAL : 0;
	if (entry & NO_CACHE)
		prot |= entry & WRITE_THROUGH ? IOMT_TYPE_DEVICE : IOMT_TYPE_UNCACHED;
	if ((flags & IOMT_PT_NX) && !(entry & NO_EXEC))
		prot |= IOMT_EXEC;
	return prot;
}

PT_INLINE u64 x86_64_permissions(uint32_t flags)
{
	return WRITABLE | USER | (flags & IOMT_PT_NX ? NO_EXEC : 0) |
	       (flags & IOMT_PT_DIRTY ? 0 : DIRTY);
}

PT_INLINE bool x86_64_none_dirty(u64 all, u64 any)
{
	(void)all;
	return !(any & DIRTY);
}

PT_INLINE bool x86_64_dirty(u64 entry)
{
	return entry & DIRTY;
}

PT_INLINE u64 x86_64_make_dirty(u64 entry)
{
	return entry | DIRTY;
}

PT_INLINE u64 x86_64_make_clean(u64 entry)
{
	return entry & ~DIRTY;
}

static void x86_64_hw(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	hw->u.x86.paging_mode = hw->levels - 4;
	hw->u.x86.nx = pt->flags & IOMT_PT_NX;
}

static const struct pt_format x86_64 = {
	.granule_lg2 = 12,
	.index_lg2 = 9,
	.min_levels = 4,
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
	.encrypts = true,
	.plain_tables = true,
	.flags = IOMT_PT_DIRTY | IOMT_PT_SIGNED | IOMT_PT_NX,
	.synced = 1ULL << 9,
	.attrs = WRITABLE | USER | WRITE_THROUGH | NO_CACHE | ACCESSED | DIRTY | GLOBAL | NO_EXEC,
	.kind = x86_64_kind,
	.pack = x86_64_pack,
	.unpack = x86_64_pack,
	.table = x86_64_table,
	.leaf = x86_64_leaf,
	.leaf_lg2 = x86_64_leaf_lg2,
	.all_single = x86_64_all_single,
	.none_dirty = x86_64_none_dirty,
	.encode = x86_64_encode,
	.decode = x86_64_decode,
	.permissions = x86_64_permissions,
	.dirty = x86_64_dirty,
	.make_dirty = x86_64_make_dirty,
	.make_clean = x86_64_make_clean,
	.hw = x86_64_hw,
};

#endif
