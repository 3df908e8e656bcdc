/* SPDX-License-Identifier: MIT */
#include "play.h"
#include "test.h"

static void five_levels(void)
{
	play(5, 600);
}

TEST_SUITE(silicon_la57, TEST(five_levels));
