/* SPDX-License-Identifier: MIT */
/*
 * Included before all else into sources of the library: their atomic accesses are the explorer's
 * (explore.h). Entries go one by one, as for the thread sanitizer, and lines of them are short, so that
 * small tables have some.
 */
#ifndef TESTS_MODEL_EXPLORED_H
#define TESTS_MODEL_EXPLORED_H

#include "explore.h"

#define PT_WORDS_SCALAR 1
#ifndef PT_LINE
#define PT_LINE 2u
#endif

/* clang-format off */
#define __atomic_load_n(word, order) \
	((__typeof__(*(word) + 0))explore_load(word, sizeof(*(word)), order))
#define __atomic_store_n(word, value, order) \
	explore_store(word, sizeof(*(word)), (uint64_t)(value), order)
#define __atomic_fetch_add(word, value, order) \
	explore_add(word, sizeof(*(word)), (uint64_t)(value), order)
#define __atomic_exchange_n(word, value, order) \
	((__typeof__(*(word) + 0))explore_exchange(word, sizeof(*(word)), (uint64_t)(value), order))
#define __atomic_compare_exchange_n(word, expected, value, weak, order, otherwise) \
	explore_replace(word, sizeof(*(word)), expected, (uint64_t)(value), order, otherwise)
#define __atomic_thread_fence(order) explore_fence(order)
/* clang-format on */

#endif
