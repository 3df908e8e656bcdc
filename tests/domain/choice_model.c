/* SPDX-License-Identifier: MIT */
#include "choice_model.h"

#define MOST_LEVELS 6

/* A rule: what this device, or its unit, fails to give. */
typedef bool (*rule)(const struct set *set, const struct iomt_format_facts *f,
		     const struct iomt_device_caps *device);

static bool wants(const struct set *set, uint32_t flag)
{
	return set->req.flags & flag;
}

static const struct iomt_iommu_stage *stage(const struct iomt_device_caps *device,
					    const struct iomt_format_facts *f)
{
	return &device->iommu->stage[f->stage - 1];
}

static unsigned output(const struct iomt_device_caps *device, const struct iomt_format_facts *f)
{
	unsigned bits = 52, enc = device->iommu->enc_bit;

	while (bits > stage(device, f)->oa_bits || (enc && bits > enc) ||
	       !(f->oa_widths & 1ULL << bits))
		bits--;
	return bits;
}

static bool has_size(const struct iomt_device_caps *device, const struct iomt_format_facts *f,
		     unsigned lg2)
{
	uint64_t own = stage(device, f)->page_sizes, bit = 1ULL << lg2;

	if (lg2 == 39 && (device->iommu->errata & IOMT_ERRATUM_512G))
		return false;
	return (f->sizes & bit) && (!own || (own & bit));
}

/* Whether a table of so many levels translates so many bits for this device. */
static bool serves(const struct set *set, const struct iomt_format_facts *f,
		   const struct iomt_device_caps *device, unsigned levels, unsigned bits)
{
	const struct iomt_iommu_stage *s = stage(device, f);
	unsigned span = f->granule_lg2 + levels * f->index_lg2;

	if (f->format >= IOMT_FORMAT_ARM_S2_4K)
		span += 4;
	if (f->format == IOMT_FORMAT_VTD_FIRST ||
	    (f->format == IOMT_FORMAT_AMD_V2 && !wants(set, IOMT_DOMAIN_NO_PASID)))
		span -= 1;
	if (f->format >= IOMT_FORMAT_ARM_S2_4K && bits > output(device, f))
		return false;
	return levels >= f->min_levels && levels <= f->max_levels &&
	       (!s->levels || (s->levels & 1u << levels)) && bits <= span && bits <= s->iova_bits &&
	       bits <= f->max_iova_bits;
}

static bool serves_all(const struct set *set, const struct iomt_format_facts *f, unsigned levels,
		       unsigned bits)
{
	for (size_t i = 0; i < set->count; i++) {
		if (!serves(set, f, set->devices[i], levels, bits))
			return false;
	}
	return true;
}

static unsigned widest(const struct set *set, const struct iomt_format_facts *f, unsigned levels)
{
	unsigned bits = 64;

	while (bits && !serves_all(set, f, levels, bits))
		bits--;
	return bits;
}

static unsigned width(uint64_t address)
{
	unsigned bits = 0;

	for (; address; address >>= 1)
		bits++;
	return bits;
}

static bool no_format(const struct set *set, const struct iomt_format_facts *f,
		      const struct iomt_device_caps *device)
{
	(void)set;
	return !(stage(device, f)->formats & 1u << f->format) ||
	       !iomt_format_facts(device->iommu->kind, f->format);
}

static bool no_pasid(const struct set *set, const struct iomt_format_facts *f,
		     const struct iomt_device_caps *device)
{
	return wants(set, IOMT_DOMAIN_PASID) && device->pasid_bits &&
	       !(stage(device, f)->flags & IOMT_STAGE_PASID);
}

static bool few_pasids(const struct set *set, const struct iomt_format_facts *f,
		       const struct iomt_device_caps *device)
{
	return wants(set, IOMT_DOMAIN_PASID) && device->pasid_bits &&
	       (stage(device, f)->flags & IOMT_STAGE_PASID) &&
	       (device->pasid_bits < set->req.pasid_bits ||
		device->iommu->pasid_bits < set->req.pasid_bits);
}

