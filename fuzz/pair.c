/* SPDX-License-Identifier: MIT */
#include "pair.h"
#include "test.h"
#include <pthread.h>
#include <sched.h>

/* Turns of the number: even, the helper waits; odd, it has something to run. */
static struct {
	pthread_t thread;
	bool started;
	unsigned turn;
	unsigned ready; /* at the line */
	void (*run)(void *ctx);
	void *ctx;
} helper;

#define SPINS 2000

/* A processor may be busy elsewhere; a wait must not keep the other thread from running. */
static void wait_until(const unsigned *number, unsigned value)
{
	for (unsigned i = 0; __atomic_load_n(number, __ATOMIC_ACQUIRE) != value; i++) {
		if (i > SPINS)
			sched_yield();
	}
}

/* Both must be running before either goes on, or one would be done before the other began. */
static void line_up(void)
{
	__atomic_add_fetch(&helper.ready, 1, __ATOMIC_ACQ_REL);
	wait_until(&helper.ready, 2);
}

static void *help(void *unused)
{
	(void)unused;
	for (unsigned turn = 1;; turn += 2) {
		wait_until(&helper.turn, turn);
		line_up();
		helper.run(helper.ctx);
		__atomic_store_n(&helper.turn, turn + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

void run_pair(void (*run)(void *ctx), void *first, void *second)
{
	unsigned turn = helper.turn + 1;

	if (!helper.started) {
		helper.started = true;
		CHECK(!pthread_create(&helper.thread, NULL, help, NULL));
		CHECK(!pthread_detach(helper.thread));
	}
	helper.run = run;
	helper.ctx = second;
	helper.ready = 0;
	__atomic_store_n(&helper.turn, turn, __ATOMIC_RELEASE);
	line_up();
	run(first);
	wait_until(&helper.turn, turn + 1);
}
