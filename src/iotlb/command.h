/* SPDX-License-Identifier: MIT */
/* What encoders and decoders of the vendors share. */
#ifndef IOTLB_COMMAND_H
#define IOTLB_COMMAND_H

#include <iomt/cmd.h>
#include <iomt/plan.h>

#define PAGE_LG2   12
#define PAGE_MASK  0xfffULL
#define PASID_BITS 20

static inline uint64_t cmd_bits(uint64_t word, unsigned high, unsigned low)
{
	return word >> low & (~0ULL >> (63 - (high - low)));
}

static inline bool cmd_is_pasid(uint32_t pasid)
{
	return !(pasid >> PASID_BITS);
}

/* A PASID where "wanted", and none otherwise: one without its flag would be dropped in silence. */
static inline bool cmd_takes_pasid(bool wanted, uint32_t pasid)
{
	return wanted ? cmd_is_pasid(pasid) : !pasid;
}

/* One command into the array. */
static inline int cmd_put(struct iomt_cmd *cmds, size_t n, uint64_t low, uint64_t high)
{
	if (!n)
		return IOMT_ENOSPC;
	cmds[0].word[0] = low;
	cmds[0].word[1] = high;
	return 1;
}

/*
 * A range as PCIe ATS, AMD, VT-d's device TLBs and RISC-V write it (PCIe, 10.3.1): the lowest bit
 * from 12 on that is clear tells the size, half of which it is. The S bit is the caller's.
 */
static inline uint64_t cmd_range(uint64_t first, unsigned size_lg2)
{
	return (first | ((1ULL << (size_lg2 - 1)) - 1)) & ~PAGE_MASK;
}

static inline bool cmd_range_s(unsigned size_lg2)
{
	return size_lg2 > PAGE_LG2;
}

/* False for what has no size. */
static inline bool cmd_decode_range(uint64_t address, bool s, struct iomt_inv *inv)
{
	uint64_t low = PAGE_MASK, clear = ~(address | PAGE_MASK);

	if (s && !clear)
		return false;
	if (s)
		low = (2ULL << __builtin_ctzll(clear)) - 1;
	inv->first = address & ~low;
	inv->last = address | low;
	inv->flags |= IOMT_INV_BY_ADDRESS;
	return true;
}

/* Covers of a command in the form of cmd_range. */
static inline struct iomt_plan_rules cmd_range_rules(void)
{
	return (struct iomt_plan_rules){.unit_lg2 = PAGE_LG2, .scale_max = 64 - PAGE_LG2};
}

/* A gather that tells of no leaf either was filled by hand, and may be of anything. */
static inline bool cmd_tables_changed(const struct iomt_gather *gather)
{
	return gather->table_levels || !gather->leaf_sizes;
}

/*
 * Hardware without ranges takes one address a command, which drops every entry on the way to it:
 * steps of the smallest leaf, or of what the lowest table entry maps, meet all. Of a run hardware
 * may keep each entry, so that it is stepped through by the entries of its level.
 */
static inline unsigned cmd_step_lg2(const struct iomt_gather *gather, unsigned granule_lg2)
{
	unsigned index_lg2 = granule_lg2 - 3, step = 63, leaf;

	if (gather->table_levels)
		step = granule_lg2 + index_lg2 * (unsigned)__builtin_ctz(gather->table_levels);
	if (gather->leaf_sizes) {
		leaf = (unsigned)__builtin_ctzll(gather->leaf_sizes);
		leaf = leaf > granule_lg2 ? leaf - (leaf - granule_lg2) % index_lg2 : granule_lg2;
		step = leaf < step ? leaf : step;
	} else if (!gather->table_levels) {
		step = granule_lg2;
	}
	return step < 63 ? step : 63;
}

/* Everything instead of what a policy wants, unless it is none: that is for the planner to refuse. */
static inline void cmd_want_all(struct iomt_plan_policy *policy)
{
	if ((unsigned)policy->kind <= IOMT_PLAN_COST && policy->most)
		policy->kind = IOMT_PLAN_ALL;
}

/* One cover as a command, with what the call is about behind "ctx"; entries written. */
typedef int (*cmd_encoder)(const void *ctx, const struct iomt_cover *cover, bool leaves,
			   struct iomt_cmd *cmd);

/* All covers of a gather as commands of "entries" entries each. Inline, so that "encode" is too. */
__attribute__((always_inline)) static inline int
cmd_gather(const struct iomt_gather *gather, const struct iomt_plan_rules *rules,
	   const struct iomt_plan_policy *policy, cmd_encoder encode, const void *ctx,
	   unsigned entries, struct iomt_cmd *cmds, size_t n)
{
	struct iomt_cover cover;
	struct iomt_plan plan;
	int count = iomt_plan_init(&plan, gather, rules, policy), written = 0;

	if (count < 0)
		return count;
	if ((size_t)count * entries > n)
		return IOMT_ENOSPC;
	while (iomt_plan_next(&plan, &cover))
		written += encode(ctx, &cover, !cmd_tables_changed(gather), &cmds[written]);
	return written;
}

#endif
