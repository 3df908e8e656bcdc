/* SPDX-License-Identifier: MIT */
/*
 * RISC-V's IOMMU: "Device-Directory-Table (DDT)", "Process-Directory-Table (PDT)", "Process to translate
 * addresses of MSIs" (and the Advanced Interrupt Architecture, "MSI page tables"), "Command-Queue",
 * "Fault/Event-Queue", "Page-Request-Queue". A context's fields are named by its doubleword.
 */
#include "decode_fields.h"

#define VALID	     SET(0)
#define ABSENT	     CLEAR(0)
#define BY_V	     "as V is 0"
#define TYPE(values) SELECT(values, P(0, 0, 0), P(2, 1, 1)) /* MSI entries: V and M */

static const struct decode_choice second_modes[] = {
	{0, "Bare: no second stage"}, {8, "Sv39x4"}, {9, "Sv48x4"}, {10, "Sv57x4"}, {0}};
static const struct decode_choice first_modes[] = {
	{0, "Bare: no first stage"}, {8, "Sv39"}, {9, "Sv48"}, {10, "Sv57"}, {0}};
static const struct decode_choice directory_modes[] = {
	{0, "Bare: no first stage"},
	{1, "PD8: one level"},
	{2, "PD17: two levels"},
	{3, "PD20: three levels"},
	{0},
};
static const struct decode_choice msi_modes[] = {
	{0, "off: MSIs are as other writes"}, {1, "flat table"}, {0}};
static const struct decode_choice msi_types[] = {
	{1, "MRIF: a file in memory"}, {3, "basic: a page"}, {0}};

/* clang-format off */
static const struct decode_field directory_fields[] = {
	{FLAG(0, "V", "valid|not valid")},
	{IGNORED_BY(63, 1, BY_V), IF(ABSENT)},
	{RESERVED(9, 1), IF(VALID)},
	{ADDRESS(53, 10, 12, "PPN", "the table of the next level"), IF(VALID)},
	{RESERVED(63, 54), IF(VALID)},
};

#define PDTV AND(SET(5))
#define NO_PDTV AND(CLEAR(5))

#define BASE									\
	{FLAG(0, "tc.V", "valid|not valid")},					\
	{IGNORED_BY(63, 1, BY_V), IF(ABSENT)},					\
	{FLAG(1, "tc.EN_ATS", "the device may ask for translations|"), IF(VALID)},	\
	{FLAG(2, "tc.EN_PRI", "the device may ask for pages|"), IF(VALID)},	\
	{FLAG(3, "tc.T2GPA",	\
	 "translation requests are answered with addresses of the second stage|"),	\
	 IF(VALID)},	\
	{FLAG(4, "tc.DTF", "faults are not reported|faults are reported"), IF(VALID)},	\
	{FLAG(5, "tc.PDTV", "fsc points to process contexts|fsc is a first stage"), IF(VALID)},	\
	{FLAG(6, "tc.PRPR", "answers to page requests carry the PASID|"), IF(VALID)},	\
	{FLAG(7, "tc.GADE", "hardware sets A and D in the second stage|"), IF(VALID)},	\
	{FLAG(8, "tc.SADE", "hardware sets A and D in the first stage|"), IF(VALID)},	\
	{FLAG(9, "tc.DPE", "requests without a process_id use process_id 0|"), IF(VALID)},	\
	{FLAG(10, "tc.SBE", "big-endian process contexts and first stage|little-endian"),	\
	 IF(VALID)},	\
	{FLAG(11, "tc.SXL", "Sv32|"), IF(VALID)},				\
	{RESERVED(23, 12), IF(VALID)},						\
	{IGNORED_BY(31, 24, "for custom use"), IF(VALID)},			\
	{RESERVED(63, 32), IF(VALID)},						\
	{IGNORED_BY(127, 64, BY_V), IF(ABSENT)},				\
	{ADDRESS(107, 64, 12, "iohgatp.PPN", "the second-stage table, at a multiple of 16K"),	\
	 IF(VALID)},	\
	{NUMBER(123, 108, "iohgatp.GSCID", ""), IF(VALID)},			\
	{CHOICE(127, 124, "iohgatp.MODE", second_modes), IF(VALID)},		\
	{IGNORED_BY(191, 128, BY_V), IF(ABSENT)},				\
	{RESERVED(139, 128), IF(VALID)},					\
	{NUMBER(159, 140, "ta.PSCID", ""), IF(VALID)},				\
	{RESERVED(167, 160), IF(VALID)},					\
	{NUMBER(179, 168, "ta.RCID", "of QoS, where there are such ids; else reserved"),	\
	 IF(VALID)},	\
	{NUMBER(191, 180, "ta.MCID", "of QoS, where there are such ids; else reserved"),	\
	 IF(VALID)},	\
	{IGNORED_BY(255, 192, BY_V), IF(ABSENT)},				\
	{ADDRESS(235, 192, 12, "fsc.PPN", "the first-stage table"), IF(VALID), NO_PDTV},	\
	{ADDRESS(235, 192, 12, "fsc.PPN", "the process directory"), IF(VALID), PDTV},	\
	{RESERVED(251, 236), IF(VALID)},					\
	{CHOICE(255, 252, "fsc.MODE", first_modes), IF(VALID), NO_PDTV},	\
	{CHOICE(255, 252, "fsc.MODE", directory_modes), IF(VALID), PDTV}

