/* SPDX-License-Identifier: MIT */
/* Memory that runs out at every allocation of every call: nothing changes, then it succeeds. */
#include "provider.h"
#include "test.h"
#include <iomt/ids.h>

static struct provider provider;

enum call { ALLOC, NEXT, AT, RESERVE, RELEASE, CALLS };

/* A space of 32 bits with the upper half reserved, and one id in use. */
static void prepare(struct iomt_ids *ids, uint32_t flags)
{
	struct iomt_ids_cfg cfg = {
		.size = sizeof(cfg), .mem = &provider.mem, .bits = 32, .flags = flags};

	provider_init(&provider, PROVIDER_LINEAR);
	CHECK_INT(iomt_ids_init(ids, &cfg), 0);
	CHECK_INT(iomt_ids_alloc_at(ids, 0x1234567), 0);
	CHECK_INT(iomt_ids_reserve(ids, 1u << 31, UINT32_MAX), 0);
}

static int make(struct iomt_ids *ids, enum call call, uint32_t *id)
{
	switch (call) {
	case ALLOC:
		return iomt_ids_alloc(ids, 0, UINT32_MAX, id);
	case NEXT:
		*id = 0x70000000;
		return iomt_ids_alloc_next(ids, 0x1000000, 0x71000000, id);
	case AT:
		return iomt_ids_alloc_at(ids, 0x1234567 + 1024);
	case RESERVE:
		return iomt_ids_reserve(ids, 0x1234567 + 5000, 0x7fffeeee);
	case RELEASE:
	default:
		return iomt_ids_release(ids, 0x80001234, 0xeeeeeeee);
	}
}

/* Fails the n-th allocation of a call for all n. Returns how many it has. */
static uint64_t fail_each(enum call call, uint32_t flags)
{
	uint64_t n = 0, sum, before;
	struct iomt_ids_stats old, new;
	struct iomt_ids ids;
	uint32_t id = 5;
	int err = IOMT_ENOMEM;

	prepare(&ids, flags);
	while (err) {
		CHECK(n < 100);
		before = provider.allocations;
		sum = provider_checksum(&provider);
		iomt_ids_stats(&ids, &old);
		provider.fail_at = before + ++n;
		err = make(&ids, call, &id);
		provider.fail_at = 0;
		iomt_ids_stats(&ids, &new);
		CHECK_EQ(new.bytes, provider.live_bytes);
		if (!err)
			break;
		CHECK_INT(err, IOMT_ENOMEM);
		CHECK_EQ(provider_checksum(&provider), sum);
		CHECK(!memcmp(&old, &new, sizeof(old)));
		CHECK(id == 5 || (call == NEXT && id == 0x70000000));
	}
	CHECK_EQ(provider.allocations - before, n - 1);
	CHECK(new.bytes > old.bytes);
	iomt_ids_destroy(&ids);
	provider_check_empty(&provider);
	return n - 1;
}

/* How many pieces each call takes: nodes for 2^28, 2^22 and 2^16 ids, and a part of 1024. */
static void every_allocation(void)
{
	static const uint64_t wanted[CALLS] = {
		[ALLOC] = 3,   /* the 2^28 are there */
		[NEXT] = 4,    /* nothing is */
		[AT] = 1,      /* the neighbour of a part */
		[RESERVE] = 5, /* one at the lower end, four at the upper */
		[RELEASE] = 8, /* four at each end */
	};

	for (uint32_t flags = 0; flags <= IOMT_IDS_SERIAL; flags++) {
		for (int call = 0; call < CALLS; call++)
			CHECK_EQ(fail_each((enum call)call, flags), wanted[call]);
	}
}

TEST_SUITE(ids_memory, TEST(every_allocation));
