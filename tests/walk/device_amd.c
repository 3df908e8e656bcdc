/* SPDX-License-Identifier: MIT */
/*
 * AMD's tables from the device down. 48882, 2.2.2.1: V 0, TV 1, HAD 8:7, Mode 11:9, root 51:12, GIOV 54,
 * GV 55, GLX 57:56, GCR3[14:12] 60:58, IR 61, IW 62; DomainID 79:64, GCR3[30:15] 95:80, I 96, SA 98,
 * GCR3[51:31] 127:107; GuestPagingMode 183:182. 2.5: events.
 *
 * Device 0x10 is at 0x10200: a host table of three levels at 0x20000, domain 5. Device 0x11, at 0x10220,
 * has GV, GIOV and a GCR3 table at 0x28000 too: guest address 0x28000 >> 15 = 5 stands in 31:16.
 * IOVA 0x40603456: host slots 1, 3, 3. Guest tables: slots 0, 1, 3, 3.
 */
#include "device.h"

#define HOST(root) ((root) | 3ULL << 61 | 3 << 9 | 3)
#define TWO	   (1ULL << 54 | 1ULL << 55)
#define NEXT(n)	   (3ULL << 61 | (n) << 9 | 1)

static const struct word words[] = {
	{0x10200, HOST(0x20000)},
	{0x10208, 5},
	{0x10220, HOST(0x20000) | TWO},
	{0x10228, 0x50007},
	/* the host's: 0x40603000 to 0x70000; guest addresses 0x30000.. to themselves */
	{0x20008, 0x21000 | NEXT(2ULL)},
	{0x21018, 0x22000 | NEXT(1ULL)},
	{0x22018, 0x70000 | NEXT(0ULL)},
	{0x20000, 0x23000 | NEXT(2ULL)},
	{0x23000, 0x24000 | NEXT(1ULL)},
	{0x24180, 0x30000 | NEXT(0ULL)},
	{0x24188, 0x31000 | NEXT(0ULL)},
	{0x24190, 0x32000 | NEXT(0ULL)},
	{0x24198, 0x33000 | NEXT(0ULL)},
	{0x24280, 0x71000 | NEXT(0ULL)}, /* guest address 0x50000 */
	/* GCR3[0], and the guest's tables */
	{0x28000, 0x30001},
	{0x30000, 0x31027},
	{0x31008, 0x32027},
	{0x32018, 0x33027},
	{0x33018, 0x50067},
};

static void report(const struct iomt_device_fault *fault, uint64_t *record)
{
	struct iomt_walk_amd_event event = iomt_device_amd_event(fault);

	record[0] = event.word[0];
	record[1] = event.word[1];
}

static struct codes_seen seen = {.codes = &codes_amd};

static void saw(const struct iomt_device_fault *fault, const uint64_t *record)
{
	CHECK_EQ(record[0] >> 60, fault->code);
	codes_saw_amd(&seen, record[0]);
}

static const struct device_suite suite = {
	.words = words,
	.count = sizeof(words) / sizeof(words[0]),
	.cfg = {.arch = IOMT_UNIT_AMD,
		.features = IOMT_UNIT_STAGE_1 | IOMT_UNIT_GIOV | IOMT_UNIT_ATS |
			    IOMT_UNIT_ACCESSED | IOMT_UNIT_DIRTY,
		.base = 0x10000,
		.oa_bits = 48,
		.pasid_bits = 20},
	.device = 0x10,
	.iova = 0x40603456,
	.report = report,
	.saw = saw,
};

#define DTE    0x10200
#define GDTE   0x10220
#define GUEST  .device = 0x11
#define RANGE  IOMT_DEVICE_FAULT_RANGE
#define ABSENT IOMT_DEVICE_FAULT_ABSENT
#define RSVD   IOMT_DEVICE_FAULT_RESERVED
#define ILL    IOMT_DEVICE_FAULT_ILLEGAL
#define MEMORY IOMT_DEVICE_FAULT_MEMORY
#define REFUSE IOMT_DEVICE_FAULT_REFUSED
#define WALK   IOMT_DEVICE_FAULT_WALK

