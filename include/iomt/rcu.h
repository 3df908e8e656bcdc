/* SPDX-License-Identifier: MIT */
/*
 * The reclaimer of iomt/reclaim.h with liburcu's readers, in a library of its own (iomt::rcu in CMake),
 * as it needs liburcu's headers. It links none of liburcu's libraries: the program chooses a flavour, and
 * links that.
 *
 *	#include <iomt/rcu.h>
 *	#include <urcu/urcu-memb.h>
 *
 *	struct iomt_reclaim_cfg cfg = iomt_rcu_cfg(&urcu_memb_flavor);
 *
 *	iomt_reclaim_create(&reclaim, &cfg);
 *
 * Each thread that calls the page table registers with the flavour (not for urcu-bp), and makes its
 * calls inside of read sections:
 *
 *	urcu_memb_read_lock();
 *	iomt_pt_unmap(&pt, iova, length, &unmapped, &gather);
 *	urcu_memb_read_unlock();
 *
 * The invalidation may be outside of the section, iomt_reclaim_release must be. A gather's sync hook runs
 * inside.
 */
#ifndef IOMT_RCU_H
#define IOMT_RCU_H

#include <iomt/reclaim.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rcu_flavor_struct; /* urcu/flavor.h */

/*
 * A configuration that waits for the readers of this flavour, all else zero: memb, qsbr, mb, bp or
 * signal. It must be the flavour of the threads that read. Never fails.
 */
struct iomt_reclaim_cfg iomt_rcu_cfg(const struct rcu_flavor_struct *flavor);

#ifdef __cplusplus
}
#endif
#endif
