/* SPDX-License-Identifier: MIT */
/* Configurations: every field out of range is named, defaults are what the header says. */
#include "kinds.h"
#include "test.h"
#include <iomt/hosted.h>

#define NEW_FIELD_BYTES 16

static void noted(void *ctx, struct iomt_pt *pt)
{
	(void)ctx;
	(void)pt;
}

static void expect_wrong(const struct iomt_pt_cfg *cfg, int code, const char *field)
{
	struct iomt_pt_cfg_error error = {NULL, NULL};
	struct iomt_pt pt;

	CHECK_INT(iomt_pt_cfg_check(cfg, &error), code);
	CHECK_STR(error.field, field);
	CHECK(error.reason && *error.reason);
	CHECK_INT(iomt_pt_cfg_check(cfg, NULL), code);
	CHECK_INT(iomt_pt_init(&pt, cfg), code);
}

/* Each row is a good configuration but for the field that it names. */
static void every_field(void)
{
	static struct provider provider;
	static const struct {
		struct iomt_pt_cfg cfg;
		int code;
		const char *field;
	} rows[] = {
		{{.format = NULL}, IOMT_EINVAL, "format"},
		{{.format = &iomt_amdv1, .flags = 0x20}, IOMT_EINVAL, "flags"},
		{{.format = &iomt_amdv1, .flags = 1u << 31}, IOMT_EINVAL, "flags"},
		{{.format = &iomt_amdv1, .flags = IOMT_PT_SIGNED}, IOMT_EOPNOTSUPP, "flags"},
		{{.format = &iomt_amdv1, .flags = IOMT_PT_NX}, IOMT_EOPNOTSUPP, "flags"},
		{{.format = &iomt_x86_64, .flags = IOMT_PT_TTBR1}, IOMT_EOPNOTSUPP, "flags"},
		{{.format = &iomt_vtd_ss, .flags = IOMT_PT_NX}, IOMT_EOPNOTSUPP, "flags"},
		{{.format = &iomt_arm_s1_4k, .flags = IOMT_PT_SIGNED}, IOMT_EOPNOTSUPP, "flags"},
		{{.format = &iomt_arm_s2_4k, .flags = IOMT_PT_TTBR1}, IOMT_EOPNOTSUPP, "flags"},
		{{.format = &iomt_x86_64, .flags = IOMT_PT_PBMT}, IOMT_EOPNOTSUPP, "flags"},
		{{.format = &iomt_riscv_s1, .flags = IOMT_PT_NX}, IOMT_EOPNOTSUPP, "flags"},
		{{.format = &iomt_riscv_s2, .flags = IOMT_PT_SIGNED}, IOMT_EOPNOTSUPP, "flags"},
		{{.format = &iomt_amdv1, .iova_bits = 11}, IOMT_EINVAL, "iova_bits"},
		{{.format = &iomt_amdv1, .iova_bits = 65}, IOMT_EINVAL, "iova_bits"},
		{{.format = &iomt_amdv1, .iova_bits = 255}, IOMT_EINVAL, "iova_bits"},
		{{.format = &iomt_x86_64, .iova_bits = 31}, IOMT_EINVAL, "iova_bits"},
		{{.format = &iomt_x86_64, .iova_bits = 58}, IOMT_EINVAL, "iova_bits"},
		{{.format = &iomt_vtd_ss, .iova_bits = 58}, IOMT_EINVAL, "iova_bits"},
		{{.format = &iomt_arm_s1_4k, .iova_bits = 24}, IOMT_EINVAL, "iova_bits"},
		{{.format = &iomt_arm_s1_4k, .iova_bits = 49}, IOMT_EINVAL, "iova_bits"},
		{{.format = &iomt_arm_s1_4k_lpa2, .iova_bits = 53}, IOMT_EINVAL, "iova_bits"},
		{{.format = &iomt_arm_s2_4k, .iova_bits = 41, .oa_bits = 40},
		 IOMT_EINVAL,
		 "iova_bits"},
		{{.format = &iomt_riscv_s1, .iova_bits = 57}, IOMT_EINVAL, "iova_bits"},
		{{.format = &iomt_riscv_s1, .iova_bits = 58, .flags = IOMT_PT_SIGNED},
		 IOMT_EINVAL,
		 "iova_bits"},
		{{.format = &iomt_riscv_s2, .iova_bits = 60}, IOMT_EINVAL, "iova_bits"},
		{{.format = &iomt_amdv1, .oa_bits = 31}, IOMT_EINVAL, "oa_bits"},
		{{.format = &iomt_amdv1, .oa_bits = 53}, IOMT_EINVAL, "oa_bits"},
		{{.format = &iomt_amdv1, .oa_bits = 200}, IOMT_EINVAL, "oa_bits"},
		{{.format = &iomt_arm_s1_4k, .oa_bits = 52}, IOMT_EINVAL, "oa_bits"},
		{{.format = &iomt_arm_s1_64k, .oa_bits = 47}, IOMT_EINVAL, "oa_bits"},
		{{.format = &iomt_riscv_s1, .oa_bits = 57}, IOMT_EINVAL, "oa_bits"},
		{{.format = &iomt_arm_s2_4k, .oa_bits = 24}, IOMT_EINVAL, "oa_bits"},
		{{.format = &iomt_arm_s2_4k, .oa_bits = 52}, IOMT_EINVAL, "oa_bits"},
		{{.format = &iomt_riscv_s1, .levels = 2}, IOMT_EINVAL, "levels"},
		{{.format = &iomt_riscv_s1, .iova_bits = 39, .levels = 3}, IOMT_EINVAL, "levels"},
		{{.format = &iomt_riscv_s1, .iova_bits = 47, .flags = IOMT_PT_SIGNED},
		 IOMT_EINVAL,
		 "levels"},
		{{.format = &iomt_riscv_s2, .iova_bits = 42, .levels = 3}, IOMT_EINVAL, "levels"},
		{{.format = &iomt_amdv1, .levels = 7}, IOMT_EINVAL, "levels"},
		{{.format = &iomt_x86_64, .levels = 3}, IOMT_EINVAL, "levels"},
		{{.format = &iomt_x86_64, .levels = 6}, IOMT_EINVAL, "levels"},
		{{.format = &iomt_x86_64, .iova_bits = 57, .levels = 4}, IOMT_EINVAL, "levels"},
		{{.format = &iomt_vtd_ss, .levels = 2}, IOMT_EINVAL, "levels"},
		{{.format = &iomt_arm_s1_4k, .iova_bits = 39, .levels = 4}, IOMT_EINVAL, "levels"},
		{{.format = &iomt_arm_s2_4k, .iova_bits = 44, .levels = 5}, IOMT_EINVAL, "levels"},
		{{.format = &iomt_arm_s2_4k, .iova_bits = 48, .levels = 3}, IOMT_EINVAL, "levels"},
		{{.format = &iomt_arm_s2_16k, .levels = 4}, IOMT_EINVAL, "levels"},
		{{.format = &iomt_arm_s2_16k, .iova_bits = 48, .levels = 4}, IOMT_EINVAL, "levels"},
		{{.format = &iomt_x86_64, .iova_bits = 47, .flags = IOMT_PT_SIGNED},
		 IOMT_EINVAL,
		 "levels"},
		{{.format = &iomt_amdv1, .enc_bit = 47, .oa_bits = 48}, IOMT_EINVAL, "enc_bit"},
		{{.format = &iomt_amdv1, .enc_bit = 52}, IOMT_EINVAL, "enc_bit"},
		{{.format = &iomt_amdv1, .enc_bit = 5}, IOMT_EINVAL, "enc_bit"},
		{{.format = &iomt_x86_64, .enc_bit = 31}, IOMT_EINVAL, "enc_bit"},
		{{.format = &iomt_vtd_ss, .enc_bit = 51}, IOMT_EOPNOTSUPP, "enc_bit"},
		{{.format = &iomt_arm_s1_4k, .enc_bit = 51}, IOMT_EOPNOTSUPP, "enc_bit"},
		{{.format = &iomt_arm_s1_4k, .bbm = 3}, IOMT_EINVAL, "bbm"},
		{{.format = &iomt_x86_64, .bbm = 1}, IOMT_EOPNOTSUPP, "bbm"},
		{{.format = &iomt_x86_64, .page_sizes = 0x200000}, IOMT_EINVAL, "page_sizes"},
		{{.format = &iomt_x86_64, .page_sizes = 0x3000}, IOMT_EINVAL, "page_sizes"},
		{{.format = &iomt_x86_64, .page_sizes = 1}, IOMT_EINVAL, "page_sizes"},
		{{.format = &iomt_riscv_s1, .page_sizes = 0x21000}, IOMT_EINVAL, "page_sizes"},
		{{.format = &iomt_amdv1, .page_sizes = 1ULL << 53 | 0x1000},
		 IOMT_EINVAL,
		 "page_sizes"},
		{{.format = &iomt_arm_s1_64k, .page_sizes = 1ULL << 42 | 0x10000},
		 IOMT_EINVAL,
		 "page_sizes"},
		{{.format = &iomt_amdv1, .iova_bits = 48, .levels = 3}, IOMT_EINVAL, "top_changed"},
		{{.format = &iomt_x86_64, .top_changed = noted}, IOMT_EOPNOTSUPP, "top_changed"},
	};

	provider_init(&provider, PROVIDER_LINEAR);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct iomt_pt_cfg cfg = rows[i].cfg;

		cfg.size = sizeof(cfg);
		cfg.mem = &provider.mem;
		expect_wrong(&cfg, rows[i].code, rows[i].field);
	}
	provider_check_empty(&provider);
}

