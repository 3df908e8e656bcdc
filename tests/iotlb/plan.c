/* SPDX-License-Identifier: MIT */
/*
 * The planner against trying everything on small spaces, at the bottom, in the middle and at the top
 * of the address space.
 */
#include "random.h"
#include "test.h"
#include <iomt/iomt.h>

#define UNITS	   20
#define SCALES	   5 /* up to 2^5 units: more than there are */
#define MOST	   6
#define PAGE	   12
#define NONE	   UINT64_MAX
#define COUNT_BITS 16 /* units << COUNT_BITS | covers: less of the first counts more */

static struct iomt_gather gathered(uint64_t first, uint64_t last)
{
	struct iomt_gather gather = {.first = 0};

	iomt_gather_init(&gather);
	iomt_gather_add(&gather, first, last);
	return gather;
}

/* What a plan covers, in units, and by how many; everything is NONE. Holes fail the test. */
static uint64_t covered(const struct iomt_gather *gather, struct iomt_plan_rules rules,
			struct iomt_plan_policy policy)
{
	uint64_t first = 0, last = 0, count = 0;
	struct iomt_cover cover;
	struct iomt_plan plan;
	int promised = iomt_plan_init(&plan, gather, &rules, &policy);

	CHECK_MSG(promised >= 1 && promised <= policy.most, "%d covers", promised);
	while (iomt_plan_next(&plan, &cover)) {
		if (cover.size_lg2 == 64) {
			CHECK_INT(promised, 1);
			CHECK(!iomt_plan_next(&plan, &cover));
			return NONE;
		}
		if (!count)
			first = cover.first;
		CHECK_EQ(cover.last, cover.first + ((uint64_t)cover.num << cover.size_lg2) - 1);
		CHECK(cover.size_lg2 >= rules.unit_lg2 &&
		      cover.size_lg2 <= rules.unit_lg2 + rules.scale_max);
		CHECK(cover.num >= 1 && cover.num <= (rules.num ? 32 : 1));
		CHECK(!(cover.first &
			((1ULL << (rules.num ? rules.unit_lg2 : cover.size_lg2)) - 1)));
		CHECK(!count ||
		      (cover.first <= last + 1 && cover.last > last && cover.first > first));
		last = cover.last;
		count++;
	}
	CHECK_EQ(count, promised);
	CHECK(first <= gather->first && last >= gather->last);
	return (((last - first) >> rules.unit_lg2) + 1) << COUNT_BITS | count;
}

/* The least that aligned blocks of up to 2^scale_max units cover, from "at" to "last". */
static uint64_t least(uint64_t at, uint64_t last, unsigned scale_max, unsigned most)
{
	uint64_t best = NONE;

	if (!most)
		return NONE;
	for (unsigned scale = 0; scale <= scale_max; scale++) {
		uint64_t end = at | ((1ULL << scale) - 1), cost = (1ULL << scale << COUNT_BITS) + 1;
		uint64_t rest = end < last ? least(end + 1, last, scale_max, most - 1) : 0;

		if (rest != NONE && cost + rest < best)
			best = cost + rest;
	}
	return best;
}

/* The fewest blocks that cover exactly. */
static uint64_t fewest(uint64_t at, uint64_t last, unsigned scale_max)
{
	uint64_t best = NONE;

	for (unsigned scale = 0; scale <= scale_max; scale++) {
		uint64_t low = (1ULL << scale) - 1, rest;

		if (at & low || last - at < low)
			break;
		rest = last - at == low ? 0 : fewest(at + low + 1, last, scale_max);
		if (rest + 1 < best)
			best = rest + 1;
	}
	return best;
}

static void compare(uint64_t first, uint64_t last, unsigned scale_max)
{
	struct iomt_gather gather = gathered(first << PAGE, last << PAGE | 0xfff);
	struct iomt_plan_rules rules = {.unit_lg2 = PAGE, .scale_max = (uint8_t)scale_max};
	uint64_t exact = fewest(first, last, scale_max), units = last - first + 1;

	for (uint16_t most = 1; most <= MOST; most++) {
		CHECK_EQ(covered(&gather, rules, iomt_plan_covers(most)),
			 least(first, last, scale_max, most));
		CHECK_EQ(covered(&gather, rules, iomt_plan_exact(most)),
			 exact <= most ? units << COUNT_BITS | exact : NONE);
	}
}

