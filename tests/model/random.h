/* SPDX-License-Identifier: MIT */
/*
 * Random numbers that a test can repeat: IOMT_TEST_SEED=n takes the place of its own seed, and
 * IOMT_TEST_TIMES=n, maybe a fraction, makes its runs n times as long.
 */
#ifndef TESTS_MODEL_RANDOM_H
#define TESTS_MODEL_RANDOM_H

#include <stdint.h>
#include <stdlib.h>

struct random {
	uint64_t state;
	uint64_t seed; /* to print when something fails */
};

static inline void random_init(struct random *random, uint64_t seed)
{
	const char *given = getenv("IOMT_TEST_SEED");

	random->seed = given ? strtoull(given, NULL, 0) : seed;
	random->state = random->seed;
}

/* splitmix64 */
static inline uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* 0..limit - 1 */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
	return random_next(random) % limit;
}

/* How many steps a run makes that has so many as a rule: one at least. */
static inline uint64_t random_times(uint64_t usual)
{
	const char *given = getenv("IOMT_TEST_TIMES");
	double steps = given ? (double)usual * strtod(given, NULL) : (double)usual;

	return steps < 1 ? 1 : (uint64_t)steps;
}

#endif
