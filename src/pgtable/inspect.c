/* SPDX-License-Identifier: MIT */
/* Inspections: configurations, and the way over the tables. */
#include "inspect.h"

#define PROBES 16u

/* Places are found by a hash; a table that would be far from its own has none. */
u64 *pt_inspect_place(struct iomt_inspect *it, u64 table)
{
	u64 at = (table >> 12) * 0x9e3779b97f4a7c15ULL, mask = pt_low_bits(it->places_lg2);

	if (!it->places)
		return NULL;
	at >>= 32;
	for (unsigned i = 0; i < PROBES; i++) {
		u64 *place = &it->places[(at + i) & mask];

		if (!*place)
			*place = table;
		if ((*place & ~INSPECT_LEVELS) == table)
			return place;
	}
	return NULL;
}

/* What was found empty below needs no second look, by whatever way one comes there. */
static void leave(struct iomt_inspect *it)
{
	struct iomt_inspect_frame *frame = &it->frames[--it->depth];
	u64 *place;

	if (!it->depth)
		return;
	if (!frame->barren) {
		frame[-1].barren = false;
	} else if (frame->whole && it->kind == IOMT_INSPECT_RANGES) {
		place = pt_inspect_place(it, frame->table);
		if (place)
			*place |= 1ULL << frame->level;
		else
			it->crowded = true;
	}
}

/*
 * The slots of a table that are looked at: those of the addresses that are asked for; for findings also
 * those behind the last that the input has, where a table goes on there.
 */
static void place_slots(const struct iomt_inspect *it, struct iomt_inspect_frame *frame, bool top)
{
	const struct pt_format *f = inspect_format(it)->facts;
	unsigned unit_lg2 = pt_unit_lg2(f, frame->level);
	u64 last = top ? it->walker->va_mask : pt_slot_last(f, frame->v, frame->level + 1);
	u64 all, lo = frame->v, hi;

	if (last > it->walker->va_mask)
		last = it->walker->va_mask;
	all = (last - frame->v) >> unit_lg2;
	hi = last;
	if (lo < it->first)
		lo = it->first;
	if (hi > it->last)
		hi = it->last;
	frame->index = (uint32_t)((lo - frame->v) >> unit_lg2);
	frame->end = (uint32_t)((hi - frame->v) >> unit_lg2) + 1;
	frame->slots = frame->end;
	frame->whole = lo == frame->v && hi == last;
	if (it->kind == IOMT_INSPECT_FINDINGS && all < pt_low_bits(f->index_lg2) &&
	    (!top || f->root_min_lg2 == f->granule_lg2))
		frame->slots = 1u << f->index_lg2;
}

void pt_inspect_enter(struct iomt_inspect *it, const struct inspect_slot *slot)
{
	const struct guest_format *g = inspect_format(it);
	struct iomt_inspect_frame *frame = &it->frames[it->depth];
	unsigned level = g->skips ? g->next(slot->entry) : slot->level - 1;

	if (slot->v > it->last || pt_slot_last(g->facts, slot->v, level + 1) < it->first)
		return; /* of skipped levels only the first slots lead on */
	*frame = (struct iomt_inspect_frame){
		.table = slot->child,
		.v = slot->v,
		.all = slot->frame->all & slot->entry,
		.any = slot->frame->any | slot->entry,
		.address = slot->address,
		.entry = slot->entry,
		.level = (uint8_t)level,
		.barren = true,
	};
	place_slots(it, frame, false);
	it->depth++;
}

static void read_slot(const struct iomt_inspect *it, struct iomt_inspect_frame *frame,
		      struct inspect_slot *slot)
{
	const struct guest_format *g = inspect_format(it);

	slot->frame = frame;
	slot->index = frame->index;
	slot->level = frame->level;
	slot->v = frame->v + ((u64)frame->index << pt_unit_lg2(g->facts, frame->level));
	slot->address = frame->table + 8ULL * frame->index;
	slot->entry = 0;
	slot->child = 0;
	slot->judged = IOMT_WALK_FAULT_TABLE;
	if (!guest_read(it->walker, slot->address, &slot->entry)) {
		slot->entry = 0;
		return;
	}
	slot->judged = g->judge(it->walker, slot->entry, frame->level);
	if (slot->judged == GUEST_TABLE)
		slot->child = g->facts->unpack(slot->entry) & it->walker->addr_mask;
}

