/* SPDX-License-Identifier: MIT */
/*
 * AMD V1 tables in guest memory. 48882, 2.2.3: PR 0, A 5, D 6, NextLevel 11:9, address 51:12,
 * reserved 58:52 (tables 60:52), FC 60, IR 61, IW 62; 2.5.2, IO_PAGE_FAULT: code 2 in 63:60, TR 56,
 * RZ 55, PE 54, RW 53, PR 52; 2.5.4, PAGE_TAB_HARDWARE_ERROR: code 4, type 58:57.
 *
 * Mode 3 at 0x1000. 0x40403008 is slot 1 of the top, slot 2 below, slot 3 of the last.
 */
#include "guest.h"

static const struct word words[] = {
	{0x1008, 0x6000000000002401}, /* NL 2, IR, IW */
	{0x2010, 0x6000000000003201}, /* NL 1 */
	{0x3018, 0x60000000abcde001},
};

/* the upper half of the first word, DeviceID and DomainID left out */
static uint64_t code(const struct iomt_walk_fault *fault)
{
	struct iomt_walk_amd_event event = iomt_walk_amd_event(fault, false);

	CHECK_EQ(event.word[1], event.word[0] >> 60 == 4 ? fault->address : fault->iova);
	CHECK_EQ(event.word[0] & 0xffffffffffff, 0);
	CHECK_EQ(fault->stage, 2);
	return event.word[0] >> 48;
}

static const struct walk_suite suite = {
	.words = words,
	.count = sizeof(words) / sizeof(words[0]),
	.cfg = {.format = &iomt_walk_amdv1, .root = 0x1000, .levels = 3, .oa_bits = 52},
	.iova = 0x40403008,
	.code = code,
};

#define RWX (RW | IOMT_EXEC)
#define AD  (IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY)

/* clang-format off */
static const struct walk_case translating[] = {
	{"read", .oa = 0xabcde008, .prot = RWX, .size_lg2 = 12},
	{"write", .access = RW, .oa = 0xabcde008, .prot = RWX, .size_lg2 = 12},
	{"FC", {{0x3018, 0x70000000abcde001}}, .oa = 0xabcde008, .prot = RWX | IOMT_SNOOP, .size_lg2 = 12},
	{"ignored bits", {{0x3018, 0xe8000000abcde19f}}, .oa = 0xabcde008, .prot = RWX, .size_lg2 = 12},
	{"ignored bits of a table", {{0x2010, 0xe00000000000339f}}, .oa = 0xabcde008, .prot = RWX, .size_lg2 = 12},
	/* the last level's own sizes: 8K adds 0, 64K 0x7000, 1M 0x7f000 */
	{"8K", {{0x3018, 0x60000000abcdee01}}, .iova = 0x40403008, .oa = 0xabcdf008, .prot = RWX, .size_lg2 = 13},
	{"64K", {{0x3018, 0x60000000abcd7e01}}, .oa = 0xabcd3008, .prot = RWX, .size_lg2 = 16},
	{"1M", {{0x3018, 0x60000000abc7fe01}}, .oa = 0xabc03008, .prot = RWX, .size_lg2 = 20},
	{"2M", {{0x2010, 0x60000000aba00001}}, .oa = 0xaba03008, .prot = RWX, .size_lg2 = 21, .level = 1},
	{"2M, low bits", {{0x2010, 0x60000000aba55001}}, .oa = 0xaba03008, .prot = RWX, .size_lg2 = 21, .level = 1},
	{"4M", {{0x2010, 0x60000000ab9ffe01}}, .oa = 0xab803008, .prot = RWX, .size_lg2 = 22, .level = 1},
	{"512M", {{0x2010, 0x60000000affffe01}}, .oa = 0xa0403008, .prot = RWX, .size_lg2 = 29, .level = 1},
	{"1G", {{0x1008, 0x6000000080000001}}, .oa = 0x80403008, .prot = RWX, .size_lg2 = 30, .level = 2},
	/* from the top to the last level: the middle's address bits are zero */
	{"a level skipped", {{0x1008, 0x6000000000003201}}, .iova = 0x40003008, .oa = 0xabcde008, .prot = RWX, .size_lg2 = 12},
	{"rights are ANDed", {{0x1008, 0x2000000000002401}}, .oa = 0xabcde008, .prot = IOMT_READ | IOMT_EXEC, .size_lg2 = 12},
	{"only write", {{0x2010, 0x4000000000003201}}, .access = IOMT_WRITE, .oa = 0xabcde008, .prot = IOMT_WRITE, .size_lg2 = 12},
	{"the device's IW", .deny = IOMT_WRITE, .oa = 0xabcde008, .prot = IOMT_READ | IOMT_EXEC, .size_lg2 = 12},
	{"ATS, less than asked", {{0x3018, 0x20000000abcde001}}, .access = RW | IOMT_WALK_ATS, .oa = 0xabcde008, .prot = IOMT_READ | IOMT_EXEC, .size_lg2 = 12},
	{"ATS, write alone", {{0x3018, 0x40000000abcde001}}, .access = RW | IOMT_EXEC | IOMT_WALK_ATS, .oa = 0xabcde008, .prot = IOMT_WRITE, .size_lg2 = 12},
	{"ATS, nothing", {{0x3018, 0x00000000abcde001}}, .access = RW | IOMT_WALK_ATS, .oa = 0xabcde008, .size_lg2 = 12},
	{"A of a leaf", {{0x3018, 0x60000000abcde001}}, .flags = AD, .oa = 0xabcde008, .prot = RWX, .size_lg2 = 12, .after = 0x60000000abcde021},
	{"A of a table", {{0x1008, 0x6000000000002401}}, .flags = AD, .oa = 0xabcde008, .prot = RWX, .size_lg2 = 12, .after = 0x6000000000002421},
	{"D", {{0x3018, 0x60000000abcde001}}, .flags = AD, .access = IOMT_WRITE, .oa = 0xabcde008, .prot = RWX, .size_lg2 = 12, .after = 0x60000000abcde061},
	{"A alone", {{0x3018, 0x60000000abcde001}}, .flags = IOMT_WALK_ACCESSED, .access = IOMT_WRITE, .oa = 0xabcde008, .prot = RWX, .size_lg2 = 12, .after = 0x60000000abcde021},
	{"neither", {{0x3018, 0x60000000abcde001}}, .access = IOMT_WRITE, .oa = 0xabcde008, .prot = RWX, .size_lg2 = 12},
	{"to look only", {{0x3018, 0x60000000abcde001}}, .flags = AD, .access = IOMT_WRITE | IOMT_WALK_LOOK, .oa = 0xabcde008, .prot = RWX, .size_lg2 = 12},
	{"ATS that gets no write leaves it clean", {{0x3018, 0x20000000abcde001}}, .flags = AD, .access = RW | IOMT_WALK_ATS, .oa = 0xabcde008, .prot = IOMT_READ | IOMT_EXEC, .size_lg2 = 12, .after = 0x20000000abcde021},
};

