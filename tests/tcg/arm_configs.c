/* SPDX-License-Identifier: MIT */
/* The tables that the Arm suite goes over. */
#include "arm_configs.h"
#include "test.h"

#define DIRTY IOMT_PT_DIRTY
#define UPPER IOMT_PT_TTBR1

/* clang-format off */
const struct arm_config arm_s1_configs[] = {
	{"s1_4k_48", &iomt_arm_s1_4k, false, 12, 0, 48, 48, 0, 0},
	{"s1_4k_40", &iomt_arm_s1_4k, false, 12, DIRTY, 40, 40, 0, 2},
	{"s1_4k_39", &iomt_arm_s1_4k, false, 12, DIRTY, 39, 44, 0, 1},
	{"s1_4k_33", &iomt_arm_s1_4k, false, 12, 0, 33, 36, 0, 0},
	{"s1_4k_30", &iomt_arm_s1_4k, false, 12, 0, 30, 32, 0, 2},
	{"s1_4k_25", &iomt_arm_s1_4k, false, 12, 0, 25, 42, 0, 2},
	{"s1_4k_48_upper", &iomt_arm_s1_4k, false, 12, UPPER, 48, 48, 0, 0},
	{"s1_4k_31_upper", &iomt_arm_s1_4k, false, 12, UPPER | DIRTY, 31, 40, 0, 2},
	{"s1_16k_48", &iomt_arm_s1_16k, false, 14, 0, 48, 48, 0, 0},
	{"s1_16k_47", &iomt_arm_s1_16k, false, 14, DIRTY, 47, 48, 0, 1},
	{"s1_16k_36", &iomt_arm_s1_16k, false, 14, 0, 36, 40, 0, 2},
	{"s1_16k_25", &iomt_arm_s1_16k, false, 14, 0, 25, 32, 0, 2},
	{"s1_16k_47_upper", &iomt_arm_s1_16k, false, 14, UPPER | DIRTY, 47, 48, 0, 2},
	{"s1_64k_48", &iomt_arm_s1_64k, false, 16, 0, 48, 48, 0, 0},
	{"s1_64k_42", &iomt_arm_s1_64k, false, 16, DIRTY, 42, 44, 0, 2},
	{"s1_64k_29", &iomt_arm_s1_64k, false, 16, 0, 29, 36, 0, 2},
	{"s1_64k_52", &iomt_arm_s1_64k, false, 16, 0, 52, 52, 0, 0},
	{"s1_64k_48_lpa", &iomt_arm_s1_64k, false, 16, DIRTY, 48, 52, 0, 2},
	{"s1_64k_52_upper", &iomt_arm_s1_64k, false, 16, UPPER, 52, 52, 0, 2},
	{"s1_4k_lpa2_52", &iomt_arm_s1_4k_lpa2, false, 12, 0, 52, 52, 0, 0},
	{"s1_4k_lpa2_49", &iomt_arm_s1_4k_lpa2, false, 12, DIRTY, 49, 52, 0, 2},
	{"s1_4k_lpa2_48", &iomt_arm_s1_4k_lpa2, false, 12, 0, 48, 48, 0, 2},
	{"s1_4k_lpa2_upper", &iomt_arm_s1_4k_lpa2, false, 12, UPPER | DIRTY, 52, 52, 0, 2},
	{"s1_16k_lpa2_52", &iomt_arm_s1_16k_lpa2, false, 14, DIRTY, 52, 52, 0, 0},
	{"s1_16k_lpa2_47", &iomt_arm_s1_16k_lpa2, false, 14, 0, 47, 48, 0, 2},
	{"s1_16k_lpa2_upper", &iomt_arm_s1_16k_lpa2, false, 14, UPPER, 52, 52, 0, 2},
};

