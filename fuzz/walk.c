/* SPDX-License-Identifier: MIT */
/*
 * Guest tables full of anything: in regions, cut anywhere, and behind callbacks, where words change
 * between any two reads. The library says what the other walker says (tests/walk/guest_play.h), and leaves
 * the same behind.
 */
#include "guest_play.h"
#include "lots.h"
#include "target.h"
#include "walks.h"

#define QUERIES 32u /* in each table: what an input has no bytes for is drawn by lot */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play_counts counts = {0};
	struct lots lots;
	struct play_source source = {lots_draw, &lots};
	uint64_t seed = lots_open(&lots, data, size);

	play_guest(&source, seed, QUERIES, &counts);
	walks_add(counts.calls);
	return 0;
}
