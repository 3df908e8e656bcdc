/* SPDX-License-Identifier: MIT */
/*
 * SMMUv3's queues. IHI 0070: chapter 4, commands; 7.3, event records; 8.2, page requests. The opcode or
 * the event's number is in 7:0. SSec and commands of Secure state are illegal in a non-secure queue.
 */
#include "decode_fields.h"

static const struct decode_choice opcodes[] = {
	{0x01, "CMD_PREFETCH_CONFIG"},
	{0x02, "CMD_PREFETCH_ADDR"},
	{0x03, "CMD_CFGI_STE"},
	{0x04, "CMD_CFGI_STE_RANGE, CMD_CFGI_ALL"},
	{0x05, "CMD_CFGI_CD"},
	{0x06, "CMD_CFGI_CD_ALL"},
	{0x07, "CMD_CFGI_VMS_PIDM"},
	{0x10, "CMD_TLBI_NH_ALL"},
	{0x11, "CMD_TLBI_NH_ASID"},
	{0x12, "CMD_TLBI_NH_VA"},
	{0x13, "CMD_TLBI_NH_VAA"},
	{0x18, "CMD_TLBI_EL3_ALL"},
	{0x1a, "CMD_TLBI_EL3_VA"},
	{0x20, "CMD_TLBI_EL2_ALL"},
	{0x21, "CMD_TLBI_EL2_ASID"},
	{0x22, "CMD_TLBI_EL2_VA"},
	{0x23, "CMD_TLBI_EL2_VAA"},
	{0x28, "CMD_TLBI_S12_VMALL"},
	{0x2a, "CMD_TLBI_S2_IPA"},
	{0x30, "CMD_TLBI_NSNH_ALL"},
	{0x40, "CMD_ATC_INV"},
	{0x41, "CMD_PRI_RESP"},
	{0x44, "CMD_RESUME"},
	{0x45, "CMD_STALL_TERM"},
	{0x46, "CMD_SYNC"},
	{0x50, "CMD_TLBI_S_EL2_ALL"},
	{0x51, "CMD_TLBI_S_EL2_ASID"},
	{0x52, "CMD_TLBI_S_EL2_VA"},
	{0x53, "CMD_TLBI_S_EL2_VAA"},
	{0x58, "CMD_TLBI_S_S12_VMALL"},
	{0x5a, "CMD_TLBI_S_S2_IPA"},
	{0x60, "CMD_TLBI_SNH_ALL"},
	{0x70, "CMD_DPTI_ALL"},
	{0x73, "CMD_DPTI_PA"},
	{0},
};
static const struct decode_choice implementation[] = {{0}};
static const struct decode_choice granules[] = {
	{0, "one address, no range"}, {1, "4K"}, {2, "16K"}, {3, "64K"}, {0}};
static const struct decode_choice levels[] = {{0, "entries of any level"},
					      {1, "Arm's level 1"},
					      {2, "Arm's level 2"},
					      {3, "Arm's level 3"},
					      {0}};
static const struct decode_choice responses[] = {
	{0, "failure"}, {1, "invalid request"}, {2, "success"}, {0}};
static const struct decode_choice actions[] = {{0, "terminate: reads are 0, writes are ignored"},
					       {1, "retry"},
					       {2, "terminate with an abort"},
					       {3, "retry"},
					       {0}};
static const struct decode_choice signals[] = {
	{0, "none: the queue's CONS tells"},
	{1, "an interrupt, or data stored where an address is given"},
	{2, "an event for WFE"},
	{0},
};
static const struct decode_choice shareabilities[] = {
	{0, "non-shareable"}, {2, "outer shareable"}, {3, "inner shareable"}, {0}};

/* clang-format off */
#define OPCODE {CHOICE(7, 0, "opcode", opcodes)}
#define SSEC {FLAG(10, "SSec", "of a Secure stream|")}
#define STREAM {NUMBER(63, 32, "StreamID", "")}
#define SUBSTREAM								\
	{FLAG(11, "SSV", "it has a SubstreamID|no SubstreamID")},		\
	{NUMBER(31, 12, "SubstreamID", ""), IF(SET(11))},			\
	{IGNORED_BY(31, 12, "as there is no SubstreamID"), IF(CLEAR(11))}
#define LEAF {FLAG(64, "Leaf", "the last level alone|tables on the way too")}

