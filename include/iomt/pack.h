/* SPDX-License-Identifier: MIT */
/*
 * The packer: which devices may share an id (a domain id, an ASID, a VMID), so that translations of
 * one table are in the IOTLB once, and never become visible to a device whose own table would not
 * give them. docs/packing.md states the problem and says what each architecture's tag holds.
 *
 *	iomt_pack_begin(&pack);
 *	iomt_pack_add(&pack, &(struct iomt_pack_device_cfg){.size = ..., .sends = 1 << 16}, &device);
 *	iomt_pack_set(&pack, device, IOMT_PACK_RID, &dma);
 *	iomt_pack_set(&pack, device, pasid, &process);
 *	if (!iomt_pack_commit(&pack, &plan))
 *		for (uint32_t i = 0; i < plan.count; i++)
 *			do_step(iomt_pack_step(&pack, i));
 *	iomt_pack_complete(&pack, plan.token);
 *
 * One packer serves one scope in which tags are shared: one IOMMU, or all that share ids. A device
 * is anything that has a map from keys to leaves; where a tag is given to a single table (VT-d first
 * stage, SMMUv3 and RISC-V ASIDs) it is whatever uses the table, with the one key IOMT_PACK_RID.
 *
 * Threads: one call at a time for each packer, of one thread or under a lock.
 */
#ifndef IOMT_PACK_H
#define IOMT_PACK_H

#include <iomt/ids.h>
#include <iomt/pasid_table.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A key: a PASID below 2^20, or this for requests that have none. */
#define IOMT_PACK_RID	    0x100000u
#define IOMT_PACK_KEYS	    0x100001u
#define IOMT_PACK_ALL	    UINT32_MAX /* in steps: every key */
#define IOMT_PACK_NO_ID	    UINT32_MAX
#define IOMT_PACK_DEVICES   0x100000u /* at most */
#define IOMT_PACK_MAX_BITS  20u
#define IOMT_PACK_MAX_TRUST 0xfffffu

/*
 * What an entry of the IOTLB may come from: a table and everything else that decides what an entry
 * holds (format, levels, memory types, permissions from the PASID entry, stage 2, ...), encoded by
 * the caller. Leaves are the same when all bits are.
 */
struct iomt_pack_leaf {
	uint64_t root;	   /* the table, or what stands for it */
	uint64_t attrs[2]; /* all else, encoded by the caller */
};

/* When two devices may have one id. */
enum iomt_pack_relation {
	/* Their maps are equal: the same keys, the same leaves. The number of ids in use is the number of
	   different maps (and fixed words) at any time, unless merging is put off by policy. */
	IOMT_PACK_EQUIVALENT,
	/* Their maps are equal where both have a leaf; and a key that only one has cannot be sent by
	   the other, or both are in the same trust group. */
	IOMT_PACK_ISOLATING,
};

/*
 * When a device that could keep its id moves to another one for the sake of sharing (under
 * IOMT_PACK_EQUIVALENT; under IOMT_PACK_ISOLATING a device that may stay stays until
 * iomt_pack_merge).
 */
enum iomt_pack_merging {
	IOMT_PACK_EAGER, /* always */
	IOMT_PACK_LAZY,	 /* never: when iomt_pack_merge is called */
	IOMT_PACK_COST,	 /* when keys * key_gain >= devices that move * move_cost */
};

/*
 * A replaceable hash of n words, for tests: what it returns decides about time, never about ids.
 */
typedef uint32_t (*iomt_pack_hash)(const uint32_t *words, size_t n);

/* iomt_pack_tables_cfg.flags */

/*
 * AMD: hardware finds what it has cached of GCR3 tables by the domain id, and not by the device alone.
 * Then a device goes from one table to another by one store; else by way of a device-table entry that
 * refuses all requests. Without effect on VT-d and SMMUv3, where what tags
 * translations stands in the PASID's entry.
 */
#define IOMT_PACK_TAGGED_ENTRIES 0x1u

/* PASID tables, one for each id. docs/packing.md, "One table for each id". */
struct iomt_pack_tables_cfg {
	/* sizeof(struct iomt_pack_tables_cfg): the struct may grow. */
	size_t size;

	/*
	 * Of each table. GCR3 has all levels from the beginning: levels is 0, and there is no
	 * root_changed. With IOMT_PASID_TABLE_RID all devices have IOMT_PACK_GIOV, without it none has.
	 */
	struct iomt_pasid_table_cfg table;

