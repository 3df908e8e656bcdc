/* SPDX-License-Identifier: MIT */
/*
 * IOMMUs and devices as data: what a unit can do, and what a device behind it can. The planner
 * (iomt/domain_choice.h) reads these and nothing else. A driver copies the ready description that
 * is next to its hardware and sets what its registers say:
 *
 *	struct iomt_iommu_caps unit = iomt_iommu_amd_gio;
 *
 *	unit.stage[1].oa_bits = 48;              // PASize
 *	unit.flags &= ~IOMT_IOMMU_COHERENT;      // ...
 *	if (iomt_iommu_caps_check(&unit, &error))
 *		...                              // error.field, error.reason
 *
 * Nothing here is changed by the library, and nothing is about one domain. Safe from any thread.
 */
#ifndef IOMT_IOMMU_H
#define IOMT_IOMMU_H

#include <iomt/pt.h>
#include <iomt/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Formats of tables, as units and domains name them. */
enum iomt_format {
	IOMT_FORMAT_NONE,	     /* no format, or none in particular */
	IOMT_FORMAT_AMD_V1,	     /* AMD host tables: stage 2 */
	IOMT_FORMAT_AMD_V2,	     /* AMD guest tables: stage 1 */
	IOMT_FORMAT_VTD_FIRST,	     /* VT-d first stage */
	IOMT_FORMAT_VTD_SECOND,	     /* VT-d second stage */
	IOMT_FORMAT_ARM_S1_4K,	     /* Arm stage 1, granule of 4K */
	IOMT_FORMAT_ARM_S1_16K,	     /* Arm stage 1, granule of 16K */
	IOMT_FORMAT_ARM_S1_64K,	     /* Arm stage 1, granule of 64K */
	IOMT_FORMAT_ARM_S1_4K_LPA2,  /* 52 bits (DS) */
	IOMT_FORMAT_ARM_S1_16K_LPA2, /* the same for 52 bits (DS) */
	IOMT_FORMAT_ARM_S2_4K,	     /* Arm stage 2, granule of 4K */
	IOMT_FORMAT_ARM_S2_16K,	     /* Arm stage 2, granule of 16K */
	IOMT_FORMAT_ARM_S2_64K,	     /* Arm stage 2, granule of 64K */
	IOMT_FORMAT_ARM_S2_4K_LPA2,  /* the same for 52 bits (DS) */
	IOMT_FORMAT_ARM_S2_16K_LPA2, /* the same for 52 bits (DS) */
	IOMT_FORMATS,		     /* how many there are, the first of these included */
};

/* The bit of a format in struct iomt_iommu_stage. */
#define IOMT_FORMAT_BIT(format) (1u << (format))

/* "AMD V2"; "no format" for what is none. Never NULL; any value is allowed. */
const char *iomt_format_name(enum iomt_format format);

/* The facts of a format that do not depend on the unit. */
struct iomt_format_facts {
	const struct iomt_pt_format *pt; /* the engine's, iomt/formats.h */
	enum iomt_format format;	 /* as units name it */
	uint8_t stage;			 /* 1 or 2 */
	uint8_t granule_lg2;		 /* of the smallest page */
	uint8_t index_lg2;		 /* bits of address that a level adds */
	uint8_t concat_lg2; /* log2 of the tables that may stand side by side as the top */
	uint8_t min_levels, max_levels;	      /* of tables */
	uint8_t min_iova_bits, max_iova_bits; /* of input address */
	bool iova_within_oa;		      /* the input is at most as wide as the output */
	bool wide;			      /* a layout that only addresses above 48 bits need */

	/*
	 * Addresses are sign-extended from the top bit of what the levels reach, with a PASID, and
	 * without one: below that bit an address is the same for everybody.
	 */
	bool signed_pasid, signed_rid;

	uint64_t oa_widths;  /* bit k: tables can be made for output addresses of k bits */
	uint64_t sizes;	     /* bit k: leaves of 2^k bytes */
	uint64_t sizes_wide; /* those among them that need the widest output address */

	/* By which register, or section of the specification, units say that they can. */
	const char *by_walk, *by_pasid, *by_rid, *by_nesting, *by_dirty;
};

/* What a vendor's units have in common. A program links the formats of vendors that it names. */
struct iomt_iommu_kind {
	enum iomt_vendor vendor;		 /* whose units */
	const struct iomt_format_facts *formats; /* that such units may walk */
	size_t count;				 /* of these */
	uint32_t errata;			 /* IOMT_ERRATUM_* that such units can have */
};

/* The vendors' kinds. */
extern const struct iomt_iommu_kind iomt_iommu_kind_amd;
extern const struct iomt_iommu_kind iomt_iommu_kind_vtd;
extern const struct iomt_iommu_kind iomt_iommu_kind_smmu;

