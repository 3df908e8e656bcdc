/* SPDX-License-Identifier: MIT */
/*
 * The parts of domains. attach.c decides, carry.c carries out, unit_*.c hold what the vendors differ in.
 *
 * What is attached to a device and a PASID is a place. Its tag is the id by which the IOTLB knows what it
 * translates: AMD tags by the device's domain id and the PASID, so that a device is one to the packer, with
 * a key for each place; elsewhere tables are tagged, and each place is one to the packer, with one key.
 */
#ifndef DOMAIN_PARTS_H
#define DOMAIN_PARTS_H

#include <iomt/nested.h>

/* What vendors, or modes, differ in. Calls with "unit" may append commands to the change. */
struct domain_facts {
	enum iomt_vendor vendor;
	bool by_device; /* the packer's devices are devices, not places */

	/* Ids of first_id and more, of so many bits. 0 bits: none of this kind. */
	void (*id_bits)(const struct iomt_iommu_caps *caps, uint8_t *domains, uint8_t *asids);

	/* Why a domain cannot be there beside what else the device has; 0, or an error and the reason. */
	int (*refuse)(const struct iomt_device *device, const struct iomt_domain *domain,
		      uint32_t pasid, const char **reason);

	/* The packer whose id tags a place, NULL where nothing is cached of it; and what decides. */
	struct iomt_pack *(*packer)(struct iomt_iommu *iommu, const struct iomt_attachment *place);

	/* Takes the memory that writing the place may need. */
	int (*prepare)(struct iomt_attachment *place);

	/* Makes a place of the device what its domain says, or nothing. They need no memory. */
	int (*write)(struct iomt_attachment *place);
	int (*clear)(struct iomt_attachment *place);

	/* What the device's own entry is to be. False: it has none. */
	bool (*describe)(const struct iomt_device *device, struct iomt_device_entry *entry);

	/* Whether nothing comes through an entry; NULL where none says so. */
	bool (*blocks)(const struct iomt_device_entry *entry);

	/* Translations of a place's table by an id; of a key by an id; of a PASID in the device. */
	void (*target)(const struct iomt_attachment *place, const struct iomt_domain_table *table,
		       uint32_t id, struct iomt_target *target);
	void (*key_target)(uint32_t id, uint32_t key, struct iomt_target *target);
	void (*device_target)(const struct iomt_device *device, uint32_t pasid,
			      struct iomt_target *target);

	/*
	 * Of a nested place, what a guest's command is about; false: all of it, whatever the addresses. In
	 * *gather is its range; which leaves are in it may be told better. And what a change of a guest's
	 * table of processes needs.
	 */
	bool (*guest_target)(const struct iomt_attachment *place, const struct iomt_inv *inv,
			     struct iomt_target *target, struct iomt_gather *gather);
	int (*guest_process)(const struct iomt_device *device, const struct iomt_inv *inv,
			     struct iomt_cmd *cmds, size_t n);

	int (*device_commands)(const struct iomt_device_inv *inv, const struct iomt_iommu *iommu,
			       struct iomt_cmd *cmds, size_t n);
	int (*pasid_commands)(const struct iomt_pasid_inv *inv, const struct iomt_device *device,
			      struct iomt_cmd *cmds, size_t n);
};

extern const struct domain_facts iomt_domain_amd, iomt_domain_vtd, iomt_domain_vtd_scalable,
	iomt_domain_smmu;

/* A format's facts where this unit walks it, or NULL. */
const struct iomt_format_facts *iomt_domain_format(const struct iomt_iommu_caps *caps,
						   const struct iomt_domain_table *table);

/* What hardware needs to know of a table at this moment. */
void iomt_domain_hw(const struct iomt_domain_table *table, struct iomt_pt_hw *hw);

/* Gives arrays of targets back, now and then. */
void iomt_domain_retire(struct iomt_domain_table *table);

/* The stage of a domain's table, 0 without a table. */
static inline unsigned domain_stage(const struct iomt_device *device,
				    const struct iomt_domain *domain)
{
	return domain->table ? iomt_domain_format(device->caps.iommu, domain->table)->stage : 0;
}

/* The guest's part of a domain, or of a place, or NULL. */
static inline const struct iomt_nested *domain_guest(const struct iomt_domain *domain)
{
	return domain->kind == IOMT_DOMAIN_NESTED ? (const struct iomt_nested *)domain : NULL;
}

static inline const struct iomt_nested *domain_nested(const struct iomt_attachment *place)
{
	return place ? domain_guest(place->domain) : NULL;
}

