/* SPDX-License-Identifier: MIT */
/* PASID tables: literal words, edges, what is refused, what to invalidate. */
#include "pasid_reader.h"
#include "test.h"
#include <iomt/iomt.h>

#define AT 0x000abcdef0000000ULL /* physical addresses of tables are from here + 1 MiB on */

static struct provider provider;
static struct iomt_pasid_table table;
static struct iomt_pasid_table_hw hw;
static struct iomt_pasid_inv inv;
static struct iomt_cmd cmds[IOMT_PASID_INV_MOST];

static void no_sync(struct iomt_pasid_inv *what)
{
	(void)what;
}

static void open_in(enum provider_kind kind, uint64_t at, struct iomt_pasid_table_cfg cfg)
{
	provider_init(&provider, kind);
	provider.mem.phys_offset += at;
	cfg.size = sizeof(cfg);
	cfg.mem = &provider.mem;
	CHECK_INT(iomt_pasid_table_init(&table, &cfg), 0);
	iomt_pasid_table_hw(&table, &hw);
	inv = (struct iomt_pasid_inv){.sync = no_sync};
}

static void open_at(uint64_t at, struct iomt_pasid_table_cfg cfg)
{
	open_in(PROVIDER_LOW, at, cfg);
}

static void close(void)
{
	struct iomt_pasid_table_stats stats;

	iomt_pasid_table_stats(&table, &stats);
	CHECK_EQ(stats.bytes, provider.live_bytes);
	CHECK_EQ(stats.tables, provider.live_pages);
	iomt_pasid_table_destroy(&table);
	provider_check_empty(&provider);
}

static uint64_t word(uint64_t phys)
{
	uint64_t *memory = provider_word(&provider, phys, false);

	CHECK(memory);
	return *memory;
}

static int set(uint32_t pasid, struct iomt_pasid_entry entry)
{
	return iomt_pasid_table_set(&table, pasid, &entry, 0, &inv);
}

/* 48882, 2.2.2.1: GCR3[14:12] 60:58, GLX 57:56, GV 55, GIOV 54; GCR3[51:31] 127:107, [30:15] 95:80 */
static void gcr3(void)
{
	open_at(AT + 0x5000, (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_GCR3,
							   .flags = IOMT_PASID_TABLE_RID,
							   .pasid_bits = 20});
	CHECK_EQ(hw.root, AT + 0x105000);
	CHECK_EQ(hw.levels, 3);
	CHECK_EQ(hw.word[0], 0x16c0000000000000);
	CHECK_EQ(hw.mask[0], 0x1fc0000000000000);
	CHECK_EQ(hw.word[1], 0xabcde800e0200000);
	CHECK_EQ(hw.mask[1], 0xfffff800ffff0000);
	CHECK_INT(set(0x54321, (struct iomt_pasid_entry){.gcr3 = {0x123456789000}}), 0);
	CHECK_EQ(word(hw.root + 8 * 1), 0x000abcdef0107001); /* 0x54321 is 1, 0xa1, 0x121 */
	CHECK_EQ(word(0x000abcdef0107000 + 8 * 0xa1), 0x000abcdef0106001);
	CHECK_EQ(word(0x000abcdef0106000 + 8 * 0x121), 0x0000123456789001);
	CHECK_INT(set(0, (struct iomt_pasid_entry){.gcr3 = {0x000ffffffffff000}}), 0);
	CHECK_EQ(word(hw.root), 0x000abcdef0109001);
	CHECK_EQ(word(0x000abcdef0109000), 0x000abcdef0108001);
	CHECK_EQ(word(0x000abcdef0108000), 0x000ffffffffff001);
	close();
}

/* The C-bit is in pointers, in roots of guest tables, and in the device-table entry. */
static void gcr3_encrypted(void)
{
	struct iomt_pasid_entry entry = {.gcr3 = {0x123456789000}};

	open_at(0, (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_GCR3,
						 .pasid_bits = 18,
						 .oa_bits = 47,
						 .enc_bit = 47});
	CHECK_EQ(hw.root, 0x100000);
	CHECK_EQ(hw.word[0], 0x0180000000000000);
	CHECK_EQ(hw.word[1], 0x0800000000200000);
	CHECK_INT(set(0x201, entry), 0);
	CHECK_EQ(word(0x100000 + 8), 0x0000800000101001);
	CHECK_EQ(word(0x101000 + 8), 0x0000923456789001);
	entry.gcr3.root = 0;
	CHECK_INT(iomt_pasid_table_get(&table, 0x201, &entry), 0);
	CHECK_EQ(entry.gcr3.root, 0x123456789000);
	close();
}

/* A lower half of 48 bits, 4K: T0SZ 16, TG0 0, IR0 1, OR0 1, SH0 3, IPS 5, EPD1. */
static struct iomt_pasid_entry lower(void)
{
	return (struct iomt_pasid_entry){.cd = {.half = {{.ttb = 0x456789abc000,
							  .used = true,
							  .tsz = 16,
							  .irgn = 1,
							  .orgn = 1,
							  .sh = 3}},
						.flags = IOMT_CD_R | IOMT_CD_A,
						.mair = 0xff0044,
						.asid = 0x1234,
						.ips = 5}};
}

static const struct iomt_cd_half upper = {.ttb = 0x0000fedcba987650,
					  .used = true,
					  .had = true,
					  .tsz = 25,
					  .tg = 2,
					  .irgn = 1,
					  .orgn = 1,
					  .sh = 3};

