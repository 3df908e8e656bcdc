/* SPDX-License-Identifier: MIT */
#ifndef BARE_PRINT_H
#define BARE_PRINT_H

#include <stdint.h>

/* Prints to the serial line: %s, %u (unsigned int), %x (unsigned int), %lx (uint64_t). */
__attribute__((format(printf, 1, 2))) void print(const char *format, ...);

#endif
