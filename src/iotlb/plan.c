/* SPDX-License-Identifier: MIT */
/*
 * Aligned covers: the smallest aligned block that holds a range has a middle that no smaller block
 * crosses. What lies below it, counted downwards in units, and what lies above, counted upwards,
 * are two numbers whose binary digits are the blocks of the exact cover. To use fewer blocks is to
 * round such a number up until it has fewer digits.
 *
 * Ranges with a multiplier need no middle: one command takes the five leading digits of the length,
 * and a second one the rest, laid so that it ends where the range ends and reaches back over the
 * first.
 */
#include <iomt/plan.h>

#define NUM_BITS  5 /* a multiplier is 1 to 2^NUM_BITS */
#define COST_MOST 8

/* Covers: "left" units from "at" on, "right" units after them. Count 0: there are none. */
struct choice {
	uint64_t at;
	uint64_t left;
	uint64_t right;
	uint64_t count;
};

/* A range in units, both ends included. */
struct range {
	uint64_t first;
	uint64_t last;
	unsigned scale_max;
	unsigned unit_lg2;
	bool num;
};

static unsigned width(uint64_t value)
{
	return value ? 64 - (unsigned)__builtin_clzll(value) : 0;
}

static uint64_t top_bit(uint64_t value)
{
	return 1ULL << (width(value) - 1);
}

/* Not the builtin: it calls a library where the processor has no such instruction. */
static unsigned ones(uint64_t value)
{
	unsigned count = 0;

	for (; value; value &= value - 1)
		count++;
	return count;
}

/* How many aligned blocks make up so many units, counted from a boundary. */
static uint64_t blocks(uint64_t units, unsigned scale_max)
{
	return (units >> scale_max) + ones(units & ((1ULL << scale_max) - 1));
}

/* The fewest units, at least so many, that "most" blocks make up; 0 where none do. */
static uint64_t round_up(uint64_t units, unsigned scale_max, uint64_t most)
{
	uint64_t rest = units & ((1ULL << scale_max) - 1), bit = 0;

	if (units >> scale_max > most)
		return 0;
	most -= units >> scale_max;
	for (; rest && most; most--) {
		bit = top_bit(rest);
		rest ^= bit;
	}
	if (!rest)
		return units;
	return bit ? units - rest + bit : 0;
}

/* Fewer units, or as many in fewer blocks. */
static bool better(const struct choice *a, const struct choice *b, unsigned max)
{
	uint64_t units = a->left + a->right, known = b->left + b->right;

	if (!b->left || units != known)
		return !b->left || units < known;
	return blocks(a->left, max) + blocks(a->right, max) <
	       blocks(b->left, max) + blocks(b->right, max);
}

static struct choice aligned_covers(const struct range *range, uint64_t most)
{
	unsigned scale = width(range->first ^ range->last), max = range->scale_max;
	struct choice one = {range->first >> scale << scale, 0, 1ULL << scale, scale <= max};
	uint64_t half, middle, below, above;
	struct choice best = {0, 0, 0, 0};

	if (most == 1 || !scale)
		return one;
	half = 1ULL << (scale - 1);
	middle = range->last & ~(half - 1);
	below = middle - range->first;
	above = range->last - middle + 1;
	if (blocks(below, max) + blocks(above, max) <= most) {
		best.left = below;
		best.right = above;
	} else {
		for (uint64_t share = 1; share < most; share++) {
			struct choice choice = {0, round_up(below, max, share),
						round_up(above, max, most - share), 0};

			if (choice.left && choice.right && better(&choice, &best, max))
				best = choice;
		}
	}
	if (one.count && (!best.left || (best.left == half && best.right == half)))
		return one;
	best.at = middle - best.left;
	if (best.left)
		best.count = blocks(best.left, max) + blocks(best.right, max);
	return best;
}

/* The next length, at least so many units, that one range with a multiplier has. */
static uint64_t round_up_num(uint64_t units)
{
	unsigned bits = width(units);
	uint64_t low = bits > NUM_BITS ? (1ULL << (bits - NUM_BITS)) - 1 : 0;

	return (units + low) & ~low;
}

