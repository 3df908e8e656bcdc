/* SPDX-License-Identifier: MIT */
/* One change, many places: which commands go into which rings, in which order. */
#include "stale.h"
#include "test.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define UNITS (IOMT_TARGETS_UNITS + 5)

static struct unit units[UNITS];
static struct provider provider;
static struct iomt_targets targets;
static struct iomt_gather page; /* 0x5000 to 0x5fff, a leaf */

static void begin(void)
{
	provider_init(&provider, PROVIDER_LINEAR);
	iomt_targets_init(&targets, &provider.mem);
	iomt_gather_init(&page);
	iomt_gather_add(&page, 0x5000, 0x5fff);
	page.leaf_sizes = 0x1000;
}

static void end(void)
{
	iomt_targets_destroy(&targets);
	provider_check_empty(&provider);
}

static int add(struct iomt_target target)
{
	struct iomt_gather gather;
	int err;

	iomt_gather_init(&gather);
	err = iomt_targets_add(&targets, &target, &gather);
	CHECK(gather.first > gather.last);
	iomt_gather_release(&gather);
	return err;
}

static int drop(struct iomt_target target)
{
	struct iomt_gather gather;
	int err;

	iomt_gather_init(&gather);
	err = iomt_targets_remove(&targets, &target, &gather);
	iomt_gather_release(&gather);
	return err;
}

static int invalidate(void)
{
	struct iomt_plan_policy policy = iomt_plan_covers(2);

	return iomt_targets_invalidate(&targets, &page, &policy, NULL);
}

static void executed(const struct unit *unit, uint64_t at, uint64_t low, uint64_t high)
{
	CHECK_EQ(unit->log[at].word[0], low);
	CHECK_EQ(unit->log[at].word[1], high);
}

static struct iomt_target amd(struct unit *unit, uint16_t domain)
{
	return (struct iomt_target){
		.ring = &unit->ring, .kind = &iomt_target_amd, .amd = {.domain = domain}};
}

static struct iomt_target amd_device(struct unit *unit, uint16_t rid)
{
	return (struct iomt_target){.ring = &unit->ring,
				    .kind = &iomt_target_amd_device,
				    .amd_device = {.rid = rid, .queue = rid}};
}

/*
 * All IOTLBs, a COMPLETION_WAIT with F, all devices, one that stores: 2.4.1, 2.4.3, 2.4.4. Whatever
 * the order in which they were added.
 */
static void amd_literally(void)
{
	begin();
	unit_open(&units[0], &iomt_ring_amd, 4, true);
	CHECK_INT(add(amd_device(&units[0], 0x20)), 0);
	CHECK_INT(add(amd(&units[0], 7)), 0);
	CHECK_INT(add(amd_device(&units[0], 0x10)), 0);
	CHECK_INT(add(amd(&units[0], 5)), 0);
	CHECK_INT(invalidate(), 0);
	CHECK_EQ(units[0].executed, 6);
	executed(&units[0], 0, 0x3000000500000000, 0x5000);
	executed(&units[0], 1, 0x3000000700000000, 0x5000);
	executed(&units[0], 2, 0x1000000000000004, 0);
	executed(&units[0], 3, 0x4000001000000010, 0x5000);
	executed(&units[0], 4, 0x4000002000000020, 0x5000);
	executed(&units[0], 5, 0x1000000000000001 | (uintptr_t)&units[0].stores[5], 6);
	CHECK_EQ(units[0].doorbells, 1);
	end();
}

/* D51397, 6.5.2.3, 6.5.2.5, 6.5.2.8: FN 6 keeps device TLBs behind, SW 5 tells. */
static void vtd_literally(void)
{
	struct iomt_target iotlb = {.kind = &iomt_target_vtd, .vtd = {.domain = 5, .mamv = 9}};
	struct iomt_target device = {.kind = &iomt_target_vtd_device, .vtd_device = {.rid = 0x10}};

	begin();
	unit_open(&units[0], &iomt_ring_vtd, 4, true);
	iotlb.ring = device.ring = &units[0].ring;
	CHECK_INT(add(iotlb), 0);
	CHECK_INT(add(device), 0);
	CHECK_INT(invalidate(), 0);
	CHECK_EQ(units[0].executed, 4);
	executed(&units[0], 0, 0x50032, 0x5040);
	executed(&units[0], 1, 0x45, 0);
	executed(&units[0], 2, 0x1000000003, 0x5000);
	executed(&units[0], 3, 0x400000025, (uintptr_t)&units[0].stores[3]);
	end();
}

