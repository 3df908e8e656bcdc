/* SPDX-License-Identifier: MIT */
/*
 * x86-64 tables in guest memory. Intel SDM 3A, 4.5: P 0, RW 1, US 2, PWT 3, PCD 4, A 5, D 6, PS 7, G 8,
 * address 51:12, XD 63; 4.6, rights; 4.7, error codes: P 0, W 1, U 2, RSVD 3, I 4. D51397: fault
 * reasons of the first stage in scalable mode.
 *
 * Four levels at 0x1000. 0x8040603456 is slot 1, 1, 3, 3.
 */
#include "codes.h"
#include "guest.h"

static const struct word words[] = {
	{0x1008, 0x2027},
	{0x2008, 0x3027},
	{0x3018, 0x4027},
	{0x4018, 0xabcde067},
};

static struct codes_seen seen = {.codes = &codes_x86};

/* the error code, and 0xff where there is none; below it VT-d's reason */
static uint64_t code(const struct iomt_walk_fault *fault)
{
	int error = iomt_walk_x86_error(fault, true);

	CHECK_EQ(fault->stage, 1);
	CHECK_EQ(iomt_walk_vtd_reason(fault, false), 0);
	CHECK(error >= 0 || error == IOMT_ERANGE || error == IOMT_EIO);
	codes_saw(&seen, error < 0 ? 0x100 : (uint32_t)error);
	return (uint64_t)(error < 0 ? 0xff : error) << 8 | iomt_walk_vtd_reason(fault, true);
}

static const struct walk_suite suite = {
	.words = words,
	.count = sizeof(words) / sizeof(words[0]),
	.cfg = {.format = &iomt_walk_x86_64,
		.root = 0x1000,
		.levels = 4,
		.oa_bits = 52,
		.flags = IOMT_WALK_NX},
	.iova = 0x8040603456,
	.code = code,
};

#define RWX  (RW | IOMT_EXEC)
#define PRIV IOMT_PRIV
#define AD   (IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY)
#define EXEC IOMT_EXEC
#define XD   0x8000000000000000

