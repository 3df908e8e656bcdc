/* SPDX-License-Identifier: MIT */
/*
 * VT-d's root, context and PASID tables, queue descriptors, fault records and page requests. D51397: 9.1
 * to 9.6 entries, 6.5.2 descriptors, 7.1.3 fault reasons, 11.4.14 fault recording registers, chapter 7
 * page requests and responses.
 */
#include "decode_fields.h"

#define PRESENT SET(0)
#define ABSENT	CLEAR(0)

static const struct decode_choice translations[] = {
	{0, "by the second stage; the device may not ask for translations"},
	{1, "by the second stage; the device may ask for translations"},
	{2, "none: addresses are passed on"},
	{0},
};
static const struct decode_choice widths[] = {{1, "39 bits, three levels"},
					      {2, "48 bits, four levels"},
					      {3, "57 bits, five levels"},
					      {0}};
static const struct decode_choice stages[] = {{1, "first stage"},
					      {2, "second stage"},
					      {3, "first stage on second stage"},
					      {4, "none: addresses are passed on"},
					      {0}};
static const struct decode_choice first_levels[] = {{0, "four levels"}, {1, "five levels"}, {0}};
static const struct decode_choice memory_types[] = {
	{0, "uncacheable"},	{1, "write-combining"}, {4, "write-through"},
	{5, "write-protected"}, {6, "write-back"},	{0},
};

/* PASID-table entries: PGTT and P. */
#define OF_PGTT(values) SELECT(values, P(0, 0, 0), P(8, 6, 1))
#define PGTT(n)		V((n) << 1 | 1)
#define ANY		0xaaaaULL
#define FIRST		OF_PGTT(PGTT(1) | PGTT(3))
#define NOT_FIRST	OF_PGTT(ANY & ~(PGTT(1) | PGTT(3)))
#define SECOND		OF_PGTT(PGTT(2) | PGTT(3))
#define NOT_SECOND	OF_PGTT(ANY & ~(PGTT(2) | PGTT(3)))
#define WIDTH		OF_PGTT(PGTT(2) | PGTT(3) | PGTT(4))
#define NO_WIDTH	OF_PGTT(ANY & ~(PGTT(2) | PGTT(3) | PGTT(4)))
#define ABSENT_BY	"as the entry is not present"

/* clang-format off */
static const struct decode_field root_fields[] = {
	{FLAG(0, "P", "present|not present")},
	{IGNORED_BY(63, 1, ABSENT_BY), IF(ABSENT)},
	{RESERVED(11, 1), IF(PRESENT)},
	{ADDRESS(63, 12, 12, "CTP", "the context table"), IF(PRESENT)},
	{IGNORED_BY(127, 64, ABSENT_BY), IF(ABSENT)},
	{RESERVED(127, 64), IF(PRESENT)},
};

static const struct decode_field scalable_root_fields[] = {
	{FLAG(0, "LP", "lower half present|lower half not present")},
	{IGNORED_BY(63, 1, ABSENT_BY), IF(ABSENT)},
	{RESERVED(11, 1), IF(PRESENT)},
	{ADDRESS(63, 12, 12, "LCTP", "the context table of devices 0 to 15"), IF(PRESENT)},
	{FLAG(64, "UP", "upper half present|upper half not present")},
	{IGNORED_BY(127, 65, ABSENT_BY), IF(CLEAR(64))},
	{RESERVED(75, 65), IF(SET(64))},
	{ADDRESS(127, 76, 12, "UCTP", "the context table of devices 16 to 31"), IF(SET(64))},
};

