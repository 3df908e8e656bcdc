/* SPDX-License-Identifier: MIT */
/* A thread that does everything in its own plots, and knows what must come of it. */
#include "stress.h"
#include <iomt/cursor.h>
#include <sched.h>

#define ENOUGH_TABLES 16u  /* gathered, before their epoch begins */
#define MANY_TABLES   256u /* before the thread waits for it */
#define LOOKUPS	      16u
#define LIST	      16u
#define BURST	      16u

static uint64_t draw(struct worker *w, uint64_t limit)
{
	return random_below(&w->random, limit);
}

static struct iomt_gather *gather_of(struct worker *w)
{
	return &w->gathers[w->gathering];
}

static bool is_mine(const struct worker *w, const struct plot *plot)
{
	return plot->owner == w->index;
}

/* Meanings */

static unsigned now(const struct worker *w, const struct plot *plot, uint64_t index)
{
	return stress_now(stress_state(w->s, plot->first + (uint32_t)index));
}

/* What others see of the table after this, they see after what was announced before. */
static void order(void)
{
#ifndef __SANITIZE_THREAD__ /* which does not know fences */
	__atomic_thread_fence(__ATOMIC_RELEASE);
#endif
}

/* n granules are to mean (now & keep) | set; those that mean nothing, only with "holes". */
static void announce(struct worker *w, const struct plot *plot, uint64_t index, uint64_t n,
		     unsigned keep, unsigned set, bool holes)
{
	uint64_t *states = &w->s->states[plot->first + index];

	for (uint64_t i = 0; i < n; i++) {
		uint64_t state = __atomic_load_n(&states[i], __ATOMIC_RELAXED);
		unsigned was = stress_now(state), next = was || holes ? (was & keep) | set : 0;

		state = ((state >> 16) + 1) << 16 | next << 8 | was;
		__atomic_store_n(&states[i], state, __ATOMIC_RELAXED);
	}
	order();
}

/* And now they do. */
static void settle(struct worker *w, const struct plot *plot, uint64_t index, uint64_t n)
{
	uint64_t *states = &w->s->states[plot->first + index];

	for (uint64_t i = 0; i < n; i++) {
		uint64_t state = __atomic_load_n(&states[i], __ATOMIC_RELAXED);

		state = (state & ~0xffULL) | stress_next(state);
		__atomic_store_n(&states[i], state, __ATOMIC_RELEASE);
	}
}

static uint64_t count_mapped(const struct worker *w, const struct plot *plot, uint64_t index,
			     uint64_t n)
{
	uint64_t mapped = 0;

	for (uint64_t i = 0; i < n; i++)
		mapped += now(w, plot, index + i) != 0;
	return mapped;
}

/* Calls */

static void require(struct worker *w, const struct plot *plot, uint64_t index, bool right,
		    const char *what)
{
	w->counts.operations++;
	if (!right)
		stress_wrong(w->s, plot, index, what);
}

static uint64_t iova_of(const struct worker *w, const struct plot *plot, uint64_t index)
{
	return plot->iova + index * w->s->granule;
}

static struct iomt_pt_cursor *cursor_of(struct worker *w, const struct plot *plot)
{
	return &w->cursors[plot->around_length != 0];
}

static uint32_t prot_of(unsigned what)
{
	return what & WRITABLE ? RW : IOMT_READ;
}

static unsigned draw_meaning(struct worker *w)
{
	return MAPPED | (unsigned)draw(w, 2) * WRITABLE |
	       (unsigned)draw(w, COLOURS) << COLOUR_SHIFT;
}

/* n granules that mean nothing, or IOMT_EEXIST. */
static void map(struct worker *w, const struct plot *plot, uint64_t index, uint64_t n)
{
	struct stress *s = w->s;
	unsigned what = draw_meaning(w);
	uint64_t iova = iova_of(w, plot, index), oa = stress_oa(s, plot, index, what);
	uint64_t returned = arena_returned();
	struct iomt_gather *gather = draw(w, 8) ? gather_of(w) : NULL;
	bool is_free = !count_mapped(w, plot, index, n);
	int err;

	if (is_free)
		announce(w, plot, index, n, 0, what, true);
	if (n == 1 && draw(w, 2))
		err = iomt_pt_cursor_map(cursor_of(w, plot), iova, oa, s->granule, prot_of(what),
					 gather);
	else
		err = iomt_pt_map(&s->pt, iova, oa, n * s->granule, prot_of(what), gather);
	require(w, plot, index, err == (is_free ? 0 : IOMT_EEXIST), "map");
	if (is_free) {
		settle(w, plot, index, n);
		w->counts.lost_installs += arena_returned() - returned;
	}
}

