/* SPDX-License-Identifier: MIT */
/* Random tables, kept in the reference model too, and random questions to the MMU. */
#include "arm_cases.h"
#include "model.h"
#include "random.h"
#include "test.h"
#include <stdio.h>

#define ACCESS (IOMT_READ | IOMT_WRITE | IOMT_EXEC | IOMT_PRIV)

struct run {
	struct arm_table *table;
	struct model model;
	struct random random;
	uint64_t oa_last;
};

static uint64_t pick_size(struct run *run)
{
	uint64_t sizes = iomt_pt_sizes(&run->table->pt), size;

	do
		size = 1ULL << random_below(&run->random, 48);
	while (!(size & sizes));
	return size;
}

/* Some mapped interval, or NULL when there is none. */
static const struct interval *pick_interval(struct run *run)
{
	if (!run->model.count)
		return NULL;
	return &run->model.intervals[random_below(&run->random, run->model.count)];
}

static uint32_t pick_prot(struct run *run)
{
	static const uint32_t stage1[] = {IOMT_READ, IOMT_READ | IOMT_WRITE, IOMT_READ | IOMT_PRIV,
					  IOMT_READ | IOMT_WRITE | IOMT_PRIV,
					  IOMT_READ | IOMT_EXEC};
	static const uint32_t stage2[] = {IOMT_READ, IOMT_READ | IOMT_WRITE, IOMT_WRITE,
					  IOMT_READ | IOMT_EXEC,
					  IOMT_READ | IOMT_WRITE | IOMT_EXEC};

	return run->table->config->stage2 ? stage2[random_below(&run->random, 5)]
					  : stage1[random_below(&run->random, 5)];
}

/* Often next to what is mapped, so that leaves share tables; else anywhere. */
static void do_map(struct run *run)
{
	const struct arm_table *t = run->table;
	const struct interval *near = pick_interval(run);
	uint64_t size = pick_size(run), length = size * (1 + random_below(&run->random, 4)), iova,
		 oa;
	uint32_t prot = pick_prot(run) | (uint32_t)random_below(&run->random, 3) << 8;

	if (length > (t->last - t->first) / 4 || length > run->oa_last / 4)
		return;
	iova = near && random_below(&run->random, 2)
		       ? near->last + 1
		       : t->first + random_next(&run->random) % (t->last - t->first);
	iova = (iova + size - 1) & ~(size - 1);
	oa = random_next(&run->random) & run->oa_last & ~(size - 1);
	if (iova < t->first || iova > t->last || length - 1 > t->last - iova ||
	    length - 1 > run->oa_last - oa)
		return;
	if (!model_is_free(&run->model, iova, iova + length - 1))
		return;
	arm_map(run->table, iova, oa, length, prot);
	model_map(&run->model, iova, iova + length - 1, oa, prot);
}

/* A part of something mapped, at the granule. */
static bool pick_part(struct run *run, uint64_t *first, uint64_t *last)
{
	const struct interval *in = pick_interval(run);
	uint64_t granule = run->table->granule, granules, at, count;

	if (!in)
		return false;
	granules = (in->last - in->first + 1) / granule;
	at = random_below(&run->random, granules);
	count = 1 + random_below(&run->random, granules - at);
	*first = in->first + at * granule;
	*last = *first + count * granule - 1;
	return true;
}

static void do_unmap(struct run *run)
{
	uint64_t first, last, bytes;

	if (!pick_part(run, &first, &last))
		return;
	CHECK_INT(iomt_pt_unmap(&run->table->pt, first, last - first + 1, &bytes,
				&run->table->gather),
		  0);
	CHECK_EQ(bytes, last - first + 1);
	model_unmap(&run->model, first, last);
}

static void do_protect(struct run *run)
{
	uint32_t prot = pick_prot(run);
	uint64_t first, last;

	if (!pick_part(run, &first, &last))
		return;
	CHECK_INT(iomt_pt_protect(&run->table->pt, first, last - first + 1, prot,
				  &run->table->gather),
		  0);
	model_protect(&run->model, first, last, ACCESS, prot);
}

static void ask_one(struct run *run, uint64_t address)
{
	const struct arm_table *t = run->table;
	const struct interval *in;

	if (address < t->first || address > t->last)
		return;
	in = model_find(&run->model, address);
	if (in)
		arm_ask_all(run->table, address, in->oa + (address - in->first), in->prot);
	else
		arm_ask_all(run->table, address, 0, 0);
}

static void ask_many(struct run *run)
{
	const struct arm_table *t = run->table;

	for (size_t i = 0; i < run->model.count; i++) {
		const struct interval *in = &run->model.intervals[i];

		ask_one(run, in->first);
		ask_one(run, in->first - 1);
		ask_one(run, in->last);
		ask_one(run, in->last + 1);
		ask_one(run, in->first + random_below(&run->random, in->last - in->first + 1));
	}
	for (unsigned i = 0; i < 20; i++)
		ask_one(run, t->first + random_next(&run->random) % (t->last - t->first));
	arm_flush(t->machine);
	iomt_gather_release(&run->table->gather);
}

static void random_in(struct arm_table *t)
{
	struct run run = {.table = t, .oa_last = (1ULL << t->config->oa_bits) - 1};

	random_init(&run.random, t->config->iova_bits);
	snprintf(t->machine->note, sizeof(t->machine->note), "%s, seed %" PRIu64, t->config->name,
		 run.random.seed);
	model_init(&run.model);
	for (unsigned round = 0; round < 4; round++) {
		for (unsigned i = 0; i < 20; i++)
			do_map(&run);
		ask_many(&run);
		for (unsigned i = 0; i < 10; i++)
			do_unmap(&run);
		ask_many(&run);
		for (unsigned i = 0; i < 10; i++)
			do_protect(&run);
		ask_many(&run);
	}
	model_destroy(&run.model);
}

/* IOMT_TEST_SEED=n repeats a run; what fails names its seed. */
void arm_random(void)
{
	arm_over_all(random_in);
}
