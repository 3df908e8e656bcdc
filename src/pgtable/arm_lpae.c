/* SPDX-License-Identifier: MIT */
/*
 * Arm LPAE: VMSAv8-64 stage 1 and stage 2.
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
#include "entry.h"

#define VALID	   (1ULL << 0)
#define PAGE	   (1ULL << 1) /* a page or a table; a block has 0 */
#define SH_SHIFT   8
#define SH_OUTER   (2ULL << SH_SHIFT)
#define SH_INNER   (3ULL << SH_SHIFT)
#define ACCESSED   (1ULL << 10) /* AF */
#define DBM	   (1ULL << 51) /* hardware may make it writable, and dirty by that */
#define CONTIGUOUS (1ULL << 52)
#define SW_DIRTY   (1ULL << 56) /* dirty, but not writable any more */

/* stage 1 */
#define ATTR_INDEX_SHIFT 2 /* 0, 1, 2 in MAIR: non-cacheable, write-back, device */
#define S1_MAIR		 0x04ff44ULL
#define S1_USER		 (1ULL << 6) /* AP[1] */
#define S1_READ_ONLY	 (1ULL << 7) /* AP[2] */
#define S1_NOT_GLOBAL	 (1ULL << 11)
#define S1_PXN		 (1ULL << 53)
#define S1_UXN		 (1ULL << 54)

/* stage 2 */
#define S2_MEMATTR_SHIFT 2
#define S2_READ		 (1ULL << 6)
#define S2_WRITE	 (1ULL << 7)
#define S2_XN		 (2ULL << 53)

#define S1_ATTRS                                                                              \
	(7ULL << ATTR_INDEX_SHIFT | S1_USER | S1_READ_ONLY | ACCESSED | S1_NOT_GLOBAL | DBM | \
	 S1_PXN | S1_UXN | SW_DIRTY)
#define S2_ATTRS \
	(15ULL << S2_MEMATTR_SHIFT | S2_READ | S2_WRITE | ACCESSED | DBM | S2_XN | SW_DIRTY)

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

/* Stage 1: AP (D8.4.1.2), AttrIndx (D8.6.1), PXN and UXN (D8.4.1.4), DBM (D8.5.2). */

PT_INLINE bool s1_encode_lpa2(uint32_t prot, uint32_t flags, u64 *attrs)
{
	bool track = (flags & IOMT_PT_DIRTY) && (prot & IOMT_WRITE);
	u64 bits = ACCESSED;

	bits |= prot & IOMT_TYPE_DEVICE	    ? 2ULL << ATTR_INDEX_SHIFT
		: prot & IOMT_TYPE_UNCACHED ? 0
					    : 1ULL << ATTR_INDEX_SHIFT;
	bits |= prot & IOMT_PRIV ? 0 : S1_USER;
	bits |= !(prot & IOMT_WRITE) || track ? S1_READ_ONLY : 0;
	bits |= track ? DBM : 0;
	bits |= prot & IOMT_GLOBAL ? 0 : S1_NOT_GLOBAL;
	bits |= prot & IOMT_EXEC ? 0 : S1_PXN;
	bits |= (prot & IOMT_EXEC) && !(prot & IOMT_PRIV) ? 0 : S1_UXN;
	*attrs = bits;
	return (prot & IOMT_READ) && !(prot & IOMT_SNOOP);
}

PT_INLINE bool s1_encode(uint32_t prot, uint32_t flags, u64 *attrs)
{
	bool fits = s1_encode_lpa2(prot, flags, attrs);

	*attrs |= arm_shareability(prot);
	return fits;
}

PT_INLINE uint32_t s1_decode(u64 entry, uint32_t flags)
{
	u64 index = entry >> ATTR_INDEX_SHIFT & 7;
	uint32_t prot = IOMT_READ;

	(void)flags;
	prot |= !(entry & S1_READ_ONLY) || (entry & DBM) ? IOMT_WRITE : 0;
	prot |= entry & S1_PXN ? 0 : IOMT_EXEC;
	prot |= entry & S1_USER ? 0 : IOMT_PRIV;
	prot |= entry & S1_NOT_GLOBAL ? 0 : IOMT_GLOBAL;
	return prot | (index == 2 ? IOMT_TYPE_DEVICE : index == 0 ? IOMT_TYPE_UNCACHED : 0);
}

PT_INLINE u64 s1_permissions(uint32_t flags)
{
	(void)flags;
	return S1_USER | S1_READ_ONLY | DBM | S1_PXN | S1_UXN;
}

PT_INLINE bool s1_none_dirty(u64 all, u64 any)
{
	return ((all & S1_READ_ONLY) || !(any & DBM)) && !(any & SW_DIRTY);
}

PT_INLINE bool s1_dirty(u64 entry)
{
	return (entry & (DBM | S1_READ_ONLY)) == DBM || (entry & SW_DIRTY);
}