	/*
	 * Makes a PASID's entry of a leaf: all of it but VT-d's domain, which is the id. Says always the
	 * same of the same leaf. 0, or an error, which iomt_pack_set then returns. NULL: root is the
	 * GCR3 entry's root.
	 */
	int (*entry)(void *ctx, uint32_t pasid, const struct iomt_pack_leaf *leaf,
		     struct iomt_pasid_entry *entry);
	void *ctx;
	uint32_t flags; /* IOMT_PACK_TAGGED_ENTRIES */
};
struct iomt_pack;
struct iomt_pack_plan;

/* How a packer is to be. */
struct iomt_pack_cfg {
	/* sizeof(struct iomt_pack_cfg): the struct may grow; callers built with an older one work. */
	size_t size;

	/*
	 * Where memory comes from: pieces of 512 to 4096 bytes, and powers of two up to 1 MiB. There are
	 * 64 bytes for each id from first_id to the highest that was ever in use (192 with tables of
	 * ids, which have a provider of their own); isolating, 1088, and IOMT_ENOMEM beyond the first
	 * 2^19 - 1 ids.
	 */
	const struct iomt_mem *mem;

	uint32_t bits;	    /* 1 to 20: ids are 0 to 2^bits - 1 */
	uint32_t first_id;  /* ids from first_id to last_id are handed out: 1 where 0 is reserved */
	uint32_t last_id;   /* below 2^bits */
	uint32_t relation;  /* enum iomt_pack_relation */
	uint32_t merging;   /* enum iomt_pack_merging */
	uint32_t key_gain;  /* IOMT_PACK_COST: what an IOTLB entry less for each key is worth */
	uint32_t move_cost; /* and a device-table write with its invalidations */
	iomt_pack_hash hash; /* NULL for the packer's own */

	/*
	 * Called when all is decided, before anything changes, for callers whose own part of it may
	 * fail: they publish here. The plan and its steps may be read; iomt_pack_get and iomt_pack_next
	 * tell what devices will have. What is not 0 is the result of the call, with nothing changed. May be
	 * NULL; must not call for this packer otherwise.
	 */
	int (*accept)(void *ctx, const struct iomt_pack *pack, const struct iomt_pack_plan *plan);
	void *ctx;

	/*
	 * Equivalent: the packer keeps one PASID table for each id, which all devices of the id use.
	 * NULL: the caller keeps one for each device. Read by init.
	 */
	const struct iomt_pack_tables_cfg *tables;
};

/* What is wrong with a configuration: the field's name, and a sentence about it. */
struct iomt_pack_cfg_error {
	const char *field;  /* its name, a constant */
	const char *reason; /* what is wrong with it, a constant */
};

/*
 * 0 when iomt_pack_init would accept this configuration, IOMT_EINVAL when not; *error, unless NULL,
 * then names the field and says why. Both are constants.
 */
int iomt_pack_cfg_check(const struct iomt_pack_cfg *cfg, struct iomt_pack_cfg_error *error);

/* A device, with a generation: one that was removed is known from its successor. Never 0. */
typedef uint64_t iomt_pack_device;

/* iomt_pack_device_cfg flags */
#define IOMT_PACK_GIOV \
	0x1u		   /* requests without PASID are tagged as PASID 0: IOMT_PACK_RID means 0 */
#define IOMT_PACK_ATS 0x2u /* it has a TLB of its own that is in use */

/* What a device can do, and with whom. */
struct iomt_pack_device_cfg {
	/* sizeof(struct iomt_pack_device_cfg): the struct may grow. */
	size_t size;

	/*
	 * The device can send PASIDs below this, and no others, because hardware (its PASID capability,
	 * the width of its table) stops them: 0 or a power of two up to 2^20.
	 */
	uint32_t sends;
	uint32_t flags; /* IOMT_PACK_GIOV, IOMT_PACK_ATS */
	uint32_t trust; /* a group whose members may hit one another's entries; 0: none */

	/*
	 * Only devices with the same word share an id. Another word for another tenant or stage 2
	 * keeps devices apart, and on AMD those with a host table from others that have IOMT_PACK_GIOV, or
	 * trust them (docs/packing.md); a word for each guest id of each vIOMMU, and no keys, keeps those
	 * together whose sharing the guest decides.
	 */
	uint64_t fixed;
};

