/* SPDX-License-Identifier: MIT */
/*
 * Units of every kind, devices that come and go, domains on tables that they share: whatever is
 * attached, mapped, fails or runs out, devices reach what the oracle of tests/model/domains.h says.
 */
#include "domains.h"
#include "test.h"

#define STEPS 1000u
#define RUNS  8u

static void run(unsigned kind, uint64_t seed, struct domains *all)
{
	uint64_t steps = random_times(STEPS);

	domains_open(all, kind, NULL, 0, seed);
	for (uint64_t i = 0; i < steps; i++)
		domains_step(all);
	domains_close(all);
}

/* What a unit of this kind is first, with others beside it or not. */
static void run_all(unsigned kind)
{
	static struct domains all;
	uint64_t hits = 0, attaches = 0, replaces = 0, gapless = 0, steps = 0, breaks = 0;
	uint64_t walks = 0, walk_faults = 0, faults = 0, commands = 0, exhausted = 0, failures = 0;

	for (unsigned i = 0; i < RUNS; i++) {
		run(kind, 1000 * (kind + 1) + i, &all);
		for (unsigned k = 0; k < all.unit_count; k++) {
			hits += all.units[k].machine.hits;
			faults += all.units[k].machine.faults;
			commands += all.units[k].machine.commands;
		}
		walks += all.walks;
		walk_faults += all.walk_faults;
		attaches += all.attaches;
		replaces += all.replaces;
		gapless += all.gapless;
		breaks += all.breaks;
		exhausted += all.exhausted;
		failures += all.failures;
		steps += all.accesses + all.calls;
	}
	printf("%" PRIu64 " steps, %" PRIu64 " commands, %" PRIu64 " hits, %" PRIu64
	       " faults; attached %" PRIu64 ", replaced %" PRIu64 ", without a break %" PRIu64
	       ", not so %" PRIu64 "; without ids %" PRIu64 ", without memory %" PRIu64 "\n",
	       steps + commands, commands, hits, faults, attaches, replaces, gapless, breaks,
	       exhausted, failures);
	CHECK(walks - walk_faults > 500 && walk_faults > 1000);
	CHECK(exhausted || kind < 3 || kind > 4);
	CHECK(hits > random_times(250) && faults > random_times(1000));
	CHECK(attaches > random_times(200) && replaces > random_times(50));
}

static void amd(void)
{
	run_all(0);
}

static void amd_gt(void)
{
	run_all(1);
}

static void amd_gio(void)
{
	run_all(2);
}

static void vtd_legacy(void)
{
	run_all(3);
}

static void vtd_scalable(void)
{
	run_all(4);
}

static void smmu_s1(void)
{
	run_all(5);
}

static void smmu_s2(void)
{
	run_all(6);
}

static void smmu(void)
{
	run_all(7);
}

static void smmu_full(void)
{
	run_all(8);
}

TEST_SUITE(domain_random, TEST(amd), TEST(amd_gt), TEST(amd_gio), TEST(vtd_legacy),
	   TEST(vtd_scalable), TEST(smmu_s1), TEST(smmu_s2), TEST(smmu), TEST(smmu_full));
