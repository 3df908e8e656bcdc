/* SPDX-License-Identifier: MIT */
/*
 * A memory provider on jemalloc, in a library of its own (iomt::jemalloc in CMake): Debian's
 * libjemalloc also defines malloc and free, so whoever links it gets jemalloc for the whole program.
 */
#ifndef IOMT_JEMALLOC_H
#define IOMT_JEMALLOC_H

#include <iomt/mem.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Memory for tables from an arena of its own, which no malloc of the program shares: tables lie
 * beside tables, can be counted, and go all at once.
 *
 * jemalloc's thread caches are passed by. The automatic one mixes arenas, and an explicit one would
 * have to be made and destroyed for each thread; for pages of 4 KiB it holds so few that it gains a
 * fifth only, unless the same page is taken again and again. The page pool of iomt/hosted.h is the
 * provider for speed; this one is for programs that live on jemalloc anyway.
 */
struct iomt_jemalloc;

/* How the provider is to be. Zero is a good value for every field but size. */
struct iomt_jemalloc_cfg {
	/* sizeof(struct iomt_jemalloc_cfg): the struct may grow; callers built with an older one
	 * work. */
	size_t size;

	/* physical = (uintptr_t)memory + phys_offset, modulo 2^64. */
	uint64_t phys_offset;
};

/*
 * Makes an arena, and sets *jemalloc. IOMT_EINVAL (size), IOMT_ENOMEM (no memory, or no more
 * arenas: jemalloc has about 4000); *jemalloc is unchanged then. Safe from any thread.
 */
int iomt_jemalloc_create(struct iomt_jemalloc **jemalloc, const struct iomt_jemalloc_cfg *cfg);

/*
 * Gives the arena's memory back, also what is still handed out: destroy the tables first. No other
 * thread may be using it. NULL is allowed.
 */
void iomt_jemalloc_destroy(struct iomt_jemalloc *jemalloc);

/*
 * The arena as a provider, for iomt_pt_cfg.mem; valid until iomt_jemalloc_destroy. alloc returns
 * NULL for sizes that struct iomt_mem does not allow, and when memory is out. Walks are coherent.
 * Safe from any thread.
 */
const struct iomt_mem *iomt_jemalloc_mem(const struct iomt_jemalloc *jemalloc);

/* Gives the memory that is free back to the system. Safe from any thread. */
void iomt_jemalloc_trim(struct iomt_jemalloc *jemalloc);

/* What the arena has, in bytes. */
struct iomt_jemalloc_stats {
	uint64_t taken; /* from the system; jemalloc's bookkeeping included */
	uint64_t used;	/* of these, handed out; a piece of 8 KiB takes 16 */
	uint64_t kept;	/* taken but not handed out */
	unsigned arena; /* its index in mallctl's names: arena.<index>.dirty_decay_ms and others */
};

/*
 * Reads the statistics, exact while no other thread allocates or frees. Locks much of jemalloc:
 * nothing for a hot path. IOMT_EOPNOTSUPP when jemalloc was built without statistics; *stats is
 * unchanged then. Safe from any thread.
 */
int iomt_jemalloc_stats(struct iomt_jemalloc *jemalloc, struct iomt_jemalloc_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
