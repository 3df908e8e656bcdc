/* SPDX-License-Identifier: MIT */
/*
 * Domains: what a driver attaches. A domain says what the requests of a device, or of one of its
 * PASIDs, reach; attaching writes device-table entries, PASID entries and ids, in an order that hardware
 * never sees wrong, and makes all that the page table changes reach every place where it is cached.
 *
 *	iomt_iommu_init(&iommu, &iommu_cfg);          // one for each unit
 *	iomt_device_add(&iommu, &nic, &nic_caps);     // blocked until something is attached
 *	iomt_domain_table_init(&table, &table_cfg);   // a page table and its places
 *	iomt_domain_init(&dma, &domain_cfg);
 *
 *	iomt_domain_attach(&dma, &nic, IOMT_NO_PASID, 0, &place);
 *	iomt_domain_map(&dma, iova, oa, length, IOMT_READ | IOMT_WRITE, &gather);
 *	iomt_domain_unmap(&dma, &queue, iova, length, now, &unmapped, &gather);
 *	iomt_domain_detach(&place);
 *
 * The library touches no registers: it fills structures in memory, and puts commands into the ring of
 * the unit (iomt/ring.h), whose callbacks are the driver's.
 *
 * Threads: one call at a time for all units whose devices share tables, of those that add, remove,
 * attach, replace and detach (the caller's lock). Mapping and unmapping may go on at the same time, in
 * any threads, as iomt/pt.h says.
 */
#ifndef IOMT_DOMAIN_H
#define IOMT_DOMAIN_H

#include <iomt/device_table.h>
#include <iomt/domain_choice.h>
#include <iomt/flush.h>
#include <iomt/pack.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iomt_attachment;

/*
 * A page table and every place where it is cached. Any number of domains may use one, on any number of
 * devices, PASIDs and units that walk its format: nothing is copied.
 */
struct iomt_domain_table_cfg {
	/* sizeof(struct iomt_domain_table_cfg): the struct may grow, as all of these. */
	size_t size;

	/*
	 * The table, which must outlive this. When it may grow it was made with a top_changed that
	 * ends in iomt_domain_top_changed. NULL for a table that somebody else makes, a process' for
	 * one: then "format" and "hw" say what it is, and iomt_domain_changed is called for its changes.
	 */
	struct iomt_pt *pt;
	const struct iomt_pt_format *format;
	struct iomt_pt_hw hw;

	/* Where bookkeeping stands; not in tables that hardware walks. */
	const struct iomt_mem *mem;

	/* As in struct iomt_flush_cfg; release may be NULL. */
	struct iomt_plan_policy policy;
	uint64_t age;
	void (*release)(void *ctx, uint64_t first, uint64_t last);
	void (*readers)(void *ctx);
	void *ctx;
};

/* All fields are private. */
struct iomt_domain_table {
	struct iomt_domain_table_cfg cfg;
	struct iomt_targets targets;
	struct iomt_flush flush;
	struct iomt_gather retired;    /* arrays of targets that readers may still have */
	struct iomt_attachment *first; /* where it is attached */
	uint32_t domains;
	uint32_t caches_absent; /* places where absent entries are cached */
};

/*
 * IOMT_EINVAL: the size, no mem, neither or both of pt and format, a policy that is none. On errors *table
 * is none.
 */
int iomt_domain_table_init(struct iomt_domain_table *table,
			   const struct iomt_domain_table_cfg *cfg);

/* Ends it; the page table stays. IOMT_EBUSY while a domain has it. */
int iomt_domain_table_destroy(struct iomt_domain_table *table);

/*
 * Of a table that grows in use, with the struct iomt_domain_table as ctx: rewrites the device-table entries
 * that name it. Under the caller's lock for attaching: where several threads map, iomt_pt_cfg.top_changed is
 * a function of the caller's that takes the lock and calls this, since two may be told at once. Where one
 * thread alone maps and attaches, or maps that may grow the table are made under the lock, it may be this.
 * Where hardware refuses the commands, addresses beyond the old top may fault until the unit is reset; nobody
 * is told but by the ring.
 */
void iomt_domain_top_changed(void *ctx, struct iomt_pt *pt);

/*
 * Somebody else's table has changed (the kernel's notifier): drops what is cached of [first, last],
 * inclusive, leaves of at least 2^leaf_lg2 bytes; table pages too, if "tables". Errors as
 * iomt_targets_invalidate; IOMT_EINVAL for a range or a size that is none.
 */
int iomt_domain_changed(struct iomt_domain_table *table, uint64_t first, uint64_t last,
			uint8_t leaf_lg2, bool tables);