#define TT_IS(values) SELECT(values, P(0, 0, 0), P(3, 2, 1))
static const struct decode_field context_fields[] = {
	{FLAG(0, "P", "present|not present")},
	{FLAG(1, "FPD", "faults are not reported|faults are reported")},
	{IGNORED_BY(63, 2, ABSENT_BY), IF(ABSENT)},
	{CHOICE(3, 2, "TT", translations), IF(PRESENT)},
	{RESERVED(11, 4), IF(PRESENT)},
	{ADDRESS(63, 12, 12, "SSPTPTR", "the second-stage table"), IF(TT_IS(0x8a))},
	{IGNORED_BY(63, 12, "as nothing is translated"), IF(TT_IS(0x20))},
	{CHOICE(66, 64, "AW", widths), IF(PRESENT)},
	{IGNORED_BY(70, 67, "for software"), IF(PRESENT)},
	{RESERVED(71, 71), IF(PRESENT)},
	{NUMBER(87, 72, "DID", "domain id"), IF(PRESENT)},
	{RESERVED(127, 88), IF(PRESENT)},
	{IGNORED_BY(127, 64, ABSENT_BY), IF(ABSENT)},
};

static const struct decode_field scalable_context_fields[] = {
	{FLAG(0, "P", "present|not present")},
	{FLAG(1, "FPD", "faults are not reported|faults are reported")},
	{IGNORED_BY(63, 2, ABSENT_BY), IF(ABSENT)},
	{FLAG(2, "DTE", "the device may ask for translations|translation requests are refused"),
	 IF(PRESENT)},
	{FLAG(3, "PASIDE", "requests may have a PASID|requests with a PASID are refused"),
	 IF(PRESENT)},
	{FLAG(4, "PRE", "page requests are taken|page requests are refused"), IF(PRESENT)},
	{RESERVED(8, 5), IF(PRESENT)},
	{POWER(11, 9, 7, "PDTS", "entries of the PASID directory"), IF(PRESENT)},
	{ADDRESS(63, 12, 12, "PASIDDIRPTR", "the PASID directory"), IF(PRESENT)},
	{NUMBER(83, 64, "RID_PASID", "the PASID of requests without one"), IF(PRESENT)},
	{FLAG(84, "RID_PRIV", "which are a supervisor's|which are a user's"), IF(PRESENT)},
	{RESERVED(127, 85), IF(PRESENT)},
	{RESERVED(191, 128), IF(PRESENT)},
	{RESERVED(255, 192), IF(PRESENT)},
	{IGNORED_BY(127, 64, ABSENT_BY), IF(ABSENT)},
	{IGNORED_BY(191, 128, ABSENT_BY), IF(ABSENT)},
	{IGNORED_BY(255, 192, ABSENT_BY), IF(ABSENT)},
};

static const struct decode_field directory_fields[] = {
	{FLAG(0, "P", "present|not present")},
	{FLAG(1, "FPD", "faults are not reported|faults are reported")},
	{IGNORED_BY(63, 2, ABSENT_BY), IF(ABSENT)},
	{RESERVED(11, 2), IF(PRESENT)},
	{ADDRESS(63, 12, 12, "SMPTBLPTR", "the PASID table"), IF(PRESENT)},
};

