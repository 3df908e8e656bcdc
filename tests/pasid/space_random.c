/* SPDX-License-Identifier: MIT */
/* Random calls on spaces of all widths beside a plain array, with memory that runs out. */
#include "random.h"
#include "space_play.h"
#include "test.h"

#define STEPS 30000u

static void run(uint8_t bits, uint8_t flags, uint8_t quarantine)
{
	static struct space_play play;
	struct space_header header = {.bits = bits, .flags = flags, .quarantine = quarantine};
	uint64_t steps = random_times(STEPS);
	struct random random;

	random_init(&random, bits + 100u * flags + 1000u * quarantine);
	space_play_open(&play, &header);
	for (uint64_t i = 0; i < steps; i++) {
		uint64_t lots = random_next(&random), more = random_next(&random);
		struct space_record record = {.operation = (uint8_t)lots,
					      .fail = lots >> 8 & 7 ? 0 : 1 + (lots >> 11 & 3),
					      .where = (uint8_t)(lots >> 16),
					      .set = (uint8_t)(lots >> 24),
					      .min = (uint16_t)(lots >> 32),
					      .max = (uint16_t)(lots >> 48)};

		/* mostly where others are */
		if (more & 3)
			record.min = (uint16_t)(more >> 8 & 31);
		/* what empties all is rare */
		if ((record.operation % 32 == 10 || record.operation % 32 == 18 ||
		     record.operation % 32 == 2) &&
		    more >> 16 & 31)
			continue;
		space_play_step(&play, &record);
	}
	space_play_close(&play);
}

static void all_widths(void)
{
	for (uint8_t bits = 0; bits < IOMT_PASID_BITS; bits++) {
		run(bits, bits % 2, 0);
		run(bits, 0, 255);
		run(bits, 1, 255);
		run(bits, bits % 2, (uint8_t)(1 + bits));
	}
}

TEST_SUITE(space_random, TEST(all_widths));
