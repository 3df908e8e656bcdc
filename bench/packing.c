/* SPDX-License-Identifier: MIT */
/*
 * The domain-id solver on devices of many kinds: ids beside the bound, time, memory; and what its
 * answers do to the IOTLB of the model, beside an id for each device and the ideal, in which equal
 * leaves are one entry wherever they are.
 */
#include "packing_bound.h"
#include "snapshot.h"
#include <iomt/iomt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SEED	    1u
#define ACCESSES    100000u
#define PAGES	    4u /* of each leaf, that are in use */
#define BOUND_STEPS 40000000u

static void give_up(const char *what)
{
	fprintf(stderr, "iomt: packing: %s\n", what);
	exit(1);
}

static void *room(size_t bytes)
{
	void *memory = malloc(bytes);

	if (!memory)
		give_up("no memory");
	return memory;
}

/* splitmix64 */
static uint64_t any(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* Of this process: other programs do not count. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

struct answer {
	struct iomt_repack_result result;
	uint32_t *ids;
	double seconds, check_seconds;
	size_t bytes;
};

static struct answer solve(const struct snapshot *snapshot, enum iomt_repack_relation relation)
{
	struct iomt_repack_cfg cfg = {
		.size = sizeof(cfg), .relation = (uint8_t)relation, .first = 1, .last = 0xffff};
	struct answer answer = {.bytes = iomt_repack_bytes(&cfg, snapshot->count)};
	void *memory = room(answer.bytes);
	size_t bytes = iomt_repack_check_bytes(snapshot->devices, snapshot->count);
	double start;

	memset(memory, 0, answer.bytes); /* its pages are there before the clock starts */
	answer.ids = room(snapshot->count * sizeof(*answer.ids));
	start = now();
	if (iomt_repack_solve(&cfg, snapshot->devices, snapshot->count, memory, answer.bytes,
			      answer.ids, NULL, &answer.result, NULL))
		give_up("no answer");
	answer.seconds = now() - start;
	free(memory);
	memory = room(bytes);
	memset(memory, 0, bytes);
	start = now();
	if (iomt_repack_check(relation, snapshot->devices, snapshot->count, answer.ids, memory,
			      bytes, NULL))
		give_up("an answer that does not hold");
	answer.check_seconds = now() - start;
	free(memory);
	return answer;
}

static void show(const struct snapshot *snapshot, const char *name, uint32_t pasids,
		 enum iomt_repack_relation relation)
{
	struct answer answer = solve(snapshot, relation);
	const struct iomt_repack_result *result = &answer.result;

	printf("%-18s %7u %6u %-10s %8u %6u %6u %6.1f %5s %9.2f %9.2f %8zu\n", name,
	       snapshot->count, pasids,
	       relation == IOMT_REPACK_ISOLATING ? "isolating" : "compatible", result->contents,
	       result->ids, result->bound, 100.0 * (result->ids - result->bound) / result->bound,
	       result->exact ? "yes" : "no", 1e6 * answer.seconds / snapshot->count,
	       1e6 * answer.check_seconds / snapshot->count, answer.bytes >> 10);
	free(answer.ids);
}

static void show_sizes(void)
{
	static const struct {
		uint32_t devices, pasids;
	} sizes[] = {{16, 1},	{16, 1024},  {64, 16},	  {400, 5},
		     {400, 16}, {256, 1024}, {1024, 256}, {4096, 16}};

	printf("%-18s %7s %6s %-10s %8s %6s %6s %6s %5s %9s %9s %8s\n", "kind", "devices", "PASIDs",
	       "relation", "contents", "ids", "bound", "gap %", "exact", "us/device", "check",
	       "KiB");
	for (int kind = 0; kind < SNAPSHOT_KINDS; kind++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			struct snapshot snapshot;

			if (!snapshot_make(&snapshot, (enum snapshot_kind)kind, sizes[i].devices,
					   sizes[i].pasids, SEED))
				give_up("no memory");
			show(&snapshot, snapshot_names[kind], sizes[i].pasids,
			     IOMT_REPACK_ISOLATING);
			show(&snapshot, snapshot_names[kind], sizes[i].pasids,
			     IOMT_REPACK_COMPATIBLE);
			snapshot_free(&snapshot);
		}
	}
}

/* What tags translations: an id for each device, the solver's, or nothing. */
enum tagging { OWN, PACKED, IDEAL };

static struct iomt_event access_of(const struct snapshot *snapshot, uint32_t device, uint64_t any,
				   enum tagging tagging, const uint32_t *ids)
{
	const struct iomt_repack_device *d = &snapshot->devices[device];
	const struct iomt_repack_key *key = &d->keys[any % d->count];
	struct iomt_event event = {.op = IOMT_EVENT_ACCESS,
				   .address = ((uint64_t)key->leaf * PAGES + (any >> 32) % PAGES)
					      << 12,
				   .bytes = 1,
				   .rid = (uint16_t)device,
				   .leaf_lg2 = 12,
				   .pasid = key->key,
				   .domain = (uint16_t)(device + 1)};

