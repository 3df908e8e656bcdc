/* SPDX-License-Identifier: MIT */
/* Device tables: literal words, edges, the usual entries, what to invalidate. */
#include "device_reader.h"
#include "test.h"
#include "wide.h"
#include <iomt/iomt.h>

#define AT 0x000abcdef0000000ULL /* physical addresses of tables are from here + 1 MiB on */

static struct provider provider;
static struct iomt_device_table table;
static struct iomt_device_table_hw hw;
static struct iomt_device_inv inv;
static struct iomt_cmd cmds[IOMT_DEVICE_INV_MOST];

/* What a break asked for first. */
static struct iomt_device_inv broken;

static void no_sync(struct iomt_device_inv *what)
{
	if (what->what & ~IOMT_DEVICE_INV_ENTRY)
		broken = *what;
}

static void open_in(enum provider_kind kind, uint64_t at, struct iomt_device_table_cfg cfg)
{
	provider_init(&provider, kind);
	provider.mem.phys_offset += at;
	cfg.size = sizeof(cfg);
	cfg.mem = &provider.mem;
	CHECK_INT(iomt_device_table_init(&table, &cfg), 0);
	iomt_device_table_hw(&table, &hw);
	inv = (struct iomt_device_inv){.sync = no_sync};
}

static void open_at(uint64_t at, struct iomt_device_table_cfg cfg)
{
	open_in(PROVIDER_LOW, at, cfg);
}

static void close(void)
{
	struct iomt_device_table_stats stats;

	iomt_device_table_stats(&table, &stats);
	CHECK_EQ(stats.bytes, provider.live_bytes);
	CHECK_EQ(stats.tables, provider.live_pages);
	iomt_device_table_destroy(&table);
	provider_check_empty(&provider);
}

static uint64_t word(uint64_t phys)
{
	uint64_t *memory = provider_word(&provider, phys, false);

	CHECK(memory);
	return *memory;
}

static int set(uint32_t id, struct iomt_device_entry entry)
{
	return iomt_device_table_set(&table, id, &entry, IOMT_DEVICE_BREAK, &inv);
}

static const struct iomt_device_entry host = {
	.dte = {.root = 0x123456789000,
		.flags = IOMT_DTE_IR | IOMT_DTE_IW | IOMT_DTE_PPR | IOMT_DTE_I | IOMT_DTE_SE,
		.domain = 0xabcd,
		.mode = 4,
		.had = 3,
		.ioctl = 1,
		.sysmgt = 2}};

/*
 * 48882, 2.2.2.1: IW 62, IR 61, PPR 52, root 51:12, Mode 11:9, HAD 8:7, TV 1, V 0; SysMgt 105:104, IoCtl
 * 100:99, SE 97, I 96, DomainID 79:64. 3.4.1: Size 8:0, in 4K less one.
 */
static void amd(void)
{
	uint64_t interrupts[2] = {0x8000000000000001, 0x77};

	open_at(AT, (struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_AMD, .id_bits = 9});
	CHECK_EQ(hw.root, AT + 0x100000);
	CHECK_EQ(hw.base, AT + 0x100003);
	CHECK_EQ(hw.levels, 1);
	CHECK_EQ(hw.split, 0);
	for (uint32_t id = 0; id < 512; id++)
		CHECK_EQ(word(hw.root + 32 * id), 1); /* V: zeros would let addresses through */
	CHECK_INT(set(511, host), 0);
	CHECK_EQ(word(hw.root + 32 * 511), 0x6010123456789983);
	CHECK_EQ(word(hw.root + 32 * 511 + 8), 0x0000020b0000abcd);
	CHECK_EQ(word(hw.root + 32 * 511 + 16), 0);
	CHECK_EQ(word(hw.root + 32 * 511 + 24), 0);
	CHECK_INT(set(512, host), IOMT_ERANGE);
	/* word by word, as not both can change at once */
	CHECK_INT(iomt_device_table_set_interrupts(&table, 511, interrupts, &inv), IOMT_EBUSY);
	interrupts[1] = 0;
	CHECK_INT(iomt_device_table_set_interrupts(&table, 511, interrupts, &inv), 0);
	CHECK_EQ(inv.what, IOMT_DEVICE_INV_ENTRY);
	CHECK_EQ(word(hw.root + 32 * 511 + 16), interrupts[0]);
	interrupts[0] |= 1ULL << 54;
	CHECK_INT(iomt_device_table_set_interrupts(&table, 511, interrupts, &inv), IOMT_EINVAL);
	CHECK_INT(iomt_device_table_clear(&table, 511, &inv), 0);
	CHECK_EQ(word(hw.root + 32 * 511), 1);
	CHECK_EQ(word(hw.root + 32 * 511 + 16), 0x8000000000000001);
	CHECK_INT(iomt_device_table_clear(&table, 511, &inv), IOMT_ENOENT);
	close();
}

