/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <iomt/pt.h>

/* As iomt_<format>_map and _unmap, for one granule that is free, or mapped, in a table that is there. */
#define BARE_DECLARE(format)                                                                     \
	int bare_##format##_map(struct iomt_pt *pt, uint64_t iova, uint64_t oa, uint64_t length, \
				uint32_t prot, struct iomt_gather *gather);                      \
	int bare_##format##_unmap(struct iomt_pt *pt, uint64_t iova, uint64_t length,            \
				  uint64_t *unmapped, struct iomt_gather *gather)

BARE_DECLARE(amdv1);
BARE_DECLARE(x86_64);
BARE_DECLARE(arm_s1_4k);

#endif
