/* SPDX-License-Identifier: MIT */
/*
 * Carrying out what the packer has planned, and what it knows nothing of: places that are not tagged.
 * Errors of hardware do not stop it: structures and books are as they should be afterwards, but ids that
 * it may still know stay in quarantine until it is reset.
 */
#include "parts.h"

#define ROOM (sizeof(((struct iomt_iommu_change *)0)->cmds) / sizeof(struct iomt_cmd))

void iomt_change_begin(struct iomt_iommu *iommu, struct iomt_iommu_change *change,
		       struct iomt_device *device)
{
	change->device = device;
	change->from = NULL;
	change->to = NULL;
	change->first = NULL;
	change->second = NULL;
	change->flags = 0;
	change->shadow = 0;
	change->look = false;
	change->left = IOMT_PACK_NO_ID;
	change->follows = false;
	change->written = false;
	change->waiting = false;
	change->made_pasids = false;
	change->err = 0;
	change->used = 0;
	iommu->change = change;
}

static void note(struct iomt_iommu *iommu, int err)
{
	if (err < 0 && !iommu->change->err)
		iommu->change->err = err;
}

/* Puts what there is into the ring, however short; with "sync" waits for that, and what was put before. */
static void put(struct iomt_iommu *iommu, bool sync)
{
	struct iomt_iommu_change *change = iommu->change;
	struct iomt_ring *ring = iommu->cfg.ring;
	size_t most = (iomt_ring_capacity(ring) - 1) * iomt_ring_kind_of(ring)->cmds, done = 0;
	struct iomt_ring_batch batch = {0};
	int err = 0;

	for (; !err && change->used - done > most; done += most)
		err = iomt_ring_put(ring, &change->cmds[done], most, false, &batch);
	if (!err)
		err = iomt_ring_put(ring, &change->cmds[done], change->used - done, sync, &batch);
	change->used = 0;
	if (!err && sync)
		err = iomt_ring_wait(iommu->cfg.ring, &batch);
	note(iommu, err);
	change->waiting = !sync;
}

void iomt_change_send(struct iomt_iommu *iommu)
{
	if (iommu->change->used || iommu->change->waiting)
		put(iommu, true);
}

/* Room for the most that any call here makes of one thing. */
static size_t room(struct iomt_iommu *iommu, struct iomt_cmd **cmds)
{
	struct iomt_iommu_change *change = iommu->change;

	if (change->used + DOMAIN_CMDS_MOST > ROOM)
		put(iommu, false);
	*cmds = &change->cmds[change->used];
	return ROOM - change->used;
}

static void add(struct iomt_iommu *iommu, int count)
{
	note(iommu, count);
	if (count > 0)
		iommu->change->used += (uint32_t)count;
}

/* What is cached of entries; translations are the plan's. */
static void add_device(struct iomt_iommu *iommu, const struct iomt_device_inv *inv, uint32_t what)
{
	struct iomt_device_inv entry = *inv;
	struct iomt_cmd *cmds;
	size_t n = room(iommu, &cmds);

	entry.what &= what;
	add(iommu, iommu->facts->device_commands(&entry, iommu, cmds, n));
}

static void add_pasid(const struct iomt_device *device, const struct iomt_pasid_inv *inv,
		      uint32_t what)
{
	struct iomt_pasid_inv entry = *inv;
	struct iomt_cmd *cmds;
	size_t n = room(device->iommu, &cmds);

	entry.what &= what;
	add(device->iommu, device->iommu->facts->pasid_commands(&entry, device, cmds, n));
}

static void device_sync(struct iomt_device_inv *inv)
{
	struct iomt_device *device = inv->ctx;

	add_device(device->iommu, inv, UINT32_MAX);
	iomt_change_send(device->iommu);
}

static void pasid_sync(struct iomt_pasid_inv *inv)
{
	struct iomt_device *device = inv->ctx;

	add_pasid(device, inv, UINT32_MAX);
	iomt_change_send(device->iommu);
}

