/* SPDX-License-Identifier: MIT */
/*
 * Maps from PASIDs to leaves: tries of 16 children a node, in which every node is made once for each
 * content (Filliatre and Conchon, Type-safe modular hash-consing, 2006). Contents are compared in
 * full when a node is looked up, a node at a time, so that equal maps have equal numbers, and
 * different maps never do.
 *
 * The root is the node of the lowest level that covers all keys, and no node is empty: a map has one
 * form.
 */
#include "pack_parts.h"

#define LEVELS 5u /* 20 bits */

static uint32_t leaf_hash(const struct iomt_pack *pack, const struct iomt_pack_leaf *leaf)
{
	uint32_t words[sizeof(*leaf) / sizeof(uint32_t)];

	__builtin_memcpy(words, leaf, sizeof(words));
	return pack_hash(pack, words, sizeof(words) / sizeof(words[0]));
}

static uint32_t leaf_rehash(const struct iomt_pack *pack, uint32_t number)
{
	return leaf_hash(pack, &pack_leaf(pack, number)->leaf);
}

static uint32_t *leaf_next(const struct iomt_pack *pack, uint32_t number)
{
	return &pack_leaf(pack, number)->next;
}

static const struct pack_chain leaf_chain = {leaf_rehash, leaf_next};

static bool same_leaf(const struct iomt_pack_leaf *a, const struct iomt_pack_leaf *b)
{
	return a->root == b->root && a->attrs[0] == b->attrs[0] && a->attrs[1] == b->attrs[1];
}

/* References have the numbers of their leaves. */
static uint32_t leaf_new(struct iomt_pack *pack)
{
	uint32_t number = pack->leaves.free ? pack->leaves.free : pack->leaves.used + 1;

	if (pack_reach(pack, &pack->leaf_refs, PACK_WORD_LG2, number))
		return 0;
	return iomt_pack_take(pack, &pack->leaves, PACK_LEAF_LG2);
}

uint32_t iomt_pack_leaf_take(struct iomt_pack *pack, const struct iomt_pack_leaf *leaf)
{
	uint32_t hash = leaf_hash(pack, leaf), number = *pack_head(&pack->leaf_heads, hash);
	struct pack_leaf *fresh;

	for (; number; number = pack_leaf(pack, number)->next) {
		if (same_leaf(&pack_leaf(pack, number)->leaf, leaf)) {
			++*pack_leaf_refs(pack, number);
			return number;
		}
	}
	number = leaf_new(pack);
	if (!number)
		return 0;
	fresh = pack_leaf(pack, number);
	fresh->leaf = *leaf;
	*pack_leaf_refs(pack, number) = 1;
	iomt_pack_link(pack, &pack->leaf_heads, &leaf_chain, hash, number);
	return number;
}

static void leaf_free(struct iomt_pack *pack, uint32_t number)
{
	iomt_pack_unlink(pack, &pack->leaf_heads, &leaf_chain, leaf_rehash(pack, number), number);
	iomt_pack_give(&pack->leaves, PACK_LEAF_LG2, number);
}

void iomt_pack_leaf_release(struct iomt_pack *pack, uint32_t number)
{
	if (number && !--*pack_leaf_refs(pack, number))
		leaf_free(pack, number);
}

static uint32_t node_rehash(const struct iomt_pack *pack, uint32_t number)
{
	return pack_meta(pack, number)->hash;
}

static uint32_t *node_next(const struct iomt_pack *pack, uint32_t number)
{
	return &pack_meta(pack, number)->next;
}

static const struct pack_chain node_chain = {node_rehash, node_next};

static unsigned level_of(const struct iomt_pack *pack, uint32_t node)
{
	return pack_meta(pack, node)->keys_level & 0xff;
}

static uint32_t keys_of(const struct iomt_pack *pack, uint32_t node)
{
	return node ? pack_meta(pack, node)->keys_level >> 8 : 0;
}

static void hold(struct iomt_pack *pack, unsigned level, uint32_t below)
{
	if (!below)
		return;
	if (level)
		pack_meta(pack, below)->refs++;
	else
		++*pack_leaf_refs(pack, below);
}

static void node_free(struct iomt_pack *pack, uint32_t number);

PACK_INLINE void release(struct iomt_pack *pack, uint32_t number)
{
	if (number && !--pack_meta(pack, number)->refs)
		node_free(pack, number);
}

static void release_nodes(struct iomt_pack *pack, const struct pack_node *content)
{
	const struct iomt_pack_array metas = pack->metas;

	for (unsigned i = 0; i < PACK_FANOUT; i++) {
		struct pack_meta *meta = pack_at(&metas, content->below[i], PACK_META_LG2);

		if (content->below[i] && !--meta->refs)
			node_free(pack, content->below[i]);
	}
}