/* GCR3[14:12] 60:58, GLX 57:56, GV 55, GIOV 54; GCR3[51:31] 127:107, [30:15] 95:80; 183:182 */
static void amd_guest(void)
{
	struct iomt_device_entry guest = {
		.dte = {.gcr3 = 0x000abcdef0105000,
			.flags = IOMT_DTE_IR | IOMT_DTE_IW | IOMT_DTE_GV | IOMT_DTE_GIOV,
			.domain = 5,
			.glx = 2,
			.paging_mode = 1}};

	open_at(0, (struct iomt_device_table_cfg){
			   .format = IOMT_DEVICE_TABLE_AMD, .flags = WIDE_TABLE, .id_bits = 1});
	CHECK_EQ(provider.live_bytes, 4096);
	CHECK_EQ(hw.base, 0x100000);
	CHECK_EQ(word(hw.root + 127 * 32), 1); /* beyond the ids, but not beyond Size */
	CHECK_INT(set(1, guest), 0);
	CHECK_EQ(word(hw.root + 32), 0x76c0000000000003);
	CHECK_EQ(word(hw.root + 40), 0xabcde800e0200005);
	CHECK_EQ(word(hw.root + 48), 0x0040000000000000);
	CHECK_EQ(word(hw.root + 56), 0);
	guest.dte.root = 0x1000; /* and a host table below */
	guest.dte.mode = 3;
	CHECK_INT(set(1, guest), 0);
	CHECK_EQ(word(hw.root + 32), 0x76c0000000001603);
	CHECK_INT(iomt_device_table_clear(&table, 1, &inv), 0);
	CHECK_EQ(word(hw.root + 32), 1);
	CHECK_EQ(word(hw.root + 40), HAS_WIDE ? 0 : 0xabcde800e0200005);
	close();
}

/*
 * The C-bit is in the table's own address, and in those of an entry; but on a host table the root of GCR3
 * tables is a guest's address (GCR3TRPMode).
 */
static void amd_encrypted(void)
{
	struct iomt_device_entry entry = {
		.dte = {.root = 0x1000, .gcr3 = 0x2000, .flags = IOMT_DTE_GV, .mode = 1}};

	open_at(0, (struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_AMD,
						  .id_bits = 7,
						  .oa_bits = 47,
						  .enc_bit = 47});
	CHECK_EQ(hw.base, 0x0000800000100000);
	CHECK_INT(set(0, entry), 0);
	CHECK_EQ(word(hw.root), 0x0880800000001203); /* GCR3[14:12] is 2 */
	CHECK_EQ(word(hw.root + 8), 0);
	CHECK_INT(iomt_device_table_get(&table, 0, &entry), 0);
	CHECK_EQ(entry.dte.root, 0x1000);
	CHECK_EQ(entry.dte.gcr3, 0x2000);
	entry.dte.root = entry.dte.mode = 0;
	CHECK_INT(set(1, entry), 0);
	CHECK_EQ(word(hw.root + 32), 0x0880000000000003);
	CHECK_EQ(word(hw.root + 40), 0x0800000000000000);
	CHECK_INT(iomt_device_table_get(&table, 1, &entry), 0);
	CHECK_EQ(entry.dte.gcr3, 0x2000);
	close();
}