/* A format's facts; NULL when units of this kind never walk it. */
const struct iomt_format_facts *iomt_format_facts(const struct iomt_iommu_kind *kind,
						  enum iomt_format format);

/* iomt_iommu_stage.flags */

/* Serves requests without a PASID. AMD V2 does that by GIOSup alone (48882, 2.2.2.1, GIOV). */
#define IOMT_STAGE_RID 0x01u

/* Serves requests with a PASID. Never AMD V1, nor SMMUv3's stage 2 alone. */
#define IOMT_STAGE_PASID 0x02u

/*
 * Its tables are named in PASID tables alone, so that requests without a PASID use an entry there,
 * by convention entry 0: AMD V2 (GCR3[0]), SMMUv3's stage 1 (S1DSS 0b10), both stages of VT-d in
 * scalable mode (RID_PASID).
 */
#define IOMT_STAGE_ENTRIES 0x04u

/* Hardware sets accessed flags: HA of SMMU_IDR0.HTTU, SSADS, EFR.HASup; x86-64 tables: always. */
#define IOMT_STAGE_ACCESSED 0x08u

/* Hardware tracks dirty pages: HD of SMMU_IDR0.HTTU, SSADS, EFR.HDSup; x86-64 tables: always. */
#define IOMT_STAGE_DIRTY 0x10u

/* Absent entries are cached (AMD NpCache, VT-d CAP_REG.CM): what is mapped is invalidated, too. */
#define IOMT_STAGE_CACHES_ABSENT 0x20u

/* Instruction fetches are told from reads (EFR.NXSup, VT-d NXE). x86-64 tables alone. */
#define IOMT_STAGE_NX 0x40u

/* What a unit does in one stage. Without formats it has no such stage, and all of this is 0. */
struct iomt_iommu_stage {
	uint32_t formats; /* IOMT_FORMAT_BIT of each that the unit walks */
	uint32_t flags;	  /* IOMT_STAGE_*; RID or PASID at least */

	/* Leaf sizes, bit k for 2^k bytes, of all formats together; 0 for all that they have. */
	uint64_t page_sizes;

	/*
	 * Bit k: tables of k levels (HATS, GATS, SAGAW, FS5LP). 0 for Arm, where the width of the
	 * input decides.
	 */
	uint8_t levels;

	/* Bits of input address at most: MGAW, SMMU_IDR5.VAX, IAS; AMD 64. 32 to 64. */
	uint8_t iova_bits;

	/* Bits of output address: PASize, HAW, SMMU_IDR5.OAS. 32 to 52. */
	uint8_t oa_bits;
};

/* iomt_iommu_caps.flags */
#define IOMT_IOMMU_COHERENT 0x1u /* table walks snoop CPU caches (ECAP_REG.C, SMPWC; COHACC) */
#define IOMT_IOMMU_NESTING  0x2u /* stage 1 on stage 2: see below; ECAP_REG.NEST; S1P and S2P */
#define IOMT_IOMMU_SVA_RID  0x4u /* a process' table may serve requests without a PASID */
#define IOMT_IOMMU_RANGES   0x8u /* SMMUv3: range invalidation (SMMU_IDR3.RIL) */

/*
 * NESTING on AMD is EFR2.GCR3TRPMode, which the driver has switched on in the Control register: GCR3 roots
 * on a host table are a guest's addresses. Without it hardware takes what the guest wrote as a system physical
 * address, and the guest reaches the host's memory.
 */

/* iomt_iommu_caps.errata, and what they change */

/* AMD V1: a leaf of 512 GiB is read wrongly. That size is not used. */
#define IOMT_ERRATUM_512G 0x1u

/* VT-d (Sapphire Rapids, SPR17): no read-only leaves in nesting parents: IOMT_QUIRK_NO_READ_ONLY. */
#define IOMT_ERRATUM_READ_ONLY 0x2u

/* SMMUv3 (MMU-600 1209401, MMU-700): stage 1 on stage 2 fails. IOMT_IOMMU_NESTING is void. */
#define IOMT_ERRATUM_NESTING 0x4u

/* SMMUv3 (MMU-700, MMU S3): ranges drop whole contiguous runs alone: IOMT_QUIRK_WHOLE_RUNS. */
#define IOMT_ERRATUM_WHOLE_RUNS 0x8u

/* What one unit can do. What the vendor has no such thing of is 0. */
struct iomt_iommu_caps {
	/* sizeof(struct iomt_iommu_caps): the struct may grow; callers built with an older one work. */
	size_t size;

