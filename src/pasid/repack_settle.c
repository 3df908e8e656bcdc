/* SPDX-License-Identifier: MIT */
/* What stays as it was, and what answers cost. */
#include "repack_parts.h"

struct numbering {
	const struct repack *r;
	const uint32_t *ids;
};

static bool by_id(const void *ctx, uint32_t a, uint32_t b)
{
	const struct numbering *n = ctx;

	if (n->ids[a] != n->ids[b])
		return n->ids[a] < n->ids[b];
	return n->r->content[a] != n->r->content[b] ? n->r->content[a] < n->r->content[b] : a < b;
}

/* Devices in order of ids, then of contents, into list[]. */
static void sort_by_id(struct repack *r, const uint32_t *ids, uint32_t *list)
{
	struct numbering numbering = {r, ids};

	for (uint32_t i = 0; i < r->count; i++)
		list[i] = i;
	iomt_repack_sort(list, r->count, by_id, &numbering);
}

/* Whether contents of these devices, which are sorted by them, may share. */
static bool may_share(struct repack *r, const uint32_t *devices, uint32_t count)
{
	uint32_t words = r->graph.words;
	uint64_t *set = r->bits[0];

	if (r->cfg->relation == IOMT_REPACK_EQUIVALENT)
		return r->content[devices[0]] == r->content[devices[count - 1]];
	__builtin_memset(set, 0, words * sizeof(*set));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t content = r->content[devices[i]];
		const uint64_t *row = repack_row(&r->graph, content);

		if (repack_has(set, content))
			continue;
		for (uint32_t w = 0; w < words; w++) {
			if (row[w] & set[w])
				return false;
		}
		repack_add(set, content);
	}
	return true;
}

uint32_t iomt_repack_present(struct repack *r)
{
	const uint32_t *present = r->cfg->present;
	uint32_t *list = r->scratch[0], ids = 0;

	for (uint32_t i = 0; i < r->count; i++) {
		if (present[i] == IOMT_REPACK_NO_ID)
			return 0;
	}
	sort_by_id(r, present, list);
	for (uint32_t first = 0, last; first < r->count; first = last, ids++) {
		for (last = first; last < r->count; last++) {
			if (present[list[last]] != present[list[first]])
				break;
		}
		if (!may_share(r, list + first, last - first))
			return 0;
	}
	return ids;
}

/* Of the devices of a content the one id that all have; else none. */
static uint32_t home_of(const struct repack *r, uint32_t content)
{
	const uint32_t *present = r->cfg->present;
	uint32_t id = present[r->device[content]];

	for (uint32_t i = r->first[content]; i < r->first[content + 1]; i++) {
		if (present[r->order[i]] != id)
			return IOMT_REPACK_NO_ID;
	}
	return id;
}

/* The class that has this id; ids of classes stand in order. */
static uint32_t class_with(const struct repack *r, const uint32_t *list, const uint32_t *ids,
			   uint32_t id)
{
	uint32_t low = 0, high = r->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (ids[list[middle]] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < r->count && ids[list[low]] == id ? r->colour[r->content[list[low]]]
						      : REPACK_NONE;
}

static bool try_return(struct repack *r, uint32_t content, uint32_t to)
{
	uint32_t words = r->graph.words;
	uint64_t *members = r->search.saved + (size_t)to * words;
	const uint64_t *row = repack_row(&r->graph, content);

	for (uint32_t w = 0; w < words; w++) {
		if (row[w] & members[w])
			return false;
	}
	repack_add(members, content);
	repack_remove(r->search.saved + (size_t)r->colour[content] * words, content);
	return true;
}

/* Each that returns saves moves and costs none: its devices had all been moved. */
void iomt_repack_settle(struct repack *r, uint32_t *ids)
{
	uint32_t words = r->graph.words, *list = r->scratch[0];
	bool again = true;

	sort_by_id(r, ids, list);
	__builtin_memset(r->search.saved, 0, (size_t)r->contents * words * 8);
	for (uint32_t i = 0; i < r->contents; i++)
		repack_add(r->search.saved + (size_t)r->colour[i] * words, i);
	/* the class of a list's place is looked up by id: it must stay what it was */
	for (uint32_t i = 0; i < r->contents; i++) {
		uint32_t home = home_of(r, i);

		r->scratch[1][i] =
			home == IOMT_REPACK_NO_ID ? REPACK_NONE : class_with(r, list, ids, home);
		r->scratch[2][i] = home;
	}
	while (again) {
		again = false;
		for (uint32_t i = 0; i < r->contents; i++) {
			uint32_t class = r->scratch[1][i];

			if (class == REPACK_NONE || class == r->colour[i] ||
			    !try_return(r, i, class))
				continue;
			r->colour[i] = class;
			for (uint32_t d = r->first[i]; d < r->first[i + 1]; d++)
				ids[r->order[d]] = r->scratch[2][i];
			again = true;
		}
	}
}

/* Numbers ids without holes, by device, into label[]; returns how many there are. */
static uint32_t label(struct repack *r, const uint32_t *ids, uint32_t *list, uint32_t *labels)
{
	uint32_t count = 0;

	sort_by_id(r, ids, list);
	for (uint32_t i = 0; i < r->count; i++) {
		count += !i || ids[list[i - 1]] != ids[list[i]];
		labels[list[i]] = count - 1;
	}
	return count;
}

void iomt_repack_count(struct repack *r, const uint32_t *ids, struct iomt_repack_result *result)
{
	uint32_t *labels = r->scratch[1], *stamp = r->scratch[2], keys = 0, count, key;
	const uint32_t *present = r->cfg->present;

	result->ids = label(r, ids, r->scratch[0], labels);
	result->tags = 0;
	result->moves = 0;
	for (uint32_t i = 0; present && i < r->count; i++)
		result->moves += present[i] != IOMT_REPACK_NO_ID && present[i] != ids[i];
	__builtin_memset(stamp, 0, result->ids * sizeof(*stamp));
	iomt_repack_merge_begin(r);
	while ((count = iomt_repack_merge_next(r, &key))) {
		keys++;
		for (uint32_t i = 0; i < count; i++) {
			uint32_t content = r->list[i];

			for (uint32_t d = r->first[content]; d < r->first[content + 1]; d++) {
				uint32_t id = labels[r->order[d]];

				result->tags += stamp[id] != keys;
				stamp[id] = keys;
			}
		}
	}
}

/* Tags alone, 2^36 at most, may come to 2^68. */
struct product iomt_repack_cost(const struct iomt_repack_cfg *cfg,
				const struct iomt_repack_result *result)
{
	if (!cfg->id_cost && !cfg->tag_cost && !cfg->move_cost)
		return (struct product){0, ((uint64_t)result->ids << 32) + result->moves};
	return product_add(product_add(product_of(cfg->id_cost, result->ids),
				       product_of(cfg->tag_cost, result->tags)),
			   product_of(cfg->move_cost, result->moves));
}
