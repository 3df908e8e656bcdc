/* SPDX-License-Identifier: MIT */
/* One call at a time, and what it must come to. */
#include "domains.h"
#include "test.h"

static bool likely(struct domains *all, uint32_t of)
{
	return domains_pick(all, of);
}

/* Memory fails in this call, or not. */
static void spoil(struct domains *all)
{
	if (!domains_pick(all, 4))
		all->provider.fail_at = all->provider.allocations + 1 + domains_pick(all, 16);
}

static bool spoilt(const struct domains *all)
{
	return all->provider.fail_at && all->provider.allocations >= all->provider.fail_at;
}

/* Ids may not suffice. What goes and what comes in a call have one each. */
static bool few_ids(const struct domains *all, unsigned number)
{
	const struct domains_unit *unit = &all->units[number];
	unsigned users = 2;

	for (unsigned i = 0; i < DOMAINS_DEVICES; i++) {
		for (unsigned k = 0; k < DOMAINS_PASIDS; k++)
			users += all->devices[i].unit == number && all->devices[i].places[k].now;
	}
	return users > unit->ids;
}

/* Whether a call on a device may have failed so, and does the bookkeeping of failures. */
static bool may_fail(struct domains *all, const struct domains_device *device, int err)
{
	if (err == IOMT_ENOMEM && spoilt(all)) {
		all->failures++;
		return true;
	}
	if ((err == IOMT_ENOSPC || err == IOMT_EBUSY) && few_ids(all, device->unit)) {
		all->exhausted++;
		return true;
	}
	return false;
}

static void fail_well(struct domains *all, int err, const char *what)
{
	(void)all;
	CHECK_MSG(false, "seed %" PRIu64 ", call %" PRIu64 ": %s gives %d", all->random.seed,
		  all->calls, what, err);
}

static void add(struct domains *all, struct domains_device *device)
{
	static const uint8_t widths[] = {0, 1, 2, 10, 16, 20};
	int err;

	device->caps.size = sizeof(device->caps);
	device->caps.iommu = &all->units[device->unit].caps;
	device->caps.flags = domains_pick(all, 8);
	if (!(device->caps.flags & IOMT_DEVICE_ATS))
		device->caps.flags &= ~IOMT_DEVICE_PRI;
	device->caps.pasid_bits = widths[domains_pick(all, 6)];
	err = iomt_device_add(&all->units[device->unit].iommu, &device->device, &device->caps);
	device->present = !err;
	if (err && !may_fail(all, device, err))
		fail_well(all, err, "adding");
}

static void drop(struct domains *all, struct domains_device *device)
{
	bool used = false;
	int err;

	for (unsigned i = 0; i < DOMAINS_PASIDS; i++)
		used |= device->places[i].now != NULL;
	err = iomt_device_remove(&device->device);
	if (used)
		CHECK_INT(err, IOMT_EBUSY);
	else if (err && !may_fail(all, device, err))
		fail_well(all, err, "removing");
	else
		device->present = err;
}

static void begin(struct domains_device *device, struct domains_place *place,
		  struct domains_domain *next, uint32_t flags)
{
	place->next = next;
	place->changing = true;
	device->may_fault = flags & IOMT_ATTACH_BREAK;
}

static void end(struct domains_device *device, struct domains_place *place, bool done)
{
	if (done)
		place->now = place->next;
	place->next = NULL;
	place->changing = false;
	device->may_fault = false;
}

static bool has_others(const struct domains_device *device, const struct domains_place *place)
{
	for (unsigned i = 0; i < DOMAINS_PASIDS; i++)
		if (&device->places[i] != place && device->places[i].now)
			return true;
	return false;
}

static void check_question(const struct domains_device *device, struct domains_domain *domain,
			   uint32_t pasid, uint64_t rules)
{
	struct iomt_domain_refusal refusal = {NULL};
	int err = iomt_domain_attach_check(&domain->domain, &device->device, pasid, &refusal);

	CHECK_MSG(err ? rules & domains_error(err) : !rules,
		  "a question has the answer %d, the rules say 0x%" PRIx64, err, rules);
	CHECK(!err == !refusal.reason);
}

