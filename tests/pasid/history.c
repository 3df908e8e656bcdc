/* SPDX-License-Identifier: MIT */
#include "history.h"
#include "interleave.h"
#include "test.h"

#define FREED  3u
#define STATES (1u << 2 * HISTORY_IDS)

static struct history *playing; /* one at a time */

static int make(struct iomt_ids *ids, uint32_t base, struct history_call *call)
{
	uint32_t min = base + call->min, max = base + call->max, id = min;
	int result;

	switch (call->op) {
	case ALLOC:
		result = iomt_ids_alloc(ids, min, max, &id);
		break;
	case NEXT:
		result = iomt_ids_alloc_next(ids, min, max, &id);
		break;
	case AT:
		result = iomt_ids_alloc_at(ids, min);
		break;
	case FREE:
		result = iomt_ids_free(ids, min);
		break;
	case RESERVE:
		result = iomt_ids_reserve(ids, min, min);
		break;
	case RELEASE:
		result = iomt_ids_release(ids, min, min);
		break;
	default:
		result = iomt_ids_test(ids, min);
	}
	call->id = id - base;
	return result;
}

static void act(unsigned thread)
{
	for (unsigned i = 0; i < HISTORY_CALLS; i++) {
		struct history_call *call = &playing->calls[thread][i];

		call->began = playing->now++;
		interleave();
		call->result = make(&playing->ids, playing->base, call);
		call->ended = playing->now++;
	}
}

void history_play(struct history *history)
{
	playing = history;
	history->now = 0;
	overlap_play(act);
}

static unsigned state_of(unsigned state, uint32_t id)
{
	return state >> 2 * id & 3;
}

unsigned history_with_state(unsigned state, uint32_t id, unsigned to)
{
	return (state & ~(3u << 2 * id)) | to << 2 * id;
}

static bool is_free(unsigned state, uint32_t id)
{
	return state_of(state, id) == IOMT_IDS_FREE || state_of(state, id) == FREED;
}

/* Whether an allocation from a range may have ended so. */
static bool may_alloc(const struct history_call *call, unsigned *state)
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
	*state = history_with_state(*state, call->id, IOMT_IDS_ALLOCATED);
	return true;
}

/* What a call on one id says of each state, and what it leaves. */
static const struct {
	int result;
	unsigned after;
} one_id[HISTORY_OPS][4] = {
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

static bool may_be(const struct history_call *call, unsigned *state)
{
	unsigned before;

	if (call->op == ALLOC || call->op == NEXT)
		return may_alloc(call, state);
	before = state_of(*state, call->min);
	if (one_id[call->op][before].result != call->result)
		return false;
	*state = history_with_state(*state, call->min, one_id[call->op][before].after);
	return true;
}

/* What was tried: calls made of each thread, and the state. */
static bool tried[HISTORY_CALLS + 1][HISTORY_CALLS + 1][HISTORY_CALLS + 1][STATES];
_Static_assert(OVERLAP_THREADS == 3, "the dimensions of what was tried");

/* No call that is still to come ended before this one began. */
static bool may_be_next(const struct history *history, const unsigned *made, unsigned thread)
{
	for (unsigned other = 0; other < OVERLAP_THREADS; other++) {
		if (made[other] < HISTORY_CALLS &&
		    history->calls[other][made[other]].ended <
			    history->calls[thread][made[thread]].began)
			return false;
	}
	return true;
}

static bool search(const struct history *history, unsigned *made, unsigned state)
{
	bool all = true;

	if (tried[made[0]][made[1]][made[2]][state])
		return false;
	tried[made[0]][made[1]][made[2]][state] = true;
	for (unsigned thread = 0; thread < OVERLAP_THREADS; thread++) {
		unsigned after = state;
		bool found;

		if (made[thread] == HISTORY_CALLS)
			continue;
		all = false;
		if (!may_be_next(history, made, thread) ||
		    !may_be(&history->calls[thread][made[thread]], &after))
			continue;
		made[thread]++;
		found = search(history, made, after);
		made[thread]--;
		if (found)
			return true;
	}
	return all;
}

bool history_is_linearizable(const struct history *history, unsigned before)
{
	unsigned made[OVERLAP_THREADS] = {0};

	memset(tried, 0, sizeof(tried));
	return search(history, made, before);
}

void history_print(const struct history *history)
{
	static const char *const names[] = {"alloc", "next",	"at",	  "free",
					    "test",  "reserve", "release"};

	for (unsigned thread = 0; thread < OVERLAP_THREADS; thread++) {
		for (unsigned i = 0; i < HISTORY_CALLS; i++) {
			const struct history_call *call = &history->calls[thread][i];

			fprintf(stderr, "%u: [%" PRIu64 ", %" PRIu64 "] %s %u to %u: %d, id %u\n",
				thread, call->began, call->ended, names[call->op], call->min,
				call->max, call->result, call->id);
		}
	}
}

void history_check_smallest(struct history *history)
{
	struct iomt_ids *ids = &history->ids;
	uint32_t base = history->base, id;

	for (uint32_t wanted = base; wanted < base + HISTORY_IDS; wanted++) {
		if (iomt_ids_test(ids, wanted) != IOMT_IDS_FREE)
			continue;
		CHECK_INT(iomt_ids_alloc(ids, base, base + HISTORY_IDS - 1, &id), 0);
		CHECK_EQ(id, wanted);
	}
}

void history_crowd(struct history *history)
{
	if (history->base)
		CHECK_INT(iomt_ids_reserve(&history->ids, 0, history->base - 1), 0);
	CHECK_INT(iomt_ids_reserve(&history->ids, history->base + HISTORY_IDS, 0xfffff), 0);
}
