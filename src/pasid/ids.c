/* SPDX-License-Identifier: MIT */
/* Ids, one at a time: allocated, freed. Compiled twice, for threads and for one call at a time. */
#include "cfg.h"
#include "ids_tree.h"

int iomt_ids_cfg_check(const struct iomt_ids_cfg *cfg, struct iomt_ids_cfg_error *error)
{
	if (!cfg || !cfg_has_size(cfg, cfg->size, sizeof(*cfg)))
		return cfg_wrong(error, "size", "is not that of struct iomt_ids_cfg");
	if (!cfg->mem)
		return cfg_wrong(error, "mem", "no memory provider");
	if (!cfg_has_size(cfg->mem, cfg->mem->size, sizeof(*cfg->mem)))
		return cfg_wrong(error, "mem", "size is not that of struct iomt_mem");
	if (!cfg->mem->alloc || !cfg->mem->free)
		return cfg_wrong(error, "mem", "alloc and free are needed");
	if (!cfg->bits || cfg->bits > 32)
		return cfg_wrong(error, "bits", "must be 1 to 32");
	if (cfg->flags & ~IOMT_IDS_SERIAL)
		return cfg_wrong(error, "flags", "unknown flag");
	return 0;
}

int iomt_ids_init(struct iomt_ids *ids, const struct iomt_ids_cfg *cfg)
{
	int err = iomt_ids_cfg_check(cfg, NULL);

	if (err)
		return err;
	*ids = (struct iomt_ids){
		.last = (uint32_t)((1ULL << cfg->bits) - 1),
		.serial = cfg->flags & IOMT_IDS_SERIAL,
		.mem = cfg->mem,
		.near_first = IDS_NOWHERE,
	};
	while (ids_span(ids->height) <= ids->last)
		ids->height++;
	return 0;
}

/*
 * Finds the word, from the one of *at up to that of "last", with the smallest id that is free as far
 * as summaries tell: *at is where to look in it. The word may be yet to be made. Begins at a part
 * (height 0) or at the root.
 */
IDS_INLINE bool find(unsigned height, uint64_t *at, uint64_t last, struct iomt_ids_path *path)
{
	uint64_t id = *at;

	while (id <= last) {
		struct iomt_ids_slot *slot = path->slot[height];
		uintptr_t below = ids_below(slot);
		unsigned from = ids_index(id, height);
		uint64_t open = ~ids_load(&slot->full) & IDS_ALL << from;

		path->below = below;
		path->height = height;
		if (!below) {
			path->word = NULL;
			*at = id;
			return true;
		}
		if (open && !ids_is_solid(below)) {
			unsigned to = from;

			/* a branch, so that the next load mostly need not wait for the summary */
			if (!(open >> from & 1)) {
				to = (unsigned)__builtin_ctzll(open);
				id = (id & ~(ids_span(height) - 1)) |
				     (uint64_t)to << ids_below_lg2(height);
			}
			if (height) {
				path->slot[--height] = (struct iomt_ids_slot *)below + to;
				continue;
			}
			path->word = (iomt_word *)below + to;
			path->value = ids_load(path->word);
			if (id <= last && ~path->value & ids_mask(id, last)) {
				*at = id;
				return true;
			}
			id = ids_after_word(id);
		} else {
			id = (id | (ids_span(height) - 1)) + 1;
		}
		while (id <= last && !(id & (ids_span(height) - 1)))
			height++;
	}
	return false;
}

/* From the root, whose slot stands in for the way there. */
IDS_INLINE bool find_any(struct iomt_ids *ids, uint64_t *at, uint64_t last,
			 struct iomt_ids_path *path)
{
	path->slot[ids->height] = &ids->root;
	return find(ids->height, at, last, path);
}

/* From the near part on when *at lies there, else from the root; near is what is found, then. */
static bool find_near(struct iomt_ids *ids, uint64_t *at, uint64_t last)
{
	bool near = ids_is_near(ids, *at), found;

	ids->near_first = IDS_NOWHERE;
	found = near ? find(0, at, last, &ids->near) : find_any(ids, at, last, &ids->near);
	if (found && ids->near.word)
		ids->near_first = *at & ~(ids_span(0) - 1);
	return found;
}

/*
 * True when all of [min, max] is in use; else *id is free. *frees grows with each free in the range,
 * *words with each part that comes into being there.
 */
