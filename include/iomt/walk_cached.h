/* SPDX-License-Identifier: MIT */
/*
 * The software IOTLB in front of walks from the device down: what an emulated IOMMU does for a DMA, and
 * for an invalidation command of the guest.
 *
 *	iomt_unit_cache_init(&cache, &unit, tlb, 0);
 *	...
 *	err = iomt_unit_translate(&cache, &device, &request, &entry, &fault);
 *	...
 *	if (!iomt_amd_decode(&cmd, &inv))
 *		iomt_unit_invalidate(&cache, &inv);
 *
 * What is cached is tagged as hardware tags it, by domain and PASID or ASID; contexts are kept in structs
 * of the caller's, and found anew after each command that could be about any of them.
 *
 * An invalidation forgets all that the command is about, and sometimes more. What iomt/tlb.h says of
 * threads and of accesses that are under way holds here.
 */
#ifndef IOMT_WALK_CACHED_H
#define IOMT_WALK_CACHED_H

#include <iomt/cmd.h>
#include <iomt/walk_device.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A unit with an IOTLB. The fields are private. */
struct iomt_unit_cache {
	const struct iomt_unit *unit;
	struct iomt_tlb *tlb;
	iomt_word generation; /* goes up when contexts must be found anew */
	uint32_t number;
	uint32_t seen; /* kinds of pages that were ever cached */
};

/*
 * number: the unit's in this tlb. Both must outlive *cache. IOMT_EINVAL when number is larger than
 * IOMT_TLB_MAX_UNIT.
 */
int iomt_unit_cache_init(struct iomt_unit_cache *cache, const struct iomt_unit *unit,
			 struct iomt_tlb *tlb, uint32_t number);

/* A device, or one of its PASIDs, to begin with all zeros: one thread at a time uses it. */
struct iomt_unit_device {
	struct iomt_context context; /* what it means */
	struct iomt_tlb_space space; /* where its translations are cached */
	uint64_t generation;	     /* the library's: of iomt_unit_cache when it was found */
	uint64_t usual; /* the same, where a user's plain requests are cached; else 0 */
};

/* Private: of a cached entry, that its rights are those of privileged requests; and all that is no hit. */
#define IOMT_UNIT_PRIVILEGED_ IOMT_TLB_USER0
int iomt_unit_translate_(struct iomt_unit_cache *cache, struct iomt_unit_device *device,
			 const struct iomt_request *request, struct iomt_tlb_entry *entry,
			 struct iomt_device_fault *fault);

/*
 * Translates for request, out of the IOTLB or by walks, whose result is cached. device belongs to
 * request->device and request->pasid, or did to others: then it is found anew. entry->prot is what this
 * request's privilege may do. Where the page is clean and this was no write, it lacks WRITE: a write walks.
 *
 * Translation requests (IOMT_WALK_ATS), translated ones and looks (IOMT_WALK_LOOK) always walk, and are not
 * cached; nor is what is passed on.
 *
 * Results as for iomt_unit_find and iomt_context_walk. IOMT_EAGAIN: tables changed again and again.
 */
static inline int iomt_unit_translate(struct iomt_unit_cache *cache,
				      struct iomt_unit_device *device,
				      const struct iomt_request *request,
				      struct iomt_tlb_entry *entry, struct iomt_device_fault *fault)
{
	const uint32_t rights = IOMT_READ | IOMT_WRITE | IOMT_EXEC;
	struct iomt_tlb_entry found;

	/* most requests are a user's, in a context that is known, and what they ask for is cached */
	if (request->access - 1 >= rights ||
	    device->usual != __atomic_load_n(&cache->generation, __ATOMIC_ACQUIRE) ||
	    device->context.device != request->device || device->context.pasid != request->pasid ||
	    iomt_tlb_lookup(&device->space, request->iova, &found) ||
	    ((found.prot ^ rights) & (request->access | IOMT_UNIT_PRIVILEGED_)))
		return iomt_unit_translate_(cache, device, request, entry, fault);
	/* one by one: a copy of the whole would wait until all of it is written */
	entry->oa = found.oa;
	entry->prot = found.prot;
	entry->size_lg2 = found.size_lg2;
	return 0;
}

/* Forgets what a decoded command is about. Device TLBs and waits are the caller's. Safe from any thread. */
void iomt_unit_invalidate(struct iomt_unit_cache *cache, const struct iomt_inv *inv);

/* Forgets all of the unit: when the guest writes its registers. */
void iomt_unit_invalidate_all(struct iomt_unit_cache *cache);

#ifdef __cplusplus
}
#endif
#endif
