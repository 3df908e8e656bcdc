/* SPDX-License-Identifier: MIT */
/* Choices out of an input. */
#ifndef FUZZ_LOTS_H
#define FUZZ_LOTS_H

#include "random.h"
#include <string.h>

/* A byte for each small choice, eight for any number; when they are used up, by lot. */
struct lots {
	const uint8_t *next, *end;
	struct random random;
};

static inline uint64_t lots_draw(void *ctx, uint64_t below)
{
	struct lots *lots = ctx;
	size_t bytes = below && below <= 256 ? 1 : 8;
	uint64_t value = 0;

	if ((size_t)(lots->end - lots->next) < bytes)
		value = random_next(&lots->random);
	else
		memcpy(&value, lots->next, bytes);
	if ((size_t)(lots->end - lots->next) >= bytes)
		lots->next += bytes;
	return below ? value % below : value;
}

/* The first eight bytes are the seed of what is drawn by lot. */
static inline uint64_t lots_init(struct lots *lots, const uint8_t *data, size_t size)
{
	uint64_t seed = 0;

	*lots = (struct lots){.next = data, .end = data + size};
	memcpy(&seed, data, size < 8 ? size : 8);
	lots->random.state = seed;
	lots->next += size < 8 ? size : 8;
	return seed;
}

#endif
