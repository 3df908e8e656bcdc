/* SPDX-License-Identifier: MIT */
#include "table_play.h"

#define FEW 3

static void root_changed(void *ctx, struct iomt_pasid_table *table)
{
	(void)ctx;
	(void)table; /* tests ask for the root before each look */
}

const struct iomt_pasid_table_cfg table_kinds[] = {
	{.format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 9, .flags = IOMT_PASID_TABLE_RID},
	{.format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 16},
	{.format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 20},
	{.format = IOMT_PASID_TABLE_GCR3,
	 .pasid_bits = 20,
	 .levels = 1,
	 .root_changed = root_changed},
	{.format = IOMT_PASID_TABLE_GCR3,
	 .pasid_bits = 19,
	 .levels = 2,
	 .root_changed = root_changed},
	{.format = IOMT_PASID_TABLE_CD},
	{.format = IOMT_PASID_TABLE_CD, .pasid_bits = 5, .flags = IOMT_PASID_TABLE_RID},
	{.format = IOMT_PASID_TABLE_CD_4K, .pasid_bits = 7},
	{.format = IOMT_PASID_TABLE_CD_4K, .pasid_bits = 20},
	{.format = IOMT_PASID_TABLE_CD_64K, .pasid_bits = 12},
	{.format = IOMT_PASID_TABLE_CD_64K, .pasid_bits = 20, .flags = IOMT_PASID_TABLE_BYPASS},
	{.format = IOMT_PASID_TABLE_VTD, .pasid_bits = 3},
	{.format = IOMT_PASID_TABLE_VTD, .pasid_bits = 14, .flags = IOMT_PASID_TABLE_RID},
	{.format = IOMT_PASID_TABLE_VTD, .pasid_bits = 20, .flags = IOMT_PASID_TABLE_CACHES_ABSENT},
};
const size_t table_kind_count = sizeof(table_kinds) / sizeof(table_kinds[0]);

static uint64_t page(struct random *random)
{
	return 0x123456000ULL + (random_below(random, FEW) << 12);
}

static struct iomt_cd_half half(struct random *random, unsigned n)
{
	if (!random_below(random, FEW))
		return (struct iomt_cd_half){.ttb = 0};
	return (struct iomt_cd_half){
		.ttb = page(random),
		.used = true,
		.had = !random_below(random, 4),
		.tsz = (uint8_t)(16 + random_below(random, 2)),
		.tg = n ? 2 : 0,
		.irgn = 1,
		.orgn = 1,
		.sh = 3,
	};
}

static struct iomt_cd cd(struct random *random)
{
	struct iomt_cd cd = {
		.half = {half(random, 0), half(random, 1)},
		.flags = IOMT_CD_R | (random_below(random, 2) ? IOMT_CD_A : 0),
		.mair = random_below(random, 8) ? 0xff0044 : 0xff,
		.asid = (uint16_t)random_below(random, FEW),
		.ips = 5,
	};

	return cd;
}

static struct iomt_vtd_entry vtd(struct random *random)
{
	struct iomt_vtd_entry vtd = {
		.stages = (enum iomt_vtd_stages)(1 + random_below(random, 4)),
		.flags = random_below(random, 2) ? IOMT_VTD_ENTRY_PWSNP : 0,
		.domain = (uint16_t)random_below(random, FEW),
		.aw = 2,
	};

	if (vtd.stages == IOMT_VTD_FIRST || vtd.stages == IOMT_VTD_NESTED) {
		vtd.first = page(random);
		vtd.flags |= random_below(random, 2) ? IOMT_VTD_ENTRY_WPE : 0;
	}
	if (vtd.stages == IOMT_VTD_SECOND || vtd.stages == IOMT_VTD_NESTED)
		vtd.second = page(random);
	return vtd;
}

struct iomt_pasid_entry table_entry(struct random *random, enum iomt_pasid_format format)
{
	struct iomt_pasid_entry entry = {.gcr3 = {0}};

	if (format == IOMT_PASID_TABLE_GCR3)
		entry.gcr3.root = page(random);
	else if (format == IOMT_PASID_TABLE_VTD)
		entry.vtd = vtd(random);
	else
		entry.cd = cd(random);
	return entry;
}
