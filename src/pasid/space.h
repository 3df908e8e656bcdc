/* SPDX-License-Identifier: MIT */
/*
 * What is known of each PASID, beside the bit that says that it is not free: two words, in leaves
 * of 256, below nodes of 512 leaves. Leaves and nodes stay until trim or destroy, which are alone.
 *
 * The first word is the truth, and changes by one compare-and-swap each. The second belongs to who
 * made the state: the set while it is allocated, the next in quarantine while it is there.
 *
 * Order: the bit in the allocator is set before a PASID is allocated here, and cleared after it is
 * free here; so between them it is nobody else's. A PASID that is reserved there is allocated here
 * alone.
 */
#ifndef PASID_SPACE_H
#define PASID_SPACE_H

#include "ids_tree.h"
#include <iomt/pasid.h>

#define SPACE_LEAF_LG2 8u
#define SPACE_NODE_LG2 9u
#define SPACE_LEAF     (1u << SPACE_LEAF_LG2)
#define SPACE_NODE     (1u << SPACE_NODE_LG2)
#define SPACE_NONE     UINT32_MAX   /* in a list */
#define SPACE_LINK     (1ULL << 32) /* beside a PASID in a list, so that none of them is 0 */

struct space_entry {
	iomt_word word;
	iomt_word beside; /* a set's address, or 0; or a link to the next in quarantine */
};

struct space_leaf {
	struct space_entry entries[SPACE_LEAF];
};

struct space_node {
	uintptr_t leaves[SPACE_NODE];
};

/*
 * A word: the state; whether the PASID stays reserved in the allocator; a number that changes each
 * time it is allocated, so that a word that comes back is known from one that stayed; and
 * references, or the generation in quarantine (0: not yet known).
 */
enum space_state { SPACE_NEVER, SPACE_LIVE, SPACE_WAITING, SPACE_FREED };
#define SPACE_STATE    3ULL
#define SPACE_RESERVED 4ULL
#define SPACE_TURN     8ULL
#define SPACE_TURNS    0xfff8ULL
#define SPACE_ONE      0x10000ULL /* reference, or generation */
#define SPACE_TO_COUNT 16u

IDS_INLINE enum space_state space_state(uint64_t word)
{
	return (enum space_state)(word & SPACE_STATE);
}

IDS_INLINE uint64_t space_count(uint64_t word)
{
	return word >> SPACE_TO_COUNT;
}

/* What stays when a PASID changes its state. */
IDS_INLINE uint64_t space_word(uint64_t old, enum space_state state, uint64_t count)
{
	return (old & (SPACE_RESERVED | SPACE_TURNS)) | state | count << SPACE_TO_COUNT;
}

/* Allocated, and not just about to be. */
IDS_INLINE bool space_is_live(uint64_t word)
{
	return space_state(word) == SPACE_LIVE && space_count(word);
}

IDS_INLINE bool space_is_serial(const struct iomt_pasid_space *space)
{
	return space->ids.serial;
}

/* Where the node of a PASID is, and in that its leaf. */
IDS_INLINE uintptr_t *space_node(const struct iomt_pasid_space *space, uint32_t pasid)
{
	return (uintptr_t *)&space->nodes[pasid >> (SPACE_LEAF_LG2 + SPACE_NODE_LG2)];
}

IDS_INLINE uintptr_t *space_leaf(uintptr_t node, uint32_t pasid)
{
	return &((struct space_node *)node)->leaves[pasid >> SPACE_LEAF_LG2 & (SPACE_NODE - 1)];
}

/* The entry of a PASID of the space, NULL while there is none. */
IDS_INLINE struct space_entry *space_entry(const struct iomt_pasid_space *space, uint32_t pasid)
{
	uintptr_t node = __atomic_load_n(space_node(space, pasid), __ATOMIC_ACQUIRE), leaf;

	if (!node)
		return NULL;
	leaf = __atomic_load_n(space_leaf(node, pasid), __ATOMIC_ACQUIRE);
	return leaf ? &((struct space_leaf *)leaf)->entries[pasid & (SPACE_LEAF - 1)] : NULL;
}

