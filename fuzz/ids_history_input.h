/* SPDX-License-Identifier: MIT */
/*
 * The bytes of an input of the target "ids_history": what is called, then lots, of a byte each.
 * When those are used up, a number takes their place that each draw changes.
 */
#ifndef FUZZ_IDS_HISTORY_INPUT_H
#define FUZZ_IDS_HISTORY_INPUT_H

#include <stdint.h>

#define HISTORY_INPUT_CALLS 24u

struct history_input {
	uint8_t base;	  /* which edge the ids lie on */
	uint8_t crowded;  /* all other ids are reserved */
	uint8_t taken;	  /* bit i: id i is allocated before */
	uint8_t patience; /* less 1 */
	uint32_t seed;	  /* of what follows the lots */
	struct {
		uint8_t op;
		uint8_t ids; /* two of two bits */
	} calls[HISTORY_INPUT_CALLS];
};

#endif
