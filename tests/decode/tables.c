/* SPDX-License-Identifier: MIT */
/*
 * What the library writes, read by the tables of iomt decode alone: page tables of every kind are walked
 * by fields from the root on, and their leaves, device-table and PASID entries compared with what went in.
 */
#include "../domain/device_play.h"
#include "explained.h"
#include "kinds.h"
#include "random.h"

static const struct {
	const struct iomt_pt_format *format;
	const char *name;
} formats[] = {
	{&iomt_amdv1, "amdv1"},
	{&iomt_x86_64, "x86_64"},
	{&iomt_vtd_ss, "vtd_ss"},
	{&iomt_arm_s1_4k, "arm_s1_4k"},
	{&iomt_arm_s1_16k, "arm_s1_16k"},
	{&iomt_arm_s1_64k, "arm_s1_64k"},
	{&iomt_arm_s1_4k_lpa2, "arm_s1_4k_lpa2"},
	{&iomt_arm_s1_16k_lpa2, "arm_s1_16k_lpa2"},
	{&iomt_arm_s2_4k, "arm_s2_4k"},
	{&iomt_arm_s2_16k, "arm_s2_16k"},
	{&iomt_arm_s2_64k, "arm_s2_64k"},
	{&iomt_arm_s2_4k_lpa2, "arm_s2_4k_lpa2"},
	{&iomt_arm_s2_16k_lpa2, "arm_s2_16k_lpa2"},
	{&iomt_riscv_s1, "riscv_s1"},
	{&iomt_riscv_s2, "riscv_s2"},
};

static const char *name_of(const struct iomt_pt_format *format)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].format == format)
			return formats[i].name;
	}
	test_fail(__FILE__, __LINE__, "a format without a name");
}

/* The field that has an address, if any holds: of a table, or of a page or block. */
static const struct decode_field *address_field(const struct explained *e)
{
	for (size_t i = 0; i < e->layout->count; i++) {
		const struct decode_field *field = &e->layout->fields[i];

		if ((field->kind == DECODE_ADDRESS || field->kind == DECODE_RANGE) &&
		    decode_applies(field, &e->value))
			return field;
	}
	return NULL;
}

/* Walks by fields: the leaf's explanation, and where the address ends. */
static struct explained walk_by_fields(struct table *t, uint64_t iova, uint64_t *oa)
{
	unsigned granule_lg2 = t->kind->granule_lg2, index_lg2 = granule_lg2 - 3;
	uint64_t encryption = t->cfg.enc_bit ? 1ULL << t->cfg.enc_bit : 0, table, v;
	struct iomt_pt_hw hw;

	iomt_pt_hw(&t->pt, &hw);
	v = hw.iova_bits < 64 ? iova & ((1ULL << hw.iova_bits) - 1) : iova;
	table = hw.root;
	for (unsigned level = hw.levels - 1u;; level--) {
		unsigned shift = granule_lg2 + index_lg2 * level;
		uint64_t index = v >> shift, word, bits, within = (1ULL << shift) - 1;
		const struct decode_field *field;
		struct explained e;

		if (level + 1u < hw.levels)
			index &= (1ULL << index_lg2) - 1;
		word = table_word(t, table, index);
		e = explain(name_of(t->kind->format), level, &word);
		NONE_RESERVED(&e);
		field = address_field(&e);
		CHECK_MSG(field, "%s: no address in 0x%" PRIx64, t->kind->name, word);
		bits = bits_of(&e, field) & ~encryption;
		if (strstr(field->text, "table")) {
			CHECK(level);
			table = bits;
			continue;
		}
		if (field->kind == DECODE_RANGE) /* ones below a zero at half of the size */
			within = (2ULL << __builtin_ctzll(~(bits | 0xfff))) - 1;
		else if (field_named(&e, "PPN[3:0]"))
			within = 0xffff;
		*oa = (bits & ~within) | (v & within);
		return e;
	}
}