static struct choice num_covers(const struct range *range, uint64_t most)
{
	uint64_t units = range->last - range->first + 1, rounded = round_up_num(units);
	uint64_t top = 1ULL << (64 - range->unit_lg2), at = range->first;
	unsigned cap_lg2 = range->scale_max + NUM_BITS;

	if (units > 1ULL << cap_lg2) {
		uint64_t count = ((units - 1) >> cap_lg2) + 1;

		return (struct choice){at, 0, units, count <= most ? count : 0};
	}
	if (rounded == units || most > 1)
		return (struct choice){at, 0, units, rounded == units ? 1 : 2};
	if (rounded > top - at)
		at = top - rounded;
	return (struct choice){at, 0, rounded, 1};
}

static struct choice covers(const struct range *range, uint64_t most)
{
	return range->num ? num_covers(range, most) : aligned_covers(range, most);
}

static uint64_t in_vain(const struct range *range, const struct choice *choice)
{
	return choice->left + choice->right - (range->last - range->first + 1);
}

/* The cheapest choice; count 0 when everything is. */
static struct choice cheapest(const struct range *range, const struct iomt_plan_policy *policy,
			      uint64_t leaf_sizes)
{
	unsigned leaf_lg2 = leaf_sizes ? (unsigned)__builtin_ctzll(leaf_sizes) : 0;
	unsigned shift = leaf_lg2 > range->unit_lg2 ? leaf_lg2 - range->unit_lg2 : 0;
	uint64_t limit = policy->entries;
	uint64_t least = policy->command_ns + policy->entry_ns * limit;
	struct choice best = {0, 0, 0, 0};

	for (unsigned most = 1; most <= COST_MOST + 1 && most <= policy->most; most++) {
		struct choice choice = covers(range, most <= COST_MOST ? most : policy->most);
		uint64_t vain, cost;

		if (!choice.count)
			continue;
		vain = in_vain(range, &choice) >> shift;
		/* "least" fits into a word: what does not is dearer */
		if (!__builtin_add_overflow(choice.count * policy->command_ns,
					    policy->entry_ns * (vain < limit ? vain : limit),
					    &cost) &&
		    (cost < least || (cost == least && !best.count))) {
			least = cost;
			best = choice;
		}
		if (!vain)
			break;
	}
	return best;
}

static struct choice choose(const struct range *range, const struct iomt_plan_policy *policy,
			    uint64_t leaf_sizes)
{
	struct choice choice = {0, 0, 0, 0};

	switch (policy->kind) {
	case IOMT_PLAN_COVERS:
		return covers(range, policy->most);
	case IOMT_PLAN_EXACT:
		choice = covers(range, policy->most);
		if (choice.count && in_vain(range, &choice))
			choice.count = 0;
		return choice;
	case IOMT_PLAN_COST:
		return cheapest(range, policy, leaf_sizes);
	case IOMT_PLAN_ALL:
		break;
	}
	return choice;
}

/* Rounds a range out to a size that it could not hold otherwise. */
static void hold(uint64_t *first, uint64_t *last, uint64_t size)
{
	uint64_t up = (*first + (size - 1)) & ~(size - 1);

	if (up >= *first && up <= *last && *last - up >= size - 1)
		return;
	*first &= ~(size - 1);
	*last |= size - 1;
}

static bool valid(const struct iomt_plan_rules *rules, const struct iomt_plan_policy *policy)
{
	unsigned bits = rules->unit_lg2 + rules->scale_max + (rules->num ? NUM_BITS : 0);

	return rules->unit_lg2 && rules->unit_lg2 < 64 && bits <= 64 && policy->most &&
	       (unsigned)policy->kind <= IOMT_PLAN_COST;
}

