/* SPDX-License-Identifier: MIT */
/*
 * A guest that changes entries and pages and sends commands, and devices that ask through the IOTLB: every answer
 * is one that may still be cached (tests/walk/cached_play.h).
 */
#include "cached_play.h"
#include "lots.h"
#include "target.h"

#define STEPS 80u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cached_counts counts = {0};
	struct lots lots;
	uint64_t seed = lots_open(&lots, data, size);
	struct play_source source = {lots_draw, &lots};

	play_cached(&source, seed, STEPS, &counts);
	return 0;
}