static const struct iomt_device_entry stage_1 = {.ste = {.config = IOMT_STE_STAGE_1,
							 .flags = IOMT_STE_S1STALLD,
							 .context = 0x000abcdef0100000,
							 .s1_fmt = 1,
							 .s1_cdmax = 16,
							 .s1_dss = 2,
							 .s1_cir = 1,
							 .s1_cor = 1,
							 .s1_csh = 3,
							 .ats = IOMT_ATS_FULL,
							 .vmid = 0x77}};

static const struct iomt_device_entry stage_2 = {
	.ste = {.config = IOMT_STE_STAGE_2,
		.flags = IOMT_STE_S2R | IOMT_STE_S2AFFD | IOMT_STE_S2HA | IOMT_STE_S2HD,
		.shcfg = 1,
		.vmid = 0x1234,
		.s2_tsz = 16,
		.s2_sl = 2,
		.s2_irgn = 1,
		.s2_orgn = 1,
		.s2_sh = 3,
		.s2_ps = 5,
		.s2_ttb = 0x456789abc000}};

/* IHI 0070, 5.2: V 0, Config 3:1; 6.3.24: RA 62; 6.3.25: LOG2SIZE 5:0 */
static void smmu(void)
{
	struct iomt_device_entry entry = {.ste = {.config = IOMT_STE_ABORT}};

	open_at(AT, (struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_SMMU, .id_bits = 4});
	CHECK_EQ(hw.base, 0x400abcdef0100000);
	CHECK_EQ(hw.cfg, 4);
	CHECK_EQ(provider.live_bytes, 1024);
	CHECK_INT(set(15, entry), 0);
	CHECK_EQ(word(hw.root + 15 * 64), 1);
	entry.ste.config = IOMT_STE_BYPASS;
	entry.ste.shcfg = 1; /* 109:108 */
	CHECK_INT(set(15, entry), 0);
	CHECK_EQ(word(hw.root + 15 * 64), 9);
	CHECK_EQ(word(hw.root + 15 * 64 + 8), 0x0000100000000000);
	CHECK_INT(set(0, stage_1), 0);
	CHECK_EQ(word(hw.root), 0x800abcdef010001b);
	CHECK_EQ(word(hw.root + 8), 0x180000d6); /* EATS 93:92, S1STALLD 91, S1CSH to S1DSS */
	CHECK_EQ(word(hw.root + 16), 0x77);
	CHECK_INT(set(1, stage_2), 0);
	CHECK_EQ(word(hw.root + 64), 0xd);
	CHECK_EQ(word(hw.root + 64 + 8), 0x0000100000000000);
	CHECK_EQ(word(hw.root + 64 + 16), 0x05ad359000001234);
	CHECK_EQ(word(hw.root + 64 + 24), 0x0000456789abc000);
	for (unsigned i = 4; i < 8; i++)
		CHECK_EQ(word(hw.root + 64 + 8 * i), 0);
	/* S2DS 195, S2SL0_2 194; MEV, PPAR, DCP 83:81, S2FWB 89, DRE 76; overrides; S2PTW 182 */
	entry = stage_2;
	entry.ste.flags = IOMT_STE_S2DS | IOMT_STE_S2FWB | IOMT_STE_MEV | IOMT_STE_DRE |
			  IOMT_STE_DCP | IOMT_STE_PPAR | IOMT_STE_MTCFG | IOMT_STE_S2S |
			  IOMT_STE_S2ENDI;
	entry.ste.s2_sl = 4;
	entry.ste.mem_attr = 0xf;
	entry.ste.alloc = 0xe;
	entry.ste.shcfg = 3;
	entry.ste.privcfg = 2;
	entry.ste.instcfg = 3;
	CHECK_INT(set(2, entry), 0);
	CHECK_EQ(word(hw.root + 128 + 8), 0x000e31df020e1000);
	CHECK_EQ(word(hw.root + 128 + 16), 0x021d351000001234);
	CHECK_EQ(word(hw.root + 128 + 24), 0x0000456789abc00c);
	CHECK_INT(set(16, entry), IOMT_ERANGE);
	close();
}

