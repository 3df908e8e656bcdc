/* SPDX-License-Identifier: MIT */
#include "pieces.h"
#include <stdlib.h>

bool pieces_add(struct pieces *pieces, uint64_t first, uint64_t last, uint64_t at)
{
	if (pieces->count == pieces->room) {
		size_t room = pieces->room ? 2 * pieces->room : 16;
		struct piece *list = reallocarray(pieces->list, room, sizeof(*list));

		if (!list)
			return false;
		pieces->list = list;
		pieces->room = room;
	}
	pieces->list[pieces->count++] = (struct piece){first, last, at};
	return true;
}

static int by_value(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;

	return one < two ? -1 : one > two;
}

/* Sorted already, and nothing overlaps: so usual dumps are. */
static bool is_settled(const struct pieces *pieces)
{
	for (size_t i = 1; i < pieces->count; i++) {
		if (pieces->list[i].first <= pieces->list[i - 1].last)
			return false;
	}
	return true;
}

/* Addresses between two edges that follow one another belong to one piece. */
struct painting {
	uint64_t *edges; /* sorted: where an interval begins */
	size_t *next;	 /* the first interval from this one on that has no owner yet */
	size_t *owner;	 /* a piece, or SIZE_MAX */
	size_t count;
};

static size_t edge_of(const struct painting *painting, uint64_t address)
{
	size_t low = 0, high = painting->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (painting->edges[middle] < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t unowned(struct painting *painting, size_t from)
{
	while (painting->next[from] != from) {
		painting->next[from] = painting->next[painting->next[from]];
		from = painting->next[from];
	}
	return from;
}

static void paint(struct painting *painting, const struct piece *piece, size_t owner)
{
	size_t end =
		piece->last == UINT64_MAX ? painting->count : edge_of(painting, piece->last + 1);

	for (size_t i = unowned(painting, edge_of(painting, piece->first)); i < end;
	     i = unowned(painting, i)) {
		painting->owner[i] = owner;
		painting->next[i] = i + 1;
	}
}

static bool painting_init(struct painting *painting, const struct pieces *pieces)
{
	size_t count = 0, distinct = 0;

	painting->edges = calloc(2 * pieces->count, sizeof(uint64_t));
	painting->next = calloc(2 * pieces->count + 1, sizeof(size_t));
	painting->owner = calloc(2 * pieces->count, sizeof(size_t));
	if (!painting->edges || !painting->next || !painting->owner)
		return false;
	for (size_t i = 0; i < pieces->count; i++) {
		painting->edges[count++] = pieces->list[i].first;
		if (pieces->list[i].last != UINT64_MAX)
			painting->edges[count++] = pieces->list[i].last + 1;
	}
	qsort(painting->edges, count, sizeof(uint64_t), by_value);
	for (size_t i = 0; i < count; i++) {
		if (!i || painting->edges[i] != painting->edges[i - 1])
			painting->edges[distinct++] = painting->edges[i];
	}
	painting->count = distinct;
	for (size_t i = 0; i <= distinct; i++)
		painting->next[i] = i;
	for (size_t i = 0; i < distinct; i++)
		painting->owner[i] = SIZE_MAX;
	return true;
}

/* The painted intervals as pieces again, those that continue one another joined. */
static bool collect(struct pieces *pieces, const struct painting *painting)
{
	struct pieces made = {0};
	size_t before = SIZE_MAX;

	for (size_t i = 0; i < painting->count; i++) {
		uint64_t first = painting->edges[i];
		uint64_t last = i + 1 < painting->count ? painting->edges[i + 1] - 1 : UINT64_MAX;
		size_t owner = painting->owner[i];
		const struct piece *of = owner == SIZE_MAX ? NULL : &pieces->list[owner];

		if (of && owner == before)
			made.list[made.count - 1].last = last;
		else if (of && !pieces_add(&made, first, last,
					   of->at == PIECE_ZEROS ? PIECE_ZEROS
								 : of->at + (first - of->first))) {
			pieces_free(&made);
			return false;
		}
		before = owner;
	}
	pieces_free(pieces);
	*pieces = made;
	return true;
}

bool pieces_settle(struct pieces *pieces, bool last_counts)
{
	struct painting painting = {0};
	bool good = true;

	if (!is_settled(pieces)) {
		good = painting_init(&painting, pieces);
		for (size_t i = 0; good && i < pieces->count; i++) {
			size_t which = last_counts ? pieces->count - 1 - i : i;

			paint(&painting, &pieces->list[which], which);
		}
		good = good && collect(pieces, &painting);
		free(painting.edges);
		free(painting.next);
		free(painting.owner);
	}
	return good;
}

const struct piece *pieces_from(struct pieces *pieces, uint64_t address)
{
	size_t low = 0, high = pieces->count;

	if (pieces->recent < pieces->count) {
		const struct piece *piece = &pieces->list[pieces->recent];

		if (piece->first <= address && address <= piece->last)
			return piece;
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (pieces->list[middle].last < address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == pieces->count)
		return NULL;
	pieces->recent = low;
	return &pieces->list[low];
}

void pieces_free(struct pieces *pieces)
{
	free(pieces->list);
	*pieces = (struct pieces){0};
}