/* Roots of 1, 2, 4, 8 and 16 tables; where 16 suffice, also the level more that holds them. */
const struct arm_config arm_s2_configs[] = {
	{"s2_4k_48", &iomt_arm_s2_4k, true, 12, 0, 48, 48, 0, 0},
	{"s2_4k_44", &iomt_arm_s2_4k, true, 12, DIRTY, 44, 44, 0, 2},
	{"s2_4k_43_x16", &iomt_arm_s2_4k, true, 12, 0, 43, 48, 3, 1},
	{"s2_4k_42_x8", &iomt_arm_s2_4k, true, 12, DIRTY, 42, 42, 0, 2},
	{"s2_4k_40_x2", &iomt_arm_s2_4k, true, 12, 0, 40, 40, 0, 0},
	{"s2_4k_40_four", &iomt_arm_s2_4k, true, 12, DIRTY, 40, 48, 4, 2},
	{"s2_4k_39", &iomt_arm_s2_4k, true, 12, 0, 39, 44, 0, 2},
	{"s2_4k_34_x16", &iomt_arm_s2_4k, true, 12, 0, 34, 36, 0, 2},
	{"s2_4k_32_x4", &iomt_arm_s2_4k, true, 12, DIRTY, 32, 32, 0, 2},
	{"s2_16k_48_x2", &iomt_arm_s2_16k, true, 14, 0, 48, 48, 0, 0},
	{"s2_16k_47", &iomt_arm_s2_16k, true, 14, DIRTY, 47, 48, 0, 1},
	{"s2_16k_40_x16", &iomt_arm_s2_16k, true, 14, 0, 40, 40, 0, 2},
	{"s2_16k_40_three", &iomt_arm_s2_16k, true, 14, 0, 40, 48, 3, 2},
	{"s2_16k_36", &iomt_arm_s2_16k, true, 14, DIRTY, 36, 36, 0, 2},
	{"s2_16k_28", &iomt_arm_s2_16k, true, 14, 0, 28, 32, 0, 2},
	{"s2_64k_48", &iomt_arm_s2_64k, true, 16, 0, 48, 48, 0, 0},
	{"s2_64k_46_x16", &iomt_arm_s2_64k, true, 16, DIRTY, 46, 48, 0, 2},
	{"s2_64k_44_x4", &iomt_arm_s2_64k, true, 16, 0, 44, 44, 0, 2},
	{"s2_64k_42", &iomt_arm_s2_64k, true, 16, 0, 42, 42, 0, 0},
	{"s2_64k_32_x8", &iomt_arm_s2_64k, true, 16, 0, 32, 36, 0, 2},
	{"s2_64k_52", &iomt_arm_s2_64k, true, 16, DIRTY, 52, 52, 0, 2},
	{"s2_64k_46_lpa", &iomt_arm_s2_64k, true, 16, 0, 46, 52, 0, 2},
	{"s2_4k_lpa2_52_x16", &iomt_arm_s2_4k_lpa2, true, 12, 0, 52, 52, 0, 0},
	{"s2_4k_lpa2_52_five", &iomt_arm_s2_4k_lpa2, true, 12, DIRTY, 52, 52, 5, 2},
	{"s2_4k_lpa2_48", &iomt_arm_s2_4k_lpa2, true, 12, 0, 48, 52, 0, 2},
	{"s2_16k_lpa2_52", &iomt_arm_s2_16k_lpa2, true, 14, 0, 52, 52, 0, 1},
	{"s2_16k_lpa2_49", &iomt_arm_s2_16k_lpa2, true, 14, DIRTY, 49, 52, 0, 2},
	{"s2_16k_lpa2_50", &iomt_arm_s2_16k_lpa2, true, 14, 0, 50, 52, 0, 2},
};
/* clang-format on */

const size_t arm_s1_count = sizeof(arm_s1_configs) / sizeof(arm_s1_configs[0]);
const size_t arm_s2_count = sizeof(arm_s2_configs) / sizeof(arm_s2_configs[0]);

const struct arm_config *arm_config_named(const char *name)
{
	for (size_t i = 0; i < arm_s1_count; i++) {
		if (!strcmp(arm_s1_configs[i].name, name))
			return &arm_s1_configs[i];
	}
	for (size_t i = 0; i < arm_s2_count; i++) {
		if (!strcmp(arm_s2_configs[i].name, name))
			return &arm_s2_configs[i];
	}
	test_fail(__FILE__, __LINE__, "no configuration %s", name);
}

static void over(struct machine *machine, const struct arm_config *configs, size_t count,
		 arm_case run)
{
	for (size_t i = 0; i < count; i++) {
		struct arm_table t;

		if (arm_lacks(machine, &configs[i]))
			continue;
		arm_open(&t, machine, &configs[i]);
		if (configs[i].stage2)
			arm_load(machine, NULL, NULL, &t);
		else if (configs[i].flags & IOMT_PT_TTBR1)
			arm_load(machine, NULL, &t, NULL);
		else
			arm_load(machine, &t, NULL, NULL);
		run(&t);
		arm_close(&t);
		CHECK_EQ(machine->pool.live, 0);
	}
}

void arm_over_all(arm_case run)
{
	struct machine *machine = arm_machine();

	if (!machine)
		return;
	over(machine, arm_s1_configs, arm_s1_count, run);
	over(machine, arm_s2_configs, arm_s2_count, run);
}
