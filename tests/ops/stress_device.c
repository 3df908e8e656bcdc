/* SPDX-License-Identifier: MIT */
/*
 * A device: walks by code of its own, by what the driver told it, and writes. It has no IOTLB: what it
 * finds is what the table says now.
 */
#include "stress.h"
#include <sched.h>

/* Root and levels as top_changed has told them. */
static void follow_top(const struct stress *s, struct walker *walker)
{
	uint64_t told = __atomic_load_n(&s->told, __ATOMIC_ACQUIRE);

	if (!s->kind->grows)
		return;
	walker->hw.root = told & ~7ULL;
	walker->hw.levels = told & 7;
	walker->hw.u.amdv1.mode = told & 7;
}

/* Sets the dirty bit of what was found, once until the owner has read of it. */
static void write_to(struct worker *w, const struct walker *walker, const struct plot *plot,
		     uint64_t index)
{
	uint8_t *mark = &w->s->marks[plot->first + index], expected = MARK_NONE;
	struct walk found;

	if (!__atomic_compare_exchange_n(mark, &expected, MARK_WRITING, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return;
	found = walk(walker, plot->iova + index * w->s->granule);
	if (found.result != WALK_MAPPED || !found.write) {
		__atomic_store_n(mark, MARK_NONE, __ATOMIC_RELEASE);
		return;
	}
	stress_linger(&w->random);
	if (!walk_mark_dirty(walker, &found)) {
		w->counts.writes_lost++;
		__atomic_store_n(mark, MARK_NONE, __ATOMIC_RELEASE);
		return;
	}
	w->counts.writes++;
	expected = MARK_WRITING;
	if (!__atomic_compare_exchange_n(mark, &expected, MARK_WRITTEN, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		__atomic_store_n(mark, MARK_NONE, __ATOMIC_RELEASE);
}

static void read_from(struct worker *w, const struct walker *walker, const struct plot *plot,
		      uint64_t index)
{
	struct stress *s = w->s;
	struct glance before = stress_look(s, plot->first + (uint32_t)index);
	struct walker fresh = *walker;
	struct found found;
	struct walk seen;

	follow_top(s, &fresh);
	seen = walk(&fresh, plot->iova + index * s->granule);
	if (seen.result == WALK_BAD)
		stress_wrong(s, plot, index, seen.why);
	found = (struct found){seen.result == WALK_MAPPED, seen.write, false, seen.oa};
	w->counts.walks++;
	w->counts.walks_overtaken += stress_judge(s, plot, index, before, &found);
	if (s->tracked && !s->arena.shadow && seen.result == WALK_MAPPED && seen.write)
		write_to(w, &fresh, plot, index);
}

/* Where the rules are broken: something right, or nothing. */
static void read_contested(struct worker *w, const struct walker *walker)
{
	struct stress *s = w->s;
	uint64_t index = random_below(&w->random, CONTESTED);
	struct walker fresh = *walker;
	struct walk seen;

	follow_top(s, &fresh);
	seen = walk(&fresh, s->contested + index * s->granule);
	w->counts.walks++;
	REQUIRE(seen.result != WALK_BAD);
	REQUIRE(seen.result == WALK_EMPTY || seen.oa == s->contested_oa + index * s->granule);
}

/* Once it has walked much, it has taken part. It is faster than those who work, and waits for them. */
static bool goes_on(struct worker *w)
{
	struct stress *s = w->s;

	if (w->counts.walks > __atomic_load_n(&s->done, __ATOMIC_RELAXED))
		sched_yield();
	if (w->counts.walks > s->wanted / (64 * WORKERS))
		__atomic_fetch_or(&s->took_part, 1u << HARDWARE, __ATOMIC_ACQ_REL);
	return __atomic_load_n(&s->done, __ATOMIC_ACQUIRE) < s->wanted ||
	       __atomic_load_n(&s->took_part, __ATOMIC_ACQUIRE) != (1u << THREADS) - 1;
}

/* Where the threads are, or anywhere. */
static uint32_t any_granule(struct worker *w)
{
	struct stress *s = w->s;
	uint32_t focus = __atomic_load_n(&s->focus, __ATOMIC_RELAXED);

	if (random_below(&w->random, 4))
		return s->plots[focus].first +
		       (uint32_t)random_below(&w->random, WORKERS * s->plots[focus].count);
	return (uint32_t)random_below(&w->random, s->granules);
}

void *stress_walk(void *arg)
{
	struct worker *w = arg;
	struct stress *s = w->s;
	struct walker walker = kind_walker(s->kind);

	walker.word = arena_word;
	walker.ctx = &s->arena;
	walker.live = true;
	iomt_pt_hw(&s->pt, &walker.hw);
	do {
		for (unsigned i = 0; i < 16; i++) {
			uint32_t granule = any_granule(w);
			const struct plot *plot = &s->plots[s->plot_of[granule]];

			read_from(w, &walker, plot, granule - plot->first);
			epochs_pass(&s->epochs, w->index);
		}
		read_contested(w, &walker);
		epochs_pass(&s->epochs, w->index);
	} while (goes_on(w));
	epochs_leave(&s->epochs, w->index);
	return NULL;
}