/* Within 2^5 units, across a boundary of many more, and up to the last unit that there is. */
static void smallest_covers(void)
{
	static const uint64_t bases[] = {0, 0x7f3c0, (1ULL << 51) - 7, (1ULL << 52) - UNITS};

	for (unsigned b = 0; b < sizeof(bases) / sizeof(bases[0]); b++) {
		for (uint64_t first = 0; first < UNITS; first++) {
			for (uint64_t last = first; last < UNITS; last++) {
				for (unsigned scale = 0; scale <= SCALES; scale++)
					compare(bases[b] + first, bases[b] + last, scale);
			}
		}
	}
}

/* With multipliers: the shortest range of 1 to 32 times a power of two, or two that fit. */
static void smallest_ranges(void)
{
	const struct iomt_plan_rules rules = {.unit_lg2 = PAGE, .scale_max = 3, .num = true};

	for (uint64_t units = 1; units <= 700; units++) {
		uint64_t one = NONE, more = units <= 256 ? 2 : (units + 255) / 256;
		uint64_t first = (units * 7919) << PAGE;
		struct iomt_gather gather = gathered(first, first + (units << PAGE) - 1);

		for (unsigned scale = 0; scale <= 3; scale++) {
			for (uint64_t num = 1; num <= 32; num++) {
				if (num << scale >= units && num << scale < one)
					one = num << scale;
			}
		}
		if (one == units)
			more = 1;
		CHECK_EQ(covered(&gather, rules, iomt_plan_covers(1)),
			 one == NONE ? NONE : one << COUNT_BITS | 1);
		CHECK_EQ(covered(&gather, rules, iomt_plan_exact(1)),
			 one == units ? one << COUNT_BITS | 1 : NONE);
		CHECK_EQ(covered(&gather, rules, iomt_plan_covers(3)), units << COUNT_BITS | more);
		CHECK_EQ(covered(&gather, rules, iomt_plan_exact(3)), units << COUNT_BITS | more);
	}
}

/* What rounding up would put beyond the top is put below. */
static void ranges_at_the_top(void)
{
	const struct iomt_plan_rules rules = {.unit_lg2 = PAGE, .scale_max = 31, .num = true};

	for (uint64_t units = 1; units <= 300; units++) {
		struct iomt_gather gather = gathered(0 - (units << PAGE), UINT64_MAX);

		covered(&gather, rules, iomt_plan_covers(1));
		CHECK_EQ(covered(&gather, rules, iomt_plan_covers(2)) >> COUNT_BITS, units);
	}
}

static void everything(void)
{
	struct iomt_plan_rules rules = {.unit_lg2 = PAGE, .scale_max = 52};
	struct iomt_gather all = gathered(0, UINT64_MAX), page = gathered(0x5000, 0x5fff);
	/* but for a page at each end */
	struct iomt_gather most = gathered(0x1000, UINT64_MAX - 0x1000);

	CHECK_EQ(covered(&all, rules, iomt_plan_covers(1)), NONE);
	CHECK_EQ(covered(&all, rules, iomt_plan_exact(1)), NONE);
	CHECK_EQ(covered(&page, rules, iomt_plan_all()), NONE);
	CHECK_EQ(covered(&most, rules, iomt_plan_exact(IOMT_PLAN_MOST)) & 0xffff, 102);
	CHECK_EQ(covered(&most, rules, iomt_plan_exact(101)), NONE);
	CHECK_EQ(covered(&most, rules, iomt_plan_covers(1)), NONE);
	CHECK_EQ(covered(&page, rules, iomt_plan_covers(1)), 1 << COUNT_BITS | 1);
}

/* One cover of whole leaves; where no cover is so large, everything. */
static void whole_leaves(void)
{
	struct iomt_plan_rules rules = {.unit_lg2 = PAGE, .scale_max = 9, .whole = true};
	struct iomt_gather gather = gathered(0x205000, 0x205fff);

	gather.leaf_sizes = 0x201000;
	CHECK_EQ(covered(&gather, rules, iomt_plan_exact(1)), 512 << COUNT_BITS | 1);
	rules.scale_max = 8;
	CHECK_EQ(covered(&gather, rules, iomt_plan_exact(1)), NONE);
	rules.whole = false;
	CHECK_EQ(covered(&gather, rules, iomt_plan_exact(1)), 1 << COUNT_BITS | 1);
	/* the last block of all, and a size that is the address space's half */
	gather = gathered(UINT64_MAX - 1, UINT64_MAX);
	gather.leaf_sizes = 1ULL << 63;
	rules.scale_max = 51;
	rules.whole = true;
	CHECK_EQ(covered(&gather, rules, iomt_plan_exact(1)), 1ULL << 51 << COUNT_BITS | 1);
}

