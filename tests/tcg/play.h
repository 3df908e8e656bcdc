/* SPDX-License-Identifier: MIT */
/* Random maps, unmaps and protects, kept in the reference model too, and addresses to ask for. */
#ifndef TESTS_TCG_PLAY_H
#define TESTS_TCG_PLAY_H

#include "model.h"
#include "random.h"
#include <iomt/iomt.h>

struct play {
	struct iomt_pt *pt;
	struct iomt_gather *gather;
	uint64_t granule;
	uint64_t first; /* input addresses to play with */
	uint64_t last;
	uint64_t oa_first;
	uint64_t oa_last;
	const uint32_t *prots; /* to choose from, ending with 0 */
	bool one_type;	       /* memory is write-back alone */
	const char *name;

	/* Asks for an address, with what the model has there or NULL. */
	void (*ask)(void *ctx, uint64_t address, const struct interval *interval);
	/* Waits for the answers; afterwards nothing of the table is remembered. */
	void (*answer)(void *ctx);
	void *ctx;

	struct model model;
	struct random random;
};

/* IOMT_TEST_SEED=n takes the place of the seed. note (of that many bytes) is told of it. */
void play_random(struct play *play, unsigned rounds, uint64_t seed, char *note, size_t bytes);

#endif
