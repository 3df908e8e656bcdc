/* SPDX-License-Identifier: MIT */
#include "faults.h"
#include "test.h"

static void four_levels(void)
{
	play_faults(4);
}

TEST_SUITE(silicon_faults, TEST(four_levels));
