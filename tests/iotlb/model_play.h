/* SPDX-License-Identifier: MIT */
/* What the suites of the model share: a model with its memory, and events that are easy to write. */
#ifndef TESTS_MODEL_PLAY_H
#define TESTS_MODEL_PLAY_H

#include "test.h"
#include <iomt/model.h>
#include <stdlib.h>

#define SIZES_X86 (1ULL << 12 | 1ULL << 21 | 1ULL << 30)
#define SIZES_AMD 0x3ff000ULL /* 4K to 2M */

/* One IOMMU with one fully associative IOTLB, a walk of one read, and no time. */
static inline struct iomt_model_cfg plain_cfg(uint32_t ways, uint8_t policy)
{
	return (struct iomt_model_cfg){
		.size = sizeof(struct iomt_model_cfg),
		.iotlb = {{.sets = 1, .ways = ways, .policy = policy, .sizes = SIZES_X86}},
		.units = 1,
		.devices = 1,
		.granule_lg2 = 12,
		.levels = 4,
	};
}

/* To be given to free() when the model is not needed any more: it begins its memory. */
static inline struct iomt_model *model_open(const struct iomt_model_cfg *cfg)
{
	size_t bytes = iomt_model_bytes(cfg);
	void *memory = malloc(bytes);
	struct iomt_model *model = NULL;

	CHECK(bytes && memory);
	CHECK_INT(iomt_model_init(&model, cfg, memory, bytes), 0);
	CHECK((void *)model == memory);
	return model;
}

static inline struct iomt_event access_at(uint64_t address)
{
	return (struct iomt_event){
		.address = address,
		.bytes = 1,
		.pasid = IOMT_NO_PASID,
		.op = IOMT_EVENT_ACCESS,
		.leaf_lg2 = 12,
	};
}

static inline struct iomt_event invalidate_at(uint64_t address, uint64_t bytes, uint8_t flags)
{
	return (struct iomt_event){
		.address = address,
		.bytes = bytes,
		.pasid = IOMT_NO_PASID,
		.op = IOMT_EVENT_INVALIDATE,
		.flags = flags,
	};
}

/* Plays it; when it was done. */
static inline uint64_t play(struct iomt_model *model, struct iomt_event event)
{
	uint64_t done = 0;

	CHECK_INT(iomt_model_play(model, &event, &done), 0);
	return done;
}

static inline struct iomt_model_stats stats_of(const struct iomt_model *model)
{
	struct iomt_model_stats stats;

	iomt_model_stats(model, &stats);
	return stats;
}

/* True when the access hits the IOTLB. */
static inline bool hits(struct iomt_model *model, struct iomt_event event)
{
	uint64_t before = stats_of(model).iotlb.hits;

	play(model, event);
	return stats_of(model).iotlb.hits > before;
}

/* Reads of tables that an access takes. */
static inline uint64_t reads_of(struct iomt_model *model, struct iomt_event event)
{
	uint64_t before = stats_of(model).reads;

	play(model, event);
	return stats_of(model).reads - before;
}

#endif