static const struct decode_field pasid_fields[] = {
	{FLAG(0, "P", "present|not present")},
	{FLAG(1, "FPD", "faults are not reported|faults are reported")},
	{IGNORED_BY(63, 2, ABSENT_BY), IF(ABSENT)},
	{CHOICE(4, 2, "AW", widths), IF(WIDTH)},
	{IGNORED_BY(4, 2, "as there is no second stage"), IF(NO_WIDTH)},
	{RESERVED(5, 5), IF(PRESENT)},
	{CHOICE(8, 6, "PGTT", stages), IF(PRESENT)},
	{FLAG(9, "SSADE", "hardware sets A and D in the second stage|"), IF(PRESENT)},
	{RESERVED(11, 10), IF(PRESENT)},
	{ADDRESS(63, 12, 12, "SSPTPTR", "the second-stage table"), IF(SECOND)},
	{IGNORED_BY(63, 12, "as there is no second stage"), IF(NOT_SECOND)},
	{NUMBER(79, 64, "DID", "domain id"), IF(PRESENT)},
	{RESERVED(86, 80), IF(PRESENT)},
	{FLAG(87, "PWSNP", "table walks snoop|"), IF(PRESENT)},
	{FLAG(88, "PGSNP", "requests snoop|"), IF(PRESENT)},
	{FLAG(89, "CD", "caches are disabled|"), IF(PRESENT)},
	{FLAG(90, "EMTE", "the second stage's memory types hold|"), IF(PRESENT)},
	{NAMES(93, 91, "EMT", memory_types), IF(PRESENT)},
	{FLAG(94, "PWT", "table walks are write-through|"), IF(PRESENT)},
	{FLAG(95, "PCD", "table walks are not cached|"), IF(PRESENT)},
	{NUMBER(127, 96, "PAT", "memory types that first-stage entries choose of"), IF(PRESENT)},
	{IGNORED_BY(127, 64, ABSENT_BY), IF(ABSENT)},
	{FLAG(128, "SRE", "supervisors' requests are allowed|supervisors' requests are refused"),
	 IF(PRESENT)},
	{FLAG(129, "ERE", "execution, of units that knew it|"), IF(PRESENT)},
	{CHOICE(131, 130, "FSPM", first_levels), IF(FIRST)},
	{IGNORED_BY(131, 130, "as there is no first stage"), IF(NOT_FIRST)},
	{FLAG(132, "WPE", "read-only pages are so for supervisors too|"), IF(PRESENT)},
	{FLAG(133, "NXE", "execute-disable bits hold|"), IF(PRESENT)},
	{FLAG(134, "SMEP", "of units that knew it|"), IF(PRESENT)},
	{FLAG(135, "EAFE", "hardware sets extended accessed bits|"), IF(PRESENT)},
	{RESERVED(139, 136), IF(PRESENT)},
	{ADDRESS(191, 140, 12, "FSPTPTR", "the first-stage table"), IF(FIRST)},
	{IGNORED_BY(191, 140, "as there is no first stage"), IF(NOT_FIRST)},
	{IGNORED_BY(191, 128, ABSENT_BY), IF(ABSENT)},
#define REST_OF_ENTRY(high, low) \
	{RESERVED(high, low), IF(PRESENT)}, {IGNORED_BY(high, low, ABSENT_BY), IF(ABSENT)}
	REST_OF_ENTRY(255, 192), REST_OF_ENTRY(319, 256), REST_OF_ENTRY(383, 320),
	REST_OF_ENTRY(447, 384), REST_OF_ENTRY(511, 448),
};
/* clang-format on */

FORMAT(vtd_root, "VT-d root entry", "Intel D51397", "9.1", 2, root_fields);
FORMAT(vtd_root_scalable, "VT-d scalable-mode root entry", "Intel D51397", "9.2", 2,
       scalable_root_fields);
FORMAT(vtd_context, "VT-d context entry", "Intel D51397", "9.3", 2, context_fields);
FORMAT(vtd_context_scalable, "VT-d scalable-mode context entry", "Intel D51397", "9.4", 4,
       scalable_context_fields);
FORMAT(vtd_pasid_dir, "VT-d PASID directory entry", "Intel D51397", "9.5", 1, directory_fields);
FORMAT(vtd_pasid, "VT-d PASID table entry", "Intel D51397", "9.6", 8, pasid_fields);

/* Descriptors: the type is in 3:0, and above them in 11:9. */

static const struct decode_choice types[] = {
	{1, "context-cache invalidate"}, {2, "IOTLB invalidate"},
	{3, "device TLB invalidate"},	 {4, "interrupt entry cache invalidate"},
	{5, "invalidation wait"},	 {6, "PASID-based IOTLB invalidate"},
	{7, "PASID-cache invalidate"},	 {8, "PASID-based device TLB invalidate"},
	{9, "page group response"},	 {0},
};
static const struct decode_choice context_scopes[] = {
	{1, "everything"}, {2, "of the domain"}, {3, "of the device"}, {0}};
