/* SPDX-License-Identifier: MIT */
/* Linux's IDA among the allocators of ids, and the kernel's side of it. */
#include "ids.h"
/* after what has no kernel in it */
#include <linux/idr.h>

/* A slab whose objects are zeroed when they are made and when they are given back. */
struct kmem_cache *radix_tree_node_cachep;

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	struct xa_node *node = calloc(1, sizeof(*node));

	(void)cache, (void)gfp;
	if (node)
		INIT_LIST_HEAD(&node->private_list);
	return node;
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	(void)cache;
	free(object);
}

void radix_tree_node_rcu_free(struct rcu_head *head)
{
	kmem_cache_free(radix_tree_node_cachep, container_of(head, struct xa_node, rcu_head));
}

static void *open_ida(unsigned bits)
{
	struct ida *ida = malloc(sizeof(*ida));

	(void)bits;
	if (ida)
		ida_init(ida);
	return ida;
}

static void close_ida(void *ids)
{
	ida_destroy(ids);
	free(ids);
}

static int ida_take(struct ida *ida, uint32_t *id)
{
	int taken = ida_alloc_max(ida, 0xfffff, GFP_KERNEL);

	*id = (uint32_t)taken;
	return taken < 0;
}

IDS_LOOPS(linux_ida, ida_take(ids, &id), ida_free(ids, id))

const struct allocator ids_linux = {
	{.name = BENCH_LINUX}, true, open_ida, close_ida, IDS_MEMBERS(linux_ida)};
