/* SPDX-License-Identifier: MIT */
/* One set-associative cache: device TLB, IOTLB and walk caches are all this. */
#ifndef MODEL_CACHE_H
#define MODEL_CACHE_H

#include "block.h"
#include "key.h"

struct entry {
	struct key key;	 /* page 0: empty */
	uint64_t order;	 /* the policy's */
	uint64_t ready;	 /* when it is really there, in ps */
	bool prefetched; /* and not used since */
};

struct cache {
	struct iomt_cache_cfg cfg;
	struct entry *entries;
	uint64_t *trees; /* PLRU: "words" of each set */
	uint32_t words;
	uint64_t clock;
	uint64_t random;
	struct iomt_cache_stats stats;
};

/* Takes its memory from the block; with none, only counts. */
void iomt_cache_lay(struct cache *cache, const struct iomt_cache_cfg *cfg, uint64_t seed,
		    struct block *block);

static inline bool cache_is_there(const struct cache *cache)
{
	return cache->cfg.sets != 0;
}

/* The entry, or NULL; changes nothing. */
struct entry *iomt_cache_find(struct cache *cache, const struct key *key);

/*
 * Looks it up at a moment, which counts and is told to the policy. When the translation is there is
 * *ready, or now if that is later. "next" is when it is looked up again, for the optimum.
 */
struct entry *iomt_cache_lookup(struct cache *cache, const struct key *key, uint64_t next,
				uint64_t now);

/* Puts in what was not there. */
struct entry *iomt_cache_fill(struct cache *cache, const struct key *key, uint64_t next,
			      uint64_t ready);

void iomt_cache_invalidate(struct cache *cache, const struct span *span);

/* log2 of the entry for a page: the largest size that is there and not larger; 0: none. */
static inline unsigned cache_size(const struct cache *cache, unsigned leaf_lg2)
{
	uint64_t sizes = cache->cfg.sizes & ((2ULL << leaf_lg2) - 1);

	return cache_is_there(cache) && sizes ? 63u - (unsigned)__builtin_clzll(sizes) : 0;
}

#endif