/* The same in descriptors of 256 bits. A target must say that its commands are wide. */
static void vtd_wide_literally(void)
{
	struct iomt_target iotlb = {.kind = &iomt_target_vtd, .vtd = {.domain = 5, .mamv = 9}};

	begin();
	unit_open(&units[0], &iomt_ring_vtd_wide, 4, true);
	iotlb.ring = &units[0].ring;
	CHECK_INT(add(iotlb), IOMT_EINVAL);
	iotlb.vtd.flags = IOMT_VTD_WIDE;
	CHECK_INT(add(iotlb), 0);
	CHECK_INT(invalidate(), 0);
	CHECK_EQ(units[0].executed, 2);
	executed(&units[0], 0, 0x50032, 0x5040);
	executed(&units[0], 1, 0x200000025, (uintptr_t)&units[0].stores[1]);
	CHECK_EQ(units[0].entries[1].word[0] | units[0].entries[1].word[1], 0);
	end();
}

/* IHI 0070: TLBI_NH_VA with a TTL hint, CMD_SYNC, ATC_INV of size 0, CMD_SYNC. */
static void smmu_literally(void)
{
	struct iomt_target iotlb = {
		.kind = &iomt_target_smmu,
		.smmu = {.flags = IOMT_SMMU_RANGES, .vmid = 2, .asid = 3, .granule_lg2 = 12}};
	struct iomt_target device = {.kind = &iomt_target_smmu_device,
				     .smmu_device = {.stream = 0x10}};

	begin();
	unit_open(&units[0], &iomt_ring_smmu, 2, false);
	iotlb.ring = device.ring = &units[0].ring;
	CHECK_INT(add(device), 0);
	CHECK_INT(add(iotlb), 0);
	CHECK_INT(invalidate(), 0);
	CHECK_EQ(units[0].executed, 4);
	executed(&units[0], 0, 0x0003000200000012, 0x5701);
	executed(&units[0], 1, 0x46, 0);
	executed(&units[0], 2, 0x1000000040, 0x5000);
	executed(&units[0], 3, 0x46, 0);
	end();
}

/* IOTINVAL.VMA, IOFENCE.C, ATS.INVAL, IOFENCE.C with PR and PW. */
static void riscv_literally(void)
{
	struct iomt_target iotlb = {
		.kind = &iomt_target_riscv,
		.riscv = {.stage = IOMT_RISCV_HOST_FIRST, .flags = IOMT_RISCV_RANGES, .pscid = 4}};
	struct iomt_target device = {.kind = &iomt_target_riscv_device,
				     .riscv_device = {.rid = 0x10}};

	begin();
	unit_open(&units[0], &iomt_ring_riscv, 3, false);
	iotlb.ring = device.ring = &units[0].ring;
	CHECK_INT(add(device), 0);
	CHECK_INT(add(iotlb), 0);
	CHECK_INT(invalidate(), 0);
	CHECK_EQ(units[0].executed, 4);
	executed(&units[0], 0, 0x100004401, 0x1400);
	executed(&units[0], 1, 0x2, 0);
	executed(&units[0], 2, 0x100000000004, 0x5000);
	executed(&units[0], 3, 0x3002, 0);
	end();
}

/* What is not there needs no sync; what was not changed needs no command. */
static void syncs_left_out(void)
{
	begin();
	CHECK_INT(invalidate(), 0); /* no targets at all */
	CHECK(!iomt_targets_get(&targets));
	for (unsigned i = 0; i < 2; i++)
		unit_open(&units[i], &iomt_ring_amd, 4, true);
	CHECK_INT(add(amd(&units[0], 5)), 0);
	CHECK_INT(add(amd_device(&units[1], 0x10)), 0);
	CHECK_INT(invalidate(), 0);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(units[i].executed, 2);
		CHECK_EQ(units[i].syncs, 1);
	}
	iomt_gather_init(&page);
	CHECK_INT(invalidate(), 0);
	CHECK_EQ(units[0].doorbells + units[1].doorbells, 2);
	CHECK_INT(drop(amd(&units[0], 5)), 0);
	CHECK_INT(drop(amd_device(&units[1], 0x10)), 0);
	CHECK_EQ(iomt_targets_get(&targets)->count, 0);
	end();
}

