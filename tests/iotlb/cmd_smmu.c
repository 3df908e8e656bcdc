/* SPDX-License-Identifier: MIT */
/* SMMUv3, IHI 0070: the figures of 4.3 to 4.7. */
#include "literal.h"

static const struct reader reader = {.vendor = VENDOR_SMMU, .flags = IOMT_SMMU_RANGES};
static const struct iomt_smmu_target plain = {
	.regime = IOMT_SMMU_STAGE_1, .vmid = 0x1234, .asid = 0xabcd, .granule_lg2 = 12};
static const struct iomt_smmu_target ranges = {.regime = IOMT_SMMU_STAGE_1,
					       .flags = IOMT_SMMU_RANGES,
					       .vmid = 0x1234,
					       .asid = 0xabcd,
					       .granule_lg2 = 12};
static const struct iomt_smmu_target stage_2 = {
	.regime = IOMT_SMMU_STAGE_2, .flags = IOMT_SMMU_RANGES, .vmid = 0x1234, .granule_lg2 = 12};
static struct iomt_cmd cmds[16];

static int invalidate(const struct iomt_smmu_target *target, struct iomt_gather gather,
		      struct iomt_plan_policy policy)
{
	return iomt_smmu_gather(target, &gather, &policy, cmds, 16);
}

/* 4.4: one address a command, in steps of the smallest leaf. */
static void addresses(void)
{
	CHECK_INT(invalidate(&plain, gathered(0x5000, 0x5fff, SIZE_4K, 0), iomt_plan_exact(4)), 1);
	IS(cmds[0], 0xabcd123400000012, 0x5001);
	CHECK_INT(invalidate(&plain, gathered(0x5000, 0x5fff, SIZE_4K, 2), iomt_plan_exact(4)), 1);
	IS(cmds[0], 0xabcd123400000012, 0x5000);
	CHECK_INT(invalidate(&plain, gathered(0x40000000, 0x405fffff, SIZE_2M, 0),
			     iomt_plan_exact(4)),
		  3);
	IS(cmds[0], 0xabcd123400000012, 0x40000001);
	IS(cmds[2], 0xabcd123400000012, 0x40400001);
	CHECK_INT(invalidate(&plain, gathered(0x5000, 0x9fff, SIZE_4K, 0), iomt_plan_exact(4)), 1);
	IS(cmds[0], 0xabcd123400000011, 0);
	CHECK_INT(invalidate(&plain, gathered(0xffffffffffffe000, UINT64_MAX, SIZE_4K, 0),
			     iomt_plan_exact(4)),
		  2);
	IS(cmds[1], 0xabcd123400000012, 0xfffffffffffff001);
}

/* A table that went maps less than the leaves that went: the step is the table's. */
static void steps_of_tables(void)
{
	CHECK_INT(invalidate(&plain, gathered(0, 0x7fffffff, 1ULL << 30, 1 << 1),
			     iomt_plan_exact(1024)),
		  IOMT_ENOSPC);
	CHECK_INT(invalidate(&plain, gathered(0, 0x7fffff, 0, 1 << 1), iomt_plan_exact(1024)), 4);
	IS(cmds[3], 0xabcd123400000012, 0x600000);
	CHECK_INT(invalidate(&plain, gathered(0, 0x7fffffff, 0, 1 << 2), iomt_plan_exact(1024)), 2);
	IS(cmds[1], 0xabcd123400000012, 0x40000000);
}

