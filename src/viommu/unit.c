/* SPDX-License-Identifier: MIT */
/* Units, and walks in a context. */
#include "unit.h"

#define VALID_ACCESS (UNIT_ASKED | IOMT_PRIV | IOMT_WALK_ATS | IOMT_WALK_LOOK)
#define FEATURES     0x3fffu
#define TRIES	     64 /* reads of an entry that changes */
#define AT_ONCE	     4	/* words at most */

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

/* RISC-V: bits of capabilities that are not here, and PAS. */
#define SV32	 (1ULL << 8)
#define SV32X4	 (1ULL << 16)
#define MSI_MRIF (1ULL << 23)
#define END	 (1ULL << 27)

static uint8_t physical_bits(const struct iomt_unit_cfg *cfg)
{
	if (cfg->arch == IOMT_UNIT_RISCV)
		return (uint8_t)unit_bits(cfg->capabilities, 37, 32);
	return cfg->oa_bits;
}

static int check_riscv(const struct iomt_unit_cfg *cfg, struct iomt_pt_cfg_error *error)
{
	if (cfg->arch != IOMT_UNIT_RISCV)
		return cfg->capabilities ? wrong(error, "capabilities", "for RISC-V alone") : 0;
	if (cfg->features)
		return wrong(error, "features", "capabilities say it");
	if (cfg->levels)
		return wrong(error, "levels", "capabilities say it");
	if (cfg->oa_bits)
		return wrong(error, "oa_bits", "capabilities say it");
	if (cfg->pasid_bits)
		return wrong(error, "pasid_bits", "capabilities say it");
	if (cfg->capabilities & (SV32 | SV32X4 | MSI_MRIF | END))
		return wrong(error, "capabilities", "Sv32, END and MSI_MRIF are not here");
	if (physical_bits(cfg) < 32 || physical_bits(cfg) > 56)
		return wrong(error, "capabilities", "PAS is not from 32 to 56");
	return 0;
}

/* The walker's own check of guest memory, and of widths that a format has. */
static int check_walker(const struct iomt_unit_cfg *cfg, struct iomt_pt_cfg_error *error)
{
	static const struct iomt_walk_format *const formats[] = {
		[IOMT_UNIT_AMD] = &iomt_walk_x86_64,
		[IOMT_UNIT_VTD] = &iomt_walk_x86_64,
		[IOMT_UNIT_SMMU] = &iomt_walk_arm_s1_64k,
		[IOMT_UNIT_RISCV] = &iomt_walk_riscv_s1,
	};
	struct iomt_walk_cfg walk = {
		.size = sizeof(walk),
		.format = formats[cfg->arch],
		.mem = cfg->mem,
		.iova_bits = 48,
		.oa_bits = physical_bits(cfg),
		.page_sizes = cfg->page_sizes,
	};
	struct iomt_walker walker;

	return iomt_walker_init(&walker, &walk, error);
}

static int check(const struct iomt_unit_cfg *cfg, struct iomt_pt_cfg_error *error)
{
	int err;

	if (!size_fits(cfg))
		return wrong(error, "size", "not that of struct iomt_unit_cfg");
	if (cfg->arch > IOMT_UNIT_RISCV)
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
	err = check_riscv(cfg, error);
	return err ? err : check_walker(cfg, error);
}

int iomt_unit_init(struct iomt_unit *unit, const struct iomt_unit_cfg *cfg,
		   struct iomt_pt_cfg_error *error)
{
	int err = check(cfg, error);

	if (err)
		return err;
	*unit = (struct iomt_unit){.cfg = *cfg};
	unit->cfg.size = sizeof(*cfg);
	unit->cfg.oa_bits = physical_bits(cfg) ? physical_bits(cfg) : 48;
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
		.code = (uint16_t)code,
		.silent = find->context->silent,
	};
	return IOMT_EFAULT;
}

static const struct unit_facts *facts(unsigned arch, bool scalable)
{
	static const struct unit_facts *const all[] = {
		[IOMT_UNIT_AMD] = &iomt_unit_amd,
		[IOMT_UNIT_VTD] = &iomt_unit_vtd,
		[IOMT_UNIT_SMMU] = &iomt_unit_smmu,
		[IOMT_UNIT_RISCV] = &iomt_unit_riscv,
	};

	return scalable ? &iomt_unit_vtd_scalable : all[arch];
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
			/* a read, whatever was asked for */
			iomt_find_fail(find, at, IOMT_DEVICE_FAULT_WALK,
				       facts(find->unit->cfg.arch, false)->walk_code(&walk, false),
				       0);
			walk.iova = find->request->iova;
			walk.access = find->request->access & VALID_ACCESS;
			walk.on_table = true;
			find->fault->walk = walk;
			return err;
		}
		if (err && second)
			find->address = walk.address; /* what stage 2 made of it */
		if (err)
			return iomt_find_fail(find, at, IOMT_DEVICE_FAULT_MEMORY, code, 0);
	}
	return 0;
}

