/* SPDX-License-Identifier: MIT */
#include "cache.h"

#define SRRIP_FILLED 2
#define SRRIP_GOES   3

/* What a policy does when an entry is used, when it is filled, and when one must go. */
struct policy {
	void (*used)(struct cache *cache, uint32_t set, uint32_t way, uint64_t next);
	void (*filled)(struct cache *cache, uint32_t set, uint32_t way, uint64_t next);
	uint32_t (*victim)(struct cache *cache, uint32_t set);
};

static struct entry *set_of(struct cache *cache, uint32_t set)
{
	return &cache->entries[(uint64_t)set * cache->cfg.ways];
}

static void nothing(struct cache *cache, uint32_t set, uint32_t way, uint64_t next)
{
	(void)cache, (void)set, (void)way, (void)next;
}

static void stamp(struct cache *cache, uint32_t set, uint32_t way, uint64_t next)
{
	(void)next;
	set_of(cache, set)[way].order = ++cache->clock;
}

static uint32_t least(struct cache *cache, uint32_t set)
{
	const struct entry *entries = set_of(cache, set);
	uint32_t found = 0;

	for (uint32_t way = 1; way < cache->cfg.ways; way++) {
		if (entries[way].order < entries[found].order)
			found = way;
	}
	return found;
}

/* Bits of a tree in heap order: node n has children 2n and 2n + 1, and 1 says right. */
static void point_away(struct cache *cache, uint32_t set, uint32_t way, uint64_t next)
{
	uint64_t *tree = &cache->trees[(uint64_t)set * cache->words];
	uint32_t node = way + cache->cfg.ways;

	(void)next;
	for (; node > 1; node /= 2) {
		uint32_t above = node / 2;
		uint64_t bit = 1ULL << (above % 64);

		if (node & 1)
			tree[above / 64] &= ~bit;
		else
			tree[above / 64] |= bit;
	}
}

static uint32_t pointed_at(struct cache *cache, uint32_t set)
{
	const uint64_t *tree = &cache->trees[(uint64_t)set * cache->words];
	uint32_t node = 1;

	while (node < cache->cfg.ways)
		node += node + (uint32_t)(tree[node / 64] >> node % 64 & 1);
	return node - cache->cfg.ways;
}

static uint32_t any(struct cache *cache, uint32_t set)
{
	(void)set;
	return mix_below(&cache->random, cache->cfg.ways);
}

static void srrip_used(struct cache *cache, uint32_t set, uint32_t way, uint64_t next)
{
	(void)next;
	set_of(cache, set)[way].order = 0;
}

static void srrip_filled(struct cache *cache, uint32_t set, uint32_t way, uint64_t next)
{
	(void)next;
	set_of(cache, set)[way].order = SRRIP_FILLED;
}

/* The first that is as old as can be; where none is, all grow older by as much as the oldest lacks. */
static uint32_t srrip_victim(struct cache *cache, uint32_t set)
{
	struct entry *entries = set_of(cache, set);
	uint32_t found = 0;
	uint64_t lacking;

	for (uint32_t way = 1; way < cache->cfg.ways; way++) {
		if (entries[way].order > entries[found].order)
			found = way;
	}
	lacking = SRRIP_GOES - entries[found].order;
	for (uint32_t way = 0; way < cache->cfg.ways; way++)
		entries[way].order += lacking;
	return found;
}

static void note_next(struct cache *cache, uint32_t set, uint32_t way, uint64_t next)
{
	set_of(cache, set)[way].order = next;
}

static uint32_t greatest(struct cache *cache, uint32_t set)
{
	const struct entry *entries = set_of(cache, set);
	uint32_t found = 0;

	for (uint32_t way = 1; way < cache->cfg.ways; way++) {
		if (entries[way].order > entries[found].order)
			found = way;
	}
	return found;
}

