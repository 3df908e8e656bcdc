/* SPDX-License-Identifier: MIT */
/* splitmix64 (Steele, Lea, Flood 2014): hashes, and numbers that a seed repeats. */
#ifndef MODEL_MIX_H
#define MODEL_MIX_H

#include <iomt/base.h>

static inline uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static inline uint64_t mix_next(uint64_t *state)
{
	return mix(*state += 0x9e3779b97f4a7c15ULL);
}

/* 0..limit - 1; what it prefers is below 2^-32 for limits of 32 bits. */
static inline uint32_t mix_below(uint64_t *state, uint32_t limit)
{
	return (uint32_t)((mix_next(state) >> 32) * limit >> 32);
}

#endif
