/* SPDX-License-Identifier: MIT */
#include "codes.h"
#include "test.h"

/* 48882, 2.5.2 to 2.5.5 and 2.5.9. */
const struct codes codes_amd = {
	.name = "AMD, events and their flags",
	.list = {{0x100, "ILLEGAL_DEV_TABLE_ENTRY"},
		 {0x100 | 48, "GN"},
		 {0x100 | 53, "RW"},
		 {0x100 | 55, "RZ"},
		 {0x100 | 56, "TR"},
		 {0x200, "IO_PAGE_FAULT"},
		 {0x200 | 48, "GN"},
		 {0x200 | 49, "NX"},
		 {0x200 | 50, "US"},
		 {0x200 | 52, "PR"},
		 {0x200 | 53, "RW"},
		 {0x200 | 54, "PE"},
		 {0x200 | 55, "RZ"},
		 {0x200 | 56, "TR"},
		 {0x300, "DEV_TAB_HARDWARE_ERROR"},
		 {0x300 | 53, "RW"},
		 {0x300 | 56, "TR"},
		 {0x300 | 57, "Type: master abort"},
		 {0x400, "PAGE_TAB_HARDWARE_ERROR"},
		 {0x400 | 48, "GN"},
		 {0x400 | 53, "RW"},
		 {0x400 | 56, "TR"},
		 {0x400 | 57, "Type: master abort"},
		 {0x800, "INVALID_DEVICE_REQUEST"},
		 {0x800 | 48, "GN"},
		 {0x800 | 49, "US"},
		 {0x800 | 56, "TR"},
		 {0x800 | 57, "Type: I is clear"}},
	.count = 28,
};

/* D51397, 7.1.3, legacy mode. */
const struct codes codes_vtd = {
	.name = "VT-d, legacy mode",
	.list = {{0x01, "root entry absent"},
		 {0x02, "context entry absent"},
		 {0x03, "context entry illegal, or its table is not there"},
		 {0x04, "address beyond the tables"},
		 {0x05, "no write"},
		 {0x06, "no read"},
		 {0x07, "no access to a table"},
		 {0x08, "no access to the root table"},
		 {0x09, "no access to the context table"},
		 {0x0a, "root entry reserved"},
		 {0x0b, "context entry reserved"},
		 {0x0c, "paging entry reserved"},
		 {0x0d, "translation request blocked"},
		 {0x30, "TTM"},
		 {0x31, "PASID in legacy mode"}},
	.count = 15,
};

/*
 * Of the others, 32, 47 and 5c are of page requests and ERE, 43 is the PASID directory's place, 7d, 87 and 90
 * are of interrupt addresses and of walks that are not coherent: not of walks here.
 */
const struct codes codes_vtd_scalable = {
	.name = "VT-d, scalable mode",
	.list = {{0x30, "TTM"},
		 {0x38, "no access to the root table"},
		 {0x39, "root entry absent"},
		 {0x3a, "root entry reserved"},
		 {0x40, "no access to the context table"},
		 {0x41, "context entry absent"},
		 {0x42, "context entry reserved"},
		 {0x44, "translation request blocked"},
		 {0x45, "PASID without PASIDE"},
		 {0x46, "PASID beyond PDTS"},
		 {0x48, "RID_PASID"},
		 {0x50, "no access to the directory"},
		 {0x51, "directory entry absent"},
		 {0x52, "directory entry reserved"},
		 {0x58, "no access to the PASID table"},
		 {0x59, "PASID entry absent"},
		 {0x5a, "PASID entry reserved"},
		 {0x5b, "PASID entry illegal"},
		 {0x5d, "SRE is clear"},
		 {0x70, "first stage, no access to a table"},
		 {0x71, "first stage, absent"},
		 {0x72, "first stage, reserved"},
		 {0x73, "first stage, no access to the top"},
		 {0x74, "first stage's table beyond the second"},
		 {0x75, "second stage, no read of the first's top"},
		 {0x76, "second stage, no read of the first's table"},
		 {0x77, "second stage, no write of the first's entry"},
		 {0x78, "second stage, no access to a table"},
		 {0x79, "second stage, absent"},
		 {0x7a, "second stage, reserved"},
		 {0x7b, "second stage, no access to the top"},
		 {0x7c, "second stage, no update"},
		 {0x80, "not canonical"},
		 {0x81, "user on a supervisor's page"},
		 {0x82, "no execution"},
		 {0x83, "passed on, beyond the hardware"},
		 {0x84, "address beyond the second stage"},
		 {0x85, "no write"},
		 {0x86, "no read"},
		 {0x91, "first stage, no update"}},
	.count = 40,
};

