/* SPDX-License-Identifier: MIT */
/* Guests' changes and commands of every kind, with the IOTLB between their tables and their devices. */
#include "cached_play.h"
#include "random.h"
#include "test.h"

#define ROUNDS 600u
#define STEPS  500u

static uint64_t next(void *ctx, uint64_t below)
{
	return below ? random_below(ctx, below) : random_next(ctx);
}

static void commands(void)
{
	uint64_t rounds = random_times(ROUNDS);
	struct cached_counts counts = {0};
	struct random seeds, random;

	random_init(&seeds, 1);
	for (uint64_t i = 0; i < rounds; i++) {
		struct play_source source = {next, &random};

		random.state = random.seed = seeds.seed + i;
		play_cached(&source, random.seed, STEPS, &counts);
	}
	printf("%" PRIu64 " translated, %" PRIu64 " of them found, %" PRIu64 " faults, %" PRIu64
	       " stale, %" PRIu64 " changes\n",
	       counts.translated, counts.hits, counts.faults, counts.stale, counts.changes);
	if (getenv("IOMT_TEST_SEED"))
		return;
	/* everything happens, and often */
	CHECK(counts.hits > counts.translated / 4 && counts.stale > counts.translated / 64);
	CHECK(counts.faults > rounds && counts.changes > rounds);
	for (unsigned arch = 0; arch < 3; arch++) {
		for (unsigned kind = 0; kind < cached_commands[arch]; kind++)
			CHECK_MSG(counts.commands[arch][kind] > random_times(20),
				  "architecture %u, command %u", arch, kind);
	}
}

TEST_SUITE(walk_cached_random, TEST(commands));
