/* SPDX-License-Identifier: MIT */
/*
 * RISC-V's tables from the device down. IOMMU specification: "Device-Directory-Table (DDT)",
 * "Process-Directory-Table (PDT)", "Process to translate an IOVA", "Fault/Event-Queue".
 *
 * Contexts of 32 bytes are at 0x10000, of 64 bytes at 0x12000, each for the same devices: 1 has both stages
 * Bare, 3 a first stage, 4 a second, 5 both, 6 a process directory (PD8), 7 one behind the second stage, 8
 * PD17, 9 PD20. Two levels begin at 0x1a000 and 0x1b000, three at 0x1c000 and 0x1d000.
 * Process contexts are at 0x14000: 0 and 1 have PSCID 8 and 9, 2 ENS and SUM, 3 is Bare, 4 ENS.
 * 0x40603456 is 0x50456 by the first stage (Sv48, at 0x30000), 0x70456 by the second (Sv48x4, at
 * 0x20000), 0x71456 by both. MSI page tables: 0x16000 of device 4, 0x17000 of 5.
 */
#include "device.h"

#define V	   1ULL
#define EN_ATS	   (1ULL << 1)
#define EN_PRI	   (1ULL << 2)
#define T2GPA	   (1ULL << 3)
#define DTF	   (1ULL << 4)
#define PDTV	   (1ULL << 5)
#define PRPR	   (1ULL << 6)
#define GADE	   (1ULL << 7)
#define SADE	   (1ULL << 8)
#define DPE	   (1ULL << 9)
#define PTR(a)	   ((a) >> 2 | 1)
#define LEAF(a)	   ((a) >> 2 | 0xdf)
#define ATP(m, a)  ((uint64_t)(m) << 60 | (a) >> 12)
#define SV48(a)	   ATP(9, a)
#define SV48X4(a)  (ATP(9, a) | 7ULL << 44) /* GSCID 7 */
#define PSCID(n)   ((uint64_t)(n) << 12)
#define DDTP(m, a) ((a) >> 2 | (m))

static const struct word words[] = {
	{0x10020, V},
	{0x10060, V},
	{0x10070, PSCID(9)},
	{0x10078, SV48(0x30000)},
	{0x10080, V},
	{0x10088, SV48X4(0x20000)},
	{0x100a0, V},
	{0x100a8, SV48X4(0x20000)},
	{0x100b0, PSCID(9)},
	{0x100b8, SV48(0x30000)},
	{0x100c0, V | PDTV},
	{0x100d8, ATP(1, 0x14000)},
	{0x100e0, V | PDTV},
	{0x100e8, SV48X4(0x20000)},
	{0x100f8, ATP(1, 0x34000)},
	{0x10100, V | PDTV},
	{0x10118, ATP(2, 0x19000)},
	{0x10120, V | PDTV},
	{0x10138, ATP(3, 0x18000)},
	/* extended */
	{0x120c0, V},
	{0x120d0, PSCID(9)},
	{0x120d8, SV48(0x30000)},
	{0x12100, V},
	{0x12108, SV48X4(0x20000)},
	{0x12140, V},
	{0x12148, SV48X4(0x20000)},
	{0x12150, PSCID(9)},
	{0x12158, SV48(0x30000)},
	/* directories */
	{0x1a018, PTR(0x10000)},
	{0x1c010, PTR(0x1a000)},
	{0x1b018, PTR(0x12000)},
	{0x1d010, PTR(0x1b000)},
	{0x18008, PTR(0x19000)},
	{0x19008, PTR(0x14000)},
	{0x14000, V | PSCID(8)},
	{0x14008, SV48(0x30000)},
	{0x14010, V | PSCID(9)},
	{0x14018, SV48(0x30000)},
	{0x14020, V | 6 | PSCID(9)},
	{0x14028, SV48(0x30000)},
	{0x14030, V | PSCID(9)},
	{0x14040, V | 2 | PSCID(9)},
	{0x14048, SV48(0x30000)},
	/* the second stage: 0x34000 is memory at 0x14000, 0x30000 to 0x33000 are what they are */
	{0x20000, PTR(0x24000)},
	{0x24008, PTR(0x25000)},
	{0x25018, PTR(0x26000)},
	{0x26018, LEAF(0x70000)},
	{0x24000, PTR(0x27000)},
	{0x27000, PTR(0x28000)},
	{0x28180, LEAF(0x30000)},
	{0x28188, LEAF(0x31000)},
	{0x28190, LEAF(0x32000)},
	{0x28198, LEAF(0x33000)},
	{0x281a0, LEAF(0x14000)},
	{0x28280, LEAF(0x71000)},
	/* the first */
	{0x30000, PTR(0x31000)},
	{0x31008, PTR(0x32000)},
	{0x32018, PTR(0x33000)},
	{0x33018, LEAF(0x50000)},
	/* interrupt file 3 of device 4, 0 of 5 */
	{0x16030, 0x72000 >> 2 | 7},
	{0x17000, 0x73000 >> 2 | 7},
};

/* The words of a record that are not the request's alone: cause, ids and type; iotval2. */
static void report(const struct iomt_device_fault *fault, uint64_t *out)
{
	uint64_t record[4];

	iomt_device_riscv_record(fault, record);
	CHECK_EQ(record[1], 0);
	CHECK_EQ(record[2], fault->request.iova);
	out[0] = record[0];
	out[1] = record[3];
}

static struct codes_seen seen = {.codes = &codes_riscv_device};

static void saw(const struct iomt_device_fault *fault, const uint64_t *record)
{
	CHECK_EQ(record[0] & 0xfff, fault->code);
	codes_saw(&seen, fault->code);
}

#define CAP(name) IOMT_RISCV_CAP_##name

static const struct device_suite suite = {
	.words = words,
	.count = sizeof(words) / sizeof(words[0]),
	.cfg = {.arch = IOMT_UNIT_RISCV,
		.base = DDTP(2, 0x10000),
		.capabilities = CAP(SV39) | CAP(SV48) | CAP(SV57) | CAP(SV39X4) | CAP(SV48X4) |
				CAP(SV57X4) | CAP(AMO_HWAD) | CAP(ATS) | CAP(T2GPA) | CAP(PD8) |
				CAP(PD17) | CAP(PD20) | CAP(PAS(44))},
	.device = 3,
	.iova = 0x40603456,
	.report = report,
	.saw = saw,
};

