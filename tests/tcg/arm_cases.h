/* SPDX-License-Identifier: MIT */
/* Tests of the Arm suite that have files of their own. */
#ifndef TESTS_TCG_ARM_CASES_H
#define TESTS_TCG_ARM_CASES_H

#include "arm_configs.h"

void arm_random(void);
void arm_accesses(void);
void arm_dirty(void);
void arm_faults(void);
void arm_nested(void);

#endif