static bool no_rid(const struct set *set, const struct iomt_format_facts *f,
		   const struct iomt_device_caps *device)
{
	bool spared =
		wants(set, IOMT_DOMAIN_PASID) && !wants(set, IOMT_DOMAIN_RID) && device->pasid_bits;

	return !spared && !(stage(device, f)->flags & IOMT_STAGE_RID);
}

static bool no_nesting(const struct set *set, const struct iomt_format_facts *f,
		       const struct iomt_device_caps *device)
{
	bool nests = f->stage == 2 && (device->iommu->flags & IOMT_IOMMU_NESTING) &&
		     !(device->iommu->errata & IOMT_ERRATUM_NESTING);

	return wants(set, IOMT_DOMAIN_NEST_PARENT) && !nests;
}

static bool no_dirty(const struct set *set, const struct iomt_format_facts *f,
		     const struct iomt_device_caps *device)
{
	return wants(set, IOMT_DOMAIN_DIRTY) && !(stage(device, f)->flags & IOMT_STAGE_DIRTY);
}

static bool narrow_input(const struct set *set, const struct iomt_format_facts *f,
			 const struct iomt_device_caps *device)
{
	if (!set->req.iova_bits)
		return false;
	for (unsigned levels = 1; levels <= MOST_LEVELS; levels++) {
		if (serves(set, f, device, levels, set->req.iova_bits))
			return false;
	}
	return true;
}

static bool narrow_output(const struct set *set, const struct iomt_format_facts *f,
			  const struct iomt_device_caps *device)
{
	return output(device, f) < set->req.oa_bits;
}

static bool no_size(const struct set *set, const struct iomt_format_facts *f,
		    const struct iomt_device_caps *device)
{
	for (unsigned lg2 = 0; lg2 < 64; lg2++) {
		if ((set->req.page_sizes & 1ULL << lg2) && !has_size(device, f, lg2))
			return true;
	}
	return false;
}

static bool other_bit(const struct set *set, const struct iomt_format_facts *f,
		      const struct iomt_device_caps *device)
{
	(void)f;
	return device->iommu->enc_bit != set->devices[0]->iommu->enc_bit;
}

static bool no_snoop(const struct set *set, const struct iomt_format_facts *f,
		     const struct iomt_device_caps *device)
{
	(void)f;
	return wants(set, IOMT_DOMAIN_COHERENT) && !(device->iommu->flags & IOMT_IOMMU_COHERENT);
}

static bool narrow_device(const struct set *set, const struct iomt_format_facts *f,
			  const struct iomt_device_caps *device)
{
	(void)f;
	if (!set->req.iova_bits || !device->dma_last)
		return false;
	return device->dma_last < UINT64_MAX >> (64 - set->req.iova_bits);
}

static bool no_trust(const struct set *set, const struct iomt_format_facts *f,
		     const struct iomt_device_caps *device)
{
	(void)f;
	return wants(set, IOMT_DOMAIN_TRUSTED) && !(device->flags & IOMT_DEVICE_TRUSTED);
}

/* Whether a table can hold a region, were it only deep enough. */
static bool holds(const struct set *set, const struct iomt_format_facts *f,
		  const struct iomt_region *region)
{
	uint64_t granule = 1ULL << f->granule_lg2;

	if (region->kind == IOMT_REGION_IDENTITY &&
	    (region->first % granule || region->last % granule != granule - 1))
		return false;
	for (unsigned levels = 1; levels <= MOST_LEVELS; levels++) {
		if (serves_all(set, f, levels, width(region->last)))
			return true;
	}
	return false;
}

