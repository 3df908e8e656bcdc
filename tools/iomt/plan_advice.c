/* SPDX-License-Identifier: MIT */
/* What would have to be otherwise: found by trying it. */
#include "planner.h"
#include <iomt/formats.h>
#include <stdlib.h>

#define TRIALS 64u /* devices, and findings, that are looked at: beyond that nobody reads on */

/* What can be left out of a request, one at a time. */
static const struct {
	const char *words;
	uint32_t flag; /* or one of the fields below */
} wants[] = {
	{"needs: dirty", IOMT_DOMAIN_DIRTY},
	{"needs: nest-parent", IOMT_DOMAIN_NEST_PARENT},
	{"needs: coherent", IOMT_DOMAIN_COHERENT},
	{"needs: trusted", IOMT_DOMAIN_TRUSTED},
	{"rid: true", IOMT_DOMAIN_RID},
	{"a pasid", IOMT_DOMAIN_PASID | IOMT_DOMAIN_RID},
};

static bool would_do(const struct iomt_domain_req *req, const struct plan_domain *domain,
		     const struct machine_device *without, struct iomt_domain_choice *choice)
{
	const struct iomt_device_caps **rids = malloc(domain->rid_count * sizeof(*rids));
	uint32_t count = 0;
	bool good;

	for (uint32_t i = 0; rids && i < domain->rid_count; i++) {
		if (!without || domain->rids[i] < without->rids ||
		    domain->rids[i] >= without->rids + without->rid_count)
			rids[count++] = domain->rids[i];
	}
	good = rids && count && !iomt_domain_choose(req, rids, count, choice);
	free(rids);
	return good;
}

/* A device less, and a domain more for it. */
static bool advise_device(struct plan *plan, const struct plan_domain *domain, bool *found)
{
	struct iomt_domain_choice choice;

	for (uint32_t i = 0; i < domain->machine->device_count && i < TRIALS; i++) {
		const struct machine_device *device = domain->machine->devices[i];

		*found = would_do(&domain->req, domain, device, &choice);
		if (*found)
			return plan_advise(plan,
					   "give %s a domain of its own: without it %s would do",
					   device->name, choice.name);
	}
	return true;
}

static bool advise_want(struct plan *plan, const struct plan_domain *domain, bool *found)
{
	struct iomt_domain_choice choice;
	struct iomt_domain_req less;

	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		if (!(domain->req.flags & wants[i].flag))
			continue;
		less = domain->req;
		less.flags &= ~wants[i].flag;
		*found = would_do(&less, domain, NULL, &choice);
		if (*found)
			return plan_advise(plan, "without '%s' %s would do", wants[i].words,
					   choice.name);
	}
	less = domain->req;
	less.format = IOMT_FORMAT_NONE;
	less.page_sizes = 0;
	less.iova_bits = less.oa_bits = less.pasid_bits = 0;
	*found = domain->machine->kind != IOMT_DOMAIN_SVA && would_do(&less, domain, NULL, &choice);
	if (*found)
		return plan_advise(plan, "without the sizes or the format asked for %s would do",
				   choice.name);
	return true;
}

bool plan_advise_choice(struct plan *plan, const struct plan_domain *domain)
{
	bool found = false;

	if (plan->finding_count > TRIALS)
		return true;
	return advise_device(plan, domain, &found) && (found || advise_want(plan, domain, &found));
}

/* The domain with another format, not attached anywhere; false: it cannot be. */
static bool open_other(struct plan *plan, const struct plan_domain *domain, enum iomt_format format,
		       struct plan_domain *other)
{
	*other = (struct plan_domain){.machine = domain->machine, .req = domain->req};
	other->req.format = format;
	if (!iomt_domain_choose(&other->req, domain->rids, domain->rid_count, &other->choice) &&
	    !plan_open_domain(plan, other))
		return true;
	plan_close_domain(other);
	return false;
}

