/* SPDX-License-Identifier: MIT */
/*
 * SMMUv3's tables from the device down. IHI 0070: 5.1 to 5.4, 6.3.24, 6.3.25, 7.3.
 *
 * Stream 3 of a linear table of 16 at 0x10000: its entry is at 0x100c0, stage 1 with descriptors at 0x14000
 * (S1CDMax 2). Stream 4, at 0x10100: stage 2. Stream 5, at 0x10140: both. Stream 6, at 0x10180: bypass.
 * Substream 0 is at 0x14000, 1 at 0x14040: TTB0 0x30000, TTB1 disabled, ASID 9.
 * 0x40603456 is 0x50456 by stage 1, 0x70456 by stage 2 (39 bits from level 1, at 0x20000), 0x71456 by both.
 */
#include "device.h"

#define V	  1ULL
#define CONFIG(n) ((uint64_t)(n) << 1)
#define CDMAX(n)  ((uint64_t)(n) << 59)
#define DSS(n)	  (n)
/* T0SZ 25, S2SL0 1, S2PS 5, S2AA64, S2R; VMID 7 */
#define STE2 (25ULL << 32 | 1ULL << 38 | 5ULL << 48 | 1ULL << 51 | 1ULL << 58 | 7)
/* T0SZ 16, EPD1, V, IPS 5, AA64, R, A; ASID 9 */
#define CD0   (16ULL | 1 << 30 | 1ULL << 31 | 5ULL << 32 | 1ULL << 41 | 3ULL << 45 | 9ULL << 48)
#define LEAF2 0x4ff
#define LEAF1 0xc43

static const struct word words[] = {
	{0x100c0, V | CONFIG(5) | 0x14000 | CDMAX(2)},
	{0x100c8, DSS(2)},
	{0x100d0, 7},
	{0x10100, V | CONFIG(6)},
	{0x10110, STE2},
	{0x10118, 0x20000},
	{0x10140, V | CONFIG(7) | 0x34000 | CDMAX(2)},
	{0x10148, DSS(2)},
	{0x10150, STE2},
	{0x10158, 0x20000},
	{0x10180, V | CONFIG(4)},
	{0x14000, CD0},
	{0x14008, 0x30000},
	{0x14018, 0xff},
	{0x14040, CD0},
	{0x14048, 0x30000},
	{0x14058, 0xff},
	/* the same descriptor for both stages: IPA 0x34000 is memory at 0x14000 */
	{0x241a0, 0x14000 | LEAF2},
	{0x20008, 0x21003},
	{0x21018, 0x22003},
	{0x22018, 0x70000 | LEAF2},
	{0x20000, 0x23003},
	{0x23000, 0x24003},
	{0x24180, 0x30000 | LEAF2},
	{0x24188, 0x31000 | LEAF2},
	{0x24190, 0x32000 | LEAF2},
	{0x24198, 0x33000 | LEAF2},
	{0x24280, 0x71000 | LEAF2},
	{0x30000, 0x31003},
	{0x31008, 0x32003},
	{0x32018, 0x33003},
	{0x33018, 0x50000 | LEAF1},
	/* two levels, SPLIT 8, at 0x18000: stream 0x103 is as stream 3; span 9 and 3 */
	{0x18000, 0x19003},
	{0x18008, 0x10009},
	/* level 1 context descriptors at 0x1a000: substreams 64.. are at 0x14000 */
	{0x1a000, 0x1b001},
	{0x1a008, 0x14001},
};

static struct codes_seen seen = {.codes = &codes_smmu};

static void saw(const struct iomt_device_fault *fault, const uint64_t *record)
{
	CHECK_EQ(record[0] & 0xff, fault->code);
	codes_saw_smmu(&seen, record);
}

static const struct device_suite suite = {
	.words = words,
	.count = sizeof(words) / sizeof(words[0]),
	.cfg = {.arch = IOMT_UNIT_SMMU,
		.features = IOMT_UNIT_STAGE_1 | IOMT_UNIT_STAGE_2 | IOMT_UNIT_ATS,
		.base = 0x10000,
		.base_cfg = 4,
		.oa_bits = 44,
		.pasid_bits = 20},
	.device = 3,
	.iova = 0x40603456,
	.report = iomt_device_smmu_event,
	.saw = saw,
};