/* clang-format off */
static const struct device_case translating[] = {
	{"host", .stages = 2, .oa = 0x70456, .domain = 5},
	{"not valid: passed on", {{DTE, 0xfffffffffffffffe}}, .oa = 0x40603456},
	{"mode 0", {{DTE, 3ULL << 61 | 3}}, .access = RW, .oa = 0x40603456, .domain = 5},
	{"no PASID, with GV alone", {{GDTE, HOST(0x20000) | 1ULL << 55}}, GUEST, .stages = 2, .oa = 0x70456, .domain = 7},
	{"guest on host", .device = 0x11, .stages = 3, .oa = 0x71456, .domain = 7, .process = PASID(0)},
	{"PASID 0", .device = 0x11, .pasid = PASID(0), .stages = 3, .oa = 0x71456, .domain = 7, .process = PASID(0)},
	{"guest alone", {{GDTE, TWO | 3ULL << 61 | 3}}, GUEST, .stages = 1, .oa = 0x50456, .domain = 7, .process = PASID(0)},
	{"GLX 1, PASID 513", {{GDTE, HOST(0x20000) | TWO | 1ULL << 56}, {0x28008, 0x29001}, {0x29008, 0x30001}}, GUEST, .pasid = PASID(513), .stages = 3, .oa = 0x71456, .domain = 7, .process = PASID(513)},
	{"GLX 2, PASID 0x40201", {{GDTE, HOST(0x20000) | TWO | 2ULL << 56}, {0x28008, 0x29001}, {0x29008, 0x2a001}, {0x2a008, 0x30001}}, GUEST, .pasid = PASID(0x40201), .stages = 3, .oa = 0x71456, .domain = 7, .process = PASID(0x40201)},
	/* GCR3TRPMode: guest address 0x50000 is memory at 0x71000; 0x50000 >> 15 = 10 */
	{"GCR3 of a guest", {{0x10228, 0xa0007}, {0x71000, 0x30001}}, GUEST, .features = IOMT_UNIT_GCR3_GPA, .stages = 3, .oa = 0x71456, .domain = 7, .process = PASID(0)},
	{"GCR3 of a guest, alone", {{GDTE, TWO | 3ULL << 61 | 3}}, GUEST, .features = IOMT_UNIT_GCR3_GPA, .stages = 1, .oa = 0x50456, .domain = 7, .process = PASID(0)},
	{"translation request", {{0x10208, 5 | 1ULL << 32}}, .access = IOMT_READ | IOMT_WALK_ATS, .stages = 2, .oa = 0x70456, .domain = 5},
	{"HAD", {{DTE, HOST(0x20000) | 3 << 7}}, .access = RW, .stages = 2, .oa = 0x70456, .domain = 5},
	{"words 2 and 3 are about interrupts", {{0x10210, ~0ULL}, {0x10218, ~0ULL}}, .stages = 2, .oa = 0x70456, .domain = 5},
};

