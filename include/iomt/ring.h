/* SPDX-License-Identifier: MIT */
/*
 * The command ring: a producer for the queue in memory that an IOMMU reads its commands from (AMD's
 * command buffer, VT-d's invalidation queue, SMMUv3's and RISC-V's command queues).
 *
 * The library touches no registers: the caller's functions read the hardware's index, write the
 * new one, and wait. What is put is a batch, with a sync at its end; whoever put it waits for it:
 *
 *	struct iomt_ring_batch batch = {0};
 *
 *	err = iomt_ring_put(&ring, cmds, count, true, &batch);
 *	if (!err)
 *		err = iomt_ring_wait(&ring, &batch);
 *
 * Any number of threads may put, wait and report faults at the same time. No call holds a lock, and
 * none waits for another thread: places are reserved by compare-and-swap and filled in any
 * order; whoever finishes the oldest passes on to hardware all that is filled behind it. Where a
 * thread is stopped between the two (a few stores), what others put after it waits with it.
 *
 * Positions count commands from 0 on and never wrap; a hardware index is a position's lowest bits.
 */
#ifndef IOMT_RING_H
#define IOMT_RING_H

#include <iomt/cmd.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whose IOMMU, by the language of its commands. */
enum iomt_vendor {
	IOMT_VENDOR_AMD,   /* AMD-Vi, 48882 */
	IOMT_VENDOR_VTD,   /* Intel VT-d, D51397 */
	IOMT_VENDOR_SMMU,  /* Arm SMMUv3, IHI 0070 */
	IOMT_VENDOR_RISCV, /* RISC-V IOMMU */
};

/* What a ring is like on some hardware. */
struct iomt_ring_kind {
	enum iomt_vendor vendor; /* whose commands */

	/*
	 * Indices have one bit more than the ring needs, which tells a full ring from an empty one
	 * (SMMUv3, IHI 0070, 3.5.1). Without it, one entry of the ring stays empty.
	 */
	bool wrap_bit;

	uint8_t cmds; /* struct iomt_cmd in an entry: 1, or 2 (VT-d's 256-bit descriptors) */

	/*
	 * Writes a command that completes when all before it have, one entry. "fence": those after it
	 * do not begin before. address, when not 0: where it then stores data, 32 bits (AMD: 64,
	 * the upper ones 0). Returns how many struct iomt_cmd.
	 */
	int (*sync)(bool fence, uint64_t address, uint32_t data, struct iomt_cmd *cmds);
};

extern const struct iomt_ring_kind iomt_ring_amd;      /* 48882, 2.4 */
extern const struct iomt_ring_kind iomt_ring_vtd;      /* D51397, 6.5.2 */
extern const struct iomt_ring_kind iomt_ring_vtd_wide; /* the same, IQA_REG.DW set */
extern const struct iomt_ring_kind iomt_ring_smmu;     /* IHI 0070, 3.5 and 4 */
extern const struct iomt_ring_kind iomt_ring_riscv;    /* RISC-V IOMMU, "Command-Queue" */

/* The caller's side: all are called with ctx, in the thread whose call needs them. */
struct iomt_ring_ops {
	/*
	 * The index of the entry that hardware takes next, in entries; of rings with a wrap bit with
	 * that bit above the index, and no other. Reads of memory that hardware has written may
	 * not pass it (a load that acquires, readl).
	 */
	uint32_t (*head)(void *ctx);

	/*
	 * Tells hardware that entries up to before this index are there, in the same form. All stores
	 * before it must be visible to hardware first (writel). Never called by two threads at once.
	 */
	void (*doorbell)(void *ctx, uint32_t tail);

	/*
	 * Called again and again while the ring is full or a batch is not done; "tries" counts the
	 * calls of one wait from 0. Returns 0 to look again, or a negative code that ends the wait
	 * and is its result. How to pass the time, for how long, and whether to look for errors
	 * (iomt_ring_fault) is its business. NULL: nothing ever waits, and IOMT_EBUSY is the result.
	 */
	int (*wait)(void *ctx, uint64_t tries);

	/* Writes memory back for hardware that does not snoop (VT-d without ECAP.C), or NULL. */
	void (*clean)(void *ctx, const void *memory, size_t bytes);
};

/* What the library knows of an entry. Private. */
struct iomt_ring_slot {
	iomt_word end;	 /* of the batch that begins here */
	iomt_word fault; /* position + 1 of the last command here that was refused */
	int code;
};

/* The caller's memory and functions; all must outlive the ring. */
struct iomt_ring_cfg {
	size_t size;			   /* sizeof(struct iomt_ring_cfg), for versions to come */
	const struct iomt_ring_kind *kind; /* such as &iomt_ring_amd */
	const struct iomt_ring_ops *ops;   /* how registers are reached */
	void *ctx;			   /* passed to them */

