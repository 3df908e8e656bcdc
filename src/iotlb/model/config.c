/* SPDX-License-Identifier: MIT */
/* Configurations, judged field by field. */
#include "future.h"
#include <iomt/model.h>

#define MOST_PS (1ULL << 40)

struct judge {
	struct iomt_model_error *error;
	int code; /* of the first complaint */
};

static bool refuse(struct judge *judge, int code, const char *field, const char *reason)
{
	judge->code = code;
	if (judge->error)
		*judge->error = (struct iomt_model_error){field, reason};
	return false;
}

static bool want(struct judge *judge, bool good, const char *field, const char *reason)
{
	return good || refuse(judge, IOMT_EINVAL, field, reason);
}

static bool is_power(uint64_t value)
{
	return value && !(value & (value - 1));
}

static bool check_shape(struct judge *judge, const char *field, const struct iomt_cache_cfg *cache)
{
	return want(judge, is_power(cache->sets) && cache->sets <= 1u << 20, field,
		    "sets is not a power of two up to 2^20") &&
	       want(judge, cache->ways && cache->ways <= 65536, field, "ways is not 1 to 65536") &&
	       want(judge, (uint64_t)cache->sets * cache->ways <= 1u << 24, field,
		    "there are more than 2^24 entries") &&
	       want(judge,
		    !cache->partitions ||
			    (is_power(cache->partitions) && cache->partitions <= cache->sets),
		    field, "partitions is not a power of two up to sets") &&
	       want(judge, cache->policy < IOMT_POLICIES, field, "there is no such policy") &&
	       want(judge, cache->policy != IOMT_POLICY_PLRU || is_power(cache->ways), field,
		    "a tree needs a power of two of ways") &&
	       want(judge, cache->index < IOMT_INDEXES, field, "there is no such index") &&
	       want(judge, cache->latency_ps <= MOST_PS, field, "latency_ps is more than 2^40");
}

static bool check_cache(struct judge *judge, const char *field, const struct iomt_cache_cfg *cache)
{
	if (!cache->sets)
		return want(judge,
			    !(cache->ways | cache->partitions | cache->policy | cache->index |
			      cache->sizes | cache->latency_ps),
			    field, "sets is 0, and other fields are not");
	return check_shape(judge, field, cache);
}

static bool check_sizes(struct judge *judge, const char *field, const struct iomt_cache_cfg *cache,
			unsigned granule_lg2)
{
	return !cache->sets || (want(judge, cache->sizes, field, "sizes is 0") &&
				want(judge, !(cache->sizes & ((1ULL << granule_lg2) - 1)), field,
				     "sizes has one below the granule"));
}

static bool check_optimum(struct judge *judge, const struct iomt_model_cfg *cfg)
{
	bool used = false;

	for (int i = 0; i < IOMT_MODEL_IOTLBS; i++)
		used |= cfg->iotlb[i].sets && cfg->iotlb[i].policy == IOMT_POLICY_OPTIMUM;
	if (cfg->device.policy == IOMT_POLICY_OPTIMUM)
		return refuse(judge, IOMT_EOPNOTSUPP, "device",
			      "only the IOTLB can be the optimum");
	for (int i = 0; i < IOMT_MODEL_LEVELS; i++) {
		if (cfg->walk[i].policy == IOMT_POLICY_OPTIMUM)
			return refuse(judge, IOMT_EOPNOTSUPP, "walk",
				      "only the IOTLB can be the optimum");
	}
	if (used && (!cfg->future || !iomt_future_recorded(cfg->future)))
		return refuse(judge, IOMT_EOPNOTSUPP, "future",
			      "the optimum needs a future that is recorded and rewound");
	if (used && cfg->prefetch)
		return refuse(judge, IOMT_EOPNOTSUPP, "prefetch",
			      "the optimum knows nothing of prefetches");
	return true;
}

static bool check_caches(struct judge *judge, const struct iomt_model_cfg *cfg)
{
	if (!check_cache(judge, "device", &cfg->device) ||
	    !check_sizes(judge, "device", &cfg->device, cfg->granule_lg2))
		return false;
	for (int i = 0; i < IOMT_MODEL_IOTLBS; i++) {
		if (!check_cache(judge, "iotlb", &cfg->iotlb[i]) ||
		    !check_sizes(judge, "iotlb", &cfg->iotlb[i], cfg->granule_lg2))
			return false;
	}
	for (int i = 0; i < IOMT_MODEL_LEVELS; i++) {
		if (!check_cache(judge, "walk", &cfg->walk[i]))
			return false;
	}
	return true;
}

static bool check_numbers(struct judge *judge, const struct iomt_model_cfg *cfg)
{
	return want(judge,
		    cfg->granule_lg2 == 12 || cfg->granule_lg2 == 14 || cfg->granule_lg2 == 16,
		    "granule_lg2", "it is not 12, 14 or 16") &&
	       want(judge, cfg->levels && cfg->levels <= IOMT_MODEL_LEVELS, "levels",
		    "it is not 1 to 6") &&
	       want(judge, cfg->nested <= IOMT_MODEL_LEVELS, "nested", "it is not 0 to 6") &&
	       want(judge, cfg->units && cfg->units <= 256, "units", "it is not 1 to 256") &&
	       want(judge, cfg->devices && cfg->devices <= 65536, "devices",
		    "it is not 1 to 65536") &&
	       want(judge, cfg->walkers <= 65536, "walkers", "it is more than 65536") &&
	       want(judge, cfg->window <= 65536, "window", "it is more than 65536") &&
	       want(judge, cfg->prefetch < IOMT_PREFETCHES, "prefetch", "there is no such one") &&
	       want(judge, !cfg->prefetch || (cfg->prefetch_pages && cfg->prefetch_pages <= 16),
		    "prefetch_pages", "it is not 1 to 16") &&
	       want(judge, cfg->link_ps <= MOST_PS, "link_ps", "it is more than 2^40") &&
	       want(judge, cfg->memory_ps <= MOST_PS, "memory_ps", "it is more than 2^40") &&
	       want(judge, cfg->invalidate_ps <= MOST_PS, "invalidate_ps", "it is more than 2^40");
}

int iomt_model_cfg_check(const struct iomt_model_cfg *cfg, struct iomt_model_error *error)
{
	struct judge judge = {error, 0};

	if (want(&judge, cfg->size == sizeof(*cfg), "size",
		 "it is not sizeof(struct iomt_model_cfg)") &&
	    check_numbers(&judge, cfg) && check_caches(&judge, cfg))
		check_optimum(&judge, cfg);
	return judge.code;
}