/* 4.4.1.1: NUM 16:12, SCALE 25:20, TTL 73:72, TG 75:74 */
static void range_form(void)
{
	struct iomt_plan_policy one = iomt_plan_covers(1);

	CHECK_INT(invalidate(&ranges, gathered(0x5000, 0x14fff, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0xabcd12340000f012, 0x5701);
	CHECK_INT(invalidate(&ranges, gathered(0x40000000, 0x405fffff, SIZE_2M, 0), one), 1);
	IS(cmds[0], 0xabcd123400902012, 0x40000601);
	CHECK_INT(invalidate(&ranges, gathered(0x40000000, 0x7fffffff, 1 << 30, 0), one), 1);
	IS(cmds[0], 0xabcd123401200012, 0x40000501);
	/* no level in common, tables too: no hint */
	CHECK_INT(invalidate(&ranges, gathered(0x5000, 0x14fff, SIZE_4K, 2), one), 1);
	IS(cmds[0], 0xabcd12340000f012, 0x5400);
	CHECK_INT(invalidate(&ranges, gathered(0x200000, 0x3fffff, SIZE_4K | SIZE_2M, 0), one), 1);
	IS(cmds[0], 0xabcd12340050f012, 0x200401);
}

/* Regression: a range of one granule without a hint is {0, 0, 0}, which is reserved. */
static void one_granule(void)
{
	struct iomt_plan_policy one = iomt_plan_covers(1);
	struct iomt_smmu_target target = ranges;

	CHECK_INT(invalidate(&ranges, gathered(0x5000, 0x5fff, SIZE_4K, 2), one), 1);
	IS(cmds[0], 0xabcd123400000012, 0x5000);
	CHECK_INT(invalidate(&ranges, gathered(0x5000, 0x5fff, 0, 0), one), 1);
	IS(cmds[0], 0xabcd123400000012, 0x5000);
	CHECK_INT(invalidate(&ranges, gathered(0x5000, 0x5fff, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0xabcd123400000012, 0x5701);
	target.granule_lg2 = 16;
	CHECK_INT(invalidate(&target, gathered(0x50000, 0x5ffff, 0x10000, 2), one), 1);
	IS(cmds[0], 0xabcd123400000012, 0x50000);
	CHECK_INT(invalidate(&target, gathered(0x50000, 0x5ffff, 0x10000, 0), one), 1);
	IS(cmds[0], 0xabcd123400000012, 0x50f01);
}

/* Regression: 32 pages that begin where no power of two does are one range all the same. */
static void unaligned_32_pages(void)
{
	CHECK_INT(invalidate(&ranges, gathered(0xff395000, 0xff3b4fff, SIZE_4K, 0),
			     iomt_plan_covers(1)),
		  1);
	IS(cmds[0], 0xabcd12340010f012, 0xff395701);
}

/* One command drops a little more; two do not: the second reaches back over the first. */
static void leading_and_trailing(void)
{
	struct iomt_gather gather = gathered(0x200000, 0x400fff, SIZE_4K | SIZE_2M, 0);

	CHECK_INT(invalidate(&ranges, gather, iomt_plan_covers(1)), 1);
	IS(cmds[0], 0xabcd123400510012, 0x200401);
	CHECK_INT(invalidate(&ranges, gather, iomt_plan_covers(2)), 2);
	IS(cmds[0], 0xabcd12340050f012, 0x200401);
	IS(cmds[1], 0xabcd123400000012, 0x400001);
	/* 4095 pages are 31 << 7, and 127, which is 32 << 2 from one page before */
	CHECK_INT(invalidate(&ranges, gathered(0x1000, 0xffffff, SIZE_4K, 0), iomt_plan_covers(2)),
		  2);
	IS(cmds[0], 0xabcd12340071e012, 0x1701);
	IS(cmds[1], 0xabcd12340021f012, 0xf80701);
}

/* Regressions: the top, where rounding up would go beyond, and [0, 2^64 - 1]. */
static void at_the_top(void)
{
	struct iomt_plan_policy one = iomt_plan_covers(1);

	/* 33 pages become 34 that end there */
	CHECK_INT(invalidate(&ranges, gathered(0xfffffffffffdf000, UINT64_MAX, SIZE_4K, 0), one),
		  1);
	IS(cmds[0], 0xabcd123400110012, 0xfffffffffffde701);
	CHECK_INT(invalidate(&ranges, gathered(0, UINT64_MAX, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0xabcd123400000011, 0);
	/* 2^38 granules: four times the largest range, one with DS */
	CHECK_INT(invalidate(&ranges, gathered(0, 0x3ffffffffffff, SIZE_4K, 0), one), 1);
	IS(cmds[0], 0xabcd123400000011, 0);
	CHECK_INT(invalidate(&ranges, gathered(0, 0x3ffffffffffff, SIZE_4K, 0), iomt_plan_exact(4)),
		  4);
	IS(cmds[3], 0xabcd123401f1f012, 0x3000000000701);
}

static void large_scale(void)
{
	const struct reader ds = {.vendor = VENDOR_SMMU, .flags = IOMT_SMMU_RANGES | IOMT_SMMU_DS};
	struct iomt_smmu_target target = ranges;

	target.flags |= IOMT_SMMU_DS;
	CHECK_INT(invalidate(&target, gathered(0, 0x3ffffffffffff, SIZE_4K, 0),
			     iomt_plan_covers(1)),
		  1);
	IS_TO(&ds, cmds[0], 0xabcd12340220f012, 0x701);
	/* TTL 1 of 16K granules is reserved but with DS */
	target.granule_lg2 = 14;
	CHECK_INT(invalidate(&target, gathered(0, 0xfffffffff, 1ULL << 36, 0), iomt_plan_covers(1)),
		  1);
	IS_TO(&ds, cmds[0], 0xabcd123401600012, 0x901);
	target.flags = IOMT_SMMU_RANGES;
	CHECK_INT(invalidate(&target, gathered(0, 0xfffffffff, 1ULL << 36, 0), iomt_plan_covers(1)),
		  1);
	IS(cmds[0], 0xabcd12340120f012, 0x801);
}

/* Errata: what is cut falls between contiguous runs. */
static void whole_runs(void)
{
	struct iomt_smmu_target target = ranges;

	target.flags |= IOMT_SMMU_WHOLE_RUNS;
	CHECK_INT(invalidate(&target, gathered(0x5000, 0x24fff, SIZE_4K | 0x10000, 0),
			     iomt_plan_covers(2)),
		  1);
	IS(cmds[0], 0xabcd123400402012, 0x701);
	CHECK_INT(invalidate(&target, gathered(0x5000, 0x24fff, SIZE_4K, 0), iomt_plan_covers(2)),
		  1);
	IS(cmds[0], 0xabcd12340010f012, 0x5701);
}

/* 4.4.2, 4.4.3: each regime's commands */
static void regimes(void)
{
	struct iomt_smmu_target any = {
		.regime = IOMT_SMMU_ANY_ASID, .vmid = 0x1234, .granule_lg2 = 12};
	struct iomt_smmu_target el2 = {.regime = IOMT_SMMU_EL2, .asid = 0xabcd, .granule_lg2 = 12};
	struct iomt_gather page = gathered(0x5000, 0x5fff, SIZE_4K, 0);
	struct iomt_plan_policy one = iomt_plan_covers(1);

	CHECK_INT(invalidate(&any, page, one), 1);
	IS(cmds[0], 0x0000123400000013, 0x5001);
	CHECK_INT(invalidate(&any, page, iomt_plan_all()), 1);
	IS(cmds[0], 0x0000123400000010, 0);
	CHECK_INT(invalidate(&el2, page, one), 1);
	IS(cmds[0], 0xabcd000000000022, 0x5001);
	CHECK_INT(iomt_smmu_all(&el2, cmds, 1), 1);
	IS(cmds[0], 0xabcd000000000021, 0);
	CHECK_INT(invalidate(&stage_2, page, one), 1);
	IS(cmds[0], 0x000012340000002a, 0x5701);
	CHECK_INT(iomt_smmu_all(&stage_2, cmds, 1), 1);
	IS(cmds[0], 0x0000123400000028, 0);
	CHECK_INT(iomt_smmu_everything(cmds, 1), 1);
	IS(cmds[0], 0x30, 0);
	/* addresses that the field of 4.4.3.1 has no bits for */
	CHECK_INT(invalidate(&stage_2, gathered(1ULL << 52, (1ULL << 52) + 0xfff, SIZE_4K, 0), one),
		  1);
	IS(cmds[0], 0x0000123400000028, 0);
}

/*
 * Stage 1 on stage 2: what was combined goes too, after what it was combined of (4.4.3.1). Without the
 * CMD_SYNC a walk between the two would combine the old stage 2 again.
 */
static void nested(void)
{
	struct iomt_smmu_target target = stage_2;
	struct iomt_gather page = gathered(0x5000, 0x5fff, SIZE_4K, 0), empty;
	struct iomt_plan_policy one = iomt_plan_covers(1), all = iomt_plan_all();

	target.flags |= IOMT_SMMU_NESTED;
	CHECK_INT(invalidate(&target, page, one), 3);
	IS(cmds[0], 0x000012340000002a, 0x5701);
	IS(cmds[1], 0x46, 0);
	IS(cmds[2], 0x0000123400000010, 0);
	/* all of the VMID is both stages */
	CHECK_INT(iomt_smmu_gather(&target, &page, &all, cmds, 1), 1);
	IS(cmds[0], 0x0000123400000028, 0);
	cmds[0] = (struct iomt_cmd){{7, 7}};
	CHECK_INT(iomt_smmu_gather(&target, &page, &one, cmds, 2), IOMT_ENOSPC);
	CHECK_INT(iomt_smmu_gather(&target, &page, &one, cmds, 1), IOMT_ENOSPC);
	CHECK_INT(iomt_smmu_gather(&target, &page, &one, cmds, 0), IOMT_ENOSPC);
	CHECK_EQ(cmds[0].word[0], 7);
	iomt_gather_init(&empty);
	CHECK_INT(iomt_smmu_gather(&target, &empty, &one, NULL, 0), 0);
}

/* 4.5.1 */
static void device(void)
{
	struct iomt_smmu_device device = {.stream = 0x12345};
	struct iomt_gather page = gathered(0x5000, 0x5fff, SIZE_4K, 0);
	struct iomt_gather four = gathered(0x8000, 0xbfff, SIZE_4K, 0);
	struct iomt_gather all = gathered(0, UINT64_MAX, 0, 0);
	struct iomt_plan_policy one = iomt_plan_covers(1);

	CHECK_INT(iomt_smmu_device_gather(&device, &page, &one, cmds, 1), 1);
	IS(cmds[0], 0x0001234500000040, 0x5000);
	device.flags = IOMT_SMMU_SUBSTREAM;
	device.substream = 0x54321;
	CHECK_INT(iomt_smmu_device_gather(&device, &four, &one, cmds, 1), 1);
	IS(cmds[0], 0x0001234554321840, 0x8002);
	CHECK_INT(iomt_smmu_device_gather(&device, &all, &one, cmds, 1), 1);
	IS(cmds[0], 0x0001234554321840, 52);
}

/* 4.3, 4.7.3 */
static void others(void)
{
	CHECK_INT(iomt_smmu_stream(0x12345, true, cmds, 1), 1);
	IS(cmds[0], 0x0001234500000003, 1);
	CHECK_INT(iomt_smmu_stream(0x12345, false, cmds, 1), 1);
	IS(cmds[0], 0x0001234500000003, 0);
	CHECK_INT(iomt_smmu_streams(0x12345, 3, cmds, 1), 1);
	IS(cmds[0], 0x0001234500000004, 2);
	CHECK_INT(iomt_smmu_streams(0, 32, cmds, 1), 1);
	IS(cmds[0], 0x04, 31);
	CHECK_INT(iomt_smmu_context(0x12345, 0x54321, true, cmds, 1), 1);
	IS(cmds[0], 0x0001234554321005, 1);
	CHECK_INT(iomt_smmu_contexts(0x12345, cmds, 1), 1);
	IS(cmds[0], 0x0001234500000006, 0);
	CHECK_INT(iomt_smmu_sync(IOMT_SMMU_SIG_NONE, 0, 0, 0, cmds, 1), 1);
	IS(cmds[0], 0x46, 0);
	CHECK_INT(iomt_smmu_sync(IOMT_SMMU_SIG_SEV, 0, 0, 0, cmds, 1), 1);
	IS(cmds[0], 0x2046, 0);
	CHECK_INT(iomt_smmu_sync(IOMT_SMMU_SIG_IRQ, 0, 0, 0, cmds, 1), 1);
	IS(cmds[0], 0x1046, 0);
	CHECK_INT(iomt_smmu_sync(IOMT_SMMU_SIG_IRQ, 0x12345678, 0xcafebabe,
				 IOMT_SMMU_MSI_WRITE_BACK, cmds, 1),
		  1);
	IS(cmds[0], 0xcafebabe0fc01046, 0x12345678);
}

static void errors(void)
{
	struct iomt_gather page = gathered(0x5000, 0x5fff, SIZE_4K, 0);
	struct iomt_plan_policy one = iomt_plan_covers(1);
	struct iomt_plan_policy bad_kind = {.kind = (enum iomt_plan_kind)4, .most = 1};
	const struct iomt_smmu_target bad[] = {
		{.regime = IOMT_SMMU_STAGE_1, .granule_lg2 = 13},
		{.regime = IOMT_SMMU_STAGE_1, .granule_lg2 = 0},
		{.regime = (enum iomt_smmu_regime)4, .granule_lg2 = 12},
		{.regime = IOMT_SMMU_STAGE_1, .flags = IOMT_SMMU_NESTED, .granule_lg2 = 12},
		{.regime = IOMT_SMMU_STAGE_1, .flags = 0x10, .granule_lg2 = 12},
		{.regime = IOMT_SMMU_STAGE_2, .asid = 1, .granule_lg2 = 12},
		{.regime = IOMT_SMMU_ANY_ASID, .asid = 1, .granule_lg2 = 12},
		{.regime = IOMT_SMMU_EL2, .vmid = 1, .granule_lg2 = 12},
	};
	struct iomt_smmu_device device = {.substream = 1};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_INT(invalidate(&bad[i], page, one), IOMT_EINVAL);
		CHECK_INT(iomt_smmu_all(&bad[i], cmds, 1), IOMT_EINVAL);
	}
	CHECK_INT(invalidate(&stage_2, gathered(0, UINT64_MAX, 0, 0), iomt_plan_covers(0)),
		  IOMT_EINVAL);
	CHECK_INT(invalidate(&stage_2, gathered(0, UINT64_MAX, 0, 0), bad_kind), IOMT_EINVAL);
	CHECK_INT(iomt_smmu_device_gather(&device, &page, &one, cmds, 1), IOMT_EINVAL);
	device = (struct iomt_smmu_device){.flags = IOMT_SMMU_SUBSTREAM, .substream = 1 << 20};
	CHECK_INT(iomt_smmu_device_gather(&device, &page, &one, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_smmu_streams(0, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_smmu_streams(0, 33, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_smmu_context(0, 1 << 20, true, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_smmu_sync((enum iomt_smmu_signal)3, 0, 0, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_smmu_sync(IOMT_SMMU_SIG_SEV, 4, 0, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_smmu_sync(IOMT_SMMU_SIG_IRQ, 2, 0, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_smmu_sync(IOMT_SMMU_SIG_IRQ, 1ULL << 52, 0, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_smmu_sync(IOMT_SMMU_SIG_IRQ, 4, 0, 16, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_smmu_sync(IOMT_SMMU_SIG_IRQ, 0, 1, 0, cmds, 1), IOMT_EINVAL);
	CHECK_INT(iomt_smmu_all(&plain, NULL, 0), IOMT_ENOSPC);
	CHECK_INT(iomt_smmu_decode(cmds, IOMT_SMMU_NESTED, &(struct iomt_inv){0}), IOMT_EINVAL);
}

static void refused(const uint64_t low, const uint64_t high)
{
	struct iomt_cmd cmd = {{low, high}};
	struct iomt_inv inv;

	CHECK_INT(iomt_smmu_decode(&cmd, IOMT_SMMU_RANGES, &inv), IOMT_EINVAL);
	check_decoder(&reader, &cmd);
}

static void reserved(void)
{
	refused(0x12, 0x5400);		     /* {0, 0, 0} with TG */
	refused(0x0000000002000012, 0x5400); /* SCALE 32 */
	refused(0x12, 0x5300);		     /* TTL without TG */
	refused(0x1012, 0x5000);	     /* NUM without TG */
	refused(0x1012, 0x5800);	     /* 16K, misaligned */
	refused(0x1012, 0x201600);	     /* TTL 2, misaligned */
	refused(0x12, 0x900); /* TTL 1 of 16K, which is none, without NUM and SCALE */
	refused(0x12, 0x5002);
	refused(0x412, 0x5000); /* SSec */
	refused(0x20012, 0x5000);
	refused(0x0001000000000013, 0x5000); /* an ASID for VAA */
	refused(0x0000000100000022, 0x5000); /* a VMID for EL2 */
	refused(0x2a, 0x0010000000005000);
	refused(0x30, 1);
	refused(0x40, 53);
	refused(0x440, 0x5000); /* SSec */
	refused(0x40, 0x5040);
	refused(0x3046, 0);
	refused(0x46, 1);
	refused(0x06, 1);
	refused(0x04, 32);
	refused(0x02, 0); /* PREFETCH_ADDR */
	refused(0, 0);
}

/* A range that goes beyond the top ends there. */
static void decoded(void)
{
	struct iomt_cmd cmd = {{0xabcd12340071e012, 0xffffffffffff1701}};
	struct iomt_inv inv;

	CHECK_INT(iomt_smmu_decode(&cmd, IOMT_SMMU_RANGES, &inv), 0);
	CHECK_EQ(inv.first, 0xffffffffffff1000);
	CHECK_EQ(inv.last, UINT64_MAX);
	CHECK_EQ(inv.granule_lg2, 12);
	CHECK_INT(inv.level, 0);
	CHECK_EQ(inv.domain, 0x1234);
	CHECK_EQ(inv.process, 0xabcd);
	check_decoder(&reader, &cmd);
	cmd = (struct iomt_cmd){{0x12, 0x5000}};
	CHECK_INT(iomt_smmu_decode(&cmd, 0, &inv), 0);
	CHECK_EQ(inv.first, 0x5000);
	CHECK_EQ(inv.last, 0x5fff);
	CHECK_INT(inv.level, -1);
}

/* What hardware takes for something else: TTL 1 of 16K for none, SCALE above 39 for 39 (4.4.1.1). */
static void taken_otherwise(void)
{
	const struct reader wide = {.vendor = VENDOR_SMMU,
				    .flags = IOMT_SMMU_RANGES | IOMT_SMMU_DS};
	struct iomt_cmd cmd = {{0x1012, 0x4900}};
	struct iomt_inv inv;

	CHECK_INT(iomt_smmu_decode(&cmd, IOMT_SMMU_RANGES, &inv), 0);
	CHECK_EQ(inv.first, 0x4000);
	CHECK_EQ(inv.last, 0xbfff);
	CHECK_EQ(inv.granule_lg2, 14);
	CHECK_INT(inv.level, -1);
	check_decoder(&reader, &cmd);
	CHECK_INT(iomt_smmu_decode(&cmd, wide.flags, &inv), IOMT_EINVAL); /* not aligned to 64G */
	check_decoder(&wide, &cmd);
	for (uint64_t scale = 39; scale < 64; scale++) {
		cmd = (struct iomt_cmd){{0x1012 | scale << 20, 0x5400}};
		CHECK_INT(iomt_smmu_decode(&cmd, wide.flags, &inv), 0);
		CHECK_EQ(inv.first, 0x5000);
		CHECK_EQ(inv.last, 0x5000 + (1ULL << 52) - 1);
		check_decoder(&wide, &cmd);
	}
}

/* Legal forms of CMD_ATC_INV that the SMMU makes something else of (4.5.1). */
static void decoded_atc(void)
{
	static const struct {
		uint64_t low, high, first, last;
		uint32_t flags, process;
	} cases[] = {
		{0x40, 0x5000, 0x5000, 0x5fff, 0, 0},
		{0x40, 0x5001, 0x4000, 0x5fff, 0, 0},
		{0x40, 0xfffffffffffff033, 1ULL << 63, UINT64_MAX, 0, 0},
		{0x40, 0x8000000000005034, 0, UINT64_MAX, 0, 0},
		{0x7840, 0x5000, 0x5000, 0x5fff, IOMT_INV_BY_PROCESS, 7},
		{0x7a40, 0x5000, 0x5000, 0x5fff, 0, 0}, /* G */
		{0x7040, 0x5000, 0x5000, 0x5fff, 0, 0}, /* a SubstreamID without SSV */
		{0x7240, 0x5000, 0x5000, 0x5fff, 0, 0}, /* and G */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct iomt_cmd cmd = {{0x900000000 | cases[i].low, cases[i].high}};
		struct iomt_inv inv;

		CHECK_INT(iomt_smmu_decode(&cmd, 0, &inv), 0);
		CHECK_EQ(inv.first, cases[i].first);
		CHECK_EQ(inv.last, cases[i].last);
		CHECK_EQ(inv.flags, IOMT_INV_BY_DEVICE | IOMT_INV_BY_ADDRESS | cases[i].flags);
		CHECK_EQ(inv.process, cases[i].process);
		CHECK_EQ(inv.device, 9);
		check_decoder(&reader, &cmd);
	}
}

TEST_SUITE(cmd_smmu, TEST(addresses), TEST(steps_of_tables), TEST(range_form), TEST(one_granule),
	   TEST(unaligned_32_pages), TEST(leading_and_trailing), TEST(at_the_top),
	   TEST(large_scale), TEST(whole_runs), TEST(regimes), TEST(nested), TEST(device),
	   TEST(others), TEST(errors), TEST(reserved), TEST(decoded), TEST(taken_otherwise),
	   TEST(decoded_atc));
