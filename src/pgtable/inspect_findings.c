/* SPDX-License-Identifier: MIT */
/* What is wrong with tables. */
#include "inspect.h"

#define FOUND(kind) (1u << IOMT_FINDING_##kind)

/* A leaf, or a table, where there cannot be one; what else walks end at are reserved bits. */
static bool is_misplaced(const struct iomt_inspect *it, u64 entry, unsigned level)
{
	const struct guest_format *g = inspect_format(it);
	const struct pt_format *f = g->facts;
	unsigned size_lg2;

	if (g->skips && g->next(entry) < IOMT_PT_MAX_LEVELS)
		return g->next(entry) >= level;
	if (f->kind(entry, level) != PT_LEAF)
		return false;
	if (!~(entry | 0xfff)) /* no size */
		return true;
	size_lg2 = f->leaf_lg2(entry, level);
	return size_lg2 > 63 || !(it->walker->page_sizes >> size_lg2 & 1) ||
	       size_lg2 < f->granule_lg2 || pt_level_of_size(f, size_lg2) != level;
}

/* Why walks that come here end. */
static uint32_t faulty(const struct iomt_inspect *it, const struct inspect_slot *slot)
{
	const struct guest_format *g = inspect_format(it);

	switch (slot->judged) {
	case IOMT_WALK_FAULT_ABSENT:
		return g->facts->kind(slot->entry, slot->level) != PT_EMPTY ? FOUND(LEVEL) : 0;
	case IOMT_WALK_FAULT_RESERVED:
		return is_misplaced(it, slot->entry, slot->level) ? FOUND(LEVEL) : FOUND(RESERVED);
	case IOMT_WALK_FAULT_LEVEL:
		return FOUND(LEVEL);
	case IOMT_WALK_FAULT_OUTPUT:
		return FOUND(OUTPUT);
	case GUEST_LEAF:
		return guest_access_fault(g, it->walker, slot->entry) ? FOUND(ACCESSED) : 0;
	default:
		return 0;
	}
}

/* log2 of the bytes of the run that an entry says it is in; 0 when it says no such thing. */
static unsigned run_lg2(const struct iomt_inspect *it, const struct inspect_slot *slot)
{
	const struct pt_format *f = inspect_format(it)->facts;
	unsigned size_lg2;

	if (slot->judged != GUEST_LEAF)
		return 0;
	size_lg2 = f->leaf_lg2(slot->entry, slot->level);
	if (size_lg2 == pt_unit_lg2(f, slot->level) || !(it->walker->page_sizes >> size_lg2 & 1) ||
	    pt_low_bits(size_lg2) > it->walker->va_mask)
		return 0;
	return size_lg2;
}

/* Address bits below a leaf's size or a table's, which hardware drops. */
static bool is_misaligned(const struct iomt_inspect *it, const struct inspect_slot *slot)
{
	const struct pt_format *f = inspect_format(it)->facts;
	const struct iomt_walker *w = it->walker;
	u64 low = pt_low_bits(pt_unit_lg2(f, slot->level));

	/* where entries have 4K pages' address bits and the granule is larger */
	if (slot->entry & pt_low_bits(f->granule_lg2) & ~pt_low_bits(12) & ~f->pack(w->addr_mask))
		return true;
	if (slot->judged != GUEST_LEAF || (f->repeats && run_lg2(it, slot)))
		return false; /* there the low bits are the size */
	return f->unpack(slot->entry) & w->addr_mask & low;
}

/* An entry without address, and without what may differ in a run. */
static u64 run_rest(const struct iomt_inspect *it, u64 entry)
{
	const struct guest_format *g = inspect_format(it);

	return g->dirtied(entry | g->accessed) & ~g->facts->pack(it->walker->addr_mask) &
	       ~g->ignored;
}

/* Whether an entry is what the first one of its run asks for in this slot. */
static bool carries_on(const struct iomt_inspect *it, const struct inspect_slot *slot, u64 first)
{
	const struct pt_format *f = inspect_format(it)->facts;
	unsigned size_lg2 = f->leaf_lg2(first, slot->level);
	u64 base = f->unpack(first) & it->walker->addr_mask;
	u64 within = pt_low_bits(size_lg2) & ~pt_low_bits(pt_unit_lg2(f, slot->level));

	if (!f->repeats)
		base = (base & ~within) + (slot->v & within);
	return slot->judged == GUEST_LEAF &&
	       (f->unpack(slot->entry) & it->walker->addr_mask) == base &&
	       run_rest(it, slot->entry) == run_rest(it, first);
}

/*
 * The first slot of a run says what the others must be. One that says so of itself behind the first is
 * alone; one that does not fit is told of, once for each run.
 */
