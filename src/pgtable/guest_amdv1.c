/* SPDX-License-Identifier: MIT */
/*
 * AMD V1 tables of a guest. 48882, 2.2.3, "I/O Page Tables for Host Translations": levels that are
 * skipped, page sizes of NextLevel 7, reserved bits; 2.2.2.1, HAD: accessed and dirty bits.
 */
#include "amdv1.h"
#include "guest_walk.h"

#define ACCESSED	  (1ULL << 5)
#define LEAF_RESERVED	  GUEST_BITS(58, 52)
#define TABLE_RESERVED	  GUEST_BITS(60, 52)
#define LEAF_IGNORED	  (1ULL << 63 | 3 << 7 | 0xf << 1)
#define NEXT_LEVEL(entry) ((unsigned)((entry) >> 9 & 7))

/* The size of a leaf of NextLevel 7 is above its level's own and below the next level's. */
PT_INLINE bool amdv1_size_fits(const struct iomt_walker *w, u64 entry, unsigned level)
{
	unsigned size_lg2 = amdv1_leaf_lg2(entry, level), unit_lg2 = 12 + 9 * level;

	if (NEXT_LEVEL(entry) == 7 && (size_lg2 <= unit_lg2 || size_lg2 >= unit_lg2 + 9))
		return false;
	return size_lg2 < 64 && (w->page_sizes >> size_lg2 & 1);
}

PT_INLINE unsigned amdv1_judge(const struct iomt_walker *w, u64 entry, unsigned level)
{
	unsigned next = NEXT_LEVEL(entry);
	bool leaf = next == 0 || next == 7;

	if (!(entry & PRESENT))
		return IOMT_WALK_FAULT_ABSENT;
	if (entry & (w->beyond | (leaf ? LEAF_RESERVED : TABLE_RESERVED)))
		return IOMT_WALK_FAULT_RESERVED;
	/* a size is looked for only where the bits above it are not all ones */
	if (leaf ? !amdv1_size_fits(w, entry, level) : next > level)
		return IOMT_WALK_FAULT_LEVEL;
	return leaf ? GUEST_LEAF : GUEST_TABLE;
}

PT_INLINE unsigned amdv1_next(u64 entry)
{
	return NEXT_LEVEL(entry) - 1;
}

PT_INLINE unsigned amdv1_size(const struct iomt_walker *w, u64 entry, unsigned level, u64 v)
{
	(void)w;
	(void)v;
	return amdv1_leaf_lg2(entry, level);
}

/* IR and IW are ANDed along the walk. There is no right to execute. */
PT_INLINE uint32_t amdv1_rights(const struct iomt_walker *w, u64 all, u64 any, u64 leaf,
				uint32_t access)
{
	uint32_t prot = amdv1_decode(leaf & (all | ~PERMISSIONS), 0) & ~w->deny;

	(void)any;
	(void)access;
	return prot | (prot & IOMT_READ ? IOMT_EXEC : 0);
}

PT_INLINE uint8_t amdv1_type(const struct iomt_walker *w, u64 leaf, unsigned level)
{
	(void)w;
	(void)leaf;
	(void)level;
	return 0;
}

PT_INLINE void amdv1_usual(struct iomt_walker *w)
{
	u64 accessed = w->flags & IOMT_WALK_ACCESSED ? ACCESSED : 0;

	w->table_want = amdv1_table(0, 1) | accessed;
	w->table_mask = w->table_want | NEXT_MASK | TABLE_RESERVED | w->beyond;
	w->usual_want = PRESENT | PERMISSIONS | accessed;
	w->usual_want |= w->flags & IOMT_WALK_DIRTY ? DIRTY : 0;
	w->usual_mask = w->usual_want | NEXT_MASK | LEAF_RESERVED | FORCE_SNOOP | w->beyond;
}

static const struct guest_format guest_amdv1 = {
	.facts = &amdv1,
	.flags = IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY,
	.stage = 2,
	.skips = true,
	.ignored = LEAF_IGNORED,
	.accessed = ACCESSED,
	.accessed_table = ACCESSED,
	.judge = amdv1_judge,
	.next = amdv1_next,
	.leaf_lg2 = amdv1_size,
	.rights = amdv1_rights,
	.dirtied = amdv1_make_dirty,
	.type = amdv1_type,
	.usual = amdv1_usual,
};

GUEST_FORMAT_ENTRY(amdv1, guest_amdv1);
