/* SPDX-License-Identifier: MIT */
/*
 * The page pool. Chunks are cut in halves (chunk.c) under a lock; in front of that each thread has a
 * cache with a stack of pieces of each size, which it alone touches. A thread finds its cache by a
 * number that no two pools share, so what it remembers of a pool that is gone is never followed.
 */
#include "chunk.h"
#include "pool_cfg.h"
#include "region.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CACHED	   11u /* orders that caches hold: up to 64 KiB */
#define PIECES	   64u /* of one order in a cache */
#define REMEMBERED 8u  /* pools that a thread finds at once */
#define KEEP	   (4 * (uint64_t)CHUNK_BYTES)

static const uint8_t capacity[CACHED] = {64, 64, 64, 64, 64, 64, 32, 16, 8, 4, 2};

/* A thread's. */
struct cache {
	struct cache *next;
	const void *owner;	/* NULL when its thread has ended */
	uint32_t count[CACHED]; /* of pieces; others may read it */
	void *pieces[CACHED][PIECES];
};

struct iomt_pool {
	struct iomt_mem mem;
	uint64_t id;
	struct region region;
	uint64_t keep;
	int32_t number; /* of the node, or -1 */
	struct iomt_pool *next;

	pthread_mutex_t lock; /* of all that follows */
	struct cache *caches;
	struct chunk *lists[ORDERS]; /* chunks in use by their largest free block */
	struct chunk *returned;	     /* chunks without memory, linked by next */
	struct chunk **chunks;	     /* by their place */
	size_t begun;		     /* chunks that ever had memory: the first so many */
	uint64_t taken;
	uint64_t peak;
	uint64_t reserved;
	uint64_t whole; /* bytes of chunks that are wholly free */
	uint64_t out;	/* bytes handed out or in caches */
};

/* Pools that there are, for threads that end. */
static pthread_mutex_t pools_lock = PTHREAD_MUTEX_INITIALIZER;
static struct iomt_pool *pools;
static pthread_key_t end_key;
static uint64_t last_id;

/* Where a thread's caches are. The address of this is the thread's name. */
static _Thread_local struct {
	uint64_t id;
	struct cache *cache;
} here[REMEMBERED];

/* Chunks and lists. All of these need the lock. */

static void list_add(struct iomt_pool *pool, struct chunk *chunk, unsigned largest)
{
	if (largest == NOTHING)
		return;
	chunk->prev = NULL;
	chunk->next = pool->lists[largest];
	if (chunk->next)
		chunk->next->prev = chunk;
	pool->lists[largest] = chunk;
}

static void list_remove(struct iomt_pool *pool, struct chunk *chunk, unsigned largest)
{
	if (largest == NOTHING)
		return;
	if (chunk->next)
		chunk->next->prev = chunk->prev;
	if (chunk->prev)
		chunk->prev->next = chunk->next;
	else
		pool->lists[largest] = chunk->next;
}

/* Moves a chunk to where it belongs after its largest block was "before". */
static void relist(struct iomt_pool *pool, struct chunk *chunk, unsigned before)
{
	unsigned largest = hosted_chunk_largest(chunk);

	if (largest == before)
		return;
	list_remove(pool, chunk, before);
	list_add(pool, chunk, largest);
	if (before == WHOLE)
		pool->whole -= CHUNK_BYTES;
	if (largest == WHOLE)
		pool->whole += CHUNK_BYTES;
}

/* A chunk without memory: one that had some before, or the next that never had. */
static struct chunk *empty_chunk(struct iomt_pool *pool)
{
	struct chunk *chunk = pool->returned;

	if (chunk) {
		pool->returned = chunk->next;
		return chunk;
	}
	if (pool->begun == pool->region.bytes >> CHUNK_LG2)
		return NULL;
	chunk = calloc(1, sizeof(*chunk));
	if (chunk) {
		chunk->index = (uint32_t)pool->begun;
		pool->chunks[pool->begun++] = chunk;
	}
	return chunk;
}

static struct chunk *add_chunk(struct iomt_pool *pool)
{
	struct chunk *chunk = empty_chunk(pool);
	bool reserved;
	int err;

	if (!chunk)
		return NULL;
	err = hosted_region_take(&pool->region, chunk->index, &reserved);
	if (err == IOMT_ENOMEM) {
		chunk->next = pool->returned;
		pool->returned = chunk;
	}
	if (err)
		return NULL;
	hosted_chunk_clear(chunk);
	chunk->reserved = reserved;
	list_add(pool, chunk, WHOLE);
	pool->whole += CHUNK_BYTES;
	pool->taken += CHUNK_BYTES;
	pool->reserved += reserved ? CHUNK_BYTES : 0;
	if (pool->taken > pool->peak)
		pool->peak = pool->taken;
	return chunk;
}

