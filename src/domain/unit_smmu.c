/* SPDX-License-Identifier: MIT */
/*
 * SMMUv3 (IHI 0070): a stream table entry with stage 2, or with context descriptors for stage 1. What
 * stage 1 translates is tagged by an ASID, stage 2 by a VMID; stage 1 without stage 2 has VMID 0.
 */
#include "parts.h"

static void id_bits(const struct iomt_iommu_caps *caps, uint8_t *domains, uint8_t *asids)
{
	*domains = caps->vmid_bits;
	*asids = caps->asid_bits;
}

static bool has_stage(const struct iomt_device *device, const struct iomt_attachment *place,
		      unsigned stage)
{
	return place && domain_stage(device, place->domain) == stage;
}

/* Half of the address space that a table serves: TTB0 or TTB1. */
static unsigned half_of(const struct iomt_domain_table *table)
{
	uint64_t oa;

	return table->cfg.pt && iomt_pt_oa(table->cfg.pt, 0, &oa) == IOMT_ERANGE;
}

static int use_half(struct iomt_cd *cd, const struct iomt_domain_table *table)
{
	struct iomt_pt_hw hw;

	iomt_domain_hw(table, &hw);
	return iomt_cd_use(cd, &hw, half_of(table));
}

/* Both halves in one descriptor: what they have in common must be the same. */
static bool halves_fit(const struct iomt_domain *domain)
{
	struct iomt_cd cd = {0};

	return half_of(domain->upper) && !half_of(domain->table) && !use_half(&cd, domain->table) &&
	       !use_half(&cd, domain->upper);
}

static int refuse(const struct iomt_device *device, const struct iomt_domain *domain,
		  uint32_t pasid, const char **reason)
{
	const struct iomt_nested *nested = domain_guest(domain);

	if (nested && nested->guest.smmu.s1_cdmax > device->caps.iommu->pasid_bits) {
		*reason = "the guest's entry has more substreams than the unit";
		return IOMT_EINVAL;
	}
	if (pasid == IOMT_NO_PASID && device->pasid_count && domain_stage(device, domain) == 2) {
		*reason = "stage 2 would translate for the device's PASIDs, too";
		return IOMT_EBUSY;
	}
	if (pasid != IOMT_NO_PASID && has_stage(device, device->rid, 2)) {
		*reason = "the device's stage 2 would translate for its PASIDs, too";
		return IOMT_EBUSY;
	}
	if (domain->upper && (domain_stage(device, domain) != 1 || !halves_fit(domain))) {
		*reason = "the tables do not fit into one context descriptor";
		return IOMT_EOPNOTSUPP;
	}
	return 0;
}

static struct iomt_pack *packer(struct iomt_iommu *iommu, const struct iomt_attachment *place)
{
	if (!place->domain->table)
		return NULL;
	return domain_stage(place->device, place->domain) == 1 ? &iommu->asids : &iommu->domains;
}

static int prepare(struct iomt_attachment *place)
{
	const struct iomt_iommu_caps *caps = place->device->caps.iommu;
	uint8_t bits = domain_pasid_bits(place->device);
	struct iomt_pasid_table_cfg cfg = {
		.size = sizeof(cfg),
		.mem = place->device->iommu->cfg.mem,
		.format = bits > 6 ? IOMT_PASID_TABLE_CD_4K : IOMT_PASID_TABLE_CD,
		.flags = bits ? IOMT_PASID_TABLE_RID : 0,
		.pasid_bits = bits,
		.oa_bits = caps->stage[0].oa_bits,
		.asid_bits = caps->asid_bits,
	};

	if (domain_stage(place->device, place->domain) != 1)
		return 0;
	return iomt_change_prepare(place, &cfg);
}

/* Faults are recorded, and abort the transaction (R, A; IHI 0070, 5.5). */
static int write_context(struct iomt_attachment *place)
{
	struct iomt_pasid_entry entry = {.cd = {.flags = IOMT_CD_R | IOMT_CD_A | IOMT_CD_ASET,
						.asid = (uint16_t)place->tag}};
	int err = use_half(&entry.cd, place->domain->table);

	if (!err && place->domain->upper)
		err = use_half(&entry.cd, place->domain->upper);
	return err ? err : iomt_change_pasid(place->device, domain_entry(place), &entry);
}

