/* SPDX-License-Identifier: MIT */
#include "planner.h"
#include <iomt/ids.h>
#include <stdarg.h>
#include <stdlib.h>

static bool no_memory(struct plan *plan)
{
	tool_no_memory(plan->tool);
	return false;
}

bool plan_find(struct plan *plan, bool conflict, const char *domain, const char *device,
	       const char *format, ...)
{
	struct plan_finding *findings =
		reallocarray(plan->findings, plan->finding_count + 1, sizeof(*findings));
	struct plan_finding finding = {.conflict = conflict, .domain = domain, .device = device};
	va_list args;
	int length;

	if (!findings)
		return no_memory(plan);
	plan->findings = findings;
	va_start(args, format);
	length = vasprintf(&finding.text, format, args);
	va_end(args);
	if (length < 0)
		return no_memory(plan);
	findings[plan->finding_count++] = finding;
	plan->conflicts |= conflict;
	return true;
}

bool plan_advise(struct plan *plan, const char *format, ...)
{
	struct plan_finding *finding = &plan->findings[plan->finding_count - 1];
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&finding->advice, format, args);
	va_end(args);
	if (length >= 0)
		return true;
	finding->advice = NULL;
	return no_memory(plan);
}

/* The processor's own format, of which a process' table is; Arm's has more than one granule. */
static enum iomt_format process_format(const struct plan_domain *domain)
{
	switch (domain->rids[0]->iommu->kind->vendor) {
	case IOMT_VENDOR_AMD:
		return IOMT_FORMAT_AMD_V2;
	case IOMT_VENDOR_VTD:
		return IOMT_FORMAT_VTD_FIRST;
	default:
		return IOMT_FORMAT_ARM_S1_4K;
	}
}

/* What the domain wants, and its devices. */
static bool gather_domain(struct plan *plan, struct plan_domain *domain,
			  const struct machine_domain *machine)
{
	domain->machine = machine;
	domain->req = machine->req;
	domain->pasid = IOMT_NO_PASID;
	for (uint32_t i = 0; i < machine->device_count; i++)
		domain->rid_count += machine->devices[i]->rid_count;
	domain->rids = calloc(domain->rid_count, sizeof(struct iomt_device_caps *));
	if (!domain->rids)
		return no_memory(plan);
	domain->rid_count = 0;
	for (uint32_t i = 0; i < machine->device_count; i++) {
		const struct machine_device *device = machine->devices[i];

		for (uint32_t k = 0; k < device->rid_count; k++)
			domain->rids[domain->rid_count++] = &device->rids[k];
		if (machine->kind == IOMT_DOMAIN_PAGING && (device->needs & MACHINE_NEEDS_DIRTY))
			domain->req.flags |= IOMT_DOMAIN_DIRTY;
	}
	if (machine->kind == IOMT_DOMAIN_SVA && !domain->req.format)
		domain->req.format = process_format(domain);
	return true;
}

static int open_table(struct plan *plan, struct plan_domain *domain)
{
	struct iomt_pt_cfg pt = domain->choice.cfg;
	struct iomt_domain_table_cfg cfg = {
		.size = sizeof(cfg), .mem = plan->mem, .policy = iomt_plan_covers(2)};
	int err;

	pt.mem = plan->mem;
	err = iomt_pt_init(&domain->pt, &pt);
	if (err)
		return err;
	domain->has_pt = true;
	if (domain->machine->kind == IOMT_DOMAIN_SVA) {
		cfg.format = pt.format;
		iomt_pt_hw(&domain->pt, &cfg.hw);
	} else {
		cfg.pt = &domain->pt;
	}
	err = iomt_domain_table_init(&domain->table, &cfg);
	domain->has_table = !err;
	return err;
}

int plan_open_domain(struct plan *plan, struct plan_domain *domain)
{
	uint32_t kind = domain->machine->kind;
	struct iomt_domain_cfg cfg = {
		.size = sizeof(cfg),
		.kind = (enum iomt_domain_kind)kind,
		.flags = domain->req.flags & (IOMT_DOMAIN_NO_PASID | IOMT_DOMAIN_TRUSTED),
		.table = kind == IOMT_DOMAIN_IDENTITY ? NULL : &domain->table,
	};
	int err = cfg.table ? open_table(plan, domain) : 0;

	if (!err)
		err = iomt_domain_init(&domain->domain, &cfg);
	domain->has_domain = !err;
	return err;
}

void plan_close_domain(struct plan_domain *domain)
{
	if (domain->has_domain)
		(void)iomt_domain_destroy(&domain->domain);
	if (domain->has_table)
		(void)iomt_domain_table_destroy(&domain->table);
	if (domain->has_pt)
		iomt_pt_destroy(&domain->pt);
	domain->has_domain = domain->has_table = domain->has_pt = false;
}

