/* SPDX-License-Identifier: MIT */
/* The provider on jemalloc. */
#include "provider_checks.h"
#include "test.h"
#include <iomt/jemalloc.h>

static struct iomt_jemalloc *make(uint64_t phys_offset)
{
	struct iomt_jemalloc_cfg cfg = {.size = sizeof(cfg), .phys_offset = phys_offset};
	struct iomt_jemalloc *jemalloc = NULL;

	CHECK_INT(iomt_jemalloc_create(&jemalloc, &cfg), 0);
	return jemalloc;
}

static struct iomt_jemalloc_stats stats_of(struct iomt_jemalloc *jemalloc)
{
	struct iomt_jemalloc_stats stats;

	CHECK_INT(iomt_jemalloc_stats(jemalloc, &stats), 0);
	CHECK_EQ(stats.taken, stats.used + stats.kept);
	return stats;
}

static uint64_t used(void *owner)
{
	return stats_of(owner).used;
}

static void check(void (*what)(const struct subject *subject))
{
	struct iomt_jemalloc *jemalloc = make(0);
	/* it counts by jemalloc's sizes, which have no aligned 8 KiB */
	struct subject subject = {iomt_jemalloc_mem(jemalloc), NULL, NULL};

	what(&subject);
	CHECK_EQ(used(jemalloc), 0);
	iomt_jemalloc_destroy(jemalloc);
}

static void sizes(void)
{
	check(check_sizes);
}

static void bad_sizes(void)
{
	check(check_bad_sizes);
}

static void mix(void)
{
	check(check_mix);
}

static void tables(void)
{
	check(check_tables);
}

static void configurations(void)
{
	struct {
		struct iomt_jemalloc_cfg cfg;
		uint64_t more;
	} longer = {.cfg = {.size = sizeof(longer)}};
	struct iomt_jemalloc *jemalloc = NULL;

	CHECK_INT(iomt_jemalloc_create(&jemalloc, &longer.cfg), 0);
	iomt_jemalloc_destroy(jemalloc);
	jemalloc = NULL;
	longer.more = 1;
	CHECK_INT(iomt_jemalloc_create(&jemalloc, &longer.cfg), IOMT_EINVAL);
	longer.cfg.size = sizeof(longer.cfg) - 1;
	CHECK_INT(iomt_jemalloc_create(&jemalloc, &longer.cfg), IOMT_EINVAL);
	CHECK_INT(iomt_jemalloc_create(&jemalloc, NULL), IOMT_EINVAL);
	CHECK(!jemalloc);
	iomt_jemalloc_destroy(NULL);
}

/* Arenas count for themselves, and give back what they have. */
static void arenas(void)
{
	struct iomt_jemalloc *one = make(0), *other = make(1ULL << 40);
	const struct iomt_mem *mem = iomt_jemalloc_mem(one);
	static void *pieces[1024];
	uint64_t kept;

	CHECK_EQ(iomt_jemalloc_mem(other)->phys_offset, 1ULL << 40);
	CHECK(stats_of(one).arena != stats_of(other).arena);
	for (unsigned i = 0; i < 1024; i++) {
		CHECK((pieces[i] = mem->alloc(mem->ctx, 4096)));
		memset(pieces[i], 1, 4096);
	}
	CHECK_EQ(used(one), 4 << 20);
	CHECK_EQ(used(other), 0);
	for (unsigned i = 0; i < 1024; i++)
		mem->free(mem->ctx, pieces[i], 4096);
	kept = stats_of(one).kept;
	iomt_jemalloc_trim(one);
	CHECK(stats_of(one).kept < kept - (3 << 20));
	iomt_jemalloc_destroy(one);
	iomt_jemalloc_destroy(other);
}

/* What is still handed out goes with the arena: no leak, and the process does not grow. */
static void all_at_once(void)
{
	for (unsigned round = 0; round < 50; round++) {
		struct iomt_jemalloc *jemalloc = make(0);
		const struct iomt_mem *mem = iomt_jemalloc_mem(jemalloc);

		for (unsigned i = 0; i < 100; i++)
			CHECK(mem->alloc(mem->ctx, 4096));
		CHECK_EQ(used(jemalloc), 100 * 4096);
		iomt_jemalloc_destroy(jemalloc);
	}
}

TEST_SUITE(hosted_jemalloc, TEST(sizes), TEST(bad_sizes), TEST(mix), TEST(tables),
	   TEST(configurations), TEST(arenas), TEST(all_at_once));
