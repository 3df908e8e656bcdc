/* SPDX-License-Identifier: MIT */
/*
 * Threads on one table whose tables come and go: mappers with cursors, trims, large leaves over empty
 * tables, a top that grows, and readers in all of it. Tables are given back through liburcu.
 *
 * The provider hands tables out again soon, and a table that was given back lies: each of its words is a
 * leaf that maps an address which nobody maps. A reader that is let down sees the lie; a cursor writes
 * into another table.
 */
#include "kinds.h"
#include "random.h"
#include "test.h"
#include <iomt/rcu.h>
#include <pthread.h>
#include <urcu/urcu-memb.h>

#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#endif
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

#define RW	  (IOMT_READ | IOMT_WRITE)
#define WORKERS	  3u
#define READERS	  2u
#define GROUPS	  3u /* each below an upper table of its own */
#define REGIONS	  4u /* in each: a leaf table */
#define ROUNDS	  300u
#define LOOKS	  100u
#define KEPT	  4u /* tables that the provider hands out again */
#define OFFSET_OA 0x10000000ULL
#define LIE_OA	  0x7000000000ULL

/*
 * The thread sanitizer does not see what orders liburcu's readers. It is told what liburcu promises:
 * what a section does is over before a wait for readers, that finds it gone, returns.
 */
static int moment;

static void enter(void)
{
	urcu_memb_read_lock();
}

static void leave(void)
{
#ifdef __SANITIZE_THREAD__
	__tsan_release(&moment);
#endif
	urcu_memb_read_unlock();
}

static void synchronize(void *ctx)
{
	struct iomt_reclaim_cfg cfg = iomt_rcu_cfg(ctx);

	cfg.readers(cfg.ctx);
#ifdef __SANITIZE_THREAD__
	__tsan_acquire(&moment);
#endif
	(void)moment;
}

struct world {
	struct table t;
	struct iomt_mem mem; /* in front of the table's provider */
	struct iomt_reclaim *reclaim;
	uint64_t lie;
	pthread_mutex_t lock;
	void *kept[KEPT];
	uint64_t reused;
	uint32_t taken[GROUPS][REGIONS]; /* by a writer */
	uint64_t looks[READERS];	 /* of readers that found something */
	uint64_t moved;			 /* cursors whose table was another's meanwhile */
	bool stop;
	uint64_t rounds;
};

struct thread {
	struct world *w;
	unsigned index;
	struct random random;
	struct iomt_gather gather;
	struct iomt_pt_cursor cursor;
	uint64_t here; /* the region of the last call */
	pthread_t thread;
};

static void *lying_alloc(void *ctx, size_t bytes)
{
	struct world *w = ctx;
	void *memory = NULL;

	pthread_mutex_lock(&w->lock);
	for (unsigned i = 0; bytes == w->t.granule && i < KEPT && !memory; i++) {
		memory = w->kept[i];
		w->kept[i] = NULL;
		w->reused += memory != NULL;
	}
	pthread_mutex_unlock(&w->lock);
	return memory ? memory : w->t.provider.mem.alloc(&w->t.provider, bytes);
}

static void lying_free(void *ctx, void *memory, size_t bytes)
{
	struct world *w = ctx;
	void *given = memory;

	for (size_t i = 0; i < bytes / 8; i++)
		((uint64_t *)memory)[i] = w->lie;
	pthread_mutex_lock(&w->lock);
	for (unsigned i = 0; bytes == w->t.granule && i < KEPT && given; i++) {
		if (!w->kept[i]) {
			w->kept[i] = memory;
			given = NULL;
		}
	}
	pthread_mutex_unlock(&w->lock);
	if (given)
		w->t.provider.mem.free(&w->t.provider, given, bytes);
}

/* Addresses of one leaf table. The last group is where a table of three levels must grow. */
static uint64_t region_at(const struct world *w, unsigned group, unsigned region)
{
	unsigned index = w->t.kind->granule_lg2 - 3u;
	uint64_t leaf = w->t.granule << index, upper = leaf << index;
	uint64_t base = w->t.kind->grows && group == GROUPS - 1 ? upper << index : group * upper;

	return w->t.first + base + region * leaf;
}

