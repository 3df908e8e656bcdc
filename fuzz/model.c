/* SPDX-License-Identifier: MIT */
/*
 * The IOTLB model, two ways. Beside a naive LRU in lock-step: each access hits or misses in both, and
 * the curve of stack distances agrees at the end. And any bytes as configuration and events: what is
 * accepted plays to the end, counts what adds up, and does the same when it is played again.
 */
#include "target.h"
#include "test.h"
#include <iomt/model.h>
#include <stdlib.h>

#define MOST_SETS  8
#define MOST_WAYS  16
#define MOST_BYTES (256u << 10)

struct input {
	const uint8_t *data;
	size_t size;
};

/* Takes so many bytes, zeros where there are no more. */
static void take(struct input *input, void *to, size_t bytes)
{
	size_t there = bytes < input->size ? bytes : input->size;

	memset(to, 0, bytes);
	memcpy(to, input->data, there);
	input->data += there;
	input->size -= there;
}

struct line {
	uint64_t first, last;
	uint32_t domain, pasid;
};

/* Sets of lines, the most recent first. */
struct naive {
	struct line lines[MOST_SETS][MOST_WAYS];
	unsigned count[MOST_SETS];
	unsigned sets, ways;
};

static struct line line_of(const struct iomt_event *event)
{
	uint64_t mask = (1ULL << event->leaf_lg2) - 1;

	return (struct line){event->address & ~mask, event->address | mask, event->domain,
			     event->pasid};
}

static bool naive_access(struct naive *naive, const struct iomt_event *event)
{
	struct line wanted = line_of(event);
	unsigned set = (unsigned)(event->address >> event->leaf_lg2) % naive->sets, at = 0;
	struct line *lines = naive->lines[set];
	bool hit;

	while (at < naive->count[set] && memcmp(&lines[at], &wanted, sizeof(wanted)) != 0)
		at++;
	hit = at < naive->count[set];
	if (!hit && at < naive->ways)
		naive->count[set]++;
	at = at < naive->ways ? at : naive->ways - 1;
	memmove(&lines[1], &lines[0], at * sizeof(*lines));
	lines[0] = wanted;
	return hit;
}

static bool forgets(const struct iomt_event *event, const struct line *line)
{
	if (line->first > event->address + (event->bytes - 1) || line->last < event->address)
		return false;
	if (event->flags & IOMT_EVENT_ANY_DOMAIN)
		return true;
	return line->domain == event->domain &&
	       (event->flags & IOMT_EVENT_ANY_PASID || line->pasid == event->pasid);
}

static void naive_invalidate(struct naive *naive, const struct iomt_event *event)
{
	for (unsigned set = 0; set < naive->sets; set++) {
		unsigned kept = 0;

		for (unsigned at = 0; at < naive->count[set]; at++) {
			if (!forgets(event, &naive->lines[set][at]))
				naive->lines[set][kept++] = naive->lines[set][at];
		}
		naive->count[set] = kept;
	}
}

/* Six bytes: few pages, of three sizes, at both ends of the address space; and what forgets them. */
static struct iomt_event small_event(struct input *input)
{
	static const uint8_t sizes[] = {12, 12, 21, 30};
	static const uint8_t flags[] = {0, IOMT_EVENT_LEAF_ONLY, IOMT_EVENT_ANY_PASID,
					IOMT_EVENT_ANY_DOMAIN | IOMT_EVENT_ANY_PASID};
	uint8_t bytes[6];
	struct iomt_event event = {.bytes = 1, .pasid = IOMT_NO_PASID};

	take(input, bytes, sizeof(bytes));
	event.leaf_lg2 = sizes[bytes[0] & 3];
	event.address = (uint64_t)(bytes[1] & 31) << event.leaf_lg2;
	event.address = bytes[0] & 4 ? ~event.address : event.address | bytes[2];
	event.domain = bytes[3] & 3;
	event.pasid = bytes[3] & 4 ? bytes[3] >> 3 & 1 : IOMT_NO_PASID;
	if ((bytes[0] >> 3) % 8 == 7) {
		uint64_t most = UINT64_MAX - event.address;

		event.op = IOMT_EVENT_INVALIDATE;
		event.flags = flags[bytes[4] & 3];
		event.bytes = 1ULL << (bytes[4] >> 2);
		event.bytes += bytes[5];
		if (event.bytes - 1 > most)
			event.bytes = most ? most : 1;
	}
	return event;
}

