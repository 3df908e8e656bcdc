/* SPDX-License-Identifier: MIT */
/*
 * A format that nobody built, small enough to be tried out completely: granules of 64 bytes, tables
 * of eight entries, three levels, 32 KiB of input addresses, and runs of four. The engine takes it
 * as it is; what includes this makes formats of it with TINY_FACTS and PT_FORMAT_ENTRY.
 */
#ifndef TESTS_MODEL_TINY_H
#define TESTS_MODEL_TINY_H

#include "entry.h"

#define TINY_PRESENT  (1ULL << 63)
#define TINY_LEAF     (1ULL << 62)
#define TINY_RUN      (1ULL << 61)
#define TINY_DIRTY    (1ULL << 60)
#define TINY_ACCESS   (3ULL << 58)
#define TINY_GRANULE  64u
#define TINY_GRANULES 512u
#define TINY_HELD     (1ULL << 56)
#define TINY_ACCESSED (1ULL << 55) /* hardware sets it, and nobody here cares */

PT_INLINE enum pt_kind tiny_kind(u64 entry, unsigned level)
{
	(void)level;
	return !(entry & TINY_PRESENT) ? PT_EMPTY : entry & TINY_LEAF ? PT_LEAF : PT_TABLE;
}

/* Addresses stand shifted, to show that the engine does not care. */
PT_INLINE u64 tiny_pack(u64 addr)
{
	return addr >> 4;
}

PT_INLINE u64 tiny_unpack(u64 entry)
{
	return entry << 4;
}

PT_INLINE u64 tiny_table(u64 addr, unsigned level)
{
	(void)level;
	return addr | TINY_PRESENT;
}

PT_INLINE u64 tiny_leaf(u64 oa, unsigned level, unsigned size_lg2)
{
	return tiny_pack(oa) | TINY_PRESENT | TINY_LEAF | (size_lg2 > 6 + 3 * level ? TINY_RUN : 0);
}

PT_INLINE unsigned tiny_leaf_lg2(u64 entry, unsigned level)
{
	return 6 + 3 * level + (entry & TINY_RUN ? 2 : 0);
}

PT_INLINE bool tiny_all_single(u64 all, u64 any, unsigned level)
{
	(void)level;
	return (all & TINY_PRESENT) && (all & TINY_LEAF) && !(any & TINY_RUN);
}

PT_INLINE bool tiny_encode(uint32_t prot, uint32_t flags, u64 *attrs)
{
	(void)flags;
	*attrs = (u64)(prot & 3) << 58;
	return !(prot & ~3u);
}

PT_INLINE uint32_t tiny_decode(u64 entry, uint32_t flags)
{
	(void)flags;
	return entry >> 58 & 3;
}

PT_INLINE u64 tiny_permissions(uint32_t flags)
{
	(void)flags;
	return TINY_ACCESS;
}

PT_INLINE bool tiny_none_dirty(u64 all, u64 any)
{
	(void)all;
	return !(any & TINY_DIRTY);
}

PT_INLINE bool tiny_dirty(u64 entry)
{
	return entry & TINY_DIRTY;
}

PT_INLINE u64 tiny_make_dirty(u64 entry)
{
	return entry | TINY_DIRTY;
}

PT_INLINE u64 tiny_make_clean(u64 entry)
{
	return entry & ~TINY_DIRTY;
}

static void tiny_hw(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	(void)pt;
	(void)hw;
}

/* What all have in common; the rest is how many levels, and whether leaves change size in place. */
/* clang-format off */
#define TINY_FACTS \
	.granule_lg2 = 6, \
	.index_lg2 = 3, \
	.root_min_lg2 = 6, \
	.min_iova_bits = 15, \
	.max_iova_bits = 15, \
	.usual_iova_bits = 15, \
	.usual_oa_bits = 57, \
	.oa_widths = 1ULL << 57, \
	.linear_lg2 = 64, \
	.sizes = 1ULL << 6 | 1ULL << 8 | 1ULL << 9 | 1ULL << 11 | 1ULL << 12, \
	.flags = IOMT_PT_DIRTY, \
	.synced = 1ULL << 57, \
	.attrs = TINY_ACCESS | TINY_DIRTY, \
	.kind = tiny_kind, \
	.pack = tiny_pack, \
	.unpack = tiny_unpack, \
	.table = tiny_table, \
	.leaf = tiny_leaf, \
	.leaf_lg2 = tiny_leaf_lg2, \
	.all_single = tiny_all_single, \
	.none_dirty = tiny_none_dirty, \
	.encode = tiny_encode, \
	.decode = tiny_decode, \
	.permissions = tiny_permissions, \
	.dirty = tiny_dirty, \
	.make_dirty = tiny_make_dirty, \
	.make_clean = tiny_make_clean, \
	.hw = tiny_hw
/* clang-format on */

#endif
