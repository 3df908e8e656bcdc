/* SPDX-License-Identifier: MIT */
/*
 * Whole page tables in guest memory: what they map, what is wrong with them, how two of them differ.
 *
 * An inspection goes over the tables that a walker (iomt/walk.h) would walk, in the order of input
 * addresses, and gives one range or one finding a call:
 *
 *	while (!(err = iomt_inspect_range(&inspect, &range)))
 *		print(&range);
 *
 * IOMT_ENOENT then says that this was all.
 *
 * The tables are hostile, as for iomt_walk: no call crashes, hangs, or reads outside of the guest's
 * memory, and nothing is written there. Each entry is read once and whole. Where the guest changes
 * them meanwhile, each range and finding is true of the words that were read for it, and of no one
 * moment.
 *
 * How long it can take, and what the scratch memory is for: docs/inspecting.md.
 *
 * An inspection is used by one thread at a time; different ones have nothing in common.
 */
#ifndef IOMT_INSPECT_H
#define IOMT_INSPECT_H

#include <iomt/walk.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an inspection gives. */
enum iomt_inspect_kind {
	IOMT_INSPECT_RANGES,   /* for iomt_inspect_range and iomt_inspect_diff */
	IOMT_INSPECT_FINDINGS, /* for iomt_inspect_finding */
};

/* What is to be inspected, and at what cost. */
struct iomt_inspect_cfg {
	/* sizeof(struct iomt_inspect_cfg): the struct may grow. */
	size_t size;

	const struct iomt_walker *walker; /* must outlive the inspection */
	enum iomt_inspect_kind kind;	  /* which calls it is for */

	/*
	 * The input addresses whose ranges are wanted, both inclusive; those that the tables do not
	 * translate are left out, and those with a tag (IOMT_WALK_TOP_BYTE). Findings are of whole tables: 0 and UINT64_MAX.
	 */
	uint64_t first;
	uint64_t last;

	/* Entries that may be read: iomt_inspect.budget. */
	uint64_t budget;

	/*
	 * Where tables are remembered: 8 bytes for each, with about half as much again to find them
	 * fast; aligned to 8, of which the largest power of two is used. NULL and 0: none are.
	 */
	void *scratch;
	size_t scratch_bytes;
};

/* Input addresses that leaves of one size map one after the other, all with the same rights. */
struct iomt_inspect_range {
	uint64_t iova;	  /* first */
	uint64_t last;	  /* last, inclusive */
	uint64_t oa;	  /* output address of the first */
	uint32_t prot;	  /* what a user's request may do, as in struct iomt_walk_leaf */
	uint32_t priv;	  /* the same for a privileged request */
	uint8_t size_lg2; /* of each leaf or run, which the edges may cut */
	uint8_t level;	  /* of the leaves, 0 for the last */
	uint8_t type;	  /* as in struct iomt_walk_leaf */
};

/* What is wrong with an entry. */
enum iomt_finding_kind {
	/* walks that come to the entry end there */
	IOMT_FINDING_RESERVED = 1, /* reserved bits are set */
	IOMT_FINDING_LEVEL,    /* a leaf or a table that cannot be at this level, or of this size */
	IOMT_FINDING_OUTPUT,   /* Arm: an address beyond the output address size */
	IOMT_FINDING_ACCESSED, /* Arm: the access flag is clear, and hardware does not set it */
	IOMT_FINDING_MEMORY,   /* a table that is not in memory, or not whole */
	/* hardware need not mind, but this is not what was meant */
	IOMT_FINDING_MISALIGNED,  /* address bits below the leaf's size, or the table's */
	IOMT_FINDING_RUN,	  /* an entry does not fit the run that it or others say it is in */
	IOMT_FINDING_UNREACHABLE, /* no input address comes to this entry */
	IOMT_FINDING_LOOP,	  /* the table is one that the walk went through already */
	IOMT_FINDING_SHARED,	  /* the table was come to before, by another entry */
};

/* Something that is wrong with an entry. */
struct iomt_inspect_finding {
	uint64_t
		address; /* guest address of the entry; MEMORY: 0 where that is the walker's root */
	uint64_t entry;	 /* as it was read */
	uint64_t iova;	 /* the first input address that comes to it; UNREACHABLE: would come */
	uint64_t table;	 /* MEMORY, LOOP, SHARED: guest address of the table; else 0 */
	uint8_t kind;	 /* enum iomt_finding_kind */
	uint8_t level;	 /* of the entry, 0 for the last */
};

/* A table on the way to where an inspection is. Private. */
struct iomt_inspect_frame {
	uint64_t table;
	uint64_t v;   /* of its first slot */
	uint64_t all; /* of the table entries above: their AND, and their OR */
	uint64_t any;
	uint64_t address; /* of the entry that points here */
	uint64_t entry;
	uint64_t run;	  /* the leaf that began a run */
	uint32_t index;	  /* the next slot */
	uint32_t end;	  /* behind the last that input addresses come to */
	uint32_t slots;	  /* behind the last that is looked at */
	uint32_t run_end; /* behind the run's last slot */
	uint8_t level;
	bool whole;	 /* every slot is looked at */
	bool barren;	 /* there was no leaf below yet */
	bool missing;	 /* a word was not in memory, and that was said */
	bool run_broken; /* so was that the run does not fit */
};