static const struct decode_field prefetch_config_fields[] = {
	OPCODE, {RESERVED(9, 8)}, SSEC, SUBSTREAM, STREAM, {RESERVED(127, 64)},
};
static const struct decode_field prefetch_addr_fields[] = {
	OPCODE, {RESERVED(9, 8)}, SSEC, SUBSTREAM, STREAM,
	{POWER(68, 64, 0, "Size", "strides")},
	{NUMBER(75, 69, "Stride, NS", "")},
	{ADDRESS(127, 76, 12, "Addr", "")},
};
static const struct decode_field cfgi_ste_fields[] = {
	OPCODE, {RESERVED(9, 8)}, SSEC, {RESERVED(31, 11)}, STREAM, LEAF, {RESERVED(127, 65)},
};
static const struct decode_field cfgi_range_fields[] = {
	OPCODE, {RESERVED(9, 8)}, SSEC, {RESERVED(31, 11)}, STREAM,
	{POWER(68, 64, 1, "Range", "streams around it; with 31 all (CMD_CFGI_ALL)")},
	{RESERVED(127, 69)},
};
static const struct decode_field cfgi_cd_fields[] = {
	OPCODE, {RESERVED(9, 8)}, SSEC, {RESERVED(11, 11)}, {NUMBER(31, 12, "SubstreamID", "")},
	STREAM, LEAF, {RESERVED(127, 65)},
};
static const struct decode_field stream_fields[] = {
	OPCODE, {RESERVED(9, 8)}, SSEC, {RESERVED(31, 11)}, STREAM, {RESERVED(127, 64)},
};
static const struct decode_field vmid_fields[] = {
	OPCODE, {RESERVED(9, 8)}, SSEC, {RESERVED(31, 11)}, {NUMBER(47, 32, "VMID", "")},
	{RESERVED(63, 48)}, {RESERVED(127, 64)},
};

/* TLBI: what it is about, and with an address a range: TG is 0 for one address. */
#define VMID {NUMBER(47, 32, "VMID", "")}
#define NO_VMID {RESERVED(47, 32)}
#define ASID {NUMBER(63, 48, "ASID", "")}
#define NO_ASID {RESERVED(63, 48)}
#define RANGED SELECT(0xe, P(75, 74, 0))
#define SINGLE SELECT(0x1, P(75, 74, 0))
#define TLBI_RANGE								\
	OPCODE, {RESERVED(11, 8)},						\
	{NUMBER(16, 12, "NUM", "the range: NUM + 1 times 2^SCALE granules"), IF(RANGED)},	\
	{RESERVED_BY(16, 12, "there is no range"), IF(SINGLE)}, {RESERVED(19, 17)},	\
	{POWER(25, 20, 0, "SCALE", "granules"), .barred = ~0ULL << 40, IF(RANGED)},			\
	{RESERVED_BY(25, 20, "there is no range"), IF(SINGLE)}, {RESERVED(31, 26)},	\
	{FLAG(64, "Leaf", "leaves alone|tables too")}, {RESERVED(71, 65)},	\
	{CHOICE(73, 72, "TTL", levels), IF(RANGED)},				\
	{RESERVED_BY(73, 72, "there is no range"), IF(SINGLE)},			\
	{CHOICE(75, 74, "TG", granules)}
#define TLBI_ALL OPCODE, {RESERVED(31, 8)}, {RESERVED(127, 64)}
#define VA {ADDRESS(127, 76, 12, "Address", "")}
#define IPA {ADDRESS(119, 76, 12, "Address", "an IPA")}, {RESERVED(126, 120)}

static const struct decode_field tlbi_va_fields[] = {TLBI_RANGE, VMID, ASID, VA};
static const struct decode_field tlbi_vaa_fields[] = {TLBI_RANGE, VMID, NO_ASID, VA};
static const struct decode_field tlbi_el2_va_fields[] = {TLBI_RANGE, NO_VMID, ASID, VA};
static const struct decode_field tlbi_el2_vaa_fields[] = {TLBI_RANGE, NO_VMID, NO_ASID, VA};
static const struct decode_field tlbi_ipa_fields[] = {
	TLBI_RANGE, VMID, NO_ASID, IPA, {RESERVED(127, 127)}};
static const struct decode_field tlbi_s_ipa_fields[] = {
	TLBI_RANGE, VMID, NO_ASID, IPA, {FLAG(127, "NS", "of the non-secure IPA space|")}};
static const struct decode_field tlbi_asid_fields[] = {TLBI_ALL, VMID, ASID};
static const struct decode_field tlbi_vmid_fields[] = {TLBI_ALL, VMID, NO_ASID};
static const struct decode_field tlbi_el2_asid_fields[] = {TLBI_ALL, NO_VMID, ASID};
static const struct decode_field tlbi_all_fields[] = {TLBI_ALL, NO_VMID, NO_ASID};