/* The name that a file has for a format. */
static const char *file_name(const struct plan_domain *domain)
{
	return iomt_pt_format_name(domain->choice.cfg.format);
}

static struct plan_place *without_pasid(struct plan *plan, const struct plan_place *place)
{
	for (uint32_t i = 0; i < plan->place_count; i++) {
		struct plan_place *at = &plan->places[i];

		if (at->attached && at->device == place->device && at->rid == place->rid &&
		    at->pasid == IOMT_NO_PASID)
			return at;
	}
	return NULL;
}

/* Whether the place could have its domain, were "other" what requests without a PASID have. */
static bool fits_beside(struct plan *plan, const struct plan_place *place,
			struct plan_domain *other)
{
	struct iomt_device *device = plan_device(plan, place);
	struct iomt_attachment at;
	bool good;

	if (iomt_domain_attach(&other->domain, device, IOMT_NO_PASID, IOMT_ATTACH_BREAK, &at))
		return false;
	good = !iomt_domain_attach_check(&place->domain->domain, device, place->pasid, NULL);
	return !iomt_domain_detach(&at) && good;
}

/* What the device's requests without a PASID have is in the way: another format of it may not be. */
static bool advise_beside(struct plan *plan, struct plan_place *place, struct plan_place *rid)
{
	struct plan_domain *domain = rid->domain;
	bool found = false, good = true;

	if (iomt_domain_detach(&rid->at))
		return true;
	for (unsigned i = 0; !found && i < domain->choice.candidate_count; i++) {
		struct plan_domain other;

		if (domain->choice.candidates[i].format == domain->choice.format ||
		    !open_other(plan, domain, domain->choice.candidates[i].format, &other))
			continue;
		found = fits_beside(plan, place, &other);
		if (found)
			good = plan_advise(plan, "'format: %s' for domain %s would do",
					   file_name(&other), domain->machine->name);
		plan_close_domain(&other);
	}
	if (iomt_domain_attach(&domain->domain, plan_device(plan, rid), IOMT_NO_PASID,
			       IOMT_ATTACH_BREAK, &rid->at))
		rid->attached = false;
	return good;
}

static bool advise_format(struct plan *plan, const struct plan_place *place, bool *found)
{
	const struct plan_domain *domain = place->domain;
	bool good = true;

	for (unsigned i = 0; !*found && i < domain->choice.candidate_count; i++) {
		struct plan_domain other;

		if (domain->choice.candidates[i].format == domain->choice.format ||
		    !open_other(plan, domain, domain->choice.candidates[i].format, &other))
			continue;
		*found = !iomt_domain_attach_check(&other.domain, plan_device(plan, place),
						   place->pasid, NULL);
		if (*found)
			good = plan_advise(plan, "'format: %s' for domain %s would do",
					   file_name(&other), domain->machine->name);
		plan_close_domain(&other);
	}
	return good;
}

/* Where requests without a PASID have nothing, an identity domain may help (AMD without GIOSup). */
static bool advise_identity(struct plan *plan, const struct plan_place *place)
{
	const struct machine_domain machine = {.kind = IOMT_DOMAIN_IDENTITY};
	struct plan_domain identity = {.machine = &machine};
	bool found = !plan_open_domain(plan, &identity) && fits_beside(plan, place, &identity);

	plan_close_domain(&identity);
	return !found || plan_advise(plan,
				     "a domain of 'kind: identity' for the requests of %s without "
				     "a PASID would do",
				     place->device->name);
}

bool plan_advise_place(struct plan *plan, struct plan_place *place)
{
	struct plan_place *rid = without_pasid(plan, place);
	bool found = false;

	if (plan->finding_count > TRIALS)
		return true;
	if (!advise_format(plan, place, &found) || found || place->pasid == IOMT_NO_PASID)
		return !plan->tool->failed;
	return rid ? advise_beside(plan, place, rid) : advise_identity(plan, place);
}
