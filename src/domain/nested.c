/* SPDX-License-Identifier: MIT */
/* Guests' stages on a parent, and guests' commands in ids of the host. */
#include "parts.h"

int iomt_viommu_init(struct iomt_viommu *viommu, const struct iomt_viommu_cfg *cfg)
{
	const struct iomt_format_facts *format;
	const struct iomt_iommu_caps *caps;

	if (!cfg || cfg->size < sizeof(*cfg) || !cfg->iommu || !cfg->parent ||
	    cfg->parent->kind != IOMT_DOMAIN_PAGING || !cfg->policy.most)
		return IOMT_EINVAL;
	caps = cfg->iommu->cfg.caps;
	format = iomt_domain_format(caps, cfg->parent->table);
	if (!(caps->flags & IOMT_IOMMU_NESTING) || (caps->errata & IOMT_ERRATUM_NESTING) ||
	    !format || format->stage != 2)
		return IOMT_EOPNOTSUPP;
	*viommu = (struct iomt_viommu){.cfg = *cfg};
	cfg->parent->places++;
	return 0;
}

int iomt_viommu_destroy(struct iomt_viommu *viommu)
{
	if (viommu->first || viommu->devices)
		return IOMT_EBUSY;
	viommu->cfg.parent->places--;
	return 0;
}

static const struct iomt_vdevice *find_device(const struct iomt_viommu *viommu, uint32_t id)
{
	const struct iomt_vdevice *at = viommu->devices;

	while (at && at->id != id)
		at = at->next;
	return at;
}

int iomt_viommu_add(struct iomt_viommu *viommu, struct iomt_vdevice *vdevice,
		    struct iomt_device *device, uint32_t id)
{
	if (device->iommu != viommu->cfg.iommu)
		return IOMT_EINVAL;
	if (find_device(viommu, id))
		return IOMT_EEXIST;
	*vdevice = (struct iomt_vdevice){.next = viommu->devices, .device = device, .id = id};
	viommu->devices = vdevice;
	return 0;
}

void iomt_viommu_remove(struct iomt_viommu *viommu, struct iomt_vdevice *vdevice)
{
	struct iomt_vdevice **at = &viommu->devices;

	while (*at != vdevice)
		at = &(*at)->next;
	*at = vdevice->next;
}

int iomt_nested_init(struct iomt_nested *nested, struct iomt_viommu *viommu,
		     const struct iomt_guest_stage *guest)
{
	struct iomt_domain_table *table = viommu->cfg.parent->table;

	if (guest->id >> 16 || (viommu->cfg.iommu->facts == &iomt_domain_smmu && guest->id))
		return IOMT_EINVAL;
	*nested = (struct iomt_nested){
		.domain = {.table = table,
			   .kind = IOMT_DOMAIN_NESTED,
			   .flags = viommu->cfg.parent->flags},
		.viommu = viommu,
		.next = viommu->first,
		.guest = *guest,
	};
	viommu->first = nested;
	table->domains++;
	return 0;
}

int iomt_nested_destroy(struct iomt_nested *nested)
{
	struct iomt_nested **at = &nested->viommu->first;
	int err = iomt_domain_destroy(&nested->domain);

	if (err)
		return err;
	while (*at != nested)
		at = &(*at)->next;
	*at = nested->next;
	return 0;
}

/* Where a nested domain is attached, if it is: all its places have one id. */
static const struct iomt_attachment *place_of(const struct iomt_nested *nested)
{
	const struct iomt_attachment *at = nested->domain.table->first;

	while (at && at->domain != &nested->domain)
		at = at->after;
	return at;
}

/* Guests' addresses are stage 1; leaves of any size may have been there. */
static struct iomt_gather range_of(const struct iomt_inv *inv)
{
	struct iomt_gather gather;

	iomt_gather_init(&gather);
	iomt_gather_add(&gather, inv->first, inv->last);
	gather.leaf_sizes = 1ULL << (inv->granule_lg2 ? inv->granule_lg2 : 12);
	gather.table_levels = inv->flags & IOMT_INV_LEAVES ? 0 : 0x3f;
	return gather;
}

