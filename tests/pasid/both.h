/* SPDX-License-Identifier: MIT */
/* Tests that run both ways: for one call at a time, and for calls that may overlap. */
#ifndef TESTS_PASID_BOTH_H
#define TESTS_PASID_BOTH_H

#include <iomt/ids.h>

static uint32_t flags; /* what the test at hand opens its ids, or its space, with */

#define BOTH(name)                       \
	static void name##_serial(void)  \
	{                                \
		flags = IOMT_IDS_SERIAL; \
		name();                  \
	}                                \
	static void name##_threads(void) \
	{                                \
		flags = 0;               \
		name();                  \
	}
#define BOTH_TESTS(name) TEST(name##_serial), TEST(name##_threads)

#endif
