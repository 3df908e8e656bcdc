/* SPDX-License-Identifier: MIT */
/* From classes to ids. */
#include "repack_parts.h"

static uint32_t root(uint32_t *parent, uint32_t content)
{
	while (parent[content] != content) {
		parent[content] = parent[parent[content]];
		content = parent[content];
	}
	return content;
}

/* The smaller is the root, so that roots do not depend on the order of what is joined. */
static void join(uint32_t *parent, uint32_t a, uint32_t b)
{
	a = root(parent, a);
	b = root(parent, b);
	if (a < b)
		parent[b] = a;
	else
		parent[a] = b;
}

/* Joins those of one class that have a leaf in common: who was seen last with it, class by class. */
static void join_all(struct repack *r, uint32_t classes, uint32_t *parent)
{
	uint32_t *last = r->scratch[1], *stamp = r->scratch[2], run = 0, count, key;

	__builtin_memset(stamp, 0, classes * sizeof(*stamp));
	iomt_repack_merge_begin(r);
	while ((count = iomt_repack_merge_next(r, &key))) {
		for (uint32_t i = 0; i < count; i++) {
			uint32_t content = r->list[i], class = r->colour[content];

			if (!i || iomt_repack_merge_leaf(r, content) !=
					  iomt_repack_merge_leaf(r, r->list[i - 1]))
				run++;
			if (stamp[class] == run)
				join(parent, last[class], content);
			stamp[class] = run;
			last[class] = content;
		}
	}
}

uint32_t iomt_repack_spread(struct repack *r, uint32_t classes, uint32_t enough)
{
	uint32_t *parent = r->scratch[0], *kept = r->scratch[1], *own = r->scratch[2];

	if (classes >= enough)
		return classes;
	for (uint32_t i = 0; i < r->contents; i++)
		parent[i] = i;
	join_all(r, classes, parent);
	for (uint32_t c = 0; c < classes; c++)
		kept[c] = REPACK_NONE;
	for (uint32_t i = 0; i < r->contents; i++) {
		uint32_t to = root(parent, i), class = r->colour[i];

		if (to != i) {
			r->colour[i] = own[to];
			continue;
		}
		if (kept[class] == REPACK_NONE)
			kept[class] = i;
		else if (classes < enough)
			r->colour[i] = classes++;
		own[i] = r->colour[i];
	}
	return classes;
}

/* Classes in the order of their first contents. */
static void number(struct repack *r, uint32_t classes)
{
	uint32_t *number = r->scratch[0], next = 0;

	for (uint32_t c = 0; c < classes; c++)
		number[c] = REPACK_NONE;
	for (uint32_t i = 0; i < r->contents; i++) {
		if (number[r->colour[i]] == REPACK_NONE)
			number[r->colour[i]] = next++;
		r->colour[i] = number[r->colour[i]];
	}
}

struct keeping {
	const struct repack *r;
	uint32_t *devices; /* that have an id, by it */
	uint32_t *slot;	   /* of each device: where its id is first in "devices" */
	uint32_t *taken;   /* of each slot: a class has it */
	uint32_t *runs;	   /* devices by class and id; then runs of these, the longest first */
	uint32_t *length;  /* of the run that begins with this device */
	uint32_t *id;	   /* of each class */
	uint32_t count;	   /* devices that have an id */
};

static bool by_id(const void *ctx, uint32_t a, uint32_t b)
{
	const struct repack *r = ctx;
	const uint32_t *present = r->cfg->present;

	return present[a] != present[b] ? present[a] < present[b] : a < b;
}

static uint32_t class_of(const struct repack *r, uint32_t device)
{
	return r->colour[r->content[device]];
}

static bool by_class(const void *ctx, uint32_t a, uint32_t b)
{
	const struct repack *r = ctx;

	if (class_of(r, a) != class_of(r, b))
		return class_of(r, a) < class_of(r, b);
	return by_id(ctx, a, b);
}

/* Equal lengths: the lower class, then the lower id, which depend on no order of devices. */
static bool is_longer(const void *ctx, uint32_t a, uint32_t b)
{
	const struct keeping *k = ctx;

	return k->length[a] != k->length[b] ? k->length[a] > k->length[b] : by_class(k->r, a, b);
}

/* Slots of ids, in order. */
static void list_ids(struct keeping *k)
{
	const uint32_t *present = k->r->cfg->present;

	for (uint32_t i = 0; i < k->r->count; i++) {
		if (present[i] != IOMT_REPACK_NO_ID) {
			k->devices[k->count] = i;
			k->runs[k->count++] = i;
		}
	}
	iomt_repack_sort(k->devices, k->count, by_id, k->r);
	for (uint32_t i = 0; i < k->count; i++) {
		uint32_t device = k->devices[i], before = i ? k->devices[i - 1] : device;

		k->slot[device] = i && present[before] == present[device] ? k->slot[before] : i;
		k->taken[i] = 0;
	}
}

/* The longest run of a class and an id that are both still without each other, again and again. */
static void keep_most(struct keeping *k)
{
	const struct repack *r = k->r;
	uint32_t runs = 0;

	iomt_repack_sort(k->runs, k->count, by_class, r);
	for (uint32_t i = 0; i < k->count; i++) {
		uint32_t device = k->runs[i], last = runs ? k->runs[runs - 1] : device;

		if (runs && class_of(r, last) == class_of(r, device) &&
		    k->slot[last] == k->slot[device]) {
			k->length[last]++;
		} else {
			k->length[device] = 1;
			k->runs[runs++] = device;
		}
	}
	iomt_repack_sort(k->runs, runs, is_longer, k);
	for (uint32_t i = 0; i < runs; i++) {
		uint32_t class = class_of(r, k->runs[i]), slot = k->slot[k->runs[i]];

		if (k->id[class] == IOMT_REPACK_NO_ID && !k->taken[slot]) {
			k->id[class] = r->cfg->present[k->runs[i]];
			k->taken[slot] = 1;
		}
	}
}

/* Ids that nobody has now, the lowest first; when there are none, those that become free. */
static void give_rest(struct keeping *k, uint32_t classes)
{
	const struct repack *r = k->r;
	uint32_t at = 0, freed = 0;
	uint64_t id = r->cfg->first;

	for (uint32_t c = 0; c < classes; c++) {
		if (k->id[c] != IOMT_REPACK_NO_ID)
			continue;
		for (; at < k->count && r->cfg->present[k->devices[at]] <= id; at++)
			id += r->cfg->present[k->devices[at]] == id;
		if (id <= r->cfg->last || !r->cfg->present) {
			k->id[c] = (uint32_t)id++;
			continue;
		}
		while (k->taken[freed] || k->slot[k->devices[freed]] != freed)
			freed++;
		k->id[c] = r->cfg->present[k->devices[freed++]];
	}
}

void iomt_repack_label(struct repack *r, uint32_t classes, uint32_t *ids)
{
	struct keeping k = {.r = r,
			    .devices = r->scratch[1],
			    .slot = r->scratch[2],
			    .taken = r->scratch[3],
			    .runs = r->scratch[4],
			    .length = r->scratch[5],
			    .id = r->scratch[6]};

	number(r, classes);
	for (uint32_t c = 0; c < classes; c++)
		k.id[c] = IOMT_REPACK_NO_ID;
	if (r->cfg->present) {
		list_ids(&k);
		keep_most(&k);
	}
	give_rest(&k, classes);
	for (uint32_t i = 0; i < r->count; i++)
		ids[i] = k.id[class_of(r, i)];
}
