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
};

struct walker {
	enum walk_format format;
	unsigned granule_lg2; /* Arm */
	bool nx;	      /* x86: bit 63 means something */
	uint64_t enc;	      /* AMD's C-bit: taken out of addresses by the memory controller */
	struct provider *provider;
	bool shadow; /* read what an incoherent machine's hardware sees */
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
	bool read;
	bool write;
	bool exec;
	bool dirty;
	uint64_t *slot; /* the entry that translates the address */
};

/* Walks for one address. hw must be fresh. */
struct walk walk(const struct walker *walker, uint64_t iova);

/* Does to a writable, tracked entry what hardware does on a write through it. */
void walk_mark_dirty(const struct walker *walker, uint64_t *slot);

#endif