/* What a step does. */
enum iomt_pack_op {
	/* From now on changes of the table must be told to (id, key), and to the device's own TLB. */
	IOMT_PACK_PUBLISH,
	/*
	 * They need not be told any more on account of this device. Count: what was published twice
	 * is retracted twice, and a retract that was put off may come after the second publish.
	 */
	IOMT_PACK_RETRACT,
	/*
	 * Clear, write the device's PASID entry of this key (IOMT_PACK_RID: that of no PASID). Where
	 * hardware caches absent entries, too, a write is followed by a flush of the entry. Without a
	 * device: the entry of the id's table, by iomt_pack_table_step.
	 */
	IOMT_PACK_CLEAR_ENTRY,
	IOMT_PACK_WRITE_ENTRY,
	/*
	 * Write the id into the device-table entry; IOMT_PACK_NO_ID: make it refuse all requests
	 * (AMD: with V clear it would let them through). With tables of ids: at once the id, its
	 * table, and the leaf that the device has for IOMT_PACK_RID.
	 */
	IOMT_PACK_WRITE_DEVICE,
	/*
	 * Invalidate: what the IOMMU has cached of the device-table entry (IOMT_PACK_NO_ID, or with
	 * tables of ids: and of all PASID entries of the device); the PASID entry (without a device:
	 * of the id's table, for all that have the id).
	 */
	IOMT_PACK_FLUSH_DEVICE,
	IOMT_PACK_FLUSH_ENTRY,
	/*
	 * Invalidate IOTLB entries: of (id, key), or of the id whatever the key (with tables of ids:
	 * and all that is cached of its table by the id).
	 */
	IOMT_PACK_FLUSH_KEY,
	IOMT_PACK_FLUSH_ID,
	/* Invalidate the device's own TLB (ATS): of a key, or IOMT_PACK_ALL. */
	IOMT_PACK_FLUSH_ATS,
	/* Wait until all invalidations before this, of earlier plans too, are complete. */
	IOMT_PACK_WAIT,
};

/* A step of a plan. */
struct iomt_pack_step {
	uint32_t op; /* enum iomt_pack_op */
	uint32_t id; /* whose keys, or what is written; IOMT_PACK_NO_ID */
	/*
	 * Or IOMT_PACK_ALL: all that the device has after the plan, or when it retracts, all that it
	 * had before.
	 */
	uint32_t key;
	uint32_t was;		    /* write and flush of a device: the id before */
	iomt_pack_device device;    /* or 0 */
	struct iomt_pack_leaf leaf; /* publish, retract and write of one key */
};

/*
 * What hardware must be told, in this order. Plans are carried out in the order of their commits.
 * The steps from "tail" on (a wait, and what it allows) may be put off, also until after later
 * plans.
 *
 * Invalidations between two waits may be carried out in any order. The order of steps, and why:
 *  1. publish: a table that changes must find every place where it may be cached;
 *  2. clear entries that go, while the device still has the id under which others may have them;
 *  3. where others will move into an id whose keys go: wait, flush these, wait. What waits for a
 *     completion of an earlier plan is waited for here too;
 *  4. wait, lest a cached PASID entry that was cleared come under another id; write device-table
 *     entries, flush what is cached of them, wait: until then a device may use the old id, and fill
 *     entries under it. So nothing new is in its table yet, and what goes out of use with it is
 *     flushed later;
 *  5. flush keys that nobody has any more under this id, and ids that nobody has; wait, since a
 *     device could ask again for what is still there; flush TLBs of devices. A device that leaves
 *     others behind needs no flush of the old id: what it filled is true for those who stay;
 *  6. write new entries, after a wait where such a key may still be found with another leaf: that
 *     it had, or that of a device which it trusts, in the IOTLB or in the device's own TLB;
 *  7. (tail) wait, and retract.
 *
 * With tables of ids a device that moves has no entries to clear or write: its device-table entry
 * changes id and table at once, in step 4. Steps 2, 3 and 6 are of tables that change under an id
 * that stays. docs/packing.md gives the reasons.
 */
struct iomt_pack_plan {
	uint64_t token; /* for iomt_pack_complete */
	uint32_t count; /* of steps: iomt_pack_step tells them */
	uint32_t tail;	/* the first that may be put off; count when there is none */
};

/* Private: elements in pieces of memory. */
struct iomt_pack_array {
	unsigned char **pieces;
	uint32_t count;	     /* of pieces */
	uint32_t capacity;   /* of "pieces" */
	uint32_t used;	     /* elements, ever; number 0 is none */
	uint32_t free;	     /* a list of those given back */
	uint32_t free_count; /* its length */
};

/* Private: heads of chains. */
struct iomt_pack_heads {
	struct iomt_pack_array words;
	uint32_t mask;
	uint32_t entries;
};

