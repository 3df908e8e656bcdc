/* SPDX-License-Identifier: MIT */
#include "snapshot.h"
#include "random.h"

#define LEAVES	50u /* without a PASID */
#define MACHINE 4u  /* devices of a machine */
#define PROCESS 0x1000000u

const char *const snapshot_names[SNAPSHOT_KINDS] = {
	"identical",	 "all different",     "adversarial",
	"global PASIDs", "per-device PASIDs", "machines",
};

static uint32_t draw(struct random *random, uint32_t below)
{
	return (uint32_t)random_below(random, below);
}

static void put(struct iomt_repack_device *device, struct iomt_pack_key *keys, uint32_t key,
		uint32_t leaf)
{
	keys[device->count++] = (struct iomt_pack_key){key, leaf};
}

static uint32_t root_of(uint32_t n)
{
	uint32_t root = 1;

	while ((root + 1) * (root + 1) <= n)
		root++;
	return root;
}

/* "pasids" of 4 * pasids numbers, in order: each with the chance that leaves enough for the rest. */
static void put_some(struct iomt_repack_device *device, struct iomt_pack_key *keys, uint32_t pasids,
		     bool global, struct random *random)
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

static void fill(struct iomt_repack_device *device, struct iomt_pack_key *keys, uint32_t number,
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
	case SNAPSHOT_PER_DEVICE:
	default:
		put_some(device, keys, pasids, kind == SNAPSHOT_GLOBAL, random);
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

void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->devices);
	free(snapshot->keys);
}