static void attach(struct domains *all, struct domains_device *device, struct domains_place *place,
		   uint32_t pasid)
{
	struct domains_domain *domain = &all->domains[domains_pick(all, all->domain_count)];
	uint32_t flags = likely(all, 2) ? IOMT_ATTACH_BREAK : 0;
	uint64_t rules = domains_rules(all, device, domain, pasid);
	int err;

	check_question(device, domain, pasid, rules);
	if (place->now) {
		struct iomt_attachment other;

		err = iomt_domain_attach(&domain->domain, &device->device, pasid, flags, &other);
		CHECK(err == IOMT_EEXIST || (rules & domains_error(err)));
		return;
	}
	begin(device, place, domain, flags);
	err = iomt_domain_attach(&domain->domain, &device->device, pasid, flags,
				 &place->attachment);
	end(device, place, !err);
	all->attaches += !err;
	if (!err) {
		CHECK_MSG(!rules, "attached, though the rules say 0x%" PRIx64, rules);
		return;
	}
	if (rules & domains_error(err))
		all->refused++;
	else if (err == IOMT_EBUSY && !flags && has_others(device, place))
		all->breaks++;
	else if (!may_fail(all, device, err))
		fail_well(all, err, "attaching");
}

static void replace(struct domains *all, struct domains_device *device, struct domains_place *place,
		    uint32_t pasid)
{
	struct domains_domain *domain = &all->domains[domains_pick(all, all->domain_count)];
	uint32_t flags = likely(all, 3) ? 0 : IOMT_ATTACH_BREAK;
	uint64_t rules = domains_rules(all, device, domain, pasid);
	int err;

	check_question(device, domain, pasid, rules);
	begin(device, place, domain, flags);
	err = iomt_domain_replace(&place->attachment, &domain->domain, flags);
	end(device, place, !err);
	all->replaces += !err;
	all->gapless += !err && !flags;
	if (!err) {
		CHECK_MSG(!rules, "replaced, though the rules say 0x%" PRIx64, rules);
		return;
	}
	if (rules & domains_error(err))
		all->refused++;
	else if (err == IOMT_EBUSY && !flags)
		all->breaks++;
	else if (!may_fail(all, device, err))
		fail_well(all, err, "replacing");
}

/* AMD without GIOSup cannot block requests without a PASID beside PASIDs. */
static bool stays_open(const struct domains *all, const struct domains_device *device,
		       const struct domains_place *place)
{
	const struct iomt_iommu_caps *caps = &all->units[device->unit].caps;

	return caps->kind == &iomt_iommu_kind_amd && place == &device->places[0] &&
	       !(caps->stage[0].flags & IOMT_STAGE_RID) && has_others(device, place);
}

static void detach(struct domains *all, struct domains_device *device, struct domains_place *place)
{
	int err;

	begin(device, place, NULL, 0);
	err = iomt_domain_detach(&place->attachment);
	end(device, place, !err);
	if (stays_open(all, device, place))
		CHECK_INT(err, IOMT_EOPNOTSUPP);
	else if (err && !may_fail(all, device, err))
		fail_well(all, err, "detaching");
}

static struct domains_domain *domain_of(struct domains *all, const struct domains_table *table)
{
	for (unsigned i = 0; i < all->domain_count; i++)
		if (all->domains[i].table == table)
			return &all->domains[i];
	return NULL;
}

/* Pages [first, first + count - 1], in one half. */
struct range {
	unsigned first, count;
};

static struct range some_range(struct domains *all, const struct domains_table *table, bool taken)
{
	static const unsigned edges[] = {0, 1, 15, 16, 511, 512, 513, 1023};
	static const unsigned counts[] = {1, 1, 2, 16, 17, 33, 512, 512};
	struct range range;

	range.first = domains_pick(all, 3) ? all->hot + domains_pick(all, 3)
					   : edges[domains_pick(all, 8)];
	range.first %= DOMAINS_PAGES;
	range.count = counts[domains_pick(all, taken ? 7 : 8)];
	if (range.first % 512 + range.count > 512)
		range.first = range.first / 512 * 512 + 512 - range.count;
	/* mostly where the call has something to do */
	for (unsigned i = 0; i < 64 && !table->pages[range.first].now.oa == taken; i++)
		range.first = range.first / 512 * 512 + (range.first + 1) % (513 - range.count);
	all->hot = range.first;
	return range;
}

static bool any_waits(const struct domains_table *table, struct range range)
{
	for (unsigned i = 0; i < range.count; i++)
		if (table->pages[range.first + i].waiting)
			return true;
	return false;
}

/* A hook that the caller has no use for in a break: everything of the table is dropped. */
static void sync(struct iomt_gather *gather)
{
	struct domains_table *table = gather->ctx;

	CHECK_INT(iomt_targets_invalidate(&table->table.targets, gather, &table->table.cfg.policy,
					  NULL),
		  0);
}

static bool is_arm(const struct domains_table *table)
{
	return table->pt.format != &iomt_amdv1 && table->pt.format != &iomt_x86_64 &&
	       table->pt.format != &iomt_vtd_ss;
}

static void open_gather(struct domains *all, struct domains_table *table,
			struct iomt_gather *gather)
{
	iomt_gather_init(gather);
	if (likely(all, 2)) {
		gather->sync = sync;
		gather->ctx = table;
		table->breaks = is_arm(table);
	}
}

