/* SPDX-License-Identifier: MIT */
/* What is refused, each with its error, and nothing changed; and the usual entries. */
#include "device_reader.h"
#include "test.h"
#include <iomt/iomt.h>

static struct provider provider;
static struct iomt_device_table table;
static struct iomt_device_inv inv;

static void no_sync(struct iomt_device_inv *what)
{
	(void)what;
}

static void open(struct iomt_device_table_cfg cfg)
{
	provider_init(&provider, PROVIDER_LOW);
	cfg.size = sizeof(cfg);
	cfg.mem = &provider.mem;
	CHECK_INT(iomt_device_table_init(&table, &cfg), 0);
	inv = (struct iomt_device_inv){.sync = no_sync};
}

static void close(void)
{
	iomt_device_table_destroy(&table);
	provider_check_empty(&provider);
}

/* Each row is a good configuration but for the field that it names. */
static void configurations(void)
{
	static const struct {
		struct iomt_device_table_cfg cfg;
		const char *field;
	} rows[] = {
		{{.format = (enum iomt_device_format)7, .id_bits = 16}, "format"},
		{{.format = (enum iomt_device_format) - 1, .id_bits = 16}, "format"},
		{{.format = IOMT_DEVICE_TABLE_AMD, .id_bits = 16, .flags = 1}, "flags"},
		{{.format = IOMT_DEVICE_TABLE_AMD, .id_bits = 16, .flags = 4}, "flags"},
		{{.format = IOMT_DEVICE_TABLE_VTD, .id_bits = 16, .flags = 2}, "flags"},
		{{.format = IOMT_DEVICE_TABLE_SMMU, .id_bits = 8, .flags = 1}, "flags"},
		{{.format = IOMT_DEVICE_TABLE_AMD}, "id_bits"},
		{{.format = IOMT_DEVICE_TABLE_AMD, .id_bits = 17}, "id_bits"},
		{{.format = IOMT_DEVICE_TABLE_SMMU, .id_bits = 16}, "id_bits"},
		{{.format = IOMT_DEVICE_TABLE_SMMU_6, .id_bits = 6}, "id_bits"},
		{{.format = IOMT_DEVICE_TABLE_SMMU_6, .id_bits = 25}, "id_bits"},
		{{.format = IOMT_DEVICE_TABLE_SMMU_8, .id_bits = 27}, "id_bits"},
		{{.format = IOMT_DEVICE_TABLE_SMMU_10, .id_bits = 29}, "id_bits"},
		{{.format = IOMT_DEVICE_TABLE_SMMU_10, .id_bits = 255}, "id_bits"},
		{{.format = IOMT_DEVICE_TABLE_VTD, .id_bits = 15}, "id_bits"},
		{{.format = IOMT_DEVICE_TABLE_VTD_SCALABLE}, "id_bits"},
		{{.format = IOMT_DEVICE_TABLE_VTD, .id_bits = 16, .oa_bits = 31}, "oa_bits"},
		{{.format = IOMT_DEVICE_TABLE_VTD, .id_bits = 16, .oa_bits = 53}, "oa_bits"},
		{{.format = IOMT_DEVICE_TABLE_VTD, .id_bits = 16, .vmid_bits = 16}, "vmid_bits"},
		{{.format = IOMT_DEVICE_TABLE_SMMU, .id_bits = 8, .vmid_bits = 9}, "vmid_bits"},
		{{.format = IOMT_DEVICE_TABLE_SMMU, .id_bits = 8, .enc_bit = 51}, "enc_bit"},
		{{.format = IOMT_DEVICE_TABLE_AMD, .id_bits = 8, .enc_bit = 51}, "enc_bit"},
		{{.format = IOMT_DEVICE_TABLE_AMD, .id_bits = 8, .oa_bits = 48, .enc_bit = 47},
		 "enc_bit"},
	};
	struct iomt_device_table_cfg_error error;
	struct iomt_device_table_cfg cfg;
	struct iomt_mem mem;

	provider_init(&provider, PROVIDER_LINEAR);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cfg = rows[i].cfg;
		cfg.size = sizeof(cfg);
		cfg.mem = &provider.mem;
		error.field = NULL;
		CHECK_INT(iomt_device_table_cfg_check(&cfg, &error), IOMT_EINVAL);
		CHECK_STR(error.field, rows[i].field);
		CHECK(error.reason && *error.reason);
		CHECK_INT(iomt_device_table_init(&table, &cfg), IOMT_EINVAL);
	}
	CHECK_INT(iomt_device_table_cfg_check(NULL, &error), IOMT_EINVAL);
	CHECK_STR(error.field, "size");
	cfg = (struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_VTD, .id_bits = 16};
	cfg.size = sizeof(cfg) - 1;
	CHECK_INT(iomt_device_table_cfg_check(&cfg, &error), IOMT_EINVAL);
	CHECK_STR(error.field, "size");
	cfg.size = sizeof(cfg);
	CHECK_INT(iomt_device_table_cfg_check(&cfg, &error), IOMT_EINVAL);
	CHECK_STR(error.field, "mem");
	mem = provider.mem;
	mem.alloc = NULL;
	cfg.mem = &mem;
	CHECK_INT(iomt_device_table_cfg_check(&cfg, &error), IOMT_EINVAL);
	CHECK_STR(error.field, "mem");
	cfg.mem = &provider.mem;
	CHECK_INT(iomt_device_table_cfg_check(&cfg, NULL), 0);
	provider_check_empty(&provider);
}

