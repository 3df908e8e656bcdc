/* SPDX-License-Identifier: MIT */
/*
 * An IOMMU whose caches never forget by themselves, entry by entry: an IOTLB tagged by id and key,
 * PASID entries that are cached when they are used, TLBs of devices, walks that are under way, and
 * invalidations that happen in any order until somebody waits. Device-table entries are cached,
 * too, but come and go. It carries out plans of iomt/pack.h step by step, and devices access between
 * any two steps.
 *
 * A device has a PASID table of its own, which is kept here, or finds that of its id in memory, from
 * its device-table entry on (pasid_reader.h).
 */
#ifndef TESTS_MODEL_TAGGED_H
#define TESTS_MODEL_TAGGED_H

#include "provider.h"
#include "random.h"
#include <iomt/pack.h>

#define TAGGED_DEVICES 8u
#define TAGGED_KEYS    8u
#define TAGGED_IDS     16u
#define TAGGED_LEAVES  6u /* 1 to 5 */
#define TAGGED_QUEUE   512u
#define TAGGED_FILLS   16u
#define TAGGED_NONE    UINT32_MAX

/* The keys that are used: of several levels, the last PASID, none. */
extern const uint32_t tagged_keys[TAGGED_KEYS];

/* Leaves that differ in every part, and in single bits. */
struct iomt_pack_leaf tagged_leaf(unsigned number);

/* Fails the test when it is none of them. */
unsigned tagged_number(const struct iomt_pack_leaf *leaf);

/* Where PASID tables are, and what cached entries of them are found by. */
enum tagged_tables {
	TAGGED_OWN,	  /* one for each device; by device and key, whatever the id is */
	TAGGED_BY_ID,	  /* one for each id; by id and key */
	TAGGED_WITH_ID,	  /* by device and key; the entry brings its id */
	TAGGED_BY_DEVICE, /* by device and key, whatever the id is */
};

/* A device-table entry where tables are shared: read and written at once. */
struct tagged_entry {
	uint32_t id;
	uint64_t root, word[2]; /* of the id's table */
	unsigned leaf;		/* of requests without PASID */
};

struct tagged_device {
	iomt_pack_device handle;
	bool giov, ats;
	uint32_t sends;
	/* in memory */
	uint32_t id; /* of the device-table entry, or none */
	unsigned table[TAGGED_KEYS];
	struct tagged_entry entry, cached_entry; /* shared tables */
	uint32_t entry_id[TAGGED_KEYS];		 /* with which "cached" was read */
	/* it moved: what it had it may have until this was flushed, and somebody has waited */
	bool old_entry, old_own, entry_flushed, own_flushed;
	/* cached */
	uint32_t cached_id;
	bool id_is_cached;
	unsigned cached[TAGGED_KEYS];
	bool own[TAGGED_KEYS][TAGGED_LEAVES]; /* its own TLB */
	/* who is told of changes of a table: by id, key and leaf */
	unsigned published[TAGGED_IDS][TAGGED_KEYS][TAGGED_LEAVES]; /* how often */
};

struct tagged_fill {
	unsigned device, key, leaf;
	uint32_t id;
};

/* One that has read the device-table entry, and no table yet. */
struct tagged_walk {
	unsigned device, key;
	struct tagged_entry entry;
};

struct tagged {
	struct random random;
	enum tagged_tables tables;
	/* shared tables: whose, and where they are */
	const struct iomt_pack *pack;
	struct provider *provider;
	enum iomt_pasid_format format;
	unsigned entries[TAGGED_IDS][TAGGED_KEYS]; /* cached */
	struct tagged_walk walking[TAGGED_FILLS];
	unsigned walk_count;
	struct tagged_device devices[TAGGED_DEVICES];
	bool iotlb[TAGGED_IDS][TAGGED_KEYS][TAGGED_LEAVES];
	struct iomt_pack_step queue[TAGGED_QUEUE]; /* invalidations */
	unsigned queued;
	struct tagged_fill fills[TAGGED_FILLS]; /* walks under way */
	unsigned filling;
	/* Judges what a device got: an index into tagged_keys, a leaf. */
	void (*judge)(void *ctx, unsigned device, unsigned key, unsigned leaf);
	void *ctx;
	uint64_t hits, walks;
};

void tagged_init(struct tagged *hw, uint64_t seed);

/*
 * A device comes, with an empty table in memory. What is cached of its predecessor in this place is
 * there still.
 */
void tagged_add(struct tagged *hw, unsigned device, iomt_pack_device handle, uint32_t sends,
		uint32_t flags);

/* One access of a device with a key that it can send; nothing when it cannot. */
void tagged_access(struct tagged *hw, unsigned device, unsigned key);

/* Something happens: accesses, invalidations, ends of walks. */
void tagged_live(struct tagged *hw);

/* Carries out a step. "all" is what its device has: before the plan in a retract, else after it. */
void tagged_step(struct tagged *hw, const struct iomt_pack_step *step,
		 const unsigned all[TAGGED_KEYS]);

/* The table entry that a device has in memory at this moment: a leaf, or 0. */
unsigned tagged_entry(const struct tagged *hw, unsigned device, unsigned key);

/* Whether a device may still have what it had before it moved: until its old entry is known to nobody. */
bool tagged_moving(const struct tagged *hw, unsigned device);

/* The memory at this physical address is given back: nobody may be walking a table there. */
void tagged_freed(const struct tagged *hw, uint64_t root);

/* Makes a table's entry of a leaf so that tagged_entry reads it back. */
int tagged_make(void *format, uint32_t pasid, const struct iomt_pack_leaf *leaf,
		struct iomt_pasid_entry *entry);

/* Fails the test unless the device's table is this, and its accesses give that. */
void tagged_check(struct tagged *hw, unsigned device, const unsigned wanted[TAGGED_KEYS]);

#endif
