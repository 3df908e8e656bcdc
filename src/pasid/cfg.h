/* SPDX-License-Identifier: MIT */
/* What all checks of configurations share. */
#ifndef PASID_CFG_H
#define PASID_CFG_H

#include <iomt/ids.h>

/* A newer caller's struct may be longer; what this library does not know must be zero. */
static inline bool cfg_has_size(const void *data, size_t size, size_t known)
{
	const unsigned char *bytes = data;

	for (size_t i = known; i < size; i++) {
		if (bytes[i])
			return false;
	}
	return size >= known;
}

static inline int cfg_wrong(struct iomt_ids_cfg_error *error, const char *field, const char *reason)
{
	if (error)
		*error = (struct iomt_ids_cfg_error){field, reason};
	return IOMT_EINVAL;
}

#endif
