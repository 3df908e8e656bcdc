/* SPDX-License-Identifier: MIT */
/* Translation of random addresses in working sets of granules. */
#include "bench.h"
#include <stdlib.h>

#define LOOKUPS 8192u
#define BATCH	32u

static bool open_set(struct round *round)
{
	uint64_t size = (uint64_t)round->bench->param << 20, state = 1;
	uint64_t *addresses = malloc(LOOKUPS * sizeof(*addresses));

	round->ops = LOOKUPS;
	round->entries = 1;
	round->data = addresses;
	if (!addresses || !bench_table(round, 0))
		return false;
	bench_check(round,
		    round->target->map(round->pt, BENCH_BASE,
				       BENCH_OA + (1ULL << round->kind->granule_lg2), size,
				       IOMT_READ | IOMT_WRITE, NULL),
		    "map");
	for (uint32_t i = 0; i < LOOKUPS; i++)
		addresses[i] = BENCH_BASE + bench_random(&state) % size;
	return !round->error;
}

/* Each round looks up other addresses, or the set's tables would all stay in the cache. */
static void new_addresses(struct round *round)
{
	static uint64_t state = 42;
	uint64_t size = (uint64_t)round->bench->param << 20, *addresses = round->data;

	for (uint32_t i = 0; i < LOOKUPS; i++)
		addresses[i] = BENCH_BASE + bench_random(&state) % size;
}

static void independent(struct round *round)
{
	const uint64_t *addresses = round->data;
	uint64_t sum = 0, oa = 0;
	int err = 0;

	for (uint32_t i = 0; i < LOOKUPS; i++) {
		err |= round->target->oa(round->pt, addresses[i], &oa);
		sum += oa;
	}
	__asm__ volatile("" : : "r"(sum));
	bench_check(round, err, "translate");
}

/* With permissions, size and all that the entry says. */
static void whole(struct round *round)
{
	const uint64_t *addresses = round->data;
	struct iomt_pt_leaf leaf;
	uint64_t sum = 0;
	int err = 0;

	for (uint32_t i = 0; i < LOOKUPS; i++) {
		err |= round->target->translate(round->pt, addresses[i], &leaf);
		sum += leaf.oa + leaf.prot;
	}
	__asm__ volatile("" : : "r"(sum));
	bench_check(round, err, "translate");
}

/* A device's requests come in batches; who has no call for that takes them one by one. */
static void batched(struct round *round)
{
	const struct target *target = round->target;
	const uint64_t *addresses = round->data;
	struct iomt_pt_leaf leaves[BATCH];
	uint64_t sum = 0;
	size_t found = 0;

	if (!target->translate_many) {
		independent(round);
		return;
	}
	for (uint32_t i = 0; i < LOOKUPS; i += BATCH) {
		found += target->translate_many(round->pt, addresses + i, BATCH, leaves);
		for (uint32_t j = 0; j < BATCH; j++)
			sum += leaves[j].oa;
	}
	__asm__ volatile("" : : "r"(sum));
	bench_check(round, found == LOOKUPS ? 0 : IOMT_ENOENT, "translate");
}

/* The next address waits for the last answer, whose top bit is never set. */
static void dependent(struct round *round)
{
	const uint64_t *addresses = round->data;
	uint64_t oa = 0;
	int err = 0;

	for (uint32_t i = 0; i < LOOKUPS; i++)
		err |= round->target->oa(round->pt, addresses[i] | oa >> 63, &oa);
	bench_check(round, err, "translate");
}

static void done(struct round *round)
{
	bench_drop(round);
	free(round->data);
}

const struct workload bench_translate = {open_set, new_addresses, independent, NULL, done};
const struct workload bench_translate_dependent = {open_set, new_addresses, dependent, NULL, done};

void bench_walks(const struct kind *kind, bool full)
{
	static const struct workload leaf = {open_set, new_addresses, whole, NULL, done};
	static const struct workload together = {open_set, new_addresses, batched, NULL, done};

	bench_add(kind, "translate in 2M", &bench_translate, 2);
	bench_add(kind, "translate in 1G", &bench_translate, 1024);
	bench_add(kind, "translate in 16G", &bench_translate, 16384);
	bench_add_own(kind, "translate in 2M, whole leaf", &leaf, 2);
	bench_add_own(kind, "translate in 1G, whole leaf", &leaf, 1024);
	bench_add(kind, "translate in 2M, batched", &together, 2);
	bench_add(kind, "translate in 1G, batched", &together, 1024);
	bench_add(kind, "translate in 16G, batched", &together, 16384);
	bench_add(kind, "translate in 2M, dependent", &bench_translate_dependent, 2);
	bench_add(kind, "translate in 1G, dependent", &bench_translate_dependent, 1024);
	bench_add(kind, "translate in 16G, dependent", &bench_translate_dependent, 16384);
	if (!full)
		return;
	bench_add(kind, "translate in 64G", &bench_translate, 65536);
	bench_add(kind, "translate in 64G, batched", &together, 65536);
	bench_add(kind, "translate in 64G, dependent", &bench_translate_dependent, 65536);
}
