/* SPDX-License-Identifier: MIT */
/*
 * Arm stage 1 tables of a guest, of a translation regime with two privileges (EL1&0; SMMUv3
 * NS-EL1, EL2-E2H). DDI 0487, D8.4.1, "Stage 1 permissions": AP, APTable, PXN, UXN, PAN, WXN; D8.5.2,
 * dirty state. Entries: arm_s1.h.
 */
#include "arm_s1.h"
#include "guest_arm.h"

#define PXN_TABLE	(1ULL << 59)
#define UXN_TABLE	(1ULL << 60)
#define USER_TABLE	(1ULL << 61) /* APTable[0]: users have no access */
#define READ_ONLY_TABLE (1ULL << 62) /* APTable[1] */
#define WRITE_BACK	0xffu	     /* of MAIR */
#define TABLE_RIGHTS	(PXN_TABLE | UXN_TABLE | USER_TABLE | READ_ONLY_TABLE)

/* Read-only by what counts as such: a page that hardware makes writable is writable. */
PT_INLINE bool s1_writable(const struct iomt_walker *w, u64 any, u64 leaf)
{
	bool clean = (w->flags & IOMT_WALK_DIRTY) && (leaf & DBM);

	return (!(leaf & S1_READ_ONLY) || clean) && !(any & READ_ONLY_TABLE);
}

PT_INLINE uint32_t s1_user_rights(const struct iomt_walker *w, bool user, bool writable, bool never)
{
	uint32_t rights = user ? IOMT_READ | (writable ? IOMT_WRITE : 0) : 0;

	if ((w->flags & IOMT_WALK_WXN) && (rights & IOMT_WRITE))
		never = true;
	return rights | (never ? 0 : IOMT_EXEC);
}

/* What users can write is never executed by others (D8.4.1.2). */
PT_INLINE uint32_t s1_priv_rights(const struct iomt_walker *w, bool user, bool writable, bool never)
{
	uint32_t rights = IOMT_READ | (writable ? IOMT_WRITE : 0);

	if (writable && (user || (w->flags & IOMT_WALK_WXN)))
		never = true;
	if (user && (w->flags & IOMT_WALK_PAN))
		rights = 0;
	return rights | (never ? 0 : IOMT_EXEC);
}

/* D8.6.1: MAIR. Device memory has the upper half zero; 0x44 is what cannot be cached at all. */
PT_INLINE uint8_t s1_type(const struct iomt_walker *w, u64 leaf, unsigned level)
{
	(void)level;
	return (uint8_t)(w->mair >> 8 * (leaf >> ATTR_INDEX_SHIFT & 7));
}

PT_INLINE uint32_t s1_rights(const struct iomt_walker *w, u64 all, u64 any, u64 leaf,
			     uint32_t access)
{
	u64 tables = w->flags & IOMT_WALK_FLAT_PERMISSIONS ? 0 : any;
	bool user = (leaf & S1_USER) && !(tables & USER_TABLE);
	bool writable = s1_writable(w, tables, leaf);
	uint8_t type = s1_type(w, leaf, 0);
	uint32_t prot = user ? 0 : IOMT_PRIV;

	(void)all;
	prot |= leaf & S1_NOT_GLOBAL ? 0 : IOMT_GLOBAL;
	prot |= !(type >> 4) ? IOMT_TYPE_DEVICE : type == 0x44 ? IOMT_TYPE_UNCACHED : 0;
	if (access & IOMT_PRIV)
		return prot |
		       s1_priv_rights(w, user, writable, (leaf & S1_PXN) || (tables & PXN_TABLE));
	return prot | s1_user_rights(w, user, writable, (leaf & S1_UXN) || (tables & UXN_TABLE));
}

/* Dirty is what may be written: hardware clears the read-only bit. */
PT_INLINE u64 s1_dirtied(u64 leaf)
{
	return leaf & DBM ? leaf & ~S1_READ_ONLY : leaf;
}

/* beyond: those of the address bits, in their place in an entry */
PT_INLINE void s1_usual_of(const struct pt_format *f, struct iomt_walker *w)
{
	u64 beyond = f->pack(w->beyond);

	w->table_want = VALID | PAGE;
	w->table_mask = w->table_want | TABLE_RIGHTS | beyond;
	w->usual_want = VALID | PAGE | ACCESSED | S1_USER | S1_NOT_GLOBAL | S1_UXN;
	for (u64 index = 0; index < 8; index++) {
		if ((w->mair >> 8 * index & 0xff) == WRITE_BACK) {
			w->usual_want |= index << ATTR_INDEX_SHIFT;
			break;
		}
	}
	w->usual_mask =
		w->usual_want | 7ULL << ATTR_INDEX_SHIFT | S1_READ_ONLY | CONTIGUOUS | beyond;
}

#define S1_FLAGS                                                                       \
	(IOMT_WALK_UPPER | IOMT_WALK_TOP_BYTE | IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY | \
	 IOMT_WALK_PAN | IOMT_WALK_FLAT_PERMISSIONS | IOMT_WALK_NO_ACCESS_FAULT | IOMT_WALK_WXN)

/* A granule or layout is a format of its own. */
/* clang-format off */
#define S1_WALKER(name, narrow)                                                                    \
	PT_INLINE unsigned name##_judge(const struct iomt_walker *w, u64 entry, unsigned level)       \
	{                                                                                          \
		return arm_judge(&(name), w, entry, level);                                        \
	}                                                                                          \
	PT_INLINE unsigned name##_size(const struct iomt_walker *w, u64 entry, unsigned level, u64 v) \
	{                                                                                          \
		return arm_size(&(name), w, entry, level, v);                                      \
	}                                                                                          \
	PT_INLINE void name##_usual(struct iomt_walker *w)                                            \
	{                                                                                          \
		s1_usual_of(&(name), w);                                                           \
	}                                                                                          \
	static const struct guest_format guest_##name = {                                          \
		.facts = &(name), .flags = S1_FLAGS, .stage = 1, .access_faults = true,            \
		.output_faults = true, .narrow_bits = (narrow), .accessed = ACCESSED,              \
		.ignored = ARM_IGNORED,                                                            \
		.judge = name##_judge, .leaf_lg2 = name##_size, .rights = s1_rights,               \
		.dirtied = s1_dirtied, .type = s1_type, .usual = name##_usual,                     \
	};                                                                                         \
	GUEST_FORMAT_ENTRY(name, guest_##name)

S1_WALKER(arm_s1_4k, 0);
S1_WALKER(arm_s1_16k, 0);
S1_WALKER(arm_s1_64k, 48);
S1_WALKER(arm_s1_4k_lpa2, 0);
S1_WALKER(arm_s1_16k_lpa2, 0);
/* clang-format on */
