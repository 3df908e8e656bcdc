/* SPDX-License-Identifier: MIT */
/*
 * Orders of memory, one at a time: a thread that changes a table and one that looks, as fast as they
 * can. Small enough to run many times, on every processor that there is.
 */
#include "arena.h"
#include "epochs.h"
#include "kinds.h"
#include "random.h"
#include "test.h"
#include <iomt/cursor.h>
#include <sched.h>

#define RW     (IOMT_READ | IOMT_WRITE)
#define OA     0x40000000ULL
#define ROUNDS 1000u /* that wait for the reader */
#define MANY   50000u
#define ENOUGH 200u /* of what is to be seen */
#define LOOKS  64u  /* before others have their turn */
#define SLOTS  8u
#define RUN    16u /* granules */

struct litmus {
	const struct kind *kind;
	struct arena arena;
	struct epochs epochs; /* the reader is thread 0 */
	struct iomt_pt pt;
	struct iomt_gather gather;
	struct iomt_pt_cursor cursor; /* the reader's */
	struct random lots;	      /* the reader's */
	struct random pauses;	      /* the writer's */
	void (*read)(struct litmus *l);
	uint64_t granule;
	uint64_t first;
	uint64_t seen; /* how often the reader saw something */
	uint64_t told; /* root and levels */
	uint64_t data[SLOTS], gone[SLOTS], last[SLOTS];
	uint64_t mapped;
	bool open, stop;
};

