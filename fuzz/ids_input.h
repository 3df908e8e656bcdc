/* SPDX-License-Identifier: MIT */
/* The bytes of an input of the target "ids": a header and records. Any bytes are valid. */
#ifndef FUZZ_IDS_INPUT_H
#define FUZZ_IDS_INPUT_H

#include <stdint.h>

struct ids_header {
	uint8_t bits; /* less 1 */
	uint8_t flags;
};

struct ids_record {
	uint8_t operation;
	uint8_t fail;	/* which allocation of the call; 0: none */
	uint8_t beyond; /* the id lies beyond the space */
	uint8_t unused;
	uint16_t min, max; /* or the id, in min */
	uint16_t last;
};

#endif
