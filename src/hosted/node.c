/* SPDX-License-Identifier: MIT */
#include "node.h"
#include <iomt/base.h>

#ifdef IOMT_HWLOC
#include <hwloc.h>
#include <stdlib.h>

struct node {
	hwloc_topology_t topology;
	hwloc_obj_t object;
};

/* Nodes and processors alone, which is fast. */
static bool load(hwloc_topology_t topology)
{
	return !hwloc_topology_set_all_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE) &&
	       !hwloc_topology_load(topology);
}

/* A topology out of a file or an environment variable is not one to bind memory by. */
static bool can_bind(hwloc_topology_t topology)
{
	const struct hwloc_topology_support *support = hwloc_topology_get_support(topology);

	return hwloc_topology_is_thissystem(topology) && support->membind->set_area_membind;
}

int hosted_node_open(struct node **node, unsigned number)
{
	struct node *made = calloc(1, sizeof(*made));
	int err = 0;

	if (!made || hwloc_topology_init(&made->topology)) {
		free(made);
		return IOMT_ENOMEM;
	}
	if (!load(made->topology) || !can_bind(made->topology))
		err = IOMT_EOPNOTSUPP;
	else if (!(made->object = hwloc_get_numanode_obj_by_os_index(made->topology, number)))
		err = IOMT_EINVAL;
	if (err)
		hosted_node_close(made);
	else
		*node = made;
	return err;
}

void hosted_node_close(struct node *node)
{
	if (!node)
		return;
	hwloc_topology_destroy(node->topology);
	free(node);
}

bool hosted_node_bind(const struct node *node, const void *memory, size_t bytes)
{
	return !hwloc_set_area_membind(node->topology, memory, bytes, node->object->nodeset,
				       HWLOC_MEMBIND_BIND, HWLOC_MEMBIND_BYNODESET);
}

bool hosted_node_elsewhere(const struct node *node, const void *memory, size_t bytes)
{
	hwloc_nodeset_t where = hwloc_bitmap_alloc();
	bool elsewhere;

	elsewhere = where &&
		    !hwloc_get_area_memlocation(node->topology, memory, bytes, where,
						HWLOC_MEMBIND_BYNODESET) &&
		    !hwloc_bitmap_isincluded(where, node->object->nodeset);
	hwloc_bitmap_free(where);
	return elsewhere;
}

#else

int hosted_node_open(struct node **node, unsigned number)
{
	(void)node, (void)number;
	return IOMT_EOPNOTSUPP;
}

void hosted_node_close(struct node *node)
{
	(void)node;
}

bool hosted_node_bind(const struct node *node, const void *memory, size_t bytes)
{
	(void)node, (void)memory, (void)bytes;
	return false;
}

bool hosted_node_elsewhere(const struct node *node, const void *memory, size_t bytes)
{
	(void)node, (void)memory, (void)bytes;
	return false;
}

#endif