static uint64_t slots(const struct world *w)
{
	return w->t.granule / 8;
}

static uint64_t oa_of(const struct world *w, uint64_t iova)
{
	return OFFSET_OA + (iova - w->t.first) % LIE_OA;
}

/* What is found is what was mapped there, or nothing. */
static bool look_at(const struct thread *t, uint64_t iova, int got, const struct iomt_pt_leaf *leaf)
{
	REQUIRE(!got || got == IOMT_ENOENT);
	REQUIRE(got || leaf->oa == oa_of(t->w, iova));
	REQUIRE(got || leaf->prot == RW);
	return !got;
}

static uint64_t pick_address(struct thread *t)
{
	unsigned region = (unsigned)random_below(&t->random, GROUPS * REGIONS);

	return region_at(t->w, region / REGIONS, region % REGIONS) +
	       random_below(&t->random, slots(t->w)) * t->w->t.granule;
}

static bool look_many(struct thread *t)
{
	struct iomt_pt_leaf leaves[8];
	uint64_t iovas[8];
	bool found = false;

	for (unsigned i = 0; i < 8; i++)
		iovas[i] = pick_address(t);
	iomt_pt_translate_many(&t->w->t.pt, iovas, 8, leaves);
	for (unsigned i = 0; i < 8; i++)
		found |= look_at(t, iovas[i], leaves[i].size_lg2 ? 0 : IOMT_ENOENT, &leaves[i]);
	return found;
}

static bool look_on(struct thread *t, uint64_t iova)
{
	uint64_t granule = t->w->t.granule, last = iova + slots(t->w) * granule - 1;
	struct iomt_pt_run run;
	int got = iomt_pt_next(&t->w->t.pt, iova, last, &run);

	REQUIRE(!got || got == IOMT_ENOENT);
	REQUIRE(got || run.oa == oa_of(t->w, run.iova));
	return !got;
}

static void *look(void *arg)
{
	struct thread *t = arg;
	struct iomt_pt *pt = &t->w->t.pt;

	urcu_memb_register_thread();
	while (!__atomic_load_n(&t->w->stop, __ATOMIC_ACQUIRE)) {
		uint64_t iova = pick_address(t), oa;
		struct iomt_pt_leaf leaf;
		bool found;

		enter();
		found = look_at(t, iova, iomt_pt_translate(pt, iova, &leaf), &leaf);
		found |= look_at(t, iova, iomt_pt_cursor_translate(&t->cursor, iova, &leaf), &leaf);
		REQUIRE(iomt_pt_oa(pt, iova, &oa) || oa == oa_of(t->w, iova));
		found |= look_many(t);
		found |= look_on(t, iova);
		leave();
		if (found)
			__atomic_fetch_add(&t->w->looks[t->index], 1, __ATOMIC_RELAXED);
	}
	urcu_memb_unregister_thread();
	return NULL;
}

static bool take(struct world *w, unsigned group, unsigned region)
{
	return !__atomic_exchange_n(&w->taken[group][region], 1, __ATOMIC_ACQUIRE);
}

static void give(struct world *w, unsigned group, unsigned region)
{
	__atomic_store_n(&w->taken[group][region], 0, __ATOMIC_RELEASE);
}

static void trim(struct thread *t, uint64_t iova, uint64_t length)
{
	enter();
	REQUIRE(!iomt_pt_trim(&t->w->t.pt, iova, length, &t->gather));
	leave();
	iomt_reclaim_release(t->w->reclaim, &t->gather);
}