/* Two devices with one domain id on one unit: told once, as long as one is there. */
static void shared_ids(void)
{
	begin();
	for (unsigned i = 0; i < 2; i++)
		unit_open(&units[i], &iomt_ring_amd, 4, true);
	CHECK_INT(add(amd(&units[0], 5)), 0);
	CHECK_INT(add(amd(&units[1], 5)), 0); /* elsewhere it is another */
	CHECK_INT(add(amd(&units[0], 5)), 0);
	CHECK_EQ(iomt_targets_get(&targets)->count, 2);
	CHECK_INT(invalidate(), 0);
	CHECK_EQ(units[0].executed, 2);
	CHECK_EQ(units[1].executed, 2);
	CHECK_INT(drop(amd(&units[0], 5)), 0);
	CHECK_INT(invalidate(), 0);
	CHECK_EQ(units[0].executed, 4);
	CHECK_INT(drop(amd(&units[0], 5)), 0);
	CHECK_INT(drop(amd(&units[0], 5)), IOMT_ENOENT);
	CHECK_INT(drop(amd(&units[1], 6)), IOMT_ENOENT);
	CHECK_INT(invalidate(), 0);
	CHECK_EQ(units[0].executed, 4);
	CHECK_EQ(units[1].executed, 6);
	end();
}

/* Whatever tells two targets apart makes two of them. */
static void all_ids_count(void)
{
	static const struct iomt_target list[] = {
		{.kind = &iomt_target_amd, .amd = {.domain = 1}},
		{.kind = &iomt_target_amd, .amd = {.domain = 2}},
		{.kind = &iomt_target_amd, .amd = {.domain = 1, .flags = IOMT_AMD_GUEST}},
		{.kind = &iomt_target_amd,
		 .amd = {.domain = 1, .flags = IOMT_AMD_GUEST, .pasid = 1}},
		{.kind = &iomt_target_amd_device, .amd_device = {.rid = 1}},
		{.kind = &iomt_target_amd_device, .amd_device = {.rid = 2}},
		{.kind = &iomt_target_amd_device, .amd_device = {.rid = 1, .queue = 1}},
		{.kind = &iomt_target_amd_device, .amd_device = {.rid = 1, .max_pending = 1}},
		{.kind = &iomt_target_amd_device,
		 .amd_device = {.rid = 1, .flags = IOMT_AMD_GUEST, .pasid = 9}},
		{.kind = &iomt_target_vtd, .vtd = {.domain = 1}},
		{.kind = &iomt_target_vtd, .vtd = {.domain = 2}},
		{.kind = &iomt_target_vtd, .vtd = {.domain = 1, .mamv = 1}},
		{.kind = &iomt_target_vtd, .vtd = {.domain = 1, .flags = IOMT_VTD_FIRST_STAGE}},
		{.kind = &iomt_target_vtd,
		 .vtd = {.domain = 1, .flags = IOMT_VTD_FIRST_STAGE, .pasid = 1}},
		{.kind = &iomt_target_vtd_device, .vtd_device = {.rid = 1}},
		{.kind = &iomt_target_vtd_device, .vtd_device = {.rid = 1, .pf_rid = 1}},
		{.kind = &iomt_target_vtd_device, .vtd_device = {.rid = 1, .max_pending = 1}},
		{.kind = &iomt_target_vtd_device,
		 .vtd_device = {.rid = 1, .flags = IOMT_VTD_PASID}},
		{.kind = &iomt_target_vtd_device,
		 .vtd_device = {.rid = 1, .flags = IOMT_VTD_PASID, .pasid = 1}},
		{.kind = &iomt_target_smmu, .smmu = {.granule_lg2 = 12}},
		{.kind = &iomt_target_smmu, .smmu = {.granule_lg2 = 14}},
		{.kind = &iomt_target_smmu, .smmu = {.granule_lg2 = 12, .asid = 1}},
		{.kind = &iomt_target_smmu, .smmu = {.granule_lg2 = 12, .vmid = 1}},
		{.kind = &iomt_target_smmu, .smmu = {.granule_lg2 = 12, .flags = IOMT_SMMU_RANGES}},
		{.kind = &iomt_target_smmu,
		 .smmu = {.granule_lg2 = 12, .regime = IOMT_SMMU_STAGE_2}},
		{.kind = &iomt_target_smmu_device, .smmu_device = {.stream = 1}},
		{.kind = &iomt_target_smmu_device,
		 .smmu_device = {.stream = 1, .flags = IOMT_SMMU_SUBSTREAM}},
		{.kind = &iomt_target_smmu_device,
		 .smmu_device = {.stream = 1, .flags = IOMT_SMMU_SUBSTREAM, .substream = 1}},
		{.kind = &iomt_target_riscv, .riscv = {.pscid = 1}},
		{.kind = &iomt_target_riscv, .riscv = {.pscid = 2}},
		{.kind = &iomt_target_riscv, .riscv = {.pscid = 1, .flags = IOMT_RISCV_RANGES}},
		{.kind = &iomt_target_riscv,
		 .riscv = {.pscid = 1, .stage = IOMT_RISCV_GUEST_FIRST}},
		{.kind = &iomt_target_riscv,
		 .riscv = {.pscid = 1, .stage = IOMT_RISCV_GUEST_FIRST, .gscid = 1}},
		{.kind = &iomt_target_riscv_device, .riscv_device = {.rid = 1}},
		{.kind = &iomt_target_riscv_device,
		 .riscv_device = {.rid = 1, .flags = IOMT_RISCV_SEGMENT, .segment = 1}},
		{.kind = &iomt_target_riscv_device,
		 .riscv_device = {.rid = 1, .flags = IOMT_RISCV_PASID, .pasid = 1}},
	};
	static const struct iomt_ring_kind *const rings[] = {
		[IOMT_VENDOR_AMD] = &iomt_ring_amd,
		[IOMT_VENDOR_VTD] = &iomt_ring_vtd,
		[IOMT_VENDOR_SMMU] = &iomt_ring_smmu,
		[IOMT_VENDOR_RISCV] = &iomt_ring_riscv,
	};
	const size_t count = sizeof(list) / sizeof(list[0]);

	begin();
	for (unsigned i = 0; i < 4; i++)
		unit_open(&units[i], rings[i], 6, true);
	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < count; i++) {
			struct iomt_target target = list[i];

			target.ring = &units[target.kind->vendor].ring;
			CHECK_INT(add(target), 0);
			CHECK_EQ(iomt_targets_get(&targets)->count, round ? count : i + 1);
			target.ring = &units[(target.kind->vendor + 1) % 4].ring;
			CHECK_INT(add(target), IOMT_EINVAL);
		}
	}
	for (size_t i = 0; i < 2 * count; i++) {
		struct iomt_target target = list[i % count];

		target.ring = &units[target.kind->vendor].ring;
		CHECK_EQ(iomt_targets_get(&targets)->count, i < count ? count : 2 * count - i);
		CHECK_INT(drop(target), 0);
	}
	CHECK_EQ(iomt_targets_get(&targets)->count, 0);
	end();
}

