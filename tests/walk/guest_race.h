/* SPDX-License-Identifier: MIT */
/*
 * Guest tables that hold anything, whose words a thread changes while another walks them: each of these
 * words is in one of a few states at any time, and every answer is what the other walker makes of some.
 */
#ifndef TESTS_WALK_GUEST_RACE_H
#define TESTS_WALK_GUEST_RACE_H

#include "guest_play.h"

struct race_counts {
	uint64_t walks;
	uint64_t leaves;
	uint64_t again;	 /* IOMT_EAGAIN */
	uint64_t stores; /* while there were walks */
};

/* Calls run(first) and run(second) in two threads at the same time. */
typedef void race_pair_fn(void (*run)(void *ctx), void *first, void *second);

/* One table, and walks in it. What is wrong aborts, naming "seed". */
void play_race(const struct play_source *source, uint64_t seed, race_pair_fn *pair,
	       struct race_counts *counts);

#endif