/* What a domain means. */
enum iomt_domain_kind {
	IOMT_DOMAIN_PAGING,   /* a table of the caller's, to map into */
	IOMT_DOMAIN_IDENTITY, /* addresses are not translated */
	IOMT_DOMAIN_BLOCKED,  /* every request faults */
	IOMT_DOMAIN_SVA,      /* a table of somebody else's: of a process, of the kernel */
	IOMT_DOMAIN_NESTED,   /* a guest's stage 1 on a stage 2: see iomt/nested.h */
};

/* What a domain is to be. */
struct iomt_domain_cfg {
	/* sizeof(struct iomt_domain_cfg) */
	size_t size;
	enum iomt_domain_kind kind;
	uint32_t flags; /* IOMT_DOMAIN_NO_PASID, IOMT_DOMAIN_TRUSTED of iomt/domain_choice.h */

	/* PAGING: with a page table; SVA: without one. Else NULL. */
	struct iomt_domain_table *table;

	/*
	 * Arm stage 1: a table of the caller's for the other half of the addresses (IOMT_PT_TTBR1), as
	 * for what the kernel keeps mapped beside a process. Else NULL.
	 */
	struct iomt_domain_table *upper;
};

/* All fields are private. */
struct iomt_domain {
	struct iomt_domain_table *table;
	struct iomt_domain_table *upper;
	enum iomt_domain_kind kind;
	uint32_t flags;
	uint32_t places;
};

/* IOMT_EINVAL: a kind, a flag or a table that does not fit. On errors *domain is none. */
int iomt_domain_init(struct iomt_domain *domain, const struct iomt_domain_cfg *cfg);

/* Ends a domain; its table stays. IOMT_EBUSY while it is attached anywhere. */
int iomt_domain_destroy(struct iomt_domain *domain);

/* iomt_iommu_cfg.flags */

/* AMD: the processor stores 128 bits at once, IOMT_DEVICE_TABLE_WIDE. */
#define IOMT_IOMMU_WIDE_STORES 0x1u

/* How a unit is driven. */
struct iomt_iommu_cfg {
	/* sizeof(struct iomt_iommu_cfg) */
	size_t size;

	/* What it can do; must outlive the unit. */
	const struct iomt_iommu_caps *caps;

	/* Where its structures stand, and its command queue. Both must outlive the unit. */
	const struct iomt_mem *mem;
	struct iomt_ring *ring;

	uint32_t flags; /* IOMT_IOMMU_WIDE_STORES */

	/*
	 * Bits of device ids, 0 for 16. SMMUv3: a linear table (split 0) has 15 at most, so that one of the
	 * two must be said; split 6, 8 or 10 makes two levels. Else split is 0.
	 */
	uint8_t id_bits;
	uint8_t split;

	/*
	 * AMD: when devices share a domain id: enum iomt_pack_relation, and iomt_pack_merging. They all
	 * have one host table then, or none has, also those with IOMT_DEVICE_TRUSTED.
	 */
	uint32_t relation;
	uint32_t merging;
};

/*
 * What is being done to a unit. Private. "from" goes, "to" comes; either may be NULL.
 */
struct iomt_iommu_change {
	struct iomt_device *device;
	struct iomt_attachment *from;
	struct iomt_attachment *to;
	struct iomt_pack *first; /* the packer that decides, and one that follows it */
	struct iomt_pack *second;
	struct iomt_pack_plan plan;
	struct iomt_pack_plan second_plan;
	iomt_pack_device
		shadow; /* in place of the device's, for what changes with its id at once */
	uint32_t flags;
	uint32_t left; /* an id that the device has just left */
	bool look;     /* only whether entries can be written */
	bool follows;  /* "second" is carried out */
	bool written;
	bool waiting;	  /* for what was put into the ring */
	bool made_pasids; /* the device's PASID table is new */
	int err;	  /* the first */
	uint32_t used;
	struct iomt_cmd cmds[64];
};

/* A unit. All fields are private. */
struct iomt_iommu {
	struct iomt_iommu_cfg cfg;
	const struct domain_facts *facts;
	struct iomt_device_table devices;
	struct iomt_pack domains; /* domain ids, VMIDs */
	struct iomt_pack asids;	  /* SMMUv3 */
	bool has_domains, has_asids;
	bool lost;			     /* hardware may know what it was told to forget */
	uint64_t domains_token, asids_token; /* of the last plans */
	struct iomt_device *first;
	struct iomt_iommu_change *change;
};

