/* SPDX-License-Identifier: MIT */
#ifndef VIRT_FDT_H
#define VIRT_FDT_H

#include <stdbool.h>
#include <stdint.h>

/* The device tree. False where there is none. */
bool fdt_open(uintptr_t blob);

/*
 * The property "wanted" of the first node whose list of strings "key" has "value":
 * fdt_find("compatible", "arm,pl011", "reg", &bytes). NULL where there is none.
 */
const unsigned char *fdt_find(const char *key, const char *value, const char *wanted,
			      uint32_t *bytes);

/* Cells are big-endian; addresses and lengths of the machine have two. */
uint32_t fdt_u32(const unsigned char *at);
uint64_t fdt_u64(const unsigned char *at);

#endif
