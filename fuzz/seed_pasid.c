/* SPDX-License-Identifier: MIT */
/* Calls on spaces of PASIDs, and histories of ids, as their targets read them. */
#include "ids_history_input.h"
#include "seed.h"
#include "space_play.h"
#include <stdio.h>
#include <string.h>

#define MOST 64u

/* Operations by their numbers in space_play.c. */
enum {
	AT,
	AT_RESERVED,
	RESERVE,
	RELEASE,
	GET,
	FREE = 7,
	JOIN = 9,
	SET_FREE,
	SET_DESTROY,
	QUOTA,
	TOKEN,
	DONE = 15,
	LOOK = 17,
	TRIM,
	PUT,
	ALLOC_NEXT = 24,
	ALLOC_WIDE,
	ALLOC
};

struct input {
	struct space_header header;
	struct space_record records[MOST];
	unsigned count;
};

static void add(struct input *input, unsigned operation, unsigned set, unsigned min, unsigned max)
{
	if (input->count < MOST)
		input->records[input->count++] =
			(struct space_record){.operation = (uint8_t)operation,
					      .fail = (uint8_t)(input->count % 5),
					      .where = 4,
					      .set = (uint8_t)set,
					      .min = (uint16_t)min,
					      .max = (uint16_t)max};
}

/* A PASID's life: allocated, held, joined, put, waiting, free again. */
static void live(struct input *input, unsigned set, unsigned pasid)
{
	add(input, AT, set, pasid, pasid);
	add(input, GET, 0, pasid, pasid);
	add(input, JOIN, set, pasid, pasid);
	add(input, PUT, 0, pasid, pasid);
	add(input, FREE, set, pasid, pasid);
	add(input, AT, set, pasid, pasid);
	add(input, TOKEN, 0, 0, 0);
	add(input, LOOK, set, pasid, 9);
	add(input, DONE, 0, 0, 1);
	add(input, PUT, 0, pasid, pasid);
}

static void live_in_a_set(struct input *input)
{
	for (unsigned i = 0; i < 4; i++)
		add(input, i & 1 ? ALLOC_WIDE : ALLOC_NEXT, 1, 0, 1000);
	add(input, LOOK, 0, 0, 0);
	add(input, SET_FREE, 0, 0, 0);
	add(input, SET_DESTROY, 0, 0, 0);
	add(input, ALLOC, 1, 0, 1);
	add(input, TRIM, 0, 0, 0);
}

static void live_reserved(struct input *input)
{
	add(input, RESERVE, 0, 250, 260);
	add(input, AT_RESERVED, 1, 255, 255);
	add(input, RELEASE, 0, 250, 260);
	add(input, PUT, 0, 255, 255);
	add(input, TOKEN, 0, 0, 0);
	add(input, DONE, 0, 0, 1);
	add(input, RELEASE, 0, 250, 260);
}

void seed_pasid(void)
{
	static const uint8_t widths[] = {0, 7, 9, 19}, bounds[] = {0, 2, 255};

	for (unsigned i = 0; i < 2 * sizeof(widths) * sizeof(bounds); i++) {
		struct input input = {.header = {.bits = widths[i / 2 % 4],
						 .flags = i % 2,
						 .quarantine = bounds[i / 8]}};
		char name[16];

		live(&input, 0, 1);
		live(&input, 1, 255);
		live_in_a_set(&input);
		live_reserved(&input);
		snprintf(name, sizeof(name), "%u", i);
		seed_write("pasid", name, &input,
			   sizeof(input.header) + input.count * sizeof(input.records[0]));
	}
}

/* All kinds of calls, on one edge each, with a lot for each access. */
void seed_ids_history(void)
{
	for (unsigned i = 0; i < 16; i++) {
		struct {
			struct history_input input;
			uint8_t lots[256];
		} seed = {.input = {.base = (uint8_t)i,
				    .crowded = i / 4 % 2,
				    .taken = i / 8 ? 15 : 0,
				    .patience = (uint8_t)(i % 8),
				    .seed = i}};
		char name[16];

		for (unsigned call = 0; call < HISTORY_INPUT_CALLS; call++) {
			seed.input.calls[call].op = (uint8_t)(call * (i + 1) % 7);
			seed.input.calls[call].ids = (uint8_t)(call * 5);
		}
		for (unsigned lot = 0; lot < sizeof(seed.lots); lot++)
			seed.lots[lot] = (uint8_t)(lot * lot * 31 + i * lot);
		snprintf(name, sizeof(name), "%u", i);
		seed_write("ids_history", name, &seed, sizeof(seed));
	}
}
