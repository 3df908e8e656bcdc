/* SPDX-License-Identifier: MIT */
#include "team.h"
#include "bench.h"
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define EVERYBODY UINT_MAX

struct member {
	struct team *team;
	unsigned index;
	pthread_t thread;
	long interruptions; /* until the end of its last turn */
	bool disturbed;	    /* since the one before */
};

struct team {
	void (*work)(void *ctx, unsigned index);
	void *ctx;
	unsigned count;
	unsigned started;
	unsigned whose; /* the turn is: a member's, or everybody's */
	/* each on a line of its own: one is written by the first thread, one by the others */
	_Alignas(128) uint32_t turn; /* begun; the last is UINT32_MAX */
	_Alignas(128) uint32_t done; /* turns that other threads have ended, or are ready for */
	struct member members[TEAM_MOST];
};

static void *take_turns(void *ctx)
{
	struct member *member = ctx;
	struct team *team = member->team;
	uint32_t turn = 0;

	bench_pin(member->index);
	__atomic_fetch_add(&team->done, 1, __ATOMIC_RELEASE);
	for (;;) {
		uint32_t next;
		long interruptions;

		do
			next = __atomic_load_n(&team->turn, __ATOMIC_ACQUIRE);
		while (next == turn);
		turn = next;
		if (turn == UINT32_MAX)
			return NULL;
		if (team->whose == EVERYBODY || team->whose == member->index)
			team->work(team->ctx, member->index);
		interruptions = bench_interruptions();
		member->disturbed = interruptions != member->interruptions;
		member->interruptions = interruptions;
		__atomic_fetch_add(&team->done, 1, __ATOMIC_RELEASE);
	}
}

struct team *team_start(unsigned count, void (*work)(void *ctx, unsigned index), void *ctx)
{
	struct team *team = aligned_alloc(128, sizeof(*team));

	if (!team)
		return NULL;
	*team = (struct team){.work = work, .ctx = ctx, .count = count};
	for (unsigned i = 1; i < count; i++) {
		struct member *member = &team->members[i];

		*member = (struct member){.team = team, .index = i};
		if (pthread_create(&member->thread, NULL, take_turns, member)) {
			team_stop(team);
			return NULL;
		}
		team->started = i;
	}
	/* until each is on its own processor: they begin on this one */
	while (__atomic_load_n(&team->done, __ATOMIC_ACQUIRE) != count - 1)
		sched_yield();
	return team;
}

static bool take_turn(struct team *team, unsigned whose)
{
	bool disturbed = false;

	team->whose = whose;
	__atomic_store_n(&team->done, 0, __ATOMIC_RELAXED);
	__atomic_fetch_add(&team->turn, 1, __ATOMIC_RELEASE);
	if (whose == EVERYBODY || !whose)
		team->work(team->ctx, 0);
	while (__atomic_load_n(&team->done, __ATOMIC_ACQUIRE) != team->count - 1)
		continue;
	for (unsigned i = 1; i < team->count; i++)
		disturbed = disturbed || team->members[i].disturbed;
	return !disturbed;
}

bool team_work(struct team *team)
{
	return take_turn(team, EVERYBODY);
}

bool team_alone(struct team *team, unsigned index)
{
	return take_turn(team, index);
}

void team_stop(struct team *team)
{
	__atomic_store_n(&team->turn, UINT32_MAX, __ATOMIC_RELEASE);
	for (unsigned i = 1; i <= team->started; i++)
		pthread_join(team->members[i].thread, NULL);
	free(team);
}

void team_sizes(void (*add)(unsigned count))
{
	unsigned most = bench_processors();

	if (most > TEAM_MOST)
		most = TEAM_MOST;
	for (unsigned count = 1; count < most; count *= 2)
		add(count);
	add(most);
}
