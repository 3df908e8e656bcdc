/* SPDX-License-Identifier: MIT */
/* A gather, somebody's hardware and a policy; and what must hold of the commands they give. */
#ifndef TESTS_MODEL_INVALIDATION_H
#define TESTS_MODEL_INVALIDATION_H

#include "commands.h"

/* Every kind of target. */
enum hardware {
	HARDWARE_AMD,
	HARDWARE_AMD_GUEST,
	HARDWARE_AMD_DEVICE,
	HARDWARE_VTD,
	HARDWARE_VTD_FIRST,
	HARDWARE_VTD_DEVICE,
	HARDWARE_VTD_DEVICE_PASID,
	HARDWARE_SMMU_STAGE_1,
	HARDWARE_SMMU_ANY_ASID,
	HARDWARE_SMMU_STAGE_2,
	HARDWARE_SMMU_EL2,
	HARDWARE_SMMU_DEVICE,
	HARDWARE_RISCV_HOST,
	HARDWARE_RISCV_GUEST,
	HARDWARE_RISCV_SECOND,
	HARDWARE_RISCV_DEVICE,
	HARDWARES,
};

/* Any bytes are a case. */
struct inv_case {
	uint64_t first;
	uint64_t last;
	uint64_t leaf_sizes;
	uint32_t command_ns;
	uint32_t entry_ns;
	uint32_t entries;
	uint32_t process;
	uint16_t table_levels;
	uint16_t domain;
	uint16_t most;
	uint8_t hardware;
	uint8_t policy;
	uint8_t flags;	  /* capabilities, by bits */
	uint8_t capacity; /* MAMV, or the granule */
	uint8_t room;	  /* 0: one entry too few */
	uint8_t spare;
};

/* Commands so far; tests and fuzzers tell how many they have seen. */
extern uint64_t inv_commands;

/* Encodes, decodes and compares; the test fails when something does not hold. */
void inv_check(const struct inv_case *given);

#endif
