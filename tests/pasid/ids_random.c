/* SPDX-License-Identifier: MIT */
/* Random calls beside a plain set, at the bottom and the top of spaces of many widths. */
#include "ids_model.h"
#include "provider.h"
#include "random.h"
#include "test.h"

#define STEPS 20000u

struct play {
	struct ids_model model;
	struct iomt_ids ids;
	struct provider provider;
	struct random random;
	uint64_t hot; /* where things happen now */
};

static uint32_t some_id(struct play *play)
{
	struct random *random = &play->random;
	uint64_t below = play->model.count;
	uint32_t id;

	if (!random_below(random, 200) && play->model.last != UINT32_MAX)
		return play->model.last + 1 + (uint32_t)random_below(random, 3);
	if (!random_below(random, 50))
		play->hot = random_below(random, below);
	if (random_below(random, 4))
		below = below < 40 ? below : 40;
	id = (uint32_t)(play->model.base +
			(play->hot + random_below(random, below)) % play->model.count);
	return id;
}

static void some_range(struct play *play, uint32_t *min, uint32_t *max)
{
	*min = some_id(play);
	*max = some_id(play);
	if (*min > *max && random_below(&play->random, 20)) {
		uint32_t swap = *min;

		*min = *max;
		*max = swap;
	}
	if (!random_below(&play->random, 3)) {
		*min = (uint32_t)play->model.base;
		*max = (uint32_t)(play->model.base + play->model.count - 1);
	}
}

static void step(struct play *play)
{
	struct iomt_ids *ids = &play->ids;
	struct ids_model *model = &play->model;
	uint32_t min, max, id = some_id(play), same;
	int err;

	some_range(play, &min, &max);
	same = id;
	/* sometimes there is no memory: then nothing changes, and it is asked again */
	if (!random_below(&play->random, 8))
		play->provider.fail_at =
			play->provider.allocations + 1 + random_below(&play->random, 3);
#define BOTH(name, ...)                                          \
	do {                                                     \
		err = iomt_ids_##name(ids, __VA_ARGS__);         \
		play->provider.fail_at = 0;                      \
		if (err == IOMT_ENOMEM)                          \
			err = iomt_ids_##name(ids, __VA_ARGS__); \
	} while (0)
	switch (random_below(&play->random, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		BOTH(alloc, min, max, &id);
		CHECK_INT(model_alloc(model, min, max, &same), err);
		break;
	case 4:
	case 5:
		BOTH(alloc_next, min, max, &id);
		CHECK_INT(model_alloc_next(model, min, max, &same), err);
		break;
	case 6:
		BOTH(alloc_at, id);
		CHECK_INT(model_alloc_at(model, id), err);
		break;
	case 7:
		BOTH(reserve, min, max);
		CHECK_INT(model_reserve(model, min, max), err);
		break;
	case 8:
		BOTH(release, min, max);
		CHECK_INT(model_release(model, min, max), err);
		break;
	case 9:
		if (!random_below(&play->random, 50)) {
			iomt_ids_trim(ids);
			/* what was freed may be forgotten */
			for (uint64_t i = 0; i < model->count; i++) {
				if (model->state[i] == FREED &&
				    iomt_ids_free(ids, (uint32_t)(model->base + i)) == IOMT_ENOENT)
					model->state[i] = IOMT_IDS_FREE;
			}
		}
		break;
	case 10:
		CHECK_INT(iomt_ids_test(ids, id), model_test(model, id));
		break;
	case 11:
		err = iomt_ids_next(ids, id, &id);
		CHECK_INT(model_next(model, same, &same), err);
		break;
	default:
		err = iomt_ids_free(ids, id);
		CHECK_INT(model_free(model, id), err);
		/* and some that are allocated */
		if (!iomt_ids_next(ids, same, &id)) {
			CHECK_INT(iomt_ids_free(ids, id), 0);
			CHECK_INT(model_free(model, id), 0);
		}
		id = same;
	}
	play->provider.fail_at = 0;
	CHECK_EQ(id, same);
}

/* The last "count" ids of a space, or all. */
static void run(uint32_t bits, uint64_t count, uint32_t flags, uint64_t seed)
{
	static struct play play;
	struct iomt_ids_cfg cfg = {
		.size = sizeof(cfg), .mem = &play.provider.mem, .bits = bits, .flags = flags};
	uint64_t steps = random_times(STEPS);
	uint64_t base = (1ULL << bits) - count;
	struct iomt_ids_stats stats;

	random_init(&play.random, seed);
	provider_init(&play.provider, PROVIDER_LINEAR);
	CHECK_INT(iomt_ids_init(&play.ids, &cfg), 0);
	model_open(&play.model, base, count, bits);
	for (uint64_t i = 0; i < steps; i++)
		step(&play);
	model_compare(&play.model, &play.ids);
	iomt_ids_stats(&play.ids, &stats);
	CHECK_EQ(stats.bytes, play.provider.live_bytes);
	iomt_ids_destroy(&play.ids);
	provider_check_empty(&play.provider);
	model_close(&play.model);
}

static void all_of_small_spaces(void)
{
	for (uint32_t bits = 1; bits <= 13; bits++) {
		run(bits, 1ULL << bits, 0, bits);
		run(bits, 1ULL << bits, IOMT_IDS_SERIAL, 100 + bits);
	}
}

static void top_of_large_spaces(void)
{
	for (uint32_t bits = 16; bits <= 32; bits += 4) {
		run(bits, 3000, 0, bits);
		run(bits, 3000, IOMT_IDS_SERIAL, 200 + bits);
	}
}

TEST_SUITE(ids_random, TEST(all_of_small_spaces), TEST(top_of_large_spaces));
