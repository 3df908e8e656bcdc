/* SPDX-License-Identifier: MIT */
/* The way of an event through the caches. */
#include "curve.h"
#include "future.h"
#include "model_private.h"

#define MOST_PAGES 65536

static void lay_unit(struct iomt_model *model, struct unit *unit, const struct iomt_model_cfg *cfg,
		     uint64_t *seed, struct block *block)
{
	uint64_t *walkers;

	for (int i = 0; i < IOMT_MODEL_IOTLBS; i++)
		iomt_cache_lay(unit ? &unit->iotlb[i] : NULL, &cfg->iotlb[i], mix_next(seed),
			       block);
	for (int i = 0; i < IOMT_MODEL_LEVELS; i++)
		iomt_cache_lay(unit ? &unit->walk[i] : NULL, &cfg->walk[i], mix_next(seed), block);
	walkers = block_take(block, cfg->walkers, sizeof(uint64_t));
	if (model)
		unit->walkers = (struct heap){walkers, cfg->walkers};
}

/* Places in the table of requesters: at least twice as many as there are, a power of two. */
static uint32_t id_places(const struct iomt_model_cfg *cfg)
{
	return 4u << (31 - __builtin_clz(cfg->devices));
}

static void lay_devices(struct iomt_model *model, const struct iomt_model_cfg *cfg, uint64_t *seed,
			struct block *block)
{
	struct cache *devices = block_take(block, cfg->devices, sizeof(struct cache));
	uint32_t *ids = block_take(block, id_places(cfg), sizeof(uint32_t));
	uint32_t *rids = block_take(block, cfg->devices, sizeof(uint32_t));

	for (uint32_t i = 0; i < cfg->devices; i++)
		iomt_cache_lay(model ? &devices[i] : NULL, &cfg->device, mix_next(seed), block);
	if (model) {
		model->devices = devices;
		model->device_ids = ids;
		model->rids = rids;
	}
}

static void lay(struct iomt_model *model, const struct iomt_model_cfg *cfg, struct block *block)
{
	uint64_t seed = cfg->seed;
	struct unit *units = block_take(block, cfg->units, sizeof(struct unit));
	uint64_t *window = block_take(block, cfg->window, sizeof(uint64_t));

	for (uint32_t i = 0; i < cfg->units; i++)
		lay_unit(model, model ? &units[i] : NULL, cfg, &seed, block);
	if (cfg->device.sets)
		lay_devices(model, cfg, &seed, block);
	if (model) {
		model->units = units;
		model->window = (struct heap){window, cfg->window};
	}
}

size_t iomt_model_bytes(const struct iomt_model_cfg *cfg)
{
	struct block block = {NULL, 0};

	if (iomt_model_cfg_check(cfg, NULL))
		return 0;
	block_take(&block, 1, sizeof(struct iomt_model));
	lay(NULL, cfg, &block);
	return block_size(block.used);
}

int iomt_model_init(struct iomt_model **model, const struct iomt_model_cfg *cfg, void *memory,
		    size_t bytes)
{
	struct block block = {memory, 0};
	int err = iomt_model_cfg_check(cfg, NULL);
	struct iomt_model *made;

	if (!err)
		err = block_check(memory, bytes, iomt_model_bytes(cfg));
	if (err)
		return err;
	made = block_take(&block, 1, sizeof(*made));
	made->cfg = *cfg;
	lay(made, cfg, &block);
	for (int i = 0; i < IOMT_MODEL_LEVELS; i++)
		made->walk_latency_ps = later(made->walk_latency_ps, cfg->walk[i].latency_ps);
	*model = made;
	return 0;
}

/* The requester's TLB; NULL where there are more requesters than places. */
static struct cache *device_of(struct iomt_model *model, const struct iomt_event *event, bool add)
{
	uint32_t rid = (uint32_t)event->unit << 16 | event->rid;
	uint32_t mask = id_places(&model->cfg) - 1;
	uint32_t at = (uint32_t)mix(rid + 1) & mask;

	for (; model->device_ids[at]; at = (at + 1) & mask) {
		if (model->rids[model->device_ids[at] - 1] == rid)
			return &model->devices[model->device_ids[at] - 1];
	}
	if (!add || model->device_count == model->cfg.devices)
		return NULL;
	model->rids[model->device_count++] = rid;
	model->device_ids[at] = model->device_count;
	return &model->devices[model->device_count - 1];
}

/* The part of the IOTLB that holds such pages; NULL: none does. */
static struct cache *iotlb_for(struct unit *unit, unsigned leaf_lg2)
{
	struct cache *best = NULL;

	for (int i = 0; i < IOMT_MODEL_IOTLBS; i++) {
		struct cache *cache = &unit->iotlb[i];
		unsigned size = cache_size(cache, leaf_lg2);

		if (size && (!best || size > cache_size(best, leaf_lg2)))
			best = cache;
	}
	return best;
}

