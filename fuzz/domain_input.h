/* SPDX-License-Identifier: MIT */
/*
 * The bytes of an input of the target "domain": a header, then a byte for each thing that is drawn, of
 * what there is and of calls. Any bytes are valid.
 */
#ifndef FUZZ_DOMAIN_INPUT_H
#define FUZZ_DOMAIN_INPUT_H

#include <stdint.h>

struct domain_header {
	uint8_t kind; /* of the first unit */
	uint8_t unused;
	uint16_t seed; /* of what hardware and devices do meanwhile */
};

#endif
