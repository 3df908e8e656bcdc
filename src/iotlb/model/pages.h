/* SPDX-License-Identifier: MIT */
/* An exact map from pages to a word, of bounded size: chains in arrays. */
#ifndef MODEL_PAGES_H
#define MODEL_PAGES_H

#include "block.h"
#include "key.h"

struct page {
	struct key key; /* page 0: not in use */
	uint64_t value;
	uint32_t next; /* of its chain, or of those not in use; index + 1, 0: the end */
};

struct pages {
	uint32_t *heads; /* index + 1 */
	struct page *list;
	uint32_t room, used, unused, mask;
	uint64_t sizes; /* bit k: a page of 2^k bytes was put in */
};

/* Takes its memory from the block; with none, only counts. */
void iomt_pages_lay(struct pages *pages, uint32_t room, struct block *block);

struct page *iomt_pages_find(struct pages *pages, const struct key *key);

/* Puts in what is not there; NULL when there is no room. */
struct page *iomt_pages_add(struct pages *pages, const struct key *key, uint64_t value);

void iomt_pages_remove(struct pages *pages, struct page *page);

/* Removes all that the span meets, and calls back before each. */
void iomt_pages_remove_span(struct pages *pages, const struct span *span,
			    void (*removing)(void *ctx, struct page *page), void *ctx);

#endif
