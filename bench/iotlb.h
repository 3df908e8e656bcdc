/* SPDX-License-Identifier: MIT */
/* Caches of translations side by side: iomt's, and what emulators have in place of one. */
#ifndef BENCH_IOTLB_H
#define BENCH_IOTLB_H

#include "bench.h"

/* What is cached: a page, or any page of its PASID or domain. */
struct page {
	uint64_t iova;
	uint64_t oa;
	uint32_t domain;
	uint32_t pasid;
	uint32_t space; /* number of the pair of both, from 0 */
	uint8_t size_lg2;
};

/* Each call is a loop over pages, so that the loop is compiled with what it calls. */
struct iotlb {
	struct target target; /* its name */
	/* a cache for so many entries, of the spaces that the first pages name; threads may look */
	void *(*open)(unsigned entries, const struct page *pages, unsigned spaces);
	void (*close)(void *cache);
	/* returns how many were not there, or had another output */
	unsigned (*look)(void *cache, unsigned thread, const struct page *pages, unsigned count);
	void (*insert)(void *cache, const struct page *pages, unsigned count);
	void (*forget_pages)(void *cache, const struct page *pages, unsigned count);
	void (*forget_pasids)(void *cache, const struct page *pages, unsigned count);
	void (*forget_domains)(void *cache, const struct page *pages, unsigned count);
};

/* As QEMU's models of IOMMUs use GLib's hash table; where GLib is installed. */
extern const struct iotlb iotlb_vtd;
extern const struct iotlb iotlb_smmu;

/* As DPDK's vhost has it. */
extern const struct iotlb iotlb_list;

#endif
