/* SPDX-License-Identifier: MIT */
/*
 * Two threads on one software IOTLB, each with PASIDs of its own and a list of its own: records of
 * even number are the first thread's. Each may find less than it inserted, because the other fills
 * the same sets and forgets whole domains, and never anything else.
 */
#include "pair.h"
#include "target.h"
#include "tlb_play.h"
#include <string.h>

#define MOST_STEPS 32u /* of each */

struct side {
	struct tlb_player player;
	struct tlb_record records[MOST_STEPS];
	size_t count;
};

static void run_side(void *ctx)
{
	struct side *side = ctx;

	for (size_t i = 0; i < side->count; i++)
		tlb_step(&side->player, &side->records[i]);
	tlb_finish(&side->player);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct side sides[2];
	struct tlb_header header = {0};
	struct iomt_tlb *tlb;

	memcpy(&header, data, size < sizeof(header) ? size : sizeof(header));
	tlb = tlb_open(&header);
	for (unsigned s = 0; s < 2; s++) {
		tlb_start(&sides[s].player, tlb, false, s ? 0x80 : 0);
		sides[s].count = 0;
	}
	for (unsigned i = 0; i < 2 * MOST_STEPS; i++) {
		struct side *side = &sides[i % 2];
		size_t at = sizeof(header) + i * sizeof(side->records[0]);

		if (at + sizeof(side->records[0]) > size)
			break;
		memcpy(&side->records[side->count++], data + at, sizeof(side->records[0]));
	}
	run_pair(run_side, &sides[0], &sides[1]);
	return 0;
}
