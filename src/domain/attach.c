/* SPDX-License-Identifier: MIT */
/* Attaching, replacing, detaching: what may fail comes first, then it is carried out. */
#include "parts.h"

static struct iomt_iommu *unit_of(const struct iomt_attachment *place)
{
	return place->device->iommu;
}

static bool caches_absent(const struct iomt_attachment *place)
{
	unsigned stage = domain_stage(place->device, place->domain);

	return unit_of(place)->cfg.caps->stage[stage - 1].flags & IOMT_STAGE_CACHES_ABSENT;
}

/* The targets of a place by an id: the IOTLB, and the device where it has a TLB. */
static unsigned targets_of(const struct iomt_attachment *place,
			   const struct iomt_domain_table *table, uint32_t id,
			   struct iomt_target targets[2])
{
	const struct domain_facts *facts = unit_of(place)->facts;

	targets[0] = (struct iomt_target){.ring = unit_of(place)->cfg.ring};
	targets[1] = targets[0];
	facts->target(place, table, id, &targets[0]);
	if (!(place->device->caps.flags & IOMT_DEVICE_ATS))
		return 1;
	facts->device_target(place->device, place->pasid, &targets[1]);
	targets[1].all = domain_nested(place); /* it knows the guest's addresses */
	return 2;
}

static void remove_targets(struct iomt_domain_table *table, const struct iomt_target *targets,
			   unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		(void)iomt_targets_remove(&table->targets, &targets[i], &table->retired);
}

static int publish_table(const struct iomt_attachment *place, struct iomt_domain_table *table,
			 uint32_t id)
{
	struct iomt_target targets[2];
	unsigned count, i;
	int err = 0;

	if (!table)
		return 0;
	count = targets_of(place, table, id, targets);
	for (i = 0; i < count && !err; i++) {
		iomt_domain_retire(table);
		err = iomt_targets_add(&table->targets, &targets[i], &table->retired);
	}
	if (err)
		remove_targets(table, targets, i - 1);
	else if (caches_absent(place))
		__atomic_fetch_add(&table->caches_absent, 1, __ATOMIC_RELEASE);
	return err;
}

static void retract_table(const struct iomt_attachment *place, struct iomt_domain_table *table,
			  uint32_t id)
{
	struct iomt_target targets[2];

	if (!table)
		return;
	iomt_domain_retire(table);
	remove_targets(table, targets, targets_of(place, table, id, targets));
	if (caches_absent(place))
		__atomic_fetch_sub(&table->caches_absent, 1, __ATOMIC_RELEASE);
}

int iomt_domain_publish(struct iomt_attachment *place, uint32_t id)
{
	int err = publish_table(place, place->domain->table, id);

	if (err)
		return err;
	err = publish_table(place, place->domain->upper, id);
	if (err) {
		retract_table(place, place->domain->table, id);
		return err;
	}
	place->tag_before = place->tag;
	place->tag = id;
	return 0;
}

void iomt_domain_retract(struct iomt_attachment *place, uint32_t id)
{
	retract_table(place, place->domain->table, id);
	retract_table(place, place->domain->upper, id);
	if (place->tag == id)
		place->tag = place->tag_before;
	place->tag_before = IOMT_PACK_NO_ID;
}

static void link_place(struct iomt_attachment *place)
{
	struct iomt_domain_table *table = place->domain->table;

	place->before = NULL;
	place->next = place->device->first;
	if (place->next)
		place->next->before = place;
	place->device->first = place;
	place->domain->places++;
	if (!table)
		return;
	place->ahead = NULL;
	place->after = table->first;
	if (place->after)
		place->after->ahead = place;
	table->first = place;
}

static void unlink_place(struct iomt_attachment *place)
{
	struct iomt_domain_table *table = place->domain->table;

	if (place->next)
		place->next->before = place->before;
	if (place->before)
		place->before->next = place->next;
	else
		place->device->first = place->next;
	place->domain->places--;
	if (!table)
		return;
	if (place->after)
		place->after->ahead = place->ahead;
	if (place->ahead)
		place->ahead->after = place->after;
	else
		table->first = place->after;
}

/* It is attached nowhere: the device tells, also those who are told of an error of hardware. */
static void forget_place(struct iomt_attachment *place)
{
	unlink_place(place);
	place->device = NULL;
}

static void make_place(struct iomt_attachment *place, struct iomt_domain *domain,
		       struct iomt_device *device, uint32_t pasid)
{
	*place = (struct iomt_attachment){
		.domain = domain,
		.device = device,
		.pasid = pasid,
		.tag = IOMT_PACK_NO_ID,
		.tag_before = IOMT_PACK_NO_ID,
	};
	link_place(place);
}

/*
 * What the packer calls the same, because translations are: the table, however its top grows, where its
 * format says how entries are read. Where nothing is translated, but tagged, NULL. A guest's ids are kept
 * apart as the guest does.
 */
static struct iomt_pack_leaf leaf_of(const struct iomt_attachment *place)
{
	const struct iomt_nested *nested = domain_nested(place);

