/* SPDX-License-Identifier: MIT */
/* The bytes of an input of the target "repack": a header, then devices, each with its keys behind it. */
#ifndef FUZZ_REPACK_INPUT_H
#define FUZZ_REPACK_INPUT_H

#include <stdint.h>

#define REPACK_TIDY    0x1 /* keys are sorted first, those that cannot be are left out */
#define REPACK_PRESENT 0x2 /* devices have ids */

#define REPACK_GIOV 0x80 /* requests without a PASID are PASID 0 */

struct repack_header {
	uint8_t relation;
	uint8_t flags;
	uint8_t room; /* ids, less 1 */
	uint8_t enough;
	uint8_t id_cost, tag_cost, move_cost;
	uint8_t effort; /* its logarithm */
};

struct repack_record {
	uint8_t keys;
	uint8_t sends;
	uint8_t trust; /* and REPACK_GIOV */
	uint8_t fixed;
	uint8_t present;
};

struct repack_pair {
	uint8_t key; /* 255: without a PASID, 254: none at all */
	uint8_t leaf;
};

#endif