static uint32_t check_run(const struct iomt_inspect *it, const struct inspect_slot *slot)
{
	struct iomt_inspect_frame *frame = slot->frame;
	const struct pt_format *f = inspect_format(it)->facts;
	unsigned size_lg2 = run_lg2(it, slot);
	uint32_t count = size_lg2 ? 1u << (size_lg2 - pt_unit_lg2(f, slot->level)) : 1;
	uint32_t end = (slot->index | (count - 1)) + 1;
	bool broken;

	if (slot->index < frame->run_end) {
		broken = !frame->run_broken && !carries_on(it, slot, frame->run);
		frame->run_broken |= broken;
		if (frame->run_broken && end > frame->run_end)
			frame->run_end = end;
		return broken ? FOUND(RUN) : 0;
	}
	if (!size_lg2)
		return 0;
	frame->run = slot->entry;
	frame->run_end = end;
	frame->run_broken = (slot->index & (count - 1)) || !carries_on(it, slot, slot->entry);
	return frame->run_broken ? FOUND(RUN) : 0;
}

/* The table is one of those above, or lies in the top. */
static bool is_loop(const struct iomt_inspect *it, u64 table)
{
	const struct iomt_inspect_frame *top = &it->frames[0];
	const struct pt_format *f = inspect_format(it)->facts;

	if (top->table - table < pt_granule(f) || table - top->table < 8ULL * top->slots)
		return true;
	for (unsigned i = 1; i < it->depth; i++) {
		if (it->frames[i].table == table)
			return true;
	}
	return false;
}

/* Goes on in a table that was not looked into at this level. */
static uint32_t check_table(struct iomt_inspect *it, const struct inspect_slot *slot)
{
	const struct guest_format *g = inspect_format(it);
	u64 level = 1ULL << (g->skips ? g->next(slot->entry) : slot->level - 1);
	u64 *place = pt_inspect_place(it, slot->child), was = 0;
	uint32_t found = 0;

	if (place) {
		was = *place & INSPECT_LEVELS;
		*place |= level;
	} else {
		it->crowded = true;
	}
	if (is_loop(it, slot->child))
		found = FOUND(LOOP);
	else if (was)
		found = FOUND(SHARED);
	if (!(was & level))
		pt_inspect_enter(it, slot);
	return found;
}

/* A word is not there: the table's fault, told of once. */
static uint32_t check_missing(struct iomt_inspect *it, const struct inspect_slot *slot)
{
	struct iomt_inspect_frame *frame = slot->frame;

	if (frame->missing || slot->index >= frame->end)
		return 0;
	frame->missing = true;
	it->at.address = frame->address;
	it->at.entry = frame->entry;
	it->at.table = frame->table;
	it->at.level = it->depth > 1 ? frame[-1].level : frame->level;
	return FOUND(MEMORY);
}

static uint32_t check_slot(struct iomt_inspect *it, const struct inspect_slot *slot)
{
	const struct guest_format *g = inspect_format(it);
	uint32_t found;

	it->at = (struct iomt_inspect_finding){
		.address = slot->address,
		.entry = slot->entry,
		.iova = inspect_iova(it->walker, slot->v),
		.table = slot->child,
		.level = (uint8_t)slot->level,
	};
	if (slot->judged == IOMT_WALK_FAULT_TABLE)
		return check_missing(it, slot);
	if (slot->index >= slot->frame->end) {
		it->at.iova = slot->v;
		return g->facts->kind(slot->entry, slot->level) ? FOUND(UNREACHABLE) : 0;
	}
	found = faulty(it, slot) | check_run(it, slot);
	if (slot->judged == GUEST_LEAF || slot->judged == GUEST_TABLE)
		found |= is_misaligned(it, slot) ? FOUND(MISALIGNED) : 0;
	return slot->judged == GUEST_TABLE ? found | check_table(it, slot) : found;
}

int iomt_inspect_finding(struct iomt_inspect *inspect, struct iomt_inspect_finding *finding)
{
	struct inspect_slot slot;
	int err;

	if (inspect->kind != IOMT_INSPECT_FINDINGS)
		return IOMT_EINVAL;
	while (!inspect->found) {
		err = pt_inspect_slot(inspect, &slot);
		if (err)
			return err;
		inspect->found = check_slot(inspect, &slot);
	}
	*finding = inspect->at;
	finding->kind = (uint8_t)__builtin_ctz(inspect->found);
	if (!(1u << finding->kind & (FOUND(MEMORY) | FOUND(LOOP) | FOUND(SHARED))))
		finding->table = 0;
	inspect->found &= inspect->found - 1;
	return 0;
}

const char *iomt_finding_text(unsigned kind)
{
	static const char *const texts[] = {
		[IOMT_FINDING_RESERVED] = "reserved bits are set",
		[IOMT_FINDING_LEVEL] = "no entry of this level or size",
		[IOMT_FINDING_OUTPUT] = "an address beyond the output address size",
		[IOMT_FINDING_ACCESSED] = "the access flag is clear",
		[IOMT_FINDING_MEMORY] = "a table that is not in memory",
		[IOMT_FINDING_MISALIGNED] = "a misaligned address",
		[IOMT_FINDING_RUN] = "a run whose entries do not fit",
		[IOMT_FINDING_UNREACHABLE] = "an entry that no address comes to",
		[IOMT_FINDING_LOOP] = "a table that is its own ancestor",
		[IOMT_FINDING_SHARED] = "a table that is used twice",
	};

	if (kind >= sizeof(texts) / sizeof(texts[0]) || !texts[kind])
		return "no finding";
	return texts[kind];
}
