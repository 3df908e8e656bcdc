/* SPDX-License-Identifier: MIT */
/* The page pool: configurations, sizes, limits, what is kept and what goes back. */
#include "provider_checks.h"
#include "test.h"
#include <iomt/hosted.h>
#include <iomt/iomt.h>
#include <sys/resource.h>

#define CHUNK ((uint64_t)IOMT_POOL_CHUNK)

static struct iomt_pool *make(uint32_t flags, uint64_t limit, uint64_t keep)
{
	struct iomt_pool_cfg cfg = {
		.size = sizeof(cfg), .flags = flags, .limit = limit, .keep = keep};
	struct iomt_pool *pool = NULL;

	CHECK_INT(iomt_pool_create(&pool, &cfg), 0);
	CHECK(pool);
	return pool;
}

static struct iomt_pool_stats stats_of(struct iomt_pool *pool)
{
	struct iomt_pool_stats stats;

	iomt_pool_stats(pool, &stats);
	CHECK_EQ(stats.taken, stats.used + stats.kept);
	CHECK(stats.taken <= stats.peak && stats.peak <= stats.limit);
	CHECK_EQ(stats.taken % CHUNK, 0);
	return stats;
}

static void *take(struct iomt_pool *pool, size_t bytes)
{
	const struct iomt_mem *mem = iomt_pool_mem(pool);

	return mem->alloc(mem->ctx, bytes);
}

static void give(struct iomt_pool *pool, void *memory, size_t bytes)
{
	const struct iomt_mem *mem = iomt_pool_mem(pool);

	mem->free(mem->ctx, memory, bytes);
}

/* Everything is back, and the pool with it. */
static void finish(struct iomt_pool *pool)
{
	CHECK_EQ(stats_of(pool).used, 0);
	iomt_pool_trim(pool);
	CHECK_EQ(stats_of(pool).taken, 0);
	iomt_pool_destroy(pool);
}

static uint64_t used(void *owner)
{
	return stats_of(owner).used;
}

static struct subject subject_of(struct iomt_pool *pool)
{
	return (struct subject){iomt_pool_mem(pool), used, pool};
}

static void sizes(void)
{
	struct iomt_pool *pool = make(0, 0, 0);
	struct subject subject = subject_of(pool);

	check_sizes(&subject);
	finish(pool);
}

static void bad_sizes(void)
{
	struct iomt_pool *pool = make(0, 0, 0);
	struct subject subject = subject_of(pool);

	check_bad_sizes(&subject);
	CHECK_EQ(stats_of(pool).peak, 0);
	finish(pool);
}

static void mix(void)
{
	struct iomt_pool *pool = make(0, 0, 0);
	struct subject subject = subject_of(pool);

	check_mix(&subject);
	finish(pool);
}

static void tables(void)
{
	struct iomt_pool *pool = make(0, 0, 0);
	struct subject subject = subject_of(pool);

	check_tables(&subject);
	finish(pool);
}

