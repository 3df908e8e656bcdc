/* SPDX-License-Identifier: MIT */
/*
 * x86-64 tables: of processors and AMD's guest tables (Intel SDM 3A, 4.5, tables 4-14 to 4-20; AMD 48882,
 * 2.2.6), and of VT-d's first stage (D51397, 9.8), which has an extended accessed bit and no protection
 * keys. Second-stage tables of VT-d (D51397, 9.9).
 */
#include "decode_fields.h"

/* Level, PS, P: level << 2 | PS << 1 | P. */
#define OF(values) SELECT(values, P(0, 0, 0), P(7, 7, 1), LEVEL(2))
#define ABSENT	   OF(0x55555)
#define PRESENT	   OF(0xaaaaa)
#define PTE	   OF(0x0000a)
#define LARGE	   OF(0x00880)
#define LEAF	   OF(0x0088a)
#define LARGE_2M   OF(0x00080)
#define LARGE_1G   OF(0x00800)
#define TABLE	   OF(0xaa220) /* below a PML4E, too */
#define LOW_TABLE  OF(0x00220)
#define UPPER	   OF(0xaa000)

/* clang-format off */
#define SHARED									\
	{FLAG(0, "P", "present|not present")},					\
	{IGNORED_BY(63, 1, "for software, as the entry is not present"), IF(ABSENT)},	\
	{FLAG(1, "R/W", "writes are allowed|no writes"), IF(PRESENT)},		\
	{FLAG(2, "U/S", "users may access|privileged requests alone"), IF(PRESENT)},	\
	{FLAG(3, "PWT", "write-through|"), IF(PRESENT)},				\
	{FLAG(4, "PCD", "caches are disabled|"), IF(PRESENT)},			\
	{FLAG(5, "A", "accessed|not accessed"), IF(PRESENT)},			\
	{FLAG(6, "D", "dirty|not dirty"), IF(LEAF)},				\
	{IGNORED(6, 6), IF(TABLE)},						\
	{FLAG(7, "PAT", "upper bit of the PAT's index|"), IF(PTE)},		\
	{FLAG(7, "PS", "a page|a table"), IF(LARGE)},				\
	{FLAG(7, "PS", "a page|a table"), IF(LOW_TABLE)},			\
	{RESERVED_BY(7, 7, "there are no pages of this level"), IF(UPPER)},	\
	{FLAG(8, "G", "global|"), IF(LEAF)},					\
	{FLAG(12, "PAT", "upper bit of the PAT's index|"), IF(LARGE)},		\
	{RESERVED_BY(20, 13, "the page is not at a multiple of 2M"), IF(LARGE_2M)},	\
	{RESERVED_BY(29, 13, "the page is not at a multiple of 1G"), IF(LARGE_1G)},	\
	{ADDRESS(51, 12, 12, "address", "the page, of 4K"), IF(PTE)},		\
	{ADDRESS(51, 21, 21, "address", "the page, of 2M"), IF(LARGE_2M)},	\
	{ADDRESS(51, 30, 30, "address", "the page, of 1G"), IF(LARGE_1G)},	\
	{ADDRESS(51, 12, 12, "address", "the table"), IF(TABLE)},		\
	{FLAG(63, "XD", "no execution, where NXE is set|"), IF(PRESENT)}

static const struct decode_field cpu_fields[] = {
	SHARED,
	{IGNORED_BY(8, 8, "reserved where AMD reads it"), IF(UPPER)},
	{IGNORED(8, 8), IF(LOW_TABLE)},
	{IGNORED(11, 9), IF(PRESENT)},
	{IGNORED(58, 52), IF(LEAF)},
	{NUMBER(62, 59, "PK", "protection key, where there are such; else ignored"), IF(LEAF)},
	{IGNORED(62, 52), IF(TABLE)},
};

static const struct decode_field first_stage_fields[] = {
	SHARED,
	{IGNORED(8, 8), IF(TABLE)},
	{IGNORED(9, 9), IF(PRESENT)},
	{FLAG(10, "EA", "accessed by a request with extended accessed flags|"), IF(PRESENT)},
	{IGNORED(11, 11), IF(PRESENT)},
	{IGNORED(62, 52), IF(PRESENT)},
};
/* clang-format on */

static const char *const levels[] = {"PTE", "PDE", "PDPTE", "PML4E", "PML5E"};

