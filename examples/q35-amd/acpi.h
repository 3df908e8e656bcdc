/* SPDX-License-Identifier: MIT */
#ifndef Q35_ACPI_H
#define Q35_ACPI_H

#include <stdint.h>

/* Where the RSDP is, before anything is looked for. */
void acpi_open(uint64_t rsdp);

/* A table by its signature, "IVRS", with its length; NULL where there is none. */
const unsigned char *acpi_find(const char *signature, uint32_t *bytes);

/*
 * Where the next block of a list begins, as IVRS and DMAR have them: their length stands at byte 2. "bytes", the
 * table's length, where there is none.
 */
uint32_t acpi_next(const unsigned char *table, uint32_t bytes, uint32_t at);

/* Fields lie anywhere. */
uint16_t acpi_u16(const unsigned char *at);
uint32_t acpi_u32(const unsigned char *at);
uint64_t acpi_u64(const unsigned char *at);

#endif
