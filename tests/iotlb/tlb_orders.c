/* SPDX-License-Identifier: MIT */
/*
 * The software IOTLB in orders that threads of an operating system take once in
 * a blue moon: its sources are compiled here with a stop before each atomic
 * access, and small programs of several threads change places at a few of these
 * stops. A thread may so stand still between two accesses while others make
 * whole calls. Programs and stops are drawn; of all programs of a few acts, a
 * part of all pairs of stops. All accesses are in one order here: what weaker
 * orders of memory do is not tried.
 */
#include "random.h"
#include "test.h"
#include <iomt/iomt.h>
#include <limits.h>
#include <ucontext.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_UNPOISON_MEMORY_REGION(memory, bytes) ((void)(memory), (void)(bytes))
#endif

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
#define RUNS	 500000u
#define ONE_IN	 4u /* of the plans */
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
static const struct plan *plan; /* who goes on at which stops, or NULL: drawn */
static bool flood;		/* there are news at every stop */
static const char *wrong;	/* what a thread found: told when all of them are over */

/* The "tables": the generation of a space, and the one whose invalidation has
 * returned. */
static uint64_t table[SPACES], invalidated[SPACES];

static unsigned draw(unsigned limit)
{
	return (unsigned)random_below(&dice, limit);
}

/* Two changes of places, and who comes when a thread is over. */
struct plan {
	unsigned first;		 /* thread */
	unsigned at[2], next[2]; /* stops, and threads */
	bool downwards;		 /* the last thread that is not over comes, not the first */
};

/* The thread that goes on at this stop. */
static unsigned planned(unsigned before)
{
	unsigned at = stops++;

	for (unsigned i = 0; i < 2; i++) {
		if (plan->at[i] == at && !threads[plan->next[i]].over)
			return plan->next[i];
	}
	return before;
}

static void go_on(unsigned before, unsigned other)
{
	if (other == before)
		return;
	now = other;
	swapcontext(&threads[before].context, &threads[other].context);
}

static void stop(void)
{
	unsigned before = now, other;

	if (flood) {
		CHECK_MSG(++stops < 1000, "a call does not end");
		cache->news++;
		return;
	}
	if (plan) {
		if (before < THREADS)
			go_on(before, planned(before));
		return;
	}
	other = draw(THREADS);
	if (before == THREADS || stops++ != next_switch || !switches_left)
		return;
	switches_left--;
	next_switch = stops + draw(1u << draw(7));
	if (!threads[other].over)
		go_on(before, other);
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

static void walk(struct iomt_tlb_space *name, uint32_t space, uint64_t iova, uint8_t size_lg2)
{
	uint64_t token = iomt_tlb_begin(name);
	struct iomt_tlb_entry entry = {.prot = IOMT_READ, .size_lg2 = size_lg2};

	stop();
	entry.oa = (uint64_t)space << 40 | table[space] << 21 | iova;
	stop();
	iomt_tlb_insert(name, token, iova, &entry);
}

enum { DOMAIN, PASID, ALL_PAGES, RANGES }; /* from RANGES on: a block */

static void change(struct iomt_tlb_space *name, uint32_t space, unsigned kind)
{
	uint32_t first = kind == DOMAIN ? space & 4 : space,
		 last = kind == DOMAIN ? space | 3 : space;
	uint64_t generation[SPACES];

	for (uint32_t i = first; i <= last; i++)
		generation[i] = ++table[i];
	if (kind == DOMAIN)
		iomt_tlb_invalidate_domain(name);
	else if (kind == PASID)
		iomt_tlb_invalidate_pasid(name);
	else
		iomt_tlb_invalidate_range(name, 0, kind == ALL_PAGES ? UINT64_MAX : BLOCK);
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
		walk(used, space, iova, draw(2) ? 12 : 21);
		break;
	case 1:
		change(used, space, draw(RANGES + 3));
		break;
	default:
		look_up(used, space, iova);
		break;
	}
}

static void end_thread(void)
{
	threads[now].over = true;
	for (unsigned i = 0; i < THREADS; i++) {
		now = plan && plan->downwards ? THREADS - 1 - i : i;
		if (!threads[now].over)
			setcontext(&threads[now].context);
	}
	setcontext(&idle);
}

static void run_thread(void)
{
	for (unsigned i = draw(CALLS) + 1; i; i--)
		call(&threads[now]);
	end_thread();
}

/* Threads leave their stacks for good without a return, which the address sanitizer does not see. */
static void make_context(struct thread *thread, void (*run)(void))
{
	ASAN_UNPOISON_MEMORY_REGION(stacks[thread - threads], STACK);
	getcontext(&thread->context);
	thread->context.uc_stack.ss_sp = stacks[thread - threads];
	thread->context.uc_stack.ss_size = STACK;
	makecontext(&thread->context, run, 0);
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
	make_context(thread, run_thread);
}

static void make_cache(uint32_t entries)
{
	struct iomt_tlb_cfg cfg = {
		.size = sizeof(cfg), .entries = entries, .spaces = 1, .readers = 0};

	CHECK(iomt_tlb_bytes(&cfg) <= sizeof(memory));
	CHECK_INT(iomt_tlb_init(&cache, &cfg, memory), 0);
	memset(table, 0, sizeof(table));
	memset(invalidated, 0, sizeof(invalidated));
	wrong = NULL;
	stops = 0;
}

/* A cache in which some spaces have entries, and threads that deal with one or
 * two of them. */