int iomt_find_read_at_once(struct find *find, unsigned at, unsigned code, u64 address, u64 *words,
			   unsigned count)
{
	u64 again[AT_ONCE];
	int err = iomt_find_read(find, NULL, at, code, address, words, count);

	for (unsigned i = 0; !err && i < TRIES; i++) {
		err = iomt_find_read(find, NULL, at, code, address, again, count);
		if (err || !__builtin_memcmp(again, words, count * sizeof(u64)))
			return err;
		__builtin_memcpy(words, again, count * sizeof(u64));
	}
	return err ? err : IOMT_EAGAIN;
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
	static const uint32_t last_device[] = {
		[IOMT_UNIT_AMD] = 0xffff,
		[IOMT_UNIT_VTD] = 0xffff,
		[IOMT_UNIT_SMMU] = UINT32_MAX,
		[IOMT_UNIT_RISCV] = 0xffffff,
	};
	struct find find = {.unit = unit, .request = request, .context = context, .fault = fault};
	bool has_pasid = request->pasid != IOMT_TLB_NO_PASID;

	if ((has_pasid && request->pasid > IOMT_TLB_MAX_PASID) ||
	    request->device > last_device[unit->cfg.arch])
		return IOMT_EINVAL;
	context->device = request->device;
	context->pasid = request->pasid;
	context->domain = 0;
	context->process = IOMT_TLB_NO_PASID;
	context->stages = 0;
	context->arch = (uint8_t)unit->cfg.arch;
	context->oa_bits = unit->cfg.oa_bits;
	context->ats = context->silent = context->scalable = context->supervisor = false;
	context->user = context->sum = context->keep = context->translated = context->msi = false;
	context->privileged = true;
	context->used[0] = context->used[1] = false;
	context->tagged[0] = context->tagged[1] = false;
	context->deny = context->nested = 0;
	context->mem = unit->cfg.mem;
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
		.code = (uint16_t)code,
		.silent = context->silent,
		.guest = context->stages & 1,
	};
	return IOMT_EFAULT;
}

static bool is_beyond(const struct iomt_context *context, const struct iomt_request *request)
{
	return request->iova & ~unit_low(context->oa_bits);
}

/* Addresses as they are. */
static int pass(const struct iomt_context *context, const struct unit_facts *f,
		const struct iomt_request *request, struct iomt_walk_leaf *leaf,
		struct iomt_device_fault *fault)
{
	uint32_t allowed = UNIT_ASKED & ~context->deny;

	if ((request->access & UNIT_ASKED & ~allowed) && !(request->access & IOMT_WALK_ATS))
		return refuse(context, request, IOMT_DEVICE_FAULT_REFUSED, f->refused_pass, fault);
	if (f->beyond_pass && is_beyond(context, request))
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

/* Stage 1, with stage 2 under it where there is one; "nested" is IOMT_NESTED_*. */
static int walk_first(const struct iomt_context *context, const struct iomt_request *request,
		      uint32_t nested, uint32_t access, struct iomt_walk_leaf *leaf,
		      struct iomt_walk_fault *walk)
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
	return iomt_walk_nested(&context->first[n], &context->second, nested, request->iova, access,
				leaf, walk);
}

/* A walk that ended in page tables. */
static int refuse_walk(const struct iomt_context *context, const struct iomt_request *request,
		       const struct iomt_walk_fault *walk, struct iomt_device_fault *fault)
{
	const struct unit_facts *f = facts(context->arch, context->scalable);

	refuse(context, request, IOMT_DEVICE_FAULT_WALK, f->walk_code(walk, context->scalable),
	       fault);
	fault->at = IOMT_AT_PAGES;
	fault->address = walk->address;
	fault->entry = walk->entry;
	fault->walk = *walk;
	return IOMT_EFAULT;
}

/*
 * An access to an interrupt file, where there is an MSI page table: what becomes of it. 1: it is to
 * something else. The first stage is looked through twice, that nothing is marked in vain.
 */
static int walk_msi(const struct iomt_context *context, const struct iomt_request *request,
		    unsigned stages, uint32_t access, struct iomt_walk_leaf *leaf,
		    struct iomt_device_fault *fault)
{
	struct iomt_walk_leaf first = {.oa = request->iova, .prot = UNIT_ASKED, .size_lg2 = 64};
	struct iomt_walk_fault walk;
	uint64_t address;
	int err = 0;

	if (stages & 1)
		err = walk_first(context, request, IOMT_NESTED_FIRST, access | IOMT_WALK_LOOK,
				 &first, &walk);
	if (err || iomt_msi_apart(context, first.oa))
		return 1;
	address = first.oa;
	err = iomt_msi_translate(context, request, address, &first, fault);
	if (err)
		return err;
	if (!(stages & 1)) {
		*leaf = first;
		return 0;
	}
	err = walk_first(context, request, IOMT_NESTED_FIRST, access, &first, &walk);
	if (err == IOMT_EFAULT)
		return refuse_walk(context, request, &walk, fault);
	if (err || first.oa != address)
		return IOMT_EAGAIN;
	err = iomt_msi_translate(context, request, address, &first, fault);
	if (!err)
		*leaf = first;
	return err;
}

