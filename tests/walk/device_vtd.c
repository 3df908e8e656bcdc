/* SPDX-License-Identifier: MIT */
/*
 * VT-d's tables from the device down. D51397: 9.1 to 9.6; 7.1.3, fault reasons; 11.4.14, fault recording.
 *
 * Device 0x0110 is bus 1, function 0x10. Legacy: root 0x10000, its entry at 0x10010, context table 0x11000,
 * entry at 0x11100: SSPTPTR 0x20000, AW 1 (three levels), domain 5. Scalable: root 0x12000, entry at
 * 0x12010; context table 0x13000, entry at 0x13200: PASID directory 0x14000 with PDTS 0, RID_PASID 2; PASID
 * table 0x15000, PASID 2 at 0x15080: first stage at 0x30000, domain 6; PASID 3 at 0x150c0: nested; PASID 4 at
 * 0x15100: second stage; PASID 5 at 0x15140: passed on.
 */
#include "device.h"

#define SECOND 3 /* R, W */
#define ALL                                                                          \
	(IOMT_UNIT_STAGE_1 | IOMT_UNIT_STAGE_2 | IOMT_UNIT_NESTED | IOMT_UNIT_PASS | \
	 IOMT_UNIT_ATS | IOMT_UNIT_PRIV | IOMT_UNIT_ACCESSED | IOMT_UNIT_DIRTY)

static const struct word words[] = {
	{0x10010, 0x11001},
	{0x11100, 0x20001},
	{0x11108, 0x501},
	{0x12010, 0x13001},
	{0x12018, 0x16001},
	{0x13200, 0x14009}, /* PASIDE */
	{0x13208, 2},
	{0x14000, 0x15001},
	{0x15080, 1 << 6 | 1},
	{0x15088, 6},
	{0x15090, 0x30000},
	{0x150c0, 0x20000 | 3 << 6 | 1 << 2 | 1},
	{0x150c8, 6},
	{0x150d0, 0x30000},
	{0x15100, 0x20000 | 2 << 6 | 1 << 2 | 1},
	{0x15108, 7},
	{0x15140, 4 << 6 | 1 << 2 | 1},
	{0x15148, 8},
	/* second stage: 0x40603000 to 0x70000; 0x30000.. to themselves, 0x50000 to 0x71000 */
	{0x20008, 0x21000 | SECOND},
	{0x21018, 0x22000 | SECOND},
	{0x22018, 0x70000 | SECOND},
	{0x20000, 0x23000 | SECOND},
	{0x23000, 0x24000 | SECOND},
	{0x24180, 0x30000 | SECOND},
	{0x24188, 0x31000 | SECOND},
	{0x24190, 0x32000 | SECOND},
	{0x24198, 0x33000 | SECOND},
	{0x24280, 0x71000 | SECOND},
	/* first stage: 0x40603000 to 0x50000 */
	{0x30000, 0x31027},
	{0x31008, 0x32027},
	{0x32018, 0x33027},
	{0x33018, 0x50067},
};

static void report(const struct iomt_device_fault *fault, uint64_t *record)
{
	iomt_device_vtd_record(fault, record);
}

static struct codes_seen seen = {.codes = &codes_vtd};
static struct codes_seen seen_scalable = {.codes = &codes_vtd_scalable};

static void saw(const struct iomt_device_fault *fault, const uint64_t *record)
{
	CHECK_EQ(record[1] >> 32 & 0xff, fault->code);
	codes_saw(&seen, fault->code);
}

static void saw_scalable(const struct iomt_device_fault *fault, const uint64_t *record)
{
	CHECK_EQ(record[1] >> 32 & 0xff, fault->code);
	codes_saw(&seen_scalable, fault->code);
}

#define SUITE(where, raised)                                                            \
	{                                                                               \
		.words = words, .count = sizeof(words) / sizeof(words[0]),              \
		.cfg = {.arch = IOMT_UNIT_VTD,                                          \
			.features = ALL,                                                \
			.base = (where),                                                \
			.oa_bits = 46,                                                  \
			.pasid_bits = 20},                                              \
		.device = 0x110, .iova = 0x40603456, .report = report, .saw = (raised), \
	}

static const struct device_suite legacy = SUITE(0x10000, saw),
				 scalable = SUITE(0x12400, saw_scalable);