/* IHI 0070, 5.4; S1CDMax 63:59, S1ContextPtr 51:6, S1Fmt 5:4; S1CSH 71:70, S1COR, S1CIR, S1DSS 65:64 */
static void cd_linear(void)
{
	struct iomt_pasid_entry both = lower();

	open_at(AT, (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_CD, .pasid_bits = 4});
	CHECK_EQ(hw.word[0], 0x200abcdef0100000);
	CHECK_EQ(hw.mask[0], 0xf80ffffffffffff0);
	CHECK_EQ(hw.word[1], 0xd4);
	CHECK_EQ(hw.mask[1], 0xff);
	CHECK_EQ(provider.live_bytes, 1024);
	CHECK_INT(set(15, lower()), 0);
	CHECK_EQ(word(hw.root + 15 * 64), 0x12346205c0003510);
	CHECK_EQ(word(hw.root + 15 * 64 + 8), 0x0000456789abc000);
	CHECK_EQ(word(hw.root + 15 * 64 + 16), 0);
	CHECK_EQ(word(hw.root + 15 * 64 + 24), 0xff0044);
	for (unsigned i = 4; i < 8; i++)
		CHECK_EQ(word(hw.root + 15 * 64 + 8 * i), 0);
	both.cd.half[1] = upper;
	both.cd.amair = 0x1122334455667788;
	both.cd.ds = true;
	both.cd.flags = IOMT_CD_ENDI | IOMT_CD_AFFD | IOMT_CD_WXN | IOMT_CD_UWXN | IOMT_CD_TBI0 |
			IOMT_CD_TBI1 | IOMT_CD_PAN | IOMT_CD_HD | IOMT_CD_HA | IOMT_CD_S |
			IOMT_CD_R | IOMT_CD_A | IOMT_CD_ASET;
	CHECK_INT(set(1, both), 0);
	CHECK_EQ(word(hw.root + 64), 0x1234fffdb599b510);
	CHECK_EQ(word(hw.root + 64 + 8), 0x0000456789abc000);
	CHECK_EQ(word(hw.root + 64 + 16), 0x0400fedcba987652);
	CHECK_EQ(word(hw.root + 64 + 32), 0x1122334455667788);
	close();
}

/* One descriptor, for a stream without substreams. */
static void cd_single(void)
{
	open_at(AT, (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_CD});
	CHECK_EQ(hw.word[0], 0x000abcdef0100000);
	CHECK_EQ(provider.live_bytes, 64);
	CHECK_INT(set(1, lower()), IOMT_ERANGE);
	CHECK_INT(set(0, lower()), 0);
	close();
}

/* 5.3: V 0, L2Ptr 51:12 */
static void cd_two_levels(void)
{
	open_at(AT, (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_CD_4K,
						  .flags = IOMT_PASID_TABLE_RID,
						  .pasid_bits = 16});
	CHECK_EQ(hw.word[0], 0x800abcdef0100010);
	CHECK_EQ(hw.word[1], 0xd6);
	CHECK_EQ(provider.live_bytes, 8192);
	CHECK_INT(set(0x8043, lower()), 0);
	CHECK_EQ(word(hw.root + 8 * 0x201), 0x000abcdef0102001);
	CHECK_EQ(word(0x000abcdef0102000 + 3 * 64), 0x12346205c0003510);
	CHECK_EQ(provider.live_bytes, 8192 + 4096);
	close();

	open_at(AT, (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_CD_64K,
						  .flags = IOMT_PASID_TABLE_BYPASS,
						  .pasid_bits = 20});
	CHECK_EQ(hw.word[0], 0xa00abcdef0100020);
	CHECK_EQ(hw.word[1], 0xd5);
	CHECK_INT(set(0xfffff, lower()), 0);
	CHECK_EQ(word(hw.root + 8 * 1023), 0x000abcdef0110001);
	CHECK_EQ(word(0x000abcdef0110000 + 1023 * 64), 0x12346205c0003510);
	CHECK_EQ(provider.live_bytes, 8192 + 65536);
	close();
}

/* D51397, 9.4: PDTS 11:9, RID_PASID 83:64. 9.5: P 0. 9.6. */
static void vtd(void)
{
	struct iomt_pasid_entry second = {
		.vtd = {.stages = IOMT_VTD_SECOND,
			.flags = IOMT_VTD_ENTRY_SSADE | IOMT_VTD_ENTRY_PWSNP,
			.second = 0x123456789000,
			.domain = 0x1234,
			.aw = 2}};
	struct iomt_pasid_entry first = {.vtd = {.stages = IOMT_VTD_FIRST,
						 .flags = IOMT_VTD_ENTRY_PGSNP |
							  IOMT_VTD_ENTRY_NXE | IOMT_VTD_ENTRY_SRE |
							  IOMT_VTD_ENTRY_WPE,
						 .first = 0xabcdef000,
						 .domain = 0x1234,
						 .fspm = 1,
						 .aw = 2}};
	struct iomt_pasid_entry nested = {
		.vtd = {.stages = IOMT_VTD_NESTED,
			.flags = IOMT_VTD_ENTRY_FPD | IOMT_VTD_ENTRY_EAFE | IOMT_VTD_ENTRY_EMTE |
				 IOMT_VTD_ENTRY_CD | IOMT_VTD_ENTRY_PWT | IOMT_VTD_ENTRY_PCD,
			.first = 0xabcdef000,
			.second = 0x123456789000,
			.domain = 0xffff,
			.aw = 3,
			.emt = 6,
			.pat = 0x12345678}};
	struct iomt_pasid_entry pass = {
		.vtd = {.stages = IOMT_VTD_PASS_THROUGH, .domain = 5, .aw = 1}};

	open_at(AT, (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_VTD,
						  .flags = IOMT_PASID_TABLE_RID,
						  .pasid_bits = 20});
	CHECK_EQ(hw.word[0], 0x000abcdef0100e00);
	CHECK_EQ(hw.mask[0], 0xfffffffffffffe00);
	CHECK_EQ(hw.word[1], 0);
	CHECK_EQ(hw.mask[1], 0xfffff);
	CHECK_EQ(provider.live_bytes, 128 << 10);
	CHECK_INT(set(0xfffc0, second), 0);
	CHECK_INT(set(0xfffc1, first), 0);
	CHECK_INT(set(0xfffc2, nested), 0);
	CHECK_INT(set(0xfffff, pass), 0);
	CHECK_EQ(word(hw.root + 8 * 0x3fff), 0x000abcdef0120001);
	CHECK_EQ(word(0x000abcdef0120000), 0x0000123456789289);
	CHECK_EQ(word(0x000abcdef0120008), 0x801234);
	CHECK_EQ(word(0x000abcdef0120010), 0);
	CHECK_EQ(word(0x000abcdef0120040), 0x49);
	CHECK_EQ(word(0x000abcdef0120048), 0x1001234);
	CHECK_EQ(word(0x000abcdef0120050), 0xabcdef035);
	CHECK_EQ(word(0x000abcdef0120080), 0x00001234567890cf);
	CHECK_EQ(word(0x000abcdef0120088), 0x12345678f600ffff);
	CHECK_EQ(word(0x000abcdef0120090), 0xabcdef080);
	CHECK_EQ(word(0x000abcdef0120fc0), 0x105);
	CHECK_EQ(word(0x000abcdef0120fc8), 5);
	close();

	open_at(AT, (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_VTD, .pasid_bits = 3});
	CHECK_EQ(hw.word[0], 0x000abcdef0100000);
	CHECK_EQ(hw.mask[1], 0);
	CHECK_EQ(provider.live_bytes, 4096);
	close();
}