static void smmu_nested(void)
{
	struct iomt_device_entry entry = stage_2;

	open_in(PROVIDER_INCOHERENT, 0,
		(struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_SMMU});
	CHECK_EQ(hw.base, hw.root); /* no RA: tables do not stay in caches */
	CHECK_EQ(hw.cfg, 0);
	entry.ste.config = IOMT_STE_NESTED;
	entry.ste.flags = IOMT_STE_S2PTW;
	entry.ste.shcfg = 0;
	entry.ste.context = 0x40;
	entry.ste.ats = IOMT_ATS_SPLIT;
	CHECK_INT(set(0, entry), 0);
	CHECK_EQ(word(hw.root), 0x4f);
	CHECK_EQ(word(hw.root + 8), 0x20000000);
	CHECK_EQ(word(hw.root + 16), 0x004d359000001234);
	entry = stage_1;
	entry.ste.strw = 2; /* 95:94; EL2 has no VMID */
	entry.ste.vmid = 0;
	CHECK_INT(set(0, entry), 0);
	CHECK_EQ(word(hw.root + 8), 0x980000d6);
	close();
}

/* 5.1: L2Ptr 51:6, Span 4:0 (SPLIT + 1); 6.3.25: FMT 17:16, SPLIT 10:6 */
static void smmu_two_levels(void)
{
	open_at(AT,
		(struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_SMMU_8, .id_bits = 16});
	CHECK_EQ(hw.cfg, 0x10210);
	CHECK_EQ(hw.levels, 2);
	CHECK_EQ(hw.split, 8);
	CHECK_EQ(provider.live_bytes, 2048);
	CHECK_INT(set(0x1234, stage_1), 0);
	CHECK_EQ(word(hw.root + 8 * 0x12), 0x000abcdef0104009); /* aligned to its 16 KiB */
	CHECK_EQ(word(0x000abcdef0104000 + 64 * 0x34), 0x800abcdef010001b);
	CHECK_EQ(provider.live_bytes, 2048 + 16384);
	close();

	open_at(0,
		(struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_SMMU_6, .id_bits = 7});
	CHECK_EQ(hw.cfg, 0x10187);
	CHECK_EQ(provider.live_bytes, 64);
	CHECK_INT(set(127, stage_1), 0);
	CHECK_EQ(word(hw.root + 8), 0x101007);
	CHECK_EQ(provider.live_bytes, 64 + 4096);
	close();

	open_at(0,
		(struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_SMMU_10, .id_bits = 24});
	CHECK_EQ(hw.cfg, 0x10298);
	CHECK_EQ(provider.live_bytes, 128 << 10);
	CHECK_INT(set(0xffffff, stage_1), 0);
	CHECK_EQ(word(hw.root + 8 * 0x3fff), 0x12000b);
	close();

	/* the largest: StreamIDs of 28 bits, a root of 2 MiB */
	open_in(PROVIDER_LINEAR, 0,
		(struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_SMMU_10, .id_bits = 28});
	CHECK_INT(set(0x0fffffff, stage_1), 0);
	CHECK_INT(set(0x10000000, stage_1), IOMT_ERANGE);
	CHECK_EQ(provider.live_bytes, (2 << 20) + (64 << 10));
	close();
}

