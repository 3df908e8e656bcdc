/* SPDX-License-Identifier: MIT */
/*
 * The parts of a packer.
 *
 * What a device has is a map: the number of a trie over PASIDs, and of the leaf without PASID. Leaves
 * and the nodes of tries are made once for each content, however many devices have it, so that maps
 * are equal when their numbers are. Numbers count from 1; 0 is none.
 *
 * A class is an id and the devices that have it. Its number is the id's place in the range, from 1 on.
 */
#ifndef PACK_PARTS_H
#define PACK_PARTS_H

#include "table.h"
#include <iomt/pack.h>

#define PACK_INLINE static inline __attribute__((always_inline))

#define PACK_PIECE_LG2 12u
#define PACK_PIECE     (1u << PACK_PIECE_LG2)

/* log2 of the bytes of elements */
#define PACK_WORD_LG2	 2u
#define PACK_LEAF_LG2	 5u
#define PACK_NODE_LG2	 6u
#define PACK_META_LG2	 4u
#define PACK_DEVICE_LG2	 6u
#define PACK_CLASS_LG2	 6u
#define PACK_LOAD_LG2	 5u
#define PACK_TAG_LG2	 5u
#define PACK_WAITING_LG2 4u
#define PACK_STEP_LG2	 6u
#define PACK_TABLE_LG2	 7u

#define PACK_FANOUT	16u
#define PACK_FANOUT_LG2 4u

/* References are apart, close to those of others: nodes touch them of all that they have. */
struct pack_leaf {
	struct iomt_pack_leaf leaf;
	uint32_t next; /* in its chain */
	uint32_t unused;
};

struct pack_node {
	uint32_t below[PACK_FANOUT]; /* leaves on level 0, else nodes */
};

struct pack_meta {
	uint32_t refs;
	uint32_t next;
	uint32_t hash;
	uint32_t keys_level; /* keys below, and the level in the low 8 bits */
};

struct pack_map {
	uint32_t root; /* the node of the lowest level that covers all PASIDs */
	uint32_t rid;  /* a leaf */
};

enum pack_state {
	PACK_LIVE = 1,
	PACK_ADDED = 2, /* in this transaction */
	PACK_GOING = 4,
	PACK_CHANGED = 8, /* going, added or with another map */
};

/* Isolating: what of a device counts while a transaction is decided. */
enum pack_stage {
	PACK_WHOLE,  /* its map, in its class */
	PACK_COMMON, /* what stays of its map, in its class */
	PACK_WANTED, /* what it will have, in its class */
	PACK_NOWHERE,
	PACK_PLACED, /* what it will have, in another class */
};

struct pack_device {
	struct pack_map map;
	struct pack_map wanted;
	uint64_t fixed;
	uint64_t token; /* its own TLB is clean when this plan is complete */
	uint32_t class;
	uint32_t to;		 /* class after the transaction */
	uint32_t previous, next; /* of its class */
	uint32_t generation;
	uint32_t trust;
	uint32_t
		touched; /* the next of the transaction, or itself when it is the last; 0: not in it */
	uint8_t widths; /* it sends PASIDs of less than so many bits, plus 1; 0: none */
	uint8_t flags;
	uint8_t state;
	uint8_t stage;
};

enum pack_class_flags {
	PACK_SPLIT = 1,	 /* not all its touched devices want the same */
	PACK_KEPT = 2,	 /* all its devices stay, with another map */
	PACK_FRESH = 4,	 /* in use since this transaction */
	PACK_JOINED = 8, /* others come */
	PACK_TOLD = 16,	 /* its steps are in the plan */
	PACK_MADE = 32,	 /* fresh: its table is there */
};

struct pack_class {
	uint64_t fixed;
	uint64_t token;	     /* nothing of it is in quarantine when this plan is complete */
	struct pack_map map; /* equivalent: of all its devices */
	uint32_t members;
	uint32_t first;		/* device */
	uint32_t next;		/* in its chain, or of those in quarantine */
	uint32_t before, after; /* in use */
	uint32_t stamp; /* of the last transaction that touched one of its devices; below: in it */
	uint16_t flags;
	uint16_t used; /* its id is given out, and not in quarantine */
	uint32_t touched, leaving;
	uint32_t goal; /* the first device touched */
};

/* How many of a class can send keys of one width, how many keys it has there, and their trust. */
struct pack_load {
	uint64_t trust;	 /* sum */
	uint64_t square; /* sum of squares */
	uint32_t senders;
	uint32_t keys;
};

#define PACK_WIDTHS    21u /* keys of 0 to 20 bits */
#define PACK_RID_WIDTH 21u
#define PACK_LOADS     32u /* places for each class */

