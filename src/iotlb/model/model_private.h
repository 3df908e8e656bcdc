/* SPDX-License-Identifier: MIT */
/* What a model is made of. */
#ifndef MODEL_PRIVATE_H
#define MODEL_PRIVATE_H

#include "cache.h"
#include "heap.h"

#define STRIDES 64

/* One IOMMU. */
struct unit {
	struct cache iotlb[IOMT_MODEL_IOTLBS];
	struct cache walk[IOMT_MODEL_LEVELS];
	struct heap walkers;
	uint64_t commands_ready; /* when the last invalidation is complete */
};

/* Where a requester went last, and how far that was from the time before. */
struct stride {
	uint64_t who; /* space and rid, mixed; 0: nobody */
	uint64_t page;
	uint64_t distance;
};

struct iomt_model {
	struct iomt_model_cfg cfg;
	struct unit *units;
	struct cache *devices;
	uint32_t *device_ids; /* a hash table from requester to device + 1 */
	uint32_t *rids;	      /* unit and requester of each device */
	uint32_t device_count;
	struct heap window;
	struct stride strides[STRIDES];
	uint64_t walk_latency_ps;
	struct iomt_model_stats stats;
};

/* Walks the table for a page from "now" on. Returns when the translation is known. */
uint64_t iomt_model_walk(struct iomt_model *model, struct unit *unit, const struct key *key,
			 unsigned leaf_lg2, uint64_t now);

/*
 * After a lookup in the IOTLB: fetches what may be next. "fresh" says that the page was missed, or
 * was itself a prefetch that is used for the first time.
 */
void iomt_model_prefetch(struct iomt_model *model, struct unit *unit, struct cache *cache,
			 const struct key *key, unsigned leaf_lg2, uint16_t rid, bool fresh,
			 uint64_t now);

static inline unsigned model_level(const struct iomt_model_cfg *cfg, unsigned lg2)
{
	return (lg2 - cfg->granule_lg2) / (cfg->granule_lg2 - 3u);
}

static inline uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
