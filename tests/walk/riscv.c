/* SPDX-License-Identifier: MIT */
/*
 * RISC-V tables in guest memory. Privileged Architecture, "Sv39": V 0, R 1, W 2, X 3, U 4, G 5, A 6, D 7, PPN
 * 53:10; "Svpbmt": PBMT 62:61; "Svnapot": N 63; causes as the IOMMU specification has them.
 *
 * Four levels. 0x8040603456 is slot 1, 1, 3, 3.
 */
#include "codes.h"
#include "guest.h"

static const struct word first_words[] = {
	{0x1008, 0x801},
	{0x2008, 0xc01},
	{0x3018, 0x1001},
	{0x4018, 0x2af378df},
};

/* The root is four tables, 16 KiB. */
static const struct word second_words[] = {
	{0x4008, 0x2001},
	{0x8008, 0x2401},
	{0x9018, 0x2801},
	{0xa018, 0x2af378df},
};

static struct codes_seen seen = {.codes = &codes_riscv};

static uint64_t first_code(const struct iomt_walk_fault *fault)
{
	CHECK_EQ(fault->stage, 1);
	codes_saw(&seen, iomt_walk_riscv_cause(fault));
	return iomt_walk_riscv_cause(fault);
}

static uint64_t second_code(const struct iomt_walk_fault *fault)
{
	CHECK_EQ(fault->stage, 2);
	codes_saw(&seen, iomt_walk_riscv_cause(fault));
	return iomt_walk_riscv_cause(fault);
}

static const struct walk_suite first = {
	.words = first_words,
	.count = sizeof(first_words) / sizeof(first_words[0]),
	.cfg = {.format = &iomt_walk_riscv_s1, .root = 0x1000, .levels = 4},
	.iova = 0x8040603456,
	.code = first_code,
};

static const struct walk_suite second = {
	.words = second_words,
	.count = sizeof(second_words) / sizeof(second_words[0]),
	.cfg = {.format = &iomt_walk_riscv_s2, .root = 0x4000, .levels = 4},
	.iova = 0x8040603456,
	.code = second_code,
};

#define RX   (IOMT_READ | IOMT_EXEC)
#define RWX  (RW | IOMT_EXEC)
#define AD   (IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY)
#define ATS  IOMT_WALK_ATS
#define PRIV IOMT_PRIV

