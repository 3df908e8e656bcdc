/* SPDX-License-Identifier: MIT */
#include "viommu.h"
#include <stdlib.h>
#include <string.h>

#define MOST_MEMORY (1ULL << 30)
#define ASKED	    (IOMT_READ | IOMT_WRITE | IOMT_EXEC)

int viommu_open(struct viommu *viommu, enum viommu_kind kind)
{
	struct iomt_tlb_cfg cfg = {
		.size = sizeof(cfg), .entries = 4096, .spaces = 2 * VIOMMU_CONTEXTS};

	memset(viommu, 0, sizeof(*viommu));
	viommu->kind = kind;
	viommu->mem = (struct iomt_guest_mem){.size = sizeof(viommu->mem), .regions = &viommu->ram};
	viommu->tlb_memory = aligned_alloc(IOMT_TLB_ALIGN, (iomt_tlb_bytes(&cfg) + IOMT_TLB_ALIGN -
							    1) & ~(IOMT_TLB_ALIGN - 1ULL));
	if (!viommu->tlb_memory)
		return IOMT_ENOMEM;
	return iomt_tlb_init(&viommu->tlb, &cfg, viommu->tlb_memory);
}

void viommu_close(struct viommu *viommu)
{
	free(viommu->tlb_memory);
	free(viommu->ram.host);
}

int viommu_memory(struct viommu *viommu, uint64_t base, uint64_t size)
{
	if (viommu->mem.count)
		return IOMT_EEXIST;
	if (!size || size > MOST_MEMORY || ((base | size) & 7) || base + size - 1 < base)
		return IOMT_EINVAL;
	viommu->ram = (struct iomt_guest_region){
		.base = base, .size = size, .host = calloc(size / 8, sizeof(uint64_t))};
	if (!viommu->ram.host)
		return IOMT_ENOMEM;
	viommu->mem.count = 1;
	return 0;
}

/* NULL where no memory is. */
static uint64_t *word_at(const struct viommu *viommu, uint64_t address)
{
	uint64_t offset = address - viommu->ram.base;

	if (!viommu->mem.count || offset >= viommu->ram.size || (address & 7))
		return NULL;
	return (uint64_t *)viommu->ram.host + offset / 8;
}

int viommu_write(struct viommu *viommu, uint64_t address, uint64_t value)
{
	uint64_t *word = word_at(viommu, address);

	if (!word)
		return IOMT_EFAULT;
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	return 0;
}

int viommu_read(const struct viommu *viommu, uint64_t address, uint64_t *value)
{
	const uint64_t *word = word_at(viommu, address);

	if (!word)
		return IOMT_EFAULT;
	*value = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	return 0;
}

struct viommu_context *viommu_find(struct viommu *viommu, uint32_t device, uint32_t pasid)
{
	for (unsigned i = 0; i < viommu->count; i++) {
		struct viommu_context *context = &viommu->contexts[i];

		if (context->device == device && context->pasid == pasid)
			return context;
	}
	return NULL;
}

/* The cache's names for a context. AMD has no pages that several PASIDs share. */
static int name_spaces(struct viommu *viommu, struct viommu_context *context)
{
	bool stage_1 = context->tag != VIOMMU_NO_PASID;
	int err = iomt_tlb_space_init(&context->spaces[0], viommu->tlb, 0, context->domain,
				      context->tag, stage_1 ? 1 : 2);

	context->count = 1;
	if (err || !stage_1 || viommu->kind == VIOMMU_AMD)
		return err;
	context->count = 2;
	return iomt_tlb_space_init(&context->spaces[1], viommu->tlb, 0, context->domain,
				   VIOMMU_NO_PASID, 1);
}

int viommu_attach(struct viommu *viommu, const struct viommu_context *context,
		  struct iomt_pt_cfg_error *error)
{
	struct viommu_context *to = viommu_find(viommu, context->device, context->pasid);
	struct viommu_context made = *context;
	int err;

	made.cfg.size = sizeof(made.cfg);
	made.cfg.mem = &viommu->mem;
	err = iomt_walker_init(&made.walker, &made.cfg, error);
	if (err)
		return err;
	*error = (struct iomt_pt_cfg_error){"domain", "an id that is too large"};
	err = name_spaces(viommu, &made);
	if (err)
		return err;
	if (!to && viommu->count == VIOMMU_CONTEXTS)
		return IOMT_ENOSPC;
	to = to ? to : &viommu->contexts[viommu->count++];
	*to = made;
	return 0;
}

static bool is_cached(struct viommu_context *context, uint64_t iova, uint32_t access,
		      struct viommu_answer *answer)
{
	struct iomt_tlb_entry entry;

