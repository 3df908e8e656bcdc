/* SPDX-License-Identifier: MIT */
/* What a candidate lacks, rule by rule; each rule looks at every device. */
#include "judge.h"

#define USUAL_BITS  48u
#define USUAL_LEAST 47u /* what will do where one more bit would cost a level */

/* Keeps the smallest id, and the smallest figure of that id, so that order does not matter. */
static void lack(struct judged *j, enum iomt_lack what, const struct iomt_device_caps *device,
		 u64 have)
{
	struct gap *gap = &j->gaps[what], is = {.have = have};

	if (device) {
		is.device = device->id;
		is.known = true;
	}
	if (!judged_lacks(j, what) || is.device < gap->device ||
	    (is.device == gap->device && is.have < gap->have))
		*gap = is;
	j->lacks |= 1u << what;
}

static uint8_t least(u64 a, u64 b)
{
	return (uint8_t)(a < b ? a : b);
}

static const struct iomt_iommu_stage *stage_of(const struct iomt_device_caps *device,
					       const struct iomt_format_facts *f)
{
	return &device->iommu->stage[f->stage - 1];
}

static bool walks(const struct iomt_device_caps *device, const struct judged *j)
{
	const struct iomt_format_facts *f = iomt_format_facts(device->iommu->kind, j->format);

	return f && (stage_of(device, f)->formats & IOMT_FORMAT_BIT(j->format));
}

/* What one unit has of a format. */
static u64 sizes_at(const struct iomt_iommu_caps *unit, const struct iomt_format_facts *f)
{
	const struct iomt_iommu_stage *s = &unit->stage[f->stage - 1];
	u64 sizes = s->page_sizes ? f->sizes & s->page_sizes : f->sizes;

	if (unit->errata & IOMT_ERRATUM_512G)
		sizes &= ~(1ULL << 39);
	return sizes;
}

static uint8_t depths_at(const struct iomt_iommu_stage *s, const struct iomt_format_facts *f)
{
	return s->levels ? s->levels & caps_levels(f) : caps_levels(f);
}

/* The widest output that both the unit and the format have. */
static uint8_t oa_bits_at(const struct iomt_iommu_caps *unit, const struct iomt_format_facts *f)
{
	uint8_t bits = unit->stage[f->stage - 1].oa_bits;

	if (unit->enc_bit && bits > unit->enc_bit)
		bits = unit->enc_bit;
	return (uint8_t)(63 - __builtin_clzll(f->oa_widths & low_bits(bits + 1u)));
}

static uint8_t limit_at(const struct iomt_iommu_caps *unit, const struct iomt_format_facts *f)
{
	uint8_t limit = least(unit->stage[f->stage - 1].iova_bits, f->max_iova_bits);

	return f->iova_within_oa ? least(limit, oa_bits_at(unit, f)) : limit;
}

/* Bits of input by so many levels. */
static unsigned reach(const struct asked *asked, const struct iomt_format_facts *f, unsigned levels,
		      unsigned limit)
{
	bool pasid = !(asked->req->flags & IOMT_DOMAIN_NO_PASID);
	unsigned bits = f->granule_lg2 + f->index_lg2 * levels + f->concat_lg2;

	if (f->signed_rid || (f->signed_pasid && pasid))
		bits--;
	return bits < limit ? bits : limit;
}

/* The fewest levels that reach so many bits, or else that reach the most; 0 when there are none. */
static unsigned levels_for(const struct asked *asked, const struct iomt_format_facts *f,
			   uint8_t depths, unsigned limit, unsigned bits)
{
	unsigned best = 0, most = 0;

	for (unsigned levels = f->min_levels; levels <= f->max_levels && most < bits; levels++) {
		unsigned have = reach(asked, f, levels, limit);

		if (!(depths >> levels & 1) || have <= most)
			continue;
		best = levels;
		most = have;
	}
	return best;
}

/* What all units have in common; false when one does not walk the format. */
static bool common(const struct asked *asked, struct judged *j)
{
	for (size_t i = 0; i < asked->count; i++) {
		const struct iomt_device_caps *device = asked->devices[i];
		const struct iomt_iommu_caps *unit = device->iommu;
		const struct iomt_iommu_stage *s;

		if (!walks(device, j)) {
			lack(j, IOMT_LACK_FORMAT, device, 0);
			continue;
		}
		s = stage_of(device, j->facts);
		j->any |= s->flags;
		j->all &= s->flags;
		j->sizes &= sizes_at(unit, j->facts);
		j->depths &= depths_at(s, j->facts);
		j->limit = least(j->limit, limit_at(unit, j->facts));
		j->oa_bits = least(j->oa_bits, oa_bits_at(unit, j->facts));
		j->bbm = least(j->bbm, unit->bbm);
		j->enc_bit = least(j->enc_bit, unit->enc_bit);
	}
	return !judged_lacks(j, IOMT_LACK_FORMAT);
}

