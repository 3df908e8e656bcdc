/* SPDX-License-Identifier: MIT */
/* Calls on a software IOTLB, as tlb_play.c reads them. */
#include "seed.h"
#include "tlb_play.h"

enum { LOOK, INSERT, BEGIN, END, RANGE, PASID, DOMAIN, UNIT, ALL };

#define MOST 12

static void write(const char *what, const struct tlb_record *records, size_t count)
{
	struct {
		struct tlb_header header;
		struct tlb_record records[MOST];
	} input = {.header = {.entries = 8, .spaces = 4}};

	for (size_t i = 0; i < count; i++)
		input.records[i] = records[i];
	seed_write("tlb", what, &input, sizeof(input.header) + count * sizeof(records[0]));
}

/* One page, found and forgotten: by each kind of invalidation, and overtaken by it. */
static void each_invalidation(void)
{
	static const char *const names[] = {"range", "pasid", "domain", "unit", "all"};

	for (uint8_t kind = RANGE; kind <= ALL; kind++) {
		struct tlb_record page = {
			.operation = INSERT, .space = 0x55, .size = 12, .place = 48, .page = 3};
		struct tlb_record records[5];

		for (unsigned i = 0; i < 5; i++)
			records[i] = page;
		records[1].operation = kind;
		records[2].operation = BEGIN;
		records[3].operation = kind;
		records[4].operation = END;
		write(names[kind - RANGE], records, 5);
	}
}

/* Pages of each usual size at the top, and a byte that they all hold. */
static void sizes_at_the_top(void)
{
	struct tlb_record records[MOST];

	for (unsigned i = 0; i < MOST; i++)
		records[i] = (struct tlb_record){.operation = i < 10 ? INSERT : RANGE,
						 .space = 0xff,
						 .size = (uint8_t)(i < 9 ? 12 + 6 * i : 64),
						 .place = 3};
	write("top", records, MOST);
}

static void many_spaces(void)
{
	struct tlb_record records[MOST];

	for (unsigned i = 0; i < MOST; i++)
		records[i] = (struct tlb_record){.operation = i % 4 == 3 ? PASID : INSERT,
						 .space = (uint8_t)(i * 21),
						 .size = 21,
						 .place = 21 << 2,
						 .page = 1,
						 .length = i << 12};
	write("spaces", records, MOST);
}

void seed_tlb(void)
{
	each_invalidation();
	sizes_at_the_top();
	many_spaces();
}
