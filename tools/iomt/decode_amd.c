/* SPDX-License-Identifier: MIT */
/*
 * AMD's device table, GCR3 tables, commands, events and page requests. 48882: 2.2.2.1 device-table entry,
 * 2.2.6.3 GCR3 tables, 2.4 commands, 2.5 event log, 2.6 PPR log. A PASID stands in pieces, another way
 * in each of them.
 */
#include "decode_fields.h"

/* Device-table entry. */
#define VALID	 SET(0)
#define HOST	 SELECT(0xfe, P(11, 9, 0)) /* Mode */
#define NO_HOST	 SELECT(0x01, P(11, 9, 0))
#define GUEST	 SET(55)
#define NO_GUEST CLEAR(55)

static const struct decode_choice modes[] = {
	{0, "no host table: addresses are passed on"},
	{1, "host table of 1 level"},
	{2, "host table of 2 levels"},
	{3, "host table of 3 levels"},
	{4, "host table of 4 levels"},
	{5, "host table of 5 levels"},
	{6, "host table of 6 levels"},
	{0},
};
static const struct decode_choice updates[] = {
	{0, "hardware sets neither A nor D in the host table"},
	{1, "hardware sets A in the host table"},
	{3, "hardware sets A and D in the host table"},
	{0},
};
static const struct decode_choice gcr3_levels[] = {
	{0, "GCR3 table of one level: PASIDs of 9 bits"},
	{1, "GCR3 table of two levels: PASIDs of 18 bits"},
	{2, "GCR3 table of three levels: PASIDs of 20 bits"},
	{0},
};
static const struct decode_choice paging_modes[] = {
	{0, "guest tables of four levels"}, {1, "guest tables of five levels"}, {0}};
static const struct decode_choice port_io[] = {
	{0, "target abort"}, {1, "forwarded as it is"}, {2, "translated by the host table"}, {0}};
static const struct decode_choice messages[] = {
	{0, "target abort"},
	{1, "all are forwarded"},
	{2, "INTx is forwarded, others target abort"},
	{3, "translated as memory accesses"},
	{0},
};
static const struct decode_choice interrupts[] = {
	{0, "target abort"}, {1, "forwarded unmapped"}, {2, "remapped by the table"}, {0}};

