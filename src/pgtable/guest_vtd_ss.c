/* SPDX-License-Identifier: MIT */
/* VT-d second stage tables of a guest. D51397, 3.7, 3.7.2, "Accessed and Dirty Flags", and 9.9. */
#include "guest_walk.h"
#include "vtd_ss.h"

#define TRANSIENT   (1ULL << 62) /* TM */
#define TYPE_SHIFT  3		 /* EMT 5:3 and IPAT 6 */
#define LARGE_LEVEL 2		 /* the highest with leaves */

PT_INLINE unsigned vtd_ss_judge(const struct iomt_walker *w, u64 entry, unsigned level)
{
	u64 reserved = w->beyond | (w->flags & IOMT_WALK_TRANSIENT ? 0 : TRANSIENT);
	bool leaf = !level || (level <= LARGE_LEVEL && (entry & PAGE_SIZE));

	if (!(entry & ALLOWED))
		return IOMT_WALK_FAULT_ABSENT;
	if (!leaf || !(w->flags & IOMT_WALK_SNOOP))
		reserved |= SNOOP;
	if (level > LARGE_LEVEL)
		reserved |= PAGE_SIZE;
	if (level && leaf) {
		reserved |= pt_low_bits(12 + 9 * level) & ~pt_low_bits(12);
		if (!(w->page_sizes >> (12 + 9 * level) & 1))
			reserved |= PAGE_SIZE;
	}
	if (entry & reserved)
		return IOMT_WALK_FAULT_RESERVED;
	return leaf ? GUEST_LEAF : GUEST_TABLE;
}

PT_INLINE unsigned vtd_ss_size(const struct iomt_walker *w, u64 entry, unsigned level, u64 v)
{
	(void)w;
	(void)v;
	return vtd_ss_leaf_lg2(entry, level);
}

/* Each right needs its bit in every entry. There is none for execution. */
PT_INLINE uint32_t vtd_ss_rights(const struct iomt_walker *w, u64 all, u64 any, u64 leaf,
				 uint32_t access)
{
	uint32_t prot = vtd_ss_decode(leaf, 0) & IOMT_SNOOP;

	(void)any;
	(void)access;
	prot |= (uint32_t)(all & leaf & ALLOWED) & ~w->deny; /* READ and WRITE are in place */
	return prot | (prot & IOMT_READ ? IOMT_EXEC : 0);
}

PT_INLINE uint8_t vtd_ss_type(const struct iomt_walker *w, u64 leaf, unsigned level)
{
	(void)w;
	(void)level;
	return leaf >> TYPE_SHIFT & 15;
}

PT_INLINE void vtd_ss_usual(struct iomt_walker *w)
{
	u64 accessed = w->flags & IOMT_WALK_ACCESSED ? ACCESSED : 0;
	u64 reserved = w->beyond | (w->flags & IOMT_WALK_TRANSIENT ? 0 : TRANSIENT);

	w->table_want = ALLOWED | accessed;
	w->table_mask = w->table_want | PAGE_SIZE | SNOOP | reserved;
	w->usual_want = ALLOWED | accessed | (w->flags & IOMT_WALK_DIRTY ? DIRTY : 0);
	w->usual_mask = w->usual_want | SNOOP | (15ULL << TYPE_SHIFT) | reserved;
}

static const struct guest_format guest_vtd_ss = {
	.facts = &vtd_ss,
	.flags = IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY | IOMT_WALK_SNOOP | IOMT_WALK_TRANSIENT,
	.stage = 2,
	.accessed = ACCESSED,
	.accessed_table = ACCESSED,
	.judge = vtd_ss_judge,
	.leaf_lg2 = vtd_ss_size,
	.rights = vtd_ss_rights,
	.dirtied = vtd_ss_make_dirty,
	.type = vtd_ss_type,
	.usual = vtd_ss_usual,
};

GUEST_FORMAT_ENTRY(vtd_ss, guest_vtd_ss);