PT_INLINE u64 s1_make_dirty(u64 entry)
{
	return entry & DBM ? entry & ~S1_READ_ONLY : entry | SW_DIRTY;
}

PT_INLINE u64 s1_make_clean(u64 entry)
{
	return (entry & DBM ? entry | S1_READ_ONLY : entry) & ~SW_DIRTY;
}

/* Stage 2: S2AP (D8.4.2.1), MemAttr (D8.6.5), XN (D8.4.2.2), DBM (D8.5.2). */

PT_INLINE bool s2_encode_lpa2(uint32_t prot, uint32_t flags, u64 *attrs)
{
	bool track = (flags & IOMT_PT_DIRTY) && (prot & IOMT_WRITE);
	u64 bits = ACCESSED;

	bits |= prot & IOMT_TYPE_DEVICE	    ? 0x1ULL << S2_MEMATTR_SHIFT
		: prot & IOMT_TYPE_UNCACHED ? 0x5ULL << S2_MEMATTR_SHIFT
					    : 0xfULL << S2_MEMATTR_SHIFT;
	bits |= prot & IOMT_READ ? S2_READ : 0;
	bits |= (prot & IOMT_WRITE) && !track ? S2_WRITE : 0;
	bits |= track ? DBM : 0;
	bits |= prot & IOMT_EXEC ? 0 : S2_XN;
	*attrs = bits;
	return !(prot & (IOMT_PRIV | IOMT_GLOBAL | IOMT_SNOOP)) &&
	       !((prot & IOMT_EXEC) && !(prot & IOMT_READ));
}

PT_INLINE bool s2_encode(uint32_t prot, uint32_t flags, u64 *attrs)
{
	bool fits = s2_encode_lpa2(prot, flags, attrs);

	*attrs |= arm_shareability(prot);
	return fits;
}

PT_INLINE uint32_t s2_decode(u64 entry, uint32_t flags)
{
	u64 type = entry >> S2_MEMATTR_SHIFT & 15;
	uint32_t prot = entry & S2_READ ? IOMT_READ : 0;

	(void)flags;
	prot |= entry & (S2_WRITE | DBM) ? IOMT_WRITE : 0;
	prot |= entry & S2_XN ? 0 : IOMT_EXEC;
	return prot | (type == 0x1 ? IOMT_TYPE_DEVICE : type == 0x5 ? IOMT_TYPE_UNCACHED : 0);
}

PT_INLINE u64 s2_permissions(uint32_t flags)
{
	(void)flags;
	return S2_READ | S2_WRITE | DBM | S2_XN;
}

PT_INLINE bool s2_none_dirty(u64 all, u64 any)
{
	(void)all;
	return !(any & (S2_WRITE | SW_DIRTY));
}

PT_INLINE bool s2_dirty(u64 entry)
{
	return (entry & (DBM | S2_WRITE)) == (DBM | S2_WRITE) || (entry & SW_DIRTY);
}

PT_INLINE u64 s2_make_dirty(u64 entry)
{
	return entry & DBM ? entry | S2_WRITE : entry | SW_DIRTY;
}

PT_INLINE u64 s2_make_clean(u64 entry)
{
	return (entry & DBM ? entry & ~S2_WRITE : entry) & ~SW_DIRTY;
}

/* TCR_EL1, VTCR_EL2 (D19.2) and the fields of SMMUv3's CD and STE (IHI 0070, chapter 5). */

static uint8_t arm_ps(unsigned oa_bits)
{
	static const uint8_t widths[] = {32, 36, 40, 42, 44, 48, 52};
	uint8_t ps = 0;

	while (widths[ps] != oa_bits)
		ps++;
	return ps;
}

static void arm_hw(const struct iomt_pt *pt, struct iomt_pt_hw *hw, uint8_t tg0, uint8_t tg1)
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

static void s1_hw_4k(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	arm_hw(pt, hw, 0, 2);
	hw->u.arm.mair = S1_MAIR;
}

static void s1_hw_16k(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	arm_hw(pt, hw, 2, 1);
	hw->u.arm.mair = S1_MAIR;
}

static void s1_hw_64k(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	arm_hw(pt, hw, 1, 3);
	hw->u.arm.mair = S1_MAIR;
}

/* With DS, SH of TCR and VTCR is that of the leaves too. */
static void s1_hw_4k_lpa2(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	s1_hw_4k(pt, hw);
	hw->u.arm.sh = 3;
	hw->u.arm.ds = true;
}

static void s1_hw_16k_lpa2(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	s1_hw_16k(pt, hw);
	hw->u.arm.sh = 3;
	hw->u.arm.ds = true;
}

/* SL0 counts levels from two for 4K (five: SL2 instead), from one for 16K and 64K. */
static void s2_hw_4k(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	arm_hw(pt, hw, 0, 0);
	hw->u.arm.sl2 = hw->levels == 5;
	hw->u.arm.sl = hw->levels == 5 ? 0 : hw->levels - 2;
}

