/* SPDX-License-Identifier: MIT */
#include "history.h"
#include "interleave.h"
#include "test.h"

#define FREED  3u
#define STATES (1u << 2 * HISTORY_IDS)

static int make(struct history_call *call)
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
	*state = with_state(*state, call->id, IOMT_IDS_ALLOCATED);
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
	*state = with_state(*state, call->min, one_id[call->op][before].after);
	return true;
}

/* What was tried: calls made of each thread, and the state. */
static bool tried[HISTORY_CALLS + 1][HISTORY_CALLS + 1][HISTORY_CALLS + 1][STATES];

/* No call that is still to come ended before this one began. */
static bool may_be_next(const unsigned *made, unsigned thread)
{
	for (unsigned other = 0; other < OVERLAP_THREADS; other++) {
		if (made[other] < HISTORY_CALLS &&
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
	for (unsigned thread = 0; thread < OVERLAP_THREADS; thread++) {
		unsigned after = state;
		bool found;

		if (made[thread] == HISTORY_CALLS)
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
	unsigned made[OVERLAP_THREADS] = {0};

	memset(tried, 0, sizeof(tried));
	return search(made, before);
}

static void print_history(void)
{
	static const char *const names[] = {"alloc", "next",	"at",	  "free",
					    "test",  "reserve", "release"};

	for (unsigned thread = 0; thread < OVERLAP_THREADS; thread++) {
		for (unsigned i = 0; i < HISTORY_CALLS; i++) {
			const struct history_call *call = &calls[thread][i];

			fprintf(stderr, "%u: [%" PRIu64 ", %" PRIu64 "] %s %u to %u: %d, id %u\n",
				thread, call->began, call->ended, names[call->op], call->min - base,
				call->max - base, call->result, call->id - base);
		}
	}
}

