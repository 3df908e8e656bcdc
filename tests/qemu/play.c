/* SPDX-License-Identifier: MIT */
#include "play.h"
#include "test.h"

#define RW	   (IOMT_READ | IOMT_WRITE)
#define SMALL	   (8ULL << 20) /* bytes, at most, of mappings in granules */
#define LARGE	   (1ULL << 30) /* new places for mappings are as far apart */
#define TRIES	   64
#define PROBES	   3
#define SECRET_MIN 16u /* as many bytes are not the same by accident */
#define SECRET_MAX 64u

/* IOVAs that x86 IOMMUs take for interrupts. */
#define INTERRUPTS_FIRST 0xfee00000ULL
#define INTERRUPTS_LAST	 0xfeefffffULL

struct play {
	struct witness *w;
	uint64_t base;
	uint64_t bytes;
	uint64_t sizes; /* of leaves */
	struct mapping mappings[PLAY_MAPPINGS];
	size_t count;
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* An offset of a mapping that leads into RAM: anywhere in it, or close to one of its ends. */
static uint64_t pick_offset(struct witness *w, const struct mapping *mapping, unsigned bytes)
{
	const struct bank *bank = &w->guest.board->banks[witness_below(w, BOARD_BANKS)];
	uint64_t first = mapping->oa > bank->base ? mapping->oa : bank->base;
	uint64_t last =
		smaller(mapping->oa + (mapping->length - 1), bank->base + (bank->bytes - 1));

	if (!bank->bytes || first > last)
		return 0;
	switch (witness_below(w, 4)) {
	case 0:
		return first - mapping->oa;
	case 1:
		return last - mapping->oa - (bytes - 1);
	case 2: /* across the end of a granule */
		first += witness_below(w, last - first + 1);
		return (first & ~(w->granule - 1)) - mapping->oa - bytes / 2;
	default:
		return first - mapping->oa + witness_below(w, last - first + 1);
	}
}

bool play_place(struct witness *w, const struct mapping *mapping, unsigned bytes, uint64_t *offset)
{
	for (unsigned i = 0; i < TRIES; i++) {
		uint64_t at = pick_offset(w, mapping, bytes), iova = mapping->iova + at;

		if (at > mapping->length - bytes || !guest_data(&w->guest, mapping->oa + at, bytes))
			continue;
		if (w->guest.board == &board_q35 && iova + bytes > INTERRUPTS_FIRST &&
		    iova <= INTERRUPTS_LAST)
			continue;
		*offset = at;
		return true;
	}
	return false;
}

static unsigned pick_bytes(struct witness *w)
{
	return SECRET_MIN + (unsigned)witness_below(w, SECRET_MAX - SECRET_MIN + 1);
}

/* What the library itself says of an address. */
static void check_translate(struct witness *w, uint64_t iova, uint64_t oa)
{
	struct iomt_pt_leaf leaf;
	int result = iomt_pt_translate(&w->pt, iova, &leaf);

	WITNESS(w, !result && leaf.oa == oa,
		"translate of 0x%" PRIx64 ": %d, 0x%" PRIx64 " and not 0x%" PRIx64, iova, result,
		leaf.oa, oa);
}

void play_probe(struct witness *w, const struct mapping *mapping)
{
	unsigned bytes = pick_bytes(w);
	uint64_t offset, iova, oa;

	if (!play_place(w, mapping, bytes, &offset))
		return;
	iova = mapping->iova + offset;
	oa = mapping->oa + offset;
	check_translate(w, iova, oa);
	if (mapping->prot & IOMT_WRITE)
		witness_writes(w, iova, oa, bytes);
	else
		witness_no_write(w, iova, oa, bytes);
	if (mapping->prot & IOMT_READ)
		witness_reads(w, iova, oa, bytes);
	else
		witness_no_read(w, iova, oa, bytes);
}

/* Nothing is mapped here any more; what it was must be out of reach. */
static void probe_gone(struct witness *w, const struct mapping *gone)
{
	unsigned bytes = pick_bytes(w);
	struct iomt_pt_leaf leaf;
	uint64_t offset;

	if (!play_place(w, gone, bytes, &offset))
		return;
	WITNESS(w, iomt_pt_translate(&w->pt, gone->iova + offset, &leaf) == IOMT_ENOENT,
		"0x%" PRIx64 " is still mapped", gone->iova + offset);
	witness_no_write(w, gone->iova + offset, gone->oa + offset, bytes);
	witness_no_read(w, gone->iova + offset, gone->oa + offset, bytes);
}

static void probe_some(struct witness *w, const struct mapping *mapping)
{
	for (unsigned i = 0; i < PROBES; i++)
		play_probe(w, mapping);
}

static uint32_t pick_prot(struct witness *w)
{
	static const uint32_t prots[] = {RW, RW, RW, RW, IOMT_READ, IOMT_WRITE};
	uint64_t kinds = w->iommu->write_only ? 6 : 5;
	uint32_t hints = w->iommu->hints & (uint32_t)witness_below(w, 1ULL << 32);

	return prots[witness_below(w, kinds)] | hints;
}

static unsigned pick_size(struct play *p)
{
	uint64_t sizes = p->sizes;

	for (uint64_t skip = witness_below(p->w, (uint64_t)__builtin_popcountll(sizes)); skip;
	     skip--)
		sizes &= sizes - 1;
	return (unsigned)__builtin_ctzll(sizes);
}

/* A random address in RAM or just below it, aligned. */
static uint64_t pick_oa(struct witness *w, uint64_t align)
{
	const struct bank *banks = w->guest.board->banks;
	const struct bank *bank = &banks[banks[1].bytes ? witness_below(w, BOARD_BANKS) : 0];

	return (bank->base + witness_below(w, bank->bytes)) & ~(align - 1);
}

/* Some leaves of one size, or granules where IOVA and output address are not aligned alike. */
static void pick_mapping(struct play *p, struct mapping *mapping)
{
	struct witness *w = p->w;
	uint64_t align = 1ULL << pick_size(p), count = 1 + witness_below(w, 3);

	if (!witness_below(w, 4)) {
		align = w->granule;
		count = 1 + witness_below(w, SMALL / align);
		count = witness_below(w, 2) ? count : 1 + count % 40;
	}
	if (count * align > p->bytes)
		count = 1;
	*mapping = (struct mapping){
		.iova = p->base + (witness_below(w, p->bytes - count * align + 1) & ~(align - 1)),
		.oa = pick_oa(w, align),
		.length = count * align,
		.prot = pick_prot(w),
	};
}

static bool overlaps(const struct play *p, const struct mapping *mapping)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct mapping *other = &p->mappings[i];

