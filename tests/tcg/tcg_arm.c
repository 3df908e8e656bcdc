/* SPDX-License-Identifier: MIT */
/* Arm LPAE as the MMU of QEMU's "max" CPU reads it. */
#include "arm_cases.h"
#include "test.h"
#include <stdio.h>

#define RW (IOMT_READ | IOMT_WRITE)

/* What the machine cannot check is said once. */
static void configurations(void)
{
	struct machine *machine = arm_machine();
	const char *why;

	for (size_t i = 0; machine && i < arm_s1_count + arm_s2_count; i++) {
		const struct arm_config *config =
			i < arm_s1_count ? &arm_s1_configs[i] : &arm_s2_configs[i - arm_s1_count];

		why = arm_lacks(machine, config);
		if (why)
			fprintf(stderr, "tcg_arm: no %s: %s\n", config->name, why);
	}
}

static void edges_of(struct arm_table *t)
{
	uint64_t oa_last = (1ULL << t->config->oa_bits) - 1;
	uint64_t base = oa_last - (t->granule - 1);

	arm_map(t, t->first, base, t->granule, RW);
	arm_map(t, t->last - (t->granule - 1), 0, t->granule, IOMT_READ);
	arm_ask_all(t, t->first, base, RW);
	arm_ask_all(t, t->first + t->granule - 1, oa_last, RW);
	arm_ask_all(t, t->first + t->granule, 0, 0);
	arm_ask_all(t, t->last, t->granule - 1, IOMT_READ);
	arm_ask_all(t, t->last - t->granule, 0, 0);
	arm_flush(t->machine);
}

/* The first and the last page of the input and of the output addresses. */
static void edges(void)
{
	arm_over_all(edges_of);
}

/* A leaf of this size, first and last in the table, and what surrounds it. */
static void leaf_of(struct arm_table *t, uint64_t size)
{
	uint64_t low = t->first + size, high = t->last - 2 * size + 1;
	uint64_t low_oa = (1ULL << t->config->oa_bits) - size,
		 high_oa = low_oa & 0x5555555555555555;
	struct iomt_pt_leaf leaf;

	if (size > (t->last - t->first) / 4 || size > (1ULL << t->config->oa_bits) / 4)
		return;
	high_oa &= ~(size - 1);
	arm_map(t, low, low_oa, size, RW);
	arm_map(t, high, high_oa, size, IOMT_READ | IOMT_TYPE_UNCACHED);
	CHECK_INT(iomt_pt_translate(&t->pt, high, &leaf), 0);
	CHECK_EQ(1ULL << leaf.size_lg2, size);
	for (uint64_t part = 0; part <= 32; part++) {
		uint64_t at = part ? size / 32 * part - 1 : 0;

		arm_ask_all(t, low + at, low_oa + at, RW);
		arm_ask_all(t, high + at, high_oa + at, IOMT_READ | IOMT_TYPE_UNCACHED);
	}
	arm_ask_all(t, low - 1, 0, 0);
	arm_ask_all(t, low + size, 0, 0);
	arm_ask_all(t, high - 1, 0, 0);
	arm_ask_all(t, high + size, 0, 0);
	arm_flush(t->machine);
	CHECK_INT(iomt_pt_unmap(&t->pt, low, size, NULL, &t->gather), 0);
	CHECK_INT(iomt_pt_unmap(&t->pt, high, size, NULL, &t->gather), 0);
	arm_ask_all(t, low, 0, 0);
	arm_ask_all(t, high, 0, 0);
	arm_flush(t->machine);
}

static void leaves_of(struct arm_table *t)
{
	for (unsigned lg2 = 0; lg2 < 64; lg2++) {
		if (iomt_pt_sizes(&t->pt) >> lg2 & 1)
			leaf_of(t, 1ULL << lg2);
	}
}

/* Pages, blocks and contiguous runs of every size that the table has. */
static void leaves(void)
{
	arm_over_all(leaves_of);
}

