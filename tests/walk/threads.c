/* SPDX-License-Identifier: MIT */
/*
 * Threads that change tables while others walk them. Each slot holds one of a few entries at any time;
 * whatever a walk says is what the other walker makes of the entries on its path, and each of those is
 * one that its slot may hold.
 */
#include "guest.h"
#include "guest_race.h"
#include "guest_reader.h"
#include "random.h"
#include <pthread.h>

#define WRITERS 2
#define WALKERS 2
#define WALKS	20000u
#define CHOICES 4
#define RACES	300u

/* x86-64, three tables below a top, with every slot that the walks go through. */
static const struct {
	uint64_t address;
	uint64_t entries[CHOICES];
} slots[] = {
	{0x1000, {0x2007, 0x2003, 0, 0x7007}},
	{0x2000, {0x3007, 0x80000000000000e7, 0x3005, 0x81007}},
	{0x2008, {0x3007, 0xaba000000087, 0x4007, 0}},
	{0x3000, {0x4007, 0x600087, 0x4007 | 1ULL << 63, 0x604087}},
	{0x4000, {0xabc007, 0xabd005, 0, 0xabe003}},
	{0x4008, {0xdef007, 0xdef000, 0x123007, 0x123067}},
	{0x7000, {0x3007, 0x2007, 0x4005, 0x7027}},
};
#define SLOTS (sizeof(slots) / sizeof(slots[0]))

static struct guest guest;
static struct iomt_walker walker;
static bool stop;
static uint64_t stores[WRITERS];
static struct {
	uint64_t leaves;
	uint64_t faults;
} seen[WALKERS];

