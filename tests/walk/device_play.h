/* SPDX-License-Identifier: MIT */
/*
 * Tables of devices that hold anything, out of random numbers or a fuzzer's bytes: each request ends, in
 * memory that is there, with the same answer however that memory is reached; of RISC-V's, that which the other
 * reader gives (riscv_iommu.h).
 */
#ifndef TESTS_WALK_DEVICE_PLAY_H
#define TESTS_WALK_DEVICE_PLAY_H

#include "guest_play.h"
#include <iomt/walk_device.h>

struct device_counts {
	uint64_t requests;
	uint64_t translated[4]; /* by stages */
	uint64_t faults[8];	/* by kind */
	uint64_t at[7];
	uint64_t causes[300]; /* RISC-V */
};

/* A unit, its memory, and requests. What is wrong fails the test, naming "seed". */
void play_device(const struct play_source *source, uint64_t seed, unsigned requests,
		 struct device_counts *counts);

#endif