static void check_rights(const struct table *t, const struct explained *e, uint32_t prot)
{
	bool write = prot & IOMT_WRITE, tracked = t->cfg.flags & IOMT_PT_DIRTY;

	switch (t->kind->walk) {
	case WALK_AMDV1:
		FIELD_IS(e, "IR", 1);
		FIELD_IS(e, "IW", write);
		FIELD_IS(e, "FC", !!(prot & IOMT_SNOOP));
		break;
	case WALK_X86_64:
		FIELD_IS(e, "R/W", write);
		FIELD_IS(e, "U/S", !(prot & IOMT_PRIV));
		FIELD_IS(e, "D", write && !tracked);
		break;
	case WALK_VTD_SS:
		FIELD_IS(e, "R", 1);
		FIELD_IS(e, "W", write);
		FIELD_IS(e, "SNP", !!(prot & IOMT_SNOOP));
		break;
	case WALK_ARM_S1: /* AP[2] is read-only, AP[1] for users */
		FIELD_IS(e, "AP[2:1]", (!write || tracked ? 2 : 0) + (prot & IOMT_PRIV ? 0 : 1));
		FIELD_IS(e, "DBM", write && tracked);
		FIELD_IS(e, "AttrIndx", 1);
		FIELD_IS(e, "PXN", 1);
		break;
	case WALK_ARM_S2:
		FIELD_IS(e, "S2AP", write && !tracked ? 3 : 1);
		FIELD_IS(e, "DBM", write && tracked);
		FIELD_SAYS(e, "MemAttr", "write-back");
		FIELD_SAYS(e, "XN", "no execution");
		break;
	case WALK_RISCV_S1:
		FIELD_IS(e, "XWR", write ? 3 : 1);
		FIELD_IS(e, "U", !(prot & IOMT_PRIV));
		FIELD_IS(e, "D", write && !tracked);
		break;
	case WALK_RISCV_S2:
		FIELD_IS(e, "XWR", write ? 3 : 1);
		FIELD_IS(e, "U", 1);
		break;
	default:
		test_fail(__FILE__, __LINE__, "a kind without rights: %s", t->kind->name);
	}
}

static uint32_t some_prot(struct random *random, const struct kind *kind)
{
	uint32_t prot = IOMT_READ | (random_below(random, 2) ? IOMT_WRITE : 0);
	bool snoops = kind->walk == WALK_AMDV1 || kind->walk == WALK_VTD_SS;
	bool stage_1 = kind->walk == WALK_X86_64 || kind->walk == WALK_ARM_S1 ||
		       kind->walk == WALK_RISCV_S1;

	if (snoops && random_below(random, 2))
		prot |= IOMT_SNOOP;
	if (stage_1 && random_below(random, 2))
		prot |= IOMT_PRIV;
	return prot;
}

/* Maps one leaf of a size at random, and walks to bytes of it. */
static void play_leaf(struct table *t, struct random *random)
{
	uint64_t sizes = iomt_pt_sizes(&t->pt), size, iova, oa, span = t->last - t->first;
	uint32_t prot = some_prot(random, t->kind);
	unsigned lg2;

	do
		lg2 = (unsigned)random_below(random, 52);
	while (!(sizes >> lg2 & 1));
	size = 1ULL << lg2;
	if (size - 1 > span)
		return;
	iova = t->first + (random_below(random, span) & ~(size - 1));
	oa = random_next(random) & t->pt.oa_last & ~(size - 1);
	if (iova + (size - 1) > t->last || iova + (size - 1) < iova || (iova & (size - 1)))
		return;
	table_map(t, iova, oa, size, prot);
	for (unsigned i = 0; i < 8; i++) {
		uint64_t within = random_next(random) & (size - 1), found;
		struct explained e = walk_by_fields(t, iova + within, &found);

		CHECK_EQ(found, oa + within);
		check_rights(t, &e, prot);
	}
	table_unmap(t, iova, size, size);
}

