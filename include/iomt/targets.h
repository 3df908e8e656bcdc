/* SPDX-License-Identifier: MIT */
/*
 * Targets: every place where translations of one page table are cached. A table that is attached to
 * many devices, PASIDs and IOMMUs has many; one call tells them all of a change:
 *
 *	struct iomt_target target = {
 *		.ring = &ring, .kind = &iomt_target_amd, .amd = {.domain = 5}};
 *
 *	iomt_targets_init(&targets, &mem);
 *	iomt_targets_add(&targets, &target, &gather);
 *	...
 *	iomt_pt_unmap(&pt, iova, length, &unmapped, &gather);
 *	iomt_targets_invalidate(&targets, &gather, &policy, NULL);
 *
 * They stand in an array, sorted by ring: whoever adds or removes one makes another array and
 * publishes it; only counts change in place. Readers take no lock and may use the array that they met
 * until it is freed, which is up to the caller: it leaves in a gather.
 */
#ifndef IOMT_TARGETS_H
#define IOMT_TARGETS_H

#include <iomt/amd_cmd.h>
#include <iomt/ring.h>
#include <iomt/riscv_cmd.h>
#include <iomt/smmu_cmd.h>
#include <iomt/vtd_cmd.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iomt_target;

/* How a kind of target is told: a vendor's calls for IOTLBs, or for the TLBs of devices. */
struct iomt_target_kind {
	enum iomt_vendor vendor; /* of rings that it may be reached by */
	bool device;		 /* a device's own TLB, dropped after the IOTLB's */

	/* What a gather asks for, as the vendor's call of this name. */
	int (*gather)(const struct iomt_target *target, const struct iomt_gather *gather,
		      const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n);

	/* All of its ids and flags in two words: equal for targets that are the same. */
	void (*key)(const struct iomt_target *target, uint64_t key[2]);
};

extern const struct iomt_target_kind iomt_target_amd;	       /* iomt_amd_gather */
extern const struct iomt_target_kind iomt_target_amd_device;   /* iomt_amd_device_gather */
extern const struct iomt_target_kind iomt_target_vtd;	       /* iomt_vtd_gather */
extern const struct iomt_target_kind iomt_target_vtd_device;   /* iomt_vtd_device_gather */
extern const struct iomt_target_kind iomt_target_smmu;	       /* iomt_smmu_gather */
extern const struct iomt_target_kind iomt_target_smmu_device;  /* iomt_smmu_device_gather */
extern const struct iomt_target_kind iomt_target_riscv;	       /* iomt_riscv_gather */
extern const struct iomt_target_kind iomt_target_riscv_device; /* iomt_riscv_device_gather */

/* One place: the unit's ring, and the member of the union that "kind" is about. */
struct iomt_target {
	struct iomt_ring *ring;		     /* by which it is told */
	const struct iomt_target_kind *kind; /* how it is told */
	uint32_t users; /* how often it was added, 0: it was removed; the library's, and changes */

	/*
	 * Whatever was gathered, all of it goes: translations by other addresses than the table's, such
	 * as a guest's whose tables stand on this one.
	 */
	bool all;
	union {
		struct iomt_amd_target amd;	       /* iomt_target_amd */
		struct iomt_amd_device amd_device;     /* iomt_target_amd_device */
		struct iomt_vtd_target vtd;	       /* iomt_target_vtd */
		struct iomt_vtd_device vtd_device;     /* iomt_target_vtd_device */
		struct iomt_smmu_target smmu;	       /* iomt_target_smmu */
		struct iomt_smmu_device smmu_device;   /* iomt_target_smmu_device */
		struct iomt_riscv_target riscv;	       /* iomt_target_riscv */
		struct iomt_riscv_device riscv_device; /* iomt_target_riscv_device */
	};
};

/* A published array. Its fields may be read; they never change, but for users. */
struct iomt_target_list {
	size_t count;			   /* of targets */
	size_t bytes;			   /* of the memory that it stands in */
	const struct iomt_target *targets; /* sorted by ring */
};

/* The targets of one table. All fields are private. */
struct iomt_targets {
	const struct iomt_mem *mem_;
	struct iomt_target_list *list_;
};

/* No targets, in no memory. mem must outlive them. Never fails. */
void iomt_targets_init(struct iomt_targets *targets, const struct iomt_mem *mem);

/*
 * Adds a target, before hardware may use the table there (before the device-table entry, STE or
 * PASID entry is written). One that is there already is counted, which needs no memory: it is told
 * once, and stays until it was removed as often.
 *
 * The array that it replaces is added to the gather, which must be of the same provider or empty. It
 * asks for no invalidation, but must be released only when the readers of that moment (threads in
 * iomt_targets_invalidate, or with what iomt_targets_get gave) are gone.
 *
 * One thread at a time adds or removes (the caller's lock); others may invalidate at the same time.
 * Errors, nothing changed: IOMT_EINVAL (a kind that is not of the ring's vendor, or what its gather
 * call refuses), IOMT_ENOMEM, IOMT_ENOSPC (more than 1 MiB of targets, or of 2^32 - 1 users of one).
 */
int iomt_targets_add(struct iomt_targets *targets, const struct iomt_target *target,
		     struct iomt_gather *gather);

/*
 * Removes one that was added, when hardware does not use the table there any more. What is cached
 * there is the caller's to drop, all of it, before the ids are used for anything else: changes of
 * the table do not reach it any more.
 *
 * Without memory for a smaller array, or with a gather of another provider, the target stays there
 * without users until the next array is made: so this fails for targets alone that are not there
 * (IOMT_ENOENT), or could not be (IOMT_EINVAL).
 */
int iomt_targets_remove(struct iomt_targets *targets, const struct iomt_target *target,
			struct iomt_gather *gather);

/*
 * The targets of this moment, or NULL when there never were any. A device whose target is not among
 * them walks tables as the calling thread has left them before, so that it need not be told.
 */
const struct iomt_target_list *iomt_targets_get(const struct iomt_targets *targets);

/* Frees the array at once: nobody reads it any more. */
void iomt_targets_destroy(struct iomt_targets *targets);

/* Which command failed. */
struct iomt_targets_fault {
	struct iomt_ring *ring; /* the ring that it was in */
	uint32_t index;		/* in the ring, where hardware refused a command */
};

/* Units that are started before the first is waited for; of more, the next after these. */
#define IOMT_TARGETS_UNITS 32

/* Policies of more covers count as of so many; half as many in wide rings, and fewer in small ones. */
#define IOMT_TARGETS_MOST 120

/*
 * Drops what a gather asks for, everywhere: puts the commands of all units into their rings, IOTLBs,
 * a sync, device TLBs, a sync, and waits until all units are done. Syncs that nothing needs are
 * left out. Nothing is done for a gather without a range. The gather does not change: release it
 * after success and after the readers of that moment.
 *
 * Any number of threads at the same time, for the same targets too. About 5 KiB of stack.
 *
 * Errors are those of the rings' calls, the first of them; fault (may be NULL) tells where. Other units
 * are served all the same. After an error hardware may still hold what was gathered: call again, or
 * reset the unit, before anything is released.
 */
int iomt_targets_invalidate(const struct iomt_targets *targets, const struct iomt_gather *gather,
			    const struct iomt_plan_policy *policy,
			    struct iomt_targets_fault *fault);

#ifdef __cplusplus
}
#endif
#endif
