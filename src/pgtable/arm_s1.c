/* SPDX-License-Identifier: MIT */
/* The engine for arm_s1.h, once for each granule and layout. */
#include "arm_s1.h"
#include "entry.h"

PT_FORMAT_ENTRY(arm_s1_4k, arm_s1_4k);
PT_FORMAT_ENTRY(arm_s1_16k, arm_s1_16k);
PT_FORMAT_ENTRY(arm_s1_64k, arm_s1_64k);
PT_FORMAT_ENTRY(arm_s1_4k_lpa2, arm_s1_4k_lpa2);
PT_FORMAT_ENTRY(arm_s1_16k_lpa2, arm_s1_16k_lpa2);
