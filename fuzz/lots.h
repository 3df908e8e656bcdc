/* SPDX-License-Identifier: MIT */
/* Choices out of an input, for plays that draw them one by one. */
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

/* The first eight bytes are the seed of what comes when the others are used up. */
static inline uint64_t lots_open(struct lots *lots, const uint8_t *data, size_t size)
{
	size_t first = size < 8 ? size : 8;
	uint64_t seed = 0;

	if (first) /* an empty input has no address */
		memcpy(&seed, data, first);
	*lots = (struct lots){.next = data + first, .end = data + size};
	lots->random.state = seed;
	return seed;
}

#endif