/* Gives a chunk that is wholly free to the system. */
static void drop_chunk(struct iomt_pool *pool, struct chunk *chunk)
{
	list_remove(pool, chunk, WHOLE);
	pool->whole -= CHUNK_BYTES;
	pool->taken -= CHUNK_BYTES;
	pool->reserved -= chunk->reserved ? CHUNK_BYTES : 0;
	if (!hosted_region_give(&pool->region, chunk->index, chunk->reserved))
		return; /* lost, but for iomt_pool_destroy */
	chunk->next = pool->returned;
	pool->returned = chunk;
}

/*
 * Takes up to "want" (a power of two) pieces that lie side by side, as one block, and says how many
 * they are; each is given back by itself. NULL when there are none. Prefers chunks whose largest
 * piece is small, so that others become free as a whole.
 */
static char *take(struct iomt_pool *pool, unsigned order, size_t want, size_t *got)
{
	unsigned largest, block = order + (unsigned)__builtin_ctzll(want);
	struct chunk *chunk = NULL;
	size_t offset;

	for (unsigned i = order; i < ORDERS && !chunk; i++)
		chunk = pool->lists[i];
	if (!chunk)
		chunk = add_chunk(pool);
	if (!chunk)
		return NULL;
	largest = hosted_chunk_largest(chunk);
	if (block > largest)
		block = largest;
	offset = hosted_chunk_take(chunk, block);
	relist(pool, chunk, largest);
	pool->out += (uint64_t)64 << block;
	*got = (size_t)1 << (block - order);
	return pool->region.base + ((size_t)chunk->index << CHUNK_LG2) + offset;
}

static void put(struct iomt_pool *pool, void *memory, unsigned order)
{
	size_t at = (size_t)((char *)memory - pool->region.base);
	struct chunk *chunk = pool->chunks[at >> CHUNK_LG2];
	unsigned largest = hosted_chunk_largest(chunk);

	hosted_chunk_put(chunk, at & (CHUNK_BYTES - 1), order);
	relist(pool, chunk, largest);
	pool->out -= (uint64_t)64 << order;
	if (pool->whole > pool->keep)
		drop_chunk(pool, pool->lists[WHOLE]);
}

/* Caches. These need the lock too. */

static void flush(struct iomt_pool *pool, struct cache *cache)
{
	for (unsigned order = 0; order < CACHED; order++) {
		while (cache->count[order])
			put(pool, cache->pieces[order][--cache->count[order]], order);
	}
}

/* Half a cache's worth, so that of neighbours the lowest address comes out first. */
static void fill(struct iomt_pool *pool, struct cache *cache, unsigned order)
{
	void **pieces = cache->pieces[order];
	size_t count = 0, got, half = capacity[order] / 2;
	char *block;

	while (count < half) {
		block = take(pool, order, (size_t)1 << (63 - __builtin_clzll(half - count)), &got);
		if (!block)
			break;
		for (size_t i = got; i-- > 0;)
			pieces[count++] = block + (i << (order + SMALLEST_LG2));
	}
	cache->count[order] = (uint32_t)count;
}

/* Gives up the half that was longest in the cache. */
static void drain(struct iomt_pool *pool, struct cache *cache, unsigned order)
{
	void **pieces = cache->pieces[order];
	uint32_t half = capacity[order] / 2;

	for (uint32_t i = 0; i < half; i++)
		put(pool, pieces[i], order);
	cache->count[order] -= half;
	memmove(pieces, pieces + half, cache->count[order] * sizeof(*pieces));
}

/* The running thread's, or one that a thread left behind, or a new one; NULL without memory. */
static struct cache *own_cache(struct iomt_pool *pool)
{
	struct cache *left = NULL, *cache = pool->caches;

	for (; cache && cache->owner != here; cache = cache->next) {
		if (!cache->owner)
			left = cache;
	}
	if (!cache)
		cache = left;
	if (!cache) {
		cache = calloc(1, sizeof(*cache));
		if (!cache)
			return NULL;
		cache->next = pool->caches;
		pool->caches = cache;
	}
	cache->owner = here;
	return cache;
}

/* A thread's ends of it. */

static void end_of_thread(void *name)
{
	pthread_mutex_lock(&pools_lock);
	for (struct iomt_pool *pool = pools; pool; pool = pool->next) {
		pthread_mutex_lock(&pool->lock);
		for (struct cache *cache = pool->caches; cache; cache = cache->next) {
			if (cache->owner != name)
				continue;
			flush(pool, cache);
			cache->owner = NULL;
		}
		pthread_mutex_unlock(&pool->lock);
	}
	pthread_mutex_unlock(&pools_lock);
	memset(here, 0, sizeof(here)); /* what ends after this begins anew */
}