static void prepare_run(void)
{
	uint32_t count, space[2];

	make_cache(draw(2) ? 3 : 48);
	count = draw(2) ? SPACES - 1 : draw(SPACES + 1);
	for (uint32_t i = 0; i < count; i++) {
		struct iomt_tlb_space made = name(i);

		walk(&made, i, 0, draw(2) ? 12 : 21);
	}
	/* the last one, when there is no room for it, takes the place of number 5 */
	space[0] = draw(2) ? SPACES - 1 : draw(SPACES);
	space[1] = draw(2) ? 5 : space[0];
	for (unsigned i = 0; i < THREADS; i++)
		begin_thread(i, space);
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
	plan = NULL;
	flood = false;
	for (unsigned run = 0; run < runs; run++) {
		uint64_t seed = dice.state;

		now = THREADS;
		prepare_run();
		now = 0;
		swapcontext(&idle, &threads[0].context);
		now = THREADS;
		look_after();
		CHECK_MSG(!wrong, "IOMT_TEST_SEED=%" PRIu64 ": %s", seed, wrong);
	}
}

/* What threads of a program do, with the name that they have of the space. */
static const uint32_t here = SPACES - 1; /* when there is no room for it, it takes the place of 5 */

static void walk_small(struct iomt_tlb_space *name)
{
	walk(name, here, 0, 12);
}

static void walk_large(struct iomt_tlb_space *name)
{
	walk(name, here, 0, 21);
}

static void walk_other(struct iomt_tlb_space *names)
{
	struct iomt_tlb_space other = name(5);

	(void)names;
	walk(&other, 5, 0, 12);
}

static void forget_range(struct iomt_tlb_space *name)
{
	change(name, here, RANGES);
}

static void look_and_forget(struct iomt_tlb_space *name)
{
	look_up(name, here, 0);
	change(name, here, RANGES);
}

static void forget_pasid(struct iomt_tlb_space *name)
{
	change(name, here, PASID);
}

static void (*const acts[])(struct iomt_tlb_space *name) = {
	walk_small, walk_large, walk_other, forget_range, look_and_forget, forget_pasid,
};
#define ACTS	(sizeof(acts) / sizeof(acts[0]))
#define WALKS	2u /* of the space, which are the first */
#define FORGETS 3u /* where those begin that forget */

static unsigned one_in;		  /* so many plans, one is tried */
static unsigned program[THREADS]; /* which acts */

static void run_act(void)
{
	acts[program[now]](&threads[now].names[here]);
	end_thread();
}

/* The cache at first: of "count" spaces something is there, and threads that have heard of all. */
struct scene {
	uint32_t count;
	bool heard;
};

static void run_plan(const struct scene *scene)
{
	now = THREADS;
	make_cache(48);
	for (uint32_t i = 0; i < SPACES; i++) {
		struct iomt_tlb_space made = name(i);

		if (i < scene->count)
			walk(&made, i, 0, 12);
	}
	for (unsigned t = 0; t < THREADS; t++) {
		threads[t].over = false;
		for (uint32_t i = 0; i < SPACES; i++)
			threads[t].names[i] = name(i);
		if (scene->heard)
			look_up(&threads[t].names[here], here, 0);
		make_context(&threads[t], run_act);
	}
	stops = 0;
	now = plan->first;
	swapcontext(&idle, &threads[now].context);
	now = THREADS;
	look_after();
	CHECK_MSG(!wrong, "acts %u %u %u, thread %u, at %u thread %u, at %u thread %u: %s",
		  program[0], program[1], program[2], plan->first, plan->at[0], plan->next[0],
		  plan->at[1], plan->next[1], wrong);
}

/* Places of the second change: none, and one in so many of all. */
static void second_changes(const struct scene *scene, struct plan *made)
{
	unsigned most;

	made->at[1] = UINT_MAX;
	run_plan(scene);
	most = stops;
	for (made->at[1] = made->at[0] + 1; made->at[1] < most; made->at[1]++) {
		made->next[1] = (made->next[0] + 1 + draw(THREADS - 1)) % THREADS;
		if (!draw(one_in))
			run_plan(scene);
	}
}

static void first_changes(const struct scene *scene)
{
	struct plan made;
	unsigned most;

	plan = &made;
	for (unsigned i = 0; i < THREADS * (THREADS - 1) * 2; i++) {
		made = (struct plan){.first = i % THREADS, .at = {UINT_MAX, UINT_MAX}};
		made.next[0] = (made.first + 1 + i / THREADS % (THREADS - 1)) % THREADS;
		made.downwards = i / THREADS / (THREADS - 1);
		run_plan(scene);
		most = stops;
		for (made.at[0] = 0; made.at[0] < most; made.at[0]++) {
			if (!draw(2))
				second_changes(scene, &made);
		}
	}
	plan = NULL;
}

/* Two changes of places are enough for most that goes wrong. */
static void changes_of_places(void)
{
	static const struct scene scenes[] = {{8, false}, {8, true}, {7, false}, {7, true}};

	random_init(&dice, 1);
	one_in = (unsigned)(ONE_IN * 100 / random_times(100));
	one_in += !one_in;
	flood = false;
	for (unsigned i = 0; i < ACTS * ACTS * ACTS; i++) {
		bool walks = false, forgets = false;

		for (unsigned t = 0, rest = i; t < THREADS; t++, rest /= ACTS) {
			program[t] = rest % ACTS;
			walks = walks || program[t] < WALKS;
			forgets = forgets || program[t] >= FORGETS;
		}
		if (program[0] > program[1] || program[1] > program[2] || !walks || !forgets)
			continue;
		for (unsigned scene = 0; scene < 4; scene++)
			first_changes(&scenes[scene]);
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

TEST_SUITE(tlb_orders, TEST(orders), TEST(changes_of_places), TEST(floods));