/* log2 of the pieces that an access is cut into: one lookup each. */
static unsigned piece_lg2(struct iomt_model *model, const struct iomt_event *event)
{
	struct cache *iotlb = iotlb_for(&model->units[event->unit], event->leaf_lg2);
	unsigned lg2 = event->leaf_lg2;

	if (iotlb)
		lg2 = cache_size(iotlb, event->leaf_lg2);
	if (model->cfg.device.sets) {
		uint64_t sizes = model->cfg.device.sizes & ((2ULL << event->leaf_lg2) - 1);

		if (sizes)
			lg2 = 63u - (unsigned)__builtin_clzll(sizes);
	}
	return lg2;
}

/* What the curve and the future are told of a lookup, and the future answers. */
static int note(struct iomt_model *model, const struct key *key, uint64_t *next)
{
	int err = 0;

	*next = FUTURE_NEVER;
	if (model->cfg.future)
		err = iomt_future_note(model->cfg.future, key, next);
	if (!err && model->cfg.curve)
		iomt_curve_note(model->cfg.curve, key);
	return err;
}

/* From the moment that a request is at the IOMMU until its translation is known there. */
static int at_unit(struct iomt_model *model, const struct iomt_event *event, uint64_t address,
		   uint64_t *now)
{
	struct unit *unit = &model->units[event->unit];
	struct cache *cache = iotlb_for(unit, event->leaf_lg2);
	unsigned lg2 = cache ? cache_size(cache, event->leaf_lg2) : event->leaf_lg2;
	struct key key = key_of(key_space(event), address, lg2);
	struct entry *entry;
	uint64_t next, ready;
	bool fresh = true;
	int err;

	if (!cache) {
		*now = iomt_model_walk(model, unit, &key, event->leaf_lg2, *now);
		return 0;
	}
	err = note(model, &key, &next);
	if (err)
		return err;
	*now += cache->cfg.latency_ps;
	entry = iomt_cache_lookup(cache, &key, next, *now);
	if (entry) {
		fresh = entry->prefetched;
		model->stats.prefetches_used += entry->prefetched;
		entry->prefetched = false;
	} else {
		ready = iomt_model_walk(model, unit, &key, event->leaf_lg2, *now);
		entry = iomt_cache_fill(cache, &key, next, ready);
	}
	ready = entry->ready; /* a prefetch may take its place */
	if (model->cfg.prefetch)
		iomt_model_prefetch(model, unit, cache, &key, event->leaf_lg2, event->rid, fresh,
				    *now);
	*now = later(*now, ready);
	return 0;
}

/* From the moment that a device wants to know until it does. */
static int at_device(struct iomt_model *model, const struct iomt_event *event, uint64_t address,
		     uint64_t *now)
{
	struct cache *cache = model->cfg.device.sets ? device_of(model, event, true) : NULL;
	unsigned lg2 = cache ? cache_size(cache, event->leaf_lg2) : 0;
	struct key key = key_of(key_space(event), address, lg2 ? lg2 : event->leaf_lg2);
	struct entry *entry;
	int err;

	if (!cache)
		return at_unit(model, event, address, now);
	*now += cache->cfg.latency_ps;
	entry = lg2 ? iomt_cache_lookup(cache, &key, 0, *now) : NULL;
	if (entry) {
		*now = later(*now, entry->ready);
		return 0;
	}
	*now += model->cfg.link_ps;
	err = at_unit(model, event, address, now);
	*now += model->cfg.link_ps;
	if (!err && lg2)
		iomt_cache_fill(cache, &key, 0, *now);
	return err;
}

/* One translation, which waits for a place in the window. */
static int lookup(struct iomt_model *model, const struct iomt_event *event, uint64_t address,
		  uint64_t *done)
{
	uint64_t begin = later(event->time_ps, heap_first(&model->window)), now = begin;
	int err = at_device(model, event, address, &now);

	if (err)
		return err;
	heap_take(&model->window, now);
	model->stats.lookups++;
	model->stats.stalled_ps += begin - event->time_ps;
	model->stats.latency_ps += now - begin;
	*done = later(*done, now);
	return 0;
}

static int access(struct iomt_model *model, const struct iomt_event *event, uint64_t *done)
{
	unsigned lg2 = piece_lg2(model, event);
	uint64_t first = event->address >> lg2;
	uint64_t count = ((event->address + (event->bytes - 1)) >> lg2) - first + 1;

	if (count > MOST_PAGES)
		return IOMT_ERANGE;
	if (model->cfg.device.sets && !device_of(model, event, true))
		return IOMT_ENOMEM;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t address = i ? (first + i) << lg2 : event->address;
		int err = lookup(model, event, address, done);

		if (err)
			return err;
	}
	model->stats.accesses++;
	model->stats.bytes += event->bytes;
	return 0;
}

