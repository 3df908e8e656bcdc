/* SPDX-License-Identifier: MIT */
/* What the machine can do at best, in the same run. */
#include "bench.h"
#include <stdlib.h>

#define ENTRIES 512u
#define TIMES	64u
#define LOADS	65536u

#ifdef __clang__
#define VECTORS /* at -O2 already */
#else
#define VECTORS optimize("O3")
#endif

/* The widest vectors that the CPU has, chosen when the program starts. */
#if defined(__x86_64__) && defined(__GLIBC__)
#define WIDEST __attribute__((target_clones("avx512f", "avx2", "default"), VECTORS))
#else
#define WIDEST __attribute__((VECTORS))
#endif

WIDEST static uint64_t read_and_fill(uint64_t *slots, uint64_t first)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < ENTRIES; i++)
		any |= slots[i];
	for (unsigned i = 0; i < ENTRIES; i++)
		slots[i] = first + i * 4096ULL;
	return any;
}

WIDEST static uint64_t read_and_clear(uint64_t *slots)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < ENTRIES; i++)
		any |= slots[i];
	for (unsigned i = 0; i < ENTRIES; i++)
		slots[i] = 0;
	return any;
}

static bool open_table(struct round *round)
{
	round->data = aligned_alloc(4096, ENTRIES * sizeof(uint64_t));
	round->ops = TIMES;
	round->entries = ENTRIES;
	for (unsigned i = 0; round->data && i < ENTRIES; i++)
		((uint64_t *)round->data)[i] = i;
	return round->data;
}

static void fill(struct round *round)
{
	for (unsigned i = 0; i < TIMES; i++)
		__asm__ volatile("" : : "r"(read_and_fill(round->data, i)) : "memory");
}

static void clear(struct round *round)
{
	for (unsigned i = 0; i < TIMES; i++)
		__asm__ volatile("" : : "r"(read_and_clear(round->data)) : "memory");
}

/* Loads that wait for one another, in as much memory as a working set's leaf tables take. */
static bool open_chain(struct round *round)
{
	uint32_t lines = (uint32_t)(((uint64_t)round->bench->param << 20) / 512 / 64);
	uint32_t *order = bench_permutation(lines);
	uint64_t *memory = aligned_alloc(4096, lines < 64 ? 4096 : lines * 64ULL);

	round->ops = LOADS;
	round->entries = 1;
	round->data = memory;
	if (order && memory) {
		for (uint32_t i = 0; i < lines; i++)
			memory[order[i] * 8ULL] = order[(i + 1) % lines] * 8ULL;
	}
	free(order);
	return order && memory;
}

static void chase(struct round *round)
{
	static uint64_t at; /* goes on where the last round ended */
	const uint64_t *memory = round->data;
	uint32_t lines = (uint32_t)(((uint64_t)round->bench->param << 20) / 512 / 64);

	at %= lines * 8ULL;
	at &= ~7ULL;
	for (unsigned i = 0; i < LOADS; i++)
		at = memory[at];
}

static void swap(struct round *round)
{
	uint64_t *slots = round->data;

	for (unsigned i = 0; i < LOADS; i++) {
		uint64_t old = slots[i % ENTRIES];

		__atomic_compare_exchange_n(&slots[i % ENTRIES], &old, old + 1, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	}
}

/* What each round pays twice, once of it inside. */
static void ask_time(struct round *round)
{
	double sum = 0;

	(void)round;
	for (unsigned i = 0; i < LOADS; i++)
		sum += bench_now();
	__asm__ volatile("" : : "g"(&sum) : "memory");
}

static bool open_many(struct round *round)
{
	bool opened = open_table(round);

	round->ops = LOADS;
	round->entries = 1;
	return opened;
}

static void done(struct round *round)
{
	free(round->data);
}

void bench_limits(bool full)
{
	static const struct workload filling = {open_table, NULL, fill, NULL, done};
	static const struct workload clearing = {open_table, NULL, clear, NULL, done};
	static const struct workload chasing = {open_chain, NULL, chase, NULL, done};
	static const struct workload asking = {open_many, NULL, ask_time, NULL, done};
	static const struct workload swapping = {open_many, NULL, swap, NULL, done};

	bench_add(NULL, "read and fill 512", &filling, 0);
	bench_add(NULL, "read and clear 512", &clearing, 0);
	bench_add(NULL, "dependent load in tables of 2M", &chasing, 2);
	bench_add(NULL, "dependent load in tables of 1G", &chasing, 1024);
	bench_add(NULL, "dependent load in tables of 16G", &chasing, 16384);
	if (full)
		bench_add(NULL, "dependent load in tables of 64G", &chasing, 65536);
	bench_add(NULL, "compare-and-swap", &swapping, 0);
	bench_add(NULL, "reading of the clock", &asking, 0);
}