IDS_INLINE uint64_t space_load(const iomt_word *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/* The entry of a PASID and its word, which is 0 while there is none. IOMT_ERANGE. */
IDS_INLINE int space_look(const struct iomt_pasid_space *space, uint32_t pasid,
			  struct space_entry **entry, uint64_t *word)
{
	if (pasid > space->ids.last)
		return IOMT_ERANGE;
	*entry = space_entry(space, pasid);
	*word = *entry ? space_load(&(*entry)->word) : 0;
	return 0;
}

IDS_INLINE void space_store(bool serial, iomt_word *word, uint64_t value)
{
	if (serial)
		__atomic_store_n(word, value, __ATOMIC_RELAXED);
	else
		__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

/* As ids_replace, and in one order with all of the quarantine. */
IDS_INLINE bool space_replace(bool serial, iomt_word *word, uint64_t *old, uint64_t value)
{
	if (serial) {
		__atomic_store_n(word, value, __ATOMIC_RELAXED);
		return true;
	}
	return __atomic_compare_exchange_n(word, old, value, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/* Returns what was there before. */
IDS_INLINE uint64_t space_add(bool serial, iomt_word *counter, uint64_t value)
{
	uint64_t old;

	if (!serial)
		return __atomic_fetch_add(counter, value, __ATOMIC_SEQ_CST);
	old = __atomic_load_n(counter, __ATOMIC_RELAXED);
	__atomic_store_n(counter, old + value, __ATOMIC_RELAXED);
	return old;
}

IDS_INLINE uint64_t space_exchange(bool serial, iomt_word *at, uint64_t value)
{
	uint64_t old;

	if (!serial)
		return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);
	old = __atomic_load_n(at, __ATOMIC_RELAXED);
	__atomic_store_n(at, value, __ATOMIC_RELAXED);
	return old;
}

/* Why a PASID is not what a caller takes it for: by its word, nobody had a reference. */
int iomt_pasid_gone(const struct iomt_pasid_space *space, uint32_t pasid, uint64_t word);

/* The smallest PASID of [first, last] in this state, of a set unless NULL, or SPACE_NONE. */
uint32_t iomt_pasid_find(const struct iomt_pasid_space *space, uint32_t first, uint32_t last,
			 enum space_state state, const struct iomt_pasid_set *set);

/*
 * All of [min, max] is in use (err is IOMT_ENOSPC), or some of it (IOMT_EEXIST): IOMT_EAGAIN when
 * that is in quarantine, or being released. "before" is how many were released before the range was
 * looked at; 0 when it has to be again.
 */
int iomt_pasid_exhausted(const struct iomt_pasid_space *space, uint32_t min, uint32_t max,
			 uint64_t before, int err);

/* Makes the leaf of a PASID, if it is missing. IOMT_ENOMEM. */
int iomt_pasid_make_leaf(struct iomt_pasid_space *space, uint32_t pasid);

/* The same, and the entry in it. */
IDS_INLINE int space_build(struct iomt_pasid_space *space, uint32_t pasid,
			   struct space_entry **entry)
{
	int err = 0;

	*entry = space_entry(space, pasid);
	if (!*entry) {
		err = iomt_pasid_make_leaf(space, pasid);
		*entry = space_entry(space, pasid);
	}
	return err;
}

/* Adds to the end of the quarantine what was just freed. */
void iomt_pasid_queue(struct iomt_pasid_space *space, uint32_t pasid, struct space_entry *entry);

/* What was in quarantine is free, or reserved again. */
void iomt_pasid_settle(struct iomt_pasid_space *space, uint32_t pasid, struct space_entry *entry);

/* A place in a set, or none of its quota is left: IOMT_EDQUOT. NULL has room. */
int iomt_pasid_set_enter(struct iomt_pasid_set *set);
void iomt_pasid_set_leave(struct iomt_pasid_set *set);
void iomt_pasid_set_mark(struct iomt_pasid_set *set, uint32_t pasid);

#endif
