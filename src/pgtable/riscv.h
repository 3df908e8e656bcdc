/* SPDX-License-Identifier: MIT */
/*
 * RISC-V page tables: Sv39, Sv48, Sv57 (first stage) and Sv39x4, Sv48x4, Sv57x4 (second, or
 * G-stage), with Svnapot, Svpbmt and Svadu.
 * The RISC-V Instruction Set Manual, volume II, Privileged Architecture: "Addressing and Memory
 * Protection" of Sv39, Sv48 and Sv57; "Svnapot", "Svpbmt", "Svadu"; "Two-Stage Address
 * Translation" of the hypervisor extension. RISC-V IOMMU Architecture Specification: iosatp,
 * iohgatp, and SADE and GADE of the device context.
 *
 *	the specification's i  4     3     2   1   0
 *	ours                   4     3     2   1   0
 *	leaf (Svnapot)         256T  512G  1G  2M  4K (64K)
 *
 * The top is the level 2, 3 or 4. In the second stage its table is four times as large, for two
 * more bits of input. A 64K leaf is one entry in sixteen slots: hardware puts the low bits of the
 * address in place of its low PPN bits, and may remember it as a whole or slot by slot.
 */
#ifndef PT_RISCV_H
#define PT_RISCV_H

#include "format.h"

#define PTE_V	   (1ULL << 0)
#define PTE_R	   (1ULL << 1)
#define PTE_W	   (1ULL << 2) /* without R, reserved */
#define PTE_X	   (1ULL << 3)
#define PTE_RWX	   (PTE_R | PTE_W | PTE_X) /* a leaf has any of them */
#define PTE_U	   (1ULL << 4)
#define PTE_G	   (1ULL << 5)
#define PTE_A	   (1ULL << 6)
#define PTE_D	   (1ULL << 7)
#define PTE_RSW_0  (1ULL << 8) /* bits 9:8 are software's */
#define PTE_PPN	   (((1ULL << 44) - 1) << 10)
#define PTE_NC	   (1ULL << 61) /* PBMT: 0 as the PMAs say, 1 not cacheable, 2 I/O */
#define PTE_IO	   (2ULL << 61)
#define PTE_PBMT   (3ULL << 61)
#define PTE_N	   (1ULL << 63)
#define PTE_NAPOT  (PTE_N | 8ULL << 10) /* of 64K: PPN[3:0] is 1000 */
#define NAPOT_BITS 4

PT_INLINE enum pt_kind riscv_kind(u64 entry, unsigned level)
{
	if (!(entry & PTE_V))
		return PT_EMPTY;
	if (entry & PTE_RWX)
		return PT_LEAF;
	return level ? PT_TABLE : PT_EMPTY; /* a page fault, as if it were empty */
}

PT_INLINE u64 riscv_pack(u64 addr)
{
	return addr >> 2;
}

PT_INLINE u64 riscv_unpack(u64 entry)
{
	return (entry & PTE_PPN) << 2;
}

/* A, D and U are reserved here. */
PT_INLINE u64 riscv_table(u64 addr, unsigned level)
{
	(void)level;
	return addr | PTE_V;
}

PT_INLINE u64 riscv_leaf(u64 oa, unsigned level, unsigned size_lg2)
{
	return riscv_pack(oa) | PTE_V | (size_lg2 > 12 + 9 * level ? PTE_NAPOT : 0);
}

PT_INLINE unsigned riscv_leaf_lg2(u64 entry, unsigned level)
{
	return 12 + 9 * level + (entry & PTE_N ? NAPOT_BITS : 0);
}

PT_INLINE bool riscv_all_single(u64 all, u64 any, unsigned level)
{
	(void)level;
	return (all & PTE_V) && (all & (PTE_R | PTE_X)) && !(any & PTE_N);
}

/*
 * What both stages share. Without dirty tracking hardware may fault where it would set A or D:
 * leaves have A, and those that are writable D.
 */
PT_INLINE bool riscv_encode(uint32_t prot, uint32_t flags, uint64_t *attrs)
{
	uint32_t type = prot & IOMT_TYPE_MASK;
	u64 bits = (u64)(prot & (IOMT_READ | IOMT_WRITE | IOMT_EXEC)) << 1 | PTE_A;

	bits |= (prot & IOMT_WRITE) && !(flags & IOMT_PT_DIRTY) ? PTE_D : 0;
	bits |= type == IOMT_TYPE_UNCACHED ? PTE_NC : type == IOMT_TYPE_DEVICE ? PTE_IO : 0;
	*attrs = bits;
	return !((prot & IOMT_WRITE) && !(prot & IOMT_READ)) && !(prot & IOMT_SNOOP) &&
	       (!type || (flags & IOMT_PT_PBMT));
}

PT_INLINE uint32_t riscv_decode(u64 entry, uint32_t flags)
{
	u64 type = entry & PTE_PBMT;

	(void)flags;
	return (uint32_t)((entry & PTE_RWX) >> 1) | (type == PTE_NC   ? IOMT_TYPE_UNCACHED
						     : type == PTE_IO ? IOMT_TYPE_DEVICE
								      : IOMT_TYPE_WRITE_BACK);
}

PT_INLINE u64 riscv_permissions(uint32_t flags)
{
	return PTE_RWX | PTE_U | (flags & IOMT_PT_DIRTY ? 0 : PTE_D);
}

PT_INLINE bool riscv_none_dirty(u64 all, u64 any)
{
	(void)all;
	return !(any & PTE_D);
}

PT_INLINE bool riscv_dirty(u64 entry)
{
	return entry & PTE_D;
}

PT_INLINE u64 riscv_make_dirty(u64 entry)
{
	return entry | PTE_D;
}

PT_INLINE u64 riscv_make_clean(u64 entry)
{
	return entry & ~PTE_D;
}

/* MODE is 8, 9, 10 for three, four, five levels, in registers and contexts of both stages. */
PT_INLINE void riscv_hw(const struct iomt_pt *pt, struct iomt_pt_hw *hw)
{
	hw->u.riscv.mode = hw->levels + 5;
	hw->u.riscv.atp = (u64)hw->u.riscv.mode << 60 | hw->root >> 12;
	hw->u.riscv.ade = pt->flags & IOMT_PT_DIRTY;
}

#define RISCV                                                                                     \
	.granule_lg2 = 12, .index_lg2 = 9, .min_levels = 3, .max_levels = 5, .min_iova_bits = 32, \
	.usual_oa_bits = 56, .oa_widths = (1ULL << 57) - (1ULL << 32), .linear_lg2 = 64,          \
	.sizes = 1ULL << 12 | 1ULL << 16 | 1ULL << 21 | 1ULL << 30 | 1ULL << 39 | 1ULL << 48,     \
	.sizes_unusual = 1ULL << 16, .repeats = true, .resizes = true, .plain_tables = true,      \
	.entry_shift = 2, .synced = PTE_RSW_0,                                                    \
	.attrs = PTE_RWX | PTE_U | PTE_G | PTE_A | PTE_D | PTE_PBMT, .kind = riscv_kind,          \
	.pack = riscv_pack, .unpack = riscv_unpack, .table = riscv_table, .leaf = riscv_leaf,     \
	.leaf_lg2 = riscv_leaf_lg2, .all_single = riscv_all_single,                               \
	.none_dirty = riscv_none_dirty, .permissions = riscv_permissions, .dirty = riscv_dirty,   \
	.make_dirty = riscv_make_dirty, .make_clean = riscv_make_clean, .hw = riscv_hw

#endif