/* Some granules by the cursor, each in a section of its own. */
static void map_by_granule(struct thread *t, uint64_t base)
{
	uint64_t granule = t->w->t.granule, n = 1 + random_below(&t->random, 8), bytes;
	uint64_t at = base + random_below(&t->random, slots(t->w) - n) * granule;
	struct iomt_pt_leaf leaf;

	for (uint64_t iova = at; iova < at + n * granule; iova += granule) {
		enter();
		if (t->cursor.size &&
		    t->cursor.unlinked != __atomic_load_n(&t->w->t.pt.unlinked, __ATOMIC_RELAXED))
			__atomic_fetch_add(&t->w->moved, 1, __ATOMIC_RELAXED);
		REQUIRE(!iomt_pt_cursor_map(&t->cursor, iova, oa_of(t->w, iova), granule, RW,
					    NULL));
		REQUIRE(look_at(t, iova, iomt_pt_translate(&t->w->t.pt, iova, &leaf), &leaf));
		leave();
	}
	for (uint64_t iova = at; iova < at + n * granule; iova += granule) {
		enter();
		REQUIRE(look_at(t, iova, iomt_pt_cursor_translate(&t->cursor, iova, &leaf), &leaf));
		REQUIRE(!iomt_pt_cursor_unmap(&t->cursor, iova, granule, &bytes, &t->gather));
		REQUIRE(bytes == granule);
		leave();
	}
}

/* All of the region, with a leaf in the place of its table where that may be; then a half goes first. */
static void map_at_once(struct thread *t, uint64_t base)
{
	struct iomt_pt *pt = &t->w->t.pt;
	uint64_t length = slots(t->w) * t->w->t.granule, bytes;

	enter();
	REQUIRE(!iomt_pt_map(pt, base, oa_of(t->w, base), length, RW, &t->gather));
	leave();
	enter();
	REQUIRE(!iomt_pt_unmap(pt, base, length / 2, &bytes, &t->gather));
	REQUIRE(bytes == length / 2);
	leave();
	enter();
	REQUIRE(!iomt_pt_unmap(pt, base, length, &bytes, &t->gather));
	REQUIRE(bytes == length / 2);
	leave();
	iomt_reclaim_release(t->w->reclaim, &t->gather);
}

/* The whole of a group, upper tables too, if nobody else is in it. */
static void trim_group(struct thread *t, unsigned group)
{
	struct world *w = t->w;
	unsigned taken = 0;

	while (taken < REGIONS && take(w, group, taken))
		taken++;
	if (taken == REGIONS)
		trim(t, region_at(w, group, 0), slots(w) * slots(w) * w->t.granule);
	while (taken)
		give(w, group, --taken);
}

static void work_in(struct thread *t, unsigned group, unsigned region)
{
	uint64_t base = region_at(t->w, group, region);
	struct iomt_pt_leaf leaf;

	if (!take(t->w, group, region)) { /* somebody writes: a look is allowed */
		enter();
		look_at(t, base, iomt_pt_cursor_translate(&t->cursor, base, &leaf), &leaf);
		leave();
		return;
	}
	if (random_below(&t->random, 8))
		map_by_granule(t, base);
	else
		map_at_once(t, base);
	if (random_below(&t->random, 2))
		trim(t, base, slots(t->w) * t->w->t.granule);
	give(t->w, group, region);
}

/* Everybody had something to do. */
static bool all_took_part(struct world *w)
{
	struct iomt_reclaim_stats stats;

	for (unsigned i = 0; i < READERS; i++) {
		if (__atomic_load_n(&w->looks[i], __ATOMIC_RELAXED) < LOOKS)
			return false;
	}
	iomt_reclaim_stats(w->reclaim, &stats);
	return stats.returned >= ROUNDS && __atomic_load_n(&w->moved, __ATOMIC_RELAXED) >= LOOKS;
}

static void *work(void *arg)
{
	struct thread *t = arg;

	urcu_memb_register_thread();
	for (uint64_t round = 0; round < t->w->rounds || !all_took_part(t->w); round++) {
		/* mostly where the cursor is */
		if (!random_below(&t->random, 4))
			t->here = random_below(&t->random, GROUPS * REGIONS);
		work_in(t, (unsigned)(t->here / REGIONS), t->here % REGIONS);
		if (!random_below(&t->random, 8))
			trim_group(t, (unsigned)random_below(&t->random, GROUPS));
	}
	iomt_reclaim_release(t->w->reclaim, &t->gather);
	urcu_memb_unregister_thread();
	return NULL;
}