/* What iomt_pt_hw says of tables. */
static void from_tables(void)
{
	struct iomt_pasid_entry entry = {.cd = {.flags = IOMT_CD_A}};
	struct iomt_cd before;
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = &iomt_arm_s1_4k,
				  .mem = &provider.mem,
				  .flags = IOMT_PT_DIRTY,
				  .oa_bits = 44};
	struct iomt_pt low, high;
	struct iomt_pt_hw low_hw, high_hw;

	open_at(0, (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_CD, .pasid_bits = 1});
	CHECK_INT(iomt_pt_init(&low, &cfg), 0);
	cfg.flags |= IOMT_PT_TTBR1;
	cfg.iova_bits = 39;
	CHECK_INT(iomt_pt_init(&high, &cfg), 0);
	iomt_pt_hw(&low, &low_hw);
	iomt_pt_hw(&high, &high_hw);
	CHECK_INT(iomt_cd_use(&entry.cd, &low_hw, 0), 0);
	CHECK_INT(iomt_cd_use(&entry.cd, &high_hw, 1), 0);
	CHECK_INT(set(1, entry), 0);
	/* T0SZ 16, T1SZ 25, TG1 2; IPS 4; HA, HD, A */
	CHECK_EQ(word(hw.root + 64), 0x00004e04b5993510);
	CHECK_EQ(word(hw.root + 64 + 8), low_hw.root);
	CHECK_EQ(word(hw.root + 64 + 16), high_hw.root);
	CHECK_EQ(word(hw.root + 64 + 24), low_hw.u.arm.mair);
	before = entry.cd;
	high_hw.u.arm.ps = 5;
	CHECK_INT(iomt_cd_use(&entry.cd, &high_hw, 1), IOMT_EINVAL);
	CHECK_INT(iomt_cd_use(&entry.cd, &low_hw, 2), IOMT_EINVAL);
	CHECK(!memcmp(&before, &entry.cd, sizeof(before)));
	iomt_pt_destroy(&low);
	iomt_pt_destroy(&high);
	close();
}

/* TTB0 and TTB1 hold bits 51:4 of the address in place (5.4); TTBR0 has 51:48 elsewhere. */
static void from_high_tables(void)
{
	struct iomt_pasid_entry entry = {.cd = {.flags = IOMT_CD_A}};
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = &iomt_arm_s1_64k,
				  .mem = &provider.mem,
				  .oa_bits = 52};
	struct iomt_pt_hw pt_hw;
	struct iomt_pt pt;

	open_at(AT, (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_CD});
	CHECK_INT(iomt_pt_init(&pt, &cfg), 0);
	iomt_pt_hw(&pt, &pt_hw);
	CHECK_EQ(pt_hw.root >> 48, 0xa);
	for (unsigned half = 0; half < 2; half++) {
		entry.cd.half[!half] = (struct iomt_cd_half){.ttb = 0};
		CHECK_INT(iomt_cd_use(&entry.cd, &pt_hw, half), 0);
		entry.cd.half[half].tg = half ? 3 : 1;
		CHECK_INT(iomt_pasid_table_set(&table, 0, &entry, IOMT_PASID_BREAK, &inv), 0);
		CHECK_EQ(word(hw.root + 8 + 8 * half), pt_hw.root);
	}
	iomt_pt_destroy(&pt);
	close();
}

/* A table of one level grows to three; what was there stays where it is. */
static unsigned told;

static void noted(void *ctx, struct iomt_pasid_table *changed)
{
	CHECK(ctx == &told && changed == &table);
	iomt_pasid_table_hw(changed, &hw);
	told++;
}