static __attribute__((noinline)) struct cache *attach(struct iomt_pool *pool)
{
	struct cache *cache = NULL;

	/* without the promise of an end there must not be a cache */
	if (pthread_setspecific(end_key, here))
		return NULL;
	pthread_mutex_lock(&pool->lock);
	cache = own_cache(pool);
	pthread_mutex_unlock(&pool->lock);
	if (cache) {
		here[pool->id % REMEMBERED].id = pool->id;
		here[pool->id % REMEMBERED].cache = cache;
	}
	return cache;
}

/* The running thread's cache, if it has been here lately. */
static inline struct cache *remembered(const struct iomt_pool *pool)
{
	return here[pool->id % REMEMBERED].id == pool->id ? here[pool->id % REMEMBERED].cache
							  : NULL;
}

static struct cache *find_cache(struct iomt_pool *pool)
{
	struct cache *cache = remembered(pool);

	return cache ? cache : attach(pool);
}

/* Only the owner writes; iomt_pool_stats may be reading. */
static inline void set_count(struct cache *cache, unsigned order, uint32_t count)
{
	__atomic_store_n(&cache->count[order], count, __ATOMIC_RELAXED);
}

static __attribute__((noinline)) void *alloc_slowly(struct iomt_pool *pool, unsigned order)
{
	struct cache *cache = find_cache(pool);
	void *memory = NULL;

	pthread_mutex_lock(&pool->lock);
	for (int tries = 0; tries < 2 && !memory; tries++) {
		if (tries && cache)
			flush(pool, cache); /* its small pieces may make a large one */
		if (!cache || order >= CACHED) {
			memory = take(pool, order, 1, &(size_t){0});
			continue;
		}
		if (!cache->count[order])
			fill(pool, cache, order);
		if (cache->count[order])
			memory = cache->pieces[order][--cache->count[order]];
	}
	pthread_mutex_unlock(&pool->lock);
	return memory;
}

static __attribute__((noinline)) void free_slowly(struct iomt_pool *pool, void *memory,
						  unsigned order)
{
	struct cache *cache = find_cache(pool);

	pthread_mutex_lock(&pool->lock);
	if (cache && order < CACHED) {
		if (cache->count[order] == capacity[order])
			drain(pool, cache, order);
		cache->pieces[order][cache->count[order]++] = memory;
	} else {
		put(pool, memory, order);
	}
	pthread_mutex_unlock(&pool->lock);
}

static void *pool_alloc(void *ctx, size_t bytes)
{
	unsigned order = (unsigned)__builtin_ctzll(bytes | 1ULL << 63) - SMALLEST_LG2;
	struct iomt_pool *pool = ctx;
	struct cache *cache;
	uint32_t count;

	/* below the smallest the order wraps, and is too large as well */
	if (order > WHOLE || bytes != (size_t)64 << order)
		return NULL;
	cache = remembered(pool);
	if (__builtin_expect(!cache || order >= CACHED || !cache->count[order], 0))
		return alloc_slowly(pool, order);
	count = cache->count[order] - 1;
	set_count(cache, order, count);
	return cache->pieces[order][count];
}

static void pool_free(void *ctx, void *memory, size_t bytes)
{
	unsigned order = (unsigned)__builtin_ctzll(bytes) - SMALLEST_LG2;
	struct iomt_pool *pool = ctx;
	struct cache *cache = remembered(pool);

	if (__builtin_expect(!cache || order >= CACHED || cache->count[order] == capacity[order],
			     0)) {
		free_slowly(pool, memory, order);
		return;
	}
	cache->pieces[order][cache->count[order]] = memory;
	set_count(cache, order, cache->count[order] + 1);
}

/* From here on threads that end look after this pool, too. */
static int enter(struct iomt_pool *pool)
{
	int err = 0;

	pthread_mutex_lock(&pools_lock);
	if (!pools && pthread_key_create(&end_key, end_of_thread))
		err = IOMT_ENOMEM;
	if (!err) {
		pool->id = ++last_id;
		pool->next = pools;
		pools = pool;
	}
	pthread_mutex_unlock(&pools_lock);
	return err;
}

/* The key goes with the last pool, so that nothing points to code that may be unloaded then. */
static void leave(struct iomt_pool *pool)
{
	struct iomt_pool **at = &pools;

	pthread_mutex_lock(&pools_lock);
	while (*at != pool)
		at = &(*at)->next;
	*at = pool->next;
	if (!pools)
		pthread_key_delete(end_key);
	pthread_mutex_unlock(&pools_lock);
}

/* All but the place among pools, and the node. */
static void discard(struct iomt_pool *pool)
{
	for (struct cache *cache = pool->caches, *next; cache; cache = next) {
		next = cache->next;
		free(cache);
	}
	for (size_t i = 0; i < pool->begun; i++)
		free(pool->chunks[i]);
	hosted_region_close(&pool->region);
	pthread_mutex_destroy(&pool->lock);
	free(pool->chunks);
	free(pool);
}

