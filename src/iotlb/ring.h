/* SPDX-License-Identifier: MIT */
/* What the ring, the fan-out and the flush queue share. */
#ifndef IOTLB_RING_H
#define IOTLB_RING_H

#include <iomt/base.h>

#define RING_CMDS_MOST 2

/* Makes *value at least "to". */
static inline void ring_raise(iomt_word *value, uint64_t to)
{
	uint64_t now = __atomic_load_n(value, __ATOMIC_RELAXED);

	while (now < to && !__atomic_compare_exchange_n(value, &now, to, true, __ATOMIC_RELEASE,
							__ATOMIC_RELAXED))
		continue;
}

/*
 * What this thread stored before is seen by all that see what it reads after: entries of page tables
 * are cleared before anybody asks whom to tell. The thread sanitizer knows no fences.
 */
static inline void ring_fence(void)
{
#ifdef __SANITIZE_THREAD__
	unsigned here = 0;

	__atomic_fetch_add(&here, 1, __ATOMIC_SEQ_CST);
#else
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

#endif