/* D51397, 9.1: CTP 63:12, P 0. 9.3: SSPTPTR 63:12, TT 3:2, FPD 1, P 0; DID 87:72, AW 66:64 */
static void vtd(void)
{
	struct iomt_device_entry entry = {.context = {.flags = IOMT_VTD_CONTEXT_FPD,
						      .type = IOMT_VTD_TABLE_ATS,
						      .second = 0x123456789000,
						      .domain = 0x1234,
						      .aw = 2}};

	open_at(AT, (struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_VTD, .id_bits = 16});
	CHECK_EQ(hw.base, AT + 0x100000);
	CHECK_EQ(hw.levels, 2);
	CHECK_INT(set(0x12fe, entry), 0);
	CHECK_EQ(word(hw.root + 16 * 0x12), 0x000abcdef0101001);
	CHECK_EQ(word(hw.root + 16 * 0x12 + 8), 0);
	CHECK_EQ(word(0x000abcdef0101000 + 16 * 0xfe), 0x0000123456789007);
	CHECK_EQ(word(0x000abcdef0101000 + 16 * 0xfe + 8), 0x123402);
	entry.context = (struct iomt_vtd_context){.type = IOMT_VTD_PASS, .domain = 0xffff, .aw = 3};
	CHECK_INT(set(0xffff, entry), 0);
	CHECK_EQ(word(hw.root + 16 * 0xff), 0x000abcdef0102001);
	CHECK_EQ(word(0x000abcdef0102000 + 16 * 0xff), 9);
	CHECK_EQ(word(0x000abcdef0102000 + 16 * 0xff + 8), 0xffff03);
	CHECK_INT(set(0x10000, entry), IOMT_ERANGE);
	CHECK_EQ(provider.live_bytes, 3 * 4096);
	close();
}

/*
 * 9.2: LCTP and UCTP, each with its P. 9.4: PASIDDIRPTR 63:12, PDTS 11:9, PRE 4, PASIDE 3, DTE 2, P 0;
 * RID_PRIV 84, RID_PASID 83:64. 10.4: TTM 11:10.
 */
static void vtd_scalable(void)
{
	struct iomt_device_entry entry = {
		.context = {.flags = IOMT_VTD_CONTEXT_DTE | IOMT_VTD_CONTEXT_PASIDE |
				     IOMT_VTD_CONTEXT_PRE | IOMT_VTD_CONTEXT_RID_PRIV,
			    .pdts = 7,
			    .directory = 0x000abcdef0100000,
			    .rid_pasid = 0x12345}};

	open_at(AT, (struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_VTD_SCALABLE,
						   .id_bits = 16});
	CHECK_EQ(hw.base, AT + 0x100400);
	CHECK_INT(set(0x127f, entry), 0);
	CHECK_EQ(word(hw.root + 16 * 0x12), 0x000abcdef0101001);
	CHECK_EQ(word(hw.root + 16 * 0x12 + 8), 0);
	CHECK_EQ(word(0x000abcdef0101000 + 32 * 0x7f), 0x000abcdef0100e1d);
	CHECK_EQ(word(0x000abcdef0101000 + 32 * 0x7f + 8), 0x112345);
	CHECK_INT(set(0x1280, entry), 0);
	CHECK_EQ(word(hw.root + 16 * 0x12 + 8), 0x000abcdef0102001);
	CHECK_EQ(word(0x000abcdef0102000), 0x000abcdef0100e1d);
	close();
}

