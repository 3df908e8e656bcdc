/* SPDX-License-Identifier: MIT */
/* Units, and walks in a context. */
#include "unit.h"

#define VALID_ACCESS (UNIT_ASKED | IOMT_PRIV | IOMT_WALK_ATS | IOMT_WALK_LOOK)
#define FEATURES     0x3fffu

static int wrong(struct iomt_pt_cfg_error *error, const char *field, const char *reason)
{
	if (error)
		*error = (struct iomt_pt_cfg_error){field, reason};
	return IOMT_EINVAL;
}

/* Bytes of a newer caller's struct that this library does not know must be zero. */
static bool size_fits(const struct iomt_unit_cfg *cfg)
{
	const unsigned char *bytes = (const unsigned char *)cfg;

	for (size_t i = sizeof(*cfg); i < cfg->size; i++) {
		if (bytes[i])
			return false;
	}
	return cfg->size >= sizeof(*cfg);
}

/* The walker's own check of guest memory, and of widths that a format has. */
static int check_walker(const struct iomt_unit_cfg *cfg, struct iomt_pt_cfg_error *error)
{
	struct iomt_walk_cfg walk = {
		.size = sizeof(walk),
		.format = cfg->arch == IOMT_UNIT_SMMU ? &iomt_walk_arm_s1_64k : &iomt_walk_x86_64,
		.mem = cfg->mem,
		.iova_bits = 48,
		.oa_bits = cfg->oa_bits,
		.page_sizes = cfg->page_sizes,
	};
	struct iomt_walker walker;

	return iomt_walker_init(&walker, &walk, error);
}

static int check(const struct iomt_unit_cfg *cfg, struct iomt_pt_cfg_error *error)
{
	if (!size_fits(cfg))
		return wrong(error, "size", "not that of struct iomt_unit_cfg");
	if (cfg->arch > IOMT_UNIT_SMMU)
		return wrong(error, "arch", "no such architecture");
	if (cfg->features & ~FEATURES)
		return wrong(error, "features", "an unknown one");
	if (cfg->base_cfg && cfg->arch != IOMT_UNIT_SMMU)
		return wrong(error, "base_cfg", "there is no such register");
	if ((cfg->levels & ~0x7e) || (cfg->levels && cfg->arch == IOMT_UNIT_SMMU))
		return wrong(error, "levels", "no such depth");
	if (cfg->pasid_bits > 20)
		return wrong(error, "pasid_bits", "20 at most");
	if ((cfg->granules & ~0x15000u) || (cfg->granules && cfg->arch != IOMT_UNIT_SMMU))
		return wrong(error, "granules", "no such granule");
	if (cfg->page_sizes && cfg->arch != IOMT_UNIT_VTD)
		return wrong(error, "page_sizes", "for VT-d alone");
	return check_walker(cfg, error);
}

int iomt_unit_init(struct iomt_unit *unit, const struct iomt_unit_cfg *cfg,
		   struct iomt_pt_cfg_error *error)
{
	int err = check(cfg, error);

	if (err)
		return err;
	*unit = (struct iomt_unit){.cfg = *cfg};
	unit->cfg.size = sizeof(*cfg);
	unit->cfg.oa_bits = cfg->oa_bits ? cfg->oa_bits : 48;
	unit->cfg.levels = cfg->levels ? cfg->levels : 0x7e;
	unit->cfg.granules = cfg->granules ? cfg->granules : 0x15000;
	return 0;
}

int iomt_find_fail(const struct find *find, unsigned at, unsigned kind, unsigned code, u64 entry)
{
	*find->fault = (struct iomt_device_fault){
		.request = *find->request,
		.address = at == IOMT_AT_REGISTER ? 0 : find->address,
		.entry = entry,
		.domain = find->context->domain,
		.arch = find->context->arch,
		.at = (uint8_t)at,
		.kind = (uint8_t)kind,
		.code = (uint8_t)code,
		.silent = find->context->silent,
	};
	return IOMT_EFAULT;
}

static const struct unit_facts *facts(unsigned arch, bool scalable)
{
	if (arch == IOMT_UNIT_AMD)
		return &iomt_unit_amd;
	if (arch == IOMT_UNIT_SMMU)
		return &iomt_unit_smmu;
	return scalable ? &iomt_unit_vtd_scalable : &iomt_unit_vtd;
}

int iomt_find_read(struct find *find, const struct iomt_walker *second, unsigned at, unsigned code,
		   u64 address, u64 *words, unsigned count)
{
	uint32_t look = find->request->access & IOMT_WALK_LOOK;
	struct iomt_walk_fault walk;

	find->address = address;
	for (unsigned i = 0; i < count; i++) {
		int err = iomt_walk_read64(second, find->unit->cfg.mem, address + 8 * (u64)i,
					   IOMT_READ | look, &words[i], &walk);

		if (err == IOMT_EAGAIN)
			return err;
		if (err == IOMT_EFAULT) {
			iomt_find_fail(find, at, IOMT_DEVICE_FAULT_WALK, 0, 0);
			walk.iova = find->request->iova;
			walk.access = find->request->access;
			walk.on_table = true;
			find->fault->walk = walk;
			find->fault->code = (uint8_t)facts(find->unit->cfg.arch, false)
						    ->walk_code(&walk, false);
			return err;
		}
		if (err && second)
			find->address = walk.address; /* what stage 2 made of it */
		if (err)
			return iomt_find_fail(find, at, IOMT_DEVICE_FAULT_MEMORY, code, 0);
	}
	return 0;
}