static bool lost_region(const struct set *set, const struct iomt_format_facts *f,
			const struct iomt_device_caps *device)
{
	for (size_t i = 0; i < device->region_count; i++) {
		if (device->regions[i].kind != IOMT_REGION_HOLE &&
		    !holds(set, f, &device->regions[i]))
			return true;
	}
	return false;
}

/* Those that are about devices, but for lost_region, which comes after widths. */
static const rule rules[IOMT_LACKS] = {
	[IOMT_LACK_FORMAT] = no_format,	      [IOMT_LACK_PASID] = no_pasid,
	[IOMT_LACK_PASID_BITS] = few_pasids,  [IOMT_LACK_RID] = no_rid,
	[IOMT_LACK_NESTING] = no_nesting,     [IOMT_LACK_DIRTY] = no_dirty,
	[IOMT_LACK_IOVA_BITS] = narrow_input, [IOMT_LACK_OA_BITS] = narrow_output,
	[IOMT_LACK_PAGE_SIZES] = no_size,     [IOMT_LACK_ENC_BIT] = other_bit,
	[IOMT_LACK_COHERENT] = no_snoop,      [IOMT_LACK_DMA_BITS] = narrow_device,
	[IOMT_LACK_REGION] = lost_region,     [IOMT_LACK_TRUST] = no_trust,
};

static bool broken(const struct set *set, const struct iomt_format_facts *f, enum iomt_lack lack)
{
	for (size_t i = 0; rules[lack] && i < set->count; i++) {
		if (rules[lack](set, f, set->devices[i]))
			return true;
	}
	return false;
}

static bool some_pasids(const struct set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->devices[i]->pasid_bits)
			return true;
	}
	return false;
}

static unsigned larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The width that all regions together need. */
static unsigned regions_need(const struct set *set, const struct iomt_format_facts *f)
{
	unsigned need = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct iomt_device_caps *device = set->devices[i];

		for (size_t k = 0; k < device->region_count; k++) {
			if (device->regions[k].kind != IOMT_REGION_HOLE &&
			    holds(set, f, &device->regions[k]))
				need = larger(need, width(device->regions[k].last));
		}
	}
	return need;
}

/* The first depth that is wide enough, else the first of the widest. */
static void choose_depth(const struct set *set, struct model_format *m)
{
	const struct iomt_format_facts *f = m->facts;
	unsigned wanted = set->req.iova_bits, most = 0, best = 0;
	unsigned need = larger(wanted ? wanted : 47, regions_need(set, f));

	need = larger(need, f->min_iova_bits);
	for (unsigned levels = MOST_LEVELS; levels; levels--) {
		unsigned bits = smaller(widest(set, f, levels), need);

		if (bits >= most && bits) {
			most = bits;
			best = levels;
		}
	}
	m->levels = best;
	m->iova_bits = smaller(wanted ? need : larger(need, 48), widest(set, f, best));
}

static void choose_sizes(const struct set *set, struct model_format *m)
{
	const struct iomt_format_facts *f = m->facts;

	for (unsigned lg2 = 0; lg2 < 64; lg2++) {
		bool all = lg2 <= m->iova_bits && lg2 <= m->oa_bits &&
			   lg2 < f->granule_lg2 + f->index_lg2 * m->levels;

		if (f->granule_lg2 == 16 && lg2 == 42 && m->oa_bits != 52)
			all = false; /* 4T needs LPA */
		for (size_t i = 0; i < set->count; i++)
			all = all && has_size(set->devices[i], f, lg2);
		if (all)
			m->sizes |= 1ULL << lg2;
	}
	if (set->req.page_sizes & ~m->sizes)
		m->lacks |= 1u << IOMT_LACK_PAGE_SIZES;
}

static void choose_widths(const struct set *set, struct model_format *m)
{
	bool any = false;

	for (unsigned levels = 1; levels <= MOST_LEVELS; levels++) {
		unsigned least = set->req.iova_bits ? set->req.iova_bits : 1;

		any |= serves_all(set, m->facts, levels, least);
	}
	if (!any) {
		m->lacks |= 1u << IOMT_LACK_LEVELS;
		return;
	}
	if (broken(set, m->facts, IOMT_LACK_REGION))
		m->lacks |= 1u << IOMT_LACK_REGION;
	choose_depth(set, m);
	choose_sizes(set, m);
}

