/* SPDX-License-Identifier: MIT */
/*
 * A driver with all of its parts: a page table, an IOVA allocator of single pages, units with
 * devices whose caches never evict (stale.h), targets, a flush and its queues. Whenever a range or
 * a table is given back, no device may know it any more; the test fails otherwise.
 */
#ifndef TESTS_MODEL_FLUSHER_H
#define TESTS_MODEL_FLUSHER_H

#include "stale.h"

#define FLUSHER_UNITS  2u
#define FLUSHER_QUEUES 4u

enum page_state {
	PAGE_FREE,
	PAGE_MAPPED,
	PAGE_WAITING, /* unmapped, and not yet given back */
};

struct flusher {
	struct table table;
	struct stale units[FLUSHER_UNITS];
	bool present[FLUSHER_UNITS];
	struct iomt_targets targets;
	struct iomt_flush flush;
	struct iomt_flush_queue queues[FLUSHER_QUEUES];
	uint8_t pages[STALE_PAGES]; /* enum page_state */
	uint64_t now;
	uint64_t next_oa;
	uint64_t released; /* pages */
	uint64_t readers;  /* calls of the hook */
	const char *wrong; /* from any thread */
};

/* The ring of each unit. */
struct flusher_cfg {
	const struct kind *kind;
	const struct iomt_ring_kind *rings[FLUSHER_UNITS];
	uint32_t entries[FLUSHER_QUEUES];
	struct iomt_plan_policy policy;
	uint64_t age;
	uint8_t ring_lg2;
	uint64_t seed;
};

/* All units are attached. */
void flusher_open(struct flusher *flusher, const struct flusher_cfg *cfg);

/* Unmaps and flushes all, finds what is still known or leaks. */
void flusher_close(struct flusher *flusher);

/* Attaches a unit, or detaches it. */
void flusher_attach(struct flusher *flusher, unsigned unit);
void flusher_detach(struct flusher *flusher, unsigned unit);

/* Maps pages that are all free. False: some are not, or memory is out. */
bool flusher_map(struct flusher *flusher, unsigned first, unsigned count);

/*
 * Unmaps pages that are all mapped, and gives them to a queue; with "trim" also their tables.
 * False: some are not mapped, or memory is out. Where hardware hangs or refuses, it is made to work again.
 */
bool flusher_unmap(struct flusher *flusher, unsigned queue, unsigned first, unsigned count,
		   bool trim);

/* As iomt_flush_tick; hardware that hangs or refuses is made to work again. */
int flusher_tick(struct flusher *flusher, unsigned queue, uint32_t most);

/* Fails the test for whatever was found wrong. */
void flusher_check(struct flusher *flusher);

/* How many pages are in a state. */
unsigned flusher_count(const struct flusher *flusher, enum page_state state);

#endif