/* Most ranges are one block, or are to become one. */
static bool one_block(struct iomt_plan *plan, uint64_t first, uint64_t last,
		      const struct iomt_plan_policy *policy)
{
	unsigned scale = width(first ^ last);
	bool exact = last - first == (1ULL << scale) - 1;

	if (plan->rules.num || scale > plan->rules.scale_max || policy->kind == IOMT_PLAN_ALL ||
	    !(exact || (policy->kind == IOMT_PLAN_COVERS && policy->most == 1)))
		return false;
	plan->at = first >> scale << scale;
	plan->right = 1ULL << scale;
	return true;
}

static int plan_range(struct iomt_plan *plan, uint64_t first, uint64_t last, uint64_t leaf_sizes,
		      const struct iomt_plan_policy *policy)
{
	struct range range = {first, last, plan->rules.scale_max, plan->rules.unit_lg2,
			      plan->rules.num};
	struct choice choice = choose(&range, policy, leaf_sizes);

	if (!choice.count) {
		plan->all = true;
		return 1;
	}
	plan->at = choice.at;
	plan->left = choice.left;
	plan->right = choice.right;
	return (int)choice.count;
}

int iomt_plan_init(struct iomt_plan *plan, const struct iomt_gather *gather,
		   const struct iomt_plan_rules *rules, const struct iomt_plan_policy *policy)
{
	uint64_t first = gather->first, last = gather->last, sizes = gather->leaf_sizes;

	if (!valid(rules, policy))
		return IOMT_EINVAL;
	*plan = (struct iomt_plan){.rules = *rules};
	if (first > last)
		return 0;
	if (rules->whole && sizes) {
		hold(&first, &last, top_bit(sizes));
		if (width(sizes) - 1 > rules->unit_lg2 + rules->scale_max) {
			plan->all = true;
			return 1;
		}
	}
	first >>= rules->unit_lg2;
	last >>= rules->unit_lg2;
	if (one_block(plan, first, last, policy))
		return 1;
	return plan_range(plan, first, last, sizes, policy);
}

static void cover_units(const struct iomt_plan *plan, struct iomt_cover *cover, uint64_t at,
			unsigned scale, uint64_t num)
{
	unsigned unit_lg2 = plan->rules.unit_lg2;

	cover->first = at << unit_lg2;
	cover->last = ((at + (num << scale)) << unit_lg2) - 1;
	cover->size_lg2 = (uint8_t)(unit_lg2 + scale);
	cover->num = (uint8_t)num;
}

/* A block of the part below the middle: the smallest first. And above it: the largest. */
static void next_aligned(struct iomt_plan *plan, struct iomt_cover *cover)
{
	unsigned scale, max = plan->rules.scale_max;

	if (plan->left)
		scale = (unsigned)__builtin_ctzll(plan->left);
	else
		scale = width(plan->right) - 1;
	scale = scale < max ? scale : max;
	cover_units(plan, cover, plan->at, scale, 1);
	plan->at += 1ULL << scale;
	if (plan->left)
		plan->left -= 1ULL << scale;
	else
		plan->right -= 1ULL << scale;
}

/* Where there is something to reach back over, what is left is rounded up. */
static void next_num(struct iomt_plan *plan, struct iomt_cover *cover)
{
	unsigned bits = width(plan->right), scale = bits > NUM_BITS ? bits - NUM_BITS : 0;
	uint64_t num, units, back = 0;

	scale = scale < plan->rules.scale_max ? scale : plan->rules.scale_max;
	num = plan->right >> scale;
	if (num >= 1ULL << NUM_BITS)
		num = 1ULL << NUM_BITS;
	else if (plan->begun && num << scale != plan->right)
		num++;
	units = num << scale;
	if (units > plan->right) {
		back = units - plan->right;
		units = plan->right;
	}
	cover_units(plan, cover, plan->at - back, scale, num);
	plan->begun = true;
	plan->at += units;
	plan->right -= units;
}

bool iomt_plan_next(struct iomt_plan *plan, struct iomt_cover *cover)
{
	if (plan->all) {
		*cover = (struct iomt_cover){0, UINT64_MAX, 64, 1};
		plan->all = false;
		return true;
	}
	if (!plan->left && !plan->right)
		return false;
	if (plan->rules.num)
		next_num(plan, cover);
	else
		next_aligned(plan, cover);
	return true;
}