/* Ids that the vendor's call would refuse are refused when they are added. */
static void bad_targets(void)
{
	struct iomt_target target;

	begin();
	unit_open(&units[0], &iomt_ring_amd, 4, true);
	target = amd(&units[0], 5);
	target.amd.pasid = 1u << 20;
	CHECK_INT(add(target), IOMT_EINVAL);
	CHECK_INT(drop(target), IOMT_EINVAL);
	target = amd(&units[0], 5);
	target.kind = NULL;
	CHECK_INT(add(target), IOMT_EINVAL);
	target = amd(&units[0], 5);
	target.ring = NULL;
	CHECK_INT(add(target), IOMT_EINVAL);
	CHECK(!iomt_targets_get(&targets));
	end();
}

static unsigned units_running;

/* When the first is waited for, all of a group have their commands. */
static int all_started(void *ctx, uint64_t tries)
{
	struct unit *unit = ctx;
	unsigned started = 0;

	(void)tries;
	for (unsigned i = 0; i < units_running; i++)
		started += units[i].doorbells == 1;
	CHECK(started == IOMT_TARGETS_UNITS || started == units_running);
	unit_step(unit);
	return 0;
}

static void started_before_any_is_waited_for(void)
{
	begin();
	for (units_running = 0; units_running < UNITS; units_running++) {
		struct unit *unit = &units[units_running];

		unit_open(unit, &iomt_ring_amd, 4, true);
		unit->ops.wait = all_started;
		CHECK_INT(add(amd(unit, 5)), 0);
	}
	CHECK_INT(invalidate(), 0);
	for (unsigned i = 0; i < UNITS; i++)
		CHECK_EQ(units[i].executed, 2);
	end();
}