static void describe(const struct set *set, struct model_format *m)
{
	bool pasid = some_pasids(set) && !wants(set, IOMT_DOMAIN_NO_PASID), rid = true;
	bool entries = false;

	m->dma_last = m->iova_bits == 64 ? UINT64_MAX : (1ULL << m->iova_bits) - 1;
	m->nx = true;
	m->bbm = 255;
	for (size_t i = 0; i < set->count; i++) {
		const struct iomt_device_caps *d = set->devices[i];
		const struct iomt_iommu_stage *s = stage(d, m->facts);

		rid = rid && (s->flags & IOMT_STAGE_RID);
		entries = entries || (s->flags & IOMT_STAGE_ENTRIES);
		m->nx = m->nx && (s->flags & IOMT_STAGE_NX);
		m->bbm = smaller(m->bbm, d->iommu->bbm);
		if (d->pasid_bits && !(s->flags & IOMT_STAGE_PASID))
			pasid = false;
		if (d->dma_last && d->dma_last < m->dma_last)
			m->dma_last = d->dma_last;
		if (!(d->iommu->flags & IOMT_IOMMU_COHERENT))
			m->quirks |= IOMT_QUIRK_INCOHERENT;
		if (s->flags & IOMT_STAGE_CACHES_ABSENT)
			m->quirks |= IOMT_QUIRK_CACHES_ABSENT;
		if (d->iommu->errata & IOMT_ERRATUM_WHOLE_RUNS)
			m->quirks |= IOMT_QUIRK_WHOLE_RUNS;
		if ((d->iommu->errata & IOMT_ERRATUM_READ_ONLY) &&
		    wants(set, IOMT_DOMAIN_NEST_PARENT))
			m->quirks |= IOMT_QUIRK_NO_READ_ONLY;
	}
	m->where = (rid ? IOMT_WHERE_RID : 0) | (pasid ? IOMT_WHERE_PASID : 0) |
		   (rid && entries ? IOMT_WHERE_ENTRY_0 : 0);
	for (size_t i = 0; pasid && i < set->count; i++) {
		const struct iomt_device_caps *d = set->devices[i];

		if (!d->pasid_bits)
			continue;
		if (!m->pasid_bits || d->pasid_bits < m->pasid_bits)
			m->pasid_bits = d->pasid_bits;
		if (d->iommu->pasid_bits < m->pasid_bits)
			m->pasid_bits = d->iommu->pasid_bits;
	}
}

static void look_at(const struct set *set, struct model_format *m)
{
	const struct iomt_format_facts *f = m->facts;

	if (set->req.format && set->req.format != f->format)
		m->lacks |= 1u << IOMT_LACK_WISH;
	if (broken(set, f, IOMT_LACK_FORMAT))
		m->lacks |= 1u << IOMT_LACK_FORMAT;
	if (m->lacks)
		return;
	for (unsigned lack = 0; lack < IOMT_LACKS; lack++) {
		if (lack != IOMT_LACK_REGION && broken(set, f, (enum iomt_lack)lack))
			m->lacks |= 1u << lack;
	}
	if (wants(set, IOMT_DOMAIN_PASID) && !some_pasids(set))
		m->lacks |= 1u << IOMT_LACK_PASID_DEVICE;
	m->oa_bits = 52;
	for (size_t i = 0; i < set->count; i++)
		m->oa_bits = smaller(m->oa_bits, output(set->devices[i], f));
	if (!(m->lacks & 1u << IOMT_LACK_IOVA_BITS))
		choose_widths(set, m);
	describe(set, m);
}