int iomt_find_walker(const struct find *find, struct iomt_walker *walker, struct iomt_walk_cfg *cfg,
		     unsigned at, unsigned code, u64 entry)
{
	cfg->size = sizeof(*cfg);
	cfg->mem = cfg->mem ? cfg->mem : find->unit->cfg.mem;
	if (iomt_walker_init(walker, cfg, NULL))
		return iomt_find_fail(find, at, IOMT_DEVICE_FAULT_ILLEGAL, code, entry);
	return 0;
}

int iomt_unit_find(const struct iomt_unit *unit, const struct iomt_request *request,
		   struct iomt_context *context, struct iomt_device_fault *fault)
{
	struct find find = {.unit = unit, .request = request, .context = context, .fault = fault};
	bool has_pasid = request->pasid != IOMT_TLB_NO_PASID;

	if ((has_pasid && request->pasid > IOMT_TLB_MAX_PASID) ||
	    (unit->cfg.arch != IOMT_UNIT_SMMU && request->device > 0xffff))
		return IOMT_EINVAL;
	context->device = request->device;
	context->pasid = request->pasid;
	context->domain = 0;
	context->process = IOMT_TLB_NO_PASID;
	context->stages = 0;
	context->arch = (uint8_t)unit->cfg.arch;
	context->oa_bits = unit->cfg.oa_bits;
	context->ats = context->silent = context->scalable = context->supervisor = false;
	context->privileged = true;
	context->used[0] = context->used[1] = false;
	context->deny = context->nested = 0;
	return facts(unit->cfg.arch, false)->find(&find);
}

/* Ends a walk in a context without any page table. */
static int refuse(const struct iomt_context *context, const struct iomt_request *request,
		  unsigned kind, unsigned code, struct iomt_device_fault *fault)
{
	*fault = (struct iomt_device_fault){
		.request = *request,
		.domain = context->domain,
		.arch = context->arch,
		.at = IOMT_AT_DEVICE,
		.kind = (uint8_t)kind,
		.code = (uint8_t)code,
		.silent = context->silent,
		.guest = context->stages & 1,
	};
	return IOMT_EFAULT;
}

/* Addresses as they are. */
static int pass(const struct iomt_context *context, const struct unit_facts *f,
		const struct iomt_request *request, struct iomt_walk_leaf *leaf,
		struct iomt_device_fault *fault)
{
	uint32_t allowed = UNIT_ASKED & ~context->deny;

	if ((request->access & UNIT_ASKED & ~allowed) && !(request->access & IOMT_WALK_ATS))
		return refuse(context, request, IOMT_DEVICE_FAULT_REFUSED, f->refused_pass, fault);
	if (f->beyond_pass && (request->iova & ~unit_low(context->oa_bits)))
		return refuse(context, request, IOMT_DEVICE_FAULT_RANGE, f->beyond_pass, fault);
	*leaf = (struct iomt_walk_leaf){.oa = request->iova, .prot = allowed, .size_lg2 = 64};
	return 0;
}

/* A half of Arm's stage 1 that no table serves, and neither does the other. */
static int no_halves(const struct iomt_request *request, struct iomt_walk_fault *walk)
{
	*walk = (struct iomt_walk_fault){
		.iova = request->iova,
		.input = request->iova,
		.access = request->access,
		.kind = IOMT_WALK_FAULT_INPUT,
		.level = 3,
		.top = true,
		.stage = 1,
	};
	return IOMT_EFAULT;
}

static int walk_first(const struct iomt_context *context, const struct iomt_request *request,
		      uint32_t access, struct iomt_walk_leaf *leaf, struct iomt_walk_fault *walk)
{
	unsigned n = context->arch == IOMT_UNIT_SMMU ? request->iova >> 55 & 1 : 0;

	if (!context->used[n]) {
		const struct iomt_walker *other = context->used[!n] ? &context->first[!n] : NULL;

		if (!other)
			return no_halves(request, walk);
		return iomt_walk_halves(n ? other : NULL, n ? NULL : other, request->iova, access,
					leaf, walk);
	}
	if (context->stages == 1)
		return iomt_walk(&context->first[n], request->iova, access, leaf, walk);
	return iomt_walk_nested(&context->first[n], &context->second, context->nested,
				request->iova, access, leaf, walk);
}

int iomt_context_walk(const struct iomt_context *context, const struct iomt_request *request,
		      struct iomt_walk_leaf *leaf, struct iomt_device_fault *fault)
{
	const struct unit_facts *f = facts(context->arch, context->scalable);
	uint32_t access = request->access | (context->supervisor ? IOMT_PRIV : 0);
	struct iomt_walk_fault walk;
	int err;

	if (!(access & UNIT_ASKED) || (access & ~VALID_ACCESS))
		return IOMT_EINVAL;
	if ((access & IOMT_WALK_ATS) && !context->ats)
		return refuse(context, request, IOMT_DEVICE_FAULT_REFUSED, f->refused_ats, fault);
	if ((access & IOMT_PRIV) && !context->privileged)
		return refuse(context, request, IOMT_DEVICE_FAULT_REFUSED, f->refused_priv, fault);
	if (!context->stages)
		return pass(context, f, request, leaf, fault);
	if (context->stages == 2)
		err = iomt_walk(&context->second, request->iova, access, leaf, &walk);
	else
		err = walk_first(context, request, access, leaf, &walk);
	if (err != IOMT_EFAULT)
		return err;
	refuse(context, request, IOMT_DEVICE_FAULT_WALK, f->walk_code(&walk, context->scalable),
	       fault);
	fault->at = IOMT_AT_PAGES;
	fault->address = walk.address;
	fault->entry = walk.entry;
	fault->walk = walk;
	return IOMT_EFAULT;
}