/* clang-format off */
static const struct decode_field dte_fields[] = {
	{FLAG(0, "V", "valid|not valid: requests are passed on")},
	{IGNORED_BY(63, 1, "as V is 0"), IF(CLEAR(0))},
	{IGNORED_BY(127, 64, "as V is 0"), IF(CLEAR(0))},
	{FLAG(1, "TV",
	 "what is about translation holds|requests that want a translation are aborted"),
	 IF(VALID)},
	{RESERVED(6, 2), IF(VALID)},
	{CHOICE(8, 7, "HAD", updates), IF(VALID), AND(HOST)},
	{IGNORED_BY(8, 7, "as there is no host table"), IF(VALID), AND(NO_HOST)},
	{CHOICE(11, 9, "Mode", modes), IF(VALID)},
	{ADDRESS(51, 12, 12, "HostPageTableRoot", "the host table"), IF(VALID), AND(HOST)},
	{IGNORED_BY(51, 12, "as there is no host table"), IF(VALID), AND(NO_HOST)},
	{FLAG(52, "PPR", "page requests are logged|page requests are refused"), IF(VALID)},
	{FLAG(53, "GPRP", "answers to page requests carry the PASID|"), IF(VALID)},
	{FLAG(54, "GIoV", "requests without a PASID are of GCR3[0]|"), IF(VALID), AND(GUEST)},
	{IGNORED_BY(54, 54, "as there is no GCR3 table"), IF(VALID), AND(NO_GUEST)},
	{FLAG(55, "GV", "there is a GCR3 table|no guest tables"), IF(VALID)},
	{CHOICE(57, 56, "GLX", gcr3_levels), IF(VALID), AND(GUEST)},
	{IGNORED_BY(57, 56, "as there is no GCR3 table"), IF(VALID), AND(NO_GUEST)},
	{FIELD(ADDRESS, "GCR3TableRoot", "the GCR3 table; on a host table a guest's address, with GCR3TRPMode",
	       P(60, 58, 12), P(95, 80, 15), P(127, 107, 31)), IF(VALID), AND(GUEST)},
	{IGNORED_BY(60, 58, "as there is no GCR3 table"), IF(VALID), AND(NO_GUEST)},
	{IGNORED_BY(95, 80, "as there is no GCR3 table"), IF(VALID), AND(NO_GUEST)},
	{IGNORED_BY(127, 107, "as there is no GCR3 table"), IF(VALID), AND(NO_GUEST)},
	{FLAG(61, "IR", "reads are allowed|no reads"), IF(VALID)},
	{FLAG(62, "IW", "writes are allowed|no writes"), IF(VALID)},
	{RESERVED(63, 63), IF(VALID)},
	{NUMBER(79, 64, "DomainID", ""), IF(VALID)},
	{FLAG(96, "I",
	 "the device may ask for translations (ATS)|translation requests are refused"),
	 IF(VALID)},
	{FLAG(97, "SE", "only the first page fault is reported|"), IF(VALID)},
	{FLAG(98, "SA", "no page fault is reported|"), IF(VALID)},
	{CHOICE(100, 99, "IoCtl", port_io), IF(VALID)},
	{FLAG(101, "Cache", "translations are not kept in the IOTLB|"), IF(VALID)},
	{FLAG(102, "SD", "table walks do not snoop|table walks snoop"), IF(VALID)},
	{FLAG(103, "EX", "accesses to the exclusion range are passed on|"), IF(VALID)},
	{CHOICE(105, 104, "SysMgt", messages), IF(VALID)},
	{RESERVED(106, 106), IF(VALID)},
	{FLAG(128, "IV", "interrupts are remapped by the table|interrupts are passed on")},
	{POWER(132, 129, 0, "IntTabLen", "entries of the interrupt table"), IF(SET(128))},
	{FLAG(133, "IG", "unmapped interrupts are not reported|"), IF(SET(128))},
	{ADDRESS(179, 134, 6, "InterruptTableRoot", "the interrupt table"), IF(SET(128))},
	{IGNORED_BY(179, 129, "as IV is 0"), IF(CLEAR(128))},
	{RESERVED(181, 180)},
	{CHOICE(183, 182, "GuestPagingMode", paging_modes), IF(GUEST)},
	{IGNORED_BY(183, 182, "as there is no GCR3 table"), IF(NO_GUEST)},
	{FLAG(184, "InitPass", "INIT is passed on|")},
	{FLAG(185, "EIntPass", "ExtInt is passed on|")},
	{FLAG(186, "NMIPass", "NMI is passed on|")},
	{RESERVED(187, 187)},
	{CHOICE(189, 188, "IntCtl", interrupts)},
	{FLAG(190, "Lint0Pass", "LINT0 is passed on|")},
	{FLAG(191, "Lint1Pass", "LINT1 is passed on|")},
	{RESERVED_BY(245, 192, "but with a vIOMMU in hardware, whose ids stand here")},
	{FLAG(246, "AttrV", "the two next fields hold|")},
	{FLAG(247, "Mode0FC", "FC where Mode is 0|")},
	{NUMBER(255, 248, "SnoopAttribute", "of accesses that are translated by guest tables")},
};

static const struct decode_field gcr3_fields[] = {
	{FLAG(0, "V", "valid|not valid: the PASID, or a range of them, has no table")},
	{IGNORED_BY(63, 1, "for software, as the entry is not valid"), IF(CLEAR(0))},
	{RESERVED(11, 1), IF(VALID)},
	{ADDRESS(51, 12, 12, "address",
	 "the next GCR3 table, or at the last level the guest table"),
	 IF(VALID)},
	{RESERVED(63, 52), IF(VALID)},
};
/* clang-format on */

FORMAT(amd_dte, "AMD device-table entry", "AMD 48882", "2.2.2.1", 4, dte_fields);
FORMAT(amd_gcr3, "AMD GCR3 table entry", "AMD 48882", "2.2.6.3", 1, gcr3_fields);

/* Commands: the opcode is in 63:60. */

static const struct decode_choice opcodes[] = {
	{1, "COMPLETION_WAIT"},
	{2, "INVALIDATE_DEVTAB_ENTRY"},
	{3, "INVALIDATE_IOMMU_PAGES"},
	{4, "INVALIDATE_IOTLB_PAGES"},
	{5, "INVALIDATE_INTERRUPT_TABLE"},
	{6, "PREFETCH_IOMMU_PAGES"},
	{7, "COMPLETE_PPR_REQUEST"},
	{8, "INVALIDATE_IOMMU_ALL"},
	{9, "INSERT_GUEST_EVENT"},
	{10, "RESET_VMMIO"},
	{0},
};
static const struct decode_choice responses[] = {
	{0, "success"}, {1, "invalid request"}, {15, "failure"}, {0}};

/* clang-format off */
#define OPCODE {CHOICE(63, 60, "opcode", opcodes)}

