/* SPDX-License-Identifier: MIT */
/* What builds with IOMT_DEBUG look for (iomt/debug.h). In others, nothing is left of it. */
#ifndef ENTRY_DEBUG_H
#define ENTRY_DEBUG_H

#include <iomt/debug.h>
#include <iomt/mem.h>

#ifdef IOMT_DEBUG

void iomt_debug_broken(enum iomt_rule rule, const void *where);

/* An entry of a table of ours, as it was read. */
#define DEBUG_ENTRY(entry, where)                                             \
	do {                                                                  \
		if (__builtin_expect((entry) == IOMT_DEBUG_POISON, 0))        \
			iomt_debug_broken(IOMT_RULE_RELEASED_EARLY, (where)); \
	} while (0)

/* Poisons what is about to be given back. False when it was already. */
bool iomt_debug_poison(void *table, size_t bytes);

/* The first value of a count that no other page table has had. */
uint64_t iomt_debug_generation(void);

#define DEBUG_GENERATION_SHIFT 40 /* below it, the count */

/* A range of a page table that a call writes to, until it ends; NULL: none. */
struct debug_claim {
	struct debug_writer *writer;
};

struct debug_claim iomt_debug_claim(const void *pt, uint64_t first, uint64_t length);
void iomt_debug_unclaim(struct debug_claim *claim);

#define DEBUG_CLAIM(pt, first, length)                                          \
	struct debug_claim claim __attribute__((cleanup(iomt_debug_unclaim))) = \
		iomt_debug_claim(pt, first, length)

#else

static inline bool iomt_debug_poison(void *table, size_t bytes)
{
	(void)table;
	(void)bytes;
	return true;
}

#define DEBUG_ENTRY(entry, where)      ((void)0)
#define DEBUG_CLAIM(pt, first, length) ((void)0)

#endif
#endif