static uint64_t cost_of(uint64_t plan, uint64_t needed, const struct iomt_plan_policy *policy)
{
	uint64_t vain = plan == NONE ? policy->entries : (plan >> COUNT_BITS) - needed;

	if (vain > policy->entries)
		vain = policy->entries;
	return (plan == NONE ? 1 : plan & 0xffff) * policy->command_ns + vain * policy->entry_ns;
}

/* The cost model's plan costs as little as the best that all other policies give. */
static void cheapest(void)
{
	struct iomt_plan_rules rules = {.unit_lg2 = PAGE, .scale_max = 40};
	struct random random;

	random_init(&random, 0xc057);
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t units = 1 + (random_next(&random) >> (44 + random_below(&random, 20)));
		uint64_t first = random_next(&random) >> 20 << PAGE, best = NONE;
		struct iomt_gather gather = gathered(first, first + (units << PAGE) - 1);
		struct iomt_plan_policy policy =
			iomt_plan_cost((uint32_t)random_below(&random, 1000),
				       (uint32_t)random_below(&random, 200),
				       (uint32_t)random_below(&random, 1000),
				       (uint16_t)(1 + random_below(&random, 40)));

		for (uint16_t most = 1; most <= 9 && most <= policy.most; most++) {
			struct iomt_plan_policy other =
				iomt_plan_covers(most < 9 ? most : policy.most);
			uint64_t cost = cost_of(covered(&gather, rules, other), units, &policy);

			best = cost < best ? cost : best;
		}
		if (cost_of(NONE, units, &policy) < best)
			best = cost_of(NONE, units, &policy);
		CHECK_EQ(cost_of(covered(&gather, rules, policy), units, &policy), best);
	}
}

/* Commands that are dear are few, entries that are dear are kept, and a small IOTLB is emptied. */
static void what_costs(void)
{
	struct iomt_plan_rules rules = {.unit_lg2 = PAGE, .scale_max = 40};
	struct iomt_gather gather = gathered(0x1000, 0xffefff); /* 4094 pages of 4096 */

	CHECK_EQ(covered(&gather, rules, iomt_plan_cost(1000, 1, 4096, 64)),
		 4096 << COUNT_BITS | 1);
	CHECK_EQ(covered(&gather, rules, iomt_plan_cost(1, 1000, 4096, 64)),
		 4094 << COUNT_BITS | 22);
	CHECK_EQ(covered(&gather, rules, iomt_plan_cost(1, 1000, 0, 64)), 4096 << COUNT_BITS | 1);
	gather = gathered(0x7ffff000, 0x80000fff);
	CHECK_EQ(covered(&gather, rules, iomt_plan_cost(100, 1, 64, 64)),
		 1ULL << 20 << COUNT_BITS | 1);
	CHECK_EQ(covered(&gather, rules, iomt_plan_cost(100, 1, 64, 1)),
		 1ULL << 20 << COUNT_BITS | 1);
	CHECK_EQ(covered(&gather, rules, iomt_plan_cost(100, 10, 64, 64)), 2 << COUNT_BITS | 2);
	/* entries are as large as the smallest leaf */
	gather = gathered(0x200000, 0x7fffff);
	gather.leaf_sizes = 0x200000;
	CHECK_EQ(covered(&gather, rules, iomt_plan_cost(100, 99, 64, 64)), 2048 << COUNT_BITS | 1);
	CHECK_EQ(covered(&gather, rules, iomt_plan_cost(100, 101, 64, 64)), 1536 << COUNT_BITS | 2);
	/* the largest figures: three covers spare nothing that an IOTLB of 2^32 - 1 entries has */
	rules.scale_max = 52;
	gather = gathered((1ULL << 52) - (0xaaULL << 44) - 0x1000,
			  (1ULL << 52) + (0xaaULL << 44) + 0xfff);
	CHECK_EQ(covered(&gather, rules, iomt_plan_cost(UINT32_MAX, UINT32_MAX, UINT32_MAX, 3)),
		 1ULL << 41 << COUNT_BITS | 1);
}

