/* SPDX-License-Identifier: MIT */
/*
 * Included before all else into sources of the library: they pause now and then before an atomic
 * access, so that threads meet in the middle of things. The accesses are what they were, with their
 * orders. Entries go one by one, as for the thread sanitizer.
 */
#ifndef TESTS_MODEL_PAUSED_H
#define TESTS_MODEL_PAUSED_H

#include <stdbool.h>

#define PT_WORDS_SCALAR 1

/* Most often nothing; else a moment, or a rest that lets others run. */
void paused_step(void);

/* Notes whether a compare-and-swap met what it expected, and returns that. */
bool paused_replaced(bool replaced);

#define __atomic_load_n(word, order)	     (paused_step(), __atomic_load_n(word, order))
#define __atomic_store_n(word, value, order) (paused_step(), __atomic_store_n(word, value, order))
#define __atomic_fetch_add(word, value, order) \
	(paused_step(), __atomic_fetch_add(word, value, order))
#define __atomic_exchange_n(word, value, order) \
	(paused_step(), __atomic_exchange_n(word, value, order))
#define __atomic_compare_exchange_n(word, expected, value, weak, order, otherwise)               \
	(paused_step(), paused_replaced(__atomic_compare_exchange_n(word, expected, value, weak, \
								    order, otherwise)))

#endif
