/* SPDX-License-Identifier: MIT */
/*
 * Calls that overlap, on one processor: at each atomic access (interleave.h) lots decide who goes
 * on. What happens depends on the lots alone, and calls stop in places where threads hardly ever
 * would.
 */
#ifndef TESTS_PASID_OVERLAP_H
#define TESTS_PASID_OVERLAP_H

#include <stdint.h>

#define OVERLAP_THREADS 3u

/* Who draws: 0 to below - 1. */
struct overlap {
	uint64_t (*draw)(void *ctx, uint64_t below);
	void *ctx;
	unsigned patience;    /* accesses that one makes in a row, in the mean */
	void (*meddle)(void); /* called at accesses, now and then, if not NULL: may make calls */
};

extern struct overlap overlap;

/* Plays act(0) to act(OVERLAP_THREADS - 1), until all have returned. */
void overlap_play(void (*act)(unsigned thread));

#endif
