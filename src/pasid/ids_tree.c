/* SPDX-License-Identifier: MIT */
/* The tree of a space of ids as memory. */
#include "ids_tree.h"

void iomt_ids_lower(const struct iomt_ids *ids, const struct iomt_ids_path *path, uint64_t id,
		    unsigned height)
{
	for (; height <= ids->height; height++) {
		uint64_t bit = 1ULL << ids_index(id, height);

		if (ids_clear(ids->serial, &path->slot[height]->full, bit) != IDS_ALL)
			return;
	}
}

/* Where another thread opened what lies below meanwhile, it may have been too early to see this. */
void iomt_ids_raise(const struct iomt_ids *ids, const struct iomt_ids_path *path, uint64_t id,
		    unsigned height)
{
	for (; height <= ids->height; height++) {
		uint64_t bit = 1ULL << ids_index(id, height);
		uint64_t all = ids_set(ids->serial, &path->slot[height]->full, bit) | bit;

		if (ids_load(&path->slot[height - 1]->full) != IDS_ALL) {
			iomt_ids_lower(ids, path, id, height);
			return;
		}
		if (all != IDS_ALL)
			return;
	}
}

/* Counts what the way to one end of a range lacks. */
static void count_missing(const struct iomt_ids *ids, uint64_t end, uint64_t first, uint64_t last,
			  unsigned *nodes, unsigned *parts)
{
	struct iomt_ids_path path;

	ids_walk(ids, end, &path);
	if (!ids_is_even(path.below))
		return;
	for (unsigned height = path.height;; height--) {
		uint64_t low = ids_span(height) - 1;

		if ((end & ~low) >= first && (end | low) <= last)
			return;
		if (!height) {
			++*parts;
			return;
		}
		++*nodes;
	}
}

void iomt_ids_give_back(const struct iomt_ids *ids, struct ids_spare *spare)
{
	const struct iomt_mem *mem = ids->mem;

	while (spare->node_count)
		mem->free(mem->ctx, spare->nodes[--spare->node_count], IDS_NODE_BYTES);
	while (spare->part_count)
		mem->free(mem->ctx, spare->parts[--spare->part_count], IDS_PART_BYTES);
}

/* Adds "count" pieces of memory to a list; false when one is not to be had. */
static bool take(const struct iomt_mem *mem, size_t bytes, unsigned count, void **list,
		 unsigned *held)
{
	for (; *held < count; ++*held) {
		list[*held] = mem->alloc(mem->ctx, bytes);
		if (!list[*held])
			return false;
	}
	return true;
}

int iomt_ids_take(const struct iomt_ids *ids, uint64_t first, uint64_t last,
		  struct ids_spare *spare)
{
	unsigned nodes = 0, parts = 0;

	count_missing(ids, first, first, last, &nodes, &parts);
	if (last != first)
		count_missing(ids, last, first, last, &nodes, &parts);
	spare->node_count = 0;
	spare->part_count = 0;
	if (take(ids->mem, IDS_NODE_BYTES, nodes, spare->nodes, &spare->node_count) &&
	    take(ids->mem, IDS_PART_BYTES, parts, spare->parts, &spare->part_count))
		return 0;
	iomt_ids_give_back(ids, spare);
	return IOMT_ENOMEM;
}

static void fill_node(struct iomt_ids_slot *node, uintptr_t below)
{
	for (unsigned i = 0; i < IDS_FANOUT; i++)
		node[i] = (struct iomt_ids_slot){below ? IDS_ALL : 0, below};
}

static void fill_part(iomt_word *part, uintptr_t below)
{
	for (unsigned i = 0; i < IDS_FANOUT; i++)
		part[i] = below ? IDS_IN_USE : 0;
}

void iomt_ids_divide(struct iomt_ids *ids, const struct iomt_ids_path *path,
		     struct ids_spare *spare)
{
	uintptr_t even = path->below;
	unsigned *held = path->height ? &spare->node_count : &spare->part_count;
	void *fresh = path->height ? spare->nodes[*held - 1] : spare->parts[*held - 1];

	if (path->height)
		fill_node(fresh, even);
	else
		fill_part(fresh, even);
	if (!__atomic_compare_exchange_n(&path->slot[path->height]->below, &even, (uintptr_t)fresh,
					 false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return;
	--*held;
	__atomic_fetch_add(&ids->bytes, path->height ? IDS_NODE_BYTES : IDS_PART_BYTES,
			   __ATOMIC_RELAXED);
}

static void drop(struct iomt_ids *ids, struct iomt_ids_slot *slot, unsigned height)
{
	size_t bytes = height ? IDS_NODE_BYTES : IDS_PART_BYTES;

	ids->mem->free(ids->mem->ctx, (void *)slot->below, bytes);
	ids->bytes -= bytes;
	*slot = (struct iomt_ids_slot){0, 0};
}

static void destroy(struct iomt_ids *ids, struct iomt_ids_slot *slot, unsigned height)
{
	if (ids_is_even(slot->below))
		return;
	for (unsigned i = 0; height && i < IDS_FANOUT; i++)
		destroy(ids, (struct iomt_ids_slot *)slot->below + i, height - 1);
	drop(ids, slot, height);
}

void iomt_ids_destroy(struct iomt_ids *ids)
{
	destroy(ids, &ids->root, ids->height);
	ids->root = (struct iomt_ids_slot){0, 0};
	ids->near_first = IDS_NOWHERE;
	ids->low = 0;
}

static void trim(struct iomt_ids *ids, struct iomt_ids_slot *slot, unsigned height)
{
	uint64_t any = 0;

	if (ids_is_even(slot->below))
		return;
	for (unsigned i = 0; i < IDS_FANOUT; i++) {
		struct iomt_ids_slot *child = (struct iomt_ids_slot *)slot->below + i;

		if (!height) {
			any |= ((const iomt_word *)slot->below)[i] & IDS_IN_USE;
			continue;
		}
		trim(ids, child, height - 1);
		any |= child->below;
	}
	if (!any)
		drop(ids, slot, height);
}

void iomt_ids_trim(struct iomt_ids *ids)
{
	trim(ids, &ids->root, ids->height);
	ids->near_first = IDS_NOWHERE;
}