static unsigned count(uint64_t bits)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 64; i++)
		n += bits >> i & 1;
	return n;
}

/* Whether the first of two that would do is the better one. */
static bool better(const struct set *set, const struct model_format *a,
		   const struct model_format *b)
{
	bool undecided = !wants(set, IOMT_DOMAIN_PASID | IOMT_DOMAIN_NO_PASID);
	bool later_a = a->where & IOMT_WHERE_PASID, later_b = b->where & IOMT_WHERE_PASID;

	if (undecided && later_a != later_b)
		return later_a;
	if (a->facts->granule_lg2 != b->facts->granule_lg2)
		return a->facts->granule_lg2 < b->facts->granule_lg2;
	if (a->facts->wide != b->facts->wide)
		return b->facts->wide;
	if (count(a->sizes) != count(b->sizes))
		return count(a->sizes) > count(b->sizes);
	if (a->levels != b->levels)
		return a->levels < b->levels;
	if (a->facts->stage != b->facts->stage)
		return a->facts->stage < b->facts->stage;
	return a->facts->format < b->facts->format;
}

static enum iomt_lack first_lack(const struct model_format *m)
{
	unsigned lack = 0;

	while (!(m->lacks >> lack & 1))
		lack++;
	return (enum iomt_lack)lack;
}

/* Whether the first of two that will not do is closer. */
static bool closer(const struct model_format *a, const struct model_format *b)
{
	bool wish_a = a->lacks >> IOMT_LACK_WISH & 1, wish_b = b->lacks >> IOMT_LACK_WISH & 1;
	bool not_a = a->lacks >> IOMT_LACK_FORMAT & 1, not_b = b->lacks >> IOMT_LACK_FORMAT & 1;

	if (wish_a != wish_b)
		return wish_b;
	if (not_a != not_b)
		return not_b;
	if (count(a->lacks) != count(b->lacks))
		return count(a->lacks) < count(b->lacks);
	return first_lack(a) > first_lack(b);
}

static void blame(const struct set *set, struct model_answer *answer,
		  const struct model_format *closest)
{
	answer->lack = first_lack(closest);
	for (size_t i = 0; i < set->count; i++) {
		const struct iomt_device_caps *device = set->devices[i];

		if (!rules[answer->lack] || answer->lack == IOMT_LACK_ENC_BIT ||
		    !rules[answer->lack](set, closest->facts, device))
			continue;
		if (!answer->device_known || device->id < answer->device)
			answer->device = device->id;
		answer->device_known = true;
	}
}

static const struct iomt_format_facts *facts_of(const struct set *set, enum iomt_format format)
{
	static const struct iomt_iommu_kind *const kinds[] = {
		&iomt_iommu_kind_amd, &iomt_iommu_kind_vtd, &iomt_iommu_kind_smmu};

	for (size_t i = 0; i < set->count; i++) {
		if (iomt_format_facts(set->devices[i]->iommu->kind, format))
			return iomt_format_facts(set->devices[i]->iommu->kind, format);
	}
	for (size_t i = 0; i < 3 && set->req.format == format; i++) {
		if (iomt_format_facts(kinds[i], format))
			return iomt_format_facts(kinds[i], format);
	}
	return NULL;
}

void model_choose(const struct set *set, struct model_answer *answer)
{
	const struct model_format *best = NULL, *closest = NULL;

	*answer = (struct model_answer){0};
	for (unsigned i = 1; i < IOMT_FORMATS; i++) {
		struct model_format *m = &answer->formats[i];

		m->facts = facts_of(set, (enum iomt_format)i);
		m->candidate = m->facts != NULL;
		if (!m->candidate)
			continue;
		look_at(set, m);
		if (!m->lacks && (!best || better(set, m, best)))
			best = m;
		if (m->lacks && (!closest || closer(m, closest)))
			closest = m;
	}
	if (best)
		answer->best = best->facts->format;
	else
		blame(set, answer, closest);
}