/* Every field that is wrong is named, and nothing is made. */
static void configurations(void)
{
	static const struct {
		struct iomt_pool_cfg cfg;
		const char *field;
	} bad[] = {
		{{.size = 0}, "size"},
		{{.size = sizeof(struct iomt_pool_cfg) - 1}, "size"},
		{{.flags = 0x10}, "flags"},
		{{.flags = 1u << 31}, "flags"},
		{{.flags = IOMT_POOL_RESERVED | IOMT_POOL_SMALL}, "flags"},
		{{.node = 1}, "node"},
		{{.phys_base = CHUNK}, "phys_base"},
		{{.flags = IOMT_POOL_PHYS, .phys_base = CHUNK / 2}, "phys_base"},
		{{.flags = IOMT_POOL_PHYS, .phys_base = 0 - CHUNK}, "phys_base"},
		{{.limit = 1}, "limit"},
		{{.limit = CHUNK + 4096}, "limit"},
		{{.limit = 0 - CHUNK}, "limit"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct iomt_pool *unchanged = (struct iomt_pool *)&unchanged, *pool = unchanged;
		struct iomt_pool_cfg_error error = {"", ""};
		struct iomt_pool_cfg cfg = bad[i].cfg;

		if (strcmp(bad[i].field, "size") != 0)
			cfg.size = sizeof(cfg);
		CHECK_INT(iomt_pool_cfg_check(&cfg, &error), IOMT_EINVAL);
		CHECK_STR(error.field, bad[i].field);
		CHECK(error.reason && *error.reason);
		CHECK_INT(iomt_pool_cfg_check(&cfg, NULL), IOMT_EINVAL);
		CHECK_INT(iomt_pool_create(&pool, &cfg), IOMT_EINVAL);
		CHECK(pool == unchanged);
	}
	CHECK_INT(iomt_pool_cfg_check(NULL, NULL), IOMT_EINVAL);
	iomt_pool_destroy(NULL);
}

/* A newer caller's longer struct is fine as long as it asks for nothing that is not known. */
static void longer_configuration(void)
{
	struct {
		struct iomt_pool_cfg cfg;
		uint64_t more;
	} longer = {.cfg = {.size = sizeof(longer)}};
	struct iomt_pool *pool;

	CHECK_INT(iomt_pool_create(&pool, &longer.cfg), 0);
	iomt_pool_destroy(pool);
	longer.more = 1;
	CHECK_INT(iomt_pool_create(&pool, &longer.cfg), IOMT_EINVAL);
}

/* More address space than a process has. */
static void no_address_space(void)
{
	struct iomt_pool_cfg cfg = {.size = sizeof(cfg), .limit = 1ULL << 52};
	struct iomt_pool *pool = NULL;

	if (sizeof(size_t) < 8)
		return;
	CHECK_INT(iomt_pool_cfg_check(&cfg, NULL), 0);
	CHECK_INT(iomt_pool_create(&pool, &cfg), IOMT_ENOMEM);
	CHECK(!pool);
}

static void physical_addresses(void)
{
	struct iomt_pool_cfg cfg = {
		.size = sizeof(cfg),
		.flags = IOMT_POOL_PHYS,
		.phys_base = 0x40000000,
		.limit = 4 * CHUNK,
	};
	struct iomt_pool *pool, *identity = make(0, 0, 0);
	struct iomt_pt_cfg pt_cfg = {.size = sizeof(pt_cfg), .format = &iomt_amdv1, .oa_bits = 36};
	struct iomt_pt_hw hw;
	struct iomt_pt pt;

	CHECK_EQ(iomt_pool_mem(identity)->phys_offset, 0);
	finish(identity);
	CHECK_INT(iomt_pool_create(&pool, &cfg), 0);
	CHECK_EQ((uintptr_t)stats_of(pool).base + iomt_pool_mem(pool)->phys_offset, 0x40000000);
	CHECK_EQ(stats_of(pool).limit, 4 * CHUNK);
	pt_cfg.mem = iomt_pool_mem(pool);
	CHECK_INT(iomt_pt_init(&pt, &pt_cfg), 0);
	CHECK_INT(iomt_pt_map(&pt, 0, 0, 0x1000, IOMT_READ, NULL), 0);
	iomt_pt_hw(&pt, &hw);
	CHECK(hw.root >= 0x40000000 && hw.root < 0x40000000 + 4 * CHUNK);
	iomt_pt_destroy(&pt);
	finish(pool);
	/* a range that ends at the last address of all */
	cfg.phys_base = 0 - 4 * CHUNK;
	CHECK_INT(iomt_pool_create(&pool, &cfg), 0);
	finish(pool);
}

/* The limit is reached exactly in each size, and what comes back is had again in any other. */
static void limit(void)
{
	static void *pieces[2 * IOMT_POOL_CHUNK / 64];
	struct iomt_pool *pool = make(0, 2 * CHUNK, UINT64_MAX);

	for (unsigned lg2 = 6; lg2 <= 21; lg2++) {
		size_t bytes = (size_t)1 << lg2, count = 2 * CHUNK >> lg2;

		for (size_t i = 0; i < count; i++)
			CHECK_MSG((pieces[i] = take(pool, bytes)), "%zu of %zu", i, count);
		CHECK_EQ(stats_of(pool).used, 2 * CHUNK);
		for (unsigned other = 6; other <= 21; other++)
			CHECK(!take(pool, (size_t)1 << other));
		CHECK_EQ(stats_of(pool).used, 2 * CHUNK);
		give(pool, pieces[count / 2], bytes);
		CHECK((pieces[count / 2] = take(pool, bytes)));
		for (size_t i = 0; i < count; i++)
			give(pool, pieces[i], bytes);
	}
	CHECK_EQ(stats_of(pool).peak, 2 * CHUNK);
	finish(pool);
}

/* A whole chunk: of the system's, as all of a chunk came back, also out of the thread's cache. */
static void whole_chunks(void)
{
	struct iomt_pool *pool = make(0, CHUNK, UINT64_MAX);
	void *small = take(pool, 64), *whole;

	CHECK(small && !take(pool, CHUNK));
	give(pool, small, 64);
	whole = take(pool, CHUNK);
	CHECK(whole == stats_of(pool).base);
	memset(whole, 0x5a, CHUNK);
	CHECK_EQ(stats_of(pool).used, CHUNK);
	CHECK(!take(pool, 64) && !take(pool, CHUNK));
	CHECK_EQ(iomt_pool_trim(pool), 0);
	give(pool, whole, CHUNK);
	CHECK_EQ(stats_of(pool).kept, CHUNK);
	CHECK_EQ(iomt_pool_trim(pool), CHUNK);
	finish(pool);
}

/* A table that runs out of the pool's memory fails as it should, and leaks nothing. */
static void exhausted_by_a_table(void)
{
	struct iomt_pool *pool = make(0, CHUNK, 0);
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg), .format = &iomt_x86_64, .mem = iomt_pool_mem(pool)};
	struct iomt_pt_stats stats;
	struct iomt_pt pt;
	uint64_t before;

	CHECK_INT(iomt_pt_init(&pt, &cfg), 0);
	before = stats_of(pool).used;
	CHECK_INT(iomt_pt_map(&pt, 0, 0x1000, 2ULL << 30, IOMT_READ, NULL), IOMT_ENOMEM);
	CHECK_EQ(stats_of(pool).used, before);
	CHECK_INT(iomt_pt_map(&pt, 0, 0x1000, 512ULL << 20, IOMT_READ, NULL), 0);
	iomt_pt_stats(&pt, &stats);
	CHECK_EQ(stats_of(pool).used, stats.bytes);
	iomt_pt_destroy(&pt);
	finish(pool);
}

