/* SPDX-License-Identifier: MIT */
/*
 * The software IOTLB in orders that are drawn: its sources are compiled here
 * with a stop before each atomic access, and small programs of several threads
 * change places at a few of these stops. A thread may so stand still between
 * two accesses while others make whole calls, which threads of an operating
 * system do once in a blue moon. All accesses are in one order here: what
 * weaker orders of memory do is not tried.
 */
#include "random.h"
#include "test.h"
#include <iomt/iomt.h>
#include <ucontext.h>

static void stop(void);

/* clang-format off */
#define __atomic_load_n(word, order) (stop(), *(word))
#define __atomic_store_n(word, value, order) (stop(), *(word) = (value))
#define __atomic_add_fetch(word, value, order) (stop(), *(word) += (value))
#define __atomic_fetch_add(word, value, order) (stop(), *(word) += (value)) /* of no use here */
#define __atomic_fetch_or(word, value, order) (stop(), *(word) |= (value))  /* this neither */
#define __atomic_exchange_n(word, value, order) exchange(word, value, sizeof(*(word)))
/* clang-format on */

static uint64_t exchange(void *word, uint64_t value, size_t size)
{
	uint64_t old = 0;

	stop();
	memcpy(&old, word, size);
	memcpy(word, &value, size);
	return old;
}

#include "../../src/iotlb/tlb.c"
#include "../../src/iotlb/tlb_insert.c"
#include "../../src/iotlb/tlb_invalidate.c"

#define THREADS	 3u
#define CALLS	 3u   /* the most of each thread */
#define SWITCHES 5u   /* the most in a run */
#define STOPS	 100u /* switches come within so many */
#define SPACES	 8u   /* one more than a group has slots */
#define RUNS	 1000000u
#define BLOCK	 0x1fffffu
#define STACK	 65536u

struct thread {
	ucontext_t context;
	struct iomt_tlb_space names[SPACES]; /* some have heard of what was there at first */
	uint32_t space[2];		     /* what it deals with */
	bool over;
};

static struct thread threads[THREADS];
static _Alignas(16) uint8_t stacks[THREADS][STACK];
static _Alignas(IOMT_TLB_ALIGN) uint8_t memory[8192];
static struct iomt_tlb *cache;
static ucontext_t idle;
static struct random dice;
static unsigned now; /* the thread that runs, or THREADS outside of them */
static unsigned stops, next_switch, switches_left;
static bool flood;	  /* there are news at every stop */
static const char *wrong; /* what a thread found: told when all of them are over */

/* The "tables": the generation of a space, and the one whose invalidation has
 * returned. */
static uint64_t table[SPACES], invalidated[SPACES];

static unsigned draw(unsigned limit)
{
	return (unsigned)random_below(&dice, limit);
}

static void stop(void)
{
	unsigned before = now, other;

	if (flood) {
		CHECK_MSG(++stops < 1000, "a call does not end");
		cache->news++;
		return;
	}
	other = draw(THREADS);
	if (before == THREADS || stops++ != next_switch || !switches_left)
		return;
	switches_left--;
	next_switch = stops + draw(1u << draw(7));
	if (other == before || threads[other].over)
		return;
	now = other;
	swapcontext(&threads[before].context, &threads[other].context);
}

static struct iomt_tlb_space name(uint32_t space)
{
	struct iomt_tlb_space made;

	iomt_tlb_space_init(&made, cache, 0, space / 4, space % 4, 1);
	return made;
}

/* Whether what is found is the space's own, and no older than it may be. */
static void look_up(struct iomt_tlb_space *name, uint32_t space, uint64_t iova)
{
	uint64_t least = invalidated[space];
	struct iomt_tlb_entry entry;

	if (iomt_tlb_lookup(name, iova, &entry))
		return;
	if (entry.oa >> 40 != space)
		wrong = "found another space's";
	else if ((entry.oa >> 21 & 0xffff) < least)
		wrong = "found what was invalidated";
}

static void walk(struct iomt_tlb_space *name, uint32_t space, uint64_t iova)
{
	uint64_t token = iomt_tlb_begin(name);
	struct iomt_tlb_entry entry = {.prot = IOMT_READ, .size_lg2 = draw(2) ? 12 : 21};

	stop();
	entry.oa = (uint64_t)space << 40 | table[space] << 21 | iova;
	stop();
	iomt_tlb_insert(name, token, iova, &entry);
}

static void change(struct iomt_tlb_space *name, uint32_t space)
{
	unsigned kind = draw(6);
	uint32_t first = kind == 0 ? space & 4 : space, last = kind == 0 ? space | 3 : space;
	uint64_t generation[SPACES];

	for (uint32_t i = first; i <= last; i++)
		generation[i] = ++table[i];
	if (kind == 0)
		iomt_tlb_invalidate_domain(name);
	else if (kind == 1)
		iomt_tlb_invalidate_pasid(name);
	else
		iomt_tlb_invalidate_range(name, 0, kind == 2 ? UINT64_MAX : BLOCK);
	for (uint32_t i = first; i <= last; i++) {
		if (invalidated[i] < generation[i])
			invalidated[i] = generation[i];
	}
}