/* A list, the pieces of which have colours of their own. */
static void map_list(struct worker *w, const struct plot *plot, uint64_t index, uint64_t n)
{
	struct stress *s = w->s;
	uint64_t returned = arena_returned(), at = 0;
	unsigned writable = (unsigned)draw(w, 2) * WRITABLE;
	struct iomt_seg segs[LIST];
	size_t count = 0;

	if (count_mapped(w, plot, index, n))
		return;
	while (at < n) {
		uint64_t piece = count + 1 < LIST ? 1 + draw(w, n - at) : n - at;
		unsigned what = MAPPED | writable | (unsigned)draw(w, COLOURS) << COLOUR_SHIFT;

		segs[count++] =
			(struct iomt_seg){stress_oa(s, plot, index + at, what), piece * s->granule};
		announce(w, plot, index + at, piece, 0, what, true);
		at += piece;
	}
	require(w, plot, index,
		!iomt_pt_map_sg(&s->pt, iova_of(w, plot, index), segs, count, prot_of(writable),
				gather_of(w)),
		"map of a list");
	settle(w, plot, index, n);
	w->counts.lost_installs += arena_returned() - returned;
}

static void unmap(struct worker *w, const struct plot *plot, uint64_t index, uint64_t n)
{
	struct stress *s = w->s;
	uint64_t iova = iova_of(w, plot, index), bytes = 1;
	uint64_t mapped = count_mapped(w, plot, index, n) * s->granule;
	int err;

	announce(w, plot, index, n, 0, 0, false);
	if (n == 1 && draw(w, 2))
		err = iomt_pt_cursor_unmap(cursor_of(w, plot), iova, s->granule, &bytes,
					   gather_of(w));
	else
		err = iomt_pt_unmap(&s->pt, iova, n * s->granule, &bytes, gather_of(w));
	require(w, plot, index, !err && bytes == mapped, "unmap");
	settle(w, plot, index, n);
	for (uint64_t i = 0; s->tracked && i < n; i++)
		stress_clear_mark(s, plot->first + (uint32_t)(index + i));
}

static void protect(struct worker *w, const struct plot *plot, uint64_t index, uint64_t n)
{
	struct stress *s = w->s;
	unsigned writable = (unsigned)draw(w, 2) * WRITABLE;

	announce(w, plot, index, n, ~WRITABLE, writable, false);
	require(w, plot, index,
		!iomt_pt_protect(&s->pt, iova_of(w, plot, index), n * s->granule, prot_of(writable),
				 gather_of(w)),
		"protect");
	settle(w, plot, index, n);
}

/* Any granule, by any of the lookups. */
static void look_up(struct worker *w, const struct plot *plot, uint64_t index)
{
	const struct stress *s = w->s;
	uint64_t iova = iova_of(w, plot, index), lot = draw(w, 4);
	struct iomt_pt_leaf leaf = {0};
	struct glance before = stress_look(s, plot->first + (uint32_t)index);
	struct found found;
	int err;

	w->counts.operations++;
	switch (lot) {
	case 0:
		err = iomt_pt_oa(&s->pt, iova, &leaf.oa);
		break;
	case 1:
		err = iomt_pt_cursor_translate(cursor_of(w, plot), iova, &leaf);
		break;
	default:
		err = iomt_pt_translate(&s->pt, iova, &leaf);
		break;
	}
	found = (struct found){!err, leaf.prot & IOMT_WRITE, !lot, leaf.oa};
	if (err && err != IOMT_ENOENT)
		stress_wrong(s, plot, index, "lookup");
	w->counts.overtaken += stress_judge(s, plot, index, before, &found);
}