/* A table whose physical addresses hardware cannot hold is as good as none. */
static void beyond_addresses(void)
{
	struct iomt_device_table_cfg cfg = {.size = sizeof(cfg),
					    .mem = &provider.mem,
					    .format = IOMT_DEVICE_TABLE_VTD,
					    .id_bits = 16,
					    .oa_bits = 48};

	provider_init(&provider, PROVIDER_LOW);
	provider.mem.phys_offset += 1ULL << 48;
	CHECK_INT(iomt_device_table_init(&table, &cfg), IOMT_ENOMEM);
	provider.mem.phys_offset -= (1ULL << 48) - 8;
	CHECK_INT(iomt_device_table_init(&table, &cfg), IOMT_ENOMEM);
	provider_check_empty(&provider);
}

/* The table, the memory and inv stay as they are. */
static void refused(uint32_t id, const struct iomt_device_entry *entry, uint32_t flags, int code)
{
	uint64_t sum = provider_checksum(&provider);
	struct iomt_device_table before = table;
	struct iomt_device_inv same = inv;

	CHECK_INT(iomt_device_table_set(&table, id, entry, flags, &inv), code);
	CHECK_EQ(provider_checksum(&provider), sum);
	CHECK(!memcmp(&before, &table, sizeof(before)));
	CHECK(!memcmp(&same, &inv, sizeof(same)));
}

#define BAD(code, field, value)            \
	do {                               \
		bad = good;                \
		bad.field = value;         \
		refused(3, &bad, 0, code); \
	} while (0)

