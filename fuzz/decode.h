/* SPDX-License-Identifier: MIT */
/*
 * From bytes to operations: a header, then records of one size. Any bytes are a valid script, and
 * a byte that changes changes one thing. What a record means depends on the table so far (aim.h).
 */
#ifndef FUZZ_DECODE_H
#define FUZZ_DECODE_H

#include "kinds.h"

struct header {
	uint8_t kind;	  /* index into kinds */
	uint8_t provider; /* low three bits; bits 7:3: the blocks of threads.c */
	uint8_t place;	  /* HEADER_NEGATIVE, and an ending in bits 7:4 */
	uint8_t more;	  /* HEADER_MORE_* */
};

#define HEADER_NEGATIVE 0x1u /* sign-extended tables: the upper half */

/* header.more */
#define HEADER_MORE_BELOW   0x01u /* threads.c: something is mapped before the threads begin */
#define HEADER_MORE_RELEASE 0x02u /* threads.c: gathers are released at once, not at the end */
#define HEADER_MORE_PATIENT 0x80u /* any ending, however large the top table is */

/*
 * How the table ends. What goes over all of a table takes longer than what happens to it before, so
 * that only some inputs do it; the statistics tell of leaks either way.
 */
enum ending {
	ENDING_LEAVE, /* the arena takes it back */
	ENDING_UNMAP,
	ENDING_TRIM, /* after unmap */
	ENDING_DESTROY,
	ENDING_SEARCH, /* for runs that should not be there, in all of the table */
};

enum ending header_ending(const struct header *header);

enum operation {
	OP_MAP,
	OP_MAP_SG, /* the records that follow are its segments */
	OP_UNMAP,
	OP_PROTECT,
	OP_DIRTY,
	OP_WRITE, /* by hardware */
	OP_RESERVE,
	OP_TRIM,
	OP_NEXT,
	OPERATIONS,
};

struct record {
	uint8_t operation; /* low half: see operations in decode.c; high half: exhaustion.c */
	uint8_t flags;	   /* RECORD_* and a spoil */
	uint8_t anchor;	   /* what the address is counted from */
	uint8_t at_shift;  /* also RECORD_CURSOR */
	uint8_t at[2];
	uint8_t length;
	uint8_t length_shift;
	uint8_t oa_mode;
	uint8_t oa_shift;
	uint8_t oa_at;
	uint8_t prot;
};

/* record.flags */
#define RECORD_GATHER	0x03u /* enum gather_mode */
#define RECORD_RELEASE	0x04u /* release the gather afterwards */
#define RECORD_KEEP	0x08u /* dirty: IOMT_DIRTY_KEEP; map, protect: prot as it is */
#define RECORD_SPOIL(f) ((f) >> 4)

/* record.at_shift: map and unmap go through the player's cursor */
#define RECORD_CURSOR 0x80u

enum gather_mode {
	GATHER_SYNC,
	GATHER_NONE,
	GATHER_NO_SYNC,
	GATHER_SYNC_TOO,
};

/* One argument that is wrong; below the first nothing is. */
enum spoil {
	SPOIL_IOVA = 10, /* not on the granule */
	SPOIL_OA,
	SPOIL_LENGTH,
	SPOIL_EMPTY, /* length 0 */
	SPOIL_FAR,   /* out of the address space */
	SPOIL_PROT,
};

#define MAX_RECORDS 256u

struct script {
	struct header header;
	const struct kind *kind;
	enum provider_kind provider;
	const struct record *records;
	size_t count;
};

/* What a short input lacks of its header is zero. The script points into the data. */
void script_decode(const uint8_t *data, size_t size, struct script *script);

enum operation record_operation(const struct record *record);

#endif
