/* SPDX-License-Identifier: MIT */
/* A space of PASIDs as memory, and the ranges of it that are reserved. */
#include "space.h"
#include "cfg.h"

#define PIECE 4096u /* bytes of a leaf, and the most of a node */

_Static_assert(sizeof(struct space_leaf) == PIECE, "a page");
_Static_assert(sizeof(struct space_node) <= PIECE, "a page, where pointers have 64 bits");

static struct iomt_ids_cfg ids_cfg(const struct iomt_pasid_cfg *cfg)
{
	return (struct iomt_ids_cfg){.size = sizeof(struct iomt_ids_cfg),
				     .mem = cfg->mem,
				     .bits = cfg->bits,
				     .flags = cfg->flags};
}

int iomt_pasid_cfg_check(const struct iomt_pasid_cfg *cfg, struct iomt_ids_cfg_error *error)
{
	struct iomt_ids_cfg ids;

	if (!cfg || !cfg_has_size(cfg, cfg->size, sizeof(*cfg)))
		return cfg_wrong(error, "size", "is not that of struct iomt_pasid_cfg");
	if (cfg->bits > IOMT_PASID_BITS)
		return cfg_wrong(error, "bits", "must be 1 to 20");
	ids = ids_cfg(cfg);
	return iomt_ids_cfg_check(&ids, error);
}

int iomt_pasid_init(struct iomt_pasid_space *space, const struct iomt_pasid_cfg *cfg)
{
	struct iomt_ids_cfg ids;
	int err = iomt_pasid_cfg_check(cfg, NULL);

	if (err)
		return err;
	ids = ids_cfg(cfg);
	*space = (struct iomt_pasid_space){
		.bound = cfg->quarantine, .open = 1, .head = SPACE_NONE, .tail = SPACE_NONE};
	return iomt_ids_init(&space->ids, &ids);
}

/* A piece of memory of zeros into a place that is empty, unless another thread was faster. */
static int fill(struct iomt_pasid_space *space, uintptr_t *place)
{
	const struct iomt_mem *mem = space->ids.mem;
	uintptr_t none = 0;
	void *fresh;

	if (__atomic_load_n(place, __ATOMIC_ACQUIRE))
		return 0;
	fresh = mem->alloc(mem->ctx, PIECE);
	if (!fresh)
		return IOMT_ENOMEM;
	__builtin_memset(fresh, 0, PIECE);
	if (__atomic_compare_exchange_n(place, &none, (uintptr_t)fresh, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		__atomic_fetch_add(&space->bytes, PIECE, __ATOMIC_RELAXED);
	else
		mem->free(mem->ctx, fresh, PIECE);
	return 0;
}

int iomt_pasid_make_leaf(struct iomt_pasid_space *space, uint32_t pasid)
{
	uintptr_t *node = space_node(space, pasid);
	int err = fill(space, node);

	return err ? err : fill(space, space_leaf(__atomic_load_n(node, __ATOMIC_ACQUIRE), pasid));
}

static void drop(struct iomt_pasid_space *space, uintptr_t *place)
{
	space->ids.mem->free(space->ids.mem->ctx, (void *)*place, PIECE);
	space->bytes -= PIECE;
	*place = 0;
}

/* None of its PASIDs is allocated or in quarantine. */
static bool is_idle(const struct space_leaf *leaf)
{
	for (unsigned i = 0; i < SPACE_LEAF; i++) {
		enum space_state state = space_state(leaf->entries[i].word);

		if (state == SPACE_LIVE || state == SPACE_WAITING)
			return false;
	}
	return true;
}

/* Gives back leaves, all or those that are idle, and nodes without leaves. */
static void give_back(struct iomt_pasid_space *space, bool all)
{
	for (unsigned i = 0; i < sizeof(space->nodes) / sizeof(space->nodes[0]); i++) {
		struct space_node *node = (struct space_node *)space->nodes[i];
		bool any = false;

		for (unsigned j = 0; node && j < SPACE_NODE; j++) {
			uintptr_t *leaf = &node->leaves[j];

			if (*leaf && (all || is_idle((struct space_leaf *)*leaf)))
				drop(space, leaf);
			any = any || *leaf;
		}
		if (node && !any)
			drop(space, &space->nodes[i]);
	}
}

void iomt_pasid_destroy(struct iomt_pasid_space *space)
{
	give_back(space, true);
	iomt_ids_destroy(&space->ids);
}

void iomt_pasid_trim(struct iomt_pasid_space *space)
{
	give_back(space, false);
	iomt_ids_trim(&space->ids);
}

/* What is between a range and its being free, or reserved, of what is allocated or waits. */
static int in_the_way(const struct iomt_pasid_space *space, uint32_t first, uint32_t last)
{
	if (iomt_pasid_find(space, first, last, SPACE_LIVE, NULL) != SPACE_NONE)
		return IOMT_EEXIST;
	if (iomt_pasid_find(space, first, last, SPACE_WAITING, NULL) != SPACE_NONE)
		return IOMT_EAGAIN;
	return 0;
}

int iomt_pasid_reserve(struct iomt_pasid_space *space, uint32_t first, uint32_t last)
{
	int err = ids_check_range(&space->ids, first, last);
	uint64_t before;

	if (err)
		return err;
	do {
		before = space_load(&space->released);
		err = in_the_way(space, first, last);
		if (!err)
			err = iomt_ids_reserve(&space->ids, first, last);
		if (err != IOMT_EEXIST)
			return err;
		err = iomt_pasid_exhausted(space, first, last, before, err);
	} while (!err);
	return err;
}

int iomt_pasid_release(struct iomt_pasid_space *space, uint32_t first, uint32_t last)
{
	int err = ids_check_range(&space->ids, first, last);

	if (!err)
		err = in_the_way(space, first, last);
	return err ? err : iomt_ids_release(&space->ids, first, last);
}