/* A tag: (id, key). In use, refs devices have this leaf there. Else it waits for plan "token". */
struct pack_tag {
	uint64_t name; /* class and key; bit 63: marked, changed by this transaction */
	uint64_t token;
	uint32_t leaf;
	uint32_t refs;
	uint32_t was; /* marked: the leaf before */
	uint32_t next;
};

#define PACK_MARKED   (1ULL << 63)
#define PACK_KEY_BITS 21u

struct pack_waiting {
	uint64_t token;
	uint32_t class;
	uint32_t key;
};

PACK_INLINE void *pack_at(const struct iomt_pack_array *array, uint32_t number, unsigned lg2)
{
	uint32_t per_lg2 = PACK_PIECE_LG2 - lg2;

	return array->pieces[number >> per_lg2] + ((size_t)(number & ((1u << per_lg2) - 1)) << lg2);
}

/* Whether there is room for an element of this number: if it was never used, it is all zeros. */
PACK_INLINE bool pack_reaches(const struct iomt_pack_array *array, uint32_t number, unsigned lg2)
{
	return number >> (PACK_PIECE_LG2 - lg2) < array->count;
}

PACK_INLINE struct pack_leaf *pack_leaf(const struct iomt_pack *pack, uint32_t number)
{
	return pack_at(&pack->leaves, number, PACK_LEAF_LG2);
}

PACK_INLINE uint32_t *pack_leaf_refs(const struct iomt_pack *pack, uint32_t number)
{
	return pack_at(&pack->leaf_refs, number, PACK_WORD_LG2);
}

PACK_INLINE struct pack_node *pack_node(const struct iomt_pack *pack, uint32_t number)
{
	return pack_at(&pack->nodes, number, PACK_NODE_LG2);
}

PACK_INLINE struct pack_meta *pack_meta(const struct iomt_pack *pack, uint32_t number)
{
	return pack_at(&pack->metas, number, PACK_META_LG2);
}

PACK_INLINE struct pack_device *pack_device(const struct iomt_pack *pack, uint32_t number)
{
	return pack_at(&pack->devices, number, PACK_DEVICE_LG2);
}

PACK_INLINE struct pack_class *pack_class(const struct iomt_pack *pack, uint32_t number)
{
	return pack_at(&pack->classes, number, PACK_CLASS_LG2);
}

PACK_INLINE struct pack_load *pack_load(const struct iomt_pack *pack, uint32_t class,
					unsigned width)
{
	return pack_at(&pack->loads, class * PACK_LOADS + width, PACK_LOAD_LG2);
}

PACK_INLINE struct pack_tag *pack_tag(const struct iomt_pack *pack, uint32_t number)
{
	return pack_at(&pack->tags, number, PACK_TAG_LG2);
}

PACK_INLINE struct iomt_pasid_table *pack_table(const struct iomt_pack *pack, uint32_t class)
{
	return pack_at(&pack->tables, class, PACK_TABLE_LG2);
}

PACK_INLINE uint32_t pack_id(const struct iomt_pack *pack, uint32_t class)
{
	return class ? pack->cfg.first_id + class - 1 : IOMT_PACK_NO_ID;
}

PACK_INLINE iomt_pack_device pack_handle(const struct iomt_pack *pack, uint32_t number)
{
	return (uint64_t)pack_device(pack, number)->generation << 32 | number;
}

PACK_INLINE uint32_t pack_class_of(const struct iomt_pack *pack, uint32_t id)
{
	return id - pack->cfg.first_id + 1;
}

PACK_INLINE bool pack_same(struct pack_map a, struct pack_map b)
{
	return a.root == b.root && a.rid == b.rid;
}

/* The bits of a key, or the width of requests without PASID. */
PACK_INLINE unsigned pack_width(uint32_t key)
{
	if (key == IOMT_PACK_RID)
		return PACK_RID_WIDTH;
	return key ? 32 - (unsigned)__builtin_clz(key) : 0;
}

PACK_INLINE bool pack_sends(const struct pack_device *device, unsigned width)
{
	if (width == PACK_RID_WIDTH)
		return !(device->flags & IOMT_PACK_GIOV);
	return width < device->widths;
}

PACK_INLINE bool pack_isolates(const struct iomt_pack *pack)
{
	return pack->cfg.relation == IOMT_PACK_ISOLATING;
}

/* Whether a step is of a table that is shared. */
PACK_INLINE bool pack_is_table_step(const struct iomt_pack_step *step)
{
	return !step->device &&
	       (step->op == IOMT_PACK_CLEAR_ENTRY || step->op == IOMT_PACK_WRITE_ENTRY);
}