	if (nested)
		return (struct iomt_pack_leaf){.root = (uintptr_t)place->domain->table,
					       .attrs = {(uintptr_t)nested->viommu,
							 nested->guest.id + 1}};
	return (struct iomt_pack_leaf){.root = (uintptr_t)place->domain->table,
				       .attrs = {(uintptr_t)place->domain->upper}};
}

static struct iomt_pack *packer_of(struct iomt_iommu *iommu, const struct iomt_attachment *place)
{
	return place ? iommu->facts->packer(iommu, place) : NULL;
}

static int enter(struct iomt_iommu *iommu, struct iomt_pack *pack, struct iomt_attachment *place)
{
	const struct iomt_pack_device_cfg cfg = domain_pack_device(place->device);
	const struct iomt_pack_leaf leaf = leaf_of(place);
	int err;

	if (iommu->facts->by_device && domain_nested(place))
		return 0;
	if (iommu->change->shadow)
		return iomt_pack_set(pack, iommu->change->shadow, domain_key(place), &leaf);
	if (iommu->facts->by_device)
		return iomt_pack_set(pack, place->device->user, domain_key(place), &leaf);
	err = iomt_pack_add(pack, &cfg, &place->user);
	return err ? err : iomt_pack_set(pack, place->user, IOMT_PACK_RID, &leaf);
}

static int leave(struct iomt_iommu *iommu, struct iomt_pack *pack,
		 const struct iomt_attachment *from, const struct iomt_attachment *to)
{
	if (!iommu->facts->by_device)
		return iomt_pack_remove(pack, from->user);
	if (iommu->change->shadow)
		return 0; /* the whole device does */
	if (to && packer_of(iommu, to) && domain_key(from) == domain_key(to))
		return 0;
	return iomt_pack_clear(pack, from->device->user, domain_key(from));
}

/*
 * AMD: root and id of a device without PASIDs change by one store. To the packer the device is then
 * replaced by another; where GCR3[0] changes, the id is elsewhere, and that cannot be. With a guest's
 * tables the device is another one to the packer in any case: its id is by the guest's.
 */
static bool at_once(const struct iomt_iommu_change *change)
{
	const struct iomt_attachment *from = change->from, *to = change->to;
	struct iomt_iommu *iommu = change->device->iommu;

	if (!iommu->facts->by_device || change->device->pasid_count)
		return false;
	if (domain_nested(from) || domain_nested(to))
		return true;
	return packer_of(iommu, from) && packer_of(iommu, to) && to->pasid == IOMT_NO_PASID &&
	       (domain_key(from) || domain_key(to));
}

static int enter_shadow(struct iomt_iommu *iommu, struct iomt_pack *pack)
{
	struct iomt_pack_device_cfg cfg = domain_pack_device(iommu->change->device);
	const struct iomt_nested *nested = domain_nested(iommu->change->to);

	if (!at_once(iommu->change))
		return 0;
	if (nested)
		cfg.fixed = (uint64_t)(uintptr_t)nested->viommu << 16 | nested->guest.id;
	return iomt_pack_add(pack, &cfg, &iommu->change->shadow);
}

/*
 * Whether what comes can be written, over what goes if anything does. The id of what comes is not known
 * yet; any other than that of what goes has the same answer.
 */
static int look(struct iomt_iommu *iommu)
{
	struct iomt_iommu_change *change = iommu->change;
	struct iomt_device *device = change->device;
	struct iomt_attachment *from = change->from, *to = change->to, *rid = device->rid;
	uint32_t id = device->id, pasid_count = device->pasid_count, now;
	int err;

	if (!to)
		return 0;
	if (from && !(change->flags & IOMT_ATTACH_BREAK) && iommu->facts->by_device &&
	    packer_of(iommu, from) && packer_of(iommu, to) && !at_once(change))
		return IOMT_EBUSY;
	now = iommu->facts->by_device || !from ? id : from->tag;
	to->tag = now == 1 ? 2 : 1;
	if (at_once(change))
		device->id = to->tag;
	change->look = true;
	err = iommu->facts->write(to);
	change->look = false;
	to->tag = IOMT_PACK_NO_ID;
	device->id = id;
	device->rid = rid;
	device->pasid_count = pasid_count;
	return err;
}

static int fill_transaction(struct iomt_iommu *iommu, struct iomt_pack *in, struct iomt_pack *out)
{
	struct iomt_iommu_change *change = iommu->change;
	int err = enter_shadow(iommu, change->first);

	if (!err && in)
		err = enter(iommu, in, change->to);
	if (!err && out && change->from)
		err = leave(iommu, out, change->from, change->to);
	if (!err && change->shadow)
		err = iomt_pack_remove(change->first, change->device->user);
	return err;
}

