/* SPDX-License-Identifier: MIT */
/* References of PASIDs: got, put, and the last one gone. */
#include "space.h"

void iomt_pasid_settle(struct iomt_pasid_space *space, uint32_t pasid, struct space_entry *entry)
{
	uint64_t word = space_load(&entry->word);

	space_store(space_is_serial(space), &entry->word, space_word(word, SPACE_FREED, 0));
	if (!(word & SPACE_RESERVED))
		iomt_ids_free(&space->ids, pasid);
}

/*
 * The last reference goes, into quarantine if "waits": *word is what the entry was. False when it is
 * something else now (*word), and nothing changed.
 */
IDS_INLINE bool retire(struct iomt_pasid_space *space, uint32_t pasid, struct space_entry *entry,
		       uint64_t *word, bool waits)
{
	bool serial = space_is_serial(space);
	uint64_t set;

	if (waits) /* before it does: who counts none misses none */
		space_add(serial, &space->waiting, 1);
	if (!space_replace(serial, &entry->word, word, space_word(*word, SPACE_WAITING, 0))) {
		if (waits)
			space_add(serial, &space->waiting, -1ULL);
		return false;
	}
	/* others who had a reference may have joined a set until now, and none may from now on */
	set = space_exchange(serial, &entry->beside, SPACE_NONE);
	iomt_pasid_set_leave((struct iomt_pasid_set *)(uintptr_t)set);
	if (waits)
		iomt_pasid_queue(space, pasid, entry);
	else
		iomt_pasid_settle(space, pasid, entry);
	return true;
}

int iomt_pasid_get(struct iomt_pasid_space *space, uint32_t pasid)
{
	struct space_entry *entry;
	uint64_t word;
	int err = space_look(space, pasid, &entry, &word);

	if (err)
		return err;
	do {
		if (!space_is_live(word))
			return iomt_pasid_gone(space, pasid, word);
		if (space_count(word) == IOMT_PASID_MOST_REFS)
			return IOMT_EOVERFLOW;
	} while (!space_replace(space_is_serial(space), &entry->word, &word, word + SPACE_ONE));
	return 0;
}

IDS_INLINE int put(struct iomt_pasid_space *space, uint32_t pasid, bool waits)
{
	struct space_entry *entry;
	uint64_t word;
	bool done;
	int err = space_look(space, pasid, &entry, &word);

	if (err)
		return err;
	do {
		if (!space_is_live(word))
			return iomt_pasid_gone(space, pasid, word);
		if (space_count(word) == 1)
			done = retire(space, pasid, entry, &word, waits);
		else
			done = space_replace(space_is_serial(space), &entry->word, &word,
					     word - SPACE_ONE);
	} while (!done);
	return 0;
}

int iomt_pasid_put(struct iomt_pasid_space *space, uint32_t pasid)
{
	return put(space, pasid, space->bound);
}

int iomt_pasid_put_invalidated(struct iomt_pasid_space *space, uint32_t pasid)
{
	return put(space, pasid, false);
}

int iomt_pasid_free(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t pasid)
{
	struct space_entry *entry;
	uint64_t word;
	int err = space_look(space, pasid, &entry, &word);

	if (err)
		return err;
	do {
		if (!space_is_live(word))
			return iomt_pasid_gone(space, pasid, word);
		if (space_load(&entry->beside) != (uintptr_t)set)
			return IOMT_EACCES;
		if (space_count(word) > 1)
			return IOMT_EBUSY;
	} while (!retire(space, pasid, entry, &word, space->bound));
	return 0;
}
