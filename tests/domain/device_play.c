/* SPDX-License-Identifier: MIT */
#include "device_play.h"
#include "wide.h"
#include <string.h>

#define FEW 3

const struct iomt_device_table_cfg device_kinds[] = {
	{.format = IOMT_DEVICE_TABLE_AMD, .id_bits = 5},
	{.format = IOMT_DEVICE_TABLE_AMD, .id_bits = 9, .flags = WIDE_TABLE},
	{.format = IOMT_DEVICE_TABLE_SMMU},
	{.format = IOMT_DEVICE_TABLE_SMMU, .id_bits = 6},
	{.format = IOMT_DEVICE_TABLE_SMMU_6, .id_bits = 7},
	{.format = IOMT_DEVICE_TABLE_SMMU_6, .id_bits = 16},
	{.format = IOMT_DEVICE_TABLE_SMMU_8, .id_bits = 16},
	{.format = IOMT_DEVICE_TABLE_VTD, .id_bits = 16},
	{.format = IOMT_DEVICE_TABLE_VTD, .id_bits = 16, .flags = IOMT_DEVICE_TABLE_CACHES_ABSENT},
	{.format = IOMT_DEVICE_TABLE_VTD_SCALABLE, .id_bits = 16},
	{.format = IOMT_DEVICE_TABLE_SMMU_10, .id_bits = 16},
	/* the large ones */
	{.format = IOMT_DEVICE_TABLE_AMD, .id_bits = 16},
	{.format = IOMT_DEVICE_TABLE_SMMU, .id_bits = 12},
	{.format = IOMT_DEVICE_TABLE_SMMU_6, .id_bits = 24},
	{.format = IOMT_DEVICE_TABLE_SMMU_10, .id_bits = 28},
};
const size_t device_kind_count = sizeof(device_kinds) / sizeof(device_kinds[0]);
const size_t device_small_kind_count = 11;

static uint64_t page(struct random *random)
{
	return 0x123456000ULL + (random_below(random, FEW) << 12);
}

static uint32_t maybe(struct random *random, uint32_t flag)
{
	return random_below(random, 2) ? flag : 0;
}

static struct iomt_amd_dte dte(struct random *random)
{
	unsigned does = (unsigned)random_below(random, DEVICE_DOES);
	struct iomt_amd_dte dte = {
		.domain = (uint16_t)random_below(random, FEW),
		.flags = maybe(random, IOMT_DTE_I),
		.ioctl = random_below(random, 4) ? 1 : 0,
	};

	if (does)
		dte.flags |= IOMT_DTE_IR | IOMT_DTE_IW | maybe(random, IOMT_DTE_SE);
	if (does == 2 || does == 4) {
		dte.root = page(random);
		dte.mode = (uint8_t)(3 + random_below(random, 2));
		dte.had = random_below(random, 4) ? 0 : 3;
	}
	if (does >= 3) {
		dte.flags |= IOMT_DTE_GV | maybe(random, IOMT_DTE_GIOV);
		dte.gcr3 = page(random);
		dte.glx = (uint8_t)random_below(random, FEW);
		dte.paging_mode = !random_below(random, 4);
	}
	return dte;
}

static void stage_1(struct random *random, struct iomt_smmu_ste *ste)
{
	ste->context = page(random);
	ste->s1_cdmax = random_below(random, 2) ? 6 : 0;
	if (ste->s1_cdmax) {
		ste->s1_fmt = (uint8_t)random_below(random, 2);
		ste->s1_dss = (uint8_t)random_below(random, 3);
	}
	ste->s1_cir = ste->s1_cor = 1;
	ste->s1_csh = 3;
	ste->flags |= maybe(random, IOMT_STE_S1STALLD);
	if (ste->config == IOMT_STE_STAGE_1 && !random_below(random, 4))
		ste->strw = 2;
}

static void stage_2(struct random *random, struct iomt_smmu_ste *ste)
{
	ste->flags |= IOMT_STE_S2R | IOMT_STE_S2AFFD;
	ste->s2_tsz = (uint8_t)(24 + random_below(random, 2));
	ste->s2_sl = 1;
	ste->s2_irgn = ste->s2_orgn = 1;
	ste->s2_sh = 3;
	ste->s2_ps = 5;
	ste->s2_ttb = page(random);
	if (!random_below(random, 4))
		ste->flags |= IOMT_STE_S2FWB;
	if (!random_below(random, 4))
		ste->flags |= IOMT_STE_S2HA | maybe(random, IOMT_STE_S2HD);
	if (ste->config == IOMT_STE_NESTED)
		ste->flags |= maybe(random, IOMT_STE_S2PTW);
}