#define CTX    0x11100
#define RANGE  IOMT_DEVICE_FAULT_RANGE
#define ABSENT IOMT_DEVICE_FAULT_ABSENT
#define RSVD   IOMT_DEVICE_FAULT_RESERVED
#define ILL    IOMT_DEVICE_FAULT_ILLEGAL
#define MEMORY IOMT_DEVICE_FAULT_MEMORY
#define REFUSE IOMT_DEVICE_FAULT_REFUSED
#define WALK   IOMT_DEVICE_FAULT_WALK
#define ATS    (IOMT_READ | IOMT_WALK_ATS)

/* clang-format off */
static const struct device_case legacy_translating[] = {
	{"second stage", .stages = 2, .oa = 0x70456, .domain = 5},
	{"with a device TLB", {{CTX, 0x20005}}, .access = ATS, .stages = 2, .oa = 0x70456, .domain = 5},
	{"passed on", {{CTX, 9}}, .access = RW, .oa = 0x40603456, .domain = 5},
	{"ignored bits", {{0x11108, 0x579}}, .stages = 2, .oa = 0x70456, .domain = 5},
};

static const struct device_case legacy_failing[] = {
	{"TTM 3", .base = 0x10c00, .kind = ILL, .at = IOMT_AT_REGISTER, .code = 0x30},
	{"PASID", .pasid = PASID(2), .kind = REFUSE, .at = IOMT_AT_REGISTER, .code = 0x31, .event = {0x40603000, 0xc000023180000110}},
	{"no root", .base = 0x7f0000000, .kind = MEMORY, .at = IOMT_AT_ROOT, .code = 0x08, .event = {0x40603000, 0xc000000800000110}},
	{"root absent", {{0x10010, 0x11000}}, .access = RW, .kind = ABSENT, .at = IOMT_AT_ROOT, .code = 0x01, .event = {0x40603000, 0xc000000110000110}},
	{"root absent, a write", {{0x10010, 0x11000}}, .access = IOMT_WRITE, .kind = ABSENT, .at = IOMT_AT_ROOT, .code = 0x01, .event = {0x40603000, 0x8000000100000110}},
	{"root absent, to be executed", {{0x10010, 0x11000}}, .access = IOMT_READ | IOMT_EXEC, .kind = ABSENT, .at = IOMT_AT_ROOT, .code = 0x01, .event = {0x40603000, 0xc000000140000110}},
	{"root reserved", {{0x10010, 0x11003}}, .kind = RSVD, .at = IOMT_AT_ROOT, .code = 0x0a},
	{"root beyond 46 bits", {{0x10010, 0x400000011001}}, .kind = RSVD, .at = IOMT_AT_ROOT, .code = 0x0a},
	{"root's upper half", {{0x10018, 1}}, .kind = RSVD, .at = IOMT_AT_ROOT, .code = 0x0a},
	{"no context table", {{0x10010, 0x7f0000001}}, .kind = MEMORY, .at = IOMT_AT_DEVICE, .code = 0x09},
	{"context absent", {{CTX, 0x20000}}, .kind = ABSENT, .at = IOMT_AT_DEVICE, .code = 0x02},
	{"context reserved bit 4", {{CTX, 0x20011}}, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 0x0b},
	{"context reserved bit 71", {{0x11108, 0x581}}, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 0x0b},
	{"context reserved bit 88", {{0x11108, 0x1000501}}, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 0x0b},
	{"SSPTPTR beyond", {{CTX, 0x400000020001}}, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 0x0b},
	{"type 3", {{CTX, 0x2000d}}, .kind = ILL, .at = IOMT_AT_DEVICE, .code = 0x03},
	{"passed on without PT", {{CTX, 9}}, .no_features = IOMT_UNIT_PASS, .kind = ILL, .at = IOMT_AT_DEVICE, .code = 0x03},
	{"device TLB without", {{CTX, 0x20005}}, .no_features = IOMT_UNIT_ATS, .kind = ILL, .at = IOMT_AT_DEVICE, .code = 0x03},
	{"AW 0", {{0x11108, 0x500}}, .kind = ILL, .at = IOMT_AT_DEVICE, .code = 0x03},
	{"AW 4", {{0x11108, 0x504}}, .kind = ILL, .at = IOMT_AT_DEVICE, .code = 0x03},
	{"AW 1 where there are four levels", .levels = 0x10, .kind = ILL, .at = IOMT_AT_DEVICE, .code = 0x03},
	{"translation request", .access = ATS, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 0x0d, .event = {0x40603000, 0xd000000d00000110}},
	{"passed on, beyond", {{CTX, 9}}, .iova = 1ULL << 46, .kind = RANGE, .at = IOMT_AT_DEVICE, .code = 0x04},
	{"beyond three levels", .iova = 1ULL << 39, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x04},
	{"page absent, read", {{0x22018, 0}}, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x06, .event = {0x40603000, 0xc000000600000110}},
	{"no table", {{0x21018, 0x7f0000003}}, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x07},
	{"no top", {{CTX, 0x7f0000001}}, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x03},
	{"SNP without", {{0x22018, 0x70803}}, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x0c},
	{"page absent", {{0x22018, 0}}, .access = RW, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x05, .event = {0x40603000, 0xc000000510000110}},
};

