/* SPDX-License-Identifier: MIT */
/*
 * A reclaimer: gives the tables of gathers back when the readers of that moment are gone, without
 * making each caller wait for them. Not part of the freestanding core (iomt::hosted).
 *
 *	iomt_pt_trim(&pt, iova, length, &gather);
 *	send_invalidations(&gather);
 *	iomt_reclaim_release(reclaim, &gather);
 *
 * What "readers" are, and how to wait for them, is the program's: threads in any call on a page table
 * whose tables another thread may take out meanwhile, so every call on such a table, map and unmap
 * too, is made inside of a read section. With liburcu, iomt/rcu.h has it ready; anything else that can
 * wait until all sections that began before are over will do.
 *
 * Gathers are moved into a row of places that is there from the beginning, so giving back needs no
 * memory and cannot fail. A thread takes all that came together and waits for readers once. When the
 * row is full, or too many tables wait, the caller waits for readers itself.
 *
 * A call that others may wait for is no cancellation point (pthread_cancel), though its readers or providers
 * be: a thread first brings it to its end.
 *
 * The thread blocks all signals. It does not live on in a child after fork: make the reclaimer there.
 */
#ifndef IOMT_RECLAIM_H
#define IOMT_RECLAIM_H

#include <iomt/gather.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iomt_reclaim;

/* The most gathers that wait for one and the same moment. */
#define IOMT_RECLAIM_GATHERS 256u

/* iomt_reclaim_cfg.flags */
#define IOMT_RECLAIM_NO_THREAD 0x1u /* the callers do it all */

/* How a reclaimer is to be. Zero is a good value for every field but size and readers. */
struct iomt_reclaim_cfg {
	/* sizeof(struct iomt_reclaim_cfg): the struct may grow; callers built with an older one work. */
	size_t size;

	/*
	 * Returns when all read sections that were under way when it was called are over (RCU's
	 * synchronize). Called without any lock, in the reclaimer's thread and in those that call it,
	 * also in several at once.
	 */
	void (*readers)(void *ctx);
	void *ctx;

	/*
	 * How many tables may wait at most, in all. 0 takes 4096 (16 MiB of 4 KiB each). One gather that
	 * alone holds more never waits here.
	 */
	uint32_t most;

	/*
	 * IOMT_RECLAIM_* flags. Without a thread, tables are given back by iomt_reclaim_barrier, and by
	 * whoever finds no room.
	 */
	uint32_t flags;
};

/*
 * Makes a reclaimer, and sets *reclaim. IOMT_EINVAL: size, unknown flags, or no way to wait for readers.
 * IOMT_ENOMEM: no memory, or no thread. *reclaim is unchanged then. Safe from any thread.
 */
int iomt_reclaim_create(struct iomt_reclaim **reclaim, const struct iomt_reclaim_cfg *cfg);

/*
 * As iomt_gather_release, once the readers of this moment are gone: call it after the invalidation has
 * completed. The gather is empty when it returns, and keeps its sync hook. The providers of its tables
 * are called later, in another thread, and must be safe for that.
 *
 * It may wait for readers, so it must not be called inside of a read section. Safe from any thread.
 */
void iomt_reclaim_release(struct iomt_reclaim *reclaim, struct iomt_gather *gather);

/*
 * Returns when all that was released before is given back: before a page table's provider goes, or
 * where memory is short. Waits for readers, and for other threads: not inside of a read section, and
 * with RCU's QSBR in no thread that is online. Safe from any thread.
 */
void iomt_reclaim_barrier(struct iomt_reclaim *reclaim);

/*
 * Gives everything back as the barrier does, ends the thread and frees the reclaimer, which nobody may
 * use any more. NULL is allowed.
 */
void iomt_reclaim_destroy(struct iomt_reclaim *reclaim);

/* What a reclaimer has done, and what it has. */
struct iomt_reclaim_stats {
	uint64_t waiting;  /* tables that wait now */
	uint64_t peak;	   /* the most that did at any time */
	uint64_t returned; /* tables given back, ever */
	uint64_t periods;  /* times that readers were waited for */
	uint64_t full;	   /* of these, in callers that found no room */
};

/* Reads the statistics, exact at one moment of the call. Safe from any thread. */
void iomt_reclaim_stats(struct iomt_reclaim *reclaim, struct iomt_reclaim_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