/* 2.4.2, 2.4.1, 2.4.3, 2.4.4 */
static void amd_commands(void)
{
	const struct iomt_amd_device device = {.rid = 0x123, .queue = 0x123, .max_pending = 8};
	struct iomt_device_entry other = host;
	struct iomt_inv decoded;

	open_at(0, (struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_AMD, .id_bits = 9});
	CHECK_INT(set(0x123, host), 0);
	CHECK_EQ(inv.domain, 0xabcd);
	CHECK_INT(iomt_device_inv_amd(&inv, cmds, 1), 1);
	CHECK_EQ(cmds[0].word[0], 0x2000000000000123);
	CHECK_INT(iomt_device_inv_amd_device(&inv, &device, cmds, 1), 0);
	other.dte.domain = 0x1111; /* what is left in the IOTLB is of the old one */
	CHECK_INT(set(0x123, other), 0);
	CHECK_EQ(inv.domain, 0xabcd);
	CHECK_INT(iomt_device_inv_amd(&inv, cmds, 2), IOMT_ENOSPC);
	CHECK_INT(iomt_device_inv_amd(&inv, cmds, IOMT_DEVICE_INV_MOST), 3);
	CHECK_EQ(cmds[0].word[0], 0x2000000000000123);
	CHECK_EQ(cmds[1].word[0], 0x1000000000000004); /* F: nothing overtakes it */
	CHECK_EQ(cmds[2].word[0], 0x3000abcd00000000);
	CHECK_EQ(cmds[2].word[1], 0x7ffffffffffff003);
	CHECK_INT(iomt_device_inv_amd_device(&inv, &device, cmds, 1), 1);
	CHECK_INT(iomt_amd_decode(&cmds[0], &decoded), 0);
	CHECK(decoded.kind == IOMT_INV_DEVICE_TLB && decoded.device == 0x123);
	CHECK_EQ(decoded.last, UINT64_MAX);
	other.dte.flags &= ~IOMT_DTE_I;
	CHECK_INT(set(0x123, other), 0);
	CHECK_INT(iomt_device_table_clear(&table, 0x123, &inv), 0);
	CHECK_EQ(inv.what, IOMT_DEVICE_INV_ENTRY | IOMT_DEVICE_INV_IOTLB);
	CHECK_EQ(inv.domain, 0x1111);
	CHECK_INT(set(0x123, other), 0);
	CHECK_INT(set(0x123, other), 0); /* nothing changes */
	CHECK_INT(iomt_device_inv_amd(&inv, cmds, 0), 0);
	close();
}

