/* SPDX-License-Identifier: MIT */
#include "sharing.h"

static const struct iomt_repack_key *key_of(const struct iomt_repack_device *device, uint32_t key)
{
	for (uint32_t i = 0; i < device->count; i++) {
		if (device->keys[i].key == key)
			return &device->keys[i];
	}
	return NULL;
}

bool sharing_sends(const struct iomt_repack_device *device, uint32_t key)
{
	bool giov = device->flags & IOMT_PACK_GIOV;

	if (key == IOMT_PACK_RID)
		return !giov;
	return key < device->sends || (giov && !key);
}

/* Whether nothing that a has does harm to b. */
static bool harmless(enum iomt_repack_relation relation, const struct iomt_repack_device *a,
		     const struct iomt_repack_device *b)
{
	bool trust = a->trust && a->trust == b->trust;

	for (uint32_t i = 0; i < a->count; i++) {
		const struct iomt_repack_key *other = key_of(b, a->keys[i].key);

		if (other && other->leaf != a->keys[i].leaf)
			return false;
		if (other || relation == IOMT_REPACK_COMPATIBLE)
			continue;
		if (relation == IOMT_REPACK_EQUIVALENT ||
		    (!trust && sharing_sends(b, a->keys[i].key)))
			return false;
	}
	return true;
}

bool sharing_may(enum iomt_repack_relation relation, const struct iomt_repack_device *a,
		 const struct iomt_repack_device *b)
{
	return a->fixed == b->fixed && harmless(relation, a, b) && harmless(relation, b, a);
}

bool sharing_holds(enum iomt_repack_relation relation, const struct iomt_repack_device *devices,
		   uint32_t count, const uint32_t *ids)
{
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (ids[i] == ids[j] && !sharing_may(relation, &devices[i], &devices[j]))
				return false;
		}
	}
	return true;
}

struct partition {
	uint32_t count;
	uint32_t best;
	uint32_t class[16];
	uint16_t conflicts[16]; /* bit j: not with device j */
};

/* The device joins every class that takes it, or founds one. */
static void place(struct partition *partition, uint32_t device, uint32_t used)
{
	if (used >= partition->best)
		return;
	if (device == partition->count) {
		partition->best = used;
		return;
	}
	for (uint32_t class = 0; class <= used; class ++) {
		bool fits = true;

		for (uint32_t other = 0; other < device; other++)
			fits = fits && (partition->class[other] != class ||
					!(partition->conflicts[device] >> other & 1));
		if (!fits)
			continue;
		partition->class[device] = class;
		place(partition, device + 1, used + (class == used));
	}
}

uint32_t sharing_fewest(enum iomt_repack_relation relation,
			const struct iomt_repack_device *devices, uint32_t count)
{
	struct partition partition = {.count = count, .best = count + 1};

	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t j = 0; j < count; j++) {
			if (!sharing_may(relation, &devices[i], &devices[j]))
				partition.conflicts[i] |= (uint16_t)(1u << j);
		}
	}
	place(&partition, 0, 0);
	return partition.best;
}

uint32_t sharing_distinct(const uint32_t *ids, uint32_t count)
{
	uint32_t distinct = 0;

	for (uint32_t i = 0; i < count; i++) {
		bool seen = false;

		for (uint32_t j = 0; j < i && !seen; j++)
			seen = ids[j] == ids[i];
		distinct += !seen;
	}
	return distinct;
}