static void page_tables(void)
{
	struct random random;

	random_init(&random, 1);
	for (size_t i = 0; i < kind_count; i++) {
		struct table t;

		table_open(&t, &kinds[i], PROVIDER_LINEAR);
		for (uint64_t n = 0; n < random_times(300); n++)
			play_leaf(&t, &random);
		table_close(&t);
	}
}

/* Words of an entry in a table of the provider's. */
static struct explained entry_at(struct provider *provider, const char *name, uint64_t phys)
{
	uint64_t words[DECODE_WORDS];

	for (unsigned i = 0; i < DECODE_WORDS; i++) {
		uint64_t *word = provider_word(provider, phys + 8 * i, false);

		words[i] = word ? *word : 0; /* beyond the last entry's page */
	}
	return explain(name, DECODE_NO_LEVEL, words);
}

static uint64_t value_of(const struct explained *e, const char *name)
{
	const struct decode_field *field = field_named(e, name);

	CHECK_MSG(field, "%s has no %s", e->layout->title, name);
	return bits_of(e, field);
}

static void check_dte(const struct explained *e, const struct iomt_amd_dte *dte)
{
	FIELD_IS(e, "V", 1);
	FIELD_IS(e, "TV", 1);
	FIELD_IS(e, "Mode", dte->mode);
	FIELD_IS(e, "DomainID", dte->domain);
	FIELD_IS(e, "IR", !!(dte->flags & IOMT_DTE_IR));
	FIELD_IS(e, "IW", !!(dte->flags & IOMT_DTE_IW));
	FIELD_IS(e, "PPR", !!(dte->flags & IOMT_DTE_PPR));
	FIELD_IS(e, "GPRP", !!(dte->flags & IOMT_DTE_GPRP));
	FIELD_IS(e, "I", !!(dte->flags & IOMT_DTE_I));
	FIELD_IS(e, "SE", !!(dte->flags & IOMT_DTE_SE));
	FIELD_IS(e, "SA", !!(dte->flags & IOMT_DTE_SA));
	FIELD_IS(e, "Cache", !!(dte->flags & IOMT_DTE_CACHE));
	FIELD_IS(e, "SD", !!(dte->flags & IOMT_DTE_SD));
	FIELD_IS(e, "EX", !!(dte->flags & IOMT_DTE_EX));
	FIELD_IS(e, "IoCtl", dte->ioctl);
	FIELD_IS(e, "SysMgt", dte->sysmgt);
	if (dte->mode) {
		FIELD_IS(e, "HostPageTableRoot", dte->root);
		FIELD_IS(e, "HAD", dte->had);
	} else {
		NO_FIELD(e, "HostPageTableRoot");
		NO_FIELD(e, "HAD");
	}
	if (!(dte->flags & IOMT_DTE_GV)) {
		NO_FIELD(e, "GCR3TableRoot");
		return;
	}
	FIELD_IS(e, "GCR3TableRoot", dte->gcr3);
	FIELD_IS(e, "GLX", dte->glx);
	FIELD_IS(e, "GIoV", !!(dte->flags & IOMT_DTE_GIOV));
	FIELD_IS(e, "GuestPagingMode", dte->paging_mode);
}

static void check_stage_2(const struct explained *e, const struct iomt_smmu_ste *ste)
{
	FIELD_IS(e, "S2T0SZ", ste->s2_tsz);
	FIELD_IS(e, "S2SL0", ste->s2_sl);
	FIELD_IS(e, "S2IR0", ste->s2_irgn);
	FIELD_IS(e, "S2OR0", ste->s2_orgn);
	FIELD_IS(e, "S2SH0", ste->s2_sh);
	FIELD_IS(e, "S2TG", ste->s2_tg);
	FIELD_IS(e, "S2PS", ste->s2_ps);
	FIELD_IS(e, "S2AA64", 1);
	FIELD_IS(e, "S2TTB", ste->s2_ttb);
	FIELD_IS(e, "S2AFFD", !!(ste->flags & IOMT_STE_S2AFFD));
	FIELD_IS(e, "S2HD", !!(ste->flags & IOMT_STE_S2HD));
	FIELD_IS(e, "S2HA", !!(ste->flags & IOMT_STE_S2HA));
	FIELD_IS(e, "S2S", !!(ste->flags & IOMT_STE_S2S));
	FIELD_IS(e, "S2R", !!(ste->flags & IOMT_STE_S2R));
	FIELD_IS(e, "S2DS", !!(ste->flags & IOMT_STE_S2DS));
	FIELD_IS(e, "S2FWB", !!(ste->flags & IOMT_STE_S2FWB));
}

