/* SPDX-License-Identifier: MIT */
/* Walks: from the lowest table that a walk cache knows, down to the leaf. */
#include "model_private.h"

/* The table of this level that has the entry for an address, as a page of what it maps. */
static struct key table_key(const struct iomt_model_cfg *cfg, const struct key *key, unsigned level)
{
	unsigned lg2 = cfg->granule_lg2 + (cfg->granule_lg2 - 3u) * (level + 1);

	return key_of(key->space, page_first(key->page), lg2 < 63 ? lg2 : 63);
}

/* The lowest level whose table is known, at least "leaf"; the root's if none is. */
static unsigned known_level(struct iomt_model *model, struct unit *unit, const struct key *key,
			    unsigned leaf, uint64_t *now)
{
	unsigned root = model->cfg.levels - 1u;

	for (unsigned level = leaf; level < root; level++) {
		struct key table = table_key(&model->cfg, key, level);
		struct entry *entry;

		if (!cache_is_there(&unit->walk[level]))
			continue;
		entry = iomt_cache_lookup(&unit->walk[level], &table, 0, *now);
		if (entry) {
			*now = later(*now, entry->ready);
			return level;
		}
	}
	return root;
}

uint64_t iomt_model_walk(struct iomt_model *model, struct unit *unit, const struct key *key,
			 unsigned leaf_lg2, uint64_t now)
{
	const struct iomt_model_cfg *cfg = &model->cfg;
	unsigned leaf = model_level(cfg, leaf_lg2), from;
	uint64_t each = 1u + cfg->nested, reads;

	now = later(now + model->walk_latency_ps, heap_first(&unit->walkers));
	from = known_level(model, unit, key, leaf, &now);
	for (unsigned level = leaf; level < from; level++) {
		struct key table = table_key(cfg, key, level);

		if (cache_is_there(&unit->walk[level]))
			iomt_cache_fill(&unit->walk[level], &table, 0,
					now + (from - level) * each * cfg->memory_ps);
	}
	/* an entry of each level, each after its table's address was translated, and the output */
	reads = (from - leaf + 1) * each + cfg->nested;
	now += reads * cfg->memory_ps;
	heap_take(&unit->walkers, now);
	model->stats.walks++;
	model->stats.reads += reads;
	return now;
}
