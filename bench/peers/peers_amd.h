/* SPDX-License-Identifier: MIT */
/* What the AMD files need of their driver: the structures around a table, and calls it makes. */
#ifndef PEERS_AMD_H
#define PEERS_AMD_H

#include "standin.h"
#include <linux/io-pgtable.h>

struct amd_io_pgtable {
	seqcount_t seqcount;
	struct io_pgtable pgtbl;
	int mode;
	u64 *root;
	u64 *pgd;
};

struct protection_domain {
	struct amd_io_pgtable iop;
	spinlock_t lock;
};

extern int amd_iommu_gpt_level;
extern unsigned long amd_iommu_pgsize_bitmap;

void amd_iommu_update_and_flush_device_table(struct protection_domain *domain);
void amd_iommu_domain_flush_pages(struct protection_domain *domain, u64 address, size_t size);

#endif
