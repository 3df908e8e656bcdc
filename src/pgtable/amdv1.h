/* SPDX-License-Identifier: MIT */
/*
 * AMD host tables, "V1".
 * AMD I/O Virtualization Technology (IOMMU) Specification, 48882, section 2.2.3, "I/O Page Tables
 * for Host Translations": entries, default page sizes, other page sizes.
 *
 *	AMD's level   6     5     4     3     2     1
 *	ours          5     4     3     2     1     0
 *	default leaf  2^57  2^48  2^39  1G    2M    4K
 *
 * A leaf with NextLevel 7 has any power of two above its level's default and below the next
 * level's: the low address bits hold ones below a zero that marks half the size. Its entry is
 * repeated in every slot that it spans.
 */
#ifndef PT_AMDV1_H
#define PT_AMDV1_H

#include "format.h"

#define PRESENT	      (1ULL << 0)
#define DIRTY	      (1ULL << 6)
#define NEXT(level)   ((u64)(level) << 9) /* NextLevel, bits 11:9 */
#define NEXT_MASK     NEXT(7)
#define FORCE_SNOOP   (1ULL << 60) /* FC */
#define READ_ALLOWED  (1ULL << 61) /* IR */
#define WRITE_ALLOWED (1ULL << 62) /* IW */
#define PERMISSIONS   (READ_ALLOWED | WRITE_ALLOWED)

PT_INLINE enum pt_kind amdv1_kind(u64 entry, unsigned level)
{
	/* as this library writes them: one compare */
	if (level && (entry & (NEXT_MASK | PRESENT)) == (NEXT(level) | PRESENT))
		return PT_TABLE;
	if (level && (entry & NEXT_MASK) - NEXT(1) <= NEXT(5) && (entry & PRESENT))
		return PT_TABLE;
	return entry & PRESENT ? PT_LEAF : PT_EMPTY;
}

PT_INLINE u64 amdv1_pack(u64 addr)
{
	return addr;
}

/* IR and IW are ANDed along the walk. */
PT_INLINE u64 amdv1_table(u64 addr, unsigned level)
{
	return addr | PRESENT | NEXT(level) | PERMISSIONS;
}

PT_INLINE u64 amdv1_leaf(u64 oa, unsigned level, unsigned size_lg2)
{
	if (size_lg2 == 12 + 9 * level)
		return oa | PRESENT;
	return oa | ((pt_low_bits(size_lg2 - 1)) & ~0xfffULL) | PRESENT | NEXT(7);
}

PT_INLINE unsigned amdv1_leaf_lg2(u64 entry, unsigned level)
{
	if ((entry & NEXT_MASK) != NEXT(7))
		return 12 + 9 * level;
	return (unsigned)__builtin_ctzll(~(entry | 0xfff)) + 1;
}

PT_INLINE bool amdv1_all_single(u64 all, u64 any, unsigned level)
{
	(void)level;
	return (all & PRESENT) && !(any & NEXT_MASK);
}

PT_INLINE bool amdv1_encode(uint32_t prot, uint32_t flags, uint64_t *attrs)
{
	(void)flags;
	*attrs = (u64)(prot & (IOMT_READ | IOMT_WRITE)) << 61;
	if (prot & IOMT_SNOOP)
		*attrs |= FORCE_SNOOP;
	return !(prot & (IOMT_EXEC | IOMT_PRIV | IOMT_GLOBAL | IOMT_TYPE_MASK));
}

PT_INLINE uint32_t amdv1_decode(u64 entry, uint32_t flags)
{
	(void)flags;
	return (uint32_t)(entry >> 61 & 3) | (entry & FORCE_SNOOP ? IOMT_SNOOP : 0);
}

PT_INLINE u64 amdv1_permissions(uint32_t flags)
{
	(void)flags;
	return PERMISSIONS;
}

PT_INLINE bool amdv1_none_dirty(u64 all, u64 any)
{
	(void)all;
	return !(any & DIRTY);
}

PT_INLINE bool amdv1_dirty(u64 entry)
{
	return entry & DIRTY;
}

PT_INLINE u64 amdv1_make_dirty(u64 entry)
{
	return entry | DIRTY;
}

PT_INLINE u64 amdv1_make_clean(u64 entry)
{
	return entry & ~DIRTY;
}

static void amdv1_hw(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	(void)pt;
	hw->u.amdv1.mode = hw->levels;
}

static const struct pt_format amdv1 = {
	.granule_lg2 = 12,
	.index_lg2 = 9,
	.min_levels = 1,
	.max_levels = 6,
	.root_min_lg2 = 12,
	.grows = true,
	.min_iova_bits = 12,
	.max_iova_bits = 64,
	.usual_iova_bits = 64,
	.usual_oa_bits = 52,
	.oa_widths = (1ULL << 53) - (1ULL << 32),
	.linear_lg2 = 64,
	.sizes = (1ULL << 53) - (1ULL << 12),
	.sizes_unusual = 1ULL << 39, /* an erratum of some hardware */
	.repeats = true,
	.whole_runs = true,
	.resizes = true,
	.encrypts = true,
	.plain_tables = true,
	.flags = IOMT_PT_DIRTY,
	.synced = 1ULL << 1,
	.attrs = PERMISSIONS | FORCE_SNOOP | DIRTY,
	.kind = amdv1_kind,
	.pack = amdv1_pack,
	.unpack = amdv1_pack,
	.table = amdv1_table,
	.leaf = amdv1_leaf,
	.leaf_lg2 = amdv1_leaf_lg2,
	.all_single = amdv1_all_single,
	.none_dirty = amdv1_none_dirty,
	.encode = amdv1_encode,
	.decode = amdv1_decode,
	.permissions = amdv1_permissions,
	.dirty = amdv1_dirty,
	.make_dirty = amdv1_make_dirty,
	.make_clean = amdv1_make_clean,
	.hw = amdv1_hw,
};

#endif
