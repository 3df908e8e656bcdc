/* SPDX-License-Identifier: MIT */
/*
 * Random gathers for every kind of hardware and policy: what must go is covered, and nothing
 * reserved is written. 100 000 for each kind; IOMT_TEST_TIMES=63 makes them 10^8.
 */
#include "invalidation.h"
#include "random.h"
#include "test.h"
#include <stdio.h>

#define GATHERS 100000u

/* Any number of bits, all of them as likely. */
static uint64_t any_width(struct random *random)
{
	uint64_t value = random_next(random);

	return value >> random_below(random, 64);
}

/* One to three leaf sizes of which each format has some. */
static uint64_t some_sizes(struct random *random)
{
	static const uint8_t usual[] = {12, 12, 12, 13, 14, 16, 16, 20, 21, 21, 25, 29, 30, 34, 42};
	uint64_t sizes = 0;

	for (uint64_t left = random_below(random, 4); left; left--)
		sizes |= 1ULL << usual[random_below(random, sizeof(usual))];
	return sizes;
}

/* At the bottom, at the top, around a boundary, or anywhere. */
static void some_range(struct random *random, struct inv_case *given)
{
	unsigned page = random_below(random, 8) ? 12 : 0;
	uint64_t length = any_width(random) >> random_below(random, 32) << page;
	uint64_t boundary = random_next(random) << random_below(random, 64);

	switch (random_below(random, 5)) {
	case 0:
		given->first = 0;
		break;
	case 1:
		given->first = 0 - length;
		break;
	case 2:
		given->first = boundary - (length >> random_below(random, 8) >> page << page);
		break;
	default:
		given->first = any_width(random) >> page << page;
		break;
	}
	given->last = given->first + (length ? length - 1 : 0);
	if (given->last < given->first)
		given->last = UINT64_MAX;
}

/* What the library gathers holds its leaves whole. What callers gather may not. */
static void round_out(struct random *random, struct inv_case *given)
{
	uint64_t low;

	if (!given->leaf_sizes || !random_below(random, 4))
		return;
	low = (given->leaf_sizes & -given->leaf_sizes) - 1;
	given->first &= ~low;
	given->last |= low;
}

static void make(struct random *random, unsigned hardware, struct inv_case *given)
{
	uint64_t bits = random_next(random);

	*given = (struct inv_case){
		.leaf_sizes = some_sizes(random),
		.hardware = (uint8_t)hardware,
		.policy = (uint8_t)(bits & 3),
		.flags = (uint8_t)(bits >> 8),
		.capacity = (uint8_t)(bits >> 16),
		.room = bits >> 24 & 15 ? 1 : 0,
		.domain = (uint16_t)(bits >> 32),
		.process = (uint32_t)random_next(random),
		.command_ns = (uint32_t)random_below(random, 2000),
		.entry_ns = (uint32_t)random_below(random, 500),
		.entries = (uint32_t)random_below(random, 4096),
		.most = (uint16_t)random_below(random, 1ULL << random_below(random, 9)),
		.table_levels = bits >> 48 & 3 ? 0 : (uint16_t)(1u << (1 + (bits >> 50 & 3))),
	};
	some_range(random, given);
	round_out(random, given);
}

static void run(unsigned hardware)
{
	struct random random;
	struct inv_case given;
	uint64_t count = random_times(GATHERS), before = inv_commands;

	random_init(&random, 0x9a7 + hardware);
	for (uint64_t i = 0; i < count; i++) {
		make(&random, hardware, &given);
		inv_check(&given);
	}
	printf("gathers: hardware %u: %" PRIu64 " gathers, %" PRIu64 " commands\n", hardware, count,
	       inv_commands - before);
}

static void amd_gathers(void)
{
	for (unsigned hardware = HARDWARE_AMD; hardware <= HARDWARE_AMD_DEVICE; hardware++)
		run(hardware);
}

static void vtd_gathers(void)
{
	for (unsigned hardware = HARDWARE_VTD; hardware <= HARDWARE_VTD_DEVICE_PASID; hardware++)
		run(hardware);
}

static void smmu_gathers(void)
{
	for (unsigned hardware = HARDWARE_SMMU_STAGE_1; hardware <= HARDWARE_SMMU_DEVICE;
	     hardware++)
		run(hardware);
}

static void riscv_gathers(void)
{
	for (unsigned hardware = HARDWARE_RISCV_HOST; hardware < HARDWARES; hardware++)
		run(hardware);
}