#define EXTENDED(mode, address) .capabilities = CAP(MSI_FLAT), .base = DDTP(mode, address)
#define MSI			EXTENDED(2, 0x12000)
#define ABSENT			IOMT_DEVICE_FAULT_ABSENT
#define MEMORY			IOMT_DEVICE_FAULT_MEMORY
#define REFUSE			IOMT_DEVICE_FAULT_REFUSED
#define WALK			IOMT_DEVICE_FAULT_WALK
#define ATS			(IOMT_READ | IOMT_WALK_ATS)
#define TRANSLATED		(IOMT_READ | IOMT_REQUEST_TRANSLATED)
#define ROOT(k, c)		.kind = IOMT_DEVICE_FAULT_##k, .at = IOMT_AT_ROOT, .code = (c)
#define DC(k, c)		.kind = IOMT_DEVICE_FAULT_##k, .at = IOMT_AT_DEVICE, .code = (c)
#define PDT(k, c)		.kind = IOMT_DEVICE_FAULT_##k, .at = IOMT_AT_DIRECTORY, .code = (c)
#define PC(k, c)		.kind = IOMT_DEVICE_FAULT_##k, .at = IOMT_AT_PROCESS, .code = (c)
#define PAGES(c)		.kind = WALK, .at = IOMT_AT_PAGES, .code = (c)
#define FILES(k, c)		.kind = IOMT_DEVICE_FAULT_##k, .at = IOMT_AT_MSI, .code = (c)
#define BAD_DC			DC(ILLEGAL, 259)
#define S1			.stages = 1, .oa = 0x50456, .process = PASID(9)
#define S2			.stages = 2, .oa = 0x70456, .domain = 7
#define BOTH			.stages = 3, .oa = 0x71456, .domain = 7, .process = PASID(9)
/* words of a record: cause, process_id (PV, PRIV), transaction type, device_id */
#define RECORD(cause, type, device) ((cause) | (type) << 34 | (uint64_t)(device) << 40)
#define PV(n)			    ((uint64_t)(n) << 12 | 1ULL << 32)
#define PRIV			    (1ULL << 33)
#define PLAIN			    .oa = 0x40603456
#define FLAT4                                        \
	{0x12120, ATP(1, 0x16000)}, {0x12128, 0xff}, \
	{                                            \
		0x12130, 0x40600                     \
	}
#define FLAT5                                       \
	{0x12160, ATP(1, 0x17000)}, {0x12168, 0xf}, \
	{                                           \
		0x12170, 0x50                       \
	}

/* clang-format off */
static const struct device_case translating[] = {
	{"ddtp Bare", .base = 1, .device = 0xffffff, .pasid = PASID(1), .access = RW, PLAIN},
	{"Bare twice", .device = 1, PLAIN},
	{"first stage", S1},
	{"second stage", .device = 4, S2},
	{"both", .device = 5, BOTH},
	{"process 1", .device = 6, .pasid = PASID(1), S1},
	{"process 1 behind the second stage", .device = 7, .pasid = PASID(1), BOTH},
	{"no process, no DPE", .device = 6, PLAIN},
	{"no process, no DPE, second stage", .device = 7, S2},
	{"DPE", {{0x100c0, V | PDTV | DPE}}, .device = 6, .stages = 1, .oa = 0x50456, .process = PASID(8)},
	{"pdtp Bare", {{0x100d8, 0}}, .device = 6, .pasid = PASID(0xfffff), PLAIN},
	{"pdtp Bare, DPE, second stage", {{0x100e0, V | PDTV | DPE}, {0x100f8, 0}}, .device = 7, S2},
	{"PD17", .device = 8, .pasid = PASID(0x101), S1},
	{"PD20", .device = 9, .pasid = PASID(0x20101), S1},
	{"PC Bare", .device = 6, .pasid = PASID(3), PLAIN},
	{"PC Bare, second stage", .device = 7, .pasid = PASID(3), S2},
	{"ENS", .device = 6, .pasid = PASID(2), .access = RW | IOMT_PRIV, S1},
	{"privileged without a process", .access = IOMT_READ | IOMT_PRIV, S1},
	{"privileged, pdtp Bare", {{0x100d8, 0}}, .device = 6, .pasid = PASID(1), .access = IOMT_READ | IOMT_PRIV, PLAIN},
	{"two levels", .base = DDTP(3, 0x1a000), .device = 0x183, S1},
	{"three levels", .base = DDTP(4, 0x1c000), .device = 0x20183, S1},
	{"extended", EXTENDED(2, 0x12000), S1},
	{"extended, two levels", EXTENDED(3, 0x1b000), .device = 0xc3, S1},
	{"extended, three levels", EXTENDED(4, 0x1d000), .device = 0x100c3, S1},
	{"Sv39", {{0x10078, ATP(8, 0x31000)}}, S1},
	{"Sv57", {{0x10078, ATP(10, 0x34000)}, {0x34000, PTR(0x30000)}}, S1},
	{"Sv39x4", {{0x10088, ATP(8, 0x24000) | 7ULL << 44}}, .device = 4, S2},
	{"Sv57x4", {{0x10088, ATP(10, 0x2c000) | 7ULL << 44}, {0x2c000, PTR(0x20000)}}, .device = 4, S2},
	{"custom bits of tc", {{0x10060, V | 0xffULL << 24}}, S1},
	{"GSCID without a second stage", {{0x10068, 7ULL << 44}}, S1},
	{"RCID and MCID", {{0x10070, PSCID(9) | 0xffffffULL << 40}}, .capabilities = CAP(QOSID), S1},
	{"SADE", {{0x10060, V | SADE}, {0x33018, 0x50000 >> 2 | 0x1f}}, .access = RW, S1},
	{"GADE", {{0x10080, V | GADE}, {0x26018, 0x70000 >> 2 | 0x1f}}, .device = 4, .access = RW, S2},
	{"PBMT", {{0x33018, LEAF(0x50000) | 2ULL << 61}}, .capabilities = CAP(PBMT), S1},
	{"bits 60:59", {{0x33018, LEAF(0x50000) | 3ULL << 59}}, .capabilities = CAP(SOFTWARE), S1},
	{"translation request", {{0x10060, V | EN_ATS}}, .access = ATS, S1},
	{"translation request, T2GPA, second stage", {{0x10080, V | EN_ATS | T2GPA}}, .device = 4, .access = ATS, .stages = 2, .oa = 0x40603456, .domain = 7},
	{"translation request, T2GPA, both", {{0x100a0, V | EN_ATS | T2GPA}}, .device = 5, .access = ATS, .stages = 3, .oa = 0x50456, .domain = 7, .process = PASID(9)},
	{"T2GPA, no translation request", {{0x100a0, V | EN_ATS | T2GPA}}, .device = 5, BOTH},
	{"translated", {{0x100a0, V | EN_ATS}}, .device = 5, .access = TRANSLATED, .stages = 2, .oa = 0x40603456, .domain = 7},
	{"translated, T2GPA", {{0x100a0, V | EN_ATS | T2GPA}}, .device = 5, .access = TRANSLATED, S2},
	{"translated: no process context is read", {{0x100c0, V | PDTV | EN_ATS}, {0x14010, 0}}, .device = 6, .pasid = PASID(1), .access = TRANSLATED, PLAIN},
	{"PRI and its PASID", {{0x10060, V | EN_ATS | EN_PRI | PRPR}}, S1},
	{"MSI", {FLAT4}, MSI, .device = 4, .access = IOMT_WRITE, .stages = 2, .oa = 0x72456, .domain = 7},
	{"MSI, read", {FLAT4}, MSI, .device = 4, .stages = 2, .oa = 0x72456, .domain = 7},
	{"MSI of both stages", {FLAT5, {0x28280, 0}}, MSI, .device = 5, .access = IOMT_WRITE, .stages = 3, .oa = 0x73456, .domain = 7, .process = PASID(9)},
	{"MSI, mask with holes", {{0x12120, ATP(1, 0x16000)}, {0x12128, 0xfc}, {0x12130, 0x40603}, {0x16000, 0x74000 >> 2 | 7}}, MSI, .device = 4, .stages = 2, .oa = 0x74456, .domain = 7},
	{"MSI, other pages", {{0x12120, ATP(1, 0x16000)}, {0x12128, 0xff}, {0x12130, 0x40700}}, MSI, .device = 4, S2},
	{"MSI, msiptp Off", {{0x12128, 0xff}, {0x12130, 0x40600}}, MSI, .device = 4, S2},
	{"MSI, T2GPA", {FLAT4, {0x12100, V | EN_ATS | T2GPA}}, MSI, .device = 4, .access = ATS, .stages = 2, .oa = 0x40603456, .domain = 7},
	{"MSI, both Bare", {{0x12108, 0}, FLAT4}, MSI, .device = 4, .access = IOMT_WRITE, .oa = 0x72456},
};

