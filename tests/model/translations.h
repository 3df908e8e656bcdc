/* SPDX-License-Identifier: MIT */
/*
 * What a software IOTLB may say: a list of translations without any order. Searched from one end to
 * the other, it forgets what it is told to and nothing else.
 */
#ifndef TESTS_MODEL_TRANSLATIONS_H
#define TESTS_MODEL_TRANSLATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRANSLATIONS_MOST 8192u

struct translation {
	uint32_t unit;
	uint32_t domain;
	uint32_t pasid; /* UINT32_MAX: none */
	uint32_t stage;
	uint64_t first; /* input */
	uint64_t last;
	uint64_t oa; /* output of "first" */
	uint32_t prot;
};

struct translations {
	struct translation list[TRANSLATIONS_MOST];
	size_t count;
};

/* Adds one; what has the same address space, first and last goes. False when there is no room. */
bool translations_add(struct translations *all, const struct translation *one);

/* True when one of this address space (the first four fields) makes this output of "iova". */
bool translations_allow(const struct translations *all, const struct translation *space,
			uint64_t iova, uint64_t oa, uint32_t prot, uint64_t size_less_1);

/* Which fields must be the same, beginning with the first, for a translation to go. */
enum scope { SCOPE_ALL, SCOPE_UNIT, SCOPE_DOMAIN, SCOPE_PASID, SCOPE_STAGE };

/* Removes what is in the scope and overlaps [first, last] (inclusive). */
void translations_remove(struct translations *all, enum scope scope,
			 const struct translation *space, uint64_t first, uint64_t last);

#endif
