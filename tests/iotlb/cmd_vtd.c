/* SPDX-License-Identifier: MIT */
/* VT-d, D51397: the figures of 6.5.2.1 to 6.5.2.8. */
#include "literal.h"

static const struct reader reader = {.vendor = VENDOR_VTD, .mamv = 18};
static const struct iomt_vtd_target second = {.domain = 0x1234, .mamv = 18};
static const struct iomt_vtd_target first = {
	.flags = IOMT_VTD_FIRST_STAGE, .domain = 0x1234, .pasid = 0x54321, .mamv = 18};
static struct iomt_cmd cmds[16];

static int invalidate(const struct iomt_vtd_target *target, struct iomt_gather gather,
		      struct iomt_plan_policy policy)
{
	return iomt_vtd_gather(target, &gather, &policy, cmds, 16);
}

/* 6.5.2.3: G 3, AM, IH 70 */
static void pages(void)
{
	struct iomt_plan_policy one = iomt_plan_covers(1);
	struct iomt_vtd_target drains = second;

	CHECK_INT(invalidate(&second, gathered(0x5000, 0x5fff, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0x12340032, 0x5040);
	CHECK_INT(invalidate(&second, gathered(0x5000, 0x5fff, SIZE_4K, 2), one), 1);
	IS(cmds[0], 0x12340032, 0x5000);
	CHECK_INT(invalidate(&second, gathered(0x40000000, 0x401fffff, SIZE_2M, 0), one), 1);
	IS(cmds[0], 0x12340032, 0x40000049);
	CHECK_INT(invalidate(&second, gathered(0x5000, 0x5fff, SIZE_4K, 0), iomt_plan_all()), 1);
	IS(cmds[0], 0x12340022, 0);
	drains.flags = IOMT_VTD_DRAIN_READS | IOMT_VTD_DRAIN_WRITES;
	CHECK_INT(invalidate(&drains, gathered(0x5000, 0x5fff, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0x123400f2, 0x5040);
	drains.flags = IOMT_VTD_DRAIN_WRITES;
	CHECK_INT(invalidate(&drains, gathered(0x5000, 0x5fff, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0x12340072, 0x5040);
}

/* In caching mode a table that is new may be remembered as absent: what was mapped goes without IH. */
static void mapped(void)
{
	CHECK_INT(invalidate(&second, gathered(0x8000, 0xbfff, 0, 0), iomt_plan_covers(1)), 1);
	IS(cmds[0], 0x12340032, 0x8002);
}

/* 6.5.2.4 */
static void first_stage(void)
{
	struct iomt_plan_policy one = iomt_plan_covers(1);

	CHECK_INT(invalidate(&first, gathered(0x5000, 0x5fff, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0x0005432112340036, 0x5040);
	CHECK_INT(invalidate(&first, gathered(0xffffffffffffc000, UINT64_MAX, SIZE_4K, 2), one), 1);
	IS(cmds[0], 0x0005432112340036, 0xffffffffffffc002);
	CHECK_INT(invalidate(&first, gathered(0, UINT64_MAX, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0x0005432112340026, 0);
}

/* Regression: three pages from page 0x17f on are not the four pages at 0x17c. */
static void unaligned_mask(void)
{
	CHECK_INT(invalidate(&second, gathered(0x17f000, 0x181fff, SIZE_4K, 0),
			     iomt_plan_covers(1)),
		  1);
	IS(cmds[0], 0x12340032, 0x100048);
	CHECK_INT(invalidate(&second, gathered(0x17f000, 0x181fff, SIZE_4K, 0),
			     iomt_plan_covers(2)),
		  2);
	IS(cmds[0], 0x12340032, 0x17f040);
	IS(cmds[1], 0x12340032, 0x180041);
}

/* Regression: [0, 2^64 - 1] as one range, and what ends with it. */
static void at_the_top(void)
{
	struct iomt_plan_policy two = iomt_plan_covers(2);

	CHECK_INT(invalidate(&second, gathered(0, UINT64_MAX, SIZE_4K, 0), two), 1);
	IS(cmds[0], 0x12340022, 0);
	CHECK_INT(invalidate(&second, gathered(0xffffffffffffd000, UINT64_MAX, SIZE_4K, 0), two),
		  2);
	IS(cmds[0], 0x12340032, 0xffffffffffffd040);
	IS(cmds[1], 0x12340032, 0xffffffffffffe041);
}

/* MAMV limits covers; what does not fit goes as a domain, and so do leaves that are larger. */
static void mask_limit(void)
{
	const struct iomt_vtd_target small = {.domain = 0x1234, .mamv = 9};
	const struct iomt_vtd_target none = {.domain = 0x1234, .mamv = 0};

	CHECK_INT(invalidate(&small, gathered(0, 0x3fffff, SIZE_4K, 0), iomt_plan_covers(1)), 1);
	IS(cmds[0], 0x12340022, 0);
	CHECK_INT(invalidate(&small, gathered(0, 0x3fffff, SIZE_4K, 0), iomt_plan_covers(2)), 2);
	IS(cmds[0], 0x12340032, 0x49);
	IS(cmds[1], 0x12340032, 0x200049);
	CHECK_INT(invalidate(&small, gathered(0x40000000, 0x7fffffff, 1 << 30, 0),
			     iomt_plan_exact(16)),
		  1);
	IS(cmds[0], 0x12340022, 0);
	CHECK_INT(invalidate(&none, gathered(0x5000, 0x7fff, SIZE_4K, 0), iomt_plan_exact(3)), 3);
	IS(cmds[2], 0x12340032, 0x7040);
	CHECK_INT(invalidate(&none, gathered(0x5000, 0x7fff, SIZE_4K, 0), iomt_plan_exact(2)), 1);
	IS(cmds[0], 0x12340022, 0);
}

/* Two entries each where the queue is wide, the second of them 0. */
static void wide(void)
{
	const struct reader two_entries = {
		.vendor = VENDOR_VTD, .flags = IOMT_VTD_WIDE, .mamv = 18};
	struct iomt_vtd_target target = second;
	struct iomt_gather gather = gathered(0x17f000, 0x181fff, SIZE_4K, 0);
	struct iomt_plan_policy two = iomt_plan_covers(2);

	target.flags = IOMT_VTD_WIDE;
	CHECK_INT(iomt_vtd_gather(&target, &gather, &two, cmds, 3), IOMT_ENOSPC);
	memset(cmds, 0xff, sizeof(cmds));
	CHECK_INT(iomt_vtd_gather(&target, &gather, &two, cmds, 4), 4);
	IS_TO(&two_entries, cmds[0], 0x12340032, 0x17f040);
	CHECK_EQ(cmds[1].word[0] | cmds[1].word[1], 0);
	IS_TO(&two_entries, cmds[2], 0x12340032, 0x180041);
	CHECK_EQ(cmds[3].word[0] | cmds[3].word[1], 0);
	CHECK_INT(iomt_vtd_wait(IOMT_VTD_WIDE | IOMT_VTD_WAIT_FENCE, 0, 0, cmds, 1), IOMT_ENOSPC);
	CHECK_INT(iomt_vtd_wait(IOMT_VTD_WIDE | IOMT_VTD_WAIT_FENCE, 0, 0, cmds, 2), 2);
	IS_TO(&two_entries, cmds[0], 0x45, 0);
	cmds[1].word[1] = 1;
	check_decoder(&two_entries, cmds);
	CHECK_INT(iomt_vtd_decode(cmds, IOMT_VTD_WIDE, 18, &(struct iomt_inv){0}), IOMT_EINVAL);
}

/* 6.5.2.5, 6.5.2.6 */
static void device(void)
{
	struct iomt_vtd_device device = {.rid = 0x0123, .pf_rid = 0xabcd, .max_pending = 8};
	struct iomt_gather gather = gathered(0x8000, 0xbfff, SIZE_4K, 0);
	struct iomt_plan_policy one = iomt_plan_covers(1), all = iomt_plan_all();

	CHECK_INT(iomt_vtd_device_gather(&device, &gather, &one, cmds, 1), 1);
	IS(cmds[0], 0xabc001230008d003, 0x9001);
	CHECK_INT(iomt_vtd_device_gather(&device, &gather, &all, cmds, 1), 1);
	IS(cmds[0], 0xabc001230008d003, 0x7ffffffffffff001);
	device.flags = IOMT_VTD_PASID;
	device.pasid = 0x54321;
	CHECK_INT(iomt_vtd_device_gather(&device, &gather, &one, cmds, 1), 1);
	IS(cmds[0], 0xabc543210123d088, 0x9800);
	gather = gathered(0x5000, 0x5fff, SIZE_4K, 0);
	CHECK_INT(iomt_vtd_device_gather(&device, &gather, &one, cmds, 1), 1);
	IS(cmds[0], 0xabc543210123d088, 0x5000);
}

/* 6.5.2.1, 6.5.2.2, 6.5.2.8, and the IOTLB without addresses */
static void others(void)
{
	CHECK_INT(iomt_vtd_iotlb(0, IOMT_VTD_GLOBAL, 0, cmds, 1), 1);
	IS(cmds[0], 0x12, 0);
	CHECK_INT(iomt_vtd_iotlb(IOMT_VTD_DRAIN_READS, IOMT_VTD_DOMAIN, 0x1234, cmds, 1), 1);
	IS(cmds[0], 0x123400a2, 0);
	CHECK_INT(iomt_vtd_context(0, IOMT_VTD_GLOBAL, 0, 0, cmds, 1), 1);
	IS(cmds[0], 0x11, 0);
	CHECK_INT(iomt_vtd_context(0, IOMT_VTD_DOMAIN, 0x1234, 0, cmds, 1), 1);
	IS(cmds[0], 0x12340021, 0);
	CHECK_INT(iomt_vtd_context(0, IOMT_VTD_ONE, 0x1234, 0x0123, cmds, 1), 1);
	IS(cmds[0], 0x0000012312340031, 0);
	CHECK_INT(iomt_vtd_pasid(0, IOMT_VTD_GLOBAL, 0, 0, cmds, 1), 1);
	IS(cmds[0], 0x37, 0);
	CHECK_INT(iomt_vtd_pasid(0, IOMT_VTD_DOMAIN, 0x1234, 0, cmds, 1), 1);
	IS(cmds[0], 0x12340007, 0);
	CHECK_INT(iomt_vtd_pasid(0, IOMT_VTD_ONE, 0x1234, 0x54321, cmds, 1), 1);
	IS(cmds[0], 0x0005432112340017, 0);
	CHECK_INT(iomt_vtd_wait(IOMT_VTD_WAIT_STORE, 0x12345678, 0xcafebabe, cmds, 1), 1);
	IS(cmds[0], 0xcafebabe00000025, 0x12345678);
	CHECK_INT(iomt_vtd_wait(IOMT_VTD_WAIT_STORE | IOMT_VTD_WAIT_FENCE, 0x10, 1, cmds, 1), 1);
	IS(cmds[0], 0x0000000100000065, 0x10);
	CHECK_INT(iomt_vtd_wait(IOMT_VTD_WAIT_INTERRUPT | IOMT_VTD_WAIT_DRAIN, 0, 0, cmds, 1), 1);
	IS(cmds[0], 0x95, 0);
}

static void errors(void)
{
	struct iomt_gather gather = gathered(0x5000, 0x5fff, SIZE_4K, 0);
	struct iomt_plan_policy one = iomt_plan_covers(1);
	struct iomt_vtd_target bad = {.flags = IOMT_VTD_FIRST_STAGE | IOMT_VTD_DRAIN_READS};
	struct iomt_vtd_device device = {.max_pending = 32};
	struct iomt_inv inv;

	CHECK_INT(invalidate(&bad, gather, one), IOMT_EINVAL);
	bad = (struct iomt_vtd_target){.mamv = 53};
	CHECK_INT(invalidate(&bad, gather, one), IOMT_EINVAL);
	bad = (struct iomt_vtd_target){.flags = IOMT_VTD_FIRST_STAGE, .pasid = 0x100000};
	CHECK_INT(invalidate(&bad, gather, one), IOMT_EINVAL);
	bad = (struct iomt_vtd_target){.pasid = 1};
	CHECK_INT(invalidate(&bad, gather, one), IOMT_EINVAL);
	bad = (struct iomt_vtd_target){.flags = 0x10};
	CHECK_INT(invalidate(&bad, gather, one), IOMT_EINVAL);
	CHECK_INT(invalidate(&second, gather, iomt_plan_exact(0)), IOMT_EINVAL);
	CHECK_INT(iomt_vtd_device_gather(&device, &gather, &one, cmds, 1), IOMT_EINVAL);
	device = (struct iomt_vtd_device){.flags = IOMT_VTD_PASID, .pasid = 0x100000};
	CHECK_INT(iomt_vtd_device_gather(&device, &gather, &one, cmds, 1), IOMT_EINVAL);
	device = (struct iomt_vtd_device){.pasid = 1};
	CHECK_INT(iomt_vtd_device_gather(&device, &gather, &one, cmds, 1), IOMT_EINVAL);
	device = (struct iomt_vtd_device){.flags = IOMT_VTD_DRAIN_READS};
	CHECK_INT(iomt_vtd_device_gather(&device, &gather, &one, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_vtd_iotlb(0, IOMT_VTD_ONE, 1, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_vtd_iotlb(0, IOMT_VTD_GLOBAL, 1, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_vtd_iotlb(0x100, IOMT_VTD_GLOBAL, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_vtd_context(0, IOMT_VTD_DOMAIN, 1, 1, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_vtd_context(0, (enum iomt_vtd_scope)3, 1, 1, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_vtd_pasid(0, IOMT_VTD_ONE, 1, 0x100000, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_vtd_wait(IOMT_VTD_WAIT_STORE, 2, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_vtd_wait(IOMT_VTD_WAIT_FENCE, 4, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_vtd_wait(IOMT_VTD_WAIT_FENCE, 0, 1, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_vtd_wait(IOMT_VTD_DRAIN_READS, 0, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_vtd_decode(cmds, 2, 18, &inv), IOMT_EINVAL);
	CHECK_INT(iomt_vtd_decode(cmds, 0, 53, &inv), IOMT_EINVAL);
}

static void refused(const uint64_t low, const uint64_t high)
{
	struct iomt_cmd cmd = {{low, high}};
	struct iomt_inv inv;

	CHECK_INT(iomt_vtd_decode(&cmd, 0, 18, &inv), IOMT_EINVAL);
	check_decoder(&reader, &cmd);
}

static void reserved(void)
{
	refused(0x12340002, 0);	      /* granularity */
	refused(0x12340032, 0x53);    /* AM 19 */
	refused(0x12340032, 0x5080);  /* QW1, 7 */
	refused(0x12340132, 0x5000);  /* 8 */
	refused(0x112340032, 0x5000); /* 32 */
	refused(0x12340232, 0x5000);  /* upper bits of the type */
	refused(0x12340016, 0);
	refused(0x0015432112340036, 0x5000);
	refused(0x0005432112340036, 0x5080);
	refused(0x12340076, 0x5000);
	refused(0x12340001, 0);
	refused(0x11, 1);
	refused(0x12340027, 0);
	refused(0x13, 0);
	refused(0x0001000000000003, 0x5000);
	refused(0x3, 0xfffffffffffff001);
	refused(0x8, 0x5002);
	refused(0x125, 0);
	refused(0x25, 2);
	refused(0x14, 0); /* interrupt entries */
	refused(0, 0);
}

/* FM: functions that do not count. A mask ignores the address below it. */
static void decoded(void)
{
	struct iomt_cmd cmd = {{0x0003012312340031, 0}};
	struct iomt_inv inv;

	CHECK_INT(iomt_vtd_decode(&cmd, 0, 18, &inv), 0);
	CHECK_EQ(inv.device, 0x0120);
	CHECK_EQ(inv.device_last, 0x0127);
	CHECK_EQ(inv.flags, IOMT_INV_BY_DOMAIN | IOMT_INV_BY_DEVICE);
	cmd = (struct iomt_cmd){{0x12340032, 0x17f042}};
	CHECK_INT(iomt_vtd_decode(&cmd, 0, 18, &inv), 0);
	CHECK_EQ(inv.first, 0x17c000);
	CHECK_EQ(inv.last, 0x17ffff);
	/* 6.5.2.3: by address of second stages; of the domain's others all */
	CHECK_EQ(inv.flags, IOMT_INV_BY_DOMAIN | IOMT_INV_BY_ADDRESS | IOMT_INV_LEAVES |
				    IOMT_INV_STAGE_2 | IOMT_INV_ALL_STAGE_1);
	check_decoder(&reader, &cmd);
}

TEST_SUITE(cmd_vtd, TEST(pages), TEST(mapped), TEST(first_stage), TEST(unaligned_mask),
	   TEST(at_the_top), TEST(mask_limit), TEST(wide), TEST(device), TEST(others), TEST(errors),
	   TEST(reserved), TEST(decoded));