/* An inspection, and where it is. */
struct iomt_inspect {
	/*
	 * How many entries may still be read: never more are. May be set anew between calls. It is
	 * also how callers interrupt a long inspection: with a small one, again and again.
	 */
	uint64_t budget;

	/*
	 * Some tables found no place in the scratch memory: SHARED may be missing for these, and
	 * what is below them may be looked at, and found, more than once.
	 */
	bool crowded;

	/* private */
	enum iomt_inspect_kind kind;
	const struct iomt_walker *walker;
	uint64_t first; /* of what is asked for, without the bits that all addresses have */
	uint64_t last;
	uint64_t *places;
	uint32_t places_lg2;
	uint32_t depth;
	struct iomt_inspect_frame frames[IOMT_PT_MAX_LEVELS];
	struct iomt_inspect_range pending; /* leaves that may go on */
	bool has_pending;
	uint32_t found; /* bit k: kind k, of the entry that was read last */
	struct iomt_inspect_finding at;
};

/*
 * Begins an inspection. Nothing is read from guest memory. There is nothing to give back; the scratch
 * memory is in use until the last call. IOMT_EINVAL, and *inspect is none: a size, a kind or no
 * walker, first > last, findings of less than everything, scratch that is not aligned.
 */
int iomt_inspect_init(struct iomt_inspect *inspect, const struct iomt_inspect_cfg *cfg);

/*
 * The next range. What a walk would fault for is in none, but for want of permissions: prot and priv
 * may be without READ, WRITE and EXEC.
 *
 * IOMT_ENOENT: there is none. IOMT_EAGAIN: the budget is used up, and all below
 * iomt_inspect_position was told of; with a new budget the calls go on there. A range is cut where a
 * budget ends. IOMT_EINVAL: the inspection is for findings. *range is unchanged on errors.
 */
int iomt_inspect_range(struct iomt_inspect *inspect, struct iomt_inspect_range *range);

/*
 * The next finding, in the order of tables; an entry may have several. Errors as for
 * iomt_inspect_range, IOMT_EAGAIN included.
 *
 * A table that is come to more than once is looked into once for each level that it is used at. So
 * no entry is reported twice at a level, and without IOMT_EAGAIN and crowded there is a finding for
 * every entry at which a walk can end in a RESERVED, OUTPUT, ACCESSED or TABLE fault (for the last,
 * the entry that points to the table).
 */
int iomt_inspect_finding(struct iomt_inspect *inspect, struct iomt_inspect_finding *finding);

/*
 * The input address that is looked at next, by which an inspection of the rest could begin.
 * IOMT_ENOENT, and *iova is unchanged: nothing is left.
 */
int iomt_inspect_position(const struct iomt_inspect *inspect, uint64_t *iova);

/* "reserved bits are set": a short text for a kind of finding, never NULL, whatever the number. */
const char *iomt_finding_text(unsigned kind);

/* iomt_inspect_difference.kinds: the first two alone, or any of the others. */
#define IOMT_DIFF_FIRST	 0x1u /* mapped in the first alone */
#define IOMT_DIFF_SECOND 0x2u /* mapped in the second alone */
#define IOMT_DIFF_OUTPUT 0x4u /* output addresses differ */
#define IOMT_DIFF_RIGHTS 0x8u /* bits of prot or priv differ that were asked about */

/* Input addresses where two tables differ alike. */
struct iomt_inspect_difference {
	uint32_t kinds; /* IOMT_DIFF_* */
	uint64_t iova;	/* first */
	uint64_t last;	/* inclusive */
	/* what maps them in each, from iova to last; all zeros where nothing does */
	struct iomt_inspect_range ranges[2];
};

/* A comparison of two tables. Private, but for its place in memory. */
struct iomt_inspect_diff {
	struct iomt_inspect *inspect[2];
	uint32_t rights;
	bool has[2];
	bool over[2];
	struct iomt_inspect_range ranges[2];
};

/*
 * Begins to compare what two fresh inspections for ranges give: of one format or two, in one guest or
 * two. Both are used up by that, and must stay where they are. rights: the bits of prot and priv
 * that are compared, such as IOMT_READ | IOMT_WRITE; others may have no meaning for both formats.
 * Leaf sizes and memory types are not compared. IOMT_EINVAL: the two are one, or one is for findings.
 */
int iomt_inspect_diff_init(struct iomt_inspect_diff *diff, struct iomt_inspect *first,
			   struct iomt_inspect *second, uint32_t rights);

/*
 * The next difference. IOMT_ENOENT: there is none. IOMT_EAGAIN: a budget is used up; give it a new one
 * and go on. *difference is unchanged on errors.
 */
int iomt_inspect_diff_next(struct iomt_inspect_diff *diff,
			   struct iomt_inspect_difference *difference);

#ifdef __cplusplus
}
#endif
#endif
