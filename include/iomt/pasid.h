/* SPDX-License-Identifier: MIT */
/*
 * Spaces of PASIDs (PCIe 6.0, 6.20: 20 bits at most): who has which, how many hold it, and when it
 * may be handed out again.
 *
 *	struct iomt_pasid_cfg cfg = {
 *		.size = sizeof(cfg), .mem = mem, .bits = 20, .quarantine = 1024};
 *	struct iomt_pasid_space space;
 *	struct iomt_pasid_set tenant;
 *	uint32_t pasid;
 *
 *	iomt_pasid_init(&space, &cfg);
 *	iomt_pasid_reserve(&space, 0, 0);
 *	iomt_pasid_set_init(&tenant, &space, 100);
 *	iomt_pasid_alloc(&space, &tenant, 1, device_max_pasid, &pasid);
 *	...
 *	clear the PASID's table entries, in all tables
 *	iomt_pasid_put(&space, pasid);
 *
 * One space numbers the processes of all devices (ENQCMD takes the number from the thread, whatever
 * the device), others number what one device knows. A device that takes part in both reserves in
 * its own space what the global one hands out, and uses iomt_pasid_alloc_reserved for what it is
 * given.
 *
 * Each PASID is free, allocated, reserved or in quarantine. It is allocated with one reference, and
 * freed with the last.
 *
 * Quarantine: hardware may know a PASID after it was freed, so it waits until the caller says that
 * its invalidation is complete:
 *
 *	uint64_t token = iomt_pasid_quarantine_token(&space);
 *	invalidate PASID caches, IOTLBs and device TLBs of all IOMMUs, and wait
 *	iomt_pasid_quarantine_done(&space, token);
 *
 * What was freed before the token was taken is free then. A call that frees needs no memory and is
 * never told to come back later, since who tears down cannot. Who allocates is: IOMT_EAGAIN says
 * that the three steps above are due.
 *
 * Memory: that of struct iomt_ids, and 4 KiB for each 256 PASIDs (aligned) of which one was ever in
 * use, and for each 2^17 that hold such. A full space of 20 bits takes 16.5 bytes for each.
 *
 * Threads: all calls but init, trim and destroy may be made at any time in any thread, and none
 * waits for another; iomt_pasid_reserve and iomt_pasid_release not beside iomt_pasid_alloc_reserved for
 * the same PASIDs. With IOMT_PASID_SERIAL no two calls may overlap. A get that meets the last put
 * either comes first, and the PASID stays, or is refused.
 */
#ifndef IOMT_PASID_H
#define IOMT_PASID_H

#include <iomt/ids.h>