static const struct decode_choice iotlb_scopes[] = {
	{1, "everything"}, {2, "of the domain"}, {3, "pages of the domain"}, {0}};
static const struct decode_choice pasid_iotlb_scopes[] = {
	{2, "of the PASID"}, {3, "pages of the PASID"}, {0}};
static const struct decode_choice pasid_scopes[] = {
	{0, "of the domain"}, {1, "of the PASID"}, {3, "everything"}, {0}};
static const struct decode_choice interrupt_scopes[] = {
	{0, "everything"}, {1, "entries by index"}, {0}};
static const struct decode_choice masks[] = {{0, "the function"},
					     {1, "functions that differ in bit 2"},
					     {2, "functions that differ in bits 2:1"},
					     {3, "all functions of the device"},
					     {0}};
static const struct decode_choice responses[] = {
	{0, "success"}, {1, "invalid request"}, {15, "failure"}, {0}};

/* clang-format off */
#define TYPE {.kind = DECODE_CHOICE, .name = "type", .pieces = {P(3, 0, 0), P(11, 9, 4)}, .choices = types}
#define SCOPE(choices) {CHOICE(5, 4, "G", choices)}
#define DID {NUMBER(31, 16, "DID", "domain id")}
#define PASID {NUMBER(51, 32, "PASID", "")}
#define PFSID {FIELD(RID, "PFSID", NULL, P(15, 12, 0), P(63, 52, 4))}

/* What page-selective invalidations have: G is 3. */
#define SELECTED SELECT(V(3), P(5, 4, 0))
#define NOT_SELECTED SELECT(0x7, P(5, 4, 0))
#define PAGES									\
	{POWER(69, 64, 0, "AM", "pages of 4K"), .barred = ~0ULL << 53, IF(SELECTED)},			\
	{FLAG(70, "IH", "only pages|cached tables go too"), IF(SELECTED)},	\
	{ADDRESS(127, 76, 12, "ADDR", "the pages"), IF(SELECTED)},		\
	{IGNORED(70, 64), IF(NOT_SELECTED)}, {RESERVED(75, 71)}, {IGNORED(127, 76),	\
	 IF(NOT_SELECTED)}
#define DEVICE_PAGES(s)								\
	{FLAG(s, "S", "the address tells the size|one page of 4K")},		\
	{ADDRESS(127, 76, 12, "ADDR", "the page"), IF(CLEAR(s))},		\
	{RANGE(127, 76, 12, "ADDR", "the pages"), IF(SET(s))}

#define CONTEXT_ROWS								\
	TYPE, SCOPE(context_scopes), {RESERVED(8, 6)}, {RESERVED(15, 12)}, DID,	\
	{RID(47, 32, "SID")}, {CHOICE(49, 48, "FM", masks)}, {RESERVED(63, 50)},	\
	{RESERVED(127, 64)}
#define IOTLB_ROWS								\
	TYPE, SCOPE(iotlb_scopes), {FLAG(6, "DW", "writes are drained|")},	\
	{FLAG(7, "DR", "reads are drained|")}, {RESERVED(8, 8)}, {RESERVED(15, 12)}, DID,	\
	{RESERVED(63, 32)}, PAGES
#define DEVICE_ROWS								\
	TYPE, {RESERVED(8, 4)}, PFSID,						\
	{NUMBER(20, 16, "MIP", "invalidations that the device takes at once; 0: 32")},	\
	{RESERVED(31, 21)}, {RID(47, 32, "SID")}, {RESERVED(51, 48)}, DEVICE_PAGES(64),	\
	{RESERVED(75, 65)}
#define INTERRUPT_ROWS								\
	TYPE, {CHOICE(4, 4, "G", interrupt_scopes)}, {RESERVED(8, 5)}, {RESERVED(26, 12)},	\
	{POWER(31, 27, 0, "IM", "entries")}, {NUMBER(47, 32, "IIDX", "the first of them")},	\
	{RESERVED(63, 48)}, {RESERVED(127, 64)}