/* More commands than a ring holds: in pieces, in the same order, with the same syncs. */
static void small_rings(void)
{
	struct iomt_inv inv;

	begin();
	unit_open(&units[0], &iomt_ring_amd, 2, true);
	for (uint16_t i = 1; i <= 12; i++) {
		CHECK_INT(add(amd(&units[0], i)), 0);
		CHECK_INT(add(amd_device(&units[0], i)), 0);
	}
	CHECK_INT(invalidate(), 0);
	CHECK_EQ(units[0].executed, 26);
	CHECK_EQ(units[0].syncs, 2);
	for (unsigned i = 0; i < 26; i++) {
		CHECK_INT(iomt_amd_decode(&units[0].log[i], &inv), 0);
		if (i < 12)
			CHECK(inv.kind == IOMT_INV_IOTLB && inv.domain == i + 1);
		else if (i == 12 || i == 25)
			CHECK(inv.kind == IOMT_INV_WAIT);
		else
			CHECK(inv.kind == IOMT_INV_DEVICE_TLB && inv.device == i - 12);
	}
	end();
}

/* A policy may ask for more commands than are put at once: then for as many as can be. */
static void many_covers(void)
{
	static const uint8_t sizes[] = {2, 4, 9};

	for (unsigned i = 0; i < sizeof(sizes); i++) {
		struct iomt_plan_policy policy = iomt_plan_exact(1000);
		struct iomt_target target = {.kind = &iomt_target_smmu,
					     .smmu = {.vmid = 2, .asid = 3, .granule_lg2 = 12}};

		begin();
		unit_open(&units[0], &iomt_ring_smmu, sizes[i], false);
		target.ring = &units[0].ring;
		CHECK_INT(add(target), 0);
		page.last = 0x5000 + 100 * 0x1000 - 1;
		CHECK_INT(iomt_targets_invalidate(&targets, &page, &policy, NULL), 0);
		/* without ranges a command a page, or one for the whole ASID */
		CHECK_EQ(units[0].executed, sizes[i] == 9 ? 101 : 2);
		page.last += 100 * 0x1000;
		CHECK_INT(iomt_targets_invalidate(&targets, &page, &policy, NULL), 0);
		CHECK_EQ(units[0].executed, sizes[i] == 9 ? 103 : 4);
		end();
	}
}

/* So where a stage 2 has more to tell than covers: all commands of a policy fit, or one takes their place. */
static void many_covers_nested(void)
{
	struct iomt_plan_policy policy = iomt_plan_exact(1000);
	struct iomt_target target = {.kind = &iomt_target_smmu,
				     .smmu = {.regime = IOMT_SMMU_STAGE_2,
					      .flags = IOMT_SMMU_NESTED,
					      .vmid = 2,
					      .granule_lg2 = 12}};

	for (uint8_t lg2 = 2; lg2 <= 8; lg2++) {
		begin();
		unit_open(&units[0], &iomt_ring_smmu, lg2, false);
		target.ring = &units[0].ring;
		CHECK_INT(add(target), 0);
		for (uint64_t pages = 1; pages < 140; pages++) {
			uint64_t before = units[0].executed, count;

			page.last = 0x5000 + pages * 0x1000 - 1;
			CHECK_INT(iomt_targets_invalidate(&targets, &page, &policy, NULL), 0);
			count = units[0].executed - before;
			/* pages, CMD_SYNC, TLBI_NH_ALL; or TLBI_S12_VMALL. And CMD_SYNC */
			CHECK_MSG(count == pages + 3 || (pages > 1 && count == 2),
				  "2^%u: %" PRIu64 " commands", lg2, count);
			if (pages + 3 <= (1U << lg2) && pages <= IOMT_TARGETS_MOST)
				CHECK_EQ(count, pages + 3);
		}
		end();
	}
}

/* One unit refuses, one hangs: the others are served, and the first error is told with its place. */
static void errors(void)
{
	struct iomt_targets_fault fault = {NULL, 99};
	struct iomt_plan_policy policy = iomt_plan_covers(1);
	unsigned first, refuses, hangs;

	begin();
	for (unsigned i = 0; i < 4; i++) {
		unit_open(&units[i], &iomt_ring_amd, 4, true);
		CHECK_INT(add(amd(&units[i], 5)), 0);
		CHECK_INT(add(amd_device(&units[i], 6)), 0);
	}
	/* in the order of the list */
	first = iomt_targets_get(&targets)->targets[0].ring == &units[0].ring ? 0 : 3;
	refuses = first ? 2 : 1;
	hangs = first ? 1 : 2;
	units[refuses].refuse = 3;
	units[refuses].refuse_code = IOMT_EIO;
	units[hangs].pace = 0;
	units[hangs].patience = 5;
	units[hangs].give_up = -110;
	CHECK_INT(iomt_targets_invalidate(&targets, &page, &policy, &fault), IOMT_EIO);
	CHECK(fault.ring == &units[refuses].ring);
	CHECK_EQ(fault.index, 2);
	CHECK_EQ(units[0].executed, 4);
	CHECK_EQ(units[3].executed, 4);
	CHECK_EQ(units[hangs].executed, 0);
	CHECK(page.first == 0x5000 && page.last == 0x5fff);
	units[hangs].pace = 1; /* both come to themselves */
	units[hangs].patience = 100;
	CHECK_INT(iomt_targets_invalidate(&targets, &page, &policy, &fault), 0);
	end();
}

