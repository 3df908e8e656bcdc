/* SPDX-License-Identifier: MIT */
/*
 * Histories of calls that overlap, on a few ids, each checked for linearizability: whether the calls
 * can be put into one order, in which each that ended before another began comes before it, and all
 * answers are those of a plain set. (Wing and Gong 1993, with a memory of what was tried.)
 *
 * Who goes on at each atomic access is drawn by lot (interleave.h): a history depends on its seed
 * alone, and calls stop in places where threads hardly ever would.
 */
#include "interleave.h"
#include "provider.h"
#include "random.h"
#include "test.h"
#include <iomt/ids.h>
#include <stdio.h>
#include <ucontext.h>

#define THREADS 3u
#define CALLS	8u /* of each thread */
#define IDS	4u
#define FREED	3u
#define STATES	(1u << 2 * IDS) /* two bits an id: enum iomt_ids_state, and FREED */
#define ROUNDS	20000u
#define STACK	(64u << 10)

enum op { ALLOC, NEXT, AT, FREE, TEST_ONE, RESERVE, RELEASE, OPS };

struct call {
	enum op op;
	uint32_t min, max; /* or the id, twice */
	uint32_t id;	   /* that came out */
	int result;
	uint64_t began, ended;
};

static struct call calls[THREADS][CALLS];
static struct iomt_ids ids;
static uint32_t
	base; /* of the ids: such that they share a word, or stand on both sides of an edge */
static uint64_t now; /* counts beginnings and ends of calls */

/* What takes the place of threads. */
static ucontext_t contexts[THREADS], checker;
static bool ended[THREADS];
static unsigned running;
static bool playing;
static struct random lots;
static unsigned patience; /* accesses that one makes in a row, in the mean */

/* Lets any of those go on that have not ended; the checker when all have. */
static void switch_from(ucontext_t *from)
{
	unsigned next = (unsigned)random_below(&lots, THREADS);

	for (unsigned i = 0; i < THREADS && ended[next]; i++)
		next = (next + 1) % THREADS;
	playing = !ended[next];
	running = next;
	if (from != &contexts[next] || !playing)
		swapcontext(from, playing ? &contexts[next] : &checker);
}

/* An id that is free moves to another place, by two whole calls, while one call is under way. */
static unsigned hops; /* still to come */
static uint32_t hole;

static void hop(void)
{
	uint32_t to = hole == base ? base + IDS - 1 : base;

	CHECK_INT(iomt_ids_free(&ids, to), 0);
	hops = iomt_ids_alloc_at(&ids, hole) ? 0 : hops - 1; /* or it was found */
	hole = to;
}

void interleave(void)
{
	static bool hopping;

	if (hops && !hopping && !random_below(&lots, patience)) {
		hopping = true;
		hop();
		hopping = false;
	}
	if (playing && !random_below(&lots, patience))
		switch_from(&contexts[running]);
}

static int make(struct call *call)
{
	call->id = call->min;
	switch (call->op) {
	case ALLOC:
		return iomt_ids_alloc(&ids, call->min, call->max, &call->id);
	case NEXT:
		return iomt_ids_alloc_next(&ids, call->min, call->max, &call->id);
	case AT:
		return iomt_ids_alloc_at(&ids, call->min);
	case FREE:
		return iomt_ids_free(&ids, call->min);
	case RESERVE:
		return iomt_ids_reserve(&ids, call->min, call->min);
	case RELEASE:
		return iomt_ids_release(&ids, call->min, call->min);
	default:
		return iomt_ids_test(&ids, call->min);
	}
}

static unsigned state_of(unsigned state, uint32_t id)
{
	return state >> 2 * (id - base) & 3;
}

static unsigned with_state(unsigned state, uint32_t id, unsigned new)
{
	return (state & ~(3u << 2 * (id - base))) | new << 2 * (id - base);
}

static bool is_free(unsigned state, uint32_t id)
{
	return state_of(state, id) == IOMT_IDS_FREE || state_of(state, id) == FREED;
}

/* Whether an allocation from a range may have ended so. */
static bool may_alloc(const struct call *call, unsigned *state)
{
	if (call->result == IOMT_ENOSPC) {
		for (uint32_t id = call->min; id <= call->max; id++) {
			if (is_free(*state, id))
				return false;
		}
		return true;
	}
	if (call->result || call->id < call->min || call->id > call->max ||
	    !is_free(*state, call->id))
		return false;
	*state = with_state(*state, call->id, IOMT_IDS_ALLOCATED);
	return true;
}

/* What a call on one id says of each state, and what it leaves. */
static const struct {
	int result;
	unsigned after;
} one_id[OPS][4] = {
	[AT] = {{0, IOMT_IDS_ALLOCATED},
		{IOMT_EEXIST, 1},
		{IOMT_EPERM, 2},
		{0, IOMT_IDS_ALLOCATED}},
	[FREE] = {{IOMT_ENOENT, 0}, {0, FREED}, {IOMT_EPERM, 2}, {IOMT_ESTALE, FREED}},
	[TEST_ONE] = {{IOMT_IDS_FREE, 0},
		      {IOMT_IDS_ALLOCATED, 1},
		      {IOMT_IDS_RESERVED, 2},
		      {IOMT_IDS_FREE, FREED}},
	[RESERVE] = {{0, IOMT_IDS_RESERVED},
		     {IOMT_EEXIST, 1},
		     {IOMT_EPERM, 2},
		     {0, IOMT_IDS_RESERVED}},
	[RELEASE] = {{IOMT_ENOENT, 0}, {IOMT_ENOENT, 1}, {0, IOMT_IDS_FREE}, {IOMT_ENOENT, FREED}},
};