/* S, and the address that it makes a range. */
#define PAGES									\
	{FLAG(64, "S", "the address tells the size|one page of 4K")},		\
	{ADDRESS(127, 76, 12, "Address", "the page"), IF(CLEAR(64))},		\
	{RANGE(127, 76, 12, "Address", "the pages"), IF(SET(64))}
#define GN {FLAG(66, "GN", "of guest tables, of the PASID|of the host table")}
/* With GN, else reserved. */
#define DEVICE_PASID								\
	{FIELD(NUMBER, "PASID", "of GN alone", P(55, 48, 0), P(23, 16, 8), P(59, 56, 16))}

static const struct decode_field wait_fields[] = {
	{FLAG(0, "S", "data is stored at the address|")},
	{FLAG(1, "I", "an interrupt is raised|")},
	{FLAG(2, "F", "later commands wait for this one|")},
	{ADDRESS(51, 3, 3, "StoreAddress", "where data is stored"), IF(SET(0))},
	{IGNORED_BY(51, 3, "as S is 0"), IF(CLEAR(0))},
	{RESERVED(59, 52)},
	OPCODE,
	{NUMBER(127, 64, "StoreData", ""), IF(SET(0))},
	{IGNORED_BY(127, 64, "as S is 0"), IF(CLEAR(0))},
};
static const struct decode_field device_fields[] = {
	{RID(15, 0, "DeviceID")}, {RESERVED(59, 16)}, OPCODE, {RESERVED(127, 64)},
};
static const struct decode_field pages_fields[] = {
	{NUMBER(19, 0, "PASID", "of GN alone")},
	{RESERVED(31, 20)},
	{NUMBER(47, 32, "DomainID", "")},
	{RESERVED(59, 48)},
	OPCODE,
	PAGES,
	{FLAG(65, "PDE", "cached tables go too|only pages")},
	GN,
	{RESERVED(75, 67)},
};
static const struct decode_field iotlb_fields[] = {
	{RID(15, 0, "DeviceID")},
	DEVICE_PASID,
	{NUMBER(31, 24, "Maxpend", "invalidations that the device takes at once; 0: 256")},
	{NUMBER(47, 32, "QueueID", "")},
	OPCODE,
	PAGES,
	{RESERVED(65, 65)},
	GN,
	{RESERVED(67, 67)},
	{NUMBER(69, 68, "Type", "with InvIotlbTypeSup; else reserved")},
	{RESERVED(75, 70)},
};
static const struct decode_field prefetch_fields[] = {
	{RID(15, 0, "DeviceID")},
	DEVICE_PASID,
	{NUMBER(31, 24, "PFCount", "pages to fetch")},
	{NUMBER(47, 32, "QueueID", "")},
	OPCODE,
	PAGES,
	{RESERVED(65, 65)},
	GN,
	{RESERVED(67, 67)},
	{FLAG(68, "Inval", "what is cached goes first|")},
	{RESERVED(75, 69)},
};
static const struct decode_field complete_ppr_fields[] = {
	{RID(15, 0, "DeviceID")},
	{RESERVED(31, 16)},
	{NUMBER(51, 32, "PASID", "of GN alone")},
	{RESERVED(59, 52)},
	OPCODE,
	{RESERVED(65, 64)},
	GN,
	{RESERVED(95, 67)},
	{NUMBER(104, 96, "PRGIndex", "of the request's CompletionTag")},
	{RESERVED(107, 105)},
	{CHOICE(111, 108, "ResponseCode", responses)},
	{RESERVED(127, 112)},
};
static const struct decode_field all_fields[] = {
	{RESERVED(59, 0)}, OPCODE, {RESERVED(127, 64)},
};
static const struct decode_field other_fields[] = {
	{NUMBER(59, 0, "operands", "")}, OPCODE, {NUMBER(127, 64, "operands", "")},
};

static const struct decode_layout commands[] = {
	LAYOUT(1, 1, "COMPLETION_WAIT", "2.4.1", wait_fields),
	LAYOUT(2, 2, "INVALIDATE_DEVTAB_ENTRY", "2.4.2", device_fields),
	LAYOUT(3, 3, "INVALIDATE_IOMMU_PAGES", "2.4.3", pages_fields),
	LAYOUT(4, 4, "INVALIDATE_IOTLB_PAGES", "2.4.4", iotlb_fields),
	LAYOUT(5, 5, "INVALIDATE_INTERRUPT_TABLE", "2.4.5", device_fields),
	LAYOUT(6, 6, "PREFETCH_IOMMU_PAGES", "2.4.6", prefetch_fields),
	LAYOUT(7, 7, "COMPLETE_PPR_REQUEST", "2.4.7", complete_ppr_fields),
	LAYOUT(8, 8, "INVALIDATE_IOMMU_ALL", "2.4.8", all_fields),
	LAYOUT(0, 15, "another command", "2.4", other_fields),
};
/* clang-format on */

