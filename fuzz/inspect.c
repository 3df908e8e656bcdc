/* SPDX-License-Identifier: MIT */
/*
 * Inspections of guest tables full of anything (tests/walk/inspect_play.h): ranges, findings and
 * differences say what walks say, by any budget.
 */
#include "inspect_play.h"
#include "lots.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inspect_counts counts = {0};
	struct lots lots;
	struct play_source source = {lots_draw, &lots};
	uint64_t seed = lots_open(&lots, data, size);

	play_inspect(&source, seed, &counts);
	return 0;
}
