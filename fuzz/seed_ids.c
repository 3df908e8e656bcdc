/* SPDX-License-Identifier: MIT */
/* Calls on ids, as ids.c reads them. */
#include "ids_input.h"
#include "seed.h"
#include <stdio.h>

#define MOST 40u

enum { ALLOC, NEXT, AT, RESERVE, RELEASE, TEST_ONE, FREE };

/* An id in each way, then freed twice; ranges over the edges of words and parts; memory that fails. */
void seed_ids(void)
{
	static const uint8_t widths[] = {0, 4, 9, 11, 15, 19, 31};

	for (unsigned w = 0; w < 2 * sizeof(widths); w++) {
		struct {
			struct ids_header header;
			struct ids_record records[MOST];
		} input = {.header = {.bits = widths[w / 2], .flags = w % 2}};
		char name[16];

		for (unsigned i = 0; i < MOST; i++) {
			struct ids_record *record = &input.records[i];

			record->operation = (uint8_t)(i % 7);
			record->min = (uint16_t)(i / 7 * 1000);
			record->max = (uint16_t)(record->min + (i % 3) * 1023);
			record->last = record->min;
			record->fail = (uint8_t)(i % 4);
			record->beyond = i % 11 == 10;
		}
		snprintf(name, sizeof(name), "%u-%u", widths[w / 2] + 1u, w % 2);
		seed_write("ids", name, &input, sizeof(input));
	}
}