static const struct device_case failing[] = {
	{"beyond the table", .device = 0x80, .kind = RANGE, .at = IOMT_AT_REGISTER, .code = 2, .event = {0x2000000000000080, 0x40603456}},
	{"no memory", .base = 0x7f0000000, .kind = MEMORY, .at = IOMT_AT_DEVICE, .code = 3, .event = {0x3200000000000010, 0x7f0000200}},
	{"reserved bit 2", {{DTE, HOST(0x20000) | 4}}, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 1, .event = {0x1080000000000010, 0x40603454}},
	{"reserved bit 63, a write", {{DTE, HOST(0x20000) | 1ULL << 63}}, .access = RW, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 1, .event = {0x10a0000000000010, 0x40603454}},
	{"reserved bit 2, PASID", {{DTE, HOST(0x20000) | 4}}, .pasid = PASID(0x12345), .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 1, .event = {0x1081234500010010, 0x40603454}},
	{"reserved bit 2, translation request", {{DTE, HOST(0x20000) | 4}}, .access = RW | IOMT_WALK_ATS, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 1, .event = {0x1180000000000010, 0x40603454}},
	{"reserved bit 106", {{0x10208, 5 | 1ULL << 42}}, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 1},
	{"root beyond 48 bits", {{DTE, HOST(0x20000) | 1ULL << 48}}, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 1},
	{"GCR3 beyond 48 bits", {{0x10228, 0x50007 | 1ULL << 60}}, GUEST, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 1},
	{"GV without guests", GUEST, .no_features = IOMT_UNIT_STAGE_1, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 1},
	{"GIOV without it", GUEST, .no_features = IOMT_UNIT_GIOV, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 1},
	{"I without IOTLBs", {{0x10208, 5 | 1ULL << 32}}, .no_features = IOMT_UNIT_ATS, .kind = RSVD, .at = IOMT_AT_DEVICE, .code = 1},
	{"mode 7", {{DTE, HOST(0x20000) | 7 << 9}}, .kind = ILL, .at = IOMT_AT_DEVICE, .code = 1, .event = {0x1000000000000010, 0x40603454}},
	{"mode 3 where there are four", .levels = 0x10, .kind = ILL, .at = IOMT_AT_DEVICE, .code = 1},
	{"HAD 2", {{DTE, HOST(0x20000) | 2 << 7}}, .kind = ILL, .at = IOMT_AT_DEVICE, .code = 1},
	{"HAD 1 without", {{DTE, HOST(0x20000) | 1 << 7}}, .no_features = IOMT_UNIT_ACCESSED, .kind = ILL, .at = IOMT_AT_DEVICE, .code = 1},
	{"HAD 3 without", {{DTE, HOST(0x20000) | 3 << 7}}, .no_features = IOMT_UNIT_DIRTY, .kind = ILL, .at = IOMT_AT_DEVICE, .code = 1},
	{"GLX 3", {{GDTE, HOST(0x20000) | TWO | 3ULL << 56}}, GUEST, .kind = ILL, .at = IOMT_AT_DEVICE, .code = 1},
	{"five levels without", {{0x10230, 1ULL << 54}}, GUEST, .kind = ILL, .at = IOMT_AT_DEVICE, .code = 1},
	{"GuestPagingMode 2", {{0x10230, 2ULL << 54}}, GUEST, .features = IOMT_UNIT_FIVE, .kind = ILL, .at = IOMT_AT_DEVICE, .code = 1},
	{"TV clear", {{DTE, 3ULL << 61 | 1}}, .access = RW, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 2, .event = {0x2000000500000010, 0x40603456}},
	{"PASID without GV", .pasid = PASID(0x12345), .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 2, .event = {0x2001234500010010, 0x40603456}},
	{"PASID beyond GLX 0", GUEST, .pasid = PASID(512), .kind = RANGE, .at = IOMT_AT_DEVICE, .code = 2},
	{"PASID absent", GUEST, .pasid = PASID(1), .kind = ABSENT, .at = IOMT_AT_PROCESS, .code = 2, .event = {0x2001000100000011, 0x40603456}},
	{"GCR3 upper absent", {{GDTE, HOST(0x20000) | TWO | 1ULL << 56}, {0x28008, 0}}, GUEST, .pasid = PASID(513), .kind = ABSENT, .at = IOMT_AT_DIRECTORY, .code = 2},
	{"GCR3 reserved", {{0x28000, 0x30003}}, GUEST, .kind = RSVD, .at = IOMT_AT_PROCESS, .code = 2, .event = {0x2091000000000011, 0x40603456}},
	{"GCR3 without memory, PASID, a write", {{0x10228, 0xf00007}}, GUEST, .pasid = PASID(3), .access = RW, .kind = MEMORY, .at = IOMT_AT_PROCESS, .code = 4, .event = {0x4221000300000011, 0x780018}},
	{"no memory, a write", .base = 0x7f0000000, .access = RW, .pasid = PASID(1), .kind = MEMORY, .at = IOMT_AT_DEVICE, .code = 3, .event = {0x3220000000000010, 0x7f0000200}},
	{"no memory, translation request", .base = 0x7f0000000, .access = RW | IOMT_WALK_ATS, .kind = MEMORY, .at = IOMT_AT_DEVICE, .code = 3, .event = {0x3300000000000010, 0x7f0000200}},
	{"GCR3 without memory", {{0x10228, 0xf00007}}, GUEST, .kind = MEMORY, .at = IOMT_AT_PROCESS, .code = 4, .event = {0x4201000000000011, 0x780000}},
	{"GCR3 entry beyond 48 bits, guest alone", {{GDTE, TWO | 3ULL << 61 | 3}, {0x28000, 1ULL << 48 | 0x30001}}, GUEST, .kind = RSVD, .at = IOMT_AT_PROCESS, .code = 2, .event = {0x2091000000000011, 0x40603456}},
	{"GCR3 entry beyond the host table", {{0x28000, 1ULL << 48 | 0x30001}}, GUEST, .kind = WALK, .at = IOMT_AT_PAGES, .code = 2, .event = {0x2005000000000011, 0x40603456}},
	{"GCR3 of a guest, not there", {{0x10228, 0x90007}}, GUEST, .features = IOMT_UNIT_GCR3_GPA, .kind = WALK, .at = IOMT_AT_PROCESS, .code = 2, .event = {0x2005000000000011, 0x40603456}},
	{"GCR3 of a guest without memory", {{0x10228, 0xa0007}, {0x24280, 0x7f0000000 | NEXT(0ULL)}}, GUEST, .features = IOMT_UNIT_GCR3_GPA, .pasid = PASID(2), .kind = MEMORY, .at = IOMT_AT_PROCESS, .code = 4, .event = {0x4201000200000011, 0x7f0000010}},
	{"no read, mode 0", {{DTE, 1ULL << 62 | 3}}, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 2, .event = {0x2050000500000010, 0x40603456}},
	{"no write, mode 0", {{DTE, 1ULL << 61 | 3}}, .access = RW, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 2, .event = {0x2070000500000010, 0x40603456}},
	{"no write in the entry", {{DTE, HOST(0x20000) & ~(1ULL << 62)}}, .access = RW, .kind = WALK, .at = IOMT_AT_PAGES, .code = 2, .event = {0x2070000500000010, 0x40603456}},
	{"translation request, I clear", .access = IOMT_READ | IOMT_WALK_ATS, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 8, .event = {0x8300000000000010, 0x40603456}},
	{"translation request, I clear, PASID", GUEST, .pasid = PASID(0), .access = IOMT_READ | IOMT_WALK_ATS, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 8, .event = {0x8303000000000011, 0x40603456}},
	{"translation request, I clear, privileged", GUEST, .access = IOMT_READ | IOMT_PRIV | IOMT_WALK_ATS, .kind = REFUSE, .at = IOMT_AT_DEVICE, .code = 8, .event = {0x8301000000000011, 0x40603456}},
	{"a level that cannot be", {{0x21018, 0x22000 | NEXT(2ULL)}}, .access = RW, .kind = WALK, .at = IOMT_AT_PAGES, .code = 2, .event = {0x2030000500000010, 0x40603456}},
	{"a reserved bit of a table", {{0x21018, 0x22000 | NEXT(1ULL) | 1ULL << 52}}, .kind = WALK, .at = IOMT_AT_PAGES, .code = 2, .event = {0x2090000500000010, 0x40603456}},
	{"a guest's fetch", {{0x33018, 0x8000000000050067}}, .features = IOMT_UNIT_NX, GUEST, .pasid = PASID(0), .access = IOMT_EXEC, .kind = WALK, .at = IOMT_AT_PAGES, .code = 2, .event = {0x2057000000000011, 0x40603456}},
	{"page absent, translation request", {{0x22018, 0}, {0x10208, 5 | 1ULL << 32}}, .access = RW | IOMT_WALK_ATS, .kind = WALK, .at = IOMT_AT_PAGES, .code = 2, .event = {0x2100000500000010, 0x40603456}},
	{"no memory for a guest's table", {{0x24190, 0x7f0000000 | NEXT(0ULL)}}, GUEST, .access = RW, .kind = WALK, .at = IOMT_AT_PAGES, .code = 4, .event = {0x4221000000000011, 0x7f0000018}},
	{"page absent", {{0x22018, 0}}, .kind = WALK, .at = IOMT_AT_PAGES, .code = 2, .event = {0x2000000500000010, 0x40603456}},
	{"guest page absent", {{0x33018, 0}}, GUEST, .kind = WALK, .at = IOMT_AT_PAGES, .code = 2, .event = {0x2005000000000011, 0x40603456}},
	{"no memory for a host table, translation request", {{0x21018, 0x7f0000000 | NEXT(1ULL)}, {0x10208, 5 | 1ULL << 32}}, .access = RW | IOMT_WALK_ATS, .kind = WALK, .at = IOMT_AT_PAGES, .code = 4, .event = {0x4300000500000010, 0x7f0000018}},
	{"no memory for a host table", {{0x21018, 0x7f0000000 | NEXT(1ULL)}}, .kind = WALK, .at = IOMT_AT_PAGES, .code = 4, .event = {0x4200000500000010, 0x7f0000018}},
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
	struct codes_seen any = {.codes = &codes_amd};

	codes_saw_amd(&any, iomt_walk_amd_event(fault, false).word[0]);
	codes_saw_amd(&any, iomt_walk_amd_event(fault, true).word[0]);
}

