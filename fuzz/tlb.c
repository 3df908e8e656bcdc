/* SPDX-License-Identifier: MIT */
/*
 * A software IOTLB and a list of translations, call by call: the cache may miss, it may not say what
 * the list does not, it has what was just inserted, and it refuses what an invalidation overtook.
 */
#include "target.h"
#include "tlb_play.h"
#include <string.h>

#define MOST_STEPS 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tlb_player player;
	struct tlb_header header = {0};
	struct tlb_record record;

	memcpy(&header, data, size < sizeof(header) ? size : sizeof(header));
	tlb_start(&player, tlb_open(&header), true, 0);
	for (unsigned i = 0; i < MOST_STEPS; i++) {
		size_t at = sizeof(header) + i * sizeof(record);

		if (at + sizeof(record) > size)
			break;
		memcpy(&record, data + at, sizeof(record));
		tlb_step(&player, &record);
	}
	tlb_finish(&player);
	return 0;
}
