/* SPDX-License-Identifier: MIT */
/* RISC-V IOMMU: the figures of the chapter "Command-Queue", and of the extensions S and NL. */
#include "kinds.h"
#include "literal.h"

static const struct reader reader = {.vendor = VENDOR_RISCV,
				     .flags = IOMT_RISCV_RANGES | IOMT_RISCV_NON_LEAF};
static const struct iomt_riscv_target host = {.stage = IOMT_RISCV_HOST_FIRST, .pscid = 0x54321};
static const struct iomt_riscv_target guest = {
	.stage = IOMT_RISCV_GUEST_FIRST, .pscid = 0x54321, .gscid = 0x1234};
static const struct iomt_riscv_target second = {.stage = IOMT_RISCV_SECOND, .gscid = 0x1234};
static struct iomt_cmd cmds[16];

static int invalidate(struct iomt_riscv_target target, uint32_t flags, struct iomt_gather gather,
		      struct iomt_plan_policy policy)
{
	target.flags = flags;
	return iomt_riscv_gather(&target, &gather, &policy, cmds, 16);
}

/* IOTINVAL: AV 10, PSCID 31:12, PSCV 32, GV 33, GSCID 59:44, ADDR[63:12] 125:74 */
static void addresses(void)
{
	struct iomt_gather page = gathered(0x5000, 0x5fff, SIZE_4K, 0);
	struct iomt_plan_policy four = iomt_plan_exact(4);

	CHECK_INT(invalidate(host, 0, page, four), 1);
	IS(cmds[0], 0x0000000154321401, 0x1400);
	CHECK_INT(invalidate(guest, 0, page, four), 1);
	IS(cmds[0], 0x0123400354321401, 0x1400);
	CHECK_INT(invalidate(second, 0, page, four), 1);
	IS(cmds[0], 0x0123400200000481, 0x1400);
	CHECK_INT(invalidate((struct iomt_riscv_target){.stage = IOMT_RISCV_HOST_FIRST},
			     IOMT_RISCV_ALL_PSCIDS, page, four),
		  1);
	IS(cmds[0], 0x401, 0x1400);
	CHECK_INT(invalidate(host, 0, gathered(0x40000000, 0x405fffff, SIZE_2M, 0), four), 3);
	IS(cmds[2], 0x0000000154321401, 0x10100000);
	CHECK_INT(invalidate(host, 0, gathered(0x5000, 0x9fff, SIZE_4K, 0), four), 1);
	IS(cmds[0], 0x0000000154321001, 0);
	CHECK_INT(invalidate(second, 0, gathered(0x5000, 0x9fff, SIZE_4K, 0), four), 1);
	IS(cmds[0], 0x0123400200000081, 0);
	CHECK_INT(invalidate(host, 0, gathered(0xfffffffffffff000, UINT64_MAX, SIZE_4K, 0), four),
		  1);
	IS(cmds[0], 0x0000000154321401, 0x3ffffffffffffc00);
}

/*
 * Hardware may keep a run of 64K as sixteen entries (privileged specification, Svnapot): where a command
 * names one address, each page takes one.
 */
static void napot_leaves(void)
{
	struct iomt_gather run = gathered(0x50000, 0x5ffff, 0x10000, 0);

	CHECK_INT(invalidate(host, 0, run, iomt_plan_exact(16)), 16);
	IS(cmds[0], 0x0000000154321401, 0x14000);
	IS(cmds[15], 0x0000000154321401, 0x17c00);
	CHECK_INT(invalidate(host, IOMT_RISCV_RANGES, run, iomt_plan_exact(1)), 1);
	IS(cmds[0], 0x0000000154321401, 0x15e00);
}

