/* SPDX-License-Identifier: MIT */
/* Random operations on a table, each judged by DMA. */
#ifndef TESTS_QEMU_PLAY_H
#define TESTS_QEMU_PLAY_H

#include "witness.h"

#define PLAY_MAPPINGS 48

/* What is mapped, in this test's own books. */
struct mapping {
	uint64_t iova;
	uint64_t oa;
	uint64_t length;
	uint32_t prot;
};

/*
 * Plays this many steps on w->pt in the IOVAs [base, base + bytes - 1], with leaves of up to
 * 2^largest_lg2 bytes, and unmaps everything at the end.
 */
void play(struct witness *w, uint64_t base, uint64_t bytes, unsigned largest_lg2, unsigned steps);

/* One DMA to or from a mapping, at random, with what its protection says must come of it. */
void play_probe(struct witness *w, const struct mapping *mapping);

/* A random place in a mapping whose memory a test may use: an offset, or false. */
bool play_place(struct witness *w, const struct mapping *mapping, unsigned bytes, uint64_t *offset);

#endif