/* 4.3.1, 4.3.2, 4.7.3, 4.4.5 */
static void smmu_commands(void)
{
	const struct iomt_smmu_device device = {.stream = 0x12345};
	struct iomt_device_entry entry = stage_2;
	struct iomt_gather gather;

	iomt_gather_init(&gather);
	open_at(0,
		(struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_SMMU_6, .id_bits = 20});
	inv.sync = NULL; /* a table that is new needs no break */
	CHECK_INT(set(0x12345, stage_2), 0);
	CHECK_EQ(inv.domain, 0x1234);
	CHECK_INT(iomt_device_inv_smmu(&inv, cmds, 1), 1);
	CHECK_EQ(cmds[0].word[0], 0x0001234500000003);
	CHECK_EQ(cmds[0].word[1], 0); /* pointers too */
	CHECK_INT(set(0x12344, stage_2), IOMT_EBUSY);
	inv.sync = no_sync;
	CHECK_INT(set(0x12344, stage_2), 0);
	CHECK_INT(iomt_device_inv_smmu(&inv, cmds, 1), 1);
	CHECK_EQ(cmds[0].word[0], 0x0001234400000003);
	CHECK_EQ(cmds[0].word[1], 1);	 /* Leaf */
	entry.ste.flags ^= IOMT_STE_S2R; /* is not in the IOTLB */
	CHECK_INT(set(0x12345, entry), 0);
	CHECK_INT(iomt_device_inv_smmu(&inv, cmds, 3), 1);
	entry.ste.s2_ttb = 0x1000; /* is */
	CHECK_INT(set(0x12345, entry), 0);
	CHECK_INT(iomt_device_inv_smmu(&inv, cmds, 2), IOMT_ENOSPC);
	CHECK_INT(iomt_device_inv_smmu(&inv, cmds, IOMT_DEVICE_INV_MOST), 3);
	CHECK_EQ(cmds[1].word[0], 0x46);
	CHECK_EQ(cmds[2].word[0], 0x0000123400000028); /* TLBI_S12_VMALL */
	CHECK_INT(iomt_device_inv_smmu_device(&inv, &device, cmds, 1), 0);
	/* stage 1 has nothing there that is this entry's, but with a VMID that it gives up */
	CHECK_INT(set(0x12345, stage_1), 0);
	CHECK(broken.what & IOMT_DEVICE_INV_IOTLB && broken.domain == 0x1234);
	CHECK(inv.what == IOMT_DEVICE_INV_ENTRY && inv.domain == 0x77);
	entry = stage_1;
	entry.ste.context = 0x40000;
	CHECK_INT(set(0x12345, entry), 0);
	CHECK_EQ(inv.what, IOMT_DEVICE_INV_ENTRY | IOMT_DEVICE_INV_DEVICE_TLB);
	CHECK_INT(iomt_device_inv_smmu_device(&inv, &device, cmds, 1), 1);
	entry.ste.vmid = 0x78;
	CHECK_INT(set(0x12345, entry), 0);
	CHECK(inv.what & IOMT_DEVICE_INV_IOTLB && inv.domain == 0x77);
	CHECK_INT(iomt_device_table_clear(&table, 0x12344, &inv), 0);
	CHECK(inv.what & IOMT_DEVICE_INV_IOTLB && inv.domain == 0x1234);
	CHECK_INT(iomt_device_table_clear(&table, 0x12345, &inv), 0);
	CHECK_INT(iomt_device_table_trim(&table, 0x12341, 0x1237f, &inv, &gather), 0);
	CHECK_EQ(inv.what, 0);
	CHECK_INT(iomt_device_table_trim(&table, 0x12340, 0x1237e, &inv, &gather), 0);
	CHECK_EQ(inv.what, 0);
	CHECK_INT(iomt_device_table_trim(&table, 0x12340, 0x1237f, &inv, &gather), 0);
	CHECK_INT(iomt_device_inv_smmu(&inv, cmds, 1), 1);
	CHECK_EQ(cmds[0].word[0], 0x0001234000000004); /* CFGI_STE_RANGE of 2^(5 + 1) */
	CHECK_EQ(cmds[0].word[1], 5);
	CHECK_EQ(gather.tables, 1);
	iomt_gather_release(&gather);
	CHECK_INT(set(0, stage_1), 0);
	CHECK_INT(iomt_device_table_reserve(&table, 1, 0x7f, &inv), 0);
	CHECK_EQ(inv.what, IOMT_DEVICE_INV_ENTRY | IOMT_DEVICE_INV_TABLE);
	CHECK_EQ(inv.id, 0x40);
	CHECK_INT(iomt_device_table_reserve(&table, 1, 0x7f, &inv), 0);
	CHECK_EQ(inv.what, 0);
	CHECK_INT(iomt_device_table_reserve(&table, 1, 0xff, &inv), 0);
	CHECK_INT(iomt_device_inv_smmu(&inv, cmds, 1), 1);
	CHECK_EQ(cmds[0].word[0] & 0xff, 4); /* CFGI_ALL: Range 31 */
	CHECK_EQ(cmds[0].word[1], 31);
	close();
}

