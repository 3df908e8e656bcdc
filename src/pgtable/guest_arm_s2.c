/* SPDX-License-Identifier: MIT */
/*
 * Arm stage 2 tables of a guest. DDI 0487, D8.4.2, "Stage 2 permissions": S2AP and XN, with FEAT_XNX
 * one bit for each privilege; D8.5.2, dirty state. Entries: arm_s2.h.
 */
#include "arm_s2.h"
#include "guest_arm.h"

#define XN_LOW	(1ULL << 53) /* with FEAT_XNX: XN[1] ^ XN[0] forbids privileged execution */
#define XN_HIGH (1ULL << 54)

PT_INLINE bool s2_executable(const struct iomt_walker *w, u64 leaf, uint32_t access)
{
	bool high = leaf & XN_HIGH, low = leaf & XN_LOW;

	if (!(w->flags & IOMT_WALK_XNX))
		return !high;
	/* 00 both, 01 users, 10 nobody, 11 privileged */
	return access & IOMT_PRIV ? high == low : !high;
}

PT_INLINE uint32_t s2_rights(const struct iomt_walker *w, u64 all, u64 any, u64 leaf,
			     uint32_t access)
{
	bool clean = (w->flags & IOMT_WALK_DIRTY) && (leaf & DBM);
	uint32_t prot = s2_decode(leaf, 0) & IOMT_TYPE_MASK;

	(void)all;
	(void)any;
	prot |= leaf & S2_READ ? IOMT_READ : 0;
	prot |= (leaf & S2_WRITE) || clean ? IOMT_WRITE : 0;
	return prot | (s2_executable(w, leaf, access) ? IOMT_EXEC : 0);
}

PT_INLINE u64 s2_dirtied(u64 leaf)
{
	return leaf & DBM ? leaf | S2_WRITE : leaf;
}

PT_INLINE uint8_t s2_type(const struct iomt_walker *w, u64 leaf, unsigned level)
{
	(void)w;
	(void)level;
	return leaf >> S2_MEMATTR_SHIFT & 15;
}

PT_INLINE void s2_usual_of(const struct pt_format *f, struct iomt_walker *w)
{
	u64 beyond = f->pack(w->beyond);

	w->table_want = VALID | PAGE;
	w->table_mask = w->table_want | beyond;
	w->usual_want = VALID | PAGE | ACCESSED | S2_READ | S2_WRITE | 15ULL << S2_MEMATTR_SHIFT;
	w->usual_want |= XN_HIGH;
	w->usual_mask = w->usual_want | XN_LOW | CONTIGUOUS | beyond;
}

#define S2_FLAGS (IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY | IOMT_WALK_NO_ACCESS_FAULT | IOMT_WALK_XNX)

/* A granule or layout is a format of its own. */
/* clang-format off */
#define S2_WALKER(name, narrow)                                                                    \
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
		s2_usual_of(&(name), w);                                                           \
	}                                                                                          \
	static const struct guest_format guest_##name = {                                          \
		.facts = &(name), .flags = S2_FLAGS, .stage = 2, .access_faults = true,            \
		.output_faults = true, .narrow_bits = (narrow), .accessed = ACCESSED,              \
		.ignored = ARM_IGNORED,                                                            \
		.judge = name##_judge, .leaf_lg2 = name##_size, .rights = s2_rights,               \
		.dirtied = s2_dirtied, .type = s2_type, .usual = name##_usual,                     \
	};                                                                                         \
	GUEST_FORMAT_ENTRY(name, guest_##name)

S2_WALKER(arm_s2_4k, 0);
S2_WALKER(arm_s2_16k, 0);
S2_WALKER(arm_s2_64k, 48);
S2_WALKER(arm_s2_4k_lpa2, 0);
S2_WALKER(arm_s2_16k_lpa2, 0);
/* clang-format on */
