/* SPDX-License-Identifier: MIT */
/*
 * A small IOMMU for a virtual machine: devices, the tables that the guest gave them, a software IOTLB in
 * front of the walks, and the guest's invalidation commands.
 *
 * It begins where device table and stream table end: somebody else has read those, and says which table
 * a device (with a PASID or without) is translated by.
 */
#ifndef VIOMMU_H
#define VIOMMU_H

#include <iomt/iomt.h>

#define VIOMMU_CONTEXTS 64u
#define VIOMMU_NO_PASID IOMT_TLB_NO_PASID

enum viommu_kind {
	VIOMMU_AMD,
	VIOMMU_SMMU,
};

/* What one device's requests, of one PASID or none, are translated by. */
struct viommu_context {
	uint32_t device;
	uint32_t pasid;
	uint32_t domain; /* domain id or VMID */
	uint32_t tag;	 /* what its translations are cached by: PASID or ASID, or none */
	struct iomt_walker walker;
	struct iomt_walk_cfg cfg;
	/* where that is cached, and where pages are that an SMMU's stage 1 has for all ASIDs */
	struct iomt_tlb_space spaces[2];
	unsigned count;
};

struct viommu {
	enum viommu_kind kind;
	struct iomt_tlb *tlb;
	void *tlb_memory;
	struct iomt_guest_region ram;
	struct iomt_guest_mem mem;
	unsigned count;
	struct viommu_context contexts[VIOMMU_CONTEXTS];
};

/* IOMT_ENOMEM. Guest memory comes with viommu_memory. */
int viommu_open(struct viommu *viommu, enum viommu_kind kind);
void viommu_close(struct viommu *viommu);

/* The guest's memory, once: size bytes of zeros. IOMT_EINVAL, IOMT_EEXIST, IOMT_ENOMEM. */
int viommu_memory(struct viommu *viommu, uint64_t base, uint64_t size);

/* A word of it; IOMT_EFAULT where there is none. */
int viommu_write(struct viommu *viommu, uint64_t address, uint64_t value);
int viommu_read(const struct viommu *viommu, uint64_t address, uint64_t *value);

/*
 * The guest has programmed a device's entry. Takes the place of what the device had; as on hardware, what
 * the IOTLB knows stays until the guest invalidates it. IOMT_EINVAL: error says why. IOMT_ENOSPC.
 */
int viommu_attach(struct viommu *viommu, const struct viommu_context *context,
		  struct iomt_pt_cfg_error *error);

/* NULL where nothing was attached. */
struct viommu_context *viommu_find(struct viommu *viommu, uint32_t device, uint32_t pasid);

struct viommu_answer {
	uint64_t oa;
	uint32_t prot;
	uint8_t size_lg2;
	bool cached;		      /* the IOTLB knew it */
	struct iomt_walk_fault fault; /* IOMT_EFAULT */
};

/*
 * One access of a device: IOMT_READ, IOMT_WRITE, IOMT_EXEC. IOMT_EFAULT: the tables do not allow it.
 * IOMT_ENOENT: the device has no context. IOMT_EAGAIN: the guest changes its tables all the time.
 */
int viommu_access(struct viommu *viommu, uint32_t device, uint32_t pasid, uint64_t iova,
		  uint32_t access, struct viommu_answer *answer);

/*
 * Obeys a command of the guest's queue; *inv is what it says. IOMT_EINVAL: it is none. IOMT_EFAULT: it
 * stores where no memory is.
 */
int viommu_command(struct viommu *viommu, const struct iomt_cmd *cmd, struct iomt_inv *inv);

#endif
