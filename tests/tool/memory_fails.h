/* SPDX-License-Identifier: MIT */
/* Allocations of the command and of cJSON, and reads, that fail on demand: the linker puts these in between. */
#ifndef TESTS_TOOL_MEMORY_FAILS_H
#define TESTS_TOOL_MEMORY_FAILS_H

#include <stdbool.h>
#include <stdint.h>

/* The allocation after "n" others fails, once. */
void memory_fail(uint64_t n);

/* Whether it has; from here on none does. */
bool memory_failed(void);

/* The same of reads of files: from the one after "n" others on all fail, or say that nothing is left. */
void reads_fail(uint64_t n, bool empty);
bool reads_failed(void);

#endif
