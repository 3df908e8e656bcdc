/* SPDX-License-Identifier: MIT */
/* Configurations: judged field by field, and turned into a table. */
#include "entry.h"

/* A configuration with its defaults filled in. */
struct plan {
	const struct pt_format *f;
	unsigned iova_bits;
	unsigned oa_bits;
	unsigned levels;    /* to begin with */
	unsigned max_level; /* to grow to */
	u64 sizes;
};

static int wrong(struct iomt_pt_cfg_error *error, int code, const char *field, const char *reason)
{
	if (error)
		*error = (struct iomt_pt_cfg_error){field, reason};
	return code;
}

/* Bytes of a newer caller's struct that this library does not know must be zero. */
static bool tail_is_zero(const void *data, size_t known, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = known; i < size; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static int check_mem(const struct iomt_mem *mem, struct iomt_pt_cfg_error *error)
{
	if (!mem)
		return wrong(error, IOMT_EINVAL, "mem", "no memory provider");
	if (mem->size < sizeof(*mem) || !tail_is_zero(mem, sizeof(*mem), mem->size))
		return wrong(error, IOMT_EINVAL, "mem", "size is not that of struct iomt_mem");
	if (!mem->alloc || !mem->free)
		return wrong(error, IOMT_EINVAL, "mem", "alloc and free are needed");
	if (!mem->to_phys != !mem->to_virt)
		return wrong(error, IOMT_EINVAL, "mem", "to_phys and to_virt go together");
	return 0;
}

static int check_flags(const struct pt_format *f, uint32_t flags, struct iomt_pt_cfg_error *error)
{
	const uint32_t known =
		IOMT_PT_DIRTY | IOMT_PT_SIGNED | IOMT_PT_TTBR1 | IOMT_PT_NX | IOMT_PT_PBMT;

	if (flags & ~known)
		return wrong(error, IOMT_EINVAL, "flags", "unknown flag");
	if (flags & ~f->flags)
		return wrong(error, IOMT_EOPNOTSUPP, "flags", "the format has no such feature");
	return 0;
}

/* Bits at the top of what the levels reach that no address has. */
static unsigned spare_bits(const struct pt_format *f, uint32_t flags)
{
	return f->canonical && !(flags & IOMT_PT_SIGNED);
}

/* Input bits of so many levels: a top that is always larger than other tables has more. */
static unsigned reach_lg2(const struct pt_format *f, unsigned levels)
{
	unsigned reach = pt_unit_lg2(f, levels);

	return f->root_min_lg2 > f->granule_lg2 ? reach + f->root_min_lg2 - f->granule_lg2 : reach;
}

/* The fewest levels that reach "bits", with tables side by side at the top where that saves one. */
static unsigned natural_levels(const struct pt_format *f, unsigned bits)
{
	unsigned levels = f->min_levels;

	while (pt_unit_lg2(f, levels) + f->root_concat_lg2 < bits)
		levels++;
	return levels;
}

static unsigned usual_iova_bits(const struct pt_format *f, const struct iomt_pt_cfg *cfg,
				unsigned oa_bits)
{
	unsigned spare = spare_bits(f, cfg->flags), most = f->max_iova_bits - spare;
	unsigned bits = f->usual_iova_bits - spare, reach = reach_lg2(f, cfg->levels) - spare;

	if (f->iova_within_oa && most > oa_bits)
		most = oa_bits;
	if (bits > most)
		bits = most;
	if (!cfg->levels || cfg->top_changed)
		return bits;
	if (reach < bits || natural_levels(f, bits + spare) < cfg->levels)
		bits = reach < most ? reach : most;
	return bits;
}

static int check_widths(const struct iomt_pt_cfg *cfg, struct plan *plan,
			struct iomt_pt_cfg_error *error)
{
	const struct pt_format *f = plan->f;

	if (cfg->levels && (cfg->levels < f->min_levels || cfg->levels > f->max_levels))
		return wrong(error, IOMT_EINVAL, "levels", "the format has no such depth");
	plan->oa_bits = cfg->oa_bits ? cfg->oa_bits : f->usual_oa_bits;
	if (cfg->oa_bits && (plan->oa_bits > 63 || !(f->oa_widths >> plan->oa_bits & 1)))
		return wrong(error, IOMT_EINVAL, "oa_bits", "the format has no such output width");
	if (!cfg->oa_bits && f->encrypts && cfg->enc_bit && cfg->enc_bit < plan->oa_bits)
		plan->oa_bits = cfg->enc_bit;
	plan->iova_bits = cfg->iova_bits ? cfg->iova_bits : usual_iova_bits(f, cfg, plan->oa_bits);
	if (plan->iova_bits < f->min_iova_bits ||
	    plan->iova_bits + spare_bits(f, cfg->flags) > f->max_iova_bits)
		return wrong(error, IOMT_EINVAL, "iova_bits", "the format has no such input width");
	if (f->iova_within_oa && plan->iova_bits > plan->oa_bits)
		return wrong(error, IOMT_EINVAL, "iova_bits", "wider than the output address");
	return 0;
}

static int check_levels(const struct iomt_pt_cfg *cfg, struct plan *plan,
			struct iomt_pt_cfg_error *error)
{
	const struct pt_format *f = plan->f;
	unsigned natural = natural_levels(f, plan->iova_bits + spare_bits(f, cfg->flags));
	bool alone = pt_unit_lg2(f, natural) < plan->iova_bits; /* else concatenated */

	plan->levels = cfg->levels ? cfg->levels : natural;
	plan->max_level = (plan->levels > natural ? plan->levels : natural) - 1;
	if (f->exact_levels && plan->levels != natural && !(alone && plan->levels == natural + 1))
		return wrong(error, IOMT_EINVAL, "levels", "iova_bits needs another depth");
	if (plan->levels < natural && !f->grows)
		return wrong(error, IOMT_EINVAL, "levels", "too few for iova_bits");
	if (plan->levels < natural && !cfg->top_changed)
		return wrong(error, IOMT_EINVAL, "top_changed",
			     "needed for fewer levels than iova_bits");
	if ((cfg->flags & IOMT_PT_SIGNED) && pt_unit_lg2(f, plan->levels) != plan->iova_bits)
		return wrong(error, IOMT_EINVAL, "levels",
			     "sign extension needs the levels' full width");
	return 0;
}

static int check_hardware(const struct iomt_pt_cfg *cfg, const struct plan *plan,
			  struct iomt_pt_cfg_error *error)
{
	const struct pt_format *f = plan->f;

	if (cfg->enc_bit && !f->encrypts)
		return wrong(error, IOMT_EOPNOTSUPP, "enc_bit", "the format has no encryption bit");
	if (cfg->enc_bit && (cfg->enc_bit < plan->oa_bits || cfg->enc_bit > 51))
		return wrong(error, IOMT_EINVAL, "enc_bit", "must lie between oa_bits and 51");
	if (!(f->oa_widths >> plan->oa_bits & 1))
		return wrong(error, IOMT_EINVAL, "enc_bit", "leaves no output width");
	if (cfg->bbm > 2)
		return wrong(error, IOMT_EINVAL, "bbm", "must be 0, 1 or 2");
	if (cfg->bbm && f->resizes)
		return wrong(error, IOMT_EOPNOTSUPP, "bbm", "the format changes sizes in place");
	return 0;
}

static int check_sizes(const struct iomt_pt_cfg *cfg, struct plan *plan,
		       struct iomt_pt_cfg_error *error)
{
	const struct pt_format *f = plan->f;
	unsigned widest = 63u - (unsigned)__builtin_clzll(f->oa_widths);
	u64 have = plan->oa_bits == widest ? f->sizes : f->sizes & ~f->sizes_wide;
	unsigned limit = pt_unit_lg2(f, plan->max_level + 1) - 1;

	if (cfg->page_sizes & ~have)
		return wrong(error, IOMT_EINVAL, "page_sizes", "the format has no such size");
	if (cfg->page_sizes && !(cfg->page_sizes & pt_granule(f)))
		return wrong(error, IOMT_EINVAL, "page_sizes", "must hold the granule");
	plan->sizes = cfg->page_sizes ? cfg->page_sizes : have & ~f->sizes_unusual;
	if (limit > plan->iova_bits)
		limit = plan->iova_bits;
	if (limit > plan->oa_bits)
		limit = plan->oa_bits;
	plan->sizes &= pt_low_bits(limit + 1);
	if (cfg->top_changed && !f->grows)
		return wrong(error, IOMT_EOPNOTSUPP, "top_changed", "the format's top cannot grow");
	return 0;
}

static int make_plan(const struct iomt_pt_cfg *cfg, struct plan *plan,
		     struct iomt_pt_cfg_error *error)
{
	int err;

	if (!cfg || cfg->size < sizeof(*cfg) || !tail_is_zero(cfg, sizeof(*cfg), cfg->size))
		return wrong(error, IOMT_EINVAL, "size", "is not that of struct iomt_pt_cfg");
	if (!cfg->format)
		return wrong(error, IOMT_EINVAL, "format", "no format");
	plan->f = cfg->format->facts;
	err = check_mem(cfg->mem, error);
	if (!err)
		err = check_flags(plan->f, cfg->flags, error);
	if (!err)
		err = check_widths(cfg, plan, error);
	if (!err)
		err = check_levels(cfg, plan, error);
	if (!err)
		err = check_hardware(cfg, plan, error);
	if (!err)
		err = check_sizes(cfg, plan, error);
	return err;
}

int iomt_pt_cfg_check(const struct iomt_pt_cfg *cfg, struct iomt_pt_cfg_error *error)
{
	struct plan plan;

	return make_plan(cfg, &plan, error);
}

/* The lowest IOVA: 0, or where an upper half begins, or the most negative signed address. */
static u64 lowest_iova(const struct iomt_pt_cfg *cfg, const struct plan *plan)
{
	if (cfg->flags & IOMT_PT_TTBR1)
		return -(1ULL << plan->iova_bits);
	if (cfg->flags & IOMT_PT_SIGNED)
		return -(1ULL << (plan->iova_bits - 1));
	return 0;
}

int iomt_pt_init(struct iomt_pt *pt, const struct iomt_pt_cfg *cfg)
{
	struct plan plan;
	int err = make_plan(cfg, &plan, NULL);
	unsigned level;
	u64 *root, enc;

	if (err)
		return err;
	level = plan.levels - 1;
	enc = cfg->enc_bit ? 1ULL << cfg->enc_bit : 0;
	*pt = (struct iomt_pt){
		.format = cfg->format,
		.va_base = lowest_iova(cfg, &plan),
		.va_mask = pt_low_bits(plan.iova_bits),
		.reach = pt_low_bits(plan.iova_bits) &
			 (plan.f->grows ? pt_slot_last(plan.f, 0, plan.levels) : ~0ULL),
		.oa_last = pt_low_bits(plan.oa_bits),
		.addr_mask = pt_low_bits(plan.oa_bits) & ~(pt_granule(plan.f) - 1),
		.enc = enc,
		.phys_offset = cfg->mem->phys_offset,
		.table_offset = cfg->mem->phys_offset +
				((enc + plan.f->table(0, 1)) << plan.f->entry_shift),
		.sizes = plan.sizes,
		.mem = cfg->mem,
		.flags = cfg->flags,
		.bbm = cfg->bbm,
		.iova_bits = (uint8_t)plan.iova_bits,
		.oa_bits = (uint8_t)plan.oa_bits,
		.linear = !cfg->mem->to_phys,
		.plain = !cfg->mem->to_phys && !cfg->mem->clean,
		.max_level = (uint8_t)plan.max_level,
		.incoherent = cfg->mem->clean != NULL,
#ifdef IOMT_DEBUG
		.unlinked = iomt_debug_generation(),
#endif
		.top_changed = cfg->top_changed,
		.ctx = cfg->ctx,
	};
	for (uint32_t prot = 0; prot < PT_ATTRS; prot++) {
		if (!pt->plain || pt_attrs(plan.f, pt, prot, &pt->attrs[prot]))
			pt->attrs[prot] = 0;
	}
	root = pt_root_alloc(plan.f, pt, level);
	if (!root)
		return IOMT_ENOMEM;
	pt->top = (uintptr_t)root | level;
	return 0;
}
