/* SPDX-License-Identifier: MIT */
/* What a change of a device table asks for, as commands of the vendors. */
#include "table.h"

#define ALL_LEVELS 0x3fu

/* A gather of every address, which the policy takes as one. */
static struct iomt_gather everything(void)
{
	struct iomt_gather gather;

	iomt_gather_init(&gather);
	iomt_gather_add(&gather, 0, UINT64_MAX);
	gather.table_levels = ALL_LEVELS;
	return gather;
}

/* Where commands go: the rest of an array, or the first error. */
struct commands {
	struct iomt_cmd *at;
	size_t left;
	int count;
};

static void add(struct commands *commands, int count)
{
	if (count < 0) {
		commands->count = count;
		return;
	}
	commands->at += count;
	commands->left -= (size_t)count;
	commands->count += count;
}

/*
 * Commands may overtake one another, and until the entry is forgotten what it says may still come into
 * the IOTLB: a wait stands between.
 */
int iomt_device_inv_amd(const struct iomt_device_inv *inv, struct iomt_cmd *cmds, size_t n)
{
	const struct iomt_plan_policy all = iomt_plan_all();
	const struct iomt_gather gather = everything();
	const struct iomt_amd_target target = {.domain = inv->domain};
	struct commands to = {cmds, n, 0};

	if (inv->what & IOMT_DEVICE_INV_ENTRY)
		add(&to, iomt_amd_device_entry((uint16_t)inv->id, to.at, to.left));
	if (to.count >= 0 && (inv->what & IOMT_DEVICE_INV_IOTLB))
		add(&to, iomt_amd_wait(IOMT_AMD_WAIT_FLUSH, 0, 0, to.at, to.left));
	if (to.count >= 0 && (inv->what & IOMT_DEVICE_INV_IOTLB))
		add(&to, iomt_amd_gather(&target, &gather, &all, to.at, to.left));
	return to.count;
}

/* Hardware orders these itself (D51397, 6.5.2). */
int iomt_device_inv_vtd(const struct iomt_device_inv *inv, uint32_t flags, struct iomt_cmd *cmds,
			size_t n)
{
	struct commands to = {cmds, n, 0};

	if (flags & ~IOMT_VTD_WIDE)
		return IOMT_EINVAL;
	if (inv->what & IOMT_DEVICE_INV_SPAN)
		add(&to, iomt_vtd_context(flags, IOMT_VTD_GLOBAL, 0, 0, to.at, to.left));
	else if (inv->what & IOMT_DEVICE_INV_ENTRY)
		add(&to, iomt_vtd_context(flags, IOMT_VTD_ONE, inv->tag, (uint16_t)inv->id, to.at,
					  to.left));
	if (to.count >= 0 && (inv->what & IOMT_DEVICE_INV_PASIDS))
		add(&to, iomt_vtd_pasid(flags, IOMT_VTD_GLOBAL, 0, 0, to.at, to.left));
	if (to.count < 0)
		return to.count;
	if (inv->what & IOMT_DEVICE_INV_PASIDS)
		add(&to, iomt_vtd_iotlb(flags, IOMT_VTD_GLOBAL, 0, to.at, to.left));
	else if (inv->what & IOMT_DEVICE_INV_IOTLB)
		add(&to, iomt_vtd_iotlb(flags, IOMT_VTD_DOMAIN, inv->domain, to.at, to.left));
	return to.count;
}

int iomt_device_inv_smmu(const struct iomt_device_inv *inv, struct iomt_cmd *cmds, size_t n)
{
	const struct iomt_smmu_target target = {
		.regime = IOMT_SMMU_STAGE_2, .vmid = inv->domain, .granule_lg2 = 12};
	bool leaf = !(inv->what & IOMT_DEVICE_INV_TABLE);
	struct commands to = {cmds, n, 0};

	if (inv->what & IOMT_DEVICE_INV_SPAN)
		add(&to, iomt_smmu_streams(inv->id, inv->span_lg2, to.at, to.left));
	else if (inv->what & IOMT_DEVICE_INV_ENTRY)
		add(&to, iomt_smmu_stream(inv->id, leaf, to.at, to.left));
	if (to.count < 0 || !(inv->what & IOMT_DEVICE_INV_IOTLB))
		return to.count;
	add(&to, iomt_smmu_sync(IOMT_SMMU_SIG_NONE, 0, 0, 0, to.at, to.left));
	if (to.count >= 0)
		add(&to, iomt_smmu_all(&target, to.at, to.left));
	return to.count;
}

int iomt_device_inv_amd_device(const struct iomt_device_inv *inv,
			       const struct iomt_amd_device *device, struct iomt_cmd *cmds,
			       size_t n)
{
	const struct iomt_plan_policy all = iomt_plan_all();
	const struct iomt_gather gather = everything();

	if (!(inv->what & IOMT_DEVICE_INV_DEVICE_TLB))
		return 0;
	return iomt_amd_device_gather(device, &gather, &all, cmds, n);
}

int iomt_device_inv_vtd_device(const struct iomt_device_inv *inv,
			       const struct iomt_vtd_device *device, struct iomt_cmd *cmds,
			       size_t n)
{
	const struct iomt_plan_policy all = iomt_plan_all();
	const struct iomt_gather gather = everything();

	if (!(inv->what & IOMT_DEVICE_INV_DEVICE_TLB))
		return 0;
	return iomt_vtd_device_gather(device, &gather, &all, cmds, n);
}

int iomt_device_inv_smmu_device(const struct iomt_device_inv *inv,
				const struct iomt_smmu_device *device, struct iomt_cmd *cmds,
				size_t n)
{
	const struct iomt_plan_policy all = iomt_plan_all();
	const struct iomt_gather gather = everything();

	if (!(inv->what & IOMT_DEVICE_INV_DEVICE_TLB))
		return 0;
	return iomt_smmu_device_gather(device, &gather, &all, cmds, n);
}
