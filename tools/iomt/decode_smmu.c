/* SPDX-License-Identifier: MIT */
/*
 * SMMUv3's stream tables and context descriptors. IHI 0070: 5.1 level 1 stream table descriptor, 5.2
 * stream table entry, 5.3 level 1 context descriptor, 5.4 context descriptor. Fields of Secure and Realm
 * state are shown too; for others they are RES0.
 */
#include "decode_fields.h"

static const struct decode_choice spans[] = {
	{0, "there is no table"},
	{1, "a table of 1 entry"},
	{2, "a table of 2 entries"},
	{3, "a table of 4 entries"},
	{4, "a table of 8 entries"},
	{5, "a table of 16 entries"},
	{6, "a table of 32 entries"},
	{7, "a table of 64 entries"},
	{8, "a table of 128 entries"},
	{9, "a table of 256 entries"},
	{10, "a table of 512 entries"},
	{11, "a table of 1024 entries"},
	{0},
};
static const struct decode_choice configs[] = {
	{0, "abort, without an event"},
	{4, "bypass: no translation"},
	{5, "stage 1"},
	{6, "stage 2"},
	{7, "stage 1 on stage 2"},
	{0},
};
static const struct decode_choice formats[] = {{0, "linear table"},
					       {1, "two levels, tables of 4K"},
					       {2, "two levels, tables of 64K"},
					       {0}};
static const struct decode_choice default_substreams[] = {
	{0, "requests without a SubstreamID are aborted"},
	{1, "requests without a SubstreamID bypass stage 1"},
	{2, "requests without a SubstreamID use descriptor 0"},
	{0},
};
static const struct decode_choice caches[] = {
	{0, "non-cacheable"},
	{1, "write-back, read and write allocate"},
	{2, "write-through, read allocate"},
	{3, "write-back, read allocate"},
	{0},
};
static const struct decode_choice shareabilities[] = {
	{0, "non-shareable"}, {2, "outer shareable"}, {3, "inner shareable"}, {0}};
static const struct decode_choice ats[] = {
	{0, "translation requests are refused"},
	{1, "translation requests are answered, by all stages"},
	{2, "translation requests are answered by stage 1 alone"},
	{3, "as 1, with checks by the device permission table"},
	{0},
};
static const struct decode_choice worlds[] = {
	{0, "EL1 (NS-EL1, Secure)"}, {1, "EL3, of Secure streams"}, {2, "EL2"}, {0}};
static const struct decode_choice sharing[] = {{0, "non-shareable"},
					       {1, "as the request says"},
					       {2, "outer shareable"},
					       {3, "inner shareable"},
					       {0}};
static const struct decode_choice security[] = {
	{0, "as the request says"}, {2, "Secure"}, {3, "Non-secure"}, {0}};
static const struct decode_choice privilege[] = {
	{0, "as the request says"}, {2, "unprivileged"}, {3, "privileged"}, {0}};
static const struct decode_choice instructions[] = {
	{0, "as the request says"}, {2, "data"}, {3, "instruction"}, {0}};
static const struct decode_choice memory_types[] = {{0x0, "Device-nGnRnE"}, {0x1, "Device-nGnRE"},
						    {0x2, "Device-nGRE"},   {0x3, "Device-GRE"},
						    {0x5, "non-cacheable"}, {0xa, "write-through"},
						    {0xf, "write-back"},    {0}};
static const struct decode_choice granules[] = {{0, "4K"}, {1, "64K"}, {2, "16K"}, {0}};
static const struct decode_choice granules_1[] = {{1, "16K"}, {2, "4K"}, {3, "64K"}, {0}};
static const struct decode_choice sizes[] = {{0, "32 bits"},
					     {1, "36 bits"},
					     {2, "40 bits"},
					     {3, "42 bits"},
					     {4, "44 bits"},
					     {5, "48 bits"},
					     {6, "52 bits"},
					     {7, "56 bits, with 128-bit descriptors"},
					     {0}};