static void struct_sizes(void)
{
	static struct provider provider;
	struct {
		struct iomt_pt_cfg cfg;
		unsigned char more[NEW_FIELD_BYTES];
	} newer;
	struct iomt_pt_cfg cfg = {.format = &iomt_x86_64, .mem = &provider.mem};

	provider_init(&provider, PROVIDER_LINEAR);
	expect_wrong(NULL, IOMT_EINVAL, "size");
	expect_wrong(&cfg, IOMT_EINVAL, "size");
	cfg.size = sizeof(cfg) - 1;
	expect_wrong(&cfg, IOMT_EINVAL, "size");
	/* a caller built with a newer header: fine as long as it asks for nothing new */
	memset(&newer, 0, sizeof(newer));
	newer.cfg = cfg;
	newer.cfg.size = sizeof(newer);
	CHECK_INT(iomt_pt_cfg_check(&newer.cfg, NULL), 0);
	newer.more[NEW_FIELD_BYTES - 1] = 1;
	expect_wrong(&newer.cfg, IOMT_EINVAL, "size");
	provider_check_empty(&provider);
}

static void providers(void)
{
	struct provider provider, good;
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg), .format = &iomt_x86_64, .mem = &provider.mem};

	provider_init(&good, PROVIDER_FUNCTIONS);
	provider = good;
	CHECK_INT(iomt_pt_cfg_check(&cfg, NULL), 0);
	provider.mem.size--;
	expect_wrong(&cfg, IOMT_EINVAL, "mem");
	provider = good;
	provider.mem.alloc = NULL;
	expect_wrong(&cfg, IOMT_EINVAL, "mem");
	provider = good;
	provider.mem.free = NULL;
	expect_wrong(&cfg, IOMT_EINVAL, "mem");
	provider = good;
	provider.mem.to_phys = NULL;
	expect_wrong(&cfg, IOMT_EINVAL, "mem");
	provider = good;
	provider.mem.to_virt = NULL;
	expect_wrong(&cfg, IOMT_EINVAL, "mem");
	cfg.mem = NULL;
	expect_wrong(&cfg, IOMT_EINVAL, "mem");
	provider_check_empty(&good);
}