static bool all_in_use(const struct iomt_ids *ids, uint64_t min, uint64_t max, uint64_t *id,
		       uint64_t *frees, uint64_t *words)
{
	struct ids_piece piece;

	*frees = 0;
	*words = 0;
	for (; min <= max; min = piece.last + 1) {
		ids_piece_at(ids, min, max, &piece);
		*id = min;
		if (!piece.path.below)
			return false;
		if (!piece.path.word) {
			*frees += piece.path.below;
			continue;
		}
		for (; min <= piece.last; min = ids_after_word(min)) {
			uint64_t word = ids_load(ids_word_of(&piece, min));
			uint64_t open = ~word & ids_mask(min, piece.last);

			if (open) {
				*id = (min & ~(IDS_WORD - 1ULL)) + (unsigned)__builtin_ctzll(open);
				return false;
			}
			*frees += word >> IDS_TO_SUMS;
			++*words;
		}
	}
	return true;
}

/*
 * True when at one moment all of [min, max] was in use: it was when it was looked at first and is
 * now, and nothing was freed between. Else *id was free just now.
 */
static bool is_exhausted(const struct iomt_ids *ids, uint64_t min, uint64_t max, uint64_t *id)
{
	uint64_t frees, words, frees_before, words_before;

	if (!all_in_use(ids, min, max, id, &frees, &words))
		return false;
	do {
		frees_before = frees;
		words_before = words;
		if (!all_in_use(ids, min, max, id, &frees, &words))
			return false;
	} while (frees != frees_before || words != words_before);
	return true;
}

/* Makes the word of an id; path->word stays NULL when the id is reserved meanwhile. */
static int build(struct iomt_ids *ids, uint64_t id, struct iomt_ids_path *path)
{
	struct ids_spare spare;
	int err = iomt_ids_take(ids, id, id, &spare);

	if (err)
		return err;
	for (ids_walk(ids, id, path); !path->below; ids_walk(ids, id, path))
		iomt_ids_divide(ids, path, &spare);
	iomt_ids_give_back(ids, &spare);
	path->value = path->word ? ids_load(path->word) : 0;
	return 0;
}

/*
 * Takes the first free id from "at" up to "last" in a word, which was just loaded as *value and is
 * *value then. IDS_NOWHERE when there is none.
 */
IDS_INLINE uint64_t claim(bool serial, iomt_word *word, uint64_t *value, uint64_t at, uint64_t last)
{
	uint64_t from = IDS_IN_USE & IDS_IN_USE << at % IDS_WORD, open, id, claimed;

	do {
		open = ~*value & from;
		if (!open)
			return IDS_NOWHERE;
		id = (at & ~(IDS_WORD - 1ULL)) + (unsigned)__builtin_ctzll(open);
		if (id > last)
			return IDS_NOWHERE;
		open &= -open;
		claimed = *value | open | open << IDS_HANDED;
	} while (!ids_replace(serial, word, value, claimed));
	*value = claimed;
	return id;
}

/* One call at a time: *id was free, and none below it when it is the lowest. */
IDS_INLINE int hand_out(struct iomt_ids *ids, uint64_t free, bool lowest, uint64_t value,
			uint32_t *id)
{
	if (lowest)
		ids->low = free + 1;
	*id = (uint32_t)free;
	if (ids_is_full(value))
		ids_word_filled(true, ids, &ids->near, free);
	return 0;
}

/* The first free id of [from, max], or else of [min, max], for one call at a time. */
__attribute__((noinline)) static int alloc_far(struct iomt_ids *ids, uint64_t from, uint64_t min,
					       uint64_t max, uint32_t *id)
{
	bool lowest = from <= ids->low;
	uint64_t at = lowest ? ids->low : from;
	int err;

	while (!find_near(ids, &at, max)) {
		if (from == min)
			return IOMT_ENOSPC;
		from = min;
		at = min;
	}
	if (!ids->near.word) {
		err = build(ids, at, &ids->near);
		if (err)
			return err;
	}
	at = claim(true, ids->near.word, &ids->near.value, at, max);
	return hand_out(ids, at, lowest, ids->near.value, id);
}

/* The same, first where one was allocated last: mostly that is all. */
IDS_INLINE int alloc_serial(struct iomt_ids *ids, uint64_t from, uint64_t min, uint64_t max,
			    uint32_t *id)
{
	bool lowest = from <= ids->low;
	uint64_t at = lowest ? ids->low : from, free, value;
	iomt_word *word;

	if (!ids_is_near(ids, at))
		return alloc_far(ids, from, min, max, id);
	word = ids_word_in(ids->near.below, at);
	value = ids_load(word);
	free = claim(true, word, &value, at, max);
	if (free == IDS_NOWHERE)
		return alloc_far(ids, from, min, max, id);
	return hand_out(ids, free, lowest, value, id);
}