/* IHI 0070, 7.3. */
#define IN_CLASSES(event, name)                                          \
	{event << 8 | 0x01, name ", stage 2, CD"},                       \
		{event << 8 | 0x11, name ", stage 2, table of stage 1"}, \
		{event << 8 | 0x20, name ", stage 1"},                   \
	{                                                                \
		event << 8 | 0x21, name ", stage 2"                      \
	}
const struct codes codes_smmu = {
	.name = "SMMUv3, events with CLASS and S2",
	.list = {{0x0200, "C_BAD_STREAMID"},
		 {0x0300, "F_STE_FETCH"},
		 {0x0400, "C_BAD_STE"},
		 {0x0500, "F_BAD_ATS_TREQ"},
		 {0x0600, "F_STREAM_DISABLED"},
		 {0x0800, "C_BAD_SUBSTREAMID"},
		 {0x0900, "F_CD_FETCH"},
		 {0x0a00, "C_BAD_CD"},
		 {0x0b01, "F_WALK_EABT, stage 2, CD"},
		 {0x0b10, "F_WALK_EABT, stage 1"},
		 {0x0b11, "F_WALK_EABT, stage 2, table of stage 1"},
		 {0x0b21, "F_WALK_EABT, stage 2"},
		 IN_CLASSES(0x10, "F_TRANSLATION"),
		 IN_CLASSES(0x11, "F_ADDR_SIZE"),
		 IN_CLASSES(0x12, "F_ACCESS"),
		 IN_CLASSES(0x13, "F_PERMISSION")},
	.count = 28,
};

/* DDI 0487, D17.2.37. Levels are Arm's. */
#define AT_LEVELS(code, name)                                           \
	{(code) | 0, name ", level 0"}, {(code) | 1, name ", level 1"}, \
		{(code) | 2, name ", level 2"},                         \
	{                                                               \
		(code) | 3, name ", level 3"                            \
	}
const struct codes codes_arm = {
	.name = "Arm, fault status codes",
	.list = {AT_LEVELS(0x00, "address size"),
		 AT_LEVELS(0x04, "translation"),
		 AT_LEVELS(0x08, "access flag"),
		 AT_LEVELS(0x0c, "permission"),
		 {0x13, "external abort, level -1"},
		 AT_LEVELS(0x14, "external abort"),
		 {0x29, "address size, level -1"},
		 {0x2b, "translation, level -1"}},
	.count = 23,
};

/* Intel SDM 3A, 4.7: P 1, W 2, U 4, RSVD 8, I 16. A fetch does not write. */
const struct codes codes_x86 = {
	.name = "x86, page fault error codes",
	.list = {{0x00, "absent, privileged read"},
		 {0x02, "absent, privileged write"},
		 {0x04, "absent, read"},
		 {0x06, "absent, write"},
		 {0x10, "absent, privileged fetch"},
		 {0x14, "absent, fetch"},
		 {0x01, "privileged read"},
		 {0x03, "privileged write"},
		 {0x05, "read"},
		 {0x07, "write"},
		 {0x11, "privileged fetch"},
		 {0x15, "fetch"},
		 {0x09, "reserved, privileged read"},
		 {0x0b, "reserved, privileged write"},
		 {0x0d, "reserved, read"},
		 {0x0f, "reserved, write"},
		 {0x19, "reserved, privileged fetch"},
		 {0x1d, "reserved, fetch"},
		 {0x100, "no page fault"}},
	.count = 19,
};

/* RISC-V IOMMU, "Fault/Event-Queue". */
const struct codes codes_riscv = {
	.name = "RISC-V, causes of page tables",
	.list = {{1, "instruction access fault"},
		 {5, "read access fault"},
		 {7, "write access fault"},
		 {12, "instruction page fault"},
		 {13, "read page fault"},
		 {15, "write page fault"},
		 {20, "instruction guest page fault"},
		 {21, "read guest page fault"},
		 {23, "write guest page fault"}},
	.count = 9,
};

