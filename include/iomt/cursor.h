/* SPDX-License-Identifier: MIT */
/*
 * Cursors: a place in a page table, kept by the caller from one call to the next.
 *
 * A cursor remembers the leaf table that it was last used in. The calls below do what those of
 * iomt/pt.h do, with the same errors; on one granule in the remembered table they need no walk. Worth
 * it for callers that map or look up one page after the other: a ring, a pool, a stream of DMA.
 *
 * Where the memory provider is not a direct map, or table walks are not coherent (struct iomt_mem), a
 * cursor works but remembers nothing.
 *
 * A cursor is used by one thread at a time; make as many as there are threads. It must not be used
 * after its table was destroyed. Other threads may do to the table whatever iomt/pt.h allows, trim it
 * too: a cursor notices, as long as gathers are released (iomt_gather_release) only when the calls of
 * that moment are over, those through cursors included.
 */
#ifndef IOMT_CURSOR_H
#define IOMT_CURSOR_H

#include <iomt/pt.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Private, but for its place in memory. */
struct iomt_pt_cursor {
	struct iomt_pt *pt;
	uint64_t *table;   /* a leaf table */
	uint64_t first;	   /* the first IOVA that it maps */
	uint64_t size;	   /* bytes from there on; 0: nothing is remembered */
	uint64_t unlinked; /* iomt_pt.unlinked when it was found */
};

/* A cursor on this table that remembers nothing yet. */
static inline void iomt_pt_cursor_init(struct iomt_pt_cursor *cursor, struct iomt_pt *pt)
{
	cursor->pt = pt;
	cursor->table = NULL;
	cursor->first = 0;
	cursor->size = 0;
	cursor->unlinked = 0;
}

/* As iomt_pt_map. */
int iomt_pt_cursor_map(struct iomt_pt_cursor *cursor, uint64_t iova, uint64_t oa, uint64_t length,
		       uint32_t prot, struct iomt_gather *gather);

/* As iomt_pt_unmap. */
int iomt_pt_cursor_unmap(struct iomt_pt_cursor *cursor, uint64_t iova, uint64_t length,
			 uint64_t *unmapped, struct iomt_gather *gather);

/* As iomt_pt_translate. */
int iomt_pt_cursor_translate(struct iomt_pt_cursor *cursor, uint64_t iova,
			     struct iomt_pt_leaf *leaf);

#ifdef __cplusplus
}
#endif
#endif