/* Somebody else's table: the owner changes it, and says so. */
static void tell(struct domains_table *table, struct range range, struct iomt_gather *gather)
{
	uint64_t first = domains_iova(table, range.first);

	CHECK_INT(iomt_domain_changed(&table->table, first,
				      first + range.count * table->granule - 1,
				      (uint8_t)__builtin_ctzll(table->granule), true),
		  0);
	iomt_gather_release(gather);
}

static bool breaks(const struct domains_table *table, int err)
{
	return err == IOMT_EBUSY && is_arm(table);
}

static void close_gather(struct domains_table *table, struct iomt_gather *gather)
{
	iomt_gather_release(gather);
	table->breaks = false;
}

static void map(struct domains *all, struct domains_table *table)
{
	struct range range = some_range(all, table, likely(all, 8) == 0);
	uint64_t iova = domains_iova(table, range.first), length = range.count * table->granule;
	uint64_t oa = (1 + all->mappings++ % 0x4000) * 2048 * table->granule;
	bool write = likely(all, 4), exists = false;
	struct iomt_gather gather;
	int err;

	oa += domains_pick(all, 2) ? range.first % 512 * table->granule : table->granule;
	if (any_waits(table, range))
		return;
	for (unsigned i = 0; i < range.count; i++)
		exists |= table->pages[range.first + i].now.oa;
	for (unsigned i = 0; i < range.count && !exists; i++) {
		struct domains_page *page = &table->pages[range.first + i];

		page->changing = true;
		page->now = (struct domains_value){oa + i * table->granule, true, write};
	}
	open_gather(all, table, &gather);
	spoil(all);
	if (table->foreign)
		err = iomt_pt_map(&table->pt, iova, oa, length,
				  IOMT_READ | (write ? IOMT_WRITE : 0), &gather);
	else
		err = iomt_domain_map(&domain_of(all, table)->domain, iova, oa, length,
				      IOMT_READ | (write ? IOMT_WRITE : 0), &gather);
	if (table->foreign && !err)
		tell(table, range, &gather);
	for (unsigned i = 0; i < range.count && !exists; i++) {
		struct domains_page *page = &table->pages[range.first + i];

		page->changing = false;
		if (err)
			page->now.oa = 0;
	}
	all->maps += !err;
	if (exists)
		CHECK(err == IOMT_EEXIST || (err == IOMT_ENOMEM && spoilt(all)));
	else if (err && !(err == IOMT_ENOMEM && spoilt(all)))
		fail_well(all, err, "mapping");
	CHECK(err || iomt_gather_is_empty(&gather));
	close_gather(table, &gather);
}

/* What was there may be met until the range is released. */
static uint64_t leave(struct domains_table *table, struct range range)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < range.count; i++) {
		struct domains_page *page = &table->pages[range.first + i];

		page->waiting = true;
		page->changing = true;
		if (page->now.oa) {
			bytes += table->granule;
			CHECK(page->olds < DOMAINS_OLD);
			page->old[page->olds++] = page->now;
		}
		page->now.oa = 0;
	}
	return bytes;
}

static void stay(struct domains_table *table, struct range range)
{
	for (unsigned i = 0; i < range.count; i++) {
		struct domains_page *page = &table->pages[range.first + i];

		page->waiting = false;
		if (page->olds)
			page->now = page->old[--page->olds];
	}
}

static uint64_t commands(const struct domains *all)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < all->unit_count; i++)
		count += all->units[i].machine.commands;
	return count;
}

static size_t targets(const struct domains_table *table)
{
	const struct iomt_target_list *list = iomt_targets_get(&table->table.targets);
	size_t count = 0;

	for (size_t i = 0; list && i < list->count; i++)
		count += list->targets[i].users > 0;
	return count;
}

static void unmap(struct domains *all, struct domains_table *table)
{
	struct range range = some_range(all, table, true);
	uint64_t iova = domains_iova(table, range.first), length = range.count * table->granule;
	bool deferred = likely(all, 2);
	uint64_t unmapped = 0, bytes, sent;
	struct iomt_gather gather;
	int err;

	if (any_waits(table, range))
		return;
	bytes = leave(table, range);
	open_gather(all, table, &gather);
	spoil(all);
	sent = commands(all);
	if (table->foreign)
		err = iomt_pt_unmap(&table->pt, iova, length, &unmapped, &gather);
	else
		err = iomt_domain_unmap(&domain_of(all, table)->domain,
					deferred ? &table->queue : NULL, iova, length, all->now,
					&unmapped, &gather);
	if (table->foreign && !err) {
		tell(table, range, &gather);
		table->table.cfg.release(table, iova, iova + length - 1);
	}
	for (unsigned i = 0; i < range.count; i++)
		table->pages[range.first + i].changing = false;
	if (err) {
		stay(table, range);
		if (!breaks(table, err) && !(err == IOMT_ENOMEM && spoilt(all)))
			fail_well(all, err, "unmapping");
	} else {
		CHECK_EQ(unmapped, bytes);
		CHECK(deferred || !table->pages[range.first].waiting);
		all->deferred += table->pages[range.first].waiting;
		if (!gather.sync && table->one_each)
			CHECK(commands(all) - sent <= targets(table));
	}
	all->unmaps += !err;
	close_gather(table, &gather);
}

