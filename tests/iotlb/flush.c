/* SPDX-License-Identifier: MIT */
/* Strict and deferred: what is given back when, and what devices know then. */
#include "flusher.h"
#include "test.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

static struct flusher f;

static const struct iomt_ring_kind *const rings[] = {
	&iomt_ring_amd, &iomt_ring_vtd, &iomt_ring_vtd_wide, &iomt_ring_smmu, &iomt_ring_riscv,
};

#define RINGS (sizeof(rings) / sizeof(rings[0]))

/* One device of AMD's, with a device TLB; the other is away. */
static void open_one(uint32_t entries)
{
	struct flusher_cfg cfg = {
		.kind = kind_named("amdv1"),
		.rings = {&iomt_ring_amd, &iomt_ring_amd},
		.entries = {entries, entries, 0, 0},
		.policy = iomt_plan_covers(2),
		.age = 100,
		.ring_lg2 = 5,
	};

	flusher_open(&f, &cfg);
	flusher_detach(&f, 1);
	f.units[0].eager = 0;
	f.units[0].unit.executed = 0; /* what counts is what comes */
}

static void close_one(void)
{
	flusher_close(&f);
}

static uint64_t commands(void)
{
	return f.units[0].unit.executed;
}

static void logged(uint64_t at, uint64_t low, uint64_t high)
{
	CHECK_EQ(f.units[0].unit.log[at].word[0], low);
	CHECK_EQ(f.units[0].unit.log[at].word[1], high);
}

/* Maps pages, and lets the device see them. */
static void map(unsigned first, unsigned count)
{
	CHECK(flusher_map(&f, first, count));
	for (unsigned i = 0; i < count; i++)
		stale_access(&f.units[0], first + i);
}

static bool known(unsigned page)
{
	uint64_t iova = f.units[0].base + page * f.table.granule;

	return stale_knows(&f.units[0], iova, iova + f.table.granule - 1);
}

/* Domain 5, page 0x400 and up; the policy is of two covers. */
static void strict_literally(void)
{
	open_one(0);
	map(3, 1);
	CHECK(known(3));
	CHECK(flusher_unmap(&f, 0, 3, 1, false));
	CHECK(!known(3));
	CHECK_EQ(f.released, 1);
	CHECK_EQ(commands(), 4);
	logged(0, 0x3000000500000000, 0x403000);
	logged(1, 0x1000000000000004, 0);
	logged(2, 0x4000012300000123, 0x403000);
	CHECK_EQ(f.readers, 0);
	CHECK_INT(flusher_tick(&f, 0, 10), 0);
	close_one();
}

/* Nothing is told before the time has come; then everything is dropped once for all. */
static void deferred_literally(void)
{
	open_one(16);
	map(0, 10);
	f.now = UINT64_MAX - 50; /* clocks may wrap */
	for (unsigned i = 0; i < 10; i++) {
		CHECK(flusher_unmap(&f, 0, i, 1, false));
		f.now += 10;
	}
	CHECK_EQ(commands(), 0);
	CHECK_EQ(f.released, 0);
	CHECK(known(0) && known(9));
	f.now--;
	CHECK_INT(flusher_tick(&f, 0, 16), 0);
	CHECK_EQ(commands(), 0);
	f.now++; /* the first is 100 old */
	CHECK_INT(flusher_tick(&f, 0, 3), 3);
	CHECK_EQ(commands(), 4);
	logged(0, 0x3000000500000000, 0x7ffffffffffff003);
	logged(1, 0x1000000000000004, 0);
	logged(2, 0x4000012300000123, 0x7ffffffffffff001);
	CHECK_EQ(f.readers, 1);
	CHECK(!known(0) && !known(9));
	CHECK_EQ(f.released, 3);
	CHECK_EQ(f.pages[2], PAGE_FREE);
	CHECK_EQ(f.pages[3], PAGE_WAITING);
	CHECK_INT(flusher_tick(&f, 0, 3), 3);
	CHECK_INT(flusher_tick(&f, 0, 16), 4);
	CHECK_INT(flusher_tick(&f, 0, 16), 0);
	CHECK_EQ(commands(), 4);
	close_one();
}

