/* SPDX-License-Identifier: MIT */
/* The engine's loops (pgtable/words.h) for one set of vectors: built once for each, named PT_WIDE_NAME. */
#include "wide.h"

static u64 any_entry(const u64 *p, u64 n)
{
	return pt_lines_any(p, n);
}

static void scan(const u64 *p, u64 n, u64 *all, u64 *any)
{
	pt_lines_scan(p, n, all, any);
}

static void ramp(u64 *p, u64 n, u64 first, u64 step)
{
	pt_lines_ramp(p, n, first, step);
}

static void change(u64 *p, u64 n, u64 mask, u64 bits)
{
	pt_lines_change(p, n, mask, bits);
}

extern const struct pt_wide PT_WIDE_NAME;
const struct pt_wide PT_WIDE_NAME = {any_entry, scan, ramp, change};