/* What there is to report is raised above. */
static void codes(void)
{
	faults();
	codes_all_faults(is_listed);
	codes_check(&seen);
}

/* SA, and requests that cannot be. */
static void silent(void)
{
	static struct guest guest;
	struct iomt_unit_cfg cfg = suite.cfg;
	struct iomt_request request = {.device = 0x10, .pasid = NONE, .access = IOMT_READ};
	static struct iomt_context context;
	struct iomt_device_fault fault;
	struct iomt_walk_leaf leaf;
	struct iomt_unit unit;

	guest_open(&guest, true);
	for (size_t i = 0; i < suite.count; i++)
		*guest_word(&guest, words[i].address) = words[i].value;
	*guest_word(&guest, 0x10208) |= 1ULL << 34;
	cfg.size = sizeof(cfg);
	cfg.mem = &guest.mem;
	CHECK_INT(iomt_unit_init(&unit, &cfg, NULL), 0);
	CHECK_INT(iomt_unit_find(&unit, &request, &context, &fault), 0);
	request.iova = 1ULL << 39; /* beyond three levels */
	CHECK_INT(iomt_context_walk(&context, &request, &leaf, &fault), IOMT_EFAULT);
	CHECK(fault.silent);
	request.access = 0;
	CHECK_INT(iomt_context_walk(&context, &request, &leaf, &fault), IOMT_EINVAL);
	request.device = 0x10000;
	CHECK_INT(iomt_unit_find(&unit, &request, &context, &fault), IOMT_EINVAL);
	request.device = 0x10;
	request.pasid = 1 << 20;
	CHECK_INT(iomt_unit_find(&unit, &request, &context, &fault), IOMT_EINVAL);
}

