/* SPDX-License-Identifier: MIT */
/*
 * x86-64 tables of a guest. Intel SDM 3A, 4.5.4 and 4.6.1, "Determination of Access Rights", 4.8,
 * "Accessed and Dirty Flags"; D51397, 3.6 and 9.8; AMD APM 2, 5.3.3.
 */
#include "guest_walk.h"
#include "x86_64.h"

#define PAT_4K	    (1ULL << 7)
#define PAT_LARGE   (1ULL << 12)
#define LARGE_LEVEL 2 /* the highest with leaves */

PT_INLINE unsigned x86_64_judge(const struct iomt_walker *w, u64 entry, unsigned level)
{
	u64 reserved = w->beyond | (w->flags & IOMT_WALK_NX ? 0 : NO_EXEC);

	if (!(entry & PRESENT))
		return IOMT_WALK_FAULT_ABSENT;
	if (level > LARGE_LEVEL) {
		reserved |= PAGE_SIZE;
		reserved |= w->flags & IOMT_WALK_TOP_GLOBAL_RESERVED ? GLOBAL : 0;
	} else if (level && (entry & PAGE_SIZE)) {
		reserved |= pt_low_bits(12 + 9 * level) & ~pt_low_bits(13);
		if (!(w->page_sizes >> (12 + 9 * level) & 1))
			reserved |= PAGE_SIZE;
	}
	if (entry & reserved)
		return IOMT_WALK_FAULT_RESERVED;
	return x86_64_kind(entry, level) == PT_LEAF ? GUEST_LEAF : GUEST_TABLE;
}

PT_INLINE unsigned x86_64_size(const struct iomt_walker *w, u64 entry, unsigned level, u64 v)
{
	(void)w;
	(void)v;
	return x86_64_leaf_lg2(entry, level);
}

/* A right needs its bit in every entry, execution no XD in any; a user needs US in all. */
PT_INLINE uint32_t x86_64_rights(const struct iomt_walker *w, u64 all, u64 any, u64 leaf,
				 uint32_t access)
{
	bool user = all & leaf & USER, writable = all & leaf & WRITABLE;
	bool executable = !((any | leaf) & NO_EXEC);
	uint32_t prot = x86_64_decode(leaf, 0) & (IOMT_GLOBAL | IOMT_TYPE_MASK);

	prot |= user ? 0 : IOMT_PRIV;
	if (!(access & IOMT_PRIV)) {
		uint32_t rights = IOMT_READ | (writable ? IOMT_WRITE : 0);

		rights |= executable ? IOMT_EXEC : 0;
		return user ? prot | rights : prot;
	}
	if (!user || !(w->flags & IOMT_WALK_PAN)) {
		prot |= IOMT_READ;
		prot |= writable || !(w->flags & IOMT_WALK_WP) ? IOMT_WRITE : 0;
	}
	return prot | (executable && !(user && (w->flags & IOMT_WALK_SMEP)) ? IOMT_EXEC : 0);
}

PT_INLINE uint8_t x86_64_type(const struct iomt_walker *w, u64 leaf, unsigned level)
{
	(void)w;
	return (uint8_t)((leaf & (level ? PAT_LARGE : PAT_4K) ? 4 : 0) | (leaf >> 3 & 3));
}

PT_INLINE void x86_64_usual(struct iomt_walker *w)
{
	u64 accessed = w->flags & IOMT_WALK_ACCESSED ? ACCESSED : 0;

	if (w->flags & IOMT_WALK_EXTENDED_ACCESSED)
		accessed |= GUEST_EXTENDED_ACCESSED;
	w->table_want = PRESENT | WRITABLE | USER | accessed;
	w->table_mask = w->table_want | PAGE_SIZE | GLOBAL | NO_EXEC | w->beyond;
	w->usual_want = PRESENT | USER | WRITABLE | accessed;
	w->usual_want |= w->flags & IOMT_WALK_DIRTY ? DIRTY : 0;
	w->usual_mask = w->usual_want | WRITE_THROUGH | NO_CACHE | PAT_4K | GLOBAL | w->beyond;
	if ((w->flags & IOMT_WALK_NX) && !(w->deny & IOMT_EXEC))
		w->usual_exec = IOMT_EXEC;
	else
		w->usual_mask |= NO_EXEC;
}

static const struct guest_format guest_x86_64 = {
	.facts = &x86_64,
	.flags = IOMT_WALK_SIGNED | IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY |
		 IOMT_WALK_EXTENDED_ACCESSED | IOMT_WALK_NX | IOMT_WALK_WP | IOMT_WALK_SMEP |
		 IOMT_WALK_PAN | IOMT_WALK_TOP_GLOBAL_RESERVED,
	.stage = 1,
	.user_faults = true,
	.exec_shift = 61, /* NO_EXEC, bit 63 */
	.accessed = ACCESSED,
	.accessed_table = ACCESSED,
	.judge = x86_64_judge,
	.leaf_lg2 = x86_64_size,
	.rights = x86_64_rights,
	.dirtied = x86_64_make_dirty,
	.type = x86_64_type,
	.usual = x86_64_usual,
};

GUEST_FORMAT_ENTRY(x86_64, guest_x86_64);
