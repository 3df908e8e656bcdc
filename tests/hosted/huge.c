/* SPDX-License-Identifier: MIT */
/* Transparent huge pages: what a pool asks for, what it gets, and that it tells the truth of it. */
#include "memory_map.h"
#include "test.h"
#include <iomt/hosted.h>
#include <stdio.h>

#define SWITCH "/sys/kernel/mm/transparent_hugepage/enabled"
#define PIECES 4u /* of 1 MiB */

static bool switched_off(void)
{
	FILE *file = fopen(SWITCH, "r");
	char line[128] = "";

	if (file && !fgets(line, sizeof(line), file))
		line[0] = 0;
	if (file)
		fclose(file);
	return !line[0] || strstr(line, "[never]");
}

static struct iomt_pool *make(uint32_t flags)
{
	struct iomt_pool_cfg cfg = {.size = sizeof(cfg), .flags = flags};
	struct iomt_pool *pool = NULL;

	CHECK_INT(iomt_pool_create(&pool, &cfg), 0);
	return pool;
}

/* Takes two chunks' worth and writes to one byte of each page of 4 KiB, or of each chunk. */
static void touch(struct iomt_pool *pool, void *pieces[PIECES], size_t step)
{
	const struct iomt_mem *mem = iomt_pool_mem(pool);

	for (unsigned i = 0; i < PIECES; i++)
		CHECK((pieces[i] = mem->alloc(mem->ctx, 1 << 20)));
	for (uintptr_t at = (uintptr_t)pieces[0]; at < (uintptr_t)pieces[0] + (PIECES << 20);
	     at += step)
		*(char *)at = 1;
}

static void finish(struct iomt_pool *pool, void *pieces[PIECES])
{
	const struct iomt_mem *mem = iomt_pool_mem(pool);

	for (unsigned i = 0; i < PIECES; i++)
		mem->free(mem->ctx, pieces[i], 1 << 20);
	iomt_pool_destroy(pool);
}

/* One write brings a whole huge page, and the statistics say what the system says. */
static void transparent(void)
{
	struct iomt_pool_backing backing;
	struct iomt_pool_stats stats;
	struct iomt_pool *pool;
	void *pieces[PIECES];
	int64_t huge;

	if (switched_off()) {
		fprintf(stderr, "SKIPPED: transparent huge pages: the system has none (%s)\n",
			SWITCH);
		return;
	}
	pool = make(0);
	touch(pool, pieces, IOMT_POOL_CHUNK);
	iomt_pool_stats(pool, &stats);
	CHECK(stats.huge);
	CHECK_EQ(stats.reserved, 0);
	CHECK_INT(iomt_pool_backing(pool, &backing), 0);
	huge = map_figure(pieces[0], "AnonHugePages");
	CHECK_EQ(backing.huge, (uint64_t)huge << 10);
	CHECK_EQ(backing.resident, (uint64_t)map_figure(pieces[0], "Rss") << 10);
	if (backing.huge != PIECES << 20)
		fprintf(stderr, "SKIPPED: transparent huge pages: the system gave %lld of %u KiB\n",
			(long long)huge, PIECES << 10);
	finish(pool, pieces);
}

static void small(void)
{
	struct iomt_pool_backing backing;
	struct iomt_pool_stats stats;
	struct iomt_pool *pool = make(IOMT_POOL_SMALL);
	void *pieces[PIECES];

	touch(pool, pieces, 4096);
	iomt_pool_stats(pool, &stats);
	CHECK(!stats.huge);
	CHECK_INT(iomt_pool_backing(pool, &backing), 0);
	CHECK_EQ(backing.huge, 0);
	CHECK_EQ(backing.resident, PIECES << 20);
	finish(pool, pieces);
}

TEST_SUITE(hosted_huge, TEST(transparent), TEST(small));