static void gcr3_grows(void)
{
	struct pasid_device device = {.provider = &provider, .format = IOMT_PASID_TABLE_GCR3};
	struct pasid_meaning meaning;

	told = 0;
	open_at(0, (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_GCR3,
						 .pasid_bits = 20,
						 .levels = 1,
						 .root_changed = noted,
						 .ctx = &told});
	CHECK_EQ(hw.levels, 1);
	CHECK_EQ(hw.word[0] >> 56 & 3, 0);
	CHECK_INT(set(511, (struct iomt_pasid_entry){.gcr3 = {0x1000}}), 0);
	CHECK_EQ(told, 0);
	CHECK_INT(iomt_pasid_table_clear(&table, 512, &inv), IOMT_ENOENT);
	provider.fail_at = provider.allocations + 4; /* a table, and two above the root */
	CHECK_INT(set(512, (struct iomt_pasid_entry){.gcr3 = {0x2000}}), 0);
	CHECK_EQ(told, 1);
	CHECK_EQ(hw.levels, 2);
	provider.fail_at = 0;
	CHECK_INT(set(0xfffff, (struct iomt_pasid_entry){.gcr3 = {0x3000}}), 0);
	CHECK_EQ(told, 2);
	CHECK_EQ(hw.levels, 3);
	CHECK_EQ(provider.live_bytes, 6 * 4096);
	memcpy(device.word, hw.word, sizeof(device.word));
	pasid_read(&device, 511, &meaning);
	CHECK(meaning.state == PASID_VALID && meaning.field[0] == 0x1000);
	pasid_read(&device, 512, &meaning);
	CHECK(meaning.state == PASID_VALID && meaning.field[0] == 0x2000);
	pasid_read(&device, 0xfffff, &meaning);
	CHECK(meaning.state == PASID_VALID && meaning.field[0] == 0x3000);
	close();

	open_in(PROVIDER_LINEAR, 0,
		(struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_GCR3,
					      .pasid_bits = 20,
					      .levels = 1,
					      .root_changed = noted,
					      .ctx = &told});
	CHECK_INT(iomt_pasid_table_reserve(&table, 500, 0xfffff, &inv), 0);
	CHECK_EQ(provider.live_bytes, (2048 + 4 + 1) * 4096);
	CHECK_EQ(told, 3);
	close();
}

/* 2.4.2, 2.4.3, 2.4.4 */
static void amd_commands(void)
{
	const struct iomt_amd_device with = {
		.flags = IOMT_AMD_GUEST, .rid = 0x123, .queue = 0x123, .max_pending = 8};
	const struct iomt_amd_device without = {.rid = 0x123, .queue = 0x123, .max_pending = 8};
	struct iomt_gather gather;
	struct iomt_inv decoded;

	iomt_gather_init(&gather);
	open_at(0,
		(struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 20});
	CHECK_INT(set(0x54321, (struct iomt_pasid_entry){.gcr3 = {0x1000}}), 0);
	CHECK_INT(iomt_pasid_inv_amd(&inv, 0x123, 0x4567, cmds, 1), 1);
	CHECK_EQ(cmds[0].word[0], 0x3000456700054321);
	CHECK_EQ(cmds[0].word[1], 0x7ffffffffffff007); /* S, PDE, GN */
	CHECK_INT(iomt_pasid_inv_amd_device(&inv, &with, cmds, 1), 0);
	CHECK_INT(iomt_pasid_table_clear(&table, 0x54321, &inv), 0);
	CHECK_INT(iomt_pasid_inv_amd(&inv, 0x123, 0x4567, cmds, 1), 1);
	CHECK_EQ(cmds[0].word[0], 0x3000456700054321);
	CHECK_INT(iomt_pasid_inv_amd_device(&inv, &with, cmds, 1), 1);
	CHECK_INT(iomt_amd_decode(&cmds[0], &decoded), 0);
	CHECK(decoded.kind == IOMT_INV_DEVICE_TLB && (decoded.flags & IOMT_INV_BY_PROCESS));
	CHECK_EQ(decoded.process, 0x54321);
	CHECK_EQ(decoded.last, UINT64_MAX);
	CHECK_INT(iomt_pasid_inv_amd_device(&inv, &without, cmds, 1), 1);
	CHECK_INT(iomt_amd_decode(&cmds[0], &decoded), 0);
	CHECK(!(decoded.flags & IOMT_INV_BY_PROCESS) && decoded.device == 0x123);
	CHECK_INT(iomt_pasid_table_trim(&table, 0, 0xfffff, &inv, &gather), 0);
	CHECK_EQ(gather.tables, 2);
	CHECK_INT(iomt_pasid_inv_amd(&inv, 0x123, 0x4567, cmds, 1), IOMT_ENOSPC);
	CHECK_INT(iomt_pasid_inv_amd(&inv, 0x123, 0x4567, cmds, 2), 2);
	CHECK_EQ(cmds[0].word[0], 0x2000000000000123);
	CHECK_EQ(cmds[1].word[0], 0x3000456700000000);
	CHECK_EQ(cmds[1].word[1], 0x7ffffffffffff003);
	iomt_gather_release(&gather);
	close();
}

