/* SPDX-License-Identifier: MIT */
/*
 * Walks of two stages: a stage 1 whose tables lie in the address space of a stage 2, and whose outputs
 * are inputs of it. AMD's guest tables on a host table (48882, 2.2.6), VT-d's nested translation
 * (D51397, 3.8), SMMUv3's stage 1 on stage 2 (IHI 0070, 3.3), RISC-V's first stage on a second
 * (Privileged Architecture, "Two-Stage Address Translation").
 *
 *	first_cfg.mem = &iomt_walk_by_stage_2;
 *	iomt_walker_init(&first, &first_cfg, NULL);
 *	iomt_walker_init(&second, &second_cfg, NULL);
 *	err = iomt_walk_nested(&first, &second, 0, iova, IOMT_READ, &leaf, &fault);
 *
 * What single walks promise about hostile tables holds here too.
 */
#ifndef IOMT_WALK_NESTED_H
#define IOMT_WALK_NESTED_H

#include <iomt/walk.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The memory of a stage 1 walker for iomt_walk_nested: whatever its stage 2 makes of an address. For
 * iomt_walk there is no memory in it.
 */
extern const struct iomt_guest_mem iomt_walk_by_stage_2;

/*
 * iomt_walk_nested's flags: tables of stage 1 must not be device memory of stage 2 (SMMUv3 STE.S2PTW): a
 * permission fault.
 */
#define IOMT_NESTED_PROTECTED 0x1u
/* The leaf's oa is stage 1's output, all else what both mean together (RISC-V DC.tc.T2GPA). */
#define IOMT_NESTED_KEEP 0x2u
/* Stage 2 is for stage 1's tables alone: the leaf is stage 1's. */
#define IOMT_NESTED_FIRST 0x4u

/*
 * Walks both stages for one access to the byte at iova. *leaf is what both mean together:
 *  - oa is stage 2's output, size_lg2 the smaller size;
 *  - prot has what both allow; SNOOP if either has it; the stronger type (device, then uncached), but
 *    for RISC-V, where a type of stage 1 takes the place of stage 2's; PRIV and GLOBAL of stage 1. With
 *    IOMT_WALK_ATS, where stage 1 allows nothing, oa is stage 1's output;
 *  - entry, level and type are stage 1's (RISC-V: PBMT of stage 2 where stage 1 has none); clean if
 *    either is.
 *
 * Faults of stage 2 have stage 2, and stage 1's address as "input"; on_table says that it was that of an
 * entry of a table, on_top of the top one, on_update that the entry was to be written. Where such an entry has an output but there is no memory, it
 * is stage 1's fault, and "address" is that output.
 *
 * Stage 1 sets accessed and dirty bits when both stages let the access through; stage 2 does for each
 * address that it translates, so that those of stage 1's tables may be set though the walk faults later.
 * Setting a bit of stage 1 is a write for stage 2, reading an entry is a read.
 *
 * Results as for iomt_walk; IOMT_EINVAL also when flags has unknown bits, or first has a memory of its own.
 * Safe from any thread.
 */
int iomt_walk_nested(const struct iomt_walker *first, const struct iomt_walker *second,
		     uint32_t flags, uint64_t iova, uint32_t access, struct iomt_walk_leaf *leaf,
		     struct iomt_walk_fault *fault);

/*
 * Reads the 8 bytes at guest address "address" by one access. IOMT_EINVAL when it is no multiple of 8,
 * IOMT_EIO when no memory is there; *value is unchanged on errors. Safe from any thread.
 */
int iomt_guest_read64(const struct iomt_guest_mem *mem, uint64_t address, uint64_t *value);

/*
 * The same at an input address of a walker (NULL: a guest address). "access" is IOMT_READ with
 * IOMT_PRIV, IOMT_WALK_LOOK or neither. IOMT_EIO: the output has no memory, and fault->address is that
 * output; else errors as for iomt_walk.
 */
int iomt_walk_read64(const struct iomt_walker *walker, const struct iomt_guest_mem *mem,
		     uint64_t address, uint32_t access, uint64_t *value,
		     struct iomt_walk_fault *fault);

#ifdef __cplusplus
}
#endif
#endif