static const struct policy policies[] = {
	[IOMT_POLICY_LRU] = {stamp, stamp, least},
	[IOMT_POLICY_PLRU] = {point_away, point_away, pointed_at},
	[IOMT_POLICY_FIFO] = {nothing, stamp, least},
	[IOMT_POLICY_RANDOM] = {nothing, nothing, any},
	[IOMT_POLICY_SRRIP] = {srrip_used, srrip_filled, srrip_victim},
	[IOMT_POLICY_OPTIMUM] = {note_next, note_next, greatest},
};

void iomt_cache_lay(struct cache *cache, const struct iomt_cache_cfg *cfg, uint64_t seed,
		    struct block *block)
{
	bool tree = cfg->policy == IOMT_POLICY_PLRU;
	uint32_t words = tree ? (cfg->ways + 63) / 64 : 0;
	struct entry *entries =
		block_take(block, (uint64_t)cfg->sets * cfg->ways, sizeof(struct entry));
	uint64_t *trees = block_take(block, (uint64_t)cfg->sets * words, sizeof(uint64_t));

	if (!cache)
		return;
	*cache = (struct cache){
		.cfg = *cfg, .entries = entries, .trees = trees, .words = words, .random = seed};
	if (!cache->cfg.partitions)
		cache->cfg.partitions = 1;
}

static uint32_t set_for(const struct cache *cache, const struct key *key)
{
	uint32_t part = key_domain(key) & (cache->cfg.partitions - 1);
	uint32_t sets = cache->cfg.sets / cache->cfg.partitions;
	uint64_t number = cache->cfg.index == IOMT_INDEX_HASH ? key_hash(key)
							      : key->page >> page_lg2(key->page);

	return part * sets + (uint32_t)(number & (sets - 1));
}

/* The way that holds it, or "ways". */
static uint32_t way_of(struct cache *cache, uint32_t set, const struct key *key)
{
	const struct entry *entries = set_of(cache, set);
	uint32_t way = 0;

	while (way < cache->cfg.ways && !key_equal(&entries[way].key, key))
		way++;
	return way;
}

struct entry *iomt_cache_find(struct cache *cache, const struct key *key)
{
	uint32_t set = set_for(cache, key), way = way_of(cache, set, key);

	return way < cache->cfg.ways ? &set_of(cache, set)[way] : NULL;
}

struct entry *iomt_cache_lookup(struct cache *cache, const struct key *key, uint64_t next,
				uint64_t now)
{
	uint32_t set = set_for(cache, key), way = way_of(cache, set, key);
	struct entry *entry = &set_of(cache, set)[way];

	if (way == cache->cfg.ways) {
		cache->stats.misses++;
		return NULL;
	}
	if (entry->ready > now)
		cache->stats.merged++;
	else
		cache->stats.hits++;
	policies[cache->cfg.policy].used(cache, set, way, next);
	return entry;
}

struct entry *iomt_cache_fill(struct cache *cache, const struct key *key, uint64_t next,
			      uint64_t ready)
{
	const struct policy *policy = &policies[cache->cfg.policy];
	struct key empty = {0, 0};
	uint32_t set = set_for(cache, key), way = way_of(cache, set, &empty);
	struct entry *entry;

	if (way == cache->cfg.ways) {
		way = policy->victim(cache, set);
		cache->stats.evictions++;
	}
	entry = &set_of(cache, set)[way];
	*entry = (struct entry){.key = *key, .ready = ready};
	policy->filled(cache, set, way, next);
	return entry;
}

void iomt_cache_invalidate(struct cache *cache, const struct span *span)
{
	uint64_t count = (uint64_t)cache->cfg.sets * cache->cfg.ways;

	for (uint64_t i = 0; i < count; i++) {
		struct entry *entry = &cache->entries[i];

		if (entry->key.page && span_meets(span, &entry->key)) {
			*entry = (struct entry){.key = {0, 0}};
			cache->stats.invalidated++;
		}
	}
}