/* Nothing waits where nobody may wait; what is full now is not later. */
static void busy(void)
{
	begin();
	unit_open(&units[0], &iomt_ring_amd, 2, true);
	units[0].ops.wait = NULL;
	CHECK_INT(add(amd(&units[0], 5)), 0);
	CHECK_INT(invalidate(), IOMT_EBUSY);
	CHECK_EQ(units[0].doorbells, 1);
	CHECK_INT(invalidate(), IOMT_EBUSY);
	CHECK_EQ(units[0].doorbells, 1);
	unit_run(&units[0]);
	CHECK_INT(invalidate(), IOMT_EBUSY);
	CHECK_EQ(units[0].doorbells, 2);
	end();
}

/* Memory that runs out changes nothing; a gather has one provider. */
static void memory(void)
{
	static struct provider other;
	struct iomt_target target;
	struct iomt_gather gather;

	begin();
	unit_open(&units[0], &iomt_ring_amd, 4, true);
	target = amd(&units[0], 5);
	iomt_gather_init(&gather);
	provider.fail_at = 1;
	CHECK_INT(iomt_targets_add(&targets, &target, &gather), IOMT_ENOMEM);
	CHECK(!iomt_targets_get(&targets));
	CHECK_INT(iomt_targets_add(&targets, &target, &gather), 0);
	CHECK(iomt_gather_is_empty(&gather));
	provider.fail_at = provider.allocations + 1;
	target = amd(&units[0], 6);
	CHECK_INT(iomt_targets_add(&targets, &target, &gather), IOMT_ENOMEM);
	CHECK(iomt_gather_is_empty(&gather));
	CHECK_EQ(iomt_targets_get(&targets)->count, 1);
	provider_init(&other, PROVIDER_LINEAR);
	CHECK_INT(iomt_gather_reserve(&gather, &other.mem, 100), 0);
	CHECK_INT(iomt_targets_add(&targets, &target, &gather), IOMT_EINVAL);
	CHECK_EQ(iomt_targets_get(&targets)->count, 1);
	iomt_gather_release(&gather);
	provider_check_empty(&other);
	end();
}

/* Counting needs no memory, nor does removing: what stays in the array is told nothing. */
static void removed_without_memory(void)
{
	struct iomt_target device = {.kind = &iomt_target_amd_device, .amd_device = {.rid = 8}};
	struct iomt_target five, seven;
	struct iomt_gather gather;

	begin();
	unit_open(&units[0], &iomt_ring_amd, 4, true);
	five = amd(&units[0], 5);
	seven = amd(&units[0], 7);
	CHECK_INT(add(five), 0);
	CHECK_INT(add(seven), 0);
	iomt_gather_init(&gather);
	provider.fail_at = provider.allocations + 1;
	CHECK_INT(iomt_targets_add(&targets, &five, &gather), 0);
	CHECK_INT(iomt_targets_remove(&targets, &five, &gather), 0);
	CHECK_INT(iomt_targets_remove(&targets, &five, &gather), 0);
	CHECK(iomt_gather_is_empty(&gather));
	CHECK_INT(iomt_targets_remove(&targets, &five, &gather), IOMT_ENOENT);
	CHECK_INT(invalidate(), 0);
	CHECK_EQ(units[0].executed, 2);
	executed(&units[0], 0, 0x3000000700000000, 0x5000);

	CHECK_INT(iomt_targets_add(&targets, &five, &gather), 0);
	CHECK_EQ(iomt_targets_get(&targets)->targets[0].users, 1);
	CHECK_INT(invalidate(), 0);
	CHECK_EQ(units[0].executed, 5);
	provider.fail_at = provider.allocations + 1;
	CHECK_INT(iomt_targets_remove(&targets, &five, &gather), 0);
	CHECK_EQ(iomt_targets_get(&targets)->count, 2);
	CHECK_INT(drop(seven), 0);
	CHECK_EQ(iomt_targets_get(&targets)->count, 0);

	/* nor does an IOTLB wait for a device that is not told */
	device.ring = five.ring;
	CHECK_INT(add(five), 0);
	CHECK_INT(add(device), 0);
	provider.fail_at = provider.allocations + 1;
	CHECK_INT(iomt_targets_remove(&targets, &device, &gather), 0);
	CHECK_EQ(iomt_targets_get(&targets)->count, 2);
	CHECK_INT(invalidate(), 0);
	CHECK_EQ(units[0].executed, 7);
	end();
}

