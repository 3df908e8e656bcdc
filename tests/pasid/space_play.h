/* SPDX-License-Identifier: MIT */
/*
 * Calls on a space of PASIDs and on a plain array that knows the same, one after the other: all
 * answers agree. Calls come as records of bytes, by lot or from a fuzzer; any are valid.
 */
#ifndef TESTS_PASID_SPACE_PLAY_H
#define TESTS_PASID_SPACE_PLAY_H

#include "provider.h"
#include <iomt/pasid.h>

#define PLAY_COUNT 1280u /* PASIDs that are used, at the top of the space */
#define PLAY_SETS  3u

struct space_header {
	uint8_t bits; /* less 1 */
	uint8_t flags;
	uint8_t quarantine; /* the bound; 255: none */
	uint8_t unused;
};

struct space_record {
	uint8_t operation;
	uint8_t fail;  /* which allocation of the call; 0: none */
	uint8_t where; /* beyond the space; near where the last call was; all of the range */
	uint8_t set;
	uint16_t min, max; /* or the PASID, in min */
};

/* What the array knows of each. */
struct space_play_one {
	uint64_t generation;
	uint32_t refs;
	uint8_t state; /* enum iomt_pasid_state */
	uint8_t set;
	bool reserved; /* also while it is allocated */
	bool freed;    /* and not allocated since */
};

struct space_play {
	struct provider provider;
	struct iomt_pasid_space space, other;
	struct iomt_pasid_set sets[PLAY_SETS + 2]; /* none, ours, and one of the other space */
	uint32_t quotas[PLAY_SETS + 2], counts[PLAY_SETS + 2];
	uint64_t open, completed, quarantined;
	uint32_t base, count, last, bound;
	uint32_t near;
	struct space_play_one ones[PLAY_COUNT];
};

void space_play_open(struct space_play *play, const struct space_header *header);
void space_play_step(struct space_play *play, const struct space_record *record);
void space_play_close(struct space_play *play);

#endif
