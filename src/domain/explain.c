/* SPDX-License-Identifier: MIT */
/* The planner's answer in words: a line for each candidate. */
#include "judge.h"
#include "text.h"

/* A line under way. */
struct line {
	struct text *text;
	const struct asked *asked;
	const struct judged *j;
};

static void add_by(struct text *text, const char *by)
{
	text_add(text, " (");
	text_add(text, by);
	text_add(text, ")");
}

static void add_bits(struct text *text, uint64_t bits)
{
	text_decimal(text, bits);
	text_add(text, " bits");
}

static void add_size(struct text *text, unsigned lg2)
{
	text_decimal(text, 1ULL << lg2 % 10);
	text_char(text, "BKMGTPE"[lg2 / 10]);
}

/* " 4K 2M 1G"; of three neighbours or more the first and the last, " 4K..256G" */
static void add_sizes(struct text *text, u64 sizes)
{
	while (sizes) {
		unsigned first = (unsigned)__builtin_ctzll(sizes);
		unsigned last = first;

		while (last < 63 && (sizes >> (last + 1) & 1))
			last++;
		if (last < first + 2)
			last = first;
		text_char(text, ' ');
		add_size(text, first);
		if (last > first) {
			text_add(text, "..");
			add_size(text, last);
		}
		sizes &= ~low_bits(last + 1);
	}
}

static void add_device(const struct line *l, enum iomt_lack what, const char *before)
{
	text_add(l->text, before);
	text_add(l->text, "device ");
	text_hex(l->text, l->j->gaps[what].device, 4);
}

/* What is wanted, and what one device or its unit has of it. */
static void say_bits(const struct line *l, enum iomt_lack what, const char *wanted, uint64_t bits,
		     const char *has)
{
	text_add(l->text, wanted);
	text_add(l->text, " of ");
	add_bits(l->text, bits);
	add_device(l, what, " are wanted, and ");
	text_add(l->text, has);
	add_bits(l->text, l->j->gaps[what].have);
}

static void say_pasid(const struct line *l, enum iomt_lack what)
{
	if (what == IOMT_LACK_PASID_DEVICE) {
		text_add(l->text, "a PASID is wanted, and no device has PASIDs");
	} else if (what == IOMT_LACK_PASID) {
		add_device(l, what, "a PASID is wanted, and ");
		text_add(l->text, " cannot use it with one");
		add_by(l->text, l->j->facts->by_pasid);
	} else {
		add_device(l, what, "");
		text_add(l->text, " cannot use it without a PASID");
		add_by(l->text, l->j->facts->by_rid);
	}
}

static void say_unit(const struct line *l, enum iomt_lack what)
{
	const struct iomt_format_facts *f = l->j->facts;

	if (what == IOMT_LACK_FORMAT) {
		add_device(l, what, "the unit of ");
		text_add(l->text, " does not walk it");
		add_by(l->text, f ? f->by_walk : "another vendor's");
	} else if (what == IOMT_LACK_NESTING && f->stage == 1) {
		text_add(l->text, "a nesting parent is wanted, and it is a stage 1 table");
	} else if (what == IOMT_LACK_NESTING) {
		add_device(l, what, "a nesting parent is wanted, and the unit of ");
		text_add(l->text, " does not nest");
		add_by(l->text, f->by_nesting);
	} else if (what == IOMT_LACK_DIRTY) {
		add_device(l, what, "dirty tracking is wanted, and the unit of ");
		text_add(l->text, " has none");
		add_by(l->text, f->by_dirty);
	} else {
		add_device(l, what, "coherent walks are wanted, and the unit of ");
		text_add(l->text, " does not snoop");
	}
}

static void say_sizes(const struct line *l)
{
	const struct gap *gap = &l->j->gaps[IOMT_LACK_PAGE_SIZES];

	text_add(l->text, "pages are wanted of");
	add_sizes(l->text, l->asked->req->page_sizes);
	if (gap->known) {
		add_device(l, IOMT_LACK_PAGE_SIZES, ", and the unit of ");
		text_add(l->text, " lacks");
	} else {
		text_add(l->text, ", and its addresses leave no room for");
	}
	add_sizes(l->text, gap->have);
}

static void say_region(const struct line *l)
{
	add_device(l, IOMT_LACK_REGION, "a region of ");
	text_add(l->text, " at ");
	text_hex(l->text, l->j->gaps[IOMT_LACK_REGION].have, 1);
	text_add(l->text, " cannot be mapped, so far up or so fine");
}

static void say_dma(const struct line *l)
{
	text_add(l->text, "addresses of ");
	add_bits(l->text, l->asked->req->iova_bits);
	add_device(l, IOMT_LACK_DMA_BITS, " are wanted, and ");
	text_add(l->text, " sends none above ");
	text_hex(l->text, l->j->gaps[IOMT_LACK_DMA_BITS].have, 1);
}

static void say_lack(const struct line *l, enum iomt_lack what)
{
	const struct iomt_domain_req *req = l->asked->req;

	switch (what) {
	case IOMT_LACK_WISH:
		text_add(l->text, "another format was wished for");
		break;
	case IOMT_LACK_PASID:
	case IOMT_LACK_PASID_DEVICE:
	case IOMT_LACK_RID:
		say_pasid(l, what);
		break;
	case IOMT_LACK_PASID_BITS:
		say_bits(l, what, "PASIDs", req->pasid_bits, " can use ");
		break;
	case IOMT_LACK_IOVA_BITS:
		say_bits(l, what, "addresses", req->iova_bits, " has a unit that reaches ");
		break;
	case IOMT_LACK_OA_BITS:
		say_bits(l, what, "output addresses", req->oa_bits, " has a unit that reaches ");
		break;
	case IOMT_LACK_LEVELS:
		text_add(l->text, "units have no depth in common that would do");
		break;
	case IOMT_LACK_PAGE_SIZES:
		say_sizes(l);
		break;
	case IOMT_LACK_ENC_BIT:
		text_add(l->text, "units differ in their encryption bit");
		break;
	case IOMT_LACK_DMA_BITS:
		say_dma(l);
		break;
	case IOMT_LACK_REGION:
		say_region(l);
		break;
	case IOMT_LACK_TRUST:
		add_device(l, what, "trust is wanted, and there is none in ");
		break;
	default:
		say_unit(l, what);
	}
}

