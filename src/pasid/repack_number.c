/* SPDX-License-Identifier: MIT */
/*
 * PASIDs, one for each leaf. A leaf may have those that its narrowest device sends. Leaves with few to
 * choose from come first and take the lowest. Where that fails at a leaf, all leaves so far need PASIDs
 * below its limit, and are more than there are: so no numbering exists.
 */
#include "repack_parts.h"

static bool by_leaf(const void *ctx, uint32_t a, uint32_t b)
{
	const struct iomt_repack_binding *bindings = ctx;

	if (bindings[a].leaf != bindings[b].leaf)
		return bindings[a].leaf < bindings[b].leaf;
	return bindings[a].sends < bindings[b].sends;
}

static bool by_limit(const void *ctx, uint32_t a, uint32_t b)
{
	const struct iomt_repack_binding *bindings = ctx;

	if (bindings[a].sends != bindings[b].sends)
		return bindings[a].sends < bindings[b].sends;
	return bindings[a].leaf < bindings[b].leaf;
}

size_t iomt_repack_number_bytes(uint32_t count)
{
	uint64_t bytes = 8 + 2ULL * count * sizeof(uint32_t);

	return bytes > SIZE_MAX ? 0 : (size_t)bytes;
}

int iomt_repack_number(const struct iomt_repack_binding *bindings, uint32_t count, uint32_t first,
		       void *memory, size_t bytes, uint32_t *pasids, uint32_t *leaf)
{
	uint32_t *order = memory, *narrowest, leaves = 0;
	size_t need = iomt_repack_number_bytes(count);

	if (!memory || (uintptr_t)memory % 8)
		return IOMT_EINVAL;
	if (!need || bytes < need)
		return IOMT_ENOMEM;
	narrowest = order + count;
	if (first >= IOMT_PACK_PASIDS)
		return IOMT_ERANGE;
	for (uint32_t i = 0; i < count; i++) {
		if (bindings[i].sends > IOMT_PACK_PASIDS)
			return IOMT_ERANGE;
		order[i] = i;
	}
	iomt_repack_sort(order, count, by_leaf, bindings);
	for (uint32_t i = 0; i < count; i++) {
		if (!i || bindings[order[i - 1]].leaf != bindings[order[i]].leaf)
			narrowest[leaves++] = order[i];
	}
	iomt_repack_sort(narrowest, leaves, by_limit, bindings);
	for (uint32_t i = 0; i < leaves; i++) {
		if (first + i < bindings[narrowest[i]].sends)
			continue;
		if (leaf)
			*leaf = bindings[narrowest[i]].leaf;
		return IOMT_ENOSPC;
	}
	for (uint32_t i = 0; i < leaves; i++)
		pasids[narrowest[i]] = first + i;
	for (uint32_t i = 1; i < count; i++) {
		if (bindings[order[i - 1]].leaf == bindings[order[i]].leaf)
			pasids[order[i]] = pasids[order[i - 1]];
	}
	return 0;
}
