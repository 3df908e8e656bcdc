/* SPDX-License-Identifier: MIT */
/*
 * A device behind an IOMMU whose caches never evict: IOTLB, walk caches and the device's own TLB
 * keep all that they ever saw, until a command that the unit reads from its ring drops it. What the
 * caches hold when memory is given back shows what was given back too early.
 *
 * Accesses and commands happen in the unit's thread, one at a time, as hardware lets no walk
 * straddle an invalidation. Questions may come from any thread.
 */
#ifndef TESTS_MODEL_STALE_H
#define TESTS_MODEL_STALE_H

#include "kinds.h"
#include "random.h"
#include "unit.h"

#ifndef STALE_PAGES
#define STALE_PAGES 1024 /* granules that the device accesses, from "base" on */
#endif
#define STALE_TABLES 64

/* A leaf as one of its pages remembers it. */
struct stale_leaf {
	bool used;
	uint8_t level;
	uint64_t first;
	uint64_t last;
	uint64_t oa; /* of the page */
};

struct stale_table {
	uint64_t table; /* 0: none */
	uint64_t first;
	uint64_t last;
	unsigned level;
};

struct stale {
	struct unit unit;
	struct table *of;
	uint64_t base;

	/* the ids that its translations are cached by, and the device with a TLB */
	uint32_t domain;
	uint32_t process;
	uint32_t stage; /* IOMT_INV_STAGE_* */
	uint32_t device;
	bool device_tlb;

	bool attached;	 /* whether hardware may walk; set it by stale_attach */
	unsigned eager;	 /* accesses before each command, */
	unsigned window; /* to so many pages */
	uint32_t wanted; /* page + 1: accessed too; any thread may set it */
	struct random random;

	struct stale_leaf iotlb[STALE_PAGES];
	struct stale_leaf device_leaves[STALE_PAGES];
	struct stale_table tables[STALE_TABLES];
	uint64_t fills;
	uint64_t hits;
	uint64_t dropped;
	const char *wrong; /* what was found wrong first */
};

/* Opens its unit too, whose hooks it takes. A device of the table, not attached yet. */
void stale_open(struct stale *stale, struct table *of, uint64_t base,
		const struct iomt_ring_kind *kind, unsigned lg2, bool stores, uint64_t seed);

/* Its IOTLB as a target, and its device TLB. */
struct iomt_target stale_target(struct stale *stale);
struct iomt_target stale_device_target(struct stale *stale);

/* The device may access the table; or does not any more, and all that is cached of it is dropped. */
void stale_attach(struct stale *stale);
void stale_detach(struct stale *stale);

/* The device accesses a page, by whatever its caches hold. */
void stale_access(struct stale *stale, unsigned page);

/* Whether it has both filled its caches and dropped of them so often. */
bool stale_used(const struct stale *stale, uint64_t times);

/* Whether a translation of any address of [first, last] is cached. */
bool stale_knows(const struct stale *stale, uint64_t first, uint64_t last);

/* Whether the table at a physical address is. */
bool stale_knows_table(const struct stale *stale, uint64_t phys);

/* Every access of the window finds what the table holds now; for moments when nothing is deferred. */
void stale_check(struct stale *stale);

#endif
