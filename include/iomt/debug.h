/* SPDX-License-Identifier: MIT */
/*
 * A build that looks for broken rules: IOMT_DEBUG in CMake, or -DIOMT_DEBUG for all of the library's
 * sources. Its interface and its structures are those of other builds. It costs time in every call,
 * and nothing where it is off.
 *
 * Tables that are given back are filled with a word that no format writes, and that each reads as an
 * empty entry. A call that finds it has reached a table that is not the page table's any more, as long
 * as the provider leaves what it was given as it was.
 */
#ifndef IOMT_DEBUG_H
#define IOMT_DEBUG_H

#include <iomt/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What tables that were given back are filled with. */
#define IOMT_DEBUG_POISON 0x6b6b6b6b6b6b6b68ULL

/* Rules that callers can break, and where: what the address in a report is of. */
enum iomt_rule {
	/*
	 * A call has reached a table that was given back: its gather was released while the call was
	 * under way, or an entry still pointed there. Of the entry.
	 */
	IOMT_RULE_RELEASED_EARLY = 1,

	/* A gather holds a table that was given back already: it was copied, not moved. Of the table. */
	IOMT_RULE_RELEASED_TWICE,

	/* A table was added to a gather that had no room for it. It is lost. Of the gather. */
	IOMT_RULE_NO_ROOM,

	/* A call on a page table that was destroyed, or never made. Of the page table. */
	IOMT_RULE_DESTROYED,

	/* A cursor was used whose page table was destroyed and made anew. Of the cursor. */
	IOMT_RULE_OLD_CURSOR,

	/*
	 * Two calls that write were under way at once in ranges that overlap, or beside a destroy. Seen
	 * by the one that began later. Of the page table.
	 */
	IOMT_RULE_OVERLAP,
};

/*
 * From now on broken rules are reported there; NULL ends it. Without a report, the program ends by
 * __builtin_trap. "report" is called in the thread that noticed, in the middle of a call; where it
 * returns, that goes on as it does in other builds, but for tables that are there twice, which are
 * given back once. To be called while no thread uses the library.
 *
 * IOMT_EOPNOTSUPP: this is another build, and nothing will be reported.
 */
int iomt_debug_report(void (*report)(void *ctx, enum iomt_rule rule, const void *where), void *ctx);

/* A short English text for a rule, never NULL. Any value is allowed. Safe from any thread. */
const char *iomt_rule_text(enum iomt_rule rule);

#ifdef __cplusplus
}
#endif
#endif
