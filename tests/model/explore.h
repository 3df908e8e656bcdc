/* SPDX-License-Identifier: MIT */
/*
 * Small concurrent programs in every order of their atomic accesses, and with every value that C's
 * memory model lets a load see.
 *
 * Sources compiled with explored.h stop before each atomic access to memory that threads share. The
 * explorer runs a program again and again, depth first: at each stop it decides who goes on, and at
 * each load which store is read. Orders that differ only in accesses that do not conflict are tried
 * once (docs/concurrency.md).
 *
 * Memory: each word has a history of stores, and each thread a view, the oldest store of each word
 * that it may still read. A store that releases takes its thread's view along, and a load that
 * acquires it takes that over. So a release or an acquire that is missing shows as an old value.
 */
#ifndef TESTS_MODEL_EXPLORE_H
#define TESTS_MODEL_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPLORE_THREADS 4u
#define EXPLORE_WORDS	1024u

struct explore {
	unsigned threads;
	void (*act)(unsigned thread);	/* what each does */
	void (*look)(const void *word); /* called after each new store there; may be NULL */
	void (*end)(void);		/* called when all have ended */

	/* All that a run changes: it is put back before the next one. A multiple of 8 bytes. */
	void *memory;
	size_t bytes;

	/* The page of "bytes" bytes that a word points to when it holds this value, or NULL. */
	void *(*target)(uint64_t value, size_t *bytes);

	const void *spins; /* a word that threads wait at while it is odd, or NULL */
	uint64_t limit;	   /* runs; 0 for no limit */

	/* results */
	uint64_t runs;	 /* that came to their end */
	uint64_t pruned; /* that turned out to be like another one on their way */
	uint64_t steps;
	bool complete;	   /* there is no other run */
	const char *wrong; /* what a run did wrong, or NULL; the order is printed */
};

/* Tries all runs, or "limit", or as far as the first that goes wrong. */
void explore(struct explore *program);

/* Called in a run when something is wrong. */
void explore_wrong(const char *what);

/* Memory that its thread alone can reach from now on, filled with this word. Its accesses are no stops. */
void explore_private(void *memory, size_t bytes, uint64_t garbage);

bool explore_is_private(const void *memory);

/* Memory that nobody may access any more. */
void explore_dead(void *memory, size_t bytes);

/* Waits, without a stop for each look, until the word is even or has changed. Reads the newest store. */
void explore_await_even(uint64_t *word);

/* Whether this run has left the part that it has in common with the one before. */
bool explore_is_new(void);

/* The thread that runs; EXPLORE_THREADS outside of runs. */
unsigned explore_thread(void);

/* Atomic accesses, see explored.h. */
uint64_t explore_load(const void *word, size_t size, int order);
void explore_store(void *word, size_t size, uint64_t value, int order);
void explore_add(void *word, size_t size, uint64_t value, int order);
uint64_t explore_exchange(void *word, size_t size, uint64_t value, int order);
void explore_fence(int order);
bool explore_replace(void *word, size_t size, void *expected, uint64_t value, int order,
		     int otherwise);

#endif
