/* SPDX-License-Identifier: MIT */
/* Calls on device tables, as device_table.c reads them. */
#include "device_table_input.h"
#include "seed.h"
#include <stdio.h>

#define KINDS 11u
#define MOST  32u

/* Each kind of table: entries that come, change in one word and in many, and go; memory that fails. */
void seed_device_table(void)
{
	static const uint8_t operations[] = {4, 4, 0, 5, 2, 6, 3, 7, 1};

	for (unsigned k = 0; k < KINDS; k++) {
		struct {
			struct device_table_header header;
			struct device_table_record records[MOST];
		} input = {.header = {.kind = (uint8_t)k, .provider = (uint8_t)(k % 3)}};
		char name[16];

		for (unsigned i = 0; i < MOST; i++) {
			struct device_table_record *record = &input.records[i];

			record->operation = operations[i % sizeof(operations)];
			record->fail = (uint8_t)(i % 5);
			record->flags = (uint8_t)(i % 7 == 6 ? 7 : i % 4);
			record->first = (uint8_t)(i / 3 * 5);
			record->last = (uint8_t)(47 - i);
			record->high = (uint8_t)(i / 9);
			record->value = (uint16_t)(i * 77);
		}
		snprintf(name, sizeof(name), "%u", k);
		seed_write("device_table", name, &input, sizeof(input));
	}
}