static bool has_stage_1(const struct iomt_smmu_ste *ste)
{
	return ste->config == IOMT_STE_STAGE_1 || ste->config == IOMT_STE_NESTED;
}

static void check_stage_1(const struct explained *e, const struct iomt_smmu_ste *ste)
{
	FIELD_IS(e, "S1ContextPtr", ste->context);
	FIELD_IS(e, "S1CDMax", ste->s1_cdmax);
	FIELD_IS(e, "S1CIR", ste->s1_cir);
	FIELD_IS(e, "S1COR", ste->s1_cor);
	FIELD_IS(e, "S1CSH", ste->s1_csh);
	FIELD_IS(e, "S1STALLD", !!(ste->flags & IOMT_STE_S1STALLD));
	if (ste->config == IOMT_STE_STAGE_1)
		FIELD_IS(e, "STRW", ste->strw);
	if (ste->s1_cdmax) {
		FIELD_IS(e, "S1Fmt", ste->s1_fmt);
		FIELD_IS(e, "S1DSS", ste->s1_dss);
	}
}

static void check_attributes(const struct explained *e, const struct iomt_smmu_ste *ste)
{
	FIELD_IS(e, "MemAttr", ste->mem_attr);
	FIELD_IS(e, "MTCFG", !!(ste->flags & IOMT_STE_MTCFG));
	FIELD_IS(e, "ALLOCCFG", ste->alloc);
	FIELD_IS(e, "SHCFG", ste->shcfg);
}

/* Fields that hardware ignores may be of the entry before. */
static void check_ste(const struct explained *e, const struct iomt_smmu_ste *ste)
{
	FIELD_IS(e, "V", 1);
	FIELD_IS(e, "Config", ste->config);
	if (ste->config == IOMT_STE_ABORT)
		return;
	FIELD_IS(e, "PRIVCFG", ste->privcfg);
	FIELD_IS(e, "INSTCFG", ste->instcfg);
	if (!has_stage_1(ste))
		check_attributes(e, ste);
	if (ste->config == IOMT_STE_BYPASS)
		return;
	FIELD_IS(e, "EATS", ste->ats);
	FIELD_IS(e, "DRE", !!(ste->flags & IOMT_STE_DRE));
	FIELD_IS(e, "DCP", !!(ste->flags & IOMT_STE_DCP));
	FIELD_IS(e, "PPAR", !!(ste->flags & IOMT_STE_PPAR));
	FIELD_IS(e, "MEV", !!(ste->flags & IOMT_STE_MEV));
	if (!ste->strw)
		FIELD_IS(e, "S2VMID", ste->vmid);
	if (has_stage_1(ste))
		check_stage_1(e, ste);
	if (ste->config == IOMT_STE_STAGE_2 || ste->config == IOMT_STE_NESTED)
		check_stage_2(e, ste);
}

