/* SPDX-License-Identifier: MIT */
/* Iterate: leaves as runs. */
#include "entry.h"

/* A leaf and the address that it was found at. */
struct found {
	u64 v;	  /* the first address of the range that it maps */
	u64 last; /* the last address of the leaf */
	const u64 *slot;
	u64 entry;
	unsigned level;
	unsigned size_lg2;
};

/* What a walk for v stopped at, if that is a leaf. */
static bool take_leaf(const struct pt_format *f, const struct pt_stop *stop, u64 v,
		      struct found *found)
{
	if (f->kind(stop->entry, stop->level) != PT_LEAF)
		return false;
	found->v = v;
	found->slot = stop->slot;
	found->entry = stop->entry;
	found->level = stop->level;
	found->size_lg2 = f->leaf_lg2(stop->entry, stop->level);
	found->last = v | pt_low_bits(found->size_lg2);
	return true;
}

/* The first leaf that maps anything of [v, last]. */
static bool find_leaf(const struct pt_format *f, const struct iomt_pt *pt, u64 v, u64 last,
		      struct found *found)
{
	for (;;) {
		struct pt_stop stop = pt->format->walk(pt, v);
		enum pt_kind kind = f->kind(stop.entry, stop.level);
		u64 n = stop.slot ? pt_slots_to(f, v, last, stop.level) : 1;

		while (kind == PT_EMPTY && --n) {
			v = pt_slot_last(f, v, stop.level) + 1;
			stop.entry = pt_load(++stop.slot);
			kind = f->kind(stop.entry, stop.level);
		}
		if (take_leaf(f, &stop, v, found))
			return true;
		if (kind == PT_TABLE) /* the next walk goes down into it */
			continue;
		v = pt_slot_last(f, v, stop.level);
		if (v >= last)
			return false;
		v++;
	}
}

static u64 found_oa(const struct pt_format *f, const struct iomt_pt *pt, const struct found *found)
{
	return pt_leaf_oa(f, pt, found->entry, found->size_lg2) |
	       (found->v & pt_low_bits(found->size_lg2));
}

/*
 * How many leaves beside "start" in its table carry it on with the same bits in their entries: most
 * runs need nobody to decode them.
 */
static u64 alike_after(const struct pt_format *f, const struct iomt_pt *pt,
		       const struct found *start, u64 end)
{
	unsigned unit_lg2 = pt_unit_lg2(f, start->level);
	u64 linear = pt_low_bits(f->linear_lg2) & pt->oa_last; /* beyond, sums carry elsewhere */
	u64 oa = found_oa(f, pt, start), step, n, i;

	if (start->size_lg2 != unit_lg2 || end <= start->last)
		return 0;
	step = f->leaf(1ULL << unit_lg2, start->level, unit_lg2) -
	       f->leaf(0, start->level, unit_lg2);
	n = pt_slots_to(f, start->v, end, start->level);
	if (((linear - (oa & linear)) >> unit_lg2) + 1 < n)
		n = ((linear - (oa & linear)) >> unit_lg2) + 1;
	for (i = 1; i < n && pt_load(&start->slot[i]) == start->entry + i * step;)
		i++;
	return i - 1;
}

/* Whether "next" carries on the run that began with "start". */
static bool continues(const struct pt_format *f, const struct iomt_pt *pt,
		      const struct found *start, u64 run_last, const struct found *next)
{
	return next->v == run_last + 1 && next->size_lg2 == start->size_lg2 &&
	       found_oa(f, pt, next) - found_oa(f, pt, start) == next->v - start->v &&
	       pt_prot(f, pt, next->entry) == pt_prot(f, pt, start->entry);
}

static int check_range(const struct pt_format *f, const struct iomt_pt *pt, u64 first, u64 last)
{
	if ((first | (last + 1)) & (pt_granule(f) - 1))
		return IOMT_EINVAL;
	if (last < first || last - pt->va_base < first - pt->va_base ||
	    last - pt->va_base > pt->va_mask)
		return IOMT_ERANGE;
	return 0;
}

int iomt_pt_next(const struct iomt_pt *pt, uint64_t first, uint64_t last, struct iomt_pt_run *run)
{
	const struct pt_format *f = pt->format->facts;
	struct found start, next;
	u64 end = (first & pt->va_mask) + (last - first), run_last;
	int err = check_range(f, pt, first, last);

	if (err)
		return err;
	if (!find_leaf(f, pt, first & pt->va_mask, end, &start))
		return IOMT_ENOENT;
	for (run_last = start.last; run_last < end;) {
		struct pt_stop stop = pt->format->walk(pt, run_last + 1);

		if (!take_leaf(f, &stop, run_last + 1, &next) ||
		    !continues(f, pt, &start, run_last, &next))
			break;
		run_last = next.last + (alike_after(f, pt, &next, end) << next.size_lg2);
	}
	*run = (struct iomt_pt_run){
		.iova = first + (start.v - (first & pt->va_mask)),
		.last = first + ((run_last < end ? run_last : end) - (first & pt->va_mask)),
		.oa = found_oa(f, pt, &start),
		.prot = pt_prot(f, pt, start.entry),
		.size_lg2 = (uint8_t)start.size_lg2,
		.level = (uint8_t)start.level,
	};
	return 0;
}