static const struct decode_field atc_fields[] = {
	OPCODE, {RESERVED(8, 8)}, {FLAG(9, "G", "of every PASID|")}, {RESERVED(10, 10)}, SUBSTREAM,
	STREAM, {POWER(69, 64, 0, "Size", "pages of 4K; with 52 everything"), .barred = ~0ULL << 53}, {RESERVED(75, 70)}, VA,
};
static const struct decode_field pri_response_fields[] = {
	OPCODE, {RESERVED(10, 8)}, SUBSTREAM, STREAM, {NUMBER(72, 64, "PRGIndex", "the requests' group")},
	{RESERVED(75, 73)}, {CHOICE(77, 76, "Resp", responses)}, {RESERVED(127, 78)},
};
static const struct decode_field resume_fields[] = {
	OPCODE, {RESERVED(9, 8)}, SSEC, {RESERVED(11, 11)}, {CHOICE(13, 12, "Ab, Ac", actions)},
	{RESERVED(31, 14)}, STREAM, {NUMBER(79, 64, "STAG", "the event's")}, {RESERVED(127, 80)},
};
static const struct decode_field sync_fields[] = {
	OPCODE, {RESERVED(11, 8)}, {CHOICE(13, 12, "CS", signals)}, {RESERVED(21, 14)},
	{CHOICE(23, 22, "MSH", shareabilities)}, {NUMBER(27, 24, "MSIAttr", "as STE.MemAttr")},
	{RESERVED(31, 28)}, {NUMBER(63, 32, "MSIData", "")}, {RESERVED(65, 64)},
	{ADDRESS(119, 66, 2, "MSIAddress", "where data is stored; 0: nowhere")}, {RESERVED(127, 120)},
};
static const struct decode_field dpti_all_fields[] = {
	OPCODE, {NUMBER(31, 8, "operands", "")}, {NUMBER(63, 32, "operands", "")},
	{NUMBER(127, 64, "operands", "")},
};
static const struct decode_field implementation_fields[] = {
	{NAMES(7, 0, "opcode", implementation)}, {NUMBER(63, 8, "implementation defined", "")},
	{NUMBER(127, 64, "implementation defined", "")},
};