UNION_FORMAT(amd_cmd, "AMD command", "AMD 48882", 2, commands, P(63, 60, 0));

/* Events: the code is in 63:60. */

static const struct decode_choice codes[] = {
	{1, "ILLEGAL_DEV_TABLE_ENTRY"},
	{2, "IO_PAGE_FAULT"},
	{3, "DEV_TAB_HARDWARE_ERROR"},
	{4, "PAGE_TAB_HARDWARE_ERROR"},
	{5, "ILLEGAL_COMMAND_ERROR"},
	{6, "COMMAND_HARDWARE_ERROR"},
	{7, "IOTLB_INV_TIMEOUT"},
	{8, "INVALID_DEVICE_REQUEST"},
	{9, "INVALID_PPR_REQUEST"},
	{10, "EVENT_COUNTER_ZERO"},
	{11, "GUEST_EVENT_FAULT"},
	{12, "VIOMMU_HARDWARE_ERROR"},
	{13, "RMP_PAGE_FAULT"},
	{14, "RMP_HARDWARE_ERROR"},
	{0},
};
static const struct decode_choice errors[] = {
	{1, "master abort"}, {2, "target abort"}, {3, "data error"}, {0}};

/* clang-format off */
#define CODE {CHOICE(63, 60, "EventCode", codes)}
#define EVENT_GN {FLAG(48, "GN", "of a PASID, or of guest tables|of the host table")}
#define EVENT_PASID								\
	{FIELD(NUMBER, "PASID", "", P(47, 32, 0), P(19, 16, 16)), IF(SET(48))},	\
	{RESERVED(19, 16), IF(CLEAR(48))}, {RESERVED(31, 20)}
#define DOMAIN {NUMBER(47, 32, "DomainID", ""), IF(CLEAR(48))}
#define I {FLAG(51, "I", "an interrupt request|a memory request")}
#define RW {FLAG(53, "RW", "a write|a read")}
#define RZ {FLAG(55, "RZ", "a reserved bit is not 0|a level, or an encoding, is illegal")}
#define TR {FLAG(56, "TR", "a translation request|a transaction")}
#define ERROR {CHOICE(58, 57, "Type", errors)}
#define IOVA {ADDRESS(127, 64, 0, "Address", "what the device asked for")}

static const struct decode_field illegal_dte_fields[] = {
	{RID(15, 0, "DeviceID")}, EVENT_PASID, EVENT_GN,
	{RESERVED(47, 32), IF(CLEAR(48))},
	{RESERVED(50, 49)}, I, {RESERVED(52, 52)}, RW, {RESERVED(54, 54)}, RZ, TR,
	{RESERVED(59, 57)}, CODE,
	{RESERVED(65, 64)},
	{ADDRESS(127, 66, 2, "Address", "what the device asked for")},
};
static const struct decode_field page_fault_fields[] = {
	{RID(15, 0, "DeviceID")}, EVENT_PASID, DOMAIN, EVENT_GN,
	{FLAG(49, "NX", "for execution|"), IF(SET(48))},
	{FLAG(50, "US", "of a user|of a supervisor"), IF(SET(48))},
	{RESERVED(50, 49), IF(CLEAR(48))},
	I,
	{FLAG(52, "PR", "the entry was present|the entry was not present")},
	RW,
	{FLAG(54, "PE", "its permissions did not suffice|")},
	{FLAG(55, "RZ", "a reserved bit is not 0|")},
	TR, {RESERVED(59, 57)}, CODE, IOVA,
};
static const struct decode_field dte_hardware_fields[] = {
	{RID(15, 0, "DeviceID")}, {RESERVED(50, 16)}, I, {RESERVED(52, 52)}, RW,
	{RESERVED(55, 54)}, TR, ERROR, {RESERVED(59, 59)}, CODE,
	{ADDRESS(127, 64, 0, "Address", "where the entry was to be read")},
};
static const struct decode_field pages_hardware_fields[] = {
	{RID(15, 0, "DeviceID")}, EVENT_PASID, DOMAIN, EVENT_GN, {RESERVED(50, 49)}, I,
	{RESERVED(52, 52)}, RW, {RESERVED(55, 54)}, TR, ERROR, {RESERVED(59, 59)}, CODE,
	{ADDRESS(127, 64, 0, "Address", "where the entry was to be read")},
};
static const struct decode_field illegal_command_fields[] = {
	{RESERVED(59, 0)}, CODE, {ADDRESS(127, 64, 0, "Address", "the command")},
};
static const struct decode_field command_hardware_fields[] = {
	{RESERVED(56, 0)}, ERROR, {RESERVED(59, 59)}, CODE,
	{ADDRESS(127, 64, 0, "Address", "where a command was to be read, or data to be stored")},
};
static const struct decode_field timeout_fields[] = {
	{RID(15, 0, "DeviceID")}, {RESERVED(59, 16)}, CODE, {RESERVED(67, 64)},
	{ADDRESS(127, 68, 4, "Address", "the command that the device did not complete")},
};
static const struct decode_field request_fields[] = {
	{RID(15, 0, "DeviceID")}, EVENT_PASID, EVENT_GN,
	{RESERVED(47, 32), IF(CLEAR(48))},
	{FLAG(49, "US", "of a user|of a supervisor")},
	{RESERVED(55, 50)}, TR,
	{NUMBER(59, 57, "Type", "what was wrong")}, CODE, IOVA,
};
static const struct decode_field ppr_request_fields[] = {
	{RID(15, 0, "DeviceID")},
	{FIELD(NUMBER, "PASID", "", P(31, 16, 0), P(45, 42, 16))},
	{NUMBER(41, 32, "PPRTag", "")},
	{RESERVED(47, 46)},
	{NUMBER(59, 48, "flags", "")},
	CODE, IOVA,
};
static const struct decode_field counter_fields[] = {
	{RESERVED(59, 0)}, CODE,
	{FIELD(NUMBER, "CounterNote", "", P(127, 96, 0), P(83, 64, 32))},
	{RESERVED(95, 84)},
};
static const struct decode_field other_event_fields[] = {
	{NUMBER(59, 0, "operands", "")}, CODE, {NUMBER(127, 64, "operands", "")},
};

