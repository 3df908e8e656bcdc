/* SPDX-License-Identifier: MIT */
/*
 * The planner: which pieces of an address space to invalidate for a gather.
 *
 * No hardware invalidates any range by one command. A piece that one command can name is a cover:
 * a naturally aligned power of two on most hardware, a multiple of one on SMMUv3. The planner turns
 * a gather into covers, as a policy says: fewer commands that drop more than was asked for, or more
 * commands that drop less. It knows no vendor; the calls of iomt/amd_cmd.h, vtd_cmd.h, smmu_cmd.h
 * and riscv_cmd.h use it, and most callers need nothing of this header but a policy:
 *
 *	struct iomt_plan_policy policy = iomt_plan_covers(2);
 *
 * All of this is pure computation: safe from any thread, and it never waits.
 */
#ifndef IOMT_PLAN_H
#define IOMT_PLAN_H

#include <iomt/gather.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * No plan of naturally aligned covers that are not limited in size needs more than this: an
 * array of so many commands is enough for iomt_plan_exact(IOMT_PLAN_MOST), whatever the range.
 */
#define IOMT_PLAN_MOST 104

/* The kinds of policies, as the functions below make them. */
enum iomt_plan_kind {
	IOMT_PLAN_COVERS, /* iomt_plan_covers */
	IOMT_PLAN_EXACT,  /* iomt_plan_exact */
	IOMT_PLAN_ALL,	  /* iomt_plan_all */
	IOMT_PLAN_COST,	  /* iomt_plan_cost */
};

/* What a caller prefers. Made by the functions below. */
struct iomt_plan_policy {
	enum iomt_plan_kind kind; /* which of these */
	uint16_t most;		  /* covers at most; never 0 */
	uint32_t command_ns;	  /* IOMT_PLAN_COST alone: see iomt_plan_cost */
	uint32_t entry_ns;	  /* the same */
	uint32_t entries;	  /* the same */
};

/*
 * At most "most" covers (at least 1) that drop as little as possible beyond the range; everything
 * where the hardware's covers are too small for that. One cover is what drivers do as a rule; two
 * drop a third more than asked for on average where one drops twice to four times as much.
 */
static inline struct iomt_plan_policy iomt_plan_covers(uint16_t most)
{
	struct iomt_plan_policy policy = {IOMT_PLAN_COVERS, most, 0, 0, 0};

	return policy;
}

/*
 * The range and nothing else by the fewest covers; everything where that takes more than "most". On
 * hardware whose commands name one page alone (SMMUv3 and RISC-V without ranges) most is the
 * number of pages above which dropping everything is cheaper.
 */
static inline struct iomt_plan_policy iomt_plan_exact(uint16_t most)
{
	struct iomt_plan_policy policy = {IOMT_PLAN_EXACT, most, 0, 0, 0};

	return policy;
}

/* Everything of the target, whatever was gathered. */
static inline struct iomt_plan_policy iomt_plan_all(void)
{
	struct iomt_plan_policy policy = {IOMT_PLAN_ALL, 1, 0, 0, 0};

	return policy;
}

/*
 * The cheapest of these: at most one to eight covers, at most "most" (which is exact, if most is
 * enough), everything. A command costs command_ns; an entry that is dropped in vain costs
 * entry_ns, which is what the walk costs that brings it back. The IOTLB holds "entries" entries at
 * most, so that no command drops more. Entries have the size of the smallest leaf gathered.
 */
static inline struct iomt_plan_policy iomt_plan_cost(uint32_t command_ns, uint32_t entry_ns,
						     uint32_t entries, uint16_t most)
{
	struct iomt_plan_policy policy = {IOMT_PLAN_COST, most, command_ns, entry_ns, entries};

	return policy;
}

/* What one command of some hardware can cover. */
struct iomt_plan_rules {
	/* Covers begin and end at multiples of 2^unit_lg2 bytes, 1 to 63. */
	uint8_t unit_lg2;

	/* A cover has at most 2^scale_max units, with num 32 times as many; at most 2^64 bytes. */
	uint8_t scale_max;

	/*
	 * False: a cover has 2^scale units, and begins at a multiple of its size. True: it has
	 * 1 to 32 times 2^scale units, and begins at any unit.
	 */
	bool num;

	/*
	 * A cached leaf goes only if one cover holds all of it: where none can, everything goes, and
	 * a range that cannot hold the largest leaf gathered is rounded out to it.
	 */
	bool whole;
};

/* A piece to invalidate: num times 2^size_lg2 bytes. Everything is {0, 2^64 - 1, 64, 1}. */
struct iomt_cover {
	uint64_t first;	  /* bytes */
	uint64_t last;	  /* inclusive */
	uint8_t size_lg2; /* log2 of bytes */
	uint8_t num;	  /* 1 to 32; 1 without iomt_plan_rules.num */
};

/* A plan under way. Private, but for its place in memory. */
struct iomt_plan {
	struct iomt_plan_rules rules;
	bool all;
	bool begun;
	uint64_t at;	/* in units: where the next cover begins */
	uint64_t left;	/* units to go up to a boundary that no cover crosses */
	uint64_t right; /* and from there on */
};

/*
 * Plans what to invalidate for the range and the leaf sizes of a gather. Returns how many covers
 * iomt_plan_next will give: 0 for a gather without a range, at most policy->most.
 * IOMT_EINVAL: a policy of no kind or with most 0, rules out of their ranges; *plan is unchanged.
 */
int iomt_plan_init(struct iomt_plan *plan, const struct iomt_gather *gather,
		   const struct iomt_plan_rules *rules, const struct iomt_plan_policy *policy);

/* The next cover, in order of addresses; false after the last. */
bool iomt_plan_next(struct iomt_plan *plan, struct iomt_cover *cover);

#ifdef __cplusplus
}
#endif
#endif