static const struct device_case scalable_translating[] = {
	{"RID_PASID: first stage", .stages = 1, .oa = 0x50456, .domain = 6, .process = PASID(2)},
	{"PASID 2", .pasid = PASID(2), .stages = 1, .oa = 0x50456, .domain = 6, .process = PASID(2)},
	{"nested", .pasid = PASID(3), .stages = 3, .oa = 0x71456, .domain = 6, .process = PASID(3)},
	{"second stage", .pasid = PASID(4), .stages = 2, .oa = 0x70456, .domain = 7},
	{"passed on", .pasid = PASID(5), .access = RW, .oa = 0x40603456, .domain = 8},
	{"upper half of the bus", {{0x16020, 0x14009}, {0x16028, 4}}, .device = 0x181, .stages = 2, .oa = 0x70456, .domain = 7},
	{"translation request", {{0x13200, 0x1400d}}, .access = ATS, .stages = 1, .oa = 0x50456, .domain = 6, .process = PASID(2)},
	{"supervisor", {{0x15090, 0x30001}}, .access = IOMT_READ | IOMT_PRIV, .stages = 1, .oa = 0x50456, .domain = 6, .process = PASID(2)},
};

static const struct device_case scalable_failing[] = {
	{"no root", .base = 0x7f0000400, .kind = MEMORY, .at = IOMT_AT_ROOT, .code = 0x38},
	{"root absent", {{0x12010, 0}}, .kind = ABSENT, .at = IOMT_AT_ROOT, .code = 0x39},
	{"root reserved", {{0x12010, 0x13801}}, .kind = RSVD, .at = IOMT_AT_ROOT, .code = 0x3a},
	{"no context table", {{0x12010, 0x7f0000001}}, .kind = MEMORY, .at = IOMT_AT_DEVICE, .code = 0x40},
	{"context absent", {{0x13200, 0x14008}}, .kind = ABSENT, .at = IOMT_AT_DEVICE, .code = 0x41},
	{"context reserved bit 5", {{0x13200, 0x14029}}, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 0x42},
	{"context reserved bit 85", {{0x13208, 1 << 21}}, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 0x42},
	{"RID_PRIV without", {{0x13208, 1 << 20 | 2}}, .no_features = IOMT_UNIT_PRIV, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 0x42},
	{"context's third word", {{0x13210, 1}}, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 0x42},
	{"context's fourth word", {{0x13218, 1ULL << 63}}, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 0x42},
	{"DTE without", {{0x13200, 0x1400d}}, .no_features = IOMT_UNIT_ATS, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 0x42},
	{"translation request", .access = ATS, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 0x44},
	{"PASID without PASIDE", {{0x13200, 0x14001}}, .pasid = PASID(2), .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 0x45},
	{"PASID beyond PDTS 0", .pasid = PASID(0x2000), .kind = RANGE, .at = IOMT_AT_DEVICE, .code = 0x46, .event = {0x40603000, 0xc020004680000110}},
	{"RID_PASID beyond", {{0x13208, 0x2000}}, .kind = RANGE, .at = IOMT_AT_DEVICE, .code = 0x48},
	{"no directory", {{0x13200, 0x7f0000009}}, .kind = MEMORY, .at = IOMT_AT_DIRECTORY, .code = 0x50},
	{"directory absent", .pasid = PASID(64), .kind = ABSENT, .at = IOMT_AT_DIRECTORY, .code = 0x51},
	{"directory reserved", {{0x14000, 0x15005}}, .kind = RSVD, .at = IOMT_AT_DIRECTORY, .code = 0x52},
	{"no PASID table", {{0x14000, 0x7f0000001}}, .kind = MEMORY, .at = IOMT_AT_PROCESS, .code = 0x58},
	{"PASID absent", .pasid = PASID(9), .kind = ABSENT, .at = IOMT_AT_PROCESS, .code = 0x59},
	{"PASID reserved bit 5", {{0x15080, 0x61}}, .kind = RSVD, .at = IOMT_AT_PROCESS, .code = 0x5a},
	{"PASID reserved bit 80", {{0x15088, 1 << 16}}, .kind = RSVD, .at = IOMT_AT_PROCESS, .code = 0x5a},
	{"PASID reserved bit 136", {{0x15090, 0x30100}}, .kind = RSVD, .at = IOMT_AT_PROCESS, .code = 0x5a},
	{"PASID's last word", {{0x150b8, 1}}, .kind = RSVD, .at = IOMT_AT_PROCESS, .code = 0x5a},
	{"SRE without", {{0x15090, 0x30001}}, .no_features = IOMT_UNIT_PRIV, .kind = RSVD, .at = IOMT_AT_PROCESS, .code = 0x5a},
	{"SSADE without", {{0x15100, 0x20000 | 1 << 9 | 2 << 6 | 1 << 2 | 1}}, .pasid = PASID(4), .no_features = IOMT_UNIT_DIRTY, .kind = RSVD, .at = IOMT_AT_PROCESS, .code = 0x5a},
	{"PGTT 0", {{0x15080, 1}}, .kind = ILL, .at = IOMT_AT_PROCESS, .code = 0x5b},
	{"PGTT 5", {{0x15080, 5 << 6 | 1}}, .kind = ILL, .at = IOMT_AT_PROCESS, .code = 0x5b},
	{"first stage without", .no_features = IOMT_UNIT_STAGE_1, .kind = ILL, .at = IOMT_AT_PROCESS, .code = 0x5b},
	{"nested without", .pasid = PASID(3), .no_features = IOMT_UNIT_NESTED, .kind = ILL, .at = IOMT_AT_PROCESS, .code = 0x5b},
	{"second stage without", .pasid = PASID(4), .no_features = IOMT_UNIT_STAGE_2, .kind = ILL, .at = IOMT_AT_PROCESS, .code = 0x5b},
	{"passed on without", .pasid = PASID(5), .no_features = IOMT_UNIT_PASS, .kind = ILL, .at = IOMT_AT_PROCESS, .code = 0x5b},
	{"five levels without", {{0x15090, 0x30004}}, .kind = ILL, .at = IOMT_AT_PROCESS, .code = 0x5b},
	{"AW 0 of a second stage", {{0x15100, 0x20000 | 2 << 6 | 1}}, .pasid = PASID(4), .kind = ILL, .at = IOMT_AT_PROCESS, .code = 0x5b},
	{"supervisor without SRE", .access = IOMT_READ | IOMT_PRIV, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 0x5d, .event = {0x40603000, 0xc000005d20000110}},
	{"all are supervisors, without SRE", {{0x13208, 1 << 20 | 2}}, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 0x5d},
	{"passed on, beyond", .pasid = PASID(5), .iova = 1ULL << 46, .kind = RANGE, .at = IOMT_AT_DEVICE, .code = 0x83},
	{"not canonical", .iova = 1ULL << 47, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x80},
	{"no table", {{0x15090, 0x7f0000000}}, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x73},
	{"RTADDR beyond 46 bits", .base = 0x400000012400, .kind = ILL, .at = IOMT_AT_REGISTER, .code = 0x30},
	{"first stage: no table", {{0x31008, 0x7f0000027}}, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x70},
	{"first stage: absent", {{0x33018, 0}}, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x71, .event = {0x40603000, 0xc000007100000110}},
	{"first stage: XD without NXE", {{0x33018, 1ULL << 63 | 0x50067}}, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x72},
	{"first stage: a supervisor's page", {{0x33018, 0x50063}}, .access = RW, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x81, .event = {0x40603000, 0xc000008110000110}},
	{"first stage: XD", {{0x33018, 1ULL << 63 | 0x50067}, {0x15090, 0x30020}}, .pasid = PASID(2), .access = IOMT_READ | IOMT_EXEC, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x82, .event = {0x40603000, 0xc0000282c0000110}},
	{"first stage: no write", {{0x33018, 0x50065}}, .access = RW, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x85},
	{"first stage: A cannot be set", {{0x33018, 0x50007}}, .read_only = true, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x91},
	{"second stage: no table", {{0x21018, 0x7f0000003}}, .pasid = PASID(4), .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x78},
	{"second stage: TM", {{0x22018, 1ULL << 62 | 0x70003}}, .pasid = PASID(4), .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x7a},
	{"second stage: no top", {{0x15100, 0x7f0000000 | 2 << 6 | 1 << 2 | 1}}, .pasid = PASID(4), .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x7b},
	{"second stage: A cannot be set", {{0x15100, 0x20000 | 1 << 9 | 2 << 6 | 1 << 2 | 1}}, .pasid = PASID(4), .read_only = true, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x7c},
	{"second stage: beyond three levels", .pasid = PASID(4), .iova = 1ULL << 39, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x84},
	{"second stage: no read", {{0x22018, 0x70002}}, .pasid = PASID(4), .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x86},
	{"nested: table beyond three levels", {{0x31008, 1ULL << 39 | 0x27}}, .pasid = PASID(3), .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x74},
	{"nested: top not readable", {{0x24180, 0x30002}}, .pasid = PASID(3), .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x75},
	{"nested: A not writable", {{0x24188, 0x31001}, {0x31008, 0x32007}}, .pasid = PASID(3), .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x77},
	{"nested: table not there", {{0x24188, 0}}, .pasid = PASID(3), .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x79},
	{"nested: table not readable", {{0x24188, 0x31002}}, .pasid = PASID(3), .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x76},
	{"nested: page not writable", {{0x24280, 0x71001}}, .pasid = PASID(3), .access = IOMT_WRITE, .kind = WALK, .at = IOMT_AT_PAGES, .code = 0x85},
};
/* clang-format on */

