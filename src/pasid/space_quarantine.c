/* SPDX-License-Identifier: MIT */
/*
 * The quarantine: a list of what was freed, each with the generation that was open then. To take a
 * token is to open the next generation; when it is reported, the list is emptied from its head as
 * far as that generation reaches.
 *
 * Who frees says so in the PASID's word first, and reads the generation then. A token that was
 * taken before that does not release the PASID. For one that is taken after it, whoever looks for
 * what waits sees the word; and tables that were cleared before the free were so before its
 * invalidation.
 *
 * Adding takes two steps: the PASID becomes the tail, then the one before it learns of it. Who
 * empties the list stops where the second is missing; who is making it looks afterwards whether it
 * has to go on with that.
 */
#include "space.h"

static void link_after(struct iomt_pasid_space *space, uint64_t before, uint64_t link)
{
	iomt_word *place =
		before == SPACE_NONE ? &space->head : &space_entry(space, (uint32_t)before)->beside;

	space_store(space_is_serial(space), place, link);
}

/* Takes the head away; false when what comes after it is still being added. */
static bool take_head(struct iomt_pasid_space *space, uint64_t head)
{
	bool serial = space_is_serial(space);
	uint64_t next = space_load(&space_entry(space, (uint32_t)head)->beside), tail = head;

	space_store(serial, &space->head, next);
	if (next != SPACE_NONE)
		return true;
	/* from the moment at which the list is empty, the head belongs to the next who adds */
	if (space_load(&space->tail) == head &&
	    space_replace(serial, &space->tail, &tail, SPACE_NONE))
		return true;
	space_store(serial, &space->head, head);
	return false;
}

/* The head, if its generation is complete. */
static uint64_t ready_head(const struct iomt_pasid_space *space)
{
	uint64_t head = space_load(&space->head);
	const struct space_entry *entry;

	if (head == SPACE_NONE)
		return head;
	entry = space_entry(space, (uint32_t)head);
	return space_count(space_load(&entry->word)) > space_load(&space->completed) ? SPACE_NONE
										     : head;
}

/* As far as one sees who does not hold the list. */
static bool is_ready(const struct iomt_pasid_space *space)
{
	uint64_t head = ready_head(space);

	return head != SPACE_NONE &&
	       (space_load(&space_entry(space, (uint32_t)head)->beside) != SPACE_NONE ||
		space_load(&space->tail) == head);
}

static void release_ready(struct iomt_pasid_space *space)
{
	bool serial = space_is_serial(space);
	uint64_t count = 0, head;

	while ((head = ready_head(space)) != SPACE_NONE && take_head(space, head)) {
		iomt_pasid_settle(space, (uint32_t)head, space_entry(space, (uint32_t)head));
		count++;
	}
	if (count) {
		space_add(serial, &space->released, count);
		space_add(serial, &space->waiting, -count);
	}
}

/*
 * Releases what is complete, unless another thread is at it: that one looks again when it is done.
 */
static void release(struct iomt_pasid_space *space)
{
	bool serial = space_is_serial(space);

	do {
		if (space_exchange(serial, &space->releasing, 1))
			return;
		release_ready(space);
		space_store(serial, &space->releasing, 0);
	} while (is_ready(space));
}

void iomt_pasid_queue(struct iomt_pasid_space *space, uint32_t pasid, struct space_entry *entry)
{
	bool serial = space_is_serial(space);
	uint64_t generation = space_load(&space->open), word = space_load(&entry->word);
	uint64_t link = SPACE_LINK | pasid;

	space_store(serial, &entry->word, space_word(word, SPACE_WAITING, generation));
	link_after(space, space_exchange(serial, &space->tail, link), link);
	if (is_ready(space))
		release(space);
}

uint64_t iomt_pasid_quarantine_token(struct iomt_pasid_space *space)
{
	return space_add(space_is_serial(space), &space->open, 1);
}

int iomt_pasid_quarantine_next(const struct iomt_pasid_space *space, uint64_t token, uint32_t from,
			       uint32_t *pasid)
{
	while (from <= space->ids.last) {
		uint32_t found = iomt_pasid_find(space, from, space->ids.last, SPACE_WAITING, NULL);

		if (found == SPACE_NONE)
			break;
		if (space_count(space_load(&space_entry(space, found)->word)) <= token) {
			*pasid = found;
			return 0;
		}
		from = found + 1;
	}
	return IOMT_ENOENT;
}

int iomt_pasid_quarantine_done(struct iomt_pasid_space *space, uint64_t token)
{
	uint64_t completed = space_load(&space->completed);

	if (!token || token >= space_load(&space->open))
		return IOMT_EINVAL;
	while (completed < token &&
	       !space_replace(space_is_serial(space), &space->completed, &completed, token))
		continue;
	if (completed < token) /* it was this call */
		release(space);
	return 0;
}

uint64_t iomt_pasid_quarantined(const struct iomt_pasid_space *space)
{
	return space_load(&space->waiting);
}
