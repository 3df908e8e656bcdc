/* SPDX-License-Identifier: MIT */
/* Many entries side by side: the loops that are not worth folding per format. */
#include "wide.h"

u64 pt_words_any(const u64 *p, u64 n)
{
	DEBUG_ENTRY(n ? __atomic_load_n(p, __ATOMIC_RELAXED) : 0, p);
	return PT_WIDE(n) ? pt_wide->any(p, n) : pt_lines_any(p, n);
}

void pt_words_scan(const u64 *p, u64 n, u64 *all, u64 *any)
{
	DEBUG_ENTRY(n ? __atomic_load_n(p, __ATOMIC_RELAXED) : 0, p);
	if (PT_WIDE(n))
		pt_wide->scan(p, n, all, any);
	else
		pt_lines_scan(p, n, all, any);
}

void pt_words_ramp(u64 *p, u64 n, u64 first, u64 step)
{
	if (PT_WIDE(n))
		pt_wide->ramp(p, n, first, step);
	else
		pt_lines_ramp(p, n, first, step);
}

void pt_words_change(u64 *p, u64 n, u64 mask, u64 bits)
{
	if (PT_WIDE(n))
		pt_wide->change(p, n, mask, bits);
	else
		pt_lines_change(p, n, mask, bits);
}

void pt_words_clear(u64 *p, u64 n)
{
	pt_words_ramp(p, n, pt_hidden_zero(), 0);
}
