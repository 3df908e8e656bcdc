/* SPDX-License-Identifier: MIT */
/*
 * The criterion runner. Parameters are indices: criterion copies them to another process, where
 * pointers would mean nothing. A run that executed fewer tests than the suite has is a failure,
 * which criterion itself does not say of a filter that matches nothing.
 */
#include "test.h"
#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <criterion/parameterized.h>
#include <stdarg.h>
#include <stdio.h>

static size_t executed;

void test_fail(const char *file, int line, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	cr_assert_fail("%s:%d: %s", file, line, text);
	__builtin_unreachable();
}

ParameterizedTestParameters(suite, cases)
{
	static size_t indices[256];

	for (size_t i = 0; i < test_count; i++)
		indices[i] = i;
	return cr_make_param_array(size_t, indices, test_count);
}

ParameterizedTest(size_t *index, suite, cases)
{
	cr_log_info("%s: %s", test_suite, test_cases[*index].name);
	test_cases[*index].run();
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
	executed = stats->tests_passed + stats->tests_failed;
}

int main(int argc, char **argv)
{
	struct criterion_test_set *tests = criterion_initialize();
	int result = 0;

	if (criterion_handle_args(argc, argv, true))
		result = !criterion_run_all_tests(tests);
	criterion_finalize(tests);
	if (executed != test_count) {
		fprintf(stderr, "%s: %zu of %zu tests ran\n", test_suite, executed, test_count);
		return 1;
	}
	return result;
}