static const struct decode_field base_fields[] = {BASE};
static const struct decode_field extended_fields[] = {
	BASE,
	{IGNORED_BY(319, 256, BY_V), IF(ABSENT)},
	{ADDRESS(299, 256, 12, "msiptp.PPN", "the MSI page table"), IF(VALID)},
	{RESERVED(315, 300), IF(VALID)},
	{CHOICE(319, 316, "msiptp.MODE", msi_modes), IF(VALID)},
	{IGNORED_BY(383, 320, BY_V), IF(ABSENT)},
	{ADDRESS(371, 320, 12, "msi_addr_mask",
	 "bits of page addresses that choose the interrupt file"),
	 IF(VALID)},
	{RESERVED(383, 372), IF(VALID)},
	{IGNORED_BY(447, 384, BY_V), IF(ABSENT)},
	{ADDRESS(435, 384, 12, "msi_addr_pattern", "the others, as interrupt files have them"),
	 IF(VALID)},
	{RESERVED(447, 436), IF(VALID)},
	{IGNORED_BY(511, 448, BY_V), IF(ABSENT)},
	{RESERVED(511, 448), IF(VALID)},
};

static const struct decode_field process_fields[] = {
	{FLAG(0, "ta.V", "valid|not valid")},
	{IGNORED_BY(63, 1, BY_V), IF(ABSENT)},
	{FLAG(1, "ta.ENS", "supervisors' requests are allowed|supervisors' requests are refused"),
	 IF(VALID)},
	{FLAG(2, "ta.SUM", "supervisors may access users' pages|"), IF(VALID)},
	{RESERVED(11, 3), IF(VALID)},
	{NUMBER(31, 12, "ta.PSCID", ""), IF(VALID)},
	{RESERVED(63, 32), IF(VALID)},
	{IGNORED_BY(127, 64, BY_V), IF(ABSENT)},
	{ADDRESS(107, 64, 12, "fsc.PPN", "the first-stage table"), IF(VALID)},
	{RESERVED(123, 108), IF(VALID)},
	{CHOICE(127, 124, "fsc.MODE", first_modes), IF(VALID)},
};