static void calls(void)
{
	struct iomt_device_entry good = {.context = {.aw = 2}};
	uint64_t words[2] = {0};
	struct iomt_gather gather;
	uint32_t id = 77;

	iomt_gather_init(&gather);
	open((struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_VTD, .id_bits = 16});
	refused(0x10000, &good, 0, IOMT_ERANGE);
	refused(UINT32_MAX, &good, 0, IOMT_ERANGE);
	refused(3, &good, 2, IOMT_EINVAL);
	refused(3, NULL, 0, IOMT_EINVAL);
	CHECK_INT(iomt_device_table_set(&table, 3, &good, 0, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_device_table_clear(&table, 3, &inv), IOMT_ENOENT);
	CHECK_INT(iomt_device_table_clear(&table, 3, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_device_table_clear(&table, 0x10000, &inv), IOMT_ERANGE);
	CHECK_INT(iomt_device_table_get(&table, 3, &good), IOMT_ENOENT);
	CHECK_INT(iomt_device_table_get(&table, 0x10000, &good), IOMT_ERANGE);
	CHECK_INT(iomt_device_table_next(&table, 0, &id), IOMT_ENOENT);
	CHECK_INT(iomt_device_table_next(&table, UINT64_MAX, &id), IOMT_ENOENT);
	CHECK_EQ(id, 77);
	CHECK_INT(iomt_device_table_reserve(&table, 4, 3, &inv), IOMT_EINVAL);
	CHECK_INT(iomt_device_table_reserve(&table, 3, 4, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_device_table_reserve(&table, 3, 0x10000, &inv), IOMT_ERANGE);
	CHECK_INT(iomt_device_table_trim(&table, 4, 3, &inv, &gather), IOMT_EINVAL);
	CHECK_INT(iomt_device_table_trim(&table, 3, 4, &inv, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_device_table_trim(&table, 3, 4, NULL, &gather), IOMT_EINVAL);
	CHECK_INT(iomt_device_table_trim(&table, 3, 0x10000, &inv, &gather), IOMT_ERANGE);
	CHECK_INT(iomt_device_table_set_interrupts(&table, 3, words, &inv), IOMT_EOPNOTSUPP);
	CHECK_INT(iomt_device_table_interrupts(&table, 3, words), IOMT_EOPNOTSUPP);
	close();

	open((struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_AMD, .id_bits = 4});
	CHECK_INT(iomt_device_table_set_interrupts(&table, 16, words, &inv), IOMT_ERANGE);
	CHECK_INT(iomt_device_table_interrupts(&table, 16, words), IOMT_ERANGE);
	CHECK_INT(iomt_device_table_set_interrupts(&table, 3, NULL, &inv), IOMT_EINVAL);
	CHECK_INT(iomt_device_table_set_interrupts(&table, 3, words, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_device_table_reserve(&table, 0, 15, &inv), 0); /* one table, for all */
	CHECK_EQ(inv.what, 0);
	close();
}

static void bad_dtes(void)
{
	struct iomt_device_entry good = {.dte = {.root = 0x1000,
						 .gcr3 = 0x2000,
						 .flags = IOMT_DTE_GV | IOMT_DTE_GIOV,
						 .mode = 6,
						 .glx = 2,
						 .paging_mode = 1,
						 .had = 3}},
				 bad;

	open((struct iomt_device_table_cfg){
		.format = IOMT_DEVICE_TABLE_AMD, .id_bits = 4, .oa_bits = 48});
	CHECK_INT(iomt_device_table_set(&table, 15, &good, 0, &inv), 0);
	BAD(IOMT_EINVAL, dte.flags, 0x1000 | IOMT_DTE_GV);
	BAD(IOMT_EINVAL, dte.flags, 0); /* GCR3 without GV */
	BAD(IOMT_EINVAL, dte.mode, 7);
	BAD(IOMT_EINVAL, dte.mode, 0); /* with a root */
	BAD(IOMT_EINVAL, dte.had, 2);
	BAD(IOMT_EINVAL, dte.had, 4);
	BAD(IOMT_EINVAL, dte.glx, 3);
	BAD(IOMT_EINVAL, dte.paging_mode, 2);
	BAD(IOMT_EINVAL, dte.ioctl, 4);
	BAD(IOMT_EINVAL, dte.sysmgt, 4);
	BAD(IOMT_EINVAL, dte.root, 0x1800);
	BAD(IOMT_EINVAL, dte.gcr3, 0x2800);
	BAD(IOMT_ERANGE, dte.root, 1ULL << 48);
	BAD(IOMT_ERANGE, dte.gcr3, 1ULL << 48);
	good.dte = (struct iomt_amd_dte){.flags = 0};
	BAD(IOMT_EINVAL, dte.had, 1);
	BAD(IOMT_EINVAL, dte.gcr3, 0x1000);
	BAD(IOMT_EINVAL, dte.glx, 1);
	BAD(IOMT_EINVAL, dte.paging_mode, 1);
	BAD(IOMT_EINVAL, dte.flags, IOMT_DTE_GIOV);
	close();
}

static void bad_stage_1(void)
{
	struct iomt_device_entry good = {.ste = {.config = IOMT_STE_STAGE_1,
						 .context = 0x10000,
						 .s1_cdmax = 6,
						 .s1_dss = 2,
						 .ats = IOMT_ATS_FULL,
						 .vmid = 255}},
				 bad;

	open((struct iomt_device_table_cfg){
		.format = IOMT_DEVICE_TABLE_SMMU, .id_bits = 4, .oa_bits = 48, .vmid_bits = 8});
	CHECK_INT(iomt_device_table_set(&table, 15, &good, 0, &inv), 0);
	BAD(IOMT_EINVAL, ste.config, (enum iomt_smmu_config)1);
	BAD(IOMT_EINVAL, ste.config, (enum iomt_smmu_config)8);
	BAD(IOMT_EINVAL, ste.config, IOMT_STE_BYPASS);
	BAD(IOMT_EINVAL, ste.config, IOMT_STE_ABORT);
	BAD(IOMT_EINVAL, ste.flags, 0x8000);
	BAD(IOMT_EINVAL, ste.flags, IOMT_STE_S2R);
	BAD(IOMT_EINVAL, ste.flags, IOMT_STE_MTCFG);
	BAD(IOMT_EINVAL, ste.context, 0x10040); /* aligned to its 4096 */
	BAD(IOMT_ERANGE, ste.context, 1ULL << 48);
	BAD(IOMT_EINVAL, ste.s1_fmt, 3);
	BAD(IOMT_EINVAL, ste.s1_cdmax, 21);
	BAD(IOMT_EINVAL, ste.s1_cdmax, 0); /* with S1DSS */
	BAD(IOMT_EINVAL, ste.s1_dss, 3);
	BAD(IOMT_EINVAL, ste.s1_cir, 4);
	BAD(IOMT_EINVAL, ste.s1_cor, 4);
	BAD(IOMT_EINVAL, ste.s1_csh, 1);
	BAD(IOMT_EINVAL, ste.s1_csh, 4);
	BAD(IOMT_EINVAL, ste.strw, 1);
	BAD(IOMT_EINVAL, ste.strw, 2); /* with a VMID */
	BAD(IOMT_EINVAL, ste.ats, IOMT_ATS_SPLIT);
	BAD(IOMT_EINVAL, ste.ats, (enum iomt_smmu_ats)3);
	BAD(IOMT_EINVAL, ste.shcfg, 1);
	BAD(IOMT_EINVAL, ste.alloc, 1);
	BAD(IOMT_EINVAL, ste.mem_attr, 15);
	BAD(IOMT_EINVAL, ste.privcfg, 1);
	BAD(IOMT_EINVAL, ste.instcfg, 4);
	BAD(IOMT_EINVAL, ste.s2_ttb, 0x1000);
	BAD(IOMT_EINVAL, ste.s2_tsz, 16);
	BAD(IOMT_ERANGE, ste.vmid, 256);
	close();
}

static void bad_stage_2(void)
{
	struct iomt_device_entry good = {.ste = {.config = IOMT_STE_STAGE_2,
						 .s2_tsz = 24,
						 .s2_sl = 1,
						 .s2_ps = 4,
						 .s2_ttb = 0x1000}},
				 bad;

	open((struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_SMMU, .id_bits = 4});
	CHECK_INT(iomt_device_table_set(&table, 15, &good, 0, &inv), 0);
	BAD(IOMT_EINVAL, ste.config, IOMT_STE_STAGE_1);
	BAD(IOMT_EINVAL, ste.flags, IOMT_STE_S1STALLD);
	BAD(IOMT_EINVAL, ste.flags, IOMT_STE_S2HD);
	BAD(IOMT_EINVAL, ste.flags, IOMT_STE_S2PTW); /* of nested ones */
	BAD(IOMT_EINVAL, ste.s2_tsz, 15);
	BAD(IOMT_EINVAL, ste.s2_tsz, 49);
	BAD(IOMT_EINVAL, ste.s2_sl, 4);
	BAD(IOMT_EINVAL, ste.s2_sl, 8);
	BAD(IOMT_EINVAL, ste.s2_irgn, 4);
	BAD(IOMT_EINVAL, ste.s2_orgn, 4);
	BAD(IOMT_EINVAL, ste.s2_sh, 4);
	BAD(IOMT_EINVAL, ste.s2_tg, 3);
	BAD(IOMT_EINVAL, ste.s2_ps, 7);
	BAD(IOMT_EINVAL, ste.s2_ttb, 0x1008);
	BAD(IOMT_ERANGE, ste.s2_ttb, 1ULL << 44); /* beyond S2PS */
	BAD(IOMT_EINVAL, ste.context, 0x1000);
	BAD(IOMT_EINVAL, ste.strw, 2);
	good.ste.s2_ps = 6; /* 52 bits, but 48 with 4K */
	BAD(IOMT_ERANGE, ste.s2_ttb, 1ULL << 48);
	good.ste.s2_tg = 1;
	BAD(IOMT_EINVAL, ste.flags, IOMT_STE_S2DS); /* of 4K and 16K */
	BAD(IOMT_EINVAL, ste.s2_tsz, 48);
	good.ste.flags = IOMT_STE_S2S;
	BAD(IOMT_EINVAL, ste.ats, IOMT_ATS_FULL); /* what stalls, and ATS */
	good.ste.s2_ttb = 1ULL << 48;
	CHECK_INT(iomt_device_table_set(&table, 15, &good, IOMT_DEVICE_BREAK, &inv), 0);
	memset(&good, 0, sizeof(good));
	BAD(IOMT_EINVAL, ste.vmid, 1); /* of ABORT */
	BAD(IOMT_EINVAL, ste.privcfg, 2);
	BAD(IOMT_EINVAL, ste.shcfg, 1);
	BAD(IOMT_EINVAL, ste.flags, IOMT_STE_MEV);
	good.ste.config = IOMT_STE_BYPASS;
	BAD(IOMT_EINVAL, ste.ats, IOMT_ATS_FULL);
	BAD(IOMT_EINVAL, ste.flags, IOMT_STE_DCP);
	close();
}

static void bad_contexts(void)
{
	struct iomt_device_entry good = {.context = {.type = IOMT_VTD_TABLE,
						     .second = 0x1000,
						     .aw = 2}},
				 bad;

	open((struct iomt_device_table_cfg){
		.format = IOMT_DEVICE_TABLE_VTD, .id_bits = 16, .oa_bits = 48});
	BAD(IOMT_EINVAL, context.flags, IOMT_VTD_CONTEXT_PASIDE);
	BAD(IOMT_EINVAL, context.type, (enum iomt_vtd_type)3);
	BAD(IOMT_EINVAL, context.type, IOMT_VTD_PASS); /* with a table */
	BAD(IOMT_EINVAL, context.aw, 0);
	BAD(IOMT_EINVAL, context.aw, 4);
	BAD(IOMT_EINVAL, context.second, 0x1800);
	BAD(IOMT_ERANGE, context.second, 1ULL << 48);
	BAD(IOMT_EINVAL, context.directory, 0x1000);
	BAD(IOMT_EINVAL, context.pdts, 1);
	BAD(IOMT_EINVAL, context.rid_pasid, 1);
	close();

	open((struct iomt_device_table_cfg){
		.format = IOMT_DEVICE_TABLE_VTD_SCALABLE, .id_bits = 16, .oa_bits = 48});
	good.context = (struct iomt_vtd_context){.directory = 0x1000};
	BAD(IOMT_EINVAL, context.flags, 0x20);
	BAD(IOMT_EINVAL, context.pdts, 8);
	BAD(IOMT_EINVAL, context.rid_pasid, 1u << 20);
	BAD(IOMT_EINVAL, context.directory, 0x1800);
	BAD(IOMT_ERANGE, context.directory, 1ULL << 48);
	BAD(IOMT_EINVAL, context.type, IOMT_VTD_PASS);
	BAD(IOMT_EINVAL, context.second, 0x1000);
	BAD(IOMT_EINVAL, context.domain, 1);
	BAD(IOMT_EINVAL, context.aw, 1);
	close();
}

/* What a use comes to, of an empty table; *entry is then set, and taken away again. */
static int use(struct iomt_device_use use, struct iomt_device_entry *entry)
{
	struct iomt_device_entry before;
	int err;

	memset(entry, 0xa5, sizeof(*entry));
	before = *entry;
	err = iomt_device_entry_for(&table, &use, entry);
	if (err) {
		CHECK(!memcmp(&before, entry, sizeof(before)));
		return err;
	}
	CHECK_INT(iomt_device_table_set(&table, 1, entry, 0, &inv), 0);
	CHECK_INT(iomt_device_table_clear(&table, 1, &inv), 0);
	return 0;
}

static void open_pt(struct iomt_pt *pt, const struct iomt_pt_format *format, uint32_t flags,
		    struct iomt_pt_hw *hw)
{
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg), .format = format, .mem = &provider.mem, .flags = flags};

	CHECK_INT(iomt_pt_init(pt, &cfg), 0);
	iomt_pt_hw(pt, hw);
}

static void open_pasids(struct iomt_pasid_table *pasids, enum iomt_pasid_format format,
			uint32_t flags, struct iomt_pasid_table_hw *hw)
{
	struct iomt_pasid_table_cfg cfg = {.size = sizeof(cfg),
					   .mem = &provider.mem,
					   .format = format,
					   .flags = flags,
					   .pasid_bits = 16};

	CHECK_INT(iomt_pasid_table_init(pasids, &cfg), 0);
	iomt_pasid_table_hw(pasids, hw);
}

static void amd_uses(void)
{
	const uint32_t both = IOMT_DTE_IR | IOMT_DTE_IW;
	struct iomt_pasid_table_hw gcr3;
	struct iomt_pasid_table pasids;
	struct iomt_device_entry entry;
	struct iomt_pt_hw hw;
	struct iomt_pt pt;

	open((struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_AMD, .id_bits = 4});
	open_pt(&pt, &iomt_amdv1, 0, &hw);
	open_pasids(&pasids, IOMT_PASID_TABLE_GCR3, IOMT_PASID_TABLE_RID, &gcr3);
	CHECK_INT(use((struct iomt_device_use){.domain = 3}, &entry), 0);
	CHECK(!entry.dte.flags && !entry.dte.mode && entry.dte.domain == 3);
	CHECK_INT(use((struct iomt_device_use){.flags = IOMT_DEVICE_USE_ATS}, &entry), IOMT_EINVAL);
	CHECK_INT(use((struct iomt_device_use){.flags = IOMT_DEVICE_USE_IDENTITY}, &entry), 0);
	CHECK(entry.dte.flags == both && !entry.dte.mode);
	CHECK_INT(use((struct iomt_device_use){.table = &hw, .domain = 4}, &entry), 0);
	CHECK(entry.dte.flags == both && entry.dte.root == hw.root);
	CHECK(entry.dte.mode == hw.u.amdv1.mode && entry.dte.domain == 4);
	CHECK_INT(use((struct iomt_device_use){.pasids = &gcr3,
					       .flags = IOMT_DEVICE_USE_ATS | IOMT_DEVICE_USE_PRI,
					       .paging_mode = 1},
		      &entry),
		  0);
	CHECK_EQ(entry.dte.flags, both | IOMT_DTE_GV | IOMT_DTE_GIOV | IOMT_DTE_I | IOMT_DTE_PPR);
	CHECK(entry.dte.gcr3 == gcr3.root && entry.dte.glx == 1 && entry.dte.paging_mode == 1);
	CHECK_INT(use((struct iomt_device_use){.table = &hw, .pasids = &gcr3}, &entry), 0);
	CHECK(entry.dte.mode == hw.u.amdv1.mode && entry.dte.gcr3 == gcr3.root);
	CHECK_INT(use((struct iomt_device_use){.table = &hw, .paging_mode = 1}, &entry),
		  IOMT_EINVAL);
	CHECK_INT(use((struct iomt_device_use){.table = &hw, .aw = 1}, &entry), IOMT_EINVAL);
	CHECK_INT(use((struct iomt_device_use){.table = &hw, .flags = IOMT_DEVICE_USE_IDENTITY},
		      &entry),
		  IOMT_EINVAL);
	CHECK_INT(use((struct iomt_device_use){.table = &hw, .flags = 8}, &entry), IOMT_EINVAL);
	CHECK_INT(iomt_device_entry_for(&table, NULL, &entry), IOMT_EINVAL);
	iomt_pasid_table_destroy(&pasids);
	iomt_pt_destroy(&pt);
	close();
}

static void smmu_uses(void)
{
	struct iomt_pasid_table_hw contexts, bypass;
	struct iomt_pasid_table pasids, bypassed;
	struct iomt_device_entry entry;
	struct iomt_pt_hw hw;
	struct iomt_pt pt;

	open((struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_SMMU, .id_bits = 4});
	open_pt(&pt, &iomt_arm_s2_4k, IOMT_PT_DIRTY, &hw);
	open_pasids(&pasids, IOMT_PASID_TABLE_CD_4K, IOMT_PASID_TABLE_RID, &contexts);
	open_pasids(&bypassed, IOMT_PASID_TABLE_CD_4K, IOMT_PASID_TABLE_BYPASS, &bypass);
	CHECK_INT(use((struct iomt_device_use){.flags = 0}, &entry), 0);
	CHECK_INT(entry.ste.config, IOMT_STE_ABORT);
	CHECK_INT(use((struct iomt_device_use){.domain = 1}, &entry), IOMT_EINVAL);
	CHECK_INT(use((struct iomt_device_use){.flags = IOMT_DEVICE_USE_IDENTITY}, &entry), 0);
	CHECK(entry.ste.config == IOMT_STE_BYPASS && entry.ste.shcfg == 1);
	CHECK_INT(use((struct iomt_device_use){.flags = IOMT_DEVICE_USE_IDENTITY |
							IOMT_DEVICE_USE_ATS},
		      &entry),
		  IOMT_EINVAL);
	CHECK_INT(use((struct iomt_device_use){.table = &hw,
					       .domain = 4,
					       .flags = IOMT_DEVICE_USE_ATS},
		      &entry),
		  0);
	CHECK(entry.ste.config == IOMT_STE_STAGE_2 && entry.ste.vmid == 4);
	CHECK(entry.ste.s2_ttb == hw.root && entry.ste.s2_tsz == hw.u.arm.tsz);
	CHECK(entry.ste.s2_sl == hw.u.arm.sl && entry.ste.s2_ps == hw.u.arm.ps);
	CHECK_EQ(entry.ste.flags, IOMT_STE_S2R | IOMT_STE_S2HA | IOMT_STE_S2HD);
	CHECK(entry.ste.ats == IOMT_ATS_FULL && entry.ste.shcfg == 1);
	CHECK_INT(use((struct iomt_device_use){.pasids = &contexts}, &entry), 0);
	CHECK(entry.ste.config == IOMT_STE_STAGE_1 && entry.ste.context == contexts.root);
	CHECK(entry.ste.s1_fmt == 1 && entry.ste.s1_cdmax == 16 && entry.ste.s1_dss == 2);
	CHECK(entry.ste.s1_cir == 1 && entry.ste.s1_cor == 1 && entry.ste.s1_csh == 3);
	CHECK_EQ(entry.ste.shcfg, 0);
	CHECK_INT(use((struct iomt_device_use){.pasids = &bypass}, &entry), 0);
	CHECK(entry.ste.s1_dss == 1 && entry.ste.shcfg == 1);
	CHECK_INT(use((struct iomt_device_use){.pasids = &contexts, .table = &hw}, &entry), 0);
	CHECK(entry.ste.config == IOMT_STE_NESTED && (entry.ste.flags & IOMT_STE_S2PTW));
	CHECK_INT(use((struct iomt_device_use){.table = &hw, .aw = 1}, &entry), IOMT_EINVAL);
	CHECK_INT(use((struct iomt_device_use){.pasids = &contexts, .paging_mode = 1}, &entry),
		  IOMT_EINVAL);
	iomt_pasid_table_destroy(&pasids);
	iomt_pasid_table_destroy(&bypassed);
	iomt_pt_destroy(&pt);
	close();
}

static void vtd_uses(void)
{
	struct iomt_pasid_table_hw directory;
	struct iomt_pasid_table pasids;
	struct iomt_device_entry entry;
	struct iomt_pt_hw hw;
	struct iomt_pt pt;

	open((struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_VTD, .id_bits = 16});
	open_pt(&pt, &iomt_vtd_ss, 0, &hw);
	open_pasids(&pasids, IOMT_PASID_TABLE_VTD, IOMT_PASID_TABLE_RID, &directory);
	CHECK_INT(use((struct iomt_device_use){.flags = 0}, &entry), IOMT_EOPNOTSUPP);
	CHECK_INT(use((struct iomt_device_use){.pasids = &directory}, &entry), IOMT_EOPNOTSUPP);
	CHECK_INT(use((struct iomt_device_use){.table = &hw, .flags = IOMT_DEVICE_USE_PRI}, &entry),
		  IOMT_EOPNOTSUPP);
	CHECK_INT(use((struct iomt_device_use){.table = &hw, .aw = 2}, &entry), IOMT_EINVAL);
	CHECK_INT(use((struct iomt_device_use){.flags = IOMT_DEVICE_USE_IDENTITY}, &entry),
		  IOMT_EINVAL); /* AW */
	CHECK_INT(use((struct iomt_device_use){.flags = IOMT_DEVICE_USE_IDENTITY,
					       .aw = 2,
					       .domain = 7},
		      &entry),
		  0);
	CHECK(entry.context.type == IOMT_VTD_PASS && entry.context.aw == 2);
	CHECK_EQ(entry.context.domain, 7);
	CHECK_INT(use((struct iomt_device_use){.flags = IOMT_DEVICE_USE_IDENTITY |
							IOMT_DEVICE_USE_ATS,
					       .aw = 2},
		      &entry),
		  IOMT_EINVAL);
	CHECK_INT(use((struct iomt_device_use){.table = &hw, .domain = 8}, &entry), 0);
	CHECK(entry.context.type == IOMT_VTD_TABLE && entry.context.second == hw.root);
	CHECK(entry.context.aw == hw.u.vtd.aw && entry.context.domain == 8);
	CHECK_INT(use((struct iomt_device_use){.table = &hw, .flags = IOMT_DEVICE_USE_ATS}, &entry),
		  0);
	CHECK_INT(entry.context.type, IOMT_VTD_TABLE_ATS);
	iomt_device_table_destroy(&table);

	CHECK_INT(iomt_device_table_init(&table,
					 &(struct iomt_device_table_cfg){
						 .size = sizeof(struct iomt_device_table_cfg),
						 .mem = &provider.mem,
						 .format = IOMT_DEVICE_TABLE_VTD_SCALABLE,
						 .id_bits = 16}),
		  0);
	CHECK_INT(use((struct iomt_device_use){.flags = IOMT_DEVICE_USE_IDENTITY}, &entry),
		  IOMT_EOPNOTSUPP);
	CHECK_INT(use((struct iomt_device_use){.table = &hw}, &entry), IOMT_EOPNOTSUPP);
	CHECK_INT(use((struct iomt_device_use){.pasids = &directory, .domain = 1}, &entry),
		  IOMT_EINVAL);
	CHECK_INT(use((struct iomt_device_use){.pasids = &directory,
					       .flags = IOMT_DEVICE_USE_ATS | IOMT_DEVICE_USE_PRI},
		      &entry),
		  0);
	CHECK_EQ(entry.context.flags,
		 IOMT_VTD_CONTEXT_PASIDE | IOMT_VTD_CONTEXT_DTE | IOMT_VTD_CONTEXT_PRE);
	CHECK(entry.context.directory == directory.root && entry.context.pdts == 3);
	CHECK_EQ(entry.context.rid_pasid, 0);
	iomt_pasid_table_destroy(&pasids);
	iomt_pt_destroy(&pt);
	close();
}

TEST_SUITE(device_table_refused, TEST(configurations), TEST(beyond_addresses), TEST(calls),
	   TEST(bad_dtes), TEST(bad_stage_1), TEST(bad_stage_2), TEST(bad_contexts), TEST(amd_uses),
	   TEST(smmu_uses), TEST(vtd_uses));
