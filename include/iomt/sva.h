/* SPDX-License-Identifier: MIT */
/*
 * Shared virtual addresses: devices use the table of a process, by the PASID of the process, or in
 * place of a table of their own.
 *
 *	iomt_process_init(&process, &cfg);         // its table, and the space that PASIDs are of
 *	iomt_sva_bind(&process, &device, 0, &bond);
 *	...                                        // the device works with iomt_process_pasid(&process)
 *	iomt_process_changed(&process, first, last, 12, tables); // out of the kernel's notifier
 *	iomt_sva_unbind(&bond);
 *
 * A process has one PASID, whatever the device (ENQCMD takes it from the thread), from the first bond
 * that needs one to the last. Bonds of a process with a device are counted.
 *
 * A device may have addresses that its requests do not, or must not, reach through any table: MSI
 * windows, holes of the root complex. In a process these belong to anybody; so the kernel is asked to
 * keep them free in it, or maps them in a table for the upper half of addresses, which processes have not
 * (Arm's TTBR1).
 *
 * Threads: as iomt/domain.h; iomt_process_changed at any time.
 */
#ifndef IOMT_SVA_H
#define IOMT_SVA_H

#include <iomt/domain.h>
#include <iomt/pasid.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A process, as devices are to see it. */
struct iomt_process_cfg {
	/* sizeof(struct iomt_process_cfg): the struct may grow. */
	size_t size;

	/* As struct iomt_domain_table_cfg without "pt": the process' table. */
	const struct iomt_pt_format *format;
	struct iomt_pt_hw hw;
	const struct iomt_mem *mem;
	struct iomt_plan_policy policy;
	void (*readers)(void *ctx);

	/*
	 * Where its PASID comes from, and for whom it counts (may be NULL); it lies in [min_pasid,
	 * max_pasid], which every device that will be bound must be able to send, and is none that is
	 * reserved. max_pasid 0: the last that the first device can send.
	 */
	struct iomt_pasid_space *pasids;
	struct iomt_pasid_set *set;
	uint32_t min_pasid;
	uint32_t max_pasid;

	/* IOMT_DOMAIN_TRUSTED: its table is for trusted devices alone (the kernel's own). */
	uint32_t flags;

	/*
	 * Keeps [first, last] free in the process from now on. 0, or IOMT_EEXIST where something is
	 * there, or another code. NULL: the process has nothing there, the caller knows.
	 */
	int (*carve)(void *ctx, uint64_t first, uint64_t last);

	/* Arm: the caller's table of the upper half, which has the MSI windows. Else NULL. */
	struct iomt_domain_table *upper;

	void *ctx; /* passed to all */
};

struct iomt_sva_bond;

/* A process. All fields are private. */
struct iomt_process {
	struct iomt_process_cfg cfg;
	struct iomt_domain_table table;
	struct iomt_domain domain;
	struct iomt_sva_bond *first;
	uint32_t pasid; /* or IOMT_NO_PASID */
	uint32_t pasid_users;
	bool pasid_cached; /* hardware has failed to forget it */
};

/* IOMT_EINVAL: a field is missing, or the PASIDs are none. On errors *process is none. */
int iomt_process_init(struct iomt_process *process, const struct iomt_process_cfg *cfg);

/* Ends it; the process' table stays. IOMT_EBUSY while a bond is there. */
int iomt_process_destroy(struct iomt_process *process);

/* Its PASID, IOMT_NO_PASID while it has none. */
uint32_t iomt_process_pasid(const struct iomt_process *process);

/* The kernel has changed its table: as iomt_domain_changed. */
int iomt_process_changed(struct iomt_process *process, uint64_t first, uint64_t last,
			 uint8_t leaf_lg2, bool tables);

/* iomt_sva_bind flags */

/*
 * Requests without a PASID, in place of what is attached there, which comes back afterwards: unless somebody
 * has attached something else meanwhile, or detached it. One process at a time.
 */
#define IOMT_SVA_RID 0x1u

/* With RID: requests may fault while entries change (IOMT_ATTACH_BREAK). */
#define IOMT_SVA_BREAK 0x2u

/* What a process and a device have. In the caller's memory; all fields are private. */
struct iomt_sva_bond {
	struct iomt_process *process;
	struct iomt_device *device;
	struct iomt_sva_bond *next;
	struct iomt_attachment *at; /* where it is: its own place, or that of the device's domain */
	struct iomt_attachment place;
	struct iomt_domain *before; /* RID: what was there, or NULL */
	uint32_t refs;
	uint32_t flags;
};

/* A region of the device that the process could not be kept from. */
struct iomt_sva_conflict {
	struct iomt_region region; /* the device's */
	int code;		   /* what "carve" returned */
};

/*
 * Binds. Where the two are bound already in the same way, that bond counts one more; *bond is the one,
 * "room" (of the caller's, until it is unbound for the last time) or an older one.
 *
 * Errors, nothing changed: IOMT_EINVAL (flags, or a space of PASIDs is missing); IOMT_EEXIST, and what
 * "carve" returns, with *conflict, unless NULL: the process has something in a region of the device;
 * IOMT_EACCES, IOMT_EOPNOTSUPP, IOMT_ERANGE (its PASID is beyond the device's), IOMT_EBUSY (RID: a
 * process is there; or the two are bound, but somebody has taken the place away since), and all others of
 * iomt_domain_attach and iomt_pasid_alloc. IOMT_EOVERFLOW.
 * Regions that "carve" has kept free stay so. Where hardware did not take commands the PASID is as after
 * iomt_sva_unbind.
 */
int iomt_sva_bind(struct iomt_process *process, struct iomt_device *device, uint32_t flags,
		  struct iomt_sva_bond *room, struct iomt_sva_bond **bond,
		  struct iomt_sva_conflict *conflict);

/*
 * One less; with the last the device loses the table, or gets back what it had, and with the last of
 * all the PASID is free. IOMT_EBUSY, nothing changed, where that needs IOMT_SVA_BREAK; others as
 * iomt_domain_detach: after those of hardware the bond is gone, and the PASID is in the quarantine of its
 * space, if that has one: report a token when the unit has been reset.
 */
int iomt_sva_unbind(struct iomt_sva_bond *bond);

#ifdef __cplusplus
}
#endif
#endif