/* Page tables, and what stands for them. */
static int walk_pages(const struct iomt_context *context, const struct iomt_request *request,
		      unsigned stages, uint32_t access, struct iomt_walk_leaf *leaf,
		      struct iomt_device_fault *fault)
{
	bool keep = context->keep && (access & IOMT_WALK_ATS);
	struct iomt_walk_fault walk;
	int err;

	if (stages == 2 && context->arch == IOMT_UNIT_SMMU && is_beyond(context, request))
		return refuse(context, request, IOMT_DEVICE_FAULT_RANGE, iomt_unit_smmu.beyond_pass,
			      fault); /* as an output of stage 1 */
	if (stages == 2)
		err = iomt_walk(&context->second, request->iova, access, leaf, &walk);
	else
		err = walk_first(context, request, context->nested | (keep ? IOMT_NESTED_KEEP : 0),
				 access, leaf, &walk);
	if (!err && keep && stages == 2)
		leaf->oa = request->iova;
	return err == IOMT_EFAULT ? refuse_walk(context, request, &walk, fault) : err;
}

/* What knows no MSI page table. */
static int walk_plain(const struct iomt_context *context, const struct iomt_request *request,
		      unsigned stages, uint32_t access, struct iomt_walk_leaf *leaf,
		      struct iomt_device_fault *fault)
{
	if (!stages)
		return pass(context, facts(context->arch, context->scalable), request, leaf, fault);
	return walk_pages(context, request, stages, access, leaf, fault);
}

/*
 * An access that is to no interrupt file; the leaf ends where these begin. When stage 1 has changed since
 * walk_msi looked, and leads to one, all begins anew.
 */
static int walk_beside(const struct iomt_context *context, const struct iomt_request *request,
		       unsigned stages, uint32_t access, struct iomt_walk_leaf *leaf,
		       struct iomt_device_fault *fault)
{
	struct iomt_device_fault found;
	struct iomt_walk_leaf beside;
	int err = walk_plain(context, request, stages, access, &beside, &found);
	unsigned apart;

	if (err == IOMT_EFAULT) {
		if (found.walk.stage == 2 && !found.walk.on_table &&
		    !iomt_msi_apart(context, found.walk.input))
			return IOMT_EAGAIN;
		*fault = found;
	}
	if (err)
		return err;
	apart = iomt_msi_apart(context, stages & 1 ? iomt_msi_output(&beside, request->iova)
						   : request->iova);
	if (!apart)
		return IOMT_EAGAIN;
	if (beside.size_lg2 > apart)
		beside.size_lg2 = (uint8_t)apart;
	*leaf = beside;
	return 0;
}

/* Whether a request asks for something that this context can answer. */
static bool is_valid(const struct iomt_context *context, uint32_t access)
{
	bool translated = access & IOMT_REQUEST_TRANSLATED;

	if (context->arch != IOMT_UNIT_RISCV)
		return (access & UNIT_ASKED) && !(access & ~VALID_ACCESS);
	if ((context->translated && !translated) || (translated && (access & IOMT_WALK_ATS)))
		return false;
	return (access & UNIT_ASKED) && !(access & ~(VALID_ACCESS | IOMT_REQUEST_TRANSLATED));
}

int iomt_context_walk(const struct iomt_context *context, const struct iomt_request *request,
		      struct iomt_walk_leaf *leaf, struct iomt_device_fault *fault)
{
	const struct unit_facts *f = facts(context->arch, context->scalable);
	uint32_t access = request->access | (context->supervisor ? IOMT_PRIV : 0);
	bool translated = access & IOMT_REQUEST_TRANSLATED;
	unsigned stages = context->stages;
	int err;

	if (!is_valid(context, access))
		return IOMT_EINVAL;
	if ((access & (IOMT_WALK_ATS | IOMT_REQUEST_TRANSLATED)) && !context->ats)
		return refuse(context, request, IOMT_DEVICE_FAULT_REFUSED, f->refused_ats, fault);
	access &= ~(IOMT_REQUEST_TRANSLATED | (context->user ? IOMT_PRIV : 0));
	if (translated && !context->keep)
		return pass(context, f, request, leaf, fault);
	if (translated)
		stages &= 2;
	else if ((access & IOMT_PRIV) && !context->privileged)
		return refuse(context, request, IOMT_DEVICE_FAULT_REFUSED, f->refused_priv, fault);
	if (!context->msi)
		return walk_plain(context, request, stages, access, leaf, fault);
	err = walk_msi(context, request, stages, access, leaf, fault);
	return err > 0 ? walk_beside(context, request, stages, access, leaf, fault) : err;
}
