/* SPDX-License-Identifier: MIT */
/*
 * What a RISC-V IOMMU answers to a request, from ddtp on: the steps of "Process to translate an IOVA" one
 * after the other, with constants of its own, over the other walker of page tables (guest_reader.h). Nothing
 * is marked: accesses are looks.
 */
#ifndef TESTS_MODEL_RISCV_IOMMU_H
#define TESTS_MODEL_RISCV_IOMMU_H

#include "guest_reader.h"
#include <iomt/walk_device.h>

struct riscv_iommu {
	uint64_t ddtp;
	uint64_t capabilities;
	bool (*read)(void *ctx, uint64_t address, uint64_t *value);
	void *ctx;
};

struct riscv_answer {
	unsigned cause; /* 0: it translates */
	uint64_t iotval2;
	bool quiet; /* DTF */
	uint64_t oa;
	uint32_t rights; /* READ, WRITE, EXEC */
	unsigned size_lg2;
	unsigned stages;
	uint32_t gscid, pscid;
};

void riscv_iommu_ask(const struct riscv_iommu *iommu, const struct iomt_request *request,
		     struct riscv_answer *answer);

#endif
