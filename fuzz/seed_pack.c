/* SPDX-License-Identifier: MIT */
/* Transactions of a packer, as pack.c reads them. */
#include "pack_input.h"
#include "seed.h"
#include <stdio.h>

#define MOST 48u

/* Devices come, get a PASID together, lose it one by one, get another leaf, go. */
void seed_pack(void)
{
	for (unsigned w = 0; w < 24; w++) {
		struct {
			struct pack_header header;
			struct pack_record records[MOST];
		} input = {.header = {.relation = (uint8_t)(w % 2 ? 1 : w),
				      .merging = (uint8_t)(w / 2 % 3),
				      .ids = (uint8_t)(w / 6 ? 27 : 4),
				      .hash = (uint8_t)(w / 12),
				      .gain = 2,
				      .cost = 3,
				      .seed = (uint16_t)w}};
		char name[16];

		for (unsigned i = 0; i < MOST; i++) {
			static const uint8_t operations[] = {PACK_ADD, PACK_SET_ALL, PACK_CLEAR,
							     PACK_SET, PACK_REMOVE,  PACK_MERGE};
			struct pack_record *record = &input.records[i];

			record->operation = operations[i / 8];
			record->device = (uint8_t)i;
			record->key = (uint8_t)(i / 3);
			record->leaf = (uint8_t)(i % 2);
			record->kind = (uint8_t)(6 + i % 2 * 8 + w % 3 * 32);
			record->commit = (uint8_t)(i % 4);
			record->fail = i % 7 == 6;
		}
		snprintf(name, sizeof(name), "%u", w);
		seed_write("pack", name, &input, sizeof(input));
	}
}