/* A system that has no more memory: NULL now, and all as before when it has some again. */
static void system_refuses(void)
{
	struct rlimit old, none = {4096, 0}; /* Linux takes 0 for a wish of valgrind's */
	struct iomt_pool *pool = make(0, 0, 0);
	void *memory = take(pool, 4096), *refused;

	CHECK(memory);
	give(pool, memory, 4096);
	iomt_pool_trim(pool); /* bookkeeping is in place: only memory for tables is wanted now */
	CHECK(!getrlimit(RLIMIT_DATA, &old));
	none.rlim_max = old.rlim_max;
	CHECK(!setrlimit(RLIMIT_DATA, &none));
	refused = take(pool, 4096);
	CHECK(!setrlimit(RLIMIT_DATA, &old));
	CHECK(!refused);
	CHECK_EQ(stats_of(pool).taken, 0);
	memory = take(pool, 4096);
	CHECK(memory);
	give(pool, memory, 4096);
	finish(pool);
}

/* Takes and gives back all of so many chunks. */
static void touch_chunks(struct iomt_pool *pool, unsigned chunks)
{
	static void *pieces[64 * 2];

	for (unsigned i = 0; i < chunks * 2; i++) {
		CHECK((pieces[i] = take(pool, 1 << 20)));
		memset(pieces[i], 0x5a, 1 << 20);
	}
	CHECK_EQ(stats_of(pool).used, chunks * CHUNK);
	for (unsigned i = 0; i < chunks * 2; i++)
		give(pool, pieces[i], 1 << 20);
	CHECK_EQ(stats_of(pool).used, 0);
}

