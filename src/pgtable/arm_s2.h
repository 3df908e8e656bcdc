/* SPDX-License-Identifier: MIT */
/*
 * Arm LPAE stage 2. DDI 0487: MemAttr D8.6.5, S2AP D8.4.2.1, XN D8.4.2.2, dirty state D8.5.2, start
 * levels and concatenated roots D8.2.2 and D8.2.8. Levels and leaf sizes: arm_lpae.h.
 */
#ifndef PT_ARM_S2_H
#define PT_ARM_S2_H

#include "arm_lpae.h"

#define S2_MEMATTR_SHIFT 2
#define S2_READ		 (1ULL << 6)
#define S2_WRITE	 (1ULL << 7)
#define S2_XN		 (2ULL << 53)

#define S2_ATTRS \
	(15ULL << S2_MEMATTR_SHIFT | S2_READ | S2_WRITE | ACCESSED | DBM | S2_XN | SW_DIRTY)

PT_INLINE bool s2_encode_lpa2(uint32_t prot, uint32_t flags, uint64_t *attrs)
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

PT_INLINE bool s2_encode(uint32_t prot, uint32_t flags, uint64_t *attrs)
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

#define STAGE_2                                                                               \
	ARM, .root_concat_lg2 = 4, .iova_within_oa = true, .flags = IOMT_PT_DIRTY,            \
	     .decode = s2_decode, .permissions = s2_permissions, .none_dirty = s2_none_dirty, \
	     .dirty = s2_dirty, .make_dirty = s2_make_dirty, .make_clean = s2_make_clean

/* clang-format off */
/*
 * A 4K stage 2 that begins at Arm's level 3 needs FEAT_TTST: at least two levels. None of 16K begins at
 * level 0 but with LPA2: there is no SL0 for it (VTCR_EL2, STE.S2SL0).
 */
ARM_FORMAT(arm_s2_4k, LAYOUT_4K, STAGE_2, .min_levels = 2,
       .encode = s2_encode, .attrs = S2_ATTRS | SHAREABILITY, .hw = s2_hw_4k);
ARM_FORMAT(arm_s2_16k, LAYOUT_16K, STAGE_2, .min_levels = 1, .max_levels = 3,
       .encode = s2_encode, .attrs = S2_ATTRS | SHAREABILITY, .hw = s2_hw_16k);
ARM_FORMAT(arm_s2_64k, LAYOUT_64K, STAGE_2, .min_levels = 1,
       .encode = s2_encode, .attrs = S2_ATTRS | SHAREABILITY, .hw = s2_hw_64k);
ARM_FORMAT(arm_s2_4k_lpa2, LAYOUT_4K_LPA2, STAGE_2, .min_levels = 2,
       .encode = s2_encode_lpa2, .attrs = S2_ATTRS, .hw = s2_hw_4k_lpa2);
ARM_FORMAT(arm_s2_16k_lpa2, LAYOUT_16K_LPA2, STAGE_2, .min_levels = 1,
       .encode = s2_encode_lpa2, .attrs = S2_ATTRS, .hw = s2_hw_16k_lpa2);
/* clang-format on */

#endif
