/* SPDX-License-Identifier: MIT */
/*
 * Guest tables full of anything: in regions, cut anywhere, and behind callbacks, where words change
 * between any two reads. The library says what the other walker says (tests/walk/guest_play.h), and leaves
 * the same behind.
 */
#include "guest_play.h"
#include "random.h"
#include "target.h"
#include "test.h"

/* A byte for each small choice, eight for any number; when they are used up, by lot. */
struct lots {
	const uint8_t *next, *end;
	struct random random;
};

static uint64_t draw(void *ctx, uint64_t below)
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play_counts counts = {0};
	struct lots lots = {.next = data, .end = data + size};
	struct play_source source = {draw, &lots};
	uint64_t seed = 0;

	memcpy(&seed, data, size < 8 ? size : 8);
	lots.random.state = seed;
	lots.next += size < 8 ? size : 8;
	play_guest(&source, seed, &counts);
	return 0;
}