/* Where requests are blocked before or afterwards, they may be so between. */
static bool may_break(const struct iomt_device *device, const struct iomt_device_entry *entry)
{
	const struct iomt_iommu *iommu = device->iommu;
	struct iomt_device_entry now;

	if (iommu->change->flags & IOMT_ATTACH_BREAK)
		return true;
	if (!iommu->facts->blocks || iomt_device_table_get(&iommu->devices, device->caps.id, &now))
		return false;
	return iommu->facts->blocks(entry) || iommu->facts->blocks(&now);
}

int iomt_change_device(struct iomt_device *device)
{
	struct iomt_iommu *iommu = device->iommu;
	struct iomt_device_inv inv = {.sync = device_sync, .ctx = device};
	struct iomt_iommu_change *change = iommu->change;
	uint32_t flags = change->look ? IOMT_DEVICE_LOOK : 0, id = device->caps.id;
	struct iomt_device_entry entry, now;
	int err;

	if (iommu->facts->describe(device, &entry))
		err = iomt_device_table_set(
			&iommu->devices, id, &entry,
			flags | (may_break(device, &entry) ? IOMT_DEVICE_BREAK : 0), &inv);
	else if (!change->look && !iomt_device_table_get(&iommu->devices, id, &now))
		err = iomt_device_table_clear(&iommu->devices, id, &inv);
	else
		return 0;
	if (!err && !change->look)
		add_device(iommu, &inv, ~(IOMT_DEVICE_INV_IOTLB | IOMT_DEVICE_INV_DEVICE_TLB));
	return err;
}

int iomt_change_pasid(struct iomt_device *device, uint32_t pasid,
		      const struct iomt_pasid_entry *entry)
{
	struct iomt_pasid_inv inv = {.sync = pasid_sync, .ctx = device};
	struct iomt_iommu_change *change = device->iommu->change;
	uint32_t flags = change->flags & IOMT_ATTACH_BREAK ? IOMT_PASID_BREAK : 0;
	int err = 0;

	if (change->look)
		flags |= IOMT_PASID_LOOK;
	if (entry)
		err = iomt_pasid_table_set(&device->pasids, pasid, entry, flags, &inv);
	else if (!change->look)
		err = iomt_pasid_table_clear(&device->pasids, pasid, &inv);
	if (!entry && err == IOMT_ENOENT)
		return 0;
	if (!err && !change->look)
		add_pasid(device, &inv, ~(IOMT_PASID_INV_IOTLB | IOMT_PASID_INV_DEVICE_TLB));
	return err;
}

int iomt_change_reserve(struct iomt_device *device)
{
	struct iomt_device_inv inv = {.sync = device_sync, .ctx = device};
	uint32_t id = device->caps.id;
	int err = iomt_device_table_reserve(&device->iommu->devices, id, id, &inv);

	if (!err)
		add_device(device->iommu, &inv, UINT32_MAX);
	return err;
}

int iomt_change_pasids(struct iomt_device *device, const struct iomt_pasid_table_cfg *cfg)
{
	int err = device->has_pasids ? 0 : iomt_pasid_table_init(&device->pasids, cfg);

	if (err || device->has_pasids)
		return err;
	device->has_pasids = true;
	device->iommu->change->made_pasids = true;
	return 0;
}

int iomt_change_prepare(struct iomt_attachment *place, const struct iomt_pasid_table_cfg *cfg)
{
	struct iomt_device *device = place->device;
	struct iomt_pasid_inv inv = {.sync = pasid_sync, .ctx = device};
	uint32_t entry = domain_entry(place);
	int err = iomt_change_pasids(device, cfg);

	if (!err)
		err = iomt_pasid_table_reserve(&device->pasids, entry, entry, &inv);
	if (!err)
		add_pasid(device, &inv, UINT32_MAX);
	return err;
}

/* No id was left: what hardware does not take of this keeps none back. */
void iomt_change_undo(struct iomt_iommu *iommu)
{
	struct iomt_device *device = iommu->change->device;

	iomt_change_send(iommu);
	if (iommu->change->made_pasids) {
		iomt_pasid_table_destroy(&device->pasids);
		device->has_pasids = false;
	}
	iommu->change = NULL;
}

