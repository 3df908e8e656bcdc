/* SPDX-License-Identifier: MIT */
#include "snapshot.h"
#include "random.h"

#define LEAVES	50u /* without a PASID */
#define MACHINE 4u  /* devices of a machine */
#define PROCESS 0x1000000u

const char *const snapshot_names[SNAPSHOT_KINDS] = {
	[SNAPSHOT_IDENTICAL] = "identical",	  [SNAPSHOT_DIFFERENT] = "all different",
	[SNAPSHOT_ADVERSARIAL] = "adversarial",	  [SNAPSHOT_GLOBAL] = "global PASIDs",
	[SNAPSHOT_PROCESSES] = "processes alone", [SNAPSHOT_PER_DEVICE] = "per-device PASIDs",
	[SNAPSHOT_MACHINES] = "machines",
};

static uint32_t draw(struct random *random, uint32_t below)
{
	return (uint32_t)random_below(random, below);
}

static void put(struct iomt_repack_device *device, struct iomt_repack_key *keys, uint32_t key,
		uint32_t leaf)
{
	keys[device->count++] = (struct iomt_repack_key){key, leaf};
}

static uint32_t root_of(uint32_t n)
{
	uint32_t root = 1;

	while ((root + 1) * (root + 1) <= n)
		root++;
	return root;
}

/* "pasids" of 4 * pasids numbers, in order: each with the chance that leaves enough for the rest. */
static void put_some(struct iomt_repack_device *device, struct iomt_repack_key *keys,
		     uint32_t pasids, bool global, struct random *random)
{
	uint32_t all = 4 * pasids, wanted = pasids, next = 1;

	for (uint32_t process = 0; wanted; process++) {
		if (draw(random, all - process) >= wanted)
			continue;
		wanted--;
		put(device, keys, global ? process + 1 : next, PROCESS + process);
		next++;
	}
}

static void fill(struct iomt_repack_device *device, struct iomt_repack_key *keys, uint32_t number,
		 enum snapshot_kind kind, uint32_t pasids, struct random *random)
{
	uint32_t rid = draw(random, LEAVES);

	device->keys = keys;
	device->sends = 4 * pasids + 1;
	switch (kind) {
	case SNAPSHOT_IDENTICAL:
	case SNAPSHOT_DIFFERENT:
		for (uint32_t p = 1; p <= pasids; p++)
			put(device, keys, p, PROCESS + p);
		rid = kind == SNAPSHOT_DIFFERENT ? number : 0;
		break;
	case SNAPSHOT_ADVERSARIAL:
		for (uint32_t p = 1; p <= pasids; p++) {
			if (!draw(random, root_of(pasids)))
				put(device, keys, p, draw(random, 3));
		}
		return;
	case SNAPSHOT_MACHINES:
		device->fixed = number / MACHINE + 1;
		device->trust = number / MACHINE + 1;
		put_some(device, keys, pasids, true, random);
		rid = number / MACHINE % 4 ? 0 : number % MACHINE;
		break;
	case SNAPSHOT_GLOBAL:
	case SNAPSHOT_PROCESSES:
	case SNAPSHOT_PER_DEVICE:
	default:
		put_some(device, keys, pasids, kind != SNAPSHOT_PER_DEVICE, random);
		rid = kind == SNAPSHOT_PROCESSES ? 0 : rid;
	}
	put(device, keys, IOMT_PACK_RID, rid);
}

bool snapshot_make(struct snapshot *snapshot, enum snapshot_kind kind, uint32_t devices,
		   uint32_t pasids, uint64_t seed)
{
	struct random random = {.state = seed};

	snapshot->count = devices;
	snapshot->devices = calloc(devices, sizeof(*snapshot->devices));
	snapshot->keys = calloc((size_t)devices * (pasids + 1), sizeof(*snapshot->keys));
	if (!snapshot->devices || !snapshot->keys) {
		snapshot_free(snapshot);
		return false;
	}
	for (uint32_t i = 0; i < devices; i++)
		fill(&snapshot->devices[i], snapshot->keys + (size_t)i * (pasids + 1), i, kind,
		     pasids, &random);
	return true;
}

/* Few keys a device: insertion. */
static void put_in_order(struct iomt_repack_key *keys, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		struct iomt_repack_key key = keys[i];
		uint32_t at = i;

		for (; at && keys[at - 1].key > key.key; at--)
			keys[at] = keys[at - 1];
		keys[at] = key;
	}
}

/* All PASIDs of all devices, in their order; "given" takes the place of what is there. */
static uint32_t go_over(struct snapshot *snapshot, struct iomt_repack_binding *bindings,
			const uint32_t *given)
{
	struct iomt_repack_key *keys = snapshot->keys; /* of the first; then as far on as its are */
	uint32_t count = 0;

	for (uint32_t i = 0; i < snapshot->count; i++) {
		struct iomt_repack_device *device = &snapshot->devices[i];

		keys += device->keys - keys;
		device->sends = IOMT_PACK_PASIDS;
		for (uint32_t k = 0; k < device->count; k++) {
			if (keys[k].key == IOMT_PACK_RID)
				continue;
			if (bindings)
				bindings[count] =
					(struct iomt_repack_binding){keys[k].leaf, device->sends};
			if (given)
				keys[k].key = given[count];
			count++;
		}
		put_in_order(keys, device->count);
	}
	return count;
}

bool snapshot_number(struct snapshot *snapshot)
{
	uint32_t count = go_over(snapshot, NULL, NULL);
	size_t bytes = iomt_repack_number_bytes(count);
	struct iomt_repack_binding *bindings = calloc(count + 1, sizeof(*bindings));
	uint32_t *pasids = calloc(count + 1, sizeof(*pasids));
	void *memory = malloc(bytes);
	bool done = false;

	if (bindings && pasids && memory) {
		go_over(snapshot, bindings, NULL);
		done = !iomt_repack_number(bindings, count, 1, memory, bytes, pasids, NULL);
		if (done)
			go_over(snapshot, NULL, pasids);
	}
	free(bindings);
	free(pasids);
	free(memory);
	return done;
}

void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->devices);
	free(snapshot->keys);
}
