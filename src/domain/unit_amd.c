/* SPDX-License-Identifier: MIT */
/*
 * AMD (48882): a device-table entry with a domain id, a host table or GCR3 tables. Translations are
 * tagged by that id and the PASID, so that a device is one to the packer.
 */
#include "parts.h"

static void id_bits(const struct iomt_iommu_caps *caps, uint8_t *domains, uint8_t *asids)
{
	*domains = caps->domain_bits;
	*asids = 0;
}

static bool has_stage(const struct iomt_device *device, const struct iomt_attachment *place,
		      unsigned stage)
{
	return place && domain_stage(device, place->domain) == stage;
}

/* Requests without a PASID can be told to use GCR3[0], or nothing of it (GIOSup). */
static bool has_giov(const struct iomt_device *device)
{
	return device->caps.iommu->stage[0].flags & IOMT_STAGE_RID;
}

static bool same_levels(const struct iomt_device *device, const struct iomt_domain *domain,
			uint32_t pasid)
{
	struct iomt_pt_hw hw, other;

	iomt_domain_hw(domain->table, &hw);
	for (const struct iomt_attachment *at = device->first; at; at = at->next) {
		if (at->pasid == pasid || domain_stage(device, at->domain) != 1)
			continue;
		iomt_domain_hw(at->domain->table, &other);
		return hw.u.x86.paging_mode == other.u.x86.paging_mode;
	}
	return true;
}

/* GLX, GIOV and GuestPagingMode that the unit does not have are reserved. */
static bool guest_fits(const struct iomt_iommu_caps *caps, const struct iomt_guest_stage *guest)
{
	return guest->amd.glx < caps->gcr3_levels && guest->amd.paging_mode <= 1 &&
	       domain_walks(&caps->stage[0], 4u + guest->amd.paging_mode) &&
	       (!guest->amd.giov || (caps->stage[0].flags & IOMT_STAGE_RID));
}

static int refuse(const struct iomt_device *device, const struct iomt_domain *domain,
		  uint32_t pasid, const char **reason)
{
	const struct iomt_nested *nested = domain_guest(domain);

	if (nested && !guest_fits(device->caps.iommu, &nested->guest)) {
		*reason = "the guest's entry asks for what the unit does not have";
		return IOMT_EINVAL;
	}
	if (pasid == IOMT_NO_PASID) {
		if (device->pasid_count && domain_stage(device, domain) == 2) {
			*reason = "a host table would translate for the device's PASIDs, too";
			return IOMT_EBUSY;
		}
		if (device->pasid_count && domain->kind == IOMT_DOMAIN_BLOCKED &&
		    !has_giov(device)) {
			*reason = "requests without a PASID cannot be blocked beside PASIDs "
				  "without GIOSup";
			return IOMT_EOPNOTSUPP;
		}
	} else if (has_stage(device, device->rid, 2)) {
		*reason = "the device's host table would translate for its PASIDs, too";
		return IOMT_EBUSY;
	} else if (!has_giov(device) &&
		   (!device->rid || device->rid->domain->kind != IOMT_DOMAIN_IDENTITY)) {
		*reason = "requests without a PASID cannot be blocked beside PASIDs without GIOSup";
		return IOMT_EOPNOTSUPP;
	}
	if (domain_stage(device, domain) == 1 && !same_levels(device, domain, pasid)) {
		*reason = "the device's guest tables have other levels";
		return IOMT_EBUSY;
	}
	return 0;
}

static struct iomt_pack *packer(struct iomt_iommu *iommu, const struct iomt_attachment *place)
{
	return place->domain->table ? &iommu->domains : NULL;
}

/* More levels: the device-table entry is rewritten at once. */
static void root_changed(void *ctx, struct iomt_pasid_table *table)
{
	struct iomt_device *device = ctx;

	(void)table;
	if (!iomt_change_device(device))
		iomt_change_send(device->iommu);
}

