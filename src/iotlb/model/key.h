/* SPDX-License-Identifier: MIT */
/* What a translation is known by, and what an invalidation meets. */
#ifndef MODEL_KEY_H
#define MODEL_KEY_H

#include "mix.h"
#include <iomt/model.h>

#define PASID_BITS 21 /* 20, and one more value for none */
#define PASID_MASK ((1ULL << PASID_BITS) - 1)
#define UNIT_SHIFT (PASID_BITS + 16)
#define PAGE_LG2   63u /* pages are granules at least; their low bits hold log2 of their size */

struct key {
	uint64_t page;	/* address of its first byte, and log2 of its size */
	uint64_t space; /* unit, domain id, PASID */
};

static inline uint64_t key_space(const struct iomt_event *event)
{
	uint64_t pasid = event->pasid == IOMT_NO_PASID ? PASID_MASK : event->pasid;

	return (uint64_t)event->unit << UNIT_SHIFT | (uint64_t)event->domain << PASID_BITS | pasid;
}

static inline uint32_t key_domain(const struct key *key)
{
	return (uint32_t)(key->space >> PASID_BITS) & 0xffff;
}

static inline struct key key_of(uint64_t space, uint64_t address, unsigned lg2)
{
	return (struct key){address >> lg2 << lg2 | lg2, space};
}

static inline unsigned page_lg2(uint64_t page)
{
	return (unsigned)(page & PAGE_LG2);
}

static inline uint64_t page_first(uint64_t page)
{
	return page & ~(uint64_t)PAGE_LG2;
}

static inline uint64_t page_last(uint64_t page)
{
	return page_first(page) + ((1ULL << page_lg2(page)) - 1);
}

static inline bool key_equal(const struct key *a, const struct key *b)
{
	return a->page == b->page && a->space == b->space;
}

static inline uint64_t key_hash(const struct key *key)
{
	return mix((key->page >> page_lg2(key->page)) + mix(key->space + page_lg2(key->page)));
}

/* The addresses and spaces of an invalidation. */
struct span {
	uint64_t first, last;
	uint64_t space, mask;
};

static inline struct span span_of(const struct iomt_event *event)
{
	uint64_t mask = UINT64_MAX;

	if (event->flags & IOMT_EVENT_ANY_PASID)
		mask &= ~PASID_MASK;
	if (event->flags & IOMT_EVENT_ANY_DOMAIN)
		mask &= ~((1ULL << UNIT_SHIFT) - 1);
	return (struct span){event->address, event->address + (event->bytes - 1),
			     key_space(event) & mask, mask};
}

static inline bool span_meets(const struct span *span, const struct key *key)
{
	return (key->space & span->mask) == span->space && page_first(key->page) <= span->last &&
	       page_last(key->page) >= span->first;
}

#endif