#define CHECK_CASES(suite, cases) device_check(&(suite), cases, sizeof(cases) / sizeof((cases)[0]))

static void legacy_mode(void)
{
	CHECK_CASES(legacy, legacy_translating);
	CHECK_CASES(legacy, legacy_failing);
}

static void scalable_mode(void)
{
	CHECK_CASES(scalable, scalable_translating);
	CHECK_CASES(scalable, scalable_failing);
}

static void is_listed(const struct iomt_walk_fault *fault)
{
	uint8_t reason = iomt_walk_vtd_reason(fault, false);

	CHECK(codes_has(&codes_vtd_scalable, iomt_walk_vtd_reason(fault, true)));
	CHECK(fault->stage == 1 ? !reason : codes_has(&codes_vtd, reason));
}

/* What there is to report is raised above. */
static void codes(void)
{
	CHECK_CASES(legacy, legacy_failing);
	CHECK_CASES(scalable, scalable_failing);
	codes_all_faults(is_listed);
	codes_check(&seen);
	codes_check(&seen_scalable);
}

/* FPD of each entry on the way. */
static void silent(void)
{
	static const struct {
		uint64_t base, address, value;
	} cases[] = {{0x10000, CTX, 0x20012},
		     {0x12400, 0x13200, 0x1402b},
		     {0x12400, 0x14000, 0x15007},
		     {0x12400, 0x15080, 0x63}};
	static struct guest guest;

	for (size_t k = 0; k < 2 * sizeof(cases) / sizeof(cases[0]); k++) {
		bool set = k % 2;
		struct iomt_unit_cfg cfg = legacy.cfg;
		struct iomt_request request = {.device = 0x110, .pasid = NONE, .access = IOMT_READ};
		static struct iomt_context context;
		struct iomt_device_fault fault;
		struct iomt_unit unit;

		guest_open(&guest, true);
		for (size_t i = 0; i < legacy.count; i++)
			*guest_word(&guest, words[i].address) = words[i].value;
		*guest_word(&guest, cases[k / 2].address) =
			cases[k / 2].value & ~(set ? 0ULL : 2ULL);
		cfg.size = sizeof(cfg);
		cfg.mem = &guest.mem;
		cfg.base = cases[k / 2].base;
		CHECK_INT(iomt_unit_init(&unit, &cfg, NULL), 0);
		CHECK_INT(iomt_unit_find(&unit, &request, &context, &fault), IOMT_EFAULT);
		CHECK_EQ(fault.silent, set);
	}
}

TEST_SUITE(device_vtd, TEST(legacy_mode), TEST(scalable_mode), TEST(codes), TEST(silent));
