/* SPDX-License-Identifier: MIT */
/* PASIDs handed out: which one, for which set, and what it says when there is none. */
#include "space.h"

/* How a PASID is chosen from [min, max]; *pasid is where to go on from. */
typedef int choose(struct iomt_ids *ids, uint32_t min, uint32_t max, uint32_t *pasid);

/* What is wrong before one is even looked for. */
static int check(const struct iomt_pasid_space *space, const struct iomt_pasid_set *set,
		 uint32_t min, uint32_t max)
{
	int err = ids_check_range(&space->ids, min, max);

	if (err)
		return err;
	if (set && set->space != space)
		return IOMT_EACCES;
	return space->bound && space_load(&space->waiting) >= space->bound ? IOMT_EAGAIN : 0;
}

/* The PASID is the set's, with one reference; its bit says already that it is nobody else's. */
IDS_INLINE void hand_out(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t pasid,
			 struct space_entry *entry, uint64_t reserved)
{
	uint64_t turn = (space_load(&entry->word) + SPACE_TURN) & SPACE_TURNS;

	if (set)
		iomt_pasid_set_mark(set, pasid);
	space_store(space_is_serial(space), &entry->beside, (uintptr_t)set);
	space_store(space_is_serial(space), &entry->word, SPACE_ONE | turn | reserved | SPACE_LIVE);
}

IDS_INLINE int take_bit(struct iomt_pasid_space *space, choose *choose_one, uint32_t min,
			uint32_t max, uint32_t *pasid)
{
	uint64_t before;
	int err;

	do {
		before = space_load(&space->released);
		err = choose_one(&space->ids, min, max, pasid);
		if (err != IOMT_ENOSPC && err != IOMT_EEXIST)
			return err;
		err = iomt_pasid_exhausted(space, min, max, before, err);
	} while (!err);
	return err;
}

/* Inlined, as the choice is then no call through a pointer. */
IDS_INLINE int alloc(struct iomt_pasid_space *space, struct iomt_pasid_set *set, choose *choose_one,
		     uint32_t min, uint32_t max, uint32_t *pasid)
{
	struct space_entry *entry = NULL;
	uint32_t chosen = *pasid;
	int err = check(space, set, min, max);

	if (!err)
		err = iomt_pasid_set_enter(set);
	if (err)
		return err;
	err = take_bit(space, choose_one, min, max, &chosen);
	if (!err) {
		err = space_build(space, chosen, &entry);
		if (err)
			iomt_ids_free(&space->ids, chosen);
	}
	if (err) {
		iomt_pasid_set_leave(set);
		return err;
	}
	hand_out(space, set, chosen, entry, 0);
	*pasid = chosen;
	return 0;
}

int iomt_pasid_alloc(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t min,
		     uint32_t max, uint32_t *pasid)
{
	return alloc(space, set, iomt_ids_alloc, min, max, pasid);
}

int iomt_pasid_alloc_next(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t min,
			  uint32_t max, uint32_t *pasid)
{
	return alloc(space, set, iomt_ids_alloc_next, min, max, pasid);
}

/* By numbers of bits, from the top; the whole range decides whether there is none. */
static int choose_wide(struct iomt_ids *ids, uint32_t min, uint32_t max, uint32_t *pasid)
{
	for (uint32_t last = max; last > min;) {
		uint32_t first = 1u << (31 - __builtin_clz(last));
		int err = iomt_ids_alloc(ids, first < min ? min : first, last, pasid);

		if (err != IOMT_ENOSPC)
			return err;
		last = first - 1;
	}
	return iomt_ids_alloc(ids, min, max, pasid);
}

int iomt_pasid_alloc_wide(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t min,
			  uint32_t max, uint32_t *pasid)
{
	return alloc(space, set, choose_wide, min, max, pasid);
}

static int choose_this(struct iomt_ids *ids, uint32_t min, uint32_t max, uint32_t *pasid)
{
	(void)max;
	*pasid = min;
	return iomt_ids_alloc_at(ids, min);
}

int iomt_pasid_alloc_at(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t pasid)
{
	uint32_t same = pasid;

	return alloc(space, set, choose_this, pasid, pasid, &same);
}

/* A PASID that is reserved becomes allocated, but without references yet. */
static int claim(const struct iomt_pasid_space *space, struct space_entry *entry)
{
	uint64_t word = space_load(&entry->word);

	do {
		if (space_state(word) == SPACE_LIVE)
			return IOMT_EEXIST;
		if (space_state(word) == SPACE_WAITING)
			return IOMT_EAGAIN;
	} while (!space_replace(space_is_serial(space), &entry->word, &word,
				(word & SPACE_TURNS) | SPACE_LIVE));
	return 0;
}

int iomt_pasid_alloc_reserved(struct iomt_pasid_space *space, struct iomt_pasid_set *set,
			      uint32_t pasid)
{
	struct space_entry *entry;
	int err = check(space, set, pasid, pasid);

	if (err)
		return err;
	if (iomt_ids_test(&space->ids, pasid) != IOMT_IDS_RESERVED)
		return IOMT_ENOENT;
	err = iomt_pasid_set_enter(set);
	if (err)
		return err;
	err = space_build(space, pasid, &entry);
	if (!err)
		err = claim(space, entry);
	if (err)
		iomt_pasid_set_leave(set);
	else
		hand_out(space, set, pasid, entry, SPACE_RESERVED);
	return err;
}
