/* SPDX-License-Identifier: MIT */
/* The solver on memory of its own, with all that holds of any answer checked. */
#ifndef TESTS_PASID_REPACK_PLAY_H
#define TESTS_PASID_REPACK_PLAY_H

#include <iomt/repack.h>

/* All ids of 16 bits, and the fewest of them. */
struct iomt_repack_cfg play_cfg(enum iomt_repack_relation relation);

/*
 * Solves, and checks what must hold: the certificate, the clique, counts, and what the result says of
 * itself. Returns what iomt_repack_solve does.
 */
int play_solve(const struct iomt_repack_cfg *cfg, const struct iomt_repack_device *devices,
	       uint32_t count, uint32_t *ids, struct iomt_repack_result *result);

/* The certificate's verdict: 0 or IOMT_EPERM. */
int play_check(enum iomt_repack_relation relation, const struct iomt_repack_device *devices,
	       uint32_t count, const uint32_t *ids);

/* Different (id, key) pairs, counted one at a time. */
uint64_t play_tags(const struct iomt_repack_device *devices, uint32_t count, const uint32_t *ids);

#endif