/* Private: two maps that differ at one key; maps are known by their numbers. */
struct iomt_pack_change {
	uint32_t root[2], rid[2]; /* before and after; all 0: none */
	uint32_t key;
	uint32_t leaf[2];
};

/* A packer. The fields are private; they are here so that a caller can place one anywhere. */
struct iomt_pack {
	struct iomt_pack_cfg cfg;
	struct iomt_ids ids;
	uint64_t bytes; /* but for those of ids */
	struct iomt_pack_array leaves, leaf_refs, nodes, metas, devices, classes, loads, tags;
	struct iomt_pack_array steps, waiting, marked;
	struct iomt_pack_array tables; /* of classes */
	struct iomt_pack_tables_cfg tables_cfg;
	struct iomt_pasid_table shape; /* of all; spare tables for the steps of the last plan */
	uint64_t table_bytes;	       /* with these */
	uint32_t table_count;
	uint32_t
		table_steps; /* of the last plan, that are not carried out; before "next_step" none */
	uint32_t next_step;
	struct iomt_pack_heads leaf_heads, node_heads, class_heads, tag_heads;
	struct iomt_pack_change change; /* that was looked at last */
	uint64_t token;			/* of the last plan */
	uint64_t completed;		/* all plans up to this */
	uint32_t waiting_first, waiting_end;
	uint32_t marked_count;
	uint32_t first_class;	/* in use */
	uint32_t first_drained; /* ids in quarantine, oldest first */
	uint32_t last_drained;
	uint32_t in_use, in_quarantine, device_count, ats_devices;
	uint32_t touched, last_touched; /* devices of the transaction */
	uint32_t stamp;			/* of the transaction */
	uint32_t step_count, tail, flushes;
	bool open;
	bool must_wait; /* before entries are written */
	bool pending;	/* invalidations after the last wait */
	bool waited;
	bool merge;  /* whatever the policy */
	bool shares; /* tables */
};

/* Makes a packer without devices. IOMT_EINVAL: see the check. IOMT_ENOMEM. */
int iomt_pack_init(struct iomt_pack *pack, const struct iomt_pack_cfg *cfg);

/* Gives all memory back. Hardware must not be using its tables any more. */
void iomt_pack_destroy(struct iomt_pack *pack);

/*
 * A transaction: any number of the next four, then commit or abort. Binding one PASID to many
 * devices in one does not divide and merge classes on the way. IOMT_EBUSY when one is open, or a
 * step of the last plan waits for iomt_pack_table_step.
 */
int iomt_pack_begin(struct iomt_pack *pack);

/*
 * Adds a device without keys. IOMT_EINVAL (the struct, or no transaction), IOMT_ENOSPC when there
 * are IOMT_PACK_DEVICES, IOMT_ENOMEM. On errors nothing changes.
 */
int iomt_pack_add(struct iomt_pack *pack, const struct iomt_pack_device_cfg *cfg,
		  iomt_pack_device *device);

/*
 * Removes a device with all its keys. What hardware knows by its requester id may be added anew when
 * the plan of the removal is done: the packer does not know it again, and its own TLB may hold what
 * it had. IOMT_ESTALE: no such device (any more); IOMT_EINVAL.
 */
int iomt_pack_remove(struct iomt_pack *pack, iomt_pack_device device);

/*
 * Gives a key of a device a leaf, in place of any other. IOMT_ERANGE for a PASID that the device
 * cannot send, or no key; IOMT_ESTALE, IOMT_EINVAL, IOMT_ENOMEM. On errors nothing changes. With
 * tables of ids also what their entry refuses: IOMT_ERANGE for a PASID or an address beyond their
 * bits, IOMT_EINVAL, and the errors of the hook.
 */
int iomt_pack_set(struct iomt_pack *pack, iomt_pack_device device, uint32_t key,
		  const struct iomt_pack_leaf *leaf);

/* Takes the leaf of a key away. IOMT_ENOENT when it has none; IOMT_ENOMEM, and as above. */
int iomt_pack_clear(struct iomt_pack *pack, iomt_pack_device device, uint32_t key);

/*
 * Decides who has which id from now on, and ends the transaction. On errors nothing changes and the
 * transaction stays open: IOMT_ENOSPC (no id is free), IOMT_EBUSY (none is free, but some are in
 * quarantine: complete plans, and try again), IOMT_ENOMEM, IOMT_EINVAL (none is open), and what
 * iomt_pack_cfg.accept returned.
 *
 * A transaction that changes every device of an id in different ways takes a new id for each way.
 */
