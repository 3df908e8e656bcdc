/* SPDX-License-Identifier: MIT */
/* A unit with its structures in a provider's memory, page tables with domains, and words as hardware reads. */
#ifndef TESTS_DOMAIN_SETUP_H
#define TESTS_DOMAIN_SETUP_H

#include "provider.h"
#include "test.h"
#include "unit.h"

extern struct provider provider;
extern struct unit unit;
extern struct iomt_iommu iommu;
extern struct iomt_iommu_caps caps;

/* A page table with its places, and a domain on it. */
struct space {
	struct iomt_pt pt;
	struct iomt_domain_table table;
	struct iomt_domain domain;
};

/* Each of these fails the test on errors. */
void open_iommu(const struct iomt_iommu_caps *of, const struct iomt_ring_kind *ring);
/* With iomt_iommu_cfg.flags, and a ring of another length. */
void open_iommu_with(const struct iomt_iommu_caps *of, const struct iomt_ring_kind *ring,
		     uint32_t flags, unsigned ring_lg2);
void close_iommu(void);
void open_space(struct space *space, const struct iomt_pt_format *format);
/* With flags of the table, and another width of addresses. */
void open_space_with(struct space *space, const struct iomt_pt_format *format, uint32_t flags,
		     uint8_t iova_bits);
void close_space(struct space *space);
void open_plain(struct iomt_domain *domain, enum iomt_domain_kind kind);
void add_device(struct iomt_device *device, uint32_t id, uint8_t pasid_bits, uint32_t flags);
void remove_device(struct iomt_device *device);
void attach(struct iomt_domain *domain, struct iomt_device *device, uint32_t pasid,
	    struct iomt_attachment *place);
void detach(struct iomt_attachment *place);

/* Unmaps a page that it maps first; how many commands that took, syncs included. */
uint64_t commands_of_unmap(struct space *space);

/* The root of a table, and a word at a physical address. */
uint64_t root(const struct space *space);
uint64_t word(uint64_t phys, unsigned index);
uint64_t devices_root(void);

/* Word "index" of an AMD device-table entry; the root of its GCR3 table. */
uint64_t dte(uint32_t id, unsigned index);
uint64_t gcr3_root(uint32_t id);

#endif