static const struct walk_case failing[] = {
	{"PR clear", {{0x3018, 0x60000000abcde000}}, .kind = IOMT_WALK_FAULT_ABSENT, .code = 0x2000},
	{"PR clear at the top", {{0x1008, 0}}, .kind = IOMT_WALK_FAULT_ABSENT, .level = 2, .code = 0x2000},
	{"ATS, absent", {{0x1008, 0}}, .access = RW | IOMT_WALK_ATS, .kind = IOMT_WALK_FAULT_ABSENT, .level = 2, .code = 0x2100},
	{"above the mode", .iova = 0x8000000000, .kind = IOMT_WALK_FAULT_INPUT, .level = 2, .code = 0x2000},
	{"at the end of it all", .iova = ~0ULL, .kind = IOMT_WALK_FAULT_INPUT, .level = 2, .code = 0x2000},
	{"bit 52 of a leaf", {{0x3018, 0x60100000abcde001}}, .kind = IOMT_WALK_FAULT_RESERVED, .code = 0x2090},
	{"bit 58 of a leaf", {{0x3018, 0x64000000abcde001}}, .access = IOMT_WRITE, .kind = IOMT_WALK_FAULT_RESERVED, .code = 0x20b0},
	{"bit 59 of a table", {{0x2010, 0x6800000000003201}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 0x2090},
	{"FC of a table", {{0x2010, 0x7000000000003201}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 0x2090},
	{"beyond 40 bits", {{0x3018, 0x60000100abcde001}}, .oa_bits = 40, .kind = IOMT_WALK_FAULT_RESERVED, .code = 0x2090},
	{"a table beyond 40 bits", {{0x2010, 0x6000010000003201}}, .oa_bits = 40, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 0x2090},
	{"NextLevel as its own", {{0x2010, 0x6000000000003401}}, .kind = IOMT_WALK_FAULT_LEVEL, .level = 1, .code = 0x2010},
	{"NextLevel above its own", {{0x2010, 0x6000000000003c01}}, .kind = IOMT_WALK_FAULT_LEVEL, .level = 1, .code = 0x2010},
	{"NextLevel 1 at the last", {{0x3018, 0x60000000abcde201}}, .kind = IOMT_WALK_FAULT_LEVEL, .code = 0x2010},
	{"4M at the last level", {{0x3018, 0x60000000ab9ffe01}}, .kind = IOMT_WALK_FAULT_LEVEL, .code = 0x2010},
	{"2M at the last level", {{0x3018, 0x60000000abaffe01}}, .kind = IOMT_WALK_FAULT_LEVEL, .code = 0x2010},
	{"1M one above", {{0x2010, 0x60000000abc7fe01}}, .kind = IOMT_WALK_FAULT_LEVEL, .level = 1, .code = 0x2010},
	{"2M as an encoded size", {{0x2010, 0x60000000abaffe01}}, .kind = IOMT_WALK_FAULT_LEVEL, .level = 1, .code = 0x2010},
	{"1G as an encoded size", {{0x2010, 0x600000009ffffe01}}, .kind = IOMT_WALK_FAULT_LEVEL, .level = 1, .code = 0x2010},
	{"no zero below bit 52", {{0x1008, 0x600ffffffffffe01}}, .kind = IOMT_WALK_FAULT_LEVEL, .level = 2, .code = 0x2010},
	{"all ones", {{0x1008, ~0ULL}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 2, .code = 0x2090},
	{"2M is not there", {{0x2010, 0x60000000aba00001}}, .page_sizes = 0x1000, .kind = IOMT_WALK_FAULT_LEVEL, .level = 1, .code = 0x2010},
	{"2^57 bytes", {{0x1000, 0x6000000000000001}}, .iova = 0x1000, .levels = 6, .kind = IOMT_WALK_FAULT_LEVEL, .level = 5, .code = 0x2010},
	{"a level that cannot be, and a reserved bit", {{0x2010, 0x6010000000003401}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 0x2090},
	{"a level that cannot be, a write", {{0x2010, 0x6000000000003401}}, .access = RW, .kind = IOMT_WALK_FAULT_LEVEL, .level = 1, .code = 0x2030},
	{"skipped bits", {{0x1008, 0x6000000000003201}}, .kind = IOMT_WALK_FAULT_SKIPPED, .level = 2, .code = 0x2010},
	{"the lowest skipped bit", {{0x1008, 0x6000000000003201}}, .iova = 0x40203008, .kind = IOMT_WALK_FAULT_SKIPPED, .level = 2, .code = 0x2010},
	{"the highest skipped bit", {{0x1008, 0x6000000000003201}}, .iova = 0x60003008, .kind = IOMT_WALK_FAULT_SKIPPED, .level = 2, .code = 0x2010},
	{"IR clear", {{0x3018, 0x40000000abcde001}}, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x2050},
	{"IW clear at the top", {{0x1008, 0x2000000000002401}}, .access = RW, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x2070},
	{"the device's IR", .deny = IOMT_READ, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x2050},
	{"the device's IW", .deny = IOMT_WRITE, .access = IOMT_WRITE, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 0x2070},
	{"a table without memory", {{0x2010, 0x6000000000081201}}, .kind = IOMT_WALK_FAULT_TABLE, .code = 0x4200},
	{"the last table that is too high", {{0x2010, 0x600ffffffffff201}}, .access = IOMT_WRITE, .kind = IOMT_WALK_FAULT_TABLE, .code = 0x4220},
	{"a top without memory", .root = 0x81000, .kind = IOMT_WALK_FAULT_TABLE, .level = 2, .code = 0x4200},
	{"a table without memory, ATS", {{0x2010, 0x6000000000081201}}, .access = RW | IOMT_WALK_ATS, .kind = IOMT_WALK_FAULT_TABLE, .code = 0x4300},
	{"a top below memory", .root = 0xfff, .kind = IOMT_WALK_FAULT_TABLE, .level = 2, .code = 0x4200},
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

/* Flags of requests with a PASID: GN 48, NX 49, US 50. */
static void guest_flags(void)
{
	struct iomt_walk_fault fault = {.kind = IOMT_WALK_FAULT_PERMISSION,
					.iova = 0x1234567,
					.access = IOMT_EXEC,
					.denied = IOMT_EXEC};

	CHECK_EQ(iomt_walk_amd_event(&fault, true).word[0], 0x2057000000000000);
	fault.access |= IOMT_PRIV;
	CHECK_EQ(iomt_walk_amd_event(&fault, true).word[0], 0x2053000000000000);
	CHECK_EQ(iomt_walk_amd_event(&fault, false).word[0], 0x2050000000000000);
	CHECK_EQ(iomt_walk_amd_event(&fault, true).word[1], 0x1234567);
	CHECK_INT(iomt_walk_ats(&fault), IOMT_WALK_COMPLETION_EMPTY);
	fault.kind = IOMT_WALK_FAULT_TABLE; /* which has neither NX nor US (2.5.5) */
	CHECK_EQ(iomt_walk_amd_event(&fault, true).word[0], 0x4201000000000000);
	CHECK_INT(iomt_walk_ats(&fault), IOMT_WALK_COMPLETION_ABORT);
}

TEST_SUITE(walk_amdv1, TEST(translates), TEST(faults), TEST(guest_flags));
