/* SPDX-License-Identifier: MIT */
/*
 * Where all tables of a benchmark come from, iomt's and its peers': an iomt_pool that keeps what it
 * has. Physical addresses are pointers.
 */
#ifndef BENCH_POOL_H
#define BENCH_POOL_H

#include <iomt/mem.h>

/* Memory of "bytes" bytes, a power of two from 64 to 1 MiB, aligned to that; any content. */
void *pool_alloc(size_t bytes);
void pool_free(void *memory, size_t bytes);

/* A number for each 4 KiB page of the pool, and back. */
size_t pool_page(const void *memory);
void *pool_page_at(size_t page);
#define POOL_BYTES (32ULL << 30) /* valgrind cannot map more */

/* The pool as a provider; NULL when it cannot be made. */
const struct iomt_mem *pool_mem(void);

#endif