/* Everything of a target. */
static void add_all(struct iomt_iommu *iommu, const struct iomt_target *target)
{
	const struct iomt_plan_policy all = iomt_plan_all();
	const struct iomt_gather gather = iomt_gather_all();
	struct iomt_cmd *cmds;
	size_t n = room(iommu, &cmds);

	add(iommu, target->kind->gather(target, &gather, &all, cmds, n));
}

static bool is_tagged(struct iomt_iommu *iommu, const struct iomt_attachment *place)
{
	return place && iommu->facts->packer(iommu, place);
}

/* Whose step it is, where devices have ids. */
static struct iomt_device *device_of(struct iomt_iommu *iommu, const struct iomt_pack_step *step)
{
	struct iomt_device *device = iommu->change->device;

	if (device->user == step->device || iommu->change->shadow == step->device)
		return device;
	for (device = iommu->first; device && device->user != step->device;)
		device = device->next;
	return device;
}

/* And where places have. */
static struct iomt_attachment *place_of(struct iomt_iommu *iommu, const struct iomt_pack_step *step)
{
	struct iomt_iommu_change *change = iommu->change;

	/* the packer that follows has numbers of its own, and is about what goes alone */
	if (change->follows || !change->to || change->to->user != step->device)
		return change->from;
	return change->to;
}

static void withdraw_all(struct iomt_iommu *iommu, struct iomt_device *device, uint32_t id)
{
	for (struct iomt_attachment *place = device->first; place; place = place->next)
		if (is_tagged(iommu, place) && place != iommu->change->from && place->tag == id)
			iomt_domain_retract(place, id);
}

static int publish_all(struct iomt_iommu *iommu, struct iomt_device *device, uint32_t id)
{
	int err = 0;

	for (struct iomt_attachment *place = device->first; place && !err; place = place->next)
		if (is_tagged(iommu, place) && place != iommu->change->from)
			err = iomt_domain_publish(place, id);
	if (err)
		withdraw_all(iommu, device, id);
	return err;
}

int iomt_change_publish(struct iomt_iommu *iommu, const struct iomt_pack_step *step)
{
	if (step->op != IOMT_PACK_PUBLISH)
		return 0;
	if (!iommu->facts->by_device)
		return iomt_domain_publish(place_of(iommu, step), step->id);
	if (iommu->change->shadow)
		return is_tagged(iommu, iommu->change->to)
			       ? iomt_domain_publish(iommu->change->to, step->id)
			       : 0;
	if (step->key != IOMT_PACK_ALL)
		return iomt_domain_publish(iommu->change->to, step->id);
	return publish_all(iommu, device_of(iommu, step), step->id);
}

void iomt_change_withdraw(struct iomt_iommu *iommu, const struct iomt_pack_step *step)
{
	if (step->op != IOMT_PACK_PUBLISH)
		return;
	if (!iommu->facts->by_device)
		iomt_domain_retract(place_of(iommu, step), step->id);
	else if (iommu->change->shadow && !is_tagged(iommu, iommu->change->to))
		return;
	else if (step->key != IOMT_PACK_ALL || iommu->change->shadow)
		iomt_domain_retract(iommu->change->to, step->id);
	else
		withdraw_all(iommu, device_of(iommu, step), step->id);
}

static void retract(struct iomt_iommu *iommu, const struct iomt_pack_step *step)
{
	struct iomt_attachment *place, *next;

	if (!iommu->facts->by_device) {
		iomt_domain_retract(place_of(iommu, step), step->id);
		return;
	}
	if (step->key != IOMT_PACK_ALL) {
		iomt_domain_retract(iommu->change->from, step->id);
		return;
	}
	for (place = device_of(iommu, step)->first; place; place = next) {
		next = place->next;
		if (is_tagged(iommu, place) &&
		    (place->tag_before == step->id || place == iommu->change->from))
			iomt_domain_retract(place, step->id);
	}
}

