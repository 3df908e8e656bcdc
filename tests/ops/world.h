/* SPDX-License-Identifier: MIT */
/*
 * What small programs on page tables do their work in: a table of a tiny format with something of
 * everything in it, its memory, and what each address means before and after. All that a run changes
 * lies in one struct.
 */
#ifndef TESTS_OPS_WORLD_H
#define TESTS_OPS_WORLD_H

#include "explored.h"
#include <iomt/cursor.h>

#define GRANULE	 64u
#define GRANULES 512u
#define PAGES	 64u
#define PARTS \
	(EXPLORE_THREADS + 1) /* of the pages: one for each thread, one for what is there first */
#define READ IOMT_READ
#define RW   (IOMT_READ | IOMT_WRITE)

/* Where things are: level-1 slots of the first branch, 512 bytes each, and branches of 4 KiB. */
#define SHARED_TABLE 0x000u  /* a leaf table: granules k are free, 3 + k mapped, 7 keeps it */
#define CUT_RUN	     0x200u  /* a run of four for all */
#define RUNS	     0x300u  /* a run of four for each; in the order 2, 0, 1 */
#define LARGE	     0x600u  /* a leaf at level 1 for all */
#define EMPTY	     0x800u  /* an empty table for each */
#define NO_TABLE     0xe00u  /* here a leaf table is missing */
#define NO_BRANCH    0x1000u /* here two are, or the top does not reach it */
#define EMPTY_BRANCH 0x2000u /* an empty leaf table in an empty table, for each */
#define OA	     0x100000u
#define OA_ODD	     (OA + GRANULE) /* nothing larger than a granule fits */

struct table_kind {
	const char *name;
	const struct iomt_pt_format *format;
	uint32_t flags;
	uint8_t levels;
	bool breaks; /* leaves change size by break-before-make */
};

enum { PLAIN, DIRTY, GROWS, BREAKS, KINDS };
#define GROWS_TWICE KINDS /* not for the catalogue: only the first leaf table is there */
extern const struct table_kind table_kinds[KINDS + 1];

struct world {
	_Alignas(64) uint64_t pages[PAGES][GRANULE / 8];
	struct iomt_pt pt;
	struct iomt_gather gathers[EXPLORE_THREADS];
	struct iomt_pt_cursor cursors[EXPLORE_THREADS];
	uint64_t bitmaps[EXPLORE_THREADS];
	uint64_t calls[EXPLORE_THREADS]; /* odd within one, where somebody waits for that */
	uint64_t data;			 /* the thing behind a mapping */
	uint64_t root;			 /* what the device was told of: address and level */
	bool releasing;
	uint8_t states[PAGES];
	uint8_t used[PARTS];
};

extern _Alignas(64) struct world world;
extern const struct table_kind *world_kind; /* of the table in it */

/* What each granule means: 0, or what meaning() says. */
extern uint64_t meant[GRANULES], to_mean[GRANULES];
extern bool breaks[GRANULES]; /* may mean nothing in between */
extern bool unspecified[GRANULES];

/* What hardware writes to entries: the first is a part of the meaning. */
#define WRITTEN	 (1ULL << 60)
#define ACCESSED (1ULL << 55)

uint64_t meaning(uint64_t oa, uint32_t prot, bool dirty);

/* Makes the table, and sets meant and to_mean to what it means. */
void world_open(const struct table_kind *kind);

/* New tables hold what looks like tables, and not like leaves. Until the next world_open. */
void world_garbage_tables(void);

/* Expect, for n granules from iova on. */
void expect_map(uint64_t iova, uint64_t n, uint64_t oa, uint32_t prot);
void expect_unmap(uint64_t iova, uint64_t n);
void expect_protect(uint64_t iova, uint64_t n, uint32_t prot);

/* Looks at all of the table as hardware does, when this word is hardware's; for explore.look. */
void world_look(const void *word);

/* What is left: the table as expected, memory counted and given back; for explore.end. */
void world_end(void);

/* The page that an entry or a top points to; for explore.target. */
void *world_target(uint64_t value, size_t *bytes);

/* What a reader found, which must be old or new. */
void world_judge(uint64_t iova, uint64_t seen);

/* What a device finds that walks now, in its own steps. Sets *slot and *entry to the leaf's. */
uint64_t world_walk(uint64_t iova, uint64_t **slot, uint64_t *entry);

#define EXPECT(condition)                          \
	do {                                       \
		if (!(condition))                  \
			explore_wrong(#condition); \
	} while (0)

#endif
