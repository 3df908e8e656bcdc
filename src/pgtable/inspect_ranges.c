/* SPDX-License-Identifier: MIT */
/* What tables map, as ranges. */
#include "inspect.h"

/* Whether nothing is below the table, as an earlier look has shown. */
static bool is_barren(struct iomt_inspect *it, const struct inspect_slot *slot)
{
	const struct guest_format *g = inspect_format(it);
	unsigned level = g->skips ? g->next(slot->entry) : slot->level - 1;
	const u64 *place = pt_inspect_place(it, slot->child);

	return place && (*place >> level & 1);
}

/* What a leaf's slot maps of the addresses that are asked for. */
static void take_leaf(struct iomt_inspect *it, const struct inspect_slot *slot,
		      struct iomt_inspect_range *range)
{
	const struct guest_format *g = inspect_format(it);
	const struct pt_format *f = g->facts;
	const struct iomt_walker *w = it->walker;
	const struct iomt_inspect_frame *frame = slot->frame;
	u64 v = slot->v, last = pt_slot_last(f, v, slot->level), within;

	if (v < it->first)
		v = it->first;
	if (last > it->last)
		last = it->last;
	range->size_lg2 = (uint8_t)g->leaf_lg2(w, slot->entry, slot->level, v);
	within = pt_low_bits(range->size_lg2);
	range->iova = inspect_iova(w, v);
	range->last = range->iova + (last - v);
	range->oa = (f->unpack(slot->entry) & w->addr_mask & ~within) | (v & within);
	range->prot = g->rights(w, frame->all, frame->any, slot->entry, IOMT_READ) & ~w->deny;
	range->priv =
		g->rights(w, frame->all, frame->any, slot->entry, IOMT_READ | IOMT_PRIV) & ~w->deny;
	range->level = (uint8_t)slot->level;
	range->type = g->type(w, slot->entry, slot->level);
}

static bool continues(const struct iomt_inspect_range *range, const struct iomt_inspect_range *next)
{
	return next->iova == range->last + 1 && next->oa - range->oa == next->iova - range->iova &&
	       next->size_lg2 == range->size_lg2 && next->prot == range->prot &&
	       next->priv == range->priv && next->level == range->level &&
	       next->type == range->type;
}

/* The next leaf's slot, as a range of its own. */
static int next_leaf(struct iomt_inspect *it, struct iomt_inspect_range *range)
{
	struct inspect_slot slot;
	int err;

	while (!(err = pt_inspect_slot(it, &slot))) {
		if (slot.judged == GUEST_TABLE && !is_barren(it, &slot))
			pt_inspect_enter(it, &slot);
		if (slot.judged != GUEST_LEAF ||
		    guest_access_fault(inspect_format(it), it->walker, slot.entry))
			continue;
		slot.frame->barren = false;
		take_leaf(it, &slot, range);
		return 0;
	}
	return err;
}

int iomt_inspect_range(struct iomt_inspect *inspect, struct iomt_inspect_range *range)
{
	struct iomt_inspect_range *pending = &inspect->pending, next;
	int err;

	if (inspect->kind != IOMT_INSPECT_RANGES)
		return IOMT_EINVAL;
	while (!(err = next_leaf(inspect, &next))) {
		if (!inspect->has_pending) {
			*pending = next;
			inspect->has_pending = true;
		} else if (continues(pending, &next)) {
			pending->last = next.last;
		} else {
			*range = *pending;
			*pending = next;
			return 0;
		}
	}
	if (!inspect->has_pending)
		return err;
	*range = *pending;
	inspect->has_pending = false;
	return 0;
}
