/* SPDX-License-Identifier: MIT */
/* Two passes: in the first each lookup tells the page's last one when it was; the second reads. */
#include "future.h"
#include "pages.h"

#define NEVER UINT32_MAX

struct iomt_future {
	struct pages pages; /* value: number of the last lookup */
	uint32_t *next;	    /* by number of a lookup: that of the same page's next */
	uint64_t room, recorded, at;
	bool reading;
};

static void lay(struct iomt_future *future, uint64_t lookups, uint32_t pages, struct block *block)
{
	uint32_t *next = block_take(block, lookups, sizeof(uint32_t));

	if (future)
		*future = (struct iomt_future){.next = next, .room = lookups};
	iomt_pages_lay(future ? &future->pages : NULL, pages, block);
}

size_t iomt_future_bytes(uint64_t lookups, uint32_t pages)
{
	struct block block = {NULL, 0};

	if (!lookups || lookups > 1ULL << 31 || !pages || pages > 1u << 24)
		return 0;
	block_take(&block, 1, sizeof(struct iomt_future));
	lay(NULL, lookups, pages, &block);
	return block_size(block.used);
}

int iomt_future_init(struct iomt_future **future, uint64_t lookups, uint32_t pages, void *memory,
		     size_t bytes)
{
	struct block block = {memory, 0};
	int err = block_check(memory, bytes, iomt_future_bytes(lookups, pages));

	if (err)
		return err;
	*future = block_take(&block, 1, sizeof(struct iomt_future));
	lay(*future, lookups, pages, &block);
	return 0;
}

void iomt_future_rewind(struct iomt_future *future)
{
	future->recorded = future->reading ? future->recorded : future->at;
	future->reading = true;
	future->at = 0;
}

bool iomt_future_recorded(const struct iomt_future *future)
{
	return future->reading;
}

static int record(struct iomt_future *future, const struct key *key)
{
	struct page *page = iomt_pages_find(&future->pages, key);

	if (future->at == future->room ||
	    (!page && !iomt_pages_add(&future->pages, key, future->at)))
		return IOMT_ENOMEM;
	if (page) {
		future->next[page->value] = (uint32_t)future->at;
		page->value = future->at;
	}
	future->next[future->at++] = NEVER;
	return 0;
}

int iomt_future_note(struct iomt_future *future, const struct key *key, uint64_t *next)
{
	uint32_t known;

	*next = FUTURE_NEVER;
	if (!future->reading)
		return record(future, key);
	if (future->at == future->recorded)
		return IOMT_ENOMEM;
	known = future->next[future->at++];
	*next = known == NEVER ? FUTURE_NEVER : known;
	return 0;
}

static void removing(void *ctx, struct page *page)
{
	(void)ctx, (void)page;
}

void iomt_future_invalidate(struct iomt_future *future, const struct span *span)
{
	if (!future->reading)
		iomt_pages_remove_span(&future->pages, span, removing, NULL);
}
