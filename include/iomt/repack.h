/* SPDX-License-Identifier: MIT */
/*
 * Domain ids for devices at rest: the fewest ids for a set of devices whose translations are known.
 *
 * Where hardware tags its IOTLB with an id of the device and a PASID (AMD's device table entry,
 * 48882, section 2.2.2), devices may share an id only if no one of them can hit what another's
 * table said. Fewest ids are a colouring of the graph of those that may not share. This is done
 * here, for a snapshot, with a lower bound beside the answer. docs/repacking.md has the problem,
 * the methods and figures.
 *
 * Nothing is allocated: iomt_repack_bytes says how much memory a call needs. Answers depend on what
 * is given, never on the order of devices, nor on time. Threads: calls share nothing; any thread may
 * make one.
 */
#ifndef IOMT_REPACK_H
#define IOMT_REPACK_H

#include <iomt/pack.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IOMT_PACK_PASIDS 0x100000u /* PASIDs are below this (PCIe base specification, 6.20) */

/* What a device has at one key. */
struct iomt_repack_key {
	/* a PASID, or IOMT_PACK_RID; a device with IOMT_PACK_GIOV has 0 in place of that */
	uint32_t key;
	uint32_t
		leaf; /* the caller's number of a root and all attributes that a TLB entry may hold */
};

/* A device, with all that it has. */
struct iomt_repack_device {
	const struct iomt_repack_key *keys; /* in order of keys, each once */
	uint32_t count;			    /* of these */
	uint32_t sends; /* it can send the PASIDs below this, and has no other PASIDs */
	/*
	 * Those of the packer. IOMT_PACK_GIOV: requests without a PASID are tagged as PASID 0, so that
	 * it sends PASID 0 whatever "sends" says, and never IOMT_PACK_RID. IOMT_PACK_ATS says nothing
	 * here.
	 */
	uint32_t flags;
	uint32_t trust; /* devices of one nonzero value trust one another; 0: none */
	uint64_t
		fixed; /* devices with different words never share: a tenant, a stage 2, a guest's id */
};

/* When two devices may share an id. */
enum iomt_repack_relation {
	/* The same keys, with the same leaves. */
	IOMT_REPACK_EQUIVALENT,
	/*
	 * The same leaf wherever both have a key; and a key that one alone has, the other cannot
	 * send, or they trust one another. Every device can send requests without a PASID, under
	 * IOMT_PACK_RID or under PASID 0.
	 */
	IOMT_REPACK_ISOLATING,
	/*
	 * The same leaf wherever both have a key. A device may hit what its own table would refuse:
	 * for sets of devices that are trusted as a whole.
	 */
	IOMT_REPACK_COMPATIBLE,
	IOMT_REPACK_RELATIONS /* how many there are */
};

/* No id: of a device that has none yet. */
#define IOMT_REPACK_NO_ID UINT32_MAX

#define IOMT_REPACK_DEVICES 65536u /* at most */

/* What is wanted of the answer. */
struct iomt_repack_cfg {
	size_t size; /* sizeof(struct iomt_repack_cfg): the struct may grow */

	/* The ids of devices as they are, or NULL: ids stay with most of those who have them. */
	const uint32_t *present;

	uint64_t effort; /* 64-bit words that the search may look at; 1 to 2 ns each; 0: 2^28 */
	uint64_t seed;	 /* of the search */
	uint32_t first;	 /* the ids that there are: first to last, both inclusive */
	uint32_t last;	 /* below IOMT_REPACK_NO_ID */

	/*
	 * So many ids are few enough: devices with nothing in common are then not put together while
	 * there are no more than this. 0: as few as can be.
	 */
	uint32_t enough;

	/*
	 * What an id, a tag (an id with a key: what invalidations of a leaf must reach, and what the
	 * IOTLB holds twice), and a device that gets another id cost. Where all stays cheaper as it is,
	 * it stays. All 0: ids before moves, tags do not count.
	 */
	uint32_t id_cost;
	uint32_t tag_cost;
	uint32_t move_cost;

	uint8_t relation; /* enum iomt_repack_relation */
};