/* clang-format off */
static const struct walk_case first_translating[] = {
	{"4K", .access = RWX, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"64K", {{0x4018, 0x800000002af360df}}, .oa = 0xabcd3456, .prot = RWX, .size_lg2 = 16},
	{"2M", {{0x3018, 0x2ae800df}}, .oa = 0xaba03456, .prot = RWX, .size_lg2 = 21, .level = 1},
	{"1G", {{0x2008, 0x200000df}}, .oa = 0x80603456, .prot = RWX, .size_lg2 = 30, .level = 2},
	{"512G", {{0x1008, 0x40000000df}}, .oa = 0x10040603456, .prot = RWX, .size_lg2 = 39, .level = 3},
	{"256T", {{0x5008, 0x4000000000df}}, .root = 0x5000, .levels = 5, .iova = 0x1008040603456, .oa = 0x1008040603456, .prot = RWX, .size_lg2 = 48, .level = 4},
	{"Sv39", .root = 0x2000, .levels = 3, .iova = 0x40603456, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"Sv57", {{0x5008, 0x401}}, .root = 0x5000, .levels = 5, .iova = 0x1008040603456, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"Sv48, the last page", {{0x1ff8, 0x3fffe0000000df}}, .iova = ~0ULL, .oa = 0xffffffffffffff, .prot = RWX, .size_lg2 = 39, .level = 3},
	{"Sv39, the last page", {{0x2ff8, 0x3ffffff00000df}}, .root = 0x2000, .levels = 3, .iova = ~0ULL, .oa = 0xffffffffffffff, .prot = RWX, .size_lg2 = 30, .level = 2},
	{"RSW", {{0x4018, 0x2af37bdf}}, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"RSW of a table", {{0x3018, 0x1301}}, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"bits 60:59 are software's", {{0x4018, 0x180000002af378df}}, .flags = IOMT_WALK_SOFTWARE, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"bits 60:59 of a table", {{0x3018, 0x1800000000001001}}, .flags = IOMT_WALK_SOFTWARE, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"bits 60:59 stay when D is set", {{0x4018, 0x180000002af3781f}}, .flags = AD | IOMT_WALK_SOFTWARE, .access = RW, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12, .after = 0x180000002af378df},
	{"56 bits of output", {{0x4018, 0x3ffffffffffcdf}}, .oa = 0xfffffffffff456, .prot = RWX, .size_lg2 = 12},
	{"G", {{0x4018, 0x2af378ff}}, .oa = 0xabcde456, .prot = RWX | IOMT_GLOBAL, .size_lg2 = 12},
	{"G of a table", {{0x2008, 0xc21}}, .oa = 0xabcde456, .prot = RWX | IOMT_GLOBAL, .size_lg2 = 12},
	{"not cacheable", {{0x4018, 0x200000002af378df}}, .flags = IOMT_WALK_PBMT, .oa = 0xabcde456, .prot = RWX | IOMT_TYPE_UNCACHED, .size_lg2 = 12},
	{"I/O", {{0x4018, 0x400000002af378df}}, .flags = IOMT_WALK_PBMT, .oa = 0xabcde456, .prot = RWX | IOMT_TYPE_DEVICE, .size_lg2 = 12},
	{"64K of I/O", {{0x4018, 0xc00000002af360df}}, .flags = IOMT_WALK_PBMT, .oa = 0xabcd3456, .prot = RWX | IOMT_TYPE_DEVICE, .size_lg2 = 16},
	{"read alone", {{0x4018, 0x2af37853}}, .oa = 0xabcde456, .prot = IOMT_READ, .size_lg2 = 12},
	{"execute alone", {{0x4018, 0x2af37859}}, .access = IOMT_EXEC, .oa = 0xabcde456, .prot = IOMT_EXEC, .size_lg2 = 12},
	{"execute alone, ATS", {{0x4018, 0x2af37859}}, .access = RX | ATS, .oa = 0xabcde456, .size_lg2 = 12},
	{"write to clean, ATS", {{0x4018, 0x2af3785f}}, .access = RW | ATS, .oa = 0xabcde456, .prot = RX, .size_lg2 = 12},
	{"read of clean", {{0x4018, 0x2af3785f}}, .oa = 0xabcde456, .prot = RX, .size_lg2 = 12},
	{"A is set", {{0x4018, 0x2af3781f}}, .flags = AD, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12, .after = 0x2af3785f},
	{"A and D are set", {{0x4018, 0x2af3781f}}, .flags = AD, .access = RW, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12, .after = 0x2af378df},
	{"D is set", {{0x3018, 0x2ae8005f}}, .flags = AD, .access = IOMT_WRITE, .oa = 0xaba03456, .prot = RWX, .size_lg2 = 21, .level = 1, .after = 0x2ae800df},
	{"A of a table stays", {{0x3018, 0x1001}, {0x4018, 0x2af378df}}, .flags = AD, .access = RW, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"nothing is set to look", {{0x4018, 0x2af3781f}}, .flags = AD, .access = RW | IOMT_WALK_LOOK, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"no D of what is read-only, ATS", {{0x4018, 0x2af37813}}, .flags = AD, .access = RW | ATS, .oa = 0xabcde456, .prot = IOMT_READ, .size_lg2 = 12, .after = 0x2af37853},
	{"a supervisor's page", {{0x4018, 0x2af378cf}}, .access = RWX | PRIV, .oa = 0xabcde456, .prot = RWX | PRIV, .size_lg2 = 12},
	{"a supervisor's page, ATS", {{0x4018, 0x2af378cf}}, .access = RW | ATS, .oa = 0xabcde456, .prot = PRIV, .size_lg2 = 12},
	{"SUM", .access = RW | PRIV, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
	{"the device denies writes", .deny = IOMT_WRITE, .oa = 0xabcde456, .prot = RX, .size_lg2 = 12},
	{"the device denies execution", .deny = IOMT_EXEC, .oa = 0xabcde456, .prot = RW, .size_lg2 = 12},
};

static const struct walk_case first_failing[] = {
	{"absent, read", {{0x4018, 0xfffffffffffffffe}}, .kind = IOMT_WALK_FAULT_ABSENT, .code = 13},
	{"absent, write", {{0x1008, 0}}, .access = RW, .kind = IOMT_WALK_FAULT_ABSENT, .level = 3, .code = 15},
	{"absent, execute", {{0x3018, 0x1000}}, .access = RX, .kind = IOMT_WALK_FAULT_ABSENT, .level = 1, .code = 12},
	{"not canonical, zeros", .iova = 0x800000000000, .kind = IOMT_WALK_FAULT_INPUT, .level = 3, .code = 13},
	{"not canonical, ones", .iova = 0xffff7fffffffffff, .access = IOMT_WRITE, .kind = IOMT_WALK_FAULT_INPUT, .level = 3, .code = 15},
	{"not canonical, a bit", .iova = 0x8000008040603456, .kind = IOMT_WALK_FAULT_INPUT, .level = 3, .code = 13},
	{"not canonical, Sv39", .levels = 3, .root = 0x2000, .iova = 0x4000000000, .kind = IOMT_WALK_FAULT_INPUT, .level = 2, .code = 13},
	{"not canonical, Sv57", .levels = 5, .iova = 0x100000000000000, .kind = IOMT_WALK_FAULT_INPUT, .level = 4, .code = 13},
	{"W without R", {{0x4018, 0x2af378d5}}, .access = IOMT_WRITE, .kind = IOMT_WALK_FAULT_RESERVED, .code = 15},
	{"W and X without R", {{0x4018, 0x2af378dd}}, .access = IOMT_EXEC, .kind = IOMT_WALK_FAULT_RESERVED, .code = 12},
	{"W without R at the top", {{0x1008, 0x805}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 3, .code = 13},
	{"bit 54", {{0x4018, 0x4000002af378df}}, .kind = IOMT_WALK_FAULT_RESERVED, .code = 13},
	{"bit 60", {{0x4018, 0x100000002af378df}}, .kind = IOMT_WALK_FAULT_RESERVED, .code = 13},
	{"bit 59 of a table", {{0x3018, 0x800000000001001}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 13},
	{"bit 58, Svrsw60t59b", {{0x4018, 0x40000002af378df}}, .flags = IOMT_WALK_SOFTWARE, .kind = IOMT_WALK_FAULT_RESERVED, .code = 13},
	{"bit 54 of a table", {{0x2008, 0x40000000000c01}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 2, .code = 13},
	{"bit 60 of a table", {{0x2008, 0x1000000000000c01}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 2, .code = 13},
	{"a table of pages", {{0x4018, 0x2af37801}}, .kind = IOMT_WALK_FAULT_RESERVED, .code = 13},
	{"U of a table", {{0x3018, 0x1011}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 13},
	{"A of a table", {{0x3018, 0x1041}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 13},
	{"D of a table", {{0x3018, 0x1081}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 13},
	{"PBMT of a table", {{0x3018, 0x2000000000001001}}, .flags = IOMT_WALK_PBMT, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 13},
	{"N of a table", {{0x3018, 0x8000000000001001}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 13},
	{"PBMT 1", {{0x4018, 0x200000002af378df}}, .kind = IOMT_WALK_FAULT_RESERVED, .code = 13},
	{"PBMT 2", {{0x3018, 0x400000002ae800df}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 13},
	{"PBMT 3", {{0x4018, 0x600000002af378df}}, .flags = IOMT_WALK_PBMT, .kind = IOMT_WALK_FAULT_RESERVED, .code = 13},
	{"N, PPN 1100", {{0x4018, 0x800000002af370df}}, .kind = IOMT_WALK_FAULT_RESERVED, .code = 13},
	{"N, PPN 0100", {{0x4018, 0x800000002af350df}}, .kind = IOMT_WALK_FAULT_RESERVED, .code = 13},
	{"N, PPN 1001", {{0x4018, 0x800000002af364df}}, .kind = IOMT_WALK_FAULT_RESERVED, .code = 13},
	{"N of 2M", {{0x3018, 0x800000002ae820df}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 13},
	{"N without Svnapot", {{0x4018, 0x800000002af360df}}, .page_sizes = 0x201000, .kind = IOMT_WALK_FAULT_RESERVED, .code = 13},
	{"no 2M", {{0x3018, 0x2ae800df}}, .page_sizes = 0x11000, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 13},
	{"2M misaligned by 4K", {{0x3018, 0x2ae804df}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 13},
	{"2M misaligned by 1M", {{0x3018, 0x2aec00df}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 13},
	{"1G misaligned by 512M", {{0x2008, 0x280000df}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 2, .code = 13},
	{"512G misaligned by 256G", {{0x1008, 0x50000000df}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 3, .code = 13},
	{"no read", {{0x4018, 0x2af37859}}, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 13},
	{"no write", {{0x4018, 0x2af3785b}}, .access = RW, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 15},
	{"no execution", {{0x4018, 0x2af378d7}}, .access = RX, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 12},
	{"a supervisor's page", {{0x4018, 0x2af378cf}}, .kind = IOMT_WALK_FAULT_USER, .code = 13},
	{"a user's page without SUM", .flags = IOMT_WALK_PAN, .access = RW | PRIV, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 15},
	{"a user's page, executed", .access = IOMT_EXEC | PRIV, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 12},
	{"a user's page, executed, no SUM", .flags = IOMT_WALK_PAN, .access = RX | PRIV, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 12},
	{"A is clear", {{0x4018, 0x2af3789f}}, .kind = IOMT_WALK_FAULT_ACCESSED, .code = 13},
	{"A is clear, 2M", {{0x3018, 0x2ae8009f}}, .access = RX, .kind = IOMT_WALK_FAULT_ACCESSED, .level = 1, .code = 12},
	{"D is clear", {{0x4018, 0x2af3785f}}, .access = RW, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 15},
	{"a fault sets nothing", {{0x4018, 0x2af3781b}}, .flags = AD, .access = RW, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 15},
	{"beyond 40 bits", {{0x4018, 0x40000000df}}, .oa_bits = 40, .kind = IOMT_WALK_FAULT_OUTPUT, .code = 5},
	{"beyond 40 bits, write", {{0x4018, 0x40000000df}}, .oa_bits = 40, .access = RW, .kind = IOMT_WALK_FAULT_OUTPUT, .code = 7},
	{"a table beyond 40 bits", {{0x2008, 0x4000000001}}, .oa_bits = 40, .access = RX, .kind = IOMT_WALK_FAULT_OUTPUT, .level = 2, .code = 1},
	{"a top beyond 40 bits", .root = 0x10000000000, .oa_bits = 40, .kind = IOMT_WALK_FAULT_OUTPUT, .level = 3, .code = 5},
	{"a table without memory, read", {{0x2008, 0x20401}}, .kind = IOMT_WALK_FAULT_TABLE, .level = 1, .code = 5},
	{"a table without memory, write", {{0x2008, 0x20401}}, .access = RW, .kind = IOMT_WALK_FAULT_TABLE, .level = 1, .code = 7},
	{"a top without memory, execute", .root = 0x81000, .access = RX, .kind = IOMT_WALK_FAULT_TABLE, .level = 3, .code = 1},
};

static const struct walk_case second_translating[] = {
	{"4K", .access = RWX, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"64K", {{0xa018, 0x800000002af360df}}, .oa = 0xabcd3456, .prot = RWX, .size_lg2 = 16},
	{"2M", {{0x9018, 0x2ae800df}}, .oa = 0xaba03456, .prot = RWX, .size_lg2 = 21, .level = 1},
	{"Sv39x4", {{0x4008, 0x2401}}, .levels = 3, .iova = 0x40603456, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"the last of Sv39x4", {{0x7ff8, 0x3ffffff00000df}}, .levels = 3, .iova = 0x1ffffffffff, .oa = 0xffffffffffffff, .prot = RWX, .size_lg2 = 30, .level = 2},
	{"the last of Sv48x4", {{0x7ff8, 0x3fffe0000000df}}, .iova = 0x3ffffffffffff, .oa = 0xffffffffffffff, .prot = RWX, .size_lg2 = 39, .level = 3},
	{"the last of Sv57x4", {{0x7ff8, 0x3fc000000000df}}, .levels = 5, .iova = 0x7ffffffffffffff, .oa = 0xffffffffffffff, .prot = RWX, .size_lg2 = 48, .level = 4},
	{"the second of four tables", {{0x5008, 0x2001}}, .iova = 0x1008040603456, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"a root is dropped to 16 KiB", .root = 0x7000, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"G is ignored", {{0x9018, 0x2821}, {0xa018, 0x2af378ff}}, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"not cacheable", {{0xa018, 0x200000002af378df}}, .flags = IOMT_WALK_PBMT, .oa = 0xabcde456, .prot = RWX | IOMT_TYPE_UNCACHED, .size_lg2 = 12},
	{"privileged is a user", .access = RWX | PRIV, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12},
	{"A and D are set", {{0xa018, 0x2af3781f}}, .flags = AD, .access = RW, .oa = 0xabcde456, .prot = RWX, .size_lg2 = 12, .after = 0x2af378df},
	{"no U, ATS", {{0xa018, 0x2af378cf}}, .access = RW | ATS, .oa = 0xabcde456, .size_lg2 = 12},
};

static const struct walk_case second_failing[] = {
	{"absent", {{0xa018, 0}}, .kind = IOMT_WALK_FAULT_ABSENT, .code = 21},
	{"absent, write", {{0x4008, 0}}, .access = RW, .kind = IOMT_WALK_FAULT_ABSENT, .level = 3, .code = 23},
	{"absent, execute", {{0x8008, 0}}, .access = RX, .kind = IOMT_WALK_FAULT_ABSENT, .level = 2, .code = 20},
	{"above 50 bits", .iova = 0x4000000000000, .kind = IOMT_WALK_FAULT_INPUT, .level = 3, .code = 21},
	{"above 41 bits", .levels = 3, .iova = 0x20000000000, .access = IOMT_WRITE, .kind = IOMT_WALK_FAULT_INPUT, .level = 2, .code = 23},
	{"above 59 bits", .levels = 5, .iova = 0x800000000000000, .kind = IOMT_WALK_FAULT_INPUT, .level = 4, .code = 21},
	{"ones above", .iova = 0xfffffffffffff000, .kind = IOMT_WALK_FAULT_INPUT, .level = 3, .code = 21},
	{"no U", {{0xa018, 0x2af378cf}}, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 21},
	{"no U, privileged", {{0xa018, 0x2af378cf}}, .access = RX | PRIV, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 20},
	{"no write", {{0xa018, 0x2af3785b}}, .access = RW, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 23},
	{"D is clear", {{0xa018, 0x2af3785f}}, .access = RW, .kind = IOMT_WALK_FAULT_PERMISSION, .code = 23},
	{"A is clear", {{0xa018, 0x2af3789f}}, .kind = IOMT_WALK_FAULT_ACCESSED, .code = 21},
	{"W without R", {{0xa018, 0x2af378d5}}, .access = RW, .kind = IOMT_WALK_FAULT_RESERVED, .code = 23},
	{"bit 57", {{0xa018, 0x20000002af378df}}, .kind = IOMT_WALK_FAULT_RESERVED, .code = 21},
	{"U of a table", {{0x9018, 0x2811}}, .kind = IOMT_WALK_FAULT_RESERVED, .level = 1, .code = 21},
	{"PBMT", {{0xa018, 0x200000002af378df}}, .kind = IOMT_WALK_FAULT_RESERVED, .code = 21},
	{"N of 32K", {{0xa018, 0x800000002af350df}}, .kind = IOMT_WALK_FAULT_RESERVED, .code = 21},
	{"beyond 40 bits", {{0xa018, 0x40000000df}}, .oa_bits = 40, .kind = IOMT_WALK_FAULT_OUTPUT, .code = 5},
	{"a table without memory", {{0x8008, 0x20401}}, .access = RW, .kind = IOMT_WALK_FAULT_TABLE, .level = 1, .code = 7},
};
/* clang-format on */

#define ALL_OF(cases) (cases), sizeof(cases) / sizeof((cases)[0])

static void translates(void)
{
	walk_check(&first, ALL_OF(first_translating));
	walk_check(&second, ALL_OF(second_translating));
}

static void faults(void)
{
	walk_check(&first, ALL_OF(first_failing));
	walk_check(&second, ALL_OF(second_failing));
}

static void is_listed(const struct iomt_walk_fault *fault)
{
	CHECK(codes_has(&codes_riscv, iomt_walk_riscv_cause(fault)));
}

/* What there is to report is raised above. */
static void codes(void)
{
	faults();
	codes_all_faults(is_listed);
	codes_check(&seen);
}

/* The type, what is clean, and bits that cannot be set: an access fault. */
static void type_and_update(void)
{
	static struct guest guest;
	struct iomt_walk_cfg cfg = first.cfg;
	struct iomt_walker walker;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;

	guest_open(&guest, true);
	for (size_t k = 0; k < first.count; k++)
		*guest_word(&guest, first_words[k].address) = first_words[k].value;
	*guest_word(&guest, 0x4018) = 0x400000002af3781f;
	cfg.size = sizeof(cfg);
	cfg.mem = &guest.mem;
	cfg.flags = AD | IOMT_WALK_PBMT;
	CHECK_INT(iomt_walker_init(&walker, &cfg, NULL), 0);
	CHECK_INT(iomt_walk(&walker, first.iova, IOMT_READ, &leaf, &fault), 0);
	CHECK_EQ(leaf.type, 2);
	CHECK(leaf.clean);
	CHECK_INT(iomt_walk(&walker, first.iova, RW, &leaf, &fault), 0);
	CHECK(!leaf.clean);
	CHECK_EQ(*guest_word(&guest, 0x4018), 0x400000002af378df);
	*guest_word(&guest, 0x4018) = 0x2af3781f;
	guest.region.read_only = true;
	CHECK_INT(iomt_walk(&walker, first.iova, RW, &leaf, &fault), IOMT_EFAULT);
	CHECK_EQ(fault.kind, IOMT_WALK_FAULT_UPDATE);
	CHECK_EQ(iomt_walk_riscv_cause(&fault), 7);
	CHECK_EQ(iomt_walk_ats(&fault), IOMT_WALK_COMPLETION_ABORT);
}

static int init(const struct iomt_walk_format *format, uint8_t levels, uint8_t iova_bits,
		uint32_t flags, const char **field)
{
	static const struct iomt_guest_mem mem = {.size = sizeof(mem)};
	struct iomt_pt_cfg_error error = {"", ""};
	struct iomt_walk_cfg cfg = {.size = sizeof(cfg),
				    .format = format,
				    .mem = &mem,
				    .flags = flags,
				    .levels = levels,
				    .iova_bits = iova_bits};
	struct iomt_walker walker;
	int err = iomt_walker_init(&walker, &cfg, &error);

	*field = error.field;
	return err;
}

/* Levels alone say how wide the input is, and which widths there are. */
static void widths(void)
{
	static const struct {
		bool second;
		uint8_t levels, iova_bits;
		const char *field; /* NULL: all is well */
	} rows[] = {
		{false, 3, 39, NULL},	     {false, 0, 39, NULL},
		{false, 0, 48, NULL},	     {false, 0, 57, NULL},
		{false, 4, 47, "iova_bits"}, {false, 4, 39, "iova_bits"},
		{false, 3, 41, "iova_bits"}, {false, 2, 0, "levels"},
		{false, 6, 0, "levels"},     {true, 3, 41, NULL},
		{true, 0, 41, NULL},	     {true, 0, 50, NULL},
		{true, 0, 59, NULL},	     {true, 4, 48, "iova_bits"},
		{true, 3, 39, "iova_bits"},  {true, 0, 40, "iova_bits"},
	};
	const char *field;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int err = init(rows[i].second ? &iomt_walk_riscv_s2 : &iomt_walk_riscv_s1,
			       rows[i].levels, rows[i].iova_bits, 0, &field);

		CHECK_INT(err, rows[i].field ? IOMT_EINVAL : 0);
		CHECK_STR(field, rows[i].field ? rows[i].field : "");
	}
	CHECK_INT(init(&iomt_walk_riscv_s1, 4, 0, IOMT_WALK_SIGNED, &field), 0);
	CHECK_INT(init(&iomt_walk_riscv_s2, 4, 0, IOMT_WALK_SIGNED, &field), IOMT_EINVAL);
	CHECK_INT(init(&iomt_walk_riscv_s2, 4, 0, IOMT_WALK_PAN, &field), IOMT_EINVAL);
	CHECK_INT(init(&iomt_walk_riscv_s1, 4, 0, IOMT_WALK_NX, &field), IOMT_EINVAL);
	CHECK_INT(init(&iomt_walk_x86_64, 4, 0, IOMT_WALK_PBMT, &field), IOMT_EINVAL);
}

TEST_SUITE(walk_riscv, TEST(translates), TEST(faults), TEST(codes), TEST(type_and_update),
	   TEST(widths));