static const struct decode_layout events[] = {
	LAYOUT(1, 1, "ILLEGAL_DEV_TABLE_ENTRY", "2.5.2", illegal_dte_fields),
	LAYOUT(2, 2, "IO_PAGE_FAULT", "2.5.3", page_fault_fields),
	LAYOUT(3, 3, "DEV_TAB_HARDWARE_ERROR", "2.5.4", dte_hardware_fields),
	LAYOUT(4, 4, "PAGE_TAB_HARDWARE_ERROR", "2.5.5", pages_hardware_fields),
	LAYOUT(5, 5, "ILLEGAL_COMMAND_ERROR", "2.5.6", illegal_command_fields),
	LAYOUT(6, 6, "COMMAND_HARDWARE_ERROR", "2.5.7", command_hardware_fields),
	LAYOUT(7, 7, "IOTLB_INV_TIMEOUT", "2.5.8", timeout_fields),
	LAYOUT(8, 8, "INVALID_DEVICE_REQUEST", "2.5.9", request_fields),
	LAYOUT(9, 9, "INVALID_PPR_REQUEST", "2.5.10", ppr_request_fields),
	LAYOUT(10, 10, "EVENT_COUNTER_ZERO", "2.5.11", counter_fields),
	LAYOUT(0, 15, "another event", "2.5", other_event_fields),
};
/* clang-format on */

UNION_FORMAT(amd_event, "AMD event log entry", "AMD 48882", 2, events, P(63, 60, 0));

/* Page requests. */

static const struct decode_choice requests[] = {{1, "PAGE_SERVICE_REQUEST"}, {0}};

/* clang-format off */
static const struct decode_field ppr_fields[] = {
	{RID(15, 0, "DeviceID")},
	{FIELD(NUMBER, "PASID", "of GN alone", P(31, 16, 0), P(45, 42, 16))},
	{NUMBER(41, 32, "PPRTag", "the request's group, for COMPLETE_PPR_REQUEST")},
	{RESERVED(47, 46)},
	{RESERVED(48, 48)},
	{FLAG(49, "X", "for execution|")},
	{FLAG(50, "R", "for reading|")},
	{RESERVED(52, 51)},
	{FLAG(53, "W", "for writing|")},
	{FLAG(54, "US", "of a user|of a supervisor")},
	{FLAG(55, "RZ", "a reserved bit is not 0|")},
	{FLAG(56, "GN", "it has a PASID|no PASID")},
	{RESERVED(59, 57)},
	{CHOICE(63, 60, "PPRCode", requests)},
	{RESERVED(75, 64)},
	{ADDRESS(127, 76, 12, "Address", "the page that is wanted")},
};
/* clang-format on */

FORMAT(amd_ppr, "AMD page request (PPR log entry)", "AMD 48882", "2.6", 2, ppr_fields);
