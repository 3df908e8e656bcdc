/* SPDX-License-Identifier: MIT */
/*
 * Arm tables in guest memory. DDI 0487, D8.3: valid 0, table or page 1, AttrIndx 4:2 (stage 2: MemAttr
 * 5:2), AP 7:6 (S2AP), SH 9:8, AF 10, nG 11, DBM 51, CONT 52, PXN 53, UXN 54 (XN 54:53); of tables
 * PXNTable 59, UXNTable 60, APTable 62:61. Status codes: D17.2.37. SMMUv3 events: IHI 0070, 7.3.
 */
#include "codes.h"
#include "guest.h"

#define S1_LEAF 0x00600000abcdef47 /* UXN, PXN, nG, AF, inner, AP 01: users too, AttrIndx 1 */
#define S2_LEAF 0x00400000abcde7ff /* XN, AF, inner, S2AP 11, MemAttr 15 */

/* Four levels at 0x1000. 0x8040603456 is slot 1, 1, 3, 3. */
static const struct word s1_words[] = {
	{0x1008, 0x2003},
	{0x2008, 0x3003},
	{0x3018, 0x4003},
	{0x4018, S1_LEAF},
};

/* Three levels, two tables side by side at 0x2000: slot 0x201, 3, 3. */
static const struct word s2_words[] = {
	{0x3008, 0x5003},
	{0x5018, 0x6003},
	{0x6018, S2_LEAF},
};

static struct codes_seen seen = {.codes = &codes_arm};

/* SMMUv3's event type, below it the status code */
static uint64_t code(const struct iomt_walk_fault *fault)
{
	struct iomt_walk_smmu_event event = iomt_walk_smmu_event(fault);

	CHECK_EQ(event.input, fault->iova);
	/* F_WALK_EABT of a stage 1: its own table; of a stage 2 alone: the input */
	CHECK_EQ(event.cls, event.type == 0x0b && !event.s2 ? 1 : 2);
	CHECK_EQ(event.s2, fault->stage == 2);
	CHECK_EQ(event.ipa, fault->stage == 2 ? fault->iova & ~0xfffULL : 0);
	CHECK_EQ(event.rnw, !(fault->access & IOMT_WRITE));
	CHECK_EQ(event.ind, !!(fault->access & IOMT_EXEC));
	CHECK_EQ(event.pnu, !!(fault->access & IOMT_PRIV));
	CHECK_EQ(event.fetch, event.type == 0x0b ? fault->address : 0);
	codes_saw(&seen, iomt_walk_arm_status(fault));
	return (uint64_t)event.type << 8 | iomt_walk_arm_status(fault);
}

/* MAIR 1 is write-back here, 0 device, 2 non-cacheable, 3 write-through */
#define MAIR 0xbb44ff04ULL

static const struct walk_suite s1 = {.words = s1_words,
				     .count = 4,
				     .cfg = {.format = &iomt_walk_arm_s1_4k,
					     .root = 0x1000,
					     .iova_bits = 48,
					     .oa_bits = 48,
					     .mair = MAIR},
				     .iova = 0x8040603456,
				     .code = code};

static const struct walk_suite s2 = {.words = s2_words,
				     .count = 3,
				     .cfg = {.format = &iomt_walk_arm_s2_4k,
					     .root = 0x2000,
					     .iova_bits = 40,
					     .levels = 3,
					     .oa_bits = 48},
				     .iova = 0x8040603456,
				     .code = code};

#define RWX		(RW | IOMT_EXEC)
#define EXEC		IOMT_EXEC
#define PRIV		IOMT_PRIV
#define HA		IOMT_WALK_ACCESSED
#define HD		(IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY)
#define DBM		0x0008000000000000
#define CONT		0x0010000000000000
#define LEAF		S1_LEAF
#define RO		0x80
#define USER		0x40
#define AF		0x400
#define TABLE(bits)	((bits) | 0x4003)
#define S1_CHECK(cases) walk_check(&s1, cases, sizeof(cases) / sizeof((cases)[0]))
#define S2_CHECK(cases) walk_check(&s2, cases, sizeof(cases) / sizeof((cases)[0]))