/* Basic entries and those of files in memory; others are neither. */
#define BASIC TYPE(V(7))
#define MRIF TYPE(V(3))
#define NEITHER TYPE(V(1) | V(5))
static const struct decode_field msi_fields[] = {
	{FLAG(0, "V", "valid|not valid")},
	{IGNORED_BY(63, 1, BY_V), IF(ABSENT)},
	{CHOICE(2, 1, "M", msi_types), IF(VALID)},
	{RESERVED(9, 3), IF(BASIC)},
	{ADDRESS(53, 10, 12, "PPN", "the interrupt file's page"), IF(BASIC)},
	{RESERVED(6, 3), IF(MRIF)},
	{ADDRESS(53, 7, 9, "MRIF_Address", "the file"), IF(MRIF)},
	{NUMBER(53, 3, "operands", ""), IF(NEITHER)},
	{RESERVED(62, 54), IF(VALID)},
	{FLAG(63, "C", "custom|"), IF(VALID)},
	{IGNORED_BY(127, 64, BY_V), IF(ABSENT)},
	{IGNORED_BY(127, 64, "for software"), IF(BASIC)},
	{FIELD(NUMBER, "NID", "the notice's interrupt", P(73, 64, 0), P(124, 124, 10)), IF(MRIF)},
	{ADDRESS(117, 74, 12, "NPPN", "where the notice is written"), IF(MRIF)},
	{RESERVED(123, 118), IF(MRIF)},
	{RESERVED(127, 125), IF(MRIF)},
	{NUMBER(127, 64, "operands", ""), IF(NEITHER)},
};
/* clang-format on */

#define SPEC "RISC-V IOMMU"
FORMAT(riscv_ddt, "RISC-V device directory entry", SPEC, "Non-leaf DDT entry", 1, directory_fields);
FORMAT(riscv_dc, "RISC-V device context, base format", SPEC, "Base-format Device-context", 4,
       base_fields);
FORMAT(riscv_dc_ext, "RISC-V device context, extended format", SPEC,
       "Extended-format Device-context", 8, extended_fields);
FORMAT(riscv_pdt, "RISC-V process directory entry", SPEC, "Non-leaf PDT entry", 1,
       directory_fields);
FORMAT(riscv_pc, "RISC-V process context", SPEC, "Process-context", 2, process_fields);
FORMAT(riscv_msi, "RISC-V MSI page-table entry", SPEC, "MSI page tables", 2, msi_fields);

/* Commands: opcode 6:0, function 9:7. */

static const struct decode_choice opcodes[] = {
	{1, "IOTINVAL.VMA"},
	{1 | 1 << 7, "IOTINVAL.GVMA"},
	{2, "IOFENCE.C"},
	{3, "IODIR.INVAL_DDT"},
	{3 | 1 << 7, "IODIR.INVAL_PDT"},
	{4, "ATS.INVAL"},
	{4 | 1 << 7, "ATS.PRGR"},
	{0},
};
static const struct decode_choice responses[] = {
	{0, "success"}, {1, "invalid request"}, {15, "failure"}, {0}};

/* clang-format off */
#define OPCODE {CHOICE(9, 0, "func, opcode", opcodes)}
#define IOTINVAL								\
	OPCODE, {FLAG(10, "AV", "of an address|of all addresses")}, {RESERVED(11, 11)},	\
	{FLAG(33, "GV", "of a GSCID|")},					\
	{FLAG(34, "NL", "tables too, where there is this; else reserved|")}, {RESERVED(43, 35)},	\
	{NUMBER(59, 44, "GSCID", ""), IF(SET(33))},				\
	{IGNORED_BY(59, 44, "as GV is 0"), IF(CLEAR(33))}, {RESERVED(63, 60)},	\
	{RESERVED(72, 64)},							\
	{FLAG(73, "S",	\
	 "the address tells the size, where there are ranges; else reserved|one page of 4K"),	\
	 IF(SET(10))},	\
	{ADDRESS(125, 74, 12, "ADDR", "the page"), IF(SET(10)), AND(CLEAR(73))},	\
	{RANGE(125, 74, 12, "ADDR", "the pages"), IF(SET(10)), AND(SET(73))},	\
	{IGNORED_BY(125, 73, "as AV is 0"), IF(CLEAR(10))}, {RESERVED(127, 126)}

