/* SPDX-License-Identifier: MIT */
/* Units and the devices behind them. */
#include "caps.h"
#include "parts.h"

static const struct domain_facts *facts_of(const struct iomt_iommu_caps *caps)
{
	switch (caps->kind->vendor) {
	case IOMT_VENDOR_AMD:
		return &iomt_domain_amd;
	case IOMT_VENDOR_SMMU:
		return &iomt_domain_smmu;
	case IOMT_VENDOR_VTD:
		return caps->stage[0].formats || (caps->stage[1].flags & IOMT_STAGE_ENTRIES)
			       ? &iomt_domain_vtd_scalable
			       : &iomt_domain_vtd;
	case IOMT_VENDOR_RISCV:
		break;
	}
	return NULL;
}

static enum iomt_device_format device_format(const struct iomt_iommu_cfg *cfg,
					     const struct domain_facts *facts)
{
	if (facts == &iomt_domain_amd)
		return IOMT_DEVICE_TABLE_AMD;
	if (facts == &iomt_domain_vtd)
		return IOMT_DEVICE_TABLE_VTD;
	if (facts == &iomt_domain_vtd_scalable)
		return IOMT_DEVICE_TABLE_VTD_SCALABLE;
	switch (cfg->split) {
	case 6:
		return IOMT_DEVICE_TABLE_SMMU_6;
	case 8:
		return IOMT_DEVICE_TABLE_SMMU_8;
	case 10:
		return IOMT_DEVICE_TABLE_SMMU_10;
	default:
		return IOMT_DEVICE_TABLE_SMMU;
	}
}

static bool caches_absent(const struct iomt_iommu_caps *caps)
{
	return (caps->stage[0].flags | caps->stage[1].flags) & IOMT_STAGE_CACHES_ABSENT;
}

static int init_devices(struct iomt_iommu *iommu)
{
	const struct iomt_iommu_cfg *cfg = &iommu->cfg;
	const struct iomt_iommu_stage *stages = cfg->caps->stage;
	struct iomt_device_table_cfg devices = {
		.size = sizeof(devices),
		.mem = cfg->mem,
		.format = device_format(cfg, iommu->facts),
		.id_bits = cfg->id_bits ? cfg->id_bits : 16,
		.oa_bits = stages[0].oa_bits > stages[1].oa_bits ? stages[0].oa_bits
								 : stages[1].oa_bits,
	};

	if (iommu->facts == &iomt_domain_smmu)
		devices.vmid_bits = cfg->caps->vmid_bits;
	if (iommu->facts == &iomt_domain_amd) {
		devices.enc_bit = cfg->caps->enc_bit;
		if (cfg->flags & IOMT_IOMMU_WIDE_STORES)
			devices.flags |= IOMT_DEVICE_TABLE_WIDE;
	} else if (iommu->facts != &iomt_domain_smmu && caches_absent(cfg->caps)) {
		devices.flags |= IOMT_DEVICE_TABLE_CACHES_ABSENT;
	}
	return iomt_device_table_init(&iommu->devices, &devices);
}

/* Id 0 is nobody's: VT-d gives it a meaning of its own (caching mode), SMMUv3 has VMID 0 for stage 1. */
static int init_packer(struct iomt_iommu *iommu, struct iomt_pack *pack, uint8_t bits)
{
	struct iomt_pack_cfg cfg = {
		.size = sizeof(cfg),
		.mem = iommu->cfg.mem,
		.bits = bits,
		.first_id = 1,
		.last_id = (1u << bits) - 1,
		.accept = iomt_domain_accept,
		.ctx = iommu,
	};

	if (iommu->facts->by_device) {
		cfg.relation = iommu->cfg.relation;
		cfg.merging = iommu->cfg.merging;
		cfg.key_gain = 1;
		cfg.move_cost = 1;
	}
	return iomt_pack_init(pack, &cfg);
}

static bool is_cfg(const struct iomt_iommu_cfg *cfg)
{
	return cfg && caps_has_size(cfg, cfg->size, sizeof(*cfg)) && cfg->mem && cfg->ring &&
	       cfg->caps && !iomt_iommu_caps_check(cfg->caps, NULL) &&
	       !(cfg->flags & ~IOMT_IOMMU_WIDE_STORES) &&
	       cfg->caps->kind->vendor == iomt_ring_kind_of(cfg->ring)->vendor &&
	       (!cfg->split || cfg->split == 6 || cfg->split == 8 || cfg->split == 10) &&
	       (!cfg->split || cfg->caps->kind->vendor == IOMT_VENDOR_SMMU);
}

int iomt_iommu_init(struct iomt_iommu *iommu, const struct iomt_iommu_cfg *cfg)
{
	uint8_t domains, asids;
	int err;

	if (!is_cfg(cfg) || !facts_of(cfg->caps))
		return IOMT_EINVAL;
	*iommu = (struct iomt_iommu){.cfg = *cfg, .facts = facts_of(cfg->caps)};
	iommu->facts->id_bits(cfg->caps, &domains, &asids);
	err = init_devices(iommu);
	if (err)
		return err;
	if (domains)
		err = init_packer(iommu, &iommu->domains, domains);
	iommu->has_domains = domains && !err;
	if (asids && !err) {
		err = init_packer(iommu, &iommu->asids, asids);
		iommu->has_asids = !err;
	}
	if (err)
		(void)iomt_iommu_destroy(iommu);
	return err;
}

