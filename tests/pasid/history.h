/* SPDX-License-Identifier: MIT */
/*
 * Histories of calls on a few ids that overlap, each checked for linearizability: whether the calls
 * can be put into one order, in which each that ended before another began comes before it, and all
 * answers are those of a plain set. (Wing and Gong 1993, with a memory of what was tried.)
 */
#ifndef TESTS_PASID_HISTORY_H
#define TESTS_PASID_HISTORY_H

#include "overlap.h"
#include <iomt/ids.h>
#include <stdbool.h>

#define HISTORY_CALLS 8u /* of each thread */
#define HISTORY_IDS   4u

enum history_op { ALLOC, NEXT, AT, FREE, TEST_ONE, RESERVE, RELEASE, HISTORY_OPS };

struct history_call {
	enum history_op op;
	uint32_t min, max; /* from the base on; or the id, twice */
	uint32_t id;	   /* that came out */
	int result;
	uint64_t began, ended;
};

/* What is played, or to be checked. */
struct history {
	struct iomt_ids ids; /* of 20 bits */
	uint32_t base;	     /* such that the ids share a word, or stand on both sides of an edge */
	uint64_t now;	     /* counts beginnings and ends of calls */
	struct history_call calls[OVERLAP_THREADS][HISTORY_CALLS];
};

/* Two bits an id: enum iomt_ids_state, or freed. */
unsigned history_with_state(unsigned state, uint32_t id, unsigned to);

/* Makes all calls, overlapping by lot. */
void history_play(struct history *history);

/* Whether an order explains them; "before" is the state at the beginning. */
bool history_is_linearizable(const struct history *history, unsigned before);

void history_print(const struct history *history);

/* Now that all calls are over, no summary hides a free id: the smallest is the smallest. */
void history_check_smallest(struct history *history);

/* All others that share words and parts with those are reserved, so that words fill and open. */
void history_crowd(struct history *history);

#endif