static const struct decode_field vma_fields[] = {
	IOTINVAL,
	{NUMBER(31, 12, "PSCID", ""), IF(SET(32))},
	{IGNORED_BY(31, 12, "as PSCV is 0"), IF(CLEAR(32))},
	{FLAG(32, "PSCV", "of a PSCID|")},
};
static const struct decode_field gvma_fields[] = {
	IOTINVAL,
	{IGNORED(31, 12)},
	{RESERVED_BY(32, 32, "PSCV, of the first stage alone")},
};
static const struct decode_field fence_fields[] = {
	OPCODE,
	{FLAG(10, "AV", "data is stored|")},
	{FLAG(11, "WSI", "an interrupt is raised|")},
	{FLAG(12, "PR", "reads are done|")},
	{FLAG(13, "PW", "writes are done|")},
	{RESERVED(31, 14)},
	{NUMBER(63, 32, "DATA", ""), IF(SET(10))},
	{IGNORED_BY(63, 32, "as AV is 0"), IF(CLEAR(10))},
	{ADDRESS(125, 64, 2, "ADDR", "where data is stored"), IF(SET(10))},
	{IGNORED_BY(125, 64, "as AV is 0"), IF(CLEAR(10))},
	{RESERVED(127, 126)},
};
#define IODIR									\
	OPCODE, {RESERVED(11, 10)}, {RESERVED(32, 32)}, {RESERVED(39, 34)},	\
	{NUMBER(63, 40, "DID", ""), IF(SET(33))}, {IGNORED_BY(63, 40, "as DV is 0"),	\
	 IF(CLEAR(33))},	\
	{RESERVED(127, 64)}
static const struct decode_field ddt_fields[] = {
	IODIR, {RESERVED(31, 12)}, {FLAG(33, "DV", "of one device|of all devices")},
};
static const struct decode_choice must[] = {{1, "of one device, as it must be"}, {0}};
static const struct decode_field pdt_fields[] = {
	IODIR, {NUMBER(31, 12, "PID", "")}, {CHOICE(33, 33, "DV", must)},
};
#define ATS									\
	OPCODE, {RESERVED(11, 10)}, {NUMBER(31, 12, "PID", ""), IF(SET(32))},	\
	{IGNORED_BY(31, 12, "as PV is 0"), IF(CLEAR(32))},			\
	{FLAG(32, "PV", "it has a PASID|no PASID")}, {FLAG(33, "DSV", "it has a segment|no segment")},	\
	{RESERVED(39, 34)}, {RID(55, 40, "RID")}, {NUMBER(63, 56, "DSEG", "the segment"),	\
	 IF(SET(33))},	\
	{IGNORED_BY(63, 56, "as DSV is 0"), IF(CLEAR(33))}
static const struct decode_field ats_fields[] = {
	ATS,
	{FLAG(64, "G", "of every PASID|")},
	{RESERVED(74, 65)},
	{FLAG(75, "S", "the address tells the size|one page of 4K")},
	{ADDRESS(127, 76, 12, "address", "the page"), IF(CLEAR(75))},
	{RANGE(127, 76, 12, "address", "the pages"), IF(SET(75))},
};
static const struct decode_field prgr_fields[] = {
	ATS,
	{RESERVED(95, 64)},
	{NUMBER(104, 96, "PRGI", "the requests' group")},
	{RESERVED(107, 105)},
	{CHOICE(111, 108, "response", responses)},
	{RID(127, 112, "destination")},
};
static const struct decode_field other_fields[] = {
	OPCODE, {NUMBER(63, 10, "operands", "")}, {NUMBER(127, 64, "operands", "")},
};

static const struct decode_layout commands[] = {
	LAYOUT(1, 1, "IOTINVAL.VMA", "IOMMU Page-Table cache invalidation commands", vma_fields),
	LAYOUT(129, 129, "IOTINVAL.GVMA", "IOMMU Page-Table cache invalidation commands", gvma_fields),
	LAYOUT(2, 2, "IOFENCE.C", "IOMMU Command-queue Fence commands", fence_fields),
	LAYOUT(3, 3, "IODIR.INVAL_DDT", "IOMMU directory cache invalidation commands", ddt_fields),
	LAYOUT(131, 131, "IODIR.INVAL_PDT", "IOMMU directory cache invalidation commands", pdt_fields),
	LAYOUT(4, 4, "ATS.INVAL", "IOMMU PCIe ATS commands", ats_fields),
	LAYOUT(132, 132, "ATS.PRGR", "IOMMU PCIe ATS commands", prgr_fields),
	LAYOUT(0, 1023, "another command", "Command-Queue", other_fields),
};
/* clang-format on */