ENTRY_FORMAT(x86_64, "x86-64 page-table entry", "Intel SDM volume 3A", "4.5", levels, false,
	     cpu_fields);

static const char *const first_stage_levels[] = {"FS-PTE", "FS-PDE", "FS-PDPE", "FS-PML4E",
						 "FS-PML5E"};

ENTRY_FORMAT(vtd_fs, "VT-d first-stage paging entry", "Intel D51397", "9.8", first_stage_levels,
	     false, first_stage_fields);

/* Level, PS, W and R: level << 3 | PS << 2 | WR. */
#define SS(values)   SELECT(values, P(1, 0, 0), P(7, 7, 2), LEVEL(3))
#define SS_ABSENT    SS(0x1111111111)
#define SS_PRESENT   SS(0xeeeeeeeeee)
#define SS_PTE	     SS(0x00000000ee)
#define SS_LARGE     SS(0x0000e0e000)
#define SS_LEAF	     SS(0x0000e0e0ee)
#define SS_LARGE_2M  SS(0x000000e000)
#define SS_LARGE_1G  SS(0x0000e00000)
#define SS_TABLE     SS(0xeeee0e0e00)
#define SS_LOW_TABLE SS(0x00000e0e00)
#define SS_UPPER     SS(0xeeee000000)

static const struct decode_choice memory_types[] = {
	{0, "uncacheable"},	{1, "write-combining"}, {4, "write-through"},
	{5, "write-protected"}, {6, "write-back"},	{0},
};

/* clang-format off */
static const struct decode_field second_stage_fields[] = {
	{FLAG(0, "R", "reads are allowed|no reads")},
	{FLAG(1, "W", "writes are allowed|no writes")},
	{IGNORED_BY(63, 2, "for software, as the entry allows nothing"), IF(SS_ABSENT)},
	{FLAG(2, "X", "execution, of units that knew it; ignored by others|"), IF(SS_PRESENT)},
	{NAMES(5, 3, "EMT", memory_types), IF(SS_LEAF)},
	{FLAG(6, "IPAT", "the first stage's PAT is ignored|"), IF(SS_LEAF)},
	{IGNORED(6, 3), IF(SS_TABLE)},
	{IGNORED(7, 7), IF(SS_PTE)},
	{FLAG(7, "PS", "a page|a table"), IF(SS_LARGE)},
	{FLAG(7, "PS", "a page|a table"), IF(SS_LOW_TABLE)},
	{RESERVED_BY(7, 7, "there are no pages of this level"), IF(SS_UPPER)},
	{FLAG(8, "A", "accessed, where SSADE is set|"), IF(SS_PRESENT)},
	{FLAG(9, "D", "dirty, where SSADE is set|"), IF(SS_LEAF)},
	{IGNORED(10, 10), IF(SS_LEAF)},
	{FLAG(11, "SNP", "accesses snoop; reserved without ECAP_REG.SC|"), IF(SS_LEAF)},
	{IGNORED(10, 9), IF(SS_TABLE)},
	{RESERVED(11, 11), IF(SS_TABLE)},
	{RESERVED_BY(20, 12, "the page is not at a multiple of 2M"), IF(SS_LARGE_2M)},
	{RESERVED_BY(29, 12, "the page is not at a multiple of 1G"), IF(SS_LARGE_1G)},
	{ADDRESS(51, 12, 12, "ADDR", "the page, of 4K"), IF(SS_PTE)},
	{ADDRESS(51, 21, 21, "ADDR", "the page, of 2M"), IF(SS_LARGE_2M)},
	{ADDRESS(51, 30, 30, "ADDR", "the page, of 1G"), IF(SS_LARGE_1G)},
	{ADDRESS(51, 12, 12, "ADDR", "the table"), IF(SS_TABLE)},
	{IGNORED(61, 52), IF(SS_PRESENT)},
	{FLAG(62, "TM", "transient, of units that knew it; reserved for others|"), IF(SS_LEAF)},
	{RESERVED(62, 62), IF(SS_TABLE)},
	{IGNORED(63, 63), IF(SS_PRESENT)},
};
/* clang-format on */

static const char *const second_stage_levels[] = {"SS-PTE", "SS-PDE", "SS-PDPE", "SS-PML4E",
						  "SS-PML5E"};

ENTRY_FORMAT(vtd_ss, "VT-d second-stage paging entry", "Intel D51397", "9.9", second_stage_levels,
	     false, second_stage_fields);
