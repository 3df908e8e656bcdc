/* SPDX-License-Identifier: MIT */
/*
 * VT-d second stage tables in guest memory. D51397, 9.9: R 0, W 1, EMT 5:3, IPAT 6, PS 7, A 8, D 9, SNP
 * 11, address 51:12, TM 62; fault reasons of the legacy and the scalable mode.
 *
 * Four levels at 0x1000. 0x8040603456 is slot 1, 1, 3, 3.
 */
#include "guest.h"

static const struct word words[] = {
	{0x1008, 0x2003},
	{0x2008, 0x3003},
	{0x3018, 0x4003},
	{0x4018, 0xabcde003},
};

/* the legacy reason, below it the scalable one */
static uint64_t code(const struct iomt_walk_fault *fault)
{
	CHECK_EQ(fault->stage, 2);
	return (uint64_t)iomt_walk_vtd_reason(fault, false) << 8 |
	       iomt_walk_vtd_reason(fault, true);
}

static const struct walk_suite suite = {
	.words = words,
	.count = sizeof(words) / sizeof(words[0]),
	.cfg = {.format = &iomt_walk_vtd_ss, .root = 0x1000, .levels = 4, .oa_bits = 52},
	.iova = 0x8040603456,
	.code = code,
};

#define RWX (RW | IOMT_EXEC)
#define AD  (IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY)

/* clang-format off */
static const struct walk_case translating[] = {
	{"4K", .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"2M", {{0x3018, 0xaba00083}}, .oa = 0xaba03456, .prot = RWX, .size_lg2 = 21, .level = 1},
	{"1G", {{0x2008, 0x80000083}}, .oa = 0x80603456, .prot = RWX, .size_lg2 = 30, .level = 2},
	{"PS of 4K is ignored", {{0x4018, 0xabcde083}}, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"SNP where it is known", {{0x4018, 0xabcde803}}, .flags = IOMT_WALK_SNOOP, .oa = 0xabcde456, .prot = RWX | IOMT_SNOOP, .size_lg2 = 12},
	{"SNP of 2M", {{0x3018, 0xaba00883}}, .flags = IOMT_WALK_SNOOP, .oa = 0xaba03456, .prot = RWX | IOMT_SNOOP, .size_lg2 = 21, .level = 1},
	{"TM where it is known", {{0x4018, 0x40000000abcde003}}, .flags = IOMT_WALK_TRANSIENT, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"ignored bits", {{0x4018, 0xbff00000abcde77f}}, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"write alone", {{0x4018, 0xabcde002}}, .access = IOMT_WRITE, .oa = 0xabcde456, .prot = IOMT_WRITE, .size_lg2 = 12},
	{"R is ANDed", {{0x1008, 0x2002}}, .access = IOMT_WRITE, .oa = 0xabcde456, .prot = IOMT_WRITE, .size_lg2 = 12},
	{"three levels", .root = 0x2000, .levels = 3, .iova = 0x40603456, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"five levels", {{0x5008, 0x1003}}, .root = 0x5000, .levels = 5, .iova = 0x1008040603456, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"A of a table", {{0x2008, 0x3003}}, .flags = AD, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12, .after = 0x3103},
	{"A, D of a leaf", {{0x4018, 0xabcde003}}, .flags = AD, .access = RW, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12, .after = 0xabcde303},
	{"ATS, write alone", {{0x4018, 0xabcde002}}, .access = RW | IOMT_EXEC | IOMT_WALK_ATS, .oa = 0xabcde456, .prot = IOMT_WRITE, .size_lg2 = 12},
	{"ATS, read-only", {{0x4018, 0xabcde001}}, .flags = AD, .access = RW | IOMT_WALK_ATS, .oa = 0xabcde456, .prot = IOMT_READ | IOMT_EXEC, .size_lg2 = 12, .after = 0xabcde101},
};

static const struct walk_case failing[] = {
	{"absent, read", {{0x4018, 0xfffffffffffffffc}}, .kind = IOMT_WALK_FAULT_ABSENT, .code = 0x0679},
	{"absent, write", {{0x1008, 0}}, .access = RW, .kind = IOMT_WALK_FAULT_ABSENT, .level = 3, .code = 0x0579},
	{"above 48 bits", .iova = 0x1000000000000, .kind = IOMT_WALK_FAULT_INPUT, .level = 3, .code = 0x0484},
	{"above MGAW", .iova_bits = 39, .kind = IOMT_WALK_FAULT_INPUT, .level = 3, .code = 0x0484},
	{"no read", {{0x4018, 0xabcde002}}, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x0686},
	{"no write", {{0x3018, 0x4001}}, .access = RW, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x0585},
	{"SNP", {{0x4018, 0xabcde803}}, .kind = IOMT_WALK_FAULT_RESERVED, .code = 0x0c7a},
	{"SNP of a table", {{0x3018, 0x4803}}, .flags = IOMT_WALK_SNOOP, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 0x0c7a},
	{"TM", {{0x4018, 0x40000000abcde003}}, .kind = IOMT_WALK_FAULT_RESERVED, .code = 0x0c7a},
	{"PS at the top", {{0x1008, 0x2083}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 3, .code = 0x0c7a},
	{"no 2M", {{0x3018, 0xaba00083}}, .page_sizes = 0x1000, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 0x0c7a},
	{"bit 12 of 2M", {{0x3018, 0xaba01083}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 0x0c7a},
	{"bit 29 of 1G", {{0x2008, 0xa0000083}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 2, .code = 0x0c7a},
	{"beyond 39 bits", {{0x4018, 0x80abcde003}}, .oa_bits = 39, .kind = IOMT_WALK_FAULT_RESERVED, .code = 0x0c7a},
	{"a table without memory", {{0x2008, 0x81003}}, .kind = IOMT_WALK_FAULT_TABLE, .level = 1, .code = 0x0778},
	{"a top without memory", .root = 0x81000, .kind = IOMT_WALK_FAULT_TABLE, .level = 3, .code = 0x037b},
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

/* EMT 5:3 with IPAT above; and bits that cannot be set. */
static void type_and_update(void)
{
	static struct guest guest;
	struct iomt_walk_cfg cfg = suite.cfg;
	struct iomt_walker walker;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;

	guest_open(&guest, true);
	for (size_t k = 0; k < suite.count; k++)
		*guest_word(&guest, words[k].address) = words[k].value;
	*guest_word(&guest, 0x4018) = 0xabcde073; /* IPAT, EMT 6 */
	cfg.size = sizeof(cfg);
	cfg.mem = &guest.mem;
	cfg.flags = AD;
	CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
	CHECK_INT(iomt_walk(&walker, suite.iova, IOMT_READ, &leaf, &fault), 0);
	CHECK_EQ(leaf.type, 14);
	CHECK(leaf.clean);
	CHECK_INT(iomt_walk(&walker, suite.iova, IOMT_WRITE, &leaf, &fault), 0);
	CHECK(!leaf.clean);
	CHECK_INT(iomt_walk(&walker, suite.iova, IOMT_READ, &leaf, &fault), 0);
	CHECK(!leaf.clean);
	*guest_word(&guest, 0x4018) = 0xabcde003;
	guest.region.read_only = true;
	CHECK_INT(iomt_walk(&walker, suite.iova, IOMT_READ, &leaf, &fault), IOMT_EFAULT);
	CHECK_EQ(fault.kind, IOMT_WALK_FAULT_UPDATE);
	CHECK_EQ(iomt_walk_vtd_reason(&fault, true), 0x7c);
}

TEST_SUITE(walk_vtd_ss, TEST(translates), TEST(faults), TEST(type_and_update));
