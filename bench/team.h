/* SPDX-License-Identifier: MIT */
/* Threads that do the same at the same time, each pinned, the caller's among them. */
#ifndef BENCH_TEAM_H
#define BENCH_TEAM_H

#include <stdbool.h>

struct team;

/* So many threads that call work(ctx, 0), work(ctx, 1), ... when told to; NULL without memory. */
struct team *team_start(unsigned count, void (*work)(void *ctx, unsigned index), void *ctx);

/*
 * Lets all of them work once, and returns when they have done so. False when the system took its
 * processor from one of the others, since it was done the last time: then the caller waited for it.
 */
bool team_work(struct team *team);

/* The same for the work of one of them, while the others wait. */
bool team_alone(struct team *team, unsigned index);

void team_stop(struct team *team);

/* Calls add for 1 thread, 2, 4, ..., and for one on each processor. */
void team_sizes(void (*add)(unsigned count));

#define TEAM_MOST 256u

#endif
