/* SPDX-License-Identifier: MIT */
/* ACPI 6.5, 5.2.5 to 5.2.8: from the RSDP to a table. */
#include "acpi.h"
#include <stdbool.h>
#include <stddef.h>

#define RSDP_REVISION  15
#define RSDP_RSDT      16
#define RSDP_XSDT      24
#define TABLE_LENGTH   4
#define TABLE_CONTENTS 36
#define BLOCK_LENGTH   2

static const unsigned char *the_rsdp;

void acpi_open(uint64_t rsdp)
{
	the_rsdp = (const unsigned char *)(uintptr_t)rsdp;
}

uint16_t acpi_u16(const unsigned char *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t acpi_u32(const unsigned char *at)
{
	return acpi_u16(at) | (uint32_t)acpi_u16(at + 2) << 16;
}

uint64_t acpi_u64(const unsigned char *at)
{
	return acpi_u32(at) | (uint64_t)acpi_u32(at + 4) << 32;
}

const unsigned char *acpi_find(const char *signature, uint32_t *bytes)
{
	bool wide;
	const unsigned char *list;
	uint32_t step;

	if (!the_rsdp)
		return NULL;
	wide = the_rsdp[RSDP_REVISION] >= 2;
	list = (const unsigned char *)(uintptr_t)(wide ? acpi_u64(the_rsdp + RSDP_XSDT)
						       : acpi_u32(the_rsdp + RSDP_RSDT));
	step = wide ? 8 : 4;
	for (uint32_t at = TABLE_CONTENTS; at < acpi_u32(list + TABLE_LENGTH); at += step) {
		const unsigned char *table =
			(const unsigned char *)(uintptr_t)(wide ? acpi_u64(list + at)
								: acpi_u32(list + at));

		if (!__builtin_memcmp(table, signature, 4)) {
			*bytes = acpi_u32(table + TABLE_LENGTH);
			return table;
		}
	}
	return NULL;
}

uint32_t acpi_next(const unsigned char *table, uint32_t bytes, uint32_t at)
{
	uint32_t length = acpi_u16(table + at + BLOCK_LENGTH);

	return length && length < bytes - at ? at + length : bytes;
}
