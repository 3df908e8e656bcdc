/* SPDX-License-Identifier: MIT */
/*
 * Where the bytes of one address space are in another: guest memory in a core, a core in a flattened file.
 * Pieces are added in any order; settling makes each address belong to one of them.
 */
#ifndef IOMT_TOOL_PIECES_H
#define IOMT_TOOL_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIECE_ZEROS UINT64_MAX /* at: the bytes are zeros, and stored nowhere */

struct piece {
	uint64_t first, last; /* inclusive */
	uint64_t at;	      /* where the first byte is */
};

struct pieces {
	struct piece *list;
	size_t count, room;
	size_t recent; /* the one that was found last */
};

/* False: no memory. */
bool pieces_add(struct pieces *pieces, uint64_t first, uint64_t last, uint64_t at);

/* Where pieces overlap, the one that was added first counts, or the last. False: no memory. */
bool pieces_settle(struct pieces *pieces, bool last_counts);

/* After that: the piece of an address, or the first one behind it, or NULL. */
const struct piece *pieces_from(struct pieces *pieces, uint64_t address);

void pieces_free(struct pieces *pieces);

#endif