/*
 * Makes a unit with empty structures, every device of which is blocked. IOMT_EINVAL: a field is missing
 * or out of its range, or the caps are not of the ring's vendor; IOMT_ENOMEM. On errors *iommu is none.
 */
int iomt_iommu_init(struct iomt_iommu *iommu, const struct iomt_iommu_cfg *cfg);

/* Frees its structures, which hardware must not use any more. IOMT_EBUSY while it has devices. */
int iomt_iommu_destroy(struct iomt_iommu *iommu);

/*
 * After IOMT_EIO of a call below hardware may hold anything that it was told to drop, and ids that it may
 * know are not given out. Says that it holds nothing: the driver has had all caches of the unit, and of
 * devices with a TLB, invalidated, and waited.
 */
void iomt_iommu_was_reset(struct iomt_iommu *iommu);

/* What goes into the unit's registers: its device table. */
void iomt_iommu_hw(const struct iomt_iommu *iommu, struct iomt_device_table_hw *hw);

/* A device. All fields are private. */
struct iomt_device {
	struct iomt_iommu *iommu;
	struct iomt_device *next, *before;
	struct iomt_device_caps caps;
	struct iomt_pasid_table pasids;
	struct iomt_attachment *first;
	struct iomt_attachment *rid; /* what hardware has for requests without a PASID */
	iomt_pack_device user;	     /* AMD */
	uint32_t id;		     /* AMD: the domain id in its entry, or IOMT_PACK_NO_ID */
	uint32_t pasid_count;	     /* entries of PASIDs that are there */
	bool has_pasids;	     /* there is a PASID table */
	bool gone;		     /* it is being removed */
};

/*
 * Makes a device of the unit known; it is blocked, as before. caps->iommu must be the unit's.
 * IOMT_EINVAL; IOMT_ERANGE for an id beyond id_bits; IOMT_EEXIST; IOMT_ENOMEM, IOMT_ENOSPC, IOMT_EBUSY (no domain
 * id is free, or all that are must be invalidated first): nothing changed, *device is none. IOMT_EIO as
 * iomt_domain_attach: the device is known all the same.
 */
int iomt_device_add(struct iomt_iommu *iommu, struct iomt_device *device,
		    const struct iomt_device_caps *caps);

/*
 * Forgets a device and frees its PASID table. IOMT_EBUSY while anything is attached; IOMT_ENOMEM: nothing
 * changed. IOMT_EIO as iomt_domain_attach: hardware may still read the PASID table, so that the device stays,
 * blocked. Reset the unit, say so, and call again; nothing can be attached meanwhile.
 */
int iomt_device_remove(struct iomt_device *device);

/* Where a domain is attached. In the caller's memory; all fields are private. */
struct iomt_attachment {
	struct iomt_domain *domain;
	struct iomt_device *device;	       /* NULL when it is detached */
	uint32_t pasid;			       /* or IOMT_NO_PASID */
	struct iomt_attachment *next, *before; /* of its device */
	struct iomt_attachment *after, *ahead; /* of its table */
	iomt_pack_device user; /* where each attachment has a tag: the packer's device */
	uint32_t tag;	       /* the id that it is published under, IOMT_PACK_NO_ID: none */
	uint32_t tag_before;   /* another that it was, until it is retracted */
};

/* Why an attachment is refused. Constants. */
struct iomt_domain_refusal {
	const char *reason; /* a sentence, a constant */
};

/* iomt_domain_attach, _replace flags: requests may fault while entries change. */
#define IOMT_ATTACH_BREAK 0x1u

/*
 * 0 when a domain could be attached there, whatever is attached there now, but for memory and ids;
 * *refusal, unless NULL, then says why not. A table is never used in another way than it was made for.
 *
 *  - IOMT_EINVAL: unknown flags, a PASID that is none.
 *  - IOMT_ERANGE: a PASID beyond the device's width, or the unit's; a table for more address bits, of
 *    input or of output, than the unit has.
 *  - IOMT_EPERM: PASID 0, which is requests without a PASID; a domain with IOMT_DOMAIN_NO_PASID on a
 *    PASID.
 *  - IOMT_EACCES: the domain is for trusted devices.
 *  - IOMT_EOPNOTSUPP: the device has no PASIDs; the unit does not walk the table's format, or not with
 *    so many levels, as many as it may grow to, or not there (AMD V1 on a PASID, stage 2 of SMMUv3 on
 *    one); the table tracks dirty pages (IOMT_PT_DIRTY), and the unit does not; no identity on a PASID,
 *    but in VT-d's scalable mode; a process' table does not serve requests without a PASID there.
 *  - IOMT_EOPNOTSUPP for nested domains also: on a PASID where the guest has PASID tables of its own
 *    (AMD, SMMUv3), behind another unit than the vIOMMU's.
 *  - IOMT_EBUSY: what is attached beside it excludes it: AMD V1, or stage 2 of SMMUv3, without a
 *    PASID, and PASIDs; AMD V2 with four and five levels in one device. The device is being removed.
 */