static struct iomt_smmu_ste ste(struct random *random)
{
	static const enum iomt_smmu_config configs[] = {IOMT_STE_ABORT, IOMT_STE_BYPASS,
							IOMT_STE_STAGE_1, IOMT_STE_STAGE_2,
							IOMT_STE_NESTED};
	struct iomt_smmu_ste ste;

	memset(&ste, 0, sizeof(ste));
	ste.config = configs[random_below(random, sizeof(configs) / sizeof(configs[0]))];
	if (ste.config & 1)
		stage_1(random, &ste);
	if (ste.config & 2)
		stage_2(random, &ste);
	if (ste.config == IOMT_STE_BYPASS || ste.config == IOMT_STE_STAGE_2 || ste.s1_dss == 1) {
		ste.shcfg = (uint8_t)(1 + random_below(random, 2));
		ste.flags |= random_below(random, 4) ? 0 : IOMT_STE_MTCFG;
		ste.mem_attr = ste.flags & IOMT_STE_MTCFG ? 15 : 0;
	}
	if (ste.config & 3) {
		ste.ats = random_below(random, 2) ? IOMT_ATS_FULL : IOMT_ATS_OFF;
		ste.flags |= maybe(random, IOMT_STE_MEV);
		ste.vmid = ste.strw ? 0 : (uint16_t)random_below(random, FEW);
	}
	if (ste.config && !random_below(random, 4))
		ste.privcfg = 2;
	return ste;
}

static struct iomt_vtd_context legacy(struct random *random)
{
	struct iomt_vtd_context context = {
		.flags = random_below(random, 4) ? 0 : IOMT_VTD_CONTEXT_FPD,
		.type = (enum iomt_vtd_type)random_below(random, 3),
		.domain = (uint16_t)random_below(random, FEW),
		.aw = (uint8_t)(1 + random_below(random, 2)),
	};

	if (context.type != IOMT_VTD_PASS)
		context.second = page(random);
	return context;
}

static struct iomt_vtd_context scalable(struct random *random)
{
	return (struct iomt_vtd_context){
		.flags = (uint32_t)random_below(random, 32),
		.directory = page(random),
		.pdts = (uint8_t)random_below(random, 2),
		.rid_pasid = (uint32_t)random_below(random, 2),
	};
}

struct iomt_device_entry device_entry(struct random *random, enum iomt_device_format format)
{
	struct iomt_device_entry entry;

	memset(&entry, 0, sizeof(entry));
	if (format == IOMT_DEVICE_TABLE_AMD)
		entry.dte = dte(random);
	else if (format == IOMT_DEVICE_TABLE_VTD)
		entry.context = legacy(random);
	else if (format == IOMT_DEVICE_TABLE_VTD_SCALABLE)
		entry.context = scalable(random);
	else
		entry.ste = ste(random);
	return entry;
}

struct iomt_device_entry device_wild_entry(struct random *random, enum iomt_device_format format)
{
	struct iomt_device_entry entry = device_entry(random, format);
	unsigned char *bytes = (unsigned char *)&entry;
	size_t size = sizeof(entry.context);

	if (format == IOMT_DEVICE_TABLE_AMD)
		size = sizeof(entry.dte);
	else if (format < IOMT_DEVICE_TABLE_VTD)
		size = sizeof(entry.ste);
	for (uint64_t i = random_below(random, 4); i; i--)
		bytes[random_below(random, size)] ^= (unsigned char)(1u << random_below(random, 8));
	return entry;
}

static unsigned does_amd(const struct iomt_amd_dte *dte)
{
	unsigned does = dte->flags & IOMT_DTE_IR ? 1 : 0;

	if (dte->mode)
		does = 2;
	if (dte->flags & IOMT_DTE_GV)
		does = dte->mode ? 4 : 3;
	return does;
}

unsigned device_does(enum iomt_device_format format, const struct iomt_device_entry *entry)
{
	if (format == IOMT_DEVICE_TABLE_AMD)
		return does_amd(&entry->dte);
	if (format == IOMT_DEVICE_TABLE_VTD)
		return (unsigned)entry->context.type;
	if (format == IOMT_DEVICE_TABLE_VTD_SCALABLE)
		return 0;
	return entry->ste.config ? (unsigned)entry->ste.config - 3 : 0;
}

unsigned device_does_count(enum iomt_device_format format)
{
	if (format == IOMT_DEVICE_TABLE_VTD)
		return 3;
	return format == IOMT_DEVICE_TABLE_VTD_SCALABLE ? 1 : DEVICE_DOES;
}

struct device_unit device_unit_of(struct provider *provider, const struct iomt_device_table *table)
{
	struct iomt_device_table_hw hw;

	iomt_device_table_hw(table, &hw);
	return (struct device_unit){.provider = provider,
				    .format = table->format,
				    .shadow = provider->kind == PROVIDER_INCOHERENT,
				    .base = hw.base,
				    .cfg = hw.cfg};
}