/* clang-format off */
static const struct walk_case translating[] = {
	{"4K", .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"2M", {{0x3018, 0xaba000e7}}, .oa = 0xaba03456, .prot = RWX, .size_lg2 = 21, .level = 1},
	{"2M, PAT", {{0x3018, 0xaba010e7}}, .oa = 0xaba03456, .prot = RWX, .size_lg2 = 21, .level = 1},
	{"1G", {{0x2008, 0x800000e7}}, .oa = 0x80603456, .prot = RWX, .size_lg2 = 30, .level = 2},
	{"G, PCD", {{0x4018, 0xabcde177}}, .oa = 0xabcde456, .prot = RWX | IOMT_GLOBAL | IOMT_TYPE_UNCACHED, .size_lg2 = 12},
	{"PCD, PWT", {{0x4018, 0xabcde07f}}, .oa = 0xabcde456, .prot = RWX | IOMT_TYPE_DEVICE, .size_lg2 = 12},
	{"ignored bits", {{0x4018, 0x7ff00000abcdee67}}, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"G in a table", {{0x1008, 0x2127}}, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"read-only above", {{0x2008, 0x3025}}, .oa = 0xabcde456, .prot = IOMT_READ | EXEC, .size_lg2 = 12},
	{"XD above", {{0x1008, XD | 0x2027}}, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"privileged", {{0x4018, 0xabcde063}}, .access = RW | PRIV, .oa = 0xabcde456, .prot = RWX | PRIV, .size_lg2 = 12},
	{"privileged above", {{0x1008, 0x2023}}, .access = RW | PRIV, .oa = 0xabcde456, .prot = RWX | PRIV, .size_lg2 = 12},
	{"privileged write without WP", {{0x4018, 0xabcde065}}, .access = IOMT_WRITE | PRIV, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"privileged read with WP", {{0x4018, 0xabcde065}}, .flags = IOMT_WALK_WP, .access = IOMT_READ | PRIV, .oa = 0xabcde456, .prot = IOMT_READ | EXEC, .size_lg2 = 12},
	{"SMEP takes EXEC", .flags = IOMT_WALK_SMEP, .access = RW | PRIV, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"SMEP, a privileged page", {{0x4018, 0xabcde063}}, .flags = IOMT_WALK_SMEP, .access = EXEC | PRIV, .oa = 0xabcde456, .prot = RWX | PRIV, .size_lg2 = 12},
	{"SMAP, a privileged page", {{0x4018, 0xabcde063}}, .flags = IOMT_WALK_PAN, .access = RW | PRIV, .oa = 0xabcde456, .prot = RWX | PRIV, .size_lg2 = 12},
	{"the upper half", {{0x1ff8, 0x2027}}, .flags = IOMT_WALK_SIGNED, .iova = 0xffffff8040603456, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"not signed", {{0x1ff8, 0x2027}}, .iova = 0xff8040603456, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"five levels", {{0x5008, 0x1027}}, .root = 0x5000, .levels = 5, .iova = 0x1008040603456, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"ATS for a user", {{0x4018, 0xabcde063}}, .access = RW | IOMT_WALK_ATS, .oa = 0xabcde456, .prot = PRIV, .size_lg2 = 12},
	{"ATS, read-only", {{0x4018, 0xabcde065}}, .access = RW | IOMT_WALK_ATS, .oa = 0xabcde456, .prot = IOMT_READ | EXEC, .size_lg2 = 12},
	{"SMAP leaves execution", .flags = IOMT_WALK_PAN, .access = EXEC | PRIV, .oa = 0xabcde456, .prot = EXEC, .size_lg2 = 12},
	/* PCIe 10.2.3: Exe without R is no answer */
	{"SMAP leaves execution, ATS", .flags = IOMT_WALK_PAN, .access = RWX | PRIV | IOMT_WALK_ATS, .oa = 0xabcde456, .size_lg2 = 12},
	{"denied reading, ATS", .deny = IOMT_READ, .access = RWX | IOMT_WALK_ATS, .oa = 0xabcde456, .prot = IOMT_WRITE, .size_lg2 = 12},
	{"A of the top", {{0x1008, 0x2007}}, .flags = AD, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12, .after = 0x2027},
	{"A of a leaf", {{0x4018, 0xabcde007}}, .flags = AD, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12, .after = 0xabcde027},
	{"D of a leaf", {{0x4018, 0xabcde007}}, .flags = AD, .access = IOMT_WRITE, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12, .after = 0xabcde067},
	{"D of 2M", {{0x3018, 0xaba00087}}, .flags = AD, .access = RW, .oa = 0xaba03456, .prot = RWX, .size_lg2 = 21, .level = 1, .after = 0xaba000e7},
	{"EA of a leaf", {{0x4018, 0xabcde067}}, .flags = AD | IOMT_WALK_EXTENDED_ACCESSED, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12, .after = 0xabcde467},
	{"EA of a table", {{0x2008, 0x3027}}, .flags = AD | IOMT_WALK_EXTENDED_ACCESSED, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12, .after = 0x3427},
	{"neither A nor D", {{0x4018, 0xabcde007}}, .access = RW, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
};

static const struct walk_case failing[] = {
	{"absent", {{0x4018, 0xfffffffffffffffe}}, .kind = IOMT_WALK_FAULT_ABSENT, .code = 0x0471},
	{"absent, write", {{0x3018, 0}}, .access = RW, .kind = IOMT_WALK_FAULT_ABSENT, .level = 1, .code = 0x0671},
	{"absent, privileged fetch", {{0x1008, 0}}, .access = EXEC | PRIV, .kind = IOMT_WALK_FAULT_ABSENT, .level = 3, .code = 0x1071},
	{"absent, privileged", {{0x4018, 0}}, .access = IOMT_READ | PRIV, .kind = IOMT_WALK_FAULT_ABSENT, .code = 0x0071},
	{"absent, privileged write", {{0x4018, 0}}, .access = RW | PRIV, .kind = IOMT_WALK_FAULT_ABSENT, .code = 0x0271},
	{"absent, fetch", {{0x4018, 0}}, .access = EXEC, .kind = IOMT_WALK_FAULT_ABSENT, .code = 0x1471},
	{"not canonical", .flags = IOMT_WALK_SIGNED, .iova = 0x800000000000, .kind = IOMT_WALK_FAULT_INPUT, .level = 3, .code = 0xff80},
	{"not canonical, from above", .flags = IOMT_WALK_SIGNED, .iova = 0xffff7fffffffffff, .kind = IOMT_WALK_FAULT_INPUT, .level = 3, .code = 0xff80},
	{"above 48 bits", .iova = 0x1000000000000, .kind = IOMT_WALK_FAULT_INPUT, .level = 3, .code = 0xff80},
	{"five levels, not canonical", .flags = IOMT_WALK_SIGNED, .levels = 5, .iova = 0x100000000000000, .kind = IOMT_WALK_FAULT_INPUT, .level = 4, .code = 0xff80},
	{"XD is reserved", {{0x4018, XD | 0xabcde067}}, .no_flags = IOMT_WALK_NX, .kind = IOMT_WALK_FAULT_RESERVED, .code = 0x0d72},
	{"XD is reserved above", {{0x1008, XD | 0x2027}}, .no_flags = IOMT_WALK_NX, .kind = IOMT_WALK_FAULT_RESERVED, .level = 3, .code = 0x0d72},
	{"PS at the top", {{0x1008, 0x20a7}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 3, .code = 0x0d72},
	{"PS at the top, privileged", {{0x1008, 0x20a7}}, .access = IOMT_READ | PRIV, .kind = IOMT_WALK_FAULT_RESERVED, .level = 3, .code = 0x0972},
	{"PS at the top, privileged write", {{0x1008, 0x20a7}}, .access = RW | PRIV, .kind = IOMT_WALK_FAULT_RESERVED, .level = 3, .code = 0x0b72},
	{"PS at the top, privileged fetch", {{0x1008, 0x20a7}}, .access = EXEC | PRIV, .kind = IOMT_WALK_FAULT_RESERVED, .level = 3, .code = 0x1972},
	{"PS at the top, fetch", {{0x1008, 0x20a7}}, .access = EXEC, .kind = IOMT_WALK_FAULT_RESERVED, .level = 3, .code = 0x1d72},
	{"PS at the fifth", {{0x5008, 0x10a7}}, .root = 0x5000, .levels = 5, .iova = 0x1008040603456, .kind = IOMT_WALK_FAULT_RESERVED, .level = 4, .code = 0x0d72},
	{"no 1G", {{0x2008, 0x800000e7}}, .page_sizes = 0x201000, .kind = IOMT_WALK_FAULT_RESERVED, .level = 2, .code = 0x0d72},
	{"bit 13 of 2M", {{0x3018, 0xaba020e7}}, .access = RW, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 0x0f72},
	{"bit 20 of 2M", {{0x3018, 0xabb000e7}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 0x0d72},
	{"bit 29 of 1G", {{0x2008, 0xa00000e7}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 2, .code = 0x0d72},
	{"beyond 40 bits", {{0x4018, 0x100abcde067}}, .oa_bits = 40, .kind = IOMT_WALK_FAULT_RESERVED, .code = 0x0d72},
	{"bit 51 beyond 51 bits", {{0x1008, 0x8000000002027}}, .oa_bits = 51, .kind = IOMT_WALK_FAULT_RESERVED, .level = 3, .code = 0x0d72},
	{"G at the top, AMD", {{0x1008, 0x2127}}, .flags = IOMT_WALK_TOP_GLOBAL_RESERVED, .kind = IOMT_WALK_FAULT_RESERVED, .level = 3, .code = 0x0d72},
	{"user on a privileged page", {{0x4018, 0xabcde063}}, .kind = IOMT_WALK_FAULT_USER, .code = 0x0581},
	{"user on a privileged table, write", {{0x2008, 0x3023}}, .access = IOMT_WRITE, .kind = IOMT_WALK_FAULT_USER, .code = 0x0781},
	{"write on read-only", {{0x4018, 0xabcde065}}, .access = RW, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x0785},
	{"write, read-only above", {{0x1008, 0x2025}}, .access = IOMT_WRITE, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x0785},
	{"WP", {{0x4018, 0xabcde061}}, .flags = IOMT_WALK_WP, .access = IOMT_WRITE | PRIV, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x0385},
	{"XD", {{0x4018, XD | 0xabcde067}}, .access = EXEC, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x1582},
	{"XD above", {{0x3018, XD | 0x4027}}, .access = EXEC | PRIV, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x1182},
	{"SMEP", .flags = IOMT_WALK_SMEP, .access = EXEC | PRIV, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x1182},
	{"SMAP", .flags = IOMT_WALK_PAN, .access = IOMT_READ | PRIV, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x0186},
	{"denied", .deny = IOMT_READ, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x0586},
	{"ignored bits, then absent", {{0x2008, 0x100000000003027}, {0x3018, 0}}, .kind = IOMT_WALK_FAULT_ABSENT, .level = 1, .code = 0x0471},
	{"a table without memory", {{0x3018, 0x81027}}, .kind = IOMT_WALK_FAULT_TABLE, .code = 0xff70},
	{"a top without memory", .root = 0xffffffffff000, .kind = IOMT_WALK_FAULT_TABLE, .level = 3, .code = 0xff73},
};
/* clang-format on */

static void translates(void)
{
	walk_check(&suite, translating, sizeof(translating) / sizeof(translating[0]));
}

static void faults(void)
{
	walk_check(&suite, failing, sizeof(failing) / sizeof(failing[0]));
}

static void is_listed(const struct iomt_walk_fault *fault)
{
	int error = iomt_walk_x86_error(fault, true);

	CHECK(codes_has(&codes_x86, error < 0 ? 0x100 : (uint32_t)error));
}

/* What there is to report is raised above. */
static void codes(void)
{
	faults();
	codes_all_faults(is_listed);
	codes_check(&seen);
}

/* Accessed bits in memory that cannot be written: a fault of its own, on the entry in question. */
static void no_update(void)
{
	static struct guest guest;
	struct iomt_walk_cfg cfg = suite.cfg;
	struct iomt_walker walker;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;

	for (int i = 0; i < 2; i++) {
		guest_open(&guest, i == 0);
		guest.region.read_only = true;
		guest.mem.cas64 = NULL;
		for (size_t k = 0; k < suite.count; k++)
			*guest_word(&guest, words[k].address) = words[k].value;
		*guest_word(&guest, 0x3018) = 0x4007;
		cfg.size = sizeof(cfg);
		cfg.mem = &guest.mem;
		cfg.flags |= AD;
		CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
		CHECK_INT(iomt_walk(&walker, suite.iova, IOMT_READ, &leaf, &fault), IOMT_EFAULT);
		CHECK_EQ(fault.kind, IOMT_WALK_FAULT_UPDATE);
		CHECK_EQ(fault.level, 1);
		CHECK_EQ(fault.address, 0x3018);
		CHECK_EQ(fault.entry, 0x4007);
		CHECK_EQ(iomt_walk_vtd_reason(&fault, true), 0x91);
		CHECK_INT(iomt_walk_x86_error(&fault, true), IOMT_EIO);
		CHECK_INT(iomt_walk(&walker, suite.iova, IOMT_READ | IOMT_WALK_LOOK, &leaf, &fault),
			  0);
	}
}

/* PAT << 2 | PCD << 1 | PWT, from bit 7 of a page and bit 12 of a large one; and the path. */
static void type_and_path(void)
{
	static struct guest guest;
	struct iomt_walk_cfg cfg = suite.cfg;
	struct iomt_walker walker;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
	struct iomt_walk_path path;

	guest_open(&guest, true);
	for (size_t k = 0; k < suite.count; k++)
		*guest_word(&guest, words[k].address) = words[k].value;
	*guest_word(&guest, 0x4018) = 0xabcde0ef;
	cfg.size = sizeof(cfg);
	cfg.mem = &guest.mem;
	CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
	CHECK_INT(iomt_walk_with_path(&walker, suite.iova, RW, &leaf, &fault, &path), 0);
	CHECK_EQ(leaf.type, 5);
	CHECK_EQ(leaf.entry, 0xabcde0ef);
	CHECK_EQ(path.count, 4);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQ(path.steps[i].address, words[i].address);
		CHECK_EQ(path.steps[i].entry, words[i].value);
		CHECK_EQ(path.steps[i].level, 3 - i);
	}
	*guest_word(&guest, 0x3018) = 0xaba010f7;
	CHECK_INT(iomt_walk_with_path(&walker, suite.iova, RW, &leaf, &fault, &path), 0);
	CHECK_EQ(leaf.type, 6);
	CHECK_EQ(path.count, 3);
	*guest_word(&guest, 0x2008) = 0;
	CHECK_INT(iomt_walk_with_path(&walker, suite.iova, RW, &leaf, &fault, &path), IOMT_EFAULT);
	CHECK_EQ(path.count, 2);
}

TEST_SUITE(walk_x86_64, TEST(translates), TEST(faults), TEST(codes), TEST(no_update),
	   TEST(type_and_path));