static int prepare(struct iomt_attachment *place)
{
	const struct iomt_iommu_caps *caps = place->device->caps.iommu;
	uint8_t bits = domain_pasid_bits(place->device);
	struct iomt_pasid_table_cfg cfg = {
		.size = sizeof(cfg),
		.mem = place->device->iommu->cfg.mem,
		.format = IOMT_PASID_TABLE_GCR3,
		.flags = IOMT_PASID_TABLE_RID,
		.pasid_bits = bits ? bits : 1, /* for GCR3[0] */
		.levels = place->device->iommu->cfg.flags & IOMT_IOMMU_WIDE_STORES ? 1 : 0,
		.oa_bits = caps->stage[0].oa_bits,
		.enc_bit = caps->enc_bit,
		.root_changed = root_changed,
		.ctx = place->device,
	};

	if (domain_stage(place->device, place->domain) != 1)
		return 0;
	return iomt_change_prepare(place, &cfg);
}

static int write_gcr3(struct iomt_attachment *place)
{
	struct iomt_pasid_entry entry;
	struct iomt_pt_hw hw;

	iomt_domain_hw(place->domain->table, &hw);
	entry.gcr3.root = hw.root;
	return iomt_change_pasid(place->device, domain_key(place), &entry);
}

/*
 * GCR3[0] before the entry that names it, and out of it, when hardware has forgotten that; before the
 * first PASID, the entry that blocks the rest.
 */
static int write(struct iomt_attachment *place)
{
	struct iomt_device *device = place->device;
	bool was_guest = has_stage(device, device->rid, 1);
	bool is_guest = has_stage(device, place, 1);
	int err = is_guest ? write_gcr3(place) : 0;

	if (err)
		return err;
	if (place->pasid != IOMT_NO_PASID) {
		if (domain_replaces(device) || device->pasid_count++)
			return 0;
		return iomt_change_device(device);
	}
	device->rid = place;
	err = iomt_change_device(device);
	if (!err && was_guest && !is_guest) {
		iomt_change_send(device->iommu);
		err = iomt_change_pasid(device, 0, NULL);
	}
	return err;
}

/* Nothing that was read of a root goes together with other levels. */
static int change_levels(struct iomt_device *device)
{
	const struct iomt_iommu_change *change = device->iommu->change;
	struct iomt_pt_hw from, to;
	int err;

	iomt_domain_hw(change->from->domain->table, &from);
	iomt_domain_hw(change->to->domain->table, &to);
	if (from.u.x86.paging_mode == to.u.x86.paging_mode)
		return 0;
	iomt_change_send(device->iommu);
	err = iomt_change_device(device);
	iomt_change_send(device->iommu);
	return err;
}

static int clear(struct iomt_attachment *place)
{
	struct iomt_device *device = place->device;
	int err = 0;

	if (domain_stage(device, place->domain) == 1)
		err = iomt_change_pasid(device, domain_key(place), NULL);
	if (place->pasid != IOMT_NO_PASID) {
		if (domain_replaces(device))
			return err ? err : change_levels(device);
		if (--device->pasid_count || err)
			return err;
	} else {
		device->rid = NULL;
	}
	return iomt_change_device(device);
}

/* All guest tables of a device have the same, but for one that is just being replaced. */
static uint8_t guest_levels(const struct iomt_device *device)
{
	const struct iomt_attachment *at = device->rid;
	struct iomt_pt_hw hw;

	if (!has_stage(device, at, 1))
		for (at = device->first; !has_stage(device, at, 1);)
			at = at->next;
	iomt_domain_hw(at->domain->table, &hw);
	return hw.u.x86.paging_mode;
}

/*
 * Blocked, a host table, guest tables, or passed on, beside guest tables for PASIDs. With I what the device
 * calls translated passes unseen (2.2.2.1): not from one that is blocked.
 */
