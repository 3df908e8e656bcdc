/* SPDX-License-Identifier: MIT */
/* Stores of 128 bits, of processors that have them; without them AMD's entries are broken more often. */
#ifndef TESTS_MODEL_WIDE_H
#define TESTS_MODEL_WIDE_H

#include <iomt/device_table.h>
#include <iomt/domain.h>

#define HAS_WIDE    (UINTPTR_MAX > UINT32_MAX)
#define WIDE_TABLE  (HAS_WIDE ? IOMT_DEVICE_TABLE_WIDE : 0)
#define WIDE_STORES (HAS_WIDE ? IOMT_IOMMU_WIDE_STORES : 0)

/* For what these stores do in one step. */
#define WIDE_OR_BREAK (HAS_WIDE ? 0 : IOMT_ATTACH_BREAK)

#endif