	/* The ring: 2^entries_lg2 entries, 2 to 20; of kind->cmds each; with any content. */
	struct iomt_cmd *entries;
	uint8_t entries_lg2;

	/* As many of these, with any content. */
	struct iomt_ring_slot *slots;

	/*
	 * Where syncs store, one word for each entry, in memory that hardware and processors see
	 * alike, and the physical address of the first: not 0, and within the
	 * reach of kind->sync. Both are multiples of 8. NULL and 0: a sync is complete when
	 * the head has passed it. That is so for SMMUv3's CMD_SYNC (4.7.3) and RISC-V's
	 * IOFENCE.C, not for AMD and VT-d.
	 */
	iomt_word *stores;
	uint64_t stores_phys;
};

/* A ring. All fields are private. */
struct iomt_ring {
	struct iomt_ring_cfg cfg_;
	uint64_t capacity_;
	uint32_t faults_;
	uint64_t apart_[7]; /* on other lines than what is written by every put */
	iomt_word reserved_;
	iomt_word published_;
	uint32_t ringing_;
	uint64_t apart_too_[7]; /* and by waits */
	iomt_word head_;	/* at least so far is hardware */
	iomt_word done_;	/* and so far it is done */
};

/*
 * Makes an empty ring. Hardware's two indices must be 0, and it must not run. IOMT_EINVAL: a field is
 * missing or out of its range, stores without address, or none with a kind that needs them.
 */
int iomt_ring_init(struct iomt_ring *ring, const struct iomt_ring_cfg *cfg);

/* How many entries a put can have at most, its sync included: 2^entries_lg2, or 1 less. */
static inline uint64_t iomt_ring_capacity(const struct iomt_ring *ring)
{
	return ring->capacity_;
}

/* What its hardware is like: cfg.kind. */
static inline const struct iomt_ring_kind *iomt_ring_kind_of(const struct iomt_ring *ring)
{
	return ring->cfg_.kind;
}

/* What to wait for. Begins as {0}. */
struct iomt_ring_batch {
	uint64_t first;	  /* positions: from here on */
	uint64_t end;	  /* up to before this one */
	uint32_t faults;  /* the library's: faults when it began */
	uint32_t refused; /* set by waits that fail with a fault: the index of the command */
	bool begun;	  /* something was put */
	bool synced;	  /* ends with a sync */
};

/*
 * Copies count commands (a multiple of kind->cmds; may be 0) into the ring, in one piece, and a sync
 * behind them if "sync". All or nothing. A batch that has begun is continued: it then holds what others
 * have put in between, too.
 *
 * Waits while the ring is full. Errors, with nothing put: IOMT_ENOSPC (more than the ring's
 * capacity), IOMT_EINVAL (count), IOMT_EBUSY (full, and there is no wait function), IOMT_EIO (an index of
 * the hardware's that cannot be), and what the wait function returned.
 */
int iomt_ring_put(struct iomt_ring *ring, const struct iomt_cmd *cmds, size_t count, bool sync,
		  struct iomt_ring_batch *batch);

/*
 * 0 when the batch is done: all its commands have had their effect. IOMT_EBUSY: not yet. Else the code
 * that iomt_ring_fault gave for a command of the batch, with its index in batch->refused: then
 * nothing is known of what the batch should have dropped. IOMT_EIO as above. IOMT_EINVAL: the batch has no
 * sync at its end.
 *
 * The faults of a batch are found while its positions are among the last 2^entries_lg2; if later
 * ones failed at the same entry, that is reported for the batch.
 */
int iomt_ring_done(struct iomt_ring *ring, struct iomt_ring_batch *batch);

/*
 * Waits until iomt_ring_done is not IOMT_EBUSY. What the wait function returned ends the wait; the batch
 * goes on and may be waited for again. Without a wait function this is iomt_ring_done.
 */
int iomt_ring_wait(struct iomt_ring *ring, struct iomt_ring_batch *batch);

/*
 * Reports that hardware has refused the command at an index (with or without wrap bit), or gave it
 * up: an illegal one, a device that did not answer in time. Whoever waits for it gets "code", which is
 * negative and not IOMT_EBUSY. For the thread that handles the hardware's errors (an interrupt, or the
 * wait function), while hardware stands still, before it is told to go on.
 *
 * skip: the command becomes a sync that stores nothing, so that hardware can go on over it. Not for a
 * sync that timed out and is to be tried again (SMMUv3, CERROR_ATC_INV_SYNC), which is no fault
 * until the driver gives it up. VT-d aborts all waits in flight (FSTS.ITE): report each index from
 * the head to the tail.
 *
 * IOMT_EINVAL: code. IOMT_ERANGE: no command that is in flight; nothing changes.
 */
int iomt_ring_fault(struct iomt_ring *ring, uint32_t index, int code, bool skip);

#ifdef __cplusplus
}
#endif
#endif
