/* SPDX-License-Identifier: MIT */
#include "witness.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>

#define BOUNCE WITNESS_BYTES_MAX /* the device's buffer: source below, what it read above */

/* Static: a test that fails leaves it by a jump, and the next one cleans up. */
static struct witness the_witness;
static uint64_t checked;

static void report(void)
{
	const struct witness *w = &the_witness;

	printf("%s: %" PRIu64 " DMAs checked by QEMU %s %s\n", w->iommu->suite, checked, w->version,
	       w->iommu->model);
}

static uint64_t next_random(struct witness *w)
{
	uint64_t z = w->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

uint64_t witness_below(struct witness *w, uint64_t limit)
{
	return next_random(w) % limit;
}

void witness_fill(struct witness *w, unsigned char *memory, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		memory[i] = (unsigned char)next_random(w);
}

static uint64_t seed_for(const char *name)
{
	const char *given = getenv("IOMT_TEST_SEED");
	uint64_t seed = 1469598103934665603ULL;

	if (given)
		return strtoull(given, NULL, 0);
	while (*name)
		seed = (seed ^ (unsigned char)*name++) * 1099511628211ULL;
	return seed;
}

struct witness *witness_start(const struct iommu *iommu, const char *name)
{
	struct witness *w = &the_witness;
	const char *version = qtest_version(iommu->board->program);

	if (!version)
		return NULL;
	if (!checked)
		atexit(report);
	w->iommu = iommu;
	w->version = version;
	w->seed = seed_for(name);
	w->state = w->seed;
	guest_start(&w->guest, iommu->board, iommu->args);
	edu_open(&w->edu, &w->guest, 0);
	iommu->open(w);
	return w;
}

void witness_stop(struct witness *w)
{
	guest_stop(&w->guest);
}

static void on_sync(struct iomt_gather *gather)
{
	struct witness *w = gather->ctx;

	w->iommu->invalidate(w, gather);
}

void witness_open(struct witness *w, const struct iomt_pt_cfg *cfg, uint64_t home)
{
	uint64_t gpa;

	w->cfg = *cfg;
	w->cfg.size = sizeof(w->cfg);
	w->cfg.mem = &w->guest.mem;
	CHECK_INT(iomt_pt_init(&w->pt, &w->cfg), 0);
	iomt_gather_init(&w->gather);
	w->gather.sync = on_sync;
	w->gather.ctx = w;
	w->granule = iomt_pt_sizes(&w->pt) & (0 - iomt_pt_sizes(&w->pt));
	w->home = home;
	gpa = guest_structure(&w->guest, 2 * w->granule);
	w->source = guest_at(&w->guest, gpa, 2 * w->granule);
	w->sink = w->source + w->granule;
	w->iommu->attach(w);
	witness_map(w, home, gpa, 2 * w->granule, IOMT_READ | IOMT_WRITE);
	witness_fill(w, w->source, WITNESS_BYTES_MAX);
	edu_read(&w->edu, home, 0, WITNESS_BYTES_MAX);
}

void witness_close(struct witness *w)
{
	struct iomt_pt_stats stats;

	witness_sync(w);
	iomt_pt_stats(&w->pt, &stats);
	CHECK_EQ(w->guest.pool_live, stats.bytes);
	iomt_pt_destroy(&w->pt);
	CHECK_EQ(w->guest.pool_live, 0);
}

void witness_map(struct witness *w, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot)
{
	int result = iomt_pt_map(&w->pt, iova, oa, length, prot, &w->gather);

	WITNESS(w, !result, "map of 0x%" PRIx64 " bytes at 0x%" PRIx64 ": %d", length, iova,
		result);
}

void witness_unmap(struct witness *w, uint64_t iova, uint64_t length)
{
	uint64_t unmapped;
	int result = iomt_pt_unmap(&w->pt, iova, length, &unmapped, &w->gather);

	WITNESS(w, !result && unmapped == length,
		"unmap of 0x%" PRIx64 " bytes at 0x%" PRIx64 ": %d, 0x%" PRIx64 " bytes", length,
		iova, result, unmapped);
}

void witness_sync(struct witness *w)
{
	if (w->gather.first <= w->gather.last)
		w->iommu->invalidate(w, &w->gather);
	iomt_gather_release(&w->gather);
}

void witness_forget(struct witness *w)
{
	struct iomt_gather all;

	iomt_gather_init(&all);
	iomt_pt_bounds(&w->pt, &all.first, &all.last);
	all.leaf_sizes = iomt_pt_sizes(&w->pt);
	all.table_levels = ~0u;
	w->iommu->invalidate(w, &all);
}

static unsigned char *memory_at(struct witness *w, uint64_t oa, unsigned bytes)
{
	unsigned char *memory = guest_data(&w->guest, oa, bytes);

	WITNESS(w, memory && bytes <= WITNESS_BYTES_MAX, "no free memory at 0x%" PRIx64, oa);
	checked++;
	return memory;
}

/*
 * A DMA write of bytes that the memory at oa does not hold yet. Returns how many of them it holds
 * then: all or none, when the IOMMU is right.
 */
static unsigned write_fresh(struct witness *w, uint64_t iova, uint64_t oa, unsigned bytes)
{
	unsigned char *memory = memory_at(w, oa, bytes);
	unsigned offset = (unsigned)witness_below(w, WITNESS_BYTES_MAX - bytes + 1);
	unsigned arrived = 0;

	for (unsigned i = 0; i < bytes; i++)
		memory[i] = (unsigned char)~w->source[offset + i];
	edu_write(&w->edu, iova, offset, bytes);
	for (unsigned i = 0; i < bytes; i++)
		arrived += memory[i] == w->source[offset + i];
	return arrived;
}

bool witness_try_write(struct witness *w, uint64_t iova, uint64_t oa, unsigned bytes)
{
	return write_fresh(w, iova, oa, bytes) == bytes;
}

void witness_writes(struct witness *w, uint64_t iova, uint64_t oa, unsigned bytes)
{
	WITNESS(w, witness_try_write(w, iova, oa, bytes),
		"a write of %u bytes at 0x%" PRIx64 " did not arrive at 0x%" PRIx64, bytes, iova,
		oa);
}

void witness_no_write(struct witness *w, uint64_t iova, uint64_t oa, unsigned bytes)
{
	WITNESS(w, !write_fresh(w, iova, oa, bytes), "a write at 0x%" PRIx64 " changed 0x%" PRIx64,
		iova, oa);
}

/* Of fresh bytes. */
bool witness_try_read(struct witness *w, uint64_t iova, uint64_t oa, unsigned bytes)
{
	unsigned char *memory = memory_at(w, oa, bytes);

	witness_fill(w, memory, bytes);
	memset(w->sink, 0, bytes);
	edu_read(&w->edu, iova, BOUNCE, bytes);
	edu_write(&w->edu, w->home + w->granule, BOUNCE, bytes);
	return !memcmp(w->sink, memory, bytes);
}

void witness_reads(struct witness *w, uint64_t iova, uint64_t oa, unsigned bytes)
{
	WITNESS(w, witness_try_read(w, iova, oa, bytes),
		"a read of %u bytes at 0x%" PRIx64 " did not get those at 0x%" PRIx64, bytes, iova,
		oa);
}

void witness_no_read(struct witness *w, uint64_t iova, uint64_t oa, unsigned bytes)
{
	WITNESS(w, !witness_try_read(w, iova, oa, bytes),
		"a read of %u bytes at 0x%" PRIx64 " got those at 0x%" PRIx64, bytes, iova, oa);
}

void witness_no_faults(struct witness *w)
{
	struct fault fault;

	WITNESS(w, !w->iommu->fault(w, &fault), "a fault was recorded at 0x%" PRIx64 ", reason %u",
		fault.iova, fault.reason);
}

void witness_fault(struct witness *w, uint64_t iova, bool write, unsigned reason)
{
	struct fault fault;

	WITNESS(w, w->iommu->fault(w, &fault), "no fault recorded at 0x%" PRIx64, iova);
	do {
		CHECK_EQ(fault.iova & ~0xfffULL, iova & ~0xfffULL);
		CHECK_EQ(fault.rid, w->edu.rid);
		CHECK_EQ(fault.write, write);
		CHECK_EQ(fault.reason, reason);
	} while (w->iommu->fault(w, &fault));
}

void witness_known(struct witness *w, bool as_specified, bool as_known, const char *what)
{
	WITNESS(w, as_specified || as_known, "neither right nor as it is known: %s", what);
	printf("%s: %s: QEMU %s: %s\n", w->iommu->suite,
	       as_specified ? "EXPECTED FAILURE IS GONE" : "EXPECTED FAILURE", w->version, what);
}
