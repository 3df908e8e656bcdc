/* SPDX-License-Identifier: MIT */
#include "model.h"
#include <stdlib.h>
#include <string.h>

void model_init(struct model *model)
{
	memset(model, 0, sizeof(*model));
}

void model_destroy(struct model *model)
{
	free(model->intervals);
	model_init(model);
}

/* The index of the first interval that ends at or after the address. */
static size_t position(const struct model *model, uint64_t address)
{
	size_t low = 0, high = model->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (model->intervals[middle].last < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct model *model, size_t at, struct interval interval)
{
	if (model->count == model->room) {
		model->room = model->room ? 2 * model->room : 64;
		model->intervals =
			realloc(model->intervals, model->room * sizeof(*model->intervals));
		if (!model->intervals)
			abort();
	}
	memmove(&model->intervals[at + 1], &model->intervals[at],
		(model->count - at) * sizeof(interval));
	model->intervals[at] = interval;
	model->count++;
}

/* Makes "address" the beginning of an interval if it lies inside one. */
static void cut(struct model *model, uint64_t address)
{
	size_t at = position(model, address);
	struct interval rest;

	if (at == model->count || model->intervals[at].first >= address)
		return;
	rest = model->intervals[at];
	rest.oa += address - rest.first;
	rest.first = address;
	model->intervals[at].last = address - 1;
	insert(model, at + 1, rest);
}

/* Cuts at both edges and returns the index of the first interval inside. */
static size_t cut_edges(struct model *model, uint64_t first, uint64_t last)
{
	cut(model, first);
	if (last != UINT64_MAX)
		cut(model, last + 1);
	return position(model, first);
}

const struct interval *model_next(const struct model *model, uint64_t address)
{
	size_t at = position(model, address);

	return at < model->count ? &model->intervals[at] : NULL;
}

const struct interval *model_find(const struct model *model, uint64_t address)
{
	const struct interval *next = model_next(model, address);

	return next && next->first <= address ? next : NULL;
}

bool model_is_free(const struct model *model, uint64_t first, uint64_t last)
{
	const struct interval *next = model_next(model, first);

	return !next || next->first > last;
}

uint64_t model_bytes(const struct model *model, uint64_t first, uint64_t last)
{
	uint64_t bytes = 0;

	for (size_t i = position(model, first); i < model->count; i++) {
		const struct interval *interval = &model->intervals[i];

		if (interval->first > last)
			break;
		bytes += (interval->last < last ? interval->last : last) -
			 (interval->first > first ? interval->first : first) + 1;
	}
	return bytes;
}

void model_map(struct model *model, uint64_t first, uint64_t last, uint64_t oa, uint32_t prot)
{
	insert(model, position(model, first),
	       (struct interval){.first = first, .last = last, .oa = oa, .prot = prot});
}

void model_unmap(struct model *model, uint64_t first, uint64_t last)
{
	size_t from = cut_edges(model, first, last), to = from;

	while (to < model->count && model->intervals[to].first <= last)
		to++;
	if (from == to)
		return;
	memmove(&model->intervals[from], &model->intervals[to],
		(model->count - to) * sizeof(*model->intervals));
	model->count -= to - from;
}

void model_protect(struct model *model, uint64_t first, uint64_t last, uint32_t mask, uint32_t prot)
{
	for (size_t i = cut_edges(model, first, last);
	     i < model->count && model->intervals[i].first <= last; i++)
		model->intervals[i].prot = (model->intervals[i].prot & ~mask) | prot;
}

void model_set_dirty(struct model *model, uint64_t first, uint64_t last, bool dirty)
{
	for (size_t i = cut_edges(model, first, last);
	     i < model->count && model->intervals[i].first <= last; i++)
		model->intervals[i].dirty = dirty;
}

bool model_is_dirty(const struct model *model, uint64_t first, uint64_t last)
{
	for (size_t i = position(model, first);
	     i < model->count && model->intervals[i].first <= last; i++) {
		if (model->intervals[i].dirty)
			return true;
	}
	return false;
}
