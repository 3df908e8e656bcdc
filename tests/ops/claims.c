/* SPDX-License-Identifier: MIT */
/*
 * How debug builds find writers that overlap, in orders that are drawn: src/debug.c is compiled here with
 * a stop before each atomic access, at which another thread may go on. All accesses are in one order.
 */
#include "random.h"
#include "test.h"
#include <stdbool.h>
#include <ucontext.h>

static void stop(void);
static bool replace(void *word, void *expected, uint64_t value, size_t size);

/* clang-format off */
#define __atomic_load_n(word, order) (stop(), *(word))
#define __atomic_store_n(word, value, order) (stop(), *(word) = (value))
#define __atomic_add_fetch(word, value, order) (stop(), *(word) += (value))
#define __atomic_compare_exchange_n(word, expected, value, weak, order, otherwise) \
	replace(word, expected, value, sizeof(*(word)))
/* clang-format on */

#ifndef IOMT_DEBUG
#define IOMT_DEBUG
#endif
#include "../../src/debug.c"

#define THREADS 3u
#define CALLS	4u
#define RUNS	50000u
#define STACK	65536u
#define PAGE	4096u

static struct {
	ucontext_t context;
	bool over;
} threads[THREADS];
static _Alignas(16) uint8_t stacks[THREADS][STACK];
static ucontext_t caller;
static unsigned now;
static struct random dice;
static bool overlapping; /* what the threads are to do */
static unsigned broken;	 /* rules, as reported */
static unsigned begun;	 /* calls of threads that overlap */
static const char tables[2];

static unsigned draw(unsigned limit)
{
	return (unsigned)random_below(&dice, limit);
}

/* Goes on with any thread that is not over, this one too. */
static void stop(void)
{
	unsigned before = now;

	if (draw(3))
		return;
	do
		now = draw(THREADS);
	while (threads[now].over);
	if (now != before)
		swapcontext(&threads[before].context, &threads[now].context);
}

static bool replace(void *word, void *expected, uint64_t value, size_t size)
{
	bool same;

	stop();
	same = !memcmp(word, expected, size);
	memcpy(same ? word : expected, same ? (void *)&value : word, size);
	return same;
}

static void count(void *ctx, enum iomt_rule rule, const void *where)
{
	(void)ctx;
	CHECK(rule == IOMT_RULE_OVERLAP && where == &tables[0]);
	broken++;
}

/* Each in addresses of its own; in another page table, in all of them. */
static void write_apart(unsigned thread)
{
	for (unsigned i = 0; i < CALLS; i++) {
		bool other = !draw(4);
		uint64_t first = other ? 0 : (4 * thread + draw(2)) * PAGE;
		uint64_t length = (other && !thread ? 4 * THREADS : 1 + draw(2)) * PAGE;
		struct debug_claim claim;

		if (other && thread)
			continue;
		claim = iomt_debug_claim(&tables[other], first, length);
		iomt_debug_unclaim(&claim);
	}
}

/* All in one page, and each stays in its call until all have begun. */
static void write_together(unsigned thread)
{
	struct debug_claim claim = iomt_debug_claim(&tables[0], PAGE, (thread + 1) * PAGE);

	begun++;
	while (begun < THREADS)
		stop();
	iomt_debug_unclaim(&claim);
}

static void act(void)
{
	unsigned next = 0;

	if (overlapping)
		write_together(now);
	else
		write_apart(now);
	threads[now].over = true;
	while (next < THREADS && threads[next].over)
		next++;
	now = next;
	setcontext(next < THREADS ? &threads[next].context : &caller);
}

static void run(void)
{
	broken = begun = 0;
	for (volatile unsigned i = 0; i < THREADS; i++) { /* getcontext returns twice */
		getcontext(&threads[i].context);
		threads[i].context.uc_stack.ss_sp = stacks[i];
		threads[i].context.uc_stack.ss_size = STACK;
		threads[i].context.uc_link = NULL;
		threads[i].over = false;
		makecontext(&threads[i].context, act, 0);
	}
	now = draw(THREADS);
	swapcontext(&caller, &threads[now].context);
}

static void play(bool together)
{
	overlapping = together;
	random_init(&dice, 20261122);
	iomt_debug_report(count, NULL);
	for (uint64_t i = 0; i < random_times(RUNS); i++) {
		run();
		/* of any two that overlap, one at least says so */
		CHECK_MSG(together ? broken >= THREADS - 1 : !broken, "run %" PRIu64 ": %u reports",
			  i, broken);
	}
}

static void no_false_alarm(void)
{
	play(false);
}

static void none_is_missed(void)
{
	play(true);
}

TEST_SUITE(claims, TEST(no_false_alarm), TEST(none_is_missed));