static const struct device_case failing[] = {
	{"Off", .base = DDTP(0, 0x10000), .kind = REFUSE, .at = IOMT_AT_REGISTER, .code = 256, .event = {RECORD(256, 2ULL, 3)}},
	{"mode 5", .base = DDTP(5, 0x10000), .kind = REFUSE, .at = IOMT_AT_REGISTER, .code = 256},
	{"translation request, Bare", .base = 1, .access = ATS, .kind = REFUSE, .at = IOMT_AT_REGISTER, .code = 260, .event = {RECORD(260, 8ULL, 3)}},
	{"translated, Bare", .base = 1, .access = TRANSLATED, .kind = REFUSE, .at = IOMT_AT_REGISTER, .code = 260, .event = {RECORD(260, 6ULL, 3)}},
	{"device 128, one level", .device = 128, .kind = IOMT_DEVICE_FAULT_RANGE, .at = IOMT_AT_REGISTER, .code = 260},
	{"device 64, one level, extended", EXTENDED(2, 0x12000), .device = 64, .kind = IOMT_DEVICE_FAULT_RANGE, .at = IOMT_AT_REGISTER, .code = 260},
	{"device 2^16, two levels", .base = DDTP(3, 0x1a000), .device = 0x10000, .kind = IOMT_DEVICE_FAULT_RANGE, .at = IOMT_AT_REGISTER, .code = 260},
	{"device 2^15, two levels, extended", EXTENDED(3, 0x1b000), .device = 0x8000, .kind = IOMT_DEVICE_FAULT_RANGE, .at = IOMT_AT_REGISTER, .code = 260},
	{"no DDT", .base = DDTP(3, 0x7f0000000ULL), .device = 0x183, ROOT(MEMORY, 257)},
	{"DDT beyond 44 bits", .base = DDTP(3, 1ULL << 44), .device = 0x183, ROOT(MEMORY, 257)},
	{"DDT not valid", {{0x1a018, PTR(0x10000) - 1}}, .base = DDTP(3, 0x1a000), .device = 0x183, ROOT(ABSENT, 258)},
	{"DDT, bit 1", {{0x1a018, PTR(0x10000) | 2}}, .base = DDTP(3, 0x1a000), .device = 0x183, ROOT(RESERVED, 259)},
	{"DDT, bit 9", {{0x1a018, PTR(0x10000) | 1 << 9}}, .base = DDTP(3, 0x1a000), .device = 0x183, ROOT(RESERVED, 259)},
	{"DDT, bit 54", {{0x1c010, PTR(0x1a000) | 1ULL << 54}}, .base = DDTP(4, 0x1c000), .device = 0x20183, ROOT(RESERVED, 259)},
	{"no DC", .base = DDTP(2, 0x7f0000000ULL), DC(MEMORY, 257), .event = {RECORD(257, 2ULL, 3)}},
	{"DC not valid", {{0x10060, DTF}}, DC(ABSENT, 258), .event = {RECORD(258, 2ULL, 3)}},
	{"tc, bit 12", {{0x10060, V | 1 << 12}}, DC(RESERVED, 259)},
	{"tc, bit 23", {{0x10060, V | 1 << 23}}, DC(RESERVED, 259)},
	{"tc, bit 32", {{0x10060, V | 1ULL << 32}}, DC(RESERVED, 259)},
	{"ta, bit 0", {{0x10070, 1}}, DC(RESERVED, 259)},
	{"ta, bit 11", {{0x10070, 1 << 11}}, DC(RESERVED, 259)},
	{"ta, bit 32", {{0x10070, 1ULL << 32}}, .capabilities = CAP(QOSID), DC(RESERVED, 259)},
	{"ta, RCID without QOSID", {{0x10070, 1ULL << 40}}, DC(RESERVED, 259)},
	{"ta, MCID without QOSID", {{0x10070, 1ULL << 63}}, DC(RESERVED, 259)},
	{"ta, bit 0, PDTV", {{0x100d0, 1}}, .device = 6, DC(RESERVED, 259)},
	{"iosatp, bit 44", {{0x10078, SV48(0x30000) | 1ULL << 44}}, DC(RESERVED, 259)},
	{"pdtp, bit 59", {{0x100d8, ATP(1, 0x14000) | 1ULL << 59}}, .device = 6, DC(RESERVED, 259)},
	{"msiptp, bit 44", {{0x120e0, 1ULL << 44}}, MSI, DC(RESERVED, 259)},
	{"msi_addr_mask, bit 52", {{0x120e8, 1ULL << 52}}, MSI, DC(RESERVED, 259)},
	{"msi_addr_pattern, bit 63", {{0x120f0, 1ULL << 63}}, MSI, DC(RESERVED, 259)},
	{"the last word", {{0x120f8, 1}}, MSI, DC(RESERVED, 259)},
	{"EN_ATS without", {{0x10060, V | EN_ATS}}, .no_capabilities = CAP(ATS), BAD_DC},
	{"EN_PRI without", {{0x10060, V | EN_PRI}}, .no_capabilities = CAP(ATS), BAD_DC},
	{"PRPR without", {{0x10060, V | PRPR}}, .no_capabilities = CAP(ATS), BAD_DC},
	{"T2GPA without EN_ATS", {{0x10080, V | T2GPA}}, .device = 4, BAD_DC},
	{"EN_PRI without EN_ATS", {{0x10060, V | EN_PRI}}, BAD_DC},
	{"PRPR without EN_PRI", {{0x10060, V | EN_ATS | PRPR}}, BAD_DC},
	{"T2GPA without", {{0x10080, V | EN_ATS | T2GPA}}, .device = 4, .no_capabilities = CAP(T2GPA), BAD_DC},
	{"T2GPA, no second stage", {{0x10060, V | EN_ATS | T2GPA}}, BAD_DC},
	{"pdtp, mode 4", {{0x100d8, ATP(4, 0x14000)}}, .device = 6, BAD_DC},
	{"pdtp, mode 14", {{0x100d8, ATP(14, 0x14000)}}, .device = 6, BAD_DC},
	{"PD8 without", .device = 6, .no_capabilities = CAP(PD8), BAD_DC},
	{"PD17 without", .device = 8, .no_capabilities = CAP(PD17), BAD_DC},
	{"PD20 without", .device = 9, .no_capabilities = CAP(PD20), BAD_DC},
	{"iosatp, mode 1", {{0x10078, ATP(1, 0x30000)}}, BAD_DC},
	{"iosatp, mode 11", {{0x10078, ATP(11, 0x30000)}}, BAD_DC},
	{"Sv39 without", {{0x10078, ATP(8, 0x30000)}}, .no_capabilities = CAP(SV39), BAD_DC},
	{"Sv48 without", .no_capabilities = CAP(SV48), BAD_DC},
	{"Sv57 without", {{0x10078, ATP(10, 0x30000)}}, .no_capabilities = CAP(SV57), BAD_DC},
	{"DPE without PDTV", {{0x10060, V | DPE}}, BAD_DC},
	{"iohgatp, mode 7", {{0x10088, ATP(7, 0x20000)}}, .device = 4, BAD_DC},
	{"iohgatp, mode 11", {{0x100e8, ATP(11, 0x20000)}}, .device = 7, BAD_DC},
	{"Sv39x4 without", {{0x10088, ATP(8, 0x20000)}}, .device = 4, .no_capabilities = CAP(SV39X4), BAD_DC},
	{"Sv48x4 without", .device = 4, .no_capabilities = CAP(SV48X4), BAD_DC},
	{"Sv57x4 without", {{0x10088, ATP(10, 0x20000)}}, .device = 4, .no_capabilities = CAP(SV57X4), BAD_DC},
	{"msiptp, mode 2", {{0x120e0, ATP(2, 0x16000)}}, MSI, BAD_DC},
	{"iohgatp not of 16 KiB", {{0x10088, SV48X4(0x21000)}}, .device = 4, BAD_DC},
	{"iohgatp not of 16 KiB, bit 1", {{0x10088, SV48X4(0x22000)}}, .device = 4, BAD_DC},
	{"SADE without", {{0x10060, V | SADE}}, .no_capabilities = CAP(AMO_HWAD), BAD_DC},
	{"GADE without", {{0x10060, V | GADE}}, .no_capabilities = CAP(AMO_HWAD), BAD_DC},
	{"SBE", {{0x10060, V | 1 << 10}}, BAD_DC},
	{"SXL", {{0x10060, V | 1 << 11}}, BAD_DC},
	{"translation request", .access = ATS, DC(REFUSED, 260), .event = {RECORD(260, 8ULL, 3)}},
	{"translated", .access = IOMT_WRITE | IOMT_REQUEST_TRANSLATED, DC(REFUSED, 260), .event = {RECORD(260, 7ULL, 3)}},
	{"translated, execution", .access = IOMT_EXEC | IOMT_REQUEST_TRANSLATED, DC(REFUSED, 260), .event = {RECORD(260, 5ULL, 3)}},
	{"translation request, before the process", {{0x14010, 0}}, .device = 6, .pasid = PASID(1), .access = ATS, DC(REFUSED, 260)},
	{"process, no PDTV", .pasid = PASID(1), DC(REFUSED, 260), .event = {RECORD(260, 2ULL, 3) | PV(1)}},
	{"process 256, PD8", .device = 6, .pasid = PASID(256), DC(REFUSED, 260)},
	{"process 2^17, PD17", .device = 8, .pasid = PASID(1 << 17), DC(REFUSED, 260)},
	{"privileged, no ENS", .device = 6, .pasid = PASID(1), .access = IOMT_WRITE | IOMT_PRIV, DC(REFUSED, 260), .event = {RECORD(260, 3ULL, 6) | PV(1) | PRIV}},
	{"privileged, no ENS, PC Bare", .device = 6, .pasid = PASID(3), .access = IOMT_READ | IOMT_PRIV, DC(REFUSED, 260)},
	{"no PDT", {{0x10138, ATP(3, 0x7f0000000)}}, .device = 9, .pasid = PASID(0x20101), PDT(MEMORY, 265)},
	{"PDT beyond 44 bits", {{0x10138, ATP(3, 1ULL << 44)}}, .device = 9, .pasid = PASID(0x20101), PDT(MEMORY, 265)},
	{"PDT not valid", .device = 9, .pasid = PASID(0x40101), PDT(ABSENT, 266), .event = {RECORD(266, 2ULL, 9) | PV(0x40101)}},
	{"PDT not valid, PD17", .device = 8, .pasid = PASID(1), PDT(ABSENT, 266)},
	{"PDT, bit 1", {{0x19008, PTR(0x14000) | 2}}, .device = 8, .pasid = PASID(0x101), PDT(RESERVED, 267)},
	{"PDT, bit 63", {{0x18008, PTR(0x19000) | 1ULL << 63}}, .device = 9, .pasid = PASID(0x20101), PDT(RESERVED, 267)},
	{"no PC", {{0x100d8, ATP(1, 0x7f0000000)}}, .device = 6, .pasid = PASID(1), PC(MEMORY, 265)},
	{"PC not valid", .device = 6, .pasid = PASID(5), PC(ABSENT, 266)},
	{"PC not valid, DPE", {{0x100c0, V | PDTV | DPE}, {0x14000, 0}}, .device = 6, PC(ABSENT, 266), .event = {RECORD(266, 2ULL, 6)}},
	{"PC.ta, bit 3", {{0x14010, V | 8}}, .device = 6, .pasid = PASID(1), PC(RESERVED, 267)},
	{"PC.ta, bit 11", {{0x14010, V | 1 << 11}}, .device = 6, .pasid = PASID(1), PC(RESERVED, 267)},
	{"PC.ta, bit 32", {{0x14010, V | 1ULL << 32}}, .device = 6, .pasid = PASID(1), PC(RESERVED, 267)},
	{"PC.fsc, bit 44", {{0x14018, SV48(0x30000) | 1ULL << 44}}, .device = 6, .pasid = PASID(1), PC(RESERVED, 267)},
	{"PC.fsc, mode 7", {{0x14018, ATP(7, 0x30000)}}, .device = 6, .pasid = PASID(1), PC(ILLEGAL, 267)},
	{"PC.fsc, mode 14", {{0x14018, ATP(14, 0x30000)}}, .device = 6, .pasid = PASID(1), PC(ILLEGAL, 267)},
	{"PC.fsc, Sv48 without", .device = 6, .pasid = PASID(1), .no_capabilities = CAP(SV48), PC(ILLEGAL, 267)},
	{"PC behind nothing", {{0x281a0, 0}}, .device = 7, .pasid = PASID(1), .access = IOMT_WRITE, PC(WALK, 21), .event = {RECORD(21, 3ULL, 7) | PV(1), 0x34011}},
	{"PC beyond Sv48x4", {{0x100f8, ATP(1, 1ULL << 50)}}, .device = 7, .pasid = PASID(1), PC(WALK, 21), .event = {RECORD(21, 2ULL, 7) | PV(1), 0x4000000000011}},
	{"PC, second stage's table has no memory", {{0x27000, PTR(0x7f0000000)}}, .device = 7, .pasid = PASID(1), PC(WALK, 265), .event = {RECORD(265, 2ULL, 7) | PV(1), 0}},
	{"PC, the second stage's output has none", {{0x281a0, LEAF(0x7f0000000)}}, .device = 7, .pasid = PASID(1), PC(MEMORY, 265)},
	{"PDT behind nothing", {{0x100f8, ATP(2, 0x35000)}}, .device = 7, .pasid = PASID(0x101), .access = IOMT_EXEC, PDT(WALK, 21), .event = {RECORD(21, 1ULL, 7) | PV(0x101), 0x35009}},
	{"not canonical", .iova = 1ULL << 47, PAGES(13), .event = {RECORD(13, 2ULL, 3)}},
	{"first stage, absent", {{0x33018, 0}}, .access = IOMT_WRITE, PAGES(15), .event = {RECORD(15, 3ULL, 3)}},
	{"first stage, execution of what has no X", {{0x33018, 0x50000 >> 2 | 0xd7}}, .access = IOMT_EXEC, PAGES(12), .event = {RECORD(12, 1ULL, 3)}},
	{"first stage, no memory", {{0x10078, SV48(0x7f0000000)}}, PAGES(5)},
	{"first stage, root beyond 44 bits", {{0x10078, SV48(1ULL << 44)}}, .access = IOMT_WRITE, PAGES(7)},
	{"first stage, page beyond 44 bits", {{0x33018, LEAF(1ULL << 44)}}, .access = IOMT_EXEC, PAGES(1)},
	{"A clear", {{0x33018, 0x50000 >> 2 | 0x9f}}, PAGES(13)},
	{"D clear", {{0x33018, 0x50000 >> 2 | 0x5f}}, .access = IOMT_WRITE, PAGES(15)},
	{"D clear, GADE alone", {{0x10060, V | GADE}, {0x33018, 0x50000 >> 2 | 0x5f}}, .access = IOMT_WRITE, PAGES(15)},
	{"a supervisor's page, no process", {{0x33018, 0x50000 >> 2 | 0xcf}}, .access = IOMT_READ | IOMT_PRIV, PAGES(13)},
	{"a user's page, no SUM", .device = 6, .pasid = PASID(4), .access = IOMT_READ | IOMT_PRIV, PAGES(13), .event = {RECORD(13, 2ULL, 6) | PV(4) | PRIV}},
	{"a user's page, execution with SUM", .device = 6, .pasid = PASID(2), .access = IOMT_EXEC | IOMT_PRIV, PAGES(12)},
	{"PBMT without", {{0x33018, LEAF(0x50000) | 2ULL << 61}}, PAGES(13)},
	{"bits 60:59 without", {{0x33018, LEAF(0x50000) | 1ULL << 59}}, PAGES(13)},
	{"second stage, absent", {{0x26018, 0}}, .device = 4, PAGES(21), .event = {RECORD(21, 2ULL, 4), 0x40603454}},
	{"second stage, A clear", {{0x26018, 0x70000 >> 2 | 0x9f}}, .device = 4, .access = IOMT_WRITE, PAGES(23), .event = {RECORD(23, 3ULL, 4), 0x40603454}},
	{"second stage, SADE alone", {{0x10080, V | SADE}, {0x26018, 0x70000 >> 2 | 0x5f}}, .device = 4, .access = IOMT_WRITE, PAGES(23)},
	{"second stage, 2^50", .device = 4, .iova = 1ULL << 50, .access = IOMT_EXEC, PAGES(20), .event = {RECORD(20, 1ULL, 4), 1ULL << 50}},
	{"second stage, 2^41 of Sv39x4", {{0x10088, ATP(8, 0x24000)}}, .device = 4, .iova = 1ULL << 41, PAGES(21)},
	{"second stage, no memory", {{0x10088, SV48X4(0x7f0000000)}}, .device = 4, .access = IOMT_WRITE, PAGES(7), .event = {RECORD(7, 3ULL, 4), 0}},
	{"both, no page", {{0x28280, 0}}, .device = 5, .access = IOMT_WRITE, PAGES(23), .event = {RECORD(23, 3ULL, 5), 0x50454}},
	{"both, no table", {{0x28190, 0}}, .device = 5, .access = IOMT_WRITE, PAGES(23), .event = {RECORD(23, 3ULL, 5), 0x32019}},
	{"both, no root", {{0x28180, 0}}, .device = 7, .pasid = PASID(1), PAGES(21), .event = {RECORD(21, 2ULL, 7) | PV(1), 0x30001}},
	{"both, A to be set in what is read-only", {{0x100a0, V | SADE}, {0x28198, 0x33000 >> 2 | 0xdb}, {0x33018, 0x50000 >> 2 | 0x9f}}, .device = 5, PAGES(21), .event = {RECORD(21, 2ULL, 5), 0x3301b}},
	{"both, the first stage's own", {{0x33018, 0}}, .device = 5, PAGES(13), .event = {RECORD(13, 2ULL, 5), 0}},
	{"translated, T2GPA, absent", {{0x100a0, V | EN_ATS | T2GPA}, {0x26018, 0}}, .device = 5, .access = TRANSLATED, PAGES(21), .event = {RECORD(21, 6ULL, 5), 0x40603454}},
	{"MSI, no table", {{0x12120, ATP(1, 0x7f0000000)}, {0x12128, 0xff}, {0x12130, 0x40600}}, MSI, .device = 4, .access = IOMT_WRITE, FILES(MEMORY, 261), .event = {RECORD(261, 3ULL, 4)}},
	{"MSI, table beyond 44 bits", {{0x12120, ATP(1, 1ULL << 44)}, {0x12128, 0xff}, {0x12130, 0x40600}}, MSI, .device = 4, .access = IOMT_WRITE, FILES(MEMORY, 261)},
	{"MSI, not valid", {FLAT4, {0x16030, 6}}, MSI, .device = 4, .access = IOMT_WRITE, FILES(ABSENT, 262)},
	{"MSI, M 0", {FLAT4, {0x16030, 0x72000 >> 2 | 1}}, MSI, .device = 4, .access = IOMT_WRITE, FILES(ILLEGAL, 263)},
	{"MSI, MRIF", {FLAT4, {0x16030, 0x72000 >> 2 | 3}}, MSI, .device = 4, .access = IOMT_WRITE, FILES(ILLEGAL, 263)},
	{"MSI, M 2", {FLAT4, {0x16030, 0x72000 >> 2 | 5}}, MSI, .device = 4, .access = IOMT_WRITE, FILES(ILLEGAL, 263)},
	{"MSI, C", {FLAT4, {0x16030, 0x72000 >> 2 | 7 | 1ULL << 63}}, MSI, .device = 4, .access = IOMT_WRITE, FILES(ILLEGAL, 263)},
	{"MSI, bit 3", {FLAT4, {0x16030, 0x72000 >> 2 | 15}}, MSI, .device = 4, .access = IOMT_WRITE, FILES(RESERVED, 263)},
	{"MSI, bit 54", {FLAT4, {0x16030, 0x72000 >> 2 | 7 | 1ULL << 54}}, MSI, .device = 4, .access = IOMT_WRITE, FILES(RESERVED, 263)},
	{"MSI, execution", {FLAT4}, MSI, .device = 4, .access = IOMT_EXEC, FILES(REFUSED, 1)},
	{"MSI of both stages, not valid", {FLAT5, {0x17000, 0}}, MSI, .device = 5, .access = IOMT_WRITE, FILES(ABSENT, 262)},
	{"MSI of both stages, the first's fault", {FLAT5, {0x33018, 0}}, MSI, .device = 5, .access = IOMT_WRITE, PAGES(15)},
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

/* The literal tables, with one word changed. */
static struct guest *open_guest(struct iomt_unit *unit, uint64_t address, uint64_t value)
{
	static struct guest guest;
	struct iomt_unit_cfg cfg = suite.cfg;

	guest_open(&guest, true);
	for (size_t i = 0; i < suite.count; i++)
		*guest_word(&guest, words[i].address) = words[i].value;
	*guest_word(&guest, address) = value;
	cfg.size = sizeof(cfg);
	cfg.mem = &guest.mem;
	if (address >= 0x12000 && address < 0x13000) {
		cfg.capabilities |= CAP(MSI_FLAT);
		cfg.base = DDTP(2, 0x12000);
	}
	CHECK_INT(iomt_unit_init(unit, &cfg, NULL), 0);
	return &guest;
}

static int ask(const struct iomt_unit *unit, const struct iomt_request *request,
	       struct iomt_context *context, struct iomt_walk_leaf *leaf,
	       struct iomt_device_fault *fault)
{
	int err = iomt_unit_find(unit, request, context, fault);

	return err ? err : iomt_context_walk(context, request, leaf, fault);
}

/* What there is to report is raised above. */
static void codes(void)
{
	faults();
	codes_check(&seen);
}

/* DTF keeps quiet about all that comes after the device context. */
static void silent(void)
{
	static const struct {
		uint64_t address, value;
		uint32_t pasid, access;
		bool silent;
	} cases[] = {
		{0x100e0, V | PDTV, 1, IOMT_WRITE | IOMT_PRIV, false},
		{0x100e0, V | PDTV | DTF, 1, IOMT_WRITE | IOMT_PRIV, true}, /* no ENS */
		{0x100e0, V | PDTV | DTF, 256, IOMT_READ, true},
		{0x100e0, V | PDTV | DTF, 5, IOMT_READ, true}, /* no PC */
		{0x100e0, V | PDTV | DTF, 4, IOMT_READ | IOMT_PRIV, true},
		{0x100e0, V | PDTV | DTF | 1ULL << 12, 4, IOMT_READ, false},
		{0x100e0, PDTV | DTF, 4, IOMT_READ, false},
	};
	static struct iomt_context context;
	struct iomt_device_fault fault;
	struct iomt_walk_leaf leaf;
	struct iomt_unit unit;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct iomt_request request = {7, cases[i].pasid, suite.iova, cases[i].access};

		open_guest(&unit, cases[i].address, cases[i].value);
		CHECK_INT(ask(&unit, &request, &context, &leaf, &fault), IOMT_EFAULT);
		CHECK_MSG(fault.silent == cases[i].silent, "case %zu", i);
	}
}

