/* SPDX-License-Identifier: MIT */
/*
 * The IOTLB in front of a unit, beside a model that remembers all that may still be cached: the guest changes
 * its entries and pages, sends commands or does not, and devices ask. Each answer is one that the
 * specification lets hardware give: of the tables as they are, or as they were at some time since the last
 * command that was about it.
 */
#ifndef TESTS_WALK_CACHED_PLAY_H
#define TESTS_WALK_CACHED_PLAY_H

#include "guest_play.h"
#include <iomt/walk_cached.h>

#define CACHED_COMMANDS 20u

struct cached_counts {
	uint64_t translated;
	uint64_t faults;
	uint64_t hits;	/* translated, and nothing was read */
	uint64_t stale; /* another answer than the tables give now */
	uint64_t changes;
	uint64_t commands[3][CACHED_COMMANDS]; /* by architecture and kind */
};

/* How many kinds of commands a play of this architecture sends. */
extern const unsigned cached_commands[3];

/* A unit and some steps. What is wrong fails the test, naming "seed". */
void play_cached(const struct play_source *source, uint64_t seed, unsigned steps,
		 struct cached_counts *counts);

#endif
