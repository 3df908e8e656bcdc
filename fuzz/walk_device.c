/* SPDX-License-Identifier: MIT */
/*
 * Tables of devices full of anything: every request ends, reads nothing outside of the memory, and has the same
 * answer in regions and behind callbacks (tests/walk/device_play.h).
 */
#include "device_play.h"
#include "lots.h"
#include "target.h"
#include "walks.h"

#define REQUESTS 24u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct device_counts counts = {0};
	struct lots lots;
	uint64_t seed = lots_open(&lots, data, size);
	struct play_source source = {lots_draw, &lots};

	play_device(&source, seed, REQUESTS, &counts);
	walks_add(2 * counts.requests);
	return 0;
}
