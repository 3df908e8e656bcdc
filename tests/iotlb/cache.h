/* SPDX-License-Identifier: MIT */
/* A software IOTLB with its memory, and short names for what tests do with it. */
#ifndef TESTS_IOTLB_CACHE_H
#define TESTS_IOTLB_CACHE_H

#include "test.h"
#include <iomt/iomt.h>
#include <stdlib.h>

#define RW (IOMT_READ | IOMT_WRITE)

struct cache {
	struct iomt_tlb *tlb;
	void *memory;
};

static inline void cache_open(struct cache *cache, uint32_t entries, uint32_t spaces,
			      uint32_t readers)
{
	struct iomt_tlb_cfg cfg = {
		.size = sizeof(cfg), .entries = entries, .spaces = spaces, .readers = readers};
	size_t bytes = iomt_tlb_bytes(&cfg);

	CHECK(bytes);
	/* no more than it asked for, so that the sanitizer sees what lies outside */
	CHECK(!posix_memalign(&cache->memory, IOMT_TLB_ALIGN, bytes));
	memset(cache->memory, 0xa5, bytes);
	CHECK_INT(iomt_tlb_init(&cache->tlb, &cfg, cache->memory), 0);
}

static inline void cache_close(struct cache *cache)
{
	free(cache->memory);
}

static inline struct iomt_tlb_space space_of(const struct cache *cache, uint32_t unit,
					     uint32_t domain, uint32_t pasid, uint32_t stage)
{
	struct iomt_tlb_space space;

	CHECK_INT(iomt_tlb_space_init(&space, cache->tlb, unit, domain, pasid, stage), 0);
	return space;
}

static inline int insert(struct iomt_tlb_space *space, uint64_t iova, uint64_t oa, uint32_t prot,
			 uint8_t size_lg2)
{
	struct iomt_tlb_entry entry = {.oa = oa, .prot = prot, .size_lg2 = size_lg2};

	return iomt_tlb_insert(space, iomt_tlb_begin(space), iova, &entry);
}

static inline bool hits(struct iomt_tlb_space *space, uint64_t iova)
{
	struct iomt_tlb_entry entry;

	return !iomt_tlb_lookup(space, iova, &entry);
}

static inline void expect(struct iomt_tlb_space *space, uint64_t iova, uint64_t oa, uint32_t prot,
			  uint8_t size_lg2)
{
	struct iomt_tlb_entry entry;

	CHECK_INT(iomt_tlb_lookup(space, iova, &entry), 0);
	CHECK_EQ(entry.oa, oa);
	CHECK_EQ(entry.prot, prot);
	CHECK_EQ(entry.size_lg2, size_lg2);
}

#endif
