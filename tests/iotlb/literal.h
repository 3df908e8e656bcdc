/* SPDX-License-Identifier: MIT */
/* Commands as literals, worked out by hand. Each is also read back, in two ways. */
#ifndef TESTS_IOTLB_LITERAL_H
#define TESTS_IOTLB_LITERAL_H

#include "commands.h"
#include "test.h"

#define SIZE_4K 0x1000ULL
#define SIZE_2M 0x200000ULL

/* To the suite's reader. */
#define IS(cmd, low, high) IS_TO(&reader, cmd, low, high)
#define IS_TO(reader, cmd, low, high)            \
	do {                                     \
		CHECK_EQ((cmd).word[0], (low));  \
		CHECK_EQ((cmd).word[1], (high)); \
		check_decoder(reader, &(cmd));   \
	} while (0)

static inline struct iomt_gather gathered(uint64_t first, uint64_t last, uint64_t sizes,
					  uint32_t levels)
{
	struct iomt_gather gather = {.first = 0}; /* it is copied, with what is private */

	iomt_gather_init(&gather);
	iomt_gather_add(&gather, first, last);
	gather.leaf_sizes = sizes;
	gather.table_levels = levels;
	return gather;
}

#endif
