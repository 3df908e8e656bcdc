/* SPDX-License-Identifier: MIT */
/* RISC-V first stage: Sv39, Sv48, Sv57. What both stages share: riscv.h. */
#ifndef PT_RISCV_S1_H
#define PT_RISCV_S1_H

#include "riscv.h"

PT_INLINE bool riscv_s1_encode(uint32_t prot, uint32_t flags, uint64_t *attrs)
{
	bool fits = riscv_encode(prot, flags, attrs);

	*attrs |= (prot & IOMT_PRIV ? 0 : PTE_U) | (prot & IOMT_GLOBAL ? PTE_G : 0);
	return fits;
}

PT_INLINE uint32_t riscv_s1_decode(u64 entry, uint32_t flags)
{
	return riscv_decode(entry, flags) | (entry & PTE_U ? 0 : IOMT_PRIV) |
	       (entry & PTE_G ? IOMT_GLOBAL : 0);
}

/* Addresses are sign-extended from the top bit. */
static const struct pt_format riscv_s1 = {
	RISCV,
	.root_min_lg2 = 12,
	.max_iova_bits = 57,
	.usual_iova_bits = 48,
	.canonical = true,
	.flags = IOMT_PT_DIRTY | IOMT_PT_SIGNED | IOMT_PT_PBMT,
	.encode = riscv_s1_encode,
	.decode = riscv_s1_decode,
};

#endif
