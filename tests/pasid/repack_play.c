/* SPDX-License-Identifier: MIT */
#include "repack_play.h"
#include "sharing.h"
#include "test.h"

struct iomt_repack_cfg play_cfg(enum iomt_repack_relation relation)
{
	return (struct iomt_repack_cfg){.size = sizeof(struct iomt_repack_cfg),
					.relation = (uint8_t)relation,
					.first = 1,
					.last = 0xffff};
}

int play_check(enum iomt_repack_relation relation, const struct iomt_repack_device *devices,
	       uint32_t count, const uint32_t *ids)
{
	size_t bytes = iomt_repack_check_bytes(devices, count);
	void *memory = malloc(bytes);
	struct iomt_repack_fault fault = {.reason = NULL};
	int err;

	CHECK(memory && bytes);
	err = iomt_repack_check(relation, devices, count, ids, memory, bytes, &fault);
	CHECK(!err == !fault.reason);
	CHECK(!err || fault.device < count);
	CHECK(!err || fault.index <= devices[fault.device].count);
	free(memory);
	return err;
}

uint64_t play_tags(const struct iomt_repack_device *devices, uint32_t count, const uint32_t *ids)
{
	uint64_t tags = 0;

	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < devices[i].count; k++) {
			bool seen = false;

			for (uint32_t j = 0; j < i && !seen; j++) {
				for (uint32_t l = 0; ids[j] == ids[i] && l < devices[j].count; l++)
					seen = seen ||
					       devices[j].keys[l].key == devices[i].keys[k].key;
			}
			tags += !seen;
		}
	}
	return tags;
}

static void check_result(const struct iomt_repack_cfg *cfg,
			 const struct iomt_repack_device *devices, uint32_t count,
			 const uint32_t *ids, const uint32_t *clique,
			 const struct iomt_repack_result *result)
{
	uint32_t moves = 0, *moved = malloc((count + 1) * sizeof(*moved));

	CHECK_INT(play_check(cfg->relation, devices, count, ids), 0);
	CHECK_EQ(result->ids, sharing_distinct(ids, count));
	CHECK(result->clique <= result->bound && result->leaves <= result->bound);
	CHECK(result->bound <= result->fewest && result->fewest <= result->ids);
	CHECK(result->exact == (result->bound == result->fewest));
	CHECK(result->contents <= count);
	for (uint32_t i = 0; i < result->clique; i++) {
		for (uint32_t j = 0; j < i; j++)
			CHECK(!sharing_may(cfg->relation, &devices[clique[i]],
					   &devices[clique[j]]));
	}
	for (uint32_t i = 0; i < count; i++)
		CHECK(ids[i] >= cfg->first && ids[i] <= cfg->last);
	if (cfg->present)
		moves = iomt_repack_moves(cfg->present, ids, count, moved);
	CHECK_EQ(result->moves, moves);
	for (uint32_t i = 0; i < moves; i++)
		CHECK(cfg->present[moved[i]] != ids[moved[i]] && (!i || moved[i - 1] < moved[i]));
	if (count <= 64)
		CHECK_EQ(result->tags, play_tags(devices, count, ids));
	free(moved);
}

int play_solve(const struct iomt_repack_cfg *cfg, const struct iomt_repack_device *devices,
	       uint32_t count, uint32_t *ids, struct iomt_repack_result *result)
{
	size_t bytes = iomt_repack_bytes(cfg, count);
	uint32_t *clique = malloc((count + 1) * sizeof(*clique));
	struct iomt_repack_fault fault = {.reason = NULL};
	void *memory = malloc(bytes);
	int err;

	CHECK(bytes && memory && clique);
	memset(memory, 0xa5, bytes);
	err = iomt_repack_solve(cfg, devices, count, memory, bytes, ids, clique, result, &fault);
	CHECK(!fault.reason);
	if (!err)
		check_result(cfg, devices, count, ids, clique, result);
	free(memory);
	free(clique);
	return err;
}
