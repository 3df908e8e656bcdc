/* SPDX-License-Identifier: MIT */
/* What may be attached where, and why not. */
#include "parts.h"

struct question {
	const struct iomt_domain *domain;
	const struct iomt_device *device;
	uint32_t pasid;
	const char *reason;
};

static int refuse(struct question *question, int err, const char *reason)
{
	question->reason = reason;
	return err;
}

/* A PASID that the device can send, and that is not spoken for. */
static int check_pasid(struct question *question)
{
	const struct iomt_device *device = question->device;
	uint32_t pasid = question->pasid;

	if (pasid >> 20)
		return refuse(question, IOMT_EINVAL, "no PASID has more than 20 bits");
	if (!domain_pasid_bits(device))
		return refuse(question, IOMT_EOPNOTSUPP, "the device, or its unit, has no PASIDs");
	if (pasid >> domain_pasid_bits(device))
		return refuse(question, IOMT_ERANGE, "the device cannot send this PASID");
	if (!pasid)
		return refuse(question, IOMT_EPERM, "PASID 0 stands for requests without a PASID");
	if (question->domain->flags & IOMT_DOMAIN_NO_PASID)
		return refuse(question, IOMT_EPERM, "the domain was made for no PASID");
	return 0;
}

/* Two tables, one for each half of the address space, are Arm's alone. */
static int check_kind(struct question *question)
{
	const struct iomt_device *device = question->device;
	const struct iomt_domain *domain = question->domain;

	if ((domain->flags & IOMT_DOMAIN_TRUSTED) && !(device->caps.flags & IOMT_DEVICE_TRUSTED))
		return refuse(question, IOMT_EACCES, "the domain is for trusted devices");
	if (domain->upper && device->iommu->facts != &iomt_domain_smmu)
		return refuse(question, IOMT_EOPNOTSUPP,
			      "the unit has no table for the upper half of addresses");
	if (domain->kind == IOMT_DOMAIN_BLOCKED && question->pasid != IOMT_NO_PASID)
		return refuse(question, IOMT_EOPNOTSUPP,
			      "a PASID with nothing attached is blocked already");
	if (domain->kind == IOMT_DOMAIN_IDENTITY && question->pasid != IOMT_NO_PASID &&
	    device->iommu->facts != &iomt_domain_vtd_scalable)
		return refuse(question, IOMT_EOPNOTSUPP,
			      "the unit passes on requests without a PASID alone");
	if (domain_guest(domain)) {
		if (domain_guest(domain)->viommu->cfg.iommu != device->iommu)
			return refuse(question, IOMT_EOPNOTSUPP,
				      "the guest's unit stands for another one");
		if (question->pasid != IOMT_NO_PASID &&
		    device->iommu->facts != &iomt_domain_vtd_scalable)
			return refuse(question, IOMT_EOPNOTSUPP,
				      "the guest has a PASID table of its own");
	}
	if (domain->kind == IOMT_DOMAIN_SVA && question->pasid == IOMT_NO_PASID &&
	    !(device->caps.iommu->flags & IOMT_IOMMU_SVA_RID))
		return refuse(question, IOMT_EOPNOTSUPP,
			      "a process' table serves PASIDs alone in this unit");
	return 0;
}

/* The levels of a table, when its top has grown as far as it may. */
static unsigned levels_of(const struct iomt_domain_table *table,
			  const struct iomt_format_facts *format, const struct iomt_pt_hw *hw)
{
	uint64_t first, last;
	unsigned bits;

	if (!table->cfg.pt || hw->iova_bits > 63)
		return hw->levels;
	iomt_pt_bounds(table->cfg.pt, &first, &last);
	if (format->signed_pasid || format->signed_rid || !((last - first) >> hw->iova_bits))
		return hw->levels;
	bits = 64 - (unsigned)__builtin_clzll(last) - format->granule_lg2;
	return (bits + format->index_lg2 - 1) / format->index_lg2;
}

/* The table as it is, in this unit: never another one instead. */
static int check_table(struct question *question, const struct iomt_domain_table *table)
{
	const struct iomt_iommu_caps *caps = question->device->caps.iommu;
	const struct iomt_format_facts *format = iomt_domain_format(caps, table);
	const struct iomt_iommu_stage *stage;
	struct iomt_pt_hw hw;
	unsigned levels;

	if (!format)
		return refuse(question, IOMT_EOPNOTSUPP,
			      "the unit does not walk the table's format");
	stage = &caps->stage[format->stage - 1];
	iomt_domain_hw(table, &hw);
	if (question->pasid == IOMT_NO_PASID && !(stage->flags & IOMT_STAGE_RID))
		return refuse(question, IOMT_EOPNOTSUPP,
			      "the unit uses the table's format for PASIDs alone");
	if (question->pasid != IOMT_NO_PASID && !(stage->flags & IOMT_STAGE_PASID))
		return refuse(question, IOMT_EOPNOTSUPP,
			      "a table of this format cannot be attached to a PASID");
	if (table->cfg.pt && hw.dirty && !(stage->flags & IOMT_STAGE_DIRTY))
		return refuse(question, IOMT_EOPNOTSUPP,
			      "the table tracks dirty pages, which the unit does not");
	levels = levels_of(table, format, &hw);
	if (levels > IOMT_PT_MAX_LEVELS || !domain_walks(stage, levels))
		return refuse(question, IOMT_EOPNOTSUPP, "the unit does not walk so many levels");
	if (hw.iova_bits > stage->iova_bits)
		return refuse(question, IOMT_ERANGE, "the table has addresses beyond the unit's");
	if (hw.oa_bits > stage->oa_bits)
		return refuse(question, IOMT_ERANGE,
			      "the table has output addresses beyond the unit's");
	return 0;
}

int iomt_domain_attach_check(const struct iomt_domain *domain, const struct iomt_device *device,
			     uint32_t pasid, struct iomt_domain_refusal *refusal)
{
	struct question question = {domain, device, pasid, NULL};
	int err = device->gone ? refuse(&question, IOMT_EBUSY, "the device is being removed")
			       : check_kind(&question);

	if (!err && pasid != IOMT_NO_PASID)
		err = check_pasid(&question);
	if (!err && domain->table)
		err = check_table(&question, domain->table);
	if (!err && domain->upper)
		err = check_table(&question, domain->upper);
	if (!err)
		err = device->iommu->facts->refuse(device, domain, pasid, &question.reason);
	if (err && refusal)
		refusal->reason = question.reason;
	return err;
}