/* Another processor's clock may be ahead. */
static void clocks_that_differ(void)
{
	open_one(16);
	map(0, 1);
	f.now = 1000;
	CHECK(flusher_unmap(&f, 0, 0, 1, false));
	f.now = 900;
	CHECK_INT(flusher_tick(&f, 0, 16), 0);
	CHECK_EQ(commands(), 0);
	f.now = 1100;
	CHECK_INT(flusher_tick(&f, 0, 16), 1);
	close_one();
}

/* The ninth of eight flushes; what it releases is bounded, and all of it comes back in the end. */
static void overflow(void)
{
	open_one(8);
	map(0, 32);
	for (unsigned i = 0; i < 8; i++)
		CHECK(flusher_unmap(&f, 0, i, 1, false));
	CHECK_EQ(commands(), 0);
	CHECK(flusher_unmap(&f, 0, 8, 1, false));
	CHECK_EQ(commands(), 4);
	CHECK_EQ(f.released, 8);
	for (unsigned i = 9; i < 16; i++)
		CHECK(flusher_unmap(&f, 0, i, 1, false));
	CHECK_EQ(commands(), 4);
	CHECK(flusher_unmap(&f, 0, 16, 1, false));
	CHECK_EQ(commands(), 8);
	close_one();
	open_one(64);
	map(0, 128);
	for (unsigned i = 0; i < 65; i++)
		CHECK(flusher_unmap(&f, 0, i, 1, false));
	CHECK_EQ(f.released, 32); /* not 64 at once */
	for (unsigned i = 65; i < 97; i++)
		CHECK(flusher_unmap(&f, 0, i, 1, false));
	CHECK_EQ(f.released, 64);
	CHECK_EQ(commands(), 4); /* of which the second half needed none */
	close_one();
}

/*
 * A leaf of 128K is split for a deferred unmap; a strict one then meets 16K of it. The device
 * still has all of it, and AMD's IOMMU keeps what is larger than it is told.
 */
static void strict_after_a_deferred_split(void)
{
	open_one(8);
	map(32, 32);
	CHECK(flusher_unmap(&f, 0, 50, 5, false));
	CHECK_EQ(commands(), 0);
	CHECK(flusher_unmap(&f, 2, 32, 4, false));
	CHECK(!known(32));
	flusher_check(&f);
	CHECK_EQ(f.pages[50], PAGE_WAITING);
	CHECK_INT(flusher_tick(&f, 0, 8), 1); /* that was a flush */
	CHECK_EQ(commands(), 4);
	CHECK(flusher_unmap(&f, 2, 36, 1, false)); /* and this is of one page */
	logged(4, 0x3000000500000000, 0x425001);
	close_one();
}

/* The same where the first was strict, and hardware refused: its caller has not tried again yet. */
static void strict_after_a_failure(void)
{
	struct unit *unit = &f.units[0].unit;
	struct iomt_gather gather;
	uint64_t at, size, bytes;

	open_one(0);
	at = f.units[0].base + 50 * f.table.granule;
	size = 5 * f.table.granule;
	map(32, 32);
	iomt_gather_init(&gather);
	CHECK_INT(iomt_pt_unmap(&f.table.pt, at, size, &bytes, &gather), 0);
	unit->refuse = 1;
	unit->refuse_code = IOMT_EIO;
	unit->refuse_skips = true;
	CHECK_INT(iomt_flush_add(&f.queues[0], &gather, at, at + size - 1, 0), IOMT_EIO);
	CHECK(known(32));
	CHECK(flusher_unmap(&f, 0, 32, 4, false));
	CHECK(!known(32));
	flusher_check(&f);
	for (unsigned i = 50; i < 55; i++)
		f.pages[i] = PAGE_WAITING;
	CHECK_INT(iomt_flush_add(&f.queues[0], &gather, at, at + size - 1, 0), 0);
	close_one();
}

