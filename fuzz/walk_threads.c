/* SPDX-License-Identifier: MIT */
/*
 * The same tables while another thread changes them: every answer is what some state of the memory
 * means (tests/walk/guest_race.h).
 */
#include "guest_race.h"
#include "lots.h"
#include "pair.h"
#include "target.h"
#include "walks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct race_counts counts = {0};
	struct lots lots;
	struct play_source source = {lots_draw, &lots};
	uint64_t seed = lots_open(&lots, data, size);

	play_race(&source, seed, run_pair, &counts);
	walks_add(counts.walks);
	return 0;
}
