/* SPDX-License-Identifier: MIT */
/*
 * Gathers, hardware and policies of any kind become commands, which a reader of its own reads: what
 * must go is covered, exact is exact, nothing reserved is written. And any bytes as commands: the
 * library and the reader agree.
 */
#include "invalidation.h"
#include "target.h"
#include "test.h"

#define MOST_CASES 8
#define RAW	   1 /* inv_case.spare: the case's bytes are a command, or two */

static const uint32_t flags_of[VENDORS] = {
	[VENDOR_VTD] = IOMT_VTD_WIDE,
	[VENDOR_SMMU] = IOMT_SMMU_RANGES | IOMT_SMMU_DS,
	[VENDOR_RISCV] = IOMT_RISCV_RANGES | IOMT_RISCV_NON_LEAF,
};

static void decode(const struct inv_case *given)
{
	enum vendor vendor = (enum vendor)(given->hardware % VENDORS);
	struct reader reader = {
		.vendor = vendor,
		.flags = given->flags & flags_of[vendor],
		.mamv = given->capacity % 53,
	};
	struct iomt_cmd cmds[2] = {{{given->first, given->last}}, {{given->leaf_sizes, 0}}};

	check_decoder(&reader, cmds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (unsigned i = 0; i < MOST_CASES && size; i++) {
		struct inv_case given;
		size_t bytes = size < sizeof(given) ? size : sizeof(given);

		memset(&given, 0, sizeof(given));
		memcpy(&given, data, bytes);
		data += bytes;
		size -= bytes;
		if (given.spare & RAW)
			decode(&given);
		else
			inv_check(&given);
	}
	return 0;
}