/* All that a device's places may have left under an id; requests without any, too. */
static void flush_id(struct iomt_iommu *iommu, uint32_t id)
{
	struct iomt_iommu_change *change = iommu->change;
	struct iomt_target target = {.ring = iommu->cfg.ring};

	if (!iommu->facts->by_device) {
		if (!change->from)
			return;
		iommu->facts->target(change->from, change->from->domain->table, id, &target);
		add_all(iommu, &target);
		return;
	}
	iommu->facts->key_target(id, IOMT_PACK_RID, &target);
	add_all(iommu, &target);
	for (struct iomt_attachment *place = change->device->first; place; place = place->next) {
		if (!is_tagged(iommu, place) || domain_key(place) == IOMT_PACK_RID ||
		    (place->tag != id && place->tag_before != id))
			continue;
		iommu->facts->target(place, place->domain->table, id, &target);
		add_all(iommu, &target);
	}
}

/* When entries are forgotten, what leaving asks for. */
static void finish_leaving(struct iomt_iommu *iommu)
{
	uint32_t id = iommu->change->left;

	if (id == IOMT_PACK_NO_ID)
		return;
	iommu->change->left = IOMT_PACK_NO_ID;
	iomt_change_send(iommu);
	flush_id(iommu, id);
	iomt_change_send(iommu);
}

/*
 * Where the IOTLB may be tagged by the device, too, what it leaves behind under an id that others keep
 * goes when hardware has forgotten its entry. So may VT-d's be, which wants this after every change of an
 * entry (D51397, 6.5.3.3), and those of emulators, which are known by the absent entries that they cache.
 */
static void leave(struct iomt_iommu *iommu, uint32_t id)
{
	const struct iomt_iommu_stage *stages = iommu->cfg.caps->stage;
	bool emulated = (stages[0].flags | stages[1].flags) & IOMT_STAGE_CACHES_ABSENT;

	if (id == IOMT_PACK_NO_ID || iommu->facts->vendor == IOMT_VENDOR_SMMU ||
	    (iommu->facts->vendor == IOMT_VENDOR_AMD && !emulated))
		return;
	if (iommu->change->left != id)
		finish_leaving(iommu); /* of a device that moved before */
	iommu->change->left = id;
}

/* What goes gives way to what comes, at once where nothing of the plan stands between. */
static void write_place(struct iomt_iommu *iommu, bool comes)
{
	struct iomt_iommu_change *change = iommu->change;

	if (change->written)
		return;
	if (is_tagged(iommu, change->from))
		leave(iommu, change->from->tag);
	if (comes) {
		note(iommu, iommu->facts->write(change->to));
		change->written = true;
	} else {
		note(iommu, iommu->facts->clear(change->from));
		change->written = !change->to;
	}
}

static void write_device(struct iomt_iommu *iommu, const struct iomt_pack_step *step)
{
	struct iomt_device *device;

	if (!iommu->facts->by_device) {
		if (step->id == IOMT_PACK_NO_ID)
			write_place(iommu, iommu->change->to);
		return;
	}
	if (iommu->change->shadow && step->device != iommu->change->shadow)
		return; /* what it replaces goes by the same store */
	device = device_of(iommu, step);
	leave(iommu, device->id);
	device->id = step->id;
	if (iommu->change->shadow)
		write_place(iommu, iommu->change->to);
	else
		note(iommu, iomt_change_device(device));
}

static void flush_key(struct iomt_iommu *iommu, const struct iomt_pack_step *step)
{
	struct iomt_target target = {.ring = iommu->cfg.ring};

	if (!iommu->facts->by_device) {
		flush_id(iommu, step->id);
		return;
	}
	iommu->facts->key_target(step->id, step->key, &target);
	add_all(iommu, &target);
}

static void flush_device_tlb(struct iomt_iommu *iommu, const struct iomt_device *device,
			     uint32_t pasid)
{
	struct iomt_target target = {.ring = iommu->cfg.ring};

	iommu->facts->device_target(device, pasid, &target);
	add_all(iommu, &target);
}

