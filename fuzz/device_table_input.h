/* SPDX-License-Identifier: MIT */
/* The bytes of an input of the target "device_table": a header and records. Any bytes are valid. */
#ifndef FUZZ_DEVICE_TABLE_INPUT_H
#define FUZZ_DEVICE_TABLE_INPUT_H

#include <stdint.h>

struct device_table_header {
	uint8_t kind; /* of tests/domain/device_play.c, the small ones */
	uint8_t provider;
};

struct device_table_record {
	uint8_t operation;
	uint8_t fail;	     /* which allocation of the call; 0: none */
	uint8_t flags;	     /* 1: may break; 2: has a hook; 4: bits of the entry are turned over */
	uint8_t first, last; /* slots; the id, in first */
	uint8_t high;	     /* AMD: of the words about interrupts */
	uint16_t value;	     /* what the entry is made of */
};

#endif
