/* SPDX-License-Identifier: MIT */
/*
 * The software IOTLB: what an emulator's walks of guest tables found, kept for the next access.
 *
 * Entries belong to an address space (unit, domain id, PASID or none, stage) and may have any size
 * from 4 KiB to 2^64 bytes; a lookup probes the sizes that its address space has, and no others.
 * Memory is one block of the caller's. When it is full a new entry takes the place of an old one;
 * nothing is ever flushed because of that. Faults are not cached.
 *
 *	int translate(struct iomt_tlb_space *space, uint64_t iova,
 *		      struct iomt_tlb_entry *entry)
 *	{
 *		uint64_t token;
 *		int err;
 *
 *		if (!iomt_tlb_lookup(space, iova, entry))
 *			return 0;
 *		token = iomt_tlb_begin(space);
 *		err = walk(space, iova, entry);
 *		if (!err)
 *			iomt_tlb_insert(space, token, iova, entry);
 *		return err;
 *	}
 *
 * Threads. After iomt_tlb_init every call may be made at any time in any thread. None takes a lock,
 * none waits for another thread longer than some hundred loads, and lookups write nothing.
 *
 * Invalidation. When an invalidation has returned,
 *  - no lookup that begins after it finds what it removed;
 *  - no insert whose iomt_tlb_begin came before it caches anything of its address space;
 *  - a lookup that began before it may still give the old entry to its caller, who may still be
 *    using it. Before the guest is told that the invalidation is complete, such accesses must be
 *    over: by the caller's own means (RCU, a lock), or by iomt_tlb_enter and iomt_tlb_grace.
 * "After" is C's "happens after": whoever publishes the completion does it with a release store at
 * least. An invalidation may forget more than it was asked to; it never forgets less.
 */
#ifndef IOMT_TLB_H
#define IOMT_TLB_H

#include <iomt/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iomt_tlb;

/* The most that a cache may have room for, and the most threads that may enter it. */
#define IOMT_TLB_MAX_ENTRIES 0x300000u
#define IOMT_TLB_MAX_SPACES  0x700000u
#define IOMT_TLB_MAX_READERS 0x10000u

/* How a cache is to be. */
struct iomt_tlb_cfg {
	/* sizeof(struct iomt_tlb_cfg): the struct may grow; callers built with an older one work. */
	size_t size;

	/* Room for at least so many entries, 1 to IOMT_TLB_MAX_ENTRIES; 21 to 43 bytes for each. */
	uint32_t entries;

	/*
	 * Room for about so many address spaces at a time, 1 to IOMT_TLB_MAX_SPACES; 91 to 183 bytes
	 * for each. One that is inserted into when its group of seven is full takes the place of
	 * another, whose entries are forgotten: where that must be rare, ask for twice as many as
	 * are in use.
	 */
	uint32_t spaces;

	/* Threads that use iomt_tlb_enter, 0 to IOMT_TLB_MAX_READERS. */
	uint32_t readers;
};

/* The alignment of a cache's memory in bytes. */
#define IOMT_TLB_ALIGN 128u

/* The bytes of memory that such a cache needs, or 0 when cfg is not valid. */
size_t iomt_tlb_bytes(const struct iomt_tlb_cfg *cfg);

/*
 * Makes an empty cache in the caller's memory: iomt_tlb_bytes(cfg) bytes with any content, aligned
 * to IOMT_TLB_ALIGN. The cache is that memory and nothing else: to end it, stop using it. Names of a
 * cache that was in this memory before must be made anew; to empty a cache that is in use, call
 * iomt_tlb_invalidate_all instead.
 * IOMT_EINVAL when cfg is not valid or memory is NULL or not aligned; *tlb is unchanged then.
 */
int iomt_tlb_init(struct iomt_tlb **tlb, const struct iomt_tlb_cfg *cfg, void *memory);

/* The largest numbers that name an address space. */
#define IOMT_TLB_MAX_UNIT   0xffffu
#define IOMT_TLB_MAX_DOMAIN 0xffffffu
#define IOMT_TLB_MAX_PASID  0xfffffu
#define IOMT_TLB_MAX_STAGE  3u
#define IOMT_TLB_NO_PASID   UINT32_MAX /* which is not PASID 0 */

/*
 * An address space, and what its last use learnt: one thread at a time uses it, others use copies.
 * Private, but for its place in memory.
 */
struct iomt_tlb_space {
	struct iomt_tlb *tlb;
	uint64_t mask_;
	uint64_t tag_;
	uint64_t high_;
	uint64_t news_;
	uint32_t size_lg2_;
	uint32_t low_;
	uint64_t sizes_;
	uint64_t stamp_;
	uint64_t serial_;
	uint64_t key_;
	uint32_t pasid_;
	uint32_t domain_;
	bool settled_;
};