static void defaults(void)
{
	static const struct {
		const struct iomt_pt_format *format;
		uint8_t iova_bits, oa_bits, levels;
		uint64_t sizes;
	} rows[] = {
		{&iomt_amdv1, 64, 52, 6, ((1ULL << 53) - 0x1000) & ~(1ULL << 39)},
		{&iomt_x86_64, 48, 52, 4, 0x40201000},
		{&iomt_vtd_ss, 48, 52, 4, 0x40201000},
		{&iomt_arm_s1_4k, 48, 48, 4, 0x442211000},
		{&iomt_arm_s1_16k, 48, 48, 4, 0x42204000},
		{&iomt_arm_s1_64k, 48, 48, 3, 0x420210000},
		{&iomt_arm_s1_4k_lpa2, 52, 52, 5, 0x8442211000},
		{&iomt_arm_s1_16k_lpa2, 52, 52, 4, 0x1042204000},
		{&iomt_arm_s2_4k, 48, 48, 4, 0x442211000},
		{&iomt_arm_s2_16k, 48, 48, 3, 0x42204000},
		{&iomt_arm_s2_64k, 48, 48, 3, 0x420210000},
		{&iomt_arm_s2_4k_lpa2, 52, 52, 4, 0x8442211000},
		{&iomt_arm_s2_16k_lpa2, 52, 52, 4, 0x1042204000},
		{&iomt_riscv_s1, 47, 56, 4, 0x8040201000},
		{&iomt_riscv_s2, 50, 56, 4, 0x8040201000},
	};
	size_t formats = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kind kind = {.format = rows[i].format};
		struct iomt_pt_hw hw;
		struct table t;

		table_open(&t, &kind, PROVIDER_LINEAR);
		iomt_pt_hw(&t.pt, &hw);
		CHECK_EQ(hw.iova_bits, rows[i].iova_bits);
		CHECK_EQ(hw.oa_bits, rows[i].oa_bits);
		CHECK_EQ(hw.levels, rows[i].levels);
		CHECK_EQ(iomt_pt_sizes(&t.pt), rows[i].sizes);
		table_close(&t);
	}
	while (iomt_pt_formats()[formats])
		formats++;
	CHECK_EQ(formats, sizeof(rows) / sizeof(rows[0]));
}

