/* SPDX-License-Identifier: MIT */
/* The IOTLB in front of a unit. */
#include "unit.h"
#include <iomt/walk_cached.h>

#define PRIVILEGED  IOMT_UNIT_PRIVILEGED_
#define SUM	    IOMT_TLB_USER1 /* RISC-V: and it may use what is the user's */
#define MODE	    (PRIVILEGED | SUM)
#define HOST	    0x10000u /* RISC-V: the domain of first stages alone, beyond all GSCIDs */
#define TRIES	    64
#define SEEN_FIRST  1u /* stage 1, alone or nested */
#define SEEN_GLOBAL 2u

int iomt_unit_cache_init(struct iomt_unit_cache *cache, const struct iomt_unit *unit,
			 struct iomt_tlb *tlb, uint32_t number)
{
	if (number > IOMT_TLB_MAX_UNIT)
		return IOMT_EINVAL;
	*cache = (struct iomt_unit_cache){
		.unit = unit, .tlb = tlb, .generation = 1, .number = number};
	return 0;
}

static u64 generation(const struct iomt_unit_cache *cache)
{
	return __atomic_load_n(&cache->generation, __ATOMIC_ACQUIRE);
}

/* Before the walk: an invalidation that does not see it forgets nothing that the walk will read. */
static void note(struct iomt_unit_cache *cache, uint32_t kind)
{
	if ((__atomic_load_n(&cache->seen, __ATOMIC_SEQ_CST) & kind) != kind)
		__atomic_fetch_or(&cache->seen, kind, __ATOMIC_SEQ_CST);
}

/* Arm's global pages go with an address of any ASID: the first that comes is noted, and not cached. */
static bool may_keep(struct iomt_unit_cache *cache, const struct iomt_context *context,
		     uint32_t prot, uint32_t seen)
{
	if (context->arch != IOMT_UNIT_SMMU || !(prot & IOMT_GLOBAL) || (seen & SEEN_GLOBAL))
		return true;
	note(cache, SEEN_GLOBAL);
	return false;
}

static bool is_known(const struct iomt_unit_cache *cache, const struct iomt_unit_device *device,
		     const struct iomt_request *request)
{
	if (device->context.translated && !(request->access & IOMT_REQUEST_TRANSLATED))
		return false;
	return device->generation == generation(cache) &&
	       device->context.device == request->device && device->context.pasid == request->pasid;
}

/* What entries are tagged with: RISC-V's PSCIDs without a second stage are no GSCID's. */
static uint32_t domain_of(const struct iomt_context *context)
{
	return context->arch == IOMT_UNIT_RISCV && context->stages == 1 ? HOST : context->domain;
}

/* Whether a request is a privileged one, whatever it says. */
static bool is_privileged(const struct iomt_context *context, uint32_t access)
{
	return ((access & IOMT_PRIV) || context->supervisor) && !context->user;
}

/* Requests whose rights are the same. */
static uint32_t mode_of(const struct iomt_context *context, uint32_t access)
{
	if (!is_privileged(context, access))
		return 0;
	return PRIVILEGED | (context->sum ? SUM : 0);
}

/* Arm's TBI: addresses that differ in bits 63:56 alone are one, that of copies of bit 55. */
static u64 untagged(u64 iova)
{
	return (u64)((int64_t)(iova << 8) >> 8);
}

static u64 address_of(const struct iomt_context *context, u64 iova)
{
	return context->tagged[iova >> 55 & 1] ? untagged(iova) : iova;
}

/*
 * What is not kept: what is passed on, RISC-V's files of interrupts without a second stage, which no
 * command about the pages of a first one names, and whatever is not a plain access, or not for this
 * context's process.
 */
static bool is_cached(const struct iomt_context *context, uint32_t access)
{
	if (context->msi && !(context->stages & 2))
		return false;
	if (is_privileged(context, access) && !context->privileged)
		return false;
	return context->stages &&
	       !(access & (IOMT_WALK_ATS | IOMT_WALK_LOOK | IOMT_REQUEST_TRANSLATED));
}