static const struct plot *any_granule(struct worker *w, uint64_t *index)
{
	uint32_t granule = (uint32_t)draw(w, w->s->granules);
	const struct plot *plot = &w->s->plots[w->s->plot_of[granule]];

	*index = granule - plot->first;
	return plot;
}

static void look_up_many(struct worker *w)
{
	const struct stress *s = w->s;
	const struct plot *plots[LOOKUPS];
	struct glance before[LOOKUPS];
	struct iomt_pt_leaf leaves[LOOKUPS];
	uint64_t iovas[LOOKUPS], indices[LOOKUPS];
	size_t mapped = 0;

	for (unsigned i = 0; i < LOOKUPS; i++) {
		plots[i] = any_granule(w, &indices[i]);
		iovas[i] = iova_of(w, plots[i], indices[i]);
		before[i] = stress_look(s, plots[i]->first + (uint32_t)indices[i]);
	}
	mapped = iomt_pt_translate_many(&s->pt, iovas, LOOKUPS, leaves);
	w->counts.operations++;
	for (unsigned i = 0; i < LOOKUPS; i++) {
		struct found found = {leaves[i].size_lg2, leaves[i].prot & IOMT_WRITE, false,
				      leaves[i].oa};

		mapped -= found.mapped;
		w->counts.overtaken += stress_judge(s, plots[i], indices[i], before[i], &found);
	}
	REQUIRE(!mapped);
}

/* Goes over all that is mapped in an own plot's range, which is what must be there. */
static void iterate(struct worker *w, const struct plot *plot, uint64_t index, uint64_t n)
{
	const struct stress *s = w->s;
	uint64_t at = index, last = iova_of(w, plot, index + n) - 1;
	struct iomt_pt_run run;

	if (s->breaks && !plot->around_length)
		return; /* others may be about to make a leaf anew */
	while (at < index + n) {
		int err = iomt_pt_next(&s->pt, iova_of(w, plot, at), last, &run);
		uint64_t found = err ? index + n : (run.iova - plot->iova) / s->granule;
		uint64_t end = err ? found : (run.last + 1 - plot->iova) / s->granule;

		require(w, plot, at, !err || err == IOMT_ENOENT, "next");
		for (; at < found; at++) {
			if (now(w, plot, at))
				stress_wrong(s, plot, at, "next passes over it");
		}
		for (; at < end; at++, run.oa += s->granule) {
			unsigned what = now(w, plot, at);

			if (!what || run.oa != stress_oa(s, plot, at, what) ||
			    !(run.prot & IOMT_WRITE) != !(what & WRITABLE))
				stress_wrong(s, plot, at, "next says something else");
		}
	}
}

/* What the device had written before is reported. */
static void harvest(struct worker *w, const struct plot *plot, uint64_t index, uint64_t n)
{
	struct stress *s = w->s;
	uint64_t written[8] = {0}, bitmap[8] = {0};
	bool keep = !draw(w, 4);

	n = n < 512 ? n : 512;
	for (uint64_t i = 0; i < n; i++) {
		const uint8_t *mark = &s->marks[plot->first + index + i];

		if (__atomic_load_n(mark, __ATOMIC_ACQUIRE) == MARK_WRITTEN)
			written[i / 64] |= 1ULL << (i % 64);
	}
	require(w, plot, index,
		!iomt_pt_dirty(&s->pt, iova_of(w, plot, index), n * s->granule, s->granule, bitmap,
			       keep ? IOMT_DIRTY_KEEP : 0, gather_of(w)),
		"dirty");
	for (uint64_t i = 0; i < n; i++) {
		bool reported = bitmap[i / 64] >> (i % 64) & 1;
		bool was_written = written[i / 64] >> (i % 64) & 1;

		if (was_written && !reported)
			stress_wrong(s, plot, index + i, "a write is not reported");
		if (reported && !keep)
			stress_clear_mark(s, plot->first + (uint32_t)(index + i));
		w->counts.reports += was_written && !keep;
	}
}

static void trim(struct worker *w, const struct plot *plot)
{
	uint32_t before = gather_of(w)->tables;

	require(w, plot, 0,
		!iomt_pt_trim(&w->s->pt, plot->around, plot->around_length, gather_of(w)), "trim");
	w->counts.trimmed += gather_of(w)->tables - before;
}

