/* SPDX-License-Identifier: MIT */
/* What a change of a PASID table asks for, as commands of the vendors. */
#include "table.h"

/* Entries written so far, or the first error. */
static int add(int count, int more)
{
	return more < 0 ? more : count + more;
}

int iomt_pasid_inv_amd(const struct iomt_pasid_inv *inv, uint16_t rid, uint16_t domain,
		       struct iomt_cmd *cmds, size_t n)
{
	const struct iomt_plan_policy all = iomt_plan_all();
	const struct iomt_gather gather = iomt_gather_all();
	struct iomt_amd_target target = {.domain = domain};
	int count = 0;

	/* Entries of PASIDs that are gone are invalid already: what is left are pointers. */
	if (inv->what & IOMT_PASID_INV_ALL) {
		count = iomt_amd_device_entry(rid, cmds, n);
		if (count >= 0)
			count = add(count, iomt_amd_gather(&target, &gather, &all, cmds + count,
							   n - (size_t)count));
	}
	if (count >= 0 && (inv->what & IOMT_PASID_INV_ENTRY)) {
		target.flags = IOMT_AMD_GUEST;
		target.pasid = inv->pasid;
		count = add(count, iomt_amd_gather(&target, &gather, &all, cmds + count,
						   n - (size_t)count));
	}
	return count;
}

int iomt_pasid_inv_vtd(const struct iomt_pasid_inv *inv, uint32_t flags, struct iomt_cmd *cmds,
		       size_t n)
{
	const struct iomt_plan_policy all = iomt_plan_all();
	const struct iomt_gather gather = iomt_gather_all();
	const struct iomt_vtd_target target = {
		.flags = flags | IOMT_VTD_FIRST_STAGE, .pasid = inv->pasid, .domain = inv->tag};
	struct iomt_cmd *rest = cmds;
	int count = 0;

	if (flags & ~IOMT_VTD_WIDE)
		return IOMT_EINVAL;
	if (inv->what & IOMT_PASID_INV_ALL)
		count = iomt_vtd_pasid(flags, IOMT_VTD_GLOBAL, 0, 0, cmds, n);
	else if (inv->what & IOMT_PASID_INV_ENTRY)
		count = iomt_vtd_pasid(flags, IOMT_VTD_ONE, inv->tag, inv->pasid, cmds, n);
	if (count < 0 || !(inv->what & IOMT_PASID_INV_IOTLB))
		return count;
	rest += count;
	n -= (size_t)count;
	if (inv->what & IOMT_PASID_INV_DOMAIN)
		return add(count, iomt_vtd_iotlb(flags, IOMT_VTD_DOMAIN, inv->tag, rest, n));
	return add(count, iomt_vtd_gather(&target, &gather, &all, rest, n));
}

int iomt_pasid_inv_smmu(const struct iomt_pasid_inv *inv, uint32_t stream, uint16_t vmid,
			struct iomt_cmd *cmds, size_t n)
{
	const struct iomt_smmu_target target = {
		.regime = IOMT_SMMU_STAGE_1, .vmid = vmid, .asid = inv->tag, .granule_lg2 = 12};
	bool leaf = !(inv->what & IOMT_PASID_INV_TABLE);
	int count = 0;

	if (inv->what & IOMT_PASID_INV_ALL)
		count = iomt_smmu_contexts(stream, cmds, n);
	else if (inv->what & IOMT_PASID_INV_ENTRY)
		count = iomt_smmu_context(stream, inv->pasid, leaf, cmds, n);
	if (count < 0 || !(inv->what & IOMT_PASID_INV_IOTLB))
		return count;
	/* until then the old descriptor may still fill the IOTLB (3.21.3) */
	count = add(count,
		    iomt_smmu_sync(IOMT_SMMU_SIG_NONE, 0, 0, 0, cmds + count, n - (size_t)count));
	if (count >= 0)
		count = add(count, iomt_smmu_all(&target, cmds + count, n - (size_t)count));
	return count;
}

int iomt_pasid_inv_amd_device(const struct iomt_pasid_inv *inv,
			      const struct iomt_amd_device *device, struct iomt_cmd *cmds, size_t n)
{
	const struct iomt_plan_policy all = iomt_plan_all();
	const struct iomt_gather gather = iomt_gather_all();
	struct iomt_amd_device one = *device;

	one.pasid = one.flags & IOMT_AMD_GUEST ? inv->pasid : 0;
	if (!(inv->what & IOMT_PASID_INV_DEVICE_TLB))
		return 0;
	return iomt_amd_device_gather(&one, &gather, &all, cmds, n);
}

int iomt_pasid_inv_vtd_device(const struct iomt_pasid_inv *inv,
			      const struct iomt_vtd_device *device, struct iomt_cmd *cmds, size_t n)
{
	const struct iomt_plan_policy all = iomt_plan_all();
	const struct iomt_gather gather = iomt_gather_all();
	struct iomt_vtd_device one = *device;

	one.pasid = one.flags & IOMT_VTD_PASID ? inv->pasid : 0;
	if (!(inv->what & IOMT_PASID_INV_DEVICE_TLB))
		return 0;
	return iomt_vtd_device_gather(&one, &gather, &all, cmds, n);
}

int iomt_pasid_inv_smmu_device(const struct iomt_pasid_inv *inv,
			       const struct iomt_smmu_device *device, struct iomt_cmd *cmds,
			       size_t n)
{
	const struct iomt_plan_policy all = iomt_plan_all();
	const struct iomt_gather gather = iomt_gather_all();
	struct iomt_smmu_device one = *device;

	one.substream = one.flags & IOMT_SMMU_SUBSTREAM ? inv->pasid : 0;
	if (!(inv->what & IOMT_PASID_INV_DEVICE_TLB))
		return 0;
	return iomt_smmu_device_gather(&one, &gather, &all, cmds, n);
}
