/* SPDX-License-Identifier: MIT */
/*
 * Arm LPAE (VMSAv8-64) descriptors, stage 1 and 2. DDI 0487: D8.3.1, table, block and page descriptors;
 * D8.4, permissions; D8.5, hardware updates; D8.6, memory attributes; D8.7.1, the contiguous bit. Arm's
 * level 3 is level 0 here. What is RES0 counts as reserved.
 */
#include "decode_fields.h"

/* Level and bits 1:0: level << 2 | type. */
#define OF(values)   SELECT(values, P(1, 0, 0), LEVEL(2))
#define TYPE(l, t)   V((l) << 2 | (t))
#define PAGE	     TYPE(0, 3)
#define BLOCK(level) TYPE(level, 1)
#define TABLE	     (TYPE(1, 3) | TYPE(2, 3) | TYPE(3, 3) | TYPE(4, 3))
#define ALL	     ((1ULL << 20) - 1)
#define LEVELS(mask) SELECT(mask, LEVEL(0))

/* Which levels have blocks. */
#define BLOCKS_4k	(BLOCK(1) | BLOCK(2))
#define BLOCKS_16k	BLOCK(1)
#define BLOCKS_64k	(BLOCK(1) | BLOCK(2))
#define BLOCKS_4k_lpa2	(BLOCK(1) | BLOCK(2) | BLOCK(3))
#define BLOCKS_16k_lpa2 (BLOCK(1) | BLOCK(2))
#define SOME(blocks) \
	((blocks)&BLOCK(1) ? 2 : 0) | ((blocks)&BLOCK(2) ? 4 : 0) | ((blocks)&BLOCK(3) ? 8 : 0)

static const struct decode_choice page_types[] = {
	{0, "invalid"}, {2, "invalid"}, {3, "a page"}, {0}};
static const struct decode_choice block_types[] = {
	{0, "invalid"}, {1, "a block"}, {2, "invalid"}, {3, "a table"}, {0}};
static const struct decode_choice table_types[] = {
	{0, "invalid"}, {2, "invalid"}, {3, "a table"}, {0}};
static const struct decode_choice shareabilities[] = {
	{0, "non-shareable"}, {2, "outer shareable"}, {3, "inner shareable"}, {0}};
static const struct decode_choice permissions[] = {{0, "privileged: read, write; users: none"},
						   {1, "read, write"},
						   {2, "privileged: read; users: none"},
						   {3, "read"},
						   {0}};
static const struct decode_choice table_permissions[] = {{0, "no limit below"},
							 {1, "no users below"},
							 {2, "no writes below"},
							 {3, "no users and no writes below"},
							 {0}};
static const struct decode_choice stage_2_permissions[] = {
	{0, "none"}, {1, "read"}, {2, "write"}, {3, "read, write"}, {0}};
static const struct decode_choice stage_2_execution[] = {
	{0, "execution is allowed"},
	{1, "users may execute (FEAT_XNX; else everybody)"},
	{2, "no execution"},
	{3, "privileged requests may execute (FEAT_XNX; else nobody)"},
	{0}};
static const struct decode_choice stage_2_types[] = {
	{0x0, "Device-nGnRnE"},
	{0x1, "Device-nGnRE"},
	{0x2, "Device-nGRE"},
	{0x3, "Device-GRE"},
	{0x5, "non-cacheable"},
	{0x6, "outer non-cacheable, inner write-through"},
	{0x7, "outer non-cacheable, inner write-back"},
	{0x9, "outer write-through, inner non-cacheable"},
	{0xa, "write-through"},
	{0xb, "outer write-through, inner write-back"},
	{0xd, "outer write-back, inner non-cacheable"},
	{0xe, "outer write-back, inner write-through"},
	{0xf, "write-back"},
	{0}};

/* clang-format off */

/* The type, and what is not valid. */
#define KINDS(blocks)								\
	{CHOICE(1, 0, "type", page_types), IF(LEVELS(1))},			\
	{CHOICE(1, 0, "type", block_types), IF(LEVELS(SOME(blocks)))},		\
	{CHOICE(1, 0, "type", table_types), IF(LEVELS(0x1e & ~(SOME(blocks))))},	\
	{IGNORED_BY(63, 2, "for software, as the descriptor is not valid"),	\
	 IF(OF(ALL & ~(PAGE | TABLE | (blocks))))}

/* Where addresses stand. "low" is the lowest bit of a table's or page's address. */
#define OUTPUT_48(values, low, what)						\
	{ADDRESS(47, low, low, "OA", what), IF(OF(values))},			\
	{RESERVED(49, 48), IF(OF(values))}
#define OUTPUT_LPA(values, low, what)						\
	{FIELD(ADDRESS, "OA", what, P(47, low, low), P(15, 12, 48)), IF(OF(values))},	\
	{RESERVED(49, 48), IF(OF(values))}