int iomt_pack_commit(struct iomt_pack *pack, struct iomt_pack_plan *plan);

/* A step of the last plan, below its count; until the next begin, merge, commit or destroy. */
const struct iomt_pack_step *iomt_pack_step(const struct iomt_pack *pack, uint32_t index);

/* Ends the transaction as if it had not begun. */
void iomt_pack_abort(struct iomt_pack *pack);

/*
 * Moves devices to make the ids in use fewer, whatever the policy. A plan without steps when
 * nothing is gained. Equivalent: leaves one id for each map. Isolating: the devices of one id go to
 * others with which they share keys; call it again until the plan is empty. Errors as commit;
 * IOMT_EBUSY in a transaction.
 */
int iomt_pack_merge(struct iomt_pack *pack, struct iomt_pack_plan *plan);

/*
 * Moves devices to these ids, those of a better assignment that was found elsewhere: all that can
 * move at once, in one plan. Call it again with the same arguments until the plan is empty; a device
 * moves when it may share with all that have its new id before the plan. Those that are left then
 * wait for each other in a circle (send one to a free id first), or may not share at all.
 *
 * Isolating alone: else IOMT_EOPNOTSUPP. IOMT_ERANGE for an id that is not handed out here,
 * IOMT_ESTALE, IOMT_ENOMEM; IOMT_EBUSY in a transaction, and when a wanted id is in quarantine. On
 * errors nothing changes.
 */
int iomt_pack_apply(struct iomt_pack *pack, const iomt_pack_device *devices, const uint32_t *ids,
		    uint32_t count, struct iomt_pack_plan *plan);

/*
 * Says that all steps of this plan and those before it are done, waits included: ids and keys that
 * were in quarantine for them may be used again. A token of the past is no error. IOMT_EINVAL: no plan
 * has this token yet.
 */
int iomt_pack_complete(struct iomt_pack *pack, uint64_t token);

/* The device's id after the last commit, IOMT_PACK_NO_ID before its first. IOMT_ESTALE. */
int iomt_pack_id(const struct iomt_pack *pack, iomt_pack_device device, uint32_t *id);

/* The leaf of a key, changes of an open transaction included. IOMT_ENOENT, IOMT_ESTALE, IOMT_ERANGE. */
int iomt_pack_get(const struct iomt_pack *pack, iomt_pack_device device, uint32_t key,
		  struct iomt_pack_leaf *leaf);

/*
 * The first key from "from" on that the device has, changes of an open transaction included. PASIDs
 * first, then IOMT_PACK_RID. IOMT_ENOENT when there is none; IOMT_ESTALE.
 */
int iomt_pack_next(const struct iomt_pack *pack, iomt_pack_device device, uint32_t from,
		   uint32_t *key, struct iomt_pack_leaf *leaf);

/*
 * Carries out a step of the last plan that clears or writes an entry of an id's table. They take no
 * memory: commit has. In their order, each once: else IOMT_EINVAL, also for other steps. What inv
 * asks for is in the plan but for what iomt_pasid_table_set asks of an entry that was absent;
 * IOMT_EBUSY, nothing changed: SMMUv3 needs its hook.
 */
int iomt_pack_table_step(struct iomt_pack *pack, uint32_t index, struct iomt_pasid_inv *inv);

/*
 * The table of an id, from the commit on by which a device has it until its id leaves quarantine, which
 * frees it. NULL: there is none. It is the packer's: look at it, and write iomt_pasid_table_hw.
 */
const struct iomt_pasid_table *iomt_pack_table(const struct iomt_pack *pack, uint32_t id);

/*
 * The device that follows this one among those of an id, after the last commit; of 0, the first.
 * IOMT_ENOENT at the end; IOMT_ESTALE.
 */
int iomt_pack_next_device(const struct iomt_pack *pack, uint32_t id, iomt_pack_device *device);

/* What a packer holds. */
struct iomt_pack_stats {
	uint32_t devices;     /* that were added */
	uint32_t ids;	      /* in use */
	uint32_t quarantine;  /* ids that wait for a completion */
	uint64_t keys;	      /* (id, key) pairs that wait for one */
	uint64_t bytes;	      /* of memory, exactly; without tables */
	uint32_t tables;      /* PASID tables of ids, those in quarantine too */
	uint64_t table_bytes; /* of memory of these */
};

/* Reads the statistics: goes over the ids in use, as iomt_ids_stats. Never fails. */
void iomt_pack_stats(const struct iomt_pack *pack, struct iomt_pack_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
