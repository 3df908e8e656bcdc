/* SPDX-License-Identifier: MIT */
/* A stretch of address space whose chunks have memory behind them or not. */
#ifndef HOSTED_REGION_H
#define HOSTED_REGION_H

#include "node.h"
#include <iomt/hosted.h>

struct region {
	char *base;	   /* a multiple of a chunk */
	size_t bytes;	   /* a multiple of a chunk */
	void *reservation; /* what the system gave: at least a page more at the end */
	uint32_t flags;	   /* IOMT_POOL_* */
	bool huge;	   /* the system took the wish for huge pages */
	struct node *node; /* or NULL; the caller's */
};

/* IOMT_ENOMEM, or IOMT_EOPNOTSUPP when the system does not bind. */
int hosted_region_open(struct region *region, size_t bytes, uint32_t flags, struct node *node);
void hosted_region_close(struct region *region);

/*
 * Puts memory behind a chunk, and says whether it is a huge page that was set aside. IOMT_ENOMEM when
 * there is none, IOMT_ENOENT when the chunk must not be used any more.
 */
int hosted_region_take(struct region *region, size_t chunk, bool *reserved);

/* Gives a chunk's memory to the system. False: the chunk must not be used any more. */
bool hosted_region_give(const struct region *region, size_t chunk, bool reserved);

/* Adds up what the system says of the region: resident and huge. False where it does not. */
bool hosted_region_backing(const struct region *region, struct iomt_pool_backing *backing);

#endif