#define TWO_LEVELS .base = 0x18000, .base_cfg = 1 << 16 | 8 << 6 | 10
#define RANGE	   IOMT_DEVICE_FAULT_RANGE
#define ABSENT	   IOMT_DEVICE_FAULT_ABSENT
#define ILL	   IOMT_DEVICE_FAULT_ILLEGAL
#define MEMORY	   IOMT_DEVICE_FAULT_MEMORY
#define REFUSE	   IOMT_DEVICE_FAULT_REFUSED
#define WALK	   IOMT_DEVICE_FAULT_WALK
#define ATS	   (IOMT_READ | IOMT_WALK_ATS)
#define BAD_STE	   .kind = ILL, .at = IOMT_AT_DEVICE, .code = 0x04
#define BAD_CD	   .kind = ILL, .at = IOMT_AT_PROCESS, .code = 0x0a
#define BAD_SSID   .kind = RANGE, .at = IOMT_AT_DEVICE, .code = 0x08
#define S1	   .stages = 1, .oa = 0x50456, .domain = 7, .process = PASID(9)
#define STE	   0x100c0

/* clang-format off */
static const struct device_case translating[] = {
	{"stage 1", S1},
	{"stage 1, substream 1", .pasid = PASID(1), S1},
	/* S2VMID is ignored then, and nothing is tagged by it (5.2) */
	{"stage 1, where there is no stage 2", .no_features = IOMT_UNIT_STAGE_2, .stages = 1, .oa = 0x50456, .process = PASID(9)},
	{"stage 1 without substreams", {{STE, V | CONFIG(5) | 0x14000}}, S1},
	{"stage 2", .device = 4, .stages = 2, .oa = 0x70456, .domain = 7},
	{"both", .device = 5, .stages = 3, .oa = 0x71456, .domain = 7, .process = PASID(9)},
	{"both, S2PTW", {{0x10150, STE2 | 1ULL << 54}}, .device = 5, .stages = 3, .oa = 0x71456, .domain = 7, .process = PASID(9)},
	{"bypass", .device = 6, .access = RW, .oa = 0x40603456},
	{"S1DSS: bypass", {{0x100c8, DSS(1)}}, .oa = 0x40603456, .domain = 7},
	{"S1DSS: stage 2 alone", {{0x10148, DSS(1)}}, .device = 5, .stages = 2, .oa = 0x70456, .domain = 7},
	{"S1DSS 1 with a substream", {{0x100c8, DSS(1)}}, .pasid = PASID(1), S1},
	{"two levels of streams", TWO_LEVELS, .device = 0x103, S1},
	{"two levels of descriptors, 4K", {{STE, V | CONFIG(5) | 1 << 4 | 0x1a000 | CDMAX(7)}}, .pasid = PASID(65), S1},
	{"two levels of descriptors, 64K", {{STE, V | CONFIG(5) | 2 << 4 | 0x1a000 | CDMAX(12)}}, .pasid = PASID(1025), S1},
	{"TTB1", {{0x14000, (CD0 & ~0xffffffffULL) | 1 << 14 | 16 << 16 | 2 << 22 | 1ULL << 31}, {0x14010, 0x30000}}, .iova = 0xffff000040603456, S1},
	{"TBI0", {{0x14000, CD0 | 1ULL << 38}}, .iova = 0xab00000040603456, S1},
	{"translation request", {{0x100c8, DSS(2) | 1 << 28}}, .access = ATS, S1},
	{"EATS 3", {{0x100c8, DSS(2) | 3 << 28}}, S1}, /* behaves as 0 */
	{"HA, HD", {{0x14000, CD0 | 3ULL << 42}}, .features = IOMT_UNIT_ACCESSED | IOMT_UNIT_DIRTY, S1},
	{"EATS 1 without S2S", {{0x10108, 1 << 28}}, .device = 4, .access = ATS, .stages = 2, .oa = 0x70456, .domain = 7},
	{"S2S", {{0x10110, STE2 | 1ULL << 57}}, .device = 4, .features = IOMT_UNIT_STALL, .stages = 2, .oa = 0x70456, .domain = 7},
	{"S2S of one stage with EATS 1", {{0x100c8, DSS(2) | 1 << 28}, {0x100d0, 7 | 1ULL << 57}}, .features = IOMT_UNIT_STALL, S1},
	/* reserved, and as another value (5.2, 5.4) */
	{"S2PS 7", {{0x10110, STE2 | 7ULL << 48}}, .device = 4, .stages = 2, .oa = 0x70456, .domain = 7},
	{"IPS 7", {{0x14000, CD0 | 7ULL << 32}}, S1},
	{"S2HD alone", {{0x10110, STE2 | 1ULL << 55}}, .device = 4, .features = IOMT_UNIT_ACCESSED | IOMT_UNIT_DIRTY, .stages = 2, .oa = 0x70456, .domain = 7},
	{"HD alone", {{0x14000, CD0 | 1ULL << 42}}, .features = IOMT_UNIT_ACCESSED | IOMT_UNIT_DIRTY, S1},
	{"stalls", {{0x14000, CD0 | 1ULL << 44}}, .features = IOMT_UNIT_STALL, S1},
};

