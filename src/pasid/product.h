/* SPDX-License-Identifier: MIT */
/* Products of 64-bit numbers and their sums, for machines where compilers have no numbers of 128 bits too. */
#ifndef IOMT_PASID_PRODUCT_H
#define IOMT_PASID_PRODUCT_H

#include <iomt/base.h>

struct product {
	uint64_t high;
	uint64_t low;
};

static inline struct product product_of(uint64_t a, uint64_t b)
{
	uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
	uint64_t middle = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
	uint64_t other = (a & UINT32_MAX) * (b >> 32) + (middle & UINT32_MAX);

	return (struct product){(a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32),
				other << 32 | (low & UINT32_MAX)};
}

/* Modulo 2^128. */
static inline struct product product_add(struct product a, struct product b)
{
	uint64_t low = a.low + b.low;

	return (struct product){a.high + b.high + (low < a.low), low};
}

static inline bool product_equal(struct product a, struct product b)
{
	return a.high == b.high && a.low == b.low;
}

static inline bool product_less(struct product a, struct product b)
{
	return a.high != b.high ? a.high < b.high : a.low < b.low;
}

#endif
