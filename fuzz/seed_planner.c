/* SPDX-License-Identifier: MIT */
/* Gathers that others tripped over, for all hardware; and each command as bytes. */
#include "invalidation.h"
#include "seed.h"
#include <stdio.h>

static void seed_gathers(void)
{
	static const struct {
		const char *name;
		uint64_t first, last, leaf_sizes;
		uint16_t table_levels;
	} gathers[] = {
		{"page", 0x5000, 0x5fff, 0x1000, 0},
		{"unaligned-mask", 0x17f000, 0x181fff, 0x1000, 0},
		{"32-pages", 0xff395000, 0xff3b4fff, 0x1000, 0},
		{"top", 0xffffffffffffd000, UINT64_MAX, 0x1000, 0},
		{"all", 0, UINT64_MAX, 0x40201000, 0xe},
		{"byte", 0x5123, 0x5123, 0, 0},
		{"blocks", 0x40000000, 0x405fffff, 0x200000, 0},
		{"tables", 0, 0x7fffff, 0, 2},
		{"mixed", 0x1ff000, 0x400fff, 0x211000, 0},
		{"leaf-larger", 0x205000, 0x205fff, 0x200000, 0},
	};

	for (unsigned g = 0; g < sizeof(gathers) / sizeof(gathers[0]); g++) {
		for (unsigned hardware = 0; hardware < HARDWARES; hardware++) {
			struct inv_case given[2] = {{
				.first = gathers[g].first,
				.last = gathers[g].last,
				.leaf_sizes = gathers[g].leaf_sizes,
				.table_levels = gathers[g].table_levels,
				.command_ns = 300,
				.entry_ns = 200,
				.entries = 64,
				.most = 8,
				.hardware = (uint8_t)hardware,
				.capacity = 18,
				.process = 0x54321,
				.domain = 0x1234,
			}};
			char name[32];

			given[1] = given[0];
			given[1].flags = 0xff;
			given[1].policy = 3;
			snprintf(name, sizeof(name), "%u", hardware);
			seed_write(gathers[g].name, name, given, sizeof(given));
		}
	}
}

static void seed_commands(void)
{
	static const struct {
		uint8_t vendor;
		struct iomt_cmd cmd;
	} commands[] = {
		{VENDOR_AMD, {{0x1000000012345679, 1}}},
		{VENDOR_AMD, {{0x2000000000000123, 0}}},
		{VENDOR_AMD, {{0x3000123400054321, 0x9007}}},
		{VENDOR_AMD, {{0x4521045620430123, 0x5004}}},
		{VENDOR_AMD, {{0x8000000000000000, 0}}},
		{VENDOR_VTD, {{0x0003012312340031, 0}}},
		{VENDOR_VTD, {{0x12340032, 0x40000049}}},
		{VENDOR_VTD, {{0xabc001230008d003, 0x9001}}},
		{VENDOR_VTD, {{0xcafebabe00000025, 0x12345678}}},
		{VENDOR_VTD, {{0x0005432112340036, 0x5040}}},
		{VENDOR_VTD, {{0x0005432112340017, 0}}},
		{VENDOR_VTD, {{0xabc543210123d088, 0x9800}}},
		{VENDOR_SMMU, {{0x0001234500000003, 1}}},
		{VENDOR_SMMU, {{0x0001234500000004, 2}}},
		{VENDOR_SMMU, {{0x0001234554321005, 1}}},
		{VENDOR_SMMU, {{0x0001234500000006, 0}}},
		{VENDOR_SMMU, {{0xabcd123400902012, 0x40000601}}},
		{VENDOR_SMMU, {{0x000012340000002a, 0x5701}}},
		{VENDOR_SMMU, {{0x0001234554321840, 0x8002}}},
		{VENDOR_SMMU, {{0xcafebabe0fc01046, 0x12345678}}},
		{VENDOR_RISCV, {{0x0123400754321401, 0x2600}}},
		{VENDOR_RISCV, {{0x0123400200000481, 0x1400}}},
		{VENDOR_RISCV, {{0xcafebabe00000402, 0x048d159e}}},
		{VENDOR_RISCV, {{0xabcdef0200000003, 0}}},
		{VENDOR_RISCV, {{0xabcdef0254321083, 0}}},
		{VENDOR_RISCV, {{0x0701230354321004, 0x9800}}},
	};

	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct inv_case raw = {.first = commands[i].cmd.word[0],
				       .last = commands[i].cmd.word[1],
				       .hardware = commands[i].vendor,
				       .flags = commands[i].vendor == VENDOR_VTD ? 0 : 0xff,
				       .capacity = 18,
				       .spare = 1};
		char name[32];

		snprintf(name, sizeof(name), "%u", i);
		seed_write("command", name, &raw, sizeof(raw));
	}
}

void seed_planner(void)
{
	seed_gathers();
	seed_commands();
}
