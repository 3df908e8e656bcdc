/* SPDX-License-Identifier: MIT */
/*
 * When the readers of a moment are gone: each thread says now and then that it holds no pointer. Who
 * has unlinked something begins an epoch, and frees it when all threads have said so since.
 */
#ifndef TESTS_MODEL_EPOCHS_H
#define TESTS_MODEL_EPOCHS_H

#include <stdbool.h>
#include <stdint.h>

#define EPOCHS_THREADS 8u

struct epochs {
	_Alignas(64) uint64_t now;
	struct {
		_Alignas(64) uint64_t seen;
	} threads[EPOCHS_THREADS];
};

/* This thread holds nothing just now. */
static inline void epochs_pass(struct epochs *epochs, unsigned thread)
{
	uint64_t now = __atomic_load_n(&epochs->now, __ATOMIC_ACQUIRE);

	if (__atomic_load_n(&epochs->threads[thread].seen, __ATOMIC_RELAXED) != now)
		__atomic_store_n(&epochs->threads[thread].seen, now, __ATOMIC_RELEASE);
}

/* And will never again. */
static inline void epochs_leave(struct epochs *epochs, unsigned thread)
{
	__atomic_store_n(&epochs->threads[thread].seen, UINT64_MAX, __ATOMIC_RELEASE);
}

static inline uint64_t epochs_begin(struct epochs *epochs)
{
	return __atomic_add_fetch(&epochs->now, 1, __ATOMIC_ACQ_REL);
}

static inline bool epochs_are_over(const struct epochs *epochs, uint64_t begun, unsigned threads)
{
	for (unsigned i = 0; i < threads; i++) {
		if (__atomic_load_n(&epochs->threads[i].seen, __ATOMIC_ACQUIRE) < begun)
			return false;
	}
	return true;
}

#endif
