/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TCG_ARM_CONFIGS_H
#define TESTS_TCG_ARM_CONFIGS_H

#include "arm.h"

extern const struct arm_config arm_s1_configs[];
extern const struct arm_config arm_s2_configs[];
extern const size_t arm_s1_count;
extern const size_t arm_s2_count;

/* The configuration of this name; fails the test when there is none. */
const struct arm_config *arm_config_named(const char *name);

typedef void (*arm_case)(struct arm_table *table);

/* Runs a test over an empty table of every configuration that the machine can check, loaded. */
void arm_over_all(arm_case run);

#endif