#define WAIT_ROWS								\
	TYPE, {FLAG(4, "IF", "an event is raised|")}, {FLAG(5, "SW", "data is stored|")},	\
	{FLAG(6, "FN", "later descriptors wait for this one|")},		\
	{FLAG(7, "PD", "page requests are drained|")}, {RESERVED(8, 8)}, {RESERVED(31, 12)},	\
	{NUMBER(63, 32, "data", ""), IF(SET(5))}, {IGNORED_BY(63, 32, "as SW is 0"),	\
	 IF(CLEAR(5))},	\
	{RESERVED(65, 64)}, {ADDRESS(127, 66, 2, "address", "where data is stored"), IF(SET(5))},	\
	{IGNORED_BY(127, 66, "as SW is 0"), IF(CLEAR(5))}
#define PASID_IOTLB_ROWS							\
	TYPE, SCOPE(pasid_iotlb_scopes), {RESERVED(8, 6)}, {RESERVED(15, 12)}, DID, PASID,	\
	{RESERVED(63, 52)}, PAGES
#define PASID_CACHE_ROWS							\
	TYPE, SCOPE(pasid_scopes), {RESERVED(8, 6)}, {RESERVED(15, 12)}, DID, PASID,	\
	{RESERVED(63, 52)}, {RESERVED(127, 64)}
#define PASID_DEVICE_ROWS							\
	TYPE, {NUMBER(8, 4, "MIP", "invalidations that the device takes at once; 0: 32")}, PFSID,	\
	{RID(31, 16, "SID")}, PASID, {FLAG(64, "G", "of every PASID|of the PASID")},	\
	{RESERVED(74, 65)}, DEVICE_PAGES(75)
#define RESPONSE_ROWS								\
	TYPE, {FLAG(4, "PP", "it has a PASID|no PASID")}, {RESERVED(8, 6)},	\
	{CHOICE(15, 12, "RC", responses)}, {RID(31, 16, "RID")}, PASID, {RESERVED(63, 52)},	\
	{RESERVED(65, 64)}, {FLAG(66, "LPIG", "of the last request of the group|")},	\
	{NUMBER(75, 67, "PRGI", "the requests' group")}, {RESERVED(127, 76)}
#define OTHER_ROWS								\
	TYPE, {NUMBER(8, 4, "operands", "")}, {NUMBER(63, 12, "operands", "")},	\
	{NUMBER(127, 64, "operands", "")}

/* Narrow ones, and wide ones, whose upper half is reserved. */
#define BOTH(name, rows)							\
	static const struct decode_field name##_fields[] = {rows};		\
	static const struct decode_field name##_wide_fields[] = {		\
		rows, {RESERVED(191, 128)}, {RESERVED(255, 192)}}

BOTH(invalidate_context, CONTEXT_ROWS);
BOTH(iotlb, IOTLB_ROWS);
BOTH(device, DEVICE_ROWS);
BOTH(interrupt, INTERRUPT_ROWS);
BOTH(wait, WAIT_ROWS);
BOTH(pasid_iotlb, PASID_IOTLB_ROWS);
BOTH(pasid_cache, PASID_CACHE_ROWS);
BOTH(pasid_device, PASID_DEVICE_ROWS);
BOTH(other, OTHER_ROWS);

/* A response has private data in its upper half, and none when it is narrow. */
static const struct decode_field response_fields[] = {RESPONSE_ROWS, {RESERVED(5, 5)}};
static const struct decode_field response_wide_fields[] = {
	RESPONSE_ROWS, {FLAG(5, "PDP", "it has private data, of units that knew it|")},
	{NUMBER(191, 128, "private data", "")}, {NUMBER(255, 192, "private data", "")},
};

