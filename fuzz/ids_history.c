/* SPDX-License-Identifier: MIT */
/*
 * A history of calls on a few ids, by three threads that take turns at atomic accesses as the input
 * says: an order explains all answers (history.h), and afterwards nothing is hidden or lost.
 */
#include "history.h"
#include "ids_history_input.h"
#include "provider.h"
#include "random.h"
#include "target.h"
#include "test.h"

_Static_assert(OVERLAP_THREADS *HISTORY_CALLS == HISTORY_INPUT_CALLS, "a call each");

struct lots {
	const uint8_t *next, *end;
	struct random random;
};

static uint64_t draw(void *ctx, uint64_t below)
{
	struct lots *lots = ctx;

	return lots->next < lots->end ? *lots->next++ % below : random_below(&lots->random, below);
}

/* What is called; returns the state before. */
static unsigned set_up(struct history *history, const struct history_input *input)
{
	static const uint32_t bases[] = {0, 14, 1022, 0xfffe};
	unsigned state = 0;

	history->base = bases[input->base % 4];
	if (input->crowded % 2)
		history_crowd(history);
	for (uint32_t id = 0; id < HISTORY_IDS; id++) {
		if (!(input->taken >> id & 1))
			continue;
		CHECK_INT(iomt_ids_alloc_at(&history->ids, history->base + id), 0);
		state = history_with_state(state, id, IOMT_IDS_ALLOCATED);
	}
	for (unsigned i = 0; i < HISTORY_INPUT_CALLS; i++) {
		struct history_call *call = &history->calls[i / HISTORY_CALLS][i % HISTORY_CALLS];
		uint32_t a = input->calls[i].ids & 3, b = input->calls[i].ids >> 2 & 3;

		*call = (struct history_call){.op = input->calls[i].op % HISTORY_OPS};
		if (call->op != ALLOC && call->op != NEXT)
			b = a;
		call->min = a < b ? a : b;
		call->max = a < b ? b : a;
	}
	return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct provider provider;
	static struct history history;
	struct history_input input = {0};
	struct iomt_ids_cfg cfg = {.size = sizeof(cfg), .mem = &provider.mem, .bits = 20};
	struct lots lots = {.end = data + size};
	unsigned before;

	memcpy(&input, data, size < sizeof(input) ? size : sizeof(input));
	lots.next = size < sizeof(input) ? lots.end : data + sizeof(input);
	lots.random.state = input.seed;
	provider_init(&provider, PROVIDER_LINEAR);
	CHECK_INT(iomt_ids_init(&history.ids, &cfg), 0);
	overlap =
		(struct overlap){.draw = draw, .ctx = &lots, .patience = 1 + input.patience % 32u};
	before = set_up(&history, &input);
	history_play(&history);
	if (!history_is_linearizable(&history, before)) {
		history_print(&history);
		CHECK_MSG(false, "no order explains this");
	}
	history_check_smallest(&history);
	iomt_ids_destroy(&history.ids);
	provider_check_empty(&provider);
	return 0;
}
