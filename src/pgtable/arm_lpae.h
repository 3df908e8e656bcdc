/* SPDX-License-Identifier: MIT */
/*
 * Arm LPAE (VMSAv8-64): what stage 1 and stage 2 share.
 * Arm Architecture Reference Manual, DDI 0487, chapter D8: D8.3, "Translation table descriptor
 * formats"; D8.4, memory access control; D8.5, hardware updates; D8.6, memory region attributes;
 * D8.7.1, the contiguous bit.
 *
 *	Arm's level       -1    0          1          2          3
 *	ours, 4K granule  4     3          2          1          0
 *	leaf (contiguous) -     512G LPA2  1G (16G)   2M (32M)   4K (64K)
 *	16K granule       -     3          2          1          0
 *	leaf (contiguous) -     -          64G LPA2   32M (1G)   16K (2M)
 *	64K granule       -     -          2          1          0
 *	leaf (contiguous) -     -          4T LPA     512M (16G) 64K (2M)
 */
#ifndef PT_ARM_LPAE_H
#define PT_ARM_LPAE_H

#include "format.h"

#define VALID	   (1ULL << 0)
#define PAGE	   (1ULL << 1) /* a page or a table; a block has 0 */
#define SH_SHIFT   8
#define SH_OUTER   (2ULL << SH_SHIFT)
#define SH_INNER   (3ULL << SH_SHIFT)
#define ACCESSED   (1ULL << 10) /* AF */
#define DBM	   (1ULL << 51) /* hardware may make it writable, and dirty by that */
#define CONTIGUOUS (1ULL << 52)
#define SW_DIRTY   (1ULL << 56) /* dirty, but not writable any more */

/* Descriptors: what stages and granules share. */

PT_INLINE enum pt_kind arm_kind(u64 entry, unsigned level)
{
	if (!(entry & VALID))
		return PT_EMPTY;
	return level && (entry & PAGE) ? PT_TABLE : PT_LEAF;
}

PT_INLINE u64 arm_table(u64 addr, unsigned level)
{
	(void)level;
	return addr | VALID | PAGE;
}

PT_INLINE u64 arm_leaf(u64 addr, unsigned level, bool contiguous)
{
	return addr | VALID | (level ? 0 : PAGE) | (contiguous ? CONTIGUOUS : 0);
}

PT_INLINE bool arm_all_single(u64 all, u64 any, unsigned level)
{
	return (all & VALID) && !(any & CONTIGUOUS) && (level ? !(any & PAGE) : (all & PAGE));
}

/* Output addresses of up to 48 bits stand in place. */
PT_INLINE u64 pack_48(u64 addr)
{
	return addr;
}

/* 64K granule, FEAT_LPA: bits 51:48 in 15:12 (D8.3.1). Zero there is right for 48 bits too. */
PT_INLINE u64 pack_lpa(u64 addr)
{
	return (addr & pt_low_bits(48)) | (addr >> 48) << 12;
}

PT_INLINE u64 unpack_lpa(u64 entry)
{
	return (entry & pt_low_bits(48) & ~0xffffULL) | (entry & 0xf000) << 36;
}

/* FEAT_LPA2, DS = 1: bits 51:50 in 9:8, where SH was (D8.3.1). */
PT_INLINE u64 pack_lpa2(u64 addr)
{
	return (addr & pt_low_bits(50)) | (addr >> 50) << 8;
}

PT_INLINE u64 unpack_lpa2(u64 entry)
{
	return (entry & pt_low_bits(50) & ~0xfffULL) | (entry & 0x300) << 42;
}

/* Granules: units of the levels, and how many slots the contiguous bit joins. */

PT_INLINE u64 leaf_4k(u64 oa, unsigned level, unsigned size_lg2)
{
	return arm_leaf(oa, level, size_lg2 > 12 + 9 * level);
}

PT_INLINE unsigned leaf_lg2_4k(u64 entry, unsigned level)
{
	return 12 + 9 * level + (entry & CONTIGUOUS ? 4 : 0);
}

PT_INLINE u64 leaf_16k(u64 oa, unsigned level, unsigned size_lg2)
{
	return arm_leaf(oa, level, size_lg2 > 14 + 11 * level);
}

PT_INLINE unsigned leaf_lg2_16k(u64 entry, unsigned level)
{
	return 14 + 11 * level + (entry & CONTIGUOUS ? (level ? 5 : 7) : 0);
}

PT_INLINE u64 leaf_64k(u64 oa, unsigned level, unsigned size_lg2)
{
	return arm_leaf(pack_lpa(oa), level, size_lg2 > 16 + 13 * level);
}

PT_INLINE unsigned leaf_lg2_64k(u64 entry, unsigned level)
{
	return 16 + 13 * level + (entry & CONTIGUOUS ? 5 : 0);
}

PT_INLINE u64 leaf_4k_lpa2(u64 oa, unsigned level, unsigned size_lg2)
{
	return leaf_4k(pack_lpa2(oa), level, size_lg2);
}

PT_INLINE u64 leaf_16k_lpa2(u64 oa, unsigned level, unsigned size_lg2)
{
	return leaf_16k(pack_lpa2(oa), level, size_lg2);
}