/* Sizes of leaves, of 2^least_lg2 bytes and more, that can lie in a range. */
static inline uint64_t domain_leaf_sizes(uint64_t first, uint64_t last, unsigned least_lg2)
{
	unsigned lg2 = 63;

	for (; lg2 > least_lg2; lg2--) {
		uint64_t rest = (1ULL << lg2) - 1, begin = (first + rest) & ~rest;

		if (begin >= first && begin <= last && last - begin >= rest)
			break;
	}
	return (2ULL << lg2) - (1ULL << least_lg2);
}

/* Whether a stage's tables may have so many levels. */
static inline bool domain_walks(const struct iomt_iommu_stage *stage, unsigned levels)
{
	return !stage->levels || stage->levels & 1u << levels;
}

/* Bits of PASIDs that come through: the device's, and the unit's. */
static inline uint8_t domain_pasid_bits(const struct iomt_device *device)
{
	uint8_t unit = device->caps.iommu->pasid_bits;

	return device->caps.pasid_bits < unit ? device->caps.pasid_bits : unit;
}

/*
 * What the packer is told of a device. GIOV may make PASID 0 of requests without one, so that every device
 * sends that. Nobody is in a trust group: what the packer takes for a key without a leaf may be a device that
 * passes all, or has guest tables alone, and these cannot have the id of a host table, trusted or not.
 */
static inline struct iomt_pack_device_cfg domain_pack_device(const struct iomt_device *device)
{
	return (struct iomt_pack_device_cfg){
		.size = sizeof(struct iomt_pack_device_cfg),
		.sends = 1u << domain_pasid_bits(device),
		.flags = device->caps.flags & IOMT_DEVICE_ATS ? IOMT_PACK_ATS : 0,
	};
}

/* Whether a place takes another's: the device's entry says PASIDs before and after. */
static inline bool domain_replaces(const struct iomt_device *device)
{
	const struct iomt_iommu_change *change = device->iommu->change;

	return change->from && change->to;
}

/* The entry of a PASID table that is a place's. */
static inline uint32_t domain_entry(const struct iomt_attachment *place)
{
	return place->pasid == IOMT_NO_PASID ? 0 : place->pasid;
}

/*
 * What the packer knows a place by, where devices are its devices: the PASID, IOMT_PACK_RID for a host
 * table; without a PASID guest tables use GCR3[0].
 */
static inline uint32_t domain_key(const struct iomt_attachment *place)
{
	if (place->pasid != IOMT_NO_PASID)
		return place->pasid;
	return domain_stage(place->device, place->domain) == 1 ? 0 : IOMT_PACK_RID;
}

/* attach.c: publishing, which can fail, and its opposite, which cannot. */
int iomt_domain_publish(struct iomt_attachment *place, uint32_t id);
void iomt_domain_retract(struct iomt_attachment *place, uint32_t id);
/* For struct iomt_pack_cfg, with the unit as ctx. */
int iomt_domain_accept(void *ctx, const struct iomt_pack *pack, const struct iomt_pack_plan *plan);

/* carry.c */

/* The most commands that one thing needs. */
#define DOMAIN_CMDS_MOST (2 * IOMT_DEVICE_INV_MOST)

/* A change of this device begins, without places or plans. */
void iomt_change_begin(struct iomt_iommu *iommu, struct iomt_iommu_change *change,
		       struct iomt_device *device);
/* A step of a plan that is not carried out yet; and back. */
int iomt_change_publish(struct iomt_iommu *iommu, const struct iomt_pack_step *step);
void iomt_change_withdraw(struct iomt_iommu *iommu, const struct iomt_pack_step *step);
/* Takes back what was prepared, when nothing was decided. */
void iomt_change_undo(struct iomt_iommu *iommu);
/* Carries the plans out, and what they have left; ends the change. IOMT_EIO: hardware did not follow. */
int iomt_change_end(struct iomt_iommu *iommu);

/* Memory in advance: for the device's own entry; a PASID table; what the place needs of one. */
int iomt_change_reserve(struct iomt_device *device);
int iomt_change_pasids(struct iomt_device *device, const struct iomt_pasid_table_cfg *cfg);
int iomt_change_prepare(struct iomt_attachment *place, const struct iomt_pasid_table_cfg *cfg);

/* Writes what "describe" says, and asks for what that needs. */
int iomt_change_device(struct iomt_device *device);
/* The same for an entry of the PASID table; NULL: none. */
int iomt_change_pasid(struct iomt_device *device, uint32_t pasid,
		      const struct iomt_pasid_entry *entry);
/* Puts what there is into the ring, and waits. */
void iomt_change_send(struct iomt_iommu *iommu);

#endif
