/* SPDX-License-Identifier: MIT */
/* Replacement as textbooks have it: worked examples, and rates that follow from arithmetic. */
#include "model_play.h"

/* Misses of a row of pages, each named by a character. */
static uint64_t misses_of(const char *pages, uint32_t ways, uint8_t policy)
{
	struct iomt_model_cfg cfg = plain_cfg(ways, policy);
	struct iomt_model *model = model_open(&cfg);
	uint64_t misses;

	for (; *pages; pages++)
		play(model, access_at((uint64_t)*pages << 12));
	misses = stats_of(model).iotlb.misses;
	free(model);
	return misses;
}

/* The same under the optimum, in two passes. */
static uint64_t optimal_misses_of(const char *pages, uint32_t ways)
{
	struct iomt_model_cfg cfg = plain_cfg(ways, IOMT_POLICY_LRU);
	size_t bytes = iomt_future_bytes(strlen(pages), 256);
	void *memory = malloc(bytes);
	struct iomt_model *model;
	uint64_t misses;

	CHECK_INT(iomt_future_init(&cfg.future, strlen(pages), 256, memory, bytes), 0);
	model = model_open(&cfg);
	for (const char *at = pages; *at; at++)
		play(model, access_at((uint64_t)*at << 12));
	free(model);
	iomt_future_rewind(cfg.future);
	cfg.iotlb[0].policy = IOMT_POLICY_OPTIMUM;
	model = model_open(&cfg);
	for (const char *at = pages; *at; at++)
		play(model, access_at((uint64_t)*at << 12));
	misses = stats_of(model).iotlb.misses;
	free(model);
	free(memory);
	return misses;
}

/* The reference string of Silberschatz, Galvin and Gagne, Operating System Concepts, 9.4. */
static void reference_string(void)
{
	static const char pages[] = "70120304230321201701";

	CHECK_EQ(misses_of(pages, 3, IOMT_POLICY_FIFO), 15);
	CHECK_EQ(misses_of(pages, 3, IOMT_POLICY_LRU), 12);
	CHECK_EQ(optimal_misses_of(pages, 3), 9);
}

/* Belady, Nelson and Shedler 1969: FIFO misses more with one frame more. */
static void anomaly(void)
{
	static const char pages[] = "123412512345";

	CHECK_EQ(misses_of(pages, 3, IOMT_POLICY_FIFO), 9);
	CHECK_EQ(misses_of(pages, 4, IOMT_POLICY_FIFO), 10);
	CHECK_EQ(misses_of(pages, 3, IOMT_POLICY_LRU), 10);
	CHECK_EQ(misses_of(pages, 4, IOMT_POLICY_LRU), 8);
	CHECK_EQ(optimal_misses_of(pages, 3), 7);
	CHECK_EQ(optimal_misses_of(pages, 4), 6);
}

/* Pages 0..8 in a circle, in a cache of 8. */
static uint64_t circle(uint8_t policy, struct iomt_future *future, uint64_t accesses)
{
	struct iomt_model_cfg cfg = plain_cfg(8, policy);
	struct iomt_model *model;
	uint64_t misses;

	cfg.future = future;
	model = model_open(&cfg);
	for (uint64_t i = 0; i < accesses; i++)
		play(model, access_at(i % 9 << 12));
	misses = stats_of(model).iotlb.misses;
	free(model);
	return misses;
}

/* One page too many, always the one that has just gone. */
static void circle_lru_and_fifo(void)
{
	CHECK_EQ(circle(IOMT_POLICY_LRU, NULL, 900), 900);
	CHECK_EQ(circle(IOMT_POLICY_FIFO, NULL, 900), 900);
}

/*
 * Exactly one of the nine is out. When it comes, one of the eight others goes, each with the same
 * chance; it comes 1 to 8 accesses later, 4.5 on average. So 2/9 miss: 20000 of 90000, with a
 * standard deviation of sqrt(90000 * 5.25 / 4.5^3) = 72.
 */
