/* SPDX-License-Identifier: MIT */
/*
 * Nesting: a guest's stage 1 tables, in guest memory, on a stage 2 of the host's, both walked by hardware.
 * A vIOMMU is what a guest sees of a unit; its guest ids stand for ids of the host, and what the guest
 * invalidates is told to hardware in the host's ids.
 *
 *	iomt_viommu_init(&viommu, &viommu_cfg);          // unit, and the parent: stage 2
 *	iomt_viommu_add(&viommu, &vdevice, &device, 0x10); // the guest calls the device 0x10
 *	...                                              // the guest writes its device-table entry
 *	iomt_nested_init(&nested, &viommu, &guest);      // what it says
 *	iomt_domain_replace(&place, &nested.domain, IOMT_ATTACH_BREAK);
 *	...                                              // the guest puts a command into its queue
 *	iomt_amd_decode(&cmd, &inv);
 *	iomt_viommu_invalidate(&viommu, &inv);
 *
 * VT-d: PASID tables are the host's, and the guest's invalidations name its PASIDs: what its entry of a PASID
 * says is attached to the PASID of that number, and what that of RID_PASID says to none. The vIOMMU must not
 * offer another RID_PASID than 0 (ECAP_REG.RPS is 0).
 *
 * What the guest maps is unknown to the host: a change of the parent drops all that guests have of it
 * (VT-d and SMMUv3 have commands for that, elsewhere it is everything of the guest's ids).
 *
 * Threads: as iomt/domain.h; iomt_viommu_commands and iomt_viommu_invalidate at any time but when something of the
 * parent's table is being attached or detached, in any unit, or the vIOMMU and its devices change.
 */
#ifndef IOMT_NESTED_H
#define IOMT_NESTED_H

#include <iomt/domain.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a vIOMMU is to be. */
struct iomt_viommu_cfg {
	/* sizeof(struct iomt_viommu_cfg): the struct may grow. */
	size_t size;
	struct iomt_iommu *iommu; /* with IOMT_IOMMU_NESTING */

	/*
	 * A domain with a stage 2 table, which maps the guest's memory: any number of vIOMMUs have one. Its
	 * flags hold for nested domains, too.
	 */
	struct iomt_domain *parent;

	/* How guests' ranges are told. As for targets, at most IOMT_TARGETS_MOST covers, fewer in small rings. */
	struct iomt_plan_policy policy;
};

struct iomt_nested;

/* A device as its guest calls it. In the caller's memory, as the next; all fields are private. */
struct iomt_vdevice {
	struct iomt_vdevice *next;
	struct iomt_device *device;
	uint32_t id;
};

/* All fields are private. It stays where it is until it is destroyed, as nested domains do. */
struct iomt_viommu {
	struct iomt_viommu_cfg cfg;
	struct iomt_nested *first;
	struct iomt_vdevice *devices;
};

/*
 * IOMT_EINVAL: a field is missing, or the policy is none; IOMT_EOPNOTSUPP: the unit cannot nest, or not on
 * this parent. On errors *viommu is none.
 */
int iomt_viommu_init(struct iomt_viommu *viommu, const struct iomt_viommu_cfg *cfg);

/* IOMT_EBUSY while a nested domain or a device belongs to it. */
int iomt_viommu_destroy(struct iomt_viommu *viommu);

/*
 * The guest's name of a device, which must be removed here before it is there (iomt_device_remove).
 * IOMT_EEXIST: it names another; IOMT_EINVAL: of another unit.
 */
int iomt_viommu_add(struct iomt_viommu *viommu, struct iomt_vdevice *vdevice,
		    struct iomt_device *device, uint32_t id);
/* Forgets the name. One that is not there is no error. */
void iomt_viommu_remove(struct iomt_viommu *viommu, struct iomt_vdevice *vdevice);

/* AMD: GCR3 root, GLX, GIOV, GuestPagingMode of the guest's DTE. */
struct iomt_guest_amd {
	uint64_t gcr3;	     /* a guest address */
	uint8_t glx;	     /* levels of the GCR3 tables less one */
	uint8_t paging_mode; /* 0 is four, 1 is five levels */
	bool giov;	     /* requests without a PASID use GCR3[0] */
};

