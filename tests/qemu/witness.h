/* SPDX-License-Identifier: MIT */
/*
 * A table of the library's, an IOMMU model of QEMU that walks it, and a device whose DMA shows
 * what the walk came to. The expectations below are of bytes in memory and of nothing else.
 *
 * In a write, the device's bytes arrive at an address; in a read, the device gets the bytes of an
 * address, and writes them to a page that is always mapped (home) for the test to see.
 */
#ifndef TESTS_QEMU_WITNESS_H
#define TESTS_QEMU_WITNESS_H

#include "edu.h"
#include "guest.h"
#include <iomt/iomt.h>

#define WITNESS_BYTES_MAX 2048u /* in one DMA */

struct witness;

/* What the hardware recorded of a DMA that it refused. */
struct fault {
	uint64_t iova;
	uint16_t rid;
	bool write;
	unsigned reason; /* as the model encodes it */
	uint64_t fetch;	 /* SMMUv3, F_WALK_EABT: the entry that could not be read */
	unsigned cls;	 /* SMMUv3: CLASS */
};

/* One IOMMU model: how it is started, pointed at a table, and told to forget. */
struct iommu {
	const char *suite;
	const char *model;
	const struct board *board;
	const char *const *args;

	/* Makes the structures, programs the registers, turns translation on. */
	void (*open)(struct witness *w);

	/* Points the device at w->pt and makes the IOMMU forget everything. */
	void (*attach)(struct witness *w);

	/* Sends the invalidations that the gather asks for, and waits. */
	void (*invalidate)(struct witness *w, const struct iomt_gather *gather);

	/* Takes the oldest record of a fault; false when there is none. */
	bool (*fault)(struct witness *w, struct fault *fault);

	bool write_only; /* the format has mappings that allow writes alone */
	uint32_t hints;	 /* prot bits that change nothing that a DMA could see */
};

struct witness {
	const struct iommu *iommu;
	const char *version; /* of QEMU */
	struct guest guest;
	struct edu edu;
	struct iomt_pt pt;
	struct iomt_pt_cfg cfg;
	struct iomt_gather gather; /* its sync hook invalidates */
	uint64_t granule;
	uint64_t home; /* IOVA of two granules: the source of writes, the sink of reads */
	unsigned char *source;
	unsigned char *sink;
	uint64_t seed;
	uint64_t state; /* of the random numbers */
};

/*
 * Starts QEMU with the IOMMU. Returns NULL when QEMU is not installed, which has been said then;
 * the test returns at once. "name" makes the seed, which IOMT_TEST_SEED overrides.
 */
struct witness *witness_start(const struct iommu *iommu, const char *name);
void witness_stop(struct witness *w);

/* Makes a table (cfg lacks only size and mem), attaches it, and maps two granules at "home". */
void witness_open(struct witness *w, const struct iomt_pt_cfg *cfg, uint64_t home);

/* Destroys it and checks that no memory of tables stays. */
void witness_close(struct witness *w);

/* Random numbers: below the limit, and for data. */
uint64_t witness_below(struct witness *w, uint64_t limit);
void witness_fill(struct witness *w, unsigned char *memory, unsigned bytes);

void witness_map(struct witness *w, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot);
void witness_unmap(struct witness *w, uint64_t iova, uint64_t length);

/* Sends what w->gather asks for, and releases it. */
void witness_sync(struct witness *w);

/* Makes the IOMMU forget all that it knows of the table. */
void witness_forget(struct witness *w);

/* DMA to and from iova meets the memory at oa, */
void witness_writes(struct witness *w, uint64_t iova, uint64_t oa, unsigned bytes);
void witness_reads(struct witness *w, uint64_t iova, uint64_t oa, unsigned bytes);

/* or leaves it alone, and learns nothing of it. */
void witness_no_write(struct witness *w, uint64_t iova, uint64_t oa, unsigned bytes);
void witness_no_read(struct witness *w, uint64_t iova, uint64_t oa, unsigned bytes);

/* A write at iova; whether it arrived at oa. A read at iova; whether it got what is at oa. */
bool witness_try_write(struct witness *w, uint64_t iova, uint64_t oa, unsigned bytes);
bool witness_try_read(struct witness *w, uint64_t iova, uint64_t oa, unsigned bytes);

/*
 * Takes the records of faults: there must be some (a DMA is made in pieces, and each may have its
 * own), and all must say this; or there must be none.
 */
void witness_fault(struct witness *w, uint64_t iova, bool write, unsigned reason);
void witness_no_faults(struct witness *w);

/*
 * Where this QEMU is known to do something else than the specification: passes when it does either
 * of the two, and says which. When neither, the test fails.
 */
void witness_known(struct witness *w, bool as_specified, bool as_known, const char *what);

#define WITNESS(w, condition, format, ...)                                                        \
	CHECK_MSG(condition, "%s %s, seed %" PRIu64 ": " format, (w)->iommu->model, (w)->version, \
		  (w)->seed, ##__VA_ARGS__)

#endif