/*
 * The word for calls that others overlap: the first with a free id of [*at, max], or else of
 * [min, max]. path->word stays NULL when all of it is reserved meanwhile.
 */
IDS_INLINE int find_word(struct iomt_ids *ids, uint64_t *at, uint64_t min, uint64_t max,
			 struct iomt_ids_path *path)
{
	bool found = find_any(ids, at, max, path);

	if (!found && *at > min) {
		*at = min;
		found = find_any(ids, at, max, path);
	}
	if (!found) {
		if (is_exhausted(ids, min, max, at))
			return IOMT_ENOSPC;
		/* what hides it is another's half-done change: go there without asking */
		ids_walk(ids, *at, path);
		if (path->word)
			path->value = ids_load(path->word);
	}
	return path->word ? 0 : build(ids, *at, path);
}

/* The same for calls that others overlap. */
static int alloc(struct iomt_ids *ids, uint64_t from, uint64_t min, uint64_t max, uint32_t *id)
{
	struct iomt_ids_path path;
	uint64_t free;

	do {
		int err = find_word(ids, &from, min, max, &path);

		if (err)
			return err;
		free = path.word ? claim(false, path.word, &path.value, from, max) : IDS_NOWHERE;
	} while (free == IDS_NOWHERE);
	if (ids_is_full(path.value))
		ids_word_filled(false, ids, &path, free);
	*id = (uint32_t)free;
	return 0;
}

int iomt_ids_alloc(struct iomt_ids *ids, uint32_t min, uint32_t max, uint32_t *id)
{
	int err = ids_check_range(ids, min, max);

	if (err)
		return err;
	return ids->serial ? alloc_serial(ids, min, min, max, id) : alloc(ids, min, min, max, id);
}

int iomt_ids_alloc_next(struct iomt_ids *ids, uint32_t min, uint32_t max, uint32_t *id)
{
	int err = ids_check_range(ids, min, max);
	uint32_t from = *id >= min && *id < max ? *id + 1 : min;

	if (err)
		return err;
	return ids->serial ? alloc_serial(ids, from, min, max, id) : alloc(ids, from, min, max, id);
}

int iomt_ids_alloc_at(struct iomt_ids *ids, uint32_t id)
{
	struct iomt_ids_path path;
	int err = 0;

	if (id > ids->last)
		return IOMT_ERANGE;
	ids_walk(ids, id, &path);
	if (path.word)
		path.value = ids_load(path.word);
	else if (!path.below)
		err = build(ids, id, &path);
	if (err)
		return err;
	if (!path.word)
		return IOMT_EPERM;
	if (claim(ids->serial, path.word, &path.value, id, id) == id) {
		if (ids_is_full(path.value))
			ids_word_filled(ids->serial, ids, &path, id);
		return 0;
	}
	return ids_reserved(path.value) & ids_mask(id, id) ? IOMT_EPERM : IOMT_EEXIST;
}

/* Why an id of this word, which is not allocated, cannot be freed. */
static int not_allocated(uint64_t word, uint64_t bit)
{
	if (word & bit)
		return IOMT_EPERM;
	return word & bit << IDS_HANDED ? IOMT_ESTALE : IOMT_ENOENT;
}

/* Frees an id in its word, to which the path leads. */
IDS_INLINE int free_in(bool serial, struct iomt_ids *ids, const struct iomt_ids_path *path,
		       iomt_word *word, uint32_t id)
{
	uint64_t bit = 1ULL << id % IDS_WORD, allocated = bit | bit << IDS_HANDED;
	uint64_t value = ids_load(word);

	do {
		if ((value & allocated) != allocated)
			return not_allocated(value, bit);
	} while (!ids_replace(serial, word, &value, value - bit + IDS_FREED));
	if (serial && id < ids->low)
		ids->low = id;
	if (ids_is_full(value))
		ids_word_opened(serial, ids, path, id);
	return 0;
}

static int free_far(struct iomt_ids *ids, uint32_t id)
{
	struct iomt_ids_path path;

	ids_walk(ids, id, &path);
	if (!path.word)
		return path.below ? IOMT_EPERM : IOMT_ENOENT;
	if (ids->serial)
		return free_in(true, ids, &path, path.word, id);
	return free_in(false, ids, &path, path.word, id);
}

int iomt_ids_free(struct iomt_ids *ids, uint32_t id)
{
	if (id > ids->last)
		return IOMT_ERANGE;
	if (!ids->serial || !ids_is_near(ids, id)) /* most are, with one call at a time */
		return free_far(ids, id);
	return free_in(true, ids, &ids->near, ids_word_in(ids->near.below, id), id);
}