/* A flush for one queue is one for all: the other's entries need no commands of their own. */
static void queues_share_flushes(void)
{
	open_one(16);
	map(0, 8);
	for (unsigned i = 0; i < 8; i++)
		CHECK(flusher_unmap(&f, i % 2, i, 1, false));
	f.now += 100;
	CHECK_INT(flusher_tick(&f, 0, 16), 4);
	CHECK_EQ(commands(), 4);
	CHECK_INT(flusher_tick(&f, 1, 16), 4);
	CHECK_EQ(commands(), 4);
	close_one();
}

static unsigned steps;
static int (*unit_wait)(void *ctx, uint64_t tries);

/* The hardware's first command is done when another thread unmaps. */
static int unmap_meanwhile(void *ctx, uint64_t tries)
{
	if (!steps++)
		CHECK(flusher_unmap(&f, 0, 1, 1, false));
	return unit_wait(ctx, tries);
}

/* What is added while a flush runs waits for the next, though this one may have dropped it. */
static void added_during_a_flush(void)
{
	open_one(16);
	map(0, 2);
	CHECK(flusher_unmap(&f, 0, 0, 1, false));
	f.now += 100;
	steps = 0;
	unit_wait = f.units[0].unit.ops.wait;
	f.units[0].unit.ops.wait = unmap_meanwhile;
	CHECK_INT(flusher_tick(&f, 0, 16), 1);
	CHECK_EQ(f.pages[1], PAGE_WAITING);
	CHECK_INT(flusher_tick(&f, 0, 16), 0);
	f.now += 100;
	CHECK_INT(flusher_tick(&f, 0, 16), 1);
	close_one();
}

static int flush_meanwhile(void *ctx, uint64_t tries)
{
	if (!steps++) {
		CHECK(flusher_unmap(&f, 0, 1, 1, false));
		CHECK_INT(iomt_flush_now(&f.flush), 0);
		CHECK_INT(iomt_flush_tick(&f.queues[0], f.now, 16), 2);
		CHECK(flusher_unmap(&f, 0, 2, 1, false));
	}
	return unit_wait(ctx, tries);
}

/* The second flush overtakes the first, whose end then gives nothing back that is younger. */
static void flushes_overtake(void)
{
	open_one(16);
	map(0, 3);
	CHECK(flusher_unmap(&f, 0, 0, 1, false));
	steps = 0;
	unit_wait = f.units[0].unit.ops.wait;
	f.units[0].unit.ops.wait = flush_meanwhile;
	CHECK_INT(iomt_flush_now(&f.flush), 0);
	CHECK_INT(flusher_tick(&f, 0, 16), 0);
	CHECK_EQ(f.pages[2], PAGE_WAITING);
	close_one();
}

/* Hardware that hangs: nothing is given back, nothing is lost, and all goes on afterwards. */
static void hardware_that_hangs(void)
{
	struct unit *unit = &f.units[0].unit;
	struct iomt_gather gather, before;
	uint64_t bytes, base, granule;

	open_one(4);
	base = f.units[0].base;
	granule = f.table.granule;
	map(0, 8);
	for (unsigned i = 0; i < 4; i++)
		CHECK(flusher_unmap(&f, 0, i, 1, false));
	unit->pace = 0;
	unit->patience = 4;
	iomt_gather_init(&gather);
	CHECK_INT(iomt_pt_unmap(&f.table.pt, base + 4 * granule, granule, &bytes, &gather), 0);
	f.pages[4] = PAGE_WAITING;
	before = gather;
	for (unsigned i = 0; i < 3; i++) { /* by overflow, by age, strictly, at the end */
		CHECK_INT(iomt_flush_add(&f.queues[0], &gather, base + 4 * granule,
					 base + 5 * granule - 1, 0),
			  -110);
		CHECK_INT(iomt_flush_tick(&f.queues[0], 100, 16), -110);
		CHECK_INT(iomt_flush_strict(&f.flush, &gather, base + 4 * granule,
					    base + 5 * granule - 1),
			  -110);
		CHECK_INT(iomt_flush_queue_destroy(&f.queues[0]), -110);
	}
	CHECK_EQ(f.released, 0);
	CHECK_EQ(gather.first, before.first);
	CHECK_EQ(gather.last, before.last);
	CHECK_EQ(gather.leaf_sizes, before.leaf_sizes);
	CHECK_EQ(f.readers, 0);
	unit->pace = 1;
	unit->patience = 0;
	CHECK_INT(iomt_flush_add(&f.queues[0], &gather, base + 4 * granule, base + 5 * granule - 1,
				 0),
		  0);
	CHECK(iomt_gather_is_empty(&gather));
	CHECK_EQ(f.released, 4);
	close_one();
}