static void call(struct thread *thread)
{
	uint32_t space = thread->space[draw(2)];
	struct iomt_tlb_space fresh = name(space);
	struct iomt_tlb_space *used = draw(3) ? &thread->names[space] : &fresh;
	uint64_t iova = draw(2) << 12;

	switch (draw(4)) {
	case 0:
		walk(used, space, iova);
		break;
	case 1:
		change(used, space);
		break;
	default:
		look_up(used, space, iova);
		break;
	}
}

static void run_thread(void)
{
	for (unsigned i = draw(CALLS) + 1; i; i--)
		call(&threads[now]);
	threads[now].over = true;
	for (now = 0; now < THREADS; now++) {
		if (!threads[now].over)
			setcontext(&threads[now].context);
	}
	setcontext(&idle);
}

static void begin_thread(unsigned index, const uint32_t space[2])
{
	struct thread *thread = &threads[index];

	thread->over = false;
	thread->space[0] = space[draw(2)];
	thread->space[1] = space[draw(2)];
	for (uint32_t i = 0; i < SPACES; i++) {
		thread->names[i] = name(i);
		if (draw(2))
			look_up(&thread->names[i], i, 0);
	}
	getcontext(&thread->context);
	thread->context.uc_stack.ss_sp = stacks[index];
	thread->context.uc_stack.ss_size = STACK;
	makecontext(&thread->context, run_thread, 0);
}

/* A cache in which some spaces have entries, and threads that deal with one or
 * two of them. */
static void prepare_run(void)
{
	struct iomt_tlb_cfg cfg = {
		.size = sizeof(cfg), .entries = draw(2) ? 3 : 48, .spaces = 1, .readers = 0};
	uint32_t count = draw(2) ? SPACES - 1 : draw(SPACES + 1), space[2];

	CHECK(iomt_tlb_bytes(&cfg) <= sizeof(memory));
	CHECK_INT(iomt_tlb_init(&cache, &cfg, memory), 0);
	memset(table, 0, sizeof(table));
	memset(invalidated, 0, sizeof(invalidated));
	for (uint32_t i = 0; i < count; i++) {
		struct iomt_tlb_space made = name(i);

		walk(&made, i, 0);
	}
	/* the last one, when there is no room for it, takes the place of number 5 */
	space[0] = draw(2) ? SPACES - 1 : draw(SPACES);
	space[1] = draw(2) ? 5 : space[0];
	for (unsigned i = 0; i < THREADS; i++)
		begin_thread(i, space);
	stops = 0;
	next_switch = draw(STOPS);
	switches_left = draw(SWITCHES) + 1;
}

/* Names that live on and fresh ones: what was left behind is seen now at the
 * latest. */
static void look_after(void)
{
	for (uint32_t i = 0; i < SPACES; i++) {
		struct iomt_tlb_space fresh = name(i);

		for (uint64_t iova = 0; iova < 0x2000; iova += 0x1000) {
			look_up(&fresh, i, iova);
			for (unsigned t = 0; t < THREADS; t++)
				look_up(&threads[t].names[i], i, iova);
		}
	}
}

static void orders(void)
{
	unsigned runs = (unsigned)random_times(RUNS);

	random_init(&dice, 1);
	flood = false;
	for (unsigned run = 0; run < runs; run++) {
		uint64_t seed = dice.state;

		now = THREADS;
		wrong = NULL;
		prepare_run();
		now = 0;
		swapcontext(&idle, &threads[0].context);
		now = THREADS;
		look_after();
		CHECK_MSG(!wrong, "IOMT_TEST_SEED=%" PRIu64 ": %s", seed, wrong);
	}
}

/* Calls end, however fast others invalidate, and though the space has all
 * sizes. */
static void floods(void)
{
	struct iomt_tlb_cfg cfg = {.size = sizeof(cfg), .entries = 48, .spaces = 1};
	struct iomt_tlb_space space;

	now = THREADS;
	flood = false;
	CHECK_INT(iomt_tlb_init(&cache, &cfg, memory), 0);
	space = name(1);
	for (uint8_t lg2 = 12; lg2 <= 64; lg2++) {
		struct iomt_tlb_entry entry = {.prot = IOMT_READ, .size_lg2 = lg2};

		CHECK_INT(iomt_tlb_insert(&space, iomt_tlb_begin(&space), 0, &entry), 0);
	}
	for (unsigned i = 0; i < 4; i++) {
		struct iomt_tlb_entry entry = {.prot = IOMT_READ, .size_lg2 = 12};
		uint64_t token;

		flood = true;
		stops = 0;
		if (i == 0)
			CHECK_INT(iomt_tlb_lookup(&space, 0, &entry), IOMT_ENOENT);
		else if (i == 1)
			CHECK_INT(iomt_tlb_lookup(&space, UINT64_MAX, &entry), IOMT_ENOENT);
		else if (i == 2)
			iomt_tlb_invalidate_range(&space, 0, 0xfff);
		else {
			token = iomt_tlb_begin(&space);
			CHECK_INT(iomt_tlb_insert(&space, token, 0, &entry), IOMT_EAGAIN);
		}
		flood = false;
	}
}

TEST_SUITE(tlb_orders, TEST(orders), TEST(floods));