static void bounds(void)
{
	static const struct {
		const struct iomt_pt_format *format;
		uint32_t flags;
		uint8_t iova_bits;
		uint64_t first, last;
	} rows[] = {
		{&iomt_amdv1, 0, 64, 0, UINT64_MAX},
		{&iomt_amdv1, 0, 12, 0, 0xfff},
		{&iomt_x86_64, 0, 57, 0, 0x1ffffffffffffff},
		{&iomt_x86_64, IOMT_PT_SIGNED, 57, 0, 0xffffffffffffff},
		{&iomt_vtd_ss, 0, 32, 0, 0xffffffff},
		{&iomt_arm_s1_4k, IOMT_PT_TTBR1, 48, 0xffff000000000000, UINT64_MAX},
		{&iomt_arm_s1_16k, IOMT_PT_TTBR1, 25, 0xfffffffffe000000, UINT64_MAX},
		{&iomt_arm_s2_4k, 0, 40, 0, 0xffffffffff},
		{&iomt_riscv_s1, 0, 38, 0, 0x3fffffffff},
		{&iomt_riscv_s1, IOMT_PT_SIGNED, 39, 0, 0x3fffffffff},
		{&iomt_riscv_s1, IOMT_PT_SIGNED, 0, 0, 0x7fffffffffff},
		{&iomt_riscv_s2, 0, 59, 0, 0x7ffffffffffffff},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kind kind = {.format = rows[i].format};
		struct table t;

		kind.flags = rows[i].flags;
		kind.iova_bits = rows[i].iova_bits;
		table_open(&t, &kind, PROVIDER_LINEAR);
		CHECK_EQ(t.first, rows[i].first);
		CHECK_EQ(t.last, rows[i].last);
		table_close(&t);
	}
}

