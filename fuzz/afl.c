/* SPDX-License-Identifier: MIT */
/* A target for AFL++ in persistent mode: many inputs in one process, from shared memory. */
#include "target.h"
#include <unistd.h>

__AFL_FUZZ_INIT();

int main(void)
{
	unsigned char *input;

	__AFL_INIT();
	input = __AFL_FUZZ_TESTCASE_BUF;
	while (__AFL_LOOP(100000)) {
		size_t size = (size_t)__AFL_FUZZ_TESTCASE_LEN;

		LLVMFuzzerTestOneInput(input, size);
	}
	return 0;
}