static const struct device_case failing[] = {
	{"stream 16", .device = 16, .kind = RANGE, .at = IOMT_AT_REGISTER, .code = 0x02, .event = {0x1000000002}},
	{"span 0", {{0x18008, 0x10000}}, TWO_LEVELS, .device = 0x103, .kind = ABSENT, .at = IOMT_AT_ROOT, .code = 0x02},
	{"span beyond SPLIT", {{0x18008, 0x1000a}}, TWO_LEVELS, .device = 0x103, .kind = ABSENT, .at = IOMT_AT_ROOT, .code = 0x02},
	{"stream beyond span 3", TWO_LEVELS, .device = 4, .kind = RANGE, .at = IOMT_AT_ROOT, .code = 0x02},
	{"no stream table", .base = 0x7f0000000, .kind = MEMORY, .at = IOMT_AT_DEVICE, .code = 0x03, .event = {0x300000003}},
	{"no level 1 table", .base = 0x7f0000000, .base_cfg = 1 << 16 | 8 << 6 | 10, .kind = MEMORY, .at = IOMT_AT_ROOT, .code = 0x03},
	{"STE not valid", {{STE, CONFIG(5)}}, .kind = ABSENT, .at = IOMT_AT_DEVICE, .code = 0x04},
	{"abort", {{STE, V}}, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 0},
	{"Config 3", {{STE, V | CONFIG(3)}}, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 0},
	{"stage 1 without", .no_features = IOMT_UNIT_STAGE_1, BAD_STE},
	{"stage 2 without", .device = 4, .no_features = IOMT_UNIT_STAGE_2, BAD_STE},
	{"both without stage 2", .device = 5, .no_features = IOMT_UNIT_STAGE_2, BAD_STE},
	{"S1CDMax 21", {{STE, V | CONFIG(5) | CDMAX(21)}}, BAD_STE},
	{"S1Fmt 3", {{STE, V | CONFIG(5) | 3 << 4 | CDMAX(2)}}, BAD_STE},
	{"S1DSS 3", {{0x100c8, DSS(3)}}, BAD_STE},
	{"STRW 1", {{0x100c8, DSS(2) | 1 << 30}}, BAD_STE},
	{"EATS 2 of one stage", {{0x100c8, DSS(2) | 2 << 28}}, BAD_STE},
	{"EATS 1 with S2S", {{0x10108, 1 << 28}, {0x10110, STE2 | 1ULL << 57}}, .device = 4, .features = IOMT_UNIT_STALL, BAD_STE},
	{"EATS 2", {{0x10148, DSS(2) | 2 << 28}}, .device = 5, BAD_STE},
	{"S2AA64", {{0x10110, STE2 & ~(1ULL << 51)}}, .device = 4, BAD_STE},
	{"S2ENDI", {{0x10110, STE2 | 1ULL << 52}}, .device = 4, BAD_STE},
	{"S2TG 3", {{0x10110, STE2 | 3ULL << 46}}, .device = 4, BAD_STE},
	{"S2HA without", {{0x10110, STE2 | 1ULL << 56}}, .device = 4, BAD_STE},
	{"S2S without", {{0x10110, STE2 | 1ULL << 57}}, .device = 4, BAD_STE},
	{"S2SL0 of two levels, 39 bits", {{0x10110, STE2 & ~(1ULL << 38)}}, .device = 4, BAD_STE},
	{"S2T0SZ 0", {{0x10110, STE2 & ~(25ULL << 32)}}, .device = 4, BAD_STE},
	{"S2TTB beyond 44 bits", {{0x10118, 1ULL << 44}}, .device = 4, BAD_STE},
	{"S1DSS 0", {{0x100c8, DSS(0)}}, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 0x06},
	{"substream of stage 2", .device = 4, .pasid = PASID(1), BAD_SSID, .event = {0x400001008}},
	{"substream of bypass", .device = 6, .pasid = PASID(1), BAD_SSID},
	{"substream without S1CDMax", {{STE, V | CONFIG(5) | 0x14000}}, .pasid = PASID(0), BAD_SSID},
	{"substream beyond", .pasid = PASID(4), BAD_SSID},
	{"substream 0 with S1DSS 2", .pasid = PASID(0), .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 0x06, .event = {0x300000006}},
	{"L1CD not valid", {{STE, V | CONFIG(5) | 1 << 4 | 0x1a000 | CDMAX(8)}}, .pasid = PASID(128), .kind = ABSENT, .at = IOMT_AT_DIRECTORY, .code = 0x08},
	{"no L1CD", {{STE, V | CONFIG(5) | 1 << 4 | 0x7f0000000 | CDMAX(7)}}, .pasid = PASID(65), .kind = MEMORY, .at = IOMT_AT_DIRECTORY, .code = 0x09},
	{"no CD", {{STE, V | CONFIG(5) | 0x7f0000000 | CDMAX(2)}}, .kind = MEMORY, .at = IOMT_AT_PROCESS, .code = 0x09, .event = {0x300000009}},
	{"CD not valid", {{0x14000, CD0 & ~(1ULL << 31)}}, .kind = ABSENT, .at = IOMT_AT_PROCESS, .code = 0x0a},
	{"AA64", {{0x14000, CD0 & ~(1ULL << 41)}}, BAD_CD},
	{"ENDI", {{0x14000, CD0 | 1 << 15}}, BAD_CD},
	{"HA without", {{0x14000, CD0 | 1ULL << 43}}, BAD_CD},
	{"S2HD without", {{0x10110, STE2 | 3ULL << 55}}, .device = 4, .features = IOMT_UNIT_ACCESSED, BAD_STE},
	{"HD alone, without", {{0x14000, CD0 | 1ULL << 42}}, .features = IOMT_UNIT_ACCESSED, BAD_CD},
	/* not dirty, and nobody makes it so: a page of DBM that is read-only */
	{"HD alone, a write", {{0x14000, CD0 | 1ULL << 42}, {0x33018, 0x50000 | LEAF1 | 1 << 7 | 1ULL << 51}}, .features = IOMT_UNIT_ACCESSED | IOMT_UNIT_DIRTY, .access = IOMT_WRITE, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x13},
	{"HD without", {{0x14000, CD0 | 3ULL << 42}}, .features = IOMT_UNIT_ACCESSED, BAD_CD},
	{"S without", {{0x14000, CD0 | 1ULL << 44}}, BAD_CD},
	{"TG0 3", {{0x14000, CD0 | 3 << 6}}, BAD_CD},
	{"TG1 0", {{0x14000, (CD0 & ~(1ULL << 30)) | 16 << 16}}, BAD_CD},
	{"T0SZ 0", {{0x14000, CD0 & ~16ULL}}, BAD_CD},
	{"T0SZ 15", {{0x14000, (CD0 & ~16ULL) | 15}}, BAD_CD},
	{"TTB0 beyond 44 bits", {{0x14008, 1ULL << 44}}, BAD_CD},
	{"translation request", .access = ATS, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 0x05},
	{"translation request, EATS 3", {{0x100c8, DSS(2) | 3 << 28}}, .access = ATS, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 0x05},
	{"translation request, bypass", {{0x10188, 1 << 28}}, .device = 6, .access = ATS, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 0x05},
	{"bypass, beyond", .device = 6, .iova = 1ULL << 44, .kind = RANGE, .at = IOMT_AT_DEVICE, .code = 0x11, .event = {0x600000011, 0x20800000000}},
	{"bypass, beyond, for execution", .device = 6, .iova = 1ULL << 44, .access = IOMT_EXEC | IOMT_PRIV, .kind = RANGE, .at = IOMT_AT_DEVICE, .code = 0x11, .event = {0x600000011, 0x20e00000000}},
	{"bypass, beyond, a write", .device = 6, .iova = 1ULL << 44, .access = IOMT_WRITE | IOMT_EXEC, .kind = RANGE, .at = IOMT_AT_DEVICE, .code = 0x11, .event = {0x600000011, 0x20000000000}},
	/* stage 1 passes on what is none of its outputs (7.3.14) */
	{"stage 2 alone, beyond 44 bits", .device = 4, .iova = 1ULL << 44, .kind = RANGE, .at = IOMT_AT_DEVICE, .code = 0x11, .event = {0x400000011, 0x20800000000}},
	{"stage 2 alone, beyond 39 bits", .device = 4, .iova = 1ULL << 39, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x10, .event = {0x400000010, 0x28800000000}},
	{"EPD1", .iova = 0xffff000040603456, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x10},
	{"EPD0 and EPD1", {{0x14000, CD0 | 1 << 14}}, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x10},
	{"page absent", {{0x33018, 0}}, .access = RW, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x10, .event = {0x300000010, 0x20000000000}},
	{"stage 2, absent", {{0x22018, 0}}, .device = 4, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x10, .event = {0x400000010, 0x28800000000}},
	{"stage 1: no table", {{0x32018, 0x7f0000003}}, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x0b, .event = {0x30000000b, 0x10800000000}},
	{"stage 1: beyond 44 bits", {{0x33018, 1ULL << 44 | LEAF1}}, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x11, .event = {0x300000011, 0x20800000000}},
	{"stage 1: beyond 44 bits, a write", {{0x33018, 1ULL << 44 | LEAF1}}, .access = IOMT_WRITE | IOMT_EXEC, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x11, .event = {0x300000011, 0x20000000000}},
	{"stage 1: AF", {{0x33018, 0x50000 | (LEAF1 & ~0x400)}}, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x12},
	{"stage 1: read-only", {{0x33018, 0x50000 | LEAF1 | 0x80}}, .access = RW, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x13, .event = {0x300000013, 0x20000000000}},
	{"stage 2: no table", {{0x21018, 0x7f0000003}}, .device = 4, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x0b, .event = {0x40000000b, 0x28800000000}},
	{"stage 2: beyond 44 bits", {{0x22018, 1ULL << 44 | LEAF2}}, .device = 4, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x11},
	{"stage 2: AF", {{0x22018, 0x70000 | (LEAF2 & ~0x400)}}, .device = 4, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x12},
	{"CD beyond 44 bits", {{0x241a0, 1ULL << 44 | LEAF2}}, .device = 5, .kind = WALK, .at = IOMT_AT_PROCESS, .code = 0x11},
	{"CD, AF", {{0x241a0, 0x14000 | (LEAF2 & ~0x400)}}, .device = 5, .kind = WALK, .at = IOMT_AT_PROCESS, .code = 0x12},
	{"CD, stage 2 write-only", {{0x241a0, 0x14000 | (LEAF2 & ~0x40)}}, .device = 5, .kind = WALK, .at = IOMT_AT_PROCESS, .code = 0x13},
	{"CD, no table of stage 2", {{0x23000, 0x7f0000003}}, .device = 5, .kind = WALK, .at = IOMT_AT_PROCESS, .code = 0x0b, .event = {0x50000000b, 0x08800000000}},
	{"table beyond 44 bits", {{0x24188, 1ULL << 44 | LEAF2}}, .device = 5, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x11},
	{"table, AF", {{0x24188, 0x31000 | (LEAF2 & ~0x400)}}, .device = 5, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x12},
	/* stage 1's table is at 0x40000000, whose table of stage 2 is not there */
	{"table, no table of stage 2", {{0x31008, 0x40000003}, {0x21000, 0x7f0000003}}, .device = 5, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x0b, .event = {0x50000000b, 0x18800000000}},
	{"CD where stage 2 has nothing", {{0x241a0, 0}}, .device = 5, .kind = WALK, .at = IOMT_AT_PROCESS, .code = 0x10, .event = {0x500000010, 0x08800000000}},
	{"table where stage 2 has nothing", {{0x24188, 0}}, .device = 5, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x10, .event = {0x500000010, 0x18800000000}},
	{"L1CD where stage 2 has nothing", {{0x10140, V | CONFIG(7) | 1 << 4 | 0x3a000 | CDMAX(7)}}, .device = 5, .pasid = PASID(65), .kind = WALK, .at = IOMT_AT_DIRECTORY, .code = 0x10},
	{"page, stage 2 read-only", {{0x24280, 0x71000 | (LEAF2 & ~0x80)}}, .device = 5, .access = RW, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x13},
	{"table, S2PTW", {{0x10150, STE2 | 1ULL << 54}, {0x24188, 0x31000 | 0x4c7}}, .device = 5, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x13, .event = {0x500000013, 0x18800000000}},
};
/* clang-format on */

