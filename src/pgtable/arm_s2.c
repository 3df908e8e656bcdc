/* SPDX-License-Identifier: MIT */
/* The engine for arm_s2.h, once for each granule and layout. */
#include "arm_s2.h"
#include "entry.h"

PT_FORMAT_ENTRY(arm_s2_4k, arm_s2_4k);
PT_FORMAT_ENTRY(arm_s2_16k, arm_s2_16k);
PT_FORMAT_ENTRY(arm_s2_64k, arm_s2_64k);
PT_FORMAT_ENTRY(arm_s2_4k_lpa2, arm_s2_4k_lpa2);
PT_FORMAT_ENTRY(arm_s2_16k_lpa2, arm_s2_16k_lpa2);
