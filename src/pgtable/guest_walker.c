/* SPDX-License-Identifier: MIT */
/* Walkers: configurations judged field by field, and the calls that need no format. */
#include "guest_walk.h"

static int wrong(struct iomt_pt_cfg_error *error, const char *field, const char *reason)
{
	if (error)
		*error = (struct iomt_pt_cfg_error){field, reason};
	return IOMT_EINVAL;
}

/* Bytes of a newer caller's struct that this library does not know must be zero. */
static bool size_fits(const void *data, size_t known, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = known; i < size; i++) {
		if (bytes[i])
			return false;
	}
	return size >= known;
}

static int check_mem(const struct iomt_guest_mem *mem, struct iomt_pt_cfg_error *error)
{
	if (!mem)
		return wrong(error, "mem", "no guest memory");
	if (!size_fits(mem, sizeof(*mem), mem->size))
		return wrong(error, "mem", "size is not that of struct iomt_guest_mem");
	if (mem->count && !mem->regions)
		return wrong(error, "mem", "regions are missing");
	for (size_t i = 0; i < mem->count; i++) {
		const struct iomt_guest_region *region = &mem->regions[i];

		if (!region->size || ((region->base | region->size) & 7))
			return wrong(error, "mem", "a region is not made of words");
		if (region->base + (region->size - 1) < region->base)
			return wrong(error, "mem", "a region wraps");
		if (!region->host || ((uintptr_t)region->host & 7))
			return wrong(error, "mem", "a region is not where words can be");
	}
	return 0;
}

static int check_flags(uint32_t known, uint32_t flags, struct iomt_pt_cfg_error *error)
{
	if (flags & ~known)
		return wrong(error, "flags", "a flag that the format does not know");
	if ((flags & (IOMT_WALK_DIRTY | IOMT_WALK_EXTENDED_ACCESSED)) &&
	    !(flags & IOMT_WALK_ACCESSED))
		return wrong(error, "flags", "dirty bits are not set without accessed bits");
	if ((flags & IOMT_WALK_SIGNED) && (flags & IOMT_WALK_UPPER))
		return wrong(error, "flags", "signed addresses have no halves");
	return 0;
}

/* Bits of input that so many levels translate: a top may be larger than other tables, always. */
static unsigned reach_of(const struct pt_format *f, unsigned levels)
{
	unsigned top = f->root_min_lg2 - 3u;
	unsigned bits = pt_unit_lg2(f, levels - 1) + (top > f->index_lg2 ? top : f->index_lg2);

	return bits < f->max_iova_bits ? bits : f->max_iova_bits;
}

/* Levels and bits of input, one from the other. */
static int check_widths(const struct guest_format *g, const struct iomt_walk_cfg *cfg,
			unsigned *levels, unsigned *iova_bits, struct iomt_pt_cfg_error *error)
{
	const struct pt_format *f = g->facts;

	*levels = cfg->levels;
	*iova_bits = cfg->iova_bits;
	if (!*levels && !*iova_bits)
		return wrong(error, "levels", "neither levels nor iova_bits");
	if (!*levels) {
		*levels = f->min_levels;
		while (*levels < f->max_levels &&
		       pt_unit_lg2(f, *levels) + f->root_concat_lg2 < *iova_bits)
			++*levels;
	}
	if (*levels < f->min_levels || *levels > f->max_levels)
		return wrong(error, "levels", "the format has no such depth");
	if (!*iova_bits)
		*iova_bits = reach_of(f, *levels);
	if (*iova_bits < f->min_iova_bits || *iova_bits > f->max_iova_bits)
		return wrong(error, "iova_bits", "the format has no such input width");
	if (*iova_bits > pt_unit_lg2(f, *levels) + f->root_concat_lg2)
		return wrong(error, "iova_bits", "the levels do not reach so far");
	if (g->whole_input && *iova_bits != reach_of(f, *levels))
		return wrong(error, "iova_bits",
			     "the levels translate more, and hardware all of it");
	if (f->exact_levels && *iova_bits <= pt_unit_lg2(f, *levels - 1))
		return wrong(error, "iova_bits", "the top table has nothing to translate");
	return 0;
}

