/* SPDX-License-Identifier: MIT */
/* Huge pages that the administrator set aside: used where there are some, done without where not. */
#include "memory_map.h"
#include "test.h"
#include <iomt/hosted.h>
#include <stdio.h>

#define CHUNK  ((uint64_t)IOMT_POOL_CHUNK)
#define CHUNKS 64u

/* Free ones of 2 MiB; 0 also where the system has another size. */
static int64_t free_pages(void)
{
	int64_t count = file_figure("/proc/meminfo", "HugePages_Free");

	if (file_figure("/proc/meminfo", "Hugepagesize") != 2048)
		return 0;
	return count > 0 ? count : 0;
}

static struct iomt_pool *make(uint32_t flags)
{
	struct iomt_pool_cfg cfg = {.size = sizeof(cfg), .flags = flags | IOMT_POOL_RESERVED};
	struct iomt_pool *pool = NULL;

	CHECK_INT(iomt_pool_create(&pool, &cfg), 0);
	return pool;
}

/* More chunks than were set aside: all are there, those come first, and all go back. */
static void take_all(struct iomt_pool *pool, int64_t pages)
{
	const struct iomt_mem *mem = iomt_pool_mem(pool);
	static void *pieces[2 * CHUNKS];
	struct iomt_pool_backing backing;
	struct iomt_pool_stats stats;
	uint64_t expected = (uint64_t)(pages < CHUNKS ? pages : CHUNKS) * CHUNK;

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 2 * CHUNKS; i++) {
			CHECK((pieces[i] = mem->alloc(mem->ctx, 1 << 20)));
			memset(pieces[i], 1, 1 << 20);
		}
		iomt_pool_stats(pool, &stats);
		CHECK_EQ(stats.taken, CHUNKS * CHUNK);
		CHECK_EQ(stats.reserved, expected);
		CHECK_INT(iomt_pool_backing(pool, &backing), 0);
		CHECK_EQ(backing.resident, CHUNKS * CHUNK);
		CHECK(backing.huge >= expected);
		CHECK_EQ(backing.elsewhere, 0);
		for (unsigned i = 0; i < 2 * CHUNKS; i++)
			mem->free(mem->ctx, pieces[i], 1 << 20);
		iomt_pool_trim(pool);
		iomt_pool_stats(pool, &stats);
		CHECK_EQ(stats.taken, 0);
		CHECK_EQ(stats.reserved, 0);
		CHECK_EQ(free_pages(), pages);
	}
	iomt_pool_destroy(pool);
}

static void reserved(void)
{
	int64_t pages = free_pages();

	if (!pages)
		fprintf(stderr, "SKIPPED: reserved huge pages: none of 2 MiB are free "
				"(/proc/sys/vm/nr_hugepages)\n");
	take_all(make(0), pages); /* without any it does without */
}

/* With a node it does not matter where the pages were set aside: there is memory in any case. */
static void reserved_on_a_node(void)
{
	struct iomt_pool_cfg cfg = {.size = sizeof(cfg), .flags = IOMT_POOL_NODE};

	if (iomt_pool_cfg_check(&cfg, NULL))
		return; /* hosted_node says why */
	if (file_figure("/proc/self/status", "Mems_allowed_list") == 0)
		take_all(make(IOMT_POOL_NODE), free_pages());
}

TEST_SUITE(hosted_reserved, TEST(reserved), TEST(reserved_on_a_node));
