/* SPDX-License-Identifier: MIT */
#include "play.h"
#include "test.h"

static void four_levels(void)
{
	play(4, 600);
}

TEST_SUITE(silicon, TEST(four_levels));