static void attributes_of(struct arm_table *t)
{
	static const uint32_t types[] = {IOMT_TYPE_WRITE_BACK, IOMT_TYPE_UNCACHED,
					 IOMT_TYPE_DEVICE};
	uint64_t at = t->first;

	for (uint32_t access = 1; access < 0x40; access++) {
		for (size_t i = 0; i < 3; i++, at += t->granule) {
			uint32_t prot = access | types[i];
			int err = iomt_pt_map(&t->pt, at, 0x12340000, t->granule, prot, NULL);

			CHECK(!err || err == IOMT_EOPNOTSUPP || !(prot & 7));
			arm_ask_all(t, at, 0x12340000, err ? 0 : prot);
		}
	}
	arm_flush(t->machine);
}

/* Everything that prot can say, seen from EL1 and EL0. */
static void attributes(void)
{
	arm_over_all(attributes_of);
}

/* Both halves at once; each has its own granule and size. */
static void halves(void)
{
	struct machine *machine = arm_machine();
	static const char *const pairs[][2] = {
		{"s1_4k_48", "s1_16k_47_upper"},  {"s1_16k_48", "s1_4k_48_upper"},
		{"s1_64k_48", "s1_4k_48_upper"},  {"s1_4k_39", "s1_4k_31_upper"},
		{"s1_64k_52", "s1_64k_52_upper"}, {"s1_4k_lpa2_52", "s1_16k_lpa2_upper"},
	};

	for (size_t i = 0; machine && i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct arm_table lower, upper;

		arm_open(&lower, machine, arm_config_named(pairs[i][0]));
		arm_open(&upper, machine, arm_config_named(pairs[i][1]));
		arm_map(&lower, 0x10000, 0x4440000, 0x10000, RW);
		arm_map(&upper, 0 - 0x20000ULL, 0x8880000, 0x20000, IOMT_READ);
		arm_load(machine, &lower, &upper, NULL);
		arm_ask_all(&lower, 0x1fff8, 0x444fff8, RW);
		arm_ask_all(&lower, 0x20000, 0, 0);
		arm_ask_all(&upper, UINT64_MAX, 0x889ffff, IOMT_READ);
		arm_ask_all(&upper, 0 - 0x20001ULL, 0, 0);
		arm_flush(machine);
		arm_close(&lower);
		arm_close(&upper);
	}
}

/* Blocks and runs lose their middle. */
static void hole_in(struct arm_table *t, uint64_t size)
{
	uint64_t iova = t->first + size, oa = size, hole = size / 2;

	if (size > (t->last - t->first) / 4 || size > (1ULL << t->config->oa_bits) / 4)
		return;
	arm_map(t, iova, oa, size, RW);
	arm_ask_all(t, iova + hole, oa + hole, RW);
	arm_flush(t->machine);
	CHECK_INT(iomt_pt_unmap(&t->pt, iova + hole, t->granule, NULL, &t->gather), 0);
	for (uint64_t at = 0; at < size; at += size / 64 + 1)
		arm_ask_all(t, iova + at, oa + at, at - hole < t->granule ? 0 : RW);
	arm_ask_all(t, iova + hole - 1, oa + hole - 1, RW);
	arm_ask_all(t, iova + hole, 0, 0);
	arm_ask_all(t, iova + hole + t->granule, oa + hole + t->granule, RW);
	arm_flush(t->machine);
	CHECK_INT(iomt_pt_unmap(&t->pt, iova, size, NULL, &t->gather), 0);
	CHECK_INT(iomt_pt_trim(&t->pt, t->first, t->last - t->first + 1, &t->gather), 0);
	arm_ask_all(t, iova, 0, 0);
	arm_flush(t->machine);
	iomt_gather_release(&t->gather);
}

static void holes_in(struct arm_table *t)
{
	for (unsigned lg2 = t->config->granule_lg2 + 1; lg2 < 64; lg2++) {
		if (iomt_pt_sizes(&t->pt) >> lg2 & 1)
			hole_in(t, 1ULL << lg2);
	}
}

static void splits(void)
{
	arm_over_all(holes_in);
}

TEST_SUITE(tcg_arm, TEST(configurations), TEST(edges), TEST(leaves), TEST(attributes), TEST(halves),
	   TEST(splits), TEST(arm_random), TEST(arm_accesses), TEST(arm_dirty), TEST(arm_faults),
	   TEST(arm_nested));
