/* SPDX-License-Identifier: MIT */
/*
 * The tree of a space of ids.
 *
 * A word holds 16 ids, a part 64 words, a node 64 slots. A slot is a node or a part and, beside it,
 * a summary: bit i is set when all of the i-th word or slot below is in use. In place of what was
 * never used stands nothing, of what is reserved as a whole a number: such a slot is even.
 *
 * Words are the truth, and change by one compare-and-swap each. Summaries are hints. Who fills a
 * word sets its bit, and looks at the word once more: when somebody freed meanwhile, it clears the
 * bit again. Who frees in a full word clears the bit afterwards. So a bit that hides a free id is
 * soon cleared by a call that is still under way; a bit that is missing costs a look into the word.
 *
 * Parts and nodes stay until trim or destroy, which are alone.
 */
#ifndef IDS_TREE_H
#define IDS_TREE_H

#include <iomt/ids.h>

#define IDS_INLINE static inline __attribute__((always_inline))

#define IDS_HEIGHTS 5u /* of slots: a part is 0 high, 2^34 ids are 4 */
#define IDS_NOWHERE UINT64_MAX
#define IDS_FANOUT  64u
#define IDS_ALL	    UINT64_MAX

/*
 * A word: bit i is set while id i is in use. Bit 16 + i is set when it was handed out: together with
 * the first it is allocated, without it was freed; what is in use and was not handed out is
 * reserved. The upper half counts frees, so that a word that comes back is known from one that
 * stayed, unless 2^32 frees lie between two looks of one call.
 */
#define IDS_WORD    16u
#define IDS_IN_USE  0xffffULL
#define IDS_HANDED  16u
#define IDS_FREED   (1ULL << 32)
#define IDS_TO_SUMS 32u

#define IDS_PART_BYTES (IDS_FANOUT * sizeof(uint64_t))
#define IDS_NODE_BYTES (IDS_FANOUT * sizeof(struct iomt_ids_slot))

/* log2 of the ids of each word or slot below a slot of this height, and of the slot's own. */
IDS_INLINE unsigned ids_below_lg2(unsigned height)
{
	return 4 + 6 * height;
}

IDS_INLINE uint64_t ids_span(unsigned height)
{
	return 1ULL << ids_below_lg2(height + 1);
}

IDS_INLINE unsigned ids_index(uint64_t id, unsigned height)
{
	return id >> ids_below_lg2(height) & (IDS_FANOUT - 1);
}

/* Whether an id is in the part where one was allocated last. */
IDS_INLINE bool ids_is_near(const struct iomt_ids *ids, uint64_t id)
{
	return (id ^ ids->near_first) < ids_span(0);
}

IDS_INLINE bool ids_is_solid(uintptr_t below)
{
	return below & 1;
}

IDS_INLINE bool ids_is_even(uintptr_t below)
{
	return !below || ids_is_solid(below);
}