/* Shareability is in the descriptor but with LPA2, where TCR and VTCR have it. */
PT_INLINE u64 arm_shareability(uint32_t prot)
{
	return prot & IOMT_TYPE_MASK ? SH_OUTER : SH_INNER;
}

/* TCR_EL1, VTCR_EL2 (D19.2) and the fields of SMMUv3's CD and STE (IHI 0070, chapter 5). */

PT_INLINE uint8_t arm_ps(unsigned oa_bits)
{
	static const uint8_t widths[] = {32, 36, 40, 42, 44, 48, 52};
	uint8_t ps = 0;

	while (widths[ps] != oa_bits)
		ps++;
	return ps;
}

PT_INLINE void arm_hw(const struct iomt_pt *pt, struct iomt_pt_hw *hw, uint8_t tg0, uint8_t tg1)
{
	bool upper = pt->flags & IOMT_PT_TTBR1, tracked = pt->flags & IOMT_PT_DIRTY;

	hw->u.arm.ttbr = hw->root;
	if (pt->oa_bits == 52)
		hw->u.arm.ttbr = (hw->root & pt_low_bits(48)) | (hw->root >> 48) << 2;
	hw->u.arm.tsz = 64 - pt->iova_bits;
	hw->u.arm.tg = upper ? tg1 : tg0;
	hw->u.arm.sh = pt->incoherent ? 0 : 3;
	hw->u.arm.irgn = hw->u.arm.orgn = pt->incoherent ? 0 : 1;
	hw->u.arm.ps = arm_ps(pt->oa_bits);
	hw->u.arm.ha = hw->u.arm.hd = tracked;
}

/* The layouts: a granule and where it keeps addresses. */

#define SIZES_4K     (1ULL << 12 | 1ULL << 16 | 1ULL << 21 | 1ULL << 25 | 1ULL << 30 | 1ULL << 34)
#define SIZES_16K    (1ULL << 14 | 1ULL << 21 | 1ULL << 25 | 1ULL << 30)
#define SIZES_64K    (1ULL << 16 | 1ULL << 21 | 1ULL << 29 | 1ULL << 34)
#define OA_48	     (1ULL << 32 | 1ULL << 36 | 1ULL << 40 | 1ULL << 42 | 1ULL << 44 | 1ULL << 48)
#define OA_52	     (OA_48 | 1ULL << 52)
#define SHAREABILITY (3ULL << SH_SHIFT)

#define LAYOUT_4K                                                                         \
	.granule_lg2 = 12, .index_lg2 = 9, .max_levels = 4, .max_iova_bits = 48,          \
	.usual_iova_bits = 48, .usual_oa_bits = 48, .oa_widths = OA_48, .linear_lg2 = 64, \
	.sizes = SIZES_4K, .pack = pack_48, .unpack = pack_48, .leaf = leaf_4k,           \
	.leaf_lg2 = leaf_lg2_4k
#define LAYOUT_16K                                                                      \
	.granule_lg2 = 14, .index_lg2 = 11, .max_iova_bits = 48, .usual_iova_bits = 48, \
	.usual_oa_bits = 48, .oa_widths = OA_48, .linear_lg2 = 64, .sizes = SIZES_16K,  \
	.pack = pack_48, .unpack = pack_48, .leaf = leaf_16k, .leaf_lg2 = leaf_lg2_16k
#define LAYOUT_64K                                                                        \
	.granule_lg2 = 16, .index_lg2 = 13, .max_levels = 3, .max_iova_bits = 52,         \
	.usual_iova_bits = 48, .usual_oa_bits = 48, .oa_widths = OA_52, .linear_lg2 = 48, \
	.sizes = SIZES_64K | 1ULL << 42, .sizes_wide = 1ULL << 42, .pack = pack_lpa,      \
	.unpack = unpack_lpa, .leaf = leaf_64k, .leaf_lg2 = leaf_lg2_64k
#define LAYOUT_4K_LPA2                                                                    \
	.granule_lg2 = 12, .index_lg2 = 9, .max_levels = 5, .max_iova_bits = 52,          \
	.usual_iova_bits = 52, .usual_oa_bits = 52, .oa_widths = OA_52, .linear_lg2 = 50, \
	.sizes = SIZES_4K | 1ULL << 39, .pack = pack_lpa2, .unpack = unpack_lpa2,         \
	.leaf = leaf_4k_lpa2, .leaf_lg2 = leaf_lg2_4k
#define LAYOUT_16K_LPA2                                                                   \
	.granule_lg2 = 14, .index_lg2 = 11, .max_levels = 4, .max_iova_bits = 52,         \
	.usual_iova_bits = 52, .usual_oa_bits = 52, .oa_widths = OA_52, .linear_lg2 = 50, \
	.sizes = SIZES_16K | 1ULL << 36, .pack = pack_lpa2, .unpack = unpack_lpa2,        \
	.leaf = leaf_16k_lpa2, .leaf_lg2 = leaf_lg2_16k

#define ARM                                                                                 \
	.root_min_lg2 = 6, .min_iova_bits = 25, .exact_levels = true, .plain_tables = true, \
	.synced = 1ULL << 55, .held = 1ULL << 55, .kind = arm_kind, .table = arm_table,     \
	.all_single = arm_all_single

#define ARM_FORMAT(name, ...) static const struct pt_format name = {__VA_ARGS__}

#endif