/* A context that was found for translated requests has no process; one that was not serves them, too. */
static void translated(void)
{
	struct iomt_request request = {7, 1, suite.iova, TRANSLATED};
	static struct iomt_context context;
	struct iomt_device_fault fault;
	struct iomt_walk_leaf leaf;
	struct iomt_unit unit;

	open_guest(&unit, 0x100e0, V | PDTV | EN_ATS | T2GPA);
	CHECK_INT(ask(&unit, &request, &context, &leaf, &fault), 0);
	CHECK_EQ(leaf.oa, 0x70456);
	CHECK(context.translated);
	request.access = IOMT_READ;
	CHECK_INT(iomt_context_walk(&context, &request, &leaf, &fault), IOMT_EINVAL);
	CHECK_INT(ask(&unit, &request, &context, &leaf, &fault), 0);
	CHECK_EQ(leaf.oa, 0x71456);
	request.access = TRANSLATED;
	CHECK_INT(iomt_context_walk(&context, &request, &leaf, &fault), 0);
	CHECK_EQ(leaf.oa, 0x70456);
	request.access = TRANSLATED | IOMT_WALK_ATS;
	CHECK_INT(iomt_context_walk(&context, &request, &leaf, &fault), IOMT_EINVAL);
	request = (struct iomt_request){1 << 24, NONE, 0, IOMT_READ};
	CHECK_INT(iomt_unit_find(&unit, &request, &context, &fault), IOMT_EINVAL);
}