static bool may_be(const struct call *call, unsigned *state)
{
	unsigned before;

	if (call->op == ALLOC || call->op == NEXT)
		return may_alloc(call, state);
	before = state_of(*state, call->min);
	if (one_id[call->op][before].result != call->result)
		return false;
	*state = with_state(*state, call->min, one_id[call->op][before].after);
	return true;
}

/* What was tried: calls made of each thread, and the state. */
static bool tried[CALLS + 1][CALLS + 1][CALLS + 1][STATES];

/* No call that is still to come ended before this one began. */
static bool may_be_next(const unsigned *made, unsigned thread)
{
	for (unsigned other = 0; other < THREADS; other++) {
		if (made[other] < CALLS &&
		    calls[other][made[other]].ended < calls[thread][made[thread]].began)
			return false;
	}
	return true;
}

static bool search(unsigned *made, unsigned state)
{
	bool all = true;

	if (tried[made[0]][made[1]][made[2]][state])
		return false;
	tried[made[0]][made[1]][made[2]][state] = true;
	for (unsigned thread = 0; thread < THREADS; thread++) {
		unsigned after = state;
		bool found;

		if (made[thread] == CALLS)
			continue;
		all = false;
		if (!may_be_next(made, thread) || !may_be(&calls[thread][made[thread]], &after))
			continue;
		made[thread]++;
		found = search(made, after);
		made[thread]--;
		if (found)
			return true;
	}
	return all;
}

static bool is_linearizable(unsigned before)
{
	unsigned made[THREADS] = {0};

	memset(tried, 0, sizeof(tried));
	return search(made, before);
}

static void print_history(void)
{
	static const char *const names[] = {"alloc", "next",	"at",	  "free",
					    "test",  "reserve", "release"};

	for (unsigned thread = 0; thread < THREADS; thread++) {
		for (unsigned i = 0; i < CALLS; i++) {
			const struct call *call = &calls[thread][i];

			fprintf(stderr, "%u: [%" PRIu64 ", %" PRIu64 "] %s %u to %u: %d, id %u\n",
				thread, call->began, call->ended, names[call->op], call->min - base,
				call->max - base, call->result, call->id - base);
		}
	}
}

/* Random calls; many that meet. */
static void invent(struct random *random)
{
	static const enum op often[] = {ALLOC, ALLOC, NEXT,	AT,	 FREE,
					FREE,  FREE,  TEST_ONE, RESERVE, RELEASE};

	for (unsigned i = 0; i < THREADS * CALLS; i++) {
		struct call *call = &calls[i / CALLS][i % CALLS];
		uint32_t a = (uint32_t)random_below(random, IDS), b;

		call->op = often[random_below(random, sizeof(often) / sizeof(often[0]))];
		b = call->op == ALLOC || call->op == NEXT ? (uint32_t)random_below(random, IDS) : a;
		call->min = base + (a < b ? a : b);
		call->max = base + (a < b ? b : a);
	}
}

/*
 * A space that is full but for one or two ids, never the same: one asks for any, the others each
 * free one and take another, from both ends. Returns the state before.
 */
static unsigned invent_full(struct random *random)
{
	unsigned state = 0;

	for (uint32_t id = base; id < base + IDS; id++) {
		CHECK_INT(iomt_ids_alloc_at(&ids, id), 0);
		state = with_state(state, id, IOMT_IDS_ALLOCATED);
	}
	for (unsigned i = 0; i < CALLS; i++) {
		calls[0][i] = (struct call){.op = TEST_ONE, .min = base, .max = base};
		for (unsigned thread = 1; thread < THREADS; thread++) {
			/* free a, free b, take a, free a, take b, free b, take a, free a */
			bool far = (i && i / 2 % 2 == 0) == (thread == 1);
			uint32_t id = base + thread - 1 + (far ? IDS - 2 : 0);

			calls[thread][i] = (struct call){
				.op = i && i % 2 == 0 ? AT : FREE, .min = id, .max = id};
		}
	}
	calls[0][random_below(random, CALLS)] =
		(struct call){.op = ALLOC, .min = base, .max = base + IDS - 1};
	return state;
}

/* Now that all calls are over, no summary hides a free id: the smallest is the smallest. */
static void check_smallest(void)
{
	uint32_t id;

	for (uint32_t wanted = base; wanted < base + IDS; wanted++) {
		if (iomt_ids_test(&ids, wanted) != IOMT_IDS_FREE)
			continue;
		CHECK_INT(iomt_ids_alloc(&ids, base, base + IDS - 1, &id), 0);
		CHECK_EQ(id, wanted);
	}
}

