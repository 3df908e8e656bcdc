/* SPDX-License-Identifier: MIT */
/*
 * Choosing page sizes. A mapping falls into pieces: leaves of one size, side by side in one table.
 * Taking the largest size that alignment and the rest of the range permit, from the left, gives the
 * fewest leaves, because every size divides the next.
 */
#ifndef PT_PIECE_H
#define PT_PIECE_H

#include "walk.h"

struct pt_piece {
	u64 last;	   /* last input address */
	u64 slots;	   /* slots that the leaves fill */
	unsigned size_lg2; /* of each leaf */
	unsigned level;
};

/* Too short for anything larger than the granule, or out of step with it: "more" is length - 1. */
PT_INLINE bool pt_granules_only(u64 sizes, u64 v, u64 oa, u64 more)
{
	u64 second = sizes & (sizes - 1), below = (second & -second) - 1;

	return more < below || ((v ^ oa) & below);
}

/* As many granules as one table takes, and the range. */
PT_INLINE struct pt_piece pt_granules(const struct pt_format *f, u64 v, u64 last)
{
	u64 end = pt_slot_last(f, v, 1);

	if (end > last)
		end = last;
	return (struct pt_piece){
		.last = end,
		.slots = ((end - v) >> f->granule_lg2) + 1,
		.size_lg2 = f->granule_lg2,
	};
}

/* All of a range that is one leaf: "bytes" is its length and an allowed size. */
PT_INLINE struct pt_piece pt_one_leaf(const struct pt_format *f, u64 last, u64 bytes)
{
	unsigned size_lg2 = (unsigned)__builtin_ctzll(bytes), level = pt_level_of_size(f, size_lg2);

	return (struct pt_piece){
		.last = last,
		.slots = 1ULL << (size_lg2 - pt_unit_lg2(f, level)),
		.size_lg2 = size_lg2,
		.level = level,
	};
}

/* log2 of the largest of "sizes" for a leaf at v, which maps oa and may not pass "last". */
PT_INLINE unsigned pt_pick_size(u64 sizes, u64 v, u64 oa, u64 last)
{
	u64 bytes = last - v + 1; /* 0 stands for 2^64 */
	unsigned fit = bytes ? 63u - (unsigned)__builtin_clzll(bytes) : 63u;
	unsigned align = v | oa ? (unsigned)__builtin_ctzll(v | oa) : 63u;

	sizes &= pt_low_bits((fit < align ? fit : align) + 1);
	return 63u - (unsigned)__builtin_clzll(sizes);
}

/* Any piece, by its size and the boundaries ahead. */
PT_INLINE struct pt_piece pt_any_piece(const struct pt_format *f, u64 sizes, u64 v, u64 oa,
				       u64 last)
{
	unsigned size_lg2 = pt_pick_size(sizes, v, oa, last), level = pt_level_of_size(f, size_lg2);
	u64 larger = sizes & ~pt_low_bits(size_lg2 + 1), end = pt_slot_last(f, v, level + 1);
	u64 step = pt_low_bits(f->linear_lg2) - (oa & pt_low_bits(f->linear_lg2)), count;

	if (end > last)
		end = last;
	/* where both addresses come to a larger size's boundary together, a larger leaf may fit */
	if (larger) {
		u64 mask = (larger & -larger) - 1;

		if (!((v ^ oa) & mask) && (v | mask) < end)
			end = v | mask;
	}
	if (step < end - v)
		end = v + step;
	count = ((end - v) >> size_lg2) +
		(((end - v) & pt_low_bits(size_lg2)) == pt_low_bits(size_lg2));
	return (struct pt_piece){
		.last = v + (count << size_lg2) - 1,
		.slots = count << (size_lg2 - pt_unit_lg2(f, level)),
		.size_lg2 = size_lg2,
		.level = level,
	};
}

/* The first piece of [v, last] mapped to oa; "sizes" holds the granule. */
PT_INLINE struct pt_piece pt_first_piece(const struct pt_format *f, u64 sizes, u64 v, u64 oa,
					 u64 last)
{
	u64 bytes = last - v + 1;

	if ((sizes & bytes) && !((bytes | v | oa) & (bytes - 1)))
		return pt_one_leaf(f, last, bytes);
	if (f->linear_lg2 >= 64 && pt_granules_only(sizes, v, oa, last - v))
		return pt_granules(f, v, last);
	return pt_any_piece(f, sizes, v, oa, last);
}

/* The same, compiled once. */
struct pt_piece pt_mixed_piece(const struct pt_format *f, u64 sizes, u64 v, u64 oa, u64 last);

/* Writes a piece's entries. */
PT_INLINE void pt_write_piece(const struct pt_format *f, const struct iomt_pt *pt, u64 *slot,
			      const struct pt_piece *piece, u64 oa, u64 attrs)
{
	unsigned level = piece->level, size_lg2 = piece->size_lg2;
	u64 run = 1ULL << (size_lg2 - pt_unit_lg2(f, level));
	/* the analyzer does not know that a piece's level is one of the format's */
	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	u64 step = 1ULL << (f->repeats ? size_lg2 : pt_unit_lg2(f, level));
	u64 first = f->leaf(oa, level, size_lg2) | attrs;

	step = f->leaf(step, level, size_lg2) - f->leaf(0, level, size_lg2);
	if (f->repeats && run > 1)
		for (u64 i = 0; i < piece->slots; i += run, first += step)
			pt_run_fill(slot + i, run, first);
	else
		pt_words_ramp(slot, piece->slots, first, step);
	pt_clean(pt, slot, piece->slots);
}

#endif