/* Two covers drop a third more than needed on average, one in the median twice and more. */
static void overshoot(void)
{
	struct iomt_plan_rules rules = {.unit_lg2 = PAGE, .scale_max = 40};
	unsigned runs = 20000, doubled = 0;
	double sum = 0;
	struct random random;

	random_init(&random, 0x2c0);
	for (unsigned i = 0; i < runs; i++) {
		uint64_t units = 2 + random_below(&random, 1ULL << (1 + random_below(&random, 16)));
		uint64_t first = random_next(&random) >> 20 << PAGE;
		struct iomt_gather gather = gathered(first, first + (units << PAGE) - 1);
		uint64_t one = covered(&gather, rules, iomt_plan_covers(1)) >> COUNT_BITS;
		uint64_t two = covered(&gather, rules, iomt_plan_covers(2)) >> COUNT_BITS;

		doubled += one >= 2 * units;
		sum += (double)two / (double)units;
	}
	CHECK_MSG(sum / runs <= 1.4, "two covers: %.3f on average", sum / runs);
	CHECK_MSG(doubled >= runs / 2, "one cover drops twice as much in %u of %u", doubled, runs);
}

/* The smallest aligned block that holds both. */
static uint64_t block(uint64_t first, uint64_t last)
{
	uint64_t units = 1;

	while (first / units != last / units)
		units *= 2;
	return units;
}

/* By trying every place to cut a range in two. */
static uint64_t least_of_two(uint64_t first, uint64_t last)
{
	uint64_t best = block(first, last);

	for (uint64_t cut = first; cut < last; cut++) {
		uint64_t units = block(first, cut) + block(cut + 1, last);

		best = units < best ? units : best;
	}
	return best;
}

/*
 * Every range, of every length from a power of two to the next, at every place that matters to it: no
 * two covers drop less, and never twice what was asked for. The average grows with the length, from each
 * magnitude to the next by about half as much as before, and comes to less than 1.4.
 */
static void two_covers(void)
{
	struct iomt_plan_rules rules = {.unit_lg2 = PAGE, .scale_max = 40};
	double before = 0, step = 1;

	for (uint64_t shortest = 4; shortest <= 64; shortest *= 2) {
		double sum = 0, mean;

		for (uint64_t units = shortest; units < 2 * shortest; units++) {
			for (uint64_t first = 0; first < 4 * shortest; first++) {
				uint64_t last = first + units - 1, best = least_of_two(first, last);
				struct iomt_gather gather =
					gathered(first << PAGE, last << PAGE | 0xfff);

				CHECK_EQ(covered(&gather, rules, iomt_plan_covers(2)) >> COUNT_BITS,
					 best);
				CHECK(best < 2 * units);
				sum += (double)best / (double)units;
			}
		}
		mean = sum / (double)(4 * shortest * shortest);
		if (before > 0) {
			CHECK_MSG(mean > before && mean - before < 0.55 * step, "%f after %f", mean,
				  before);
			step = mean - before;
		}
		CHECK_MSG(before <= 0 || mean + step < 1.4, "%f, and %f to come", mean, step);
		before = mean;
	}
}

static void errors(void)
{
	const struct iomt_plan_rules good = {.unit_lg2 = PAGE, .scale_max = 40};
	const struct iomt_plan_rules bad[] = {
		{.unit_lg2 = 0, .scale_max = 4},
		{.unit_lg2 = 64, .scale_max = 0},
		{.unit_lg2 = 12, .scale_max = 53},
		{.unit_lg2 = 12, .scale_max = 48, .num = true},
	};
	struct iomt_gather page = gathered(0x5000, 0x5fff), empty;
	struct iomt_plan_policy policy = iomt_plan_covers(1);
	struct iomt_cover cover;
	struct iomt_plan plan;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(iomt_plan_init(&plan, &page, &bad[i], &policy), IOMT_EINVAL);
	policy.most = 0;
	CHECK_INT(iomt_plan_init(&plan, &page, &good, &policy), IOMT_EINVAL);
	policy = iomt_plan_covers(1);
	policy.kind = (enum iomt_plan_kind)4;
	CHECK_INT(iomt_plan_init(&plan, &page, &good, &policy), IOMT_EINVAL);
	policy = iomt_plan_all();
	iomt_gather_init(&empty);
	CHECK_INT(iomt_plan_init(&plan, &empty, &good, &policy), 0);
	CHECK(!iomt_plan_next(&plan, &cover));
}

TEST_SUITE(plan, TEST(smallest_covers), TEST(smallest_ranges), TEST(ranges_at_the_top),
	   TEST(everything), TEST(whole_leaves), TEST(cheapest), TEST(what_costs), TEST(overshoot),
	   TEST(two_covers), TEST(errors));