/* What the library says of a domain that cannot be, by name of the device. */
static bool find_lack(struct plan *plan, const struct plan_domain *domain)
{
	const struct machine_domain *machine = domain->machine;
	const struct iomt_domain_choice *choice = &domain->choice;
	const char *device = NULL;

	if (choice->error.field)
		return plan_find(plan, true, machine->name, NULL, "%s: %s", choice->error.field,
				 choice->error.reason);
	for (uint32_t i = 0; choice->device_known && i < machine->device_count; i++) {
		for (uint32_t k = 0; k < machine->devices[i]->rid_count; k++) {
			if (machine->devices[i]->rids[k].id == choice->device && !device)
				device = machine->devices[i]->name;
		}
	}
	return plan_find(plan, true, machine->name, device,
			 "no format will do; the closest lacks: %s",
			 iomt_lack_name(choice->lack)) &&
	       plan_advise_choice(plan, domain);
}

static bool choose(struct plan *plan, struct plan_domain *domain)
{
	int err;

	if (domain->machine->kind != IOMT_DOMAIN_IDENTITY) {
		err = iomt_domain_choose(&domain->req, domain->rids, domain->rid_count,
					 &domain->choice);
		if (err)
			return find_lack(plan, domain);
	}
	err = plan_open_domain(plan, domain);
	if (err == IOMT_ENOMEM)
		return no_memory(plan);
	return !err || plan_find(plan, true, domain->machine->name, NULL,
				 "its table cannot be made: %s", iomt_strerror(err));
}

/* The highest PASID that all its devices with PASIDs can send. */
static uint32_t last_pasid(const struct plan_domain *domain)
{
	return (1u << domain->choice.pasid_bits) - 1;
}

static bool wants_any(const struct plan_domain *domain)
{
	return domain->has_domain && domain->machine->pasid == MACHINE_ANY_PASID;
}

/* Narrow devices have the first choice: where this fails, no numbering exists. */
static bool number_any(struct plan *plan, struct iomt_ids *ids)
{
	for (unsigned bits = 1; bits <= 20; bits++) {
		for (uint32_t i = 0; i < plan->machine->domain_count; i++) {
			struct plan_domain *domain = &plan->domains[i];
			int err;

			if (!wants_any(domain) || domain->choice.pasid_bits != bits)
				continue;
			err = iomt_ids_alloc(ids, 1, last_pasid(domain), &domain->pasid);
			if (err == IOMT_ENOMEM)
				return no_memory(plan);
			if (err &&
			    (!plan_find(plan, true, domain->machine->name, NULL,
					"no PASID is left that its devices can send: %u is the "
					"highest",
					last_pasid(domain)) ||
			     !plan_advise(plan, "give other domains higher ones, by number")))
				return false;
		}
	}
	return true;
}

/* One number for a domain on every device: docs/packing.md. */
static bool number(struct plan *plan)
{
	const struct iomt_ids_cfg cfg = {
		.size = sizeof(cfg), .mem = plan->mem, .bits = 20, .flags = IOMT_IDS_SERIAL};
	struct iomt_ids ids;
	int err = iomt_ids_init(&ids, &cfg);
	bool good;

	for (uint32_t i = 0; !err && i < plan->machine->domain_count; i++) {
		struct plan_domain *domain = &plan->domains[i];

		if (domain->machine->pasid >= MACHINE_ANY_PASID)
			continue;
		domain->pasid = domain->machine->pasid;
		err = iomt_ids_alloc_at(&ids, domain->pasid);
		err = err == IOMT_EEXIST ? 0 : err; /* on other devices, or attaching will say so */
	}
	good = err ? no_memory(plan) : number_any(plan, &ids);
	iomt_ids_destroy(&ids);
	return good;
}

static void add_place(struct plan *plan, struct plan_domain *domain,
		      const struct machine_device *device, uint32_t rid, uint32_t pasid)
{
	plan->places[plan->place_count++] = (struct plan_place){.domain = domain,
								.device = device,
								.rid = rid,
								.pasid = pasid,
								.id = IOMT_PACK_NO_ID};
}

/* Whether the device's requests without a PASID are the domain's, and whether its PASID is. */
static void add_places(struct plan *plan, struct plan_domain *domain, bool with_pasid)
{
	const struct machine_domain *machine = domain->machine;

	for (uint32_t i = 0; domain->has_domain && i < machine->device_count; i++) {
		const struct machine_device *device = machine->devices[i];
		bool pasid = machine->pasid != IOMT_NO_PASID && device->rids[0].pasid_bits;

		for (uint32_t k = 0; k < device->rid_count; k++) {
			if (with_pasid && pasid && domain->pasid != IOMT_NO_PASID)
				add_place(plan, domain, device, k, domain->pasid);
			if (!with_pasid && (!pasid || machine->rid))
				add_place(plan, domain, device, k, IOMT_NO_PASID);
		}
	}
}

/* Requests without a PASID first: what they have decides what PASIDs may. */
static bool list_places(struct plan *plan)
{
	size_t most = 2 * (size_t)plan->machine->place_count;

	plan->places = calloc(most, sizeof(*plan->places));
	if (!plan->places)
		return no_memory(plan);
	for (int with_pasid = 0; with_pasid < 2; with_pasid++) {
		for (uint32_t i = 0; i < plan->machine->domain_count; i++)
			add_places(plan, &plan->domains[i], with_pasid);
	}
	return true;
}

