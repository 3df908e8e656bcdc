/* SPDX-License-Identifier: MIT */
/*
 * Many histories of ids, each with its order of things drawn by lot; and an id that is always free,
 * but never where one looks.
 */
#include "history.h"
#include "provider.h"
#include "random.h"
#include "test.h"

#define THREADS OVERLAP_THREADS
#define CALLS	HISTORY_CALLS
#define IDS	HISTORY_IDS
#define ROUNDS	20000u

static struct history history;
static struct provider provider;
static struct random lots;

static uint64_t draw(void *ctx, uint64_t below)
{
	return random_below(ctx, below);
}

static void open_history(uint32_t base)
{
	struct iomt_ids_cfg cfg = {.size = sizeof(cfg), .mem = &provider.mem, .bits = 20};

	provider_init(&provider, PROVIDER_LINEAR);
	CHECK_INT(iomt_ids_init(&history.ids, &cfg), 0);
	history.base = base;
}

static void close_history(void)
{
	iomt_ids_destroy(&history.ids);
	provider_check_empty(&provider);
}

/* An id that is free moves to another place, by two whole calls, while one call is under way. */
static unsigned hops; /* still to come */
static uint32_t hole;

static void hop(void)
{
	uint32_t to = hole == history.base ? history.base + IDS - 1 : history.base;

	if (!hops)
		return;
	CHECK_INT(iomt_ids_free(&history.ids, to), 0);
	hops = iomt_ids_alloc_at(&history.ids, hole) ? 0 : hops - 1; /* or it was found */
	hole = to;
}

/* Random calls; many that meet. */
static void invent(struct random *random)
{
	static const enum history_op often[] = {ALLOC, ALLOC, NEXT,	AT,	 FREE,
						FREE,  FREE,  TEST_ONE, RESERVE, RELEASE};

	for (unsigned i = 0; i < THREADS * CALLS; i++) {
		struct history_call *call = &history.calls[i / CALLS][i % CALLS];
		uint32_t a = (uint32_t)random_below(random, IDS), b;

		call->op = often[random_below(random, sizeof(often) / sizeof(often[0]))];
		b = call->op == ALLOC || call->op == NEXT ? (uint32_t)random_below(random, IDS) : a;
		call->min = a < b ? a : b;
		call->max = a < b ? b : a;
	}
}

/*
 * A space that is full but for one or two ids, never the same: one asks for any, the others each
 * free one and take another, from both ends. Returns the state before.
 */
static unsigned invent_full(struct random *random)
{
	unsigned state = 0;

	for (uint32_t id = 0; id < IDS; id++) {
		CHECK_INT(iomt_ids_alloc_at(&history.ids, history.base + id), 0);
		state = history_with_state(state, id, IOMT_IDS_ALLOCATED);
	}
	for (unsigned i = 0; i < CALLS; i++) {
		history.calls[0][i] = (struct history_call){.op = TEST_ONE};
		for (unsigned thread = 1; thread < THREADS; thread++) {
			/* free a, free b, take a, free a, take b, free b, take a, free a */
			bool far = (i && i / 2 % 2 == 0) == (thread == 1);
			uint32_t id = thread - 1 + (far ? IDS - 2 : 0);

			history.calls[thread][i] = (struct history_call){
				.op = i && i % 2 == 0 ? AT : FREE, .min = id, .max = id};
		}
	}
	history.calls[0][random_below(random, CALLS)] =
		(struct history_call){.op = ALLOC, .max = IDS - 1};
	return state;
}

/* In one word; on both sides of an edge of words, of parts, and of nodes. */
static void histories(void)
{
	static const uint32_t bases[] = {0, 14, 1022, 0xfffe};
	unsigned before, rounds = (unsigned)random_times(ROUNDS);

	random_init(&lots, 6);
	for (unsigned round = 0; round < rounds; round++) {
		open_history(bases[round % 4]);
		overlap = (struct overlap){.draw = draw, .ctx = &lots, .patience = 1};
		if (round / 4 % 2)
			history_crowd(&history);
		before = 0;
		if (round / 8 % 2)
			before = invent_full(&lots);
		else
			invent(&lots);
		overlap.patience = 1 + (unsigned)random_below(&lots, 30);
		history_play(&history);
		if (!history_is_linearizable(&history, before)) {
			history_print(&history);
			CHECK_MSG(false, "history %u has no order (seed %" PRIu64 ")", round,
				  lots.seed);
		}
		history_check_smallest(&history);
		close_history();
	}
}

/*
 * There is always a free id, though never where one looks: nobody may be told that there is none.
 */
static void never_exhausted(void)
{
	static const uint32_t bases[] = {14, 1022, 0xfffe};

	random_init(&lots, 8);
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint32_t base = bases[round % 3], id;

		open_history(base);
		overlap =
			(struct overlap){.draw = draw, .ctx = &lots, .patience = 2, .meddle = hop};
		history_crowd(&history);
		for (id = base; id < base + IDS; id++)
			CHECK_INT(iomt_ids_alloc_at(&history.ids, id), 0);
		hole = base + IDS - 1;
		CHECK_INT(iomt_ids_free(&history.ids, hole), 0);
		overlap.patience = 2 + (unsigned)random_below(&lots, 10);
		hops = 8;
		CHECK_INT(iomt_ids_alloc(&history.ids, base, base + IDS - 1, &id), 0);
		hops = 0;
		CHECK(id == base || id == base + IDS - 1);
		close_history();
	}
}

/* The checker refuses what no order explains. */
static void checker_bites(void)
{
	for (unsigned i = 0; i < THREADS * CALLS; i++)
		history.calls[i / CALLS][i % CALLS] = (struct history_call){.op = TEST_ONE,
									    .min = 3,
									    .max = 3,
									    .began = 100 + 2 * i,
									    .ended = 101 + 2 * i};
	CHECK(history_is_linearizable(&history, 0));
	/* one id for two threads */
	history.calls[0][0] =
		(struct history_call){.op = ALLOC, .max = 3, .id = 1, .began = 0, .ended = 10};
	history.calls[1][0] =
		(struct history_call){.op = ALLOC, .max = 3, .id = 1, .began = 5, .ended = 15};
	CHECK(!history_is_linearizable(&history, 0));
	/* freed between, if it may have been */
	history.calls[2][0] =
		(struct history_call){.op = FREE, .min = 1, .max = 1, .began = 7, .ended = 9};
	CHECK(history_is_linearizable(&history, 0));
	history.calls[2][0].began = 16;
	history.calls[2][0].ended = 17;
	CHECK(!history_is_linearizable(&history, 0));
	/* exhausted, with three ids free */
	history.calls[1][0] =
		(struct history_call){.op = ALLOC, .max = 3, .result = IOMT_ENOSPC, .ended = 15};
	CHECK(!history_is_linearizable(&history, 0));
	history.calls[1][0].min = history.calls[1][0].max = 1;
	CHECK(history_is_linearizable(&history, 0));
}

TEST_SUITE(ids_history, TEST(checker_bites), TEST(histories), TEST(never_exhausted));