static void fill_in(struct iomt_pool *pool, const struct iomt_pool_cfg *cfg)
{
	pool->keep = cfg->keep ? cfg->keep : KEEP;
	pool->number = pool->region.node ? (int32_t)cfg->node : -1;
	pool->mem = (struct iomt_mem){
		.size = sizeof(pool->mem),
		.alloc = pool_alloc,
		.free = pool_free,
		.ctx = pool,
	};
	if (cfg->flags & IOMT_POOL_PHYS)
		pool->mem.phys_offset = cfg->phys_base - (uintptr_t)pool->region.base;
}

static int make(struct iomt_pool **made, const struct iomt_pool_cfg *cfg, struct node *node)
{
	uint64_t limit = hosted_pool_limit(cfg);
	struct iomt_pool *pool = calloc(1, sizeof(*pool));
	int err;

	if (!pool)
		return IOMT_ENOMEM;
	err = hosted_region_open(&pool->region, (size_t)limit, cfg->flags, node);
	if (err) {
		free(pool);
		return err;
	}
	pthread_mutex_init(&pool->lock, NULL);
	fill_in(pool, cfg);
	pool->chunks = calloc((size_t)(limit >> CHUNK_LG2), sizeof(struct chunk *));
	err = pool->chunks ? enter(pool) : IOMT_ENOMEM;
	if (err)
		discard(pool);
	else
		*made = pool;
	return err;
}

int iomt_pool_create(struct iomt_pool **pool, const struct iomt_pool_cfg *cfg)
{
	struct node *node = NULL;
	int err = hosted_pool_check(cfg, NULL, &node);

	if (!err)
		err = make(pool, cfg, node);
	if (err)
		hosted_node_close(node);
	return err;
}

void iomt_pool_destroy(struct iomt_pool *pool)
{
	struct node *node;

	if (!pool)
		return;
	node = pool->region.node;
	leave(pool);
	discard(pool);
	hosted_node_close(node);
}

const struct iomt_mem *iomt_pool_mem(const struct iomt_pool *pool)
{
	return &pool->mem;
}

uint64_t iomt_pool_trim(struct iomt_pool *pool)
{
	struct cache *cache = find_cache(pool);
	uint64_t before;

	pthread_mutex_lock(&pool->lock);
	before = pool->taken;
	if (cache)
		flush(pool, cache);
	while (pool->lists[WHOLE])
		drop_chunk(pool, pool->lists[WHOLE]);
	before -= pool->taken;
	pthread_mutex_unlock(&pool->lock);
	return before;
}

/* What caches hold, which is neither handed out nor in a chunk. */
static uint64_t cached(struct iomt_pool *pool)
{
	uint64_t bytes = 0;

	for (struct cache *cache = pool->caches; cache; cache = cache->next) {
		for (unsigned order = 0; order < CACHED; order++)
			bytes += (uint64_t)__atomic_load_n(&cache->count[order], __ATOMIC_RELAXED)
				 << (order + SMALLEST_LG2);
	}
	return bytes;
}

void iomt_pool_stats(struct iomt_pool *pool, struct iomt_pool_stats *stats)
{
	uint64_t in_caches, used;

	pthread_mutex_lock(&pool->lock);
	in_caches = cached(pool);
	/* what goes from one cache to another meanwhile may have been counted in both */
	used = pool->out > in_caches ? pool->out - in_caches : 0;
	*stats = (struct iomt_pool_stats){
		.taken = pool->taken,
		.used = used,
		.kept = pool->taken - used,
		.peak = pool->peak,
		.reserved = pool->reserved,
		.limit = pool->region.bytes,
		.base = pool->region.base,
		.node = pool->number,
		.huge = pool->region.huge,
	};
	pthread_mutex_unlock(&pool->lock);
}

/* Bytes of chunks that have memory of other nodes than the pool's. */
static uint64_t elsewhere(const struct iomt_pool *pool)
{
	const struct region *region = &pool->region;
	uint64_t bytes = 0;

	for (size_t i = 0; region->node && i < pool->begun; i++) {
		if (hosted_node_elsewhere(region->node, region->base + (i << CHUNK_LG2),
					  CHUNK_BYTES))
			bytes += CHUNK_BYTES;
	}
	return bytes;
}

int iomt_pool_backing(struct iomt_pool *pool, struct iomt_pool_backing *backing)
{
	int before;
	bool known;

	/* a thread that is cancelled where it reads would go with the lock */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	pthread_mutex_lock(&pool->lock);
	known = hosted_region_backing(&pool->region, backing);
	if (known)
		backing->elsewhere = elsewhere(pool);
	pthread_mutex_unlock(&pool->lock);
	pthread_setcancelstate(before, NULL);
	return known ? 0 : IOMT_EOPNOTSUPP;
}