static void place_input(struct iomt_walker *w, unsigned iova_bits)
{
	w->va_mask = pt_low_bits(iova_bits);
	if (w->flags & IOMT_WALK_SIGNED)
		w->va_base = 0 - (1ULL << (iova_bits - 1));
	else if (w->flags & IOMT_WALK_UPPER)
		w->va_base = ~w->va_mask;
	w->tag_bits = w->flags & IOMT_WALK_TOP_BYTE ? 8 : 0;
}

/*
 * Where tables are, and which way walks go. A usual table lies whole in the first region and within the
 * output address size: so the bits above that cannot be mistaken for an offset.
 */
static enum guest_way place_tables(struct iomt_walker *w, const struct pt_format *f, u64 top_bytes)
{
	u64 granule = pt_granule(f), highest = w->addr_mask & ~w->beyond; /* the last granule */
	const struct iomt_guest_region *region = w->mem->regions;
	u64 skipped = -w->base & (granule - 1); /* before the region's first granule */

	w->top = w->root;
	w->last_table = highest;
	if (!w->mem->count)
		return w->read64 && !(w->root & w->beyond) ? GUEST_FAR : GUEST_ANYWHERE;
	if (region->size < top_bytes || w->root - w->base > region->size - top_bytes ||
	    region->size < skipped + granule || w->base > highest || (w->root & w->beyond))
		return GUEST_ANYWHERE;
	w->table_move = (uintptr_t)w->host - w->base;
	w->top += w->table_move;
	w->tables = (uintptr_t)w->host + skipped;
	w->last_table = region->size - skipped - granule;
	if (w->last_table > highest - (w->base + skipped))
		w->last_table = highest - (w->base + skipped);
	return GUEST_NEAR;
}

static void place_memory(struct iomt_walker *w)
{
	const struct iomt_guest_region *region = w->mem->regions;

	if (w->mem->count) {
		w->host = region->host;
		w->base = region->base;
		w->last_word = region->size - 8;
	} else {
		w->read64 = w->mem->read64;
		w->ctx = w->mem->ctx;
	}
}

/* What usual entries look like, and what the most usual leaf means. */
static void place_usual(struct iomt_walker *w, const struct guest_format *g)
{
	const struct pt_format *f = g->facts;
	u64 bytes = w->last_table + pt_granule(f); /* with tables */
	uint32_t prot;

	g->usual(w);
	w->table_move -= guest_in_place(f, w->table_want);
	w->table_mask |= f->pack(w->addr_mask);
	w->table_odd = ~pt_low_bits(63u - (unsigned)__builtin_clzll(bytes)) | (pt_granule(f) - 1);
	prot = g->rights(w, ~0ULL, 0, w->usual_want, IOMT_READ | IOMT_WRITE) & ~w->deny;
	guest_fill(g, w, 0, w->usual_want, 0, prot, &w->usual);
}

static int check_rest(const struct guest_format *g, const struct iomt_walk_cfg *cfg,
		      struct iomt_pt_cfg_error *error)
{
	const struct pt_format *f = g->facts;

	if (cfg->oa_bits && (cfg->oa_bits > 63 || !(f->oa_widths >> cfg->oa_bits & 1)))
		return wrong(error, "oa_bits", "the format has no such output width");
	if (cfg->deny & ~GUEST_ASKED)
		return wrong(error, "deny", "only READ, WRITE and EXEC can be denied");
	if (cfg->page_sizes & ~f->sizes)
		return wrong(error, "page_sizes", "the format has no such size");
	if (cfg->page_sizes && !(cfg->page_sizes & pt_granule(f)))
		return wrong(error, "page_sizes", "the granule is missing");
	return 0;
}

/* Output addresses: where entries have room for them, and which of these bits hardware lacks. */
static void place_output(struct iomt_walker *w, const struct guest_format *g, unsigned oa_bits)
{
	const struct pt_format *f = g->facts;
	unsigned room = 63u - (unsigned)__builtin_clzll(f->oa_widths);
	u64 sizes = f->sizes;

	if (oa_bits < 52) {
		room = g->narrow_bits ? g->narrow_bits : room;
		sizes &= ~f->sizes_wide;
	}
	w->addr_mask = pt_low_bits(room) & ~(pt_granule(f) - 1);
	w->beyond = w->addr_mask & ~pt_low_bits(oa_bits);
	if (!w->page_sizes)
		w->page_sizes = sizes;
}

