/* SPDX-License-Identifier: MIT */
/* The usual entries: blocked, identity, by a table, by PASIDs, nested. */
#include "table.h"

#define SHCFG_INCOMING 1
#define DSS_BYPASS     1

static bool is_identity(const struct iomt_device_use *use)
{
	return use->flags & IOMT_DEVICE_USE_IDENTITY;
}

static int use_amd(const struct iomt_device_use *use, struct iomt_device_entry *entry)
{
	struct iomt_amd_dte *dte = &entry->dte;

	if (use->aw || (use->paging_mode && !use->pasids))
		return IOMT_EINVAL;
	dte->domain = use->domain;
	if (use->table || use->pasids || is_identity(use))
		dte->flags = IOMT_DTE_IR | IOMT_DTE_IW;
	if (use->flags & IOMT_DEVICE_USE_ATS)
		dte->flags |= IOMT_DTE_I;
	if (use->flags & IOMT_DEVICE_USE_PRI)
		dte->flags |= IOMT_DTE_PPR;
	if (use->table) {
		dte->root = use->table->root;
		dte->mode = use->table->u.amdv1.mode;
		dte->had = use->table->dirty ? 3 : 0;
	}
	if (use->pasids) {
		dte->flags |= IOMT_DTE_GV;
		if (entry_bits(use->pasids->word[0], 54, 54))
			dte->flags |= IOMT_DTE_GIOV;
		dte->gcr3 = use->pasids->root;
		dte->glx = (uint8_t)(use->pasids->levels - 1);
		dte->paging_mode = use->paging_mode;
	}
	return 0;
}

static void use_stage_1(const struct iomt_pasid_table_hw *hw, struct iomt_smmu_ste *ste)
{
	ste->context = hw->root;
	ste->s1_fmt = (uint8_t)entry_bits(hw->word[0], 5, 4);
	ste->s1_cdmax = (uint8_t)entry_bits(hw->word[0], 63, 59);
	ste->s1_dss = (uint8_t)entry_bits(hw->word[1], 1, 0);
	ste->s1_cir = (uint8_t)entry_bits(hw->word[1], 3, 2);
	ste->s1_cor = (uint8_t)entry_bits(hw->word[1], 5, 4);
	ste->s1_csh = (uint8_t)entry_bits(hw->word[1], 7, 6);
}

static void use_stage_2(const struct iomt_pt_hw *hw, struct iomt_smmu_ste *ste)
{
	ste->flags |= IOMT_STE_S2R;
	ste->flags |= hw->u.arm.ha ? IOMT_STE_S2HA : 0;
	ste->flags |= hw->u.arm.hd ? IOMT_STE_S2HD : 0;
	ste->flags |= hw->u.arm.ds ? IOMT_STE_S2DS : 0;
	ste->s2_tsz = hw->u.arm.tsz;
	ste->s2_sl = (uint8_t)(hw->u.arm.sl | hw->u.arm.sl2 << 2);
	ste->s2_irgn = hw->u.arm.irgn;
	ste->s2_orgn = hw->u.arm.orgn;
	ste->s2_sh = hw->u.arm.sh;
	ste->s2_tg = hw->u.arm.tg;
	ste->s2_ps = hw->u.arm.ps;
	ste->s2_ttb = hw->root; /* in place, other than in VTTBR (5.2) */
}

static int use_smmu(const struct iomt_device_use *use, struct iomt_device_entry *entry)
{
	struct iomt_smmu_ste *ste = &entry->ste;
	bool translates = use->table || use->pasids;

	if (use->aw || use->paging_mode)
		return IOMT_EINVAL;
	if (!translates && (use->domain || (use->flags & IOMT_DEVICE_USE_ATS)))
		return IOMT_EINVAL;
	ste->vmid = use->domain;
	ste->ats = use->flags & IOMT_DEVICE_USE_ATS ? IOMT_ATS_FULL : IOMT_ATS_OFF;
	ste->config = is_identity(use) ? IOMT_STE_BYPASS : IOMT_STE_ABORT;
	if (use->table) {
		ste->config = IOMT_STE_STAGE_2;
		use_stage_2(use->table, ste);
	}
	if (use->pasids) {
		ste->config = use->table ? IOMT_STE_NESTED : IOMT_STE_STAGE_1;
		ste->flags |= use->table ? IOMT_STE_S2PTW : 0;
		use_stage_1(use->pasids, ste);
	}
	if (ste->config == IOMT_STE_BYPASS || ste->config == IOMT_STE_STAGE_2 ||
	    ste->s1_dss == DSS_BYPASS)
		ste->shcfg = SHCFG_INCOMING;
	return 0;
}

static int use_legacy(const struct iomt_device_use *use, struct iomt_device_entry *entry)
{
	struct iomt_vtd_context *context = &entry->context;
	bool ats = use->flags & IOMT_DEVICE_USE_ATS;

	if (use->pasids || (use->flags & IOMT_DEVICE_USE_PRI) || (!use->table && !is_identity(use)))
		return IOMT_EOPNOTSUPP;
	if (use->table && use->table->dirty)
		return IOMT_EOPNOTSUPP;
	if (use->paging_mode || !use->aw != !is_identity(use) || (ats && is_identity(use)))
		return IOMT_EINVAL;
	context->domain = use->domain;
	if (use->table) {
		context->type = ats ? IOMT_VTD_TABLE_ATS : IOMT_VTD_TABLE;
		context->second = use->table->root;
		context->aw = use->table->u.vtd.aw;
	} else {
		context->type = IOMT_VTD_PASS;
		context->aw = use->aw;
	}
	return 0;
}

static int use_scalable(const struct iomt_device_use *use, struct iomt_device_entry *entry)
{
	struct iomt_vtd_context *context = &entry->context;

	if (use->table || !use->pasids)
		return IOMT_EOPNOTSUPP;
	if (use->domain || use->paging_mode || use->aw)
		return IOMT_EINVAL;
	context->flags = IOMT_VTD_CONTEXT_PASIDE;
	context->flags |= use->flags & IOMT_DEVICE_USE_ATS ? IOMT_VTD_CONTEXT_DTE : 0;
	context->flags |= use->flags & IOMT_DEVICE_USE_PRI ? IOMT_VTD_CONTEXT_PRE : 0;
	context->directory = use->pasids->root;
	context->pdts = (uint8_t)entry_bits(use->pasids->word[0], 11, 9);
	context->rid_pasid = (uint32_t)entry_bits(use->pasids->word[1], 19, 0);
	return 0;
}

int iomt_device_entry_for(const struct iomt_device_table *table, const struct iomt_device_use *use,
			  struct iomt_device_entry *entry)
{
	const uint32_t known = IOMT_DEVICE_USE_IDENTITY | IOMT_DEVICE_USE_ATS | IOMT_DEVICE_USE_PRI;
	struct iomt_device_entry made;
	int err;

	__builtin_memset(&made, 0, sizeof(made));
	if (!use || !entry || (use->flags & ~known))
		return IOMT_EINVAL;
	if (is_identity(use) ? use->table || use->pasids
			     : !use->table && !use->pasids && use->flags)
		return IOMT_EINVAL;
	if (table->format == IOMT_DEVICE_TABLE_AMD) {
		err = use_amd(use, &made);
	} else if (table->format == IOMT_DEVICE_TABLE_VTD) {
		err = use_legacy(use, &made);
	} else if (table->format == IOMT_DEVICE_TABLE_VTD_SCALABLE) {
		err = use_scalable(use, &made);
	} else {
		err = use_smmu(use, &made);
	}
	if (!err)
		*entry = made;
	return err;
}