int iomt_iommu_destroy(struct iomt_iommu *iommu)
{
	if (iommu->first)
		return IOMT_EBUSY;
	if (iommu->has_asids)
		iomt_pack_destroy(&iommu->asids);
	if (iommu->has_domains)
		iomt_pack_destroy(&iommu->domains);
	iomt_device_table_destroy(&iommu->devices);
	return 0;
}

void iomt_iommu_was_reset(struct iomt_iommu *iommu)
{
	iommu->lost = false;
	if (iommu->has_domains)
		(void)iomt_pack_complete(&iommu->domains, iommu->domains_token);
	if (iommu->has_asids)
		(void)iomt_pack_complete(&iommu->asids, iommu->asids_token);
}

void iomt_iommu_hw(const struct iomt_iommu *iommu, struct iomt_device_table_hw *hw)
{
	iomt_device_table_hw(&iommu->devices, hw);
}

/* AMD: its id; the others have theirs with what is attached. */
static int enter(struct iomt_device *device)
{
	const struct iomt_pack_device_cfg cfg = domain_pack_device(device);
	struct iomt_iommu *iommu = device->iommu;
	int err;

	if (!iommu->facts->by_device)
		return 0;
	iommu->change->first = &iommu->domains;
	err = iomt_pack_begin(&iommu->domains);
	if (!err)
		err = iomt_pack_add(&iommu->domains, &cfg, &device->user);
	if (!err)
		err = iomt_pack_commit(&iommu->domains, &iommu->change->plan);
	if (err)
		iomt_pack_abort(&iommu->domains);
	return err;
}

/* VT-d in scalable mode: the context entry names the PASID table, even an empty one. */
static int make_pasids(struct iomt_device *device)
{
	const struct iomt_iommu_caps *caps = device->caps.iommu;
	uint8_t bits = domain_pasid_bits(device);
	const struct iomt_pasid_table_cfg cfg = {
		.size = sizeof(cfg),
		.mem = device->iommu->cfg.mem,
		.format = IOMT_PASID_TABLE_VTD,
		.flags = IOMT_PASID_TABLE_RID |
			 (caches_absent(caps) ? IOMT_PASID_TABLE_CACHES_ABSENT : 0),
		.pasid_bits = bits ? bits : 1, /* for RID_PASID */
		.oa_bits = caps->stage[1].formats ? caps->stage[1].oa_bits : caps->stage[0].oa_bits,
	};

	if (device->iommu->facts != &iomt_domain_vtd_scalable)
		return 0;
	return iomt_change_pasids(device, &cfg);
}

static int add(struct iomt_device *device)
{
	int err = iomt_change_reserve(device);

	if (!err)
		err = make_pasids(device);
	if (!err)
		err = enter(device);
	return err;
}

static bool known(const struct iomt_iommu *iommu, uint32_t id)
{
	for (const struct iomt_device *at = iommu->first; at; at = at->next)
		if (at->caps.id == id)
			return true;
	return false;
}

int iomt_device_add(struct iomt_iommu *iommu, struct iomt_device *device,
		    const struct iomt_device_caps *caps)
{
	struct iomt_iommu_change change;
	int err;

	if (!device || iomt_device_caps_check(caps, NULL) || caps->iommu != iommu->cfg.caps)
		return IOMT_EINVAL;
	if (caps->id >> iommu->devices.id_bits)
		return IOMT_ERANGE;
	if (known(iommu, caps->id))
		return IOMT_EEXIST;
	*device = (struct iomt_device){.iommu = iommu, .caps = *caps, .id = IOMT_PACK_NO_ID};
	iomt_change_begin(iommu, &change, device);
	err = add(device);
	if (!err && !iommu->facts->by_device)
		err = iomt_change_device(device);
	if (err) {
		iomt_change_undo(iommu);
		return err;
	}
	device->next = iommu->first;
	if (device->next)
		device->next->before = device;
	iommu->first = device;
	return iomt_change_end(iommu);
}

static int leave(struct iomt_device *device)
{
	struct iomt_iommu *iommu = device->iommu;
	int err;

	if (!iommu->facts->by_device)
		return 0;
	iommu->change->first = &iommu->domains;
	err = iomt_pack_begin(&iommu->domains);
	if (!err)
		err = iomt_pack_remove(&iommu->domains, device->user);
	if (!err)
		err = iomt_pack_commit(&iommu->domains, &iommu->change->plan);
	if (err)
		iomt_pack_abort(&iommu->domains);
	return err;
}

int iomt_device_remove(struct iomt_device *device)
{
	struct iomt_iommu *iommu = device->iommu;
	struct iomt_iommu_change change;
	int err;

	if (device->first)
		return IOMT_EBUSY;
	if (device->gone && iommu->lost)
		return IOMT_EIO;
	iomt_change_begin(iommu, &change, device);
	err = device->gone ? 0 : leave(device);
	if (err) {
		iomt_change_undo(iommu);
		return err;
	}
	device->gone = true;
	if (!iommu->facts->by_device)
		(void)iomt_change_device(device);
	err = iomt_change_end(iommu);
	if (err)
		return err; /* its PASID table may still be read */
	if (device->next)
		device->next->before = device->before;
	if (device->before)
		device->before->next = device->next;
	else
		iommu->first = device->next;
	if (device->has_pasids)
		iomt_pasid_table_destroy(&device->pasids);
	return 0;
}