/* A bit of the first stage is set when the file's entry, too, lets the write through. */
static void msi_marks(void)
{
	struct iomt_request request = {5, NONE, suite.iova, IOMT_WRITE};
	static struct iomt_context context;
	struct iomt_device_fault fault;
	struct iomt_walk_leaf leaf;
	struct iomt_unit unit;
	struct guest *guest = open_guest(&unit, 0x12140, V | SADE | GADE);
	uint64_t *page = guest_word(guest, 0x33018), *file = guest_word(guest, 0x17000);

	*guest_word(guest, 0x12160) = ATP(1, 0x17000);
	*guest_word(guest, 0x12168) = 0xf;
	*guest_word(guest, 0x12170) = 0x50;
	*page = 0x50000 >> 2 | 0x1f;
	*file ^= 1;
	leaf.oa = 42;
	CHECK_INT(ask(&unit, &request, &context, &leaf, &fault), IOMT_EFAULT);
	CHECK_EQ(leaf.oa, 42);
	CHECK_EQ(*page, 0x50000 >> 2 | 0x1f);
	*file ^= 1;
	request.access |= IOMT_WALK_LOOK;
	CHECK_INT(ask(&unit, &request, &context, &leaf, &fault), 0);
	CHECK_EQ(*page, 0x50000 >> 2 | 0x1f);
	request.access = IOMT_WRITE;
	CHECK_INT(ask(&unit, &request, &context, &leaf, &fault), 0);
	CHECK_EQ(*page, LEAF(0x50000));
	CHECK_EQ(leaf.oa, 0x73456);
	CHECK_EQ(leaf.prot & (RW | IOMT_EXEC), RW);
	CHECK_EQ(leaf.size_lg2, 12);
}

