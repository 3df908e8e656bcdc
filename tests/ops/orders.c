/* SPDX-License-Identifier: MIT */
/*
 * Every pair and every triple of operations on one page table, in every order of their atomic steps
 * (docs/concurrency.md), and programs of their own. Triples take minutes: short of IOMT_EXPLORE=all, as
 * many of them are tried as half a second on each table permits (IOMT_TEST_TIMES multiplies it).
 */
#include "orders.h"
#include "random.h"
#include <time.h>

#define TRIPLE_RUNS 3000u /* of one triple */
#define TRIPLE_MS   500u  /* of the processor, on each table */
#define STRIDE	    4999u /* coprime to how many there are: they are tried in no order */

const struct op *ops[EXPLORE_THREADS];
unsigned count;

static const char *own_name;
static uint64_t programs, unfinished, runs, pruned, steps; /* all that was tried */

static void tell(const char *what, const char *tables)
{
	printf("%s%s%s: %" PRIu64 " programs, %" PRIu64 " of them to their end; %" PRIu64
	       " interleavings (and %" PRIu64 " abandoned as known), %" PRIu64 " steps\n",
	       what, *tables ? ", " : "", tables, programs, programs - unfinished, runs, pruned,
	       steps);
	fflush(stdout);
	programs = unfinished = runs = pruned = steps = 0;
}

void tell_own(const char *what)
{
	CHECK_EQ(unfinished, 0);
	tell(what, "");
}

static void name_program(char *name, size_t size)
{
	size_t at = (size_t)snprintf(name, size, "%s:", world_kind->name);

	if (!ops[0])
		snprintf(name + at, size - at, " %s", own_name);
	for (unsigned k = 0; ops[0] && k < count; k++)
		at += (size_t)snprintf(name + at, size - at, " %s%s", k ? "| " : "", ops[k]->name);
}

static void try_to(void (*work)(unsigned k), void (*end)(void), uint64_t limit)
{
	struct explore program = {.threads = count,
				  .act = work,
				  .look = world_look,
				  .end = end,
				  .memory = &world,
				  .bytes = sizeof(world),
				  .target = world_target,
				  .spins = &world.pt.splits,
				  .limit = limit};
	char name[200];

	explore(&program);
	programs++;
	unfinished += !program.complete && !program.wrong;
	runs += program.runs;
	pruned += program.pruned;
	steps += program.steps;
	name_program(name, sizeof(name));
	if (getenv("IOMT_EXPLORE_VERBOSE"))
		printf("%s: %" PRIu64 " + %" PRIu64 "%s\n", name, program.runs, program.pruned,
		       program.complete ? "" : ", not to the end");
	CHECK_MSG(!program.wrong, "%s: %s", name, program.wrong);
}

void try_program(void (*work)(unsigned k), void (*end)(void))
{
	try_to(work, end, 0);
}

void begin_own(const char *name, unsigned table, unsigned n)
{
	world_open(&table_kinds[table]);
	own_name = name;
	count = n;
	memset(ops, 0, sizeof(ops));
}

/* Makes these operations the program; false when they are not for this table, or nobody writes. */
static bool choose(unsigned table, const unsigned *which, unsigned n)
{
	bool writes = false;

	count = n;
	for (unsigned k = 0; k < n; k++) {
		ops[k] = &catalogue[which[k]];
		writes = writes || ops[k]->focus;
		if (!(ops[k]->kinds & 1u << table))
			return false;
	}
	return writes;
}

static void act(unsigned k)
{
	ops[k]->run(k);
}

static void try_ops(unsigned table, uint64_t limit)
{
	world_open(&table_kinds[table]);
	for (unsigned k = 0; k < count; k++) {
		if (ops[k]->expect)
			ops[k]->expect(k);
	}
	try_to(act, world_end, limit);
}

/* Every pair, to its end. */
static void pairs(void)
{
	for (unsigned table = 0; table < KINDS; table++) {
		for (unsigned a = 0; a < catalogue_ops; a++) {
			for (unsigned b = a; b < catalogue_ops; b++) {
				if (choose(table, (unsigned[]){a, b}, 2))
					try_ops(table, 0);
			}
		}
		CHECK_EQ(unfinished, 0);
		tell("pairs", table_kinds[table].name);
	}
}

/* Of the processor: what else the machine does is nothing to us. */
static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Every triple of different or equal operations, or as many as there is time for. */
static void triples_on(unsigned table, bool all)
{
	uint64_t most = random_times(TRIPLE_MS), left_out = 0;
	uint64_t until = now_ms() + most, n = catalogue_ops, total = n * n * n;

	for (uint64_t i = 0; i < total; i++) {
		uint64_t at = i * STRIDE % total;
		unsigned which[] = {(unsigned)(at / n / n), (unsigned)(at / n % n),
				    (unsigned)(at % n)};

		if (which[0] > which[1] || which[1] > which[2] || !choose(table, which, 3))
			continue;
		if (all || now_ms() < until)
			try_ops(table, all ? 0 : TRIPLE_RUNS);
		else
			left_out++;
	}
	CHECK_EQ(all ? unfinished : 0, 0);
	tell("triples", table_kinds[table].name);
	if (left_out)
		printf("no time for %" PRIu64 " more\n", left_out);
}

static void triples(void)
{
	const char *explore = getenv("IOMT_EXPLORE");

	for (unsigned table = 0; table < KINDS; table++)
		triples_on(table, explore && !strcmp(explore, "all"));
}

TEST_SUITE(orders, TEST(pairs), TEST(cursor_and_trim), TEST(cursor_and_trims),
	   TEST(readers_and_trim), TEST(mapper_and_trim), TEST(leaf_and_trim), TEST(marks),
	   TEST(messages), TEST(writes), TEST(lines), TEST(ranges), TEST(tops), TEST(triples));
