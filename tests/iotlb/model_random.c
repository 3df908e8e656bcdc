/* SPDX-License-Identifier: MIT */
/*
 * Random events beside simple models: a naive LRU in lock-step, the optimum by looking ahead, and
 * stack distances against the LRU of every size.
 */
#include "model_play.h"
#include "random.h"

#define EVENTS 4000
#define MOST   64

/* A naive LRU: lists, most recent first. What was invalidated is simply not there. */
struct naive {
	struct {
		uint64_t page;
		uint32_t domain, pasid;
		uint8_t lg2;
	} list[MOST];
	unsigned count, ways;
};

static bool naive_access(struct naive *naive, const struct iomt_event *event)
{
	unsigned at = 0;
	bool hit;

	while (at < naive->count &&
	       (naive->list[at].page != event->address >> event->leaf_lg2 ||
		naive->list[at].domain != event->domain || naive->list[at].pasid != event->pasid ||
		naive->list[at].lg2 != event->leaf_lg2))
		at++;
	hit = at < naive->count;
	if (!hit && naive->count < naive->ways)
		naive->count++;
	at = hit ? at : naive->count - 1;
	memmove(&naive->list[1], &naive->list[0], at * sizeof(naive->list[0]));
	naive->list[0].page = event->address >> event->leaf_lg2;
	naive->list[0].domain = event->domain;
	naive->list[0].pasid = event->pasid;
	naive->list[0].lg2 = event->leaf_lg2;
	return hit;
}

static bool naive_meets(const struct naive *naive, unsigned at, const struct iomt_event *event)
{
	uint64_t first = naive->list[at].page << naive->list[at].lg2;
	uint64_t last = first + ((1ULL << naive->list[at].lg2) - 1);

	if (first > event->address + (event->bytes - 1) || last < event->address)
		return false;
	if (event->flags & IOMT_EVENT_ANY_DOMAIN)
		return true;
	return naive->list[at].domain == event->domain &&
	       (event->flags & IOMT_EVENT_ANY_PASID || naive->list[at].pasid == event->pasid);
}

static void naive_invalidate(struct naive *naive, const struct iomt_event *event)
{
	unsigned kept = 0;

	for (unsigned at = 0; at < naive->count; at++) {
		if (!naive_meets(naive, at, event))
			naive->list[kept++] = naive->list[at];
	}
	naive->count = kept;
}

/* Some pages of all sizes at both ends of the address space, in a few domains, with some PASIDs. */
static struct iomt_event any_event(struct random *random, uint64_t pages, bool invalidations)
{
	struct iomt_event event = access_at(random_below(random, pages) << 12);
	static const uint8_t flags[] = {0, IOMT_EVENT_LEAF_ONLY, IOMT_EVENT_ANY_PASID,
					IOMT_EVENT_ANY_PASID | IOMT_EVENT_ANY_DOMAIN};

	if (!random_below(random, 4)) {
		event.leaf_lg2 = random_below(random, 4) ? 21 : 30;
		event.address = random_below(random, 6) << event.leaf_lg2;
	}
	if (!random_below(random, 3))
		event.address = ~event.address >> event.leaf_lg2 << event.leaf_lg2;
	event.domain = (uint16_t)random_below(random, 3);
	event.pasid = random_below(random, 2) ? IOMT_NO_PASID : (uint32_t)random_below(random, 2);
	if (invalidations && !random_below(random, 12)) {
		event.op = IOMT_EVENT_INVALIDATE;
		event.bytes = 1 + random_below(random, event.address ? -event.address : UINT64_MAX);
		if (random_below(random, 4))
			event.bytes = 1 + random_below(random, 0x4000) % event.bytes;
		event.flags = flags[random_below(random, 4)];
	}
	return event;
}

static void lru_in_lock_step(void)
{
	struct random random;

	random_init(&random, 1);
	for (unsigned run = 0; run < 60; run++) {
		struct naive naive = {.ways = 1 + (unsigned)random_below(&random, MOST)};
		struct iomt_model_cfg cfg = plain_cfg(naive.ways, IOMT_POLICY_LRU);
		struct iomt_model *model = model_open(&cfg);
		uint64_t pages = 1 + random_below(&random, 2ULL * MOST);

		for (unsigned i = 0; i < EVENTS; i++) {
			struct iomt_event event = any_event(&random, pages, run & 1);
			bool hit = hits(model, event);

			if (event.op == IOMT_EVENT_INVALIDATE) {
				naive_invalidate(&naive, &event);
				CHECK(!hit);
				continue;
			}
			CHECK_MSG(naive_access(&naive, &event) == hit,
				  "seed %" PRIu64 ", run %u, event %u: %s", random.seed, run, i,
				  hit ? "hit" : "missed");
		}
		free(model);
	}
}

