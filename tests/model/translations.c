/* SPDX-License-Identifier: MIT */
#include "translations.h"

static bool in_scope(enum scope scope, const struct translation *one,
		     const struct translation *space)
{
	if (scope >= SCOPE_UNIT && one->unit != space->unit)
		return false;
	if (scope >= SCOPE_DOMAIN && one->domain != space->domain)
		return false;
	if (scope >= SCOPE_PASID && one->pasid != space->pasid)
		return false;
	return scope < SCOPE_STAGE || one->stage == space->stage;
}

bool translations_add(struct translations *all, const struct translation *one)
{
	for (size_t i = 0; i < all->count; i++) {
		struct translation *other = &all->list[i];

		if (in_scope(SCOPE_STAGE, other, one) && other->first == one->first &&
		    other->last == one->last) {
			*other = *one;
			return true;
		}
	}
	if (all->count == TRANSLATIONS_MOST)
		return false;
	all->list[all->count++] = *one;
	return true;
}

bool translations_allow(const struct translations *all, const struct translation *space,
			uint64_t iova, uint64_t oa, uint32_t prot, uint64_t size_less_1)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct translation *one = &all->list[i];

		if (in_scope(SCOPE_STAGE, one, space) && one->first <= iova && iova <= one->last &&
		    one->last - one->first == size_less_1 && one->prot == prot &&
		    one->oa + (iova - one->first) == oa)
			return true;
	}
	return false;
}

void translations_remove(struct translations *all, enum scope scope,
			 const struct translation *space, uint64_t first, uint64_t last)
{
	size_t kept = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct translation *one = &all->list[i];

		if (!in_scope(scope, one, space) || one->last < first || one->first > last)
			all->list[kept++] = *one;
	}
	all->count = kept;
}
