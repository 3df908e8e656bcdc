/* SPDX-License-Identifier: MIT */
/*
 * Included before all else into sources of the library: each atomic access may become the place
 * where another call goes on. So a test decides, on one processor, how calls overlap.
 */
#ifndef TESTS_PASID_INTERLEAVE_H
#define TESTS_PASID_INTERLEAVE_H

void interleave(void);

#define __atomic_load_n(...)		 (interleave(), __atomic_load_n(__VA_ARGS__))
#define __atomic_store_n(...)		 (interleave(), __atomic_store_n(__VA_ARGS__))
#define __atomic_fetch_or(...)		 (interleave(), __atomic_fetch_or(__VA_ARGS__))
#define __atomic_fetch_and(...)		 (interleave(), __atomic_fetch_and(__VA_ARGS__))
#define __atomic_fetch_add(...)		 (interleave(), __atomic_fetch_add(__VA_ARGS__))
#define __atomic_fetch_sub(...)		 (interleave(), __atomic_fetch_sub(__VA_ARGS__))
#define __atomic_exchange_n(...)	 (interleave(), __atomic_exchange_n(__VA_ARGS__))
#define __atomic_add_fetch(...)		 (interleave(), __atomic_add_fetch(__VA_ARGS__))
#define __atomic_compare_exchange_n(...) (interleave(), __atomic_compare_exchange_n(__VA_ARGS__))

#endif
