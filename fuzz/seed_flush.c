/* SPDX-License-Identifier: MIT */
/* Strict and deferred, over rings of all vendors; what a strict unmap must know of a deferred one. */
#include "flush_input.h"
#include "seed.h"
#include <stdio.h>

#define QUEUE(number) ((number) << 4)

static void seed_with(const char *what, const struct flush_step *steps, size_t count)
{
	for (uint8_t ring = 0; ring < 5; ring++) {
		struct {
			struct flush_head head;
			struct flush_step steps[32];
		} input = {
			.head =
				{
					.kind = ring,
					.rings = (uint8_t)(ring | (ring + 1) % 5 << 4),
					.ring_lg2 = ring,
					.policy = ring & 1 ? 0x87 : 1,
					.entries = {0, 1, 3, 7},
				},
		};
		char name[32];

		for (size_t i = 0; i < count; i++)
			input.steps[i] = steps[i];
		snprintf(name, sizeof(name), "%s-%u", what, ring);
		seed_write("flush", name, &input, sizeof(input.head) + count * sizeof(steps[0]));
	}
}

#define SEED(name, ...)                                                   \
	do {                                                              \
		static const struct flush_step steps[] = {__VA_ARGS__};   \
		seed_with(name, steps, sizeof(steps) / sizeof(steps[0])); \
	} while (0)

void seed_flush(void)
{
	SEED("strict", {FLUSH_MAP, 32, 15, 0}, {FLUSH_ACCESS, 32, 15, 0}, {FLUSH_UNMAP, 32, 15, 0},
	     {FLUSH_MAP, 32, 15, 0});
	SEED("deferred", {FLUSH_MAP, 32, 15, 0}, {FLUSH_ACCESS, 32, 15, 0},
	     {FLUSH_UNMAP | QUEUE(2), 32, 15, 0}, {FLUSH_TIME, 0, 16, 0},
	     {FLUSH_TICK | QUEUE(2), 0, 8, 0}, {FLUSH_MAP, 32, 15, 0});
	SEED("overflow", {FLUSH_MAP, 0, 31, 0}, {FLUSH_ACCESS, 0, 15, 1},
	     {FLUSH_UNMAP | QUEUE(1), 0, 0, 0}, {FLUSH_UNMAP | QUEUE(1), 1, 0, 0},
	     {FLUSH_UNMAP | QUEUE(1), 2, 3, 0}, {FLUSH_UNMAP | QUEUE(2), 8, 7, 0});
	SEED("split", {FLUSH_MAP, 32, 31, 0}, {FLUSH_ACCESS, 32, 15, 0},
	     {FLUSH_UNMAP | QUEUE(3), 50, 4, 0}, {FLUSH_UNMAP, 32, 3, 0});
	SEED("trim", {FLUSH_MAP, 0, 255, 0}, {FLUSH_ACCESS, 3, 15, 0},
	     {FLUSH_TRIM | QUEUE(3), 0, 255, 0}, {FLUSH_NOW, 0, 0, 0},
	     {FLUSH_TICK | QUEUE(3), 0, 8, 0});
	SEED("hang", {FLUSH_MAP, 0, 15, 0}, {FLUSH_ACCESS, 0, 15, 0}, {FLUSH_HANG, 0, 2, 0},
	     {FLUSH_UNMAP, 0, 7, 0}, {FLUSH_UNMAP | QUEUE(3), 8, 7, 0});
	SEED("refuse", {FLUSH_MAP, 0, 15, 0}, {FLUSH_ACCESS, 0, 15, 0}, {FLUSH_REFUSE, 1, 2, 0},
	     {FLUSH_UNMAP, 0, 7, 0}, {FLUSH_REFUSE, 0, 1, 1}, {FLUSH_UNMAP, 8, 7, 0});
	SEED("go", {FLUSH_MAP, 0, 15, 0}, {FLUSH_ACCESS, 0, 15, 0}, {FLUSH_DETACH, 0, 0, 0},
	     {FLUSH_UNMAP | QUEUE(3), 0, 15, 0}, {FLUSH_ATTACH, 0, 0, 0}, {FLUSH_NOW, 0, 0, 0},
	     {FLUSH_TICK | QUEUE(3), 0, 8, 0});
	SEED("memory", {FLUSH_EXHAUST, 0, 1, 0}, {FLUSH_MAP, 0, 15, 0}, {FLUSH_MAP, 0, 15, 0},
	     {FLUSH_EXHAUST, 0, 0, 0}, {FLUSH_TRIM, 0, 15, 0});
}
