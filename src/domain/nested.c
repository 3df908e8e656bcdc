/* SPDX-License-Identifier: MIT */
/* Guests' stages on a parent, and guests' commands in ids of the host. */
#include "caps.h"
#include "parts.h"

#define CMDS_MOST 256

/* What is put at once; no more than a ring holds beside a sync. */
static size_t room_of(const struct iomt_ring *ring)
{
	size_t entries = (size_t)iomt_ring_capacity(ring) - 1;
	unsigned cmds = iomt_ring_kind_of(ring)->cmds;

	return entries * cmds < CMDS_MOST ? entries * cmds : CMDS_MOST;
}

static void limit_policy(struct iomt_viommu *viommu)
{
	const struct iomt_ring *ring = viommu->cfg.iommu->cfg.ring;
	size_t most = room_of(ring) / iomt_ring_kind_of(ring)->cmds;

	if (most > IOMT_TARGETS_MOST)
		most = IOMT_TARGETS_MOST;
	if (viommu->cfg.policy.most > most)
		viommu->cfg.policy.most = (uint16_t)most;
}

int iomt_viommu_init(struct iomt_viommu *viommu, const struct iomt_viommu_cfg *cfg)
{
	const struct iomt_format_facts *format;
	const struct iomt_iommu_caps *caps;

	if (!cfg || !caps_has_size(cfg, cfg->size, sizeof(*cfg)) || !cfg->iommu || !cfg->parent ||
	    cfg->parent->kind != IOMT_DOMAIN_PAGING ||
	    (unsigned)cfg->policy.kind > IOMT_PLAN_COST || !cfg->policy.most)
		return IOMT_EINVAL;
	caps = cfg->iommu->cfg.caps;
	format = iomt_domain_format(caps, cfg->parent->table);
	if (!(caps->flags & IOMT_IOMMU_NESTING) || (caps->errata & IOMT_ERRATUM_NESTING) ||
	    !format || format->stage != 2)
		return IOMT_EOPNOTSUPP;
	*viommu = (struct iomt_viommu){.cfg = *cfg};
	limit_policy(viommu);
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

	while (*at && *at != vdevice)
		at = &(*at)->next;
	if (*at)
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

/* Where commands go: an array, or through it into a ring, which takes any number. */
struct out {
	struct iomt_cmd *cmds;
	size_t n, used;
	struct iomt_ring *ring; /* or NULL */
	size_t piece;		/* of a ring: the most that one thing needs */
	struct iomt_ring_batch batch;
};

static int put(struct out *out, bool sync)
{
	int err = iomt_ring_put(out->ring, out->cmds, out->used, sync, &out->batch);

	out->used = 0;
	return err;
}

static int make_room(struct out *out)
{
	return out->ring && out->n - out->used < out->piece ? put(out, false) : 0;
}

static int take(struct out *out, int count)
{
	if (count > 0)
		out->used += (size_t)count;
	return count < 0 ? count : 0;
}

/* Guests' addresses are stage 1; leaves of any size may have been there. */
static struct iomt_gather range_of(const struct iomt_inv *inv)
{
	struct iomt_gather gather;

	iomt_gather_init(&gather);
	if (inv->flags & IOMT_INV_BY_ADDRESS)
		iomt_gather_add(&gather, inv->first, inv->last);
	else
		iomt_gather_add(&gather, 0, UINT64_MAX);
	gather.leaf_sizes = domain_leaf_sizes(gather.first, gather.last, 12);
	gather.table_levels = inv->flags & IOMT_INV_LEAVES ? 0 : IOMT_GATHER_ALL_LEVELS;
	return gather;
}

static int flush_place(const struct iomt_viommu *viommu, const struct iomt_attachment *place,
		       const struct iomt_inv *inv, struct out *out)
{
	const struct iomt_plan_policy all = iomt_plan_all();
	struct iomt_target target = {.ring = viommu->cfg.iommu->cfg.ring};
	struct iomt_gather gather = range_of(inv);
	bool ranged = inv->flags & IOMT_INV_BY_ADDRESS;
	int err = make_room(out);

	if (err)
		return err;
	ranged &= viommu->cfg.iommu->facts->guest_target(place, inv, &target, &gather);
	return take(out, target.kind->gather(&target, &gather, ranged ? &viommu->cfg.policy : &all,
					     out->cmds + out->used, out->n - out->used));
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

static bool has_ids(const struct iomt_viommu *viommu)
{
	return viommu->cfg.iommu->facts != &iomt_domain_smmu;
}

static int flush_ids(const struct iomt_viommu *viommu, const struct iomt_inv *inv, struct out *out)
{
	bool one = (inv->flags & IOMT_INV_BY_DOMAIN) && has_ids(viommu);
	int err = 0;

	for (const struct iomt_nested *at = viommu->first; at && !err; at = at->next) {
		const struct iomt_attachment *place = place_of(at);

		if (!place || (one && at->guest.id != inv->domain) || told_before(viommu, at))
			continue;
		err = flush_place(viommu, place, inv, out);
	}
	return err;
}

/* Of the devices that a command names, or of all that the guest has. */
static bool is_named(const struct iomt_vdevice *vdevice, const struct iomt_inv *inv)
{
	return !(inv->flags & IOMT_INV_BY_DEVICE) ||
	       (vdevice->id >= inv->device && vdevice->id <= inv->device_last);
}

static int flush_device(const struct iomt_device *device, const struct iomt_inv *inv,
			struct out *out)
{
	const struct iomt_plan_policy one = iomt_plan_covers(1);
	struct iomt_target target = {.ring = device->iommu->cfg.ring};
	struct iomt_gather gather = range_of(inv);

	device->iommu->facts->device_target(
		device, inv->flags & IOMT_INV_BY_PROCESS ? inv->process : IOMT_NO_PASID, &target);
	return take(out, target.kind->gather(&target, &gather, &one, out->cmds + out->used,
					     out->n - out->used));
}

static int flush_process(const struct iomt_device *device, const struct iomt_inv *inv,
			 struct out *out)
{
	return take(out, device->iommu->facts->guest_process(device, inv, out->cmds + out->used,
							     out->n - out->used));
}

static int flush_devices(const struct iomt_viommu *viommu, const struct iomt_inv *inv,
			 struct out *out)
{
	bool tlb = inv->kind == IOMT_INV_DEVICE_TLB;
	int err = tlb ? IOMT_ENOENT : 0;

	for (const struct iomt_vdevice *at = viommu->devices; at; at = at->next) {
		if (!is_named(at, inv))
			continue;
		err = make_room(out);
		if (!err)
			err = tlb ? flush_device(at->device, inv, out)
				  : flush_process(at->device, inv, out);
		if (err)
			return err;
	}
	return err;
}

/* PASIDs have 20 bits, ASIDs 16. */
static bool is_inv(const struct iomt_viommu *viommu, const struct iomt_inv *inv)
{
	unsigned bits = inv->kind == IOMT_INV_IOTLB && !has_ids(viommu) ? 16 : 20;
	unsigned granule_lg2 = inv->granule_lg2;

	if (inv->first > inv->last || inv->level < -1 || inv->level > 2 ||
	    (granule_lg2 && granule_lg2 != 12 && granule_lg2 != 14 && granule_lg2 != 16))
		return false;
	return (!(inv->flags & IOMT_INV_BY_PROCESS) || !(inv->process >> bits)) &&
	       (!(inv->flags & IOMT_INV_BY_DEVICE) || inv->device <= inv->device_last);
}

static int tell(const struct iomt_viommu *viommu, const struct iomt_inv *inv, struct out *out)
{
	if (!is_inv(viommu, inv))
		return IOMT_EINVAL;
	switch (inv->kind) {
	case IOMT_INV_IOTLB:
		return flush_ids(viommu, inv, out);
	case IOMT_INV_DEVICE_TLB:
	case IOMT_INV_PROCESS:
		return flush_devices(viommu, inv, out);
	case IOMT_INV_DEVICE:
	case IOMT_INV_WAIT:
		return 0;
	}
	return IOMT_EINVAL;
}

int iomt_viommu_commands(const struct iomt_viommu *viommu, const struct iomt_inv *inv,
			 struct iomt_cmd *cmds, size_t n)
{
	struct out out = {.cmds = cmds, .n = n};
	int err = tell(viommu, inv, &out);

	return err ? err : (int)out.used;
}

int iomt_viommu_invalidate(const struct iomt_viommu *viommu, const struct iomt_inv *inv)
{
	struct iomt_ring *ring = viommu->cfg.iommu->cfg.ring;
	struct iomt_cmd cmds[CMDS_MOST];
	struct out out = {.cmds = cmds, .n = room_of(ring), .ring = ring};
	int err;

	out.piece = (size_t)viommu->cfg.policy.most * iomt_ring_kind_of(ring)->cmds;
	err = tell(viommu, inv, &out);
	if (err || (!out.used && !out.batch.begun))
		return err;
	err = put(&out, true);
	return err ? err : iomt_ring_wait(ring, &out.batch);
}
