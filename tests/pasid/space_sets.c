/* SPDX-License-Identifier: MIT */
/* Sets of PASIDs: quotas, whose is whose, all of one at once, and a set that ends. */
#include "both.h"
#include "provider.h"
#include "test.h"
#include <iomt/pasid.h>

#define MOST 0xfffffu

static struct provider provider;
static struct iomt_pasid_space space, other;
static struct iomt_pasid_set a, b;

static void open_sets(uint32_t quota)
{
	struct iomt_pasid_cfg cfg = {.size = sizeof(cfg),
				     .mem = &provider.mem,
				     .bits = 20,
				     .flags = flags,
				     .quarantine = UINT32_MAX};

	provider_init(&provider, PROVIDER_LINEAR);
	CHECK_INT(iomt_pasid_init(&space, &cfg), 0);
	CHECK_INT(iomt_pasid_init(&other, &cfg), 0);
	iomt_pasid_set_init(&a, &space, quota);
	iomt_pasid_set_init(&b, &space, quota);
}

static void close_sets(void)
{
	iomt_pasid_destroy(&space);
	iomt_pasid_destroy(&other);
	provider_check_empty(&provider);
}

static uint32_t take(struct iomt_pasid_set *set, uint32_t min)
{
	uint32_t pasid;

	CHECK_INT(iomt_pasid_alloc(&space, set, min, MOST, &pasid), 0);
	return pasid;
}

static void check_members(const struct iomt_pasid_set *set, const uint32_t *there, uint32_t count)
{
	uint32_t met = 0, pasid;

	CHECK_EQ(iomt_pasid_set_count(set), count);
	for (uint32_t from = 0; !iomt_pasid_set_next(set, from, &pasid); from = pasid + 1) {
		CHECK(met < count);
		CHECK_EQ(pasid, there[met++]);
	}
	CHECK_EQ(met, count);
}

static void quotas(void)
{
	uint32_t pasid = 77;

	open_sets(2);
	CHECK_INT(iomt_pasid_reserve(&space, 90, 90), 0);
	CHECK_EQ(take(&a, 0), 0);
	CHECK_EQ(take(&a, 0), 1);
	CHECK_INT(iomt_pasid_alloc(&space, &a, 0, MOST, &pasid), IOMT_EDQUOT);
	CHECK_INT(iomt_pasid_alloc_next(&space, &a, 0, MOST, &pasid), IOMT_EDQUOT);
	CHECK_INT(iomt_pasid_alloc_wide(&space, &a, 0, MOST, &pasid), IOMT_EDQUOT);
	CHECK_INT(iomt_pasid_alloc_at(&space, &a, 9), IOMT_EDQUOT);
	CHECK_INT(iomt_pasid_alloc_reserved(&space, &a, 90), IOMT_EDQUOT);
	CHECK_EQ(pasid, 77);
	CHECK_EQ(take(&b, 0), 2); /* the others' quotas are theirs */
	CHECK_EQ(take(NULL, 0), 3);
	CHECK_INT(iomt_pasid_set_join(&a, 3), IOMT_EDQUOT);
	CHECK_INT(iomt_pasid_put(&space, 0), 0); /* what waits is in no set */
	CHECK_EQ(take(&a, 0), 4);
	iomt_pasid_set_quota(&a, 1);
	CHECK_INT(iomt_pasid_put(&space, 1), 0);
	CHECK_INT(iomt_pasid_alloc(&space, &a, 0, MOST, &pasid), IOMT_EDQUOT);
	CHECK_INT(iomt_pasid_alloc_at(&space, &b, 4), IOMT_EEXIST);
	CHECK_INT(iomt_pasid_alloc(&space, &b, 2, 4, &pasid), IOMT_ENOSPC);
	CHECK_EQ(iomt_pasid_set_count(&b), 1); /* what failed counts for nothing */
	check_members(&a, (uint32_t[]){4}, 1);
	close_sets();
}

