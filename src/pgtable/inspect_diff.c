/* SPDX-License-Identifier: MIT */
/* How two tables differ: their ranges side by side, cut where either has an edge. */
#include "format.h"
#include <iomt/inspect.h>

int iomt_inspect_diff_init(struct iomt_inspect_diff *diff, struct iomt_inspect *first,
			   struct iomt_inspect *second, uint32_t rights)
{
	if (first == second || first->kind != IOMT_INSPECT_RANGES ||
	    second->kind != IOMT_INSPECT_RANGES)
		return IOMT_EINVAL;
	*diff = (struct iomt_inspect_diff){.inspect = {first, second}, .rights = rights};
	return 0;
}

/* Sees to it that each side has a range, or is over. */
static int fetch(struct iomt_inspect_diff *diff)
{
	for (unsigned i = 0; i < 2; i++) {
		int err;

		if (diff->has[i] || diff->over[i])
			continue;
		err = iomt_inspect_range(diff->inspect[i], &diff->ranges[i]);
		if (err && err != IOMT_ENOENT)
			return err;
		diff->has[i] = !err;
		diff->over[i] = err;
	}
	return diff->has[0] || diff->has[1] ? 0 : IOMT_ENOENT;
}

/* Takes what a side maps up to "last" off its range. */
static void take(struct iomt_inspect_diff *diff, unsigned side, u64 last,
		 struct iomt_inspect_range *taken)
{
	struct iomt_inspect_range *range = &diff->ranges[side];

	*taken = *range;
	taken->last = last;
	diff->has[side] = last < range->last;
	range->oa += last - range->iova + 1;
	range->iova = last + 1;
}

/* The next piece: addresses that one side maps, or both, from edge to edge. */
static void next_piece(struct iomt_inspect_diff *diff, struct iomt_inspect_difference *piece)
{
	const struct iomt_inspect_range *a = &diff->ranges[0], *b = &diff->ranges[1];
	bool first = diff->has[0] && (!diff->has[1] || a->iova <= b->iova);
	bool second = diff->has[1] && (!diff->has[0] || b->iova <= a->iova);
	const struct iomt_inspect_range *one = first ? a : b, *other = first ? b : a;

	*piece = (struct iomt_inspect_difference){.iova = one->iova, .last = one->last};
	if (first && second) {
		piece->last = a->last < b->last ? a->last : b->last;
	} else {
		piece->kinds = first ? IOMT_DIFF_FIRST : IOMT_DIFF_SECOND;
		if (diff->has[first] && other->iova <= one->last)
			piece->last = other->iova - 1;
	}
	if (first)
		take(diff, 0, piece->last, &piece->ranges[0]);
	if (second)
		take(diff, 1, piece->last, &piece->ranges[1]);
}

static uint32_t compare(const struct iomt_inspect_range *a, const struct iomt_inspect_range *b,
			uint32_t rights)
{
	bool differ = ((a->prot ^ b->prot) | (a->priv ^ b->priv)) & rights;

	return (a->oa != b->oa ? IOMT_DIFF_OUTPUT : 0) | (differ ? IOMT_DIFF_RIGHTS : 0);
}

int iomt_inspect_diff_next(struct iomt_inspect_diff *diff,
			   struct iomt_inspect_difference *difference)
{
	struct iomt_inspect_difference piece;

	do {
		int err = fetch(diff);

		if (err)
			return err;
		next_piece(diff, &piece);
		if (!piece.kinds)
			piece.kinds = compare(&piece.ranges[0], &piece.ranges[1], diff->rights);
	} while (!piece.kinds);
	*difference = piece;
	return 0;
}
