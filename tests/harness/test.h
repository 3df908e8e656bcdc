/* SPDX-License-Identifier: MIT */
/*
 * Test bodies are plain functions; a suite is a table of them. Two runners take the table:
 * criterion for everyday use (run_criterion.c), and a plain main (run_plain.c) for what criterion
 * cannot do: the thread sanitizer, leak detection, valgrind.
 *
 * A check that fails ends its test.
 */
#ifndef TESTS_HARNESS_TEST_H
#define TESTS_HARNESS_TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test_case {
	const char *name;
	void (*run)(void);
};

/* Each suite defines these by TEST_SUITE(name, TEST(first), TEST(second), ...). */
extern const char test_suite[];
extern const struct test_case test_cases[];
extern const size_t test_count;

#define TEST(function)                             \
	{                                          \
		.name = #function, .run = function \
	}
#define TEST_SUITE(suite, ...)                               \
	const char test_suite[] = #suite;                    \
	const struct test_case test_cases[] = {__VA_ARGS__}; \
	const size_t test_count = sizeof(test_cases) / sizeof(test_cases[0])

/* Ends the running test as failed. Each runner has its own. */
void test_fail(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

#define CHECK_MSG(condition, ...)                                   \
	do {                                                        \
		if (!(condition))                                   \
			test_fail(__FILE__, __LINE__, __VA_ARGS__); \
	} while (0)

#define CHECK(condition) CHECK_MSG(condition, "%s", #condition)

/*
 * For threads that a test has started: a check that fails there must not leave by longjmp, as it was not
 * that thread that called setjmp.
 */
#define REQUIRE(condition)                                                              \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                        \
		}                                                                       \
	} while (0)

/* Two unsigned values of up to 64 bits. */
#define CHECK_EQ(actual, expected)                                                              \
	do {                                                                                    \
		uint64_t actual_ = (uint64_t)(actual), expected_ = (uint64_t)(expected);        \
		CHECK_MSG(actual_ == expected_,                                                 \
			  "%s is 0x%" PRIx64 " (%" PRIu64 "), not 0x%" PRIx64 " (%" PRIu64 ")", \
			  #actual, actual_, actual_, expected_, expected_);                     \
	} while (0)

/* Two ints: error codes. */
#define CHECK_INT(actual, expected)                                                               \
	do {                                                                                      \
		int actual_ = (actual), expected_ = (expected);                                   \
		CHECK_MSG(actual_ == expected_, "%s is %d, not %d", #actual, actual_, expected_); \
	} while (0)

#define CHECK_STR(actual, expected)                                                           \
	do {                                                                                  \
		const char *actual_ = (actual), *expected_ = (expected);                      \
		CHECK_MSG(actual_ && !strcmp(actual_, expected_), "%s is \"%s\", not \"%s\"", \
			  #actual, actual_ ? actual_ : "(null)", expected_);                  \
	} while (0)

#endif
