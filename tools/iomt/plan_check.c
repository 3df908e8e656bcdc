/* SPDX-License-Identifier: MIT */
/* What tables and ids do not show: who reaches whom, who shares memory with whom, what devices need. */
#include "planner.h"
#include <string.h>

static bool same(const char *one, const char *two)
{
	return one == two || (one && two && !strcmp(one, two));
}

static const char *named(const char *tenant)
{
	return tenant ? tenant : "the host";
}

/* What a device's requests without a PASID have, or NULL. */
static const struct plan_domain *domain_of(const struct plan *plan,
					   const struct machine_device *device)
{
	for (uint32_t i = 0; i < plan->place_count; i++) {
		const struct plan_place *place = &plan->places[i];

		if (place->attached && place->device == device && place->pasid == IOMT_NO_PASID)
			return place->domain;
	}
	return NULL;
}

/* Each group once: against its first device. */
static bool check_group(struct plan *plan, const struct machine_device *first)
{
	const struct plan_domain *domain = domain_of(plan, first);
	const struct machine *machine = plan->machine;

	for (const struct machine_device *device = machine->devices;
	     device < machine->devices + machine->device_count; device++) {
		const struct plan_domain *other;

		if (!same(device->group, first->group))
			continue;
		if (device < first)
			return true;
		other = domain_of(plan, device);
		if (other != domain &&
		    (!plan_find(plan, true, other ? other->machine->name : NULL, device->name,
				"it reaches %s without a unit between (group %s), which has %s",
				first->name, first->group,
				domain ? domain->machine->name : "no domain") ||
		     !plan_advise(plan, "put all devices of a group into one domain")))
			return false;
		if (!same(device->tenant, first->tenant) &&
		    !plan_find(plan, true, NULL, device->name,
			       "group %s has devices of two tenants: %s and %s", first->group,
			       named(first->tenant), named(device->tenant)))
			return false;
	}
	return true;
}

static bool check_tenants(struct plan *plan, const struct machine_domain *domain)
{
	const char *tenant = domain->devices[0]->tenant;

	for (uint32_t i = 1; i < domain->device_count; i++) {
		const char *other = domain->devices[i]->tenant;

		if (domain->kind != IOMT_DOMAIN_IDENTITY && !same(other, tenant))
			return plan_find(plan, true, domain->name, domain->devices[i]->name,
					 "its memory is %s's and %s's", named(tenant),
					 named(other)) &&
			       plan_advise(plan, "give each tenant a domain of its own");
	}
	return true;
}

static bool has_process(const struct plan *plan, const struct machine_device *device)
{
	for (uint32_t i = 0; i < plan->place_count; i++) {
		const struct plan_place *place = &plan->places[i];

		if (place->attached && place->device == device &&
		    place->domain->machine->kind == IOMT_DOMAIN_SVA)
			return true;
	}
	return false;
}

static bool is_in_process(const struct machine *machine, const struct machine_device *device)
{
	for (uint32_t i = 0; i < machine->domain_count; i++) {
		const struct machine_domain *domain = &machine->domains[i];

		for (uint32_t k = 0; domain->kind == IOMT_DOMAIN_SVA && k < domain->device_count;
		     k++) {
			if (domain->devices[k] == device)
				return true;
		}
	}
	return false;
}

/* What a device asks for, whatever its domains. */
static bool check_needs(struct plan *plan, const struct machine_device *device)
{
	uint32_t flags = device->rids[0].flags;
	bool process = has_process(plan, device);

	if ((device->needs & MACHINE_NEEDS_ATS) && !(flags & IOMT_DEVICE_ATS) &&
	    !plan_find(plan, true, NULL, device->name, "it needs ATS, and has none"))
		return false;
	if ((device->needs & MACHINE_NEEDS_SVA) && !process &&
	    (!plan_find(plan, true, NULL, device->name,
			"it needs a process' table, and gets none") ||
	     (!is_in_process(plan->machine, device) &&
	      !plan_advise(plan, "put it into a domain of 'kind: sva' with 'pasid: any'"))))
		return false;
	if (process && !(flags & IOMT_DEVICE_PRI) &&
	    !plan_find(plan, false, NULL, device->name,
		       "a process' pages must be pinned for it: it cannot ask for them (PRI)"))
		return false;
	if ((flags & IOMT_DEVICE_ATS) && !device->trusted &&
	    (!plan_find(plan, false, NULL, device->name,
			"what it calls translated passes unseen (ATS), and it is not trusted") ||
	     !plan_advise(plan, "leave ATS off, or say 'trusted: true'")))
		return false;
	return true;
}

bool plan_check(struct plan *plan)
{
	const struct machine *machine = plan->machine;

	for (uint32_t i = 0; i < machine->domain_count; i++) {
		if (!check_tenants(plan, &machine->domains[i]))
			return false;
	}
	for (uint32_t i = 0; i < machine->device_count; i++) {
		const struct machine_device *device = &machine->devices[i];

		if ((device->group && !check_group(plan, device)) || !check_needs(plan, device))
			return false;
	}
	return true;
}