		if (mapping->iova <= other->iova + (other->length - 1) &&
		    other->iova <= mapping->iova + (mapping->length - 1))
			return true;
	}
	return false;
}

static struct mapping *any_mapping(struct play *p)
{
	return p->count ? &p->mappings[witness_below(p->w, p->count)] : NULL;
}

static void drop(struct play *p, struct mapping *mapping)
{
	*mapping = p->mappings[--p->count];
}

static void do_unmap(struct play *p)
{
	struct mapping *mapping = any_mapping(p), gone;

	if (!mapping)
		return;
	gone = *mapping;
	probe_some(p->w, &gone);
	witness_unmap(p->w, gone.iova, gone.length);
	witness_sync(p->w);
	drop(p, mapping);
	for (unsigned i = 0; i < PROBES; i++)
		probe_gone(p->w, &gone);
}

static void do_map(struct play *p)
{
	struct witness *w = p->w;
	struct mapping mapping;

	if (p->count == PLAY_MAPPINGS)
		do_unmap(p);
	pick_mapping(p, &mapping);
	if (overlaps(p, &mapping)) {
		WITNESS(w,
			iomt_pt_map(&w->pt, mapping.iova, mapping.oa, mapping.length, mapping.prot,
				    &w->gather) == IOMT_EEXIST,
			"a map over 0x%" PRIx64 " was not refused", mapping.iova);
		return;
	}
	witness_map(w, mapping.iova, mapping.oa, mapping.length, mapping.prot);
	witness_sync(w);
	p->mappings[p->count++] = mapping;
	probe_some(w, &mapping);
}

/*
 * The IOMMU translates as before until it is told to forget, which shows that the invalidation,
 * made from the gather, is what brings the change about.
 */