static void *write_slots(void *arg)
{
	unsigned self = (unsigned)(uintptr_t)arg;
	struct random random;

	random_init(&random, self + 10);
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		size_t slot = random_below(&random, SLOTS);

		__atomic_store_n(guest_word(&guest, slots[slot].address),
				 slots[slot].entries[random_below(&random, CHOICES)],
				 __ATOMIC_RELEASE);
		__atomic_fetch_add(&stores[self], 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* An entry that the slot may hold, but for what walkers set. */
static bool may_hold(uint64_t address, uint64_t entry)
{
	for (size_t i = 0; i < SLOTS; i++) {
		for (unsigned k = 0; slots[i].address == address && k < CHOICES; k++) {
			if (!((slots[i].entries[k] ^ entry) & ~0x60ULL))
				return true;
		}
	}
	return !entry;
}

static bool read_path(void *ctx, uint64_t address, uint64_t *value)
{
	const struct iomt_walk_path *path = ctx;

	for (unsigned i = 0; i < path->count; i++) {
		if (path->steps[i].address == address) {
			*value = path->steps[i].entry;
			return true;
		}
	}
	return false;
}

static void explain(uint64_t iova, uint32_t access, int err, const struct iomt_walk_leaf *leaf,
		    const struct iomt_walk_fault *fault, struct iomt_walk_path *path)
{
	struct reader reader = {
		.format = READER_X86_64,
		.levels = 4,
		.iova_bits = 48,
		.oa_bits = 52,
		.flags = IOMT_WALK_NX | IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY,
		.root = 0x1000,
		.page_sizes = 1 << 12 | 1 << 21 | 1 << 30,
		.read = read_path,
		.ctx = path,
	};
	struct reader_answer want;

	for (unsigned i = 0; i < path->count; i++) {
		REQUIRE(may_hold(path->steps[i].address, path->steps[i].entry));
		/* a table that points to itself is read at two times, and may differ */
		for (unsigned k = 0; k < i; k++) {
			if (path->steps[i].address == path->steps[k].address)
				return;
		}
	}
	reader_walk(&reader, iova, access, &want);
	REQUIRE(err == (want.kind ? IOMT_EFAULT : 0));
	if (want.kind)
		REQUIRE(fault->kind == want.kind && fault->level == want.level);
	else
		REQUIRE(leaf->oa == want.oa && (leaf->prot & 7) == want.rights &&
			leaf->size_lg2 == want.size_lg2);
}

/* Until all have walked, and all writers have stored meanwhile. */
static void *walk_slots(void *arg)
{
	static const uint64_t iovas[] = {0, 0x1000, 0x40000000, 0x40001234, 0x200000};
	unsigned self = (unsigned)(uintptr_t)arg;
	struct random random;

	random_init(&random, self + 20);
	for (unsigned i = 0; i < WALKS || !seen[self].leaves || !seen[self].faults ||
			     !__atomic_load_n(&stores[0], __ATOMIC_RELAXED) ||
			     !__atomic_load_n(&stores[1], __ATOMIC_RELAXED);
	     i++) {
		uint64_t iova = iovas[random_below(&random, 5)];
		uint32_t access = 1 + (uint32_t)random_below(&random, 7);
		struct iomt_walk_leaf leaf = {0};
		struct iomt_walk_fault fault = {0};
		struct iomt_walk_path path = {0};
		int err;

		err = iomt_walk_with_path(&walker, iova, access, &leaf, &fault, &path);
		if (err == IOMT_EAGAIN)
			continue;
		if (!err)
			seen[self].leaves++;
		else if (fault.kind != IOMT_WALK_FAULT_TABLE)
			seen[self].faults++;
		if (err != IOMT_EFAULT || fault.kind != IOMT_WALK_FAULT_TABLE)
			explain(iova, access, err, &leaf, &fault, &path);
		/* the quick way alone, for whoever looks for races */
		iomt_walk(&walker, iova, access, &leaf, &fault);
	}
	return NULL;
}

static void changing(void)
{
	struct iomt_walk_cfg cfg = {.size = sizeof(cfg),
				    .format = &iomt_walk_x86_64,
				    .mem = &guest.mem,
				    .root = 0x1000,
				    .levels = 4,
				    .flags = IOMT_WALK_NX | IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY};
	pthread_t writers[WRITERS], walkers[WALKERS];

	guest_open(&guest, true);
	CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
	stop = false;
	for (size_t i = 0; i < SLOTS; i++)
		*guest_word(&guest, slots[i].address) = slots[i].entries[0];
	for (uintptr_t i = 0; i < WRITERS; i++)
		CHECK_INT(pthread_create(&writers[i], NULL, write_slots, (void *)i), 0);
	for (uintptr_t i = 0; i < WALKERS; i++)
		CHECK_INT(pthread_create(&walkers[i], NULL, walk_slots, (void *)i), 0);
	for (unsigned i = 0; i < WALKERS; i++)
		CHECK_INT(pthread_join(walkers[i], NULL), 0);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < WRITERS; i++)
		CHECK_INT(pthread_join(writers[i], NULL), 0);
}

/* Walkers that set bits while nobody else writes: all are set in the end. */
static void *mark(void *arg)
{
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;

	for (unsigned i = 0; i < 2000; i++)
		REQUIRE(!iomt_walk(&walker, 0x1000, (uintptr_t)arg ? IOMT_WRITE : IOMT_READ, &leaf,
				   &fault));
	return NULL;
}

static void marking(void)
{
	struct iomt_walk_cfg cfg = {.size = sizeof(cfg),
				    .format = &iomt_walk_x86_64,
				    .mem = &guest.mem,
				    .root = 0x1000,
				    .levels = 4,
				    .flags = IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY};
	pthread_t threads[WALKERS];

	guest_open(&guest, true);
	CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
	for (size_t i = 0; i < 6; i++)
		*guest_word(&guest, slots[i].address) = slots[i].entries[0];
	for (uintptr_t i = 0; i < WALKERS; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, mark, (void *)i), 0);
	for (unsigned i = 0; i < WALKERS; i++)
		CHECK_INT(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(*guest_word(&guest, 0x1000), 0x2027);
	CHECK_EQ(*guest_word(&guest, 0x4008), 0xdef067);
	CHECK_EQ(*guest_word(&guest, 0x4000), 0xabc007);
}

struct call {
	void (*run)(void *ctx);
	void *ctx;
};

static void *make_call(void *arg)
{
	struct call *call = arg;

	call->run(call->ctx);
	return NULL;
}

static void run_both(void (*run)(void *ctx), void *first, void *second)
{
	struct call call = {run, second};
	pthread_t thread;

	REQUIRE(!pthread_create(&thread, NULL, make_call, &call));
	run(first);
	REQUIRE(!pthread_join(thread, NULL));
}

static uint64_t next(void *ctx, uint64_t below)
{
	return below ? random_below(ctx, below) : random_next(ctx);
}

/* Tables of every format that hold anything, and change to anything else. */
static void anything(void)
{
	uint64_t rounds = random_times(RACES);
	struct race_counts counts = {0};
	struct random seeds, random;

	random_init(&seeds, 1);
	for (uint64_t i = 0; i < rounds; i++) {
		struct play_source source = {next, &random};

		random.state = random.seed = seeds.seed + i;
		play_race(&source, random.seed, run_both, &counts);
	}
	if (getenv("IOMT_TEST_SEED"))
		return;
	CHECK(counts.leaves > counts.walks / 20);
	CHECK(counts.stores > rounds / 2); /* at least one in each table that there was */
}

TEST_SUITE(walk_threads, TEST(changing), TEST(marking), TEST(anything));