static void flush_ats(struct iomt_iommu *iommu, const struct iomt_pack_step *step)
{
	const struct iomt_device *device = iommu->change->device;

	if (iommu->facts->by_device)
		device = device_of(iommu, step);
	if (iommu->facts->by_device && step->key != IOMT_PACK_ALL) {
		flush_device_tlb(iommu, device,
				 step->key && step->key != IOMT_PACK_RID ? step->key
									 : IOMT_NO_PASID);
		return;
	}
	if (!iommu->facts->by_device) {
		flush_device_tlb(iommu, device, place_of(iommu, step)->pasid);
		return;
	}
	for (struct iomt_attachment *place = device->first; place; place = place->next)
		if (is_tagged(iommu, place))
			flush_device_tlb(iommu, device, place->pasid);
}

static void carry_step(struct iomt_iommu *iommu, const struct iomt_pack_step *step)
{
	struct iomt_iommu_change *change = iommu->change;

	switch ((enum iomt_pack_op)step->op) {
	case IOMT_PACK_PUBLISH:	     /* done when it was decided */
	case IOMT_PACK_FLUSH_DEVICE: /* with what was written */
	case IOMT_PACK_FLUSH_ENTRY:
		break;
	case IOMT_PACK_CLEAR_ENTRY:
		write_place(iommu, change->to && !is_tagged(iommu, change->to));
		break;
	case IOMT_PACK_WRITE_ENTRY:
		write_place(iommu, true);
		break;
	case IOMT_PACK_WRITE_DEVICE:
		write_device(iommu, step);
		break;
	case IOMT_PACK_FLUSH_KEY:
		flush_key(iommu, step);
		break;
	case IOMT_PACK_FLUSH_ID:
		flush_id(iommu, step->id);
		break;
	case IOMT_PACK_FLUSH_ATS:
		finish_leaving(iommu); /* or the device could ask again for what the IOTLB has */
		flush_ats(iommu, step);
		break;
	case IOMT_PACK_WAIT:
		iomt_change_send(iommu);
		break;
	case IOMT_PACK_RETRACT:
		retract(iommu, step);
		break;
	}
}

static void carry_plan(struct iomt_iommu *iommu, const struct iomt_pack *pack,
		       const struct iomt_pack_plan *plan)
{
	for (uint32_t i = 0; pack && i < plan->count; i++) {
		if (i == plan->tail) {
			finish_leaving(iommu);
			iomt_change_send(iommu);
		}
		carry_step(iommu, iomt_pack_step(pack, i));
	}
}

/* What passed may be in the device's TLB, of which no packer knows. */
static void forget_passed(struct iomt_iommu *iommu)
{
	const struct iomt_attachment *from = iommu->change->from;

	if (!from || is_tagged(iommu, from) || from->domain->kind != IOMT_DOMAIN_IDENTITY ||
	    !(from->device->caps.flags & IOMT_DEVICE_ATS))
		return;
	flush_device_tlb(iommu, from->device, from->pasid);
	iomt_change_send(iommu);
}

/* Ids may be used again, unless hardware may still know them from this change or one before. */
static void complete(struct iomt_iommu *iommu, struct iomt_pack *pack,
		     const struct iomt_pack_plan *plan)
{
	uint64_t *token = pack == &iommu->asids ? &iommu->asids_token : &iommu->domains_token;

	if (!pack)
		return;
	*token = plan->token;
	if (!iommu->lost)
		(void)iomt_pack_complete(pack, plan->token);
}

int iomt_change_end(struct iomt_iommu *iommu)
{
	struct iomt_iommu_change *change = iommu->change;

	carry_plan(iommu, change->first, &change->plan);
	change->follows = true;
	carry_plan(iommu, change->second, &change->second_plan);
	if (change->to || change->from)
		write_place(iommu, change->to);
	finish_leaving(iommu);
	iomt_change_send(iommu);
	forget_passed(iommu);
	if (change->shadow)
		change->device->user = change->shadow;
	iommu->lost |= change->err < 0;
	complete(iommu, change->first, &change->plan);
	complete(iommu, change->second, &change->second_plan);
	iommu->change = NULL;
	return change->err ? IOMT_EIO : 0;
}