static int changed(void *ctx, uint64_t address, uint64_t *expected, uint64_t desired)
{
	(void)ctx;
	(void)address;
	(void)expected;
	(void)desired;
	return IOMT_EAGAIN;
}

/* A GCR3 table behind host pages that change whenever they are to be marked: nothing is said. */
static void changing(void)
{
	static struct guest guest;
	struct iomt_unit_cfg cfg = suite.cfg;
	struct iomt_request request = {.device = 0x11, .pasid = NONE, .access = IOMT_READ};
	static struct iomt_context context;
	static struct iomt_device_fault fault, before;
	struct iomt_unit unit;

	guest_open(&guest, false);
	for (size_t i = 0; i < suite.count; i++)
		*guest_word(&guest, words[i].address) = words[i].value;
	*guest_word(&guest, 0x10220) |= 1 << 7; /* HAD: accessed bits */
	*guest_word(&guest, 0x10228) = 0xa0007; /* GCR3 at guest address 0x50000 */
	guest.mem.cas64 = changed;
	cfg.features |= IOMT_UNIT_GCR3_GPA;
	cfg.size = sizeof(cfg);
	cfg.mem = &guest.mem;
	CHECK_INT(iomt_unit_init(&unit, &cfg, NULL), 0);
	CHECK_INT(iomt_unit_find(&unit, &request, &context, &fault), IOMT_EAGAIN);
	CHECK(!memcmp(&fault, &before, sizeof(fault)));
}

/* A guest that replaces its entry by one store of 128 bits when some of the words have been read. */
struct replacing {
	struct guest *guest;
	unsigned reads; /* of the entry */
	unsigned at;	/* the read before which it is replaced; 0: all of them */
};

