/* SPDX-License-Identifier: MIT */
/* Random guest tables against the other walker, of every format. */
#include "random.h"
#include "guest_play.h"
#include "test.h"

#define ROUNDS	300000u
#define QUERIES 4u

static uint64_t next(void *ctx, uint64_t below)
{
	return below ? random_below(ctx, below) : random_next(ctx);
}

/* IOMT_TEST_SEED is that of one table: all is repeated from there on. */
static void tables(void)
{
	uint64_t rounds = random_times(ROUNDS);
	struct play_counts counts = {0};
	struct random seeds, random;

	random_init(&seeds, 1);
	for (uint64_t i = 0; i < rounds; i++) {
		struct play_source source = {next, &random};

		random.state = random.seed = seeds.seed + i;
		play_guest(&source, random.seed, QUERIES, &counts);
	}
	if (getenv("IOMT_TEST_SEED"))
		return;
	/* everything happens, and often */
	CHECK(counts.leaves > counts.walks / 20);
	CHECK(counts.updates > counts.walks / 100);
	for (unsigned kind = IOMT_WALK_FAULT_INPUT; kind <= IOMT_WALK_FAULT_TABLE; kind++)
		CHECK_MSG(counts.faults[kind] > random_times(100), "%s: %" PRIu64 " of %" PRIu64,
			  iomt_walk_fault_text(kind), counts.faults[kind], counts.walks);
}

TEST_SUITE(walk_random, TEST(tables));