/* A queue for which there is no memory works without. */
static void no_memory_for_a_queue(void)
{
	struct iomt_flush_queue queue;
	struct iomt_gather gather;
	uint64_t bytes;

	open_one(0);
	map(0, 1);
	f.table.provider.fail_at = f.table.provider.allocations + 1;
	CHECK_INT(iomt_flush_queue_init(&queue, &f.flush, 64), IOMT_ENOMEM);
	iomt_gather_init(&gather);
	CHECK_INT(iomt_pt_unmap(&f.table.pt, f.units[0].base, f.table.granule, &bytes, &gather), 0);
	f.pages[0] = PAGE_WAITING;
	CHECK_INT(iomt_flush_add(&queue, &gather, f.units[0].base,
				 f.units[0].base + f.table.granule - 1, 0),
		  0);
	CHECK_EQ(f.released, 1);
	CHECK_EQ(commands(), 4);
	CHECK_INT(iomt_flush_tick(&queue, 1000, 5), 0);
	CHECK_INT(iomt_flush_queue_destroy(&queue), 0);
	close_one();
}

static void bad_arguments(void)
{
	struct iomt_flush_queue queue;
	struct iomt_flush_cfg good, cfg;
	struct iomt_flush flush;

	open_one(0);
	good = f.flush.cfg_;
	CHECK_INT(iomt_flush_init(&flush, &good), 0);
#define REFUSED(change)                                                \
	do {                                                           \
		cfg = good;                                            \
		change;                                                \
		CHECK_INT(iomt_flush_init(&flush, &cfg), IOMT_EINVAL); \
	} while (0)
	REFUSED(cfg.size--);
	REFUSED(cfg.targets = NULL);
	REFUSED(cfg.mem = NULL);
	REFUSED(cfg.release = NULL);
	REFUSED(cfg.policy.most = 0);
	REFUSED(cfg.policy.kind = (enum iomt_plan_kind)9);
	CHECK_INT(iomt_flush_queue_init(&queue, &f.flush, 3), IOMT_EINVAL);
	CHECK_INT(iomt_flush_queue_init(&queue, &f.flush, IOMT_FLUSH_MOST * 2), IOMT_EINVAL);
	CHECK_INT(iomt_flush_queue_init(&queue, &f.flush, IOMT_FLUSH_MOST), 0);
	CHECK_INT(iomt_flush_queue_destroy(&queue), 0);
	CHECK_INT(iomt_flush_queue_init(&queue, &f.flush, 1), IOMT_EINVAL);
	close_one();
}

/* Tables, few and many, wait as ranges do; a gather may have tables alone. */
static void tables_wait(void)
{
	static const unsigned counts[] = {1, IOMT_GATHER_INLINE_TABLES,
					  IOMT_GATHER_INLINE_TABLES + 1, 700};

	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		const struct iomt_mem *mem = &f.table.provider.mem;
		struct iomt_gather gather;
		uint64_t live;

		open_one(8);
		live = f.table.provider.live_bytes;
		iomt_gather_init(&gather);
		for (unsigned j = 0; j < counts[i]; j++) {
			CHECK_INT(iomt_gather_reserve(&gather, mem, 1), 0);
			iomt_gather_add_table(&gather, mem->alloc(mem->ctx, 4096), 4096);
		}
		CHECK_INT(iomt_flush_add(&f.queues[0], &gather, 1, 0, 0), 0);
		CHECK(iomt_gather_is_empty(&gather));
		CHECK(f.table.provider.live_bytes >= live + counts[i] * 4096ULL);
		CHECK_INT(flusher_tick(&f, 0, 8), 0);
		CHECK(f.table.provider.live_bytes >= live + counts[i] * 4096ULL);
		f.now = 100;
		CHECK_INT(flusher_tick(&f, 0, 8), 1);
		CHECK_EQ(f.table.provider.live_bytes, live);
		CHECK_EQ(f.released, 0);
		close_one();
	}
}