static const struct decode_layout commands[] = {
	LAYOUT(0x01, 0x01, "CMD_PREFETCH_CONFIG", "4.2.1", prefetch_config_fields),
	LAYOUT(0x02, 0x02, "CMD_PREFETCH_ADDR", "4.2.2", prefetch_addr_fields),
	LAYOUT(0x03, 0x03, "CMD_CFGI_STE", "4.3.1", cfgi_ste_fields),
	LAYOUT(0x04, 0x04, "CMD_CFGI_STE_RANGE", "4.3.2", cfgi_range_fields),
	LAYOUT(0x05, 0x05, "CMD_CFGI_CD", "4.3.3", cfgi_cd_fields),
	LAYOUT(0x06, 0x06, "CMD_CFGI_CD_ALL", "4.3.4", stream_fields),
	LAYOUT(0x07, 0x07, "CMD_CFGI_VMS_PIDM", "4.3.5", vmid_fields),
	LAYOUT(0x10, 0x10, "CMD_TLBI_NH_ALL", "4.4.2", tlbi_vmid_fields),
	LAYOUT(0x11, 0x11, "CMD_TLBI_NH_ASID", "4.4.2", tlbi_asid_fields),
	LAYOUT(0x12, 0x12, "CMD_TLBI_NH_VA", "4.4.2", tlbi_va_fields),
	LAYOUT(0x13, 0x13, "CMD_TLBI_NH_VAA", "4.4.2", tlbi_vaa_fields),
	LAYOUT(0x18, 0x18, "CMD_TLBI_EL3_ALL", "4.4.2", tlbi_all_fields),
	LAYOUT(0x1a, 0x1a, "CMD_TLBI_EL3_VA", "4.4.2", tlbi_el2_vaa_fields),
	LAYOUT(0x20, 0x20, "CMD_TLBI_EL2_ALL", "4.4.2", tlbi_all_fields),
	LAYOUT(0x21, 0x21, "CMD_TLBI_EL2_ASID", "4.4.2", tlbi_el2_asid_fields),
	LAYOUT(0x22, 0x22, "CMD_TLBI_EL2_VA", "4.4.2", tlbi_el2_va_fields),
	LAYOUT(0x23, 0x23, "CMD_TLBI_EL2_VAA", "4.4.2", tlbi_el2_vaa_fields),
	LAYOUT(0x28, 0x28, "CMD_TLBI_S12_VMALL", "4.4.3", tlbi_vmid_fields),
	LAYOUT(0x2a, 0x2a, "CMD_TLBI_S2_IPA", "4.4.3", tlbi_ipa_fields),
	LAYOUT(0x30, 0x30, "CMD_TLBI_NSNH_ALL", "4.4.4", tlbi_all_fields),
	LAYOUT(0x40, 0x40, "CMD_ATC_INV", "4.5.1", atc_fields),
	LAYOUT(0x41, 0x41, "CMD_PRI_RESP", "4.5.2", pri_response_fields),
	LAYOUT(0x44, 0x44, "CMD_RESUME", "4.7.1", resume_fields),
	LAYOUT(0x45, 0x45, "CMD_STALL_TERM", "4.7.2", stream_fields),
	LAYOUT(0x46, 0x46, "CMD_SYNC", "4.7.3", sync_fields),
	LAYOUT(0x50, 0x50, "CMD_TLBI_S_EL2_ALL", "4.4.2", tlbi_all_fields),
	LAYOUT(0x51, 0x51, "CMD_TLBI_S_EL2_ASID", "4.4.2", tlbi_el2_asid_fields),
	LAYOUT(0x52, 0x52, "CMD_TLBI_S_EL2_VA", "4.4.2", tlbi_el2_va_fields),
	LAYOUT(0x53, 0x53, "CMD_TLBI_S_EL2_VAA", "4.4.2", tlbi_el2_vaa_fields),
	LAYOUT(0x58, 0x58, "CMD_TLBI_S_S12_VMALL", "4.4.3", tlbi_vmid_fields),
	LAYOUT(0x5a, 0x5a, "CMD_TLBI_S_S2_IPA", "4.4.3", tlbi_s_ipa_fields),
	LAYOUT(0x60, 0x60, "CMD_TLBI_SNH_ALL", "4.4.4", tlbi_all_fields),
	LAYOUT(0x80, 0x8f, "an implementation's own command", "4.1.1", implementation_fields),
	LAYOUT(0x00, 0xff, "another command", "4.1.1", dpti_all_fields),
};
/* clang-format on */

UNION_FORMAT(smmu_cmd, "SMMUv3 command", "Arm IHI 0070", 2, commands, P(7, 0, 0));

/* Events. */

static const struct decode_choice numbers[] = {
	{0x01, "F_UUT: an unsupported transaction"},
	{0x02, "C_BAD_STREAMID: the StreamID is beyond the table"},
	{0x03, "F_STE_FETCH: the stream table entry cannot be read"},
	{0x04, "C_BAD_STE: the stream table entry is invalid"},
	{0x05, "F_BAD_ATS_TREQ: a translation request that is not allowed"},
	{0x06, "F_STREAM_DISABLED: requests without a SubstreamID are not allowed"},
	{0x07, "F_TRANSL_FORBIDDEN: a translated request that is not allowed"},
	{0x08, "C_BAD_SUBSTREAMID: there is no such SubstreamID"},
	{0x09, "F_CD_FETCH: the context descriptor cannot be read"},
	{0x0a, "C_BAD_CD: the context descriptor is invalid"},
	{0x0b, "F_WALK_EABT: a table cannot be read"},
	{0x10, "F_TRANSLATION: no translation"},
	{0x11, "F_ADDR_SIZE: an address is too large"},
	{0x12, "F_ACCESS: the access flag is clear"},
	{0x13, "F_PERMISSION: the access is not allowed"},
	{0x20, "F_TLB_CONFLICT"},
	{0x21, "F_CFG_CONFLICT"},
	{0x24, "E_PAGE_REQUEST: a hint that pages will be used"},
	{0x25, "F_VMS_FETCH: the VM structure cannot be read"},
	{0},
};
static const struct decode_choice classes[] = {{0, "for a context descriptor"},
					       {1, "for a stage 1 table"},
					       {2, "for the input address"},
					       {0}};

/* clang-format off */
#define HEAD									\
	{CHOICE(7, 0, "event", numbers)}, {RESERVED(10, 8)}, SUBSTREAM, STREAM
#define REASON {NUMBER(79, 64, "Reason", "implementation defined")}
#define ACCESS									\
	{FLAG(97, "PnU", "privileged|unprivileged")}, {FLAG(98, "InD", "an instruction|data")},	\
	{FLAG(99, "RnW", "a read|a write")}
