/* SPDX-License-Identifier: MIT */
/* Inputs of the target flush: a head, then steps. Any bytes are valid. */
#ifndef FUZZ_FLUSH_INPUT_H
#define FUZZ_FLUSH_INPUT_H

#include <stdint.h>

struct flush_head {
	uint8_t kind;	    /* of the table */
	uint8_t rings;	    /* of the two units: low and high half */
	uint8_t ring_lg2;   /* 2 to 6 */
	uint8_t policy;	    /* bit 7: exact; the rest, how many commands */
	uint8_t entries[4]; /* of each queue: 0, or 2^n up to 128 */
};

enum flush_op {
	FLUSH_MAP,
	FLUSH_UNMAP,
	FLUSH_TRIM, /* and unmap */
	FLUSH_ACCESS,
	FLUSH_TICK,
	FLUSH_TIME,
	FLUSH_COMPLETE, /* hardware works off its ring */
	FLUSH_NOW,
	FLUSH_ATTACH,
	FLUSH_DETACH,
	FLUSH_HANG,
	FLUSH_REFUSE,
	FLUSH_EXHAUST,
	FLUSH_OPS,
};

struct flush_step {
	uint8_t op; /* enum flush_op, in the low four bits; the queue above them */
	uint8_t page;
	uint8_t count;
	uint8_t value;
};

#endif
