/* SPDX-License-Identifier: MIT */
/* Prefetches: a page that is fetched in advance is taken to be mapped, with a leaf of equal size. */
#include "model_private.h"

/* The page so many bytes on; false where it would wrap. */
static bool page_after(const struct key *key, uint64_t distance, struct key *after)
{
	uint64_t first = page_first(key->page), moved = first + distance;
	bool back = distance >> 63;

	*after = key_of(key->space, moved, page_lg2(key->page));
	return back ? moved < first : moved > first;
}

static void fetch(struct iomt_model *model, struct unit *unit, struct cache *cache,
		  const struct key *key, unsigned leaf_lg2, uint64_t now)
{
	if (iomt_cache_find(cache, key))
		return;
	now = iomt_model_walk(model, unit, key, leaf_lg2, now);
	iomt_cache_fill(cache, key, 0, now)->prefetched = true;
	model->stats.prefetches++;
	model->stats.last_ps = later(model->stats.last_ps, now);
}

static void fetch_row(struct iomt_model *model, struct unit *unit, struct cache *cache,
		      const struct key *key, unsigned leaf_lg2, uint64_t distance, uint64_t now)
{
	struct key at = *key, next;

	for (unsigned i = 0; i < model->cfg.prefetch_pages && page_after(&at, distance, &next);
	     i++) {
		fetch(model, unit, cache, &next, leaf_lg2, now);
		at = next;
	}
}

/* How far the requester went, where that is as far as the time before; else 0. */
static uint64_t steady_distance(struct iomt_model *model, const struct key *key, uint16_t rid)
{
	uint64_t who = mix(key->space << 16 ^ rid ^ mix(key->space)) | 1;
	struct stride *stride = &model->strides[who >> 8 & (STRIDES - 1)];
	uint64_t page = page_first(key->page), distance = page - stride->page;
	bool steady = stride->who == who && stride->distance == distance;

	if (stride->who == who && !distance)
		return 0;
	*stride = (struct stride){who, page, stride->who == who ? distance : 0};
	return steady ? distance : 0;
}

void iomt_model_prefetch(struct iomt_model *model, struct unit *unit, struct cache *cache,
			 const struct key *key, unsigned leaf_lg2, uint16_t rid, bool fresh,
			 uint64_t now)
{
	uint64_t distance = 0;

	if (model->cfg.prefetch == IOMT_PREFETCH_NEXT && fresh)
		distance = 1ULL << page_lg2(key->page);
	else if (model->cfg.prefetch == IOMT_PREFETCH_STRIDE)
		distance = steady_distance(model, key, rid);
	if (distance)
		fetch_row(model, unit, cache, key, leaf_lg2, distance, now);
}