/* Trimmed tables that a device walks are not freed, and those that it does not know are not missed. */
static void trimmed_tables(void)
{
	uint64_t live;

	open_one(8);
	live = f.table.provider.live_pages;
	for (unsigned page = 0; page < 1024; page++)
		map(page, 1);
	CHECK_EQ(f.table.provider.live_pages, live + 6); /* of levels 4 to 1, and two of leaves */
	CHECK(flusher_unmap(&f, 0, 0, 1024, true));
	CHECK(f.table.provider.live_pages >= live + 6); /* and what notes them */
	f.now = 100;
	CHECK_INT(flusher_tick(&f, 0, 8), 1);
	CHECK_EQ(f.table.provider.live_pages, live + 4);
	close_one();
	open_one(0); /* and strictly, where the readers of tables count */
	for (unsigned page = 0; page < 1024; page++)
		map(page, 1);
	CHECK(flusher_unmap(&f, 0, 0, 1024, true));
	CHECK_EQ(f.readers, 1);
	CHECK_EQ(f.released, 1024);
	close_one();
}

static uint64_t readers_at;

static void wait_for_readers(void *ctx)
{
	(void)ctx;
	readers_at = commands();
	CHECK_EQ(f.released, 0);
	CHECK(!known(0));
	f.readers++;
}

/* Readers are waited for when hardware is done, before anything is given back. */
static void readers_come_last(void)
{
	open_one(8);
	f.flush.cfg_.readers = wait_for_readers;
	map(0, 2);
	CHECK(flusher_unmap(&f, 0, 0, 2, false));
	f.now = 100;
	CHECK_INT(flusher_tick(&f, 0, 8), 1);
	CHECK_EQ(readers_at, 4);
	CHECK_EQ(f.readers, 1);
	f.flush.cfg_.readers = NULL;
	close_one();
}

static void (*release_simply)(void *ctx, uint64_t first, uint64_t last);

/* Whoever gets a range back unmaps another one: into the queue that is being drained. */
static void unmap_in_release(void *ctx, uint64_t first, uint64_t last)
{
	release_simply(ctx, first, last);
	CHECK(iomt_flush_tick(&f.queues[0], f.now, 16) >= 0);
	for (unsigned page = 8; page < 16; page++) {
		if (flusher_unmap(&f, 0, page, 1, false))
			return;
	}
}

static void release_that_unmaps(void)
{
	open_one(4);
	map(0, 16);
	release_simply = f.flush.cfg_.release;
	f.flush.cfg_.release = unmap_in_release;
	for (unsigned i = 0; i < 8; i++)
		CHECK(flusher_unmap(&f, 0, i, 1, false));
	f.flush.cfg_.release = release_simply;
	flusher_check(&f);
	close_one();
}

static void tick_in_release(void *ctx, uint64_t first, uint64_t last)
{
	CHECK_INT(iomt_flush_tick(&f.queues[0], f.now, 16), 0);
	release_simply(ctx, first, last);
}

/* While a queue is being drained, nobody else drains it, and nobody waits to. */
static void one_drains(void)
{
	open_one(8);
	map(0, 4);
	for (unsigned i = 0; i < 4; i++)
		CHECK(flusher_unmap(&f, 0, i, 1, false));
	release_simply = f.flush.cfg_.release;
	f.flush.cfg_.release = tick_in_release;
	f.now = 100;
	CHECK_INT(flusher_tick(&f, 0, 8), 4);
	f.flush.cfg_.release = release_simply;
	close_one();
}

/* The smallest queue, around and around. */
static void two_entries(void)
{
	open_one(2);
	map(0, 64);
	for (unsigned i = 0; i < 64; i++) {
		CHECK(flusher_unmap(&f, 0, i, 1, false));
		CHECK(f.released + 2 > i);
	}
	close_one();
}

#define PLAYED 256u /* pages, so that much of it is known to devices */