static void check_context(const struct explained *e, const struct iomt_vtd_context *context,
			  bool scalable)
{
	FIELD_IS(e, "P", 1);
	FIELD_IS(e, "FPD", !!(context->flags & IOMT_VTD_CONTEXT_FPD));
	if (scalable) {
		FIELD_IS(e, "DTE", !!(context->flags & IOMT_VTD_CONTEXT_DTE));
		FIELD_IS(e, "PASIDE", !!(context->flags & IOMT_VTD_CONTEXT_PASIDE));
		FIELD_IS(e, "PRE", !!(context->flags & IOMT_VTD_CONTEXT_PRE));
		FIELD_IS(e, "RID_PRIV", !!(context->flags & IOMT_VTD_CONTEXT_RID_PRIV));
		FIELD_IS(e, "PDTS", context->pdts);
		FIELD_IS(e, "PASIDDIRPTR", context->directory);
		FIELD_IS(e, "RID_PASID", context->rid_pasid);
		return;
	}
	FIELD_IS(e, "TT", context->type);
	FIELD_IS(e, "AW", context->aw);
	FIELD_IS(e, "DID", context->domain);
	if (context->type != IOMT_VTD_PASS)
		FIELD_IS(e, "SSPTPTR", context->second);
}

/* Finds an id's entry by fields, from the root on, and compares it. */
static void check_device(struct provider *provider, const struct iomt_device_table_cfg *cfg,
			 const struct iomt_device_table_hw *hw, uint32_t id,
			 const struct iomt_device_entry *entry)
{
	struct explained e;
	uint64_t table = hw->root;

	switch (cfg->format) {
	case IOMT_DEVICE_TABLE_AMD:
		e = entry_at(provider, "amd_dte", table + 32ULL * id);
		check_dte(&e, &entry->dte);
		break;
	case IOMT_DEVICE_TABLE_VTD:
		e = entry_at(provider, "vtd_root", table + 16ULL * (id >> 8));
		NONE_RESERVED(&e);
		e = entry_at(provider, "vtd_context", value_of(&e, "CTP") + 16ULL * (id & 255));
		check_context(&e, &entry->context, false);
		break;
	case IOMT_DEVICE_TABLE_VTD_SCALABLE:
		e = entry_at(provider, "vtd_root_scalable", table + 16ULL * (id >> 8));
		NONE_RESERVED(&e);
		table = value_of(&e, id & 128 ? "UCTP" : "LCTP");
		e = entry_at(provider, "vtd_context_scalable", table + 32ULL * (id & 127));
		check_context(&e, &entry->context, true);
		break;
	default:
		if (hw->levels == 2) {
			e = entry_at(provider, "smmu_l1std", table + 8ULL * (id >> hw->split));
			NONE_RESERVED(&e);
			FIELD_IS(&e, "Span", hw->split + 1);
			table = value_of(&e, "L2Ptr");
			id &= (1u << hw->split) - 1;
		}
		e = entry_at(provider, "smmu_ste", table + 64ULL * id);
		check_ste(&e, &entry->ste);
	}
	NONE_RESERVED(&e);
}

static void no_sync(struct iomt_device_inv *inv)
{
	(void)inv;
}

static void device_tables(void)
{
	struct random random;

	random_init(&random, 2);
	for (size_t i = 0; i < device_small_kind_count; i++) {
		struct iomt_device_table_cfg cfg = device_kinds[i];
		struct iomt_device_inv inv = {.sync = no_sync};
		struct iomt_device_table_hw hw;
		struct iomt_device_table table;
		struct provider provider;

		provider_init(&provider, PROVIDER_LINEAR);
		cfg.size = sizeof(cfg);
		cfg.mem = &provider.mem;
		CHECK_INT(iomt_device_table_init(&table, &cfg), 0);
		iomt_device_table_hw(&table, &hw);
		for (uint64_t n = 0; n < random_times(400); n++) {
			struct iomt_device_entry entry = device_entry(&random, cfg.format);
			uint32_t id = (uint32_t)random_below(&random, 1ULL << cfg.id_bits);

			CHECK_INT(iomt_device_table_set(&table, id, &entry, IOMT_DEVICE_BREAK,
							&inv),
				  0);
			check_device(&provider, &cfg, &hw, id, &entry);
		}
		iomt_device_table_destroy(&table);
		provider_check_empty(&provider);
	}
}

TEST_SUITE(decode_tables, TEST(page_tables), TEST(device_tables));