int iomt_domain_attach_check(const struct iomt_domain *domain, const struct iomt_device *device,
			     uint32_t pasid, struct iomt_domain_refusal *refusal);

/*
 * Attaches a domain to a device's PASID, or to its requests without one. *place must stay where it is
 * until it is detached. When this returns, hardware has it.
 *
 * Errors, nothing changed: those of the check; IOMT_EEXIST when something is attached there; IOMT_EINVAL,
 * IOMT_ERANGE: what is said of a process' table, or by a guest, fits into no entry (a root that is no
 * table's address, or beyond the unit's); IOMT_ENOMEM, IOMT_ENOSPC, IOMT_EBUSY (no id is free; or an
 * entry would have to be broken, without IOMT_ATTACH_BREAK). IOMT_EIO, which nothing else returns:
 * hardware did not take the commands, or the ring's wait function gave up, whatever its code. All is as
 * wished then, books included, but for what hardware may have cached: reset the unit, and call
 * iomt_iommu_was_reset.
 */
int iomt_domain_attach(struct iomt_domain *domain, struct iomt_device *device, uint32_t pasid,
		       uint32_t flags, struct iomt_attachment *place);

/*
 * Puts another domain into the place: requests reach what the old one gives, then what the new one does,
 * without a gap where hardware can do that; elsewhere this is IOMT_EBUSY without IOMT_ATTACH_BREAK. Errors
 * as above.
 */
int iomt_domain_replace(struct iomt_attachment *place, struct iomt_domain *domain, uint32_t flags);

/*
 * Takes it away: requests are blocked, nothing is cached when this returns. IOMT_ENOMEM, and IOMT_ENOSPC
 * or IOMT_EBUSY where it leaves others who had its id (AMD): nothing changed. IOMT_EOPNOTSUPP: AMD without
 * GIOSup, where requests without a PASID cannot be blocked while PASIDs are attached. IOMT_EIO as above.
 */
int iomt_domain_detach(struct iomt_attachment *place);

/* The id that translations are tagged by there: domain id, ASID or VMID; IOMT_PACK_NO_ID for none. */
uint32_t iomt_attachment_id(const struct iomt_attachment *place);

/*
 * iomt_pt_map, and what that asks for everywhere, also of units that cache absent entries. gather is
 * empty afterwards; on errors of the invalidation it is the caller's still, and the range is mapped.
 * IOMT_EPERM: the domain's table is not the caller's to map into.
 */
int iomt_domain_map(struct iomt_domain *domain, uint64_t iova, uint64_t oa, uint64_t length,
		    uint32_t prot, struct iomt_gather *gather);

/*
 * iomt_pt_unmap, and the invalidation of every place: by a queue of iomt_domain_flush, deferred or strict;
 * NULL is strict. The range goes to the table's "release" when nothing translates it any more. On errors of
 * the invalidation gather and range are the caller's still.
 */
int iomt_domain_unmap(struct iomt_domain *domain, struct iomt_flush_queue *queue, uint64_t iova,
		      uint64_t length, uint64_t now, uint64_t *unmapped,
		      struct iomt_gather *gather);

/*
 * Maps in "to" all that "from" maps, under the same addresses: the way from one format to another, as when
 * a PASID is to have what an AMD V1 domain maps. Neither may change meanwhile; iomt_domain_replace
 * follows. The table of "to" must not be attached yet, by any domain. All or nothing: IOMT_EPERM, or what
 * iomt_pt_map returned, of addresses or permissions that the other format has not.
 */
int iomt_domain_copy(struct iomt_domain *to, const struct iomt_domain *from);

/*
 * The flushes of a table, to make queues of. By them other changes of the page table (iomt_pt_protect,
 * iomt_pt_dirty, iomt_pt_trim) reach every place, too, and give no range back:
 *
 *	iomt_flush_strict(iomt_domain_flush(&table), &gather, 1, 0);
 */
static inline struct iomt_flush *iomt_domain_flush(struct iomt_domain_table *table)
{
	return &table->flush;
}

#ifdef __cplusplus
}
#endif
#endif
