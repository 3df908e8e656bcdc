/* SPDX-License-Identifier: MIT */
/* Looking at PASIDs without changing them. */
#include "space.h"

int iomt_pasid_gone(const struct iomt_pasid_space *space, uint32_t pasid, uint64_t word)
{
	if (space_state(word) == SPACE_WAITING)
		return IOMT_ESTALE;
	if (iomt_ids_test(&space->ids, pasid) == IOMT_IDS_RESERVED)
		return IOMT_EPERM;
	return space_state(word) == SPACE_FREED ? IOMT_ESTALE : IOMT_ENOENT;
}

int iomt_pasid_test(const struct iomt_pasid_space *space, uint32_t pasid)
{
	struct space_entry *entry;
	uint64_t word;
	int err = space_look(space, pasid, &entry, &word);

	if (err)
		return err;
	if (space_is_live(word))
		return IOMT_PASID_ALLOCATED;
	if (space_state(word) == SPACE_WAITING)
		return IOMT_PASID_QUARANTINED;
	return iomt_ids_test(&space->ids, pasid) == IOMT_IDS_RESERVED ? IOMT_PASID_RESERVED
								      : IOMT_PASID_FREE;
}

uint32_t iomt_pasid_refs(const struct iomt_pasid_space *space, uint32_t pasid)
{
	struct space_entry *entry;
	uint64_t word = 0;

	space_look(space, pasid, &entry, &word);
	return space_is_live(word) ? (uint32_t)space_count(word) : 0;
}

/* Whether an entry is in a state, and of this set. */
static bool is_of(const struct space_entry *entry, enum space_state state,
		  const struct iomt_pasid_set *set)
{
	uint64_t word = space_load(&entry->word);

	if (space_state(word) != state || (state == SPACE_LIVE && !space_count(word)))
		return false;
	return !set || (space_load(&entry->beside) == (uintptr_t)set &&
			!((space_load(&entry->word) ^ word) & (SPACE_TURNS | SPACE_STATE)));
}

uint32_t iomt_pasid_find(const struct iomt_pasid_space *space, uint32_t first, uint32_t last,
			 enum space_state state, const struct iomt_pasid_set *set)
{
	const struct space_entry *entry;

	for (uint32_t pasid = first; pasid <= last; pasid = (pasid | (SPACE_LEAF - 1)) + 1) {
		uint32_t end = pasid | (SPACE_LEAF - 1);

		entry = space_entry(space, pasid);
		if (end > last)
			end = last;
		for (uint32_t i = 0; entry && i <= end - pasid; i++) {
			if (is_of(entry + i, state, set))
				return pasid + i;
		}
	}
	return SPACE_NONE;
}

int iomt_pasid_exhausted(const struct iomt_pasid_space *space, uint32_t min, uint32_t max,
			 uint64_t before, int err)
{
	if (err == IOMT_EEXIST && iomt_pasid_find(space, min, max, SPACE_LIVE, NULL) != SPACE_NONE)
		return err;
	if (space_load(&space->waiting) &&
	    (iomt_pasid_find(space, min, max, SPACE_WAITING, NULL) != SPACE_NONE ||
	     space_load(&space->releasing)))
		return IOMT_EAGAIN;
	return space_load(&space->released) == before ? err : 0;
}

static void count(const struct space_entry *entry, struct iomt_pasid_stats *stats)
{
	uint64_t word = space_load(&entry->word);
	bool live = space_is_live(word), waiting = space_state(word) == SPACE_WAITING;

	stats->allocated += live;
	stats->quarantined += waiting;
	if ((live || waiting) && word & SPACE_RESERVED && stats->reserved) /* or it came later */
		stats->reserved--;
}

void iomt_pasid_stats(const struct iomt_pasid_space *space, struct iomt_pasid_stats *stats)
{
	struct iomt_ids_stats ids;

	iomt_ids_stats(&space->ids, &ids);
	*stats = (struct iomt_pasid_stats){.reserved = ids.reserved};
	stats->bytes = ids.bytes + ids_load(&space->bytes);
	for (uint32_t pasid = 0; pasid <= space->ids.last; pasid += SPACE_LEAF) {
		const struct space_entry *entry = space_entry(space, pasid);

		for (unsigned i = 0; entry && i < SPACE_LEAF; i++)
			count(entry + i, stats);
	}
}
