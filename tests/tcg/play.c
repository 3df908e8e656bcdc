/* SPDX-License-Identifier: MIT */
#include "play.h"
#include "test.h"
#include <stdio.h>

#define ACCESS (IOMT_READ | IOMT_WRITE | IOMT_EXEC | IOMT_PRIV)

static uint64_t below(struct play *play, uint64_t limit)
{
	return random_below(&play->random, limit);
}

static uint64_t pick_size(struct play *play)
{
	uint64_t sizes = iomt_pt_sizes(play->pt), size;

	do
		size = 1ULL << below(play, 48);
	while (!(size & sizes));
	return size;
}

static uint32_t pick_prot(struct play *play)
{
	size_t count = 0;

	while (play->prots[count])
		count++;
	return play->prots[below(play, count)];
}

/* Some mapped interval, or NULL when there is none. */
static const struct interval *pick_interval(struct play *play)
{
	if (!play->model.count)
		return NULL;
	return &play->model.intervals[below(play, play->model.count)];
}

/* Often next to what is mapped, so that leaves share tables; else anywhere. */
static void do_map(struct play *play)
{
	const struct interval *near = pick_interval(play);
	uint64_t size = pick_size(play), length = size * (1 + below(play, 4));
	uint64_t iova = play->first + below(play, play->last - play->first);
	uint64_t oa = play->oa_first + below(play, play->oa_last - play->oa_first);
	uint32_t prot = pick_prot(play) | (play->one_type ? 0 : (uint32_t)below(play, 3) << 8);
	int err;

	if (near && below(play, 2))
		iova = near->last + 1;
	iova = (iova + size - 1) & ~(size - 1);
	oa = (oa + size - 1) & ~(size - 1);
	if (iova < play->first || iova > play->last || length - 1 > play->last - iova ||
	    oa < play->oa_first || oa > play->oa_last || length - 1 > play->oa_last - oa)
		return;
	err = iomt_pt_map(play->pt, iova, oa, length, prot, play->gather);
	CHECK_MSG(err == (model_is_free(&play->model, iova, iova + (length - 1)) ? 0 : IOMT_EEXIST),
		  "%s, seed %" PRIu64 ": map gave %s", play->name, play->random.seed,
		  iomt_strerror(err));
	if (!err)
		model_map(&play->model, iova, iova + (length - 1), oa, prot);
}

/* A part of something mapped, at the granule. */
static bool pick_part(struct play *play, uint64_t *first, uint64_t *last)
{
	const struct interval *in = pick_interval(play);
	uint64_t granules, at, count;

	if (!in)
		return false;
	granules = (in->last - in->first + 1) / play->granule;
	at = below(play, granules);
	count = 1 + below(play, granules - at);
	*first = in->first + at * play->granule;
	*last = *first + (count * play->granule - 1);
	return true;
}

static void do_unmap(struct play *play)
{
	uint64_t first, last, bytes;

	if (!pick_part(play, &first, &last))
		return;
	CHECK_INT(iomt_pt_unmap(play->pt, first, last - first + 1, &bytes, play->gather), 0);
	CHECK_EQ(bytes, last - first + 1);
	model_unmap(&play->model, first, last);
}

static void do_protect(struct play *play)
{
	uint32_t prot = pick_prot(play);
	uint64_t first, last;

	if (!pick_part(play, &first, &last))
		return;
	CHECK_INT(iomt_pt_protect(play->pt, first, last - first + 1, prot & ACCESS, play->gather),
		  0);
	model_protect(&play->model, first, last, ACCESS, prot & ACCESS);
}

static void ask(struct play *play, uint64_t address)
{
	if (address >= play->first && address <= play->last)
		play->ask(play->ctx, address, model_find(&play->model, address));
}

/* The edges of all that is mapped, and addresses anywhere. */
static void ask_many(struct play *play)
{
	for (size_t i = 0; i < play->model.count; i++) {
		const struct interval *in = &play->model.intervals[i];

		ask(play, in->first);
		ask(play, in->first - 1);
		ask(play, in->last);
		ask(play, in->last + 1);
		ask(play, in->first + below(play, in->last - in->first + 1));
	}
	for (unsigned i = 0; i < 20; i++)
		ask(play, play->first + below(play, play->last - play->first));
	play->answer(play->ctx);
	iomt_gather_release(play->gather);
}

void play_random(struct play *play, unsigned rounds, uint64_t seed, char *note, size_t bytes)
{
	random_init(&play->random, seed);
	snprintf(note, bytes, "%s, seed %" PRIu64, play->name, play->random.seed);
	model_init(&play->model);
	while (rounds--) {
		for (unsigned i = 0; i < 20; i++)
			do_map(play);
		ask_many(play);
		for (unsigned i = 0; i < 10; i++)
			do_unmap(play);
		ask_many(play);
		for (unsigned i = 0; i < 10; i++)
			do_protect(play);
		ask_many(play);
	}
	CHECK_INT(iomt_pt_trim(play->pt, play->first, play->last - play->first + 1, play->gather),
		  0);
	ask_many(play);
	model_destroy(&play->model);
}
