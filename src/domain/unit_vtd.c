/* SPDX-License-Identifier: MIT */
/*
 * VT-d (D51397). In legacy mode a context entry names a second-stage table and a domain id; in scalable
 * mode it names a PASID table, whose entry 0 (RID_PASID) is of requests without a PASID, and every entry
 * has a domain id. What passes through has one too.
 */
#include "parts.h"

static void id_bits(const struct iomt_iommu_caps *caps, uint8_t *domains, uint8_t *asids)
{
	*domains = caps->domain_bits;
	*asids = 0;
}

/* Of a guest's entry; all others are the host's to set. */
#define GUEST_FLAGS \
	(IOMT_VTD_ENTRY_SRE | IOMT_VTD_ENTRY_WPE | IOMT_VTD_ENTRY_NXE | IOMT_VTD_ENTRY_EAFE)

static uint32_t domain_vtd_wide(const struct iomt_iommu *iommu)
{
	return iomt_ring_kind_of(iommu->cfg.ring) == &iomt_ring_vtd_wide ? IOMT_VTD_WIDE : 0;
}

static int refuse(const struct iomt_device *device, const struct iomt_domain *domain,
		  uint32_t pasid, const char **reason)
{
	const struct iomt_nested *nested = domain_guest(domain);

	(void)pasid;
	if (nested && (nested->guest.vtd.fspm > 1 ||
		       !domain_walks(&device->caps.iommu->stage[0], 4u + nested->guest.vtd.fspm))) {
		*reason = "the unit does not walk so many levels of a guest's table";
		return IOMT_EINVAL;
	}
	if (nested && (nested->guest.vtd.flags & ~GUEST_FLAGS)) {
		*reason = "the guest's entry has flags that are not of its stage";
		return IOMT_EINVAL;
	}
	return 0;
}

static struct iomt_pack *packer(struct iomt_iommu *iommu, const struct iomt_attachment *place)
{
	return place->domain->kind == IOMT_DOMAIN_BLOCKED ? NULL : &iommu->domains;
}

/* Legacy mode needs nothing; in scalable mode the PASID table was made with the device. */
static int prepare(struct iomt_attachment *place)
{
	(void)place;
	return 0;
}

static int prepare_entry(struct iomt_attachment *place)
{
	return iomt_change_prepare(place, NULL);
}

static int write(struct iomt_attachment *place)
{
	place->device->rid = place;
	return iomt_change_device(place->device);
}

static int clear(struct iomt_attachment *place)
{
	place->device->rid = NULL;
	return iomt_change_device(place->device);
}

/* The most levels that SAGAW has, as AW: pass-through wants to know. */
static uint8_t widest(const struct iomt_device *device)
{
	uint8_t levels = device->caps.iommu->stage[1].levels;

	return levels & 1u << 5 ? 3 : levels & 1u << 4 ? 2 : 1;
}

static bool describe(const struct iomt_device *device, struct iomt_device_entry *entry)
{
	const struct iomt_attachment *rid = device->rid;
	struct iomt_device_use use = {0};
	struct iomt_pt_hw hw;

	if (!rid || rid->domain->kind == IOMT_DOMAIN_BLOCKED)
		return false;
	use.domain = (uint16_t)rid->tag;
	if (rid->domain->table) {
		iomt_domain_hw(rid->domain->table, &hw);
		use.table = &hw;
		if (device->caps.flags & IOMT_DEVICE_ATS)
			use.flags = IOMT_DEVICE_USE_ATS;
	} else {
		use.flags = IOMT_DEVICE_USE_IDENTITY;
		use.aw = widest(device);
	}
	return !iomt_device_entry_for(&device->iommu->devices, &use, entry);
}

static void describe_first(const struct iomt_pt_hw *hw, struct iomt_vtd_entry *entry)
{
	entry->stages = IOMT_VTD_FIRST;
	entry->first = hw->root;
	entry->fspm = hw->u.x86.paging_mode;
	entry->flags |= IOMT_VTD_ENTRY_SRE | (hw->u.x86.nx ? IOMT_VTD_ENTRY_NXE : 0);
}

static void describe_second(const struct iomt_pt_hw *hw, struct iomt_vtd_entry *entry)
{
	entry->stages = IOMT_VTD_SECOND;
	entry->second = hw->root;
	entry->aw = hw->u.vtd.aw;
	entry->flags |= hw->dirty ? IOMT_VTD_ENTRY_SSADE : 0;
}

static void describe_nested(const struct iomt_nested *nested, const struct iomt_pt_hw *hw,
			    struct iomt_vtd_entry *entry)
{
	describe_second(hw, entry);
	entry->stages = IOMT_VTD_NESTED;
	entry->first = nested->guest.vtd.first;
	entry->fspm = nested->guest.vtd.fspm;
	entry->flags |= nested->guest.vtd.flags;
}

