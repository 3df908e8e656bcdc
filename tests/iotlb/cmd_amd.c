/* SPDX-License-Identifier: MIT */
/* AMD, 48882: the figures of 2.4.1 to 2.4.8. */
#include "literal.h"

static const struct reader reader = {.vendor = VENDOR_AMD};
static const struct iomt_amd_target host = {.domain = 0x1234};
static const struct iomt_amd_target guest = {
	.flags = IOMT_AMD_GUEST, .domain = 0x1234, .pasid = 0x54321};
static struct iomt_cmd cmds[8];

static int invalidate(const struct iomt_amd_target *target, struct iomt_gather gather,
		      struct iomt_plan_policy policy)
{
	return iomt_amd_gather(target, &gather, &policy, cmds, 8);
}

/* 2.4.3: S 0 for one page; with S the lowest zero from bit 12 on is half of the size. */
static void pages(void)
{
	struct iomt_plan_policy one = iomt_plan_covers(1);

	CHECK_INT(invalidate(&host, gathered(0x5000, 0x5fff, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0x3000123400000000, 0x5000);
	CHECK_INT(invalidate(&host, gathered(0x5000, 0x5fff, SIZE_4K, 2), one), 1);
	IS(cmds[0], 0x3000123400000000, 0x5002);
	CHECK_INT(invalidate(&host, gathered(0x8000, 0xbfff, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0x3000123400000000, 0x9001);
	CHECK_INT(invalidate(&host, gathered(0x40000000, 0x401fffff, SIZE_2M, 0), one), 1);
	IS(cmds[0], 0x3000123400000000, 0x400ff001);
	CHECK_INT(invalidate(&guest, gathered(0x5000, 0x5fff, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0x3000123400054321, 0x5004);
	CHECK_INT(invalidate(&guest, gathered(0x8000, 0xbfff, SIZE_4K, 2), one), 1);
	IS(cmds[0], 0x3000123400054321, 0x9007);
}

/* A byte is a page. A gather that tells neither leaves nor tables may be of both: PDE. */
static void one_byte(void)
{
	CHECK_INT(invalidate(&host, gathered(0x5123, 0x5123, 0, 0), iomt_plan_exact(1)), 1);
	IS(cmds[0], 0x3000123400000000, 0x5002);
	CHECK_INT(invalidate(&host, gathered(0x5fff, 0x6000, 0, 0), iomt_plan_exact(2)), 2);
	IS(cmds[0], 0x3000123400000000, 0x5002);
	IS(cmds[1], 0x3000123400000000, 0x6002);
}

/* Regression: a range that ends at 2^64 - 1, where first + length is 0. */
static void at_the_top(void)
{
	struct iomt_plan_policy two = iomt_plan_covers(2);

	CHECK_INT(invalidate(&host, gathered(0xfffffffffffff000, UINT64_MAX, SIZE_4K, 0), two), 1);
	IS(cmds[0], 0x3000123400000000, 0xfffffffffffff000);
	CHECK_INT(invalidate(&host, gathered(0xffffffffffffc000, UINT64_MAX, SIZE_4K, 0), two), 1);
	IS(cmds[0], 0x3000123400000000, 0xffffffffffffd001);
	CHECK_INT(invalidate(&host, gathered(0xffffffffffffd000, UINT64_MAX, SIZE_4K, 0), two), 2);
	IS(cmds[0], 0x3000123400000000, 0xffffffffffffd000);
	IS(cmds[1], 0x3000123400000000, 0xffffffffffffe001);
}

/* 2^51 bytes are the most: a first zero at bit 51 or above is all pages (2.4.3, table 14). */
static void large(void)
{
	struct iomt_plan_policy one = iomt_plan_covers(1);

	CHECK_INT(invalidate(&host, gathered(0, 0x7ffffffffffff, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0x3000123400000000, 0x0003fffffffff001);
	CHECK_INT(invalidate(&host, gathered(0, 0xfffffffffffff, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0x3000123400000000, 0x7ffffffffffff001);
	CHECK_INT(invalidate(&host, gathered(0, 0xfffffffffffff, SIZE_4K, 0), iomt_plan_covers(2)),
		  2);
	IS(cmds[1], 0x3000123400000000, 0x000bfffffffff001);
	CHECK_INT(invalidate(&host, gathered(0, 0x10000000000000, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0x3000123400000000, 0x7ffffffffffff001);
	CHECK_INT(invalidate(&host, gathered(0, UINT64_MAX, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0x3000123400000000, 0x7ffffffffffff001);
	CHECK_INT(invalidate(&guest, gathered(0, UINT64_MAX, SIZE_4K, 0x3f), one), 1);
	IS(cmds[0], 0x3000123400054321, 0x7ffffffffffff007);
	CHECK_INT(invalidate(&host, gathered(0x5000, 0x5fff, SIZE_4K, 0), iomt_plan_all()), 1);
	IS(cmds[0], 0x3000123400000000, 0x7ffffffffffff001);
}

/* A cached page that is larger than the command may stay: leaves are covered whole. */
static void at_least_the_leaf(void)
{
	CHECK_INT(invalidate(&host, gathered(0x1ff000, 0x400fff, SIZE_4K | SIZE_2M, 0),
			     iomt_plan_exact(8)),
		  3);
	IS(cmds[0], 0x3000123400000000, 0x1ff000);
	IS(cmds[1], 0x3000123400000000, 0x2ff001);
	IS(cmds[2], 0x3000123400000000, 0x400000);
	/* a page of a leaf, as a caller may gather it */
	CHECK_INT(invalidate(&host, gathered(0x205000, 0x205fff, SIZE_2M, 0), iomt_plan_exact(8)),
		  1);
	IS(cmds[0], 0x3000123400000000, 0x2ff001);
}

/* What is emulated works through every page that it is told of. */
static void np_cache(void)
{
	const struct iomt_amd_target emulated = {.flags = IOMT_AMD_NP_CACHE, .domain = 0x1234};

	CHECK_INT(invalidate(&host, gathered(0x7f000, 0x81fff, 0, 0), iomt_plan_covers(3)), 2);
	CHECK_INT(invalidate(&emulated, gathered(0x7f000, 0x82fff, 0, 0), iomt_plan_covers(3)), 3);
	IS(cmds[0], 0x3000123400000000, 0x7f002);
	IS(cmds[1], 0x3000123400000000, 0x80003);
	IS(cmds[2], 0x3000123400000000, 0x82002);
	/* though commands are dear */
	CHECK_INT(invalidate(&emulated, gathered(0x7f000, 0x82fff, 0, 0),
			     iomt_plan_cost(1000, 1, 4096, 3)),
		  3);
	IS(cmds[2], 0x3000123400000000, 0x82002);
	CHECK_INT(invalidate(&emulated, gathered(0x7f000, 0x82fff, 0, 0), iomt_plan_covers(2)), 1);
	IS(cmds[0], 0x3000123400000000, 0x7ffffffffffff003);
}

/* 2.4.4: the PASID stands in three places. */
static void device(void)
{
	struct iomt_amd_device device = {.rid = 0x0123, .queue = 0x0456, .max_pending = 0x20};
	struct iomt_gather gather = gathered(0x5000, 0x5fff, SIZE_4K, 2);
	struct iomt_plan_policy one = iomt_plan_covers(1);

	CHECK_INT(iomt_amd_device_gather(&device, &gather, &one, cmds, 8), 1);
	IS(cmds[0], 0x4000045620000123, 0x5000);
	device.flags = IOMT_AMD_GUEST;
	device.pasid = 0x54321;
	CHECK_INT(iomt_amd_device_gather(&device, &gather, &one, cmds, 8), 1);
	IS(cmds[0], 0x4521045620430123, 0x5004);
	gather = gathered(0, UINT64_MAX, 0, 0);
	CHECK_INT(iomt_amd_device_gather(&device, &gather, &one, cmds, 8), 1);
	IS(cmds[0], 0x4521045620430123, 0x7ffffffffffff005);
}

/* 2.4.1, 2.4.2, 2.4.8 */
static void others(void)
{
	CHECK_INT(iomt_amd_device_entry(0x0123, cmds, 1), 1);
	IS(cmds[0], 0x2000000000000123, 0);
	CHECK_INT(iomt_amd_all(cmds, 1), 1);
	IS(cmds[0], 0x8000000000000000, 0);
	CHECK_INT(iomt_amd_wait(IOMT_AMD_WAIT_STORE, 0x12345678, 0xfeedfacecafebabe, cmds, 1), 1);
	IS(cmds[0], 0x1000000012345679, 0xfeedfacecafebabe);
	CHECK_INT(iomt_amd_wait(IOMT_AMD_WAIT_INTERRUPT, 0, 0, cmds, 1), 1);
	IS(cmds[0], 0x1000000000000002, 0);
	CHECK_INT(iomt_amd_wait(IOMT_AMD_WAIT_STORE | IOMT_AMD_WAIT_FLUSH, 0xffffffffffff8, 1, cmds,
				1),
		  1);
	IS(cmds[0], 0x100ffffffffffffd, 1);
}

static void errors(void)
{
	struct iomt_amd_target bad_flag = {.flags = 4},
			       bad_pasid = {.flags = IOMT_AMD_GUEST, .pasid = 0x100000};
	struct iomt_amd_device bad_device = {.flags = IOMT_AMD_NP_CACHE};
	struct iomt_gather gather = gathered(0x5000, 0x5fff, SIZE_4K, 0), empty;
	struct iomt_plan_policy one = iomt_plan_covers(1), none = iomt_plan_covers(0);

	iomt_gather_init(&empty);
	CHECK_INT(iomt_amd_gather(&host, &empty, &one, NULL, 0), 0);
	CHECK_INT(iomt_amd_gather(&host, &gather, &one, NULL, 0), IOMT_ENOSPC);
	CHECK_INT(invalidate(&bad_flag, gather, one), IOMT_EINVAL);
	CHECK_INT(invalidate(&bad_pasid, gather, one), IOMT_EINVAL);
	CHECK_INT(invalidate(&host, gather, none), IOMT_EINVAL);
	CHECK_INT(iomt_amd_device_gather(&bad_device, &gather, &one, cmds, 8), IOMT_EINVAL);
	bad_device = (struct iomt_amd_device){.pasid = 1};
	CHECK_INT(iomt_amd_device_gather(&bad_device, &gather, &one, cmds, 8), IOMT_EINVAL);
	bad_pasid = (struct iomt_amd_target){.pasid = 1};
	CHECK_INT(invalidate(&bad_pasid, gather, one), IOMT_EINVAL);
	bad_device = (struct iomt_amd_device){.flags = IOMT_AMD_GUEST, .pasid = 0x100000};
	CHECK_INT(iomt_amd_device_gather(&bad_device, &gather, &one, cmds, 8), IOMT_EINVAL);
	CHECK_INT(iomt_amd_device_entry(1, NULL, 0), IOMT_ENOSPC);
	CHECK_INT(iomt_amd_all(NULL, 0), IOMT_ENOSPC);
	CHECK_INT(iomt_amd_wait(IOMT_AMD_WAIT_STORE, 0x1234567c, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_amd_wait(IOMT_AMD_WAIT_STORE, 1ULL << 52, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_amd_wait(IOMT_AMD_WAIT_INTERRUPT, 8, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_amd_wait(IOMT_AMD_WAIT_INTERRUPT, 0, 1, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_amd_wait(8, 0, 0, cmds, 1), IOMT_EINVAL);
}

static void refused(const uint64_t low, const uint64_t high)
{
	struct iomt_cmd cmd = {{low, high}};
	struct iomt_inv inv;

	CHECK_INT(iomt_amd_decode(&cmd, &inv), IOMT_EINVAL);
	check_decoder(&reader, &cmd);
}

/* Reserved bits and sizes, and commands about something else. */
static void reserved(void)
{
	refused(0x3000123400100000, 0x5000);
	refused(0x3001123400000000, 0x5000);
	refused(0x3000123400000000, 0x5008);
	refused(0x4000045620000123, 0x5002);
	refused(0x2000000000010123, 0);
	refused(0x2000000000000123, 1);
	refused(0x8000000000000001, 0);
	refused(0x1010000000000001, 0);
	refused(0x5000000000000123, 0); /* INVALIDATE_INTERRUPT_TABLE */
	refused(0, 0);
}

/* However a guest writes all pages. */
static void all_pages(void)
{
	static const uint64_t sizes[] = {0x0007fffffffff001, 0x0017fffffffff001, 0x000ffffffffff001,
					 0x7ffffffffffff001, 0xfffffffffffff001};

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct iomt_cmd cmd = {{0x3000123400000000, sizes[i]}};
		struct iomt_inv inv;

		CHECK_INT(iomt_amd_decode(&cmd, &inv), 0);
		CHECK_EQ(inv.flags, IOMT_INV_BY_DOMAIN | IOMT_INV_LEAVES | IOMT_INV_STAGE_2);
		CHECK_EQ(inv.first, 0);
		CHECK_EQ(inv.last, UINT64_MAX);
		check_decoder(&reader, &cmd);
	}
}

static void decoded(void)
{
	struct iomt_cmd cmd = {{0x3000123400054321, 0x9007}};
	struct iomt_inv inv;

	CHECK_INT(iomt_amd_decode(&cmd, &inv), 0);
	CHECK_EQ(inv.kind, IOMT_INV_IOTLB);
	CHECK_EQ(inv.flags,
		 IOMT_INV_BY_DOMAIN | IOMT_INV_BY_PROCESS | IOMT_INV_BY_ADDRESS | IOMT_INV_STAGE_1);
	CHECK_EQ(inv.domain, 0x1234);
	CHECK_EQ(inv.process, 0x54321);
	CHECK_EQ(inv.first, 0x8000);
	CHECK_EQ(inv.last, 0xbfff);
}

TEST_SUITE(cmd_amd, TEST(pages), TEST(one_byte), TEST(at_the_top), TEST(large),
	   TEST(at_least_the_leaf), TEST(np_cache), TEST(device), TEST(others), TEST(errors),
	   TEST(reserved), TEST(all_pages), TEST(decoded));