/* What was found. */
struct iomt_repack_result {
	uint32_t ids;	 /* in use */
	uint32_t fewest; /* ids that were found to do: fewer, where that was dearer or not wanted */
	uint32_t bound;	 /* no answer has fewer ids */
	uint32_t clique; /* devices of which no two may share */
	uint32_t leaves; /* the most leaves that one key has: a bound, too */
	uint32_t contents; /* devices that differ */
	uint32_t moves;	   /* devices that had an id and get another */
	bool exact;	   /* fewest is the bound; else the effort was too small to know */
	uint64_t tags;	   /* keys of all ids together */
	uint64_t effort;   /* words that were looked at */
};

/* What is wrong with an argument. */
struct iomt_repack_fault {
	const char *reason; /* a constant sentence */
	uint32_t device;    /* which, or the number of devices where it is none of them */
	uint32_t index;	    /* of its key, or its count where it is none of them */
};

/* Bytes that iomt_repack_solve needs for so many devices; 0: the configuration or count is wrong. */
size_t iomt_repack_bytes(const struct iomt_repack_cfg *cfg, uint32_t count);

/*
 * Gives each device an id, into ids[count]; devices that are equal get the same one, unless all stays
 * as it is. Up to 16 different devices (of those that hang together by sharing) the answer is always
 * exact; beyond that as far as the effort goes, and *result says how far it may be off.
 *
 * memory: "bytes" bytes, aligned to 8. clique, unless NULL, has room for "count" devices, and gets
 * result->clique of which no two may share. fault may be NULL.
 *
 * IOMT_EINVAL: the configuration, memory that is not aligned, unknown flags, keys out of order or twice.
 * IOMT_ERANGE: a key that the device cannot send; more PASIDs than there are; a
 * present id that is not of this range. IOMT_ENOMEM: fewer bytes than needed. IOMT_ENOSPC: no answer
 * was found with as few ids as there are; *result is filled then, so that bound tells whether there
 * may be one. On errors nothing else changes.
 */
int iomt_repack_solve(const struct iomt_repack_cfg *cfg, const struct iomt_repack_device *devices,
		      uint32_t count, void *memory, size_t bytes, uint32_t *ids, uint32_t *clique,
		      struct iomt_repack_result *result, struct iomt_repack_fault *fault);

/* Bytes that iomt_repack_check needs for these devices; 0: too many of them. */
size_t iomt_repack_check_bytes(const struct iomt_repack_device *devices, uint32_t count);

/*
 * Checks that devices with one id may share it, by other means than it was found: 0, or IOMT_EPERM
 * where two may not; *fault (may be NULL) names one of them and the key. Takes time that grows with
 * the keys, and not with pairs of devices. IOMT_EINVAL: memory that is not aligned, a relation that is
 * none; IOMT_ENOMEM: fewer bytes than needed. The devices must be as iomt_repack_solve takes them.
 */
int iomt_repack_check(enum iomt_repack_relation relation, const struct iomt_repack_device *devices,
		      uint32_t count, const uint32_t *ids, void *memory, size_t bytes,
		      struct iomt_repack_fault *fault);

/*
 * The devices that get another id, in order, into moves[] (room for count). Returns how many. Those
 * that had none are not among them.
 */
uint32_t iomt_repack_moves(const uint32_t *present, const uint32_t *ids, uint32_t count,
			   uint32_t *moves);

/* A leaf that is to have a PASID on a device. */
struct iomt_repack_binding {
	uint32_t leaf;	/* the caller's number of a table */
	uint32_t sends; /* the device can send the PASIDs below this */
};

/* Bytes that iomt_repack_number needs for so many bindings. */
size_t iomt_repack_number_bytes(uint32_t count);

/*
 * Numbers PASIDs jointly: a leaf has the same one on every device, no two leaves have the same one.
 * Then devices never disagree at a PASID, and the fewest ids of compatible devices are the number of
 * their different leaves at IOMT_PACK_RID. A leaf of narrower devices gets a smaller PASID.
 *
 * pasids[i] is of bindings[i]; PASIDs begin at "first". IOMT_ENOSPC when some leaf has none left that
 * all its devices can send: then no such numbering exists; *leaf (may be NULL) says which. IOMT_ERANGE:
 * first, or sends, is beyond IOMT_PACK_PASIDS; IOMT_EINVAL: alignment; IOMT_ENOMEM. On errors nothing
 * changes.
 */
int iomt_repack_number(const struct iomt_repack_binding *bindings, uint32_t count, uint32_t first,
		       void *memory, size_t bytes, uint32_t *pasids, uint32_t *leaf);

#ifdef __cplusplus
}
#endif
#endif