#define STAGE									\
	{FLAG(103, "S2", "at stage 2|at stage 1")}, {CHOICE(105, 104, "CLASS", classes)}
#define INPUT {ADDRESS(191, 128, 0, "InputAddr", "what the device asked for")}
#define IPA_OF_EVENT								\
	{RESERVED(203, 192)},							\
	{ADDRESS(247, 204, 12, "IPA", "what stage 2 was asked for"), IF(SET(103))},	\
	{IGNORED_BY(247, 204, "unknown, as stage 1 failed"), IF(CLEAR(103))}, {RESERVED(255, 248)}
#define FETCH									\
	{RESERVED(194, 192)}, {ADDRESS(247, 195, 3, "FetchAddr", "what cannot be read")},	\
	{RESERVED(255, 248)}
#define GPCF {FLAG(80, "GPCF", "by the granule protection check|")}
#define ANOTHER "of Secure or Realm state, or of later versions"

static const struct decode_field uut_fields[] = {
	HEAD, REASON, {RESERVED(96, 80)}, ACCESS, {RESERVED(127, 100)}, INPUT, {RESERVED(255, 192)},
};
static const struct decode_field plain_fields[] = {
	HEAD, {RESERVED(127, 64)}, {RESERVED(191, 128)}, {RESERVED(255, 192)},
};
static const struct decode_field fetch_fields[] = {
	HEAD, REASON, GPCF, {RESERVED(127, 81)}, {RESERVED(191, 128)}, FETCH,
};
static const struct decode_field ats_fields[] = {
	HEAD, {NUMBER(127, 64, "request", "Span, R, W, X, PRIV")}, INPUT, {RESERVED(255, 192)},
};
static const struct decode_field forbidden_fields[] = {
	HEAD, {RESERVED(98, 64)}, {FLAG(99, "RnW", "a read|a write")}, {RESERVED(127, 100)}, INPUT,
	{RESERVED(255, 192)},
};
static const struct decode_field substream_fields[] = {
	{CHOICE(7, 0, "event", numbers)}, {RESERVED(11, 8)}, {NUMBER(31, 12, "SubstreamID", "")}, STREAM,
	{RESERVED(127, 64)}, {RESERVED(191, 128)}, {RESERVED(255, 192)},
};
static const struct decode_field walk_fields[] = {
	HEAD, REASON, GPCF, {RESERVED(96, 81)}, ACCESS, {IGNORED_BY(102, 100, ANOTHER)}, STAGE,
	{IGNORED_BY(127, 106, ANOTHER)}, INPUT, FETCH,
};
#define FAULT									\
	HEAD, {NUMBER(79, 64, "STAG", "for CMD_RESUME"), IF(SET(95))},		\
	{IGNORED_BY(79, 64, "as nothing stalls"), IF(CLEAR(95))}, {IGNORED_BY(94, 80, ANOTHER)},	\
	{FLAG(95, "Stall", "the request stalls|the request is terminated")}, {RESERVED(96, 96)},	\
	ACCESS, {IGNORED_BY(102, 100, ANOTHER)}, STAGE, {IGNORED_BY(107, 106, ANOTHER)}, INPUT, IPA_OF_EVENT
static const struct decode_field fault_fields[] = {FAULT, {IGNORED_BY(127, 108, ANOTHER)}};
static const struct decode_field permission_fields[] = {
	FAULT, {FLAG(108, "TTRnW", "of a table: a read|of a table: a write"), IF(SELECT(V(1), P(105, 104, 0)))},
	{IGNORED_BY(108, 108, "unknown, as it is not for a table"),
	 IF(SELECT(0xd, P(105, 104, 0)))},
	{IGNORED_BY(127, 109, ANOTHER)},
};
static const struct decode_field conflict_fields[] = {
	HEAD, REASON, {RESERVED(96, 80)}, ACCESS, {IGNORED_BY(102, 100, ANOTHER)},
	{FLAG(103, "S2", "at stage 2|at stage 1")}, {IGNORED_BY(127, 104, ANOTHER)}, INPUT, IPA_OF_EVENT,
};
static const struct decode_field config_conflict_fields[] = {
	HEAD, {NUMBER(95, 64, "Reason", "implementation defined")}, {RESERVED(127, 96)},
	{RESERVED(191, 128)}, {RESERVED(255, 192)},
};
static const struct decode_field hint_fields[] = {
	HEAD, {RESERVED(95, 64)}, {NUMBER(107, 96, "access", "pR, pW, pX, uR, uW, uX")},
	{NUMBER(115, 108, "Span", "pages of 4K")}, {RESERVED(127, 116)}, {RESERVED(139, 128)},
	{ADDRESS(191, 140, 12, "InputAddr", "the pages")}, {RESERVED(255, 192)},
};
static const struct decode_field other_event_fields[] = {
	{CHOICE(7, 0, "event", numbers)}, {NUMBER(63, 8, "operands", "")},
	{NUMBER(127, 64, "operands", "")}, {NUMBER(191, 128, "operands", "")},
	{NUMBER(255, 192, "operands", "")},
};
static const struct decode_field own_event_fields[] = {
	{NAMES(7, 0, "event", implementation)}, {NUMBER(63, 8, "implementation defined", "")},
	{NUMBER(127, 64, "implementation defined", "")}, {NUMBER(191, 128, "implementation defined", "")},
	{NUMBER(255, 192, "implementation defined", "")},
};

