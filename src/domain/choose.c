/* SPDX-License-Identifier: MIT */
/* What is wanted, and the order of what would do. */
#include "judge.h"

#define FLAGS                                                                                   \
	(IOMT_DOMAIN_PASID | IOMT_DOMAIN_NO_PASID | IOMT_DOMAIN_RID | IOMT_DOMAIN_NEST_PARENT | \
	 IOMT_DOMAIN_DIRTY | IOMT_DOMAIN_TRUSTED | IOMT_DOMAIN_COHERENT)

const char *iomt_lack_name(enum iomt_lack lack)
{
	static const char *const names[IOMT_LACKS] = {
		[IOMT_LACK_NOTHING] = "nothing",
		[IOMT_LACK_FORMAT] = "the format",
		[IOMT_LACK_WISH] = "the wish for it",
		[IOMT_LACK_PASID] = "use with a PASID",
		[IOMT_LACK_PASID_DEVICE] = "a device with PASIDs",
		[IOMT_LACK_PASID_BITS] = "PASID width",
		[IOMT_LACK_RID] = "use without a PASID",
		[IOMT_LACK_NESTING] = "nesting",
		[IOMT_LACK_DIRTY] = "dirty tracking",
		[IOMT_LACK_IOVA_BITS] = "input address width",
		[IOMT_LACK_OA_BITS] = "output address width",
		[IOMT_LACK_LEVELS] = "a depth in common",
		[IOMT_LACK_PAGE_SIZES] = "page sizes",
		[IOMT_LACK_ENC_BIT] = "an encryption bit in common",
		[IOMT_LACK_COHERENT] = "coherent table walks",
		[IOMT_LACK_DMA_BITS] = "address width of a device",
		[IOMT_LACK_REGION] = "reach of a reserved region",
		[IOMT_LACK_TRUST] = "trust",
	};

	return (unsigned)lack < IOMT_LACKS ? names[lack] : "nothing";
}

static int check_req(const struct iomt_domain_req *req, struct iomt_iommu_error *error)
{
	uint32_t both = IOMT_DOMAIN_PASID | IOMT_DOMAIN_NO_PASID;

	if (!req || !caps_has_size(req, req->size, sizeof(*req)))
		return caps_wrong(error, "size", "is not that of struct iomt_domain_req");
	if (req->flags & ~FLAGS)
		return caps_wrong(error, "flags", "unknown flag");
	if ((req->flags & both) == both)
		return caps_wrong(error, "flags", "a PASID is wanted, and none will ever be");
	if ((req->flags & IOMT_DOMAIN_RID) && !(req->flags & IOMT_DOMAIN_PASID))
		return caps_wrong(error, "flags", "IOMT_DOMAIN_RID goes with IOMT_DOMAIN_PASID");
	if ((unsigned)req->format >= IOMT_FORMATS)
		return caps_wrong(error, "format", "no such format");
	if (req->iova_bits > 64)
		return caps_wrong(error, "iova_bits", "must be 0 to 64");
	if (req->oa_bits > 52)
		return caps_wrong(error, "oa_bits", "must be 0 to 52");
	if (req->pasid_bits > 20)
		return caps_wrong(error, "pasid_bits", "must be 0 to 20");
	if (req->pasid_bits && !(req->flags & IOMT_DOMAIN_PASID))
		return caps_wrong(error, "pasid_bits", "goes with IOMT_DOMAIN_PASID");
	return 0;
}

static int compare(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a - *b;
}

/* Of several errors the same is reported, whatever the order: by id, then by its words. */
static bool comes_first(uint32_t id, const struct iomt_iommu_error *error, uint32_t first_id,
			const struct iomt_iommu_error *first)
{
	int order;

	if (!first->field || id != first_id)
		return !first->field || id < first_id;
	order = compare(error->field, first->field);
	return order < 0 || (!order && compare(error->reason, first->reason) < 0);
}