static void lock_step(struct input *input)
{
	static _Alignas(8) uint8_t memory[1 << 16], curve_memory[1 << 16];
	static struct naive naive;
	struct iomt_model_cfg cfg = {
		.size = sizeof(cfg), .units = 1, .devices = 1, .granule_lg2 = 12, .levels = 4};
	uint64_t accesses = 0, misses = 0;
	struct iomt_model_stats stats;
	struct iomt_model *model;
	uint8_t shape;

	take(input, &shape, 1);
	memset(&naive, 0, sizeof(naive));
	naive.sets = 1u << (shape & 3);
	naive.ways = 1 + (shape >> 4);
	cfg.iotlb[0] = (struct iomt_cache_cfg){.sets = naive.sets,
					       .ways = naive.ways,
					       .sizes = 1ULL << 12 | 1ULL << 21 | 1ULL << 30};
	CHECK_INT(iomt_curve_init(&cfg.curve, MOST_WAYS, curve_memory, sizeof(curve_memory)), 0);
	CHECK_INT(iomt_model_init(&model, &cfg, memory, sizeof(memory)), 0);
	while (input->size) {
		struct iomt_event event = small_event(input);

		CHECK_INT(iomt_model_play(model, &event, NULL), 0);
		if (event.op == IOMT_EVENT_INVALIDATE) {
			naive_invalidate(&naive, &event);
			continue;
		}
		accesses++;
		misses += !naive_access(&naive, &event);
		iomt_model_stats(model, &stats);
		CHECK_EQ(stats.iotlb.misses, misses);
		CHECK_EQ(stats.iotlb.hits, accesses - misses);
	}
	if (naive.sets == 1)
		CHECK_EQ(iomt_curve_misses(cfg.curve, naive.ways), misses);
}

/* What must add up, whatever was played. */
static void check_stats(const struct iomt_model_cfg *cfg, const struct iomt_model_stats *stats)
{
	const struct iomt_cache_stats *iotlb = &stats->iotlb;
	uint64_t looked = iotlb->hits + iotlb->merged + iotlb->misses;

	CHECK(looked <= stats->lookups);
	CHECK(stats->walks >= iotlb->misses);
	CHECK(stats->walks <= stats->lookups + stats->prefetches);
	CHECK(stats->reads >= stats->walks);
	CHECK(stats->reads <= stats->walks * (cfg->levels * (1u + cfg->nested) + cfg->nested));
	CHECK(stats->prefetches_used <= stats->prefetches);
	CHECK(iotlb->evictions + iotlb->invalidated <= iotlb->misses + stats->prefetches);
}

static void any_bytes(struct input input, struct iomt_model_stats *stats)
{
	struct iomt_model_error error = {NULL, NULL};
	struct iomt_model_cfg cfg;
	struct iomt_model *model;
	struct iomt_event event;
	unsigned pages = 0;
	size_t bytes;
	void *memory;
	int code;

	memset(stats, 0, sizeof(*stats));
	take(&input, &cfg, sizeof(cfg));
	cfg.size = sizeof(cfg);
	cfg.curve = NULL;
	cfg.future = NULL;
	code = iomt_model_cfg_check(&cfg, &error);
	bytes = iomt_model_bytes(&cfg);
	CHECK(!code == !!bytes);
	CHECK(!code || (error.field && error.reason));
	if (code || bytes > MOST_BYTES)
		return;
	memory = malloc(bytes);
	CHECK(memory);
	CHECK_INT(iomt_model_init(&model, &cfg, memory, bytes), 0);
	while (input.size && pages < 4096) {
		take(&input, &event, sizeof(event));
		event.bytes %= 0x10000; /* nothing is learnt from long accesses */
		event.unit %= 4;
		code = iomt_model_play(model, &event, NULL);
		CHECK(!code || code == IOMT_EINVAL || code == IOMT_ERANGE || code == IOMT_ENOMEM);
		iomt_model_stats(model, stats);
		pages = (unsigned)stats->lookups + (unsigned)stats->invalidates;
	}
	check_stats(&cfg, stats);
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iomt_model_stats once, again;
	struct input input = {data, size};
	uint8_t way;

	take(&input, &way, 1);
	if (!(way & 1)) {
		lock_step(&input);
		return 0;
	}
	any_bytes(input, &once);
	any_bytes(input, &again);
	CHECK(!memcmp(&once, &again, sizeof(once)));
	return 0;
}