static void reserve(struct worker *w, const struct plot *plot)
{
	uint64_t returned = arena_returned();

	require(w, plot, 0, !iomt_pt_reserve(&w->s->pt, plot->iova, plot->count * w->s->granule),
		"reserve");
	w->counts.lost_installs += arena_returned() - returned;
}

/*
 * The table where all map, unmap and trim as if it were theirs. What is there is anybody's guess; but
 * not where it leads, and no memory may suffer.
 */
static void break_rules(struct worker *w)
{
	struct stress *s = w->s;
	uint64_t index = draw(w, CONTESTED), iova = s->contested + index * s->granule, bytes;
	uint64_t oa = s->contested_oa + index * s->granule;
	struct iomt_pt_leaf leaf;
	int err;

	w->counts.operations++;
	switch (draw(w, 4)) {
	case 0:
		REQUIRE(!iomt_pt_trim(&s->pt, s->contested, s->slots * s->granule, gather_of(w)));
		break;
	case 1:
		err = iomt_pt_unmap(&s->pt, iova, s->granule, &bytes, gather_of(w));
		REQUIRE(!err && bytes <= s->granule);
		break;
	default:
		err = iomt_pt_map(&s->pt, iova, oa, s->granule, RW, gather_of(w));
		REQUIRE(!err || err == IOMT_EEXIST);
		stress_linger(&w->random);
		err = iomt_pt_translate(&s->pt, iova, &leaf);
		w->counts.lost_mappings += err != 0;
		REQUIRE(err ? err == IOMT_ENOENT : leaf.oa == oa);
		break;
	}
}

/* Who draws so begins, and all come. */
static void contend(struct worker *w, bool begin)
{
	struct stress *s = w->s;
	uint32_t contest = begin ? __atomic_add_fetch(&s->contest, 1, __ATOMIC_RELAXED)
				 : __atomic_load_n(&s->contest, __ATOMIC_RELAXED);

	if (contest == w->contest)
		return;
	w->contest = contest;
	for (unsigned i = 0; i < BURST; i++)
		break_rules(w);
}

/* Who draws so goes on to the next table, and all follow at once. */
static void go_to_frontier(struct worker *w, bool advance)
{
	struct stress *s = w->s;
	uint32_t at = __atomic_load_n(&s->frontier, __ATOMIC_ACQUIRE);

	if (advance && at == w->frontier && at < FRONTIER)
		__atomic_compare_exchange_n(&s->frontier, &at, at + 1, false, __ATOMIC_ACQ_REL,
					    __ATOMIC_ACQUIRE);
	at = __atomic_load_n(&s->frontier, __ATOMIC_ACQUIRE);
	for (; w->frontier < at; w->frontier++) {
		unsigned plot = s->frontier_plots + w->frontier * WORKERS + w->index;

		/* those that others have passed long ago are no race */
		if (w->frontier + 1 == at)
			map(w, &s->plots[plot], 0, 1);
	}
}

/* Gives back what was gathered when all calls of that time are over. */
static void reclaim(struct worker *w)
{
	struct stress *s = w->s;
	struct iomt_gather *waiting = &w->gathers[!w->gathering];

	for (;;) {
		epochs_pass(&s->epochs, w->index);
		if (w->epoch && epochs_are_over(&s->epochs, w->epoch, THREADS)) {
			w->counts.released += waiting->tables;
			arena_begin_release();
			iomt_gather_release(waiting);
			arena_end_release();
			w->epoch = 0;
		}
		if (!w->epoch || gather_of(w)->tables < MANY_TABLES)
			break;
		sched_yield();
	}
	if (!w->epoch && gather_of(w)->tables >= ENOUGH_TABLES) {
		w->epoch = epochs_begin(&s->epochs);
		w->gathering = !w->gathering;
	}
}

static void granule(struct worker *w, const struct plot *plot, uint64_t index)
{
	const uint8_t *mark = &w->s->marks[plot->first + index];
	uint64_t lot = draw(w, 16);

	if (__atomic_load_n(mark, __ATOMIC_RELAXED) == MARK_WRITTEN && draw(w, 2))
		harvest(w, plot, index, 1);
	if (!now(w, plot, index))
		map(w, plot, index, 1);
	else if (lot < 7)
		unmap(w, plot, index, 1);
	else if (lot < 8)
		protect(w, plot, index, 1);
	else if (lot < 9)
		map(w, plot, index, 1); /* which is refused */
	look_up(w, plot, index);
}