/* S 73: the lowest zero of ADDR is half of the size. */
static void napot(void)
{
	struct iomt_plan_policy one = iomt_plan_covers(1);

	CHECK_INT(invalidate(host, IOMT_RISCV_RANGES, gathered(0x5000, 0x5fff, SIZE_4K, 0), one),
		  1);
	IS(cmds[0], 0x0000000154321401, 0x1400);
	CHECK_INT(invalidate(host, IOMT_RISCV_RANGES, gathered(0x8000, 0xbfff, SIZE_4K, 0), one),
		  1);
	IS(cmds[0], 0x0000000154321401, 0x2600);
	CHECK_INT(invalidate(host, IOMT_RISCV_RANGES, gathered(0, UINT64_MAX / 2, SIZE_4K, 0), one),
		  1);
	IS(cmds[0], 0x0000000154321401, 0x0ffffffffffffe00);
	CHECK_INT(invalidate(host, IOMT_RISCV_RANGES, gathered(0, UINT64_MAX, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0x0000000154321001, 0);
	CHECK_INT(invalidate(host, IOMT_RISCV_RANGES,
			     gathered(0xffffffffffffc000, UINT64_MAX, SIZE_4K, 0), one),
		  1);
	IS(cmds[0], 0x0000000154321401, 0x3ffffffffffff600);
}

/* NL 34; without it, tables go only with everything. */
static void tables(void)
{
	struct iomt_gather changed = gathered(0x200000, 0x3fffff, SIZE_4K, 2);
	struct iomt_plan_policy one = iomt_plan_covers(1);

	CHECK_INT(invalidate(host, IOMT_RISCV_RANGES | IOMT_RISCV_NON_LEAF, changed, one), 1);
	IS(cmds[0], 0x0000000554321401, 0x000bfe00);
	CHECK_INT(invalidate(host, IOMT_RISCV_RANGES, changed, one), 1);
	IS(cmds[0], 0x0000000154321001, 0);
	CHECK_INT(invalidate(second, 0, changed, one), 1);
	IS(cmds[0], 0x0123400200000081, 0);
	/* neither leaves nor tables told: both */
	CHECK_INT(invalidate(host, IOMT_RISCV_RANGES, gathered(0x5000, 0x5fff, 0, 0), one), 1);
	IS(cmds[0], 0x0000000154321001, 0);
	CHECK_INT(invalidate(second, IOMT_RISCV_NON_LEAF, gathered(0x200000, 0x3fffff, 0, 2), one),
		  1);
	IS(cmds[0], 0x0123400600000481, 0x80000);
}

/* What a table of the library's gathers: a run that goes, and tables that go after it. */
static void of_a_table(void)
{
	static const char *const names[] = {"riscv_sv39", "riscv_sv39x4"};

	for (size_t i = 0; i < 2; i++) {
		struct iomt_riscv_target target = i ? second : host;
		struct table t;

		table_open(&t, kind_named(names[i]), PROVIDER_LINEAR);
		table_map(&t, 0x10000, 0x50000, 0x10000, IOMT_READ);
		table_unmap(&t, 0x10000, 0x10000, 0x10000);
		CHECK_INT(invalidate(target, 0, t.gather, iomt_plan_exact(16)), 16);
		IS(cmds[15], i ? 0x0123400200000481 : 0x0000000154321401, 0x7c00);
		CHECK_INT(invalidate(target, IOMT_RISCV_RANGES, t.gather, iomt_plan_exact(1)), 1);
		IS(cmds[0], i ? 0x0123400200000481 : 0x0000000154321401, 0x5e00);
		iomt_gather_release(&t.gather);
		CHECK_INT(iomt_pt_trim(&t.pt, 0, 0x200000, &t.gather), 0);
		CHECK_EQ(t.gather.table_levels, 2);
		CHECK_INT(invalidate(target, IOMT_RISCV_RANGES | IOMT_RISCV_NON_LEAF, t.gather,
				     iomt_plan_exact(1)),
			  1);
		IS(cmds[0], i ? 0x0123400600000481 : 0x0000000554321401, 0x3fe00);
		CHECK_INT(invalidate(target, IOMT_RISCV_RANGES, t.gather, iomt_plan_exact(1)), 1);
		IS(cmds[0], i ? 0x0123400200000081 : 0x0000000154321001, 0);
		table_close(&t);
	}
}

static void device(void)
{
	struct iomt_riscv_device device = {.rid = 0x0123};
	struct iomt_gather page = gathered(0x5000, 0x5fff, SIZE_4K, 0);
	struct iomt_gather four = gathered(0x8000, 0xbfff, SIZE_4K, 0);
	struct iomt_plan_policy one = iomt_plan_covers(1), all = iomt_plan_all();

	CHECK_INT(iomt_riscv_device_gather(&device, &page, &one, cmds, 1), 1);
	IS(cmds[0], 0x0001230000000004, 0x5000);
	device.flags = IOMT_RISCV_PASID | IOMT_RISCV_SEGMENT;
	device.pasid = 0x54321;
	device.segment = 7;
	CHECK_INT(iomt_riscv_device_gather(&device, &four, &one, cmds, 1), 1);
	IS(cmds[0], 0x0701230354321004, 0x9800);
	CHECK_INT(iomt_riscv_device_gather(&device, &four, &all, cmds, 1), 1);
	IS(cmds[0], 0x0701230354321004, 0x7ffffffffffff800);
}

static void others(void)
{
	CHECK_INT(iomt_riscv_device_context(0xabcdef, cmds, 1), 1);
	IS(cmds[0], 0xabcdef0200000003, 0);
	CHECK_INT(iomt_riscv_device_context(IOMT_RISCV_ALL_DEVICES, cmds, 1), 1);
	IS(cmds[0], 3, 0);
	CHECK_INT(iomt_riscv_process_context(0xabcdef, 0x54321, cmds, 1), 1);
	IS(cmds[0], 0xabcdef0254321083, 0);
	CHECK_INT(iomt_riscv_fence(IOMT_RISCV_FENCE_STORE, 0x12345678, 0xcafebabe, cmds, 1), 1);
	IS(cmds[0], 0xcafebabe00000402, 0x048d159e);
	CHECK_INT(iomt_riscv_fence(IOMT_RISCV_FENCE_READS | IOMT_RISCV_FENCE_WRITES, 0, 0, cmds, 1),
		  1);
	IS(cmds[0], 0x3002, 0);
	CHECK_INT(iomt_riscv_fence(IOMT_RISCV_FENCE_INTERRUPT, 0, 0, cmds, 1), 1);
	IS(cmds[0], 0x0802, 0);
	CHECK_INT(iomt_riscv_all(cmds, 2), 2);
	IS(cmds[0], 0x01, 0);
	IS(cmds[1], 0x81, 0);
}

static void errors(void)
{
	struct iomt_gather page = gathered(0x5000, 0x5fff, SIZE_4K, 0);
	struct iomt_gather changed = gathered(0x5000, 0x5fff, SIZE_4K, 2);
	struct iomt_plan_policy one = iomt_plan_covers(1), none = iomt_plan_covers(0);
	struct iomt_plan_policy bad_kind = {.kind = (enum iomt_plan_kind)4, .most = 1};
	const struct iomt_riscv_target bad[] = {
		{.stage = (enum iomt_riscv_stage)3},
		{.stage = IOMT_RISCV_HOST_FIRST, .flags = 8},
		{.stage = IOMT_RISCV_HOST_FIRST, .pscid = 1 << 20},
		{.stage = IOMT_RISCV_HOST_FIRST, .gscid = 1},
		{.stage = IOMT_RISCV_HOST_FIRST, .flags = IOMT_RISCV_ALL_PSCIDS, .pscid = 1},
		{.stage = IOMT_RISCV_SECOND, .pscid = 1},
		{.stage = IOMT_RISCV_SECOND, .flags = IOMT_RISCV_ALL_PSCIDS},
	};
	const struct iomt_riscv_device bad_devices[] = {
		{.flags = 4}, {.pasid = 1}, {.segment = 1}, {.flags = 1, .pasid = 1 << 20}};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(iomt_riscv_gather(&bad[i], &page, &one, cmds, 16), IOMT_EINVAL);
	for (unsigned i = 0; i < sizeof(bad_devices) / sizeof(bad_devices[0]); i++)
		CHECK_INT(iomt_riscv_device_gather(&bad_devices[i], &page, &one, cmds, 16),
			  IOMT_EINVAL);
	CHECK_INT(iomt_riscv_gather(&host, &changed, &none, cmds, 16), IOMT_EINVAL);
	CHECK_INT(iomt_riscv_gather(&host, &changed, &bad_kind, cmds, 16), IOMT_EINVAL);
	CHECK_INT(iomt_riscv_gather(&host, &page, &one, cmds, 0), IOMT_ENOSPC);
	CHECK_INT(iomt_riscv_device_context(1 << 24, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_riscv_process_context(1 << 24, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_riscv_process_context(0, 1 << 20, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_riscv_fence(IOMT_RISCV_FENCE_STORE, 2, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_riscv_fence(0, 4, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_riscv_fence(0, 0, 4, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_riscv_fence(0x10, 0, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_riscv_all(cmds, 1), IOMT_ENOSPC);
	CHECK_INT(iomt_riscv_decode(cmds, IOMT_RISCV_ALL_PSCIDS, &(struct iomt_inv){0}),
		  IOMT_EINVAL);
}

static void refused(uint32_t flags, const uint64_t low, const uint64_t high)
{
	const struct reader plain = {.vendor = VENDOR_RISCV, .flags = flags};
	struct iomt_cmd cmd = {{low, high}};
	struct iomt_inv inv;

	CHECK_INT(iomt_riscv_decode(&cmd, flags, &inv), IOMT_EINVAL);
	check_decoder(&plain, &cmd);
}

static void reserved(void)
{
	const uint32_t all = IOMT_RISCV_RANGES | IOMT_RISCV_NON_LEAF;

	refused(0, 0x401, 0x2600);		  /* S without the extension */
	refused(0, 0x0000000400000401, 0x1400);	  /* NL without it */
	refused(all, 0x401, 0x3ffffffffffffe00);  /* no zero */
	refused(all, 0x0000000100000481, 0x1400); /* PSCV for GVMA */
	refused(all, 0xc01, 0x1400);
	refused(all, 0x401, 0x1401);
	refused(all, 0x401, 0x4000000000000000);
	refused(all, 0x101, 0);
	refused(all, 0x0000000800000001, 0);
	refused(all, 0x4002, 0);
	refused(all, 0x83, 0); /* INVAL_PDT without DV */
	refused(all, 0x1003, 0);
	refused(all, 0x03, 1);
	refused(all, 0x04, 2);
	refused(all, 0x84, 0); /* ATS.PRGR */
	refused(all, 0, 0);
	refused(all, 0x40, 0);
}

/* Ignored operands are ignored. */
static void decoded(void)
{
	struct iomt_cmd cmd = {{0x0123400154321081 & ~(1ULL << 32), 0x2600}};
	struct iomt_inv inv;

	CHECK_INT(iomt_riscv_decode(&cmd, IOMT_RISCV_RANGES, &inv), 0);
	CHECK_EQ(inv.flags, IOMT_INV_STAGE_2);
	CHECK_EQ(inv.last, UINT64_MAX);
	cmd.word[0] = 0x0123400354321401;
	CHECK_INT(iomt_riscv_decode(&cmd, IOMT_RISCV_RANGES, &inv), 0);
	CHECK_EQ(inv.first, 0x8000);
	CHECK_EQ(inv.last, 0xbfff);
	CHECK_EQ(inv.domain, 0x1234);
	CHECK_EQ(inv.process, 0x54321);
	check_decoder(&reader, &cmd);
}

TEST_SUITE(cmd_riscv, TEST(addresses), TEST(napot_leaves), TEST(napot), TEST(tables),
	   TEST(of_a_table), TEST(device), TEST(others), TEST(errors), TEST(reserved),
	   TEST(decoded));
