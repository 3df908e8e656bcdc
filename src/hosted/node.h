/* SPDX-License-Identifier: MIT */
/* NUMA nodes, as hwloc sees them. Without hwloc there are none. */
#ifndef HOSTED_NODE_H
#define HOSTED_NODE_H

#include <stdbool.h>
#include <stddef.h>

struct node;

/*
 * The node that the operating system numbers so. IOMT_EINVAL when there is none, IOMT_EOPNOTSUPP
 * when memory cannot be bound, IOMT_ENOMEM.
 */
int hosted_node_open(struct node **node, unsigned number);
void hosted_node_close(struct node *node);

/* Prefers the node for memory that was not touched yet. False when the system refuses. */
bool hosted_node_bind(const struct node *node, const void *memory, size_t bytes);

/* Some of this memory was touched and lies on another node. */
bool hosted_node_elsewhere(const struct node *node, const void *memory, size_t bytes);

#endif
