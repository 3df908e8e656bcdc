/* SPDX-License-Identifier: MIT */
/* Tables of devices that hold anything, of every architecture. */
#include "device_play.h"
#include "random.h"
#include "test.h"

#define ROUNDS	 100000u
#define REQUESTS 6u

static uint64_t next(void *ctx, uint64_t below)
{
	return below ? random_below(ctx, below) : random_next(ctx);
}

/* All that RISC-V has for translations, but for corrupted data. */
static const unsigned causes[] = {0,   1,   5,	 7,   12,  13,	15,  20,  21,  23, 256,
				  257, 258, 259, 260, 261, 262, 263, 265, 266, 267};

static void tables(void)
{
	uint64_t rounds = random_times(ROUNDS);
	struct device_counts counts = {0};
	struct random seeds, random;

	random_init(&seeds, 1);
	for (uint64_t i = 0; i < rounds; i++) {
		struct play_source source = {next, &random};

		random.state = random.seed = seeds.seed + i;
		play_device(&source, random.seed, REQUESTS, &counts);
	}
	if (getenv("IOMT_TEST_SEED"))
		return;
	/* everything happens, and often */
	for (unsigned i = 0; i < 4; i++)
		CHECK_MSG(counts.translated[i] > random_times(50), "%u stages: %" PRIu64, i,
			  counts.translated[i]);
	for (unsigned i = IOMT_DEVICE_FAULT_WALK; i <= IOMT_DEVICE_FAULT_REFUSED; i++)
		CHECK_MSG(counts.faults[i] > random_times(100), "kind %u: %" PRIu64, i,
			  counts.faults[i]);
	for (unsigned i = 0; i <= IOMT_AT_MSI; i++)
		CHECK_MSG(counts.at[i] > random_times(20), "at %u: %" PRIu64, i, counts.at[i]);
	for (unsigned i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		CHECK_MSG(counts.causes[causes[i]] > random_times(20), "cause %u: %" PRIu64,
			  causes[i], counts.causes[causes[i]]);
}

TEST_SUITE(device_random, TEST(tables));
