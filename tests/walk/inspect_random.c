/* SPDX-License-Identifier: MIT */
/* Inspections of random guest tables, of every format. */
#include "inspect_play.h"
#include "random.h"
#include "test.h"

#define ROUNDS 10000u

static uint64_t next(void *ctx, uint64_t below)
{
	return below ? random_below(ctx, below) : random_next(ctx);
}

/* IOMT_TEST_SEED is that of one table: all is repeated from there on. */
static void tables(void)
{
	uint64_t rounds = random_times(ROUNDS);
	struct inspect_counts counts = {0};
	struct random seeds, random;

	random_init(&seeds, 1);
	for (uint64_t i = 0; i < rounds; i++) {
		struct play_source source = {next, &random};

		random.state = random.seed = seeds.seed + i;
		play_inspect(&source, random.seed, &counts);
	}
	if (getenv("IOMT_TEST_SEED"))
		return;
	/* everything happens, and often */
	CHECK(counts.ranges > counts.tables);
	CHECK(counts.limits > counts.tables / 100 && counts.limits < counts.tables);
	CHECK(counts.explained > counts.tables / 10);
	for (unsigned kind = IOMT_FINDING_RESERVED; kind <= IOMT_FINDING_SHARED; kind++)
		CHECK_MSG(counts.findings[kind] > random_times(100),
			  "%s: %" PRIu64 " in %" PRIu64 " tables", iomt_finding_text(kind),
			  counts.findings[kind], counts.tables);
}

TEST_SUITE(walk_inspect_random, TEST(tables));