static void translates(void)
{
	device_check(&suite, translating, sizeof(translating) / sizeof(translating[0]));
}

static void faults(void)
{
	device_check(&suite, failing, sizeof(failing) / sizeof(failing[0]));
}

static void is_listed(const struct iomt_walk_fault *fault)
{
	struct iomt_walk_smmu_event event = iomt_walk_smmu_event(fault);

	CHECK(codes_has(&codes_smmu,
			(uint32_t)event.type << 8 | (uint32_t)event.cls << 4 | event.s2));
}

/* What there is to report is raised above. */
static void codes(void)
{
	faults();
	codes_all_faults(is_listed);
	codes_check(&seen);
}

/* Where addresses are in records: InputAddr, IPA or FetchAddr. */
static void records(void)
{
	static const struct {
		struct word poke;
		uint32_t device;
		uint64_t input, other;
	} cases[] = {
		{{STE, V | CONFIG(5) | 0x7f0000000 | CDMAX(2)}, 3, 0, 0x7f0000000},
		/* a guest's descriptor where stage 2 has an address without memory */
		{{0x241a0, 0x7f0000000 | LEAF2}, 5, 0, 0x7f0000000},
		{{0x22018, 0}, 4, 0x40603456, 0x40603000},
		{{0x241a0, 0}, 5, 0x40603456, 0x34000},
		{{0x24188, 0}, 5, 0x40603456, 0x31000},
		{{0x24188, 0x7f0000000 | LEAF2}, 5, 0x40603456, 0x7f0000008},
	};
	static struct guest guest;

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct iomt_unit_cfg cfg = suite.cfg;
		struct iomt_request request = {.device = cases[k].device,
					       .pasid = NONE,
					       .iova = suite.iova,
					       .access = IOMT_READ};
		static struct iomt_context context;
		struct iomt_device_fault fault;
		struct iomt_walk_leaf leaf;
		struct iomt_unit unit;
		uint64_t record[4];
		int err;

		guest_open(&guest, true);
		for (size_t i = 0; i < suite.count; i++)
			*guest_word(&guest, words[i].address) = words[i].value;
		*guest_word(&guest, cases[k].poke.address) = cases[k].poke.value;
		cfg.size = sizeof(cfg);
		cfg.mem = &guest.mem;
		CHECK_INT(iomt_unit_init(&unit, &cfg, NULL), 0);
		err = iomt_unit_find(&unit, &request, &context, &fault);
		if (!err)
			err = iomt_context_walk(&context, &request, &leaf, &fault);
		CHECK_INT(err, IOMT_EFAULT);
		iomt_device_smmu_event(&fault, record);
		CHECK_EQ(record[2], cases[k].input);
		CHECK_EQ(record[3], cases[k].other);
	}
}

TEST_SUITE(device_smmu, TEST(translates), TEST(faults), TEST(codes), TEST(records));