#define OUTPUT_LPA2(values, low, what)						\
	{FIELD(ADDRESS, "OA", what, P(49, low, low), P(9, 8, 50)), IF(OF(values))}

#define BELOW_BLOCK(level, low)							\
	{FLAG(16, "nT", "not to be cached in TLBs while sizes change|"), IF(OF(BLOCK(level)))},	\
	{RESERVED_BY((low) - 1, 17, "the block is not at a multiple of its size"),	\
	 IF(OF(BLOCK(level)))}
#define BLOCK_48(level, low, what)						\
	OUTPUT_48(BLOCK(level), low, what), BELOW_BLOCK(level, low),		\
	{RESERVED(15, 12), IF(OF(BLOCK(level)))}
#define BLOCK_LPA(level, low, what)						\
	OUTPUT_LPA(BLOCK(level), low, what), BELOW_BLOCK(level, low)
#define BLOCK_LPA2(level, low, what)						\
	OUTPUT_LPA2(BLOCK(level), low, what), BELOW_BLOCK(level, low),		\
	{RESERVED(15, 12), IF(OF(BLOCK(level)))}

#define OUTPUTS_4k								\
	KINDS(BLOCKS_4k), OUTPUT_48(PAGE, 12, "the page, of 4K"),		\
	OUTPUT_48(TABLE, 12, "the table"),					\
	BLOCK_48(1, 21, "the block, of 2M"), BLOCK_48(2, 30, "the block, of 1G")
#define OUTPUTS_16k								\
	KINDS(BLOCKS_16k), OUTPUT_48(PAGE, 14, "the page, of 16K"),		\
	OUTPUT_48(TABLE, 14, "the table"), {RESERVED(13, 12), IF(OF(PAGE | TABLE))},	\
	BLOCK_48(1, 25, "the block, of 32M")
#define OUTPUTS_64k								\
	KINDS(BLOCKS_64k), OUTPUT_LPA(PAGE, 16, "the page, of 64K"),		\
	OUTPUT_LPA(TABLE, 16, "the table"),					\
	BLOCK_LPA(1, 29, "the block, of 512M"), BLOCK_LPA(2, 42, "the block, of 4T")
#define OUTPUTS_4k_lpa2								\
	KINDS(BLOCKS_4k_lpa2), OUTPUT_LPA2(PAGE, 12, "the page, of 4K"),	\
	OUTPUT_LPA2(TABLE, 12, "the table"), BLOCK_LPA2(1, 21, "the block, of 2M"),	\
	BLOCK_LPA2(2, 30, "the block, of 1G"), BLOCK_LPA2(3, 39, "the block, of 512G")
#define OUTPUTS_16k_lpa2							\
	KINDS(BLOCKS_16k_lpa2), OUTPUT_LPA2(PAGE, 14, "the page, of 16K"),	\
	OUTPUT_LPA2(TABLE, 14, "the table"), {RESERVED(13, 12), IF(OF(PAGE | TABLE))},	\
	BLOCK_LPA2(1, 25, "the block, of 32M"), BLOCK_LPA2(2, 36, "the block, of 64G")

/* Bits 11:2 of tables. */
#define TABLE_LOW	{IGNORED(11, 2), IF(OF(TABLE))}
#define TABLE_LOW_LPA2	{IGNORED(7, 2), IF(OF(TABLE))}, {IGNORED(11, 10), IF(OF(TABLE))}
#define SH(leaf)	{CHOICE(9, 8, "SH", shareabilities), IF(OF(leaf))}

#define LEAF_SHARED(leaf)							\
	{FLAG(10, "AF", "accessed|not accessed: a fault, unless hardware sets it"), IF(OF(leaf))},	\
	{FLAG(51, "DBM", "hardware may make it writable, and dirty by that|"), IF(OF(leaf))},	\
	{FLAG(52, "Contiguous", "one of a run of entries, which may be cached as one|"),	\
	 IF(OF(leaf))},	\
	{IGNORED_BY(58, 55, "for software"), IF(OF(leaf))},			\
	{IGNORED_BY(62, 59, "ignored, or PBHA, AttrIndx[3], POIndex, where there are such"),	\
	 IF(OF(leaf))},	\
	{IGNORED(63, 63), IF(OF(leaf))}