static void range(struct worker *w, const struct plot *plot, uint64_t index, uint64_t n)
{
	switch (draw(w, 8)) {
	case 0:
		protect(w, plot, index, n);
		break;
	case 1:
		iterate(w, plot, index, n);
		break;
	case 2:
		if (w->s->tracked)
			harvest(w, plot, index, n);
		break;
	case 3:
		map_list(w, plot, index, n);
		break;
	default:
		if (count_mapped(w, plot, index, n))
			unmap(w, plot, index, n);
		else
			map(w, plot, index, n);
	}
}

/* In shared tables most often, and there where the others are. */
static const struct plot *own_plot(struct worker *w)
{
	const uint32_t shared = SHARED_TABLES * SHARED_PLOTS;
	struct stress *s = w->s;
	const struct plot *plot;

	if (!draw(w, 64))
		__atomic_store_n(&s->focus, (uint32_t)draw(w, shared / WORKERS) * WORKERS,
				 __ATOMIC_RELAXED);
	if (draw(w, 2))
		return &s->plots[__atomic_load_n(&s->focus, __ATOMIC_RELAXED) + w->index];
	do
		plot = &s->plots[draw(w, 4) ? draw(w, shared)
					    : shared + draw(w, s->frontier_plots - shared)];
	while (!is_mine(w, plot));
	return plot;
}

static void act(struct worker *w)
{
	const struct plot *plot = own_plot(w);
	uint64_t lot = draw(w, 256), index = draw(w, plot->count), n = plot->count - index;

	if (lot < 200) {
		for (unsigned i = 0; i < BURST; i++)
			granule(w, plot, (index + i) % plot->count);
	} else if (lot < 232) {
		range(w, plot, index, 1 + draw(w, n < 32 ? n : 32));
	} else if (lot < 236) {
		range(w, plot, 0, plot->count);
	} else if (lot < 240) {
		plot = any_granule(w, &index);
		look_up(w, plot, index);
	} else if (lot < 244) {
		look_up_many(w);
	} else if (lot < 248) {
		contend(w, true);
	} else if (lot < 252) {
		go_to_frontier(w, true);
	} else if (plot->around_length) {
		unmap(w, plot, 0, plot->count);
		if (draw(w, 4))
			trim(w, plot);
		if (!draw(w, 4))
			reserve(w, plot);
	}
}

/* True when there is work left: enough operations, and every thread had its part in them. */
static bool goes_on(struct worker *w)
{
	struct stress *s = w->s;
	uint64_t fresh = w->counts.operations - w->told, done;
	bool part = w->counts.operations > s->wanted / (8 * WORKERS);

	if (part && w->told <= s->wanted / (8 * WORKERS))
		__atomic_fetch_or(&s->took_part, 1u << w->index, __ATOMIC_ACQ_REL);
	w->told = w->counts.operations;
	done = __atomic_add_fetch(&s->done, fresh, __ATOMIC_ACQ_REL);
	if (done < s->wanted)
		return true;
	sched_yield(); /* somebody may not have begun yet */
	return __atomic_load_n(&s->took_part, __ATOMIC_ACQUIRE) != (1u << THREADS) - 1;
}

static void sync(struct iomt_gather *gather)
{
	struct worker *w = gather->ctx;

	w->counts.breaks++;
	if (!(w->counts.breaks % 16))
		sched_yield();
}

void *stress_work(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < 2; i++) {
		iomt_gather_init(&w->gathers[i]);
		w->gathers[i].sync = sync;
		w->gathers[i].ctx = w;
		iomt_pt_cursor_init(&w->cursors[i], &w->s->pt);
	}
	do {
		for (unsigned i = 0; i < 16; i++) {
			go_to_frontier(w, false);
			contend(w, false);
			act(w);
			reclaim(w);
		}
	} while (goes_on(w));
	epochs_leave(&w->s->epochs, w->index);
	return NULL;
}