static void play(struct random *random)
{
	unsigned first = (unsigned)random_below(random, PLAYED);
	unsigned count = 1 + (unsigned)random_below(random, 1ULL << random_below(random, 8));
	unsigned queue = (unsigned)random_below(random, FLUSHER_QUEUES);
	unsigned unit = (unsigned)random_below(random, FLUSHER_UNITS);

	switch (random_below(random, 16)) {
	case 0:
		f.now += random_below(random, 60);
		break;
	case 1:
		flusher_tick(&f, queue, (uint32_t)random_below(random, 8));
		break;
	case 2:
		unit_run(&f.units[unit].unit);
		break;
	case 3:
		if (!random_below(random, 8))
			flusher_detach(&f, unit);
		else
			flusher_attach(&f, unit);
		break;
	case 4:
		f.units[unit].unit.pace = random_below(random, 16) ? 1 : 0;
		f.units[unit].unit.patience = f.units[unit].unit.pace ? 0 : 3;
		break;
	case 5:
	case 6:
	case 7:
	case 8:
	case 9:
		flusher_map(&f, first, count);
		break;
	default:
		flusher_unmap(&f, queue, first, count, !random_below(random, 4));
		break;
	}
	if (f.present[unit])
		stale_access(&f.units[unit], (unsigned)random_below(random, PLAYED));
}

/* Every table with every pair of rings, while devices come, go and hang. */
static void random_runs(void)
{
	static const char *const names[] = {"amdv1",	 "x86_64_4",   "vtd_ss_4",
					    "arm_s2_4k", "arm_s1_64k", "riscv_sv39x4"};
	uint64_t released = 0, dropped = 0, hits = 0;

	for (uint64_t run = 0, runs = random_times(30); run < runs; run++) {
		struct random random;
		struct flusher_cfg cfg = {
			.kind = kind_named(names[run % 6]),
			.rings = {rings[run / 6 % RINGS], rings[(run + run / 30) % RINGS]},
			.entries = {0, 4, 64, 1024},
			.policy = run % 2 ? iomt_plan_covers(2) : iomt_plan_exact(8),
			.age = 100,
			.ring_lg2 = (uint8_t)(2 + run % 5),
			.seed = run,
		};

		random_init(&random, run);
		flusher_open(&f, &cfg);
		for (unsigned i = 0; i < 3000; i++) {
			play(&random);
			flusher_check(&f);
		}
		released += f.released;
		for (unsigned i = 0; i < FLUSHER_UNITS; i++) {
			dropped += f.units[i].dropped;
			hits += f.units[i].hits;
		}
		flusher_close(&f);
	}
	printf("flush: %" PRIu64 " pages given back, %" PRIu64 " translations dropped, %" PRIu64
	       " hits\n",
	       released, dropped, hits);
	CHECK(released && dropped && hits);
}

#define THREADS	  3u
#define UNMAPS	  1000u
#define OWN_PAGES (STALE_PAGES / 4)

struct worker {
	pthread_t thread;
	unsigned index;
	bool shared; /* one queue for all */
};

static bool stop_upkeep, stop_hardware;
static uint64_t turns; /* of the hardware */

static int yield(void *ctx, uint64_t tries)
{
	(void)ctx;
	(void)tries;
	sched_yield();
	return 0;
}

static void *hardware(void *arg)
{
	while (!__atomic_load_n(&stop_hardware, __ATOMIC_ACQUIRE)) {
		for (unsigned i = 0; i < FLUSHER_UNITS; i++)
			unit_run(&f.units[i].unit);
		__atomic_fetch_add(&turns, 1, __ATOMIC_RELEASE);
		sched_yield();
	}
	return arg;
}

/* Another processor's timer goes over all queues. Time stands still: every entry is due at once. */
static void *upkeep(void *arg)
{
	while (!__atomic_load_n(&stop_upkeep, __ATOMIC_ACQUIRE)) {
		for (unsigned i = 0; i < FLUSHER_QUEUES; i++)
			flusher_tick(&f, i, 3);
		sched_yield();
	}
	return arg;
}