/* Whether all devices of a class that the transaction touched leave it. */
PACK_INLINE bool pack_empties(const struct iomt_pack *pack, const struct pack_class *class)
{
	return class->stamp == pack->stamp && class->leaving && class->leaving == class->members &&
	       !(class->flags & PACK_JOINED);
}

/* pack_array.c. "lg2" is of the bytes of an element. */

/* Room for so many more; then pack_take does not fail. IOMT_ENOMEM. */
int iomt_pack_room(struct iomt_pack *pack, struct iomt_pack_array *array, unsigned lg2,
		   uint32_t count);
/* Elements up to this number, of an array from which none is taken. IOMT_ENOMEM. */
PACK_INLINE int pack_reach(struct iomt_pack *pack, struct iomt_pack_array *array, unsigned lg2,
			   uint32_t number)
{
	return pack_reaches(array, number, lg2) ? 0 : iomt_pack_room(pack, array, lg2, number);
}

/* An element with any content, or 0. */
uint32_t iomt_pack_take(struct iomt_pack *pack, struct iomt_pack_array *array, unsigned lg2);
void iomt_pack_give(struct iomt_pack_array *array, unsigned lg2, uint32_t number);
void iomt_pack_drop(struct iomt_pack *pack, struct iomt_pack_array *array);

/* How chains of one kind of element are linked. */
struct pack_chain {
	uint32_t (*hash)(const struct iomt_pack *pack, uint32_t number);
	uint32_t *(*next)(const struct iomt_pack *pack, uint32_t number);
};

PACK_INLINE uint32_t *pack_head(const struct iomt_pack_heads *heads, uint32_t hash)
{
	return pack_at(&heads->words, hash & heads->mask, PACK_WORD_LG2);
}

int iomt_pack_heads_init(struct iomt_pack *pack, struct iomt_pack_heads *heads);
void iomt_pack_link(struct iomt_pack *pack, struct iomt_pack_heads *heads,
		    const struct pack_chain *chain, uint32_t hash, uint32_t number);
void iomt_pack_unlink(struct iomt_pack *pack, struct iomt_pack_heads *heads,
		      const struct pack_chain *chain, uint32_t hash, uint32_t number);

/* Of up to 16 words, an even number of them: products that do not wait for each other, added up. */
PACK_INLINE uint32_t pack_hash(const struct iomt_pack *pack, const uint32_t *words, size_t n)
{
	static const uint64_t odd[PACK_FANOUT / 2] = {
		0x86dc283cf0480ff9ULL, 0x47eaa0992cb6916dULL, 0xca118783593942a5ULL,
		0x1509bb0a9bf13331ULL, 0x12e1bc7656670b15ULL, 0xf5ec52ed01088475ULL,
		0x2909406c2e416789ULL, 0x59ba1b0d5c906159ULL,
	};
	uint64_t hash = 0;

	if (pack->cfg.hash)
		return pack->cfg.hash(words, n);
	for (size_t i = 0; i < n; i += 2)
		hash += (words[i] | (uint64_t)words[i + 1] << 32) * odd[i / 2];
	hash ^= hash >> 32;
	hash *= 0xff51afd7ed558ccdULL;
	return (uint32_t)(hash >> 32);
}

/* pack_map.c: maps. */

uint32_t iomt_pack_leaf_take(struct iomt_pack *pack, const struct iomt_pack_leaf *leaf);
void iomt_pack_leaf_release(struct iomt_pack *pack, uint32_t number);
void iomt_pack_map_hold(struct iomt_pack *pack, struct pack_map map);
void iomt_pack_map_release(struct iomt_pack *pack, struct pack_map map);
uint32_t iomt_pack_map_get(const struct iomt_pack *pack, struct pack_map map, uint32_t key);
/* The first key from "from" on; its leaf, or 0. */
uint32_t iomt_pack_map_next(const struct iomt_pack *pack, struct pack_map map, uint32_t from,
			    uint32_t *key);
/* Called for each key, in order; what is not 0 ends the walk and is returned. */
typedef int (*pack_has)(void *ctx, uint32_t key, uint32_t leaf);
int iomt_pack_map_each(const struct iomt_pack *pack, struct pack_map map, pack_has has, void *ctx);
uint32_t iomt_pack_map_keys(const struct iomt_pack *pack, struct pack_map map);
/* Another leaf (or 0) for a key; takes the map's hold over. IOMT_ENOMEM: nothing changes. */
int iomt_pack_map_set(struct iomt_pack *pack, struct pack_map *map, uint32_t key, uint32_t leaf);

