/* SPDX-License-Identifier: MIT */
/*
 * RISC-V first stage tables of a guest: Sv39, Sv48, Sv57. Privileged Architecture, "Sv39", U and G; RISC-V
 * IOMMU, "Device-context fields", ENS and SUM. Nothing has MXR there.
 */
#include "guest_riscv.h"
#include "riscv_s1.h"

/*
 * Supervisors execute nothing that is the user's, and read or write it with SUM alone. G of a table
 * makes all below it global.
 */
PT_INLINE uint32_t riscv_s1_rights(const struct iomt_walker *w, u64 all, u64 any, u64 leaf,
				   uint32_t access)
{
	uint32_t rights = riscv_rights(w, leaf);
	uint32_t prot = riscv_s1_decode(leaf | (any & PTE_G), 0);
	bool user = leaf & PTE_U;

	(void)all;
	prot &= IOMT_PRIV | IOMT_GLOBAL | IOMT_TYPE_MASK;
	if (!(access & IOMT_PRIV))
		return user ? prot | rights : prot;
	if (user)
		rights &= w->flags & IOMT_WALK_PAN ? 0 : ~IOMT_EXEC;
	return prot | rights;
}

PT_INLINE void riscv_s1_usual(struct iomt_walker *w)
{
	riscv_usual_of(w, 0);
}

static const struct guest_format guest_riscv_s1 = {
	GUEST_RISCV,
	.facts = &riscv_s1,
	.flags = RISCV_FLAGS | IOMT_WALK_SIGNED | IOMT_WALK_PAN,
	.always = IOMT_WALK_SIGNED,
	.stage = 1,
	.user_faults = true,
	.rights = riscv_s1_rights,
	.usual = riscv_s1_usual,
};

GUEST_FORMAT_ENTRY(riscv_s1, guest_riscv_s1);