/* 6.5.2.2, 6.5.2.3, 6.5.2.4; 6.5.3.3 */
static void vtd_commands(void)
{
	struct iomt_pasid_entry first = {
		.vtd = {.stages = IOMT_VTD_FIRST, .first = 0x1000, .domain = 0x1234}};
	struct iomt_pasid_entry second = {
		.vtd = {.stages = IOMT_VTD_SECOND, .second = 0x1000, .domain = 0x2345, .aw = 2}};
	const struct iomt_vtd_device device = {.flags = IOMT_VTD_PASID, .rid = 0x123};
	struct iomt_gather gather;
	struct iomt_inv decoded;

	iomt_gather_init(&gather);
	open_at(0, (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_VTD, .pasid_bits = 20});
	CHECK_INT(set(0x54321, first), 0);
	CHECK_EQ(inv.what, 0);
	CHECK_INT(iomt_pasid_inv_vtd(&inv, 0, NULL, 0), 0);
	CHECK_INT(iomt_pasid_inv_vtd(&inv, 2, NULL, 0), IOMT_EINVAL);
	CHECK_INT(iomt_pasid_table_clear(&table, 0x54321, &inv), 0);
	CHECK_INT(iomt_pasid_inv_vtd(&inv, 0, cmds, 1), IOMT_ENOSPC);
	CHECK_INT(iomt_pasid_inv_vtd(&inv, 0, cmds, 2), 2);
	CHECK_EQ(cmds[0].word[0], 0x0005432112340017);
	CHECK_EQ(cmds[1].word[0], 0x0005432112340026);
	CHECK_INT(iomt_pasid_inv_vtd(&inv, IOMT_VTD_WIDE, cmds, IOMT_PASID_INV_MOST), 4);
	CHECK_EQ(cmds[2].word[0], 0x0005432112340026);
	CHECK_INT(iomt_pasid_inv_vtd_device(&inv, &device, cmds, 1), 1);
	CHECK_INT(iomt_vtd_decode(&cmds[0], 0, 18, &decoded), 0);
	CHECK(decoded.kind == IOMT_INV_DEVICE_TLB && (decoded.flags & IOMT_INV_BY_PROCESS));
	CHECK_EQ(decoded.process, 0x54321);
	CHECK_INT(set(0x54321, second), 0);
	CHECK_INT(iomt_pasid_table_clear(&table, 0x54321, &inv), 0);
	CHECK_INT(iomt_pasid_inv_vtd(&inv, 0, cmds, 2), 2);
	CHECK_EQ(cmds[0].word[0], 0x0005432123450017);
	CHECK_EQ(cmds[1].word[0], 0x23450022);
	CHECK_INT(iomt_pasid_table_trim(&table, 0, 0xfffff, &inv, &gather), 0);
	CHECK_INT(iomt_pasid_inv_vtd(&inv, 0, cmds, 1), 1);
	CHECK_EQ(cmds[0].word[0], 0x37);
	iomt_gather_release(&gather);
	close();

	/* caching mode: what is new was absent */
	open_at(0, (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_VTD,
						 .flags = IOMT_PASID_TABLE_CACHES_ABSENT,
						 .pasid_bits = 20});
	CHECK_INT(set(0x54321, second), 0);
	CHECK_INT(iomt_pasid_inv_vtd(&inv, 0, cmds, 2), 2);
	CHECK_EQ(cmds[0].word[0], 0x0005432123450017);
	CHECK_EQ(cmds[1].word[0], 0x23450022);
	CHECK_INT(set(0x54322, first), 0);
	CHECK_INT(iomt_pasid_inv_vtd(&inv, 0, cmds, 2), 2);
	CHECK_EQ(cmds[0].word[0], 0x0005432212340017);
	CHECK_EQ(cmds[1].word[0], 0x0005432212340026);
	CHECK_INT(iomt_pasid_table_reserve(&table, 0, 64, &inv), 0);
	CHECK_INT(iomt_pasid_inv_vtd(&inv, 0, cmds, 2), 1);
	CHECK_EQ(cmds[0].word[0], 0x37);
	close();
}

/* 4.3.3, 4.3.4, 4.4 */
static void smmu_commands(void)
{
	const struct iomt_smmu_device device = {.flags = IOMT_SMMU_SUBSTREAM, .stream = 0x12345};
	struct iomt_pasid_entry entry = lower();
	struct iomt_gather gather;
	struct iomt_inv decoded;

	iomt_gather_init(&gather);
	open_at(0,
		(struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_CD_4K, .pasid_bits = 20});
	inv.sync = NULL; /* a table that is new needs no break */
	CHECK_INT(set(0x54321, entry), 0);
	CHECK_INT(iomt_pasid_inv_smmu(&inv, 0x12345, 0x77, cmds, 1), 1);
	CHECK_EQ(cmds[0].word[0], 0x0001234554321005);
	CHECK_EQ(cmds[0].word[1], 0); /* pointers too */
	CHECK_INT(set(0x54320, entry), IOMT_EBUSY);
	inv.sync = no_sync;
	CHECK_INT(set(0x54320, entry), 0);
	CHECK_INT(iomt_pasid_inv_smmu(&inv, 0x12345, 0x77, cmds, 1), 1);
	CHECK_EQ(cmds[0].word[0], 0x0001234554320005);
	CHECK_EQ(cmds[0].word[1], 1); /* Leaf */
	/* the fault model is not in the IOTLB, the ASID is: the old one */
	entry.cd.flags = IOMT_CD_A;
	inv.sync = NULL;
	CHECK_INT(set(0x54320, entry), 0);
	CHECK_INT(iomt_pasid_inv_smmu(&inv, 0x12345, 0x77, cmds, 2), 1);
	CHECK_INT(iomt_pasid_inv_smmu_device(&inv, &device, cmds, 1), 0);
	entry.cd.asid = 0x4321;
	CHECK_INT(set(0x54320, entry), 0);
	/* nothing by the old descriptor may come into the IOTLB after its invalidation (3.21.3) */
	CHECK_INT(iomt_pasid_inv_smmu(&inv, 0x12345, 0x77, cmds, 2), IOMT_ENOSPC);
	CHECK_INT(iomt_pasid_inv_smmu(&inv, 0x12345, 0x77, cmds, IOMT_PASID_INV_MOST), 3);
	CHECK_EQ(cmds[1].word[0], 0x46); /* CMD_SYNC (4.7.3) */
	CHECK_EQ(cmds[2].word[0], 0x1234007700000011);
	CHECK_INT(set(0x54320, entry), 0); /* nothing changes */
	CHECK_EQ(inv.what, 0);
	CHECK_INT(iomt_pasid_table_clear(&table, 0x54320, &inv), 0);
	CHECK_INT(iomt_pasid_inv_smmu(&inv, 0x12345, 0x77, cmds, 3), 3);
	CHECK_EQ(cmds[0].word[0], 0x0001234554320005);
	CHECK_EQ(cmds[2].word[0], 0x4321007700000011);
	CHECK_INT(iomt_pasid_inv_smmu_device(&inv, &device, cmds, 1), 1);
	CHECK_INT(iomt_smmu_decode(&cmds[0], 0, &decoded), 0);
	CHECK(decoded.kind == IOMT_INV_DEVICE_TLB && (decoded.flags & IOMT_INV_BY_PROCESS));
	CHECK_EQ(decoded.process, 0x54320);
	CHECK_INT(set(0x54320, entry), 0); /* its words are still there: one store */
	CHECK_INT(iomt_pasid_table_clear(&table, 0x54320, &inv), 0);
	CHECK_INT(iomt_pasid_table_clear(&table, 0x54321, &inv), 0);
	CHECK_INT(iomt_pasid_table_trim(&table, 0x54300, 0x5433e, &inv, &gather), 0);
	CHECK_EQ(inv.what, 0);
	CHECK_INT(iomt_pasid_table_trim(&table, 0x54301, 0x5433f, &inv, &gather), 0);
	CHECK_EQ(inv.what, 0);
	CHECK_INT(iomt_pasid_table_trim(&table, 0x54300, 0x5433f, &inv, &gather), 0);
	CHECK_INT(iomt_pasid_inv_smmu(&inv, 0x12345, 0x77, cmds, 1), 1);
	CHECK_EQ(cmds[0].word[0], 0x0001234500000006);
	CHECK_EQ(gather.tables, 1);
	iomt_gather_release(&gather);
	CHECK_EQ(provider.live_bytes, 128 << 10);
	/* the pointer that is new, of a range of which the others are there */
	CHECK_INT(set(0, entry), 0);
	CHECK_INT(set(0x83, entry), 0);
	CHECK_INT(iomt_pasid_table_reserve(&table, 1, 0xbf, &inv), 0);
	CHECK_INT(iomt_pasid_inv_smmu(&inv, 0x12345, 0x77, cmds, 1), 1);
	CHECK_EQ(cmds[0].word[0], 0x0001234500040005);
	CHECK_EQ(cmds[0].word[1], 0);
	CHECK_INT(iomt_pasid_table_reserve(&table, 1, 0xbf, &inv), 0);
	CHECK_EQ(inv.what, 0);
	CHECK_INT(iomt_pasid_table_reserve(&table, 0x80, 0x1ff, &inv), 0);
	CHECK_EQ(inv.what, IOMT_PASID_INV_ALL);
	close();
}