/* A descriptor before the entry by which it is found; out of it, when hardware has forgotten that. */
static int write(struct iomt_attachment *place)
{
	struct iomt_device *device = place->device;
	bool had_context = has_stage(device, device->rid, 1);
	bool has_context = has_stage(device, place, 1);
	int err = has_context ? write_context(place) : 0;

	if (err)
		return err;
	if (place->pasid != IOMT_NO_PASID) {
		if (domain_replaces(device) || device->pasid_count++)
			return 0;
		return iomt_change_device(device);
	}
	device->rid = place;
	err = iomt_change_device(device);
	if (!err && had_context && !has_context) {
		iomt_change_send(device->iommu);
		err = iomt_change_pasid(device, 0, NULL);
	}
	return err;
}

static int clear(struct iomt_attachment *place)
{
	struct iomt_device *device = place->device;
	int err = 0;

	if (place->pasid == IOMT_NO_PASID)
		device->rid = NULL;
	else
		device->pasid_count -= !domain_replaces(device);
	if (place->pasid == IOMT_NO_PASID || !device->pasid_count)
		err = iomt_change_device(device);
	if (!err && domain_stage(device, place->domain) == 1)
		err = iomt_change_pasid(device, domain_entry(place), NULL);
	return err;
}

/* S1DSS: what requests without a SubstreamID do where there are some with one (5.2). */
enum { DSS_TERMINATE = 0, DSS_BYPASS = 1, DSS_DESCRIPTOR_0 = 2 };

#define AS_INCOMING 1u /* SHCFG */

static void add_guest(const struct iomt_nested *nested, struct iomt_smmu_ste *ste)
{
	ste->config = IOMT_STE_NESTED;
	ste->shcfg = 0;
	ste->context = nested->guest.smmu.context;
	ste->s1_fmt = nested->guest.smmu.s1_fmt;
	ste->s1_cdmax = nested->guest.smmu.s1_cdmax;
	ste->s1_dss = nested->guest.smmu.s1_dss;
	ste->s1_cir = nested->guest.smmu.s1_cir;
	ste->s1_cor = nested->guest.smmu.s1_cor;
	ste->s1_csh = nested->guest.smmu.s1_csh;
}

static bool describe(const struct iomt_device *device, struct iomt_device_entry *entry)
{
	const struct iomt_attachment *rid = device->rid;
	bool identity = rid && rid->domain->kind == IOMT_DOMAIN_IDENTITY;
	struct iomt_device_use use = {0};
	struct iomt_pasid_table_hw pasids;
	struct iomt_pt_hw hw;

	if (device->caps.flags & IOMT_DEVICE_ATS)
		use.flags |= IOMT_DEVICE_USE_ATS;
	if (has_stage(device, rid, 1) || device->pasid_count) {
		iomt_pasid_table_hw(&device->pasids, &pasids);
		use.pasids = &pasids;
	} else if (has_stage(device, rid, 2)) {
		iomt_domain_hw(rid->domain->table, &hw);
		use.table = &hw;
		use.domain = (uint16_t)rid->tag;
	} else if (identity) {
		use.flags = IOMT_DEVICE_USE_IDENTITY;
	} else {
		return false;
	}
	if (iomt_device_entry_for(&device->iommu->devices, &use, entry))
		return false;
	if (domain_nested(rid))
		add_guest(domain_nested(rid), &entry->ste);
	if (!use.pasids || !domain_pasid_bits(device))
		return true;
	entry->ste.s1_dss = DSS_TERMINATE;
	if (has_stage(device, rid, 1))
		entry->ste.s1_dss = DSS_DESCRIPTOR_0;
	else if (identity)
		entry->ste.s1_dss = DSS_BYPASS;
	if (identity)
		entry->ste.shcfg = AS_INCOMING;
	return true;
}

