/* SPDX-License-Identifier: MIT */
/*
 * Memory providers side by side: iomt's pool (as "iomt"), the same without huge pages, the C library's
 * heap, jemalloc. The same tables by the same code, with memory from elsewhere.
 */
#include "bench.h"
#include <dlfcn.h>
#include <iomt/jemalloc.h>
#include <malloc.h>

#define PAIRS	 4096u
#define GRANULES 512u

enum { POOL, SMALL, HEAP, JEMALLOC, PROVIDERS };

static struct {
	const struct iomt_mem *mem; /* NULL: not here */
	struct target target;
} providers[PROVIDERS];

/* Pools without any wishes but for pages; the one of all other benchmarks keeps what it has. */
static struct iomt_pool *pool, *small;
static struct iomt_jemalloc *jemalloc;
static void (*trim_arena)(struct iomt_jemalloc *jemalloc);

static unsigned provider_of(const struct round *round)
{
	unsigned i = 0;

	while (round->target != &providers[i].target)
		i++;
	return i;
}

/* Gives the system what is free. */
static void trim(unsigned provider)
{
	if (provider == POOL)
		iomt_pool_trim(pool);
	else if (provider == SMALL)
		iomt_pool_trim(small);
	else if (provider == HEAP)
		malloc_trim(0);
	else
		trim_arena(jemalloc);
}

static struct iomt_pt *open_in_pool(const struct kind *kind, uint32_t flags)
{
	return bench_open_in(kind, flags, providers[POOL].mem);
}

static struct iomt_pt *open_in_small(const struct kind *kind, uint32_t flags)
{
	return bench_open_in(kind, flags, providers[SMALL].mem);
}

static struct iomt_pt *open_in_heap(const struct kind *kind, uint32_t flags)
{
	return bench_open_in(kind, flags, providers[HEAP].mem);
}

static struct iomt_pt *open_in_jemalloc(const struct kind *kind, uint32_t flags)
{
	return bench_open_in(kind, flags, providers[JEMALLOC].mem);
}

/* jemalloc is in a module, so that its malloc is not this program's: the heap stays what it is. */
static const struct iomt_mem *load_jemalloc(void)
{
#ifdef BENCH_JEMALLOC
	struct iomt_jemalloc_cfg cfg = {.size = sizeof(cfg)};
	void *module = dlopen(BENCH_JEMALLOC, RTLD_NOW | RTLD_LOCAL);
	int (*create)(struct iomt_jemalloc * *made, const struct iomt_jemalloc_cfg *how);
	const struct iomt_mem *(*mem)(const struct iomt_jemalloc *made);

	if (!module) {
		fprintf(stderr, "iomt: no jemalloc: %s\n", dlerror());
		return NULL;
	}
	*(void **)&create = dlsym(module, "iomt_jemalloc_create");
	*(void **)&mem = dlsym(module, "iomt_jemalloc_mem");
	*(void **)&trim_arena = dlsym(module, "iomt_jemalloc_trim");
	if (create && mem && trim_arena && !create(&jemalloc, &cfg))
		return mem(jemalloc);
#endif
	return NULL;
}

static bool open_providers(const struct kind *kind)
{
	static const struct {
		const char *name;
		struct iomt_pt *(*open)(const struct kind *kind, uint32_t flags);
	} targets[PROVIDERS] = {{"iomt", open_in_pool},
				{"4K pages", open_in_small},
				{"heap", open_in_heap},
				{"jemalloc", open_in_jemalloc}};
	struct iomt_pool_cfg cfg = {.size = sizeof(cfg)};

	if (iomt_pool_create(&pool, &cfg))
		return false;
	cfg.flags = IOMT_POOL_SMALL;
	if (iomt_pool_create(&small, &cfg))
		return false;
	providers[POOL].mem = iomt_pool_mem(pool);
	providers[SMALL].mem = iomt_pool_mem(small);
	providers[HEAP].mem = &iomt_mem_heap;
	providers[JEMALLOC].mem = load_jemalloc();
	for (unsigned i = 0; i < PROVIDERS; i++) {
		providers[i].target = kind->target;
		providers[i].target.name = targets[i].name;
		providers[i].target.open = targets[i].open;
	}
	return true;
}

