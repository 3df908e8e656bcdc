/* SPDX-License-Identifier: MIT */
/*
 * The loops of words.h for the vectors that the machine turns out to have, in hosted builds. Others
 * name their machine to the compiler, and words.h follows.
 */
#ifndef PT_WIDE_H
#define PT_WIDE_H

#include "words.h"

struct pt_wide {
	u64 (*any)(const u64 *p, u64 n);
	void (*scan)(const u64 *p, u64 n, u64 *all, u64 *any);
	void (*ramp)(u64 *p, u64 n, u64 first, u64 step);
	void (*change)(u64 *p, u64 n, u64 mask, u64 bits);
};

/* Chosen before main; NULL where nothing is better. */
extern const struct pt_wide *pt_wide;

#if defined(IOMT_WIDE) && !defined(PT_WORDS_SCALAR)
#define PT_WIDE(n) ((n) > PT_FEW && pt_wide)
#else
#define PT_WIDE(n) false
#endif

#endif
