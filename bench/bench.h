/* SPDX-License-Identifier: MIT */
/*
 * Benchmarks in C. A workload is a round that is repeated: something is put in place, one part is
 * timed, the rest is put away. A round does so many operations that the two readings of the clock
 * around its timed part do not count.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "shim.h"
#include <iomt/hosted.h>
#include <iomt/iomt.h>
#include <stdio.h>

struct kind;

/*
 * What is measured: a library's calls, by one table of each kind at a time. A peer fills one more of
 * these (peers/linux.c is one); its table is whatever open returns, behind a pointer that is iomt's
 * by name alone. What it cannot do is NULL.
 */
struct target {
	const char *name;
	struct iomt_pt *(*open)(const struct kind *kind, uint32_t flags);
	void (*close)(struct iomt_pt *pt);
	int (*map)(struct iomt_pt *pt, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot,
		   struct iomt_gather *gather);
	int (*unmap)(struct iomt_pt *pt, uint64_t iova, uint64_t length, uint64_t *unmapped,
		     struct iomt_gather *gather);
	int (*map_sg)(struct iomt_pt *pt, uint64_t iova, const struct iomt_seg *segs, size_t count,
		      uint32_t prot, struct iomt_gather *gather);
	int (*cursor_map)(struct iomt_pt_cursor *cursor, uint64_t iova, uint64_t oa,
			  uint64_t length, uint32_t prot, struct iomt_gather *gather);
	int (*cursor_unmap)(struct iomt_pt_cursor *cursor, uint64_t iova, uint64_t length,
			    uint64_t *unmapped, struct iomt_gather *gather);
	int (*oa)(const struct iomt_pt *pt, uint64_t iova, uint64_t *oa);
	int (*translate)(const struct iomt_pt *pt, uint64_t iova, struct iomt_pt_leaf *leaf);
	size_t (*translate_many)(const struct iomt_pt *pt, const uint64_t *iovas, size_t count,
				 struct iomt_pt_leaf *leaves);
	int (*dirty)(struct iomt_pt *pt, uint64_t iova, uint64_t length, uint64_t page_size,
		     uint64_t *bitmap, uint32_t flags, struct iomt_gather *gather);
};

/* A kind of table. */
struct kind {
	const char *name;
	const struct iomt_pt_format *format;
	struct target target;	   /* iomt */
	const struct target *peer; /* or NULL */
	uint8_t iova_bits;
	uint8_t granule_lg2;
	uint8_t block_lg2;	/* the next level's leaf */
	uint8_t contiguous_lg2; /* the smallest contiguous run, 0 for none */
	uint8_t dirty_bit;
	bool dirty_when_clear; /* Arm stage 1: a clear read-only bit is what says dirty */
	bool in_default;       /* measured in the default run, not only in the full one */
	uint8_t shift;	       /* RISC-V: the address stands so much lower in an entry */
	uint64_t page_sizes;   /* as of struct iomt_pt_cfg */
};

/* How iomt opens and closes its own. */
struct iomt_pt *bench_open(const struct kind *kind, uint32_t flags);
struct iomt_pt *bench_open_in(const struct kind *kind, uint32_t flags, const struct iomt_mem *mem);
void bench_close(struct iomt_pt *pt);

/* Linux's io-pgtable, where its source is installed. */
extern const struct target linux_target;

extern const struct kind kinds[];
extern const size_t kind_count;

/* One benchmark: a workload for a kind. */
struct bench {
	const struct kind *kind;
	const struct target *target;
	const struct workload *workload;
	unsigned param; /* of the workload: entries, size, working set */
};

/* A round's state; workloads keep what they need in "data". */
struct round {
	const struct bench *bench;
	const struct kind *kind;
	const struct target *target;
	struct iomt_pt *pt;
	struct iomt_gather gather;
	struct iomt_pt_cursor cursor;
	void *data;
	uint64_t ops;	  /* in the timed part of a round */
	uint64_t entries; /* that one operation writes or reads */
	/* where several threads are at work: how many, and what the next does of that, timed by itself */
	unsigned threads;
	unsigned next;
	void (*alone)(struct round *round);
	bool disturbed; /* the system took a processor away while it was timed */
	/* the process in bytes: before, after, and when the provider was told to give back what is free */
	double resident[3];
	double ids, fewest;	   /* of the packer: ids in use and the fewest that do */
	double bytes, table_bytes; /* what the library counts itself, where it does */
	const char *error;
};

struct workload {
	bool (*open)(struct round *round); /* false: see error */
	void (*before)(struct round *round);
	void (*timed)(struct round *round);
	void (*after)(struct round *round);
	void (*close)(struct round *round);
};

/*
 * Registers format/workload/target for the kind's targets; format "machine" where kind is NULL.
 * Workloads that need what peers do not have are iomt's alone.
 */
void bench_add(const struct kind *kind, const char *name, const struct workload *workload,
	       unsigned param);
void bench_add_own(const struct kind *kind, const char *name, const struct workload *workload,
		   unsigned param);
void bench_add_target(const struct kind *kind, const struct target *target, const char *name,
		      const struct workload *workload, unsigned param);

/* Workloads that more than one file adds: param is in GiB for the first, in MiB for the others. */
extern const struct workload bench_map_one;
extern const struct workload bench_unmap_one;
extern const struct workload bench_cold_map;
extern const struct workload bench_translate;
extern const struct workload bench_translate_dependent;

/* Makes an empty table of the round's kind, and drops it. */
bool bench_table(struct round *round, uint32_t flags);
void bench_drop(struct round *round);

/* A failing call ends the benchmark: nothing that did not work is measured. */
void bench_check(struct round *round, int err, const char *what);

/* Stays on one processor, and records what the machine is with the figures. */
void bench_machine(void);

/* Its processors, and which one the calling thread is to stay on: 0 is the main thread's. */
unsigned bench_processors(void);
void bench_pin(unsigned index);

double bench_now(void);

/* How often the system took its processor from the calling thread, ever. */
long bench_interruptions(void);

uint64_t bench_random(uint64_t *state);

/* A random order of 0..count-1, to be freed; NULL when memory is out. */
uint32_t *bench_permutation(uint32_t count);

#define BENCH_BASE 0x4000000000ULL /* IOVA where mappings begin */
#define BENCH_OA   0x2000000000ULL /* and their output */

/* Each adds its benchmarks. */
void bench_pages(const struct kind *kind, bool full);
void bench_ranges(const struct kind *kind, bool full);
void bench_walks(const struct kind *kind, bool full);
void bench_guest(const struct kind *kind);
void bench_nested(const struct kind *kind);
void bench_unit(const struct kind *kind);
void bench_dirty(const struct kind *kind, bool full);
void bench_providers(const struct kind *kind);
void bench_threads(const struct kind *kind, bool full);
void bench_threads_limit(void);
void bench_promises(const struct kind *kind);
void bench_limits(bool full);
void bench_invalidation(void);
void bench_domain(void);
void bench_flush(void);
void bench_ids(void);
void bench_pack_tables(void);
void bench_pack(bool full);
void bench_tlb(bool full);

#endif