static void invalidate_devices(struct iomt_model *model, const struct iomt_event *event,
			       const struct span *span)
{
	struct cache *device;

	if (!model->cfg.device.sets)
		return;
	if (!(event->flags & IOMT_EVENT_ANY_DEVICE)) {
		device = device_of(model, event, false);
		if (device)
			iomt_cache_invalidate(device, span);
		return;
	}
	for (uint32_t i = 0; i < model->device_count; i++)
		iomt_cache_invalidate(&model->devices[i], span);
}

static void invalidate(struct iomt_model *model, const struct iomt_event *event, uint64_t *done)
{
	struct unit *unit = &model->units[event->unit];
	struct span span = span_of(event);

	for (int i = 0; i < IOMT_MODEL_IOTLBS; i++)
		iomt_cache_invalidate(&unit->iotlb[i], &span);
	for (int i = 0; i < IOMT_MODEL_LEVELS && !(event->flags & IOMT_EVENT_LEAF_ONLY); i++)
		iomt_cache_invalidate(&unit->walk[i], &span);
	invalidate_devices(model, event, &span);
	if (model->cfg.curve)
		iomt_curve_invalidate(model->cfg.curve, &span);
	if (model->cfg.future)
		iomt_future_invalidate(model->cfg.future, &span);
	*done = later(event->time_ps, unit->commands_ready) + model->cfg.invalidate_ps;
	unit->commands_ready = *done;
	model->stats.invalidates++;
	model->stats.invalidate_ps += *done - event->time_ps;
}

static int check_event(const struct iomt_model *model, const struct iomt_event *event)
{
	static const uint8_t allowed[] = {
		[IOMT_EVENT_ACCESS] = IOMT_EVENT_WRITE,
		[IOMT_EVENT_MAP] = 0,
		[IOMT_EVENT_UNMAP] = 0,
		[IOMT_EVENT_INVALIDATE] = IOMT_EVENT_LEAF_ONLY | IOMT_EVENT_ANY_PASID |
					  IOMT_EVENT_ANY_DOMAIN | IOMT_EVENT_ANY_DEVICE,
	};
	const struct iomt_model_cfg *cfg = &model->cfg;

	if (event->op > IOMT_EVENT_INVALIDATE || event->flags & ~allowed[event->op] ||
	    !event->bytes)
		return IOMT_EINVAL;
	if (event->address + (event->bytes - 1) < event->address || event->unit >= cfg->units ||
	    (event->pasid != IOMT_NO_PASID && event->pasid > 0xfffff))
		return IOMT_ERANGE;
	if (event->op != IOMT_EVENT_ACCESS)
		return 0;
	if (event->leaf_lg2 < cfg->granule_lg2)
		return IOMT_EINVAL;
	if (event->leaf_lg2 > 63 || model_level(cfg, event->leaf_lg2) >= cfg->levels)
		return IOMT_ERANGE;
	return 0;
}

int iomt_model_play(struct iomt_model *model, const struct iomt_event *event, uint64_t *done_ps)
{
	uint64_t done = event->time_ps;
	int err = check_event(model, event);

	if (err)
		return err;
	if (event->op == IOMT_EVENT_ACCESS)
		err = access(model, event, &done);
	else if (event->op == IOMT_EVENT_INVALIDATE)
		invalidate(model, event, &done);
	else if (event->op == IOMT_EVENT_MAP)
		model->stats.maps++;
	else
		model->stats.unmaps++;
	if (!err) {
		model->stats.last_ps = later(model->stats.last_ps, done);
		if (done_ps)
			*done_ps = done;
	}
	return err;
}

static void add(struct iomt_cache_stats *sum, const struct cache *cache)
{
	sum->hits += cache->stats.hits;
	sum->merged += cache->stats.merged;
	sum->misses += cache->stats.misses;
	sum->evictions += cache->stats.evictions;
	sum->invalidated += cache->stats.invalidated;
}

void iomt_model_stats(const struct iomt_model *model, struct iomt_model_stats *stats)
{
	*stats = model->stats;
	for (uint32_t i = 0; i < model->device_count; i++)
		add(&stats->device, &model->devices[i]);
	for (uint32_t i = 0; i < model->cfg.units; i++) {
		for (int k = 0; k < IOMT_MODEL_IOTLBS; k++)
			add(&stats->iotlb, &model->units[i].iotlb[k]);
		for (int k = 0; k < IOMT_MODEL_LEVELS; k++)
			add(&stats->walk[k], &model->units[i].walk[k]);
	}
}

void iomt_model_restart(struct iomt_model *model)
{
	struct iomt_cache_stats none = {0};

	model->stats = (struct iomt_model_stats){.last_ps = model->stats.last_ps};
	for (uint32_t i = 0; i < model->device_count; i++)
		model->devices[i].stats = none;
	for (uint32_t i = 0; i < model->cfg.units; i++) {
		for (int k = 0; k < IOMT_MODEL_IOTLBS; k++)
			model->units[i].iotlb[k].stats = none;
		for (int k = 0; k < IOMT_MODEL_LEVELS; k++)
			model->units[i].walk[k].stats = none;
	}
}
