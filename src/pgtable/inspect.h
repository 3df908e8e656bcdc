/* SPDX-License-Identifier: MIT */
/*
 * Over whole guest tables, a slot at a time and depth first: what dumps and checks share. They are not
 * compiled for each format, as nobody waits for them.
 */
#ifndef PT_INSPECT_H
#define PT_INSPECT_H

#include "guest_walk.h"
#include <iomt/inspect.h>

/* A slot that was read. */
struct inspect_slot {
	struct iomt_inspect_frame
		*frame; /* its table; not valid after the next table was entered */
	u64 v;		/* the first input address that it translates */
	u64 address;
	u64 entry;
	u64 child; /* GUEST_TABLE: the table's address */
	unsigned index;
	unsigned level;
	unsigned
		judged; /* as guest_format.judge says; IOMT_WALK_FAULT_TABLE when it is not there */
};

PT_INLINE const struct guest_format *inspect_format(const struct iomt_inspect *it)
{
	return it->walker->format->facts;
}

/* An input address with the bits that all have. */
PT_INLINE u64 inspect_iova(const struct iomt_walker *w, u64 v)
{
	return ((v - w->va_base) & w->va_mask) + w->va_base;
}

/*
 * Reads the next slot: 0, IOMT_EAGAIN when the budget is used up, IOMT_ENOENT when all were read. Tables
 * that are done are left on the way, and remembered where they hold nothing.
 */
int pt_inspect_slot(struct iomt_inspect *it, struct inspect_slot *slot);

/* Goes on with the table that a slot points to, if any address that is asked for comes to it. */
void pt_inspect_enter(struct iomt_inspect *it, const struct inspect_slot *slot);

/*
 * The levels at which a table is remembered, as bits; NULL where there is no place for it. A place that
 * is new has none.
 */
u64 *pt_inspect_place(struct iomt_inspect *it, u64 table);

#define INSPECT_LEVELS 0x3fULL /* of what a place holds: the rest is the table's address */

#endif
