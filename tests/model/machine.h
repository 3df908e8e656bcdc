/* SPDX-License-Identifier: MIT */
/*
 * An IOMMU as a whole, of every vendor and mode: begins at its registers, reads the device's entry, the
 * PASID's entry and the page table out of memory, as the specifications say and without the library's
 * code, and caches all three: entries of devices and PASIDs, translations by their tags, and the
 * TLBs of devices. It forgets what commands out of its ring name, and nothing else but, now and then, the
 * entry of a device.
 *
 * What hardware may do, it does: invalidations between two waits happen in any order (VT-d orders those
 * of entries before the others, D51397, 6.5.2); a walk that has begun goes on with what it has read, and
 * fills the IOTLB when it is done, at the latest when somebody waits; entries that are absent are
 * cached where the vendor allows it.
 */
#ifndef TESTS_MODEL_MACHINE_H
#define TESTS_MODEL_MACHINE_H

#include "commands.h"
#include "random.h"
#include "unit.h"
#include "walker.h"

enum machine_mode {
	MACHINE_AMD,
	MACHINE_VTD,
	MACHINE_VTD_SCALABLE,
	MACHINE_SMMU,
};

#define MACHINE_ENTRIES 64u  /* cached entries of devices, and of PASIDs */
#define MACHINE_IOTLB	128u /* translations, and those of device TLBs */
#define MACHINE_WALKS	16u
#define MACHINE_QUEUE	512u

/* What an access comes to. */
enum machine_result {
	MACHINE_FAULT,
	MACHINE_PASSED, /* the address as it is */
	MACHINE_TRANSLATED,
};

struct machine_answer {
	enum machine_result result;
	uint64_t oa;
	bool read, write;
};

/* How translations are tagged: by stage, DomainID or VMID, PASID or ASID. */
struct machine_tag {
	uint8_t stage;
	uint32_t domain;
	uint32_t process;
};

/* What entries say of a request. */
struct machine_context {
	enum machine_result result;
	struct machine_tag tag;
	struct walker walker;
	bool ats;    /* the device may ask for translations */
	bool cached; /* what passes, too, is in the IOTLB */
};

/* A cached entry, or that there is none. */
struct machine_entry {
	bool used;
	bool pathless; /* there is none for want of a table on the way, */
	uint8_t span;  /* which would be of 2^span neighbours */
	uint32_t device;
	uint32_t pasid;
	uint32_t domain; /* the id that it is cached under */
	uint64_t word[8];
};

struct machine_line {
	bool used;
	struct machine_tag tag; /* of the IOTLB */
	uint32_t device, pasid; /* of a device's TLB */
	uint64_t first, last;
	uint64_t oa; /* of "first" */
	enum machine_result result;
	bool read, write;
	bool run; /* joined by the contiguous bit */
	int level;
};

/* A walk under way: before its table is read, and after it. */
struct machine_walk {
	uint32_t device, pasid;
	uint64_t iova;
	bool found;
	struct machine_context context;
	struct machine_line line;
};

struct machine {
	struct unit unit;
	enum machine_mode mode;
	struct reader reader;
	struct provider *provider;
	struct random random;
	uint64_t base; /* registers */
	uint32_t cfg;
	bool caches_absent;
	bool whole_runs; /* a range drops runs that lie inside of it alone */

	struct machine_entry devices[MACHINE_ENTRIES];
	struct machine_entry pasids[MACHINE_ENTRIES];
	struct machine_line iotlb[MACHINE_IOTLB];
	struct machine_line own[MACHINE_IOTLB];
	struct machine_walk walks[MACHINE_WALKS];
	unsigned walking;
	struct {
		struct meaning meaning;
		bool plain; /* of a device's TLB: requests without a PASID alone */
	} queue[MACHINE_QUEUE];
	unsigned queued;

	/* Called now and then while it works: devices access. */
	void (*meanwhile)(void *ctx);
	/* What an access came to. */
	void (*judge)(void *ctx, uint32_t device, uint32_t pasid, uint64_t iova,
		      const struct machine_answer *answer);
	void *ctx;
	uint64_t commands; /* executed, but for waits */
	uint64_t hits, walked, faults;
};

/* Opens its unit too. The registers are written by machine_start. */
void machine_open(struct machine *machine, enum machine_mode mode, struct provider *provider,
		  uint64_t seed);
void machine_start(struct machine *machine, uint64_t base, uint32_t cfg);

/* An access; pasid may be IOMT_NO_PASID. "ats": the device has a TLB, and uses it. */
void machine_access(struct machine *machine, uint32_t device, uint32_t pasid, uint64_t iova,
		    bool ats);

/* Walks and invalidations go on, or not. */
void machine_live(struct machine *machine);

/* All of them are done, as after a wait. */
void machine_drain(struct machine *machine);

/* What memory says, whatever is cached. */
void machine_context(struct machine *machine, uint32_t device, uint32_t pasid,
		     struct machine_context *context);
struct machine_answer machine_read(struct machine *machine, uint32_t device, uint32_t pasid,
				   uint64_t iova);

/* machine_entries.c: the entries, from memory or out of the caches. */
void machine_find(struct machine *machine, uint32_t device, uint32_t pasid, bool cached,
		  struct machine_context *context);

#endif