static void say_refused(const struct line *l)
{
	const char *before = "refused: ";

	for (unsigned what = 0; what < IOMT_LACKS; what++) {
		if (!judged_lacks(l->j, (enum iomt_lack)what))
			continue;
		text_add(l->text, before);
		say_lack(l, (enum iomt_lack)what);
		before = "; ";
	}
}

static void say_where(const struct line *l)
{
	const struct judged *j = l->j;

	text_add(l->text, "; for requests ");
	if (j->where & IOMT_WHERE_RID)
		text_add(l->text, "without a PASID");
	if (j->where & IOMT_WHERE_ENTRY_0)
		text_add(l->text, " by entry 0 of PASID tables");
	if ((j->where & IOMT_WHERE_RID) && (j->where & IOMT_WHERE_PASID))
		text_add(l->text, " and ");
	if (j->where & IOMT_WHERE_PASID) {
		text_add(l->text, "with PASIDs of ");
		add_bits(l->text, j->pasid_bits);
	}
}

static void say_quirks(const struct line *l)
{
	static const char *const words[] = {
		"; its tables must be cleaned out of caches",
		"; what is mapped must be invalidated too",
		"; ranges to invalidate must hold whole runs",
		"; without read-only leaves",
	};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (l->j->quirks >> i & 1)
			text_add(l->text, words[i]);
	}
}

static void say_chosen(const struct line *l)
{
	const struct judged *j = l->j;

	text_add(l->text, "chosen: ");
	text_decimal(l->text, j->levels);
	text_add(l->text, j->levels == 1 ? " level, addresses of " : " levels, addresses of ");
	add_bits(l->text, j->iova_bits);
	text_add(l->text, " to ");
	add_bits(l->text, j->oa_bits);
	text_add(l->text, ", pages of");
	add_sizes(l->text, j->sizes);
	say_where(l);
	if (j->dma_last < low_bits(j->iova_bits)) {
		text_add(l->text, "; devices send none above ");
		text_hex(l->text, j->dma_last, 1);
	}
	say_quirks(l);
}

/* Why one that would do comes after the one chosen. */
static void say_later(const struct line *l, const struct rank *chosen)
{
	static const char *const words[RANKS] = {
		[BY_PASID] = "cannot be attached to a PASID later",
		[BY_GRANULE] = "its smallest page is larger",
		[BY_WIDE] = "its layout is for more bits than are wanted",
		[BY_SIZES] = "it has fewer page sizes, thus more IOTLB entries",
		[BY_LEVELS] = "it has more levels, thus longer walks",
		[BY_STAGE] = "stage 2 is left to nesting parents",
		[BY_FORMAT] = "another comes first",
	};
	struct rank rank = iomt_domain_rank(l->asked, l->j);
	enum rank_by by = iomt_domain_rank_differs(chosen, &rank);

	text_add(l->text, "would do, but ");
	text_add(l->text, words[by < RANKS ? by : BY_FORMAT]);
}

static void say_none(struct text *text, const struct asked *asked,
		     const struct iomt_domain_candidate *closest)
{
	enum iomt_lack what = iomt_domain_first_lack(closest->lacks);
	struct judged j;

	iomt_domain_judge(asked, closest->format, &j);
	text_add(text, "No format will do: ");
	text_add(text, iomt_format_name(closest->format));
	text_add(text, " comes closest and lacks ");
	text_add(text, iomt_lack_name(what));
	if (j.gaps[what].known)
		add_device(&(struct line){text, asked, &j}, what, " for ");
	text_add(text, ".\n");
}

static void say_all(struct text *text, const struct asked *asked)
{
	struct iomt_domain_candidate candidates[IOMT_FORMATS];
	unsigned fit, count = iomt_domain_candidates(asked, candidates, &fit);
	struct rank first = {{0}};

	if (!fit)
		say_none(text, asked, iomt_domain_closest(candidates, count));
	for (unsigned i = 0; i < count; i++) {
		struct judged j;
		struct line l = {text, asked, &j};

		iomt_domain_judge(asked, candidates[i].format, &j);
		text_add(text, iomt_format_name(j.format));
		text_add(text, ": ");
		if (j.lacks)
			say_refused(&l);
		else if (i)
			say_later(&l, &first);
		else
			say_chosen(&l);
		if (!i && !j.lacks)
			first = iomt_domain_rank(asked, &j);
		text_add(text, ".\n");
	}
}

size_t iomt_domain_explain(const struct iomt_domain_req *req,
			   const struct iomt_device_caps *const *devices, size_t count, char *text,
			   size_t size)
{
	struct text out = {.at = text, .size = text ? size : 0};
	struct iomt_iommu_error error;
	struct asked asked;

	if (!iomt_domain_asked(&asked, req, devices, count, &error)) {
		say_all(&out, &asked);
	} else {
		text_add(&out, "Malformed: ");
		text_add(&out, error.field);
		text_add(&out, ": ");
		text_add(&out, error.reason);
		text_add(&out, ".\n");
	}
	return text_end(&out);
}
