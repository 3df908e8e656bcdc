/* SPDX-License-Identifier: MIT */
/* Heaps: to sort, and to go over the keys of all contents in order without an index of them. */
#include "repack_parts.h"

void iomt_repack_sift(uint32_t *list, uint32_t size, uint32_t at, repack_before *before,
		      const void *ctx)
{
	uint32_t item = list[at];

	for (uint32_t child = 2 * at + 1; child < size; child = 2 * at + 1) {
		if (child + 1 < size && before(ctx, list[child + 1], list[child]))
			child++;
		if (!before(ctx, list[child], item))
			break;
		list[at] = list[child];
		at = child;
	}
	list[at] = item;
}

static void reverse(uint32_t *list, uint32_t size)
{
	for (uint32_t i = 0; i < size / 2; i++) {
		uint32_t item = list[i];

		list[i] = list[size - 1 - i];
		list[size - 1 - i] = item;
	}
}

void iomt_repack_sort(uint32_t *list, uint32_t size, repack_before *before, const void *ctx)
{
	for (uint32_t i = size / 2; i--;)
		iomt_repack_sift(list, size, i, before, ctx);
	for (uint32_t left = size; left > 1; left--) {
		uint32_t first = list[0];

		list[0] = list[left - 1];
		list[left - 1] = first;
		iomt_repack_sift(list, left - 1, 0, before, ctx);
	}
	reverse(list, size);
}

static const struct iomt_repack_key *next_key(const struct repack *r, uint32_t content)
{
	return &repack_of(r, content)->keys[r->merge.at[content]];
}

static bool key_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct iomt_repack_key *x = next_key(ctx, a), *y = next_key(ctx, b);

	if (x->key != y->key)
		return x->key < y->key;
	return x->leaf != y->leaf ? x->leaf < y->leaf : a < b;
}

void iomt_repack_merge_begin(struct repack *r)
{
	struct repack_merge *merge = &r->merge;

	merge->size = 0;
	for (uint32_t i = 0; i < r->contents; i++) {
		merge->at[i] = 0;
		if (repack_of(r, i)->count)
			merge->heap[merge->size++] = i;
	}
	for (uint32_t i = merge->size / 2; i--;)
		iomt_repack_sift(merge->heap, merge->size, i, key_before, r);
}

uint32_t iomt_repack_merge_next(struct repack *r, uint32_t *key)
{
	struct repack_merge *merge = &r->merge;
	uint32_t found = 0;

	if (merge->size)
		*key = next_key(r, merge->heap[0])->key;
	while (merge->size && next_key(r, merge->heap[0])->key == *key) {
		uint32_t content = merge->heap[0];

		r->list[found++] = content;
		if (++merge->at[content] == repack_of(r, content)->count)
			merge->heap[0] = merge->heap[--merge->size];
		if (merge->size)
			iomt_repack_sift(merge->heap, merge->size, 0, key_before, r);
	}
	return found;
}

uint32_t iomt_repack_merge_leaf(const struct repack *r, uint32_t content)
{
	return repack_of(r, content)->keys[r->merge.at[content] - 1].leaf;
}
