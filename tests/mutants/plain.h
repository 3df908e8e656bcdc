/* SPDX-License-Identifier: MIT */
/* What orders.sh puts in the place of atomic accesses that read and write: two accesses. */
#ifndef TESTS_MUTANTS_PLAIN_H
#define TESTS_MUTANTS_PLAIN_H

/* clang-format off */
#define plain_compare_exchange_n(word, expected, value, weak, order, otherwise)       \
	({                                                                            \
		__typeof__(*(word) + 0) found = __atomic_load_n(word, __ATOMIC_ACQUIRE); \
		bool same = found == *(expected);                                     \
		if (same)                                                             \
			__atomic_store_n(word, value, __ATOMIC_RELEASE);              \
		else                                                                  \
			*(expected) = found;                                          \
		same;                                                                 \
	})
#define plain_exchange_n(word, value, order)                                          \
	({                                                                            \
		__typeof__(*(word) + 0) found = __atomic_load_n(word, __ATOMIC_ACQUIRE); \
		__atomic_store_n(word, value, __ATOMIC_RELEASE);                      \
		found;                                                                \
	})
#define plain_fetch_add(word, value, order)                                           \
	__atomic_store_n(word, __atomic_load_n(word, __ATOMIC_ACQUIRE) + (value), __ATOMIC_RELEASE)
/* clang-format on */

#endif
