/* SPDX-License-Identifier: MIT */
/* Units of QEMU's as the library's domains see them: capabilities, a ring, and three registers. */
#ifndef TESTS_QEMU_UNITS_H
#define TESTS_QEMU_UNITS_H

#include "edu.h"
#include <iomt/iomt.h>

#define UNIT_RING_LG2 8

/* One IOMMU model. */
struct unit_kind {
	const char *model;
	const struct board *board;
	const char *const *args;
	const struct iomt_ring_kind *ring;
	const struct iomt_pt_format *format; /* of tables that it walks, */
	uint8_t iova_bits, oa_bits;
	void (*caps)(struct iomt_iommu_caps *caps);
	uint8_t id_bits;
	uint32_t flags;

	/* Points the registers at structures and ring, and turns translation on. */
	void (*open)(struct qtest *qtest, const struct iomt_device_table_hw *devices,
		     uint64_t ring);
	/* Where the model reads next, and up to where it may; as struct iomt_ring_ops. */
	uint32_t (*head)(struct qtest *qtest);
	void (*doorbell)(struct qtest *qtest, uint32_t tail);
};

extern const struct unit_kind unit_amd, unit_intel, unit_smmu;

#endif