struct iomt_device *plan_device(struct plan *plan, const struct plan_place *place)
{
	return &plan->devices[place->device->first_rid + place->rid];
}

static const struct plan_place *there(struct plan *plan, const struct plan_place *place)
{
	for (const struct plan_place *at = plan->places; at < place; at++) {
		if (at->attached && at->device == place->device && at->rid == place->rid &&
		    at->pasid == place->pasid)
			return at;
	}
	return NULL;
}

static bool find_refusal(struct plan *plan, struct plan_place *place, int err)
{
	const char *domain = place->domain->machine->name, *device = place->device->name;
	struct iomt_domain_refusal refusal = {iomt_strerror(err)};

	if (err == IOMT_ENOMEM)
		return no_memory(plan);
	if (err == IOMT_EEXIST)
		return plan_find(plan, true, domain, device, "domain %s is there already",
				 there(plan, place)->domain->machine->name);
	if (err == IOMT_ENOSPC)
		return plan_find(plan, true, domain, device, "unit %s has no id left",
				 place->device->unit->name);
	(void)iomt_domain_attach_check(&place->domain->domain, plan_device(plan, place),
				       place->pasid, &refusal);
	return plan_find(plan, true, domain, device, "%s", refusal.reason) &&
	       plan_advise_place(plan, place);
}

static bool attach(struct plan *plan, struct plan_place *place)
{
	int err = iomt_domain_attach(&place->domain->domain, plan_device(plan, place), place->pasid,
				     IOMT_ATTACH_BREAK, &place->at);

	if (err)
		return find_refusal(plan, place, err);
	place->attached = true;
	place->id = iomt_attachment_id(&place->at);
	return true;
}

static bool open_units(struct plan *plan)
{
	const struct machine *machine = plan->machine;

	for (uint32_t i = 0; i < machine->unit_count; i++) {
		const struct machine_unit *unit = &machine->units[i];
		int err = virtual_open(&plan->virtuals[i], &unit->caps, plan->mem);

		if (err) {
			tool_fail(plan->tool, unit->name, "the unit cannot be made: %s",
				  iomt_strerror(err));
			return false;
		}
		plan->units[i].machine = unit;
	}
	return true;
}

static bool open_devices(struct plan *plan)
{
	for (uint32_t i = 0; i < plan->machine->device_count; i++) {
		const struct machine_device *device = &plan->machine->devices[i];
		size_t unit = (size_t)(device->unit - plan->machine->units);

		for (uint32_t k = 0; k < device->rid_count; k++) {
			uint32_t number = device->first_rid + k;
			struct iomt_device_caps caps = device->rids[k];
			int err;

			caps.id = number;
			err = iomt_device_add(&plan->virtuals[unit].iommu, &plan->devices[number],
					      &caps);
			if (err) {
				tool_fail(plan->tool, device->name,
					  "the device cannot be added: %s", iomt_strerror(err));
				return false;
			}
		}
	}
	return true;
}

static bool open_all(struct plan *plan)
{
	const struct iomt_pool_cfg pool = {.size = sizeof(pool),
					   .flags = IOMT_POOL_PHYS | IOMT_POOL_SMALL,
					   .phys_base = IOMT_POOL_CHUNK};
	const struct machine *machine = plan->machine;

	plan->virtuals = calloc(machine->unit_count, sizeof(*plan->virtuals));
	plan->units = calloc(machine->unit_count, sizeof(*plan->units));
	plan->devices = calloc(machine->rid_count, sizeof(*plan->devices));
	plan->domains = calloc(machine->domain_count, sizeof(*plan->domains));
	if (!plan->virtuals || !plan->units || !plan->devices || !plan->domains ||
	    iomt_pool_create(&plan->pool, &pool))
		return no_memory(plan);
	plan->mem = iomt_pool_mem(plan->pool);
	return open_units(plan) && open_devices(plan);
}

bool plan_make(struct plan *plan, struct tool *tool, const struct machine *machine)
{
	*plan = (struct plan){.tool = tool, .machine = machine};
	if (!open_all(plan))
		return false;
	for (uint32_t i = 0; i < machine->domain_count; i++) {
		if (!gather_domain(plan, &plan->domains[i], &machine->domains[i]) ||
		    !choose(plan, &plan->domains[i]))
			return false;
	}
	if (!number(plan) || !list_places(plan))
		return false;
	for (uint32_t i = 0; i < plan->place_count; i++) {
		tool_progress(tool, "attaching", i, plan->place_count);
		if (!attach(plan, &plan->places[i]))
			return false;
	}
	return plan_check(plan) && plan_ids(plan);
}

/* Memory goes as a whole, with the pool. */
void plan_close(struct plan *plan)
{
	for (uint32_t i = 0; plan->domains && i < plan->machine->domain_count; i++)
		free(plan->domains[i].rids);
	for (uint32_t i = 0; i < plan->finding_count; i++) {
		free(plan->findings[i].text);
		free(plan->findings[i].advice);
	}
	iomt_pool_destroy(plan->pool);
	free(plan->findings);
	free(plan->places);
	free(plan->domains);
	free(plan->devices);
	free(plan->units);
	free(plan->virtuals);
}
