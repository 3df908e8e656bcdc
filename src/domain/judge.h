/* SPDX-License-Identifier: MIT */
/* A candidate, judged against what is wanted and what all units and devices can do. */
#ifndef DOMAIN_JUDGE_H
#define DOMAIN_JUDGE_H

#include "caps.h"
#include <iomt/domain_choice.h>

typedef uint64_t u64;

/* What one call is about, and what of it no format changes. */
struct asked {
	const struct iomt_domain_req *req;
	const struct iomt_device_caps *const *devices;
	size_t count;
	bool pasids;	/* some device has PASIDs */
	bool undecided; /* it is not said whether a PASID will be wanted, and one can be */
};

/* What a lack is about: of all devices with it the smallest id, and how much that one has. */
struct gap {
	uint32_t device;
	bool known;
	u64 have;
};

struct judged {
	enum iomt_format format;
	const struct iomt_format_facts *facts; /* NULL for a format that no unit's vendor has */
	uint32_t lacks;			       /* bits 1 << IOMT_LACK_* */
	struct gap gaps[IOMT_LACKS];

	/* what the units that walk it have in common */
	uint32_t any, all; /* IOMT_STAGE_* of some, of all */
	u64 sizes;
	uint8_t depths; /* bit k: k levels */
	uint8_t limit;	/* bits of input, levels aside */
	uint8_t oa_bits;
	uint8_t bbm;
	uint8_t enc_bit;

	/* how its table is to be */
	uint8_t levels;
	uint8_t iova_bits;
	uint8_t pasid_bits;
	uint32_t where;	 /* IOMT_WHERE_* */
	uint32_t quirks; /* IOMT_QUIRK_* */
	u64 dma_last;
};

static inline u64 low_bits(unsigned count)
{
	return count < 64 ? (1ULL << count) - 1 : ~0ULL;
}

/* Bits that an address needs. */
static inline unsigned bits_of(u64 address)
{
	return address ? 64u - (unsigned)__builtin_clzll(address) : 0;
}

static inline unsigned count_of(u64 bits)
{
	unsigned count = 0;

	for (; bits; bits &= bits - 1)
		count++;
	return count;
}

static inline bool judged_lacks(const struct judged *j, enum iomt_lack lack)
{
	return j->lacks >> lack & 1;
}

/* Regions that the table must hold: those that are mapped one to one, and doorbells. */
static inline bool is_mapped(const struct iomt_region *region)
{
	return region->kind != IOMT_REGION_HOLE;
}

/* IOMT_EINVAL where something is malformed or contradicts itself; *asked is set when not. */
int iomt_domain_asked(struct asked *asked, const struct iomt_domain_req *req,
		      const struct iomt_device_caps *const *devices, size_t count,
		      struct iomt_iommu_error *error);

/* A format's facts; NULL when it is none of any unit's vendor. */
const struct iomt_format_facts *iomt_domain_facts(const struct asked *asked,
						  enum iomt_format format);

/* Judges one format. */
void iomt_domain_judge(const struct asked *asked, enum iomt_format format, struct judged *j);

/*
 * The order of those that lack nothing, the smallest first; each line is decisive where those above it
 * are equal. No two formats have the same rank.
 */
enum rank_by {
	BY_PASID,   /* cannot be attached to a PASID later, though that may be wanted */
	BY_GRANULE, /* large */
	BY_WIDE,    /* a layout for more bits than are wanted */
	BY_SIZES,   /* few: more IOTLB entries */
	BY_LEVELS,  /* many: longer walks */
	BY_STAGE,
	BY_FORMAT,
	RANKS,
};

struct rank {
	uint8_t by[RANKS];
};

struct rank iomt_domain_rank(const struct asked *asked, const struct judged *j);

/* The first line by which two ranks differ; RANKS where they do not. */
enum rank_by iomt_domain_rank_differs(const struct rank *a, const struct rank *b);

/*
 * All candidates: those that would do, the best first, then the others by number. Returns how many
 * there are; *fit is how many would do.
 */
unsigned iomt_domain_candidates(const struct asked *asked,
				struct iomt_domain_candidate candidates[IOMT_FORMATS],
				unsigned *fit);

/* Of candidates of which none would do, the one that is closest. */
const struct iomt_domain_candidate *
iomt_domain_closest(const struct iomt_domain_candidate *candidates, unsigned count);

/* The first thing that one lacks. */
enum iomt_lack iomt_domain_first_lack(uint32_t lacks);

#endif
