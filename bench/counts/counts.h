/* SPDX-License-Identifier: MIT */
#ifndef BENCH_COUNTS_H
#define BENCH_COUNTS_H

#include <iomt/iomt.h>

#define IOVA  0x4000000000ULL
#define OA    0x2000000000ULL
#define PAGE  4096ULL
#define PAGES 4096u /* of what is translated, walked, iterated, harvested */
#define SHELF (1u << 20)

/* The provider: memory from a shelf that is empty again for each new table. */
extern const struct iomt_mem counts_mem;
void *counts_shelf(void);
void counts_clear(void);

/* Runs a loop of so many operations for one figure; *err is what its calls returned. */
void counts_loop(const char *format, const char *name, void (*loop)(void *ctx), void *ctx,
		 const int *err, uint64_t ops);

void counts_walks(void);

#endif
