/* SPDX-License-Identifier: MIT */
/* A table like another, for whoever is to part from those that share it. */
#include "table.h"

static void retag(const struct iomt_pasid_table *table, u64 *memory, uint16_t tag)
{
	const struct pasid_facts *f = pasid_facts(table);

	for (u64 i = 0; f->retag && i < 1ULL << table->leaf_lg2; i++) {
		if (memory[i * f->entry.words] & f->entry.valid)
			f->retag(memory + i * f->entry.words, tag);
	}
}

/* The tree below one table; what is missing of it when memory runs out is not linked. */
static int copy_tree(struct iomt_pasid_table *copy, u64 *to, const u64 *from, unsigned level,
		     size_t bytes, uint16_t tag)
{
	int err = 0;

	if (!level) {
		__builtin_memcpy(to, from, bytes);
		retag(copy, to, tag);
		entry_clean(copy->mem, to, bytes);
		return 0;
	}
	__builtin_memset(to, 0, bytes);
	for (size_t i = 0; !err && i < bytes / sizeof(u64); i++) {
		u64 *below;

		if (!from[i])
			continue;
		below = iomt_entry_alloc(copy->mem, pasid_leaf_bytes(copy), copy->oa_last);
		if (!below)
			return IOMT_ENOMEM;
		to[i] = pasid_pointer(copy, below);
		err = copy_tree(copy, below, pasid_child(copy, from[i]), level - 1,
				pasid_leaf_bytes(copy), tag);
	}
	entry_clean(copy->mem, to, bytes);
	return err;
}

int iomt_pasid_table_copy(struct iomt_pasid_table *copy, const struct iomt_pasid_table *table,
			  uint16_t tag)
{
	size_t bytes = iomt_pasid_table_root_bytes(table);
	int err;

	*copy = *table;
	copy->spare = NULL;
	copy->root = iomt_entry_alloc(copy->mem, bytes, copy->oa_last);
	if (!copy->root)
		return IOMT_ENOMEM;
	err = copy_tree(copy, copy->root, table->root, table->levels - 1u, bytes, tag);
	if (err)
		iomt_pasid_table_destroy(copy);
	return err;
}
