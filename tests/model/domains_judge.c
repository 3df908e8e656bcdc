/* SPDX-License-Identifier: MIT */
/* What devices may reach, and what they do. */
#include "domains.h"
#include "test.h"

static struct domains_device *device_of(struct domains *all, const struct machine *machine,
					uint32_t id)
{
	for (unsigned i = 0; i < DOMAINS_DEVICES; i++)
		if (all->devices[i].caps.id == id &&
		    &all->units[all->devices[i].unit].machine == machine)
			return &all->devices[i];
	return NULL;
}

static struct domains_page *page_of(struct domains_table *table, uint64_t iova)
{
	for (unsigned half = 0; half < 2; half++) {
		uint64_t at = (iova - table->base[half]) / table->granule;

		if (iova >= table->base[half] && at < DOMAINS_PAGES / 2)
			return &table->pages[half * 512 + at];
	}
	return NULL;
}

static bool same(const struct domains_value *value, uint64_t offset,
		 const struct machine_answer *answer)
{
	return value->oa && value->oa + offset == answer->oa && value->read == answer->read &&
	       value->write == answer->write;
}

/* Whether a domain gives this answer. */
static bool gives(const struct domains_domain *domain, uint64_t iova,
		  const struct machine_answer *answer)
{
	bool fault = answer->result == MACHINE_FAULT;
	const struct domains_page *page;
	uint64_t offset;

	if (!domain || domain->kind == IOMT_DOMAIN_BLOCKED)
		return fault;
	if (domain->kind == IOMT_DOMAIN_IDENTITY)
		return answer->result == MACHINE_PASSED && answer->oa == iova;
	if (answer->result == MACHINE_PASSED)
		return false;
	page = page_of(domain->table, iova);
	if (!page)
		return fault;
	if (fault)
		return !page->now.oa || page->changing || domain->table->breaks;
	offset = iova % domain->table->granule;
	for (unsigned i = 0; i < page->olds; i++)
		if (same(&page->old[i], offset, answer))
			return true;
	return same(&page->now, offset, answer);
}

static bool place_gives(const struct domains_place *place, uint64_t iova,
			const struct machine_answer *answer)
{
	return gives(place->now, iova, answer) ||
	       (place->changing && gives(place->next, iova, answer));
}

static unsigned place_number(uint32_t pasid)
{
	unsigned i;

	for (i = 0; i < DOMAINS_PASIDS && domains_pasids[i] != pasid;)
		i++;
	CHECK(i < DOMAINS_PASIDS);
	return i;
}

/* Without a domain, before or after the call that is under way. */
static bool was_or_becomes_free(const struct domains_place *place)
{
	return !place->now || (place->changing && !place->next);
}

void domains_judge(void *ctx, uint32_t id, uint32_t pasid, uint64_t iova,
		   const struct machine_answer *answer)
{
	static const char *const results[] = {"a fault", "passed", "translated"};
	struct domains_unit *unit = ctx;
	struct domains *all = unit->all;
	struct domains_device *device;
	const struct domains_place *rid;
	unsigned place = place_number(pasid);

	device = device_of(all, &unit->machine, id);
	CHECK(device);
	rid = &device->places[0];
	if (device->may_fault && answer->result == MACHINE_FAULT)
		return;
	if (place_gives(&device->places[place], iova, answer))
		return;
	/* what is said of the whole device holds for PASIDs that it was not given */
	if (place && was_or_becomes_free(&device->places[place]) &&
	    (domains_is_host(unit, rid->now) ||
	     (rid->changing && domains_is_host(unit, rid->next))) &&
	    place_gives(rid, iova, answer))
		return;
	CHECK_MSG(false,
		  "seed %" PRIu64 ", call %" PRIu64
		  ": unit %u (mode %d), device 0x%x, PASID 0x%x, 0x%" PRIx64 " is %s to 0x%" PRIx64
		  " %d%d, which nobody gives",
		  all->random.seed, all->calls, device->unit, unit->machine.mode, id, pasid, iova,
		  results[answer->result], answer->oa, answer->read, answer->write);
}

/* Where things happen: about the page that was changed last, or at edges of tables and leaves. */
static uint64_t some_address(struct domains *all, const struct domains_table *table)
{
	static const unsigned edges[] = {0, 1, 15, 16, 511, 512, 513, 1023};
	unsigned page = all->hot + (unsigned)random_below(&all->random, 3);

	for (unsigned i = 0; i < 4 && !table->pages[page % DOMAINS_PAGES].now.oa; i++)
		page = (unsigned)random_below(&all->random, DOMAINS_PAGES);
	if (!random_below(&all->random, 4))
		page = edges[random_below(&all->random, 8)];
	return domains_iova(table, page % DOMAINS_PAGES) +
	       random_below(&all->random, table->granule);
}

bool domains_can_send(const struct domains *all, const struct domains_device *device,
		      uint32_t pasid)
{
	uint8_t unit = all->units[device->unit].caps.pasid_bits, bits = device->caps.pasid_bits;

	if (pasid == IOMT_NO_PASID)
		return true;
	return device->present && !(pasid >> (bits < unit ? bits : unit));
}