/* The same, from the device down. */
const struct codes codes_riscv_device = {
	.name = "RISC-V, causes of the fault queue",
	.list = {{1, "instruction access fault"},
		 {5, "read access fault"},
		 {7, "write access fault"},
		 {12, "instruction page fault"},
		 {13, "read page fault"},
		 {15, "write page fault"},
		 {20, "instruction guest page fault"},
		 {21, "read guest page fault"},
		 {23, "write guest page fault"},
		 {256, "all requests disallowed"},
		 {257, "no access to the device directory"},
		 {258, "device directory entry absent"},
		 {259, "device directory entry misconfigured"},
		 {260, "transaction type disallowed"},
		 {261, "no access to the MSI page table"},
		 {262, "MSI page table entry absent"},
		 {263, "MSI page table entry misconfigured"},
		 {265, "no access to the process directory"},
		 {266, "process directory entry absent"},
		 {267, "process directory entry misconfigured"}},
	.count = 20,
};

static size_t place_of(const struct codes *codes, uint32_t code)
{
	size_t i = 0;

	while (i < codes->count && codes->list[i].code != code)
		i++;
	return i;
}

bool codes_has(const struct codes *codes, uint32_t code)
{
	return place_of(codes, code) < codes->count;
}

void codes_saw(struct codes_seen *seen, uint32_t code)
{
	size_t place = place_of(seen->codes, code);

	CHECK_MSG(place < seen->codes->count, "%s: 0x%x is in no list", seen->codes->name, code);
	seen->seen[place] = true;
}

void codes_saw_amd(struct codes_seen *seen, uint64_t word)
{
	uint32_t event = (uint32_t)(word >> 60) << 8;

	codes_saw(seen, event);
	for (uint32_t bit = 48; bit < 60; bit++) {
		if (word >> bit & 1)
			codes_saw(seen, event | bit);
	}
}

void codes_saw_smmu(struct codes_seen *seen, const uint64_t *record)
{
	uint32_t event = record[0] & 0xff;
	uint32_t where = (uint32_t)(record[1] >> 40 & 3) << 4 | (record[1] >> 39 & 1);

	codes_saw(seen, event << 8 | where);
}

void codes_all_faults(void (*each)(const struct iomt_walk_fault *fault))
{
	static const uint32_t rights[] = {IOMT_READ, IOMT_WRITE, IOMT_READ | IOMT_WRITE, IOMT_EXEC};

	for (uint32_t i = 0; i < 1u << 16; i++) {
		struct iomt_walk_fault fault = {
			.entry = i & 1,
			.kind = (uint8_t)(1 + (i >> 1 & 15) % IOMT_WALK_FAULT_LEVEL),
			.top = i >> 5 & 1,
			.stage = (uint8_t)(1 + (i >> 6 & 1)),
			.on_table = (i >> 6 & 3) == 3, /* of stage 2 alone */
			.on_top = i >> 8 & 1,
			.access = rights[i >> 9 & 3],
			.level = (uint8_t)((i >> 13) % 5),
		};

		fault.denied = fault.access == 3 && (i >> 7 & 1) ? IOMT_WRITE : fault.access;
		fault.access |= i >> 11 & 1 ? IOMT_PRIV : 0;
		fault.access |= i >> 12 & 1 ? IOMT_WALK_ATS : 0;
		each(&fault);
	}
}

void codes_check(const struct codes_seen *seen)
{
	const struct codes *codes = seen->codes;

	CHECK(codes->count <= CODES_MOST);
	for (size_t i = 0; i < codes->count; i++) {
		CHECK_MSG(codes->list[i].text && place_of(codes, codes->list[i].code) == i,
			  "%s: row %zu", codes->name, i);
		CHECK_MSG(seen->seen[i], "%s: 0x%x (%s) was not raised", codes->name,
			  codes->list[i].code, codes->list[i].text);
		if (getenv("IOMT_TEST_CODES"))
			printf("  0x%03x %s\n", codes->list[i].code, codes->list[i].text);
	}
	printf("%s: %zu, all raised\n", codes->name, codes->count);
}