static int find(struct iomt_unit_cache *cache, struct iomt_unit_device *device,
		const struct iomt_request *request, struct iomt_device_fault *fault)
{
	struct iomt_context *context = &device->context;
	u64 now = generation(cache);
	int err;

	device->generation = device->usual = 0;
	err = iomt_unit_find(cache->unit, request, context, fault);
	if (err)
		return err;
	if (context->stages) {
		err = iomt_tlb_space_init(&device->space, cache->tlb, cache->number,
					  domain_of(context), context->process, context->stages);
		if (err)
			return err;
	}
	if (context->stages & 1)
		note(cache, SEEN_FIRST);
	device->generation = now;
	if (is_cached(context, IOMT_READ) && !is_privileged(context, IOMT_READ) && !context->deny &&
	    !context->translated)
		device->usual = now;
	return 0;
}

static bool is_enough(const struct iomt_context *context, const struct iomt_tlb_entry *entry,
		      uint32_t access)
{
	return (entry->prot & MODE) == mode_of(context, access) &&
	       !(access & UNIT_ASKED & ~entry->prot);
}

/* One walk, cached unless the context was invalidated since "token". */
static int walk(struct iomt_unit_cache *cache, struct iomt_unit_device *device,
		const struct iomt_request *request, bool cached, struct iomt_tlb_entry *entry,
		struct iomt_device_fault *fault)
{
	uint32_t seen = __atomic_load_n(&cache->seen, __ATOMIC_SEQ_CST);
	u64 token = cached ? iomt_tlb_begin(&device->space) : 0;
	struct iomt_walk_leaf leaf;
	int err;

	if (!is_known(cache, device, request))
		return IOMT_EAGAIN; /* the token may be younger than the command */
	err = iomt_context_walk(&device->context, request, &leaf, fault);
	if (err)
		return err;
	entry->oa = leaf.oa;
	entry->prot =
		leaf.prot & ~(leaf.clean && !(request->access & IOMT_WRITE) ? IOMT_WRITE : 0u);
	entry->size_lg2 = leaf.size_lg2;
	if (cached && may_keep(cache, &device->context, leaf.prot, seen)) {
		entry->prot |= mode_of(&device->context, request->access);
		iomt_tlb_insert(&device->space, token, address_of(&device->context, request->iova),
				entry);
		entry->prot &= ~MODE;
	}
	return 0;
}

/* What is cached, and enough. */
static bool hit(struct iomt_unit_device *device, const struct iomt_request *request,
		struct iomt_tlb_entry *entry)
{
	const struct iomt_context *context = &device->context;
	struct iomt_tlb_entry found;

	if (!(request->access & UNIT_ASKED) || (request->access & ~(UNIT_ASKED | IOMT_PRIV)) ||
	    iomt_tlb_lookup(&device->space, address_of(context, request->iova), &found))
		return false;
	found.prot &= ~context->deny; /* another device of the domain may have put it there */
	if (!is_enough(context, &found, request->access))
		return false;
	*entry = found;
	entry->prot &= ~MODE;
	return true;
}

int iomt_unit_translate_(struct iomt_unit_cache *cache, struct iomt_unit_device *device,
			 const struct iomt_request *request, struct iomt_tlb_entry *entry,
			 struct iomt_device_fault *fault)
{
	int err = IOMT_EAGAIN;

	for (unsigned i = 0; i < TRIES && err == IOMT_EAGAIN; i++) {
		/* the caller looked for what is usual, at the address as it is */
		bool looked = device->usual && !(request->access & IOMT_PRIV) &&
			      address_of(&device->context, request->iova) == request->iova;
		bool cached;

		if (!is_known(cache, device, request)) {
			err = find(cache, device, request, fault);
			if (err)
				return err;
			looked = false;
		}
		cached = is_cached(&device->context, request->access);
		if (cached && !looked && hit(device, request, entry))
			return 0;
		err = walk(cache, device, request, cached, entry, fault);
	}
	return err;
}

static void forget_contexts(struct iomt_unit_cache *cache)
{
	__atomic_fetch_add(&cache->generation, 1, __ATOMIC_ACQ_REL);
}

