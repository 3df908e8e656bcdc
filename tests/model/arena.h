/* SPDX-License-Identifier: MIT */
/*
 * A memory provider for many threads, without a lock: pages of one size in one block, and beside each
 * what it is just now. So whoever walks tables sees at once where a pointer leads to a page that is
 * nobody's, and a page that others could reach is not freed but by a gather.
 */
#ifndef TESTS_MODEL_ARENA_H
#define TESTS_MODEL_ARENA_H

#include <iomt/mem.h>
#include <pthread.h>
#include <stdbool.h>

#define ARENA_LARGEST (2u << 20) /* bytes of the one piece that may be larger than a page */

struct arena_page {
	uint32_t next;	/* in the list of free pages, counted from 1 */
	uint32_t bytes; /* that were asked for, 0 while it is free */
	bool reached;	/* hardware has walked through it */
};

struct arena {
	struct iomt_mem mem;
	char *reserved;
	char *memory;
	char *shadow; /* what hardware sees of it where walks are not coherent */
	struct arena_page *pages;
	uint64_t free; /* the first free page, counted from 1, and above it a count of changes */
	uint64_t live_bytes; /* handed out */
	uint64_t live_pages;
	uint64_t taken; /* pages, ever */
	uint32_t count;
	unsigned page_lg2;
	pthread_mutex_t lines; /* while they are cleaned */
};

enum arena_kind {
	ARENA_LINEAR,
	ARENA_FUNCTIONS,  /* addresses by functions */
	ARENA_INCOHERENT, /* a clean hook, and hardware that sees what was cleaned */
	ARENA_KINDS,
};

/* "count" pages of 2^page_lg2 bytes. */
void arena_init(struct arena *arena, enum arena_kind kind, unsigned page_lg2, uint32_t count);

/* Everything must have come back. */
void arena_destroy(struct arena *arena);

/*
 * The word at a physical address as hardware sees it, or NULL where no page is handed out. A page in
 * which hardware has looked for a word may not be freed but in a release.
 */
uint64_t *arena_word(void *arena, uint64_t phys);

/* Between these, this thread may free what hardware has reached. */
void arena_begin_release(void);
void arena_end_release(void);

/* Pages that this thread has given back outside of a release. */
uint64_t arena_returned(void);

#endif
