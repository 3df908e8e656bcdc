/* SPDX-License-Identifier: MIT */
/*
 * Snapshots of devices for the domain-id solver, made up by kind, size and seed; the same on every
 * machine. PASIDs begin at 1.
 */
#ifndef TESTS_MODEL_SNAPSHOT_H
#define TESTS_MODEL_SNAPSHOT_H

#include <iomt/repack.h>

enum snapshot_kind {
	SNAPSHOT_IDENTICAL, /* all devices have the same */
	SNAPSHOT_DIFFERENT, /* each has a leaf of its own without a PASID: nobody may share */
	/*
	 * Each of "pasids" keys is there by lot, with one of three leaves; of n keys a device has about
	 * the root of n, so that about every second pair may not share
	 */
	SNAPSHOT_ADVERSARIAL,
	/* A PASID means the same process everywhere; a device has "pasids" of four times as many, and
	   one of fifty leaves without a PASID */
	SNAPSHOT_GLOBAL,
	SNAPSHOT_PROCESSES, /* the same with one leaf for all devices without a PASID */
	SNAPSHOT_PER_DEVICE, /* as with global PASIDs, but each device numbers its processes from 1 on */
	/* Four devices a virtual machine, which share a word and trust; in one of four machines they
	   have leaves of their own without a PASID, in the others a common one; PASIDs are the guest's */
	SNAPSHOT_MACHINES,
	SNAPSHOT_KINDS
};

extern const char *const snapshot_names[SNAPSHOT_KINDS];

struct snapshot {
	struct iomt_repack_device *devices;
	struct iomt_repack_key *keys;
	uint32_t count;
};

/* False when memory is out. */
bool snapshot_make(struct snapshot *snapshot, enum snapshot_kind kind, uint32_t devices,
		   uint32_t pasids, uint64_t seed);

/* Numbers all PASIDs jointly (iomt_repack_number), on devices that send 2^20. False: no memory. */
bool snapshot_number(struct snapshot *snapshot);

void snapshot_free(struct snapshot *snapshot);

#endif
