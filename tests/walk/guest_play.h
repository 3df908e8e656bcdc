/* SPDX-License-Identifier: MIT */
/*
 * Guest tables that hold anything, out of random numbers or a fuzzer's bytes: the library and the other
 * walker (guest_reader.h) must say the same, and leave the same behind.
 */
#ifndef TESTS_WALK_GUEST_PLAY_H
#define TESTS_WALK_GUEST_PLAY_H

#include "guest_reader.h"

/* Where choices come from: 0..below - 1, or any 64 bits where below is 0. */
struct play_source {
	uint64_t (*next)(void *ctx, uint64_t below);
	void *ctx;
};

/* How often each thing happened: a run that never gets to a leaf shows nothing. */
struct play_counts {
	uint64_t walks; /* that were asked for */
	uint64_t calls; /* of the library */
	uint64_t leaves;
	uint64_t updates;
	uint64_t faults[16]; /* by kind */
};

/* One table, and walks in it. What is wrong fails the test, naming "seed". */
void play_guest(const struct play_source *source, uint64_t seed, unsigned queries,
		struct play_counts *counts);

/*
 * One table, for another play: its walker, and addresses that come to entries that were written. Choices
 * go on from the same source.
 */
typedef void play_table_fn(const struct iomt_walker *walker, void *ctx);
void play_table(const struct play_source *source, uint64_t seed, play_table_fn *look, void *ctx);
uint64_t play_iova(void);
uint32_t play_access(void);

/* What such a play may change: one of the words that were written, and what else could stand there. */
uint64_t *play_written(void);
uint64_t play_entry(void);
uint64_t *play_word(uint64_t address); /* NULL where no memory is */

/* The other walker of the table. */
const struct reader *play_reader(void);

#endif