static void judge_pasid(const struct asked *asked, struct judged *j,
			const struct iomt_device_caps *device)
{
	uint8_t bits = least(device->pasid_bits, device->iommu->pasid_bits);

	if (!(asked->req->flags & IOMT_DOMAIN_PASID) || !device->pasid_bits)
		return;
	if (!(stage_of(device, j->facts)->flags & IOMT_STAGE_PASID))
		lack(j, IOMT_LACK_PASID, device, 0);
	else if (bits < asked->req->pasid_bits)
		lack(j, IOMT_LACK_PASID_BITS, device, bits);
}

static void judge_rid(const struct asked *asked, struct judged *j,
		      const struct iomt_device_caps *device)
{
	bool pasid = (asked->req->flags & IOMT_DOMAIN_PASID) && device->pasid_bits;

	if (pasid && !(asked->req->flags & IOMT_DOMAIN_RID))
		return;
	if (!(stage_of(device, j->facts)->flags & IOMT_STAGE_RID))
		lack(j, IOMT_LACK_RID, device, 0);
}

static bool nests(const struct iomt_iommu_caps *unit)
{
	return (unit->flags & IOMT_IOMMU_NESTING) && !(unit->errata & IOMT_ERRATUM_NESTING);
}

static void judge_flags(const struct asked *asked, struct judged *j,
			const struct iomt_device_caps *device)
{
	const struct iomt_iommu_caps *unit = device->iommu;
	uint32_t flags = asked->req->flags;

	if ((flags & IOMT_DOMAIN_NEST_PARENT) && (j->facts->stage != 2 || !nests(unit)))
		lack(j, IOMT_LACK_NESTING, device, 0);
	if ((flags & IOMT_DOMAIN_DIRTY) && !(stage_of(device, j->facts)->flags & IOMT_STAGE_DIRTY))
		lack(j, IOMT_LACK_DIRTY, device, 0);
	if ((flags & IOMT_DOMAIN_COHERENT) && !(unit->flags & IOMT_IOMMU_COHERENT))
		lack(j, IOMT_LACK_COHERENT, device, 0);
	if ((flags & IOMT_DOMAIN_TRUSTED) && !(device->flags & IOMT_DEVICE_TRUSTED))
		lack(j, IOMT_LACK_TRUST, device, 0);
	if (unit->enc_bit != j->enc_bit)
		lack(j, IOMT_LACK_ENC_BIT, NULL, 0);
}

static void judge_widths(const struct asked *asked, struct judged *j,
			 const struct iomt_device_caps *device)
{
	const struct iomt_domain_req *req = asked->req;
	const struct iomt_format_facts *f = j->facts;
	unsigned limit = limit_at(device->iommu, f), levels;
	uint8_t depths = depths_at(stage_of(device, f), f);
	u64 missing = req->page_sizes & ~sizes_at(device->iommu, f);

	levels = levels_for(asked, f, depths, limit, req->iova_bits);
	if (req->iova_bits && reach(asked, f, levels, limit) < req->iova_bits)
		lack(j, IOMT_LACK_IOVA_BITS, device, reach(asked, f, levels, limit));
	if (oa_bits_at(device->iommu, f) < req->oa_bits)
		lack(j, IOMT_LACK_OA_BITS, device, oa_bits_at(device->iommu, f));
	if (missing)
		lack(j, IOMT_LACK_PAGE_SIZES, device, missing);
	if (req->iova_bits && device->dma_last && device->dma_last < low_bits(req->iova_bits))
		lack(j, IOMT_LACK_DMA_BITS, device, device->dma_last);
}

/* Which regions cannot be mapped up to "last" or by the granule; how many bits the others need. */
static unsigned judge_regions(struct judged *j, const struct iomt_device_caps *device, u64 last)
{
	u64 below = low_bits(j->facts->granule_lg2);
	unsigned bits = 0;

	for (size_t i = 0; i < device->region_count; i++) {
		const struct iomt_region *r = &device->regions[i];
		bool identity = r->kind == IOMT_REGION_IDENTITY;

		if (!is_mapped(r))
			continue;
		if (r->last > last || (identity && ((r->first | (r->last + 1)) & below)))
			lack(j, IOMT_LACK_REGION, device, r->first);
		else if (bits_of(r->last) > bits)
			bits = bits_of(r->last);
	}
	return bits;
}

/* Width and levels: as wide as wanted, or as is usual, and to hold all regions. */
static void choose_widths(const struct asked *asked, struct judged *j)
{
	const struct iomt_format_facts *f = j->facts;
	unsigned most = levels_for(asked, f, j->depths, j->limit, 64);
	unsigned wanted = asked->req->iova_bits, bits, need;

	if (!most || reach(asked, f, most, j->limit) < wanted) {
		lack(j, IOMT_LACK_LEVELS, NULL, 0);
		return;
	}
	need = wanted ? wanted : USUAL_LEAST;
	for (size_t i = 0; i < asked->count; i++) {
		bits = judge_regions(j, asked->devices[i],
				     low_bits(reach(asked, f, most, j->limit)));
		if (bits > need)
			need = bits;
	}
	if (need < f->min_iova_bits)
		need = f->min_iova_bits;
	j->levels = (uint8_t)levels_for(asked, f, j->depths, j->limit, need);
	bits = reach(asked, f, j->levels, j->limit);
	if (!wanted && need < USUAL_BITS)
		need = USUAL_BITS;
	j->iova_bits = least(need, bits);
}