static void forget_range(const struct iomt_unit_cache *cache, const struct iomt_inv *inv,
			 uint32_t domain, uint32_t process, uint32_t stages)
{
	struct iomt_tlb_space space;
	u64 first = inv->first, last = inv->last;

	if (cache->unit->cfg.arch == IOMT_UNIT_SMMU && (stages & 1)) {
		bool all = (first ^ last) >> 56;

		first = all ? 0 : untagged(first);
		last = all ? UINT64_MAX : untagged(last);
	}
	if (!iomt_tlb_space_init(&space, cache->tlb, cache->number, domain, process, stages))
		iomt_tlb_invalidate_range(&space, first, last);
}

/* Whether a command is of one domain. RISC-V's IOTINVAL.VMA without GV is of the host's address spaces. */
static bool names_domain(const struct iomt_unit_cache *cache, const struct iomt_inv *inv,
			 uint32_t *domain)
{
	bool host = cache->unit->cfg.arch == IOMT_UNIT_RISCV && (inv->flags & IOMT_INV_STAGE_1);

	*domain = host ? HOST : 0;
	if (inv->flags & IOMT_INV_BY_DOMAIN)
		*domain = inv->domain;
	return host || (inv->flags & IOMT_INV_BY_DOMAIN);
}

/*
 * Translations of a domain, or of one of its processes. What was seen is not just loaded: who notes more
 * after this finds the tables as they are now.
 */
static void forget_pages(struct iomt_unit_cache *cache, const struct iomt_inv *inv)
{
	uint32_t seen = __atomic_fetch_or(&cache->seen, 0, __ATOMIC_SEQ_CST);
	bool by_process = inv->flags & IOMT_INV_BY_PROCESS;
	bool by_address = inv->flags & IOMT_INV_BY_ADDRESS;
	uint32_t domain;
	bool by_domain = names_domain(cache, inv, &domain);
	struct iomt_tlb_space space;

	if (iomt_tlb_space_init(&space, cache->tlb, cache->number, domain,
				by_process ? inv->process : IOMT_TLB_NO_PASID, 0))
		return;
	if (!by_domain) {
		iomt_tlb_invalidate_unit(&space);
	} else if (seen & (by_process ? SEEN_GLOBAL : SEEN_FIRST) || (!by_process && !by_address)) {
		/* another ASID's global pages; processes that are not named, or nested under this */
		iomt_tlb_invalidate_domain(&space);
	} else if (!by_address) {
		iomt_tlb_invalidate_pasid(&space);
	} else if (by_process) {
		forget_range(cache, inv, domain, inv->process, 1);
		forget_range(cache, inv, domain, inv->process, 3);
	} else {
		forget_range(cache, inv, domain, IOMT_TLB_NO_PASID, 2);
	}
}

/*
 * Commands about entries of devices and PASIDs; AMD has none for GCR3 entries, which go with a PASID's
 * tables, or with the host's that they are read by, and one for everything there is (48882, 2.4.3, 2.4.8).
 */
static bool is_of_contexts(const struct iomt_unit_cache *cache, const struct iomt_inv *inv)
{
	if (inv->kind == IOMT_INV_DEVICE || inv->kind == IOMT_INV_PROCESS)
		return true;
	if (inv->kind != IOMT_INV_IOTLB || cache->unit->cfg.arch != IOMT_UNIT_AMD)
		return false;
	if (!(inv->flags & IOMT_INV_BY_DOMAIN))
		return true;
	return inv->flags & IOMT_INV_BY_PROCESS ? !(inv->flags & IOMT_INV_LEAVES)
						: unit_has(cache->unit, IOMT_UNIT_GCR3_GPA);
}

void iomt_unit_invalidate(struct iomt_unit_cache *cache, const struct iomt_inv *inv)
{
	if (is_of_contexts(cache, inv))
		forget_contexts(cache);
	if (inv->kind == IOMT_INV_IOTLB)
		forget_pages(cache, inv);
}

void iomt_unit_invalidate_all(struct iomt_unit_cache *cache)
{
	const struct iomt_inv everything = {.kind = IOMT_INV_IOTLB};

	forget_contexts(cache);
	forget_pages(cache, &everything);
}