static int write_entry(struct iomt_attachment *place)
{
	const struct iomt_device *device = place->device;
	struct iomt_pasid_entry entry = {.vtd = {.domain = (uint16_t)place->tag}};
	struct iomt_pt_hw hw;

	if (device->caps.iommu->flags & IOMT_IOMMU_COHERENT)
		entry.vtd.flags = IOMT_VTD_ENTRY_PWSNP;
	if (place->domain->table) {
		iomt_domain_hw(place->domain->table, &hw);
		if (domain_nested(place))
			describe_nested(domain_nested(place), &hw, &entry.vtd);
		else if (domain_stage(device, place->domain) == 1)
			describe_first(&hw, &entry.vtd);
		else
			describe_second(&hw, &entry.vtd);
	} else {
		entry.vtd.stages = IOMT_VTD_PASS_THROUGH;
		entry.vtd.aw = widest(device);
	}
	if (place->pasid == IOMT_NO_PASID)
		place->device->rid = place;
	if (place->domain->kind == IOMT_DOMAIN_BLOCKED)
		return iomt_change_pasid(place->device, 0, NULL);
	return iomt_change_pasid(place->device, domain_entry(place), &entry);
}

static int clear_entry(struct iomt_attachment *place)
{
	if (place->pasid == IOMT_NO_PASID)
		place->device->rid = NULL;
	return iomt_change_pasid(place->device, domain_entry(place), NULL);
}

static bool describe_scalable(const struct iomt_device *device, struct iomt_device_entry *entry)
{
	struct iomt_device_use use = {0};
	struct iomt_pasid_table_hw pasids;

	if (device->gone)
		return false;
	iomt_pasid_table_hw(&device->pasids, &pasids);
	use.pasids = &pasids;
	if (device->caps.flags & IOMT_DEVICE_ATS)
		use.flags |= IOMT_DEVICE_USE_ATS;
	if (device->caps.flags & IOMT_DEVICE_PRI)
		use.flags |= IOMT_DEVICE_USE_PRI;
	return !iomt_device_entry_for(&device->iommu->devices, &use, entry);
}

static void target(const struct iomt_attachment *place, const struct iomt_domain_table *table,
		   uint32_t id, struct iomt_target *to)
{
	const struct iomt_iommu *iommu = place->device->iommu;

	(void)table;
	to->kind = &iomt_target_vtd;
	to->vtd = (struct iomt_vtd_target){.flags = domain_vtd_wide(iommu),
					   .domain = (uint16_t)id,
					   .mamv = iommu->cfg.caps->mamv};
	if (domain_stage(place->device, place->domain) == 1) {
		to->vtd.flags |= IOMT_VTD_FIRST_STAGE;
		to->vtd.pasid = domain_entry(place);
	}
}

static void device_target(const struct iomt_device *device, uint32_t pasid,
			  struct iomt_target *target)
{
	target->kind = &iomt_target_vtd_device;
	target->vtd_device = (struct iomt_vtd_device){.flags = domain_vtd_wide(device->iommu),
						      .rid = (uint16_t)device->caps.id};
	if (pasid == IOMT_NO_PASID)
		return;
	target->vtd_device.flags |= IOMT_VTD_PASID;
	target->vtd_device.pasid = pasid;
}

static bool guest_target(const struct iomt_attachment *place, const struct iomt_inv *inv,
			 struct iomt_target *to, struct iomt_gather *gather)
{
	bool by_process = inv->flags & IOMT_INV_BY_PROCESS;

	(void)gather;
	target(place, place->domain->table, place->tag, to);
	if (by_process) {
		to->vtd.flags |= IOMT_VTD_FIRST_STAGE;
		to->vtd.pasid = inv->process;
	}
	return by_process;
}

/* PASID entries are the host's own. */
static int guest_process(const struct iomt_device *device, const struct iomt_inv *inv,
			 struct iomt_cmd *cmds, size_t n)
{
	(void)device;
	(void)inv;
	(void)cmds;
	(void)n;
	return 0;
}

static int device_commands(const struct iomt_device_inv *inv, const struct iomt_iommu *iommu,
			   struct iomt_cmd *cmds, size_t n)
{
	return iomt_device_inv_vtd(inv, domain_vtd_wide(iommu), cmds, n);
}

static int pasid_commands(const struct iomt_pasid_inv *inv, const struct iomt_device *device,
			  struct iomt_cmd *cmds, size_t n)
{
	return iomt_pasid_inv_vtd(inv, domain_vtd_wide(device->iommu), cmds, n);
}

const struct domain_facts iomt_domain_vtd = {
	.vendor = IOMT_VENDOR_VTD,
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

const struct domain_facts iomt_domain_vtd_scalable = {
	.vendor = IOMT_VENDOR_VTD,
	.id_bits = id_bits,
	.refuse = refuse,
	.packer = packer,
	.prepare = prepare_entry,
	.write = write_entry,
	.clear = clear_entry,
	.describe = describe_scalable,
	.target = target,
	.device_target = device_target,
	.guest_target = guest_target,
	.guest_process = guest_process,
	.device_commands = device_commands,
	.pasid_commands = pasid_commands,
};
