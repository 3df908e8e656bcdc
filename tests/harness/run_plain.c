/* SPDX-License-Identifier: MIT */
/*
 * The plain runner: [--fail-fast] [NAME ...], all tests of the suite, or those named; as Criterion's, it
 * ends with the first failure if told so. 1 when one failed, 2 when none ran.
 */
#include "test.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

static jmp_buf after_failure;

void test_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "%s:%d: ", file, line);
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	longjmp(after_failure, 1);
}

static bool wanted(const char *name, int count, char **names)
{
	for (int i = 0; i < count; i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return !count;
}

int main(int argc, char **argv)
{
	const int fail_fast = argc > 1 && !strcmp(argv[1], "--fail-fast"), first = 1 + fail_fast;
	volatile size_t passed = 0, failed = 0;

	for (volatile size_t i = 0; i < test_count; i++) {
		if (!wanted(test_cases[i].name, argc - first, argv + first))
			continue;
		if (setjmp(after_failure)) {
			fprintf(stderr, "FAILED %s: %s\n", test_suite, test_cases[i].name);
			failed++;
			if (fail_fast)
				break;
			continue;
		}
		test_cases[i].run();
		passed++;
	}
	printf("%s: %zu passed, %zu failed\n", test_suite, passed, failed);
	return failed ? 1 : passed ? 0 : 2;
}
