/* SPDX-License-Identifier: MIT */
/*
 * The operations that go over ranges, table by table: unmap of anything, protect, dirty. What they do
 * in a table is the format's, the way there is the same for all.
 */
#include "dirty.h"
#include "protect.h"

/*
 * Calls the visitor for every stretch of slots in [v, last] that are not tables. A walk for v stopped
 * at "stop".
 */
static void visit(struct iomt_pt *pt, struct pt_stop stop, u64 v, u64 last, pt_visitor visitor,
		  void *ctx)
{
	const struct pt_format *f = pt->format->facts;

	for (;; stop = pt->format->walk(pt, v)) {
		unsigned unit_lg2 = pt_unit_lg2(f, stop.level);
		u64 slot = v >> unit_lg2, passed = 1;

		if (pt_likely(stop.slot != NULL))
			passed = visitor(pt, stop.slot, pt_slots_to(f, v, last, stop.level),
					 stop.level, slot << unit_lg2, ctx);
		/* nothing passed: a table has come in, and the next walk goes down into it */
		if (pt_unlikely(!passed))
			continue;
		v = (slot + passed) << unit_lg2; /* 0 at the end of all addresses */
		if (v - 1 >= last)
			return;
	}
}

/* True when no leaf lies across the beginning of address v, for which a walk stopped there. */
static bool is_boundary(const struct pt_format *f, const struct pt_stop *stop, u64 v)
{
	return f->kind(stop->entry, stop->level) != PT_LEAF ||
	       !(v & pt_low_bits(f->leaf_lg2(stop->entry, stop->level)));
}

/*
 * Makes both edges of [v, last] boundaries of leaves. delta is IOVA less v; a walk for v stops at
 * *first.
 */
static int cut_edges(struct iomt_pt *pt, u64 v, u64 last, u64 delta, struct iomt_gather *gather,
		     struct pt_stop *first)
{
	const struct pt_format *f = pt->format->facts;

	for (;;) {
		uint32_t splits = pt_splits(pt);
		bool cut;
		int err;

		*first = pt->format->walk(pt, v);
		cut = is_boundary(f, first, v);
		if (cut && last != pt->va_mask) {
			struct pt_stop after = pt->format->walk(pt, last + 1);

			cut = is_boundary(f, &after, last + 1);
		}
		if (pt_likely(cut)) {
			if (pt_no_split_since(pt, splits))
				return 0;
			continue;
		}
		err = pt_split_edges(pt, v, last, delta, splits, gather);
		if (err == PT_SPLIT_AGAIN)
			continue;
		*first = pt->format->walk(pt, v);
		return err;
	}
}

static void touched_gather(const struct pt_touched *touched, u64 delta, struct iomt_gather *gather)
{
	if (gather && touched->bytes) {
		iomt_gather_add(gather, touched->first + delta, touched->last + delta);
		gather->leaf_sizes |= touched->leaf_sizes;
	}
}

/* Leaves of all sizes, holes, leaves across the edges. */
int pt_unmap_any(struct iomt_pt *pt, u64 iova, u64 length, uint64_t *unmapped,
		 struct iomt_gather *gather)
{
	struct pt_touched removed = {0, 0, 0, 0};
	struct pt_stop first;
	u64 v, last;
	int err = pt_range(pt->format->facts, pt, iova, length, &v, &last);

	if (unmapped)
		*unmapped = 0;
	if (!err)
		err = cut_edges(pt, v, last, iova - v, gather, &first);
	if (err)
		return err;
	visit(pt, first, v, last, pt->format->clear, &removed);
	if (unmapped)
		*unmapped = removed.bytes;
	touched_gather(&removed, iova - v, gather);
	return 0;
}

int pt_protect(struct iomt_pt *pt, u64 iova, u64 length, uint32_t prot, struct iomt_gather *gather)
{
	const struct pt_format *f = pt->format->facts;
	struct pt_protection change = {.mask = f->permissions(pt->flags)};
	struct pt_stop first;
	u64 v, last;
	int err = pt_range(f, pt, iova, length, &v, &last);

	if (!err && (prot & ~(uint32_t)(IOMT_READ | IOMT_WRITE | IOMT_EXEC | IOMT_PRIV)))
		err = IOMT_EINVAL;
	if (!err)
		err = pt_usual_attrs(f, pt, prot, &change.bits);
	if (pt_unlikely(err))
		return err;
	DEBUG_CLAIM(pt, iova, length);
	err = cut_edges(pt, v, last, iova - v, gather, &first);
	if (pt_unlikely(err))
		return err;
	change.bits &= change.mask;
	visit(pt, first, v, last, pt->format->change, &change);
	touched_gather(&change.touched, iova - v, gather);
	return 0;
}

int pt_dirty(struct iomt_pt *pt, u64 iova, u64 length, u64 page_size, uint64_t *bitmap,
	     uint32_t flags, struct iomt_gather *gather)
{
	const struct pt_format *f = pt->format->facts;
	struct pt_harvest harvest = {.bitmap = bitmap, .keep = flags & IOMT_DIRTY_KEEP};
	uint32_t splits;
	int err = pt_range(f, pt, iova, length, &harvest.first, &harvest.last);

	if (pt_unlikely(err))
		return err;
	if (page_size < pt_granule(f) || (page_size & (page_size - 1)) || !bitmap ||
	    (flags & ~IOMT_DIRTY_KEEP) || (!harvest.keep && !gather))
		return IOMT_EINVAL;
	if (!(pt->flags & IOMT_PT_DIRTY))
		return IOMT_EOPNOTSUPP;
	DEBUG_CLAIM(pt, iova, harvest.keep ? 0 : length);
	harvest.page_lg2 = (unsigned)__builtin_ctzll(page_size);
	/* a leaf across an edge may be split meanwhile: then look again, bits only come */
	do {
		splits = pt_splits(pt);
		harvest.cleaned = (struct pt_touched){0, 0, 0, 0};
		visit(pt, pt->format->walk(pt, harvest.first), harvest.first, harvest.last,
		      pt->format->harvest, &harvest);
		touched_gather(&harvest.cleaned, iova - harvest.first, gather);
	} while (!pt_no_split_since(pt, splits));
	return 0;
}
