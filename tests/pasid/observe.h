/* SPDX-License-Identifier: MIT */
/* Included before all else into sources of the library: the test looks after each store. */
#ifndef TESTS_PASID_OBSERVE_H
#define TESTS_PASID_OBSERVE_H

void observe(void);

#define ENTRY_STORED()	      observe() /* stores of another kind */
#define __atomic_store_n(...) (__atomic_store_n(__VA_ARGS__), observe())

#endif
