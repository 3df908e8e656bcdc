/* SPDX-License-Identifier: MIT */
/*
 * A lower bound of the ids that devices need, from what the ids can hold instead of from devices that
 * exclude each other: give each device a weight; if no set of devices that may share weighs more than
 * m, then all of them, which weigh w, need w/m ids at least. With the best weights that is the
 * fractional chromatic number (Scheinerman and Ullman, Fractional graph theory, 1997, chapter 3).
 */
#ifndef BENCH_PACKING_BOUND_H
#define BENCH_PACKING_BOUND_H

#include <iomt/repack.h>

/*
 * Of devices under a relation. The heaviest sets are found exactly, within a number of steps; 0 when
 * they do not suffice, or memory does not.
 */
uint32_t packing_bound(enum iomt_repack_relation relation, const struct iomt_repack_device *devices,
		       uint32_t count, uint64_t steps);

#endif