static void circle_random(void)
{
	uint64_t misses = circle(IOMT_POLICY_RANDOM, NULL, 90000);

	CHECK_MSG(misses > 20000 - 5 * 72 && misses < 20000 + 5 * 72, "%" PRIu64 " misses", misses);
}

/* The optimum lets go what was used just before: 8 misses at first, then each eighth access. */
static void circle_optimum(void)
{
	size_t bytes = iomt_future_bytes(900, 9);
	void *memory = malloc(bytes);
	struct iomt_future *future;

	CHECK_INT(iomt_future_init(&future, 900, 9, memory, bytes), 0);
	circle(IOMT_POLICY_LRU, future, 900);
	iomt_future_rewind(future);
	CHECK_EQ(circle(IOMT_POLICY_OPTIMUM, future, 900), 8 + 899 / 8);
	/* and again */
	iomt_future_rewind(future);
	CHECK_EQ(circle(IOMT_POLICY_OPTIMUM, future, 900), 8 + 899 / 8);
	free(memory);
}

/* What fits misses once, under whatever policy. */
static void what_fits(void)
{
	for (uint8_t policy = 0; policy < IOMT_POLICY_OPTIMUM; policy++)
		CHECK_EQ(misses_of("abcdefghhgfedcbaacegbdfh", 8, policy), 8);
	CHECK_EQ(optimal_misses_of("abcdefghhgfedcbaacegbdfh", 8), 8);
}

static void expect(struct iomt_model *model, char page, bool hit)
{
	CHECK_MSG(hits(model, access_at((uint64_t)page << 12)) == hit, "%c %s", page,
		  hit ? "missed" : "hit");
}

/*
 * Four ways, a b c d in them in this order. The root points left, to a; a is used, so that it points
 * right, to c, which goes for e. The root points left again, until b is used; then right, where d is
 * older than e. LRU would have let b go, then c.
 */
static void plru(void)
{
	struct iomt_model_cfg cfg = plain_cfg(4, IOMT_POLICY_PLRU);
	struct iomt_model *model = model_open(&cfg);

	for (const char *at = "abcd"; *at; at++)
		expect(model, *at, false);
	expect(model, 'a', true);
	expect(model, 'e', false);
	expect(model, 'b', true);
	expect(model, 'f', false);
	for (const char *at = "abef"; *at; at++)
		expect(model, *at, true);
	/* after f, way 3, root and left node point to way 0 */
	expect(model, 'c', false);
	expect(model, 'a', false);
	free(model);
}

/* A tree of one way is no tree; one of 128 is more than one word. */
static void plru_sizes(void)
{
	static const uint32_t ways[] = {1, 2, 64, 128};

	for (size_t i = 0; i < 4; i++) {
		struct iomt_model_cfg cfg = plain_cfg(ways[i], IOMT_POLICY_PLRU);
		struct iomt_model *model = model_open(&cfg);

		/* in order, ways go in the order of a bit reversal, each once in a round */
		for (uint64_t page = 0; page < 3ULL * ways[i]; page++)
			CHECK(!hits(model, access_at(page << 12)));
		for (uint64_t page = 2ULL * ways[i]; page < 3ULL * ways[i]; page++)
			CHECK(hits(model, access_at(page << 12)));
		free(model);
	}
}

/*
 * a b c d enter with 2 each; a and b are used: 0. e comes: all grow by one, c (3) goes. f: d (3).
 * Now a 1, b 1, e 2, f 2. g: grow, e goes; h: f. Then all are 2, and grow to 3: the first, a, goes.
 */
static void srrip(void)
{
	struct iomt_model_cfg cfg = plain_cfg(4, IOMT_POLICY_SRRIP);
	struct iomt_model *model = model_open(&cfg);

	for (const char *at = "abcd"; *at; at++)
		expect(model, *at, false);
	expect(model, 'a', true);
	expect(model, 'b', true);
	for (const char *at = "efghi"; *at; at++)
		expect(model, *at, false);
	for (const char *at = "bhig"; *at; at++)
		expect(model, *at, true);
	expect(model, 'a', false);
	free(model);
}