/* clang-format off */
static const struct walk_case s1_translating[] = {
	{"4K", .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"2M", {{0x3018, 0x00600000aba00f45}}, .oa = 0xaba03456, .prot = RW, .size_lg2 = 21, .level = 1},
	{"2M, RES0 bits", {{0x3018, 0x00600000abbffF45}}, .oa = 0xaba03456, .prot = RW, .size_lg2 = 21, .level = 1},
	{"1G", {{0x2008, 0x0060000080000f45}}, .oa = 0x80603456, .prot = RW, .size_lg2 = 30, .level = 2},
	{"bits 51:48 are RES0", {{0x4018, LEAF | 0x0007000000000000}}, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"read-only", {{0x4018, LEAF | RO}}, .oa = 0xabcde456, .prot = IOMT_READ, .size_lg2 = 12},
	{"privileged", {{0x4018, LEAF & ~USER}}, .access = RW | PRIV, .oa = 0xabcde456, .prot = RW | PRIV, .size_lg2 = 12},
	{"global, device", {{0x4018, 0x00600000abcde743 & ~0x300}}, .oa = 0xabcde456, .prot = RW | IOMT_GLOBAL | IOMT_TYPE_DEVICE, .size_lg2 = 12},
	{"non-cacheable", {{0x4018, 0x00600000abcdef4b}}, .oa = 0xabcde456, .prot = RW | IOMT_TYPE_UNCACHED, .size_lg2 = 12},
	{"write-through", {{0x4018, 0x00600000abcdef4f}}, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"users execute", {{0x4018, 0x00200000abcdef47}}, .access = EXEC, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"users only execute", {{0x4018, 0x00200000abcdef07}}, .access = EXEC, .oa = 0xabcde456, .prot = EXEC | PRIV, .size_lg2 = 12},
	{"privileged execute", {{0x4018, 0x00400000abcdef07}}, .access = EXEC | PRIV, .oa = 0xabcde456, .prot = RWX | PRIV, .size_lg2 = 12},
	{"privileged do not execute what users write", {{0x4018, 0x00000000abcdef47}}, .access = RW | PRIV, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"they do execute what users read", {{0x4018, 0x00000000abcdefc7}}, .access = EXEC | PRIV, .oa = 0xabcde456, .prot = IOMT_READ | EXEC, .size_lg2 = 12},
	{"WXN, read-only", {{0x4018, 0x00000000abcdefc7}}, .flags = IOMT_WALK_WXN, .access = EXEC, .oa = 0xabcde456, .prot = IOMT_READ | EXEC, .size_lg2 = 12},
	{"WXN, writable", {{0x4018, 0x00000000abcdef47}}, .flags = IOMT_WALK_WXN, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"PAN, privileged page", {{0x4018, LEAF & ~USER}}, .flags = IOMT_WALK_PAN, .access = RW | PRIV, .oa = 0xabcde456, .prot = RW | PRIV, .size_lg2 = 12},
	{"PAN leaves execution", {{0x4018, 0x00000000abcdefc7}}, .flags = IOMT_WALK_PAN, .access = EXEC | PRIV, .oa = 0xabcde456, .prot = EXEC, .size_lg2 = 12},
	{"APTable: read-only", {{0x1008, 0x4000000000002003}}, .oa = 0xabcde456, .prot = IOMT_READ, .size_lg2 = 12},
	{"APTable: no users", {{0x3018, TABLE(0x2000000000000000)}}, .access = RW | PRIV, .oa = 0xabcde456, .prot = RW | PRIV, .size_lg2 = 12},
	{"UXNTable", {{0x3018, TABLE(0x1000000000000000)}, {0x4018, 0x00200000abcdef47}}, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"PXNTable", {{0x3018, TABLE(0x0800000000000000)}, {0x4018, 0x00000000abcdefc7}}, .access = IOMT_READ | PRIV, .oa = 0xabcde456, .prot = IOMT_READ, .size_lg2 = 12},
	{"HPD", {{0x1008, 0x7800000000002003}}, .flags = IOMT_WALK_FLAT_PERMISSIONS, .access = RW, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"NSTable", {{0x1008, 0x8000000000002003}}, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	/* 64K: entry 3 of 16 holds address bits 15:12 of 3 */
	{"CONT", {{0x4018, CONT | 0x00600000abcd3f47}}, .oa = 0xabcd3456, .prot = RW, .size_lg2 = 16},
	{"CONT in another place", {{0x4018, CONT | LEAF}}, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"CONT of 2M", {{0x3018, CONT | 0x00600000aa600f45}}, .oa = 0xaa603456, .prot = RW, .size_lg2 = 25, .level = 1},
	{"CONT of 2M, no such run", {{0x3018, CONT | 0x00600000aa600f45}}, .page_sizes = 0x201000, .oa = 0xaa603456, .prot = RW, .size_lg2 = 21, .level = 1},
	{"39 bits", .root = 0x2000, .iova_bits = 39, .iova = 0x40603456, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"TTBR1", {{0x2ff8, 0x3003}}, .flags = IOMT_WALK_UPPER, .root = 0x2000, .iova_bits = 39, .iova = 0xffffffffc0603456, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"TBI", .flags = IOMT_WALK_TOP_BYTE, .iova = 0xa500008040603456, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"TBI, upper", {{0x2ff8, 0x3003}}, .flags = IOMT_WALK_UPPER | IOMT_WALK_TOP_BYTE, .root = 0x2000, .iova_bits = 39, .iova = 0x00ffffffc0603456, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"a root's low bits", .root = 0x1fff, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"HA sets AF", {{0x4018, LEAF & ~AF}}, .flags = HA, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12, .after = LEAF},
	{"AFFD", {{0x4018, LEAF & ~AF}}, .flags = IOMT_WALK_NO_ACCESS_FAULT, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"clean, read", {{0x4018, LEAF | DBM | RO}}, .flags = HD, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"clean, written", {{0x4018, LEAF | DBM | RO}}, .flags = HD, .access = IOMT_WRITE, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12, .after = LEAF | DBM},
	{"clean and not accessed, written", {{0x4018, (LEAF | DBM | RO) & ~AF}}, .flags = HD, .access = RW, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12, .after = LEAF | DBM},
	{"dirty", {{0x4018, LEAF | DBM}}, .flags = HD, .access = RW, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"clean is read-only without HD", {{0x4018, LEAF | DBM | RO}}, .flags = HA, .oa = 0xabcde456, .prot = IOMT_READ, .size_lg2 = 12},
	{"ATS, clean without HD", {{0x4018, LEAF | DBM | RO}}, .access = RW | IOMT_WALK_ATS, .oa = 0xabcde456, .prot = IOMT_READ, .size_lg2 = 12},
	/* PCIe 10.2.3: Exe without R is no answer, and who gets nothing leaves no mark */
	{"ATS, users only execute", {{0x4018, 0x00200000abcdef07}}, .access = EXEC | IOMT_WALK_ATS, .oa = 0xabcde456, .prot = PRIV, .size_lg2 = 12},
	{"ATS, users only execute, HA", {{0x4018, 0x00200000abcdeb07}}, .flags = HA, .access = EXEC | IOMT_WALK_ATS, .oa = 0xabcde456, .prot = PRIV, .size_lg2 = 12},
	{"ATS, PAN leaves execution", {{0x4018, 0x00000000abcdefc7}}, .flags = IOMT_WALK_PAN, .access = IOMT_READ | EXEC | PRIV | IOMT_WALK_ATS, .oa = 0xabcde456, .size_lg2 = 12},
	{"ATS, read and execute", {{0x4018, 0x00200000abcdefc7}}, .access = RWX | IOMT_WALK_ATS, .oa = 0xabcde456, .prot = IOMT_READ | EXEC, .size_lg2 = 12},
};

static const struct walk_case s1_failing[] = {
	{"invalid", {{0x4018, LEAF & ~1}}, .kind = IOMT_WALK_FAULT_ABSENT, .code = 0x1007},
	{"invalid before the last", {{0x3018, 0}}, .kind = IOMT_WALK_FAULT_ABSENT, .level = 1, .code = 0x1006},
	{"invalid at the second", {{0x2008, 0}}, .kind = IOMT_WALK_FAULT_ABSENT, .level = 2, .code = 0x1005},
	{"invalid at the top", {{0x1008, 0}}, .access = RW, .kind = IOMT_WALK_FAULT_ABSENT, .level = 3, .code = 0x1004},
	{"no block of 512G", {{0x1008, 0x0060000000000f45}}, .kind = IOMT_WALK_FAULT_ABSENT, .level = 3, .code = 0x1004},
	{"a block at the last level", {{0x4018, LEAF & ~2}}, .kind = IOMT_WALK_FAULT_ABSENT, .code = 0x1007},
	{"above 48 bits", .iova = 0x0001000000000000, .kind = IOMT_WALK_FAULT_INPUT, .level = 3, .code = 0x1004},
	{"below TTBR1's", .flags = IOMT_WALK_UPPER, .root = 0x2000, .iova_bits = 39, .iova = 0xffffff7fffffffff, .kind = IOMT_WALK_FAULT_INPUT, .level = 2, .code = 0x1004},
	{"without TBI", .iova = 0xa500008040603456, .kind = IOMT_WALK_FAULT_INPUT, .level = 3, .code = 0x1004},
	{"beyond 40 bits", {{0x4018, LEAF | 0x10000000000}}, .oa_bits = 40, .kind = IOMT_WALK_FAULT_OUTPUT, .code = 0x1103},
	{"a table beyond 40 bits", {{0x2008, 0x10000003003}}, .oa_bits = 40, .kind = IOMT_WALK_FAULT_OUTPUT, .level = 2, .code = 0x1101},
	{"a block of 2M beyond 40 bits", {{0x3018, 0x00600100aba00f45}}, .oa_bits = 40, .kind = IOMT_WALK_FAULT_OUTPUT, .level = 1, .code = 0x1102},
	{"a block beyond 32 bits", {{0x2008, 0x0060000180000f45}}, .oa_bits = 32, .kind = IOMT_WALK_FAULT_OUTPUT, .level = 2, .code = 0x1101},
	{"the root beyond 32 bits", .oa_bits = 32, .root = 0x100001000, .kind = IOMT_WALK_FAULT_OUTPUT, .level = 3, .code = 0x1100},
	{"address before AF", {{0x4018, (LEAF & ~AF) | 0x10000000000}}, .oa_bits = 40, .kind = IOMT_WALK_FAULT_OUTPUT, .code = 0x1103},
	{"AF clear", {{0x4018, LEAF & ~AF}}, .kind = IOMT_WALK_FAULT_ACCESSED, .code = 0x120b},
	{"AF before permission", {{0x4018, (LEAF & ~AF) | RO}}, .access = RW, .kind = IOMT_WALK_FAULT_ACCESSED, .code = 0x120b},
	{"AF of 1G", {{0x2008, 0x0060000080000b45}}, .kind = IOMT_WALK_FAULT_ACCESSED, .level = 2, .code = 0x1209},
	{"write on read-only", {{0x4018, LEAF | RO}}, .access = RW, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"write on clean without HD", {{0x4018, LEAF | RO | DBM}}, .flags = HA, .access = IOMT_WRITE, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"write on clean, APTable", {{0x4018, LEAF | RO | DBM}, {0x1008, 0x4000000000002003}}, .flags = HD, .access = IOMT_WRITE, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"users on privileged", {{0x4018, LEAF & ~USER}}, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"APTable: no users", {{0x2008, 0x2000000000003003}}, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"write on 1G that is read-only", {{0x2008, 0x0060000080000fc5}}, .access = RW, .kind = IOMT_WALK_FAULT_PERMISSION, .level = 2, .code = 0x130d},
	{"APTable: no writes, 2M", {{0x2008, 0x4000000000003003}, {0x3018, 0x00600000aba00f45}}, .access = IOMT_WRITE | PRIV, .kind = IOMT_WALK_FAULT_PERMISSION, .level = 1, .code = 0x130e},
	{"UXN", .access = EXEC, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"UXNTable", {{0x1008, 0x1000000000002003}, {0x4018, 0x00200000abcdef47}}, .access = EXEC, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"PXN", {{0x4018, 0x00200000abcdefc7}}, .access = EXEC | PRIV, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"PXN by a user's write", {{0x4018, 0x00000000abcdef47}}, .access = EXEC | PRIV, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"WXN", {{0x4018, 0x00000000abcdef47}}, .flags = IOMT_WALK_WXN, .access = EXEC, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"WXN, privileged", {{0x4018, 0x00000000abcdef07}}, .flags = IOMT_WALK_WXN, .access = EXEC | PRIV, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"PAN", .flags = IOMT_WALK_PAN, .access = IOMT_READ | PRIV, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"a table without memory", {{0x1008, 0x81003}}, .kind = IOMT_WALK_FAULT_TABLE, .level = 2, .code = 0x0b15},
	{"a table of pages of 2M without memory", {{0x2008, 0x81003}}, .kind = IOMT_WALK_FAULT_TABLE, .level = 1, .code = 0x0b16},
	{"a top without memory", .root = 0x81000, .kind = IOMT_WALK_FAULT_TABLE, .level = 3, .code = 0x0b14},
};

static const struct walk_case s2_translating[] = {
	{"4K, the second table", .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"2M", {{0x5018, 0x00400000aba007fd}}, .oa = 0xaba03456, .prot = RW, .size_lg2 = 21, .level = 1},
	{"1G", {{0x3008, 0x00400000800007fd}}, .oa = 0x80603456, .prot = RW, .size_lg2 = 30, .level = 2},
	{"read alone, device", {{0x6018, 0x00400000abcde447}}, .oa = 0xabcde456, .prot = IOMT_READ | IOMT_TYPE_DEVICE, .size_lg2 = 12},
	{"write alone, non-cacheable", {{0x6018, 0x00400000abcde497}}, .access = IOMT_WRITE, .oa = 0xabcde456, .prot = IOMT_WRITE | IOMT_TYPE_UNCACHED, .size_lg2 = 12},
	{"execute", {{0x6018, 0x00000000abcde7ff}}, .access = EXEC, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"XN[0] alone without XNX", {{0x6018, 0x00200000abcde7ff}}, .access = EXEC | PRIV, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"XNX 01: users", {{0x6018, 0x00200000abcde7ff}}, .flags = IOMT_WALK_XNX, .access = EXEC, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"XNX 11: privileged", {{0x6018, 0x00600000abcde7ff}}, .flags = IOMT_WALK_XNX, .access = EXEC | PRIV, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"CONT", {{0x6018, CONT | 0x00400000abcd37ff}}, .oa = 0xabcd3456, .prot = RW, .size_lg2 = 16},
	{"HD", {{0x6018, DBM | 0x00400000abcde77f}}, .flags = HD, .access = IOMT_WRITE, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12, .after = DBM | S2_LEAF},
	{"execute alone", {{0x6018, 0x00000000abcde73f}}, .access = EXEC, .oa = 0xabcde456, .prot = EXEC, .size_lg2 = 12},
	{"execute alone, ATS", {{0x6018, 0x00000000abcde73f}}, .access = EXEC | IOMT_WALK_ATS, .oa = 0xabcde456, .size_lg2 = 12},
	{"write and execute, ATS", {{0x6018, 0x00000000abcde7bf}}, .access = RWX | IOMT_WALK_ATS, .oa = 0xabcde456, .prot = IOMT_WRITE, .size_lg2 = 12},
	{"HA", {{0x6018, 0x00400000abcde3ff}}, .flags = HA, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12, .after = S2_LEAF},
};

static const struct walk_case s2_failing[] = {
	{"invalid", {{0x6018, 0}}, .kind = IOMT_WALK_FAULT_ABSENT, .code = 0x1007},
	{"above 40 bits", .iova = 0x10000000000, .kind = IOMT_WALK_FAULT_INPUT, .level = 2, .code = 0x1004},
	{"beyond 36 bits", {{0x6018, 0x00401000abcde7ff}}, .oa_bits = 36, .kind = IOMT_WALK_FAULT_OUTPUT, .code = 0x1103},
	{"AF clear", {{0x5018, 0x00400000aba003fd}}, .kind = IOMT_WALK_FAULT_ACCESSED, .level = 1, .code = 0x120a},
	{"no read", {{0x6018, 0x00400000abcde7bf}}, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"no write", {{0x6018, 0x00400000abcde77f}}, .access = RW, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"XN", .access = EXEC, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"XNX 01: privileged", {{0x6018, 0x00200000abcde7ff}}, .flags = IOMT_WALK_XNX, .access = EXEC | PRIV, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"XNX 11: users", {{0x6018, 0x00600000abcde7ff}}, .flags = IOMT_WALK_XNX, .access = EXEC, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x130f},
	{"a table without memory", {{0x5018, 0xfffffffff003}}, .kind = IOMT_WALK_FAULT_TABLE, .code = 0x0b17},
};
/* clang-format on */

static void stage_1(void)
{
	S1_CHECK(s1_translating);
	S1_CHECK(s1_failing);
}

static void stage_2(void)
{
	S2_CHECK(s2_translating);
	S2_CHECK(s2_failing);
}

/* The same address through each granule and layout: words worked out by hand for each. */
struct layout {
	const struct iomt_walk_format *format;
	uint8_t iova_bits;
	uint8_t oa_bits;
	uint8_t levels;
	uint64_t iova;
	struct word words[5];
	uint64_t oa;
	uint8_t size_lg2;
	uint8_t level;
	uint8_t kind; /* and code, for those that fault */
	uint64_t code;
};

/* clang-format off */
static const struct layout layouts[] = {
	/* 16K, 47 bits: slot iova >> 36, >> 25 & 0x7ff, >> 14 & 0x7ff: 1, 2, 3 */
	{&iomt_walk_arm_s1_16k, 47, 48, 0, 0x100400d234, {{0x10008, 0x14003}, {0x14010, 0x18003}, {0x18018, 0xabc00f47}}, 0xabc01234, 14, 0, 0, 0},
	{&iomt_walk_arm_s1_16k, 47, 48, 0, 0x100400d234, {{0x10008, 0x14003}, {0x14010, 0xaa000f45}}, 0xaa00d234, 25, 1, 0, 0},
	/* a run of 128 pages: 2M, slot 3 */
	{&iomt_walk_arm_s1_16k, 47, 48, 0, 0x100400d234, {{0x10008, 0x14003}, {0x14010, 0x18003}, {0x18018, CONT | 0xaa00cf47}}, 0xaa00d234, 21, 0, 0, 0},
	/* no block of 64G without LPA2 */
	{&iomt_walk_arm_s1_16k, 47, 48, 0, 0x100400d234, {{0x10008, 0xf45}}, 0, 0, 2, IOMT_WALK_FAULT_ABSENT, 0x1005},
	/* 64K, 48 bits: >> 42, >> 29 & 0x1fff, >> 16 & 0x1fff: 1, 2, 3 */
	{&iomt_walk_arm_s1_64k, 48, 48, 0, 0x40040035678, {{0x10008, 0x20003}, {0x20010, 0x30003}, {0x30018, 0xabcd0f47}}, 0xabcd5678, 16, 0, 0, 0},
	/* 15:12 are nothing with 48 bits, and address bits 51:48 with 52 */
	{&iomt_walk_arm_s1_64k, 48, 48, 0, 0x40040035678, {{0x10008, 0x20003}, {0x20010, 0x30003}, {0x30018, 0xabcdaf47}}, 0xabcd5678, 16, 0, 0, 0},
	{&iomt_walk_arm_s1_64k, 48, 52, 0, 0x40040035678, {{0x10008, 0x20003}, {0x20010, 0x30003}, {0x30018, 0xabcdaf47}}, 0xa0000abcd5678, 16, 0, 0, 0},
	{&iomt_walk_arm_s1_64k, 48, 52, 0, 0x40040035678, {{0x10008, 0x80000000f45}}, 0x80040035678, 42, 2, 0, 0},
	{&iomt_walk_arm_s1_64k, 48, 48, 0, 0x40040035678, {{0x10008, 0x80000000f45}}, 0, 0, 2, IOMT_WALK_FAULT_ABSENT, 0x1005},
	/* 52 bits of input: slot 0x201 of the top */
	{&iomt_walk_arm_s1_64k, 52, 52, 0, 0x8040040035678, {{0x11008, 0x20003}, {0x20010, 0x30003}, {0x30018, 0xabcd0f47}}, 0xabcd5678, 16, 0, 0, 0},
	/* 4K with LPA2, five levels: 1, 1, 1, 3, 3; 51:50 in 9:8 */
	{&iomt_walk_arm_s1_4k_lpa2, 52, 52, 0, 0x1008040603456, {{0x10008, 0x11003}, {0x11008, 0x12003}, {0x12008, 0x13003}, {0x13018, 0x14003}, {0x14018, 0x20000abcdee47}}, 0xa0000abcde456, 12, 0, 0, 0},
	{&iomt_walk_arm_s1_4k_lpa2, 52, 52, 0, 0x1008040603456, {{0x10008, 0x11003}, {0x11008, 0x8000000c45}}, 0x8040603456, 39, 3, 0, 0},
	{&iomt_walk_arm_s1_4k_lpa2, 52, 48, 0, 0x1008040603456, {{0x10008, 0x11003}, {0x11008, 0x12203}}, 0, 0, 3, IOMT_WALK_FAULT_OUTPUT, 0x1100},
	{&iomt_walk_arm_s1_4k_lpa2, 52, 48, 0, 0x1008040603456, {{0x10008, 0x11103}}, 0, 0, 4, IOMT_WALK_FAULT_OUTPUT, 0x1129},
	{&iomt_walk_arm_s1_4k_lpa2, 52, 48, 0, 0x1008040603456, {{0, 0}}, 0, 0, 4, IOMT_WALK_FAULT_ABSENT, 0x102b},
	{&iomt_walk_arm_s1_4k_lpa2, 52, 48, 0, 0x1008040603456, {{0x10008, 0xc45}}, 0, 0, 4, IOMT_WALK_FAULT_ABSENT, 0x102b},
	{&iomt_walk_arm_s1_4k_lpa2, 52, 52, 0, 0x1008040603456, {{0x10008, 0x11003}, {0x11008, 0x8000000845}}, 0, 0, 3, IOMT_WALK_FAULT_ACCESSED, 0x1208},
	{&iomt_walk_arm_s1_4k_lpa2, 52, 52, 0, 0x1008040603456, {{0x10008, 0x11003}, {0x11008, 0x8000000cc5}}, 0, 0, 3, IOMT_WALK_FAULT_PERMISSION, 0x130c},
	{&iomt_walk_arm_s1_16k_lpa2, 47, 52, 0, 0x100400d234, {{0x10008, 0x1000000c45}}, 0x100400d234, 36, 2, 0, 0},
	/* stage 2: 16K from level 2 with 40 bits is two levels and sixteen tables; slot 0x802, 3 */
	{&iomt_walk_arm_s2_16k, 40, 48, 2, 0x100400d234, {{0x44010, 0x18003}, {0x18018, 0xabc007ff}}, 0xabc01234, 14, 0, 0, 0},
	{&iomt_walk_arm_s2_64k, 42, 48, 2, 0x40035678, {{0x40010, 0x30003}, {0x30018, 0xabcd07ff}}, 0xabcd5678, 16, 0, 0, 0},
	{&iomt_walk_arm_s2_64k, 42, 48, 2, 0x40035678, {{0x40010, 0x200007fd}}, 0x20035678, 29, 1, 0, 0},
	{&iomt_walk_arm_s2_4k_lpa2, 52, 52, 5, 0x1008040603456, {{0x40008, 0x11003}, {0x11008, 0x12003}, {0x12008, 0x13003}, {0x13018, 0x14003}, {0x14018, 0xabcde5ff}}, 0x40000abcde456, 12, 0, 0, 0},
	{&iomt_walk_arm_s2_16k_lpa2, 40, 52, 2, 0x100400d234, {{0x44010, 0x18003}, {0x18018, 0x3000abc004ff}}, 0x3000abc01234, 14, 0, 0, 0},
};
/* clang-format on */

static void check_layout(const struct layout *layout, unsigned number, struct guest *guest)
{
	bool stage_2 = layout->levels;
	struct iomt_walk_cfg cfg = {.size = sizeof(cfg),
				    .format = layout->format,
				    .mem = &guest->mem,
				    .root = stage_2 ? 0x40000 : 0x10000,
				    .iova_bits = layout->iova_bits,
				    .oa_bits = layout->oa_bits,
				    .levels = layout->levels,
				    .mair = MAIR};
	struct iomt_pt_cfg_error error = {"", ""};
	struct iomt_walker walker;
	struct iomt_walk_leaf leaf = {0};
	struct iomt_walk_fault fault = {0};
	int err;

	for (unsigned i = 0; i < 5 && layout->words[i].address; i++)
		*guest_word(guest, layout->words[i].address) = layout->words[i].value;
	err = iomt_walker_init(&walker, &cfg, &error);
	CHECK_MSG(!err, "%u: %s: %s", number, error.field, error.reason);
	err = iomt_walk(&walker, layout->iova, RW, &leaf, &fault);
	CHECK_MSG(err == (layout->kind ? IOMT_EFAULT : 0) && fault.kind == layout->kind,
		  "%u: %d, %s", number, err, iomt_walk_fault_text(fault.kind));
	if (err) {
		CHECK_EQ(fault.level, layout->level);
		CHECK_EQ(code(&fault) & 0xff, layout->code & 0xff);
		CHECK_EQ(code(&fault), layout->code);
		return;
	}
	CHECK_MSG(leaf.oa == layout->oa && leaf.size_lg2 == layout->size_lg2 &&
			  leaf.level == layout->level,
		  "%u: 0x%" PRIx64 ", 2^%u bytes at level %u", number, leaf.oa, leaf.size_lg2,
		  leaf.level);
}

static void granules(void)
{
	static struct guest guest;
	unsigned count = sizeof(layouts) / sizeof(layouts[0]);

	for (unsigned i = 0; i < 2 * count; i++) {
		guest_open(&guest, i < count);
		check_layout(&layouts[i % count], i % count, &guest);
	}
}

/* Arm's level -1 is the top of five. */
static void no_top_of_five(void)
{
	static struct guest guest;
	struct iomt_walk_cfg cfg = {.size = sizeof(cfg),
				    .format = &iomt_walk_arm_s1_4k_lpa2,
				    .mem = &guest.mem,
				    .root = 0x81000,
				    .iova_bits = 52,
				    .oa_bits = 52};
	struct iomt_walker walker;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;

	guest_open(&guest, true);
	CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
	CHECK_INT(iomt_walk(&walker, 0x1008040603456, IOMT_READ, &leaf, &fault), IOMT_EFAULT);
	CHECK_EQ(fault.kind, IOMT_WALK_FAULT_TABLE);
	CHECK_EQ(fault.level, 4);
	CHECK_EQ(code(&fault), 0x0b13);
}

static void is_listed(const struct iomt_walk_fault *fault)
{
	CHECK(codes_has(&codes_arm, iomt_walk_arm_status(fault)));
}

/* What there is to report is raised above. */
static void codes(void)
{
	S1_CHECK(s1_failing);
	S2_CHECK(s2_failing);
	granules();
	no_top_of_five();
	codes_all_faults(is_listed);
	codes_check(&seen);
}

/* Bit 55 says which table; a half without one is as an address that no table has. */
static void halves(void)
{
	static struct guest guest;
	struct iomt_walk_cfg cfg = s1.cfg;
	struct iomt_walker lower, upper;
	struct iomt_walk_leaf leaf = {0};
	struct iomt_walk_fault fault = {0};

	guest_open(&guest, true);
	for (size_t i = 0; i < 4; i++)
		*guest_word(&guest, s1_words[i].address) = s1_words[i].value;
	*guest_word(&guest, 0x2ff8) = 0x3003;
	cfg.size = sizeof(cfg);
	cfg.mem = &guest.mem;
	CHECK_INT(iomt_walker_init(&lower, &cfg, NULL), 0);
	cfg.root = 0x2000;
	cfg.iova_bits = 39;
	cfg.flags = IOMT_WALK_UPPER;
	CHECK_INT(iomt_walker_init(&upper, &cfg, NULL), 0);
	CHECK_INT(iomt_walk_halves(&lower, &upper, 0x8040603456, RW, &leaf, &fault), 0);
	CHECK_INT(iomt_walk_halves(&lower, &upper, 0xffffffffc0603456, RW, &leaf, &fault), 0);
	CHECK_EQ(leaf.oa, 0xabcde456);
	CHECK_INT(iomt_walk_halves(&lower, NULL, 0xffffffffc0603456, RW, &leaf, &fault),
		  IOMT_EFAULT);
	CHECK_EQ(fault.kind, IOMT_WALK_FAULT_INPUT);
	CHECK_EQ(code(&fault), 0x1004);
	CHECK_INT(iomt_walk_halves(NULL, &upper, 0x8040603456, RW, &leaf, &fault), IOMT_EFAULT);
	CHECK_EQ(fault.iova, 0x8040603456);
	CHECK_INT(iomt_walk_halves(NULL, &upper, 0x8040603456, 0, &leaf, &fault), IOMT_EINVAL);
	CHECK_INT(iomt_walk_halves(NULL, NULL, 0x8040603456, RW, &leaf, &fault), IOMT_EINVAL);
}

TEST_SUITE(walk_arm, TEST(stage_1), TEST(stage_2), TEST(granules), TEST(codes), TEST(halves));
