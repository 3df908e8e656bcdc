/* SPDX-License-Identifier: MIT */
/*
 * Inspections of tables that hold anything (guest_play.h), beside walks: ranges are what walks translate
 * and nothing else, entries where walks end are found, a table does not differ from itself, budgets
 * hold, and it does not matter where they end.
 */
#ifndef TESTS_WALK_INSPECT_PLAY_H
#define TESTS_WALK_INSPECT_PLAY_H

#include "guest_play.h"
#include <iomt/inspect.h>

struct inspect_counts {
	uint64_t tables;
	uint64_t ranges;
	uint64_t limits;       /* inspections that a budget ended */
	uint64_t explained;    /* faults of walks that were found */
	uint64_t findings[16]; /* by kind */
};

/* One table. What is wrong fails the test, naming "seed". */
void play_inspect(const struct play_source *source, uint64_t seed, struct inspect_counts *counts);

#endif
