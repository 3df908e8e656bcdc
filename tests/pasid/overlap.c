/* SPDX-License-Identifier: MIT */
#include "overlap.h"
#include "interleave.h"
#include "test.h"
#include <ucontext.h>

#define STACK (64u << 10)

struct overlap overlap;

/* What takes the place of threads. */
static ucontext_t contexts[OVERLAP_THREADS], caller;
static bool ended[OVERLAP_THREADS];
static unsigned running;
static bool playing;
static void (*part)(unsigned thread);

/* Lets any of those go on that have not ended; the caller when all have. */
static void switch_from(ucontext_t *from)
{
	unsigned next = (unsigned)overlap.draw(overlap.ctx, OVERLAP_THREADS);

	for (unsigned i = 0; i < OVERLAP_THREADS && ended[next]; i++)
		next = (next + 1) % OVERLAP_THREADS;
	playing = !ended[next];
	running = next;
	if (from != &contexts[next] || !playing)
		swapcontext(from, playing ? &contexts[next] : &caller);
}

void interleave(void)
{
	static bool meddling;

	if (overlap.meddle && !meddling && !overlap.draw(overlap.ctx, overlap.patience)) {
		meddling = true;
		overlap.meddle();
		meddling = false;
	}
	if (playing && !overlap.draw(overlap.ctx, overlap.patience))
		switch_from(&contexts[running]);
}

static void act(void)
{
	part(running);
	ended[running] = true;
	switch_from(&contexts[running]);
}

void overlap_play(void (*act_part)(unsigned thread))
{
	static _Alignas(16) char stacks[OVERLAP_THREADS][STACK];

	part = act_part;
	for (volatile unsigned i = 0; i < OVERLAP_THREADS; i++) { /* getcontext returns twice */
		ended[i] = false;
		CHECK(!getcontext(&contexts[i]));
		contexts[i].uc_stack.ss_sp = stacks[i];
		contexts[i].uc_stack.ss_size = STACK;
		makecontext(&contexts[i], act, 0);
	}
	switch_from(&caller);
	playing = false;
}
