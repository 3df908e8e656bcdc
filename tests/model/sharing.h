/* SPDX-License-Identifier: MIT */
/* Who may share a domain id, from the definition, pair by pair; and the fewest ids by trying all. */
#ifndef TESTS_MODEL_SHARING_H
#define TESTS_MODEL_SHARING_H

#include <iomt/repack.h>

/* Whether a device can send requests that are tagged with this key. */
bool sharing_sends(const struct iomt_repack_device *device, uint32_t key);

/* Whether two devices may share. */
bool sharing_may(enum iomt_repack_relation relation, const struct iomt_repack_device *a,
		 const struct iomt_repack_device *b);

/* Whether all devices with equal ids may share. */
bool sharing_holds(enum iomt_repack_relation relation, const struct iomt_repack_device *devices,
		   uint32_t count, const uint32_t *ids);

/* The fewest ids for up to 16 devices, over all partitions. */
uint32_t sharing_fewest(enum iomt_repack_relation relation,
			const struct iomt_repack_device *devices, uint32_t count);

/* Different values among count numbers. */
uint32_t sharing_distinct(const uint32_t *ids, uint32_t count);

#endif