IDS_INLINE uint64_t ids_load(const iomt_word *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

IDS_INLINE uintptr_t ids_below(const struct iomt_ids_slot *slot)
{
	return __atomic_load_n(&slot->below, __ATOMIC_ACQUIRE);
}

/* The word of an id in its part. */
IDS_INLINE iomt_word *ids_word_in(uintptr_t part, uint64_t id)
{
	return (iomt_word *)part + ids_index(id, 0);
}

/* Changes a word that was just loaded as *old; on failure *old is what was found. */
IDS_INLINE bool ids_replace(bool serial, iomt_word *word, uint64_t *old, uint64_t value)
{
	if (serial) {
		__atomic_store_n(word, value, __ATOMIC_RELAXED);
		return true;
	}
	return __atomic_compare_exchange_n(word, old, value, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

/* Both return what was there before. */
IDS_INLINE uint64_t ids_set(bool serial, iomt_word *summary, uint64_t bits)
{
	uint64_t old;

	if (!serial)
		return __atomic_fetch_or(summary, bits, __ATOMIC_ACQ_REL);
	old = __atomic_load_n(summary, __ATOMIC_RELAXED);
	__atomic_store_n(summary, old | bits, __ATOMIC_RELAXED);
	return old;
}

IDS_INLINE uint64_t ids_clear(bool serial, iomt_word *summary, uint64_t bits)
{
	uint64_t old;

	if (!serial)
		return __atomic_fetch_and(summary, ~bits, __ATOMIC_ACQ_REL);
	old = __atomic_load_n(summary, __ATOMIC_RELAXED);
	__atomic_store_n(summary, old & ~bits, __ATOMIC_RELAXED);
	return old;
}

IDS_INLINE bool ids_is_full(uint64_t word)
{
	return (word & IDS_IN_USE) == IDS_IN_USE;
}

/* What is reserved in a word. */
IDS_INLINE uint64_t ids_reserved(uint64_t word)
{
	return word & ~(word >> IDS_HANDED) & IDS_IN_USE;
}

/* The bits of [first, last] in the word that holds "first". */
IDS_INLINE uint64_t ids_mask(uint64_t first, uint64_t last)
{
	uint64_t mask = IDS_IN_USE << first % IDS_WORD & IDS_IN_USE;

	if (last < (first | (IDS_WORD - 1)))
		mask &= IDS_IN_USE >> (IDS_WORD - 1 - last % IDS_WORD);
	return mask;
}

IDS_INLINE int ids_check_range(const struct iomt_ids *ids, uint32_t min, uint32_t max)
{
	if (min > max)
		return IOMT_EINVAL;
	return max > ids->last ? IOMT_ERANGE : 0;
}

/* The way to an id: to its word, or to an even slot. */
IDS_INLINE void ids_walk(const struct iomt_ids *ids, uint64_t id, struct iomt_ids_path *path)
{
	unsigned height = ids->height;
	struct iomt_ids_slot *slot = (struct iomt_ids_slot *)&ids->root;
	uintptr_t below;

	for (;;) {
		path->slot[height] = slot;
		below = ids_below(slot);
		if (ids_is_even(below) || !height)
			break;
		slot = (struct iomt_ids_slot *)below + ids_index(id, height--);
	}
	path->height = height;
	path->below = below;
	path->word = ids_is_even(below) ? NULL : ids_word_in(below, id);
}

/*
 * From "height" up: what lies below that slot is not full any more, or has become full (a word, or
 * all of a slot).
 */
void iomt_ids_lower(const struct iomt_ids *ids, const struct iomt_ids_path *path, uint64_t id,
		    unsigned height);
void iomt_ids_raise(const struct iomt_ids *ids, const struct iomt_ids_path *path, uint64_t id,
		    unsigned height);

/* The same of a word; the rest is rare. */
IDS_INLINE void ids_word_opened(bool serial, const struct iomt_ids *ids,
				const struct iomt_ids_path *path, uint64_t id)
{
	if (ids_clear(serial, &path->slot[0]->full, 1ULL << ids_index(id, 0)) == IDS_ALL)
		iomt_ids_lower(ids, path, id, 1);
}

IDS_INLINE void ids_word_filled(bool serial, const struct iomt_ids *ids,
				const struct iomt_ids_path *path, uint64_t id)
{
	uint64_t bit = 1ULL << ids_index(id, 0);
	uint64_t all = ids_set(serial, &path->slot[0]->full, bit) | bit;

	if (!serial && !ids_is_full(ids_load(path->word)))
		iomt_ids_lower(ids, path, id, 0);
	else if (all == IDS_ALL)
		iomt_ids_raise(ids, path, id, 1);
}

/* Memory that was taken for a change, before anything changed. */
struct ids_spare {
	void *nodes[2 * (IDS_HEIGHTS - 1)];
	void *parts[2];
	unsigned node_count;
	unsigned part_count;
};

/*
 * Takes what a change of [first, last], whose ends lie inside of even slots, needs to divide them.
 * IOMT_ENOMEM takes nothing.
 */
int iomt_ids_take(const struct iomt_ids *ids, uint64_t first, uint64_t last,
		  struct ids_spare *spare);
void iomt_ids_give_back(const struct iomt_ids *ids, struct ids_spare *spare);

/* Puts a node or part that means the same in the place of an even slot, or finds that another did. */
void iomt_ids_divide(struct iomt_ids *ids, const struct iomt_ids_path *path,
		     struct ids_spare *spare);

/*
 * A range, one slot at a time: [first, last] lies in one even slot or one part, and the range goes
 * on after it.
 */
struct ids_piece {
	struct iomt_ids_path path;
	uint64_t first, last;
	bool whole; /* all ids of the slot */
};

IDS_INLINE void ids_piece_at(const struct iomt_ids *ids, uint64_t first, uint64_t last,
			     struct ids_piece *piece)
{
	uint64_t low;

	ids_walk(ids, first, &piece->path);
	low = ids_span(piece->path.height) - 1;
	piece->first = first;
	piece->last = (first | low) < last ? first | low : last;
	piece->whole = !(first & low) && (first | low) <= last;
}

/* The next word of a piece of a part. */
IDS_INLINE uint64_t ids_after_word(uint64_t id)
{
	return (id | (IDS_WORD - 1)) + 1;
}

IDS_INLINE uint64_t *ids_word_of(const struct ids_piece *piece, uint64_t id)
{
	return ids_word_in(piece->path.below, id);
}

#endif