static void whose(void)
{
	uint32_t pasid = 77;

	open_sets(10);
	CHECK_EQ(take(&a, 5), 5);
	CHECK_EQ(take(&b, 6), 6);
	CHECK_EQ(take(NULL, 7), 7);
	CHECK_INT(iomt_pasid_free(&space, &b, 5), IOMT_EACCES);
	CHECK_INT(iomt_pasid_free(&space, NULL, 5), IOMT_EACCES);
	CHECK_INT(iomt_pasid_free(&space, &a, 7), IOMT_EACCES);
	CHECK_INT(iomt_pasid_set_join(&b, 5), IOMT_EACCES);
	CHECK_INT(iomt_pasid_set_join(&a, 5), IOMT_EEXIST);
	CHECK_INT(iomt_pasid_set_join(&a, 8), IOMT_ENOENT);
	CHECK_INT(iomt_pasid_set_join(&a, MOST + 1), IOMT_ERANGE);
	CHECK_INT(iomt_pasid_set_join(&a, 7), 0);
	CHECK_INT(iomt_pasid_set_join(&b, 7), IOMT_EACCES);
	CHECK_INT(iomt_pasid_alloc(&other, &a, 0, MOST, &pasid), IOMT_EACCES);
	CHECK_INT(iomt_pasid_alloc_at(&other, &a, 3), IOMT_EACCES);
	CHECK_INT(iomt_pasid_reserve(&other, 3, 3), 0);
	CHECK_INT(iomt_pasid_alloc_reserved(&other, &a, 3), IOMT_EACCES);
	CHECK_INT(iomt_pasid_free(&other, &a, 5), IOMT_ENOENT);
	CHECK_EQ(pasid, 77);
	check_members(&a, (uint32_t[]){5, 7}, 2);
	check_members(&b, (uint32_t[]){6}, 1);
	CHECK_INT(iomt_pasid_free(&space, &a, 5), 0);
	CHECK_INT(iomt_pasid_set_join(&a, 5), IOMT_ESTALE);
	CHECK_INT(iomt_pasid_put(&space, 7), 0);
	check_members(&a, NULL, 0);
	/* an old member is a new one of another set */
	CHECK_INT(iomt_pasid_quarantine_done(&space, iomt_pasid_quarantine_token(&space)), 0);
	CHECK_EQ(take(&b, 5), 5);
	check_members(&a, NULL, 0);
	check_members(&b, (uint32_t[]){5, 6}, 2);
	close_sets();
}

/* On both sides of all edges. */
static void all_at_once(void)
{
	static const uint32_t members[] = {0,	   1,	    255,     256,     1023,    1024,
					   0xffff, 0x10000, 0x1ffff, 0x20000, 0xffffe, MOST};
	uint32_t count = sizeof(members) / sizeof(members[0]);

	open_sets(100);
	for (uint32_t i = 0; i < count; i++)
		CHECK_INT(iomt_pasid_alloc_at(&space, &a, members[i]), 0);
	CHECK_EQ(take(&b, 0), 2);
	check_members(&a, members, count);
	CHECK_INT(iomt_pasid_set_destroy(&a), IOMT_EBUSY);
	/* one that somebody has: nothing is freed */
	CHECK_INT(iomt_pasid_get(&space, 0x20000), 0);
	CHECK_INT(iomt_pasid_set_free(&a), IOMT_EBUSY);
	check_members(&a, members, count);
	CHECK_INT(iomt_pasid_put(&space, 0x20000), 0);
	CHECK_INT(iomt_pasid_set_free(&a), 0);
	CHECK_EQ(iomt_pasid_quarantined(&space), count);
	check_members(&a, NULL, 0);
	check_members(&b, (uint32_t[]){2}, 1);
	CHECK_INT(iomt_pasid_set_free(&a), 0);
	CHECK_INT(iomt_pasid_set_destroy(&a), 0);
	memset(&a, 0xa5, sizeof(a)); /* nobody looks at it any more */
	CHECK_INT(iomt_pasid_quarantine_done(&space, iomt_pasid_quarantine_token(&space)), 0);
	CHECK_EQ(take(&b, 0), 0);
	close_sets();
}

BOTH(quotas)
BOTH(whose)
BOTH(all_at_once)

TEST_SUITE(space_sets, BOTH_TESTS(quotas), BOTH_TESTS(whose), BOTH_TESTS(all_at_once));
