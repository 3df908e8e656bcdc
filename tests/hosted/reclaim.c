/* SPDX-License-Identifier: MIT */
/* The reclaimer, with readers that the test lets go. */
#include "provider.h"
#include "random.h"
#include "test.h"
#include <errno.h>
#include <iomt/reclaim.h>
#include <pthread.h>
#include <signal.h>

#define PAGE 4096u

/* How readers are waited for: counted, and shut in the reclaimer's thread while "closed". */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool closed;
	unsigned waiting; /* threads that stand before it */
	unsigned passed;
	pthread_t owner; /* who passes anyway */
	bool signals;	 /* the reclaimer's thread had one unblocked */
};

static void gate_init(struct gate *gate)
{
	*gate = (struct gate){.owner = pthread_self()};
	pthread_mutex_init(&gate->lock, NULL);
	pthread_cond_init(&gate->changed, NULL);
}

static void gate_set(struct gate *gate, bool closed)
{
	pthread_mutex_lock(&gate->lock);
	gate->closed = closed;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

static void gate_await(struct gate *gate, unsigned waiting)
{
	pthread_mutex_lock(&gate->lock);
	while (gate->waiting != waiting)
		pthread_cond_wait(&gate->changed, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

static void gate_pass(void *ctx)
{
	struct gate *gate = ctx;
	sigset_t blocked;

	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	pthread_mutex_lock(&gate->lock);
	if (!pthread_equal(pthread_self(), gate->owner)) {
		gate->signals |= !sigismember(&blocked, SIGINT) || !sigismember(&blocked, SIGUSR1);
		gate->waiting++;
		pthread_cond_broadcast(&gate->changed);
		while (gate->closed)
			pthread_cond_wait(&gate->changed, &gate->lock);
		gate->waiting--;
	}
	gate->passed++;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

static struct provider provider;
static struct gate gate;

static struct iomt_reclaim *make(uint32_t most, uint32_t flags)
{
	struct iomt_reclaim_cfg cfg = {
		.size = sizeof(cfg),
		.readers = gate_pass,
		.ctx = &gate,
		.most = most,
		.flags = flags,
	};
	struct iomt_reclaim *reclaim = NULL;

	provider_init(&provider, PROVIDER_LINEAR);
	gate_init(&gate);
	CHECK_INT(iomt_reclaim_create(&reclaim, &cfg), 0);
	return reclaim;
}

static void finish(struct iomt_reclaim *reclaim)
{
	iomt_reclaim_destroy(reclaim);
	provider_check_empty(&provider);
}

/* A gather of this many tables. */
static void fill(struct iomt_gather *gather, uint32_t tables)
{
	iomt_gather_init(gather);
	CHECK_INT(iomt_gather_reserve(gather, &provider.mem, tables), 0);
	for (uint32_t i = 0; i < tables; i++)
		iomt_gather_add_table(gather, provider.mem.alloc(provider.mem.ctx, PAGE), PAGE);
	iomt_gather_add(gather, 0x1000, 0x1fff);
}

static void release(struct iomt_reclaim *reclaim, uint32_t tables)
{
	struct iomt_gather gather;

	fill(&gather, tables);
	iomt_reclaim_release(reclaim, &gather);
	CHECK(iomt_gather_is_empty(&gather));
}

static struct iomt_reclaim_stats stats_of(struct iomt_reclaim *reclaim)
{
	struct iomt_reclaim_stats stats;

	iomt_reclaim_stats(reclaim, &stats);
	return stats;
}

static uint64_t live(void)
{
	uint64_t pages;

	pthread_mutex_lock(&provider.lock);
	pages = provider.live_pages;
	pthread_mutex_unlock(&provider.lock);
	return pages;
}

static void refusals(void)
{
	struct {
		struct iomt_reclaim_cfg cfg;
		uint64_t more;
	} longer = {.cfg = {.size = sizeof(longer), .readers = gate_pass, .ctx = &gate}};
	struct iomt_reclaim_cfg cfg = {.size = sizeof(cfg), .readers = gate_pass, .ctx = &gate};
	struct iomt_reclaim *reclaim = (struct iomt_reclaim *)&cfg, *before = reclaim;

	gate_init(&gate);
	CHECK_INT(iomt_reclaim_create(&reclaim, NULL), IOMT_EINVAL);
	cfg.size--;
	CHECK_INT(iomt_reclaim_create(&reclaim, &cfg), IOMT_EINVAL);
	cfg.size++;
	cfg.flags = 2;
	CHECK_INT(iomt_reclaim_create(&reclaim, &cfg), IOMT_EINVAL);
	cfg.flags = 0;
	cfg.readers = NULL;
	CHECK_INT(iomt_reclaim_create(&reclaim, &cfg), IOMT_EINVAL);
	longer.more = 1;
	CHECK_INT(iomt_reclaim_create(&reclaim, &longer.cfg), IOMT_EINVAL);
	CHECK(reclaim == before);
	longer.more = 0;
	CHECK_INT(iomt_reclaim_create(&reclaim, &longer.cfg), 0);
	iomt_reclaim_destroy(reclaim);
	iomt_reclaim_destroy(NULL);
}

/* The call returns at once; no table goes back while a reader is there, and all do afterwards. */
static void waits_for_readers(void)
{
	struct iomt_reclaim *reclaim = make(0, 0);

	gate_set(&gate, true);
	release(reclaim, 3);
	gate_await(&gate, 1);
	CHECK_EQ(live(), 3);
	CHECK_EQ(stats_of(reclaim).waiting, 3);
	CHECK_EQ(stats_of(reclaim).returned, 0);
	gate_set(&gate, false);
	iomt_reclaim_barrier(reclaim);
	CHECK_EQ(live(), 0);
	CHECK_EQ(stats_of(reclaim).waiting, 0);
	CHECK_EQ(stats_of(reclaim).returned, 3);
	CHECK(!gate.signals);
	finish(reclaim);
}

/* What comes while readers are waited for needs another moment: those readers may know it. */
static void later_gathers_wait_longer(void)
{
	struct iomt_reclaim *reclaim = make(0, 0);
	struct iomt_reclaim_stats stats;

	gate_set(&gate, true);
	release(reclaim, 1);
	gate_await(&gate, 1);
	for (unsigned i = 0; i < 100; i++)
		release(reclaim, 2);
	CHECK_EQ(live(), 201);
	gate_set(&gate, false);
	iomt_reclaim_barrier(reclaim);
	stats = stats_of(reclaim);
	CHECK_EQ(stats.returned, 201);
	CHECK_EQ(stats.peak, 201);
	CHECK_EQ(stats.periods, 2); /* one for the hundred */
	CHECK_EQ(stats.full, 0);
	CHECK_EQ(gate.passed, 2);
	finish(reclaim);
}

/* More tables than a gather holds in itself: their pages of addresses go back with them. */
static void large_gathers(void)
{
	struct iomt_reclaim *reclaim = make(0, IOMT_RECLAIM_NO_THREAD);

	release(reclaim, 1500);
	CHECK(live() > 1500);
	iomt_reclaim_barrier(reclaim);
	CHECK_EQ(live(), 0);
	finish(reclaim);
}

static void hook(struct iomt_gather *gather)
{
	(void)gather;
}

/* Without tables nobody is waited for; bookkeeping that was reserved goes back, the hook stays. */
static void without_tables(void)
{
	struct iomt_reclaim *reclaim = make(0, IOMT_RECLAIM_NO_THREAD);
	struct iomt_gather gather;
	int mine;

	iomt_gather_init(&gather);
	gather.sync = hook;
	gather.ctx = &mine;
	CHECK_INT(iomt_gather_reserve(&gather, &provider.mem, 100), 0);
	iomt_gather_add(&gather, 0, 1);
	CHECK_EQ(live(), 1);
	for (unsigned twice = 0; twice < 2; twice++) {
		iomt_reclaim_release(reclaim, &gather);
		CHECK(iomt_gather_is_empty(&gather));
		CHECK(gather.sync == hook && gather.ctx == &mine);
		CHECK_EQ(live(), 0);
	}
	CHECK_EQ(gate.passed, 0);
	CHECK_EQ(stats_of(reclaim).returned, 0);

	CHECK_INT(iomt_gather_reserve(&gather, &provider.mem, 1), 0);
	iomt_gather_add_table(&gather, provider.mem.alloc(&provider, PAGE), PAGE);
	iomt_reclaim_release(reclaim, &gather);
	CHECK(gather.sync == hook && gather.ctx == &mine);
	CHECK_EQ(live(), 1);
	finish(reclaim);
}

/* A gather that is moved is where it was moved to, and nowhere else. */
static void moves(void)
{
	struct iomt_gather from, to;

	provider_init(&provider, PROVIDER_LINEAR);
	fill(&from, 10);
	from.leaf_sizes = 1 << 12;
	from.table_levels = 2;
	from.sync = hook;
	from.ctx = &to;
	iomt_gather_move(&to, &from);
	CHECK(iomt_gather_is_empty(&from) && !from.leaf_sizes && !from.table_levels);
	CHECK(from.sync == hook && from.ctx == &to);
	CHECK(to.first == 0x1000 && to.last == 0x1fff && to.tables == 10);
	CHECK(to.leaf_sizes == 1 << 12 && to.table_levels == 2);
	CHECK(to.sync == hook && to.ctx == &to);
	iomt_gather_release(&from);
	CHECK_EQ(live(), 11);
	iomt_gather_release(&to);
	provider_check_empty(&provider);
}

/* Without a thread: nothing until there is no room, then one moment for all that waits. */
static void most_tables(void)
{
	struct iomt_reclaim *reclaim = make(8, IOMT_RECLAIM_NO_THREAD);
	struct iomt_reclaim_stats stats;

	release(reclaim, 5);
	release(reclaim, 3);
	CHECK_EQ(live(), 8);
	CHECK_EQ(gate.passed, 0);
	release(reclaim, 1);
	CHECK_EQ(live(), 1);
	CHECK_EQ(gate.passed, 1);
	release(reclaim, 6); /* and beside six there is no room for three */
	CHECK_EQ(live(), 7);
	release(reclaim, 3);
	CHECK_EQ(live(), 3);
	CHECK_EQ(gate.passed, 2);
	release(reclaim, 9); /* nor ever for nine */
	CHECK_EQ(live(), 0);
	CHECK_EQ(gate.passed, 4);
	release(reclaim, 9);
	CHECK_EQ(gate.passed, 5);
	stats = stats_of(reclaim);
	CHECK_EQ(stats.waiting, 0);
	CHECK_EQ(stats.peak, 8);
	CHECK_EQ(stats.returned, 36);
	CHECK_EQ(stats.periods, 5);
	CHECK_EQ(stats.full, 5);
	finish(reclaim);
}

static void most_gathers(void)
{
	struct iomt_reclaim *reclaim = make(0, IOMT_RECLAIM_NO_THREAD);

	for (unsigned i = 0; i < IOMT_RECLAIM_GATHERS; i++)
		release(reclaim, 1);
	CHECK_EQ(live(), IOMT_RECLAIM_GATHERS);
	CHECK_EQ(gate.passed, 0);
	release(reclaim, 1);
	CHECK_EQ(live(), 1);
	CHECK_EQ(gate.passed, 1);
	CHECK_EQ(stats_of(reclaim).full, 1);
	finish(reclaim);
}

/* No room, and the thread waits for its readers still: the caller waits for its own. */
static void full_while_busy(void)
{
	struct iomt_reclaim *reclaim = make(4, 0);
	struct iomt_reclaim_stats stats;

	gate_set(&gate, true);
	release(reclaim, 4);
	gate_await(&gate, 1);
	release(reclaim, 1);
	CHECK_EQ(live(), 4);
	CHECK_EQ(gate.passed, 1);
	stats = stats_of(reclaim);
	CHECK_EQ(stats.waiting, 4);
	CHECK_EQ(stats.returned, 1);
	CHECK_EQ(stats.full, 1);
	gate_set(&gate, false);
	finish(reclaim); /* waits for what is left */
	CHECK_EQ(gate.passed, 2);
}

/* Giving back takes no memory, so it has nothing to fail for. */
static void needs_no_memory(void)
{
	struct iomt_reclaim *reclaim = make(16, IOMT_RECLAIM_NO_THREAD);
	struct iomt_gather gathers[40];
	uint64_t allocations;

	for (unsigned i = 0; i < 40; i++)
		fill(&gathers[i], i);
	allocations = provider.allocations;
	provider.fail_at = allocations + 1;
	for (unsigned i = 0; i < 40; i++)
		iomt_reclaim_release(reclaim, &gathers[i]);
	iomt_reclaim_barrier(reclaim);
	CHECK_EQ(provider.allocations, allocations);
	CHECK_EQ(live(), 0);
	finish(reclaim);
}

/* The system's memory and threads, which the linker sends through here. */
static unsigned fails; /* 1: the next; 0: none */

static bool fails_now(void)
{
	return fails && !--fails;
}

void *__real_calloc(size_t count, size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *arg);

void *__wrap_calloc(size_t count, size_t bytes)
{
	return fails_now() ? NULL : __real_calloc(count, bytes);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *arg)
{
	return fails_now() ? EAGAIN : __real_pthread_create(thread, attr, run, arg);
}

static void exhaustion(void)
{
	struct iomt_reclaim_cfg cfg = {.size = sizeof(cfg), .readers = gate_pass, .ctx = &gate};
	struct iomt_reclaim *reclaim = NULL;
	sigset_t before, after;
	unsigned at;

	gate_init(&gate);
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	for (at = 1;; at++) {
		fails = at;
		if (!iomt_reclaim_create(&reclaim, &cfg))
			break;
		CHECK(!reclaim);
		CHECK_EQ(fails, 0);
	}
	fails = 0;
	CHECK_EQ(at, 3);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	CHECK_INT(sigismember(&after, SIGINT), sigismember(&before, SIGINT));
	iomt_reclaim_destroy(reclaim);
}

/* Against the simplest idea of it: what waits, what went back, how often readers were waited for. */
static void random_run(void)
{
	struct iomt_reclaim *reclaim = make(64, IOMT_RECLAIM_NO_THREAD);
	uint64_t steps = random_times(3000);
	uint64_t tables = 0, gathers = 0, returned = 0, periods = 0;
	struct random random;

	random_init(&random, 20261121);
	for (uint64_t i = 0; i < steps; i++) {
		uint32_t n = (uint32_t)random_below(&random, random_below(&random, 8) ? 3 : 80);
		struct iomt_reclaim_stats stats;

		if (!random_below(&random, 50)) {
			iomt_reclaim_barrier(reclaim);
			periods += gathers > 0;
			returned += tables;
			tables = gathers = 0;
		}
		release(reclaim, n);
		if (n && (tables + n > 64 || gathers == IOMT_RECLAIM_GATHERS)) {
			periods += gathers > 0;
			returned += tables;
			tables = gathers = 0;
		}
		if (n > 64) {
			periods++;
			returned += n;
		} else if (n) {
			tables += n;
			gathers++;
		}
		stats = stats_of(reclaim);
		CHECK_MSG(stats.waiting == tables && stats.returned == returned &&
				  stats.periods == periods && gate.passed == periods,
			  "step %" PRIu64 ", IOMT_TEST_SEED=%" PRIu64, i, random.seed);
	}
	finish(reclaim);
}

/* Threads that give at once, with barriers between: nothing lost, nothing twice, never too much. */
#define THREADS 4u
#define ROUNDS	400u

static void *give(void *arg)
{
	struct iomt_reclaim *reclaim = arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct iomt_gather gather;

		iomt_gather_init(&gather);
		REQUIRE(!iomt_gather_reserve(&gather, &provider.mem, 7));
		for (unsigned n = 0; n < i % 8; n++)
			iomt_gather_add_table(&gather, provider.mem.alloc(&provider, PAGE), PAGE);
		iomt_reclaim_release(reclaim, &gather);
		if (i % 64 == 0)
			iomt_reclaim_barrier(reclaim);
	}
	return NULL;
}

static void many_threads(void)
{
	for (uint32_t flags = 0; flags <= IOMT_RECLAIM_NO_THREAD; flags++) {
		struct iomt_reclaim *reclaim = make(32, flags);
		pthread_t threads[THREADS];
		struct iomt_reclaim_stats stats;

		for (unsigned i = 0; i < THREADS; i++)
			CHECK(!pthread_create(&threads[i], NULL, give, reclaim));
		for (unsigned i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		iomt_reclaim_barrier(reclaim);
		stats = stats_of(reclaim);
		CHECK_EQ(stats.waiting, 0);
		CHECK(stats.peak && stats.peak <= 32);
		CHECK_EQ(stats.returned, THREADS * ROUNDS / 8 * 28);
		CHECK_EQ(stats.periods, gate.passed);
		CHECK_EQ(live(), 0);
		finish(reclaim);
	}
}

/* Threads that are cancelled in a call go on to its end, and leave nothing locked or lost behind. */
static void *barrier(void *reclaim)
{
	iomt_reclaim_barrier(reclaim);
	return NULL;
}

static void *release_one(void *reclaim)
{
	struct iomt_gather gather;

	iomt_gather_init(&gather);
	REQUIRE(!iomt_gather_reserve(&gather, &provider.mem, 1));
	iomt_gather_add_table(&gather, provider.mem.alloc(&provider, PAGE), PAGE);
	iomt_reclaim_release(reclaim, &gather);
	return NULL;
}

static void *destroy(void *reclaim)
{
	iomt_reclaim_destroy(reclaim);
	return NULL;
}

/* The gate is closed, and so many stand before it. */
static void cancel(struct iomt_reclaim *reclaim, void *(*call)(void *), unsigned waiting)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, call, reclaim));
	if (waiting)
		gate_await(&gate, waiting);
	CHECK(!pthread_cancel(thread));
	gate_set(&gate, false);
	pthread_join(thread, NULL);
}

static void cancelled(void)
{
	for (unsigned i = 0; i < 6; i++) {
		bool alone = i % 2; /* or the reclaimer's thread waits for readers meanwhile */
		struct iomt_reclaim *reclaim = make(i / 2 == 1 ? 2 : 0, alone);

		gate_set(&gate, true);
		release(reclaim, 2);
		if (!alone)
			gate_await(&gate, 1);
		if (i / 2 == 0)
			cancel(reclaim, barrier, alone);
		else if (i / 2 == 1)
			cancel(reclaim, release_one, 2 - alone);
		else
			cancel(reclaim, destroy, alone);
		if (i / 2 != 2)
			iomt_reclaim_destroy(reclaim);
		provider_check_empty(&provider);
	}
}

TEST_SUITE(hosted_reclaim, TEST(refusals), TEST(waits_for_readers), TEST(later_gathers_wait_longer),
	   TEST(large_gathers), TEST(without_tables), TEST(moves), TEST(most_tables),
	   TEST(most_gathers), TEST(full_while_busy), TEST(needs_no_memory), TEST(exhaustion),
	   TEST(random_run), TEST(many_threads), TEST(cancelled));