static bool all_used(void)
{
	bool used = true;

	for (unsigned i = 0; i < FLUSHER_UNITS; i++)
		used &= stale_used(&f.units[i], 100);
	return used;
}

/* Until every unit took part, however late its thread runs. */
static void *drive(void *arg)
{
	struct worker *w = arg;
	struct random random = {.state = w->index, .seed = w->index};
	unsigned done = 0;

	while (done < UNMAPS || !all_used()) {
		unsigned count = 1 + (unsigned)random_below(&random, 8);
		unsigned first = w->index * OWN_PAGES +
				 (unsigned)random_below(&random, OWN_PAGES - count + 1);

		if (!flusher_map(&f, first, count)) {
			sched_yield(); /* all of it waits */
			continue;
		}
		for (unsigned i = 0; i < FLUSHER_UNITS; i++)
			__atomic_store_n(&f.units[i].wanted, first + 1, __ATOMIC_RELAXED);
		for (uint64_t turn = __atomic_load_n(&turns, __ATOMIC_ACQUIRE);
		     done % 8 == 0 && __atomic_load_n(&turns, __ATOMIC_ACQUIRE) < turn + 2;)
			sched_yield();
		REQUIRE(flusher_unmap(&f, w->shared ? 3 : w->index % 3, first, count, false));
		done++;
	}
	return NULL;
}

static void side_by_side(const struct iomt_ring_kind *ring, uint32_t entries, bool shared)
{
	struct flusher_cfg cfg = {
		.kind = kind_named("amdv1"),
		.rings = {ring, &iomt_ring_amd},
		.entries = {entries, entries, shared ? 0 : entries, entries},
		.policy = iomt_plan_covers(2),
		.ring_lg2 = 4,
	};
	struct worker workers[THREADS];
	pthread_t others[2];

	flusher_open(&f, &cfg);
	for (unsigned i = 0; i < FLUSHER_UNITS; i++) {
		f.units[i].unit.ops.wait = yield;
		f.units[i].eager = 16;
	}
	__atomic_store_n(&stop_upkeep, false, __ATOMIC_RELAXED);
	__atomic_store_n(&stop_hardware, false, __ATOMIC_RELAXED);
	CHECK(!pthread_create(&others[0], NULL, hardware, NULL));
	CHECK(!pthread_create(&others[1], NULL, upkeep, NULL));
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.index = i, .shared = shared};
		CHECK(!pthread_create(&workers[i].thread, NULL, drive, &workers[i]));
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	__atomic_store_n(&stop_upkeep, true, __ATOMIC_RELEASE);
	pthread_join(others[1], NULL);
	__atomic_store_n(&stop_hardware, true, __ATOMIC_RELEASE);
	pthread_join(others[0], NULL);
	for (unsigned i = 0; i < FLUSHER_UNITS; i++)
		f.units[i].unit.ops.wait = unit_wait;
	printf("flush: %" PRIu64 " flushes, %" PRIu64 " pages given back\n", f.flush.begun_,
	       f.released);
	flusher_close(&f);
}

static void threads(void)
{
	open_one(0);
	unit_wait = f.units[0].unit.ops.wait;
	close_one();
	side_by_side(&iomt_ring_vtd, 64, false);
	side_by_side(&iomt_ring_smmu, 8, false);
	side_by_side(&iomt_ring_riscv, 256, true);
	side_by_side(&iomt_ring_vtd_wide, 8, true);
	side_by_side(&iomt_ring_amd, 0, false);
}

TEST_SUITE(flush, TEST(strict_literally), TEST(deferred_literally), TEST(clocks_that_differ),
	   TEST(overflow), TEST(strict_after_a_deferred_split), TEST(strict_after_a_failure),
	   TEST(queues_share_flushes), TEST(added_during_a_flush), TEST(flushes_overtake),
	   TEST(hardware_that_hangs), TEST(no_memory_for_a_queue), TEST(bad_arguments),
	   TEST(tables_wait), TEST(trimmed_tables), TEST(readers_come_last),
	   TEST(release_that_unmaps), TEST(one_drains), TEST(two_entries), TEST(random_runs),
	   TEST(threads));
