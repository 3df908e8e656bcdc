/* SPDX-License-Identifier: MIT */
/*
 * Ids and a plain set, call by call, with memory that runs out: all answers are the set's, and a
 * call that fails for memory changes nothing and succeeds when there is some.
 */
#include "ids_input.h"
#include "ids_model.h"
#include "provider.h"
#include "target.h"
#include "test.h"

#define MOST_STEPS 96u
#define COUNT	   4096u /* ids that are used, at the top of the space */

struct player {
	struct provider provider;
	struct iomt_ids ids;
	struct ids_model model;
};

/* One call on both. Memory is out for its n-th allocation; 0: never. */
#define BOTH(name, ...)                                                    \
	do {                                                               \
		int err_ = iomt_ids_##name(&player->ids, __VA_ARGS__);     \
                                                                           \
		player->provider.fail_at = 0;                              \
		if (err_ == IOMT_ENOMEM) {                                 \
			model_compare(&player->model, &player->ids);       \
			err_ = iomt_ids_##name(&player->ids, __VA_ARGS__); \
		}                                                          \
		err = err_;                                                \
	} while (0)

static void step(struct player *player, const struct ids_record *record)
{
	uint32_t base = (uint32_t)player->model.base, id, same;
	uint32_t min = base + record->min % (uint32_t)player->model.count;
	uint32_t max = base + record->max % (uint32_t)player->model.count;
	int err = 0;

	id = same =
		record->beyond && player->model.last != UINT32_MAX ? player->model.last + 1 : min;
	if (record->fail)
		player->provider.fail_at = player->provider.allocations + record->fail;
	switch (record->operation % 8) {
	case 0:
		BOTH(alloc, min, max, &id);
		CHECK_INT(err, model_alloc(&player->model, min, max, &same));
		break;
	case 1:
		id = same = base + record->last;
		BOTH(alloc_next, min, max, &id);
		CHECK_INT(err, model_alloc_next(&player->model, min, max, &same));
		break;
	case 2:
		BOTH(alloc_at, id);
		CHECK_INT(err, model_alloc_at(&player->model, id));
		break;
	case 3:
		BOTH(reserve, min, max);
		CHECK_INT(err, model_reserve(&player->model, min, max));
		break;
	case 4:
		BOTH(release, min, max);
		CHECK_INT(err, model_release(&player->model, min, max));
		break;
	case 5:
		CHECK_INT(iomt_ids_test(&player->ids, id), model_test(&player->model, id));
		break;
	default:
		CHECK_INT(iomt_ids_free(&player->ids, id), model_free(&player->model, id));
	}
	player->provider.fail_at = 0;
	CHECK_EQ(id, same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct player player;
	struct ids_header header = {0};
	struct ids_record record;
	struct iomt_ids_cfg cfg = {.size = sizeof(cfg), .mem = &player.provider.mem};
	struct iomt_ids_stats stats;
	uint64_t count;

	memcpy(&header, data, size < sizeof(header) ? size : sizeof(header));
	cfg.bits = 1 + header.bits % 32;
	cfg.flags = header.flags % 2;
	count = cfg.bits < 12 ? 1ULL << cfg.bits : COUNT;
	provider_init(&player.provider, PROVIDER_LINEAR);
	CHECK_INT(iomt_ids_init(&player.ids, &cfg), 0);
	model_open(&player.model, (1ULL << cfg.bits) - count, count, cfg.bits);
	for (unsigned i = 0; i < MOST_STEPS; i++) {
		size_t at = sizeof(header) + i * sizeof(record);

		if (at + sizeof(record) > size)
			break;
		memcpy(&record, data + at, sizeof(record));
		step(&player, &record);
	}
	model_compare(&player.model, &player.ids);
	iomt_ids_stats(&player.ids, &stats);
	CHECK_EQ(stats.bytes, player.provider.live_bytes);
	iomt_ids_destroy(&player.ids);
	provider_check_empty(&player.provider);
	model_close(&player.model);
	return 0;
}
