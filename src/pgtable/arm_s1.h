/* SPDX-License-Identifier: MIT */
/*
 * Arm LPAE stage 1. DDI 0487: attribute index D8.6.1, AP D8.4.1.2, PXN and UXN D8.4.1.4, dirty
 * state D8.5.2. Levels and leaf sizes: arm_lpae.h.
 */
#ifndef PT_ARM_S1_H
#define PT_ARM_S1_H

#include "arm_lpae.h"

#define ATTR_INDEX_SHIFT 2 /* 0, 1, 2 in MAIR: non-cacheable, write-back, device */
#define S1_MAIR		 0x04ff44ULL
#define S1_USER		 (1ULL << 6) /* AP[1] */
#define S1_READ_ONLY	 (1ULL << 7) /* AP[2] */
#define S1_NOT_GLOBAL	 (1ULL << 11)
#define S1_PXN		 (1ULL << 53)
#define S1_UXN		 (1ULL << 54)

#define S1_ATTRS                                                                              \
	(7ULL << ATTR_INDEX_SHIFT | S1_USER | S1_READ_ONLY | ACCESSED | S1_NOT_GLOBAL | DBM | \
	 S1_PXN | S1_UXN | SW_DIRTY)

PT_INLINE bool s1_encode_lpa2(uint32_t prot, uint32_t flags, uint64_t *attrs)
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

PT_INLINE bool s1_encode(uint32_t prot, uint32_t flags, uint64_t *attrs)
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

#define STAGE_1                                                                             \
	ARM, .min_levels = 1, .flags = IOMT_PT_DIRTY | IOMT_PT_TTBR1, .decode = s1_decode,  \
	     .permissions = s1_permissions, .none_dirty = s1_none_dirty, .dirty = s1_dirty, \
	     .make_dirty = s1_make_dirty, .make_clean = s1_make_clean

/* clang-format off */
ARM_FORMAT(arm_s1_4k, LAYOUT_4K, STAGE_1,
       .encode = s1_encode, .attrs = S1_ATTRS | SHAREABILITY, .hw = s1_hw_4k);
ARM_FORMAT(arm_s1_16k, LAYOUT_16K, STAGE_1, .max_levels = 4,
       .encode = s1_encode, .attrs = S1_ATTRS | SHAREABILITY, .hw = s1_hw_16k);
ARM_FORMAT(arm_s1_64k, LAYOUT_64K, STAGE_1,
       .encode = s1_encode, .attrs = S1_ATTRS | SHAREABILITY, .hw = s1_hw_64k);
ARM_FORMAT(arm_s1_4k_lpa2, LAYOUT_4K_LPA2, STAGE_1,
       .encode = s1_encode_lpa2, .attrs = S1_ATTRS, .hw = s1_hw_4k_lpa2);
ARM_FORMAT(arm_s1_16k_lpa2, LAYOUT_16K_LPA2, STAGE_1,
       .encode = s1_encode_lpa2, .attrs = S1_ATTRS, .hw = s1_hw_16k_lpa2);
/* clang-format on */

#endif