UNION_FORMAT(riscv_cmd, "RISC-V command", SPEC, 2, commands, P(9, 0, 0));

/* Faults and page requests. */

static const struct decode_choice causes[] = {
	{1, "instruction access fault"},
	{4, "read address misaligned"},
	{5, "read access fault"},
	{6, "write or AMO address misaligned"},
	{7, "write or AMO access fault"},
	{12, "instruction page fault"},
	{13, "read page fault"},
	{15, "write or AMO page fault"},
	{20, "instruction guest page fault"},
	{21, "read guest page fault"},
	{23, "write or AMO guest page fault"},
	{256, "all inbound transactions disallowed"},
	{257, "DDT entry load access fault"},
	{258, "DDT entry not valid"},
	{259, "DDT entry misconfigured"},
	{260, "transaction type disallowed"},
	{261, "MSI PTE load access fault"},
	{262, "MSI PTE not valid"},
	{263, "MSI PTE misconfigured"},
	{264, "MRIF access fault"},
	{265, "PDT entry load access fault"},
	{266, "PDT entry not valid"},
	{267, "PDT entry misconfigured"},
	{268, "DDT data corruption"},
	{269, "PDT data corruption"},
	{270, "MSI page table data corruption"},
	{271, "MSI MRIF data corruption"},
	{272, "internal data path error"},
	{273, "IOMMU MSI write access fault"},
	{274, "first or second stage page table data corruption"},
	{0},
};
static const struct decode_choice transactions[] = {
	{0, "none"},
	{1, "untranslated: execution"},
	{2, "untranslated: a read"},
	{3, "untranslated: a write or AMO"},
	{5, "translated: execution"},
	{6, "translated: a read"},
	{7, "translated: a write or AMO"},
	{8, "PCIe ATS translation request"},
	{9, "PCIe message request"},
	{0},
};

/* clang-format off */
#define PROCESS									\
	{NUMBER(31, 12, "PID", "process_id"), IF(SET(32))},			\
	{IGNORED_BY(31, 12, "as PV is 0"), IF(CLEAR(32))},			\
	{FLAG(32, "PV", "it has a process_id|no process_id")},			\
	{FLAG(33, "PRIV", "a supervisor's|a user's"), IF(SET(32))},		\
	{IGNORED_BY(33, 33, "as PV is 0"), IF(CLEAR(32))}
static const struct decode_field fault_fields[] = {
	{NAMES(11, 0, "CAUSE", causes)}, PROCESS,
	{NAMES(39, 34, "TTYP", transactions)},
	{NUMBER(63, 40, "DID", "device_id")},
	{IGNORED_BY(95, 64, "for custom use")},
	{RESERVED(127, 96)},
	{ADDRESS(191, 128, 0, "iotval", "what the device asked for")},
	{FLAG(192, "iotval2[0]", "of a guest page fault: it was for a first-stage table|")},
	{FLAG(193, "iotval2[1]", "of a guest page fault: which was written|")},
	{ADDRESS(255, 194, 2, "iotval2", "of a guest page fault: what the second stage was asked for")},
};
static const struct decode_field page_request_fields[] = {
	{RESERVED(11, 0)}, PROCESS,
	{FLAG(34, "EXEC", "for execution|"), IF(SET(32))},
	{IGNORED_BY(34, 34, "as PV is 0"), IF(CLEAR(32))},
	{RESERVED(39, 35)},
	{NUMBER(63, 40, "DID", "device_id")},
	{FLAG(64, "R", "for reading|")},
	{FLAG(65, "W", "for writing|")},
	{FLAG(66, "L", "the last of its group|")},
	{NUMBER(75, 67, "PRGI", "its group")},
	{ADDRESS(127, 76, 12, "address", "the page that is wanted")},
};
/* clang-format on */

FORMAT(riscv_fault, "RISC-V fault record", SPEC, "Fault/Event-Queue", 4, fault_fields);
FORMAT(riscv_prq, "RISC-V page request", SPEC, "Page-Request-Queue", 2, page_request_fields);