/* The packers of what comes and of what goes: one transaction, or one in the other. */
static int decide(struct iomt_iommu *iommu)
{
	struct iomt_iommu_change *change = iommu->change;
	struct iomt_pack *in = packer_of(iommu, change->to);
	struct iomt_pack *out = packer_of(iommu, change->from);
	bool two = in && out && in != out;
	int err = 0;

	change->first = in ? in : out;
	change->second = two ? out : NULL;
	if (!change->first)
		return 0;
	if (two)
		err = iomt_pack_begin(out);
	if (!err)
		err = iomt_pack_begin(change->first);
	if (!err)
		err = fill_transaction(iommu, in, out);
	if (!err)
		err = iomt_pack_commit(change->first, &change->plan);
	if (!err)
		return 0;
	iomt_pack_abort(change->first);
	if (two)
		iomt_pack_abort(out);
	return err;
}

/*
 * A change of one place: "from" goes, "to" comes. On errors nothing has changed; what hardware says
 * afterwards is told apart.
 */
static int change_place(struct iomt_device *device, struct iomt_attachment *from,
			struct iomt_attachment *to, uint32_t flags, int *hardware)
{
	struct iomt_iommu *iommu = device->iommu;
	struct iomt_iommu_change change;
	int err = 0;

	iomt_change_begin(iommu, &change, device);
	change.from = from;
	change.to = to;
	change.flags = flags;
	if (to)
		err = iommu->facts->prepare(to);
	if (!err)
		err = look(iommu);
	if (!err)
		err = decide(iommu);
	if (!err) {
		*hardware = iomt_change_end(iommu);
		return 0;
	}
	iomt_change_undo(iommu);
	return err;
}

static bool taken(const struct iomt_device *device, uint32_t pasid)
{
	struct iomt_pasid_entry entry;

	if (pasid == IOMT_NO_PASID)
		return device->rid;
	return device->has_pasids && !iomt_pasid_table_get(&device->pasids, pasid, &entry);
}

int iomt_domain_attach(struct iomt_domain *domain, struct iomt_device *device, uint32_t pasid,
		       uint32_t flags, struct iomt_attachment *place)
{
	int err, hardware = 0;

	if (!place || (flags & ~IOMT_ATTACH_BREAK))
		return IOMT_EINVAL;
	err = iomt_domain_attach_check(domain, device, pasid, NULL);
	if (err)
		return err;
	if (taken(device, pasid))
		return IOMT_EEXIST;
	make_place(place, domain, device, pasid);
	err = change_place(device, NULL, place, flags, &hardware);
	if (err)
		forget_place(place);
	return err ? err : hardware;
}

static bool same_meaning(const struct iomt_domain *a, const struct iomt_domain *b)
{
	if (a->kind == IOMT_DOMAIN_NESTED)
		return a == b;
	return a->kind == b->kind && a->table == b->table && a->upper == b->upper;
}

int iomt_domain_replace(struct iomt_attachment *place, struct iomt_domain *domain, uint32_t flags)
{
	struct iomt_device *device = place->device;
	struct iomt_attachment to;
	int err, hardware = 0;

	if (flags & ~IOMT_ATTACH_BREAK)
		return IOMT_EINVAL;
	err = iomt_domain_attach_check(domain, device, place->pasid, NULL);
	if (err)
		return err;
	if (same_meaning(domain, place->domain)) {
		unlink_place(place);
		place->domain = domain;
		link_place(place);
		return 0;
	}
	make_place(&to, domain, device, place->pasid);
	err = change_place(device, place, &to, flags, &hardware);
	unlink_place(err ? &to : place);
	if (err)
		return err;
	unlink_place(&to);
	*place = to;
	link_place(place);
	if (device->rid == &to)
		device->rid = place;
	return hardware;
}

int iomt_domain_detach(struct iomt_attachment *place)
{
	static const struct iomt_domain nothing = {.kind = IOMT_DOMAIN_BLOCKED};
	int err = 0, hardware = 0;
	const char *reason;

	if (place->pasid == IOMT_NO_PASID)
		err = unit_of(place)->facts->refuse(place->device, &nothing, IOMT_NO_PASID,
						    &reason);
	if (!err)
		err = change_place(place->device, place, NULL, 0, &hardware);
	if (err)
		return err;
	forget_place(place);
	return hardware;
}

uint32_t iomt_attachment_id(const struct iomt_attachment *place)
{
	return place->tag;
}

/*
 * The packer's question: what is published here cannot fail later. What it has decided for ids that
 * come is followed by the packer of ids that go.
 */
int iomt_domain_accept(void *ctx, const struct iomt_pack *pack, const struct iomt_pack_plan *plan)
{
	struct iomt_iommu *iommu = ctx;
	struct iomt_iommu_change *change = iommu->change;
	uint32_t done = 0;
	int err = 0;

	while (done < plan->count && !err) {
		err = iomt_change_publish(iommu, iomt_pack_step(pack, done));
		done += !err;
	}
	if (!err && pack == change->first && change->second)
		err = iomt_pack_commit(change->second, &change->second_plan);
	while (err && done--)
		iomt_change_withdraw(iommu, iomt_pack_step(pack, done));
	return err;
}