/* All others that share words and parts with those are reserved, so that words fill and open. */
static void crowd(void)
{
	if (base)
		CHECK_INT(iomt_ids_reserve(&ids, 0, base - 1), 0);
	CHECK_INT(iomt_ids_reserve(&ids, base + IDS, 0xfffff), 0);
}

static void act(void)
{
	unsigned thread = running;

	for (unsigned i = 0; i < CALLS; i++) {
		struct call *call = &calls[thread][i];

		call->began = now++;
		interleave();
		call->result = make(call);
		call->ended = now++;
	}
	ended[thread] = true;
	switch_from(&contexts[thread]);
}

static void play(void)
{
	static _Alignas(16) char stacks[THREADS][STACK];

	for (volatile unsigned i = 0; i < THREADS; i++) { /* getcontext returns twice */
		ended[i] = false;
		CHECK(!getcontext(&contexts[i]));
		contexts[i].uc_stack.ss_sp = stacks[i];
		contexts[i].uc_stack.ss_size = STACK;
		makecontext(&contexts[i], act, 0);
	}
	switch_from(&checker);
	playing = false;
}

/* In one word; on both sides of an edge of words, of parts, and of nodes. */
static void histories(void)
{
	static const uint32_t bases[] = {0, 14, 1022, 0xfffe};
	const char *times = getenv("IOMT_TEST_TIMES");
	unsigned before, rounds = ROUNDS * (unsigned)(times ? strtoul(times, NULL, 0) : 1);
	struct provider provider;
	struct iomt_ids_cfg cfg = {.size = sizeof(cfg), .mem = &provider.mem, .bits = 20};

	random_init(&lots, 6);
	for (unsigned round = 0; round < rounds; round++) {
		base = bases[round % 4];
		provider_init(&provider, PROVIDER_LINEAR);
		CHECK_INT(iomt_ids_init(&ids, &cfg), 0);
		if (round / 4 % 2)
			crowd();
		before = 0;
		if (round / 8 % 2)
			before = invent_full(&lots);
		else
			invent(&lots);
		patience = 1 + (unsigned)random_below(&lots, 30);
		play();
		if (!is_linearizable(before)) {
			print_history();
			CHECK_MSG(false, "history %u has no order (seed %" PRIu64 ")", round,
				  lots.seed);
		}
		check_smallest();
		iomt_ids_destroy(&ids);
		provider_check_empty(&provider);
	}
}

/* There is always a free id, though never where one looks: nobody may be told that there is none. */
static void never_exhausted(void)
{
	static const uint32_t bases[] = {14, 1022, 0xfffe};
	struct provider provider;
	struct iomt_ids_cfg cfg = {.size = sizeof(cfg), .mem = &provider.mem, .bits = 20};

	random_init(&lots, 8);
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint32_t id;

		base = bases[round % 3];
		provider_init(&provider, PROVIDER_LINEAR);
		CHECK_INT(iomt_ids_init(&ids, &cfg), 0);
		crowd();
		for (id = base; id < base + IDS; id++)
			CHECK_INT(iomt_ids_alloc_at(&ids, id), 0);
		hole = base + IDS - 1;
		CHECK_INT(iomt_ids_free(&ids, hole), 0);
		patience = 2 + (unsigned)random_below(&lots, 10);
		hops = 8;
		CHECK_INT(iomt_ids_alloc(&ids, base, base + IDS - 1, &id), 0);
		hops = 0;
		CHECK(id == base || id == base + IDS - 1);
		iomt_ids_destroy(&ids);
		provider_check_empty(&provider);
	}
}

/* The checker refuses what no order explains. */
static void checker_bites(void)
{
	base = 0;
	for (unsigned i = 0; i < THREADS * CALLS; i++)
		calls[i / CALLS][i % CALLS] = (struct call){.op = TEST_ONE,
							    .min = 3,
							    .max = 3,
							    .began = 100 + 2 * i,
							    .ended = 101 + 2 * i};
	CHECK(is_linearizable(0));
	/* one id for two threads */
	calls[0][0] = (struct call){.op = ALLOC, .max = 3, .id = 1, .began = 0, .ended = 10};
	calls[1][0] = (struct call){.op = ALLOC, .max = 3, .id = 1, .began = 5, .ended = 15};
	CHECK(!is_linearizable(0));
	/* freed between, if it may have been */
	calls[2][0] = (struct call){.op = FREE, .min = 1, .max = 1, .began = 7, .ended = 9};
	CHECK(is_linearizable(0));
	calls[2][0].began = 16;
	calls[2][0].ended = 17;
	CHECK(!is_linearizable(0));
	/* exhausted, with three ids free */
	calls[1][0] = (struct call){.op = ALLOC, .max = 3, .result = IOMT_ENOSPC, .ended = 15};
	CHECK(!is_linearizable(0));
	calls[1][0].min = calls[1][0].max = 1;
	CHECK(is_linearizable(0));
}

TEST_SUITE(ids_history, TEST(checker_bites), TEST(histories), TEST(never_exhausted));
