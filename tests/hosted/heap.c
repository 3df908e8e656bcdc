/* SPDX-License-Identifier: MIT */
/* The provider on the C library's heap. */
#include "provider_checks.h"
#include "test.h"
#include <iomt/hosted.h>

static const struct subject subject = {&iomt_mem_heap, NULL, NULL};

static void sizes(void)
{
	check_sizes(&subject);
}

static void mix(void)
{
	check_mix(&subject);
}

static void tables(void)
{
	check_tables(&subject);
}

TEST_SUITE(hosted_heap, TEST(sizes), TEST(mix), TEST(tables));