	const struct iomt_iommu_kind *kind; /* &iomt_iommu_kind_amd, ... */
	uint32_t flags;			    /* IOMT_IOMMU_* */
	uint32_t errata;		    /* IOMT_ERRATUM_* */
	struct iomt_iommu_stage stage[2];   /* stage 1, stage 2 */

	uint8_t pasid_bits; /* PASmax + 1, PSS + 1, SSIDSIZE; 0 to 20; needed by IOMT_STAGE_PASID */
	uint8_t domain_bits; /* AMD 16, VT-d 4 to 16 (ND) */
	uint8_t asid_bits;   /* SMMUv3 with stage 1: 8 or 16 (ASID16) */
	uint8_t vmid_bits;   /* SMMUv3 with stage 2: 8 or 16 (VMID16) */
	uint8_t gcr3_levels; /* AMD with V2: levels of GCR3 tables, 1 to 3 (GLXSup + 1) */
	uint8_t bbm;	     /* SMMUv3: SMMU_IDR3.BBML, 0 to 2 */
	uint8_t mamv;	     /* VT-d: CAP_REG.MAMV, 0 to 52 (without PSI 0) */
	uint8_t enc_bit; /* AMD: memory encryption bit of addresses, oa_bits or more; 0 for none */
};

/* What is wrong with a description: the field's name, "stage[0].levels", and a sentence. */
struct iomt_iommu_error {
	const char *field;  /* its name, a constant */
	const char *reason; /* what is wrong with it, a constant */
};

/* 0, or IOMT_EINVAL; *error, unless NULL, then names the first field that is wrong. */
int iomt_iommu_caps_check(const struct iomt_iommu_caps *caps, struct iomt_iommu_error *error);

/*
 * Ready descriptions. Widths are those of servers of today: look at yours. All walk coherently, and
 * have the erratum IOMT_ERRATUM_512G where they are AMD's, as drivers assume it of all.
 */
extern const struct iomt_iommu_caps iomt_iommu_amd;	   /* V1 alone: no guest tables */
extern const struct iomt_iommu_caps iomt_iommu_amd_gt;	   /* and V2, on PASIDs alone */
extern const struct iomt_iommu_caps iomt_iommu_amd_gio;	   /* and V2 anywhere; dirty pages of V1 */
extern const struct iomt_iommu_caps iomt_iommu_vtd_legacy; /* second stages */
extern const struct iomt_iommu_caps iomt_iommu_vtd_scalable; /* both, PASIDs, nested */
extern const struct iomt_iommu_caps iomt_iommu_smmu_s1;	     /* stage 1 alone, 8-bit ASIDs */
extern const struct iomt_iommu_caps iomt_iommu_smmu_s2;	     /* stage 2 alone, 8-bit VMIDs */
extern const struct iomt_iommu_caps iomt_iommu_smmu;	     /* both, nested too */
extern const struct iomt_iommu_caps
	iomt_iommu_smmu_full; /* and ranges, HTTU, 16-bit ids, 52-bit addresses */

/* iomt_region.kind: addresses that are not the domain's to give out */
enum iomt_region_kind {
	IOMT_REGION_HOLE,     /* never translated (x86: interrupts at 0xfee00000, peer windows) */
	IOMT_REGION_IDENTITY, /* must be mapped one to one (RMRR, IVMD, RMR) */
	IOMT_REGION_MSI,      /* where the driver maps doorbells of interrupts (Arm) */
};

/* A range of addresses of a device. */
struct iomt_region {
	uint64_t first;		    /* bytes */
	uint64_t last;		    /* inclusive */
	enum iomt_region_kind kind; /* what is there */
};

/* iomt_device_caps.flags */
#define IOMT_DEVICE_ATS	    0x1u /* has a TLB of its own */
#define IOMT_DEVICE_PRI	    0x2u /* asks for pages that are missing; needs ATS */
#define IOMT_DEVICE_TRUSTED 0x4u /* keeps to what it was given: not external, no foreign firmware */

/* What one device can do. */
struct iomt_device_caps {
	/* sizeof(struct iomt_device_caps): the struct may grow, as above. */
	size_t size;

	const struct iomt_iommu_caps *iommu; /* the unit that it is behind */
	uint32_t id;			     /* requester id (16 bits), or StreamID */
	uint32_t flags;			     /* IOMT_DEVICE_* */
	uint8_t pasid_bits;		     /* width of its PASIDs, 1 to 20; 0: it has none */
	uint64_t dma_last;		     /* the highest address it can send; 0: any */
	const struct iomt_region *regions;   /* reserved addresses, in any order */
	size_t region_count;		     /* of these */
};

/* 0, or IOMT_EINVAL as above; "iommu" for a unit that fails its own check. */
int iomt_device_caps_check(const struct iomt_device_caps *device, struct iomt_iommu_error *error);

#ifdef __cplusplus
}
#endif
#endif
