/* SPDX-License-Identifier: MIT */
/* The kinds of tables that suites run over, and a table of a kind with its provider and walker. */
#ifndef TESTS_MODEL_KINDS_H
#define TESTS_MODEL_KINDS_H

#include "walker.h"
#include <iomt/iomt.h>

struct kind {
	const char *name;
	const struct iomt_pt_format *format;
	enum walk_format walk;
	uint8_t granule_lg2;
	uint32_t flags;
	uint8_t iova_bits;
	uint8_t oa_bits;
	uint8_t levels;
	uint8_t bbm;
	uint8_t enc_bit;
	bool grows;
	uint64_t page_sizes; /* 0: all that are usual */
};

extern const struct kind kinds[];
extern const size_t kind_count;

/* The kind of this name; fails the test when there is none. */
const struct kind *kind_named(const char *name);

/* Of a kind, without a memory provider and without top_changed. */
struct iomt_pt_cfg kind_cfg(const struct kind *kind);

/* The other reader for tables of a kind, without memory and without a table. */
struct walker kind_walker(const struct kind *kind);

struct table {
	const struct kind *kind;
	struct provider provider;
	struct iomt_pt pt;
	struct iomt_pt_cfg cfg;
	struct iomt_gather gather; /* with a sync hook that allows breaks */
	unsigned tops;		   /* calls of top_changed */
	unsigned syncs;		   /* calls of the gather's hook */
	uint64_t granule;
	uint64_t first; /* bounds */
	uint64_t last;
};

/* Makes a table, and its gather. */
void table_open(struct table *table, const struct kind *kind, enum provider_kind provider);

/* Destroys it, releases the gather, and checks that no memory stays. */
void table_close(struct table *table);

/* The other reader, told of the table's state now. */
struct walker table_walker(struct table *table, bool shadow);

/* What the provider handed out is what the statistics say. */
void table_check_memory(struct table *table);

/* The address that is this many granules above the table's first. */
uint64_t table_at(const struct table *table, uint64_t granules);

/* Maps, and fails the test on any error. */
void table_map(struct table *table, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot);

/* Unmaps and checks the bytes removed. */
void table_unmap(struct table *table, uint64_t iova, uint64_t length, uint64_t unmapped);

/* The entry that translates an address. */
uint64_t table_entry(struct table *table, uint64_t iova);

/* Entry number "index" of the table at a physical address. */
uint64_t table_word(struct table *table, uint64_t phys, uint64_t index);

/* Checks that one address translates to oa, with a leaf of 2^size_lg2 bytes; walker included. */
void table_expect(struct table *table, uint64_t iova, uint64_t oa, unsigned size_lg2);
void table_expect_empty(struct table *table, uint64_t iova);

#endif
