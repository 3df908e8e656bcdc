/* SPDX-License-Identifier: MIT */
#include "stress.h"
#include <sched.h>

static uint64_t pauses, lost;

/* paused.h, which would make these accesses pause, too. */
void paused_step(void);
bool paused_replaced(bool replaced);

void paused_step(void)
{
	static _Thread_local uint64_t state;
	uint64_t draw;

	if (!state)
		state = (uintptr_t)&state | 1;
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	draw = state >> 33;
	if (draw % 32)
		return;
	__atomic_fetch_add(&pauses, 1, __ATOMIC_RELAXED);
	if (draw >> 5 & 31) {
		for (volatile unsigned n = draw >> 10 & 255; n; n--)
			continue;
	} else {
		sched_yield();
	}
}

bool paused_replaced(bool replaced)
{
	if (!replaced)
		__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
	return replaced;
}

const bool stress_pauses = true;

uint64_t stress_paused(void)
{
	return __atomic_load_n(&pauses, __ATOMIC_RELAXED);
}

uint64_t stress_lost_swaps(void)
{
	return __atomic_load_n(&lost, __ATOMIC_RELAXED);
}
