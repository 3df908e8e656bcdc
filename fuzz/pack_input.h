/* SPDX-License-Identifier: MIT */
/* The bytes of an input of the target "pack": a header and records. Any bytes are valid. */
#ifndef FUZZ_PACK_INPUT_H
#define FUZZ_PACK_INPUT_H

#include <stdint.h>

enum pack_operation {
	PACK_SET,
	PACK_CLEAR,
	PACK_ADD,
	PACK_REMOVE,
	PACK_SET_ALL,
	PACK_FINISH, /* what was put off; "leaf", bit 0: and say so, bit 1: only say so */
	PACK_MERGE,
	PACK_ABORT,
	PACK_OPERATIONS
};

struct pack_header {
	uint8_t relation; /* and, from bit 1 on, whose the tables are and how they are cached */
	uint8_t merging, ids, hash;
	uint8_t gain, cost;
	uint16_t seed; /* of what the IOMMU and its devices do meanwhile */
};

struct pack_record {
	uint8_t operation;
	uint8_t device, key, leaf;
	uint8_t kind;	/* of a device that is added */
	uint8_t commit; /* bit 0: after this; bit 1: all of the plan */
	uint8_t fail;	/* which allocation; 0: none */
	uint8_t unused;
};

#endif
