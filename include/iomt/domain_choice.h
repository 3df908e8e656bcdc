/* SPDX-License-Identifier: MIT */
/*
 * The planner: which page table a domain gets, for a set of devices that are to share it.
 *
 *	const struct iomt_device_caps *devices[] = {&nic, &disk};
 *	struct iomt_domain_req req = {.size = sizeof(req), .flags = IOMT_DOMAIN_PASID};
 *	struct iomt_domain_choice choice;
 *
 *	if (iomt_domain_choose(&req, devices, 2, &choice))
 *		...                                     // choice.lack, choice.device; choice.error
 *	choice.cfg.mem = mem;
 *	iomt_pt_init(&pt, &choice.cfg);
 *
 * Each format of the units is a candidate. It is refused for each thing that is asked for and that
 * some unit or device lacks, never given with less than was asked for. Of those that are left, the
 * first in an order of facts alone is chosen: docs/domains.md. Order and repetition of devices do
 * not matter, only what they are. Pure computation without memory, in time proportional to the
 * devices and their regions: safe from any thread.
 */
#ifndef IOMT_DOMAIN_CHOICE_H
#define IOMT_DOMAIN_CHOICE_H

#include <iomt/iommu.h>

#ifdef __cplusplus
extern "C" {
#endif

/* iomt_domain_req.flags */

/*
 * The table can be attached to PASIDs, of every device that has them; one at least must. Devices
 * without PASIDs take it for all of their requests.
 */
#define IOMT_DOMAIN_PASID 0x01u

/*
 * No PASID will ever be wanted for it. With neither flag, a table that can be attached to PASIDs
 * later is preferred where one of the devices has PASIDs.
 */
#define IOMT_DOMAIN_NO_PASID 0x02u

/* With IOMT_DOMAIN_PASID: for requests without a PASID too, of every device. */
#define IOMT_DOMAIN_RID 0x04u

#define IOMT_DOMAIN_NEST_PARENT 0x08u /* a stage 2 on which stage 1 tables of guests will stand */
#define IOMT_DOMAIN_DIRTY	0x10u /* hardware tracks dirty pages */
#define IOMT_DOMAIN_TRUSTED	0x20u /* for trusted devices alone */
#define IOMT_DOMAIN_COHERENT	0x40u /* tables are in memory that is never cleaned out of caches */

/* What is wanted of a domain. Zero is a good value for every field but size. */
struct iomt_domain_req {
	/* sizeof(struct iomt_domain_req): the struct may grow; callers built with an older one work. */
	size_t size;

	uint32_t flags; /* IOMT_DOMAIN_* */

	/* The format wished for, and no other; IOMT_FORMAT_NONE for the best. */
	enum iomt_format format;

	/* Leaf sizes that must be usable, bit k for 2^k bytes; 0: none in particular. */
	uint64_t page_sizes;

	/*
	 * Addresses of so many bits can be mapped, and every device can send them; 64 at most. 0: as
	 * many as units have, 48 at most, 47 where that saves a level; devices may then be narrower.
	 * Regions that must be mapped may make it more.
	 */
	uint8_t iova_bits;

	/* Memory at addresses of so many bits can be mapped; 52 at most. 0: 48, or what units have. */
	uint8_t oa_bits;

	/* With IOMT_DOMAIN_PASID: PASIDs of so many bits can be used; 20 at most. 0: any. */
	uint8_t pasid_bits;
};

/* What a candidate can lack. Of one that lacks several, the first is named. */
enum iomt_lack {
	IOMT_LACK_NOTHING,	/* it would do */
	IOMT_LACK_FORMAT,	/* a unit does not walk this format */
	IOMT_LACK_WISH,		/* another format was wished for */
	IOMT_LACK_PASID,	/* cannot be attached to a PASID */
	IOMT_LACK_PASID_DEVICE, /* no device has PASIDs */
	IOMT_LACK_PASID_BITS,	/* PASIDs are too narrow */
	IOMT_LACK_RID,		/* cannot serve requests without a PASID */
	IOMT_LACK_NESTING,	/* cannot carry stage 1 tables */
	IOMT_LACK_DIRTY,	/* no dirty tracking */
	IOMT_LACK_IOVA_BITS,	/* units do not reach so far */
	IOMT_LACK_OA_BITS,	/* output addresses are too narrow */
	IOMT_LACK_LEVELS,	/* units have no depth in common that will do */
	IOMT_LACK_PAGE_SIZES,	/* a leaf size is missing */
	IOMT_LACK_ENC_BIT,	/* units differ in their encryption bit */
	IOMT_LACK_COHERENT,	/* table walks do not snoop */
	IOMT_LACK_DMA_BITS,	/* a device cannot send such addresses */
	IOMT_LACK_REGION,	/* a region that must be mapped cannot be, so far up or so fine */
	IOMT_LACK_TRUST,	/* a device is not trusted */
	IOMT_LACKS,		/* how many there are */
};

/* "dirty tracking": what lacks, in a few words; never NULL. Any value is allowed. */
const char *iomt_lack_name(enum iomt_lack lack);

/* One format that was looked at. */
struct iomt_domain_candidate {
	enum iomt_format format; /* which */
	uint32_t lacks;		 /* bits 1 << IOMT_LACK_*: all that it lacks; 0: it would do */
};

/* Where a table can be attached, in iomt_domain_choice.where */
#define IOMT_WHERE_RID	   0x1u /* to every device, for requests without a PASID */
#define IOMT_WHERE_PASID   0x2u /* to a PASID of every device that has PASIDs */
#define IOMT_WHERE_ENTRY_0 0x4u /* of IOMT_WHERE_RID: in entry 0, for devices with PASID tables */

/* iomt_domain_choice.quirks: what whoever uses the table must heed */
#define IOMT_QUIRK_INCOHERENT	 0x1u /* mem needs a clean hook: some unit does not snoop */
#define IOMT_QUIRK_CACHES_ABSENT 0x2u /* what is mapped must be invalidated, too */
#define IOMT_QUIRK_WHOLE_RUNS	 0x4u /* IOMT_SMMU_WHOLE_RUNS for every target */
#define IOMT_QUIRK_NO_READ_ONLY	 0x8u /* no read-only leaves (of a nesting parent) */

/* What was chosen. On errors all is 0 but what is said of them. */
struct iomt_domain_choice {
	enum iomt_format format; /* the one that was chosen */
	const char *name;	 /* of the format */
	uint8_t stage;		 /* 1 or 2 */
	uint8_t levels;		 /* of tables */
	uint8_t iova_bits;	 /* the table translates addresses of so many bits */
	uint8_t oa_bits;	 /* 32, 36, 40, 42, 44, 48 or 52 for Arm */
	uint8_t pasid_bits;  /* width of PASIDs that all devices with PASIDs can take; 0: none */
	uint32_t where;	     /* IOMT_WHERE_* */
	uint32_t quirks;     /* IOMT_QUIRK_* */
	uint64_t page_sizes; /* leaf sizes, bit k for 2^k bytes */
	uint64_t dma_last;   /* the highest address that every device can send and the table has */
	struct iomt_pt_cfg cfg; /* ready for iomt_pt_init but for mem */

	/*
	 * IOMT_EOPNOTSUPP: the first thing that the closest candidate lacks, which is the one that
	 * lacks the fewest. device_known: it is about the device of this id, the smallest of several.
	 */
	enum iomt_lack lack;
	uint32_t device;
	bool device_known;

	/* IOMT_EINVAL: the field, "devices.pasid_bits" for those of devices, and a sentence. */
	struct iomt_iommu_error error;

	/* All that were looked at: what would do, the best first, then the others by their number. */
	uint8_t candidate_count;
	struct iomt_domain_candidate candidates[IOMT_FORMATS];
};

/*
 * Chooses. choice says more about errors: IOMT_EOPNOTSUPP, when every candidate lacks something;
 * IOMT_EINVAL, when what is wanted contradicts itself, something given is malformed, or there are
 * no devices.
 */
int iomt_domain_choose(const struct iomt_domain_req *req,
		       const struct iomt_device_caps *const *devices, size_t count,
		       struct iomt_domain_choice *choice);

/*
 * Explains the same in words, a line for each candidate: what was chosen and how it is to be, why
 * others that would do come after it, and all that the others lack. What was malformed is one line.
 *
 * Writes at most size bytes, the last of them a 0 (nothing with size 0), and returns how many it
 * would have written without that 0, given enough: as snprintf. The text is the same for any order
 * of devices.
 */
size_t iomt_domain_explain(const struct iomt_domain_req *req,
			   const struct iomt_device_caps *const *devices, size_t count, char *text,
			   size_t size);

#ifdef __cplusplus
}
#endif
#endif