static void check_resident(struct iomt_pool *pool, uint64_t bytes)
{
	struct iomt_pool_backing backing;

	CHECK_INT(iomt_pool_backing(pool, &backing), 0);
	CHECK_EQ(backing.resident, bytes);
	CHECK(backing.huge <= backing.resident);
	CHECK_EQ(backing.elsewhere, 0);
}

/* As much is kept as was asked for, and no more; trim gives back the rest. */
static void keep(void)
{
	static const struct {
		uint64_t keep, kept;
	} cases[] = {{0, 4 * CHUNK}, {CHUNK, CHUNK}, {1, 0}, {UINT64_MAX, 16 * CHUNK}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct iomt_pool *pool = make(0, 0, cases[i].keep);

		touch_chunks(pool, 16);
		CHECK_EQ(stats_of(pool).kept, cases[i].kept);
		check_resident(pool, cases[i].kept);
		touch_chunks(pool, 16);
		CHECK_EQ(stats_of(pool).peak, 16 * CHUNK);
		CHECK_EQ(iomt_pool_trim(pool), cases[i].kept);
		CHECK_EQ(iomt_pool_trim(pool), 0);
		check_resident(pool, 0);
		finish(pool);
	}
}

/* What was given back last is handed out first: it is still in the processor's cache. */
static void last_in_first_out(void)
{
	struct iomt_pool *pool = make(0, 0, 0);
	void *first = take(pool, 4096), *second = take(pool, 4096);

	CHECK_EQ((uintptr_t)second - (uintptr_t)first, 4096); /* and neighbours in order */
	give(pool, second, 4096);
	give(pool, first, 4096);
	CHECK(take(pool, 4096) == first);
	CHECK(take(pool, 4096) == second);
	give(pool, first, 4096);
	give(pool, second, 4096);
	finish(pool);
}

/* More pools than a thread remembers, and new ones where others have gone. */
static void many_pools(void)
{
	struct iomt_pool *pools[20];
	void *pieces[20];

	for (unsigned i = 0; i < 20; i++)
		pools[i] = make(0, 4 * CHUNK, 0);
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < 20; i++) {
			struct iomt_pool_stats stats = stats_of(pools[i]);

			pieces[i] = take(pools[i], 4096);
			CHECK((char *)pieces[i] >= (char *)stats.base);
			CHECK((char *)pieces[i] < (char *)stats.base + stats.limit);
		}
		for (unsigned i = 0; i < 20; i++) {
			CHECK_EQ(stats_of(pools[i]).used, 4096);
			give(pools[i], pieces[i], 4096);
		}
		iomt_pool_destroy(pools[round * 2]);
		pools[round * 2] = make(0, 4 * CHUNK, 0);
	}
	for (unsigned i = 0; i < 20; i++)
		finish(pools[i]);
}

TEST_SUITE(hosted_pool, TEST(sizes), TEST(bad_sizes), TEST(mix), TEST(tables), TEST(configurations),
	   TEST(longer_configuration), TEST(no_address_space), TEST(physical_addresses),
	   TEST(limit), TEST(whole_chunks), TEST(exhausted_by_a_table), TEST(system_refuses),
	   TEST(keep), TEST(last_in_first_out), TEST(many_pools));
