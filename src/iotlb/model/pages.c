/* SPDX-License-Identifier: MIT */
#include "pages.h"

void iomt_pages_lay(struct pages *pages, uint32_t room, struct block *block)
{
	uint32_t heads = room > 1 ? 2u << (31 - __builtin_clz(room - 1)) : 1;
	struct page *list = block_take(block, room, sizeof(struct page));
	uint32_t *first = block_take(block, heads, sizeof(uint32_t));

	if (!pages)
		return;
	*pages = (struct pages){.heads = first, .list = list, .room = room, .mask = heads - 1};
	for (uint32_t i = room; i; i--) {
		list[i - 1].next = pages->unused;
		pages->unused = i;
	}
}

static uint32_t *head_of(struct pages *pages, const struct key *key)
{
	return &pages->heads[key_hash(key) & pages->mask];
}

struct page *iomt_pages_find(struct pages *pages, const struct key *key)
{
	for (uint32_t i = *head_of(pages, key); i; i = pages->list[i - 1].next) {
		if (key_equal(&pages->list[i - 1].key, key))
			return &pages->list[i - 1];
	}
	return NULL;
}

struct page *iomt_pages_add(struct pages *pages, const struct key *key, uint64_t value)
{
	uint32_t *head = head_of(pages, key), i = pages->unused;
	struct page *page;

	if (!i)
		return NULL;
	page = &pages->list[i - 1];
	pages->unused = page->next;
	*page = (struct page){*key, value, *head};
	*head = i;
	pages->used++;
	pages->sizes |= 1ULL << page_lg2(key->page);
	return page;
}

void iomt_pages_remove(struct pages *pages, struct page *page)
{
	uint32_t *link = head_of(pages, &page->key), i = (uint32_t)(page - pages->list) + 1;

	while (*link != i)
		link = &pages->list[*link - 1].next;
	*link = page->next;
	*page = (struct page){.next = pages->unused};
	pages->unused = i;
	pages->used--;
}

/* How many pages of all sizes there could be in the span. */
static uint64_t candidates(const struct pages *pages, const struct span *span)
{
	uint64_t count = 0;

	for (uint64_t left = pages->sizes; left; left &= left - 1) {
		unsigned lg2 = (unsigned)__builtin_ctzll(left);

		count += (span->last >> lg2) - (span->first >> lg2) + 1;
	}
	return count;
}

void iomt_pages_remove_span(struct pages *pages, const struct span *span,
			    void (*removing)(void *ctx, struct page *page), void *ctx)
{
	if (span->mask != UINT64_MAX || candidates(pages, span) > pages->room) {
		for (uint32_t i = 0; i < pages->room; i++) {
			struct page *page = &pages->list[i];

			if (page->key.page && span_meets(span, &page->key)) {
				removing(ctx, page);
				iomt_pages_remove(pages, page);
			}
		}
		return;
	}
	for (uint64_t left = pages->sizes; left; left &= left - 1) {
		unsigned lg2 = (unsigned)__builtin_ctzll(left);
		uint64_t last = span->last >> lg2;

		for (uint64_t number = span->first >> lg2; number <= last; number++) {
			struct key key = {number << lg2 | lg2, span->space};
			struct page *page = iomt_pages_find(pages, &key);

			if (page) {
				removing(ctx, page);
				iomt_pages_remove(pages, page);
			}
		}
	}
}