/* V and Config: Config << 1 | V. */
#define BY(values) SELECT(values, P(3, 0, 0))
#define VALID	   BY(0xaaaa)
#define ABSENT	   CLEAR(0)
#define IS(config) V((config) << 1 | 1)
#define ABORTS	   BY(IS(0) | IS(1) | IS(2) | IS(3))
#define RUNS	   BY(IS(4) | IS(5) | IS(6) | IS(7))
#define BYPASSES   BY(IS(4))
#define TRANSLATES BY(IS(5) | IS(6) | IS(7))
#define STAGE_1	   BY(IS(5) | IS(7))
#define NO_STAGE_1 BY(IS(4) | IS(6))
#define STAGE_2	   BY(IS(6) | IS(7))
#define NO_STAGE_2 BY(IS(4) | IS(5))
#define STREAMS	   SELECT(0xfffffffe, P(63, 59, 0)) /* S1CDMax */
#define NO_STREAMS SELECT(0x1, P(63, 59, 0))
#define BY_V	   "as V is 0"
#define BY_0	   "as requests are aborted"
#define BY_1	   "as there is no stage 1"
#define BY_2	   "as there is no stage 2"
#define BY_NONE	   "as nothing is translated"
#define UNUSED(high, low)                               \
	{IGNORED_BY(high, low, BY_V), IF(ABSENT)},      \
	{                                               \
		IGNORED_BY(high, low, BY_0), IF(ABORTS) \
	}

/* clang-format off */
static const struct decode_field l1std_fields[] = {
	{CHOICE(4, 0, "Span", spans)},
	{RESERVED(5, 5)},
	{ADDRESS(55, 6, 6, "L2Ptr", "the table"), IF(SELECT(0xfffffffe, P(4, 0, 0)))},
	{IGNORED_BY(55, 6, "as there is no table"), IF(SELECT(1, P(4, 0, 0)))},
	{RESERVED(63, 56)},
};