static void no_wait(struct iomt_gather *gather)
{
	(void)gather;
}

/* The entry of a granule that maps the lie. */
static uint64_t make_lie(const struct kind *kind)
{
	static struct table scratch;
	uint64_t lie;

	table_open(&scratch, kind, PROVIDER_LINEAR);
	table_map(&scratch, scratch.first, LIE_OA, scratch.granule, RW);
	lie = table_entry(&scratch, scratch.first);
	table_close(&scratch);
	return lie;
}

static void open_world(struct world *w, const struct kind *kind)
{
	struct iomt_reclaim_cfg cfg = iomt_rcu_cfg(&urcu_memb_flavor);

	memset(w, 0, sizeof(*w));
	w->rounds = random_times(ROUNDS);
	w->lie = make_lie(kind);
	pthread_mutex_init(&w->lock, NULL);
	table_open(&w->t, kind, PROVIDER_LINEAR);
	iomt_pt_destroy(&w->t.pt);
	w->mem = w->t.provider.mem;
	w->mem.alloc = lying_alloc;
	w->mem.free = lying_free;
	w->mem.ctx = w;
	w->t.cfg.mem = &w->mem;
	CHECK_INT(iomt_pt_init(&w->t.pt, &w->t.cfg), 0);
	cfg.readers = synchronize;
	CHECK_INT(iomt_reclaim_create(&w->reclaim, &cfg), 0);
}

static void close_world(struct world *w)
{
	struct iomt_reclaim_stats stats;

	iomt_reclaim_barrier(w->reclaim);
	iomt_reclaim_stats(w->reclaim, &stats);
	CHECK_EQ(stats.waiting, 0);
	iomt_reclaim_destroy(w->reclaim);
	CHECK(w->reused);
	for (unsigned i = 0; i < KEPT; i++) {
		if (w->kept[i])
			w->t.provider.mem.free(&w->t.provider, w->kept[i], w->t.granule);
		w->kept[i] = NULL;
	}
	for (unsigned region = 0; region < GROUPS * REGIONS; region++)
		table_expect_empty(&w->t, region_at(w, region / REGIONS, region % REGIONS));
	table_check_memory(&w->t); /* nothing was lost */
	w->mem.free = w->t.provider.mem.free;
	w->mem.ctx = &w->t.provider;
	iomt_pt_destroy(&w->t.pt);
	provider_check_empty(&w->t.provider);
	pthread_mutex_destroy(&w->lock);
}

static void run(const char *name)
{
	static struct thread threads[WORKERS + READERS];
	static struct world w;

	open_world(&w, kind_named(name));
	for (unsigned i = 0; i < WORKERS + READERS; i++) {
		struct thread *t = &threads[i];

		*t = (struct thread){.w = &w, .index = i < WORKERS ? i : i - WORKERS};
		random_init(&t->random, i + 1);
		t->random.state += i;
		iomt_gather_init(&t->gather);
		t->gather.sync = no_wait;
		iomt_pt_cursor_init(&t->cursor, &w.t.pt);
		CHECK(!pthread_create(&t->thread, NULL, i < WORKERS ? work : look, t));
	}
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(threads[i].thread, NULL);
	__atomic_store_n(&w.stop, true, __ATOMIC_RELEASE);
	for (unsigned i = WORKERS; i < WORKERS + READERS; i++)
		pthread_join(threads[i].thread, NULL);
	close_world(&w);
}

static void growing(void)
{
	for (unsigned again = 0; again < 3; again++)
		run("amdv1_grows");
}

static void in_place(void)
{
	run("x86_64_4");
	run("riscv_sv39");
}

static void broken_first(void)
{
	run("arm_s1_4k");
}

TEST_SUITE(hosted_rcu_threads, TEST(growing), TEST(in_place), TEST(broken_first));