static void release_leaves(struct iomt_pack *pack, const struct pack_node *content)
{
	const struct iomt_pack_array refs = pack->leaf_refs;

	for (unsigned i = 0; i < PACK_FANOUT; i++) {
		uint32_t *count = pack_at(&refs, content->below[i], PACK_WORD_LG2);

		if (content->below[i] && !--*count)
			leaf_free(pack, content->below[i]);
	}
}

/* Goes down a level each time. */
static void node_free(struct iomt_pack *pack, uint32_t number)
{
	if (level_of(pack, number))
		release_nodes(pack, pack_node(pack, number));
	else
		release_leaves(pack, pack_node(pack, number));
	iomt_pack_unlink(pack, &pack->node_heads, &node_chain, node_rehash(pack, number), number);
	iomt_pack_give(&pack->metas, PACK_META_LG2, number);
}

static bool same_node(const struct pack_node *a, const struct pack_node *b)
{
	return !__builtin_memcmp(a, b, sizeof(*a));
}

/* Nodes and their metas have the same numbers. */
static uint32_t node_new(struct iomt_pack *pack)
{
	uint32_t number;

	if (!pack->metas.free && iomt_pack_room(pack, &pack->metas, PACK_META_LG2, 1))
		return 0;
	number = pack->metas.free ? pack->metas.free : pack->metas.used + 1;
	while (number > pack->nodes.used) {
		if (!iomt_pack_take(pack, &pack->nodes, PACK_NODE_LG2))
			return 0;
	}
	return iomt_pack_take(pack, &pack->metas, PACK_META_LG2);
}

/* All below are held once more. The keys there. */
static uint32_t hold_nodes(struct iomt_pack *pack, const struct pack_node *content)
{
	const struct iomt_pack_array metas = pack->metas;
	uint32_t keys = 0;

	for (unsigned i = 0; i < PACK_FANOUT; i++) {
		struct pack_meta *meta = pack_at(&metas, content->below[i], PACK_META_LG2);

		if (!content->below[i])
			continue;
		meta->refs++;
		keys += meta->keys_level >> 8;
	}
	return keys;
}

static uint32_t hold_leaves(struct iomt_pack *pack, const struct pack_node *content)
{
	const struct iomt_pack_array refs = pack->leaf_refs;
	uint32_t keys = 0;

	for (unsigned i = 0; i < PACK_FANOUT; i++) {
		if (!content->below[i])
			continue;
		++*(uint32_t *)pack_at(&refs, content->below[i], PACK_WORD_LG2);
		keys++;
	}
	return keys;
}

static bool is_empty(const struct pack_node *content)
{
	static const struct pack_node empty;

	return same_node(content, &empty);
}

/* The node of this content, held once more. 0: it is empty. */
static int intern(struct iomt_pack *pack, unsigned level, const struct pack_node *content,
		  uint32_t *node)
{
	uint32_t hash = pack_hash(pack, content->below, PACK_FANOUT) + level, number, keys;
	struct pack_meta *meta;

	*node = 0;
	if (is_empty(content))
		return 0;
	for (number = *pack_head(&pack->node_heads, hash); number; number = meta->next) {
		meta = pack_meta(pack, number);
		if (meta->hash == hash && level_of(pack, number) == level &&
		    same_node(pack_node(pack, number), content)) {
			meta->refs++;
			*node = number;
			return 0;
		}
	}
	number = node_new(pack);
	if (!number)
		return IOMT_ENOMEM;
	keys = level ? hold_nodes(pack, content) : hold_leaves(pack, content);
	*pack_node(pack, number) = *content;
	*pack_meta(pack, number) =
		(struct pack_meta){.refs = 1, .hash = hash, .keys_level = keys << 8 | level};
	iomt_pack_link(pack, &pack->node_heads, &node_chain, hash, number);
	*node = number;
	return 0;
}

/* The same keys on a higher level. */
static int raise(struct iomt_pack *pack, uint32_t node, unsigned level, uint32_t *raised)
{
	int err = 0;

	*raised = node;
	if (!node)
		return 0;
	pack_meta(pack, node)->refs++;
	while (!err && level_of(pack, *raised) < level) {
		struct pack_node content = {{*raised}};
		uint32_t below = *raised;

		err = intern(pack, level_of(pack, below) + 1, &content, raised);
		release(pack, below);
	}
	return err;
}