static struct iomt_guest_word replacing_read64(void *ctx, uint64_t address)
{
	struct replacing *replacing = ctx;
	bool is_entry = address - DTE < 32;

	if (is_entry && (++replacing->reads == replacing->at || !replacing->at)) {
		*guest_word(replacing->guest, DTE) ^= 0x20000 ^ 0x2a000;
		*guest_word(replacing->guest, DTE + 8) ^= 5 ^ 6;
	}
	return guest_read64(replacing->guest, address);
}

/* What the entry said is one or the other: no root has the other's domain id. */
static void replaced(void)
{
	static struct guest guest;
	struct iomt_request request = {.device = 0x10, .pasid = NONE, .access = IOMT_READ};
	static struct iomt_context context;
	static struct iomt_device_fault fault;
	struct iomt_unit unit;

	for (unsigned at = 1; at < 12; at++) {
		struct replacing replacing = {.guest = &guest, .at = at % 11};
		struct iomt_guest_mem mem = {
			.size = sizeof(mem), .read64 = replacing_read64, .ctx = &replacing};
		struct iomt_unit_cfg cfg = suite.cfg;
		struct iomt_walk_leaf leaf;

		guest_open(&guest, false);
		for (size_t i = 0; i < suite.count; i++)
			*guest_word(&guest, words[i].address) = words[i].value;
		*guest_word(&guest, 0x2a008) = 0x2b000 | NEXT(2ULL);
		*guest_word(&guest, 0x2b018) = 0x2c000 | NEXT(1ULL);
		*guest_word(&guest, 0x2c018) = 0x72000 | NEXT(0ULL);
		cfg.size = sizeof(cfg);
		cfg.mem = &mem;
		request.iova = suite.iova;
		CHECK_INT(iomt_unit_init(&unit, &cfg, NULL), 0);
		if (!replacing.at) {
			CHECK_INT(iomt_unit_find(&unit, &request, &context, &fault), IOMT_EAGAIN);
			CHECK(replacing.reads < 1000);
			continue;
		}
		CHECK_INT(iomt_unit_find(&unit, &request, &context, &fault), 0);
		CHECK_INT(iomt_context_walk(&context, &request, &leaf, &fault), 0);
		CHECK_MSG((context.domain == 5 && leaf.oa == 0x70456) ||
				  (context.domain == 6 && leaf.oa == 0x72456),
			  "read %u: 0x%" PRIx64 " of domain %u", at, leaf.oa, context.domain);
	}
}

static void configurations(void)
{
	static const struct {
		const char *field;
		size_t offset, bytes;
		uint64_t value;
	} cases[] = {
#define FIELD(field, value)                             \
	{#field, offsetof(struct iomt_unit_cfg, field), \
	 sizeof(((struct iomt_unit_cfg *)0)->field), value}
		FIELD(size, 8),	    FIELD(features, 0x4000),	    FIELD(base_cfg, 1),
		FIELD(levels, 1),   FIELD(pasid_bits, 21),	    FIELD(granules, 0x1000),
		FIELD(oa_bits, 31), FIELD(page_sizes, 4096),	    FIELD(arch, 4),
		FIELD(mem, 0),	    FIELD(capabilities, 1ULL << 9),
	};
	static struct guest guest;

	guest_open(&guest, true);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct iomt_unit_cfg cfg = suite.cfg;
		struct iomt_pt_cfg_error error = {"", ""};
		struct iomt_unit unit;

		cfg.size = sizeof(cfg);
		cfg.mem = &guest.mem;
		CHECK_INT(iomt_unit_init(&unit, &cfg, &error), 0);
		memcpy((char *)&cfg + cases[i].offset, &cases[i].value, cases[i].bytes);
		CHECK_INT(iomt_unit_init(&unit, &cfg, &error), IOMT_EINVAL);
		CHECK_MSG(!strcmp(error.field, cases[i].field), "%s: %s", cases[i].field,
			  error.field);
	}
}

TEST_SUITE(device_amd, TEST(translates), TEST(faults), TEST(codes), TEST(silent), TEST(changing),
	   TEST(replaced), TEST(configurations));