static uint64_t load(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

/* No order but what the table gives: that is what is tried here. */
static void store(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

static void saw(struct litmus *l)
{
	__atomic_fetch_add(&l->seen, 1, __ATOMIC_RELAXED);
}

static void linger(struct litmus *l)
{
	for (volatile uint64_t n = random_below(&l->pauses, 200); n; n--)
		continue;
	if (!random_below(&l->pauses, 16))
		sched_yield();
}

/* Until the reader holds nothing that it holds now. */
static void wait_for_reader(struct litmus *l)
{
	uint64_t epoch = epochs_begin(&l->epochs);

	while (!epochs_are_over(&l->epochs, epoch, 1))
		sched_yield();
}

static void release(struct litmus *l)
{
	wait_for_reader(l);
	arena_begin_release();
	iomt_gather_release(&l->gather);
	arena_end_release();
}

static void *reader(void *arg)
{
	struct litmus *l = arg;

	while (!__atomic_load_n(&l->stop, __ATOMIC_ACQUIRE)) {
		for (unsigned i = 0; i < LOOKS && __atomic_load_n(&l->open, __ATOMIC_ACQUIRE);
		     i++) {
			l->read(l);
			epochs_pass(&l->epochs, 0);
		}
		epochs_pass(&l->epochs, 0);
		sched_yield(); /* where there is one processor for both */
	}
	return NULL;
}

/* What a driver is told of: root and levels. */
static void tell(void *ctx, struct iomt_pt *pt)
{
	struct litmus *l = ctx;
	struct iomt_pt_hw hw;

	iomt_pt_hw(pt, &hw);
	__atomic_store_n(&l->told, hw.root | hw.levels, __ATOMIC_RELEASE);
}

static void open_table(struct litmus *l)
{
	struct iomt_pt_cfg cfg = kind_cfg(l->kind);
	uint64_t last;

	cfg.mem = &l->arena.mem;
	cfg.top_changed = l->kind->grows ? tell : NULL;
	cfg.ctx = l;
	CHECK_INT(iomt_pt_init(&l->pt, &cfg), 0);
	iomt_pt_bounds(&l->pt, &l->first, &last);
}

/* Lets "write" change a table, and "read" look at it. */
static void play(const char *name, uint64_t rounds, void (*write)(struct litmus *l, uint64_t round),
		 void (*read)(struct litmus *l))
{
	static struct litmus l;
	pthread_t thread;

	rounds = random_times(rounds);
	memset(&l, 0, sizeof(l));
	l.kind = kind_named(name);
	l.granule = 1ULL << l.kind->granule_lg2;
	l.read = read;
	random_init(&l.lots, 1);
	random_init(&l.pauses, 2);
	arena_init(&l.arena, ARENA_LINEAR, l.kind->granule_lg2, 512);
	open_table(&l);
	iomt_gather_init(&l.gather);
	iomt_pt_cursor_init(&l.cursor, &l.pt);
	l.open = true;
	CHECK(!pthread_create(&thread, NULL, reader, &l));
	for (uint64_t round = 0; round < rounds || load(&l.seen) < ENOUGH; round++)
		write(&l, round);
	__atomic_store_n(&l.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	arena_begin_release();
	iomt_gather_release(&l.gather);
	iomt_pt_destroy(&l.pt);
	arena_end_release();
	arena_destroy(&l.arena);
}

/* Formats that differ in how they walk and write. */
static const char *const formats[] = {"amdv1", "x86_64_4", "vtd_ss_4", "arm_s1_16k", "riscv_sv48"};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static uint64_t at(const struct litmus *l, uint64_t index)
{
	return l->first + index * l->granule;
}

/* What an index leads to for the library, for a cursor, and for hardware. */
static bool leads_to(struct litmus *l, uint64_t index, uint64_t *oa)
{
	struct iomt_pt_leaf leaf;
	struct walker walker;
	struct walk seen;
	int err;

	switch (random_below(&l->lots, 3)) {
	case 0:
		err = iomt_pt_translate(&l->pt, at(l, index), &leaf);
		break;
	case 1:
		err = iomt_pt_cursor_translate(&l->cursor, at(l, index), &leaf);
		break;
	default:
		walker = kind_walker(l->kind);
		walker.word = arena_word;
		walker.ctx = &l->arena;
		walker.live = true;
		iomt_pt_hw(&l->pt, &walker.hw);
		seen = walk(&walker, at(l, index));
		REQUIRE(seen.result != WALK_BAD);
		*oa = seen.oa;
		return seen.result == WALK_MAPPED;
	}
	REQUIRE(!err || err == IOMT_ENOENT);
	*oa = leaf.oa;
	return !err;
}

/* A table is filled before it can be seen: what memory held before is never an entry. */

static void link_and_trim(struct litmus *l, uint64_t round)
{
	uint64_t slots = l->granule / 8, index = round % slots, n = 1;

	if (round % 4 == 0) { /* all of the table, which is linked with its leaves in it */
		index = 0;
		n = slots;
	}
	REQUIRE(!iomt_pt_map(&l->pt, at(l, index), OA + (index + 1) * l->granule, n * l->granule,
			     RW, NULL));
	linger(l);
	REQUIRE(!iomt_pt_unmap(&l->pt, at(l, index), n * l->granule, NULL, &l->gather));
	REQUIRE(!iomt_pt_trim(&l->pt, l->first, slots * l->granule, &l->gather));
	REQUIRE(l->gather.tables == 1);
	release(l);
}

static void find_right_or_nothing(struct litmus *l)
{
	uint64_t index = random_below(&l->lots, l->granule / 8), oa;

	if (!leads_to(l, index, &oa))
		return;
	REQUIRE(oa == OA + (index + 1) * l->granule);
	saw(l);
}

static void publish_before_fill(void)
{
	for (size_t i = 0; i < FORMATS; i++)
		play(formats[i], ROUNDS, link_and_trim, find_right_or_nothing);
}

/* Who finds a mapping sees what was written before it, and who finds it gone, what was before that. */

static void map_and_unmap(struct litmus *l, uint64_t round)
{
	uint64_t slot = round / 2 % SLOTS;

	if (round % 2 == 0) {
		store(&l->data[slot], round);
		REQUIRE(!iomt_pt_map(&l->pt, at(l, slot), OA + round * l->granule, l->granule, RW,
				     NULL));
	} else {
		linger(l);
		store(&l->gone[slot], round);
		REQUIRE(!iomt_pt_unmap(&l->pt, at(l, slot), l->granule, NULL, &l->gather));
	}
}

static void receive(struct litmus *l)
{
	uint64_t slot = random_below(&l->lots, SLOTS), round, oa;

	if (leads_to(l, slot, &oa)) {
		round = (oa - OA) / l->granule;
		REQUIRE(load(&l->data[slot]) >= round);
		l->last[slot] = round;
	} else if (l->last[slot]) {
		REQUIRE(load(&l->gone[slot]) > l->last[slot]);
		l->last[slot] = 0;
		saw(l);
	}
}

static void message_by_mapping(void)
{
	for (size_t i = 0; i < FORMATS; i++)
		play(formats[i], MANY, map_and_unmap, receive);
}

/* A run that is cut at one end: who finds it cut at the other sees what was written before. */

static void cut(struct litmus *l, uint64_t round)
{
	REQUIRE(!iomt_pt_map(&l->pt, l->first, OA + round * RUN * l->granule, RUN * l->granule, RW,
			     NULL));
	store(&l->data[0], round);
	REQUIRE(!iomt_pt_unmap(&l->pt, l->first, l->granule, NULL, &l->gather));
	linger(l);
	REQUIRE(!iomt_pt_unmap(&l->pt, l->first, RUN * l->granule, NULL, &l->gather));
}

static void find_parts(struct litmus *l)
{
	struct iomt_pt_leaf leaf;

	if (iomt_pt_translate(&l->pt, at(l, RUN / 2), &leaf) ||
	    leaf.size_lg2 >= l->kind->granule_lg2 + 4)
		return;
	REQUIRE(load(&l->data[0]) >= (leaf.oa - OA) / (RUN * l->granule));
	saw(l);
}

static void message_by_split(void)
{
	play("amdv1", MANY, cut, find_parts);
	play("arm_s1_4k_ttbr1", MANY, cut, find_parts);
}

/*
 * A cursor in a table that is taken out, and filled with garbage when its reader is gone: it finds
 * what is mapped, or nothing.
 */

static void take_out(struct litmus *l, uint64_t round)
{
	uint64_t slots = l->granule / 8, index = 1 + round % SLOTS;

	REQUIRE(!iomt_pt_map(&l->pt, at(l, index), OA + (index + 1) * l->granule, l->granule, RW,
			     NULL));
	linger(l);
	REQUIRE(!iomt_pt_unmap(&l->pt, at(l, index), l->granule, NULL, &l->gather));
	REQUIRE(!iomt_pt_trim(&l->pt, l->first, slots * l->granule, &l->gather));
	/* what the reader finds from here on, it finds in another table */
	REQUIRE(!iomt_pt_map(&l->pt, at(l, 0), OA + l->granule, l->granule, RW, NULL));
	release(l);
	REQUIRE(!iomt_pt_unmap(&l->pt, at(l, 0), l->granule, NULL, &l->gather));
}

static void follow(struct litmus *l)
{
	uint64_t index = random_below(&l->lots, SLOTS);
	struct iomt_pt_leaf leaf;
	int err = iomt_pt_cursor_translate(&l->cursor, at(l, index), &leaf);

	REQUIRE(err ? err == IOMT_ENOENT : leaf.oa == OA + (index + 1) * l->granule);
	if (!err)
		saw(l);
}

static void cursor_and_trim(void)
{
	for (size_t i = 0; i < FORMATS; i++)
		play(formats[i], ROUNDS, take_out, follow);
}

/* A top that grows: nothing below it is ever lost, to the library or to what the driver was told. */

static uint64_t high(uint64_t level)
{
	return level ? 1ULL << (12 + 9 * level) : 0;
}

static void grow(struct litmus *l, uint64_t round)
{
	(void)round;
	__atomic_store_n(&l->open, false, __ATOMIC_RELEASE);
	wait_for_reader(l);
	arena_begin_release();
	iomt_pt_destroy(&l->pt);
	arena_end_release();
	open_table(l);
	tell(l, &l->pt);
	store(&l->mapped, 0);
	__atomic_store_n(&l->open, true, __ATOMIC_RELEASE);
	for (uint64_t level = 0; level < 6; level++) {
		REQUIRE(!iomt_pt_map(&l->pt, high(level), OA + level * l->granule, l->granule, RW,
				     NULL));
		__atomic_store_n(&l->mapped, level + 1, __ATOMIC_RELEASE);
		linger(l);
	}
}

static void find_all_below(struct litmus *l)
{
	uint64_t mapped = __atomic_load_n(&l->mapped, __ATOMIC_ACQUIRE), told, level;
	struct walker walker = kind_walker(l->kind);
	struct iomt_pt_leaf leaf;
	struct walk seen;

	if (!mapped)
		return;
	level = random_below(&l->lots, mapped);
	REQUIRE(!iomt_pt_translate(&l->pt, high(level), &leaf));
	REQUIRE(leaf.oa == OA + level * l->granule);
	told = __atomic_load_n(&l->told, __ATOMIC_ACQUIRE);
	walker.word = arena_word;
	walker.ctx = &l->arena;
	walker.live = true;
	walker.hw.root = told & ~7ULL;
	walker.hw.levels = walker.hw.u.amdv1.mode = told & 7;
	seen = walk(&walker, high(level));
	REQUIRE(seen.result == WALK_MAPPED && seen.oa == OA + level * l->granule);
	if (mapped < 6)
		saw(l);
}

static void top_and_reach(void)
{
	play("amdv1_grows", ROUNDS, grow, find_all_below);
}

TEST_SUITE(litmus, TEST(publish_before_fill), TEST(message_by_mapping), TEST(message_by_split),
	   TEST(cursor_and_trim), TEST(top_and_reach));