/* The curve of one pass has the misses of each size played alone. */
static void curve_is_lru(void)
{
	struct random random;

	random_init(&random, 2);
	for (unsigned run = 0; run < 6; run++) {
		static struct iomt_event events[EVENTS];
		/* fewer entries than pages; times run out many times */
		uint32_t most = run < 2 ? 9 : MOST;
		struct iomt_model_cfg cfg = plain_cfg(1, IOMT_POLICY_FIFO);
		size_t bytes = iomt_curve_bytes(most);
		void *memory = malloc(bytes);
		struct iomt_curve *curve;
		struct iomt_model *model;

		CHECK_INT(iomt_curve_init(&curve, most, memory, bytes), 0);
		cfg.curve = curve;
		model = model_open(&cfg);
		for (unsigned i = 0; i < EVENTS; i++) {
			events[i] = any_event(&random, 80, run & 1);
			play(model, events[i]);
		}
		CHECK_EQ(iomt_curve_lookups(curve), stats_of(model).lookups);
		CHECK_EQ(iomt_curve_misses(curve, 0), iomt_curve_lookups(curve));
		free(model);
		for (uint32_t ways = 1; ways <= most; ways++) {
			cfg = plain_cfg(ways, IOMT_POLICY_LRU);
			model = model_open(&cfg);
			for (unsigned i = 0; i < EVENTS; i++)
				play(model, events[i]);
			CHECK_MSG(stats_of(model).iotlb.misses == iomt_curve_misses(curve, ways),
				  "seed %" PRIu64 ", run %u, %u entries: %" PRIu64
				  " misses, not %" PRIu64,
				  random.seed, run, ways, iomt_curve_misses(curve, ways),
				  stats_of(model).iotlb.misses);
			free(model);
		}
		CHECK_EQ(iomt_curve_misses(curve, UINT32_MAX), iomt_curve_misses(curve, most));
		free(memory);
	}
}

static bool same_page(const struct iomt_event *a, const struct iomt_event *b)
{
	return a->leaf_lg2 == b->leaf_lg2 &&
	       a->address >> a->leaf_lg2 == b->address >> a->leaf_lg2 && a->domain == b->domain &&
	       a->pasid == b->pasid;
}

/* Belady's rule, by looking ahead from every miss; no more than the few events of a test. */
static uint64_t naive_optimum(const struct iomt_event *events, unsigned count, unsigned ways)
{
	struct naive naive = {.ways = MOST};
	uint64_t misses = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned far_at = 0, far = 0;

		if (events[i].op == IOMT_EVENT_INVALIDATE) {
			naive_invalidate(&naive, &events[i]);
			continue;
		}
		if (naive_access(&naive, &events[i]))
			continue;
		misses++;
		if (naive.count <= ways)
			continue;
		/* the new one is first in the list and stays */
		for (unsigned at = 1; at < naive.count; at++) {
			struct iomt_event held =
				access_at(naive.list[at].page << naive.list[at].lg2);
			unsigned next = i + 1;

			held.leaf_lg2 = naive.list[at].lg2;
			held.domain = (uint16_t)naive.list[at].domain;
			held.pasid = naive.list[at].pasid;
			for (; next < count; next++) {
				if (events[next].op == IOMT_EVENT_ACCESS &&
				    same_page(&events[next], &held))
					break;
				if (events[next].op == IOMT_EVENT_INVALIDATE &&
				    naive_meets(&naive, at, &events[next]))
					next = count;
			}
			if (next > far) {
				far = next;
				far_at = at;
			}
		}
		naive.count--;
		for (unsigned at = far_at; at < naive.count; at++)
			naive.list[at] = naive.list[at + 1];
	}
	return misses;
}

static uint64_t misses_under(const struct iomt_event *events, unsigned count,
			     struct iomt_model_cfg cfg, uint8_t policy)
{
	struct iomt_model *model;
	uint64_t misses;

	cfg.iotlb[0].policy = policy;
	model = model_open(&cfg);
	for (unsigned i = 0; i < count; i++)
		play(model, events[i]);
	misses = stats_of(model).iotlb.misses;
	free(model);
	return misses;
}

static void optimum_is_best(void)
{
	static struct iomt_event events[EVENTS];
	struct random random;

	random_init(&random, 3);
	for (unsigned run = 0; run < 16; run++) {
		uint32_t ways = 1u << random_below(&random, 5);
		struct iomt_model_cfg cfg = plain_cfg(ways, IOMT_POLICY_LRU);
		size_t bytes = iomt_future_bytes(EVENTS, 2000);
		void *memory = malloc(bytes);
		struct iomt_future *future;
		uint64_t best;

		for (unsigned i = 0; i < EVENTS; i++)
			events[i] = any_event(&random, 4 + run * 2, run & 1);
		CHECK_INT(iomt_future_init(&future, EVENTS, 2000, memory, bytes), 0);
		cfg.iotlb[0].sets = run & 2 ? 4 : 1;
		cfg.future = future;
		misses_under(events, EVENTS, cfg, IOMT_POLICY_LRU);
		iomt_future_rewind(future);
		best = misses_under(events, EVENTS, cfg, IOMT_POLICY_OPTIMUM);
		if (cfg.iotlb[0].sets == 1)
			CHECK_EQ(best, naive_optimum(events, EVENTS, ways));
		cfg.future = NULL;
		for (uint8_t policy = 0; policy < IOMT_POLICY_OPTIMUM; policy++) {
			uint64_t misses = misses_under(events, EVENTS, cfg, policy);

			CHECK_MSG(best <= misses,
				  "seed %" PRIu64 ", run %u, policy %u: %" PRIu64 " < %" PRIu64,
				  random.seed, run, policy, misses, best);
		}
		free(memory);
	}
}

TEST_SUITE(model_random, TEST(lru_in_lock_step), TEST(curve_is_lru), TEST(optimum_is_best));