static const struct decode_layout events[] = {
	LAYOUT(0x01, 0x01, "F_UUT", "7.3.2", uut_fields),
	LAYOUT(0x02, 0x02, "C_BAD_STREAMID", "7.3.3", plain_fields),
	LAYOUT(0x03, 0x03, "F_STE_FETCH", "7.3.4", fetch_fields),
	LAYOUT(0x04, 0x04, "C_BAD_STE", "7.3.5", plain_fields),
	LAYOUT(0x05, 0x05, "F_BAD_ATS_TREQ", "7.3.6", ats_fields),
	LAYOUT(0x06, 0x06, "F_STREAM_DISABLED", "7.3.7", substream_fields),
	LAYOUT(0x07, 0x07, "F_TRANSL_FORBIDDEN", "7.3.8", forbidden_fields),
	LAYOUT(0x08, 0x08, "C_BAD_SUBSTREAMID", "7.3.9", substream_fields),
	LAYOUT(0x09, 0x09, "F_CD_FETCH", "7.3.10", fetch_fields),
	LAYOUT(0x0a, 0x0a, "C_BAD_CD", "7.3.11", plain_fields),
	LAYOUT(0x0b, 0x0b, "F_WALK_EABT", "7.3.12", walk_fields),
	LAYOUT(0x10, 0x10, "F_TRANSLATION", "7.3.13", fault_fields),
	LAYOUT(0x11, 0x11, "F_ADDR_SIZE", "7.3.14", fault_fields),
	LAYOUT(0x12, 0x12, "F_ACCESS", "7.3.15", fault_fields),
	LAYOUT(0x13, 0x13, "F_PERMISSION", "7.3.16", permission_fields),
	LAYOUT(0x20, 0x20, "F_TLB_CONFLICT", "7.3.17", conflict_fields),
	LAYOUT(0x21, 0x21, "F_CFG_CONFLICT", "7.3.18", config_conflict_fields),
	LAYOUT(0x24, 0x24, "E_PAGE_REQUEST", "7.3.19", hint_fields),
	LAYOUT(0x25, 0x25, "F_VMS_FETCH", "7.3.20", fetch_fields),
	LAYOUT(0xe0, 0xef, "an implementation's own event", "7.3.21", own_event_fields),
	LAYOUT(0x00, 0xff, "another event", "7.3", other_event_fields),
};

static const struct decode_field pri_fields[] = {
	{NUMBER(31, 0, "StreamID", "")},
	{NUMBER(51, 32, "SubstreamID", ""), IF(SET(63))},
	{IGNORED_BY(51, 32, "as there is no SubstreamID"), IF(CLEAR(63))},
	{RESERVED(57, 52)},
	{FLAG(58, "Priv", "privileged|unprivileged")},
	{FLAG(59, "X", "for execution|")},
	{FLAG(60, "R", "for reading|")},
	{FLAG(61, "W", "for writing|")},
	{FLAG(62, "Last", "the last of its group|")},
	{FLAG(63, "SSV", "it has a SubstreamID|no SubstreamID")},
	{NUMBER(72, 64, "PRGIndex", "its group")},
	{RESERVED(75, 73)},
	{ADDRESS(127, 76, 12, "PageAddr", "the page that is wanted")},
};
/* clang-format on */

UNION_FORMAT(smmu_event, "SMMUv3 event record", "Arm IHI 0070", 4, events, P(7, 0, 0));
FORMAT(smmu_pri, "SMMUv3 page request", "Arm IHI 0070", "8", 2, pri_fields);