static bool describe(const struct iomt_device *device, struct iomt_device_entry *entry)
{
	const struct iomt_attachment *rid = device->rid;
	bool identity = rid && rid->domain->kind == IOMT_DOMAIN_IDENTITY;
	bool guest = has_stage(device, rid, 1) || device->pasid_count;
	const struct iomt_nested *nested = domain_nested(rid);
	struct iomt_pasid_table_hw pasids;
	struct iomt_amd_dte dte = {.domain = (uint16_t)device->id};
	struct iomt_pt_hw hw;

	if (device->id == IOMT_PACK_NO_ID)
		return false;
	if (identity || guest || has_stage(device, rid, 2)) {
		dte.flags |= IOMT_DTE_IR | IOMT_DTE_IW;
		if (device->caps.flags & IOMT_DEVICE_ATS)
			dte.flags |= IOMT_DTE_I;
	}
	if (has_stage(device, rid, 2)) {
		iomt_domain_hw(rid->domain->table, &hw);
		dte.root = hw.root;
		dte.mode = hw.u.amdv1.mode;
		dte.had = hw.dirty ? 3 : 0;
	}
	if (nested) {
		dte.flags |= IOMT_DTE_GV | (nested->guest.amd.giov ? IOMT_DTE_GIOV : 0);
		dte.gcr3 = nested->guest.amd.gcr3;
		dte.glx = nested->guest.amd.glx;
		dte.paging_mode = nested->guest.amd.paging_mode;
	} else if (guest) {
		iomt_pasid_table_hw(&device->pasids, &pasids);
		dte.flags |= IOMT_DTE_GV | (identity ? 0 : IOMT_DTE_GIOV);
		dte.gcr3 = pasids.root;
		dte.glx = pasids.levels - 1;
		dte.paging_mode = guest_levels(device);
		if (device->caps.flags & IOMT_DEVICE_PRI)
			dte.flags |= IOMT_DTE_PPR;
	}
	*entry = (struct iomt_device_entry){.dte = dte};
	return true;
}

static bool blocks(const struct iomt_device_entry *entry)
{
	return !(entry->dte.flags & (IOMT_DTE_IR | IOMT_DTE_IW));
}

static void key_target(uint32_t id, uint32_t key, struct iomt_target *target)
{
	target->kind = &iomt_target_amd;
	target->amd = (struct iomt_amd_target){.domain = (uint16_t)id};
	if (key == IOMT_PACK_RID)
		return;
	target->amd.flags = IOMT_AMD_GUEST;
	target->amd.pasid = key;
}

static void target(const struct iomt_attachment *place, const struct iomt_domain_table *table,
		   uint32_t id, struct iomt_target *to)
{
	unsigned stage = domain_stage(place->device, place->domain);

	(void)table;
	key_target(id, domain_key(place), to);
	to->all = domain_nested(place); /* by host addresses nothing of a guest's is found */
	if (place->device->caps.iommu->stage[stage - 1].flags & IOMT_STAGE_CACHES_ABSENT)
		to->amd.flags |= IOMT_AMD_NP_CACHE;
}

static void device_target(const struct iomt_device *device, uint32_t pasid,
			  struct iomt_target *target)
{
	target->kind = &iomt_target_amd_device;
	target->amd_device = (struct iomt_amd_device){.rid = (uint16_t)device->caps.id,
						      .queue = (uint16_t)device->caps.id};
	if (pasid == IOMT_NO_PASID)
		return;
	target->amd_device.flags = IOMT_AMD_GUEST;
	target->amd_device.pasid = pasid;
}

static bool guest_target(const struct iomt_attachment *place, const struct iomt_inv *inv,
			 struct iomt_target *to, struct iomt_gather *gather)
{
	bool by_process = inv->flags & IOMT_INV_BY_PROCESS;

	(void)gather;
	key_target(place->tag, by_process ? inv->process : IOMT_PACK_RID, to);
	return by_process;
}

/* Entries of GCR3 tables go with the translations by them (2.4.3). */
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
	(void)iommu;
	return iomt_device_inv_amd(inv, cmds, n);
}

static int pasid_commands(const struct iomt_pasid_inv *inv, const struct iomt_device *device,
			  struct iomt_cmd *cmds, size_t n)
{
	return iomt_pasid_inv_amd(inv, (uint16_t)device->caps.id, (uint16_t)device->id, cmds, n);
}

const struct domain_facts iomt_domain_amd = {
	.vendor = IOMT_VENDOR_AMD,
	.by_device = true,
	.id_bits = id_bits,
	.refuse = refuse,
	.packer = packer,
	.prepare = prepare,
	.write = write,
	.clear = clear,
	.describe = describe,
	.blocks = blocks,
	.target = target,
	.key_target = key_target,
	.device_target = device_target,
	.guest_target = guest_target,
	.guest_process = guest_process,
	.device_commands = device_commands,
	.pasid_commands = pasid_commands,
};