/* Names a device's field as that of "devices". */
static const char *field_of_devices(const char *field)
{
	static const char *const fields[] = {"devices.size",	   "devices.iommu",
					     "devices.id",	   "devices.flags",
					     "devices.pasid_bits", "devices.regions"};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!compare(fields[i] + sizeof("devices"), field))
			return fields[i];
	}
	return "devices";
}

static int check_devices(const struct iomt_device_caps *const *devices, size_t count,
			 struct iomt_iommu_error *error)
{
	struct iomt_iommu_error first = {0}, now = {0};
	uint32_t first_id = 0;

	if (!devices || !count)
		return caps_wrong(error, "devices", "there are none");
	for (size_t i = 0; i < count; i++) {
		uint32_t id;

		if (!iomt_device_caps_check(devices[i], &now))
			continue;
		/* an id that cannot be read comes last */
		id = compare(now.field, "size") ? devices[i]->id : UINT32_MAX;
		if (comes_first(id, &now, first_id, &first)) {
			first = now;
			first_id = id;
		}
	}
	return first.field ? caps_wrong(error, field_of_devices(first.field), first.reason) : 0;
}

/* A parent of stage 1 tables is a stage 2 table. */
static int check_wish(const struct asked *asked, struct iomt_iommu_error *error)
{
	const struct iomt_format_facts *f = iomt_domain_facts(asked, asked->req->format);

	if (f && f->stage == 1 && (asked->req->flags & IOMT_DOMAIN_NEST_PARENT))
		return caps_wrong(error, "format", "a nesting parent is a stage 2 table");
	return 0;
}

int iomt_domain_asked(struct asked *asked, const struct iomt_domain_req *req,
		      const struct iomt_device_caps *const *devices, size_t count,
		      struct iomt_iommu_error *error)
{
	int err = check_req(req, error);

	if (!err)
		err = check_devices(devices, count, error);
	if (err)
		return err;
	*asked = (struct asked){.req = req, .devices = devices, .count = count};
	for (size_t i = 0; i < count; i++)
		asked->pasids |= devices[i]->pasid_bits != 0;
	asked->undecided =
		asked->pasids && !(req->flags & (IOMT_DOMAIN_PASID | IOMT_DOMAIN_NO_PASID));
	return check_wish(asked, error);
}

struct rank iomt_domain_rank(const struct asked *asked, const struct judged *j)
{
	return (struct rank){{
		[BY_PASID] = asked->undecided && !(j->where & IOMT_WHERE_PASID),
		[BY_GRANULE] = j->facts->granule_lg2,
		[BY_WIDE] = j->facts->wide,
		[BY_SIZES] = (uint8_t)(64 - count_of(j->sizes)),
		[BY_LEVELS] = j->levels,
		[BY_STAGE] = j->facts->stage,
		[BY_FORMAT] = (uint8_t)j->format,
	}};
}

enum rank_by iomt_domain_rank_differs(const struct rank *a, const struct rank *b)
{
	unsigned by = 0;

	while (by < RANKS && a->by[by] == b->by[by])
		by++;
	return (enum rank_by)by;
}

static bool ranks_before(const struct rank *a, const struct rank *b)
{
	enum rank_by by = iomt_domain_rank_differs(a, b);

	return by < RANKS && a->by[by] < b->by[by];
}

/* A format of some unit's vendor, or the one wished for. */
static bool is_candidate(const struct asked *asked, enum iomt_format format)
{
	return asked->req->format == format || iomt_domain_facts(asked, format);
}

