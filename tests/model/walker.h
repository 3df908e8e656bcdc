/* SPDX-License-Identifier: MIT */
/*
 * The other reader of page tables: slow, plain, written from the specifications, with constants of
 * its own. It is told what a driver would program into hardware, and reads bytes.
 */
#ifndef TESTS_MODEL_WALKER_H
#define TESTS_MODEL_WALKER_H

#include "provider.h"
#include <iomt/pt.h>

enum walk_format {
	WALK_AMDV1,
	WALK_X86_64,
	WALK_VTD_SS,
	WALK_ARM_S1,
	WALK_ARM_S2,
	WALK_RISCV_S1,
	WALK_RISCV_S2,
};

struct walker {
	enum walk_format format;
	unsigned granule_lg2; /* Arm */
	bool nx;	      /* x86: bit 63 means something */
	bool pbmt;	      /* RISC-V: there is Svpbmt, and Svnapot */
	bool napot;
	uint64_t enc; /* AMD's C-bit: taken out of addresses by the memory controller */
	struct provider *provider;
	uint64_t *(*word)(void *ctx, uint64_t phys); /* finds words in its place, where not NULL */
	void *ctx;
	bool shadow; /* read what an incoherent machine's hardware sees */
	bool live; /* a run may be changing: believe one slot of it; what is absent may hold bits */
	struct iomt_pt_hw hw;
};

enum walk_result {
	WALK_MAPPED,
	WALK_EMPTY,
	WALK_BAD, /* a reserved bit, a broken run, a pointer to nowhere: "why" tells */
};

struct walk {
	enum walk_result result;
	const char *why;
	uint64_t oa;	   /* of the address asked for */
	unsigned size_lg2; /* of the leaf or run */
	unsigned level;	   /* of the entry that ended the walk, 0 for the last */
	bool read;
	bool write;
	bool exec;
	bool dirty;
	uint64_t *slot; /* the entry that translates the address */
	uint64_t entry; /* what it was */
};

/* Walks for one address. hw must be fresh. */
struct walk walk(const struct walker *walker, uint64_t iova);

/* The tables that a walk went through: [level - 1] for levels counted from 1, the last. */
struct walk_path {
	uint64_t table[6];
};

struct walk walk_with_path(const struct walker *walker, uint64_t iova, struct walk_path *path);

/* As hardware does that remembers a table: from that table down. */
struct walk walk_from(const struct walker *walker, uint64_t iova, uint64_t table, unsigned level,
		      struct walk_path *path);

/* All tables that can be reached. */
uint64_t walk_count_tables(const struct walker *walker);

/*
 * Does to a writable, tracked entry what hardware does on a write through it: all or, when the entry
 * is not any more what the walk found, nothing.
 */
bool walk_mark_dirty(const struct walker *walker, const struct walk *found);

#endif
