/* SPDX-License-Identifier: MIT */
/* RISC-V second stage (G-stage): Sv39x4, Sv48x4, Sv57x4. What both stages share: riscv.h. */
#ifndef PT_RISCV_S2_H
#define PT_RISCV_S2_H

#include "riscv.h"

/* Every access is a user's here, and G is reserved. */
PT_INLINE bool riscv_s2_encode(uint32_t prot, uint32_t flags, uint64_t *attrs)
{
	bool fits = riscv_encode(prot, flags, attrs);

	*attrs |= PTE_U;
	return fits && !(prot & (IOMT_PRIV | IOMT_GLOBAL));
}

/* Addresses are zero-extended from 41, 50, 59 bits. */
static const struct pt_format riscv_s2 = {
	RISCV,
	.root_min_lg2 = 14,
	.root_concat_lg2 = 2,
	.max_iova_bits = 59,
	.usual_iova_bits = 50,
	.flags = IOMT_PT_DIRTY | IOMT_PT_PBMT,
	.encode = riscv_s2_encode,
	.decode = riscv_decode,
};

#endif