/* Levels alone decide the width of a RISC-V table: its MODE. */
static void riscv_modes(void)
{
	static const struct {
		const struct iomt_pt_format *format;
		uint32_t flags;
		uint8_t levels, iova_bits;
		uint64_t sizes;
	} rows[] = {
		{&iomt_riscv_s1, 0, 3, 38, 0x40201000},
		{&iomt_riscv_s1, 0, 4, 47, 0x8040201000},
		{&iomt_riscv_s1, 0, 5, 56, 0x1008040201000},
		{&iomt_riscv_s1, IOMT_PT_SIGNED, 3, 39, 0x40201000},
		{&iomt_riscv_s1, IOMT_PT_SIGNED, 4, 48, 0x8040201000},
		{&iomt_riscv_s1, IOMT_PT_SIGNED, 5, 57, 0x1008040201000},
		{&iomt_riscv_s2, 0, 3, 41, 0x40201000},
		{&iomt_riscv_s2, 0, 4, 50, 0x8040201000},
		{&iomt_riscv_s2, 0, 5, 59, 0x1008040201000},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kind kind = {.format = rows[i].format};
		struct iomt_pt_hw hw;
		struct table t;

		kind.flags = rows[i].flags;
		kind.levels = rows[i].levels;
		table_open(&t, &kind, PROVIDER_LINEAR);
		iomt_pt_hw(&t.pt, &hw);
		CHECK_EQ(hw.iova_bits, rows[i].iova_bits);
		CHECK_EQ(hw.levels, rows[i].levels);
		CHECK_EQ(hw.u.riscv.mode, rows[i].levels + 5);
		CHECK_EQ(iomt_pt_sizes(&t.pt), rows[i].sizes);
		table_close(&t);
	}
}

/* Levels alone decide the width of a stage 2, too, as far as the output is wide. */
static void stage_2_levels(void)
{
	static const struct {
		const struct iomt_pt_format *format;
		uint8_t oa_bits, levels, iova_bits;
	} rows[] = {
		{&iomt_arm_s2_4k, 48, 2, 30},  {&iomt_arm_s2_4k, 40, 3, 39},
		{&iomt_arm_s2_4k, 44, 4, 44},  {&iomt_arm_s2_4k, 40, 4, 40},
		{&iomt_arm_s2_16k, 42, 3, 42}, {&iomt_arm_s2_64k, 44, 3, 44},
		{&iomt_arm_s2_64k, 52, 3, 48}, {&iomt_arm_s2_16k_lpa2, 48, 4, 48},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kind kind = {.format = rows[i].format};
		struct iomt_pt_hw hw;
		struct table t;

		kind.oa_bits = rows[i].oa_bits;
		kind.levels = rows[i].levels;
		table_open(&t, &kind, PROVIDER_LOW);
		iomt_pt_hw(&t.pt, &hw);
		CHECK_EQ(hw.iova_bits, rows[i].iova_bits);
		CHECK_EQ(hw.levels, rows[i].levels);
		table_close(&t);
	}
}

/* Only allowed sizes are used. */
static void page_sizes(void)
{
	struct kind kind = {"x86_64", &iomt_x86_64, .walk = WALK_X86_64, .granule_lg2 = 12};
	struct table t;

	table_open(&t, &kind, PROVIDER_LINEAR);
	iomt_pt_destroy(&t.pt);
	t.cfg.page_sizes = 0x40001000;
	CHECK_INT(iomt_pt_init(&t.pt, &t.cfg), 0);
	CHECK_EQ(iomt_pt_sizes(&t.pt), 0x40001000);
	table_map(&t, 0x200000, 0x200000, 0x200000, IOMT_READ);
	table_expect(&t, 0x200000, 0x200000, 12);
	table_map(&t, 0x40000000, 0x40000000, 0x40000000, IOMT_READ);
	table_expect(&t, 0x40000000, 0x40000000, 30);
	table_close(&t);
}