/*
 * Names an address space of a cache: a unit (whatever number the caller gives an IOMMU), a domain
 * id or VMID, a PASID, SSID or ASID or IOMT_TLB_NO_PASID, and a stage, such as 1, 2, or 3 for both.
 * It is a name and holds nothing: make it once for a device, or for each command. IOMT_EINVAL when
 * a number is larger than the limits above; *space is unchanged then.
 */
int iomt_tlb_space_init(struct iomt_tlb_space *space, struct iomt_tlb *tlb, uint32_t unit,
			uint32_t domain, uint32_t pasid, uint32_t stage);

/* prot bits that neither iomt/pt.h nor the cache has a meaning for: the caller's. */
#define IOMT_TLB_USER0	   0x400u
#define IOMT_TLB_USER1	   0x800u
#define IOMT_TLB_PROT_MASK 0xfffu

/* A translation. */
struct iomt_tlb_entry {
	uint64_t oa;   /* the output address of the address that was asked for */
	uint32_t prot; /* as it was inserted: IOMT_READ and the others of iomt/pt.h, or any bits */
	uint8_t size_lg2; /* log2 of the entry's size in bytes, 12 to 64 */
};

/*
 * Looks up the byte address iova (any alignment). IOMT_ENOENT when it is not cached; *entry is
 * unchanged then. What the entry allows is for the caller to judge: a write that finds an entry
 * without IOMT_WRITE is a fault, or for an emulator that keeps dirty bits, a reason to walk.
 */
int iomt_tlb_lookup(struct iomt_tlb_space *space, uint64_t iova, struct iomt_tlb_entry *entry);

/*
 * To be called before the first read of a table: what iomt_tlb_insert wants to know of the time, for
 * this struct and no copy of it.
 */
uint64_t iomt_tlb_begin(struct iomt_tlb_space *space);

/*
 * Caches what a walk of the tables found for iova. An entry of the same address space, address and
 * size is replaced.
 *
 * IOMT_EAGAIN when nothing was cached because an invalidation of the address space (or of one that
 * shares a counter with it) came after iomt_tlb_begin, or another thread is inserting in the same
 * place or for a new address space: no reason to worry, but after the first this translation is good
 * for an access that is already under way and for no other.
 * IOMT_EINVAL when size_lg2 is not 12 to 64, prot is beyond IOMT_TLB_PROT_MASK, oa and iova differ
 * in the bits below the size, or the output of the entry begins at 2^52 or above.
 */
int iomt_tlb_insert(struct iomt_tlb_space *space, uint64_t token, uint64_t iova,
		    const struct iomt_tlb_entry *entry);

/*
 * Forgets what is cached of [first, last] (inclusive byte addresses) in one address space: every
 * entry that overlaps it, larger ones too. Looks at one place for each page of each size that the
 * address space has, or at the whole cache where that is less. Nothing when first > last.
 */
void iomt_tlb_invalidate_range(struct iomt_tlb_space *space, uint64_t first, uint64_t last);

/*
 * Forget all address spaces that share with this one unit, domain id and PASID; unit and domain id;
 * the unit. All in one step that does not depend on what is cached.
 */
void iomt_tlb_invalidate_pasid(const struct iomt_tlb_space *space);
void iomt_tlb_invalidate_domain(const struct iomt_tlb_space *space);
void iomt_tlb_invalidate_unit(const struct iomt_tlb_space *space);

/* Forgets everything, of every unit. */
void iomt_tlb_invalidate_all(struct iomt_tlb *tlb);

/*
 * Between these two a thread may use what its lookups gave. "reader" is a number below
 * iomt_tlb_cfg.readers that one thread at a time uses, and does not use while it is inside. Entering
 * costs about as much as two lookups: once for a request, not for each access. Readers are not
 * needed by callers that wait for accesses by means of their own. IOMT_EINVAL, and nothing is
 * entered or left, when there is no such reader.
 */
int iomt_tlb_enter(struct iomt_tlb *tlb, uint32_t reader);
void iomt_tlb_leave(struct iomt_tlb *tlb, uint32_t reader);

/*
 * After invalidations: begins to wait for all readers that may still use what was forgotten. The
 * wait is the caller's, who polls iomt_tlb_grace_over with what iomt_tlb_grace returned, and may do
 * other things meanwhile. Must not be waited for by a thread that is inside.
 */
uint64_t iomt_tlb_grace(struct iomt_tlb *tlb);

/* True when every reader that was inside at that iomt_tlb_grace has left since. */
bool iomt_tlb_grace_over(const struct iomt_tlb *tlb, uint64_t grace);

#ifdef __cplusplus
}
#endif
#endif