int iomt_walker_init(struct iomt_walker *walker, const struct iomt_walk_cfg *cfg,
		     struct iomt_pt_cfg_error *error)
{
	unsigned levels, iova_bits, top_lg2;
	const struct guest_format *g;
	const struct pt_format *f;
	enum guest_way way;
	int err;

	if (!size_fits(cfg, sizeof(*cfg), cfg->size))
		return wrong(error, "size", "not that of struct iomt_walk_cfg");
	if (!cfg->format)
		return wrong(error, "format", "no format");
	g = cfg->format->facts;
	f = g->facts;
	err = check_mem(cfg->mem, error);
	err = err ? err : check_flags(g->flags, cfg->flags, error);
	err = err ? err : check_widths(g, cfg, &levels, &iova_bits, error);
	err = err ? err : check_rest(g, cfg, error);
	if (err)
		return err;
	*walker = (struct iomt_walker){
		.format = cfg->format,
		.mem = cfg->mem,
		.flags = cfg->flags | g->always,
		.deny = cfg->deny,
		.mair = cfg->mair,
		.page_sizes = cfg->page_sizes,
		.top_level = (uint8_t)(levels - 1),
	};
	place_output(walker, g, cfg->oa_bits ? cfg->oa_bits : f->usual_oa_bits);
	place_input(walker, iova_bits);
	top_lg2 = iova_bits - pt_unit_lg2(f, levels - 1) + 3;
	if (iova_bits <= pt_unit_lg2(f, levels - 1) || top_lg2 < f->root_min_lg2)
		top_lg2 = f->root_min_lg2;
	walker->root =
		cfg->root & (walker->addr_mask | (pt_granule(f) - 1)) & ~pt_low_bits(top_lg2);
	if ((walker->root & walker->beyond) && !g->output_faults)
		return wrong(error, "root", "beyond the output address size");
	place_memory(walker);
	way = place_tables(walker, f, 1ULL << top_lg2);
	walker->walk = cfg->format->walk[way];
	place_usual(walker, g);
	return 0;
}

int iomt_walker_over(struct iomt_walker *over, const struct iomt_walker *walker,
		     const struct iomt_guest_mem *mem)
{
	if (check_mem(mem, NULL) || mem->count || !mem->read64 || walker->mem->count)
		return IOMT_EINVAL;
	*over = *walker;
	over->mem = mem;
	place_memory(over);
	return 0;
}

int iomt_walk(const struct iomt_walker *walker, uint64_t iova, uint32_t access,
	      struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault)
{
	return walker->walk(walker, iova, access, leaf, fault);
}

int iomt_walk_with_path(const struct iomt_walker *walker, uint64_t iova, uint32_t access,
			struct iomt_walk_leaf *leaf, struct iomt_walk_fault *fault,
			struct iomt_walk_path *path)
{
	return walker->format->walk_with_path(walker, iova, access, leaf, fault, path);
}

int iomt_walk_halves(const struct iomt_walker *lower, const struct iomt_walker *upper,
		     uint64_t iova, uint32_t access, struct iomt_walk_leaf *leaf,
		     struct iomt_walk_fault *fault)
{
	const struct iomt_walker *half = iova >> 55 & 1 ? upper : lower;
	const struct iomt_walker *other = half == upper ? lower : upper;

	if (half)
		return iomt_walk(half, iova, access, leaf, fault);
	if (!other || !(access & GUEST_ASKED) || (access & ~GUEST_ACCESS))
		return IOMT_EINVAL;
	*fault = (struct iomt_walk_fault){
		.iova = iova,
		.input = iova,
		.access = access,
		.kind = IOMT_WALK_FAULT_INPUT,
		.level = other->top_level,
		.top = true,
		.stage = other->format->facts->stage,
	};
	return IOMT_EFAULT;
}
