/* SPDX-License-Identifier: MIT */
#include "ids_model.h"
#include "test.h"
#include <stdlib.h>

void model_open(struct ids_model *model, uint64_t base, uint64_t count, uint32_t bits)
{
	*model = (struct ids_model){base, count, (uint32_t)((1ULL << bits) - 1), calloc(1, count),
				    calloc(1, count)};
	CHECK(model->used && model->state);
}

void model_close(struct ids_model *model)
{
	free(model->used);
	free(model->state);
}

static bool inside(const struct ids_model *model, uint64_t id)
{
	return id >= model->base && id - model->base < model->count;
}

static void put(struct ids_model *model, uint64_t id, int state)
{
	model->state[id - model->base] = (unsigned char)state;
	model->used[id - model->base] = state == IOMT_IDS_ALLOCATED || state == IOMT_IDS_RESERVED;
}

static int check_range(const struct ids_model *model, uint32_t min, uint32_t max)
{
	if (min > max)
		return IOMT_EINVAL;
	if (max > model->last)
		return IOMT_ERANGE;
	CHECK(inside(model, min) && inside(model, max));
	return 0;
}

int model_alloc(struct ids_model *model, uint32_t min, uint32_t max, uint32_t *id)
{
	int err = check_range(model, min, max);
	unsigned char *found;

	if (err)
		return err;
	found = memchr(model->used + (min - model->base), 0, max - min + 1ULL);
	if (!found)
		return IOMT_ENOSPC;
	*id = (uint32_t)(model->base + (uint64_t)(found - model->used));
	put(model, *id, IOMT_IDS_ALLOCATED);
	return 0;
}

int model_alloc_next(struct ids_model *model, uint32_t min, uint32_t max, uint32_t *id)
{
	if (*id >= min && *id < max && !model_alloc(model, *id + 1, max, id))
		return 0;
	return model_alloc(model, min, max, id);
}

int model_alloc_at(struct ids_model *model, uint32_t id)
{
	int state = model_test(model, id);

	if (state < 0)
		return state;
	if (state == IOMT_IDS_RESERVED)
		return IOMT_EPERM;
	if (state == IOMT_IDS_ALLOCATED)
		return IOMT_EEXIST;
	put(model, id, IOMT_IDS_ALLOCATED);
	return 0;
}

int model_free(struct ids_model *model, uint32_t id)
{
	static const int errors[] = {[IOMT_IDS_FREE] = IOMT_ENOENT,
				     [IOMT_IDS_ALLOCATED] = 0,
				     [IOMT_IDS_RESERVED] = IOMT_EPERM,
				     [FREED] = IOMT_ESTALE};
	int err;

	if (id > model->last)
		return IOMT_ERANGE;
	CHECK(inside(model, id));
	err = errors[model->state[id - model->base]];
	if (!err)
		put(model, id, FREED);
	return err;
}

int model_reserve(struct ids_model *model, uint32_t first, uint32_t last)
{
	int err = check_range(model, first, last);

	for (uint64_t id = first; !err && id <= last; id++) {
		int state = model_test(model, (uint32_t)id);

		if (state != IOMT_IDS_FREE)
			err = state == IOMT_IDS_RESERVED ? IOMT_EPERM : IOMT_EEXIST;
	}
	for (uint64_t id = first; !err && id <= last; id++)
		put(model, id, IOMT_IDS_RESERVED);
	return err;
}

int model_release(struct ids_model *model, uint32_t first, uint32_t last)
{
	int err = check_range(model, first, last);

	for (uint64_t id = first; !err && id <= last; id++) {
		if (model_test(model, (uint32_t)id) != IOMT_IDS_RESERVED)
			err = IOMT_ENOENT;
	}
	for (uint64_t id = first; !err && id <= last; id++)
		put(model, id, IOMT_IDS_FREE);
	return err;
}

int model_test(const struct ids_model *model, uint32_t id)
{
	int state;

	if (id > model->last)
		return IOMT_ERANGE;
	CHECK(inside(model, id));
	state = model->state[id - model->base];
	return state == FREED ? IOMT_IDS_FREE : state;
}

int model_next(const struct ids_model *model, uint64_t from, uint32_t *id)
{
	for (uint64_t i = from > model->base ? from - model->base : 0; i < model->count; i++) {
		if (model->state[i] == IOMT_IDS_ALLOCATED) {
			*id = (uint32_t)(model->base + i);
			return 0;
		}
	}
	return IOMT_ENOENT;
}

void model_compare(const struct ids_model *model, const struct iomt_ids *ids)
{
	struct iomt_ids_stats stats;
	uint64_t counts[4] = {0}, from = 0;
	uint32_t id, expected;
	int err;

	for (uint64_t i = 0; i < model->count; i++)
		counts[model->state[i]]++;
	iomt_ids_stats(ids, &stats);
	CHECK_EQ(stats.allocated, counts[IOMT_IDS_ALLOCATED]);
	CHECK_EQ(stats.reserved, counts[IOMT_IDS_RESERVED]);
	do {
		err = model_next(model, from, &expected);
		CHECK_INT(iomt_ids_next(ids, from, &id), err);
		if (!err)
			CHECK_EQ(id, expected);
		from = id + 1ULL;
	} while (!err);
}