/* A leaf ends where interrupt files begin: what is beside one in a large page is no file's. */
static void msi_sizes(void)
{
	static const struct {
		uint32_t device;
		uint64_t iova, mask, pattern, oa;
		uint8_t size_lg2;
		uint64_t page; /* of the first stage; 0: one of 2 MiB */
	} cases[] = {
		/* the second stage has 2 MiB at 0x40600000 */
		{4, 0x40700123, 0xff, 0x40600, 0x700123, 20, 0},
		{4, 0x40602123, 0, 0x40603, 0x602123, 12, 0},
		{4, 0x40600123, 0, 0x40603, 0x600123, 13, 0},
		{4, 0x40600123, 0x100, 0x40603, 0x600123, 13, 0},
		{4, 0x40600123, 0, 0x40800, 0x600123, 21, 0},
		/* 2 MiB of both stages, from 0x40600000 by way of 0x40200000 */
		{5, 0x40600123, 0, 0x40210, 0x600123, 16, 0},
		{5, 0x40600123, 0, 0x40600, 0x600123, 21, 0},
		{5, 0x40603456, 0, 0x40200, 0x603456, 13, LEAF(0x40208000) | 1ULL << 63},
		{5, 0x40603456, 0, 0x40210, 0x603456, 16, LEAF(0x40208000) | 1ULL << 63},
		{5, 0x40603456, 0, 0x40200, 0x608456, 12, LEAF(0x40208000)},
		/* no stage at all */
		{1, 0x40600123, 0, 0x40610, 0x40600123, 16, 0},
		{1, 0, 0, 1ULL << 51, 0, 63, 0},
		{1, 1ULL << 63, 0, 0, 1ULL << 63, 63, 0},
		{1, 0x123, (1ULL << 52) - 2, 1, 0x123, 12, 0},
	};
	static struct iomt_context context;
	struct iomt_device_fault fault;
	struct iomt_walk_leaf leaf;
	struct iomt_unit unit;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct iomt_request request = {cases[i].device, NONE, cases[i].iova, IOMT_READ};
		uint64_t dc = 0x12000 + 64 * (uint64_t)cases[i].device;
		struct guest *guest = open_guest(&unit, dc, V);

		*guest_word(guest, 0x25008) = LEAF(0x600000);
		*guest_word(guest, 0x25018) = LEAF(0x600000);
		*guest_word(guest, 0x32018) = cases[i].page ? PTR(0x33000) : LEAF(0x40200000);
		*guest_word(guest, 0x33018) = cases[i].page;
		*guest_word(guest, dc + 0x20) = ATP(1, 0x16000);
		*guest_word(guest, dc + 0x28) = cases[i].mask;
		*guest_word(guest, dc + 0x30) = cases[i].pattern;
		CHECK_INT(ask(&unit, &request, &context, &leaf, &fault), 0);
		CHECK_MSG(leaf.oa == cases[i].oa && leaf.size_lg2 == cases[i].size_lg2,
			  "case %zu: 0x%" PRIx64 ", 2^%u", i, leaf.oa, leaf.size_lg2);
	}
}