int pt_inspect_slot(struct iomt_inspect *it, struct inspect_slot *slot)
{
	while (it->depth) {
		struct iomt_inspect_frame *frame = &it->frames[it->depth - 1];

		if (frame->index == frame->slots) {
			leave(it);
			continue;
		}
		if (!it->budget)
			return IOMT_EAGAIN;
		it->budget--;
		read_slot(it, frame, slot);
		frame->index++;
		return 0;
	}
	return IOMT_ENOENT;
}

/* The last byte of the lower half of signed addresses; else there is one range, from va_base on. */
static u64 low_last(const struct iomt_walker *w)
{
	return w->flags & IOMT_WALK_SIGNED ? w->va_mask >> 1 : w->va_base + w->va_mask;
}

/* The first address at or above iova, and the last at or below; false when there is none. */
static bool clip(const struct iomt_walker *w, u64 first, u64 last, uint64_t *v, uint64_t *v_last)
{
	bool two = w->flags & IOMT_WALK_SIGNED;
	u64 lowest = two ? 0 : w->va_base, upper = two ? w->va_base : ~0ULL;

	if (first < lowest)
		first = lowest;
	if (first > low_last(w) && first < upper) {
		if (!two)
			return false;
		first = upper;
	}
	if (last > low_last(w) && (!two || last < upper))
		last = low_last(w);
	if (first > last)
		return false;
	*v = first & w->va_mask;
	*v_last = last & w->va_mask;
	return true;
}

static void use_scratch(struct iomt_inspect *it, void *scratch, size_t bytes)
{
	size_t count = bytes / sizeof(u64);

	if (!count)
		return;
	if (count > 1ULL << 31)
		count = 1ULL << 31;
	it->places = scratch;
	it->places_lg2 = 63u - (uint32_t)__builtin_clzll(count);
	__builtin_memset(it->places, 0, sizeof(u64) << it->places_lg2);
}

/* Bytes of a newer caller's struct that this library does not know must be zero. */
static bool size_fits(const struct iomt_inspect_cfg *cfg)
{
	const unsigned char *bytes = (const unsigned char *)cfg;

	for (size_t i = sizeof(*cfg); i < cfg->size; i++) {
		if (bytes[i])
			return false;
	}
	return cfg->size >= sizeof(*cfg);
}

static bool is_valid(const struct iomt_inspect_cfg *cfg)
{
	bool findings = cfg->kind == IOMT_INSPECT_FINDINGS;

	if (!size_fits(cfg) || !cfg->walker || cfg->first > cfg->last)
		return false;
	if (!findings && cfg->kind != IOMT_INSPECT_RANGES)
		return false;
	if (findings && (cfg->first || cfg->last != ~0ULL))
		return false;
	return !cfg->scratch_bytes || (cfg->scratch && !((uintptr_t)cfg->scratch & 7));
}

int iomt_inspect_init(struct iomt_inspect *inspect, const struct iomt_inspect_cfg *cfg)
{
	const struct iomt_walker *w = cfg->walker;

	if (!is_valid(cfg))
		return IOMT_EINVAL;
	*inspect = (struct iomt_inspect){.budget = cfg->budget, .kind = cfg->kind, .walker = w};
	use_scratch(inspect, cfg->scratch, cfg->scratch_bytes);
	if (w->format->facts->output_faults && (w->root & w->beyond)) {
		/* hardware reads no table there */
		if (cfg->kind == IOMT_INSPECT_FINDINGS) {
			inspect->found = 1u << IOMT_FINDING_OUTPUT;
			inspect->at.level = w->top_level;
			inspect->at.iova = inspect_iova(w, 0);
		}
		return 0;
	}
	if (!clip(w, cfg->first, cfg->last, &inspect->first, &inspect->last))
		return 0;
	inspect->frames[0] = (struct iomt_inspect_frame){
		.table = w->root, .all = ~0ULL, .level = w->top_level, .barren = true};
	place_slots(inspect, &inspect->frames[0], true);
	inspect->depth = 1;
	return 0;
}

int iomt_inspect_position(const struct iomt_inspect *inspect, uint64_t *iova)
{
	const struct pt_format *f = inspect_format(inspect)->facts;

	for (unsigned depth = inspect->depth; depth-- > 0;) {
		const struct iomt_inspect_frame *frame = &inspect->frames[depth];
		u64 v;

		if (frame->index >= frame->end)
			continue;
		v = frame->v + ((u64)frame->index << pt_unit_lg2(f, frame->level));
		*iova = inspect_iova(inspect->walker, v < inspect->first ? inspect->first : v);
		return 0;
	}
	return IOMT_ENOENT;
}