/* No leaf is larger than the input or the output address space, or than the levels reach. */
static void sizes_that_fit(void)
{
	static const struct {
		uint8_t iova_bits, oa_bits, levels;
		uint64_t sizes;
	} rows[] = {
		{22, 0, 0, 0x7ff000},
		{64, 32, 0, 0x1fffff000},
		{21, 0, 1, 0x1ff000},
		{30, 0, 2, 0x3ffff000},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kind kind = {.format = &iomt_amdv1};
		struct table t;

		kind.iova_bits = rows[i].iova_bits;
		kind.oa_bits = rows[i].oa_bits;
		kind.levels = rows[i].levels;
		table_open(&t, &kind, PROVIDER_LOW);
		CHECK_EQ(iomt_pt_sizes(&t.pt), rows[i].sizes);
		table_close(&t);
	}
}

/* Tables that hardware cannot address are as good as none. */
static void unreachable_memory(void)
{
	static struct provider provider;
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg), .format = &iomt_x86_64, .mem = &provider.mem};
	struct iomt_pt pt;

	provider_init(&provider, PROVIDER_HIGH);
	CHECK_INT(iomt_pt_init(&pt, &cfg), 0);
	iomt_pt_destroy(&pt);
	cfg.oa_bits = 51;
	CHECK_INT(iomt_pt_init(&pt, &cfg), IOMT_ENOMEM);
	provider.mem.phys_offset = 0x800; /* not aligned */
	cfg.oa_bits = 52;
	CHECK_INT(iomt_pt_init(&pt, &cfg), IOMT_ENOMEM);
	provider_check_empty(&provider);
}

static void heap(void)
{
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg), .format = &iomt_arm_s1_16k, .mem = &iomt_mem_heap};
	struct iomt_pt_leaf leaf;
	struct iomt_pt pt;

	CHECK_INT(iomt_pt_init(&pt, &cfg), 0);
	CHECK_INT(iomt_pt_map(&pt, 0x4000, 0x8000, 0x4000, IOMT_READ, NULL), 0);
	CHECK_INT(iomt_pt_translate(&pt, 0x4321, &leaf), 0);
	CHECK_EQ(leaf.oa, 0x8321);
	iomt_pt_destroy(&pt);
}

static void names_and_errors(void)
{
	static const int codes[] = {IOMT_EPERM,	 IOMT_ENOENT, IOMT_EIO,	     IOMT_EAGAIN,
				    IOMT_ENOMEM, IOMT_EBUSY,  IOMT_EEXIST,   IOMT_EINVAL,
				    IOMT_ENOSPC, IOMT_ERANGE, IOMT_ESTALE,   IOMT_EOPNOTSUPP,
				    IOMT_EACCES, IOMT_EDQUOT, IOMT_EOVERFLOW};
	const char *unknown = iomt_strerror(-12345);

	CHECK_STR(iomt_pt_format_name(&iomt_amdv1), "amdv1");
	CHECK_STR(iomt_pt_format_name(&iomt_arm_s2_16k_lpa2), "arm_s2_16k_lpa2");
	CHECK_STR(iomt_strerror(IOMT_ENOENT), "nothing is mapped or allocated there");
	CHECK(iomt_strerror(0));
	CHECK(unknown);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		CHECK(strcmp(iomt_strerror(codes[i]), unknown) != 0);
}

TEST_SUITE(config, TEST(every_field), TEST(struct_sizes), TEST(providers), TEST(defaults),
	   TEST(bounds), TEST(riscv_modes), TEST(stage_2_levels), TEST(page_sizes),
	   TEST(sizes_that_fit), TEST(unreachable_memory), TEST(heap), TEST(names_and_errors));
