/* SPDX-License-Identifier: MIT */
#include "decode.h"
#include <string.h>

_Static_assert(sizeof(struct header) == 4 && sizeof(struct record) == 12, "bytes only");

#define MOST_KINDS 256

/* Whether tables of the kind can lie where PROVIDER_HIGH has its memory. Found out once. */
static bool reaches_high(const struct kind *kind)
{
	static uint8_t known[MOST_KINDS];
	uint8_t *oa_bits = &known[kind - kinds];

	if (!*oa_bits) {
		static struct table table;
		struct iomt_pt_hw hw;

		table_open(&table, kind, PROVIDER_LINEAR);
		iomt_pt_hw(&table.pt, &hw);
		table_close(&table);
		*oa_bits = hw.oa_bits;
	}
	return *oa_bits == 52;
}

static enum provider_kind pick_provider(const struct kind *kind, uint8_t byte)
{
	static const enum provider_kind providers[8] = {
		PROVIDER_LINEAR,     PROVIDER_FUNCTIONS, PROVIDER_INCOHERENT, PROVIDER_HIGH,
		PROVIDER_INCOHERENT, PROVIDER_LINEAR,	 PROVIDER_LOW,	      PROVIDER_LINEAR,
	};
	enum provider_kind provider = providers[byte & 7];

	if (provider == PROVIDER_HIGH && !reaches_high(kind))
		return PROVIDER_LINEAR;
	return provider;
}

void script_decode(const uint8_t *data, size_t size, struct script *script)
{
	const size_t header = sizeof(script->header);

	*script = (struct script){.records = NULL};
	memcpy(&script->header, data, size < header ? size : header);
	script->kind = &kinds[script->header.kind % kind_count];
	script->provider = pick_provider(script->kind, script->header.provider);
	if (size < header)
		return;
	script->records = (const struct record *)(data + header);
	script->count = (size - header) / sizeof(struct record);
	if (script->count > MAX_RECORDS)
		script->count = MAX_RECORDS;
}

enum ending header_ending(const struct header *header)
{
	static const uint8_t endings[16] = {
		[11] = ENDING_UNMAP,   [12] = ENDING_UNMAP,  [13] = ENDING_TRIM,
		[14] = ENDING_DESTROY, [15] = ENDING_SEARCH,
	};

	return (enum ending)endings[header->place >> 4];
}

enum operation record_operation(const struct record *record)
{
	/* by how much there is to find behind each */
	static const uint8_t operations[16] = {
		OP_MAP,	    OP_MAP_SG, OP_UNMAP, OP_PROTECT, OP_DIRTY, OP_WRITE,
		OP_RESERVE, OP_TRIM,   OP_NEXT,	 OP_MAP,     OP_MAP,   OP_UNMAP,
		OP_UNMAP,   OP_MAP_SG, OP_WRITE, OP_PROTECT,
	};

	return (enum operation)operations[record->operation % 16];
}