/* The largest block of a provider, filled by hand with what the calls would have filled in. */
static void no_more_room(void)
{
	const size_t bytes = 1u << 20;
	struct iomt_target_list *list;
	struct iomt_target *to;
	size_t most = (bytes - sizeof(*list)) / sizeof(*to);

	begin();
	unit_open(&units[0], &iomt_ring_amd, 4, true);
	list = provider.mem.alloc(&provider, bytes);
	to = (struct iomt_target *)(list + 1);
	for (size_t i = 0; i < most; i++) {
		to[i] = amd(&units[0], 1);
		to[i].amd.flags = IOMT_AMD_GUEST;
		to[i].amd.pasid = (uint32_t)i;
		to[i].users = 1;
	}
	*list = (struct iomt_target_list){.count = most, .bytes = bytes, .targets = to};
	targets.list_ = list;
	CHECK_INT(add(amd(&units[0], 9)), IOMT_ENOSPC);
	CHECK_EQ(iomt_targets_get(&targets)->count, most);
	CHECK_INT(add(to[77]), 0);
	CHECK_EQ(iomt_targets_get(&targets)->targets[77].users, 2);
	/* nor for one more user than can be counted */
	to[77].users = UINT32_MAX;
	CHECK_INT(add(to[77]), IOMT_ENOSPC);
	CHECK_EQ(iomt_targets_get(&targets)->targets[77].users, UINT32_MAX);
	CHECK_INT(drop(iomt_targets_get(&targets)->targets[78]), 0);
	CHECK_INT(add(amd(&units[0], 9)), 0);
	CHECK_EQ(iomt_targets_get(&targets)->count, most);
	end();
}

/*
 * Devices come and go while a thread maps and unmaps: after each unmap, no device that is there or
 * has ever been there knows the page. Each vendor has a unit with a device whose caches never evict.
 */

#define DEVICES 4u
#define WINDOW	32u

static struct stale devices[DEVICES];
static struct table table;
static bool stop_drivers;
static bool stop_hardware;
static uint64_t turns; /* of the hardware */
static uint64_t quiet; /* times that the mapper had no array in its hands */

static int yield(void *ctx, uint64_t tries)
{
	(void)ctx;
	(void)tries;
	sched_yield();
	return 0;
}

static void *hardware(void *arg)
{
	while (!__atomic_load_n(&stop_hardware, __ATOMIC_ACQUIRE)) {
		for (unsigned i = 0; i < DEVICES; i++)
			unit_run(&devices[i].unit);
		__atomic_fetch_add(&turns, 1, __ATOMIC_RELEASE);
		sched_yield();
	}
	return arg;
}

static void wait_for_readers(void)
{
	uint64_t now = __atomic_load_n(&quiet, __ATOMIC_SEQ_CST);

	while (__atomic_load_n(&quiet, __ATOMIC_ACQUIRE) < now + 2 &&
	       !__atomic_load_n(&stop_drivers, __ATOMIC_ACQUIRE))
		sched_yield();
}

/* As a driver: told before it may walk, dropped before it is not told any more. */
static void come_and_go(struct stale *device)
{
	struct iomt_target here[] = {stale_target(device), stale_device_target(device)};
	struct iomt_plan_policy all = iomt_plan_all();
	struct iomt_gather gather;
	uint64_t fills;

	iomt_gather_init(&gather);
	for (unsigned i = 0; i < 2; i++)
		REQUIRE(!iomt_targets_add(&targets, &here[i], &gather));
	fills = __atomic_load_n(&device->fills, __ATOMIC_RELAXED);
	stale_attach(device);
	while (__atomic_load_n(&device->fills, __ATOMIC_RELAXED) < fills + 8 &&
	       !__atomic_load_n(&stop_drivers, __ATOMIC_ACQUIRE))
		sched_yield();
	stale_detach(device);
	iomt_gather_add(&gather, 0, UINT64_MAX);
	gather.table_levels = 0x3f;
	REQUIRE(!iomt_targets_invalidate(&targets, &gather, &all, NULL));
	for (unsigned i = 0; i < 2; i++)
		REQUIRE(!iomt_targets_remove(&targets, &here[i], &gather));
	wait_for_readers();
	iomt_gather_release(&gather);
}

