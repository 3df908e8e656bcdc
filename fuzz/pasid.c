/* SPDX-License-Identifier: MIT */
/* A space of PASIDs and a plain array, call by call: space_play.h knows what must hold. */
#include "space_play.h"
#include "target.h"
#include "test.h"

#define MOST_STEPS 96u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct space_play play;
	struct space_header header = {0};
	struct space_record record;

	memcpy(&header, data, size < sizeof(header) ? size : sizeof(header));
	space_play_open(&play, &header);
	for (unsigned i = 0; i < MOST_STEPS; i++) {
		size_t at = sizeof(header) + i * sizeof(record);

		if (at + sizeof(record) > size)
			break;
		memcpy(&record, data + at, sizeof(record));
		space_play_step(&play, &record);
	}
	space_play_close(&play);
	return 0;
}
