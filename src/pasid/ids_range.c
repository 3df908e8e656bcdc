/* SPDX-License-Identifier: MIT */
/* Ranges of ids: reserved and released, a word or a whole slot at a time. */
#include "ids_tree.h"

/* 0 when these bits of a word are free; else what the lowest says that is not. */
static int check_free(uint64_t word, uint64_t mask)
{
	uint64_t used = word & mask;

	if (!used)
		return 0;
	return word & (used & -used) << IDS_HANDED ? IOMT_EEXIST : IOMT_EPERM;
}

static int check_reserved(uint64_t word, uint64_t mask)
{
	return mask & ~ids_reserved(word) ? IOMT_ENOENT : 0;
}

/* Looks at all of a range before any of it changes; even slots are judged as words like them. */
static int check_words(const struct iomt_ids *ids, uint64_t first, uint64_t last,
		       int (*check)(uint64_t word, uint64_t mask))
{
	struct ids_piece piece;
	int err = 0;

	for (; !err && first <= last; first = piece.last + 1) {
		ids_piece_at(ids, first, last, &piece);
		if (!piece.path.word)
			err = check(piece.path.below ? IDS_IN_USE : 0, IDS_IN_USE);
		for (uint64_t id = first; !err && piece.path.word && id <= piece.last;
		     id = ids_after_word(id))
			err = check(ids_load(ids_word_of(&piece, id)), ids_mask(id, piece.last));
	}
	return err;
}

/* What to do with a whole even slot, and with the bits of a piece in one word. */
struct change {
	int (*slot)(struct iomt_ids *ids, const struct ids_piece *piece);
	int (*word)(struct iomt_ids *ids, struct ids_piece *piece, uint64_t id);
};

/*
 * Changes a range from the first to the last, as far as that goes: *done is where it stopped. Even
 * slots that lie across an end are divided. A slot that another thread changed is looked at again.
 */
static int apply(struct iomt_ids *ids, uint64_t first, uint64_t last, const struct change *change,
		 struct ids_spare *spare, uint64_t *done)
{
	struct ids_piece piece;
	int err = 0;

	for (*done = first; *done <= last && (!err || err == IOMT_EAGAIN);) {
		ids_piece_at(ids, *done, last, &piece);
		err = 0;
		if (piece.path.word) {
			for (; !err && *done <= piece.last;
			     *done = err ? *done : ids_after_word(*done))
				err = change->word(ids, &piece, *done);
		} else if (piece.whole) {
			err = change->slot(ids, &piece);
			*done = err ? *done : piece.last + 1;
		} else {
			iomt_ids_divide(ids, &piece.path, spare);
		}
	}
	return err;
}

/* What lies below this slot from now on, if it is still what the piece says. */
static bool exchange(const struct ids_piece *piece, uintptr_t below)
{
	uintptr_t even = piece->path.below;

	return __atomic_compare_exchange_n(&piece->path.slot[piece->path.height]->below, &even,
					   below, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static void empty_summary(struct iomt_ids *ids, const struct ids_piece *piece)
{
	unsigned height = piece->path.height;

	ids_clear(false, &piece->path.slot[height]->full, IDS_ALL);
	iomt_ids_lower(ids, &piece->path, piece->first, height + 1);
}

/* Each whole slot is numbered anew when it is reserved, so that one that came back is known. */
static int reserve_slot(struct iomt_ids *ids, const struct ids_piece *piece)
{
	uint64_t number = __atomic_add_fetch(&ids->solids, 1, __ATOMIC_RELAXED);
	uintptr_t solid = (uintptr_t)(number << 1 | 1);
	unsigned height = piece->path.height;
	struct iomt_ids_slot *slot = piece->path.slot[height];

	if (piece->path.below)
		return IOMT_EPERM;
	if (!exchange(piece, solid))
		return IOMT_EAGAIN;
	ids_set(false, &slot->full, IDS_ALL);
	if (ids_below(slot) == solid)
		iomt_ids_raise(ids, &piece->path, piece->first, height + 1);
	else
		empty_summary(ids, piece);
	return 0;
}

static int reserve_word(struct iomt_ids *ids, struct ids_piece *piece, uint64_t id)
{
	uint64_t mask = ids_mask(id, piece->last), value, reserved;

	piece->path.word = ids_word_of(piece, id);
	value = ids_load(piece->path.word);
	do {
		if (value & mask)
			return check_free(value, mask);
		reserved = (value | mask) & ~(mask << IDS_HANDED);
	} while (!ids_replace(false, piece->path.word, &value, reserved));
	if (ids_is_full(reserved))
		ids_word_filled(false, ids, &piece->path, id);
	return 0;
}

static int release_slot(struct iomt_ids *ids, const struct ids_piece *piece)
{
	if (!piece->path.below)
		return IOMT_ENOENT;
	if (!exchange(piece, 0))
		return IOMT_EAGAIN;
	empty_summary(ids, piece);
	return 0;
}

static int release_word(struct iomt_ids *ids, struct ids_piece *piece, uint64_t id)
{
	uint64_t mask = ids_mask(id, piece->last), value;

	piece->path.word = ids_word_of(piece, id);
	value = ids_load(piece->path.word);
	do {
		if (check_reserved(value, mask))
			return IOMT_ENOENT;
	} while (!ids_replace(false, piece->path.word, &value, value - mask + IDS_FREED));
	if (ids_is_full(value))
		ids_word_opened(false, ids, &piece->path, id);
	return 0;
}

static const struct change reserving = {reserve_slot, reserve_word};
static const struct change releasing = {release_slot, release_word};

/* Releases what is reserved, past what another thread released meanwhile: a word, or all of a slot. */
static void release_rest(struct iomt_ids *ids, uint64_t first, uint64_t last,
			 struct ids_spare *spare)
{
	struct ids_piece piece;

	while (first <= last && apply(ids, first, last, &releasing, spare, &first)) {
		ids_piece_at(ids, first, last, &piece);
		first = piece.path.word ? ids_after_word(first) : piece.last + 1;
	}
}

int iomt_ids_reserve(struct iomt_ids *ids, uint32_t first, uint32_t last)
{
	int err = ids_check_range(ids, first, last);
	struct ids_spare spare;
	uint64_t done;

	if (!err)
		err = check_words(ids, first, last, check_free);
	if (!err)
		err = iomt_ids_take(ids, first, last, &spare);
	if (err)
		return err;
	err = apply(ids, first, last, &reserving, &spare, &done);
	if (err && done > first)
		release_rest(ids, first, done - 1, &spare);
	iomt_ids_give_back(ids, &spare);
	return err;
}

int iomt_ids_release(struct iomt_ids *ids, uint32_t first, uint32_t last)
{
	int err = ids_check_range(ids, first, last);
	struct ids_spare spare;
	uint64_t done;

	if (!err)
		err = check_words(ids, first, last, check_reserved);
	if (!err)
		err = iomt_ids_take(ids, first, last, &spare);
	if (err)
		return err;
	err = apply(ids, first, last, &releasing, &spare, &done);
	if (err && done > first) {
		release_rest(ids, done, last, &spare);
		err = 0;
	}
	iomt_ids_give_back(ids, &spare);
	if (!err && ids->serial && first < ids->low)
		ids->low = first;
	return err;
}
