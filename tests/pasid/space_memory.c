/* SPDX-License-Identifier: MIT */
/* Memory that runs out at every allocation of every call: nothing changes, then it succeeds. */
#include "provider.h"
#include "test.h"
#include <iomt/pasid.h>

static struct provider provider;
static struct iomt_pasid_space space;
static struct iomt_pasid_set set;

enum call { ALLOC, NEXT, WIDE, AT, ALLOC_RESERVED, RESERVE, RELEASE, CALLS };

static int make(enum call call, uint32_t *pasid)
{
	switch (call) {
	case ALLOC:
		return iomt_pasid_alloc(&space, &set, 0, 0xfffff, pasid);
	case NEXT:
		return iomt_pasid_alloc_next(&space, &set, 0, 0xfffff, pasid);
	case WIDE:
		return iomt_pasid_alloc_wide(&space, &set, 0, 0xfffff, pasid);
	case AT:
		return iomt_pasid_alloc_at(&space, &set, 0x23456);
	case ALLOC_RESERVED:
		return iomt_pasid_alloc_reserved(&space, &set, 0xf1234);
	case RESERVE:
		return iomt_pasid_reserve(&space, 0x100, 0x20000);
	default:
		return iomt_pasid_release(&space, 0xf1234, 0xf1234);
	}
}

/* Fails the n-th allocation of a call on a fresh space; false when it has fewer. */
static bool fail(enum call call, uint32_t flags, uint64_t n)
{
	struct iomt_pasid_cfg cfg = {.size = sizeof(cfg),
				     .mem = &provider.mem,
				     .bits = 20,
				     .flags = flags,
				     .quarantine = UINT32_MAX};
	struct iomt_pasid_stats before, after;
	uint32_t pasid = 0x70000;
	int err;

	provider_init(&provider, PROVIDER_LINEAR);
	CHECK_INT(iomt_pasid_init(&space, &cfg), 0);
	CHECK_INT(iomt_pasid_reserve(&space, 0xf0000, 0xfffff), 0);
	iomt_pasid_set_init(&set, &space, 1);
	iomt_pasid_stats(&space, &before);
	provider.fail_at = provider.allocations + n;
	err = make(call, &pasid);
	provider.fail_at = 0;
	iomt_pasid_stats(&space, &after);
	CHECK_EQ(after.bytes, provider.live_bytes);
	if (err) {
		CHECK_INT(err, IOMT_ENOMEM);
		CHECK_EQ(pasid, 0x70000);
		CHECK_EQ(after.allocated, before.allocated);
		CHECK_EQ(after.reserved, before.reserved);
		CHECK_EQ(iomt_pasid_set_count(&set), 0);
		CHECK_INT(make(call, &pasid), 0);
	}
	CHECK_EQ(iomt_pasid_set_count(&set), call <= ALLOC_RESERVED);
	iomt_pasid_destroy(&space);
	provider_check_empty(&provider);
	return err;
}

/* How many pieces each call takes: of the bits, then a node and a leaf. */
static void every_allocation(void)
{
	static const uint64_t wanted[CALLS] = {
		[ALLOC] = 4, /* the bits' root is there: a node and a part of those */
		[NEXT] = 4,    [WIDE] = 4, [AT] = 4, [ALLOC_RESERVED] = 2, /* no bit changes */
		[RESERVE] = 4, /* a node and a part at each end */
		[RELEASE] = 2, /* a node and a part */
	};

	for (uint32_t flags = 0; flags <= IOMT_PASID_SERIAL; flags++) {
		for (int call = 0; call < CALLS; call++) {
			uint64_t n = 1;

			while (fail((enum call)call, flags, n))
				n++;
			CHECK_MSG(n - 1 == wanted[call], "call %d: %d", call, (int)n - 1);
		}
	}
}

TEST_SUITE(space_memory, TEST(every_allocation));