/* Called for each key whose leaf differs; what is not 0 ends the walk and is returned. */
typedef int (*pack_differs)(void *ctx, uint32_t key, uint32_t before, uint32_t after);
int iomt_pack_map_compare(struct iomt_pack *pack, struct pack_map before, struct pack_map after,
			  pack_differs differs, void *ctx);

/* pack_tags.c: tags in use and in quarantine, by class and key. */

uint32_t iomt_pack_tag_find(const struct iomt_pack *pack, uint32_t class, uint32_t key);
/* Found or made, and marked; 0 when there is no memory. */
uint32_t iomt_pack_tag_mark(struct iomt_pack *pack, uint32_t class, uint32_t key);
void iomt_pack_tag_free(struct iomt_pack *pack, uint32_t number);
/* Takes the marks off; frees what is not needed any more. */
void iomt_pack_tags_settle(struct iomt_pack *pack);
/* Room for so many tags in quarantine. */
int iomt_pack_quarantine_room(struct iomt_pack *pack, uint32_t count);
/* Puts a tag into quarantine for the plan pack->token; needs room. */
void iomt_pack_quarantine(struct iomt_pack *pack, uint32_t class, uint32_t key);

PACK_INLINE bool pack_is_waiting(const struct iomt_pack *pack, const struct pack_tag *tag)
{
	return !tag->refs && tag->token > pack->completed;
}

/* pack_class.c: classes. */

extern const struct pack_chain iomt_pack_class_chain;

/*
 * A free id, or this one unless it is IOMT_PACK_NO_ID, in a class without devices. IOMT_ENOSPC,
 * IOMT_EBUSY, IOMT_ENOMEM.
 */
int iomt_pack_class_new(struct iomt_pack *pack, uint64_t fixed, uint32_t id, uint32_t *class);
/* Whether a class has this number. */
bool iomt_pack_class_used(const struct iomt_pack *pack, uint32_t class);
/* Gives back the id of a class that was never used. */
void iomt_pack_class_undo(struct iomt_pack *pack, uint32_t class);
/* Puts the id of a class into quarantine for the plan pack->token. */
void iomt_pack_class_drain(struct iomt_pack *pack, uint32_t class);
uint32_t iomt_pack_class_hash(const struct iomt_pack *pack, struct pack_map map, uint64_t fixed);
void iomt_pack_class_join(struct iomt_pack *pack, uint32_t class, uint32_t device);
void iomt_pack_class_leave(struct iomt_pack *pack, uint32_t class, uint32_t device);
/* Makes the transaction known to a class. */
void iomt_pack_class_stamp(struct iomt_pack *pack, uint32_t class, uint32_t goal);
/* Counts what changed devices of each class want. */
void iomt_pack_class_note(struct iomt_pack *pack, uint32_t device);

/* pack_equivalent.c, pack_isolating.c: who goes where. On errors nothing has changed. */

int iomt_pack_equivalent_decide(struct iomt_pack *pack);
void iomt_pack_equivalent_undo(struct iomt_pack *pack);
int iomt_pack_isolating_decide(struct iomt_pack *pack);
void iomt_pack_isolating_undo(struct iomt_pack *pack);
/* Counts a device under another id; until "moved" also where it is. IOMT_EAGAIN: it may not share. */
int iomt_pack_isolating_move(struct iomt_pack *pack, struct pack_device *device, uint32_t id);
void iomt_pack_isolating_moved(struct iomt_pack *pack);
/* pack_plan.c: what hardware is told. IOMT_ENOMEM. */

int iomt_pack_plan_make(struct iomt_pack *pack);

/* pack_tables.c: the PASID tables of classes. */

/* Whether a leaf makes an entry: else IOMT_ERANGE, IOMT_EINVAL, the hook's error. */
int iomt_pack_table_fits(const struct iomt_pack *pack, uint32_t key,
			 const struct iomt_pack_leaf *leaf);
/* Makes tables of fresh classes, and takes what the plan's steps need. IOMT_ENOMEM: undo it. */
int iomt_pack_tables_make(struct iomt_pack *pack);
/* Gives back what was made and taken, all or some of it, while the classes are there. */
void iomt_pack_tables_undo(struct iomt_pack *pack);
void iomt_pack_table_free(struct iomt_pack *pack, uint32_t class);
void iomt_pack_tables_destroy(struct iomt_pack *pack);

/* Goes over the changed devices of a transaction. */
#define PACK_EACH(pack, number, device)                                                \
	for (uint32_t number = (pack)->touched, next_ = 0;                             \
	     number && (device = pack_device(pack, number),                            \
		       next_ = device->touched == number ? 0 : device->touched, true); \
	     number = next_)                                                           \
		if (device->state & PACK_CHANGED)

#endif