/* So that an IOTLB which knows a large page still finds the file in it. */
static void msi_cached(void)
{
	static _Alignas(IOMT_TLB_ALIGN) char memory[16384];
	const struct iomt_tlb_cfg cfg = {.size = sizeof(cfg), .entries = 64, .spaces = 8};
	struct iomt_request request = {4, NONE, 0, IOMT_READ};
	static struct iomt_unit_device device;
	struct iomt_unit_cache cache;
	struct iomt_device_fault fault;
	struct iomt_tlb_entry entry;
	struct iomt_unit unit;
	struct iomt_tlb *tlb;
	struct guest *guest = open_guest(&unit, 0x12120, ATP(1, 0x16000));

	*guest_word(guest, 0x12128) = 0xff;
	*guest_word(guest, 0x12130) = 0x40600;
	*guest_word(guest, 0x25018) = LEAF(0x600000);
	CHECK(iomt_tlb_bytes(&cfg) <= sizeof(memory));
	CHECK_INT(iomt_tlb_init(&tlb, &cfg, memory), 0);
	CHECK_INT(iomt_unit_cache_init(&cache, &unit, tlb, 0), 0);
	for (unsigned i = 0; i < 64; i++) {
		request.iova = i & 1 ? suite.iova : 0x40700123 + 0x2000 * (uint64_t)i;
		CHECK_INT(iomt_unit_translate(&cache, &device, &request, &entry, &fault), 0);
		CHECK_EQ(entry.oa, i & 1 ? 0x72456 : request.iova - 0x40000000);
		CHECK_EQ(entry.size_lg2, i & 1 ? 12 : 20);
	}
}