#ifdef __cplusplus
extern "C" {
#endif

/* iomt_pasid_cfg flags: no two calls overlap, of the space and of its sets. */
#define IOMT_PASID_SERIAL IOMT_IDS_SERIAL

/* The most bits, and the most references of one PASID. */
#define IOMT_PASID_BITS	     20u
#define IOMT_PASID_MOST_REFS 0xffffffu

/* How a space is to be. */
struct iomt_pasid_cfg {
	/* sizeof(struct iomt_pasid_cfg): the struct may grow; callers of an older one work. */
	size_t size;

	/* Where memory comes from: pieces of 512 bytes to 4 KiB. */
	const struct iomt_mem *mem;

	uint32_t bits;	/* 1 to IOMT_PASID_BITS: PASIDs are 0 to 2^bits - 1 */
	uint32_t flags; /* IOMT_PASID_SERIAL */

	/*
	 * While so many PASIDs wait in quarantine, none is allocated (IOMT_EAGAIN). UINT32_MAX:
	 * that has no bound. 0: there is no quarantine. A PASID is then free with its last
	 * reference, and the caller invalidates before it puts that.
	 */
	uint32_t quarantine;
};

/*
 * 0 when iomt_pasid_init would accept this configuration, IOMT_EINVAL when not; *error, unless
 * NULL, then names the field and says why.
 */
int iomt_pasid_cfg_check(const struct iomt_pasid_cfg *cfg, struct iomt_ids_cfg_error *error);

/*
 * A space of PASIDs. The fields are private; they are here so that a caller can place one anywhere.
 */
struct iomt_pasid_space {
	struct iomt_ids ids; /* what is not free */
	uintptr_t nodes[8];  /* of 2^17 PASIDs each */
	uint32_t bound;
	iomt_word bytes;

	/* the quarantine: a list, to whose end anybody adds, and one at a time takes away */
	uint64_t apart[8];
	iomt_word open; /* the generation of what is freed now */
	iomt_word waiting;
	iomt_word tail;
	uint64_t apart_too[8];
	iomt_word completed; /* this generation and those before */
	iomt_word released;  /* ever */
	iomt_word head;
	iomt_word releasing;
};

/*
 * A tenant's: a VM, a container, a driver. A PASID is in one set or in none. All fields are
 * private.
 */
struct iomt_pasid_set {
	struct iomt_pasid_space *space;
	uint32_t quota;
	uint32_t count;
	iomt_word groups[16]; /* of 1024 PASIDs: where some of the set were ever */
};

/* Makes a space in which all PASIDs are free; takes no memory yet. IOMT_EINVAL: see the check. */
int iomt_pasid_init(struct iomt_pasid_space *space, const struct iomt_pasid_cfg *cfg);

/* Gives all memory back. No other call at the same time, none afterwards, of the sets neither. */
void iomt_pasid_destroy(struct iomt_pasid_space *space);

/*
 * Allocates the smallest free PASID of [min, max] (both inclusive; max is what the device can send)
 * for a set, or none (NULL), with one reference.
 *
 * IOMT_EINVAL when min > max, IOMT_ERANGE when max lies beyond the space, IOMT_EACCES when the set
 * is one of another space, IOMT_EDQUOT when the set has as many as it may. IOMT_ENOSPC when none is
 * free and none in quarantine. IOMT_EAGAIN when none is free but some are in quarantine, or so many
 * that nothing is to be allocated. IOMT_ENOMEM. On errors nothing changes, but the space may hold
 * memory for the PASID that it did not get.
 *
 * What is smallest while other calls are being made: see iomt_ids_alloc. IOMT_ENOSPC means that at
 * some moment of the call all of the range was allocated or reserved; it costs a look at the range,
 * a few ms for 2^20 where something is in quarantine.
 */
int iomt_pasid_alloc(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t min,
		     uint32_t max, uint32_t *pasid);

/*
 * The next free one of [min, max] after *pasid, or when there is none up to max, from min on: so
 * that each is used again as late as can be. Errors as above.
 */
int iomt_pasid_alloc_next(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t min,
			  uint32_t max, uint32_t *pasid);

/*
 * One that fewer devices could take: of the part of [min, max] that needs as many bits as max the
 * smallest, or else of the part with one bit less, and so on. So devices with wide PASIDs leave the
 * low ones to devices with narrow PASIDs, whoever comes first, and both stay dense. Errors as
 * above.
 */
int iomt_pasid_alloc_wide(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t min,
			  uint32_t max, uint32_t *pasid);

/*
 * This one. IOMT_EEXIST when it is allocated, IOMT_EAGAIN when it is in quarantine (or too many
 * are), IOMT_EPERM when it is reserved; else as above.
 */
int iomt_pasid_alloc_at(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t pasid);

/*
 * This one, which is reserved, and will be again after it was freed and its invalidation completed:
 * for a PASID that another space hands out. IOMT_ENOENT when it is not reserved, IOMT_EEXIST when
 * it was allocated in this way; else as above.
 */
int iomt_pasid_alloc_reserved(struct iomt_pasid_space *space, struct iomt_pasid_set *set,
			      uint32_t pasid);

/*
 * One more reference. IOMT_ERANGE when the PASID lies beyond the space, IOMT_EPERM when it is
 * reserved, IOMT_ESTALE when it was freed (in quarantine or after it), IOMT_ENOENT when it was
 * never allocated, IOMT_EOVERFLOW when it has IOMT_PASID_MOST_REFS. On errors nothing changes.
 */
int iomt_pasid_get(struct iomt_pasid_space *space, uint32_t pasid);

/*
 * One reference less; with the last the PASID is freed. By then no table may hold it any more.
 * Errors but IOMT_EOVERFLOW as above: two last puts are IOMT_ESTALE for one of them, unless the
 * PASID was allocated between, which a number alone does not tell.
 */
int iomt_pasid_put(struct iomt_pasid_space *space, uint32_t pasid);

/*
 * The same for a PASID whose invalidation is complete already, at each IOMMU and device that may have known
 * it: with the last reference it is free, without a quarantine. What others freed waits on.
 */
int iomt_pasid_put_invalidated(struct iomt_pasid_space *space, uint32_t pasid);

/*
 * Frees a PASID of a set (NULL: of none), of which the caller has the only reference. IOMT_EACCES
 * when it is of another set, IOMT_EBUSY when there are more references; else as iomt_pasid_put.
 */
int iomt_pasid_free(struct iomt_pasid_space *space, struct iomt_pasid_set *set, uint32_t pasid);

/*
 * Reserves [first, last]: they are nobody's, but by iomt_pasid_alloc_reserved. That is not the same
 * as a minimum: 0 is reserved where it is traffic without a PASID (SMMUv3 with S1DSS, AMD with
 * GIOV), other values where another space hands them out.
 *
 * IOMT_EEXIST when one is allocated, IOMT_EAGAIN when none is but some are in quarantine,
 * IOMT_EPERM when one is reserved already, IOMT_EINVAL, IOMT_ERANGE, IOMT_ENOMEM. On errors nothing
 * changes. Not at the same time as iomt_pasid_alloc_reserved for the same: a call that fails takes back
 * what it has reserved, and what was allocated of that would be handed out again.
 */
int iomt_pasid_reserve(struct iomt_pasid_space *space, uint32_t first, uint32_t last);

/*
 * Makes reserved PASIDs free. IOMT_EEXIST when one is allocated, IOMT_EAGAIN when one is in
 * quarantine, IOMT_ENOENT when one is not reserved; else as above. Not at the same time as
 * iomt_pasid_alloc_reserved for the same.
 */
int iomt_pasid_release(struct iomt_pasid_space *space, uint32_t first, uint32_t last);

/* What a PASID is. */
enum iomt_pasid_state {
	IOMT_PASID_FREE,	/* nobody has it */
	IOMT_PASID_ALLOCATED,	/* somebody has a reference */
	IOMT_PASID_RESERVED,	/* nobody may have it, but by iomt_pasid_alloc_reserved */
	IOMT_PASID_QUARANTINED, /* it was freed, and hardware may know it */
};

/* The state of a PASID: an enum iomt_pasid_state, or IOMT_ERANGE when it lies beyond the space. */
int iomt_pasid_test(const struct iomt_pasid_space *space, uint32_t pasid);

/* How many references a PASID has, 0 when it is not allocated. Safe from any thread. */
uint32_t iomt_pasid_refs(const struct iomt_pasid_space *space, uint32_t pasid);

/* What a space holds. */
struct iomt_pasid_stats {
	uint64_t allocated;   /* PASIDs with a reference */
	uint64_t reserved;    /* and not allocated nevertheless */
	uint64_t quarantined; /* freed, and hardware may know them */
	uint64_t bytes;	      /* of memory, exactly */
};

/* Counts: goes over all that was ever in use. Exact when no other call is being made. */
void iomt_pasid_stats(const struct iomt_pasid_space *space, struct iomt_pasid_stats *stats);

/*
 * Gives back the memory of parts in which all are free. It is forgotten, too, what was ever
 * allocated there. No other call at the same time.
 */
void iomt_pasid_trim(struct iomt_pasid_space *space);

/*
 * Takes a token for all that was freed before this call. The caller then invalidates, at each IOMMU
 * and device that may know one of these PASIDs, and reports once, when all of them are done. Tokens
 * are numbered from 1; each stands for all before it, and none must be reported.
 */
uint64_t iomt_pasid_quarantine_token(struct iomt_pasid_space *space);

/*
 * The smallest PASID from "from" on that waits for this token, for callers that invalidate PASID by
 * PASID. Call it after the token was taken; all that the token makes free are met, and some that
 * were freed later may be. IOMT_ENOENT when there is none; *pasid is unchanged then.
 */
int iomt_pasid_quarantine_next(const struct iomt_pasid_space *space, uint64_t token, uint32_t from,
			       uint32_t *pasid);

/*
 * The invalidation for this token is complete, everywhere: what waited for it, and for those before
 * it, is free, the first that was freed first. When another thread is doing the same, it takes this
 * over. IOMT_EINVAL when there is no such token yet; nothing changes. One that is reported again,
 * or after a later one, does nothing.
 */
int iomt_pasid_quarantine_done(struct iomt_pasid_space *space, uint64_t token);

/* How many PASIDs are in quarantine. Takes no time; safe from any thread. */
uint64_t iomt_pasid_quarantined(const struct iomt_pasid_space *space);

/* Begins a set of at most "quota" PASIDs (any number). Takes no memory. */
void iomt_pasid_set_init(struct iomt_pasid_set *set, struct iomt_pasid_space *space,
			 uint32_t quota);

/* Another quota. What the set has beyond it, it keeps. */
void iomt_pasid_set_quota(struct iomt_pasid_set *set, uint32_t quota);

/* How many PASIDs a set has. What is in quarantine is in no set. */
uint32_t iomt_pasid_set_count(const struct iomt_pasid_set *set);

/*
 * Puts a PASID that is in no set, and of which the caller has a reference, into a set. IOMT_EACCES
 * when it is in another set, IOMT_EEXIST when it is in this one, IOMT_EDQUOT; else as
 * iomt_pasid_put.
 */
int iomt_pasid_set_join(struct iomt_pasid_set *set, uint32_t pasid);

/*
 * The smallest PASID of a set from "from" on, as iomt_ids_next: IOMT_ENOENT when there is none.
 * Looks at the groups of 1024 in which the set ever had some, so it takes about a microsecond for
 * each.
 */
int iomt_pasid_set_next(const struct iomt_pasid_set *set, uint32_t from, uint32_t *pasid);

/*
 * Frees all PASIDs of a set, into quarantine: a tenant that is gone. IOMT_EBUSY when one of them
 * has more than one reference: then nothing changes. Where other threads get one of them meanwhile,
 * or allocate for the set, those stay, and it is IOMT_EBUSY too.
 */
int iomt_pasid_set_free(struct iomt_pasid_set *set);

/*
 * Ends a set. IOMT_EBUSY when it has a PASID. Nobody may use it afterwards; what it freed may be in
 * quarantine still.
 */
int iomt_pasid_set_destroy(struct iomt_pasid_set *set);

#ifdef __cplusplus
}
#endif
#endif
