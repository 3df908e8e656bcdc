/* SPDX-License-Identifier: MIT */
/*
 * The domain-id solver on devices of many kinds: ids beside the bound, time, memory; and what its
 * answers do to the IOTLB of the model, beside an id for each device and the ideal, in which equal
 * leaves are one entry wherever they are.
 */
#include "snapshot.h"
#include <iomt/iomt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SEED	 1u
#define ACCESSES 400000u
#define PAGES	 4u /* of each leaf, that are in use */

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

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
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
	struct iomt_repack_cfg cfg = {.size = sizeof(cfg),
				      .relation = (uint8_t)relation,
				      .first = 1,
				      .last = 0xffff};
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
	static const char *const relations[] = {"equivalent", "isolating", "compatible"};
	struct answer answer = solve(snapshot, relation);
	const struct iomt_repack_result *result = &answer.result;

	printf("%-18s %7u %6u %-10s %8u %6u %6u %6.1f %5s %9.2f %9.2f %8zu\n", name,
	       snapshot->count, pasids, relations[relation], result->contents, result->ids,
	       result->bound, 100.0 * (result->ids - result->bound) / result->bound,
	       result->exact ? "yes" : "no", 1e6 * answer.seconds / snapshot->count,
	       1e6 * answer.check_seconds / snapshot->count, answer.bytes >> 10);
	free(answer.ids);
}

static void show_sizes(bool full)
{
	static const struct {
		uint32_t devices, pasids;
	} sizes[] = {{16, 1}, {16, 1024}, {64, 16}, {400, 5}, {400, 16}, {1024, 256}, {4096, 16}};

	printf("%-18s %7s %6s %-10s %8s %6s %6s %6s %5s %9s %9s %8s\n", "kind", "devices", "PASIDs",
	       "relation", "contents", "ids", "bound", "gap %", "exact", "us/device", "check",
	       "KiB");
	for (int kind = 0; kind < SNAPSHOT_KINDS; kind++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			struct snapshot snapshot;

			if (!snapshot_make(&snapshot, (enum snapshot_kind)kind, sizes[i].devices,
					   sizes[i].pasids, SEED))
				give_up("no memory");
			if (full)
				show(&snapshot, snapshot_names[kind], sizes[i].pasids,
				     IOMT_REPACK_EQUIVALENT);
			show(&snapshot, snapshot_names[kind], sizes[i].pasids,
			     IOMT_REPACK_ISOLATING);
			show(&snapshot, snapshot_names[kind], sizes[i].pasids,
			     IOMT_REPACK_COMPATIBLE);
			snapshot_free(&snapshot);
		}
	}
}

int main(int argc, char **argv)
{
	show_sizes(argc > 1 && !strcmp(argv[1], "full"));
	return 0;
}