static void protect(struct domains *all, struct domains_table *table)
{
	struct range range = some_range(all, table, true);
	bool write = likely(all, 2);
	struct iomt_gather gather;
	int err;

	if (any_waits(table, range))
		return;
	for (unsigned i = 0; i < range.count; i++) {
		struct domains_page *page = &table->pages[range.first + i];

		CHECK(!page->olds);
		page->old[page->olds++] = page->now;
		page->now.write = write;
		page->changing = true;
	}
	open_gather(all, table, &gather);
	spoil(all);
	err = iomt_pt_protect(&table->pt, domains_iova(table, range.first),
			      range.count * table->granule, IOMT_READ | (write ? IOMT_WRITE : 0),
			      &gather);
	if (!err && table->foreign)
		tell(table, range, &gather);
	else if (!err)
		CHECK_INT(iomt_flush_strict(iomt_domain_flush(&table->table), &gather, 1, 0), 0);
	else if (!breaks(table, err) && !(err == IOMT_ENOMEM && spoilt(all)))
		fail_well(all, err, "protecting");
	for (unsigned i = 0; i < range.count; i++) {
		struct domains_page *page = &table->pages[range.first + i];

		page->olds--;
		if (err)
			page->now = page->old[0];
		page->changing = false;
	}
	close_gather(table, &gather);
}

static void flush(struct domains *all, struct domains_table *table)
{
	all->now += domains_pick(all, 6);
	if (domains_pick(all, 2))
		CHECK_INT(iomt_flush_now(iomt_domain_flush(&table->table)), 0);
	(void)iomt_flush_tick(&table->queue, all->now, 16);
}

/* What is no call changes nothing. */
static void nonsense(struct domains *all, struct domains_device *device,
		     struct domains_place *place, uint32_t pasid)
{
	static const uint32_t odd[] = {0, 1u << 20, 0x12345678};
	struct iomt_domain *domain = &all->domains[domains_pick(all, all->domain_count)].domain;
	uint32_t number = odd[domains_pick(all, 3)];
	struct iomt_attachment other;
	int err;

	if (place->now)
		CHECK_INT(iomt_domain_replace(&place->attachment, domain, 0x10), IOMT_EINVAL);
	CHECK_INT(iomt_domain_attach(domain, &device->device, pasid, 0x80, &other), IOMT_EINVAL);
	CHECK_INT(iomt_domain_attach(domain, &device->device, pasid, 0, NULL), IOMT_EINVAL);
	err = iomt_domain_attach(domain, &device->device, number, 0, &other);
	CHECK(err == IOMT_EINVAL || err == IOMT_EPERM || err == IOMT_EOPNOTSUPP ||
	      err == IOMT_EACCES || err == IOMT_ERANGE);
}

static void act_on_device(struct domains *all)
{
	struct domains_device *device = &all->devices[domains_pick(all, DOMAINS_DEVICES)];
	unsigned number = domains_pick(all, 2) ? 0 : domains_pick(all, DOMAINS_PASIDS);
	struct domains_place *place = &device->places[number];
	uint32_t pasid = domains_pasids[number], what = domains_pick(all, 8);

	spoil(all);
	if (!device->present)
		add(all, device);
	else if (!what)
		drop(all, device);
	else if (what == 1)
		nonsense(all, device, place, pasid);
	else if (!place->now || what == 2)
		attach(all, device, place, pasid);
	else if (what < 6)
		replace(all, device, place, pasid);
	else
		detach(all, device, place);
}

void domains_step(struct domains *all)
{
	struct domains_table *table = &all->tables[domains_pick(all, all->table_count)];

	all->calls++;
	switch (domains_pick(all, 12)) {
	case 0:
	case 1:
	case 2:
		map(all, table);
		break;
	case 3:
	case 4:
		unmap(all, table);
		break;
	case 5:
		protect(all, table);
		break;
	case 6:
		flush(all, table);
		break;
	default:
		act_on_device(all);
	}
	all->provider.fail_at = 0;
	domains_check(all);
}