/* Each row is a good configuration but for the field that it names. */
static void configurations(void)
{
	static const struct {
		struct iomt_pasid_table_cfg cfg;
		const char *field;
	} rows[] = {
		{{.format = (enum iomt_pasid_format)5, .pasid_bits = 8}, "format"},
		{{.format = (enum iomt_pasid_format) - 1, .pasid_bits = 8}, "format"},
		{{.format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 8, .flags = 2}, "flags"},
		{{.format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 8, .flags = 4}, "flags"},
		{{.format = IOMT_PASID_TABLE_VTD, .pasid_bits = 8, .flags = 2}, "flags"},
		{{.format = IOMT_PASID_TABLE_VTD, .pasid_bits = 8, .flags = 8}, "flags"},
		{{.format = IOMT_PASID_TABLE_CD, .pasid_bits = 8, .flags = 3}, "flags"},
		{{.format = IOMT_PASID_TABLE_CD, .pasid_bits = 8, .flags = 4}, "flags"},
		{{.format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 0}, "pasid_bits"},
		{{.format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 21}, "pasid_bits"},
		{{.format = IOMT_PASID_TABLE_VTD, .pasid_bits = 0}, "pasid_bits"},
		{{.format = IOMT_PASID_TABLE_CD, .pasid_bits = 15}, "pasid_bits"},
		{{.format = IOMT_PASID_TABLE_CD_4K, .pasid_bits = 6}, "pasid_bits"},
		{{.format = IOMT_PASID_TABLE_CD_64K, .pasid_bits = 10}, "pasid_bits"},
		{{.format = IOMT_PASID_TABLE_CD_64K, .pasid_bits = 21}, "pasid_bits"},
		{{.format = IOMT_PASID_TABLE_VTD, .pasid_bits = 20, .levels = 2}, "levels"},
		{{.format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 18, .levels = 3}, "levels"},
		{{.format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 20, .levels = 2}, "root_changed"},
		{{.format = IOMT_PASID_TABLE_CD, .pasid_bits = 8, .root_changed = noted},
		 "root_changed"},
		{{.format = IOMT_PASID_TABLE_CD, .pasid_bits = 8, .oa_bits = 31}, "oa_bits"},
		{{.format = IOMT_PASID_TABLE_CD, .pasid_bits = 8, .oa_bits = 53}, "oa_bits"},
		{{.format = IOMT_PASID_TABLE_CD, .pasid_bits = 8, .asid_bits = 9}, "asid_bits"},
		{{.format = IOMT_PASID_TABLE_VTD, .pasid_bits = 8, .asid_bits = 16}, "asid_bits"},
		{{.format = IOMT_PASID_TABLE_VTD, .pasid_bits = 8, .enc_bit = 51}, "enc_bit"},
		{{.format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 8, .enc_bit = 51}, "enc_bit"},
		{{.format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 8, .oa_bits = 48, .enc_bit = 47},
		 "enc_bit"},
	};
	struct iomt_pasid_table_cfg_error error;
	struct iomt_pasid_table_cfg cfg;
	struct iomt_mem mem;

	provider_init(&provider, PROVIDER_LINEAR);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cfg = rows[i].cfg;
		cfg.size = sizeof(cfg);
		cfg.mem = &provider.mem;
		error.field = NULL;
		CHECK_INT(iomt_pasid_table_cfg_check(&cfg, &error), IOMT_EINVAL);
		CHECK_STR(error.field, rows[i].field);
		CHECK(error.reason && *error.reason);
		CHECK_INT(iomt_pasid_table_init(&table, &cfg), IOMT_EINVAL);
	}
	CHECK_INT(iomt_pasid_table_cfg_check(NULL, &error), IOMT_EINVAL);
	CHECK_STR(error.field, "size");
	cfg = (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_VTD, .pasid_bits = 8};
	cfg.size = sizeof(cfg) - 1;
	CHECK_INT(iomt_pasid_table_cfg_check(&cfg, &error), IOMT_EINVAL);
	CHECK_STR(error.field, "size");
	cfg.size = sizeof(cfg);
	CHECK_INT(iomt_pasid_table_cfg_check(&cfg, &error), IOMT_EINVAL);
	CHECK_STR(error.field, "mem");
	mem = provider.mem;
	mem.to_virt = (void *(*)(void *, uint64_t))(uintptr_t)1;
	cfg.mem = &mem;
	CHECK_INT(iomt_pasid_table_cfg_check(&cfg, &error), IOMT_EINVAL);
	CHECK_STR(error.field, "mem");
	cfg.mem = &provider.mem;
	CHECK_INT(iomt_pasid_table_cfg_check(&cfg, NULL), 0);
	provider_check_empty(&provider);
}