/* Leaves that fit into both address spaces and below the top of the tables. */
static void choose_sizes(const struct asked *asked, struct judged *j)
{
	const struct iomt_format_facts *f = j->facts;
	unsigned limit = f->granule_lg2 + f->index_lg2 * j->levels - 1;

	if (j->oa_bits < 63 - __builtin_clzll(f->oa_widths))
		j->sizes &= ~f->sizes_wide;
	limit = least(limit, least(j->iova_bits, j->oa_bits));
	j->sizes &= low_bits(limit + 1);
	if (!judged_lacks(j, IOMT_LACK_PAGE_SIZES) && (asked->req->page_sizes & ~j->sizes))
		lack(j, IOMT_LACK_PAGE_SIZES, NULL, asked->req->page_sizes & ~j->sizes);
}

static void choose_where(const struct asked *asked, struct judged *j)
{
	bool pasid = asked->pasids && !(asked->req->flags & IOMT_DOMAIN_NO_PASID);

	j->pasid_bits = 20;
	for (size_t i = 0; i < asked->count; i++) {
		const struct iomt_device_caps *device = asked->devices[i];

		if (!device->pasid_bits)
			continue;
		if (!(stage_of(device, j->facts)->flags & IOMT_STAGE_PASID))
			pasid = false;
		j->pasid_bits = least(j->pasid_bits, device->pasid_bits);
		j->pasid_bits = least(j->pasid_bits, device->iommu->pasid_bits);
	}
	if (pasid)
		j->where |= IOMT_WHERE_PASID;
	else
		j->pasid_bits = 0;
	if (j->all & IOMT_STAGE_RID)
		j->where |= IOMT_WHERE_RID;
	if ((j->all & IOMT_STAGE_RID) && (j->any & IOMT_STAGE_ENTRIES))
		j->where |= IOMT_WHERE_ENTRY_0;
}

static void choose_quirks(const struct asked *asked, struct judged *j)
{
	bool parent = asked->req->flags & IOMT_DOMAIN_NEST_PARENT;

	j->dma_last = low_bits(j->iova_bits);
	if (j->any & IOMT_STAGE_CACHES_ABSENT)
		j->quirks |= IOMT_QUIRK_CACHES_ABSENT;
	for (size_t i = 0; i < asked->count; i++) {
		const struct iomt_device_caps *device = asked->devices[i];

		if (!(device->iommu->flags & IOMT_IOMMU_COHERENT))
			j->quirks |= IOMT_QUIRK_INCOHERENT;
		if (device->iommu->errata & IOMT_ERRATUM_WHOLE_RUNS)
			j->quirks |= IOMT_QUIRK_WHOLE_RUNS;
		if (parent && (device->iommu->errata & IOMT_ERRATUM_READ_ONLY))
			j->quirks |= IOMT_QUIRK_NO_READ_ONLY;
		if (device->dma_last && device->dma_last < j->dma_last)
			j->dma_last = device->dma_last;
	}
}

static const struct iomt_format_facts *facts_among(const struct asked *asked,
						   enum iomt_format format)
{
	const struct iomt_format_facts *f = NULL;

	for (size_t i = 0; i < asked->count && !f; i++)
		f = iomt_format_facts(asked->devices[i]->iommu->kind, format);
	return f;
}

void iomt_domain_judge(const struct asked *asked, enum iomt_format format, struct judged *j)
{
	const struct iomt_domain_req *req = asked->req;

	*j = (struct judged){
		.format = format,
		.facts = facts_among(asked, format),
		.all = ~0u,
		.sizes = ~0ULL,
		.depths = 0xff,
		.limit = 64,
		.oa_bits = 63,
		.bbm = 0xff,
		.enc_bit = 0xff,
	};
	if (req->format && req->format != format)
		lack(j, IOMT_LACK_WISH, NULL, 0);
	if (!common(asked, j) || judged_lacks(j, IOMT_LACK_WISH))
		return;
	for (size_t i = 0; i < asked->count; i++) {
		judge_pasid(asked, j, asked->devices[i]);
		judge_rid(asked, j, asked->devices[i]);
		judge_flags(asked, j, asked->devices[i]);
		judge_widths(asked, j, asked->devices[i]);
	}
	if ((req->flags & IOMT_DOMAIN_PASID) && !asked->pasids)
		lack(j, IOMT_LACK_PASID_DEVICE, NULL, 0);
	if (!judged_lacks(j, IOMT_LACK_IOVA_BITS))
		choose_widths(asked, j);
	if (j->levels)
		choose_sizes(asked, j);
	choose_where(asked, j);
	choose_quirks(asked, j);
}