	for (unsigned i = 0; i < context->count; i++) {
		if (iomt_tlb_lookup(&context->spaces[i], iova, &entry) || (access & ~entry.prot))
			continue;
		*answer = (struct viommu_answer){.oa = entry.oa,
						 .prot = entry.prot,
						 .size_lg2 = entry.size_lg2,
						 .cached = true};
		return true;
	}
	return false;
}

/* A page that nobody has written yet is kept without WRITE, so that the first write walks. */
static void remember(struct viommu_context *context, const uint64_t tokens[2], uint64_t iova,
		     const struct iomt_walk_leaf *leaf)
{
	unsigned i = context->count == 2 && (leaf->prot & IOMT_GLOBAL);
	struct iomt_tlb_entry entry = {
		.oa = leaf->oa, .prot = leaf->prot & ASKED, .size_lg2 = leaf->size_lg2};

	if (leaf->clean)
		entry.prot &= ~IOMT_WRITE;
	/* may refuse: the next access walks */
	iomt_tlb_insert(&context->spaces[i], tokens[i], iova, &entry);
}

int viommu_access(struct viommu *viommu, uint32_t device, uint32_t pasid, uint64_t iova,
		  uint32_t access, struct viommu_answer *answer)
{
	struct viommu_context *context = viommu_find(viommu, device, pasid);
	struct iomt_walk_leaf leaf;
	uint64_t tokens[2];
	int err;

	if (!context)
		return IOMT_ENOENT;
	if (is_cached(context, iova, access, answer))
		return 0;
	for (unsigned i = 0; i < context->count; i++)
		tokens[i] = iomt_tlb_begin(&context->spaces[i]); /* before anything is read */
	err = iomt_walk(&context->walker, iova, access, &leaf, &answer->fault);
	if (err)
		return err; /* faults are not cached */
	remember(context, tokens, iova, &leaf);
	*answer = (struct viommu_answer){
		.oa = leaf.oa, .prot = leaf.prot & ASKED, .size_lg2 = leaf.size_lg2};
	return 0;
}

/* Of one address space, all or a range. */
static void forget_space(struct viommu *viommu, const struct iomt_inv *inv, uint32_t tag,
			 uint32_t stage)
{
	struct iomt_tlb_space space;

	if (iomt_tlb_space_init(&space, viommu->tlb, 0, inv->domain, tag, stage))
		iomt_tlb_invalidate_all(viommu->tlb);
	else if (inv->flags & IOMT_INV_BY_ADDRESS)
		iomt_tlb_invalidate_range(&space, inv->first, inv->last);
	else
		iomt_tlb_invalidate_pasid(&space);
}

/* Forgets what a command names, or more where the cache has no such call. */
static void forget(struct viommu *viommu, const struct iomt_inv *inv)
{
	bool stage_1 = inv->flags & IOMT_INV_STAGE_1, stage_2 = inv->flags & IOMT_INV_STAGE_2;
	struct iomt_tlb_space space;

	if (!(inv->flags & IOMT_INV_BY_DOMAIN) || (inv->flags & IOMT_INV_EL2)) {
		iomt_tlb_invalidate_all(viommu->tlb);
	} else if (inv->flags & IOMT_INV_BY_PROCESS) {
		forget_space(viommu, inv, inv->process, 1);
		if (inv->flags & IOMT_INV_GLOBAL)
			forget_space(viommu, inv, VIOMMU_NO_PASID, 1);
	} else if (stage_2 && !stage_1) {
		forget_space(viommu, inv, VIOMMU_NO_PASID, 2);
	} else if (iomt_tlb_space_init(&space, viommu->tlb, 0, inv->domain, VIOMMU_NO_PASID, 1)) {
		iomt_tlb_invalidate_all(viommu->tlb);
	} else {
		iomt_tlb_invalidate_domain(&space);
	}
}

int viommu_command(struct viommu *viommu, const struct iomt_cmd *cmd, struct iomt_inv *inv)
{
	int err = viommu->kind == VIOMMU_AMD ? iomt_amd_decode(cmd, inv)
					     : iomt_smmu_decode(cmd, IOMT_SMMU_RANGES, inv);

	if (err)
		return err;
	if (inv->kind == IOMT_INV_IOTLB)
		forget(viommu, inv);
	/*
	 * Accesses here are over when they return, so all that came before is complete. What an SMMU
	 * stores goes to the interrupt controller, which is somebody else's.
	 */
	if (viommu->kind == VIOMMU_AMD && inv->kind == IOMT_INV_WAIT &&
	    (inv->flags & IOMT_INV_STORE))
		return viommu_write(viommu, inv->address, inv->data);
	return 0;
}
