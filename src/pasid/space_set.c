/* SPDX-License-Identifier: MIT */
/* Sets: whose PASIDs are whose, how many, and all of them at once. */
#include "space.h"

#define GROUP_LG2 10u /* PASIDs of a bit of a set */

void iomt_pasid_set_init(struct iomt_pasid_set *set, struct iomt_pasid_space *space, uint32_t quota)
{
	*set = (struct iomt_pasid_set){.space = space, .quota = quota};
}

void iomt_pasid_set_quota(struct iomt_pasid_set *set, uint32_t quota)
{
	__atomic_store_n(&set->quota, quota, __ATOMIC_RELAXED);
}

uint32_t iomt_pasid_set_count(const struct iomt_pasid_set *set)
{
	return __atomic_load_n(&set->count, __ATOMIC_ACQUIRE);
}

int iomt_pasid_set_enter(struct iomt_pasid_set *set)
{
	uint32_t count;

	if (!set)
		return 0;
	count = __atomic_load_n(&set->count, __ATOMIC_RELAXED);
	do {
		if (count >= __atomic_load_n(&set->quota, __ATOMIC_RELAXED))
			return IOMT_EDQUOT;
		if (space_is_serial(set->space)) {
			__atomic_store_n(&set->count, count + 1, __ATOMIC_RELAXED);
			return 0;
		}
	} while (!__atomic_compare_exchange_n(&set->count, &count, count + 1, false,
					      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return 0;
}

/* The set may be gone when its last has left. */
void iomt_pasid_set_leave(struct iomt_pasid_set *set)
{
	if (!set)
		return;
	if (space_is_serial(set->space))
		__atomic_store_n(&set->count, set->count - 1, __ATOMIC_RELAXED);
	else
		__atomic_fetch_sub(&set->count, 1, __ATOMIC_ACQ_REL);
}

void iomt_pasid_set_mark(struct iomt_pasid_set *set, uint32_t pasid)
{
	iomt_word *word = &set->groups[pasid >> GROUP_LG2 >> 6];
	uint64_t bit = 1ULL << (pasid >> GROUP_LG2 & 63);

	if (!(space_load(word) & bit))
		ids_set(space_is_serial(set->space), word, bit);
}

int iomt_pasid_set_join(struct iomt_pasid_set *set, uint32_t pasid)
{
	struct iomt_pasid_space *space = set->space;
	struct space_entry *entry;
	uint64_t before, word;
	int err = space_look(space, pasid, &entry, &word);

	if (err)
		return err;
	if (!space_is_live(word))
		return iomt_pasid_gone(space, pasid, word);
	before = space_load(&entry->beside);
	if (before)
		return before == (uintptr_t)set ? IOMT_EEXIST : IOMT_EACCES;
	err = iomt_pasid_set_enter(set);
	if (err)
		return err;
	iomt_pasid_set_mark(set, pasid);
	if (space_replace(space_is_serial(space), &entry->beside, &before, (uintptr_t)set))
		return 0;
	iomt_pasid_set_leave(set);
	return before == (uintptr_t)set ? IOMT_EEXIST : IOMT_EACCES;
}

int iomt_pasid_set_next(const struct iomt_pasid_set *set, uint32_t from, uint32_t *pasid)
{
	uint32_t last = set->space->ids.last;

	while (from <= last) {
		uint32_t group = from >> GROUP_LG2, end = from | ((1u << GROUP_LG2) - 1), found;

		if (space_load(&set->groups[group >> 6]) >> (group & 63) & 1) {
			found = iomt_pasid_find(set->space, from, end < last ? end : last,
						SPACE_LIVE, set);
			if (found != SPACE_NONE) {
				*pasid = found;
				return 0;
			}
		}
		from = end + 1;
	}
	return IOMT_ENOENT;
}

int iomt_pasid_set_free(struct iomt_pasid_set *set)
{
	uint32_t pasid;

	for (uint32_t from = 0; !iomt_pasid_set_next(set, from, &pasid); from = pasid + 1) {
		if (iomt_pasid_refs(set->space, pasid) > 1)
			return IOMT_EBUSY;
	}
	for (uint32_t from = 0; !iomt_pasid_set_next(set, from, &pasid); from = pasid + 1)
		iomt_pasid_free(set->space, set, pasid); /* or others have it still */
	return iomt_pasid_set_count(set) ? IOMT_EBUSY : 0;
}

int iomt_pasid_set_destroy(struct iomt_pasid_set *set)
{
	return iomt_pasid_set_count(set) ? IOMT_EBUSY : 0;
}