/* 6.5.2.1, 6.5.2.2, 6.5.2.3 */
static void vtd_commands(void)
{
	struct iomt_device_entry entry = {
		.context = {
			.type = IOMT_VTD_TABLE_ATS, .second = 0x1000, .domain = 0x1234, .aw = 2}};
	const struct iomt_vtd_device device = {.rid = 0x456};
	struct iomt_gather gather;

	iomt_gather_init(&gather);
	open_at(0, (struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_VTD, .id_bits = 16});
	CHECK_INT(set(0x456, entry), 0);
	CHECK_EQ(inv.what, 0);
	CHECK_INT(iomt_device_inv_vtd(&inv, 0, NULL, 0), 0);
	CHECK_INT(iomt_device_inv_vtd(&inv, 2, NULL, 0), IOMT_EINVAL);
	entry.context.domain = 0x2345;
	CHECK_INT(set(0x456, entry), 0);
	CHECK_INT(iomt_device_inv_vtd(&inv, 0, cmds, 1), IOMT_ENOSPC);
	CHECK_INT(iomt_device_inv_vtd(&inv, 0, cmds, 2), 2);
	CHECK_EQ(cmds[0].word[0], 0x0000045612340031); /* of the device, under the old domain id */
	CHECK_EQ(cmds[1].word[0], 0x12340022);
	CHECK_INT(iomt_device_inv_vtd_device(&inv, &device, cmds, 1), 1);
	CHECK_INT(iomt_device_table_clear(&table, 0x456, &inv), 0);
	CHECK_INT(iomt_device_inv_vtd(&inv, IOMT_VTD_WIDE, cmds, IOMT_DEVICE_INV_MOST), 4);
	CHECK_EQ(cmds[0].word[0], 0x0000045623450031);
	CHECK_INT(iomt_device_table_trim(&table, 0, 0xffff, &inv, &gather), 0);
	CHECK_INT(iomt_device_inv_vtd(&inv, 0, cmds, 1), 1);
	CHECK_EQ(cmds[0].word[0], 0x11);
	CHECK_EQ(gather.tables, 1);
	iomt_gather_release(&gather);
	close();

	/* caching mode: what is new was absent, and known under domain id 0 */
	open_at(0, (struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_VTD,
						  .flags = IOMT_DEVICE_TABLE_CACHES_ABSENT,
						  .id_bits = 16});
	CHECK_INT(set(0x456, entry), 0);
	CHECK_INT(iomt_device_inv_vtd(&inv, 0, cmds, 2), 2);
	CHECK_EQ(cmds[0].word[0], 0x0000045600000031);
	CHECK_EQ(cmds[1].word[0], 0x23450022);
	CHECK_INT(iomt_device_table_reserve(&table, 0, 0x1ff, &inv), 0);
	CHECK_INT(iomt_device_inv_vtd(&inv, 0, cmds, 2), 1);
	CHECK_INT(iomt_device_table_reserve(&table, 0, 0x4ff, &inv), 0);
	CHECK_INT(iomt_device_inv_vtd(&inv, 0, cmds, 2), 1);
	CHECK_EQ(cmds[0].word[0], 0x11);
	close();

	open_at(0, (struct iomt_device_table_cfg){.format = IOMT_DEVICE_TABLE_VTD_SCALABLE,
						  .id_bits = 16});
	entry.context =
		(struct iomt_vtd_context){.directory = 0x1000, .flags = IOMT_VTD_CONTEXT_DTE};
	CHECK_INT(set(0x456, entry), 0);
	CHECK_EQ(inv.what, 0);
	CHECK_INT(iomt_device_table_clear(&table, 0x456, &inv), 0);
	CHECK_INT(iomt_device_inv_vtd(&inv, 0, cmds, 3), 3);
	CHECK_EQ(cmds[0].word[0], 0x0000045600000031);
	CHECK_EQ(cmds[1].word[0], 0x37); /* which PASIDs there were, the entry does not know */
	CHECK_EQ(cmds[2].word[0], 0x12);
	CHECK_INT(iomt_device_inv_vtd(&inv, IOMT_VTD_WIDE, cmds, IOMT_DEVICE_INV_MOST), 6);
	CHECK_INT(iomt_device_inv_vtd_device(&inv, &device, cmds, 1), 1);
	close();
}

TEST_SUITE(device_table, TEST(amd), TEST(amd_guest), TEST(amd_encrypted), TEST(smmu),
	   TEST(smmu_nested), TEST(smmu_two_levels), TEST(vtd), TEST(vtd_scalable),
	   TEST(amd_commands), TEST(smmu_commands), TEST(vtd_commands));