static void target(const struct iomt_attachment *place, const struct iomt_domain_table *table,
		   uint32_t id, struct iomt_target *to)
{
	const struct iomt_iommu_caps *caps = place->device->caps.iommu;
	const struct iomt_format_facts *format = iomt_domain_format(caps, table);

	to->kind = &iomt_target_smmu;
	to->smmu = (struct iomt_smmu_target){.granule_lg2 = format->granule_lg2};
	if (caps->flags & IOMT_IOMMU_RANGES)
		to->smmu.flags |= IOMT_SMMU_RANGES | (format->wide ? IOMT_SMMU_DS : 0);
	if (caps->errata & IOMT_ERRATUM_WHOLE_RUNS)
		to->smmu.flags |= IOMT_SMMU_WHOLE_RUNS;
	if (format->stage == 1) {
		to->smmu.regime = IOMT_SMMU_STAGE_1;
		to->smmu.asid = (uint16_t)id;
	} else {
		to->smmu.regime = IOMT_SMMU_STAGE_2;
		to->smmu.vmid = (uint16_t)id;
		if (domain_nested(place))
			to->smmu.flags |= IOMT_SMMU_NESTED;
	}
}

static void device_target(const struct iomt_device *device, uint32_t pasid,
			  struct iomt_target *target)
{
	target->kind = &iomt_target_smmu_device;
	target->smmu_device = (struct iomt_smmu_device){.stream = device->caps.id};
	if (pasid == IOMT_NO_PASID)
		return;
	target->smmu_device.flags = IOMT_SMMU_SUBSTREAM;
	target->smmu_device.substream = pasid;
}

/*
 * By ASID or of all, by the guest's addresses; its VMID is the host's. Its granule is its own, too, and
 * leaves are of all levels where it does not say of which (4.4.1.1).
 */
static bool guest_target(const struct iomt_attachment *place, const struct iomt_inv *inv,
			 struct iomt_target *to, struct iomt_gather *gather)
{
	bool by_process = (inv->flags & IOMT_INV_BY_PROCESS) && !(inv->flags & IOMT_INV_GLOBAL);
	unsigned granule_lg2 = inv->granule_lg2 ? inv->granule_lg2 : 12;
	unsigned index_lg2 = granule_lg2 - 3;

	target(place, place->domain->table, place->tag, to);
	to->smmu.granule_lg2 = (uint8_t)granule_lg2;
	to->smmu.flags &= ~IOMT_SMMU_NESTED;
	if (!inv->granule_lg2 || (to->smmu.flags & IOMT_SMMU_WHOLE_RUNS))
		to->smmu.flags &= ~(IOMT_SMMU_RANGES | IOMT_SMMU_DS);
	if (inv->level < 0 || !(to->smmu.flags & IOMT_SMMU_RANGES))
		gather->leaf_sizes = 1ULL << granule_lg2 | 1ULL << (granule_lg2 + index_lg2);
	else
		gather->leaf_sizes = 1ULL << (granule_lg2 + (unsigned)inv->level * index_lg2);
	to->smmu.regime = by_process ? IOMT_SMMU_STAGE_1 : IOMT_SMMU_ANY_ASID;
	to->smmu.asid = by_process ? (uint16_t)inv->process : 0;
	return true;
}

static int guest_process(const struct iomt_device *device, const struct iomt_inv *inv,
			 struct iomt_cmd *cmds, size_t n)
{
	if (inv->flags & IOMT_INV_BY_PROCESS)
		return iomt_smmu_context(device->caps.id, inv->process,
					 inv->flags & IOMT_INV_LEAVES, cmds, n);
	return iomt_smmu_contexts(device->caps.id, cmds, n);
}

static int device_commands(const struct iomt_device_inv *inv, const struct iomt_iommu *iommu,
			   struct iomt_cmd *cmds, size_t n)
{
	(void)iommu;
	return iomt_device_inv_smmu(inv, cmds, n);
}

static int pasid_commands(const struct iomt_pasid_inv *inv, const struct iomt_device *device,
			  struct iomt_cmd *cmds, size_t n)
{
	return iomt_pasid_inv_smmu(inv, device->caps.id, 0, cmds, n);
}

const struct domain_facts iomt_domain_smmu = {
	.vendor = IOMT_VENDOR_SMMU,
	.id_bits = id_bits,
	.refuse = refuse,
	.packer = packer,
	.prepare = prepare,
	.write = write,
	.clear = clear,
	.describe = describe,
	.target = target,
	.device_target = device_target,
	.guest_target = guest_target,
	.guest_process = guest_process,
	.device_commands = device_commands,
	.pasid_commands = pasid_commands,
};