static const struct decode_field ste_fields[] = {
	{FLAG(0, "V", "valid|not valid: C_BAD_STE")},
	{IGNORED_BY(63, 1, BY_V), IF(ABSENT)},
	{IGNORED_BY(63, 4, BY_0), IF(ABORTS)},
	{CHOICE(3, 1, "Config", configs), IF(VALID)},
	{CHOICE(5, 4, "S1Fmt", formats), IF(STAGE_1), AND(STREAMS)},
	{IGNORED_BY(5, 4, "as there is one descriptor"), IF(STAGE_1), AND(NO_STREAMS)},
	{ADDRESS(55, 6, 6, "S1ContextPtr", "the context descriptors; with stage 2 an IPA"),
	 IF(STAGE_1)},
	{POWER(63, 59, 0, "S1CDMax", "context descriptors"), IF(STAGE_1)},
	{IGNORED_BY(55, 4, BY_1), IF(NO_STAGE_1)},
	{IGNORED_BY(63, 59, BY_1), IF(NO_STAGE_1)},
	{RESERVED(58, 56), IF(RUNS)},

	UNUSED(127, 64),
	{CHOICE(65, 64, "S1DSS", default_substreams), IF(STAGE_1), AND(STREAMS)},
	{IGNORED_BY(65, 64, "as there is one descriptor"), IF(STAGE_1), AND(NO_STREAMS)},
	{CHOICE(67, 66, "S1CIR", caches), IF(STAGE_1)},
	{CHOICE(69, 68, "S1COR", caches), IF(STAGE_1)},
	{CHOICE(71, 70, "S1CSH", shareabilities), IF(STAGE_1)},
	{IGNORED_BY(71, 64, BY_1), IF(NO_STAGE_1)},
	{NUMBER(75, 72, "S2HWU", "PBHA bits 62:59 of stage 2 are hardware's"), IF(STAGE_2)},
	{IGNORED_BY(75, 72, BY_2), IF(NO_STAGE_2)},
	{FLAG(76, "DRE", "destructive reads are allowed|"), IF(TRANSLATES)},
	{IGNORED_BY(76, 76, BY_NONE), IF(BYPASSES)},
	{POWER(80, 77, 0, "CONT", "entries side by side are the same"), IF(RUNS)},
	{FLAG(81, "DCP", "directed cache prefetches are allowed|"), IF(TRANSLATES)},
	{FLAG(82, "PPAR", "answers to page requests carry the PASID|"), IF(TRANSLATES)},
	{FLAG(83, "MEV", "events may be merged|"), IF(TRANSLATES)},
	{IGNORED_BY(83, 81, BY_NONE), IF(BYPASSES)},
	{IGNORED_BY(87, 84, "for software (SW_RESERVED)"), IF(RUNS)},
	{FLAG(88, "S1PIE", "descriptors may use indirect permissions|"), IF(STAGE_1)},
	{IGNORED_BY(88, 88, BY_1), IF(NO_STAGE_1)},
	{FLAG(89, "S2FWB", "stage 2 gives memory types itself|"), IF(STAGE_2)},
	{IGNORED_BY(89, 89, BY_2), IF(NO_STAGE_2)},
	{FLAG(90, "S1MPAM", "descriptors give PARTID and PMG|"), IF(STAGE_1)},
	{FLAG(91, "S1STALLD", "stage 1 does not stall|"), IF(STAGE_1)},
	{IGNORED_BY(91, 90, BY_1), IF(NO_STAGE_1)},
	{CHOICE(93, 92, "EATS", ats), IF(TRANSLATES)},
	{IGNORED_BY(93, 92, BY_NONE), IF(BYPASSES)},
	{CHOICE(95, 94, "STRW", worlds), IF(BY(IS(5)))},
	{IGNORED_BY(95, 94, "but for stage 1 alone"), IF(BY(IS(4) | IS(6) | IS(7)))},
	{NAMES(99, 96, "MemAttr", memory_types), IF(RUNS)},
	{FLAG(100, "MTCFG", "MemAttr is the memory type|the request's memory type"), IF(RUNS)},
	{NUMBER(104, 101, "ALLOCCFG",
	 "0xxx: as the request says; else allocate and transient hints"),
	 IF(RUNS)},
	{RESERVED(107, 105), IF(RUNS)},
	{CHOICE(109, 108, "SHCFG", sharing), IF(RUNS)},
	{NAMES(111, 110, "NSCFG", security), IF(RUNS)},
	{CHOICE(113, 112, "PRIVCFG", privilege), IF(RUNS)},
	{CHOICE(115, 114, "INSTCFG", instructions), IF(RUNS)},
	{IGNORED_BY(127, 116, "implementation defined"), IF(RUNS)},

	UNUSED(191, 128),
	{NUMBER(143, 128, "S2VMID", ""), IF(TRANSLATES)},
	{IGNORED_BY(143, 128, BY_NONE), IF(BYPASSES)},
	{IGNORED_BY(159, 144, "implementation defined"), IF(RUNS)},
	{REST(165, 160, "S2T0SZ", "bits of input"), IF(STAGE_2)},
	{FIELD(NUMBER, "S2SL0", "start level, as VTCR_EL2.SL2 and SL0",
	 P(167, 166, 0), P(194, 194, 2)),
	 IF(STAGE_2)},
	{CHOICE(169, 168, "S2IR0", caches), IF(STAGE_2)},
	{CHOICE(171, 170, "S2OR0", caches), IF(STAGE_2)},
	{CHOICE(173, 172, "S2SH0", shareabilities), IF(STAGE_2)},
	{CHOICE(175, 174, "S2TG", granules), IF(STAGE_2)},
	{CHOICE(178, 176, "S2PS", sizes), IF(STAGE_2)},
	{FLAG(179, "S2AA64", "VMSAv8-64 tables|VMSAv8-32 LPAE, or 128-bit, tables"), IF(STAGE_2)},
	{FLAG(180, "S2ENDI", "big-endian tables|little-endian tables"), IF(STAGE_2)},
	{FLAG(181, "S2AFFD", "no access flag faults|access flag faults"), IF(STAGE_2)},
	{FLAG(182, "S2PTW", "stage 1 tables in device memory fault|"), IF(BY(IS(7)))},
	{IGNORED_BY(182, 182, "but with both stages"), IF(BY(IS(6)))},
	{FLAG(183, "S2HD", "hardware sets dirty state|"), IF(STAGE_2)},
	{FLAG(184, "S2HA", "hardware sets access flags|"), IF(STAGE_2)},
	{FLAG(185, "S2S", "faults stall|"), IF(STAGE_2)},
	{FLAG(186, "S2R", "faults are recorded|"), IF(STAGE_2)},
	{FLAG(187, "S2HAFT", "hardware sets access flags of tables|"), IF(STAGE_2)},
	{FLAG(188, "S2PIE", "indirect permissions|"), IF(STAGE_2)},
	{FLAG(189, "S2POE", "overlay permissions|"), IF(STAGE_2)},
	{NUMBER(191, 190, "DPT_VMATCH", "whose VMID the device permission table is to have"),
	 IF(STAGE_2)},
	{IGNORED_BY(191, 160, BY_2), IF(NO_STAGE_2)},

	UNUSED(255, 192),
	{IGNORED_BY(255, 192, BY_2), IF(NO_STAGE_2)},
	{FLAG(192, "S2NSW", "of Secure streams: walks are non-secure|"), IF(STAGE_2)},
	{FLAG(193, "S2NSA", "of Secure streams: outputs are non-secure|"), IF(STAGE_2)},
	{FLAG(195, "S2DS", "52-bit addresses with 4K and 16K|"), IF(STAGE_2)},
	{ADDRESS(247, 196, 4, "S2TTB", "the stage 2 table"), IF(STAGE_2)},
	{RESERVED(252, 248), IF(STAGE_2)},
	{NUMBER(254, 253, "S2SKL", "levels skipped, of 128-bit tables"), IF(STAGE_2)},
	{RESERVED(255, 255), IF(STAGE_2)},

	UNUSED(319, 256),
	{IGNORED_BY(271, 256, "implementation defined"), IF(RUNS)},
	{NUMBER(287, 272, "PARTID", "of MPAM"), IF(RUNS)},
	{NUMBER(293, 288, "S_S2T0SZ", "of Secure streams"), IF(RUNS)},
	{FIELD(NUMBER, "S_S2SL0", "of Secure streams", P(295, 294, 0), P(386, 386, 2)), IF(RUNS)},
	{RESERVED(301, 296), IF(RUNS)},
	{NUMBER(303, 302, "S_S2TG", "of Secure streams"), IF(RUNS)},
	{NUMBER(319, 304, "MECID", "of Realm streams"), IF(RUNS)},

	UNUSED(383, 320),
	{NUMBER(327, 320, "PMG", "of MPAM"), IF(RUNS)},
	{FLAG(328, "MPAM_NS", "PARTIDs are non-secure|"), IF(RUNS)},
	{FLAG(329, "AssuredOnly", "stage 2's AssuredOnly checks|"), IF(RUNS)},
	{FLAG(330, "TL0", "stage 2's TopLevel 0 checks|"), IF(RUNS)},
	{FLAG(331, "TL1", "stage 2's TopLevel 1 checks|"), IF(RUNS)},
	{ADDRESS(375, 332, 12, "VMSPtr", "the VM structure"), IF(RUNS)},
	{RESERVED(383, 376), IF(RUNS)},

	UNUSED(447, 384),
	{FLAG(384, "S2SW", "of Secure streams|"), IF(RUNS)},
	{FLAG(385, "S2SA", "of Secure streams|"), IF(RUNS)},
	{RESERVED(387, 387), IF(RUNS)},
	{ADDRESS(439, 388, 4, "S_S2TTB", "of Secure streams: the stage 2 table"), IF(RUNS)},
	{RESERVED(444, 440), IF(RUNS)},
	{NUMBER(446, 445, "S_S2SKL", "of Secure streams"), IF(RUNS)},
	{RESERVED(447, 447), IF(RUNS)},

	UNUSED(511, 448),
	{NUMBER(511, 448, "S2POI", "sixteen overlay permissions of stage 2"), IF(RUNS)},
};

