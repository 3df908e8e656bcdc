/* SPDX-License-Identifier: MIT */
/*
 * Ready memory providers for programs with an operating system. Not part of the freestanding core.
 * One more, which needs jemalloc, is in iomt/jemalloc.h.
 */
#ifndef IOMT_HOSTED_H
#define IOMT_HOSTED_H

#include <iomt/mem.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A provider on the C library's aligned allocation, with physical addresses equal to virtual ones
 * and coherent walks: for tests, emulators and benchmarks. Safe from any thread; has no state.
 */
extern const struct iomt_mem iomt_mem_heap;

/*
 * A page pool: memory for tables out of huge pages, if wanted from one NUMA node, with a cache for
 * each thread.
 *
 * The pool reserves one stretch of address space when it is made, and puts memory behind it in
 * chunks of IOMT_POOL_CHUNK bytes as they are needed. So physical addresses differ from virtual
 * ones by a constant, and lie in a range that is known from the beginning. Every size that struct
 * iomt_mem may ask for is handed out, in any mix; neighbours that are free become one again, and
 * chunks that are wholly free go back to the system.
 *
 * Each thread that allocates or frees keeps up to 128 KiB of free memory of each size up to 64 KiB
 * to itself (64 pieces at most), so that it rarely waits for another. It gives them up when it ends,
 * and when it finds no memory elsewhere.
 */
struct iomt_pool;

/* What the pool takes from the system and gives back, in bytes. */
#define IOMT_POOL_CHUNK 0x200000u

/* iomt_pool_cfg.flags */
#define IOMT_POOL_NODE	   0x1u /* memory comes from the NUMA node that "node" names */
#define IOMT_POOL_PHYS	   0x2u /* physical addresses begin at phys_base */
#define IOMT_POOL_RESERVED 0x4u /* first the huge pages that the administrator set aside */
#define IOMT_POOL_SMALL	   0x8u /* no huge pages */

/* How a pool is to be. Zero is a good value for every field but size. */
struct iomt_pool_cfg {
	/* sizeof(struct iomt_pool_cfg): the struct may grow; callers built with an older one work. */
	size_t size;

	/*
	 * IOMT_POOL_* flags. Without any, the pool asks for transparent huge pages, and has memory
	 * wherever the thread runs that touches it first. Huge pages that are not to be had are no
	 * error: iomt_pool_backing tells what there is. RESERVED takes pages of 2 MiB out of
	 * /proc/sys/vm/nr_hugepages as long as there are some; SMALL excludes it.
	 */
	uint32_t flags;

	/*
	 * With IOMT_POOL_NODE: the operating system's number of a NUMA node. Memory comes from it as
	 * long as it has any, then from other nodes. Else 0.
	 */
	uint32_t node;

	/* With IOMT_POOL_PHYS: the physical address of the pool's first byte, a multiple of
	 * IOMT_POOL_CHUNK. Else 0, and physical addresses are virtual ones. */
	uint64_t phys_base;

	/*
	 * The most bytes to take from the system, a multiple of IOMT_POOL_CHUNK. 0 takes 32 GiB (1
	 * GiB where pointers have 32 bits). This much address space is reserved at once.
	 */
	uint64_t limit;

	/*
	 * Bytes of wholly free chunks to keep for the next table rather than to give back to the
	 * system. 0 takes 8 MiB; UINT64_MAX keeps all.
	 */
	uint64_t keep;
};

/* What is wrong with a configuration: the field's name, and a sentence about it. */
struct iomt_pool_cfg_error {
	const char *field;  /* its name, a constant */
	const char *reason; /* what is wrong with it, a constant */
};

/*
 * Checks a configuration without making a pool. Returns 0, or IOMT_EINVAL, or IOMT_EOPNOTSUPP for
 * IOMT_POOL_NODE where the library was built without hwloc or the system cannot bind memory; error
 * (may be NULL) then names the first field that is wrong. With IOMT_POOL_NODE it reads the machine's
 * topology, which takes milliseconds. Safe from any thread.
 */
int iomt_pool_cfg_check(const struct iomt_pool_cfg *cfg, struct iomt_pool_cfg_error *error);

/*
 * Makes a pool that has taken no memory for tables yet, and sets *pool. Errors: those of
 * iomt_pool_cfg_check, also when the system refuses to bind; IOMT_ENOMEM (no address space of that
 * size, no memory for bookkeeping, which is about half a percent of what is taken). *pool is
 * unchanged then. Safe from any thread.
 */
int iomt_pool_create(struct iomt_pool **pool, const struct iomt_pool_cfg *cfg);

/*
 * Gives everything back, also what is still handed out: destroy the tables first. No other thread
 * may be using the pool; threads that have used it may live on or be ending. NULL is allowed.
 */
void iomt_pool_destroy(struct iomt_pool *pool);

/*
 * The pool as a provider, for iomt_pt_cfg.mem; valid until iomt_pool_destroy. Its alloc and free are
 * safe from any thread, and memory may be freed by another thread than took it. alloc returns NULL
 * for sizes that struct iomt_mem does not allow, when the limit is reached and what is free is in
 * other threads' caches or in pieces too small, and when the system has no more. Walks are coherent.
 */
const struct iomt_mem *iomt_pool_mem(const struct iomt_pool *pool);

/*
 * Gives the system all chunks that are wholly free, and the calling thread's cache to the pool
 * before. Returns the bytes given back. What other threads have in their caches stays. Safe from
 * any thread.
 */
uint64_t iomt_pool_trim(struct iomt_pool *pool);

/* What a pool has and is; bytes unless said otherwise. */
struct iomt_pool_stats {
	uint64_t taken;	   /* from the system, a multiple of IOMT_POOL_CHUNK */
	uint64_t used;	   /* of these, handed out */
	uint64_t kept;	   /* taken but not handed out */
	uint64_t peak;	   /* the most that was taken at any time */
	uint64_t reserved; /* of "taken", in huge pages that the administrator set aside */
	uint64_t limit;	   /* the most that may be taken: [base, base + limit) holds the pool */
	void *base;	   /* address of the pool's first byte */
	int32_t node;	   /* that it is bound to, or -1 */
	bool huge;	   /* the system took the wish for transparent huge pages */
};

/*
 * Reads the statistics. "used" is exact while no thread allocates or frees, else as of some moment
 * for each thread, and "kept" with it; the others are exact. Takes a lock, and no system call. Safe
 * from any thread.
 */
void iomt_pool_stats(struct iomt_pool *pool, struct iomt_pool_stats *stats);

/* What is really behind a pool's memory, in bytes. */
struct iomt_pool_backing {
	uint64_t resident;  /* has memory behind it: was touched */
	uint64_t huge;	    /* of these, in huge pages of either kind */
	uint64_t elsewhere; /* in chunks that have memory of other nodes than asked for */
};

/*
 * Asks the system what is behind the pool's memory now. It reads /proc/self/smaps, which may take
 * milliseconds, and the pool waits. IOMT_EOPNOTSUPP where there is no such file; *backing is
 * unchanged then. Safe from any thread.
 */
int iomt_pool_backing(struct iomt_pool *pool, struct iomt_pool_backing *backing);

#ifdef __cplusplus
}
#endif
#endif