/* A table whose physical addresses hardware cannot hold is as good as none. */
static void beyond_addresses(void)
{
	struct iomt_pasid_table_cfg cfg = {.size = sizeof(cfg),
					   .mem = &provider.mem,
					   .format = IOMT_PASID_TABLE_VTD,
					   .pasid_bits = 8,
					   .oa_bits = 48};

	provider_init(&provider, PROVIDER_LOW);
	provider.mem.phys_offset += 1ULL << 48;
	CHECK_INT(iomt_pasid_table_init(&table, &cfg), IOMT_ENOMEM);
	provider.mem.phys_offset -= (1ULL << 48) - 8;
	CHECK_INT(iomt_pasid_table_init(&table, &cfg), IOMT_ENOMEM);
	provider_check_empty(&provider);
}

/* The table, the memory and inv stay as they are. */
static void refused(uint32_t pasid, const struct iomt_pasid_entry *entry, uint32_t flags, int code)
{
	uint64_t sum = provider_checksum(&provider);
	struct iomt_pasid_table before = table;
	struct iomt_pasid_inv same = inv;

	CHECK_INT(iomt_pasid_table_set(&table, pasid, entry, flags, &inv), code);
	CHECK_EQ(provider_checksum(&provider), sum);
	CHECK(!memcmp(&before, &table, sizeof(before)));
	CHECK(!memcmp(&same, &inv, sizeof(same)));
}

static void bad_cds(void)
{
	struct iomt_pasid_entry good = lower(), bad;

	open_at(0, (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_CD_4K,
						 .pasid_bits = 8,
						 .oa_bits = 48,
						 .asid_bits = 8});
	good.cd.asid = 255;
	CHECK_INT(set(255, good), 0);
	refused(256, &good, 0, IOMT_ERANGE);
	refused(UINT32_MAX, &good, 0, IOMT_ERANGE);
	refused(3, &good, 4, IOMT_EINVAL);
	refused(3, NULL, 0, IOMT_EINVAL);
#define BAD(code, field, value)            \
	do {                               \
		bad = good;                \
		bad.cd.field = value;      \
		refused(3, &bad, 0, code); \
	} while (0)
	BAD(IOMT_ERANGE, asid, 256);
	BAD(IOMT_ERANGE, half[0].ttb, 1ULL << 48);
	BAD(IOMT_EINVAL, half[0].ttb, 0x1008);
	BAD(IOMT_EINVAL, half[0].tsz, 64);
	BAD(IOMT_EINVAL, half[0].tsz, 49);
	BAD(IOMT_EINVAL, half[0].tsz, 15);
	BAD(IOMT_EINVAL, half[0].tg, 3);
	BAD(IOMT_EINVAL, half[0].tg, 4);
	BAD(IOMT_EINVAL, half[0].irgn, 4);
	BAD(IOMT_EINVAL, half[0].orgn, 4);
	BAD(IOMT_EINVAL, half[0].sh, 4);
	BAD(IOMT_EINVAL, half[0].used, false);
	BAD(IOMT_EINVAL, half[1].ttb, 0x1000);
	BAD(IOMT_EINVAL, half[1].used, true); /* TG1 0 */
	BAD(IOMT_EINVAL, ips, 7);
	BAD(IOMT_EINVAL, flags, IOMT_CD_HD);
	BAD(IOMT_EINVAL, flags, 1);
	BAD(IOMT_EINVAL, flags, 1ULL << 41);
	/* 5.4, TTB0: within IPS, and within 48 bits but with 64K or DS; T0SZ: what these allow */
	BAD(IOMT_ERANGE, ips, 4);
	good.cd.half[0].tg = 1;
	BAD(IOMT_EINVAL, half[0].tsz, 48);
	BAD(IOMT_EINVAL, half[0].tsz, 11);
	close();

	open_at(0, (struct iomt_pasid_table_cfg){.format = IOMT_PASID_TABLE_CD, .pasid_bits = 3});
	good = lower();
	good.cd.half[0].ttb = 1ULL << 48;
	refused(3, &good, 0, IOMT_ERANGE);
	good.cd.ips = 6;
	refused(3, &good, 0, IOMT_ERANGE);
	good.cd.half[0].tg = 1;
	good.cd.half[0].tsz = 47;
	CHECK_INT(set(3, good), 0);
	good.cd.half[0].tsz = 12;
	CHECK_INT(set(3, good), 0);
	good.cd.half[0].tg = 2;
	good.cd.ds = true;
	CHECK_INT(set(4, good), 0);
	BAD(IOMT_EINVAL, half[0].tsz, 11);
#undef BAD
	close();
}

