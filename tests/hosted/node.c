/* SPDX-License-Identifier: MIT */
/* Pools that are bound to a NUMA node: what was asked, what hwloc says was done, where pages are. */
#include "test.h"
#include <iomt/hosted.h>
#include <stdio.h>
#include <stdlib.h>

#define PIECES 4u /* of 1 MiB */

static struct iomt_pool_cfg on_node(uint32_t number)
{
	return (struct iomt_pool_cfg){
		.size = sizeof(struct iomt_pool_cfg), .flags = IOMT_POOL_NODE, .node = number};
}

#ifdef IOMT_HWLOC
#include <hwloc.h>

static bool can_bind(void)
{
	struct iomt_pool_cfg cfg = on_node(0);
	struct iomt_pool *pool;
	int err = iomt_pool_create(&pool, &cfg);

	if (!err)
		iomt_pool_destroy(pool);
	if (err == IOMT_EOPNOTSUPP)
		fprintf(stderr, "SKIPPED: NUMA nodes: this system does not bind memory\n");
	return err != IOMT_EOPNOTSUPP;
}

static void check_place(hwloc_topology_t topology, hwloc_obj_t node, struct iomt_pool *pool)
{
	hwloc_nodeset_t set = hwloc_bitmap_alloc();
	const struct iomt_mem *mem = iomt_pool_mem(pool);
	struct iomt_pool_backing backing;
	struct iomt_pool_stats stats;
	hwloc_membind_policy_t policy;
	void *pieces[PIECES];

	iomt_pool_stats(pool, &stats);
	CHECK_INT(stats.node, (int)node->os_index);
	for (unsigned i = 0; i < PIECES; i++) {
		CHECK((pieces[i] = mem->alloc(mem->ctx, 1 << 20)));
		memset(pieces[i], 1, 1 << 20);
	}
	CHECK(!hwloc_get_area_membind(topology, pieces[0], 1 << 20, set, &policy,
				      HWLOC_MEMBIND_BYNODESET));
	CHECK_INT(policy, HWLOC_MEMBIND_BIND);
	CHECK(hwloc_bitmap_isequal(set, node->nodeset));
	CHECK_INT(iomt_pool_backing(pool, &backing), 0);
	CHECK_EQ(backing.resident, PIECES << 20);
	for (unsigned i = 0; i < PIECES; i++) {
		CHECK(!hwloc_get_area_memlocation(topology, pieces[i], 1 << 20, set,
						  HWLOC_MEMBIND_BYNODESET));
		if (!backing.elsewhere)
			CHECK(hwloc_bitmap_isequal(set, node->nodeset));
		mem->free(mem->ctx, pieces[i], 1 << 20);
	}
	if (backing.elsewhere)
		fprintf(stderr, "SKIPPED: NUMA node %u: it has too little memory\n",
			node->os_index);
	hwloc_bitmap_free(set);
}

/* Each node that there is. */
static void nodes(void)
{
	hwloc_topology_t topology;
	int count;

	if (!can_bind())
		return;
	CHECK(!hwloc_topology_init(&topology) && !hwloc_topology_load(topology));
	count = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_NUMANODE);
	CHECK(count > 0);
	for (int i = 0; i < count; i++) {
		hwloc_obj_t node = hwloc_get_obj_by_type(topology, HWLOC_OBJ_NUMANODE, (unsigned)i);
		struct iomt_pool_cfg cfg = on_node(node->os_index);
		struct iomt_pool *pool;

		CHECK_INT(iomt_pool_cfg_check(&cfg, NULL), 0);
		CHECK_INT(iomt_pool_create(&pool, &cfg), 0);
		check_place(topology, node, pool);
		iomt_pool_destroy(pool);
	}
	hwloc_topology_destroy(topology);
}

static void no_such_node(void)
{
	static const uint32_t numbers[] = {1000000, UINT32_MAX};

	if (!can_bind())
		return;
	for (size_t i = 0; i < 2; i++) {
		struct iomt_pool_cfg cfg = on_node(numbers[i]);
		struct iomt_pool_cfg_error error = {"", ""};
		struct iomt_pool *pool = NULL;

		CHECK_INT(iomt_pool_cfg_check(&cfg, &error), IOMT_EINVAL);
		CHECK_STR(error.field, "node");
		CHECK_INT(iomt_pool_create(&pool, &cfg), IOMT_EINVAL);
		CHECK(!pool);
	}
}

/* A topology that is not this machine's is nothing to bind by. */
static void another_machine(void)
{
	struct iomt_pool_cfg cfg = on_node(0);
	struct iomt_pool_cfg_error error = {"", ""};
	struct iomt_pool *pool = NULL;

	CHECK(!setenv("HWLOC_SYNTHETIC", "numa:4 core:2 pu:1", 1));
	CHECK_INT(iomt_pool_cfg_check(&cfg, &error), IOMT_EOPNOTSUPP);
	CHECK_STR(error.field, "flags");
	CHECK_INT(iomt_pool_create(&pool, &cfg), IOMT_EOPNOTSUPP);
	CHECK(!unsetenv("HWLOC_SYNTHETIC"));
	CHECK(!pool);
}

TEST_SUITE(hosted_node, TEST(nodes), TEST(no_such_node), TEST(another_machine));

#else

static void without_hwloc(void)
{
	struct iomt_pool_cfg cfg = on_node(0);
	struct iomt_pool_cfg_error error = {"", ""};
	struct iomt_pool *pool = NULL;

	fprintf(stderr, "SKIPPED: NUMA nodes: built without hwloc\n");
	CHECK_INT(iomt_pool_cfg_check(&cfg, &error), IOMT_EOPNOTSUPP);
	CHECK_STR(error.field, "flags");
	CHECK_INT(iomt_pool_create(&pool, &cfg), IOMT_EOPNOTSUPP);
	CHECK(!pool);
}

TEST_SUITE(hosted_node, TEST(without_hwloc));

#endif
