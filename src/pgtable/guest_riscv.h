/* SPDX-License-Identifier: MIT */
/*
 * RISC-V tables of a guest: what both stages share. Privileged Architecture, "Virtual Address
 * Translation Process", "Svnapot", "Svpbmt", "Svadu", "Svrsw60t59b"; RISC-V IOMMU, "Process to translate an IOVA". Where
 * bits are reserved an entry is a page fault; where there is no such physical address it is an access
 * fault. Entries: riscv.h.
 */
#ifndef PT_GUEST_RISCV_H
#define PT_GUEST_RISCV_H

#include "guest_walk.h"
#include "riscv.h"

#define RISCV_RESERVED	GUEST_BITS(58, 54)
#define RISCV_SOFTWARE	GUEST_BITS(60, 59) /* with Svrsw60t59b; else reserved */
#define RISCV_LEAF_ONLY (PTE_U | PTE_A | PTE_D | PTE_PBMT | PTE_N) /* reserved in tables */
#define RISCV_NAPOT_PPN (pt_low_bits(NAPOT_BITS) << 10)
#define RISCV_FLAGS	(IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY | IOMT_WALK_PBMT | IOMT_WALK_SOFTWARE)

PT_INLINE u64 riscv_reserved(const struct iomt_walker *w)
{
	return w->flags & IOMT_WALK_SOFTWARE ? RISCV_RESERVED : RISCV_RESERVED | RISCV_SOFTWARE;
}

/* The leaf is of a size that is there, its address a multiple of it, its memory type one of three. */
PT_INLINE bool riscv_leaf_fits(const struct iomt_walker *w, u64 entry, unsigned level)
{
	u64 type = entry & PTE_PBMT, within = pt_low_bits(9 * level) << 10;

	if (type == PTE_PBMT || (type && !(w->flags & IOMT_WALK_PBMT)))
		return false;
	if (entry & PTE_N) {
		if (level || (entry & RISCV_NAPOT_PPN) != (PTE_NAPOT & ~PTE_N))
			return false;
		return w->page_sizes >> (12 + NAPOT_BITS) & 1;
	}
	return !(entry & within) && (w->page_sizes >> (12 + 9 * level) & 1);
}

PT_INLINE unsigned riscv_judge(const struct iomt_walker *w, u64 entry, unsigned level)
{
	bool leaf = entry & PTE_RWX;

	if (!(entry & PTE_V))
		return IOMT_WALK_FAULT_ABSENT;
	if ((entry & riscv_reserved(w)) || (entry & (PTE_R | PTE_W)) == PTE_W)
		return IOMT_WALK_FAULT_RESERVED;
	if (leaf ? !riscv_leaf_fits(w, entry, level) : !level || (entry & RISCV_LEAF_ONLY))
		return IOMT_WALK_FAULT_RESERVED;
	if (riscv_unpack(entry) & w->beyond)
		return IOMT_WALK_FAULT_OUTPUT;
	return leaf ? GUEST_LEAF : GUEST_TABLE;
}

PT_INLINE unsigned riscv_size(const struct iomt_walker *w, u64 entry, unsigned level, u64 v)
{
	(void)w;
	(void)v;
	return riscv_leaf_lg2(entry, level);
}

/* What the leaf itself allows. A page whose D nobody sets cannot be written. */
PT_INLINE uint32_t riscv_rights(const struct iomt_walker *w, u64 leaf)
{
	uint32_t rights = (uint32_t)((leaf & PTE_RWX) >> 1);

	if (!(leaf & PTE_D) && !(w->flags & IOMT_WALK_DIRTY))
		rights &= ~IOMT_WRITE;
	return rights;
}

PT_INLINE uint8_t riscv_type(const struct iomt_walker *w, u64 leaf, unsigned level)
{
	(void)w;
	(void)level;
	return (uint8_t)((leaf & PTE_PBMT) >> 61);
}

/* A usual leaf may or may not have X. */
PT_INLINE void riscv_usual_of(struct iomt_walker *w, u64 ignored)
{
	u64 odd = riscv_reserved(w) | PTE_PBMT | PTE_N | riscv_pack(w->beyond);

	w->table_want = PTE_V;
	w->table_mask = (PTE_V | PTE_RWX | RISCV_LEAF_ONLY | PTE_G | odd) & ~ignored;
	w->usual_want = PTE_V | PTE_R | PTE_W | PTE_U | PTE_A | PTE_D;
	w->usual_mask = (w->usual_want | PTE_G | odd) & ~ignored;
	if (w->deny & IOMT_EXEC)
		w->usual_mask |= PTE_X;
	else
		w->usual_exec = IOMT_EXEC;
}

#define GUEST_RISCV                                                                                \
	.whole_input = true, .access_faults = true, .output_faults = true, .types_override = true, \
	.exec_shift = 1, /* PTE_X, bit 3 */                                                        \
		.accessed = PTE_A, .judge = riscv_judge, .leaf_lg2 = riscv_size,                   \
	.dirtied = riscv_make_dirty, .type = riscv_type

#endif