/* The node on this level with one leaf changed; held. "node" may be of a lower level. */
static int change(struct iomt_pack *pack, uint32_t node, unsigned level, uint32_t key,
		  uint32_t leaf, uint32_t *changed)
{
	unsigned slot = key >> (PACK_FANOUT_LG2 * level) & (PACK_FANOUT - 1);
	struct pack_node content = {{0}};
	uint32_t raised = 0, below = 0;
	int err = 0;

	if (node && level_of(pack, node) == level) {
		content = *pack_node(pack, node);
	} else if (node && slot) {
		err = raise(pack, node, level - 1, &raised);
		content.below[0] = raised;
	} else {
		content.below[0] = node;
	}
	if (!err && level) {
		err = change(pack, content.below[slot], level - 1, key, leaf, &below);
		content.below[slot] = below;
	} else {
		content.below[slot] = leaf;
	}
	if (!err)
		err = intern(pack, level, &content, changed);
	release(pack, below);
	release(pack, raised);
	return err;
}

static unsigned level_for(uint32_t key)
{
	unsigned level = 0;

	while (key >> (PACK_FANOUT_LG2 * (level + 1)))
		level++;
	return level;
}

/* Down to the lowest level that covers all keys. */
static uint32_t lower(struct iomt_pack *pack, uint32_t node)
{
	while (node && level_of(pack, node)) {
		const struct pack_node *content = pack_node(pack, node);
		uint32_t below = content->below[0];

		for (unsigned i = 1; i < PACK_FANOUT; i++) {
			if (content->below[i])
				return node;
		}
		pack_meta(pack, below)->refs++;
		release(pack, node);
		node = below;
	}
	return node;
}

int iomt_pack_map_set(struct iomt_pack *pack, struct pack_map *map, uint32_t key, uint32_t leaf)
{
	unsigned level;
	uint32_t changed;
	int err;

	if (key == IOMT_PACK_RID) {
		hold(pack, 0, leaf);
		iomt_pack_leaf_release(pack, map->rid);
		map->rid = leaf;
		return 0;
	}
	level = level_for(key);
	if (map->root && level_of(pack, map->root) > level)
		level = level_of(pack, map->root);
	err = change(pack, map->root, level, key, leaf, &changed);
	if (err)
		return err;
	release(pack, map->root);
	map->root = lower(pack, changed);
	return 0;
}

void iomt_pack_map_hold(struct iomt_pack *pack, struct pack_map map)
{
	hold(pack, 1, map.root);
	hold(pack, 0, map.rid);
}

void iomt_pack_map_release(struct iomt_pack *pack, struct pack_map map)
{
	release(pack, map.root);
	iomt_pack_leaf_release(pack, map.rid);
}

uint32_t iomt_pack_map_keys(const struct iomt_pack *pack, struct pack_map map)
{
	return keys_of(pack, map.root) + (map.rid != 0);
}

uint32_t iomt_pack_map_get(const struct iomt_pack *pack, struct pack_map map, uint32_t key)
{
	uint32_t node = map.root;
	unsigned level;

	if (key == IOMT_PACK_RID)
		return map.rid;
	if (!node || level_for(key) > level_of(pack, node))
		return 0;
	for (level = level_of(pack, node); node; level--) {
		node = pack_node(pack, node)
			       ->below[key >> (PACK_FANOUT_LG2 * level) & (PACK_FANOUT - 1)];
		if (!level)
			break;
	}
	return node;
}

/* The first leaf of a node from *key on, which counts from the node's first key. */
static uint32_t first_from(const struct iomt_pack *pack, uint32_t node, unsigned level,
			   uint32_t *key)
{
	unsigned shift = PACK_FANOUT_LG2 * level;
	uint32_t from = *key;

	for (uint32_t slot = from >> shift; slot < PACK_FANOUT; slot++) {
		uint32_t below = pack_node(pack, node)->below[slot], rest = 0;

		if (slot == from >> shift)
			rest = from & ((1u << shift) - 1);
		if (below && level)
			below = first_from(pack, below, level - 1, &rest);
		if (below) {
			*key = (slot << shift) + rest;
			return below;
		}
	}
	return 0;
}

uint32_t iomt_pack_map_next(const struct iomt_pack *pack, struct pack_map map, uint32_t from,
			    uint32_t *key)
{
	uint32_t leaf = 0;

	*key = from;
	if (map.root && from < IOMT_PACK_RID && level_for(from) <= level_of(pack, map.root))
		leaf = first_from(pack, map.root, level_of(pack, map.root), key);
	if (!leaf && from <= IOMT_PACK_RID) {
		*key = IOMT_PACK_RID;
		leaf = map.rid;
	}
	return leaf;
}

struct visit {
	const struct iomt_pack *pack;
	pack_has has;
	void *ctx;
};