static void *drivers(void *arg)
{
	for (unsigned i = 0; !__atomic_load_n(&stop_drivers, __ATOMIC_ACQUIRE); i++)
		come_and_go(&devices[i % DEVICES]);
	return arg;
}

static bool all_used(void)
{
	bool used = true;

	for (unsigned i = 0; i < DEVICES; i++)
		used &= stale_used(&devices[i], 100);
	return used;
}

/* Until every device took part, however late the others' threads run. */
static void map_and_unmap(struct iomt_plan_policy *policy, uint64_t seed)
{
	struct random random = {.state = seed, .seed = seed};
	struct iomt_gather gather;

	iomt_gather_init(&gather);
	for (unsigned round = 0; round < 3000 || !all_used(); round++) {
		uint64_t first = random_below(&random, WINDOW);
		uint64_t count = 1 + random_below(&random, WINDOW), bytes;
		uint64_t iova = devices[0].base + first * table.granule;

		CHECK_INT(iomt_pt_map(&table.pt, iova, 0x40000000 + round % 3000 * 0x100000ULL,
				      count * table.granule, IOMT_READ | IOMT_WRITE, NULL),
			  0);
		for (uint64_t turn = __atomic_load_n(&turns, __ATOMIC_ACQUIRE);
		     round % 2 && __atomic_load_n(&turns, __ATOMIC_ACQUIRE) < turn + 2;)
			sched_yield();
		CHECK_INT(iomt_pt_unmap(&table.pt, iova, count * table.granule, &bytes, &gather),
			  0);
		CHECK_EQ(bytes, count * table.granule);
		CHECK_INT(iomt_targets_invalidate(&targets, &gather, policy, NULL), 0);
		for (unsigned i = 0; i < DEVICES; i++)
			CHECK_MSG(!stale_knows(&devices[i], iova, iova + bytes - 1),
				  "round %u: device %u knows what is gone", round, i);
		iomt_gather_release(&gather);
		__atomic_fetch_add(&quiet, 1, __ATOMIC_SEQ_CST);
	}
}

static void targets_come_and_go(void)
{
	static const struct iomt_ring_kind *const kinds_of_rings[DEVICES] = {
		&iomt_ring_amd, &iomt_ring_vtd, &iomt_ring_smmu, &iomt_ring_riscv};
	struct iomt_plan_policy policy = iomt_plan_covers(2);
	pthread_t threads[2];

	table_open(&table, kind_named("arm_s1_4k"), PROVIDER_LINEAR);
	iomt_targets_init(&targets, &table.provider.mem);
	for (unsigned i = 0; i < DEVICES; i++) {
		stale_open(&devices[i], &table, table_at(&table, 0x200), kinds_of_rings[i], 5,
			   i < 3, i);
		devices[i].unit.ops.wait = yield;
		devices[i].window = 2 * WINDOW;
	}
	__atomic_store_n(&stop_drivers, false, __ATOMIC_RELAXED);
	__atomic_store_n(&stop_hardware, false, __ATOMIC_RELAXED);
	CHECK(!pthread_create(&threads[0], NULL, hardware, NULL));
	CHECK(!pthread_create(&threads[1], NULL, drivers, NULL));
	map_and_unmap(&policy, 1);
	__atomic_store_n(&stop_drivers, true, __ATOMIC_RELEASE);
	pthread_join(threads[1], NULL);
	__atomic_store_n(&stop_hardware, true, __ATOMIC_RELEASE);
	pthread_join(threads[0], NULL);
	for (unsigned i = 0; i < DEVICES; i++) {
		CHECK_MSG(!devices[i].wrong, "%s", devices[i].wrong);
		printf("targets: device %u: %" PRIu64 " fills, %" PRIu64 " dropped\n", i,
		       devices[i].fills, devices[i].dropped);
	}
	iomt_targets_destroy(&targets);
	table_close(&table);
}

TEST_SUITE(targets, TEST(amd_literally), TEST(vtd_literally), TEST(vtd_wide_literally),
	   TEST(smmu_literally), TEST(riscv_literally), TEST(syncs_left_out), TEST(shared_ids),
	   TEST(all_ids_count), TEST(bad_targets), TEST(started_before_any_is_waited_for),
	   TEST(small_rings), TEST(many_covers), TEST(many_covers_nested), TEST(errors), TEST(busy),
	   TEST(memory), TEST(removed_without_memory), TEST(no_more_room),
	   TEST(targets_come_and_go));