static int flush_place(const struct iomt_viommu *viommu, const struct iomt_attachment *place,
		       const struct iomt_inv *inv, struct iomt_cmd *cmds, size_t n)
{
	const struct iomt_plan_policy all = iomt_plan_all();
	struct iomt_target target = {.ring = viommu->cfg.iommu->cfg.ring};
	struct iomt_gather gather = range_of(inv);
	bool ranged = inv->flags & IOMT_INV_BY_ADDRESS;

	ranged &= viommu->cfg.iommu->facts->guest_target(place, inv, &target);
	return target.kind->gather(&target, &gather, ranged ? &viommu->cfg.policy : &all, cmds, n);
}

/*
 * Each of the guest's ids once: nested domains of one id have one id of the host's. In SMMUv3 all share
 * the VMID.
 */
static bool told_before(const struct iomt_viommu *viommu, const struct iomt_nested *nested)
{
	const struct iomt_nested *at = viommu->first;

	while (at != nested && (at->guest.id != nested->guest.id || !place_of(at)))
		at = at->next;
	return at != nested;
}

static int flush_ids(const struct iomt_viommu *viommu, const struct iomt_inv *inv,
		     struct iomt_cmd *cmds, size_t n)
{
	bool one =
		(inv->flags & IOMT_INV_BY_DOMAIN) && viommu->cfg.iommu->facts != &iomt_domain_smmu;
	int count = 0;

	for (const struct iomt_nested *at = viommu->first; at; at = at->next) {
		const struct iomt_attachment *place = place_of(at);
		int more;

		if (!place || (one && at->guest.id != inv->domain) || told_before(viommu, at))
			continue;
		more = flush_place(viommu, place, inv, cmds + count, n - (size_t)count);
		if (more < 0)
			return more;
		count += more;
	}
	return count;
}

static int flush_device(const struct iomt_viommu *viommu, const struct iomt_inv *inv,
			struct iomt_cmd *cmds, size_t n)
{
	const struct iomt_vdevice *vdevice = find_device(viommu, inv->device);
	const struct iomt_plan_policy one = iomt_plan_covers(1);
	struct iomt_target target = {.ring = viommu->cfg.iommu->cfg.ring};
	struct iomt_gather gather = range_of(inv);

	if (!vdevice)
		return IOMT_ENOENT;
	viommu->cfg.iommu->facts->device_target(
		vdevice->device, inv->flags & IOMT_INV_BY_PROCESS ? inv->process : IOMT_NO_PASID,
		&target);
	return target.kind->gather(&target, &gather, &one, cmds, n);
}

/* Of one device, or all that the guest has. */
static int flush_process(const struct iomt_viommu *viommu, const struct iomt_inv *inv,
			 struct iomt_cmd *cmds, size_t n)
{
	int count = 0;

	for (const struct iomt_vdevice *at = viommu->devices; at; at = at->next) {
		int more;

		if ((inv->flags & IOMT_INV_BY_DEVICE) &&
		    (at->id < inv->device || at->id > inv->device_last))
			continue;
		more = viommu->cfg.iommu->facts->guest_process(at->device, inv, cmds + count,
							       n - (size_t)count);
		if (more < 0)
			return more;
		count += more;
	}
	return count;
}

int iomt_viommu_commands(const struct iomt_viommu *viommu, const struct iomt_inv *inv,
			 struct iomt_cmd *cmds, size_t n)
{
	if (inv->first > inv->last)
		return IOMT_EINVAL;
	switch (inv->kind) {
	case IOMT_INV_IOTLB:
		return flush_ids(viommu, inv, cmds, n);
	case IOMT_INV_DEVICE_TLB:
		return flush_device(viommu, inv, cmds, n);
	case IOMT_INV_PROCESS:
		return flush_process(viommu, inv, cmds, n);
	case IOMT_INV_DEVICE:
	case IOMT_INV_WAIT:
		return 0;
	}
	return IOMT_EINVAL;
}

#define CMDS_MOST 256

int iomt_viommu_invalidate(const struct iomt_viommu *viommu, const struct iomt_inv *inv)
{
	struct iomt_ring *ring = viommu->cfg.iommu->cfg.ring;
	struct iomt_ring_batch batch = {0};
	struct iomt_cmd cmds[CMDS_MOST];
	int count = iomt_viommu_commands(viommu, inv, cmds, CMDS_MOST), err;

	if (count <= 0)
		return count;
	err = iomt_ring_put(ring, cmds, (size_t)count, true, &batch);
	return err ? err : iomt_ring_wait(ring, &batch);
}