static const struct decode_field l1cd_fields[] = {
	{FLAG(0, "V", "valid|not valid: C_BAD_SUBSTREAMID")},
	{IGNORED_BY(63, 1, BY_V), IF(ABSENT)},
	{RESERVED(11, 1), IF(SET(0))},
	{ADDRESS(55, 12, 12, "L2Ptr", "the table"), IF(SET(0))},
	{RESERVED(63, 56), IF(SET(0))},
};

/* Context descriptors: V is bit 31, EPD0 14, EPD1 30. */
#define CD SET(31)
#define NO_CD CLEAR(31)
#define HALF_0 AND(CLEAR(14))
#define HALF_1 AND(CLEAR(30))
#define NO_HALF_0 AND(SET(14))
#define NO_HALF_1 AND(SET(30))

static const struct decode_field cd_fields[] = {
	{REST(5, 0, "T0SZ", "bits of input, of TTB0"), IF(CD), HALF_0},
	{CHOICE(7, 6, "TG0", granules), IF(CD), HALF_0},
	{CHOICE(9, 8, "IR0", caches), IF(CD), HALF_0},
	{CHOICE(11, 10, "OR0", caches), IF(CD), HALF_0},
	{CHOICE(13, 12, "SH0", shareabilities), IF(CD), HALF_0},
	{IGNORED_BY(13, 0, "as TTB0 is not used"), IF(CD), NO_HALF_0},
	{FLAG(14, "EPD0", "TTB0 is not used|TTB0 is used"), IF(CD)},
	{FLAG(15, "ENDI", "big-endian tables|little-endian tables"), IF(CD)},
	{REST(21, 16, "T1SZ", "bits of input, of TTB1"), IF(CD), HALF_1},
	{CHOICE(23, 22, "TG1", granules_1), IF(CD), HALF_1},
	{CHOICE(25, 24, "IR1", caches), IF(CD), HALF_1},
	{CHOICE(27, 26, "OR1", caches), IF(CD), HALF_1},
	{CHOICE(29, 28, "SH1", shareabilities), IF(CD), HALF_1},
	{IGNORED_BY(29, 16, "as TTB1 is not used"), IF(CD), NO_HALF_1},
	{FLAG(30, "EPD1", "TTB1 is not used|TTB1 is used"), IF(CD)},
	{IGNORED_BY(30, 0, BY_V), IF(NO_CD)},
	{FLAG(31, "V", "valid|not valid: C_BAD_CD")},
	{IGNORED_BY(63, 32, BY_V), IF(NO_CD)},
	{CHOICE(34, 32, "IPS", sizes), IF(CD)},
	{FLAG(35, "AFFD", "no access flag faults|access flag faults"), IF(CD)},
	{FLAG(36, "WXN", "what is writable is not executed|"), IF(CD)},
	{FLAG(37, "UWXN", "what users may write is not executed by others|"), IF(CD)},
	{FLAG(38, "TBI0", "bits 63:56 of addresses of TTB0 mean nothing|"), IF(CD)},
	{FLAG(39, "TBI1", "bits 63:56 of addresses of TTB1 mean nothing|"), IF(CD)},
	{FLAG(40, "PAN", "privileged requests do not reach users' pages|"), IF(CD)},
	{FLAG(41, "AA64", "VMSAv8-64 tables|VMSAv8-32 LPAE, or 128-bit, tables"), IF(CD)},
	{FLAG(42, "HD", "hardware sets dirty state|"), IF(CD)},
	{FLAG(43, "HA", "hardware sets access flags|"), IF(CD)},
	{FLAG(44, "S", "faults stall|"), IF(CD)},
	{FLAG(45, "R", "faults are recorded|"), IF(CD)},
	{FLAG(46, "A", "faults abort|faults read as zero, write nothing"), IF(CD)},
	{FLAG(47, "ASET",
	 "the ASID is not shared with processors|the ASID is shared with processors"),
	 IF(CD)},
	{NUMBER(63, 48, "ASID", ""), IF(CD)},

	{IGNORED_BY(127, 64, BY_V), IF(NO_CD)},
	{FLAG(64, "NSCFG0", "of Secure streams: the table is non-secure|"), IF(CD)},
	{FLAG(65, "HAD0", "permissions of tables mean nothing|"), IF(CD)},
	{FLAG(66, "E0PD0", "users do not reach TTB0|"), IF(CD)},
	{FLAG(67, "HAFT", "hardware sets access flags of tables|"), IF(CD)},
	{ADDRESS(119, 68, 4, "TTB0", "the table of lower addresses"), IF(CD), HALF_0},
	{IGNORED_BY(119, 68, "as TTB0 is not used"), IF(CD), NO_HALF_0},
	{RESERVED(121, 120), IF(CD)},
	{FLAG(122, "PnCH", "protected attribute|"), IF(CD)},
	{FLAG(123, "EPAN", "PAN is of execution, too|"), IF(CD)},
	{NUMBER(127, 124, "HWU0", "PBHA bits 62:59 of TTB0 are hardware's"), IF(CD)},

	{IGNORED_BY(191, 128, BY_V), IF(NO_CD)},
	{FLAG(128, "NSCFG1", "of Secure streams: the table is non-secure|"), IF(CD)},
	{FLAG(129, "HAD1", "permissions of tables mean nothing|"), IF(CD)},
	{FLAG(130, "E0PD1", "users do not reach TTB1|"), IF(CD)},
	{FLAG(131, "AIE", "attribute indexes have four bits|"), IF(CD)},
	{ADDRESS(183, 132, 4, "TTB1", "the table of upper addresses"), IF(CD), HALF_1},
	{IGNORED_BY(183, 132, "as TTB1 is not used"), IF(CD), NO_HALF_1},
	{RESERVED(185, 184), IF(CD)},
	{FLAG(186, "DS", "52-bit addresses with 4K and 16K|"), IF(CD)},
	{FLAG(187, "PIE", "indirect permissions|"), IF(CD)},
	{NUMBER(191, 188, "HWU1", "PBHA bits 62:59 of TTB1 are hardware's"), IF(CD)},

	{IGNORED_BY(255, 192, BY_V), IF(NO_CD)},
	{NUMBER(255, 192, "MAIR", "eight memory types that entries choose of"), IF(CD)},
	{IGNORED_BY(319, 256, BY_V), IF(NO_CD)},
	{NUMBER(319, 256, "AMAIR", "implementation defined"), IF(CD)},
	{IGNORED_BY(383, 320, BY_V), IF(NO_CD)},
	{IGNORED_BY(351, 320, "implementation defined"), IF(CD)},
	{NUMBER(367, 352, "PARTID", "of MPAM"), IF(CD)},
	{NUMBER(375, 368, "PMG", "of MPAM"), IF(CD)},
	{RESERVED(383, 376), IF(CD)},
	{IGNORED_BY(447, 384, BY_V), IF(NO_CD)},
	{NUMBER(431, 384, "PIIU", "sixteen indirect permissions of users"), IF(CD)},
	{RESERVED(447, 432), IF(CD)},
	{IGNORED_BY(511, 448, BY_V), IF(NO_CD)},
	{NUMBER(495, 448, "PIIP", "sixteen indirect permissions of the privileged"), IF(CD)},
	{RESERVED(511, 496), IF(CD)},
};
/* clang-format on */

FORMAT(smmu_l1std, "SMMUv3 level 1 stream table descriptor", "Arm IHI 0070", "5.1", 1,
       l1std_fields);
FORMAT(smmu_ste, "SMMUv3 stream table entry", "Arm IHI 0070", "5.2", 8, ste_fields);
FORMAT(smmu_l1cd, "SMMUv3 level 1 context descriptor", "Arm IHI 0070", "5.3", 1, l1cd_fields);
FORMAT(smmu_cd, "SMMUv3 context descriptor", "Arm IHI 0070", "5.4", 8, cd_fields);