/* A granule, so many of them at a time as param says. */

static bool open_pieces(struct round *round)
{
	round->ops = PAIRS / round->bench->param;
	round->entries = round->bench->param;
	return true;
}

static void take_and_give(struct round *round)
{
	const struct iomt_mem *mem = providers[provider_of(round)].mem;
	size_t bytes = (size_t)1 << round->kind->granule_lg2;
	static void *pieces[GRANULES];
	unsigned count = round->bench->param;
	bool all = true;

	for (uint64_t op = 0; op < round->ops; op++) {
		for (unsigned i = 0; i < count; i++)
			all &= !!(pieces[i] = mem->alloc(mem->ctx, bytes));
		for (unsigned i = 0; i < count; i++)
			mem->free(mem->ctx, pieces[i], bytes);
	}
	bench_check(round, all ? 0 : IOMT_ENOMEM, "alloc");
}

static void nothing(struct round *round)
{
	(void)round;
}

/* A mapping whose tables the provider must first have from the system. */

static bool open_first(struct round *round)
{
	round->ops = 1;
	round->entries = ((uint64_t)round->bench->param << 30) >> round->kind->granule_lg2;
	return true;
}

static void map(struct round *round)
{
	bench_check(round,
		    round->target->map(
			    round->pt, BENCH_BASE, BENCH_OA + (1ULL << round->kind->granule_lg2),
			    (uint64_t)round->bench->param << 30, IOMT_READ | IOMT_WRITE, NULL),
		    "map");
}

static void start_without_memory(struct round *round)
{
	trim(provider_of(round));
	bench_table(round, 0);
}

/* A mapping that goes, with its tables; then the process is weighed. */

static double resident(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	unsigned long kib = 0;
	char line[256];

	while (file && !kib && fgets(line, sizeof(line), file))
		sscanf(line, "Rss: %lu", &kib);
	if (file)
		fclose(file);
	return (double)kib * 1024;
}

static void build(struct round *round)
{
	trim(provider_of(round));
	round->resident[0] = resident();
	bench_table(round, 0);
	map(round);
}

static void take_down(struct round *round)
{
	uint64_t length = (uint64_t)round->bench->param << 30, unmapped;

	bench_check(round,
		    round->target->unmap(round->pt, BENCH_BASE, length, &unmapped, &round->gather),
		    "unmap");
	bench_check(round, iomt_pt_trim(round->pt, BENCH_BASE, length, &round->gather), "trim");
	iomt_gather_release(&round->gather);
}

static void weigh(struct round *round)
{
	bench_drop(round);
	round->resident[1] = resident();
	trim(provider_of(round));
	round->resident[2] = resident();
}

static void add_all(const struct kind *kind, const char *name, const struct workload *workload,
		    unsigned param)
{
	for (unsigned i = 0; i < PROVIDERS; i++) {
		if (providers[i].mem)
			bench_add_target(kind, &providers[i].target, name, workload, param);
	}
}

void bench_providers(const struct kind *kind)
{
	static struct kind column; /* of the report: the others compare formats */
	static const struct workload pieces = {open_pieces, NULL, take_and_give, NULL, nothing};
	static const struct workload first = {open_first, start_without_memory, map, bench_drop,
					      nothing};
	static const struct workload down = {open_first, build, take_down, weigh, nothing};

	column = *kind;
	column.name = "providers";
	if (!open_providers(&column))
		return;
	add_all(&column, "cold map 1G", &bench_cold_map, 1);
	add_all(&column, "translate in 16G", &bench_translate, 16384);
	add_all(&column, "translate in 16G, dependent", &bench_translate_dependent, 16384);
	add_all(&column, "first map 1G", &first, 1);
	add_all(&column, "take down 16G", &down, 16);
	add_all(&column, "alloc, free", &pieces, 1);
	add_all(&column, "512 allocs, 512 frees", &pieces, GRANULES);
}