static void bad_vtd(void)
{
	struct iomt_pasid_entry good = {.vtd = {.stages = IOMT_VTD_SECOND,
						.second = 0x1000,
						.domain = 1,
						.aw = 2}},
				bad;

	open_at(0, (struct iomt_pasid_table_cfg){
			   .format = IOMT_PASID_TABLE_VTD, .pasid_bits = 9, .oa_bits = 48});
	CHECK_INT(set(511, good), 0);
	refused(512, &good, 0, IOMT_ERANGE);
#define BAD(code, field, value)            \
	do {                               \
		bad = good;                \
		bad.vtd.field = value;     \
		refused(3, &bad, 0, code); \
	} while (0)
	BAD(IOMT_EINVAL, stages, (enum iomt_vtd_stages)0);
	BAD(IOMT_EINVAL, stages, (enum iomt_vtd_stages)5);
	BAD(IOMT_EINVAL, stages, IOMT_VTD_FIRST); /* has a second stage's pointer */
	BAD(IOMT_EINVAL, stages, IOMT_VTD_PASS_THROUGH);
	BAD(IOMT_EINVAL, first, 0x1000);
	BAD(IOMT_EINVAL, second, 0x1800);
	BAD(IOMT_ERANGE, second, 1ULL << 48);
	BAD(IOMT_EINVAL, aw, 0);
	BAD(IOMT_EINVAL, aw, 4);
	BAD(IOMT_EINVAL, fspm, 1);
	BAD(IOMT_EINVAL, emt, 8);
	BAD(IOMT_EINVAL, flags, IOMT_VTD_ENTRY_SRE);
	BAD(IOMT_EINVAL, flags, 0x1000);
	good.vtd = (struct iomt_vtd_entry){.stages = IOMT_VTD_FIRST, .first = 0x1000};
	BAD(IOMT_EINVAL, flags, IOMT_VTD_ENTRY_SSADE);
	BAD(IOMT_EINVAL, fspm, 2);
	BAD(IOMT_EINVAL, first, 0x1001);
	BAD(IOMT_ERANGE, first, 1ULL << 50);
#undef BAD
	close();
}

static void bad_calls(void)
{
	struct iomt_pasid_entry entry = {.gcr3 = {0x1000}};
	struct iomt_gather gather;
	uint32_t pasid = 77;

	iomt_gather_init(&gather);
	open_at(0, (struct iomt_pasid_table_cfg){
			   .format = IOMT_PASID_TABLE_GCR3, .pasid_bits = 10, .oa_bits = 48});
	CHECK_INT(iomt_pasid_table_next(&table, 0, &pasid), IOMT_ENOENT);
	CHECK_INT(set(1023, entry), 0);
	entry.gcr3.root = 0x1010;
	refused(3, &entry, 0, IOMT_EINVAL);
	entry.gcr3.root = 1ULL << 48;
	refused(3, &entry, 0, IOMT_ERANGE);
	entry.gcr3.root = 0x1000;
	refused(1024, &entry, 0, IOMT_ERANGE);
	CHECK_INT(iomt_pasid_table_set(&table, 3, &entry, 0, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_pasid_table_clear(&table, 3, &inv), IOMT_ENOENT);
	CHECK_INT(iomt_pasid_table_clear(&table, 1022, &inv), IOMT_ENOENT);
	CHECK_INT(iomt_pasid_table_clear(&table, 1024, &inv), IOMT_ERANGE);
	CHECK_INT(iomt_pasid_table_clear(&table, 1023, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_pasid_table_get(&table, 3, &entry), IOMT_ENOENT);
	CHECK_INT(iomt_pasid_table_get(&table, 1024, &entry), IOMT_ERANGE);
	CHECK_INT(iomt_pasid_table_next(&table, 1024, &pasid), IOMT_ENOENT);
	CHECK_INT(iomt_pasid_table_next(&table, UINT64_MAX, &pasid), IOMT_ENOENT);
	CHECK_EQ(pasid, 77);
	CHECK_INT(iomt_pasid_table_next(&table, 1023, &pasid), 0);
	CHECK_EQ(pasid, 1023);
	CHECK_INT(iomt_pasid_table_reserve(&table, 4, 3, &inv), IOMT_EINVAL);
	CHECK_INT(iomt_pasid_table_reserve(&table, 4, 1024, &inv), IOMT_ERANGE);
	CHECK_INT(iomt_pasid_table_reserve(&table, 4, 5, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_pasid_table_trim(&table, 4, 3, &inv, &gather), IOMT_EINVAL);
	CHECK_INT(iomt_pasid_table_trim(&table, 4, 1024, &inv, &gather), IOMT_ERANGE);
	CHECK_INT(iomt_pasid_table_trim(&table, 0, 1023, &inv, NULL), IOMT_EINVAL);
	CHECK_INT(iomt_pasid_table_trim(&table, 0, 1023, NULL, &gather), IOMT_EINVAL);
	CHECK_INT(iomt_pasid_table_trim(&table, 0, 1023, &inv, &gather), 0);
	CHECK_EQ(gather.tables, 0);
	CHECK_INT(iomt_pasid_table_get(&table, 1023, &entry), 0);
	close();
}

TEST_SUITE(pasid_table, TEST(gcr3), TEST(gcr3_encrypted), TEST(gcr3_grows), TEST(cd_linear),
	   TEST(cd_single), TEST(cd_two_levels), TEST(vtd), TEST(from_tables),
	   TEST(from_high_tables), TEST(amd_commands), TEST(vtd_commands), TEST(smmu_commands),
	   TEST(configurations), TEST(beyond_addresses), TEST(bad_cds), TEST(bad_vtd),
	   TEST(bad_calls));