/* Under LRU a scan takes all; SRRIP keeps what was used twice. */
static void scan(void)
{
	CHECK_EQ(misses_of("aabbaabbwxyzaabb", 4, IOMT_POLICY_LRU), 8);
	CHECK_EQ(misses_of("aabbaabbwxyzaabb", 4, IOMT_POLICY_SRRIP), 6);
}

/* Two sets of two ways: pages of one parity do not disturb the other. */
static void sets(void)
{
	struct iomt_model_cfg cfg = plain_cfg(2, IOMT_POLICY_LRU);
	struct iomt_model *model;

	cfg.iotlb[0].sets = 2;
	model = model_open(&cfg);
	for (uint64_t round = 0; round < 10; round++) {
		CHECK(hits(model, access_at(0x1000)) == (round > 0));
		for (uint64_t even = 0; even < 3; even++)
			CHECK(!hits(model, access_at(even << 13)));
	}
	free(model);
}

/* Pages are counted in their own size: 2M pages side by side spread over the sets, too. */
static void sets_of_large_pages(void)
{
	struct iomt_model_cfg cfg = plain_cfg(1, IOMT_POLICY_LRU);
	struct iomt_model *model;

	cfg.iotlb[0].sets = 8;
	model = model_open(&cfg);
	for (int round = 0; round < 2; round++) {
		for (uint64_t page = 0; page < 8; page++) {
			struct iomt_event event = access_at(page << 21);

			event.leaf_lg2 = 21;
			CHECK(hits(model, event) == (round == 1));
		}
	}
	free(model);
}

/* Eight domains with the same addresses: without a hash they share one set. */
static void hashed_sets(void)
{
	struct iomt_model_cfg cfg = plain_cfg(4, IOMT_POLICY_LRU);
	uint64_t misses[2];

	cfg.iotlb[0].sets = 64;
	for (uint8_t index = 0; index < IOMT_INDEXES; index++) {
		struct iomt_model *model;

		cfg.iotlb[0].index = index;
		model = model_open(&cfg);
		for (unsigned i = 0; i < 800; i++) {
			struct iomt_event event = access_at(0x5000);

			event.domain = (uint16_t)(i % 8);
			play(model, event);
		}
		misses[index] = stats_of(model).iotlb.misses;
		free(model);
	}
	CHECK_EQ(misses[IOMT_INDEX_PAGE], 800);
	CHECK_EQ(misses[IOMT_INDEX_HASH], 8);
}

/* A domain that touches everything takes nothing from another's part. */
static void partitions(void)
{
	struct iomt_model_cfg cfg = plain_cfg(4, IOMT_POLICY_LRU);

	cfg.iotlb[0].sets = 4;
	for (uint32_t parts = 1; parts <= 4; parts *= 2) {
		struct iomt_model *model;
		uint64_t quiet_hits = 0;

		cfg.iotlb[0].partitions = parts;
		model = model_open(&cfg);
		for (unsigned round = 0; round < 10; round++) {
			struct iomt_event noisy = access_at(0);

			quiet_hits += hits(model, access_at(0x3000));
			noisy.domain = 1;
			noisy.bytes = 64 << 12;
			play(model, noisy);
		}
		CHECK_EQ(quiet_hits, parts == 1 ? 0 : 9);
		free(model);
	}
}

TEST_SUITE(model, TEST(reference_string), TEST(anomaly), TEST(circle_lru_and_fifo),
	   TEST(circle_random), TEST(circle_optimum), TEST(what_fits), TEST(plru), TEST(plru_sizes),
	   TEST(srrip), TEST(scan), TEST(sets), TEST(sets_of_large_pages), TEST(hashed_sets),
	   TEST(partitions));