/* A guest whose first stage changes from one look to the next. */
struct turning {
	struct guest *guest;
	unsigned reads;	 /* of 0x33018 */
	uint64_t now[8]; /* what these say, one by one */
};

static struct iomt_guest_word turning_read64(void *ctx, uint64_t address)
{
	struct turning *turning = ctx;

	if (address == 0x33018)
		return (struct iomt_guest_word){turning->now[turning->reads++ & 7], 0};
	return guest_read64(turning->guest, address);
}

/* An address that becomes an interrupt file's under the walk is never the second stage's. */
static void msi_race(void)
{
	static const uint64_t file = LEAF(0x50000), page = LEAF(0x51000), none = 0;
	static const struct {
		uint64_t now[8];
		bool bare; /* no second stage */
	} cases[] = {
		{{page, file, file, file, file, file, file, file}, false},
		{{none, file, file, file, file, file, file, file}, false},
		{{page, file, file, file, file, file, file, file}, true},
		{{none, file, file, file, file, file, file, file}, true},
	};
	struct iomt_request request = {5, NONE, suite.iova, IOMT_READ};
	static struct iomt_context context;
	struct iomt_unit unit;

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		struct guest *guest = open_guest(&unit, 0x12160, ATP(1, 0x17000));
		struct turning turning = {.guest = guest};
		struct iomt_guest_mem mem = {
			.size = sizeof(mem), .read64 = turning_read64, .ctx = &turning};
		struct iomt_unit_cfg cfg = unit.cfg;
		struct iomt_device_fault fault = {.code = 42};
		struct iomt_walk_leaf leaf = {.oa = 42};
		int err = IOMT_EAGAIN;

		memcpy(turning.now, cases[i / 2].now, sizeof(turning.now));
		*guest_word(guest, 0x28288) = LEAF(0x74000);
		*guest_word(guest, 0x28280) = i & 1 ? 0 : LEAF(0x71000);
		*guest_word(guest, 0x12170) = 0x50;
		*guest_word(guest, 0x12148) = cases[i / 2].bare ? 0 : SV48X4(0x20000);
		cfg.mem = &mem;
		cfg.oa_bits = cfg.levels = 0;
		cfg.granules = 0;
		CHECK_INT(iomt_unit_init(&unit, &cfg, NULL), 0);
		CHECK_INT(iomt_unit_find(&unit, &request, &context, &fault), 0);
		for (unsigned n = 0; n < 4 && err == IOMT_EAGAIN; n++) {
			CHECK_EQ(leaf.oa, 42);
			CHECK_EQ(fault.code, 42);
			err = iomt_context_walk(&context, &request, &leaf, &fault);
		}
		CHECK_MSG(!err && leaf.oa == 0x73456, "case %zu: %d, 0x%" PRIx64, i, err, leaf.oa);
	}
}

/* "PCIe ATS translation request handling": completer abort, unsupported request, success. */
static void completions(void)
{
	static const uint16_t aborts[] = {1, 5, 7, 261, 263, 265, 267};
	static const uint16_t unsupported[] = {256, 257, 258, 259, 260};
	static const uint16_t empty[] = {12, 13, 15, 20, 21, 23, 262, 266};
	struct iomt_device_fault fault = {.code = 0};

	for (size_t i = 0; i < sizeof(aborts) / sizeof(aborts[0]); i++) {
		fault.code = aborts[i];
		CHECK_EQ(iomt_device_riscv_completion(&fault), IOMT_WALK_COMPLETION_ABORT);
	}
	for (size_t i = 0; i < sizeof(unsupported) / sizeof(unsupported[0]); i++) {
		fault.code = unsupported[i];
		CHECK_EQ(iomt_device_riscv_completion(&fault), IOMT_WALK_COMPLETION_UNSUPPORTED);
	}
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		fault.code = empty[i];
		CHECK_EQ(iomt_device_riscv_completion(&fault), IOMT_WALK_COMPLETION_EMPTY);
	}
}

static void configurations(void)
{
	static const struct {
		const char *field;
		struct iomt_unit_cfg cfg;
	} cases[] = {
		{"features", {.features = IOMT_UNIT_ATS}},
		{"levels", {.levels = 1 << 4}},
		{"oa_bits", {.oa_bits = 44}},
		{"pasid_bits", {.pasid_bits = 20}},
		{"base_cfg", {.base_cfg = 1}},
		{"granules", {.granules = 1 << 12}},
		{"page_sizes", {.page_sizes = 1 << 12}},
		{"capabilities", {.capabilities = 1ULL << 8}},	 /* Sv32 */
		{"capabilities", {.capabilities = 1ULL << 16}},	 /* Sv32x4 */
		{"capabilities", {.capabilities = 1ULL << 23}},	 /* MSI_MRIF */
		{"capabilities", {.capabilities = 1ULL << 27}},	 /* END */
		{"capabilities", {.capabilities = 16ULL << 32}}, /* PAS of 60 */
	};
	static struct guest guest;
	struct iomt_unit unit;

	guest_open(&guest, true);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct iomt_unit_cfg cfg = cases[i].cfg;
		struct iomt_pt_cfg_error error = {"", ""};

		cfg.size = sizeof(cfg);
		cfg.arch = IOMT_UNIT_RISCV;
		cfg.mem = &guest.mem;
		cfg.capabilities |= suite.cfg.capabilities;
		CHECK_INT(iomt_unit_init(&unit, &cfg, &error), IOMT_EINVAL);
		CHECK_MSG(!strcmp(error.field, cases[i].field), "%s: %s", cases[i].field,
			  error.field);
	}
}

TEST_SUITE(device_riscv, TEST(translates), TEST(faults), TEST(codes), TEST(silent),
	   TEST(translated), TEST(msi_marks), TEST(msi_sizes), TEST(msi_cached), TEST(msi_race),
	   TEST(completions), TEST(configurations));
