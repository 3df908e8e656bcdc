/* SPDX-License-Identifier: MIT */
/* What the system says of memory, read without the library. */
#ifndef TESTS_HOSTED_MEMORY_MAP_H
#define TESTS_HOSTED_MEMORY_MAP_H

#include <stdint.h>

/* A figure of a file of lines "name: number", in its units; -1 when there is none. */
int64_t file_figure(const char *path, const char *name);

/* A figure (KiB) of the mapping in /proc/self/smaps that holds an address; -1 when there is none. */
int64_t map_figure(const void *address, const char *name);

#endif