#define DESCRIPTORS(name, kind)							\
	static const struct decode_layout name[] = {				\
		LAYOUT(1, 1, "context-cache invalidate", "6.5.2.1", invalidate_context##kind),	\
		LAYOUT(2, 2, "IOTLB invalidate", "6.5.2.3", iotlb##kind),	\
		LAYOUT(3, 3, "device TLB invalidate", "6.5.2.5", device##kind),	\
		LAYOUT(4, 4, "interrupt entry cache invalidate", "6.5.2.7", interrupt##kind),	\
		LAYOUT(5, 5, "invalidation wait", "6.5.2.8", wait##kind),	\
		LAYOUT(6, 6, "PASID-based IOTLB invalidate", "6.5.2.4", pasid_iotlb##kind),	\
		LAYOUT(7, 7, "PASID-cache invalidate", "6.5.2.2", pasid_cache##kind),	\
		LAYOUT(8, 8, "PASID-based device TLB invalidate", "6.5.2.6", pasid_device##kind),	\
		LAYOUT(9, 9, "page group response", "7, Page Group Response Descriptor", response##kind),	\
		LAYOUT(0, 127, "another descriptor", "6.5.2", other##kind),	\
	}

DESCRIPTORS(narrow, _fields);
DESCRIPTORS(wide, _wide_fields);
/* clang-format on */

UNION_FORMAT(vtd_qi, "VT-d queue descriptor, 128 bits", "Intel D51397", 2, narrow, P(3, 0, 0),
	     P(11, 9, 4));
UNION_FORMAT(vtd_qi_wide, "VT-d queue descriptor, 256 bits", "Intel D51397", 4, wide, P(3, 0, 0),
	     P(11, 9, 4));

/* Faults. */

static const struct decode_choice reasons[] = {
	{0x01, "the root entry is not present"},
	{0x02, "the context entry is not present"},
	{0x03, "the context entry is programmed wrongly, or the top table cannot be read"},
	{0x04, "the address is beyond the tables' width"},
	{0x05, "writes are not allowed"},
	{0x06, "reads are not allowed"},
	{0x07, "a second-stage entry cannot be read"},
	{0x08, "the root entry cannot be read"},
	{0x09, "the context entry cannot be read"},
	{0x0a, "a reserved bit of the root entry is set"},
	{0x0b, "a reserved bit of the context entry is set"},
	{0x0c, "a reserved bit of a second-stage entry is set"},
	{0x0d, "translation requests and translated ones are not allowed"},
	{0x20, "a reserved bit of the interrupt request is set"},
	{0x21, "the interrupt index is beyond the table"},
	{0x22, "the interrupt entry is not present"},
	{0x23, "the interrupt entry cannot be read"},
	{0x24, "a reserved bit of the interrupt entry is set"},
	{0x25, "compatibility format interrupts are blocked"},
	{0x26, "the interrupt's source is not the one expected"},
	{0x30, "the root table address register is programmed wrongly"},
	{0x31, "requests with a PASID need scalable mode"},
	{0x38, "the root entry cannot be read"},
	{0x39, "the root entry is not present"},
	{0x3a, "a reserved bit of the root entry is set"},
	{0x40, "the context entry cannot be read"},
	{0x41, "the context entry is not present"},
	{0x42, "a reserved bit of the context entry is set"},
	{0x44, "translation requests and translated ones are not allowed"},
	{0x45, "requests with a PASID are not allowed"},
	{0x46, "the PASID is beyond the directory"},
	{0x48, "RID_PASID is beyond the directory"},
	{0x50, "the PASID directory entry cannot be read"},
	{0x51, "the PASID directory entry is not present"},
	{0x52, "a reserved bit of the PASID directory entry is set"},
	{0x58, "the PASID table entry cannot be read"},
	{0x59, "the PASID table entry is not present"},
	{0x5a, "a reserved bit of the PASID table entry is set"},
	{0x5b, "the PASID table entry is programmed wrongly"},
	{0x5d, "supervisors' requests are not allowed"},
	{0x70, "a first-stage entry cannot be read"},
	{0x71, "a first-stage entry is not present"},
	{0x72, "a reserved bit of a first-stage entry is set"},
	{0x73, "the first-stage top table cannot be read"},
	{0x74, "a first-stage table's address is beyond the second stage"},
	{0x75, "the second stage does not let the first-stage top be read"},
	{0x76, "the second stage does not let a first-stage table be read"},
	{0x77, "the second stage does not let a first-stage table be written"},
	{0x78, "a second-stage entry cannot be read"},
	{0x79, "a second-stage entry is not present"},
	{0x7a, "a reserved bit of a second-stage entry is set"},
	{0x7b, "the second-stage top table cannot be read"},
	{0x7c, "accessed and dirty bits of the second stage cannot be set"},
	{0x80, "the address is not canonical"},
	{0x81, "a user's request for a supervisor's page"},
	{0x82, "execution is not allowed"},
	{0x83, "the address is beyond the machine's"},
	{0x84, "the address is beyond the second stage"},
	{0x85, "writes are not allowed"},
	{0x86, "reads are not allowed"},
	{0x87, "the address is of interrupts"},
	{0x91, "accessed and dirty bits of the first stage cannot be set"},
	{0},
};
static const struct decode_choice requests[] = {
	{0, "a write"}, {1, "a page request"}, {2, "a read"}, {3, "an atomic operation"}, {0}};
static const struct decode_choice address_types[] = {
	{0, "untranslated"}, {1, "a translation request"}, {2, "translated"}, {0}};
static const struct decode_choice page_request_types[] = {{1, "page request"}, {0}};

/* clang-format off */
static const struct decode_field fault_fields[] = {
	{RESERVED(11, 0)},
	{ADDRESS(63, 12, 12, "FI", "the page that was asked for; of interrupts their index, in bits 63:48")},
	{RID(79, 64, "SID")},
	{RESERVED(91, 80)},
	{.kind = DECODE_CHOICE, .name = "T2,T1", .choices = requests, .pieces = {P(92, 92, 0), P(126, 126, 1)}},
	{FLAG(93, "PRIV", "a supervisor's|a user's")},
	{FLAG(94, "EXE", "for execution|")},
	{FLAG(95, "PP", "it has a PASID|no PASID")},
	{NAMES(103, 96, "FR", reasons)},
	{NUMBER(123, 104, "PV", "the PASID"), IF(SET(95))},
	{IGNORED_BY(123, 104, "as there is no PASID"), IF(CLEAR(95))},
	{NAMES(125, 124, "AT", address_types)},
	{FLAG(127, "F", "the record is of a fault|there is no fault")},
};

static const struct decode_field page_request_fields[] = {
	{CHOICE(7, 0, "type", page_request_types)},
	{FLAG(8, "PP", "it has a PASID|no PASID")},
	{FLAG(9, "PDP", "it has private data, of units that knew it|")},
	{RESERVED(15, 10)},
	{RID(31, 16, "RID")},
	{NUMBER(51, 32, "PASID", ""), IF(SET(8))},
	{IGNORED_BY(51, 32, "as there is no PASID"), IF(CLEAR(8))},
	{FLAG(52, "EXE", "for execution|")},
	{FLAG(53, "PMR", "a supervisor's|a user's")},
	{RESERVED(63, 54)},
	{FLAG(64, "RD", "for reading|")},
	{FLAG(65, "WR", "for writing|")},
	{FLAG(66, "LPIG", "the last of its group|")},
	{NUMBER(75, 67, "PRGI", "its group")},
	{ADDRESS(127, 76, 12, "ADDR", "the page that is wanted")},
	{NUMBER(191, 128, "private data", "")},
	{NUMBER(255, 192, "private data", "")},
};
/* clang-format on */

FORMAT(vtd_fault, "VT-d fault record", "Intel D51397", "11.4.14", 2, fault_fields);
FORMAT(vtd_prq, "VT-d page request", "Intel D51397", "7, Page Request Descriptor", 4,
       page_request_fields);