#define STAGE_1(leaf)								\
	{NUMBER(4, 2, "AttrIndx", "which attributes of MAIR"), IF(OF(leaf))},	\
	{FLAG(5, "NS", "non-secure; ignored but in Secure state|"), IF(OF(leaf))},	\
	{CHOICE(7, 6, "AP[2:1]", permissions), IF(OF(leaf))},			\
	{FLAG(11, "nG", "of one ASID|global"), IF(OF(leaf))},			\
	{FLAG(50, "GP", "guarded page; of processors|"), IF(OF(leaf))},		\
	{FLAG(53, "PXN", "privileged requests may not execute|"), IF(OF(leaf))},	\
	{FLAG(54, "UXN", "users may not execute|"), IF(OF(leaf))},		\
	LEAF_SHARED(leaf),							\
	{IGNORED(58, 51), IF(OF(TABLE))},					\
	{FLAG(59, "PXNTable", "privileged requests may not execute below|"), IF(OF(TABLE))},	\
	{FLAG(60, "UXNTable", "users may not execute below|"), IF(OF(TABLE))},	\
	{CHOICE(62, 61, "APTable", table_permissions), IF(OF(TABLE))},		\
	{FLAG(63, "NSTable", "non-secure below; ignored but in Secure state|"), IF(OF(TABLE))}

#define STAGE_2(leaf)								\
	{NAMES(5, 2, "MemAttr", stage_2_types), IF(OF(leaf))},			\
	{CHOICE(7, 6, "S2AP", stage_2_permissions), IF(OF(leaf))},		\
	{FLAG(11, "FnXS", "with FEAT_XS: of other TLB maintenance; else reserved|"),	\
	 IF(OF(leaf))},	\
	{RESERVED(50, 50), IF(OF(leaf))},					\
	{CHOICE(54, 53, "XN", stage_2_execution), IF(OF(leaf))},		\
	LEAF_SHARED(leaf),							\
	{IGNORED(58, 51), IF(OF(TABLE))},					\
	{RESERVED(63, 59), IF(OF(TABLE))}

#define TABLE_HIGH	{RESERVED(50, 50), IF(OF(TABLE))}

#define DESCRIPTORS(granule, title)						\
	static const struct decode_field s1_##granule##_fields[] = {		\
		OUTPUTS_##granule, TABLE_LOW, TABLE_HIGH, SH(PAGE | BLOCKS_##granule),	\
		STAGE_1(PAGE | BLOCKS_##granule)};				\
	static const struct decode_field s2_##granule##_fields[] = {		\
		OUTPUTS_##granule, TABLE_LOW, TABLE_HIGH, SH(PAGE | BLOCKS_##granule),	\
		STAGE_2(PAGE | BLOCKS_##granule)};				\
	ENTRY_FORMAT(arm_s1_##granule, "Arm stage 1 descriptor, " title, "Arm DDI 0487", "D8.3.1",	\
		     levels_##granule, false, s1_##granule##_fields);		\
	ENTRY_FORMAT(arm_s2_##granule, "Arm stage 2 descriptor, " title, "Arm DDI 0487", "D8.3.1",	\
		     levels_##granule, false, s2_##granule##_fields)

/* With DS = 1 bits 9:8 are of the address, and SH is that of TCR or VTCR. */
#define DESCRIPTORS_LPA2(granule, title)					\
	static const struct decode_field s1_##granule##_fields[] = {		\
		OUTPUTS_##granule, TABLE_LOW_LPA2, TABLE_HIGH, STAGE_1(PAGE | BLOCKS_##granule)};	\
	static const struct decode_field s2_##granule##_fields[] = {		\
		OUTPUTS_##granule, TABLE_LOW_LPA2, TABLE_HIGH, STAGE_2(PAGE | BLOCKS_##granule)};	\
	ENTRY_FORMAT(arm_s1_##granule, "Arm stage 1 descriptor, " title, "Arm DDI 0487", "D8.3.1",	\
		     levels_##granule, false, s1_##granule##_fields);		\
	ENTRY_FORMAT(arm_s2_##granule, "Arm stage 2 descriptor, " title, "Arm DDI 0487", "D8.3.1",	\
		     levels_##granule, false, s2_##granule##_fields)
/* clang-format on */

static const char *const levels_4k[] = {"Arm's level 3", "Arm's level 2", "Arm's level 1",
					"Arm's level 0"};
static const char *const levels_16k[] = {"Arm's level 3", "Arm's level 2", "Arm's level 1",
					 "Arm's level 0"};
static const char *const levels_64k[] = {"Arm's level 3", "Arm's level 2", "Arm's level 1"};
static const char *const levels_4k_lpa2[] = {"Arm's level 3", "Arm's level 2", "Arm's level 1",
					     "Arm's level 0", "Arm's level -1"};
static const char *const levels_16k_lpa2[] = {"Arm's level 3", "Arm's level 2", "Arm's level 1",
					      "Arm's level 0"};

DESCRIPTORS(4k, "4K granule");
DESCRIPTORS(16k, "16K granule");
DESCRIPTORS(64k, "64K granule");
DESCRIPTORS_LPA2(4k_lpa2, "4K granule, 52-bit addresses");
DESCRIPTORS_LPA2(16k_lpa2, "16K granule, 52-bit addresses");