/* VT-d: FSPTPTR, FSPM and the bits IOMT_VTD_ENTRY_SRE, WPE, NXE, EAFE of a PASID entry. */
struct iomt_guest_vtd {
	uint64_t first; /* FSPTPTR: a guest address */
	uint32_t flags; /* IOMT_VTD_ENTRY_* */
	uint8_t fspm;	/* 0 is four, 1 is five levels */
};

/* SMMUv3: the fields of the same names of the guest's STE. */
struct iomt_guest_smmu {
	uint64_t context;		  /* S1ContextPtr: a guest address */
	uint8_t s1_fmt, s1_cdmax, s1_dss; /* S1Fmt, S1CDMax, S1DSS */
	uint8_t s1_cir, s1_cor, s1_csh;	  /* S1CIR, S1COR, S1CSH */
};

/*
 * What a guest's entry says of its stage 1, addresses being the guest's: the member that the unit's vendor
 * has. All of it comes from the guest and is checked when it is attached: what the unit cannot do, or
 * nothing means, is IOMT_EINVAL or IOMT_ERANGE.
 */
struct iomt_guest_stage {
	/* Its own id: DomainID of its device-table entry, or of its PASID entry; SMMUv3: 0. */
	uint32_t id;
	union {
		struct iomt_guest_amd amd;   /* AMD */
		struct iomt_guest_vtd vtd;   /* VT-d */
		struct iomt_guest_smmu smmu; /* SMMUv3 */
	};
};

/* A domain with two stages: attach its "domain". All other fields are private. */
struct iomt_nested {
	struct iomt_domain domain;
	struct iomt_viommu *viommu;
	struct iomt_nested *next;
	struct iomt_guest_stage guest;
};

/*
 * Where the guest's entries say the same, one nested domain may be attached to all its devices; places of
 * one guest id have one id of the host's. AMD and SMMUv3: for devices without a PASID (guests have theirs in
 * tables of their own). IOMT_EINVAL: an id of more than 16 bits, or none of the vendor's.
 */
int iomt_nested_init(struct iomt_nested *nested, struct iomt_viommu *viommu,
		     const struct iomt_guest_stage *guest);

/* Ends a nested domain. IOMT_EBUSY while it is attached. */
int iomt_nested_destroy(struct iomt_nested *nested);

/*
 * What a guest's command asks for, in ids of the host, for the unit: returns how many entries it wrote.
 *
 *  - IOMT_INV_IOTLB: of the guest's id, or of all it has; by process and address as it says. A guest's id
 *    that nothing is attached by needs nothing.
 *  - IOMT_INV_DEVICE_TLB: of the devices that the guest calls so. IOMT_ENOENT: it has none of that name.
 *  - IOMT_INV_PROCESS: what hardware caches of the guest's context descriptors (SMMUv3) or GCR3 entries.
 *    VT-d's PASID entries are the host's: 0; read the guest's again.
 *  - IOMT_INV_DEVICE, IOMT_INV_WAIT: 0. Read the guest's entry again, and attach what it says; complete the
 *    guest's wait when what it put before is done.
 *
 * IOMT_EINVAL: an inv that is none (ranges that end before they begin, a PASID of more than 20 bits, an ASID
 * of more than 16, no granule of Arm's); IOMT_ENOSPC: n is too small.
 */
int iomt_viommu_commands(const struct iomt_viommu *viommu, const struct iomt_inv *inv,
			 struct iomt_cmd *cmds, size_t n);

/*
 * The same, put into the unit's ring, whatever it holds, and waited for. IOMT_EINVAL, IOMT_ENOENT, and errors of
 * the ring: not all may have been told then.
 */
int iomt_viommu_invalidate(const struct iomt_viommu *viommu, const struct iomt_inv *inv);

#ifdef __cplusplus
}
#endif
#endif