unsigned iomt_domain_candidates(const struct asked *asked,
				struct iomt_domain_candidate candidates[IOMT_FORMATS],
				unsigned *fit)
{
	struct iomt_domain_candidate refused[IOMT_FORMATS];
	struct rank ranks[IOMT_FORMATS];
	unsigned n = 0, others = 0;

	for (unsigned format = 1; format < IOMT_FORMATS; format++) {
		struct judged j;
		struct rank rank;
		unsigned at;

		if (!is_candidate(asked, (enum iomt_format)format))
			continue;
		iomt_domain_judge(asked, (enum iomt_format)format, &j);
		if (j.lacks) {
			refused[others++] = (struct iomt_domain_candidate){j.format, j.lacks};
			continue;
		}
		rank = iomt_domain_rank(asked, &j);
		for (at = n++; at && ranks_before(&rank, &ranks[at - 1]); at--) {
			ranks[at] = ranks[at - 1];
			candidates[at] = candidates[at - 1];
		}
		ranks[at] = rank;
		candidates[at] = (struct iomt_domain_candidate){j.format, 0};
	}
	*fit = n;
	for (unsigned i = 0; i < others; i++)
		candidates[n++] = refused[i];
	return n;
}

enum iomt_lack iomt_domain_first_lack(uint32_t lacks)
{
	return lacks ? (enum iomt_lack)__builtin_ctz(lacks) : IOMT_LACK_NOTHING;
}

/* How far away: one that was not looked at further, then how much it lacks, then how soon. */
static unsigned distance(uint32_t lacks)
{
	bool wish = lacks >> IOMT_LACK_WISH & 1, format = lacks >> IOMT_LACK_FORMAT & 1;

	return (wish * 2u + format) << 16 | count_of(lacks) << 8 |
	       (IOMT_LACKS - iomt_domain_first_lack(lacks));
}

const struct iomt_domain_candidate *
iomt_domain_closest(const struct iomt_domain_candidate *candidates, unsigned count)
{
	const struct iomt_domain_candidate *best = candidates;

	for (unsigned i = 1; i < count; i++) {
		if (distance(candidates[i].lacks) < distance(best->lacks))
			best = &candidates[i];
	}
	return best;
}

static struct iomt_pt_cfg cfg_of(const struct asked *asked, const struct judged *j)
{
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg),
		.format = j->facts->pt,
		.iova_bits = j->iova_bits,
		.oa_bits = j->oa_bits,
		.levels = j->levels,
		.enc_bit = j->enc_bit,
		.bbm = j->bbm,
		.page_sizes = j->sizes,
	};

	if (asked->req->flags & IOMT_DOMAIN_DIRTY)
		cfg.flags |= IOMT_PT_DIRTY;
	if (j->all & IOMT_STAGE_NX)
		cfg.flags |= IOMT_PT_NX;
	return cfg;
}

static void fill(struct iomt_domain_choice *choice, const struct asked *asked,
		 const struct judged *j)
{
	choice->format = j->format;
	choice->name = iomt_format_name(j->format);
	choice->stage = j->facts->stage;
	choice->levels = j->levels;
	choice->iova_bits = j->iova_bits;
	choice->oa_bits = j->oa_bits;
	choice->pasid_bits = j->pasid_bits;
	choice->where = j->where;
	choice->quirks = j->quirks;
	choice->page_sizes = j->sizes;
	choice->dma_last = j->dma_last;
	choice->cfg = cfg_of(asked, j);
}

int iomt_domain_choose(const struct iomt_domain_req *req,
		       const struct iomt_device_caps *const *devices, size_t count,
		       struct iomt_domain_choice *choice)
{
	const struct iomt_domain_candidate *closest;
	struct asked asked;
	struct judged j;
	unsigned fit;
	int err;

	if (!choice)
		return IOMT_EINVAL;
	*choice = (struct iomt_domain_choice){0};
	err = iomt_domain_asked(&asked, req, devices, count, &choice->error);
	if (err)
		return err;
	choice->candidate_count = (uint8_t)iomt_domain_candidates(&asked, choice->candidates, &fit);
	closest = iomt_domain_closest(choice->candidates, choice->candidate_count);
	iomt_domain_judge(&asked, fit ? choice->candidates[0].format : closest->format, &j);
	if (fit) {
		fill(choice, &asked, &j);
		return 0;
	}
	choice->lack = iomt_domain_first_lack(j.lacks);
	choice->device = j.gaps[choice->lack].device;
	choice->device_known = j.gaps[choice->lack].known;
	return IOMT_EOPNOTSUPP;
}