static void access(struct domains *all)
{
	struct domains_device *device = &all->devices[random_below(&all->random, DOMAINS_DEVICES)];
	unsigned number = (unsigned)random_below(&all->random, DOMAINS_PASIDS);
	const struct domains_place *place = &device->places[number];
	const struct domains_table *table =
		&all->tables[random_below(&all->random, all->table_count)];
	bool ats = device->present && (device->caps.flags & IOMT_DEVICE_ATS) &&
		   random_below(&all->random, 4);

	if (!all->units[device->unit].open ||
	    !domains_can_send(all, device, domains_pasids[number]))
		return;
	if (place->now && place->now->table && random_below(&all->random, 4))
		table = place->now->table;
	else if (place->next && place->next->table)
		table = place->next->table;
	all->accesses++;
	machine_access(&all->units[device->unit].machine, device->caps.id, domains_pasids[number],
		       some_address(all, table), ats);
}

void domains_live(void *ctx)
{
	struct domains *all = ctx;

	if (all->busy || !all->table_count)
		return;
	all->busy = true;
	for (uint64_t i = random_below(&all->random, 4); i; i--) {
		struct domains_unit *unit =
			&all->units[random_below(&all->random, all->unit_count)];

		access(all);
		if (unit->open)
			machine_live(&unit->machine);
	}
	all->busy = false;
}

/* The device's structures in memory, from the registers on. */
static void check_context(struct domains *all, const struct domains_device *device, unsigned number)
{
	struct domains_unit *unit = &all->units[device->unit];
	const struct domains_place *place = &device->places[number];
	const struct domains_domain *domain = place->now;
	struct machine_context context;
	struct iomt_pt_hw hw;
	uint32_t id;

	machine_context(&unit->machine, device->caps.id, domains_pasids[number], &context);
	if (!domain && number && domains_is_host(unit, device->places[0].now))
		return;
	if (!domain || domain->kind == IOMT_DOMAIN_BLOCKED) {
		CHECK_INT(context.result, MACHINE_FAULT);
		return;
	}
	if (domain->kind == IOMT_DOMAIN_IDENTITY) {
		CHECK_INT(context.result, MACHINE_PASSED);
		return;
	}
	CHECK_INT(context.result, MACHINE_TRANSLATED);
	iomt_pt_hw(&domain->table->pt, &hw);
	CHECK_EQ(context.walker.hw.root, hw.root);
	if (context.walker.format == WALK_X86_64)
		CHECK_EQ(context.walker.hw.u.x86.paging_mode, hw.u.x86.paging_mode);
	else if (context.walker.format >= WALK_ARM_S1)
		CHECK_EQ(context.walker.hw.levels, hw.levels);
	id = iomt_attachment_id(&place->attachment);
	if (unit->machine.mode == MACHINE_SMMU && context.tag.stage == 1)
		CHECK_EQ(context.tag.process, id);
	else
		CHECK_EQ(context.tag.domain, id);
}

static bool is_alone(const struct domains *all, const struct domains_table *table, unsigned device,
		     unsigned number, bool own)
{
	const struct domains_device *it = &all->devices[device];
	uint32_t id = iomt_attachment_id(&it->places[number].attachment);

	/* the same target of an earlier place */
	for (unsigned i = 0; i <= device; i++) {
		const struct domains_device *other = &all->devices[i];

		for (unsigned k = 0; k < (i == device ? number : DOMAINS_PASIDS); k++) {
			const struct domains_place *place = &other->places[k];
			bool keyed = all->units[it->unit].machine.mode == MACHINE_AMD ||
				     all->units[it->unit].machine.mode == MACHINE_VTD_SCALABLE;

			if (own || other->unit != it->unit || !place->now ||
			    place->now->table != table)
				continue;
			if (iomt_attachment_id(&place->attachment) == id &&
			    (k == number || !keyed ||
			     domains_facts(&all->units[it->unit], table->pt.format)->stage == 2))
				return false;
		}
	}
	return true;
}

/* Every id, and every device TLB, once, with as many users as there are. */
static void check_targets(const struct domains *all, const struct domains_table *table)
{
	const struct iomt_target_list *list = iomt_targets_get(&table->table.targets);
	size_t users = 0, count = 0, wanted_users = 0, wanted = 0;

	for (size_t i = 0; list && i < list->count; i++) {
		users += list->targets[i].users;
		count += list->targets[i].users > 0;
	}
	for (unsigned i = 0; i < DOMAINS_DEVICES; i++) {
		for (unsigned k = 0; k < DOMAINS_PASIDS; k++) {
			const struct domains_place *place = &all->devices[i].places[k];
			bool own = all->devices[i].caps.flags & IOMT_DEVICE_ATS;

			if (!place->now || place->now->table != table)
				continue;
			wanted_users += 1u + own;
			wanted += is_alone(all, table, i, k, false);
			wanted += own;
		}
	}
	CHECK_EQ(users, wanted_users);
	CHECK_EQ(count, wanted);
}

void domains_check(struct domains *all)
{
	for (unsigned i = 0; i < DOMAINS_DEVICES; i++)
		for (unsigned k = 0; k < DOMAINS_PASIDS; k++)
			if (domains_can_send(all, &all->devices[i], domains_pasids[k]))
				check_context(all, &all->devices[i], k);
	for (unsigned i = 0; i < all->table_count; i++)
		check_targets(all, &all->tables[i]);
	for (unsigned i = 0; i < 4; i++) {
		domains_live(all);
		domains_walk(all);
	}
}