static int go_over(const struct visit *visit, uint32_t node, unsigned level, uint32_t key)
{
	const struct pack_node *content = pack_node(visit->pack, node);
	int err = 0;

	for (unsigned slot = 0; !err && slot < PACK_FANOUT; slot++) {
		uint32_t at = key + (slot << (PACK_FANOUT_LG2 * level)),
			 below = content->below[slot];

		if (below && level)
			err = go_over(visit, below, level - 1, at);
		else if (below)
			err = visit->has(visit->ctx, at, below);
	}
	return err;
}

int iomt_pack_map_each(const struct iomt_pack *pack, struct pack_map map, pack_has has, void *ctx)
{
	const struct visit visit = {pack, has, ctx};
	int err = 0;

	if (map.root)
		err = go_over(&visit, map.root, level_of(pack, map.root), 0);
	return !err && map.rid ? has(ctx, IOMT_PACK_RID, map.rid) : err;
}

struct comparison {
	const struct iomt_pack *pack;
	pack_differs differs;
	void *ctx;
	struct iomt_pack_change last;
	uint32_t count;
};

static int report(struct comparison *of, uint32_t key, uint32_t before, uint32_t after)
{
	of->count++;
	of->last.key = key;
	of->last.leaf[0] = before;
	of->last.leaf[1] = after;
	return of->differs(of->ctx, key, before, after);
}

/* What is below a node of this level, or of a lower one in its first slot. */
static const struct pack_node *on_level(const struct iomt_pack *pack, uint32_t node, unsigned level,
					struct pack_node *room)
{
	if (node && level_of(pack, node) == level)
		return pack_node(pack, node);
	*room = (struct pack_node){{node}};
	return room;
}

/* A bit for each slot in which two nodes differ; most do in few. */
static unsigned differing(const struct pack_node *a, const struct pack_node *b)
{
	unsigned slots = 0;

	for (unsigned i = 0; i < PACK_FANOUT; i += 2) {
		if (__builtin_memcmp(&a->below[i], &b->below[i], 2 * sizeof(a->below[0])) != 0)
			slots |= (unsigned)(a->below[i] != b->below[i]) << i |
				 (unsigned)(a->below[i + 1] != b->below[i + 1]) << (i + 1);
	}
	return slots;
}

static int compare(struct comparison *of, uint32_t before, uint32_t after, unsigned level,
		   uint32_t key)
{
	struct pack_node rooms[2];
	const struct pack_node *a = on_level(of->pack, before, level, &rooms[0]);
	const struct pack_node *b = on_level(of->pack, after, level, &rooms[1]);
	unsigned slots = differing(a, b);
	int err = 0;

	for (; !err && slots; slots &= slots - 1) {
		unsigned slot = (unsigned)__builtin_ctz(slots);
		uint32_t at = key + (slot << (PACK_FANOUT_LG2 * level));

		if (level)
			err = compare(of, a->below[slot], b->below[slot], level - 1, at);
		else
			err = report(of, at, a->below[slot], b->below[slot]);
	}
	return err;
}

static int compare_all(struct comparison *of, struct pack_map before, struct pack_map after)
{
	const struct iomt_pack *pack = of->pack;
	unsigned level = before.root ? level_of(pack, before.root) : 0;
	int err = 0;

	if (after.root && level_of(pack, after.root) > level)
		level = level_of(pack, after.root);
	if (before.root != after.root)
		err = compare(of, before.root, after.root, level, 0);
	if (!err && before.rid != after.rid)
		err = report(of, IOMT_PACK_RID, before.rid, after.rid);
	return err;
}

static bool is_between(const struct iomt_pack_change *change, struct pack_map before,
		       struct pack_map after)
{
	return change->root[0] == before.root && change->root[1] == after.root &&
	       change->rid[0] == before.rid && change->rid[1] == after.rid;
}

/* Most changes are of one key, and asked for again and again: the last one is remembered. */
int iomt_pack_map_compare(struct iomt_pack *pack, struct pack_map before, struct pack_map after,
			  pack_differs differs, void *ctx)
{
	struct comparison comparison = {.pack = pack, .differs = differs, .ctx = ctx};
	const struct iomt_pack_change *change = &pack->change;
	int err;

	if (is_between(change, before, after) && !pack_same(before, after))
		return differs(ctx, change->key, change->leaf[0], change->leaf[1]);
	err = compare_all(&comparison, before, after);
	if (!err && comparison.count == 1) {
		pack->change = comparison.last;
		pack->change.root[0] = before.root;
		pack->change.root[1] = after.root;
		pack->change.rid[0] = before.rid;
		pack->change.rid[1] = after.rid;
	}
	return err;
}
