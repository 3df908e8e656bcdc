/* SPDX-License-Identifier: MIT */
/*
 * RISC-V second stage (G-stage) tables of a guest: Sv39x4, Sv48x4, Sv57x4. Privileged Architecture, "Guest
 * Physical Address Translation".
 */
#include "guest_riscv.h"
#include "riscv_s2.h"

/* Every access is a user's. G is ignored. */
PT_INLINE uint32_t riscv_s2_rights(const struct iomt_walker *w, u64 all, u64 any, u64 leaf,
				   uint32_t access)
{
	uint32_t prot = riscv_decode(leaf, 0) & IOMT_TYPE_MASK;

	(void)all;
	(void)any;
	(void)access;
	return leaf & PTE_U ? prot | riscv_rights(w, leaf) : prot;
}

PT_INLINE void riscv_s2_usual(struct iomt_walker *w)
{
	riscv_usual_of(w, PTE_G);
}

static const struct guest_format guest_riscv_s2 = {
	GUEST_RISCV, .facts = &riscv_s2,	.flags = RISCV_FLAGS,
	.stage = 2,  .rights = riscv_s2_rights, .usual = riscv_s2_usual,
};

GUEST_FORMAT_ENTRY(riscv_s2, guest_riscv_s2);
