/* SPDX-License-Identifier: MIT */
/* The bytes of an input of the target "pasid_table": a header and records. Any bytes are valid. */
#ifndef FUZZ_PASID_TABLE_INPUT_H
#define FUZZ_PASID_TABLE_INPUT_H

#include <stdint.h>

struct pasid_table_header {
	uint8_t kind; /* of tests/pasid/table_play.c */
	uint8_t provider;
};

struct pasid_table_record {
	uint8_t operation;
	uint8_t fail;  /* which allocation of the call; 0: none */
	uint8_t flags; /* 1: may break; 2: has a hook; 4: one field of the entry is spoilt */
	uint8_t spoilt;
	uint8_t first, last; /* slots; the PASID, in first */
	uint16_t value;	     /* what the entry is made of */
};

#endif