/* Bytes that no encoder wrote: the library and the specification's reader agree on each. */
static void hostile_bytes(void)
{
	static const uint8_t opcodes[VENDORS][18] = {
		[VENDOR_AMD] = {1, 2, 3, 4, 8},
		[VENDOR_VTD] = {1, 2, 3, 5, 6, 7, 8},
		[VENDOR_SMMU] = {0x03, 0x04, 0x05, 0x06, 0x10, 0x11, 0x12, 0x13, 0x20, 0x21, 0x22,
				 0x23, 0x28, 0x2a, 0x30, 0x40, 0x46},
		[VENDOR_RISCV] = {0x01, 0x81, 0x02, 0x03, 0x83, 0x04},
	};
	struct random random;

	random_init(&random, 0x405711e);
	for (uint64_t i = 0, count = random_times(GATHERS); i < count; i++) {
		struct reader reader = {.vendor = (enum vendor)random_below(&random, VENDORS),
					.mamv = (uint8_t)random_below(&random, 53)};
		uint64_t opcode = opcodes[reader.vendor][random_below(&random, 18)];
		struct iomt_cmd cmds[2] = {{{any_width(&random) & any_width(&random),
					     any_width(&random) & any_width(&random)}},
					   {{0, 0}}};

		if (reader.vendor == VENDOR_AMD)
			cmds[0].word[0] = cmds[0].word[0] << 4 >> 4 | opcode << 60;
		else
			cmds[0].word[0] = (cmds[0].word[0] & ~0xfffULL) | opcode;
		cmds[0].word[0] ^= (random_next(&random) & random_next(&random) &
				    random_next(&random) & 0xffff) &
				   (random_below(&random, 2) ? 0 : 0xffff);
		if (random_below(&random, 2))
			cmds[0].word[1] &= ~0xfffULL;
		if (reader.vendor != VENDOR_AMD)
			reader.flags = (uint32_t)random_below(&random,
							      reader.vendor == VENDOR_VTD ? 2 : 4);
		if (!random_below(&random, 16))
			cmds[1].word[random_below(&random, 2)] = 1ULL << random_below(&random, 64);
		check_decoder(&reader, cmds);
	}
}

/* Every bit of commands that the library writes, turned over: seldom the same, never unlike. */
static void turned_bits(void)
{
	struct iomt_gather gather;
	struct iomt_plan_policy policy = iomt_plan_exact(8);
	struct iomt_amd_target amd = {.domain = 5};
	struct iomt_vtd_target vtd = {.domain = 5, .mamv = 9};
	struct iomt_smmu_target smmu = {
		.vmid = 2, .asid = 3, .granule_lg2 = 12, .flags = IOMT_SMMU_RANGES};
	struct iomt_riscv_target riscv = {.flags = IOMT_RISCV_RANGES, .pscid = 4};
	const struct reader readers[] = {
		{VENDOR_AMD, 0, 0},
		{VENDOR_VTD, 0, 9},
		{VENDOR_SMMU, IOMT_SMMU_RANGES, 0},
		{VENDOR_RISCV, IOMT_RISCV_RANGES, 0},
	};
	struct iomt_cmd cmds[4];

	iomt_gather_init(&gather);
	iomt_gather_add(&gather, 0x10000, 0x1ffff);
	gather.leaf_sizes = 0x1000;
	CHECK_INT(iomt_amd_gather(&amd, &gather, &policy, &cmds[0], 1), 1);
	CHECK_INT(iomt_vtd_gather(&vtd, &gather, &policy, &cmds[1], 1), 1);
	CHECK_INT(iomt_smmu_gather(&smmu, &gather, &policy, &cmds[2], 1), 1);
	CHECK_INT(iomt_riscv_gather(&riscv, &gather, &policy, &cmds[3], 1), 1);
	for (unsigned v = 0; v < 4; v++) {
		for (unsigned i = 0; i < 128 * 128; i++) {
			struct iomt_cmd cmd = cmds[v];

			cmd.word[i / 64 % 2] ^= 1ULL << (i % 64);
			cmd.word[i / 128 / 64] ^= 1ULL << (i / 128 % 64);
			check_decoder(&readers[v], &cmd);
		}
	}
}

TEST_SUITE(gathers, TEST(amd_gathers), TEST(vtd_gathers), TEST(smmu_gathers), TEST(riscv_gathers),
	   TEST(hostile_bytes), TEST(turned_bits));