static void s2_hw_16k(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	arm_hw(pt, hw, 2, 0);
	hw->u.arm.sl = hw->levels - 1;
}

static void s2_hw_64k(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	arm_hw(pt, hw, 1, 0);
	hw->u.arm.sl = hw->levels - 1;
}

static void s2_hw_4k_lpa2(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	s2_hw_4k(pt, hw);
	hw->u.arm.sh = 3;
	hw->u.arm.ds = true;
}

static void s2_hw_16k_lpa2(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	s2_hw_16k(pt, hw);
	hw->u.arm.sh = 3;
	hw->u.arm.ds = true;
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
#define LAYOUT_16K                                                                        \
	.granule_lg2 = 14, .index_lg2 = 11, .max_levels = 4, .max_iova_bits = 48,         \
	.usual_iova_bits = 48, .usual_oa_bits = 48, .oa_widths = OA_48, .linear_lg2 = 64, \
	.sizes = SIZES_16K, .pack = pack_48, .unpack = pack_48, .leaf = leaf_16k,         \
	.leaf_lg2 = leaf_lg2_16k
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
	.root_min_lg2 = 6, .min_iova_bits = 25, .exact_levels = true, .synced = 1ULL << 55, \
	.kind = arm_kind, .table = arm_table, .all_single = arm_all_single
#define STAGE_1                                                                             \
	ARM, .min_levels = 1, .flags = IOMT_PT_DIRTY | IOMT_PT_TTBR1, .decode = s1_decode,  \
	     .permissions = s1_permissions, .none_dirty = s1_none_dirty, .dirty = s1_dirty, \
	     .make_dirty = s1_make_dirty, .make_clean = s1_make_clean
#define STAGE_2                                                                               \
	ARM, .root_concat_lg2 = 4, .iova_within_oa = true, .flags = IOMT_PT_DIRTY,            \
	     .decode = s2_decode, .permissions = s2_permissions, .none_dirty = s2_none_dirty, \
	     .dirty = s2_dirty, .make_dirty = s2_make_dirty, .make_clean = s2_make_clean

/* clang-format off */
#define FORMAT(name, layout, stage, ...)                                                           \
	static const struct pt_format name = {layout, stage, __VA_ARGS__};                         \
	PT_FORMAT_ENTRY(name, name)

FORMAT(arm_s1_4k, LAYOUT_4K, STAGE_1,
       .encode = s1_encode, .attrs = S1_ATTRS | SHAREABILITY, .hw = s1_hw_4k);
FORMAT(arm_s1_16k, LAYOUT_16K, STAGE_1,
       .encode = s1_encode, .attrs = S1_ATTRS | SHAREABILITY, .hw = s1_hw_16k);
FORMAT(arm_s1_64k, LAYOUT_64K, STAGE_1,
       .encode = s1_encode, .attrs = S1_ATTRS | SHAREABILITY, .hw = s1_hw_64k);
FORMAT(arm_s1_4k_lpa2, LAYOUT_4K_LPA2, STAGE_1,
       .encode = s1_encode_lpa2, .attrs = S1_ATTRS, .hw = s1_hw_4k_lpa2);
FORMAT(arm_s1_16k_lpa2, LAYOUT_16K_LPA2, STAGE_1,
       .encode = s1_encode_lpa2, .attrs = S1_ATTRS, .hw = s1_hw_16k_lpa2);
/* A 4K stage 2 that begins at Arm's level 3 needs FEAT_TTST: at least two levels. */
FORMAT(arm_s2_4k, LAYOUT_4K, STAGE_2, .min_levels = 2,
       .encode = s2_encode, .attrs = S2_ATTRS | SHAREABILITY, .hw = s2_hw_4k);
FORMAT(arm_s2_16k, LAYOUT_16K, STAGE_2, .min_levels = 1,
       .encode = s2_encode, .attrs = S2_ATTRS | SHAREABILITY, .hw = s2_hw_16k);
FORMAT(arm_s2_64k, LAYOUT_64K, STAGE_2, .min_levels = 1,
       .encode = s2_encode, .attrs = S2_ATTRS | SHAREABILITY, .hw = s2_hw_64k);
FORMAT(arm_s2_4k_lpa2, LAYOUT_4K_LPA2, STAGE_2, .min_levels = 2,
       .encode = s2_encode_lpa2, .attrs = S2_ATTRS, .hw = s2_hw_4k_lpa2);
FORMAT(arm_s2_16k_lpa2, LAYOUT_16K_LPA2, STAGE_2, .min_levels = 1,
       .encode = s2_encode_lpa2, .attrs = S2_ATTRS, .hw = s2_hw_16k_lpa2);
/* clang-format on */