	if (tagging == PACKED)
		event.domain = (uint16_t)ids[device];
	if (tagging == IDEAL)
		event.domain = 1;
	if (tagging == IDEAL || key->key == IOMT_PACK_RID)
		event.pasid = IOMT_NO_PASID;
	return event;
}

/* % of lookups that hit, of devices and keys at random, in an LRU IOTLB of eight ways. */
static double hit_rate(const struct snapshot *snapshot, uint32_t entries, enum tagging tagging,
		       const uint32_t *ids)
{
	struct iomt_model_cfg cfg = iomt_model_preset_find("small")->cfg;
	struct iomt_model_stats stats;
	struct iomt_model *model;
	uint64_t state = SEED;
	size_t bytes;
	void *memory;

	cfg.iotlb[0].sets = entries / cfg.iotlb[0].ways;
	bytes = iomt_model_bytes(&cfg);
	memory = room(bytes);
	if (iomt_model_init(&model, &cfg, memory, bytes))
		give_up("no model");
	for (uint32_t i = 0; i < 2 * ACCESSES; i++) {
		uint32_t device = (uint32_t)((any(&state) >> 32) % snapshot->count);
		struct iomt_event event;

		while (!snapshot->devices[device].count) /* it has nothing to access */
			device = (device + 1) % snapshot->count;
		event = access_of(snapshot, device, any(&state), tagging, ids);
		if (i == ACCESSES) /* warm */
			iomt_model_restart(model);
		if (iomt_model_play(model, &event, NULL))
			give_up("an event that the model refuses");
	}
	iomt_model_stats(model, &stats);
	free(memory);
	return 100.0 * (double)(stats.iotlb.hits + stats.iotlb.merged) / (double)stats.lookups;
}

static uint32_t count_leaves(const struct snapshot *snapshot)
{
	uint32_t count = 0;
	static unsigned char seen[1u << 26];

	memset(seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < snapshot->count; i++) {
		for (uint32_t k = 0; k < snapshot->devices[i].count; k++) {
			unsigned char *leaf = &seen[snapshot->devices[i].keys[k].leaf];

			count += !*leaf;
			*leaf = 1;
		}
	}
	return count;
}

static void show_hits(const struct snapshot *snapshot, const char *name)
{
	static const uint32_t entries[] = {64, 512, 4096};
	struct answer answer = solve(snapshot, IOMT_REPACK_COMPATIBLE);
	uint64_t keys = 0;

	for (uint32_t i = 0; i < snapshot->count; i++)
		keys += snapshot->devices[i].count;
	printf("%-26s %5u %6llu %6llu %6u", name, answer.result.ids, (unsigned long long)keys,
	       (unsigned long long)answer.result.tags, count_leaves(snapshot));
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		printf("  %5.1f %5.1f %5.1f", hit_rate(snapshot, entries[i], OWN, NULL),
		       hit_rate(snapshot, entries[i], PACKED, answer.ids),
		       hit_rate(snapshot, entries[i], IDEAL, NULL));
	printf("\n");
	free(answer.ids);
}

static void show_iotlb(void)
{
	printf("\nHits in the IOTLB, %% of lookups, by its entries: an id each, packed, ideal. 400 "
	       "devices, 16 PASIDs,\n%u pages of each leaf. Tags of each, too.\n",
	       PAGES);
	printf("%-26s %5s %6s %6s %6s  %-17s  %-17s  %s\n", "kind", "ids", "each", "packed",
	       "ideal", "64", "512", "4096");
	for (int kind = 0; kind < SNAPSHOT_KINDS; kind++) {
		struct snapshot snapshot;

		if (!snapshot_make(&snapshot, (enum snapshot_kind)kind, 400, 16, SEED))
			give_up("no memory");
		show_hits(&snapshot, snapshot_names[kind]);
		if (kind == SNAPSHOT_PER_DEVICE) {
			if (!snapshot_number(&snapshot))
				give_up("no numbers");
			show_hits(&snapshot, "the same, numbered jointly");
		}
		snapshot_free(&snapshot);
	}
}

/* What is far above the cliques, in sizes for which better bounds are to be had. */
static void show_bounds(void)
{
	static const uint32_t devices[] = {64, 100, 150, 200};

	printf("\nAdversarial, compatible, 16 PASIDs: the largest clique, the bound by weights, "
	       "the "
	       "solver's proof, ids\n%7s %6s %7s %6s %5s\n",
	       "devices", "clique", "weights", "proof", "ids");
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		struct snapshot snapshot;
		struct answer answer;

		if (!snapshot_make(&snapshot, SNAPSHOT_ADVERSARIAL, devices[i], 16, SEED))
			give_up("no memory");
		answer = solve(&snapshot, IOMT_REPACK_COMPATIBLE);
		printf("%7u %6u %7u %6u %5u\n", devices[i], answer.result.clique,
		       packing_bound(IOMT_REPACK_COMPATIBLE, snapshot.devices, snapshot.count,
				     BOUND_STEPS),
		       answer.result.bound, answer.result.ids);
		free(answer.ids);
		snapshot_free(&snapshot);
	}
}

int main(void)
{
	show_sizes();
	show_bounds();
	show_iotlb();
	return 0;
}
