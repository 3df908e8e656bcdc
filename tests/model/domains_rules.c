/* SPDX-License-Identifier: MIT */
/* Who may be attached where: the rules of iomt/domain.h, each by itself. */
#include "domains.h"

struct question {
	const struct domains_unit *unit;
	const struct domains_device *device;
	const struct domains_domain *domain;
	uint32_t pasid;
	uint64_t errors;
};

const struct iomt_format_facts *domains_facts(const struct domains_unit *unit,
					      const struct iomt_pt_format *format)
{
	const struct iomt_iommu_kind *kind = unit->caps.kind;

	for (size_t i = 0; i < kind->count; i++) {
		const struct iomt_format_facts *facts = &kind->formats[i];
		uint32_t walked = unit->caps.stage[facts->stage - 1].formats;

		if (facts->pt == format && (walked & IOMT_FORMAT_BIT(facts->format)))
			return facts;
	}
	return NULL;
}

static unsigned stage_of(const struct domains_unit *unit, const struct domains_domain *domain)
{
	return domain && domain->table ? domains_facts(unit, domain->table->pt.format)->stage : 0;
}

bool domains_is_host(const struct domains_unit *unit, const struct domains_domain *domain)
{
	if (!domain || unit->caps.kind == &iomt_iommu_kind_vtd)
		return false;
	return domain->kind == IOMT_DOMAIN_IDENTITY || stage_of(unit, domain) == 2;
}

static void refuse_if(struct question *question, bool holds, int err)
{
	if (holds)
		question->errors |= domains_error(err);
}

static void ask_pasid(struct question *question)
{
	uint8_t unit = question->unit->caps.pasid_bits, device = question->device->caps.pasid_bits;
	uint8_t bits = unit < device ? unit : device;

	refuse_if(question, question->pasid >> 20, IOMT_EINVAL);
	refuse_if(question, !bits, IOMT_EOPNOTSUPP);
	refuse_if(question, bits && question->pasid >> bits, IOMT_ERANGE);
	refuse_if(question, !question->pasid, IOMT_EPERM);
	refuse_if(question, question->domain->flags & IOMT_DOMAIN_NO_PASID, IOMT_EPERM);
	refuse_if(question,
		  question->domain->kind == IOMT_DOMAIN_BLOCKED ||
			  (question->domain->kind == IOMT_DOMAIN_IDENTITY &&
			   question->unit->machine.mode != MACHINE_VTD_SCALABLE),
		  IOMT_EOPNOTSUPP);
}

static void ask_table(struct question *question)
{
	const struct iomt_format_facts *facts =
		domains_facts(question->unit, question->domain->table->pt.format);
	bool rid = question->pasid == IOMT_NO_PASID;
	const struct iomt_iommu_stage *stage;
	struct iomt_pt_hw hw;

	if (!facts) {
		question->errors |= domains_error(IOMT_EOPNOTSUPP);
		return;
	}
	stage = &question->unit->caps.stage[facts->stage - 1];
	iomt_pt_hw(&question->domain->table->pt, &hw);
	refuse_if(question, rid && !(stage->flags & IOMT_STAGE_RID), IOMT_EOPNOTSUPP);
	refuse_if(question, !rid && !(stage->flags & IOMT_STAGE_PASID), IOMT_EOPNOTSUPP);
	refuse_if(question, stage->levels && !(stage->levels >> hw.levels & 1), IOMT_EOPNOTSUPP);
	refuse_if(question, hw.oa_bits > stage->oa_bits, IOMT_ERANGE);
	refuse_if(question,
		  rid && question->domain->kind == IOMT_DOMAIN_SVA &&
			  !(question->unit->caps.flags & IOMT_IOMMU_SVA_RID),
		  IOMT_EOPNOTSUPP);
}

/* What is attached beside it, where one entry says something of the whole device. */
static void ask_others(struct question *question)
{
	const struct domains_place *places = question->device->places;
	bool amd = question->unit->caps.kind == &iomt_iommu_kind_amd;
	bool giov = question->unit->caps.stage[0].flags & IOMT_STAGE_RID;
	bool rid = question->pasid == IOMT_NO_PASID, pasids = false;
	struct iomt_pt_hw hw, other;

	if (question->unit->caps.kind == &iomt_iommu_kind_vtd || question->errors)
		return;
	for (unsigned i = 1; i < DOMAINS_PASIDS; i++)
		pasids |= places[i].now != NULL;
	refuse_if(question, rid && pasids && stage_of(question->unit, question->domain) == 2,
		  IOMT_EBUSY);
	refuse_if(question, !rid && stage_of(question->unit, places[0].now) == 2, IOMT_EBUSY);
	if (!amd)
		return;
	refuse_if(question,
		  !giov && (rid ? pasids && question->domain->kind != IOMT_DOMAIN_IDENTITY
				: !places[0].now || places[0].now->kind != IOMT_DOMAIN_IDENTITY),
		  IOMT_EOPNOTSUPP);
	if (stage_of(question->unit, question->domain) != 1)
		return;
	iomt_pt_hw(&question->domain->table->pt, &hw);
	for (unsigned i = 0; i < DOMAINS_PASIDS; i++) {
		if (domains_pasids[i] == question->pasid ||
		    stage_of(question->unit, places[i].now) != 1)
			continue;
		iomt_pt_hw(&places[i].now->table->pt, &other);
		refuse_if(question, hw.levels != other.levels, IOMT_EBUSY);
	}
}

uint64_t domains_rules(const struct domains *all, const struct domains_device *device,
		       const struct domains_domain *domain, uint32_t pasid)
{
	struct question question = {&all->units[device->unit], device, domain, pasid, 0};

	refuse_if(&question,
		  (domain->flags & IOMT_DOMAIN_TRUSTED) &&
			  !(device->caps.flags & IOMT_DEVICE_TRUSTED),
		  IOMT_EACCES);
	if (pasid != IOMT_NO_PASID)
		ask_pasid(&question);
	if (domain->table)
		ask_table(&question);
	ask_others(&question);
	return question.errors;
}