static void do_remap(struct play *p)
{
	struct mapping *mapping = any_mapping(p), old;
	uint64_t offsets[PROBES];
	struct witness *w = p->w;

	if (!mapping || !(mapping->prot & IOMT_WRITE))
		return;
	old = *mapping;
	mapping->oa = pick_oa(w, LARGE) | (old.oa & (LARGE - 1));
	for (unsigned i = 0; i < PROBES; i++) {
		if (!play_place(w, mapping, SECRET_MAX, &offsets[i]) || mapping->oa == old.oa ||
		    !guest_data(&w->guest, old.oa + offsets[i], SECRET_MAX)) {
			mapping->oa = old.oa;
			return;
		}
	}
	witness_forget(w); /* so that there is room for what follows */
	for (unsigned i = 0; i < PROBES; i++)
		witness_writes(w, old.iova + offsets[i], old.oa + offsets[i], SECRET_MAX);
	witness_unmap(w, old.iova, old.length);
	witness_map(w, old.iova, mapping->oa, old.length, old.prot);
	for (unsigned i = 0; i < PROBES; i++)
		witness_writes(w, old.iova + offsets[i], old.oa + offsets[i], SECRET_MAX);
	witness_sync(w);
	for (unsigned i = 0; i < PROBES; i++)
		witness_writes(w, old.iova + offsets[i], mapping->oa + offsets[i], SECRET_MAX);
}

static struct mapping part(const struct mapping *whole, uint64_t offset, uint64_t length)
{
	return (struct mapping){whole->iova + offset, whole->oa + offset, length, whole->prot};
}

/* Removes a piece of a mapping, which may split a large leaf; the rest stays. */
static void do_cut(struct play *p)
{
	struct mapping *mapping = any_mapping(p), old, gone, left, right;
	struct witness *w = p->w;
	uint64_t granules, first, count;

	if (!mapping || p->count == PLAY_MAPPINGS)
		return;
	old = *mapping;
	granules = old.length / w->granule;
	first = witness_below(w, granules);
	count = 1 + witness_below(w, smaller(granules - first, 600));
	gone = part(&old, first * w->granule, count * w->granule);
	left = part(&old, 0, first * w->granule);
	right = part(&old, (first + count) * w->granule, old.length - (first + count) * w->granule);
	probe_some(w, &old);
	play_probe(w, &gone);
	witness_unmap(w, gone.iova, gone.length);
	witness_sync(w);
	drop(p, mapping);
	probe_gone(w, &gone);
	if (left.length) {
		p->mappings[p->count++] = left;
		play_probe(w, &left);
	}
	if (right.length) {
		p->mappings[p->count++] = right;
		play_probe(w, &right);
	}
}

static void do_protect(struct play *p)
{
	struct mapping *mapping = any_mapping(p);
	struct witness *w = p->w;
	uint32_t access, changed = RW | IOMT_EXEC;

	if (!mapping)
		return;
	probe_some(w, mapping);
	access = pick_prot(w) & changed;
	WITNESS(w, !iomt_pt_protect(&w->pt, mapping->iova, mapping->length, access, &w->gather),
		"protect of 0x%" PRIx64 " failed", mapping->iova);
	witness_sync(w);
	mapping->prot = (mapping->prot & ~changed) | access;
	probe_some(w, mapping);
}

/* Empty tables leave; what is mapped stays. */
static void do_trim(struct play *p)
{
	struct witness *w = p->w;

	WITNESS(w, !iomt_pt_trim(&w->pt, p->base, p->bytes, &w->gather), "trim failed");
	witness_sync(w);
	if (p->count)
		probe_some(w, any_mapping(p));
}

void play(struct witness *w, uint64_t base, uint64_t bytes, unsigned largest_lg2, unsigned steps)
{
	static void (*const operations[])(struct play *) = {
		do_map,	  do_map, do_map, do_remap,   do_remap,
		do_unmap, do_cut, do_cut, do_protect, do_trim,
	};
	static struct play p;

	p = (struct play){
		.w = w,
		.base = base,
		.bytes = bytes,
		.sizes = iomt_pt_sizes(&w->pt) & ((2ULL << largest_lg2) - 1),
	};
	while (steps--)
		operations[witness_below(w, sizeof(operations) / sizeof(operations[0]))](&p);
	while (p.count)
		do_unmap(&p);
}
