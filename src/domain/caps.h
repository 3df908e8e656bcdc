/* SPDX-License-Identifier: MIT */
/* What the checks of descriptions and of wishes share. */
#ifndef DOMAIN_CAPS_H
#define DOMAIN_CAPS_H

#include <iomt/iommu.h>

/* A newer caller's struct may be longer; what this library does not know must be zero. */
static inline bool caps_has_size(const void *data, size_t size, size_t known)
{
	const unsigned char *bytes = data;

	for (size_t i = known; i < size; i++) {
		if (bytes[i])
			return false;
	}
	return size >= known;
}

static inline int caps_wrong(struct iomt_iommu_error *error, const char *field, const char *reason)
{
	if (error)
		*error = (struct iomt_iommu_error){field, reason};
	return IOMT_EINVAL;
}

/* Bit k: the format has tables of k levels. */
static inline uint8_t caps_levels(const struct iomt_format_facts *f)
{
	return (uint8_t)((2u << f->max_levels) - (1u << f->min_levels));
}

#endif
